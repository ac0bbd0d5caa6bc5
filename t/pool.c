/* SPDX-License-Identifier: MIT */
/* Pools: blocks of one size, from a buffer, a parent, or both.
 *
 * Under a tool the library leaves gaps between blocks: `watched` says so, and
 * numbers of blocks are compared only where it is false.
 */
#include <config.h>

#include <alcove/pool.h>

#include "count.h"
#include "posix.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool watched;
static struct count parent;
static union {
    char bytes[32768];
    long double align;
    void *pointer;
} room;

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

static bool
refused(enum alcove_code code, int number)
{
    return err.code == code && errno_is(number) && err.allocator &&
           strcmp(err.allocator, "pool") == 0;
}

static bool
is_full(void)
{
    return refused(ALCOVE_ERR_ALLOC_FAILED, ENOMEM) &&
           err.cause == ALCOVE_CAUSE_OUT_OF_MEMORY;
}

static void
make(struct alcove_pool *pool, struct alcove_layout block,
     struct alcove_allocator *a, void *buffer, size_t size)
{
    if (!alcove_pool_init(pool, block, a, buffer, size, &err))
        bail_out("no pool: code %d", (int)err.code);
}

/* ---- init ---- */

static void
check_init(void)
{
    struct alcove_pool pool, same;

    memset(&pool, 0x5a, sizeof pool);
    same = pool;
#define REFUSES(l)                                                             \
    (before() && !alcove_pool_init(&pool, l, NULL, NULL, 0, &err))
    ok(REFUSES(lay(8, 0)) && refused(ALCOVE_ERR_ZERO_ALIGN, EINVAL),
       "init refuses alignment 0");
    ok(REFUSES(lay(8, 24)) &&
           refused(ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO, EINVAL),
       "...and one that is no power of two");
    ok(REFUSES(lay(SIZE_MAX, 1)) && refused(ALCOVE_ERR_EXCEEDS_MAX, EOVERFLOW),
       "...and the size SIZE_MAX");
    ok(REFUSES(lay(ALCOVE_SIZE_MAX, 8)) &&
           refused(ALCOVE_ERR_EXCEEDS_MAX, EOVERFLOW),
       "...and what exceeds the maximum when it is rounded up");
    ok(REFUSES(lay(ALCOVE_SIZE_MAX, 1)) &&
           refused(ALCOVE_ERR_EXCEEDS_MAX, EOVERFLOW),
       "...and a valid layout that leaves no room for a chunk");
    ok(REFUSES(lay(1, ALCOVE_SIZE_MAX / 2 + 1)) &&
           refused(ALCOVE_ERR_EXCEEDS_MAX, EOVERFLOW),
       "...and an alignment that leaves none");
    ok(REFUSES(lay(ALCOVE_SIZE_MAX - 126, 64)) &&
           refused(ALCOVE_ERR_EXCEEDS_MAX, EOVERFLOW),
       "...and one byte more than a chunk has room for");
    ok(REFUSES(lay(0, 8)) && refused(ALCOVE_ERR_UNSUPPORTED, ENOTSUP),
       "...and size 0");
    ok(!alcove_pool_init(&pool, lay(0, 8), NULL, NULL, 0, NULL),
       "...without an error as well");
    ok(memcmp(&pool, &same, sizeof pool) == 0, "...and the pool is as it was");
#undef REFUSES

    count_init(&parent, COUNT_PLAIN);
    ok(before() &&
           alcove_pool_init(&pool, lay(ALCOVE_SIZE_MAX - 128, 1),
                            &parent.allocator, NULL, 0, &err) &&
           untouched(),
       "nearly all the address space may be a block");
    ok(before() && !alcove_pool_alloc(&pool, &err) && errno_is(ENOMEM) &&
           err.code == ALCOVE_ERR_ALLOC_FAILED && alcove_pool_ok(&pool) &&
           count_ok(&parent, 0, 0),
       "...though no parent has one");
    alcove_pool_done(&pool);
    /* With the gap of a watched pool, ALCOVE_SIZE_MAX - 127. */
    ok(before() &&
           alcove_pool_init(&pool, lay(ALCOVE_SIZE_MAX - 127 - 16, 64),
                            &parent.allocator, NULL, 0, &err) &&
           untouched(),
       "...and so may all of it that leaves room for a chunk's description");
    alcove_pool_done(&pool);
    ok(before() && alcove_pool_init(&pool, lay(16, 16), NULL, NULL, 0, &err) &&
           alcove_pool_capacity(&pool) == 0 && alcove_pool_ok(&pool) &&
           untouched(),
       "a pool may have neither buffer nor parent");
    ok(before() && !alcove_pool_alloc(&pool, &err) && is_full(),
       "...and is full");
    count_init(&parent, ALCOVE_CAN_TEMP);
    ok(before() &&
           alcove_pool_init(&pool, lay(16, 16), &parent.allocator, NULL, 0,
                            &err) &&
           !alcove_pool_alloc(&pool, &err) && is_full() && parent.asked == 0,
       "...and a parent that has no blocks is none");
    is_str(alcove_name(&pool.allocator), "pool", "its name");
    is_int(alcove_features(&pool.allocator),
           ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |
               ALCOVE_CAN_RESIZE | ALCOVE_CAN_OWNS | ALCOVE_CAN_USABLE_SIZE |
               ALCOVE_CAN_TEMP,
           "...and features");
    alcove_pool_done(&pool);
}

/* ---- buffers ---- */

static size_t
rounded(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

/* What a buffer should hold, computed slowly. */
static size_t
expected_blocks(struct alcove_layout block, const char *buffer, size_t size)
{
    size_t least = ALCOVE_ALIGNOF(void *);
    size_t unit = block.align > least ? block.align : least;
    size_t need = block.size > sizeof(void *) ? block.size : sizeof(void *);
    size_t n = 0, at = 0;

    while (((uintptr_t)buffer + at) % unit != 0)
        at++;
    for (; at + rounded(need, unit) <= size; at += rounded(need, unit))
        n++;
    return n;
}

/* Take all blocks, write each full, see that all are whole, release all, and
 * see that there are as many again. */
static bool
buffer_works(struct alcove_layout block, char *buffer, size_t size)
{
    static char *blocks[4096];
    struct alcove_pool pool;
    size_t n = 0, i, j, again = 0, capacity;
    bool good = true;
    char *p;

    memset(room.bytes, 0x11, sizeof room.bytes);
    make(&pool, block, NULL, buffer, size);
    capacity = alcove_pool_capacity(&pool);
    if (!watched)
        good = capacity == expected_blocks(block, buffer, size);
    for (; (p = alcove_pool_alloc(&pool, NULL)) && n < 4096; n++) {
        good = good && (uintptr_t)p % block.align == 0 && p >= buffer &&
               p + block.size <= buffer + size;
        memset(p, (int)(n % 251), block.size);
        blocks[n] = p;
    }
    good = good && n == capacity && alcove_pool_live(&pool) == n &&
           alcove_pool_ok(&pool);
    for (i = 0; i < n; i++)
        for (j = 0; j < block.size; j++)
            good = good && (unsigned char)blocks[i][j] == i % 251;
    for (i = 0; i < n; i++)
        alcove_pool_dealloc(&pool, blocks[i]);
    good = good && alcove_pool_live(&pool) == 0 && alcove_pool_ok(&pool);
    while (alcove_pool_alloc(&pool, NULL))
        again++;
    good = good && again == n && alcove_pool_ok(&pool);
    alcove_pool_done(&pool);
    for (p = room.bytes; p < buffer; p++)
        good = good && *p == 0x11;
    for (p = buffer + size; p < room.bytes + sizeof room.bytes; p++)
        good = good && *p == 0x11;
    if (!good)
        diag("block %u aligned to %u, %u bytes at %p: %u blocks",
             (unsigned)block.size, (unsigned)block.align, (unsigned)size,
             (void *)buffer, (unsigned)n);
    return good;
}

static void
check_buffers(void)
{
    static const size_t sizes[] = {0,  1,  7,   8,   15,   16,   17,   31,
                                   63, 64, 100, 513, 1000, 4097, 12345};
    static const size_t blocks[][2] = {
        {1, 1},   {3, 1},   {8, 8},   {10, 2},   {16, 16},    {24, 8},
        {24, 64}, {64, 64}, {100, 4}, {1, 4096}, {5000, 4096}};
    size_t b, s, skew;

    for (b = 0; b < sizeof blocks / sizeof *blocks; b++) {
        bool good = true;

        for (s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (skew = 0; skew < 20; skew += skew < 3 ? 1 : 5)
                good = good && buffer_works(lay(blocks[b][0], blocks[b][1]),
                                            room.bytes + skew, sizes[s]);
        ok(good, "blocks of %u bytes aligned to %u fill any buffer",
           (unsigned)blocks[b][0], (unsigned)blocks[b][1]);
    }
}

/* ---- through the interface ---- */

static void
look(void *mem, void *arg)
{
    memset(mem, 1, 32);
    *(void **)arg = mem;
}

static void
check_interface(void)
{
    const struct alcove_layout block = lay(48, 16);
    struct alcove_pool pool;
    struct alcove_allocator *a = &pool.allocator;
    char *p = NULL, *q = NULL, *r;
    void *seen = NULL;

    make(&pool, block, NULL, room.bytes, 1000);
    ok(before() && (p = alcove_alloc(a, block, &err)) != NULL && untouched(),
       "a block through the interface");
    ok((q = alcove_alloc(a, lay(5, 1), &err)) != NULL && untouched() &&
           (uintptr_t)q % 16 == 0,
       "...and a smaller one");
    memset(p, 0x33, 48);
    memset(q, 0x44, 5);
    is_size(alcove_pool_live(&pool), 2, "...make two");
    ok(before() && !alcove_alloc(a, lay(49, 1), &err) &&
           refused(ALCOVE_ERR_ALLOC_FAILED, ENOMEM) &&
           err.cause == ALCOVE_CAUSE_LIMIT && err.limit == 48 && err.detail &&
           err.layout.size == 49 && err.layout.align == 1,
       "a larger size is refused, with the size of a block as the limit");
    ok(before() && !alcove_alloc(a, lay(8, 32), &err) &&
           refused(ALCOVE_ERR_ALLOC_FAILED, ENOMEM) &&
           err.cause == ALCOVE_CAUSE_LIMIT,
       "...and a larger alignment");
    ok(before() && !alcove_alloc(a, lay(ALCOVE_SIZE_MAX, 1), &err) &&
           err.cause == ALCOVE_CAUSE_LIMIT,
       "...and the largest size");
    ok(before() && !alcove_alloc(a, lay(8, 3), &err) &&
           err.code == ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO,
       "...and what is no layout");
    ok(before() &&
           alcove_alloc(a, lay(0, 64), &err) ==
               alcove_layout_dangling(lay(0, 64)) &&
           untouched(),
       "size 0 is served, without a block");
    ok(alcove_pool_live(&pool) == 2 && alcove_pool_ok(&pool),
       "...and two blocks are live");

    ok(before() && alcove_resize(a, q, lay(5, 1), lay(48, 16)) && untouched(),
       "a block grows in place up to the size of a block");
    memset(q + 5, 0x44, 43);
    ok(!alcove_resize(a, q, lay(48, 16), lay(49, 16)) && untouched(),
       "...and no further");
    ok(alcove_resize(a, q, lay(48, 16), lay(7, 2)) && untouched() &&
           q[6] == 0x44,
       "...and shrinks");
    ok(alcove_realloc(a, q, lay(7, 2), lay(40, 8), &err) == q && untouched() &&
           q[6] == 0x44 && alcove_pool_live(&pool) == 2,
       "realloc is the same");
    ok(before() && !alcove_grow(a, q, lay(40, 8), lay(49, 8), &err) &&
           err.cause == ALCOVE_CAUSE_LIMIT && q[6] == 0x44 &&
           alcove_pool_live(&pool) == 2,
       "to grow beyond is refused, and the block as it was");
    is_size(alcove_usable_size(a, q, lay(40, 8)), watched ? 40 : 48,
            "the usable size is that of a block");

    ok(before() && alcove_owns(a, p, block) && alcove_owns(a, p, lay(1, 1)) &&
           alcove_owns(a, q, lay(40, 8)) && untouched(),
       "it owns its live blocks");
    ok(!alcove_owns(a, p, lay(49, 16)) && !alcove_owns(a, p, lay(48, 32)),
       "...but not with a layout that does not fit");
    ok(!alcove_owns(a, p + 16, lay(8, 8)) && !alcove_owns(a, p + 1, lay(1, 1)),
       "...nor from their middle on");
    ok(!alcove_owns(a, &pool, lay(8, 8)) &&
           !alcove_owns(a, room.bytes + 1000, lay(1, 1)) &&
           !alcove_owns(a, (void *)UINTPTR_MAX, lay(1, 1)),
       "...nor foreign ones");
    r = q + (q - p);
    ok(!alcove_owns(a, r, lay(8, 8)), "...nor a block that was never given");
    ok(before() && !alcove_checked_dealloc(a, r, lay(8, 8), &err) &&
           refused(ALCOVE_ERR_NOT_OWNED, EPERM) &&
           !alcove_checked_dealloc(a, p + 8, lay(8, 8), &err) &&
           refused(ALCOVE_ERR_NOT_OWNED, EPERM) &&
           alcove_pool_live(&pool) == 2 && alcove_pool_ok(&pool),
       "...and checked releases of such are refused");
    ok(before() && alcove_checked_dealloc(a, q, lay(40, 8), &err) &&
           untouched() && alcove_pool_live(&pool) == 1,
       "a checked release");
    ok(!alcove_owns(a, q, lay(40, 8)) &&
           !alcove_checked_dealloc(a, q, lay(40, 8), &err) &&
           refused(ALCOVE_ERR_NOT_OWNED, EPERM) && alcove_pool_ok(&pool),
       "...and a second one is refused");
    ok(before() && alcove_dealloc(a, NULL, block, &err) && untouched() &&
           alcove_pool_live(&pool) == 1,
       "the release of NULL does nothing");
    ok(alcove_alloc_temp(a, lay(32, 8), look, &seen, &err) && untouched() &&
           alcove_pool_live(&pool) == 1 && seen &&
           !alcove_owns(a, seen, lay(32, 8)),
       "a temporary block comes from the pool, and goes back");
    r = alcove_zalloc(a, lay(48, 16), &err);
    ok(r && r[0] == 0 && memcmp(r, r + 1, 47) == 0, "zalloc clears");
    ok(p[0] == 0x33 && p[47] == 0x33, "...and the first block is whole");
    alcove_pool_dealloc(&pool, p);
    ok(alcove_dealloc(a, r, lay(48, 16), &err) && untouched() &&
           alcove_pool_live(&pool) == 0 && alcove_pool_ok(&pool),
       "all blocks are released");
    alcove_pool_done(&pool);
}

/* ---- over a parent ---- */

/* Allocate n blocks; false if one is refused or misaligned. */
static bool
take(struct alcove_pool *pool, void **blocks, size_t n)
{
    for (; n > 0; n--) {
        *blocks = alcove_pool_alloc(pool, &err);
        if (!*blocks || (uintptr_t)*blocks % pool->block.align != 0)
            return false;
        memset(*blocks++, 0x77, pool->block.size);
    }
    return true;
}

static void
check_parent(void)
{
    static void *blocks[8000];
    struct alcove_pool pool;
    size_t capacity, chunks, i;

    count_init(&parent, COUNT_PLAIN);
    make(&pool, lay(64, 16), &parent.allocator, NULL, 0);
    is_size(parent.asked, 0, "init asks the parent for nothing");
    ok(before() && take(&pool, blocks, 1) && untouched() &&
           parent.live_blocks == 1 && parent.live_bytes <= 4096,
       "the first block takes a chunk of at most 4096 bytes");
    capacity = alcove_pool_capacity(&pool);
    ok(take(&pool, blocks + 1, capacity - 1) && parent.live_blocks == 1 &&
           alcove_pool_live(&pool) == capacity,
       "...that holds as many blocks as the capacity says");
    ok(take(&pool, blocks + capacity, 3000 - capacity) && untouched() &&
           alcove_pool_ok(&pool),
       "3000 blocks");
    ok(parent.live_blocks >= 5 && parent.live_blocks <= 8,
       "...take ever larger chunks");
    is_size(alcove_pool_live(&pool), 3000, "...and all of them are live");
    chunks = parent.allocs;
    capacity = alcove_pool_capacity(&pool);
    for (i = 0; i < 3000; i++)
        alcove_pool_dealloc(&pool, blocks[(i * 7) % 3000]);
    ok(alcove_pool_live(&pool) == 0 && alcove_pool_ok(&pool) &&
           parent.deallocs == 0,
       "released, they are free, and the chunks the pool's");
    ok(take(&pool, blocks, 3000) && parent.allocs == chunks &&
           alcove_pool_capacity(&pool) == capacity,
       "...for the next 3000");
    before();
    alcove_pool_reset(&pool);
    ok(untouched() && alcove_pool_live(&pool) == 0 && alcove_pool_ok(&pool) &&
           alcove_pool_capacity(&pool) == capacity && parent.asked == chunks,
       "reset makes all blocks free, and asks the parent for nothing");
    ok(!alcove_owns(&pool.allocator, blocks[0], lay(64, 16)),
       "...and owns none of them");
    ok(take(&pool, blocks, capacity) && parent.allocs == chunks &&
           alcove_pool_live(&pool) == capacity && alcove_pool_ok(&pool),
       "...and there is room for as many as its capacity");
    before();
    alcove_pool_done(&pool);
    ok(count_ok(&parent, 0, 0) && untouched(),
       "done gives all chunks back, live blocks or not");
    chunks = parent.asked;
    alcove_pool_done(&pool);
    ok(parent.asked == chunks && untouched() &&
           alcove_pool_capacity(&pool) == 0 && alcove_pool_live(&pool) == 0 &&
           alcove_pool_ok(&pool),
       "...and done once more does nothing");
    ok(before() && !alcove_pool_alloc(&pool, &err) && is_full() &&
           parent.asked == chunks,
       "...and the pool has no block any more");
    alcove_pool_reset(&pool);
    alcove_pool_done(&pool);
    ok(alcove_pool_ok(&pool), "...nor is reset harmful, or done after it");

    count_init(&parent, COUNT_PLAIN);
    make(&pool, lay(8, 8), &parent.allocator, NULL, 0);
    parent.refuse_dealloc = true;
    (void)take(&pool, blocks, 1);
    before();
    alcove_pool_done(&pool);
    ok(untouched() && parent.live_blocks == 1,
       "done leaves errno alone, even if the parent refuses");
    count_done(&parent);
}

static void
check_alignments(void)
{
    static const size_t blocks[][2] = {{1, 1},    {64, 64},     {65, 64},
                                       {1, 4096}, {4096, 4096}, {5000, 4096},
                                       {70000, 8}};
    void *taken[50];
    size_t b, i;

    for (b = 0; b < sizeof blocks / sizeof *blocks; b++) {
        struct alcove_pool pool;
        bool good;

        count_init(&parent, COUNT_PLAIN);
        make(&pool, lay(blocks[b][0], blocks[b][1]), &parent.allocator,
             room.bytes + 3, 20000);
        good = take(&pool, taken, 50) && alcove_pool_ok(&pool);
        for (i = 0; i < 50; i++)
            good = good && alcove_owns(&pool.allocator, taken[i], pool.block);
        for (i = 0; i < 50; i += 2)
            alcove_pool_dealloc(&pool, taken[i]);
        for (i = 0; i < 50; i++)
            good = good && alcove_owns(&pool.allocator, taken[i], pool.block) ==
                               (i % 2 == 1);
        good = good && alcove_pool_live(&pool) == 25 && alcove_pool_ok(&pool);
        alcove_pool_done(&pool);
        ok(good && count_ok(&parent, 0, 0),
           "%u bytes aligned to %u, from buffer and parent",
           (unsigned)blocks[b][0], (unsigned)blocks[b][1]);
    }
}

static void
check_buffer_and_parent(void)
{
    struct alcove_pool pool;
    void *blocks[200];
    size_t held, i, inside = 0;

    count_init(&parent, COUNT_PLAIN);
    make(&pool, lay(32, 8), &parent.allocator, room.bytes, 1024);
    held = alcove_pool_capacity(&pool);
    ok(take(&pool, blocks, held) && parent.asked == 0,
       "the buffer comes first");
    ok(take(&pool, blocks + held, 200 - held) && parent.allocs > 0,
       "...the parent next");
    for (i = 0; i < 200; i++)
        inside += (char *)blocks[i] >= room.bytes &&
                  (char *)blocks[i] < room.bytes + 1024;
    is_size(inside, held, "...and both have their blocks");
    alcove_pool_reset(&pool);
    ok(take(&pool, blocks, 1) && (char *)blocks[0] >= room.bytes &&
           (char *)blocks[0] < room.bytes + 1024,
       "...and after a reset the buffer is first again");
    alcove_pool_done(&pool);
    memset(room.bytes, 1, 1024);
    ok(count_ok(&parent, 0, 0), "...and both have theirs back");
}

/* The k-th chunk is refused, for every k that matters. */
static void
check_refusals(void)
{
    bool failed = true, same = true, served = true, balanced = true;
    static void *blocks[1500];
    size_t k;

    for (k = 0; k < 6; k++) {
        struct alcove_pool pool;
        size_t n = 0, capacity;
        void *p;

        count_init(&parent, COUNT_PLAIN);
        parent.fail_after = k;
        make(&pool, lay(40, 8), &parent.allocator, room.bytes, k * 100);
        before();
        while (n < 1500 && (p = alcove_pool_alloc(&pool, &err)))
            blocks[n++] = p;
        if (n == 1500) {
            parent.fail_after = 0;
            while ((p = alcove_pool_alloc(&pool, &err)) && n < 100000)
                n++;
        }
        capacity = alcove_pool_capacity(&pool);
        failed = failed && errno_is(ENOMEM) &&
                 err.code == ALCOVE_ERR_ALLOC_FAILED &&
                 err.cause == ALCOVE_CAUSE_INJECTED &&
                 strcmp(err.allocator, "count") == 0;
        same = same && n == capacity && alcove_pool_live(&pool) == n &&
               alcove_pool_ok(&pool) && !alcove_pool_alloc(&pool, NULL) &&
               alcove_pool_capacity(&pool) == capacity;
        if (n > 0) {
            alcove_pool_dealloc(&pool, blocks[n / 2 % 1500]);
            served = served && alcove_pool_alloc(&pool, NULL);
        }
        parent.fail_after = SIZE_MAX;
        served = served && alcove_pool_alloc(&pool, NULL) &&
                 alcove_pool_live(&pool) == n + 1 && alcove_pool_ok(&pool);
        alcove_pool_done(&pool);
        balanced = balanced && count_ok(&parent, 0, 0);
    }
    ok(failed, "when the parent refuses, its error is passed through");
    ok(same, "...and the pool is as it was");
    ok(served, "...and goes on when there is memory again");
    ok(balanced, "...and nothing is lost");
}

/* Blocks are carved some at a time: those that were not yet are nobody's. */
static void
check_fresh(void)
{
    struct alcove_pool pool;
    size_t i, owned = 0;
    void *p = NULL;

    make(&pool, lay(8, 8), NULL, room.bytes, sizeof room.bytes);
    ok(take(&pool, &p, 1), "one block is taken of thousands");
    for (i = 0; i < sizeof room.bytes; i++)
        owned += alcove_owns(&pool.allocator, room.bytes + i, lay(8, 8));
    ok(owned == 1 && alcove_owns(&pool.allocator, p, lay(8, 8)),
       "...and the pool owns no other");
    alcove_pool_done(&pool);
}

/* ---- the invariants show what is wrong ---- */

static void
check_ok(void)
{
    struct alcove_pool pool;
    void *blocks[3];
    char *stray;

    if (watched) {
        skip(4, "the tool reports these by itself");
        return;
    }
    make(&pool, lay(16, 16), NULL, room.bytes, 1000);
    (void)take(&pool, blocks, 3);
    alcove_pool_dealloc(&pool, blocks[0]);
    alcove_pool_dealloc(&pool, blocks[1]);
    ok(alcove_pool_ok(&pool), "two blocks are released");
    alcove_pool_dealloc(&pool, blocks[0]);
    ok(!alcove_pool_ok(&pool), "...one of them twice: ok tells");
    alcove_pool_reset(&pool);
    (void)take(&pool, blocks, 3);
    alcove_pool_dealloc(&pool, blocks[1]);
    stray = (char *)blocks[0] + 8;
    memcpy(blocks[1], &stray, sizeof stray);
    ok(!alcove_pool_ok(&pool), "a link into the middle of a block: ok tells");
    stray = room.bytes + 2000;
    memcpy(blocks[1], &stray, sizeof stray);
    ok(!alcove_pool_ok(&pool), "...and out of the pool, too");
    alcove_pool_done(&pool);
}

/* ---- passing through ---- */

static bool
has_block(const void *p, struct alcove_layout l)
{
    size_t i;

    for (i = 0; i < COUNT_BLOCKS; i++)
        if (parent.blocks[i].p == p)
            return parent.blocks[i].layout.size == l.size &&
                   parent.blocks[i].layout.align == l.align;
    return false;
}

static void
check_passing(void)
{
    struct alcove_pool pool;
    struct alcove_allocator *a = &pool.allocator;
    void *blocks[100], *p, *q;
    size_t i, asked;
    bool good;

    count_init(&parent, COUNT_PLAIN | ALCOVE_CAN_RESIZE);
    make(&pool, lay(48, 16), &parent.allocator, room.bytes, 1000);
    alcove_pool_pass_through(&pool);
    memset(room.bytes, 0x11, 1000);
    p = alcove_pool_alloc(&pool, &err);
    q = alcove_alloc(a, lay(5, 1), &err);
    ok(has_block(p, lay(48, 16)) && has_block(q, lay(5, 1)),
       "passed through, each block is the parent's, with its own layout");
    ok(alcove_pool_live(&pool) == 2 && alcove_pool_capacity(&pool) == 2 &&
           alcove_pool_ok(&pool),
       "...and counted");
    ok(before() && !alcove_alloc(a, lay(49, 1), &err) &&
           err.cause == ALCOVE_CAUSE_LIMIT,
       "...and no larger than before");
    ok(alcove_owns(a, q, lay(5, 1)) && !alcove_owns(a, room.bytes, lay(8, 8)) &&
           !alcove_owns(a, (char *)q + 1, lay(1, 1)) &&
           alcove_usable_size(a, q, lay(5, 1)) == 5,
       "...and known");
    ok(alcove_resize(a, q, lay(5, 1), lay(9, 1)) && has_block(q, lay(9, 1)) &&
           !alcove_resize(a, q, lay(9, 1), lay(49, 1)),
       "...and resized by the parent");
    alcove_pool_dealloc(&pool, q);
    ok(!has_block(q, lay(9, 1)) && alcove_pool_live(&pool) == 1 &&
           !alcove_owns(a, q, lay(9, 1)) && alcove_pool_ok(&pool),
       "...and released with the layout that it has");
    for (i = 0; i < 100; i++)
        blocks[i] = alcove_pool_alloc(&pool, &err);
    good = alcove_pool_live(&pool) == 101 && alcove_pool_ok(&pool);
    for (i = 0; i < 100; i++) {
        alcove_pool_dealloc(&pool, blocks[i * 37 % 100]);
        good = good && alcove_pool_ok(&pool);
    }
    ok(good && alcove_pool_live(&pool) == 1 && has_block(p, lay(48, 16)),
       "a hundred blocks come and go, in any order");
    q = alcove_alloc(&parent.allocator, lay(48, 16), NULL);
    ok(q && !alcove_resize(a, q, lay(48, 16), lay(40, 16)) &&
           has_block(q, lay(48, 16)),
       "what is the parent's alone is not resized");
    before();
    ok(alcove_dealloc(a, q, lay(48, 16), &err) && untouched() &&
           !has_block(q, lay(48, 16)) && alcove_pool_live(&pool) == 1,
       "...but released, if the parent takes it");
    parent.refuse_this = p;
    ok(before() && !alcove_dealloc(a, p, lay(48, 16), &err) &&
           err.code == ALCOVE_ERR_LOCK && alcove_pool_live(&pool) == 1,
       "what the parent refuses to take is still live");
    for (i = 0; i < 100; i++)
        blocks[i] = alcove_pool_alloc(&pool, &err);
    before();
    alcove_pool_reset(&pool);
    ok(untouched() && alcove_pool_live(&pool) == 0 && alcove_pool_ok(&pool) &&
           parent.live_blocks == 1,
       "reset releases all blocks, and keeps its table");
    p = alcove_pool_alloc(&pool, &err);
    alcove_pool_done(&pool);
    alcove_pool_done(&pool);
    ok(p && count_ok(&parent, 0, 0) && alcove_pool_ok(&pool) &&
           !alcove_pool_alloc(&pool, &err) && is_full(),
       "done releases all there is, and is final");
    for (i = 0; i < 1000 && room.bytes[i] == 0x11; i++)
        ;
    is_size(i, 1000, "...and the buffer was left alone");

    count_init(&parent, COUNT_PLAIN);
    make(&pool, lay(8, 8), &parent.allocator, NULL, 0);
    p = alcove_pool_alloc(&pool, &err);
    asked = parent.asked;
    alcove_pool_pass_through(&pool);
    q = alcove_pool_alloc(&pool, &err);
    ok(p && q && parent.asked == asked && alcove_pool_ok(&pool),
       "a pool that has carved a block goes on to do so");
    alcove_pool_done(&pool);

    good = true;
    for (i = 0; i < 30; i++) {
        size_t n = 0;

        count_init(&parent, COUNT_PLAIN);
        make(&pool, lay(8, 8), &parent.allocator, NULL, 0);
        alcove_pool_pass_through(&pool);
        parent.fail_after = i;
        parent.fail_once = i % 2 == 0;
        while (n <= i && (p = alcove_pool_alloc(&pool, &err)))
            n++;
        good = good && err.cause == ALCOVE_CAUSE_INJECTED &&
               alcove_pool_live(&pool) == n && alcove_pool_ok(&pool);
        parent.fail_after = SIZE_MAX;
        good = good && alcove_pool_alloc(&pool, &err) &&
               alcove_pool_live(&pool) == n + 1 && alcove_pool_ok(&pool);
        alcove_pool_done(&pool);
        good = good && count_ok(&parent, 0, 0);
    }
    ok(good, "any allocation of the parent's may be refused meanwhile");

    make(&pool, lay(8, 8), NULL, room.bytes, 1000);
    alcove_pool_pass_through(&pool);
    ok(take(&pool, &p, 1) && (char *)p >= room.bytes &&
           (char *)p < room.bytes + 1000,
       "a pool without a parent stays as it is");
    alcove_pool_done(&pool);
    count_init(&parent, COUNT_PLAIN);
    make(&pool, lay(8, 8), &parent.allocator, room.bytes, 1000);
    (void)take(&pool, &p, 1);
    asked = parent.asked;
    alcove_pool_pass_through(&pool);
    ok(take(&pool, &q, 1) && parent.asked == asked &&
           alcove_owns(a, p, lay(8, 8)),
       "...and so does one that has given blocks");
    alcove_pool_done(&pool);
}

/* ---- against a model ---- */

enum { SLOTS = 300, STEPS = 1100000, FIRST = 10000 };

struct slot {
    unsigned char *p;
    struct alcove_layout layout;
    unsigned char mark;
};

static struct slot slots[SLOTS];

static bool
is_whole(const struct slot *s)
{
    return s->p[0] == s->mark && s->p[s->layout.size - 1] == s->mark &&
           s->p[s->layout.size / 2] == s->mark;
}

static void
mark(struct slot *s, size_t random)
{
    s->mark = (unsigned char)random;
    memset(s->p, s->mark, s->layout.size);
}

/* One step on one slot. Returns whether all was as the model says. */
static bool
step(struct alcove_pool *pool, struct slot *s, size_t random, size_t *live)
{
    struct alcove_allocator *a = &pool->allocator;
    struct alcove_layout l = {random / 16 % pool->block.size + 1,
                              (size_t)1 << (random / 4096 % 4)};

    if (!s->p) {
        bool whole = random % 2 == 0;

        s->layout = whole ? pool->block : l;
        s->p = whole ? alcove_pool_alloc(pool, &err) : alcove_alloc(a, l, &err);
        if (!s->p)
            return err.cause == ALCOVE_CAUSE_INJECTED;
        mark(s, random / 65536);
        ++*live;
        return (uintptr_t)s->p % s->layout.align == 0;
    }
    if (!is_whole(s))
        return false;
    if (random % 16 == 1 && alcove_resize(a, s->p, s->layout, l)) {
        s->layout = l;
        mark(s, random / 65536);
        return true;
    }
    if (random % 256 == 2 && !alcove_owns(a, s->p, s->layout))
        return false;
    if (random % 2 == 0)
        alcove_pool_dealloc(pool, s->p);
    else if (!alcove_dealloc(a, s->p, s->layout, &err))
        return false;
    if (random % 256 == 3 && alcove_owns(a, s->p, s->layout))
        return false;
    s->p = NULL;
    --*live;
    return true;
}

/* Under an emulator or a tool, when the first steps have taken long, a tenth of
 * them will do. */
static void
check_model(const char *what, struct alcove_layout block, size_t buffer,
            bool passing, size_t steps)
{
    struct alcove_pool pool;
    size_t i, live = 0;
    clock_t start = clock();
    bool good = true;

    count_init(&parent, COUNT_PLAIN);
    make(&pool, block, &parent.allocator, room.bytes + 5, buffer);
    if (passing)
        alcove_pool_pass_through(&pool);
    memset(slots, 0, sizeof slots);
    for (i = 0; i < steps && good; i++) {
        size_t random = tap_random();

        if (i == FIRST && clock() - start > CLOCKS_PER_SEC / 20)
            steps /= 10;
        parent.fail_after = random % 8 == 5 ? 0 : SIZE_MAX;
        /* A table of COUNT_BLOCKS is all that the parent has. */
        good = step(&pool, &slots[random / 16 % (passing ? 200 : SLOTS)],
                    tap_random(), &live);
        if (i % 1024 == 0)
            good = good && alcove_pool_ok(&pool) &&
                   alcove_pool_live(&pool) == live;
        if (random % 65536 == 7) {
            alcove_pool_reset(&pool);
            memset(slots, 0, sizeof slots);
            live = 0;
        }
    }
    ok(good && alcove_pool_ok(&pool) && alcove_pool_live(&pool) == live,
       "%u random steps agree with a model: %s", (unsigned)i, what);
    alcove_pool_done(&pool);
    ok(count_ok(&parent, 0, 0), "...and the books balance");
}

int
main(void)
{
    struct alcove_pool pool;

    unsetenv("ALCOVE_PASSTHROUGH"); /* what it does is tested without it */
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the tests' own allocators stand on malloc");
    tap_plan(118);
    make(&pool, lay(64, sizeof(void *)), NULL, room.bytes, 640);
    watched = alcove_pool_capacity(&pool) < 10;
    alcove_pool_done(&pool);

    check_init();
    check_buffers();
    check_interface();
    check_parent();
    check_alignments();
    check_buffer_and_parent();
    check_refusals();
    check_fresh();
    check_ok();
    check_passing();
    check_model("small blocks", lay(24, 8), 1000, false, STEPS);
    check_model("aligned ones", lay(100, 64), 0, false, STEPS / 5);
    check_model("passing through", lay(40, 8), 0, true, STEPS / 20);
    return tap_done();
}
