/* SPDX-License-Identifier: MIT */
/* A quota on live bytes and blocks.
 *
 * A request takes what it needs from what is left before the parent is asked,
 * and puts it back if that refuses: whatever comes in between (a hook of the
 * parent's may use this limit) does not find the same room again. A release
 * puts back when the parent has taken the block. */
#include <config.h>

#include <alcove/limit.h>

#include "../core/libc.h"
#include "adapt.h"

static const char limit_name[] = "limit";

static struct alcove_limit *
limit_self(struct alcove_allocator *a)
{
    return (struct alcove_limit *)(void *)a;
}

/* ---- the books ---- */

static void
limit_put_back(struct alcove_limit *limit, size_t bytes, size_t blocks)
{
    limit->bytes_left += (int64_t)bytes;
    limit->blocks_left += (int64_t)blocks;
}

/* False if there is not so much: then `undo` must follow. Signed numbers are
 * compared by taking from them: gcc 12 spends two instructions on each, and
 * five where it compares first, or could undo it here. */
static bool
limit_take(struct alcove_limit *limit, size_t bytes, size_t blocks)
{
    limit->bytes_left -= (int64_t)bytes;
    if (ALCOVE_UNLIKELY(limit->bytes_left < 0))
        return false;
    limit->blocks_left -= (int64_t)blocks;
    return ALCOVE_LIKELY(limit->blocks_left >= 0);
}

/* Without bytes it has taken no blocks. */
static void
undo(struct alcove_limit *limit, size_t bytes, size_t blocks)
{
    limit_put_back(limit, bytes, limit->bytes_left < 0 ? 0 : blocks);
}

/* After `limit_take` for this request: of bytes, or of a block that is not
 * there. */
static ALCOVE_COLD ALCOVE_NOINLINE bool
limit_refuse(struct alcove_limit *limit, struct alcove_layout l,
             struct alcove_layout old, struct alcove_error *err)
{
    bool has_bytes = limit->bytes_left >= 0;
    struct alcove_error what = {
        .code = ALCOVE_ERR_ALLOC_FAILED,
        .cause = ALCOVE_CAUSE_LIMIT,
        .layout = l,
        .old = old,
        .allocator = limit_name,
        .detail = has_bytes ? "no block is left" : NULL,
    };

    undo(limit, l.size - old.size, 1);
    what.limit = alcove_limit_left(limit);
    return alcove_error_set(err, &what);
}

static ALCOVE_COLD ALCOVE_NOINLINE void *
refuse_alloc(struct alcove_limit *limit, struct alcove_layout l,
             struct alcove_error *err)
{
    static const struct alcove_layout none = {0, 0};

    limit_refuse(limit, l, none, err);
    return NULL;
}

/* ---- requests ---- */

/* One that adds to the books. */
struct limit_request {
    struct alcove_limit *limit;
    struct alcove_layout layout, old;
    size_t bytes, blocks; /* it adds */
    bool (*ask)(struct limit_request *r,
                struct alcove_error *err); /* the parent */
    void *p;            /* the block to change, and the one that is given */
    alcove_temp_fn *fn; /* of a scope */
    void *arg;
};

static bool
attempt(struct limit_request *r, struct alcove_error *err)
{
    if (!limit_take(r->limit, r->bytes, r->blocks))
        return limit_refuse(r->limit, r->layout, r->old, err);
    if (r->ask(r, err))
        return true;
    limit_put_back(r->limit, r->bytes, r->blocks);
    return false;
}

/* Does the hook want another try? */
static bool
relieve(struct alcove_limit *limit, size_t needed)
{
    bool again;

    limit->in_hook = true;
    again = limit->hook(limit, needed, limit->hook_arg);
    limit->in_hook = false;
    return again;
}

/* What the first attempt tells waits in `first`, and the caller's errno in
 * `saved`: neither a callback nor a caller that is served after all may see
 * anything of the refusal. */
static ALCOVE_COLD bool
try_again(struct limit_request *r, const struct alcove_error *first, int saved,
          struct alcove_error *err)
{
    int refused = errno;

    if (first->code == ALCOVE_ERR_ALLOC_FAILED && relieve(r->limit, r->bytes)) {
        errno = saved;
        return attempt(r, err);
    }
    errno = refused;
    if (err)
        *err = *first;
    return false;
}

static bool
may_relieve(const struct alcove_limit *limit)
{
    return limit->hook && !limit->in_hook;
}

static bool
limit_serve(struct limit_request *r, struct alcove_error *err)
{
    struct alcove_error first;
    int saved = errno;

    if (!may_relieve(r->limit))
        return attempt(r, err);
    first.code = ALCOVE_OK;
    return attempt(r, &first) || try_again(r, &first, saved, err);
}

static bool
ask_alloc(struct limit_request *r, struct alcove_error *err)
{
    r->p = alcove_alloc(r->limit->parent, r->layout, err);
    return r->p != NULL;
}

static bool
ask_zalloc(struct limit_request *r, struct alcove_error *err)
{
    r->p = alcove_zalloc(r->limit->parent, r->layout, err);
    return r->p != NULL;
}

static bool
ask_realloc(struct limit_request *r, struct alcove_error *err)
{
    void *q = alcove_realloc(r->limit->parent, r->p, r->old, r->layout, err);

    if (!q)
        return false;
    r->p = q;
    return true;
}

static void
limit_leave_scope(void *request)
{
    struct limit_request *r = request;

    limit_put_back(r->limit, r->bytes, r->blocks);
}

static void
limit_in_scope(void *mem, void *request)
{
    struct limit_request *r = request;

    alcove_temp_call(r->fn, mem, r->arg, limit_leave_scope, r);
}

static bool
ask_temp(struct limit_request *r, struct alcove_error *err)
{
    return alcove_alloc_temp(r->limit->parent, r->layout, limit_in_scope, r,
                             err);
}

/* ---- the operations ---- */

/* Without a hook. What only a refusal needs waits on the stack: registers would
 * have to be saved for it, and restored, at each call (gcc 12: 4 instructions
 * more). */
static void *
limit_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    struct alcove_limit *limit = limit_self(a), *volatile kept = limit;
    volatile size_t size = l.size;
    void *p;

    if (ALCOVE_UNLIKELY(!limit_take(limit, l.size, 1)))
        return refuse_alloc(limit, l, err);
    p = limit->parent->ops->alloc(limit->parent, l, err);
    if (ALCOVE_UNLIKELY(!p))
        limit_put_back(kept, size, 1);
    return p;
}

static ALCOVE_COLD ALCOVE_NOINLINE void *
alloc_again(struct alcove_limit *limit, struct alcove_layout l,
            const struct alcove_error *first, int saved,
            struct alcove_error *err)
{
    struct limit_request r = {
        .limit = limit,
        .layout = l,
        .bytes = l.size,
        .blocks = 1,
        .ask = ask_alloc,
    };

    return try_again(&r, first, saved, err) ? r.p : NULL;
}

static void *
limit_alloc_or_relieve(struct alcove_allocator *a, struct alcove_layout l,
                       struct alcove_error *err)
{
    struct alcove_error first;
    int saved = errno;
    void *p;

    if (!may_relieve(limit_self(a)))
        return limit_alloc(a, l, err);
    first.code = ALCOVE_OK;
    p = limit_alloc(a, l, &first);
    return p ? p : alloc_again(limit_self(a), l, &first, saved, err);
}

static void *
limit_zalloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    struct limit_request r = {
        .limit = limit_self(a),
        .layout = l,
        .bytes = l.size,
        .blocks = 1,
        .ask = ask_zalloc,
    };

    return limit_serve(&r, err) ? r.p : NULL;
}

/* On the stack again, for the same reason. */
static bool
limit_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
              struct alcove_error *err)
{
    struct alcove_limit *volatile kept = limit_self(a);
    volatile size_t size = l.size;
    struct alcove_allocator *parent = limit_self(a)->parent;
    bool done = parent->ops->dealloc(parent, p, l, err);

    if (ALCOVE_LIKELY(done))
        limit_put_back(kept, size, 1);
    return done;
}

static bool
limit_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_)
{
    struct alcove_limit *limit = limit_self(a);
    size_t adds = new_.size > old.size ? new_.size - old.size : 0;

    if (!limit_take(limit, adds, 0)) {
        undo(limit, adds, 0);
        return false;
    }
    if (alcove_resize(limit->parent, p, old, new_)) {
        limit_put_back(limit, adds + old.size - new_.size, 0);
        return true;
    }
    limit_put_back(limit, adds, 0);
    return false;
}

/* The parent moves the block by its own means: only the difference is asked of
 * the books. */
static void *
limit_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    struct limit_request r = {
        .limit = limit_self(a),
        .layout = new_,
        .old = old,
        .bytes = new_.size > old.size ? new_.size - old.size : 0,
        .ask = ask_realloc,
        .p = p,
    };

    if (new_.size >= old.size)
        return limit_serve(&r, err) ? r.p : NULL;
    if (!ask_realloc(&r, err))
        return NULL;
    limit_put_back(r.limit, old.size - new_.size, 0);
    return r.p;
}

static bool
limit_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                 alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    struct limit_request r = {
        .limit = limit_self(a),
        .layout = l,
        .bytes = l.size,
        .blocks = 1,
        .ask = ask_temp,
        .fn = fn,
        .arg = arg,
    };

    return limit_serve(&r, err);
}

/* What can be used is what can be owned by a resize, and that counts. */
static size_t
limit_usable_size(struct alcove_allocator *a, const void *p,
                  struct alcove_layout l)
{
    size_t usable = alcove_adapt_usable_size(a, p, l);
    uint64_t left = (uint64_t)limit_self(a)->bytes_left;

    return usable - l.size > left ? l.size + (size_t)left : usable;
}

/* Two tables, so that alloc need not look for a hook. */
#define OPS(alloc_)                                                            \
    {                                                                          \
        .struct_size = sizeof(struct alcove_ops), .name = limit_name,          \
        .alloc = alloc_, .dealloc = limit_dealloc, .zalloc = limit_zalloc,     \
        .resize = limit_resize, .realloc = limit_realloc,                      \
        .owns = alcove_adapt_owns, .usable_size = limit_usable_size,           \
        .alloc_temp = limit_alloc_temp,                                        \
    }
static const struct alcove_ops limit_ops = OPS(limit_alloc);
static const struct alcove_ops ops_with_hook = OPS(limit_alloc_or_relieve);

/* ---- init, done, and the quota ---- */

/* A quota of what nobody has is none. */
static int64_t
quota(size_t max)
{
    uint64_t wide = max;

    return wide > INT64_MAX ? INT64_MAX : (int64_t)wide;
}

static void
limit_set(struct alcove_limit *limit, size_t max_bytes, size_t max_blocks,
          size_t bytes, size_t blocks)
{
    limit->max_bytes = quota(max_bytes);
    limit->max_blocks = quota(max_blocks);
    limit->bytes_left = limit->max_bytes - (int64_t)bytes;
    limit->blocks_left = limit->max_blocks - (int64_t)blocks;
}

bool
alcove_limit_init(struct alcove_limit *limit, struct alcove_allocator *parent,
                  size_t max_bytes, size_t max_blocks, struct alcove_error *err)
{
    if (!alcove_adapt_may_wrap(&limit->allocator, parent, limit_name, err))
        return false;
    limit->allocator.features =
        alcove_features(parent) & ~(unsigned)ALCOVE_CAN_THREADS;
    limit->parent = parent;
    limit->in_hook = false;
    alcove_limit_on_pressure(limit, NULL, NULL);
    limit_set(limit, max_bytes, max_blocks, 0, 0);
    return true;
}

void
alcove_limit_on_pressure(struct alcove_limit *limit, alcove_limit_fn *hook,
                         void *arg)
{
    limit->allocator.ops = hook ? &ops_with_hook : &limit_ops;
    limit->hook = hook;
    limit->hook_arg = arg;
}

bool
alcove_limit_set(struct alcove_limit *limit, size_t max_bytes,
                 size_t max_blocks, struct alcove_error *err)
{
    size_t bytes = alcove_limit_used(limit);
    size_t blocks = alcove_limit_blocks(limit);
    struct alcove_error what = {
        .code = ALCOVE_ERR_OTHER,
        .os_error = EINVAL,
        .limit = bytes,
        .allocator = limit_name,
        .detail = max_bytes < bytes ? "more bytes are live than that"
                                    : "more blocks are live than that",
    };

    if (max_bytes < bytes || max_blocks < blocks)
        return alcove_error_set(err, &what);
    limit_set(limit, max_bytes, max_blocks, bytes, blocks);
    return true;
}

bool
alcove_limit_done(const struct alcove_limit *limit, struct alcove_error *err)
{
    return alcove_adapt_is_idle(limit_name, alcove_limit_blocks(limit),
                                alcove_limit_used(limit), err);
}
