/* SPDX-License-Identifier: MIT */
/* Scoped blocks in the caller's stack.
 *
 * The fast paths look at two numbers of the cached span: is the frame inside,
 * and is there room below it? Unsigned comparisons answer for foreign stacks,
 * for a span that is not known yet, and for sums that overflow, all at once;
 * whatever they refuse is judged in full by the slow path.
 *
 * A function that places a block must be a real call, with something to do
 * after the callback: inlined into a loop, alloca would grow the loop's frame.
 * Since the whole block has been shown to lie inside the stack, probing its
 * pages for the guard page would find nothing, at 10 ns a page from 32 KiB on;
 * and nothing is written here that a stack protector could guard.
 */
#include <config.h>

#include "stack.h"

#include "absent.h"

#if ALCOVE_HAVE_STACK

/* What was asked for, on its way to the slow path. */
struct stack_request {
    struct alcove_layout layout;
    alcove_temp_fn *fn;
    void *arg;
    size_t max_block;
    size_t reserve; /* 0: the usual */
};

/* ---- the slow path ---- */

ALCOVE_PLACES_BLOCK static void
stack_place(const struct stack_request *r, size_t need)
{
    ALCOVE_PLACE(need, r->layout.align - 1, r->fn, r->arg);
}

static bool
stack_refuse(const struct stack_request *r, struct alcove_stackroom room,
             struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_ALLOC_FAILED,
        .cause = ALCOVE_CAUSE_STACK,
        .layout = r->layout,
        .limit = room.usable,
        .allocator = "stack",
    };

    if (!room.known) {
        what.detail = "the bounds of the running stack are not known";
    } else if (r->layout.size > r->max_block) {
        what.cause = ALCOVE_CAUSE_LIMIT;
        what.limit = r->max_block;
        what.detail = "that is the most for one block on the stack";
    }
    return alcove_error_set(err, &what);
}

/* Serve the request if that can be. If not, `*room` is what there is. */
static bool
stack_serve(const struct stack_request *r, struct alcove_stackroom *room)
{
    size_t need = r->layout.size + (r->layout.align - 1);

    bool too_large = r->layout.size > r->max_block;

    *room =
        alcove_stackspan_room(ALCOVE_FRAME, too_large ? 0 : need, r->reserve);
    if (too_large || need > room->usable)
        return false;
    stack_place(r, need);
    return true;
}

static ALCOVE_NOINLINE bool
stack_judge(const struct stack_request *r, struct alcove_error *err)
{
    struct alcove_error what;
    struct alcove_layout l = r->layout;
    struct alcove_stackroom room;

    if (!alcove_layout_make(l.size, l.align, &l, &what)) {
        what.allocator = "stack";
        return alcove_error_set(err, &what);
    }
    if (l.size == 0) {
        r->fn(alcove_layout_dangling(l), r->arg);
        return true;
    }
    if (stack_serve(r, &room))
        return true;
    return stack_refuse(r, room, err);
}

static ALCOVE_NOINLINE bool
judge_default(size_t align, void *arg, alcove_temp_fn *fn, size_t size,
              struct alcove_error *err)
{
    struct stack_request r = {
        {size, align}, fn, arg, ALCOVE_STACK_MAX_BLOCK, 0};

    return stack_judge(&r, err);
}

/* ---- the fast paths ---- */

/* Each condition is a statement of its own, or gcc computes several and joins
 * them; and alcove_stackspan_here.low is read once. Size 0, alignment 0, and
 * all that is too large for `need` to be certain fail the second one of _any,
 * as the limit is a power of two. */
ALCOVE_PLACES_BLOCK ALCOVE_WRAPS bool
alcove_stack_temp_any(size_t align, void *arg, alcove_temp_fn *fn, size_t size,
                      struct alcove_error *err)
{
    size_t below = align - 1, need;
    uintptr_t above;

    if (ALCOVE_UNLIKELY((align & below) != 0))
        goto slow;
    if (ALCOVE_UNLIKELY(((size - 1) | below) >= ALCOVE_STACK_MAX_BLOCK))
        goto slow;
    need = size + below;
    above = ALCOVE_ABOVE;
    if (ALCOVE_UNLIKELY(!ALCOVE_FITS(need, above)))
        goto slow;
    ALCOVE_PLACE(need, below, fn, arg);
    return true;
slow:
    return judge_default(align, arg, fn, size, err);
}

/* Where the ABI keeps the stack aligned to 16, nothing has to be aligned. */
ALCOVE_PLACES_BLOCK ALCOVE_WRAPS bool
alcove_stack_temp_16(size_t align, void *arg, alcove_temp_fn *fn, size_t size,
                     struct alcove_error *err)
{
#    if ALCOVE_ALLOCA_WITH_ALIGN && (defined __x86_64__ || defined __aarch64__)
    uintptr_t above;

    if (ALCOVE_UNLIKELY(size - 1 >= ALCOVE_STACK_MAX_BLOCK))
        goto slow;
    above = ALCOVE_ABOVE;
    if (ALCOVE_UNLIKELY(!ALCOVE_FITS(size, above)))
        goto slow;
    ALCOVE_PLACE(size, 0, fn, arg);
    return true;
slow:
    return judge_default(align, arg, fn, size, err);
#    else
    return alcove_stack_temp_any(align, arg, fn, size, err);
#    endif
}

/* Through the interface the layout is valid already, and not of size 0. */
ALCOVE_PLACES_BLOCK ALCOVE_WRAPS static bool
stack_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                 alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    size_t below = l.align - 1, need = l.size + below;
    uintptr_t above = ALCOVE_ABOVE;

    (void)a;
    if (ALCOVE_UNLIKELY(l.size > ALCOVE_STACK_MAX_BLOCK ||
                        !ALCOVE_FITS(need, above)))
        return judge_default(l.align, arg, fn, l.size, err);
    ALCOVE_PLACE(need, below, fn, arg);
    return true;
}

bool
alcove_stack_try(struct alcove_layout l, alcove_temp_fn *fn, void *arg)
{
    struct stack_request r = {l, fn, arg, ALCOVE_STACK_MAX_BLOCK, 0};
    struct alcove_stackroom room;

    return stack_serve(&r, &room);
}

bool
alcove_stack_refuse(struct alcove_layout l, struct alcove_error *err)
{
    const struct stack_request r = {l, NULL, NULL, ALCOVE_STACK_MAX_BLOCK, 0};

    return stack_refuse(&r, alcove_stackspan_room(ALCOVE_FRAME, 0, 0), err);
}

/* Limits of one's own always take the slow path: it costs a few calls more. */
static bool
limited_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                   alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    const struct alcove_stack *s = (const struct alcove_stack *)a;
    struct stack_request r = {l, fn, arg, s->max_block, s->reserve};

    return stack_judge(&r, err);
}

static const struct alcove_ops default_ops = {
    .struct_size = sizeof default_ops,
    .name = "stack",
    .alloc = alcove_unsupported_alloc,
    .dealloc = alcove_unsupported_dealloc,
    .alloc_temp = stack_alloc_temp,
};

static const struct alcove_ops limited_ops = {
    .struct_size = sizeof limited_ops,
    .name = "stack",
    .alloc = alcove_unsupported_alloc,
    .dealloc = alcove_unsupported_dealloc,
    .alloc_temp = limited_alloc_temp,
};

struct alcove_allocator *
alcove_stack(void)
{
    static struct alcove_allocator stack = {
        &default_ops, ALCOVE_CAN_TEMP | ALCOVE_CAN_THREADS};

    return &stack;
}

void
alcove_stack_init(struct alcove_stack *stack, size_t max_block, size_t reserve)
{
    stack->allocator.ops = &limited_ops;
    stack->allocator.features = ALCOVE_CAN_TEMP | ALCOVE_CAN_THREADS;
    stack->max_block = max_block != 0 ? max_block : ALCOVE_STACK_MAX_BLOCK;
    stack->reserve = reserve;
}

#else

ALCOVE_ABSENT(alcove_stack, "stack")

static bool
stack_refuse(struct alcove_layout l, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_UNSUPPORTED,
        .layout = l,
        .allocator = "stack",
        .detail = "this library has no stack allocator",
    };

    return alcove_error_set(err, &what);
}

bool
alcove_stack_temp_any(size_t align, void *arg, alcove_temp_fn *fn, size_t size,
                      struct alcove_error *err)
{
    struct alcove_layout l = {size, align};

    if (!alcove_layout_make(l.size, l.align, &l, err))
        return false;
    if (l.size != 0)
        return stack_refuse(l, err);
    fn(alcove_layout_dangling(l), arg);
    return true;
}

bool
alcove_stack_temp_16(size_t align, void *arg, alcove_temp_fn *fn, size_t size,
                     struct alcove_error *err)
{
    return alcove_stack_temp_any(align, arg, fn, size, err);
}

void
alcove_stack_init(struct alcove_stack *stack, size_t max_block, size_t reserve)
{
    stack->allocator = *alcove_stack();
    stack->max_block = max_block != 0 ? max_block : ALCOVE_STACK_MAX_BLOCK;
    stack->reserve = reserve;
}

#endif
