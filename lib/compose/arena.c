/* SPDX-License-Identifier: MIT */
/* The arena as an allocator: its operations, and blocks with memory of their
 * own.
 */
#include <config.h>

#include "arena.h"

#include "../core/libc.h"
#include "../os/env.h"
#include "../os/tools.h"

#define ALIGN ALCOVE_ARENA_ALIGN

static struct alcove_arena *
arena_of(struct alcove_allocator *a)
{
    return (struct alcove_arena *)a;
}

/* ---- blocks with memory of their own ---- */

static void *
alloc_own(struct alcove_arena *arena, struct alcove_layout l,
          struct alcove_error *err)
{
    struct alcove_error ignored;
    struct alcove_arena_own *own =
        ALCOVE_NEW(arena->parent, struct alcove_arena_own, err);

    if (!own) {
        if (err)
            err->layout = l; /* what was asked of the arena */
        return NULL;
    }
    own->block = alcove_alloc(arena->parent, l, err);
    if (!own->block) {
        int saved = errno;

        (void)ALCOVE_DELETE(arena->parent, own, struct alcove_arena_own,
                            &ignored);
        errno = saved;
        return NULL;
    }
    own->layout = l;
    own->serial = ++arena->serial;
    own->next = arena->own;
    arena->own = own;
    return own->block;
}

static struct alcove_arena_own **
find_own(struct alcove_arena *arena, const void *p)
{
    struct alcove_arena_own **link = &arena->own;

    while (*link && (*link)->block != p)
        link = &(*link)->next;
    return *link ? link : NULL;
}

bool
alcove_arena_drop_own(struct alcove_arena *arena,
                      struct alcove_arena_own **link, struct alcove_error *err)
{
    struct alcove_arena_own *own = *link;
    struct alcove_error ignored;

    if (!alcove_dealloc(arena->parent, own->block, own->layout, err))
        return false;
    *link = own->next;
    (void)ALCOVE_DELETE(arena->parent, own, struct alcove_arena_own, &ignored);
    return true;
}

/* ---- the operations ---- */

static void *
full(struct alcove_arena *arena, struct alcove_layout l,
     struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_ALLOC_FAILED,
        .cause = ALCOVE_CAUSE_OUT_OF_MEMORY,
        .layout = l,
        .limit = arena->chunk ? (size_t)(arena->chunk->end - arena->cursor) : 0,
        .allocator = "arena",
    };

    alcove_error_set(err, &what);
    return NULL;
}

/* A block that would take more than a quarter of the next chunk is not worth
 * leaving the rest of the current one for. */
static bool
is_large(const struct alcove_arena *arena, struct alcove_layout l)
{
    return l.size > arena->next_size / 4 || l.align > arena->next_size / 4;
}

/* A first chunk of a parent's that can resize in place: the parent may have no
 * other block to give, as a page reserve. */
static bool
will_extend(const struct alcove_arena *arena, struct alcove_layout l)
{
    size_t size;

    return !arena->chunk && (arena->parent->features & ALCOVE_CAN_RESIZE) &&
           alcove_arena_chunk_size(l, &size);
}

static ALCOVE_NOINLINE void *
alloc_slowly(struct alcove_arena *arena, struct alcove_layout l,
             struct alcove_error *err)
{
    void *block;

    if (arena->through)
        return alloc_own(arena, l, err);
    block = alcove_arena_carve(arena, l);
    if (!block &&
        (alcove_arena_extend(arena, l) || alcove_arena_reuse(arena, l)))
        block = alcove_arena_carve(arena, l);
    if (block)
        return block;
    if (!arena->parent)
        return full(arena, l, err);
    if (is_large(arena, l) && !will_extend(arena, l))
        return alloc_own(arena, l, err);
    return alcove_arena_add_chunk(arena, l, err) ? alcove_arena_carve(arena, l)
                                                 : NULL;
}

static void *
arena_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    struct alcove_arena *arena = arena_of(a);
    char *block = arena->cursor;

    if (ALCOVE_UNLIKELY(l.align > ALIGN ||
                        l.size > (size_t)(arena->limit - block)))
        return alloc_slowly(arena, l, err);
    arena->cursor = block + alcove_arena_taken(l.size);
    return block;
}

/* Is it the last block of the current chunk? */
static bool
is_last(const struct alcove_arena *arena, const char *p, size_t size)
{
    const struct alcove_arena_chunk *chunk = arena->chunk;
    size_t taken = alcove_arena_taken(size), behind;

    if (!chunk || p < chunk->start || p >= arena->cursor)
        return false;
    behind = (size_t)(arena->cursor - p);
    return behind == taken || (arena->watched && behind > taken &&
                               behind - taken <= ALCOVE_TOOLS_GAP);
}

/* Only the newest own block is looked for; all of them, when somebody wants to
 * see each release. */
static bool
arena_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
              struct alcove_error *err)
{
    struct alcove_arena *arena = arena_of(a);
    struct alcove_arena_own **own = &arena->own;

    if (arena->through || arena->watched)
        own = find_own(arena, p);
    if (own && *own && (*own)->block == p)
        return alcove_arena_drop_own(arena, own, err);
    if (arena->watched)
        alcove_tools_hide(p, l.size);
    if (is_last(arena, p, l.size))
        alcove_arena_go(arena, arena->chunk, p);
    return true;
}

static bool
arena_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_)
{
    struct alcove_arena *arena = arena_of(a);
    struct alcove_arena_own **own;
    uintptr_t start, past;

    if (is_last(arena, p, old.size)) {
        struct alcove_layout l = {new_.size, 1};

        /* A smaller one fits. */
        while (!alcove_arena_fit((uintptr_t)p, (uintptr_t)arena->chunk->end, l,
                                 &start, &past)) {
            struct alcove_layout more = {new_.size - old.size, 1};

            if (!alcove_arena_extend(arena, more))
                return false;
        }
        if (arena->watched) {
            alcove_tools_resize(p, old.size, new_.size);
            past += alcove_at_most(ALCOVE_TOOLS_GAP,
                                   (uintptr_t)arena->chunk->end - past);
        }
        alcove_arena_go(arena, arena->chunk, (char *)p + (past - start));
        return true;
    }
    own = find_own(arena, p);
    if (own) {
        if (!alcove_resize(arena->parent, p, old, new_))
            return false;
        (*own)->layout = new_;
        return true;
    }
    if (!arena->watched)
        return new_.size <= alcove_arena_taken(old.size);
    if (new_.size > old.size)
        return false;
    alcove_tools_resize(p, old.size, new_.size);
    return true;
}

/* Own blocks move by their parent's means, others by a copy. */
static void *
arena_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    struct alcove_arena *arena = arena_of(a);
    struct alcove_arena_own **own =
        is_last(arena, p, old.size) ? NULL : find_own(arena, p);
    void *moved;

    if (!own) {
        if (alcove_resize(a, p, old, new_))
            return p;
        return alcove_realloc_by_copy(a, p, old, new_, err);
    }
    moved = alcove_realloc(arena->parent, p, old, new_, err);
    if (moved) {
        (*own)->block = moved;
        (*own)->layout = new_;
    }
    return moved;
}

/* By range: a block that was released, or has another layout, counts too. */
static bool
arena_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    struct alcove_arena *arena = arena_of(a);
    const struct alcove_arena_chunk *chunk = arena->chunk;
    struct alcove_arena_own **own;
    uintptr_t at = (uintptr_t)p, top = (uintptr_t)arena->cursor;

    for (; chunk; chunk = chunk->prev) {
        if (at >= (uintptr_t)chunk->start && at < top)
            return l.size <= top - at;
        top = chunk->prev ? (uintptr_t)chunk->prev->top : 0;
    }
    own = find_own(arena, p);
    return own && (*own)->layout.size == l.size &&
           (*own)->layout.align == l.align;
}

static const struct alcove_ops arena_ops = {
    .struct_size = sizeof arena_ops,
    .name = "arena",
    .alloc = arena_alloc,
    .dealloc = arena_dealloc,
    .resize = arena_resize,
    .realloc = arena_realloc,
    .owns = arena_owns,
};

/* ---- init ---- */

void
alcove_arena_init(struct alcove_arena *arena, struct alcove_allocator *parent,
                  void *buffer, size_t size)
{
    memset(arena, 0, sizeof *arena);
    arena->allocator.ops = &arena_ops;
    arena->allocator.features = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC |
                                ALCOVE_CAN_RESIZE | ALCOVE_CAN_OWNS |
                                ALCOVE_CAN_TEMP;
    if (parent != &arena->allocator && parent &&
        (parent->features & ALCOVE_CAN_ALLOC))
        arena->parent = parent;
    arena->next_size = 4096;
    arena->max_size = (size_t)1 << 20;
    arena->watched = alcove_tools_watch();
    if (buffer && alcove_arena_set_bounds(&arena->buffer, buffer, size)) {
        if (arena->watched)
            alcove_tools_hide(
                arena->buffer.start,
                (size_t)(arena->buffer.end - arena->buffer.start));
        alcove_arena_go(arena, &arena->buffer, arena->buffer.start);
    }
    if (alcove_env_passthrough())
        alcove_arena_pass_through(arena);
}

void
alcove_arena_set_chunks(struct alcove_arena *arena, size_t next, size_t largest)
{
    arena->next_size = alcove_arena_chunk_limit(next, 1024);
    arena->max_size = alcove_arena_chunk_limit(largest, arena->next_size);
}

void
alcove_arena_pass_through(struct alcove_arena *arena)
{
    if (!arena->parent)
        return;
    arena->through = true;
    arena->limit = arena->cursor;
    arena->allocator.features &=
        arena->parent->features | ~(unsigned)ALCOVE_CAN_RESIZE;
}
