/* SPDX-License-Identifier: MIT */
/* For callbacks that tell no size at a release: blocks with a header.
 *
 * Each function computes the size in size_t, lets the policy for size 0 decide,
 * and tries until there is a block, or no handler that wants another try. */
#include <config.h>

#include <alcove/bridge.h>

#include <alcove/thin.h>

#include "../core/pad.h"
#include "bridge.h"

#include <errno.h>
#include <string.h>

static void *
headed_refuse_product(struct alcove_bridge *b, size_t items, size_t size)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_ARITH,
        .op = ALCOVE_ARITH_MUL,
        .lhs = items,
        .rhs = size,
        .allocator = b->name,
    };

    (void)alcove_bridge_refuse(b, &what, errno);
    return NULL;
}

static bool
headed_fits(size_t items, size_t size)
{
    return size == 0 || items <= SIZE_MAX / size;
}

static bool
is_null(const struct alcove_bridge *b, size_t size)
{
    return size == 0 && b->zero == ALCOVE_BRIDGE_ZERO_NULL;
}

static void *
headed_get(struct alcove_bridge *b, size_t size, size_t align)
{
    struct alcove_error err;
    int saved = errno;
    void *p;

    do
        p = align == ALCOVE_PLAIN_ALIGN
                ? alcove_thin_alloc(b->allocator, size, &err)
                : alcove_thin_aligned(b->allocator, size, align, &err);
    while (ALCOVE_UNLIKELY(!p) && alcove_bridge_refuse(b, &err, saved));
    return p;
}

/* Cleared by the allocator's own means where these serve the alignment. */
static void *
get_cleared(struct alcove_bridge *b, size_t size)
{
    struct alcove_error err;
    int saved = errno;
    void *p;

    if (b->align != ALCOVE_PLAIN_ALIGN) {
        p = headed_get(b, size, b->align);
        return p ? memset(p, 0, size) : NULL;
    }
    do
        p = alcove_thin_zalloc(b->allocator, size, &err);
    while (ALCOVE_UNLIKELY(!p) && alcove_bridge_refuse(b, &err, saved));
    return p;
}

static bool
headed_release(struct alcove_bridge *b, void *p)
{
    struct alcove_error err;
    int saved = errno;

    if (ALCOVE_LIKELY(alcove_thin_free(b->allocator, p, &err)))
        return true;
    alcove_bridge_complain(b, &err, saved);
    return false;
}

static void *
resize(struct alcove_bridge *b, void *p, size_t size)
{
    struct alcove_error err;
    int saved = errno;
    void *q;

    do
        q = alcove_thin_realloc(b->allocator, p, size, &err);
    while (ALCOVE_UNLIKELY(!q) && alcove_bridge_refuse(b, &err, saved));
    return q;
}

/* ---- the context first ---- */

void *
alcove_bridge_alloc(void *bridge, size_t size)
{
    struct alcove_bridge *b = bridge;

    return is_null(b, size) ? NULL : headed_get(b, size, b->align);
}

void *
alcove_bridge_zalloc(void *bridge, size_t size)
{
    struct alcove_bridge *b = bridge;

    return is_null(b, size) ? NULL : get_cleared(b, size);
}

void *
alcove_bridge_calloc(void *bridge, size_t items, size_t size)
{
    if (ALCOVE_UNLIKELY(!headed_fits(items, size)))
        return headed_refuse_product(bridge, items, size);
    return alcove_bridge_zalloc(bridge, items * size);
}

void *
alcove_bridge_realloc(void *bridge, void *p, size_t size)
{
    struct alcove_bridge *b = bridge;

    if (!p)
        return alcove_bridge_alloc(b, size);
    if (size == 0 && b->zero != ALCOVE_BRIDGE_ZERO_UNIQUE) {
        headed_release(b, p);
        return NULL;
    }
    return resize(b, p, size);
}

void
alcove_bridge_free(void *bridge, void *p)
{
    headed_release(bridge, p);
}

size_t
alcove_bridge_size(void *bridge, const void *p)
{
    struct alcove_bridge *b = bridge;
    struct alcove_thin_block block;
    struct alcove_error err;
    int saved = errno;

    if (!p)
        return 0;
    if (alcove_thin_find(b->allocator, p, &block, &err))
        return block.layout.size;
    alcove_bridge_complain(b, &err, saved);
    return 0;
}

void *
alcove_bridge_alloc_items(void *bridge, size_t items, size_t size)
{
    if (ALCOVE_UNLIKELY(!headed_fits(items, size)))
        return headed_refuse_product(bridge, items, size);
    return alcove_bridge_alloc(bridge, items * size);
}

void *
alcove_bridge_realloc_items(void *bridge, void *p, size_t items, size_t size)
{
    if (ALCOVE_UNLIKELY(!headed_fits(items, size)))
        return headed_refuse_product(bridge, items, size);
    return alcove_bridge_realloc(bridge, p, items * size);
}

static char *
headed_copy(void *bridge, const char *s, size_t length)
{
    char *p = alcove_bridge_alloc(bridge, length + 1);

    if (!p)
        return NULL;
    memcpy(p, s, length);
    p[length] = '\0';
    return p;
}

char *
alcove_bridge_strdup(void *bridge, const char *s)
{
    return headed_copy(bridge, s, strlen(s));
}

char *
alcove_bridge_strndup(void *bridge, const char *s, size_t max)
{
    const char *end = memchr(s, '\0', max);

    return headed_copy(bridge, s, end ? (size_t)(end - s) : max);
}

/* ---- some sizes are told ---- */

/* What is no block at all is found by what comes after this. */
static void
check_told(struct alcove_bridge *b, const void *p, size_t told)
{
    struct alcove_thin_block block;
    int saved = errno;

    if (!p)
        return;
    if (alcove_thin_find(b->allocator, p, &block, NULL) &&
        block.layout.size != told) {
        struct alcove_error what = {
            .code = ALCOVE_ERR_LAYOUT_MISMATCH,
            .layout = {told, block.layout.align},
            .old = block.layout,
            .block = p,
            .allocator = b->name,
            .detail = "the library tells another size than it asked for",
        };

        alcove_bridge_complain(b, &what, saved);
    }
    errno = saved;
}

void *
alcove_bridge_realloc_told(void *bridge, void *p, size_t old, size_t size)
{
    check_told(bridge, p, old);
    return alcove_bridge_realloc(bridge, p, size);
}

void *
alcove_bridge_realloc_long(void *bridge, long old, long size, void *p)
{
    if (ALCOVE_UNLIKELY(size < 0))
        return alcove_bridge_refuse_negative(bridge, size);
    check_told(bridge, p, (size_t)old);
    return alcove_bridge_realloc(bridge, p, (size_t)size);
}

void
alcove_bridge_free_told(void *bridge, void *p, size_t size)
{
    check_told(bridge, p, size);
    headed_release(bridge, p);
}

/* The header knows what the block is, whatever the library takes it for. */
void *
alcove_bridge_resized_safe(void *bridge, void *p, size_t old, size_t size)
{
    struct alcove_bridge *b = bridge;
    struct alcove_thin_block block;
    int saved = errno;
    void *q;

    (void)old;
    if (size == 0) {
        headed_release(b, p);
        return NULL;
    }
    if (!p)
        return headed_get(b, size, b->align);
    if (!alcove_thin_find(b->allocator, p, &block, NULL) ||
        size > block.layout.size)
        return resize(b, p, size);
    q = alcove_thin_realloc(b->allocator, p, size, NULL);
    if (q)
        return q;
    errno = saved;
    return p;
}

/* ---- the alignment is told ---- */

static bool
is_alignment(struct alcove_bridge *b, size_t size, size_t align)
{
    struct alcove_error err;
    struct alcove_layout l;
    int saved = errno;

    if (alcove_layout_make(0, align, &l, &err))
        return true;
    err.layout.size = size;
    err.allocator = b->name;
    (void)alcove_bridge_refuse(b, &err, saved);
    return false;
}

static size_t
headed_larger(size_t x, size_t y)
{
    return x > y ? x : y;
}

void *
alcove_bridge_alloc_aligned(void *bridge, size_t size, size_t align)
{
    struct alcove_bridge *b = bridge;

    if (!is_alignment(b, size, align))
        return NULL;
    return is_null(b, size)
               ? NULL
               : headed_get(b, size, headed_larger(align, b->align));
}

/* A release that is refused leaves both as they were. */
static void *
realign(struct alcove_bridge *b, void *p, size_t old, size_t size, size_t align)
{
    void *q = headed_get(b, size, align);
    struct alcove_error err;
    int saved = errno;

    if (!q)
        return NULL;
    memcpy(q, p, old < size ? old : size);
    if (alcove_thin_free(b->allocator, p, &err))
        return q;
    alcove_bridge_complain(b, &err, saved);
    headed_release(b, q);
    (void)alcove_bridge_refuse(b, &err, saved);
    errno = ENOMEM;
    return NULL;
}

void *
alcove_bridge_realloc_aligned(void *bridge, void *p, size_t size, size_t align)
{
    struct alcove_bridge *b = bridge;
    struct alcove_thin_block block;
    int saved = errno;

    if (!p)
        return alcove_bridge_alloc_aligned(b, size, align);
    if (!is_alignment(b, size, align))
        return NULL;
    if ((size != 0 || b->zero == ALCOVE_BRIDGE_ZERO_UNIQUE) &&
        alcove_thin_find(b->allocator, p, &block, NULL) &&
        align > block.layout.align)
        return realign(b, p, block.layout.size, size, align);
    errno = saved;
    return alcove_bridge_realloc(b, p, size);
}
