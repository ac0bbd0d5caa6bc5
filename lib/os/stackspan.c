/* SPDX-License-Identifier: MIT */
/* How each system tells where a thread's stack is.
 *
 * Two rules make the answers safe. An answer counts only if the running frame
 * lies inside it: on a signal stack or a coroutine's stack the system speaks of
 * another stack. And on the initial thread of Linux, where the limit is a
 * promise that RLIMIT_AS, a new RLIMIT_STACK or a mapping nearby can break, the
 * kernel is made to map the memory before anything is placed there.
 */
#include <config.h>

#include "stackspan.h"

#if ALCOVE_THREAD_LOCAL_WORKS

#    include <errno.h>
#    include <signal.h>
#    include <string.h>
#    include <unistd.h>

#    if ALCOVE_HAVE_THREADS
#        include <pthread.h>
#        if ALCOVE_PTHREAD_ATTR_GET_NP || ALCOVE_PTHREAD_STACKSEG_NP
#            include <pthread_np.h>
#        endif
#        if ALCOVE_THR_STKSEGMENT
#            include <thread.h>
#        endif
#    endif

#    if ALCOVE_INITIAL_STACK
#        include <sys/auxv.h>
#        include <sys/resource.h>
#        include <sys/syscall.h>
#    endif

#    if ALCOVE_VALGRIND
#        include <valgrind/valgrind.h>
#    else
#        define RUNNING_ON_VALGRIND 0
#    endif

#    define KIB ((size_t)1024)

/* Deeper than this no stack is believed in: `ulimit -s unlimited` makes glibc
 * report 46 TB. Linux keeps at least 128 MiB below the initial stack free. */
static const size_t cap = 64 * 1024 * KIB;

/* What the frames between the one that was asked about and the block take,
 * AddressSanitizer's red zones included. */
static const size_t slop = 512;

ALCOVE_HIDDEN ALCOVE_THREAD_LOCAL struct alcove_stackspan
    alcove_stackspan_here ALCOVE_TLS_MODEL;

/* A quarter of the stack, within limits. */
static size_t
usual_reserve(const struct alcove_stackspan *span)
{
    size_t reserve = (span->top - span->floor) / 4;

    if (reserve < 16 * KIB)
        reserve = 16 * KIB;
    if (reserve > 64 * KIB)
        reserve = 64 * KIB;
    return reserve;
}

/* The lowest address for a block, if the stack ends at `end`. */
static uintptr_t
lowest(const struct alcove_stackspan *span, uintptr_t end, size_t reserve)
{
    size_t size = span->top - end;

    if (reserve == 0)
        reserve = usual_reserve(span);
    return size > slop && size - slop > reserve ? end + reserve + slop
                                                : span->top;
}

/* Where blocks may go, when the bounds have been set or have moved. */
static void
make_room(struct alcove_stackspan *span)
{
    span->low = lowest(span, span->bottom, 0);
    span->room = span->top - span->low;
}

static bool
is_inside(uintptr_t frame, const struct alcove_stackspan *span)
{
    return span->floor <= frame && frame < span->top;
}

struct alcove_stackspan
alcove_stackspan_named(uintptr_t low, size_t size)
{
    struct alcove_stackspan span = {
        .bottom = low,
        .floor = low,
        .top = low + size,
        .source = ALCOVE_STACKSPAN_NAMED,
    };

    make_room(&span);
    return span;
}

/* ---- the stack of the initial thread, which the kernel grows ---- */

#    if ALCOVE_INITIAL_STACK

/* The distance between two questions to the kernel: well below the gap of 1 MiB
 * that it keeps between a stack and the mapping below, so that no question can
 * reach over that gap. */
static const size_t step = 64 * KIB;

/* Can `address` be read? The kernel copies a signal set from there before it
 * looks at the first argument, which is nonsense: the answer is EFAULT or
 * EINVAL, and nothing is changed. A question about the stack makes it grow, as
 * an access would, but where it cannot, this is an answer and not a SIGSEGV. */
static bool
is_readable(uintptr_t address)
{
    if (RUNNING_ON_VALGRIND)
        return true; /* Valgrind grows the stack itself, at any access */
    return syscall(SYS_rt_sigprocmask, -1, (const void *)address, NULL,
                   (size_t)(NSIG / 8)) != 0 &&
           errno == EINVAL;
}

static uintptr_t
page_size(void)
{
    return getauxval(AT_PAGESZ);
}

/* The name of the program is the last thing on the stack's first page. */
static uintptr_t
initial_top(void)
{
    uintptr_t name = getauxval(AT_EXECFN);
    uintptr_t below = page_size() - 1;

    if (name == 0)
        return 0;
    return (name + strlen((const char *)name) + below) & ~below;
}

static bool
ask_initial(uintptr_t frame, struct alcove_stackspan *span)
{
    uintptr_t top = initial_top(), below = page_size() - 1;
    struct rlimit limit;

    if (frame >= top || getrlimit(RLIMIT_STACK, &limit) != 0)
        return false;
    if (limit.rlim_cur > cap)
        limit.rlim_cur = cap;
    *span = (struct alcove_stackspan){
        .bottom = frame & ~below,
        .floor = (top - (uintptr_t)limit.rlim_cur + below) & ~below,
        .top = top,
        .source = ALCOVE_STACKSPAN_INITIAL,
    };
    /* Address 1 is nobody's: were it readable, the question would be no good.
     */
    if (!is_inside(frame, span) || (!RUNNING_ON_VALGRIND && is_readable(1)))
        return false;
    make_room(span);
    return true;
}

/* Have `depth` bytes below `frame` mapped, and a little more, or as much as the
 * kernel gives. */
static void
grow(uintptr_t frame, size_t depth, struct alcove_stackspan *span)
{
    uintptr_t start = frame & ~(page_size() - 1), end = span->floor;

    if (depth < frame - end && step < frame - end - depth)
        end = (frame - depth - step) & ~(page_size() - 1);
    if (start > span->bottom)
        start = span->bottom;
    while (start > end) {
        uintptr_t next = start - end > step ? start - step : end;

        if (!is_readable(next))
            break;
        start = next;
    }
    span->bottom = start;
    make_room(span);
}

#    else

static bool
ask_initial(uintptr_t frame, struct alcove_stackspan *span)
{
    (void)frame;
    (void)span;
    return false;
}

static void
grow(uintptr_t frame, size_t depth, struct alcove_stackspan *span)
{
    (void)frame;
    (void)depth;
    (void)span;
}

#    endif

/* ---- the stacks of threads ---- */

/* The lowest usable byte, and how many there are from there on. */
static bool
thread_stack(uintptr_t *low, size_t *size)
{
#    if !ALCOVE_HAVE_THREADS
    (void)low;
    (void)size;
    return false;
#    elif ALCOVE_PTHREAD_GETATTR_NP || ALCOVE_PTHREAD_ATTR_GET_NP
    pthread_attr_t attr;
    size_t guard = 0;
    void *address = NULL;
    bool told;

#        if ALCOVE_PTHREAD_GETATTR_NP
    if (pthread_getattr_np(pthread_self(), &attr) != 0)
        return false;
    told = true;
#        else
    if (pthread_attr_init(&attr) != 0)
        return false;
    told = pthread_attr_get_np(pthread_self(), &attr) == 0;
#        endif
    told = told && pthread_attr_getstack(&attr, &address, size) == 0;
    /* glibc before 2.27 counts the guard as part of the stack: leave as much
     * out everywhere. */
    if (pthread_attr_getguardsize(&attr, &guard) != 0)
        guard = 0;
    pthread_attr_destroy(&attr);
    if (!told || guard >= *size)
        return false;
    *low = (uintptr_t)address + guard;
    *size -= guard;
    return true;
#    elif ALCOVE_PTHREAD_GET_STACKADDR_NP
    *size = pthread_get_stacksize_np(pthread_self());
    *low = (uintptr_t)pthread_get_stackaddr_np(pthread_self()) - *size;
    return true;
#    elif ALCOVE_PTHREAD_STACKSEG_NP || ALCOVE_THR_STKSEGMENT
    stack_t segment; /* ss_sp is the top */
    int failed;

#        if ALCOVE_PTHREAD_STACKSEG_NP
    failed = pthread_stackseg_np(pthread_self(), &segment);
#        else
    failed = thr_stksegment(&segment);
#        endif
    if (failed != 0)
        return false;
    *size = segment.ss_size;
    *low = (uintptr_t)segment.ss_sp - *size;
    return true;
#    else
    (void)low;
    (void)size;
    return false;
#    endif
}

/* The frame may be on another stack just now: the answer holds all the same. */
static bool
ask_thread(struct alcove_stackspan *span)
{
    uintptr_t low;
    size_t size;

    if (!thread_stack(&low, &size) || size > UINTPTR_MAX - low)
        return false;
    if (size > cap) {
        low += size - cap;
        size = cap;
    }
    *span = alcove_stackspan_named(low, size);
    span->source = ALCOVE_STACKSPAN_THREAD;
    return true;
}

/* ---- the alternate signal stack ---- */

static bool
ask_signal(uintptr_t frame, struct alcove_stackspan *span)
{
#    if ALCOVE_SIGALTSTACK
    stack_t stack;

    if (sigaltstack(NULL, &stack) != 0 || !(stack.ss_flags & SS_ONSTACK))
        return false;
    *span = alcove_stackspan_named((uintptr_t)stack.ss_sp, stack.ss_size);
    span->source = ALCOVE_STACKSPAN_SIGNAL;
    return is_inside(frame, span);
#    else
    (void)frame;
    (void)span;
    return false;
#    endif
}

/* ---- the span here and now ---- */

/* Called through a volatile pointer, so that its frame is a frame below. */
static uintptr_t
own_frame(void)
{
    return (uintptr_t)__builtin_frame_address(0);
}

static bool
grows_down(void)
{
    uintptr_t (*volatile callee)(void) = own_frame;

    return callee() < (uintptr_t)__builtin_frame_address(0);
}

static struct alcove_stackspan
ask(uintptr_t frame)
{
    struct alcove_stackspan span = {.source = ALCOVE_STACKSPAN_UNKNOWN};

    if (grows_down() && (ask_initial(frame, &span) || ask_thread(&span)))
        return span;
    return (struct alcove_stackspan){.source = ALCOVE_STACKSPAN_UNKNOWN};
}

/* A signal handler may look at any moment: it finds nothing, or all. */
void
alcove_stackspan_set(const struct alcove_stackspan *span)
{
    struct alcove_stackspan volatile *here = &alcove_stackspan_here;

    here->room = 0;
    here->low = span->low;
    here->bottom = span->bottom;
    here->floor = span->floor;
    here->top = span->top;
    here->source = span->source;
    here->room = span->room;
}

static bool
find(uintptr_t frame, struct alcove_stackspan *span)
{
    *span = alcove_stackspan_here;
    if (span->source == ALCOVE_STACKSPAN_UNASKED) {
        if (ask_signal(frame, span))
            return true;
        *span = ask(frame);
        alcove_stackspan_set(span);
    }
    if (is_inside(frame, span) || ask_signal(frame, span))
        return true;
    *span = (struct alcove_stackspan){.source = ALCOVE_STACKSPAN_UNKNOWN};
    return false;
}

bool
alcove_stackspan_find(uintptr_t frame, struct alcove_stackspan *span)
{
    int saved = errno;
    bool found = find(frame, span);

    errno = saved;
    return found;
}

static size_t
distance(uintptr_t low, uintptr_t high)
{
    return high > low ? high - low : 0;
}

struct alcove_stackroom
alcove_stackspan_room(uintptr_t frame, size_t need, size_t reserve)
{
    struct alcove_stackroom room = {false, 0, 0};
    struct alcove_stackspan span;
    int saved = errno;

    if (find(frame, &span)) {
        room.known = true;
        room.expected = distance(lowest(&span, span.floor, reserve), frame);
        if (span.source == ALCOVE_STACKSPAN_INITIAL && need <= room.expected) {
            /* The block, and what stays free below it. */
            grow(frame, need + (frame - room.expected - span.floor), &span);
            alcove_stackspan_set(&span);
        }
        room.usable = distance(lowest(&span, span.bottom, reserve), frame);
    }
    errno = saved;
    return room;
}

#endif /* ALCOVE_THREAD_LOCAL_WORKS */
