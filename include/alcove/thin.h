/* SPDX-License-Identifier: MIT */
/* A malloc-shaped API over any allocator: no layout at the release, because a
 * header right before each block remembers it.
 *
 * It talks only to the allocator that it is given, and has no state: for code
 * that does not know its sizes any more, and for callbacks of other libraries.
 *
 * - Blocks are aligned as malloc's: for max_align_t, or to the size of two
 *   pointers where that is less; from alcove_thin_aligned to what was asked. A
 *   realloc keeps the alignment.
 * - A block takes ALCOVE_THIN_HEADER bytes more than its size, or as many as
 *   its alignment, whichever is more.
 * - A block of size 0 is one of its own, with a header: a pointer that is not
 *   NULL and no other block's, to be released.
 * - The header is sealed with the block's address and the allocator's. So these
 *   are refused, and nothing changes: what is not aligned as a block (nothing
 *   is read), the block of another allocator, a block that was released or has
 *   moved while its memory can still be read, any other pointer (NOT_OWNED);
 *   and a block whose header was overwritten in part (CORRUPT).
 * - The limit of that: the ALCOVE_THIN_HEADER bytes before the pointer must be
 *   readable, and a header is told from other bytes with odds of 2^58 to 1. It
 *   finds mistakes; it is no defence against somebody who forges headers.
 * - Refusals that are not the allocator's are told by "thin".
 * - Threads and cost are those of the allocator, and some 45 instructions for
 *   each call.
 */
#ifndef ALCOVE_THIN_H
#define ALCOVE_THIN_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* In bytes. */
#define ALCOVE_THIN_HEADER ((size_t)16)

/* A block of `size` bytes from `a`, its contents undefined; to be released by
 * alcove_thin_free with the same allocator.
 * Fails if and only if the size with the header is no valid size (EXCEEDS_MAX),
 * or the allocator refuses.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1) ALCOVE_SIZED(2)
void *alcove_thin_alloc(struct alcove_allocator *a, size_t size,
                        struct alcove_error *err);

/* The same, all its bytes 0. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1) ALCOVE_SIZED(2)
void *alcove_thin_zalloc(struct alcove_allocator *a, size_t size,
                         struct alcove_error *err);

/* calloc: `count` items of `size` bytes, all 0. Fails, too, if the product does
 * not fit in a size_t: ARITH.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1) ALCOVE_SIZED(2, 3)
void *alcove_thin_zalloc_array(struct alcove_allocator *a, size_t count,
                               size_t size, struct alcove_error *err);

/* aligned_alloc, for any size: aligned to `align`, or as malloc's blocks if
 * that is more. Fails, too, if `align` is no alignment: ZERO_ALIGN,
 * ALIGN_NOT_POWER_OF_TWO.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
ALCOVE_SIZED(2) ALCOVE_ALIGNED(3)
void *alcove_thin_aligned(struct alcove_allocator *a, size_t size, size_t align,
                          struct alcove_error *err);

/* Block `p` with `size` bytes, here or elsewhere, aligned as it was; what fits
 * of its contents is kept, the rest undefined. On success `p` is gone, and the
 * result the caller's; on failure `p` is as it was. NULL for `p` allocates.
 * Size 0 releases nothing: the result is a block of size 0. (C17 leaves that
 * open, C23 undefined. Who wants the other meaning calls alcove_thin_free.)
 * Fails if and only if `p` is no live block (NOT_OWNED, CORRUPT), the size with
 * the header is no valid size (EXCEEDS_MAX), or the allocator refuses.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1) ALCOVE_SIZED(3)
void *alcove_thin_realloc(struct alcove_allocator *a, void *p, size_t size,
                          struct alcove_error *err);

/* reallocarray: the same for `count` items of `size` bytes. Fails, too, if the
 * product does not fit in a size_t: ARITH.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1) ALCOVE_SIZED(3, 4)
void *alcove_thin_realloc_array(struct alcove_allocator *a, void *p,
                                size_t count, size_t size,
                                struct alcove_error *err);

/* Release block `p`. NULL is a no-op.
 * Fails if and only if `p` is no live block (NOT_OWNED, CORRUPT), or the
 * allocator refuses; the block is then as it was.
 */
ALCOVE_API ALCOVE_NONNULL(1) ALCOVE_TAKES(2)
bool alcove_thin_free(struct alcove_allocator *a, void *p,
                      struct alcove_error *err);

/* The size of block `p` in bytes, exactly as it was asked for. NULL has 0.
 * Fails, and returns 0, if and only if `p` is no live block (NOT_OWNED,
 * CORRUPT).
 */
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_thin_size(struct alcove_allocator *a, const void *p,
                        struct alcove_error *err);

/* For those who write a bridge to another library: all that a header tells. */
struct alcove_thin_block {
    struct alcove_layout layout; /* of the block; its real alignment */
    void *base;                  /* what the allocator gave for it */
    struct alcove_layout whole;  /* with this layout */
};

/* What is block `p`? Fails if and only if `p` is NULL or no live block
 * (NOT_OWNED, CORRUPT).
 */
ALCOVE_API ALCOVE_NONNULL(1, 3)
bool alcove_thin_find(struct alcove_allocator *a, const void *p,
                      struct alcove_thin_block *out, struct alcove_error *err);

/* For analyzers. */
ALCOVE_RELEASES(alcove_thin_free, 2)
ALCOVE_GIVES(alcove_thin_alloc, alcove_thin_free, 2)
ALCOVE_GIVES(alcove_thin_zalloc, alcove_thin_free, 2)
ALCOVE_GIVES(alcove_thin_zalloc_array, alcove_thin_free, 2)
ALCOVE_GIVES(alcove_thin_aligned, alcove_thin_free, 2)
ALCOVE_GIVES(alcove_thin_realloc, alcove_thin_free, 2)
ALCOVE_GIVES(alcove_thin_realloc_array, alcove_thin_free, 2)

ALCOVE_END

#endif /* ALCOVE_THIN_H */
