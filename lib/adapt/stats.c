/* SPDX-License-Identifier: MIT */
/* The books of what goes through an allocator.
 *
 * They change when the parent has served, so that there is never anything to
 * take back, and whoever looks meanwhile sees what is true. What follows from
 * other figures is not kept: live is the peak less what is below it, and the
 * number of all blocks is the sum of the sizes less the changes. */
#include <config.h>

#include <alcove/stats.h>

#include "../core/libc.h"
#include "adapt.h"

#include <limits.h>

static const char stats_name[] = "stats";

static struct alcove_stats *
stats_self(struct alcove_allocator *a)
{
    return (struct alcove_stats *)(void *)a;
}

/* ---- the books ---- */

/* The power of two that is not larger than `size`, as an exponent. */
static inline unsigned
power_of(size_t size)
{
#if ALCOVE_LEADING_ZEROS
    unsigned most = (unsigned)(sizeof(unsigned long long) * CHAR_BIT - 1);

    return most - (unsigned)__builtin_clzll(size);
#else
    unsigned power = 0;

    while (size >>= 1)
        power++;
    return power;
#endif
}

static inline void
add_size(struct alcove_stats *stats, size_t size)
{
    stats->sizes[power_of(size)]++;
    if (ALCOVE_UNLIKELY(size > stats->largest))
        stats->largest = size;
}

/* False if a peak is passed: then `raise_peaks` must follow. Signed numbers are
 * compared by taking from them: gcc 12 spends two instructions on each, and
 * four where it could raise the peak here. */
static inline bool
is_below(struct alcove_stats *stats, size_t bytes, size_t blocks)
{
    stats->bytes_below -= (int64_t)bytes;
    if (ALCOVE_UNLIKELY(stats->bytes_below < 0))
        return false;
    stats->blocks_below -= (int64_t)blocks;
    return ALCOVE_LIKELY(stats->blocks_below >= 0);
}

/* Where the bytes have passed their peak, the blocks have not been asked. */
static ALCOVE_COLD ALCOVE_NOINLINE void
raise_peaks(struct alcove_stats *stats, size_t blocks)
{
    if (stats->bytes_below < 0) {
        stats->peak_bytes += (size_t)-stats->bytes_below;
        stats->bytes_below = 0;
        stats->blocks_below -= (int64_t)blocks;
    }
    if (stats->blocks_below < 0) {
        stats->peak_blocks += (size_t)-stats->blocks_below;
        stats->blocks_below = 0;
    }
}

static ALCOVE_COLD ALCOVE_NOINLINE void *
raise_peaks_for(struct alcove_stats *stats, void *p)
{
    raise_peaks(stats, 1);
    return p;
}

/* Returns the block, so that a compiler can jump to what is rare. */
static inline void *
add_block(struct alcove_stats *stats, void *p, size_t size)
{
    stats->total_bytes += size;
    add_size(stats, size);
    if (ALCOVE_UNLIKELY(!is_below(stats, size, 1)))
        return raise_peaks_for(stats, p);
    return p;
}

static void
remove_block(struct alcove_stats *stats, size_t size)
{
    stats->bytes_below += (int64_t)size;
    stats->blocks_below++;
}

static void
change_block(struct alcove_stats *stats, size_t old, size_t new_)
{
    add_size(stats, new_);
    if (new_ <= old) {
        stats->bytes_below += (int64_t)(old - new_);
        return;
    }
    stats->total_bytes += new_ - old;
    if (!is_below(stats, new_ - old, 0))
        raise_peaks(stats, 0);
}

/* Count what the parent has told, and tell it to the caller. */
static ALCOVE_COLD ALCOVE_NOINLINE bool
refused(struct alcove_stats *stats, struct alcove_error *err)
{
    unsigned code = stats->refusal.code;

    if (code >= ALCOVE_CODE_COUNT)
        code = ALCOVE_ERR_OTHER;
    stats->refused[code]++;
    if (err)
        *err = stats->refusal;
    return false;
}

static ALCOVE_COLD ALCOVE_NOINLINE void *
refused_alloc(struct alcove_stats *stats, struct alcove_error *err)
{
    refused(stats, err);
    return NULL;
}

static ALCOVE_COLD ALCOVE_NOINLINE bool
refused_release(struct alcove_stats *stats, struct alcove_error *err)
{
    stats->releases_refused++;
    return refused(stats, err);
}

/* ---- the operations ---- */

/* What is needed when the parent has served waits on the stack: registers would
 * have to be saved for it, and restored, at each call (gcc 12: 3 instructions
 * more). */
static void *
stats_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    struct alcove_stats *volatile kept = stats_self(a);
    struct alcove_error *volatile kept_err = err;
    struct alcove_allocator *parent = stats_self(a)->parent;
    volatile size_t size = l.size;
    void *p = parent->ops->alloc(parent, l, &stats_self(a)->refusal);

    if (ALCOVE_UNLIKELY(!p))
        return refused_alloc(kept, kept_err);
    return add_block(kept, p, size);
}

static void *
stats_zalloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    struct alcove_stats *stats = stats_self(a);
    void *p = alcove_zalloc(stats->parent, l, &stats->refusal);

    return p ? add_block(stats, p, l.size) : refused_alloc(stats, err);
}

static bool
stats_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
              struct alcove_error *err)
{
    struct alcove_stats *volatile kept = stats_self(a);
    struct alcove_error *volatile kept_err = err;
    struct alcove_allocator *parent = stats_self(a)->parent;
    volatile size_t size = l.size;
    bool done = parent->ops->dealloc(parent, p, l, &stats_self(a)->refusal);

    if (ALCOVE_UNLIKELY(!done))
        return refused_release(kept, kept_err);
    remove_block(kept, size);
    return done;
}

static bool
stats_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_)
{
    struct alcove_stats *stats = stats_self(a);

    if (!alcove_resize(stats->parent, p, old, new_)) {
        stats->resizes_refused++;
        return false;
    }
    change_block(stats, old.size, new_.size);
    stats->changed_in_place++;
    return true;
}

static void *
stats_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    struct alcove_stats *stats = stats_self(a);
    uintptr_t before = (uintptr_t)p;
    void *q = alcove_realloc(stats->parent, p, old, new_, &stats->refusal);

    if (!q)
        return refused_alloc(stats, err);
    change_block(stats, old.size, new_.size);
    if ((uintptr_t)q == before)
        stats->changed_in_place++;
    else
        stats->changed_moved++;
    return q;
}

struct stats_scope {
    struct alcove_stats *stats;
    size_t size;
    alcove_temp_fn *fn;
    void *arg;
};

static void
stats_leave_scope(void *scope)
{
    struct stats_scope *s = scope;

    remove_block(s->stats, s->size);
}

static void
stats_in_scope(void *mem, void *scope)
{
    struct stats_scope *s = scope;

    (void)add_block(s->stats, mem, s->size);
    s->stats->scoped++;
    alcove_temp_call(s->fn, mem, s->arg, stats_leave_scope, s);
}

static bool
stats_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                 alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    struct alcove_stats *stats = stats_self(a);
    struct stats_scope s = {stats, l.size, fn, arg};

    if (alcove_alloc_temp(stats->parent, l, stats_in_scope, &s,
                          &stats->refusal))
        return true;
    return refused(stats, err);
}

/* ---- init, done, and the figures ---- */

bool
alcove_stats_init(struct alcove_stats *stats, struct alcove_allocator *parent,
                  struct alcove_error *err)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = stats_name,
        .alloc = stats_alloc,
        .dealloc = stats_dealloc,
        .zalloc = stats_zalloc,
        .resize = stats_resize,
        .realloc = stats_realloc,
        .owns = alcove_adapt_owns,
        .usable_size = alcove_adapt_usable_size,
        .alloc_temp = stats_alloc_temp,
    };

    if (!alcove_adapt_may_wrap(&stats->allocator, parent, stats_name, err))
        return false;
    memset(stats, 0, sizeof *stats);
    stats->allocator.ops = &ops;
    stats->allocator.features =
        alcove_features(parent) & ~(unsigned)ALCOVE_CAN_THREADS;
    stats->parent = parent;
    return true;
}

static size_t
live_bytes(const struct alcove_stats *stats)
{
    return stats->peak_bytes - (size_t)stats->bytes_below;
}

static size_t
live_blocks(const struct alcove_stats *stats)
{
    return stats->peak_blocks - (size_t)stats->blocks_below;
}

void
alcove_stats_reset(struct alcove_stats *stats)
{
    struct alcove_stats fresh = {
        .allocator = stats->allocator,
        .parent = stats->parent,
        .peak_bytes = live_bytes(stats),
        .peak_blocks = live_blocks(stats),
    };

    *stats = fresh;
}

bool
alcove_stats_done(const struct alcove_stats *stats, struct alcove_error *err)
{
    return alcove_adapt_is_idle(stats_name, live_blocks(stats),
                                live_bytes(stats), err);
}

static uint64_t
total_blocks(const struct alcove_stats *stats)
{
    uint64_t sum = 0;
    size_t i;

    for (i = 0; i < ALCOVE_STATS_SIZES; i++)
        sum += stats->sizes[i];
    return sum - stats->changed_in_place - stats->changed_moved;
}

bool
alcove_stats_take(const struct alcove_stats *stats,
                  struct alcove_stats_snapshot *out, struct alcove_error *err)
{
    struct alcove_stats_snapshot now = {
        .live_bytes = live_bytes(stats),
        .live_blocks = live_blocks(stats),
        .peak_bytes = stats->peak_bytes,
        .peak_blocks = stats->peak_blocks,
        .largest = stats->largest,
        .total_bytes = stats->total_bytes,
        .total_blocks = total_blocks(stats),
        .scoped = stats->scoped,
        .changed_in_place = stats->changed_in_place,
        .changed_moved = stats->changed_moved,
        .resizes_refused = stats->resizes_refused,
        .releases_refused = stats->releases_refused,
    };
    size_t room = out->struct_size;

    if (room < offsetof(struct alcove_stats_snapshot, live_blocks))
        return alcove_adapt_refuse(
            stats_name, "the snapshot's struct_size is too small", err);
    memcpy(now.refused, stats->refused, sizeof now.refused);
    memcpy(now.sizes, stats->sizes, sizeof now.sizes);
    if (room > sizeof now) {
        memset((char *)out + sizeof now, 0, room - sizeof now);
        room = sizeof now;
    }
    now.struct_size = room;
    memcpy(out, &now, room);
    return true;
}
