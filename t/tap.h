/* SPDX-License-Identifier: MIT */
/* The test programs' side of TAP, the Test Anything Protocol: a fixed plan
 * first, then one line per check, in a form that reads on.
 *
 *     tap_plan(2);
 *     ok(p != NULL, "a block is allocated");
 *     is_size(layout.size, 24, "...of the right size");
 *     return tap_done();
 *
 * What failed, where, and what was expected follows as lines that begin with
 * "# ". All of it goes to stdout. Only one thread may call these functions: the
 * counters are plain integers.
 */
#ifndef TAP_H
#define TAP_H

#include <alcove/base.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "freestanding.h"

/* The number of checks that follow. Comes before everything else. */
void tap_plan(unsigned count);

/* The exit status for main: 0 if every check passed and the plan was kept. */
int tap_done(void);

/* Nothing here can be tested, for this reason: in place of a plan and checks.
 * Returns the exit status for main. */
int tap_skip_all(const char *fmt, ...) ALCOVE_PRINTF(1, 2);

/* `count` checks of the plan cannot be made, for this reason. */
void skip(unsigned count, const char *fmt, ...) ALCOVE_PRINTF(2, 3);

/* A line for people. */
void diag(const char *fmt, ...) ALCOVE_PRINTF(1, 2);

/* No sense in going on. Does not return. */
void bail_out(const char *fmt, ...) ALCOVE_PRINTF(1, 2);

/* One check each. The arguments after those to be compared are a description,
 * as for printf. All return whether the check passed. */
#define ok(cond, ...) tap_ok(__FILE__, __LINE__, #cond, cond, __VA_ARGS__)
#define is_size(got, want, ...)                                                \
    tap_is_size(__FILE__, __LINE__, #got, got, want, __VA_ARGS__)
#define is_int(got, want, ...)                                                 \
    tap_is_int(__FILE__, __LINE__, #got, got, want, __VA_ARGS__)
#define is_str(got, want, ...)                                                 \
    tap_is_str(__FILE__, __LINE__, #got, got, want, __VA_ARGS__)
#define is_ptr(got, want, ...)                                                 \
    tap_is_ptr(__FILE__, __LINE__, #got, got, want, __VA_ARGS__)

/* The next of a fixed series of numbers in which every bit is random. It starts
 * from a seed that the first call prints as "# seed N", and that the
 * environment variable ALCOVE_TEST_SEED can set. */
size_t tap_random(void);

/* Is an instruction dear here? Then less of the same will do: the environment
 * variable ALCOVE_TEST_QUICK is 1. */
bool tap_hurries(void);

/* Not for direct use. */
bool tap_ok(const char *file, int line, const char *expr, bool good,
            const char *fmt, ...) ALCOVE_PRINTF(5, 6);
bool tap_is_size(const char *file, int line, const char *expr, size_t got,
                 size_t want, const char *fmt, ...) ALCOVE_PRINTF(6, 7);
bool tap_is_int(const char *file, int line, const char *expr, intmax_t got,
                intmax_t want, const char *fmt, ...) ALCOVE_PRINTF(6, 7);
bool tap_is_str(const char *file, int line, const char *expr, const char *got,
                const char *want, const char *fmt, ...) ALCOVE_PRINTF(6, 7);
bool tap_is_ptr(const char *file, int line, const char *expr, const void *got,
                const void *want, const char *fmt, ...) ALCOVE_PRINTF(6, 7);

#endif /* TAP_H */
