/* SPDX-License-Identifier: MIT */
/* make bench: a pool of the Apache Portable Runtime. */
#include "bench.h"

#include <apr_general.h>
#include <apr_pools.h>

static apr_pool_t *pool;

static void
prepare(void)
{
    if (apr_initialize() != APR_SUCCESS ||
        apr_pool_create(&pool, NULL) != APR_SUCCESS)
        abort();
}

ARENA(apr, (void)0, apr_palloc(pool, n), apr_pool_clear(pool))

const struct contender contenders[] = {
    ARENA_CONTENDERS(apr, "APR pool", prepare),
    {NULL, NULL, NULL, NULL, 0, 0},
};
