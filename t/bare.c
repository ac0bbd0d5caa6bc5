/* SPDX-License-Identifier: MIT */
/* A program with nothing below it: no C library, no startup files. Its exit
 * status is 0, or the line of the check that failed. For t/freestanding.t and
 * t/amalgamation.t, linked with -nostdlib and a freestanding alcove.
 */
#include <alcove.h>

/* ---- what the compiler and alcove ask for ---- */

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *p, int byte, size_t size);
int memcmp(const void *p, const void *q, size_t size);

void *
memcpy(void *to, const void *from, size_t size)
{
    return memmove(to, from, size);
}

void *
memmove(void *to, const void *from, size_t size)
{
    volatile char *t = to; /* volatile: this is no call of memmove */
    const char *f = from;
    size_t i;

    if ((uintptr_t)to <= (uintptr_t)from)
        for (i = 0; i < size; i++)
            t[i] = f[i];
    else
        for (i = size; i > 0; i--)
            t[i - 1] = f[i - 1];
    return to;
}

void *
memset(void *p, int byte, size_t size)
{
    volatile char *b = p;
    size_t i;

    for (i = 0; i < size; i++)
        b[i] = (char)byte;
    return p;
}

int
memcmp(const void *p, const void *q, size_t size)
{
    const volatile unsigned char *a = p, *b = q;
    size_t i;

    for (i = 0; i < size; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

static _Noreturn void
leave(long status)
{
#if defined __x86_64__
    __asm__ volatile("syscall" : : "a"(60L), "D"(status) : "memory");
#elif defined __i386__
    __asm__ volatile("int $0x80" : : "a"(1L), "b"(status) : "memory");
#elif defined __aarch64__
    register long number __asm__("x8") = 93, first __asm__("x0") = status;

    __asm__ volatile("svc 0" : : "r"(number), "r"(first) : "memory");
#else
#    error "no way to end is known for this machine"
#endif
    for (;;)
        ;
}

/* ---- the checks ---- */

static struct alcove_error err;
static char text[300];

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition))                                                      \
            leave(__LINE__ % 255 + 1);                                         \
    } while (0)

static bool
reads(const char *s, const char *expected)
{
    while (*s && *s == *expected) {
        s++;
        expected++;
    }
    return *s == *expected;
}

static const char *
told(void)
{
    alcove_error_format(&err, text, sizeof text);
    return text;
}

static const struct alcove_layout l64 = {64, 8};

static void
check_arena(struct alcove_allocator *a)
{
    struct alcove_layout l100 = {100, 16}, l200 = {200, 16};
    struct alcove_arena *arena = (struct alcove_arena *)(void *)a;
    struct alcove_arena_position mark = alcove_arena_mark(arena);
    char *p, *q;

    p = alcove_zalloc(a, l100, &err);
    CHECK(p && ((uintptr_t)p & 15) == 0 && p[0] == 0 && p[99] == 0);
    p[99] = 'x';
    q = alcove_grow(a, p, l100, l200, &err);
    CHECK(q && q[99] == 'x');
    CHECK(alcove_arena_rewind(arena, mark, &err));
    CHECK(!alcove_alloc(a, (struct alcove_layout){100000, 16}, &err));
    CHECK(err.code == ALCOVE_ERR_ALLOC_FAILED && err.os_error == 0);
    CHECK(!alcove_alloc(a, (struct alcove_layout){8, 3}, &err));
    CHECK(reads(told(), "arena: the alignment is no power of two: 8 bytes "
                        "aligned to 3"));
}

static void
check_pool(struct alcove_allocator *parent)
{
    static struct alcove_pool pool;
    void *p, *q;

    CHECK(alcove_pool_init(&pool, l64, parent, NULL, 0, &err));
    p = alcove_alloc(&pool.allocator, l64, &err);
    q = alcove_alloc(&pool.allocator, l64, &err);
    CHECK(p && q && p != q);
    CHECK(alcove_dealloc(&pool.allocator, p, l64, &err));
    CHECK(alcove_alloc(&pool.allocator, l64, &err) == p);
    alcove_pool_done(&pool);
}

static void
look(void *mem, void *arg)
{
    *(char *)mem = 1;
    *(void **)arg = mem;
}

/* Each adapter, and what is composed, one over the other. */
static void
check_stack(struct alcove_allocator *a)
{
    static struct alcove_limit limit;
    static struct alcove_stats stats;
    static struct alcove_fail fail;
    static struct alcove_seal seal;
    static struct alcove_fallback fallback;
    static struct alcove_segregate segregate;
    static struct alcove_sizeclass sizeclass;
    struct alcove_fail_rule rule;
    struct alcove_allocator *top = &seal.allocator;
    void *p, *seen = NULL;

    CHECK(alcove_fallback_init(&fallback, alcove_null(), a, &err));
    CHECK(
        alcove_segregate_init(&segregate, &fallback.allocator, a, 1000, &err));
    alcove_sizeclass_init(&sizeclass, &segregate.allocator);
    CHECK(alcove_limit_init(&limit, &sizeclass.allocator, 1000, 10, &err));
    CHECK(alcove_stats_init(&stats, &limit.allocator, &err));
    CHECK(alcove_fail_parse("nth=3", &rule, &err));
    CHECK(alcove_fail_init(&fail, &stats.allocator, &rule, &err));
    CHECK(alcove_seal_init(&seal, &fail.allocator, &err));

    p = alcove_alloc(top, l64, &err);
    CHECK(p);
    CHECK(alcove_dealloc(top, p, l64, &err));
    CHECK(alcove_alloc_temp(top, l64, look, &seen, &err) && seen);
    CHECK(!alcove_alloc(top, l64, &err) && err.cause == ALCOVE_CAUSE_INJECTED);
    CHECK(!alcove_alloc(top, (struct alcove_layout){1001, 8}, &err));
    CHECK(reads(told(), "limit: cannot allocate 1001 bytes aligned to 8: "
                        "1000 bytes left under the limit"));
    alcove_seal(&seal);
    CHECK(!alcove_alloc(top, l64, &err));
    CHECK(!alcove_fail_parse("nth=x", &rule, &err));
}

ALCOVE_VEC(bare_ints, int);

static void
check_vec(struct alcove_allocator *a)
{
    struct bare_ints v;
    int i;

    CHECK(bare_ints_init(&v, a, &err));
    for (i = 0; i < 100; i++)
        CHECK(bare_ints_push(&v, i, &err));
    CHECK(*bare_ints_at(&v, 99) == 99);
    CHECK(bare_ints_done(&v, &err));
}

static void
check_all(void)
{
    static _Alignas(16) char memory[16384];
    static struct alcove_arena arena;

    alcove_arena_init(&arena, NULL, memory, sizeof memory);
    check_arena(&arena.allocator);
    check_pool(&arena.allocator);
    check_stack(&arena.allocator);
    check_vec(&arena.allocator);
    alcove_arena_done(&arena);
}

void _start(void);

#if defined __x86_64__ || defined __i386__
/* Called by nobody, it finds the stack 8 or 12 bytes off. */
__attribute__((force_align_arg_pointer))
#endif
void
_start(void)
{
    check_all();
    leave(0);
}
