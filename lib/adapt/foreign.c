/* SPDX-License-Identifier: MIT */
/* An allocator over foreign functions. The alignment alone says whether a block
 * is padded (pad.h), at its allocation and at its release. */
#include <config.h>

#include <alcove/foreign.h>

#include "../core/libc.h"
#include "../core/pad.h"
#include "adapt.h"

static struct alcove_foreign *
foreign_self(struct alcove_allocator *a)
{
    return (struct alcove_foreign *)(void *)a;
}

static bool
foreign_is_plain(const struct alcove_foreign *f, struct alcove_layout l)
{
    return l.align <= f->align;
}

static bool
foreign_is_aligned(const void *p, struct alcove_layout l)
{
    return ((uintptr_t)p & (l.align - 1)) == 0;
}

/* ---- refusals ---- */

static ALCOVE_COLD ALCOVE_NOINLINE void *
foreign_refuse(const struct alcove_foreign *f, struct alcove_error what,
               struct alcove_error *err)
{
    const char *name = f->functions->name;

    what.allocator = name ? name : f->allocator.ops->name;
    alcove_error_set(err, &what);
    return NULL;
}

/* Not every malloc sets errno: 0 counts as ENOMEM. */
static ALCOVE_COLD ALCOVE_NOINLINE void *
foreign_refuse_size(const struct alcove_foreign *f, struct alcove_layout l,
                    int os_error, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_ALLOC_FAILED,
        .cause = ALCOVE_CAUSE_OS,
        .os_error = os_error != 0 ? os_error : ENOMEM,
        .layout = l,
    };

    return foreign_refuse(f, what, err);
}

static ALCOVE_COLD ALCOVE_NOINLINE void *
refuse_block(const struct alcove_foreign *f, void *p, struct alcove_layout l,
             struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_OTHER,
        .layout = l,
        .detail = "a block came less aligned than it was said to be",
    };

    f->functions->free(f->ctx, p);
    return foreign_refuse(f, what, err);
}

/* ---- the operations ---- */

typedef void *alloc_fn(void *ctx, size_t size);

static void *
get_plain(const struct alcove_foreign *f, alloc_fn *alloc,
          struct alcove_layout l, struct alcove_error *err)
{
    int saved = errno;
    void *p;

    errno = 0;
    p = alloc(f->ctx, alcove_pad_raised_size(l));
    if (ALCOVE_UNLIKELY(!p))
        return foreign_refuse_size(f, l, errno, err);
    if (ALCOVE_UNLIKELY(!foreign_is_aligned(p, l)))
        return refuse_block(f, p, l, err);
    errno = saved;
    return p;
}

/* A pointer stands before the block, and must be aligned, too. */
static void *
get_padded(const struct alcove_foreign *f, alloc_fn *alloc,
           struct alcove_layout l, struct alcove_error *err)
{
    struct alcove_layout wide = l;
    int saved = errno;
    void *base;

    if (wide.align < ALCOVE_ALIGNOF(void *))
        wide.align = ALCOVE_ALIGNOF(void *);
    if (alcove_pad_size(wide) > ALCOVE_SIZE_MAX)
        return foreign_refuse_size(f, l, ENOMEM, err);
    errno = 0;
    base = alloc(f->ctx, alcove_pad_size(wide));
    if (ALCOVE_UNLIKELY(!base))
        return foreign_refuse_size(f, l, errno, err);
    errno = saved;
    return alcove_pad_place(base, wide);
}

static void *
foreign_get(const struct alcove_foreign *f, alloc_fn *alloc,
            struct alcove_layout l, struct alcove_error *err)
{
    if (foreign_is_plain(f, l))
        return get_plain(f, alloc, l, err);
    return get_padded(f, alloc, l, err);
}

static void *
foreign_alloc(struct alcove_allocator *a, struct alcove_layout l,
              struct alcove_error *err)
{
    return foreign_get(foreign_self(a), foreign_self(a)->functions->alloc, l,
                       err);
}

static void *
foreign_zalloc(struct alcove_allocator *a, struct alcove_layout l,
               struct alcove_error *err)
{
    const struct alcove_foreign *f = foreign_self(a);
    void *p;

    if (f->functions->zalloc)
        return foreign_get(f, f->functions->zalloc, l, err);
    p = foreign_get(f, f->functions->alloc, l, err);
    return p ? memset(p, 0, l.size) : NULL;
}

static bool
foreign_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                struct alcove_error *err)
{
    const struct alcove_foreign *f = foreign_self(a);
    int saved = errno;

    (void)err;
    f->functions->free(f->ctx,
                       foreign_is_plain(f, l) ? p : *alcove_pad_base(p));
    errno = saved;
    return true;
}

/* A block that realloc has moved to where it is not aligned: it cannot be
 * refused, because the old one is gone. If there is no better one to be had, it
 * must do. */
static ALCOVE_COLD ALCOVE_NOINLINE void *
move_again(const struct alcove_foreign *f, void *p, struct alcove_layout l)
{
    struct alcove_error ignored;
    void *moved = get_plain(f, f->functions->alloc, l, &ignored);

    if (!moved)
        return p;
    memcpy(moved, p, l.size);
    f->functions->free(f->ctx, p);
    return moved;
}

/* A smaller block that realloc refuses to make smaller serves as it is: free
 * asks for no size. */
static void *
foreign_change(const struct alcove_foreign *f, void *p,
               struct alcove_layout old, struct alcove_layout new_,
               struct alcove_error *err)
{
    size_t size = alcove_pad_raised_size(new_);
    int saved = errno;
    void *q;

    errno = 0;
    q = f->functions->realloc(f->ctx, p, size);
    if (!q && size <= alcove_pad_raised_size(old) &&
        foreign_is_aligned(p, new_))
        q = p;
    if (!q)
        return foreign_refuse_size(f, new_, errno, err);
    if (ALCOVE_UNLIKELY(!foreign_is_aligned(q, new_)))
        q = move_again(f, q, new_);
    errno = saved;
    return q;
}

static void *
foreign_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
                struct alcove_layout new_, struct alcove_error *err)
{
    const struct alcove_foreign *f = foreign_self(a);

    if (f->functions->realloc &&
        foreign_is_plain(f, new_)) /* then the old one was */
        return foreign_change(f, p, old, new_, err);
    return alcove_realloc_by_copy(a, p, old, new_, err);
}

/* ---- init ---- */

static const char *
trouble(const struct alcove_foreign_functions *functions)
{
    if (!functions)
        return "there are no functions";
    if (functions->struct_size < sizeof *functions)
        return "struct_size is not the size of the struct";
    if (!functions->alloc)
        return "there is no function to allocate";
    if (!functions->free)
        return "there is no function to release";
    if (functions->features & ~(unsigned)ALCOVE_CAN_THREADS)
        return "only THREADS can be told as a feature";
    return NULL;
}

bool
alcove_foreign_init(struct alcove_foreign *foreign,
                    const struct alcove_foreign_functions *functions, void *ctx,
                    size_t align, struct alcove_error *err)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "foreign",
        .alloc = foreign_alloc,
        .dealloc = foreign_dealloc,
        .zalloc = foreign_zalloc,
        .realloc = foreign_realloc,
    };
    const char *detail = trouble(functions);
    struct alcove_layout ignored;
    struct alcove_error what;

    if (detail)
        return alcove_adapt_refuse(ops.name, detail, err);
    if (!alcove_layout_make(0, align, &ignored, &what)) {
        what.allocator = ops.name;
        return alcove_error_set(err, &what);
    }
    foreign->allocator.ops = &ops;
    foreign->allocator.features = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC |
                                  ALCOVE_CAN_RECLAIM | ALCOVE_CAN_TEMP |
                                  functions->features;
    if (functions->zalloc)
        foreign->allocator.features |= ALCOVE_CAN_ZERO;
    if (functions->realloc)
        foreign->allocator.features |= ALCOVE_CAN_REALLOC;
    foreign->functions = functions;
    foreign->ctx = ctx;
    foreign->align = align;
    return true;
}
