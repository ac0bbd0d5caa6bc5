/* SPDX-License-Identifier: MIT */
/* The probe: what the body asks for. Each operation is noted, and handed on to
 * the fail below. */
#include <config.h>

#include "oom.h"

#include <stdio.h>

static struct alcove_check_run *
oomprobe_self(struct alcove_allocator *a)
{
    return (struct alcove_check_run *)(void *)a;
}

static struct alcove_allocator *
below(struct alcove_allocator *a)
{
    return &oomprobe_self(a)->fail.allocator;
}

/* ---- what is noted ---- */

static const struct alcove_layout oomprobe_none = {0, 0};

/* An operation in the path: other numbers make another path. */
enum mark {
    OOMPROBE_ALLOC = 1,
    ZALLOC,
    OOMPROBE_RELEASE,
    RESIZE,
    REALLOC,
    OOMPROBE_TEMP
};

ALCOVE_WRAPS static uint64_t
mix(uint64_t hash, uint64_t n)
{
    return (hash ^ n) * UINT64_C(0x9e3779b97f4a7c15);
}

static void
note(struct alcove_check_run *r, enum mark mark, struct alcove_layout l,
     struct alcove_layout old, bool done)
{
    uint64_t *path = &r->out->path;

    *path = mix(*path, (uint64_t)mark << 1 | done);
    *path = mix(mix(*path, l.size), l.align);
    *path = mix(mix(*path, old.size), old.align);
    if (mark == OOMPROBE_RELEASE)
        r->out->releases++;
    else
        r->out->requests++;
}

/* A body that will not take no for an answer gets its block in the end. */
static void
give_in(struct alcove_check_run *r)
{
    static const struct alcove_fail_rule never;

    (void)alcove_fail_set(&r->fail, &never, NULL);
    r->gave_in = true;
}

static void
note_refusal(struct alcove_check_run *r, enum alcove_fail_op kind,
             struct alcove_layout l, void *caller)
{
    struct oom_run *out = r->out;

    out->refused++;
    if (r->benign > 0)
        out->benign++;
    else
        out->matters |=
            kind != ALCOVE_FAIL_RESIZE && kind != ALCOVE_FAIL_SHRINK;
    if (out->refused == 1) {
        out->kind = kind;
        out->layout = l;
        alcove_oom_site_find(&out->site, caller);
        if (r->on_refusal)
            r->on_refusal(out, r->arg);
    }
    if (out->refused >= r->patience)
        give_in(r);
}

/* A request has come back: was it refused on purpose? */
static void
oomprobe_look(struct alcove_check_run *r, size_t fired,
              enum alcove_fail_op kind, struct alcove_layout l, void *caller)
{
    if (alcove_fail_fired(&r->fail) != fired)
        note_refusal(r, kind, l, caller);
}

static void
oomprobe_enter(struct alcove_check_run *r, const void *p, void *caller)
{
    alcove_oom_live_put(&r->live, p, ++r->serial);
    if (r->serial == r->order.leak_serial)
        alcove_oom_site_find(&r->out->leak, caller);
}

/* ---- the operations ---- */

static void *
get(struct alcove_check_run *r, struct alcove_layout l, bool zero, void *caller,
    struct alcove_error *err)
{
    size_t fired = alcove_fail_fired(&r->fail);
    struct alcove_allocator *a = &r->fail.allocator;
    void *p = zero ? alcove_zalloc(a, l, err) : alcove_alloc(a, l, err);

    note(r, zero ? ZALLOC : OOMPROBE_ALLOC, l, oomprobe_none, p != NULL);
    if (p)
        oomprobe_enter(r, p, caller);
    oomprobe_look(r, fired, ALCOVE_FAIL_ALLOC, l, caller);
    return p;
}

static void *
probe_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    return get(oomprobe_self(a), l, false, OOM_CALLER(), err);
}

static void *
probe_zalloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    return get(oomprobe_self(a), l, true, OOM_CALLER(), err);
}

static bool
probe_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
              struct alcove_error *err)
{
    bool done = alcove_dealloc(below(a), p, l, err);

    note(oomprobe_self(a), OOMPROBE_RELEASE, l, oomprobe_none, done);
    if (done)
        alcove_oom_live_take(&oomprobe_self(a)->live, p);
    return done;
}

static bool
probe_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_)
{
    size_t fired = alcove_fail_fired(&oomprobe_self(a)->fail);
    bool done = alcove_resize(below(a), p, old, new_);

    note(oomprobe_self(a), RESIZE, new_, old, done);
    oomprobe_look(oomprobe_self(a), fired, ALCOVE_FAIL_RESIZE, new_,
                  OOM_CALLER());
    return done;
}

static void *
probe_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    struct alcove_check_run *r = oomprobe_self(a);
    size_t fired = alcove_fail_fired(&r->fail);
    void *moved = alcove_realloc(below(a), p, old, new_, err);

    note(r, REALLOC, new_, old, moved != NULL);
    if (moved) {
        alcove_oom_live_take(&r->live, p);
        oomprobe_enter(r, moved, OOM_CALLER());
    }
    oomprobe_look(r, fired,
                  new_.size < old.size ? ALCOVE_FAIL_SHRINK : ALCOVE_FAIL_GROW,
                  new_, OOM_CALLER());
    return moved;
}

static bool
probe_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    return alcove_owns(below(a), p, l);
}

static size_t
probe_usable_size(struct alcove_allocator *a, const void *p,
                  struct alcove_layout l)
{
    return alcove_usable_size(below(a), p, l);
}

/* Noted first: what the body does in there comes after it. */
static bool
probe_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                 alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    size_t fired = alcove_fail_fired(&oomprobe_self(a)->fail);
    bool done;

    note(oomprobe_self(a), OOMPROBE_TEMP, l, oomprobe_none, true);
    done = alcove_alloc_temp(below(a), l, fn, arg, err);
    if (!done) /* else it is the callback's, and noted */
        oomprobe_look(oomprobe_self(a), fired, ALCOVE_FAIL_TEMP, l,
                      OOM_CALLER());
    return done;
}

void
alcove_oom_probe_init(struct alcove_check_run *r)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "check",
        .alloc = probe_alloc,
        .zalloc = probe_zalloc,
        .dealloc = probe_dealloc,
        .resize = probe_resize,
        .realloc = probe_realloc,
        .owns = probe_owns,
        .usable_size = probe_usable_size,
        .alloc_temp = probe_alloc_temp,
    };

    r->allocator.ops = &ops;
    r->allocator.features = alcove_features(&r->fail.allocator);
}

/* ---- what the body says ---- */

ALCOVE_WRAPS void
alcove_check_outcome(struct alcove_check_run *run, const void *bytes,
                     size_t size)
{
    const unsigned char *p = bytes;
    uint64_t *hash = &run->out->outcome;
    size_t i;

    *hash = mix(*hash, size);
    for (i = 0; i < size; i++)
        *hash = (*hash ^ p[i]) * UINT64_C(0x100000001b3);
    run->out->pieces++;
    run->out->bytes += size;
}

bool
alcove_check_that(struct alcove_check_run *run, bool good, const char *what)
{
    if (!good && !run->broken) {
        run->broken = true;
        snprintf(run->broken_text, sizeof run->broken_text, "%s", what);
    }
    return good;
}

void
alcove_check_benign_begin(struct alcove_check_run *run)
{
    run->benign++;
}

void
alcove_check_benign_end(struct alcove_check_run *run)
{
    if (run->benign > 0)
        run->benign--;
}
