/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

/* What is for arenas only leaks nowhere. */
int sum(int n)
{
    struct alcove_arena arena;
    int i, all = 0, *p;

    alcove_arena_init(&arena, alcove_malloc(), NULL, 0);
    for (i = 0; i < n; i++) {
        p = alcove_arena_alloc(&arena, ALCOVE_LAYOUT(int), NULL);
        if (!p)
            break;
        *p = i;
        all += *p;
    }
    alcove_arena_done(&arena);
    return all;
}
