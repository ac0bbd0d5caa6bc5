/* SPDX-License-Identifier: MIT */
/* conform: an allocator of one's own, and its test, to be copied.
 *
 * The allocator is a stripe: it hands on to a parent, and writes a stripe of
 * known bytes behind each block, to see at its release whether they are there.
 * Put yours in its place: what the test takes is make and done. */
#include <alcove.h>
#include <alcove/check.h>

#include <string.h>

/* ---- the allocator ---- */

enum { STRIPE = 8 };

struct stripe {
    struct alcove_allocator allocator; /* comes first */
    struct alcove_allocator *parent;
};

static const unsigned char bytes[STRIPE] = {1, 2, 3, 4, 5, 6, 7, 8};

static struct alcove_allocator *
parent_of(struct alcove_allocator *a)
{
    return ((struct stripe *)(void *)a)->parent;
}

/* Errors of one's own: alcove_error_set fills *err, if there is one, and sets
 * errno. Errors of the parent have done so already. */
static bool
refuse(enum alcove_code code, struct alcove_layout l, const void *p,
       struct alcove_error *err)
{
    struct alcove_error what = {
        .code = code, .layout = l, .block = p, .allocator = "stripe"};

    return alcove_error_set(err, &what);
}

/* The layout is valid and not of size 0: whoever calls has seen to that. */
static void *
stripe_alloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    struct alcove_layout more;
    char *p;

    if (!alcove_layout_make(l.size + STRIPE, l.align, &more, NULL)) {
        refuse(ALCOVE_ERR_EXCEEDS_MAX, l, NULL, err);
        return NULL;
    }
    p = alcove_alloc(parent_of(a), more, err);
    if (p)
        memcpy(p + l.size, bytes, STRIPE);
    return p;
}

static bool
stripe_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
               struct alcove_error *err)
{
    struct alcove_layout more = {l.size + STRIPE, l.align};

    if (memcmp((char *)p + l.size, bytes, STRIPE) != 0)
        return refuse(ALCOVE_ERR_CORRUPT, l, p, err);
    return alcove_dealloc(parent_of(a), p, more, err);
}

static void
stripe_init(struct stripe *stripe, struct alcove_allocator *parent)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "stripe",
        .alloc = stripe_alloc,
        .dealloc = stripe_dealloc,
    };

    stripe->allocator.ops = &ops;
    stripe->allocator.features =
        alcove_features(parent) &
        (ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |
         ALCOVE_CAN_TEMP | ALCOVE_CAN_THREADS);
    stripe->parent = parent;
}

/* ---- its test ---- */

/* A fresh one for each check, over a parent that keeps books. An allocator
 * without a parent leaves it alone, and one without an end needs no done. */
static struct alcove_allocator *
make(struct alcove_allocator *parent, void *arg)
{
    struct stripe *stripe = arg;

    stripe_init(stripe, parent);
    return &stripe->allocator;
}

int
main(void)
{
    struct stripe stripe;
    struct alcove_check_options options = {
        .struct_size = sizeof options, .make = make, .arg = &stripe};
    struct alcove_check_tap tap = {.prefix = "stripe"};

    (void)alcove_check_allocator(NULL, &options, alcove_check_tap_write, &tap);
    return alcove_check_tap_done(&tap) ? 0 : 1;
}
