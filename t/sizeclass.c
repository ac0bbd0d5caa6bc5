/* SPDX-License-Identifier: MIT */
/* The cache of free blocks by size class.
 *
 * Under a tool the library caches nothing: `watched` says so.
 */
#include <config.h>

#include <alcove/sizeclass.h>

#include "count.h"
#include "posix.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool watched;
static struct count parent;
static struct alcove_sizeclass sc;
static struct alcove_allocator *const a = &sc.allocator;

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

static void
start(unsigned features)
{
    count_init(&parent, features);
    alcove_sizeclass_init(&sc, &parent.allocator);
    before();
}

/* The size of the class, by the rule in words: 16 steps up to 128, then four to
 * each doubling; the size itself where there is no cache. */
static size_t
class_size(size_t size)
{
    size_t step = 16, top = 128;

    if (watched || size > ALCOVE_SIZECLASS_MAX)
        return size;
    while (size > top) {
        step = top / 4;
        top *= 2;
    }
    return (size + step - 1) / step * step;
}

static bool
has_block(const void *p, size_t size, size_t align)
{
    size_t i;

    for (i = 0; i < COUNT_BLOCKS; i++)
        if (parent.blocks[i].p == p)
            return parent.blocks[i].layout.size == size &&
                   parent.blocks[i].layout.align == align;
    return false;
}

/* ---- classes ---- */

static void
check_classes(void)
{
    size_t size, sizes = 0, last = 0, wrong = 0, refetched = 0;

    start(COUNT_PLAIN);
    for (size = 1; size <= ALCOVE_SIZECLASS_MAX; size++) {
        size_t align = (size_t)1 << (size % 5);
        char *p = alcove_sizeclass_alloc(&sc, lay(size, align), &err);
        char *q = NULL;

        if (!p)
            bail_out("no block of %u bytes", (unsigned)size);
        wrong += !has_block(p, class_size(size), watched ? align : 16);
        memset(p, 1, size);
        wrong += !alcove_dealloc(a, p, lay(size, align), &err);
        q = alcove_alloc(a, lay(size, align), &err);
        refetched += q == p;
        wrong += !alcove_sizeclass_dealloc(&sc, q, lay(size, align), &err);
        if (class_size(size) != last)
            sizes++;
        last = class_size(size);
    }
    is_size(wrong, 0, "every small block has the size of its class");
    if (watched) {
        skip(3, "a tool watches");
    } else {
        is_size(refetched, ALCOVE_SIZECLASS_MAX,
                "...and comes back when it is asked for again");
        is_size(sizes, ALCOVE_SIZECLASS_COUNT, "...in so many classes");
        is_size(parent.allocs, ALCOVE_SIZECLASS_COUNT,
                "...of which each asked the parent once");
    }
    ok(untouched() && alcove_sizeclass_ok(&sc), "...without an error");
    alcove_sizeclass_done(&sc);
    ok(count_ok(&parent, 0, 0), "...and all of them go back");

    start(COUNT_PLAIN);
    for (size = 1, wrong = 0; size <= ALCOVE_SIZECLASS_MAX; size++) {
        struct alcove_layout l = lay(size, 1);
        void *p = alcove_sizeclass_alloc(&sc, l, &err);

        wrong += !p || alcove_usable_size(a, p, l) != class_size(size);
        wrong += !alcove_dealloc(a, p, l, &err);
    }
    is_size(wrong, 0, "the usable size is that of the class");
    alcove_sizeclass_done(&sc);
}

/* ---- the cache ---- */

static void
check_cache(void)
{
    void *blocks[10], *p;
    size_t i, asked;

    start(COUNT_PLAIN);
    is_size(parent.asked, 0, "init asks the parent for nothing");
    for (i = 0; i < 10; i++)
        blocks[i] = alcove_sizeclass_alloc(&sc, lay(100, 8), &err);
    is_size(parent.allocs, 10, "ten blocks come from the parent, one by one");
    is_size(alcove_sizeclass_cached(&sc), 0, "...and none is cached");
    for (i = 0; i < 10; i++)
        (void)alcove_sizeclass_dealloc(&sc, blocks[i], lay(100, 8), &err);
    ok(untouched() && alcove_sizeclass_ok(&sc), "...and all are released");
    if (watched) {
        skip(12, "a tool watches");
        alcove_sizeclass_done(&sc);
        return;
    }
    is_size(alcove_sizeclass_cached(&sc), 10 * 112, "...and cached");
    is_size(parent.deallocs, 0, "...and not the parent's yet");
    p = alcove_sizeclass_alloc(&sc, lay(112, 16), &err);
    is_ptr(p, blocks[9], "the next of the class is the last one released");
    is_size(alcove_sizeclass_cached(&sc), 9 * 112, "...and cached no more");
    p = alcove_sizeclass_alloc(&sc, lay(113, 16), &err);
    is_size(parent.allocs, 11, "another class has none of these");
    ok(alcove_sizeclass_trim(&sc) == 9 * 112 && untouched() &&
           alcove_sizeclass_cached(&sc) == 0 && alcove_sizeclass_ok(&sc),
       "trim gives the cached blocks back, and tells how many bytes");
    ok(count_ok(&parent, 2, 112 + 128), "...and the two others are live");
    is_size(alcove_sizeclass_trim(&sc), 0, "...once more, and none are left");
    (void)alcove_sizeclass_dealloc(&sc, p, lay(113, 16), &err);
    alcove_sizeclass_done(&sc);
    ok(count_ok(&parent, 1, 112) && untouched(),
       "done gives the cached ones back, and the live one lives on");
    asked = parent.asked;
    alcove_sizeclass_done(&sc);
    ok(parent.asked == asked && alcove_sizeclass_ok(&sc),
       "...and does nothing when it is done again");
    p = alcove_sizeclass_alloc(&sc, lay(20, 8), &err);
    ok(has_block(p, 32, 16) &&
           alcove_sizeclass_dealloc(&sc, p, lay(20, 8), &err) &&
           alcove_sizeclass_cached(&sc) == 0 && count_ok(&parent, 1, 112),
       "...and from then on the parent has each block at once");
    ok(alcove_dealloc(a, blocks[9], lay(112, 16), &err) &&
           count_ok(&parent, 0, 0) && alcove_sizeclass_ok(&sc) && untouched(),
       "...also those that were live");
}

static void
check_parents(void)
{
    static const size_t layouts[][2] = {{ALCOVE_SIZECLASS_MAX + 1, 1},
                                        {100000, 16},
                                        {8, 32},
                                        {64, 4096},
                                        {4096, 32}};
    size_t i;

    start(COUNT_PLAIN);
    for (i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        struct alcove_layout l = lay(layouts[i][0], layouts[i][1]);
        void *p = alcove_sizeclass_alloc(&sc, l, &err), *q;
        bool good =
            has_block(p, l.size, l.align) && count_ok(&parent, 1, l.size);

        good = good && alcove_sizeclass_dealloc(&sc, p, l, &err);
        q = alcove_alloc(a, l, &err);
        good = good && has_block(q, l.size, l.align) &&
               alcove_usable_size(a, q, l) == l.size;
        good = good && alcove_dealloc(a, q, l, &err) && untouched();
        ok(good && count_ok(&parent, 0, 0),
           "%u bytes aligned to %u are the parent's business", (unsigned)l.size,
           (unsigned)l.align);
    }
    ok(!alcove_sizeclass_alloc(&sc, lay(8, 0), &err) &&
           err.code == ALCOVE_ERR_ZERO_ALIGN && errno_is(EINVAL) &&
           !alcove_sizeclass_alloc(&sc, lay(8, 3), &err) &&
           err.code == ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO &&
           !alcove_sizeclass_alloc(&sc, lay(SIZE_MAX, 1), &err) &&
           err.code == ALCOVE_ERR_EXCEEDS_MAX && errno_is(EOVERFLOW) &&
           !alcove_sizeclass_alloc(&sc, lay(ALCOVE_SIZE_MAX, 16), NULL),
       "invalid layouts are refused");
    ok(!alcove_sizeclass_dealloc(&sc, &i, lay(8, 12), &err) &&
           err.code == ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO &&
           strcmp(err.allocator, "sizeclass") == 0,
       "...at a release, too");
    ok(before() &&
           alcove_sizeclass_alloc(&sc, lay(0, 64), &err) ==
               alcove_layout_dangling(lay(0, 64)) &&
           alcove_sizeclass_dealloc(&sc, alcove_layout_dangling(lay(0, 64)),
                                    lay(0, 64), &err) &&
           alcove_sizeclass_dealloc(&sc, NULL, lay(8, 8), &err) && untouched(),
       "size 0 is served, and released, and so is NULL");
    ok(count_ok(&parent, 0, 0) && alcove_sizeclass_cached(&sc) == 0,
       "...without a block");
    alcove_sizeclass_done(&sc);
}

/* ---- refusals ---- */

static void
check_refusals(void)
{
    size_t i, n, spare;
    void *p, *blocks[5];
    bool good = true;

    for (i = 0; i < 5; i++) {
        start(COUNT_PLAIN);
        parent.fail_after = i;
        for (n = 0; (p = alcove_sizeclass_alloc(&sc, lay(50, 8), &err)); n++)
            blocks[n] = p;
        good = good && n == i && err.cause == ALCOVE_CAUSE_INJECTED &&
               errno_is(ENOMEM) && strcmp(err.allocator, "count") == 0 &&
               alcove_sizeclass_ok(&sc) &&
               count_ok(&parent, n, n * class_size(50)) &&
               !alcove_alloc(a, lay(50, 8), NULL) &&
               !alcove_alloc(a, lay(5000, 8), NULL);
        parent.fail_after = SIZE_MAX;
        p = alcove_alloc(a, lay(50, 8), &err);
        good = good && p && alcove_dealloc(a, p, lay(50, 8), &err);
        while (n > 0)
            good = good && alcove_dealloc(a, blocks[--n], lay(50, 8), &err);
        good = good && alcove_sizeclass_ok(&sc);
        alcove_sizeclass_done(&sc);
        good = good && count_ok(&parent, 0, 0);
    }
    ok(good, "a refusal of the parent's is passed through, and nothing lost");

    start(COUNT_PLAIN);
    p = alcove_alloc(a, lay(50, 8), &err);
    (void)alcove_dealloc(a, p, lay(50, 8), &err);
    spare = alcove_sizeclass_cached(&sc);
    parent.fail_after = 0;
    parent.fail_once = true;
    p = alcove_alloc(a, lay(500, 8), &err);
    if (watched)
        skip(2, "a tool watches");
    else {
        ok(p && untouched() && parent.refused == 1,
           "a refusal is none if the parent has a block when it is asked "
           "again");
        ok(spare == 64 && alcove_sizeclass_cached(&sc) == 0 &&
               count_ok(&parent, 1, 512),
           "...after all that was cached went back");
    }
    if (p)
        (void)alcove_dealloc(a, p, lay(500, 8), &err);
    parent.fail_once = false;
    parent.fail_after = 0;
    ok(before() && !alcove_alloc(a, lay(300, 8), &err) && errno_is(ENOMEM) &&
           err.cause == ALCOVE_CAUSE_INJECTED && alcove_sizeclass_ok(&sc) &&
           alcove_sizeclass_cached(&sc) == 0,
       "...and one if it has not");
    alcove_sizeclass_done(&sc);

    start(COUNT_PLAIN & ~(unsigned)ALCOVE_CAN_RECLAIM);
    p = alcove_alloc(a, lay(50, 8), &err);
    (void)alcove_dealloc(a, p, lay(50, 8), &err);
    spare = alcove_sizeclass_cached(&sc);
    parent.fail_after = 0;
    ok(!alcove_alloc(a, lay(500, 8), NULL) && alcove_sizeclass_trim(&sc) == 0 &&
           alcove_sizeclass_cached(&sc) == spare,
       "a parent that makes no use of a release is given nothing back");
    alcove_sizeclass_done(&sc);
    ok(count_ok(&parent, 0, 0), "...but at the end");

    start(COUNT_PLAIN);
    p = alcove_alloc(a, lay(5000, 8), &err);
    parent.refuse_this = p;
    ok(!alcove_sizeclass_dealloc(&sc, p, lay(5000, 8), &err) &&
           err.code == ALCOVE_ERR_LOCK && errno_is(EBUSY),
       "a release that the parent refuses fails");
    (void)alcove_dealloc(a, p, lay(5000, 8), &err);
    p = alcove_alloc(a, lay(50, 8), &err);
    (void)alcove_dealloc(a, p, lay(50, 8), &err);
    parent.refuse_dealloc = true;
    before();
    alcove_sizeclass_done(&sc);
    ok(untouched() && alcove_sizeclass_cached(&sc) == 0 &&
           alcove_sizeclass_ok(&sc),
       "...but done never does");
    count_done(&parent);
}

/* ---- changes ---- */

static void
check_changes(void)
{
    unsigned char *p = NULL, *q = NULL;
    size_t asked;

    start(COUNT_PLAIN | ALCOVE_CAN_RESIZE | ALCOVE_CAN_REALLOC |
          ALCOVE_CAN_ZERO);
    p = alcove_alloc(a, lay(70, 1), &err);
    memset(p, 7, 70);
    asked = parent.asked;
    ok(alcove_resize(a, p, lay(70, 1), lay(80, 16)) &&
           (watched || parent.asked == asked),
       "a block changes in place within its class");
    ok(watched || (!alcove_resize(a, p, lay(80, 16), lay(81, 16)) &&
                   !alcove_resize(a, p, lay(80, 16), lay(64, 16)) &&
                   !alcove_resize(a, p, lay(80, 16), lay(9000, 16)) &&
                   parent.asked == asked),
       "...and not beyond");
    q = alcove_realloc(a, p, lay(80, 16), lay(66, 16), &err);
    ok(q && (watched || q == p), "realloc is the same");
    p = q;
    q = alcove_realloc(a, p, lay(66, 16), lay(200, 16), &err);
    ok(q && q[0] == 7 && q[65] == 7, "...and copies to another class");
    ok(watched || alcove_sizeclass_cached(&sc) == 80,
       "...where the old block is cached");
    p = alcove_realloc(a, q, lay(200, 16), lay(9000, 64), &err);
    ok(p && p[65] == 7 && has_block(p, 9000, 64), "...and to the parent's own");
    asked = parent.allocs;
    p = alcove_realloc(a, p, lay(9000, 64), lay(10000, 64), &err);
    ok(p && p[65] == 7 && has_block(p, 10000, 64) && parent.reallocs >= 1 &&
           parent.allocs == asked,
       "...which the parent reallocates");
    ok(alcove_resize(a, p, lay(10000, 64), lay(9990, 64)) &&
           has_block(p, 9990, 64),
       "...and resizes");
    asked = parent.reallocs;
    q = alcove_shrink(a, p, lay(9990, 64), lay(10, 64), &err);
    ok(q && q[9] == 7 && has_block(q, 10, 64) && parent.reallocs > asked,
       "...if it is aligned too far, when it is small, too");
    ok(alcove_dealloc(a, q, lay(10, 64), &err), "...and has back");
    p = alcove_zalloc(a, lay(33, 8), &err);
    q = alcove_zalloc(a, lay(6000, 8), &err);
    ok(p && p[0] == 0 && memcmp(p, p + 1, 32) == 0 && q && q[0] == 0 &&
           memcmp(q, q + 1, 5999) == 0 && parent.zallocs >= 1,
       "zalloc clears, or has it from the parent");
    (void)alcove_dealloc(a, p, lay(33, 8), &err);
    (void)alcove_dealloc(a, q, lay(6000, 8), &err);
    ok(untouched() && alcove_sizeclass_ok(&sc), "...all without an error");
    parent.fail_after = 0;
    p = alcove_alloc(a, lay(33, 8), NULL);
    ok(watched ||
           (p && !alcove_grow(a, p, lay(33, 8), lay(300, 8), &err) &&
            err.cause == ALCOVE_CAUSE_INJECTED && alcove_sizeclass_ok(&sc)),
       "a grow that fails is the parent's refusal");
    if (p)
        (void)alcove_dealloc(a, p, lay(33, 8), NULL);
    alcove_sizeclass_done(&sc);
    ok(count_ok(&parent, 0, 0), "...and the books balance");
}

static void
look(void *mem, void *arg)
{
    memset(mem, 1, 32);
    *(void **)arg = mem;
}

static void
check_features(void)
{
    const unsigned own =
        watched ? 0u : ALCOVE_CAN_RESIZE | ALCOVE_CAN_USABLE_SIZE;
    void *p, *seen = NULL;

    start(COUNT_PLAIN);
    is_int(alcove_features(a), COUNT_PLAIN | own,
           "its features are its own and the parent's");
    ok(!alcove_owns(a, &sc, lay(8, 8)) &&
           !alcove_checked_dealloc(a, &sc, lay(8, 8), &err) &&
           err.code == ALCOVE_ERR_UNSUPPORTED,
       "it owns nothing if the parent cannot tell");
    ok(before() && alcove_alloc_temp(a, lay(32, 8), look, &seen, &err) &&
           untouched() && seen && alcove_sizeclass_ok(&sc) &&
           alcove_sizeclass_cached(&sc) == (watched ? 0 : 32),
       "a temporary block is a block of the cache");
    alcove_sizeclass_done(&sc);
    start(ALCOVE_CAN_ALLOC | ALCOVE_CAN_OWNS | ALCOVE_CAN_REALLOC |
          ALCOVE_CAN_THREADS | ALCOVE_CAN_ZERO | ALCOVE_CAN_CHECKED);
    is_int(alcove_features(a),
           ALCOVE_CAN_ALLOC | ALCOVE_CAN_OWNS | ALCOVE_CAN_REALLOC | own,
           "...but not all of the parent's");
    is_str(alcove_name(a), "sizeclass", "its name");

    start(COUNT_PLAIN | ALCOVE_CAN_OWNS);
    p = alcove_alloc(a, lay(20, 4), &err);
    ok(alcove_owns(a, p, lay(20, 4)) && !alcove_owns(a, p, lay(40, 4)) &&
           !alcove_owns(a, (char *)p + 16, lay(20, 4)) &&
           !alcove_owns(a, &sc, lay(20, 4)),
       "over a parent that can tell it owns its blocks, and no others");
    ok(alcove_checked_dealloc(a, p, lay(20, 4), &err) && untouched() &&
           !alcove_owns(a, p, lay(20, 4)) &&
           !alcove_checked_dealloc(a, p, lay(20, 4), &err) &&
           err.code == ALCOVE_ERR_NOT_OWNED && alcove_sizeclass_ok(&sc),
       "...nor those that are cached: a second release is refused");
    p = alcove_alloc(a, lay(5000, 4), &err);
    ok(alcove_owns(a, p, lay(5000, 4)) &&
           alcove_checked_dealloc(a, p, lay(5000, 4), &err) &&
           !alcove_owns(a, p, lay(5000, 4)),
       "...nor a large one, after its release");
    alcove_sizeclass_done(&sc);
    ok(count_ok(&parent, 0, 0), "...and the books balance");
}

static void
check_ok(void)
{
    void *p, *q;

    if (watched) {
        skip(2, "the tool reports these by itself");
        return;
    }
    start(COUNT_PLAIN);
    p = alcove_alloc(a, lay(20, 4), &err);
    q = alcove_alloc(a, lay(20, 4), &err);
    (void)alcove_dealloc(a, p, lay(20, 4), &err);
    (void)alcove_dealloc(a, q, lay(20, 4), &err);
    (void)alcove_dealloc(a, p, lay(20, 4), &err);
    ok(!alcove_sizeclass_ok(&sc), "ok tells of a block that is cached twice");
    count_done(&parent);
    start(COUNT_PLAIN);
    p = alcove_alloc(a, lay(20, 4), &err);
    q = (char *)p + 1;
    (void)alcove_dealloc(a, p, lay(20, 4), &err);
    memcpy(p, &q, sizeof q);
    ok(!alcove_sizeclass_ok(&sc), "...and of a link that was overwritten");
    count_done(&parent);
}

static void
check_passing(void)
{
    size_t i, wrong = 0;
    void *p, *q;

    start(COUNT_PLAIN | ALCOVE_CAN_OWNS | ALCOVE_CAN_USABLE_SIZE);
    alcove_sizeclass_pass_through(&sc);
    p = alcove_sizeclass_alloc(&sc, lay(20, 4), &err);
    q = alcove_alloc(a, lay(30, 8), &err);
    ok(has_block(p, 20, 4) && has_block(q, 30, 8) && untouched(),
       "passed through, blocks have the layouts that were asked for");
    is_int(alcove_features(a), alcove_features(&parent.allocator),
           "...and the features are the parent's");
    ok(alcove_owns(a, p, lay(20, 4)) &&
           alcove_usable_size(a, p, lay(20, 4)) == 20 + 256,
       "...and are what the parent says");
    ok(alcove_sizeclass_dealloc(&sc, p, lay(20, 4), &err) &&
           alcove_dealloc(a, q, lay(30, 8), &err) && count_ok(&parent, 0, 0) &&
           alcove_sizeclass_cached(&sc) == 0 && alcove_sizeclass_ok(&sc),
       "...and not cached");
    alcove_sizeclass_done(&sc);
    p = alcove_alloc(a, lay(20, 4), &err);
    ok(has_block(p, 20, 4) && alcove_dealloc(a, p, lay(20, 4), &err) &&
           untouched(),
       "...nor otherwise after done");

    start(COUNT_PLAIN);
    p = alcove_alloc(a, lay(20, 4), &err);
    alcove_sizeclass_pass_through(&sc);
    ok(alcove_dealloc(a, p, lay(20, 4), &err) &&
           alcove_sizeclass_cached(&sc) == (watched ? 0 : 32),
       "it is too late when a block is live");
    (void)alcove_sizeclass_trim(&sc);
    alcove_sizeclass_pass_through(&sc);
    p = alcove_alloc(a, lay(20, 4), &err);
    ok(has_block(p, 20, 4) && alcove_dealloc(a, p, lay(20, 4), &err) &&
           alcove_sizeclass_ok(&sc),
       "...but not when all are back at the parent");
    alcove_sizeclass_done(&sc);
    ok(count_ok(&parent, 0, 0), "...and the books balance");

    for (i = 0; i < ALCOVE_SIZECLASS_COUNT; i++) {
        uintptr_t head = sc.heads[i];

        sc.heads[i] = 24;
        wrong += alcove_sizeclass_ok(&sc);
        sc.heads[i] = head;
    }
    ok(wrong == 0 && alcove_sizeclass_ok(&sc),
       "a list that begins between two blocks is seen, in each class");

    start(COUNT_PLAIN & ~(unsigned)ALCOVE_CAN_TEMP);
    p = alcove_alloc(a, lay(20, 4), &err);
    alcove_sizeclass_done(&sc);
    (void)alcove_dealloc(a, p, lay(20, 4), &err);
    alcove_sizeclass_pass_through(&sc);
    p = alcove_alloc(a, lay(20, 4), &err);
    ok(has_block(p, 20, 4) && alcove_dealloc(a, p, lay(20, 4), &err),
       "after done it is not too late when the last block is back");
    ok((alcove_features(a) & ALCOVE_CAN_TEMP) != 0,
       "temporaries need nothing of the parent's but blocks");
}

/* ---- against a model ---- */

enum { SLOTS = 150, STEPS = 1000000, FIRST = 10000 };

static struct slot {
    unsigned char *p;
    struct alcove_layout layout;
    unsigned char mark;
} slots[SLOTS];

static bool
is_whole(const struct slot *s, size_t size)
{
    return s->p[0] == s->mark && s->p[size - 1] == s->mark &&
           s->p[size / 2] == s->mark;
}

/* Mostly small. */
static struct alcove_layout
some_layout(void)
{
    size_t random = tap_random(), size = random / 16 % 128;

    if (random % 16 == 0)
        size = random / 16 % 5000;
    else if (random % 16 < 4)
        size = random / 16 % 700;
    return lay(size + 1,
               (size_t)1 << (random / 65536 % 5 + (random % 64 == 5 ? 3 : 0)));
}

static bool
step(struct slot *s, size_t random)
{
    struct alcove_layout l = some_layout();
    struct alcove_layout old = s->layout;
    unsigned char *p;

    if (!s->p) {
        s->p = random % 2 == 0 ? alcove_sizeclass_alloc(&sc, l, &err)
                               : alcove_alloc(a, l, &err);
        if (!s->p)
            return err.code == ALCOVE_ERR_ALLOC_FAILED;
    } else if (!is_whole(s, old.size)) {
        return false;
    } else if (random % 16 == 1 && l.align >= old.align) {
        p = alcove_realloc(a, s->p, old, l, &err);
        if (!p)
            return is_whole(s, old.size) && err.code == ALCOVE_ERR_ALLOC_FAILED;
        s->p = p;
        if (!is_whole(s, 1))
            return false;
    } else {
        p = s->p;
        s->p = NULL;
        return random % 2 == 0 ? alcove_sizeclass_dealloc(&sc, p, old, &err)
                               : alcove_dealloc(a, p, old, &err);
    }
    s->layout = l;
    s->mark = (unsigned char)(random / 256);
    memset(s->p, s->mark, l.size);
    return (uintptr_t)s->p % l.align == 0;
}

/* What the parent must have given for the live blocks. */
static size_t
live_bytes(void)
{
    size_t i, sum = 0;

    for (i = 0; i < SLOTS; i++) {
        struct alcove_layout l = slots[i].layout;

        if (slots[i].p)
            sum +=
                l.align <= ALCOVE_SIZECLASS_ALIGN ? class_size(l.size) : l.size;
    }
    return sum;
}

/* Under an emulator or a tool, when the first steps have taken long, a tenth of
 * them will do. */
static void
check_model(void)
{
    size_t i, steps = STEPS;
    clock_t began = clock();
    bool good = true;

    start(COUNT_PLAIN | ALCOVE_CAN_REALLOC);
    for (i = 0; i < steps && good; i++) {
        size_t random = tap_random();

        if (i == FIRST && clock() - began > CLOCKS_PER_SEC / 20)
            steps /= 10;
        parent.fail_after = random % 8 == 5 ? 0 : SIZE_MAX;
        good = step(&slots[random / 16 % SLOTS], tap_random());
        if (i % 1024 == 0)
            good = good && alcove_sizeclass_ok(&sc) &&
                   live_bytes() + alcove_sizeclass_cached(&sc) ==
                       parent.live_bytes;
        if (random % 4096 == 7)
            good = good &&
                   alcove_sizeclass_cached(&sc) == alcove_sizeclass_trim(&sc);
    }
    ok(good, "%u random steps agree with a model", (unsigned)i);
    alcove_sizeclass_done(&sc);
    ok(parent.live_bytes == live_bytes(), "...done leaves what is live");
    for (i = 0; i < SLOTS; i++)
        if (slots[i].p)
            good = good && is_whole(&slots[i], slots[i].layout.size) &&
                   alcove_dealloc(a, slots[i].p, slots[i].layout, &err);
    ok(good && count_ok(&parent, 0, 0), "...and the books balance");
}

int
main(void)
{
    void *p;

    unsetenv("ALCOVE_PASSTHROUGH"); /* what it does is tested without it */
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the tests' own allocators stand on malloc");
    tap_plan(79);
    start(COUNT_PLAIN);
    p = alcove_alloc(a, lay(1, 1), &err);
    watched = has_block(p, 1, 1);
    (void)alcove_dealloc(a, p, lay(1, 1), &err);
    alcove_sizeclass_done(&sc);

    check_classes();
    check_cache();
    check_parents();
    check_refusals();
    check_changes();
    check_features();
    check_ok();
    check_passing();
    check_model();
    return tap_done();
}
