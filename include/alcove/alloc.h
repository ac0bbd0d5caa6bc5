/* SPDX-License-Identifier: MIT */
/* The interface: an allocator is one pointer, and these functions are how to
 * use it.
 *
 * They are the front that every allocator has in common. They refuse invalid
 * layouts, serve size 0, check that a grow grows, copy where an allocator
 * cannot move a block by itself, and clear what must be zero: an allocator's
 * own operations see valid layouts of non-zero size only.
 *
 * What holds for every function here:
 * - The allocator must not be NULL.
 * - A block of size 0 is alcove_layout_dangling(layout); it costs nothing, and
 *   releasing it is a no-op. Where a block is expected, NULL stands for a block
 *   of size 0 too.
 * - A block is released with the layout it was allocated with, or that it was
 *   last resized to. Any other layout is undefined behaviour, unless the
 *   allocator tells ALCOVE_CAN_CHECKED.
 * - A failure returns NULL or false, fills `*err` if `err` is not NULL, sets
 *   errno, and changes nothing else: the old block is whole and the caller's.
 * - Success leaves `*err` and errno alone, that of a release too.
 * - Threads: an allocator that tells ALCOVE_CAN_THREADS may be used by several
 *   threads at once, any other by one at a time.
 * - Cost: that of the allocator, plus a few instructions, of which none are
 *   left of the checks where the layout is a constant.
 */
#ifndef ALCOVE_ALLOC_H
#define ALCOVE_ALLOC_H

#include <alcove/layout.h>

ALCOVE_BEGIN

/* X(NAME, bit, text) for each capability. */
#define ALCOVE_FEATURES(X)                                                     \
    X(ALLOC, 0, "allocate blocks")                                             \
    X(DEALLOC, 1, "accept the release of a block")                             \
    X(RECLAIM, 2, "get memory back from a release")                            \
    X(RESIZE, 3, "resize a block in place")                                    \
    X(REALLOC, 4, "move a block by better means than a copy")                  \
    X(OWNS, 5, "tell its own blocks from others")                              \
    X(CHECKED, 6, "refuse wrong blocks and layouts at release")                \
    X(USABLE_SIZE, 7, "tell how much of a block can be used")                  \
    X(TEMP, 8, "serve scoped temporary allocations")                           \
    X(THREADS, 9, "be shared between threads")                                 \
    X(ZERO, 10, "give zeroed memory for less than clearing it")                \
    /* end */

enum alcove_feature {
#define ALCOVE_X(name, bit, text) ALCOVE_CAN_##name = 1 << bit,
    ALCOVE_FEATURES(ALCOVE_X)
#undef ALCOVE_X
    ALCOVE_CAN_NOTHING = 0
};

struct alcove_ops;

/* What an allocator's own struct begins with. */
struct alcove_allocator {
    const struct alcove_ops *ops;
    unsigned features; /* ALCOVE_CAN_ bits */
};

/* A callback that gets a scoped block: see <alcove/temp.h>. */
typedef void alcove_temp_fn(void *mem, void *arg);

/* For those who write an allocator: its table of operations, usually a static
 * constant. Only the front calls them, with layouts that are valid and not of
 * size 0, and pointers that are not NULL. They report as the front promises:
 * errno and `*err` are set on failure (alcove_error_set does both) and left
 * alone on success, and failure changes nothing.
 */
struct alcove_ops {
    /* sizeof(struct alcove_ops). The table may grow at its end: an operation
     * that this size does not cover is never looked at. */
    size_t struct_size;

    const char *name; /* for messages; lives as long as the table */

    /* Both must be there; one that cannot serve refuses as UNSUPPORTED. */
    void *(*alloc)(struct alcove_allocator *a, struct alcove_layout l,
                   struct alcove_error *err);
    bool (*dealloc)(struct alcove_allocator *a, void *p, struct alcove_layout l,
                    struct alcove_error *err);

    /* The others may be NULL. */

    /* NULL: alloc, and clear. */
    void *(*zalloc)(struct alcove_allocator *a, struct alcove_layout l,
                    struct alcove_error *err);

    /* In place, or false and nothing changed. new_.align may be smaller or
     * larger than old.align, and `p` is aligned to it. NULL: never. */
    bool (*resize)(struct alcove_allocator *a, void *p,
                   struct alcove_layout old, struct alcove_layout new_);

    /* The block with its contents, here or elsewhere, larger or smaller;
     * new_.align >= old.align. NULL: resize, else alloc, copy and dealloc. */
    void *(*realloc)(struct alcove_allocator *a, void *p,
                     struct alcove_layout old, struct alcove_layout new_,
                     struct alcove_error *err);

    /* Was this block given by this allocator, with this layout, and not
     * released? Must be safe to ask of any pointer. NULL: not known. */
    bool (*owns)(struct alcove_allocator *a, const void *p,
                 struct alcove_layout l);

    /* Bytes that may be used from `p` on, at least l.size. NULL: l.size. */
    size_t (*usable_size)(struct alcove_allocator *a, const void *p,
                          struct alcove_layout l);

    /* alcove_alloc_temp. NULL: alloc, call, dealloc, if the features have
     * ALCOVE_CAN_TEMP. */
    bool (*alloc_temp)(struct alcove_allocator *a, struct alcove_layout l,
                       alcove_temp_fn *fn, void *arg, struct alcove_error *err);
};

/* A block with layout `l`, its contents undefined; the caller's to release.
 * Fails if and only if the layout is not valid (ZERO_ALIGN,
 * ALIGN_NOT_POWER_OF_TWO, EXCEEDS_MAX), or the allocator cannot serve it
 * (ALLOC_FAILED, with a cause; UNSUPPORTED; others as the allocator says).
 */
ALCOVE_INLINE ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_alloc(struct alcove_allocator *a, struct alcove_layout l,
                   struct alcove_error *err);

/* The same, all its bytes 0. */
ALCOVE_INLINE ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_zalloc(struct alcove_allocator *a, struct alcove_layout l,
                    struct alcove_error *err);

/* Release block `p` of layout `l`. `p` may be NULL: a no-op.
 * Fails if and only if the layout is not valid, or the allocator cannot release
 * (UNSUPPORTED) or refuses to (NOT_OWNED, LAYOUT_MISMATCH, CORRUPT; OTHER if
 * the system does).
 */
ALCOVE_INLINE_RELEASE ALCOVE_NONNULL(1) ALCOVE_TAKES(2)
bool alcove_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                    struct alcove_error *err);

/* Make block `p` larger or smaller where it is. Returns true if the block now
 * has layout `new_` (at once, if it is the old one); false, which is no error
 * and leaves errno alone, if nothing has changed: the allocator cannot do it,
 * there is no room, `p` is NULL or not aligned to new_.align, a layout is not
 * valid, or the size would become 0 or has been 0.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_resize(struct alcove_allocator *a, void *p,
                   struct alcove_layout old, struct alcove_layout new_);

/* Block `p` with layout `new_`, here or elsewhere; what fits of its contents
 * is kept, the rest undefined. On success `p` is gone, and the result the
 * caller's; on failure `p` is as it was.
 * Fails if and only if
 * - a layout is not valid,
 * - new_.align < old.align: SMALLER_ALIGN,
 * - grow, and new_.size < old.size: GROW_SMALLER,
 * - shrink, and new_.size > old.size: SHRINK_LARGER,
 * - `p` is NULL although old.size is not 0: LAYOUT_MISMATCH,
 * - or the allocator fails to allocate or to release. (One that refuses to take
 *   back the old block, and then the new one too, keeps the new one.)
 * Cost: the allocator's own realloc or resize if it has them, else a new block,
 * a copy and a release.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_grow(struct alcove_allocator *a, void *p, struct alcove_layout old,
                  struct alcove_layout new_, struct alcove_error *err);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_shrink(struct alcove_allocator *a, void *p,
                    struct alcove_layout old, struct alcove_layout new_,
                    struct alcove_error *err);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_realloc(struct alcove_allocator *a, void *p,
                     struct alcove_layout old, struct alcove_layout new_,
                     struct alcove_error *err);

/* The same, the bytes from old.size on 0. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_zgrow(struct alcove_allocator *a, void *p,
                   struct alcove_layout old, struct alcove_layout new_,
                   struct alcove_error *err);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_rezalloc(struct alcove_allocator *a, void *p,
                      struct alcove_layout old, struct alcove_layout new_,
                      struct alcove_error *err);

/* Is `p` a live block of this allocator with layout `l`? Never true for a
 * foreign pointer; false where the allocator cannot tell (ALCOVE_CAN_OWNS).
 * The block of size 0 is everybody's, and so is NULL in its place.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_owns(struct alcove_allocator *a, const void *p,
                 struct alcove_layout l);

/* How many bytes from `p` on may be used: at least l.size, and exactly that
 * where the allocator cannot tell, `p` is NULL, or `l` is not valid. The layout
 * for the release stays `l`; to own the rest, resize to it.
 */
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_usable_size(struct alcove_allocator *a, const void *p,
                          struct alcove_layout l);

/* As the functions without `checked`, but a block that the allocator does not
 * own is refused as NOT_OWNED, never undefined behaviour. UNSUPPORTED where
 * the allocator cannot tell (ALCOVE_CAN_OWNS).
 */
ALCOVE_API ALCOVE_NONNULL(1) ALCOVE_TAKES(2)
bool alcove_checked_dealloc(struct alcove_allocator *a, void *p,
                            struct alcove_layout l, struct alcove_error *err);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_checked_realloc(struct alcove_allocator *a, void *p,
                             struct alcove_layout old,
                             struct alcove_layout new_,
                             struct alcove_error *err);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_checked_rezalloc(struct alcove_allocator *a, void *p,
                              struct alcove_layout old,
                              struct alcove_layout new_,
                              struct alcove_error *err);

/* What the allocator can do, as ALCOVE_CAN_ bits. Constant for its life. */
ALCOVE_INLINE ALCOVE_NONNULL(1)
unsigned alcove_features( const struct alcove_allocator *a);

/* Fails, as UNSUPPORTED with the first missing capability in err->detail, if
 * and only if the allocator lacks one of `features`: ask at the start for what
 * would fail in the middle.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_require(const struct alcove_allocator *a, unsigned features,
                    struct alcove_error *err);

/* Its name, for messages. */
ALCOVE_INLINE ALCOVE_NONNULL(1)
const char *alcove_name( const struct alcove_allocator *a);

/* Arrays: `count` items. They fail as alcove_layout_array, too. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_alloc_array(struct alcove_allocator *a, struct alcove_layout item,
                         size_t count, struct alcove_error *err);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_zalloc_array(struct alcove_allocator *a, struct alcove_layout item,
                          size_t count, struct alcove_error *err);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_realloc_array(struct alcove_allocator *a, void *p,
                           struct alcove_layout item, size_t old_count,
                           size_t new_count, struct alcove_error *err);
ALCOVE_API ALCOVE_NONNULL(1) ALCOVE_TAKES(2)
bool alcove_dealloc_array(struct alcove_allocator *a, void *p,
                          struct alcove_layout item, size_t count,
                          struct alcove_error *err);

/* The same by type. Each argument is evaluated once. */
#define ALCOVE_NEW(a, type, err)                                               \
    ((type *)alcove_alloc(a, ALCOVE_LAYOUT(type), err))
#define ALCOVE_ZNEW(a, type, err)                                              \
    ((type *)alcove_zalloc(a, ALCOVE_LAYOUT(type), err))
#define ALCOVE_DELETE(a, p, type, err)                                         \
    alcove_dealloc(a, p, ALCOVE_LAYOUT(type), err)
#define ALCOVE_NEW_ARRAY(a, type, n, err)                                      \
    ((type *)alcove_alloc_array(a, ALCOVE_LAYOUT(type), n, err))
#define ALCOVE_ZNEW_ARRAY(a, type, n, err)                                     \
    ((type *)alcove_zalloc_array(a, ALCOVE_LAYOUT(type), n, err))
#define ALCOVE_REALLOC_ARRAY(a, p, type, old_n, new_n, err)                    \
    ((type *)alcove_realloc_array(a, p, ALCOVE_LAYOUT(type), old_n, new_n, err))
#define ALCOVE_DELETE_ARRAY(a, p, type, n, err)                                \
    alcove_dealloc_array(a, p, ALCOVE_LAYOUT(type), n, err)

/* For those who write an allocator: the operations of one that cannot allocate
 * or not release. They refuse as UNSUPPORTED.
 */
ALCOVE_API
void *alcove_unsupported_alloc(struct alcove_allocator *a,
                               struct alcove_layout l,
                               struct alcove_error *err);
ALCOVE_API
bool alcove_unsupported_dealloc(struct alcove_allocator *a, void *p,
                                struct alcove_layout l,
                                struct alcove_error *err);

/* For those who write an allocator: what its realloc may end in where it has no
 * better means than a new block, a copy, and a release. Both layouts must be
 * valid, and not of size 0. UNSUPPORTED if it lacks ALCOVE_CAN_DEALLOC: nobody
 * could take the old block.
 */
ALCOVE_API
void *alcove_realloc_by_copy(struct alcove_allocator *a, void *p,
                             struct alcove_layout old,
                             struct alcove_layout new_,
                             struct alcove_error *err);

/* ---- the inline bodies ---- */

/* What the inline functions leave to the library: size 0, refusals, and
 * operations that the allocator does not have. Not for direct use.
 */
ALCOVE_API ALCOVE_COLD
void *alcove_alloc_edge(struct alcove_allocator *a, struct alcove_layout l,
                        struct alcove_error *err);
ALCOVE_API
void *alcove_zalloc_edge(struct alcove_allocator *a, struct alcove_layout l,
                         struct alcove_error *err);
ALCOVE_API ALCOVE_COLD
bool alcove_dealloc_edge(struct alcove_allocator *a, void *p,
                         struct alcove_layout l, struct alcove_error *err);

/* Valid, and not of size 0? Seen as signed numbers, size + align - 1 exceeds
 * align - 1 for just these: one comparison for the size's three conditions.
 */
ALCOVE_INLINE
bool alcove_layout_is_block(struct alcove_layout l);

ALCOVE_INLINE ALCOVE_WRAPS bool
alcove_layout_is_block(struct alcove_layout l)
{
    size_t below = l.align - 1;

    return (l.align ^ below) > below &&
           (ptrdiff_t)(l.size + below) > (ptrdiff_t)below;
}

#if !ALCOVE_ANALYZE

ALCOVE_INLINE void *
alcove_alloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    if (ALCOVE_LIKELY(alcove_layout_is_block(l)))
        return a->ops->alloc(a, l, err);
    return alcove_alloc_edge(a, l, err);
}

ALCOVE_INLINE void *
alcove_zalloc(struct alcove_allocator *a, struct alcove_layout l,
              struct alcove_error *err)
{
    if (ALCOVE_LIKELY(alcove_layout_is_block(l)) && a->ops->zalloc)
        return a->ops->zalloc(a, l, err);
    return alcove_zalloc_edge(a, l, err);
}

ALCOVE_INLINE_RELEASE bool
alcove_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
               struct alcove_error *err)
{
    /* Copied in two steps, or gcc 12 packs both halves of a run-time layout into
     * a vector register and takes them out again: 5 of 13 instructions. */
    struct alcove_layout copy;

    copy.size = l.size;
    if (ALCOVE_LIKELY(p && alcove_layout_is_block(l))) {
        copy.align = l.align;
        return a->ops->dealloc(a, p, copy, err);
    }
    copy.align = l.align;
    return alcove_dealloc_edge(a, p, copy, err);
}

#else

/* For analyzers: functions that nobody has, to tell the sizes that a layout
 * hides.
 */
ALCOVE_NODISCARD ALCOVE_NONNULL(1) ALCOVE_SIZED(2) ALCOVE_ALIGNED(3)
void *alcove_analyzed_alloc(struct alcove_allocator *a, size_t size,
                            size_t align, struct alcove_error *err);
ALCOVE_NODISCARD ALCOVE_NONNULL(1) ALCOVE_SIZED(2, 3) ALCOVE_ALIGNED(4)
void *alcove_analyzed_alloc_array(struct alcove_allocator *a, size_t size,
                                  size_t count, size_t align,
                                  struct alcove_error *err);

#    define ALCOVE_GIVES_BLOCK(name)                                           \
        ALCOVE_GIVES(name, alcove_dealloc, 2)                                  \
        ALCOVE_GIVES(name, alcove_dealloc_array, 2)                            \
        ALCOVE_GIVES(name, alcove_checked_dealloc, 2)

ALCOVE_RELEASES(alcove_dealloc, 2)
ALCOVE_RELEASES(alcove_dealloc_array, 2)
ALCOVE_RELEASES(alcove_checked_dealloc, 2)
ALCOVE_GIVES_BLOCK(alcove_analyzed_alloc)
ALCOVE_GIVES_BLOCK(alcove_analyzed_alloc_array)
ALCOVE_GIVES_BLOCK(alcove_grow)
ALCOVE_GIVES_BLOCK(alcove_shrink)
ALCOVE_GIVES_BLOCK(alcove_realloc)
ALCOVE_GIVES_BLOCK(alcove_zgrow)
ALCOVE_GIVES_BLOCK(alcove_rezalloc)
ALCOVE_GIVES_BLOCK(alcove_checked_realloc)
ALCOVE_GIVES_BLOCK(alcove_checked_rezalloc)
ALCOVE_GIVES_BLOCK(alcove_realloc_array)

ALCOVE_INLINE void *
alcove_alloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    return alcove_analyzed_alloc(a, l.size, l.align, err);
}

ALCOVE_INLINE void *
alcove_zalloc(struct alcove_allocator *a, struct alcove_layout l,
              struct alcove_error *err)
{
    return alcove_analyzed_alloc(a, l.size, l.align, err);
}

#    define alcove_alloc_array(a, item, count, err)                            \
        alcove_analyzed_alloc_array(a, (item).size, count, (item).align, err)
#    define alcove_zalloc_array(a, item, count, err)                           \
        alcove_analyzed_alloc_array(a, (item).size, count, (item).align, err)

#endif

ALCOVE_INLINE unsigned
alcove_features(const struct alcove_allocator *a)
{
    return a->features;
}

ALCOVE_INLINE const char *
alcove_name(const struct alcove_allocator *a)
{
    return a->ops->name;
}

ALCOVE_END

#endif /* ALCOVE_ALLOC_H */
