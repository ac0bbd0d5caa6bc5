/* SPDX-License-Identifier: MIT */
/* The index of the guard: broken headers, and a model. */
#include <config.h>

#include <alcove/malloc.h>

#include "../lib/adapt/guard.h"
#include "guard.h"

#include <inttypes.h>

/* ---- headers ---- */

static void
ignore(const struct alcove_guard_block *b, void *arg)
{
    (void)b;
    ++*(size_t *)arg;
}

enum { MANY = 24 };

static char *many[MANY];
static char foreign[8];

/* MANY blocks, and as many in the quarantine. */
static void
crowd(void)
{
    struct alcove_guard_options o = options(ALCOVE_SIZE_MAX);
    char *gone[MANY];
    size_t i;

    begin(&o);
    for (i = 0; i < MANY; i++) {
        many[i] = block(30, 2);
        gone[i] = block(30, 2);
    }
    for (i = 0; i < MANY; i++)
        (void)release(gone[i], 30, 2);
}

static bool
is_broken_at(const char *p)
{
    return corrupt(p, -(ptrdiff_t)guard.head) && detail_has("own data");
}

/* Byte `at` of a header is overwritten with something else. */
static void
damage(char *p, size_t at)
{
    ptrdiff_t where = (ptrdiff_t)at - (ptrdiff_t)guard.head;

    poke(p, where, peek(p, where) ^ 0x40);
}

/* Where a header is in the way, the operation says so, or does what it is to.
 */
static bool
is_told(bool done, const char *p)
{
    return done ? untouched() : is_broken_at(p);
}

/* All operations on all blocks, while the header of `bad` is broken. */
static size_t
wrong_around(const char *bad)
{
    size_t i, wrong = 0, seen = 0;

    before();
    wrong += alcove_guard_check(&guard, &err) || !is_broken_at(bad);
    wrong += alcove_owns(a, bad, lay(30, 2));
    wrong += release((char *)(uintptr_t)bad, 30, 2) || !is_broken_at(bad);
    wrong +=
        alcove_guard_each(&guard, ignore, &seen) != guard.live.blocks - 1 ||
        seen != guard.live.blocks - 1;
    for (i = 0; i < MANY; i++) {
        char *p = many[i], *q;

        if (p == bad || !p)
            continue;
        before();
        wrong += !is_told(alcove_guard_repair(&guard, p, &err), bad);
        wrong += guard.lost != 0;
        before();
        q = alcove_realloc(a, p, lay(30, 2), lay(31, 2), &err);
        wrong += !is_told(q != NULL, bad);
        if (!q)
            continue;
        p = q;
        before();
        q = alcove_realloc(a, p, lay(31, 2), lay(30, 2), &err);
        wrong += !is_told(q != NULL, bad);
        if (!q) { /* as it must be for the next round */
            before();
            wrong += !is_told(alcove_dealloc(a, p, lay(31, 2), &err), bad);
        }
        many[i] = q;
    }
    return wrong;
}

static void
test_headers(void)
{
    size_t which, at, wrong = 0, left = 0, lost = 0, i;
    size_t step = less(1, 37);

    for (which = 0; which < MANY; which += less(1, 7)) {
        crowd();
        at = which * 7 % guard.header;
        damage(many[which], at);
        wrong += wrong_around(many[which]);
        before();
        wrong +=
            !alcove_guard_repair(&guard, many[which], &err) || !untouched();
        lost += guard.lost != 1;
        wrong += release(many[which], 30, 2) || !not_owned(many[which]);
        many[which] = NULL;
        for (i = 0; i < MANY; i++)
            (void)release(many[i], 30, 2);
        while (guard.live.oldest) { /* those of size 31 */
            char *p = (char *)guard.live.oldest + guard.head;

            wrong += !release(p, 31, 2);
        }
        left += !alcove_guard_done(&guard, &err) || parent.live_blocks != 1 ||
                parent.wrong != 0;
        drop();
    }
    is_size(wrong, 0, "a broken header is in the way, and never believed");
    is_size(lost, 0, "...a repair gives its block up, and no other");
    is_size(left, 0, "...and all but that goes back");

    wrong = 0;
    begin(NULL);
    (void)block(1, 1);
    many[0] = block(30, 2);
    (void)block(1, 1);
    for (at = 0; at < guard.header; at += step) {
        ptrdiff_t where = (ptrdiff_t)at - (ptrdiff_t)guard.head;
        int old = peek(many[0], where);

        poke(many[0], where, old ^ (1 << at % 8));
        wrong += release(many[0], 30, 2) || !is_broken_at(many[0]);
        poke(many[0], where, old);
        before();
        wrong += !alcove_guard_check(&guard, &err);
    }
    is_size(wrong, 0, "every byte of a header is looked at");
    many[1] = block(30, 2);
    memcpy(many[0] - guard.head, many[1] - guard.head, guard.header);
    ok(!release(many[0], 30, 2) && is_broken_at(many[0]),
       "a header that stands elsewhere is none");
    drop();
}

/* The quarantine is emptied, as far as it can be, by the releases of all
 * others.
 */
static size_t
wrong_evictions(char *bad, size_t at)
{
    size_t i, wrong = 0;

    damage(bad, at % guard.header);
    guard.quarantine = 1;
    for (i = 0; i < MANY; i++) {
        if (many[i] == bad)
            continue;
        before();
        wrong += !is_told(alcove_dealloc(a, many[i], lay(30, 2), &err), bad);
    }
    before();
    wrong += alcove_guard_check(&guard, &err) || !is_broken_at(bad);
    wrong += alcove_owns(a, bad, lay(30, 2)) || guard.lost != 0;
    wrong += !alcove_guard_repair(&guard, bad, &err) || guard.lost != 1;
    for (i = 0; i < MANY; i++)
        if (alcove_owns(a, many[i], lay(30, 2)))
            wrong += !release(many[i], 30, 2);
    before();
    return wrong + !alcove_guard_done(&guard, &err) + !untouched() +
           (parent.live_blocks != 1);
}

static void
test_evictions(void)
{
    struct alcove_guard_node *b;
    size_t which, i, wrong = 0;

    for (which = 0; which < 2 * MANY; which += less(1, 5)) {
        crowd();
        for (b = guard.kept.oldest, i = MANY; i < which; i++)
            b = b->newer;
        wrong +=
            wrong_evictions(which < MANY ? many[which] : b->block, 11 * which);
        drop();
    }
    is_size(wrong, 0, "a broken header is not believed by what leaves, either");
    for (wrong = 0, i = 0; i < 19; i += less(1, 4)) {
        crowd();
        wrong += wrong_evictions(guard.kept.oldest->block,
                                 i * sizeof(size_t) + i % 4);
        drop();
    }
    is_size(wrong, 0, "...nor when it is the first to leave");
}

static void
test_broken_headers(void)
{
    size_t seen = 0, i;
    char *p;

    crowd();
    damage(many[3], 1);
    damage(many[9], 1);
    ok(alcove_guard_each(&guard, ignore, &seen) == MANY - 7 &&
           !alcove_guard_check(&guard, &err) && is_broken_at(many[3]),
       "between two broken headers nothing is seen");
    for (i = 0; i < MANY; i++)
        if (!alcove_guard_repair(&guard, many[9], &err))
            (void)alcove_guard_repair(&guard, err.block, &err);
    ok(guard.lost == 7 && guard.live.blocks == MANY - 7 &&
           guard.kept.blocks == MANY && alcove_guard_check(&guard, &err),
       "...and all that is given up");
    drop();

    crowd();
    damage(many[MANY - 1], 0);
    before();
    p = alcove_alloc(a, lay(1, 1), &err);
    ok(!p && is_broken_at(many[MANY - 1]) && parent.live_blocks == 2 * MANY,
       "an allocation that has to pass one is refused, and takes nothing");
    before();
    ok(!alcove_guard_repair(&guard, foreign, &err) &&
           (not_owned(foreign) || is_broken_at(many[MANY - 1])) &&
           alcove_guard_repair(&guard, many[MANY - 1], &err) &&
           (p = alcove_alloc(a, lay(1, 1), &err)) && release(p, 1, 1),
       "...until it is given up");
    p = (char *)guard.kept.oldest + guard.head;
    damage(p, 5);
    for (i = 0; i + 1 < MANY; i++)
        if (!release(many[i], 30, 2))
            (void)alcove_guard_repair(&guard, p, NULL);
    for (i = 0; i + 1 < MANY; i++)
        (void)release(many[i], 30, 2);
    before();
    ok(guard.live.blocks == 0 &&
           (alcove_guard_done(&guard, &err)
                ? guard.lost == 2
                : is_broken_at(p) && alcove_guard_repair(&guard, p, &err) &&
                      alcove_guard_done(&guard, &err)),
       "done stops at one in the quarantine");
    ok(parent.live_blocks == 2 && parent.wrong == 0,
       "...and what was given up is not released");
    drop();
}

/* The end of a list that is the guard's own, and not in a header. */
static void
test_broken_end(void)
{
    static union {
        struct alcove_guard_node node;
        char and_frames[512];
    } fake;
    struct alcove_guard_node *oldest;
    size_t seen = 0, i;

    crowd();
    oldest = guard.live.oldest;
    guard.live.oldest = &fake.node;
    ok(alcove_guard_each(&guard, ignore, &seen) == MANY && seen == MANY,
       "where a list begins nowhere, it is walked from its end");
    guard.live.oldest = oldest;
    for (i = 0; i < MANY; i++)
        (void)release(many[i], 30, 2);
    ok(alcove_guard_done(&guard, &err) && count_ok(&parent, 0, 0),
       "...and all goes back");
}

/* A parent that refuses a block, and overwrites the header of another. */
static bool
overwrite(struct alcove_allocator *parent_, void *p, struct alcove_layout l,
          struct alcove_error *e)
{
    struct alcove_error what = {.code = ALCOVE_ERR_LOCK};

    (void)parent_;
    (void)p;
    (void)l;
    if (guard.root)
        damage((char *)guard.root + guard.head, 1);
    return alcove_error_set(e, &what);
}

static void
test_bad_parent(void)
{
    struct alcove_guard_options o = options(ALCOVE_GUARD_NONE);
    char *p, *q;

    begin(&o);
    p = block(30, 2);
    q = block(30, 2);
    parent.ops.dealloc = overwrite;
    before();
    ok(release(q, 30, 2) && untouched() && guard.kept.blocks == 1,
       "a block that the parent refuses is kept...");
    ok(!alcove_guard_check(&guard, &err) && is_broken_at(p) &&
           !release(p, 30, 2) && is_broken_at(p),
       "...and what the parent has broken is found");
    drop();
}

static size_t
depth(const struct alcove_guard_node *b)
{
    size_t left, right;

    if (!b)
        return 0;
    left = depth(b->child[0]);
    right = depth(b->child[1]);
    return 1 + (left > right ? left : right);
}

static void
test_depth(void)
{
    enum { BLOCKS = 4096 };
    static char *blocks[BLOCKS];
    size_t i, bad = 0;

    (void)alcove_guard_init(&guard, alcove_malloc(), NULL, NULL);
    for (i = 0; i < BLOCKS; i++)
        blocks[i] = block(40, 8);
    ok(depth(guard.root) >= 13 && depth(guard.root) <= 36,
       "4096 blocks are found in %" PRIuMAX " steps at most",
       (uintmax_t)depth(guard.root));
    for (i = 0; i < BLOCKS; i++)
        bad += !release(blocks[(i * 1237) % BLOCKS], 40, 8);
    ok(bad == 0 && alcove_guard_done(&guard, &err) && !guard.root,
       "...and released in any order");
}

/* ---- the model ---- */

enum { SLOTS = 48, RING = 64, ZONE = 24 };

static struct slot {
    char *p; /* NULL: none */
    struct alcove_layout l;
    unsigned char fill;
    bool changed; /* after its release */
} slots[SLOTS], ring[RING];
static size_t ring_start, ring_count, ring_bytes, ring_limit;
static size_t findings, misuses;

static struct slot *
in_ring(size_t i)
{
    return &ring[(ring_start + i) % RING];
}

static void
model_release(const struct slot *s)
{
    size_t bytes = memory(s->l, ZONE, 1);

    if (bytes > ring_limit)
        return;
    *in_ring(ring_count++) = *s;
    in_ring(ring_count - 1)->changed = false;
    ring_bytes += bytes;
    while (ring_bytes > ring_limit) {
        ring_bytes -= memory(in_ring(0)->l, ZONE, 1);
        findings += in_ring(0)->changed;
        ring_start = (ring_start + 1) % RING;
        ring_count--;
    }
}

static struct alcove_layout
any_layout(size_t least_align)
{
    struct alcove_layout l;

    l.size = tap_random() % 300 + 1;
    l.align = (size_t)1 << tap_random() % 9;
    if (tap_random() % 64 == 0)
        l.size *= 40;
    if (l.align < least_align)
        l.align = least_align;
    return l;
}

static bool
take(struct slot *s, char *p, struct alcove_layout l)
{
    s->p = p;
    s->l = l;
    s->fill = (unsigned char)tap_random();
    memset(p, s->fill, l.size);
    return (uintptr_t)p % l.align == 0 && untouched();
}

static bool
model_alloc(struct slot *s, bool zero)
{
    struct alcove_layout l = any_layout(1);
    bool refused = tap_random() % 16 == 0;
    char *p;

    parent.fail_after = refused ? 0 : SIZE_MAX;
    p = zero ? alcove_zalloc(a, l, &err) : alcove_alloc(a, l, &err);
    parent.fail_after = SIZE_MAX;
    if (!p)
        return refused && of_parent(ALCOVE_CAUSE_INJECTED);
    if (refused || (zero && !holds(p, 0, l.size)))
        return false;
    return take(s, p, l);
}

static bool
model_dealloc(struct slot *s)
{
    if (!alcove_dealloc(a, s->p, s->l, &err) || !untouched())
        return false;
    model_release(s);
    s->p = NULL;
    return true;
}

static bool
model_realloc(struct slot *s)
{
    struct alcove_layout l = any_layout(s->l.align);
    size_t kept = l.size < s->l.size ? l.size : s->l.size;
    bool refused = tap_random() % 8 == 0;
    char *p;

    if (l.size == s->l.size && l.align == s->l.align)
        return true;
    parent.fail_after = refused ? 0 : SIZE_MAX;
    p = alcove_realloc(a, s->p, s->l, l, &err);
    parent.fail_after = SIZE_MAX;
    if (!p)
        return refused && of_parent(ALCOVE_CAUSE_INJECTED);
    if (refused || p == s->p || !holds(p, s->fill, kept))
        return false;
    model_release(s);
    return take(s, p, l);
}

static bool
model_wrong_layout(const struct slot *s)
{
    struct alcove_layout l = any_layout(1);

    misuses++;
    if (l.size == s->l.size && l.align == s->l.align)
        l.size++;
    if (tap_random() % 2 == 0)
        return !alcove_dealloc(a, s->p, l, &err) && mismatch(s->p, l, s->l);
    return !alcove_realloc(a, s->p, l, lay(l.size + 1, 512), &err) &&
           mismatch(s->p, l, s->l);
}

static bool
model_overflow(const struct slot *s)
{
    ptrdiff_t at = (ptrdiff_t)(tap_random() % (2 * ZONE)) - ZONE;
    bool found;

    misuses++;
    if (at >= 0)
        at += (ptrdiff_t)s->l.size;
    poke(s->p, at, 1);
    if (tap_random() % 2 == 0)
        found = !alcove_dealloc(a, s->p, s->l, &err);
    else
        found = !alcove_realloc(a, s->p, s->l, lay(5000, 512), &err);
    return found && corrupt(s->p, at) &&
           alcove_guard_repair(&guard, s->p, &err);
}

static bool
model_released(void)
{
    struct slot *s;

    if (ring_count == 0)
        return true;
    misuses++;
    s = in_ring(tap_random() % ring_count);
    if (tap_random() % 4 != 0)
        return !alcove_dealloc(a, s->p, s->l, &err) && not_owned(s->p) &&
               detail_has("released before");
    poke(s->p, (ptrdiff_t)(tap_random() % s->l.size), 1);
    s->changed = true;
    return true;
}

static bool
model_foreign(const struct slot *s)
{
    char *p = s->p + tap_random() % s->l.size + 1;

    misuses++;
    if (tap_random() % 4 == 0)
        p = (char *)tap_random();
    if (!p || p == s->p)
        return true;
    return !alcove_dealloc(a, p, s->l, &err) && not_owned(p);
}

static bool
model_look(const struct slot *s)
{
    struct alcove_layout other = any_layout(1);
    bool same = other.size == s->l.size && other.align == s->l.align;

    return alcove_owns(a, s->p, s->l) && alcove_owns(a, s->p, other) == same &&
           untouched();
}

static bool
model_check(void)
{
    size_t i, changed = 0;
    bool whole;

    for (i = 0; i < ring_count; i++)
        changed += in_ring(i)->changed;
    whole = alcove_guard_check(&guard, &err);
    return whole == (changed == 0 && findings == 0);
}

static bool
step(struct slot *s)
{
    size_t what = tap_random() % 16;

    before();
    if (what == 0)
        return model_released();
    if (what == 1)
        return tap_random() % 8 != 0 || model_check();
    if (!s->p)
        return model_alloc(s, what < 6);
    if (!holds(s->p, s->fill, s->l.size))
        return false;
    if (what < 7)
        return model_dealloc(s);
    if (what < 10)
        return model_realloc(s);
    if (what < 12)
        return model_look(s);
    if (what == 12)
        return model_wrong_layout(s);
    if (what == 13)
        return model_overflow(s);
    return model_foreign(s);
}

static bool
books_balance(void)
{
    size_t i, blocks = ring_count, bytes = ring_bytes, live = 0;

    for (i = 0; i < SLOTS; i++)
        if (slots[i].p) {
            blocks++;
            live += slots[i].l.size;
            bytes += memory(slots[i].l, ZONE, 1);
        }
    return parent.live_blocks == blocks && parent.live_bytes == bytes &&
           guard.live.bytes == live && guard.kept.bytes == ring_bytes &&
           alcove_guard_findings(&guard, NULL) == findings;
}

static void
test_model(void)
{
    const size_t steps = less(300000, 60000);
    struct alcove_guard_options o = options(8000);
    size_t i, wrong = 0;

    o.frames = ALCOVE_GUARD_NONE;
    o.red_zone = ZONE;
    ring_limit = 8000;
    begin(&o);
    for (i = 0; i < steps && wrong == 0; i++) {
        wrong += !step(&slots[tap_random() % SLOTS]) || !books_balance();
        if (wrong != 0)
            diag("step %" PRIuMAX, (uintmax_t)i);
    }
    is_size(wrong, 0, "%" PRIuMAX " random operations do what a model says",
            (uintmax_t)steps);
    ok(misuses > steps / 8 && guard.refused > steps / 16 &&
           findings > steps / 1000,
       "...%" PRIuMAX " of misuse, with %" PRIuMAX " findings",
       (uintmax_t)misuses, (uintmax_t)findings);
    for (i = 0; i < SLOTS; i++) {
        before();
        wrong += slots[i].p && !model_dealloc(&slots[i]);
    }
    for (i = 0; i < ring_count; i++)
        findings += in_ring(i)->changed;
    ok(wrong == 0 && guard.live.blocks == 0 &&
           alcove_guard_done(&guard, &err) == (findings == 0) &&
           count_ok(&parent, 0, 0),
       "...and all goes back");
}

/* The parent takes no block back: each leaves the index, and comes again, with
 * others above and below it. */
static void
test_return(void)
{
    struct alcove_guard_options o = options(1);
    size_t i, wrong = 0;

    begin(&o);
    for (i = 0; i < MANY; i++)
        many[i] = block(30, 2);
    parent.refuse_dealloc = true;
    for (i = 0; i < MANY; i++) {
        wrong += !release(many[i], 30, 2);
        before();
        wrong += !alcove_guard_check(&guard, &err) || !untouched();
    }
    parent.refuse_dealloc = false;
    ok(wrong == 0 && guard.kept.blocks == MANY && ends(),
       "what the parent does not take back is where it was");
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(23);
    test_headers();
    test_evictions();
    test_broken_headers();
    test_broken_end();
    test_bad_parent();
    test_depth();
    test_return();
    test_model();
    return tap_done();
}
