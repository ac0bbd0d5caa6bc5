/* SPDX-License-Identifier: MIT */
/* The fallback: two allocators, and the second serves what the first refuses.
 *
 * It talks only to these two.
 *
 * - A release, a resize, a question goes to the one that owns the block: the
 *   first if it says so, else the second. So where both give blocks, the first
 *   must tell its own from others (ALCOVE_CAN_OWNS).
 * - A block that grows or shrinks stays with its owner if that can do it, else
 *   it moves to the other one.
 * - Temporaries too: the first is tried, then the second. alcove_stack() gives
 *   no blocks, only temporaries, and so may be the first of any allocator.
 * - What the first said when it refused is seen only if the second does not
 *   serve at all: else the error is the second's.
 * - Either may be a fallback itself.
 */
#ifndef ALCOVE_FALLBACK_H
#define ALCOVE_FALLBACK_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* Invariants: neither is NULL, they are not the same, and first tells its own
 * blocks or gives none.
 */
struct alcove_fallback {
    struct alcove_allocator allocator; /* pass &fallback.allocator */
    struct alcove_allocator *first, *second;
};

/* Make a fallback from `first` to `second`. Both must live as long as it is
 * used. Nothing is allocated, and there is nothing to release.
 * Fails, with nothing changed, if and only if
 * - `first` or `second` is NULL or the fallback itself, or they are the same:
 *   OTHER, with errno EINVAL,
 * - `first` gives blocks (ALCOVE_CAN_ALLOC) and cannot tell them from others
 *   (ALCOVE_CAN_OWNS): UNSUPPORTED.
 *
 * The fallback can allocate and serve temporaries if one of the two can, be
 * shared by threads if both can, and everything else if each that gives blocks
 * can. An operation fails if and only if both refuse, or the only one that can.
 * The error is then the second's, or of the only one that can; of a release
 * that is refused, the owner's.
 * Cost: that of the one that serves, and a call; a release asks the first's
 * owns before, where both give blocks.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_fallback_init(struct alcove_fallback *fallback,
                          struct alcove_allocator *first,
                          struct alcove_allocator *second,
                          struct alcove_error *err);

ALCOVE_END

#endif /* ALCOVE_FALLBACK_H */
