/* SPDX-License-Identifier: MIT */
/* Who called, of a stack that is pretended: the frames from the caller of the
 * library outwards, none of its own. */
#include <config.h>

#include "tap.h"

#if !ALCOVE_BACKTRACE

int
main(void)
{
    return tap_skip_all("there is no backtrace()");
}

#else

#    include <errno.h>
#    include <execinfo.h>
#    include <string.h>

static char stack[40]; /* the frame n of it is stack + n */
static int asked, named_fd, named_count;
static void *named;

static int
told_frames(void **frames, int count)
{
    int i;

    asked = count;
    errno = ENOMEM;
    for (i = 0; i < count && i < (int)sizeof stack; i++)
        frames[i] = stack + i;
    return i;
}

static void
told_names(void *const *frames, int count, int fd)
{
    named = *frames;
    named_count = count;
    named_fd = fd;
}

#    define alcove_osbacktrace_prepare tested_prepare
#    define alcove_osbacktrace tested_backtrace
#    define alcove_osbacktrace_name tested_name
#    define backtrace told_frames
#    define backtrace_symbols_fd told_names
#    include "../lib/os/backtrace.c"

/* Are these `count` frames, from that of number `site` on? */
static bool
finds(size_t site, size_t count, size_t want)
{
    void *frames[ALCOVE_OSBACKTRACE_MAX + 1];
    size_t i, found;

    memset(frames, 0, sizeof frames);
    errno = 0;
    found = alcove_osbacktrace(stack + site, frames, count);
    for (i = 0; i < want; i++)
        if (frames[i] != stack + site + i)
            return false;
    return found == want && !frames[want] && errno == 0;
}

int
main(void)
{
    tap_plan(7);
    errno = 0;
    alcove_osbacktrace_prepare();
    ok(asked == 1 && errno == 0, "a first call loads what backtrace() needs");
    ok(finds(0, 5, 5) && finds(3, 5, 5),
       "there are as many frames as are asked for, from the site outwards");
    ok(finds(16, 1, 1) && finds(16, ALCOVE_OSBACKTRACE_MAX, 24),
       "...behind up to 16 of the library's own");
    ok(finds(17, 1, 0) && finds(sizeof stack, ALCOVE_OSBACKTRACE_MAX, 0),
       "a site that is farther away is not found");
    ok(finds(8, ALCOVE_OSBACKTRACE_MAX, 32) &&
           finds(10, ALCOVE_OSBACKTRACE_MAX, 30),
       "there are no more than the stack has");
    ok(finds(3, 0, 0), "...and none if none are asked for");
    ok(alcove_osbacktrace_name(stack + 7, 2) && named == stack + 7 &&
           named_count == 1 && named_fd == 2,
       "a frame is written by name, and no other");
    return tap_done();
}

#endif
