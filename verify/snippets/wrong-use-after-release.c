/* SPDX-License-Identifier: MIT */
/* level 1
 * gcc: Wuse-after-free
 * analyzer: use after .alcove_dealloc. of .p.
 * clang: after it is freed */
#include <alcove.h>

int late(struct alcove_allocator *a)
{
    int *p = ALCOVE_NEW(a, int, NULL);

    if (!p)
        return 0;
    *p = 1;
    ALCOVE_DELETE(a, p, int, NULL);
    return *p;
}
