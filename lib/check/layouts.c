/* SPDX-License-Identifier: MIT */
/* Which layouts are served, which are refused, and size 0. */
#include <config.h>

#include "kit.h"

#include <errno.h>

/* ---- size 0 ---- */

static void
serves_zero(struct kit *k, size_t align)
{
    struct alcove_layout l = kit_lay(0, align), nowhere = kit_lay(100, align);
    struct alcove_allocator *a = k->a;
    void *here = alcove_layout_dangling(l);
    struct alcove_error err;

    alcove_kit_unset(&err);
#define THAT(good, text)                                                       \
    alcove_kit_that(k, good, "size 0 aligned to %zu" text, align)
    THAT(alcove_alloc(a, l, &err) == here, " is elsewhere");
    THAT(alcove_zalloc(a, l, &err) == here, " is elsewhere, cleared");
    THAT(kit_aligned(here, align), " is not");
    THAT(alcove_realloc(a, here, l, l, &err) == here, " moves");
    THAT(alcove_grow(a, NULL, l, l, &err) == here, " moves when it grows");
    THAT(alcove_shrink(a, here, l, l, &err) == here, " moves when it shrinks");
    THAT(alcove_owns(a, here, l), " is not owned");
    THAT(alcove_owns(a, NULL, l), " is not owned as NULL");
    THAT(alcove_usable_size(a, here, l) == 0, " has usable bytes");
    THAT(alcove_dealloc(a, here, l, &err), " is not released");
    THAT(alcove_dealloc(a, here, l, &err), " is not released twice");
    THAT(alcove_dealloc(a, NULL, l, &err), " is not released as NULL");
    THAT(alcove_dealloc(a, NULL, nowhere, &err), ": NULL is not released");
    THAT(errno == KIT_MARK, " changes errno");
    THAT(alcove_kit_is_unset(&err), " leaves an error behind");
#undef THAT
}

void
alcove_check_zero_size_dangling(struct kit *k)
{
    size_t asked = alcove_kit_asked(k), align, count = 0;

    for (align = 1; align <= (size_t)1 << 20; align *= 2, count++)
        serves_zero(k, align);
    alcove_kit_that(k, alcove_kit_asked(k) == asked,
                    "size 0 costs the parent %zu calls",
                    alcove_kit_asked(k) - asked);
    alcove_kit_say(k, "%zu alignments, all served", count);
}

/* ---- invalid layouts ---- */

static const struct {
    struct alcove_layout l;
    enum alcove_code code;
} invalid[] = {
    {{1, 0}, ALCOVE_ERR_ZERO_ALIGN},
    {{0, 0}, ALCOVE_ERR_ZERO_ALIGN},
    {{1, 3}, ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO},
    {{0, 12}, ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO},
    {{64, SIZE_MAX}, ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO},
    {{ALCOVE_SIZE_MAX + 1, 1}, ALCOVE_ERR_EXCEEDS_MAX},
    {{SIZE_MAX, 1}, ALCOVE_ERR_EXCEEDS_MAX},
    {{ALCOVE_SIZE_MAX, 2}, ALCOVE_ERR_EXCEEDS_MAX},
    {{ALCOVE_SIZE_MAX - 14, 16}, ALCOVE_ERR_EXCEEDS_MAX},
    {{1, ALCOVE_SIZE_MAX + 1}, ALCOVE_ERR_EXCEEDS_MAX},
};

/* All functions, with a block (p, good) and an invalid layout. */
static void
is_invalid(struct kit *k, void *p, struct alcove_layout good,
           struct alcove_layout bad, enum alcove_code code)
{
    struct alcove_allocator *a = k->a;
    alcove_temp_fn *const fn = alcove_kit_count_call;
    struct alcove_error *e = &k->err;
    size_t calls = 0;

#define REFUSED(op, call)                                                      \
    alcove_kit_refused(k, op " of an invalid layout", call, code, code)
    REFUSED("alloc", alcove_alloc(a, bad, e) != NULL);
    REFUSED("zalloc", alcove_zalloc(a, bad, e) != NULL);
    REFUSED("dealloc", alcove_dealloc(a, p, bad, e));
    REFUSED("grow", alcove_grow(a, p, good, bad, e) != NULL);
    REFUSED("zgrow", alcove_zgrow(a, p, bad, good, e) != NULL);
    REFUSED("shrink", alcove_shrink(a, p, bad, good, e) != NULL);
    REFUSED("realloc", alcove_realloc(a, p, good, bad, e) != NULL);
    REFUSED("rezalloc", alcove_rezalloc(a, p, good, bad, e) != NULL);
    REFUSED("alloc_temp", alcove_alloc_temp(a, bad, fn, &calls, e));
    REFUSED("zalloc_temp", alcove_zalloc_temp(a, bad, fn, &calls, e));
#undef REFUSED
    alcove_kit_that(k, calls == 0, "a callback of an invalid layout is called");
    alcove_kit_that(k, !alcove_resize(a, p, good, bad),
                    "resize takes an invalid layout");
    alcove_kit_that(k, !alcove_resize(a, p, bad, good),
                    "resize takes an invalid old layout");
    alcove_kit_that(k, !alcove_owns(a, p, bad), "owns takes an invalid layout");
    alcove_kit_that(k, alcove_usable_size(a, p, bad) == bad.size,
                    "usable_size takes an invalid layout");
}

/* Where there is no block to be had, the one of size 0 serves as well. */
void
alcove_check_invalid_refused(struct kit *k)
{
    struct block *b = alcove_kit_take(k, kit_lay(100, 8));
    struct alcove_layout good = b ? b->l : kit_lay(0, 8);
    void *p = b ? (void *)b->p : alcove_layout_dangling(good);
    size_t i;

    k->refused = 0;
    alcove_kit_unset(&k->err);
    for (i = 0; i < KIT_COUNT(invalid); i++)
        is_invalid(k, p, good, invalid[i].l, invalid[i].code);
    (void)alcove_kit_all_whole(k);
    (void)alcove_kit_give_all(k);
    alcove_kit_say(k, "%zu layouts, %zu refusals", KIT_COUNT(invalid),
                   k->refused);
}

/* ---- huge layouts ---- */

/* Where addresses have 32 bits, what is huge may be had once, and should not be
 * cleared. */
static bool
is_huge(struct kit *k, struct alcove_layout l, bool zero)
{
    struct alcove_error err;
    void *p;

    alcove_kit_unset(&err);
    p = zero ? alcove_zalloc(k->a, l, &err) : alcove_alloc(k->a, l, &err);
    if (!p) {
        k->refused++;
        if (err.code == ALCOVE_ERR_ALLOC_FAILED ||
            err.code == ALCOVE_ERR_EXCEEDS_MAX ||
            err.code == ALCOVE_ERR_UNSUPPORTED)
            return true;
        return alcove_kit_fail(k, "%zu bytes aligned to %zu: refused as %s",
                               l.size, l.align, alcove_code_name(err.code));
    }
    k->served++;
    alcove_kit_that(k, KIT_FEW_ADDRESSES,
                    "%zu bytes aligned to %zu: no machine has them, and they "
                    "were given",
                    l.size, l.align);
    if (kit_can(k, ALCOVE_CAN_DEALLOC))
        alcove_kit_that(k, alcove_dealloc(k->a, p, l, NULL),
                        "%zu bytes aligned to %zu cannot be released", l.size,
                        l.align);
    return !alcove_kit_failed(k);
}

void
alcove_check_huge_refused(struct kit *k)
{
    static const struct alcove_layout huge[] = {
        {ALCOVE_SIZE_MAX, 1},
        {ALCOVE_SIZE_MAX - 1, 2},
        {ALCOVE_SIZE_MAX - 15, 16},
        {ALCOVE_SIZE_MAX - 31, 16},
        {ALCOVE_SIZE_MAX - 63, 64},
        {ALCOVE_SIZE_MAX - 4095, 4096},
        {ALCOVE_SIZE_MAX - 4096 - 4095, 8},
        {ALCOVE_SIZE_MAX - ((size_t)1 << 20) + 1, (size_t)1 << 20},
        {sizeof(size_t) > 4 ? ALCOVE_SIZE_MAX / 2 : ALCOVE_SIZE_MAX - 99, 8},
        {1, ALCOVE_SIZE_MAX / 2 + 1},
        {ALCOVE_SIZE_MAX / 2 + 1, ALCOVE_SIZE_MAX / 2 + 1},
    };
    const size_t all = KIT_COUNT(huge), usual = all - 2;
    size_t i;

    for (i = 0; i < all; i++) {
        /* Valgrind's memalign dies of the last two, so they are for what asks
         * the kit's parent. That is seen by what it does when it serves, and
         * it must be asked for the others before it serves anything. */
        if (i == usual) {
            (void)alcove_kit_take(k, kit_lay(8, 8));
            k->served = 0;
            if (!k->books || k->books->asked == 0)
                break;
        }
        if (!is_huge(k, huge[i], false) ||
            !(KIT_FEW_ADDRESSES || is_huge(k, huge[i], true)))
            return;
    }
    alcove_kit_say(k, "%zu layouts from %zu bytes on: %zu refusals", i,
                   ALCOVE_SIZE_MAX / 2, k->refused);
}

/* ---- what is served ---- */

void
alcove_check_alloc_serves_something(struct kit *k)
{
    size_t size, smallest = 0, largest = 0;

    for (size = 1; size <= 4096; size *= 2) {
        if (alcove_kit_take(k, kit_lay(size, 1)))
            largest = size;
        if (!alcove_kit_give_all(k))
            return;
        if (smallest == 0)
            smallest = largest;
    }
    if (largest == 0) {
        char why[KIT_TEXT];

        alcove_kit_fail(k, "it refuses 1, 2, ... 4096 bytes; the last time: %s",
                        alcove_kit_why(&k->err, why));
    }
    alcove_kit_say(k, "powers of two from %zu to %zu bytes are served",
                   smallest, largest);
}

/* The last few small blocks stay live, so that the next one is elsewhere. */
static void
see_aligned(struct kit *k, struct alcove_layout l)
{
    struct block *b = k->served % 2 == 0 ? alcove_kit_take(k, l)
                                         : alcove_kit_ztake(k, l, false);

    if (!b)
        return;
    if (!kit_aligned(b->p, l.align))
        alcove_kit_fail(
            k, "%zu bytes aligned to %zu: the block is aligned to %zu", l.size,
            l.align, (size_t)((uintptr_t)b->p & (~(uintptr_t)b->p + 1)));
    else if (l.size > 65536)
        (void)alcove_kit_give(k, b);
    else if (k->count >= 8)
        (void)alcove_kit_give(k, &k->blocks[0]);
}

static void
see_small_aligned(struct kit *k)
{
    size_t size, align;

    for (size = 1; size <= 600; size++)
        for (align = 1; align <= 64; align *= 2)
            see_aligned(k, kit_lay(size, align));
}

static void
see_alignments(struct kit *k)
{
    static const size_t sizes[] = {1, 24, 100, 4096, 4097, 70000};
    size_t i, align;

    for (align = 1; align <= (size_t)1 << 20; align *= 2)
        for (i = 0; i < KIT_COUNT(sizes); i++)
            if (align <= k->max_size)
                see_aligned(k, kit_lay(sizes[i], align));
}

static void
see_large_aligned(struct kit *k)
{
    size_t size, align = 1;

    for (size = 1024; size <= k->max_size; size *= 2) {
        see_aligned(k, kit_lay(size - 1, align));
        see_aligned(k, kit_lay(size, align * 2));
        see_aligned(k, kit_lay(size + 1, 16));
        align = align < 4096 ? align * 4 : 1;
    }
}

void
alcove_check_alloc_aligned(struct kit *k)
{
    see_small_aligned(k);
    see_alignments(k);
    see_large_aligned(k);
    (void)alcove_kit_give_all(k);
    (void)alcove_kit_did(k, k->served, "was served");
    alcove_kit_say(
        k,
        "%zu layouts served, 0 misaligned; %zu refused, %zu too much "
        "for the kit",
        k->served, k->refused, k->left_out);
}
