/* SPDX-License-Identifier: MIT */
/* For callbacks that tell every size: straight through, without a header. */
#include <config.h>

#include <alcove/bridge.h>

#include "bridge.h"

#include <errno.h>

static struct alcove_layout
layout_of(const struct alcove_bridge *b, size_t size)
{
    struct alcove_layout l = {size, b->align};

    return l;
}

void *
alcove_bridge_sized_alloc(void *bridge, size_t size)
{
    struct alcove_bridge *b = bridge;
    struct alcove_error err;
    int saved = errno;
    void *p;

    do
        p = alcove_alloc(b->allocator, layout_of(b, size), &err);
    while (ALCOVE_UNLIKELY(!p) && alcove_bridge_refuse(b, &err, saved));
    return p;
}

void *
alcove_bridge_sized_realloc(void *bridge, void *p, size_t old, size_t size)
{
    struct alcove_bridge *b = bridge;
    struct alcove_error err;
    int saved = errno;
    void *q;

    if (!p)
        return alcove_bridge_sized_alloc(b, size);
    do
        q = alcove_realloc(b->allocator, p, layout_of(b, old),
                           layout_of(b, size), &err);
    while (ALCOVE_UNLIKELY(!q) && alcove_bridge_refuse(b, &err, saved));
    return q;
}

void
alcove_bridge_sized_free(void *bridge, void *p, size_t size)
{
    struct alcove_bridge *b = bridge;
    struct alcove_error err;
    int saved = errno;

    if (p && ALCOVE_UNLIKELY(
                 !alcove_dealloc(b->allocator, p, layout_of(b, size), &err)))
        alcove_bridge_complain(b, &err, saved);
}

/* Where there is no block yet, Lua tells its type in place of its size. */
void *
alcove_bridge_resized(void *bridge, void *p, size_t old, size_t size)
{
    if (size != 0)
        return alcove_bridge_sized_realloc(bridge, p, old, size);
    alcove_bridge_sized_free(bridge, p, old);
    return NULL;
}
