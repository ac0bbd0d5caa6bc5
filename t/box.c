/* SPDX-License-Identifier: MIT */
/* Boxes: whose the block is when, over allocators that keep books and refuse;
 * and that the compiler runs the cleanup where the header says that it does. */
#include <config.h>

#include <alcove/arena.h>
#include <alcove/box.h>
#include <alcove/check.h>
#include <alcove/malloc.h>
#include <alcove/null.h>

#include "count.h"
#include "holds.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <string.h>

static struct count books, others;
static struct alcove_allocator *const a = &books.allocator;
static const struct alcove_layout l100 = {100, 8}, l300 = {300, 8},
                                  over = {200, 64}, none = {0, 32};

#define ALL (COUNT_PLAIN | ALCOVE_CAN_RESIZE | ALCOVE_CAN_ZERO)

static void
begin(void)
{
    count_init(&books, ALL);
    count_init(&others, COUNT_PLAIN);
    before();
}

static bool
live(size_t blocks, size_t bytes)
{
    return count_ok(&books, blocks, bytes);
}

static bool
is_empty(const struct alcove_box *box)
{
    return !box->data && !box->allocator && box->layout.size == 0 &&
           box->layout.align == 0;
}

static bool
same(const struct alcove_box *x, const struct alcove_box *y)
{
    return x->data == y->data && x->allocator == y->allocator &&
           x->layout.size == y->layout.size &&
           x->layout.align == y->layout.align;
}

/* A refusal of ours, with a reason. */
static bool
told(enum alcove_code code, int number)
{
    return errno == number && err.code == code && err.detail &&
           strcmp(err.allocator, "box") == 0;
}

static bool
has(const struct alcove_box *box, struct alcove_layout l)
{
    return box->data && (uintptr_t)box->data % l.align == 0 &&
           box->layout.size == l.size && box->layout.align == l.align &&
           box->allocator == a;
}

static void
test_make(void)
{
    struct alcove_box box = ALCOVE_BOX_EMPTY, old;

    begin();
    ok(alcove_box_make(&box, a, over, &err) && has(&box, over) &&
           live(1, 200) && books.allocs == 1 && untouched(),
       "a box has a new block");
    ok(alcove_box_drop(&box, &err) && is_empty(&box) && live(0, 0) &&
           untouched(),
       "...which is released when it is dropped");
    ok(alcove_box_drop(&box, &err) && is_empty(&box) && books.deallocs == 1 &&
           untouched(),
       "...once");
    ok(alcove_box_zmake(&box, a, l300, &err) && has(&box, l300) &&
           holds(box.data, 0, 300) && books.zallocs == 1 && untouched(),
       "a block can be made of zeros");
    alcove_box_drop(&box, NULL);
    memset(&box, 0x11, sizeof box);
    ok(alcove_box_make(&box, a, none, &err) && has(&box, none) && live(0, 0) &&
           alcove_box_zmake(&box, a, none, &err) && has(&box, none) &&
           alcove_box_drop(&box, &err) && is_empty(&box) && untouched(),
       "a block of size 0 costs nothing");

    memset(&box, 0x11, sizeof box);
    old = box;
    ok(!alcove_box_make(&box, NULL, l100, &err) && same(&box, &old) &&
           told(ALCOVE_ERR_OTHER, EINVAL) && before() &&
           !alcove_box_zmake(&box, NULL, l100, &err) && same(&box, &old) &&
           told(ALCOVE_ERR_OTHER, EINVAL) &&
           !alcove_box_make(&box, NULL, l100, NULL),
       "no allocator, no box");
    before();
    ok(!alcove_box_make(&box, a, (struct alcove_layout){8, 3}, &err) &&
           err.code == ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO && errno == EINVAL &&
           !alcove_box_zmake(&box, a, (struct alcove_layout){8, 0}, &err) &&
           err.code == ALCOVE_ERR_ZERO_ALIGN && same(&box, &old) &&
           books.asked == 4,
       "a layout that is not valid is refused");
    books.fail_after = 0;
    before();
    ok(!alcove_box_make(&box, a, l100, &err) &&
           err.code == ALCOVE_ERR_ALLOC_FAILED && errno == ENOMEM && before() &&
           !alcove_box_zmake(&box, a, l100, &err) &&
           err.code == ALCOVE_ERR_ALLOC_FAILED && same(&box, &old),
       "a refusal leaves the box as it was");
}

static void
test_raw(void)
{
    struct alcove_box box = ALCOVE_BOX_EMPTY, old = box;
    struct alcove_layout l = {4711, 1};
    char *p;

    begin();
    ok(!alcove_box_release(&box, &l) && l.size == 4711 && untouched(),
       "nothing comes out of an empty box");
    p = alcove_alloc(a, l100, NULL);
    if (!p)
        bail_out("no block");
    memset(p, 0x33, 100);
    ok(alcove_box_from_raw(&box, a, p, l100, &err) && has(&box, l100) &&
           box.data == p && books.asked == 1 && untouched(),
       "a block goes into a box");
    ok(alcove_box_release(&box, &l) == p && l.size == 100 && l.align == 8 &&
           is_empty(&box) && live(1, 100) && holds(p, 0x33, 100) && untouched(),
       "...and out of it");
    ok(!alcove_box_release(&box, NULL) &&
           alcove_box_from_raw(&box, a, p, l100, &err) &&
           alcove_box_release(&box, NULL) == p,
       "...whether the layout is asked for or not");
    ok(!alcove_box_from_raw(&box, NULL, p, l100, &err) && same(&box, &old) &&
           told(ALCOVE_ERR_OTHER, EINVAL),
       "a block without an allocator is refused");
    before();
    ok(!alcove_box_from_raw(&box, a, NULL, l100, &err) && same(&box, &old) &&
           told(ALCOVE_ERR_LAYOUT_MISMATCH, EINVAL) && before() &&
           !alcove_box_from_raw(&box, a, p + 1, l100, &err) &&
           same(&box, &old) && told(ALCOVE_ERR_LAYOUT_MISMATCH, EINVAL) &&
           err.block == p + 1,
       "...as NULL is, and what is not aligned");
    before();
    ok(!alcove_box_from_raw(&box, a, p, (struct alcove_layout){100, 7}, &err) &&
           err.code == ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO && same(&box, &old),
       "...and a layout that is not valid");
    alcove_dealloc(a, p, l100, NULL);
    before();
    ok(alcove_box_from_raw(&box, a, NULL, none, &err) && has(&box, none) &&
           alcove_box_release(&box, &l) == (void *)32 && l.size == 0 &&
           untouched(),
       "NULL is a block of size 0");
}

static void
test_resize(void)
{
    struct alcove_box box = ALCOVE_BOX_EMPTY, old;

    begin();
    ok(!alcove_box_resize(&box, l100, &err) && is_empty(&box) &&
           told(ALCOVE_ERR_OTHER, EINVAL) && before() &&
           !alcove_box_zresize(&box, l100, &err) && is_empty(&box) &&
           told(ALCOVE_ERR_OTHER, EINVAL),
       "an empty box has nothing to resize");
    if (!alcove_box_make(&box, a, l100, NULL))
        bail_out("no box");
    memset(box.data, 0x44, 100);
    before();
    ok(alcove_box_resize(&box, l300, &err) && has(&box, l300) &&
           holds(box.data, 0x44, 100) && live(1, 300) && untouched(),
       "a box grows, and keeps its contents");
    memset(box.data, 0x44, 300);
    ok(alcove_box_resize(&box, over, &err) && has(&box, over) &&
           holds(box.data, 0x44, 200) && live(1, 200) && untouched(),
       "...shrinks, and aligns");
    ok(alcove_box_zresize(&box, (struct alcove_layout){900, 64}, &err) &&
           holds(box.data, 0x44, 200) &&
           holds((char *)box.data + 200, 0, 700) && live(1, 900) && untouched(),
       "...or grows by zeros");
    old = box;
    ok(!alcove_box_resize(&box, l300, &err) &&
           err.code == ALCOVE_ERR_SMALLER_ALIGN && same(&box, &old) &&
           live(1, 900),
       "the alignment gets no smaller");
    books.fail_after = 0;
    books.refuse_resize = true;
    before();
    ok(!alcove_box_resize(&box, (struct alcove_layout){1000, 64}, &err) &&
           err.code == ALCOVE_ERR_ALLOC_FAILED && same(&box, &old) &&
           before() &&
           !alcove_box_zresize(&box, (struct alcove_layout){1000, 64}, &err) &&
           err.code == ALCOVE_ERR_ALLOC_FAILED && same(&box, &old) &&
           holds(box.data, 0x44, 200) && live(1, 900),
       "a refusal leaves box and block as they were");
    books.fail_after = SIZE_MAX;
    before();
    ok(alcove_box_resize(&box, (struct alcove_layout){0, 64}, &err) &&
           box.data == (void *)64 && box.layout.size == 0 && live(0, 0) &&
           alcove_box_zresize(&box, over, &err) && holds(box.data, 0, 200) &&
           live(1, 200) && untouched(),
       "to nothing, and back");
    books.refuse_dealloc = true;
    old = box;
    ok(!alcove_box_drop(&box, &err) && err.code == ALCOVE_ERR_LOCK &&
           same(&box, &old) && live(1, 200),
       "who may not release has the box still");
    books.refuse_dealloc = false;
    alcove_box_drop(&box, NULL);
}

static void
test_clone(void)
{
    struct alcove_box box = ALCOVE_BOX_EMPTY, clone = box, old;

    begin();
    ok(!alcove_box_clone(&box, a, &clone, &err) && is_empty(&clone) &&
           told(ALCOVE_ERR_OTHER, EINVAL),
       "an empty box has no clone");
    if (!alcove_box_make(&box, a, over, NULL))
        bail_out("no box");
    memset(box.data, 0x55, 200);
    old = box;
    before();
    ok(alcove_box_clone(&box, NULL, &clone, &err) && has(&clone, over) &&
           clone.data != box.data && holds(clone.data, 0x55, 200) &&
           live(2, 400) && same(&box, &old) && untouched(),
       "a clone has the same contents");
    alcove_box_drop(&clone, NULL);
    ok(alcove_box_clone(&box, &others.allocator, &clone, &err) &&
           clone.allocator == &others.allocator && live(1, 200) &&
           count_ok(&others, 1, 200) && holds(clone.data, 0x55, 200) &&
           untouched() && alcove_box_drop(&clone, NULL) &&
           count_ok(&others, 0, 0),
       "...from another allocator, too");
    ok(!alcove_box_clone(&box, NULL, &box, &err) && same(&box, &old) &&
           told(ALCOVE_ERR_OTHER, EINVAL),
       "no box is its own clone");
    others.fail_after = 0;
    before();
    ok(!alcove_box_clone(&box, &others.allocator, &clone, &err) &&
           err.code == ALCOVE_ERR_ALLOC_FAILED && is_empty(&clone) &&
           same(&box, &old) && live(1, 200) && holds(box.data, 0x55, 200),
       "a refusal leaves both as they were");
    alcove_box_drop(&box, NULL);
    if (!alcove_box_make(&box, a, (struct alcove_layout){1, 1}, NULL))
        bail_out("no box");
    memset(box.data, 0x55, 1);
    others.fail_after = SIZE_MAX;
    before();
    ok(alcove_box_clone(&box, &others.allocator, &clone, &err) &&
           holds(clone.data, 0x55, 1) && alcove_box_drop(&clone, &err) &&
           untouched(),
       "a byte has a clone");
    alcove_box_drop(&box, NULL);
    before();
    ok(alcove_box_make(&box, a, none, &err) &&
           alcove_box_clone(&box, alcove_null(), &clone, &err) &&
           clone.data == (void *)32 && alcove_box_drop(&clone, &err) &&
           untouched(),
       "nothing is cloned for nothing");
}

static void
test_arena(void)
{
    static char buffer[4096];
    struct alcove_arena arena;
    struct alcove_box box = ALCOVE_BOX_EMPTY, clone = box;

    alcove_arena_init(&arena, NULL, buffer, sizeof buffer);
    before();
    ok(alcove_box_zmake(&box, &arena.allocator, l100, &err) &&
           alcove_box_clone(&box, NULL, &clone, &err) &&
           alcove_box_zresize(&box, over, &err) && holds(box.data, 0, 200) &&
           alcove_box_drop(&box, &err) && alcove_box_drop(&clone, &err) &&
           is_empty(&box) && untouched(),
       "boxes live in an arena");
    alcove_arena_done(&arena);
}

#if ALCOVE_HAVE_CLEANUP
static int
leave_early(int way)
{
    ALCOVE_BOX_AUTO(box);
    ALCOVE_BOX_AUTO(unused);

    errno = MARK;
    if (way == 0)
        return unused.data ? -1 : 0;
    if (!alcove_box_make(&box, a, l100, NULL) || books.live_blocks != 1)
        return -1;
    if (way == 1)
        return 1;
    while (way == 2) {
        ALCOVE_BOX_AUTO(inner);

        if (!alcove_box_make(&inner, a, l300, NULL) || books.live_blocks != 2)
            return -1;
        break;
    }
    return books.live_blocks == 1 ? 2 : -1;
}
#endif

static void
test_cleanup(void)
{
    struct alcove_box box = ALCOVE_BOX_EMPTY;

    begin();
    if (!alcove_box_make(&box, a, l100, NULL))
        bail_out("no box");
    books.refuse_dealloc = true;
    before();
    alcove_box_cleanup(&box);
    ok(!is_empty(&box) && live(1, 100) && untouched(),
       "a cleanup that is refused tells nobody");
    books.refuse_dealloc = false;
    alcove_box_cleanup(&box);
    alcove_box_cleanup(&box);
    ok(is_empty(&box) && live(0, 0) && untouched(),
       "...and one that is not has dropped the box");
#if ALCOVE_HAVE_CLEANUP
    ok(leave_early(0) == 0 && leave_early(1) == 1 && live(0, 0) &&
           leave_early(2) == 2 && live(0, 0) && books.allocs == 4 &&
           errno == MARK,
       "boxes are dropped as their scopes are left");
#else
    skip(1, "this compiler is not known to honour the cleanup attribute");
#endif
}

/* ---- out of memory ---- */

static bool
body(struct alcove_allocator *from, struct alcove_check_run *run, void *arg)
{
    struct alcove_box box = ALCOVE_BOX_EMPTY, clone = box;
    bool good;

    (void)arg;
    good = alcove_box_zmake(&box, from, l100, NULL);
    alcove_check_that(run, good != !box.data, "made or empty");
    good = good && alcove_box_clone(&box, NULL, &clone, NULL);
    good = good && alcove_box_zresize(&box, l300, NULL);
    good = good && alcove_box_resize(&clone, over, NULL);
    good =
        good && alcove_box_resize(&clone, (struct alcove_layout){20, 64}, NULL);
    if (good) {
        alcove_check_outcome(run, box.data, 300);
        alcove_check_outcome(run, clone.data, 20);
    }
    alcove_box_drop(&box, NULL);
    alcove_box_drop(&clone, NULL);
    return good;
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the tests' own allocators stand on malloc");
    tap_plan(36);
    test_make();
    test_raw();
    test_resize();
    test_clone();
    test_arena();
    test_cleanup();
    ok(alcove_check_oom(body, NULL, NULL, NULL, NULL, NULL),
       "every refusal is survived");
    return tap_done();
}
