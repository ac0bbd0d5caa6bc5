/* SPDX-License-Identifier: MIT */
/* level 2
 * analyzer: possibly-NULL */
#include <alcove.h>

int hopes(struct alcove_allocator *a, size_t n)
{
    int *p = ALCOVE_ZNEW_ARRAY(a, int, n, NULL);

    p[0] = 1;
    return ALCOVE_DELETE_ARRAY(a, p, int, n, NULL);
}
