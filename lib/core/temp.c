/* SPDX-License-Identifier: MIT */
/* Scoped temporary allocations over any allocator that can release.
 *
 * The block must go back however the callback ends, and no single mechanism
 * does that everywhere. A cleanup attribute, in code built with -fexceptions,
 * runs when a C++ exception passes, and with glibc when the thread is cancelled
 * or exits; pthread_cleanup_push runs for the latter two with every libc. So
 * both are there, and the first to come takes the block out of the scope.
 *
 * With glibc and -fexceptions both find their way by unwind tables. Its other
 * pthread_cleanup_push needs none, but an exception would leave behind what it
 * has on the stack for the thread's end to follow.
 */
#include <config.h>

#include <alcove/temp.h>

#include "cleanup.h"
#include "libc.h"

#if ALCOVE_CLEANUP_ATTRIBUTE
#    define CLEANUP(fn) __attribute__((cleanup(fn)))
#else
#    define CLEANUP(fn)
#endif

struct temp_scope {
    void (*leave)(void *); /* NULL when it has run */
    void *arg;
};

static void
close_scope(struct temp_scope *s)
{
    void (*leave)(void *) = s->leave;
    int saved = errno;

    s->leave = NULL;
    if (leave)
        leave(s->arg);
    errno = saved;
}

#if ALCOVE_HAVE_THREADS
static void
close_scope_of_thread(void *scope)
{
    close_scope(scope);
}
#endif

void
alcove_temp_call(alcove_temp_fn *fn, void *mem, void *arg,
                 void (*leave)(void *), void *leave_arg)
{
    CLEANUP(close_scope) struct temp_scope s = {leave, leave_arg};

    ALCOVE_CLEANUP_PUSH(close_scope_of_thread, &s);
    fn(mem, arg);
    ALCOVE_CLEANUP_POP(0);
    close_scope(&s);
}

struct block {
    struct alcove_allocator *a;
    void *p;
    struct alcove_layout layout;
};

/* A release that fails cannot be told to anyone: the callback has run, and its
 * success is what the caller asked for. */
static void
temp_release(void *block)
{
    struct block *b = block;
    struct alcove_error ignored;

    (void)alcove_dealloc(b->a, b->p, b->layout, &ignored);
}

bool
alcove_alloc_temp_edge(struct alcove_allocator *a, struct alcove_layout l,
                       alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    struct block b = {a, NULL, l};

    if (alcove_layout_is_block(l) && !alcove_require(a, ALCOVE_CAN_TEMP, err))
        return false;
    b.p = alcove_alloc(a, l, err);
    if (!b.p)
        return false;
    alcove_temp_call(fn, b.p, arg, temp_release, &b);
    return true;
}

/* What zalloc_temp puts between the allocator and the callback. */
struct cleared {
    alcove_temp_fn *fn;
    void *arg;
    size_t size;
};

static void
clear_and_call(void *mem, void *arg)
{
    struct cleared *c = arg;

    if (c->size != 0)
        memset(mem, 0, c->size);
    c->fn(mem, c->arg);
}

bool
alcove_zalloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                   alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    struct cleared c = {fn, arg, l.size};

    return alcove_alloc_temp(a, l, clear_and_call, &c, err);
}
