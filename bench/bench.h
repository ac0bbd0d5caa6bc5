/* SPDX-License-Identifier: MIT */
/* The loops of make bench, one a group: each contender puts its own calls into
 * the same body. In C and in C++.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "common.h"

#include <stdint.h>

enum {
    SLOTS = 10000, /* for blocks of a pool */
    PAGE = 4096,
    LINE = 64
};

#define ANY_SIZE ((size_t)-1)
#define MIXED ((size_t)0) /* the size, where sizes are mixed */

struct contender {
    const char *group, *name;
    void (*prepare)(void);      /* NULL: nothing */
    void (*loop)(size_t times); /* times as many operations */
    size_t size;                /* what this loop is for */
    size_t depths;              /* in so many places of the stack; 0: in one */
};

#ifdef __cplusplus
extern "C" {
#endif

extern const struct contender contenders[]; /* the last one has no group */

/* Read anew for each operation: the compiler does not know that they stay. */
extern size_t fixed_size, fixed_align;

extern size_t objects;            /* of an arena */
extern size_t growth_end;         /* bytes */
extern size_t object_sizes[1024]; /* 8 to 256, for MIXED objects */
extern size_t scope_sizes[1024];  /* 16 to 8192, for MIXED scopes */
extern void *slots[SLOTS];
void fill_and_read(void *block, void *arg);

#ifdef __cplusplus
}
#endif

/* All memory is read and written here, for all that the compiler knows. */
#define CLOBBER() __asm__ volatile("" : : : "memory")
/* `n` might have changed. */
#define LAUNDER(n) __asm__ volatile("" : "+r"(n))
#define KEEP(p) __asm__ volatile("" : : "r"(p))

/* ---- scope: a callback gets a block ---- */

/* `scope` has a block of `length` bytes given to `fn`, with &job. Of MIXED
 * sizes it gets each line written, and reads 16 KiB of other memory. */
#define SCOPES(name, scope)                                                    \
    APART static void scope_##name(size_t times)                               \
    {                                                                          \
        do {                                                                   \
            scope_fn *fn = callback;                                           \
            size_t length = size;                                              \
            scope;                                                             \
        } while (--times != 0);                                                \
    }                                                                          \
    APART static void mixed_##name(size_t times)                               \
    {                                                                          \
        do {                                                                   \
            scope_fn *fn = fill_and_read;                                      \
            size_t length = scope_sizes[times & 1023];                         \
            job.size = length;                                                 \
            scope;                                                             \
        } while (--times != 0);                                                \
    }
#define SCOPE_CONTENDERS(name, text, prepare)                                  \
    {"scope", text, prepare, scope_##name, ANY_SIZE, 0},                       \
        {"mixed", text, prepare, mixed_##name, ANY_SIZE, 8}

/* ---- arena: many objects, then the release of all ---- */

struct object {
    struct object *next;
};

/* `alloc` gives an object of `n` bytes; `release` releases all of `list`. */
#define ARENA_LOOP(name, length, begin, alloc, release)                        \
    APART static void name(size_t times)                                       \
    {                                                                          \
        do {                                                                   \
            struct object *list = NULL;                                        \
            size_t i = objects;                                                \
                                                                               \
            begin;                                                             \
            do {                                                               \
                const size_t n = length;                                       \
                struct object *o;                                              \
                                                                               \
                o = (struct object *)(alloc);                                  \
                LAUNDER(o);                                                    \
                if (!o)                                                        \
                    abort();                                                   \
                o->next = list;                                                \
                list = o;                                                      \
                LAUNDER(i);                                                    \
                CLOBBER();                                                     \
            } while (--i != 0);                                                \
            KEEP(list);                                                        \
            release;                                                           \
        } while (--times != 0);                                                \
    }
/* Sizes that the compiler does not know. */
#define ARENA(name, begin, alloc, release)                                     \
    ARENA_LOOP(arena_##name, fixed_size, begin, alloc, release)                \
    ARENA_LOOP(arena_##name##_mixed, object_sizes[i & 1023], begin, alloc,     \
               release)
#define ARENA_CONTENDERS(name, text, prepare)                                  \
    {"arena", text, prepare, arena_##name##_mixed, MIXED, 0},                  \
        {"arena", text, prepare, arena_##name, ANY_SIZE, 0}

#define RELEASE_EACH(release)                                                  \
    while (list) {                                                             \
        struct object *o = list;                                               \
        list = o->next;                                                        \
        release;                                                               \
    }

/* ---- pool: random allocations and releases of one size ---- */

/* `alloc` gives a block for `*slot`, `release` releases `p`. The generator is
 * one that takes no registers for constants. */
#define POOL(name, alloc, release)                                             \
    APART static void pool_##name(size_t times)                                \
    {                                                                          \
        static uint64_t x = 1;                                                 \
                                                                               \
        do {                                                                   \
            void **slot, *p;                                                   \
                                                                               \
            x ^= x << 13;                                                      \
            x ^= x >> 7;                                                       \
            x ^= x << 17;                                                      \
            slot = &slots[((x >> 32) * SLOTS) >> 32];                          \
            p = *slot;                                                         \
            if (p) {                                                           \
                KEEP(p);                                                       \
                *slot = NULL;                                                  \
                release;                                                       \
            } else {                                                           \
                p = alloc;                                                     \
                LAUNDER(p);                                                    \
                if (!p)                                                        \
                    abort();                                                   \
                *slot = p;                                                     \
                *(void **)p = slot;                                            \
            }                                                                  \
            CLOBBER();                                                         \
        } while (--times != 0);                                                \
    }

/* ---- growth: a block grows, and what is new of it is touched ---- */

/* `size` is the step in bytes, or MIXED for doubling. */
#define GROWTH(name, begin, grow)                                              \
    APART static void growth_##name(size_t times)                              \
    {                                                                          \
        size_t step = size, old, now = PAGE;                                   \
        char *p = (char *)(begin);                                             \
                                                                               \
        (void)times;                                                           \
        if (!p)                                                                \
            abort();                                                           \
        *p = 1;                                                                \
        while (now < growth_end) {                                             \
            old = now;                                                         \
            now += step == MIXED ? old : step;                                 \
            p = (char *)(grow);                                                \
            if (!p)                                                            \
                abort();                                                       \
            for (; old != now; old += PAGE)                                    \
                p[old] = 1;                                                    \
            CLOBBER();                                                         \
        }                                                                      \
    }

/* ---- vec: an array of int grows by one item after the other ---- */

/* `push` puts `n` behind the others. */
#define VEC(name, begin, push, end)                                            \
    APART static void vec_##name(size_t times)                                 \
    {                                                                          \
        do {                                                                   \
            size_t i = objects;                                                \
                                                                               \
            begin;                                                             \
            do {                                                               \
                int n = (int)i;                                                \
                                                                               \
                LAUNDER(n);                                                    \
                push;                                                          \
            } while (--i != 0);                                                \
            end;                                                               \
        } while (--times != 0);                                                \
    }

#endif /* BENCH_BENCH_H */
