/* SPDX-License-Identifier: MIT */
/* malloc's shape and all others: <alcove/thin.h> and each function of
 * <alcove/bridge.h>, in any order, against the plain model. Blocks change
 * between the shapes that serve each other. What is counted, and told to the
 * handlers, is compared too. Wrong pointers are given as far as that is
 * defined: released ones, another allocator's, foreign ones, the insides of
 * blocks, and blocks whose header is damaged. */
#include <config.h>

#include "fuzz.h"
#include "model.h"
#include "parent.h"

#include <alcove/bridge.h>
#include <alcove/limit.h>
#include <alcove/thin.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

enum { MARK = 4242, HEADER = 16 /* ALCOVE_THIN_HEADER */ };

/* A bridge, and what is known of it. */
struct side {
    struct alcove_bridge b;
    bool hooks;
    unsigned patience;      /* refusals that the handler answers by "again" */
    size_t oom, complaints; /* calls of the handlers */
    size_t refused, wrong;  /* before the call */
};

struct world {
    struct bytes in;
    struct model model;
    struct side sides[2];
    struct side *side;            /* of the call that is made */
    struct model_block *block;    /* that it is about, or NULL */
    void *p;                      /* what is given for it */
    unsigned char *gone;          /* released last */
    unsigned gone_when;           /* how much had been released then */
    unsigned char header[HEADER]; /* of the block, before it is damaged */
    size_t plain;                 /* what malloc's blocks are aligned to */
    size_t ops;
};

/* What is marked as owner of a block without a header: this. */
static const char no_header;

static struct parent parent;
static struct alcove_limit other; /* another allocator, for the second side */

static bool
on_oom(const struct alcove_error *err, void *arg)
{
    struct side *s = arg;

    must(err->code != ALCOVE_OK, "a handler is told of no error");
    s->oom++;
    return s->patience > 0 && s->patience-- > 0;
}

static void
on_wrong(const struct alcove_error *err, void *arg)
{
    struct side *s = arg;

    must(err->code != ALCOVE_OK, "a handler is told of no error");
    s->complaints++;
}

/* ---- before and after a call ---- */

static struct side *
before(struct world *w)
{
    struct side *s = w->side;

    s->refused = s->b.refused;
    s->wrong = s->b.wrong;
    s->oom = s->complaints = 0;
    errno = MARK;
    return s;
}

/* What is counted: refusals, if any (a served request may have some, if the
 * handler wanted it tried again), and wrong pointers, just so many. */
static void
counted(struct world *w, bool refusal, size_t wrong)
{
    const struct side *s = w->side;
    size_t refused = s->b.refused - s->refused;

    must(refusal ? refused > 0 : refused == 0 || s->hooks,
         "%zu refusals are counted", refused);
    must(s->b.wrong - s->wrong == wrong, "%zu wrong pointers are counted",
         s->b.wrong - s->wrong);
    must(!s->hooks || (s->oom == refused && s->complaints == wrong),
         "the handlers are called %zu and %zu times", s->oom, s->complaints);
    must(errno == (refusal ? ENOMEM : MARK), "errno is %d", errno);
}

/* ---- sizes ---- */

static size_t
a_size(struct bytes *in)
{
    unsigned how = byte(in);

    if (how < 224)
        return how & 127;
    if (how < 250)
        return (how - 223) * 40u;
    return how < 255 ? byte(in) * 100u : ALCOVE_SIZE_MAX - byte(in);
}

/* `*items` times `*size`: not a size at all, now and then. */
static size_t
a_product(struct bytes *in, size_t *items, size_t *size)
{
    unsigned how = byte(in);

    *size = a_size(in);
    *items = how & 7;
    if (how >= 250) {
        *items = SIZE_MAX / 2 + (how & 3);
        *size = 2 + (how & 1);
    }
    return *items * *size;
}

/* ---- to allocate ---- */

/* A request, and what it must come to. */
struct request {
    size_t size, align;
    bool zero;        /* cleared */
    bool impossible;  /* to be refused */
    bool null;        /* NULL is no refusal */
    const char *text; /* what must be in it, with a 0 behind */
};

static void
given(struct world *w, void *p, const struct request *r, const void *owner)
{
    struct alcove_layout l = {r->size, r->align};

    if (!p) {
        counted(w, !r->null, 0);
        return;
    }
    must(!r->impossible && !r->null, "a block that none can have");
    counted(w, false, 0);
    if (r->text)
        must(memcmp(p, r->text, r->size - 1) == 0 &&
                 ((char *)p)[r->size - 1] == '\0',
             "a string is no copy");
    w->model.unique = owner != &no_header;
    model_add(&w->model, p, l, r->zero)->owner = owner;
}

static void *
by_size(struct side *s, struct request *r, unsigned how)
{
    void *b = &s->b;
    size_t n = r->size;

    switch (how % 8) {
    case 0:
        return alcove_bridge_alloc(b, n);
    case 1:
        r->zero = true;
        return alcove_bridge_zalloc(b, n);
    case 2:
        return alcove_bridge_alloc_const(b, n);
    case 3:
        return alcove_bridge_alloc_last(n, b);
    case 4:
        return alcove_bridge_alloc_at(n, &b);
    case 5:
        if (n > LONG_MAX)
            n = LONG_MAX;
        return alcove_bridge_alloc_long(b, (long)n);
    case 6:
        return alcove_bridge_realloc(b, NULL, n);
    default:
        r->null = n == 0; /* whatever the bridge says */
        return alcove_bridge_resized_safe(b, NULL, 5, n);
    }
}

static void *
by_product(struct side *s, struct request *r, unsigned how, size_t items,
           size_t size)
{
    void *b = &s->b;

    switch (how % 5) {
    case 0:
        r->zero = true;
        return alcove_bridge_calloc(b, items, size);
    case 1:
        r->zero = true;
        return alcove_bridge_calloc_last(items, size, b);
    case 2:
        return alcove_bridge_alloc_items(b, items, size);
    case 3:
        return alcove_bridge_realloc_items(b, NULL, items, size);
    default:
        if (items > 7 || size > 100000) {
            r->impossible = true;
            r->null = false;
            return how & 8 ? alcove_bridge_alloc_ints(b, -1, 1)
                           : alcove_bridge_alloc_long(b, -1);
        }
        return how & 8 ? alcove_bridge_alloc_ints(b, (int)items, (int)size)
                       : alcove_bridge_alloc_uints(b, (unsigned)items,
                                                   (unsigned)size);
    }
}

/* A text of `n` bytes. */
static void *
by_text(struct side *s, struct request *r, unsigned how, size_t n)
{
    static char text[256];
    size_t i;

    for (i = 0; i < n; i++)
        text[i] = (char)(1 + (how + i) % 255);
    text[n] = '\0';
    r->text = text;
    r->size = n + 1;
    r->null = r->impossible = false;
    if (how & 1)
        return alcove_bridge_strdup(&s->b, text);
    if (how & 2)
        return alcove_bridge_strndup(&s->b, text, n + (how >> 2));
    text[n] = 'x'; /* which is not to be read */
    return alcove_bridge_strndup(&s->b, text, n);
}

static void
allocate(struct world *w)
{
    unsigned how = byte(&w->in);
    struct side *s = w->side;
    struct request r = {.size = 0};
    size_t items, size;
    void *p;

    if (w->model.count == MODEL_LIVE - 1)
        return;
    s = before(w);
    r.align = s->b.align;
    switch (how & 7) {
    case 0:
    case 1:
        r.size = a_product(&w->in, &items, &size);
        r.impossible = size != 0 && items > SIZE_MAX / size;
        r.null = !r.impossible && r.size == 0 &&
                 s->b.zero == ALCOVE_BRIDGE_ZERO_NULL;
        p = by_product(s, &r, how >> 3, items, size);
        break;
    case 2:
        p = by_text(s, &r, how >> 3, a_size(&w->in) & 127);
        break;
    case 3:
        r.size = a_size(&w->in);
        r.null = r.size == 0 && s->b.zero == ALCOVE_BRIDGE_ZERO_NULL;
        size = (size_t)1 << (how >> 3) % 12;
        if (how >= 240) {
            r.impossible = true;
            r.null = false;
            size = 0;
        }
        r.align = size > r.align ? size : r.align;
        p = alcove_bridge_alloc_aligned(&s->b, r.size, size);
        break;
    default:
        r.size = a_size(&w->in);
        r.null = r.size == 0 && s->b.zero == ALCOVE_BRIDGE_ZERO_NULL;
        p = by_size(s, &r, how >> 2);
    }
    given(w, p, &r, s);
}

/* <alcove/thin.h> itself; the bridge's counters do not move. */
static void
allocate_thinly(struct world *w)
{
    unsigned how = byte(&w->in);
    struct side *s = before(w);
    struct alcove_allocator *a = s->b.allocator;
    struct alcove_error err = {.code = ALCOVE_OK};
    struct alcove_layout l = {0, w->plain};
    size_t items, size;
    struct model_block *b;
    void *p;

    if (w->model.count == MODEL_LIVE - 1)
        return;
    l.size = a_product(&w->in, &items, &size);
    switch (how & 3) {
    case 0:
        p = alcove_thin_alloc(a, l.size, &err);
        break;
    case 1:
        p = alcove_thin_zalloc_array(a, items, size, &err);
        must(!p || size == 0 || items <= SIZE_MAX / size, "a wrong product");
        break;
    case 2:
        l.align = (size_t)1 << (how >> 2) % 12;
        p = alcove_thin_aligned(a, l.size, l.align, &err);
        break;
    default:
        p = alcove_thin_realloc_array(a, NULL, items, size, &err);
        must(!p || size == 0 || items <= SIZE_MAX / size, "a wrong product");
    }
    must((p != NULL) == (err.code == ALCOVE_OK) &&
             (p != NULL) == (errno == MARK),
         "thin sets errno or the error wrongly");
    if (!p)
        return;
    w->model.unique = true;
    b = model_add(&w->model, p, l, (how & 3) == 1);
    b->owner = s;
}

/* ---- a block, or what is none ---- */

enum wrong { RIGHT, DAMAGED, INSIDE, GONE, ANOTHERS, FOREIGN };

/* Picks a block, and sets w->side and w->p. For what is wrong no block is the
 * call's, and w->block is the one to be repaired and looked at. */
static enum wrong
pick(struct world *w)
{
    static union {
        char bytes[64];
        long double aligned;
    } foreign;
    unsigned n = byte(&w->in), how = byte(&w->in);
    struct model_block *b;

    w->block = b = w->model.count ? &w->model.live[n % w->model.count] : NULL;
    if (!b || b->owner == &no_header) {
        w->block = NULL;
        return RIGHT;
    }
    w->side = (struct side *)(uintptr_t)b->owner;
    w->p = b->p;
    model_look(b);
    memcpy(w->header, b->p - HEADER, HEADER);
    if (how < 208)
        return RIGHT;
    switch (how & 3) {
    case 0:
        b->p[-1 - (int)((how >> 2) % HEADER)] ^= (unsigned char)(1u << (n & 7));
        return DAMAGED;
    case 1:
        if (w->gone && parent.kept_count - w->gone_when < PARENT_KEPT / 2) {
            for (n = 0; n < w->model.count; n++)
                if (w->model.live[n].p == w->gone)
                    return RIGHT;
            w->p = w->gone;
            return GONE;
        }
        return RIGHT;
    case 2:
        w->side = &w->sides[w->side == &w->sides[0]];
        return ANOTHERS;
    default:
        if ((how & 4) && b->l.size >= 64) {
            w->p = b->p + HEADER;
            return INSIDE;
        }
        w->p = foreign.bytes + 32 + (how >> 3 & 1);
        return FOREIGN;
    }
}

static void
repair(struct world *w, enum wrong wrong)
{
    enum alcove_code code = w->side->b.last.code;

    must(code == ALCOVE_ERR_NOT_OWNED ||
             (code == ALCOVE_ERR_CORRUPT && wrong == DAMAGED),
         "a wrong pointer is %s", alcove_code_name(code));
    if (wrong == DAMAGED)
        memcpy(w->block->p - HEADER, w->header, HEADER);
    model_look(w->block);
    must(alcove_thin_size(
             ((struct side *)(uintptr_t)w->block->owner)->b.allocator,
             w->block->p, NULL) == w->block->l.size,
         "a block has another size after a wrong call");
}

static void
ended(struct world *w)
{
    w->gone = w->block->p;
    w->gone_when = parent.kept_count;
    model_remove(&w->model, w->block);
}

/* ---- to release ---- */

static void
release(struct world *w)
{
    unsigned how = byte(&w->in);
    enum wrong wrong;
    struct side *s;
    size_t complaints, told;
    void *b;

    wrong = pick(w);
    if (!w->block)
        return;
    s = before(w);
    b = &s->b;
    complaints = wrong != RIGHT;
    switch (how & 7) {
    case 0:
    case 1:
        alcove_bridge_free(b, w->p);
        break;
    case 2:
        alcove_bridge_free_const(b, w->p);
        break;
    case 3:
        alcove_bridge_free_last(w->p, b);
        break;
    case 4:
        alcove_bridge_free_at(w->p, &b);
        break;
    case 5:
        told = w->block->l.size + (how >> 3 & 1);
        complaints += wrong == RIGHT && (how >> 3 & 1);
        alcove_bridge_free_told(b, w->p, told);
        break;
    case 6:
        must(!alcove_bridge_resized_safe(b, w->p, 7, 0), "size 0 is a block");
        break;
    default:
        must(alcove_thin_free(s->b.allocator, w->p, &s->b.last) ==
                 (wrong == RIGHT),
             "thin releases what it must not, or does not");
        errno = MARK;
        complaints = 0;
    }
    counted(w, false, complaints);
    if (wrong == RIGHT)
        ended(w);
    else
        repair(w, wrong);
}

/* ---- to change ---- */

static void *
changed(struct world *w, unsigned how, size_t size, size_t *align,
        size_t *complaints)
{
    struct side *s = w->side;
    void *b = &s->b, *p = w->p;
    size_t old = w->block->l.size;
    bool lie = (how & 64) != 0;

    switch (how % 8) {
    case 0:
        return alcove_bridge_realloc(b, p, size);
    case 1:
        return alcove_bridge_realloc_items(b, p, size, 1);
    case 2:
        return alcove_bridge_realloc_const(b, p, size);
    case 3:
        return alcove_bridge_realloc_last(p, size, b);
    case 4:
        return alcove_bridge_realloc_at(p, size, &b);
    case 5:
        *complaints += lie;
        return alcove_bridge_realloc_told(b, p, old + lie, size);
    case 6:
        *complaints += lie;
        if (size > LONG_MAX) /* Windows has sizes that no long has */
            return alcove_bridge_realloc_told(b, p, old + lie, size);
        return alcove_bridge_realloc_long(b, (long)(old + lie), (long)size, p);
    default:
        *align = (size_t)1 << (how >> 3) % 10;
        return alcove_bridge_realloc_aligned(b, p, size, *align);
    }
}

static void
change(struct world *w)
{
    unsigned how = byte(&w->in);
    size_t size = a_size(&w->in), align = 1, complaints = 0;
    enum wrong wrong = pick(w);
    struct alcove_layout l;
    bool safe = how >= 224, ends;
    struct side *s;
    void *p;

    if (!w->block)
        return;
    s = before(w);
    ends = size == 0 && (safe || s->b.zero != ALCOVE_BRIDGE_ZERO_UNIQUE);
    if (size > 100000 && !ends)
        size = ALCOVE_SIZE_MAX; /* also as a long */
    l = w->block->l;
    p = safe ? alcove_bridge_resized_safe(&s->b, w->p, 3, size)
             : changed(w, how, size, &align, &complaints);
    if (wrong != RIGHT) {
        must(!p, "a wrong pointer is resized");
        counted(w, !ends, 1);
        repair(w, wrong);
        return;
    }
    if (ends) {
        must(!p, "size 0 is a block");
        counted(w, false, complaints);
        ended(w);
        return;
    }
    if (!p) {
        must(!safe || size > l.size, "to make a block smaller has failed");
        counted(w, true, complaints);
        model_look(w->block);
        return;
    }
    must(size <= 100000, "a block that none can have");
    counted(w, false, complaints);
    if (p != w->p) {
        w->gone = w->p;
        w->gone_when = parent.kept_count;
    }
    l.size = size;
    l.align = align > l.align ? align : l.align;
    /* What was shrunk safely may be larger than that. */
    if (safe && alcove_thin_size(s->b.allocator, p, NULL) != size)
        l.size = alcove_thin_size(s->b.allocator, p, NULL);
    must(l.size >= size, "a block is smaller than that");
    w->model.unique = true;
    model_change(&w->model, w->block, p, l, false);
}

static void
ask_size(struct world *w)
{
    enum wrong wrong = pick(w);
    struct side *s;
    size_t size;

    if (!w->block)
        return;
    s = before(w);
    size = alcove_bridge_size(&s->b, w->p);
    counted(w, false, wrong != RIGHT);
    must(size == (wrong == RIGHT ? w->block->l.size : 0), "a size is %zu",
         size);
    if (wrong != RIGHT)
        repair(w, wrong);
}

/* ---- without a header ---- */

static void
with_sizes(struct world *w)
{
    unsigned n = byte(&w->in), how = byte(&w->in);
    struct model_block *b =
        w->model.count ? &w->model.live[n % w->model.count] : NULL;
    struct request r = {.size = a_size(&w->in)};
    struct alcove_layout l;
    struct side *s;
    void *p;

    w->side = &w->sides[0];
    s = before(w);
    r.align = s->b.align;
    if (!b || b->owner != &no_header) {
        if (w->model.count == MODEL_LIVE - 1)
            return;
        r.null = (how & 1) && r.size == 0;
        p = how & 1   ? alcove_bridge_resized(&s->b, NULL, how, r.size)
            : how & 2 ? alcove_bridge_sized_realloc(&s->b, NULL, 0, r.size)
                      : alcove_bridge_sized_alloc(&s->b, r.size);
        given(w, p, &r, &no_header);
        return;
    }
    model_look(b);
    if (how < 96 || ((how & 1) && r.size == 0)) {
        if (how & 1)
            must(!alcove_bridge_resized(&s->b, b->p, b->l.size, 0),
                 "size 0 is a block");
        else
            alcove_bridge_sized_free(&s->b, b->p, b->l.size);
        counted(w, false, 0);
        model_remove(&w->model, b);
        return;
    }
    p = how & 1 ? alcove_bridge_resized(&s->b, b->p, b->l.size, r.size)
                : alcove_bridge_sized_realloc(&s->b, b->p, b->l.size, r.size);
    counted(w, !p, 0);
    if (!p) {
        model_look(b);
        return;
    }
    must(r.size <= 100000, "a block that none can have");
    l.size = r.size;
    l.align = b->l.align;
    w->model.unique = false;
    model_change(&w->model, b, p, l, false);
}

/* ---- any of them ---- */

static void
one(struct world *w)
{
    unsigned op = byte(&w->in);

    w->side = &w->sides[op >> 7];
    switch (op & 15) {
    case 0:
    case 1:
    case 2:
        allocate(w);
        break;
    case 3:
        allocate_thinly(w);
        break;
    case 4:
    case 5:
    case 6:
        release(w);
        break;
    case 7:
    case 8:
    case 9:
    case 10:
        change(w);
        break;
    case 11:
        ask_size(w);
        break;
    case 12:
    case 13:
    case 14:
        with_sizes(w);
        break;
    default:
        parent.refuse = 1 + (op >> 4);
        w->sides[0].patience = w->sides[1].patience = op >> 5;
    }
    w->ops++;
}

static void
open_side(struct side *s, struct alcove_allocator *a, unsigned how)
{
    const size_t aligns[] = {0, 16, 64, 256};
    struct alcove_bridge_options options = {
        .struct_size = sizeof options,
        .zero = (enum alcove_bridge_zero)(how % 3),
        .align = aligns[how >> 2 & 3],
        .arg = s,
    };

    s->hooks = (how >> 4 & 1) != 0;
    s->patience = 0;
    if (s->hooks) {
        options.on_oom = on_oom;
        options.on_wrong = on_wrong;
    }
    must(alcove_bridge_init(&s->b, a, &options, NULL), "no bridge");
}

static void
release_all(struct world *w)
{
    struct model_block *b;

    parent.refuse = 0;
    model_look_all(&w->model);
    while (w->model.count > 0) {
        b = &w->model.live[w->model.count - 1];
        w->side = b->owner == &no_header ? &w->sides[0]
                                         : (struct side *)(uintptr_t)b->owner;
        (void)before(w);
        if (b->owner == &no_header)
            alcove_bridge_sized_free(&w->side->b, b->p, b->l.size);
        else
            alcove_bridge_free(&w->side->b, b->p);
        counted(w, false, 0);
        model_remove(&w->model, b);
        w->ops++;
    }
    must(alcove_limit_used(&other) == 0, "the other allocator has blocks");
}

static size_t
run(const uint8_t *data, size_t size)
{
    static struct world w;

    fuzz_about("shapes");
    w.in.at = data;
    w.in.end = data + size;
    w.gone = NULL;
    w.ops = 0;
    model_init(&w.model);
    parent_init(&parent, byte(&w.in) % PARENT_KINDS, true);
    must(alcove_limit_init(&other, &parent.allocator, SIZE_MAX, SIZE_MAX, NULL),
         "no limit");
    open_side(&w.sides[0], &parent.allocator, 0);
    w.plain = w.sides[0].b.align;
    open_side(&w.sides[0], &parent.allocator, byte(&w.in));
    open_side(&w.sides[1], &other.allocator, byte(&w.in));
    while (bytes_left(&w.in))
        one(&w);
    release_all(&w);
    parent_done(&parent);
    return w.ops;
}

const struct fuzz_target fuzz_shapes = {"shapes", run, 8192, 20};
