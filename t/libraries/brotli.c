/* SPDX-License-Identifier: MIT */
/* Brotli's encoder: text is compressed by each of its ways, with a flush in the
 * middle. If it gets NULL it ends the program, unless it was built otherwise,
 * and the decoder does not; which is why they are in two tests. */
#include <config.h>

#include "library.h"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 60000, ROOM = 2 * SIZE };

static uint8_t packed[ROOM], unpacked[SIZE];

static const struct way {
    uint32_t quality, window, mode;
    size_t size;
} ways[] = {
    {0, 16, BROTLI_MODE_GENERIC, SIZE},  {1, 18, BROTLI_MODE_GENERIC, SIZE},
    {3, 16, BROTLI_MODE_TEXT, SIZE},     {5, 12, BROTLI_MODE_TEXT, SIZE},
    {9, 16, BROTLI_MODE_FONT, SIZE / 2}, {11, 16, BROTLI_MODE_TEXT, SIZE / 40},
};

static bool
encode(struct work *w, BrotliEncoderState *s, BrotliEncoderOperation op,
       const char *text, size_t n, size_t *size)
{
    const uint8_t *in = (const uint8_t *)text;
    uint8_t *out = packed + *size;
    size_t room = ROOM - *size;

    do
        if (!BrotliEncoderCompressStream(s, op, &n, &in, &room, &out, NULL))
            return refused(w, "BrotliEncoderCompressStream: BROTLI_FALSE");
    while (n > 0 || BrotliEncoderHasMoreOutput(s));
    *size = (size_t)(out - packed);
    return true;
}

static bool
pack(struct work *w, const struct way *way, size_t *size)
{
    BrotliEncoderState *s = BrotliEncoderCreateInstance(
        w->bridge ? alcove_bridge_alloc : NULL,
        w->bridge ? alcove_bridge_free : NULL, w->bridge);
    const char *text = some_text(SIZE);
    size_t half = way->size / 2;
    bool good;

    if (!s)
        return refused(w, "BrotliEncoderCreateInstance: NULL");
    BrotliEncoderSetParameter(s, BROTLI_PARAM_QUALITY, way->quality);
    BrotliEncoderSetParameter(s, BROTLI_PARAM_LGWIN, way->window);
    BrotliEncoderSetParameter(s, BROTLI_PARAM_MODE, way->mode);
    good = encode(w, s, BROTLI_OPERATION_PROCESS, text, half / 2, size) &&
           encode(w, s, BROTLI_OPERATION_FLUSH, text + half / 2,
                  half - half / 2, size) &&
           encode(w, s, BROTLI_OPERATION_FINISH, text + half, way->size - half,
                  size);
    BrotliEncoderDestroyInstance(s);
    return good;
}

static bool
work(struct work *w)
{
    size_t i;

    for (i = 0; i < sizeof ways / sizeof *ways; i++) {
        size_t size = 0, got = SIZE;

        if (!pack(w, &ways[i], &size))
            return false;
        result(w, packed, size);
        if (!BrotliDecoderDecompress(size, packed, &got, unpacked) ||
            got != ways[i].size || memcmp(unpacked, some_text(got), got) != 0)
            return refused(w, "it came back otherwise");
    }
    return true;
}

static const char *
version(void)
{
    static char text[40];
    uint32_t v = BrotliEncoderVersion();

    snprintf(text, sizeof text, "%lu.%lu.%lu", (unsigned long)(v >> 24),
             (unsigned long)(v >> 12 & 0xFFF), (unsigned long)(v & 0xFFF));
    return text;
}

const struct library library = {
    .name = "brotli encoder",
    .version = version,
    .shape = "a size, context first",
    .work = work,
    .never_null = true,
};
