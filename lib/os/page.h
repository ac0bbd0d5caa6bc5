/* SPDX-License-Identifier: MIT */
/* Pages from the operating system. Sizes and addresses are whole pages; errors
 * are in errno. page.c has the calls of POSIX, winpage.c those of Windows. */
#ifndef ALCOVE_LIB_OS_PAGE_H
#define ALCOVE_LIB_OS_PAGE_H

#include <alcove/base.h>

/* In bytes; 0 if the system does not tell. */
size_t alcove_ospage_size(void);

/* Fresh zeroed pages, or NULL. */
void *alcove_ospage_map(size_t size);

/* Addresses without memory: not to be touched before a commit. NULL if there
 * are none. */
void *alcove_ospage_reserve(size_t size);

/* Give [p, p + size) back: a mapping, or what follows any page of one. */
bool alcove_ospage_unmap(void *p, size_t size);

/* Of a mapping of before + size + after bytes, the `size` bytes in the middle:
 * the ends go back (their memory, where addresses go back as a whole only).
 * NULL if the system will not have them: then all of it is given back. */
void *alcove_ospage_keep(void *mapping, size_t before, size_t size,
                         size_t after);

/* Of a mapping of size + align - page bytes, the `size` bytes from its first
 * multiple of `align` on, a power of two and at least a page: the rest goes
 * back. NULL as above. */
static inline void *
alcove_ospage_cut(void *mapping, size_t size, size_t align)
{
    size_t over = (size_t)((uintptr_t)mapping & (align - 1));
    size_t before = over == 0 ? 0 : align - over;
    size_t after = align - alcove_ospage_size() - before;

    return alcove_ospage_keep(mapping, before, size, after);
}

/* Reserved pages become fresh zeroed ones; or, in case of false, not. */
bool alcove_ospage_commit(void *p, size_t size);

/* Committed pages become reserved ones, their contents lost; or, in case of
 * false, not. */
bool alcove_ospage_decommit(void *p, size_t size);

/* More about the last failure than errno tells: static text, or `otherwise`. */
const char *alcove_ospage_detail(const char *otherwise);

/* These pages had better be huge, where there are such: a hint. */
void alcove_ospage_advise_huge(void *p, size_t size);

/* Extend a mapping where it is; false, and nothing changed, if that cannot be.
 */
bool alcove_ospage_extend(void *p, size_t old_size, size_t new_size);

#if ALCOVE_MREMAP
/* The mapping with its contents, here or elsewhere, larger or smaller; NULL,
 * and nothing changed, if that cannot be. */
void *alcove_ospage_move(void *p, size_t old_size, size_t new_size);
#endif

#endif /* ALCOVE_LIB_OS_PAGE_H */
