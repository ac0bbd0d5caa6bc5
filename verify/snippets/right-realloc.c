/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

int moved(struct alcove_allocator *a)
{
    const struct alcove_layout l = {10, 1}, more = {20, 1};
    char *p = alcove_zalloc(a, l, NULL), *q;

    if (!p)
        return 0;
    q = alcove_realloc(a, p, l, more, NULL);
    if (!q) { /* the old block is whole */
        p[0] = 1;
        return alcove_dealloc(a, p, l, NULL);
    }
    q[19] = 1;
    return alcove_dealloc(a, q, more, NULL);
}
