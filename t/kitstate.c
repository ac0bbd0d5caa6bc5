/* SPDX-License-Identifier: MIT */
/* What a check of the conformance kit leaves behind in the kit, and in the
 * books of its parent: requests that were served, refused, left out, blocks
 * with their layouts and patterns, and the numbers drawn are the same each
 * time. Each function is called as the runner does, with limits that no option
 * sets. */
#include <config.h>

#include <alcove.h>

#include "tap.h"

#ifndef ALCOVE_TEST_INSIDE

int
main(void)
{
    return tap_skip_all("no static library, so nothing hidden can be called");
}

#else

#    include "../lib/check/bookblock.h"
#    include "../lib/check/kit.h"

#    include "mutant.h"

#    include <string.h>

#    define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- the kinds ---- */

static void *
third_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    return alcove_alloc(
        mutant_of(a)->calls++ % 3 == 2 ? alcove_null() : parent_of(a), l, err);
}

static bool
third_temp(struct alcove_allocator *a, struct alcove_layout l,
           alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    return alcove_alloc_temp(mutant_of(a)->calls++ % 3 == 2 ? alcove_null()
                                                            : parent_of(a),
                             l, fn, arg, err);
}

static const struct kind {
    struct mutation mutation;
    size_t max_size, most_live, most_spent;
    unsigned rounds;
    bool orphan; /* the kit does not know its parent */
} kinds[] = {
    {{"sound", NULL, {.struct_size = 0}, 0, NULL},
     65536,
     131072,
     SIZE_MAX,
     40,
     false},
    {{"few rounds", NULL, {.struct_size = 0}, 0, NULL},
     65536,
     131072,
     SIZE_MAX,
     3,
     false},
    {{"little at once", NULL, {.struct_size = 0}, 0, NULL},
     4096,
     9000,
     SIZE_MAX,
     40,
     false},
    {{"little in all", NULL, {.struct_size = 0}, 0, NULL},
     4096,
     8192,
     8192,
     40,
     false},
    {{"a parent of its own", NULL, {.struct_size = 0}, 0, NULL},
     65536,
     131072,
     SIZE_MAX,
     40,
     true},
    {{"refuses a third",
      NULL,
      {.alloc = third_alloc, .alloc_temp = third_temp},
      ALCOVE_CAN_ZERO | ALCOVE_CAN_REALLOC,
      NULL},
     65536,
     131072,
     SIZE_MAX,
     40,
     false},
    {{"large", NULL, {.struct_size = 0}, 0, NULL},
     (size_t)1 << 20,
     (size_t)1 << 21,
     SIZE_MAX,
     20,
     false},
};

static void (*const functions[])(struct kit *k) = {
#    define ALCOVE_X(name, function, needs, promise) alcove_check_##function,
    ALCOVE_CHECKS(ALCOVE_X)
#    undef ALCOVE_X
};

/* ---- what is left ---- */

static uint64_t
add_layout(uint64_t sum, struct alcove_layout l)
{
    return witness_mix(witness_mix(sum, l.size), l.align);
}

static uint64_t
add_kit(uint64_t sum, const struct kit *k)
{
    const size_t numbers[] = {k->live,     k->spent,  k->tags,
                              k->count,    k->served, k->refused,
                              k->left_out, k->loses,  k->features};
    size_t i;

    for (i = 0; i < COUNT(numbers); i++)
        sum = witness_mix(sum, numbers[i]);
    for (i = 0; i < k->count; i++)
        sum = witness_mix(add_layout(sum, k->blocks[i].l), k->blocks[i].tag);
    sum = witness_mix(sum, alcove_kit_is_unset(&k->err));
    if (!alcove_kit_is_unset(&k->err))
        sum = add_layout(witness_mix(sum, k->err.code), k->err.layout);
    return witness_read(witness_mix(sum, k->random ^ k->verdict), k->text);
}

static uint64_t
add_books(uint64_t sum, const struct books *b)
{
    const size_t numbers[] = {
        b->live_blocks, b->live_bytes,     b->asked,
        b->refused,     b->wrong,          b->kept_bytes,
        b->forgive,     b->refuse_release, b->refuse_after};
    const struct books_block *block;
    size_t i;

    for (i = 0; i < COUNT(numbers); i++)
        sum = witness_mix(sum, numbers[i]);
    for (block = b->oldest; block; block = block->next)
        sum = witness_mix(add_layout(sum, block->layout), block->room);
    return witness_read(sum, b->text);
}

/* ---- one check ---- */

static void
release_all(struct kit *k)
{
    while (k->count > 0) {
        struct block b = k->blocks[--k->count];

        if (kit_can(k, ALCOVE_CAN_DEALLOC))
            (void)alcove_dealloc(k->a, b.p, b.l, NULL);
    }
}

static uint64_t
leave_behind(uint64_t sum, const struct kind *kind, size_t i,
             const struct alcove_check *check)
{
    static const struct tally none;
    static struct kit k;
    static struct books books;
    static struct mutant m;
    bool threads = strncmp(check->name, "threads-", 8) == 0;

    /* Who comes first is refused less, or has more left to spend. */
    if (threads && (kind->mutation.ops.alloc || kind->most_spent < SIZE_MAX))
        return sum;

    memset(&k, 0, sizeof k);
    alcove_books_init(&books, 0, 6 * kind->max_size + ((size_t)1 << 24));
    k.a = mutant_init(&m, &kind->mutation, &books.allocator);
    k.features = alcove_features(k.a);
    k.max_size = kind->max_size;
    k.rounds = kind->rounds;
    k.most_live = kind->most_live;
    k.most_spent = kind->most_spent;
    k.books = kind->orphan ? NULL : &books;
    k.tally = &none;
    k.random = i;
    if ((check->needs & ~k.features) == 0) {
        functions[i](&k);
        sum = add_kit(sum, &k);
        release_all(&k);
        alcove_books_audit(&books);
        if (!threads)
            sum = add_books(sum, &books);
    }
    alcove_books_done(&books);
    return sum;
}

int
main(void)
{
    const struct alcove_check *checks;
    size_t all, i, j, differing = 0;
    char name[100];
    uint64_t sum;

    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("no malloc: %s", ALCOVE_NO_MALLOC);
    tap_plan(1);
    checks = alcove_checks(&all);
    for (i = 0; i < COUNT(kinds); i++) {
        sum = 0;
        for (j = 0; j < all; j++)
            sum = leave_behind(sum, &kinds[i], j, &checks[j]);
        snprintf(name, sizeof name, "left behind: %s", kinds[i].mutation.name);
        differing += !witness_agrees(sum, name);
    }
    witness_sums_up(differing);
    return tap_done();
}

#endif
