/* SPDX-License-Identifier: MIT */
/* bzip2: text of more than one block is compressed, with a flush in the middle,
 * and comes back by both of the decoder's ways. */
#include <config.h>

#include "library.h"

#include <bzlib.h>
#include <string.h>

enum { SIZE = 120000 };

static char packed[SIZE], unpacked[SIZE];

static const char *
name_of(int code)
{
    switch (code) {
    case BZ_SEQUENCE_ERROR:
        return "BZ_SEQUENCE_ERROR";
    case BZ_PARAM_ERROR:
        return "BZ_PARAM_ERROR";
    case BZ_MEM_ERROR:
        return "BZ_MEM_ERROR";
    case BZ_DATA_ERROR:
        return "BZ_DATA_ERROR";
    case BZ_DATA_ERROR_MAGIC:
        return "BZ_DATA_ERROR_MAGIC";
    case BZ_CONFIG_ERROR:
        return "BZ_CONFIG_ERROR";
    default:
        return "it stops early";
    }
}

static bool
say(struct work *w, const char *call, int code)
{
    return refused(w, "%s: %s", call, name_of(code));
}

static void
begin(struct work *w, bz_stream *z)
{
    memset(z, 0, sizeof *z);
    if (w->bridge) {
        z->bzalloc = alcove_bridge_alloc_ints;
        z->bzfree = alcove_bridge_free;
        z->opaque = w->bridge;
    }
}

static bool
compress(struct work *w, bz_stream *z)
{
    int code;

    z->next_in = (char *)some_text(SIZE);
    z->avail_in = SIZE / 4;
    z->next_out = packed;
    z->avail_out = SIZE;
    do
        code = BZ2_bzCompress(z, BZ_FLUSH);
    while (code == BZ_FLUSH_OK);
    if (code != BZ_RUN_OK)
        return say(w, "BZ2_bzCompress", code);
    z->avail_in = SIZE - SIZE / 4;
    do
        code = BZ2_bzCompress(z, BZ_FINISH);
    while (code == BZ_FINISH_OK && z->avail_out > 0);
    return code == BZ_STREAM_END || say(w, "BZ2_bzCompress", code);
}

static bool
pack(struct work *w, int level, size_t *size)
{
    bz_stream z;
    bool good;
    int code;

    begin(w, &z);
    code = BZ2_bzCompressInit(&z, level, 0, 0);
    if (code != BZ_OK)
        return say(w, "BZ2_bzCompressInit", code);
    good = compress(w, &z);
    *size = z.total_out_lo32;
    BZ2_bzCompressEnd(&z);
    if (good)
        result(w, packed, *size);
    return good;
}

static bool
unpack(struct work *w, int small, size_t size)
{
    bz_stream z;
    int code;

    begin(w, &z);
    code = BZ2_bzDecompressInit(&z, 0, small);
    if (code != BZ_OK)
        return say(w, "BZ2_bzDecompressInit", code);
    z.next_in = packed;
    z.avail_in = (unsigned)size;
    z.next_out = unpacked;
    z.avail_out = SIZE;
    code = BZ2_bzDecompress(&z);
    BZ2_bzDecompressEnd(&z);
    if (code != BZ_STREAM_END)
        return say(w, "BZ2_bzDecompress", code);
    result(w, unpacked, SIZE);
    return memcmp(unpacked, some_text(SIZE), SIZE) == 0 ||
           refused(w, "it came back otherwise");
}

static bool
work(struct work *w)
{
    size_t size = 0;

    return pack(w, 1, &size) && unpack(w, 0, size) && unpack(w, 1, size);
}

const struct library library = {
    .name = "bzip2",
    .version = BZ2_bzlibVersion,
    .shape = "items and size in int, context first",
    .work = work,
};
