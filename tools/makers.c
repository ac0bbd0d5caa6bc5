/* SPDX-License-Identifier: MIT */
/* The table of makers. To add one: a struct for its space if it takes more than
 * its own, an open, a close, and a line at the end. */
#include <config.h>

#include "makers.h"

#include <alcove.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- arena ---- */

static struct alcove_allocator *
open_arena(void *space, struct alcove_allocator *parent,
           struct alcove_error *err)
{
    struct alcove_arena *arena = space;

    (void)err;
    alcove_arena_init(arena, parent, NULL, 0);
    return &arena->allocator;
}

static void
close_arena(void *space)
{
    alcove_arena_done(space);
}

/* A buffer, and nothing else. */
struct fixed {
    struct alcove_arena arena;
    char buffer[4096];
};

static struct alcove_allocator *
open_fixed(void *space, struct alcove_allocator *parent,
           struct alcove_error *err)
{
    struct fixed *fixed = space;

    (void)parent;
    (void)err;
    alcove_arena_init(&fixed->arena, NULL, fixed->buffer, sizeof fixed->buffer);
    return &fixed->arena.allocator;
}

/* A buffer that spills to the parent. */
static struct alcove_allocator *
open_spill(void *space, struct alcove_allocator *parent,
           struct alcove_error *err)
{
    struct fixed *fixed = space;

    (void)err;
    alcove_arena_init(&fixed->arena, parent, fixed->buffer,
                      sizeof fixed->buffer);
    return &fixed->arena.allocator;
}

/* ---- pool ---- */

static struct alcove_allocator *
make_pool(struct alcove_pool *pool, size_t size, size_t align,
          struct alcove_allocator *parent, struct alcove_error *err)
{
    const struct alcove_layout block = {size, align};

    return alcove_pool_init(pool, block, parent, NULL, 0, err)
               ? &pool->allocator
               : NULL;
}

static struct alcove_allocator *
open_pool(void *space, struct alcove_allocator *parent,
          struct alcove_error *err)
{
    return make_pool(space, 64, 16, parent, err);
}

/* Large enough for the chunks of what stands on it. */
static struct alcove_allocator *
open_large_pool(void *space, struct alcove_allocator *parent,
                struct alcove_error *err)
{
    return make_pool(space, 16384, 64, parent, err);
}

static void
close_pool(void *space)
{
    alcove_pool_done(space);
}

/* ---- fallback, segregate ---- */

/* A buffer first, then the parent. */
struct second {
    struct alcove_fallback fallback;
    struct fixed first;
};

static struct alcove_allocator *
open_fallback(void *space, struct alcove_allocator *parent,
              struct alcove_error *err)
{
    struct second *second = space;

    return alcove_fallback_init(&second->fallback,
                                open_fixed(&second->first, NULL, err), parent,
                                err)
               ? &second->fallback.allocator
               : NULL;
}

static void
close_fallback(void *space)
{
    close_arena(&((struct second *)space)->first.arena);
}

/* The stack for temporaries, the parent for what does not fit, and blocks. */
static struct alcove_allocator *
open_stackfirst(void *space, struct alcove_allocator *parent,
                struct alcove_error *err)
{
    struct alcove_fallback *fallback = space;

    return alcove_fallback_init(fallback, alcove_stack(), parent, err)
               ? &fallback->allocator
               : NULL;
}

/* A pool for small blocks, the parent for large ones. */
struct sizes {
    struct alcove_segregate segregate;
    struct alcove_pool small;
};

static struct alcove_allocator *
open_segregate(void *space, struct alcove_allocator *parent,
               struct alcove_error *err)
{
    struct sizes *sizes = space;
    struct alcove_allocator *small =
        make_pool(&sizes->small, 64, 64, parent, err);

    if (!small ||
        !alcove_segregate_init(&sizes->segregate, small, parent, 64, err))
        return NULL;
    return &sizes->segregate.allocator;
}

static void
close_segregate(void *space)
{
    close_pool(&((struct sizes *)space)->small);
}

/* ---- sizeclass ---- */

static struct alcove_allocator *
open_sizeclass(void *space, struct alcove_allocator *parent,
               struct alcove_error *err)
{
    struct alcove_sizeclass *sc = space;

    (void)err;
    alcove_sizeclass_init(sc, parent);
    return &sc->allocator;
}

static void
close_sizeclass(void *space)
{
    alcove_sizeclass_done(space);
}

/* ---- reserve ---- */

static struct alcove_allocator *
open_reserve(void *space, struct alcove_allocator *parent,
             struct alcove_error *err)
{
    struct alcove_page_reserve *reserve = space;

    (void)parent;
    return alcove_page_reserve_init(reserve, (size_t)1 << 24, err)
               ? &reserve->allocator
               : NULL;
}

static void
close_reserve(void *space)
{
    alcove_page_reserve_done(space);
}

/* ---- adapters ---- */

#define ADAPTER(name, init)                                                    \
    static struct alcove_allocator *open_##name(                               \
        void *space, struct alcove_allocator *parent,                          \
        struct alcove_error *err)                                              \
    {                                                                          \
        return init ? (struct alcove_allocator *)space : NULL;                 \
    }

/* One that is never reached, and one that is. */
enum { WIDE = 1 << 30, NARROW = 100000, FEW = 50 };

ADAPTER(limit, alcove_limit_init(space, parent, WIDE, SIZE_MAX, err))
ADAPTER(narrow, alcove_limit_init(space, parent, NARROW, FEW, err))
ADAPTER(stats, alcove_stats_init(space, parent, err))

static void
ignore(const struct alcove_trace_event *event, void *arg)
{
    (void)event;
    (void)arg;
}

ADAPTER(trace, alcove_trace_init(space, parent, ignore, NULL, err))

/* Without a quarantine: what an arena is given back must come in reverse order.
 */
static const struct alcove_guard_options zones = {
    .struct_size = sizeof zones,
    .quarantine = ALCOVE_GUARD_NONE,
};
static const struct alcove_guard_options pages = {
    .struct_size = sizeof pages,
    .pages = true,
};

ADAPTER(guard, alcove_guard_init(space, parent, &zones, err))
ADAPTER(guardpages, alcove_guard_init(space, ((void)parent, NULL), &pages, err))

static void
close_guard(void *space)
{
    alcove_guard_done(space, NULL);
}

/* One that waits in vain. */
static const struct alcove_fail_rule late = {.nth = SIZE_MAX};

ADAPTER(fail, alcove_fail_init(space, parent, &late, err))
ADAPTER(locked, alcove_locked_init(space, parent, err))

static void
close_locked(void *space)
{
    alcove_locked_done(space, NULL);
}

ADAPTER(seal, alcove_seal_init(space, parent, err))

/* What was made malloc-shaped, and back. */
static void *
thin_alloc(void *parent, size_t size)
{
    return alcove_thin_alloc(parent, size, NULL);
}

static void *
thin_zalloc(void *parent, size_t size)
{
    return alcove_thin_zalloc(parent, size, NULL);
}

static void *
thin_realloc(void *parent, void *p, size_t size)
{
    return alcove_thin_realloc(parent, p, size, NULL);
}

static void
thin_free(void *parent, void *p)
{
    alcove_thin_free(parent, p, NULL);
}

static const struct alcove_foreign_functions thin_functions = {
    .struct_size = sizeof thin_functions,
    .name = "thin",
    .alloc = thin_alloc,
    .zalloc = thin_zalloc,
    .realloc = thin_realloc,
    .free = thin_free,
};

ADAPTER(foreign, alcove_foreign_init(space, &thin_functions, parent,
                                     ALCOVE_ALIGNOF(void *), err))

/* ---- the table ---- */

const struct maker makers[] = {
#define ROOM(type) sizeof(struct type)
    {"arena", ROOM(alcove_arena), false, open_arena, close_arena, NULL},
    {"fixed", ROOM(fixed), true, open_fixed, close_arena, NULL},
    {"spill", ROOM(fixed), false, open_spill, close_arena, NULL},
    {"pool", ROOM(alcove_pool), false, open_pool, close_pool, NULL},
    {"largepool", ROOM(alcove_pool), false, open_large_pool, close_pool, NULL},
    {"fallback", ROOM(second), false, open_fallback, close_fallback, NULL},
    {"stackfirst", ROOM(alcove_fallback), false, open_stackfirst, NULL, NULL},
    {"segregate", ROOM(sizes), false, open_segregate, close_segregate, NULL},
    {"sizeclass", ROOM(alcove_sizeclass), false, open_sizeclass,
     close_sizeclass, NULL},
    {"reserve", ROOM(alcove_page_reserve), true, open_reserve, close_reserve,
     NULL},
    {"limit", ROOM(alcove_limit), false, open_limit, NULL, NULL},
    {"narrow", ROOM(alcove_limit), false, open_narrow, NULL, NULL},
    {"stats", ROOM(alcove_stats), false, open_stats, NULL, NULL},
    {"trace", ROOM(alcove_trace), false, open_trace, NULL, NULL},
    {"guard", ROOM(alcove_guard), false, open_guard, close_guard, NULL},
    {"guardpages", ROOM(alcove_guard), true, open_guardpages, close_guard,
     NULL},
    {"fail", ROOM(alcove_fail), false, open_fail, NULL, NULL},
    {"locked", ROOM(alcove_locked), false, open_locked, close_locked, NULL},
    {"seal", ROOM(alcove_seal), false, open_seal, NULL, NULL},
    {"foreign", ROOM(alcove_foreign), false, open_foreign, NULL, NULL},
#undef ROOM
    /* end */
};
const size_t makers_count = sizeof makers / sizeof *makers;
