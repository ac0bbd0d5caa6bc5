/* SPDX-License-Identifier: MIT */
/* The arena's chunks: where blocks are carved, and where more memory comes
 * from.
 *
 * State is committed after the last thing that can fail.
 */
#include <config.h>

#include "arena.h"

#include "../os/tools.h"

#define ALIGN ALCOVE_ARENA_ALIGN

/* ---- the current chunk ---- */

void
alcove_arena_go(struct alcove_arena *arena, struct alcove_arena_chunk *chunk,
                char *cursor)
{
    arena->chunk = chunk;
    arena->cursor = cursor;
    arena->limit =
        chunk && !arena->watched && !arena->through ? chunk->end : cursor;
}

bool
alcove_arena_set_bounds(struct alcove_arena_chunk *chunk, char *p, size_t size)
{
    size_t before = alcove_at_most(alcove_arena_before((uintptr_t)p), size);

    chunk->start = p + before;
    chunk->end = chunk->start +
                 alcove_arena_usable((uintptr_t)chunk->start, size - before);
    chunk->top = chunk->start;
    return chunk->start < chunk->end;
}

void *
alcove_arena_carve(struct alcove_arena *arena, struct alcove_layout l)
{
    struct alcove_arena_chunk *chunk = arena->chunk;
    uintptr_t base = (uintptr_t)arena->cursor, start, past;
    char *block;

    if (!chunk ||
        !alcove_arena_fit(base, (uintptr_t)chunk->end, l, &start, &past))
        return NULL;
    block = arena->cursor + (start - base);
    if (arena->watched) {
        past += alcove_at_most(ALCOVE_TOOLS_GAP, (uintptr_t)chunk->end - past);
        alcove_tools_give(block, l.size);
    }
    alcove_arena_go(arena, chunk, arena->cursor + (past - base));
    return block;
}

/* ---- more memory ---- */

static void
link_after(struct alcove_arena *arena, struct alcove_arena_chunk *chunk)
{
    struct alcove_arena_chunk *current = arena->chunk;

    chunk->prev = current;
    chunk->next = NULL;
    chunk->index = 0;
    if (current) {
        chunk->next = current->next;
        chunk->index = current->index + 1;
        current->next = chunk;
        current->top = arena->cursor;
    }
    if (chunk->next)
        chunk->next->prev = chunk;
}

/* It is not the first one. */
static void
unlink_chunk(struct alcove_arena_chunk *chunk)
{
    chunk->prev->next = chunk->next;
    if (chunk->next)
        chunk->next->prev = chunk->prev;
}

static bool
has_room(const struct alcove_arena_chunk *chunk, struct alcove_layout l)
{
    uintptr_t start, past;

    return alcove_arena_fit((uintptr_t)chunk->start, (uintptr_t)chunk->end, l,
                            &start, &past);
}

/* Go on to a chunk that was kept. The first that has room comes next, whatever
 * its place in the list. */
bool
alcove_arena_reuse(struct alcove_arena *arena, struct alcove_layout l)
{
    struct alcove_arena_chunk *chunk = arena->chunk ? arena->chunk->next : NULL;

    while (chunk && !has_room(chunk, l))
        chunk = chunk->next;
    if (!chunk)
        return false;
    unlink_chunk(chunk);
    link_after(arena, chunk);
    alcove_arena_go(arena, chunk, chunk->start);
    return true;
}

/* Make the current chunk longer where it is. */
bool
alcove_arena_extend(struct alcove_arena *arena, struct alcove_layout l)
{
    struct alcove_arena_chunk *chunk = arena->chunk;
    struct alcove_layout longer;
    size_t need, more = arena->next_size;
    char *end;

    if (!chunk || chunk->layout.size == 0 ||
        !(arena->parent->features & ALCOVE_CAN_RESIZE) ||
        !alcove_arena_chunk_size(l, &need))
        return false;
    if (more < need)
        more = need;
    if (more > ALCOVE_SIZE_MAX - (ALIGN - 1) - chunk->layout.size)
        return false;
    longer = chunk->layout;
    longer.size += more;
    if (!alcove_resize(arena->parent, chunk, chunk->layout, longer)) {
        longer.size = chunk->layout.size + need;
        if (!alcove_resize(arena->parent, chunk, chunk->layout, longer))
            return false;
    }
    end = chunk->end;
    chunk->layout = longer;
    chunk->end =
        (char *)chunk + alcove_arena_usable((uintptr_t)chunk, longer.size);
    if (arena->watched)
        alcove_tools_hide(end, (size_t)(chunk->end - end));
    alcove_arena_go(arena, chunk, arena->cursor);
    return true;
}

bool
alcove_arena_add_chunk(struct alcove_arena *arena, struct alcove_layout l,
                       struct alcove_error *err)
{
    struct alcove_layout layout = {arena->next_size, ALIGN};
    struct alcove_arena_chunk *chunk;
    size_t need = 0;

    (void)alcove_arena_chunk_size(l, &need); /* the rest is no chunk's */
    if (layout.size < need)
        layout.size = need;
    chunk = alcove_alloc(arena->parent, layout, err);
    if (!chunk)
        return false;
    chunk->layout = layout;
    (void)alcove_arena_set_bounds(chunk, (char *)(chunk + 1),
                                  layout.size - sizeof *chunk);
    if (arena->watched)
        alcove_tools_hide(chunk->start, (size_t)(chunk->end - chunk->start));
    link_after(arena, chunk);
    alcove_arena_go(arena, chunk, chunk->start);
    arena->next_size =
        alcove_arena_chunk_after(arena->next_size, arena->max_size);
    return true;
}

void
alcove_arena_drop_chunk(struct alcove_arena *arena,
                        struct alcove_arena_chunk *chunk)
{
    struct alcove_error ignored;

    if (arena->watched)
        alcove_tools_give(chunk->start, (size_t)(chunk->end - chunk->start));
    if (chunk->layout.size != 0)
        (void)alcove_dealloc(arena->parent, chunk, chunk->layout, &ignored);
}
