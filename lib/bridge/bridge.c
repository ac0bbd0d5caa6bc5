/* SPDX-License-Identifier: MIT */
/* What all bridges are made of: the choice, the books, and the handlers.
 *
 * An error is in the books before a handler hears of it: that need not return.
 */
#include <config.h>

#include <alcove/bridge.h>

#include "../core/pad.h"
#include "../os/atomic.h"
#include "../os/tools.h"
#include "bridge.h"

#include <errno.h>
#include <string.h>

/* ---- the books ---- */

/* Who comes while another writes leaves that error standing. */
static void
note(struct alcove_bridge *b, size_t *counter, const struct alcove_error *err)
{
    alcove_atomic_count(counter);
    if (!alcove_atomic_take(&b->telling))
        return;
    b->last = *err;
    alcove_atomic_set(&b->telling, 0);
}

/* What the header codec has found is the bridge's own finding. */
static void
bridge_name(const struct alcove_bridge *b, struct alcove_error *err)
{
    if (!err->allocator || strcmp(err->allocator, "thin") == 0)
        err->allocator = b->name;
}

/* Nobody waits for long: the other thread copies a struct. But in the child of
 * a fork there may be no other thread any more. */
void
alcove_bridge_report(struct alcove_bridge *bridge,
                     struct alcove_bridge_account *out)
{
    static const struct alcove_error none;
    unsigned patience = 1000000;

    out->refused = alcove_atomic_read(&bridge->refused);
    out->wrong = alcove_atomic_read(&bridge->wrong);
    out->last = none;
    while (!alcove_atomic_take(&bridge->telling))
        if (--patience == 0)
            return;
    out->last = bridge->last;
    alcove_atomic_set(&bridge->telling, 0);
}

/* ---- refusals ---- */

static bool
bridge_is_wrong(enum alcove_code code)
{
    return code == ALCOVE_ERR_NOT_OWNED || code == ALCOVE_ERR_CORRUPT ||
           code == ALCOVE_ERR_LAYOUT_MISMATCH;
}

/* May it be different the next time? */
static bool
may_pass(enum alcove_code code)
{
    return code == ALCOVE_ERR_ALLOC_FAILED || code == ALCOVE_ERR_LOCK ||
           code == ALCOVE_ERR_OTHER;
}

ALCOVE_COLD ALCOVE_NOINLINE void
alcove_bridge_complain(struct alcove_bridge *b, struct alcove_error *err,
                       int saved)
{
    bridge_name(b, err);
    note(b, &b->wrong, err);
    if (b->on_wrong)
        b->on_wrong(err, b->arg);
    errno = saved;
}

ALCOVE_COLD ALCOVE_NOINLINE bool
alcove_bridge_refuse(struct alcove_bridge *b, struct alcove_error *err,
                     int saved)
{
    bool again;

    if (bridge_is_wrong(err->code))
        alcove_bridge_complain(b, err, saved);
    bridge_name(b, err);
    note(b, &b->refused, err);
    again = b->on_oom && b->on_oom(err, b->arg) && may_pass(err->code);
    errno = again ? saved : ENOMEM;
    return again;
}

void *
alcove_bridge_refuse_negative(struct alcove_bridge *b, intmax_t size)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_EXCEEDS_MAX,
        .layout = {(size_t)size, b->align},
        .allocator = b->name,
        .detail = "the size is negative",
    };

    (void)alcove_bridge_refuse(b, &what, errno);
    return NULL;
}

/* ---- the choice ---- */

static bool
refuse_option(const char *who, const char *detail, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_OTHER,
        .cause = ALCOVE_CAUSE_OTHER,
        .os_error = EINVAL,
        .allocator = who,
        .detail = detail,
    };

    return alcove_error_set(err, &what);
}

static bool
refuse_allocator(const char *who, const char *detail, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_UNSUPPORTED,
        .allocator = who,
        .detail = detail,
    };

    return alcove_error_set(err, &what);
}

static bool
may_serve(const struct alcove_allocator *a, const char *who, bool several,
          struct alcove_error *err)
{
    const unsigned both = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC;

    if ((a->features & both) != both)
        return refuse_allocator(
            who, "the allocator cannot allocate, or accepts no release", err);
    if (several && !(a->features & ALCOVE_CAN_THREADS))
        return refuse_allocator(
            who,
            "the library calls from several threads, which must not share this "
            "allocator: put alcove_locked in between",
            err);
    return true;
}

static bool
are_sound(const struct alcove_bridge_options *options, struct alcove_error *err)
{
    if (options->struct_size < sizeof *options)
        return refuse_option("bridge",
                             "struct_size of the options is too small", err);
    if ((unsigned)options->zero > ALCOVE_BRIDGE_ZERO_FREE)
        return refuse_option("bridge", "options->zero is none of the constants",
                             err);
    if ((unsigned)options->threads > ALCOVE_BRIDGE_THREADS_SEVERAL)
        return refuse_option("bridge",
                             "options->threads is none of the constants", err);
    return true;
}

bool
alcove_bridge_make(struct alcove_bridge *bridge, struct alcove_allocator *a,
                   const struct alcove_bridge_options *options,
                   enum alcove_bridge_threads usual, struct alcove_error *err)
{
    static const struct alcove_bridge_options nothing = {
        .struct_size = sizeof nothing,
    };
    static const struct alcove_bridge fresh;
    struct alcove_layout l = {1, ALCOVE_PLAIN_ALIGN};
    enum alcove_bridge_threads threads;
    const char *who;

    if (!options)
        options = &nothing;
    if (!are_sound(options, err))
        return false;
    who = options->name ? options->name : "bridge";
    if (!a)
        return refuse_option(who, "there is no allocator", err);
    threads = options->threads != ALCOVE_BRIDGE_THREADS_USUAL ? options->threads
                                                              : usual;
    if (!may_serve(a, who, threads == ALCOVE_BRIDGE_THREADS_SEVERAL, err))
        return false;
    if (options->align != 0 && !alcove_layout_make(1, options->align, &l, err))
        return false;
    *bridge = fresh;
    bridge->allocator = a;
    bridge->name = who;
    bridge->zero = options->zero;
    bridge->align = l.align < ALCOVE_PLAIN_ALIGN ? ALCOVE_PLAIN_ALIGN : l.align;
    bridge->on_oom = options->on_oom;
    bridge->on_wrong = options->on_wrong;
    bridge->arg = options->arg;
    return true;
}

bool
alcove_bridge_init(struct alcove_bridge *bridge, struct alcove_allocator *a,
                   const struct alcove_bridge_options *options,
                   struct alcove_error *err)
{
    if (!alcove_bridge_make(bridge, a, options, ALCOVE_BRIDGE_THREADS_ONE, err))
        return false;
    alcove_tools_atomic(bridge, sizeof *bridge);
    return true;
}
