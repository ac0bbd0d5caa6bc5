/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

bool boxed(struct alcove_allocator *a, int *out)
{
    struct alcove_box box = ALCOVE_BOX_EMPTY, copy = ALCOVE_BOX_EMPTY;
    bool done = alcove_box_make(&box, a, ALCOVE_LAYOUT(int), NULL);

    if (done) {
        *(int *)box.data = 3;
        done = alcove_box_clone(&box, NULL, &copy, NULL);
        if (done)
            *out = *(int *)copy.data;
    }
    alcove_box_drop(&copy, NULL);
    return alcove_box_drop(&box, NULL) && done;
}
