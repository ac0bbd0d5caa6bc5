/* SPDX-License-Identifier: MIT */
/* The blocks of one run that are live: a hash table by address, over malloc. It
 * remembers for each the number of its request, so that the same block is found
 * in the next run.
 */
#ifndef ALCOVE_LIB_CHECK_OOMLIVE_H
#define ALCOVE_LIB_CHECK_OOMLIVE_H

#include <alcove/base.h>

struct oom_block {
    const void *p; /* NULL: an empty place */
    size_t serial;
};

/* Invariants: places is a power of two or 0, and more than count. */
struct oom_live {
    struct oom_block *blocks;
    size_t places, count;
    bool lost; /* malloc had no room: the table is not complete */
};

/* All 0 is an empty table. A pointer that is there already changes its serial.
 */
void alcove_oom_live_put(struct oom_live *live, const void *p, size_t serial);
void alcove_oom_live_take(struct oom_live *live, const void *p);

/* Of the oldest block; 0: there is none. */
size_t alcove_oom_live_oldest(const struct oom_live *live);

void alcove_oom_live_done(struct oom_live *live);

#endif /* ALCOVE_LIB_CHECK_OOMLIVE_H */
