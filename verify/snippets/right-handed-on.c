/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

/* The caller's to release. */
int *make(struct alcove_allocator *a, int value)
{
    int *p = ALCOVE_NEW(a, int, NULL);

    if (p)
        *p = value;
    return p;
}
