/* SPDX-License-Identifier: MIT */
/* A look at all blocks, and what can be done about a bad one. */
#include <config.h>

#include "guard.h"

static bool
list_is_whole(const struct alcove_guard *g, const struct alcove_guard_list *l,
              struct alcove_error *what)
{
    const struct alcove_guard_node *b;

    for (b = l->oldest; b; b = b->newer) {
        if (!alcove_guard_is_sealed(g, b)) {
            *what = alcove_guard_broken(g, b);
            return false;
        }
        if (!alcove_guard_is_whole(g, b, what))
            return false;
    }
    return true;
}

bool
alcove_guard_check(struct alcove_guard *g, struct alcove_error *err)
{
    struct alcove_error what;

    if (list_is_whole(g, &g->live, &what) &&
        list_is_whole(g, &g->kept, &what)) {
        if (g->findings == 0)
            return true;
        what = g->first;
    }
    return alcove_error_set(err, &what);
}

bool
alcove_guard_repair(struct alcove_guard *g, const void *block,
                    struct alcove_error *err)
{
    struct alcove_guard_node *b, *bad;
    struct alcove_error what = {
        .code = ALCOVE_ERR_NOT_OWNED,
        .block = block,
        .allocator = ALCOVE_GUARD_NAME,
    };

    if (!alcove_guard_find(g, block, &b, &bad)) {
        if ((uintptr_t)bad == alcove_guard_header_of(g, block)) {
            alcove_guard_rebuild(g);
            return true;
        }
        what = alcove_guard_broken(g, bad);
        return alcove_error_set(err, &what);
    }
    if (!b)
        return alcove_error_set(err, &what);
    alcove_guard_refill(g, b);
    return true;
}
