/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

char *twice(struct alcove_allocator *a, char *p, struct alcove_layout *l)
{
    struct alcove_layout more = {2 * l->size, l->align};
    char *q = alcove_grow(a, p, *l, more, NULL);

    if (!q)
        return p;
    *l = more;
    return q;
}
