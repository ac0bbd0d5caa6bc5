/* SPDX-License-Identifier: MIT */
/* Temporaries on the stack when they fit, else on the heap; everything else is
 * the heap's. */
#include <config.h>

#include <alcove/scratch.h>

#include <alcove/malloc.h>

#include "../os/env.h"
#include "stack.h"

#include <string.h>

/* ALCOVE_SCRATCH=heap or stack, read once. Threads may read it at the same
 * time: all find the same, and an int is written whole. */
enum { UNREAD, EITHER, HEAP, STACK };

#if ALCOVE_HAVE_STACK

static int mode = UNREAD;

static int
allowed(void)
{
    if (ALCOVE_LOAD(mode) == UNREAD) {
        const char *value = alcove_env("ALCOVE_SCRATCH");

        ALCOVE_STORE(mode, !value                        ? EITHER
                           : strcmp(value, "heap") == 0  ? HEAP
                           : strcmp(value, "stack") == 0 ? STACK
                                                         : EITHER);
    }
    return ALCOVE_LOAD(mode);
}

/* When it is not plain that the block fits. Where the heap is not allowed, or
 * there is none, the stack says why not. */
static ALCOVE_NOINLINE bool
scratch_judge(struct alcove_layout l, alcove_temp_fn *fn, void *arg,
              struct alcove_error *err)
{
    if (allowed() != HEAP && alcove_stack_try(l, fn, arg))
        return true;
    return alcove_alloc_temp(ALCOVE_HAVE_MALLOC && allowed() != STACK
                                 ? alcove_malloc()
                                 : alcove_stack(),
                             l, fn, arg, err);
}

ALCOVE_PLACES_BLOCK ALCOVE_WRAPS static bool
scratch_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                   alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    size_t below = l.align - 1, need = l.size + below;
    uintptr_t above = ALCOVE_ABOVE;

    (void)a;
    if (ALCOVE_UNLIKELY(ALCOVE_LOAD(mode) != EITHER))
        return scratch_judge(l, fn, arg, err);
    if (ALCOVE_UNLIKELY(l.size > ALCOVE_STACK_MAX_BLOCK ||
                        !ALCOVE_FITS(need, above)))
        return scratch_judge(l, fn, arg, err);
    ALCOVE_PLACE(need, below, fn, arg);
    return true;
}

#else

static bool
scratch_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                   alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    (void)a;
    return alcove_alloc_temp(alcove_malloc(), l, fn, arg, err);
}

#endif

static void *
scratch_alloc(struct alcove_allocator *a, struct alcove_layout l,
              struct alcove_error *err)
{
    (void)a;
    return alcove_alloc(alcove_malloc(), l, err);
}

static void *
scratch_zalloc(struct alcove_allocator *a, struct alcove_layout l,
               struct alcove_error *err)
{
    (void)a;
    return alcove_zalloc(alcove_malloc(), l, err);
}

static bool
scratch_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                struct alcove_error *err)
{
    (void)a;
    return alcove_dealloc(alcove_malloc(), p, l, err);
}

static void *
scratch_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
                struct alcove_layout new_, struct alcove_error *err)
{
    (void)a;
    return alcove_realloc(alcove_malloc(), p, old, new_, err);
}

struct alcove_allocator *
alcove_scratch(void)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "scratch",
        .alloc = scratch_alloc,
        .dealloc = scratch_dealloc,
        .zalloc = scratch_zalloc,
        .realloc = scratch_realloc,
        .alloc_temp = scratch_alloc_temp,
    };
    static struct alcove_allocator scratch = {
        &ops,
#if ALCOVE_HAVE_MALLOC
        ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |
            ALCOVE_CAN_REALLOC | ALCOVE_CAN_ZERO |
#endif
#if ALCOVE_HAVE_MALLOC || ALCOVE_HAVE_STACK
            ALCOVE_CAN_TEMP |
#endif
            ALCOVE_CAN_THREADS
    };

    return &scratch;
}

/* ---- without a callback ---- */

void *
alcove_scratch_on_heap(struct alcove_scratch_block *block,
                       struct alcove_layout l, struct alcove_error *err)
{
    block->layout = l;
    block->block = alcove_alloc(alcove_malloc(), l, err);
    block->on_heap = block->block != NULL;
    return block->block;
}

/* The frame here is below the caller's, where the block is going to be: what
 * fits below this one fits there. */
ALCOVE_WRAPS bool
alcove_scratch_begin(struct alcove_scratch_block *block, struct alcove_layout l,
                     struct alcove_error *err)
{
#if ALCOVE_HAVE_STACK
    size_t need = l.size + (l.align - 1);
    uintptr_t above = ALCOVE_ABOVE;

    if (alcove_layout_is_block(l) && l.size <= ALCOVE_STACK_MAX_BLOCK &&
        allowed() != HEAP &&
        (ALCOVE_FITS(need, above) ||
         alcove_stackspan_room(ALCOVE_FRAME, need, 0).usable >= need)) {
        block->layout = l;
        block->need = need;
        block->on_heap = false;
        return true;
    }
    if (alcove_layout_is_block(l) && allowed() == STACK) {
        *block = (struct alcove_scratch_block){.layout = l};
        return alcove_stack_refuse(l, err);
    }
#endif
    (void)alcove_scratch_on_heap(block, l, err);
    return false;
}

void
alcove_scratch_release(struct alcove_scratch_block *block)
{
    struct alcove_error ignored;

    if (block->on_heap)
        (void)alcove_dealloc(alcove_malloc(), block->block, block->layout,
                             &ignored);
    block->on_heap = false;
}
