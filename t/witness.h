/* SPDX-License-Identifier: MIT */
/* The same seed gives the same calls: what the conformance kit asks is written
 * down as a number.
 *
 * A witness stands before an allocator, hands everything on, and adds up what
 * it hears: each call with its layouts, and what came of it; of the kit's
 * parent, what is in the blocks, too. Addresses do not count, nor does the
 * order of what other threads ask: so it is the same each time, and on each
 * machine whose size_t is as wide.
 *
 * What was heard is written down in t/witnessed. `make check-witnessed-renew`
 * writes it anew: ALCOVE_TEST_RENEW=FILE adds what is heard now to FILE.
 */
#ifndef WITNESS_H
#define WITNESS_H

#include <alcove/check.h>

#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#endif

struct witness {
    struct alcove_allocator allocator; /* pass &witness.allocator */
    struct alcove_ops ops;
    struct alcove_allocator *behind;
    bool looks;          /* into blocks, and at their alignment */
    uint64_t sum, taken; /* of all calls; of those for new blocks */
    size_t calls;        /* of the thread that made it */
#if ALCOVE_HAVE_THREADS
    pthread_mutex_t lock;
    pthread_t owner;
#endif
};

/* It can what the one behind it can. */
void witness_init(struct witness *w, struct alcove_allocator *behind,
                  bool looks);

/* Add what the kit says of a check. */
void witness_hear(struct witness *w, const struct alcove_check_result *result);

/* A number added to a number. */
uint64_t witness_mix(uint64_t sum, uint64_t x);

/* A text added to a number: all but what systems tell in words and numbers of
 * their own, or not as well as others (who asked for something), in the kit's
 * sentences. */
uint64_t witness_read(uint64_t sum, const char *text);

/* What both have heard. */
uint64_t witness_sum(const struct witness *x, const struct witness *y);

/* Is it what was written down under this name? If not, a line for people says
 * so. True where nothing can be compared. */
bool witness_agrees(uint64_t sum, const char *name);

/* One check of the plan: nothing differs; or, where nothing can be compared, it
 * is left out. */
void witness_sums_up(size_t differing);

#endif /* WITNESS_H */
