/* SPDX-License-Identifier: MIT */
/* An allocator over any foreign malloc, realloc and free, with a context
 * pointer: another library's, an operating system's, another language's.
 *
 * It talks only to these functions.
 *
 * - The caller states what alignment they give. A larger one is made by
 *   padding: the block is cut out of a larger one, whose address stands right
 *   before it. For a smaller block than its alignment they are asked for that
 *   many bytes.
 * - A block that is not aligned as stated is given back, and the request
 *   refused. (One that realloc has moved there is moved again, and stays if
 *   there is no better place either: the old one is gone by then.)
 * - They are never asked for 0 bytes, or for more than ALCOVE_SIZE_MAX, nor
 *   given NULL to release or to resize.
 * - They may set errno when they fail; when they succeed it is kept for them.
 */
#ifndef ALCOVE_FOREIGN_H
#define ALCOVE_FOREIGN_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* The functions, usually a static constant. It may grow at its end: what
 * struct_size does not cover is never looked at. Sizes are bytes, never 0. */
struct alcove_foreign_functions {
    size_t struct_size; /* sizeof(struct alcove_foreign_functions) */

    const char *name; /* for messages; NULL: "foreign" */

    /* ALCOVE_CAN_THREADS if several threads may call the functions at once,
     * with this context; or ALCOVE_CAN_NOTHING. */
    unsigned features;

    /* A block of at least `size` bytes, or NULL. It need not return: nothing
     * has changed then. */
    void *(*alloc)(void *ctx, size_t size);

    /* Release it. */
    void (*free)(void *ctx, void *p);

    /* The others may be NULL. */

    /* As alloc, all bytes 0. NULL: alloc, and clear. */
    void *(*zalloc)(void *ctx, size_t size);

    /* The block with `size` bytes, here or elsewhere, its contents kept; or
     * NULL, and it is as it was. NULL: by a copy. */
    void *(*realloc)(void *ctx, void *p, size_t size);
};

/* Invariant: `align` is a power of two. */
struct alcove_foreign {
    struct alcove_allocator allocator; /* pass &foreign.allocator */
    const struct alcove_foreign_functions *functions;
    void *ctx;
    size_t align; /* bytes, of what the functions give */
};

/* Let an allocator be made of `functions`, which get `ctx` with each call and
 * give blocks aligned to `align` bytes, if these are at least as large. Both
 * must live as long as the allocator is used. Nothing is allocated, and there
 * is nothing to release.
 * Fails, with nothing changed, if and only if
 * - `functions` is NULL, has too small a struct_size, no alloc or no free, or
 *   features other than THREADS: OTHER, with errno EINVAL;
 * - `align` is no alignment: ZERO_ALIGN, ALIGN_NOT_POWER_OF_TWO.
 *
 * It can allocate, release, reclaim and serve temporaries, ZERO and REALLOC if
 * there are functions for that, and THREADS if it is told so. An allocation
 * fails if and only if the functions do (ALLOC_FAILED, cause OS, with their
 * errno, or ENOMEM if they set none), a block comes that is not aligned as
 * stated (OTHER), or the larger block that padding takes is no valid size
 * (ALLOC_FAILED). A release cannot fail. A failure is told by the functions'
 * name.
 * Cost: that of the functions, and a few instructions. Padding takes at most
 * the alignment and the size of a pointer in bytes; a padded block that is
 * resized is copied.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_foreign_init(struct alcove_foreign *foreign,
                         const struct alcove_foreign_functions *functions,
                         void *ctx, size_t align, struct alcove_error *err);

ALCOVE_END

#endif /* ALCOVE_FOREIGN_H */
