/* SPDX-License-Identifier: MIT */
/* The stack of the initial thread, as a kernel that is pretended tells of it:
 * where it ends, how deep it may be, and how far down it reaches. */
#include <config.h>

#include "tap.h"

#if !ALCOVE_THREAD_LOCAL_WORKS || !ALCOVE_INITIAL_STACK

int
main(void)
{
    return tap_skip_all("no kernel is asked for its initial stack here");
}

#else

#    include <errno.h>
#    include <signal.h>
#    include <stdarg.h>
#    include <string.h>
#    include <sys/auxv.h>
#    include <sys/resource.h>
#    include <sys/syscall.h>
#    include <unistd.h>
#    if ALCOVE_VALGRIND
#        include <valgrind/valgrind.h>
#        undef RUNNING_ON_VALGRIND
#        define RUNNING_ON_VALGRIND kernel.valgrind
#    endif

#    define KIB ((size_t)1024)
#    define PAGE (4 * KIB)

static struct {
    const char *name; /* of the program */
    rlim_t limit;
    bool valgrind, no_limit, reads_all, does_all;
    uintptr_t deepest; /* the stack may grow down to here */
    unsigned questions;
    long thread;
} kernel;

static unsigned long
told_auxval(unsigned long type)
{
    return type == AT_PAGESZ   ? PAGE
           : type == AT_EXECFN ? (unsigned long)(uintptr_t)kernel.name
                               : 0;
}

static int
told_limit(int resource, struct rlimit *limit)
{
    limit->rlim_cur = resource == RLIMIT_STACK ? kernel.limit : 0;
    limit->rlim_max = RLIM_INFINITY;
    return kernel.no_limit ? -1 : 0;
}

/* The size of a set is looked at first, then what is in it, then the rest. The
 * last page is nobody's. */
static long
told_mask(int how, uintptr_t set, size_t size)
{
    kernel.questions++;
    errno = EINVAL;
    if (size != NSIG / 8)
        return -1;
    if (!kernel.reads_all && (set < kernel.deepest || set > UINTPTR_MAX - PAGE))
        errno = EFAULT;
    else if (kernel.does_all || how == SIG_BLOCK || how == SIG_UNBLOCK ||
             how == SIG_SETMASK)
        return 0;
    return -1;
}

static long
told_call(long number, ...)
{
    va_list rest;
    uintptr_t set;
    size_t size;
    int how;

    if (number == SYS_gettid)
        return kernel.thread;
    va_start(rest, number);
    how = va_arg(rest, int);
    set = (uintptr_t)va_arg(rest, void *);
    (void)va_arg(rest, void *);
    size = va_arg(rest, size_t);
    va_end(rest);
    return number == SYS_rt_sigprocmask ? told_mask(how, set, size) : -1;
}

static pid_t
told_process(void)
{
    return 100;
}

#    define alcove_initialstack_bounds tested_bounds
#    define alcove_initialstack_is_mine tested_is_mine
#    define alcove_initialstack_extend tested_extend
#    define getauxval told_auxval
#    define getrlimit(resource, limit) told_limit((int)(resource), limit)
#    define syscall told_call
#    define getpid told_process
#    include "../lib/os/initialstack.c"

static char memory[4 * 4096];
static uintptr_t page; /* the first whole one there */

/* The name ends right behind `end`. */
static void
begin(uintptr_t end, rlim_t limit)
{
    memset(&kernel, 0, sizeof kernel);
    memset(memory, 'x', sizeof memory);
    *(char *)end = '\0';
    kernel.name = (char *)end - 7;
    kernel.limit = limit;
    kernel.deepest = 100 * PAGE;
}

static bool
bounds(size_t cap, uintptr_t want_floor, uintptr_t want_top)
{
    uintptr_t floor = 0, top = 0;

    return alcove_initialstack_bounds(cap, &floor, &top) &&
           floor == want_floor && top == want_top;
}

static bool
no_bounds(size_t cap)
{
    uintptr_t floor, top;

    return !alcove_initialstack_bounds(cap, &floor, &top);
}

static void
test_bounds(void)
{
    begin(page + 100, 5 * PAGE);
    ok(bounds(SIZE_MAX, page - 4 * PAGE, page + PAGE),
       "the stack ends with the page of the program's name");
    begin(page + PAGE - 1, 5 * PAGE);
    ok(bounds(SIZE_MAX, page - 4 * PAGE, page + PAGE), "...to its last byte");
    begin(page + PAGE, 5 * PAGE);
    ok(bounds(SIZE_MAX, page - 3 * PAGE, page + 2 * PAGE),
       "...that of the name's end");
    begin(page, 5 * PAGE - 1);
    ok(bounds(SIZE_MAX, page - 3 * PAGE, page + PAGE),
       "it is as deep as its limit, in whole pages");
    begin(page, 5 * PAGE + 1);
    ok(bounds(SIZE_MAX, page - 4 * PAGE, page + PAGE), "...that it has");
    ok(bounds(5 * PAGE + 2, page - 4 * PAGE, page + PAGE) &&
           bounds(3 * PAGE, page - 2 * PAGE, page + PAGE),
       "...and no deeper than the caller will have it");
    begin(page, page + PAGE);
    ok(no_bounds(SIZE_MAX), "its limit may not reach below address 0");
    kernel.limit--;
    ok(bounds(SIZE_MAX, PAGE, page + PAGE), "...nor to the page there");
}

static void
test_refusals(void)
{
    begin(page, 0);
    kernel.name = NULL;
    ok(no_bounds(SIZE_MAX), "without a name nothing is known");
    begin(page, 5 * PAGE);
    kernel.no_limit = true;
    ok(no_bounds(SIZE_MAX), "...nor without a limit");
    begin(page, 5 * PAGE);
    kernel.reads_all = true;
    ok(no_bounds(SIZE_MAX), "...nor if what cannot be there is readable");
    begin(page, 5 * PAGE);
    kernel.reads_all = kernel.does_all = true;
    ok(bounds(SIZE_MAX, page - 4 * PAGE, page + PAGE),
       "a call that succeeds has shown nothing to be readable");
#    if ALCOVE_VALGRIND
    begin(page, 5 * PAGE);
    kernel.valgrind = kernel.reads_all = true;
    ok(bounds(SIZE_MAX, page - 4 * PAGE, page + PAGE) && kernel.questions == 0,
       "under Valgrind nothing is asked");
#    else
    skip(1, "Valgrind's header is not there");
#    endif
}

static void
test_thread(void)
{
    begin(page, 0);
    kernel.thread = 100;
    ok(alcove_initialstack_is_mine(),
       "the thread with the number of the process is the initial one");
    kernel.thread = 101;
    ok(!alcove_initialstack_is_mine(), "...and no other");
}

/* From `start` down to `end`: where it reaches, and after how many questions.
 */
static bool
extends(uintptr_t start, uintptr_t end, uintptr_t want, unsigned questions)
{
    kernel.questions = 0;
    return alcove_initialstack_extend(start, end) == want &&
           kernel.questions == questions;
}

static void
test_extend(void)
{
    const uintptr_t top = 4096 * KIB;

    begin(page, 0);
    kernel.deepest = top - 2048 * KIB;
    ok(extends(top, top - PAGE, top - PAGE, 1) &&
           extends(top, top - 256 * KIB, top - 256 * KIB, 1),
       "one question reaches down 256 KiB");
    ok(extends(top, top - 256 * KIB - 1, top - 256 * KIB - PAGE, 2) &&
           extends(top, top - 1024 * KIB, top - 1024 * KIB, 4),
       "...more takes more");
    ok(extends(top - 1, top - PAGE, top - PAGE, 0) &&
           extends(top - PAGE + 1, top - PAGE - 1, top - 2 * PAGE, 1),
       "the page that the stack has is not asked for, the end's whole page is");
    ok(extends(top, top, top, 0) && extends(top, top + PAGE, top, 0),
       "what is there already is not asked for");
    ok(extends(top, top - 2048 * KIB, kernel.deepest, 8),
       "it reaches as far as it may grow");
    kernel.deepest = top - 600 * KIB;
    ok(extends(top, top - 2048 * KIB, top - 512 * KIB, 3),
       "...and not beyond the last that was found");
#    if ALCOVE_VALGRIND
    kernel.valgrind = true;
    ok(extends(top, top - 2047 * KIB, top - 2048 * KIB, 0) &&
           extends(top, top + PAGE, top, 0),
       "under Valgrind it grows unasked");
#    else
    skip(1, "Valgrind's header is not there");
#    endif
}

int
main(void)
{
    page = ((uintptr_t)memory + 2 * PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    tap_plan(22);
    test_bounds();
    test_refusals();
    test_thread();
    test_extend();
    return tap_done();
}

#endif
