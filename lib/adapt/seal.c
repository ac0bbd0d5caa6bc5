/* SPDX-License-Identifier: MIT */
/* No more allocations: through a seal that is closed, or on a thread that is in
 * a zone.
 *
 * Invariant: `innermost` begins the list of the zones that this thread is in,
 * each of them once, the last entered first. */
#include <config.h>

#include <alcove/seal.h>

#include "../os/threadlocal.h"
#include "../os/tools.h"
#include "adapt.h"

static struct alcove_seal *
seal_self(struct alcove_allocator *a)
{
    return (struct alcove_seal *)(void *)a;
}

/* ---- zones ---- */

#if ALCOVE_THREAD_LOCAL_WORKS
static ALCOVE_THREAD_LOCAL struct alcove_zone *innermost ALCOVE_TLS_MODEL;
#else
static struct alcove_zone *const innermost = NULL;
#endif

#if ALCOVE_THREAD_LOCAL_WORKS

/* The pointer to this zone in the list, or to the list's end. */
static struct alcove_zone **
seal_find(const struct alcove_zone *zone)
{
    struct alcove_zone **link = &innermost;

    while (*link && *link != zone)
        link = &(*link)->outer;
    return link;
}

bool
alcove_zone_enter(struct alcove_zone *zone, struct alcove_error *err)
{
    if (*seal_find(zone))
        return alcove_adapt_refuse("seal", "this thread is in the zone already",
                                   err);
    zone->outer = innermost;
    zone->refused = 0;
    innermost = zone;
    return true;
}

size_t
alcove_zone_leave(struct alcove_zone *zone)
{
    struct alcove_zone **link = seal_find(zone);

    if (!*link)
        return 0;
    *link = zone->outer;
    return zone->refused;
}

#else

bool
alcove_zone_enter(struct alcove_zone *zone, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_UNSUPPORTED,
        .allocator = "seal",
        .detail = "zones need thread-local storage",
    };

    (void)zone;
    return alcove_error_set(err, &what);
}

size_t
alcove_zone_leave(struct alcove_zone *zone)
{
    (void)zone;
    return 0;
}

#endif

/* ---- refusals ---- */

static bool
may_allocate(const struct alcove_seal *s)
{
    return ALCOVE_LIKELY(!ALCOVE_LOAD(s->closed) && !innermost);
}

/* Count it for all zones: the way to each of them is through the inner ones. */
static ALCOVE_COLD bool
count_refusal(void)
{
    struct alcove_zone *zone;

    for (zone = innermost; zone; zone = zone->outer)
        zone->refused++;
    return false;
}

static ALCOVE_COLD ALCOVE_NOINLINE void *
seal_refuse(const struct alcove_seal *s, struct alcove_layout l,
            struct alcove_layout old, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_ALLOC_FAILED,
        .cause = ALCOVE_CAUSE_OTHER,
        .layout = l,
        .old = old,
        .allocator = "seal",
        .detail = ALCOVE_LOAD(s->closed)
                      ? "it is sealed: nothing more is allocated"
                      : "this thread is in a no-allocation zone",
    };

    count_refusal();
    alcove_error_set(err, &what);
    return NULL;
}

static const struct alcove_layout seal_none = {0, 0};

/* ---- the operations ---- */

static void *
seal_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    struct alcove_allocator *parent = seal_self(a)->parent;

    if (may_allocate(seal_self(a)))
        return parent->ops->alloc(parent, l, err);
    return seal_refuse(seal_self(a), l, seal_none, err);
}

static void *
seal_zalloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    if (may_allocate(seal_self(a)))
        return alcove_zalloc(seal_self(a)->parent, l, err);
    return seal_refuse(seal_self(a), l, seal_none, err);
}

static bool
seal_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
             struct alcove_error *err)
{
    struct alcove_allocator *parent = seal_self(a)->parent;

    return parent->ops->dealloc(parent, p, l, err);
}

static bool
seal_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
            struct alcove_layout new_)
{
    if (may_allocate(seal_self(a)) || new_.size <= old.size)
        return alcove_resize(seal_self(a)->parent, p, old, new_);
    return count_refusal();
}

static void *
seal_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_, struct alcove_error *err)
{
    struct alcove_allocator *parent = seal_self(a)->parent;

    if (may_allocate(seal_self(a)))
        return alcove_realloc(parent, p, old, new_, err);
    if (new_.size <= old.size && alcove_resize(parent, p, old, new_))
        return p;
    return seal_refuse(seal_self(a), new_, old, err);
}

static bool
seal_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    if (may_allocate(seal_self(a)))
        return alcove_alloc_temp(seal_self(a)->parent, l, fn, arg, err);
    return seal_refuse(seal_self(a), l, seal_none, err) != NULL;
}

/* ---- init ---- */

bool
alcove_seal_init(struct alcove_seal *seal, struct alcove_allocator *parent,
                 struct alcove_error *err)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "seal",
        .alloc = seal_alloc,
        .dealloc = seal_dealloc,
        .zalloc = seal_zalloc,
        .resize = seal_resize,
        .realloc = seal_realloc,
        .owns = alcove_adapt_owns,
        .usable_size = alcove_adapt_usable_size,
        .alloc_temp = seal_alloc_temp,
    };

    if (!alcove_adapt_may_wrap(&seal->allocator, parent, "seal", err))
        return false;
    seal->allocator.ops = &ops;
    seal->allocator.features = parent->features;
    seal->parent = parent;
    alcove_tools_atomic(&seal->closed, sizeof seal->closed);
    ALCOVE_STORE(seal->closed, 0);
    return true;
}

void
alcove_seal(struct alcove_seal *seal)
{
    ALCOVE_STORE(seal->closed, 1);
}

bool
alcove_seal_is_closed(const struct alcove_seal *seal)
{
    return ALCOVE_LOAD(seal->closed) != 0;
}
