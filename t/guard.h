/* SPDX-License-Identifier: MIT */
/* What the tests of the guard share: a guard over the counting allocator, and
 * what it is to say. */
#ifndef GUARD_H
#define GUARD_H

#include <alcove/guard.h>

#include "../lib/os/tools.h"
#include "count.h"
#include "holds.h"
#include "tap.h"
#include "told.h"

#include <stdlib.h>
#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#endif

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ALL                                                                    \
    (COUNT_PLAIN | ALCOVE_CAN_RESIZE | ALCOVE_CAN_REALLOC | ALCOVE_CAN_OWNS |  \
     ALCOVE_CAN_USABLE_SIZE | ALCOVE_CAN_THREADS | ALCOVE_CAN_ZERO)

enum { RED = 32 }; /* the default's red zone */

static struct count parent;
static struct alcove_guard guard;
static struct alcove_allocator *const a = &guard.allocator;

static inline struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

static inline struct alcove_guard_options
options(size_t quarantine)
{
    struct alcove_guard_options o;

    memset(&o, 0, sizeof o);
    o.struct_size = sizeof o;
    o.quarantine = quarantine;
    return o;
}

static inline void
begin(const struct alcove_guard_options *o)
{
    count_init(&parent, ALL);
    if (!alcove_guard_init(&guard, &parent.allocator, o, NULL))
        bail_out("no guard");
    before();
}

/* Nothing is live, and nothing is left behind. */
static inline bool
ends(void)
{
    return alcove_guard_done(&guard, &err) && count_ok(&parent, 0, 0);
}

/* What is left over goes, though a tool was told not to touch it. */
static inline void
drop(void)
{
    size_t i;

    for (i = 0; i < COUNT_BLOCKS; i++)
        if (parent.blocks[i].p)
            alcove_tools_reveal(parent.blocks[i].p, parent.blocks[i].base.size);
    count_done(&parent);
}

static inline size_t
up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* Memory for a block, by the rule in the header file. */
static inline size_t
memory(struct alcove_layout l, size_t red, size_t frames)
{
    size_t header = up((11 + frames) * sizeof(size_t), 8);
    size_t align = l.align < 8 ? 8 : l.align;

    return up(header + up(red, 8), align) + l.size + red;
}

/* Writes that no tool is to see: they are the bugs. */
#if ALCOVE_ASAN
__attribute__((no_sanitize_address))
#endif
static inline void
poke(void *p, ptrdiff_t offset, int byte)
{
    void *volatile hidden = p; /* compilers that know the size look on */
    volatile char *at = (volatile char *)hidden + offset;

#if ALCOVE_VALGRIND
    (void)VALGRIND_MAKE_MEM_DEFINED(at, 1);
#endif
    *at = (char)byte;
}

#if ALCOVE_ASAN
__attribute__((no_sanitize_address))
#endif
static inline int
peek(const void *p, ptrdiff_t offset)
{
    const volatile char *at = (const volatile char *)p + offset;

#if ALCOVE_VALGRIND
    (void)VALGRIND_MAKE_MEM_DEFINED(at, 1);
#endif
    return (unsigned char)*at;
}

static inline bool
told(enum alcove_code code, int number, const void *block)
{
    return err.code == code && errno == number && err.block == block &&
           err.allocator && strcmp(err.allocator, "guard") == 0;
}

static inline bool
corrupt(const void *block, ptrdiff_t offset)
{
    return told(ALCOVE_ERR_CORRUPT, EFAULT, block) && err.offset == offset;
}

static inline bool
not_owned(const void *block)
{
    return told(ALCOVE_ERR_NOT_OWNED, EPERM, block);
}

static inline bool
detail_has(const char *text)
{
    return err.detail && strstr(err.detail, text);
}

static inline char *
block(size_t size, size_t align)
{
    char *p = alcove_alloc(a, lay(size, align), NULL);

    if (!p)
        bail_out("no block");
    return p;
}

static inline bool
release(void *p, size_t size, size_t align)
{
    before();
    return alcove_dealloc(a, p, lay(size, align), &err);
}

/* A tool makes all of it slower by far. */
static inline size_t
less(size_t normal, size_t watched)
{
    return alcove_tools_watch() ? watched : normal;
}

/* One byte is overwritten. A release says so, and which; so does a check; and
 * when it is as it was, nothing has happened. */
static inline bool
finds(char *p, struct alcove_layout l, ptrdiff_t offset)
{
    int old = peek(p, offset);
    bool found = old == ALCOVE_GUARD_ZONE;

    poke(p, offset, 0x11);
    before();
    found = found && !alcove_dealloc(a, p, l, &err) && corrupt(p, offset) &&
            err.layout.size == l.size && err.layout.align == l.align &&
            detail_has(offset < 0 ? "before it" : "past its end");
    before();
    found = found && !alcove_guard_check(&guard, &err) && corrupt(p, offset);
    poke(p, offset, old);
    before();
    return found && alcove_guard_check(&guard, &err) && untouched();
}

static inline bool
mismatch(const void *p, struct alcove_layout given, struct alcove_layout is)
{
    return told(ALCOVE_ERR_LAYOUT_MISMATCH, EINVAL, p) &&
           err.layout.size == given.size && err.layout.align == given.align &&
           err.old.size == is.size && err.old.align == is.align;
}

static inline bool
of_parent(enum alcove_cause cause)
{
    return strcmp(err.allocator, "count") == 0 && err.cause == cause;
}

static inline bool
used_after_release(char *p, ptrdiff_t at)
{
    return corrupt(p, at) && detail_has("after its release");
}

static inline bool
refused_init(struct alcove_allocator *over,
             const struct alcove_guard_options *o)
{
    struct alcove_guard g, old;

    memset(&g, 0x5a, sizeof g);
    old = g;
    before();
    return !alcove_guard_init(&g, over ? over : &g.allocator, o, &err) &&
           err.code == ALCOVE_ERR_OTHER && errno == EINVAL &&
           strcmp(err.allocator, "guard") == 0 && err.detail &&
           memcmp(&g, &old, sizeof g) == 0;
}

struct visit {
    size_t calls, size;
    ptrdiff_t poke; /* where to write; PTRDIFF_MIN: nowhere */
    bool thread_exit, fresh, owned, aligned;
    size_t align;
    char *mem;
};

static inline void
visit(void *mem, void *arg)
{
    struct visit *v = arg;

    v->calls++;
    v->mem = mem;
    v->fresh = peek(mem, 0) == ALCOVE_GUARD_FRESH &&
               peek(mem, (ptrdiff_t)v->size - 1) == ALCOVE_GUARD_FRESH;
    v->owned = alcove_owns(a, mem, lay(v->size, v->align));
    v->aligned = (uintptr_t)mem % v->align == 0;
    memset(mem, 1, v->size);
    if (v->poke != PTRDIFF_MIN)
        poke(mem, v->poke, 1);
#if ALCOVE_HAVE_THREADS
    if (v->thread_exit)
        pthread_exit(NULL);
#endif
}

#endif /* GUARD_H */
