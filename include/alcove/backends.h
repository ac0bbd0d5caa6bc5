/* SPDX-License-Identifier: MIT */
/* The list of backends, for programs that want to know at run time what this
 * library was built with. At compile time <alcove/config.h> tells.
 */
#ifndef ALCOVE_BACKENDS_H
#define ALCOVE_BACKENDS_H

#include <alcove/alloc.h>

ALCOVE_BEGIN

struct alcove_backend {
    const char *name;    /* as alcove_name(get()) says it */
    bool built;          /* if not, get() has no features and refuses */
    const char *why_not; /* static text; NULL if it is built */
    struct alcove_allocator *(*get)(void);
};

/* All backends, built or not; `*count` is their number. Static, cannot fail. */
ALCOVE_API ALCOVE_NONNULL(1)
const struct alcove_backend *alcove_backends( size_t *count);

ALCOVE_END

#endif /* ALCOVE_BACKENDS_H */
