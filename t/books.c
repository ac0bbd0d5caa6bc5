/* SPDX-License-Identifier: MIT */
/* The parent that the conformance kit gives to an allocator: what its blocks
 * are like, that it obeys its orders, and that its books show what is wrong,
 * whatever is. Its operations are called as they are: <alcove/alloc.h> would
 * keep some wrong calls from it. */
#include <config.h>

#include "tap.h"

#ifndef TEST_INSIDE

int
main(void)
{
    return tap_skip_all("no static library, so nothing hidden can be called");
}

#else

#    include "../lib/check/bookblock.h"

#    include "told.h"

#    define COUNT(array) (sizeof(array) / sizeof *(array))

/* Bytes: at both ends of a block, and what it may grow by in place. */
enum { EDGE = 32, SLACK = 128, MIB = 1 << 20 };

static struct books b;
static struct alcove_allocator *const a = &b.allocator;

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

static void
begin(unsigned features)
{
    alcove_books_init(&b, features, (size_t)64 * MIB);
    before();
}

static unsigned char *
take(size_t size, size_t align)
{
    unsigned char *p = b.ops.alloc(a, lay(size, align), &err);

    if (!p)
        bail_out("no %lu bytes", (unsigned long)size);
    return p;
}

static bool
give(void *p, size_t size, size_t align)
{
    return b.ops.dealloc(a, p, lay(size, align), &err);
}

static bool
all_are(const unsigned char *p, size_t size, int byte)
{
    while (size > 0)
        if (p[--size] != byte)
            return false;
    return true;
}

static bool
live(size_t blocks, size_t bytes)
{
    return b.live_blocks == blocks && b.live_bytes == bytes;
}

static bool
counted(size_t asked, size_t refused, size_t wrong)
{
    return b.asked == asked && b.refused == refused && b.wrong == wrong;
}

/* An error with all that the parent tells. */
static bool
told(enum alcove_code code, size_t size, size_t align, const void *p)
{
    return err.code == code && err.layout.size == size &&
           err.layout.align == align && err.block == p &&
           strcmp(err.allocator, "parent") == 0 &&
           err.cause == (code == ALCOVE_ERR_ALLOC_FAILED
                             ? ALCOVE_CAUSE_INJECTED
                             : ALCOVE_CAUSE_UNKNOWN);
}

/* ---- features ---- */

static const unsigned features[] = {
#    define ALCOVE_X(name, bit, text) ALCOVE_CAN_##name,
    ALCOVE_FEATURES(ALCOVE_X)
#    undef ALCOVE_X
};

/* Each operation is there if its feature is. */
static bool
has_what_it_claims(unsigned claimed)
{
#    define CLAIMS(name) ((claimed & ALCOVE_CAN_##name) != 0)
    return (b.ops.alloc != alcove_unsupported_alloc) == CLAIMS(ALLOC) &&
           (b.ops.dealloc != alcove_unsupported_dealloc) == CLAIMS(DEALLOC) &&
           (b.ops.zalloc != NULL) == CLAIMS(ZERO) &&
           (b.ops.resize != NULL) == CLAIMS(RESIZE) &&
           (b.ops.realloc != NULL) == CLAIMS(REALLOC) &&
           (b.ops.owns != NULL) == CLAIMS(OWNS) &&
           (b.ops.usable_size != NULL) == CLAIMS(USABLE_SIZE);
#    undef CLAIMS
}

static void
test_features(void)
{
    unsigned all = 0;
    bool good = true;
    size_t i;

    for (i = 0; i < COUNT(features); i++) {
        all |= features[i];
        begin(features[i]);
        good = good && a->features == features[i] &&
               has_what_it_claims(features[i]);
        alcove_books_done(&b);
    }
    ok(good, "there is an operation for each feature, and no other");
    begin(0);
    ok(a->features == all && has_what_it_claims(all) && a->ops == &b.ops &&
           b.ops.struct_size == sizeof b.ops,
       "...and without a choice each of them");
    ok(live(0, 0) && counted(0, 0, 0) && b.text[0] == '\0' &&
           b.most == (size_t)64 * MIB,
       "the books are empty at first");
    alcove_books_done(&b);
}

/* ---- blocks ---- */

static void
test_alignment(void)
{
    bool exact = true, near_ = true;
    size_t align, size;

    begin(0);
    for (align = 1; align <= 8192; align *= 2)
        for (size = 1; size < 80; size += 7) {
            uintptr_t p = (uintptr_t)take(size, align);
            const struct books_block *block =
                *alcove_books_find(&b, (const void *)p);

            exact = exact && (p & (2 * align - 1)) == align;
            near_ = near_ &&
                    p - EDGE - (uintptr_t)(block + 1) < 2 * (uintptr_t)align;
        }
    ok(exact, "a block is aligned as asked, and no better");
    ok(near_, "...and stands as near to the beginning of its memory as it can");
    ok(counted(b.live_blocks, 0, 0), "...and is counted");
    alcove_books_done(&b);
}

static void
test_contents(void)
{
    static const size_t sizes[] = {1, 15, 16, 17, 100, 4096};
    bool rubbish = true, zero = true, between = true;
    unsigned char *p, *z;
    size_t i, bytes = 0;

    begin(ALCOVE_CAN_ALLOC | ALCOVE_CAN_ZERO | ALCOVE_CAN_DEALLOC);
    for (i = 0; i < COUNT(sizes); i++) {
        p = take(sizes[i], 8);
        z = b.ops.zalloc(a, lay(sizes[i], 16), &err);
        bytes += 2 * sizes[i];
        rubbish = rubbish && all_are(p, sizes[i], 0xa5);
        zero = zero && z && all_are(z, sizes[i], 0);
        between = between && all_are(p - EDGE, EDGE, 0xee) &&
                  all_are(p + sizes[i], SLACK + EDGE, 0xee) &&
                  all_are(z - EDGE, EDGE, 0xee) &&
                  all_are(z + sizes[i], SLACK + EDGE, 0xee);
    }
    ok(rubbish, "its bytes are rubbish");
    ok(zero, "...or 0 if that was asked for");
    ok(between, "...and those on both sides are known");
    ok(live(12, bytes) && counted(12, 0, 0) && untouched(),
       "...and nothing is said");
    z = b.ops.zalloc(a, lay(100000, 1), &err);
    ok(z && all_are(z, 100000, 0), "a large one is 0 throughout, too");
    p = take(24, 8);
    ok(give(p, 24, 8) && all_are(p, 24, 0x5a) && live(13, bytes + 100000),
       "a block that is released is full of another rubbish");
    alcove_books_done(&b);
    ok(live(0, 0) && !b.oldest && b.kept_bytes == 0,
       "all that is left is given back in the end");
}

/* ---- wrong calls ---- */

static void
test_wrong_release(void)
{
    unsigned char *p, other;

    begin(0);
    p = take(24, 8);
    ok(!give(p, 23, 8) && told(ALCOVE_ERR_LAYOUT_MISMATCH, 23, 8, p) &&
           counted(2, 0, 1),
       "a release with another size is wrong, and refused");
    ok(!give(p, 24, 16) && told(ALCOVE_ERR_LAYOUT_MISMATCH, 24, 16, p) &&
           counted(3, 0, 2),
       "...and one with another alignment");
    ok(!give(&other, 24, 8) && told(ALCOVE_ERR_NOT_OWNED, 24, 8, &other) &&
           counted(4, 0, 3),
       "...and one of something else");
    ok(!give(p + 1, 24, 8) && told(ALCOVE_ERR_NOT_OWNED, 24, 8, p + 1) &&
           live(1, 24) && all_are(p, 24, 0xa5),
       "...and of what is in a block, and changes nothing");
    ok(give(p, 24, 8) && live(0, 0) && counted(6, 0, 4) && !give(p, 24, 8) &&
           told(ALCOVE_ERR_NOT_OWNED, 24, 8, p) && live(0, 0) &&
           counted(7, 0, 5),
       "...and a second release");
    is_str(b.text, "a release of what is no live block (23 bytes aligned to 8)",
           "the first of them is told");
    b.forgive = true;
    ok(!give(p, 24, 8) && counted(8, 0, 5),
       "what is meant to be wrong is refused, and not held against anyone");
    alcove_books_done(&b);
}

static void
test_wrong_layouts(void)
{
    static const struct alcove_layout bad[] = {
        {0, 8}, {8, 0}, {8, 24}, {SIZE_MAX, 1}};
    bool good = true;
    size_t i;

    begin(0);
    for (i = 0; i < COUNT(bad); i++)
        good = good && !b.ops.alloc(a, bad[i], &err) &&
               told(ALCOVE_ERR_ALLOC_FAILED, bad[i].size, bad[i].align, NULL) &&
               !b.ops.zalloc(a, bad[i], NULL) && counted(0, 0, 2 * i + 2);
    ok(good, "it is wrong to ask for size 0, or with an invalid layout");
    is_str(b.text,
           "a block was asked for with an invalid layout, or size 0 (0 bytes "
           "aligned to 8)",
           "...and told");
    alcove_books_done(&b);
}

static void
test_wrong_others(void)
{
    unsigned char *p, other;
    const struct alcove_layout l = {24, 8}, wrong = {25, 8}, larger = {40, 8};

    begin(0);
    p = take(24, 8);
    ok(!b.ops.resize(a, p, wrong, larger) && b.wrong == 1 &&
           strstr(b.text, "a resize with a wrong layout (25"),
       "a resize with another layout is wrong");
    ok(!b.ops.resize(a, &other, l, larger) && counted(1, 0, 1),
       "...and of something else only refused");
    ok(!b.ops.realloc(a, p, wrong, larger, &err) &&
           told(ALCOVE_ERR_LAYOUT_MISMATCH, 25, 8, p) && b.wrong == 2 &&
           !b.ops.realloc(a, &other, l, larger, &err) &&
           told(ALCOVE_ERR_NOT_OWNED, 24, 8, &other) && counted(1, 0, 3),
       "so is a realloc with another layout, or of something else");
    ok(b.ops.usable_size(a, p, wrong) == 25 && b.wrong == 4 &&
           b.ops.usable_size(a, &other, l) == 24 && b.wrong == 5,
       "...and to ask what is usable of it");
    ok(b.ops.owns(a, p, l) && !b.ops.owns(a, p, wrong) &&
           !b.ops.owns(a, p, lay(24, 4)) && !b.ops.owns(a, &other, l) &&
           counted(1, 0, 5) && live(1, 24) && all_are(p, 24, 0xa5),
       "...but not whether it is one");
    alcove_books_done(&b);
}

/* ---- bytes outside a block ---- */

/* Is it seen if this byte is not what it was? */
static bool
is_edge(unsigned char *byte, const char *text)
{
    size_t wrong;

    b.wrong = 0;
    *byte ^= 0x11;
    alcove_books_audit(&b);
    wrong = b.wrong;
    *byte ^= 0x11;
    alcove_books_audit(&b);
    return wrong == 1 && b.wrong == 1 && strstr(b.text, text);
}

/* All bytes from the first in front to the last behind. */
static bool
has_edges(unsigned char *p, size_t size, size_t usable)
{
    size_t i;

    for (i = 1; i <= EDGE; i++)
        if (!is_edge(p - i, "bytes in front of a block were overwritten"))
            return false;
    for (i = 0; i < usable; i++)
        if (is_edge(p + i, ""))
            return false;
    for (; i < size + SLACK + EDGE; i++)
        if (!is_edge(p + i, "bytes behind a block were overwritten"))
            return false;
    return true;
}

static void
test_edges(void)
{
    static const size_t sizes[] = {1, 16, 17};
    bool sharp = true, round_ = true;
    unsigned char *p;
    size_t i;

    for (i = 0; i < COUNT(sizes); i++) {
        begin(ALCOVE_CAN_ALLOC);
        p = take(sizes[i], 8);
        sharp = sharp && has_edges(p, sizes[i], sizes[i]);
        alcove_books_done(&b);
        begin(ALCOVE_CAN_ALLOC | ALCOVE_CAN_USABLE_SIZE);
        p = take(sizes[i], 8);
        round_ = round_ && has_edges(p, sizes[i], (sizes[i] + 15) / 16 * 16);
        alcove_books_done(&b);
    }
    ok(sharp, "each byte that is written outside a block is seen");
    ok(round_, "...where the block ends with what is usable of it");

    begin(0);
    p = take(16, 8);
    p[-1] ^= 1;
    ok(give(p, 16, 8) && b.wrong == 1, "...at its release, too");
    p = take(16, 8);
    p[16] ^= 1;
    ok(b.ops.resize(a, p, lay(16, 8), lay(8, 8)) && b.wrong == 2,
       "...and when it is resized");
    alcove_books_done(&b);
}

static struct books_block *
make_block(void)
{
    struct books_block *block = alcove_books_make(&b, lay(16, 8), 0);

    if (!block)
        bail_out("no block");
    return block;
}

/* A block of nobody's, all bytes of which are 0: wrong on both sides. */
static void
test_buckets(void)
{
    static unsigned char bytes[EDGE + 16 + EDGE];
    struct books_block fake = {NULL, bytes + EDGE, {16, 8}, 16}, *block;
    bool seen = true, gone = true;
    size_t i;

    begin(0);
    for (i = 0; i < BOOKS_BUCKETS; i++) {
        b.live[i] = &fake;
        alcove_books_audit(&b);
        b.live[i] = NULL;
        seen = seen && b.wrong == 2 * i + 2;
    }
    ok(seen, "blocks are seen in each of the buckets");
    for (i = 0; i < BOOKS_BUCKETS; i++) {
        block = make_block();
        *alcove_books_find(&b, block->p) = NULL;
        b.live[i] = block;
        alcove_books_drop_all(&b);
        gone = gone && live(0, 0) && !b.live[i];
    }
    ok(gone, "...and given back from each");
    alcove_books_done(&b);
}

/* ---- changes ---- */

static bool
resize(void *p, size_t from, size_t to)
{
    return b.ops.resize(a, p, lay(from, 8), lay(to, 8));
}

static void
test_resize(void)
{
    unsigned char *p;

    begin(0);
    p = take(10, 8);
    memset(p, 1, 10);
    ok(b.ops.usable_size(a, p, lay(10, 8)) == 16, "16 of 10 bytes are usable");
    ok(resize(p, 10, 10 + SLACK) && live(1, 10 + SLACK) && all_are(p, 10, 1) &&
           all_are(p + 10, SLACK, 0xa5),
       "a block grows in place as far as there is room, by rubbish");
    ok(b.ops.usable_size(a, p, lay(10 + SLACK, 8)) == 10 + SLACK,
       "...and of all of it no more is usable");
    ok(!resize(p, 10 + SLACK, 11 + SLACK) && live(1, 10 + SLACK) &&
           counted(3, 0, 0),
       "...and no further");
    ok(resize(p, 10 + SLACK, 4) && live(1, 4) && all_are(p, 4, 1) &&
           all_are(p + 16, SLACK - 6 + EDGE, 0xee),
       "...and shrinks, and ends there");
    alcove_books_audit(&b);
    ok(b.wrong == 0 && give(p, 4, 8) && live(0, 0) && counted(5, 0, 0),
       "...and is released as what it is then");
    alcove_books_done(&b);
}

static void
test_realloc(void)
{
    unsigned char *p, *moved;

    begin(0);
    p = take(10, 8);
    memset(p, 1, 10);
    moved = b.ops.realloc(a, p, lay(10, 8), lay(30, 32), &err);
    ok(moved && moved != p && ((uintptr_t)moved & 63) == 32 &&
           all_are(moved, 10, 1) && all_are(moved + 10, 20, 0xa5) &&
           all_are(p, 10, 0x5a) && live(1, 30) && counted(2, 0, 0),
       "a realloc always moves, with the contents");
    p = b.ops.realloc(a, moved, lay(30, 32), lay(5, 1), &err);
    ok(p && p != moved && all_are(p, 5, 1) && live(1, 5) && counted(3, 0, 0),
       "...to a smaller block as well");
    b.refuse_release = true;
    moved = b.ops.realloc(a, p, lay(5, 1), lay(6, 2), &err);
    ok(!moved && told(ALCOVE_ERR_LOCK, 6, 2, p) && live(1, 5) &&
           counted(3, 1, 0) && all_are(p, 5, 1),
       "...and is refused with all releases");
    b.refuse_release = false;
    alcove_books_refuse_after(&b, 0);
    moved = b.ops.realloc(a, p, lay(5, 1), lay(6, 2), &err);
    ok(!moved && told(ALCOVE_ERR_ALLOC_FAILED, 6, 2, NULL) && live(1, 5) &&
           counted(4, 2, 0) && all_are(p, 5, 1),
       "...and with allocations, and nothing has changed");
    alcove_books_done(&b);
}

/* ---- orders ---- */

static void
test_refuse_after(void)
{
    unsigned char *p;

    begin(0);
    p = take(8, 8);
    alcove_books_refuse_after(&b, 3);
    ok(b.ops.alloc(a, lay(8, 8), &err) && resize(p, 8, 16) &&
           b.ops.zalloc(a, lay(8, 8), &err) && counted(4, 0, 0) && untouched(),
       "as many allocations are served as was ordered");
    ok(!b.ops.alloc(a, lay(9, 8), &err) &&
           told(ALCOVE_ERR_ALLOC_FAILED, 9, 8, NULL) && counted(5, 1, 0) &&
           !b.ops.zalloc(a, lay(8, 8), NULL) && !resize(p, 16, 8) &&
           counted(7, 3, 0) && live(3, 32),
       "...and all that come after are refused");
    ok(give(p, 16, 8) && counted(8, 3, 0), "...but no releases");
    alcove_books_refuse_after(&b, SIZE_MAX);
    p = take(8, 8);
    ok(live(3, 24) && counted(9, 3, 0), "...until the order ends");
    b.refuse_release = true;
    ok(!give(p, 8, 8) && told(ALCOVE_ERR_LOCK, 8, 8, p) && counted(10, 4, 0) &&
           live(3, 24) && all_are(p, 8, 0xa5),
       "by another one each release is refused");
    alcove_books_done(&b);
}

static void
test_most(void)
{
    unsigned char *p;

    alcove_books_init(&b, 0, 1024);
    p = take(1000, 8);
    ok(!b.ops.alloc(a, lay(25, 1), &err) &&
           told(ALCOVE_ERR_ALLOC_FAILED, 25, 1, NULL) && counted(2, 0, 0) &&
           take(24, 8) && live(2, 1024) && !b.ops.alloc(a, lay(1, 1), NULL),
       "no more bytes are live than was said");
    ok(give(p, 1000, 8) && take(1000, 4) && live(2, 1024),
       "...and what is released may be had again");
    alcove_books_done(&b);
    alcove_books_init(&b, 0, 1024);
    ok(take(1, 1024) && !b.ops.alloc(a, lay(1, 2048), NULL) && live(1, 1),
       "...nor is an alignment larger than that");
    alcove_books_done(&b);
}

/* ---- what is kept ---- */

static void
test_kept(void)
{
    unsigned char *blocks[17];
    size_t i;

    begin(0);
    for (i = 0; i < 17; i++)
        blocks[i] = take(MIB / 16, 8);
    for (i = 0; i < 16; i++)
        (void)give(blocks[i], MIB / 16, 8);
    ok(b.kept_bytes == MIB && b.oldest->p == blocks[0] &&
           b.newest->p == blocks[15] && blocks[0][0] == 0x5a,
       "a MiB of what is released is kept");
    (void)give(blocks[16], MIB / 16, 8);
    ok(b.kept_bytes == MIB && b.oldest->p == blocks[1] &&
           b.newest->p == blocks[16],
       "...and then the oldest goes");
    (void)give(take(1, 1), 1, 1);
    ok(b.kept_bytes == MIB - MIB / 16 + 1 && b.oldest->p == blocks[2],
       "...however little too much it is");
    (void)give(take(MIB + 1, 1), MIB + 1, 1);
    ok(b.kept_bytes == 0 && !b.oldest && !b.newest,
       "...and what is larger than that is not kept");
    blocks[0] = take(10, 1);
    (void)give(blocks[0], 10, 1);
    ok(b.kept_bytes == 10 && b.oldest == b.newest && b.oldest->p == blocks[0] &&
           live(0, 0),
       "...but the next one is");
    alcove_books_done(&b);
}

static void
test_written_late(void)
{
    unsigned char *p;
    bool seen = true;
    size_t i;

    begin(0);
    p = take(100, 8);
    (void)give(p, 100, 8);
    for (i = 0; i < 100; i++)
        seen = seen && is_edge(p + i, "a block was written after its release "
                                      "(100 bytes aligned to 8)");
    ok(seen, "what is written after a release is seen");
    b.wrong = 0;
    p[50] = 1;
    alcove_books_done(&b);
    is_size(b.wrong, 1, "...in the end, too");
}

/* ---- all together ---- */

static struct {
    unsigned char *p;
    struct alcove_layout l;
} model[500];

static size_t
model_bytes(size_t *blocks)
{
    size_t i, bytes = 0;

    for (i = *blocks = 0; i < COUNT(model); i++)
        if (model[i].p) {
            ++*blocks;
            bytes += model[i].l.size;
        }
    return bytes;
}

static bool
step(size_t i)
{
    struct alcove_layout l =
        lay(1 + tap_random() % 300, (size_t)1 << tap_random() % 7);
    unsigned char *p = model[i].p;

    if (p && tap_random() % 2) {
        model[i].p = NULL;
        return b.ops.owns(a, p, model[i].l) &&
               b.ops.dealloc(a, p, model[i].l, &err) &&
               !b.ops.owns(a, p, model[i].l);
    }
    model[i].p =
        p ? b.ops.realloc(a, p, model[i].l, l, &err) : take(l.size, l.align);
    model[i].l = l;
    return model[i].p != NULL;
}

static void
test_many(void)
{
    size_t i, blocks, bytes, steps = tap_hurries() ? 2000 : 20000;
    bool good = true;

    begin(0);
    for (i = 0; i < steps; i++)
        good = step(tap_random() % COUNT(model)) && good;
    alcove_books_audit(&b);
    bytes = model_bytes(&blocks);
    ok(good && live(blocks, bytes) && counted(steps, 0, 0),
       "after many calls the books are what a model is");
    alcove_books_done(&b);
    ok(live(0, 0) && b.wrong == 0 && untouched(), "...and nothing is wrong");
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("no malloc: %s", ALCOVE_NO_MALLOC);
    tap_plan(60);
    test_features();
    test_alignment();
    test_contents();
    test_wrong_release();
    test_wrong_layouts();
    test_wrong_others();
    test_edges();
    test_buckets();
    test_resize();
    test_realloc();
    test_refuse_after();
    test_most();
    test_kept();
    test_written_late();
    test_many();
    return tap_done();
}

#endif
