/* SPDX-License-Identifier: MIT */
/* level 0
 * nothing */
#include <alcove.h>

/* A release that was refused has left the block as it was. (At level 1 this is
 * a second release: so the header says.) */
bool insists(struct alcove_allocator *a, void *p, struct alcove_layout l,
             struct alcove_layout other)
{
    return alcove_dealloc(a, p, l, NULL) || alcove_dealloc(a, p, other, NULL);
}
