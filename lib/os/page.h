/* SPDX-License-Identifier: MIT */
/* Pages from the operating system. Sizes and addresses are whole pages; errors
 * are in errno. */
#ifndef ALCOVE_LIB_OS_PAGE_H
#define ALCOVE_LIB_OS_PAGE_H

#include <alcove/base.h>

/* In bytes; 0 if the system does not tell. */
size_t alcove_ospage_size(void);

/* Fresh zeroed pages, or NULL. */
void *alcove_ospage_map(size_t size);

/* Give [p, p + size) back; any part of a mapping will do. */
bool alcove_ospage_unmap(void *p, size_t size);

/* Extend a mapping where it is; false, and nothing changed, if that cannot be.
 */
bool alcove_ospage_extend(void *p, size_t old_size, size_t new_size);

#if ALCOVE_MREMAP
/* The mapping with its contents, here or elsewhere, larger or smaller; NULL,
 * and nothing changed, if that cannot be. */
void *alcove_ospage_move(void *p, size_t old_size, size_t new_size);
#endif

#endif /* ALCOVE_LIB_OS_PAGE_H */
