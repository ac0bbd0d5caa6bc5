/* SPDX-License-Identifier: MIT */
/* The process's heap of Windows: HeapAlloc, HeapReAlloc and HeapFree.
 *
 * - A block whose alignment is at most the size of two pointers is HeapAlloc's
 *   own, and may be given to HeapFree(GetProcessHeap(), ...). For larger
 *   alignments it is cut out of a larger one.
 * - Blocks grow and shrink in place where the heap can do so.
 */
#ifndef ALCOVE_HEAPALLOC_H
#define ALCOVE_HEAPALLOC_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* Shared by all threads. Never fails. Allocation fails if and only if HeapAlloc
 * or HeapReAlloc does, or the larger block that the alignment takes is no valid
 * size: ALLOC_FAILED, cause OS, with errno. A release fails if and only if
 * HeapFree does: OTHER, with errno.
 */
ALCOVE_API ALCOVE_CONST
struct alcove_allocator *alcove_heapalloc(void);

ALCOVE_END

#endif /* ALCOVE_HEAPALLOC_H */
