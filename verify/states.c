/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "states.h"

#include <alcove.h>

#include <string.h>

/* The spaces of makers begin with the allocator's own struct. */

static struct state
of_arena(const void *space)
{
    const struct alcove_arena *arena = space;
    struct state s = {alcove_arena_ok(arena), alcove_arena_used(arena), 0};

    return s;
}

static struct state
of_pool(const void *space)
{
    const struct alcove_pool *pool = space;
    struct state s = {alcove_pool_ok(pool), 0, alcove_pool_live(pool)};

    return s;
}

static struct state
of_sizeclass(const void *space)
{
    struct state s = {alcove_sizeclass_ok(space), 0, 0};

    return s;
}

static struct state
of_reserve(const void *space)
{
    const struct alcove_page_reserve *r = space;
    struct state s = {r->block.size <= r->committed && r->committed <= r->size,
                      r->block.size, 0};

    return s;
}

static struct state
of_limit(const void *space)
{
    const struct alcove_limit *limit = space;
    struct state s = {!limit->in_hook, alcove_limit_used(limit),
                      alcove_limit_blocks(limit)};

    return s;
}

static struct state
of_stats(const void *space)
{
    struct alcove_stats_snapshot now = {.struct_size = sizeof now};
    bool taken = alcove_stats_take(space, &now, NULL);
    struct state s = {taken, (size_t)now.live_bytes, (size_t)now.live_blocks};

    return s;
}

static struct state
of_trace(const void *space)
{
    struct state s = {!((const struct alcove_trace *)space)->busy, 0, 0};

    return s;
}

static struct state
of_guard(const void *space)
{
    const struct alcove_guard *guard = space;
    struct state s = {guard->findings == 0, guard->live.bytes,
                      guard->live.blocks};

    return s;
}

static const struct {
    const char *name;
    struct state (*of)(const void *space);
} kinds[] = {
    {"arena", of_arena},      {"fixed", of_arena},
    {"spill", of_arena},      {"pool", of_pool},
    {"largepool", of_pool},   {"sizeclass", of_sizeclass},
    {"reserve", of_reserve},  {"limit", of_limit},
    {"narrow", of_limit},     {"stats", of_stats},
    {"trace", of_trace},      {"guard", of_guard},
    {"guardpages", of_guard},
    /* end */
};

struct state
state_of(const struct stack *s, unsigned layer)
{
    const struct state silent = {true, 0, 0};
    size_t i;

    for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, s->makers[layer]->name) == 0)
            return kinds[i].of(s->spaces[layer]);
    return silent;
}

bool
states_ok(const struct stack *s)
{
    bool good = true;
    unsigned i;

    for (i = 0; i < s->open; i++)
        good = state_of(s, i).ok && good;
    return good;
}
