/* SPDX-License-Identifier: MIT */
/* The limit: what is live never exceeds the quota, refusals leave the books as
 * they were, limits on limits are a tree of budgets, and the pressure hook may
 * make room once. And models: random operations on a tree of three, by one
 * thread against an exact forecast, and by four.
 */
#include <config.h>

#include <alcove/limit.h>

#include <alcove/malloc.h>
#include <alcove/stack.h>

#include "../lib/check/cancel.h"
#include "count.h"
#include "holds.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <string.h>
#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#endif

#define ALL                                                                    \
    (COUNT_PLAIN | ALCOVE_CAN_RESIZE | ALCOVE_CAN_REALLOC | ALCOVE_CAN_OWNS |  \
     ALCOVE_CAN_USABLE_SIZE | ALCOVE_CAN_ZERO)

static struct count parent;
static struct alcove_limit limit;
static struct alcove_allocator *const a = &limit.allocator;

static const struct alcove_layout l1 = {1, 1}, l100 = {100, 8}, l300 = {300, 8},
                                  l400 = {400, 8}, l600 = {600, 8},
                                  l900 = {900, 8}, empty = {0, 8};

static void
begin(unsigned features, size_t max_bytes, size_t max_blocks)
{
    count_init(&parent, features);
    if (!alcove_limit_init(&limit, &parent.allocator, max_bytes, max_blocks,
                           NULL))
        bail_out("no limit");
    before();
}

static bool
same_layout(struct alcove_layout x, struct alcove_layout y)
{
    return x.size == y.size && x.align == y.align;
}

/* Do the limit and its parent agree on what is live? */
static bool
live(size_t blocks, size_t bytes)
{
    return alcove_limit_used(&limit) == bytes &&
           alcove_limit_blocks(&limit) == blocks &&
           count_ok(&parent, blocks, bytes);
}

/* Was it a limit that refused this, with so many bytes left? */
static bool
refused(struct alcove_layout l, struct alcove_layout old, size_t left)
{
    return errno_is(ENOMEM) && err.code == ALCOVE_ERR_ALLOC_FAILED &&
           err.cause == ALCOVE_CAUSE_LIMIT && err.limit == left &&
           same_layout(err.layout, l) && same_layout(err.old, old) &&
           strcmp(err.allocator, "limit") == 0;
}

static bool
refused_bytes(struct alcove_layout l, size_t left)
{
    return refused(l, (struct alcove_layout){0, 0}, left) && !err.detail;
}

/* Was it the parent, and is this just what it said? */
static bool
parent_told(enum alcove_code code)
{
    return errno_is_not(MARK) && err.code == code &&
           err.allocator == parent.ops.name &&
           (code != ALCOVE_ERR_ALLOC_FAILED ||
            err.cause == ALCOVE_CAUSE_INJECTED);
}

static void
refuse_next(void)
{
    parent.fail_after = 0;
    parent.fail_once = true;
}

static char *
block(struct alcove_allocator *from, struct alcove_layout l)
{
    char *p = alcove_alloc(from, l, NULL);

    if (!p)
        bail_out("no block");
    memset(p, 0x21, l.size);
    return p;
}

static bool
says(const char *text)
{
    char buf[256];

    alcove_error_format(&err, buf, sizeof buf);
    if (strcmp(buf, text) != 0)
        diag("got: %s", buf);
    return strcmp(buf, text) == 0;
}

/* ---- init ---- */

static bool
no_init(struct alcove_allocator *from)
{
    static struct alcove_limit old;
    bool refused_twice;

    old = limit;
    before();
    refused_twice = !alcove_limit_init(&limit, from, 1, 1, &err) &&
                    !alcove_limit_init(&limit, from, 1, 1, NULL);
    return refused_twice && err.code == ALCOVE_ERR_OTHER && errno_is(EINVAL) &&
           strcmp(err.allocator, "limit") == 0 && err.detail &&
           memcmp(&old, &limit, sizeof limit) == 0;
}

static void
test_init(void)
{
    size_t i, wrong = 0;

    begin(ALL, 1000, 10);
    ok(no_init(NULL) && no_init(a), "there must be a parent, not the limit");
    before();
    ok(alcove_limit_init(&limit, &parent.allocator, 5, 7, &err) &&
           untouched() && strcmp(alcove_name(a), "limit") == 0 &&
           alcove_limit_left(&limit) == 5 && live(0, 0) && parent.asked == 0,
       "one is taken, and nothing is asked of it");
    for (i = 0; i < 1000; i++) {
        parent.allocator.features = (unsigned)tap_random() & 0x7ff;
        if (!alcove_limit_init(&limit, &parent.allocator, 1, 1, NULL))
            bail_out("no limit");
        wrong += alcove_features(a) !=
                 (parent.allocator.features & ~(unsigned)ALCOVE_CAN_THREADS);
    }
    is_size(wrong, 0, "it can what its parent can, but for threads");
}

/* ---- the quota ---- */

static void
test_bytes(void)
{
    char *p, *q, *z;
    size_t asked;

    begin(ALL, 1000, SIZE_MAX);
    p = alcove_alloc(a, l600, &err);
    ok(p && live(1, 600) && alcove_limit_left(&limit) == 400 && untouched(),
       "a block counts");
    asked = parent.asked;
    ok(!alcove_alloc(a, (struct alcove_layout){401, 8}, &err) &&
           refused_bytes((struct alcove_layout){401, 8}, 400) && live(1, 600) &&
           parent.asked == asked,
       "one byte too much is refused, and the parent not asked");
    before();
    q = alcove_zalloc(a, l400, &err);
    ok(q && holds(q, 0, 400) && parent.zallocs == 1 && live(2, 1000) &&
           alcove_limit_left(&limit) == 0 && untouched(),
       "...the last byte is served, and cleared");
    ok(!alcove_zalloc(a, l1, &err) && refused_bytes(l1, 0) &&
           !alcove_alloc(a, l1, NULL) && live(2, 1000),
       "...and then none, with an error or without a place for it");
    before();
    z = alcove_alloc(a, empty, &err);
    ok(z && alcove_dealloc(a, z, empty, &err) && untouched() && live(2, 1000),
       "size 0 is served all the same");
    ok(alcove_dealloc(a, p, l600, &err) && untouched() && live(1, 400) &&
           alcove_limit_left(&limit) == 600,
       "a release gives back");
    p = alcove_alloc(a, l600, &err);
    ok(p && live(2, 1000) && untouched(), "...what can be had again");
    ok(alcove_owns(a, p, l600) && !alcove_owns(a, p, l400),
       "whose a block is is the parent's to answer");
    ok(alcove_usable_size(a, q, l400) == 400,
       "no more can be used than the quota has");
    alcove_dealloc(a, p, l600, NULL);
    ok(alcove_usable_size(a, q, l400) == 400 + 256,
       "...and no more than the parent says");
    ok(alcove_checked_dealloc(a, q, l400, &err) && live(0, 0),
       "...and checked operations work");
    begin(ALL, 0, SIZE_MAX);
    ok(!alcove_alloc(a, l1, &err) && refused_bytes(l1, 0) &&
           alcove_alloc(a, empty, NULL) && parent.asked == 0,
       "a quota of 0 is for size 0 only");
}

static void
test_blocks(void)
{
    char *p, *q;

    begin(ALL, 1000, 2);
    p = block(a, l100);
    q = block(a, l100);
    ok(!alcove_alloc(a, l100, &err) &&
           refused(l100, (struct alcove_layout){0, 0}, 800) && err.detail &&
           strcmp(err.detail, "no block is left") == 0 && live(2, 200),
       "one block too many is refused, and the detail says so");
    ok(!alcove_zalloc(a, l900, &err) && refused_bytes(l900, 800) &&
           live(2, 200),
       "...unless it is too large, too");
    before();
    q = alcove_realloc(a, q, l100, l600, &err);
    ok(q && live(2, 700) && alcove_resize(a, p, l100, l300) && live(2, 900) &&
           untouched(),
       "a block that is changed is no other");
    alcove_dealloc(a, p, l300, NULL);
    p = alcove_zalloc(a, l1, &err);
    ok(p && live(2, 601) && untouched(), "a release gives a block back");
    alcove_dealloc(a, p, l1, NULL);
    alcove_dealloc(a, q, l600, NULL);
    begin(ALL, SIZE_MAX, 0);
    ok(!alcove_alloc(a, l1, &err) && err.detail && live(0, 0),
       "none may be the quota");
}

static void
test_texts(void)
{
    const struct alcove_layout l1100 = {1100, 8};
    char *p;

    begin(ALL, 1000, 1);
    p = block(a, l900);
    ok(!alcove_alloc(a, l300, &err) &&
           says("limit: cannot allocate 300 bytes aligned to 8: 100 bytes left "
                "under the limit"),
       "the message says how much is left");
    ok(!alcove_realloc(a, p, l900, l1100, &err) &&
           says("limit: cannot change 900 bytes aligned to 8 to 1100 bytes "
                "aligned to 8: 100 bytes left under the limit"),
       "...of a block that is to be changed, too");
    ok(!alcove_alloc(a, l1, &err) &&
           says("limit: cannot allocate 1 byte aligned to 1: 100 bytes left "
                "under the limit; no block is left"),
       "...or that it is the blocks");
    ok(alcove_limit_set(&limit, SIZE_MAX, 1, NULL) &&
           !alcove_alloc(a, l1, &err) &&
           says("limit: cannot allocate 1 byte aligned to 1: no block is left"),
       "...and nothing of bytes without a limit");
    alcove_dealloc(a, p, l900, NULL);
}

/* An allocator that gives any block, all at one address. */
static char ground[1];

static void *
fake_alloc(struct alcove_allocator *f, struct alcove_layout l,
           struct alcove_error *e)
{
    (void)f, (void)l, (void)e;
    return ground;
}

static bool
fake_dealloc(struct alcove_allocator *f, void *p, struct alcove_layout l,
             struct alcove_error *e)
{
    (void)f, (void)p, (void)l, (void)e;
    return true;
}

static void
test_unlimited(void)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "fake",
        .alloc = fake_alloc,
        .dealloc = fake_dealloc,
    };
    struct alcove_allocator fake = {&ops,
                                    ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC};
    const struct alcove_layout most = {ALCOVE_SIZE_MAX, 1};
    size_t given = 0, times;

    begin(ALL, SIZE_MAX, SIZE_MAX);
    ok(!alcove_alloc(a, (struct alcove_layout){ALCOVE_SIZE_MAX, 1}, &err) &&
           err.cause != ALCOVE_CAUSE_LIMIT && live(0, 0),
       "without a limit it is the parent that has no more");

    if (!alcove_limit_init(&limit, &fake, SIZE_MAX, SIZE_MAX, NULL))
        bail_out("no limit");
    before();
    while (given < 9 && alcove_alloc(a, most, &err))
        given++;
    times = (size_t)((SIZE_MAX > INT64_MAX ? INT64_MAX : SIZE_MAX) /
                     ALCOVE_SIZE_MAX);
    ok(given == times && alcove_limit_used(&limit) == given * most.size &&
           alcove_limit_blocks(&limit) == given &&
           refused_bytes(most, alcove_limit_left(&limit)),
       "...and where that has no end, the books do not overflow");
    while (given > 0 && alcove_dealloc(a, ground, most, NULL))
        given--;
    ok(alcove_limit_used(&limit) == 0 && alcove_limit_blocks(&limit) == 0,
       "...nor when all comes back");
}

/* ---- refusals of the parent ---- */

static void
nothing(void *mem, void *arg)
{
    (void)mem;
    ++*(size_t *)arg;
}

static void
test_parent_refuses(void)
{
    size_t calls = 0;
    char *p, *q;

    begin(ALL, 1000, 2);
    refuse_next();
    ok(!alcove_alloc(a, l600, &err) && parent_told(ALCOVE_ERR_ALLOC_FAILED) &&
           live(0, 0) && alcove_limit_left(&limit) == 1000,
       "what the parent refuses does not count, and the error is its own");
    before();
    refuse_next();
    ok(!alcove_zalloc(a, l600, &err) && parent_told(ALCOVE_ERR_ALLOC_FAILED) &&
           live(0, 0),
       "...zeroed");
    before();
    refuse_next();
    ok(!alcove_alloc_temp(a, l600, nothing, &calls, &err) && calls == 0 &&
           parent_told(ALCOVE_ERR_ALLOC_FAILED) && live(0, 0),
       "...for a scope");
    p = block(a, l400);
    before();
    refuse_next();
    ok(!alcove_realloc(a, p, l400, l600, &err) && live(1, 400) &&
           parent_told(ALCOVE_ERR_ALLOC_FAILED) && holds(p, 0x21, 400),
       "...to make a block larger");
    before();
    refuse_next();
    ok(!alcove_realloc(a, p, l400, l100, &err) && live(1, 400) &&
           parent_told(ALCOVE_ERR_ALLOC_FAILED) && holds(p, 0x21, 400),
       "...or smaller");
    before();
    parent.refuse_resize = true;
    ok(!alcove_resize(a, p, l400, l600) && !alcove_resize(a, p, l400, l100) &&
           live(1, 400) && untouched(),
       "...or that in place");
    parent.refuse_this = p;
    ok(!alcove_dealloc(a, p, l400, &err) && parent_told(ALCOVE_ERR_LOCK) &&
           live(1, 400) && alcove_limit_left(&limit) == 600,
       "a release that it refuses gives nothing back");
    before();
    ok(alcove_dealloc(a, p, l400, &err) && live(0, 0) && untouched(),
       "...and can be tried again");

    begin(ALL & ~(unsigned)(ALCOVE_CAN_REALLOC | ALCOVE_CAN_RESIZE), 1000, 2);
    p = block(a, l400);
    parent.refuse_this = p;
    ok(!alcove_realloc(a, p, l400, l600, &err) && live(1, 400) &&
           parent_told(ALCOVE_ERR_LOCK),
       "nor does one within a change");
    q = block(a, l600);
    ok(live(2, 1000) && alcove_dealloc(a, p, l400, NULL) &&
           alcove_dealloc(a, q, l600, NULL) && live(0, 0),
       "after all that the quota is whole");
}

/* ---- changes ---- */

static void
test_changes_over(const char *what, unsigned features)
{
    char *p, *q;

    begin(features, 1000, SIZE_MAX);
    p = block(a, l600);
    q = alcove_realloc(a, p, l600, l900, &err);
    ok(q && holds(q, 0x21, 600) && live(1, 900) && untouched(),
       "%s: a block that grows counts the difference only", what);
    ok(!alcove_grow(a, q, l900, (struct alcove_layout){1001, 8}, &err) &&
           refused((struct alcove_layout){1001, 8}, l900, 100) && !err.detail &&
           holds(q, 0x21, 600) && live(1, 900),
       "...by one byte too much not at all");
    before();
    q = alcove_rezalloc(a, q, l900, (struct alcove_layout){1000, 8}, &err);
    ok(q && live(1, 1000) && holds(q + 900, 0, 100) && untouched(),
       "...to the last one");
    q = alcove_realloc(a, q, (struct alcove_layout){1000, 8},
                       (struct alcove_layout){1000, 64}, &err);
    ok(q && live(1, 1000) && untouched(), "another alignment costs nothing");
    q = alcove_shrink(a, q, (struct alcove_layout){1000, 64},
                      (struct alcove_layout){90, 64}, &err);
    ok(q && holds(q, 0x21, 90) && live(1, 90) && untouched() &&
           alcove_limit_left(&limit) == 910,
       "a block that shrinks gives the difference back");
    ok(alcove_realloc(a, q, (struct alcove_layout){90, 64},
                      (struct alcove_layout){0, 64}, &err) &&
           live(0, 0) && untouched(),
       "...or all");
}

static void
test_in_place(void)
{
    char *p;

    begin(ALL, 500, SIZE_MAX);
    p = block(a, l300);
    ok(alcove_resize(a, p, l300, l400) && live(1, 400) && untouched(),
       "a block that grows in place counts");
    ok(alcove_usable_size(a, p, l400) == 500,
       "...what the quota has left for it can be used");
    ok(!alcove_resize(a, p, l400, (struct alcove_layout){501, 8}) &&
           live(1, 400) && untouched(),
       "...and it does not grow past that, silently");
    ok(alcove_resize(a, p, l400, (struct alcove_layout){500, 8}) &&
           live(1, 500),
       "...but up to it");
    ok(alcove_resize(a, p, (struct alcove_layout){500, 8}, l1) && live(1, 1) &&
           untouched(),
       "one that shrinks gives back");
    alcove_dealloc(a, p, l1, NULL);
    ok(live(0, 0), "nothing is left");
}

/* ---- scopes ---- */

struct seen {
    size_t calls, bytes, blocks;
    int number;
    struct alcove_limit *limit;
};

static void
look(void *mem, void *arg)
{
    struct seen *s = arg;

    *(char *)mem = 1;
    s->calls++;
    s->bytes = alcove_limit_used(s->limit);
    s->blocks = alcove_limit_blocks(s->limit);
    s->number = errno_is(MARK) ? MARK : errno;
    errno = EDOM;
}

static void
look_deeper(void *mem, void *arg)
{
    (void)mem;
    if (!alcove_alloc_temp(a, l300, look, arg, NULL))
        bail_out("no scope");
}

static void
test_scopes(void)
{
    struct seen s = {0, 0, 0, 0, &limit};

    begin(ALL, 600, 2);
    ok(alcove_alloc_temp(a, l300, look, &s, &err) && s.calls == 1 &&
           s.bytes == 300 && s.blocks == 1 && live(0, 0),
       "a scoped block counts while its scope is open");
    ok(s.number == MARK && errno == EDOM &&
           memcmp(&err, &pristine, sizeof err) == 0,
       "...errno goes in and out, and the error is untouched");
    ok(alcove_zalloc_temp(a, l300, look_deeper, &s, NULL) && s.calls == 2 &&
           s.bytes == 600 && s.blocks == 2 && live(0, 0),
       "scopes nest, and add up");
    before();
    ok(!alcove_alloc_temp(a, l900, look, &s, &err) && s.calls == 2 &&
           refused_bytes(l900, 600) && live(0, 0),
       "one that is too large is not opened");
    alcove_limit_set(&limit, 600, 0, NULL);
    ok(!alcove_alloc_temp(a, l1, look, &s, &err) && s.calls == 2 && err.detail,
       "...nor one too many");
    begin(ALL & ~(unsigned)ALCOVE_CAN_TEMP, 600, 2);
    ok(!alcove_alloc_temp(a, l1, look, &s, &err) && s.calls == 2 &&
           parent_told(ALCOVE_ERR_UNSUPPORTED) && live(0, 0),
       "over a parent without scopes there are none");
    begin(ALL, 600, 2);
    count_own_temp(&parent);
    ok(alcove_alloc_temp(a, l300, look, &s, NULL) && s.bytes == 300 &&
           parent.temps == 1 && live(0, 0),
       "a scope is the parent's own");
    begin(ALL, 600, 2);
    parent.refuse_dealloc = true;
    ok(alcove_alloc_temp(a, l300, nothing, &s.calls, &err) && untouched() &&
           alcove_limit_used(&limit) == 0,
       "...and ends here even if the parent does not take the block back");
    count_done(&parent);
}

static void
test_stack(void)
{
    struct seen s = {0, 0, 0, 0, &limit};

    if (!ALCOVE_HAVE_STACK) {
        skip(1, "the stack allocator is not built");
        return;
    }
    if (!alcove_limit_init(&limit, alcove_stack(), 1000, 5, NULL))
        bail_out("no limit");
    ok(alcove_alloc_temp(a, l300, look, &s, NULL) && s.bytes == 300 &&
           alcove_limit_used(&limit) == 0 && !alcove_alloc(a, l1, NULL),
       "over the stack, which gives nothing else, scopes are on the stack");
}

#if ALCOVE_HAVE_THREADS

static struct alcove_limit child;
static size_t in_child, in_limit; /* bytes, at the end of the thread */

static void
end_here(void *mem, void *cancel)
{
    (void)mem;
    in_child = alcove_limit_used(&child);
    in_limit = alcove_limit_used(&limit);
    if (!cancel)
        pthread_exit(NULL);
    alcove_cancel_self();
}

static void
end_deeper(void *mem, void *cancel)
{
    (void)mem;
    if (alcove_alloc_temp(&child.allocator, l100, end_here, cancel, NULL))
        in_child = 0; /* nobody comes here */
}

static void *
ending(void *cancel)
{
    if (alcove_alloc_temp(a, l300, end_deeper, cancel, NULL))
        in_child = 0;
    return NULL;
}

static void
test_ending(const char *how, void *cancel, bool own)
{
    pthread_t id;

    begin(ALL, 1000, 10);
    if (own)
        count_own_temp(&parent);
    if (!alcove_limit_init(&child, a, 500, 10, NULL) ||
        pthread_create(&id, NULL, ending, cancel) != 0 ||
        pthread_join(id, NULL) != 0)
        bail_out("no threads");
    ok(in_child == 100 && in_limit == 400 && live(0, 0) &&
           alcove_limit_used(&child) == 0 && alcove_limit_blocks(&child) == 0,
       "%s out of two scopes%s puts all books right", how,
       own ? " of the parent's own" : "");
}

static void
test_endings(void)
{
    static char yes;

    test_ending("pthread_exit", NULL, false);
    test_ending("pthread_cancel", &yes, false);
    test_ending("pthread_exit", NULL, true);
    test_ending("pthread_cancel", &yes, true);
}

#else

static void
test_endings(void)
{
    skip(4, "the library is built without threads");
}

#endif

/* ---- a tree of budgets ---- */

static struct alcove_limit left, right; /* both over `limit` */

static void
begin_tree(size_t max_root, size_t max_left, size_t max_right)
{
    begin(ALL, max_root, SIZE_MAX);
    if (!alcove_limit_init(&left, a, max_left, SIZE_MAX, NULL) ||
        !alcove_limit_init(&right, a, max_right, SIZE_MAX, NULL))
        bail_out("no limits");
}

static bool
tree(size_t in_left, size_t in_right, size_t blocks)
{
    return alcove_limit_used(&left) == in_left &&
           alcove_limit_used(&right) == in_right &&
           alcove_limit_blocks(&left) + alcove_limit_blocks(&right) == blocks &&
           live(blocks, in_left + in_right);
}

static void
test_tree(void)
{
    struct alcove_allocator *x = &left.allocator, *y = &right.allocator;
    struct seen s = {0, 0, 0, 0, &limit};
    char *p, *q;

    begin_tree(1000, 700, 800);
    p = alcove_alloc(x, l600, &err);
    ok(p && tree(600, 0, 1) && untouched(),
       "what a child gives counts against its parent");
    ok(!alcove_alloc(x, l300, &err) && refused_bytes(l300, 100) &&
           tree(600, 0, 1),
       "the child's quota holds");
    ok(!alcove_alloc(y, (struct alcove_layout){500, 8}, &err) &&
           refused_bytes((struct alcove_layout){500, 8}, 400) &&
           tree(600, 0, 1),
       "...and the parent's, whose refusal comes through unchanged");
    before();
    q = alcove_alloc(y, l300, &err);
    ok(q && tree(600, 300, 2) && untouched(), "what fits both is served");
    ok(!alcove_realloc(y, q, l300, l600, &err) && refused(l600, l300, 100) &&
           tree(600, 300, 2) &&
           !alcove_resize(y, q, l300, (struct alcove_layout){401, 8}) &&
           tree(600, 300, 2),
       "a change that the parent refuses is not in the child's books");
    before();
    q = alcove_realloc(y, q, l300, l400, &err);
    ok(q && tree(600, 400, 2) && untouched(),
       "...and one that it serves is in both, once");
    p = alcove_realloc(x, p, l600, l300, &err);
    ok(p && tree(300, 400, 2) && untouched(), "one that shrinks likewise");
    ok(alcove_alloc_temp(y, l100, look, &s, NULL) && s.bytes == 800 &&
           tree(300, 400, 2),
       "scopes count in both");
    parent.refuse_this = p;
    ok(!alcove_dealloc(x, p, l300, &err) && parent_told(ALCOVE_ERR_LOCK) &&
           tree(300, 400, 2),
       "a release that the last parent refuses is in no books");
    ok(alcove_dealloc(x, p, l300, NULL) && tree(0, 400, 1) &&
           alcove_dealloc(y, q, l400, NULL) && tree(0, 0, 0),
       "all books are empty when all is released");
}

/* ---- the quota changes ---- */

static bool
no_set(size_t max_bytes, size_t max_blocks, size_t bytes, const char *detail)
{
    static struct alcove_limit old;

    old = limit;
    before();
    return !alcove_limit_set(&limit, max_bytes, max_blocks, &err) &&
           err.code == ALCOVE_ERR_OTHER && errno_is(EINVAL) &&
           err.limit == bytes && strcmp(err.detail, detail) == 0 &&
           strcmp(err.allocator, "limit") == 0 &&
           !alcove_limit_set(&limit, max_bytes, max_blocks, NULL) &&
           memcmp(&old, &limit, sizeof limit) == 0;
}

static void
test_set(void)
{
    static const char bytes[] = "more bytes are live than that";
    static const char blocks[] = "more blocks are live than that";
    char *p, *q;

    begin(ALL, 1000, 4);
    p = block(a, l300);
    q = block(a, l100);
    ok(no_set(399, 4, 400, bytes) && no_set(1000, 1, 400, blocks) &&
           no_set(400, 1, 400, blocks) && no_set(0, 0, 400, bytes) &&
           live(2, 400),
       "a quota below what is live is refused, and nothing changed");
    before();
    ok(alcove_limit_set(&limit, 400, 2, &err) && untouched() && live(2, 400) &&
           alcove_limit_left(&limit) == 0 && !alcove_alloc(a, l1, NULL),
       "...just that is possible");
    ok(alcove_limit_set(&limit, 401, SIZE_MAX, NULL) &&
           !alcove_alloc(a, l100, &err) && refused_bytes(l100, 1),
       "...and a higher one");
    alcove_dealloc(a, p, l300, NULL);
    ok(alcove_limit_left(&limit) == 301 && live(1, 100),
       "what was live before counts when it is released");
    ok(alcove_limit_set(&limit, SIZE_MAX, SIZE_MAX, NULL) && live(1, 100) &&
           alcove_limit_set(&limit, 100, 1, NULL) && live(1, 100),
       "it may be lifted, and come back");
    alcove_dealloc(a, q, l100, NULL);
    ok(live(0, 0), "nothing is left");
}

static void
test_done(void)
{
    char *p;

    begin(ALL, 1000, 4);
    ok(alcove_limit_done(&limit, &err) && untouched(), "an idle limit is done");
    p = block(a, l300);
    before();
    ok(!alcove_limit_done(&limit, &err) && err.code == ALCOVE_ERR_OTHER &&
           errno_is(EBUSY) && err.limit == 300 && err.detail &&
           strcmp(err.allocator, "limit") == 0 &&
           !alcove_limit_done(&limit, NULL) && live(1, 300),
       "one with a live block is not, and stays as it is");
    before();
    ok(alcove_dealloc(a, p, l300, &err) && alcove_limit_done(&limit, &err) &&
           alcove_limit_done(&limit, &err) && untouched(),
       "...until that is released");
}

/* ---- the hook ---- */

static struct cache {
    char *block; /* of l400, or NULL */
    struct alcove_allocator *from;
    bool answer;
    alcove_limit_fn *then;      /* what else to do */
    size_t calls, needed, left; /* as it was called last */
    bool wrong;
} cache, other_cache;

static bool
release_cache(struct alcove_limit *l, size_t needed, void *arg)
{
    struct cache *c = arg;

    c->calls++;
    c->needed = needed;
    c->left = alcove_limit_left(l);
    if (c->block && !alcove_dealloc(c->from, c->block, l400, NULL))
        c->wrong = true;
    c->block = NULL;
    if (c->then && !c->then(l, needed, arg))
        c->wrong = true;
    errno = ERANGE;
    return c->answer;
}

/* A cache with a block, and a hook that releases it and answers that. */
static void
fill_cache(struct alcove_allocator *from, bool answer)
{
    memset(&cache, 0, sizeof cache);
    cache.block = block(from, l400);
    cache.from = from;
    cache.answer = answer;
    before();
}

static bool
relieved(size_t calls, size_t needed, size_t had)
{
    return cache.calls == calls && cache.needed == needed &&
           cache.left == had && !cache.wrong;
}

static void
begin_hook(unsigned features)
{
    begin(features, 1000, 4);
    alcove_limit_on_pressure(&limit, release_cache, &cache);
    fill_cache(a, true);
}

static void
test_hook_serves(void)
{
    struct seen s = {0, 0, 0, 0, &limit};
    char *p, *q;

    begin_hook(ALL);
    p = alcove_alloc(a, l600, &err);
    ok(p && live(2, 1000) && cache.calls == 0 && untouched(),
       "without pressure the hook is not called");
    alcove_dealloc(a, p, l600, NULL);
    p = alcove_alloc(a, l900, &err);
    ok(p && live(1, 900) && relieved(1, 900, 600) && untouched(),
       "a hook that makes room has the request served, and nothing told");
    alcove_dealloc(a, p, l900, NULL);
    fill_cache(a, true);
    p = alcove_zalloc(a, l900, &err);
    ok(p && holds(p, 0, 900) && live(1, 900) && relieved(1, 900, 600) &&
           untouched(),
       "...zeroed");
    alcove_dealloc(a, p, l900, NULL);
    fill_cache(a, true);
    ok(alcove_alloc_temp(a, l900, look, &s, &err) && s.calls == 1 &&
           s.bytes == 900 && s.number == MARK && live(0, 0) &&
           relieved(1, 900, 600),
       "...for a scope, once");
    fill_cache(a, true);
    p = block(a, l100);
    before();
    q = alcove_realloc(a, p, l100, l900, &err);
    ok(q && holds(q, 0x21, 100) && live(1, 900) && relieved(1, 800, 500) &&
           untouched(),
       "...to make a block larger: the difference is needed");
    alcove_dealloc(a, q, l900, NULL);
    ok(live(0, 0), "all is released");

    begin_hook(ALL);
    refuse_next();
    p = alcove_alloc(a, l100, &err);
    ok(p && live(1, 100) && relieved(1, 100, 600) && untouched() &&
           parent.refused == 1,
       "a refusal of the parent's calls it, too");
    alcove_dealloc(a, p, l100, NULL);
    fill_cache(a, true);
    p = block(a, l600);
    before();
    refuse_next();
    q = alcove_realloc(a, p, l600, (struct alcove_layout){600, 4096}, &err);
    ok(q && live(1, 600) && relieved(1, 0, 0) && untouched(),
       "...when a block is to move that does not grow: nothing is needed");
    alcove_dealloc(a, q, (struct alcove_layout){600, 4096}, NULL);

    begin_hook(ALL);
    alcove_limit_set(&limit, 1000, 1, NULL);
    p = alcove_alloc(a, l100, &err);
    ok(p && live(1, 100) && relieved(1, 100, 600) && untouched(),
       "so does one for want of a block");
    alcove_dealloc(a, p, l100, NULL);
}

static void
test_hook_refuses(void)
{
    size_t calls = 0;
    char *p;

    begin_hook(ALL);
    cache.answer = false;
    ok(!alcove_alloc(a, l900, &err) && refused_bytes(l900, 600) &&
           relieved(1, 900, 600) && live(0, 0),
       "a hook that says no has the request refused as it was");
    fill_cache(a, false);
    refuse_next();
    ok(!alcove_alloc_temp(a, l100, nothing, &calls, &err) && calls == 0 &&
           parent_told(ALCOVE_ERR_ALLOC_FAILED) && errno_is(ENOMEM) &&
           relieved(1, 100, 600) && parent.refused == 1 && live(0, 0),
       "...by the parent, too");

    begin_hook(ALL);
    p = cache.block;
    cache.block = NULL;
    ok(!alcove_alloc(a, l900, &err) && refused_bytes(l900, 600) &&
           relieved(1, 900, 600) && live(1, 400),
       "one that says yes and makes no room: refused after one more try");
    parent.fail_after = 0;
    before();
    ok(!alcove_zalloc(a, l100, &err) && parent_told(ALCOVE_ERR_ALLOC_FAILED) &&
           errno_is(ENOMEM) && relieved(2, 100, 600) && parent.refused == 2 &&
           live(1, 400),
       "...which asks the parent once more");
    ok(!alcove_alloc(a, l100, NULL) && errno_is(ENOMEM) &&
           relieved(3, 100, 600) && parent.refused == 4,
       "...without a place for the error, too");
    ok(!alcove_realloc(a, p, l400, l600, NULL) && holds(p, 0x21, 400) &&
           relieved(4, 200, 600) && parent.refused == 6 && live(1, 400),
       "...and a block to be changed stays whole");
    alcove_dealloc(a, p, l400, NULL);
}

static void *
say_nothing(struct alcove_allocator *from, struct alcove_layout l,
            struct alcove_error *e)
{
    (void)from;
    (void)l;
    (void)e;
    return NULL;
}

static void
test_hook_not_called(void)
{
    char *p;

    begin_hook(ALL);
    p = block(a, l600);
    before();
    ok(!alcove_resize(a, p, l600, (struct alcove_layout){601, 8}) &&
           cache.calls == 0 && untouched() && live(2, 1000),
       "a resize in place does not call the hook");
    refuse_next();
    ok(!alcove_realloc(a, p, l600, l400, &err) &&
           parent_told(ALCOVE_ERR_ALLOC_FAILED) && cache.calls == 0 &&
           live(2, 1000),
       "nor does a block that is to be smaller");
    parent.refuse_this = p;
    ok(!alcove_dealloc(a, p, l600, &err) && cache.calls == 0 && live(2, 1000) &&
           alcove_dealloc(a, p, l600, NULL),
       "nor a release");
    parent.ops.alloc = alcove_unsupported_alloc;
    ok(!alcove_alloc(a, l100, &err) && parent_told(ALCOVE_ERR_UNSUPPORTED) &&
           cache.calls == 0 && live(1, 400),
       "nor what is refused for other reasons than want of memory");
    parent.ops.alloc = say_nothing;
    parent.ops.zalloc = NULL;
    ok(!alcove_alloc(a, l100, NULL) && !alcove_zalloc(a, l100, NULL) &&
           cache.calls == 0 && live(1, 400),
       "nor for none at all");
    ok(alcove_alloc(a, empty, NULL) && !alcove_alloc(a, l1, NULL) &&
           cache.calls == 0,
       "nor size 0");
    alcove_dealloc(a, cache.block, l400, NULL);
    begin_hook(ALL);
    alcove_limit_on_pressure(&limit, NULL, NULL);
    ok(!alcove_alloc(a, l900, &err) && refused_bytes(l900, 600) &&
           cache.calls == 0,
       "nor anything when it is taken away");
    alcove_dealloc(a, cache.block, l400, NULL);
}

/* What hooks do besides. */
static bool
allocates(struct alcove_limit *l, size_t needed, void *arg)
{
    struct alcove_allocator *from = &l->allocator;
    struct cache *c = arg;
    char *p;

    (void)needed;
    before();
    if (alcove_alloc(from, (struct alcove_layout){1001, 8}, &err) ||
        !refused_bytes((struct alcove_layout){1001, 8}, 1000) ||
        alcove_zalloc(from, (struct alcove_layout){1001, 8}, NULL))
        return false;
    before();
    p = alcove_alloc(from, l400, &err);
    c->block = p; /* what it has is more than it had: the retry fails */
    return p && untouched() && c->calls == 1;
}

static bool
lifts(struct alcove_limit *l, size_t needed, void *arg)
{
    (void)arg;
    return alcove_limit_set(l, alcove_limit_used(l) + needed, SIZE_MAX, NULL);
}

static void
test_hook_acts(void)
{
    char *p, *q;

    begin_hook(ALL);
    cache.then = allocates;
    ok(!alcove_alloc(a, l900, &err) && refused_bytes(l900, 600) &&
           relieved(1, 900, 600) && live(1, 400),
       "what a hook allocates is served if there is room, and else refused "
       "without another call of it");
    alcove_dealloc(a, cache.block, l400, NULL);

    begin_hook(ALL);
    p = cache.block;
    cache.block = NULL;
    cache.then = lifts;
    q = alcove_alloc(a, l900, &err);
    ok(q && relieved(1, 900, 600) && untouched() && live(2, 1300) &&
           alcove_limit_left(&limit) == 0,
       "a hook may lift the quota");
    alcove_dealloc(a, p, l400, NULL);
    alcove_dealloc(a, q, l900, NULL);
}

/* l900 is pending in `left`, which may have 1000. */
static bool
asks_child(struct alcove_limit *l, size_t needed, void *arg)
{
    char *p;

    (void)l, (void)needed, (void)arg;
    before();
    if (alcove_alloc(&left.allocator, l300, &err) || !refused_bytes(l300, 100))
        return false;
    p = alcove_alloc(&left.allocator, l100, NULL);
    return p && alcove_dealloc(&left.allocator, p, l100, NULL);
}

static void
test_hooks_in_tree(void)
{
    struct alcove_allocator *x = &left.allocator, *y = &right.allocator;
    char *p, *q;

    begin_tree(1000, 2000, 2000);
    fill_cache(y, true);
    alcove_limit_on_pressure(&limit, release_cache, &cache);
    p = alcove_alloc(x, l900, &err);
    ok(p && tree(900, 0, 1) && relieved(1, 900, 600) && untouched(),
       "the root's hook makes room with what another child holds");
    alcove_dealloc(x, p, l900, NULL);
    fill_cache(x, true);
    p = alcove_alloc(x, l600, &err);
    q = alcove_zalloc(x, l300, &err);
    ok(p && q && tree(900, 0, 2) && relieved(1, 300, 0) && untouched(),
       "...or this child itself, which is asking");
    alcove_dealloc(x, p, l600, NULL);
    alcove_dealloc(x, q, l300, NULL);
    fill_cache(x, false);
    ok(!alcove_alloc(x, l900, &err) && refused_bytes(l900, 600) &&
           tree(0, 0, 0),
       "...and if it says no, the books are as it left them");

    begin_tree(1000, 1000, 1000);
    fill_cache(x, true);
    alcove_limit_on_pressure(&left, release_cache, &cache);
    p = block(y, l600);
    before();
    ok(!alcove_alloc(x, l600, &err) && refused_bytes(l600, 400) &&
           relieved(1, 600, 600) && tree(0, 600, 1),
       "a child's hook is called when its parent refuses");
    fill_cache(x, true);
    q = alcove_alloc(x, l400, &err);
    ok(q && relieved(1, 400, 600) && untouched() && tree(400, 600, 2),
       "...and may have the request served");
    alcove_dealloc(x, q, l400, NULL);

    fill_cache(x, true);
    memset(&other_cache, 0, sizeof other_cache);
    other_cache.answer = true;
    alcove_limit_on_pressure(&limit, release_cache, &other_cache);
    q = alcove_alloc(x, l400, &err);
    ok(q && relieved(1, 400, 600) && other_cache.calls == 1 &&
           other_cache.needed == 400 && untouched() && tree(400, 600, 2),
       "where both have one, the parent's comes first");
    alcove_dealloc(x, q, l400, NULL);
    alcove_dealloc(y, p, l600, NULL);
    ok(tree(0, 0, 0), "nothing is left");

    begin_tree(1000, 1000, 1000);
    fill_cache(y, true);
    cache.then = asks_child;
    alcove_limit_on_pressure(&limit, release_cache, &cache);
    p = alcove_alloc(x, l900, NULL);
    ok(p && relieved(1, 900, 600) && tree(900, 0, 1),
       "what is being asked for is nobody else's meanwhile");
    alcove_dealloc(x, p, l900, NULL);
}

/* ---- the models: a tree of four ---- */

enum { ROOT, LEFT, RIGHT, DEEP, LIMITS };

static const struct plan {
    int over; /* a limit, or -1: the parent */
    size_t bytes, blocks;
} plans[LIMITS] = {
    {-1, 6000, 30},
    {ROOT, 2500, SIZE_MAX},
    {ROOT, 4000, 14},
    {RIGHT, 2000, 8},
};

static struct node {
    struct alcove_limit limit;
    size_t max_bytes, max_blocks;
    size_t bytes, blocks; /* as the model counts */
} nodes[LIMITS];

static void
grow_tree(struct alcove_allocator *root)
{
    size_t i;

    for (i = 0; i < LIMITS; i++) {
        struct node *n = &nodes[i];
        int over = plans[i].over;

        if (!alcove_limit_init(&n->limit,
                               over < 0 ? root : &nodes[over].limit.allocator,
                               plans[i].bytes, plans[i].blocks, NULL))
            bail_out("no limits");
        n->max_bytes = plans[i].bytes;
        n->max_blocks = plans[i].blocks;
        n->bytes = n->blocks = 0;
    }
}

/* The nearest limit that has not so much, or -1. */
static int
who_refuses(int at, size_t bytes, size_t blocks)
{
    for (; at >= 0; at = plans[at].over)
        if (bytes > nodes[at].max_bytes - nodes[at].bytes ||
            blocks > nodes[at].max_blocks - nodes[at].blocks)
            return at;
    return -1;
}

/* Modulo SIZE_MAX + 1, to take off too. */
static void
book(int at, size_t bytes, size_t blocks)
{
    for (; at >= 0; at = plans[at].over) {
        nodes[at].bytes += bytes;
        nodes[at].blocks += blocks;
    }
}

static bool
tree_agrees(void)
{
    size_t i;

    for (i = 0; i < LIMITS; i++) {
        struct node *n = &nodes[i];

        if (alcove_limit_used(&n->limit) != n->bytes ||
            alcove_limit_blocks(&n->limit) != n->blocks ||
            alcove_limit_left(&n->limit) != n->max_bytes - n->bytes)
            return false;
    }
    return true;
}

struct slot {
    void *p; /* NULL: none */
    struct alcove_layout l;
    int at; /* whose it is */
};

/* ---- one thread, and every outcome is known before ---- */

enum { SLOTS = 60, STEPS = 200000 };

static struct slot slots[SLOTS];
static size_t served, limited, failed;

/* After a request that was refused: by whom it had to be. */
static bool
refusal_is(int at, struct alcove_layout l, struct alcove_layout old)
{
    size_t had = at < 0 ? 0 : nodes[at].max_bytes - nodes[at].bytes;
    bool has_bytes = at >= 0 && l.size - old.size <= had;

    at < 0 ? failed++ : limited++;
    if (at < 0)
        return parent_told(ALCOVE_ERR_ALLOC_FAILED) && parent.refused == 1;
    return refused(l, old, had) && !err.detail == !has_bytes;
}

static struct alcove_layout
any_layout(size_t align)
{
    struct alcove_layout l;

    l.size = tap_random() % 400;
    l.align = align << tap_random() % 3;
    return l;
}

static void
visit(void *mem, void *arg)
{
    *(char *)mem = 1;
    *(bool *)arg = tree_agrees();
}

static bool
step_temp(int at)
{
    struct alcove_layout l = any_layout(1), none = {0, 0};
    int no = who_refuses(at, ++l.size, 1);
    bool agreed = false;

    if (no < 0)
        book(at, l.size, 1);
    if (alcove_alloc_temp(&nodes[at].limit.allocator, l, visit, &agreed,
                          &err)) {
        book(at, 0 - l.size, SIZE_MAX);
        served++;
        return no < 0 && agreed && untouched();
    }
    if (no < 0)
        book(at, 0 - l.size, SIZE_MAX);
    return refusal_is(no, l, none);
}

static bool
step_alloc(struct slot *s, bool zero)
{
    struct alcove_layout l = any_layout(1), none = {0, 0};
    int at = (int)(tap_random() % LIMITS);
    int no = l.size == 0 ? -1 : who_refuses(at, l.size, 1);
    struct alcove_allocator *from = &nodes[at].limit.allocator;

    s->p = zero ? alcove_zalloc(from, l, &err) : alcove_alloc(from, l, &err);
    if (!s->p)
        return refusal_is(no, l, none);
    s->l = l;
    s->at = at;
    book(at, l.size, l.size != 0);
    served++;
    return no < 0 && untouched();
}

static bool
step_dealloc(struct slot *s)
{
    if (!alcove_dealloc(&nodes[s->at].limit.allocator, s->p, s->l, &err)) {
        failed++;
        return parent_told(ALCOVE_ERR_LOCK);
    }
    s->p = NULL;
    book(s->at, 0 - s->l.size, s->l.size == 0 ? 0 : SIZE_MAX);
    served++;
    return untouched();
}

static bool
step_change(struct slot *s, bool in_place)
{
    struct alcove_layout l = any_layout(s->l.align), old = s->l;
    struct alcove_allocator *from = &nodes[s->at].limit.allocator;
    size_t adds, blocks = old.size == 0;
    void *q = s->p;
    int no;

    l.size += in_place || l.size == 0;
    adds = l.size > old.size ? l.size - old.size : 0;
    no = who_refuses(s->at, adds, blocks);
    if (in_place && !alcove_resize(from, s->p, old, l))
        return untouched();
    if (!in_place)
        q = alcove_realloc(from, s->p, old, l, &err);
    if (!q)
        return refusal_is(no, l, blocks ? (struct alcove_layout){0, 0} : old);
    s->p = q;
    s->l = l;
    book(s->at, l.size - old.size, blocks);
    served++;
    return no < 0 && untouched();
}

static bool
step_set(struct node *n)
{
    size_t bytes = tap_random() % 6000, blocks = tap_random() % 40;
    bool can = bytes >= n->bytes && blocks >= n->blocks;

    if (alcove_limit_set(&n->limit, bytes, blocks, &err) != can)
        return false;
    if (!can)
        return err.code == ALCOVE_ERR_OTHER && err.limit == n->bytes;
    n->max_bytes = bytes;
    n->max_blocks = blocks;
    return untouched();
}

static bool
step(struct slot *s)
{
    size_t what = tap_random() % 32, orders = tap_random();

    before();
    parent.refused = 0;
    parent.fail_after = orders % 8 == 0 ? 0 : SIZE_MAX;
    parent.refuse_resize = orders / 8 % 2 == 0;
    parent.refuse_this = orders / 16 % 8 == 0 ? s->p : NULL;
    if (what == 0)
        return step_set(&nodes[tap_random() % LIMITS]);
    if (what < 4)
        return step_temp((int)(tap_random() % LIMITS));
    if (!s->p)
        return step_alloc(s, what < 16);
    if (what < 16)
        return step_dealloc(s);
    return step_change(s, what < 24);
}

static void
test_model(void)
{
    size_t i, wrong = 0;

    count_init(&parent, ALL);
    grow_tree(&parent.allocator);
    for (i = 0; i < STEPS && wrong == 0; i++) {
        wrong += !step(&slots[tap_random() % SLOTS]) || !tree_agrees() ||
                 nodes[ROOT].bytes != parent.live_bytes ||
                 nodes[ROOT].blocks != parent.live_blocks;
        if (wrong != 0)
            diag("step %lu", (unsigned long)i);
    }
    is_size(wrong, 0, "random operations on a tree do what a model says");
    ok(served > STEPS / 4 && limited > STEPS / 40 && failed > STEPS / 40,
       "...%lu served, %lu refused by limits, %lu by the parent",
       (unsigned long)served, (unsigned long)limited, (unsigned long)failed);
    parent.fail_after = SIZE_MAX;
    parent.refuse_this = NULL;
    before();
    for (i = 0; i < SLOTS; i++)
        if (slots[i].p && !step_dealloc(&slots[i]))
            wrong++;
    for (i = 0; i < LIMITS; i++)
        wrong += !alcove_limit_done(&nodes[i].limit, NULL);
    ok(wrong == 0 && tree_agrees() && count_ok(&parent, 0, 0),
       "...and in the end all books are empty");
}

/* ---- four threads, one at a time by a mutex ---- */

#if ALCOVE_HAVE_THREADS

enum { THREADS = 4, THREAD_SLOTS = 24, THREAD_STEPS = 50000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct thread {
    pthread_t id;
    uint32_t state; /* of its random numbers */
    struct slot slots[THREAD_SLOTS];
    size_t served, refused, wrong;
} threads[THREADS];

static size_t
next(struct thread *t)
{
    t->state ^= t->state << 13;
    t->state ^= t->state >> 17;
    t->state ^= t->state << 5;
    return t->state;
}

static void
touch(void *mem, void *arg)
{
    *(char *)mem = 1;
    ++*(size_t *)arg;
}

/* With the mutex held. Returns whether it was served. */
static bool
act(struct thread *t, struct slot *s)
{
    struct alcove_layout l = {1 + next(t) % 300, (size_t)8 << next(t) % 4};
    struct alcove_allocator *from;
    size_t what = next(t) % 8, calls = 0;
    void *q;

    if (!s->p)
        s->at = (int)(next(t) % LIMITS);
    from = &nodes[s->at].limit.allocator;
    if (what == 0)
        return alcove_alloc_temp(from, l, touch, &calls, NULL) && calls == 1;
    if (!s->p) {
        s->l = l;
        s->p = alcove_alloc(from, l, NULL);
        if (s->p)
            book(s->at, l.size, 1);
        return s->p != NULL;
    }
    if (what < 5) {
        if (!alcove_dealloc(from, s->p, s->l, NULL))
            t->wrong++;
        book(s->at, 0 - s->l.size, SIZE_MAX);
        s->p = NULL;
        return true;
    }
    if (l.align < s->l.align)
        l.align = s->l.align;
    q = alcove_realloc(from, s->p, s->l, l, NULL);
    if (!q)
        return false;
    book(s->at, l.size - s->l.size, 0);
    s->p = q;
    s->l = l;
    return true;
}

static void *
run(void *thread)
{
    struct thread *t = thread;
    size_t i;

    for (i = 0; i < THREAD_STEPS; i++) {
        pthread_mutex_lock(&lock);
        act(t, &t->slots[next(t) % THREAD_SLOTS]) ? t->served++ : t->refused++;
        if (next(t) % 16 == 0)
            t->wrong += !tree_agrees();
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void
test_threads(void)
{
    size_t i, j, did = 0, did_not = 0, wrong = 0;

    grow_tree(alcove_malloc());
    for (i = 0; i < THREADS; i++)
        threads[i].state = (uint32_t)tap_random() | 1;
    for (i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i].id, NULL, run, &threads[i]) != 0)
            bail_out("no threads");
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i].id, NULL);
        did += threads[i].served;
        did_not += threads[i].refused;
        wrong += threads[i].wrong;
    }
    is_size(wrong, 0, "four threads with a mutex around: the books agree");
    ok(did > THREADS * THREAD_STEPS / 4 &&
           did_not > THREADS * THREAD_STEPS / 40,
       "...%lu served, %lu refused", (unsigned long)did,
       (unsigned long)did_not);
    for (i = 0; i < THREADS; i++) {
        for (j = 0; j < THREAD_SLOTS; j++) {
            struct slot *s = &threads[i].slots[j];

            if (s->p &&
                alcove_dealloc(&nodes[s->at].limit.allocator, s->p, s->l, NULL))
                book(s->at, 0 - s->l.size, SIZE_MAX);
        }
    }
    for (i = 0; i < LIMITS; i++)
        wrong += !alcove_limit_done(&nodes[i].limit, NULL) ||
                 alcove_limit_used(&nodes[i].limit) != 0;
    ok(wrong == 0 && tree_agrees(), "...and balance to the byte at the end");
}

#else

static void
test_threads(void)
{
    skip(3, "the library is built without threads");
}

#endif

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(131);
    test_init();
    test_bytes();
    test_blocks();
    test_texts();
    test_unlimited();
    test_parent_refuses();
    test_changes_over("by the parent's realloc", ALL);
    test_changes_over("in place", ALL & ~(unsigned)ALCOVE_CAN_REALLOC);
    test_changes_over("by a copy", COUNT_PLAIN);
    test_in_place();
    test_scopes();
    test_stack();
    test_endings();
    test_tree();
    test_set();
    test_done();
    test_hook_serves();
    test_hook_refuses();
    test_hook_not_called();
    test_hook_acts();
    test_hooks_in_tree();
    test_model();
    test_threads();
    return tap_done();
}
