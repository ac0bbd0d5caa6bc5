/* SPDX-License-Identifier: MIT */
/* Scoped temporary allocations: a callback gets a block, and the block is gone
 * when the callback is.
 *
 * However the callback ends, the block is given back: by return, C++ exception,
 * pthread_exit or pthread_cancel. (longjmp out of the callback gives back a
 * block on the stack, and loses one on the heap.) Where a thread ends by
 * unwinding, as with glibc, code that is left so needs unwind tables, as for an
 * exception: -fexceptions, where the compiler makes none by itself. Otherwise a
 * block on the heap is lost.
 *
 * The pointer must not be kept.
 * Scopes nest, and may stand in loops. Where coroutines take turns on a thread,
 * a scope on the heap must not be left open for another one's turn.
 */
#ifndef ALCOVE_TEMP_H
#define ALCOVE_TEMP_H

#include <alcove/alloc.h>

ALCOVE_BEGIN

/* Call fn(mem, arg), where `mem` is a block with layout `l`, its contents
 * undefined. Returns true if `fn` ran to its end, exactly once; false, if it
 * never ran; not at all, if `fn` left by another way.
 * Fails if and only if the layout is not valid, or the allocator cannot serve
 * it (ALLOC_FAILED) or has no temporaries but those of size 0 (UNSUPPORTED:
 * ALCOVE_CAN_TEMP).
 * errno after success is what `fn` left. If an allocator fails to take the
 * block back, the scope has succeeded all the same.
 */
ALCOVE_INLINE ALCOVE_NODISCARD ALCOVE_NONNULL(1, 3)
bool alcove_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                       alcove_temp_fn *fn, void *arg, struct alcove_error *err);

/* The same, all bytes of the block 0. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1, 3)
bool alcove_zalloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                        alcove_temp_fn *fn, void *arg,
                        struct alcove_error *err);

/* For those who write an allocator that hands its scopes on to another one:
 * call fn(mem, arg), and then leave(leave_arg), however `fn` ends: by return,
 * C++ exception, pthread_exit or pthread_cancel (but not by longjmp). `mem` is
 * still there when `leave` runs. `leave` must not fail, and its errno is
 * dropped: that of `fn` stands.
 */
ALCOVE_API ALCOVE_NONNULL(1, 4)
void alcove_temp_call(alcove_temp_fn *fn, void *mem, void *arg,
                      void (*leave)(void *), void *leave_arg);

/* ---- the inline bodies ---- */

/* Size 0, refusals, and allocators without an operation of their own: a block
 * from alloc that goes back to dealloc. Not for direct use. */
ALCOVE_API
bool alcove_alloc_temp_edge(struct alcove_allocator *a, struct alcove_layout l,
                            alcove_temp_fn *fn, void *arg,
                            struct alcove_error *err);

ALCOVE_INLINE bool
alcove_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                  alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    if (ALCOVE_LIKELY(alcove_layout_is_block(l)) && a->ops->alloc_temp)
        return a->ops->alloc_temp(a, l, fn, arg, err);
    return alcove_alloc_temp_edge(a, l, fn, arg, err);
}

ALCOVE_END

#endif /* ALCOVE_TEMP_H */
