/* SPDX-License-Identifier: MIT */
/* The stack of the initial thread where the kernel grows it: Linux.
 *
 * Its limit is a promise that RLIMIT_AS, a new RLIMIT_STACK or a mapping nearby
 * can break. So the kernel is made to map the memory before anything is placed
 * there, in a way that fails with an answer and not with a SIGSEGV.
 */
#ifndef ALCOVE_LIB_OS_INITIALSTACK_H
#define ALCOVE_LIB_OS_INITIALSTACK_H

#include <alcove/base.h>

/* Where the stack ends, and where it may grow to: at most `cap` bytes below.
 * False if this system has no such stack, or its kernel cannot be asked. */
bool alcove_initialstack_bounds(size_t cap, uintptr_t *floor, uintptr_t *top);

/* Is the calling thread the initial one? (Or the child of a fork, whose stack
 * may be any.) */
bool alcove_initialstack_is_mine(void);

/* Make the stack, which reaches down to `start`, reach down to `end` (or to the
 * page that has it). Returns how far down it reaches then. */
uintptr_t alcove_initialstack_extend(uintptr_t start, uintptr_t end);

#endif /* ALCOVE_LIB_OS_INITIALSTACK_H */
