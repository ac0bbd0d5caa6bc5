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
 * once, by secure_getenv) every temporary block comes from the heap.
 */
#ifndef ALCOVE_SCRATCH_H
#define ALCOVE_SCRATCH_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* Shared by all threads. Never fails. A temporary is refused if and only if its
 * layout is not valid, or neither the stack nor the heap has room; the error
 * then is the heap's (UNSUPPORTED in a library without malloc). Scopes that
 * nest share the stack: the outer ones' blocks leave less for the inner ones.
 */
ALCOVE_API ALCOVE_CONST
struct alcove_allocator *alcove_scratch(void);

ALCOVE_END

#endif /* ALCOVE_SCRATCH_H */
