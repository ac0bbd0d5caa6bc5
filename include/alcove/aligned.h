/* SPDX-License-Identifier: MIT */
/* The C library's own functions for aligned blocks, each as an allocator. A
 * block, if not of size 0, may be given to free(), or to _aligned_free() if it
 * is Windows' _aligned_malloc that it comes from. alcove_malloc() serves every
 * alignment too, and faster: these are for who needs just these functions.
 */
#ifndef ALCOVE_ALIGNED_H
#define ALCOVE_ALIGNED_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* Shared by all threads. Never fail. Allocation fails if and only if the
 * function does (ALLOC_FAILED, cause OS, with its error), or its own rules make
 * the layout too large (EXCEEDS_MAX): see alcove_layout_to_posix_memalign and
 * alcove_layout_to_aligned_alloc.
 */
ALCOVE_API ALCOVE_CONST
struct alcove_allocator *alcove_posix_memalign(void);
ALCOVE_API ALCOVE_CONST
struct alcove_allocator *alcove_aligned_alloc(void);

/* _aligned_malloc, _aligned_realloc and _aligned_free: Windows only. Allocation
 * and growth fail if and only if these do, for lack of memory (ALLOC_FAILED,
 * cause OS, with errno). A block that gets another alignment is copied.
 */
ALCOVE_API ALCOVE_CONST
struct alcove_allocator *alcove_aligned_malloc(void);

ALCOVE_END

#endif /* ALCOVE_ALIGNED_H */
