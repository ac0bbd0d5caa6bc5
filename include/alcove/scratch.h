/* SPDX-License-Identifier: MIT */
/* The scratch allocator: a temporary block is in the caller's own stack when
 * it fits there for certain, else on the heap. Everything else is as with
 * alcove_malloc().
 *
 * In a signal handler use alcove_stack(): what does not fit goes to malloc
 * here.
 *
 * No tool sees a pointer into the stack that was kept after its scope, and all
 * tools see one to the heap: with ALCOVE_SCRATCH=heap in the environment (read
 * once, by secure_getenv) every temporary block comes from the heap. With
 * ALCOVE_SCRATCH=stack none does: what does not fit the stack is refused, and
 * the error, the stack's, says by how much.
 */
#ifndef ALCOVE_SCRATCH_H
#define ALCOVE_SCRATCH_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* Shared by all threads. Never fails. A temporary is refused if and only if its
 * layout is not valid, or neither the stack nor the heap has room; the error
 * then is the heap's (the stack's, in a library without malloc). Scopes that nest
 * share the stack: the outer ones' blocks leave less for the inner ones.
 */
ALCOVE_API ALCOVE_CONST
struct alcove_allocator *alcove_scratch(void);

/* The same without a callback, for C as people write it:
 *
 *     struct alcove_scratch_block block;
 *     char *p = ALCOVE_SCRATCH(&block, layout, &err);
 *     ...
 *     alcove_scratch_release(&block);
 *
 * A pointer into the caller's own frame where the block fits there for certain,
 * else to the heap. Fails, with NULL, as the allocator's temporaries do.
 *
 * - It is a macro over alloca. On the stack the block lives until the function
 *   returns, release or not: so not in a loop, and not in an argument list.
 * - `block` is evaluated more than once, `layout` and `err` once.
 * - Whatever became of it, release the block once: a no-op on the stack, after
 *   a failure, and the second time.
 * - Unlike the callback's, a block on the heap is lost when the function is
 *   left by an exception, pthread_exit or pthread_cancel.
 */
struct alcove_scratch_block {
    void *block;
    struct alcove_layout layout;
    size_t need; /* of the stack, in bytes */
    bool on_heap;
};

#if ALCOVE_HAVE_STACK && defined __GNUC__
#    define ALCOVE_SCRATCH(block_, layout_, err_)                              \
        (alcove_scratch_begin(block_, layout_, err_)                           \
             ? ((block_)->block = __builtin_alloca((block_)->need),            \
                alcove_scratch_aligned(block_))                                \
             : (block_)->block)
#else
#    define ALCOVE_SCRATCH(block_, layout_, err_)                              \
        alcove_scratch_on_heap(block_, layout_, err_)
#endif

ALCOVE_API ALCOVE_NONNULL(1)
void alcove_scratch_release(struct alcove_scratch_block *block);

/* The cleanup form: a block that is released at the end of its scope, however
 * that ends (by an exception or pthread_cancel in code built with -fexceptions
 * only, by longjmp never). Only where the compiler honours it.
 *
 *     ALCOVE_SCRATCH_AUTO(block);
 *     char *p = ALCOVE_SCRATCH(&block, layout, &err);
 */
#if defined __GNUC__ && !defined __TINYC__ && !defined __PCC__
#    define ALCOVE_SCRATCH_AUTO(name)                                          \
        __attribute__((cleanup(alcove_scratch_release)))                       \
        struct alcove_scratch_block name = {0, {0, 1}, 0, false}
#endif

/* ---- the inline bodies ---- */

/* Does the block fit the stack? If not, it is on the heap afterwards, or NULL.
 * Not for direct use, nor are the others. */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_scratch_begin(struct alcove_scratch_block *block,
                          struct alcove_layout l, struct alcove_error *err);
ALCOVE_API ALCOVE_NONNULL(1)
void *alcove_scratch_on_heap(struct alcove_scratch_block *block,
                             struct alcove_layout l, struct alcove_error *err);
ALCOVE_INLINE ALCOVE_NONNULL(1)
void *alcove_scratch_aligned(struct alcove_scratch_block *block);

ALCOVE_INLINE void *
alcove_scratch_aligned(struct alcove_scratch_block *block)
{
    size_t below = block->layout.align - 1;
    uintptr_t start = (uintptr_t)block->block;

    block->block = (char *)block->block + ((start + below) & ~below) - start;
    return block->block;
}

ALCOVE_END

#endif /* ALCOVE_SCRATCH_H */
