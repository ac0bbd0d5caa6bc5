/* SPDX-License-Identifier: MIT */
/* The out-of-memory driver: what it reports, what can be chosen, and what it
 * leaves as it was. */
#include <config.h>

#include "inject.h"
#include "oom.h"

#include <alcove/arena.h>
#include <alcove/stack.h>

/* How often the body was run, in this process. */
static unsigned runs;

#define ALLOC ALCOVE_FAIL_ALLOC

/* ---- bodies ---- */

/* Where the blocks come from that are leaked. */
static void *site;

static ALCOVE_NOINLINE void *
get_here(struct alcove_allocator *a)
{
    void *p = alcove_alloc(a, small, NULL);

#if ALCOVE_RETURN_ADDRESS
    site = __builtin_extract_return_addr(__builtin_return_address(0));
#endif
    return p;
}

/* The first blocks, as many as `arg` says, if the last one is refused. */
static bool
leaks(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    const unsigned *count = arg;
    void *blocks[200], *last;
    unsigned i, had = 0;

    (void)run;
    while (had < *count && (blocks[had] = get_here(a)))
        had++;
    last = had == *count ? alcove_alloc(a, large, NULL) : NULL;
    if (had < *count || last)
        for (i = 0; i < had; i++)
            give(a, blocks[i]);
    alcove_dealloc(a, last, large, NULL);
    return last != NULL;
}

/* One of many blocks, when all others are released. */
static bool
leaks_one(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    enum { MANY = 1000, THIS = 617 };
    static void *blocks[MANY];
    void *p;
    bool good;
    size_t i;

    (void)run;
    (void)arg;
    p = get(a);
    if (p) {
        void *grown = alcove_grow(a, p, small, large, NULL);

        alcove_dealloc(a, grown ? grown : p, grown ? large : small, NULL);
    }
    for (i = 0; i < MANY; i++)
        blocks[i] = i == THIS ? get_here(a) : get(a);
    for (i = 0; i < MANY; i++) /* in another order */
        if (i * 7 % MANY != THIS)
            give(a, blocks[i * 7 % MANY]);
    good = alcove_alloc_temp(a, large, nothing, NULL, NULL);
    if (good)
        give(a, blocks[THIS]);
    return good;
}

/* Two, of which the older one is from there. */
static bool
leaks_two(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    void *p = get_here(a), *q = get(a), *r = get(a);

    (void)run;
    (void)arg;
    if (!p || !q || r) {
        give(a, p);
        give(a, q);
    }
    give(a, r);
    return p && q && r;
}

/* The same number for every run. */
static unsigned one = 1, twelve = 12, hundred = 100;

static bool
counts(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    void *p = get(a);

    (void)arg;
    runs++;
    achieve(run, "x");
    give(a, p);
    return p != NULL;
}

static bool
asks_for_two(struct alcove_allocator *a, struct alcove_check_run *run,
             void *arg)
{
    void *p = get(a), *q = alcove_alloc(a, large, NULL);

    (void)arg;
    (void)run;
    give(a, p);
    alcove_dealloc(a, q, large, NULL);
    return p && q;
}

/* Not twice the same requests, but the same outcome. */
static bool
depends_on_addresses(struct alcove_allocator *a, struct alcove_check_run *run,
                     void *arg)
{
    void *p = get(a), *q = NULL;

    (void)arg;
    if (runs++ % 2 == 0)
        q = get(a);
    achieve(run, "x");
    give(a, p);
    give(a, q);
    return p != NULL;
}

static bool
resizes(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    bool *was_in_place = arg;
    void *p = get(a);

    if (!p)
        return false;
    if (alcove_resize(a, p, small, large)) {
        *was_in_place = true;
        alcove_dealloc(a, p, large, NULL);
    } else {
        give(a, p);
    }
    achieve(run, "x");
    return true;
}

static bool
insists_four_times(struct alcove_allocator *a, struct alcove_check_run *run,
                   void *arg)
{
    void *p;
    int i;

    (void)arg;
    for (i = 0; i < 4; i++) {
        while (!(p = get(a)))
            ;
        give(a, p);
    }
    achieve(run, "x");
    return true;
}

/* What the caller of a request is told. */
static bool
looks_at_errors(struct alcove_allocator *a, struct alcove_check_run *run,
                void *arg)
{
    struct alcove_error err, pristine;
    void *p;

    (void)arg;
    memset(&err, 0xa5, sizeof err);
    pristine = err;
    errno = -4711;
    p = alcove_alloc(a, small, &err);
    if (p)
        alcove_check_that(
            run, errno == -4711 && memcmp(&err, &pristine, sizeof err) == 0,
            "success leaves errno and the error alone");
    else
        alcove_check_that(run,
                          errno == ENOMEM &&
                              err.code == ALCOVE_ERR_ALLOC_FAILED &&
                              err.cause == ALCOVE_CAUSE_INJECTED &&
                              err.layout.size == small.size,
                          "a refusal says why");
    errno = -4711;
    alcove_check_that(run, alcove_dealloc(a, p, small, &err) && errno == -4711,
                      "a release leaves errno alone");
    return p != NULL;
}

struct claims {
    unsigned features;
    bool zero, owns, not_owned, exact;
};

static bool
looks_at_claims(struct alcove_allocator *a, struct alcove_check_run *run,
                void *arg)
{
    struct claims *c = arg;
    char *p = alcove_zalloc(a, small, NULL), other = 0;

    if (!p)
        return false;
    c->features = alcove_features(a);
    c->zero = p[0] == 0 && p[small.size - 1] == 0;
    c->owns = alcove_owns(a, p, small) && !alcove_owns(a, p, large);
    c->not_owned = !alcove_checked_dealloc(a, &other, small, NULL);
    c->exact = alcove_usable_size(a, p, small) == small.size;
    achieve(run, "x");
    give(a, p);
    return true;
}

static bool
has_a_cache(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    void *p, *q;

    (void)arg;
    alcove_check_benign_begin(run);
    p = get(a);
    alcove_check_benign_end(run);
    q = get(a);
    give(a, p);
    give(a, q);
    return q != NULL;
}

static bool
is_told(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    (void)run;
    (void)arg;
    if (!alcove_alloc_temp(a, small, nothing, NULL, NULL))
        return false;
    return true;
}

/* A driver within a driver. */
static bool
drives(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    struct alcove_check_oom_options inner = {
        .struct_size = sizeof inner, .kinds = ALLOC, .progress = -1};

    (void)run;
    return alcove_check_oom(counts, arg, a, &inner, NULL, NULL);
}

/* The guard's own data of one block, which it has given back: of the first, by
 * which the others are found, or of the last, which is next to what is released
 * after it. The others it forgets. */
enum { BLOCKS = 100 };
static size_t at_first = 0, at_last = BLOCKS - 1;

static bool
spoils_one(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    static char *volatile blocks[BLOCKS];
    size_t spoilt = *(size_t *)arg, i;
    bool good = alcove_alloc_temp(a, small, nothing, NULL, NULL);

    (void)run;
    for (i = 0; i < BLOCKS; i++)
        blocks[i] = get(a);
    for (i = 0; i < BLOCKS; i++)
        if (good || i == spoilt)
            give(a, blocks[i]);
    if (!good)
        memset(blocks[spoilt] - 48, 0x77, 12);
    return good;
}

#if ALCOVE_FORK
/* If the second is refused, and the third is not. */
static bool
sleeps(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    void *p = get(a), *q = get(a), *r = get(a);

    (void)arg;
    (void)run;
    while (p && !q && r)
        pause();
    give(a, p);
    give(a, q);
    give(a, r);
    return p && q && r;
}

static bool
prints(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    void *p = get(a);

    (void)run;
    (void)arg;
    printf("body;");
    give(a, p);
    return p != NULL;
}
#endif

/* ---- the report ---- */

/* What leaked and what was refused were asked for at two places, unless nobody
 * knows, or the compiler does not optimize: then both are in alcove_alloc. */
static bool
has_two_places(void)
{
#ifdef __OPTIMIZE__
    return seen.last.leak_frame_count == 0 ||
           seen.leak_frames[0] != seen.frames[0];
#else
    return true;
#endif
}

static void
test_report(void)
{
    choose(0, false);
    ok(drive(is_good, NULL) && seen.results == 13 && seen.numbered,
       "a good body: 13 results, in their order");
    *strstr(seen.checks, "total") = '\0';
    is_str(seen.checks,
           "reference PASS 5 requests, 2 releases, and an outcome of 8 bytes\n"
           "alloc-once PASS 2 refusals: 2 clean\n"
           "alloc-persist PASS 2 refusals: 2 clean\n"
           "resize-once SKIP it requests nothing of the kind\n"
           "resize-persist SKIP it requests nothing of the kind\n"
           "grow-once PASS 1 refusal: 1 clean\n"
           "grow-persist PASS 1 refusal: 1 clean\n"
           "shrink-once PASS 1 refusal: 1 clean (1 coped with, 0 benign)\n"
           "shrink-persist PASS 1 refusal: 1 clean (1 coped with, 0 benign)\n"
           "temp-once PASS 1 refusal: 1 clean\n"
           "temp-persist PASS 1 refusal: 1 clean\n"
           "any-persist PASS 5 refusals: 5 clean (1 coped with, 0 benign)\n",
           "...each with its numbers");
    ok(strncmp(seen.total, "15 refusals", 11) == 0 &&
           strstr(seen.total, ": 15 clean (3 coped with, 0 benign)"),
       "...and their sum: %s", seen.total);
    choose(ALCOVE_FAIL_GROW, false);
    ok(drive(is_good, NULL) && seen.results == 4 &&
           strstr(seen.checks, "grow-persist") &&
           !strstr(seen.checks, "any-persist") && seen.numbered,
       "one kind: once, persistently, and nothing else");
    choose(ALCOVE_FAIL_GROW | ALCOVE_FAIL_TEMP, false);
    ok(drive(is_good, NULL) && seen.results == 7 &&
           strstr(seen.checks, "any-persist PASS 2 refusals: 2 clean\n"),
       "two kinds: any is one of the two");
    choose(ALLOC, false);
    ok(drive(has_a_cache, NULL) &&
           strstr(seen.checks, "alloc-once PASS 2 refusals: 2 clean (0 coped "
                               "with, 1 benign)") &&
           strstr(seen.checks, "alloc-persist PASS 2 refusals: 2 clean\n"),
       "what is benign is counted apart, if nothing else was refused");
}

static void
is_from_site(const char *what)
{
#if ALCOVE_RETURN_ADDRESS && ALCOVE_BACKTRACE
    bool is_there = false;
    size_t i;

    for (i = 0; i < seen.last.leak_frame_count; i++)
        is_there |= seen.leak_frames[i] == site;
    ok(is_there, "%s", what);
#else
    (void)site;
    skip(1, "%s: there is no backtrace()", what);
#endif
}

static void
test_findings(void)
{
    choose(ALLOC, false);
    ok(!drive(leaks, &one) && strstr(seen.total, "2 leaked") &&
           strstr(seen.checks, "alloc-once FAIL 2 refusals: 1 clean, 1 leaked"),
       "a leak is in the sums: %s", seen.total);
    ok(seen.last.leaked_blocks == 1 && seen.last.leaked_bytes == 24 &&
           seen.last.kind && strcmp(seen.last.kind, "alloc") == 0 &&
           seen.last.layout.size == large.size &&
           seen.last.layout.align == large.align && seen.last.number == 2,
       "...and in the finding: what was refused, and what was left");
#if ALCOVE_RETURN_ADDRESS
    ok(seen.last.frame_count > 0 && seen.last.leak_frame_count > 0 &&
           seen.frames[0] && seen.leak_frames[0] && has_two_places(),
       "...and where both were asked for");
#else
    skip(1, "the compiler does not tell return addresses");
#endif
#if ALCOVE_RETURN_ADDRESS && (ALCOVE_BACKTRACE || defined __OPTIMIZE__)
    ok(strstr(seen.total, " at 2 places:") != NULL, "...which are two places");
#else
    skip(1, "the compiler does not tell return addresses, or inlines none");
#endif
    is_from_site("...with who called that");
    ok(!drive(leaks_two, NULL) && seen.last.leaked_blocks == 2,
       "two blocks are leaked");
    is_from_site("...the older one tells where from");
    choose(ALCOVE_FAIL_TEMP, false);
    options.in_place = true;
    ok(!drive(leaks_one, NULL) && seen.last.leaked_blocks == 1,
       "one of a thousand is leaked");
    is_from_site("...and it is known which");
    choose(ALLOC, false);
    ok(!drive(leaks, &twelve) && seen.last.leaked_blocks == 12 &&
           seen.last.leaked_bytes == 12 * 24,
       "all blocks count");
    ok(!drive(leaks, &hundred) && count_ok(&parent, 0, 0),
       "what is leaked goes back to the parent, however much it is");
    options.all_runs = true;
    ok(drive(counts, NULL), "a good body has no finding");
    is_str(seen.findings,
           "CLEAN reference 0; CLEAN alloc-once 1; CLEAN alloc-once 2; CLEAN "
           "alloc-persist 1; CLEAN alloc-persist 2",
           "...but with all_runs each run is told");
    ok(!seen.last.kind && seen.last.frame_count == 0,
       "...and that nothing was refused in the last one");
    (void)drive(asks_for_two, NULL);
    ok(strstr(seen.texts, "refused was request 1, alloc of 24 bytes aligned to "
                          "8, and 1 more, at ") != NULL,
       "the first of two refusals is told");
    choose(ALCOVE_FAIL_SHRINK, false);
    options.all_runs = true;
    (void)drive(is_good, NULL);
    ok(strstr(seen.texts, "request 1, shrink of 24 bytes") != NULL,
       "...with its kind");
}

/* ---- what can be chosen ---- */

static void
test_options(void)
{
    bool was_in_place = false;

    choose(ALLOC, false);
    runs = 0;
    ok(drive(counts, NULL) && runs == 10, "each run is made twice");
    options.no_repeat = true;
    runs = 0;
    ok(drive(counts, NULL) && runs == 5, "...or once");
    runs = 0;
    ok(drive(depends_on_addresses, NULL),
       "...for a body that is not the same twice");
    options.no_repeat = false;
    runs = 0;
    ok(!drive(depends_on_addresses, NULL), "...which else is a finding");
    choose(ALLOC, false);
    ok(drive(resizes, &was_in_place) && !was_in_place,
       "the guard resizes nothing in place");
    options.in_place = true;
    ok(drive(resizes, &was_in_place) && was_in_place,
       "...but with in_place it is not there");
    was_in_place = false;
    choose(ALCOVE_FAIL_RESIZE, false);
    ok(drive(resizes, &was_in_place) && was_in_place &&
           strstr(seen.checks, "resize-once PASS 1 refusal: 1 clean (1 coped"),
       "...nor where a resize is refused");
    choose(ALLOC, false);
    options.in_place = true;
    ok(!drive(leaks, &twelve) &&
           strcmp(seen.findings, "LEAK alloc-once 13; LEAK alloc-persist 13") ==
               0 &&
           seen.last.leaked_blocks == 12 && seen.last.leaked_bytes == 12 * 24,
       "without the guard, too, leaks are found");
    ok(has_two_places(), "...with where they come from");
    choose(ALLOC, false);
    options.limit = 2;
    ok(!drive(leaks, &twelve) && seen.findings[0] == '\0' &&
           strstr(seen.checks, "alloc-once FAIL 2 refusals: 2 clean; the limit "
                               "is reached, and there is more to refuse"),
       "a limit ends a check, and says so");
    options.limit = 13;
    (void)drive(leaks, &twelve);
    ok(strstr(seen.checks, "the limit is reached") != NULL,
       "...even if the last one was refused, for nobody knows");
    options.limit = 14;
    (void)drive(leaks, &twelve);
    ok(!strstr(seen.checks, "the limit is reached"),
       "...but not if nothing was");
    choose(ALLOC, false);
    ok(!drive(insists_four_times, NULL) &&
           strstr(seen.checks, "alloc-persist FAIL 3 refusals: 0 clean, 3 did "
                               "not end; it hangs too often to go on"),
       "three hangs end a check");
}

static bool
is_refused(const char *why)
{
    runs = 0;
    return !drive(counts, NULL) && runs == 0 && seen.results == 1 &&
           strncmp(seen.checks, "kit FAIL ", 9) == 0 &&
           strstr(seen.checks, why);
}

static void
test_wrong_options(void)
{
    choose(0, false);
    options.struct_size = 0;
    ok(is_refused("struct_size"), "options without their size are refused");
    choose(ALCOVE_FAIL_DEALLOC, false);
    ok(is_refused("kinds"), "...and so is the kind DEALLOC");
    choose(ALLOC | 1u << 20, false);
    ok(is_refused("kinds"), "...and one that is none");
#if ALCOVE_FORK
    skip(1, "there is fork");
#else
    choose(0, true);
    ok(is_refused("fork is unsupported"), "...and fork, for there is none");
#endif
    choose(ALLOC, false);
    options.no_repeat = true;
    options.struct_size = offsetof(struct alcove_check_oom_options, in_place);
    runs = 0;
    ok(drive(counts, NULL) && runs == 10,
       "of shorter options only what is there counts");
    choose(ALLOC, false);
    ok(alcove_check_oom(counts, NULL, NULL, NULL, NULL, NULL) &&
           !alcove_check_oom(leaks, &one, NULL, NULL, NULL, NULL),
       "no parent, no options, no report: the answer is there");
    ok(strcmp(alcove_oom_verdict_name(ALCOVE_OOM_SWALLOWED), "SWALLOWED") ==
               0 &&
           strcmp(alcove_oom_verdict_name(ALCOVE_OOM_VERDICT_COUNT), "?") == 0,
       "verdicts have names");
}

/* ---- what the body sees ---- */

static void
test_body(void)
{
    const unsigned passed = COUNT_PLAIN | ALCOVE_CAN_OWNS | ALCOVE_CAN_CHECKED;
    struct claims c;

    choose(0, false);
    ok(drive(looks_at_errors, NULL), "errors and errno are as they should be");
    options.in_place = true;
    ok(drive(looks_at_errors, NULL), "...without the guard, too");
    choose(ALLOC, false);
    memset(&c, 0, sizeof c);
    ok(drive(looks_at_claims, &c) && c.features == passed,
       "it can what the parent can, and tell its blocks");
    ok(c.zero && c.owns && c.not_owned && c.exact,
       "...and what it says it can, it can");
    options.in_place = true;
    memset(&c, 0, sizeof c);
    ok(drive(looks_at_claims, &c) && c.features & ALCOVE_CAN_RESIZE &&
           c.features & ALCOVE_CAN_REALLOC &&
           !(c.features & ALCOVE_CAN_THREADS),
       "without the guard it can all, but be shared");
    ok(c.zero && c.owns && c.not_owned && c.exact, "...that, too");
    ok(drive(drives, NULL), "a body may drive another one");
#if ALCOVE_HAVE_STACK
    choose(0, false);
    options.kinds = ALCOVE_FAIL_TEMP;
    ok(alcove_check_oom(is_told, NULL, alcove_stack(), &options, see_result,
                        &seen),
       "scopes of the parent's stay scopes");
#else
    skip(1, "there is no stack allocator");
    (void)is_told;
#endif
}

/* What the guard cannot take back stays with its parent, for which an arena is
 * good enough. */
static void
test_spoilt(void)
{
    struct alcove_arena arena;
    size_t *const spoilt[] = {&at_first, &at_last};
    size_t i;

    if (alcove_tools_watch()) {
        skip(2, "a tool watches, and sees it first");
        return;
    }
    alcove_arena_init(&arena, alcove_malloc(), NULL, 0);
    for (i = 0; i < 2; i++) {
        choose(ALCOVE_FAIL_TEMP, false);
        memset(&seen, 0, sizeof seen);
        (void)alcove_check_oom(spoils_one, spoilt[i], &arena.allocator,
                               &options, see_result, &seen);
        is_str(seen.findings, "CORRUPT temp-once 1; CORRUPT temp-persist 1",
               "a guard that is spoilt is told: at block %zu", *spoilt[i]);
    }
    alcove_arena_done(&arena);
}

/* ---- as text ---- */

static void
read_back(FILE *file, char *buf, size_t size)
{
    rewind(file);
    buf[fread(buf, 1, size - 1, file)] = '\0';
}

static unsigned
lines(const char *text, const char *line)
{
    unsigned count = 0;

    while ((text = strstr(text, line))) {
        count++;
        text++;
    }
    return count;
}

/* Leaks its first block, whichever of twelve others is refused. */
static bool
leaks_often(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    void *first = get(a);
    bool good = first != NULL;
    int i;

    (void)run;
    (void)arg;
    for (i = 0; i < 12 && good; i++) {
        void *p = get(a);

        give(a, p);
        good = p != NULL;
    }
    if (good)
        give(a, first);
    return good;
}

static void
test_tap(void)
{
    struct alcove_check_tap tap = {.out = tmpfile(), .prefix = "body"};
    static char text[20000];

    if (!tap.out) {
        skip(3, "there is no temporary file");
        return;
    }
    choose(ALLOC, false);
    options.finding = NULL;
    ok(!alcove_check_oom(leaks_often, NULL, &parent.allocator, &options,
                         alcove_check_tap_write, &tap) &&
           !alcove_check_tap_done(&tap),
       "the TAP writer can write it");
    read_back(tap.out, text, sizeof text);
    fclose(tap.out);
    ok(strncmp(text, "# body: checks 1 to 4\nok 1 - body: reference: ", 46) ==
               0 &&
           strstr(text, "\nnot ok 2 - body: alloc-once: 13 refusals: 1 clean, "
                        "12 leaked\n# promised: ") &&
           strstr(text, "\nnot ok 4 - body: total: 26 refusals") &&
           strstr(text, "\n1..4\n"),
       "...a line for each check");
    ok(strstr(text, "\n# LEAK: 24 bytes in 1 block was left, the first "
                    "from ") &&
           strstr(text, "; refused was request 9, alloc of 24 bytes aligned "
                        "to 8, at ") &&
           !strstr(text, "refused was request 10") &&
           strstr(text, "\n# ... and 4 more\n") && lines(text, "# LEAK") == 16,
       "...and one for each of its first eight findings");
}

/* ---- apart ---- */

#if ALCOVE_FORK

/* What goes to a file descriptor while something is done. */
struct caught {
    FILE *file, *stream;
    int saved;
};

static bool
catch_it(struct caught *c, FILE *stream)
{
    c->file = tmpfile();
    if (!c->file)
        return false;
    c->stream = stream;
    fflush(stream);
    c->saved = dup(fileno(stream));
    return c->saved >= 0 && dup2(fileno(c->file), fileno(stream)) >= 0;
}

static void
caught(struct caught *c, char *buf, size_t size)
{
    fflush(c->stream);
    dup2(c->saved, fileno(c->stream));
    close(c->saved);
    read_back(c->file, buf, size);
    fclose(c->file);
}

static pid_t before_exit;

/* Not in the children. */
static void
say_so(void)
{
    if (getpid() != before_exit)
        printf("at exit;");
}

static void
test_output(void)
{
    struct caught c;
    static char text[4000];

    before_exit = getpid();
    atexit(say_so);
    choose(ALLOC, true);
    if (!catch_it(&c, stdout))
        bail_out("standard output cannot be caught");
    printf("in the buffer;");
    (void)drive(prints, NULL);
    printf("afterwards\n");
    caught(&c, text, sizeof text);
    is_str(text,
           "in the buffer;body;body;body;body;body;body;body;body;body;body;"
           "afterwards\n",
           "what is printed, before, by the body, and after it, comes once");

    choose(ALLOC, false);
    options.progress = 1;
    if (!catch_it(&c, stderr))
        bail_out("standard error cannot be caught");
    (void)drive(counts, NULL);
    caught(&c, text, sizeof text);
    ok(strncmp(text, "oom: alloc-once: 1 refusals, 0 findings in all", 46) ==
               0 &&
           text[strlen(text) - 1] == '\r',
       "progress goes to stderr, and goes away again");
    choose(ALLOC, false);
    options.progress = 0;
    if (!catch_it(&c, stderr))
        bail_out("standard error cannot be caught");
    (void)drive(counts, NULL);
    caught(&c, text, sizeof text);
    is_str(text, "", "...but not if that is no terminal");
}

/* From the reference on, as a callback. */
static void
allow_no_files(const struct alcove_check_finding *f, void *arg)
{
    struct rlimit few = *(struct rlimit *)arg;

    (void)f;
    few.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &few);
}

/* So many that the driver's table of them has to grow, for which there is no
 * memory. Those of the parent are there. */
static bool
takes_all_memory(struct alcove_allocator *a, struct alcove_check_run *run,
                 void *arg)
{
    enum { MANY = 5000 };
    static void *blocks[MANY];
    const struct rlimit none = {1, 1};
    int i;

    (void)run;
    (void)arg;
    setrlimit(RLIMIT_AS, &none);
    for (i = 0; i < MANY; i++)
        blocks[i] = get(a);
    for (i = 0; i < MANY; i++)
        give(a, blocks[i]);
    return true;
}

static void
test_lost(void)
{
    static char buffer[(size_t)4 << 20];
    struct alcove_arena arena;

    if (INJECT_SANITIZED || alcove_tools_watch()) {
        skip(1, "a tool watches, and needs memory");
        return;
    }
    alcove_arena_init(&arena, NULL, buffer, sizeof buffer);
    memset(&seen, 0, sizeof seen);
    choose(ALLOC, true);
    options.limit = 1;
    (void)alcove_check_oom(takes_all_memory, NULL, &arena.allocator, &options,
                           see_result, &seen);
    if (strncmp(seen.checks, "reference PASS", 14) == 0)
        skip(1, "memory cannot be limited");
    else
        ok(strncmp(seen.checks,
                   "reference FAIL malloc has no memory for its books",
                   49) == 0,
           "if malloc has no memory in the child, it is told");
    alcove_arena_done(&arena);
}

/* As a library that can be set up once in a process. */
static bool
is_made_once(struct alcove_allocator *a, struct alcove_check_run *run,
             void *arg)
{
    static int made;
    void *p = get(a), *q;

    (void)arg;
    alcove_check_that(run, ++made == 1, "it is made once in a process");
    q = p ? get(a) : NULL;
    if (q)
        give(a, p);
    give(a, q);
    return q != NULL;
}

static void
test_apart(void)
{
    struct rlimit files;
    int next = dup(1);

    close(next);
    choose(ALLOC, true);
    runs = 0;
    ok(drive(counts, NULL) && runs == 0,
       "apart, nothing is changed in this process");
    ok(dup2(next, next) < 0, "...and no file is left open");
    ok(!drive(leaks, &twelve) && seen.last.leaked_blocks == 12 &&
           seen.last.kind && strcmp(seen.last.kind, "alloc") == 0 &&
           has_two_places(),
       "...and all that is known of a leak comes over");
    choose(ALLOC, true);
    options.no_repeat = true;
    ok(!drive(is_made_once, NULL) &&
           strcmp(seen.findings, "LEAK alloc-once 2; LEAK alloc-persist 2") ==
               0,
       "what can be made once in a process is made once in each: %s",
       seen.findings);
    choose(ALLOC, true);
    options.seconds = 1;
    ok(!drive(sleeps, NULL) &&
           strcmp(seen.findings, "HANG alloc-once 2") == 0 &&
           strstr(seen.texts, "had not ended after 1 seconds; refused was "
                              "request 2, alloc of 24 bytes"),
       "one that sleeps is woken up: %s", seen.texts);
    signal(SIGCHLD, SIG_IGN);
    choose(ALLOC, true);
    ok(drive(counts, NULL), "children may be nobody's");
    signal(SIGCHLD, SIG_DFL);
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) {
        skip(1, "the number of files has no limit");
        return;
    }
    choose(ALLOC, true);
    allow_no_files(NULL, &files);
    (void)drive(counts, NULL);
    setrlimit(RLIMIT_NOFILE, &files);
    ok(strncmp(seen.checks, "reference FAIL no pipe to a child: ", 35) == 0 &&
           strstr(seen.checks, "alloc-once SKIP"),
       "if there can be no child, that is no finding, but a failure");
    choose(ALLOC, true);
    options.all_runs = true;
    options.finding = allow_no_files;
    options.arg = &files;
    (void)drive(counts, NULL);
    setrlimit(RLIMIT_NOFILE, &files);
    ok(strstr(seen.checks,
              "alloc-once FAIL 0 refusals: 0 clean; no pipe to a child: ") &&
           strstr(seen.checks, "alloc-persist SKIP no pipe to a child\n"),
       "...later, too, and then it is the end");
    test_lost();
}

#endif

int
main(void)
{
    if (!(alcove_features(alcove_malloc()) & ALCOVE_CAN_ALLOC))
        return tap_skip_all("the malloc backend is not built");
    tap_plan(68);
    count_init(&parent, COUNT_PLAIN);
    test_report();
    test_findings();
    test_options();
    test_wrong_options();
    test_body();
    test_spoilt();
    test_tap();
#if ALCOVE_FORK
    test_output();
    test_apart();
#else
    skip(12, "there is no fork");
#endif
    ok(count_ok(&parent, 0, 0), "the parent has everything back");
    return tap_done();
}
