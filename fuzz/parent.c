/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "parent.h"

#include "fuzz.h"

#include <string.h>

/* In front of a block: where it is in the books. Behind its room: the same. */
struct front {
    uint32_t index, seal;
};

static uint32_t
seal_of(const void *p)
{
    return (uint32_t)((uintptr_t)p >> 3) * 2654435761u ^ 0xa1c0f0ffu;
}

static struct parent *
self(struct alcove_allocator *a)
{
    return (struct parent *)(void *)a;
}

static void
seal(const struct parent_block *b, uint32_t index)
{
    struct front f = {index, seal_of(b->p)};

    memcpy(b->p - sizeof f, &f, sizeof f);
    memcpy(b->p + b->room, &f.seal, sizeof f.seal);
}

/* The block at `p`, which must be one, with this layout. */
static struct parent_block *
find(struct parent *parent, void *p, struct alcove_layout l)
{
    struct front f;
    struct parent_block *b;
    uint32_t behind;

    must(((uintptr_t)p & (l.align - 1)) == 0, "the parent is given %p", p);
    memcpy(&f, (char *)p - sizeof f, sizeof f);
    must(f.seal == seal_of(p),
         "the parent is given %p, which is no block, or "
         "something was written before it",
         p);
    must(f.index < parent->count && parent->live[f.index].p == p,
         "the parent is given %p, which is not live", p);
    b = &parent->live[f.index];
    must(b->l.size == l.size && b->l.align == l.align,
         "the parent's block of %zu to %zu is given as one of %zu to %zu",
         b->l.size, b->l.align, l.size, l.align);
    memcpy(&behind, b->p + b->room, sizeof behind);
    must(behind == f.seal, "something was written behind the parent's block");
    return b;
}

static void
valid(struct alcove_layout l)
{
    must(alcove_layout_is_block(l), "the parent is asked for %zu to %zu",
         l.size, l.align);
}

/* ---- the operations ---- */

static bool
refuses(struct parent *parent, struct alcove_layout l, bool soft,
        struct alcove_error *err)
{
    struct alcove_error what = {.code = ALCOVE_ERR_ALLOC_FAILED,
                                .cause = ALCOVE_CAUSE_OUT_OF_MEMORY,
                                .layout = l,
                                .allocator = "books"};

    valid(l);
    if (parent->refuse > 0 && --parent->refuse == 0)
        parent->refused = true;
    else if (l.size <= PARENT_MOST && l.align <= PARENT_MOST &&
             parent->count < PARENT_LIVE)
        return false;
    if (!soft)
        alcove_error_set(err, &what);
    return true;
}

static void *
give(struct parent *parent, struct alcove_layout l, bool zero)
{
    size_t least = l.align < 8 ? 8 : l.align;
    size_t room = l.size + (parent->variety = parent->variety * 5 + 7) % 11;
    size_t whole = sizeof(struct front) + 2 * least + room + sizeof(uint32_t);
    struct parent_block *b = &parent->live[parent->count];
    uintptr_t at;

    b->memory = zero ? calloc(1, whole) : malloc(whole);
    must(b->memory, "there is no memory");
    at = (uintptr_t)b->memory + sizeof(struct front);
    at += least - at % least; /* a multiple, and not one of the double */
    at += l.align >= 8 && at % (2 * least) == 0 ? least : 0;
    b->p = (unsigned char *)b->memory + (at - (uintptr_t)b->memory);
    b->l = l;
    b->room = room;
    seal(b, parent->count++);
    return b->p;
}

static void *
books_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    return refuses(self(a), l, false, err) ? NULL : give(self(a), l, false);
}

static void *
books_zalloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    return refuses(self(a), l, false, err) ? NULL : give(self(a), l, true);
}

static void
forget(struct parent *parent, struct parent_block *b)
{
    unsigned i = parent->kept_count;

    if (parent->keep) {
        /* What leaves this is too old to be asked for. */
        free(parent->kept[i % PARENT_KEPT]);
        parent->kept[i % PARENT_KEPT] = b->memory;
        parent->kept_count++;
    } else {
        free(b->memory);
    }
    *b = parent->live[--parent->count];
    if (b != &parent->live[parent->count])
        seal(b, (uint32_t)(b - parent->live));
}

static bool
books_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
              struct alcove_error *err)
{
    (void)err;
    valid(l);
    forget(self(a), find(self(a), p, l));
    return true;
}

static bool
books_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_)
{
    struct parent_block *b = find(self(a), p, old);

    must(((uintptr_t)p & (new_.align - 1)) == 0,
         "the parent is asked to align in place");
    if (refuses(self(a), new_, true, NULL) || new_.size > b->room)
        return false;
    b->l = new_;
    return true;
}

static void *
books_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    struct parent *parent = self(a);
    void *moved;

    (void)find(parent, p, old);
    must(new_.align >= old.align, "the parent is asked for less alignment");
    if (refuses(parent, new_, false, err))
        return NULL;
    moved = give(parent, new_, false);
    memcpy(moved, p, old.size < new_.size ? old.size : new_.size);
    forget(parent, find(parent, p, old));
    return moved;
}

static bool
books_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    const struct parent *parent = self(a);
    unsigned i;

    for (i = 0; i < parent->count; i++)
        if (parent->live[i].p == p)
            return parent->live[i].l.size == l.size &&
                   parent->live[i].l.align == l.align;
    return false;
}

static size_t
books_usable_size(struct alcove_allocator *a, const void *p,
                  struct alcove_layout l)
{
    return find(self(a), (void *)(uintptr_t)p, l)->room;
}

/* ---- init, done ---- */

static const struct alcove_ops all = {
    .struct_size = sizeof all,
    .name = "books",
    .alloc = books_alloc,
    .zalloc = books_zalloc,
    .dealloc = books_dealloc,
    .resize = books_resize,
    .realloc = books_realloc,
    .owns = books_owns,
    .usable_size = books_usable_size,
};

static const struct alcove_ops least = {
    .struct_size = sizeof least,
    .name = "books",
    .alloc = books_alloc,
    .dealloc = books_dealloc,
};

void
parent_init(struct parent *p, unsigned kind, bool keep)
{
    const unsigned plain = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC |
                           ALCOVE_CAN_RECLAIM | ALCOVE_CAN_TEMP;
    const unsigned more = plain | ALCOVE_CAN_RESIZE | ALCOVE_CAN_REALLOC |
                          ALCOVE_CAN_OWNS | ALCOVE_CAN_USABLE_SIZE |
                          ALCOVE_CAN_ZERO | ALCOVE_CAN_THREADS;
    const unsigned features[PARENT_KINDS] = {
        more,
        plain,
        more & ~(unsigned)ALCOVE_CAN_OWNS,
        more & ~(unsigned)ALCOVE_CAN_RECLAIM,
        more & ~(unsigned)ALCOVE_CAN_TEMP,
    };

    p->allocator.features = features[kind];
    p->allocator.ops = kind == 1 ? &least : &all;
    p->refuse = p->count = p->variety = p->kept_count = 0;
    p->refused = false;
    p->keep = keep;
    if (keep)
        memset(p->kept, 0, sizeof p->kept);
}

void
parent_done(struct parent *p)
{
    unsigned i;

    must(p->count == 0,
         "%u blocks of the parent are lost, the first of %zu "
         "bytes",
         p->count, p->live[0].l.size);
    for (i = 0; p->keep && i < PARENT_KEPT; i++)
        free(p->kept[i]);
}
