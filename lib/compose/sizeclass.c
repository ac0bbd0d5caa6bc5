/* SPDX-License-Identifier: MIT */
/* The cache of free blocks by size class.
 *
 * A list for each class, linked through the free blocks, whose head the inline
 * paths know. Where nothing is cached all heads are 0, and every path leads
 * here. Whether a block is the cache's follows from its layout and the mode
 * alone, so the mode changes only while no block is live, or as in done, where
 * only the place changes that a released block goes to.
 */
#include <config.h>

#include <alcove/sizeclass.h>

#include "../core/libc.h"
#include "../os/env.h"
#include "../os/tools.h"

enum { SMALLEST = 128 }; /* bytes: up to here steps of 16 */
/* In place of a free block's address. */
enum { SIZECLASS_OUT_OF_LINE = 0, SIZECLASS_NONE = 1 };
/* The mode; STRAIGHT: after done. */
enum { SIZECLASS_CACHING, SIZECLASS_STRAIGHT, SIZECLASS_PASSING };

static struct alcove_sizeclass *
sizeclass_self(struct alcove_allocator *a)
{
    return (struct alcove_sizeclass *)(void *)a;
}

/* ---- classes ---- */

static size_t
size_of_class(unsigned class_)
{
    if (class_ < 8)
        return 16 * ((size_t)class_ + 1);
    return (size_t)(class_ % 4 + 5) << (class_ / 4 + 3);
}

static struct alcove_layout
layout_of_class(unsigned class_)
{
    struct alcove_layout l = {size_of_class(class_), ALCOVE_SIZECLASS_ALIGN};

    return l;
}

/* Is it the parent's business alone? */
static bool
is_parents(const struct alcove_sizeclass *sc, struct alcove_layout l)
{
    return sc->mode == SIZECLASS_PASSING || !alcove_sizeclass_is_small(l);
}

/* Have the two, which are no parent's business, the same class? */
static bool
is_same_class(struct alcove_layout x, struct alcove_layout y)
{
    return alcove_sizeclass_of(x.size) == alcove_sizeclass_of(y.size);
}

/* The layout by which the parent knows the block. */
static struct alcove_layout
parents_layout(const struct alcove_sizeclass *sc, struct alcove_layout l)
{
    return is_parents(sc, l) ? l : layout_of_class(alcove_sizeclass_of(l.size));
}

/* ---- lists ---- */

static uintptr_t
next(uintptr_t p)
{
    return ((const struct alcove_sizeclass_link *)p)->next;
}

static bool
is_cached(const struct alcove_sizeclass *sc, const void *p, unsigned class_)
{
    uintptr_t q;

    for (q = sc->heads[class_]; q > SIZECLASS_NONE; q = next(q))
        if (q == (uintptr_t)p)
            return true;
    return false;
}

static void
set_heads(struct alcove_sizeclass *sc, uintptr_t head)
{
    unsigned i;

    for (i = 0; i < ALCOVE_SIZECLASS_COUNT; i++)
        sc->heads[i] = head;
}

size_t
alcove_sizeclass_cached(const struct alcove_sizeclass *sc)
{
    size_t sum = 0;
    uintptr_t p;
    unsigned i;

    for (i = 0; i < ALCOVE_SIZECLASS_COUNT; i++)
        for (p = sc->heads[i]; p > SIZECLASS_NONE; p = next(p))
            sum += size_of_class(i);
    return sum;
}

static size_t
trim_class(struct alcove_sizeclass *sc, unsigned class_)
{
    struct alcove_layout l = layout_of_class(class_);
    struct alcove_error ignored;
    size_t sum = 0;

    while (sc->heads[class_] > SIZECLASS_NONE) {
        uintptr_t p = sc->heads[class_];

        sc->heads[class_] = next(p);
        sc->blocks--;
        sum += l.size;
        (void)alcove_dealloc(sc->parent, (void *)p, l, &ignored);
    }
    return sum;
}

static size_t
trim_all(struct alcove_sizeclass *sc)
{
    int saved = errno;
    size_t sum = 0;
    unsigned i;

    for (i = 0; i < ALCOVE_SIZECLASS_COUNT; i++)
        sum += trim_class(sc, i);
    errno = saved;
    return sum;
}

/* What makes no use of a block is not to have it: here it can be used again. */
size_t
alcove_sizeclass_trim(struct alcove_sizeclass *sc)
{
    if (alcove_features(sc->parent) & ALCOVE_CAN_RECLAIM)
        return trim_all(sc);
    return 0;
}

/* The number of blocks is known, so a list that goes round is seen. */
bool
alcove_sizeclass_ok(const struct alcove_sizeclass *sc)
{
    size_t left = sc->blocks;
    uintptr_t p;
    unsigned i;

    for (i = 0; i < ALCOVE_SIZECLASS_COUNT; i++) {
        if ((sc->heads[i] == SIZECLASS_OUT_OF_LINE) !=
            (sc->mode != SIZECLASS_CACHING))
            return false;
        for (p = sc->heads[i]; p > SIZECLASS_NONE; p = next(p)) {
            if (p % ALCOVE_SIZECLASS_ALIGN != 0 || left == 0)
                return false;
            left--;
        }
    }
    return true;
}

/* ---- what is done out of line ---- */

/* A small block of the parent's. What is cached in other classes may be just
 * what the parent lacks; a refusal that this cures is none. */
static void *
refill(struct alcove_sizeclass *sc, struct alcove_layout l,
       struct alcove_error *err)
{
    struct alcove_error what = {.code = ALCOVE_OK};
    int saved = errno;
    void *p = alcove_alloc(sc->parent, l, &what);

    if (!p && alcove_sizeclass_trim(sc) > 0) {
        p = alcove_alloc(sc->parent, l, &what);
        if (p)
            errno = saved;
    }
    if (p)
        sc->blocks++;
    else if (err)
        *err = what;
    return p;
}

void *
alcove_sizeclass_alloc_edge(struct alcove_sizeclass *sc, struct alcove_layout l,
                            struct alcove_error *err)
{
    if (!alcove_layout_is_block(l))
        return alcove_alloc_edge(&sc->allocator, l, err);
    if (is_parents(sc, l))
        return alcove_alloc(sc->parent, l, err);
    return refill(sc, parents_layout(sc, l), err);
}

bool
alcove_sizeclass_dealloc_edge(struct alcove_sizeclass *sc, void *p,
                              struct alcove_layout l, struct alcove_error *err)
{
    if (!p || !alcove_layout_is_block(l))
        return alcove_dealloc_edge(&sc->allocator, p, l, err);
    if (!alcove_dealloc(sc->parent, p, parents_layout(sc, l), err))
        return false;
    if (!is_parents(sc, l))
        sc->blocks--;
    return true;
}

/* ---- the operations ---- */

/* All but the smallest. */
static ALCOVE_NOINLINE void *
alloc_middle(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    return alcove_sizeclass_alloc(sizeclass_self(a), l, err);
}

static ALCOVE_NOINLINE bool
dealloc_middle(struct alcove_allocator *a, void *p, struct alcove_layout l,
               struct alcove_error *err)
{
    return alcove_sizeclass_dealloc(sizeclass_self(a), p, l, err);
}

/* As the inline functions, but the layout is valid, and the smallest classes
 * come first. Each condition is a statement of its own, or gcc 12 computes both
 * comparisons and joins them: three instructions more. The class is written so
 * that the two words before the heads are in the sum already: one less. */
static void *
sizeclass_alloc(struct alcove_allocator *a, struct alcove_layout l,
                struct alcove_error *err)
{
    struct alcove_sizeclass *sc = sizeclass_self(a);
    uintptr_t first;
    size_t class_;

    if (ALCOVE_UNLIKELY(l.size > SMALLEST))
        goto middle;
    if (ALCOVE_UNLIKELY(l.align > ALCOVE_SIZECLASS_ALIGN))
        goto middle;
    class_ = (l.size + 31) / 16 - 2;
    first = sc->heads[class_];
    if (ALCOVE_UNLIKELY(first <= SIZECLASS_NONE))
        goto middle;
    sc->heads[class_] = next(first);
    return (void *)first;
middle:
    return alloc_middle(a, l, err);
}

static bool
sizeclass_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                  struct alcove_error *err)
{
    struct alcove_sizeclass *sc = sizeclass_self(a);
    uintptr_t first;
    size_t class_;

    if (ALCOVE_UNLIKELY(l.size > SMALLEST))
        goto middle;
    if (ALCOVE_UNLIKELY(l.align > ALCOVE_SIZECLASS_ALIGN))
        goto middle;
    class_ = (l.size + 31) / 16 - 2;
    first = sc->heads[class_];
    if (ALCOVE_UNLIKELY(first == SIZECLASS_OUT_OF_LINE))
        goto middle;
    ((struct alcove_sizeclass_link *)p)->next = first;
    sc->heads[class_] = (uintptr_t)p;
    return true;
middle:
    return dealloc_middle(a, p, l, err);
}

static void *
sizeclass_zalloc(struct alcove_allocator *a, struct alcove_layout l,
                 struct alcove_error *err)
{
    void *p;

    if (is_parents(sizeclass_self(a), l))
        return alcove_zalloc(sizeclass_self(a)->parent, l, err);
    p = sizeclass_alloc(a, l, err);
    if (p)
        memset(p, 0, l.size);
    return p;
}

static bool
sizeclass_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
                 struct alcove_layout new_)
{
    struct alcove_sizeclass *sc = sizeclass_self(a);

    if (is_parents(sc, old) != is_parents(sc, new_))
        return false;
    if (is_parents(sc, old))
        return alcove_resize(sc->parent, p, old, new_);
    return is_same_class(old, new_);
}

static void *
sizeclass_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
                  struct alcove_layout new_, struct alcove_error *err)
{
    struct alcove_sizeclass *sc = sizeclass_self(a);

    if (is_parents(sc, old) && is_parents(sc, new_))
        return alcove_realloc(sc->parent, p, old, new_, err);
    if (sizeclass_resize(a, p, old, new_))
        return p;
    return alcove_realloc_by_copy(a, p, old, new_, err);
}

static bool
sizeclass_owns(struct alcove_allocator *a, const void *p,
               struct alcove_layout l)
{
    struct alcove_sizeclass *sc = sizeclass_self(a);

    if (!alcove_owns(sc->parent, p, parents_layout(sc, l)))
        return false;
    return is_parents(sc, l) || !is_cached(sc, p, alcove_sizeclass_of(l.size));
}

static size_t
sizeclass_usable_size(struct alcove_allocator *a, const void *p,
                      struct alcove_layout l)
{
    if (is_parents(sizeclass_self(a), l))
        return alcove_usable_size(sizeclass_self(a)->parent, p, l);
    return parents_layout(sizeclass_self(a), l).size;
}

static const struct alcove_ops sizeclass_ops = {
    .struct_size = sizeof sizeclass_ops,
    .name = "sizeclass",
    .alloc = sizeclass_alloc,
    .zalloc = sizeclass_zalloc,
    .dealloc = sizeclass_dealloc,
    .resize = sizeclass_resize,
    .realloc = sizeclass_realloc,
    .owns = sizeclass_owns,
    .usable_size = sizeclass_usable_size,
};

/* ---- init, done, and passing through ---- */

static unsigned
sizeclass_features_over(unsigned parents)
{
    const unsigned both = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC;
    const unsigned passed =
        both | ALCOVE_CAN_RECLAIM | ALCOVE_CAN_REALLOC | ALCOVE_CAN_OWNS;
    unsigned own = ALCOVE_CAN_RESIZE | ALCOVE_CAN_USABLE_SIZE;

    if ((parents & both) == both)
        own |= ALCOVE_CAN_TEMP;
    return (parents & passed) | own;
}

void
alcove_sizeclass_init(struct alcove_sizeclass *sc,
                      struct alcove_allocator *parent)
{
    sc->allocator.ops = &sizeclass_ops;
    sc->allocator.features = sizeclass_features_over(alcove_features(parent));
    sc->parent = parent;
    sc->blocks = 0;
    sc->mode = SIZECLASS_CACHING;
    set_heads(sc, SIZECLASS_NONE);
    if (alcove_tools_watch() || alcove_env_passthrough())
        alcove_sizeclass_pass_through(sc);
}

void
alcove_sizeclass_done(struct alcove_sizeclass *sc)
{
    (void)trim_all(sc);
    if (sc->mode == SIZECLASS_CACHING)
        sc->mode = SIZECLASS_STRAIGHT;
    set_heads(sc, SIZECLASS_OUT_OF_LINE);
}

void
alcove_sizeclass_pass_through(struct alcove_sizeclass *sc)
{
    if (sc->blocks != 0)
        return;
    sc->mode = SIZECLASS_PASSING;
    sc->allocator.features &= sc->parent->features | ALCOVE_CAN_TEMP;
    set_heads(sc, SIZECLASS_OUT_OF_LINE);
}
