/* SPDX-License-Identifier: MIT */
/* What stands in for a backend that was not built: it has no features, and
 * refuses all as unsupported. */
#ifndef ALCOVE_LIB_BACKEND_ABSENT_H
#define ALCOVE_LIB_BACKEND_ABSENT_H

#include <alcove/alloc.h>

/* Defines the accessor `function` of the absent backend `text`. */
#define ALCOVE_ABSENT(function, text)                                          \
    struct alcove_allocator *function(void)                                    \
    {                                                                          \
        static const struct alcove_ops ops = {                                 \
            .struct_size = sizeof ops,                                         \
            .name = text,                                                      \
            .alloc = alcove_unsupported_alloc,                                 \
            .dealloc = alcove_unsupported_dealloc,                             \
        };                                                                     \
        static struct alcove_allocator absent = {&ops, 0};                     \
                                                                               \
        return &absent;                                                        \
    }

#endif /* ALCOVE_LIB_BACKEND_ABSENT_H */
