/* SPDX-License-Identifier: MIT */
/* level 1
 * gcc: Warray-bounds|Wstringop-overflow */
#include <alcove.h>

int past(struct alcove_arena *arena)
{
    int *p = alcove_arena_alloc(arena, ALCOVE_LAYOUT(int), NULL);

    if (!p)
        return 0;
    p[1] = 3;
    return p[0];
}
