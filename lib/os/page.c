/* SPDX-License-Identifier: MIT */
/* mmap and its kin. */
#include <config.h>

#include "page.h"

#if ALCOVE_HAVE_PAGE && ALCOVE_MMAP

#    include <errno.h>
#    include <sys/mman.h>
#    include <unistd.h>

#    ifndef MAP_ANONYMOUS
#        define MAP_ANONYMOUS MAP_ANON
#    endif
#    ifndef MAP_NORESERVE
#        define MAP_NORESERVE 0
#    endif

size_t
alcove_ospage_size(void)
{
    long size = sysconf(_SC_PAGESIZE);

    return size > 0 ? (size_t)size : 0;
}

void *
alcove_ospage_map(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

void *
alcove_ospage_reserve(size_t size)
{
    void *p = mmap(NULL, size, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

bool
alcove_ospage_unmap(void *p, size_t size)
{
    return munmap(p, size) == 0;
}

/* The system may have joined the mapping with its neighbours: then to cut takes
 * one more entry of its table, which can be full. All of it goes more easily.
 */
void *
alcove_ospage_keep(void *mapping, size_t before, size_t size, size_t after)
{
    char *start = (char *)mapping + before, *end = start + size;
    int saved;

    if (before != 0 && munmap(mapping, before) != 0)
        start = mapping;
    else if (after == 0 || munmap(end, after) == 0)
        return start;
    saved = errno;
    (void)munmap(start, (size_t)(end + after - start));
    errno = saved;
    return NULL;
}

bool
alcove_ospage_commit(void *p, size_t size)
{
    return mprotect(p, size, PROT_READ | PROT_WRITE) == 0;
}

/* A new mapping over the old one: no advice drops the contents everywhere. */
bool
alcove_ospage_decommit(void *p, size_t size)
{
    return mmap(p, size, PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
                0) != MAP_FAILED;
}

/* errno tells all. */
const char *
alcove_ospage_detail(const char *otherwise)
{
    return otherwise;
}

void
alcove_ospage_advise_huge(void *p, size_t size)
{
#    if ALCOVE_MADVISE_HUGEPAGE
    (void)madvise(p, size, MADV_HUGEPAGE);
#    else
    (void)p;
    (void)size;
#    endif
}

#    if ALCOVE_MREMAP

bool
alcove_ospage_extend(void *p, size_t old_size, size_t new_size)
{
    return mremap(p, old_size, new_size, 0) != MAP_FAILED;
}

void *
alcove_ospage_move(void *p, size_t old_size, size_t new_size)
{
    void *moved = mremap(p, old_size, new_size, MREMAP_MAYMOVE);

    return moved == MAP_FAILED ? NULL : moved;
}

#    else

bool
alcove_ospage_extend(void *p, size_t old_size, size_t new_size)
{
    (void)p;
    (void)old_size;
    (void)new_size;
    return false;
}

#    endif

#endif /* ALCOVE_HAVE_PAGE && ALCOVE_MMAP */
