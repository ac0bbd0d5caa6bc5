/* SPDX-License-Identifier: MIT */
/* What all checks of the conformance kit are made of, each by itself: the
 * verdict, numbers, limits, errors, and live blocks, at their borders; and what
 * the runner makes of its options. */
#include <config.h>

#include <alcove.h>

#include "tap.h"

#ifndef TEST_INSIDE

int
main(void)
{
    return tap_skip_all("no static library, so nothing hidden can be called");
}

#else

#    include "../lib/check/kit.h"

#    include <errno.h>
#    include <string.h>

static struct kit k;
static struct books b;

/* Without an allocator, and with limits that nothing comes near to. */
static void
begin(void)
{
    memset(&k, 0, sizeof k);
    k.max_size = k.most_live = k.most_spent = SIZE_MAX;
}

/* Over the kit's parent, as it is. */
static void
begin_books(void)
{
    begin();
    alcove_books_init(&b, 0, (size_t)1 << 26);
    k.a = &b.allocator;
    k.books = &b;
    k.features = b.allocator.features;
}

static bool
says(enum alcove_verdict verdict, const char *text)
{
    bool good = k.verdict == verdict && strcmp(k.text, text) == 0;

    if (!good)
        diag("%s: %s", alcove_verdict_name(k.verdict), k.text);
    return good;
}

/* Has it failed with this text? Then it begins afresh. */
static bool
fails(const char *text)
{
    bool good = says(ALCOVE_VERDICT_FAIL, text);

    k.verdict = ALCOVE_VERDICT_PASS;
    k.text[0] = '\0';
    return good;
}

static bool
passes(void)
{
    return says(ALCOVE_VERDICT_PASS, "");
}

/* ---- the verdict ---- */

static void
test_verdict(void)
{
    begin();
    ok(alcove_kit_that(&k, true, "no") && alcove_kit_did(&k, 1, "grew") &&
           !alcove_kit_failed(&k) && passes(),
       "what holds leaves the verdict alone");
    alcove_kit_say(&k, "%d blocks", 7);
    ok(says(ALCOVE_VERDICT_PASS, "7 blocks"), "...and may say something");
    k.refused = 12;
    ok(!alcove_kit_did(&k, 0, "grew") && !alcove_kit_failed(&k) &&
           says(ALCOVE_VERDICT_SKIP, "nothing grew: 12 requests refused"),
       "where nothing was done the check is skipped");
    alcove_kit_say(&k, "%d blocks", 8);
    ok(says(ALCOVE_VERDICT_SKIP, "nothing grew: 12 requests refused"),
       "...and says no more");
    ok(!alcove_kit_fail(&k, "%s %d", "first", 1) && alcove_kit_failed(&k) &&
           !alcove_kit_that(&k, false, "second"),
       "...but may still fail");
    alcove_kit_skip(&k, "third");
    alcove_kit_say(&k, "fourth");
    ok(!alcove_kit_did(&k, 0, "grew") && fails("first 1"),
       "the first failure stands");
    ok(!alcove_kit_that(&k, false, "%s %d", "second", 2) && fails("second 2"),
       "what must hold, and does not, is one");
    alcove_kit_fail(&k, "%300d", 1);
    is_size(strlen(k.text), 255, "a sentence ends where its place does");
}

static void
test_why(void)
{
    static char longest[300];
    char text[400], told[400];
    struct alcove_error err;

    alcove_kit_unset(&err);
    is_str(alcove_kit_why(&err, text), "without an error",
           "an error that nobody set is none");
    memset(&err, 0, sizeof err);
    err.code = ALCOVE_ERR_LOCK;
    alcove_error_format(&err, told, sizeof told);
    is_str(alcove_kit_why(&err, text), told, "another is told");
    memset(longest, 'x', sizeof longest - 1);
    err.allocator = longest;
    is_size(strlen(alcove_kit_why(&err, text)), 255,
            "...as far as there is room");
}

/* ---- numbers ---- */

static void
test_numbers(void)
{
    static const uint64_t first[] = {UINT64_C(0xe220a8397b1dcdaf),
                                     UINT64_C(0x6e789e6aa1b965f4),
                                     UINT64_C(0x06c45d188009454f)};
    bool good = true;
    size_t i;

    begin();
    for (i = 0; i < 3; i++)
        good = good && alcove_kit_random(&k) == (size_t)(first[i] >> 16);
    ok(good, "numbers are those of splitmix64, but for 16 bits");
    k.random = 0;
    ok(alcove_kit_below(&k, 1000) == 709 && alcove_kit_below(&k, 1) == 0,
       "...and as small as they must be");
}

static bool
draws(size_t most, size_t size, size_t align)
{
    struct alcove_layout l = alcove_kit_layout(&k, most);

    return l.size == size && l.align == align;
}

static void
test_layouts(void)
{
    size_t i, j, large = 0, of_size[17] = {0};
    bool good = true, fair = true;

    begin();
    ok(draws(65536, 2057, 1) && draws(65536, 8470, 32) &&
           draws(65536, 33, 16) && draws(65536, 23, 2) && draws(100, 18, 8) &&
           draws(100, 8, 8),
       "the first layouts are these");
    for (i = 0; i < 5000; i++) {
        struct alcove_layout l = alcove_kit_layout(&k, 50000);

        good = good && alcove_layout_is_block(l) && l.size <= 50000 &&
               l.align <= 4096;
        large += l.align > 32;
        for (j = 0; l.size >> j > 1; j++)
            ;
        of_size[j]++;
    }
    for (i = 0; i < 16; i++)
        fair = fair && of_size[i] > 20 && of_size[i] < 1200;
    ok(good, "all are valid, and none is too large");
    ok(fair, "...and of sizes of all magnitudes");
    ok(large > 50 && large < 400, "...and few alignments are large");
}

/* ---- the parent ---- */

static void
test_parent(void)
{
    size_t half = 1;

    begin();
    alcove_kit_refuse_after(&k, 0);
    alcove_kit_half_time(&k, 5, 10, &half);
    alcove_kit_go_wrong(&k, true);
    ok(alcove_kit_asked(&k) == 0 && alcove_kit_parent_refused(&k) == 0 &&
           half == 1 && alcove_kit_lends_no_more(&k, 1, 1, 0),
       "without a parent of the kit's nothing is known of it");
    k.books = &b;
    memset(&b, 0, sizeof b);
    b.asked = 3;
    b.refused = 2;
    b.live_bytes = 77;
    ok(alcove_kit_asked(&k) == 3 && alcove_kit_parent_refused(&k) == 2,
       "it tells what it was asked for, and what it refused");
    alcove_kit_half_time(&k, 4, 11, &half);
    alcove_kit_half_time(&k, 6, 11, &half);
    ok(half == 1, "what it lends is looked at");
    alcove_kit_half_time(&k, 5, 11, &half);
    ok(half == 77, "...after half of the rounds");
    alcove_kit_go_wrong(&k, true);
    ok(b.forgive, "it may be told that wrong calls follow");
    alcove_kit_go_wrong(&k, false);
    ok(!b.forgive, "...and that they are over");
}

static bool
lends(size_t bytes, size_t size, size_t rounds, size_t half)
{
    b.live_bytes = bytes;
    return alcove_kit_lends_no_more(&k, size, rounds, half);
}

static void
test_lends(void)
{
    const size_t mib = (size_t)1 << 20, eighth = 100 * 65536;

    begin();
    k.books = &b;
    ok(lends(0, 1, 15, 100) && lends(100, 1, 15, 100) &&
           lends(100 + mib, 1, 15, 100) && passes(),
       "an allocator may keep a MiB");
    ok(!lends(101 + mib, 1, 15, 100) &&
           fails("7 rounds with 1 bytes: 1048577 bytes more are the parent's"),
       "...but not more");
    ok(lends(500 + eighth, 65536, 1600, 500) &&
           lends(500 + eighth, 65536, 1615, 500) && passes(),
       "...or an eighth of what was asked for");
    ok(!lends(501 + eighth, 65536, 1615, 500) &&
           fails("807 rounds with 65536 bytes: 6553601 bytes more are the "
                 "parent's"),
       "...and not more either");
}

/* ---- errors ---- */

static void
test_unset(void)
{
    struct alcove_error err;
    unsigned char *raw = (unsigned char *)&err;
    bool good = true;
    size_t i;

    memset(&err, 0, sizeof err);
    errno = 0;
    alcove_kit_unset(&err);
    ok(errno < 0, "the errno that nobody sets is one of no system");
    ok(alcove_kit_is_unset(&err), "an error may be such a one, too");
    for (i = 0; i < sizeof err; i++) {
        raw[i] ^= 1;
        good = good && !alcove_kit_is_unset(&err);
        raw[i] ^= 1;
    }
    ok(good && alcove_kit_is_unset(&err), "...and is none if one byte differs");
}

static bool
refused(bool done, enum alcove_code is)
{
    memset(&k.err, 0, sizeof k.err);
    k.err.code = is;
    return alcove_kit_refused(&k, "this", done, ALCOVE_ERR_LOCK,
                              ALCOVE_ERR_CORRUPT) &&
           alcove_kit_is_unset(&k.err);
}

static void
test_refused(void)
{
    size_t calls = 0;

    begin();
    ok(refused(false, ALCOVE_ERR_LOCK) && refused(false, ALCOVE_ERR_CORRUPT) &&
           passes() && k.refused == 2,
       "a refusal is to have one of two codes");
    ok(!refused(false, ALCOVE_ERR_OTHER) && alcove_kit_is_unset(&k.err) &&
           fails("this is refused as ALCOVE_ERR_OTHER") && k.refused == 3,
       "...and fails with another one");
    ok(!refused(true, ALCOVE_ERR_LOCK) && alcove_kit_is_unset(&k.err) &&
           fails("this is not refused") && k.refused == 3,
       "...and if there is none");
    alcove_kit_count_call(NULL, &calls);
    alcove_kit_count_call(&k, &calls);
    ok(calls == 2, "calls are counted");
}

static void
test_code_errno(void)
{
    static const int wanted[] = {
#    define ALCOVE_X(name, number, text) number,
        ALCOVE_CODES(ALCOVE_X)
#    undef ALCOVE_X
    };
    bool good = true;
    int i;

    for (i = 0; i < ALCOVE_CODE_COUNT; i++)
        good = good && alcove_kit_code_errno((enum alcove_code)i) == wanted[i];
    ok(good, "each code has its errno");
    is_int(alcove_kit_code_errno(ALCOVE_CODE_COUNT), EIO,
           "...and what is none has one, too");
}

/* ---- what may be asked for ---- */

/* May be asked for this size be, and for a byte more not? */
static bool
is_most(size_t size)
{
    size_t before = k.left_out;

    return alcove_kit_may_ask(&k, kit_lay(size, 8)) && k.left_out == before &&
           !alcove_kit_may_ask(&k, kit_lay(size + 1, 8)) &&
           k.left_out == before + 1;
}

static void
test_may_ask(void)
{
    begin();
    k.max_size = 100;
    ok(is_most(100), "no more than max_size is asked for at once");
    k.most_live = 90;
    ok(is_most(90), "...nor than may be live");
    k.live = 50;
    ok(is_most(40), "...with what is");
    k.most_spent = 95;
    k.spent = 60;
    ok(is_most(35), "...nor than may be spent");
    k.most_spent = 30;
    k.spent = 0;
    ok(is_most(30), "...in all");
    k.spent = 31;
    ok(!alcove_kit_may_ask(&k, kit_lay(1, 8)), "...should it be too much yet");
    begin();
    k.count = KIT_BLOCKS - 1;
    ok(alcove_kit_may_ask(&k, kit_lay(1, 8)) && k.left_out == 0,
       "there is room for as many blocks");
    k.count++;
    ok(!alcove_kit_may_ask(&k, kit_lay(1, 8)) && k.left_out == 1 && passes(),
       "...and no more");
}

/* ---- live blocks ---- */

static unsigned char bytes[400];

/* A block of these bytes. */
static struct block *
adopt(size_t at, size_t size)
{
    struct block *block = alcove_kit_adopt(&k, bytes + at, kit_lay(size, 8));

    if (!block)
        bail_out("%s", k.text);
    return block;
}

static bool
has_pattern(const struct block *block)
{
    return alcove_pattern_find(block->p, block->l.size, block->l.size,
                               block->tag) == block->l.size;
}

static bool
is_apart(size_t at, size_t size, const struct block *itself)
{
    return alcove_kit_is_apart(&k, bytes + at, kit_lay(size, 8), itself);
}

static void
test_apart(void)
{
    struct block *block;

    begin();
    block = adopt(100, 40);
    ok(is_apart(70, 30, NULL) && is_apart(140, 30, NULL) && passes(),
       "blocks may touch each other");
    ok(!is_apart(71, 30, NULL) &&
           fails("a block of 30 bytes and one of 40, both live, overlap: one "
                 "begins 29 bytes after the other"),
       "...but not by a byte more in front");
    ok(!is_apart(139, 30, NULL) &&
           fails("a block of 30 bytes and one of 40, both live, overlap: one "
                 "begins 39 bytes after the other"),
       "...or behind");
    ok(!is_apart(100, 1, NULL) &&
           fails("a block of 1 bytes and one of 40, both live, overlap: one "
                 "begins 0 bytes after the other"),
       "...nor begin at the same place");
    ok(is_apart(100, 40, block) && is_apart(90, 60, block) && passes(),
       "none is in its own way");
    adopt(200, 8);
    ok(!is_apart(100, 101, block) && fails("a block of 101 bytes and one of 8, "
                                           "both live, overlap: one begins 100 "
                                           "bytes after the other"),
       "...but in that of all others");
}

static void
test_adopt(void)
{
    struct block *first, *second;

    begin();
    memset(bytes, 0, sizeof bytes);
    first = adopt(0, 40);
    second = adopt(40, 60);
    ok(k.count == 2 && first == &k.blocks[0] && second == &k.blocks[1] &&
           k.live == 100 && k.spent == 100 && k.served == 2,
       "a block is counted");
    ok(first->p == bytes && first->l.size == 40 && first->l.align == 8 &&
           first->tag != second->tag && has_pattern(first) &&
           has_pattern(second),
       "...and written");
    ok(!alcove_kit_adopt(&k, NULL, kit_lay(1, 8)) &&
           fails("a null pointer is no block") && k.count == 2,
       "NULL is none");
    ok(!alcove_kit_adopt(&k, bytes + 99, kit_lay(9, 8)) &&
           alcove_kit_failed(&k) && k.count == 2 && k.live == 100 &&
           has_pattern(second) && bytes[100] == 0,
       "...nor what overlaps one, and is not written");
}

static void
test_whole(void)
{
    struct block *first, *second;

    begin();
    first = adopt(0, 40);
    second = adopt(40, 60);
    ok(alcove_kit_whole(&k, first) && alcove_kit_all_whole(&k) && passes(),
       "blocks are whole as long as nobody writes into them");
    bytes[7] ^= 1;
    ok(alcove_kit_whole(&k, second) && !alcove_kit_whole(&k, first) &&
           fails("byte 7 of a live block of 40 bytes changed"),
       "...and are not then");
    ok(!alcove_kit_all_whole(&k) &&
           fails("byte 7 of a live block of 40 bytes changed"),
       "...be it the first of all");
    bytes[7] ^= 1;
    bytes[99] ^= 1;
    ok(!alcove_kit_all_whole(&k) &&
           fails("byte 59 of a live block of 60 bytes changed"),
       "...or the last");
    alcove_kit_forget(&k, first);
    ok(k.count == 1 && k.blocks[0].p == bytes + 40 && k.live == 60 &&
           k.spent == 100,
       "a block is forgotten, and the last takes its place");
}

/* ---- taken and given ---- */

static void
test_take(void)
{
    struct block *block;

    begin_books();
    block = alcove_kit_take(&k, kit_lay(24, 8));
    ok(block && block == &k.blocks[0] && has_pattern(block) && b.asked == 1 &&
           b.live_bytes == 24 && kit_aligned(block->p, 8) && k.served == 1,
       "a block is taken");
    block = alcove_kit_ztake(&k, kit_lay(24, 8), true);
    ok(block && has_pattern(block) && k.count == 2 && passes(),
       "...and one that is 0");
    alcove_books_refuse_after(&b, 0);
    ok(!alcove_kit_take(&k, kit_lay(24, 8)) && k.refused == 1 && passes() &&
           k.err.code == ALCOVE_ERR_ALLOC_FAILED &&
           !alcove_kit_ztake(&k, kit_lay(24, 8), true) && k.refused == 2,
       "...or refused, which is no failure");
    alcove_books_refuse_after(&b, SIZE_MAX);
    k.max_size = 23;
    ok(!alcove_kit_take(&k, kit_lay(24, 8)) && k.left_out == 1 &&
           k.refused == 2 && b.asked == 4 && passes(),
       "...or not asked for");
    k.max_size = 24;
    b.ops.zalloc = b.ops.alloc;
    ok(alcove_kit_ztake(&k, kit_lay(24, 8), false) && passes(),
       "that it is 0 is seen if one looks");
    (void)alcove_kit_ztake(&k, kit_lay(24, 16), true);
    ok(alcove_kit_failed(&k) && !alcove_kit_take(&k, kit_lay(1, 1)) &&
           b.asked == 6 && fails("byte 0 of 24 bytes aligned to 16 is not 0"),
       "...and after a failure nothing is asked for");
    alcove_books_done(&b);
}

static void
test_give(void)
{
    begin_books();
    (void)alcove_kit_take(&k, kit_lay(24, 8));
    (void)alcove_kit_take(&k, kit_lay(25, 8));
    (void)alcove_kit_take(&k, kit_lay(26, 8));
    ok(alcove_kit_give(&k, &k.blocks[0]) && k.count == 2 && k.live == 51 &&
           k.blocks[0].l.size == 26 && b.live_bytes == 51 && passes(),
       "a block is given back");
    k.blocks[0].p[3] ^= 1;
    ok(!alcove_kit_give(&k, &k.blocks[0]) && k.count == 2 && b.asked == 4 &&
           !alcove_kit_give(&k, &k.blocks[1]) && b.asked == 4 &&
           fails("byte 3 of a live block of 26 bytes changed"),
       "...but not one that is not whole, nor any other from then on");
    k.blocks[0].p[3] ^= 1;
    b.refuse_release = true;
    ok(!alcove_kit_give_all(&k) && k.count == 1 && alcove_kit_failed(&k) &&
           strstr(k.text, "the release of a live block was refused: parent: "),
       "...nor may that be refused");
    k.verdict = ALCOVE_VERDICT_PASS;
    k.features &= ~(unsigned)ALCOVE_CAN_DEALLOC;
    ok(alcove_kit_give_all(&k) && k.count == 0 && b.asked == 5 &&
           b.live_blocks == 2,
       "where nothing can be released it is forgotten");
    b.refuse_release = false;
    alcove_books_done(&b);
}

/* ---- changed ---- */

/* What becomes of a block: where it is then, and a byte that is lost. */
static struct {
    unsigned char *p, *lost;
    size_t calls;
} becomes;

static void *
change(struct alcove_allocator *a, void *p, struct alcove_layout old,
       struct alcove_layout new_, struct alcove_error *err)
{
    (void)a;
    (void)err;
    becomes.calls++;
    if (becomes.p)
        memmove(becomes.p, p, kit_least(old.size, new_.size));
    if (becomes.lost)
        *becomes.lost ^= 1;
    return becomes.p;
}

/* To be changed from 40 bytes to so many, at byte `at`. All others are 0. */
static bool
changes(size_t at, struct alcove_layout to, size_t lost, bool zero)
{
    struct block *block;

    begin();
    memset(bytes, 0, sizeof bytes);
    block = adopt(0, 40);
    adopt(200, 10);
    becomes.p = bytes + at;
    becomes.lost = lost == SIZE_MAX ? NULL : bytes + lost;
    return alcove_kit_change(&k, block, to, change, zero);
}

static void
test_change(void)
{
    const struct block *block = &k.blocks[0];
    const size_t none = SIZE_MAX;

    ok(changes(0, kit_lay(50, 16), none, true) && passes() &&
           block->p == bytes && block->l.size == 50 && block->l.align == 16 &&
           has_pattern(block) && k.live == 60 && k.spent == 100 &&
           k.served == 3 && block->tag == 3,
       "a block is changed in place, and written anew");
    ok(changes(100, kit_lay(50, 8), none, true) && passes() &&
           block->p == bytes + 100 && has_pattern(block),
       "...or elsewhere");
    ok(changes(20, kit_lay(30, 8), none, true) && passes() && k.live == 40 &&
           k.spent == 80,
       "...if need be where it was");
    ok(changes(0, kit_lay(30, 8), 30, false) && passes(),
       "what is beyond its new end may be lost");
    ok(!changes(0, kit_lay(30, 4), 29, false) &&
           fails("byte 29 was lost: from 40 bytes aligned to 8 to 30 aligned "
                 "to 4"),
       "...but nothing in front of it");
    ok(!changes(100, kit_lay(50, 16), 103, true) &&
           fails("byte 3 was lost: from 40 bytes aligned to 8 to 50 aligned to "
                 "16"),
       "...nor elsewhere");
    ok(!changes(0, kit_lay(50, 16), 45, true) &&
           fails("byte 45 is new and not 0: from 40 bytes aligned to 8 to 50 "
                 "aligned to 16"),
       "what is new must be 0");
    ok(changes(0, kit_lay(50, 16), 45, false) && passes(),
       "...if that was asked for");
    ok(!changes(195, kit_lay(50, 8), none, false) &&
           fails("a block of 50 bytes and one of 10, both live, overlap: one "
                 "begins 5 bytes after the other"),
       "it may not come in another one's way");
}

static void
test_no_change(void)
{
    struct block *block;

    begin();
    block = adopt(0, 40);
    becomes.p = becomes.lost = NULL;
    becomes.calls = 0;
    ok(!alcove_kit_change(&k, block, kit_lay(50, 8), change, false) &&
           becomes.calls == 1 && k.refused == 1 && k.left_out == 0 &&
           alcove_kit_is_unset(&k.err) && block->l.size == 40 && k.live == 40 &&
           k.spent == 40 && k.served == 1 && has_pattern(block) && passes(),
       "a change may be refused");
    k.max_size = 49;
    ok(!alcove_kit_change(&k, block, kit_lay(50, 8), change, false) &&
           becomes.calls == 1 && k.left_out == 1 && passes(),
       "...or not asked for");
    bytes[39] ^= 1;
    ok(!alcove_kit_change(&k, block, kit_lay(48, 8), change, false) &&
           becomes.calls == 1 && k.left_out == 1 &&
           fails("byte 39 of a live block of 40 bytes changed"),
       "...if the block is not whole");
}

/* ---- the runner ---- */

/* What is told last, and the last parent that an allocator was made over. */
static struct alcove_check_result last;
static char last_text[400];
static size_t parent_most;
static unsigned parent_features;

static void
keep(const struct alcove_check_result *result, void *arg)
{
    (void)arg;
    last = *result;
    snprintf(last_text, sizeof last_text, "%s", result->text);
}

static struct alcove_allocator *
make_none(struct alcove_allocator *parent, void *arg)
{
    (void)arg;
    parent_most = ((struct books *)(void *)parent)->most;
    parent_features = parent->features;
    return NULL;
}

static bool
has_limit(size_t max_size, size_t limit)
{
    struct alcove_check_options o = {
        .struct_size = sizeof o, .max_size = max_size, .make = make_none};

    return !alcove_check_allocator(NULL, &o, keep, NULL) &&
           parent_most == 6 * limit + ((size_t)16 << 20);
}

static void
test_options(void)
{
    const size_t most = ALCOVE_SIZE_MAX / 64;
    struct alcove_check_options o = {.struct_size = 1};

    ok(has_limit(65536, 65536) &&
           has_limit(0, kit_least((size_t)64 << 20, ALCOVE_SIZE_MAX / 64)),
       "the parent has memory for blocks of max_size");
    ok(has_limit(1, 4096) && has_limit(4095, 4096) && has_limit(4097, 4097),
       "...which is 4096 at least");
    ok(has_limit(most - 1, most - 1) && has_limit(most, most) &&
           has_limit(most + 1, most) && has_limit(SIZE_MAX, most),
       "...and a 64th of the largest size at most");
    o = (struct alcove_check_options){.struct_size = sizeof o,
                                      .max_size = 4096,
                                      .parent_features =
                                          ALCOVE_CAN_ALLOC | ALCOVE_CAN_OWNS,
                                      .make = make_none};
    ok(!alcove_check_allocator(NULL, &o, NULL, NULL) &&
           parent_features == (ALCOVE_CAN_ALLOC | ALCOVE_CAN_OWNS),
       "...and the features that were chosen");
    ok(!alcove_check_allocator(NULL, NULL, keep, NULL) &&
           strcmp(last.check, "kit") == 0 && last.number == 1 &&
           last.count == 1 && strcmp(last_text, "there is no allocator") == 0,
       "options that are wrong are told as one check of one");
}

static struct alcove_allocator *
make_taker(struct alcove_allocator *parent, void *arg)
{
    *(void **)arg = alcove_alloc(parent, kit_lay(10, 1), NULL);
    return parent;
}

static void
done_taker(struct alcove_allocator *made, void *arg)
{
    (void)alcove_dealloc(made, *(void **)arg, kit_lay(10, 1), NULL);
}

/* Whether the table is sound is looked at in front of all checks. */
static void
test_tally(void)
{
    static const char *const only[] = {"table-sound", "parent-respected", NULL};
    void *block;
    struct alcove_check_options o = {.struct_size = sizeof o,
                                     .max_size = 4096,
                                     .only = only,
                                     .make = make_taker,
                                     .done = done_taker,
                                     .arg = &block};

    ok(alcove_check_allocator(NULL, &o, keep, NULL) && last.number == 2 &&
           last.count == 2,
       "two checks are made");
    is_str(last_text, "1 checks took something from it",
           "...and what was looked at before is not counted");
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("no malloc: %s", ALCOVE_NO_MALLOC);
    tap_plan(88);
    test_verdict();
    test_why();
    test_numbers();
    test_layouts();
    test_parent();
    test_lends();
    test_unset();
    test_refused();
    test_code_errno();
    test_may_ask();
    test_apart();
    test_adopt();
    test_whole();
    test_take();
    test_give();
    test_change();
    test_no_change();
    test_options();
    test_tally();
    return tap_done();
}

#endif
