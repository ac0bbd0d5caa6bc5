/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

int each(struct alcove_arena *arena, const char *const *names, int n)
{
    int i, all = 0;

    for (i = 0; i < n; i++) {
        struct alcove_arena_position mark = alcove_arena_mark(arena);
        char *s = alcove_strdup(&arena->allocator, names[i], NULL);

        if (s)
            all += s[0];
        alcove_arena_rewind(arena, mark, NULL);
    }
    return all;
}
