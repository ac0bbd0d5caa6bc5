/* SPDX-License-Identifier: MIT */
/* Blocks of one size, from a buffer of the caller's, from a parent allocator,
 * or from both: the buffer first, then chunks of the parent's, each twice as
 * large as the one before, up to 64 KiB (or one block, if that is more).
 *
 *     struct alcove_pool pool;
 *     struct node *n;
 *
 *     alcove_pool_init(&pool, ALCOVE_LAYOUT(struct node), alcove_malloc(),
 *                      NULL, 0, &err);
 *     n = alcove_pool_alloc(&pool, &err);
 *     alcove_pool_dealloc(&pool, n);
 *     alcove_pool_done(&pool);
 *
 * - A block takes its size, but at least a pointer, rounded up to its alignment
 *   and a pointer's: that is its stride. There are no headers; the links of the
 *   free blocks are in the free blocks.
 * - A block that is released is the next to be given. Chunks stay the pool's
 *   until alcove_pool_done.
 * - &pool.allocator is an allocator whose blocks may have any layout that fits
 *   into a block of the pool: see "Through the interface".
 * - The struct must stay where it is, from init to done.
 * - Threads: one at a time.
 * - While a tool watches (the library is built with AddressSanitizer, or runs
 *   under Valgrind) blocks have a gap of 16 bytes between them, a buffer holds
 *   accordingly fewer, and the block that has been free for longest is given
 *   first.
 */
#ifndef ALCOVE_POOL_H
#define ALCOVE_POOL_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* A run of blocks: the caller's buffer, or a chunk of the parent's, at whose
 * end it stands. */
struct alcove_pool_chunk {
    struct alcove_pool_chunk *next;
    char *start;
    size_t count;  /* blocks that there is room for */
    size_t carved; /* of them, from the start, that have ever been given or are
                    * in the free list */
};

/* A block that was passed through. */
struct alcove_pool_entry {
    void *block; /* NULL: an empty place in the table */
    struct alcove_layout layout;
};

struct alcove_pool {
    struct alcove_allocator allocator; /* pass &pool.allocator */

    /* The first free block's address, 1 if there is none, or 0 if all blocks
     * must be given and taken out of line. */
    uintptr_t head;

    struct alcove_layout block;
    size_t unit;   /* what every block is aligned to, in bytes */
    size_t stride; /* from one block to the next, in bytes */
    struct alcove_allocator *parent;
    struct alcove_pool_chunk buffer;   /* the first chunk */
    struct alcove_pool_chunk *current; /* full before, untouched after it */
    size_t chunk_size;                 /* of the next chunk, in bytes */

    int mode;
    uintptr_t oldest, newest; /* the free list while a tool watches */
    struct alcove_pool_entry *entries; /* the table while passing through */
    size_t places, live;               /* in the table: all, and in use */
};

/* Make `*pool` a pool of blocks with layout `block`, over the `size` bytes of
 * `buffer` (NULL: none), then over `parent` (NULL: none). Buffer and parent
 * must outlive the pool, and the buffer is the pool's alone. It need not be
 * aligned, and may be too small for any block. A parent that gives no blocks is
 * none.
 * Fails if and only if the layout is not valid (ZERO_ALIGN,
 * ALIGN_NOT_POWER_OF_TWO, EXCEEDS_MAX), its size is 0 (UNSUPPORTED), or a chunk
 * with one block would be no valid layout (EXCEEDS_MAX). Then `*pool` is as it
 * was. Nothing is allocated. Cost: constant.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_pool_init(struct alcove_pool *pool, struct alcove_layout block,
                      struct alcove_allocator *parent, void *buffer,
                      size_t size, struct alcove_error *err);

/* Give all chunks back to the parent, and the buffer to the caller. Live blocks
 * are gone. What is left is a pool without memory: a second call does nothing,
 * and an allocation is refused. A chunk that the parent refuses to take back is
 * lost. Leaves errno alone. Cost: a release for each chunk.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_pool_done(struct alcove_pool *pool);

/* Make all blocks free. Live blocks are gone; chunks and buffer stay the
 * pool's. Leaves errno alone. Cost: some instructions for each chunk.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_pool_reset(struct alcove_pool *pool);

/* A block, its contents undefined.
 * Fails if and only if no block is free and
 * - there is no parent: ALLOC_FAILED, cause OUT_OF_MEMORY,
 * - or the parent refuses another chunk: the error is the parent's.
 * Then the pool is as it was. Cost: five instructions; now and then a chunk.
 */
ALCOVE_INLINE ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_pool_alloc(struct alcove_pool *pool, struct alcove_error *err);

/* Release `p`, which must be a live block of this pool, and not NULL. Cannot
 * fail; leaves errno alone. Cost: five instructions.
 */
ALCOVE_INLINE_RELEASE ALCOVE_NONNULL(1, 2) ALCOVE_TAKES(2)
void alcove_pool_dealloc(struct alcove_pool *pool, void *p);

/* Blocks that the pool has memory for, live and free together. Cost: linear in
 * the chunks.
 */
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_pool_capacity(const struct alcove_pool *pool);

/* Blocks that are live. Cost: linear in the free blocks and the chunks. */
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_pool_live(const struct alcove_pool *pool);

/* Are the pool's invariants whole? Every free block is in a chunk and where a
 * block begins, none comes twice, and chunks are used in their order. False
 * means that memory was overwritten, or a block released twice. Cost: free
 * blocks times chunks.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_pool_ok(const struct alcove_pool *pool);

/* For debugging: from now on take each block from the parent by itself, with
 * the layout that was asked for, and give it back at its release; the buffer is
 * left alone. Everything else stays as it is, but for the cost, and for what
 * fails: an allocation as the parent's does, a change in place where the parent
 * can do none, and alcove_pool_dealloc silently where the parent refuses.
 * The environment variable ALCOVE_PASSTHROUGH=1 does this to every pool. Call
 * it right after alcove_pool_init: once a block was given, or without a parent,
 * it does nothing.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_pool_pass_through(struct alcove_pool *pool);

/* Through the interface (alcove_alloc(&pool.allocator, ...), and so on)
 *
 * - A layout whose size and alignment are at most those of a block is served as
 *   by alcove_pool_alloc; any other is refused: ALLOC_FAILED, cause LIMIT, the
 *   size of a block as the limit.
 * - A block changes its size in place as long as it fits.
 * - alcove_usable_size is the size of a block; while a tool watches, that of
 *   the layout.
 * - alcove_owns is exact but for the layout, which need only fit, and looks at
 *   every chunk and every free block: the checked operations, which ask it,
 *   refuse foreign, misaligned and free blocks as NOT_OWNED.
 * - Features: ALLOC, DEALLOC, RECLAIM, RESIZE, OWNS, USABLE_SIZE, TEMP.
 */

/* ---- the inline bodies ---- */

/* What is done out of line: refusals, fresh blocks, tools, passing through. Not
 * for direct use.
 */
ALCOVE_API ALCOVE_COLD
void *alcove_pool_alloc_edge(struct alcove_pool *pool, struct alcove_layout l,
                             struct alcove_error *err);
ALCOVE_API ALCOVE_COLD
bool alcove_pool_dealloc_edge(struct alcove_pool *pool, void *p,
                              struct alcove_error *err);

/* A free block. Whatever the block was used as before, its link may be written
 * and read now. */
#if defined __GNUC__
struct __attribute__((may_alias)) alcove_pool_link {
#else
struct alcove_pool_link {
#endif
    uintptr_t next; /* as alcove_pool.head */
};

ALCOVE_INLINE void *
alcove_pool_alloc(struct alcove_pool *pool, struct alcove_error *err)
{
    uintptr_t head = pool->head;

    if (ALCOVE_UNLIKELY(head <= 1))
        return alcove_pool_alloc_edge(pool, pool->block, err);
    pool->head = ((struct alcove_pool_link *)head)->next;
    return (void *)head;
}

/* For analyzers. */
ALCOVE_RELEASES(alcove_pool_dealloc, 2)

#if !ALCOVE_ANALYZE
ALCOVE_INLINE_RELEASE void
alcove_pool_dealloc(struct alcove_pool *pool, void *p)
{
    uintptr_t head = pool->head;

    if (ALCOVE_UNLIKELY(head == 0)) {
        (void)alcove_pool_dealloc_edge(pool, p, NULL);
    } else {
        ((struct alcove_pool_link *)p)->next = head;
        pool->head = (uintptr_t)p;
    }
}
#endif

ALCOVE_END

#endif /* ALCOVE_POOL_H */
