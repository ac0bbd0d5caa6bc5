/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

int in_place(struct alcove_allocator *a)
{
    struct alcove_layout l = {10, 1}, less = {5, 1};
    char *p = alcove_alloc(a, l, NULL);

    if (!p)
        return 0;
    p[4] = 0;
    if (alcove_resize(a, p, l, less))
        l = less;
    return p[4] + alcove_dealloc(a, p, l, NULL);
}
