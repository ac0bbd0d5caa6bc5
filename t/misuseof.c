/* SPDX-License-Identifier: MIT */
/* What allocators tell of their misuse by themselves, as two tables: which
 * pointers their checked operations know to be none of theirs, and all else
 * that is refused, by its code, its block, and in whose name. */
#include <config.h>

#include <alcove.h>

#include "guard.h"
#include "misuse.h"

/* ---- whose block is it? ---- */

/* Two of each kind, of which the second is the wrong one. */
struct kind {
    char buffer[4096];
    struct count parent;
    struct alcove_guard guard;
    struct alcove_arena arena;
    struct alcove_pool pool;
    struct alcove_page_reserve reserve;
    struct alcove_sizeclass sizeclass;
    union {
        struct alcove_limit limit;
        struct alcove_stats stats;
        struct alcove_fail fail;
        struct alcove_seal seal;
        struct alcove_fallback fallback;
        struct alcove_segregate sizes;
    } over;
};

static const struct alcove_layout mine = {24, 8}, slot = {64, 16};

static struct alcove_allocator *
make_heap(struct kind *k)
{
    count_init(&k->parent, ALL);
    return &k->parent.allocator;
}

static struct alcove_allocator *
make_guard(struct kind *k)
{
    return alcove_guard_init(&k->guard, make_heap(k), NULL, NULL)
               ? &k->guard.allocator
               : NULL;
}

static struct alcove_allocator *
make_arena(struct kind *k)
{
    alcove_arena_init(&k->arena, NULL, k->buffer, sizeof k->buffer);
    return &k->arena.allocator;
}

static struct alcove_allocator *
make_pool(struct kind *k)
{
    return alcove_pool_init(&k->pool, slot, NULL, k->buffer, sizeof k->buffer,
                            NULL)
               ? &k->pool.allocator
               : NULL;
}

static struct alcove_allocator *
make_reserve(struct kind *k)
{
    return alcove_page_reserve_init(&k->reserve, 65536, NULL)
               ? &k->reserve.allocator
               : NULL;
}

static struct alcove_allocator *
make_sizeclass(struct kind *k)
{
    alcove_sizeclass_init(&k->sizeclass, make_heap(k));
    return &k->sizeclass.allocator;
}

static struct alcove_allocator *
make_limit(struct kind *k)
{
    return alcove_limit_init(&k->over.limit, make_pool(k), 1000, 10, NULL)
               ? &k->over.limit.allocator
               : NULL;
}

static struct alcove_allocator *
make_stats(struct kind *k)
{
    return alcove_stats_init(&k->over.stats, make_pool(k), NULL)
               ? &k->over.stats.allocator
               : NULL;
}

static struct alcove_allocator *
make_fail(struct kind *k)
{
    static const struct alcove_fail_rule nothing;

    return alcove_fail_init(&k->over.fail, make_pool(k), &nothing, NULL)
               ? &k->over.fail.allocator
               : NULL;
}

static struct alcove_allocator *
make_seal(struct kind *k)
{
    return alcove_seal_init(&k->over.seal, make_pool(k), NULL)
               ? &k->over.seal.allocator
               : NULL;
}

static struct alcove_allocator *
make_fallback(struct kind *k)
{
    return alcove_fallback_init(&k->over.fallback, make_pool(k), make_heap(k),
                                NULL)
               ? &k->over.fallback.allocator
               : NULL;
}

static struct alcove_allocator *
make_sizes(struct kind *k)
{
    return alcove_segregate_init(&k->over.sizes, make_pool(k), make_heap(k), 64,
                                 NULL)
               ? &k->over.sizes.allocator
               : NULL;
}

static struct alcove_allocator *
make_null(struct kind *k)
{
    (void)k;
    return alcove_null();
}

/* The columns: what is given to the checked operations. N: it is refused as
 * NOT_OWNED, and nothing is touched. -: the allocator cannot know, and takes it
 * for its own.
 *
 *   1 a local variable   2 a static one   3 a string literal   4 the heap's
 *   5 the number 1       6 the number -1  7 the allocator itself
 *   8 its block, from the second byte on  9 ...from the second item on
 *   a its end            b a byte before  c another allocator's of the kind
 *   d a released block   e a size that is too small   f far too large
 *   g an alignment that is too large */
/* clang-format off */
static const struct owner {
    const char *name;
    struct alcove_allocator *(*make)(struct kind *k);
    const char *tells;
} owners[] = {
    /*                            123456789abcdefg */
    {"arena", make_arena,        "NNNNNNN---NNN-N-"},
    {"pool", make_pool,          "NNNNNNNNNNNNN-NN"},
    {"guard", make_guard,        "NNNNNNNNNNNNNNNN"},
    {"page reserve", make_reserve, "NNNNNNNNNNNNNNNN"},
    {"sizeclass", make_sizeclass, "NNNNNNNNNNNNN-NN"},
    {"limit", make_limit,        "NNNNNNNNNNNNN-NN"},
    {"stats", make_stats,        "NNNNNNNNNNNNN-NN"},
    {"fail", make_fail,          "NNNNNNNNNNNNN-NN"},
    {"seal", make_seal,          "NNNNNNNNNNNNN-NN"},
    {"fallback", make_fallback,  "NNNNNNNNNNNNN-NN"},
    {"segregate", make_sizes,    "NNNNNNNNNNNNN-NN"},
    {"null", make_null,          "NNNNNNN"},
};
/* clang-format on */

struct given {
    char *p;
    struct alcove_layout l;
};

/* Not the last of its kind, but for the release. */
static struct given
column(char c, struct alcove_allocator *x, struct alcove_allocator *other,
       char *local, void *on_heap, char *block)
{
    static char in_data[32];
    static const char literal[] = "long enough for a block of that size";
    struct given g = {block, mine};

    switch (c) {
    case '1':
        g.p = local;
        break;
    case '2':
        g.p = in_data;
        break;
    case '3':
        g.p = (char *)(uintptr_t)literal;
        break;
    case '4':
        g.p = on_heap;
        break;
    case '5':
        g.p = (char *)(uintptr_t)1;
        break;
    case '6':
        g.p = (char *)UINTPTR_MAX;
        break;
    case '7':
        g.p = (char *)x;
        break;
    case '8':
        g.p += 1;
        g.l.size = 8;
        break;
    case '9':
        g.p += 8;
        g.l.size = 8;
        break;
    case 'a':
        g.p += mine.size;
        g.l.size = 8;
        break;
    case 'b':
        g.p -= 1;
        break;
    case 'c':
        g.p = alcove_alloc(other, mine, NULL);
        break;
    case 'd':
        (void)alcove_dealloc(x, block, mine, NULL);
        break;
    case 'e':
        g.l.size = 17;
        break;
    case 'f':
        g.l.size = 100000;
        break;
    case 'g':
        g.l.align = 32;
        break;
    }
    return g;
}

static bool
says_not_owned(const char *name, struct given g)
{
    return err.code == ALCOVE_ERR_NOT_OWNED && errno == EPERM &&
           err.block == g.p && err.layout.size == g.l.size &&
           err.layout.align == g.l.align && strcmp(err.allocator, name) == 0;
}

static bool
is_refused(struct alcove_allocator *x, const char *name, struct given g)
{
    const struct alcove_layout then = {g.l.size + 8, 4096};

    return !alcove_owns(x, g.p, g.l) && before() &&
           !alcove_checked_dealloc(x, g.p, g.l, &err) &&
           says_not_owned(name, g) && before() &&
           !alcove_checked_realloc(x, g.p, g.l, then, &err) &&
           says_not_owned(name, g) && before() &&
           !alcove_checked_rezalloc(x, g.p, g.l, then, &err) &&
           says_not_owned(name, g) &&
           !alcove_checked_dealloc(x, g.p, g.l, NULL);
}

/* Every fresh pair serves for one column. */
static bool
is_as_told(const struct owner *o, char c, bool told)
{
    static struct kind one, two;
    struct alcove_allocator *x = o->make(&one), *other = o->make(&two);
    char local[64], *block = NULL, *on_heap = malloc(64);
    struct given g;
    bool good;

    memset(local, 7, sizeof local);
    memset(on_heap, 8, 64);
    if (alcove_features(x) & ALCOVE_CAN_ALLOC) {
        block = alcove_alloc(x, mine, NULL);
        if (!block)
            bail_out("no block of %s", o->name);
        memset(block, 6, mine.size);
    }
    g = column(c, x, other, local, on_heap, block);
    if (told)
        good = is_refused(x, o->name, g);
    else /* passing through, or with a tool, more is known */
        good = alcove_owns(x, g.p, g.l) || getenv("ALCOVE_PASSTHROUGH") ||
               alcove_tools_watch();
    good = good && holds(local, 7, sizeof local) && holds(on_heap, 8, 64) &&
           (!block || c == 'd' || holds(block, 6, mine.size));
    if (block && c != 'd')
        good = alcove_checked_dealloc(x, block, mine, NULL) && good;
    if (c == 'c')
        good = alcove_dealloc(other, g.p, mine, NULL) && good;
    if (o->make == make_guard)
        good = alcove_guard_done(&one.guard, NULL) &&
               alcove_guard_done(&two.guard, NULL) && good;
    if (o->make == make_arena) {
        alcove_arena_done(&one.arena);
        alcove_arena_done(&two.arena);
    } else if (o->make == make_reserve) {
        alcove_page_reserve_done(&one.reserve);
        alcove_page_reserve_done(&two.reserve);
    } else if (o->make == make_sizeclass) {
        alcove_sizeclass_done(&one.sizeclass);
        alcove_sizeclass_done(&two.sizeclass);
    } else if (o->make != make_guard && o->make != make_null) {
        alcove_pool_done(&one.pool);
        alcove_pool_done(&two.pool);
    }
    free(on_heap);
    return good;
}

static void
test_owners(void)
{
    static const char columns[] = "123456789abcdefg";
    size_t i, c, bad;

    for (i = 0; i < COUNT(owners); i++) {
        const struct owner *o = &owners[i];

        if (o->make == make_reserve && !ALCOVE_HAVE_PAGE) {
            skip(1, "there are no pages");
            continue;
        }
        for (bad = 0, c = 0; c < strlen(o->tells); c++)
            if (!is_as_told(o, columns[c], o->tells[c] == 'N')) {
                bad++;
                diag("%s, column %c", o->name, columns[c]);
            }
        is_size(bad, 0, "%s knows its own: %s", o->name, o->tells);
    }
}

/* ---- everything else ---- */

static struct kind one, two;
static const void *about; /* what err.block should be */

/* Compilers are not to know what is done to it: they see some of it. */
static char *
given(void *p)
{
    char *volatile hidden = p;

    if (!p)
        bail_out("no block");
    return hidden;
}

static volatile size_t three = 3;

/* A table without any operation that may be missing, whatever it claims. */
static char bare_memory[1024];
static size_t bare_used;

static void *
bare_alloc(struct alcove_allocator *x, struct alcove_layout l,
           struct alcove_error *e)
{
    uintptr_t start = (uintptr_t)bare_memory;
    size_t at = up(start + bare_used, l.align < 64 ? 64 : l.align) - start;

    if (at + l.size > sizeof bare_memory)
        return alcove_unsupported_alloc(x, l, e);
    bare_used = at + l.size;
    return bare_memory + at;
}

static bool
bare_dealloc(struct alcove_allocator *x, void *p, struct alcove_layout l,
             struct alcove_error *e)
{
    (void)x;
    (void)p;
    (void)l;
    (void)e;
    return true;
}

static struct alcove_allocator *
make_bare(unsigned features)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "bare",
        .alloc = bare_alloc,
        .dealloc = bare_dealloc,
    };
    static struct alcove_allocator bare;

    bare.ops = &ops;
    bare.features = features;
    bare_used = 0;
    return &bare;
}

#define ALL_FEATURES (2 * (unsigned)ALCOVE_CAN_ZERO - 1)

static bool
bare_does_not_claim(void)
{
    struct alcove_allocator *x = make_bare(ALCOVE_CAN_ALLOC);

    return !alcove_checked_dealloc(x, given(alcove_alloc(x, mine, NULL)), mine,
                                   &err);
}

static bool
bare_claims_owns(void)
{
    struct alcove_allocator *x = make_bare(ALL_FEATURES);

    about = alcove_alloc(x, mine, NULL);
    return !alcove_checked_dealloc(x, (void *)(uintptr_t)about, mine, &err);
}

static bool
bare_scope(void)
{
    struct visit v = {.size = 24, .align = 8, .poke = PTRDIFF_MIN};

    return !alcove_alloc_temp(make_bare(ALCOVE_CAN_ALLOC), mine, visit, &v,
                              &err) &&
           v.calls == 0;
}

static bool
bare_move(void)
{
    struct alcove_allocator *x = make_bare(ALCOVE_CAN_ALLOC);
    char *p = given(alcove_alloc(x, mine, NULL));

    return !alcove_resize(x, p, mine, slot) &&
           !alcove_realloc(x, p, mine, slot, &err);
}

static bool
no_alloc(void)
{
    return !alcove_unsupported_alloc(make_bare(0), mine, &err);
}

static bool
no_dealloc(void)
{
    return !alcove_unsupported_dealloc(make_bare(0), bare_memory, mine, &err);
}

/* ---- what cannot be wrapped ---- */

static bool
limit_of_nothing(void)
{
    return !alcove_limit_init(&one.over.limit, NULL, 1, 1, &err);
}

static bool
limit_of_itself(void)
{
    struct alcove_limit *x = &one.over.limit;

    return !alcove_limit_init(x, &x->allocator, 1, 1, &err);
}

static bool
stats_of_itself(void)
{
    struct alcove_stats *x = &one.over.stats;

    return !alcove_stats_init(x, &x->allocator, &err);
}

static bool
seal_of_nothing(void)
{
    return !alcove_seal_init(&one.over.seal, NULL, &err);
}

static bool
guard_of_itself(void)
{
    return !alcove_guard_init(&guard, a, NULL, &err);
}

static bool
fallback_of_one(void)
{
    struct alcove_allocator *x = make_pool(&one);
    bool refused = !alcove_fallback_init(&one.over.fallback, x, x, &err);

    alcove_pool_done(&one.pool);
    return refused;
}

static bool
fallback_blind(void)
{
    return !alcove_fallback_init(&one.over.fallback, alcove_malloc(),
                                 alcove_null(), &err);
}

static bool
segregate_of_itself(void)
{
    struct alcove_segregate *x = &one.over.sizes;

    return !alcove_segregate_init(x, alcove_malloc(), &x->allocator, 8, &err);
}

static bool
trace_to_nobody(void)
{
    struct alcove_trace x;

    return !alcove_trace_init(&x, alcove_malloc(), NULL, NULL, &err);
}

static void *
crooked_alloc(void *ctx, size_t size)
{
    (void)size;
    return (char *)ctx + 1;
}

static void
crooked_free(void *ctx, void *p)
{
    (void)ctx;
    (void)p;
}

static const struct alcove_foreign_functions crooked = {
    .struct_size = sizeof crooked,
    .name = "crooked",
    .alloc = crooked_alloc,
    .free = crooked_free,
};

static bool
foreign_without(void)
{
    struct alcove_foreign_functions f = crooked;
    struct alcove_foreign x;

    f.free = NULL;
    return !alcove_foreign_init(&x, &f, NULL, 8, &err);
}

static bool
foreign_by_three(void)
{
    struct alcove_foreign x;

    return !alcove_foreign_init(&x, &crooked, NULL, 3, &err);
}

static bool
foreign_lies(void)
{
    struct alcove_foreign x;

    return alcove_foreign_init(&x, &crooked, bare_memory, 8, NULL) &&
           !alcove_alloc(&x.allocator, mine, &err);
}

/* ---- at the wrong time ---- */

static bool
limit_with_live(void)
{
    struct alcove_allocator *x = make_limit(&one);
    void *p = given(alcove_alloc(x, mine, NULL));
    bool refused = !alcove_limit_done(&one.over.limit, &err) && err.limit == 24;

    refused = refused && alcove_dealloc(x, p, mine, NULL) &&
              alcove_limit_done(&one.over.limit, NULL);
    alcove_pool_done(&one.pool);
    return refused;
}

static bool
limit_below_live(void)
{
    struct alcove_allocator *x = make_limit(&one);
    void *p = given(alcove_alloc(x, mine, NULL));
    bool refused =
        !alcove_limit_set(&one.over.limit, 23, 10, &err) && err.limit == 24;

    refused = refused && alcove_limit_left(&one.over.limit) == 1000 - 24 &&
              alcove_dealloc(x, p, mine, NULL);
    alcove_pool_done(&one.pool);
    return refused;
}

static bool
stats_with_live(void)
{
    struct alcove_allocator *x = make_stats(&one);
    void *p = given(alcove_alloc(x, mine, NULL));
    bool refused = !alcove_stats_done(&one.over.stats, &err) && err.limit == 24;

    refused = refused && alcove_dealloc(x, p, mine, NULL) &&
              alcove_stats_done(&one.over.stats, NULL);
    alcove_pool_done(&one.pool);
    return refused;
}

/* A sealed block can still be released. */
static bool
sealed(bool (*misuse)(struct alcove_allocator *x, void *p))
{
    struct alcove_allocator *x = make_seal(&one);
    void *p = given(alcove_alloc(x, mine, NULL));
    bool refused;

    alcove_seal(&one.over.seal);
    memset(p, 4, mine.size);
    refused = misuse(x, p) && holds(p, 4, mine.size) &&
              alcove_dealloc(x, p, mine, NULL);
    alcove_pool_done(&one.pool);
    return refused;
}

static bool
allocates(struct alcove_allocator *x, void *p)
{
    (void)p;
    return !alcove_alloc(x, mine, &err);
}

static bool
grows(struct alcove_allocator *x, void *p)
{
    return !alcove_grow(x, p, mine, slot, &err);
}

static bool
releases_foreign(struct alcove_allocator *x, void *p)
{
    about = (char *)p + 8;
    return !alcove_checked_dealloc(x, (char *)p + 8, mine, &err);
}

static bool
sealed_alloc(void)
{
    return sealed(allocates);
}

static bool
sealed_grow(void)
{
    return sealed(grows);
}

static bool
sealed_foreign(void)
{
    return sealed(releases_foreign);
}

static bool
zone_twice(void)
{
    struct alcove_zone zone;
    bool refused =
        alcove_zone_enter(&zone, NULL) && !alcove_zone_enter(&zone, &err);

    (void)alcove_zone_leave(&zone);
    return refused;
}

static bool
later_mark(void)
{
    struct alcove_allocator *x = make_arena(&one);
    struct alcove_arena_position mark;
    bool refused;

    (void)given(alcove_alloc(x, mine, NULL));
    mark = alcove_arena_mark(&one.arena);
    alcove_arena_reset(&one.arena);
    before();
    refused = !alcove_arena_rewind(&one.arena, mark, &err) &&
              alcove_arena_used(&one.arena) == 0;
    alcove_arena_done(&one.arena);
    return refused;
}

static bool
others_mark(void)
{
    struct alcove_allocator *x = make_arena(&one);
    bool refused;

    (void)make_arena(&two);
    (void)given(alcove_alloc(x, mine, NULL));
    refused =
        !alcove_arena_rewind(&one.arena, alcove_arena_mark(&two.arena), &err) &&
        alcove_arena_used(&one.arena) >= mine.size;
    alcove_arena_done(&one.arena);
    alcove_arena_done(&two.arena);
    return refused;
}

static bool
second_in_reserve(void)
{
    struct alcove_allocator *x = make_reserve(&one);
    bool refused;

    (void)given(alcove_alloc(x, mine, NULL));
    refused = !alcove_alloc(x, mine, &err);
    alcove_page_reserve_done(&one.reserve);
    return refused;
}

static bool
another_size_in_reserve(void)
{
    struct alcove_allocator *x = make_reserve(&one);
    char *p = given(alcove_alloc(x, mine, NULL));
    bool refused;

    about = p;
    refused = !alcove_dealloc(x, p, slot, &err) && err.old.size == 24 &&
              alcove_dealloc(x, p, mine, NULL);
    alcove_page_reserve_done(&one.reserve);
    return refused;
}

static bool
foreign_to_reserve(void)
{
    struct alcove_allocator *x = make_reserve(&one);
    char local[24];
    bool refused;

    about = local;
    refused = !alcove_dealloc(x, local, mine, &err) &&
              !alcove_realloc(x, local, mine, slot, NULL);
    alcove_page_reserve_done(&one.reserve);
    return refused;
}

static bool
locked_after_done(void)
{
    static struct alcove_locked x;

    return alcove_locked_init(&x, make_heap(&one), NULL) &&
           alcove_locked_done(&x, NULL) &&
           !alcove_alloc(&x.allocator, mine, &err);
}

static bool
locked_done_twice(void)
{
    static struct alcove_locked x;

    return alcove_locked_init(&x, make_heap(&one), NULL) &&
           alcove_locked_done(&x, NULL) && !alcove_locked_done(&x, &err);
}

static bool
stack_block(void)
{
    return !alcove_alloc(alcove_stack(), mine, &err);
}

static bool
stack_release(void)
{
    char local[24];

    return !alcove_dealloc(alcove_stack(), local, mine, &err);
}

static bool
pool_of_nothing(void)
{
    return !alcove_pool_init(&one.pool, lay(0, 8), NULL, NULL, 0, &err);
}

static bool
pool_item_too_large(void)
{
    struct alcove_allocator *x = make_pool(&one);
    bool refused = !alcove_alloc(x, lay(65, 8), &err) && err.limit == 64;

    alcove_pool_done(&one.pool);
    return refused;
}

/* ---- through others, the guard sees it ---- */

/* A guard below: is all of it given back, and was it as it should be? */
static bool
given_back(bool refused)
{
    return refused && alcove_guard_check(&guard, NULL) && ends();
}

static bool
repaired(bool refused)
{
    return refused && alcove_guard_repair(&guard, about, NULL);
}

static bool
arena_reset(void)
{
    char *p;
    bool found;

    begin(NULL);
    alcove_arena_init(&one.arena, a, NULL, 0);
    alcove_arena_pass_through(&one.arena);
    p = given(alcove_arena_alloc(&one.arena, mine, NULL));
    alcove_arena_reset(&one.arena);
    about = p;
    poke(p, 5, 1);
    found = repaired(!alcove_guard_check(&guard, &err) && err.offset == 5);
    alcove_arena_done(&one.arena);
    return given_back(found);
}

static bool
arena_rewound(void)
{
    struct alcove_arena_position mark;
    char *p;
    bool found;

    begin(NULL);
    alcove_arena_init(&one.arena, a, NULL, 0);
    alcove_arena_pass_through(&one.arena);
    (void)given(alcove_arena_alloc(&one.arena, mine, NULL));
    mark = alcove_arena_mark(&one.arena);
    p = given(alcove_arena_alloc(&one.arena, mine, NULL));
    (void)alcove_arena_rewind(&one.arena, mark, NULL);
    about = p;
    poke(p, 23, 1);
    found = repaired(!alcove_guard_check(&guard, &err) && err.offset == 23);
    alcove_arena_done(&one.arena);
    return given_back(found);
}

static bool
arena_overrun(void)
{
    char *p;
    bool found;

    begin(NULL);
    alcove_arena_init(&one.arena, a, NULL, 0);
    alcove_arena_pass_through(&one.arena);
    p = given(alcove_arena_alloc(&one.arena, mine, NULL));
    about = p;
    poke(p, 24, 1);
    found = repaired(!alcove_guard_check(&guard, &err) && err.offset == 24);
    alcove_arena_done(&one.arena);
    return given_back(found);
}

static bool
pool_over_guard(bool (*misuse)(struct alcove_pool *pool, char *p))
{
    char *p;
    bool refused;

    begin(NULL);
    (void)alcove_pool_init(&one.pool, slot, a, NULL, 0, NULL);
    alcove_pool_pass_through(&one.pool);
    p = given(alcove_pool_alloc(&one.pool, NULL));
    about = p;
    refused = misuse(&one.pool, p);
    alcove_pool_done(&one.pool);
    return given_back(refused);
}

static bool
put_twice(struct alcove_pool *pool, char *p)
{
    return alcove_dealloc(&pool->allocator, p, slot, NULL) &&
           !alcove_dealloc(&pool->allocator, p, slot, &err);
}

static bool
put_middle(struct alcove_pool *pool, char *p)
{
    about = p + 16;
    return !alcove_dealloc(&pool->allocator, p + 16, slot, &err);
}

static bool
put_overrun(struct alcove_pool *pool, char *p)
{
    poke(p, 64, 1);
    return repaired(!alcove_dealloc(&pool->allocator, p, slot, &err) &&
                    err.offset == 64);
}

static bool
pool_put_twice(void)
{
    return pool_over_guard(put_twice);
}

static bool
pool_put_middle(void)
{
    return pool_over_guard(put_middle);
}

static bool
pool_put_overrun(void)
{
    return pool_over_guard(put_overrun);
}

static bool
sizeclass_twice(void)
{
    char *p;
    bool refused;

    begin(NULL);
    alcove_sizeclass_init(&one.sizeclass, a);
    alcove_sizeclass_pass_through(&one.sizeclass);
    about = p = given(alcove_sizeclass_alloc(&one.sizeclass, mine, NULL));
    refused = alcove_sizeclass_dealloc(&one.sizeclass, p, mine, NULL) &&
              !alcove_sizeclass_dealloc(&one.sizeclass, p, mine, &err);
    alcove_sizeclass_done(&one.sizeclass);
    return given_back(refused);
}

/* Where the block would have to move, the wrong one must not be read. */
static bool
fallback_moves(void *p, struct alcove_layout l)
{
    struct alcove_allocator *first = make_guard(&one), *x;
    bool refused;

    begin(NULL);
    about = p;
    x = alcove_fallback_init(&two.over.fallback, first, a, NULL)
            ? &two.over.fallback.allocator
            : NULL;
    refused = alcove_require(x, ALCOVE_CAN_CHECKED, NULL) && before() &&
              !alcove_realloc(x, p, l, lay(l.size + 8, 16), &err) &&
              one.guard.live.blocks == 0 && guard.live.blocks == 0;
    return alcove_guard_done(&one.guard, NULL) && given_back(refused);
}

static bool
fallback_moves_number(void)
{
    return fallback_moves((void *)(uintptr_t)8, mine);
}

static bool
fallback_moves_local(void)
{
    char local[8] = {0};

    return fallback_moves(local, lay((size_t)1 << 24, 8));
}

static bool
segregate_moves(bool foreign)
{
    struct alcove_allocator *large = make_guard(&one), *x;
    const struct alcove_layout far = {ALCOVE_SIZE_MAX / 4, 8};
    char *p;
    bool refused;

    begin(NULL);
    x = alcove_segregate_init(&two.over.sizes, large, a, 1000, NULL)
            ? &two.over.sizes.allocator
            : NULL;
    p = given(alcove_alloc(x, lay(2000, 8), NULL));
    memset(p, 1, 2000);
    about = foreign ? (void *)(uintptr_t)8 : p;
    refused = alcove_require(x, ALCOVE_CAN_CHECKED, NULL) && before() &&
              !alcove_realloc(x, foreign ? (void *)(uintptr_t)8 : p, far, mine,
                              &err) &&
              one.guard.live.blocks == 0 && holds(p, 1, 2000) &&
              alcove_dealloc(x, p, lay(2000, 8), NULL);
    return alcove_guard_done(&one.guard, NULL) && given_back(refused);
}

/* The new block is a small one: as many bytes as that has are read. */
static bool
segregate_moves_number(void)
{
    return segregate_moves(true);
}

static bool
segregate_moves_another(void)
{
    return segregate_moves(false);
}

/* ---- boxes, vectors, strings ---- */

static bool
box_of_nobody(void)
{
    struct alcove_box box;

    return !alcove_box_make(&box, NULL, mine, &err);
}

static bool
box_empty(void)
{
    struct alcove_box box = ALCOVE_BOX_EMPTY;

    return !alcove_box_resize(&box, mine, &err);
}

static bool
box_crooked(void)
{
    struct alcove_box box;

    about = bare_memory + 1;
    return !alcove_box_from_raw(&box, alcove_malloc(), bare_memory + 1,
                                lay(24, 2), &err);
}

static bool
box_over_guard(bool (*misuse)(struct alcove_box *box))
{
    struct alcove_box box, copy;
    bool refused;

    begin(NULL);
    if (!alcove_box_make(&box, a, mine, NULL))
        return false;
    about = box.data;
    copy = box;
    refused = misuse(&box);
    if (copy.data == box.data)
        refused = alcove_box_drop(&copy, NULL) && refused;
    return given_back(refused);
}

static bool
drop_copy(struct alcove_box *box)
{
    struct alcove_box copy = *box;

    return alcove_box_drop(box, NULL) && !alcove_box_drop(&copy, &err) &&
           copy.data == about;
}

static bool
drop_resized(struct alcove_box *box)
{
    box->layout.size = 25;
    return !alcove_box_drop(box, &err) && err.old.size == 24;
}

static bool
drop_overrun(struct alcove_box *box)
{
    poke(box->data, 24, 1);
    return repaired(!alcove_box_drop(box, &err) && err.offset == 24);
}

static bool
box_copied(void)
{
    return box_over_guard(drop_copy);
}

static bool
box_resized(void)
{
    return box_over_guard(drop_resized);
}

static bool
box_overrun(void)
{
    return box_over_guard(drop_overrun);
}

static bool
vec_of_nobody(void)
{
    struct alcove_vec v = ALCOVE_VEC_EMPTY;

    return !alcove_vec_push(&v, "", &err);
}

static bool
vec_over_guard(bool (*misuse)(struct alcove_vec *v))
{
    struct alcove_vec v;
    bool refused = true;
    int i;

    begin(NULL);
    if (!alcove_vec_init(&v, a, ALCOVE_LAYOUT(int), NULL))
        return false;
    for (i = 0; i < 4; i++)
        refused = alcove_vec_push(&v, &i, NULL) && refused;
    refused = misuse(&v) && refused && v.count == 4 && alcove_vec_ok(&v);
    return given_back(alcove_vec_done(&v, NULL) && refused);
}

static bool
push_null(struct alcove_vec *v)
{
    return !alcove_vec_push(v, NULL, &err);
}

static bool
insert_beyond(struct alcove_vec *v)
{
    return !alcove_vec_insert(v, 5, &v->count, &err) && err.limit == 4;
}

static bool
remove_beyond(struct alcove_vec *v)
{
    return !alcove_vec_remove(v, 4, NULL, &err) && err.limit == 4 &&
           !alcove_vec_at(v, 4);
}

static bool
reserve_beyond(struct alcove_vec *v)
{
    return !alcove_vec_reserve(v, SIZE_MAX, &err);
}

static bool
write_beyond(struct alcove_vec *v)
{
    ptrdiff_t end = (ptrdiff_t)(v->capacity * sizeof(int));

    about = v->data;
    poke(v->data, end, 1);
    return repaired(!alcove_vec_done(v, &err) && err.offset == end);
}

static bool
write_stale(struct alcove_vec *v)
{
    char *stale = v->data;

    about = stale;
    if (!alcove_vec_reserve(v, 1000, NULL))
        return false;
    poke(stale, 4, 1);
    return repaired(!alcove_guard_check(&guard, &err) && err.offset == 4);
}

static bool
done_copy(struct alcove_vec *v)
{
    struct alcove_vec copy = *v;
    bool refused;

    about = copy.data;
    refused = alcove_vec_release(v, NULL, NULL, NULL) == copy.data &&
              alcove_vec_done(&copy, NULL);
    copy.data = (char *)(uintptr_t)about;
    copy.count = copy.capacity = 4;
    refused = refused && !alcove_vec_done(&copy, &err);
    return alcove_vec_extend(v, "0123456789abcdef", 4, NULL) && refused;
}

static bool
vec_null(void)
{
    return vec_over_guard(push_null);
}

static bool
vec_insert(void)
{
    return vec_over_guard(insert_beyond);
}

static bool
vec_remove(void)
{
    return vec_over_guard(remove_beyond);
}

static bool
vec_reserve(void)
{
    return vec_over_guard(reserve_beyond);
}

static bool
vec_write(void)
{
    return vec_over_guard(write_beyond);
}

static bool
vec_stale(void)
{
    return vec_over_guard(write_stale);
}

static bool
vec_copied(void)
{
    return vec_over_guard(done_copy);
}

static bool
vec_too_many(void)
{
    struct alcove_vec v;

    about = bare_memory;
    return !alcove_vec_from_raw(&v, alcove_malloc(), bare_memory,
                                ALCOVE_LAYOUT(char), 5, 4, &err) &&
           err.limit == 4;
}

static bool
string_cut(void)
{
    char *s;
    bool refused;

    begin(NULL);
    about = s = given(alcove_strdup(a, "cut here", NULL));
    s[3] = 0;
    refused = !alcove_strfree(a, s, &err) && err.old.size == 9;
    s[3] = ' ';
    return given_back(alcove_strfree(a, s, NULL) && refused);
}

static bool
string_none(void)
{
    return !alcove_strdup(alcove_malloc(), NULL, &err);
}

/* ---- malloc's shape ---- */

static bool
thin_damaged(void)
{
    struct alcove_allocator *x = make_bare(ALCOVE_CAN_ALLOC);
    char *p = given(alcove_thin_alloc(x, 24, NULL)), was = p[-16];
    bool refused;

    about = p;
    p[-16] = (char)~was;
    refused = !alcove_thin_free(x, p, &err) &&
              alcove_thin_size(x, p, NULL) == 0 &&
              !alcove_thin_realloc(x, p, 50, NULL);
    p[-16] = was;
    return refused && alcove_thin_size(x, p, NULL) == 24;
}

static bool
thin_twice(void)
{
    struct alcove_allocator *x = make_bare(ALCOVE_CAN_ALLOC);
    char *p = given(alcove_thin_alloc(x, 24, NULL));

    about = p;
    return alcove_thin_free(x, p, NULL) && !alcove_thin_free(x, p, &err);
}

static bool
thin_middle(void)
{
    struct alcove_allocator *x = make_bare(ALCOVE_CAN_ALLOC);
    char *p = given(alcove_thin_zalloc(x, 100, NULL));

    about = p + 32;
    return !alcove_thin_free(x, p + 32, &err) &&
           !alcove_thin_realloc(x, p + 32, 8, NULL);
}

static bool
thin_local(void)
{
    char local[128] = {0}, *p = local + 64;

    p -= (uintptr_t)p % 16;
    about = p;
    return !alcove_thin_free(make_bare(ALCOVE_CAN_ALLOC), p, &err);
}

static bool
thin_number(void)
{
    about = (void *)(uintptr_t)12;
    return !alcove_thin_free(alcove_malloc(), (void *)(uintptr_t)12, &err);
}

static bool
thin_others(void)
{
    struct alcove_allocator *x = make_bare(ALCOVE_CAN_ALLOC);
    char *p = given(alcove_thin_alloc(x, 24, NULL));

    about = p;
    return !alcove_thin_free(alcove_malloc(), p, &err) &&
           alcove_thin_free(x, p, NULL);
}

static bool
thin_product(void)
{
    return !alcove_thin_zalloc_array(alcove_malloc(), SIZE_MAX / 2, three,
                                     &err);
}

static bool
thin_by_three(void)
{
    return !alcove_thin_aligned(alcove_malloc(), 24, three, &err);
}

static bool
thin_overrun(void)
{
    char *p;
    bool refused;

    begin(NULL);
    p = given(alcove_thin_alloc(a, 24, NULL));
    about = p - ALCOVE_THIN_HEADER;
    poke(p, 24, 1);
    refused = repaired(!alcove_thin_free(a, p, &err) &&
                       err.offset == 24 + (ptrdiff_t)ALCOVE_THIN_HEADER);
    return given_back(alcove_thin_free(a, p, NULL) && refused);
}

/* What a library did wrong is in the bridge's books: errno stays. */
static bool
bridged(void (*misuse)(struct alcove_bridge *b))
{
    struct alcove_bridge b;

    if (!alcove_bridge_init(
            &b, make_bare(ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC), NULL, NULL))
        return false;
    before();
    misuse(&b);
    err = b.last;
    if (errno != MARK)
        return false;
    errno = b.last.code == ALCOVE_ERR_NOT_OWNED ? EPERM : EINVAL;
    return b.wrong == 1 && b.refused == 0;
}

static void
free_local(struct alcove_bridge *b)
{
    char local[128] = {0}, *p = local + 64;

    p -= (uintptr_t)p % 16;
    about = p;
    alcove_bridge_free(b, p);
}

static void
free_twice(struct alcove_bridge *b)
{
    char *p = given(alcove_bridge_alloc(b, 24));

    about = p;
    alcove_bridge_free(b, p);
    alcove_bridge_free(b, p);
}

static void
free_another(struct alcove_bridge *b)
{
    char *p = given(alcove_bridge_alloc(b, 24));

    about = p;
    alcove_bridge_free_told(b, p, 25);
}

static bool
bridge_local(void)
{
    return bridged(free_local);
}

static bool
bridge_twice(void)
{
    return bridged(free_twice);
}

static bool
bridge_another(void)
{
    return bridged(free_another);
}

static bool
bridge_to_nobody(void)
{
    struct alcove_bridge b;

    return !alcove_bridge_init(&b, NULL, NULL, &err);
}

enum { ALWAYS, WITH_STACK, WITH_PAGES, WITH_THREADS, WITH_ZONES };

static const struct of {
    const char *what;
    bool (*misuse)(void); /* was it refused, and is all as it was? */
    enum alcove_code code;
    int number; /* errno */
    const char *allocator;
    int needs;
} ofs[] = {
#define NOT_OWNED ALCOVE_ERR_NOT_OWNED, EPERM
#define MISMATCH ALCOVE_ERR_LAYOUT_MISMATCH, EINVAL
#define CORRUPT ALCOVE_ERR_CORRUPT, EFAULT
#define UNSUPPORTED ALCOVE_ERR_UNSUPPORTED, ENOTSUP
#define INVALID ALCOVE_ERR_OTHER, EINVAL
#define BUSY ALCOVE_ERR_OTHER, EBUSY
#define FAILED ALCOVE_ERR_ALLOC_FAILED, ENOMEM
#define NO_POWER ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO, EINVAL
#define ARITH ALCOVE_ERR_ARITH, EOVERFLOW
    {"a table without owns, asked", bare_does_not_claim, UNSUPPORTED, "bare",
     0},
    {"...that claims it", bare_claims_owns, NOT_OWNED, "bare", 0},
    {"...without scopes, asked for one", bare_scope, UNSUPPORTED, "bare", 0},
    {"...without a release, to move a block", bare_move, UNSUPPORTED, "bare",
     0},
    {"...that cannot allocate", no_alloc, UNSUPPORTED, "bare", 0},
    {"...that takes nothing back", no_dealloc, UNSUPPORTED, "bare", 0},
    /* nobody, and itself */
    {"a limit over nothing", limit_of_nothing, INVALID, "limit", 0},
    {"a limit over itself", limit_of_itself, INVALID, "limit", 0},
    {"stats over themselves", stats_of_itself, INVALID, "stats", 0},
    {"a seal over nothing", seal_of_nothing, INVALID, "seal", 0},
    {"a guard over itself", guard_of_itself, INVALID, "guard", 0},
    {"a fallback to the same", fallback_of_one, INVALID, "fallback", 0},
    {"a fallback from malloc", fallback_blind, UNSUPPORTED, "malloc", 0},
    {"a segregation in itself", segregate_of_itself, INVALID, "segregate", 0},
    {"a trace to nobody", trace_to_nobody, INVALID, "trace", 0},
    {"functions without a free", foreign_without, INVALID, "foreign", 0},
    {"functions aligned to 3", foreign_by_three, NO_POWER, "foreign", 0},
    {"functions that lie about it", foreign_lies, ALCOVE_ERR_OTHER, EIO,
     "crooked", 0},
    {"a bridge to nobody", bridge_to_nobody, INVALID, "bridge", 0},
    /* at the wrong time */
    {"a limit done with a live block", limit_with_live, BUSY, "limit", 0},
    {"a limit set below what is live", limit_below_live, INVALID, "limit", 0},
    {"stats done with a live block", stats_with_live, BUSY, "stats", 0},
    {"sealed, and a block", sealed_alloc, FAILED, "seal", 0},
    {"sealed, and a larger one", sealed_grow, FAILED, "seal", 0},
    {"sealed, and a wrong release", sealed_foreign, NOT_OWNED, "seal", 0},
    {"a zone entered twice", zone_twice, INVALID, "seal", WITH_ZONES},
    {"a lock used after its end", locked_after_done, UNSUPPORTED, "locked",
     WITH_THREADS},
    {"a lock ended twice", locked_done_twice, INVALID, "locked", WITH_THREADS},
    {"a mark from before the reset", later_mark, NOT_OWNED, "arena", 0},
    {"another arena's mark", others_mark, NOT_OWNED, "arena", 0},
    {"a second block in a reserve", second_in_reserve, FAILED, "page reserve",
     WITH_PAGES},
    {"a local variable to a reserve", foreign_to_reserve, NOT_OWNED,
     "page reserve", WITH_PAGES},
    {"another size to a reserve", another_size_in_reserve, MISMATCH,
     "page reserve", WITH_PAGES},
    {"a block of the stack", stack_block, UNSUPPORTED, "stack", 0},
    {"a release to the stack", stack_release, UNSUPPORTED, "stack", 0},
    {"a pool of nothing", pool_of_nothing, UNSUPPORTED, "pool", 0},
    {"an item that is too large", pool_item_too_large, FAILED, "pool", 0},
    /* seen by the guard below */
    {"a write after an arena's reset", arena_reset, CORRUPT, "guard", 0},
    {"a write after an arena's rewind", arena_rewound, CORRUPT, "guard", 0},
    {"a write past an arena's block", arena_overrun, CORRUPT, "guard", 0},
    {"an item put into a pool twice", pool_put_twice, NOT_OWNED, "guard", 0},
    {"the middle of an item", pool_put_middle, NOT_OWNED, "guard", 0},
    {"a write past an item", pool_put_overrun, CORRUPT, "guard", 0},
    {"a block cached twice", sizeclass_twice, NOT_OWNED, "guard", 0},
    {"a number moved by a fallback", fallback_moves_number, NOT_OWNED, "guard",
     0},
    {"a local moved by a fallback", fallback_moves_local, NOT_OWNED, "guard",
     0},
    {"a number moved by a segregation", segregate_moves_number, NOT_OWNED,
     "guard", 0},
    {"another size moved by a segregation", segregate_moves_another, MISMATCH,
     "guard", 0},
    /* boxes, vectors, strings */
    {"a box of nobody's", box_of_nobody, INVALID, "box", 0},
    {"an empty box, resized", box_empty, INVALID, "box", 0},
    {"a box of a crooked block", box_crooked, MISMATCH, "box", 0},
    {"a box dropped twice, as a copy", box_copied, NOT_OWNED, "guard", 0},
    {"a box whose layout was written to", box_resized, MISMATCH, "guard", 0},
    {"a write past a box", box_overrun, CORRUPT, "guard", 0},
    {"a push to nobody's vector", vec_of_nobody, INVALID, "vec", 0},
    {"a push of NULL", vec_null, INVALID, "vec", 0},
    {"an insert beyond the end", vec_insert, INVALID, "vec", 0},
    {"a remove beyond the end", vec_remove, INVALID, "vec", 0},
    {"a reserve of SIZE_MAX more", vec_reserve, ARITH, "layout", 0},
    {"a write beyond the capacity", vec_write, CORRUPT, "guard", 0},
    {"a write through an item's old place", vec_stale, CORRUPT, "guard", 0},
    {"a vector done twice, as a copy", vec_copied, NOT_OWNED, "guard", 0},
    {"more items than there is room", vec_too_many, INVALID, "vec", 0},
    {"a string that was cut", string_cut, MISMATCH, "guard", 0},
    {"a copy of no string", string_none, INVALID, "string", 0},
    /* malloc's shape */
    {"a header that was written to", thin_damaged, CORRUPT, "thin", 0},
    {"a free, and a free", thin_twice, NOT_OWNED, "thin", 0},
    {"a free of the middle", thin_middle, NOT_OWNED, "thin", 0},
    {"a free of a local variable", thin_local, NOT_OWNED, "thin", 0},
    {"a free of a number", thin_number, NOT_OWNED, "thin", 0},
    {"a free to another allocator", thin_others, NOT_OWNED, "thin", 0},
    {"a calloc that overflows", thin_product, ARITH, "thin", 0},
    {"a malloc aligned to 3", thin_by_three, NO_POWER, "thin", 0},
    {"a write past malloc's block", thin_overrun, CORRUPT, "guard", 0},
    {"a library frees a local variable", bridge_local, NOT_OWNED, "bridge", 0},
    {"a library frees twice", bridge_twice, NOT_OWNED, "bridge", 0},
    {"a library tells a wrong size", bridge_another, MISMATCH, "bridge", 0},
};

static bool
can_be_had(int need)
{
    return need == ALWAYS || (need == WITH_PAGES && ALCOVE_HAVE_PAGE) ||
           (need == WITH_THREADS && ALCOVE_HAVE_THREADS) ||
           (need == WITH_ZONES && ALCOVE_THREAD_LOCAL_WORKS);
}

unsigned
misuse_of_count(void)
{
    return COUNT(owners) + COUNT(ofs);
}

void
misuse_of(void)
{
    size_t i;

    test_owners();
    for (i = 0; i < COUNT(ofs); i++) {
        const struct of *o = &ofs[i];
        bool refused;

        if (!can_be_had(o->needs)) {
            skip(1, "%s: not in this build", o->what);
            continue;
        }
        about = NULL;
        before();
        refused = o->misuse();
        if (!ok(refused && !untouched() && err.code == o->code &&
                    err.allocator && strcmp(err.allocator, o->allocator) == 0 &&
                    err.block == about,
                "%s: %s, from %s", o->what, alcove_code_name(o->code),
                o->allocator))
            diag("%s, from %s, %p is not %p", alcove_code_name(err.code),
                 untouched() ? "nobody" : err.allocator, err.block, about);
    }
}
