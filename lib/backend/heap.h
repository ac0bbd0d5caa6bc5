/* SPDX-License-Identifier: MIT */
/* What the backends over the C library's heap have in common. */
#ifndef ALCOVE_LIB_BACKEND_HEAP_H
#define ALCOVE_LIB_BACKEND_HEAP_H

#include <alcove/alloc.h>

#include "../os/errno.h"

#include <stdlib.h>

/* free that leaves errno alone: POSIX.1-2024 demands it, and these systems keep
 * to it already. */
static inline void
alcove_heap_free(void *p)
{
#if (defined __GLIBC__ && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)) ||         \
    defined __OpenBSD__
    free(p);
#else
    int saved = alcove_errno();

    free(p);
    alcove_errno_set(saved);
#endif
}

/* The refusal of the C library, whose code is `os_error`. Not every malloc sets
 * errno: 0 counts as ENOMEM. Returns NULL. */
static inline void *
alcove_heap_refuse(const struct alcove_allocator *a, struct alcove_layout l,
                   int os_error, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_ALLOC_FAILED,
        .cause = ALCOVE_CAUSE_OS,
        .os_error = os_error != 0 ? os_error : ENOMEM,
        .layout = l,
        .allocator = a->ops->name,
    };

    alcove_error_set(err, &what);
    return NULL;
}

#endif /* ALCOVE_LIB_BACKEND_HEAP_H */
