/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

/* A name that is given to one block after the other. */
int in_turn(struct alcove_allocator *a)
{
    int i, all = 0, *p;

    for (i = 0; i < 3; i++) {
        p = ALCOVE_NEW(a, int, NULL);
        if (!p)
            return -1;
        *p = i;
        all += *p;
        ALCOVE_DELETE(a, p, int, NULL);
    }
    return all;
}
