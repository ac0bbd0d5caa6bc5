/* SPDX-License-Identifier: MIT */
/* VirtualAlloc and its kin.
 *
 * Windows gives addresses back as they were reserved, and not in part: what is
 * cut off loses its memory, and keeps its addresses until the rest goes. */
#include <config.h>

#include "page.h"

#if ALCOVE_HAVE_PAGE && !ALCOVE_MMAP

#    include "winerror.h"

#    include <errno.h>
#    include <windows.h>

/* errno says why not. */
static bool
told(bool done)
{
    if (!done)
        errno = alcove_winerror_errno();
    return done;
}

size_t
alcove_ospage_size(void)
{
    SYSTEM_INFO info;

    GetSystemInfo(&info);
    return info.dwPageSize;
}

static void *
allocate(size_t size, DWORD type, DWORD access)
{
    void *p = VirtualAlloc(NULL, size, type, access);

    (void)told(p != NULL);
    return p;
}

void *
alcove_ospage_map(size_t size)
{
    return allocate(size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void *
alcove_ospage_reserve(size_t size)
{
    return allocate(size, MEM_RESERVE, PAGE_NOACCESS);
}

/* Is all memory of the reservation that `p` is in, if any, at `p` and above?
 * Its start is what can be given back. */
static bool
is_first(const void *p, void **start)
{
    MEMORY_BASIC_INFORMATION here, first;

    if (VirtualQuery(p, &here, sizeof here) == 0)
        return false;
    *start = here.AllocationBase;
    if (p == here.AllocationBase)
        return true;
    return VirtualQuery(here.AllocationBase, &first, sizeof first) != 0 &&
           first.State == MEM_RESERVE &&
           (char *)first.BaseAddress + first.RegionSize >= (const char *)p;
}

bool
alcove_ospage_unmap(void *p, size_t size)
{
    void *start;

    if (is_first(p, &start))
        return told(VirtualFree(start, 0, MEM_RELEASE));
    return alcove_ospage_decommit(p, size);
}

void *
alcove_ospage_keep(void *mapping, size_t before, size_t size, size_t after)
{
    char *start = (char *)mapping + before, *end = start + size;
    int saved;

    if ((before == 0 || alcove_ospage_decommit(mapping, before)) &&
        (after == 0 || alcove_ospage_decommit(end, after)))
        return start;
    saved = errno;
    (void)VirtualFree(mapping, 0, MEM_RELEASE);
    errno = saved;
    return NULL;
}

bool
alcove_ospage_commit(void *p, size_t size)
{
    return told(VirtualAlloc(p, size, MEM_COMMIT, PAGE_READWRITE) != NULL);
}

bool
alcove_ospage_decommit(void *p, size_t size)
{
    return told(VirtualFree(p, size, MEM_DECOMMIT));
}

const char *
alcove_ospage_detail(const char *otherwise)
{
    return alcove_winerror_detail(otherwise);
}

/* Large pages take a privilege that hardly any program has. */
void
alcove_ospage_advise_huge(void *p, size_t size)
{
    (void)p;
    (void)size;
}

/* Into what the same reservation has left, because a block was cut out of it,
 * or has been larger. */
bool
alcove_ospage_extend(void *p, size_t old_size, size_t new_size)
{
    char *end = (char *)p + old_size;
    MEMORY_BASIC_INFORMATION here, next;

    return VirtualQuery(p, &here, sizeof here) != 0 &&
           VirtualQuery(end, &next, sizeof next) != 0 &&
           next.AllocationBase == here.AllocationBase &&
           next.State == MEM_RESERVE &&
           next.RegionSize >= new_size - old_size &&
           alcove_ospage_commit(end, new_size - old_size);
}

#endif /* ALCOVE_HAVE_PAGE && !ALCOVE_MMAP */
