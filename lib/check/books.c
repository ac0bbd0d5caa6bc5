/* SPDX-License-Identifier: MIT */
/* The kit's own parent: its operations. */
#include <config.h>

#include "books.h"

#include "bookblock.h"

#include <string.h>

#if ALCOVE_HAVE_THREADS
static void
books_enter(struct books *b)
{
    pthread_mutex_lock(&b->lock);
}

static void
leave(struct books *b)
{
    pthread_mutex_unlock(&b->lock);
}
#else
static void
books_enter(struct books *b)
{
    (void)b;
}

static void
leave(struct books *b)
{
    (void)b;
}
#endif

static struct books *
books_self(struct alcove_allocator *a)
{
    return (struct books *)(void *)a;
}

static bool
books_same(struct alcove_layout x, struct alcove_layout y)
{
    return x.size == y.size && x.align == y.align;
}

static bool
books_refuse(struct books *b, enum alcove_code code, struct alcove_layout l,
             const void *p, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = code,
        .layout = l,
        .block = p,
        .allocator = b->ops.name,
    };

    if (code == ALCOVE_ERR_ALLOC_FAILED)
        what.cause = ALCOVE_CAUSE_INJECTED;
    return alcove_error_set(err, &what);
}

/* The place in the books of a live block with this layout, or NULL, and a wrong
 * call is noted, and refused. */
static struct books_block **
expect(struct books *b, const void *p, struct alcove_layout l, const char *what,
       struct alcove_error *err)
{
    struct books_block **link = alcove_books_find(b, p);

    if (link && books_same((*link)->layout, l))
        return link;
    if (!b->forgive)
        alcove_books_note(b, what, l);
    books_refuse(b, link ? ALCOVE_ERR_LAYOUT_MISMATCH : ALCOVE_ERR_NOT_OWNED, l,
                 p, err);
    return NULL;
}

/* By order? */
static bool
must_refuse(struct books *b)
{
    b->asked++;
    if (b->refuse_after == SIZE_MAX)
        return false;
    if (b->refuse_after == 0) {
        b->refused++;
        return true;
    }
    b->refuse_after--;
    return false;
}

static void *
give(struct books *b, struct alcove_layout l, int fill,
     struct alcove_error *err)
{
    struct books_block *block;

    if (!alcove_layout_is_block(l))
        alcove_books_note(
            b, "a block was asked for with an invalid layout, or size 0", l);
    else if (!must_refuse(b) && (block = alcove_books_make(b, l, fill)))
        return block->p;
    books_refuse(b, ALCOVE_ERR_ALLOC_FAILED, l, NULL, err);
    return NULL;
}

/* ---- the operations ---- */

static void *
books_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    void *p;

    books_enter(books_self(a));
    p = give(books_self(a), l, BOOKS_RUBBISH, err);
    leave(books_self(a));
    return p;
}

static void *
books_zalloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    void *p;

    books_enter(books_self(a));
    p = give(books_self(a), l, 0, err);
    leave(books_self(a));
    return p;
}

static bool
take_back(struct books *b, void *p, struct alcove_layout l,
          struct alcove_error *err)
{
    struct books_block **link =
        expect(b, p, l, "a release of what is no live block", err);

    b->asked++;
    if (!link)
        return false;
    if (b->refuse_release) {
        b->refused++;
        return books_refuse(b, ALCOVE_ERR_LOCK, l, p, err);
    }
    alcove_books_retire(b, link);
    return true;
}

static bool
books_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
              struct alcove_error *err)
{
    bool done;

    books_enter(books_self(a));
    done = take_back(books_self(a), p, l, err);
    leave(books_self(a));
    return done;
}

static bool
change(struct books *b, void *p, struct alcove_layout old,
       struct alcove_layout new_)
{
    struct books_block **link =
        alcove_books_find(b, p)
            ? expect(b, p, old, "a resize with a wrong layout", NULL)
            : NULL;

    if (!link || must_refuse(b) || new_.size > (*link)->room)
        return false;
    alcove_books_relayout(b, *link, new_);
    return true;
}

static bool
books_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_)
{
    bool done;

    books_enter(books_self(a));
    done = change(books_self(a), p, old, new_);
    leave(books_self(a));
    return done;
}

/* It always moves. */
static void *
move(struct books *b, void *p, struct alcove_layout old,
     struct alcove_layout new_, struct alcove_error *err)
{
    unsigned char *moved;

    if (!expect(b, p, old, "a realloc of what is no live block", err))
        return NULL;
    if (b->refuse_release) {
        b->refused++;
        books_refuse(b, ALCOVE_ERR_LOCK, new_, p, err);
        return NULL;
    }
    moved = give(b, new_, BOOKS_RUBBISH, err);
    if (moved) {
        memcpy(moved, p, old.size < new_.size ? old.size : new_.size);
        alcove_books_retire(b, alcove_books_find(b, p));
    }
    return moved;
}

static void *
books_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    void *moved;

    books_enter(books_self(a));
    moved = move(books_self(a), p, old, new_, err);
    leave(books_self(a));
    return moved;
}

static bool
books_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    struct books_block **link;
    bool yes;

    books_enter(books_self(a));
    link = alcove_books_find(books_self(a), p);
    yes = link && books_same((*link)->layout, l);
    leave(books_self(a));
    return yes;
}

static size_t
books_usable_size(struct alcove_allocator *a, const void *p,
                  struct alcove_layout l)
{
    struct books_block **link;
    size_t size = l.size;

    books_enter(books_self(a));
    link = expect(books_self(a), p, l, "a question about what is no live block",
                  NULL);
    if (link)
        size = alcove_books_usable(*link);
    leave(books_self(a));
    return size;
}

/* ---- the books ---- */

void
alcove_books_init(struct books *b, unsigned features, size_t most)
{
    unsigned all = 0;

#define ALCOVE_X(name, bit, text) all |= (unsigned)ALCOVE_CAN_##name;
    ALCOVE_FEATURES(ALCOVE_X)
#undef ALCOVE_X
    if (features == 0)
        features = all;
    memset(b, 0, sizeof *b);
    b->allocator.ops = &b->ops;
    b->allocator.features = features;
    b->refuse_after = SIZE_MAX;
    b->most = most;
    b->ops.struct_size = sizeof b->ops;
    b->ops.name = "parent";
    b->ops.alloc =
        features & ALCOVE_CAN_ALLOC ? books_alloc : alcove_unsupported_alloc;
    b->ops.dealloc = features & ALCOVE_CAN_DEALLOC ? books_dealloc
                                                   : alcove_unsupported_dealloc;
    if (features & ALCOVE_CAN_ZERO)
        b->ops.zalloc = books_zalloc;
    if (features & ALCOVE_CAN_RESIZE)
        b->ops.resize = books_resize;
    if (features & ALCOVE_CAN_REALLOC)
        b->ops.realloc = books_realloc;
    if (features & ALCOVE_CAN_OWNS)
        b->ops.owns = books_owns;
    if (features & ALCOVE_CAN_USABLE_SIZE)
        b->ops.usable_size = books_usable_size;
#if ALCOVE_HAVE_THREADS
    pthread_mutex_init(&b->lock, NULL);
#endif
}

void
alcove_books_refuse_after(struct books *b, size_t count)
{
    books_enter(b);
    b->refuse_after = count;
    leave(b);
}

void
alcove_books_done(struct books *b)
{
    alcove_books_drop_all(b);
#if ALCOVE_HAVE_THREADS
    pthread_mutex_destroy(&b->lock);
#endif
}
