/* SPDX-License-Identifier: MIT */
/* The heap: malloc, calloc, realloc and free, for every alignment.
 *
 * A block whose alignment malloc itself gives is just malloc's. For larger
 * alignments the block is cut out of a larger one, which costs a fraction of
 * posix_memalign's time and a few bytes more memory; from an alignment of 4096
 * on it comes from posix_memalign or what there is of its kind.
 */
#ifndef ALCOVE_MALLOC_H
#define ALCOVE_MALLOC_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* Shared by all threads. Never fails. Allocation fails if and only if malloc
 * or its kin does, or the larger block that the alignment takes is no valid
 * size: ALLOC_FAILED, cause OS, with errno.
 */
ALCOVE_API ALCOVE_CONST
struct alcove_allocator *alcove_malloc(void);

/* Is a block with layout `l` from alcove_malloc() one that malloc returned, so
 * that it may be given to free(), and one from malloc(l.size) be released
 * here? True if and only if this library has its malloc backend, `l` is valid
 * and not of size 0, and the alignment is at most that of max_align_t and at
 * most the size of two pointers.
 */
ALCOVE_API ALCOVE_CONST
bool alcove_malloc_is_plain(struct alcove_layout l);

ALCOVE_END

#endif /* ALCOVE_MALLOC_H */
