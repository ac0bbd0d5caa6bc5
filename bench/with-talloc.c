/* SPDX-License-Identifier: MIT */
/* make bench: talloc, by blocks of their own and by a pool. */
#include "bench.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include <talloc.h>

static TALLOC_CTX *context;

static void
prepare(void)
{
    context = talloc_new(NULL);
}

/* Room for all objects with a header each. */
static void *
new_pool(void)
{
    size_t each = (size == MIXED ? 256 : size) + 128;

    return talloc_pool(NULL, objects * each);
}

ARENA(talloc, (void)0, talloc_size(context, n), talloc_free_children(context))
ARENA(pool, void *pool = new_pool(), talloc_size(pool, n), talloc_free(pool))

const struct contender contenders[] = {
    ARENA_CONTENDERS(talloc, "talloc", prepare),
    ARENA_CONTENDERS(pool, "talloc pool", NULL),
    {NULL, NULL, NULL, NULL, 0, 0},
};
