/* SPDX-License-Identifier: MIT */
/* What a failure leaves behind: nothing.
 *
 * Failures are provoked by sizes that no machine has, and, where the parent is
 * the kit's, by refusals of the parent: of its first answer, of its second, and
 * so on until the operation succeeds although one was due.
 */
#include <config.h>

#include "kit.h"

enum { MOST_ANSWERS = 12 };

/* ---- allocation ---- */

static bool
fails_in_peace(struct kit *k, struct alcove_layout l, size_t *failures)
{
    size_t n, before;

    for (n = 0; n < MOST_ANSWERS; n++) {
        before = k->refused;
        alcove_kit_refuse_after(k, n);
        (void)(n % 2 ? alcove_kit_ztake(k, l, false) : alcove_kit_take(k, l));
        alcove_kit_refuse_after(k, SIZE_MAX);
        if (alcove_kit_failed(k) || !alcove_kit_all_whole(k))
            return false;
        if (k->refused == before)
            break;
        ++*failures;
        if (!k->books)
            break;
    }
    return true;
}

void
alcove_check_failed_alloc_changes_nothing(struct kit *k)
{
    static const struct alcove_layout huge = {ALCOVE_SIZE_MAX / 2, 16};
    size_t i, failures = 0;

    for (i = 0; i < 60; i++) {
        struct alcove_layout l =
            alcove_kit_layout(k, i % 8 == 0 ? k->max_size / 16 : 2000);
        void *p;

        if (!fails_in_peace(k, l, &failures))
            return;
        p = KIT_FEW_ADDRESSES ? NULL : alcove_alloc(k->a, huge, NULL);
        if (p) {
            alcove_kit_skip(k, "it gives what no machine has: huge-refused");
            return;
        }
        failures += !KIT_FEW_ADDRESSES;
        if (!alcove_kit_all_whole(k))
            return;
    }
    if (alcove_kit_give_all(k))
        alcove_kit_say(k, "%zu refusals between %zu blocks that were served",
                       failures, k->served);
}

/* ---- grow, shrink, realloc ---- */

/* May be asked for, as it cannot be had. */
enum { TRY_HUGE = !KIT_FEW_ADDRESSES };

struct attempt {
    struct alcove_layout old, new_;
};

struct outcome {
    size_t failures, changes;
};

/* The block at `at` after a failure: whole, the caller's, and as good as
 * before: it can be written and asked for. */
static bool
is_as_before(struct kit *k, size_t at)
{
    struct block *b = &k->blocks[at];

    if (!alcove_kit_all_whole(k))
        return false;
    if (kit_can(k, ALCOVE_CAN_OWNS) && !alcove_owns(k->a, b->p, b->l))
        return alcove_kit_fail(k,
                               "the old block of %zu bytes is not owned any "
                               "more",
                               b->l.size);
    b->tag = ++k->tags;
    alcove_pattern_write(b->p, b->l.size, b->tag);
    return alcove_kit_all_whole(k);
}

static bool
try_huge(struct kit *k, size_t at, kit_change *change, struct outcome *o)
{
    struct block *b = &k->blocks[at];
    struct alcove_layout huge = kit_lay(ALCOVE_SIZE_MAX / 2, b->l.align);

    if (change(k->a, b->p, b->l, huge, NULL)) {
        alcove_kit_forget(k, b);
        alcove_kit_skip(k, "it gives what no machine has: huge-refused");
        return false;
    }
    o->failures++;
    return is_as_before(k, at);
}

static bool
try_refusals(struct kit *k, size_t at, struct alcove_layout new_,
             kit_change *change, bool zero, struct outcome *o)
{
    size_t n, due;

    for (n = 0; n < MOST_ANSWERS; n++) {
        bool changed;

        due = alcove_kit_parent_refused(k);
        alcove_kit_refuse_after(k, n);
        changed = alcove_kit_change(k, &k->blocks[at], new_, change, zero);
        alcove_kit_refuse_after(k, SIZE_MAX);
        if (alcove_kit_failed(k))
            return false;
        o->changes += changed;
        if (changed || !k->books)
            return true;
        o->failures++;
        if (!is_as_before(k, at))
            return false;
        if (alcove_kit_parent_refused(k) == due) /* it would refuse for ever */
            return true;
    }
    return true;
}

static bool
try_attempt(struct kit *k, const struct attempt *t, kit_change *change,
            bool zero, bool may_be_huge, struct outcome *o)
{
    struct block *b;
    size_t at;

    if (t->new_.size > k->max_size)
        return true;
    (void)alcove_kit_take(k, t->old);
    b = alcove_kit_take(k, t->old);
    if (b) {
        at = (size_t)(b - k->blocks);
        (void)alcove_kit_take(k, t->old);
        if (alcove_kit_failed(k) ||
            (may_be_huge && !try_huge(k, at, change, o)) ||
            !try_refusals(k, at, t->new_, change, zero, o))
            return false;
    }
    return alcove_kit_all_whole(k) && alcove_kit_give_all(k);
}

static void
say_outcome(struct kit *k, const struct outcome *o)
{
    if (!alcove_kit_did(k, o->failures + o->changes, "was tried"))
        return;
    if (o->failures == 0)
        alcove_kit_skip(k, "%zu changes, and none could be made to fail",
                        o->changes);
    alcove_kit_say(k,
                   "%zu failures, and the block was whole after each; %zu "
                   "changes",
                   o->failures, o->changes);
}

void
alcove_check_failed_grow_keeps_block(struct kit *k)
{
    static const struct attempt attempts[] = {
        {{1, 1}, {100, 1}},      {{16, 8}, {40, 8}},
        {{100, 8}, {200, 64}},   {{1000, 16}, {5000, 16}},
        {{64, 64}, {90000, 64}}, {{70000, 8}, {300000, 8}},
    };
    struct outcome o = {0, 0};
    size_t i;

    for (i = 0; i < KIT_COUNT(attempts); i++)
        if (!try_attempt(k, &attempts[i], alcove_grow, false, TRY_HUGE, &o) ||
            !try_attempt(k, &attempts[i], alcove_zgrow, true, TRY_HUGE, &o))
            return;
    say_outcome(k, &o);
}

/* A larger alignment may take a new block, even for less. */
void
alcove_check_failed_shrink_keeps_block(struct kit *k)
{
    static const struct attempt attempts[] = {
        {{100, 1}, {99, 1}},     {{100, 1}, {50, 4096}},
        {{5000, 16}, {100, 16}}, {{5000, 16}, {4000, 8192}},
        {{90000, 8}, {64, 8}},   {{300000, 8}, {70000, 65536}},
    };
    struct outcome o = {0, 0};
    size_t i;

    for (i = 0; i < KIT_COUNT(attempts); i++)
        if (!try_attempt(k, &attempts[i], alcove_shrink, false, false, &o))
            return;
    say_outcome(k, &o);
}

void
alcove_check_failed_realloc_keeps_block(struct kit *k)
{
    struct outcome o = {0, 0};
    size_t i;

    for (i = 0; i < 40; i++) {
        size_t most = i % 8 == 0 ? k->max_size / 16 : 3000;
        struct attempt t;

        t.old = alcove_kit_layout(k, most);
        t.new_ = alcove_kit_layout(k, most);
        if (t.new_.align < t.old.align)
            t.new_.align = t.old.align;
        if (!try_attempt(k, &t, alcove_realloc, false, TRY_HUGE, &o) ||
            !try_attempt(k, &t, alcove_rezalloc, true, TRY_HUGE, &o))
            return;
    }
    say_outcome(k, &o);
}

/* ---- release ---- */

static bool
refuses_release(struct kit *k, struct alcove_layout l, struct outcome *o)
{
    struct block *b = alcove_kit_take(k, l);
    struct alcove_layout more = kit_lay(l.size * 2, l.align * 2);
    char why[KIT_TEXT];
    bool gone;

    if (!b)
        return !alcove_kit_failed(k);
    k->books->refuse_release = true;
    o->changes += alcove_kit_change(k, b, more, alcove_realloc, false);
    if (alcove_kit_failed(k) || !alcove_kit_whole(k, b))
        return false;
    alcove_kit_unset(&k->err);
    gone = alcove_dealloc(k->a, b->p, b->l, &k->err);
    k->books->refuse_release = false;
    if (gone) {
        o->changes++;
        alcove_kit_forget(k, b);
        return true;
    }
    o->failures++;
    if (alcove_kit_is_unset(&k->err))
        return alcove_kit_fail(k, "a release fails without an error");
    if (alcove_kit_give(k, b))
        return true;
    return alcove_kit_fail(k, "what was refused once is refused for ever: %s",
                           alcove_kit_why(&k->err, why));
}

/* What its parent does not take back, an allocator may lose. */
void
alcove_check_refused_release_keeps_block(struct kit *k)
{
    struct outcome o = {0, 0};
    size_t i;

    if (!k->books) {
        alcove_kit_skip(k, "its parent, if it has one, is not the kit's");
        return;
    }
    k->loses = true;
    for (i = 0; i < 40; i++)
        if (!refuses_release(
                k, alcove_kit_layout(k, i % 8 ? 2000 : k->max_size / 16), &o))
            return;
    (void)alcove_kit_did(k, o.failures + o.changes, "was served");
    alcove_kit_say(k,
                   "%zu releases failed, and then did not; %zu changes and "
                   "releases succeeded all the same",
                   o.failures, o.changes);
}

/* ---- the wrong way ---- */

void
alcove_check_wrong_way_refused(struct kit *k)
{
    static const struct {
        kit_change *change;
        const char *what;
        struct alcove_layout to;
        enum alcove_code code;
        bool null; /* in the place of the block */
    } wrong[] = {
#define WRONG(op, what, null, size, align, name)                               \
    {alcove_##op, #op what, {size, align}, ALCOVE_ERR_##name, null}
        WRONG(grow, " to less", false, 99, 16, GROW_SMALLER),
        WRONG(zgrow, " to less", false, 99, 16, GROW_SMALLER),
        WRONG(shrink, " to more", false, 101, 16, SHRINK_LARGER),
        WRONG(realloc, " to less alignment", false, 200, 8, SMALLER_ALIGN),
        WRONG(grow, " to less alignment", false, 200, 8, SMALLER_ALIGN),
        WRONG(realloc, " of NULL", true, 101, 16, LAYOUT_MISMATCH),
        WRONG(rezalloc, " of NULL", true, 101, 16, LAYOUT_MISMATCH),
#undef WRONG
    };
    const struct alcove_layout l = kit_lay(100, 16);
    struct block *b = alcove_kit_take(k, l);
    size_t i;

    if (!b) {
        (void)alcove_kit_did(k, k->served, "was served");
        return;
    }
    alcove_kit_unset(&k->err);
    for (i = 0; i < KIT_COUNT(wrong); i++) {
        void *p = wrong[i].null ? NULL : (void *)b->p;

        p = wrong[i].change(k->a, p, l, wrong[i].to, &k->err);
        (void)alcove_kit_refused(k, wrong[i].what, p != NULL, wrong[i].code,
                                 wrong[i].code);
    }
    (void)alcove_kit_all_whole(k);
    (void)alcove_kit_give_all(k);
    alcove_kit_say(k, "%zu of %zu refused, and the block is whole", k->refused,
                   i);
}
