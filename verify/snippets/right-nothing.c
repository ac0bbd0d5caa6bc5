/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

/* NULL, and a block of size 0. */
bool nothing(struct alcove_allocator *a)
{
    const struct alcove_layout none = {0, 8};
    void *p = alcove_alloc(a, none, NULL);

    return p && alcove_dealloc(a, p, none, NULL) &&
           alcove_dealloc(a, NULL, none, NULL);
}
