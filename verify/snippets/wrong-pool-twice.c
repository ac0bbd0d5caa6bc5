/* SPDX-License-Identifier: MIT */
/* level 1
 * gcc: Wuse-after-free
 * analyzer: double-.alcove_pool_dealloc.
 * clang: free released memory */
#include <alcove.h>

void twice(struct alcove_pool *pool);

void twice(struct alcove_pool *pool)
{
    void *p = alcove_pool_alloc(pool, NULL);

    if (!p)
        return;
    alcove_pool_dealloc(pool, p);
    alcove_pool_dealloc(pool, p);
}
