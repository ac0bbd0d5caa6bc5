/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

int once(struct alcove_allocator *a)
{
    int *p = ALCOVE_NEW(a, int, NULL);

    if (!p)
        return 0;
    *p = 1;
    return ALCOVE_DELETE(a, p, int, NULL);
}
