/* SPDX-License-Identifier: MIT */
/* level 1
 * nothing */
#include <alcove.h>

int fixed(void)
{
    char buffer[1024];
    struct alcove_arena arena;
    int *p, got = 0;

    alcove_arena_init(&arena, NULL, buffer, sizeof buffer);
    p = ALCOVE_ZNEW_ARRAY(&arena.allocator, int, 10, NULL);
    if (p) {
        p[9] = 3;
        got = p[9];
    }
    alcove_arena_done(&arena);
    return got;
}
