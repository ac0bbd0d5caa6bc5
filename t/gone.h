/* SPDX-License-Identifier: MIT */
/* Is memory that was given back gone? */
#ifndef GONE_H
#define GONE_H

#include <alcove/page.h>

#include "../lib/os/tools.h"

#include <errno.h>
#include <stdbool.h>

#if ALCOVE_VIRTUALALLOC
#    include <windows.h>
#elif ALCOVE_HAVE_PAGE
#    include <sys/mman.h>
#endif

#if ALCOVE_HAVE_PAGE && !ALCOVE_VIRTUALALLOC

/* Does the system say that there is no page at `p`? msync does by POSIX; but
 * qemu-user hands it on to where all addresses of a 32-bit guest are mapped. */
static inline bool
gone_by_system(char *p)
{
#    ifdef __linux__
    unsigned char in_core;

    return mincore(p, alcove_page_size(), &in_core) != 0;
#    else
    return msync(p, alcove_page_size(), MS_ASYNC) != 0;
#    endif
}

#endif

/* Is there none in the page that begins at `p`? (Valgrind would report the
 * question.) errno is left alone. */
static inline bool
gone_page(char *p)
{
#if ALCOVE_VIRTUALALLOC
    MEMORY_BASIC_INFORMATION what;

    return VirtualQuery(p, &what, sizeof what) != 0 && what.State != MEM_COMMIT;
#elif ALCOVE_HAVE_PAGE
    int saved = errno;
    bool gone = alcove_tools_watch() || gone_by_system(p);

    errno = saved;
    return gone;
#else
    (void)p;
    return true;
#endif
}

/* None in the first page, and in the last? */
static inline bool
gone(char *p, size_t size)
{
    return gone_page(p) && gone_page(p + size - alcove_page_size());
}

#endif /* GONE_H */
