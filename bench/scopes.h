/* SPDX-License-Identifier: MIT */
/* Scopes in loops, by alcove and by others: a callback gets a block of `size`
 * bytes aligned to `align`, and touches both its ends.
 */
#ifndef BENCH_SCOPES_H
#define BENCH_SCOPES_H

#include <alcove.h>

#include "common.h"

#include <alloca.h>

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

APART static void
with_alloca(size_t length, void *arg, scope_fn *fn)
{
    fn(alloca(length), arg);
    __asm__ volatile("" : : : "memory");
}

APART static void
with_malloc(size_t length, void *arg, scope_fn *fn)
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
