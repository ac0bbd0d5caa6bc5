/* SPDX-License-Identifier: MIT */
/* level 0
 * plain: Wformat
 * plain-clang: Wformat */
#include <alcove.h>

char *text(struct alcove_allocator *a)
{
    return alcove_asprintf(a, NULL, "%s", 3);
}
