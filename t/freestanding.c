/* SPDX-License-Identifier: MIT */
/* alcove_malloc() for the tests of a library that has none. */
#include <config.h>

#include <alcove/foreign.h>
#include <alcove/malloc.h>

#include "tap.h"

#include <stdlib.h>

static void *
heap_alloc(void *ctx, size_t size)
{
    (void)ctx;
    return malloc(size);
}

static void
heap_free(void *ctx, void *p)
{
    (void)ctx;
    free(p);
}

static void *
heap_zalloc(void *ctx, size_t size)
{
    (void)ctx;
    return calloc(1, size);
}

static void *
heap_realloc(void *ctx, void *p, size_t size)
{
    (void)ctx;
    return realloc(p, size);
}

struct alcove_allocator *
alcove_malloc(void)
{
    static const struct alcove_foreign_functions functions = {
        .struct_size = sizeof functions,
        .name = "malloc",
        .features = ALCOVE_CAN_THREADS,
        .alloc = heap_alloc,
        .free = heap_free,
        .zalloc = heap_zalloc,
        .realloc = heap_realloc,
    };
    static struct alcove_foreign heap;

    if (!heap.allocator.ops &&
        !alcove_foreign_init(&heap, &functions, NULL, sizeof(void *), NULL))
        bail_out("no allocator can be made of malloc");
    return &heap.allocator;
}
