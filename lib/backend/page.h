/* SPDX-License-Identifier: MIT */
/* What the backends over pages have in common. */
#ifndef ALCOVE_LIB_BACKEND_PAGE_H
#define ALCOVE_LIB_BACKEND_PAGE_H

#include <alcove/page.h>

/* `size` in whole units, at most PTRDIFF_MAX + 1: sizes are below that. */
static inline size_t
length(size_t size, size_t unit)
{
    size_t sum = size + (unit - 1);

    return sum - (sum & (unit - 1));
}

#endif /* ALCOVE_LIB_BACKEND_PAGE_H */
