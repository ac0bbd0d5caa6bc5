/* SPDX-License-Identifier: MIT */
/* What does a write there do? A child is asked: it writes, and is spared, or
 * gets a signal that tells the page. Windows tells by itself. */
#ifndef FAULT_H
#define FAULT_H

#include <alcove/page.h>

#include "guard.h"

#include <stdint.h>
#include <stdio.h>
#if ALCOVE_VIRTUALALLOC
#    include <windows.h>
#else
#    include <signal.h>
#    include <sys/wait.h>
#    include <unistd.h>
#endif

enum { SPARED, KILLED, ASTRAY, UNKNOWN };

#if ALCOVE_VIRTUALALLOC

static inline int
write_to(char *p)
{
    return IsBadWritePtr(p, 1) ? KILLED : SPARED;
}

#else

static const char *target;

static inline void
die(int number, siginfo_t *info, void *context)
{
    uintptr_t off = (uintptr_t)info->si_addr ^ (uintptr_t)target;

    (void)number;
    (void)context;
#    if ALCOVE_VALGRIND
    VALGRIND_ENABLE_ERROR_REPORTING;
#    endif
    /* Machines that tell the page only (s390x) are good enough. */
    _exit(off < alcove_page_size() ? KILLED : ASTRAY);
}

static inline int
write_to(char *p)
{
    struct sigaction act;
    pid_t child;
    int status;

    memset(&act, 0, sizeof act);
    act.sa_sigaction = die;
    act.sa_flags = SA_SIGINFO;
    target = p;
    fflush(stdout);
    child = fork();
    if (child < 0)
        return UNKNOWN;
    if (child == 0) {
        (void)sigaction(SIGSEGV, &act, NULL);
        (void)sigaction(SIGBUS, &act, NULL);
#    if ALCOVE_VALGRIND
        VALGRIND_DISABLE_ERROR_REPORTING;
#    endif
        poke(p, 0, 1);
#    if ALCOVE_VALGRIND
        VALGRIND_ENABLE_ERROR_REPORTING;
#    endif
        _exit(SPARED);
    }
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return UNKNOWN;
    return WEXITSTATUS(status);
}

#endif

static inline bool
kills(char *p)
{
    return write_to(p) == KILLED;
}

static inline bool
spares(char *p)
{
    return write_to(p) == SPARED;
}

#endif /* FAULT_H */
