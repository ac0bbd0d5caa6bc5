/* SPDX-License-Identifier: MIT */
/* level 2
 * analyzer: leak of .q. */
#include <alcove.h>

int leaks(struct alcove_allocator *a, char *p)
{
    const struct alcove_layout l = {10, 1}, more = {20, 1};
    char *q = alcove_realloc(a, p, l, more, NULL);

    if (!q)
        return 0;
    q[0] = 1;
    return q[19];
}
