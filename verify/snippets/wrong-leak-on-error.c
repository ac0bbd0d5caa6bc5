/* SPDX-License-Identifier: MIT */
/* level 2
 * clang: leak of memory */
#include <alcove.h>

bool pair(struct alcove_allocator *a, int **one, int **other);

bool pair(struct alcove_allocator *a, int **one, int **other)
{
    int *first = ALCOVE_NEW(a, int, NULL), *second;

    if (!first)
        return false;
    second = ALCOVE_NEW(a, int, NULL);
    if (!second)
        return false;
    *one = first;
    *other = second;
    return true;
}
