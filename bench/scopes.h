/* SPDX-License-Identifier: MIT */
/* Scopes in loops, by alcove and by others, for all benchmarks: a callback gets
 * a block of `size` bytes aligned to `align`, and touches both its ends.
 */
#ifndef BENCH_SCOPES_H
#define BENCH_SCOPES_H

#include <alcove.h>

#include <alloca.h>
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
static volatile size_t size, align;

#define LAYOUT(size, align) ((struct alcove_layout){size, align})

static char buffer[512 * 1024];

static void
touch(volatile char *block, size_t length)
{
    block[0] = 1;
    block[length - 1] = 1;
}

typedef void loop(struct alcove_allocator *a, size_t times);

/* `name` does `body` so many times. */
#define LOOP(name, body)                                                       \
    APART static void name(struct alcove_allocator *a, size_t times)           \
    {                                                                          \
        (void)a;                                                               \
        do {                                                                   \
            body;                                                              \
        } while (--times != 0);                                                \
    }

struct job {
    size_t size, calls;
};

static struct job job;

APART static void
callback(void *block, void *arg)
{
    struct job *j = arg;

    touch(block, j->size);
    j->calls++;
}

APART static void
with_alloca(size_t length, void *arg, alcove_temp_fn *fn)
{
    fn(alloca(length), arg);
    __asm__ volatile("" : : : "memory");
}

APART static void
with_malloc(size_t length, void *arg, alcove_temp_fn *fn)
{
    void *block = malloc(length);

    fn(block, arg);
    free(block);
}

/* Whether it was served shows in the number of calls. */
#define SCOPE(scope)                                                           \
    if (scope) {                                                               \
    }

LOOP(scope_base, callback(buffer, &job))
LOOP(scope_alloca, with_alloca(size, &job, callback))
LOOP(scope_malloc, with_malloc(size, &job, callback))
LOOP(scope_16, SCOPE(alcove_stack_temp(LAYOUT(size, 16), callback, &job, NULL)))
LOOP(scope_any,
     SCOPE(alcove_stack_temp(LAYOUT(size, align), callback, &job, NULL)))
LOOP(scope_front,
     SCOPE(alcove_alloc_temp(a, LAYOUT(size, align), callback, &job, NULL)))

#endif /* BENCH_SCOPES_H */
