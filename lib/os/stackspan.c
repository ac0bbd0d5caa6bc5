/* SPDX-License-Identifier: MIT */
/* How each system tells where a thread's stack is.
 *
 * An answer counts only if the running frame lies inside it: on a signal stack
 * or a coroutine's stack the system speaks of another stack.
 */
#include <config.h>

#include "stackspan.h"

#if ALCOVE_THREAD_LOCAL_WORKS

#    include "initialstack.h"
#    include "stackbudget.h"

#    include <errno.h>
#    if ALCOVE_SIGALTSTACK || ALCOVE_PTHREAD_STACKSEG_NP ||                    \
        ALCOVE_THR_STKSEGMENT
#        include <signal.h>
#    endif

#    if ALCOVE_STACK_LIMITS
#        include <windows.h>
#    elif ALCOVE_HAVE_THREADS
#        include <pthread.h>
#        if ALCOVE_PTHREAD_ATTR_GET_NP || ALCOVE_PTHREAD_STACKSEG_NP
#            include <pthread_np.h>
#        endif
#        if ALCOVE_THR_STKSEGMENT
#            include <thread.h>
#        endif
#    endif

/* Deeper than this no stack is believed in: `ulimit -s unlimited` makes glibc
 * report 46 TB. Linux keeps at least 128 MiB below the initial stack free. */
static const size_t cap = 64 * 1024 * ALCOVE_STACK_KIB;

ALCOVE_HIDDEN ALCOVE_THREAD_LOCAL struct alcove_stackspan alcove_stackspan_here
    ALCOVE_TLS_MODEL;

/* The lowest address for a block, if the stack ends at `end`. */
static uintptr_t
lowest(const struct alcove_stackspan *span, uintptr_t end, size_t reserve)
{
    if (reserve == 0)
        reserve = alcove_stack_usual_reserve(span->top - span->floor);
    return alcove_stack_lowest(end, span->top, reserve);
}

/* Where blocks may go, when the bounds have been set or have moved. */
static void
stackspan_make_room(struct alcove_stackspan *span)
{
    span->low = lowest(span, span->bottom, 0);
    span->room = span->top - span->low;
}

static bool
is_inside(uintptr_t frame, const struct alcove_stackspan *span)
{
    return alcove_stack_is_inside(frame, span->floor, span->top);
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

    stackspan_make_room(&span);
    return span;
}

/* ---- the stack of the initial thread, which the kernel grows ---- */

/* Nothing of it is known to be mapped yet. */
static bool
ask_initial(struct alcove_stackspan *span)
{
    uintptr_t floor, top;

    if (!alcove_initialstack_bounds(cap, &floor, &top))
        return false;
    *span = alcove_stackspan_named(floor, top - floor);
    span->source = ALCOVE_STACKSPAN_INITIAL;
    span->bottom = top;
    stackspan_make_room(span);
    return true;
}

/* Have the memory down to `end` mapped, and a little more, so that the next
 * block need not ask: as much as keeps small blocks within the 128 KiB that
 * Linux maps when a program starts. */
static void
grow(uintptr_t frame, uintptr_t end, struct alcove_stackspan *span)
{
    uintptr_t start = frame < span->bottom ? frame : span->bottom;

    span->bottom = alcove_initialstack_extend(
        start, alcove_stack_target(end, span->floor));
    stackspan_make_room(span);
}

/* ---- the stacks of threads ---- */

/* The lowest usable byte, and how many there are from there on. */
static bool
thread_stack(uintptr_t *low, size_t *size)
{
#    if ALCOVE_STACK_LIMITS
    /* The last page is never used, and the one above it, with what the thread
     * has been guaranteed there, is for the handlers of an overrun. Pages of
     * Windows have 4 KiB. */
    ULONG_PTR start, end;
    ULONG spare = 0;

    if (!SetThreadStackGuarantee(&spare))
        spare = 0;
    spare += 2 * 4096;
    GetCurrentThreadStackLimits(&start, &end);
    if (spare >= end - start)
        return false;
    *low = start + spare;
    *size = end - *low;
    return true;
#    elif !ALCOVE_HAVE_THREADS
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
    told = pthread_attr_getstack(&attr, &address, size) == 0;
#        else
    if (pthread_attr_init(&attr) != 0)
        return false;
    told = pthread_attr_get_np(pthread_self(), &attr) == 0 &&
           pthread_attr_getstack(&attr, &address, size) == 0;
#        endif
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

static bool
ask_thread(struct alcove_stackspan *span)
{
    uintptr_t low, top;
    size_t size;

    if (!thread_stack(&low, &size) || size > UINTPTR_MAX - low)
        return false;
    top = low + size;
    low = alcove_stack_capped(low, size, cap);
    *span = alcove_stackspan_named(low, top - low);
    span->source = ALCOVE_STACKSPAN_THREAD;
    return true;
}

/* ---- the alternate signal stack ---- */

/* Where it is, if there is one, and whether it is in use. */
static bool
ask_signal(struct alcove_stackspan *span, bool *in_use)
{
#    if ALCOVE_SIGALTSTACK
    stack_t stack;

    if (sigaltstack(NULL, &stack) != 0 || (stack.ss_flags & SS_DISABLE))
        return false;
    *span = alcove_stackspan_named((uintptr_t)stack.ss_sp, stack.ss_size);
    span->source = ALCOVE_STACKSPAN_SIGNAL;
    *in_use = (stack.ss_flags & SS_ONSTACK) != 0;
    return true;
#    else
    (void)span;
    (void)in_use;
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

/* The stack that this thread was born with. The frame tells which it is, if it
 * is not on a third one just now. */
static struct alcove_stackspan
ask(uintptr_t frame)
{
    static const struct alcove_stackspan unknown = {
        .source = ALCOVE_STACKSPAN_UNKNOWN,
    };
    struct alcove_stackspan initial, thread;
    bool has_initial, has_thread;

    if (!grows_down())
        return unknown;
    has_initial = ask_initial(&initial);
    if (has_initial && is_inside(frame, &initial))
        return initial;
    has_thread = ask_thread(&thread);
    if (has_thread && is_inside(frame, &thread))
        return thread;
    if (has_initial && alcove_initialstack_is_mine())
        return initial;
    return has_thread ? thread : unknown;
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

/* An alternate signal stack may be an array on the thread's own stack. What
 * runs there must not take itself for a part of that: so the own stack ends
 * below it, for the functions that the array's owner has called. */
static void
exclude(const struct alcove_stackspan *signal, uintptr_t frame,
        struct alcove_stackspan *own)
{
    if (frame < signal->floor && is_inside(signal->floor, own)) {
        own->top = signal->floor;
        if (own->bottom > own->top)
            own->bottom = own->top;
        stackspan_make_room(own);
        alcove_stackspan_set(own);
    }
}

static bool
stackspan_find(uintptr_t frame, struct alcove_stackspan *span)
{
    struct alcove_stackspan signal;
    bool in_use = false, has_signal = ask_signal(&signal, &in_use);

    if (in_use && is_inside(frame, &signal)) {
        *span = signal;
        return true;
    }
    *span = alcove_stackspan_here;
    if (span->source == ALCOVE_STACKSPAN_UNASKED) {
        *span = ask(frame);
        alcove_stackspan_set(span);
    }
    if (has_signal)
        exclude(&signal, frame, span);
    if (is_inside(frame, span))
        return true;
    *span = (struct alcove_stackspan){.source = ALCOVE_STACKSPAN_UNKNOWN};
    return false;
}

bool
alcove_stackspan_find(uintptr_t frame, struct alcove_stackspan *span)
{
    int saved = errno;
    bool found = stackspan_find(frame, span);

    errno = saved;
    return found;
}

struct alcove_stackroom
alcove_stackspan_room(uintptr_t frame, size_t need, size_t reserve)
{
    struct alcove_stackroom room = {false, 0, 0};
    struct alcove_stackspan span;
    int saved = errno;

    if (stackspan_find(frame, &span)) {
        room.known = true;
        room.expected =
            alcove_stack_distance(lowest(&span, span.floor, reserve), frame);
        if (span.source == ALCOVE_STACKSPAN_INITIAL && need != 0 &&
            need <= room.expected) {
            /* What stays free below the block is to be there, too. */
            grow(frame, span.floor + (room.expected - need), &span);
            alcove_stackspan_set(&span);
        }
        room.usable =
            alcove_stack_distance(lowest(&span, span.bottom, reserve), frame);
    }
    errno = saved;
    return room;
}

#endif /* ALCOVE_THREAD_LOCAL_WORKS */
