/* SPDX-License-Identifier: MIT */
/* The shape of a block, and what its bytes are to be.
 *
 * The header is right before the first red zone, and what the alignment of the
 * block leaves over before that is one more zone. */
#include <config.h>

#include "guard.h"

#include "../os/tools.h"

#include <limits.h>
#include <string.h>

typedef char whole_words[sizeof(struct alcove_guard_node) % sizeof(size_t) == 0
                             ? 1
                             : -1];

/* ---- where things are ---- */

static size_t
guardblock_align_of(struct alcove_layout l)
{
    return l.align < ALCOVE_GUARD_UNIT ? ALCOVE_GUARD_UNIT : l.align;
}

/* From the start of the memory to the block. */
static size_t
lead(const struct alcove_guard *g, struct alcove_layout l)
{
    return alcove_guard_up(g->head, guardblock_align_of(l));
}

/* No overflow: the size is at most PTRDIFF_MAX, the alignment half of that. */
static struct alcove_layout
memory_of(const struct alcove_guard *g, struct alcove_layout l)
{
    struct alcove_layout whole = {lead(g, l) + l.size + g->red_zone,
                                  guardblock_align_of(l)};

    return whole;
}

size_t
alcove_guard_extent(const struct alcove_guard *g,
                    const struct alcove_guard_node *b)
{
    if (g->page != 0)
        return (size_t)(alcove_guard_page_end(g, b) - (const char *)b) +
               g->page;
    return memory_of(g, b->layout).size;
}

struct zone {
    char *start, *end;
};
enum { PADDING, BEFORE, BEHIND, ZONES };

static void
find_zones(const struct alcove_guard *g, const struct alcove_guard_node *b,
           struct zone z[ZONES])
{
    char *header = (char *)b, *end = b->block + b->layout.size;

    z[PADDING].start = z[PADDING].end = header;
    z[BEFORE].start = header + g->header;
    z[BEFORE].end = b->block;
    z[BEHIND].start = end;
    z[BEHIND].end = end + g->red_zone;
    if (g->page == 0)
        z[PADDING].start = b->block - lead(g, b->layout);
    else
        z[BEHIND].end = alcove_guard_page_end(g, b);
    if (b->state == ALCOVE_GUARD_AWAY) {
        z[BEFORE].end = header + g->page;
        z[BEHIND].start = z[BEHIND].end;
    }
}

static size_t
guardblock_length(struct zone z)
{
    return (size_t)(z.end - z.start);
}

/* ---- memory ---- */

bool
alcove_guard_too_large(struct alcove_layout l, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_ALLOC_FAILED,
        .cause = ALCOVE_CAUSE_OUT_OF_MEMORY,
        .layout = l,
        .allocator = ALCOVE_GUARD_NAME,
        .detail = "there is no room for red zones around it",
    };

    return alcove_error_set(err, &what);
}

struct alcove_guard_node *
alcove_guard_obtain(const struct alcove_guard *g, struct alcove_layout l,
                    bool zero, struct alcove_error *err)
{
    struct alcove_layout whole;
    struct alcove_guard_node *b;
    char *p;

    if (g->page != 0)
        return alcove_guard_map(g, l, err);
    whole = memory_of(g, l);
    if (!alcove_layout_ok(whole)) {
        alcove_guard_too_large(l, err);
        return NULL;
    }
    p = zero ? alcove_zalloc(g->parent, whole, err)
             : g->parent->ops->alloc(g->parent, whole, err);
    if (!p)
        return NULL;
    p += lead(g, l);
    b = (struct alcove_guard_node *)(void *)(p - g->head);
    memset(b, 0, g->header);
    b->block = p;
    b->layout = l;
    return b;
}

static void
hide(const struct alcove_guard *g, const struct alcove_guard_node *b)
{
    struct zone z[ZONES];
    size_t i;

    find_zones(g, b, z);
    for (i = 0; i < ZONES; i++)
        alcove_tools_hide(z[i].start, guardblock_length(z[i]));
    alcove_tools_hide(b->block, b->layout.size);
}

bool
alcove_guard_give_back(const struct alcove_guard *g,
                       struct alcove_guard_node *b, struct alcove_error *err)
{
    struct alcove_layout whole;
    char *start;

    if (g->page != 0)
        return alcove_guard_unmap(g, b, err);
    whole = memory_of(g, b->layout);
    start = b->block - lead(g, b->layout);
    if (g->watched)
        alcove_tools_reveal(start, whole.size);
    if (g->parent->ops->dealloc(g->parent, start, whole, err))
        return true;
    if (g->watched)
        hide(g, b);
    return false;
}

/* ---- the seal ---- */

/* Of the header's address too: a copy of it elsewhere is no header. */
ALCOVE_WRAPS static size_t
digest(const struct alcove_guard *g, const struct alcove_guard_node *b)
{
    const char *bytes = (const char *)b;
    const size_t odd = (size_t)0x9e3779b97f4a7c15U;
    size_t i, word, sum = (size_t)(uintptr_t)b;

    for (i = sizeof word; i < g->header; i += sizeof word) {
        memcpy(&word, bytes + i, sizeof word);
        sum = (sum ^ word) * odd;
        sum ^= sum >> (sizeof sum * CHAR_BIT / 2);
    }
    return sum;
}

void
alcove_guard_seal(const struct alcove_guard *g, struct alcove_guard_node *b)
{
    b->seal = digest(g, b);
}

bool
alcove_guard_is_sealed(const struct alcove_guard *g,
                       const struct alcove_guard_node *b)
{
    return b->seal == digest(g, b);
}

struct alcove_error
alcove_guard_broken(const struct alcove_guard *g,
                    const struct alcove_guard_node *b)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_CORRUPT,
        .block = (const char *)b + g->head,
        .offset = -(ptrdiff_t)g->head,
        .allocator = ALCOVE_GUARD_NAME,
        .detail = "something wrote to the guard's own data before the block",
    };

    return what;
}

/* ---- bytes ---- */

void
alcove_guard_put(const struct alcove_guard *g, char *p, const char *end,
                 int byte)
{
    size_t size = (size_t)(end - p);

    if (g->watched)
        alcove_tools_reveal(p, size);
    memset(p, byte, size);
    if (g->watched)
        alcove_tools_hide(p, size);
}

/* All are equal if each is equal to the next one. */
static bool
holds(const char *p, const char *end, int byte, const char **bad)
{
    size_t size = (size_t)(end - p);

    if (size == 0 ||
        ((unsigned char)*p == byte && memcmp(p, p + 1, size - 1) == 0))
        return true;
    while ((unsigned char)*p == byte)
        p++;
    *bad = p;
    return false;
}

bool
alcove_guard_looks(const struct alcove_guard *g, const char *p, const char *end,
                   int byte, const char **bad)
{
    bool good;

    if (!g->watched)
        return holds(p, end, byte, bad);
    alcove_tools_reveal(p, (size_t)(end - p));
    good = holds(p, end, byte, bad);
    alcove_tools_hide(p, (size_t)(end - p));
    return good;
}

static void
make_zones(const struct alcove_guard *g, const struct alcove_guard_node *b)
{
    struct zone z[ZONES];
    size_t i;

    find_zones(g, b, z);
    for (i = 0; i < ZONES; i++)
        alcove_guard_put(g, z[i].start, z[i].end, ALCOVE_GUARD_ZONE);
}

/* Valgrind takes fresh bytes for undefined, whatever they are. */
void
alcove_guard_fill(const struct alcove_guard *g, struct alcove_guard_node *b,
                  bool zero)
{
    make_zones(g, b);
    if (zero)
        return;
    if (g->fill)
        memset(b->block, ALCOVE_GUARD_FRESH, b->layout.size);
    if (g->watched)
        alcove_tools_give(b->block, b->layout.size);
}

void
alcove_guard_wipe(const struct alcove_guard *g, struct alcove_guard_node *b)
{
    if (b->state == ALCOVE_GUARD_FILLED)
        alcove_guard_put(g, b->block, b->block + b->layout.size,
                         ALCOVE_GUARD_GONE);
    else if (g->watched && b->state == ALCOVE_GUARD_LEFT)
        alcove_tools_hide(b->block, b->layout.size);
}

void
alcove_guard_refill(const struct alcove_guard *g, struct alcove_guard_node *b)
{
    make_zones(g, b);
    alcove_guard_wipe(g, b);
}

static bool
is_zone(const struct alcove_guard *g, struct zone z, const char **bad)
{
    return alcove_guard_looks(g, z.start, z.end, ALCOVE_GUARD_ZONE, bad);
}

static bool
is_gone(const struct alcove_guard *g, const struct alcove_guard_node *b,
        const char **bad)
{
    return b->state != ALCOVE_GUARD_FILLED ||
           alcove_guard_looks(g, b->block, b->block + b->layout.size,
                              ALCOVE_GUARD_GONE, bad);
}

/* In the order of addresses, so that the first bad byte comes first. */
bool
alcove_guard_is_whole(const struct alcove_guard *g,
                      const struct alcove_guard_node *b,
                      struct alcove_error *what)
{
    struct zone z[ZONES];
    const char *bad, *detail;

    find_zones(g, b, z);
    if (is_zone(g, z[PADDING], &bad) && is_zone(g, z[BEFORE], &bad) &&
        is_gone(g, b, &bad) && is_zone(g, z[BEHIND], &bad))
        return true;
    if (b->state != ALCOVE_GUARD_LIVE)
        detail = "something wrote to it after its release";
    else
        detail = bad < b->block ? "something wrote before it"
                                : "something wrote past its end";
    *what = (struct alcove_error){
        .code = ALCOVE_ERR_CORRUPT,
        .layout = b->layout,
        .block = b->block,
        .offset = bad - b->block,
        .allocator = ALCOVE_GUARD_NAME,
        .detail = detail,
    };
    return false;
}
