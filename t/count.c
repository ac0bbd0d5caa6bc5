/* SPDX-License-Identifier: MIT */
/* The counting allocator of the tests.
 *
 * Each block stands in a larger one of the parent, with SLACK bytes of known
 * contents behind it; resizing in place takes from them.
 */
#include <config.h>

#include "count.h"

#include <alcove/malloc.h>

#include "tap.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { SLACK = 256, EDGE = 0xee, GONE = 0x5a };

static struct count *
self(struct alcove_allocator *a)
{
    return (struct count *)(void *)a;
}

static bool
refuse(struct alcove_allocator *a, enum alcove_code code,
       enum alcove_cause cause, struct alcove_layout l,
       struct alcove_error *err)
{
    struct alcove_error what = {
        .code = code,
        .cause = cause,
        .layout = l,
        .allocator = a->ops->name,
    };

    return alcove_error_set(err, &what);
}

static struct count_block *
find(struct count *c, const void *p)
{
    size_t i;

    for (i = 0; i < COUNT_BLOCKS; i++)
        if (c->blocks[i].p == p)
            return &c->blocks[i];
    return NULL;
}

static bool
same_layout(struct alcove_layout x, struct alcove_layout y)
{
    return x.size == y.size && x.align == y.align;
}

static size_t
slack_of(const struct count_block *b)
{
    return b->base.size - b->layout.size;
}

static bool
edge_is_whole(const struct count_block *b)
{
    const unsigned char *edge = (unsigned char *)b->p + b->layout.size;
    size_t i;

    for (i = 0; i < slack_of(b); i++)
        if (edge[i] != EDGE)
            return false;
    return true;
}

/* The table's entry of a live block that has this layout, or NULL, and that is
 * wrong: the front must not let it through. */
static struct count_block *
expect_live(struct count *c, const void *p, struct alcove_layout l)
{
    struct count_block *b = p ? find(c, p) : NULL;

    if (!b || !same_layout(b->layout, l)) {
        diag("count: %p, %" PRIuMAX " bytes aligned to %" PRIuMAX ": %s", p,
             (uintmax_t)l.size, (uintmax_t)l.align,
             b ? "the live block has another layout" : "no live block");
        c->wrong++;
        return NULL;
    }
    if (!edge_is_whole(b)) {
        diag("count: %p is overwritten past its end", p);
        c->wrong++;
    }
    return b;
}

static bool
expect_block(struct count *c, struct alcove_layout l)
{
    if (l.size > 0 && alcove_layout_ok(l))
        return true;
    diag("count: asked for %" PRIuMAX " bytes aligned to %" PRIuMAX,
         (uintmax_t)l.size, (uintmax_t)l.align);
    c->wrong++;
    return false;
}

/* Refuse by order? */
static bool
must_fail(struct count *c)
{
    if (c->fail_after == SIZE_MAX)
        return false;
    if (c->fail_after > 0) {
        c->fail_after--;
        return false;
    }
    if (c->fail_once)
        c->fail_after = SIZE_MAX;
    c->refused++;
    return true;
}

/* ---- the operations ---- */

static void *
enter(struct count *c, struct alcove_layout l, int fill,
      struct alcove_error *err)
{
    struct alcove_allocator *a = &c->allocator;
    struct alcove_layout base = {l.size + SLACK, l.align};
    struct count_block *b = find(c, NULL);
    void *p;

    c->asked++;
    if (!expect_block(c, l)) {
        refuse(a, ALCOVE_ERR_OTHER, ALCOVE_CAUSE_UNKNOWN, l, err);
        return NULL;
    }
    if (must_fail(c)) {
        refuse(a, ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_INJECTED, l, err);
        return NULL;
    }
    if (!b || !alcove_layout_ok(base)) {
        refuse(a, ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_OUT_OF_MEMORY, l, err);
        return NULL;
    }
    p = alcove_alloc(alcove_malloc(), base, err);
    if (!p)
        return NULL;
    memset(p, fill, l.size);
    memset((char *)p + l.size, EDGE, SLACK);
    *b = (struct count_block){p, l, base};
    c->live_blocks++;
    c->live_bytes += l.size;
    return p;
}

static void
leave(struct count *c, struct count_block *b)
{
    c->live_blocks--;
    c->live_bytes -= b->layout.size;
    memset(b->p, GONE, b->base.size);
    (void)alcove_dealloc(alcove_malloc(), b->p, b->base, NULL);
    memset(b, 0, sizeof *b);
}

static void *
count_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    void *p = enter(self(a), l, COUNT_RUBBISH, err);

    if (p)
        self(a)->allocs++;
    return p;
}

static void *
count_zalloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    void *p = enter(self(a), l, 0, err);

    if (p)
        self(a)->zallocs++;
    return p;
}

static bool
count_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
              struct alcove_error *err)
{
    struct count *c = self(a);
    struct count_block *b = expect_live(c, p, l);

    c->asked++;
    if (!b)
        return refuse(a, ALCOVE_ERR_NOT_OWNED, ALCOVE_CAUSE_UNKNOWN, l, err);
    if (c->refuse_dealloc || c->refuse_this == p) {
        c->refuse_this = NULL;
        c->refused++;
        return refuse(a, ALCOVE_ERR_LOCK, ALCOVE_CAUSE_INJECTED, l, err);
    }
    leave(c, b);
    c->deallocs++;
    return true;
}

static bool
count_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_)
{
    struct count *c = self(a);
    struct count_block *b = expect_live(c, p, old);

    c->asked++;
    if (!expect_block(c, new_) || !b)
        return false;
    if ((uintptr_t)p % new_.align != 0) {
        diag("count: %p is to be aligned to %" PRIuMAX " in place", p,
             (uintmax_t)new_.align);
        c->wrong++;
        return false;
    }
    if (c->refuse_resize || new_.size > b->base.size)
        return false;
    c->live_bytes += new_.size - old.size;
    b->layout = new_;
    if (new_.size > old.size)
        memset((char *)p + old.size, COUNT_RUBBISH, new_.size - old.size);
    memset((char *)p + new_.size, EDGE, slack_of(b));
    c->resizes++;
    return true;
}

static void *
count_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    struct count *c = self(a);
    struct count_block *b = expect_live(c, p, old);
    void *moved;

    if (new_.align < old.align) {
        diag("count: realloc to a smaller alignment");
        c->wrong++;
    }
    if (!b) {
        refuse(a, ALCOVE_ERR_NOT_OWNED, ALCOVE_CAUSE_UNKNOWN, old, err);
        return NULL;
    }
    moved = enter(c, new_, COUNT_RUBBISH, err);
    if (!moved)
        return NULL;
    memcpy(moved, p, old.size < new_.size ? old.size : new_.size);
    leave(c, b);
    c->reallocs++;
    return moved;
}

static bool
count_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    struct count *c = self(a);
    struct count_block *b = p ? find(c, p) : NULL;

    c->asked++;
    c->wrong += !p || !expect_block(c, l);
    return b && same_layout(b->layout, l);
}

static size_t
count_usable_size(struct alcove_allocator *a, const void *p,
                  struct alcove_layout l)
{
    struct count *c = self(a);
    struct count_block *b = expect_live(c, p, l);

    c->asked++;
    return b ? b->base.size : 0;
}

static bool
count_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                 alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    struct count *c = self(a);
    unsigned char room[2 * COUNT_TEMP_SIZE];
    size_t start;

    c->asked++;
    if (!expect_block(c, l) || l.size > COUNT_TEMP_SIZE ||
        l.align > COUNT_TEMP_SIZE || must_fail(c))
        return refuse(a, ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_INJECTED, l,
                      err);
    start = (size_t)(-(uintptr_t)room & (l.align - 1));
    memset(room, COUNT_RUBBISH, sizeof room);
    fn(room + start, arg);
    c->temps++;
    return true;
}

/* ---- the books ---- */

void
count_init(struct count *c, unsigned features)
{
    bool can_alloc = (features & ALCOVE_CAN_ALLOC) != 0;
    bool can_dealloc = (features & ALCOVE_CAN_DEALLOC) != 0;

    memset(c, 0, sizeof *c);
    c->allocator.ops = &c->ops;
    c->allocator.features = features;
    c->fail_after = SIZE_MAX;

    c->ops.struct_size = sizeof c->ops;
    c->ops.name = "count";
    c->ops.alloc = can_alloc ? count_alloc : alcove_unsupported_alloc;
    c->ops.dealloc = can_dealloc ? count_dealloc : alcove_unsupported_dealloc;
    if (features & ALCOVE_CAN_ZERO)
        c->ops.zalloc = count_zalloc;
    if (features & ALCOVE_CAN_RESIZE)
        c->ops.resize = count_resize;
    if (features & ALCOVE_CAN_REALLOC)
        c->ops.realloc = count_realloc;
    if (features & ALCOVE_CAN_OWNS)
        c->ops.owns = count_owns;
    if (features & ALCOVE_CAN_USABLE_SIZE)
        c->ops.usable_size = count_usable_size;
}

void
count_own_temp(struct count *c)
{
    c->ops.alloc_temp = count_alloc_temp;
}

bool
count_ok(const struct count *c, size_t live_blocks, size_t live_bytes)
{
    size_t i, blocks = 0, bytes = 0, broken = 0;

    for (i = 0; i < COUNT_BLOCKS; i++) {
        if (!c->blocks[i].p)
            continue;
        blocks++;
        bytes += c->blocks[i].layout.size;
        broken += !edge_is_whole(&c->blocks[i]);
    }
    if (c->wrong == 0 && broken == 0 && blocks == live_blocks &&
        bytes == live_bytes && c->live_blocks == blocks &&
        c->live_bytes == bytes)
        return true;
    diag("count: %" PRIuMAX " blocks of %" PRIuMAX " bytes in all, expected "
         "%" PRIuMAX " of %" PRIuMAX "; %" PRIuMAX
         " calls were wrong, %" PRIuMAX " blocks overwritten past their end",
         (uintmax_t)blocks, (uintmax_t)bytes, (uintmax_t)live_blocks,
         (uintmax_t)live_bytes, (uintmax_t)c->wrong, (uintmax_t)broken);
    return false;
}

void
count_done(struct count *c)
{
    size_t i;

    for (i = 0; i < COUNT_BLOCKS; i++)
        if (c->blocks[i].p)
            leave(c, &c->blocks[i]);
}
