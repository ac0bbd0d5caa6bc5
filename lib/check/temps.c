/* SPDX-License-Identifier: MIT */
/* Scoped temporary blocks. */
#include <config.h>

#include "kit.h"

#include <errno.h>
#include <string.h>

/* ---- one ---- */

/* What a callback sees, and tells. */
struct call {
    struct kit *k;
    struct alcove_layout l;
    size_t calls;
    void *mem;
    bool zero; /* look whether it is */
};

/* The first time only: a second call is for the caller to see. */
static void
temps_look(void *mem, void *arg)
{
    struct call *c = arg;
    size_t i;

    c->mem = mem;
    if (c->calls++ > 0)
        return;
    if (!mem) {
        alcove_kit_fail(c->k, "a callback gets NULL");
        return;
    }
    i = c->zero ? alcove_pattern_find_other(mem, 0, c->l.size, 0) : c->l.size;
    alcove_kit_that(c->k, i == c->l.size,
                    "byte %zu of a temporary of %zu is not 0", i, c->l.size);
    alcove_pattern_write(mem, c->l.size, 1);
    i = alcove_pattern_find(mem, c->l.size, c->l.size, 1);
    alcove_kit_that(c->k, i == c->l.size,
                    "a temporary of %zu bytes does not keep them", c->l.size);
}

/* Returns whether it was served; counts, and sees that `true` means once. */
static bool
scope(struct kit *k, struct alcove_layout l, kit_temp *temp, bool zero,
      struct call *c)
{
    memset(c, 0, sizeof *c);
    c->k = k;
    c->l = l;
    c->zero = zero;
    if (l.size > k->max_size) {
        k->left_out++;
        return false;
    }
    alcove_kit_unset(&k->err);
    if (temp(k->a, l, temps_look, c, &k->err)) {
        k->served++;
        if (c->calls != 1)
            return alcove_kit_fail(k,
                                   "it succeeds, and the callback was "
                                   "called %zu times",
                                   c->calls);
        return !alcove_kit_failed(k);
    }
    k->refused++;
    if (c->calls != 0)
        alcove_kit_fail(k, "it fails, and the callback was called %zu times",
                        c->calls);
    return false;
}

static const size_t temp_sizes[] = {1,    8,     16,    24,     100,    1000,
                                    4096, 10000, 65536, 200000, 1000000};

void
alcove_check_temp_called_once(struct kit *k)
{
    struct call c;
    size_t i;

    for (i = 0; i < KIT_COUNT(temp_sizes); i++) {
        (void)scope(k, kit_lay(temp_sizes[i], 8), alcove_alloc_temp, false, &c);
        (void)scope(k, kit_lay(temp_sizes[i], 1), alcove_zalloc_temp, false,
                    &c);
        if (alcove_kit_failed(k))
            return;
    }
    if (k->served == 0) {
        char why[KIT_TEXT];

        alcove_kit_fail(k, "it claims TEMP, and served none; the last: %s",
                        alcove_kit_why(&k->err, why));
    }
    alcove_kit_say(
        k, "%zu temporaries of up to %zu bytes, %zu refused", k->served,
        kit_least(k->max_size, temp_sizes[KIT_COUNT(temp_sizes) - 1]),
        k->refused);
}

void
alcove_check_temp_aligned(struct kit *k)
{
    size_t i, align;
    struct call c;

    for (align = 1; align <= 65536; align *= 2)
        for (i = 0; i < KIT_COUNT(temp_sizes); i++) {
            bool done = scope(k, kit_lay(temp_sizes[i], align),
                              alcove_alloc_temp, false, &c);

            if (done && !kit_aligned(c.mem, align))
                alcove_kit_fail(k, "%zu bytes aligned to %zu are not",
                                temp_sizes[i], align);
            if (alcove_kit_failed(k))
                return;
        }
    (void)alcove_kit_did(k, k->served, "was served");
    alcove_kit_say(k, "%zu layouts served, 0 misaligned; %zu refused",
                   k->served, k->refused);
}

void
alcove_check_zalloc_temp_zero(struct kit *k)
{
    size_t i, rounds = k->rounds / 100 + 4;
    struct call c;

    for (i = 0; i < rounds; i++) {
        struct alcove_layout l = alcove_kit_layout(k, 5000);

        (void)scope(k, l, alcove_alloc_temp, false, &c); /* leaves dirt */
        (void)scope(k, l, alcove_zalloc_temp, true, &c);
        if (alcove_kit_failed(k))
            return;
    }
    (void)alcove_kit_did(k, k->served, "was served");
    alcove_kit_say(k, "%zu temporaries, every second one 0", k->served);
}

void
alcove_check_temp_zero_size(struct kit *k)
{
    size_t align;
    struct call c;

    for (align = 1; align <= 4096; align *= 2) {
        const struct alcove_layout l = kit_lay(0, align);

        alcove_kit_that(k, scope(k, l, alcove_alloc_temp, false, &c),
                        "size 0 aligned to %zu is refused", align);
        alcove_kit_that(k, c.mem == alcove_layout_dangling(l),
                        "size 0 aligned to %zu is elsewhere", align);
        alcove_kit_that(k, scope(k, l, alcove_zalloc_temp, true, &c),
                        "size 0 aligned to %zu, cleared, is refused", align);
        alcove_kit_that(k, c.mem == alcove_layout_dangling(l),
                        "size 0 aligned to %zu, cleared, is elsewhere", align);
    }
    alcove_kit_say(k, "%zu temporaries of size 0", k->served);
}

/* ---- refusals ---- */

void
alcove_check_temp_refusal_never_calls(struct kit *k)
{
    const struct alcove_layout huge[] = {
        {ALCOVE_SIZE_MAX - 4096, 8}, {ALCOVE_SIZE_MAX / 2 + 1, 64}, {64, 24}};
    size_t i, n, calls;
    struct call c;

    for (i = 2 * KIT_FEW_ADDRESSES; i < KIT_COUNT(huge); i++) {
        struct call never = {.k = k};

        calls = alcove_alloc_temp(k->a, huge[i], temps_look, &never, NULL);
        calls += alcove_zalloc_temp(k->a, huge[i], temps_look, &never, NULL);
        k->refused += 2;
        calls += never.calls;
        if (calls > 0) {
            alcove_kit_fail(k,
                            "%zu bytes aligned to %zu: it was called, or "
                            "served",
                            huge[i].size, huge[i].align);
            return;
        }
    }
    for (i = 0; k->books && i < KIT_COUNT(temp_sizes); i++)
        for (n = 0; n < 3; n++) {
            alcove_books_refuse_after(k->books, n);
            (void)scope(k, kit_lay(temp_sizes[i], 16), alcove_alloc_temp, false,
                        &c);
            if (alcove_kit_failed(k))
                return;
        }
    alcove_kit_say(k, "%zu refused, and none of them called", k->refused);
}

/* ---- nested ---- */

enum { DEEP = 64 };

struct nest {
    struct kit *k;
    struct alcove_layout l;
    unsigned depth, deepest;
    unsigned calls, asked;
};

/* Each level looks at its own bytes again when the inner ones are gone. */
static void
go_deeper(void *mem, void *arg)
{
    struct nest *n = arg;
    struct kit *k = n->k;
    struct block *b;
    size_t i;

    if (n->calls++ == n->asked) {
        alcove_kit_fail(k, "%u temporaries, and %u calls", n->asked, n->calls);
        return;
    }
    b = alcove_kit_adopt(k, mem, n->l);
    if (!b)
        return;
    n->depth++;
    if (n->depth > n->deepest)
        n->deepest = n->depth;
    for (i = 0; i < 2 && n->depth < DEEP && !alcove_kit_failed(k); i++) {
        if (i == 1 && n->depth % 16 != 0)
            break;
        n->asked++;
        k->refused += !alcove_alloc_temp(k->a, n->l, go_deeper, n, NULL);
    }
    n->depth--;
    b = &k->blocks[k->count - 1];
    alcove_kit_that(k, b->p == (unsigned char *)mem,
                    "an inner callback did not come to its end");
    if (!alcove_kit_failed(k))
        (void)alcove_kit_whole(k, b);
    alcove_kit_forget(k, b);
}

void
alcove_check_temp_nested(struct kit *k)
{
    static const struct alcove_layout layouts[] = {
        {1, 1}, {24, 8}, {100, 64}, {400, 16}};
    unsigned deepest = 0;
    size_t i;

    for (i = 0; i < KIT_COUNT(layouts); i++) {
        struct nest n = {k, layouts[i], 0, 0, 0, 1};

        k->refused += !alcove_alloc_temp(k->a, n.l, go_deeper, &n, NULL);
        if (alcove_kit_failed(k))
            return;
        if (n.deepest > deepest)
            deepest = n.deepest;
    }
    (void)alcove_kit_did(k, deepest, "was served");
    alcove_kit_say(k, "%u deep, %zu temporaries, none overlaps", deepest,
                   k->served);
}

/* ---- gone ---- */

/* As with blocks: what was served once is served for ever, and what the parent
 * lends may not grow with the rounds. */
static bool
is_given_back(struct kit *k, struct alcove_layout l, size_t rounds)
{
    size_t i, half = 0;
    struct call c;

    for (i = 0; i < rounds && l.size <= k->max_size; i++) {
        bool done = scope(k, l, alcove_alloc_temp, false, &c);

        if (alcove_kit_failed(k))
            return false;
        if (!done && i == 0)
            return true;
        if (!done)
            return alcove_kit_fail(k,
                                   "a temporary of %zu bytes is served %zu "
                                   "times, then refused",
                                   l.size, i);
        alcove_kit_half_time(k, i, rounds, &half);
    }
    return alcove_kit_lends_no_more(k, l.size, i, half);
}

void
alcove_check_temp_gives_back(struct kit *k)
{
    const size_t rounds = k->rounds;
    const struct {
        struct alcove_layout l;
        size_t rounds;
    } all[] = {
        {{40, 8}, rounds},
        {{1000, 16}, rounds / 10},
        {{4000, 64}, rounds / 10},
        {{50000, 8}, rounds / 20 + 150},
    };
    size_t i;

    for (i = 0; i < KIT_COUNT(all); i++)
        if (!is_given_back(k, all[i].l, all[i].rounds))
            return;
    (void)alcove_kit_did(k, k->served, "was served");
    alcove_kit_say(k, "%zu temporaries, one after the other, never full",
                   k->served);
}

/* ---- errno ---- */

static void
set_errno(void *mem, void *arg)
{
    (void)mem;
    (void)arg;
    errno = EDOM;
}

void
alcove_check_temp_keeps_errno(struct kit *k)
{
    size_t i;

    for (i = 0; i < KIT_COUNT(temp_sizes) && temp_sizes[i] <= k->max_size;
         i++) {
        alcove_kit_unset(&k->err);
        if (!alcove_alloc_temp(k->a, kit_lay(temp_sizes[i], 8), set_errno, NULL,
                               &k->err)) {
            k->refused++;
            continue;
        }
        k->served++;
        if (errno != EDOM) {
            alcove_kit_fail(k,
                            "the callback leaves EDOM, and the caller of "
                            "%zu bytes finds errno %d",
                            temp_sizes[i], errno);
            return;
        }
    }
    (void)alcove_kit_did(k, k->served, "was served");
    alcove_kit_say(k, "%zu temporaries, and errno was the callback's",
                   k->served);
}
