/* SPDX-License-Identifier: MIT */
/* level 1
 * gcc: Wuse-after-free
 * analyzer: use after .alcove_checked_dealloc.
 * clang: after it is freed */
#include <alcove.h>

int late(struct alcove_allocator *a, struct alcove_layout l)
{
    int *p = alcove_zalloc(a, l, NULL);

    if (!p)
        return 0;
    alcove_checked_dealloc(a, p, l, NULL);
    return *p;
}
