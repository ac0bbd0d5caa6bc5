/* SPDX-License-Identifier: MIT */
/* Checks of the conformance kit, one at a time: each over allocators that break
 * its promise in one way, which it is to tell; and over odd ones that keep it,
 * which it is to let pass, or to leave out. */
#include <config.h>

#include <alcove.h>
#include <alcove/check.h>

#include "mutant.h"
#include "tap.h"
#include "trial.h"

#include <errno.h>
#include <setjmp.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

/* ---- blocks that are where others are ---- */

enum { PLACE = 1 << 18, MORE = 64 };

static union {
    long double d;
    char bytes[PLACE + MORE];
} place;

static void *
one_alloc(struct alcove_allocator *a, struct alcove_layout l,
          struct alcove_error *err)
{
    (void)a;
    if (l.size <= PLACE && l.align <= 16)
        return &place;
    return alcove_alloc(alcove_null(), l, err);
}

/* From the end to the start of the place, with a little behind them all. */
static void *
down_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    size_t *used = &mutant_of(a)->calls, size = (l.size + 15) / 16 * 16;

    if (size > PLACE - *used || l.align > 8)
        return alcove_alloc(alcove_null(), l, err);
    *used += size;
    return place.bytes + (PLACE - *used);
}

static bool
easy_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
             struct alcove_error *err)
{
    (void)a;
    (void)p;
    (void)l;
    (void)err;
    return true;
}

static bool
easy_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
            struct alcove_layout new_)
{
    (void)a;
    (void)p;
    (void)old;
    (void)new_;
    return true;
}

static void *
place_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    (void)p;
    (void)old;
    return one_alloc(a, new_, err);
}

/* Every other block is remembered. */
static void *
marking_alloc(struct alcove_allocator *a, struct alcove_layout l,
              struct alcove_error *err)
{
    void *p = alcove_alloc(parent_of(a), l, err);

    if (mutant_of(a)->calls++ % 2 == 0)
        mutant_of(a)->block = p;
    return p;
}

/* ...and given away once more. */
static void *
other_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    (void)p;
    (void)old;
    (void)new_;
    (void)err;
    return mutant_of(a)->block;
}

/* ---- wrong alignment ---- */

static bool
is_vast(struct alcove_layout l)
{
    return l.size > 100000;
}

static void *
vast_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    char *p;

    if (!is_vast(l))
        return alcove_alloc(parent_of(a), l, err);
    p = alcove_alloc(parent_of(a), lay(l.size + 1, l.align), err);
    return p ? p + 1 : NULL;
}

static bool
vast_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
             struct alcove_error *err)
{
    if (!is_vast(l))
        return alcove_dealloc(parent_of(a), p, l, err);
    return alcove_dealloc(parent_of(a), (char *)p - 1, lay(l.size + 1, l.align),
                          err);
}

/* ---- contents ---- */

static bool
changing_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
                struct alcove_layout new_)
{
    if (!alcove_resize(parent_of(a), p, old, new_))
        return false;
    *(unsigned char *)p ^= 1;
    return true;
}

/* ---- wrong calls of the parent ---- */

static void *
writing_alloc(struct alcove_allocator *a, struct alcove_layout l,
              struct alcove_error *err)
{
    char *p = alcove_alloc(parent_of(a), l, err);

    if (p)
        p[-1] = 0;
    return p;
}

/* The parent's edges are 32 bytes; a block may grow by 128 in between. */
static void *
far_before_alloc(struct alcove_allocator *a, struct alcove_layout l,
                 struct alcove_error *err)
{
    char *p = alcove_alloc(parent_of(a), l, err);

    if (p)
        p[-32] ^= 1;
    return p;
}

static void *
far_behind_alloc(struct alcove_allocator *a, struct alcove_layout l,
                 struct alcove_error *err)
{
    char *p = alcove_alloc(parent_of(a), l, err);

    if (p)
        p[l.size + 128 + 31] ^= 1;
    return p;
}

/* As far as it goes in place, and a byte further. */
static void *
stretching_alloc(struct alcove_allocator *a, struct alcove_layout l,
                 struct alcove_error *err)
{
    const struct alcove_layout most = lay(l.size + 128, l.align);
    char *p = alcove_alloc(parent_of(a), l, err);

    if (p && alcove_resize(parent_of(a), p, l, most)) {
        (void)alcove_resize(parent_of(a), p, most,
                            lay(most.size + 1, most.align));
        (void)alcove_resize(parent_of(a), p, most, l);
    }
    return p;
}

static void *
empty_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    (void)parent_of(a)->ops->alloc(parent_of(a), lay(0, 1), NULL);
    return alcove_alloc(parent_of(a), l, err);
}

/* Asks about a block of somebody else's first. */
static bool
asking_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_)
{
    return alcove_resize(parent_of(a), place.bytes, lay(old.size, 1),
                         lay(new_.size, 1)) ||
           alcove_resize(parent_of(a), p, old, new_);
}

/* ---- refusals ---- */

static void *
misquoting_alloc(struct alcove_allocator *a, struct alcove_layout l,
                 struct alcove_error *err)
{
    void *p = alcove_alloc(parent_of(a), l, err);

    if (!p && err)
        err->layout.align = 3;
    return p;
}

static void *
resetting_alloc(struct alcove_allocator *a, struct alcove_layout l,
                struct alcove_error *err)
{
    void *p = alcove_alloc(parent_of(a), l, err);

    if (!p)
        errno = 0;
    return p;
}

static bool
no_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
          struct alcove_layout new_)
{
    (void)a;
    (void)p;
    (void)old;
    (void)new_;
    return false;
}

/* Only what is large. */
static bool
large_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_)
{
    return old.size > 1000 && alcove_resize(parent_of(a), p, old, new_);
}

static bool
no_temp(struct alcove_allocator *a, struct alcove_layout l, alcove_temp_fn *fn,
        void *arg, struct alcove_error *err)
{
    (void)a;
    return alcove_alloc_temp(alcove_null(), l, fn, arg, err);
}

/* Takes and gives back 20 blocks before it begins. */
static void *
long_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_, struct alcove_error *err)
{
    int i;

    for (i = 0; i < 20; i++) {
        void *q = alcove_alloc(parent_of(a), lay(8, 8), err);

        if (!q)
            return NULL;
        (void)alcove_dealloc(parent_of(a), q, lay(8, 8), NULL);
    }
    return alcove_realloc(parent_of(a), p, old, new_, err);
}

/* ---- what no machine has ---- */

static bool
is_huge(struct alcove_layout l)
{
    return l.size > ALCOVE_SIZE_MAX / 4;
}

static void *
huge_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    return is_huge(l) ? place.bytes : alcove_alloc(parent_of(a), l, err);
}

static bool
huge_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
             struct alcove_error *err)
{
    return is_huge(l) || alcove_dealloc(parent_of(a), p, l, err);
}

static void *
huge_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_, struct alcove_error *err)
{
    return is_huge(new_) ? p : alcove_realloc(parent_of(a), p, old, new_, err);
}

/* ---- owners ---- */

static bool
all_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    (void)a;
    (void)p;
    (void)l;
    return true;
}

static bool
loose_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    return alcove_owns(parent_of(a), p, l) ||
           alcove_owns(parent_of(a), p, lay(l.size, l.align / 2));
}

static bool
inner_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    return alcove_owns(parent_of(a), p, l) ||
           alcove_owns(parent_of(a), (const char *)p - 8,
                       lay(l.size + 8, l.align));
}

static void *
easy_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_, struct alcove_error *err)
{
    (void)a;
    (void)old;
    (void)new_;
    (void)err;
    return p;
}

/* Not at once. */
static void *
later_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    if (mutant_of(a)->calls++ > 0)
        return p;
    return alcove_realloc(parent_of(a), p, old, new_, err);
}

/* The last block may come back once more. */
static bool
twice_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
              struct alcove_error *err)
{
    if (p == mutant_of(a)->block)
        return true;
    if (!alcove_dealloc(parent_of(a), p, l, err))
        return false;
    mutant_of(a)->block = p;
    return true;
}

/* Every ninth block stays, for a time that may come. */
static bool
hoarding_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                 struct alcove_error *err)
{
    return mutant_of(a)->calls++ % 9 == 0 ||
           alcove_dealloc(parent_of(a), p, l, err);
}

/* ---- usable sizes ---- */

static size_t
less_usable_size(struct alcove_allocator *a, const void *p,
                 struct alcove_layout l)
{
    (void)a;
    (void)p;
    return l.size - 1;
}

static size_t
more_usable_size(struct alcove_allocator *a, const void *p,
                 struct alcove_layout l)
{
    (void)a;
    (void)p;
    return l.size + MORE;
}

/* ---- what success changes ---- */

static void *
clobbering_realloc(struct alcove_allocator *a, void *p,
                   struct alcove_layout old, struct alcove_layout new_,
                   struct alcove_error *err)
{
    errno = 0;
    return alcove_realloc(parent_of(a), p, old, new_, err);
}

static bool
clobbering_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
                  struct alcove_layout new_)
{
    errno = 0;
    return alcove_resize(parent_of(a), p, old, new_);
}

static bool
clobbering_owns(struct alcove_allocator *a, const void *p,
                struct alcove_layout l)
{
    errno = 0;
    return alcove_owns(parent_of(a), p, l);
}

static bool
clobbering_temp(struct alcove_allocator *a, struct alcove_layout l,
                alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    errno = 0;
    return alcove_alloc_temp(parent_of(a), l, fn, arg, err);
}

/* ---- temporaries ---- */

#if ALCOVE_HAVE_THREADS
static bool
nowhere_temp(struct alcove_allocator *a, struct alcove_layout l,
             alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    (void)a;
    (void)l;
    (void)err;
    fn(NULL, arg);
    return true;
}
#endif

static bool
lasting_temp(struct alcove_allocator *a, struct alcove_layout l,
             alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    void *p = alcove_alloc(parent_of(a), l, err);

    if (p)
        fn(p, arg);
    return p != NULL;
}

static jmp_buf back;

struct scope {
    struct alcove_allocator *a;
    struct alcove_layout l;
    alcove_temp_fn *fn;
    void *arg;
    struct alcove_error *err;
};

static bool
may_be_cut(const struct scope *s)
{
    if (setjmp(back) != 0)
        return true;
    return lasting_temp(s->a, s->l, s->fn, s->arg, s->err);
}

/* The third one ends the callback of the second. */
static bool
cutting_temp(struct alcove_allocator *a, struct alcove_layout l,
             alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    const struct scope s = {a, l, fn, arg, err};

    if (mutant_of(a)->calls++ == 2)
        longjmp(back, 1);
    return may_be_cut(&s);
}

/* ---- all ---- */

static const struct trial trials[] = {
    {{"a realloc that gives a live block",
      "grow-keeps-contents",
      {.alloc = marking_alloc, .realloc = other_realloc},
      0,
      "overlap"},
     .verdict = FAIL},
    {{"one place, which is never given back",
      "realloc-zero-size",
      {.alloc = one_alloc, .dealloc = alcove_unsupported_dealloc},
      PLAIN | KEEPS,
      "overlap"},
     .verdict = FAIL},
    {{"a resize into the next block",
      "resize-in-place",
      {.alloc = down_alloc, .dealloc = easy_dealloc, .resize = easy_resize},
      PLAIN & ~(unsigned)ALCOVE_CAN_RESIZE,
      "overlap"},
     .verdict = FAIL},
    {{"the next block is usable",
      "usable-size",
      {.alloc = down_alloc,
       .dealloc = easy_dealloc,
       .usable_size = more_usable_size},
      PLAIN & ~(unsigned)ALCOVE_CAN_USABLE_SIZE,
      "overlap"},
     .verdict = FAIL},
    {{"what is usable cannot be owned",
      "usable-size",
      {.resize = no_resize},
      0,
      "cannot be owned"},
     .verdict = FAIL},
    {{"less than the block is usable",
      "usable-size",
      {.usable_size = less_usable_size},
      0,
      "0 bytes of a block of 1 are usable"},
     .verdict = FAIL},
    {{"large blocks are misaligned",
      "alloc-aligned",
      {.alloc = vast_alloc, .dealloc = vast_dealloc},
      PLAIN,
      "the block is aligned to 1"},
     .verdict = FAIL},
    {{"...and those that were smaller",
      "realloc-aligned",
      {.alloc = vast_alloc, .dealloc = vast_dealloc},
      PLAIN,
      "it is aligned to 1"},
     .verdict = FAIL},
    {{"a resize that changes a byte",
      "resize-in-place",
      {.resize = changing_resize},
      0,
      "byte 0 was lost"},
     .verdict = FAIL},
    {{"the first byte in front of a block that is seen is written",
      "parent-respected",
      {.alloc = far_before_alloc},
      PLAIN,
      "bytes in front of a block were overwritten"},
     .verdict = FAIL,
     .before = "alloc-serves-something"},
    {{"...and the last one behind it",
      "parent-respected",
      {.alloc = far_behind_alloc},
      PLAIN,
      "bytes behind a block were overwritten"},
     .verdict = FAIL,
     .before = "alloc-serves-something"},
    {{"a byte in front of a block is written",
      "parent-respected",
      {.alloc = writing_alloc},
      PLAIN,
      "bytes in front of a block were overwritten"},
     .verdict = FAIL,
     .before = "alloc-serves-something"},
    {{"a parent is asked for nothing",
      "parent-respected",
      {.alloc = empty_alloc},
      PLAIN,
      "invalid layout, or size 0"},
     .verdict = FAIL,
     .before = "alloc-serves-something"},
    {{"a refusal of another, invalid layout",
      "error-fields",
      {.alloc = misquoting_alloc},
      PLAIN,
      "the layout in the error is not valid"},
     .verdict = FAIL},
    {{"errno is 0 after a refusal",
      "errno-on-failure",
      {.alloc = resetting_alloc},
      PLAIN,
      "errno is not set"},
     .verdict = FAIL},
    {{"no resize succeeds",
      "resize-honest",
      {.resize = no_resize},
      0,
      "a byte less and a byte more of 12 blocks"},
     .verdict = FAIL},
    {{"an owner of the inside of a block",
      "owns-nothing-foreign",
      {.owns = inner_owns},
      0,
      "owns the inside of a block"},
     .verdict = FAIL},
    {{"an owner who does not look at alignments",
      "owns-nothing-foreign",
      {.owns = loose_owns},
      0,
      "owns a block with another layout"},
     .verdict = FAIL},
    {{"an owner of everything, who takes it back",
      "checked-operations",
      {.owns = all_owns, .dealloc = easy_dealloc},
      0,
      "a checked release of a foreign block is not refused"},
     .verdict = FAIL},
    {{"...or enlarges it",
      "checked-operations",
      {.owns = all_owns, .realloc = easy_realloc},
      0,
      "a checked realloc of a foreign block is not refused"},
     .verdict = FAIL},
    {{"...or the second time",
      "checked-operations",
      {.owns = all_owns, .realloc = later_realloc},
      0,
      "a checked rezalloc of a foreign block is not refused"},
     .verdict = FAIL},
    {{"a second release of the last block",
      "checked-release",
      {.dealloc = twice_dealloc},
      0,
      "a second release is not refused"},
     .verdict = FAIL},
    {{"what no machine has is given",
      "huge-refused",
      {.alloc = huge_alloc, .dealloc = huge_dealloc},
      0,
      "no machine has them"},
     .verdict = FAIL,
     .huge = true},
    {{"...and never taken back",
      "huge-refused",
      {.alloc = huge_alloc, .dealloc = alcove_unsupported_dealloc},
      KEEPS,
      "no machine has them"},
     .verdict = FAIL,
     .huge = true},
    {{"a grow that sets errno",
      "errno-on-success",
      {.realloc = clobbering_realloc},
      0,
      "grow succeeds, and errno is 0"},
     .verdict = FAIL},
    {{"a resize that does",
      "errno-on-success",
      {.resize = clobbering_resize},
      0,
      "resize succeeds, and errno is 0"},
     .verdict = FAIL},
    {{"an owner who does",
      "errno-on-success",
      {.owns = clobbering_owns},
      0,
      "owns succeeds, and errno is 0"},
     .verdict = FAIL},
    {{"a temporary that does",
      "errno-on-success",
      {.alloc_temp = clobbering_temp},
      0,
      "alloc_temp succeeds, and errno is 0"},
     .verdict = FAIL},
    {{"temporaries that are all refused",
      "temp-called-once",
      {.alloc_temp = no_temp},
      0,
      "it claims TEMP, and served none"},
     .verdict = FAIL},
    {{"a temporary that ends another's callback",
      "temp-nested",
      {.alloc_temp = cutting_temp},
      0,
      "an inner callback did not come to its end"},
     .verdict = FAIL},
#if ALCOVE_HAVE_THREADS
    {{"temporaries that are NULL",
      "threads-share",
      {.alloc_temp = nowhere_temp},
      0,
      "a callback gets NULL"},
     .verdict = FAIL},
#endif
    {{"refusals of large blocks, without the kit's parent",
      "failed-alloc-changes-nothing",
      {.alloc = mutant_small_alloc},
      PLAIN,
      "refusals between"},
     .verdict = PASS,
     .direct = true},
    {{"...of which a block grows to",
      "failed-grow-keeps-block",
      {.alloc = mutant_small_alloc},
      PLAIN,
      "and the block was whole"},
     .verdict = PASS,
     .direct = true,
     .huge = true},
    {{"refusals of all that is large, and blocks may be larger than there are",
      "failed-realloc-keeps-block",
      {.alloc = mutant_small_alloc},
      PLAIN,
      "and the block was whole"},
     .verdict = PASS,
     .max_size = SIZE_MAX},
    {{"a realloc in 21 steps",
      "failed-grow-keeps-block",
      {.realloc = long_realloc},
      0,
      "and the block was whole"},
     .verdict = PASS},
    {{"what no machine has is given: blocks",
      "failed-alloc-changes-nothing",
      {.alloc = huge_alloc, .dealloc = huge_dealloc},
      0,
      "it gives what no machine has"},
     .verdict = SKIP,
     .huge = true},
    {{"...and larger ones",
      "failed-grow-keeps-block",
      {.realloc = huge_realloc},
      0,
      "it gives what no machine has"},
     .verdict = SKIP,
     .huge = true},
    {{"blocks that are stretched as far as the parent can",
      "alloc-aligned",
      {.alloc = stretching_alloc},
      0,
      "0 misaligned"},
     .verdict = PASS},
    {{"only large blocks are resized",
      "resize-honest",
      {.resize = large_resize},
      0,
      " of 12 blocks got a byte less or more"},
     .verdict = PASS},
    {{"a question about a foreign block",
      "resize-in-place",
      {.resize = asking_resize},
      0,
      "all in place"},
     .verdict = PASS},
    {{"nothing is served, and nothing resized",
      "resize-honest",
      {.alloc = mutant_no_alloc},
      0,
      "nothing was served"},
     .verdict = SKIP},
    {{"nothing is given back: refusals",
      "error-code",
      {.dealloc = alcove_unsupported_dealloc},
      KEEPS,
      "refusals, each with a code"},
     .verdict = PASS},
    {{"...none, for larger blocks",
      "error-code",
      {.realloc = place_realloc, .dealloc = alcove_unsupported_dealloc},
      KEEPS,
      "refusals, each with a code"},
     .verdict = PASS},
    {{"...successes",
      "errno-on-success",
      {.dealloc = alcove_unsupported_dealloc},
      KEEPS,
      "calls that succeeded"},
     .verdict = PASS},
    {{"...checks",
      "checked-operations",
      {.dealloc = alcove_unsupported_dealloc},
      KEEPS,
      "3 foreign blocks refused"},
     .verdict = PASS},
    {{"an eighth of what it gets back is kept",
      "reclaim-honest",
      {.dealloc = hoarding_dealloc},
      ALCOVE_CAN_CHECKED | ALCOVE_CAN_OWNS,
      "never full"},
     .verdict = PASS,
     .rounds = 1000},
    /* end */
};

/* ---- all checks ---- */

static void
count(const struct alcove_check_result *result, void *arg)
{
    ((unsigned *)arg)[result->verdict]++;
}

static struct alcove_allocator *
make_sound(struct alcove_allocator *parent, void *arg)
{
    return mutant_init(arg, NULL, parent);
}

static void
test_sizes(void)
{
    struct mutant m;
    const struct alcove_check_options options = {
        .struct_size = sizeof options,
        .max_size = 1,
        .rounds = 40,
        .make = make_sound,
        .arg = &m,
    };
    unsigned of[ALCOVE_VERDICT_COUNT] = {0};

    ok(alcove_check_allocator(NULL, &options, count, of) &&
           of[ALCOVE_VERDICT_PASS] > 40,
       "the smallest max_size there is: %u checks pass",
       of[ALCOVE_VERDICT_PASS]);
}

static void
test_unsound(void)
{
    static const char *const only[] = {"alloc-aligned", NULL};
    const struct alcove_check_options options = {.struct_size = sizeof options,
                                                 .only = only};
    struct alcove_ops ops = *alcove_null()->ops;
    struct alcove_allocator a = {&ops, ALCOVE_CAN_ALLOC};
    unsigned of[ALCOVE_VERDICT_COUNT] = {0};

    ops.dealloc = NULL;
    ok(!alcove_check_allocator(&a, &options, count, of) &&
           of[ALCOVE_VERDICT_SKIP] == 1,
       "a table that is not sound is no success, although no check fails");
}

int
main(void)
{
    size_t i;

    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("no malloc: %s", ALCOVE_NO_MALLOC);
    tap_plan((unsigned)COUNT(trials) + 3);
    for (i = 0; i < COUNT(trials); i++)
        trial_make(&trials[i]);
    trial_sum_up();
    test_sizes();
    test_unsound();
    return tap_done();
}
