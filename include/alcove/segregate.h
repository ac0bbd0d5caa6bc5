/* SPDX-License-Identifier: MIT */
/* Segregation by size: small blocks from one allocator, large ones from
 * another.
 *
 * It talks only to these two.
 *
 * - A layout of at most `threshold` bytes goes to `small`, any other to
 *   `large`, whatever its alignment. The layout at the release says whose the
 *   block is: neither has to tell its own blocks.
 * - A block that is resized across the threshold moves from one to the other;
 *   in place it cannot be.
 * - Either may be a segregation itself.
 */
#ifndef ALCOVE_SEGREGATE_H
#define ALCOVE_SEGREGATE_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* Invariant: neither is NULL. */
struct alcove_segregate {
    struct alcove_allocator allocator; /* pass &segregate.allocator */
    struct alcove_allocator *small, *large;
    size_t threshold; /* bytes, the largest for `small` */
};

/* Send layouts of up to `threshold` bytes to `small`, others to `large`: with
 * 0 all goes to `large`, with ALCOVE_SIZE_MAX all to `small`. Both must live as
 * long as the segregation is used; they may be the same. Nothing is allocated,
 * and there is nothing to release.
 * Fails, with nothing changed and errno EINVAL, if and only if `small` or
 * `large` is NULL or the segregation itself: OTHER.
 *
 * The segregation can what both can. An operation fails if and only if the one
 * that it goes to refuses, and the error is that one's; where a block has to
 * move, if the new one refuses to allocate or the old one to release.
 * alcove_usable_size of a small block is at most `threshold`.
 * Cost: that of the one that serves, a comparison, and a call.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_segregate_init(struct alcove_segregate *segregate,
                           struct alcove_allocator *small,
                           struct alcove_allocator *large, size_t threshold,
                           struct alcove_error *err);

ALCOVE_END

#endif /* ALCOVE_SEGREGATE_H */
