/* SPDX-License-Identifier: MIT */
/* What a check works with: the allocator, the blocks it gave, and the verdict.
 *
 * A check is a function that gets a struct kit. It passes if it comes to its
 * end without alcove_kit_fail. The first failure stands: from then on blocks
 * are neither asked for nor touched, whatever is called here, and the check is
 * to return soon. Blocks that are live at its end are released by the runner.
 */
#ifndef ALCOVE_LIB_CHECK_KIT_H
#define ALCOVE_LIB_CHECK_KIT_H

#include <alcove/check.h>

#include "books.h"
#include "checks.h"
#include "pattern.h"

#define KIT_COUNT(array) (sizeof(array) / sizeof *(array))

enum {
    KIT_BLOCKS = 512, /* live at once */
    KIT_TEXT = 256,   /* bytes of a sentence */
    KIT_MARK = -4711, /* an errno that nobody sets */
    KIT_UNSET = 0xa5, /* the bytes of an error that nobody has set */

    /* 1 where addresses have so few bits that half of all memory may be had, at
     * least once; else 0. */
    KIT_FEW_ADDRESSES = sizeof(size_t) <= 4
};

/* A live block of the allocator's, full of the pattern of its tag. */
struct block {
    unsigned char *p;
    struct alcove_layout l;
    unsigned tag;
};

/* What is said of the parent in the end, about all checks together. */
struct tally {
    unsigned asked;            /* checks that took something from it */
    unsigned wrong, kept;      /* checks with wrong calls; that kept blocks */
    char wrong_text[KIT_TEXT]; /* of the first of them */
    char kept_text[KIT_TEXT];
};

struct kit {
    struct alcove_allocator *a;
    unsigned features;
    size_t max_size; /* of a block, bytes */
    unsigned rounds;
    struct books *books; /* the allocator's parent; NULL: none of the kit's */
    const struct tally *tally;

    size_t most_live, most_spent; /* bytes that may be asked for */
    size_t live, spent;
    uint64_t random;
    unsigned tags;

    struct block blocks[KIT_BLOCKS];
    size_t count;
    size_t served, refused;  /* requests */
    size_t left_out;         /* that would have been too much */
    bool loses;              /* this check makes the parent lose blocks */
    struct alcove_error err; /* of the last refusal */

    enum alcove_verdict verdict;
    char text[KIT_TEXT];
};

#define ALCOVE_X(name, function, needs, promise)                               \
    void alcove_check_##function(struct kit *k);
ALCOVE_CHECKS(ALCOVE_X)
#undef ALCOVE_X

/* ---- the verdict ---- */

/* The promise is broken. Returns false. */
bool alcove_kit_fail(struct kit *k, const char *fmt, ...) ALCOVE_PRINTF(2, 3);

/* The promise is broken unless `good`. Returns it. */
bool alcove_kit_that(struct kit *k, bool good, const char *fmt, ...)
    ALCOVE_PRINTF(3, 4);

/* The check does not apply. */
void alcove_kit_skip(struct kit *k, const char *fmt, ...) ALCOVE_PRINTF(2, 3);

/* The sentence, should it pass. */
void alcove_kit_say(struct kit *k, const char *fmt, ...) ALCOVE_PRINTF(2, 3);

bool alcove_kit_failed(const struct kit *k);

/* Skip if nothing of this kind was done: "nothing grew: 12 refused". Returns
 * whether something was. */
bool alcove_kit_did(struct kit *k, size_t count, const char *what);

/* The text of an error, in a buffer of KIT_TEXT bytes. */
const char *alcove_kit_why(const struct alcove_error *err, char *buf);

/* ---- numbers ---- */

size_t alcove_kit_random(struct kit *k);
size_t alcove_kit_below(struct kit *k, size_t limit); /* limit > 0 */

/* A valid layout of 1 to `most` bytes: each doubling is as likely as another,
 * and most alignments are small. */
struct alcove_layout alcove_kit_layout(struct kit *k, size_t most);

static inline struct alcove_layout
kit_lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

static inline size_t
kit_least(size_t x, size_t y)
{
    return x < y ? x : y;
}

static inline bool
kit_can(const struct kit *k, unsigned features)
{
    return (k->features & features) == features;
}

static inline bool
kit_aligned(const void *p, size_t align)
{
    return ((uintptr_t)p & (align - 1)) == 0;
}

/* ---- the parent ---- */

/* Calls that it got, and those that it refused by order. 0: it is not the
 * kit's. */
size_t alcove_kit_asked(const struct kit *k);
size_t alcove_kit_parent_refused(const struct kit *k);

/* alcove_books_refuse_after, where it is the kit's. */
void alcove_kit_refuse_after(struct kit *k, size_t count);

/* Rounds that should leave nothing behind: what it lends at half-time is kept
 * in `*half`, and in the end it may not be much more, if any were made. An
 * eighth of what was asked for since then, and a MiB, are left to an allocator
 * that keeps some of what it gets back. */
void alcove_kit_half_time(struct kit *k, size_t round, size_t rounds,
                          size_t *half);
bool alcove_kit_lends_no_more(struct kit *k, size_t size, size_t rounds,
                              size_t half);

/* ---- blocks ---- */

/* May this much be asked for? If not it counts as left out. */
bool alcove_kit_may_ask(struct kit *k, struct alcove_layout l);

/* A block, written. NULL: refused, left out, or broken (alcove_kit_failed).
 * The pointer holds until the next release. */
struct block *alcove_kit_take(struct kit *k, struct alcove_layout l);

/* The same from zalloc; with `look` it is seen to be 0 before it is written.
 */
struct block *alcove_kit_ztake(struct kit *k, struct alcove_layout l,
                               bool look);

/* Put `p`, which the allocator gave, among the blocks, where there is room, and
 * write it. NULL, and the check has failed, if it is NULL or overlaps another
 * one. */
struct block *alcove_kit_adopt(struct kit *k, void *p, struct alcove_layout l);

/* Are these bytes apart from all live blocks but `itself`? */
bool alcove_kit_is_apart(struct kit *k, const void *p, struct alcove_layout l,
                         const struct block *itself);

/* Are its bytes what was written? */
bool alcove_kit_whole(struct kit *k, const struct block *b);
bool alcove_kit_all_whole(struct kit *k);

/* See that it is whole, and release it; the last block takes its place. Where
 * nothing can be released, it is forgotten. */
bool alcove_kit_give(struct kit *k, struct block *b);
bool alcove_kit_give_all(struct kit *k);

/* Forget a block that is none any more. */
void alcove_kit_forget(struct kit *k, struct block *b);

/* grow, shrink, realloc, and those that clear. */
typedef void *kit_change(struct alcove_allocator *a, void *p,
                         struct alcove_layout old, struct alcove_layout new_,
                         struct alcove_error *err);

/* alloc_temp, and the one that clears. */
typedef bool kit_temp(struct alcove_allocator *a, struct alcove_layout l,
                      alcove_temp_fn *fn, void *arg, struct alcove_error *err);

/* Change a block, and see that what fits of its bytes is kept; with `zero`,
 * that what is new is 0. Returns whether it was changed; if not, it was
 * refused, left out, or is broken. */
bool alcove_kit_change(struct kit *k, struct block *b,
                       struct alcove_layout new_, kit_change *change,
                       bool zero);

/* From here on wrong calls are meant: a parent that checks may see them. */
void alcove_kit_go_wrong(struct kit *k, bool wrong);

/* ---- errors ---- */

/* Before a call: an error and an errno that nobody sets. */
void alcove_kit_unset(struct alcove_error *err);

/* After a call that was to be refused with one of these codes in k->err, which
 * is unset again. Was it? Else the check has failed. */
bool alcove_kit_refused(struct kit *k, const char *what, bool done,
                        enum alcove_code code, enum alcove_code or_code);

/* Was this error left as it was? */
bool alcove_kit_is_unset(const struct alcove_error *err);

/* A callback that counts its calls, in a size_t. */
void alcove_kit_count_call(void *mem, void *count);

/* The errno that a code sets, where there is no error of the system. */
int alcove_kit_code_errno(enum alcove_code code);

#endif /* ALCOVE_LIB_CHECK_KIT_H */
