/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

int automatic(struct alcove_allocator *a, int i)
{
#if ALCOVE_HAVE_CLEANUP
    ALCOVE_BOX_AUTO(box);

    if (!alcove_box_make(&box, a, ALCOVE_LAYOUT(int), NULL))
        return -1;
    *(int *)box.data = i;
    return *(int *)box.data;
#else
    return a ? i : 0;
#endif
}
