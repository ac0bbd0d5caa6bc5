/* SPDX-License-Identifier: MIT */
/* Fuzzing: what is tested is a function over bytes, which decides by them what
 * to do, and compares what the library did with a model. Where the bytes come
 * from does not matter: the generator of plain.c, libFuzzer, AFL++, or a seed.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <alcove/base.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef __GNUC__
#    define FUZZ_UNLIKELY(cond) __builtin_expect(!!(cond), 0)
#else
#    define FUZZ_UNLIKELY(cond) (cond)
#endif

struct fuzz_target {
    const char *name;

    /* Do what the bytes say. Returns the number of operations that were
     * compared with the model; aborts if one of them differs. */
    size_t (*run)(const uint8_t *data, size_t size);

    size_t most;    /* bytes of a run, for the generator */
    unsigned share; /* of the generator's operations, in percent */
};

extern const struct fuzz_target fuzz_arith, fuzz_rule, fuzz_shapes, fuzz_stacks,
    fuzz_vec;

extern const struct fuzz_target *const fuzz_targets[];
extern const size_t fuzz_targets_count;

/* Abort, after a line for people, unless `cond`. */
#define must(cond, ...)                                                        \
    do                                                                         \
        if (FUZZ_UNLIKELY(!(cond)))                                            \
            fuzz_wrong(__FILE__, __LINE__, #cond, __VA_ARGS__);                \
    while (0)

void fuzz_wrong(const char *file, int line, const char *cond, const char *fmt,
                ...) ALCOVE_PRINTF(4, 5);

/* What this run is about, for that line. Static text, or the run's own. */
void fuzz_about(const char *what);

/* ---- the bytes ---- */

struct bytes {
    const uint8_t *at, *end;
};

static inline bool
bytes_left(const struct bytes *b)
{
    return b->at != b->end;
}

/* The next one; 0 behind the last. */
static inline unsigned
byte(struct bytes *b)
{
    return b->at != b->end ? *b->at++ : 0;
}

static inline uint64_t
number(struct bytes *b, unsigned bytes)
{
    uint64_t n = 0;

    while (bytes-- > 0)
        n = n << 8 | byte(b);
    return n;
}

#endif /* FUZZ_H */
