/* SPDX-License-Identifier: MIT */
/* Many blocks at once, and what their release brings back. */
#include <config.h>

#include "kit.h"

/* Up to `count` blocks of random layouts. */
static void
take_some(struct kit *k, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        (void)alcove_kit_take(k, alcove_kit_layout(k, 3000));
}

void
alcove_check_blocks_disjoint(struct kit *k)
{
    static const size_t sizes[] = {1, 8, 16, 17, 64, 100, 1000, 5000};
    size_t i, live;

    for (i = 0; i < 8 * KIT_COUNT(sizes); i++)
        (void)alcove_kit_take(k, kit_lay(sizes[i % 8], 1));
    take_some(k, KIT_BLOCKS);
    live = k->count;
    (void)alcove_kit_all_whole(k);
    (void)alcove_kit_give_all(k);
    (void)alcove_kit_did(k, live, "was served");
    alcove_kit_say(k, "%zu live at once, all apart and whole; %zu refused",
                   live, k->refused);
}

/* ---- release ---- */

enum order { FIRST_FIRST, LAST_FIRST, RANDOM, ORDERS };

/* The table of blocks gets the last one in the place of one that is given, so
 * the oldest are kept apart. */
static bool
give_in_order(struct kit *k, enum order order)
{
    unsigned oldest = k->tags - (unsigned)k->count;
    size_t i = 0;

    while (k->count > 0) {
        switch (order) {
        case FIRST_FIRST:
            oldest++;
            for (i = 0; k->blocks[i].tag != oldest; i++)
                ;
            break;
        case LAST_FIRST:
            i = k->count - 1;
            break;
        default:
            i = alcove_kit_below(k, k->count);
        }
        if (!alcove_kit_give(k, &k->blocks[i]) ||
            (k->count % 16 == 0 && !alcove_kit_all_whole(k)))
            return false;
    }
    return true;
}

/* What is taken between two releases must fit between the others. */
static void
take_and_give(struct kit *k, size_t steps)
{
    size_t i;

    for (i = 0; i < steps; i++)
        if (k->count > 0 && alcove_kit_below(k, 2) == 0)
            (void)alcove_kit_give(k, &k->blocks[alcove_kit_below(k, k->count)]);
        else
            take_some(k, 1);
    (void)alcove_kit_all_whole(k);
    (void)alcove_kit_give_all(k);
}

void
alcove_check_release_any_order(struct kit *k)
{
    unsigned order;

    for (order = FIRST_FIRST; order < ORDERS; order++) {
        take_some(k, 150);
        if (!give_in_order(k, (enum order)order))
            return;
    }
    take_and_give(k, k->rounds);
    (void)alcove_kit_did(k, k->served, "was served");
    alcove_kit_say(
        k,
        "%zu blocks released: oldest first, newest first, at random; "
        "%zu refused",
        k->served, k->refused);
}

/* ---- full ---- */

/* Smaller and smaller blocks, until even the smallest is refused. */
static void
fill(struct kit *k)
{
    size_t size = k->max_size;

    while (size > 0)
        if (!alcove_kit_take(k, kit_lay(size, 1)))
            size /= 2;
    (void)alcove_kit_all_whole(k);
}

void
alcove_check_fill_and_recover(struct kit *k)
{
    size_t first, again;

    if (k->books)
        k->books->most = k->max_size;
    fill(k);
    first = k->count;
    if (!alcove_kit_give_all(k) || !alcove_kit_did(k, first, "was served"))
        return;
    if (k->refused == 0) {
        alcove_kit_say(k, "%zu blocks, the most the kit asks for, were served",
                       first);
        return;
    }
    if (!kit_can(k, ALCOVE_CAN_RECLAIM)) {
        alcove_kit_say(k, "%zu blocks whole after %zu refusals", first,
                       k->refused);
        return;
    }
    fill(k);
    again = k->count;
    if (!alcove_kit_give_all(k))
        return;
    if (again == 0)
        alcove_kit_fail(k,
                        "%zu blocks filled it, and when they were released "
                        "it served none",
                        first);
    alcove_kit_say(k, "%zu blocks filled it, and %zu when they were released",
                   first, again);
}

/* ---- again and again ---- */

/* A block that was served once, with nothing else live, must be served for
 * ever; and what the parent lends may not grow with the rounds. Nothing is
 * written, so that a million rounds cost no more than the allocator does. */
static bool
is_reclaimed(struct kit *k, struct alcove_layout l, size_t rounds)
{
    size_t i, half = 0;
    char why[KIT_TEXT];

    for (i = 0; i < rounds && l.size <= k->max_size; i++) {
        void *p = alcove_alloc(k->a, l, &k->err);

        if (!p && i == 0)
            return true;
        if (!p)
            return alcove_kit_fail(
                k, "%zu bytes aligned to %zu are served %zu times, then: %s",
                l.size, l.align, i, alcove_kit_why(&k->err, why));
        if (!alcove_dealloc(k->a, p, l, &k->err))
            return alcove_kit_fail(k, "a release was refused: %s",
                                   alcove_kit_why(&k->err, why));
        k->served++;
        alcove_kit_half_time(k, i, rounds, &half);
    }
    return alcove_kit_lends_no_more(k, l.size, i, half);
}

void
alcove_check_reclaim_honest(struct kit *k)
{
    static const struct {
        struct alcove_layout l;
        size_t quarters, more; /* of k->rounds; and more of them */
    } all[] = {
        {{40, 8}, 400, 0},  {{16, 1}, 4, 0},      {{100, 64}, 4, 0},
        {{4000, 16}, 4, 0}, {{50000, 8}, 1, 200},
    };
    size_t i;

    for (i = 0; i < KIT_COUNT(all); i++)
        if (!is_reclaimed(k, all[i].l,
                          k->rounds * all[i].quarters / 4 + all[i].more))
            return;
    (void)alcove_kit_did(k, k->served, "was served");
    alcove_kit_say(k, "%zu blocks taken and released one by one, never full",
                   k->served);
}
