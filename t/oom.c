/* SPDX-License-Identifier: MIT */
/* The out-of-memory driver: for each verdict bodies that earn it, and the check
 * and the request at which it must be found; in this process, and each run in
 * one of its own. */
#include <config.h>

#include "oom.h"
#include "witness.h"

#include <setjmp.h>

/* ---- bodies without a fault ---- */

static bool
copes(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    char reserve[24];
    char *p = get(a);

    (void)arg;
    strcpy(p ? p : reserve, "the same");
    achieve(run, p ? p : reserve);
    give(a, p);
    return true;
}

/* What cannot be made smaller stays as large as it is. */
static bool
copes_without_shrinking(struct alcove_allocator *a,
                        struct alcove_check_run *run, void *arg)
{
    void *p = alcove_alloc(a, large, NULL), *q;

    (void)arg;
    (void)run;
    if (!p)
        return false;
    q = alcove_shrink(a, p, large, small, NULL);
    alcove_dealloc(a, q ? q : p, q ? small : large, NULL);
    return true;
}

/* What it is told of its state. */
static bool
goes_on_if_well(struct alcove_allocator *a, struct alcove_check_run *run,
                void *arg)
{
    void *p = get(a);
    bool well = alcove_check_that(run, true, "there is nothing wrong");

    (void)arg;
    give(a, p);
    return p && well;
}

static bool
asks_for_nothing(struct alcove_allocator *a, struct alcove_check_run *run,
                 void *arg)
{
    (void)a;
    (void)run;
    (void)arg;
    return true;
}

/* ---- one for each verdict ---- */

/* The first block, if the second is refused. */
static bool
leaks(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    void *p = get(a), *q;

    (void)arg;
    (void)run;
    if (!p)
        return false;
    q = get(a);
    if (!q)
        return false;
    give(a, p);
    give(a, q);
    return true;
}

/* p = realloc(p, ...) */
static bool
leaks_on_grow(struct alcove_allocator *a, struct alcove_check_run *run,
              void *arg)
{
    void *p = get(a);

    (void)arg;
    (void)run;
    if (!p)
        return false;
    p = alcove_grow(a, p, small, large, NULL);
    if (!p)
        return false;
    alcove_dealloc(a, p, large, NULL);
    return true;
}

static bool
leaks_on_shrink(struct alcove_allocator *a, struct alcove_check_run *run,
                void *arg)
{
    void *p = alcove_alloc(a, large, NULL);

    (void)arg;
    (void)run;
    if (!p)
        return false;
    p = alcove_shrink(a, p, large, small, NULL);
    give(a, p);
    return p != NULL;
}

/* Believes that it is larger. */
static bool
swallows_resize(struct alcove_allocator *a, struct alcove_check_run *run,
                void *arg)
{
    bool can = alcove_features(a) & ALCOVE_CAN_RESIZE, is_larger;
    void *p = get(a);

    (void)arg;
    if (!p)
        return false;
    is_larger = alcove_resize(a, p, small, large);
    achieve(run, is_larger || !can ? "large" : "small");
    alcove_dealloc(a, p, is_larger ? large : small, NULL);
    return true;
}

static bool
swallows_temp(struct alcove_allocator *a, struct alcove_check_run *run,
              void *arg)
{
    (void)arg;
    (void)run;
    if (!alcove_alloc_temp(a, small, nothing, NULL, NULL))
        (void)get; /* and so what? */
    return true;
}

/* What is refused is left out. */
static bool
swallows(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    void *blocks[3];
    int i;

    (void)arg;
    for (i = 0; i < 3; i++)
        if ((blocks[i] = get(a)) || i == 0)
            achieve(run, "x");
    for (i = 0; i < 3; i++)
        give(a, blocks[i]);
    return blocks[0] != NULL;
}

/* The same number of bytes, but others. */
static bool
swallows_quietly(struct alcove_allocator *a, struct alcove_check_run *run,
                 void *arg)
{
    void *p = get(a);

    (void)arg;
    achieve(run, p ? "yes" : "not");
    give(a, p);
    return true;
}

/* The same bytes, cut in other pieces. */
static bool
swallows_a_piece(struct alcove_allocator *a, struct alcove_check_run *run,
                 void *arg)
{
    void *p = get(a);

    (void)arg;
    achieve(run, p ? "a" : "ab");
    achieve(run, p ? "b" : "");
    give(a, p);
    return true;
}

static bool
swallows_all(struct alcove_allocator *a, struct alcove_check_run *run,
             void *arg)
{
    (void)run;
    (void)arg;
    give(a, get(a));
    return true;
}

/* Pieces without a byte count, too. */
static bool
swallows_an_empty_piece(struct alcove_allocator *a,
                        struct alcove_check_run *run, void *arg)
{
    void *p = get(a);

    (void)arg;
    achieve(run, "");
    if (!p)
        achieve(run, "");
    give(a, p);
    return true;
}

/* An outcome where there was none. */
static bool
achieves_too_much(struct alcove_allocator *a, struct alcove_check_run *run,
                  void *arg)
{
    void *p = get(a);

    (void)arg;
    if (!p)
        achieve(run, "x");
    give(a, p);
    return true;
}

/* When it is refused, it asks once more, every other time. */
static bool
varies(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    static unsigned refused;
    void *p = get(a);

    (void)arg;
    (void)run;
    if (!p && refused++ % 2 == 0)
        give(a, alcove_alloc(a, small, NULL));
    give(a, p);
    return p != NULL;
}

/* The same number, other sizes. */
static bool
varies_in_size(struct alcove_allocator *a, struct alcove_check_run *run,
               void *arg)
{
    static unsigned refused;
    struct alcove_layout l = small;
    void *p = get(a), *q;

    (void)arg;
    (void)run;
    l.size += !p && refused++ % 2 == 0;
    q = alcove_alloc(a, l, NULL);
    alcove_dealloc(a, q, l, NULL);
    give(a, p);
    return p != NULL && q != NULL;
}

/* The same layouts, cleared or not. */
static bool
varies_in_kind(struct alcove_allocator *a, struct alcove_check_run *run,
               void *arg)
{
    static unsigned runs;
    void *p = runs++ % 2 == 0 ? get(a) : alcove_zalloc(a, small, NULL);

    (void)arg;
    (void)run;
    give(a, p);
    return p != NULL;
}

/* Even if nothing is refused. */
static bool
varies_always(struct alcove_allocator *a, struct alcove_check_run *run,
              void *arg)
{
    static unsigned runs;
    void *p = get(a);
    int i;

    (void)arg;
    runs++;
    for (i = 0; i < (runs % 2 == 0); i++)
        give(a, get(a));
    give(a, p);
    achieve(run, "x");
    return p != NULL;
}

/* The same outcome, and every other time it says that it has failed. */
static bool
varies_in_what_it_says(struct alcove_allocator *a, struct alcove_check_run *run,
                       void *arg)
{
    static unsigned refused;
    void *p = get(a);

    (void)arg;
    achieve(run, "x");
    give(a, p);
    return p || refused++ % 2 != 0;
}

static bool
copes_every_other_time(struct alcove_allocator *a, struct alcove_check_run *run,
                       void *arg)
{
    static unsigned refused;
    void *p = get(a);

    (void)arg;
    achieve(run, "x");
    give(a, p);
    return p || refused++ % 2 == 0;
}

/* As many requests, but not for what is to be released. */
static bool
varies_in_releases(struct alcove_allocator *a, struct alcove_check_run *run,
                   void *arg)
{
    static unsigned runs;
    bool good = true;
    void *p;

    (void)arg;
    if (runs++ % 2 == 0) {
        p = get(a);
        give(a, p);
        good = p != NULL;
    } else {
        good = alcove_alloc_temp(a, small, nothing, NULL, NULL);
    }
    achieve(run, "x");
    return good;
}

/* Another outcome the second time. */
static bool
varies_in_outcome(struct alcove_allocator *a, struct alcove_check_run *run,
                  void *arg)
{
    static unsigned runs;
    void *p = get(a);

    (void)arg;
    achieve(run, runs++ % 2 == 0 ? "x" : "y");
    give(a, p);
    return p != NULL;
}

/* Clean the first time that it is refused, and never again. */
static bool
leaks_later(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    static unsigned refused;
    void *p = get(a), *q = get(a);

    (void)arg;
    (void)run;
    if (p && q)
        give(a, p);
    else if (refused++ % 2 == 0)
        give(a, p);
    give(a, q);
    return p && q;
}

/* Refused once, it does not recover. */
static bool
stays_refused(struct alcove_allocator *a, struct alcove_check_run *run,
              void *arg)
{
    static bool refused;
    void *p = get(a);

    (void)arg;
    (void)run;
    refused |= !p;
    give(a, p);
    return !refused;
}

/* Once refused it achieves less, and says nothing. */
static bool
stays_poor(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    static bool refused;
    void *p = get(a);

    (void)arg;
    refused |= !p;
    achieve(run, refused ? "less" : "all");
    give(a, p);
    return p != NULL;
}

static bool
fails(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    (void)run;
    (void)arg;
    give(a, get(a));
    return false;
}

static bool
leaks_always(struct alcove_allocator *a, struct alcove_check_run *run,
             void *arg)
{
    (void)run;
    (void)arg;
    return get(a) != NULL;
}

#ifndef _WIN32
static jmp_buf outside;

static void
jump(void *mem, void *arg)
{
    (void)mem;
    (void)arg;
    longjmp(outside, 1);
}

/* Nobody knows who asked for what a scope has left behind. */
static bool
leaves_a_scope(struct alcove_allocator *a, struct alcove_check_run *run,
               void *arg)
{
    (void)run;
    (void)arg;
    if (setjmp(outside) != 0)
        return true;
    return alcove_alloc_temp(a, small, jump, NULL, NULL);
}
#endif

static void
release(void *mem, void *arg)
{
    give(arg, mem);
}

/* The block of a scope. */
static bool
releases_a_scope(struct alcove_allocator *a, struct alcove_check_run *run,
                 void *arg)
{
    void *p = get(a);
    bool good = alcove_alloc_temp(a, small, release, a, NULL);

    (void)run;
    (void)arg;
    give(a, p);
    return p && good;
}

/* A volatile length: no compiler may see where it writes. */
static bool
writes_past(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    volatile size_t end = small.size;
    char *p = get(a), *q;

    (void)arg;
    (void)run;
    if (!p)
        return false;
    q = get(a);
    if (!q)
        p[end] = 1;
    give(a, q);
    give(a, p);
    return q != NULL;
}

/* ...and leaves it there: nobody looks at it any more. */
static bool
writes_past_and_leaks(struct alcove_allocator *a, struct alcove_check_run *run,
                      void *arg)
{
    volatile size_t end = small.size;
    char *p = get(a), *q;

    (void)arg;
    (void)run;
    if (!p)
        return false;
    q = get(a);
    if (!q) {
        p[end] = 1;
        return false;
    }
    give(a, q);
    give(a, p);
    return true;
}

static bool
writes_late(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    char *volatile p = get(a);
    char *q;

    (void)arg;
    (void)run;
    if (!p)
        return false;
    q = get(a);
    give(a, p);
    if (!q)
        p[3] = 1;
    give(a, q);
    return q != NULL;
}

/* The guard's own data, of a block that waits in the quarantine. */
static bool
writes_far_before(struct alcove_allocator *a, struct alcove_check_run *run,
                  void *arg)
{
    char *volatile p = get(a);
    char *q;

    (void)arg;
    (void)run;
    if (!p)
        return false;
    q = get(a);
    give(a, p);
    if (!q)
        memset(p - 48, 0x77, 12);
    give(a, q);
    return q != NULL;
}

static bool
releases_twice(struct alcove_allocator *a, struct alcove_check_run *run,
               void *arg)
{
    void *p = get(a), *q = get(a);

    (void)arg;
    (void)run;
    if (p && !q)
        give(a, p);
    give(a, p);
    give(a, q);
    return p && q;
}

static bool
releases_wrongly(struct alcove_allocator *a, struct alcove_check_run *run,
                 void *arg)
{
    void *p = get(a), *q = get(a);

    (void)arg;
    (void)run;
    if (!q)
        alcove_dealloc(a, p, large, NULL);
    else
        give(a, p);
    give(a, q);
    return p && q;
}

/* Until it has its block. */
static bool
insists(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    void *p;

    (void)arg;
    while (!(p = get(a)))
        ;
    achieve(run, "at last");
    give(a, p);
    return true;
}

static bool
finds_it_broken(struct alcove_allocator *a, struct alcove_check_run *run,
                void *arg)
{
    void *p = get(a), *q = get(a);

    (void)arg;
    if (p)
        (void)alcove_check_that(run, q != NULL, "there are two");
    (void)alcove_check_that(run, !p || q, "not told: it is the second one");
    (void)alcove_check_that(run, p || !q, "there is no second one alone");
    give(a, p);
    give(a, q);
    return p && q;
}

/* Asks once more; if that fails, too, it forgets the other block. */
static bool
fails_if_persistent(struct alcove_allocator *a, struct alcove_check_run *run,
                    void *arg)
{
    void *p = get(a), *q = get(a);

    (void)arg;
    if (!q)
        q = get(a);
    if (p && q)
        achieve(run, "two");
    if (q || !p)
        give(a, p);
    give(a, q);
    return p && q;
}

/* Goes on without the first, and forgets the second. */
static bool
fails_if_once(struct alcove_allocator *a, struct alcove_check_run *run,
              void *arg)
{
    void *p = get(a), *q = get(a);

    (void)arg;
    (void)run;
    if (p)
        give(a, q);
    give(a, p);
    return p && q;
}

/* The second and the third of four are a cache. */
static bool
has_a_cache(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    void *p[4];
    int i;

    (void)arg;
    p[0] = get(a);
    alcove_check_benign_begin(run);
    p[1] = get(a);
    alcove_check_benign_begin(run);
    alcove_check_benign_end(run);
    p[2] = get(a);
    alcove_check_benign_end(run);
    alcove_check_benign_end(run); /* one too many: nothing */
    p[3] = get(a);
    for (i = 0; i < 4; i++) {
        if (p[i])
            achieve(run, "x");
        give(a, p[i]);
    }
    return p[0] && p[3];
}

/* ...and so it believes is the last. */
static bool
has_too_large_a_cache(struct alcove_allocator *a, struct alcove_check_run *run,
                      void *arg)
{
    (void)has_a_cache(a, run, arg);
    return true;
}

#if ALCOVE_FORK
static bool
aborts(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    void *p = get(a), *q = get(a);

    (void)arg;
    (void)run;
    if (p && !q)
        abort();
    give(a, p);
    give(a, q);
    return p && q;
}

static bool
exits(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    void *p = get(a);

    (void)arg;
    (void)run;
    if (!p)
        _exit(0);
    give(a, p);
    return true;
}

/* The second time only. */
static bool
exits_later(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    static int refused;
    void *p = get(a);

    (void)arg;
    (void)run;
    if (!p && refused++ > 0)
        _exit(7);
    give(a, p);
    return p != NULL;
}

static bool
crashes_always(struct alcove_allocator *a, struct alcove_check_run *run,
               void *arg)
{
    (void)a;
    (void)run;
    (void)arg;
    raise(SIGKILL);
    return true;
}

#endif

/* ---- each of them ---- */

/* GUARDED: not in place. */
enum { BOTH, HERE, APART, GUARDED };

#define ALLOC ALCOVE_FAIL_ALLOC

/* A tool that watches sees what was written first, and says so itself. */
#define TOUCHES true

struct fault {
    const char *name;
    alcove_check_body *body;
    unsigned kinds;
    int where;
    const char *findings;
    const char *text; /* a part of the last one's; NULL: any */
    bool touches;
};

static const struct fault faults[] = {
    {"no fault", is_good, 0, BOTH, "", NULL, false},
    {"none, and copes", copes, 0, BOTH, "", NULL, false},
    {"none, and copes without a word", copes_without_shrinking, 0, BOTH, "",
     NULL, false},
    {"none, and goes on if all is well", goes_on_if_well, 0, BOTH, "", NULL,
     false},
    {"none, and asks for nothing", asks_for_nothing, 0, BOTH, "", NULL, false},
    {"leaks when the second alloc is refused", leaks, 0, BOTH,
     "LEAK alloc-once 2; LEAK alloc-persist 2; LEAK any-persist 2",
     "24 bytes in 1 block was left", false},
    {"loses the block whose grow is refused", leaks_on_grow, 0, BOTH,
     "LEAK grow-once 1; LEAK grow-persist 1; LEAK any-persist 2",
     "grow of 100 bytes aligned to 8", false},
    {"loses the block whose shrink is refused", leaks_on_shrink, 0, BOTH,
     "LEAK shrink-once 1; LEAK shrink-persist 1; LEAK any-persist 2",
     "100 bytes in 1 block was left", false},
    {"swallows a refused resize", swallows_resize, ALCOVE_FAIL_RESIZE, BOTH,
     "SWALLOWED resize-once 1; SWALLOWED resize-persist 1", "of other contents",
     false},
    {"swallows a refused temp", swallows_temp, 0, BOTH,
     "SWALLOWED temp-once 1; SWALLOWED temp-persist 1; SWALLOWED any-persist 1",
     "handed over no outcome", false},
    {"leaves out what is refused", swallows, 0, BOTH,
     "SWALLOWED alloc-once 2; SWALLOWED alloc-once 3; SWALLOWED alloc-persist "
     "2; SWALLOWED alloc-persist 3; SWALLOWED any-persist 2; SWALLOWED "
     "any-persist 3",
     "2 bytes in 2 pieces, but 3 in 3", false},
    {"achieves something else", swallows_quietly, ALLOC, BOTH,
     "SWALLOWED alloc-once 1; SWALLOWED alloc-persist 1", "of other contents",
     false},
    {"achieves it in other pieces", swallows_a_piece, ALLOC, BOTH,
     "SWALLOWED alloc-once 1; SWALLOWED alloc-persist 1", NULL, false},
    {"achieves nothing, in more pieces", swallows_an_empty_piece, ALLOC, BOTH,
     "SWALLOWED alloc-once 1; SWALLOWED alloc-persist 1",
     "0 bytes in 2 pieces, but 0 in 1", false},
    {"achieves something instead of nothing", achieves_too_much, ALLOC, BOTH,
     "SWALLOWED alloc-once 1; SWALLOWED alloc-persist 1",
     "1 bytes in 1 pieces, but 0 in 0", false},
    {"succeeds without a word", swallows_all, ALLOC, BOTH,
     "SWALLOWED alloc-once 1; SWALLOWED alloc-persist 1",
     "handed over no outcome", false},
    {"asks again every other time", varies, ALLOC, BOTH,
     "INCONSISTENT alloc-once 1; INCONSISTENT alloc-persist 1",
     "made 2 requests and 0 releases at first, and then 1 and 0", false},
    {"asks for another size every other time", varies_in_size, ALLOC, BOTH,
     "INCONSISTENT alloc-once 1; INCONSISTENT alloc-persist 1",
     "its 2 requests were other ones", false},
    {"asks for cleared blocks every other time", varies_in_kind, 0, BOTH,
     "INCONSISTENT reference 0", "its 1 requests were other ones", false},
    {"does not do the same twice", varies_always, 0, BOTH,
     "INCONSISTENT reference 0",
     "made 1 requests and 1 releases at first, and then 2 and 2", false},
    {"says something else every other time", varies_in_what_it_says, ALLOC,
     BOTH, "INCONSISTENT alloc-once 1; INCONSISTENT alloc-persist 1",
     "it failed at first, and then succeeded", false},
    {"copes every other time", copes_every_other_time, ALLOC, BOTH,
     "INCONSISTENT alloc-once 1; INCONSISTENT alloc-persist 1",
     "it succeeded at first, and then failed", false},
    {"does not release as often again", varies_in_releases, 0, BOTH,
     "INCONSISTENT reference 0",
     "made 1 requests and 1 releases at first, and then 1 and 0", false},
    {"has another outcome each time", varies_in_outcome, 0, BOTH,
     "INCONSISTENT reference 0", "another outcome the second time", false},
    {"leaks the second time", leaks_later, ALLOC, BOTH,
     "INCONSISTENT alloc-once 2; INCONSISTENT alloc-persist 2",
     "clean at first, it was then LEAK", false},
    {"fails for ever once it was refused", stays_refused, ALLOC, HERE,
     "FAILED alloc-once 2; FAILED alloc-persist 2", "nothing was refused",
     false},
    {"does less once it was refused", stays_poor, ALLOC, HERE,
     "INCONSISTENT alloc-once 2; INCONSISTENT alloc-persist 2",
     "was not the reference's", false},
    {"always fails", fails, 0, BOTH, "FAILED reference 0", NULL, false},
    {"always leaks", leaks_always, 0, BOTH, "LEAK reference 0", NULL, false},
#ifndef _WIN32
    {"leaves a scope by longjmp", leaves_a_scope, 0, BOTH, "LEAK reference 0",
     "the first from a place that is not known", false},
#endif
    {"releases the block of a scope", releases_a_scope, 0, BOTH,
     "CORRUPT reference 0", NULL, false},
    {"writes past its block", writes_past, ALLOC, BOTH,
     "CORRUPT alloc-once 2; CORRUPT alloc-persist 2", NULL, TOUCHES},
    {"writes past a block that it leaks", writes_past_and_leaks, ALLOC, BOTH,
     "CORRUPT alloc-once 2; CORRUPT alloc-persist 2", NULL, TOUCHES},
    {"writes to a block that it has released", writes_late, ALLOC, BOTH,
     "CORRUPT alloc-once 2; CORRUPT alloc-persist 2", NULL, TOUCHES},
    {"writes far before a block", writes_far_before, ALLOC, GUARDED,
     "CORRUPT alloc-once 2; CORRUPT alloc-persist 2", NULL, TOUCHES},
    {"releases twice", releases_twice, ALLOC, BOTH,
     "CORRUPT alloc-once 2; CORRUPT alloc-persist 2", "was released before",
     false},
    {"releases with another layout", releases_wrongly, ALLOC, BOTH,
     "CORRUPT alloc-once 2; CORRUPT alloc-persist 2", NULL, false},
    {"asks until it gets its block", insists, ALLOC, BOTH,
     "HANG alloc-persist 1", "500 requests were refused", false},
    {"finds its state broken", finds_it_broken, ALLOC, BOTH,
     "BROKEN alloc-once 1; BROKEN alloc-once 2; BROKEN alloc-persist 2",
     "BROKEN: there are two", false},
    {"cannot stand a second refusal", fails_if_persistent, ALLOC, BOTH,
     "LEAK alloc-persist 2", "and 1 more", false},
    {"cannot stand that it goes on", fails_if_once, ALLOC, BOTH,
     "LEAK alloc-once 1", NULL, false},
    {"may swallow what is benign", has_a_cache, ALLOC, BOTH, "", NULL, false},
    {"swallows more than that", has_too_large_a_cache, ALLOC, BOTH,
     "SWALLOWED alloc-once 1; SWALLOWED alloc-once 4; SWALLOWED alloc-persist "
     "1; SWALLOWED alloc-persist 2; SWALLOWED alloc-persist 3; SWALLOWED "
     "alloc-persist 4",
     NULL, false},
#if ALCOVE_FORK
    {"aborts", aborts, ALLOC, APART,
     "CRASH alloc-once 2; CRASH alloc-persist 2", "SIGABRT", false},
    {"exits, as if all were well", exits, ALLOC, APART,
     "CRASH alloc-once 1; CRASH alloc-persist 1", "exit(0)", false},
    {"exits the second time", exits_later, ALLOC, APART,
     "CRASH alloc-once 1; CRASH alloc-persist 1", "exit(7)", false},
    {"always crashes", crashes_always, 0, APART, "CRASH reference 0",
     "SIGKILL; nothing was refused", false},
#endif
    /* end */
};

enum { FAULTS = sizeof faults / sizeof *faults };

enum mode { MODE_HERE, MODE_IN_PLACE, MODE_APART, MODES };

/* Why not? NULL: it can be seen. */
static const char *
why_not(const struct fault *f, enum mode mode)
{
    if (mode == MODE_APART && !ALCOVE_FORK)
        return "there is no fork";
    if (f->where == APART  ? mode != MODE_APART
        : f->where == HERE ? mode != MODE_HERE
                           : f->where == GUARDED && mode == MODE_IN_PLACE)
        return "that is not to be seen";
    if (f->touches && mode != MODE_IN_PLACE && alcove_tools_watch())
        return "a tool watches";
    return NULL;
}

static size_t differing; /* faults, of what was written down */

static void
agree(const struct fault *f, const char *mode)
{
    char name[100], last[200];
    uint64_t sum;

    snprintf(name, sizeof name, "oom: %s, %s", f->name, mode);
    sum = witness_read(0, seen.findings);
    sum = witness_read(sum, seen.texts);
    sum = witness_read(sum, seen.checks);
    snprintf(last, sizeof last, "%s %zu %zu, %zu %zu, %d %d",
             seen.last.kind ? seen.last.kind : "", seen.last.layout.size,
             seen.last.layout.align, seen.last.leaked_blocks,
             seen.last.leaked_bytes, seen.last.frame_count > 0,
             seen.last.leak_frame_count > 0);
    sum = witness_read(sum, last);
    differing += !witness_agrees(sum, name);
}

static void
check_fault(const struct fault *f, enum mode mode)
{
    static const char *const modes[] = {"here", "in place", "apart"};
    const char *not = why_not(f, mode);
    bool good;

    if (not ) {
        skip(1, "%s, %s: %s", f->name, modes[mode], not );
        return;
    }
    choose(f->kinds, mode == MODE_APART);
    options.in_place = mode == MODE_IN_PLACE;
    good = drive(f->body, NULL);
    if (!ok(good == (f->findings[0] == '\0') &&
                strcmp(seen.findings, f->findings) == 0 && seen.numbered &&
                (!f->text || mode == MODE_IN_PLACE ||
                 strstr(seen.texts, f->text)),
            "%s, %s: %s", f->name, modes[mode],
            f->findings[0] ? f->findings : "nothing"))
        diag("found: %s\n# %s# %s", seen.findings, seen.texts, seen.checks);
    agree(f, modes[mode]);
}

int
main(void)
{
    int i;

    if (!(alcove_features(alcove_malloc()) & ALCOVE_CAN_ALLOC))
        return tap_skip_all("the malloc backend is not built");
    tap_plan(MODES * FAULTS + 1);
    count_init(&parent, COUNT_PLAIN);
    for (i = 0; i < MODES * FAULTS; i++)
        check_fault(&faults[i / MODES], (enum mode)(i % MODES));
    witness_sums_up(differing);
    return tap_done();
}
