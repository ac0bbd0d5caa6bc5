/* SPDX-License-Identifier: MIT */
/* The conformance kit: who writes an allocator hears in seconds whether it
 * keeps the promises of <alcove.h>.
 *
 *     struct alcove_check_tap tap = {0};
 *
 *     alcove_check_allocator(&mine.allocator, NULL, alcove_check_tap_write,
 *                            &tap);
 *     return alcove_check_tap_done(&tap) ? 0 : 1;
 *
 * The second half, below, is for who writes code that allocates.
 *
 * It is a library of its own, libalcove-check, for test programs: <alcove.h>
 * does not include this header, and pkg-config knows it as alcove-check.
 *
 * - Each promise is a check, and each check has a name, which stays: a known
 *   deviation is excused by it, and shows in the report as such.
 * - A check that does not apply is skipped, with the reason: what an allocator
 *   does not claim (ALCOVE_CAN_) is not asked of it, but that it be refused.
 * - A refusal is no failure by itself. An allocator may be small, serve one
 *   size, or take nothing back; a check judges what it was served, and says in
 *   numbers how much that was.
 * - Of an allocator that is told how to be made (`make`), each check gets a
 *   fresh one, over a parent of the kit's. That parent gives blocks full of
 *   rubbish, aligned as asked and no better, and refuses where a check wants to
 *   see what a refusal does; it keeps books, and all that was taken must be
 *   back when the fresh allocator is done.
 * - A broken allocator is reported, and as far as possible does not crash the
 *   kit: nothing is written beyond what was asked for, and a check stops at the
 *   first thing that is wrong.
 * - The same seed gives the same calls. The kit takes its own memory from
 *   malloc, and has nothing global: several may run at once.
 * - Sizes that no machine has are asked for, to be refused: AddressSanitizer
 *   lets malloc refuse them with allocator_may_return_null=1 only.
 */
#ifndef ALCOVE_CHECK_H
#define ALCOVE_CHECK_H

#include <alcove/temp.h>

#include <stdio.h>

ALCOVE_BEGIN

/* X(name, text) for each verdict, in the order of the enum. */
#define ALCOVE_VERDICTS(X)                                                     \
    X(PASS, "the promise is kept")                                             \
    X(FAIL, "the promise is broken")                                           \
    X(SKIP, "the check does not apply")                                        \
    X(EXCUSED, "the promise is broken, as was said before")                    \
    /* end */

enum alcove_verdict {
#define ALCOVE_X(name, text) ALCOVE_VERDICT_##name,
    ALCOVE_VERDICTS(ALCOVE_X)
#undef ALCOVE_X
    ALCOVE_VERDICT_COUNT
};

/* One check, as the report gets it. The texts live until the callback returns,
 * `check` for ever.
 */
struct alcove_check_result {
    const char *check;   /* its name: "alloc-aligned" */
    const char *promise; /* what should hold, as a sentence */
    enum alcove_verdict verdict;
    const char *text;       /* with the numbers: "4382 layouts served, ..." */
    unsigned number, count; /* this is check `number`, from 1, of `count` */
    uint64_t seed;          /* of the whole run; 0: there is none */

    /* More about a failure: sentences, closed by NULL. NULL: there is none. */
    const char *const *notes;
};

typedef void alcove_check_fn(const struct alcove_check_result *result,
                             void *arg);

/* All that can be chosen. What is 0 or NULL is chosen by the kit, so begin with
 *
 *     struct alcove_check_options options = {.struct_size = sizeof options};
 */
struct alcove_check_options {
    size_t struct_size; /* sizeof(struct alcove_check_options) */

    uint64_t seed;   /* 0: 1 */
    size_t max_size; /* of a block in bytes; 0: 64 MiB. Twice that may be live
                      * at once, of the kit's blocks. */
    unsigned rounds; /* how often is done what is done often; 0: 10000 */

    /* Lists of names, each closed by NULL; NULL: none, but for `only`: all. */
    const char *const *only;   /* make these checks, and no other */
    const char *const *skip;   /* leave these out */
    const char *const *excuse; /* these may fail: EXCUSED */

    /* A fresh allocator for each check, which may have `parent` as its parent
     * or not; NULL is a failure of that check. `done` ends it, when all blocks
     * are released, and may be NULL. */
    struct alcove_allocator *(*make)(struct alcove_allocator *parent,
                                     void *arg);
    void (*done)(struct alcove_allocator *made, void *arg);
    void *arg; /* for both */

    unsigned parent_features; /* of the kit's parent; 0: every one */
};

/* Check `a`, or, if options->make is there, what it makes (`a` may then be
 * NULL). `options` may be NULL. report(result, arg) is called for each check,
 * in the order of alcove_checks, on this thread; `report` may be NULL.
 * Returns true if no promise was found broken but those excused.
 *
 * What the options say wrongly (a name that no check has, no allocator) is
 * reported as the failure of a check "kit", and nothing is checked.
 *
 * `a` must be without live blocks of others that could be released meanwhile,
 * and is used by one thread at a time unless it claims ALCOVE_CAN_THREADS. An
 * allocator that gets nothing back from a release (ALCOVE_CAN_RECLAIM) and is
 * not made afresh loses max_size / 8 bytes to each check at most.
 */
ALCOVE_API
bool alcove_check_allocator(struct alcove_allocator *a,
                            const struct alcove_check_options *options,
                            alcove_check_fn *report, void *arg);

/* What there is to check, for lists and manuals. */
struct alcove_check {
    const char *name;
    const char *promise;
    unsigned needs; /* ALCOVE_CAN_ bits: without them it is skipped */
};

/* All checks, in their order; `*count` is their number. Static. */
ALCOVE_API ALCOVE_NONNULL(1)
const struct alcove_check *alcove_checks( size_t *count);

/* "PASS": the constant's name without its prefix, as static text, or "?". */
ALCOVE_API ALCOVE_CONST
const char *alcove_verdict_name(enum alcove_verdict verdict);

/* A report in the form of the Test Anything Protocol: a line for each check as
 * it comes, those that are excused as "not ok ... # TODO", and the plan at the
 * end. All 0 at first means: to standard output, without a prefix. Several runs
 * may share one.
 */
struct alcove_check_tap {
    FILE *out;          /* NULL: stdout */
    const char *prefix; /* in front of each name, and ": "; NULL: none */
    unsigned lines, failed;
};

/* An alcove_check_fn; `tap` is a struct alcove_check_tap. */
ALCOVE_API ALCOVE_NONNULL(1, 2)
void alcove_check_tap_write(const struct alcove_check_result *result,
                            void *tap);

/* Write the plan. Returns true if no check failed and all could be written. */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_check_tap_done(struct alcove_check_tap *tap);

/* ---- out of memory ----
 *
 * The driver: who writes code that allocates hears whether all of it that runs
 * without memory is right.
 *
 *     static bool
 *     body(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
 *     {
 *         return my_work(a);
 *     }
 *
 *     alcove_check_oom(body, NULL, NULL, NULL, alcove_check_tap_write, &tap);
 *
 * - The body does its work with allocator `a`, releases all of it, and returns
 *   whether it succeeded. It is run again and again. In each run a request is
 *   refused: the 1st of a kind, the 2nd, ..., once or from then on (persist),
 *   until a run asks for fewer. How many there are is never counted before.
 * - Each kind of request and either way is a check with a name, "grow-once".
 *   "any-persist" refuses every kind; once, that would be the same runs again.
 * - In front of all, in "reference", nothing is refused.
 * - Under the body are a guard (<alcove/guard.h>) and `parent`. The guard
 *   cannot resize in place: where that is refused, an allocator of the kit's
 *   own that can stands in for both, over malloc.
 * - Each run is made twice, for a body that does the same both times. One whose
 *   requests depend on where its blocks happen to be (how much an arena loses
 *   to alignment) does not: that is what `no_repeat` is for.
 * - What the body leaves behind is released after its run.
 * - The body may have threads if it sees to it that one at a time uses `a`, by
 *   a lock around it; and all must have ended when it returns.
 * - The driver's memory is malloc's, and not the parent's.
 */

/* X(name, text) for each verdict on a run, in the order of the enum. */
#define ALCOVE_OOM_VERDICTS(X)                                                 \
    X(CLEAN, "clean") /* it says so; or it copes, with the same outcome */     \
    X(CRASH, "crashed") /* a signal, an exit (with `fork` only) */             \
    X(HANG, "did not end") /* asks for ever; takes too long (with `fork`) */   \
    X(CORRUPT, "corrupted memory") /* or released what is no such block */     \
    X(BROKEN, "found its state broken") /* by alcove_check_that */             \
    X(LEAK, "leaked") /* blocks are live after it */                           \
    X(SWALLOWED, "swallowed the refusal") /* succeeds, the outcome differs */  \
    X(FAILED, "failed for no reason") /* nothing was refused */                \
    X(INCONSISTENT, "did not do the same again")                               \
    /* end */

enum alcove_oom_verdict {
#define ALCOVE_X(name, text) ALCOVE_OOM_##name,
    ALCOVE_OOM_VERDICTS(ALCOVE_X)
#undef ALCOVE_X
    ALCOVE_OOM_VERDICT_COUNT
};

/* A run of the body, which hands it back to the functions below. */
struct alcove_check_run;

typedef bool alcove_check_body(struct alcove_allocator *a,
                               struct alcove_check_run *run, void *arg);

/* What was found in one run. It lives until the callback returns. Frames are
 * return addresses, innermost first; where the system has no backtrace() there
 * is one at most.
 */
struct alcove_check_finding {
    enum alcove_oom_verdict verdict;
    const char *check; /* its name: "grow-once" */
    size_t number;     /* the n-th request of the check's kind was to be
                        * refused; 0: none */
    const char *text;  /* all of it, as a sentence */

    /* The first request that was refused; NULL: none was. */
    const char *kind; /* "grow" */
    struct alcove_layout layout;
    void *const *frames;
    size_t frame_count;

    /* Of LEAK: the blocks that are live, and where the oldest comes from. */
    size_t leaked_blocks, leaked_bytes;
    void *const *leak_frames;
    size_t leak_frame_count;
};

/* All that can be chosen; begin as with struct alcove_check_options. */
struct alcove_check_oom_options {
    size_t struct_size; /* sizeof(struct alcove_check_oom_options) */

    unsigned kinds;  /* ALCOVE_FAIL_ bits, of <alcove/fail.h>; 0: all but
                      * DEALLOC, which cannot be one of them */
    size_t limit;    /* runs of one check, should they not end; 0: 1000000 */
    size_t patience; /* refusals in one run, after which requests are served
                      * again, and it is a HANG; 0: 100000 */
    bool in_place;   /* resize in place in all checks, without the guard */
    bool no_repeat;  /* each run is made once */
    bool fork;       /* each in a process of its own, its body's stdout and
                      * stderr flushed */
    unsigned seconds; /* that it may take; 0: 10 */
    int progress; /* on stderr: 1 yes, -1 no; 0: if that is a terminal */

    /* Called for each finding; with all_runs for CLEAN runs, too. */
    void (*finding)(const struct alcove_check_finding *finding, void *arg);
    void *arg;
    bool all_runs;
};

/* Drive `body`, which gets `body_arg`, over `parent`, or alcove_malloc() if
 * that is NULL. `options` may be NULL. report(result, arg) is called for each
 * check, and for "total" at last, whose text is the sum; `report` may be NULL.
 * Returns true if nothing was found.
 *
 * What cannot be done (an option that is none, fork where there is none) is
 * reported as the failure of a check "kit", and nothing is run. Where malloc or
 * fork fails later, the check that it happened in has failed.
 *
 * Cost: for n requests some 6 * n runs, half of them with no_repeat.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_check_oom(alcove_check_body *body, void *body_arg,
                      struct alcove_allocator *parent,
                      const struct alcove_check_oom_options *options,
                      alcove_check_fn *report, void *arg);

/* For the body: this is (a part of) what was achieved. A run that succeeds must
 * hand over the same bytes, in the same pieces, as the reference. Of a body
 * that never does, success after a refused alloc, grow or temp is SWALLOWED.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_check_outcome(struct alcove_check_run *run, const void *bytes,
                          size_t size);

/* For the body: this must hold, whatever was refused; else the run is BROKEN,
 * and the first `what` told. Returns `good`.
 */
ALCOVE_API ALCOVE_NONNULL(1, 3)
bool alcove_check_that(struct alcove_check_run *run, bool good,
                       const char *what);

/* For the body: what is refused between the two may be swallowed.
 * They nest.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_check_benign_begin(struct alcove_check_run *run);
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_check_benign_end(struct alcove_check_run *run);

/* "LEAK": the constant's name without its prefix, as static text, or "?". */
ALCOVE_API ALCOVE_CONST
const char *alcove_oom_verdict_name(enum alcove_oom_verdict verdict);

ALCOVE_END

#endif /* ALCOVE_CHECK_H */
