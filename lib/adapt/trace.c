/* SPDX-License-Identifier: MIT */
/* A callback for each operation.
 *
 * The parent is asked first, with a place for its error whether the caller has
 * one or not; then the event is told. The caller's address can be had only in
 * the operation itself. */
#include <config.h>

#include <alcove/trace.h>

#include "../os/backtrace.h"
#include "adapt.h"

#include <errno.h>

static struct alcove_trace *
trace_self(struct alcove_allocator *a)
{
    return (struct alcove_trace *)(void *)a;
}

/* A scope that the callback opens ends before it returns: there is no end of a
 * scope without its beginning. */
static void
trace_tell(struct alcove_trace *t, struct alcove_trace_event *event)
{
    int saved = errno;

    if (t->busy)
        return;
    event->struct_size = sizeof *event;
    event->number = ++t->number;
    t->busy = true;
    t->fn(event, t->arg);
    t->busy = false;
    errno = saved;
}

static void
tell_refused(struct alcove_trace *t, struct alcove_trace_event *event,
             const struct alcove_error *err)
{
    event->code = err->code;
    event->cause = err->cause;
    event->error = err;
    trace_tell(t, event);
}

static void
tell_how(struct alcove_trace *t, struct alcove_trace_event *event,
         const struct alcove_error *err)
{
    if (event->done)
        trace_tell(t, event);
    else
        tell_refused(t, event, err);
}

/* ---- the operations ---- */

static void *
trace_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    struct alcove_trace *t = trace_self(a);
    struct alcove_error own;
    struct alcove_error *why = err ? err : &own;
    void *p = t->parent->ops->alloc(t->parent, l, why);
    struct alcove_trace_event event = {
        .op = ALCOVE_TRACE_ALLOC,
        .done = p != NULL,
        .layout = l,
        .result = p,
        .caller = ALCOVE_CALLER(),
    };

    tell_how(t, &event, why);
    return p;
}

static void *
trace_zalloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    struct alcove_trace *t = trace_self(a);
    struct alcove_error own;
    struct alcove_error *why = err ? err : &own;
    void *p = alcove_zalloc(t->parent, l, why);
    struct alcove_trace_event event = {
        .op = ALCOVE_TRACE_ZALLOC,
        .done = p != NULL,
        .layout = l,
        .result = p,
        .caller = ALCOVE_CALLER(),
    };

    tell_how(t, &event, why);
    return p;
}

static bool
trace_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
              struct alcove_error *err)
{
    struct alcove_trace *t = trace_self(a);
    struct alcove_error own;
    struct alcove_error *why = err ? err : &own;
    struct alcove_trace_event event = {
        .op = ALCOVE_TRACE_DEALLOC,
        .done = t->parent->ops->dealloc(t->parent, p, l, why),
        .layout = l,
        .block = p,
        .caller = ALCOVE_CALLER(),
    };

    tell_how(t, &event, why);
    return event.done;
}

static bool
trace_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_)
{
    bool done = alcove_resize(alcove_adapt_parent(a), p, old, new_);
    struct alcove_trace_event event = {
        .op = ALCOVE_TRACE_RESIZE,
        .done = done,
        .layout = new_,
        .old = old,
        .block = p,
        .result = done ? p : NULL,
        .caller = ALCOVE_CALLER(),
    };

    trace_tell(trace_self(a), &event);
    return done;
}

static void *
trace_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    struct alcove_trace *t = trace_self(a);
    struct alcove_error own;
    struct alcove_error *why = err ? err : &own;
    void *changed = alcove_realloc(t->parent, p, old, new_, why);
    struct alcove_trace_event event = {
        .op = ALCOVE_TRACE_REALLOC,
        .done = changed != NULL,
        .layout = new_,
        .old = old,
        .block = p,
        .result = changed,
        .caller = ALCOVE_CALLER(),
    };

    tell_how(t, &event, why);
    return changed;
}

/* ---- scoped blocks ---- */

struct trace_scope {
    struct alcove_trace *t;
    alcove_temp_fn *fn;
    void *arg;
    struct alcove_trace_event event; /* what begin and end have in common */
};

static void
trace_leave(void *arg)
{
    struct trace_scope *s = arg;

    s->event.op = ALCOVE_TRACE_TEMP_END;
    s->event.block = s->event.result;
    s->event.result = NULL;
    trace_tell(s->t, &s->event);
}

static void
trace_enter(void *mem, void *arg)
{
    struct trace_scope *s = arg;

    s->event.done = true;
    s->event.result = mem;
    trace_tell(s->t, &s->event);
    alcove_temp_call(s->fn, mem, s->arg, trace_leave, s);
}

static bool
trace_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                 alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    struct alcove_error own;
    struct alcove_error *why = err ? err : &own;
    struct trace_scope s = {
        .t = trace_self(a),
        .fn = fn,
        .arg = arg,
        .event =
            {
                .op = ALCOVE_TRACE_TEMP_BEGIN,
                .layout = l,
                .caller = ALCOVE_CALLER(),
            },
    };

    if (alcove_alloc_temp(s.t->parent, l, trace_enter, &s, why))
        return true;
    tell_refused(s.t, &s.event, why);
    return false;
}

/* ---- init ---- */

bool
alcove_trace_init(struct alcove_trace *trace, struct alcove_allocator *parent,
                  alcove_trace_fn *fn, void *arg, struct alcove_error *err)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "trace",
        .alloc = trace_alloc,
        .dealloc = trace_dealloc,
        .zalloc = trace_zalloc,
        .resize = trace_resize,
        .realloc = trace_realloc,
        .owns = alcove_adapt_owns,
        .usable_size = alcove_adapt_usable_size,
        .alloc_temp = trace_alloc_temp,
    };

    if (!alcove_adapt_may_wrap(&trace->allocator, parent, ops.name, err))
        return false;
    if (!fn)
        return alcove_adapt_refuse(ops.name, "there is no function to call",
                                   err);

    trace->allocator.ops = &ops;
    trace->allocator.features =
        parent->features & ~(unsigned)ALCOVE_CAN_THREADS;
    trace->parent = parent;
    trace->fn = fn;
    trace->arg = arg;
    trace->number = 0;
    trace->busy = false;
    return true;
}

const char *
alcove_trace_op_name(enum alcove_trace_op op)
{
    switch (op) {
#define ALCOVE_X(name, text)                                                   \
    case ALCOVE_TRACE_##name:                                                  \
        return text;
        ALCOVE_TRACE_OPS(ALCOVE_X)
#undef ALCOVE_X
    default:
        return "?";
    }
}
