/* SPDX-License-Identifier: MIT */
/* level 1
 * analyzer: double-.alcove_dealloc_array.
 * clang: free released memory */
#include <alcove.h>

int twice(struct alcove_allocator *a)
{
    int *p = ALCOVE_ZNEW_ARRAY(a, int, 10, NULL);

    if (p && p[3] == 0)
        ALCOVE_DELETE_ARRAY(a, p, int, 10, NULL);
    return ALCOVE_DELETE_ARRAY(a, p, int, 10, NULL);
}
