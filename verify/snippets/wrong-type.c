/* SPDX-License-Identifier: MIT */
/* level 1
 * gcc: Warray-bounds */
#include <alcove.h>
#include <string.h>

struct large {
    char bytes[100];
};

int past(struct alcove_allocator *a)
{
    struct large *p = alcove_alloc(a, ALCOVE_LAYOUT(struct large *), NULL);

    if (!p)
        return 0;
    memset(p, 0, sizeof *p);
    return alcove_dealloc(a, p, ALCOVE_LAYOUT(struct large *), NULL);
}
