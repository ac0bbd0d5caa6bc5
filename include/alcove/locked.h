/* SPDX-License-Identifier: MIT */
/* A mutex around an allocator that threads may not share.
 *
 * It talks only to its parent.
 *
 * - Each operation holds the mutex while the parent works, a realloc that has
 *   to copy included, and lets go of it however that ends: by pthread_exit or
 *   pthread_cancel, too. While the callback of a scoped block runs it is not
 *   held: the block is allocated, and later released, under it. (A parent that
 *   threads may share serves scopes by itself, without the mutex.)
 * - Whoever uses the parent directly goes past the mutex.
 * - A mutex that cannot be taken is an error and not a hang: LOCK, with the
 *   code in os_error. That is EDEADLK if this thread holds it already, because
 *   the parent called something that comes back here. Then nothing has changed.
 * - fork may be called at any time, by any thread: the child can use the
 *   allocator at once. (fork waits for the operations that are under way, but
 *   not for one that the forking thread itself is in.)
 * - Where an operation leads from one locked allocator into another, the outer
 *   one must be the one that was made later, as it is if one is the other's
 *   parent; and from there none may be made or ended, nor may there be a fork
 *   while another thread forks. Otherwise a fork at that moment can hang.
 */
#ifndef ALCOVE_LOCKED_H
#define ALCOVE_LOCKED_H

#include <alcove/temp.h>

#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#endif

ALCOVE_BEGIN

/* Invariant: it is in the list of those that fork must wait for. */
struct alcove_locked {
    struct alcove_allocator allocator; /* pass &locked.allocator */
    struct alcove_allocator *parent;
    const void *owner; /* the thread that holds the mutex; NULL: none */
    struct alcove_locked *older;
    bool by_fork; /* it holds the mutex */
#if ALCOVE_HAVE_THREADS
    pthread_mutex_t mutex;
#endif
};

/* Let threads share `parent`, which must live as long as the adapter is used.
 * It cannot be moved or copied, and must be ended with alcove_locked_done
 * before its memory goes.
 * Fails, with nothing changed, if and only if
 * - `parent` is NULL or the adapter itself: OTHER, with errno EINVAL;
 * - it is in use already: OTHER, with errno EBUSY;
 * - the system has no mutex, or could not take the first adapter's handlers for
 *   fork: LOCK, with its code;
 * - this library was built without threads: UNSUPPORTED.
 *
 * It can what the parent can, and be shared between threads; temporaries it can
 * serve if the parent can, and is shared already or can allocate and release.
 * An operation fails if and only if the mutex cannot be taken (LOCK) or the
 * parent refuses. alcove_resize and alcove_owns are then false, and
 * alcove_usable_size tells the size of the layout.
 * Cost: that of the parent, an uncontended mutex, and some 45 instructions.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_locked_init(struct alcove_locked *locked,
                        struct alcove_allocator *parent,
                        struct alcove_error *err);

/* End its use, when no other thread uses it any more. The parent and its blocks
 * stay as they are. Operations are refused as UNSUPPORTED from then on.
 * Fails, with nothing changed, if and only if it is not in use (OTHER, with
 * errno EINVAL), an operation is under way (LOCK, with errno EBUSY), or this
 * library was built without threads (UNSUPPORTED).
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_locked_done(struct alcove_locked *locked,
                        struct alcove_error *err);

ALCOVE_END

#endif /* ALCOVE_LOCKED_H */
