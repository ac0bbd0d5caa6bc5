/* SPDX-License-Identifier: MIT */
/* The front of every allocator: what the inline functions leave over.
 *
 * Each function refuses first, changes then. An allocator's operations are
 * called with valid layouts of non-zero size and pointers that are not NULL.
 */
#include <config.h>

#include <alcove/alloc.h>

#include "libc.h"
#include "move.h"

static ALCOVE_COLD ALCOVE_NOINLINE bool
alloc_refuse(const struct alcove_allocator *a, enum alcove_code code,
             struct alcove_layout l, struct alcove_layout old,
             const char *detail, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = code,
        .layout = l,
        .old = old,
        .allocator = a->ops->name,
        .detail = detail,
    };

    return alcove_error_set(err, &what);
}

static const struct alcove_layout alloc_none = {0, 0};

static bool
alloc_valid(const struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    struct alcove_error what;

    if (alcove_layout_make(l.size, l.align, &l, &what))
        return true;
    return alloc_refuse(a, what.code, l, alloc_none, NULL, err);
}

static bool
alloc_is_aligned(const void *p, size_t align)
{
    return ((uintptr_t)p & (align - 1)) == 0;
}

void *
alcove_alloc_edge(struct alcove_allocator *a, struct alcove_layout l,
                  struct alcove_error *err)
{
    if (!alloc_valid(a, l, err))
        return NULL;
    return alcove_layout_dangling(l);
}

void *
alcove_zalloc_edge(struct alcove_allocator *a, struct alcove_layout l,
                   struct alcove_error *err)
{
    void *p = alcove_alloc(a, l, err);

    if (p && l.size != 0)
        memset(p, 0, l.size);
    return p;
}

bool
alcove_dealloc_edge(struct alcove_allocator *a, void *p, struct alcove_layout l,
                    struct alcove_error *err)
{
    (void)p; /* NULL, or a block of size 0: there is nothing to release */
    return alloc_valid(a, l, err);
}

/* Does the block, as it is, have the new layout already? */
static bool
same_block(const void *p, struct alcove_layout old, struct alcove_layout new_)
{
    return old.size == new_.size && old.align == new_.align &&
           alloc_is_aligned(p, new_.align);
}

bool
alcove_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_)
{
    if (!p || !alcove_layout_is_block(old) || !alcove_layout_is_block(new_))
        return false;
    if (!alloc_is_aligned(p, new_.align))
        return false;
    if (same_block(p, old, new_))
        return true;
    return a->ops->resize && a->ops->resize(a, p, old, new_);
}

/* A block that its allocator is going to refuse, for certain. */
static bool
alloc_is_wrong(struct alcove_allocator *a, const void *p,
               struct alcove_layout l)
{
    const unsigned knows = ALCOVE_CAN_CHECKED | ALCOVE_CAN_OWNS;

    return (a->features & knows) == knows && !alcove_owns(a, p, l);
}

void *
alcove_move_to(struct alcove_allocator *from, void *p, struct alcove_layout old,
               struct alcove_allocator *to, void *moved,
               struct alcove_layout new_, struct alcove_error *err)
{
    struct alcove_error ignored;
    int saved;

    if (!alloc_is_wrong(from, p, old))
        memcpy(moved, p, old.size < new_.size ? old.size : new_.size);
    if (from->ops->dealloc(from, p, old, err))
        return moved;
    saved = errno;
    to->ops->dealloc(to, moved, new_, &ignored);
    errno = saved;
    return NULL;
}

void *
alcove_realloc_by_copy(struct alcove_allocator *a, void *p,
                       struct alcove_layout old, struct alcove_layout new_,
                       struct alcove_error *err)
{
    void *moved;

    /* What takes no block back would take neither of the two. */
    if (!alcove_require(a, ALCOVE_CAN_DEALLOC, err))
        return NULL;
    moved = a->ops->alloc(a, new_, err);
    return moved ? alcove_move_to(a, p, old, a, moved, new_, err) : NULL;
}

/* grow, shrink and realloc, when all has been checked and both sizes are not
 * 0. Nothing is left to do after a call from here on: compilers jump then, and
 * the allocator's operation sees the caller's own return address. */
static void *
alloc_change(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_, struct alcove_error *err)
{
    if (same_block(p, old, new_))
        return p;
    if (a->ops->realloc)
        return a->ops->realloc(a, p, old, new_, err);
    if (alcove_resize(a, p, old, new_))
        return p;
    return alcove_realloc_by_copy(a, p, old, new_, err);
}

static bool
may_change(struct alcove_allocator *a, const void *p, struct alcove_layout old,
           struct alcove_layout new_, struct alcove_error *err)
{
    if (!alloc_valid(a, old, err) || !alloc_valid(a, new_, err))
        return false;
    if (new_.align < old.align)
        return alloc_refuse(a, ALCOVE_ERR_SMALLER_ALIGN, new_, old, NULL, err);
    if (!p && old.size != 0)
        return alloc_refuse(a, ALCOVE_ERR_LAYOUT_MISMATCH, new_, old,
                            "a null pointer is a block of size 0", err);
    return true;
}

/* After may_change. */
static void *
reallocate(struct alcove_allocator *a, void *p, struct alcove_layout old,
           struct alcove_layout new_, struct alcove_error *err)
{
    if (old.size == 0)
        return alcove_alloc(a, new_, err);
    if (new_.size != 0)
        return alloc_change(a, p, old, new_, err);
    if (!a->ops->dealloc(a, p, old, err))
        return NULL;
    return alcove_layout_dangling(new_);
}

static void *
rezallocate(struct alcove_allocator *a, void *p, struct alcove_layout old,
            struct alcove_layout new_, struct alcove_error *err)
{
    void *changed;

    if (old.size == 0)
        return alcove_zalloc(a, new_, err);
    changed = reallocate(a, p, old, new_, err);
    if (changed && new_.size > old.size)
        memset((char *)changed + old.size, 0, new_.size - old.size);
    return changed;
}

static bool
may_grow(struct alcove_allocator *a, const void *p, struct alcove_layout old,
         struct alcove_layout new_, struct alcove_error *err)
{
    if (!may_change(a, p, old, new_, err))
        return false;
    if (new_.size < old.size)
        return alloc_refuse(a, ALCOVE_ERR_GROW_SMALLER, new_, old, NULL, err);
    return true;
}

void *
alcove_grow(struct alcove_allocator *a, void *p, struct alcove_layout old,
            struct alcove_layout new_, struct alcove_error *err)
{
    if (!may_grow(a, p, old, new_, err))
        return NULL;
    return reallocate(a, p, old, new_, err);
}

void *
alcove_zgrow(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_, struct alcove_error *err)
{
    if (!may_grow(a, p, old, new_, err))
        return NULL;
    return rezallocate(a, p, old, new_, err);
}

void *
alcove_shrink(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    if (!may_change(a, p, old, new_, err))
        return NULL;
    if (new_.size > old.size) {
        alloc_refuse(a, ALCOVE_ERR_SHRINK_LARGER, new_, old, NULL, err);
        return NULL;
    }
    return reallocate(a, p, old, new_, err);
}

void *
alcove_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
               struct alcove_layout new_, struct alcove_error *err)
{
    if (!may_change(a, p, old, new_, err))
        return NULL;
    return reallocate(a, p, old, new_, err);
}

void *
alcove_rezalloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
                struct alcove_layout new_, struct alcove_error *err)
{
    if (!may_change(a, p, old, new_, err))
        return NULL;
    return rezallocate(a, p, old, new_, err);
}

bool
alcove_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    if (!alcove_layout_ok(l))
        return false;
    if (l.size == 0)
        return !p || p == alcove_layout_dangling(l);
    return p && a->ops->owns && a->ops->owns(a, p, l);
}

size_t
alcove_usable_size(struct alcove_allocator *a, const void *p,
                   struct alcove_layout l)
{
    if (!p || !alcove_layout_is_block(l) || !a->ops->usable_size)
        return l.size;
    return a->ops->usable_size(a, p, l);
}

/* NULL and blocks of size 0 need no owner: the unchecked functions serve them
 * without a look at the pointer. */
static bool
owned(struct alcove_allocator *a, const void *p, struct alcove_layout l,
      struct alcove_error *err)
{
    struct alcove_error what = {.code = ALCOVE_ERR_NOT_OWNED};

    if (!alcove_require(a, ALCOVE_CAN_OWNS, err) || !alloc_valid(a, l, err))
        return false;
    if (!p || l.size == 0 || alcove_owns(a, p, l))
        return true;
    what.block = p;
    what.layout = l;
    what.allocator = a->ops->name;
    return alcove_error_set(err, &what);
}

bool
alcove_checked_dealloc(struct alcove_allocator *a, void *p,
                       struct alcove_layout l, struct alcove_error *err)
{
    return owned(a, p, l, err) && alcove_dealloc(a, p, l, err);
}

void *
alcove_checked_realloc(struct alcove_allocator *a, void *p,
                       struct alcove_layout old, struct alcove_layout new_,
                       struct alcove_error *err)
{
    return owned(a, p, old, err) ? alcove_realloc(a, p, old, new_, err) : NULL;
}

void *
alcove_checked_rezalloc(struct alcove_allocator *a, void *p,
                        struct alcove_layout old, struct alcove_layout new_,
                        struct alcove_error *err)
{
    return owned(a, p, old, err) ? alcove_rezalloc(a, p, old, new_, err) : NULL;
}

bool
alcove_require(const struct alcove_allocator *a, unsigned features,
               struct alcove_error *err)
{
    unsigned missing = features & ~a->features;

    if (missing == 0)
        return true;
#define ALCOVE_X(name, bit, text)                                              \
    if (missing & ALCOVE_CAN_##name)                                           \
        return alloc_refuse(a, ALCOVE_ERR_UNSUPPORTED, alloc_none, alloc_none, \
                            "it is required to " text, err);
    ALCOVE_FEATURES(ALCOVE_X)
#undef ALCOVE_X
    return alloc_refuse(
        a, ALCOVE_ERR_UNSUPPORTED, alloc_none, alloc_none,
        "a capability is required that this version does not know", err);
}

/* ---- arrays ---- */

void *
alcove_alloc_array(struct alcove_allocator *a, struct alcove_layout item,
                   size_t count, struct alcove_error *err)
{
    struct alcove_layout l;

    if (!alcove_layout_array(item, count, &l, err))
        return NULL;
    return alcove_alloc(a, l, err);
}

void *
alcove_zalloc_array(struct alcove_allocator *a, struct alcove_layout item,
                    size_t count, struct alcove_error *err)
{
    struct alcove_layout l;

    if (!alcove_layout_array(item, count, &l, err))
        return NULL;
    return alcove_zalloc(a, l, err);
}

void *
alcove_realloc_array(struct alcove_allocator *a, void *p,
                     struct alcove_layout item, size_t old_count,
                     size_t new_count, struct alcove_error *err)
{
    struct alcove_layout old, new_;

    if (!alcove_layout_array(item, old_count, &old, err) ||
        !alcove_layout_array(item, new_count, &new_, err))
        return NULL;
    return alcove_realloc(a, p, old, new_, err);
}

bool
alcove_dealloc_array(struct alcove_allocator *a, void *p,
                     struct alcove_layout item, size_t count,
                     struct alcove_error *err)
{
    struct alcove_layout l;

    if (!alcove_layout_array(item, count, &l, err))
        return false;
    return alcove_dealloc(a, p, l, err);
}

/* ---- the operations of allocators that cannot ---- */

void *
alcove_unsupported_alloc(struct alcove_allocator *a, struct alcove_layout l,
                         struct alcove_error *err)
{
    alloc_refuse(a, ALCOVE_ERR_UNSUPPORTED, l, alloc_none, "it gives no blocks",
                 err);
    return NULL;
}

bool
alcove_unsupported_dealloc(struct alcove_allocator *a, void *p,
                           struct alcove_layout l, struct alcove_error *err)
{
    (void)p;
    return alloc_refuse(a, ALCOVE_ERR_UNSUPPORTED, l, alloc_none,
                        "it takes no blocks back", err);
}
