/* SPDX-License-Identifier: MIT */
/* Patterns in blocks. */
#include <config.h>

#include "pattern.h"

#include <string.h>

enum { END = 2048, MIDDLE = 4096 }; /* bytes looked at */

/* Most blocks are small: they have loops, and functions, without gaps. */
static bool
is_small(size_t size)
{
    return size <= 2 * END;
}

/* The byte looked at after byte `i` of a large block. */
static size_t
pattern_next(size_t i, size_t size)
{
    size_t stride =
        size / MIDDLE | 1; /* odd: it meets every offset in a page */

    if (i < END || i >= size - END)
        return i + 1;
    return stride < size - END - i ? i + stride : size - END;
}

static unsigned char
byte_at(size_t i, unsigned tag)
{
    return (unsigned char)(i * 7 + (i >> 8) * 13 + tag * 37 + 1);
}

void
alcove_pattern_write(void *p, size_t size, unsigned tag)
{
    unsigned char *bytes = p;
    size_t i;

    if (is_small(size))
        for (i = 0; i < size; i++)
            bytes[i] = byte_at(i, tag);
    else
        for (i = 0; i < size; i = pattern_next(i, size))
            bytes[i] = byte_at(i, tag);
}

size_t
alcove_pattern_find(const void *p, size_t size, size_t upto, unsigned tag)
{
    const unsigned char *bytes = p;
    bool small = is_small(size);
    size_t i;

    for (i = 0; i < upto; i = small ? i + 1 : pattern_next(i, size))
        if (bytes[i] != byte_at(i, tag))
            return i;
    return upto;
}

void
alcove_pattern_fill(void *p, size_t size, int byte)
{
    unsigned char *bytes = p;
    size_t i;

    if (is_small(size))
        memset(bytes, byte, size);
    else
        for (i = 0; i < size; i = pattern_next(i, size))
            bytes[i] = (unsigned char)byte;
}

size_t
alcove_pattern_find_other(const void *p, size_t from, size_t size, int byte)
{
    const unsigned char *bytes = p;
    bool small = is_small(size);
    size_t i;

    if (small && from < size && bytes[from] == (unsigned char)byte &&
        memcmp(bytes + from, bytes + from + 1, size - from - 1) == 0)
        return size;
    for (i = 0; i < size; i = small ? i + 1 : pattern_next(i, size))
        if (i >= from && bytes[i] != (unsigned char)byte)
            return i;
    return size;
}
