/* SPDX-License-Identifier: MIT */
/* What an allocator says of itself: its table, and its capabilities. */
#include <config.h>

#include "kit.h"

#include <errno.h>

/* Called before all others, with any table. */
void
alcove_check_table_sound(struct kit *k)
{
    const struct alcove_ops *ops = k->a->ops;

    if (!ops)
        alcove_kit_fail(k, "there is no table");
    else if (ops->struct_size < sizeof *ops)
        alcove_kit_fail(k, "struct_size is %zu, not sizeof(struct alcove_ops)",
                        ops->struct_size);
    else if (!ops->name || !ops->name[0])
        alcove_kit_fail(k, "it has no name");
    else if (!ops->alloc)
        alcove_kit_fail(k, "alloc is a null pointer");
    else if (!ops->dealloc)
        alcove_kit_fail(k, "dealloc is a null pointer");
    else
        alcove_kit_say(k, "%zu bytes, its name is %.60s", ops->struct_size,
                       ops->name);
}

/* A capability and whether there is what it takes. */
struct backing {
    unsigned feature;
    bool there;
    const char *lack;
};

static bool
is_backed(struct kit *k, const struct backing *b)
{
    if (!kit_can(k, b->feature) || b->there)
        return true;
    return alcove_kit_fail(k, "%s", b->lack);
}

void
alcove_check_features_backed(struct kit *k)
{
    const struct alcove_ops *o = k->a->ops;
    const struct backing all[] = {
        {ALCOVE_CAN_ALLOC, o->alloc != alcove_unsupported_alloc,
         "it claims ALLOC, and has alcove_unsupported_alloc"},
        {ALCOVE_CAN_DEALLOC, o->dealloc != alcove_unsupported_dealloc,
         "it claims DEALLOC, and has alcove_unsupported_dealloc"},
        {ALCOVE_CAN_RECLAIM, kit_can(k, ALCOVE_CAN_DEALLOC),
         "it claims RECLAIM, but not DEALLOC"},
        {ALCOVE_CAN_RESIZE, o->resize, "it claims RESIZE, and has no resize"},
        {ALCOVE_CAN_REALLOC, o->realloc,
         "it claims REALLOC, and has no realloc"},
        {ALCOVE_CAN_OWNS, o->owns, "it claims OWNS, and has no owns"},
        {ALCOVE_CAN_USABLE_SIZE, o->usable_size,
         "it claims USABLE_SIZE, and has no usable_size"},
        {ALCOVE_CAN_TEMP,
         o->alloc_temp || kit_can(k, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC),
         "it claims TEMP, and has neither alloc_temp nor ALLOC and DEALLOC"},
        {ALCOVE_CAN_ZERO, o->zalloc, "it claims ZERO, and has no zalloc"},
    };
    unsigned known = 0, claimed = 0, bit;
    size_t i;

#define ALCOVE_X(name, number, text) known |= (unsigned)ALCOVE_CAN_##name;
    ALCOVE_FEATURES(ALCOVE_X)
#undef ALCOVE_X
    if (k->features & ~known)
        alcove_kit_fail(k, "bits that stand for nothing are set: 0x%x",
                        k->features & ~known);
    for (i = 0; i < KIT_COUNT(all); i++)
        if (!is_backed(k, &all[i]))
            return;
    for (bit = known; bit; bit &= bit - 1)
        claimed += (k->features & bit & (~bit + 1)) != 0;
    alcove_kit_say(k, "%u capabilities are claimed", claimed);
}

void
alcove_check_require_told(struct kit *k)
{
    static const unsigned bits[] = {
#define ALCOVE_X(name, bit, text) ALCOVE_CAN_##name,
        ALCOVE_FEATURES(ALCOVE_X)
#undef ALCOVE_X
    };
    struct alcove_error err;
    size_t i, refused = 0;

    for (i = 0; i < KIT_COUNT(bits); i++) {
        bool claimed = (k->features & bits[i]) != 0;

        alcove_kit_unset(&err);
        alcove_kit_that(k, alcove_require(k->a, bits[i], &err) == claimed,
                        "0x%x: the answer is not what it claims", bits[i]);
        alcove_kit_that(k, errno == (claimed ? KIT_MARK : ENOTSUP),
                        "0x%x: errno is wrong", bits[i]);
        alcove_kit_that(k, alcove_kit_is_unset(&err) == claimed,
                        "0x%x: whether the error is filled is wrong", bits[i]);
        if (claimed)
            continue;
        alcove_kit_that(k, err.code == ALCOVE_ERR_UNSUPPORTED,
                        "0x%x: it is lacking as %s", bits[i],
                        alcove_code_name(err.code));
        alcove_kit_that(k, err.detail != NULL, "0x%x: what it is is not said",
                        bits[i]);
        refused++;
    }
    alcove_kit_say(k, "%zu capabilities there, %zu lacking",
                   KIT_COUNT(bits) - refused, refused);
}

/* ---- what is not claimed ---- */

/* Of what gives no blocks at all one hears UNSUPPORTED, or that it is full. */
static bool
no_alloc(struct kit *k, struct alcove_layout l)
{
    struct alcove_error err;
    void *p;

    alcove_kit_unset(&err);
    p = alcove_alloc(k->a, l, &err);
    if (p)
        return alcove_kit_adopt(k, p, l) != NULL;
    k->refused++;
    if (err.code == ALCOVE_ERR_UNSUPPORTED ||
        err.code == ALCOVE_ERR_ALLOC_FAILED)
        return true;
    return alcove_kit_fail(k, "it does not claim ALLOC, and refuses it as %s",
                           alcove_code_name(err.code));
}

static bool
no_dealloc(struct kit *k, struct alcove_layout l)
{
    struct alcove_error err;
    struct block *b = alcove_kit_take(k, l);
    bool checked = kit_can(k, ALCOVE_CAN_CHECKED);

    if (!b)
        return !alcove_kit_failed(k);
    alcove_kit_unset(&err);
    if (alcove_dealloc(k->a, b->p, b->l, &err)) {
        alcove_kit_forget(k, b);
        return true;
    }
    k->refused++;
    if (!alcove_kit_whole(k, b))
        return false;
    if (err.code == ALCOVE_ERR_UNSUPPORTED ||
        (checked && err.code == ALCOVE_ERR_NOT_OWNED))
        return true;
    return alcove_kit_fail(k, "it does not claim DEALLOC, and refuses it as %s",
                           alcove_code_name(err.code));
}

static bool
no_temp(struct kit *k, struct alcove_layout l)
{
    struct alcove_error err;
    size_t calls = 0;

    alcove_kit_unset(&err);
    if (alcove_alloc_temp(k->a, l, alcove_kit_count_call, &calls, &err)) {
        k->served++;
        if (calls == 1)
            return true;
        return alcove_kit_fail(k, "a callback was called %zu times", calls);
    }
    k->refused++;
    if (calls != 0)
        return alcove_kit_fail(k, "a callback of a refused temporary was "
                                  "called");
    if (err.code == ALCOVE_ERR_UNSUPPORTED ||
        err.code == ALCOVE_ERR_ALLOC_FAILED)
        return true;
    return alcove_kit_fail(k, "it does not claim TEMP, and refuses it as %s",
                           alcove_code_name(err.code));
}

static bool
no_owns(struct kit *k, struct alcove_layout l)
{
    struct block *b = alcove_kit_take(k, l);
    bool done;

    if (!b)
        return !alcove_kit_failed(k);
    done = alcove_checked_dealloc(k->a, b->p, b->l, &k->err);
    (void)alcove_kit_refused(k, "a checked release without OWNS", done,
                             ALCOVE_ERR_UNSUPPORTED, ALCOVE_ERR_UNSUPPORTED);
    return alcove_kit_give(k, b);
}

void
alcove_check_unclaimed_refused(struct kit *k)
{
    static const struct {
        unsigned feature;
        bool (*is_refused)(struct kit *k, struct alcove_layout l);
    } all[] = {
        {ALCOVE_CAN_ALLOC, no_alloc},
        {ALCOVE_CAN_DEALLOC, no_dealloc},
        {ALCOVE_CAN_TEMP, no_temp},
        {ALCOVE_CAN_OWNS, no_owns},
    };
    static const struct alcove_layout layouts[] = {
        {1, 1}, {24, 8}, {100, 64}, {5000, 16}};
    size_t i, j, lacking = 0;

    for (i = 0; i < KIT_COUNT(all); i++) {
        if (kit_can(k, all[i].feature))
            continue;
        lacking++;
        for (j = 0; j < KIT_COUNT(layouts); j++)
            if (!all[i].is_refused(k, layouts[j]))
                return;
    }
    if (lacking == 0)
        alcove_kit_skip(k, "it claims all that could be refused");
    alcove_kit_say(k, "%zu lacking: %zu calls refused, %zu served all the same",
                   lacking, k->refused, k->served);
}
