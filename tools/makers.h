/* SPDX-License-Identifier: MIT */
/* How allocators are made from a parent: a table with a line for each, for the
 * conformance kit, which the command and the tests run over all of them, by
 * themselves and over each other.
 */
#ifndef MAKERS_H
#define MAKERS_H

#include <alcove/alloc.h>

struct maker {
    const char *name; /* "arena" */
    size_t size;      /* bytes of the space that it takes */
    bool alone;       /* it makes nothing of a parent */

    /* Make one in `space`, which is aligned for everything, over `parent`.
     * NULL: it refuses this parent, and `*err` says why. */
    struct alcove_allocator *(*open)(void *space,
                                     struct alcove_allocator *parent,
                                     struct alcove_error *err);
    void (*close)(void *space); /* NULL: there is nothing to give back */

    /* Checks of the kit that it fails, and known to; closed by NULL. */
    const char *const *excuses;
};

extern const struct maker makers[];
extern const size_t makers_count;

/* An allocator made of makers over a base: "arena/pool/malloc" is an arena over
 * a pool over malloc. */
enum { STACK_MOST = 3, STACK_EXCUSES = 16 };

struct stack {
    const struct maker *makers[STACK_MOST]; /* the innermost first */
    unsigned count;
    struct alcove_allocator *base; /* NULL: the kit's parent */
    const char *base_name;         /* "" with the kit's parent */

    void *spaces[STACK_MOST]; /* while it is open */
    unsigned open;
    struct alcove_error err; /* of an open that was refused */
};

/* For struct alcove_check_options: `arg` is a struct stack. */
struct alcove_allocator *stack_make(struct alcove_allocator *parent, void *arg);
void stack_done(struct alcove_allocator *made, void *arg);

/* "arena/pool/malloc", in a buffer of `size` bytes. */
const char *stack_name(const struct stack *s, char *buf, size_t size);

/* The excuses of all its makers, closed by NULL. */
void stack_excuses(const struct stack *s, const char *list[STACK_EXCUSES]);

#endif /* MAKERS_H */
