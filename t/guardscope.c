/* SPDX-License-Identifier: MIT */
/* Scopes under the guard. */
#include <config.h>

#include <alcove/scratch.h>
#include <alcove/stack.h>

#include "guard.h"

/* ---- scopes ---- */

/* Every byte of the zones, one scope for each. */
static size_t
missed_in_scopes(size_t size, size_t align)
{
    struct alcove_error first;
    size_t missed = 0;
    ptrdiff_t i;

    for (i = -RED; i < (ptrdiff_t)size + RED; i++) {
        struct visit v = {.size = size, .align = align, .poke = i};
        bool inside = i >= 0 && i < (ptrdiff_t)size;

        before();
        missed += !alcove_alloc_temp(a, lay(size, align), visit, &v, &err) ||
                  !untouched() || v.calls != 1 || !v.fresh || !v.aligned;
        missed += alcove_guard_findings(&guard, &first) != !inside;
        if (!inside)
            missed += first.code != ALCOVE_ERR_CORRUPT || first.offset != i ||
                      first.block != v.mem ||
                      !strstr(first.detail, i < 0 ? "before" : "past") ||
                      alcove_guard_done(&guard, NULL);
    }
    return missed;
}

/* Scopes in one place, which is the parent's again behind each: a tool that has
 * been told otherwise says so. */
static bool
lend(struct alcove_allocator *from, struct alcove_layout l, alcove_temp_fn *fn,
     void *arg, struct alcove_error *e)
{
    static union {
        long double align;
        char bytes[500];
    } place;

    (void)from;
    (void)e;
    memset(&place, 1, sizeof place);
    fn(&place, arg);
    memset(&place, 2, sizeof place);
    return l.size <= sizeof place;
}

static void
test_lent(void)
{
    struct alcove_ops ops = {.struct_size = sizeof ops, .name = "lender"};
    struct alcove_allocator lender = {&ops, ALCOVE_CAN_TEMP};
    struct visit v = {.size = 16, .align = 8, .poke = PTRDIFF_MIN};
    unsigned i;
    bool good;

    ops.alloc_temp = lend;
    good = alcove_guard_init(&guard, &lender, NULL, NULL);
    for (i = 0; i < 3 && good; i++)
        good = alcove_alloc_temp(a, lay(16, 8), visit, &v, NULL);
    ok(good && v.calls == 3 && v.fresh && alcove_guard_done(&guard, NULL),
       "a scope's memory is its parent's again at the end");
}

static void
test_scopes(void)
{
    struct alcove_guard_options o = options(ALCOVE_GUARD_NONE);
    struct visit v = {.size = 16, .align = 8, .poke = PTRDIFF_MIN};
    struct alcove_layout l = {16, 8};
    size_t align, missed = 0;

    begin(&o);
    for (align = 1; align <= 512; align *= 8)
        missed += missed_in_scopes(24, align) + missed_in_scopes(1, align);
    is_size(missed, 0, "a byte out of a scope's bounds is a finding");
    ok(parent.temps == 0 && ends(), "...and the books balance");
    begin(NULL);
    ok(alcove_alloc_temp(a, l, visit, &v, &err) && v.owned &&
           guard.kept.blocks == 1 && (poke(v.mem, 3, 1), true) &&
           !alcove_guard_check(&guard, &err) && corrupt(v.mem, 3),
       "a pointer that is kept from a scope is one to a released block");
    parent.fail_after = 0;
    ok(!alcove_alloc_temp(a, l, visit, &v, &err) && v.calls == 1 &&
           of_parent(ALCOVE_CAUSE_INJECTED),
       "...without a block it does not run");
    drop();

    begin(NULL);
    count_own_temp(&parent);
    for (missed = 0, align = 1; align <= 512; align *= 8)
        missed += missed_in_scopes(24, align) + missed_in_scopes(1, align);
    is_size(missed, 0, "the same in scopes that are the parent's own");
    v.calls = 0;
    ok(alcove_alloc_temp(a, l, visit, &v, NULL) && !v.owned &&
           parent.allocs == 0 && parent.temps > 0 && guard.live.blocks == 0 &&
           ends(),
       "...where it is no live block");
    ok(!alcove_alloc_temp(a, lay(2000, 8), visit, &v, &err) && v.calls == 1 &&
           !alcove_alloc_temp(a, lay(ALCOVE_SIZE_MAX, 1), visit, &v, &err) &&
           err.code == ALCOVE_ERR_ALLOC_FAILED && v.calls == 1 &&
           err.cause == ALCOVE_CAUSE_OUT_OF_MEMORY && parent.wrong == 0,
       "...refused, it does not run");
    count_init(&parent, ALL & ~(unsigned)ALCOVE_CAN_TEMP);
    (void)alcove_guard_init(&guard, &parent.allocator, NULL, NULL);
    ok(!alcove_alloc_temp(a, l, visit, &v, &err) && v.calls == 1 &&
           err.code == ALCOVE_ERR_UNSUPPORTED && parent.asked == 0,
       "a parent without scopes has none");
}

static void
release_in_scope(void *mem, void *arg)
{
    *(bool *)arg = alcove_dealloc(a, mem, lay(16, 8), &err);
}

static void
test_scope_misuse(void)
{
    struct alcove_error first;
    bool released = false;

    begin(NULL);
    ok(alcove_alloc_temp(a, lay(16, 8), release_in_scope, &released, NULL) &&
           released && alcove_guard_findings(&guard, &first) == 1 &&
           first.code == ALCOVE_ERR_NOT_OWNED &&
           !alcove_guard_done(&guard, NULL) && ends(),
       "a scope's block that was released in it is a finding");
    count_own_temp(&parent);
    ok(alcove_alloc_temp(a, lay(16, 8), release_in_scope, &released, NULL) &&
           !released && err.code == ALCOVE_ERR_NOT_OWNED && ends(),
       "...or cannot be");
}

/* The inner guard keeps the block back as the outer one has left it. */
static void
test_left(void)
{
    struct alcove_guard_options o = options(0);
    struct visit v = {.size = 16, .align = 8, .poke = PTRDIFF_MIN};
    struct alcove_guard inner;

    count_init(&parent, ALL);
    o.no_fill = true;
    (void)alcove_guard_init(&inner, &parent.allocator, &o, NULL);
    (void)alcove_guard_init(&guard, &inner.allocator, NULL, NULL);
    ok(alcove_alloc_temp(a, lay(16, 8), visit, &v, &err) && v.calls == 1 &&
           v.fresh && inner.kept.blocks == 1 && guard.live.blocks == 0 &&
           peek(v.mem, 0) == ALCOVE_GUARD_GONE &&
           peek(v.mem, 15) == ALCOVE_GUARD_GONE,
       "what a scope leaves behind is overwritten");
    ok(alcove_guard_done(&guard, &err) && alcove_guard_done(&inner, &err) &&
           count_ok(&parent, 0, 0),
       "...and the books balance");
}

static void
write_all(void *mem, void *arg)
{
    char *p = mem, **seen = arg;

    if (alcove_tools_watch())
        alcove_tools_reveal(p, 16);
    *seen = holds(p, 0x11, 16) ? p : NULL;
    memset(p, 0x22, 16);
}

static char bytes[1024];

/* A parent whose temporaries lie there. */
static bool
temp_in_bytes(struct alcove_allocator *parent_, struct alcove_layout l,
              alcove_temp_fn *fn, void *arg, struct alcove_error *e)
{
    (void)parent_;
    (void)e;
    fn(bytes + (-(uintptr_t)bytes & (l.align - 1)), arg);
    return true;
}

static void
test_unfilled(void)
{
    struct alcove_guard_options o = options(0);
    char *p = NULL;
    bool filled;

    count_init(&parent, COUNT_PLAIN);
    count_own_temp(&parent);
    parent.ops.alloc_temp = temp_in_bytes;
    memset(bytes, 0x11, sizeof bytes);
    (void)alcove_guard_init(&guard, &parent.allocator, NULL, NULL);
    filled = alcove_alloc_temp(a, lay(16, 8), write_all, &p, NULL) && !p;
    if (alcove_tools_watch())
        alcove_tools_reveal(bytes, sizeof bytes);
    memset(bytes, 0x11, sizeof bytes);
    o.no_fill = true;
    (void)alcove_guard_init(&guard, &parent.allocator, &o, NULL);
    filled =
        filled && alcove_alloc_temp(a, lay(16, 8), write_all, &p, NULL) && p;
    if (alcove_tools_watch())
        alcove_tools_reveal(bytes, sizeof bytes);
    ok(filled && holds(p, 0x22, 16),
       "without filling a scope's memory is left alone");
}

static void
test_stack(void)
{
    struct visit v = {.size = 200, .align = 32, .poke = PTRDIFF_MIN};
    struct alcove_error first;
    const char *source;
    const void *low;
    size_t size;

    if (!alcove_guard_init(&guard, alcove_scratch(), NULL, NULL))
        bail_out("no guard");
    ok(alcove_alloc_temp(a, lay(200, 32), visit, &v, &err) && v.calls == 1 &&
           v.fresh && v.aligned && alcove_guard_done(&guard, NULL),
       "a scope over scratch is one of scratch");
    v.poke = 200;
    ok(alcove_alloc_temp(a, lay(200, 32), visit, &v, &err) &&
           alcove_guard_findings(&guard, &first) == 1 && first.offset == 200,
       "...with red zones");
    if (!alcove_stack_bounds(&low, &size, &source)) {
        skip(1, "there is no stack allocator");
        return;
    }
    (void)alcove_guard_init(&guard, alcove_stack(), NULL, NULL);
    v.poke = PTRDIFF_MIN;
    ok(alcove_alloc_temp(a, lay(200, 32), visit, &v, &err) &&
           (size_t)(v.mem - (const char *)low) < size &&
           !alcove_alloc(a, lay(1, 1), &err) &&
           err.code == ALCOVE_ERR_UNSUPPORTED && !v.owned,
       "...and over the stack it is on the stack");
}

#if ALCOVE_HAVE_THREADS
static void *
start(void *arg)
{
    struct visit *v = arg;

    (void)!alcove_alloc_temp(a, lay(v->size, v->align), visit, v, NULL);
    return NULL;
}

static void
test_thread_exit(void)
{
    struct visit v = {.size = 40, .align = 8, .poke = 41, .thread_exit = true};
    pthread_t t;

    begin(NULL);
    if (pthread_create(&t, NULL, start, &v) != 0)
        bail_out("no thread");
    pthread_join(t, NULL);
    ok(v.calls == 1 && alcove_guard_findings(&guard, &err) == 1 &&
           err.offset == 41 && !alcove_guard_done(&guard, NULL) && ends(),
       "a scope that pthread_exit ends is looked at");
    (void)alcove_guard_init(&guard, alcove_scratch(), NULL, NULL);
    if (pthread_create(&t, NULL, start, &v) != 0)
        bail_out("no thread");
    pthread_join(t, NULL);
    ok(v.calls == 2 && alcove_guard_findings(&guard, &err) == 1 &&
           err.offset == 41,
       "...on the stack, too");
}
#else
static void
test_thread_exit(void)
{
    skip(2, "there are no threads");
}
#endif

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(19);
    test_scopes();
    test_lent();
    test_scope_misuse();
    test_left();
    test_unfilled();
    test_stack();
    test_thread_exit();
    return tap_done();
}
