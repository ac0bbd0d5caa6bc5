/* SPDX-License-Identifier: MIT */
/* The fallback: the second serves what the first refuses, whoever owns a block
 * keeps it or gives it over whole, and a refusal that was made good is not
 * seen. */
#include <config.h>

#include <alcove/fallback.h>

#include <alcove/malloc.h>
#include <alcove/null.h>
#include <alcove/stack.h>

#include "count.h"
#include "holds.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <string.h>

#define ALL                                                                    \
    (COUNT_PLAIN | ALCOVE_CAN_RESIZE | ALCOVE_CAN_OWNS |                       \
     ALCOVE_CAN_USABLE_SIZE | ALCOVE_CAN_ZERO)

static struct count c1, c2;
static struct alcove_fallback f;
static struct alcove_allocator *const a = &f.allocator;
static const struct alcove_layout l100 = {100, 8}, l200 = {200, 16},
                                  l900 = {900, 16}, empty = {0, 1};

static bool
told_by(const struct count *c, enum alcove_code code)
{
    return errno_is_not(MARK) && err.code == code &&
           err.allocator == c->ops.name;
}

static void
begin(unsigned first, unsigned second)
{
    count_init(&c1, first);
    count_init(&c2, second);
    c1.ops.name = "first";
    c2.ops.name = "second";
    if (!alcove_fallback_init(&f, &c1.allocator, &c2.allocator, NULL))
        bail_out("no fallback");
    before();
}

static bool
live(size_t blocks1, size_t bytes1, size_t blocks2, size_t bytes2)
{
    return count_ok(&c1, blocks1, bytes1) && count_ok(&c2, blocks2, bytes2);
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

/* A block of the second. */
static char *
second_block(struct alcove_layout l)
{
    refuse_next(&c1);
    return block(l);
}

/* ---- init ---- */

static bool
no_init(struct alcove_allocator *first, struct alcove_allocator *second,
        enum alcove_code code, int number)
{
    static struct alcove_fallback old;
    bool refused;

    old = f;
    before();
    refused = !alcove_fallback_init(&f, first, second, &err);
    return refused && err.code == code && errno_is(number) && err.allocator &&
           err.detail && memcmp(&old, &f, sizeof f) == 0 &&
           !alcove_fallback_init(&f, first, second, NULL);
}

static void
test_init(void)
{
    struct alcove_allocator *x = &c1.allocator, *y = &c2.allocator;

    begin(ALL, COUNT_PLAIN);
    ok(no_init(NULL, y, ALCOVE_ERR_OTHER, EINVAL) &&
           no_init(x, NULL, ALCOVE_ERR_OTHER, EINVAL) &&
           no_init(NULL, NULL, ALCOVE_ERR_OTHER, EINVAL),
       "there must be two allocators");
    ok(no_init(x, x, ALCOVE_ERR_OTHER, EINVAL), "...not twice the same");
    ok(no_init(a, y, ALCOVE_ERR_OTHER, EINVAL) &&
           no_init(x, a, ALCOVE_ERR_OTHER, EINVAL),
       "...nor the fallback itself");
    ok(no_init(y, x, ALCOVE_ERR_UNSUPPORTED, ENOTSUP) &&
           (no_init(y, x, ALCOVE_ERR_UNSUPPORTED, ENOTSUP),
            err.allocator == c2.ops.name),
       "a first that gives blocks and does not know them is refused by name");
    before();
    ok(alcove_fallback_init(&f, x, y, &err) && untouched() &&
           strcmp(alcove_name(a), "fallback") == 0,
       "one that knows its blocks is taken");
    ok(alcove_fallback_init(&f, alcove_null(), y, &err) && untouched() &&
           alcove_fallback_init(&f, y, alcove_null(), &err) == false,
       "so is one that gives none");
    ok(c1.asked == 0 && c2.asked == 0, "nothing is asked of either");
}

/* What each bit should be, apart from each other. */
static bool
feature_is_honest(unsigned bit, unsigned x, unsigned y, unsigned got)
{
    bool in1 = (x & bit) != 0, in2 = (y & bit) != 0, want;
    bool gives1 = (x & ALCOVE_CAN_ALLOC) != 0;
    bool gives2 = (y & ALCOVE_CAN_ALLOC) != 0;

    if (bit == ALCOVE_CAN_ALLOC || bit == ALCOVE_CAN_TEMP)
        want = in1 || in2;
    else if (bit == ALCOVE_CAN_THREADS)
        want = in1 && in2;
    else
        want = (gives1 || gives2) && (in1 || !gives1) && (in2 || !gives2);
    return ((got & bit) != 0) == want;
}

static void
test_features(void)
{
    size_t i, wrong = 0;
    unsigned bit, x, y;

    for (i = 0; i < 20000; i++) {
        x = (unsigned)tap_random() & 0x7ff;
        y = (unsigned)tap_random() & 0x7ff;
        if ((x & ALCOVE_CAN_ALLOC) != 0)
            x |= ALCOVE_CAN_OWNS;
        c1.allocator.features = x;
        c2.allocator.features = y;
        if (!alcove_fallback_init(&f, &c1.allocator, &c2.allocator, NULL))
            bail_out("no fallback");
        for (bit = 1; bit <= 0x400; bit *= 2)
            wrong += !feature_is_honest(bit, x, y, alcove_features(a));
        wrong += (alcove_features(a) & ~0x7ffu) != 0;
    }
    is_size(wrong, 0, "the features are what any block can count on");
    if (!ALCOVE_HAVE_MALLOC || !ALCOVE_HAVE_STACK) {
        skip(1, "no malloc or no stack");
        return;
    }
    if (!alcove_fallback_init(&f, alcove_stack(), alcove_malloc(), NULL))
        bail_out("no fallback");
    is_int(alcove_features(a), alcove_features(alcove_malloc()),
           "the stack, then malloc: that can all that malloc can");
}

/* ---- blocks ---- */

static void
test_alloc(void)
{
    char *p, *q, *z;

    begin(ALL, ALL);
    p = alcove_alloc(a, l100, &err);
    ok(p && live(1, 100, 0, 0) && untouched(), "the first is asked first");
    refuse_next(&c1);
    q = alcove_alloc(a, l200, &err);
    ok(q && live(1, 100, 1, 200) && untouched(),
       "the second serves what the first refuses, and the refusal is not seen");
    refuse_next(&c1);
    z = alcove_zalloc(a, l900, &err);
    ok(z && holds(z, 0, 900) && c2.zallocs == 1 && untouched() &&
           live(1, 100, 2, 1100),
       "...cleared blocks by the second's own means");
    refuse_next(&c1);
    refuse_next(&c2);
    ok(!alcove_alloc(a, l100, &err) && told_by(&c2, ALCOVE_ERR_ALLOC_FAILED) &&
           err.cause == ALCOVE_CAUSE_INJECTED && live(1, 100, 2, 1100),
       "if both refuse, the error is the second's");
    before();
    refuse_next(&c1);
    refuse_next(&c2);
    ok(!alcove_zalloc(a, l100, &err) && told_by(&c2, ALCOVE_ERR_ALLOC_FAILED) &&
           live(1, 100, 2, 1100),
       "...that of a cleared block, too");
    before();
    ok(alcove_owns(a, p, l100) && alcove_owns(a, q, l200) &&
           !alcove_owns(a, p, l200) && !alcove_owns(a, p + 8, l100) &&
           !alcove_owns(a, &err, l100),
       "both ones' blocks are its own, and no others");
    ok(alcove_usable_size(a, p, l100) == 356 &&
           alcove_usable_size(a, q, l200) == 456,
       "the owner says what is usable");
    ok(alcove_dealloc(a, q, l200, &err) && live(1, 100, 1, 900) &&
           alcove_dealloc(a, p, l100, &err) && live(0, 0, 1, 900) &&
           alcove_checked_dealloc(a, z, l900, &err) && live(0, 0, 0, 0) &&
           untouched(),
       "a release goes to the owner");
}

static void
test_release_refused(void)
{
    char *p, *q;

    begin(ALL, ALL);
    p = block(l100);
    q = second_block(l100);
    c1.refuse_this = p;
    c2.refuse_this = q;
    ok(!alcove_dealloc(a, p, l100, &err) && told_by(&c1, ALCOVE_ERR_LOCK) &&
           live(1, 100, 1, 100),
       "a release that the first refuses is told as its own");
    before();
    ok(!alcove_dealloc(a, q, l100, &err) && told_by(&c2, ALCOVE_ERR_LOCK) &&
           live(1, 100, 1, 100),
       "...the second's likewise");
    before();
    ok(!alcove_checked_dealloc(a, &err, l100, &err) &&
           err.code == ALCOVE_ERR_NOT_OWNED && live(1, 100, 1, 100),
       "a checked release of a foreign block is refused");
    alcove_dealloc(a, p, l100, NULL);
    alcove_dealloc(a, q, l100, NULL);
    ok(live(0, 0, 0, 0), "...and the blocks can be released");
}

static void
test_resize(void)
{
    /* Aligned as the larger ones, or it could not be resized to them. */
    const struct alcove_layout start = {100, 16};
    char *p, *q;

    begin(ALL, ALL);
    p = block(start);
    q = second_block(start);
    ok(alcove_resize(a, p, start, l200) && alcove_resize(a, q, start, l200) &&
           live(1, 200, 1, 200) && c1.resizes == 1 && c2.resizes == 1,
       "each owner resizes its block in place");
    ok(!alcove_resize(a, p, l200, l900) && !alcove_resize(a, q, l200, l900) &&
           live(1, 200, 1, 200) && untouched(),
       "...or says no, and nothing has changed");
    p = alcove_grow(a, p, l200, (struct alcove_layout){300, 16}, &err);
    ok(p && c1.resizes == 2 && c1.allocs == 1 && live(1, 300, 1, 200) &&
           untouched(),
       "a grow in place is in place");
    alcove_dealloc(a, p, (struct alcove_layout){300, 16}, NULL);
    alcove_dealloc(a, q, l200, NULL);
}

static void
test_moves(void)
{
    char *p, *q;

    begin(ALL, ALL);
    p = alcove_realloc(a, block(l100), l100, l900, &err);
    ok(p && holds(p, 0x21, 100) && live(1, 900, 0, 0) && untouched(),
       "a block stays with its owner if that can");
    refuse_next(&c1);
    p = alcove_rezalloc(a, p, l900, (struct alcove_layout){2000, 32}, &err);
    ok(p && holds(p, 0x21, 100) && holds(p + 900, 0, 1100) &&
           live(0, 0, 1, 2000) && untouched(),
       "else it moves to the second, with its contents");
    refuse_next(&c2);
    q = alcove_grow(a, p, (struct alcove_layout){2000, 32},
                    (struct alcove_layout){3000, 32}, &err);
    ok(q && holds(q, 0x21, 100) && live(1, 3000, 0, 0) && untouched(),
       "...and back to the first likewise");
    c1.refuse_resize = true;
    refuse_next(&c1);
    p = alcove_shrink(a, q, (struct alcove_layout){3000, 32},
                      (struct alcove_layout){50, 32}, &err);
    ok(p && holds(p, 0x21, 50) && live(0, 0, 1, 50) && untouched(),
       "...smaller ones, too");
    alcove_dealloc(a, p, (struct alcove_layout){50, 32}, NULL);
    ok(live(0, 0, 0, 0), "nothing is left");
}

static void
test_moves_refused(void)
{
    char *p, *q;

    begin(ALL, ALL);
    p = block(l100);
    refuse_next(&c1);
    refuse_next(&c2);
    ok(!alcove_grow(a, p, l100, l900, &err) &&
           told_by(&c2, ALCOVE_ERR_ALLOC_FAILED) && live(1, 100, 0, 0) &&
           holds(p, 0x21, 100),
       "if both refuse, the error is the second's, and the block is as it was");
    q = second_block(l100);
    before();
    c1.fail_after = 0;
    c1.fail_once = false;
    refuse_next(&c2);
    ok(!alcove_grow(a, q, l100, l900, &err) &&
           told_by(&c2, ALCOVE_ERR_ALLOC_FAILED) && live(1, 100, 1, 100) &&
           holds(q, 0x21, 100) && errno_is(ENOMEM),
       "...also if the block was the second's");
    before();
    c1.refuse_dealloc = true;
    ok(!alcove_grow(a, p, l100, l900, &err) && told_by(&c1, ALCOVE_ERR_LOCK) &&
           live(1, 100, 1, 100) && holds(p, 0x21, 100),
       "an owner that does not take its block back keeps it");
    before();
    c1.refuse_dealloc = false;
    c1.fail_after = SIZE_MAX;
    refuse_next(&c2);
    c2.refuse_this = q;
    ok(!alcove_grow(a, q, l100, l900, &err) && told_by(&c2, ALCOVE_ERR_LOCK) &&
           live(1, 100, 1, 100) && holds(q, 0x21, 100),
       "...the second likewise, and the new block goes back");
    alcove_dealloc(a, p, l100, NULL);
    alcove_dealloc(a, q, l100, NULL);
    ok(live(0, 0, 0, 0), "...nothing is lost");

    begin(ALL, ALL & ~(unsigned)ALCOVE_CAN_DEALLOC);
    q = second_block(l100);
    ok(!alcove_grow(a, q, l100, l900, &err) &&
           err.code == ALCOVE_ERR_UNSUPPORTED && live(0, 0, 1, 100) &&
           c1.allocs == 0,
       "a block that nobody takes back does not move");
    ok(!(alcove_features(a) & ALCOVE_CAN_DEALLOC) &&
           (alcove_features(a) & ALCOVE_CAN_ALLOC),
       "...which the features tell");
    count_done(&c2);
}

/* One of the two gives blocks. */
static void
test_one_gives(void)
{
    char *p;

    begin(ALCOVE_CAN_TEMP, COUNT_PLAIN);
    p = alcove_alloc(a, l100, &err);
    p = alcove_realloc(a, p, l100, l900, &err);
    ok(p && live(0, 0, 1, 900) && c1.asked == 0 && untouched(),
       "a first that gives no blocks is not asked for any");
    refuse_next(&c2);
    ok(!alcove_grow(a, p, l900, (struct alcove_layout){2000, 16}, &err) &&
           told_by(&c2, ALCOVE_ERR_ALLOC_FAILED) && live(0, 0, 1, 900) &&
           alcove_dealloc(a, p, l900, NULL),
       "...nor to take one over");

    begin(ALL, ALCOVE_CAN_TEMP);
    refuse_next(&c1);
    ok(!alcove_alloc(a, l100, &err) && told_by(&c1, ALCOVE_ERR_ALLOC_FAILED) &&
           c2.asked == 0,
       "a second that gives none does not hide the first's reason");
    before();
    p = block(l100);
    ok(alcove_dealloc(a, p, l100, &err) && live(0, 0, 0, 0) && untouched(),
       "...and all blocks are the first's");

    begin(ALL, ALCOVE_CAN_TEMP | ALCOVE_CAN_DEALLOC);
    p = block(l100);
    refuse_next(&c1);
    ok(before() && !alcove_grow(a, p, l100, l900, &err) &&
           told_by(&c1, ALCOVE_ERR_ALLOC_FAILED) && live(1, 100, 0, 0) &&
           alcove_dealloc(a, p, l100, NULL),
       "...and stay there, with the first's reason");

    begin(ALCOVE_CAN_TEMP, ALCOVE_CAN_THREADS);
    ok(!alcove_alloc(a, l100, &err) && err.code == ALCOVE_ERR_UNSUPPORTED,
       "if neither gives blocks, that is unsupported");
    before();
    ok(!alcove_dealloc(a, &err, l100, &err) &&
           err.code == ALCOVE_ERR_UNSUPPORTED,
       "...and so is a release");
}

/* ---- temporaries ---- */

struct scope {
    int calls, number;
    size_t live1, live2;
};

static void
look(void *mem, void *arg)
{
    struct scope *s = arg;

    s->calls++;
    s->number = errno;
    s->live1 = c1.live_bytes;
    s->live2 = c2.live_bytes;
    memset(mem, 3, 100);
    errno = MARK + 1;
}

static bool
scope(size_t live1, size_t live2)
{
    struct scope s = {0, 0, 0, 0};

    before();
    if (!alcove_alloc_temp(a, l100, look, &s, &err))
        return s.calls != 0;
    return s.calls == 1 && s.number == MARK && s.live1 == live1 &&
           s.live2 == live2 && errno == MARK + 1 && live(0, 0, 0, 0) &&
           memcmp(&err, &pristine, sizeof err) == 0;
}

static void
test_temps(void)
{
    struct scope s = {0, 0, 0, 0};

    begin(ALL, ALL);
    ok(scope(100, 0), "a temporary is the first's");
    refuse_next(&c1);
    ok(scope(0, 100), "...or the second's, once, and no errno shows");
    refuse_next(&c1);
    refuse_next(&c2);
    before();
    ok(!alcove_alloc_temp(a, l100, look, &s, &err) && s.calls == 0 &&
           told_by(&c2, ALCOVE_ERR_ALLOC_FAILED),
       "...or nobody's: the error is the second's, and nothing has run");
    c1.refuse_dealloc = true;
    before();
    ok(alcove_alloc_temp(a, l100, look, &s, &err) && s.calls == 1 &&
           live(1, 100, 0, 0),
       "a scope that the first cannot close has run, and runs no second time");
    count_done(&c1);

    begin(ALL, ALL);
    count_own_temp(&c1);
    ok(scope(0, 0) && c1.temps == 1, "the first's own way is taken");
    refuse_next(&c1);
    ok(scope(0, 100), "...and left when it refuses");
    begin(ALL, ALL & ~(unsigned)ALCOVE_CAN_TEMP);
    refuse_next(&c1);
    before();
    s.calls = 0;
    ok(!alcove_alloc_temp(a, l100, look, &s, &err) && s.calls == 0 &&
           told_by(&c1, ALCOVE_ERR_ALLOC_FAILED) && c2.asked == 0,
       "a second without temporaries does not hide the first's reason");
    begin(ALL & ~(unsigned)ALCOVE_CAN_TEMP, ALL);
    ok(scope(0, 100) && c1.asked == 0, "a first without any is not asked");

    begin(ALL, ALL);
    if (!alcove_fallback_init(&f, alcove_stack(), &c2.allocator, NULL))
        bail_out("no fallback");
    ok(scope(0, ALCOVE_HAVE_STACK && c2.temps == 0 && alcove_stack_remaining()
                    ? 0
                    : 100),
       "the stack can be the first");
}

/* ---- the front, nesting, refusals at every step ---- */

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
           c1.asked == 0 && c2.asked == 0,
       "neither sees a layout that is not valid");
    before();
    p = alcove_alloc(a, empty, &err);
    ok(p == alcove_layout_dangling(empty) &&
           alcove_dealloc(a, p, empty, &err) && alcove_owns(a, p, empty) &&
           untouched() && c1.asked == 0 && c2.asked == 0,
       "...or of size 0");
    ok(!alcove_alloc(a, most, &err) && told_by(&c2, ALCOVE_ERR_ALLOC_FAILED),
       "what nobody has is refused");
    p = block(l100);
    before();
    ok(!alcove_realloc(a, p, l100, most, &err) &&
           told_by(&c2, ALCOVE_ERR_ALLOC_FAILED) && live(1, 100, 0, 0) &&
           holds(p, 0x21, 100),
       "...and the block is as it was");
    p = alcove_realloc(a, p, l100, (struct alcove_layout){0, 8}, NULL);
    ok(p == (char *)8 && live(0, 0, 0, 0),
       "a block that shrinks to nothing is released");
}

static void
test_nested(void)
{
    static struct count c3;
    static struct alcove_fallback outer;
    struct alcove_allocator *o = &outer.allocator;
    char *p[4];
    size_t i, kept = 0;

    begin(ALL, ALL);
    count_init(&c3, COUNT_PLAIN);
    if (!alcove_fallback_init(&outer, a, &c3.allocator, NULL))
        bail_out("no fallback");
    for (i = 0; i < 3; i++) {
        p[i] = alcove_alloc(o, l100, &err);
        if (i == 0)
            c1.fail_after = 0;
        else
            c2.fail_after = 0;
    }
    ok(p[0] && p[1] && p[2] && live(1, 100, 1, 100) && count_ok(&c3, 1, 100) &&
           untouched(),
       "a fallback falls back in turn");
    p[1] = alcove_grow(o, p[1], l100, l900, &err);
    ok(p[1] && live(1, 100, 0, 0) && count_ok(&c3, 2, 1000) && untouched(),
       "...a block moves over two steps");
    ok(alcove_dealloc(o, p[0], l100, NULL) &&
           alcove_dealloc(o, p[1], l900, NULL) &&
           alcove_dealloc(o, p[2], l100, NULL) && live(0, 0, 0, 0) &&
           count_ok(&c3, 0, 0),
       "...and each is released where it is");
    c1.fail_after = c2.fail_after = SIZE_MAX;
    ok(!(alcove_features(o) & ALCOVE_CAN_OWNS) &&
           !alcove_fallback_init(&outer, o, a, NULL),
       "the features show that the last does not know its blocks");
    if (!alcove_fallback_init(&f, &c2.allocator, &c3.allocator, NULL) ||
        !alcove_fallback_init(&outer, &c1.allocator, a, NULL))
        bail_out("no fallback");
    before();
    for (i = 0; i < 4; i++) {
        c1.fail_after = i < 2 ? SIZE_MAX : 0;
        c2.fail_after = i < 3 ? SIZE_MAX : 0;
        p[i] = alcove_alloc(o, l200, &err);
    }
    ok(live(2, 400, 1, 200) && count_ok(&c3, 1, 200) && untouched(),
       "the second can be a fallback, too");
    for (i = 0; i < 4; i++)
        kept += !alcove_dealloc(o, p[i], l200, &err);
    ok(kept == 0 && live(0, 0, 0, 0) && count_ok(&c3, 0, 0) && untouched(),
       "...and releases go all the way");
}

/* A few operations; true if all were served. */
static bool
work(void)
{
    char *p = alcove_alloc(a, l100, NULL), *q = alcove_zalloc(a, l200, NULL);
    struct scope s = {0, 0, 0, 0};
    struct alcove_layout now = l100;
    bool all = p && q, grown;
    char *r = p ? alcove_grow(a, p, l100, l900, NULL) : NULL;

    grown = r != NULL;
    if (grown) {
        p = r;
        now = l900;
    }
    if (!alcove_alloc_temp(a, l100, look, &s, NULL))
        all = false;
    (void)alcove_dealloc(a, p, now, NULL);
    (void)alcove_dealloc(a, q, l200, NULL);
    return all && grown;
}

static void
test_sweep(void)
{
    size_t i, j, wrong = 0;

    begin(ALL, ALL);
    for (i = 0; i < 10; i++) {
        for (j = 0; j < 10; j++) {
            c1.fail_after = i;
            c2.fail_after = j;
            c1.fail_once = c2.fail_once = false;
            wrong += work() != (i + j >= 4);
            wrong += !live(0, 0, 0, 0);
        }
    }
    is_size(wrong, 0,
            "wherever either of them begins to refuse, nothing is lost, and "
            "nothing refused that one could serve");
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(64);
    test_init();
    test_features();
    test_alloc();
    test_release_refused();
    test_resize();
    test_moves();
    test_moves_refused();
    test_one_gives();
    test_temps();
    test_front();
    test_nested();
    test_sweep();
    return tap_done();
}
