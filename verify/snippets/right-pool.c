/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

/* Some are put back, and the rest goes with the pool. */
int pooled(void)
{
    struct alcove_pool pool;
    int *p, *q;

    if (!alcove_pool_init(&pool, ALCOVE_LAYOUT(int), alcove_malloc(), NULL, 0,
                          NULL))
        return -1;
    p = alcove_pool_alloc(&pool, NULL);
    q = alcove_pool_alloc(&pool, NULL);
    if (p)
        alcove_pool_dealloc(&pool, p);
    if (q)
        *q = 3;
    alcove_pool_done(&pool);
    return 0;
}
