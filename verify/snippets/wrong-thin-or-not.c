/* SPDX-License-Identifier: MIT */
/* level 2
 * gcc: Wmismatched-dealloc
 * analyzer: mismatch */
#include <alcove.h>

int wrong(struct alcove_allocator *a)
{
    int *p = ALCOVE_NEW(a, int, NULL);

    return alcove_thin_free(a, p, NULL);
}
