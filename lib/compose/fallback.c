/* SPDX-License-Identifier: MIT */
/* The second allocator serves what the first refuses.
 *
 * The first is asked with no place for its error, and errno is put back before
 * the second is asked: a callback, and a caller that is served, see nothing of
 * the refusal. */
#include <config.h>

#include <alcove/fallback.h>

#include "../core/libc.h"
#include "../core/move.h"

static struct alcove_fallback *
fallback_self(struct alcove_allocator *a)
{
    return (struct alcove_fallback *)(void *)a;
}

static bool
can(const struct alcove_allocator *a, unsigned feature)
{
    return (a->features & feature) != 0;
}

/* The first if the second cannot, which then is not asked: its refusal would
 * hide the reason of the first. NULL if there is a choice. */
static struct alcove_allocator *
only(const struct alcove_fallback *f, unsigned feature)
{
    return can(f->second, feature) ? NULL : f->first;
}

static struct alcove_allocator *
owner(const struct alcove_fallback *f, const void *p, struct alcove_layout l)
{
    struct alcove_allocator *one = only(f, ALCOVE_CAN_ALLOC);

    if (one)
        return one;
    return alcove_owns(f->first, p, l) ? f->first : f->second;
}

/* ---- the operations ---- */

static void *
give(struct alcove_allocator *from, struct alcove_layout l, bool zero,
     struct alcove_error *err)
{
    return zero ? alcove_zalloc(from, l, err) : alcove_alloc(from, l, err);
}

static void *
give_either(const struct alcove_fallback *f, struct alcove_layout l, bool zero,
            struct alcove_error *err)
{
    struct alcove_allocator *one = only(f, ALCOVE_CAN_ALLOC);
    int saved = errno;
    void *p;

    if (one)
        return give(one, l, zero, err);
    p = give(f->first, l, zero, NULL);
    if (p)
        return p;
    errno = saved;
    return give(f->second, l, zero, err);
}

static void *
fallback_alloc(struct alcove_allocator *a, struct alcove_layout l,
               struct alcove_error *err)
{
    return give_either(fallback_self(a), l, false, err);
}

static void *
fallback_zalloc(struct alcove_allocator *a, struct alcove_layout l,
                struct alcove_error *err)
{
    return give_either(fallback_self(a), l, true, err);
}

static bool
fallback_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                 struct alcove_error *err)
{
    return alcove_dealloc(owner(fallback_self(a), p, l), p, l, err);
}

static bool
fallback_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
                struct alcove_layout new_)
{
    return alcove_resize(owner(fallback_self(a), p, old), p, old, new_);
}

/* errno and `*err` as a refusal has left them, for when it must be told after
 * all. */
struct refusal {
    struct alcove_error error;
    int number;
};

static void *
fallback_tell(const struct refusal *r, struct alcove_error *err)
{
    if (err)
        *err = r->error;
    errno = r->number;
    return NULL;
}

/* The block moves from its owner to the other one, or stays whole where it is.
 * `*r` is the owner's refusal to change it: the one to tell, if that is the
 * second, and the first has no room either. */
static void *
fallback_move(const struct alcove_fallback *f, struct alcove_allocator *from,
              void *p, struct alcove_layout old, struct alcove_layout new_,
              const struct refusal *r, struct alcove_error *err)
{
    bool down = from == f->first;
    struct alcove_allocator *to = down ? f->second : f->first;
    void *moved = alcove_alloc(to, new_, down ? err : NULL);

    if (!moved)
        return down ? NULL : fallback_tell(r, err);
    return alcove_move_to(from, p, old, to, moved, new_, err);
}

/* A block that its owner will not take back cannot move. */
static void *
fallback_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
                 struct alcove_layout new_, struct alcove_error *err)
{
    struct alcove_fallback *f = fallback_self(a);
    struct alcove_allocator *from = owner(f, p, old);
    struct refusal r;
    int saved = errno;
    void *changed;

    if (only(f, ALCOVE_CAN_ALLOC) || !can(from, ALCOVE_CAN_DEALLOC))
        return alcove_realloc(from, p, old, new_, err);
    changed = alcove_realloc(from, p, old, new_, &r.error);
    if (changed)
        return changed;
    r.number = errno;
    errno = saved;
    return fallback_move(f, from, p, old, new_, &r, err);
}

static bool
fallback_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    struct alcove_fallback *f = fallback_self(a);

    return alcove_owns(f->first, p, l) || alcove_owns(f->second, p, l);
}

static size_t
fallback_usable_size(struct alcove_allocator *a, const void *p,
                     struct alcove_layout l)
{
    return alcove_usable_size(owner(fallback_self(a), p, l), p, l);
}

static bool
fallback_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                    alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    struct alcove_fallback *f = fallback_self(a);
    struct alcove_allocator *one = only(f, ALCOVE_CAN_TEMP);
    int saved = errno;

    if (one)
        return alcove_alloc_temp(one, l, fn, arg, err);
    /* False says that fn has not run: it may still be run once. */
    if (alcove_alloc_temp(f->first, l, fn, arg, NULL))
        return true;
    errno = saved;
    return alcove_alloc_temp(f->second, l, fn, arg, err);
}

/* ---- init ---- */

/* A caller that requires a feature must have it for any block it may get. */
static unsigned
fallback_features(unsigned first, unsigned second)
{
    unsigned either = first | second, both = first & second, each;

    if ((both & ALCOVE_CAN_ALLOC) != 0)
        each = both;
    else if ((first & ALCOVE_CAN_ALLOC) != 0)
        each = first;
    else if ((second & ALCOVE_CAN_ALLOC) != 0)
        each = second;
    else
        each = 0;

    /* One that can is enough: the other is not asked, or refuses. */
    return (either & (ALCOVE_CAN_ALLOC | ALCOVE_CAN_TEMP)) |
           /* Both are asked. */
           (both & ALCOVE_CAN_THREADS) |
           /* A block is one of those that give blocks; it is not said whose.
            * As for CHECKED: a block that the first does not own, by its layout
            * or at all, is left to the second's own checks. */
           (each &
            (ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM | ALCOVE_CAN_RESIZE |
             ALCOVE_CAN_REALLOC | ALCOVE_CAN_OWNS | ALCOVE_CAN_CHECKED |
             ALCOVE_CAN_USABLE_SIZE | ALCOVE_CAN_ZERO));
}

static bool
fallback_refuse(const char *detail, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_OTHER,
        .os_error = EINVAL,
        .allocator = "fallback",
        .detail = detail,
    };

    return alcove_error_set(err, &what);
}

static bool
refuse_first(const struct alcove_allocator *first, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_UNSUPPORTED,
        .allocator = first->ops->name,
        .detail = "the first of a fallback is required to tell its own blocks "
                  "from others",
    };

    return alcove_error_set(err, &what);
}

bool
alcove_fallback_init(struct alcove_fallback *fallback,
                     struct alcove_allocator *first,
                     struct alcove_allocator *second, struct alcove_error *err)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "fallback",
        .alloc = fallback_alloc,
        .dealloc = fallback_dealloc,
        .zalloc = fallback_zalloc,
        .resize = fallback_resize,
        .realloc = fallback_realloc,
        .owns = fallback_owns,
        .usable_size = fallback_usable_size,
        .alloc_temp = fallback_alloc_temp,
    };

    if (!first)
        return fallback_refuse("there is no first allocator", err);
    if (!second)
        return fallback_refuse("there is no second allocator", err);
    if (first == second)
        return fallback_refuse(
            "the first and the second allocator are the same", err);
    if (first == &fallback->allocator || second == &fallback->allocator)
        return fallback_refuse("a fallback cannot be a part of itself", err);
    if (can(first, ALCOVE_CAN_ALLOC) && !can(first, ALCOVE_CAN_OWNS))
        return refuse_first(first, err);

    fallback->allocator.ops = &ops;
    fallback->allocator.features =
        fallback_features(first->features, second->features);
    fallback->first = first;
    fallback->second = second;
    return true;
}
