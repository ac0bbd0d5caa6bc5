/* SPDX-License-Identifier: MIT */
/* The operations of the guard: all that can be wrong is looked for before
 * anything is changed. */
#include <config.h>

#include "guard.h"

#include "adapt.h"

#include "../os/backtrace.h"
#include "../os/tools.h"

#include <errno.h>
#include <string.h>

static struct alcove_guard *
guard_self(struct alcove_allocator *a)
{
    return (struct alcove_guard *)(void *)a;
}

static bool
same_layout(struct alcove_layout x, struct alcove_layout y)
{
    return x.size == y.size && x.align == y.align;
}

/* ---- allocation ---- */

/* backtrace may allocate, perhaps by this guard. */
static void
trace(struct alcove_guard *g, struct alcove_guard_node *b, void *site)
{
    size_t found;

    b->frames[0] = site;
    b->frame_count = ALCOVE_RETURN_ADDRESS;
    if (g->frames == 0 || g->tracing)
        return;
    g->tracing = true;
    found = alcove_osbacktrace(site, b->frames, g->frames);
    g->tracing = false;
    if (found > 0)
        b->frame_count = found;
}

struct alcove_guard_node *
alcove_guard_alloc(struct alcove_guard *g, struct alcove_layout l, bool zero,
                   void *site, struct alcove_error *err)
{
    struct alcove_guard_node *bad, *b = alcove_guard_obtain(g, l, zero, err);
    struct alcove_error what;

    if (!b)
        return NULL;
    trace(g, b, site);
    b->sequence = g->sequence + 1;
    if (!alcove_guard_enter(g, b, &bad)) {
        (void)alcove_guard_give_back(g, b, &what);
        what = alcove_guard_broken(g, bad);
        alcove_guard_refuse(g, &what, err);
        return NULL;
    }
    g->sequence++;
    alcove_guard_fill(g, b, zero);
    return b;
}

/* ---- release ---- */

bool
alcove_guard_may_release(const struct alcove_guard *g, const void *p,
                         struct alcove_layout l,
                         struct alcove_guard_node **found,
                         struct alcove_error *what)
{
    struct alcove_guard_node *b, *bad;

    *found = NULL;
    *what = (struct alcove_error){
        .code = ALCOVE_ERR_NOT_OWNED,
        .layout = l,
        .block = p,
        .allocator = ALCOVE_GUARD_NAME,
    };
    if (!alcove_guard_find(g, p, &b, &bad)) {
        *what = alcove_guard_broken(g, bad);
    } else if (!b || b->state != ALCOVE_GUARD_LIVE) {
        what->detail = b ? "it was released before" : NULL;
    } else if (!same_layout(b->layout, l)) {
        what->code = ALCOVE_ERR_LAYOUT_MISMATCH;
        what->old = b->layout;
        what->detail = b->layout.align == l.align ? "its size is another"
                       : b->layout.size == l.size
                           ? "its alignment is another"
                           : "its size and its alignment are others";
    } else if (!alcove_guard_may_retire(g, b, &bad)) {
        *what = alcove_guard_broken(g, bad);
    } else {
        *found = b;
        return alcove_guard_is_whole(g, b, what);
    }
    return false;
}

/* The block, if it may be released; or NULL, and that is told. */
static struct alcove_guard_node *
releasable(struct alcove_guard *g, const void *p, struct alcove_layout l,
           struct alcove_error *err)
{
    struct alcove_guard_node *b;
    struct alcove_error what;

    if (g->page == 0 && !alcove_require(g->parent, ALCOVE_CAN_DEALLOC, err))
        return NULL;
    if (alcove_guard_may_release(g, p, l, &b, &what))
        return b;
    alcove_guard_refuse(g, &what, err);
    return NULL;
}

/* ---- the operations ---- */

static void *
guard_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    struct alcove_guard_node *b =
        alcove_guard_alloc(guard_self(a), l, false, ALCOVE_CALLER(), err);

    return b ? b->block : NULL;
}

static void *
guard_zalloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    struct alcove_guard_node *b =
        alcove_guard_alloc(guard_self(a), l, true, ALCOVE_CALLER(), err);

    return b ? b->block : NULL;
}

static bool
guard_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
              struct alcove_error *err)
{
    struct alcove_guard_node *b = releasable(guard_self(a), p, l, err);

    if (!b)
        return false;
    alcove_guard_keep(guard_self(a), b);
    return true;
}

/* Never in place: who keeps the old pointer is to be found. */
static void *
guard_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    struct alcove_guard_node *b = releasable(guard_self(a), p, old, err),
                             *moved;

    if (!b)
        return NULL;
    moved =
        alcove_guard_alloc(guard_self(a), new_, false, ALCOVE_CALLER(), err);
    if (!moved)
        return NULL;
    memcpy(moved->block, p, old.size < new_.size ? old.size : new_.size);
    alcove_guard_keep(guard_self(a), b);
    return moved->block;
}

static bool
guard_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    struct alcove_guard_node *b, *bad;

    return alcove_guard_find(guard_self(a), p, &b, &bad) && b &&
           b->state == ALCOVE_GUARD_LIVE && same_layout(b->layout, l);
}

static bool
guard_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                 alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    return alcove_guard_scope(guard_self(a), l, fn, arg, ALCOVE_CALLER(), err);
}

/* ---- init, done ---- */

/* Is all 0 that this version does not know? */
static bool
is_known(const struct alcove_guard_options *given)
{
    const char *bytes = (const char *)given;
    size_t i;

    for (i = sizeof *given; i < given->struct_size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

enum { OPTIONS_MAX = 4096 }; /* bytes: a larger size is none */

/* Only fields that are there as a whole are taken. */
static bool
read_options(const struct alcove_guard_options *given,
             struct alcove_guard_options *own)
{
    memset(own, 0, sizeof *own);
    if (!given)
        return true;
    if (given->struct_size < sizeof given->struct_size ||
        given->struct_size > OPTIONS_MAX || !is_known(given))
        return false;
#define TAKE(field)                                                            \
    if (given->struct_size >=                                                  \
        offsetof(struct alcove_guard_options, field) + sizeof given->field)    \
    own->field = given->field
    TAKE(red_zone);
    TAKE(quarantine);
    TAKE(frames);
    TAKE(no_fill);
    TAKE(pages);
    TAKE(report);
    TAKE(arg);
#undef TAKE
    return true;
}

static size_t
choose(size_t given, size_t normal)
{
    if (given == ALCOVE_GUARD_NONE)
        return 0;
    return given != 0 ? given : normal;
}

static bool
choose_all(struct alcove_guard_options *o)
{
    o->red_zone = choose(o->red_zone, 32);
    o->quarantine = choose(o->quarantine, 65536);
    o->frames = choose(o->frames, 8);
    return o->red_zone <= ALCOVE_GUARD_ZONE_MAX &&
           o->frames <= ALCOVE_GUARD_FRAMES_MAX;
}

static bool
may_have_pages(const struct alcove_guard *g,
               const struct alcove_allocator *parent, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_UNSUPPORTED,
        .allocator = ALCOVE_GUARD_NAME,
        .detail = "there are no guard pages: this library has no mmap",
    };

    if (parent == &g->allocator)
        return alcove_adapt_may_wrap(&g->allocator, parent, ALCOVE_GUARD_NAME,
                                     err);
    if (alcove_guard_page_size() != 0)
        return true;
    return alcove_error_set(err, &what);
}

static unsigned
guard_features(const struct alcove_allocator *parent)
{
    const unsigned passed = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC |
                            ALCOVE_CAN_RECLAIM | ALCOVE_CAN_TEMP |
                            ALCOVE_CAN_ZERO;

    return (parent ? parent->features & passed : passed) | ALCOVE_CAN_OWNS |
           ALCOVE_CAN_CHECKED;
}

/* Of `*g`, from its options. */
static void
guard_measure(struct alcove_guard *g, const struct alcove_guard_options *o)
{
    size_t slots = o->frames != 0 ? o->frames : 1;

    g->header = alcove_guard_up(sizeof(struct alcove_guard_node) +
                                    slots * sizeof(void *),
                                ALCOVE_GUARD_UNIT);
    if (o->pages) {
        g->page = alcove_guard_page_size();
        g->head = g->page;
    } else {
        g->red_zone = o->red_zone;
        g->head = g->header + alcove_guard_up(o->red_zone, ALCOVE_GUARD_UNIT);
    }
}

bool
alcove_guard_init(struct alcove_guard *g, struct alcove_allocator *parent,
                  const struct alcove_guard_options *options,
                  struct alcove_error *err)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = ALCOVE_GUARD_NAME,
        .alloc = guard_alloc,
        .dealloc = guard_dealloc,
        .zalloc = guard_zalloc,
        .realloc = guard_realloc,
        .owns = guard_owns,
        .alloc_temp = guard_alloc_temp,
    };
    struct alcove_guard_options o;

    if (!read_options(options, &o))
        return alcove_adapt_refuse(ALCOVE_GUARD_NAME,
                                   "its options are not those of this version",
                                   err);
    if (!choose_all(&o))
        return alcove_adapt_refuse(ALCOVE_GUARD_NAME,
                                   "an option is out of range", err);
    if (o.pages ? !may_have_pages(g, parent, err)
                : !alcove_adapt_may_wrap(&g->allocator, parent,
                                         ALCOVE_GUARD_NAME, err))
        return false;

    memset(g, 0, sizeof *g);
    g->parent = o.pages ? NULL : parent;
    g->allocator.ops = &ops;
    g->allocator.features = guard_features(g->parent);
    g->quarantine = o.quarantine;
    g->frames = o.frames;
    g->fill = !o.no_fill;
    g->watched = alcove_tools_watch();
    g->report = o.report;
    g->arg = o.arg;
    guard_measure(g, &o);
    if (g->frames != 0)
        alcove_osbacktrace_prepare();
    return true;
}

bool
alcove_guard_done(struct alcove_guard *g, struct alcove_error *err)
{
    struct alcove_error first;

    if (!alcove_adapt_is_idle(ALCOVE_GUARD_NAME, g->live.blocks, g->live.bytes,
                              err) ||
        !alcove_guard_drain(g, err))
        return false;
    if (g->findings == 0)
        return true;
    first = g->first;
    g->findings = 0;
    return alcove_error_set(err, &first);
}
