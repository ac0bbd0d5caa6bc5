/* SPDX-License-Identifier: MIT */
/* Fault injection: what the rule names is refused and nothing else, a refusal
 * changes nothing, and the counts are right. And a model of random operations
 * with random rules, which computes by itself what must be refused. */
#include <config.h>

#include <alcove/fail.h>

#include <alcove/malloc.h>

#include "count.h"
#include "holds.h"
#include "posix.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALL                                                                    \
    (COUNT_PLAIN | ALCOVE_CAN_RESIZE | ALCOVE_CAN_OWNS |                       \
     ALCOVE_CAN_USABLE_SIZE | ALCOVE_CAN_ZERO)
#define USUAL                                                                  \
    (ALCOVE_FAIL_ALLOC | ALCOVE_FAIL_RESIZE | ALCOVE_FAIL_GROW |               \
     ALCOVE_FAIL_SHRINK | ALCOVE_FAIL_TEMP)

/* The bits of the kinds, each once. */
static const unsigned kinds[] = {
#define ALCOVE_X(name, bit, text) ALCOVE_FAIL_##name,
    ALCOVE_FAIL_OPS(ALCOVE_X)
#undef ALCOVE_X
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static struct count parent;
static struct alcove_fail f;
static struct alcove_allocator *const a = &f.allocator;
static const struct alcove_layout l100 = {100, 8}, l120 = {120, 8},
                                  l60 = {60, 8}, l4096 = {4096, 8},
                                  l4097 = {4097, 8}, empty = {0, 8},
                                  none = {0, 0};

static void
begin(unsigned features, struct alcove_fail_rule rule)
{
    count_init(&parent, features);
    if (!alcove_fail_init(&f, &parent.allocator, &rule, NULL))
        bail_out("no adapter");
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
injected(enum alcove_code code, int number)
{
    return errno_is(number) && err.code == code &&
           err.cause == ALCOVE_CAUSE_INJECTED && err.detail &&
           strcmp(err.allocator, "fail") == 0;
}

static bool
refused_alloc(struct alcove_layout l, struct alcove_layout old)
{
    return injected(ALCOVE_ERR_ALLOC_FAILED, ENOMEM) &&
           err.layout.size == l.size && err.layout.align == l.align &&
           err.old.size == old.size && err.old.align == old.align;
}

static void
count_call(void *mem, void *arg)
{
    memset(mem, 3, 10);
    ++*(size_t *)arg;
}

static void
just_count(void *mem, void *arg)
{
    (void)mem;
    ++*(size_t *)arg;
}

/* One request of this kind, for 120 bytes; 60 if it is a shrink. Was it
 * refused? What it leaves behind goes back to the parent. */
static bool
is_refused(unsigned kind)
{
    bool changes = kind != ALCOVE_FAIL_ALLOC && kind != ALCOVE_FAIL_TEMP;
    struct alcove_layout l = kind == ALCOVE_FAIL_DEALLOC ? l120 : l100;
    char *p = changes ? block(l) : NULL, *q = NULL;
    size_t calls = 0;
    bool done = false;

    switch (kind) {
    case ALCOVE_FAIL_ALLOC:
        q = alcove_alloc(a, l120, &err);
        l = l120;
        break;
    case ALCOVE_FAIL_GROW:
        q = alcove_grow(a, p, l100, l120, &err);
        l = q ? l120 : l100;
        break;
    case ALCOVE_FAIL_SHRINK:
        q = alcove_shrink(a, p, l100, l60, &err);
        l = q ? l60 : l100;
        break;
    case ALCOVE_FAIL_RESIZE:
        done = alcove_resize(a, p, l100, l120);
        l = done ? l120 : l100;
        break;
    case ALCOVE_FAIL_DEALLOC:
        done = alcove_dealloc(a, p, l120, &err);
        p = done ? NULL : p;
        break;
    case ALCOVE_FAIL_TEMP:
        done = alcove_alloc_temp(a, l120, count_call, &calls, &err);
        if (calls != done)
            bail_out("the callback ran %lu times", (unsigned long)calls);
        break;
    }
    done = done || q;
    if (!alcove_dealloc(&parent.allocator, q ? q : p, l, NULL) ||
        parent.live_blocks != 0)
        bail_out("the block is lost");
    return !done;
}

/* The refusals among `n` requests of a kind, as a picture: "..x.". */
static const char *
picture(unsigned kind, size_t n)
{
    static char seen[64];
    size_t i;

    for (i = 0; i < n; i++)
        seen[i] = is_refused(kind) ? 'x' : '.';
    seen[n] = '\0';
    return seen;
}

static bool
draws(unsigned kind, const char *expected)
{
    const char *seen = picture(kind, strlen(expected));

    if (strcmp(seen, expected) == 0)
        return true;
    diag("%s, expected %s", seen, expected);
    return false;
}

static void
again(struct alcove_fail_rule rule)
{
    if (!alcove_fail_set(&f, &rule, NULL))
        bail_out("no rule");
}

/* ---- init ---- */

static bool
no_init(struct alcove_allocator *p, const struct alcove_fail_rule *rule)
{
    static struct alcove_fail old;
    bool refused;

    old = f;
    before();
    refused = !alcove_fail_init(&f, p, rule, &err);
    return refused && err.code == ALCOVE_ERR_OTHER && errno_is(EINVAL) &&
           strcmp(err.allocator, "fail") == 0 && err.detail &&
           !alcove_fail_init(&f, p, rule, NULL) &&
           memcmp(&old, &f, sizeof f) == 0;
}

static void
test_init(void)
{
    struct alcove_allocator *p = &parent.allocator;
    static const struct alcove_fail_rule invalid[] = {
        {.share = 1000001},
        {.ops = 1u << KINDS},
        {.nth = 1, .then = (enum alcove_fail_then)3},
        {.nth = 1, .reserved = {0, 1}},
        {.nth = 1, .seed = 1},
        {.then = ALCOVE_FAIL_THEN_PERSIST},
    };
    const struct alcove_fail_rule nothing = {0};
    size_t i, wrong = 0;

    begin(ALL, (struct alcove_fail_rule){.nth = 3});
    (void)is_refused(ALCOVE_FAIL_ALLOC);
    ok(no_init(NULL, &nothing) && no_init(a, &nothing),
       "there must be a parent that is not the adapter");
    for (i = 0; i < sizeof invalid / sizeof *invalid; i++)
        wrong += !no_init(p, &invalid[i]);
    is_size(wrong, 0, "a rule that is none is refused");
    for (i = 0; i < sizeof invalid / sizeof *invalid; i++) {
        before();
        wrong += alcove_fail_set(&f, &invalid[i], &err) ||
                 err.code != ALCOVE_ERR_OTHER || !errno_is(EINVAL);
    }
    ok(wrong == 0 && alcove_fail_count(&f, 0) == 1 &&
           draws(ALCOVE_FAIL_ALLOC, ".x."),
       "...by alcove_fail_set as well, and the old one goes on");
    before();
    i = parent.asked;
    ok(alcove_fail_init(&f, p, &nothing, &err) && untouched() &&
           strcmp(alcove_name(a), "fail") == 0 && parent.asked == i,
       "nothing is asked of the parent");
    wrong = 0;
    for (i = 0; i < 1000; i++) {
        p->features = (unsigned)tap_random() & 0x7ff;
        if (!alcove_fail_init(&f, p, &nothing, NULL))
            bail_out("no adapter");
        wrong +=
            alcove_features(a) != (p->features & ~(unsigned)ALCOVE_CAN_THREADS);
    }
    is_size(wrong, 0, "it can what the parent can, but for threads");
}

static void
test_environment(void)
{
    struct alcove_allocator *p = &parent.allocator;
    static const char *const malformed[] = {"nth=0", "bogus", "nth=1,", ""};
    const size_t count =
        sizeof malformed / sizeof *malformed - (POSIX_EMPTY_VARIABLES ? 0 : 1);
    size_t i, wrong = 0;

    begin(ALL, (struct alcove_fail_rule){.nth = 1});
    unsetenv("ALCOVE_FAIL");
    before();
    ok(alcove_fail_init(&f, p, NULL, &err) && untouched() &&
           draws(ALCOVE_FAIL_ALLOC, "......") && alcove_fail_fired(&f) == 0,
       "without ALCOVE_FAIL nothing is refused");
    setenv("ALCOVE_FAIL", "nth=2,op=grow,then=persist", 1);
    ok(draws(ALCOVE_FAIL_GROW, "..."), "it is not read in between");
    if (ALCOVE_FREESTANDING) {
        unsetenv("ALCOVE_FAIL");
        skip(4, "a freestanding library knows no environment");
        return;
    }
    before();
    ok(alcove_fail_init(&f, p, NULL, &err) && untouched() &&
           draws(ALCOVE_FAIL_GROW, ".xxx") && draws(ALCOVE_FAIL_ALLOC, "...."),
       "...but by each init");
    setenv("ALCOVE_FAIL", "every=2", 1);
    ok(alcove_fail_set(&f, NULL, &err) && draws(ALCOVE_FAIL_ALLOC, ".x.x"),
       "...and by alcove_fail_set");
    again((struct alcove_fail_rule){.nth = 1});
    ok(draws(ALCOVE_FAIL_ALLOC, "x..."), "a rule goes before it");
    for (i = 0; i < count; i++) {
        setenv("ALCOVE_FAIL", malformed[i], 1);
        wrong += !no_init(p, NULL);
        before();
        wrong += alcove_fail_set(&f, NULL, &err) || !errno_is(EINVAL);
    }
    ok(wrong == 0 && alcove_fail_fired(&f) == 1, "what is no rule is refused");
    unsetenv("ALCOVE_FAIL");
}

/* ---- refusals ---- */

static void
test_refusals(void)
{
    char *p, *q;
    size_t asked, calls = 0;

    begin(ALL, (struct alcove_fail_rule){.every = 1});
    ok(!alcove_alloc(a, l100, &err) && refused_alloc(l100, none),
       "a refused allocation says what was asked, and why not");
    ok(before() && !alcove_zalloc(a, l120, &err) && refused_alloc(l120, none) &&
           before() && !alcove_alloc_temp(a, l60, count_call, &calls, &err) &&
           refused_alloc(l60, none) && before() &&
           !alcove_zalloc_temp(a, l60, count_call, &calls, &err) &&
           refused_alloc(l60, none) && calls == 0,
       "...a zeroed and a scoped one likewise");
    p = block(l100);
    asked = parent.asked;
    ok(before() && !alcove_grow(a, p, l100, l120, &err) &&
           refused_alloc(l120, l100) && before() &&
           !alcove_rezalloc(a, p, l100, l60, &err) && refused_alloc(l60, l100),
       "...a change, too");
    ok(before() && !alcove_resize(a, p, l100, l120) &&
           !alcove_resize(a, p, l100, l60) && untouched(),
       "a refused resize is false, and says no more");
    ok(parent.asked == asked && count_ok(&parent, 1, 100) &&
           holds(p, 0x21, 100) && alcove_owns(a, p, l100) &&
           alcove_usable_size(a, p, l100) > 100,
       "the parent hears of none, and the block is as it was");
    errno = 0;
    ok(!alcove_alloc(a, l100, NULL) && errno_is(ENOMEM),
       "there need not be an error to fill");
    ok(before() && alcove_dealloc(a, p, l100, &err) && untouched() &&
           count_ok(&parent, 0, 0),
       "a release is not refused");

    again((struct alcove_fail_rule){.nth = 2, .ops = ALCOVE_FAIL_DEALLOC});
    p = alcove_alloc(a, l100, NULL);
    q = alcove_alloc(a, l120, NULL);
    asked = parent.asked;
    ok(before() && alcove_dealloc(a, p, l100, &err) && untouched() &&
           !alcove_dealloc(a, q, l120, &err) &&
           injected(ALCOVE_ERR_OTHER, EIO) && err.block == q &&
           err.layout.size == 120 && count_ok(&parent, 1, 120) &&
           parent.asked == asked + 1,
       "...unless it is named");
    ok(alcove_dealloc(a, NULL, l100, NULL) &&
           alcove_dealloc(a, q, l120, NULL) && count_ok(&parent, 0, 0),
       "...and then it can be released another time");
}

static void
test_details(void)
{
    static const struct {
        struct alcove_fail_rule rule;
        const char *detail;
    } table[] = {
        {{.nth = 1}, "the nth request of the rule"},
        {{.every = 1}, "a multiple of the rule's every"},
        {{.share = ALCOVE_FAIL_SHARE_ALL}, "drawn for the rule's share"},
        {{.above = 60}, "the rule refuses all of this kind and size"},
    };
    size_t i, wrong = 0;

    for (i = 0; i < sizeof table / sizeof *table; i++) {
        begin(ALL, table[i].rule);
        wrong += !is_refused(ALCOVE_FAIL_ALLOC) ||
                 strcmp(err.detail, table[i].detail) != 0;
    }
    begin(ALL, (struct alcove_fail_rule){.nth = 1,
                                         .then = ALCOVE_FAIL_THEN_PERSIST});
    wrong += !is_refused(ALCOVE_FAIL_ALLOC) ||
             strcmp(err.detail, table[0].detail) != 0 ||
             !is_refused(ALCOVE_FAIL_ALLOC) ||
             strcmp(err.detail, "all are, since the first one") != 0;
    is_size(wrong, 0, "the detail says by what condition");
}

/* ---- conditions ---- */

/* The nth of one kind, whatever other kinds come between. */
static void
test_nth(void)
{
    size_t i, k, n, step, wrong = 0, refused;

    for (k = 0; k < KINDS; k++)
        for (n = 1; n <= 5; n++) {
            begin(ALL, (struct alcove_fail_rule){.nth = n, .ops = kinds[k]});
            refused = 0;
            for (step = 1; step <= 8; step++)
                for (i = 0; i < KINDS; i++) {
                    bool is = is_refused(kinds[i]);

                    wrong += is != (i == k && step == n);
                    refused += is;
                }
            wrong += refused != 1 || alcove_fail_fired(&f) != 1 ||
                     alcove_fail_count(&f, kinds[k]) != 8 ||
                     alcove_fail_count(&f, 0) != 8 * (KINDS - 1);
        }
    is_size(wrong, 0, "the nth of each kind is refused, and no other request");

    begin(ALL, (struct alcove_fail_rule){
                   .nth = 4, .ops = ALCOVE_FAIL_ALLOC | ALCOVE_FAIL_RESIZE});
    ok(draws(ALCOVE_FAIL_ALLOC, "..") && draws(ALCOVE_FAIL_GROW, "...") &&
           draws(ALCOVE_FAIL_RESIZE, ".x..") && draws(ALCOVE_FAIL_ALLOC, ".."),
       "kinds that are named together are counted together");
    begin(ALL, (struct alcove_fail_rule){.nth = 5});
    ok(draws(ALCOVE_FAIL_ALLOC, ".") && draws(ALCOVE_FAIL_DEALLOC, "...") &&
           draws(ALCOVE_FAIL_GROW, ".") && draws(ALCOVE_FAIL_SHRINK, ".") &&
           draws(ALCOVE_FAIL_TEMP, ".") && draws(ALCOVE_FAIL_RESIZE, "x.") &&
           alcove_fail_count(&f, 0) == 6,
       "all but releases are, if none is named");
}

static void
test_above(void)
{
    size_t calls = 0;
    char *p, *q;

    begin(ALL, (struct alcove_fail_rule){.above = 4096});
    p = alcove_alloc(a, l4096, &err);
    ok(p && untouched() && !alcove_alloc(a, l4097, &err) &&
           refused_alloc(l4097, none),
       "sizes above a bound are refused, and no others");
    ok(!alcove_zalloc_temp(a, l4097, count_call, &calls, NULL) &&
           !alcove_resize(a, p, l4096, l4097) &&
           !alcove_realloc(a, p, l4096, l4097, NULL) && calls == 0 &&
           alcove_resize(a, p, l4096, l100) && alcove_fail_fired(&f) == 4,
       "...whatever the kind: of a change it is the new size");
    ok(alcove_dealloc(a, p, l100, NULL) && count_ok(&parent, 0, 0),
       "...but a release");

    again((struct alcove_fail_rule){.nth = 2, .above = 4096});
    p = alcove_alloc(a, l4097, NULL);
    q = alcove_alloc(a, l100, NULL);
    ok(p && q && !alcove_alloc(a, l4097, NULL) &&
           alcove_dealloc(a, p, l4097, NULL) &&
           alcove_dealloc(a, q, l100, NULL) &&
           alcove_fail_count(&f, ALCOVE_FAIL_ALLOC) == 3,
       "with nth, the nth above the bound is");
}

static void
test_then(void)
{
    const unsigned kind = ALCOVE_FAIL_ALLOC;

    begin(ALL, (struct alcove_fail_rule){.nth = 3});
    ok(draws(kind, "..x......"), "nth: the one");
    again((struct alcove_fail_rule){.nth = 3, .then = ALCOVE_FAIL_THEN_ONCE});
    ok(draws(kind, "..x......"), "...once is the same");
    again(
        (struct alcove_fail_rule){.nth = 3, .then = ALCOVE_FAIL_THEN_PERSIST});
    ok(draws(kind, "..xxxxxxx"), "...persist: from then on all");
    again((struct alcove_fail_rule){.every = 3});
    ok(draws(kind, "..x..x..x"), "every: again and again");
    again((struct alcove_fail_rule){.every = 3, .then = ALCOVE_FAIL_THEN_ONCE});
    ok(draws(kind, "..x......"), "...once: the first of them");
    again((struct alcove_fail_rule){.every = 3,
                                    .then = ALCOVE_FAIL_THEN_PERSIST});
    ok(draws(kind, "..xxxxxxx"), "...persist: from the first of them on");
    again((struct alcove_fail_rule){.ops = kind});
    ok(draws(kind, "xxxx") && draws(ALCOVE_FAIL_GROW, "...."),
       "a kind alone: all of it");
    again(
        (struct alcove_fail_rule){.ops = kind, .then = ALCOVE_FAIL_THEN_ONCE});
    ok(draws(kind, "x..."), "...once: the first of them");
    again((struct alcove_fail_rule){.nth = 2, .every = 5});
    ok(draws(kind, ".x..x....x...."), "nth and every: either");
    again((struct alcove_fail_rule){
        .nth = 2, .ops = kind, .then = ALCOVE_FAIL_THEN_PERSIST});
    ok(draws(kind, ".xx") && draws(ALCOVE_FAIL_GROW, "..") &&
           draws(ALCOVE_FAIL_TEMP, "..") && draws(kind, "xx"),
       "persist is for what the rule counts");
    again((struct alcove_fail_rule){
        .nth = 1, .above = 119, .then = ALCOVE_FAIL_THEN_PERSIST});
    ok(draws(kind, "xx") && draws(ALCOVE_FAIL_SHRINK, "..") && draws(kind, "x"),
       "...and small sizes it does not count");
    again((struct alcove_fail_rule){0});
    ok(draws(kind, ".........") && alcove_fail_count(&f, 0) == 9,
       "a rule of nothing refuses nothing, and counts");
}

static void
test_counts(void)
{
    size_t i, wrong = 0;

    begin(ALL, (struct alcove_fail_rule){.nth = 2});
    (void)picture(ALCOVE_FAIL_ALLOC, 3);
    for (i = 0; i < KINDS; i++)
        (void)picture(kinds[i], i + 1);
    for (i = 0; i < KINDS; i++)
        wrong += alcove_fail_count(&f, kinds[i]) != (i == 0 ? 4 : i + 1);
    ok(wrong == 0 && alcove_fail_count(&f, USUAL) == 4 + 2 + 3 + 4 + 5 &&
           alcove_fail_count(&f, 0) == 18 &&
           alcove_fail_count(&f, USUAL | ALCOVE_FAIL_DEALLOC) == 24 &&
           alcove_fail_count(&f, 1u << KINDS) == 0 &&
           alcove_fail_fired(&f) == 1,
       "what comes by is counted by its kind");
    alcove_fail_reset(&f);
    ok(alcove_fail_count(&f, USUAL | ALCOVE_FAIL_DEALLOC) == 0 &&
           alcove_fail_fired(&f) == 0 && draws(ALCOVE_FAIL_ALLOC, ".x.."),
       "a reset counts from 0, and arms the rule again");
    again((struct alcove_fail_rule){.nth = 1});
    ok(alcove_fail_count(&f, 0) == 0 && alcove_fail_fired(&f) == 0 &&
           draws(ALCOVE_FAIL_ALLOC, "x.."),
       "...so does another rule");
    ok(alcove_fail_set(&f, &f.rule, NULL) && f.rule.nth == 1 &&
           draws(ALCOVE_FAIL_ALLOC, "x."),
       "...which may be its own");
}

/* ---- the parent ---- */

static void
test_parent(void)
{
    const struct alcove_fail_rule second = {.nth = 2};
    size_t calls = 0;
    char *p, *q, *z;

    begin(ALL & ~(unsigned)ALCOVE_CAN_RESIZE, second);
    p = block(l100);
    q = alcove_grow(a, p, l100, l120, &err);
    ok(q && holds(q, 0x21, 100) && parent.allocs == 2 && untouched() &&
           alcove_fail_count(&f, ALCOVE_FAIL_GROW) == 1 &&
           alcove_fail_count(&f, ~(unsigned)ALCOVE_FAIL_GROW) == 0,
       "a growth by copy is one growth");
    ok(!alcove_shrink(a, q, l120, l60, &err) && refused_alloc(l60, l120) &&
           count_ok(&parent, 1, 120) && holds(q, 0x21, 100),
       "...and so can be refused as one");
    p = alcove_shrink(a, q, l120, l60, NULL);
    ok(p && alcove_fail_count(&f, ALCOVE_FAIL_SHRINK) == 2 &&
           alcove_dealloc(a, p, l60, NULL) && count_ok(&parent, 0, 0),
       "...a shrinkage likewise");

    begin(ALL | ALCOVE_CAN_REALLOC, second);
    z = alcove_zalloc(a, l100, &err);
    ok(z && holds(z, 0, 100) && parent.zallocs == 1 && untouched() &&
           !alcove_zalloc(a, l100, NULL),
       "zeroed blocks are the parent's own");
    z = alcove_rezalloc(a, z, l100, (struct alcove_layout){100, 64}, NULL);
    ok(z && parent.reallocs == 1 && (uintptr_t)z % 64 == 0 &&
           alcove_fail_count(&f, ALCOVE_FAIL_GROW) == 1,
       "a change is, too: one that keeps the size is a growth");
    ok(!alcove_owns(a, z, l100) &&
           alcove_owns(a, z, (struct alcove_layout){100, 64}) &&
           alcove_checked_dealloc(a, z, (struct alcove_layout){100, 64},
                                  NULL) &&
           count_ok(&parent, 0, 0),
       "...and what it tells of its blocks");

    begin(ALL, second);
    count_own_temp(&parent);
    ok(alcove_alloc_temp(a, l100, count_call, &calls, &err) && untouched() &&
           parent.temps == 1 && parent.allocs == 0 &&
           !alcove_alloc_temp(a, l100, count_call, &calls, NULL) && calls == 1,
       "a scope is the parent's own");

    begin(ALL, second);
    parent.fail_after = 0;
    ok(!alcove_alloc(a, l100, &err) && err.allocator == parent.ops.name &&
           alcove_fail_fired(&f) == 0,
       "what the parent refuses has its error");
    parent.fail_after = SIZE_MAX;
    ok(!alcove_alloc(a, l100, NULL) && alcove_fail_fired(&f) == 1,
       "...and has been counted");

    begin(COUNT_PLAIN & ~(unsigned)ALCOVE_CAN_TEMP, second);
    ok(!alcove_alloc_temp(a, l100, count_call, &calls, &err) &&
           err.code == ALCOVE_ERR_UNSUPPORTED && calls == 1 &&
           !alcove_require(a, ALCOVE_CAN_TEMP, NULL),
       "what the parent cannot is not there");
}

static void
test_front(void)
{
    const struct alcove_layout bad = {8, 3};
    size_t calls = 0;
    char *p;

    begin(ALL, (struct alcove_fail_rule){.every = 1, .ops = 63});
    p = alcove_alloc(a, empty, &err);
    ok(p && alcove_zalloc(a, empty, NULL) == p &&
           alcove_dealloc(a, p, empty, &err) &&
           alcove_dealloc(a, NULL, l100, &err) && untouched() &&
           !alcove_alloc(a, bad, &err) &&
           err.code == ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO &&
           alcove_fail_count(&f, 63) == 0,
       "sizes of 0 and layouts that are none do not come by");
    ok(before() && !alcove_grow(a, p, empty, l100, &err) &&
           alcove_fail_count(&f, ALCOVE_FAIL_ALLOC) == 1 &&
           refused_alloc(l100, none),
       "from size 0 a growth is an allocation");
    p = block(l100);
    ok(!alcove_shrink(a, p, l100, empty, &err) &&
           alcove_fail_count(&f, ALCOVE_FAIL_DEALLOC) == 1 &&
           err.code == ALCOVE_ERR_OTHER && err.block == p &&
           count_ok(&parent, 1, 100),
       "...to size 0 a shrinkage is a release");
    ok(alcove_realloc(a, p, l100, l100, NULL) == p &&
           alcove_resize(a, p, l100, l100) && alcove_fail_count(&f, 63) == 2,
       "what changes nothing does not come by");
    count_done(&parent);
    before();
    ok(alcove_alloc_temp(a, empty, just_count, &calls, &err) && calls == 1 &&
           untouched() && alcove_fail_count(&f, ALCOVE_FAIL_TEMP) == 0,
       "a scope of size 0 runs, and does not come by");
}

/* ---- a share ---- */

enum { DRAWS = 100000 };

/* A parent that costs nothing. */
static void *
give(struct alcove_allocator *allocator, struct alcove_layout l,
     struct alcove_error *e)
{
    (void)l, (void)e;
    return allocator;
}

static struct alcove_allocator *
giver(void)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "giver",
        .alloc = give,
        .dealloc = alcove_unsupported_dealloc,
    };
    static struct alcove_allocator allocator = {&ops, ALCOVE_CAN_ALLOC};

    return &allocator;
}

/* Which of the requests are refused? Returns how many. */
static size_t
draw(unsigned share, uint64_t seed, unsigned char *seen)
{
    const struct alcove_fail_rule rule = {.share = share, .seed = seed};
    size_t i, refused = 0;

    if (!alcove_fail_init(&f, giver(), &rule, NULL))
        bail_out("no adapter");
    for (i = 0; i < DRAWS; i++) {
        seen[i] = !alcove_alloc(a, l100, NULL);
        refused += seen[i];
    }
    return alcove_fail_fired(&f) == refused ? refused : SIZE_MAX;
}

/* Within six standard deviations, rounded up. */
static bool
about(size_t refused, double share)
{
    double draws = DRAWS, off = (double)refused - draws * share;

    diag("%lu of %d refused", (unsigned long)refused, DRAWS);
    return off * off <= 36 * draws * share * (1 - share) + 1;
}

static void
test_share(void)
{
    static unsigned char one[DRAWS], two[DRAWS];
    /* As computed by another program, in another language. */
    static const char golden[] = "xxxx..x...x.........x.xxx.xxxx...x.x....";
    size_t refused = draw(50000, 42, one), i, in_row = 0, wrong = 0;

    ok(about(refused, 0.05), "a share of 5 %% is about that");
    ok(about(draw(500000, 1, one), 0.5) &&
           about(draw(999999, 7, one), 0.999999) &&
           about(draw(1, 7, one), 0.000001),
       "...other shares, too");
    ok(draw(500000, 1, one) == draw(500000, 1, two) &&
           memcmp(one, two, DRAWS) == 0,
       "the same seed refuses the same");
    (void)draw(500000, 2, two);
    ok(memcmp(one, two, DRAWS) != 0, "...another one others");
    for (i = 1; i < DRAWS; i++)
        in_row += one[i] && one[i - 1];
    ok(about(in_row, 0.25),
       "...and one refusal has nothing to do with the next");
    (void)draw(250000, 12345, one);
    for (i = 0; golden[i]; i++)
        wrong += one[i] != (golden[i] == 'x');
    is_size(wrong, 0, "...on every machine");
    (void)draw(133079, 12345, one);
    (void)draw(133080, 12345, two);
    ok(!one[0] && two[0], "...to a millionth");
    is_size(draw(ALCOVE_FAIL_SHARE_ALL, 3, one), DRAWS,
            "a share of all is all");
    is_size(draw(0, 0, one), 0, "...of none is none");
}

/* ---- the model ---- */

enum { SLOTS = 40, STEPS = 250000 };

static struct slot {
    unsigned char *p; /* NULL: none */
    struct alcove_layout l;
    unsigned char fill;
} slots[SLOTS];

/* The rule, followed in another way: by counting down, and by a generator that
 * goes from one draw to the next. */
static struct {
    struct alcove_fail_rule rule;
    size_t until_nth, until_next;
    uint64_t generator;
    size_t counts[KINDS], fired;
} m;

static size_t passed, refused;

static void
model_reset(void)
{
    m.until_nth = m.rule.nth;
    m.until_next = m.rule.every;
    m.generator = m.rule.seed;
    memset(m.counts, 0, sizeof m.counts);
    m.fired = 0;
}

/* splitmix64 (Steele, Lea, Flood 2014), as its authors wrote it. */
static uint64_t
next(void)
{
    uint64_t z = (m.generator += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static bool
model_chooses(void)
{
    bool nth = m.until_nth != 0 && --m.until_nth == 0;
    bool every = false, share;

    if (m.until_next != 0 && --m.until_next == 0) {
        every = true;
        m.until_next = m.rule.every;
    }
    share = (double)(next() >> 32) / 4294967296.0 * 1e6 < m.rule.share;
    if (m.rule.nth == 0 && m.rule.every == 0 && m.rule.share == 0)
        return m.rule.above != 0 || m.rule.ops != 0;
    return nth || every || share;
}

/* A request comes by. Must it be refused? */
static bool
model_refuses(unsigned op, size_t size)
{
    bool chosen;
    size_t k;

    for (k = 0; k < KINDS; k++)
        m.counts[k] += kinds[k] == op;
    if (m.rule.ops == 0 ? op == ALCOVE_FAIL_DEALLOC : (m.rule.ops & op) == 0)
        return false;
    if (size <= m.rule.above)
        return false;
    chosen = model_chooses();
    if (m.fired > 0 && m.rule.then != ALCOVE_FAIL_THEN_GO_ON)
        chosen = m.rule.then == ALCOVE_FAIL_THEN_PERSIST;
    m.fired += chosen;
    return chosen;
}

static void
model_rule(void)
{
    static const struct alcove_fail_rule nothing;
    size_t with = tap_random();

    m.rule = nothing;
    if (with & 1)
        m.rule.nth = 1 + tap_random() % 100;
    if (with & 2)
        m.rule.every = 1 + tap_random() % 20;
    if (with & 4) {
        m.rule.share = (unsigned)(tap_random() % 300000);
        m.rule.seed = m.rule.share != 0 ? tap_random() : 0;
    }
    if (with & 8)
        m.rule.above = tap_random() % 500;
    if (with & 16)
        m.rule.ops = (unsigned)(tap_random() % 64);
    if (m.rule.nth || m.rule.every || m.rule.share || m.rule.above ||
        m.rule.ops)
        m.rule.then = (enum alcove_fail_then)(tap_random() % 3);
    again(m.rule);
    model_reset();
}

static bool
model_agrees(void)
{
    size_t k;

    for (k = 0; k < KINDS; k++)
        if (alcove_fail_count(&f, kinds[k]) != m.counts[k])
            return false;
    return alcove_fail_fired(&f) == m.fired;
}

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

/* How a step must end, and how it did. `asked` is what the parent had been
 * asked before. */
static bool
step_ends(bool done, bool must_refuse, bool comes_by, size_t asked)
{
    must_refuse ? refused++ : passed++;
    if (must_refuse)
        return !done && parent.asked == asked &&
               (injected(ALCOVE_ERR_ALLOC_FAILED, ENOMEM) ||
                injected(ALCOVE_ERR_OTHER, EIO));
    return done && untouched() && (parent.asked != asked) == comes_by;
}

static bool
step_alloc(struct slot *slot, bool zero)
{
    struct alcove_layout l = any_layout(1);
    bool comes_by = l.size != 0;
    bool must = comes_by && model_refuses(ALCOVE_FAIL_ALLOC, l.size);
    size_t asked = parent.asked;
    unsigned char *p =
        zero ? alcove_zalloc(a, l, &err) : alcove_alloc(a, l, &err);

    if (!step_ends(p != NULL, must, comes_by, asked))
        return false;
    if (!p)
        return true;
    if ((uintptr_t)p % l.align != 0 || (zero && !holds(p, 0, l.size)))
        return false;
    slot->p = p;
    slot->l = l;
    slot->fill = (unsigned char)tap_random();
    if (l.size != 0)
        memset(p, slot->fill, l.size);
    return true;
}

static bool
step_dealloc(struct slot *slot)
{
    bool comes_by = slot->l.size != 0;
    bool must = comes_by && model_refuses(ALCOVE_FAIL_DEALLOC, slot->l.size);
    size_t asked = parent.asked;
    bool done = alcove_dealloc(a, slot->p, slot->l, &err);

    if (done)
        slot->p = NULL;
    return step_ends(done, must, comes_by, asked);
}

static bool
is_same(const struct slot *slot, struct alcove_layout l)
{
    return slot->l.size == l.size && slot->l.align == l.align;
}

static bool
step_realloc(struct slot *slot, bool zero)
{
    struct alcove_layout l = any_layout(slot->l.align), old = slot->l;
    size_t kept = l.size < old.size ? l.size : old.size;
    size_t asked = parent.asked;
    bool comes_by = !is_same(slot, l), must = false;
    unsigned char *p;

    if (old.size == 0 && l.size == 0)
        comes_by = false;
    else if (old.size == 0)
        must = model_refuses(ALCOVE_FAIL_ALLOC, l.size);
    else if (l.size == 0)
        must = model_refuses(ALCOVE_FAIL_DEALLOC, old.size);
    else if (comes_by)
        must = model_refuses(
            l.size < old.size ? ALCOVE_FAIL_SHRINK : ALCOVE_FAIL_GROW, l.size);
    p = zero ? alcove_rezalloc(a, slot->p, old, l, &err)
             : alcove_realloc(a, slot->p, old, l, &err);
    if (!step_ends(p != NULL, must, comes_by, asked))
        return false;
    if (!p)
        return true;
    if ((uintptr_t)p % l.align != 0 || !holds(p, slot->fill, kept) ||
        (zero && !holds(p + kept, 0, l.size - kept)))
        return false;
    slot->p = p;
    slot->l = l;
    if (l.size != 0)
        memset(p, slot->fill, l.size);
    return true;
}

/* That a resize was refused cannot be told from one that the parent could not
 * do, but by what the parent was asked. */
static bool
step_resize(struct slot *slot)
{
    struct alcove_layout l = any_layout(1);
    bool possible =
        slot->l.size != 0 && l.size != 0 && (uintptr_t)slot->p % l.align == 0;
    bool comes_by = possible && !is_same(slot, l);
    bool must = comes_by && model_refuses(ALCOVE_FAIL_RESIZE, l.size);
    bool asks =
        comes_by && !must && (parent.allocator.features & ALCOVE_CAN_RESIZE);
    size_t kept = l.size < slot->l.size ? l.size : slot->l.size;
    size_t asked = parent.asked;
    bool done = alcove_resize(a, slot->p, slot->l, l);

    must ? refused++ : passed++;
    if ((done && (must || !possible)) || (parent.asked != asked) != asks)
        return false;
    if (!done)
        return untouched();
    slot->l = l;
    if (!holds(slot->p, slot->fill, kept))
        return false;
    memset(slot->p, slot->fill, l.size);
    return untouched();
}

static bool
step_temp(bool zero)
{
    struct alcove_layout l = any_layout(1);
    size_t calls = 0, asked = parent.asked;
    bool must, done;

    l.size += 10;
    must = model_refuses(ALCOVE_FAIL_TEMP, l.size);
    done = zero ? alcove_zalloc_temp(a, l, count_call, &calls, &err)
                : alcove_alloc_temp(a, l, count_call, &calls, &err);
    return step_ends(done, must, true, asked) && calls == done;
}

static bool
step(struct slot *slot)
{
    size_t what = tap_random() % 8;

    before();
    if (what == 0)
        return step_temp(tap_random() % 2);
    if (!slot->p)
        return step_alloc(slot, what < 4);
    if (!holds(slot->p, slot->fill, slot->l.size))
        return false;
    if (what < 3)
        return step_dealloc(slot);
    if (what < 6)
        return step_realloc(slot, what < 4);
    return step_resize(slot);
}

static bool
books_balance(void)
{
    size_t i, blocks = 0, bytes = 0;

    for (i = 0; i < SLOTS; i++) {
        blocks += slots[i].p && slots[i].l.size != 0;
        bytes += slots[i].p ? slots[i].l.size : 0;
    }
    return blocks == parent.live_blocks && bytes == parent.live_bytes;
}

static void
test_model(unsigned features, const char *which)
{
    size_t i, wrong = 0;

    begin(features, (struct alcove_fail_rule){0});
    passed = refused = 0;
    for (i = 0; i < STEPS && wrong == 0; i++) {
        if (i % 200 == 0)
            model_rule();
        if (tap_random() % 300 == 0) {
            alcove_fail_reset(&f);
            model_reset();
        }
        wrong += !step(&slots[tap_random() % SLOTS]) || !books_balance() ||
                 !model_agrees();
        if (wrong != 0)
            diag("step %lu", (unsigned long)i);
    }
    is_size(wrong, 0, "random operations and rules do what a model says, %s",
            which);
    ok(passed > STEPS / 2 && refused > STEPS / 20,
       "...%lu passed, and %lu were refused", (unsigned long)passed,
       (unsigned long)refused);
    again((struct alcove_fail_rule){0});
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
    tap_plan(74);
    test_init();
    test_environment();
    test_refusals();
    test_details();
    test_nth();
    test_above();
    test_then();
    test_counts();
    test_parent();
    test_front();
    test_share();
    test_model(ALL, "in place or by copy");
    test_model(COUNT_PLAIN | ALCOVE_CAN_REALLOC, "with realloc");
    return tap_done();
}
