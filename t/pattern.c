/* SPDX-License-Identifier: MIT */
/* What the conformance kit writes into blocks, and finds there: beside the same
 * said plainly, for blocks of all sizes near the limits of small ones. */
#include <config.h>

#include "tap.h"

#ifndef TEST_INSIDE

int
main(void)
{
    return tap_skip_all("no static library, so nothing hidden can be called");
}

#else

#    include "../lib/check/pattern.h"

#    include <string.h>

/* 4096 and less is small. Of 8192 bytes and more the stride is not 1. */
static const size_t sizes[] = {
    0,     1,     2,     255,   256,   257,   2047,  2048,  2049,  4095,
    4096,  4097,  4098,  6143,  6144,  6145,  8191,  8192,  8193,  8194,
    12287, 12288, 12289, 12290, 16383, 16384, 16385, 65536, 70001, 99999};

enum { MOST = 99999 };

/* A byte in front, and one behind. */
static unsigned char room[1 + MOST + 1], *const block = room + 1;

#    define EACH(i, size)                                                      \
        for (i = 0;                                                            \
             i < sizeof sizes / sizeof *sizes && ((size) = sizes[i], 1); i++)

/* The first byte of tag 0 is 1. The next is 7 more, 13 more once in 256 bytes,
 * and 37 more for another tag. */
static unsigned char
wanted(size_t i, unsigned tag)
{
    size_t byte = 1 + 7 * (i % 256) + 13 * (i / 256 % 256) + 37 * (tag % 256);

    return (unsigned char)(byte % 256);
}

/* All of a small block. Of others the two ends, and one byte in so many between
 * them: an odd number, for 4096 of them. */
static bool
looked_at(size_t i, size_t size)
{
    size_t stride = size / 4096 % 2 ? size / 4096 : size / 4096 + 1;

    return size <= 4096 || i < 2048 || size - i <= 2048 ||
           (i - 2048) % stride == 0;
}

/* ---- writing ---- */

/* Is each byte what is written, or else what was there, which is another? */
static bool
is_written(size_t size, unsigned tag)
{
    size_t i;

    memset(room, 0x33, sizeof room);
    for (i = 0; i < size; i++)
        block[i] = (unsigned char)~wanted(i, tag);
    alcove_pattern_write(block, size, tag);
    for (i = 0; i < size; i++)
        if (looked_at(i, size) != (block[i] == wanted(i, tag)))
            return false;
    return room[0] == 0x33 && block[size] == 0x33;
}

static bool
is_filled(size_t size, int byte)
{
    size_t i;

    memset(room, 0x33, sizeof room);
    alcove_pattern_fill(block, size, byte);
    for (i = 0; i < size; i++)
        if (block[i] != (looked_at(i, size) ? byte : 0x33))
            return false;
    return room[0] == 0x33 && block[size] == 0x33;
}

static void
test_written(void)
{
    bool written = true, filled = true;
    size_t i, size;

    EACH(i, size)
    {
        written = written && is_written(size, (unsigned)i);
        filled = filled && is_filled(size, 0xa5) && is_filled(size, 0);
    }
    ok(written, "a pattern is written: all of a small block; the ends of a "
                "large one, and some between");
    ok(filled, "...and one value in the same places");
}

static void
test_bytes(void)
{
    size_t i, same = 0;
    unsigned tag;

    alcove_pattern_write(block, 1001, 0);
    ok(block[0] == 1 && block[1] == 8 && block[37] == 4 && block[255] == 250 &&
           block[256] == 14 && block[512] == 27,
       "the pattern of tag 0 is this one");
    alcove_pattern_write(block, 1001, 7);
    ok(block[0] == 4 && block[1000] == 131, "...and of tag 7 this one");
    for (tag = 1; tag < 256; tag++) {
        alcove_pattern_write(block, 100, tag);
        for (i = 0; i < 100; i++)
            same += block[i] == wanted(i, 0);
    }
    is_size(same, 0, "...and another tag is another byte everywhere");
}

/* ---- finding ---- */

/* With byte `at` changed, and with what is not looked at changed anyway: are
 * these the answers, as far as byte `at`, to it, and beyond? */
static bool
finds(size_t at, size_t size, unsigned tag)
{
    size_t seen = looked_at(at, size) ? at : size;
    bool good;

    block[at] ^= 1;
    good = alcove_pattern_find(block, size, size, tag) == seen &&
           alcove_pattern_find(block, size, at, tag) == at &&
           alcove_pattern_find(block, size, at + 1, tag) ==
               (seen == at ? at : at + 1);
    block[at] ^= 1;
    return good;
}

static bool
finds_other(size_t at, size_t size, int byte)
{
    size_t seen = looked_at(at, size) ? at : size, from = at + 1;
    bool good;

    block[at] ^= 1;
    good = alcove_pattern_find_other(block, 0, size, byte) == seen &&
           alcove_pattern_find_other(block, at, size, byte) == seen &&
           alcove_pattern_find_other(block, at / 2, size, byte) == seen &&
           alcove_pattern_find_other(block, from, size, byte) == size;
    block[at] ^= 1;
    return good;
}

/* Calls one of them for the bytes at the ends, at all edges, and some others.
 */
static bool
everywhere(bool (*fn)(size_t at, size_t size, int what), size_t size, int what)
{
    static const size_t edges[] = {0, 1, 255, 2047, 2048, 2049, 4095, 4096};
    size_t i;

    for (i = 0; i < sizeof edges / sizeof *edges; i++)
        if (edges[i] < size &&
            !(fn(edges[i], size, what) && fn(size - 1 - edges[i], size, what)))
            return false;
    for (i = 0; i < 20 && size > 0; i++)
        if (!fn(tap_random() % size, size, what))
            return false;
    return true;
}

static bool
finds_tag(size_t at, size_t size, int tag)
{
    return finds(at, size, (unsigned)tag);
}

static void
test_found(void)
{
    bool found = true, found_other = true;
    size_t i, size;

    EACH(i, size)
    {
        alcove_pattern_write(block, size, 3);
        found = found && alcove_pattern_find(block, size, size, 3) == size &&
                everywhere(finds_tag, size, 3);
        memset(block, 0x5a, size);
        found_other = found_other &&
                      alcove_pattern_find_other(block, 0, size, 0x5a) == size &&
                      alcove_pattern_find_other(block, size, size, 1) == size &&
                      everywhere(finds_other, size, 0x5a);
    }
    ok(found, "the first byte that differs is found where it is looked at");
    ok(found_other, "...and the first one of another value, from a byte on");
}

/* What is behind the end, or in front of the beginning, is nothing to it. */
static void
test_ends(void)
{
    memset(room, 0x33, sizeof room);
    alcove_pattern_write(block, 100, 9);
    block[100] = 0;
    is_size(alcove_pattern_find(block, 100, 100, 9), 100,
            "the byte behind a block is not its own");
    is_size(alcove_pattern_find(block, 100, 0, 8), 0,
            "...and of no bytes all "
            "are right");
    memset(room, 0x33, sizeof room);
    memset(block, 0, 64);
    block[9] = 1;
    ok(alcove_pattern_find_other(block, 10, 64, 0) == 64 &&
           alcove_pattern_find_other(block, 9, 64, 0) == 9 &&
           alcove_pattern_find_other(block, 10, 65, 0) == 64 &&
           alcove_pattern_find_other(block, 64, 64, 0) == 64,
       "what is in front of the first byte, or behind the last, is not seen");
    block[64] = 1;
    ok(alcove_pattern_find_other(block, 64, 65, 0) == 64 &&
           alcove_pattern_find_other(block, 64, 65, 1) == 65,
       "...though one byte is seen alone");
    memset(block, 0xa5, 5000);
    ok(alcove_pattern_find_other(block, 0, 5000, 0xa5) == 5000 &&
           alcove_pattern_find_other(block, 0, 4000, 0xa5 - 256) == 4000,
       "a value is that of a byte");
}

int
main(void)
{
    tap_plan(12);
    test_written();
    test_bytes();
    test_found();
    test_ends();
    return tap_done();
}

#endif
