/* SPDX-License-Identifier: MIT */
/* The books of what goes through an allocator: how much is live, how much it
 * was at most and in all, how large the requests are, and what was refused.
 *
 * It talks only to its parent.
 *
 *     struct alcove_stats stats;
 *     struct alcove_stats_snapshot now = {.struct_size = sizeof now};
 *     char text[4096];
 *
 *     alcove_stats_init(&stats, alcove_malloc(), &err);
 *     work_with(&stats.allocator);
 *     alcove_stats_take(&stats, &now, &err);
 *     alcove_stats_format(&now, text, sizeof text);
 *
 * - What is counted are layouts as they were asked for: not what the parent
 *   adds, nor whether it gets memory back from a release. Blocks of size 0, and
 *   requests that are refused because they are not valid, do not come here.
 * - A block counts from when the parent has given it to when the parent has
 *   taken it back; a scoped block while its scope is open, however that ends.
 * - What the parent refuses counts as refused, and nothing else.
 * - Threads: one at a time.
 */
#ifndef ALCOVE_STATS_H
#define ALCOVE_STATS_H

#include <alcove/temp.h>

ALCOVE_BEGIN

enum {
    ALCOVE_STATS_CODES = 32, /* room for codes of enum alcove_code */
    ALCOVE_STATS_SIZES = 64  /* powers of two */
};

/* Invariants: what is below the peak is what the peak has more than is live,
 * and not negative. Each of `sizes` counts blocks given and blocks changed.
 */
struct alcove_stats {
    struct alcove_allocator allocator; /* pass &stats.allocator */
    struct alcove_allocator *parent;
    int64_t bytes_below; /* the peak */
    size_t peak_bytes;
    int64_t blocks_below;
    size_t peak_blocks;
    size_t largest;
    uint64_t total_bytes;
    uint64_t scoped, changed_in_place, changed_moved;
    uint64_t resizes_refused, releases_refused;
    uint64_t refused[ALCOVE_STATS_CODES];
    uint64_t sizes[ALCOVE_STATS_SIZES];
    struct alcove_error refusal; /* where the parent writes */
};

/* The figures at one moment. What is live or was the peak fits a size_t; what
 * is counted for ever is 64 bits wide everywhere, and takes centuries to
 * overflow. The struct may grow at its end.
 */
struct alcove_stats_snapshot {
    /* Set it to sizeof(struct alcove_stats_snapshot) before the call. After it,
     * the bytes that were filled: a field beyond these is 0, and not known. */
    size_t struct_size;

    size_t live_bytes, live_blocks;
    size_t peak_bytes, peak_blocks; /* each at its own time */

    /* Bytes of the largest block that was given, or that one was changed to. */
    size_t largest;

    /* All that was given. A block that is made larger adds the difference; one
     * that is changed in any way is no new block. */
    uint64_t total_bytes, total_blocks;

    uint64_t scoped; /* of total_blocks */

    /* Blocks that were made larger or smaller, and are where they were, or
     * elsewhere. */
    uint64_t changed_in_place, changed_moved;

    uint64_t resizes_refused;  /* by alcove_resize: these have no code */
    uint64_t releases_refused; /* of `refused` */

    /* Refusals by enum alcove_code; of codes that this version does not know,
     * as ALCOVE_ERR_OTHER. */
    uint64_t refused[ALCOVE_STATS_CODES];

    /* How often a block of a size was given, or changed to: the n-th for sizes
     * from 2 to the power of n to below its double. */
    uint64_t sizes[ALCOVE_STATS_SIZES];
};

/* Make `*stats` an allocator that takes all from `parent`, and keeps books.
 * `parent` must live as long as it is used. Nothing is allocated.
 * Fails, with nothing changed, if and only if `parent` is NULL or the allocator
 * itself: OTHER, with errno EINVAL.
 *
 * It can what the parent can, but not be shared by threads. An operation fails
 * if and only if the parent refuses, and the error is the parent's.
 * Cost: that of the parent, and some 40 instructions for an allocation and its
 * release.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_stats_init(struct alcove_stats *stats,
                       struct alcove_allocator *parent,
                       struct alcove_error *err);

/* Fill as much of `*out` as out->struct_size says that there is. What a newer
 * program's struct has more than this library's is set to 0, and
 * out->struct_size to the bytes that were filled.
 * Fails, with nothing changed, if and only if out->struct_size is too small for
 * live_bytes: OTHER, with errno EINVAL.
 */
ALCOVE_API ALCOVE_NONNULL(1, 2)
bool alcove_stats_take(const struct alcove_stats *stats,
                       struct alcove_stats_snapshot *out,
                       struct alcove_error *err);

/* Write the figures as some lines of text, each with a newline, for people:
 *
 *                blocks    bytes
 *     live           12      960
 *     peak          310    40320
 *     total        8123   901344
 *     largest               4096
 *     scoped        500
 *     changed        40  in place
 *                     7  moved
 *     refused         2  ALCOVE_ERR_ALLOC_FAILED
 *     from        times
 *      64 B        8000  ########################################
 *       4 KiB       123  #
 *
 * What is 0 has no line, but the first three. The form may change.
 * snprintf's contract: at most `size` bytes are written, the last one 0; the
 * length of the whole text (bytes, without the 0) is returned; `buf` may be
 * NULL if `size` is 0. Cannot fail, does not allocate, leaves errno alone.
 */
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_stats_format(const struct alcove_stats_snapshot *snapshot,
                           char *buf, size_t size);

/* Begin anew: totals, refusals, sizes and the largest are 0, what is live
 * stays, and is the peak.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_stats_reset(struct alcove_stats *stats);

/* At the end: is all released? There is nothing to give back, and the books
 * stay: it can be asked again, and used on.
 * Fails if and only if a block is live: OTHER, with errno EBUSY and the live
 * bytes in err->limit.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_stats_done(const struct alcove_stats *stats,
                       struct alcove_error *err);

ALCOVE_END

#endif /* ALCOVE_STATS_H */
