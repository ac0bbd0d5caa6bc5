/* SPDX-License-Identifier: MIT */
/* level 0
 * plain: Wunused-result
 * plain-clang: Wunused-result */
#include <alcove.h>

void ignores(struct alcove_allocator *a, struct alcove_layout l);

void ignores(struct alcove_allocator *a, struct alcove_layout l)
{
    alcove_thin_alloc(a, 8, NULL);
    alcove_alloc(a, l, NULL);
}
