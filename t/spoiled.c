/* SPDX-License-Identifier: MIT */
/* The checks of invariants: with each field spoilt that they look at, one by
 * one, they say no, and yes again when it is put right. */
#include <config.h>

#include <alcove/arena.h>
#include <alcove/malloc.h>
#include <alcove/pool.h>
#include <alcove/sizeclass.h>
#include <alcove/vec.h>

#include "../lib/os/tools.h"
#include "posix.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static unsigned wrong;

/* `place` is `value` for a moment. Does `good` say so? */
#define SPOIL(place, value, good)                                              \
    do {                                                                       \
        unsigned char old_[sizeof(place)];                                     \
                                                                               \
        memcpy(old_, &(place), sizeof(place));                                 \
        (place) = (value);                                                     \
        if (good)                                                              \
            wrong++,                                                           \
                diag("%d: %s = %s is not seen", __LINE__, #place, #value);     \
        memcpy(&(place), old_, sizeof(place));                                 \
        if (!(good))                                                           \
            wrong++, diag("%d: %s is right again", __LINE__, #place);          \
    } while (0)

static bool
all_seen(void)
{
    bool none = wrong == 0;

    wrong = 0;
    return none;
}

/* ---- arenas ---- */

static void
nothing(void *arg)
{
    (void)arg;
}

/* Three chunks, of which the second is the current one; two blocks of their
 * own; two cleanups. */
static void
fill(struct alcove_arena *arena, struct alcove_arena_cleanup nodes[2])
{
    const struct alcove_layout l = {900, 16}, large = {30000, 16};
    struct alcove_arena_position second = {NULL, 0, 0, 0};

    alcove_arena_init(arena, alcove_malloc(), NULL, 0);
    while (alcove_arena_chunks(arena) < 3) {
        if (alcove_arena_chunks(arena) == 2 && !second.arena)
            second = alcove_arena_mark(arena);
        if (!alcove_arena_alloc(arena, l, NULL))
            bail_out("no block");
    }
    if (!alcove_arena_rewind(arena, second, NULL) ||
        !alcove_arena_alloc(arena, large, NULL) ||
        !alcove_arena_alloc(arena, large, NULL))
        bail_out("no block of its own");
    alcove_arena_defer(arena, &nodes[0], nothing, NULL);
    alcove_arena_defer(arena, &nodes[1], nothing, NULL);
}

static void
test_arena(void)
{
    struct alcove_arena a;
    struct alcove_arena_cleanup nodes[2];
    struct alcove_arena_chunk *first, *second, *third;
    char byte;

    fill(&a, nodes);
    second = a.chunk;
    first = second->prev;
    third = second->next;
    if (!first || !third || !a.own || !a.own->next || first->prev)
        bail_out("another arena than was wished for");
#define GOOD alcove_arena_ok(&a)
    SPOIL(third->prev, first, GOOD);
    SPOIL(first->start, first->start + 8, GOOD);
    SPOIL(first->end, first->end - 8, GOOD);
    SPOIL(first->start, first->end + 16, GOOD);
    SPOIL(first->index, 1, GOOD);
    SPOIL(second->index, 2, GOOD);
    SPOIL(first->top, first->start - 16, GOOD);
    SPOIL(first->top, first->end + 16, GOOD);
    ok(all_seen(), "what is wrong with the chunks of an arena is seen");
    third->index = 7;
    third->top = NULL;
    ok(GOOD, "...but not what is written when the arena goes on to one");
    first->next = third;
    third->prev = first;
    third->index = 1;
    third->top = third->start;
    ok(!GOOD, "...and the current one must be among them");
    first->next = second;
    third->prev = second;
    SPOIL(a.own->serial, a.serial + 1, GOOD);
    SPOIL(a.own->serial, 0, GOOD);
    SPOIL(a.own->next->serial, a.own->serial, GOOD);
    SPOIL(a.own->next->serial, 0, GOOD);
    SPOIL(nodes[1].serial, a.serial + 1, GOOD);
    SPOIL(nodes[0].serial, nodes[1].serial, GOOD);
    SPOIL(nodes[0].serial, 0, GOOD);
    ok(all_seen(), "serial numbers go down, and end above 0");
    SPOIL(a.cursor, a.cursor + 8, GOOD);
    SPOIL(a.cursor, second->start - 16, GOOD);
    SPOIL(a.cursor, second->end + 16, GOOD);
    SPOIL(a.limit, a.limit - 16, GOOD);
    ok(all_seen(), "the next block is in the current chunk");
    alcove_arena_done(&a);
    ok(GOOD, "an arena without chunks is good");
    SPOIL(a.cursor, &byte - ((uintptr_t)&byte & 15), GOOD);
    SPOIL(a.limit, &byte, GOOD);
    ok(all_seen(), "...unless it has a place for blocks");
#undef GOOD
}

/* ---- pools ---- */

/* As the pool's table has it. */
static struct alcove_pool_entry *
find_place(const struct alcove_pool *pool, uintptr_t p)
{
    size_t i = (size_t)(p / 16 * 2654435761u);

    while (pool->entries[i & (pool->places - 1)].block)
        i++;
    return &pool->entries[i & (pool->places - 1)];
}

static void
test_pool(void)
{
    const struct alcove_layout block = {48, 16};
    struct alcove_pool pool;
    struct alcove_pool_entry *e;
    void *blocks[100];
    size_t i;

    if (!alcove_pool_init(&pool, block, alcove_malloc(), NULL, 0, NULL))
        bail_out("no pool");
    for (i = 0; i < 100; i++)
        if (!(blocks[i] = alcove_pool_alloc(&pool, NULL)))
            bail_out("no block");
    alcove_pool_dealloc(&pool, blocks[3]);
    if (pool.current == &pool.buffer)
        bail_out("another pool than was wished for");
#define GOOD alcove_pool_ok(&pool)
    SPOIL(pool.buffer.carved, 1, GOOD);
    SPOIL(pool.current->carved, pool.current->count + 1, GOOD);
    SPOIL(pool.current->start, pool.current->start + 8, GOOD);
    SPOIL(pool.current, NULL, GOOD);
    ok(all_seen(), "what is wrong with the chunks of a pool is seen");
    alcove_pool_done(&pool);

    if (!alcove_pool_init(&pool, block, alcove_malloc(), NULL, 0, NULL))
        bail_out("no pool");
    alcove_pool_pass_through(&pool);
    for (i = 0; i < 8; i++)
        if (!(blocks[i] = alcove_pool_alloc(&pool, NULL)))
            bail_out("no block");
    for (e = pool.entries; !e->block || (e + 1)->block; e++)
        continue;
    e[1].layout = e->layout;
    SPOIL(e[1].block, e->block, GOOD);
    SPOIL(pool.live, pool.live - 1, GOOD);
    SPOIL(pool.live, pool.live + 1, GOOD);
    SPOIL(pool.places, pool.places / 2, GOOD);
    for (e = pool.entries; e->block; e++)
        continue;
    /* Where would it be found? Below, half of the table is empty. */
    for (i = 16; find_place(&pool, i) != e; i += 16)
        continue;
    *e = (struct alcove_pool_entry){(void *)i, block};
    pool.live++;
    wrong += GOOD;
    e->block = NULL;
    pool.live--;
    wrong += !GOOD;
    ok(all_seen(),
       "what is wrong with the table of one that passes through, too");
    alcove_pool_done(&pool);
    ok(GOOD, "...and an empty one is good");
#undef GOOD
}

/* ---- a cache by size classes ---- */

static void
test_sizeclass(void)
{
    const struct alcove_layout l = {48, 16};
    struct alcove_sizeclass sc;
    void *p;

    alcove_sizeclass_init(&sc, alcove_malloc());
    p = alcove_alloc(&sc.allocator, l, NULL);
    alcove_dealloc(&sc.allocator, p, l, NULL);
#define GOOD alcove_sizeclass_ok(&sc)
    if (alcove_tools_watch()) {
        SPOIL(sc.heads[5], 1, GOOD);
    } else {
        SPOIL(sc.heads[5], 0, GOOD);
        SPOIL(sc.heads[5], 8, GOOD);
        SPOIL(sc.blocks, 0, GOOD);
    }
    ok(all_seen(), "what is wrong with the lists of a cache is seen");
    alcove_sizeclass_done(&sc);
#undef GOOD
}

/* ---- vectors ---- */

static void
test_vec(void)
{
    const struct alcove_layout item = {24, 8}, empty = {0, 8};
    const char content[24] = "";
    struct alcove_vec v;
    char byte;

    if (!alcove_vec_init(&v, alcove_malloc(), item, NULL) ||
        !alcove_vec_push(&v, content, NULL))
        bail_out("no vector");
#define GOOD alcove_vec_ok(&v)
    SPOIL(v.count, v.capacity + 1, GOOD);
    SPOIL(v.item.align, 3, GOOD);
    SPOIL(v.stride, 32, GOOD);
    SPOIL(v.capacity, ALCOVE_SIZE_MAX / 24 + 1, GOOD);
    SPOIL(v.data, NULL, GOOD);
    SPOIL(v.data, (char *)v.data + 1, GOOD);
    ok(all_seen(), "what is wrong with a vector is seen");
    (void)alcove_vec_done(&v, NULL);
    memset(&v, 0, sizeof v);
    SPOIL(v.data, &byte, GOOD);
    SPOIL(v.count, 1, GOOD);
    SPOIL(v.capacity, 1, GOOD);
    ok(all_seen(), "...with one that is all 0, too");
    if (!alcove_vec_init(&v, alcove_malloc(), empty, NULL))
        bail_out("no vector");
    SPOIL(v.capacity, 8, GOOD);
    SPOIL(v.data, &byte, GOOD);
    ok(all_seen(), "...and if its items have no size");
    (void)alcove_vec_done(&v, NULL);
#undef GOOD
}

int
main(void)
{
    unsetenv("ALCOVE_PASSTHROUGH"); /* what it does is asked for by name */
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("no malloc: %s", ALCOVE_NO_MALLOC);
    tap_plan(14);
    test_arena();
    test_pool();
    test_sizeclass();
    test_vec();
    return tap_done();
}
