/* SPDX-License-Identifier: MIT */
/* Whole pages from the operating system: mmap and munmap.
 *
 * - A block takes whole pages, whatever its size: the smallest is a page.
 * - Fresh pages are 0, so zalloc costs nothing extra.
 * - A release gives the pages back to the system at once.
 * - Shrinking works in place; growing does where the system can extend a
 *   mapping (mremap), and moves pages instead of copying bytes.
 */
#ifndef ALCOVE_PAGE_H
#define ALCOVE_PAGE_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* Shared by all threads. Never fails. Allocation fails if and only if the
 * system has no such mapping to give (ALLOC_FAILED, cause OS, with errno), or
 * the size rounded up to pages, plus an alignment that is larger than a page,
 * is no valid size (EXCEEDS_MAX). A release fails if and only if the system
 * refuses to unmap the pages (OTHER, with errno).
 */
ALCOVE_API ALCOVE_CONST
struct alcove_allocator *alcove_page(void);

/* The size of a page in bytes, a power of two; 0 where there are no pages. */
ALCOVE_API
size_t alcove_page_size(void);

ALCOVE_END

#endif /* ALCOVE_PAGE_H */
