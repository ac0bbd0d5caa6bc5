/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

int stacked(void)
{
    struct alcove_limit limit;
    struct alcove_stats stats;
    int *p;

    if (!alcove_stats_init(&stats, alcove_malloc(), NULL) ||
        !alcove_limit_init(&limit, &stats.allocator, 1000, 10, NULL))
        return -1;
    p = ALCOVE_NEW(&limit.allocator, int, NULL);
    if (!p)
        return -1;
    *p = 1;
    ALCOVE_DELETE(&limit.allocator, p, int, NULL);
    return alcove_limit_done(&limit, NULL) && alcove_stats_done(&stats, NULL);
}
