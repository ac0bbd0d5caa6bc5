// SPDX-License-Identifier: MIT
// make bench: Boost.Pool.
#include "bench.h"

#include <boost/pool/pool.hpp>

static boost::pool<> the_pool(64), *arena_pool;

static void
prepare_arena()
{
    arena_pool = new boost::pool<>(size);
}

ARENA_LOOP(arena_boost, fixed_size, boost::pool<> *from = arena_pool,
           from->malloc(), RELEASE_EACH(from->free(o)))
POOL(boost, the_pool.malloc(), the_pool.free(p))

const struct contender contenders[] = {
    {"arena", "Boost.Pool", prepare_arena, arena_boost, ANY_SIZE, 0},
    {"pool", "Boost.Pool", NULL, pool_boost, ANY_SIZE, 0},
    {NULL, NULL, NULL, NULL, 0, 0},
};
