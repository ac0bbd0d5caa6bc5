/* SPDX-License-Identifier: MIT */
/* malloc, for every alignment.
 *
 * The alignment alone decides how a block is made, so that the layout at its
 * release tells how to unmake it:
 *
 * - plain: what malloc aligns by itself.
 * - padded: cut out of a larger block (pad.h).
 * - paged: from the system's function for aligned blocks, if there is one. From
 *   the size of a page on padding would cost more memory than time.
 */
#include <config.h>

#include <alcove/malloc.h>

#include "../core/pad.h"
#include "../os/errno.h"
#include "absent.h"
#include "heap.h"

#if ALCOVE_HAVE_MALLOC

#    include <stdlib.h>
#    include <string.h>
#    if ALCOVE_MEMALIGN
#        include <malloc.h>
#    endif

enum { MALLOC_PLAIN = ALCOVE_PLAIN_ALIGN, MALLOC_PAGED = 4096 };

static bool
malloc_is_plain(struct alcove_layout l)
{
    return l.align <= MALLOC_PLAIN;
}

#    if ALCOVE_POSIX_MEMALIGN || ALCOVE_ALIGNED_ALLOC || ALCOVE_MEMALIGN
#        define HAVE_PAGED 1
#    else
#        define HAVE_PAGED 0
#    endif

static bool
is_paged(struct alcove_layout l)
{
    return HAVE_PAGED && l.align >= MALLOC_PAGED;
}

/* The alignment is a multiple of sizeof(void *) here, and the size of the
 * alignment: all three take that. Returns NULL and an errno value. */
static void *
paged(struct alcove_layout l, int *os_error)
{
    struct alcove_layout whole = alcove_layout_pad_to_align(l);
    void *p = NULL;

#    if ALCOVE_POSIX_MEMALIGN
    *os_error = posix_memalign(&p, whole.align, whole.size);
    return *os_error == 0 ? p : NULL;
#    else
    alcove_errno_set(0);
#        if ALCOVE_ALIGNED_ALLOC
    p = aligned_alloc(whole.align, whole.size);
#        elif ALCOVE_MEMALIGN
    p = memalign(whole.align, whole.size);
#        else
    (void)whole;
#        endif
    *os_error = alcove_errno();
    return p;
#    endif
}

/* Apart, so that the registers for it are not saved before each malloc. ENOMEM
 * is all that POSIX has for a malloc that fails, and not every one sets it. */
static ALCOVE_COLD ALCOVE_NOINLINE void *
malloc_refuse(struct alcove_layout l, struct alcove_error *err)
{
    return alcove_heap_refuse(alcove_malloc(), l, ENOMEM, err);
}

/* In the following malloc and calloc may set errno although they succeed. The
 * functions take the same parameters as the operation, which therefore saves
 * no registers on its way to one of them. */

static ALCOVE_NOINLINE void *
plain_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    int saved = alcove_errno();
    void *p = malloc(alcove_pad_raised_size(l));

    (void)a;
    if (!p)
        return malloc_refuse(l, err);
    alcove_errno_set(saved);
    return p;
}

/* A larger block that is no valid size is refused without asking malloc:
 * Valgrind takes such a question for a bug. */
static ALCOVE_NOINLINE void *
padded_alloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    int saved = alcove_errno();
    size_t size = alcove_pad_size(l);
    void *p;

    (void)a;
    if (size > ALCOVE_SIZE_MAX)
        return malloc_refuse(l, err);
    p = malloc(size);
    if (!p)
        return malloc_refuse(l, err);
    alcove_errno_set(saved);
    return alcove_pad_place(p, l);
}

static ALCOVE_NOINLINE void *
paged_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    int saved = alcove_errno(), os_error;
    void *p = paged(l, &os_error);

    if (!p)
        return alcove_heap_refuse(a, l, os_error, err);
    alcove_errno_set(saved);
    return p;
}

static void *
malloc_alloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    if (malloc_is_plain(l))
        return plain_alloc(a, l, err);
    return is_paged(l) ? paged_alloc(a, l, err) : padded_alloc(a, l, err);
}

static void *
malloc_zalloc(struct alcove_allocator *a, struct alcove_layout l,
              struct alcove_error *err)
{
    int saved = alcove_errno();
    size_t size =
        malloc_is_plain(l) ? alcove_pad_raised_size(l) : alcove_pad_size(l);
    void *p;

    if (is_paged(l)) {
        p = paged_alloc(a, l, err);
        return p ? memset(p, 0, l.size) : NULL;
    }
    if (size > ALCOVE_SIZE_MAX)
        return malloc_refuse(l, err);
    p = calloc(1, size);
    if (!p)
        return malloc_refuse(l, err);
    alcove_errno_set(saved);
    return malloc_is_plain(l) ? p : alcove_pad_place(p, l);
}

static bool
malloc_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
               struct alcove_error *err)
{
    (void)a;
    (void)err;
    alcove_heap_free(malloc_is_plain(l) || is_paged(l) ? p
                                                       : *alcove_pad_base(p));
    return true;
}

/* realloc keeps no alignment but malloc's own (measured: 72 of 200 blocks of
 * glibc's posix_memalign lost theirs). A smaller block that realloc refuses to
 * make smaller serves as it is: free asks for no size. */
static void *
malloc_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
               struct alcove_layout new_, struct alcove_error *err)
{
    int saved = alcove_errno();
    void *q;

    if (!malloc_is_plain(old) || !malloc_is_plain(new_))
        return alcove_realloc_by_copy(a, p, old, new_, err);
    alcove_errno_set(0);
    q = realloc(p, alcove_pad_raised_size(new_));
    if (!q && alcove_pad_raised_size(new_) <= alcove_pad_raised_size(old))
        q = p;
    if (!q)
        return alcove_heap_refuse(a, new_, alcove_errno(), err);
    alcove_errno_set(saved);
    return q;
}

bool
alcove_malloc_is_plain(struct alcove_layout l)
{
    return alcove_layout_is_block(l) && malloc_is_plain(l);
}

struct alcove_allocator *
alcove_malloc(void)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "malloc",
        .alloc = malloc_alloc,
        .dealloc = malloc_dealloc,
        .zalloc = malloc_zalloc,
        .realloc = malloc_realloc,
    };
    static struct alcove_allocator allocator = {
        &ops, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |
                  ALCOVE_CAN_REALLOC | ALCOVE_CAN_TEMP | ALCOVE_CAN_THREADS |
                  ALCOVE_CAN_ZERO};

    return &allocator;
}

#else

ALCOVE_ABSENT(alcove_malloc, "malloc")

bool
alcove_malloc_is_plain(struct alcove_layout l)
{
    (void)l;
    return false;
}

#endif
