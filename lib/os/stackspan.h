/* SPDX-License-Identifier: MIT */
/* The bounds of the running stack, as far as they are known for certain.
 *
 * This is all that the stack allocator knows of the platform. A span is cached
 * per thread; finding it takes system calls once, looking at it two
 * comparisons.
 *
 * Invariants, for a span that is known:
 * - floor <= bottom <= top, and [bottom, top) is mapped stack that can be used.
 * - floor is as deep as the stack may ever grow. bottom only goes down, towards
 *   floor, after the kernel has mapped the memory between.
 * - low is bottom plus the reserve, and low + room is top: blocks are placed
 *   between these.
 */
#ifndef ALCOVE_LIB_OS_STACKSPAN_H
#define ALCOVE_LIB_OS_STACKSPAN_H

#include "threadlocal.h"

enum alcove_stackspan_source {
    ALCOVE_STACKSPAN_UNASKED = 0,
    ALCOVE_STACKSPAN_UNKNOWN, /* asked, and not to be had */
    ALCOVE_STACKSPAN_INITIAL, /* the kernel grows it */
    ALCOVE_STACKSPAN_THREAD,
    ALCOVE_STACKSPAN_SIGNAL, /* never cached: it lasts as long as the handler */
    ALCOVE_STACKSPAN_NAMED
};

struct alcove_stackspan {
    uintptr_t low;  /* a block's first byte may be here or above */
    uintptr_t room; /* bytes from low to the top; 0: nothing known */
    uintptr_t bottom;
    uintptr_t floor;
    uintptr_t top;
    uintptr_t source;
};

#if ALCOVE_THREAD_LOCAL_WORKS

extern ALCOVE_HIDDEN ALCOVE_THREAD_LOCAL struct alcove_stackspan
    alcove_stackspan_here ALCOVE_TLS_MODEL;

/* The stack that `frame` is on. Returns false if no bounds are known there; the
 * span is all 0 then but for its source.
 * Cost: at a thread's first call a few system calls, later none if the frame is
 * on the thread's own stack. Leaves errno alone.
 */
bool alcove_stackspan_find(uintptr_t frame, struct alcove_stackspan *span);

/* How many bytes a block may have below `frame`, if `reserve` bytes (0: the
 * usual) are to be left below it. */
struct alcove_stackroom {
    bool known;      /* the bounds are; else the rest is 0 */
    size_t usable;   /* here and now, after an attempt to have `need` bytes */
    size_t expected; /* if the kernel keeps to the limits it has set */
};
struct alcove_stackroom alcove_stackspan_room(uintptr_t frame, size_t need,
                                              size_t reserve);

/* Make `*span` the one that is cached for this thread. */
void alcove_stackspan_set(const struct alcove_stackspan *span);

/* The span of the memory [low, low + size), named by the caller. */
struct alcove_stackspan alcove_stackspan_named(uintptr_t low, size_t size);

#endif /* ALCOVE_THREAD_LOCAL_WORKS */

#endif /* ALCOVE_LIB_OS_STACKSPAN_H */
