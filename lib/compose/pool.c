/* SPDX-License-Identifier: MIT */
/* Pools: blocks of one size. The operations, and the life of a pool. */
#include <config.h>

#include "pool.h"

#include "../core/libc.h"
#include "../os/env.h"
#include "../os/tools.h"

static struct alcove_pool *
pool_self(struct alcove_allocator *a)
{
    return (struct alcove_pool *)(void *)a;
}

bool
alcove_pool_refuse(enum alcove_code code, enum alcove_cause cause,
                   struct alcove_layout l, size_t limit, const char *detail,
                   struct alcove_error *err)
{
    struct alcove_error what = {
        .code = code,
        .cause = cause,
        .layout = l,
        .limit = limit,
        .allocator = "pool",
        .detail = detail,
    };

    return alcove_error_set(err, &what);
}

static bool
pool_fits(struct alcove_layout l, struct alcove_layout block)
{
    return l.size <= block.size && l.align <= block.align;
}

/* ---- the operations ---- */

void *
alcove_pool_alloc_edge(struct alcove_pool *pool, struct alcove_layout l,
                       struct alcove_error *err)
{
    if (!pool_fits(l, pool->block)) {
        alcove_pool_refuse(ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_LIMIT, l,
                           pool->block.size,
                           "a block of the pool is smaller, or less "
                           "aligned",
                           err);
        return NULL;
    }
    if (pool->mode == PASSING)
        return alcove_pool_passing_alloc(pool, l, err);
    if (pool->mode == WATCHED)
        return alcove_pool_watched_alloc(pool, l, err);
    return alcove_pool_fresh(pool, l, err);
}

bool
alcove_pool_dealloc_edge(struct alcove_pool *pool, void *p,
                         struct alcove_error *err)
{
    if (pool->mode == PASSING)
        return alcove_pool_passing_dealloc(pool, p, err);
    alcove_pool_watched_dealloc(pool, p);
    return true;
}

/* Each condition is a statement of its own, or gcc 12 computes both comparisons
 * and joins them: three instructions more. */
static void *
pool_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    struct alcove_pool *pool = pool_self(a);
    uintptr_t head;

    if (ALCOVE_UNLIKELY(l.size > pool->block.size))
        goto edge;
    if (ALCOVE_UNLIKELY(l.align > pool->block.align))
        goto edge;
    head = pool->head;
    if (ALCOVE_UNLIKELY(head <= NONE))
        goto edge;
    pool->head = ((struct alcove_pool_link *)head)->next;
    return (void *)head;
edge:
    return alcove_pool_alloc_edge(pool, l, err);
}

static bool
pool_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
             struct alcove_error *err)
{
    (void)l;
    if (ALCOVE_UNLIKELY(pool_self(a)->head == OUT_OF_LINE))
        return alcove_pool_dealloc_edge(pool_self(a), p, err);
    alcove_pool_dealloc(pool_self(a), p);
    return true;
}

static bool
pool_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
            struct alcove_layout new_)
{
    struct alcove_pool *pool = pool_self(a);

    if (!pool_fits(new_, pool->block))
        return false;
    if (pool->mode == PASSING)
        return alcove_pool_passing_resize(pool, p, old, new_);
    if (pool->mode == WATCHED)
        alcove_tools_resize(p, old.size, new_.size);
    return true;
}

static bool
pool_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    const struct alcove_pool *pool = pool_self(a);
    uintptr_t q;

    if (!pool_fits(l, pool->block))
        return false;
    if (pool->mode == PASSING)
        return alcove_pool_passing_owns(pool, p);
    if (!alcove_pool_is_carved(pool, (uintptr_t)p))
        return false;
    for (q = alcove_pool_first(pool); q != NONE; q = alcove_pool_next(pool, q))
        if (q == (uintptr_t)p)
            return false;
    return true;
}

static size_t
pool_usable_size(struct alcove_allocator *a, const void *p,
                 struct alcove_layout l)
{
    (void)p;
    return pool_self(a)->mode == PLAIN ? pool_self(a)->block.size : l.size;
}

static const struct alcove_ops pool_ops = {
    .struct_size = sizeof pool_ops,
    .name = "pool",
    .alloc = pool_alloc,
    .dealloc = pool_dealloc,
    .resize = pool_resize,
    .owns = pool_owns,
    .usable_size = pool_usable_size,
};

/* ---- init ---- */

static bool
pool_is_block(struct alcove_layout l, struct alcove_error *err)
{
    struct alcove_error what = {.code = ALCOVE_OK};

    if (!alcove_layout_make(l.size, l.align, &l, &what))
        return alcove_pool_refuse(what.code, what.cause, l, 0, NULL, err);
    if (l.size == 0)
        return alcove_pool_refuse(ALCOVE_ERR_UNSUPPORTED, ALCOVE_CAUSE_UNKNOWN,
                                  l, 0, "a block of size 0 needs no pool", err);
    return true;
}

/* A tool sees bytes in groups of 8: blocks must not share one. */
bool
alcove_pool_init(struct alcove_pool *pool, struct alcove_layout block,
                 struct alcove_allocator *parent, void *buffer, size_t size,
                 struct alcove_error *err)
{
    bool watch = alcove_tools_watch();
    size_t gap = watch ? ALCOVE_TOOLS_GAP : 0;
    size_t unit, stride;

    if (!pool_is_block(block, err))
        return false;
    unit = larger(block.align, ALCOVE_ALIGNOF(struct alcove_pool_chunk));
    if (watch)
        unit = larger(unit, 8);
    if (!find_stride(larger(block.size, sizeof(struct alcove_pool_link)), gap,
                     sizeof(struct alcove_pool_chunk), unit, &stride))
        return alcove_pool_refuse(ALCOVE_ERR_EXCEEDS_MAX, ALCOVE_CAUSE_UNKNOWN,
                                  block, 0, NULL, err);
    *pool = (struct alcove_pool){
        .allocator = {&pool_ops, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC |
                                     ALCOVE_CAN_RECLAIM | ALCOVE_CAN_RESIZE |
                                     ALCOVE_CAN_OWNS | ALCOVE_CAN_USABLE_SIZE |
                                     ALCOVE_CAN_TEMP},
        .block = block,
        .unit = unit,
        .stride = stride,
        .parent =
            parent && (parent->features & ALCOVE_CAN_ALLOC) ? parent : NULL,
        .chunk_size = CHUNK_MIN,
        .mode = watch ? WATCHED : PLAIN,
    };
    alcove_pool_forget(pool);
    alcove_pool_set_buffer(pool, buffer, size);
    if (alcove_env_passthrough())
        alcove_pool_pass_through(pool);
    return true;
}

static void
close_buffer(struct alcove_pool *pool)
{
    struct alcove_pool_chunk *c = &pool->buffer;

    if (pool->mode == WATCHED)
        alcove_tools_give(c->start, c->count * pool->stride);
    *c = (struct alcove_pool_chunk){.next = NULL};
    pool->current = c;
}

void
alcove_pool_pass_through(struct alcove_pool *pool)
{
    if (!pool->parent || pool->buffer.carved != 0 || pool->buffer.next)
        return;
    close_buffer(pool);
    pool->mode = PASSING;
    pool->allocator.features &=
        pool->parent->features | ~(unsigned)ALCOVE_CAN_RESIZE;
    alcove_pool_forget(pool);
}

/* ---- done, reset ---- */

void
alcove_pool_done(struct alcove_pool *pool)
{
    int saved = errno;

    if (pool->mode == PASSING)
        alcove_pool_drop_table(pool);
    alcove_pool_drop_chunks(pool, pool->buffer.next);
    close_buffer(pool);
    pool->parent = NULL;
    pool->mode = PLAIN;
    alcove_pool_forget(pool);
    errno = saved;
}

void
alcove_pool_reset(struct alcove_pool *pool)
{
    struct alcove_pool_chunk *c;
    int saved = errno;

    if (pool->mode == PASSING)
        alcove_pool_drop_passed(pool);
    for (c = &pool->buffer; c; c = c->next) {
        c->carved = 0;
        if (pool->mode == WATCHED && c->count != 0)
            alcove_tools_hide(c->start, c->count * pool->stride);
    }
    pool->current = &pool->buffer;
    alcove_pool_forget(pool);
    errno = saved;
}

/* ---- the extras ---- */

static size_t
carved(const struct alcove_pool *pool)
{
    const struct alcove_pool_chunk *c;
    size_t sum = 0;

    for (c = &pool->buffer; c; c = c->next)
        sum += c->carved;
    return sum;
}

size_t
alcove_pool_capacity(const struct alcove_pool *pool)
{
    const struct alcove_pool_chunk *c;
    size_t sum = pool->live;

    for (c = &pool->buffer; c; c = c->next)
        sum += c->count;
    return sum;
}

size_t
alcove_pool_live(const struct alcove_pool *pool)
{
    size_t free_blocks = 0;
    uintptr_t p;

    if (pool->mode == PASSING)
        return pool->live;
    for (p = alcove_pool_first(pool); p != NONE; p = alcove_pool_next(pool, p))
        free_blocks++;
    return carved(pool) - free_blocks;
}

static bool
pool_chunks_ok(const struct alcove_pool *pool)
{
    const struct alcove_pool_chunk *c;
    bool before = true;

    for (c = &pool->buffer; c; c = c->next) {
        if (c == pool->current)
            before = false;
        else if (c->carved != (before ? c->count : 0))
            return false;
        if (c->carved > c->count || (uintptr_t)c->start % pool->unit != 0)
            return false;
    }
    return !before;
}

/* A list that is longer than all blocks has one of them twice. */
static bool
free_list_ok(const struct alcove_pool *pool)
{
    size_t left = carved(pool);
    uintptr_t p;

    for (p = alcove_pool_first(pool); p != NONE;
         p = alcove_pool_next(pool, p)) {
        if (left == 0 || !alcove_pool_is_carved(pool, p))
            return false;
        left--;
    }
    return true;
}

bool
alcove_pool_ok(const struct alcove_pool *pool)
{
    if (pool->mode == PASSING)
        return alcove_pool_passing_ok(pool);
    return pool_chunks_ok(pool) && free_list_ok(pool);
}
