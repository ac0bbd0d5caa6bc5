/* SPDX-License-Identifier: MIT */
/* Guard pages: a mapping for each block.
 *
 *     page of the header | pages of the block, which ends at their end | page
 *
 * The last one must not be touched, nor may the block's pages after its
 * release; the header stays within reach until the block leaves the quarantine.
 */
#include <config.h>

#include "guard.h"

#if ALCOVE_HAVE_PAGE

#    include "../os/page.h"
#    include "../os/tools.h"

#    include <errno.h>

size_t
alcove_guard_page_size(void)
{
    return alcove_ospage_size();
}

static char *
pages_of(const struct alcove_guard *g, const struct alcove_guard_node *b)
{
    return (char *)b + g->page;
}

static size_t
guardpage_length(const struct alcove_guard *g,
                 const struct alcove_guard_node *b)
{
    return (size_t)(alcove_guard_page_end(g, b) - pages_of(g, b));
}

char *
alcove_guard_page_end(const struct alcove_guard *g,
                      const struct alcove_guard_node *b)
{
    char *end = b->block + b->layout.size;
    size_t over = (size_t)((uintptr_t)end & (g->page - 1));

    return over == 0 ? end : end + (g->page - over);
}

static struct alcove_guard_node *
guardpage_refuse(struct alcove_layout l, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_ALLOC_FAILED,
        .cause = ALCOVE_CAUSE_OS,
        .os_error = errno,
        .layout = l,
        .allocator = ALCOVE_GUARD_NAME,
        .detail = alcove_ospage_detail(NULL),
    };

    alcove_error_set(err, &what);
    return NULL;
}

/* Addresses for `size` bytes of which the second page is aligned; the mapping
 * has `extra` bytes more, which go; or, if they cannot, all of it. */
static char *
cut(const struct alcove_guard *g, char *mapping, size_t size, size_t extra)
{
    size_t below = extra + g->page - 1;
    size_t second = (size_t)((uintptr_t)mapping + g->page);
    size_t skip = below - ((second - 1) & below);

    return alcove_ospage_keep(mapping, skip, size, extra - skip);
}

struct alcove_guard_node *
alcove_guard_map(const struct alcove_guard *g, struct alcove_layout l,
                 struct alcove_error *err)
{
    size_t extra = l.align > g->page ? l.align - g->page : 0;
    size_t whole = alcove_guard_up(l.size, extra != 0 ? 1 : l.align);
    size_t own = alcove_guard_up(whole, g->page), size = own + 2 * g->page;
    struct alcove_guard_node *b;
    int saved = errno;
    char *start;

    if (own > ALCOVE_SIZE_MAX - 2 * g->page - extra) {
        alcove_guard_too_large(l, err);
        return NULL;
    }
    start = alcove_ospage_reserve(size + extra);
    if (start && extra != 0)
        start = cut(g, start, size, extra);
    if (!start)
        return guardpage_refuse(l, err);
    if (!alcove_ospage_commit(start, g->page + own)) {
        guardpage_refuse(l, err);
        saved = errno;
        (void)alcove_ospage_unmap(start, size);
        errno = saved;
        return NULL;
    }
    errno = saved;
    b = (struct alcove_guard_node *)(void *)start;
    b->block = start + g->page + own - (extra != 0 ? own : whole);
    b->layout = l;
    alcove_tools_root(pages_of(g, b), own);
    return b;
}

bool
alcove_guard_unmap(const struct alcove_guard *g, struct alcove_guard_node *b,
                   struct alcove_error *err)
{
    size_t size = alcove_guard_extent(g, b), own = guardpage_length(g, b);
    bool away = b->state == ALCOVE_GUARD_AWAY;
    char *pages = pages_of(g, b);

    if (g->watched)
        alcove_tools_reveal(b, g->page + own);
    if (!alcove_ospage_unmap(b, size)) {
        struct alcove_error what = {
            .code = ALCOVE_ERR_OTHER,
            .cause = ALCOVE_CAUSE_OS,
            .os_error = errno,
            .allocator = ALCOVE_GUARD_NAME,
            .detail = alcove_ospage_detail("the pages could not be unmapped"),
        };

        return alcove_error_set(err, &what);
    }
    if (!away)
        alcove_tools_unroot(pages, own);
    return true;
}

bool
alcove_guard_page_hide(const struct alcove_guard *g,
                       struct alcove_guard_node *b)
{
    if (!alcove_ospage_decommit(pages_of(g, b), guardpage_length(g, b)))
        return false;
    alcove_tools_unroot(pages_of(g, b), guardpage_length(g, b));
    return true;
}

#else

size_t
alcove_guard_page_size(void)
{
    return 0;
}

char *
alcove_guard_page_end(const struct alcove_guard *g,
                      const struct alcove_guard_node *b)
{
    (void)g;
    return b->block + b->layout.size;
}

struct alcove_guard_node *
alcove_guard_map(const struct alcove_guard *g, struct alcove_layout l,
                 struct alcove_error *err)
{
    (void)g;
    alcove_guard_too_large(l, err);
    return NULL;
}

bool
alcove_guard_unmap(const struct alcove_guard *g, struct alcove_guard_node *b,
                   struct alcove_error *err)
{
    (void)g;
    (void)b;
    (void)err;
    return false;
}

bool
alcove_guard_page_hide(const struct alcove_guard *g,
                       struct alcove_guard_node *b)
{
    (void)g;
    (void)b;
    return false;
}

#endif
