/* SPDX-License-Identifier: MIT */
/* Small blocks from one allocator, large ones from another. The size decides,
 * and it is the same at allocation and at release. */
#include <config.h>

#include <alcove/segregate.h>

#include "../core/libc.h"
#include "../core/move.h"

static struct alcove_segregate *
segregate_self(struct alcove_allocator *a)
{
    return (struct alcove_segregate *)(void *)a;
}

static struct alcove_allocator *
side(struct alcove_allocator *a, struct alcove_layout l)
{
    return l.size <= segregate_self(a)->threshold ? segregate_self(a)->small
                                                  : segregate_self(a)->large;
}

/* ---- the operations ---- */

static void *
segregate_alloc(struct alcove_allocator *a, struct alcove_layout l,
                struct alcove_error *err)
{
    return alcove_alloc(side(a, l), l, err);
}

static void *
segregate_zalloc(struct alcove_allocator *a, struct alcove_layout l,
                 struct alcove_error *err)
{
    return alcove_zalloc(side(a, l), l, err);
}

static bool
segregate_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                  struct alcove_error *err)
{
    return alcove_dealloc(side(a, l), p, l, err);
}

/* Two sides that are the same allocator are one side. */
static bool
segregate_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
                 struct alcove_layout new_)
{
    return side(a, old) == side(a, new_) &&
           alcove_resize(side(a, old), p, old, new_);
}

/* A block that its side will not take back cannot move. */
static void *
segregate_move(struct alcove_allocator *from, struct alcove_allocator *to,
               void *p, struct alcove_layout old, struct alcove_layout new_,
               struct alcove_error *err)
{
    void *moved;

    if (!alcove_require(from, ALCOVE_CAN_DEALLOC, err))
        return NULL;
    moved = alcove_alloc(to, new_, err);
    return moved ? alcove_move_to(from, p, old, to, moved, new_, err) : NULL;
}

static void *
segregate_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
                  struct alcove_layout new_, struct alcove_error *err)
{
    struct alcove_allocator *from = side(a, old), *to = side(a, new_);

    if (from == to)
        return alcove_realloc(from, p, old, new_, err);
    return segregate_move(from, to, p, old, new_, err);
}

static bool
segregate_owns(struct alcove_allocator *a, const void *p,
               struct alcove_layout l)
{
    return alcove_owns(side(a, l), p, l);
}

/* What can be used can be owned by a resize, so it ends at the threshold. */
static size_t
segregate_usable_size(struct alcove_allocator *a, const void *p,
                      struct alcove_layout l)
{
    struct alcove_segregate *s = segregate_self(a);
    size_t usable = alcove_usable_size(side(a, l), p, l);

    if (l.size <= s->threshold && usable > s->threshold)
        return s->threshold;
    return usable;
}

static bool
segregate_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                     alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    return alcove_alloc_temp(side(a, l), l, fn, arg, err);
}

/* ---- init ---- */

static bool
segregate_refuse(const char *detail, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_OTHER,
        .os_error = EINVAL,
        .allocator = "segregate",
        .detail = detail,
    };

    return alcove_error_set(err, &what);
}

bool
alcove_segregate_init(struct alcove_segregate *segregate,
                      struct alcove_allocator *small,
                      struct alcove_allocator *large, size_t threshold,
                      struct alcove_error *err)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "segregate",
        .alloc = segregate_alloc,
        .dealloc = segregate_dealloc,
        .zalloc = segregate_zalloc,
        .resize = segregate_resize,
        .realloc = segregate_realloc,
        .owns = segregate_owns,
        .usable_size = segregate_usable_size,
        .alloc_temp = segregate_alloc_temp,
    };

    if (!small)
        return segregate_refuse("there is no allocator for small blocks", err);
    if (!large)
        return segregate_refuse("there is no allocator for large blocks", err);
    if (small == &segregate->allocator || large == &segregate->allocator)
        return segregate_refuse("a segregation cannot be a part of itself",
                                err);

    segregate->allocator.ops = &ops;
    /* The size alone decides who is asked, so each must be able by itself. That
     * holds for CHECKED too: a wrong size may lead to the wrong side, which
     * then refuses a block that is not its own. */
    segregate->allocator.features = small->features & large->features;
    segregate->small = small;
    segregate->large = large;
    segregate->threshold = threshold;
    return true;
}
