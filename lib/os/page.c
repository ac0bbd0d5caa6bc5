/* SPDX-License-Identifier: MIT */
/* mmap and its kin. */
#include <config.h>

#include "page.h"

#if ALCOVE_HAVE_PAGE

#    include <sys/mman.h>
#    include <unistd.h>

#    ifndef MAP_ANONYMOUS
#        define MAP_ANONYMOUS MAP_ANON
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

bool
alcove_ospage_unmap(void *p, size_t size)
{
    return munmap(p, size) == 0;
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

#endif /* ALCOVE_HAVE_PAGE */
