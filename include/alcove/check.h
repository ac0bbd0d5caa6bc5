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
    uint64_t seed;          /* of the whole run */
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

ALCOVE_END

#endif /* ALCOVE_CHECK_H */
