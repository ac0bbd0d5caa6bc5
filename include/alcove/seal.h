/* SPDX-License-Identifier: MIT */
/* The seal, for systems that must not allocate after their start: once it is
 * closed, nothing more is allocated through it. And the no-allocation zone, in
 * which the seals refuse a single thread: for tests that a piece of a program
 * allocates nothing.
 *
 * It talks only to its parent.
 *
 * - Open, and outside zones, a seal is its parent: it adds nothing, and takes
 *   no capability away.
 * - Closed it refuses every allocation, scoped ones too, wherever their memory
 *   would be. Blocks can be released, and shrunk where they are: a shrink that
 *   the parent cannot do in place (alcove_resize) is refused, for it might need
 *   a new block. A block may keep its size and get another alignment, if it is
 *   aligned so already.
 * - A zone does the same to the thread that entered it, for as long as it is
 *   in there.
 * - A refusal is ALLOC_FAILED, cause OTHER, errno ENOMEM, and the detail says
 *   whether the seal or the zone was the reason; the block is as it was. A
 *   refused resize is just false.
 * - Blocks of size 0 cost no memory: they are not refused.
 */
#ifndef ALCOVE_SEAL_H
#define ALCOVE_SEAL_H

#include <alcove/temp.h>

ALCOVE_BEGIN

struct alcove_seal {
    struct alcove_allocator allocator; /* pass &seal.allocator */
    struct alcove_allocator *parent;
    int closed; /* 0 or 1, read and written by any thread */
};

/* Wrap `parent`, which must live as long as the seal is used; the seal is open.
 * Nothing is allocated, and there is nothing to release.
 * Fails, with nothing changed and errno EINVAL, if and only if `parent` is NULL
 * or the seal itself: OTHER.
 *
 * The seal can what the parent can, be shared by threads too.
 * Cost: the parent's, and some ten instructions.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_seal_init(struct alcove_seal *seal, struct alcove_allocator *parent,
                      struct alcove_error *err);

/* g++ calls it shadowing that a function has a struct's name; C and C++ know
 * them apart by the word "struct".
 */
#if defined __cplusplus && defined __GNUC__
#    pragma GCC diagnostic push
#    pragma GCC diagnostic ignored "-Wshadow"
#endif

/* Close it, for ever: from here on every further allocation through it is
 * refused. Scopes that are open run to their end. Cannot fail; closing it once
 * more is a no-op. Any thread may call it; others are refused from when they
 * can know of it (as by a lock, a join), and may be before.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_seal(struct alcove_seal *seal);

#if defined __cplusplus && defined __GNUC__
#    pragma GCC diagnostic pop
#endif

/* Has it been closed? Zones do not count. Any thread may ask. */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_seal_is_closed(const struct alcove_seal *seal);

/* A piece of a program in which its thread allocates nothing through any seal.
 * On the caller's stack, as a rule:
 *
 *     struct alcove_zone zone;
 *     if (!alcove_zone_enter(&zone, &err))
 *         ...
 *     play_a_note();
 *     if (alcove_zone_leave(&zone) != 0)
 *         ...
 *
 * Zones nest. What is refused counts for all that the thread is in. A zone
 * belongs to the thread that entered it: no other may enter it as well before
 * it is left. It must be left before its memory is gone (the function returns,
 * or an exception or longjmp passes): one left open is undefined behaviour, as
 * any pointer to a dead variable is.
 */
struct alcove_zone {
    struct alcove_zone *outer; /* NULL: none */
    size_t refused;
};

/* Enter a zone: until it is left, every seal refuses this thread what a closed
 * one would refuse.
 * Fails, with nothing changed, if and only if
 * - this thread is in it already: OTHER, with errno EINVAL,
 * - or the library was built without thread-local storage: UNSUPPORTED.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
bool alcove_zone_enter(struct alcove_zone *zone, struct alcove_error *err);

/* Leave it. Returns how many operations were refused since it was entered: on
 * this thread, by any seal, closed or open; resizes too. Zones may be left in
 * any order: the others stay as they are. Leaving one that this thread is not
 * in is a no-op, and returns 0. Cannot fail.
 */
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_zone_leave(struct alcove_zone *zone);

ALCOVE_END

#endif /* ALCOVE_SEAL_H */
