/* SPDX-License-Identifier: MIT */
/* Linear probing; what is taken out closes its gap. */
#include <config.h>

#include "oomlive.h"

#include "../os/errno.h"

#include <stdlib.h>

ALCOVE_WRAPS static size_t
home(const struct oom_live *live, const void *p)
{
    uint64_t h = (uint64_t)(uintptr_t)p * UINT64_C(0x9e3779b97f4a7c15);

    return (size_t)(h >> 32) & (live->places - 1);
}

static size_t
oomlive_next(const struct oom_live *live, size_t i)
{
    return (i + 1) & (live->places - 1);
}

/* How many times oomlive_next() leads from one to the other. */
static size_t
distance(const struct oom_live *live, size_t from, size_t to)
{
    return (live->places - from + to) & (live->places - 1);
}

/* Where it is, or would be. */
static struct oom_block *
find(const struct oom_live *live, const void *p)
{
    size_t i = home(live, p);

    while (live->blocks[i].p && live->blocks[i].p != p)
        i = oomlive_next(live, i);
    return &live->blocks[i];
}

static bool
enlarge(struct oom_live *live)
{
    struct oom_live larger = {NULL, live->places ? 2 * live->places : 64,
                              live->count, live->lost};
    size_t i;
    int saved = alcove_errno();

    larger.blocks = calloc(larger.places, sizeof *larger.blocks);
    alcove_errno_set(saved);
    if (!larger.blocks) {
        live->lost = true;
        return false;
    }
    for (i = 0; i < live->places; i++)
        if (live->blocks[i].p)
            *find(&larger, live->blocks[i].p) = live->blocks[i];
    free(live->blocks);
    *live = larger;
    return true;
}

void
alcove_oom_live_put(struct oom_live *live, const void *p, size_t serial)
{
    struct oom_block *b;

    if (live->count >= live->places / 2 && !enlarge(live))
        return;
    b = find(live, p);
    if (!b->p)
        live->count++;
    b->p = p;
    b->serial = serial;
}

void
alcove_oom_live_take(struct oom_live *live, const void *p)
{
    size_t gap, i;

    if (live->count == 0 || !find(live, p)->p)
        return;
    gap = (size_t)(find(live, p) - live->blocks);
    live->count--;
    for (i = oomlive_next(live, gap); live->blocks[i].p;
         i = oomlive_next(live, i)) {
        size_t from = home(live, live->blocks[i].p);

        /* May it not stand before its home? */
        if (distance(live, from, i) < distance(live, gap, i))
            continue;
        live->blocks[gap] = live->blocks[i];
        gap = i;
    }
    live->blocks[gap].p = NULL;
}

size_t
alcove_oom_live_oldest(const struct oom_live *live)
{
    size_t i, oldest = 0;

    for (i = 0; i < live->places; i++)
        if (live->blocks[i].p &&
            (oldest == 0 || live->blocks[i].serial < oldest))
            oldest = live->blocks[i].serial;
    return oldest;
}

void
alcove_oom_live_done(struct oom_live *live)
{
    static const struct oom_live empty;

    free(live->blocks);
    *live = empty;
}
