/* SPDX-License-Identifier: MIT */
/* level 1
 * gcc: Warray-bounds|Wstringop-overflow */
#include <alcove.h>
#include <string.h>

int past(struct alcove_allocator *a)
{
    const struct alcove_layout l = {24, 8};
    char *p = alcove_alloc(a, l, NULL);

    if (!p)
        return 0;
    memset(p, 0, 25);
    return alcove_dealloc(a, p, l, NULL);
}
