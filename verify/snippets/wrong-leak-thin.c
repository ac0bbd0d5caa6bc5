/* SPDX-License-Identifier: MIT */
/* level 2
 * analyzer: leak of .p. */
#include <alcove.h>

int leaks(struct alcove_allocator *a)
{
    int *p = alcove_thin_alloc(a, sizeof *p, NULL);

    if (!p)
        return 0;
    *p = 1;
    return *p + 1;
}
