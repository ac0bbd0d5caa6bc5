/* SPDX-License-Identifier: MIT */
/* The guard: what is found, and what finding it leaves as it was. */
#include <config.h>

#include <alcove/arena.h>
#include <alcove/malloc.h>
#include <alcove/null.h>
#include <alcove/page.h>
#include <alcove/pool.h>

#include "guard.h"

#include <inttypes.h>

/* ---- init ---- */

/* Longer than this version's. */
struct longer {
    struct alcove_guard_options options;
    char more[40];
};

static void
test_init(void)
{
    struct alcove_allocator *p = &parent.allocator;
    struct alcove_guard_options o = options(0);
    static union {
        struct alcove_guard_options options;
        char room[8192];
    } zeros;
    struct longer l;
    struct alcove_guard g;

    count_init(&parent, ALL);
    memset(&g, 0x5a, sizeof g);
    before();
    ok(!alcove_guard_init(&g, NULL, NULL, &err) && errno == EINVAL &&
           holds(&g, 0x5a, sizeof g) && refused_init(NULL, NULL),
       "no parent, or itself as its parent: refused, and nothing changed");
    o.red_zone = ALCOVE_GUARD_ZONE_MAX + 1;
    ok(refused_init(p, &o), "...so is a red zone that is too large");
    o.red_zone--;
    before();
    ok(alcove_guard_init(&g, p, &o, &err) && untouched() &&
           g.red_zone == ALCOVE_GUARD_ZONE_MAX,
       "...but not the largest");
    memset(&g, 0x5a, sizeof g);
    o = options(0);
    o.frames = ALCOVE_GUARD_FRAMES_MAX + 1;
    ok(refused_init(p, &o), "...and too many frames");
    o.frames--;
    before();
    ok(alcove_guard_init(&g, p, &o, &err) && untouched() &&
           g.frames == ALCOVE_GUARD_FRAMES_MAX,
       "...but not the most");
    memset(&g, 0x5a, sizeof g);
    o = options(0);
    o.struct_size = 0;
    ok(refused_init(p, &o) && (o.struct_size = SIZE_MAX) && refused_init(p, &o),
       "...and options of no size, or of any");
    memset(&l, 0, sizeof l);
    l.options.struct_size = sizeof l;
    l.more[39] = 1;
    ok(refused_init(p, &l.options),
       "...and of a later version, if they matter");
    l.more[39] = 0;
    before();
    ok(alcove_guard_init(&g, p, &l.options, &err) && untouched() &&
           g.red_zone == RED && g.quarantine == 65536 && g.frames == 8,
       "...if they are 0, it has the defaults");
    zeros.options.struct_size = sizeof zeros;
    ok(refused_init(p, &zeros.options), "...but not any size is believed");
    o = options(0);
    o.red_zone = 1000;
    o.quarantine = 17;
    o.struct_size = offsetof(struct alcove_guard_options, quarantine) + 1;
    before();
    ok(alcove_guard_init(&g, p, &o, &err) && untouched() &&
           g.red_zone == 1000 && g.quarantine == 65536,
       "of shorter options only whole fields count");
    o.struct_size = sizeof o.struct_size;
    ok(alcove_guard_init(&g, p, &o, &err) && untouched() && g.red_zone == RED &&
           g.quarantine == 65536,
       "...if there is any");
    ok(parent.asked == 0, "a guard by itself takes no memory");
}

static void
test_features(void)
{
    const unsigned kept = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC |
                          ALCOVE_CAN_RECLAIM | ALCOVE_CAN_TEMP |
                          ALCOVE_CAN_ZERO;
    const unsigned added = ALCOVE_CAN_OWNS | ALCOVE_CAN_CHECKED;
    char *p;

    begin(NULL);
    ok(alcove_features(a) == (kept | added),
       "it drops resize, realloc, usable size and threads");
    p = block(100, 8);
    ok(!alcove_resize(a, p, lay(100, 8), lay(50, 8)) &&
           !alcove_resize(a, p, lay(100, 8), lay(200, 8)) &&
           alcove_usable_size(a, p, lay(100, 8)) == 100,
       "...and has none of them");
    ok(release(p, 100, 8) && untouched() && ends(), "...a release is quiet");
    count_init(&parent, 0);
    ok(alcove_guard_init(&guard, &parent.allocator, NULL, NULL) &&
           alcove_features(a) == added,
       "it adds the questions, and nothing else");
}

/* ---- what every block is like ---- */

static void
test_blocks(void)
{
    struct alcove_guard_options o = options(ALCOVE_GUARD_NONE);
    size_t align, size, bad = 0, heavy = 0;
    char *p;

    begin(&o);
    for (align = 1; align <= 4096; align *= 2)
        for (size = 1; size <= 100; size += less(1, 3)) {
            struct alcove_layout l = lay(size, align);

            before();
            p = alcove_alloc(a, l, &err);
            bad += !p || (uintptr_t)p % align != 0 ||
                   peek(p, 0) != ALCOVE_GUARD_FRESH ||
                   peek(p, (ptrdiff_t)size - 1) != ALCOVE_GUARD_FRESH;
            heavy += parent.live_bytes != memory(l, RED, 8);
            memset(p, 1, size);
            bad += !alcove_owns(a, p, l) || !alcove_dealloc(a, p, l, &err);
            p = alcove_zalloc(a, l, &err);
            bad += !p || (uintptr_t)p % align != 0 || !holds(p, 0, size);
            bad += !alcove_dealloc(a, p, l, &err) || !untouched();
        }
    is_size(bad, 0, "blocks are aligned, fresh or 0, and owned");
    is_size(heavy, 0, "...take as much memory as is written");
    ok(parent.zallocs > 0 && ends(), "...and all of it goes back");

    o.red_zone = 1;
    o.frames = ALCOVE_GUARD_NONE;
    o.no_fill = true;
    begin(&o);
    p = block(3, 2);
    ok(parent.live_bytes == memory(lay(3, 2), 1, 1) &&
           peek(p, 0) == COUNT_RUBBISH && release(p, 3, 2),
       "it can be told to keep less, and not to fill");
    o.red_zone = ALCOVE_GUARD_NONE;
    begin(&o);
    p = block(3, 2);
    ok(parent.live_bytes == memory(lay(3, 2), 0, 1) && release(p, 3, 2),
       "...and to have no red zones");
    ok(alcove_alloc(a, lay(0, 64), NULL) == (void *)64 &&
           alcove_dealloc(a, (void *)64, lay(0, 64), NULL) &&
           alcove_dealloc(a, NULL, lay(7, 1), NULL) && ends(),
       "size 0 is nobody's, and so is NULL");
}

static void
test_large(void)
{
    const struct alcove_layout most[] = {
        {ALCOVE_SIZE_MAX, 1},
        {ALCOVE_SIZE_MAX - 100, 1},
        {ALCOVE_SIZE_MAX - 4095, 4096},
        {1, ALCOVE_SIZE_MAX / 2 + 1},
        {ALCOVE_SIZE_MAX / 2, ALCOVE_SIZE_MAX / 4 + 1},
    };
    size_t i, bad = 0;
    char *p;

    begin(NULL);
    p = block(100, 8);
    memset(p, 7, 100);
    for (i = 0; i < COUNT(most); i++) {
        size_t asked = parent.asked;

        before();
        bad += alcove_alloc(a, most[i], &err) || errno != ENOMEM ||
               err.code != ALCOVE_ERR_ALLOC_FAILED ||
               err.cause != ALCOVE_CAUSE_OUT_OF_MEMORY ||
               err.layout.size != most[i].size;
        before();
        bad += alcove_zalloc(a, most[i], &err) || errno != ENOMEM;
        if (most[i].align >= 8) {
            before();
            bad += alcove_realloc(a, p, lay(100, 8), most[i], &err) ||
                   errno != ENOMEM || !holds(p, 7, 100);
        }
        bad += parent.asked != asked;
    }
    is_size(bad, 0, "what has no room for red zones is refused at once");
    ok(release(p, 100, 8) && ends(), "...and changes nothing");
}

/* ---- red zones ---- */

static void
test_zones(void)
{
    struct alcove_guard_options o = options(ALCOVE_GUARD_NONE);
    size_t align, size, missed = 0, all = 0;
    ptrdiff_t i;

    begin(&o);
    for (align = 1; align <= 4096; align *= 2)
        for (size = 1; size <= 100; size += less(1, 7)) {
            struct alcove_layout l = lay(size, align);
            char *p = block(size, align);
            ptrdiff_t end = (ptrdiff_t)size;
            ptrdiff_t start = end + RED - (ptrdiff_t)memory(l, RED, 8);

            for (i = 1; i <= RED; i++, all += 2) {
                missed += !finds(p, l, -i);
                missed += !finds(p, l, end - 1 + i);
            }
            /* What is left over for the alignment, before the header. */
            if (start < -(ptrdiff_t)memory(lay(0, 1), RED, 8) + RED) {
                missed += !finds(p, l, start);
                all++;
            }
            missed += !alcove_dealloc(a, p, l, NULL);
        }
    is_size(missed, 0, "one byte out of bounds is found: %" PRIuMAX " cases",
            (uintmax_t)all);
    ok(ends(), "...and the books balance");
}

static void
test_corrupt(void)
{
    size_t asked;
    char *p, *q;

    begin(NULL);
    p = block(20, 4);
    memset(p, 9, 20);
    poke(p, 20, 0);
    poke(p, 25, 0);
    poke(p, -3, 0);
    asked = parent.asked;
    ok(!release(p, 20, 4) && corrupt(p, -3) && !release(p, 20, 4) &&
           corrupt(p, -3),
       "of several bad bytes the first is told, each time");
    before();
    ok(!alcove_realloc(a, p, lay(20, 4), lay(40, 4), &err) && corrupt(p, -3),
       "...by realloc, too");
    before();
    ok(!alcove_checked_dealloc(a, p, lay(20, 4), &err) && corrupt(p, -3) &&
           alcove_owns(a, p, lay(20, 4)) && holds(p, 9, 20) &&
           parent.asked == asked && guard.refused == 4,
       "...the block stays the caller's, and the parent hears nothing");
    before();
    ok(!alcove_guard_done(&guard, &err) && err.code == ALCOVE_ERR_OTHER &&
           errno == EBUSY && err.limit == 20,
       "...done is refused: it is live");
    before();
    ok(alcove_guard_repair(&guard, p, &err) && untouched() &&
           alcove_guard_check(&guard, &err) && holds(p, 9, 20),
       "a repair makes it good, and leaves the contents");
    q = alcove_realloc(a, p, lay(20, 4), lay(40, 4), &err);
    ok(q && q != p && holds(q, 9, 20) && untouched() && release(q, 40, 4) &&
           ends(),
       "...and it can be moved and released");
    ok(!alcove_guard_repair(&guard, p, &err) && not_owned(p),
       "what is no block cannot be repaired");
}

/* ---- layouts ---- */

static void
test_layouts(void)
{
    const struct alcove_layout l = {24, 8};
    const struct {
        struct alcove_layout given;
        const char *text;
    } wrong[] = {
        {{23, 8}, "size"},
        {{25, 8}, "size"},
        {{1, 8}, "size"},
        {{100000, 8}, "size"},
        {{24, 4}, "alignment"},
        {{24, 16}, "alignment"},
        {{24, 4096}, "alignment"},
        {{12, 4}, "size and its alignment"},
        {{ALCOVE_SIZE_MAX, 1}, "size and its alignment"},
    };
    char *p;
    size_t i, bad = 0, asked;

    begin(NULL);
    p = block(l.size, l.align);
    memset(p, 3, 24);
    asked = parent.asked;
    for (i = 0; i < COUNT(wrong); i++) {
        before();
        bad += alcove_dealloc(a, p, wrong[i].given, &err) ||
               !mismatch(p, wrong[i].given, l) || !detail_has(wrong[i].text);
        before();
        bad += alcove_realloc(a, p, wrong[i].given, lay(50, 8192), &err) ||
               !mismatch(p, wrong[i].given, l);
        before();
        bad += alcove_checked_dealloc(a, p, wrong[i].given, &err) ||
               !not_owned(p) || alcove_owns(a, p, wrong[i].given);
        bad += alcove_resize(a, p, wrong[i].given, lay(2, 1));
        bad += !alcove_owns(a, p, l) || !holds(p, 3, 24);
    }
    is_size(bad, 0, "a wrong size or alignment is refused, and told apart");
    ok(parent.asked == asked && alcove_guard_check(&guard, &err),
       "...it changes nothing, and the parent does not see it");
    ok(release(p, 24, 8) && untouched() && ends(),
       "...with the right one the block is released");
}

/* ---- pointers from elsewhere ---- */

static char in_data[256];

/* Every question about it is answered with no, and nothing is looked at. */
static bool
is_foreign(void *p, struct alcove_layout l)
{
    bool foreign = !alcove_owns(a, p, l);

    before();
    foreign = foreign && !alcove_dealloc(a, p, l, &err) && not_owned(p);
    before();
    foreign = foreign && !alcove_realloc(a, p, l, lay(500, l.align), &err) &&
              not_owned(p);
    before();
    foreign = foreign && !alcove_checked_dealloc(a, p, l, &err) && not_owned(p);
    before();
    return foreign && !alcove_guard_repair(&guard, p, &err) && not_owned(p) &&
           !alcove_resize(a, p, l, lay(8, 1));
}

static void
test_foreign(void)
{
    static const uintptr_t numbers[] = {
        1,
        2,
        8,
        16,
        100,
        216,
        4095,
        4096,
        4097,
        65536,
        (uintptr_t)-1,
        (uintptr_t)-8,
        (uintptr_t)-216,
        (uintptr_t)-4096,
        UINTPTR_MAX / 2,
        UINTPTR_MAX / 2 + 1,
        UINTPTR_MAX / 3 * 2,
    };
    const struct alcove_layout l = {64, 8};
    char on_stack[256], *on_heap = malloc(64), *blocks[20];
    size_t i, bad = 0, asked;
    ptrdiff_t at;

    begin(NULL);
    for (i = 0; i < COUNT(numbers); i++)
        bad += !is_foreign((void *)numbers[i], l);
    for (i = 0; i < COUNT(blocks); i++)
        blocks[i] = block(64, 8);
    asked = parent.asked;
    for (i = 0; i < COUNT(numbers); i++)
        bad += !is_foreign((void *)numbers[i], l);
    is_size(bad, 0, "any number is no block, and not looked at");
    ok(is_foreign(on_stack, l) && is_foreign(on_stack + 100, l) &&
           is_foreign(on_heap, l) && is_foreign(in_data, l) &&
           is_foreign(&guard, l) && is_foreign(in_data + 216, l),
       "...nor is what is on the stack, the heap, or in the data");
    for (bad = 0, i = 0; i < COUNT(blocks); i++)
        for (at = -216; at <= 64 + RED; at += at < -8 || at > 8 ? 13 : 1)
            bad += at != 0 && !is_foreign(blocks[i] + at, l);
    is_size(bad, 0, "...nor a place in a block, or one byte off");
    ok(parent.asked == asked && alcove_guard_check(&guard, &err),
       "...and the parent hears nothing of it");
    for (i = 0; i < COUNT(blocks); i++)
        bad += !release(blocks[i], 64, 8);
    ok(bad == 0 && ends(), "...while the blocks are the caller's");
    free(on_heap);
}

/* ---- the quarantine ---- */

static void
test_double(void)
{
    struct alcove_guard_options o = options(ALCOVE_GUARD_NONE);
    const struct alcove_layout l = {40, 8};
    char *p, *q;

    begin(NULL);
    p = block(40, 8);
    ok(release(p, 40, 8) && !release(p, 40, 8) && not_owned(p) &&
           detail_has("released before") && parent.live_blocks == 1,
       "a second release is refused, and told for what it is");
    before();
    ok(!alcove_realloc(a, p, l, lay(80, 8), &err) && not_owned(p) &&
           detail_has("released before") && !alcove_owns(a, p, l) &&
           !release(p, 7, 1) && not_owned(p),
       "...so is a realloc, and one with another layout");
    q = block(40, 8);
    ok(q != p && release(q, 40, 8) && ends(),
       "...and the memory is nobody else's meanwhile");
    begin(&o);
    p = block(40, 8);
    ok(release(p, 40, 8) && parent.live_blocks == 0 && !release(p, 40, 8) &&
           not_owned(p) && !err.detail && ends(),
       "without a quarantine it is a foreign pointer");
}

static void
test_quarantine(void)
{
    const struct alcove_layout l = {40, 8};
    const size_t each = memory(lay(40, 8), RED, 8);
    struct alcove_guard_options o = options(3 * memory(lay(40, 8), RED, 8));
    char *p[6], *large;
    size_t i, bad = 0;

    begin(&o);
    for (i = 0; i < 6; i++)
        p[i] = block(40, 8);
    for (i = 0; i < 3; i++)
        bad += !release(p[i], 40, 8) || parent.live_blocks != 6;
    ok(bad == 0 && parent.live_bytes == 6 * each &&
           guard.kept.bytes == 3 * each,
       "as many bytes are kept back as it was told");
    bad += !release(p[3], 40, 8) || parent.live_blocks != 5 ||
           !release(p[4], 40, 8) || parent.live_blocks != 4;
    ok(bad == 0 && !release(p[1], 40, 8) && !err.detail &&
           !release(p[2], 40, 8) && detail_has("released before"),
       "...then the oldest goes back for each new one");
    large = block(3 * each, 8);
    ok(release(large, 3 * each, 8) && parent.live_blocks == 4 &&
           !release(p[2], 40, 8) && detail_has("released before"),
       "one that is too large by itself drives no other out");
    large = block(2 * each + 40, 8);
    ok(release(large, 2 * each + 40, 8) && parent.live_blocks == 2 &&
           guard.kept.blocks == 1 && guard.kept.bytes == 3 * each,
       "one that just fits drives all others out");
    ok(alcove_owns(a, p[5], l) && release(p[5], 40, 8) && ends() &&
           alcove_guard_done(&guard, &err),
       "done gives all of it back, and once more does nothing");

    o = options(3 * each - 1);
    begin(&o);
    for (i = 0; i < 3; i++)
        p[i] = block(40, 8);
    for (bad = 0, i = 0; i < 3; i++)
        bad += !release(p[i], 40, 8);
    ok(bad == 0 && parent.live_blocks == 2 && ends(),
       "a byte less, and a block less is kept");
}

static void
test_use_after_release(void)
{
    struct alcove_guard_options o = options(0);
    struct alcove_error first;
    size_t missed = 0;
    ptrdiff_t i;
    char *p, *q;

    begin(NULL);
    p = block(50, 4);
    memset(p, 1, 50);
    ok(release(p, 50, 4) && peek(p, 0) == ALCOVE_GUARD_GONE &&
           peek(p, 49) == ALCOVE_GUARD_GONE,
       "a released block is overwritten");
    for (i = -RED; i < 50 + RED; i++) {
        int old = peek(p, i);

        poke(p, i, 1);
        before();
        missed += alcove_guard_check(&guard, &err) || !used_after_release(p, i);
        poke(p, i, old);
        before();
        missed += !alcove_guard_check(&guard, &err) || !untouched();
    }
    is_size(missed, 0, "a byte of it that changes is found by a check");
    poke(p, 31, 1);
    ok(!alcove_guard_check(&guard, &err) &&
           alcove_guard_repair(&guard, p, &err) &&
           alcove_guard_check(&guard, &err) &&
           alcove_guard_findings(&guard, NULL) == 0,
       "...a repair is the end of that");
    poke(p, 17, 1);
    before();
    ok(!alcove_guard_done(&guard, &err) && used_after_release(p, 17) &&
           count_ok(&parent, 0, 0),
       "done finds it, too, and gives all back");
    before();
    ok(alcove_guard_done(&guard, &err) && untouched() &&
           alcove_guard_check(&guard, &err),
       "...and has forgotten it then");

    o.quarantine = memory(lay(50, 4), RED, 8);
    begin(&o);
    p = block(50, 4);
    q = block(50, 4);
    ok(release(p, 50, 4) && alcove_guard_findings(&guard, &first) == 0,
       "there are no findings");
    poke(p, 49, 1);
    ok(release(q, 50, 4) && untouched() && parent.live_blocks == 1 &&
           alcove_guard_findings(&guard, &first) == 1 && first.block == p &&
           first.offset == 49 && first.code == ALCOVE_ERR_CORRUPT,
       "...but one, when a block leaves the quarantine that has changed");
    before();
    ok(!alcove_guard_check(&guard, &err) && used_after_release(p, 49) &&
           alcove_guard_findings(&guard, NULL) == 1,
       "...which a check tells from then on");
    poke(q, 0, 1);
    ok(!alcove_guard_check(&guard, &err) && used_after_release(q, 0) &&
           !alcove_guard_done(&guard, &err) && used_after_release(p, 49) &&
           ends(),
       "...and done, which tells the first of all");

    o.no_fill = true;
    begin(&o);
    p = block(50, 4);
    memset(p, 1, 50);
    (void)release(p, 50, 4);
    ok(peek(p, 0) == 1 && (poke(p, 0, 2), alcove_guard_check(&guard, &err)) &&
           (poke(p, 50, 2), !alcove_guard_check(&guard, &err)) &&
           corrupt(p, 50) && alcove_guard_repair(&guard, p, &err) && ends(),
       "without filling only the red zones tell");
}

/* ---- realloc ---- */

static void
test_realloc(void)
{
    struct alcove_guard_options o = options(0);
    char *p, *q, *r;

    o.frames = ALCOVE_GUARD_NONE;
    begin(&o);
    p = block(10, 2);
    memset(p, 5, 10);
    before();
    q = alcove_grow(a, p, lay(10, 2), lay(30, 64), &err);
    ok(q && q != p && holds(q, 5, 10) && (uintptr_t)q % 64 == 0 &&
           peek(q, 10) == ALCOVE_GUARD_FRESH && untouched(),
       "a realloc moves, and fills what is new");
    ok(!release(p, 10, 2) && detail_has("released before") &&
           peek(p, 3) == ALCOVE_GUARD_GONE && parent.reallocs == 0 &&
           parent.resizes == 0,
       "...the old block is one that was released");
    before();
    r = alcove_shrink(a, q, lay(30, 64), lay(7, 64), &err);
    ok(r && r != q && holds(r, 5, 7) && untouched() && guard.live.blocks == 1 &&
           guard.live.bytes == 7,
       "...also to shrink");
    before();
    q = alcove_rezalloc(a, r, lay(7, 64), lay(90, 64), &err);
    ok(q && holds(q, 5, 7) && holds(q + 7, 0, 83) && untouched() &&
           release(q, 90, 64) && ends(),
       "rezalloc clears what is new");
}

/* ---- parents that refuse ---- */

static void
test_refusing(void)
{
    struct alcove_guard_options o = options(ALCOVE_GUARD_NONE);
    struct alcove_guard_list live;
    char *p, *q;

    begin(&o);
    p = block(100, 8);
    memset(p, 6, 100);
    live = guard.live;
    parent.fail_after = 0;
    before();
    ok(!alcove_alloc(a, lay(9, 1), &err) && errno == ENOMEM &&
           of_parent(ALCOVE_CAUSE_INJECTED) &&
           !alcove_zalloc(a, lay(9, 1), NULL),
       "the parent's refusal of a block is the guard's");
    before();
    ok(!alcove_realloc(a, p, lay(100, 8), lay(200, 8), &err) &&
           of_parent(ALCOVE_CAUSE_INJECTED) && holds(p, 6, 100) &&
           memcmp(&live, &guard.live, sizeof live) == 0 &&
           alcove_guard_check(&guard, &err),
       "...and changes nothing");
    parent.fail_after = SIZE_MAX;
    parent.refuse_dealloc = true;
    q = block(1, 1);
    ok(release(p, 100, 8) && untouched() && parent.live_blocks == 2 &&
           !release(p, 100, 8) && detail_has("released before"),
       "a block that it does not take back stays in the quarantine");
    ok(release(q, 1, 1) && guard.kept.blocks == 2 &&
           alcove_guard_check(&guard, &err) && untouched(),
       "...and so does the next one");
    poke(p, 0, 1);
    before();
    ok(!alcove_guard_done(&guard, &err) && err.code == ALCOVE_ERR_LOCK &&
           of_parent(ALCOVE_CAUSE_INJECTED) && guard.kept.blocks == 2 &&
           alcove_guard_findings(&guard, NULL) == 1,
       "...done tells why");
    ok(!alcove_guard_done(&guard, &err) && err.code == ALCOVE_ERR_LOCK &&
           alcove_guard_findings(&guard, NULL) == 1,
       "...each time");
    parent.refuse_dealloc = false;
    before();
    ok(!alcove_guard_done(&guard, &err) && used_after_release(p, 0) && ends(),
       "...and succeeds, when it does; a finding is one");

    begin(&o);
    p = block(8, 8);
    q = block(8, 8);
    parent.refuse_dealloc = true;
    (void)release(p, 8, 8);
    parent.refuse_dealloc = false;
    ok(release(q, 8, 8) && parent.live_blocks == 0 && ends(),
       "...or at the next release");
}

static void
test_lacking(void)
{
    char *p;

    count_init(&parent, ALL & ~(unsigned)ALCOVE_CAN_DEALLOC);
    (void)alcove_guard_init(&guard, &parent.allocator, NULL, NULL);
    p = block(8, 8);
    ok(!release(p, 8, 8) && err.code == ALCOVE_ERR_UNSUPPORTED &&
           errno == ENOTSUP && alcove_owns(a, p, lay(8, 8)),
       "over a parent that takes nothing back a block stays live");
    before();
    ok(!alcove_realloc(a, p, lay(8, 8), lay(9, 8), &err) &&
           err.code == ALCOVE_ERR_UNSUPPORTED && parent.live_blocks == 1,
       "...and cannot move");
    drop();
    ok(alcove_guard_init(&guard, alcove_null(), NULL, NULL) &&
           !alcove_alloc(a, lay(8, 8), &err) &&
           !alcove_zalloc(a, lay(8, 8), &err) && !release(&parent, 8, 8) &&
           alcove_guard_check(&guard, &err) && alcove_guard_done(&guard, &err),
       "over a parent that has nothing there is nothing, and no harm");
}

/* ---- over and under others ---- */

static bool
works(size_t rounds)
{
    char *p[8];
    size_t i, n;

    for (n = 0; n < rounds; n++) {
        for (i = 0; i < 8; i++) {
            p[i] = alcove_zalloc(a, lay(1 + 31 * i, (size_t)1 << i), &err);
            if (!p[i] || !holds(p[i], 0, 1 + 31 * i))
                return false;
            memset(p[i], 1, 1 + 31 * i);
        }
        p[3] = alcove_realloc(a, p[3], lay(94, 8), lay(300, 16), &err);
        if (!p[3] || !holds(p[3], 1, 94))
            return false;
        poke(p[5], -1, 0);
        if (release(p[5], 156, 32) || !corrupt(p[5], -1) ||
            !alcove_guard_repair(&guard, p[5], &err))
            return false;
        for (i = 0; i < 8; i++)
            if (!release(p[i], i == 3 ? 300 : 1 + 31 * i,
                         i == 3 ? 16 : (size_t)1 << i) ||
                release(p[i], 1, 1))
                return false;
        if (!alcove_guard_check(&guard, &err))
            return false;
    }
    return true;
}

static void
test_stacked(void)
{
    static char buffer[200000];
    struct alcove_guard inner;
    struct alcove_guard_options o = options(2000);
    struct alcove_arena arena;
    struct alcove_pool pool;
    char *p;

    count_init(&parent, ALL);
    (void)alcove_guard_init(&inner, &parent.allocator, &o, NULL);
    ok(alcove_guard_init(&guard, &inner.allocator, &o, NULL) && works(20) &&
           alcove_guard_check(&inner, &err) &&
           alcove_guard_done(&guard, &err) && inner.live.blocks == 0 &&
           alcove_guard_done(&inner, &err) && count_ok(&parent, 0, 0),
       "a guard over a guard works, and the books balance");
    alcove_arena_init(&arena, NULL, buffer, sizeof buffer);
    ok(alcove_guard_init(&guard, &arena.allocator, &o, NULL) && works(10) &&
           alcove_guard_done(&guard, &err) && alcove_arena_ok(&arena),
       "...over an arena");
    (void)alcove_guard_init(&guard, &arena.allocator, NULL, NULL);
    while ((p = alcove_alloc(a, lay(1000, 8), &err)) != NULL)
        memset(p, 1, 1000);
    ok(err.code == ALCOVE_ERR_ALLOC_FAILED &&
           strcmp(err.allocator, "arena") == 0 && guard.live.blocks > 20 &&
           alcove_guard_check(&guard, &err),
       "...until that is full");
    alcove_arena_done(&arena);
    (void)alcove_pool_init(&pool, lay(1024, 128), &parent.allocator, NULL, 0,
                           NULL);
    ok(alcove_guard_init(&guard, &pool.allocator, &o, NULL) && works(20) &&
           !alcove_alloc(a, lay(1000, 8), &err) &&
           alcove_guard_done(&guard, &err) && alcove_pool_live(&pool) == 0 &&
           alcove_pool_ok(&pool),
       "...over a pool, in what fits");
    alcove_pool_done(&pool);
    if (!ALCOVE_HAVE_PAGE)
        skip(1, "there are no pages");
    else
        ok(alcove_guard_init(&guard, alcove_page(), &o, NULL) && works(20) &&
               alcove_guard_done(&guard, &err),
           "...over pages");
}

/* ---- tools ---- */

#if ALCOVE_ASAN
int __asan_address_is_poisoned(const volatile void *p);
#endif

static bool
is_hidden(const char *p)
{
#if ALCOVE_ASAN
    return __asan_address_is_poisoned(p) != 0;
#elif ALCOVE_VALGRIND
    unsigned char bits;

    return VALGRIND_GET_VBITS(p, &bits, 1) == 3;
#else
    (void)p;
    return false;
#endif
}

/* Helgrind keeps nothing of a byte that it could be asked for. */
static bool
tells_of_bytes(void)
{
#if ALCOVE_VALGRIND && !ALCOVE_ASAN
    unsigned char byte = 0, bits;

    return VALGRIND_GET_VBITS(&byte, &bits, 1) != 0;
#else
    return true;
#endif
}

static bool
all_hidden(const char *p, size_t size, bool hidden)
{
    size_t i;

    for (i = 0; i < size; i++)
        if (is_hidden(p + i) != hidden)
            return false;
    return true;
}

/* Defined or not, as Valgrind sees it. */
static bool
is_fresh(const char *p)
{
#if ALCOVE_VALGRIND && !ALCOVE_ASAN
    unsigned char bits;

    return VALGRIND_GET_VBITS(p, &bits, 1) != 1 || bits == 0xff;
#else
    return p != NULL;
#endif
}

/* Are the zones hidden, and the block not? */
static bool
zones_hidden(const char *p, struct alcove_layout l)
{
    size_t whole = memory(l, RED, 8);
    const char *start = p + l.size + RED - whole;
    size_t header = up((11 + 8) * sizeof(size_t), 8);

    return all_hidden(start, (size_t)(p - start) - RED - header, true) &&
           all_hidden(p - RED, RED, true) && all_hidden(p, l.size, false) &&
           all_hidden(p + l.size, RED - 7, true);
}

static void
test_tools(void)
{
    struct alcove_guard_options o = options(0);
    const struct alcove_layout l = {40, 64};
    char *p;
    size_t i;

    if (!alcove_tools_watch()) {
        skip(7, "no tool watches");
        return;
    }
    if (!tells_of_bytes()) {
        skip(7, "the tool that watches does not tell of bytes");
        return;
    }
    begin(NULL);
    p = block(40, 64);
    ok(zones_hidden(p, l) && is_fresh(p) && is_fresh(p + 39),
       "a tool sees the red zones, and not the block");
    poke(p, -1, 1);
    ok(!release(p, 40, 64) && zones_hidden(p, l) &&
           !alcove_guard_check(&guard, &err) && zones_hidden(p, l) &&
           alcove_guard_repair(&guard, p, &err) && zones_hidden(p, l),
       "...also when they have been looked at");
    ok(release(p, 40, 64) && all_hidden(p - RED, 40 + RED + RED - 7, true) &&
           alcove_guard_check(&guard, &err) &&
           all_hidden(p - RED, 40 + RED + RED - 7, true),
       "...nor, from its release on, that");
    parent.refuse_dealloc = true;
    ok(!alcove_guard_done(&guard, &err) &&
           all_hidden(p - RED, 40 + RED + RED - 7, true),
       "...even if nobody takes it back");
    parent.refuse_dealloc = false;
    ok(ends(), "...and all goes back");
    o.no_fill = true;
    begin(&o);
    p = block(40, 64);
    ok(release(p, 40, 64) && all_hidden(p, 40, true) &&
           alcove_guard_check(&guard, &err) && all_hidden(p, 40, true) &&
           ends(),
       "...so it is without filling");

    o = options(ALCOVE_GUARD_NONE);
    (void)alcove_guard_init(&guard, alcove_malloc(), &o, NULL);
    for (i = 0; i < 100; i++) {
        char *q = block(i + 1, 8);

        memset(q, 1, i + 1);
        (void)release(q, i + 1, 8);
    }
    p = malloc(300);
    ok(p && all_hidden(p, 300, false),
       "...and memory that has gone back is plain");
    free(p);
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(88);
    test_init();
    test_features();
    test_blocks();
    test_large();
    test_zones();
    test_corrupt();
    test_layouts();
    test_foreign();
    test_double();
    test_quarantine();
    test_use_after_release();
    test_realloc();
    test_refusing();
    test_lacking();
    test_stacked();
    test_tools();
    return tap_done();
}
