/* SPDX-License-Identifier: MIT */
/* Scoped blocks. The parent's own scopes have red zones, but no header: what
 * longjmp leaves behind on the stack must not be in the index. */
#include <config.h>

#include "guard.h"

#include "../os/tools.h"

#include <string.h>

struct guardscope_scope {
    struct alcove_guard *guard;
    alcove_temp_fn *fn;
    void *arg;
    struct alcove_layout layout;
    size_t lead;               /* bytes before the block */
    char *start, *block, *end; /* of the block, and of all memory */
};

/* ---- in a block of the guard's ---- */

static void
guardscope_release(void *arg)
{
    struct guardscope_scope *s = arg;
    struct alcove_guard_node *b;
    struct alcove_error what;

    if (!alcove_guard_may_release(s->guard, s->block, s->layout, &b, &what)) {
        alcove_guard_tell(s->guard, &what);
        if (!b)
            return;
        alcove_guard_refill(s->guard, b);
    }
    alcove_guard_keep(s->guard, b);
}

static bool
in_own_block(struct guardscope_scope *s, void *site, struct alcove_error *err)
{
    struct alcove_guard_node *b =
        alcove_guard_alloc(s->guard, s->layout, false, site, err);

    if (!b)
        return false;
    s->block = b->block;
    alcove_temp_call(s->fn, s->block, s->arg, guardscope_release, s);
    return true;
}

/* ---- in a scope of the parent's ---- */

static void
look(struct guardscope_scope *s)
{
    const struct alcove_guard *g = s->guard;
    char *end = s->block + s->layout.size;
    const char *bad;
    struct alcove_error what = {
        .code = ALCOVE_ERR_CORRUPT,
        .layout = s->layout,
        .block = s->block,
        .allocator = ALCOVE_GUARD_NAME,
        .detail = "something wrote before it, until its scope ended",
    };

    if (alcove_guard_looks(g, s->start, s->block, ALCOVE_GUARD_ZONE, &bad)) {
        if (alcove_guard_looks(g, end, s->end, ALCOVE_GUARD_ZONE, &bad))
            return;
        what.detail = "something wrote past its end, until its scope ended";
    }
    what.offset = bad - s->block;
    alcove_guard_tell(s->guard, &what);
}

static void
guardscope_leave(void *arg)
{
    struct guardscope_scope *s = arg;

    look(s);
    if (s->guard->fill)
        memset(s->block, ALCOVE_GUARD_GONE, s->layout.size);
    if (s->guard->watched)
        alcove_tools_give(s->start, (size_t)(s->end - s->start));
}

static void
guardscope_enter(void *mem, void *arg)
{
    struct guardscope_scope *s = arg;
    const struct alcove_guard *g = s->guard;
    char *end;

    s->start = mem;
    s->block = s->start + s->lead;
    end = s->block + s->layout.size;
    s->end = end + g->red_zone;
    alcove_guard_put(g, s->start, s->block, ALCOVE_GUARD_ZONE);
    alcove_guard_put(g, end, s->end, ALCOVE_GUARD_ZONE);
    if (g->fill)
        memset(s->block, ALCOVE_GUARD_FRESH, s->layout.size);
    if (g->watched)
        alcove_tools_give(s->block, s->layout.size);
    alcove_temp_call(s->fn, s->block, s->arg, guardscope_leave, s);
}

bool
alcove_guard_scope(struct alcove_guard *g, struct alcove_layout l,
                   alcove_temp_fn *fn, void *arg, void *site,
                   struct alcove_error *err)
{
    struct guardscope_scope s = {.guard = g, .fn = fn, .arg = arg, .layout = l};
    struct alcove_layout whole = l;

    if (g->page != 0)
        return in_own_block(&s, site, err);
    if (!alcove_require(g->parent, ALCOVE_CAN_TEMP, err))
        return false;
    if (!g->parent->ops->alloc_temp)
        return in_own_block(&s, site, err);
    if (whole.align < ALCOVE_GUARD_UNIT)
        whole.align = ALCOVE_GUARD_UNIT;
    s.lead = alcove_guard_up(g->red_zone, whole.align);
    whole.size += s.lead + g->red_zone;
    if (!alcove_layout_ok(whole))
        return alcove_guard_too_large(l, err);
    return g->parent->ops->alloc_temp(g->parent, whole, guardscope_enter, &s,
                                      err);
}
