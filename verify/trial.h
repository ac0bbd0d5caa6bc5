/* SPDX-License-Identifier: MIT */
/* One trial of the stack allocator: a block of some size and alignment, asked
 * for in some way, at some depth of the running stack; and all that must hold
 * of it, against what the kernel says. For verify/torture.c. */
#ifndef TRIAL_H
#define TRIAL_H

#include <alcove.h>

/* Ways to ask. */
enum way {
    WAY_ANY,     /* alcove_stack_temp */
    WAY_16,      /* the same, with an alignment that the compiler knows */
    WAY_ALLOC,   /* alcove_alloc_temp */
    WAY_ZALLOC,  /* alcove_zalloc_temp */
    WAY_OWN,     /* with limits of one's own */
    WAY_SCRATCH, /* the stack, else the heap */
    WAY_MACRO,   /* ALCOVE_SCRATCH */
    WAYS
};

/* The stack that trials run on. It must not be moved: callbacks point to it. */
struct ground {
    const char *name;
    uintptr_t low, top; /* as far as the stack may go; 0: nobody knows, and no
                         * block may be placed */
    size_t reserve;     /* bytes that a block must leave below it */
    bool grows;         /* the kernel maps it as it is needed */
    bool is_exact;      /* what fits must be served */
    size_t guard;       /* bytes at its end that the library leaves out */
    bool heap_may_fail; /* addresses are short */
    void (*interrupt)(struct ground *g); /* in a scope, now and then; NULL */

    uint64_t random;  /* not 0 */
    uintptr_t mapped; /* that much is known of a stack that grows */
    size_t trials, served, heap, refused, unknown, deepest, nested;
    size_t wrong;
    char what[200]; /* of the first that went wrong */
};

/* The usual reserve of a stack of `size` bytes: <alcove/stack.h>. */
size_t usual_reserve(size_t size);

/* `count` trials, at depths of up to `depth` bytes below here: so much, and 16
 * KiB more, must be there. */
void trials(struct ground *g, size_t count, size_t depth);

/* A number below `below`, which is not 0. */
size_t ground_random(struct ground *g, size_t below);

/* Note what is wrong, if `good` is false, which is returned. */
bool ground_check(struct ground *g, bool good, const char *what);

/* The mapping that `address` is in, as the kernel tells: 0 if there is none.
 * Uses 200 bytes of the stack, and no heap. */
uintptr_t mapping_low(uintptr_t address);

#endif /* TRIAL_H */
