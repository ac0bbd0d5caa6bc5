/* SPDX-License-Identifier: MIT */
/* Pools at their edges: the largest block, the sizes of chunks, what a refusal
 * says, and whether alcove_pool_ok sees each invariant broken. */
#include <config.h>

#include <alcove/pool.h>

#include "count.h"
#include "hidden.h"
#include "tap.h"

#include <errno.h>
#include <string.h>

static struct alcove_pool pool;
static struct alcove_allocator *const a = &pool.allocator;
static struct alcove_error err;
static struct count parent;

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

static void
init(struct alcove_layout block, struct alcove_allocator *over, void *buffer,
     size_t size)
{
    if (!alcove_pool_init(&pool, block, over, buffer, size, &err))
        bail_out("no pool of blocks of %lu bytes", (unsigned long)block.size);
}

static char *
take(size_t size)
{
    char *p = alcove_alloc(a, lay(size, 1), &err);

    if (!p)
        bail_out("no block of %lu bytes", (unsigned long)size);
    return p;
}

/* ---- init ---- */

static bool
is_refused(struct alcove_layout block, enum alcove_code code)
{
    memset(&err, 0xFF, sizeof err);
    return !alcove_pool_init(&pool, block, NULL, NULL, 0, &err) &&
           err.code == code && err.cause == ALCOVE_CAUSE_UNKNOWN &&
           err.limit == 0 && err.layout.size == block.size &&
           err.layout.align == block.align;
}

static void
test_limits(void)
{
    size_t align, gap = 0;
    bool good = true;

    init(lay(16, 16), NULL, NULL, 0);
    if (pool.head == 0) /* a tool watches */
        gap = 16;
    for (align = 16; align < ALCOVE_SIZE_MAX / 8; align *= 2) {
        size_t room =
            ALCOVE_SIZE_MAX - (align - 1) - sizeof(struct alcove_pool_chunk);
        struct alcove_layout most = lay(room / align * align - gap, align);

        good = good && alcove_pool_init(&pool, most, NULL, NULL, 0, NULL);
        most.size++;
        good = good && is_refused(most, ALCOVE_ERR_EXCEEDS_MAX);
    }
    ok(good, "the largest block is served with every alignment, and no larger");
    ok(is_refused(lay(8, 0), ALCOVE_ERR_ZERO_ALIGN) &&
           is_refused(lay(0, 8), ALCOVE_ERR_UNSUPPORTED) &&
           is_refused(lay(ALCOVE_SIZE_MAX, 1), ALCOVE_ERR_EXCEEDS_MAX) &&
           is_refused(lay(1, ALCOVE_SIZE_MAX / 2 + 1), ALCOVE_ERR_EXCEEDS_MAX),
       "a refusal says what was asked for, and nothing that it does not know");
}

static void
test_parents(void)
{
    static char buffer[1000];
    const unsigned all = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC |
                         ALCOVE_CAN_RECLAIM | ALCOVE_CAN_RESIZE |
                         ALCOVE_CAN_OWNS | ALCOVE_CAN_USABLE_SIZE |
                         ALCOVE_CAN_TEMP;

    count_init(&parent, ALCOVE_CAN_DEALLOC | ALCOVE_CAN_TEMP);
    init(lay(16, 16), &parent.allocator, NULL, 0);
    ok(!alcove_pool_alloc(&pool, &err) &&
           err.cause == ALCOVE_CAUSE_OUT_OF_MEMORY && err.limit == 0 &&
           parent.asked == 0,
       "a parent that only takes back is none");
    alcove_pool_done(&pool);
    count_done(&parent);

    count_init(&parent, COUNT_PLAIN);
    init(lay(16, 16), &parent.allocator, buffer, sizeof buffer);
    ok(alcove_features(a) == all, "a pool has its features");
    alcove_pool_pass_through(&pool);
    ok(alcove_features(a) == (all & ~(unsigned)ALCOVE_CAN_RESIZE),
       "...passing through it cannot resize if its parent cannot");
    alcove_pool_done(&pool);
    count_done(&parent);

    count_init(&parent, COUNT_PLAIN | ALCOVE_CAN_RESIZE);
    init(lay(16, 16), &parent.allocator, NULL, 0);
    alcove_pool_pass_through(&pool);
    ok(alcove_features(a) == all, "...and can if it can");
    (void)take(16);
    parent.refuse_dealloc = true;
    errno = 4711;
    alcove_pool_reset(&pool);
    ok(errno == 4711 && parent.live_blocks > 0,
       "reset leaves errno alone when the parent takes nothing back");
    alcove_pool_done(&pool);
    ok(errno == 4711, "...and so does done");
    ok(pool.head == 1 && !alcove_pool_alloc(&pool, NULL),
       "...after which it has no block, and no tool watches any");
    parent.refuse_dealloc = false;
    count_done(&parent);
}

/* ---- chunks ---- */

static void
test_chunks(void)
{
    struct alcove_pool_chunk *first;
    const size_t tail = sizeof(struct alcove_pool_chunk);
    size_t size, blocks = 0, chunks = 0;
    bool good = true;

    count_init(&parent, COUNT_PLAIN);
    init(lay(8, 8), &parent.allocator, NULL, 0);
    for (size = 4096; chunks < 7; chunks++) {
        do
            (void)take(8);
        while (alcove_pool_live(&pool) <= blocks);
        blocks += (size - tail) / pool.stride;
        good = good && alcove_pool_capacity(&pool) == blocks &&
               parent.live_blocks == chunks + 1;
        while (alcove_pool_live(&pool) < blocks)
            while (pool.current->carved < pool.current->count || pool.head > 1)
                (void)take(8);
        if (size < 65536)
            size *= 2;
    }
    ok(good, "chunks double from 4 KiB to 64 KiB, description included");

    first = pool.buffer.next;
    first->carved--;
    good = !alcove_pool_ok(&pool);
    first->carved++;
    ok(good && alcove_pool_ok(&pool),
       "ok tells a chunk that was left too early");
    pool.current = first;
    ok(!alcove_pool_ok(&pool), "...and one that was begun too early");
    for (pool.current = first; pool.current->next;)
        pool.current = pool.current->next;
    pool.current->carved = pool.current->count + 1;
    good = !alcove_pool_ok(&pool);
    pool.current->carved--;
    ok(good && alcove_pool_ok(&pool), "...and more blocks than there are");
    first->start++;
    good = !alcove_pool_ok(&pool);
    first->start--;
    ok(good && alcove_pool_ok(&pool), "...and a chunk that is not aligned");
    alcove_pool_done(&pool);
    ok(count_ok(&parent, 0, 0), "all is given back");
    count_done(&parent);
}

/* A chunk is not written to before its blocks are needed. */
static void
test_batches(void)
{
    static char buffer[16384];

    init(lay(16, 16), NULL, buffer, sizeof buffer);
    (void)take(16);
    ok(pool.buffer.carved == (pool.head == 0 ? 1 : 4096 / pool.stride),
       "4 KiB are carved at a time");
    alcove_pool_done(&pool);
    init(lay(5000, 8), NULL, buffer, sizeof buffer);
    (void)take(5000);
    ok(pool.buffer.carved == 1 && alcove_pool_capacity(&pool) == 3,
       "...or one block, if that is more");
    alcove_pool_done(&pool);
}

/* ---- what a tool is told ---- */

static void
test_hidden(void)
{
    static char buffer[2000];
    char *p, *q, *last;

    init(lay(48, 8), NULL, buffer, sizeof buffer);
    p = take(48);
    q = take(5);
    if (!CAN_SEE_HIDDEN) {
        skip(8, "no tool tells what is hidden");
        alcove_pool_done(&pool);
        return;
    }
    last = p + pool.stride * (alcove_pool_capacity(&pool) - 1);
    ok(!is_hidden(p) && !is_hidden(p + 47) && is_hidden(p + 48) &&
           is_hidden(p + 63) && !is_hidden(q + 4) && is_hidden(q + 8) &&
           is_hidden(last),
       "what is no block is hidden");
    ok(alcove_resize(a, q, lay(5, 1), lay(40, 8)) && !is_hidden(q + 39) &&
           is_hidden(q + 40) && alcove_resize(a, q, lay(40, 8), lay(8, 8)) &&
           is_hidden(q + 8) && !is_hidden(q + 7),
       "...and what a block has no more");
    alcove_pool_dealloc(&pool, p);
    ok(is_hidden(p) && is_hidden(p + 47) && alcove_pool_live(&pool) == 1 &&
           alcove_pool_ok(&pool),
       "...and a block that was released");
    ok(alcove_dealloc(a, q, lay(8, 8), NULL) && is_hidden(q) &&
           alcove_pool_live(&pool) == 0 && alcove_pool_ok(&pool) &&
           is_hidden(p) && is_hidden(q) && is_hidden(q + 7),
       "...through the interface, too");
    p = take(48);
    q = take(48);
    alcove_pool_reset(&pool);
    ok(is_hidden(p) && is_hidden(p + 47) && is_hidden(q + 47) &&
           is_hidden(last),
       "...and all after a reset");
    alcove_pool_done(&pool);
    memset(buffer, 1, sizeof buffer);
    ok(!is_hidden(buffer) && !is_hidden(p) && !is_hidden(last + 47),
       "after done the buffer is the caller's");

    init(lay(8, 8), NULL, buffer, sizeof buffer);
    p = take(8);
    q = take(8);
    if (((uintptr_t)p | (uintptr_t)q) % 8 != 0 || q < p + 24)
        bail_out("blocks are not aligned");
    alcove_pool_done(&pool);

    init(lay(1000, 8), NULL, buffer, sizeof buffer);
    ok(alcove_pool_capacity(&pool) == 1 && is_hidden(pool.buffer.start) &&
           (p = take(1000)) != NULL && !is_hidden(p + 999) &&
           (alcove_pool_reset(&pool), is_hidden(p + 999)),
       "a buffer with a single block is hidden, too");
    alcove_pool_done(&pool);
    count_init(&parent, COUNT_PLAIN);
    init(lay(8, 8), &parent.allocator, NULL, 0);
    p = take(8);
    ok(!is_hidden(p + 7) && is_hidden(p + pool.stride),
       "...and the rest of a chunk");
    alcove_pool_done(&pool);
    count_done(&parent);
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    count_init(&parent, COUNT_PLAIN);
    init(lay(8, 8), &parent.allocator, NULL, 0);
    (void)take(8);
    if (pool.entries) {
        alcove_pool_done(&pool);
        return tap_skip_all("ALCOVE_PASSTHROUGH=1: nothing is carved");
    }
    alcove_pool_done(&pool);
    tap_plan(25);
    test_limits();
    test_parents();
    test_chunks();
    test_batches();
    test_hidden();
    return tap_done();
}
