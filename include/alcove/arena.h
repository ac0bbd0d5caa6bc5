/* SPDX-License-Identifier: MIT */
/* The arena: blocks are carved one after the other, and given back all at once.
 *
 * It talks only to its parent, and to a buffer of the caller's:
 * - with a buffer and no parent it is the fixed-buffer allocator,
 * - with a parent and no buffer it grows, chunk by chunk,
 * - with both it begins in the buffer and spills to the parent.
 *
 * - Blocks are aligned to ALCOVE_ARENA_ALIGN at least, and their sizes rounded
 *   up to it. Any valid layout may be asked for.
 * - The last block can be resized in place, and its release gives it back. The
 *   release of any other block is accepted and does nothing (the arena does not
 *   claim ALCOVE_CAN_RECLAIM): its memory comes back at rewind, reset and done.
 * - Chunks double in size up to a limit. A block larger than a quarter of the
 *   next chunk gets memory of its own from the parent, and the rest of the
 *   current chunk stays in use. Where the parent can resize in place, the
 *   current chunk grows instead, for the last block, too: over a page reserve
 *   (<alcove/page.h>) there is one chunk, and nothing ever moves.
 * - One thread at a time.
 * - While AddressSanitizer or Valgrind watches, what is not a live block must
 *   not be touched, and is reported. With ALCOVE_PASSTHROUGH=1 in the
 *   environment (read once, by secure_getenv), or after
 *   alcove_arena_pass_through, each block comes from the parent by itself, so
 *   that they give their full reports; a release then searches the live blocks.
 */
#ifndef ALCOVE_ARENA_H
#define ALCOVE_ARENA_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* In bytes. */
#define ALCOVE_ARENA_ALIGN ((size_t)16)

/* A piece of memory that blocks are carved from. It stands at the beginning of
 * the memory it describes, but for the caller's buffer. */
struct alcove_arena_chunk {
    struct alcove_arena_chunk *prev, *next;
    char *start, *end; /* of the blocks */
    char *top;         /* of the last one, when the arena went on to the next */
    size_t index;      /* 0, 1, ... from the first to the current one */
    struct alcove_layout layout; /* as the parent gave it; size 0: the buffer */
};

/* A block with memory of its own. */
struct alcove_arena_own {
    struct alcove_arena_own *next; /* older */
    void *block;
    struct alcove_layout layout;
    size_t serial;
};

/* A cleanup that waits. The caller's, usually inside what it cleans up. */
struct alcove_arena_cleanup {
    struct alcove_arena_cleanup *next; /* older */
    void (*fn)(void *arg);
    void *arg;
    size_t serial;
};

/* Invariants (alcove_arena_ok checks them):
 * - cursor is a multiple of ALCOVE_ARENA_ALIGN inside the current chunk;
 * - limit is that chunk's end, or cursor where no block may be carved inline;
 * - the chunks after the current one are empty, and kept for later;
 * - serial counts own blocks and cleanups, and is that of the newest one.
 */
struct alcove_arena {
    struct alcove_allocator allocator; /* pass &arena.allocator */
    char *cursor;                      /* the next block */
    char *limit;
    struct alcove_arena_chunk *chunk; /* the current one; NULL: none */
    struct alcove_arena_chunk buffer;
    struct alcove_arena_own *own;         /* the newest */
    struct alcove_arena_cleanup *cleanup; /* the newest */
    struct alcove_allocator *parent;      /* NULL: none */
    size_t serial;
    size_t next_size, max_size; /* of chunks, in bytes */
    bool watched, through;
};

/* Make an arena over `parent`, or NULL, and `size` bytes of `buffer`, or NULL
 * and 0. Allocates nothing and cannot fail; an arena with neither refuses every
 * block. Parent and buffer must live until alcove_arena_done. (A parent
 * that gives no blocks is none, nor is the arena itself.)
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_arena_init(struct alcove_arena *arena,
                       struct alcove_allocator *parent, void *buffer,
                       size_t size);

/* The sizes of chunks, in bytes: the next one, and the largest (both at least
 * 1024; the defaults are 4 KiB and 1 MiB). Cannot fail.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_arena_set_chunks(struct alcove_arena *arena, size_t next,
                             size_t largest);

/* Take each block from the parent by itself from now on, as with
 * ALCOVE_PASSTHROUGH=1. Without a parent nothing changes. Cannot fail.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_arena_pass_through(struct alcove_arena *arena);

/* Run the cleanups, newest first, and give everything back: chunks to the
 * parent, the buffer to the caller (while a tool watches it must not be touched
 * before, so an arena over a buffer is to be done, too). The arena then has
 * neither parent nor buffer; done once more is a no-op.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_arena_done(struct alcove_arena *arena);

/* Run the cleanups, newest first, and release all blocks; the chunks are kept.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_arena_reset(struct alcove_arena *arena);

/* Give chunks that hold no block back to the parent, largest index first, until
 * the capacity is at most `keep` bytes or none is left.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_arena_trim(struct alcove_arena *arena, size_t keep);

/* A block, as alcove_alloc gives it, without a call as long as the chunk lasts:
 * 5 instructions for a constant layout. Fails if and only if the layout is not
 * valid, or the arena is full (ALLOC_FAILED: cause OUT_OF_MEMORY, with the
 * bytes left; or what its parent says).
 */
ALCOVE_INLINE ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_arena_alloc(struct alcove_arena *arena, struct alcove_layout l,
                         struct alcove_error *err);

/* A position to rewind to. A value: nothing to release. */
struct alcove_arena_position {
    const struct alcove_arena *arena;
    size_t index, offset, serial;
};
ALCOVE_API ALCOVE_NONNULL(1)
struct alcove_arena_position alcove_arena_mark(
    const struct alcove_arena *arena);

/* Back to an older or equal position: run the cleanups registered since, newest
 * first, and release the blocks allocated since. Marks taken in between are
 * left behind; they need no rewind of their own. Fails, as NOT_OWNED with
 * nothing changed, if and only if the mark is another arena's or of a later
 * position.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_arena_rewind(struct alcove_arena *arena,
                         struct alcove_arena_position mark,
                         struct alcove_error *err);

/* Have fn(arg) called at the rewind, reset or done that releases what is
 * allocated now. `*node` is the caller's, and must live until then; so
 * registering cannot fail. A cleanup may allocate, what is then released with
 * the rest, but must not rewind or end the arena. If it does not return (by an
 * exception, longjmp, the end of the thread), the other cleanups wait, and the
 * blocks stay, until the next rewind, reset or done.
 */
ALCOVE_API ALCOVE_NONNULL(1, 2, 3)
void alcove_arena_defer(struct alcove_arena *arena,
                        struct alcove_arena_cleanup *node,
                        void (*fn)(void *arg), void *arg);

/* Forget a cleanup. Returns false, with nothing changed, if it does not wait in
 * this arena. Cost: the number of newer cleanups.
 */
ALCOVE_API ALCOVE_NONNULL(1, 2)
bool alcove_arena_cancel(struct alcove_arena *arena,
                         struct alcove_arena_cleanup *node);

/* Bytes in use, padding included; bytes in all chunks and blocks of their own;
 * the number of chunks. Cost: the number of chunks and own blocks.
 */
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_arena_used(const struct alcove_arena *arena);
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_arena_capacity(const struct alcove_arena *arena);
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_arena_chunks(const struct alcove_arena *arena);

/* Do the invariants hold? For tests. */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_arena_ok(const struct alcove_arena *arena);

/* ---- the inline bodies ---- */

/* Sizes up to this need no check for overflow when they are added to an address:
 * no chunk ends that near to the last one. Not for direct use. */
#define ALCOVE_ARENA_NEAR ((size_t)65536)

#if !ALCOVE_ANALYZE
ALCOVE_INLINE ALCOVE_WRAPS void *
alcove_arena_alloc(struct alcove_arena *arena, struct alcove_layout l,
                   struct alcove_error *err)
{
    size_t last = (l.size - 1) | (ALCOVE_ARENA_ALIGN - 1);
    char *block = arena->cursor;
    bool fits;

#if defined __GNUC__
    if (__builtin_constant_p(l.size) && l.size - 1 < ALCOVE_ARENA_NEAR)
        fits = (uintptr_t)block + last + 1 <= (uintptr_t)arena->limit;
    else
#endif
        fits = l.size - 1 < (size_t)(arena->limit - block);
    if (ALCOVE_LIKELY(fits && (l.align & (l.align - 1)) == 0 &&
                      l.align - 1 < ALCOVE_ARENA_ALIGN)) {
        arena->cursor = block + last + 1;
        return block;
    }
    return alcove_alloc(&arena->allocator, l, err);
}
#else

/* For analyzers: nobody has it. What it gives, the arena releases. */
ALCOVE_NODISCARD ALCOVE_SIZED(2) ALCOVE_ALIGNED(3)
void *alcove_analyzed_arena_alloc(struct alcove_arena *arena, size_t size,
                                  size_t align, struct alcove_error *err);

ALCOVE_INLINE void *
alcove_arena_alloc(struct alcove_arena *arena, struct alcove_layout l,
                   struct alcove_error *err)
{
    return alcove_analyzed_arena_alloc(arena, l.size, l.align, err);
}

#endif

ALCOVE_END

#endif /* ALCOVE_ARENA_H */
