/* SPDX-License-Identifier: MIT */
/* One check of the conformance kit, over one mutant: what it must find, and
 * say. */
#ifndef TRIAL_H
#define TRIAL_H

#include "mutant.h"

/* What is given back to nobody. */
#define KEEPS                                                                  \
    (ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM | ALCOVE_CAN_CHECKED |            \
     ALCOVE_CAN_TEMP)

/* Nothing but blocks. */
#define PLAIN                                                                  \
    (ALCOVE_CAN_ZERO | ALCOVE_CAN_RESIZE | ALCOVE_CAN_REALLOC |                \
     ALCOVE_CAN_OWNS | ALCOVE_CAN_CHECKED | ALCOVE_CAN_USABLE_SIZE |           \
     ALCOVE_CAN_TEMP | ALCOVE_CAN_THREADS)

#define FAIL ALCOVE_VERDICT_FAIL
#define PASS ALCOVE_VERDICT_PASS
#define SKIP ALCOVE_VERDICT_SKIP

struct trial {
    struct mutation mutation; /* `caught_by` is the check that is made */
    enum alcove_verdict verdict;
    const char *before; /* a check that is made first; NULL: none */
    bool direct;        /* over malloc, and not the kit's parent */
    bool huge;          /* gives sizes that no machine has: needs 64 bits */
    size_t max_size;    /* 0: a MiB */
    unsigned rounds;    /* 0: 40 */
};

/* A check of the plan. */
void trial_make(const struct trial *t);

/* Another one, behind them: what was asked is what was written down. */
void trial_sum_up(void);

#endif /* TRIAL_H */
