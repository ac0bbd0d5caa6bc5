/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

int scratch(size_t n)
{
    struct alcove_layout l = {n + 1, 1};
    struct alcove_scratch_block block;
    char *p = ALCOVE_SCRATCH(&block, l, NULL);
    int got = -1;

    if (p) {
        p[n] = 3;
        got = p[n];
    }
    alcove_scratch_release(&block);
    return got;
}
