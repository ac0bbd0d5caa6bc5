/* SPDX-License-Identifier: MIT */
/* Changes in place, and how much of a block can be used. */
#include <config.h>

#include "kit.h"

static const struct alcove_layout layouts[] = {
    {1, 1},    {16, 8},      {24, 8},    {100, 1},   {100, 64},  {500, 16},
    {4000, 8}, {4096, 4096}, {5000, 16}, {65536, 8}, {70000, 1}, {200000, 8}};

/* ---- in place ---- */

/* The other blocks are as near as they get: what grows into them is seen. */
static void
change_in_place(struct kit *k, size_t at, struct alcove_layout new_)
{
    struct block *b = &k->blocks[at];
    struct alcove_layout old = b->l;
    unsigned char *p = b->p;
    size_t upto = kit_least(old.size, new_.size), i;

    if (!alcove_kit_may_ask(k, new_))
        return;
    if (!alcove_resize(k->a, p, old, new_)) {
        k->refused++;
    } else if ((i = alcove_pattern_find(p, old.size, upto, b->tag)) < upto) {
        alcove_kit_fail(k, "byte %zu was lost: from %zu bytes to %zu", i,
                        old.size, new_.size);
    } else { /* out of the table and into it again, which looks at the others */
        alcove_kit_forget(k, b);
        (void)alcove_kit_adopt(k, p, new_);
    }
    (void)alcove_kit_all_whole(k);
}

static void
resize_all_ways(struct kit *k, struct alcove_layout l, bool last)
{
    const size_t sizes[] = {l.size + 1,     l.size * 2,      l.size,
                            l.size / 2 + 1, l.size + 3000,   1,
                            l.size,         l.size * 3 + 100};
    size_t i, at;
    struct block *b;

    (void)alcove_kit_take(k, l);
    b = alcove_kit_take(k, l);
    if (!b) {
        (void)alcove_kit_give_all(k);
        return;
    }
    at = (size_t)(b - k->blocks);
    if (!last)
        (void)alcove_kit_take(k, l);
    for (i = 0; i < KIT_COUNT(sizes) && sizes[i] <= k->max_size; i++) {
        const unsigned char *p = k->blocks[at].p;

        if (alcove_kit_failed(k))
            return;
        change_in_place(k, at, kit_lay(sizes[i], l.align));
        for (at = 0; at < k->count && k->blocks[at].p != p; at++)
            ; /* it has a new place */
    }
    (void)alcove_kit_give_all(k);
}

void
alcove_check_resize_in_place(struct kit *k)
{
    size_t i, taken;

    for (i = 0; i < KIT_COUNT(layouts); i++)
        if (layouts[i].size <= k->max_size) {
            resize_all_ways(k, layouts[i], false);
            resize_all_ways(k, layouts[i], true);
        }
    taken = k->served + k->refused;
    (void)alcove_kit_did(k, taken, "was served");
    alcove_kit_say(k, "%zu blocks and changes, %zu refusals: all in place",
                   k->served, k->refused);
}

/* A byte less, a byte more: one of them fits somewhere, or nothing will. */
void
alcove_check_resize_honest(struct kit *k)
{
    size_t i, asked = 0, done = 0;

    for (i = 0; i < KIT_COUNT(layouts); i++) {
        struct alcove_layout l = layouts[i], less = l, more = l;
        struct block *b = alcove_kit_take(k, l);

        if (!b)
            continue;
        less.size--;
        more.size++;
        asked++;
        if (alcove_resize(k->a, b->p, l, less)) {
            done++;
            b->l = less;
            k->live--;
            alcove_pattern_write(b->p, b->l.size, b->tag);
        } else if (alcove_resize(k->a, b->p, l, more)) {
            done++;
            b->l = more;
            k->live++;
            alcove_pattern_write(b->p, b->l.size, b->tag);
        }
        if (!alcove_kit_give_all(k))
            return;
    }
    if (!alcove_kit_did(k, asked, "was served"))
        return;
    alcove_kit_that(k, done > 0,
                    "it claims RESIZE, and refused a byte less and a byte "
                    "more of %zu blocks",
                    asked);
    alcove_kit_say(k, "%zu of %zu blocks got a byte less or more", done, asked);
}

/* ---- usable ---- */

/* Past its size a block belongs to the caller too, but its layout stays. */
static void
use_all(struct kit *k, struct alcove_layout l, size_t *extra)
{
    struct block *b = alcove_kit_take(k, l);
    unsigned char *p;
    size_t usable;

    if (!b)
        return;
    usable = alcove_usable_size(k->a, b->p, l);
    if (usable < l.size)
        alcove_kit_fail(k, "%zu bytes of a block of %zu are usable", usable,
                        l.size);
    if (usable <= l.size || usable - l.size > k->max_size)
        return;
    *extra += usable - l.size;
    p = b->p;
    if (!alcove_kit_is_apart(k, p, kit_lay(usable, l.align), b))
        return;
    alcove_pattern_fill(p + l.size, usable - l.size, 0xcc);
    if (!kit_can(k, ALCOVE_CAN_RESIZE) ||
        !alcove_kit_that(k, alcove_resize(k->a, p, l, kit_lay(usable, l.align)),
                         "%zu bytes of a block of %zu are usable, but cannot "
                         "be owned by a resize",
                         usable, l.size))
        return;
    alcove_kit_forget(k, b);
    (void)alcove_kit_adopt(k, p, kit_lay(usable, l.align));
}

void
alcove_check_usable_size(struct kit *k)
{
    size_t size, extra = 0;

    for (size = 1; size <= kit_least(k->max_size, 200000);
         size += 1 + size / 4) {
        struct alcove_layout l = kit_lay(size, (size_t)1 << (size % 6));

        use_all(k, l, &extra);
        if (k->count > 8)
            (void)alcove_kit_give(k, &k->blocks[0]);
    }
    (void)alcove_kit_all_whole(k);
    (void)alcove_kit_give_all(k);
    (void)alcove_kit_did(k, k->served, "was served");
    alcove_kit_say(k, "%zu blocks with %zu usable bytes past their sizes",
                   k->served, extra);
}
