/* SPDX-License-Identifier: MIT */
/* Allocators that are broken on purpose, for tests of the conformance kit.
 *
 * The sound one hands everything on to its parent. A mutant is that one with
 * some operations of its own: ten lines, and one in a table.
 *
 *     static void *
 *     forget_alloc(...) { ... }
 *
 *     {"forgets", "the-check-that-sees-it", {.alloc = forget_alloc}, 0, NULL},
 */
#ifndef MUTANT_H
#define MUTANT_H

#include <alcove/check.h>

#include "witness.h"

struct mutation {
    const char *name;
    const char *caught_by; /* the check that must fail */
    struct alcove_ops ops; /* what is not NULL is its own */
    unsigned without;      /* ALCOVE_CAN_ bits it does not claim, whose
                            * operations it does not have */
    const char *says;      /* a part of that check's text; NULL: whatever */
};

struct mutant {
    struct alcove_allocator allocator; /* what mutations are called with */
    struct alcove_ops ops;
    struct alcove_allocator *parent; /* &below.allocator */
    const struct mutation *mutation;
    struct witness above, below; /* it, and its true parent */
    size_t calls;                /* for whatever a mutation counts */
    void *block;                 /* for whatever it remembers */
};

static inline struct mutant *
mutant_of(struct alcove_allocator *a)
{
    return (struct mutant *)(void *)a;
}

static inline struct alcove_allocator *
parent_of(struct alcove_allocator *a)
{
    return mutant_of(a)->parent;
}

/* Everything from `parent`, but for the mutation; NULL: sound. Returns what is
 * to be used. */
struct alcove_allocator *mutant_init(struct mutant *m,
                                     const struct mutation *mutation,
                                     struct alcove_allocator *parent);

/* Operations that refuse, for mutations: all; more than 1000 bytes; each third
 * request, which goes to alcove_null() in the parent's place. */
void *mutant_no_alloc(struct alcove_allocator *a, struct alcove_layout l,
                      struct alcove_error *err);
void *mutant_small_alloc(struct alcove_allocator *a, struct alcove_layout l,
                         struct alcove_error *err);
struct alcove_allocator *mutant_two_of_three(struct alcove_allocator *a);
void *mutant_third_alloc(struct alcove_allocator *a, struct alcove_layout l,
                         struct alcove_error *err);
bool mutant_third_temp(struct alcove_allocator *a, struct alcove_layout l,
                       alcove_temp_fn *fn, void *arg, struct alcove_error *err);

/* All that was asked of it and of its parent, and what the kit says of it. */
uint64_t mutant_heard(struct mutant *m,
                      const struct alcove_check_result *result);

/* What the kit said of it: the names of the checks that failed, with blanks
 * around each. */
struct mutant_report {
    unsigned failed, passed, skipped;
    char names[2000];
    char text[400];     /* of the check that was to catch it */
    unsigned differing; /* checks that asked otherwise than was written down */
};

/* The whole kit over the mutant, made afresh for each check. Returns whether
 * the right check failed, and said so (or, if it is sound, whether none did).
 */
bool mutant_is_caught(const struct mutation *mutation, unsigned parent_features,
                      struct mutant_report *report);

#endif /* MUTANT_H */
