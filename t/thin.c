/* SPDX-License-Identifier: MIT */
/* malloc's shape over any allocator: every size and alignment, with books that
 * balance to the byte; pointers that are no blocks, released blocks and damaged
 * headers are errors, and nothing changes; and a model of random operations.
 */
#include <config.h>

#include <alcove/thin.h>

#include <alcove/arena.h>
#include <alcove/malloc.h>

#include "count.h"
#include "holds.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <string.h>

#define ALL                                                                    \
    (COUNT_PLAIN | ALCOVE_CAN_RESIZE | ALCOVE_CAN_REALLOC | ALCOVE_CAN_ZERO)
#define HEADER ALCOVE_THIN_HEADER

union widest {
    long long integer;
    long double real;
    void *pointer;
};

/* A size that compilers do not know: they refuse some of these by themselves.
 */
static size_t
some(size_t n)
{
    volatile size_t hidden = n;

    return hidden;
}

static struct count count, other;
static struct alcove_allocator *const a = &count.allocator;

/* What malloc promises, where that is no more than what every malloc keeps. */
static size_t
plain_align(void)
{
    size_t of_long_long = ALCOVE_ALIGNOF(long long);
    size_t of_long_double = ALCOVE_ALIGNOF(long double);
    size_t two = 2 * sizeof(void *);
    size_t c = of_long_long > of_long_double ? of_long_long : of_long_double;

    return c < two ? c : two;
}

static size_t
real_align(size_t align)
{
    return align < plain_align() ? plain_align() : align;
}

/* What the allocator is asked for. */
static size_t
whole_size(size_t size, size_t align)
{
    return size + (align < HEADER ? HEADER : align);
}

static bool
is_aligned(const void *p, size_t align)
{
    return p && (uintptr_t)p % align == 0;
}

static void
begin(unsigned features)
{
    count_init(&count, features);
    before();
}

static bool
told(enum alcove_code code, const void *p)
{
    return errno_is_not(MARK) && err.code == code && err.block == p &&
           strcmp(err.allocator, "thin") == 0;
}

static char *
block(size_t size)
{
    char *p = alcove_thin_alloc(a, size, NULL);

    if (!p)
        bail_out("no block");
    memset(p, 0x21, size);
    return p;
}

/* Is `p` refused with this code by all that take a block, with nothing
 * changed? */
static bool
refused(struct alcove_allocator *by, void *p, enum alcove_code code)
{
    struct alcove_thin_block found, was;
    size_t asked = count.asked;
    bool good;

    memset(&found, 0x5a, sizeof found);
    was = found;
    before();
    good = !alcove_thin_free(by, p, &err) && told(code, p) && err.detail;
    before();
    good = good && !alcove_thin_realloc(by, p, 50, &err) && told(code, p);
    before();
    good = good && alcove_thin_size(by, p, &err) == 0 && told(code, p);
    before();
    good = good && !alcove_thin_find(by, p, &found, &err) && told(code, p) &&
           memcmp(&found, &was, sizeof was) == 0;
    return good && !alcove_thin_free(by, p, NULL) && count.asked == asked;
}

/* ---- sizes and alignments ---- */

static bool
knows(void *p, size_t size, size_t align)
{
    struct alcove_thin_block b;

    return is_aligned(p, real_align(align)) &&
           alcove_thin_size(a, p, &err) == size &&
           alcove_thin_find(a, p, &b, &err) && b.layout.size == size &&
           b.layout.align == real_align(align) &&
           b.whole.size == whole_size(size, align) &&
           b.whole.align == real_align(align) &&
           (char *)p - (char *)b.base == (ptrdiff_t)(b.whole.size - size) &&
           count_ok(&count, 1, b.whole.size);
}

static bool
serves(size_t size, size_t align, size_t then)
{
    size_t kept = size < then ? size : then;
    char *p = alcove_thin_aligned(a, size, align, &err);

    if (!p || !knows(p, size, align))
        return false;
    memset(p, 0x37, size);
    p = alcove_thin_realloc(a, p, then, &err);
    if (!p || !knows(p, then, align) || !holds(p, 0x37, kept))
        return false;
    memset(p, 0x38, then);
    p = alcove_thin_realloc(a, p, size, &err);
    return p && knows(p, size, align) && holds(p, 0x38, kept) &&
           alcove_thin_free(a, p, &err) && count_ok(&count, 0, 0) &&
           untouched();
}

static size_t
wrong_sizes(unsigned features)
{
    size_t size, align, wrong = 0;

    begin(features);
    for (size = 0; size <= 600; size++)
        for (align = 1; align <= 4096; align *= 2)
            wrong += !serves(size, align, tap_random() % 700);
    return wrong;
}

static void
test_sizes(void)
{
    is_size(wrong_sizes(ALL), 0,
            "0 to 600 bytes aligned to 1 to 4096: aligned, known, kept through "
            "realloc, and the books balance to the byte");
    is_size(wrong_sizes(COUNT_PLAIN), 0,
            "...where the allocator has only alloc and dealloc");
    is_size(wrong_sizes(COUNT_PLAIN | ALCOVE_CAN_RESIZE), 0,
            "...and where it resizes in place");
}

static void
test_plain(void)
{
    char *p, *q;
    size_t i, wrong = 0;

    begin(ALL);
    for (i = 0; i <= 600; i++) {
        p = alcove_thin_alloc(a, i, &err);
        wrong += !knows(p, i, 1) || (i > 0 && !holds(p, COUNT_RUBBISH, i)) ||
                 !alcove_thin_free(a, p, &err);
        p = alcove_thin_zalloc(a, i, &err);
        wrong +=
            !knows(p, i, 1) || !holds(p, 0, i) || !alcove_thin_free(a, p, &err);
        p = alcove_thin_zalloc_array(a, i, 3, &err);
        wrong += !knows(p, 3 * i, 1) || !holds(p, 0, 3 * i) ||
                 !alcove_thin_free(a, p, &err);
    }
    ok(wrong == 0 && untouched() && count_ok(&count, 0, 0),
       "blocks are aligned as malloc's, and zeroed ones are");
    is_size(count.zallocs, 2 * 601, "...by the allocator's own means");
    p = block(100);
    q = alcove_thin_realloc_array(a, p, 30, 10, &err);
    ok(q && alcove_thin_size(a, q, &err) == 300 && holds(q, 0x21, 100) &&
           alcove_thin_free(a, q, &err) && untouched(),
       "realloc takes items, too");
    begin(COUNT_PLAIN);
    p = alcove_thin_zalloc(a, 100, &err);
    ok(p && holds(p, 0, 100) && count.allocs == 1 &&
           alcove_thin_free(a, p, &err) && untouched(),
       "zeroed where the allocator has no means for that");
}

static void
test_nothing(void)
{
    char *p, *q, *r;

    begin(ALL);
    p = alcove_thin_alloc(a, 0, &err);
    q = alcove_thin_zalloc_array(a, 0, 1000, &err);
    r = alcove_thin_zalloc_array(a, some(SIZE_MAX), 0, &err);
    ok(p && q && r && p != q && q != r && p != r && untouched() &&
           count_ok(&count, 3, 3 * HEADER),
       "each block of size 0 is one of its own");
    ok(alcove_thin_size(a, p, &err) == 0 && untouched(), "...of size 0");
    p = alcove_thin_realloc(a, p, 10, &err);
    memset(p, 1, 10);
    p = alcove_thin_realloc(a, p, 0, &err);
    ok(p && alcove_thin_size(a, p, &err) == 0 && untouched() &&
           count_ok(&count, 3, 3 * HEADER),
       "realloc to size 0 does not release");
    ok(alcove_thin_free(a, p, &err) && alcove_thin_free(a, q, &err) &&
           alcove_thin_free(a, r, &err) && untouched() &&
           count_ok(&count, 0, 0),
       "...they are to be released");
    count.asked = 0;
    ok(alcove_thin_free(a, NULL, &err) &&
           alcove_thin_size(a, NULL, &err) == 0 && untouched() &&
           count.asked == 0,
       "NULL is released by doing nothing, and has size 0");
    p = alcove_thin_realloc(a, NULL, 30, &err);
    q = alcove_thin_realloc_array(a, NULL, 3, 10, &err);
    ok(p && q && alcove_thin_size(a, p, &err) == 30 &&
           alcove_thin_size(a, q, &err) == 30 && untouched() &&
           alcove_thin_free(a, p, NULL) && alcove_thin_free(a, q, NULL),
       "realloc of NULL allocates");
}

/* ---- refusals ---- */

static void
test_too_large(void)
{
    const size_t sizes[] = {SIZE_MAX,
                            SIZE_MAX - 1,
                            SIZE_MAX - HEADER + 1,
                            SIZE_MAX - HEADER,
                            ALCOVE_SIZE_MAX + 1,
                            ALCOVE_SIZE_MAX,
                            ALCOVE_SIZE_MAX - HEADER,
                            ALCOVE_SIZE_MAX - HEADER - plain_align() + 2};
    const size_t top = SIZE_MAX / 2 + 1;
    const size_t most = ALCOVE_SIZE_MAX - HEADER - plain_align() + 1;
    size_t i, wrong = 0, asked;
    char *p;

    begin(ALL);
    p = block(100);
    asked = count.asked;
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        before();
        wrong += alcove_thin_alloc(a, sizes[i], &err) ||
                 !told(ALCOVE_ERR_EXCEEDS_MAX, NULL) || !errno_is(EOVERFLOW) ||
                 err.layout.size != sizes[i];
        before();
        wrong += alcove_thin_zalloc(a, sizes[i], &err) ||
                 !told(ALCOVE_ERR_EXCEEDS_MAX, NULL);
        before();
        wrong += alcove_thin_realloc(a, p, sizes[i], &err) ||
                 !told(ALCOVE_ERR_EXCEEDS_MAX, NULL);
        before();
        wrong += alcove_thin_aligned(a, sizes[i], 4096, &err) ||
                 !told(ALCOVE_ERR_EXCEEDS_MAX, NULL);
    }
    before();
    wrong += alcove_thin_aligned(a, 0, top, &err) ||
             !told(ALCOVE_ERR_EXCEEDS_MAX, NULL);
    before();
    wrong += alcove_thin_aligned(a, 2, top / 2, &err) ||
             !told(ALCOVE_ERR_EXCEEDS_MAX, NULL);
    ok(wrong == 0 && count.asked == asked,
       "what is too large with its header is not asked for");
    before();
    ok(!alcove_thin_zalloc_array(a, some(SIZE_MAX / 8 + 1), 8, &err) &&
           told(ALCOVE_ERR_ARITH, NULL) && err.lhs == SIZE_MAX / 8 + 1 &&
           err.rhs == 8 && err.op == ALCOVE_ARITH_MUL &&
           !alcove_thin_realloc_array(a, p, 3, some(SIZE_MAX / 2), &err) &&
           told(ALCOVE_ERR_ARITH, NULL) && err.lhs == 3 &&
           err.rhs == SIZE_MAX / 2 &&
           !alcove_thin_zalloc_array(a, some(SIZE_MAX / 8), 8, &err) &&
           told(ALCOVE_ERR_EXCEEDS_MAX, NULL) && count.asked == asked,
       "...nor a product that does not fit");
    before();
    ok(!alcove_thin_aligned(a, 8, 0, &err) &&
           told(ALCOVE_ERR_ZERO_ALIGN, NULL) &&
           !alcove_thin_aligned(a, 8, 24, &err) &&
           told(ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO, NULL) &&
           err.layout.size == 8 && err.layout.align == 24 &&
           !alcove_thin_aligned(a, 8, SIZE_MAX, NULL) && count.asked == asked,
       "...nor what is no alignment");
    ok(alcove_thin_size(a, p, NULL) == 100 && holds(p, 0x21, 100) &&
           count_ok(&count, 1, 100 + HEADER),
       "...and a block that was to be that large is as it was");
    before();
    ok(!alcove_thin_alloc(a, most, &err) && count.asked == asked + 1 &&
           err.code == ALCOVE_ERR_ALLOC_FAILED && err.allocator == a->ops->name,
       "the largest possible is asked for");
    before();
    ok(!alcove_thin_aligned(a, 0, top / 2, &err) && count.asked == asked + 2 &&
           err.code == ALCOVE_ERR_ALLOC_FAILED,
       "...and the largest alignment");
    alcove_thin_free(a, p, NULL);
}

static void
test_allocator_refuses(void)
{
    char *p;

    begin(ALL);
    count.fail_after = 0;
    ok(!alcove_thin_alloc(a, 10, &err) && !alcove_thin_zalloc(a, 10, &err) &&
           !alcove_thin_aligned(a, 10, 64, &err) && errno_is(ENOMEM) &&
           err.code == ALCOVE_ERR_ALLOC_FAILED &&
           err.allocator == a->ops->name && !alcove_thin_alloc(a, 10, NULL),
       "what the allocator refuses is refused");
    count.fail_after = SIZE_MAX;
    p = block(100);
    count.fail_after = 0;
    before();
    ok(!alcove_thin_realloc(a, p, 1000, &err) && errno_is(ENOMEM) &&
           err.code == ALCOVE_ERR_ALLOC_FAILED &&
           alcove_thin_size(a, p, NULL) == 100 && holds(p, 0x21, 100) &&
           count_ok(&count, 1, 100 + HEADER),
       "a block that cannot grow is as it was");
    count.refuse_dealloc = true;
    before();
    ok(!alcove_thin_free(a, p, &err) && errno_is(EBUSY) &&
           err.code == ALCOVE_ERR_LOCK && err.allocator == a->ops->name &&
           alcove_thin_size(a, p, NULL) == 100 && holds(p, 0x21, 100),
       "so is one that is not taken back");
    count.refuse_dealloc = false;
    before();
    ok(alcove_thin_free(a, p, &err) && untouched() && count_ok(&count, 0, 0),
       "...and both can be released");
    begin(COUNT_PLAIN & ~(unsigned)ALCOVE_CAN_DEALLOC);
    p = block(100);
    ok(!alcove_thin_free(a, p, &err) && err.code == ALCOVE_ERR_UNSUPPORTED &&
           !alcove_thin_realloc(a, p, 200, &err) &&
           err.code == ALCOVE_ERR_UNSUPPORTED &&
           alcove_thin_size(a, p, NULL) == 100,
       "nothing is released that the allocator cannot release");
    count_done(&count);
}

/* ---- pointers that are no blocks ---- */

static bool
foreign_everywhere(char *memory, size_t size)
{
    size_t i;

    for (i = HEADER; i < size; i++)
        if (!refused(a, memory + i, ALCOVE_ERR_NOT_OWNED))
            return false;
    return true;
}

static void
test_foreign(void)
{
    static char zeroes[256];
    char bytes[256];
    size_t align, wrong = 0;
    struct alcove_layout l = {256, 16};
    struct alcove_thin_block b;
    char *heap = alcove_alloc(alcove_malloc(), l, NULL), *p, *q;

    if (!heap)
        bail_out("no block");
    begin(ALL);
    memset(bytes, 0x5c, sizeof bytes);
    memset(heap, 0xff, 256);
    ok(foreign_everywhere(zeroes, sizeof zeroes) &&
           foreign_everywhere(bytes, sizeof bytes) &&
           foreign_everywhere(heap, 256),
       "pointers into static memory, the stack and the heap are refused");
    alcove_dealloc(alcove_malloc(), heap, l, NULL);
    for (align = 1; align <= 4096; align *= 2) {
        l.size = 0;
        l.align = align;
        wrong += !refused(a, alcove_layout_dangling(l), ALCOVE_ERR_NOT_OWNED);
    }
    before();
    ok(wrong == 0 && !alcove_thin_find(a, NULL, &b, &err) &&
           told(ALCOVE_ERR_NOT_OWNED, NULL),
       "so are blocks of size 0 that have no header, and NULL is no block");
    p = block(100);
    q = p - HEADER;
    ok(refused(a, p + 1, ALCOVE_ERR_NOT_OWNED) &&
           refused(a, p - 1, ALCOVE_ERR_NOT_OWNED) &&
           foreign_everywhere(p, 100) && count_ok(&count, 1, 100 + HEADER),
       "so is what points beside a block, or into it");
    ok(refused(a, (void *)UINTPTR_MAX, ALCOVE_ERR_NOT_OWNED) &&
           refused(a, (void *)(UINTPTR_MAX - plain_align() / 4 * 2),
                   ALCOVE_ERR_NOT_OWNED),
       "...of what is not aligned as a block nothing is read");
    count_init(&other, ALL);
    ok(refused(&other.allocator, p, ALCOVE_ERR_NOT_OWNED) && other.asked == 0 &&
           refused(alcove_malloc(), p, ALCOVE_ERR_NOT_OWNED),
       "so is the block of another allocator");
    {
        union {
            union widest align;
            char bytes[256];
        } copies;
        size_t at;

        wrong = 0;
        for (at = 0; at < 256 - 32 - HEADER; at += plain_align()) {
            memcpy(copies.bytes + at, q, HEADER + 32);
            wrong +=
                !refused(a, copies.bytes + at + HEADER, ALCOVE_ERR_NOT_OWNED);
        }
        is_size(wrong, 0, "so is a copy of a block with its header");
    }
    before();
    ok(alcove_thin_free(a, p, &err) && untouched() && count_ok(&count, 0, 0),
       "...and the block can be released");
}

/* ---- released blocks ---- */

/* Its memory stays readable for ever, and no tool is told anything else. */
struct keep {
    struct alcove_allocator allocator;
    size_t used, released;
    union {
        union widest align;
        char bytes[4096];
    } memory;
};

static struct keep keep;

static void *
keep_alloc(struct alcove_allocator *allocator, struct alcove_layout l,
           struct alcove_error *e)
{
    struct keep *k = (struct keep *)(void *)allocator;
    size_t start = (k->used + 63) / 64 * 64;

    (void)e;
    if (l.size > sizeof k->memory - start)
        bail_out("nothing is left to keep");
    k->used = start + l.size;
    return k->memory.bytes + start;
}

static bool
keep_dealloc(struct alcove_allocator *allocator, void *p,
             struct alcove_layout l, struct alcove_error *e)
{
    (void)p, (void)l, (void)e;
    ((struct keep *)(void *)allocator)->released++;
    return true;
}

static const struct alcove_ops keep_ops = {
    .struct_size = sizeof keep_ops,
    .name = "keep",
    .alloc = keep_alloc,
    .dealloc = keep_dealloc,
};

static void
test_released(void)
{
    struct alcove_allocator *k = &keep.allocator;
    char *p, *q;

    k->ops = &keep_ops;
    k->features = COUNT_PLAIN;
    p = alcove_thin_alloc(k, 100, NULL);
    ok(alcove_thin_free(k, p, NULL) && keep.released == 1 &&
           refused(k, p, ALCOVE_ERR_NOT_OWNED) && keep.released == 1 &&
           strstr(err.detail, "released"),
       "a second release is refused, and told to be one");
    p = alcove_thin_alloc(k, 100, NULL);
    memset(p, 0x44, 100);
    q = alcove_thin_realloc(k, p, 200, NULL);
    ok(q && q != p && keep.released == 2 &&
           refused(k, p, ALCOVE_ERR_NOT_OWNED) && keep.released == 2 &&
           strstr(err.detail, "moved"),
       "so is that of a block that has moved");
    before();
    ok(alcove_thin_size(k, q, &err) == 200 && holds(q, 0x44, 100) &&
           untouched() && alcove_thin_free(k, q, &err) &&
           refused(k, q, ALCOVE_ERR_NOT_OWNED),
       "...which is where it went");
}

/* ---- damaged headers ---- */

/* Is a block whose header has this byte at `i` seen, and the place told? */
static bool
sees(char *p, size_t i, unsigned char byte)
{
    unsigned char *header = (unsigned char *)p - HEADER, was = header[i];
    ptrdiff_t first =
        i >= 12 ? (ptrdiff_t)i - (ptrdiff_t)HEADER : -(ptrdiff_t)HEADER;
    bool seen;

    header[i] = byte;
    seen = refused(a, p, ALCOVE_ERR_CORRUPT);
    before();
    seen = seen && !alcove_thin_free(a, p, &err) && err.offset == first &&
           err.detail && errno_is(EFAULT);
    header[i] = was;
    return seen && alcove_thin_size(a, p, NULL) != 0;
}

static size_t
unseen_damage(char *p, bool all)
{
    const unsigned char *header = (unsigned char *)p - HEADER;
    size_t i, unseen = 0;
    unsigned change;

    for (i = 0; i < HEADER; i++)
        for (change = 1; change < 256; change++)
            if (all || (change & (change - 1)) == 0)
                unseen += !sees(p, i, (unsigned char)(header[i] ^ change));
    return unseen;
}

static void
test_damage(void)
{
    static const struct {
        size_t size, align;
    } blocks[] = {{1, 1}, {100, 8}, {600, 64}, {4095, 4096}, {65536, 16}};
    char text[256];
    size_t i, unseen = 0;
    char *p;

    begin(ALL);
    for (i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        p = alcove_thin_aligned(a, blocks[i].size, blocks[i].align, NULL);
        unseen += !p || unseen_damage(p, false) != 0;
        before();
        unseen += !alcove_thin_free(a, p, &err) || !untouched();
    }
    is_size(unseen, 0, "every single bit that changes in a header is seen");
    p = block(100);
    is_size(unseen_damage(p, true), 0, "...every other value of every byte");
    sees(p, HEADER - 1, 0);
    alcove_error_format(&err, text, sizeof text);
    ok(strstr(text, "thin: memory was overwritten at 0x") == text &&
           strstr(text, ", first at offset -1; something was written just "
                        "before the block"),
       "...and what was written just before a block is told as that");
    {
        char saved[16], rubbish[16];

        memcpy(saved, p - HEADER, HEADER);
        memset(rubbish, 0, sizeof rubbish);
        memcpy(p - HEADER, rubbish, HEADER);
        unseen = !refused(a, p, ALCOVE_ERR_NOT_OWNED);
        for (i = 0; i < 1000; i++) {
            size_t n = tap_random();

            memset(rubbish, (int)(n & 0xff), sizeof rubbish);
            memcpy(rubbish, &n, sizeof n);
            memcpy(p - sizeof rubbish, rubbish, sizeof rubbish);
            unseen += alcove_thin_free(a, p, NULL);
        }
        memcpy(p - HEADER, saved, HEADER);
    }
    ok(unseen == 0 && alcove_thin_free(a, p, NULL) && count_ok(&count, 0, 0),
       "where all of the header is gone, no block is seen");
}

/* ---- over an arena ---- */

static void
test_arena(void)
{
    struct alcove_arena arena;
    struct alcove_allocator *on = &arena.allocator;
    size_t i, align = 1, wrong = 0;
    char *p;

    begin(ALL);
    alcove_arena_init(&arena, a, NULL, 0);
    p = alcove_thin_alloc(on, 0, &err);
    for (i = 0; i <= 600; i++) {
        char *q = alcove_thin_aligned(on, i, align, &err);

        wrong += !is_aligned(q, real_align(align));
        memset(q, 5, i);
        p = alcove_thin_realloc(on, p, i, &err);
        wrong += !p || alcove_thin_size(on, p, &err) != i ||
                 alcove_thin_size(on, q, &err) != i ||
                 !holds(p, 7, i > 0 ? i - 1 : 0) || !holds(q, 5, i) ||
                 !alcove_thin_free(on, q, &err);
        memset(p, 7, i);
        align = align == 4096 ? 1 : align * 2;
    }
    ok(wrong == 0 && untouched() && alcove_arena_ok(&arena),
       "over an arena blocks are as anywhere");
    alcove_arena_done(&arena);
    ok(count_ok(&count, 0, 0), "...and go with it");
}

/* ---- the model ---- */

enum { SLOTS = 40, STEPS = 300000 };

static struct slot {
    unsigned char *p; /* NULL: none */
    size_t size, align;
    unsigned char fill;
} slots[SLOTS];

static size_t served, denied;

static bool
ends(bool done)
{
    done ? served++ : denied++;
    if (done)
        return untouched();
    return errno_is_not(MARK) && err.code != ALCOVE_OK &&
           err.allocator == a->ops->name;
}

static bool
step_alloc(struct slot *slot, size_t how)
{
    size_t size = tap_random() % 600, kept = 0;
    unsigned char *p;

    slot->align = 1;
    if (how == 0) {
        p = alcove_thin_alloc(a, size, &err);
    } else if (how == 1) {
        p = alcove_thin_zalloc(a, size, &err);
        kept = size;
    } else if (how == 2) {
        size = size / 7 * 7;
        p = alcove_thin_zalloc_array(a, 7, size / 7, &err);
        kept = size;
    } else if (how == 3) {
        p = alcove_thin_realloc(a, NULL, size, &err);
    } else {
        slot->align = (size_t)1 << tap_random() % 10;
        p = alcove_thin_aligned(a, size, slot->align, &err);
    }
    if (!p)
        return ends(false);
    slot->p = p;
    slot->size = size;
    slot->fill = (unsigned char)tap_random();
    if (!is_aligned(p, real_align(slot->align)) || !holds(p, 0, kept))
        return false;
    memset(p, slot->fill, size);
    return ends(true);
}

static bool
step_realloc(struct slot *slot, bool items)
{
    size_t size = tap_random() % 600 / 3 * 3;
    unsigned char *p =
        items ? alcove_thin_realloc_array(a, slot->p, size / 3, 3, &err)
              : alcove_thin_realloc(a, slot->p, size, &err);

    if (!p)
        return ends(false);
    if (!is_aligned(p, real_align(slot->align)) ||
        !holds(p, slot->fill, size < slot->size ? size : slot->size))
        return false;
    slot->p = p;
    slot->size = size;
    memset(p, slot->fill, size);
    return ends(true);
}

static bool
step_free(struct slot *slot)
{
    bool done = alcove_thin_free(a, slot->p, &err);

    if (done)
        slot->p = NULL;
    return ends(done);
}

static bool
step(struct slot *slot)
{
    size_t what = tap_random() % 10, orders = tap_random();
    struct alcove_thin_block b;

    before();
    count.fail_after = orders % 8 == 0 ? 0 : SIZE_MAX;
    count.refuse_resize = orders / 8 % 2 == 0;
    count.refuse_this = NULL;
    if (!slot->p)
        return step_alloc(slot, what % 5);
    if (!holds(slot->p, slot->fill, slot->size) ||
        !alcove_thin_find(a, slot->p, &b, &err) || b.layout.size != slot->size)
        return false;
    if (orders / 16 % 8 == 0)
        count.refuse_this = b.base;
    return what < 5 ? step_free(slot) : step_realloc(slot, what < 7);
}

static bool
books_balance(void)
{
    size_t i, blocks = 0, bytes = 0;

    for (i = 0; i < SLOTS; i++) {
        if (!slots[i].p)
            continue;
        blocks++;
        bytes += whole_size(slots[i].size, slots[i].align);
    }
    return count.wrong == 0 && blocks == count.live_blocks &&
           bytes == count.live_bytes;
}

static void
test_model(unsigned features)
{
    size_t i, wrong = 0;

    begin(features);
    served = denied = 0;
    for (i = 0; i < STEPS && wrong == 0; i++) {
        wrong += !step(&slots[tap_random() % SLOTS]) || !books_balance();
        if (wrong != 0)
            diag("step %lu", (unsigned long)i);
    }
    is_size(wrong, 0, "random operations do what a model says");
    ok(served > STEPS / 4 && denied > STEPS / 20,
       "...%lu served, and %lu refused", (unsigned long)served,
       (unsigned long)denied);
    count.refuse_this = NULL;
    for (i = 0; i < SLOTS; i++) {
        wrong += !alcove_thin_free(a, slots[i].p, NULL);
        slots[i].p = NULL;
    }
    ok(wrong == 0 && count_ok(&count, 0, 0), "...and nothing is left or lost");
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(46);
    test_sizes();
    test_plain();
    test_nothing();
    test_too_large();
    test_allocator_refuses();
    test_foreign();
    test_released();
    test_damage();
    test_arena();
    test_model(ALL);
    test_model(COUNT_PLAIN | ALCOVE_CAN_RESIZE);
    return tap_done();
}
