/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

bool known(struct alcove_allocator *a)
{
    long *p = ALCOVE_NEW(a, long, NULL);

    if (!p)
        return false;
    *p = 1;
    return alcove_checked_dealloc(a, p, ALCOVE_LAYOUT(long), NULL);
}
