/* SPDX-License-Identifier: MIT */
/* The out-of-memory driver over each constructor of this library, and what only
 * it can: over the guard, in place, and apart. */
#include <config.h>

#include <alcove.h>
#include <alcove/check.h>

#include "../lib/os/tools.h"
#include "oommix.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>

static const struct alcove_layout small = {24, 8}, large = {3000, 16};

static bool
that(struct alcove_check_run *run, bool good, const char *what)
{
    return alcove_check_that(run, good, what);
}

/* This is the end, and all went well. */
static bool
finish(struct alcove_check_run *run, bool good)
{
    alcove_check_outcome(run, &good, sizeof good);
    return good;
}

/* ---- arena ---- */

static void
count_up(void *arg)
{
    ++*(int *)arg;
}

/* `arena` has blocks of its own, marks and cleanups. */
static bool
use_arena(struct alcove_arena *arena, struct alcove_check_run *run)
{
    struct alcove_arena_cleanup outer, inner;
    struct alcove_arena_position mark;
    int ended = 0, i;
    size_t used;
    bool good = true;
    char *first;

    for (i = 0; i < 30; i++)
        good &= alcove_arena_alloc(arena, small, NULL) != NULL;
    first = alcove_arena_alloc(arena, large, NULL);
    if (first)
        memset(first, 'f', large.size);
    alcove_arena_defer(arena, &outer, count_up, &ended);
    mark = alcove_arena_mark(arena);
    used = alcove_arena_used(arena);
    for (i = 0; i < 4; i++)
        good &= alcove_arena_alloc(arena, large, NULL) != NULL;
    alcove_arena_defer(arena, &inner, count_up, &ended);
    that(run, alcove_arena_ok(arena), "the arena is whole");
    that(run, alcove_arena_rewind(arena, mark, NULL) && ended == 1,
         "a rewind runs the cleanups since then");
    that(run, alcove_arena_used(arena) == used, "...and releases the blocks");
    that(run, !first || (first[0] == 'f' && first[large.size - 1] == 'f'),
         "what is older is as it was");
    good &= first && alcove_arena_alloc(arena, small, NULL);
    alcove_arena_reset(arena);
    that(run, ended == 2 && alcove_arena_ok(arena), "so does a reset");
    good &= alcove_arena_alloc(arena, small, NULL) != NULL;
    alcove_arena_trim(arena, 0);
    good &= alcove_arena_alloc(arena, large, NULL) != NULL;
    that(run, alcove_arena_ok(arena), "the arena is whole at the end");
    alcove_arena_done(arena);
    return finish(run, good);
}

static bool
arena_over_parent(struct alcove_allocator *a, struct alcove_check_run *run)
{
    struct alcove_arena arena;

    alcove_arena_init(&arena, a, NULL, 0);
    alcove_arena_set_chunks(&arena, 1024, 4096);
    return use_arena(&arena, run);
}

static bool
arena_over_buffer(struct alcove_allocator *a, struct alcove_check_run *run)
{
    struct alcove_arena arena;
    static char buffer[500];

    alcove_arena_init(&arena, a, buffer, sizeof buffer);
    return use_arena(&arena, run);
}

static bool
arena_through(struct alcove_allocator *a, struct alcove_check_run *run)
{
    struct alcove_arena arena;

    alcove_arena_init(&arena, a, NULL, 0);
    alcove_arena_pass_through(&arena);
    return use_arena(&arena, run);
}

/* ---- pool, sizeclass ---- */

static bool
use_pool(struct alcove_pool *pool, struct alcove_check_run *run)
{
    enum { BLOCKS = 300 };
    char *blocks[BLOCKS];
    size_t had = 0;
    bool good = true;
    int i;

    for (i = 0; i < BLOCKS; i++) {
        blocks[had] = alcove_pool_alloc(pool, NULL);
        if (blocks[had])
            memset(blocks[had++], 'p', small.size);
        else
            good = false;
    }
    that(run, alcove_pool_live(pool) == had && alcove_pool_ok(pool),
         "the pool counts what it gave");
    while (had > BLOCKS / 2)
        alcove_pool_dealloc(pool, blocks[--had]);
    that(run, alcove_pool_live(pool) == had && alcove_pool_ok(pool),
         "...and what it got back");
    while (had > 0 && blocks[had - 1][0] == 'p' &&
           blocks[had - 1][small.size - 1] == 'p')
        alcove_pool_dealloc(pool, blocks[--had]);
    that(run, had == 0, "blocks keep their contents");
    alcove_pool_reset(pool);
    good &= alcove_pool_alloc(pool, NULL) != NULL;
    that(run, alcove_pool_ok(pool), "the pool is whole at the end");
    alcove_pool_reset(pool);
    return good;
}

static bool
pool_over_parent(struct alcove_allocator *a, struct alcove_check_run *run)
{
    struct alcove_pool pool;
    static char buffer[300];
    bool good;

    if (!alcove_pool_init(&pool, small, a, buffer, sizeof buffer, NULL))
        return false;
    good = use_pool(&pool, run);
    alcove_pool_done(&pool);
    return finish(run, good);
}

static bool
sizeclass_over_parent(struct alcove_allocator *a, struct alcove_check_run *run)
{
    struct alcove_sizeclass sc;
    struct alcove_layout l = {1, 8};
    void *blocks[12];
    bool good = true;
    int i, round;

    alcove_sizeclass_init(&sc, a);
    for (round = 0; round < 2; round++) {
        for (i = 0; i < 12; i++) {
            l.size = (size_t)1 << i;
            blocks[i] = alcove_sizeclass_alloc(&sc, l, NULL);
            good &= blocks[i] != NULL;
        }
        that(run, alcove_sizeclass_ok(&sc), "the cache is whole");
        for (i = 0; i < 12; i++) {
            l.size = (size_t)1 << i;
            that(run, alcove_sizeclass_dealloc(&sc, blocks[i], l, NULL),
                 "a block can be released");
        }
        if (round == 0 && alcove_sizeclass_cached(&sc) > 0)
            that(run, alcove_sizeclass_trim(&sc) > 0, "a trim gives back");
    }
    good &= mix(&sc.allocator, run, 2000);
    alcove_sizeclass_done(&sc);
    return finish(run, good);
}

/* ---- fallback, segregate ---- */

static bool
fallback_of_two(struct alcove_allocator *a, struct alcove_check_run *run)
{
    struct alcove_fallback fallback;
    struct alcove_pool pool;
    bool good;

    if (!alcove_pool_init(&pool, small, a, NULL, 0, NULL) ||
        !alcove_fallback_init(&fallback, &pool.allocator, a, NULL))
        return false;
    good = mix(&fallback.allocator, run, 100);
    alcove_pool_done(&pool);
    return good;
}

static bool
segregate_of_two(struct alcove_allocator *a, struct alcove_check_run *run)
{
    struct alcove_segregate segregate;
    struct alcove_arena arena;
    bool good;

    alcove_arena_init(&arena, a, NULL, 0);
    if (!alcove_segregate_init(&segregate, a, &arena.allocator, 500, NULL))
        return false;
    good = mix(&segregate.allocator, run, 1500);
    alcove_arena_done(&arena);
    return good;
}

/* ---- limit ---- */

struct reserve {
    void *block;
    unsigned asked;
};

static bool
give_reserve(struct alcove_limit *limit, size_t needed, void *arg)
{
    struct reserve *r = arg;
    bool had = r->block != NULL;

    (void)needed;
    r->asked++;
    alcove_dealloc(&limit->allocator, r->block, large, NULL);
    r->block = NULL;
    return had;
}

static bool
limit_with_hook(struct alcove_allocator *a, struct alcove_check_run *run)
{
    struct alcove_limit limit, outer;
    struct reserve reserve = {NULL, 0};
    bool good;

    if (!alcove_limit_init(&outer, a, 6000, SIZE_MAX, NULL) ||
        !alcove_limit_init(&limit, &outer.allocator, 5000, SIZE_MAX, NULL))
        return false;
    reserve.block = alcove_alloc(&limit.allocator, large, NULL);
    good = reserve.block != NULL;
    alcove_limit_on_pressure(&limit, give_reserve, &reserve);
    good &= mix(&limit.allocator, run, 1000);
    that(run, !good || reserve.asked > 0, "the reserve is asked for");
    alcove_dealloc(&limit.allocator, reserve.block, large, NULL);
    that(run,
         alcove_limit_done(&limit, NULL) && alcove_limit_done(&outer, NULL) &&
             alcove_limit_used(&limit) == 0 &&
             alcove_limit_left(&outer) == 6000,
         "the books are balanced");
    return good;
}

/* ---- stats, trace ---- */

/* That are counted, of all that was asked. */
static uint64_t
refused(const struct alcove_stats_snapshot *s)
{
    uint64_t sum = 0;
    int i;

    for (i = 0; i < ALCOVE_STATS_CODES; i++)
        sum += s->refused[i];
    return sum;
}

static bool
stats_over_parent(struct alcove_allocator *a, struct alcove_check_run *run)
{
    struct alcove_stats stats;
    struct alcove_stats_snapshot s = {.struct_size = sizeof s};
    bool good;

    if (!alcove_stats_init(&stats, a, NULL))
        return false;
    good = mix(&stats.allocator, run, 1000);
    that(run,
         alcove_stats_done(&stats, NULL) &&
             alcove_stats_take(&stats, &s, NULL) && s.live_blocks == 0 &&
             s.live_bytes == 0,
         "nothing is live in the books");
    that(run, good == (refused(&s) == 0), "what was refused is in there");
    return good;
}

struct events {
    size_t done, refused;
    long blocks, scopes;
};

static void
see_event(const struct alcove_trace_event *event, void *arg)
{
    struct events *e = arg;

    if (!event->done) {
        e->refused += event->op != ALCOVE_TRACE_RESIZE;
        return;
    }
    e->done++;
    e->blocks +=
        event->op == ALCOVE_TRACE_ALLOC || event->op == ALCOVE_TRACE_ZALLOC;
    e->blocks -= event->op == ALCOVE_TRACE_DEALLOC;
    e->scopes += event->op == ALCOVE_TRACE_TEMP_BEGIN;
    e->scopes -= event->op == ALCOVE_TRACE_TEMP_END;
}

static bool
trace_over_parent(struct alcove_allocator *a, struct alcove_check_run *run)
{
    struct alcove_trace trace;
    struct events e = {0, 0, 0, 0};
    bool good;

    if (!alcove_trace_init(&trace, a, see_event, &e, NULL))
        return false;
    good = mix(&trace.allocator, run, 1000);
    that(run, e.blocks == 0 && e.scopes == 0,
         "each block ends, as a scope does");
    that(run, good == (e.refused == 0), "what was refused is told");
    return good;
}

/* ---- guard, fail, locked, seal ---- */

static bool
guard_over_parent(struct alcove_allocator *a, struct alcove_check_run *run)
{
    struct alcove_guard guard;
    bool good;

    if (!alcove_guard_init(&guard, a, NULL, NULL))
        return false;
    good = mix(&guard.allocator, run, 1000);
    that(run, alcove_guard_check(&guard, NULL), "there is nothing to find");
    that(run, alcove_guard_done(&guard, NULL), "it gives everything back");
    return good;
}

/* Each third is refused, and asked for again. */
static bool
fail_over_parent(struct alcove_allocator *a, struct alcove_check_run *run)
{
    const struct alcove_fail_rule rule = {.every = 3};
    struct alcove_fail fail;
    bool good = true;
    int i;

    if (!alcove_fail_init(&fail, a, &rule, NULL))
        return false;
    for (i = 0; i < 9; i++) {
        void *p = alcove_alloc(&fail.allocator, small, NULL);

        if (!p)
            p = alcove_alloc(&fail.allocator, small, NULL);
        good &= p != NULL;
        that(run, alcove_dealloc(&fail.allocator, p, small, NULL),
             "a block can be released");
    }
    that(run, alcove_fail_fired(&fail) >= 3, "it refuses on its own");
    return finish(run, good);
}

static bool
locked_over_parent(struct alcove_allocator *a, struct alcove_check_run *run)
{
    struct alcove_locked locked;
    bool good;

    if (!alcove_locked_init(&locked, a, NULL))
        return false;
    good = mix(&locked.allocator, run, 1000);
    that(run, alcove_locked_done(&locked, NULL), "nobody holds it");
    return good;
}

static bool
seal_over_parent(struct alcove_allocator *a, struct alcove_check_run *run)
{
    struct alcove_seal seal;
    void *p;
    bool good;

    if (!alcove_seal_init(&seal, a, NULL))
        return false;
    good = mix(&seal.allocator, run, 1000);
    p = alcove_alloc(&seal.allocator, large, NULL);
    alcove_seal(&seal);
    that(run, !alcove_alloc(&seal.allocator, small, NULL), "it is closed");
    that(run, alcove_dealloc(&seal.allocator, p, large, NULL),
         "what is live can be released");
    return good && p;
}

/* ---- thin, foreign ---- */

static bool
thin_over_parent(struct alcove_allocator *a, struct alcove_check_run *run)
{
    char *p = alcove_thin_alloc(a, 100, NULL), *q;
    char *zeros = alcove_thin_zalloc_array(a, 10, 30, NULL);
    char *aligned = alcove_thin_aligned(a, 50, 256, NULL);
    bool good = p && zeros && aligned;

    if (p)
        memset(p, 't', 100);
    q = p ? alcove_thin_realloc(a, p, 5000, NULL) : NULL;
    good &= q != NULL;
    p = q ? q : p;
    that(run, !p || (p[0] == 't' && p[99] == 't'), "contents are kept");
    that(run,
         alcove_thin_size(a, p, NULL) == (q   ? 5000
                                          : p ? 100
                                              : 0),
         "...and the size is known");
    q = zeros ? alcove_thin_realloc_array(a, zeros, 2, 30, NULL) : NULL;
    good &= q != NULL;
    zeros = q ? q : zeros;
    that(run, !zeros || (zeros[0] == 0 && zeros[59] == 0), "zeros are zeros");
    q = aligned ? alcove_thin_realloc(a, aligned, 500, NULL) : NULL;
    good &= q != NULL;
    aligned = q ? q : aligned;
    that(run, ((uintptr_t)aligned & 255) == 0, "alignment is kept");
    that(run,
         alcove_thin_free(a, p, NULL) && alcove_thin_free(a, zeros, NULL) &&
             alcove_thin_free(a, aligned, NULL),
         "all can be released");
    return finish(run, good);
}

static void *
foreign_alloc(void *ctx, size_t size)
{
    return alcove_thin_alloc(ctx, size, NULL);
}

static void *
foreign_realloc(void *ctx, void *p, size_t size)
{
    return alcove_thin_realloc(ctx, p, size, NULL);
}

static void
foreign_free(void *ctx, void *p)
{
    alcove_thin_free(ctx, p, NULL);
}

/* What they give is less aligned than what is asked for. */
static bool
foreign_over_parent(struct alcove_allocator *a, struct alcove_check_run *run)
{
    static const struct alcove_foreign_functions functions = {
        .struct_size = sizeof functions,
        .alloc = foreign_alloc,
        .free = foreign_free,
        .realloc = foreign_realloc,
    };
    const struct alcove_layout l = {100, 64}, more = {300, 64};
    struct alcove_foreign foreign;
    char *p, *q;
    bool good;

    if (!alcove_foreign_init(&foreign, &functions, a, ALCOVE_ALIGNOF(void *),
                             NULL))
        return false;
    good = mix(&foreign.allocator, run, 1000);
    p = alcove_alloc(&foreign.allocator, l, NULL);
    if (!p)
        return false;
    memset(p, 'x', l.size);
    q = alcove_grow(&foreign.allocator, p, l, more, NULL);
    that(run, (q ? q : p)[0] == 'x' && (q ? q : p)[99] == 'x',
         "contents are kept");
    that(run, alcove_dealloc(&foreign.allocator, q ? q : p, q ? more : l, NULL),
         "a padded block can be released");
    return good && q;
}

/* ---- the interface ---- */

static bool
arrays(struct alcove_allocator *a, struct alcove_check_run *run)
{
    int *p = ALCOVE_NEW_ARRAY(a, int, 10, NULL), *q = NULL;
    long *zeros = ALCOVE_ZNEW_ARRAY(a, long, 7, NULL);
    double *one = ALCOVE_NEW(a, double, NULL);
    bool good = p && zeros && one;

    if (p) {
        p[9] = 42;
        q = ALCOVE_REALLOC_ARRAY(a, p, int, 10, 1000, NULL);
        that(run, (q ? q : p)[9] == 42, "items are kept");
    }
    that(run, !zeros || (zeros[0] == 0 && zeros[6] == 0), "zeros are zeros");
    that(run,
         ALCOVE_DELETE_ARRAY(a, q ? q : p, int, (q ? 1000u : 10u), NULL) &&
             ALCOVE_DELETE_ARRAY(a, zeros, long, 7, NULL) &&
             ALCOVE_DELETE(a, one, double, NULL),
         "all can be released");
    return finish(run, good && q);
}

static bool
checked(struct alcove_allocator *a, struct alcove_check_run *run)
{
    char *p = alcove_alloc(a, small, NULL), *q;

    if (!p)
        return false;
    p[0] = 'c';
    q = alcove_checked_realloc(a, p, small, large, NULL);
    that(run, (q ? q : p)[0] == 'c', "contents are kept");
    that(run, alcove_checked_dealloc(a, q ? q : p, q ? large : small, NULL),
         "it can be released");
    return finish(run, q != NULL);
}

struct depth {
    struct alcove_allocator *a;
    struct alcove_check_run *run;
    int left;
    bool good;
};

static void
deeper(void *mem, void *arg)
{
    struct depth *d = arg;
    int here = d->left--;

    memset(mem, here, small.size);
    if (d->left > 0 && !alcove_alloc_temp(d->a, small, deeper, d, NULL))
        d->good = false;
    that(d->run, *(char *)mem == here && ((char *)mem)[small.size - 1] == here,
         "the block of an outer scope is whole");
}

static bool
scopes(struct alcove_allocator *a, struct alcove_check_run *run)
{
    struct depth d = {a, run, 12, true};

    if (!alcove_zalloc_temp(a, small, deeper, &d, NULL))
        return false;
    return finish(run, d.good);
}

/* ---- all of them ---- */

struct subject {
    const char *name;
    bool (*body)(struct alcove_allocator *a, struct alcove_check_run *run);
};

static const struct subject subjects[] = {
    {"an arena over a parent", arena_over_parent},
    {"an arena over a buffer and a parent", arena_over_buffer},
    {"an arena that passes through", arena_through},
    {"a pool", pool_over_parent},
    {"a sizeclass", sizeclass_over_parent},
    {"a fallback from a pool", fallback_of_two},
    {"a segregation of an arena", segregate_of_two},
    {"a limit on a limit, with a hook", limit_with_hook},
    {"stats", stats_over_parent},
    {"a trace", trace_over_parent},
    {"a guard", guard_over_parent},
    {"a fail", fail_over_parent},
    {"a locked one", locked_over_parent},
    {"a seal", seal_over_parent},
    {"thin", thin_over_parent},
    {"a foreign one", foreign_over_parent},
    {"arrays", arrays},
    {"the checked functions", checked},
    {"scopes", scopes},
};

enum { SUBJECTS = sizeof subjects / sizeof *subjects };

static bool
body(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    return ((const struct subject *)arg)->body(a, run);
}

struct sum {
    size_t refusals;
    char total[400], first[1500];
};

static void
see(const struct alcove_check_result *result, void *arg)
{
    struct sum *sum = arg;

    if (result->verdict == ALCOVE_VERDICT_FAIL && sum->first[0] == '\0')
        snprintf(sum->first, sizeof sum->first, "%s: %s\n#     %s",
                 result->check, result->text,
                 result->notes ? result->notes[0] : "");
    snprintf(sum->total, sizeof sum->total, "%s", result->text);
}

static size_t refusals;

static void
drive(const struct subject *s, bool in_place, bool apart)
{
    struct sum sum = {.refusals = 0};
    const struct alcove_check_oom_options options = {
        .struct_size = sizeof options,
        .in_place = in_place,
        .fork = apart,
        .seconds = 120,
        .progress = -1,
    };
    struct subject copy = *s;
    bool good = alcove_check_oom(body, &copy, NULL, &options, see, &sum);

    (void)sscanf(sum.total, "%zu", &sum.refusals);
    if (!ok(good && sum.refusals > 0, "%s%s%s: %s", s->name,
            in_place ? ", in place" : "", apart ? ", apart" : "", sum.total))
        diag("%s", sum.first);
    refusals += sum.refusals;
}

int
main(void)
{
    size_t i;

    if (!(alcove_features(alcove_malloc()) & ALCOVE_CAN_ALLOC))
        return tap_skip_all("the malloc backend is not built");
    tap_plan(3 * SUBJECTS);
    for (i = 0; i < SUBJECTS; i++) {
        if (subjects[i].body == locked_over_parent && !ALCOVE_HAVE_THREADS) {
            skip(3, "there are no threads");
            continue;
        }
        drive(&subjects[i], false, false);
        drive(&subjects[i], true, false);
        if (!ALCOVE_FORK)
            skip(1, "there is no fork");
        else if (alcove_tools_watch())
            skip(1, "it takes too long while a tool watches");
        else
            drive(&subjects[i], false, true);
    }
    diag("%zu refusals", refusals);
    return tap_done();
}
