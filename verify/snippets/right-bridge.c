/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

int bridged(struct alcove_allocator *a)
{
    struct alcove_bridge b;
    char *p;

    if (!alcove_bridge_init(&b, a, NULL, NULL))
        return -1;
    p = alcove_bridge_alloc(&b, 10);
    if (p)
        p[9] = 1;
    alcove_bridge_free(&b, p);
    return b.wrong == 0;
}
