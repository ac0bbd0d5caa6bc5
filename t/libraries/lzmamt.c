/* SPDX-License-Identifier: MIT */
/* liblzma's encoder with threads: two of them have memory from one stream. */
#include <config.h>

#include "library.h"

#include <lzma.h>
#include <string.h>

enum { SIZE = 160000, BLOCKS = 4, BLOCK = SIZE / BLOCKS, ROOM = 2 * SIZE };

static uint8_t packed[ROOM], unpacked[SIZE];

static bool
say(struct work *w, const char *call, lzma_ret code)
{
    return refused(w, "%s: %s", call,
                   code == LZMA_MEM_ERROR ? "LZMA_MEM_ERROR" : "no LZMA_OK");
}

static void
begin(struct work *w, lzma_stream *z)
{
    static lzma_allocator mem; /* lives as long as a stream does */
    const lzma_stream fresh = LZMA_STREAM_INIT;

    *z = fresh;
    if (w->bridge) {
        mem.alloc = alcove_bridge_alloc_items;
        mem.free = alcove_bridge_free;
        mem.opaque = w->bridge;
        z->allocator = &mem;
    }
}

/* Both threads have a block to do, and are waited for, before there are more:
 * so that it needs as much memory each time. */
static bool
compress(struct work *w, lzma_stream *z)
{
    lzma_ret code = LZMA_STREAM_END;
    size_t i;

    z->next_in = (const uint8_t *)some_text(SIZE);
    z->next_out = packed;
    z->avail_out = ROOM;
    for (i = 2; i <= BLOCKS && code == LZMA_STREAM_END; i += 2) {
        z->avail_in = (size_t)2 * BLOCK;
        do
            code = lzma_code(z, i < BLOCKS ? LZMA_FULL_FLUSH : LZMA_FINISH);
        while (code == LZMA_OK);
    }
    return code == LZMA_STREAM_END || say(w, "lzma_code", code);
}

static bool
pack(struct work *w, size_t *size)
{
    lzma_options_lzma lzma;
    lzma_filter filters[] = {
        {LZMA_FILTER_X86, NULL},
        {LZMA_FILTER_LZMA2, &lzma},
        {LZMA_VLI_UNKNOWN, NULL},
    };
    lzma_mt mt;
    lzma_stream z;
    lzma_ret code;
    bool good;

    lzma_lzma_preset(&lzma, 0);
    lzma.dict_size = 1u << 15;
    memset(&mt, 0, sizeof mt);
    mt.threads = 2;
    mt.block_size = BLOCK;
    mt.filters = filters;
    mt.check = LZMA_CHECK_CRC32;
    begin(w, &z);
    code = lzma_stream_encoder_mt(&z, &mt);
    good = code == LZMA_OK ? compress(w, &z)
                           : say(w, "lzma_stream_encoder_mt", code);
    *size = (size_t)z.total_out;
    lzma_end(&z);
    if (good)
        result(w, packed, *size);
    return good;
}

static bool
unpack(struct work *w, size_t size)
{
    lzma_stream z;
    lzma_ret code;

    begin(w, &z);
    code = lzma_stream_decoder(&z, UINT64_MAX, 0);
    z.next_in = packed;
    z.avail_in = size;
    z.next_out = unpacked;
    z.avail_out = SIZE;
    while (code == LZMA_OK)
        code = lzma_code(&z, LZMA_FINISH);
    lzma_end(&z);
    if (code != LZMA_STREAM_END)
        return say(w, "lzma_stream_decoder", code);
    result(w, unpacked, SIZE);
    return memcmp(unpacked, some_text(SIZE), SIZE) == 0 ||
           refused(w, "it came back otherwise");
}

static bool
work(struct work *w)
{
    size_t size = 0;

    return pack(w, &size) && unpack(w, size);
}

const struct library library = {
    .name = "lzma, threads",
    .version = lzma_version_string,
    .shape = "items and size, context first",
    .work = work,
    .threads = true,
};
