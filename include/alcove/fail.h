/* SPDX-License-Identifier: MIT */
/* Fault injection: an allocator that refuses on purpose, by a rule, so that
 * what a program does without memory gets run.
 *
 *     struct alcove_fail_rule third_grow = {.nth = 3, .ops = ALCOVE_FAIL_GROW};
 *
 * It talks only to its parent.
 *
 * - A request counts if it is of one of the rule's kinds, and for more than
 *   `above` bytes. Of those that count, the nth is refused, each multiple of
 *   `every`, and a share drawn at random, whichever of the three are given:
 *   with `above` 4096 and `nth` 3 it is the third request for more than 4096
 *   bytes. If none of the three is given, all that count are refused.
 * - A refused request never reaches the parent, and changes nothing. It is
 *   ALLOC_FAILED, cause INJECTED, errno ENOMEM, and the detail says by what
 *   condition; a refused resize is just false; a refused release is OTHER,
 *   cause INJECTED, errno EIO.
 * - What is not refused is the parent's, its errors too. The adapter can what
 *   the parent can, but not be shared by threads: it counts.
 * - Blocks of size 0 cost no memory: they pass, and do not count.
 */
#ifndef ALCOVE_FAIL_H
#define ALCOVE_FAIL_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* X(NAME, bit, word in a rule's text) for each kind of request. A block moved
 * by a copy is one GROW or SHRINK, no ALLOC and no DEALLOC; changed from size 0
 * it is an ALLOC, to size 0 a DEALLOC. A GROW may keep the size, and raise the
 * alignment.
 */
#define ALCOVE_FAIL_OPS(X)                                                     \
    X(ALLOC, 0, "alloc") /* zeroed or not */                                   \
    X(RESIZE, 1, "resize") /* in place, larger or smaller */                   \
    X(GROW, 2, "grow") /* here or elsewhere */                                 \
    X(SHRINK, 3, "shrink")                                                     \
    X(TEMP, 4, "temp") /* zeroed or not */                                     \
    X(DEALLOC, 5, "dealloc") /* only if a rule names it */                     \
    /* end */

enum alcove_fail_op {
#define ALCOVE_X(name, bit, text) ALCOVE_FAIL_##name = 1 << bit,
    ALCOVE_FAIL_OPS(ALCOVE_X)
#undef ALCOVE_X
    ALCOVE_FAIL_NOTHING = 0
};

/* After the first refusal. */
enum alcove_fail_then {
    ALCOVE_FAIL_THEN_GO_ON,  /* as before: nth comes once, the others again */
    ALCOVE_FAIL_THEN_ONCE,   /* no other */
    ALCOVE_FAIL_THEN_PERSIST /* whatever counts is refused */
};

/* What to refuse. A field that is 0 asks for nothing; with all 0 nothing is
 * ever refused. The caller's, copied where it is used.
 */
struct alcove_fail_rule {
    size_t nth;     /* the one with this number, from 1 on */
    size_t every;   /* each whose number is a multiple of this */
    unsigned share; /* so many of a million, drawn by the seed */
    unsigned ops;   /* ALCOVE_FAIL_ bits, 0: all kinds but DEALLOC */
    uint64_t seed;  /* the same one draws the same, on every machine */
    size_t above;   /* bytes: sizes up to this do not count. Of a change it is
                     * the new size, of a release the block's */
    enum alcove_fail_then then;
    size_t reserved[4]; /* for later versions: 0 */
};

#define ALCOVE_FAIL_SHARE_ALL 1000000u

/* Invariants: the rule is valid, fired <= matched. */
struct alcove_fail {
    struct alcove_allocator allocator; /* pass &fail.allocator */
    struct alcove_allocator *parent;
    struct alcove_fail_rule rule;
    unsigned kinds;   /* of the rule, spelt out; 0: nothing is refused */
    size_t counts[8]; /* requests of each kind, by its bit */
    uint64_t matched; /* requests that counted for the rule */
    size_t fired;     /* requests that were refused */
};

/* Wrap `parent`, which must live as long as the adapter is used, and arm
 * `rule`; if that is NULL, the rule whose text is in the environment variable
 * ALCOVE_FAIL, or none if that is not set. The environment is read at each
 * call, by secure_getenv. Nothing is allocated, and there is nothing to
 * release.
 * Fails, with nothing changed and errno EINVAL, if and only if (all OTHER)
 * - `parent` is NULL or the adapter itself,
 * - ALCOVE_FAIL is not the text of a rule: as alcove_fail_parse says,
 * - the rule is not valid: `share` is more than a million; `ops` or `then` has
 *   a value that is none; a reserved field is not 0; there is a seed without a
 *   share; there is a `then`, and nothing to refuse.
 * Cost of a request: the parent's, and 30 to 50 instructions.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_fail_init(struct alcove_fail *fail, struct alcove_allocator *parent,
                      const struct alcove_fail_rule *rule,
                      struct alcove_error *err);

/* Arm another rule, and count from 0 again. `rule` and failures are as for
 * alcove_fail_init, the parent aside. Live blocks may be released as before.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_fail_set(struct alcove_fail *fail,
                     const struct alcove_fail_rule *rule,
                     struct alcove_error *err);

/* Arm the same rule once more, and count from 0 again. */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_fail_reset(struct alcove_fail *fail);

/* How many requests of these kinds came by since then, for any size, refused or
 * not: ALCOVE_FAIL_ bits, 0: all kinds but DEALLOC.
 */
ALCOVE_API ALCOVE_PURE ALCOVE_NONNULL(1)
size_t alcove_fail_count(const struct alcove_fail *fail, unsigned ops);

/* How many requests were refused since then. */
ALCOVE_API ALCOVE_PURE ALCOVE_NONNULL(1)
size_t alcove_fail_fired(const struct alcove_fail *fail);

/* The rule that `text` describes: keys with values, each key once, in any
 * order, without spaces; or "never".
 *
 *     nth=17,op=grow,then=persist
 *
 * nth=N, every=N, above=N: decimal numbers from 1 on. seed=N: from 0 on.
 * share=0.05 or share=5%: more than 0, at most 1, in steps of 0.000001.
 * op=alloc+grow: kinds, each once. then=once or then=persist.
 * Fails, with `*out` as it was and errno EINVAL, if and only if `text` is NULL
 * or anything else than that: OTHER, and the detail says what is wrong. (A rule
 * that alcove_fail_init refuses has no text.)
 */
ALCOVE_API ALCOVE_NONNULL(2)
bool alcove_fail_parse(const char *text, struct alcove_fail_rule *out,
                       struct alcove_error *err);

/* Write the rule's text, from which alcove_fail_parse makes the same rule: its
 * keys in the order nth, every, share, seed, above, op, then, those that are 0
 * left out; "never" if all are. "?" if the rule is not valid.
 * snprintf's contract: at most `size` bytes are written, the last one 0; the
 * length of the whole text (bytes, without the 0) is returned; `buf` may be
 * NULL if `size` is 0. Cannot fail, does not allocate, leaves errno alone.
 * ALCOVE_FAIL_TEXT_MAX bytes are enough for every rule.
 */
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_fail_format(const struct alcove_fail_rule *rule, char *buf,
                          size_t size);

#define ALCOVE_FAIL_TEXT_MAX 256

ALCOVE_END

#endif /* ALCOVE_FAIL_H */
