/* SPDX-License-Identifier: MIT */
/* level 1
 * gcc: Warray-bounds */
#include <alcove.h>

int past(struct alcove_allocator *a)
{
    int *p = ALCOVE_NEW_ARRAY(a, int, 10, NULL);

    if (!p)
        return 0;
    p[10] = 0;
    return ALCOVE_DELETE_ARRAY(a, p, int, 10, NULL);
}
