/* SPDX-License-Identifier: MIT */
/* The conformance kit over allocators that refuse: the large, the small, in the
 * wrong words, too late; and what the kit asks of an allocator at most, and if
 * nothing was chosen. */
#include <config.h>

#include <alcove.h>
#include <alcove/check.h>

#include "tap.h"
#include "trial.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

static bool
refuse(struct alcove_error *err, enum alcove_code code, struct alcove_layout l)
{
    const struct alcove_error what = {
        .code = code, .layout = l, .allocator = "mutant"};

    return alcove_error_set(err, &what);
}

/* ---- blocks ---- */

static void *
large_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    return alcove_alloc(l.size < 64 ? alcove_null() : parent_of(a), l, err);
}

/* Takes two blocks for itself before each. */
static void *
third_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    void *p = alcove_alloc(parent_of(a), lay(8, 8), err);
    void *q = p ? alcove_alloc(parent_of(a), lay(16, 8), err) : NULL;
    void *block = q ? alcove_alloc(parent_of(a), l, err) : NULL;

    (void)alcove_dealloc(parent_of(a), q, lay(16, 8), NULL);
    (void)alcove_dealloc(parent_of(a), p, lay(8, 8), NULL);
    return block;
}

static void *
locked_alloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    if (l.size <= ALCOVE_SIZE_MAX / 4)
        return alcove_alloc(parent_of(a), l, err);
    refuse(err, ALCOVE_ERR_LOCK, l);
    return NULL;
}

/* ---- releases ---- */

static void *
last_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    return mutant_of(a)->block = alcove_alloc(parent_of(a), l, err);
}

/* Of the last block whatever is said of it is believed. */
static bool
last_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
             struct alcove_error *err)
{
    return alcove_dealloc(parent_of(a), p, l, err) || p == mutant_of(a)->block;
}

/* What is said of a block that was released last. */
static bool
say_again(struct alcove_allocator *a, void *p, struct alcove_layout l,
          enum alcove_code code, struct alcove_error *err)
{
    if (p == mutant_of(a)->block)
        return refuse(err, code, l);
    if (!alcove_dealloc(parent_of(a), p, l, err))
        return false;
    mutant_of(a)->block = p;
    return true;
}

static bool
corrupt_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                struct alcove_error *err)
{
    return say_again(a, p, l, ALCOVE_ERR_CORRUPT, err);
}

static bool
locked_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
               struct alcove_error *err)
{
    return say_again(a, p, l, ALCOVE_ERR_LOCK, err);
}

/* ---- temporaries ---- */

/* Once: the next one is to be cleared, and nobody has as much. */
static bool
huge_temp(struct alcove_allocator *a, struct alcove_layout l,
          alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    static char nothing[1];

    if (l.size <= ALCOVE_SIZE_MAX / 4)
        return alcove_alloc_temp(parent_of(a), l, fn, arg, err);
    if (mutant_of(a)->calls++ > 0)
        return alcove_alloc_temp(alcove_null(), l, fn, arg, err);
    fn(nothing, arg);
    return true;
}

static bool
twice_temp(struct alcove_allocator *a, struct alcove_layout l,
           alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    return alcove_alloc_temp(parent_of(a), l, fn, arg, err) &&
           alcove_alloc_temp(parent_of(a), l, fn, arg, err);
}

/* The first three of them only. */
static bool
early_temp(struct alcove_allocator *a, struct alcove_layout l,
           alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    return alcove_alloc_temp(mutant_of(a)->calls++ < 3 ? parent_of(a)
                                                       : alcove_null(),
                             l, fn, arg, err);
}

#if ALCOVE_HAVE_THREADS
static bool
no_temp(struct alcove_allocator *a, struct alcove_layout l, alcove_temp_fn *fn,
        void *arg, struct alcove_error *err)
{
    (void)a;
    return alcove_alloc_temp(alcove_null(), l, fn, arg, err);
}
#endif

static const struct trial trials[] = {
    {{"what is small is refused",
      "alloc-serves-something",
      {.alloc = large_alloc},
      PLAIN,
      "powers of two from 64 to 4096 bytes"},
     .verdict = PASS},
    {{"each block is the third",
      "failed-alloc-changes-nothing",
      {.alloc = third_alloc, .zalloc = third_alloc},
      PLAIN & ~(unsigned)ALCOVE_CAN_ZERO,
      "refusals between"},
     .verdict = PASS},
    {{"what is huge is refused in other words",
      "huge-refused",
      {.alloc = locked_alloc},
      PLAIN,
      "refused as ALCOVE_ERR_LOCK"},
     .verdict = FAIL,
     .huge = true},
    {{"a release of whatever layout",
      "checked-release",
      {.alloc = last_alloc, .dealloc = last_dealloc},
      0,
      "a release with a larger size is not refused"},
     .verdict = FAIL},
    {{"a second release is seen",
      "checked-release",
      {.dealloc = corrupt_dealloc},
      0,
      "refused"},
     .verdict = PASS},
    {{"...and refused in other words",
      "checked-release",
      {.dealloc = locked_dealloc},
      0,
      "a second release is refused as ALCOVE_ERR_LOCK"},
     .verdict = FAIL},
    {{"a huge temporary is served",
      "temp-refusal-never-calls",
      {.alloc_temp = huge_temp},
      0,
      "it was called, or served"},
     .verdict = FAIL,
     .huge = true},
    {{"only the first temporaries are served",
      "temp-gives-back",
      {.alloc_temp = early_temp},
      0,
      "3 times, then refused"},
     .verdict = FAIL},
    {{"each callback is called twice",
      "temp-nested",
      {.alloc_temp = twice_temp},
      0,
      ""},
     .verdict = FAIL},
#if ALCOVE_HAVE_THREADS
    {{"temporaries are refused to threads that end",
      "temp-thread-exit",
      {.alloc_temp = no_temp},
      0,
      "nothing was served"},
     .verdict = SKIP},
    {{"...but for the first ones",
      "temp-thread-exit",
      {.alloc_temp = early_temp},
      0,
      "then refused"},
     .verdict = FAIL},
#endif
    /* end */
};

/* ---- what is asked at most ---- */

static size_t taken; /* bytes */
static struct mutant sound;
static size_t differing;

static void *
taking_alloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    void *p = alcove_alloc(parent_of(a), l, err);

    taken += p ? l.size : 0;
    return p;
}

static void
test_most(void)
{
    static const struct mutation takes = {
        "takes", "", {.alloc = taking_alloc}, PLAIN | KEEPS, NULL};
    static const char *const only[] = {"blocks-disjoint", NULL};
    const struct alcove_check_options options = {.struct_size = sizeof options,
                                                 .max_size = (size_t)1 << 20,
                                                 .only = only};
    struct alcove_arena arena;
    struct mutant m;

    alcove_arena_init(&arena, alcove_malloc(), NULL, 0);
    ok(alcove_check_allocator(mutant_init(&m, &takes, &arena.allocator),
                              &options, NULL, NULL) &&
           taken > (1u << 20) / 16 && taken <= (1u << 20) / 8,
       "what gets nothing back loses an eighth of max_size at most: %lu bytes",
       (unsigned long)taken);
    alcove_arena_done(&arena);
}

static struct alcove_allocator *
make_sound(struct alcove_allocator *parent, void *arg)
{
    (void)arg;
    return mutant_init(&sound, NULL, parent);
}

static void
agree(const struct alcove_check_result *result, void *arg)
{
    char name[100];

    (void)arg;
    snprintf(name, sizeof name, "nothing chosen: %s", result->check);
    differing += !witness_agrees(mutant_heard(&sound, result), name);
}

static void
test_defaults(void)
{
    const struct alcove_check_options options = {.struct_size = sizeof options,
                                                 .make = make_sound};

    ok(alcove_check_allocator(NULL, &options, agree, NULL),
       "nothing is chosen: 64 MiB, and 10000 rounds");
    witness_sums_up(differing);
}

int
main(void)
{
    size_t i;

    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("no malloc: %s", ALCOVE_NO_MALLOC);
    tap_plan((unsigned)COUNT(trials) + 4);
    for (i = 0; i < COUNT(trials); i++)
        trial_make(&trials[i]);
    trial_sum_up();
    test_most();
    test_defaults();
    return tap_done();
}
