/* SPDX-License-Identifier: MIT */
/* Does every byte of a block have this value? */
#ifndef HOLDS_H
#define HOLDS_H

#include <stdbool.h>
#include <stddef.h>

static inline bool
holds(const void *p, int byte, size_t size)
{
    const char *bytes = p;
    size_t i;

    for (i = 0; i < size; i++)
        if (bytes[i] != (char)byte)
            return false;
    return true;
}

#endif /* HOLDS_H */
