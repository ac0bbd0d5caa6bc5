/* SPDX-License-Identifier: MIT */
/* liblzma: text is compressed into a stream of two blocks by two sets of
 * filters, and comes back as a whole, by its index, and from the old format. */
#include <config.h>

#include "library.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 20000, HALF = SIZE / 2, ROOM = 2 * SIZE };

static uint8_t packed[ROOM], unpacked[SIZE];

static bool
say(struct work *w, const char *call, lzma_ret code)
{
    static const char *const names[] = {
        "LZMA_OK",          "LZMA_STREAM_END",   "LZMA_NO_CHECK",
        "LZMA_UNSUPPORTED", "LZMA_GET_CHECK",    "LZMA_MEM_ERROR",
        "LZMA_MEMLIMIT",    "LZMA_FORMAT_ERROR", "LZMA_OPTIONS_ERROR",
        "LZMA_DATA_ERROR",  "LZMA_BUF_ERROR",    "LZMA_PROG_ERROR",
    };
    const size_t i = (size_t)code;

    return refused(w, "%s: %s", call,
                   i < sizeof names / sizeof *names ? names[i] : "?");
}

static bool
check(struct work *w, const char *call, lzma_ret code)
{
    return code == LZMA_OK || code == LZMA_STREAM_END || say(w, call, code);
}

/* It must live as long as a stream does. */
static lzma_allocator *
memory(struct work *w)
{
    static lzma_allocator mem;

    mem.alloc = alcove_bridge_alloc_items;
    mem.free = alcove_bridge_free;
    mem.opaque = w->bridge;
    return w->bridge ? &mem : NULL;
}

static void
begin(struct work *w, lzma_stream *z)
{
    const lzma_stream fresh = LZMA_STREAM_INIT;

    *z = fresh;
    z->allocator = memory(w);
}

/* Small windows: it is the blocks that count here, not their bytes. */
static void
choose(lzma_options_lzma *lzma, uint32_t preset, lzma_match_finder mf)
{
    lzma_lzma_preset(lzma, preset);
    lzma->dict_size = 1u << 15;
    lzma->mf = mf;
}

static bool
run(struct work *w, lzma_stream *z, lzma_action action)
{
    lzma_ret code;

    do
        code = lzma_code(z, action);
    while (code == LZMA_OK && (action != LZMA_RUN || z->avail_in > 0));
    return check(w, "lzma_code", code);
}

/* ---- compress ---- */

static bool
compress(struct work *w, lzma_stream *z, lzma_options_lzma *lzma,
         lzma_filter *filters)
{
    z->next_in = (const uint8_t *)some_text(SIZE);
    z->next_out = packed;
    z->avail_out = ROOM;
    z->avail_in = HALF / 2;
    if (!run(w, z, LZMA_SYNC_FLUSH))
        return false;
    z->avail_in = HALF - HALF / 2;
    if (!run(w, z, LZMA_FULL_FLUSH))
        return false;
    choose(lzma, 6, LZMA_MF_BT4);
    filters[0].id = LZMA_FILTER_LZMA2;
    filters[0].options = lzma;
    filters[1].id = LZMA_VLI_UNKNOWN;
    if (!check(w, "lzma_filters_update", lzma_filters_update(z, filters)))
        return false;
    z->avail_in = SIZE - HALF;
    return run(w, z, LZMA_FINISH);
}

static bool
pack(struct work *w, size_t *size)
{
    lzma_options_delta delta = {.type = LZMA_DELTA_TYPE_BYTE, .dist = 1};
    lzma_options_lzma lzma;
    lzma_filter filters[] = {
        {LZMA_FILTER_DELTA, &delta},
        {LZMA_FILTER_LZMA2, &lzma},
        {LZMA_VLI_UNKNOWN, NULL},
    };
    lzma_stream z;
    bool good;

    begin(w, &z);
    choose(&lzma, 0, LZMA_MF_HC3);
    good = check(w, "lzma_stream_encoder",
                 lzma_stream_encoder(&z, filters, LZMA_CHECK_CRC64)) &&
           compress(w, &z, &lzma, filters);
    *size = (size_t)z.total_out;
    lzma_end(&z);
    if (good)
        result(w, packed, *size);
    return good;
}

static bool
pack_alone(struct work *w, size_t *size)
{
    lzma_options_lzma lzma;
    lzma_stream z;
    bool good;

    begin(w, &z);
    choose(&lzma, 1, LZMA_MF_BT2);
    z.next_in = (const uint8_t *)some_text(SIZE);
    z.avail_in = SIZE;
    z.next_out = packed;
    z.avail_out = ROOM;
    good = check(w, "lzma_alone_encoder", lzma_alone_encoder(&z, &lzma)) &&
           run(w, &z, LZMA_FINISH);
    *size = (size_t)z.total_out;
    lzma_end(&z);
    if (good)
        result(w, packed, *size);
    return good;
}

/* ---- decompress ---- */

static bool
came_back(struct work *w, const char *text, size_t size)
{
    result(w, unpacked, size);
    return memcmp(unpacked, text, size) == 0 ||
           refused(w, "it came back otherwise");
}

/* The limit of its own that the decoder has is too low at first. */
static bool
unpack(struct work *w, size_t size)
{
    lzma_stream z;
    lzma_ret code;

    begin(w, &z);
    code = lzma_auto_decoder(&z, 1, 0);
    z.next_in = packed;
    z.avail_in = size;
    z.next_out = unpacked;
    z.avail_out = SIZE;
    while (code == LZMA_OK || code == LZMA_MEMLIMIT_ERROR) {
        if (code == LZMA_MEMLIMIT_ERROR)
            (void)lzma_memlimit_set(&z, lzma_memusage(&z));
        code = lzma_code(&z, LZMA_FINISH);
    }
    lzma_end(&z);
    return check(w, "lzma_auto_decoder", code) &&
           came_back(w, some_text(SIZE), SIZE);
}

/* ---- by the index ---- */

static void
release_options(struct work *w, lzma_filter *filters)
{
    size_t i;

    for (i = 0; filters[i].id != LZMA_VLI_UNKNOWN; i++)
        if (w->bridge)
            alcove_bridge_free(w->bridge, filters[i].options);
        else
            free(filters[i].options);
}

static bool
unpack_block(struct work *w, const lzma_index_iter *at)
{
    lzma_filter filters[LZMA_FILTERS_MAX + 1];
    lzma_block block;
    size_t in = (size_t)at->block.compressed_file_offset, out = 0;
    lzma_ret code;

    memset(&block, 0, sizeof block);
    block.filters = filters;
    block.check = LZMA_CHECK_CRC64;
    block.header_size = lzma_block_header_size_decode(packed[in]);
    code = lzma_block_header_decode(&block, memory(w), packed + in);
    if (code != LZMA_OK)
        return say(w, "lzma_block_header_decode", code);
    in += block.header_size;
    code = lzma_block_compressed_size(&block, at->block.unpadded_size);
    if (code == LZMA_OK)
        code = lzma_block_buffer_decode(&block, memory(w), packed, &in, ROOM,
                                        unpacked, &out, SIZE);
    release_options(w, filters);
    return check(w, "lzma_block_buffer_decode", code) &&
           came_back(w, some_text(SIZE) + at->block.uncompressed_file_offset,
                     out);
}

static bool
use_index(struct work *w, const lzma_index *index)
{
    lzma_index_iter at;

    lzma_index_iter_init(&at, index);
    while (!lzma_index_iter_next(&at, LZMA_INDEX_ITER_BLOCK))
        result_text(w, "%lu: %lu of %lu\n",
                    (unsigned long)at.block.number_in_file,
                    (unsigned long)at.block.unpadded_size,
                    (unsigned long)at.block.uncompressed_size);
    if (lzma_index_iter_locate(&at, HALF))
        return refused(w, "lzma_index_iter_locate: not found");
    return unpack_block(w, &at);
}

/* The index of a file that has the stream twice. */
static bool
double_index(struct work *w, const lzma_index *index, lzma_index *twice)
{
    lzma_index *copy;
    lzma_index_iter at;
    lzma_ret code;

    if (!twice)
        return refused(w, "lzma_index_init: NULL");
    lzma_index_iter_init(&at, index);
    while (!lzma_index_iter_next(&at, LZMA_INDEX_ITER_BLOCK)) {
        code = lzma_index_append(twice, memory(w), at.block.unpadded_size,
                                 at.block.uncompressed_size);
        if (code != LZMA_OK)
            return say(w, "lzma_index_append", code);
    }
    copy = lzma_index_dup(index, memory(w));
    if (!copy)
        return refused(w, "lzma_index_dup: NULL");
    code = lzma_index_cat(twice, copy, memory(w));
    if (code == LZMA_OK)
        return use_index(w, twice);
    lzma_index_end(copy, memory(w));
    return say(w, "lzma_index_cat", code);
}

static bool
unpack_by_index(struct work *w, size_t size)
{
    uint8_t *footer = packed + size - LZMA_STREAM_HEADER_SIZE;
    lzma_index *index = NULL, *twice;
    lzma_stream_flags flags;
    uint64_t limit = UINT64_MAX;
    size_t used = 0;
    lzma_ret code = lzma_stream_footer_decode(&flags, footer);
    bool good;

    if (code != LZMA_OK)
        return say(w, "lzma_stream_footer_decode", code);
    code = lzma_index_buffer_decode(&index, &limit, memory(w),
                                    footer - flags.backward_size, &used,
                                    (size_t)flags.backward_size);
    if (code != LZMA_OK)
        return say(w, "lzma_index_buffer_decode", code);
    twice = lzma_index_init(memory(w));
    good = double_index(w, index, twice);
    lzma_index_end(twice, memory(w));
    lzma_index_end(index, memory(w));
    return good;
}

static bool
work(struct work *w)
{
    size_t size = 0;

    return pack(w, &size) && unpack(w, size) && unpack_by_index(w, size) &&
           pack_alone(w, &size) && unpack(w, size);
}

const struct library library = {
    .name = "lzma",
    .version = lzma_version_string,
    .shape = "items and size, context first",
    .work = work,
};
