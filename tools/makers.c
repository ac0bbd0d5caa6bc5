/* SPDX-License-Identifier: MIT */
/* The table of makers. To add one: a struct for its space if it takes more than
 * its own, an open, a close, and a line at the end. */
#include <config.h>

#include "makers.h"

#include <alcove.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- arena ---- */

static struct alcove_allocator *
open_arena(void *space, struct alcove_allocator *parent,
           struct alcove_error *err)
{
    struct alcove_arena *arena = space;

    (void)err;
    alcove_arena_init(arena, parent, NULL, 0);
    return &arena->allocator;
}

static void
close_arena(void *space)
{
    alcove_arena_done(space);
}

/* A size that no chunk can have, asked for before there is a chunk, of a parent
 * that can resize in place: NULL, and no error. */
static const char *const arena_excuses[] = {"huge-refused", NULL};

/* A buffer, and nothing else. */
struct fixed {
    struct alcove_arena arena;
    char buffer[4096];
};

static struct alcove_allocator *
open_fixed(void *space, struct alcove_allocator *parent,
           struct alcove_error *err)
{
    struct fixed *fixed = space;

    (void)parent;
    (void)err;
    alcove_arena_init(&fixed->arena, NULL, fixed->buffer, sizeof fixed->buffer);
    return &fixed->arena.allocator;
}

/* A buffer that spills to the parent. */
static struct alcove_allocator *
open_spill(void *space, struct alcove_allocator *parent,
           struct alcove_error *err)
{
    struct fixed *fixed = space;

    (void)err;
    alcove_arena_init(&fixed->arena, parent, fixed->buffer,
                      sizeof fixed->buffer);
    return &fixed->arena.allocator;
}

/* ---- pool ---- */

static struct alcove_allocator *
make_pool(struct alcove_pool *pool, size_t size, size_t align,
          struct alcove_allocator *parent, struct alcove_error *err)
{
    const struct alcove_layout block = {size, align};

    return alcove_pool_init(pool, block, parent, NULL, 0, err)
               ? &pool->allocator
               : NULL;
}

static struct alcove_allocator *
open_pool(void *space, struct alcove_allocator *parent,
          struct alcove_error *err)
{
    return make_pool(space, 64, 16, parent, err);
}

/* Large enough for the chunks of what stands on it. */
static struct alcove_allocator *
open_large_pool(void *space, struct alcove_allocator *parent,
                struct alcove_error *err)
{
    return make_pool(space, 16384, 64, parent, err);
}

static void
close_pool(void *space)
{
    alcove_pool_done(space);
}

/* ---- fallback, segregate ---- */

/* A buffer first, then the parent. */
struct second {
    struct alcove_fallback fallback;
    struct fixed first;
};

static struct alcove_allocator *
open_fallback(void *space, struct alcove_allocator *parent,
              struct alcove_error *err)
{
    struct second *second = space;

    return alcove_fallback_init(&second->fallback,
                                open_fixed(&second->first, NULL, err), parent,
                                err)
               ? &second->fallback.allocator
               : NULL;
}

static void
close_fallback(void *space)
{
    close_arena(&((struct second *)space)->first.arena);
}

/* The stack for temporaries, the parent for what does not fit, and blocks. */
static struct alcove_allocator *
open_stackfirst(void *space, struct alcove_allocator *parent,
                struct alcove_error *err)
{
    struct alcove_fallback *fallback = space;

    return alcove_fallback_init(fallback, alcove_stack(), parent, err)
               ? &fallback->allocator
               : NULL;
}

/* A pool for small blocks, the parent for large ones. */
struct sizes {
    struct alcove_segregate segregate;
    struct alcove_pool small;
};

static struct alcove_allocator *
open_segregate(void *space, struct alcove_allocator *parent,
               struct alcove_error *err)
{
    struct sizes *sizes = space;
    struct alcove_allocator *small =
        make_pool(&sizes->small, 64, 64, parent, err);

    if (!small ||
        !alcove_segregate_init(&sizes->segregate, small, parent, 64, err))
        return NULL;
    return &sizes->segregate.allocator;
}

static void
close_segregate(void *space)
{
    close_pool(&((struct sizes *)space)->small);
}

/* ---- sizeclass ---- */

static struct alcove_allocator *
open_sizeclass(void *space, struct alcove_allocator *parent,
               struct alcove_error *err)
{
    struct alcove_sizeclass *sc = space;

    (void)err;
    alcove_sizeclass_init(sc, parent);
    return &sc->allocator;
}

static void
close_sizeclass(void *space)
{
    alcove_sizeclass_done(space);
}

/* ---- reserve ---- */

static struct alcove_allocator *
open_reserve(void *space, struct alcove_allocator *parent,
             struct alcove_error *err)
{
    struct alcove_page_reserve *reserve = space;

    (void)parent;
    return alcove_page_reserve_init(reserve, (size_t)1 << 24, err)
               ? &reserve->allocator
               : NULL;
}

static void
close_reserve(void *space)
{
    alcove_page_reserve_done(space);
}

/* ---- the table ---- */

/* While a tool watches it caches nothing, and changes in place only what its
 * parent can. */
static const char *const sizeclass_excuses[] = {"resize-honest", NULL};

const struct maker makers[] = {
#define ROOM(type) sizeof(struct type)
    {"arena", ROOM(alcove_arena), false, open_arena, close_arena,
     arena_excuses},
    {"fixed", ROOM(fixed), true, open_fixed, close_arena, NULL},
    {"spill", ROOM(fixed), false, open_spill, close_arena, NULL},
    {"pool", ROOM(alcove_pool), false, open_pool, close_pool, NULL},
    {"largepool", ROOM(alcove_pool), false, open_large_pool, close_pool, NULL},
    {"fallback", ROOM(second), false, open_fallback, close_fallback, NULL},
    {"stackfirst", ROOM(alcove_fallback), false, open_stackfirst, NULL, NULL},
    {"segregate", ROOM(sizes), false, open_segregate, close_segregate, NULL},
    {"sizeclass", ROOM(alcove_sizeclass), false, open_sizeclass,
     close_sizeclass, sizeclass_excuses},
    {"reserve", ROOM(alcove_page_reserve), true, open_reserve, close_reserve,
     NULL},
#undef ROOM
    /* end */
};
const size_t makers_count = sizeof makers / sizeof *makers;

/* Without a heap, what does not fit the stack is refused as unsupported. */
const char *const *
backend_excuses(const char *name)
{
    static const char *const scratch[] = {"error-code", NULL};

    return !ALCOVE_HAVE_MALLOC && strcmp(name, "scratch") == 0 ? scratch : NULL;
}

/* ---- stacks ---- */

static void
close_all(struct stack *s)
{
    while (s->open > 0) {
        const struct maker *m = s->makers[--s->open];

        if (m->close)
            m->close(s->spaces[s->open]);
        free(s->spaces[s->open]);
    }
}

struct alcove_allocator *
stack_make(struct alcove_allocator *parent, void *arg)
{
    struct stack *s = arg;
    struct alcove_allocator *a = s->base ? s->base : parent;

    for (s->open = 0; a && s->open < s->count;) {
        const struct maker *m = s->makers[s->open];
        void *space = malloc(m->size);

        a = space ? m->open(space, a, &s->err) : NULL;
        if (a)
            s->spaces[s->open++] = space;
        else
            free(space);
    }
    if (!a)
        close_all(s);
    return a;
}

void
stack_done(struct alcove_allocator *made, void *arg)
{
    (void)made;
    close_all(arg);
}

const char *
stack_name(const struct stack *s, char *buf, size_t size)
{
    unsigned i;
    size_t used = 0;

    buf[0] = '\0';
    for (i = s->count; i-- > 0 && used < size;)
        used +=
            (size_t)snprintf(buf + used, size - used, "%s%s",
                             s->makers[i]->name, i > 0 || s->base ? "/" : "");
    if (s->base && used < size)
        snprintf(buf + used, size - used, "%s", s->base_name);
    return buf;
}

static size_t
add_excuses(const char *list[STACK_EXCUSES], size_t count,
            const char *const *more)
{
    for (; more && *more && count < STACK_EXCUSES - 1; more++)
        list[count++] = *more;
    list[count] = NULL;
    return count;
}

/* With ALCOVE_PASSTHROUGH=1 arenas, pools and caches change in place only what
 * their parents can, and an arena takes two blocks for one: of a parent that
 * gets memory back from the last block only, one of them is lost. */
void
stack_excuses(const struct stack *s, const char *list[STACK_EXCUSES])
{
    static const char *const passing[] = {"resize-honest", "temp-gives-back",
                                          NULL};
    const char *value = getenv("ALCOVE_PASSTHROUGH");
    size_t count = 0;
    unsigned i;

    for (i = 0; i < s->count; i++)
        count = add_excuses(list, count, s->makers[i]->excuses);
    if (value && strcmp(value, "1") == 0)
        count = add_excuses(list, count, passing);
    list[count] = NULL;
}
