/* SPDX-License-Identifier: MIT */
/* Allocators that are wrong only when their parent refuses, each in one way:
 * verify/oomdeep.c must find them all. */
#include <config.h>

#include "oombroken.h"

#include "mutant.h"

#include <errno.h>
#include <string.h>

/* Says nothing of a refusal. */
static void *
mute_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    struct alcove_error dropped;
    void *p = alcove_alloc(parent_of(a), l, &dropped);

    (void)err;
    return p;
}

/* Says that something else was refused. */
static void *
wrong_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    void *p = alcove_alloc(parent_of(a), l, err);

    if (!p && err) {
        err->allocator = alcove_name(a);
        err->cause = ALCOVE_CAUSE_OUT_OF_MEMORY;
        err->layout.size++;
    }
    return p;
}

/* Gives the old block back, although there is no new one. */
static void *
hasty_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    void *q = alcove_realloc(parent_of(a), p, old, new_, err);
    int saved = errno;

    if (!q)
        (void)alcove_dealloc(parent_of(a), p, old, NULL);
    errno = saved;
    return q;
}

/* Writes to the old block before it knows that there is a new one. */
static void *
early_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    unsigned char first = *(unsigned char *)p, *q;

    *(unsigned char *)p = 0xff;
    q = alcove_realloc(parent_of(a), p, old, new_, err);
    if (q)
        *q = first;
    return q;
}

/* Keeps what it took before it was refused. */
static void *
leaking_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
                struct alcove_layout new_, struct alcove_error *err)
{
    const struct alcove_layout note = {8, 8};
    void *more = alcove_alloc(parent_of(a), note, err), *q;

    if (!more)
        return NULL;
    q = alcove_realloc(parent_of(a), p, old, new_, err);
    if (q)
        (void)alcove_dealloc(parent_of(a), more, note, NULL);
    return q;
}

/* Runs the callback without a block. */
static bool
eager_temp(struct alcove_allocator *a, struct alcove_layout l,
           alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    char spare[64];

    if (alcove_alloc_temp(parent_of(a), l, fn, arg, err))
        return true;
    fn(spare, arg);
    return false;
}

/* Moves in place what its parent would not. */
static bool
bold_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
            struct alcove_layout new_)
{
    bool done = alcove_resize(parent_of(a), p, old, new_);

    if (!done && new_.size < old.size)
        memset((char *)p + new_.size, 0, old.size - new_.size);
    return done;
}

static const struct mutation mutations[] = {
    {"mute", NULL, {.alloc = mute_alloc}, 0, NULL},
    {"wrong", NULL, {.alloc = wrong_alloc}, 0, NULL},
    {"hasty", NULL, {.realloc = hasty_realloc}, 0, NULL},
    {"early", NULL, {.realloc = early_realloc}, 0, NULL},
    {"leaking", NULL, {.realloc = leaking_realloc}, 0, NULL},
    {"eager", NULL, {.alloc_temp = eager_temp}, 0, NULL},
    {"bold", NULL, {.resize = bold_resize}, 0, NULL},
};

#define OPEN(number)                                                           \
    static struct alcove_allocator *open_##number(                             \
        void *space, struct alcove_allocator *parent,                          \
        struct alcove_error *err)                                              \
    {                                                                          \
        (void)err;                                                             \
        return mutant_init(space, &mutations[number], parent);                 \
    }
OPEN(0)
OPEN(1)
OPEN(2)
OPEN(3)
OPEN(4)
OPEN(5)
OPEN(6)

#define BROKEN(name, number)                                                   \
    {                                                                          \
        name, sizeof(struct mutant), false, open_##number, NULL, NULL          \
    }
const struct maker broken_makers[] = {
    BROKEN("mute", 0),  BROKEN("wrong", 1),   BROKEN("hasty", 2),
    BROKEN("early", 3), BROKEN("leaking", 4), BROKEN("eager", 5),
    BROKEN("bold", 6),
};
const size_t broken_count = sizeof broken_makers / sizeof *broken_makers;
