/* SPDX-License-Identifier: MIT */
/* make bench: a heap by its malloc, realloc and free. */
#include "bench.h"

#ifdef BENCH_MIMALLOC
#    include <mimalloc.h>
#    define malloc mi_malloc
#    define realloc mi_realloc
#    define free mi_free
#    define NAME "mimalloc"
#elif defined BENCH_JEMALLOC
#    define NAME "jemalloc"
#else
#    define NAME "malloc"
#endif

/* Neighbours that stay: mimalloc would retire a page at each release of its
 * only block. */
static void
prepare(void)
{
    int i, k;

    for (i = 0; i < 64; i++) {
        KEEP(malloc(size != MIXED ? size : 64));
        for (k = 0; size == MIXED && k < 16; k++)
            KEEP(malloc(scope_sizes[16 * i + k]));
    }
}

APART static void
with_heap(size_t length, void *arg, scope_fn *fn)
{
    void *block = malloc(length);

    if (!block)
        abort();
    fn(block, arg);
    free(block);
}

SCOPES(heap, with_heap(length, &job, fn))
ARENA(heap, (void)0, malloc(n), RELEASE_EACH(free(o)))
POOL(heap, malloc(fixed_size), free(p))
GROWTH(heap, malloc(PAGE), realloc(p, now))

#ifdef BENCH_MIMALLOC
ARENA(whole_heap, mi_heap_t *heap = mi_heap_new(), mi_heap_malloc(heap, n),
      mi_heap_destroy(heap))
#endif

const struct contender contenders[] = {
    SCOPE_CONTENDERS(heap, NAME, prepare),
    ARENA_CONTENDERS(heap, NAME, NULL),
    {"pool", NAME, prepare, pool_heap, ANY_SIZE, 0},
    {"growth", NAME, NULL, growth_heap, ANY_SIZE, 0},
#ifdef BENCH_MIMALLOC
    ARENA_CONTENDERS(whole_heap, "mimalloc, a heap", NULL),
#endif
    {NULL, NULL, NULL, NULL, 0, 0},
};
