/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

/* The block is the box's, and then the caller's. */
bool in_and_out(struct alcove_allocator *a)
{
    struct alcove_box box;
    struct alcove_layout l = {8, 8};
    void *p = alcove_alloc(a, l, NULL);

    if (!p)
        return false;
    if (!alcove_box_from_raw(&box, a, p, l, NULL)) {
        alcove_dealloc(a, p, l, NULL);
        return false;
    }
    p = alcove_box_release(&box, &l);
    return alcove_dealloc(a, p, l, NULL);
}
