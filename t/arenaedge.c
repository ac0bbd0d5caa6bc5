/* SPDX-License-Identifier: MIT */
/* Arenas at their edges: the last byte of a chunk, sizes at which they change
 * their ways, and whether alcove_arena_ok sees each invariant broken. */
#include <config.h>

#include <alcove/arena.h>

#include "count.h"
#include "hidden.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

static char *
take(struct alcove_arena *arena, size_t size)
{
    char *p = alcove_arena_alloc(arena, lay(size, 1), NULL);

    if (!p)
        bail_out("no %lu bytes", (unsigned long)size);
    return p;
}

/* ---- the ends of a chunk ---- */

static void
test_ends(void)
{
    static char memory[4096];
    char *start = memory + (-(uintptr_t)memory & 63), *p;
    struct alcove_arena arena;
    bool good = true;
    size_t size;

    for (size = 0; size < 200; size++) {
        alcove_arena_init(&arena, NULL, start, size);
        good = good && alcove_arena_ok(&arena) &&
               alcove_arena_capacity(&arena) == size - size % 16;
        alcove_arena_done(&arena);
    }
    ok(good, "a buffer is as large as it is, down to a multiple of 16");

    alcove_arena_init(&arena, NULL, start, 64);
    p = alcove_arena_alloc(&arena, lay(64, 64), NULL);
    ok(p == start && alcove_arena_ok(&arena) &&
           alcove_arena_used(&arena) == 64 &&
           !alcove_arena_alloc(&arena, lay(1, 1), NULL),
       "an aligned block may take all of it");
    alcove_arena_trim(&arena, 0);
    ok(alcove_arena_capacity(&arena) == 64, "...and it is never trimmed");
    alcove_arena_reset(&arena);
    alcove_arena_trim(&arena, 0);
    ok(alcove_arena_capacity(&arena) == 64 && alcove_arena_ok(&arena),
       "...nor when it is empty");
    alcove_arena_done(&arena);
    memset(start, 1, 64);
    ok(!is_hidden(start) && !is_hidden(start + 63),
       "after done it is the caller's");

    alcove_arena_init(&arena, NULL, start, 1024);
    p = take(&arena, 17);
    ok(alcove_dealloc(&arena.allocator, p, lay(17, 1), NULL) &&
           alcove_arena_used(&arena) == 0 && take(&arena, 17) == p,
       "a last block of 17 bytes is known again");
    alcove_arena_done(&arena);
}

/* Nothing is there, and nothing of it is touched. */
static void
test_last_addresses(void)
{
    struct alcove_arena arena;
    uintptr_t near = ALCOVE_ARENA_NEAR, start = UINTPTR_MAX - 2 * near + 1;
    void *p;

    alcove_arena_init(&arena, NULL, NULL, 0);
    if (arena.watched) {
        skip(4, "what is no memory cannot be hidden");
        return;
    }
    alcove_arena_init(&arena, NULL, (void *)start, 2 * near - 1);
    ok(alcove_arena_capacity(&arena) == near - 16 && alcove_arena_ok(&arena),
       "the last addresses of all are not used");
    p = alcove_arena_alloc(&arena, lay(16, 2 * near), NULL);
    ok((uintptr_t)p == start, "a block may be as aligned as it happens to be");
    ok(!alcove_arena_alloc(&arena, lay(16, 2 * near), NULL) &&
           !alcove_arena_alloc(&arena, lay(16, 4 * near), NULL) &&
           alcove_arena_ok(&arena),
       "...but there is no address after the last");
    alcove_arena_init(&arena, NULL, (void *)(UINTPTR_MAX - 255), 250);
    ok(alcove_arena_capacity(&arena) == 0 && alcove_arena_ok(&arena) &&
           !alcove_arena_alloc(&arena, lay(1, 1), NULL),
       "a buffer that lies all there is none");
}

/* ---- chunks, and blocks of their own ---- */

/* How many chunks a first block of this layout makes: the rest is its own. */
static size_t
chunks_for(struct alcove_layout l, unsigned features)
{
    struct count books;
    struct alcove_arena arena;
    size_t chunks;

    count_init(&books, features);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    if (!alcove_arena_alloc(&arena, l, NULL) || !alcove_arena_ok(&arena))
        bail_out("no block");
    chunks = alcove_arena_chunks(&arena);
    if ((chunks == 0) != (arena.own != NULL))
        bail_out("neither a chunk nor a block of its own");
    alcove_arena_done(&arena);
    if (!count_ok(&books, 0, 0))
        bail_out("not all is given back");
    return chunks;
}

static void
test_large(void)
{
    struct count books;
    struct alcove_arena arena;
    char *p;

    ok(chunks_for(lay(1024, 1), COUNT_PLAIN) == 1 &&
           chunks_for(lay(1, 1024), COUNT_PLAIN) == 1,
       "a quarter of a chunk is carved");
    ok(chunks_for(lay(1025, 1), COUNT_PLAIN) == 0 &&
           chunks_for(lay(1, 2048), COUNT_PLAIN) == 0,
       "...more has memory of its own");
    ok(chunks_for(lay(5000, 1), COUNT_PLAIN | ALCOVE_CAN_RESIZE) == 1 &&
           chunks_for(lay(5000, 1), COUNT_PLAIN | ALCOVE_CAN_REALLOC) == 0,
       "...but for the first over a parent that can resize");

    count_init(&books, COUNT_PLAIN | ALCOVE_CAN_RESIZE);
    books.refuse_resize = true;
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    (void)take(&arena, 10);
    (void)take(&arena, 50000);
    ok(alcove_arena_chunks(&arena) == 1 && arena.own, "...and only the first");
    alcove_arena_done(&arena);
    ok(count_ok(&books, 0, 0), "...and all of it is given back");
    count_done(&books);

    count_init(&books, COUNT_PLAIN);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    books.fail_after = 1;
    books.refuse_dealloc = true;
    errno = 0;
    p = alcove_arena_alloc(&arena, lay(50000, 1), NULL);
    ok(!p && errno_is(ENOMEM) && alcove_arena_ok(&arena),
       "errno tells of the block that was refused, not of what came then");
    alcove_arena_done(&arena);
    books.refuse_dealloc = false;
    count_done(&books);
}

/* An arena of chunks of 1024, 2048, 4096 and 8192 bytes. */
static void
four_chunks(struct alcove_arena *arena, struct count *books)
{
    count_init(books, COUNT_PLAIN);
    alcove_arena_init(arena, &books->allocator, NULL, 0);
    alcove_arena_set_chunks(arena, 1024, 8192);
    while (alcove_arena_chunks(arena) < 4)
        (void)take(arena, 240);
}

static void
test_sums(void)
{
    struct count books;
    struct alcove_arena arena;
    size_t i, capacity, gap;

    count_init(&books, COUNT_PLAIN);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    alcove_arena_set_chunks(&arena, 3072, 3072);
    ok(alcove_arena_alloc(&arena, lay(16, 1024), NULL) &&
           books.live_bytes < 3072,
       "an alignment of more than a quarter of a chunk has a block of its own");
    alcove_arena_done(&arena);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    ok(alcove_arena_used(&arena) == 0 && alcove_arena_capacity(&arena) == 0,
       "what has no chunk uses nothing");
    gap = arena.watched ? 16 : 0;
    alcove_arena_set_chunks(&arena, 1024, 1024);
    for (i = 0; i < 7; i++)
        (void)take(&arena, 240);
    ok(alcove_arena_chunks(&arena) >= 2 &&
           alcove_arena_used(&arena) == 7 * (240 + gap),
       "the bytes in use are those of all chunks");
    capacity = alcove_arena_capacity(&arena);
    (void)take(&arena, 5000);
    ok(alcove_arena_used(&arena) == 7 * (240 + gap) + 5000 &&
           alcove_arena_capacity(&arena) == capacity + 5000,
       "...and of blocks of their own");
    alcove_arena_reset(&arena);
    alcove_arena_trim(&arena, capacity);
    ok(alcove_arena_capacity(&arena) == capacity,
       "trim keeps as much as it is told");
    alcove_arena_done(&arena);
    count_done(&books);

    four_chunks(&arena, &books);
    alcove_arena_reset(&arena);
    (void)take(&arena, 3000);
    ok(alcove_arena_ok(&arena) && alcove_arena_chunks(&arena) == 4 &&
           arena.chunk->index == 1 && !arena.own,
       "of the chunks that are kept the first with room comes next");
    alcove_arena_done(&arena);
    ok(count_ok(&books, 0, 0) && alcove_arena_ok(&arena),
       "...and none is lost");
    ok(!alcove_arena_alloc(&arena, lay(10, 1), NULL) && count_ok(&books, 0, 0),
       "after done the parent is not asked");
    count_done(&books);

    count_init(&books, COUNT_PLAIN);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    alcove_arena_pass_through(&arena);
    (void)take(&arena, 10);
    alcove_arena_done(&arena);
    ok(!alcove_arena_alloc(&arena, lay(10, 1), NULL) && count_ok(&books, 0, 0),
       "...nor if it was passed through");
    count_done(&books);
}

/* ---- what the parent is asked for ---- */

static void
test_asked(void)
{
    static const size_t aligns[] = {1, 16, 64};
    static char memory[6000];
    const size_t head = sizeof(struct alcove_arena_chunk);
    const size_t most = ALCOVE_SIZE_MAX - head - 3 * 16;
    struct count books;
    struct alcove_arena arena, parent;
    const struct alcove_arena_chunk *c;
    size_t size, i, allocs, want = 1024;
    bool good = true;

    four_chunks(&arena, &books);
    for (c = arena.chunk; c->prev;)
        c = c->prev;
    for (; c; c = c->next, want *= 2)
        good = good && c->layout.size == want;
    ok(good && want == 16384, "each chunk is twice as large as the one before");
    alcove_arena_done(&arena);
    count_done(&books);

    for (i = 0; i < 3; i++)
        for (size = 5000; size <= 5016; size++) {
            count_init(&books, COUNT_PLAIN | ALCOVE_CAN_RESIZE);
            alcove_arena_init(&arena, &books.allocator, NULL, 0);
            good = good &&
                   alcove_arena_alloc(&arena, lay(size, aligns[i]), NULL) &&
                   books.live_bytes ==
                       (head + 32 + aligns[i] + size + 15) / 16 * 16;
            alcove_arena_done(&arena);
            count_done(&books);
        }
    ok(good, "a large first chunk is as large as its block may need");

    count_init(&books, COUNT_PLAIN | ALCOVE_CAN_RESIZE);
    books.fail_after = 1;
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    good = !alcove_arena_alloc(&arena, lay(most - 1, 1), NULL);
    ok(good && books.asked == 1 && books.allocs == 0,
       "a chunk may be as large as can be asked for");
    books.fail_after = 1;
    good = !alcove_arena_alloc(&arena, lay(most, 1), NULL);
    ok(good && books.allocs == 1, "...what is larger is not a chunk's");
    alcove_arena_done(&arena);
    count_done(&books);

    count_init(&books, COUNT_PLAIN | ALCOVE_CAN_RESIZE);
    books.refuse_resize = true;
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    alcove_arena_set_chunks(&arena, 1024, 8192);
    while (alcove_arena_chunks(&arena) < 3)
        (void)take(&arena, 240);
    alcove_arena_reset(&arena);
    allocs = books.allocs;
    for (i = 0; i < 10; i++)
        (void)take(&arena, 240);
    ok(books.allocs == allocs && alcove_arena_ok(&arena),
       "what cannot be made longer is followed by what was kept");
    alcove_arena_done(&arena);
    ok(count_ok(&books, 0, 0), "...and all is given back");
    count_done(&books);

    alcove_arena_init(&parent, NULL, memory, sizeof memory);
    alcove_arena_init(&arena, &parent.allocator, NULL, 0);
    (void)take(&arena, 3800);
    ok(alcove_arena_alloc(&arena, lay(1000, 1), NULL) &&
           alcove_arena_chunks(&arena) == 1 && alcove_arena_ok(&arena),
       "a chunk is made longer by what there is, if not by as much again");
    alcove_arena_done(&arena);
    alcove_arena_done(&parent);
}

/* ---- a neighbour ---- */

/* Gives the blocks that it is told to. */
struct scripted {
    struct alcove_allocator allocator;
    char *next[4];
    size_t count;
};

static void *
scripted_alloc(struct alcove_allocator *a, struct alcove_layout l,
               struct alcove_error *err)
{
    struct scripted *s = (struct scripted *)a;

    (void)l;
    (void)err;
    return s->next[s->count++];
}

static bool
scripted_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                 struct alcove_error *err)
{
    (void)a;
    (void)p;
    (void)l;
    (void)err;
    return true;
}

/* A block of the parent's that ends where the buffer begins. */
static void
test_neighbour(void)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "scripted",
        .alloc = scripted_alloc,
        .dealloc = scripted_dealloc,
    };
    static char memory[8192];
    char *m = memory + (-(uintptr_t)memory & 15);
    struct scripted parent = {
        {&ops, COUNT_PLAIN}, {m, m + 6000 - 2048, m + 64, m + 128}, 0};
    struct alcove_arena arena;
    char *p;

    alcove_arena_init(&arena, &parent.allocator, m + 6000, 256);
    p = take(&arena, 2048);
    (void)take(&arena, 2048);
    ok(p + 2048 == m + 6000 && parent.count == 4 &&
           alcove_dealloc(&arena.allocator, p, lay(2048, 1), NULL) &&
           alcove_arena_ok(&arena) && alcove_arena_capacity(&arena) >= 256,
       "the block before the buffer is not its last one");
    alcove_arena_done(&arena);

    parent.count = 0;
    parent.next[1] = m + 6256;
    alcove_arena_init(&arena, &parent.allocator, m + 6000, 256);
    p = take(&arena, 256);
    ok(p == m + 6000 && take(&arena, 2048) == m + 6256 &&
           alcove_owns(&arena.allocator, m + 6256, lay(2048, 1)),
       "nor does one that begins at its end belong to it");
    alcove_arena_done(&arena);
}

/* ---- the rest of a block's last 16 bytes ---- */

static void
test_inside(void)
{
    static char memory[1024];
    struct count books;
    struct alcove_arena arena;
    struct alcove_allocator *a = &arena.allocator;
    char *p, *q, *last;

    alcove_arena_init(&arena, NULL, memory, sizeof memory);
    p = take(&arena, 17);
    q = take(&arena, 16);
    last = take(&arena, 32);
    ok(alcove_resize(a, p, lay(17, 1), lay(32, 1)) != arena.watched &&
           !alcove_resize(a, p, lay(17, 1), lay(33, 1)) &&
           !alcove_resize(a, q, lay(16, 1), lay(17, 1)),
       "a block grows into its padding, unless a tool watches, and no further");
    ok(alcove_resize(a, q, lay(16, 1), lay(16, 8)) &&
           alcove_resize(a, q, lay(16, 1), lay(9, 1)) &&
           is_hidden(q + 15) == (CAN_SEE_HIDDEN != 0) && !is_hidden(q + 7) &&
           alcove_arena_ok(&arena),
       "...and shrinks");
    ok(alcove_owns(a, p, lay(17, 1)) && alcove_owns(a, last, lay(32, 1)) &&
           alcove_resize(a, p, lay(17, 1), lay(17, 2)) &&
           !alcove_owns(a, arena.cursor, lay(1, 1)) &&
           !alcove_owns(a, p - 1, lay(1, 1)),
       "the first and the last byte in use are known");
    alcove_arena_done(&arena);

    count_init(&books, COUNT_PLAIN | ALCOVE_CAN_REALLOC);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    alcove_arena_set_chunks(&arena, 1024, 1024);
    p = take(&arena, 50000);
    p = alcove_realloc(a, p, lay(50000, 1), lay(60000, 1), NULL);
    ok(p && books.reallocs == 1 && alcove_owns(a, p, lay(60000, 1)) &&
           !alcove_owns(a, p, lay(50000, 1)) &&
           !alcove_owns(a, p, lay(60000, 2)),
       "a block of its own is moved by its parent's means");
    p = take(&arena, 100);
    q = take(&arena, 100);
    last = q;
    while (alcove_arena_chunks(&arena) < 3) {
        if (arena.chunk->index == 0)
            last = arena.cursor - 1;
        (void)take(&arena, 200);
    }
    ok(alcove_owns(a, p, lay(100, 1)) && alcove_owns(a, q, lay(100, 1)) &&
           alcove_owns(a, last, lay(1, 1)) &&
           !alcove_owns(a, arena.chunk->prev->prev->top, lay(1, 1)) &&
           !alcove_owns(a, q, lay(1000, 1)),
       "blocks in earlier chunks are known, and what is none there");
    alcove_arena_done(&arena);
    ok(count_ok(&books, 0, 0), "all is given back");
    count_done(&books);
}

static void
test_init(void)
{
    const unsigned all = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC |
                         ALCOVE_CAN_RESIZE | ALCOVE_CAN_OWNS | ALCOVE_CAN_TEMP;
    const size_t most = ALCOVE_SIZE_MAX / 2;
    struct count books;
    struct alcove_arena arena;
    struct alcove_error err = {.code = ALCOVE_OK};

    count_init(&books, ALCOVE_CAN_DEALLOC | ALCOVE_CAN_TEMP);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    ok(!alcove_arena_alloc(&arena, lay(8, 8), &err) && books.asked == 0 &&
           err.cause == ALCOVE_CAUSE_OUT_OF_MEMORY,
       "a parent that only takes back is none");
    count_done(&books);

    count_init(&books, COUNT_PLAIN | ALCOVE_CAN_RESIZE);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    ok(alcove_features(&arena.allocator) == all, "an arena has its features");
    (void)take(&arena, 1);
    ok(books.live_bytes == 4096 && arena.max_size == (size_t)1 << 20,
       "the first chunk has 4 KiB, the largest 1 MiB");
    alcove_arena_pass_through(&arena);
    ok(alcove_features(&arena.allocator) == all,
       "passing through it can resize if its parent can");
    alcove_arena_done(&arena);
    count_done(&books);
    count_init(&books, COUNT_PLAIN);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    alcove_arena_pass_through(&arena);
    ok(alcove_features(&arena.allocator) ==
           (all & ~(unsigned)ALCOVE_CAN_RESIZE),
       "...and cannot if it cannot");
    alcove_arena_set_chunks(&arena, 0, 0);
    ok(arena.next_size == 1024 && arena.max_size == 1024,
       "chunks have 1024 bytes at least");
    alcove_arena_set_chunks(&arena, 5000, 3000);
    ok(arena.next_size == 4992 && arena.max_size == 4992,
       "...the largest is not smaller than the next");
    alcove_arena_set_chunks(&arena, SIZE_MAX, SIZE_MAX);
    ok(arena.next_size == most - most % 16 &&
           arena.max_size == most - most % 16,
       "...nor larger than what can be asked for");
    alcove_arena_done(&arena);
    count_done(&books);
}

/* ---- marks ---- */

static void
nothing(void *arg)
{
    (void)arg;
}

static void
test_marks(void)
{
    struct count books;
    struct alcove_arena arena, other;
    struct alcove_arena_position early, late, far;
    struct alcove_arena_cleanup node;
    struct alcove_error err = {.code = ALCOVE_OK};

    count_init(&books, COUNT_PLAIN);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    alcove_arena_init(&other, NULL, NULL, 0);
    alcove_arena_set_chunks(&arena, 1024, 1024);
    (void)take(&arena, 100);
    early = alcove_arena_mark(&arena);
    (void)take(&arena, 100);
    late = alcove_arena_mark(&arena);
    ok(alcove_arena_rewind(&arena, early, NULL) &&
           !alcove_arena_rewind(&arena, late, &err) &&
           err.code == ALCOVE_ERR_NOT_OWNED && strstr(err.detail, "later"),
       "a mark of a later position in the chunk is refused");
    ok(!alcove_arena_rewind(&other, early, &err) &&
           strstr(err.detail, "another"),
       "...and so is another arena's");
    alcove_arena_defer(&arena, &node, nothing, NULL);
    late = alcove_arena_mark(&arena);
    ok(alcove_arena_rewind(&arena, early, NULL) &&
           !alcove_arena_rewind(&arena, late, NULL),
       "...and one that is later by a cleanup");
    while (alcove_arena_chunks(&arena) < 2) {
        late = alcove_arena_mark(&arena);
        (void)take(&arena, 50);
    }
    far = alcove_arena_mark(&arena);
    ok(far.offset < late.offset && alcove_arena_rewind(&arena, late, NULL) &&
           !alcove_arena_rewind(&arena, far, NULL) && alcove_arena_ok(&arena),
       "...and one in a later chunk");
    alcove_arena_done(&arena);
    count_done(&books);
}

/* ---- what a tool is told ---- */

static void
test_hidden(void)
{
    static char memory[1024], large[20000];
    struct count books;
    struct alcove_arena arena, parent;
    struct alcove_arena_position mark;
    char *p, *q, *last;
    size_t i;

    alcove_arena_init(&arena, NULL, memory, sizeof memory);
    p = take(&arena, 100);
    q = take(&arena, 100);
    (void)take(&arena, 100);
    if (!CAN_SEE_HIDDEN) {
        skip(9, "no tool tells what is hidden");
        alcove_arena_done(&arena);
        return;
    }
    ok(!is_hidden(p) && !is_hidden(p + 99) && is_hidden(p + 100) &&
           is_hidden(q - 1) && is_hidden(memory + 1000),
       "what is no block is hidden");
    ok(alcove_dealloc(&arena.allocator, q, lay(100, 1), NULL) && is_hidden(q) &&
           is_hidden(q + 99) && !is_hidden(p + 99),
       "...and what is none any more");
    ok(alcove_resize(&arena.allocator, p, lay(100, 1), lay(40, 1)) &&
           is_hidden(p + 40) && is_hidden(p + 99) && !is_hidden(p + 39),
       "...and what a block has lost");
    p = take(&arena, 40);
    ok(alcove_resize(&arena.allocator, p, lay(40, 1), lay(48, 1)) &&
           !is_hidden(p + 47) && take(&arena, 16) > p + 48 &&
           is_hidden(p + 48) && is_hidden(p + 63),
       "...and what is between blocks that have grown");
    alcove_arena_reset(&arena);
    ok(is_hidden(p) && is_hidden(p + 39), "...and all after a reset");
    alcove_arena_done(&arena);

    count_init(&books, COUNT_PLAIN);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    alcove_arena_set_chunks(&arena, 1024, 1024);
    p = take(&arena, 100);
    ok(is_hidden(p + 112) && is_hidden(arena.chunk->end - 1),
       "the rest of a chunk is hidden");
    mark = alcove_arena_mark(&arena);
    q = take(&arena, 100);
    for (i = 0; i < 20; i++)
        last = take(&arena, 100);
    ok(alcove_arena_rewind(&arena, mark, NULL) && is_hidden(q) &&
           is_hidden(q + 99) && is_hidden(last) && !is_hidden(p + 99),
       "...and all after a rewind, in every chunk");
    ok(take(&arena, 60) == q && !is_hidden(q + 59) && is_hidden(q + 60),
       "what is taken again is a block again");
    alcove_arena_done(&arena);
    count_done(&books);

    alcove_arena_init(&parent, NULL, large, sizeof large);
    alcove_arena_init(&arena, &parent.allocator, NULL, 0);
    (void)take(&arena, 3800);
    p = take(&arena, 1000);
    ok(alcove_arena_chunks(&arena) == 1 && !is_hidden(p + 999) &&
           is_hidden(p + 1000) && is_hidden(arena.chunk->end - 1),
       "...and so is that of one that was made longer");
    alcove_arena_done(&arena);
    alcove_arena_done(&parent);
}

/* ---- the check of the invariants ---- */

/* Is it seen when *field has this value? It has its own again afterwards. */
static bool
sees_pointer(struct alcove_arena *arena, char **field, char *value)
{
    char *old = *field;
    bool seen;

    *field = value;
    seen = !alcove_arena_ok(arena);
    *field = old;
    return seen && alcove_arena_ok(arena);
}

static bool
sees_number(struct alcove_arena *arena, size_t *field, size_t value)
{
    size_t old = *field;
    bool seen;

    *field = value;
    seen = !alcove_arena_ok(arena);
    *field = old;
    return seen && alcove_arena_ok(arena);
}

static void
test_ok_of_chunks(void)
{
    struct count books;
    struct alcove_arena arena;
    struct alcove_arena_chunk *c, *before, *after, *old;
    struct alcove_arena_position mark = {NULL, 0, 0, 0};
    char *end;
    bool good = true;

    four_chunks(&arena, &books);
    while (arena.chunk->index > 1) {
        mark = alcove_arena_mark(&arena);
        mark.index--;
        mark.offset = 0;
        if (!alcove_arena_rewind(&arena, mark, NULL))
            bail_out("no way back");
    }
    (void)take(&arena, 100);
    c = arena.chunk;
    before = c->prev;
    after = c->next;
    ok(before && after && after->next && alcove_arena_ok(&arena),
       "there is one chunk before the current one, and two behind it");

    ok(sees_pointer(&arena, &c->start, c->start + 1) &&
           sees_pointer(&arena, &before->start, before->start + 1) &&
           sees_pointer(&arena, &after->start, after->start + 1) &&
           sees_pointer(&arena, &after->start, after->end + 16),
       "where a chunk begins is checked");
    ok(sees_pointer(&arena, &after->end, after->end - 1) &&
           sees_pointer(&arena, &before->end, before->end - 1),
       "...and where it ends");
    end = after->end;
    after->end = after->start;
    ok(alcove_arena_ok(&arena), "...but it may be empty");
    after->end = end;
    ok(sees_number(&arena, &before->index, 5) &&
           sees_number(&arena, &c->index, 0),
       "...its index");
    ok(sees_pointer(&arena, &before->top, before->start - 16) &&
           sees_pointer(&arena, &before->top, before->end + 16),
       "...and its last block");
    old = after->prev;
    after->prev = before;
    good = !alcove_arena_ok(&arena);
    after->prev = old;
    ok(good && alcove_arena_ok(&arena), "...and the chunk before it");

    ok(sees_pointer(&arena, &arena.cursor, arena.cursor + 1) &&
           sees_pointer(&arena, &arena.cursor, c->start - 16) &&
           sees_pointer(&arena, &arena.cursor, c->end + 16),
       "where the next block is to be is checked");
    ok(sees_pointer(&arena, &arena.limit, c->start - 16),
       "...and up to where without a call");
    alcove_arena_done(&arena);
    ok(sees_pointer(&arena, &arena.cursor, (char *)(uintptr_t)16) &&
           sees_pointer(&arena, &arena.limit, (char *)(uintptr_t)16),
       "...and that there is none without a chunk");
    count_done(&books);
}

static void
test_ok_of_serials(void)
{
    static char memory[1024];
    struct count books;
    struct alcove_arena arena;
    struct alcove_arena_cleanup one, two;

    count_init(&books, COUNT_PLAIN);
    alcove_arena_init(&arena, &books.allocator, NULL, 0);
    (void)take(&arena, 50000);
    (void)take(&arena, 50000);
    alcove_arena_defer(&arena, &one, nothing, NULL);
    alcove_arena_defer(&arena, &two, nothing, NULL);
    ok(sees_number(&arena, &arena.own->serial, arena.serial + 1) &&
           sees_number(&arena, &arena.own->serial, 0) &&
           sees_number(&arena, &arena.own->next->serial, 0) &&
           sees_number(&arena, &arena.own->next->serial, arena.own->serial),
       "the order of blocks of their own is checked");
    ok(sees_number(&arena, &two.serial, arena.serial + 1) &&
           sees_number(&arena, &two.serial, 0) &&
           sees_number(&arena, &one.serial, 0) &&
           sees_number(&arena, &one.serial, two.serial),
       "...and that of cleanups");
    alcove_arena_done(&arena);
    count_done(&books);

    count_init(&books, COUNT_PLAIN);
    alcove_arena_init(&arena, &books.allocator, memory, sizeof memory);
    alcove_arena_pass_through(&arena);
    (void)take(&arena, 10);
    ok(alcove_arena_ok(&arena) && arena.own && arena.limit == arena.cursor,
       "an arena that passes through is well with its buffer");
    alcove_arena_done(&arena);
    ok(count_ok(&books, 0, 0), "...which then gives all back");
    count_done(&books);
}

int
main(void)
{
    const char *through = getenv("ALCOVE_PASSTHROUGH");

    if (through && strcmp(through, "1") == 0)
        return tap_skip_all("ALCOVE_PASSTHROUGH=1: nothing is carved");
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(75);
    test_ends();
    test_last_addresses();
    test_large();
    test_sums();
    test_asked();
    test_neighbour();
    test_inside();
    test_init();
    test_marks();
    test_hidden();
    test_ok_of_chunks();
    test_ok_of_serials();
    return tap_done();
}
