/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

int smaller(struct alcove_allocator *a)
{
    int *p = ALCOVE_ZNEW_ARRAY(a, int, 100, NULL), *q;

    if (!p)
        return 0;
    q = ALCOVE_REALLOC_ARRAY(a, p, int, 100, 10, NULL);
    if (!q)
        return ALCOVE_DELETE_ARRAY(a, p, int, 100, NULL);
    q[9] = 4;
    return ALCOVE_DELETE_ARRAY(a, q, int, 10, NULL);
}
