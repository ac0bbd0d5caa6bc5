/* SPDX-License-Identifier: MIT */
/* Pools that take each block from their parent by itself, for debugging.
 *
 * A hash table with linear probing knows the live blocks: the layout of a block
 * whose release does not tell, and what to release at the end. Nothing of it is
 * in the blocks, so that a tool sees the ends of each.
 */
#include <config.h>

#include "pool.h"

enum { PLACES_MIN = 16 };

/* The place of `p` in the table, or the empty one where it would be; the table
 * has an empty place, or none at all (NULL). */
ALCOVE_WRAPS static struct alcove_pool_entry *
poolpass_find(const struct alcove_pool *pool, const void *p)
{
    size_t mask = pool->places - 1, i;

    if (!pool->entries)
        return NULL;
    i = (size_t)((uintptr_t)p / 16 * 2654435761u) & mask;
    while (pool->entries[i].block && pool->entries[i].block != p)
        i = (i + 1) & mask;
    return &pool->entries[i];
}

static struct alcove_pool_entry *
find_live(const struct alcove_pool *pool, const void *p)
{
    struct alcove_pool_entry *e = poolpass_find(pool, p);

    return e && e->block ? e : NULL;
}

static void
release_table(struct alcove_pool *pool, struct alcove_pool_entry *entries,
              size_t places)
{
    struct alcove_error ignored;

    (void)alcove_dealloc_array(pool->parent, entries,
                               ALCOVE_LAYOUT(struct alcove_pool_entry), places,
                               &ignored);
}

/* Make room for one more; half of the table stays empty. */
static bool
extend_table(struct alcove_pool *pool, struct alcove_error *err)
{
    struct alcove_pool_entry *old = pool->entries;
    struct alcove_pool_entry *fresh;
    size_t i, places = pool->places;
    size_t more = places != 0 ? 2 * places : PLACES_MIN;

    if (pool->live < places / 2)
        return true;
    fresh = alcove_zalloc_array(
        pool->parent, ALCOVE_LAYOUT(struct alcove_pool_entry), more, err);
    if (!fresh)
        return false;
    pool->entries = fresh;
    pool->places = more;
    for (i = 0; i < places; i++)
        if (old[i].block)
            *poolpass_find(pool, old[i].block) = old[i];
    if (old)
        release_table(pool, old, places);
    return true;
}

void *
alcove_pool_passing_alloc(struct alcove_pool *pool, struct alcove_layout l,
                          struct alcove_error *err)
{
    void *p;

    if (!extend_table(pool, err))
        return NULL;
    p = alcove_alloc(pool->parent, l, err);
    if (!p)
        return NULL;
    *poolpass_find(pool, p) = (struct alcove_pool_entry){p, l};
    pool->live++;
    return p;
}

/* What is no live block is the parent's to refuse, or the tool's to report. The
 * entries behind the one that goes are put in anew, as it may have stood in
 * their way. */
bool
alcove_pool_passing_dealloc(struct alcove_pool *pool, void *p,
                            struct alcove_error *err)
{
    struct alcove_pool_entry *e = find_live(pool, p), moved;
    size_t i;

    if (!alcove_dealloc(pool->parent, p, e ? e->layout : pool->block, err))
        return false;
    if (!e)
        return true;
    pool->live--;
    e->block = NULL;
    for (i = (size_t)(e - pool->entries);;) {
        i = (i + 1) & (pool->places - 1);
        if (!pool->entries[i].block)
            return true;
        moved = pool->entries[i];
        pool->entries[i].block = NULL;
        *poolpass_find(pool, moved.block) = moved;
    }
}

void
alcove_pool_drop_passed(struct alcove_pool *pool)
{
    struct alcove_error ignored;
    size_t i;

    for (i = 0; i < pool->places; i++) {
        struct alcove_pool_entry *e = &pool->entries[i];

        if (e->block)
            (void)alcove_dealloc(pool->parent, e->block, e->layout, &ignored);
        e->block = NULL;
    }
    pool->live = 0;
}

bool
alcove_pool_passing_resize(struct alcove_pool *pool, void *p,
                           struct alcove_layout old, struct alcove_layout new_)
{
    struct alcove_pool_entry *e = find_live(pool, p);

    if (!e || !alcove_resize(pool->parent, p, old, new_))
        return false;
    e->layout = new_;
    return true;
}

bool
alcove_pool_passing_owns(const struct alcove_pool *pool, const void *p)
{
    return find_live(pool, p) != NULL;
}

bool
alcove_pool_passing_ok(const struct alcove_pool *pool)
{
    size_t i, live = 0;

    for (i = 0; i < pool->places; i++) {
        if (!pool->entries[i].block)
            continue;
        live++;
        if (poolpass_find(pool, pool->entries[i].block) != &pool->entries[i])
            return false;
    }
    return live == pool->live && live <= pool->places / 2;
}

void
alcove_pool_drop_table(struct alcove_pool *pool)
{
    alcove_pool_drop_passed(pool);
    if (pool->entries)
        release_table(pool, pool->entries, pool->places);
}
