/* SPDX-License-Identifier: MIT */
/* Whose a block is, and what is refused that is not. */
#include <config.h>

#include "kit.h"

#include <stdlib.h>

/* ---- owns ---- */

static bool
is_owned(struct kit *k, const struct block *b)
{
    return alcove_kit_that(k, alcove_owns(k->a, b->p, b->l),
                           "a live block of %zu bytes aligned to %zu is not "
                           "owned",
                           b->l.size, b->l.align);
}

void
alcove_check_owns_own_blocks(struct kit *k)
{
    size_t i, j, asked = 0, still = 0, released = 0;

    for (i = 0; i < 200; i++) {
        struct alcove_layout l =
            alcove_kit_layout(k, i % 16 ? 2000 : k->max_size / 16);
        struct block *b = alcove_kit_take(k, l);

        if (b && i % 4 == 0)
            (void)alcove_kit_change(k, b, kit_lay(b->l.size + 50, b->l.align),
                                    alcove_realloc, false);
        if (alcove_kit_failed(k))
            return;
        for (j = 0; i % 10 == 0 && j < k->count; j++, asked++)
            if (!is_owned(k, &k->blocks[j]))
                return;
        if (k->count > 30) {
            struct block gone = k->blocks[i % 30];

            if (!alcove_kit_give(k, &k->blocks[i % 30]))
                return;
            released++;
            still += alcove_owns(k->a, gone.p, gone.l);
        }
    }
    (void)alcove_kit_give_all(k);
    (void)alcove_kit_did(k, k->served, "was served");
    if (still > 0 && kit_can(k, ALCOVE_CAN_CHECKED))
        alcove_kit_fail(k,
                        "it claims CHECKED, and owns %zu of %zu blocks "
                        "after their release",
                        still, released);
    alcove_kit_say(k, "asked %zu times; %zu of %zu released ones count still",
                   asked, still, released);
}

/* A static variable, a constant, the stack, the heap, a function's arguments,
 * and addresses where nothing is. */
static bool
owns_foreign(struct kit *k, const void *p, const char *what, size_t *asked)
{
    static const struct alcove_layout layouts[] = {
        {1, 1}, {16, 1}, {24, 8}, {100, 4}, {4096, 16}};
    size_t i;

    for (i = 0; i < KIT_COUNT(layouts); i++, ++*asked)
        if (alcove_owns(k->a, p, layouts[i]))
            return alcove_kit_fail(k, "it owns %zu bytes of %s",
                                   layouts[i].size, what);
    return alcove_kit_that(k, !alcove_owns(k->a, NULL, layouts[0]),
                           "it owns NULL");
}

static bool
owns_none_foreign(struct kit *k, const void *heap, size_t *asked)
{
    static const char constant[4096] = "constant";
    static char variable[4096];
    const char local[4096] = "local";
    const struct {
        const void *p;
        const char *what;
    } all[] = {
        {constant, "a constant"},
        {variable, "a static variable"},
        {local, "a local variable"},
        {heap, "malloc's memory"}, /* NULL is as foreign */
        {(void *)(uintptr_t)64, "nothing"},
        {(void *)(UINTPTR_MAX - 4096), "nothing"},
    };
    size_t i;

    for (i = 0; i < KIT_COUNT(all); i++)
        if (!owns_foreign(k, all[i].p, all[i].what, asked))
            return false;
    return true;
}

/* Only what claims CHECKED must know its blocks that exactly. */
static bool
owns_wrongly(struct kit *k, const struct block *b, size_t *inexact)
{
    const struct alcove_layout longer = kit_lay(b->l.size + 1, b->l.align);
    const struct alcove_layout other = kit_lay(b->l.size, b->l.align * 2);
    bool inside = alcove_owns(k->a, b->p + 8, kit_lay(b->l.size - 8, 8));
    bool wrong =
        alcove_owns(k->a, b->p, longer) || alcove_owns(k->a, b->p, other);

    *inexact += inside || wrong;
    if (!kit_can(k, ALCOVE_CAN_CHECKED))
        return true;
    return alcove_kit_that(k, !inside,
                           "it claims CHECKED, and owns the inside of a "
                           "block") &&
           alcove_kit_that(k, !wrong,
                           "it claims CHECKED, and owns a block with another "
                           "layout");
}

void
alcove_check_owns_nothing_foreign(struct kit *k)
{
    void *heap = malloc(4096);
    size_t asked = 0, inexact = 0, i;
    struct block *b;

    for (i = 0; i < 2 && owns_none_foreign(k, heap, &asked); i++) {
        b = alcove_kit_take(k, kit_lay(100, 8));
        if (b && !owns_wrongly(k, b, &inexact))
            break;
    }
    free(heap);
    (void)alcove_kit_give_all(k);
    alcove_kit_say(k, "asked %zu times, never true%s", asked,
                   inexact ? "; but its own blocks with other layouts, or "
                             "from the inside, count"
                           : "");
}

/* ---- what is refused ---- */

static bool
is_not_owned(struct kit *k, const char *what, bool done)
{
    return alcove_kit_refused(k, what, done, ALCOVE_ERR_NOT_OWNED,
                              ALCOVE_ERR_NOT_OWNED);
}

void
alcove_check_checked_operations(struct kit *k)
{
    static char foreign[128];
    const struct alcove_layout l = kit_lay(64, 1), more = kit_lay(100, 1);
    struct alcove_allocator *a = k->a;
    struct block *b;
    void *p;

    b = alcove_kit_take(k, kit_lay(64, 8));
    k->refused = 0;
    alcove_kit_unset(&k->err);
    alcove_kit_go_wrong(k, true);
    if (!is_not_owned(k, "a checked release of a foreign block",
                      alcove_checked_dealloc(a, foreign, l, &k->err)))
        return;
    p = alcove_checked_realloc(a, foreign, l, more, &k->err);
    if (!is_not_owned(k, "a checked realloc of a foreign block", p != NULL))
        return;
    p = alcove_checked_rezalloc(a, foreign, l, more, &k->err);
    if (!is_not_owned(k, "a checked rezalloc of a foreign block", p != NULL))
        return;
    alcove_kit_go_wrong(k, false);
    if (b && kit_can(k, ALCOVE_CAN_DEALLOC)) {
        (void)alcove_kit_change(k, b, kit_lay(80, 8), alcove_checked_realloc,
                                false);
        if (!alcove_kit_all_whole(k) ||
            !alcove_kit_that(k, alcove_checked_dealloc(a, b->p, b->l, &k->err),
                             "a checked release of its own block is refused"))
            return;
        alcove_kit_forget(k, b);
    }
    alcove_kit_say(k, "%zu foreign blocks refused, %zu of its own served",
                   k->refused, k->served);
}

static bool
checks_layout(struct kit *k, const struct block *b, struct alcove_layout wrong,
              const char *what)
{
    return alcove_kit_refused(k, what,
                              alcove_dealloc(k->a, b->p, wrong, &k->err),
                              ALCOVE_ERR_LAYOUT_MISMATCH, ALCOVE_ERR_NOT_OWNED);
}

/* `l` has more than 8 bytes, aligned to more than 1. */
static void
check_releases(struct kit *k, struct alcove_layout l)
{
    struct block *b = alcove_kit_take(k, l), gone;

    if (!b)
        return;
    gone = *b;
    alcove_kit_go_wrong(k, true);
    if (!checks_layout(k, b, kit_lay(l.size + 1, l.align),
                       "a release with a larger size") ||
        !checks_layout(k, b, kit_lay(l.size - 1, l.align),
                       "a release with a smaller size") ||
        !checks_layout(k, b, kit_lay(l.size, l.align / 2),
                       "a release with another alignment") ||
        !alcove_kit_refused(
            k, "a release of the inside of a block",
            alcove_dealloc(k->a, b->p + 8, kit_lay(l.size - 8, 8), &k->err),
            ALCOVE_ERR_NOT_OWNED, ALCOVE_ERR_LAYOUT_MISMATCH))
        return;
    alcove_kit_go_wrong(k, false);
    if (!alcove_kit_all_whole(k) || !alcove_kit_give(k, b))
        return;
    alcove_kit_go_wrong(k, true);
    (void)alcove_kit_refused(k, "a second release",
                             alcove_dealloc(k->a, gone.p, gone.l, &k->err),
                             ALCOVE_ERR_NOT_OWNED, ALCOVE_ERR_CORRUPT);
    alcove_kit_go_wrong(k, false);
}

void
alcove_check_checked_release(struct kit *k)
{
    static char foreign[128];
    static const struct alcove_layout layouts[] = {
        {16, 16}, {100, 16}, {1000, 8}, {4096, 64}, {70000, 16}};
    size_t i;

    alcove_kit_unset(&k->err);
    alcove_kit_go_wrong(k, true);
    if (!is_not_owned(k, "the release of a foreign block",
                      alcove_dealloc(k->a, foreign, kit_lay(64, 1), &k->err)))
        return;
    alcove_kit_go_wrong(k, false);
    for (i = 0; i < KIT_COUNT(layouts); i++)
        check_releases(k, layouts[i]);
    (void)alcove_kit_give_all(k);
    alcove_kit_say(k, "%zu wrong releases refused, around %zu blocks",
                   k->refused, k->served);
}
