/* SPDX-License-Identifier: MIT */
/* One contender does one thing over and over, for Callgrind to count the
 * instructions of.
 *
 *     count CONTENDER SIZE ALIGN TIMES
 *
 * It is done TIMES times to warm up, and as often again below measure(), where
 * Callgrind is to collect. All contenders of a family do the same with their
 * block, which is to touch both its ends: what the base of the family takes,
 * which allocates nothing, can be subtracted.
 */
#include "scopes.h"

#include <stdio.h>
#include <string.h>

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

/* ---- all of them ---- */

static const struct contender {
    const char *name;
    loop *loop;
    struct alcove_allocator *(*allocator)(void);
    size_t size, align; /* what this loop is for; 0: all */
} contenders[] = {
    {"scope-base", scope_base, alcove_stack, 0, 0},
    {"scope-alloca", scope_alloca, alcove_stack, 0, 0},
    {"scope-malloc", scope_malloc, alcove_stack, 0, 0},
    {"scope-16", scope_16, alcove_stack, 0, 16},
    {"scope-any", scope_any, alcove_stack, 0, 0},
    {"scope-stack", scope_front, alcove_stack, 0, 0},
    {"scope-scratch", scope_front, alcove_scratch, 0, 0},
    {"pair-base", pair_base, alcove_malloc, 0, 0},
    {"pair-malloc", pair_malloc, alcove_malloc, 0, 0},
    {"pair-posix_memalign", pair_posix_memalign, alcove_malloc, 0, 0},
    {"pair-any", pair_any, alcove_malloc, 0, 0},
    {"pair-constant", pair_64_16, alcove_malloc, 64, 16},
    {"pair-constant", pair_64_64, alcove_malloc, 64, 64},
    {"pair-constant", pair_4096_16, alcove_malloc, 4096, 16},
    {"pair-constant", pair_4096_64, alcove_malloc, 4096, 64},
    {"slot-direct-constant", direct_constant, slot, 64, 16},
    {"slot-table-constant", table_constant, slot, 64, 16},
    {"slot-front-constant", front_constant, slot, 64, 16},
    {"slot-direct-size", direct_size, slot, 0, 16},
    {"slot-table-size", table_size, slot, 0, 16},
    {"slot-front-size", front_size, slot, 0, 16},
    {"slot-direct-any", direct_any, slot, 0, 0},
    {"slot-table-any", table_any, slot, 0, 0},
    {"slot-front-any", front_any, slot, 0, 0},
};

static const struct contender *
find(const char *name)
{
    const struct contender *c = contenders;
    const struct contender *end = c + sizeof contenders / sizeof *contenders;

    for (; c < end; c++) {
        if (strcmp(c->name, name) == 0 && (!c->size || c->size == size) &&
            (!c->align || c->align == align))
            return c;
    }
    return NULL;
}

/* Not static, for Callgrind to know it by this name. */
void measure(const struct contender *c, size_t times);

APART void
measure(const struct contender *c, size_t times)
{
    c->loop(c->allocator(), times);
    __asm__ volatile(""); /* or the loop would be jumped to */
}

int
main(int argc, char **argv)
{
    const struct contender *c = NULL;
    size_t times = 0;

    if (argc == 5) {
        size = strtoul(argv[2], NULL, 10);
        align = strtoul(argv[3], NULL, 10);
        times = strtoul(argv[4], NULL, 10);
        c = find(argv[1]);
    }
    if (!c || size == 0 || size > sizeof buffer || times == 0) {
        fprintf(stderr, "Usage: count CONTENDER SIZE ALIGN TIMES\n");
        return 2;
    }
    job.size = size;
    c->loop(c->allocator(), times);
    measure(c, times);
    if (strncmp(c->name, "scope", 5) == 0 && job.calls != 2 * times) {
        fprintf(stderr, "count: %s: a scope was refused\n", c->name);
        return 1;
    }
    return 0;
}
