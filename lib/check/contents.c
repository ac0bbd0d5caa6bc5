/* SPDX-License-Identifier: MIT */
/* What is in a block: at first, and when it changes its layout. */
#include <config.h>

#include "kit.h"

/* ---- zalloc ---- */

void
alcove_check_zalloc_zero(struct kit *k)
{
    size_t rounds = k->rounds / 10 + 10, i, most;

    for (i = 0; i < rounds; i++) {
        struct alcove_layout l;
        struct block *b;

        most = i % 64 == 0 ? kit_least(k->max_size, (size_t)1 << 22) : 2000;
        l = alcove_kit_layout(k, most);
        b = alcove_kit_take(k, l); /* is dirty now, and goes back so */
        if (alcove_kit_failed(k) || (b && !alcove_kit_give(k, b)))
            return;
        (void)alcove_kit_ztake(k, l, true);
        if (alcove_kit_failed(k) ||
            (k->count > 4 && !alcove_kit_give(k, &k->blocks[0])))
            return;
    }
    (void)alcove_kit_give_all(k);
    (void)alcove_kit_did(k, k->served, "was served");
    alcove_kit_say(k, "%zu blocks served, half of them from zalloc: all 0",
                   k->served);
}

/* ---- grow, shrink ---- */

/* From, to: near and far, within what many allocators round to and beyond it,
 * up to where large blocks are handled in another way. */
static const struct {
    struct alcove_layout small, large;
} pairs[] = {
    {{1, 1}, {2, 1}},
    {{1, 1}, {16, 1}},
    {{7, 1}, {9, 1}},
    {{8, 8}, {24, 8}},
    {{15, 1}, {17, 1}},
    {{16, 16}, {32, 16}},
    {{24, 8}, {25, 8}},
    {{24, 8}, {1000, 8}},
    {{60, 4}, {65, 4}},
    {{100, 64}, {200, 64}},
    {{100, 8}, {5000, 8}},
    {{127, 1}, {129, 1}},
    {{500, 16}, {520, 16}},
    {{1000, 1}, {1100, 1}},
    {{4000, 8}, {4100, 8}},
    {{4096, 4096}, {8192, 4096}},
    {{5000, 16}, {100000, 16}},
    {{65536, 8}, {65537, 8}},
    {{100000, 8}, {130000, 8}},
    {{130000, 8}, {3000000, 8}},
    {{1000000, 1}, {1000001, 1}},
};

/* The block stands between two others; `last` says that nothing comes after
 * it, which is where some allocators extend. */
static size_t
change_one(struct kit *k, struct alcove_layout from, struct alcove_layout to,
           kit_change *change, bool zero, bool last)
{
    struct block *b;
    size_t done = 0;

    if (from.size > k->max_size || to.size > k->max_size)
        return 0;
    (void)alcove_kit_take(k, from);
    b = alcove_kit_take(k, from);
    if (b) {
        size_t at = (size_t)(b - k->blocks);

        if (!last)
            (void)alcove_kit_take(k, from);
        done = alcove_kit_change(k, &k->blocks[at], to, change, zero);
    }
    (void)alcove_kit_all_whole(k);
    (void)alcove_kit_give_all(k);
    return done;
}

static void
change_all(struct kit *k, bool grow, kit_change *one, kit_change *other,
           const char *what)
{
    size_t i, turn, done = 0;

    for (i = 0; i < KIT_COUNT(pairs); i++)
        for (turn = 0; turn < 4; turn++) {
            struct alcove_layout small = pairs[i].small;
            struct alcove_layout large = pairs[i].large;

            done += change_one(k, grow ? small : large, grow ? large : small,
                               turn < 2 ? one : other, false, turn % 2 == 0);
            if (alcove_kit_failed(k))
                return;
        }
    (void)alcove_kit_did(k, done, what);
    alcove_kit_say(k, "%zu blocks of %zu %s, and lost nothing; %zu refused",
                   done, 4 * KIT_COUNT(pairs), what, k->refused);
}

void
alcove_check_grow_keeps_contents(struct kit *k)
{
    change_all(k, true, alcove_grow, alcove_zgrow, "grew");
}

void
alcove_check_shrink_keeps_contents(struct kit *k)
{
    change_all(k, false, alcove_shrink, alcove_realloc, "shrank");
}

/* ---- either way, at random ---- */

static struct alcove_layout
larger_alignment(struct kit *k, struct alcove_layout l,
                 struct alcove_layout old)
{
    if (l.align < old.align || alcove_kit_below(k, 8) != 0)
        l.align = old.align;
    return l;
}

void
alcove_check_realloc_keeps_contents(struct kit *k)
{
    size_t steps = k->rounds / 2 + 10, i, done = 0;

    for (i = 0; i < steps; i++) {
        size_t most = alcove_kit_below(k, 32) == 0
                          ? kit_least(k->max_size, (size_t)1 << 20)
                          : 3000;
        struct alcove_layout l = alcove_kit_layout(k, most);

        if (k->count < 16) {
            (void)alcove_kit_take(k, l);
        } else {
            struct block *b = &k->blocks[alcove_kit_below(k, k->count)];

            if (alcove_kit_below(k, 20) == 0)
                (void)alcove_kit_give(k, b);
            else
                done += alcove_kit_change(k, b, larger_alignment(k, l, b->l),
                                          alcove_realloc, false);
        }
        if (i % 256 == 0)
            (void)alcove_kit_all_whole(k);
        if (alcove_kit_failed(k))
            return;
    }
    (void)alcove_kit_all_whole(k);
    (void)alcove_kit_give_all(k);
    (void)alcove_kit_did(k, done, "was changed");
    alcove_kit_say(k, "%zu changes of up to 16 blocks; %zu refused", done,
                   k->refused);
}

/* ---- alignment ---- */

static bool
stays_aligned(struct kit *k, struct alcove_layout from, struct alcove_layout to,
              size_t *done)
{
    struct block *b = alcove_kit_take(k, from);

    if (!b)
        return !alcove_kit_failed(k);
    if (alcove_kit_change(k, b, to, alcove_realloc, false)) {
        ++*done;
        if (!kit_aligned(b->p, to.align))
            return alcove_kit_fail(
                k,
                "from %zu bytes aligned to %zu to %zu aligned to %zu: it is "
                "aligned to %zu",
                from.size, from.align, to.size, to.align,
                (size_t)((uintptr_t)b->p & (~(uintptr_t)b->p + 1)));
    }
    return !alcove_kit_failed(k) &&
           (k->count < 6 || alcove_kit_give(k, &k->blocks[0]));
}

void
alcove_check_realloc_aligned(struct kit *k)
{
    static const size_t sizes[] = {1, 24, 100, 300, 5000, 140000};
    size_t from, to, i, j, done = 0;

    for (from = 1; from <= 4096; from *= 4)
        for (to = from; to <= 4 * 4096; to *= 8)
            for (i = 0; i < KIT_COUNT(sizes); i++)
                for (j = 0; j < KIT_COUNT(sizes); j++)
                    if (!stays_aligned(k, kit_lay(sizes[i], from),
                                       kit_lay(sizes[j], to), &done))
                        return;
    (void)alcove_kit_give_all(k);
    (void)alcove_kit_did(k, done, "was changed");
    alcove_kit_say(k, "%zu changes, 0 misaligned; %zu refused", done,
                   k->refused);
}

/* ---- new bytes are 0 ---- */

void
alcove_check_rezalloc_zero(struct kit *k)
{
    size_t i, turn, done = 0;

    for (i = 0; i < KIT_COUNT(pairs); i++)
        for (turn = 0; turn < 2; turn++) {
            struct alcove_layout small = pairs[i].small;
            struct alcove_layout large = pairs[i].large;
            struct block *b;

            if (large.size > k->max_size)
                continue;
            (void)alcove_kit_take(k, small); /* in front of it */
            b = alcove_kit_take(k, small);
            /* The second time the bytes that were cut off are dirty. */
            if (b && alcove_kit_change(k, b, large,
                                       turn ? alcove_zgrow : alcove_rezalloc,
                                       true)) {
                done++;
                if (alcove_kit_change(k, b, small, alcove_shrink, false))
                    done +=
                        alcove_kit_change(k, b, large, alcove_rezalloc, true);
            }
            if (!alcove_kit_all_whole(k) || !alcove_kit_give_all(k))
                return;
        }
    (void)alcove_kit_did(k, done, "grew");
    alcove_kit_say(k, "%zu blocks grew, and what was new was 0; %zu refused",
                   done, k->refused);
}

/* ---- size 0 ---- */

void
alcove_check_realloc_zero_size(struct kit *k)
{
    static const size_t aligns[] = {1, 8, 64, 4096};
    const struct alcove_layout none = kit_lay(0, 1);
    size_t i, done = 0;

    for (i = 0; i < KIT_COUNT(aligns); i++) {
        struct alcove_layout l = kit_lay(100, aligns[i]);
        struct alcove_layout gone = kit_lay(0, aligns[i]);
        void *from = i % 2 ? alcove_layout_dangling(none) : NULL, *p;
        struct block *b;

        alcove_kit_unset(&k->err);
        p = alcove_grow(k->a, from, none, l, &k->err);
        if (!p) {
            k->refused++;
            continue;
        }
        b = alcove_kit_adopt(k, p, l);
        if (!b || !kit_can(k, ALCOVE_CAN_DEALLOC))
            continue;
        p = alcove_shrink(k->a, b->p, l, gone, &k->err);
        if (!alcove_kit_that(k, p == alcove_layout_dangling(gone),
                             "a shrink to size 0 is refused, or gives another "
                             "pointer"))
            return;
        alcove_kit_forget(k, b);
        done++;
    }
    (void)alcove_kit_give_all(k);
    (void)alcove_kit_did(k, k->served, "was served");
    alcove_kit_say(k, "%zu blocks from size 0, %zu of them back to it",
                   k->served, done);
}
