/* SPDX-License-Identifier: MIT */
/* Scoped temporary allocations over any allocator that can release.
 *
 * The block must go back however the callback ends, and no single mechanism
 * does that everywhere. A cleanup attribute, in code built with -fexceptions,
 * runs when a C++ exception passes, and with glibc when the thread is cancelled
 * or exits; pthread_cleanup_push runs for the latter two with every libc. So
 * both are there, and the first to come takes the block out of the scope.
 */
#include <config.h>

#include <alcove/temp.h>

#include <errno.h>
#include <string.h>

#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#else
#    define pthread_cleanup_push(fn, arg) {
#    define pthread_cleanup_pop(run) }
#endif

#if ALCOVE_CLEANUP_ATTRIBUTE
#    define CLEANUP(fn) __attribute__((cleanup(fn)))
#else
#    define CLEANUP(fn)
#endif

struct scope {
    struct alcove_allocator *a;
    void *block; /* NULL when it has been given back */
    struct alcove_layout layout;
};

/* A release that fails cannot be told to anyone: the callback has run, and its
 * success is what the caller asked for. */
static void
close_scope(struct scope *s)
{
    struct alcove_error ignored;
    void *block = s->block;
    int saved = errno;

    s->block = NULL;
    (void)alcove_dealloc(s->a, block, s->layout, &ignored);
    errno = saved;
}

#if ALCOVE_HAVE_THREADS
static void
close_scope_of_thread(void *scope)
{
    close_scope(scope);
}
#endif

bool
alcove_alloc_temp_edge(struct alcove_allocator *a, struct alcove_layout l,
                       alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    CLEANUP(close_scope) struct scope s = {a, NULL, l};

    if (alcove_layout_is_block(l) && !alcove_require(a, ALCOVE_CAN_TEMP, err))
        return false;
    s.block = alcove_alloc(a, l, err);
    if (!s.block)
        return false;
    pthread_cleanup_push(close_scope_of_thread, &s);
    fn(s.block, arg);
    pthread_cleanup_pop(0);
    close_scope(&s);
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
