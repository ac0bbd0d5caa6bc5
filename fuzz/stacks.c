/* SPDX-License-Identifier: MIT */
/* Each maker of tools/makers.c over each other, and over the parent and the
 * backends, in any sequence of operations, against the plain model: contents,
 * alignment, disjointness, errors, what the features tell, the books of limit
 * and stats, the invariants of those that can tell them; and all that the
 * parent gave is back in the end. */
#include <config.h>

#include "fuzz.h"
#include "model.h"
#include "parent.h"

#include "../tools/makers.h"

#include <alcove.h>

#include <errno.h>
#include <string.h>

enum { MARK = 4242, DEPTH = 3, MARKS = 8 };

struct world {
    struct bytes in;
    struct alcove_allocator *a;
    unsigned features, depth;
    bool books; /* over the parent that keeps them */
    size_t ops, most_ops;
    struct model model;
    struct model_block gone; /* released last, if it is of no size 0 */
    struct alcove_error err;

    struct {
        struct alcove_arena_position position;
        unsigned when;
    } marks[MARKS]; /* of an arena */
    unsigned marks_count;
};

static struct parent parent;

static const struct alcove_error unset = {.allocator = "unset"};

static bool
can(const struct world *w, unsigned feature)
{
    return (w->features & feature) != 0;
}

/* ---- how it is said ---- */

static struct alcove_error *
before(struct world *w)
{
    w->err.code = unset.code;
    w->err.allocator = unset.allocator;
    errno = MARK;
    return &w->err;
}

static void
succeeded(const struct world *w, const char *what)
{
    must(errno == MARK && w->err.code == unset.code &&
             w->err.allocator == unset.allocator,
         "%s: %s succeeds with errno %d and error %d", alcove_name(w->a), what,
         errno, w->err.code);
}

static int
number_of(enum alcove_code code)
{
    static const int numbers[] = {
#define ALCOVE_X(name, number, text) number,
        ALCOVE_CODES(ALCOVE_X)
#undef ALCOVE_X
    };

    return code > ALCOVE_OK && code < ALCOVE_CODE_COUNT ? numbers[code] : -1;
}

/* As `code`, or if that is OK as any. What the system said is in errno, also
 * where errors do not have it (--disable-os-errors). */
static void
refused(const struct world *w, const char *what, enum alcove_code code)
{
    const struct alcove_error *e = &w->err;
    int told = e->os_error ? e->os_error : number_of(e->code);

    must(e->code > ALCOVE_OK && e->code < ALCOVE_CODE_COUNT &&
             e->allocator != unset.allocator && errno != MARK &&
             (errno == told || !ALCOVE_HAVE_OS_ERRORS),
         "%s: %s is refused with errno %d and error %d", alcove_name(w->a),
         what, errno, e->code);
    must(code == ALCOVE_OK || e->code == code,
         "%s: %s is refused as %s, not as %s", alcove_name(w->a), what,
         alcove_code_name(e->code), alcove_code_name(code));
    must(e->code != ALCOVE_ERR_CORRUPT, "%s: %s finds memory overwritten",
         alcove_name(w->a), what);
}

/* ---- layouts ---- */

static size_t
a_size(struct bytes *in)
{
    unsigned how = byte(in);

    if (how < 208)
        return how;
    if (how < 240)
        return (how - 207) * 16u;
    if (how < 254)
        return (how - 239) * 256u + byte(in);
    return how == 254 ? byte(in) * 200u : 0;
}

/* Of these the smaller ones more often. */
static size_t
an_align(unsigned how)
{
    static const uint16_t aligns[8] = {1, 8, 16, 4, 2, 16, 64, 256};

    return aligns[how & 7];
}

static struct alcove_layout
a_layout(struct bytes *in)
{
    unsigned how = byte(in);
    struct alcove_layout l = {0, an_align(how)};

    l.size = a_size(in);
    if (how >= 250)
        l.align = 4096;
    return l;
}

/* One that nobody can serve, and why; with a size that none has. */
static enum alcove_code
no_layout(struct world *w, struct alcove_layout *l)
{
    unsigned how = byte(&w->in);

    l->size = (size_t)1 << (how >> 4);
    switch (how & 3) {
    case 0:
        l->align = 0;
        return ALCOVE_ERR_ZERO_ALIGN;
    case 1:
        l->align = 3u << (how >> 4);
        return ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO;
    case 2:
        l->size = ALCOVE_SIZE_MAX - (how >> 4);
        l->align = 64;
        return ALCOVE_ERR_EXCEEDS_MAX;
    default:
        l->size = ALCOVE_SIZE_MAX - (how >> 4) * 64u;
        l->align = 1;
        return ALCOVE_OK;
    }
}

static struct model_block *
pick_any(struct world *w)
{
    unsigned n = byte(&w->in);

    return w->model.count ? &w->model.live[n % w->model.count] : NULL;
}

/* One that may be changed. */
static struct model_block *
pick(struct world *w)
{
    struct model_block *b = pick_any(w);

    return b && !b->owner ? b : NULL;
}

/* ---- to allocate, to release ---- */

static void
allocate(struct world *w, bool zero)
{
    struct alcove_layout l = a_layout(&w->in);
    struct alcove_error *err = before(w);
    void *p;

    if (w->model.count == MODEL_LIVE - DEPTH)
        return;
    p = zero ? alcove_zalloc(w->a, l, err) : alcove_alloc(w->a, l, err);
    if (!p) {
        must(l.size != 0, "%s refuses size 0", alcove_name(w->a));
        refused(w, "alloc", ALCOVE_OK);
        return;
    }
    succeeded(w, "alloc");
    model_add(&w->model, p, l, zero);
}

/* Nothing that is refused may reach below. */
static void
ask_the_impossible(struct world *w)
{
    struct alcove_layout l;
    enum alcove_code code = no_layout(w, &l);
    struct model_block *b = pick(w);
    struct alcove_error *err = before(w);
    void *p;

    if (code == ALCOVE_OK && !w->books)
        return;
    if (b && b->l.size != 0 && l.align >= b->l.align)
        p = alcove_realloc(w->a, b->p, b->l, l, err);
    else
        p = alcove_alloc(w->a, l, err);
    must(!p, "%s gives a block that none can have", alcove_name(w->a));
    refused(w, "the impossible", code);
}

static void
release(struct world *w, struct model_block *b, bool checked)
{
    struct alcove_error *err = before(w);
    bool zero = b->l.size == 0;
    void *p = zero && (b->tag & 1) ? NULL : b->p;

    model_look(b);
    if (checked ? alcove_checked_dealloc(w->a, p, b->l, err)
                : alcove_dealloc(w->a, p, b->l, err)) {
        succeeded(w, "dealloc");
        must(!checked || can(w, ALCOVE_CAN_OWNS),
             "%s releases, and cannot check", alcove_name(w->a));
        if (!zero)
            w->gone = *b;
        model_remove(&w->model, b);
        return;
    }
    refused(w, "dealloc", ALCOVE_ERR_UNSUPPORTED);
    must(checked ? !can(w, ALCOVE_CAN_OWNS)
                 : !can(w, ALCOVE_CAN_DEALLOC) && !zero,
         "%s can release, and refuses to", alcove_name(w->a));
    model_look(b);
}

/* ---- to change ---- */

typedef void *change_fn(struct alcove_allocator *a, void *p,
                        struct alcove_layout old, struct alcove_layout new_,
                        struct alcove_error *err);

static enum alcove_code
mistake(struct alcove_layout old, struct alcove_layout new_, int direction)
{
    if (new_.align < old.align)
        return ALCOVE_ERR_SMALLER_ALIGN;
    if (direction > 0 && new_.size < old.size)
        return ALCOVE_ERR_GROW_SMALLER;
    if (direction < 0 && new_.size > old.size)
        return ALCOVE_ERR_SHRINK_LARGER;
    return ALCOVE_OK;
}

static void
change(struct world *w, change_fn *fn, int direction, bool zero)
{
    struct model_block *b = pick(w);
    struct alcove_layout l = a_layout(&w->in);
    enum alcove_code code;
    void *p;

    if (!b)
        return;
    if (l.align < b->l.align && l.align != 2) /* else a mistake on purpose */
        l.align = b->l.align;
    if (direction > 0 && l.size != 3)
        l.size += b->l.size;
    else if (direction < 0 && l.size != 3)
        l.size %= b->l.size + 1;
    if (l.size > MODEL_BYTES / 2)
        return;
    code = mistake(b->l, l, direction);
    p = b->l.size == 0 && (b->tag & 1) ? NULL : b->p;
    p = fn(w->a, p, b->l, l, before(w));
    if (!p) {
        refused(w, "realloc", code);
        must(code != ALCOVE_OK || l.size != 0 || b->l.size != 0 ||
                 !can(w, ALCOVE_CAN_DEALLOC),
             "%s cannot keep a size of 0", alcove_name(w->a));
        model_look(b);
        b->written = b->l.size;
        return;
    }
    must(code == ALCOVE_OK, "%s does what it must refuse", alcove_name(w->a));
    succeeded(w, "realloc");
    model_change(&w->model, b, p, l, zero);
}

static void
resize(struct world *w)
{
    struct model_block *b = pick(w);
    struct alcove_layout l = a_layout(&w->in);
    bool same, possible;

    if (!b)
        return;
    if (b->tag & 1)
        l.size = b->l.size + l.size % 32 - (b->l.size > 8 ? 8 : 0);
    if (b->tag & 6)
        l.align = b->l.align;
    same = l.size == b->l.size && l.align == b->l.align && l.size != 0;
    possible =
        l.size != 0 && b->l.size != 0 && ((uintptr_t)b->p & (l.align - 1)) == 0;
    (void)before(w);
    if (alcove_resize(w->a, b->p, b->l, l)) {
        must(possible, "%s resizes what cannot be", alcove_name(w->a));
        succeeded(w, "resize");
        model_change(&w->model, b, b->p, l, false);
        return;
    }
    must(!same, "%s does not leave a block as it is", alcove_name(w->a));
    must(errno == MARK, "%s: a resize that fails sets errno",
         alcove_name(w->a));
    model_look(b);
}

/* ---- to ask ---- */

static bool
is_live(const struct world *w, const void *p)
{
    unsigned i;

    for (i = 0; i < w->model.count; i++)
        if (w->model.live[i].p == p)
            return true;
    return false;
}

/* Where it matters; others may own what they have given and taken back. */
static bool
knows_exactly(const struct world *w)
{
    return can(w, ALCOVE_CAN_CHECKED) || strcmp(alcove_name(w->a), "pool") == 0;
}

static void
ask_owner(struct world *w)
{
    static char foreign[64];
    struct model_block *b = pick(w);
    struct alcove_layout l = a_layout(&w->in);

    (void)before(w);
    if (b && b->l.size != 0)
        must(alcove_owns(w->a, b->p, b->l) == can(w, ALCOVE_CAN_OWNS) ||
                 !can(w, ALCOVE_CAN_OWNS),
             "%s does not own its block", alcove_name(w->a));
    if (w->gone.p && !is_live(w, w->gone.p) && knows_exactly(w))
        must(!alcove_owns(w->a, w->gone.p, w->gone.l),
             "%s owns what was released", alcove_name(w->a));
    if (l.size == 0)
        return;
    must(!alcove_owns(w->a, foreign, l) && !alcove_owns(w->a, NULL, l) &&
             !alcove_owns(w->a, &l, l),
         "%s owns what is foreign", alcove_name(w->a));
    must(errno == MARK, "%s: owns sets errno", alcove_name(w->a));
    must(!alcove_checked_dealloc(w->a, foreign, l, before(w)),
         "%s releases what is foreign", alcove_name(w->a));
    refused(w, "a checked release",
            can(w, ALCOVE_CAN_OWNS) ? ALCOVE_ERR_NOT_OWNED
                                    : ALCOVE_ERR_UNSUPPORTED);
}

static void
ask_usable(struct world *w)
{
    struct model_block *b = pick(w);
    size_t usable;

    if (!b)
        return;
    (void)before(w);
    usable = alcove_usable_size(w->a, b->p, b->l);
    succeeded(w, "usable_size");
    must(usable >= b->l.size, "%s: usable are %zu of %zu bytes",
         alcove_name(w->a), usable, b->l.size);
    if (b->l.size != 0)
        model_use(&w->model, b, usable);
}

/* ---- wrong releases, where they are defined ---- */

static void
release_wrongly(struct world *w)
{
    static char foreign[64];
    unsigned how = byte(&w->in);
    struct model_block *b = pick(w);
    struct alcove_layout l;
    void *p = foreign;

    if (!can(w, ALCOVE_CAN_CHECKED) || !b || b->l.size == 0)
        return;
    l = b->l;
    switch (how & 3) {
    case 0:
        p = b->p;
        l.size += 1 + (how >> 2);
        break;
    case 1:
        p = b->p;
        l.align *= 2;
        break;
    case 2:
        if (!w->gone.p || is_live(w, w->gone.p))
            return;
        p = w->gone.p;
        l = w->gone.l;
        break;
    default:
        break;
    }
    must(!alcove_dealloc(w->a, p, l, before(w)),
         "%s takes a wrong block back (%u)", alcove_name(w->a), how & 3);
    refused(w, "a wrong release", ALCOVE_OK);
    must(w->err.code == ALCOVE_ERR_NOT_OWNED ||
             w->err.code == ALCOVE_ERR_LAYOUT_MISMATCH,
         "%s: a wrong release is %s", alcove_name(w->a),
         alcove_code_name(w->err.code));
    model_look(b);
}

/* ---- scopes ---- */

static void some(struct world *w, size_t ops);

struct scope {
    struct world *w;
    struct alcove_layout l;
    bool zero;
    unsigned ran;
};

static void
in_scope(void *mem, void *arg)
{
    struct scope *s = arg;
    struct world *w = s->w;
    struct model_block *b = model_add(&w->model, mem, s->l, s->zero);

    b->owner = s;
    s->ran++;
    w->depth++;
    some(w, byte(&w->in) % 8);
    w->depth--;
    for (b = w->model.live; b->owner != s; b++)
        ;
    model_look(b);
    model_remove(&w->model, b);
    errno = MARK + 1;
}

static void
open_scope(struct world *w, bool zero)
{
    struct scope s = {w, a_layout(&w->in), zero, 0};
    bool done;

    if (w->depth == DEPTH || w->model.count >= MODEL_LIVE - DEPTH)
        return;
    (void)before(w);
    {
        struct alcove_error err = unset;

        done = zero ? alcove_zalloc_temp(w->a, s.l, in_scope, &s, &err)
                    : alcove_alloc_temp(w->a, s.l, in_scope, &s, &err);
        w->err = err;
    }
    must(s.ran == done, "%s: a scope that is %s ran %u times",
         alcove_name(w->a), done ? "done" : "refused", s.ran);
    if (done)
        must(errno == MARK + 1 && w->err.code == ALCOVE_OK,
             "%s: a scope sets errno or the error", alcove_name(w->a));
    else
        refused(w, "a scope", ALCOVE_OK);
    must(done || s.l.size != 0, "%s: no scope of size 0", alcove_name(w->a));
}

/* ---- what only some can ---- */

static void
drop_since(struct world *w, unsigned when)
{
    struct model *m = &w->model;
    unsigned i;

    for (i = 0; i < m->count;)
        if (m->live[i].l.size != 0 && m->live[i].changed > when)
            model_remove(m, &m->live[i]);
        else
            i++;
}

static void
with_arena(struct world *w, unsigned how)
{
    struct alcove_arena *arena = (struct alcove_arena *)(void *)w->a;
    unsigned n = how >> 3;

    must(alcove_arena_ok(arena), "an arena is not whole");
    switch (how & 7) {
    case 0:
    case 1:
        n = w->marks_count < MARKS ? w->marks_count++ : n % MARKS;
        w->marks[n].position = alcove_arena_mark(arena);
        w->marks[n].when = w->model.now;
        break;
    case 2:
    case 3:
        if (w->marks_count == 0 || w->depth > 0)
            break;
        n %= w->marks_count;
        model_look_all(&w->model);
        if (alcove_arena_rewind(arena, w->marks[n].position, before(w))) {
            succeeded(w, "rewind");
            drop_since(w, w->marks[n].when);
        } else {
            refused(w, "rewind", ALCOVE_ERR_NOT_OWNED);
        }
        model_look_all(&w->model);
        /* The later ones are left behind. */
        for (how = 0; how < w->marks_count;)
            if (w->marks[how].when > w->marks[n].when)
                w->marks[how] = w->marks[--w->marks_count];
            else
                how++;
        break;
    case 4:
        if (w->depth > 0)
            break;
        alcove_arena_reset(arena);
        must(alcove_arena_used(arena) == 0, "an arena is not empty");
        drop_since(w, 0);
        w->marks_count = 0;
        break;
    case 5:
        alcove_arena_trim(arena, n * 256u);
        break;
    default:
        must(alcove_arena_used(arena) >= w->model.bytes &&
                 alcove_arena_used(arena) <= alcove_arena_capacity(arena),
             "an arena uses %zu of %zu bytes, and has %zu live",
             alcove_arena_used(arena), alcove_arena_capacity(arena),
             w->model.bytes);
    }
    must(alcove_arena_ok(arena), "an arena is not whole");
}

static void
with_pool(struct world *w, unsigned how)
{
    struct alcove_pool *pool = (struct alcove_pool *)(void *)w->a;

    must(alcove_pool_ok(pool), "a pool is not whole");
    must(alcove_pool_live(pool) == w->model.blocks &&
             alcove_pool_capacity(pool) >= w->model.blocks,
         "a pool has %zu of %zu blocks live, not %zu", alcove_pool_live(pool),
         alcove_pool_capacity(pool), w->model.blocks);
    if (how % 64 == 0 && w->depth == 0) {
        alcove_pool_reset(pool);
        drop_since(w, 0);
        must(alcove_pool_live(pool) == 0, "a pool is not empty");
    }
}

static void
with_sizeclass(struct world *w, unsigned how)
{
    struct alcove_sizeclass *sc = (struct alcove_sizeclass *)(void *)w->a;
    size_t cached = alcove_sizeclass_cached(sc);

    must(alcove_sizeclass_ok(sc), "a cache is not whole");
    if (how % 8 == 0)
        must(alcove_sizeclass_trim(sc) == cached - alcove_sizeclass_cached(sc),
             "a trim does not say what went");
}

static void
with_limit(struct world *w, unsigned how)
{
    const struct alcove_limit *limit = (struct alcove_limit *)(void *)w->a;

    (void)how;
    must(alcove_limit_used(limit) == w->model.bytes &&
             alcove_limit_blocks(limit) == w->model.blocks,
         "a limit counts %zu bytes in %zu blocks, not %zu in %zu",
         alcove_limit_used(limit), alcove_limit_blocks(limit), w->model.bytes,
         w->model.blocks);
}

static void
with_stats(struct world *w, unsigned how)
{
    struct alcove_stats *stats = (struct alcove_stats *)(void *)w->a;
    struct alcove_stats_snapshot now = {.struct_size = sizeof now};

    must(alcove_stats_take(stats, &now, NULL), "no statistics");
    must(now.live_bytes == w->model.bytes &&
             now.live_blocks == w->model.blocks &&
             now.peak_bytes >= now.live_bytes &&
             now.peak_blocks >= now.live_blocks,
         "statistics: %zu bytes in %zu blocks, not %zu in %zu", now.live_bytes,
         now.live_blocks, w->model.bytes, w->model.blocks);
    if (how % 32 == 0)
        alcove_stats_reset(stats);
}

static void
ignore(const struct alcove_guard_block *block, void *arg)
{
    (void)block;
    (void)arg;
}

static void
with_guard(struct world *w, unsigned how)
{
    struct alcove_guard *guard = (struct alcove_guard *)(void *)w->a;
    size_t live = alcove_guard_each(guard, ignore, NULL);

    (void)how;
    must(w->depth > 0 || live == w->model.blocks,
         "a guard has %zu blocks, not %zu", live, w->model.blocks);
    must(alcove_guard_check(guard, NULL) &&
             alcove_guard_findings(guard, NULL) == 0,
         "a guard finds something");
}

/* By what the outermost one calls itself. */
static void
look_inside(struct world *w)
{
    static const struct {
        const char *name;
        void (*look)(struct world *w, unsigned how);
    } all[] = {
        {"arena", with_arena}, {"pool", with_pool},
        {"limit", with_limit}, {"sizeclass", with_sizeclass},
        {"stats", with_stats}, {"guard", with_guard},
        /* end */
    };
    unsigned how = byte(&w->in);
    size_t i;

    for (i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(alcove_name(w->a), all[i].name) == 0)
            all[i].look(w, how);
}

/* ---- any of them ---- */

static void
one(struct world *w)
{
    struct model_block *b;

    switch (byte(&w->in) % 32) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
        allocate(w, false);
        break;
    case 7:
    case 8:
        allocate(w, true);
        break;
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
    case 14:
        b = pick(w);
        if (b)
            release(w, b, false);
        break;
    case 15:
        b = pick(w);
        if (b)
            release(w, b, true);
        break;
    case 16:
        change(w, alcove_grow, 1, false);
        break;
    case 17:
        change(w, alcove_zgrow, 1, true);
        break;
    case 18:
        change(w, alcove_shrink, -1, false);
        break;
    case 19:
    case 20:
        change(w, alcove_realloc, 0, false);
        break;
    case 21:
        change(w, alcove_rezalloc, 0, true);
        break;
    case 22:
    case 23:
    case 24:
        resize(w);
        break;
    case 25:
        ask_owner(w);
        break;
    case 26:
        ask_usable(w);
        break;
    case 27:
        open_scope(w, true);
        break;
    case 28:
        open_scope(w, false);
        break;
    case 29:
        release_wrongly(w);
        break;
    case 30:
        look_inside(w);
        break;
    default:
        if (byte(&w->in) & 1)
            ask_the_impossible(w);
        else
            parent.refuse = 1 + byte(&w->in) % 16;
    }
    w->ops++;
}

static void
some(struct world *w, size_t ops)
{
    while (ops-- > 0 && bytes_left(&w->in) && w->ops < w->most_ops)
        one(w);
}

static void
release_all(struct world *w)
{
    unsigned i;

    parent.refuse = 0;
    model_look_all(&w->model);
    for (i = w->model.count; i-- > 0 && w->model.count > 0; w->ops++)
        release(w, &w->model.live[(i * 7u) % w->model.count], false);
    w->in.at = w->in.end; /* what looks inside finds nothing left to do */
    look_inside(w);
}

/* ---- what is fuzzed ---- */

/* What costs a system call or a backtrace for each block is run for less
 * long. */
static bool
is_slow(const char *name)
{
    return strncmp(name, "guard", 5) == 0 || strcmp(name, "reserve") == 0 ||
           strcmp(name, "page") == 0 || strcmp(name, "hugepage") == 0;
}

/* The parent, or a backend. */
static struct alcove_allocator *
base_of(struct world *w, unsigned how, const char **name)
{
    size_t count;
    const struct alcove_backend *backends = alcove_backends(&count);

    parent_init(&parent, how % PARENT_KINDS, false);
    *name = "books";
    w->books = how < 192 || !backends[how % count].built;
    if (w->books)
        return &parent.allocator;
    *name = backends[how % count].name;
    return backends[how % count].get();
}

static size_t
run(const uint8_t *data, size_t size)
{
    static const uint8_t heights[8] = {1, 1, 2, 1, 2, 0, 2, 3};
    static struct world w;
    struct stack layers[STACK_MOST];
    unsigned height, count = 0, i;
    char about[128];
    const char *name;
    size_t used;

    w.in.at = data;
    w.in.end = data + size;
    w.ops = w.depth = w.marks_count = 0;
    w.gone.p = NULL;
    w.most_ops = SIZE_MAX;
    model_init(&w.model);
    fuzz_about("stacks");
    height = heights[byte(&w.in) % 8];
    w.a = base_of(&w, byte(&w.in), &name);
    if (is_slow(name))
        w.most_ops = 64;
    used = (size_t)snprintf(about, sizeof about, "stacks: %s", name);
    while (count < height) {
        const struct maker *m = &makers[byte(&w.in) % makers_count];
        struct alcove_allocator *a;

        if (is_slow(m->name))
            w.most_ops = 64;
        layers[count] = (struct stack){.makers = {m}, .count = 1};
        a = stack_make(w.a, &layers[count]);
        if (!a)
            break;
        used += (size_t)snprintf(about + used, sizeof about - used, "\\%s",
                                 m->name);
        w.a = a;
        count++;
    }
    fuzz_about(about);
    w.features = alcove_features(w.a);
    some(&w, SIZE_MAX);
    release_all(&w);
    for (i = count; i-- > 0;)
        stack_done(NULL, &layers[i]);
    parent_done(&parent);
    fuzz_about("stacks");
    return w.ops;
}

const struct fuzz_target fuzz_stacks = {"stacks", run, 8192, 60};
