/* SPDX-License-Identifier: MIT */
/* posix_memalign, aligned_alloc and _aligned_malloc, each with its own rules
 * kept. */
#include <config.h>

#include <alcove/aligned.h>

#include "../os/errno.h"
#include "absent.h"
#include "heap.h"

#include <stdlib.h>
#if ALCOVE_HAVE_ALIGNED_MALLOC
#    include <malloc.h>
#endif

#define ALIGNED_FEATURES                                                       \
    (ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |              \
     ALCOVE_CAN_TEMP | ALCOVE_CAN_THREADS)

#if ALCOVE_HAVE_POSIX_MEMALIGN || ALCOVE_HAVE_ALIGNED_ALLOC
static bool
aligned_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                struct alcove_error *err)
{
    (void)a;
    (void)l;
    (void)err;
    alcove_heap_free(p);
    return true;
}
#endif

#if ALCOVE_HAVE_POSIX_MEMALIGN

static void *
posix_memalign_alloc(struct alcove_allocator *a, struct alcove_layout l,
                     struct alcove_error *err)
{
    struct alcove_layout fit;
    void *p = NULL;
    int saved = alcove_errno(), failed;

    if (!alcove_layout_to_posix_memalign(l, &fit, err))
        return NULL;
    failed = posix_memalign(&p, fit.align, fit.size);
    alcove_errno_set(saved); /* which it may leave alone or set */
    if (failed != 0)
        return alcove_heap_refuse(a, l, failed, err);
    return p;
}

struct alcove_allocator *
alcove_posix_memalign(void)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "posix_memalign",
        .alloc = posix_memalign_alloc,
        .dealloc = aligned_dealloc,
    };
    static struct alcove_allocator allocator = {&ops, ALIGNED_FEATURES};

    return &allocator;
}

#else
ALCOVE_ABSENT(alcove_posix_memalign, "posix_memalign")
#endif

#if ALCOVE_HAVE_ALIGNED_ALLOC

static void *
aligned_alloc_alloc(struct alcove_allocator *a, struct alcove_layout l,
                    struct alcove_error *err)
{
    struct alcove_layout fit;
    int saved = alcove_errno();
    void *p;

    if (!alcove_layout_to_aligned_alloc(l, &fit, err))
        return NULL;
    alcove_errno_set(0);
    p = aligned_alloc(fit.align, fit.size);
    if (!p)
        return alcove_heap_refuse(a, l, alcove_errno(), err);
    alcove_errno_set(saved);
    return p;
}

struct alcove_allocator *
alcove_aligned_alloc(void)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "aligned_alloc",
        .alloc = aligned_alloc_alloc,
        .dealloc = aligned_dealloc,
    };
    static struct alcove_allocator allocator = {&ops, ALIGNED_FEATURES};

    return &allocator;
}

#else
ALCOVE_ABSENT(alcove_aligned_alloc, "aligned_alloc")
#endif

#if ALCOVE_HAVE_ALIGNED_MALLOC

static void *
aligned_malloc_alloc(struct alcove_allocator *a, struct alcove_layout l,
                     struct alcove_error *err)
{
    int saved = alcove_errno();
    void *p = _aligned_malloc(l.size, l.align);

    if (!p)
        return alcove_heap_refuse(a, l, ENOMEM, err);
    alcove_errno_set(saved);
    return p;
}

static bool
aligned_malloc_dealloc(struct alcove_allocator *a, void *p,
                       struct alcove_layout l, struct alcove_error *err)
{
    int saved = alcove_errno();

    (void)a;
    (void)l;
    (void)err;
    _aligned_free(p);
    alcove_errno_set(saved);
    return true;
}

/* _aligned_realloc keeps the alignment that the block has. */
static void *
aligned_malloc_realloc(struct alcove_allocator *a, void *p,
                       struct alcove_layout old, struct alcove_layout new_,
                       struct alcove_error *err)
{
    int saved = alcove_errno();
    void *q;

    if (new_.align != old.align)
        return alcove_realloc_by_copy(a, p, old, new_, err);
    q = _aligned_realloc(p, new_.size, new_.align);
    if (!q)
        return alcove_heap_refuse(a, new_, ENOMEM, err);
    alcove_errno_set(saved);
    return q;
}

struct alcove_allocator *
alcove_aligned_malloc(void)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "aligned_malloc",
        .alloc = aligned_malloc_alloc,
        .dealloc = aligned_malloc_dealloc,
        .realloc = aligned_malloc_realloc,
    };
    static struct alcove_allocator allocator = {&ops, ALIGNED_FEATURES |
                                                          ALCOVE_CAN_REALLOC};

    return &allocator;
}

#else
ALCOVE_ABSENT(alcove_aligned_malloc, "aligned_malloc")
#endif
