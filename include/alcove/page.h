/* SPDX-License-Identifier: MIT */
/* Whole pages from the operating system: mmap and munmap, or, on Windows,
 * VirtualAlloc and VirtualFree.
 *
 * - A block takes whole pages, whatever its size: the smallest is a page.
 * - Fresh pages are 0, so zalloc costs nothing extra.
 * - A release gives the pages back to the system at once.
 * - Shrinking works in place; growing does where the system can extend a
 *   mapping (mremap), and moves pages instead of copying bytes; on Windows, up
 *   to the size that the block once had.
 * - LeakSanitizer sees the pointers that are kept in live blocks.
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

/* In bytes. */
#define ALCOVE_HUGEPAGE_SIZE ((size_t)2 * 1024 * 1024)

/* The same for huge pages: blocks are aligned to ALCOVE_HUGEPAGE_SIZE at least,
 * their sizes rounded up to it, and the system is advised to make their pages
 * huge ones where it can (MADV_HUGEPAGE); elsewhere they are plain ones. The
 * first touch of a block then costs a fraction, and takes 2 MiB at a time. A
 * block that cannot be resized in place is copied.
 */
ALCOVE_API ALCOVE_CONST
struct alcove_allocator *alcove_hugepage(void);

/* One block that grows in place: a range of addresses that gets its memory as
 * the block grows. An arena over it (see alcove_arena_init) needs one chunk
 * only, and a growing array never moves.
 *
 * - There is one block at a time. It begins where the range does, at a multiple
 *   of ALCOVE_HUGEPAGE_SIZE, and is aligned to that, or more as it happens.
 * - Its size may change within the range, in place. Memory is taken in steps of
 *   an eighth of its size, 64 KiB at least and 512 KiB at most, and given back
 *   so that at most twice that lies beyond the block.
 * - Its release gives all memory back to the system, and keeps the addresses.
 * - It refuses wrong blocks and layouts (ALCOVE_CAN_CHECKED, ALCOVE_CAN_OWNS).
 * - One thread at a time.
 *
 * Invariants: committed <= size, both in whole pages; the block's pages are
 * committed; without a block, nothing is.
 */
struct alcove_page_reserve {
    struct alcove_allocator allocator; /* pass &reserve.allocator */
    char *start;                       /* NULL: no range */
    size_t size;                       /* bytes of addresses */
    size_t committed;                  /* bytes of memory, from the start on */
    struct alcove_layout block;        /* size 0: none */
    size_t page, step;                 /* bytes: of a page, to take at once */
    bool huge;
};

/* Reserve `size` bytes of addresses, rounded up to pages. They cost no memory,
 * but count for RLIMIT_AS.
 * Fails, with `*reserve` as it was, if and only if
 * - `size` is 0: OTHER, with errno EINVAL,
 * - `size` rounded up to pages, plus ALCOVE_HUGEPAGE_SIZE, is no valid size:
 *   EXCEEDS_MAX,
 * - the system has no such range to give: ALLOC_FAILED, cause OS, with errno,
 * - or the library has no pages (ALCOVE_HAVE_PAGE): UNSUPPORTED.
 *
 * Allocation and growth fail if and only if (all ALLOC_FAILED)
 * - a block is live, and this is another one: cause LIMIT, limit 0,
 * - the size is larger than the range: cause LIMIT, with the range's size,
 * - the range's start is not aligned so: cause OTHER,
 * - or the system has no memory: cause OS, with errno.
 * A release fails if and only if the block is not the live one (NOT_OWNED), its
 * layout another (LAYOUT_MISMATCH), or the system refuses to take the pages
 * back (OTHER, with errno): the block is then live still.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
bool alcove_page_reserve_init(struct alcove_page_reserve *reserve, size_t size,
                              struct alcove_error *err);

/* The same with huge pages, as alcove_hugepage() has them: sizes are rounded
 * up to ALCOVE_HUGEPAGE_SIZE, and memory is taken in steps of it.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
bool alcove_hugepage_reserve_init(struct alcove_page_reserve *reserve,
                                  size_t size, struct alcove_error *err);

/* Give the range back to the system, its block with it. Cannot fail; done once
 * more is a no-op. Every block is refused from now on.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_page_reserve_done(struct alcove_page_reserve *reserve);

ALCOVE_END

#endif /* ALCOVE_PAGE_H */
