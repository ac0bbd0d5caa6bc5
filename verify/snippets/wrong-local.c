/* SPDX-License-Identifier: MIT */
/* level 1
 * gcc: Wfree-nonheap-object
 * analyzer: on the stack
 * clang: address of the local variable */
#include <alcove.h>

int wrong(struct alcove_allocator *a)
{
    int i = 1;

    return ALCOVE_DELETE(a, &i, int, NULL);
}
