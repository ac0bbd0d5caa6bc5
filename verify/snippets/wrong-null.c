/* SPDX-License-Identifier: MIT */
/* level 2
 * analyzer: possibly-NULL .p. */
#include <alcove.h>

int hopes(struct alcove_allocator *a)
{
    int *p = ALCOVE_NEW(a, int, NULL);

    *p = 1;
    return ALCOVE_DELETE(a, p, int, NULL);
}
