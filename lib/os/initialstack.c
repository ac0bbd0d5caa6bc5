/* SPDX-License-Identifier: MIT */
/* Asking the kernel of Linux about the stack of the initial thread. */
#include <config.h>

#include "initialstack.h"

#if ALCOVE_THREAD_LOCAL_WORKS && ALCOVE_INITIAL_STACK

#    include <errno.h>
#    include <signal.h>
#    include <string.h>
#    include <sys/auxv.h>
#    include <sys/resource.h>
#    include <sys/syscall.h>
#    include <unistd.h>

#    if ALCOVE_VALGRIND
#        include <valgrind/valgrind.h>
#    else
#        define RUNNING_ON_VALGRIND 0
#    endif

/* The distance between two questions to the kernel: well below the gap of 1 MiB
 * that it keeps between a stack and the mapping below, so that no question can
 * reach over that gap. */
static const size_t step = (size_t)256 * 1024;

/* Can `address` be read? The kernel copies a signal set from there before it
 * looks at the first argument, which is nonsense: the answer is EFAULT or
 * EINVAL, and nothing is changed. A question about the stack makes it grow, as
 * an access would. */
static bool
is_readable(uintptr_t address)
{
    return syscall(SYS_rt_sigprocmask, -1, (const void *)address, NULL,
                   (size_t)(NSIG / 8)) != 0 &&
           errno == EINVAL;
}

static uintptr_t
page_start(uintptr_t address)
{
    return address & ~(uintptr_t)(getauxval(AT_PAGESZ) - 1);
}

/* The name of the program is the last thing on the stack's first page. */
static uintptr_t
stack_top(void)
{
    uintptr_t name = getauxval(AT_EXECFN);

    if (name == 0)
        return 0;
    return page_start(name + strlen((const char *)name)) + getauxval(AT_PAGESZ);
}

bool
alcove_initialstack_bounds(size_t cap, uintptr_t *floor, uintptr_t *top)
{
    struct rlimit limit;

    *top = stack_top();
    if (getrlimit(RLIMIT_STACK, &limit) != 0)
        return false;
    if (limit.rlim_cur > cap)
        limit.rlim_cur = cap;
    if (limit.rlim_cur >= *top) /* as it is, if that is not known */
        return false;
    *floor =
        page_start(*top - (uintptr_t)limit.rlim_cur - 1) + getauxval(AT_PAGESZ);
    /* The last page is nobody's: were it readable, questions would be no good.
     * (Nor is address 1, but to find that out takes the kernel a page fault.)
     */
    return RUNNING_ON_VALGRIND || !is_readable(page_start(UINTPTR_MAX));
}

bool
alcove_initialstack_is_mine(void)
{
    return syscall(SYS_gettid) == getpid();
}

/* Valgrind grows the stack at any access, and takes a question for a bug. */
uintptr_t
alcove_initialstack_extend(uintptr_t start, uintptr_t end)
{
    end = page_start(end);
    if (RUNNING_ON_VALGRIND)
        return start < end ? start : end;
    start = page_start(start);
    while (start > end) {
        uintptr_t next = start - end > step ? start - step : end;

        if (!is_readable(next))
            break;
        start = next;
    }
    return start;
}

#else

bool
alcove_initialstack_bounds(size_t cap, uintptr_t *floor, uintptr_t *top)
{
    (void)cap;
    (void)floor;
    (void)top;
    return false;
}

bool
alcove_initialstack_is_mine(void)
{
    return false;
}

uintptr_t
alcove_initialstack_extend(uintptr_t start, uintptr_t end)
{
    (void)end;
    return start;
}

#endif
