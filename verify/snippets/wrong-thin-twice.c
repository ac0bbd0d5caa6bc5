/* SPDX-License-Identifier: MIT */
/* level 1
 * gcc: Wuse-after-free
 * analyzer: double-.alcove_thin_free.
 * clang: free released memory */
#include <alcove.h>

int twice(struct alcove_allocator *a, char *p)
{
    alcove_thin_free(a, p, NULL);
    return alcove_thin_free(a, p, NULL);
}
