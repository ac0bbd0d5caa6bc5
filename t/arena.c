/* SPDX-License-Identifier: MIT */
/* Arenas: over a buffer, over a parent, and over both. After every step the
 * invariants are checked. */
#include <config.h>

#include <alcove/arena.h>

#include <alcove/malloc.h>
#include <alcove/null.h>
#include <alcove/page.h>

#include "../lib/os/tools.h"
#include "count.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

static bool
is_aligned(const void *p, size_t align)
{
    return p && ((uintptr_t)p & (align - 1)) == 0;
}

static bool
is_filled(const char *p, size_t size, int byte)
{
    return size == 0 || (p[0] == (char)byte && memcmp(p, p + 1, size - 1) == 0);
}

/* Is every block taken by itself, so that nothing is carved? */
static bool
passes_through(void)
{
    const char *value = getenv("ALCOVE_PASSTHROUGH");

    return value && strcmp(value, "1") == 0;
}

/* The arena of a buffer without a header writes nothing there: so that may be
 * anywhere. */
static void
test_last_bytes(void)
{
    struct alcove_arena arena;
    char *high = (char *)(UINTPTR_MAX - ALCOVE_ARENA_NEAR - 8191), *p;
    size_t most = (size_t)1 << (sizeof(size_t) * 8 - 2);

    if (alcove_tools_watch()) {
        skip(3, "a tool watches the buffer");
        return;
    }
    alcove_arena_init(&arena, NULL, high, 4096);
    p = alcove_arena_alloc(&arena, lay(100, 1024), NULL);
    ok(p == high && alcove_arena_ok(&arena), "a buffer may be anywhere");
    ok(!alcove_arena_alloc(&arena, lay(100, 262144), NULL) &&
           !alcove_arena_alloc(&arena, lay(1, most), NULL) &&
           alcove_arena_ok(&arena),
       "...and no alignment leads beyond the last address");
    alcove_arena_done(&arena);
    alcove_arena_init(&arena, NULL, (char *)UINTPTR_MAX - 63, 64);
    ok(alcove_arena_capacity(&arena) == 0 &&
           !alcove_arena_alloc(&arena, lay(1, 1), NULL) &&
           alcove_arena_ok(&arena),
       "...whose neighbours are not used");
    alcove_arena_done(&arena);
}

static void
test_settings(void)
{
    struct alcove_arena arena;

    alcove_arena_init(&arena, &arena.allocator, NULL, 0);
    ok(!alcove_arena_alloc(&arena, lay(1, 1), NULL) && alcove_arena_ok(&arena),
       "an arena is no parent of its own");
    alcove_arena_init(&arena, alcove_malloc(), NULL, 0);
    alcove_arena_set_chunks(&arena, 1, 1);
    ok(arena.next_size == 1024 && arena.max_size == 1024,
       "no chunk is too small");
    alcove_arena_set_chunks(&arena, 8192, 4096);
    ok(arena.next_size == 8192 && arena.max_size == 8192,
       "...or smaller than the first");
    alcove_arena_set_chunks(&arena, SIZE_MAX, SIZE_MAX);
    ok(arena.next_size <= ALCOVE_SIZE_MAX / 2 &&
           arena.max_size == arena.next_size &&
           (passes_through() || SIZE_MAX <= UINT32_MAX ||
            !alcove_arena_alloc(&arena, lay(1, 1), NULL)) &&
           alcove_arena_ok(&arena),
       "...or so large that it could not grow");
    alcove_arena_done(&arena);
}

/* ---- over a buffer ---- */

static void
test_buffer(void)
{
    static char memory[5000];
    struct alcove_arena arena;
    struct alcove_error err = {.code = ALCOVE_OK};
    struct alcove_layout l = {100, 8};
    char *first, *last = NULL, *p;
    size_t count = 0, odd;
    bool good = true;

    alcove_arena_init(&arena, NULL, memory + 1, sizeof memory - 1);
    ok(alcove_arena_ok(&arena) && alcove_arena_used(&arena) == 0 &&
           alcove_arena_capacity(&arena) > sizeof memory - 40 &&
           alcove_arena_chunks(&arena) == 1,
       "a buffer is all capacity but for its alignment");
    errno = 0;
    first = alcove_arena_alloc(&arena, l, &err);
    for (p = first; p; count++) {
        good = good && is_aligned(p, 16) && p >= memory + 1 &&
               p + 100 <= memory + sizeof memory && alcove_arena_ok(&arena) &&
               errno == 0;
        memset(p, (int)count, 100);
        last = p;
        p = alcove_arena_alloc(&arena, l, &err);
    }
    ok(good && count > 30 && is_filled(first, 100, 0) &&
           is_filled(last, 100, (int)count - 1),
       "blocks fit until it is full: %lu", (unsigned long)count);
    ok(err.code == ALCOVE_ERR_ALLOC_FAILED &&
           err.cause == ALCOVE_CAUSE_OUT_OF_MEMORY && err.limit < 112 &&
           errno_is(ENOMEM) && alcove_arena_ok(&arena),
       "then it refuses, with the bytes left: %lu", (unsigned long)err.limit);
    ok(alcove_dealloc(&arena.allocator, last, l, NULL) &&
           alcove_arena_alloc(&arena, l, NULL) == last,
       "the release of the last block gives it back");
    ok(alcove_dealloc(&arena.allocator, first, l, NULL) &&
           !alcove_arena_alloc(&arena, l, NULL) && alcove_arena_ok(&arena),
       "that of another one is accepted, and does nothing");
    alcove_arena_reset(&arena);
    ok(alcove_arena_used(&arena) == 0 &&
           alcove_arena_alloc(&arena, l, NULL) == first,
       "after a reset the first block comes first again");
    p = arena.cursor;
    ok(alcove_dealloc(&arena.allocator, first, lay(200, 8), NULL) &&
           arena.cursor == p && alcove_arena_ok(&arena),
       "a release that says more than there is gives nothing back");
    alcove_arena_done(&arena);
    ok(alcove_arena_ok(&arena) && !alcove_arena_alloc(&arena, l, NULL),
       "after done there is nothing");
    alcove_arena_done(&arena);
    ok(alcove_arena_ok(&arena), "done once more is a no-op");

    good = true;
    for (odd = 0; odd < 80; odd++) {
        alcove_arena_init(&arena, NULL, memory + odd, odd);
        p = alcove_arena_alloc(&arena, lay(1, 1), NULL);
        good = good && alcove_arena_ok(&arena) &&
               (p ? p >= memory + odd && p < memory + 2 * odd : odd < 46);
        alcove_arena_done(&arena);
    }
    ok(good, "tiny buffers at odd addresses are what they are");
    alcove_arena_init(&arena, NULL, NULL, 0);
    ok(alcove_arena_ok(&arena) && alcove_arena_capacity(&arena) == 0 &&
           !alcove_arena_alloc(&arena, l, &err) && err.limit == 0,
       "without buffer and parent every block is refused");
    ok(alcove_arena_alloc(&arena, lay(0, 64), NULL) ==
           alcove_layout_dangling(lay(0, 64)),
       "... but one of size 0");
    alcove_arena_reset(&arena);
    alcove_arena_trim(&arena, 0);
    ok(alcove_arena_rewind(&arena, alcove_arena_mark(&arena), NULL) &&
           alcove_arena_ok(&arena),
       "... and all else is a no-op");
}

static void
test_bad_layouts(void)
{
    static char memory[1000];
    struct alcove_arena arena;
    struct alcove_error err;
    size_t below, used;
    bool good = true;

    alcove_arena_init(&arena, alcove_null(), memory, sizeof memory);
    used = alcove_arena_used(&arena);
    ok(!alcove_arena_alloc(&arena, lay(8, 0), &err) &&
           err.code == ALCOVE_ERR_ZERO_ALIGN &&
           !alcove_arena_alloc(&arena, lay(8, 3), &err) &&
           err.code == ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO &&
           !alcove_arena_alloc(&arena, lay(8, 3), NULL),
       "alignments 0 and 3 are refused");
    for (below = 0; below < 100; below++)
        good = !alcove_arena_alloc(&arena, lay(SIZE_MAX - below, 8), &err) &&
               err.code == ALCOVE_ERR_EXCEEDS_MAX &&
               !alcove_arena_alloc(&arena, lay(ALCOVE_SIZE_MAX - below, 1),
                                   &err) &&
               err.code == ALCOVE_ERR_ALLOC_FAILED && alcove_arena_ok(&arena) &&
               good;
    ok(good, "sizes near SIZE_MAX and ALCOVE_SIZE_MAX are refused");
    ok(!alcove_arena_alloc(&arena, lay(1, SIZE_MAX / 4 + 1), &err) &&
           err.code == ALCOVE_ERR_ALLOC_FAILED,
       "huge alignments are refused");
    is_size(alcove_arena_used(&arena), used, "nothing of that was used");
    alcove_arena_done(&arena);
}

/* ---- over a parent ---- */

static void
test_growth(void)
{
    struct count books;
    struct alcove_arena arena;
    size_t i, chunks, capacity;
    char *blocks[200], *p;
    bool good = true;

    count_init(&books, COUNT_PLAIN);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    ok(books.asked == 0, "an arena allocates nothing at init");
    for (i = 0; i < 200; i++) {
        blocks[i] = alcove_arena_alloc(&arena, lay(200, 8), NULL);
        if (!blocks[i])
            bail_out("no block");
        memset(blocks[i], (int)i, 200);
        good = good && alcove_arena_ok(&arena);
    }
    for (i = 0; i < 200; i++)
        good = good && is_filled(blocks[i], 200, (int)i);
    chunks = alcove_arena_chunks(&arena);
    capacity = alcove_arena_capacity(&arena);
    ok(good && chunks > 1 && chunks < 8 && books.live_blocks == chunks,
       "40000 bytes take a few chunks: %lu", (unsigned long)chunks);
    alcove_arena_reset(&arena);
    ok(alcove_arena_capacity(&arena) == capacity && alcove_arena_ok(&arena) &&
           books.live_blocks == chunks,
       "a reset keeps them");
    for (i = 0; i < 200; i++)
        good = alcove_arena_alloc(&arena, lay(200, 8), NULL) && good;
    ok(good && books.allocs == chunks && alcove_arena_ok(&arena),
       "and the same blocks need no more");

    p = alcove_arena_alloc(&arena, lay(300000, 64), NULL);
    ok(is_aligned(p, 64) && alcove_arena_chunks(&arena) == chunks &&
           alcove_arena_ok(&arena),
       "a large block has memory of its own");
    memset(p, 1, 300000);
    i = books.live_blocks;
    ok(alcove_dealloc(&arena.allocator, p, lay(300000, 64), NULL) &&
           books.live_blocks < i && alcove_arena_ok(&arena),
       "... and its release gives that back");
    p = alcove_arena_alloc(&arena, lay(10, (size_t)1 << 20), NULL);
    ok(is_aligned(p, (size_t)1 << 20) && alcove_arena_ok(&arena),
       "alignments to 1 MiB are served");
    alcove_arena_reset(&arena);
    alcove_arena_trim(&arena, capacity / 2);
    ok(alcove_arena_capacity(&arena) <= capacity / 2 &&
           alcove_arena_chunks(&arena) > 0 && alcove_arena_ok(&arena),
       "trim gives spare chunks back, down to a number of bytes");
    alcove_arena_trim(&arena, 0);
    ok(alcove_arena_capacity(&arena) == 0 && books.live_blocks == 0 &&
           alcove_arena_ok(&arena),
       "and all of them");
    ok(alcove_arena_alloc(&arena, lay(1, 1), NULL) && alcove_arena_ok(&arena),
       "after which the arena goes on");
    alcove_arena_trim(&arena, 0);
    ok(alcove_arena_capacity(&arena) > 0, "what is in use is not trimmed");
    alcove_arena_done(&arena);
    ok(count_ok(&books, 0, 0), "done gives everything back");
    count_done(&books);
}

static void
test_spill(void)
{
    static char memory[1024];
    struct count books;
    struct alcove_arena arena;
    char *p;
    size_t inside = 0;
    int i;

    count_init(&books, COUNT_PLAIN);
    alcove_arena_init(&arena, &books.allocator, memory, sizeof memory);
    for (i = 0; i < 30; i++) {
        p = alcove_arena_alloc(&arena, lay(100, 16), NULL);
        if (!p)
            bail_out("no block");
        memset(p, i, 100);
        inside += p >= memory && p < memory + sizeof memory;
    }
    ok(inside > 5 && books.live_blocks > 0 && alcove_arena_ok(&arena),
       "an arena over both begins in the buffer and spills to the parent");
    alcove_arena_done(&arena);
    ok(count_ok(&books, 0, 0), "which has everything back afterwards");
    count_done(&books);
}

/* The parent refuses the first, second, ... allocation: nothing is lost. */
static void
test_refusing_parent(void)
{
    struct count books;
    struct alcove_arena arena;
    struct alcove_error err;
    size_t after, size, served;
    bool good = true;

    for (after = 0; after < 12; after++) {
        count_init(&books, COUNT_PLAIN);
        books.fail_after = after;
        alcove_arena_init(&arena, &books.allocator, NULL, 0);
        served = 0;
        for (size = 1; size < 100000; size = size * 3 / 2 + 7) {
            char *p = alcove_arena_alloc(&arena, lay(size, 8), &err);

            if (p) {
                memset(p, 1, size);
                served++;
            } else {
                good = good && err.code == ALCOVE_ERR_ALLOC_FAILED;
            }
            good = good && alcove_arena_ok(&arena);
        }
        if (!passes_through())
            good = good && (served > 0) == (after > 0);
        alcove_arena_done(&arena);
        good = count_ok(&books, 0, 0) && good;
        count_done(&books);
    }
    ok(good, "a parent that refuses at any point loses nothing");

    count_init(&books, COUNT_PLAIN);
    books.fail_after = 0;
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    ok(!alcove_arena_alloc(&arena, lay(50000, 1), &err) &&
           err.layout.size == 50000,
       "a refusal tells what was asked of the arena");
    books.fail_after = SIZE_MAX;
    good = alcove_arena_alloc(&arena, lay(10, 1), NULL) &&
           alcove_arena_alloc(&arena, lay(50000, 1), NULL);
    books.refuse_dealloc = true;
    alcove_arena_done(&arena);
    ok(good && alcove_arena_ok(&arena), "one that takes nothing back keeps it");
    books.refuse_dealloc = false;
    count_done(&books);
}

/* A first block that no chunk can hold, where the parent could make a chunk
 * longer; and a parent that has no blocks. */
static void
test_odd_parents(void)
{
    struct count books;
    struct alcove_arena arena;
    struct alcove_error err = {.code = ALCOVE_OK};
    const struct alcove_layout huge = lay(ALCOVE_SIZE_MAX - 8, 8);

    count_init(&books, COUNT_PLAIN | ALCOVE_CAN_RESIZE);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    errno = 0;
    ok(!alcove_arena_alloc(&arena, huge, &err) && errno_is(ENOMEM) &&
           err.code == ALCOVE_ERR_ALLOC_FAILED && err.layout.size == huge.size,
       "what no chunk can hold is refused with an error");
    ok(alcove_arena_ok(&arena) && count_ok(&books, 0, 0), "...and no chunk");
    alcove_arena_done(&arena);
    count_done(&books);

    count_init(&books, ALCOVE_CAN_TEMP);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    ok(!alcove_arena_alloc(&arena, lay(8, 8), &err) &&
           err.code == ALCOVE_ERR_ALLOC_FAILED &&
           err.cause == ALCOVE_CAUSE_OUT_OF_MEMORY && books.asked == 0,
       "a parent that has no blocks is none");
    alcove_arena_done(&arena);
    count_done(&books);
}

/* ---- resizing ---- */

static void
test_resize(void)
{
    static char memory[4000];
    struct alcove_arena arena;
    struct alcove_allocator *a = &arena.allocator;
    char *p, *q;

    alcove_arena_init(&arena, NULL, memory, sizeof memory);
    p = alcove_arena_alloc(&arena, lay(100, 8), NULL);
    if (!p)
        bail_out("no block");
    memset(p, 3, 100);
    ok(alcove_resize(a, p, lay(100, 8), lay(900, 8)) && is_filled(p, 100, 3) &&
           alcove_arena_used(&arena) >= 900 && alcove_arena_ok(&arena),
       "the last block grows in place");
    ok(alcove_resize(a, p, lay(900, 8), lay(50, 8)) &&
           alcove_arena_used(&arena) < 900 && alcove_arena_ok(&arena),
       "and shrinks");
    q = alcove_arena_alloc(&arena, lay(100, 8), NULL);
    ok(q && !alcove_resize(a, p, lay(50, 8), lay(200, 8)) &&
           alcove_resize(a, p, lay(50, 8), lay(40, 8)) &&
           alcove_arena_ok(&arena),
       "another one only shrinks");
    p = alcove_grow(a, p, lay(40, 8), lay(200, 8), NULL);
    ok(p && p > q && is_filled(p, 40, 3) && alcove_arena_ok(&arena),
       "or moves, with its contents");
    ok(!alcove_grow(a, p, lay(200, 8), lay(5000, 8), NULL) &&
           is_filled(p, 40, 3) && alcove_arena_ok(&arena),
       "and stays as it is when there is no room");
    ok(alcove_owns(a, p, lay(200, 8)) && alcove_owns(a, q, lay(100, 8)) &&
           !alcove_owns(a, memory + 3999, lay(1, 1)) &&
           !alcove_owns(a, &arena, lay(1, 1)) &&
           !alcove_owns(a, q, lay(5000, 1)),
       "an arena knows its blocks");
    ok(!alcove_checked_dealloc(a, &arena, lay(1, 1), NULL),
       "and refuses others'");
    alcove_arena_done(&arena);
}

static void
test_large_resize(struct alcove_allocator *parent, const char *name)
{
    struct alcove_arena arena;
    struct alcove_allocator *a = &arena.allocator;
    struct alcove_layout l = {100000, 8}, more = {250000, 8}, less = {10, 8};
    char *p;

    alcove_arena_init(&arena, parent, NULL, 0);
    p = alcove_arena_alloc(&arena, l, NULL);
    if (!p)
        bail_out("no block");
    memset(p, 4, l.size);
    p = alcove_realloc(a, p, l, more, NULL);
    ok(p && is_filled(p, l.size, 4) && alcove_arena_ok(&arena) &&
           alcove_arena_used(&arena) >= more.size,
       "a large block over %s grows", name);
    p = alcove_realloc(a, p, more, less, NULL);
    ok(p && is_filled(p, less.size, 4) && alcove_arena_ok(&arena),
       "... and shrinks");
    alcove_arena_done(&arena);
}

/* ---- marks ---- */

static void
allocate(struct alcove_arena *arena, size_t size)
{
    if (!alcove_arena_alloc(arena, lay(size, 16), NULL))
        bail_out("no %lu bytes", (unsigned long)size);
}

/* The arena is empty, and has chunks. */
static void
test_late_marks(struct alcove_arena *arena)
{
    struct alcove_arena_position first, inner;
    struct alcove_error err = {.code = ALCOVE_OK};

    first = alcove_arena_mark(arena);
    allocate(arena, 500);
    allocate(arena, 500);
    inner = alcove_arena_mark(arena);
    (void)alcove_arena_rewind(arena, first, NULL);
    errno = 0;
    ok(!alcove_arena_rewind(arena, inner, &err) && errno_is(EPERM) &&
           alcove_arena_ok(arena),
       "a mark past this position is of a later one, in the same chunk, too");
    allocate(arena, 5000);
    ok(!alcove_arena_rewind(arena, inner, &err) && alcove_arena_ok(arena) &&
           alcove_arena_rewind(arena, first, NULL),
       "...and in an older one, of which less was used since");
}

static void
test_marks(void)
{
    struct count books;
    struct alcove_arena arena, other;
    struct alcove_arena_position start, first, inner, strange;
    struct alcove_error err = {.code = ALCOVE_OK};
    char *kept, *p, *again;
    int i;

    count_init(&books, COUNT_PLAIN);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    alcove_arena_init(&other, NULL, NULL, 0);
    start = alcove_arena_mark(&arena);
    strange = alcove_arena_mark(&other);
    kept = alcove_arena_alloc(&arena, lay(64, 16), NULL);
    if (!kept)
        bail_out("no block");
    memset(kept, 5, 64);
    first = alcove_arena_mark(&arena);
    p = alcove_arena_alloc(&arena, lay(64, 16), NULL);
    for (i = 0; i < 100; i++)
        allocate(&arena, 500);
    inner = alcove_arena_mark(&arena);
    allocate(&arena, 100000);
    ok(alcove_arena_rewind(&arena, first, NULL) && alcove_arena_ok(&arena) &&
           is_filled(kept, 64, 5),
       "a rewind over chunks, inner marks left behind, keeps what is older");
    again = alcove_arena_alloc(&arena, lay(64, 16), NULL);
    ok(again == p, "and the next block is where it was");
    errno = 0;
    ok(!alcove_arena_rewind(&arena, inner, &err) &&
           err.code == ALCOVE_ERR_NOT_OWNED && errno_is(EPERM) &&
           alcove_arena_ok(&arena),
       "a mark of a later position is an error");
    ok(!alcove_arena_rewind(&arena, strange, &err) &&
           err.code == ALCOVE_ERR_NOT_OWNED &&
           !alcove_arena_rewind(&arena, strange, NULL) &&
           alcove_arena_ok(&arena),
       "so is a mark of another arena");
    ok(alcove_arena_rewind(&arena, alcove_arena_mark(&arena), NULL) &&
           is_filled(kept, 64, 5),
       "a rewind to here is a no-op");
    ok(alcove_arena_rewind(&arena, start, NULL) &&
           alcove_arena_used(&arena) == 0 && alcove_arena_ok(&arena),
       "and one to the start empties the arena");
    if (passes_through())
        skip(2, "ALCOVE_PASSTHROUGH=1: nothing is carved");
    else
        test_late_marks(&arena);
    alcove_arena_trim(&arena, 0);
    ok(alcove_arena_rewind(&arena, start, NULL) && alcove_arena_ok(&arena),
       "even when its chunks are gone");
    alcove_arena_done(&arena);
    alcove_arena_done(&other);
    ok(count_ok(&books, 0, 0), "everything is given back");
    count_done(&books);
}

/* ---- cleanups ---- */

static char order[16];

static void
note(void *arg)
{
    strncat(order, arg, 1);
}

static void
test_cleanups(void)
{
    static char memory[2000];
    static char names[] = "abcdef";
    struct alcove_arena_cleanup nodes[6];
    struct alcove_arena arena;
    struct alcove_arena_position mark;

    alcove_arena_init(&arena, NULL, memory, sizeof memory);
    alcove_arena_defer(&arena, &nodes[0], note, &names[0]);
    alcove_arena_defer(&arena, &nodes[1], note, &names[1]);
    mark = alcove_arena_mark(&arena);
    alcove_arena_defer(&arena, &nodes[2], note, &names[2]);
    alcove_arena_defer(&arena, &nodes[3], note, &names[3]);
    ok(alcove_arena_rewind(&arena, mark, NULL) && alcove_arena_ok(&arena),
       "a rewind runs the cleanups since the mark");
    is_str(order, "dc", "... the newest first");
    alcove_arena_defer(&arena, &nodes[4], note, &names[4]);
    ok(alcove_arena_cancel(&arena, &nodes[0]) &&
           !alcove_arena_cancel(&arena, &nodes[0]) &&
           !alcove_arena_cancel(&arena, &nodes[5]) && alcove_arena_ok(&arena),
       "a cleanup can be cancelled once");
    alcove_arena_reset(&arena);
    is_str(order, "dceb", "a reset runs the rest");
    alcove_arena_defer(&arena, &nodes[5], note, &names[5]);
    alcove_arena_done(&arena);
    is_str(order, "dcebf", "and so does done");
}

static struct alcove_arena *cleaned;

static void
allocate_in_cleanup(void *arg)
{
    int i;

    for (i = 0; i < 50; i++)
        if (!alcove_arena_alloc(cleaned, lay(100, 8), NULL))
            *(bool *)arg = false;
}

static void
test_allocating_cleanup(void)
{
    struct alcove_arena_cleanup node;
    struct alcove_arena arena;
    struct count books;
    bool good = true;

    count_init(&books, COUNT_PLAIN);
    cleaned = &arena;
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    alcove_arena_defer(&arena, &node, allocate_in_cleanup, &good);
    alcove_arena_reset(&arena);
    ok(good && alcove_arena_used(&arena) == 0 && alcove_arena_ok(&arena),
       "what a cleanup allocates is released with the rest");
    alcove_arena_trim(&arena, 0);
    alcove_arena_defer(&arena, &node, allocate_in_cleanup, &good);
    alcove_arena_done(&arena);
    ok(good && count_ok(&books, 0, 0), "also at the end");
    count_done(&books);
}

/* ---- temporaries, pass-through, pages ---- */

static void
look(void *mem, void *arg)
{
    memset(mem, 1, 100);
    *(void **)arg = mem;
}

static void
test_temporaries(void)
{
    static char memory[1000];
    struct alcove_arena arena;
    void *first = NULL, *second = NULL;
    size_t used;

    alcove_arena_init(&arena, NULL, memory, sizeof memory);
    used = alcove_arena_used(&arena);
    ok(alcove_alloc_temp(&arena.allocator, lay(100, 8), look, &first, NULL) &&
           alcove_alloc_temp(&arena.allocator, lay(100, 8), look, &second,
                             NULL) &&
           first == second && alcove_arena_used(&arena) == used,
       "a temporary block is the arena's again afterwards");
    alcove_arena_done(&arena);
}

static void
test_pass_through(void)
{
    struct count books;
    struct alcove_arena arena;
    struct alcove_arena_position mark;
    char *p, *q, *r;

    count_init(&books, COUNT_PLAIN);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    alcove_arena_pass_through(&arena);
    p = alcove_arena_alloc(&arena, lay(10, 1), NULL);
    mark = alcove_arena_mark(&arena);
    q = alcove_arena_alloc(&arena, lay(10, 1), NULL);
    r = alcove_arena_alloc(&arena, lay(10, 1), NULL);
    ok(p && q && r && books.live_blocks == 6 && alcove_arena_ok(&arena),
       "passed through, each block is the parent's (and a note of it)");
    ok(alcove_dealloc(&arena.allocator, q, lay(10, 1), NULL) &&
           books.live_blocks == 4 && alcove_arena_ok(&arena),
       "its release is the parent's");
    ok(alcove_arena_rewind(&arena, mark, NULL) && books.live_blocks == 2 &&
           alcove_owns(&arena.allocator, p, lay(10, 1)) &&
           alcove_arena_ok(&arena),
       "a rewind releases the blocks since");
    r = alcove_arena_alloc(&arena, lay(30, 1), NULL);
    r = alcove_realloc(&arena.allocator, r, lay(30, 1), lay(3000, 1), NULL);
    ok(r && alcove_arena_ok(&arena), "blocks can be changed");
    alcove_arena_done(&arena);
    ok(count_ok(&books, 0, 0), "done releases the rest");
    count_done(&books);
}

static void
test_pages(void)
{
    struct alcove_arena arena;
    size_t i;
    bool good = true;

    if (!ALCOVE_HAVE_PAGE) {
        skip(1, "no pages: %s", ALCOVE_NO_PAGE);
        return;
    }
    alcove_arena_init(&arena, alcove_page(), NULL, 0);
    for (i = 0; i < 3000; i++) {
        char *p = alcove_arena_alloc(&arena, lay(i, 8), NULL);

        if (!p)
            bail_out("no block");
        if (i > 0)
            memset(p, 1, i);
        if (i % 100 == 0)
            good = alcove_arena_ok(&arena) && good;
    }
    ok(good, "an arena over pages is two lines");
    alcove_arena_done(&arena);
}

/* One chunk that grows, and its last block with it. */
static void
test_reserve(void)
{
    struct alcove_page_reserve reserve;
    struct alcove_arena arena;
    struct alcove_error err;
    char *first, *p, *q;
    size_t size;
    bool same = true;

    if (!ALCOVE_HAVE_PAGE ||
        !alcove_page_reserve_init(&reserve, (size_t)32 << 20, &err)) {
        skip(2, "no pages to reserve");
        return;
    }
    if (passes_through()) {
        skip(2, "ALCOVE_PASSTHROUGH=1: nothing is carved");
        alcove_page_reserve_done(&reserve);
        return;
    }
    alcove_arena_init(&arena, &reserve.allocator, NULL, 0);
    first = alcove_arena_alloc(&arena, lay(100, 8), NULL);
    p = alcove_arena_alloc(&arena, lay(100000, 8), NULL);
    if (!first || !p)
        bail_out("no block");
    memset(first, 1, 100);
    for (size = 100000; size < (size_t)20 << 20; size += 100000) {
        q = alcove_grow(&arena.allocator, p, lay(size, 8),
                        lay(size + 100000, 8), NULL);
        same = same && q == p && alcove_arena_ok(&arena);
        if (q)
            memset(q + size, 2, 100000);
    }
    ok(same && is_filled(first, 100, 1) && alcove_arena_chunks(&arena) == 1,
       "over a page reserve the last block grows to 20 MiB and never moves");
    ok(!alcove_grow(&arena.allocator, p, lay(size, 8), lay((size_t)40 << 20, 8),
                    NULL) &&
           is_filled(first, 100, 1) && alcove_arena_ok(&arena),
       "and is refused what is beyond the reserve");
    alcove_arena_done(&arena);
    alcove_page_reserve_done(&reserve);
}

/* ---- the model ---- */

enum { LIVE = 400, MARKS = 8 };

struct model {
    struct alcove_arena arena;
    struct count books;
    struct {
        char *p;
        struct alcove_layout l;
        int byte;
    } live[LIVE];
    size_t count;
    struct {
        struct alcove_arena_position mark;
        size_t count;
    } marks[MARKS];
    size_t mark_count;
    size_t done;
    bool good;
};

static void
model_alloc(struct model *m)
{
    size_t dice = tap_random() % 100;
    struct alcove_layout l = {tap_random() % 100 + 1, 1};
    char *p;

    if (dice < 3)
        l.size = tap_random() % 5000 + 1;
    l.align = (size_t)1 << tap_random() % (dice < 2 ? 13 : 5);
    if (m->count == LIVE)
        return;
    p = dice % 2 ? alcove_arena_alloc(&m->arena, l, NULL)
                 : alcove_alloc(&m->arena.allocator, l, NULL);
    if (!p)
        return;
    m->good = m->good && is_aligned(p, l.align);
    m->live[m->count].p = p;
    m->live[m->count].l = l;
    m->live[m->count].byte = (int)(tap_random() % 128);
    memset(p, m->live[m->count].byte, l.size);
    m->count++;
}

static void
model_check(struct model *m, size_t i)
{
    m->good =
        m->good && is_filled(m->live[i].p, m->live[i].l.size, m->live[i].byte);
}

/* The last block, if there is one, and no mark behind it: the mark would be of
 * a later position without the block. */
static bool
has_free_last(const struct model *m)
{
    return m->count > 0 &&
           (m->mark_count == 0 || m->marks[m->mark_count - 1].count < m->count);
}

/* The last block is resized or moved. */
static void
model_change(struct model *m)
{
    size_t i = m->count - 1, kept;
    struct alcove_layout l;
    char *p;

    if (!has_free_last(m))
        return;
    l = lay(tap_random() % 300 + 1, m->live[i].l.align);
    model_check(m, i);
    p = alcove_realloc(&m->arena.allocator, m->live[i].p, m->live[i].l, l,
                       NULL);
    if (!p)
        return;
    kept = l.size < m->live[i].l.size ? l.size : m->live[i].l.size;
    m->good = m->good && is_filled(p, kept, m->live[i].byte);
    memset(p, m->live[i].byte, l.size);
    m->live[i].p = p;
    m->live[i].l = l;
}

static void
model_release(struct model *m)
{
    size_t i = m->count - 1;

    if (!has_free_last(m))
        return;
    model_check(m, i);
    m->good =
        alcove_dealloc(&m->arena.allocator, m->live[i].p, m->live[i].l, NULL) &&
        m->good;
    m->count = i;
}

static void
model_rewind(struct model *m)
{
    size_t to, i;

    if (m->mark_count == 0)
        return;
    to = tap_random() % m->mark_count;
    m->good =
        alcove_arena_rewind(&m->arena, m->marks[to].mark, NULL) && m->good;
    m->count = m->marks[to].count;
    m->mark_count = to;
    for (i = 0; i < m->count; i++)
        model_check(m, i);
}

static void
model_step(struct model *m)
{
    size_t dice = tap_random() % 1000;

    if (dice < 700) {
        model_alloc(m);
    } else if (dice < 800) {
        model_change(m);
    } else if (dice < 900) {
        model_release(m);
    } else if (dice < 950) {
        if (m->mark_count < MARKS) {
            m->marks[m->mark_count].mark = alcove_arena_mark(&m->arena);
            m->marks[m->mark_count++].count = m->count;
        }
    } else if (dice < 990) {
        model_rewind(m);
    } else if (dice < 996) {
        alcove_arena_reset(&m->arena);
        m->count = 0;
        m->mark_count = 0;
    } else {
        alcove_arena_trim(&m->arena, tap_random() % 20000);
    }
    if (m->done % 16 == 0)
        m->good = m->good && alcove_arena_ok(&m->arena);
}

/* A million steps; fewer where a tool makes them slow. */
static void
test_model(struct alcove_allocator *parent, const char *name)
{
    static char memory[3000];
    static struct model m;
    clock_t start = clock();
    size_t steps = 1000000;

    memset(&m, 0, sizeof m);
    m.good = true;
    if (!parent) {
        count_init(&m.books, COUNT_PLAIN);
        parent = &m.books.allocator;
    }
    alcove_arena_init(&m.arena, parent, memory, sizeof memory);
    alcove_arena_set_chunks(&m.arena, 4096, 16384);
    for (m.done = 0; m.done < steps && m.good; m.done++) {
        model_step(&m);
        if (m.done == 10000 && clock() - start > CLOCKS_PER_SEC / 4)
            steps = 100000;
    }
    ok(m.good, "%lu random steps over %s agree with a plain model",
       (unsigned long)m.done, name);
    alcove_arena_done(&m.arena);
    if (parent == &m.books.allocator) {
        ok(count_ok(&m.books, 0, 0), "and everything is given back");
        count_done(&m.books);
    }
}

int
main(void)
{
    struct count books;

    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("no malloc: %s", ALCOVE_NO_MALLOC);
    tap_plan(84);
    test_last_bytes();
    test_settings();
    test_buffer();
    test_bad_layouts();
    if (passes_through()) {
        skip(14, "ALCOVE_PASSTHROUGH=1: nothing is carved");
    } else {
        test_growth();
        test_spill();
    }
    test_refusing_parent();
    test_odd_parents();
    test_resize();
    test_large_resize(alcove_malloc(), "malloc");
    count_init(&books, COUNT_PLAIN);
    test_large_resize(&books.allocator, "a plain allocator");
    count_done(&books);
    test_marks();
    test_cleanups();
    test_allocating_cleanup();
    test_temporaries();
    test_pass_through();
    test_pages();
    test_reserve();
    test_model(NULL, "a counting allocator");
    test_model(alcove_malloc(), "malloc");
    return tap_done();
}
