/* SPDX-License-Identifier: MIT */
/* What all benchmarks have in common, in C and in C++: functions that the
 * compiler knows nothing of, and a callback that touches its block. Who has
 * main() defines the variables.
 */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <stddef.h>
#include <stdlib.h>

/* A function that the compiler must take for an unknown one. Its address is no
 * matter of luck, which would be a cycle in nine. */
#if defined __clang__
#    define APART __attribute__((noinline, aligned(64)))
#else
#    define APART __attribute__((noipa, aligned(64)))
#endif

/* Volatile, or a layout would be checked once for the whole loop, and not again
 * at the release. */
extern volatile size_t size, align;

#define LAYOUT(size, align) ((struct alcove_layout){size, align})

/* Not a multiple of a page: what is before and after it must not share a set of
 * the cache. */
enum { BUFFER = 513 * 1024 };

extern char buffer[BUFFER];

static inline void
touch(void *block, size_t length)
{
    ((volatile char *)block)[0] = 1;
    ((volatile char *)block)[length - 1] = 1;
}

struct job {
    size_t size, calls;
};

extern struct job job;

typedef void scope_fn(void *block, void *arg);

APART static void
callback(void *block, void *arg)
{
    struct job *j = (struct job *)arg;

    touch(block, j->size);
    j->calls++;
}

#endif /* BENCH_COMMON_H */
