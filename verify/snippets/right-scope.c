/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

static void fill(void *mem, void *arg)
{
    int *p = mem;

    p[9] = 3;
    *(int *)arg = p[9];
}

int scope(void)
{
    struct alcove_layout l = {10 * sizeof(int), sizeof(int)};
    int got = 0;

    return alcove_alloc_temp(alcove_scratch(), l, fill, &got, NULL) ? got : -1;
}
