/* SPDX-License-Identifier: MIT */
/* level 1
 * gcc: Wuse-after-free
 * analyzer: double-.alcove_dealloc. of .p.
 * clang: free released memory */
#include <alcove.h>

int twice(struct alcove_allocator *a)
{
    int *p = ALCOVE_NEW(a, int, NULL);

    if (!p)
        return 0;
    *p = 1;
    ALCOVE_DELETE(a, p, int, NULL);
    return ALCOVE_DELETE(a, p, int, NULL);
}
