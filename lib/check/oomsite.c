/* SPDX-License-Identifier: MIT */
/* backtrace(), where there is one. */
#include <config.h>

#include "oomsite.h"

#include <stdio.h>
#if ALCOVE_BACKTRACE
#    include <errno.h>
#    include <execinfo.h>
#    include <stdlib.h>
#    include <string.h>
#endif

#if ALCOVE_BACKTRACE

enum { OWN = 16 }; /* frames that are the driver's at most */

void
alcove_oom_site_prepare(void)
{
    void *frame;
    int saved = errno;

    (void)backtrace(&frame, 1);
    errno = saved;
}

static void
look_outwards(struct oom_site *site, const void *caller)
{
    void *all[OOM_FRAMES + OWN];
    int saved = errno, found = backtrace(all, OOM_FRAMES + OWN), i;

    errno = saved;
    for (i = 0; i < found && all[i] != caller; i++)
        ;
    if (i == found)
        return;
    for (site->count = 0; i < found && site->count < OOM_FRAMES; i++)
        site->frames[site->count++] = all[i];
}

/* glibc writes "file(function+0x12) [0x5581a0]": without the address it stays
 * the same from run to run. */
static bool
has_name(void *frame, char *buf, size_t size)
{
    char **names = backtrace_symbols(&frame, 1), *end;
    bool good;

    if (!names)
        return false;
    end = strstr(names[0], " [0x");
    if (end && end != names[0])
        *end = '\0';
    good = !strstr(names[0], "(alcove_");
    snprintf(buf, size, "%s", names[0]);
    free(names);
    return good;
}

#else

void
alcove_oom_site_prepare(void)
{
}

static void
look_outwards(struct oom_site *site, const void *caller)
{
    (void)site;
    (void)caller;
}

static bool
has_name(void *frame, char *buf, size_t size)
{
    (void)frame;
    (void)buf;
    (void)size;
    return false;
}

#endif

void
alcove_oom_site_find(struct oom_site *site, void *caller)
{
    site->frames[0] = caller;
    site->count = caller != NULL;
    look_outwards(site, caller);
}

void
alcove_oom_site_name(const struct oom_site *site, char *buf, size_t size)
{
    size_t i;

    if (site->count == 0) {
        snprintf(buf, size, "a place that is not known");
        return;
    }
    for (i = 0; i < site->count; i++)
        if (has_name(site->frames[i], buf, size))
            return;
    snprintf(buf, size, "%p", site->frames[0]);
}

ALCOVE_WRAPS size_t
alcove_oom_site_number(const struct oom_site *site)
{
    uint64_t h = 0;
    size_t i;

    for (i = 0; i < site->count && i < 4; i++)
        h = (h ^ (uintptr_t)site->frames[i]) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(h >> (64 - 8 * sizeof(size_t)));
}
