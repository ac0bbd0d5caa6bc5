/* SPDX-License-Identifier: MIT */
/* The vector against a plain array, boxes against the plain model of blocks,
 * and strings against snprintf, over the parent or an arena that stands on it;
 * after a refusal all is as it was. */
#include <config.h>

#include "fuzz.h"
#include "model.h"
#include "parent.h"

#include <alcove/arena.h>
#include <alcove/box.h>
#include <alcove/string.h>
#include <alcove/vec.h>

#include <errno.h>
#include <string.h>

enum { MARK = 4242, ITEMS = 96, ITEM = 48, BOXES = 6, TEXT = 600 };

struct world {
    struct bytes in;
    struct alcove_allocator *a;
    struct alcove_error err;
    struct alcove_vec vec;
    unsigned char want[ITEMS * 2][ITEM]; /* what its items are */
    size_t count, next;
    struct model model; /* of what is in the boxes */
    struct alcove_box boxes[BOXES];
    size_t ops;
};

static struct parent parent;
static const struct alcove_error unset = {.allocator = "unset"};

static struct alcove_error *
before(struct world *w)
{
    w->err.code = unset.code;
    w->err.allocator = unset.allocator;
    errno = MARK;
    return &w->err;
}

/* Whether it was done, which is to be seen of errno and the error. */
static bool
said(const struct world *w, bool done, bool possible, const char *what)
{
    must(done == (w->err.code == ALCOVE_OK) && done == (errno == MARK) &&
             (w->err.allocator == unset.allocator || !done),
         "%s is %s with errno %d and error %d", what, done ? "done" : "refused",
         errno, w->err.code);
    must(possible || !done, "%s is done, and cannot be", what);
    return done;
}

/* ---- the vector ---- */

static void
look(const struct world *w, size_t from, size_t to)
{
    size_t i, size = w->vec.item.size;

    must(alcove_vec_ok(&w->vec) && w->vec.count == w->count,
         "a vector has %zu items, not %zu", w->vec.count, w->count);
    must(((uintptr_t)w->vec.data & (w->vec.item.align - 1)) == 0,
         "a vector is not aligned");
    for (i = from; i < to && i < w->count && size > 0; i++)
        must(memcmp(alcove_vec_at(&w->vec, i), w->want[i], size) == 0,
             "item %zu of %zu has changed", i, w->count);
}

static void
invent(struct world *w, unsigned char *item)
{
    size_t i;

    w->next = w->next * 5 + 3;
    for (i = 0; i < ITEM; i++)
        item[i] = (unsigned char)(w->next >> 3) ^ (unsigned char)(i * 29);
}

/* Room in the model's array for `n` items at `index`. */
static void
shift(struct world *w, size_t index, size_t n)
{
    memmove(w->want[index + n], w->want[index], (w->count - index) * ITEM);
    w->count += n;
}

static void
put(struct world *w, size_t index, bool push)
{
    unsigned how = byte(&w->in);
    unsigned char item[ITEM];
    const void *from = item;

    invent(w, item);
    if ((how & 3) == 0 && w->count > 0 && w->vec.item.size > 0) {
        how = (how >> 2) % (unsigned)w->count; /* one of its own */
        from = alcove_vec_at(&w->vec, how);
        memcpy(item, w->want[how], ITEM);
    }
    if (!said(w,
              push ? alcove_vec_push(&w->vec, from, before(w))
                   : alcove_vec_insert(&w->vec, index, from, before(w)),
              index <= w->count, "a push"))
        return;
    shift(w, index, 1);
    memcpy(w->want[index], item, ITEM);
}

static void
put_some(struct world *w, size_t index, bool open)
{
    static unsigned char items[ITEMS * ITEM];
    size_t n = byte(&w->in) % 9, i, stride = w->vec.stride;
    unsigned char *p = items;
    unsigned char item[ITEM];

    for (i = 0; i < n; i++) {
        invent(w, item);
        memcpy(w->want[ITEMS + i], item, ITEM);
        memcpy(items + i * stride, item, w->vec.item.size);
    }
    if (open) {
        p = alcove_vec_open(&w->vec, index, n, before(w));
        if (!said(w, p != NULL, index <= w->count, "to open"))
            return;
        memcpy(p, items, stride * n);
    } else if (!said(w, alcove_vec_extend(&w->vec, items, n, before(w)), true,
                     "to extend")) {
        return;
    }
    shift(w, index, n);
    for (i = 0; i < n; i++) {
        memset(w->want[index + i], 0, ITEM);
        memcpy(w->want[index + i], items + i * stride, w->vec.item.size);
    }
}

static void
take(struct world *w, size_t index, bool pop)
{
    unsigned char out[ITEM];
    size_t size = w->vec.item.size;
    bool done;

    if (pop) {
        (void)before(w);
        done = alcove_vec_pop(&w->vec, out);
        must(done == (w->count > 0) && errno == MARK, "a pop");
        index = w->count - 1;
    } else {
        done = alcove_vec_remove(&w->vec, index, out, before(w));
        must(said(w, done, index < w->count, "to remove") == (index < w->count),
             "an item is not removed");
    }
    if (!done)
        return;
    must(memcmp(out, w->want[index], size) == 0, "another item is taken");
    w->count--;
    memmove(w->want[index], w->want[index + 1], (w->count - index) * ITEM);
}

struct keeping {
    struct world *w;
    unsigned bits;
    size_t at, kept;
};

static bool
keep(void *item, void *arg)
{
    struct keeping *k = arg;
    struct world *w = k->w;
    bool kept = (k->bits >> k->at % 8 & 1) != 0;

    must(memcmp(item, w->want[k->at], w->vec.item.size) == 0,
         "retain shows another item");
    if (kept)
        memmove(w->want[k->kept++], w->want[k->at], ITEM);
    k->at++;
    return kept;
}

static void
retain(struct world *w)
{
    struct keeping k = {w, byte(&w->in), 0, 0};
    size_t gone = alcove_vec_retain(&w->vec, keep, &k);

    must(k.at == w->count && gone == k.at - k.kept, "retain counts wrongly");
    w->count = k.kept;
}

/* The block is taken out, and put into a new one. */
static void
take_apart(struct world *w)
{
    struct alcove_layout block, item = w->vec.item;
    size_t count, capacity;
    void *p = alcove_vec_release(&w->vec, &block, &count, &capacity);

    must(p && count == w->count && capacity >= count && w->vec.count == 0,
         "a vector is not released");
    must(block.size == (item.size ? capacity * w->vec.stride : 0),
         "a vector's block has %zu bytes", block.size);
    must(alcove_vec_from_raw(&w->vec, w->a, p, item, count, capacity, NULL),
         "a vector is not made");
}

static void
reserve(struct world *w, bool exact)
{
    unsigned how = byte(&w->in);
    size_t more = how < 250 ? how % 64 : SIZE_MAX - (how & 3);

    if (said(w,
             exact ? alcove_vec_reserve_exact(&w->vec, more, before(w))
                   : alcove_vec_reserve(&w->vec, more, before(w)),
             how < 250 || w->vec.item.size == 0, "to reserve"))
        must(w->vec.capacity - w->count >= more, "there is no room");
}

static void
with_vector(struct world *w, unsigned op)
{
    size_t index = byte(&w->in) % (w->count + 2);

    if (w->count + 10 > ITEMS)
        op = 12;
    switch (op & 15) {
    case 0:
    case 1:
    case 2:
        put(w, w->count, true);
        break;
    case 3:
        put(w, index, false);
        break;
    case 4:
        put_some(w, w->count, false);
        break;
    case 5:
        put_some(w, index, true);
        break;
    case 6:
        take(w, index, true);
        break;
    case 7:
        take(w, index, false);
        break;
    case 8:
        reserve(w, false);
        break;
    case 9:
        reserve(w, true);
        break;
    case 10:
        (void)before(w);
        if (alcove_vec_shrink_to_fit(&w->vec))
            must(w->vec.capacity == w->count || w->vec.item.size == 0,
                 "it does not fit");
        must(errno == MARK, "to shrink sets errno");
        break;
    case 11:
        retain(w);
        break;
    case 12:
        alcove_vec_truncate(&w->vec, index);
        w->count = index < w->count ? index : w->count;
        break;
    default:
        take_apart(w);
    }
    look(w, (op & 16) ? 0 : index, (op & 16) ? ITEMS : index + 2);
}

/* ---- boxes ---- */

static struct model_block *
block_of(struct world *w, const struct alcove_box *box)
{
    unsigned i;

    for (i = 0; i < w->model.count; i++)
        if (w->model.live[i].owner == box)
            return &w->model.live[i];
    must(!box->data, "a box has a block that nobody knows");
    return NULL;
}

static void
same(const struct alcove_box *box, const struct model_block *b)
{
    must(b ? box->data == b->p && box->layout.size == b->l.size &&
                 box->layout.align == b->l.align
           : !box->data && !box->allocator,
         "a box has changed");
    if (b)
        model_look(b);
}

static void
make(struct world *w, struct alcove_box *box, unsigned how,
     struct alcove_layout l)
{
    struct alcove_error *err = before(w);

    if (said(w,
             how & 1 ? alcove_box_zmake(box, w->a, l, err)
                     : alcove_box_make(box, w->a, l, err),
             true, "a box"))
        model_add(&w->model, box->data, l, how & 1)->owner = box;
}

static void
resize(struct world *w, struct alcove_box *box, struct model_block *b,
       unsigned how, struct alcove_layout l)
{
    struct alcove_error *err = before(w);
    bool possible = b && l.align >= b->l.align;

    if (said(w,
             how & 1 ? alcove_box_zresize(box, l, err)
                     : alcove_box_resize(box, l, err),
             possible, "a box's resize"))
        model_change(&w->model, b, box->data, l, how & 1);
}

static void
copy(struct world *w, struct alcove_box *box, struct model_block *b,
     struct alcove_box *clone)
{
    struct model_block *c;

    if (clone->data && clone != box)
        return;
    if (!said(w, alcove_box_clone(box, NULL, clone, before(w)),
              b && clone != box, "a box's copy"))
        return;
    must(b->l.size == 0 || memcmp(clone->data, b->p, b->l.size) == 0,
         "a copy is none");
    c = model_add(&w->model, clone->data, b->l, false);
    c->owner = clone;
}

static void
with_boxes(struct world *w, unsigned op)
{
    unsigned how = byte(&w->in);
    struct alcove_box *box = &w->boxes[how % BOXES];
    struct model_block *b = block_of(w, box);
    struct alcove_layout l = {byte(&w->in), (size_t)1 << (how >> 4) % 7};

    same(box, b);
    switch (op & 7) {
    case 0:
    case 1:
        if (!b)
            make(w, box, op >> 3, l);
        break;
    case 2:
    case 3:
        resize(w, box, b, op >> 3, l);
        break;
    case 4:
        copy(w, box, b, &w->boxes[op % BOXES]);
        break;
    case 5:
        l = (struct alcove_layout){3, 3};
        must(!!alcove_box_release(box, &l) == !!b, "a box's release");
        same(box, NULL);
        if (b)
            must(alcove_box_from_raw(box, w->a, b->p, l, NULL), "a box");
        break;
    default:
        must(said(w, alcove_box_drop(box, before(w)), true, "a drop"),
             "a box is not dropped");
        if (b)
            model_remove(&w->model, b);
        same(box, NULL);
    }
    same(box, block_of(w, box));
}

/* ---- strings ---- */

static void
with_strings(struct world *w, unsigned op)
{
    static char text[TEXT], want[TEXT * 2];
    size_t length = byte(&w->in) * (op & 8 ? 2u : 1u), i;
    size_t most = byte(&w->in) * 2u;
    struct alcove_error *err;
    char *s;

    for (i = 0; i < length; i++)
        text[i] = (char)(1 + (i * 7 + op) % 255);
    text[length] = '\0';
    err = before(w);
    switch (op & 3) {
    case 0:
        snprintf(want, sizeof want, "%s", text);
        s = alcove_strdup(w->a, text, err);
        break;
    case 1:
        snprintf(want, sizeof want, "%.*s", (int)most, text);
        if (most <= length)
            text[most] = 'x';
        s = alcove_strndup(w->a, text, most, err);
        break;
    default:
        snprintf(want, sizeof want, "%s|%d|%.*s", text, (int)op, (int)most,
                 text);
        s = alcove_asprintf(w->a, err, "%s|%d|%.*s", text, (int)op, (int)most,
                            text);
    }
    if (!said(w, s != NULL, true, "a string"))
        return;
    must(strcmp(s, want) == 0, "a string is another one");
    must(alcove_strfree(w->a, s, before(w)) && errno == MARK,
         "a string is not released");
}

/* ---- any of them ---- */

static void
one(struct world *w)
{
    unsigned op = byte(&w->in);

    switch (op & 7) {
    case 0:
        with_strings(w, op >> 3);
        break;
    case 1:
    case 2:
        with_boxes(w, op >> 3 | (op & 7) << 5);
        break;
    case 3:
        parent.refuse = 1 + (op >> 3) % 8;
        break;
    default:
        with_vector(w, op >> 3);
    }
    w->ops++;
}

static void
close_all(struct world *w)
{
    size_t i;

    parent.refuse = 0;
    look(w, 0, ITEMS);
    must(alcove_vec_done(&w->vec, NULL), "a vector is not done");
    for (i = 0; i < BOXES; i++) {
        same(&w->boxes[i], block_of(w, &w->boxes[i]));
        alcove_box_cleanup(&w->boxes[i]);
    }
}

static size_t
run(const uint8_t *data, size_t size)
{
    static const struct alcove_layout items[8] = {
        {1, 1}, {4, 4}, {12, 4}, {40, 8}, {3, 1}, {16, 16}, {0, 8}, {5, 8}};
    static struct world w;
    struct alcove_arena arena;
    unsigned how;

    fuzz_about("vec");
    memset(w.boxes, 0, sizeof w.boxes);
    w.in.at = data;
    w.in.end = data + size;
    w.count = w.ops = 0;
    model_init(&w.model);
    how = byte(&w.in);
    parent_init(&parent, how % PARENT_KINDS, false);
    how = byte(&w.in);
    w.a = &parent.allocator;
    alcove_arena_init(&arena, w.a, NULL, 0);
    if (how & 8)
        w.a = &arena.allocator;
    must(alcove_vec_init(&w.vec, w.a, items[how & 7], NULL), "no vector");
    while (bytes_left(&w.in))
        one(&w);
    close_all(&w);
    alcove_arena_done(&arena);
    parent_done(&parent);
    return w.ops;
}

const struct fuzz_target fuzz_vec = {"vec", run, 4096, 8};
