/* SPDX-License-Identifier: MIT */
/* Vectors: each sentence of the contract, and a million random operations
 * beside a model, on items of several layouts over several allocators that
 * refuse at random.
 */
#include <config.h>

#include <alcove/arena.h>
#include <alcove/check.h>
#include <alcove/malloc.h>
#include <alcove/vec.h>

#include "../lib/os/tools.h"
#include "count.h"
#include "holds.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <setjmp.h>
#include <string.h>

static struct count books;
static struct alcove_allocator *const a = &books.allocator;
static struct alcove_vec v;
static const struct alcove_layout l4 = {4, 4}, wide = {24, 64}, none = {0, 8};

#define ALL (COUNT_PLAIN | ALCOVE_CAN_RESIZE)

static void
begin(unsigned features, struct alcove_layout item)
{
    count_init(&books, features);
    if (!alcove_vec_init(&v, a, item, NULL))
        bail_out("no vector");
    before();
}

static bool
live(size_t blocks, size_t bytes)
{
    return count_ok(&books, blocks, bytes);
}

static bool
same(const struct alcove_vec *x, const struct alcove_vec *y)
{
    return x->data == y->data && x->count == y->count &&
           x->capacity == y->capacity && x->item.size == y->item.size &&
           x->item.align == y->item.align && x->stride == y->stride &&
           x->allocator == y->allocator;
}

/* A refusal of ours, with a reason. */
static bool
told(enum alcove_code code, size_t limit)
{
    return errno == EINVAL && err.code == code && err.limit == limit &&
           err.detail && strcmp(err.allocator, "vec") == 0;
}

static bool
told_of_memory(void)
{
    return errno == ENOMEM && err.code == ALCOVE_ERR_ALLOC_FAILED;
}

static void
push_numbers(int from, int to)
{
    for (; from < to; from++)
        if (!alcove_vec_push(&v, &from, NULL))
            bail_out("no room");
}

/* The items of a vector of int. */
static bool
are(size_t count, const int *items)
{
    return v.count == count && alcove_vec_ok(&v) &&
           (count == 0 || memcmp(v.data, items, count * sizeof *items) == 0);
}

/* ---- whose the block is ---- */

static void
test_init(void)
{
    struct alcove_vec old;

    begin(ALL, l4);
    ok(v.count == 0 && v.capacity == 0 && v.data == (void *)4 &&
           v.allocator == a && alcove_vec_ok(&v) && books.asked == 0,
       "an empty vector takes nothing");
    ok(alcove_vec_done(&v, &err) && alcove_vec_done(&v, &err) &&
           books.asked == 0 && untouched(),
       "...and gives nothing back");
    memset(&v, 0x11, sizeof v);
    old = v;
    ok(!alcove_vec_init(&v, NULL, l4, &err) && same(&v, &old) &&
           told(ALCOVE_ERR_OTHER, 0) && !alcove_vec_init(&v, NULL, l4, NULL),
       "no allocator, no vector");
    ok(!alcove_vec_init(&v, a, (struct alcove_layout){4, 3}, &err) &&
           err.code == ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO && same(&v, &old) &&
           !alcove_vec_init(&v, a, (struct alcove_layout){ALCOVE_SIZE_MAX, 2},
                            &err) &&
           err.code == ALCOVE_ERR_EXCEEDS_MAX && same(&v, &old),
       "...nor without a layout");
}

/* One that is all 0. */
static void
test_empty(void)
{
    struct alcove_vec zero = ALCOVE_VEC_EMPTY;
    size_t count = 1, capacity = 1;
    int i = 0;

    count_init(&books, ALL);
    v = zero;
    before();
    ok(alcove_vec_ok(&v) && !alcove_vec_pop(&v, &i) && !alcove_vec_at(&v, 0) &&
           alcove_vec_shrink_to_fit(&v) && alcove_vec_done(&v, &err) &&
           !alcove_vec_release(&v, NULL, &count, &capacity) && count == 0 &&
           capacity == 0 && alcove_vec_reserve(&v, 0, &err) && untouched(),
       "a vector that is all 0 can be asked and done");
    alcove_vec_truncate(&v, 0);
    ok(!alcove_vec_push(&v, &i, &err) && told(ALCOVE_ERR_OTHER, 0) &&
           before() && !alcove_vec_extend(&v, &i, 0, &err) &&
           told(ALCOVE_ERR_OTHER, 0) && before() &&
           !alcove_vec_reserve(&v, 1, &err) && told(ALCOVE_ERR_OTHER, 0) &&
           before() && !alcove_vec_reserve_exact(&v, 1, &err) &&
           told(ALCOVE_ERR_OTHER, 0) && before() &&
           !alcove_vec_open(&v, 0, 0, &err) && told(ALCOVE_ERR_OTHER, 0) &&
           same(&v, &zero),
       "...and refuses what needs an allocator");
}

static void
test_raw(void)
{
    struct alcove_layout l;
    struct alcove_vec old;
    size_t count, capacity;
    char *p;

    begin(ALL, l4);
    push_numbers(0, 5);
    before();
    p = alcove_vec_release(&v, &l, &count, &capacity);
    ok(p && l.size == 32 && l.align == 4 && count == 5 && capacity == 8 &&
           v.count == 0 && v.capacity == 0 && alcove_vec_ok(&v) &&
           v.allocator == a && v.data == (void *)4 && live(1, 32) &&
           untouched(),
       "the block comes out, and the vector is empty");
    ok(alcove_vec_from_raw(&v, a, p, l4, 5, 8, &err) && v.data == p &&
           v.count == 5 && v.capacity == 8 &&
           *(int *)alcove_vec_at(&v, 4) == 4 && alcove_vec_ok(&v) &&
           untouched(),
       "...and into a vector again");
    old = v;
    ok(!alcove_vec_from_raw(&v, NULL, p, l4, 5, 8, &err) && same(&v, &old) &&
           told(ALCOVE_ERR_OTHER, 0) && before() &&
           !alcove_vec_from_raw(&v, a, p, l4, 9, 8, &err) && same(&v, &old) &&
           told(ALCOVE_ERR_OTHER, 8) && before() &&
           !alcove_vec_from_raw(&v, a, NULL, l4, 0, 8, &err) &&
           same(&v, &old) && told(ALCOVE_ERR_LAYOUT_MISMATCH, 0) && before() &&
           !alcove_vec_from_raw(&v, a, p + 1, l4, 5, 8, &err) &&
           same(&v, &old) && told(ALCOVE_ERR_LAYOUT_MISMATCH, 0) &&
           err.block == p + 1,
       "what cannot be a vector's block is refused");
    ok(!alcove_vec_from_raw(&v, a, p, l4, 5, SIZE_MAX / 2, &err) &&
           err.code == ALCOVE_ERR_ARITH && same(&v, &old) &&
           !alcove_vec_from_raw(&v, a, p, l4, 5, SIZE_MAX / 4, &err) &&
           err.code == ALCOVE_ERR_EXCEEDS_MAX && same(&v, &old),
       "...or cannot be a block");
    before();
    ok(alcove_vec_open(&v, 0, 0, &err) == v.data && untouched() &&
           v.count == 5 && *(int *)alcove_vec_at(&v, 4) == 4,
       "no items are opened for, and none moves");
    ok(alcove_vec_done(&v, &err) && live(0, 0) && alcove_vec_ok(&v) &&
           alcove_vec_from_raw(&v, a, (char *)&l + 1, l4, 0, 0, &err) &&
           alcove_vec_ok(&v) && v.capacity == 0 && untouched(),
       "what has no bytes need not be aligned");
    before();
    ok(alcove_vec_done(&v, &err) && live(0, 0) && alcove_vec_ok(&v) &&
           alcove_vec_from_raw(&v, a, NULL, l4, 0, 0, &err) &&
           alcove_vec_ok(&v) && alcove_vec_release(&v, &l, NULL, NULL) &&
           l.size == 0 && l.align == 4 && untouched(),
       "NULL is a block of size 0");
    push_numbers(0, 5);
    books.refuse_dealloc = true;
    old = v;
    ok(!alcove_vec_done(&v, &err) && err.code == ALCOVE_ERR_LOCK &&
           same(&v, &old) && live(1, 32),
       "who may not release has the vector still");
    before();
    alcove_vec_cleanup(&v);
    ok(same(&v, &old) && untouched(), "...a cleanup tells nobody");
    books.refuse_dealloc = false;
    alcove_vec_cleanup(&v);
    ok(v.count == 0 && live(0, 0) && untouched(), "...if it need not");
}

/* ---- room ---- */

static size_t
first_capacity(size_t size)
{
    struct alcove_layout l = {0, 1};

    l.size = size;
    begin(ALL, l);
    if (!alcove_vec_open(&v, 0, 1, NULL))
        return 0;
    size = v.capacity;
    alcove_vec_done(&v, NULL);
    return size;
}

static void
test_room(void)
{
    size_t i, grown = 0, last = 0;

    ok(first_capacity(1) == 8 && first_capacity(2) == 4 &&
           first_capacity(1024) == 4 && first_capacity(1025) == 1,
       "the first block has room for some");
    begin(COUNT_PLAIN, l4);
    for (i = 0; i < 5000; i++) {
        if (!alcove_vec_open(&v, i, 1, NULL))
            bail_out("no room");
        grown += v.capacity != last;
        last = v.capacity;
    }
    ok(grown == 12 && v.capacity == 8192 && books.allocs == 12 &&
           live(1, 32768),
       "from there it doubles");
    alcove_vec_done(&v, NULL);
    ok(alcove_vec_reserve(&v, 3, &err) && v.capacity == 4 &&
           alcove_vec_reserve(&v, 4, &err) && books.allocs == 13 &&
           alcove_vec_reserve(&v, 5, &err) && v.capacity == 8 &&
           alcove_vec_reserve(&v, 100, &err) && v.capacity == 100 &&
           live(1, 400) && untouched(),
       "room is reserved: the double, or what is needed");
    ok(alcove_vec_reserve_exact(&v, 100, &err) && v.capacity == 100 &&
           alcove_vec_reserve_exact(&v, 101, &err) && v.capacity == 101 &&
           live(1, 404) && alcove_vec_ok(&v) && untouched(),
       "...or exactly what is needed");
    push_numbers(0, 5);
    before();
    ok(alcove_vec_shrink_to_fit(&v) && v.capacity == 5 && v.count == 5 &&
           live(1, 20) && alcove_vec_shrink_to_fit(&v) &&
           *(int *)alcove_vec_at(&v, 4) == 4 && untouched(),
       "room is given back");
    alcove_vec_truncate(&v, 0);
    ok(alcove_vec_shrink_to_fit(&v) && v.capacity == 0 && live(0, 0) &&
           alcove_vec_ok(&v) && untouched(),
       "...all of it, too");

    begin(ALL, l4);
    push_numbers(0, 5);
    before();
    last = books.allocs;
    ok(alcove_vec_reserve(&v, 4, &err) && v.capacity == 16 &&
           books.allocs == last && books.resizes == 2 &&
           alcove_vec_shrink_to_fit(&v) && books.allocs == last &&
           books.resizes == 3 && live(1, 20) && untouched(),
       "where the allocator can, in place");
    alcove_vec_done(&v, NULL);
    begin(ALL | ALCOVE_CAN_REALLOC, l4);
    push_numbers(0, 5);
    ok(books.resizes == 1 && books.reallocs == 0 && live(1, 32),
       "...before it is moved");
    alcove_vec_done(&v, NULL);
}

static void
test_room_refused(void)
{
    struct alcove_vec old;
    int i = 1;

    begin(ALL, l4);
    push_numbers(0, 4);
    old = v;
    books.fail_after = 0;
    books.refuse_resize = true;
    before();
    ok(!alcove_vec_push(&v, &i, &err) && told_of_memory() && before() &&
           !alcove_vec_extend(&v, &i, 1, &err) && told_of_memory() &&
           before() && !alcove_vec_insert(&v, 0, &i, &err) &&
           told_of_memory() && before() && !alcove_vec_open(&v, 0, 1, &err) &&
           told_of_memory() && before() && !alcove_vec_reserve(&v, 1, &err) &&
           told_of_memory() && before() &&
           !alcove_vec_reserve_exact(&v, 1, &err) && told_of_memory() &&
           same(&v, &old) && live(1, 16) && are(4, (int[]){0, 1, 2, 3}),
       "a refusal leaves the vector as it was");
    alcove_vec_pop(&v, NULL);
    old = v;
    before();
    ok(!alcove_vec_shrink_to_fit(&v) && same(&v, &old) && live(1, 16) &&
           untouched(),
       "who cannot shrink does not");
    old = v;
    ok(!alcove_vec_reserve(&v, SIZE_MAX - 2, &err) &&
           err.code == ALCOVE_ERR_ARITH && errno == EOVERFLOW &&
           !alcove_vec_reserve_exact(&v, SIZE_MAX / 2, &err) &&
           err.code == ALCOVE_ERR_ARITH &&
           !alcove_vec_reserve(&v, ALCOVE_SIZE_MAX / 4, &err) &&
           err.code == ALCOVE_ERR_EXCEEDS_MAX && same(&v, &old),
       "what cannot be a size is refused");
    books.fail_after = SIZE_MAX;
    alcove_vec_done(&v, NULL);

    /* Nothing comes back here: a smaller block would be one more. */
    begin(COUNT_PLAIN & ~(unsigned)ALCOVE_CAN_RECLAIM, l4);
    push_numbers(0, 3);
    before();
    ok(!alcove_vec_shrink_to_fit(&v) && v.capacity == 4 && books.allocs == 1 &&
           untouched(),
       "no room is given back where that would take some");
    alcove_vec_done(&v, NULL);
    begin(COUNT_PLAIN & ~(unsigned)ALCOVE_CAN_RECLAIM,
          (struct alcove_layout){1, 1});
    ok(alcove_vec_push(&v, "", NULL) && !alcove_vec_shrink_to_fit(&v) &&
           books.allocs == 1 && alcove_vec_pop(&v, NULL) &&
           alcove_vec_shrink_to_fit(&v) && v.capacity == 0,
       "...not for a byte, but where nothing is left");
    alcove_vec_done(&v, NULL);
}

/* An allocator that has no memory, but does as if: what is asked of it? */
static size_t asked;

static void *
pretend_realloc(struct alcove_allocator *from, void *p,
                struct alcove_layout old, struct alcove_layout new_,
                struct alcove_error *e)
{
    (void)from;
    (void)old;
    (void)e;
    asked = new_.size;
    return p;
}

/* At more than half of what a block may have, double is too much. */
static void
test_largest(void)
{
    struct alcove_ops ops = {.struct_size = sizeof ops, .name = "pretender"};
    struct alcove_allocator pretender = {&ops, ALCOVE_CAN_ALLOC};
    static int block[4];
    size_t most = ALCOVE_SIZE_MAX / 4;

    ops.realloc = pretend_realloc;
    count_init(&books, ALL);
    if (!alcove_vec_from_raw(&v, &pretender, block, l4, most / 2, most / 2,
                             NULL))
        bail_out("no vector");
    before();
    ok(alcove_vec_reserve(&v, 1, &err) && asked == most / 2 * 2 * 4 &&
           untouched(),
       "half of what there may be doubles");
    v.count = v.capacity = most / 2 + 1;
    ok(alcove_vec_reserve(&v, 2, &err) && v.capacity == most / 2 + 3 &&
           asked == (most / 2 + 3) * 4 && untouched(),
       "...more than that gets what it needs");
    v.count = v.capacity = most - 1;
    ok(alcove_vec_reserve(&v, 1, &err) && v.capacity == most &&
           alcove_vec_reserve_exact(&v, 1, &err) && untouched() &&
           (v.count = v.capacity) == most && !alcove_vec_reserve(&v, 1, &err) &&
           err.code == ALCOVE_ERR_EXCEEDS_MAX && v.capacity == most,
       "...up to the largest block");
    ok(alcove_vec_ok(&v) &&
           alcove_vec_from_raw(&v, &pretender, block,
                               (struct alcove_layout){1, 1}, 0, ALCOVE_SIZE_MAX,
                               &err) &&
           alcove_vec_ok(&v),
       "...which is one");
    most = ALCOVE_SIZE_MAX / 2 + 1;
    v.count = v.capacity = most;
    ok(alcove_vec_reserve(&v, 1, &err) && v.capacity == most + 1,
       "half of it and a byte does not double");
    most = ALCOVE_SIZE_MAX / 3 / 2;
    if (!alcove_vec_from_raw(&v, &pretender, block,
                             (struct alcove_layout){3, 1}, most, most, NULL))
        bail_out("no vector");
    ok(alcove_vec_reserve(&v, 1, &err) && v.capacity == 2 * most,
       "half of the items that it has room for do");
}

/* ---- items ---- */

static void
test_items(void)
{
    const int more[3] = {7, 8, 9};
    int i = 5, out = 0;

    begin(ALL, l4);
    ok(!alcove_vec_pop(&v, &out) && out == 0 && !alcove_vec_at(&v, 0) &&
           untouched(),
       "an empty vector has none to take");
    ok(alcove_vec_push(&v, &i, &err) && are(1, &i) &&
           alcove_vec_extend(&v, more, 3, &err) &&
           are(4, (int[]){5, 7, 8, 9}) &&
           alcove_vec_extend(&v, NULL, 0, &err) && untouched(),
       "items come behind the last");
    ok(alcove_vec_insert(&v, 0, &more[0], &err) &&
           alcove_vec_insert(&v, 3, &more[1], &err) &&
           alcove_vec_insert(&v, 6, &more[2], &err) &&
           are(7, (int[]){7, 5, 7, 8, 8, 9, 9}) && untouched(),
       "...or in front of one");
    ok(alcove_vec_pop(&v, &out) && out == 9 && alcove_vec_pop(&v, NULL) &&
           are(5, (int[]){7, 5, 7, 8, 8}) && untouched(),
       "the last is taken off");
    ok(alcove_vec_remove(&v, 1, &out, &err) && out == 5 &&
           alcove_vec_remove(&v, 0, NULL, &err) &&
           alcove_vec_remove(&v, 2, &out, &err) && out == 8 &&
           are(2, (int[]){7, 8}) && untouched(),
       "any is taken out");
    ok(!alcove_vec_remove(&v, 2, &out, &err) && told(ALCOVE_ERR_OTHER, 2) &&
           before() && !alcove_vec_remove(&v, SIZE_MAX, &out, &err) &&
           told(ALCOVE_ERR_OTHER, 2) && before() &&
           !alcove_vec_insert(&v, 3, &i, &err) && told(ALCOVE_ERR_OTHER, 2) &&
           before() && !alcove_vec_open(&v, 3, 0, &err) &&
           told(ALCOVE_ERR_OTHER, 2) && are(2, (int[]){7, 8}) && out == 8,
       "an index beyond the end is refused");
    before();
    ok(!alcove_vec_push(&v, NULL, &err) && told(ALCOVE_ERR_OTHER, 0) &&
           before() && !alcove_vec_extend(&v, NULL, 1, &err) &&
           told(ALCOVE_ERR_OTHER, 0) && before() &&
           !alcove_vec_insert(&v, 0, NULL, &err) && told(ALCOVE_ERR_OTHER, 0) &&
           are(2, (int[]){7, 8}),
       "...and so is what is not there");
    before();
    alcove_vec_truncate(&v, 3);
    ok(are(2, (int[]){7, 8}), "a vector does not become longer");
    alcove_vec_truncate(&v, 1);
    ok(are(1, (int[]){7}) && v.capacity == 8 && untouched(),
       "...but shorter, and keeps its room");
    alcove_vec_done(&v, NULL);
}

/* Items of the vector itself, while it grows or moves them. */
static void
test_own_items(void)
{
    begin(COUNT_PLAIN, l4);
    push_numbers(0, 4);
    before();
    ok(alcove_vec_push(&v, alcove_vec_at(&v, 1), &err) && v.capacity == 8 &&
           are(5, (int[]){0, 1, 2, 3, 1}) && untouched(),
       "an item of the vector is pushed, though it grows");
    ok(alcove_vec_extend(&v, v.data, 5, &err) && v.capacity == 16 &&
           are(10, (int[]){0, 1, 2, 3, 1, 0, 1, 2, 3, 1}),
       "...or all of them");
    alcove_vec_truncate(&v, 4);
    ok(alcove_vec_insert(&v, 2, alcove_vec_at(&v, 3), &err) &&
           are(5, (int[]){0, 1, 3, 2, 3}) &&
           alcove_vec_insert(&v, 4, alcove_vec_at(&v, 1), &err) &&
           are(6, (int[]){0, 1, 3, 2, 1, 3}) &&
           alcove_vec_insert(&v, 0, alcove_vec_at(&v, 0), &err) &&
           are(7, (int[]){0, 0, 1, 3, 2, 1, 3}) && untouched(),
       "...or inserted, from either side");
    alcove_vec_done(&v, NULL);
}

static void
test_layouts(void)
{
    struct {
        char bytes[24];
    } item = {"twenty-four bytes and 0"}, out;
    char block[128];
    size_t i, wrong = 0;

    begin(ALL, wide);
    for (i = 0; i < 40; i++) {
        if (!alcove_vec_push(&v, &item, NULL))
            bail_out("no room");
        wrong += (uintptr_t)alcove_vec_at(&v, i) % 64 != 0;
    }
    ok(wrong == 0 && v.stride == 64 && live(1, 64 * 64) &&
           memcmp(alcove_vec_at(&v, 39), &item, 24) == 0,
       "items that are aligned to more than their size have padding");
    memset(block, 'b', sizeof block);
    before();
    ok(alcove_vec_extend(&v, block, 2, &err) &&
           holds(alcove_vec_at(&v, 40), 'b', 24) &&
           holds(alcove_vec_at(&v, 41), 'b', 24) &&
           !holds((char *)alcove_vec_at(&v, 41) + 24, 'b', 40) &&
           alcove_vec_remove(&v, 39, &out, &err) &&
           memcmp(&out, &item, 24) == 0 && untouched(),
       "...which nobody else needs to have behind the last");
    alcove_vec_done(&v, NULL);

    begin(ALL, none);
    ok(v.capacity == SIZE_MAX && alcove_vec_push(&v, NULL, &err) &&
           alcove_vec_insert(&v, 1, NULL, &err) &&
           alcove_vec_extend(&v, NULL, 1000, &err) &&
           alcove_vec_pop(&v, NULL) && alcove_vec_remove(&v, 0, NULL, &err) &&
           v.count == 1000 && alcove_vec_at(&v, 999) == (void *)8 &&
           !alcove_vec_at(&v, 1000) && alcove_vec_shrink_to_fit(&v) &&
           alcove_vec_ok(&v) && books.asked == 0 && untouched(),
       "items of size 0 are counted");
    ok(alcove_vec_extend(&v, NULL, SIZE_MAX - 1000, &err) &&
           v.count == SIZE_MAX && untouched() &&
           !alcove_vec_push(&v, NULL, &err) && err.code == ALCOVE_ERR_ARITH &&
           v.count == SIZE_MAX && alcove_vec_done(&v, NULL) && v.count == 0,
       "...as far as can be counted");
    before();
    ok(alcove_vec_from_raw(&v, a, NULL, none, 7, 7, &err) && v.count == 7 &&
           alcove_vec_ok(&v) && alcove_vec_done(&v, &err) &&
           v.capacity == SIZE_MAX && alcove_vec_ok(&v) && untouched(),
       "...and come from nothing");
    begin(ALL, (struct alcove_layout){1, 1});
    ok(alcove_vec_push(&v, "", &err) && alcove_vec_done(&v, &err) &&
           v.capacity == 0 && alcove_vec_ok(&v) && live(0, 0),
       "those of size 1 need a byte");
}

static void *
pretend_move(struct alcove_allocator *from, void *p, struct alcove_layout old,
             struct alcove_layout new_, struct alcove_error *e)
{
    static int elsewhere[8];

    (void)from;
    (void)new_;
    (void)e;
    return memcpy(elsewhere, p, old.size);
}

/* What lies behind the block is not the vector's, however near. */
static void
test_neighbour(void)
{
    struct alcove_ops ops = {.struct_size = sizeof ops, .name = "pretender"};
    struct alcove_allocator pretender = {&ops, ALCOVE_CAN_ALLOC};
    static int numbers[] = {1, 2, 3};

    ops.realloc = pretend_move;
    if (!alcove_vec_from_raw(&v, &pretender, numbers, l4, 2, 2, NULL))
        bail_out("no vector");
    ok(alcove_vec_insert(&v, 0, &numbers[2], &err) && are(3, (int[]){3, 1, 2}),
       "an item right behind the block is none of the vector's");
}

/* ---- retain ---- */

static jmp_buf out_of_it;
static size_t calls;

static bool
is_odd(void *item, void *arg)
{
    int *i = item;

    if (*i != (int)calls++ || arg != &calls)
        return false;
    *i += 10;
    return *i % 2 == 1;
}

static bool
leave_at_5(void *item, void *arg)
{
    (void)arg;
    if (*(int *)item == 5)
        longjmp(out_of_it, 1);
    return *(int *)item != 1;
}

static bool
keep_third(void *item, void *arg)
{
    (void)item;
    (void)arg;
    return calls++ % 3 == 0;
}

static void
test_retain(void)
{
    begin(ALL, l4);
    push_numbers(0, 7);
    before();
    calls = 0;
    ok(alcove_vec_retain(&v, is_odd, &calls) == 4 && calls == 7 &&
           are(3, (int[]){11, 13, 15}) && untouched(),
       "items are kept in their order, each asked for once");
    alcove_vec_truncate(&v, 0);
    push_numbers(0, 7);
    if (setjmp(out_of_it) == 0)
        alcove_vec_retain(&v, leave_at_5, NULL);
    ok(are(4, (int[]){0, 2, 3, 4}), "who jumps out has what was kept before");
    alcove_vec_done(&v, NULL);
    begin(ALL, none);
    calls = 0;
    ok(alcove_vec_extend(&v, NULL, 10, NULL) &&
           alcove_vec_retain(&v, keep_third, NULL) == 6 && v.count == 4,
       "items of size 0 are asked for, too");
}

/* ---- by type ---- */

struct pair {
    int x;
    double y;
};

ALCOVE_VEC(ints, int);
ALCOVE_VEC(pairs, struct pair);

static bool
keep_large(int *item, void *arg)
{
    return *item >= *(int *)arg;
}

static void
test_types(void)
{
    struct ints n;
    struct pairs p;
    const int more[2] = {50, 60};
    int i, out = 0, least = 4, *raw;
    size_t count = 0, capacity = 0;

    count_init(&books, ALL);
    before();
    ok(ints_init(&n, a, &err) && pairs_init(&p, a, &err) && untouched(),
       "vectors by type");
    i = 0;
    while (i < 10)
        if (!ints_push(&n, i++, &err))
            break;
    ok(i == 10 && ints_count(&n) == 10 && ints_data(&n)[9] == 9 &&
           *ints_at(&n, 3) == 3 && !ints_at(&n, 10) && untouched(),
       "...evaluate a pushed item once");
    ok(ints_extend(&n, more, 2, &err) && ints_insert(&n, 1, 70, &err) &&
           *ints_at(&n, 1) == 70 && *ints_at(&n, 12) == 60 &&
           ints_pop(&n, &out) && out == 60 && ints_remove(&n, 1, &out, &err) &&
           out == 70 && ints_retain(&n, keep_large, &least) == 4 &&
           ints_data(&n)[0] == 4 && ints_count(&n) == 7 && untouched(),
       "...do what others do");
    ints_truncate(&n, 2);
    ok(ints_shrink_to_fit(&n) && n.vec.capacity == 2 &&
           ints_reserve(&n, 1, &err) && n.vec.capacity == 4 &&
           ints_reserve_exact(&n, 3, &err) && n.vec.capacity == 5 &&
           untouched(),
       "...have room");
    raw = ints_release(&n, &count, &capacity);
    ok(raw[1] == 5 && count == 2 && capacity == 5 && live(1, 20) &&
           ints_from_raw(&n, a, raw, 2, 5, &err) && ints_data(&n) == raw &&
           ints_open(&n, 1, 2, &err) == raw + 1 && raw[3] == 5 && untouched(),
       "...and blocks");
    books.fail_after = 0;
    books.refuse_resize = true;
    ints_truncate(&n, 5);
    while (ints_count(&n) < 5 && ints_push(&n, 1, NULL))
        continue;
    before();
    ok(!ints_push(&n, 1, &err) && told_of_memory() && before() &&
           !ints_insert(&n, 0, 1, &err) && told_of_memory() &&
           ints_count(&n) == 5 && !ints_insert(&n, 6, 1, &err) &&
           told(ALCOVE_ERR_OTHER, 5) && !ints_remove(&n, 5, NULL, &err) &&
           !pairs_pop(&p, NULL) && !pairs_push(&p, (struct pair){1, 2}, &err),
       "...and are refused");
    books.fail_after = SIZE_MAX;
    before();
    ok(pairs_push(&p, (struct pair){1, 2}, &err) && pairs_at(&p, 0)->y == 2 &&
           pairs_done(&p, &err) && ints_done(&n, &err) && live(0, 0) &&
           untouched(),
       "...and done");
}

#if ALCOVE_HAVE_CLEANUP
static bool
leave_early(int way)
{
    ALCOVE_VEC_AUTO(one);
    ALCOVE_VEC_AUTO_OF(pairs, two);

    if (way == 0)
        return true;
    if (!alcove_vec_init(&one, a, l4, NULL) || !pairs_init(&two, a, NULL))
        return false;
    return alcove_vec_open(&one, 0, 10, NULL) &&
           pairs_push(&two, (struct pair){1, 2}, NULL) &&
           books.live_blocks == 2;
}
#endif

static void
test_cleanup(void)
{
#if ALCOVE_HAVE_CLEANUP
    count_init(&books, ALL);
    ok(leave_early(0) && leave_early(1) && live(0, 0) && books.deallocs == 2,
       "vectors are done as their scopes are left");
#else
    skip(1, "this compiler is not known to honour the cleanup attribute");
#endif
}

/* ---- the model ---- */

/* An item is `size` bytes of one value. */
enum { MOST = 60, STEPS = 1000000 };

static struct {
    unsigned char items[MOST + 20];
    size_t count;
} model;

static unsigned char source[128 * 20];
static size_t refusals, growths;

static const struct alcove_layout layouts[] = {
    {1, 1}, {4, 4}, {24, 64}, {64, 64}, {100, 4}, {3, 2}, {0, 8},
};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

static bool
agrees(void)
{
    size_t i;

    if (!alcove_vec_ok(&v) || v.count != model.count)
        return false;
    for (i = 0; i < model.count; i++)
        if (!holds(alcove_vec_at(&v, i), model.items[i], v.item.size))
            return false;
    return true;
}

static void
model_insert(size_t index, const unsigned char *items, size_t n)
{
    unsigned char copy[MOST + 20];

    memcpy(copy, items, n);
    memmove(model.items + index + n, model.items + index, model.count - index);
    memcpy(model.items + index, copy, n);
    model.count += n;
}

static void
model_remove(size_t index)
{
    model.count--;
    memmove(model.items + index, model.items + index + 1, model.count - index);
}

static bool
keep_some(void *item, void *arg)
{
    const unsigned char *bytes = item;

    (void)arg;
    return v.item.size == 0 || bytes[0] % 4 != 0;
}

static size_t
model_retain(void)
{
    size_t i, kept = 0, n = model.count;

    for (i = 0; i < n; i++)
        if (v.item.size == 0 || model.items[i] % 4 != 0)
            model.items[kept++] = model.items[i];
    model.count = kept;
    return n - kept;
}

/* `n` items at `index`, new ones or the vector's own. */
static bool
step_insert(size_t index, size_t n, bool own)
{
    unsigned char values[20];
    size_t i, from = model.count > n ? tap_random() % (model.count - n) : 0;
    bool room = n <= v.capacity - v.count, done;
    struct alcove_vec old = v;
    const void *items = source;

    if (model.count <= n)
        own = false;
    for (i = 0; i < n; i++)
        values[i] = own ? model.items[from + i] : (unsigned char)tap_random();
    if (own)
        items = alcove_vec_at(&v, from);
    else
        for (i = 0; i < n; i++)
            memset(source + i * v.stride, values[i], v.item.size);
    if (n == 1)
        done = index == v.count ? alcove_vec_push(&v, items, &err)
                                : alcove_vec_insert(&v, index, items, &err);
    else
        done = alcove_vec_extend(&v, items, n, &err);
    if (n != 1)
        index = model.count;
    if (!done) {
        refusals++;
        return !room && told_of_memory() && same(&v, &old);
    }
    growths += !room;
    model_insert(index, values, n);
    return untouched();
}

static bool
step_take(size_t index)
{
    unsigned char out[128];
    bool done;

    memset(out, 0, sizeof out);
    if (index < model.count && tap_random() % 2) {
        done = alcove_vec_remove(&v, index, out, &err);
    } else {
        index = model.count - 1;
        done = alcove_vec_pop(&v, out);
    }
    if (model.count == 0)
        return !done && untouched();
    if (!done || !holds(out, model.items[index], v.item.size) ||
        !holds(out + v.item.size, 0, sizeof out - v.item.size))
        return false;
    model_remove(index);
    return untouched();
}

static bool
step_room(size_t more, bool exact)
{
    struct alcove_vec old = v;
    bool done = exact ? alcove_vec_reserve_exact(&v, more, &err)
                      : alcove_vec_reserve(&v, more, &err);

    if (!done) {
        refusals++;
        return more > old.capacity - old.count && told_of_memory() &&
               same(&v, &old);
    }
    return v.capacity - v.count >= more &&
           (!exact || v.capacity == old.capacity ||
            v.capacity == v.count + more) &&
           untouched();
}

static bool
step_raw(void)
{
    struct alcove_layout l, want = v.item;
    struct alcove_allocator *from = v.allocator;
    size_t count, capacity;
    void *p = alcove_vec_release(&v, &l, &count, &capacity);

    want.size = capacity * v.stride;
    return p && l.size == want.size && l.align == want.align &&
           count == model.count && v.count == 0 &&
           alcove_vec_from_raw(&v, from, p, v.item, count, capacity, &err) &&
           untouched();
}

static bool
step(void)
{
    size_t op = tap_random() % 16, index = tap_random() % (model.count + 1);
    size_t n = tap_random() % 20;
    struct alcove_vec old = v;

    before();
    if (op < 7)
        return model.count >= MOST || step_insert(index, 1, n % 3 == 0);
    if (op == 7)
        return model.count >= MOST || step_insert(index, n, n % 3 == 0);
    if (op < 12)
        return step_take(index);
    if (op == 12)
        return step_room(n, tap_random() % 2);
    if (op == 13) {
        bool done = alcove_vec_shrink_to_fit(&v);

        return untouched() &&
               (done ? v.capacity == v.count || v.stride == 0 : same(&v, &old));
    }
    if (op == 14)
        return step_raw();
    if (n == 0) {
        alcove_vec_truncate(&v, index);
        model.count = index;
        return untouched();
    }
    return n > 2 || (alcove_vec_retain(&v, keep_some, NULL) == model_retain() &&
                     untouched());
}

static void
give_orders(void)
{
    size_t n = tap_random();

    books.fail_after = n % 4 == 0 ? 0 : SIZE_MAX;
    books.refuse_resize = n / 4 % 2 == 0;
}

/* How many of some steps were wrong, over one allocator. */
static size_t
run(struct alcove_allocator *from, struct alcove_layout item, size_t steps)
{
    size_t wrong = 0;

    if (!alcove_vec_init(&v, from, item, NULL))
        bail_out("no vector");
    model.count = 0;
    while (steps-- > 0 && wrong == 0) {
        give_orders();
        wrong += !step() || !agrees();
        if (from == a && books.wrong != 0)
            wrong++;
    }
    books.fail_after = SIZE_MAX;
    if (!alcove_vec_done(&v, NULL))
        wrong++;
    return wrong;
}

static size_t
run_arena(struct alcove_layout item, size_t steps)
{
    struct alcove_arena arena;
    size_t i, wrong = 0;

    alcove_arena_init(&arena, a, NULL, 0);
    for (i = 0; i < 10; i++) {
        wrong += run(&arena.allocator, item, steps / 10);
        alcove_arena_reset(&arena);
    }
    alcove_arena_done(&arena);
    return wrong;
}

static void
test_model(void)
{
    static const unsigned features[] = {
        COUNT_PLAIN,
        COUNT_PLAIN | ALCOVE_CAN_RESIZE,
        COUNT_PLAIN | ALCOVE_CAN_RESIZE | ALCOVE_CAN_REALLOC,
    };
    size_t steps = STEPS / (5 * LAYOUTS) + 1, i, k, wrong;

    if (alcove_tools_watch())
        steps /= 20;
    for (k = 0; k < LAYOUTS; k++) {
        wrong = 0;
        for (i = 0; i < 3; i++) {
            count_init(&books, features[i]);
            wrong += run(a, layouts[k], steps);
            wrong += !live(0, 0);
        }
        count_init(&books, ALL);
        wrong += run_arena(layouts[k], steps) + !live(0, 0);
        wrong += run(alcove_malloc(), layouts[k], steps);
        is_size(wrong, 0, "items of %u bytes aligned to %u, as in the model",
                (unsigned)layouts[k].size, (unsigned)layouts[k].align);
    }
    ok(refusals > 100 && growths > 100, "%u operations were refused, %u grew",
       (unsigned)refusals, (unsigned)growths);
}

/* ---- out of memory ---- */

static bool
body(struct alcove_allocator *from, struct alcove_check_run *oom, void *arg)
{
    const struct alcove_layout *item = arg;
    unsigned char bytes[128 * 5];
    struct alcove_vec w;
    size_t i, count;
    bool good;

    memset(bytes, 'o', sizeof bytes);
    if (!alcove_vec_init(&w, from, *item, NULL))
        return false;
    good = alcove_vec_reserve_exact(&w, 2, NULL);
    for (i = 0; i < 20 && good; i++) {
        count = w.count;
        good = alcove_vec_push(&w, bytes, NULL) &&
               alcove_vec_extend(&w, bytes, 5, NULL) &&
               alcove_vec_insert(&w, i, bytes, NULL);
        alcove_check_that(oom, good || w.count < count + 7,
                          "what was refused is not there");
        alcove_check_that(oom, alcove_vec_ok(&w), "the vector is whole");
    }
    alcove_vec_truncate(&w, 10);
    alcove_vec_shrink_to_fit(&w);
    for (i = 0; i < w.count; i++)
        alcove_check_that(oom, holds(alcove_vec_at(&w, i), 'o', item->size),
                          "what is there is as it was");
    alcove_check_outcome(oom, &w.count, sizeof w.count);
    alcove_vec_done(&w, NULL);
    return good;
}

static bool
survives(struct alcove_layout item, bool in_place)
{
    struct alcove_check_oom_options options = {.struct_size = sizeof options};

    options.in_place = in_place;
    return alcove_check_oom(body, &item, NULL, &options, NULL, NULL);
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the tests' own allocators stand on malloc");
    tap_plan(75);
    test_init();
    test_empty();
    test_raw();
    test_room();
    test_room_refused();
    test_largest();
    test_items();
    test_own_items();
    test_neighbour();
    test_layouts();
    test_retain();
    test_types();
    test_cleanup();
    test_model();
    ok(survives(l4, false) && survives(wide, false) && survives(none, false),
       "every refusal is survived");
    ok(survives(l4, true), "...in place, too");
    return tap_done();
}
