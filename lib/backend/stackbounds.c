/* SPDX-License-Identifier: MIT */
/* What is known of the running stack, and how to name one. */
#include <config.h>

#include <alcove/stack.h>

#if ALCOVE_HAVE_STACK

#    include "../os/stackspan.h"

#    define FRAME ((uintptr_t)__builtin_frame_address(0))

size_t
alcove_stack_remaining(void)
{
    return alcove_stackspan_room(FRAME, 0, 0).expected;
}

bool
alcove_stack_bounds(const void **low, size_t *size, const char **source)
{
    static const char *const sources[] = {
        [ALCOVE_STACKSPAN_UNKNOWN] = "not known here",
        [ALCOVE_STACKSPAN_INITIAL] = "initial",
        [ALCOVE_STACKSPAN_THREAD] = "thread",
        [ALCOVE_STACKSPAN_SIGNAL] = "signal stack",
        [ALCOVE_STACKSPAN_NAMED] = "named",
    };
    struct alcove_stackspan span;
    bool known = alcove_stackspan_find(FRAME, &span);

    *low = (const void *)span.floor;
    *size = span.top - span.floor;
    *source = sources[span.source];
    return known;
}

/* ---- stacks of one's own making ---- */

bool
alcove_stack_enter(const void *low, size_t size,
                   struct alcove_stack_span *saved)
{
    struct alcove_stackspan span = alcove_stackspan_here;
    uintptr_t start = (uintptr_t)low;

    if (size > UINTPTR_MAX - start)
        return false;
    saved->saved[0] = span.low;
    saved->saved[1] = span.room;
    saved->saved[2] = span.bottom;
    saved->saved[3] = span.floor;
    saved->saved[4] = span.top;
    saved->saved[5] = span.source;
    span = alcove_stackspan_named(start, size);
    alcove_stackspan_set(&span);
    return true;
}

void
alcove_stack_leave(const struct alcove_stack_span *saved)
{
    struct alcove_stackspan span = {
        .low = saved->saved[0],
        .room = saved->saved[1],
        .bottom = saved->saved[2],
        .floor = saved->saved[3],
        .top = saved->saved[4],
        .source = saved->saved[5],
    };

    alcove_stackspan_set(&span);
}

#else

size_t
alcove_stack_remaining(void)
{
    return 0;
}

bool
alcove_stack_bounds(const void **low, size_t *size, const char **source)
{
    *low = NULL;
    *size = 0;
    *source = "this library has no stack allocator";
    return false;
}

bool
alcove_stack_enter(const void *low, size_t size,
                   struct alcove_stack_span *saved)
{
    (void)low;
    (void)size;
    (void)saved;
    return false;
}

void
alcove_stack_leave(const struct alcove_stack_span *saved)
{
    (void)saved;
}

#endif
