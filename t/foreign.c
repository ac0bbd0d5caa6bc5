/* SPDX-License-Identifier: MIT */
/* An allocator over foreign functions: every size and alignment over functions
 * that give less, what they are asked for to the byte, and what becomes of
 * their errors. The functions are those of libc, of <alcove/thin.h>, and of a
 * heap that takes orders, which is thin over the counting allocator.
 */
#include <config.h>

#include <alcove/foreign.h>
#include <alcove/malloc.h>
#include <alcove/thin.h>

#include "count.h"
#include "holds.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LEAVE = -1 };

static struct count count;

/* ---- a heap ---- */

/* Its blocks are aligned to `align` and no more. */
static struct heap {
    size_t align;
    /* Orders. */
    bool fail, fail_zalloc, fail_realloc;
    int fail_errno;  /* LEAVE: they leave errno alone */
    size_t skew;     /* bytes by which blocks are beside that alignment */
    size_t skew_for; /* so many blocks; SIZE_MAX: all */
    /* Books. */
    size_t live, bytes;
    size_t calls, zallocs, reallocs, frees;
    size_t wrong; /* calls with what must not be asked for */
} heap;

/* In front of a block stands how far its base is. */
static char *
heap_base(const void *p)
{
    size_t shift;

    memcpy(&shift, (const char *)p - sizeof shift, sizeof shift);
    return (char *)p - shift;
}

static size_t
heap_size(const void *p)
{
    const char *base = heap_base(p);

    return alcove_thin_size(&count.allocator, base, NULL) -
           (size_t)((const char *)p - base);
}

static char *
heap_put(char *base, size_t shift)
{
    memcpy(base + shift - sizeof shift, &shift, sizeof shift);
    return base + shift;
}

static size_t
heap_shift(void)
{
    size_t shift = heap.align;

    while (shift < sizeof shift)
        shift += 2 * heap.align;
    if (heap.skew_for == 0)
        return shift;
    if (heap.skew_for != SIZE_MAX)
        heap.skew_for--;
    return shift + heap.skew;
}

static void *
heap_get(size_t size, bool refuse, bool zero)
{
    size_t align = 2 * heap.align, shift;
    char *base;

    heap.calls++;
    heap.wrong += size == 0 || size > ALCOVE_SIZE_MAX;
    if (heap.fail_errno != LEAVE)
        errno = heap.fail_errno;
    if (refuse || size > 1000000)
        return NULL;
    shift = heap_shift();
    base = alcove_thin_aligned(&count.allocator, shift + size, align, NULL);
    if (!base)
        bail_out("no block");
    memset(base, zero ? 0 : COUNT_RUBBISH, shift + size);
    heap.live++;
    heap.bytes += size;
    errno = 99; /* malloc may do that */
    return heap_put(base, shift);
}

static void *
heap_alloc(void *ctx, size_t size)
{
    heap.wrong += ctx != &heap;
    return heap_get(size, heap.fail, false);
}

static void *
heap_zalloc(void *ctx, size_t size)
{
    heap.wrong += ctx != &heap;
    heap.zallocs++;
    return heap_get(size, heap.fail || heap.fail_zalloc, true);
}

static void
heap_free(void *ctx, void *p)
{
    heap.wrong += ctx != &heap || !p;
    heap.calls++;
    heap.frees++;
    heap.live--;
    heap.bytes -= heap_size(p);
    heap.wrong += !alcove_thin_free(&count.allocator, heap_base(p), NULL);
    errno = 98;
}

static void *
heap_realloc(void *ctx, void *p, size_t size)
{
    size_t old = p ? heap_size(p) : 0;
    void *q;

    heap.wrong += ctx != &heap || !p;
    heap.reallocs++;
    q = heap_get(size, heap.fail || heap.fail_realloc, false);
    if (!q)
        return NULL;
    memcpy(q, p, old < size ? old : size);
    heap_free(ctx, p);
    return q;
}

static struct alcove_foreign_functions functions;
static struct alcove_foreign f;
static struct alcove_allocator *const a = &f.allocator;

static void
begin(size_t align)
{
    const struct alcove_foreign_functions all = {
        .struct_size = sizeof all,
        .name = "heap",
        .alloc = heap_alloc,
        .free = heap_free,
        .zalloc = heap_zalloc,
        .realloc = heap_realloc,
    };

    functions = all;
    count_init(&count, COUNT_PLAIN);
    memset(&heap, 0, sizeof heap);
    heap.align = align;
    if (!alcove_foreign_init(&f, &functions, &heap, align, NULL))
        bail_out("no allocator");
    before();
}

static bool
idle(void)
{
    return heap.live == 0 && heap.bytes == 0 && heap.wrong == 0 &&
           count_ok(&count, 0, 0);
}

static bool
told(enum alcove_code code, int number, const char *name)
{
    return err.code == code && errno_is(number) &&
           strcmp(err.allocator, name) == 0;
}

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

/* What the functions are to be asked for. */
static size_t
asked_for(struct alcove_layout l)
{
    size_t align = l.align;

    if (align <= heap.align)
        return l.size < align ? align : l.size;
    if (align < ALCOVE_ALIGNOF(void *))
        align = ALCOVE_ALIGNOF(void *);
    return l.size + align - 1 + sizeof(void *);
}

static bool
is_aligned(const void *p, size_t align)
{
    return p && (uintptr_t)p % align == 0;
}

/* ---- init ---- */

static bool
no_init(const struct alcove_foreign_functions *fns, size_t align,
        enum alcove_code code, int number)
{
    static struct alcove_foreign old;

    old = f;
    before();
    return !alcove_foreign_init(&f, fns, &heap, align, &err) &&
           told(code, number, "foreign") &&
           (code != ALCOVE_ERR_OTHER || err.detail) &&
           memcmp(&old, &f, sizeof f) == 0 &&
           !alcove_foreign_init(&f, fns, &heap, align, NULL);
}

static void
test_init(void)
{
    struct alcove_foreign_functions bad;
    size_t align, i, wrong = 0;

    begin(16);
    ok(no_init(NULL, 16, ALCOVE_ERR_OTHER, EINVAL), "there must be functions");
    bad = functions;
    bad.struct_size = sizeof bad - 1;
    ok(no_init(&bad, 16, ALCOVE_ERR_OTHER, EINVAL), "...of the right size");
    bad = functions;
    bad.alloc = NULL;
    ok(no_init(&bad, 16, ALCOVE_ERR_OTHER, EINVAL), "...one to allocate");
    bad = functions;
    bad.free = NULL;
    ok(no_init(&bad, 16, ALCOVE_ERR_OTHER, EINVAL), "...one to release");
    for (i = 0; i < 32; i++) {
        bad = functions;
        bad.features = 1u << i;
        wrong += bad.features != ALCOVE_CAN_THREADS &&
                 !no_init(&bad, 16, ALCOVE_ERR_OTHER, EINVAL);
    }
    is_size(wrong, 0, "...that claim nothing but to be for threads");
    ok(no_init(&functions, 0, ALCOVE_ERR_ZERO_ALIGN, EINVAL) &&
           no_init(&functions, 24, ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO, EINVAL) &&
           no_init(&functions, SIZE_MAX, ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO,
                   EINVAL),
       "...and an alignment");
    for (align = 1; align != 0; align *= 2)
        wrong += !alcove_foreign_init(&f, &functions, &heap, align, &err);
    bad = functions;
    bad.struct_size += 100;
    before();
    ok(alcove_foreign_init(&f, &bad, &heap, 16, &err) && wrong == 0 &&
           untouched() && heap.calls == 0 &&
           strcmp(alcove_name(a), "foreign") == 0,
       "every alignment is taken, and functions of later versions");
}

static void
test_features(void)
{
    const unsigned plain = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC |
                           ALCOVE_CAN_RECLAIM | ALCOVE_CAN_TEMP;
    size_t i, wrong = 0;

    begin(16);
    for (i = 0; i < 8; i++) {
        functions.zalloc = i & 1 ? heap_zalloc : NULL;
        functions.realloc = i & 2 ? heap_realloc : NULL;
        functions.features = i & 4 ? ALCOVE_CAN_THREADS : ALCOVE_CAN_NOTHING;
        wrong += !alcove_foreign_init(&f, &functions, &heap, 16, NULL);
        wrong += alcove_features(a) !=
                 (plain | (i & 1 ? (unsigned)ALCOVE_CAN_ZERO : 0) |
                  (i & 2 ? (unsigned)ALCOVE_CAN_REALLOC : 0) |
                  (i & 4 ? (unsigned)ALCOVE_CAN_THREADS : 0));
    }
    is_size(wrong, 0, "it can what there are functions for");
}

/* ---- sizes and alignments ---- */

static bool
serves(struct alcove_layout l, struct alcove_layout then)
{
    size_t kept = l.size < then.size ? l.size : then.size;
    struct alcove_layout back = lay(l.size, then.align);
    char *z = alcove_zalloc(a, l, &err);
    char *p = alcove_alloc(a, l, &err);

    if (!is_aligned(p, l.align) || !is_aligned(z, l.align) ||
        heap.bytes != (l.size > 0 ? 2 * asked_for(l) : 0) ||
        !holds(z, 0, l.size) || !alcove_dealloc(a, z, l, &err))
        return false;
    if (l.size > 0)
        memset(p, 0x37, l.size);
    p = alcove_realloc(a, p, l, then, &err);
    if (!is_aligned(p, then.align) || !holds(p, 0x37, kept) ||
        heap.bytes != (then.size > 0 ? asked_for(then) : 0))
        return false;
    if (then.size > 0)
        memset(p, 0x38, then.size);
    p = alcove_rezalloc(a, p, then, back, &err);
    return is_aligned(p, back.align) && holds(p, 0x38, kept) &&
           holds(p + kept, 0, back.size - kept) &&
           alcove_dealloc(a, p, back, &err) && untouched() && heap.bytes == 0;
}

static size_t
wrong_sizes(size_t stated, size_t step)
{
    size_t size, align, wrong = 0;

    for (size = 0; size <= 600; size += step)
        for (align = 1; align <= 4096; align *= 2)
            wrong += !serves(lay(size, align), lay(tap_random() % 700,
                                                   align << tap_random() % 3));
    return wrong + heap.wrong + (heap.align != stated);
}

static void
test_sizes(void)
{
    static const size_t stated[] = {1, 2, 4, 8, 64, 512};
    size_t i, wrong = 0;

    begin(16);
    is_size(wrong_sizes(16, 1), 0,
            "0 to 600 bytes aligned to 1 to 4096: aligned, kept through "
            "realloc, and the functions asked for no byte too many");
    ok(idle() && heap.zallocs > 0 && heap.reallocs > 0, "...nothing is left");
    for (i = 0; i < sizeof stated / sizeof *stated; i++) {
        begin(stated[i]);
        wrong += wrong_sizes(stated[i], 7);
        wrong += !idle();
    }
    is_size(wrong, 0, "...over functions that align to 1, to 2, ... to 512");
    begin(16);
    functions.zalloc = NULL;
    functions.realloc = NULL;
    ok(wrong_sizes(16, 7) == 0 && idle() && heap.zallocs == 0 &&
           heap.reallocs == 0,
       "...and where there are but two of them");
}

static void
test_realloc(void)
{
    char *p;

    begin(16);
    p = alcove_alloc(a, lay(100, 8), NULL);
    p = alcove_realloc(a, p, lay(100, 8), lay(200, 16), NULL);
    ok(heap.reallocs == 1 && heap.frees == 1, "a block is moved by realloc");
    p = alcove_realloc(a, p, lay(200, 16), lay(200, 32), NULL);
    ok(heap.reallocs == 1 && heap.frees == 2,
       "...by a copy where it is to be padded");
    p = alcove_realloc(a, p, lay(200, 32), lay(300, 32), NULL);
    ok(heap.reallocs == 1 && heap.frees == 3 &&
           alcove_dealloc(a, p, lay(300, 32), NULL) && idle(),
       "...or is");
}

/* ---- refusals ---- */

static bool
enomem(void)
{
    return told(ALCOVE_ERR_ALLOC_FAILED, ENOMEM, "foreign") &&
           err.os_error == (ALCOVE_HAVE_OS_ERRORS ? ENOMEM : 0);
}

static void
test_refused(void)
{
    char *p;

    begin(16);
    heap.fail = true;
    heap.fail_errno = EAGAIN;
    ok(!alcove_alloc(a, lay(100, 8), &err) &&
           told(ALCOVE_ERR_ALLOC_FAILED, EAGAIN, "heap") &&
           err.cause == ALCOVE_CAUSE_OS &&
           err.os_error == (ALCOVE_HAVE_OS_ERRORS ? EAGAIN : 0) &&
           err.layout.size == 100 && err.layout.align == 8 &&
           !alcove_alloc(a, lay(100, 8), NULL),
       "what they refuse is refused, with their errno, in their name");
    functions.name = NULL;
    heap.fail_errno = 0;
    before();
    ok(!alcove_alloc(a, lay(100, 2), &err) && enomem() &&
           !alcove_zalloc(a, lay(9, 64), &err) && enomem() &&
           err.layout.size == 9 && err.layout.align == 64,
       "...with ENOMEM if they set none, and without a name");
    heap.fail_errno = LEAVE;
    before();
    ok(!alcove_alloc(a, lay(100, 2), &err) && enomem() && before() &&
           !alcove_zalloc(a, lay(9, 64), &err) && enomem(),
       "...whatever it was before");
    heap.fail = false;
    p = alcove_alloc(a, lay(100, 8), NULL);
    memset(p, 0x21, 100);
    heap.fail_realloc = true;
    before();
    ok(!alcove_realloc(a, p, lay(100, 8), lay(101, 8), &err) && enomem() &&
           err.layout.size == 101 && holds(p, 0x21, 100) && heap.bytes == 100,
       "a block that cannot grow is as it was");
    before();
    ok(alcove_realloc(a, p, lay(100, 8), lay(50, 8), &err) == p &&
           untouched() && holds(p, 0x21, 50) && heap.reallocs == 2,
       "one that cannot shrink serves as it is");
    heap.fail = true;
    before();
    ok(!alcove_realloc(a, p, lay(50, 8), lay(50, 64), &err) &&
           told(ALCOVE_ERR_ALLOC_FAILED, ENOMEM, "foreign") &&
           holds(p, 0x21, 50) && alcove_dealloc(a, p, lay(50, 8), NULL) &&
           idle(),
       "one that cannot be padded is as it was");
    heap.fail = false;
    p = alcove_alloc(a, lay(3, 8), NULL);
    before();
    ok(p && alcove_realloc(a, p, lay(3, 8), lay(5, 8), &err) == p &&
           untouched() && alcove_dealloc(a, p, lay(5, 8), NULL) && idle(),
       "one that has the room for what it grows by stays where it is");
}

static void
test_too_large(void)
{
    const struct alcove_layout over[] = {
        {SIZE_MAX, 1},
        {ALCOVE_SIZE_MAX + 1, 1},
        {ALCOVE_SIZE_MAX, 16},
        {ALCOVE_SIZE_MAX, 32},
        {ALCOVE_SIZE_MAX - 31, 32},
        {ALCOVE_SIZE_MAX - 4095, 4096},
        {ALCOVE_SIZE_MAX - 31 - sizeof(void *) + 1, 32},
        {1, ALCOVE_SIZE_MAX / 2 + 1},
        {ALCOVE_SIZE_MAX / 2, ALCOVE_SIZE_MAX / 2 + 1},
    };
    size_t i, wrong = 0;
    char *p;

    begin(16);
    p = alcove_alloc(a, lay(10, 1), NULL);
    heap.calls = 0;
    for (i = 0; i < sizeof over / sizeof *over; i++) {
        bool asks = over[i].size == 1; /* 2^62 bytes or so are a valid size */

        before();
        wrong += alcove_alloc(a, over[i], &err) || !errno_is_not(MARK);
        wrong += alcove_zalloc(a, over[i], &err) != NULL;
        wrong += alcove_realloc(a, p, lay(10, 1), over[i], &err) != NULL;
        wrong += heap.calls != (asks ? 3 : 0);
        heap.calls = 0;
    }
    ok(wrong == 0 && heap.wrong == 0 && heap.bytes == 10,
       "what is too large, or is with its padding, is not asked for");
    wrong +=
        alcove_alloc(a, lay(ALCOVE_SIZE_MAX - 15, 16), &err) ||
        alcove_alloc(a, lay(ALCOVE_SIZE_MAX - 31 - sizeof(void *), 32), &err);
    ok(wrong == 0 && heap.calls == 2 && heap.wrong == 0,
       "the largest possible is");
    ok(alcove_dealloc(a, p, lay(10, 1), NULL) && idle(), "nothing is left");
}

/* ---- less aligned than stated ---- */

static void
test_misaligned(void)
{
    char *p, *q;

    begin(16);
    heap.skew = 8;
    heap.skew_for = SIZE_MAX;
    ok(!alcove_alloc(a, lay(100, 16), &err) &&
           told(ALCOVE_ERR_OTHER, EIO, "heap") && strstr(err.detail, "aligned"),
       "a block that comes less aligned than stated is refused");
    before();
    ok(!alcove_zalloc(a, lay(5, 16), &err) &&
           told(ALCOVE_ERR_OTHER, EIO, "heap") && idle() && heap.frees == 2,
       "...and given back");
    before();
    p = alcove_alloc(a, lay(100, 8), &err);
    q = alcove_alloc(a, lay(100, 32), &err);
    ok(is_aligned(p, 8) && is_aligned(q, 32) && untouched(),
       "...but not where it is aligned enough, or padded");
    alcove_dealloc(a, q, lay(100, 32), NULL);
    memset(p, 0x21, 100);
    heap.skew_for = 1;
    before();
    q = alcove_realloc(a, p, lay(100, 8), lay(200, 16), &err);
    ok(is_aligned(q, 16) && holds(q, 0x21, 100) && untouched() &&
           heap.live == 1 && heap.bytes == 200,
       "one that realloc moves to such a place is moved again");
    heap.skew_for = SIZE_MAX;
    before();
    p = alcove_realloc(a, q, lay(200, 16), lay(300, 16), &err);
    ok(p && !is_aligned(p, 16) && holds(p, 0x21, 100) && untouched() &&
           heap.live == 1 && heap.bytes == 300 &&
           alcove_dealloc(a, p, lay(300, 16), NULL) && idle(),
       "...and is not lost where there is no better place");
    p = alcove_alloc(a, lay(100, 8), NULL);
    heap.fail_realloc = true;
    before();
    ok(!is_aligned(p, 16) &&
           !alcove_realloc(a, p, lay(100, 8), lay(50, 16), &err) &&
           told(ALCOVE_ERR_ALLOC_FAILED, ENOMEM, "heap") &&
           alcove_dealloc(a, p, lay(100, 8), NULL) && idle(),
       "one that is there already does not serve for a larger alignment");
}

/* ---- temporaries ---- */

static void
look(void *mem, void *arg)
{
    size_t *seen = arg;

    memset(mem, 3, 100);
    seen[0] += is_aligned(mem, 64);
    seen[1] = heap.live;
}

static void
test_temps(void)
{
    size_t seen[2] = {0, 0};

    begin(16);
    ok(alcove_alloc_temp(a, lay(100, 64), look, seen, &err) && seen[0] == 1 &&
           seen[1] == 1 && untouched() && idle(),
       "a temporary is there for its callback");
}

/* ---- over libc ---- */

static void *
libc_alloc(void *ctx, size_t size)
{
    (void)ctx;
    return malloc(size);
}

static void *
libc_zalloc(void *ctx, size_t size)
{
    (void)ctx;
    return calloc(1, size);
}

static void *
libc_realloc(void *ctx, void *p, size_t size)
{
    (void)ctx;
    return realloc(p, size);
}

static void
libc_free(void *ctx, void *p)
{
    (void)ctx;
    free(p);
}

static const struct alcove_foreign_functions libc_functions = {
    .struct_size = sizeof libc_functions,
    .name = "libc",
    .features = ALCOVE_CAN_THREADS,
    .alloc = libc_alloc,
    .free = libc_free,
    .zalloc = libc_zalloc,
    .realloc = libc_realloc,
};

/* At most what every malloc keeps to. */
static size_t
libc_align(void)
{
    size_t of_long_long = ALCOVE_ALIGNOF(long long);
    size_t two = 2 * sizeof(void *);

    return of_long_long < two ? of_long_long : two;
}

static bool
libc_serves(struct alcove_layout l, struct alcove_layout then)
{
    size_t kept = l.size < then.size ? l.size : then.size;
    char *p = alcove_alloc(a, l, &err), *q = alcove_zalloc(a, then, &err);
    bool good = is_aligned(p, l.align) && is_aligned(q, then.align) &&
                holds(q, 0, then.size);

    if (!good)
        return false;
    memset(p, 0x55, l.size);
    memset(q, 0x66, then.size);
    p = alcove_rezalloc(a, p, l, then, &err);
    good = is_aligned(p, then.align) && holds(p, 0x55, kept) &&
           holds(p + kept, 0, then.size - kept) && holds(q, 0x66, then.size);
    return alcove_dealloc(a, p, then, &err) &&
           alcove_dealloc(a, q, then, &err) && good && untouched();
}

static void
test_libc(void)
{
    size_t size, align, wrong = 0;

    before();
    if (!alcove_foreign_init(&f, &libc_functions, NULL, libc_align(), NULL))
        bail_out("no allocator");
    for (size = 1; size <= 600; size++)
        for (align = 1; align <= 4096; align *= 2)
            wrong +=
                !libc_serves(lay(size, align), lay(1 + tap_random() % 700,
                                                   align << tap_random() % 3));
    is_size(wrong, 0, "it does the same over libc's malloc");
}

/* ---- over thin ---- */

static void *
thin_alloc(void *ctx, size_t size)
{
    return alcove_thin_alloc(ctx, size, NULL);
}

static void *
thin_zalloc(void *ctx, size_t size)
{
    return alcove_thin_zalloc(ctx, size, NULL);
}

static void *
thin_realloc(void *ctx, void *p, size_t size)
{
    return alcove_thin_realloc(ctx, p, size, NULL);
}

static void
thin_free(void *ctx, void *p)
{
    (void)alcove_thin_free(ctx, p, NULL);
}

static const struct alcove_foreign_functions thin_functions = {
    .struct_size = sizeof thin_functions,
    .name = "thin",
    .alloc = thin_alloc,
    .free = thin_free,
    .zalloc = thin_zalloc,
    .realloc = thin_realloc,
};

/* thin over foreign over thin over the counting allocator. */
static bool
tower_serves(size_t size, size_t align)
{
    size_t then = tap_random() % 700, kept = size < then ? size : then;
    char *p = alcove_thin_aligned(a, size, align, &err);

    if (!is_aligned(p, align) || count.live_blocks != 1)
        return false;
    memset(p, 0x55, size);
    p = alcove_thin_realloc(a, p, then, &err);
    return is_aligned(p, align) && holds(p, 0x55, kept) &&
           alcove_thin_size(a, p, &err) == then && count.live_blocks == 1 &&
           alcove_thin_free(a, p, &err) && count.live_bytes == 0 && untouched();
}

static void
test_tower(void)
{
    size_t size, align, wrong = 0;

    before();
    count_init(&count, COUNT_PLAIN | ALCOVE_CAN_ZERO | ALCOVE_CAN_REALLOC);
    if (!alcove_foreign_init(&f, &thin_functions, &count.allocator,
                             libc_align(), NULL))
        bail_out("no allocator");
    for (size = 0; size <= 600; size++)
        for (align = 1; align <= 4096; align *= 2)
            wrong += !tower_serves(size, align);
    ok(wrong == 0 && count_ok(&count, 0, 0),
       "thin over it over thin is what malloc is");
    count.fail_after = 0;
    ok(!alcove_thin_alloc(a, 10, &err) && errno_is(ENOMEM) &&
           err.code == ALCOVE_ERR_ALLOC_FAILED &&
           strcmp(err.allocator, "thin") == 0,
       "...and what the lowest refuses is refused");
}

/* ---- the model ---- */

enum { SLOTS = 40, STEPS = 300000 };

static struct slot {
    unsigned char *p; /* NULL: none */
    struct alcove_layout l;
    unsigned char fill;
} slots[SLOTS];

static size_t served, refused;

static bool
ends(bool done)
{
    done ? served++ : refused++;
    if (done)
        return untouched();
    return told(ALCOVE_ERR_ALLOC_FAILED, ENOMEM, "heap");
}

static bool
step_alloc(struct slot *slot, bool zero)
{
    struct alcove_layout l =
        lay(tap_random() % 600, (size_t)1 << tap_random() % 9);
    unsigned char *p =
        zero ? alcove_zalloc(a, l, &err) : alcove_alloc(a, l, &err);

    if (!p)
        return ends(false);
    slot->p = p;
    slot->l = l;
    slot->fill = (unsigned char)tap_random();
    if (!is_aligned(p, l.align) || (zero && !holds(p, 0, l.size)))
        return false;
    if (l.size != 0)
        memset(p, slot->fill, l.size);
    return ends(true);
}

static bool
step_realloc(struct slot *slot, bool zero)
{
    struct alcove_layout old = slot->l;
    struct alcove_layout l =
        lay(tap_random() % 600, (size_t)1 << tap_random() % 9);
    size_t kept = l.size < old.size ? l.size : old.size;
    unsigned char *p;

    if (l.align < old.align)
        l.align = old.align;
    p = zero ? alcove_rezalloc(a, slot->p, old, l, &err)
             : alcove_realloc(a, slot->p, old, l, &err);
    if (!p)
        return ends(false);
    if (!is_aligned(p, l.align) || !holds(p, slot->fill, kept) ||
        (zero && !holds(p + kept, 0, l.size - kept)))
        return false;
    slot->p = p;
    slot->l = l;
    if (l.size != 0)
        memset(p, slot->fill, l.size);
    return ends(true);
}

static bool
step(struct slot *slot)
{
    size_t what = tap_random() % 8, orders = tap_random();

    before();
    heap.fail = orders % 8 == 0;
    heap.fail_zalloc = orders / 8 % 8 == 0;
    heap.fail_realloc = orders / 64 % 8 == 0;
    if (!slot->p)
        return step_alloc(slot, what < 4);
    if (!holds(slot->p, slot->fill, slot->l.size))
        return false;
    if (what < 5)
        return step_realloc(slot, what < 2);
    if (!alcove_dealloc(a, slot->p, slot->l, &err))
        return false;
    slot->p = NULL;
    return ends(true);
}

static size_t shrunk; /* blocks that realloc would not make smaller */

static bool
books_balance(void)
{
    size_t i, blocks = 0, bytes = 0;

    for (i = 0; i < SLOTS; i++) {
        if (!slots[i].p || slots[i].l.size == 0)
            continue;
        blocks++;
        bytes += asked_for(slots[i].l);
    }
    shrunk += bytes < heap.bytes;
    return blocks == heap.live && blocks == count.live_blocks &&
           bytes <= heap.bytes && heap.wrong == 0 && count.wrong == 0;
}

static void
test_model(void)
{
    size_t i, wrong = 0;

    begin(8);
    for (i = 0; i < STEPS && wrong == 0; i++) {
        wrong += !step(&slots[tap_random() % SLOTS]) || !books_balance();
        if (wrong != 0)
            diag("step %lu", (unsigned long)i);
    }
    is_size(wrong, 0, "random operations do what a model says");
    ok(served > STEPS / 4 && refused > STEPS / 20 && shrunk > 0,
       "...%lu served, and %lu refused", (unsigned long)served,
       (unsigned long)refused);
    for (i = 0; i < SLOTS; i++)
        wrong += !alcove_dealloc(a, slots[i].p, slots[i].l, NULL);
    ok(wrong == 0 && idle(), "...and nothing is left or lost");
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(38);
    test_init();
    test_features();
    test_sizes();
    test_realloc();
    test_refused();
    test_too_large();
    test_misaligned();
    test_temps();
    test_libc();
    test_tower();
    test_model();
    return tap_done();
}
