/* SPDX-License-Identifier: MIT */
/* Layouts: what a block must be like, and checked arithmetic on that.
 *
 * A layout is valid if and only if its alignment is a power of two, and its
 * size rounded up to its alignment is at most ALCOVE_SIZE_MAX. Valid layouts
 * of size 0 exist. The functions here refuse invalid layouts, so a result is
 * valid if and only if the function succeeded; `out` and the other results are
 * written only then. They need no allocator, are pure computation of constant
 * cost, and may be called from anywhere, signal handlers too.
 */
#ifndef ALCOVE_LAYOUT_H
#define ALCOVE_LAYOUT_H

#include <alcove/error.h>

ALCOVE_BEGIN

/* The largest size of a block in bytes, rounded up to its alignment. Larger
 * objects break the subtraction of pointers (C11 6.5.6), although malloc on
 * many 32-bit systems would give them.
 */
#define ALCOVE_SIZE_MAX ((size_t)PTRDIFF_MAX)

/* The layout of a type: valid, known to the compiler, cannot fail. */
#ifdef __cplusplus
#    define ALCOVE_LAYOUT(type)                                                \
        (alcove_layout{sizeof(type), ALCOVE_ALIGNOF(type)})
#else
#    define ALCOVE_LAYOUT(type)                                                \
        ((struct alcove_layout){sizeof(type), ALCOVE_ALIGNOF(type)})
#endif

/* Is the layout valid? Folds away where the layout is a constant. */
ALCOVE_INLINE
bool alcove_layout_ok(struct alcove_layout l);

/* The pointer that stands for a block of size 0 and this alignment: not NULL,
 * aligned, and not to be dereferenced. The alignment itself, as an address. `l`
 * must be valid.
 */
ALCOVE_INLINE
void *alcove_layout_dangling(struct alcove_layout l);

/* A layout of `size` bytes aligned to `align`.
 * Fails if and only if the result would not be valid: ZERO_ALIGN,
 * ALIGN_NOT_POWER_OF_TWO, EXCEEDS_MAX.
 */
ALCOVE_API ALCOVE_NONNULL(3)
bool alcove_layout_make(size_t size, size_t align, struct alcove_layout *out,
                        struct alcove_error *err);

/* `count` items one after the other: size * count bytes, the item's alignment.
 * An item's size is as sizeof gives it, a multiple of its alignment: for other
 * items see alcove_layout_repeat.
 * Fails if and only if the item is not valid, the product does not fit in a
 * size_t (ARITH), or the result is not valid (EXCEEDS_MAX).
 */
ALCOVE_API ALCOVE_NONNULL(3)
bool alcove_layout_array(struct alcove_layout item, size_t count,
                         struct alcove_layout *out, struct alcove_error *err);

/* `l`, then padding, then `next`, as in a struct; `*offset` is where `next`
 * begins, in bytes. The size is *offset + next.size, without padding at the
 * end; the alignment is the larger of the two. `offset` may be NULL.
 * Fails if and only if `l` or `next` is not valid, or the result is not.
 */
ALCOVE_API ALCOVE_NONNULL(3)
bool alcove_layout_extend(struct alcove_layout l, struct alcove_layout next,
                          struct alcove_layout *out, size_t *offset,
                          struct alcove_error *err);

/* `count` items, each padded to its alignment; `*stride` is the distance from
 * one to the next, in bytes. `stride` may be NULL.
 * Fails if and only if `l` is not valid, the product does not fit in a size_t
 * (ARITH), or the result is not valid.
 */
ALCOVE_API ALCOVE_NONNULL(3)
bool alcove_layout_repeat(struct alcove_layout l, size_t count,
                          struct alcove_layout *out, size_t *stride,
                          struct alcove_error *err);

/* `count` items without padding between them, so that only the first one is
 * certain to be aligned. Fails as alcove_layout_repeat does.
 */
ALCOVE_API ALCOVE_NONNULL(3)
bool alcove_layout_repeat_packed(struct alcove_layout l, size_t count,
                                 struct alcove_layout *out,
                                 struct alcove_error *err);

/* `l` with its size rounded up to its alignment: what sizeof would say. `l`
 * must be valid; one that is not comes back as it is.
 */
ALCOVE_API ALCOVE_CONST
struct alcove_layout alcove_layout_pad_to_align(struct alcove_layout l);

/* The bytes to add to l.size to make it a multiple of `align`.
 * Fails if and only if `l` is not valid, `align` is no power of two, or the
 * sum does not fit in ALCOVE_SIZE_MAX.
 */
ALCOVE_API ALCOVE_NONNULL(3)
bool alcove_layout_padding_needed_for(struct alcove_layout l, size_t align,
                                      size_t *out, struct alcove_error *err);

/* `l` with an alignment of at least `align`; the size stays.
 * Fails if and only if `l` is not valid, `align` is no power of two, or the
 * result is not valid.
 */
ALCOVE_API ALCOVE_NONNULL(3)
bool alcove_layout_align_to(struct alcove_layout l, size_t align,
                            struct alcove_layout *out,
                            struct alcove_error *err);

/* `l` with an alignment of at least `align`, and its size rounded up to a
 * multiple of `align`. Fails as alcove_layout_align_to does.
 */
ALCOVE_API ALCOVE_NONNULL(3)
bool alcove_layout_align_to_multiple_of(struct alcove_layout l, size_t align,
                                        struct alcove_layout *out,
                                        struct alcove_error *err);

/* What posix_memalign takes: an alignment of at least sizeof(void *) (POSIX
 * posix_memalign). Fails if and only if `l` or the result is not valid.
 */
ALCOVE_API ALCOVE_NONNULL(2)
bool alcove_layout_to_posix_memalign(struct alcove_layout l,
                                     struct alcove_layout *out,
                                     struct alcove_error *err);

/* What every aligned_alloc takes: an alignment of at least sizeof(void *)
 * (macOS, AIX), and a size that is a multiple of it (C11 7.22.3.1 as first
 * published, Solaris). Fails if and only if `l` or the result is not valid.
 */
ALCOVE_API ALCOVE_NONNULL(2)
bool alcove_layout_to_aligned_alloc(struct alcove_layout l,
                                    struct alcove_layout *out,
                                    struct alcove_error *err);

/* A struct of `head` that ends in a flexible array of `count` items of
 * `item_size` bytes at `offset`: the larger of head.size and offset + count *
 * item_size, rounded up to head.align. (sizeof can exceed the offset, and
 * offset + count alone can be too small for the struct's alignment.)
 * Fails if and only if `head` is not valid, a sum or product does not fit in a
 * size_t (ARITH), or the result is not valid.
 */
ALCOVE_API ALCOVE_NONNULL(5)
bool alcove_layout_flex(struct alcove_layout head, size_t offset,
                        size_t item_size, size_t count,
                        struct alcove_layout *out, struct alcove_error *err);

/* The same for `member`, the flexible array at the end of the struct `type`. */
#define ALCOVE_LAYOUT_FLEX(type, member, count, out, err)                      \
    alcove_layout_flex(ALCOVE_LAYOUT(type), offsetof(type, member),            \
                       sizeof(((type *)0)->member[0]), count, out, err)

/* lhs op rhs. DIV_CEIL rounds up; POW multiplies lhs with itself rhs times,
 * and anything to the power of 0 is 1.
 * Fails with ARITH if and only if the true result is no size_t: it is too
 * large, negative, or a division by zero. An op that is none of these is OTHER.
 */
ALCOVE_API ALCOVE_NONNULL(4)
bool alcove_arith(size_t lhs, enum alcove_arith_op op, size_t rhs, size_t *out,
                  struct alcove_error *err);

/* ---- the inline bodies ---- */

ALCOVE_INLINE ALCOVE_WRAPS bool
alcove_layout_ok(struct alcove_layout l)
{
    size_t below = l.align - 1;

    /* A power of two and all bits below it differ everywhere; 0 fails too. */
    return (l.align ^ below) > below && l.size <= ALCOVE_SIZE_MAX - below;
}

ALCOVE_INLINE void *
alcove_layout_dangling(struct alcove_layout l)
{
    return (void *)(uintptr_t)l.align;
}

ALCOVE_END

#endif /* ALCOVE_LAYOUT_H */
