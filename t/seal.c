/* SPDX-License-Identifier: MIT */
/* The seal and the zones: open they are not there; closed, or in a zone,
 * nothing is allocated and everything can be given back. And a model of random
 * operations, with zones entered and left in any order. */
#include <config.h>

#include <alcove/seal.h>

#include <alcove/malloc.h>

#include "count.h"
#include "holds.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <string.h>

#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#    include <sched.h>
#endif

#define ALL                                                                    \
    (COUNT_PLAIN | ALCOVE_CAN_RESIZE | ALCOVE_CAN_OWNS |                       \
     ALCOVE_CAN_USABLE_SIZE | ALCOVE_CAN_ZERO)

static struct count parent;
static struct alcove_seal s;
static struct alcove_allocator *const a = &s.allocator;
static const struct alcove_layout l100 = {100, 8}, l120 = {120, 8},
                                  l60 = {60, 8}, empty = {0, 8}, none = {0, 0};

static void
begin(unsigned features)
{
    count_init(&parent, features);
    if (!alcove_seal_init(&s, &parent.allocator, NULL))
        bail_out("no seal");
    before();
}

static char *
block(struct alcove_layout l)
{
    char *p = alcove_alloc(&parent.allocator, l, NULL);

    if (!p)
        bail_out("no block");
    memset(p, 0x21, l.size);
    return p;
}

static bool
refused(struct alcove_layout l, struct alcove_layout old)
{
    return errno_is(ENOMEM) && err.code == ALCOVE_ERR_ALLOC_FAILED &&
           err.cause == ALCOVE_CAUSE_OTHER &&
           strcmp(err.allocator, "seal") == 0 && err.layout.size == l.size &&
           err.layout.align == l.align && err.old.size == old.size &&
           err.old.align == old.align;
}

static bool
says(const char *why)
{
    return strcmp(err.detail, why) == 0;
}

static const char sealed[] = "it is sealed: nothing more is allocated";
static const char in_zone[] = "this thread is in a no-allocation zone";

static void
count_call(void *mem, void *arg)
{
    (void)mem;
    ++*(size_t *)arg;
}

static void
enter(struct alcove_zone *zone)
{
    if (!alcove_zone_enter(zone, NULL))
        bail_out("no zone");
}

static bool
is_free(void)
{
    char *p = alcove_alloc(a, l100, NULL);

    return p && alcove_dealloc(a, p, l100, NULL);
}

/* ---- the seal ---- */

static bool
no_init(struct alcove_allocator *p)
{
    static struct alcove_seal old;
    bool failed;

    old = s;
    before();
    failed = !alcove_seal_init(&s, p, &err);
    return failed && err.code == ALCOVE_ERR_OTHER && errno_is(EINVAL) &&
           strcmp(err.allocator, "seal") == 0 && err.detail &&
           !alcove_seal_init(&s, p, NULL) && memcmp(&old, &s, sizeof s) == 0;
}

static void
test_init(void)
{
    struct alcove_allocator *p = &parent.allocator;
    size_t i, wrong = 0;

    begin(ALL);
    ok(no_init(NULL) && no_init(a), "there must be a parent, not the seal");
    alcove_seal(&s);
    ok(alcove_seal_is_closed(&s) && no_init(NULL),
       "...or what was closed stays closed");
    before();
    ok(alcove_seal_init(&s, p, &err) && untouched() && parent.asked == 0 &&
           strcmp(alcove_name(a), "seal") == 0 && !alcove_seal_is_closed(&s),
       "a seal is open at first, and asks nothing");
    for (i = 0; i < 1000; i++) {
        p->features = (unsigned)tap_random() & 0x7ff;
        if (!alcove_seal_init(&s, p, NULL))
            bail_out("no seal");
        wrong += alcove_features(a) != p->features;
    }
    is_size(wrong, 0, "it can what the parent can, be shared too");
}

static void
test_open(void)
{
    size_t calls = 0;
    char *p, *z;

    begin(ALL);
    p = alcove_alloc(a, l100, &err);
    z = alcove_zalloc(a, l100, &err);
    ok(p && z && holds(z, 0, 100) && parent.allocs == 1 &&
           parent.zallocs == 1 && untouched(),
       "open: blocks are the parent's");
    ok(alcove_resize(a, p, l100, l120) && parent.resizes == 1 &&
           alcove_grow(a, z, l100, l120, &err) == z && parent.resizes == 2 &&
           alcove_shrink(a, p, l120, l100, &err) == p && untouched() &&
           count_ok(&parent, 2, 220),
       "...their changes");
    ok(alcove_owns(a, p, l100) && !alcove_owns(a, p, l120) &&
           alcove_usable_size(a, p, l100) > 100,
       "...what it tells of them");
    ok(alcove_dealloc(a, p, l100, &err) &&
           alcove_checked_dealloc(a, z, l120, &err) && untouched() &&
           count_ok(&parent, 0, 0),
       "...their release");
    count_own_temp(&parent);
    ok(alcove_alloc_temp(a, l100, count_call, &calls, &err) && calls == 1 &&
           parent.temps == 1 && parent.allocs == 1 && untouched(),
       "...and its scopes");
    parent.fail_after = 0;
    ok(!alcove_alloc(a, l100, &err) && err.allocator == parent.ops.name,
       "...its refusals, too");
}

static void
test_closed(void)
{
    size_t asked, calls = 0;
    char *p;

    begin(ALL | ALCOVE_CAN_REALLOC);
    p = block(l100);
    asked = parent.asked;
    alcove_seal(&s);
    ok(before() && !alcove_alloc(a, l100, &err) && refused(l100, none) &&
           says(sealed) && before() && !alcove_zalloc(a, l60, &err) &&
           refused(l60, none) && says(sealed),
       "closed: no block is given");
    ok(before() && !alcove_alloc_temp(a, l100, count_call, &calls, &err) &&
           refused(l100, none) && before() &&
           !alcove_zalloc_temp(a, l100, count_call, &calls, &err) &&
           refused(l100, none) && calls == 0,
       "...no scope is opened");
    ok(before() && !alcove_grow(a, p, l100, l120, &err) &&
           refused(l120, l100) && says(sealed) && before() &&
           !alcove_rezalloc(a, p, l100, l120, &err) && refused(l120, l100) &&
           before() && !alcove_grow(a, NULL, empty, l100, &err) &&
           refused(l100, none),
       "...no block grows");
    ok(before() && !alcove_resize(a, p, l100, l120) && untouched(),
       "...not in place either, which is false and no more");
    ok(parent.asked == asked && count_ok(&parent, 1, 100) &&
           holds(p, 0x21, 100),
       "the parent hears of none, and the block is as it was");
    errno = 0;
    ok(!alcove_alloc(a, l100, NULL) && errno_is(ENOMEM),
       "there need not be an error to fill");
    ok(before() && alcove_alloc(a, empty, &err) &&
           alcove_alloc_temp(a, empty, count_call, &calls, &err) &&
           calls == 1 && untouched(),
       "size 0 is not refused");
    alcove_seal(&s);
    ok(alcove_seal_is_closed(&s) && !alcove_alloc(a, l100, NULL),
       "closed twice is closed");
    ok(before() && alcove_dealloc(a, p, l100, &err) && untouched() &&
           count_ok(&parent, 0, 0),
       "a block can be released");
    p = alcove_alloc(&parent.allocator, l60, NULL);
    ok(alcove_owns(a, p, l60) && !alcove_owns(a, p, l100) &&
           alcove_usable_size(a, p, l60) > 60 &&
           alcove_checked_dealloc(a, p, l60, NULL) && count_ok(&parent, 0, 0),
       "...and asked about");
}

static void
test_shrinks(void)
{
    const struct alcove_layout align1 = {60, 1}, align4096 = {60, 4096};
    char *p;

    begin(ALL | ALCOVE_CAN_REALLOC);
    p = block(l120);
    alcove_seal(&s);
    ok(alcove_resize(a, p, l120, l100) && untouched() &&
           count_ok(&parent, 1, 100) && parent.reallocs == 0,
       "closed: a block can be made smaller");
    ok(alcove_shrink(a, p, l100, l60, &err) == p && untouched() &&
           count_ok(&parent, 1, 60) && parent.reallocs == 0,
       "...and shrunk where it is");
    ok(alcove_resize(a, p, l60, align1) &&
           alcove_realloc(a, p, align1, l60, &err) == p && untouched() &&
           parent.reallocs == 0 && holds(p, 0x21, 60),
       "...and aligned otherwise, if it is so already");
    ok((uintptr_t)p % 4096 == 0 ||
           (!alcove_realloc(a, p, l60, align4096, &err) &&
            refused(align4096, l60) && count_ok(&parent, 1, 60)),
       "...not if it would have to move");
    parent.refuse_resize = true;
    ok(before() &&
           !alcove_shrink(a, p, l60, (struct alcove_layout){50, 8}, &err) &&
           refused((struct alcove_layout){50, 8}, l60) && says(sealed) &&
           count_ok(&parent, 1, 60) && holds(p, 0x21, 60),
       "...nor shrunk, if the parent cannot do it in place");
    ok(before() && !alcove_resize(a, p, l60, (struct alcove_layout){50, 8}) &&
           untouched(),
       "...a resize is false then");
    ok(alcove_shrink(a, p, l60, empty, &err) && untouched() &&
           count_ok(&parent, 0, 0),
       "to size 0 is a release");
}

static void
close_it(void *mem, void *arg)
{
    (void)mem;
    alcove_seal(&s);
    *(bool *)arg = count_ok(&parent, 1, 100) && !alcove_alloc(a, l100, NULL);
}

static void
test_others(void)
{
    struct alcove_seal other;
    bool good = false;

    begin(ALL);
    ok(alcove_alloc_temp(a, l100, close_it, &good, &err) && good &&
           count_ok(&parent, 0, 0) && alcove_seal_is_closed(&s),
       "a scope that is open is run to its end");
    if (!alcove_seal_init(&other, a, NULL))
        bail_out("no seal");
    ok(!alcove_alloc(&other.allocator, l100, &err) && says(sealed) &&
           !alcove_seal_is_closed(&other),
       "a seal over one that is closed has nothing to give");
    if (!alcove_seal_init(&other, &parent.allocator, NULL))
        bail_out("no seal");
    ok(alcove_alloc_temp(&other.allocator, l100, close_it, &good, NULL) && good,
       "another one is not closed by it");
    ok(alcove_seal_init(&s, &parent.allocator, NULL) &&
           !alcove_seal_is_closed(&s) && is_free(),
       "only a new init opens it");
}

/* ---- zones ---- */

static void
test_no_zones(void)
{
    struct alcove_zone zone = {NULL, 47}, old = zone;

    begin(ALL);
    ok(!alcove_zone_enter(&zone, &err) && err.code == ALCOVE_ERR_UNSUPPORTED &&
           errno_is(ENOTSUP) && err.detail &&
           strcmp(err.allocator, "seal") == 0 && zone.outer == old.outer &&
           zone.refused == old.refused && !alcove_zone_enter(&zone, NULL),
       "without thread-local storage there are no zones");
    ok(alcove_zone_leave(&zone) == 0 && is_free(),
       "...and nothing is refused for them");
}

static void
test_zone(void)
{
    struct alcove_zone zone;
    size_t asked, calls = 0;
    char *p;

    begin(ALL | ALCOVE_CAN_REALLOC);
    p = block(l100);
    asked = parent.asked;
    ok(alcove_zone_enter(&zone, &err) && untouched(), "a zone can be entered");
    ok(before() && !alcove_alloc(a, l100, &err) && refused(l100, none) &&
           says(in_zone) && !alcove_zalloc(a, l100, &err) && says(in_zone) &&
           !alcove_alloc_temp(a, l100, count_call, &calls, &err) &&
           says(in_zone) && !alcove_grow(a, p, l100, l120, &err) &&
           says(in_zone) && refused(l120, l100) && calls == 0,
       "in there nothing is allocated");
    ok(before() && !alcove_resize(a, p, l100, l120) && untouched() &&
           parent.asked == asked && count_ok(&parent, 1, 100),
       "...or grows in place");
    ok(alcove_shrink(a, p, l100, l60, &err) == p && untouched() &&
           parent.reallocs == 0 && alcove_dealloc(a, p, l60, &err) &&
           untouched() && count_ok(&parent, 0, 0),
       "...but shrinks there, and is released");
    ok(alcove_alloc(a, empty, &err) && !alcove_seal_is_closed(&s) &&
           untouched(),
       "...and size 0 is served");
    before();
    is_size(alcove_zone_leave(&zone), 5, "five times it was refused");
    p = alcove_alloc(a, l100, &err);
    ok(p && untouched(), "outside there is memory");
    enter(&zone);
    ok(alcove_dealloc(a, p, l100, NULL) && alcove_zone_leave(&zone) == 0,
       "another time counts from 0");
    ok(before() && alcove_zone_leave(&zone) == 0 && untouched(),
       "left twice is left");
}

static void
test_seals_in_zone(void)
{
    struct alcove_zone zone;
    struct alcove_seal other;

    begin(ALL);
    if (!alcove_seal_init(&other, &parent.allocator, NULL))
        bail_out("no seal");
    alcove_seal(&s);
    enter(&zone);
    ok(!alcove_alloc(a, l100, &err) && says(sealed) &&
           !alcove_alloc(&other.allocator, l100, &err) && says(in_zone),
       "a zone is in all seals, and a closed one says that it is closed");
    is_size(alcove_zone_leave(&zone), 2, "...and counts as well");
    ok(!alcove_alloc(a, l100, NULL) &&
           alcove_dealloc(&other.allocator,
                          alcove_alloc(&other.allocator, l100, NULL), l100,
                          NULL),
       "...and stays closed when the zone is left");
}

static void
test_nested(void)
{
    struct alcove_zone outer, inner, third, stranger = {NULL, 9};

    begin(ALL);
    enter(&outer);
    (void)is_free();
    enter(&inner);
    ok(!is_free() && !is_free() && alcove_zone_leave(&inner) == 2 &&
           !is_free() && alcove_zone_leave(&outer) == 4 && is_free(),
       "zones nest, and the outer one counts the inner one's");

    enter(&outer);
    enter(&inner);
    ok(!is_free() && alcove_zone_leave(&outer) == 1 && !is_free() &&
           alcove_zone_leave(&inner) == 2 && is_free(),
       "the outer one may be left first");
    enter(&outer);
    enter(&inner);
    enter(&third);
    ok(!is_free() && alcove_zone_leave(&inner) == 1 && !is_free() &&
           alcove_zone_leave(&third) == 2 && !is_free() &&
           alcove_zone_leave(&outer) == 3 && is_free(),
       "...or one in the middle");

    enter(&outer);
    enter(&inner);
    (void)is_free();
    ok(before() && !alcove_zone_enter(&outer, &err) &&
           err.code == ALCOVE_ERR_OTHER && errno_is(EINVAL) && err.detail &&
           strcmp(err.allocator, "seal") == 0 &&
           !alcove_zone_enter(&inner, NULL),
       "one that is entered cannot be entered again");
    ok(alcove_zone_leave(&stranger) == 0 && stranger.refused == 9 && !is_free(),
       "one that is not cannot be left");
    ok(alcove_zone_leave(&inner) == 2 && alcove_zone_leave(&outer) == 2 &&
           is_free() && count_ok(&parent, 0, 0),
       "...and the others are as they were");
}

/* ---- threads ---- */

#if ALCOVE_HAVE_THREADS

enum { THREADS = 4, ROUNDS = 3000 };

static struct alcove_seal shared;

struct worker {
    pthread_t id;
    size_t wrong, refused; /* of its own zones */
    bool zones;            /* does it enter any? */
};

/* Until the seal is closed: outside its zones each thread is served, and in
 * them it is not. */
static void *
work(void *arg)
{
    struct alcove_allocator *x = &shared.allocator;
    struct worker *w = arg;
    struct alcove_zone zone;
    size_t i;

    for (i = 0; i < ROUNDS; i++) {
        void *p = alcove_alloc(x, l100, NULL);

        w->wrong += !p;
        if (w->zones) {
            w->wrong += !alcove_zone_enter(&zone, NULL);
            w->wrong += alcove_alloc(x, l100, NULL) != NULL;
        }
        w->wrong += !alcove_dealloc(x, p, l100, NULL);
        if (w->zones)
            w->refused += alcove_zone_leave(&zone);
    }
    return NULL;
}

/* But not for ever. */
static void *
allocate_until_closed(void *arg)
{
    struct alcove_allocator *x = &shared.allocator;
    bool *refused_at_last = arg;
    size_t i;

    for (i = 0; i < 10000000 && !*refused_at_last; i++) {
        void *p = alcove_alloc(x, l100, NULL);

        *refused_at_last = !p;
        (void)alcove_dealloc(x, p, l100, NULL);
        sched_yield(); /* Valgrind runs one thread at a time */
    }
    *refused_at_last = *refused_at_last && alcove_seal_is_closed(&shared);
    return NULL;
}

static void
start(pthread_t *id, void *(*fn)(void *), void *arg)
{
    if (pthread_create(id, NULL, fn, arg) != 0)
        bail_out("no thread");
}

static void
test_zones_of_threads(void)
{
    struct worker workers[THREADS];
    struct alcove_zone zone;
    size_t i, wrong = 0, refused_in_all = 0;

    if (!ALCOVE_THREAD_LOCAL_WORKS) {
        skip(3, "there is no thread-local storage");
        return;
    }
    enter(&zone);
    for (i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.zones = i % 2 == 0};
        start(&workers[i].id, work, &workers[i]);
    }
    for (i = 0; i < 1000; i++)
        wrong += alcove_alloc(&shared.allocator, l100, NULL) != NULL;
    for (i = 0; i < THREADS; i++) {
        pthread_join(workers[i].id, NULL);
        wrong += workers[i].wrong;
        refused_in_all += workers[i].refused;
    }
    is_size(wrong, 0, "a zone is its own thread's only");
    is_size(refused_in_all, ROUNDS * (THREADS / 2),
            "...and counts what that one was refused");
    is_size(alcove_zone_leave(&zone), 1000, "...as the first thread's does");
}

static void
test_threads(void)
{
    pthread_t ids[THREADS];
    bool closed[THREADS] = {false};
    size_t i, good = 0;

    if (!alcove_seal_init(&shared, alcove_malloc(), NULL))
        bail_out("no seal");
    test_zones_of_threads();
    for (i = 0; i < THREADS; i++)
        start(&ids[i], allocate_until_closed, &closed[i]);
    alcove_seal(&shared);
    for (i = 0; i < THREADS; i++) {
        pthread_join(ids[i], NULL);
        good += closed[i];
    }
    is_size(good, THREADS, "a seal is closed for all threads");
}

#else

static void
test_threads(void)
{
    skip(4, "there are no threads");
}

#endif

/* ---- the model ---- */

enum { SLOTS = 30, ZONES = 6, STEPS = 250000 };

static struct slot {
    unsigned char *p; /* NULL: none */
    struct alcove_layout l;
} slots[SLOTS];

/* What the zones must have counted. */
static struct {
    struct alcove_zone zone;
    bool entered;
    size_t refused;
} zones[ZONES];

static bool closed;
static size_t served, refusals;

static bool
may_allocate(void)
{
    size_t i, entered = 0;

    for (i = 0; i < ZONES; i++)
        entered += zones[i].entered;
    return !closed && entered == 0;
}

static bool
model_refuses(struct alcove_layout l, struct alcove_layout old)
{
    size_t i;

    refusals++;
    for (i = 0; i < ZONES; i++)
        zones[i].refused += zones[i].entered;
    return refused(l, old) && says(closed ? sealed : in_zone);
}

static struct alcove_layout
any_layout(size_t least_align)
{
    struct alcove_layout l = {1 + tap_random() % 400,
                              (size_t)1 << tap_random() % 6};

    if (l.align < least_align)
        l.align = least_align;
    return l;
}

static bool
keep(struct slot *slot, void *p, struct alcove_layout l)
{
    served++;
    slot->p = p;
    slot->l = l;
    memset(p, (int)l.size, l.size);
    return untouched();
}

static bool
is_whole(const struct slot *slot, size_t size)
{
    return holds(slot->p, (int)slot->l.size, size);
}

static bool
step_alloc(struct slot *slot)
{
    struct alcove_layout l = any_layout(1);
    bool zero = tap_random() % 2;
    char *p = zero ? alcove_zalloc(a, l, &err) : alcove_alloc(a, l, &err);

    if (!p)
        return !may_allocate() && model_refuses(l, none);
    if (!may_allocate() || (zero && !holds(p, 0, l.size)))
        return false;
    return keep(slot, p, l);
}

static bool
step_realloc(struct slot *slot)
{
    struct alcove_layout l = any_layout(slot->l.align), old = slot->l;
    size_t moved = parent.allocs + parent.reallocs;
    char *p = alcove_realloc(a, slot->p, old, l, &err);
    bool same = l.size == old.size && l.align == old.align;
    bool resizes = (parent.allocator.features & ALCOVE_CAN_RESIZE) != 0 &&
                   !parent.refuse_resize;
    bool fits = l.size <= old.size && (uintptr_t)slot->p % l.align == 0;

    moved = parent.allocs + parent.reallocs - moved;
    if (!p)
        return !may_allocate() && !same && !(fits && resizes) &&
               model_refuses(l, old) && is_whole(slot, old.size);
    if (!may_allocate() && (moved != 0 || (!fits && !same)))
        return false;
    if (!holds(p, (int)old.size, l.size < old.size ? l.size : old.size))
        return false;
    return keep(slot, p, l);
}

static bool
step_resize(struct slot *slot)
{
    struct alcove_layout l = any_layout(1), old = slot->l;
    bool possible = (uintptr_t)slot->p % l.align == 0;
    size_t i;

    if (alcove_resize(a, slot->p, old, l)) {
        if (!possible || (l.size > old.size && !may_allocate()))
            return false;
        if (!is_whole(slot, l.size < old.size ? l.size : old.size))
            return false;
        return keep(slot, slot->p, l);
    }
    if (possible && l.size > old.size && !may_allocate())
        for (i = 0; i < ZONES; i++)
            zones[i].refused += zones[i].entered;
    return untouched() && is_whole(slot, old.size);
}

static bool
step_temp(void)
{
    struct alcove_layout l = any_layout(1);
    size_t calls = 0;
    bool done = alcove_alloc_temp(a, l, count_call, &calls, &err);

    if (done != may_allocate() || calls != done)
        return false;
    return done ? untouched() : model_refuses(l, none);
}

/* One zone is entered or left. */
static bool
step_zone(size_t i)
{
    bool entered = zones[i].entered;
    size_t expected = entered ? zones[i].refused : 0;

    if (!ALCOVE_THREAD_LOCAL_WORKS || (!entered && tap_random() % 3 != 0))
        return true;
    if (!entered || tap_random() % 4 == 0) {
        bool done = alcove_zone_enter(&zones[i].zone, &err);

        if (done == entered)
            return false;
        if (!done)
            return err.code == ALCOVE_ERR_OTHER && errno_is(EINVAL);
        zones[i].entered = true;
        zones[i].refused = 0;
        return untouched();
    }
    zones[i].entered = false;
    return alcove_zone_leave(&zones[i].zone) == expected && untouched();
}

static bool
step(struct slot *slot)
{
    size_t what = tap_random() % 12;

    before();
    parent.refuse_resize = tap_random() % 4 == 0;
    if (what == 0)
        return step_temp();
    if (what == 1)
        return step_zone(tap_random() % ZONES);
    if (!slot->p)
        return step_alloc(slot);
    if (what < 6)
        return step_realloc(slot);
    if (what < 10)
        return step_resize(slot);
    if (!is_whole(slot, slot->l.size) ||
        !alcove_dealloc(a, slot->p, slot->l, &err))
        return false;
    slot->p = NULL;
    return untouched();
}

static bool
books_balance(void)
{
    size_t i, blocks = 0, bytes = 0;

    for (i = 0; i < SLOTS; i++) {
        blocks += slots[i].p != NULL;
        bytes += slots[i].p ? slots[i].l.size : 0;
    }
    return blocks == parent.live_blocks && bytes == parent.live_bytes;
}

/* From time to time all zones are left, and the seal opened or closed. */
static void
new_round(void)
{
    size_t i;

    for (i = 0; i < ZONES; i++) {
        (void)alcove_zone_leave(&zones[i].zone);
        zones[i].entered = false;
    }
    if (!alcove_seal_init(&s, &parent.allocator, NULL))
        bail_out("no seal");
    closed = tap_random() % 4 == 0;
    if (closed)
        alcove_seal(&s);
}

static void
test_model(unsigned features, const char *which)
{
    size_t i, wrong = 0;

    begin(features);
    served = refusals = 0;
    for (i = 0; i < STEPS && wrong == 0; i++) {
        if (i % 40 == 0)
            new_round();
        wrong += !step(&slots[tap_random() % SLOTS]) || !books_balance() ||
                 alcove_seal_is_closed(&s) != closed;
        if (wrong != 0)
            diag("step %lu", (unsigned long)i);
    }
    is_size(wrong, 0, "random operations do what a model says, %s", which);
    ok(served > STEPS / 10 && refusals > STEPS / 10,
       "...%lu served, and %lu refused", (unsigned long)served,
       (unsigned long)refusals);
    new_round();
    for (i = 0; i < SLOTS; i++) {
        wrong += slots[i].p && !alcove_dealloc(a, slots[i].p, slots[i].l, NULL);
        slots[i].p = NULL;
    }
    ok(wrong == 0 && count_ok(&parent, 0, 0), "...and nothing is left or lost");
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(61);
    test_init();
    test_open();
    test_closed();
    test_shrinks();
    test_others();
    if (ALCOVE_THREAD_LOCAL_WORKS) {
        skip(2, "there is thread-local storage");
        test_zone();
        test_seals_in_zone();
        test_nested();
    } else {
        test_no_zones();
        skip(18, "there is no thread-local storage");
    }
    test_threads();
    test_model(ALL, "in place or by copy");
    test_model(COUNT_PLAIN | ALCOVE_CAN_REALLOC, "with realloc");
    return tap_done();
}
