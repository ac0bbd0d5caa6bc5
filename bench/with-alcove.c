/* SPDX-License-Identifier: MIT */
/* make bench: alcove, and what everything is compared with: nothing at all,
 * touching alone, the ideal.
 */
#include <alcove.h>
#include <alcove/pool.h>
#include <alcove/sizeclass.h>

#include "bench.h"
#include "pairs.h"

#include <pthread.h>
#include <sys/mman.h>

/* ---- scope ---- */

#define SCOPE_OF(a)                                                            \
    SCOPE(alcove_alloc_temp(a, LAYOUT(length, align), fn, &job, NULL))

SCOPES(none, fn(buffer, &job))
SCOPES(raw, with_alloca(length, &job, fn))
SCOPES(stack_16, SCOPE(alcove_stack_temp(LAYOUT(length, 16), fn, &job, NULL)))
SCOPES(stack, SCOPE(alcove_stack_temp(LAYOUT(length, align), fn, &job, NULL)))
SCOPES(stack_front, SCOPE_OF(alcove_stack()))
SCOPES(scratch, SCOPE_OF(alcove_scratch()))

/* ---- arena ---- */

static struct alcove_arena arena;
static struct alcove_arena *the_arena;

static void
prepare_arena(void)
{
    the_arena = &arena;
    alcove_arena_init(the_arena, alcove_malloc(), NULL, 0);
}

static void
prepare_huge_arena(void)
{
    the_arena = &arena;
    alcove_arena_init(the_arena, alcove_hugepage(), NULL, 0);
    alcove_arena_set_chunks(the_arena, 2 * 1024 * 1024, 32 * 1024 * 1024);
}

/* Memory that the objects are laid into without any allocator. */
static char *memory;

static void *
map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        abort();
    return p;
}

static void
prepare_memory(void)
{
    memory = map((objects + 1) * 256);
}

/* The first object is not at the beginning, which takes least instructions. */
#define NEXT(cursor, n) ((cursor) += (n))

#define THE_ARENA struct alcove_arena *a = the_arena
#define ARENA_ALLOC(n) alcove_arena_alloc(a, LAYOUT(n, 16), NULL)
#define FRONT_ALLOC(n, align)                                                  \
    alcove_alloc(&a->allocator, LAYOUT(n, align), NULL)
#define ARENA_OF(name, length, alloc)                                          \
    ARENA_LOOP(arena_##name, length, THE_ARENA, alloc, alcove_arena_reset(a))

ARENA(touch, char *cursor = memory, NEXT(cursor, n), (void)0)
ARENA_LOOP(arena_touch_16, 16, char *cursor = memory, NEXT(cursor, n), (void)0)
ARENA_LOOP(arena_touch_64, 64, char *cursor = memory, NEXT(cursor, n), (void)0)
ARENA(inline, THE_ARENA, ARENA_ALLOC(n), alcove_arena_reset(a))
ARENA(front, THE_ARENA, FRONT_ALLOC(n, fixed_align), alcove_arena_reset(a))
ARENA_OF(16, 16, ARENA_ALLOC(n))
ARENA_OF(64, 64, ARENA_ALLOC(n))
ARENA_OF(front_16, 16, FRONT_ALLOC(n, 16))
ARENA_OF(front_64, 64, FRONT_ALLOC(n, 16))

/* ---- pool ---- */

#define POOL_SIZE 64
#define POOL_LAYOUT LAYOUT(POOL_SIZE, 16)
#define POOL_ANY LAYOUT(fixed_size, fixed_align)

static void *free_list;

static void
prepare_pool_memory(void)
{
    char *p = memory = map((size_t)SLOTS * POOL_SIZE);
    size_t i;

    for (i = 0; i < SLOTS; i++, p += POOL_SIZE) {
        *(void **)p = free_list;
        free_list = p;
    }
}

static inline void *
pop(void)
{
    void *p = free_list;

    free_list = *(void **)p;
    return p;
}

static inline void
push(void *p)
{
    *(void **)p = free_list;
    free_list = p;
}

POOL(none, buffer, (void)0)
POOL(ideal, pop(), push(p))

static struct alcove_pool pool;
static struct alcove_sizeclass sizeclass;

static void
prepare_pool(void)
{
    if (!alcove_pool_init(&pool, POOL_LAYOUT, alcove_malloc(), NULL, 0, NULL))
        abort();
}

static void
prepare_sizeclass(void)
{
    alcove_sizeclass_init(&sizeclass, alcove_malloc());
}

POOL(inline, alcove_pool_alloc(&pool, NULL), alcove_pool_dealloc(&pool, p))
POOL(front, alcove_alloc(&pool.allocator, POOL_ANY, NULL),
     alcove_dealloc(&pool.allocator, p, POOL_ANY, NULL))
POOL(front_constant, alcove_alloc(&pool.allocator, POOL_LAYOUT, NULL),
     alcove_dealloc(&pool.allocator, p, POOL_LAYOUT, NULL))
POOL(sizeclass, alcove_sizeclass_alloc(&sizeclass, POOL_LAYOUT, NULL),
     alcove_sizeclass_dealloc(&sizeclass, p, POOL_LAYOUT, NULL))
POOL(sizeclass_any, alcove_sizeclass_alloc(&sizeclass, POOL_ANY, NULL),
     alcove_sizeclass_dealloc(&sizeclass, p, POOL_ANY, NULL))
POOL(sizeclass_front, alcove_alloc(&sizeclass.allocator, POOL_ANY, NULL),
     alcove_dealloc(&sizeclass.allocator, p, POOL_ANY, NULL))

POOL(sizeclass_front_constant,
     alcove_alloc(&sizeclass.allocator, POOL_LAYOUT, NULL),
     alcove_dealloc(&sizeclass.allocator, p, POOL_LAYOUT, NULL))

/* ---- dispatch ---- */

#define DISPATCH(name)                                                         \
    static void dispatch_##name(size_t times)                                  \
    {                                                                          \
        name(slot(), times);                                                   \
    }

DISPATCH(pair_base)
DISPATCH(direct_constant)
DISPATCH(table_constant)
DISPATCH(front_constant)
DISPATCH(direct_any)
DISPATCH(table_any)
DISPATCH(front_any)

/* ---- adapt: a pair through an adapter over alcove_malloc() ---- */

static union {
    struct alcove_limit limit;
    struct alcove_stats stats;
    struct alcove_trace trace;
    struct alcove_guard guard;
    struct alcove_fail fail;
    struct alcove_locked locked;
    struct alcove_seal seal;
    struct alcove_foreign foreign;
} adapter;
static struct alcove_allocator *adapted;

#define PREPARE(name, init)                                                    \
    static void prepare_##name(void)                                           \
    {                                                                          \
        if (!(init))                                                           \
            abort();                                                           \
        adapted = (struct alcove_allocator *)&adapter;                         \
    }

static void
ignore(const struct alcove_trace_event *event, void *arg)
{
    (void)event, (void)arg;
}

static void *
foreign_alloc(void *ctx, size_t length)
{
    (void)ctx;
    return malloc(length);
}

static void
foreign_free(void *ctx, void *p)
{
    (void)ctx;
    free(p);
}

static const struct alcove_foreign_functions functions = {
    .struct_size = sizeof functions,
    .alloc = foreign_alloc,
    .free = foreign_free,
};
static const struct alcove_fail_rule late = {.nth = SIZE_MAX};

PREPARE(limit, alcove_limit_init(&adapter.limit, alcove_malloc(), 1 << 20,
                                 SIZE_MAX, NULL))
PREPARE(stats, alcove_stats_init(&adapter.stats, alcove_malloc(), NULL))
PREPARE(trace,
        alcove_trace_init(&adapter.trace, alcove_malloc(), ignore, NULL, NULL))
PREPARE(guard, alcove_guard_init(&adapter.guard, alcove_malloc(), NULL, NULL))
PREPARE(fail, alcove_fail_init(&adapter.fail, alcove_malloc(), &late, NULL))
PREPARE(locked, alcove_locked_init(&adapter.locked, alcove_malloc(), NULL))
PREPARE(seal, alcove_seal_init(&adapter.seal, alcove_malloc(), NULL))
PREPARE(foreign, alcove_foreign_init(&adapter.foreign, &functions, NULL,
                                     2 * sizeof(void *), NULL))

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

APART static void *
locked_alloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    void *p;

    if (pthread_mutex_lock(&mutex) != 0)
        return NULL;
    p = alcove_alloc(a, l, err);
    pthread_mutex_unlock(&mutex);
    return p;
}

APART static bool
locked_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
               struct alcove_error *err)
{
    bool done;

    if (pthread_mutex_lock(&mutex) != 0)
        return false;
    done = alcove_dealloc(a, p, l, err);
    pthread_mutex_unlock(&mutex);
    return done;
}

PAIR(thin, alcove_thin_alloc(a, 64, NULL), alcove_thin_free(a, p, NULL))
PAIR_BY(by_hand, locked_alloc, locked_dealloc, LAYOUT(64, 16))

static void
adapt_pair(size_t times)
{
    pair_64_16(adapted, times);
}

#define ADAPT(name)                                                            \
    static void adapt_##name(size_t times)                                     \
    {                                                                          \
        name(alcove_malloc(), times);                                          \
    }

ADAPT(pair_base)
ADAPT(pair_malloc)
ADAPT(pair_64_16)
ADAPT(by_hand)
ADAPT(thin)

/* ---- growth ---- */

#define GROW(a) alcove_realloc(a, p, LAYOUT(old, 16), LAYOUT(now, 16), NULL)
#define GROWTH_OF(name, a)                                                     \
    GROWTH(name, alcove_alloc(a, LAYOUT(PAGE, 16), NULL), GROW(a))

GROWTH(touch, map(growth_end), p)
GROWTH_OF(malloc, alcove_malloc())
GROWTH_OF(page, alcove_page())
GROWTH_OF(arena, &the_arena->allocator)

static struct alcove_page_reserve reserve;

GROWTH_OF(reserve, &reserve.allocator)

static void
prepare_reserve(void)
{
    if (!alcove_page_reserve_init(&reserve, 2 * growth_end, NULL))
        abort();
}

static void
prepare_arena_over_reserve(void)
{
    the_arena = &arena;
    alcove_arena_init(the_arena, &reserve.allocator, NULL, 0);
    alcove_arena_set_chunks(the_arena, 64 * 1024, 1024 * 1024);
}

static void
prepare_reserved_arena(void)
{
    prepare_reserve();
    prepare_arena_over_reserve();
}

static void
prepare_huge_reserved_arena(void)
{
    if (!alcove_hugepage_reserve_init(&reserve, 2 * growth_end, NULL))
        abort();
    prepare_arena_over_reserve();
}

/* ---- vec ---- */

ALCOVE_VEC(ints, int);

static void
must(bool done)
{
    if (!done)
        abort();
}

VEC(none, int last = 0, last = n; LAUNDER(last), KEEP(last))
VEC(ints, struct ints v; must(ints_init(&v, alcove_malloc(), NULL)),
                         must(ints_push(&v, n, NULL)), KEEP(ints_data(&v));
    ints_done(&v, NULL))
VEC(layout, struct alcove_vec v;
    must(alcove_vec_init(&v, alcove_malloc(), ALCOVE_LAYOUT(int), NULL)),
    must(alcove_vec_push(&v, &n, NULL)), KEEP(v.data);
    alcove_vec_done(&v, NULL))

/* ---- all of them ---- */

const struct contender contenders[] = {
    SCOPE_CONTENDERS(none, "base", NULL),
    SCOPE_CONTENDERS(raw, "alloca", NULL),
    SCOPE_CONTENDERS(stack_16, "alcove stack 16", NULL),
    SCOPE_CONTENDERS(stack, "alcove stack", NULL),
    SCOPE_CONTENDERS(stack_front, "alcove stack, interface", NULL),
    SCOPE_CONTENDERS(scratch, "alcove scratch", NULL),
    ARENA_CONTENDERS(touch, "base", prepare_memory),
    {"arena", "base, constant", prepare_memory, arena_touch_16, 16, 0},
    {"arena", "base, constant", prepare_memory, arena_touch_64, 64, 0},
    {"arena", "alcove arena, constant", prepare_arena, arena_16, 16, 0},
    {"arena", "alcove arena, constant", prepare_arena, arena_64, 64, 0},
    ARENA_CONTENDERS(inline, "alcove arena", prepare_arena),
    ARENA_CONTENDERS(front, "alcove arena interface", prepare_arena),
    {"arena", "alcove arena interface, constant", prepare_arena, arena_front_16,
     16, 0},
    {"arena", "alcove arena interface, constant", prepare_arena, arena_front_64,
     64, 0},
    {"pool", "base", NULL, pool_none, ANY_SIZE, 0},
    {"pool", "ideal", prepare_pool_memory, pool_ideal, ANY_SIZE, 0},
    {"pool", "alcove pool", prepare_pool, pool_inline, ANY_SIZE, 0},
    {"pool", "alcove pool interface, constant", prepare_pool,
     pool_front_constant, ANY_SIZE, 0},
    {"pool", "alcove pool interface", prepare_pool, pool_front, ANY_SIZE, 0},
    {"pool", "alcove sizeclass, constant", prepare_sizeclass, pool_sizeclass,
     ANY_SIZE, 0},
    {"pool", "alcove sizeclass", prepare_sizeclass, pool_sizeclass_any,
     ANY_SIZE, 0},
    {"pool", "alcove sizeclass interface, constant", prepare_sizeclass,
     pool_sizeclass_front_constant, ANY_SIZE, 0},
    {"pool", "alcove sizeclass interface", prepare_sizeclass,
     pool_sizeclass_front, ANY_SIZE, 0},
    {"dispatch", "base", NULL, dispatch_pair_base, ANY_SIZE, 0},
    {"dispatch", "direct", NULL, dispatch_direct_constant, ANY_SIZE, 0},
    {"dispatch", "table", NULL, dispatch_table_constant, ANY_SIZE, 0},
    {"dispatch", "interface", NULL, dispatch_front_constant, ANY_SIZE, 0},
    {"dispatch", "direct, any layout", NULL, dispatch_direct_any, ANY_SIZE, 0},
    {"dispatch", "table, any layout", NULL, dispatch_table_any, ANY_SIZE, 0},
    {"dispatch", "interface, any layout", NULL, dispatch_front_any, ANY_SIZE,
     0},
    {"adapt", "base", NULL, adapt_pair_base, 64, 0},
    {"adapt", "malloc", NULL, adapt_pair_malloc, 64, 0},
    {"adapt", "alcove malloc", NULL, adapt_pair_64_16, 64, 0},
    {"adapt", "a mutex by hand", NULL, adapt_by_hand, 64, 0},
    {"adapt", "alcove locked", prepare_locked, adapt_pair, 64, 0},
    {"adapt", "alcove seal", prepare_seal, adapt_pair, 64, 0},
    {"adapt", "alcove limit", prepare_limit, adapt_pair, 64, 0},
    {"adapt", "alcove stats", prepare_stats, adapt_pair, 64, 0},
    {"adapt", "alcove fail", prepare_fail, adapt_pair, 64, 0},
    {"adapt", "alcove trace", prepare_trace, adapt_pair, 64, 0},
    {"adapt", "alcove guard", prepare_guard, adapt_pair, 64, 0},
    {"adapt", "alcove thin", NULL, adapt_thin, 64, 0},
    {"adapt", "alcove foreign", prepare_foreign, adapt_pair, 64, 0},
    {"growth", "base", NULL, growth_touch, ANY_SIZE, 0},
    {"growth", "alcove malloc", NULL, growth_malloc, ANY_SIZE, 0},
    {"growth", "alcove page", NULL, growth_page, ANY_SIZE, 0},
    {"growth", "alcove reserve", prepare_reserve, growth_reserve, ANY_SIZE, 0},
    {"growth", "alcove arena, reserve", prepare_reserved_arena, growth_arena,
     ANY_SIZE, 0},
    {"growth", "alcove arena, huge pages", prepare_huge_reserved_arena,
     growth_arena, ANY_SIZE, 0},
    ARENA_CONTENDERS(inline, "alcove arena, huge pages", prepare_huge_arena),
    {"vec", "base", NULL, vec_none, 4, 0},
    {"vec", "alcove vec", NULL, vec_ints, 4, 0},
    {"vec", "alcove vec, any layout", NULL, vec_layout, 4, 0},
    {NULL, NULL, NULL, NULL, 0, 0},
};
