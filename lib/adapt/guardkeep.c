/* SPDX-License-Identifier: MIT */
/* The quarantine: released blocks wait there, and are looked at when they
 * leave.
 */
#include <config.h>

#include "guard.h"

#include <errno.h>

/* What has changed is told once, even if nobody takes the memory then. */
static bool
evict(struct alcove_guard *g, struct alcove_guard_node *b,
      struct alcove_error *err)
{
    struct alcove_guard_node *bad = b;
    struct alcove_error what;

    if (alcove_guard_is_sealed(g, b) && !alcove_guard_is_whole(g, b, &what)) {
        alcove_guard_tell(g, &what);
        alcove_guard_refill(g, b);
    }
    if (!alcove_guard_leave(g, b, &bad)) {
        what = alcove_guard_broken(g, bad);
        return alcove_error_set(err, &what);
    }
    if (alcove_guard_give_back(g, b, err))
        return true;
    alcove_guard_reenter(g, b);
    return false;
}

/* What cannot leave, because a header is broken or the parent refuses, stays:
 * the next release and alcove_guard_done try again. */
void
alcove_guard_keep(struct alcove_guard *g, struct alcove_guard_node *b)
{
    struct alcove_error ignored;
    int saved = errno;

    b->state = g->fill ? ALCOVE_GUARD_FILLED : ALCOVE_GUARD_LEFT;
    if (g->page != 0 && alcove_guard_page_hide(g, b))
        b->state = ALCOVE_GUARD_AWAY;
    alcove_guard_wipe(g, b);
    alcove_guard_retire(g, b);
    /* One that is too large by itself drives no other out. */
    if (alcove_guard_extent(g, b) > g->quarantine)
        (void)evict(g, b, &ignored);
    while (g->kept.bytes > g->quarantine && evict(g, g->kept.oldest, &ignored))
        continue;
    errno = saved;
}

bool
alcove_guard_drain(struct alcove_guard *g, struct alcove_error *err)
{
    while (g->kept.oldest)
        if (!evict(g, g->kept.oldest, err))
            return false;
    return true;
}
