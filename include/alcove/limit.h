/* SPDX-License-Identifier: MIT */
/* The limit: a quota on the bytes and the blocks that are live.
 *
 * It talks only to its parent.
 *
 *     struct alcove_limit limit;
 *
 *     alcove_limit_init(&limit, alcove_malloc(), 1000000, SIZE_MAX, &err);
 *     p = alcove_alloc(&limit.allocator, layout, &err);
 *
 * - What counts is the size of each layout, in bytes, as it was asked for: not
 *   what the parent adds, nor whether it gets memory back from a release.
 *   Blocks of size 0 are nobody's, and count nothing.
 * - A block that is changed counts with its new size: at no time with both.
 * - A scoped block counts while its scope is open, however that ends.
 * - alcove_usable_size ends with the quota: what can be used can be owned by a
 *   resize.
 * - What is refused counts nothing: a request that the parent refuses, and a
 *   release that it refuses, leave the books as they were.
 * - A limit may be the parent of limits: what these give counts against it,
 *   too, so that limits on limits are a tree of budgets. The nearest one that
 *   has no room refuses.
 * - Threads: one at a time, for all limits of a tree together.
 */
#ifndef ALCOVE_LIMIT_H
#define ALCOVE_LIMIT_H

#include <alcove/temp.h>

ALCOVE_BEGIN

struct alcove_limit;

/* A pressure hook: a request that adds `needed` bytes to what is used will be
 * refused, because there is no room for it in the limit (they are more than
 * alcove_limit_left, or no block is left), or because the parent has none. A
 * request that moves a block without making it larger adds 0 bytes.
 *
 * The hook may release blocks of this limit (but none that is being changed),
 * or of others, and set the limit anew. It may allocate: what it asks of this
 * limit is served if there is room, and refused without calling the hook again
 * if there is none. It returns true to have the request tried once more, and
 * false to have it refused. It must return: an exception, longjmp or the end of
 * the thread would lose the books.
 */
typedef bool alcove_limit_fn(struct alcove_limit *limit, size_t needed,
                             void *arg);

/* Invariant: what is live and what is left add up to the quota, and none of the
 * three is negative. So what is live cannot overflow; nor can what is left
 * while a request is tried, for that is at most PTRDIFF_MAX.
 */
struct alcove_limit {
    struct alcove_allocator allocator; /* pass &limit.allocator */
    struct alcove_allocator *parent;
    int64_t bytes_left, max_bytes;
    int64_t blocks_left, max_blocks;
    alcove_limit_fn *hook; /* NULL: none */
    void *hook_arg;
    bool in_hook;
};

/* Make `*limit` an allocator that takes blocks from `parent` as long as no more
 * than `max_bytes` bytes in `max_blocks` blocks are live. SIZE_MAX stands for
 * no limit of the kind: more than INT64_MAX, which nobody has, is as much as
 * that. `parent` must live as long as the limit is used. Nothing is allocated.
 * Fails, with nothing changed, if and only if `parent` is NULL or the limit
 * itself: OTHER, with errno EINVAL.
 *
 * The limit can what the parent can, but not be shared by threads. An operation
 * fails if and only if
 * - it would exceed the quota: ALLOC_FAILED, cause LIMIT, with the bytes that
 *   are left in err->limit, and, if it is no block that is left, a detail that
 *   says so; a resize in place says only false,
 * - or the parent refuses: the error is the parent's.
 * Cost: that of the parent, and some 30 instructions for an allocation and its
 * release; with a hook, some 70.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_limit_init(struct alcove_limit *limit,
                       struct alcove_allocator *parent, size_t max_bytes,
                       size_t max_blocks, struct alcove_error *err);

/* Call hook(limit, needed, arg) before a request of alcove_alloc,
 * alcove_zalloc or alcove_alloc_temp, or one that changes a block and does not
 * make it smaller, is refused as ALLOC_FAILED, by the limit or by the parent.
 * If the hook returns true, the request is tried once more; if it is served
 * then, errno and the error are untouched. A resize in place does not call it.
 * NULL: no hook.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_limit_on_pressure(struct alcove_limit *limit, alcove_limit_fn *hook,
                              void *arg);

/* Change the quota.
 * Fails, with nothing changed, if and only if more is live than it would allow:
 * OTHER, with errno EINVAL and the live bytes in err->limit.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_limit_set(struct alcove_limit *limit, size_t max_bytes,
                      size_t max_blocks, struct alcove_error *err);

/* At the end: is all released? The limit has nothing to give back, and stays as
 * it is: it can be asked again, and used on.
 * Fails if and only if a block is live: OTHER, with errno EBUSY and the live
 * bytes in err->limit.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_limit_done(const struct alcove_limit *limit,
                       struct alcove_error *err);

/* Bytes that are live. */
ALCOVE_INLINE ALCOVE_NONNULL(1)
size_t alcove_limit_used(const struct alcove_limit *limit);

/* Blocks that are live. */
ALCOVE_INLINE ALCOVE_NONNULL(1)
size_t alcove_limit_blocks(const struct alcove_limit *limit);

/* Bytes that are left under the quota; a parent that is a limit may have less.
 */
ALCOVE_INLINE ALCOVE_NONNULL(1)
size_t alcove_limit_left(const struct alcove_limit *limit);

/* ---- the inline bodies ---- */

ALCOVE_INLINE size_t
alcove_limit_used(const struct alcove_limit *limit)
{
    return (size_t)(limit->max_bytes - limit->bytes_left);
}

ALCOVE_INLINE size_t
alcove_limit_blocks(const struct alcove_limit *limit)
{
    return (size_t)(limit->max_blocks - limit->blocks_left);
}

ALCOVE_INLINE size_t
alcove_limit_left(const struct alcove_limit *limit)
{
    return (size_t)limit->bytes_left;
}

ALCOVE_END

#endif /* ALCOVE_LIMIT_H */
