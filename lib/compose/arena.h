/* SPDX-License-Identifier: MIT */
/* What the parts of the arena share: arena.c has its operations, arenachunk.c
 * carves blocks, arenamark.c takes them back. */
#ifndef ALCOVE_LIB_COMPOSE_ARENA_H
#define ALCOVE_LIB_COMPOSE_ARENA_H

#include "arenaspan.h"

/* ---- arenachunk.c ---- */

/* Blocks may be in [p, p + size). Returns whether that has room for any. */
bool alcove_arena_set_bounds(struct alcove_arena_chunk *chunk, char *p,
                             size_t size);

/* Make `chunk` the current one, with the next block at `cursor`. */
void alcove_arena_go(struct alcove_arena *arena,
                     struct alcove_arena_chunk *chunk, char *cursor);

/* A block from the current chunk, or NULL. */
void *alcove_arena_carve(struct alcove_arena *arena, struct alcove_layout l);

/* Three ways to have room for a block: make the current chunk longer where it
 * is, go on to one that was kept, take a new one from the parent. Each returns
 * whether it worked, and changes nothing if not; the last says why not. */
bool alcove_arena_extend(struct alcove_arena *arena, struct alcove_layout l);
bool alcove_arena_reuse(struct alcove_arena *arena, struct alcove_layout l);
bool alcove_arena_add_chunk(struct alcove_arena *arena, struct alcove_layout l,
                            struct alcove_error *err);

/* Give the memory of a chunk back that is out of the list. */
void alcove_arena_drop_chunk(struct alcove_arena *arena,
                             struct alcove_arena_chunk *chunk);

/* ---- arena.c ---- */

/* Take `*link` out of the list of own blocks, and give its memory back. False,
 * and nothing changed, if the parent refuses. */
bool alcove_arena_drop_own(struct alcove_arena *arena,
                           struct alcove_arena_own **link,
                           struct alcove_error *err);

#endif /* ALCOVE_LIB_COMPOSE_ARENA_H */
