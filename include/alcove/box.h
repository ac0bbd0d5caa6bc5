/* SPDX-License-Identifier: MIT */
/* A box: a block, its layout and its allocator in one owned value, so that who
 * has the box can resize, copy and release the block without being told more.
 *
 * - A box is empty or has a block. One that is all 0, ALCOVE_BOX_EMPTY, is
 *   empty; releasing from it is a no-op.
 * - A block of size 0 is a block: the box has it, and it costs nothing.
 * - The box is a plain value. Whoever copies it must see to it that only one of
 *   the copies is dropped.
 * - What makes a box writes over what it was, without a look at it: the memory
 *   may be fresh. So drop a box before it is made anew.
 * - It works with every allocator: over an arena, whose dealloc gives nothing
 *   back, dropping a box is just the end of it.
 * - A failure leaves the box as it was. Success leaves errno and the error
 *   alone.
 */
#ifndef ALCOVE_BOX_H
#define ALCOVE_BOX_H

#include <alcove/alloc.h>

ALCOVE_BEGIN

/* Invariant: all 0, or `allocator` is not NULL, `layout` is valid, and `data` a
 * live block of that layout from that allocator.
 */
struct alcove_box {
    void *data;                         /* NULL: the box is empty */
    struct alcove_layout layout;        /* what `data` was allocated with */
    struct alcove_allocator *allocator; /* whose it is */
};

/* To initialize an empty one. */
#define ALCOVE_BOX_EMPTY {NULL, {0, 0}, NULL}

/* A box with a new block of layout `l`, its contents undefined.
 * Fails if and only if `a` is NULL (OTHER, errno EINVAL), or as alcove_alloc.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
bool alcove_box_make(struct alcove_box *box, struct alcove_allocator *a,
                     struct alcove_layout l, struct alcove_error *err);

/* The same, all its bytes 0. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
bool alcove_box_zmake(struct alcove_box *box, struct alcove_allocator *a,
                      struct alcove_layout l, struct alcove_error *err);

/* A box with block `p`, which `a` gave with layout `l`: it is the box's now.
 * NULL stands for a block of size 0.
 * Fails if and only if `a` is NULL (OTHER, errno EINVAL), the layout is not
 * valid, or `p` is NULL or not aligned although l.size is not 0
 * (LAYOUT_MISMATCH).
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
bool alcove_box_from_raw(struct alcove_box *box, struct alcove_allocator *a,
                         void *p, struct alcove_layout l,
                         struct alcove_error *err);

/* Take the block out: it is the caller's now, to be released with layout `*l`
 * to the allocator that the box had; the box is empty. NULL, with `*l` as it
 * was, if it was empty before, which is no error. `l` may be NULL.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_box_release(struct alcove_box *box, struct alcove_layout *l);

/* Give the block layout `l`, here or elsewhere: box->data may have changed.
 * What fits of its contents is kept, the rest undefined.
 * Fails if and only if the box is empty (OTHER, errno EINVAL), or as
 * alcove_realloc.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
bool alcove_box_resize(struct alcove_box *box, struct alcove_layout l,
                       struct alcove_error *err);

/* The same, the bytes from the old size on 0. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
bool alcove_box_zresize(struct alcove_box *box, struct alcove_layout l,
                        struct alcove_error *err);

/* Make `clone` a box with a copy of the block, of the same layout, from `a`, or
 * if that is NULL from the allocator of `box`.
 * Fails if and only if `box` is empty, or the two are the same box (OTHER,
 * errno EINVAL), or as alcove_alloc.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1, 3)
bool alcove_box_clone(const struct alcove_box *box, struct alcove_allocator *a,
                      struct alcove_box *clone, struct alcove_error *err);

/* Release the block; the box is empty. Of an empty one: a no-op.
 * Fails if and only if alcove_dealloc does: the box has its block still.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_box_drop(struct alcove_box *box, struct alcove_error *err);

/* The same for ALCOVE_BOX_AUTO: a refusal is nobody's to hear. Leaves errno
 * alone.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_box_cleanup(struct alcove_box *box);

/* An empty local box that is dropped when its scope is left, by the flow of
 * control: not by longjmp, and by an exception or pthread_cancel in code built
 * with -fexceptions only. There if ALCOVE_HAVE_CLEANUP is 1 (<alcove/base.h>).
 *
 *     ALCOVE_BOX_AUTO(box);
 */
#if ALCOVE_HAVE_CLEANUP
#    define ALCOVE_BOX_AUTO(name)                                              \
        __attribute__((cleanup(alcove_box_cleanup)))                           \
        struct alcove_box name = ALCOVE_BOX_EMPTY
#endif

ALCOVE_END

#endif /* ALCOVE_BOX_H */
