/* SPDX-License-Identifier: MIT */
/* backtrace(): glibc's, and those like it. musl has none, and elsewhere it is
 * in a library that nobody asked for. */
#include <config.h>

#include "backtrace.h"

#if ALCOVE_BACKTRACE

#    include <errno.h>
#    include <execinfo.h>
#    include <string.h>

/* At most so many frames are the library's own. */
enum { OWN = 16 };

void
alcove_osbacktrace_prepare(void)
{
    int saved = errno;
    void *frame;

    (void)backtrace(&frame, 1);
    errno = saved;
}

size_t
alcove_osbacktrace(const void *site, void **frames, size_t count)
{
    void *all[ALCOVE_OSBACKTRACE_MAX + OWN];
    int saved = errno, found, first = 0;

    found = backtrace(all, (int)count + OWN);
    errno = saved;
    while (first < found && all[first] != site)
        first++;
    if (count > (size_t)(found - first))
        count = (size_t)(found - first);
    memcpy(frames, all + first, count * sizeof *frames);
    return count;
}

bool
alcove_osbacktrace_name(void *frame, int fd)
{
    backtrace_symbols_fd(&frame, 1, fd);
    return true;
}

#else

void
alcove_osbacktrace_prepare(void)
{
}

size_t
alcove_osbacktrace(const void *site, void **frames, size_t count)
{
    (void)site;
    (void)frames;
    (void)count;
    return 0;
}

bool
alcove_osbacktrace_name(void *frame, int fd)
{
    (void)frame;
    (void)fd;
    return false;
}

#endif
