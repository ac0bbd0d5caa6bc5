/* SPDX-License-Identifier: MIT */
/* Uses an arena or a pool, well or badly: tools SCENARIO [malloc | page |
 * buffer | nested], where the second word is what the memory is carved from.
 * Right before it does something wrong it says "misuse" on stderr; good use
 * says nothing. Without arguments it lists the scenarios. For t/tools.t. */
#include <config.h>

#include <alcove.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#    define SANITIZED 1
#elif defined __has_feature
#    if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
        __has_feature(thread_sanitizer)
#        define SANITIZED 1
#    endif
#endif
#ifndef SANITIZED
#    define SANITIZED 0
#endif

/* Static, so that a leak checker finds what they point to. */
static struct alcove_arena arena, outer;
static struct alcove_pool pool;
static struct alcove_allocator *parent;
static char memory[20000];
static bool over_buffer;

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

/* For what must not go wrong. */
static void
need(bool good, const char *what)
{
    if (good)
        return;
    printf("%s\n", what);
    exit(3);
}

static void
misuse(void)
{
    fputs("misuse\n", stderr);
}

/* The byte goes somewhere, or Valgrind leaves the reading out. */
static volatile char seen;

static void
read_byte(const char *p)
{
    misuse();
    seen = *(const volatile char *)p;
    (void)seen;
}

static void
write_byte(char *p)
{
    misuse();
    *(volatile char *)p = 1;
}

/* Decides something by a byte that was never written. */
static void
depend_on(const char *p)
{
    misuse();
    if (*(const volatile char *)p == 42)
        fputs("\n", stderr);
}

static char *
filled(void *p, size_t size)
{
    need(p != NULL, "no block");
    memset(p, 1, size);
    return p;
}

/* ---- arenas ---- */

static void
begin(void)
{
    if (over_buffer)
        alcove_arena_init(&arena, NULL, memory, sizeof memory);
    else
        alcove_arena_init(&arena, parent, NULL, 0);
}

static char *
block(size_t size)
{
    return filled(alcove_arena_alloc(&arena, lay(size, 1), NULL), size);
}

static void
release(char *p, size_t size)
{
    need(alcove_dealloc(&arena.allocator, p, lay(size, 1), NULL), "no release");
}

static void
after_release(void)
{
    char *p;

    begin();
    (void)block(40);
    p = block(24);
    release(p, 24);
    read_byte(p);
}

static void
after_inner_release(void)
{
    char *p;

    begin();
    p = block(24);
    (void)block(40);
    release(p, 24);
    write_byte(p + 23);
}

static void
after_rewind(void)
{
    struct alcove_arena_position mark;
    char *p;

    begin();
    (void)block(40);
    mark = alcove_arena_mark(&arena);
    p = block(24);
    need(alcove_arena_rewind(&arena, mark, NULL), "no rewind");
    read_byte(p + 23);
}

static void
after_reset(void)
{
    char *p;

    begin();
    p = block(24);
    (void)block(40);
    alcove_arena_reset(&arena);
    write_byte(p);
}

static void
after_done(void)
{
    char *p;

    begin();
    p = block(24);
    alcove_arena_done(&arena);
    if (over_buffer)
        depend_on(p); /* it is the caller's memory again, its contents lost */
    else
        read_byte(p);
}

static void
after_shrink(void)
{
    struct alcove_layout l = {100, 1}, less = {20, 1};
    char *p;

    begin();
    p = block(l.size);
    need(alcove_resize(&arena.allocator, p, l, less), "no resize");
    read_byte(p + 20);
}

static void
after_move(void)
{
    char *p;

    begin();
    p = block(24);
    (void)block(24);
    need(alcove_grow(&arena.allocator, p, lay(24, 1), lay(5000, 1), NULL),
         "no room");
    read_byte(p);
}

static void
overflow(size_t size)
{
    char *p;

    begin();
    p = block(size);
    (void)block(40);
    write_byte(p + size);
}

static void
overflow_24(void)
{
    overflow(24);
}

static void
overflow_16(void)
{
    overflow(16);
}

static void
overflow_aligned(void)
{
    char *p;

    begin();
    (void)block(1);
    p = filled(alcove_arena_alloc(&arena, lay(24, 256), NULL), 24);
    (void)block(40);
    write_byte(p + 24);
}

static void
underflow(void)
{
    char *p;

    begin();
    (void)block(16);
    p = block(16);
    write_byte(p - 1);
}

static void
never_allocated(void)
{
    char *p;

    begin();
    p = block(24);
    (void)block(40);
    read_byte(p + 1000);
}

static void
uninitialised(void)
{
    char *p;

    begin();
    p = block(100);
    alcove_arena_reset(&arena);
    p = alcove_arena_alloc(&arena, lay(100, 1), NULL);
    need(p != NULL, "no block");
    depend_on(p + 50);
}

static void
uninitialised_growth(void)
{
    char *p;

    begin();
    p = block(20);
    need(alcove_resize(&arena.allocator, p, lay(20, 1), lay(50, 1)),
         "no resize");
    depend_on(p + 40);
}

/* ---- good use of arenas ---- */

static void
check_bytes(const char *p, size_t size, int byte)
{
    size_t i;

    for (i = 0; i < size; i++)
        need(p[i] == byte, "contents are lost");
}

static void
many_layouts(void)
{
    struct alcove_allocator *a = &arena.allocator;
    size_t size, align;

    for (align = 1; align <= 512; align *= 2)
        for (size = 0; size < 300; size = size * 5 / 4 + 1) {
            char *p = alcove_alloc(a, lay(size, align), NULL);

            if (over_buffer && !p) {
                alcove_arena_reset(&arena);
                continue;
            }
            need(p != NULL, "no block");
            if (size != 0)
                memset(p, 1, size);
        }
    for (size = 1000; !over_buffer && size < 100000; size *= 3)
        (void)block(size);
    alcove_arena_reset(&arena);
}

/* In place where it can be, or by a move; as the last block, and not. */
static void
resizes(bool last)
{
    static const size_t sizes[] = {20, 33, 24, 200, 7, 1, 8, 100, 3000, 48};
    struct alcove_allocator *a = &arena.allocator;
    size_t i, old = 16;
    char *p = block(old);

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t size = sizes[i];

        if (!last)
            (void)block(16);
        if (!alcove_resize(a, p, lay(old, 1), lay(size, 1)))
            p = alcove_realloc(a, p, lay(old, 1), lay(size, 1), NULL);
        need(p != NULL, "no room");
        check_bytes(p, old < size ? old : size, 1);
        memset(p, 1, size);
        old = size;
    }
    release(p, old);
    alcove_arena_reset(&arena);
}

/* What it looks at is still there. */
static void
look(void *arg)
{
    check_bytes(arg, 24, 1);
}

static void
marks_and_cleanups(void)
{
    struct alcove_arena_cleanup *node;
    struct alcove_arena_position mark;
    char *kept = block(100), *p;
    int i;

    for (i = 0; i < 20; i++) {
        mark = alcove_arena_mark(&arena);
        node = ALCOVE_NEW(&arena.allocator, struct alcove_arena_cleanup, NULL);
        need(node != NULL, "no block");
        p = block(24);
        alcove_arena_defer(&arena, node, look, p);
        (void)block(over_buffer ? 3000 : 6000);
        check_bytes(kept, 100, 1);
        if (i % 4 != 0)
            need(alcove_arena_rewind(&arena, mark, NULL), "no rewind");
        else if (i % 8 == 0)
            alcove_arena_reset(&arena), kept = block(100);
        else
            need(alcove_arena_cancel(&arena, node), "no cleanup");
    }
    alcove_arena_reset(&arena);
}

static void
use(void *mem, void *arg)
{
    (void)arg;
    memset(mem, 1, 100);
}

static void
scopes_and_zeros(void)
{
    char *p = block(100);

    release(p, 100);
    p = alcove_zalloc(&arena.allocator, lay(100, 1), NULL);
    need(p != NULL, "no block");
    check_bytes(p, 100, 0);
    p = alcove_rezalloc(&arena.allocator, p, lay(100, 1), lay(200, 1), NULL);
    need(p != NULL, "no room");
    check_bytes(p, 200, 0);
    need(alcove_alloc_temp(&arena.allocator, lay(100, 1), use, NULL, NULL),
         "no scope");
    need(!over_buffer ||
             !alcove_alloc(&arena.allocator, lay(sizeof memory, 1), NULL),
         "there is too much room");
    alcove_arena_reset(&arena);
}

static void
inner_releases(void)
{
    char *blocks[30];
    size_t i;

    for (i = 0; i < 30; i++)
        blocks[i] = block(30 + i);
    for (i = 0; i < 30; i += 2)
        release(blocks[i], 30 + i);
    for (i = 1; i < 30; i += 2)
        check_bytes(blocks[i], 30 + i, 1);
    for (i = 29; i < 30; i -= 2)
        release(blocks[i], 30 + i);
    alcove_arena_reset(&arena);
}

static void
good(void)
{
    int round;

    begin();
    for (round = 0; round < 2; round++) {
        many_layouts();
        resizes(true);
        resizes(false);
        marks_and_cleanups();
        scopes_and_zeros();
        inner_releases();
        if (round == 0)
            alcove_arena_trim(&arena, 0);
        need(alcove_arena_ok(&arena), "it is broken");
    }
    alcove_arena_done(&arena);
    memset(memory, 2, sizeof memory); /* the caller's own again */
}

/* From a buffer to the parent, then a hundred chunks. */
static void
good_spill(void)
{
    struct alcove_arena_position mark;
    int i;

    alcove_arena_init(&arena, parent, memory, 1000);
    alcove_arena_set_chunks(&arena, 1024, 1024);
    (void)block(100);
    mark = alcove_arena_mark(&arena);
    for (i = 0; i < 400; i++)
        (void)block(200 + (size_t)i % 50);
    need(alcove_arena_chunks(&arena) > 100 || parent != alcove_malloc() ||
             alcove_arena_capacity(&arena) < 1024 * 100,
         "the chunks are few");
    need(alcove_arena_rewind(&arena, mark, NULL), "no rewind");
    for (i = 0; i < 400; i++)
        (void)block(200 + (size_t)i % 50);
    need(alcove_arena_ok(&arena), "it is broken");
    alcove_arena_done(&arena);
    memset(memory, 2, sizeof memory);
}

/* Ends without done: everything can still be reached. */
static void
good_left(void)
{
    begin();
    (void)block(24);
    (void)block(100);
}

/* ---- leaks: pointers to malloc's blocks that only the arena has ---- */

enum { LEAKS = 32 };

static char *volatile *
hoard(void)
{
    struct alcove_layout l = {LEAKS * sizeof(char *), sizeof(char *)};
    char *volatile *slots;
    int i;

    begin();
    slots = alcove_arena_alloc(&arena, l, NULL);
    need(slots != NULL, "no block");
    for (i = 0; i < LEAKS; i++)
        slots[i] = malloc(77);
    return slots;
}

static void
leak_kept(void)
{
    (void)hoard();
}

static void
leak_overwritten(void)
{
    char *volatile *slots = hoard();
    int i;

    misuse();
    for (i = 0; i < LEAKS; i++)
        slots[i] = NULL;
}

static void
leak_reset(void)
{
    (void)hoard();
    misuse();
    alcove_arena_reset(&arena);
}

static void
leak_done(void)
{
    (void)hoard();
    misuse();
    alcove_arena_done(&arena);
}

/* Without the library: does the leak checker work? */
static void
leak_plain(void)
{
    char *volatile p = NULL;
    int i;

    misuse();
    for (i = 0; i < LEAKS; i++)
        p = malloc(77);
    p = NULL;
    (void)p;
}

/* ---- pools ---- */

enum { SIZE = 24 };

static void
pool_begin(size_t size)
{
    struct alcove_layout l = {size, 8};

    need(over_buffer
             ? alcove_pool_init(&pool, l, NULL, memory, sizeof memory, NULL)
             : alcove_pool_init(&pool, l, parent, NULL, 0, NULL),
         "no pool");
}

static char *
pool_block(size_t size)
{
    return filled(alcove_pool_alloc(&pool, NULL), size);
}

static void
pool_after_release(void)
{
    char *p;

    pool_begin(SIZE);
    (void)pool_block(SIZE);
    p = pool_block(SIZE);
    (void)pool_block(SIZE);
    alcove_pool_dealloc(&pool, p);
    read_byte(p);
}

static void
pool_after_done(void)
{
    char *p;

    pool_begin(SIZE);
    p = pool_block(SIZE);
    alcove_pool_done(&pool);
    if (over_buffer)
        depend_on(p);
    else
        read_byte(p);
}

/* The block in the middle has a neighbour behind it, wherever that is. */
static void
pool_overflow(size_t size)
{
    char *p;

    pool_begin(size);
    (void)pool_block(size);
    p = pool_block(size);
    (void)pool_block(size);
    write_byte(p + size);
}

static void
pool_overflow_24(void)
{
    pool_overflow(24);
}

static void
pool_overflow_16(void)
{
    pool_overflow(16);
}

static void
pool_never_allocated(void)
{
    char *p;

    pool_begin(SIZE);
    p = pool_block(SIZE);
    read_byte(p + 500);
}

/* What the first owner of a block wrote is nothing to the second one. */
static void
pool_uninitialised(void)
{
    char *p;

    pool_begin(SIZE);
    p = pool_block(SIZE);
    alcove_pool_dealloc(&pool, p);
    p = alcove_pool_alloc(&pool, NULL);
    need(p != NULL, "no block");
    depend_on(p + 20);
}

static void
pool_good(void)
{
    static char *blocks[300];
    size_t size, count, i;

    for (size = 1; size < 300; size = size * 3 + 5) {
        pool_begin(size);
        for (count = 0; count < 300; count++) {
            blocks[count] = alcove_pool_alloc(&pool, NULL);
            if (!blocks[count])
                break;
            memset(blocks[count], 1, size);
        }
        need(count > 30, "no block");
        for (i = 0; i < count; i += 3)
            alcove_pool_dealloc(&pool, blocks[i]);
        for (i = 0; i < count; i += 3)
            blocks[i] = pool_block(size);
        for (i = 0; i < count; i++)
            check_bytes(blocks[i], size, 1);
        for (i = 0; i < count; i++)
            alcove_pool_dealloc(&pool, blocks[i]);
        (void)pool_block(size);
        alcove_pool_done(&pool);
    }
    memset(memory, 2, sizeof memory);
}

static void
pool_good_left(void)
{
    pool_begin(SIZE);
    (void)pool_block(SIZE);
}

/* ---- */

static void
sanitized(void)
{
    puts(SANITIZED ? "yes" : "no");
}

static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {
    {"after-done", after_done},
    {"after-inner-release", after_inner_release},
    {"after-move", after_move},
    {"after-release", after_release},
    {"after-reset", after_reset},
    {"after-rewind", after_rewind},
    {"after-shrink", after_shrink},
    {"good", good},
    {"good-left", good_left},
    {"good-spill", good_spill},
    {"leak-done", leak_done},
    {"leak-kept", leak_kept},
    {"leak-overwritten", leak_overwritten},
    {"leak-plain", leak_plain},
    {"leak-reset", leak_reset},
    {"never-allocated", never_allocated},
    {"overflow-16", overflow_16},
    {"overflow-24", overflow_24},
    {"overflow-aligned", overflow_aligned},
    {"pool-after-done", pool_after_done},
    {"pool-after-release", pool_after_release},
    {"pool-good", pool_good},
    {"pool-good-left", pool_good_left},
    {"pool-never-allocated", pool_never_allocated},
    {"pool-overflow-16", pool_overflow_16},
    {"pool-overflow-24", pool_overflow_24},
    {"pool-uninitialised", pool_uninitialised},
    {"sanitized", sanitized},
    {"underflow", underflow},
    {"uninitialised", uninitialised},
    {"uninitialised-growth", uninitialised_growth},
};
enum { COUNT = sizeof scenarios / sizeof scenarios[0] };

/* Pointers that were left there keep nothing from being a leak. */
static void
clear_stack(void)
{
    volatile char old[8192];
    size_t i;

    for (i = 0; i < sizeof old; i++)
        old[i] = 0;
}

int
main(int argc, char **argv)
{
    const char *from = argc > 2 ? argv[2] : "malloc";
    int i;

    parent = alcove_malloc();
    if (strcmp(from, "page") == 0)
        parent = alcove_page();
    over_buffer = strcmp(from, "buffer") == 0;
    if (strcmp(from, "nested") == 0) {
        alcove_arena_init(&outer, alcove_malloc(), NULL, 0);
        alcove_arena_set_chunks(&outer, 65536, 65536);
        parent = &outer.allocator;
    }
    for (i = 0; i < COUNT; i++) {
        if (argc < 2) {
            puts(scenarios[i].name);
        } else if (strcmp(argv[1], scenarios[i].name) == 0) {
            scenarios[i].run();
            clear_stack();
            return 0;
        }
    }
    return argc < 2 ? 0 : 2;
}
