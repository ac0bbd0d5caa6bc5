/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

ALCOVE_VEC(ints, int);

int vector(struct alcove_allocator *a)
{
    struct ints v;
    int i, last = 0;

    if (!ints_init(&v, a, NULL))
        return -1;
    for (i = 0; i < 10; i++)
        if (!ints_push(&v, i, NULL))
            break;
    ints_pop(&v, &last);
    ints_done(&v, NULL);
    return last;
}
