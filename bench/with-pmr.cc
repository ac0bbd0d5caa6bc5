// SPDX-License-Identifier: MIT
// make bench: the memory resources of the C++ standard library.
#include "bench.h"

#include <memory_resource>

static std::pmr::monotonic_buffer_resource *monotonic;
static std::pmr::unsynchronized_pool_resource *pools;

static void
prepare_monotonic()
{
    monotonic = new std::pmr::monotonic_buffer_resource;
}

static void
prepare_pools()
{
    pools = new std::pmr::unsynchronized_pool_resource;
}

// A buffer in the stack comes first.
template <size_t Bytes>
APART static void
with_buffer(size_t length, void *arg, scope_fn *fn)
{
    alignas(16) char bytes[Bytes];
    std::pmr::monotonic_buffer_resource resource(bytes, sizeof bytes);

    fn(resource.allocate(length, 16), arg);
}

SCOPES(small, with_buffer<1024>(length, &job, fn))
SCOPES(large, with_buffer<65536>(length, &job, fn))
ARENA(monotonic, (void)0, monotonic->allocate(n, 16), monotonic->release())
POOL(pools, pools->allocate(fixed_size, fixed_align),
     pools->deallocate(p, fixed_size, fixed_align))

const struct contender contenders[] = {
    SCOPE_CONTENDERS(small, "pmr, 1 KiB", NULL),
    SCOPE_CONTENDERS(large, "pmr, 64 KiB", NULL),
    ARENA_CONTENDERS(monotonic, "pmr monotonic", prepare_monotonic),
    {"pool", "pmr pool", prepare_pools, pool_pools, ANY_SIZE, 0},
    {NULL, NULL, NULL, NULL, 0, 0},
};
