/* SPDX-License-Identifier: MIT */
/* The table of backends: one line each. */
#include <config.h>

#include <alcove/backends.h>

#include <alcove/aligned.h>
#include <alcove/heapalloc.h>
#include <alcove/malloc.h>
#include <alcove/null.h>
#include <alcove/page.h>
#include <alcove/scratch.h>
#include <alcove/stack.h>

#define BACKEND(name, built, why_not, get)                                     \
    {                                                                          \
        name, built, (built) ? NULL : (why_not), get                           \
    }

const struct alcove_backend *
alcove_backends(size_t *count)
{
    static const struct alcove_backend backends[] = {
        BACKEND("malloc", ALCOVE_HAVE_MALLOC, ALCOVE_NO_MALLOC, alcove_malloc),
        BACKEND("posix_memalign", ALCOVE_HAVE_POSIX_MEMALIGN,
                ALCOVE_NO_POSIX_MEMALIGN, alcove_posix_memalign),
        BACKEND("aligned_alloc", ALCOVE_HAVE_ALIGNED_ALLOC,
                ALCOVE_NO_ALIGNED_ALLOC, alcove_aligned_alloc),
        BACKEND("aligned_malloc", ALCOVE_HAVE_ALIGNED_MALLOC,
                ALCOVE_NO_ALIGNED_MALLOC, alcove_aligned_malloc),
        BACKEND("heapalloc", ALCOVE_HAVE_HEAPALLOC, ALCOVE_NO_HEAPALLOC,
                alcove_heapalloc),
        BACKEND("page", ALCOVE_HAVE_PAGE, ALCOVE_NO_PAGE, alcove_page),
        BACKEND("stack", ALCOVE_HAVE_STACK, ALCOVE_NO_STACK, alcove_stack),
        BACKEND("scratch", 1, "", alcove_scratch),
        BACKEND("null", 1, "", alcove_null),
        /* end */
    };

    *count = sizeof backends / sizeof *backends;
    return backends;
}
