/* SPDX-License-Identifier: MIT */
/* The stack allocator: scoped blocks in the caller's own stack, as fast as
 * alloca, and refused where alloca would overrun.
 *
 * - A block is placed only inside bounds that are known for certain, and leaves
 *   a reserve below it for the callback: a quarter of the stack, but not less
 *   than 16 KiB nor more than 64 KiB. On the initial thread of Linux the kernel
 *   has mapped all of it before the block is placed, or the block is refused.
 * - On a stack whose bounds are not known (a coroutine's, unless
 *   alcove_stack_enter named it; a stack that grows upwards; a system that does
 *   not tell) every block is refused: cause STACK, limit 0, a detail that says
 *   so. In a handler on an alternate signal stack that stack's bounds count.
 * - An alternate signal stack or a coroutine's stack that is an array on the
 *   thread's own stack looks like a part of it. A signal stack is told apart if
 *   it was there at the thread's first use; others must be named.
 * - A block is at most ALCOVE_STACK_MAX_BLOCK bytes: what is larger is refused
 *   with cause LIMIT.
 * - The bounds are looked up at a thread's first use and cached in thread-local
 *   storage; afterwards a scope costs some 30 instructions, whatever its size.
 *   The first use on a thread is not safe in a signal handler; call
 *   alcove_stack_remaining once before, then it is.
 */
#ifndef ALCOVE_STACK_H
#define ALCOVE_STACK_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* The default for struct alcove_stack's max_block, in bytes. With an alignment
 * of up to 1 MiB it stays below the 2,000,000 bytes from which Valgrind takes a
 * block for a switch of stacks (--max-stackframe).
 */
#define ALCOVE_STACK_MAX_BLOCK ((size_t)512 * 1024)

/* The stack of whoever calls. Temporaries only: alcove_alloc is refused as
 * UNSUPPORTED. Shared by all threads. Never fails.
 */
ALCOVE_API ALCOVE_CONST
struct alcove_allocator *alcove_stack(void);

/* alcove_alloc_temp(alcove_stack(), ...) without the way through the interface:
 * the same contract, and fewest instructions.
 */
ALCOVE_INLINE ALCOVE_NODISCARD ALCOVE_NONNULL(2)
bool alcove_stack_temp(struct alcove_layout l, alcove_temp_fn *fn, void *arg,
                       struct alcove_error *err);

/* Bytes that a block may have here and now, the reserve taken off; 0 when that
 * is not known. What is above max_block is refused all the same, and on the
 * initial thread the kernel may refuse sooner (RLIMIT_AS).
 */
ALCOVE_API
size_t alcove_stack_remaining(void);

/* Where the running stack is and who said so, as static text: "initial",
 * "thread", "signal stack", "named". Returns false, with the reason in
 * `*source`, if that is not known; `*low` and `*size` (bytes) are 0 then.
 */
ALCOVE_API ALCOVE_NONNULL(1, 2, 3)
bool alcove_stack_bounds( const void **low, size_t *size, const char **source);

/* A stack allocator with limits of its own. The caller's; nothing to release;
 * may be shared by threads once it is initialised.
 */
struct alcove_stack {
    struct alcove_allocator allocator; /* pass &stack.allocator */
    size_t max_block;                  /* bytes */
    size_t reserve;                    /* bytes; 0: as for alcove_stack() */
};

/* Blocks of at most `max_block` bytes (0: ALCOVE_STACK_MAX_BLOCK) that leave at
 * least `reserve` bytes below them (0: as alcove_stack() does). Cannot fail.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_stack_init(struct alcove_stack *stack, size_t max_block,
                       size_t reserve);

/* For coroutines, fibers and other stacks of one's own making: from now on this
 * thread runs on the `size` bytes from `low` on, and on no other stack: blocks
 * on the thread's first stack are refused in the meantime. Call it after the
 * switch to that stack, or right before; `*saved` is for alcove_stack_leave,
 * and they nest. Returns false and changes nothing if and only if this library
 * has no stack allocator, or low + size is no address.
 */
struct alcove_stack_span {
    uintptr_t saved[6];
};
ALCOVE_API ALCOVE_NONNULL(3)
bool alcove_stack_enter(const void *low, size_t size,
                        struct alcove_stack_span *saved);

/* Back to what was known before the alcove_stack_enter that filled `*saved`,
 * on the same thread. */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_stack_leave( const struct alcove_stack_span *saved);

/* ---- the inline bodies ---- */

/* For any alignment, and for alignments up to 16. The order of the parameters
 * leaves most of them in their registers. Not for direct use. */
ALCOVE_API
bool alcove_stack_temp_any(size_t align, void *arg, alcove_temp_fn *fn,
                           size_t size, struct alcove_error *err);
ALCOVE_API
bool alcove_stack_temp_16(size_t align, void *arg, alcove_temp_fn *fn,
                          size_t size, struct alcove_error *err);

ALCOVE_INLINE bool
alcove_stack_temp(struct alcove_layout l, alcove_temp_fn *fn, void *arg,
                  struct alcove_error *err)
{
#if defined __GNUC__
    if (__builtin_constant_p(l.align) && l.align <= 16 &&
        (l.align ^ (l.align - 1)) > l.align - 1)
        return alcove_stack_temp_16(l.align, arg, fn, l.size, err);
#endif
    return alcove_stack_temp_any(l.align, arg, fn, l.size, err);
}

ALCOVE_END

#endif /* ALCOVE_STACK_H */
