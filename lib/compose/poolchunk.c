/* SPDX-License-Identifier: MIT */
/* The chunks of a pool, and the list of its free blocks.
 *
 * While a tool watches, the free list is a queue, so that the mistake of using
 * a block after its release has the longest time to show, and its links are
 * revealed only to be read and written.
 */
#include <config.h>

#include "pool.h"

#include "../os/tools.h"

enum { BATCH = 4096 }; /* bytes carved at a time */

/* ---- the free list ---- */

uintptr_t
alcove_pool_next(const struct alcove_pool *pool, uintptr_t p)
{
    struct alcove_pool_link *link = (struct alcove_pool_link *)p;
    uintptr_t next;

    if (pool->mode != WATCHED)
        return link->next;
    alcove_tools_reveal(link, sizeof *link);
    next = link->next;
    alcove_tools_hide(link, sizeof *link);
    return next;
}

static void
set_link(uintptr_t p, uintptr_t next)
{
    struct alcove_pool_link *link = (struct alcove_pool_link *)p;

    alcove_tools_reveal(link, sizeof *link);
    link->next = next;
    alcove_tools_hide(link, sizeof *link);
}

uintptr_t
alcove_pool_first(const struct alcove_pool *pool)
{
    return pool->mode == WATCHED ? pool->oldest : pool->head;
}

void
alcove_pool_forget(struct alcove_pool *pool)
{
    pool->head = pool->mode == PLAIN ? NONE : OUT_OF_LINE;
    pool->oldest = pool->newest = NONE;
}

/* ---- chunks ---- */

ALCOVE_WRAPS bool
alcove_pool_is_carved(const struct alcove_pool *pool, uintptr_t p)
{
    const struct alcove_pool_chunk *c;

    for (c = &pool->buffer; c; c = c->next)
        if (is_start(p - (uintptr_t)c->start, pool->stride, c->carved))
            return true;
    return false;
}

void
alcove_pool_set_buffer(struct alcove_pool *pool, void *buffer, size_t size)
{
    size_t skip = bytes_to_unit((uintptr_t)buffer, pool->unit);
    size_t count = buffer ? blocks_in(size, skip, pool->stride) : 0;
    char *start = count != 0 ? (char *)buffer + skip : NULL;

    pool->buffer = (struct alcove_pool_chunk){NULL, start, count, 0};
    pool->current = &pool->buffer;
    if (pool->mode == WATCHED && count != 0)
        alcove_tools_hide(start, count * pool->stride);
}

/* The current chunk, or the first one after it with room that is there. */
static bool
find_room(struct alcove_pool *pool)
{
    while (pool->current->carved == pool->current->count) {
        if (!pool->current->next)
            return false;
        pool->current = pool->current->next;
    }
    return true;
}

/* A chunk with at least one block; init has seen to it that this is a layout.
 */
static bool
add_chunk(struct alcove_pool *pool, struct alcove_layout l,
          struct alcove_error *err)
{
    size_t tail = sizeof(struct alcove_pool_chunk);
    size_t count = blocks_of_chunk(pool->chunk_size, tail, pool->stride);
    size_t size = count * pool->stride;
    struct alcove_layout layout = {size + tail, pool->unit};
    struct alcove_pool_chunk *c;
    char *start;

    if (!pool->parent)
        return alcove_pool_refuse(ALCOVE_ERR_ALLOC_FAILED,
                                  ALCOVE_CAUSE_OUT_OF_MEMORY, l, 0,
                                  "all its blocks are in use", err);
    start = alcove_alloc(pool->parent, layout, err);
    if (!start)
        return false;
    c = (struct alcove_pool_chunk *)(void *)(start + size);
    *c = (struct alcove_pool_chunk){NULL, start, count, 0};
    pool->current = pool->current->next = c;
    if (pool->chunk_size < CHUNK_MAX)
        pool->chunk_size *= 2;
    if (pool->mode == WATCHED)
        alcove_tools_hide(start, size);
    return true;
}

void
alcove_pool_drop_chunks(struct alcove_pool *pool, struct alcove_pool_chunk *c)
{
    struct alcove_pool_chunk *next;
    struct alcove_layout l = {0, pool->unit};
    struct alcove_error ignored;

    for (; c; c = next) {
        next = c->next;
        l.size = c->count * pool->stride;
        if (pool->mode == WATCHED)
            alcove_tools_reveal(c->start, l.size);
        l.size += sizeof *c;
        (void)alcove_dealloc(pool->parent, c->start, l, &ignored);
    }
}

/* Put some fresh blocks of the current chunk, which has one, into the empty
 * free list, in the order of their addresses. */
static void
carve(struct alcove_pool *pool)
{
    struct alcove_pool_chunk *c = pool->current;
    size_t n = blocks_to_carve(BATCH, pool->stride, c->count - c->carved);
    uintptr_t p = (uintptr_t)(c->start + c->carved * pool->stride);

    c->carved += n;
    pool->head = p;
    for (; n > 1; n--, p += pool->stride)
        ((struct alcove_pool_link *)p)->next = p + pool->stride;
    ((struct alcove_pool_link *)p)->next = NONE;
}

void *
alcove_pool_fresh(struct alcove_pool *pool, struct alcove_layout l,
                  struct alcove_error *err)
{
    if (!find_room(pool) && !add_chunk(pool, l, err))
        return NULL;
    carve(pool);
    return alcove_pool_alloc(pool, err);
}

/* ---- while a tool watches ---- */

void *
alcove_pool_watched_alloc(struct alcove_pool *pool, struct alcove_layout l,
                          struct alcove_error *err)
{
    uintptr_t p = pool->oldest;

    if (find_room(pool) || (p == NONE && add_chunk(pool, l, err))) {
        p = (uintptr_t)(pool->current->start +
                        pool->current->carved++ * pool->stride);
    } else {
        if (p == NONE)
            return NULL;
        pool->oldest = alcove_pool_next(pool, p);
    }
    alcove_tools_give((void *)p, l.size);
    return (void *)p;
}

/* To read a byte of the block lets the tool report it if it is free already; it
 * goes somewhere, or Valgrind would leave the reading out. */
void
alcove_pool_watched_dealloc(struct alcove_pool *pool, void *p)
{
    volatile char seen = *(volatile const char *)p;

    (void)seen;
    alcove_tools_hide(p, pool->block.size);
    set_link((uintptr_t)p, NONE);
    if (pool->oldest == NONE)
        pool->oldest = (uintptr_t)p;
    else
        set_link(pool->newest, (uintptr_t)p);
    pool->newest = (uintptr_t)p;
}
