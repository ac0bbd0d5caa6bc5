/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>
#include <string.h>

int thin(struct alcove_allocator *a)
{
    char *p = alcove_thin_alloc(a, 10, NULL), *q;

    if (!p)
        return 0;
    memset(p, 1, 10);
    q = alcove_thin_realloc(a, p, 20, NULL);
    if (!q)
        return alcove_thin_free(a, p, NULL);
    memset(q, 2, 20);
    return alcove_thin_free(a, q, NULL);
}
