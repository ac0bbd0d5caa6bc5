/* SPDX-License-Identifier: MIT */
/* How a block is placed in a frame, for the two allocators that do it: stack
 * and scratch. The conditions are the caller's to check, in functions that are
 * ALCOVE_PLACES_BLOCK. */
#ifndef ALCOVE_LIB_BACKEND_STACK_H
#define ALCOVE_LIB_BACKEND_STACK_H

#include <alcove/stack.h>

#if ALCOVE_HAVE_STACK

#    include "../os/stackspan.h"

#    include ALCOVE_ALLOCA_HEADER
#    ifndef alloca
#        define alloca(size) __builtin_alloca(size)
#    endif

/* The running frame. Where gcc writes SEH's tables, exceptions do not find the
 * registers that a function with both alloca and __builtin_frame_address has
 * saved (gcc 12). */
#    ifdef __SEH__
#        define ALCOVE_FRAME ((uintptr_t)__builtin_dwarf_cfa())
#    else
#        define ALCOVE_FRAME ((uintptr_t)__builtin_frame_address(0))
#    endif

/* `size` bytes below the frame. The compiler's plain alloca aligns its result
 * once more; where it can be told not to, that saves two instructions. */
#    if ALCOVE_ALLOCA_WITH_ALIGN
#        define ALCOVE_PUSH(size) __builtin_alloca_with_align(size, 64)
#    else
#        define ALCOVE_PUSH(size) alloca(size)
#    endif

/* Call `fn` with a block of `need` bytes, `below` less than its alignment, and
 * have something left to do then. */
#    define ALCOVE_PLACE(need, below, fn, arg)                                 \
        do {                                                                   \
            uintptr_t start_ = (uintptr_t)ALCOVE_PUSH(need) + (below);         \
                                                                               \
            (fn)((void *)(start_ - (start_ & (below))), arg);                  \
            __asm__ volatile("" : : : "memory");                               \
        } while (0)

/* How far this frame is above the lowest address for a block. */
#    define ALCOVE_ABOVE (ALCOVE_FRAME - alcove_stackspan_here.low)

/* Is it inside the cached span, and are there `need` bytes below it? */
#    define ALCOVE_FITS(need, above)                                           \
        ((above) < alcove_stackspan_here.room && (need) <= (above))

/* As alcove_stack_temp for a valid layout of non-zero size; false means that
 * the block does not fit, and leaves errno alone. */
bool alcove_stack_try(struct alcove_layout l, alcove_temp_fn *fn, void *arg);

/* What the stack allocator says when it does not. Returns false. */
bool alcove_stack_refuse(struct alcove_layout l, struct alcove_error *err);

#endif /* ALCOVE_HAVE_STACK */

#endif /* ALCOVE_LIB_BACKEND_STACK_H */
