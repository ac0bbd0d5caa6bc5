/* SPDX-License-Identifier: MIT */
/* level 1
 * plain: Warray-bounds|Wstringop-overflow
 * gcc: Warray-bounds|Wstringop-overflow */
#include <alcove.h>
#include <string.h>

int past(struct alcove_allocator *a)
{
    char *p = alcove_thin_zalloc_array(a, 3, 8, NULL);

    if (!p)
        return 0;
    memset(p, 1, 25);
    return alcove_thin_free(a, p, NULL);
}
