/* SPDX-License-Identifier: MIT */
/* The arena: taking blocks back.
 *
 * A position is an index of a chunk, an offset in it, and a serial number;
 * older ones are smaller in all three. So a mark needs no list: whether it can
 * be gone back to follows from comparing numbers.
 */
#include <config.h>

#include "arena.h"

#include "../core/libc.h"
#include "../os/tools.h"

struct alcove_arena_position
alcove_arena_mark(const struct alcove_arena *arena)
{
    struct alcove_arena_position mark = {arena, 0, 0, arena->serial};

    if (arena->chunk) {
        mark.index = arena->chunk->index;
        mark.offset = (size_t)(arena->cursor - arena->chunk->start);
    }
    return mark;
}

static bool
is_past(const struct alcove_arena *arena, struct alcove_arena_position mark)
{
    struct alcove_arena_position now = alcove_arena_mark(arena);

    return mark.arena == arena && mark.serial <= now.serial &&
           (mark.index < now.index ||
            (mark.index == now.index && mark.offset <= now.offset));
}

/* Whatever the cleanups look at is still there. */
static void
clean_up(struct alcove_arena *arena, size_t serial)
{
    while (arena->cleanup && arena->cleanup->serial > serial) {
        struct alcove_arena_cleanup *node = arena->cleanup;

        arena->cleanup = node->next;
        node->fn(node->arg);
    }
}

/* A parent that refuses to take a block back keeps it. */
static void
drop_own_blocks(struct alcove_arena *arena, size_t serial)
{
    struct alcove_error ignored;

    while (arena->own && arena->own->serial > serial) {
        struct alcove_arena_own *own = arena->own;

        if (!alcove_arena_drop_own(arena, &arena->own, &ignored))
            arena->own = own->next;
    }
}

static void
arenamark_empty(struct alcove_arena *arena, struct alcove_arena_chunk *chunk,
                char *top)
{
    if (arena->watched)
        alcove_tools_hide(top, (size_t)(chunk->end - top));
}

static void
go_back(struct alcove_arena *arena, struct alcove_arena_position mark)
{
    struct alcove_arena_chunk *chunk;

    clean_up(arena, mark.serial); /* which may allocate */
    drop_own_blocks(arena, mark.serial);
    arena->serial = mark.serial;
    chunk = arena->chunk;
    if (!chunk)
        return;
    while (chunk->index > mark.index) {
        arenamark_empty(arena, chunk, chunk->start);
        chunk = chunk->prev;
    }
    arenamark_empty(arena, chunk, chunk->start + mark.offset);
    alcove_arena_go(arena, chunk, chunk->start + mark.offset);
}

/* In an older chunk a mark may lie past what was used of it, if it was taken
 * before a rewind: nothing is there. */
static bool
is_possible(const struct alcove_arena *arena, struct alcove_arena_position mark)
{
    const struct alcove_arena_chunk *chunk = arena->chunk;

    while (chunk && chunk->index > mark.index)
        chunk = chunk->prev;
    if (!chunk)
        return mark.offset == 0;
    return chunk == arena->chunk ||
           mark.offset <= (size_t)(chunk->top - chunk->start);
}

bool
alcove_arena_rewind(struct alcove_arena *arena,
                    struct alcove_arena_position mark, struct alcove_error *err)
{
    if (!is_past(arena, mark) || !is_possible(arena, mark)) {
        struct alcove_error what = {
            .code = ALCOVE_ERR_NOT_OWNED,
            .allocator = "arena",
            .detail = mark.arena == arena ? "the mark is of a later position"
                                          : "the mark is another arena's",
        };

        return alcove_error_set(err, &what);
    }
    go_back(arena, mark);
    return true;
}

void
alcove_arena_reset(struct alcove_arena *arena)
{
    struct alcove_arena_position start = {arena, 0, 0, 0};

    go_back(arena, start);
}

/* ---- giving chunks back ---- */

/* The last chunk, if it holds no block and is not the caller's buffer. Nor may
 * it be the current one, unless the arena is empty: a mark may lie at its
 * start. */
static struct alcove_arena_chunk *
spare(const struct alcove_arena *arena)
{
    struct alcove_arena_chunk *last = arena->chunk;

    while (last && last->next)
        last = last->next;
    if (!last || last->layout.size == 0)
        return NULL;
    if (last == arena->chunk &&
        (arena->cursor != last->start || last->index != 0))
        return NULL;
    return last;
}

static void
drop(struct alcove_arena *arena, struct alcove_arena_chunk *chunk)
{
    struct alcove_arena_chunk *prev = chunk->prev;

    if (prev)
        prev->next = NULL;
    if (chunk == arena->chunk) /* the first */
        alcove_arena_go(arena, NULL, NULL);
    alcove_arena_drop_chunk(arena, chunk);
}

void
alcove_arena_trim(struct alcove_arena *arena, size_t keep)
{
    struct alcove_arena_chunk *chunk;

    while (alcove_arena_capacity(arena) > keep &&
           (chunk = spare(arena)) != NULL)
        drop(arena, chunk);
}

void
alcove_arena_done(struct alcove_arena *arena)
{
    alcove_arena_reset(arena);
    alcove_arena_trim(arena, 0);
    if (arena->chunk)
        alcove_arena_drop_chunk(arena, arena->chunk); /* the caller's buffer */
    alcove_arena_go(arena, NULL, NULL);
    arena->parent = NULL;
    arena->through = false;
}

/* ---- cleanups ---- */

void
alcove_arena_defer(struct alcove_arena *arena,
                   struct alcove_arena_cleanup *node, void (*fn)(void *arg),
                   void *arg)
{
    node->fn = fn;
    node->arg = arg;
    node->serial = ++arena->serial;
    node->next = arena->cleanup;
    arena->cleanup = node;
}

bool
alcove_arena_cancel(struct alcove_arena *arena,
                    struct alcove_arena_cleanup *node)
{
    struct alcove_arena_cleanup **link = &arena->cleanup;

    while (*link && *link != node)
        link = &(*link)->next;
    if (!*link)
        return false;
    *link = node->next;
    return true;
}

/* ---- what there is ---- */

size_t
alcove_arena_used(const struct alcove_arena *arena)
{
    const struct alcove_arena_chunk *chunk = arena->chunk;
    const struct alcove_arena_own *own;
    size_t used = chunk ? (size_t)(arena->cursor - chunk->start) : 0;

    while (chunk && (chunk = chunk->prev) != NULL)
        used += (size_t)(chunk->top - chunk->start);
    for (own = arena->own; own; own = own->next)
        used += own->layout.size;
    return used;
}

static const struct alcove_arena_chunk *
first(const struct alcove_arena *arena)
{
    const struct alcove_arena_chunk *chunk = arena->chunk;

    while (chunk && chunk->prev)
        chunk = chunk->prev;
    return chunk;
}

size_t
alcove_arena_capacity(const struct alcove_arena *arena)
{
    const struct alcove_arena_chunk *chunk;
    const struct alcove_arena_own *own;
    size_t capacity = 0;

    for (chunk = first(arena); chunk; chunk = chunk->next)
        capacity += (size_t)(chunk->end - chunk->start);
    for (own = arena->own; own; own = own->next)
        capacity += own->layout.size;
    return capacity;
}

size_t
alcove_arena_chunks(const struct alcove_arena *arena)
{
    const struct alcove_arena_chunk *chunk;
    size_t count = 0;

    for (chunk = first(arena); chunk; chunk = chunk->next)
        count++;
    return count;
}

static bool
arenamark_is_aligned(const void *p)
{
    return ((uintptr_t)p & (ALCOVE_ARENA_ALIGN - 1)) == 0;
}

static bool
arenamark_chunks_ok(const struct alcove_arena *arena)
{
    const struct alcove_arena_chunk *chunk, *prev = NULL;
    bool past = false; /* the current one */

    for (chunk = first(arena); chunk; prev = chunk, chunk = chunk->next) {
        if (chunk->prev != prev || !arenamark_is_aligned(chunk->start) ||
            !arenamark_is_aligned(chunk->end) || chunk->start > chunk->end)
            return false;
        if (!past && (chunk->index != (prev ? prev->index + 1 : 0) ||
                      chunk->top < chunk->start || chunk->top > chunk->end))
            return false;
        if (chunk == arena->chunk)
            past = true;
    }
    return past || !arena->chunk;
}

static bool
serials_ok(const struct alcove_arena *arena)
{
    const struct alcove_arena_own *own;
    const struct alcove_arena_cleanup *node;
    size_t most = arena->serial;

    for (own = arena->own; own; most = own->serial - 1, own = own->next)
        if (own->serial > most || own->serial == 0)
            return false;
    most = arena->serial;
    for (node = arena->cleanup; node;
         most = node->serial - 1, node = node->next)
        if (node->serial > most || node->serial == 0)
            return false;
    return true;
}

bool
alcove_arena_ok(const struct alcove_arena *arena)
{
    const struct alcove_arena_chunk *chunk = arena->chunk;

    if (!arenamark_is_aligned(arena->cursor) || !arenamark_chunks_ok(arena) ||
        !serials_ok(arena))
        return false;
    if (!chunk)
        return !arena->cursor && !arena->limit;
    if (arena->cursor < chunk->start || arena->cursor > chunk->end)
        return false;
    return arena->limit ==
           (arena->watched || arena->through ? arena->cursor : chunk->end);
}
