/* SPDX-License-Identifier: MIT */
/* alcove: the allocator interface for C.
 *
 *     struct alcove_allocator *a = alcove_malloc();
 *     struct alcove_error err;
 *     struct point *p = ALCOVE_NEW(a, struct point, &err);
 *
 * A library takes `struct alcove_allocator *` where it needs memory, a program
 * decides which one that is, and both can say why memory was not to be had.
 *
 * Ten promises
 *
 *  1. A layout is always explicit: size and alignment, at allocation and at
 *     release.
 *  2. Nothing is trusted: an invalid layout, an overflow, an unsupported
 *     operation is refused with an error at the door, before any allocator sees
 *     it. For layouts that are constants the check costs nothing.
 *  3. Size 0 is one rule: the block is a pointer that is not NULL, aligned, and
 *     not to be dereferenced; releasing it is a no-op.
 *  4. Failure is a value: NULL or false, errno, and a filled struct
 *     alcove_error if the caller passed one. The library never prints, aborts
 *     or exits. Success leaves errno alone, that of a release too.
 *  5. Failure changes nothing: after a failed grow, shrink or realloc the old
 *     block is whole, valid, and still the caller's.
 *  6. Capabilities are told, not guessed: alcove_features says what an
 *     allocator can do, alcove_require refuses at the start what would fail in
 *     the middle.
 *  7. A scope gives back: the block of a temporary allocation is gone when its
 *     callback is, however that ends: return, C++ exception, pthread_exit,
 *     pthread_cancel. (longjmp gives back blocks on the stack only.)
 *  8. The stack is never overrun: the stack allocator knows how much is left,
 *     keeps a reserve, and refuses, with the bytes left in the error.
 *  9. No hidden state, no hidden allocation: the caller allocates every struct.
 *     There are no global settings but switches for debugging in the
 *     environment, and the list of locked allocators, which fork must know; no
 *     thread-local state but the bounds of the stack and the no-allocation
 *     zones that the thread is in.
 * 10. Tools see the truth: AddressSanitizer, Valgrind and LeakSanitizer find
 *     the same bugs as with malloc.
 *
 * Conventions, written here once
 *
 * - Sizes, alignments and offsets are bytes; counts are items.
 * - Functions that can fail return bool (true: done) or a pointer (NULL: not
 *   done). The error comes last and may be NULL.
 * - Parameters come in this order: allocator, pointer, old layout, new layout,
 *   inputs, outputs, error.
 * - Structs are allocated by the caller. Their fields are visible so that this
 *   is possible, and private unless described.
 * - Nothing here may be called from a signal handler unless it says so.
 * - A freestanding library (ALCOVE_FREESTANDING) has what needs no operating
 *   system, and nothing else is declared; it knows neither errno nor threads nor
 *   an environment.
 */
#ifndef ALCOVE_H
#define ALCOVE_H

#include <alcove/alloc.h>
#include <alcove/arena.h>
#include <alcove/box.h>
#include <alcove/error.h>
#include <alcove/fail.h>
#include <alcove/fallback.h>
#include <alcove/foreign.h>
#include <alcove/layout.h>
#include <alcove/limit.h>
#include <alcove/null.h>
#include <alcove/pool.h>
#include <alcove/seal.h>
#include <alcove/segregate.h>
#include <alcove/sizeclass.h>
#include <alcove/stats.h>
#include <alcove/temp.h>
#include <alcove/thin.h>
#include <alcove/vec.h>

#if !ALCOVE_FREESTANDING
#    include <alcove/aligned.h>
#    include <alcove/backends.h>
#    include <alcove/bridge.h>
#    include <alcove/guard.h>
#    include <alcove/heapalloc.h>
#    include <alcove/locked.h>
#    include <alcove/malloc.h>
#    include <alcove/page.h>
#    include <alcove/scratch.h>
#    include <alcove/stack.h>
#    include <alcove/string.h>
#    include <alcove/trace.h>
#endif

#endif /* ALCOVE_H */
