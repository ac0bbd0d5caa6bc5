/* SPDX-License-Identifier: MIT */
/* level 2
 * gcc: Wmismatched-dealloc
 * analyzer: mismatch */
#include <alcove.h>
#include <stdlib.h>

void wrong(struct alcove_allocator *a);

void wrong(struct alcove_allocator *a)
{
    int *p = ALCOVE_NEW(a, int, NULL);

    free(p);
}
