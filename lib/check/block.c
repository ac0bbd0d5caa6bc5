/* SPDX-License-Identifier: MIT */
/* Blocks that are live in a check.
 *
 * Nothing is written into a block before it is known that it overlaps no other
 * one, and nothing is done with a block before it is known to be whole.
 */
#include <config.h>

#include "kit.h"

#include <string.h>

static bool
fits(size_t size, size_t used, size_t most)
{
    return size <= most && used <= most - size;
}

/* Without the release of anything every byte asked for is gone. */
bool
alcove_kit_may_ask(struct kit *k, struct alcove_layout l)
{
    if (k->count < KIT_BLOCKS && l.size <= k->max_size &&
        fits(l.size, k->live, k->most_live) &&
        fits(l.size, k->spent, k->most_spent))
        return true;
    k->left_out++;
    return false;
}

static bool
overlap(const unsigned char *p, size_t size, const struct block *b)
{
    uintptr_t x = (uintptr_t)p, y = (uintptr_t)b->p;

    return x < y ? y - x < size : x - y < b->l.size;
}

bool
alcove_kit_is_apart(struct kit *k, const void *at, struct alcove_layout l,
                    const struct block *itself)
{
    const unsigned char *p = at;
    size_t i;

    for (i = 0; i < k->count; i++) {
        const struct block *b = &k->blocks[i];

        if (b != itself && overlap(p, l.size, b))
            return alcove_kit_fail(
                k,
                "a block of %zu bytes and one of %zu, both live, overlap: one "
                "begins %zu bytes after the other",
                l.size, b->l.size, (size_t)(b->p > p ? b->p - p : p - b->p));
    }
    return true;
}

static void
mark(struct kit *k, struct block *b)
{
    b->tag = ++k->tags;
    alcove_pattern_write(b->p, b->l.size, b->tag);
}

struct block *
alcove_kit_adopt(struct kit *k, void *p, struct alcove_layout l)
{
    struct block *b = &k->blocks[k->count];

    if (!p) {
        alcove_kit_fail(k, "a null pointer is no block");
        return NULL;
    }
    if (!alcove_kit_is_apart(k, p, l, NULL))
        return NULL;
    b->p = p;
    b->l = l;
    k->count++;
    k->live += l.size;
    k->spent += l.size;
    k->served++;
    mark(k, b);
    return b;
}

static struct block *
take(struct kit *k, struct alcove_layout l, bool zero, bool look)
{
    size_t i;
    void *p;

    if (alcove_kit_failed(k) || !alcove_kit_may_ask(k, l))
        return NULL;
    alcove_kit_unset(&k->err);
    p = zero ? alcove_zalloc(k->a, l, &k->err) : alcove_alloc(k->a, l, &k->err);
    if (!p) {
        k->refused++;
        return NULL;
    }
    i = look ? alcove_pattern_find_other(p, 0, l.size, 0) : l.size;
    alcove_kit_that(k, i == l.size,
                    "byte %zu of %zu bytes aligned to %zu is not 0", i, l.size,
                    l.align);
    return alcove_kit_adopt(k, p, l);
}

struct block *
alcove_kit_take(struct kit *k, struct alcove_layout l)
{
    return take(k, l, false, false);
}

struct block *
alcove_kit_ztake(struct kit *k, struct alcove_layout l, bool look)
{
    return take(k, l, true, look);
}

bool
alcove_kit_whole(struct kit *k, const struct block *b)
{
    size_t i = alcove_pattern_find(b->p, b->l.size, b->l.size, b->tag);

    return alcove_kit_that(k, i == b->l.size,
                           "byte %zu of a live block of %zu bytes changed", i,
                           b->l.size);
}

bool
alcove_kit_all_whole(struct kit *k)
{
    size_t i;

    for (i = 0; i < k->count && !alcove_kit_failed(k); i++)
        (void)alcove_kit_whole(k, &k->blocks[i]);
    return !alcove_kit_failed(k);
}

void
alcove_kit_forget(struct kit *k, struct block *b)
{
    k->live -= b->l.size;
    *b = k->blocks[--k->count];
}

bool
alcove_kit_give(struct kit *k, struct block *b)
{
    struct block gone = *b;
    char why[KIT_TEXT];

    if (alcove_kit_failed(k) || !alcove_kit_whole(k, b))
        return false;
    alcove_kit_forget(k, b);
    if (!kit_can(k, ALCOVE_CAN_DEALLOC))
        return true;
    alcove_kit_unset(&k->err);
    if (alcove_dealloc(k->a, gone.p, gone.l, &k->err))
        return true;
    return alcove_kit_fail(k, "the release of a live block was refused: %s",
                           alcove_kit_why(&k->err, why));
}

bool
alcove_kit_give_all(struct kit *k)
{
    while (k->count > 0)
        if (!alcove_kit_give(k, &k->blocks[k->count - 1]))
            return false;
    return true;
}

/* After a successful change the old block is gone, so it must not count when
 * the new one is compared with the others. */
static bool
adopt_changed(struct kit *k, struct block *b, unsigned char *p,
              struct alcove_layout new_, bool zero)
{
    struct block old = *b;
    size_t upto = kit_least(old.l.size, new_.size), i;

    b->p = p;
    b->l = new_;
    k->live = k->live - old.l.size + new_.size;
    k->spent += new_.size;
    k->served++;
    if (!alcove_kit_is_apart(k, p, new_, b))
        return false;
    i = alcove_pattern_find(p, old.l.size, upto, old.tag);
    if (i < upto)
        return alcove_kit_fail(k,
                               "byte %zu was lost: from %zu bytes aligned to "
                               "%zu to %zu aligned to %zu",
                               i, old.l.size, old.l.align, new_.size,
                               new_.align);
    i = zero ? alcove_pattern_find_other(p, upto, new_.size, 0) : new_.size;
    mark(k, b);
    return alcove_kit_that(k, i == new_.size,
                           "byte %zu is new and not 0: from %zu bytes aligned "
                           "to %zu to %zu aligned to %zu",
                           i, old.l.size, old.l.align, new_.size, new_.align);
}

bool
alcove_kit_change(struct kit *k, struct block *b, struct alcove_layout new_,
                  kit_change *change, bool zero)
{
    void *p;

    if (alcove_kit_failed(k) || !alcove_kit_whole(k, b) ||
        !alcove_kit_may_ask(k, new_))
        return false;
    alcove_kit_unset(&k->err);
    p = change(k->a, b->p, b->l, new_, &k->err);
    if (!p) {
        k->refused++;
        return false;
    }
    return adopt_changed(k, b, p, new_, zero);
}

void
alcove_kit_go_wrong(struct kit *k, bool wrong)
{
    if (k->books)
        k->books->forgive = wrong;
}
