/* SPDX-License-Identifier: MIT */
/* level 2
 * analyzer: leak of .p.
 * clang: leak of memory */
#include <alcove.h>

int leaks(struct alcove_allocator *a)
{
    int *p = ALCOVE_NEW(a, int, NULL);

    if (!p)
        return 0;
    *p = 1;
    return *p + 1;
}
