/* SPDX-License-Identifier: MIT */
/* Brotli's decoder: text that was compressed in several ways comes back in
 * portions. */
#include <config.h>

#include "library.h"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 60000, ROOM = 2 * SIZE, PORTION = 1500 };

static uint8_t packed[ROOM], unpacked[SIZE];

/* Returns how much has come out up to now. */
static size_t
take(BrotliDecoderState *s, size_t got)
{
    while (BrotliDecoderHasMoreOutput(s) && got < SIZE) {
        size_t n = SIZE - got;
        const uint8_t *out = BrotliDecoderTakeOutput(s, &n);

        if (n == 0)
            break;
        memcpy(unpacked + got, out, n);
        got += n;
    }
    return got;
}

static bool
decode(struct work *w, BrotliDecoderState *s, size_t size, size_t *got)
{
    const uint8_t *in = packed;
    BrotliDecoderResult r;

    do {
        size_t left = (size_t)(packed + size - in);
        size_t portion = left < PORTION ? left : PORTION;
        size_t room = 0;

        r = BrotliDecoderDecompressStream(s, &portion, &in, &room, NULL, NULL);
        *got = take(s, *got);
        if (left == 0 && r == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
            return refused(w, "it ends early");
    } while (r == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT ||
             r == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT);
    return r == BROTLI_DECODER_RESULT_SUCCESS ||
           refused(w, "BrotliDecoderDecompressStream: %s",
                   BrotliDecoderErrorString(BrotliDecoderGetErrorCode(s)));
}

static bool
unpack(struct work *w, size_t size, size_t *got)
{
    BrotliDecoderState *s = BrotliDecoderCreateInstance(
        w->bridge ? alcove_bridge_alloc : NULL,
        w->bridge ? alcove_bridge_free : NULL, w->bridge);
    bool good;

    if (!s)
        return refused(w, "BrotliDecoderCreateInstance: NULL");
    good = decode(w, s, size, got);
    BrotliDecoderDestroyInstance(s);
    return good;
}

/* The encoder has memory of its own, for it is not what is tested here. */
static bool
pack(struct work *w, int quality, int window, size_t *size)
{
    *size = ROOM;
    return BrotliEncoderCompress(quality, window, BROTLI_MODE_GENERIC, SIZE,
                                 (const uint8_t *)some_text(SIZE), size,
                                 packed) ||
           refused(w, "BrotliEncoderCompress: BROTLI_FALSE");
}

static bool
work(struct work *w)
{
    static const int ways[][2] = {{0, 18}, {1, 16}, {4, 12}, {5, 22}, {9, 16}};
    size_t i;

    for (i = 0; i < sizeof ways / sizeof *ways; i++) {
        size_t size, got = 0;

        if (!pack(w, ways[i][0], ways[i][1], &size) || !unpack(w, size, &got))
            return false;
        result(w, unpacked, got);
        if (got != SIZE || memcmp(unpacked, some_text(SIZE), SIZE) != 0)
            return refused(w, "it came back otherwise");
    }
    return true;
}

static const char *
version(void)
{
    static char text[40];
    uint32_t v = BrotliDecoderVersion();

    snprintf(text, sizeof text, "%lu.%lu.%lu", (unsigned long)(v >> 24),
             (unsigned long)(v >> 12 & 0xFFF), (unsigned long)(v & 0xFFF));
    return text;
}

const struct library library = {
    .name = "brotli decoder",
    .version = version,
    .shape = "a size, context first",
    .work = work,
};
