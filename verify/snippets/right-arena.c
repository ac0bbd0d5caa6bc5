/* SPDX-License-Identifier: MIT */
/* level 1
 * nothing */
#include <alcove.h>

/* Nothing is released, and that is right. */
int sum(int n)
{
    struct alcove_arena arena;
    int i, all = 0, *p;

    alcove_arena_init(&arena, alcove_malloc(), NULL, 0);
    for (i = 0; i < n; i++) {
        p = ALCOVE_NEW(&arena.allocator, int, NULL);
        if (!p)
            break;
        *p = i;
        all += *p;
    }
    alcove_arena_done(&arena);
    return all;
}
