/* SPDX-License-Identifier: MIT */
/* What the sources of the pool share.
 *
 * - A chunk is blocks from its start on, and its description behind them: so
 *   large alignments waste nothing at its start. The caller's buffer is the
 *   first chunk, and has its description in the pool.
 * - Blocks are carved from the current chunk, some at a time, when the free
 *   list is empty: a new chunk costs nothing before it is used.
 * - The inline paths know the free list by pool->head. While a tool watches, or
 *   blocks are passed through, that is 0, and they lead out of line.
 */
#ifndef ALCOVE_LIB_COMPOSE_POOL_H
#define ALCOVE_LIB_COMPOSE_POOL_H

#include <alcove/pool.h>

#include "poolspan.h"

enum { OUT_OF_LINE = 0, NONE = 1 }; /* in place of a free block's address */
enum { PLAIN, WATCHED, PASSING };   /* pool->mode */
enum { CHUNK_MIN = 4096, CHUNK_MAX = 65536 }; /* bytes */

/* Report a refusal; always false. */
bool alcove_pool_refuse(enum alcove_code code, enum alcove_cause cause,
                        struct alcove_layout l, size_t limit,
                        const char *detail, struct alcove_error *err);

/* ---- poolchunk.c: chunks, and the list of the free blocks ---- */

/* The first free block or NONE, and the one after `p`. */
uintptr_t alcove_pool_first(const struct alcove_pool *pool);
uintptr_t alcove_pool_next(const struct alcove_pool *pool, uintptr_t p);

/* No block is free, but those that are not carved yet. */
void alcove_pool_forget(struct alcove_pool *pool);

/* Is `p` the start of a block that has been carved? */
bool alcove_pool_is_carved(const struct alcove_pool *pool, uintptr_t p);

/* A fresh buffer: as many blocks as it holds. */
void alcove_pool_set_buffer(struct alcove_pool *pool, void *buffer,
                            size_t size);

/* A block, when the inline path has none, or a tool watches. */
void *alcove_pool_fresh(struct alcove_pool *pool, struct alcove_layout l,
                        struct alcove_error *err);
void *alcove_pool_watched_alloc(struct alcove_pool *pool,
                                struct alcove_layout l,
                                struct alcove_error *err);
void alcove_pool_watched_dealloc(struct alcove_pool *pool, void *p);

/* This chunk and all after it go back to the parent. */
void alcove_pool_drop_chunks(struct alcove_pool *pool,
                             struct alcove_pool_chunk *c);

/* ---- poolpass.c: passing blocks through ---- */

void *alcove_pool_passing_alloc(struct alcove_pool *pool,
                                struct alcove_layout l,
                                struct alcove_error *err);
bool alcove_pool_passing_dealloc(struct alcove_pool *pool, void *p,
                                 struct alcove_error *err);
bool alcove_pool_passing_resize(struct alcove_pool *pool, void *p,
                                struct alcove_layout old,
                                struct alcove_layout new_);
bool alcove_pool_passing_owns(const struct alcove_pool *pool, const void *p);

/* Is every live block where it is looked for? */
bool alcove_pool_passing_ok(const struct alcove_pool *pool);

/* Release all live blocks, and the table as well. */
void alcove_pool_drop_passed(struct alcove_pool *pool);
void alcove_pool_drop_table(struct alcove_pool *pool);

#endif /* ALCOVE_LIB_COMPOSE_POOL_H */
