/* SPDX-License-Identifier: MIT */
/* make bench: the obstack of the GNU C library. */
#include "bench.h"

#include <obstack.h>

#define obstack_chunk_alloc malloc
#define obstack_chunk_free free

static struct obstack obstack;
static void *first;

static void
prepare(void)
{
    obstack_init(&obstack);
    first = obstack_alloc(&obstack, 0);
}

APART static void
with_obstack(size_t length, void *arg, scope_fn *fn)
{
    void *block = obstack_alloc(&obstack, length);

    fn(block, arg);
    obstack_free(&obstack, block);
}

/* The first object is freed with all, so another one takes its place. */
static void
release_all(void)
{
    obstack_free(&obstack, first);
    first = obstack_alloc(&obstack, 0);
}

SCOPES(obstack, with_obstack(length, &job, fn))
ARENA(obstack, (void)0, obstack_alloc(&obstack, n), release_all())

const struct contender contenders[] = {
    SCOPE_CONTENDERS(obstack, "obstack", prepare),
    ARENA_CONTENDERS(obstack, "obstack", prepare),
    {NULL, NULL, NULL, NULL, 0, 0},
};
