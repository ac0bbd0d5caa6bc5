/* SPDX-License-Identifier: MIT */
/* ALCOVE_PASSTHROUGH=1 in the environment: arenas, pools and size classes take
 * each block from their parent by itself, without being told. */
#include <config.h>

#include <alcove/arena.h>
#include <alcove/pool.h>
#include <alcove/sizeclass.h>

#include "count.h"
#include "posix.h"
#include "tap.h"

#include <stdlib.h>

int
main(void)
{
    const struct alcove_layout l = {24, 8};
    struct count parent;
    struct alcove_arena arena;
    struct alcove_pool pool;
    struct alcove_sizeclass sc;
    size_t before;
    void *p, *q;

    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    if (setenv("ALCOVE_PASSTHROUGH", "1", 1) != 0)
        return tap_skip_all("there is no room in the environment");
    tap_plan(8);
    count_init(&parent, COUNT_PLAIN);
    alcove_arena_init(&arena, &parent.allocator, NULL, 0);
    p = alcove_arena_alloc(&arena, l, NULL);
    before = parent.allocs;
    q = alcove_arena_alloc(&arena, l, NULL);
    ok(p && q && parent.allocs > before && alcove_arena_chunks(&arena) == 0,
       "each block of an arena is its parent's");
    ok(alcove_dealloc(&arena.allocator, p, l, NULL) &&
           alcove_arena_used(&arena) == l.size && alcove_arena_ok(&arena),
       "...and so is its release");
    alcove_arena_done(&arena);
    ok(count_ok(&parent, 0, 0), "...and all of them at the end");

    if (!alcove_pool_init(&pool, l, &parent.allocator, NULL, 0, NULL))
        bail_out("no pool");
    p = alcove_pool_alloc(&pool, NULL);
    before = parent.live_blocks;
    q = alcove_pool_alloc(&pool, NULL);
    ok(p && q && parent.live_blocks == before + 1,
       "each block of a pool is its parent's");
    alcove_pool_dealloc(&pool, p);
    ok(parent.live_blocks == before && alcove_pool_ok(&pool),
       "...and so is its release");
    alcove_pool_done(&pool);
    ok(count_ok(&parent, 0, 0), "...and all of them at the end");

    alcove_sizeclass_init(&sc, &parent.allocator);
    p = alcove_alloc(&sc.allocator, l, NULL);
    ok(count_ok(&parent, 1, l.size) &&
           alcove_dealloc(&sc.allocator, p, l, NULL) && count_ok(&parent, 0, 0),
       "size classes keep none");
    alcove_sizeclass_done(&sc);
    (void)setenv("ALCOVE_PASSTHROUGH", "0", 1);
    alcove_arena_init(&arena, &parent.allocator, NULL, 0);
    p = alcove_arena_alloc(&arena, l, NULL);
    ok(p && alcove_arena_chunks(&arena) == 0, "the environment is read once");
    alcove_arena_done(&arena);
    count_done(&parent);
    return tap_done();
}
