/* SPDX-License-Identifier: MIT */
/* The index of the blocks: a tree to find one by its address, and two lists in
 * the order of time. All links are in the headers.
 *
 * The tree branches by the bits of a hash of the header's address, highest bit
 * first, and has a header at each node. Different headers have different
 * hashes, so a way never gets longer than a word has bits; nothing has to be
 * balanced. */
#include <config.h>

#include "guard.h"

#include <limits.h>

enum { BITS = sizeof(size_t) * CHAR_BIT };

/* One to one: each step can be undone. */
ALCOVE_WRAPS static size_t
hash(uintptr_t address)
{
    size_t h = (size_t)address;

    h ^= h >> (BITS / 2);
    h *= (size_t)0x9e3779b97f4a7c15U;
    h ^= h >> (BITS / 2);
    return h * (size_t)0xd6e8feb86659fd93U;
}

static bool
is_good(const struct alcove_guard *g, struct alcove_guard_node *b,
        struct alcove_guard_node **bad)
{
    if (!b || alcove_guard_is_sealed(g, b))
        return true;
    *bad = b;
    return false;
}

/* ---- the tree ---- */

/* The link that leads to a header, or would, and the header that it is in. */
struct place {
    struct alcove_guard_node **link;
    struct alcove_guard_node *owner; /* NULL: the root */
};

static void
guardindex_set(const struct alcove_guard *g, struct place at,
               struct alcove_guard_node *b)
{
    *at.link = b;
    if (at.owner)
        alcove_guard_seal(g, at.owner);
}

static bool
find_place(struct alcove_guard *g, uintptr_t header, struct place *at,
           struct alcove_guard_node **bad)
{
    size_t h = hash(header);

    *at = (struct place){&g->root, NULL};
    for (; *at->link && (uintptr_t)*at->link != header;
         h = (h & SIZE_MAX / 2) << 1) {
        if (!is_good(g, *at->link, bad))
            return false;
        at->owner = *at->link;
        at->link = &at->owner->child[h >> (BITS - 1)];
    }
    return is_good(g, *at->link, bad);
}

/* A header without children, at or below `at`. */
static bool
find_leaf(const struct alcove_guard *g, struct place *at,
          struct alcove_guard_node **bad)
{
    for (;;) {
        struct alcove_guard_node *b = *at->link;

        if (!is_good(g, b, bad))
            return false;
        if (!b->child[0] && !b->child[1])
            return true;
        *at = (struct place){&b->child[b->child[0] ? 0 : 1], b};
    }
}

/* Any leaf below a header may stand in its place: all of them share the bits of
 * the hash that lead there. */
static void
replace(const struct alcove_guard *g, struct place at, struct place leaf_at)
{
    struct alcove_guard_node *b = *at.link, *leaf = *leaf_at.link;

    guardindex_set(g, leaf_at, NULL);
    if (leaf == b)
        return;
    leaf->child[0] = b->child[0];
    leaf->child[1] = b->child[1];
    alcove_guard_seal(g, leaf);
    guardindex_set(g, at, leaf);
}

ALCOVE_WRAPS uintptr_t
alcove_guard_header_of(const struct alcove_guard *g, const void *p)
{
    uintptr_t address = (uintptr_t)p;

    if (g->page != 0)
        address -= address & (g->page - 1);
    return address - g->head;
}

bool
alcove_guard_find(const struct alcove_guard *g, const void *p,
                  struct alcove_guard_node **found,
                  struct alcove_guard_node **bad)
{
    struct place at;

    *found = NULL;
    if (!find_place((struct alcove_guard *)(uintptr_t)g,
                    alcove_guard_header_of(g, p), &at, bad))
        return false;
    if (*at.link && (*at.link)->block == p)
        *found = *at.link;
    return true;
}

/* ---- the lists ---- */

static bool
neighbours_are_good(const struct alcove_guard *g,
                    const struct alcove_guard_node *b,
                    struct alcove_guard_node **bad)
{
    return is_good(g, b->older, bad) && is_good(g, b->newer, bad);
}

static void
append(const struct alcove_guard *g, struct alcove_guard_list *l,
       struct alcove_guard_node *b, size_t bytes)
{
    b->older = l->newest;
    b->newer = NULL;
    alcove_guard_seal(g, b);
    if (l->newest) {
        l->newest->newer = b;
        alcove_guard_seal(g, l->newest);
    } else {
        l->oldest = b;
    }
    l->newest = b;
    l->blocks++;
    l->bytes += bytes;
}

/* Let the neighbours of `b` know these two as their neighbour. */
static void
link_neighbours(const struct alcove_guard *g, struct alcove_guard_list *l,
                const struct alcove_guard_node *b,
                struct alcove_guard_node *of_older,
                struct alcove_guard_node *of_newer)
{
    if (b->older) {
        b->older->newer = of_older;
        alcove_guard_seal(g, b->older);
    } else {
        l->oldest = of_older;
    }
    if (b->newer) {
        b->newer->older = of_newer;
        alcove_guard_seal(g, b->newer);
    } else {
        l->newest = of_newer;
    }
}

static void
take_out(const struct alcove_guard *g, struct alcove_guard_list *l,
         const struct alcove_guard_node *b, size_t bytes)
{
    link_neighbours(g, l, b, b->newer, b->older);
    l->blocks--;
    l->bytes -= bytes;
}

static void
guardindex_put_back(const struct alcove_guard *g, struct alcove_guard_list *l,
                    struct alcove_guard_node *b, size_t bytes)
{
    link_neighbours(g, l, b, b, b);
    l->blocks++;
    l->bytes += bytes;
}

/* ---- both ---- */

/* A header that is in the index already, at the address of a new one, is one
 * whose memory the parent has given twice. */
bool
alcove_guard_enter(struct alcove_guard *g, struct alcove_guard_node *b,
                   struct alcove_guard_node **bad)
{
    struct place at;

    if (!is_good(g, g->live.newest, bad) ||
        !find_place(g, (uintptr_t)b, &at, bad))
        return false;
    append(g, &g->live, b, b->layout.size);
    guardindex_set(g, at, b);
    return true;
}

bool
alcove_guard_may_retire(const struct alcove_guard *g,
                        const struct alcove_guard_node *b,
                        struct alcove_guard_node **bad)
{
    return neighbours_are_good(g, b, bad) && is_good(g, g->kept.newest, bad);
}

void
alcove_guard_retire(struct alcove_guard *g, struct alcove_guard_node *b)
{
    take_out(g, &g->live, b, b->layout.size);
    append(g, &g->kept, b, alcove_guard_extent(g, b));
}

bool
alcove_guard_leave(struct alcove_guard *g, struct alcove_guard_node *b,
                   struct alcove_guard_node **bad)
{
    struct place at, leaf;

    if (!is_good(g, b, bad) || !neighbours_are_good(g, b, bad) ||
        !find_place(g, (uintptr_t)b, &at, bad))
        return false;
    leaf = at;
    if (!find_leaf(g, &leaf, bad))
        return false;
    replace(g, at, leaf);
    take_out(g, &g->kept, b, alcove_guard_extent(g, b));
    return true;
}

/* All that is passed on the way was good when the block left. */
void
alcove_guard_reenter(struct alcove_guard *g, struct alcove_guard_node *b)
{
    struct alcove_guard_node *bad;
    struct place at;

    b->child[0] = b->child[1] = NULL;
    alcove_guard_seal(g, b);
    guardindex_put_back(g, &g->kept, b, alcove_guard_extent(g, b));
    if (find_place(g, (uintptr_t)b, &at, &bad))
        guardindex_set(g, at, b);
}

/* ---- all of them ---- */

/* The farthest that can be reached from the newest end, which there is. */
static struct alcove_guard_node *
from_the_end(const struct alcove_guard *g, const struct alcove_guard_list *l)
{
    struct alcove_guard_node *b = l->newest;

    if (!alcove_guard_is_sealed(g, b))
        return NULL;
    while (b->older && alcove_guard_is_sealed(g, b->older))
        b = b->older;
    return b;
}

struct alcove_guard_node *
alcove_guard_first(const struct alcove_guard *g,
                   const struct alcove_guard_list *l)
{
    if (!l->oldest || alcove_guard_is_sealed(g, l->oldest))
        return l->oldest;
    return from_the_end(g, l);
}

struct alcove_guard_node *
alcove_guard_next(const struct alcove_guard *g,
                  const struct alcove_guard_list *l,
                  const struct alcove_guard_node *b)
{
    if (!b->newer || alcove_guard_is_sealed(g, b->newer))
        return b->newer;
    return from_the_end(g, l);
}

static void
rebuild_list(struct alcove_guard *g, struct alcove_guard_list *l)
{
    const struct alcove_guard_list old = *l;
    struct alcove_guard_node *b = alcove_guard_first(g, &old), *next, *bad;
    struct place at;

    *l = (struct alcove_guard_list){NULL, NULL, 0, 0};
    for (; b; b = next) {
        next = alcove_guard_next(g, &old, b);
        b->child[0] = b->child[1] = NULL;
        append(g, l, b,
               l == &g->live ? b->layout.size : alcove_guard_extent(g, b));
        (void)find_place(g, (uintptr_t)b, &at, &bad); /* all are good */
        guardindex_set(g, at, b);
    }
    g->lost += old.blocks - l->blocks;
}

void
alcove_guard_rebuild(struct alcove_guard *g)
{
    g->root = NULL;
    rebuild_list(g, &g->live);
    rebuild_list(g, &g->kept);
}
