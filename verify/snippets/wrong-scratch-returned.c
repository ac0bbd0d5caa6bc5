/* SPDX-License-Identifier: MIT */
/* level 0
 * plain: Wreturn-local-addr */
#include <alcove.h>

char *gone(size_t size);

char *gone(size_t size)
{
    struct alcove_layout l = {size, 1};
    struct alcove_scratch_block block;
    char *p = ALCOVE_SCRATCH(&block, l, NULL);

    if (p)
        *p = 0;
    return p;
}
