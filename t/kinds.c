/* SPDX-License-Identifier: MIT */
/* The conformance kit over allocators of many kinds, and with sizes and seeds
 * of many kinds: what it asks, and what it says of them, is the same each time.
 * One number for a kind stands for all checks. */
#include <config.h>

#include <alcove.h>
#include <alcove/check.h>

#include "tap.h"
#include "trial.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- those that refuse ---- */

static void *
third_zalloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    return alcove_zalloc(mutant_two_of_three(a), l, err);
}

static bool
third_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_)
{
    return mutant_of(a)->calls++ % 3 != 2 &&
           alcove_resize(parent_of(a), p, old, new_);
}

static void *
third_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    if (mutant_of(a)->calls++ % 3 == 2)
        return alcove_alloc(alcove_null(), new_, err);
    return alcove_realloc(parent_of(a), p, old, new_, err);
}

/* The first eight of them. */
static void *
early_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    return alcove_alloc(
        mutant_of(a)->calls++ < 8 ? parent_of(a) : alcove_null(), l, err);
}

static bool
no_temp(struct alcove_allocator *a, struct alcove_layout l, alcove_temp_fn *fn,
        void *arg, struct alcove_error *err)
{
    (void)a;
    return alcove_alloc_temp(alcove_null(), l, fn, arg, err);
}

/* ---- all ---- */

struct kind {
    struct mutation mutation;
    size_t max_size;
    uint64_t seed;
    unsigned parent_features;
};

#define REFUSES_A_THIRD                                                        \
    {                                                                          \
        .alloc = mutant_third_alloc, .zalloc = third_zalloc,                   \
        .resize = third_resize, .realloc = third_realloc,                      \
        .alloc_temp = mutant_third_temp                                        \
    }

static const struct kind kinds[] = {
    {{"refuses a third", NULL, REFUSES_A_THIRD, ALCOVE_CAN_THREADS, NULL},
     65536,
     1,
     0},
    {{"refuses a third of blocks",
      NULL,
      {.alloc = mutant_third_alloc},
      PLAIN,
      NULL},
     65536,
     1,
     0},
    {{"refuses what is large",
      NULL,
      {.alloc = mutant_small_alloc},
      PLAIN,
      NULL},
     65536,
     1,
     0},
    {{"refuses all", NULL, {.alloc = mutant_no_alloc}, PLAIN, NULL},
     65536,
     1,
     0},
    {{"refuses all but eight", NULL, {.alloc = early_alloc}, PLAIN, NULL},
     65536,
     1,
     0},
    {{"refuses temporaries", NULL, {.alloc_temp = no_temp}, 0, NULL},
     65536,
     1,
     0},
    {{"takes nothing back", NULL, {.struct_size = 0}, KEEPS, NULL},
     65536,
     1,
     0},
    {{"takes nothing back, and has only blocks",
      NULL,
      {.struct_size = 0},
      PLAIN | KEEPS,
      NULL},
     65536,
     1,
     0},
    {{"has only blocks", NULL, {.struct_size = 0}, PLAIN, NULL}, 65536, 1, 0},
    {{"checks nothing", NULL, {.struct_size = 0}, ALCOVE_CAN_CHECKED, NULL},
     65536,
     1,
     0},
    {{"owns nothing",
      NULL,
      {.struct_size = 0},
      ALCOVE_CAN_OWNS | ALCOVE_CAN_CHECKED,
      NULL},
     65536,
     1,
     0},
    {{"knows no usable sizes",
      NULL,
      {.struct_size = 0},
      ALCOVE_CAN_USABLE_SIZE,
      NULL},
     65536,
     1,
     0},
    {{"does not resize", NULL, {.struct_size = 0}, ALCOVE_CAN_RESIZE, NULL},
     65536,
     1,
     0},
    {{"4096 bytes", NULL, {.struct_size = 0}, 0, NULL}, 4096, 1, 0},
    {{"5000 bytes", NULL, {.struct_size = 0}, 0, NULL}, 5000, 1, 0},
    {{"50000 bytes", NULL, {.struct_size = 0}, 0, NULL}, 50000, 1, 0},
    {{"100000 bytes", NULL, {.struct_size = 0}, 0, NULL}, 100000, 1, 0},
    {{"200000 bytes", NULL, {.struct_size = 0}, 0, NULL}, 200000, 1, 0},
    {{"1000000 bytes", NULL, {.struct_size = 0}, 0, NULL}, 1000000, 1, 0},
    {{"another seed", NULL, {.struct_size = 0}, 0, NULL}, 65536, 2, 0},
    {{"over one that resizes", NULL, {.struct_size = 0}, 0, NULL},
     65536,
     1,
     ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RESIZE},
    {{"over one that reallocates", NULL, {.struct_size = 0}, 0, NULL},
     65536,
     1,
     ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_REALLOC},
};

struct heard {
    struct mutant mutant;
    const struct kind *kind;
    uint64_t sum;
    unsigned results;
};

static struct alcove_allocator *
make(struct alcove_allocator *parent, void *arg)
{
    struct heard *h = arg;

    return mutant_init(&h->mutant, &h->kind->mutation, parent);
}

static ALCOVE_WRAPS void
hear(const struct alcove_check_result *result, void *arg)
{
    struct heard *h = arg;

    h->sum += mutant_heard(&h->mutant, result);
    h->results++;
}

int
main(void)
{
    static struct heard h;
    size_t differing = 0, i, all;
    char name[100];

    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("no malloc: %s", ALCOVE_NO_MALLOC);
    tap_plan((unsigned)COUNT(kinds) + 1);
    (void)alcove_checks(&all);
    for (i = 0; i < COUNT(kinds); i++) {
        const struct alcove_check_options options = {
            .struct_size = sizeof options,
            .seed = kinds[i].seed,
            .max_size = kinds[i].max_size,
            .rounds = 40,
            .make = make,
            .arg = &h,
            .parent_features = kinds[i].parent_features,
        };

        memset(&h, 0, sizeof h);
        h.kind = &kinds[i];
        (void)alcove_check_allocator(NULL, &options, hear, &h);
        is_size(h.results, all, "%s: all checks", kinds[i].mutation.name);
        snprintf(name, sizeof name, "of a kind: %s", kinds[i].mutation.name);
        differing += !witness_agrees(h.sum, name);
    }
    witness_sums_up(differing);
    return tap_done();
}
