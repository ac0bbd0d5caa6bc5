/* SPDX-License-Identifier: MIT */
/* What the allocators of tools/makers.c tell of themselves, in numbers, so that
 * a test can say: nothing has changed. */
#ifndef STATES_H
#define STATES_H

#include "../tools/makers.h"

struct state {
    bool ok;             /* its invariants hold, where it can tell */
    size_t bytes, count; /* that are live; 0 where it does not count */
};

/* Of the open stack's layer; 0 is the innermost. */
struct state state_of(const struct stack *s, unsigned layer);

/* Do the invariants of all its layers hold? */
bool states_ok(const struct stack *s);

#endif /* STATES_H */
