/* SPDX-License-Identifier: MIT */
/* Single checks of the conformance kit, called as the runner does: with limits
 * that are met exactly, over an allocator that serves nothing, and over some
 * that are wrong in one thing. */
#include <config.h>

#include <alcove.h>

#include "tap.h"

#ifndef TEST_INSIDE

int
main(void)
{
    return tap_skip_all("no static library, so nothing hidden can be called");
}

#else

#    include "../lib/check/kit.h"

#    include <errno.h>
#    include <string.h>

static struct kit k;
static struct books b;
static struct alcove_ops parent; /* the operations of the books */
static size_t calls;             /* of what a test counts */

/* Over the books, some operations of which a test may then replace. */
static void
begin(size_t max_size, unsigned rounds)
{
    memset(&k, 0, sizeof k);
    alcove_books_init(&b, 0, (size_t)1 << 26);
    parent = b.ops;
    k.a = &b.allocator;
    k.books = &b;
    k.features = b.allocator.features;
    k.max_size = max_size;
    k.rounds = rounds;
    k.most_live = k.most_spent = SIZE_MAX;
    calls = 0;
}

static void
lacks(unsigned features)
{
    k.features &= ~features;
    b.allocator.features = k.features;
}

typedef void check(struct kit *k);

/* The check comes to this verdict, and what it says begins so. */
static bool
comes_to(check *fn, enum alcove_verdict verdict, const char *text)
{
    bool good;

    fn(&k);
    good = k.verdict == verdict && strncmp(k.text, text, strlen(text)) == 0;
    if (!good)
        diag("%s: %s", alcove_verdict_name(k.verdict), k.text);
    alcove_books_done(&b);
    return good;
}

#    define PASSES(name, text)                                                 \
        comes_to(alcove_check_##name, ALCOVE_VERDICT_PASS, text)
#    define FAILS(name, text)                                                  \
        comes_to(alcove_check_##name, ALCOVE_VERDICT_FAIL, text)
#    define SKIPS(name, text)                                                  \
        comes_to(alcove_check_##name, ALCOVE_VERDICT_SKIP, text)

/* ---- limits ---- */

static void
test_limits(void)
{
    begin(4000, 40);
    ok(PASSES(temp_gives_back,
              "48 temporaries, one after the other, never full"),
       "a temporary of max_size is asked for");
    begin(4000, 4);
    ok(PASSES(reclaim_honest,
              "412 blocks taken and released one by one, never full"),
       "...and a block");
    begin(4100, 4);
    ok(PASSES(grow_keeps_contents,
              "56 blocks of 84 grew, and lost nothing; 0 refused"),
       "...to grow into one");
    begin(4100, 4);
    ok(PASSES(shrink_keeps_contents,
              "56 blocks of 84 shrank, and lost nothing; 0 refused"),
       "...to shrink from one");
    begin(11, 4);
    ok(PASSES(usable_size, "10 blocks with 23 usable bytes past their sizes"),
       "...and to be used throughout");
    begin(1000000, 4);
    ok(PASSES(temp_keeps_errno, "11 temporaries, and errno was the callback's"),
       "...and no other than the sizes there are");
    begin(999999, 4);
    ok(PASSES(temp_keeps_errno, "10 temporaries, and errno was the callback's"),
       "...and none that is larger");
    begin(4096, 4);
    lacks(ALCOVE_CAN_DEALLOC);
    ok(PASSES(realloc_zero_size, "4 blocks from size 0, 0 of them back to it"),
       "what cannot be released does not come back to size 0");
}

/* What the allocator has before it is asked for anything is its own affair. */
static void
test_lent(void)
{
    const struct alcove_layout l = kit_lay((size_t)2 << 20, 8);

    begin(4096, 4);
    ok(b.ops.alloc(k.a, l, NULL) &&
           PASSES(reclaim_honest,
                  "412 blocks taken and released one by one, never full"),
       "where a size is left out nothing is held against the allocator");
    begin(4096, 4);
    ok(b.ops.alloc(k.a, l, NULL) &&
           PASSES(temp_gives_back,
                  "4 temporaries, one after the other, never full"),
       "...nor where there are no rounds");
#    if ALCOVE_HAVE_THREADS
    begin(4096, 4);
    ok(b.ops.alloc(k.a, l, NULL) &&
           PASSES(temp_thread_exit, "96 temporaries of threads that ended"),
       "...nor what threads leave");
#    else
    skip(1, "there are no threads");
#    endif
}

#    if ALCOVE_HAVE_THREADS
static void
test_threads(void)
{
    begin(65536, 400);
    b.ops.zalloc = b.ops.alloc;
    k.most_spent = 40000;
    ok(PASSES(threads_share, "189 blocks and changes on 4 threads, all whole"),
       "threads spend a quarter each, and do not look whether bytes are 0");
}
#    else
static void
test_threads(void)
{
    skip(1, "there are no threads");
}
#    endif

/* ---- nothing is served ---- */

static void
begin_refusing(void)
{
    begin(4096, 40);
    alcove_books_refuse_after(&b, 0);
}

static void *
only_one_byte(struct alcove_allocator *a, struct alcove_layout l,
              struct alcove_error *err)
{
    return l.size == 1 ? parent.alloc(a, l, err)
                       : alcove_alloc(alcove_null(), l, err);
}

static void
test_nothing(void)
{
    begin_refusing();
    ok(SKIPS(zalloc_temp_zero, "nothing was served: 8 requests refused"),
       "where nothing is served nothing is found: of temporaries that are 0");
    begin_refusing();
    ok(SKIPS(temp_nested, "nothing was served: 4 requests refused"),
       "...and of such in others");
    begin_refusing();
    ok(SKIPS(blocks_disjoint, "nothing was served: 568 requests refused"),
       "...and of many blocks");
    begin_refusing();
    ok(SKIPS(wrong_way_refused, "nothing was served: 1 requests refused"),
       "...and of wrong changes");
#    if ALCOVE_HAVE_THREADS
    begin_refusing();
    ok(SKIPS(threads_share, "nothing was served: 65 requests refused"),
       "...and of threads");
    begin_refusing();
    ok(SKIPS(threads_hand_over, "nothing was served: 80 requests refused"),
       "...and of blocks between them");
#    else
    skip(2, "there are no threads");
#    endif
    begin_refusing();
    ok(FAILS(alloc_serves_something,
             "it refuses 1, 2, ... 4096 bytes; the last time: parent: cannot "
             "allocate 4096 bytes aligned to 1: refused on purpose, to test"),
       "...but something should be served");
    begin(4096, 40);
    b.ops.alloc = only_one_byte;
    ok(PASSES(alloc_serves_something,
              "powers of two from 1 to 1 bytes are served"),
       "...a byte, at least");
}

/* ---- blocks ---- */

/* There are two blocks, and the first is written when there is no room left. */
static void *
write_elsewhere(struct alcove_allocator *a, struct alcove_layout l,
                struct alcove_error *err)
{
    void *p = l.size <= 2048 ? parent.alloc(a, l, err) : NULL;

    if (!p && l.size == 1)
        k.blocks[0].p[0] ^= 1;
    return p;
}

static bool
count_release(struct alcove_allocator *a, void *p, struct alcove_layout l,
              struct alcove_error *err)
{
    calls++;
    return parent.dealloc(a, p, l, err);
}

static void *
count_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    calls++;
    return parent.alloc(a, l, err);
}

/* The first block is written when one of 11 bytes is asked for. */
static void *
write_first(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    if (l.size == 11)
        k.blocks[0].p[0] ^= 1;
    return parent.alloc(a, l, err);
}

static void
test_blocks(void)
{
    begin(4096, 40);
    b.ops.alloc = write_elsewhere;
    b.ops.dealloc = count_release;
    ok(FAILS(fill_and_recover,
             "byte 0 of a live block of 2048 bytes changed") &&
           calls == 0,
       "blocks are looked at before the first is released");
    begin(11, 40);
    lacks(ALCOVE_CAN_RESIZE);
    b.ops.alloc = write_first;
    b.ops.dealloc = count_release;
    ok(FAILS(usable_size, "byte 0 of a live block of 1 bytes changed") &&
           calls == 0,
       "...and so are those of which all is used");
    begin(4096, 40);
    b.ops.alloc = count_alloc;
    b.refuse_release = true;
    ok(FAILS(reclaim_honest, "a release was refused: parent: a lock could not "
                             "be taken") &&
           calls == 1,
       "after a release that is refused nothing is asked for");
    b.refuse_release = false;
}

/* Takes nothing back, and says that it did. */
static bool
keep_all(struct alcove_allocator *a, void *p, struct alcove_layout l,
         struct alcove_error *err)
{
    (void)a;
    (void)p;
    (void)l;
    (void)err;
    return true;
}

static void
test_release(void)
{
    begin(4096, 40);
    b.ops.dealloc = keep_all;
    ok(PASSES(refused_release_keeps_block,
              "0 releases failed, and then did not; 40 changes and releases "
              "succeeded all the same"),
       "a release may succeed though the parent refuses it");
    begin(4096, 40);
    lacks(ALCOVE_CAN_DEALLOC);
    ok(PASSES(unclaimed_refused, "1 lacking: 0 calls refused, ") &&
           k.count == 0,
       "...or though it is not claimed");
}

/* ---- errors ---- */

/* What is said of each request; the rest is true. */
static struct {
    enum alcove_code code;
    enum alcove_cause cause;
    struct alcove_layout layout; /* size 0: what was asked for */
    int os_error, number;        /* of errno; 0: as the code has it */
    bool unset;                  /* the field os_error stays as it is */
    bool only_with_error;        /* errno is set */
} lie;

static void *
lying_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    struct alcove_error what = {.code = lie.code,
                                .cause = lie.cause,
                                .layout = lie.layout.size > 0 ? lie.layout : l,
                                .os_error = lie.os_error,
                                .allocator = "parent"};
    int was = errno, os_error = err ? err->os_error : 0;

    (void)a;
    alcove_error_set(err, &what);
    if (err && lie.unset)
        err->os_error = os_error;
    if (lie.number != 0)
        errno = lie.number;
    if (!err && lie.only_with_error)
        errno = was;
    return NULL;
}

/* No change, nor a temporary, comes before the first lie. */
static void
begin_lying(enum alcove_code code)
{
    begin(4096, 40);
    b.ops.alloc = b.ops.zalloc = lying_alloc;
    b.ops.alloc_temp = NULL;
    memset(&lie, 0, sizeof lie);
    lie.code = code;
    if (code == ALCOVE_ERR_ALLOC_FAILED)
        lie.cause = ALCOVE_CAUSE_OTHER;
}

/* With the size that is asked for first in the place of %zu. */
static const char *
first_asked(const char *format)
{
    static char text[KIT_TEXT];

    snprintf(text, sizeof text, "alloc of %zu bytes aligned to 8%s",
             (size_t)ALCOVE_SIZE_MAX - 4096, format);
    return text;
}

static void *
no_change(struct alcove_allocator *a, void *p, struct alcove_layout old,
          struct alcove_layout new_, struct alcove_error *err)
{
    (void)p;
    (void)old;
    return lying_alloc(a, new_, err);
}

static void
test_success(void)
{
    begin_lying(ALCOVE_ERR_ALLOC_FAILED);
    b.ops = parent;
    b.ops.realloc = no_change;
    b.ops.resize = NULL;
    ok(PASSES(error_on_success, "1408 calls that succeeded, "),
       "what a refusal says is not held against the next success");
}

/* Says that it is lacking, but only the first time. */
static void *
lack_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    return calls++ == 0 ? alcove_unsupported_alloc(a, l, err) : NULL;
}

static bool
lack_temp(struct alcove_allocator *a, struct alcove_layout l,
          alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    (void)fn;
    (void)arg;
    return lack_alloc(a, l, err) != NULL;
}

static void
test_lacking(void)
{
    begin(4096, 40);
    lacks(ALCOVE_CAN_ALLOC);
    b.ops.alloc = lack_alloc;
    ok(FAILS(unclaimed_refused,
             "it does not claim ALLOC, and refuses it as ?") &&
           calls == 2,
       "what is lacking is to be told each time");
    begin(4096, 40);
    lacks(ALCOVE_CAN_TEMP);
    b.ops.alloc_temp = lack_temp;
    ok(FAILS(unclaimed_refused,
             "it does not claim TEMP, and refuses it as ?") &&
           calls == 2,
       "...of temporaries, too");
}

static void
test_errors(void)
{
    begin_lying(ALCOVE_ERR_ALLOC_FAILED);
    lie.layout = kit_lay(7, 1);
    ok(FAILS(error_fields, first_asked(": it says it was asked for 7 aligned "
                                       "to 1")),
       "an error tells what was asked for");
    begin_lying(ALCOVE_ERR_LOCK);
    lie.layout = kit_lay(7, 1);
    ok(PASSES(error_fields, ""), "...if it is that of an allocation");
    begin_lying(ALCOVE_ERR_ALLOC_FAILED);
    lie.unset = true;
    ok(FAILS(error_fields, "alloc: some fields of the error are not set"),
       "all of it is written");
    begin_lying(ALCOVE_ERR_ALLOC_FAILED);
    lie.only_with_error = true;
    ok(FAILS(error_may_be_null, "alloc is refused, and errno is not set"),
       "errno is set without an error, too");
    if (ALCOVE_HAVE_OS_ERRORS) {
        char text[KIT_TEXT];

        begin_lying(ALCOVE_ERR_ALLOC_FAILED);
        lie.cause = ALCOVE_CAUSE_OS;
        lie.os_error = ENOSPC;
        lie.number = EDOM;
        snprintf(text, sizeof text,
                 "alloc is refused as ALCOVE_ERR_ALLOC_FAILED: errno is %d, "
                 "not %d",
                 EDOM, ENOSPC);
        ok(FAILS(errno_on_failure, text), "...as the system said");
    } else {
        skip(1, "there are no errors of the system");
    }
    begin_lying(ALCOVE_ERR_UNSUPPORTED);
    lacks(ALCOVE_CAN_DEALLOC);
    ok(FAILS(error_code, first_asked(" is refused as ALCOVE_ERR_UNSUPPORTED, "
                                     "though claimed")),
       "what allocates, and releases nothing, supports to allocate");
}

static void
test_huge(void)
{
    char text[KIT_TEXT];

    begin_lying(ALCOVE_ERR_EXCEEDS_MAX);
    ok(PASSES(huge_refused, ""), "what is huge may exceed a maximum");
    begin_lying(ALCOVE_ERR_ARITH);
    snprintf(text, sizeof text,
             "%zu bytes aligned to 1: refused as ALCOVE_ERR_ARITH",
             (size_t)ALCOVE_SIZE_MAX);
    ok(FAILS(huge_refused, text), "...but is none of a computation");
}

/* ---- owners ---- */

static bool
owns_all(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    (void)a;
    (void)l;
    return p != NULL;
}

/* Its own blocks, with any layout. */
static bool
owns_roughly(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    (void)a;
    (void)l;
    return k.count > 0 && p == k.blocks[0].p;
}

static enum alcove_code wrong_code;

/* What is wrong is refused with another code. */
static bool
recode(struct alcove_allocator *a, void *p, struct alcove_layout l,
       struct alcove_error *err)
{
    const struct alcove_error what = {
        .code = wrong_code, .layout = l, .block = p, .allocator = "parent"};

    if (parent.owns(a, p, l))
        return parent.dealloc(a, p, l, err);
    return alcove_error_set(err, &what);
}

/* What begins inside a block is one with another layout. */
static bool
look_inside(struct alcove_allocator *a, void *p, struct alcove_layout l,
            struct alcove_error *err)
{
    wrong_code = k.count > 0 && p == k.blocks[0].p + 8
                     ? ALCOVE_ERR_LAYOUT_MISMATCH
                     : ALCOVE_ERR_NOT_OWNED;
    return recode(a, p, l, err);
}

static bool
release_twice(struct alcove_allocator *a, void *p, struct alcove_layout l,
              struct alcove_error *err)
{
    bool done = parent.dealloc(a, p, l, err);

    if (done)
        (void)parent.dealloc(a, p, l, NULL);
    return done;
}

static void
test_owners(void)
{
    begin(65536, 40);
    b.ops.owns = owns_all;
    ok(FAILS(owns_own_blocks, "it claims CHECKED, and owns 170 of 170 blocks "
                              "after their release"),
       "who checks knows what was released");
    begin(65536, 40);
    lacks(ALCOVE_CAN_CHECKED);
    b.ops.owns = owns_roughly;
    ok(PASSES(owns_nothing_foreign,
              "asked 60 times, never true; but its own blocks with other "
              "layouts, or from the inside, count"),
       "...and who does not need not know layouts");
    begin(65536, 40);
    b.ops.owns = owns_all;
    alcove_check_checked_operations(&k);
    ok(b.wrong == 0, "what is wrong on purpose is no fault");
    alcove_books_done(&b);
    begin(65536, 40);
    b.ops.dealloc = release_twice;
    alcove_check_checked_release(&k);
    ok(b.wrong == 4 && k.verdict == ALCOVE_VERDICT_PASS,
       "...but what is wrong around a right release is");
    alcove_books_done(&b);
}

static void
test_wrong_releases(void)
{
    begin(65536, 40);
    b.ops.dealloc = recode;
    wrong_code = ALCOVE_ERR_NOT_OWNED;
    ok(PASSES(checked_release, "21 wrong releases refused, around 4 blocks"),
       "what is no live block may all be said not to be owned");
    begin(65536, 40);
    b.ops.dealloc = look_inside;
    ok(PASSES(checked_release, "21 wrong releases refused, around 4 blocks"),
       "...or, inside of one, to have another layout");
    begin(65536, 40);
    b.ops.dealloc = recode;
    wrong_code = ALCOVE_ERR_LAYOUT_MISMATCH;
    ok(FAILS(checked_release, "the release of a foreign block is refused as "
                              "ALCOVE_ERR_LAYOUT_MISMATCH"),
       "...and what is foreign must be");
}

/* ---- temporaries ---- */

/* It does as if. */
static bool
never_call(struct alcove_allocator *a, struct alcove_layout l,
           alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    (void)a;
    (void)l;
    (void)fn;
    (void)arg;
    (void)err;
    return true;
}

static bool
lose_errno(struct alcove_allocator *a, struct alcove_layout l,
           alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    void *p = parent.alloc(a, l, err);

    if (!p)
        return false;
    fn(p, arg);
    errno = 0;
    return parent.dealloc(a, p, l, NULL);
}

#    if ALCOVE_HAVE_THREADS

/* The thread cannot be cancelled meanwhile; what it has is lost if it ends. */
static bool
never_cancel(struct alcove_allocator *a, struct alcove_layout l,
             alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    void *p = parent.alloc(a, l, err);
    int was;

    if (!p)
        return false;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &was);
    fn(p, arg);
    pthread_setcancelstate(was, NULL);
    return parent.dealloc(a, p, l, NULL);
}

static void
test_exit(void)
{
    begin(4000, 40);
    b.ops.alloc_temp = never_cancel;
    ok(PASSES(temp_thread_exit, "96 temporaries of threads that ended"),
       "a thread that cannot be cancelled may end by itself");
}

#    else

static void
test_exit(void)
{
    skip(1, "there are no threads");
}

#    endif

static void
test_temps(void)
{
    char text[KIT_TEXT];

    begin(4096, 40);
    b.ops.alloc_temp = never_call;
    snprintf(text, sizeof text,
             "%zu bytes aligned to 8: it was called, or served",
             (size_t)ALCOVE_SIZE_MAX - 4096);
    ok(KIT_FEW_ADDRESSES || FAILS(temp_refusal_never_calls, text),
       "what cannot be served is not, called or not");
    begin(4096, 40);
    b.ops.alloc_temp = lose_errno;
    ok(FAILS(
           temp_keeps_errno,
           "the callback leaves EDOM, and the caller of 1 bytes finds errno 0"),
       "errno is that of the callback");
}

/* ---- the plan ---- */

static void
test_full(void)
{
    FILE *full = fopen("/dev/full", "w");
    struct alcove_check_tap tap = {.out = full};

    if (!full) {
        skip(1, "there is no /dev/full");
        return;
    }
    ok(!alcove_check_tap_done(&tap), "a plan that cannot be written is told");
    (void)fclose(full);
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("no malloc: %s", ALCOVE_NO_MALLOC);
    tap_plan(47);
    test_limits();
    test_lent();
    test_threads();
    test_nothing();
    test_blocks();
    test_release();
    test_success();
    test_lacking();
    test_errors();
    test_huge();
    test_owners();
    test_wrong_releases();
    test_temps();
    test_exit();
    test_full();
    return tap_done();
}

#endif
