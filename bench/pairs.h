/* SPDX-License-Identifier: MIT */
/* Pairs of an allocation and a release in loops, by malloc, by alcove_malloc(),
 * and by a slot that has next to nothing behind the interface.
 */
#ifndef BENCH_PAIRS_H
#define BENCH_PAIRS_H

#include "scopes.h"

/* ---- pairs: allocate, look whether there is a block, touch it, release --- */

/* In functions of their own, as a program's would be, that call what they call
 * and do not jump there. Who releases a block knows that there is one. */
#define PAIR(name, allocate, release)                                          \
    APART static void *get_##name(struct alcove_allocator *a)                  \
    {                                                                          \
        void *p = allocate;                                                    \
                                                                               \
        (void)a;                                                               \
        __asm__ volatile("" : "+r"(p));                                        \
        return p;                                                              \
    }                                                                          \
    APART ALCOVE_NONNULL(2) static void put_##name(struct alcove_allocator *a, \
                                                   void *p)                    \
    {                                                                          \
        (void)a, (void)p;                                                      \
        release;                                                               \
        __asm__ volatile("");                                                  \
    }                                                                          \
    LOOP(name, {                                                               \
        void *p = get_##name(a);                                               \
        if (!p)                                                                \
            abort();                                                           \
        touch(p, size);                                                        \
        put_##name(a, p);                                                      \
    })
#define PAIR_BY(name, alloc, dealloc, layout)                                  \
    PAIR(name, alloc(a, layout, NULL), dealloc(a, p, layout, NULL))

static inline void *
memalign_posix(void)
{
    void *p;

    return posix_memalign(&p, align, size) == 0 ? p : NULL;
}

PAIR(pair_base, buffer, )
PAIR(pair_malloc, malloc(size), free(p))
PAIR(pair_posix_memalign, memalign_posix(), free(p))
PAIR_BY(pair_any, alcove_alloc, alcove_dealloc, LAYOUT(size, align))
PAIR_BY(pair_64_16, alcove_alloc, alcove_dealloc, LAYOUT(64, 16))
PAIR_BY(pair_64_64, alcove_alloc, alcove_dealloc, LAYOUT(64, 64))
PAIR_BY(pair_4096_16, alcove_alloc, alcove_dealloc, LAYOUT(4096, 16))
PAIR_BY(pair_4096_64, alcove_alloc, alcove_dealloc, LAYOUT(4096, 64))

/* ---- slots: pairs with next to nothing behind the interface ---- */

struct slot {
    struct alcove_allocator allocator;
    void *block; /* NULL while it is out */
};

APART static void *
slot_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    struct slot *s = (struct slot *)a;
    void *p = s->block;

    (void)l, (void)err;
    s->block = NULL;
    return p;
}

APART static bool
slot_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
             struct alcove_error *err)
{
    (void)l, (void)err;
    ((struct slot *)a)->block = p;
    return true;
}

static struct alcove_allocator *
slot(void)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "slot",
        .alloc = slot_alloc,
        .dealloc = slot_dealloc,
    };
    static struct slot s = {{&ops, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC},
                            buffer};

    return &s.allocator;
}

/* By the functions' names, by the table, by the front that looks at layouts. */
#define TABLE_ALLOC(a, l, err) (a)->ops->alloc(a, l, err)
#define TABLE_DEALLOC(a, p, l, err) (a)->ops->dealloc(a, p, l, err)
#define SLOT_PAIRS(what, layout)                                               \
    PAIR_BY(direct_##what, slot_alloc, slot_dealloc, layout)                   \
    PAIR_BY(table_##what, TABLE_ALLOC, TABLE_DEALLOC, layout)                  \
    PAIR_BY(front_##what, alcove_alloc, alcove_dealloc, layout)

SLOT_PAIRS(constant, LAYOUT(64, 16))
SLOT_PAIRS(size, LAYOUT(size, 16))
SLOT_PAIRS(any, LAYOUT(size, align))

#endif /* BENCH_PAIRS_H */
