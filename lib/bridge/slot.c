/* SPDX-License-Identifier: MIT */
/* A bridge for a library whose callbacks have no context: bound once.
 *
 * The allocator's pointer decides which of several threads binds; that thread
 * fills the bridge, and sets `bound` last. */
#include <config.h>

#include <alcove/bridge.h>

#include "../os/atomic.h"
#include "../os/tools.h"
#include "bridge.h"

#include <errno.h>

/* NULL if the slot was free, and is the caller's now; else whose it is. */
static struct alcove_allocator *
claim(struct alcove_bridge_slot *slot, struct alcove_allocator *a)
{
    struct alcove_allocator *other = NULL;

#if ALCOVE_ATOMIC_BUILTINS
    __atomic_compare_exchange_n(&slot->allocator, &other, a, false,
                                __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE);
#else
    other = slot->allocator;
    if (!other)
        slot->allocator = a;
#endif
    return other;
}

static struct alcove_allocator *
holder(const struct alcove_bridge_slot *slot)
{
#if ALCOVE_ATOMIC_BUILTINS
    return __atomic_load_n(&slot->allocator, __ATOMIC_ACQUIRE);
#else
    return slot->allocator;
#endif
}

static void
yield_claim(struct alcove_bridge_slot *slot)
{
#if ALCOVE_ATOMIC_BUILTINS
    __atomic_store_n(&slot->allocator, NULL, __ATOMIC_RELEASE);
#else
    slot->allocator = NULL;
#endif
}

static bool
refuse_second(const char *who, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_OTHER,
        .cause = ALCOVE_CAUSE_OTHER,
        .os_error = EBUSY,
        .allocator = who,
        .detail = "it is bound to another allocator",
    };

    return alcove_error_set(err, &what);
}

bool
alcove_bridge_bind(struct alcove_bridge_slot *slot, struct alcove_allocator *a,
                   const struct alcove_bridge_options *options,
                   struct alcove_error *err)
{
    struct alcove_allocator *other;
    struct alcove_bridge made;

    if (!alcove_bridge_make(&made, a, options, ALCOVE_BRIDGE_THREADS_SEVERAL,
                            err))
        return false;
    alcove_tools_atomic(slot, sizeof *slot);
    other = claim(slot, a);
    if (other && other != a)
        return refuse_second(made.name, err);
    if (other) {
        while (!alcove_atomic_is_set(&slot->bound) && holder(slot) == a)
            continue;
        return true;
    }
    slot->bridge = made;
    alcove_atomic_set(&slot->bound, 1);
    return true;
}

void
alcove_bridge_unbind(struct alcove_bridge_slot *slot)
{
    static const struct alcove_bridge nothing;

    if (!alcove_atomic_is_set(&slot->bound))
        return;
    alcove_atomic_set(&slot->bound, 0);
    slot->bridge = nothing;
    yield_claim(slot);
}

struct alcove_bridge *
alcove_bridge_bound(struct alcove_bridge_slot *slot)
{
    return alcove_atomic_is_set(&slot->bound) ? &slot->bridge : NULL;
}

size_t
alcove_bridge_early(struct alcove_bridge_slot *slot)
{
    return alcove_atomic_read(&slot->early);
}

/* ---- what a library calls ---- */

struct alcove_bridge *
alcove_bridge_enter(struct alcove_bridge_slot *slot)
{
    struct alcove_bridge *b = alcove_bridge_bound(slot);

    if (ALCOVE_UNLIKELY(!b)) {
        alcove_atomic_count(&slot->early);
        errno = ENOMEM;
    }
    return b;
}

void
alcove_bridge_slot_free(struct alcove_bridge_slot *slot, void *p)
{
    struct alcove_bridge *b = alcove_bridge_bound(slot);

    if (ALCOVE_LIKELY(b))
        alcove_bridge_free(b, p);
    else if (p)
        alcove_atomic_count(&slot->early);
}

void
alcove_bridge_slot_sized_free(struct alcove_bridge_slot *slot, void *p,
                              size_t size)
{
    struct alcove_bridge *b = alcove_bridge_bound(slot);

    if (ALCOVE_LIKELY(b))
        alcove_bridge_sized_free(b, p, size);
    else if (p)
        alcove_atomic_count(&slot->early);
}

/* Not by alcove_bridge_realloc_long: libev does not tell the old size. */
void *
alcove_bridge_slot_long(struct alcove_bridge_slot *slot, void *p, long size)
{
    struct alcove_bridge *b = alcove_bridge_enter(slot);

    if (!b)
        return NULL;
    if (size < 0)
        return alcove_bridge_refuse_negative(b, size);
    return alcove_bridge_realloc(b, p, (size_t)size);
}
