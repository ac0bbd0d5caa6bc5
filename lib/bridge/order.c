/* SPDX-License-Identifier: MIT */
/* The same functions with their arguments in other types and another order. */
#include <config.h>

#include <alcove/bridge.h>

#include "bridge.h"

/* ---- the context first ---- */

/* A product of 32 bits is what zlib's own callbacks lose bits in. */
void *
alcove_bridge_alloc_uints(void *bridge, unsigned items, unsigned size)
{
    return alcove_bridge_alloc_items(bridge, items, size);
}

void *
alcove_bridge_alloc_ints(void *bridge, int items, int size)
{
    if (ALCOVE_UNLIKELY(items < 0 || size < 0))
        return alcove_bridge_refuse_negative(bridge, items < 0 ? items : size);
    return alcove_bridge_alloc_items(bridge, (size_t)items, (size_t)size);
}

void *
alcove_bridge_alloc_long(void *bridge, long size)
{
    if (ALCOVE_UNLIKELY(size < 0))
        return alcove_bridge_refuse_negative(bridge, size);
    return alcove_bridge_alloc(bridge, (size_t)size);
}

void *
alcove_bridge_alloc_const(const void *bridge, size_t size)
{
    return alcove_bridge_alloc((void *)bridge, size);
}

void *
alcove_bridge_realloc_const(const void *bridge, void *p, size_t size)
{
    return alcove_bridge_realloc((void *)bridge, p, size);
}

void
alcove_bridge_free_const(const void *bridge, void *p)
{
    alcove_bridge_free((void *)bridge, p);
}

/* ---- the context last ---- */

void *
alcove_bridge_alloc_last(size_t size, void *bridge)
{
    return alcove_bridge_alloc(bridge, size);
}

void *
alcove_bridge_calloc_last(size_t items, size_t size, void *bridge)
{
    return alcove_bridge_calloc(bridge, items, size);
}

void *
alcove_bridge_realloc_last(void *p, size_t size, void *bridge)
{
    return alcove_bridge_realloc(bridge, p, size);
}

void
alcove_bridge_free_last(void *p, void *bridge)
{
    alcove_bridge_free(bridge, p);
}

void *
alcove_bridge_alloc_at(size_t size, void **bridge)
{
    return alcove_bridge_alloc(*bridge, size);
}

void *
alcove_bridge_realloc_at(void *p, size_t size, void **bridge)
{
    return alcove_bridge_realloc(*bridge, p, size);
}

void
alcove_bridge_free_at(void *p, void **bridge)
{
    alcove_bridge_free(*bridge, p);
}
