/* SPDX-License-Identifier: MIT */
/* Segregation: the size says who serves, at allocation and at release, and a
 * block that crosses the threshold moves whole or stays whole. And a model of
 * random operations, over a segregation with a fallback for its small blocks.
 */
#include <config.h>

#include <alcove/fallback.h>
#include <alcove/segregate.h>

#include <alcove/malloc.h>

#include "count.h"
#include "holds.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <string.h>

enum { THRESHOLD = 256 };

#define ALL                                                                    \
    (COUNT_PLAIN | ALCOVE_CAN_RESIZE | ALCOVE_CAN_OWNS |                       \
     ALCOVE_CAN_USABLE_SIZE | ALCOVE_CAN_ZERO)

static struct count small, large;
static struct alcove_segregate s;
static struct alcove_allocator *const a = &s.allocator;
static const struct alcove_layout l100 = {100, 8}, l256 = {256, 8},
                                  l257 = {257, 8}, l900 = {900, 8},
                                  empty = {0, 8};

static bool
told_by(const struct count *c, enum alcove_code code)
{
    return errno_is_not(MARK) && err.code == code &&
           err.allocator == c->ops.name;
}

static void
begin(unsigned features_small, unsigned features_large)
{
    count_init(&small, features_small);
    count_init(&large, features_large);
    small.ops.name = "small";
    large.ops.name = "large";
    if (!alcove_segregate_init(&s, &small.allocator, &large.allocator,
                               THRESHOLD, NULL))
        bail_out("no segregation");
    before();
}

static bool
live(size_t blocks1, size_t bytes1, size_t blocks2, size_t bytes2)
{
    return count_ok(&small, blocks1, bytes1) &&
           count_ok(&large, blocks2, bytes2);
}

static void
refuse_next(struct count *c)
{
    c->fail_after = 0;
    c->fail_once = true;
}

static char *
block(struct alcove_layout l)
{
    char *p = alcove_alloc(a, l, NULL);

    if (!p)
        bail_out("no block");
    memset(p, 0x21, l.size);
    return p;
}

/* ---- init ---- */

static bool
no_init(struct alcove_allocator *x, struct alcove_allocator *y)
{
    static struct alcove_segregate old;
    bool refused;

    old = s;
    before();
    refused = !alcove_segregate_init(&s, x, y, 100, &err);
    return refused && err.code == ALCOVE_ERR_OTHER && errno_is(EINVAL) &&
           strcmp(err.allocator, "segregate") == 0 && err.detail &&
           memcmp(&old, &s, sizeof s) == 0 &&
           !alcove_segregate_init(&s, x, y, 100, NULL);
}

static void
test_init(void)
{
    struct alcove_allocator *x = &small.allocator, *y = &large.allocator;
    size_t i, wrong = 0;

    begin(ALL, ALL);
    ok(no_init(NULL, y) && no_init(x, NULL) && no_init(NULL, NULL),
       "there must be two allocators");
    ok(no_init(a, y) && no_init(x, a), "...not the segregation itself");
    before();
    ok(alcove_segregate_init(&s, x, y, 100, &err) && untouched() &&
           strcmp(alcove_name(a), "segregate") == 0 && small.asked == 0 &&
           large.asked == 0,
       "two are taken, and nothing is asked of either");
    for (i = 0; i < 1000; i++) {
        x->features = (unsigned)tap_random() & 0x7ff;
        y->features = (unsigned)tap_random() & 0x7ff;
        if (!alcove_segregate_init(&s, x, y, i, NULL))
            bail_out("no segregation");
        wrong += alcove_features(a) != (x->features & y->features);
    }
    is_size(wrong, 0, "it can what both can");
}

/* ---- blocks ---- */

static void
test_blocks(void)
{
    char *p, *q, *z;

    begin(ALL, ALL);
    p = alcove_alloc(a, l256, &err);
    q = alcove_alloc(a, l257, &err);
    ok(p && q && live(1, 256, 1, 257) && untouched(),
       "up to the threshold a block is small, above it large");
    z = alcove_zalloc(a, l900, &err);
    ok(z && holds(z, 0, 900) && large.zallocs == 1 && live(1, 256, 2, 1157) &&
           untouched(),
       "cleared blocks go the same way");
    ok(alcove_owns(a, p, l256) && alcove_owns(a, q, l257) &&
           !alcove_owns(a, p, l257) && !alcove_owns(a, q, l256) &&
           !alcove_owns(a, &err, l100) && !alcove_owns(a, &err, l900),
       "each tells its own");
    ok(alcove_usable_size(a, q, l257) == 257 + 256 &&
           alcove_usable_size(a, p, l256) == 256,
       "a small block is usable to the threshold");
    ok(alcove_dealloc(a, p, l256, &err) && live(0, 0, 2, 1157) &&
           alcove_dealloc(a, q, l257, &err) && live(0, 0, 1, 900) &&
           alcove_checked_dealloc(a, z, l900, &err) && live(0, 0, 0, 0) &&
           untouched(),
       "a release goes where the block came from");
    p = block(l100);
    ok(alcove_usable_size(a, p, l100) == THRESHOLD &&
           alcove_resize(a, p, l100, l256) && live(1, 256, 0, 0),
       "what is usable can be owned");
    alcove_dealloc(a, p, l256, NULL);
}

static void
test_refused(void)
{
    char *p;

    begin(ALL, ALL);
    refuse_next(&small);
    ok(!alcove_alloc(a, l100, &err) &&
           told_by(&small, ALCOVE_ERR_ALLOC_FAILED) && large.asked == 0,
       "what the small one refuses is refused");
    before();
    refuse_next(&large);
    ok(!alcove_zalloc(a, l900, &err) &&
           told_by(&large, ALCOVE_ERR_ALLOC_FAILED) && live(0, 0, 0, 0),
       "...the large one likewise");
    p = block(l900);
    before();
    large.refuse_this = p;
    ok(!alcove_dealloc(a, p, l900, &err) && told_by(&large, ALCOVE_ERR_LOCK) &&
           live(0, 0, 1, 900) && alcove_dealloc(a, p, l900, NULL),
       "...and a release");
}

static void
test_changes(void)
{
    char *p, *q;

    begin(ALL, ALL);
    p = block(l100);
    ok(alcove_resize(a, p, l100, l256) && !alcove_resize(a, p, l256, l257) &&
           live(1, 256, 0, 0) && untouched(),
       "in place no block crosses the threshold");
    p = alcove_rezalloc(a, p, l256, l900, &err);
    ok(p && holds(p, 0x21, 100) && holds(p + 256, 0, 644) &&
           live(0, 0, 1, 900) && untouched(),
       "a block that grows across it moves");
    ok(!alcove_resize(a, p, l900, l100) && live(0, 0, 1, 900),
       "...in place it would not come back");
    q = alcove_realloc(a, p, l900, (struct alcove_layout){1000, 16}, &err);
    ok(q && holds(q, 0x21, 100) && live(0, 0, 1, 1000) && untouched(),
       "on its side it stays there");
    p = alcove_shrink(a, q, (struct alcove_layout){1000, 16},
                      (struct alcove_layout){90, 32}, &err);
    ok(p && holds(p, 0x21, 90) && live(1, 90, 0, 0) && untouched(),
       "one that shrinks moves back");
    alcove_dealloc(a, p, (struct alcove_layout){90, 32}, NULL);
    ok(live(0, 0, 0, 0), "nothing is left");
}

static void
test_changes_refused(void)
{
    char *p;

    begin(ALL, ALL);
    p = block(l100);
    refuse_next(&large);
    ok(!alcove_grow(a, p, l100, l900, &err) &&
           told_by(&large, ALCOVE_ERR_ALLOC_FAILED) && live(1, 100, 0, 0) &&
           holds(p, 0x21, 100),
       "a block that cannot move is as it was");
    before();
    small.refuse_this = p;
    ok(!alcove_grow(a, p, l100, l900, &err) &&
           told_by(&small, ALCOVE_ERR_LOCK) && live(1, 100, 0, 0) &&
           holds(p, 0x21, 100),
       "so is one that is not taken back, and the new one goes");
    before();
    small.refuse_resize = true;
    refuse_next(&small);
    ok(!alcove_grow(a, p, l100, l256, &err) &&
           told_by(&small, ALCOVE_ERR_ALLOC_FAILED) && live(1, 100, 0, 0),
       "so is one that cannot grow on its side");
    ok(alcove_dealloc(a, p, l100, NULL) && live(0, 0, 0, 0),
       "...and can be released");

    begin(ALL & ~(unsigned)ALCOVE_CAN_DEALLOC, ALL);
    p = block(l100);
    ok(!alcove_grow(a, p, l100, l900, &err) &&
           err.code == ALCOVE_ERR_UNSUPPORTED && live(1, 100, 0, 0) &&
           large.allocs == 0,
       "a block that nobody takes back does not move");
    count_done(&small);
}

static void
test_front(void)
{
    const struct alcove_layout bad = {8, 3}, zero = {8, 0};
    const struct alcove_layout most = {ALCOVE_SIZE_MAX - 7, 8};
    const struct alcove_layout over = {ALCOVE_SIZE_MAX, 2};
    char *p;

    begin(ALL, ALL);
    ok(!alcove_alloc(a, bad, &err) &&
           err.code == ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO &&
           !alcove_alloc(a, zero, &err) && err.code == ALCOVE_ERR_ZERO_ALIGN &&
           !alcove_alloc(a, over, &err) && err.code == ALCOVE_ERR_EXCEEDS_MAX &&
           small.asked == 0 && large.asked == 0,
       "neither sees a layout that is not valid");
    before();
    p = alcove_alloc(a, empty, &err);
    ok(p == (char *)8 && alcove_dealloc(a, p, empty, &err) &&
           alcove_owns(a, p, empty) && untouched() && small.asked == 0 &&
           large.asked == 0,
       "...or of size 0");
    p = block(l100);
    before();
    ok(!alcove_realloc(a, p, l100, most, &err) &&
           told_by(&large, ALCOVE_ERR_ALLOC_FAILED) && live(1, 100, 0, 0) &&
           holds(p, 0x21, 100),
       "what nobody has is refused, and the block is as it was");
    ok(alcove_realloc(a, p, l100, empty, NULL) == (char *)8 && live(0, 0, 0, 0),
       "a block that shrinks to nothing is released");
}

static void
test_thresholds(void)
{
    const struct alcove_layout one = {1, 1};
    char *p, *q;

    begin(ALL, ALL);
    s.threshold = 0;
    p = block(one);
    ok(live(0, 0, 1, 1) && alcove_dealloc(a, p, one, NULL),
       "with threshold 0 all is large");
    s.threshold = ALCOVE_SIZE_MAX;
    p = block(l900);
    ok(live(1, 900, 0, 0) && alcove_dealloc(a, p, l900, NULL),
       "with the largest all is small");
    if (!alcove_segregate_init(&s, &small.allocator, &small.allocator,
                               THRESHOLD, NULL))
        bail_out("no segregation");
    p = block(l256);
    q = alcove_grow(a, p, l256, l257, NULL);
    ok(q == p && small.resizes == 1 && live(1, 257, 0, 0) &&
           alcove_dealloc(a, q, l257, NULL) && live(0, 0, 0, 0),
       "with the same on both sides there is no way to go");
}

/* ---- temporaries ---- */

static void
look(void *mem, void *arg)
{
    size_t *seen = arg;

    memset(mem, 3, 100);
    seen[0]++;
    seen[1] = small.live_bytes;
    seen[2] = large.live_bytes;
}

static void
test_temps(void)
{
    size_t seen[3] = {0, 0, 0};

    begin(ALL, ALL);
    ok(alcove_alloc_temp(a, l256, look, seen, &err) && seen[0] == 1 &&
           seen[1] == 256 && seen[2] == 0 && untouched(),
       "a small temporary is the small one's");
    ok(alcove_alloc_temp(a, l257, look, seen, &err) && seen[0] == 2 &&
           seen[1] == 0 && seen[2] == 257 && untouched() && live(0, 0, 0, 0),
       "...a large one the large one's");
    refuse_next(&large);
    ok(!alcove_alloc_temp(a, l257, look, seen, &err) && seen[0] == 2 &&
           told_by(&large, ALCOVE_ERR_ALLOC_FAILED),
       "...or refused, and has not run");
    count_own_temp(&small);
    ok(alcove_alloc_temp(a, l256, look, seen, NULL) && small.temps == 1 &&
           seen[1] == 0,
       "each goes its own way");
    begin(ALL & ~(unsigned)ALCOVE_CAN_TEMP, ALL);
    ok(!alcove_alloc_temp(a, l256, look, seen, &err) &&
           told_by(&small, ALCOVE_ERR_UNSUPPORTED) &&
           !(alcove_features(a) & ALCOVE_CAN_TEMP),
       "one that has none refuses");
}

/* ---- the model ---- */

enum { SLOTS = 40, STEPS = 250000 };

static struct slot {
    unsigned char *p; /* NULL: none */
    struct alcove_layout l;
    unsigned char fill;
} slots[SLOTS];

static struct count second; /* of the fallback; its first is `small` */
static struct alcove_fallback f;
static size_t served, refused;

static struct alcove_layout
any_layout(size_t least_align)
{
    struct alcove_layout l;

    l.size = tap_random() % 600;
    l.align = (size_t)1 << tap_random() % 7;
    if (l.align < least_align)
        l.align = least_align;
    return l;
}

static bool
filled(const unsigned char *p, size_t size, unsigned char byte)
{
    size_t i;

    for (i = 0; i < size; i++)
        if (p[i] != byte)
            return false;
    return true;
}

/* Some steps meet a refusal. */
static void
give_orders(const struct slot *slot)
{
    struct count *all[3];
    size_t i, n = tap_random();

    all[0] = &small, all[1] = &large, all[2] = &second;
    for (i = 0; i < 3; i++) {
        struct count *c = all[i];

        c->fail_after = (n >> (3 * i)) % 4 == 0 ? 0 : SIZE_MAX;
        c->refuse_this = (n >> (9 + 3 * i)) % 8 == 0 ? slot->p : NULL;
        c->refuse_resize = (n >> (18 + i)) % 2 == 0;
    }
}

static bool
step_ends(bool done)
{
    done ? served++ : refused++;
    if (done)
        return untouched();
    return errno_is_not(MARK) && err.code != ALCOVE_OK;
}

static bool
step_alloc(struct slot *slot, bool zero)
{
    struct alcove_layout l = any_layout(1);
    unsigned char *p =
        zero ? alcove_zalloc(a, l, &err) : alcove_alloc(a, l, &err);

    if (!p)
        return step_ends(false);
    slot->p = p;
    slot->l = l;
    slot->fill = (unsigned char)tap_random();
    if ((uintptr_t)p % l.align != 0 || (zero && !filled(p, l.size, 0)))
        return false;
    if (l.size != 0)
        memset(p, slot->fill, l.size);
    return step_ends(true);
}

static bool
step_dealloc(struct slot *slot)
{
    bool done = alcove_dealloc(a, slot->p, slot->l, &err);

    if (done)
        slot->p = NULL;
    return step_ends(done);
}

static bool
step_realloc(struct slot *slot, bool zero)
{
    struct alcove_layout l = any_layout(slot->l.align);
    size_t kept = l.size < slot->l.size ? l.size : slot->l.size;
    unsigned char *p = zero ? alcove_rezalloc(a, slot->p, slot->l, l, &err)
                            : alcove_realloc(a, slot->p, slot->l, l, &err);

    if (!p)
        return step_ends(false);
    if ((uintptr_t)p % l.align != 0 || !filled(p, kept, slot->fill) ||
        (zero && !filled(p + kept, l.size - kept, 0)))
        return false;
    slot->p = p;
    slot->l = l;
    if (l.size != 0)
        memset(p, slot->fill, l.size);
    return step_ends(true);
}

static bool
step_resize(struct slot *slot)
{
    struct alcove_layout l = any_layout(1);
    size_t kept = l.size < slot->l.size ? l.size : slot->l.size;

    if (alcove_resize(a, slot->p, slot->l, l)) {
        if (!filled(slot->p, kept, slot->fill))
            return false;
        slot->l = l;
        if (l.size != 0)
            memset(slot->p, slot->fill, l.size);
        served++;
    }
    return untouched();
}

static void
fill_and_count(void *mem, void *arg)
{
    *(unsigned char *)mem = 1;
    ++*(size_t *)arg;
}

static bool
step_temp(void)
{
    struct alcove_layout l = any_layout(1);
    size_t calls = 0;
    bool done;

    l.size++;
    done = alcove_alloc_temp(a, l, fill_and_count, &calls, &err);
    return step_ends(done) && calls == done;
}

static bool
step_look(const struct slot *slot)
{
    struct alcove_layout other = {slot->l.size + 1, slot->l.align};

    return alcove_owns(a, slot->p, slot->l) &&
           !alcove_owns(a, slot->p, other) &&
           alcove_usable_size(a, slot->p, slot->l) >= slot->l.size &&
           untouched();
}

static bool
step(struct slot *slot)
{
    size_t what = tap_random() % 8;

    before();
    give_orders(slot);
    if (what == 0)
        return step_temp();
    if (!slot->p)
        return step_alloc(slot, what < 4);
    if (!filled(slot->p, slot->l.size, slot->fill))
        return false;
    if (what < 3)
        return step_dealloc(slot);
    if (what < 6)
        return step_realloc(slot, what < 4);
    return what == 6 ? step_resize(slot) : step_look(slot);
}

static bool
books_balance(void)
{
    size_t i, blocks = 0, bytes = 0;

    for (i = 0; i < SLOTS; i++) {
        if (!slots[i].p || slots[i].l.size == 0)
            continue;
        blocks++;
        bytes += slots[i].l.size;
    }
    return blocks ==
               small.live_blocks + large.live_blocks + second.live_blocks &&
           bytes == small.live_bytes + large.live_bytes + second.live_bytes;
}

static void
no_orders(struct count *c)
{
    c->fail_after = SIZE_MAX;
    c->refuse_this = NULL;
}

static void
test_model(void)
{
    size_t i, wrong = 0;

    begin(ALL, ALL & ~(unsigned)ALCOVE_CAN_USABLE_SIZE);
    count_init(&second, ALL | ALCOVE_CAN_REALLOC);
    if (!alcove_fallback_init(&f, &small.allocator, &second.allocator, NULL) ||
        !alcove_segregate_init(&s, &f.allocator, &large.allocator, THRESHOLD,
                               NULL))
        bail_out("no allocators");
    for (i = 0; i < STEPS && wrong == 0; i++) {
        wrong += !step(&slots[tap_random() % SLOTS]) || !books_balance();
        if (wrong != 0)
            diag("step %lu", (unsigned long)i);
    }
    is_size(wrong, 0, "random operations do what a model says");
    ok(served > STEPS / 4 && refused > STEPS / 20,
       "...%lu served, and %lu refused", (unsigned long)served,
       (unsigned long)refused);
    no_orders(&small);
    no_orders(&large);
    no_orders(&second);
    before();
    for (i = 0; i < SLOTS; i++)
        if (slots[i].p && !step_dealloc(&slots[i]))
            wrong++;
    ok(wrong == 0 && live(0, 0, 0, 0) && count_ok(&second, 0, 0),
       "...and nothing is left or lost");
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(39);
    test_init();
    test_blocks();
    test_refused();
    test_changes();
    test_changes_refused();
    test_front();
    test_thresholds();
    test_temps();
    test_model();
    return tap_done();
}
