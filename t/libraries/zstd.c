/* SPDX-License-Identifier: MIT */
/* Zstandard: text is compressed in a stream by several strategies, messages
 * with a dictionary, and both in one block of memory that it is handed. */
#include <config.h>

#include "library.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define ZSTD_STATIC_LINKING_ONLY /* the functions that take memory */
#include <zstd.h>

enum { SIZE = 100000, ROOM = 2 * SIZE, PORTION = 7000, DICT = 8000 };

static char packed[ROOM], unpacked[SIZE];

/* A level, and what else the encoder does. */
static const struct way {
    int level, finds_far, dict;
} ways[] = {{1, 0, 0}, {5, 0, 1}, {-3, 1, 0}, {9, 1, 1}};

static bool
say(struct work *w, const char *call, size_t code)
{
    return refused(w, "%s: %s", call, ZSTD_getErrorName(code));
}

static bool
check(struct work *w, const char *call, size_t code)
{
    return !ZSTD_isError(code) || say(w, call, code);
}

static ZSTD_customMem
memory(struct work *w)
{
    ZSTD_customMem mem = {NULL, NULL, NULL};

    if (w->bridge) {
        mem.customAlloc = alcove_bridge_alloc;
        mem.customFree = alcove_bridge_free;
        mem.opaque = w->bridge;
    }
    return mem;
}

static bool
came_back(struct work *w, const char *text, size_t size)
{
    result(w, unpacked, size);
    return memcmp(unpacked, text, size) == 0 ||
           refused(w, "it came back otherwise");
}

/* ---- streams ---- */

static bool
set(struct work *w, ZSTD_CCtx *c, const struct way *way)
{
    const struct {
        ZSTD_cParameter which;
        int value;
    } settings[] = {
        {ZSTD_c_compressionLevel, way->level},
        {ZSTD_c_windowLog, 17},
        {ZSTD_c_hashLog, 14},
        {ZSTD_c_chainLog, 14},
        {ZSTD_c_checksumFlag, 1},
        {ZSTD_c_enableLongDistanceMatching, way->finds_far},
        {ZSTD_c_ldmHashLog, 12},
    };
    size_t i;

    if (!check(w, "ZSTD_CCtx_reset",
               ZSTD_CCtx_reset(c, ZSTD_reset_session_and_parameters)))
        return false;
    for (i = 0; i < sizeof settings / sizeof *settings; i++)
        if (!check(w, "ZSTD_CCtx_setParameter",
                   ZSTD_CCtx_setParameter(c, settings[i].which,
                                          settings[i].value)))
            return false;
    return check(w, "ZSTD_CCtx_loadDictionary",
                 ZSTD_CCtx_loadDictionary(c, way->dict ? some_text(DICT) : NULL,
                                          way->dict ? DICT : 0));
}

static bool
compress(struct work *w, ZSTD_CCtx *c, ZSTD_inBuffer *in, ZSTD_outBuffer *out,
         size_t to, ZSTD_EndDirective end)
{
    size_t code;

    do {
        in->size = to - in->pos < PORTION ? to : in->pos + PORTION;
        code = ZSTD_compressStream2(c, out, in,
                                    in->size < to ? ZSTD_e_continue : end);
        if (ZSTD_isError(code))
            return say(w, "ZSTD_compressStream2", code);
    } while (in->pos < to || code > 0);
    return true;
}

static bool
pack(struct work *w, ZSTD_CCtx *c, const struct way *way, size_t *size)
{
    ZSTD_inBuffer in = {some_text(SIZE), 0, 0};
    ZSTD_outBuffer out = {packed, ROOM, 0};
    bool good = set(w, c, way) &&
                compress(w, c, &in, &out, SIZE / 3, ZSTD_e_flush) &&
                compress(w, c, &in, &out, SIZE, ZSTD_e_end);

    *size = out.pos;
    if (good)
        result(w, packed, out.pos);
    return good;
}

static bool
unpack(struct work *w, ZSTD_DCtx *d, bool dict, size_t size)
{
    ZSTD_inBuffer in = {packed, 0, 0};
    ZSTD_outBuffer out = {unpacked, SIZE, 0};
    size_t code = ZSTD_DCtx_reset(d, ZSTD_reset_session_and_parameters);

    if (!ZSTD_isError(code))
        code = ZSTD_DCtx_loadDictionary(d, dict ? some_text(DICT) : NULL,
                                        dict ? DICT : 0);
    if (ZSTD_isError(code))
        return say(w, "ZSTD_DCtx_loadDictionary", code);
    do {
        in.size = size - in.pos < PORTION ? size : in.pos + PORTION;
        code = ZSTD_decompressStream(d, &out, &in);
    } while (!ZSTD_isError(code) && code > 0 && in.pos < size);
    return check(w, "ZSTD_decompressStream", code) &&
           (out.pos == SIZE || refused(w, "it ends early")) &&
           came_back(w, some_text(SIZE), SIZE);
}

static bool
stream(struct work *w, ZSTD_CCtx *c, ZSTD_DCtx *d)
{
    size_t i;

    for (i = 0; i < sizeof ways / sizeof *ways; i++) {
        size_t size;

        if (!pack(w, c, &ways[i], &size) || !unpack(w, d, ways[i].dict, size))
            return false;
    }
    return true;
}

/* ---- messages ---- */

static bool
pass(struct work *w, ZSTD_CCtx *c, ZSTD_DCtx *d, const ZSTD_CDict *cdict,
     const ZSTD_DDict *ddict)
{
    size_t at, size, got, length;

    for (at = 0, length = 1; at + length < SIZE; at += length, length *= 3) {
        size = ZSTD_compress_usingCDict(c, packed, ROOM, some_text(SIZE) + at,
                                        length, cdict);
        if (ZSTD_isError(size))
            return say(w, "ZSTD_compress_usingCDict", size);
        result(w, packed, size);
        got =
            ZSTD_decompress_usingDDict(d, unpacked, SIZE, packed, size, ddict);
        if (ZSTD_isError(got))
            return say(w, "ZSTD_decompress_usingDDict", got);
        if (!came_back(w, some_text(SIZE) + at, got))
            return false;
    }
    return true;
}

static bool
pass_messages(struct work *w, ZSTD_CCtx *c, ZSTD_DCtx *d)
{
    ZSTD_CDict *cdict = ZSTD_createCDict_advanced(
        some_text(DICT), DICT, ZSTD_dlm_byCopy, ZSTD_dct_rawContent,
        ZSTD_getCParams(3, 1000, DICT), memory(w));
    ZSTD_DDict *ddict = ZSTD_createDDict_advanced(
        some_text(DICT), DICT, ZSTD_dlm_byCopy, ZSTD_dct_rawContent, memory(w));
    bool good;

    if (!cdict)
        good = refused(w, "ZSTD_createCDict_advanced: NULL");
    else if (!ddict)
        good = refused(w, "ZSTD_createDDict_advanced: NULL");
    else
        good = pass(w, c, d, cdict, ddict);
    ZSTD_freeDDict(ddict);
    ZSTD_freeCDict(cdict);
    return good;
}

/* ---- one block of memory ---- */

/* Of the allocator itself, as no function of the library asks for it. */
static void *
take(struct work *w, struct alcove_layout layout)
{
    return w->bridge ? alcove_alloc(w->bridge->allocator, layout, NULL)
                     : malloc(layout.size);
}

static void
give_back(struct work *w, void *p, struct alcove_layout layout)
{
    if (w->bridge)
        (void)alcove_dealloc(w->bridge->allocator, p, layout, NULL);
    else
        free(p);
}

static bool
work_within(struct work *w, char *block, size_t to_pack, size_t to_unpack)
{
    ZSTD_CCtx *c = ZSTD_initStaticCCtx(block, to_pack);
    ZSTD_DCtx *d = ZSTD_initStaticDCtx(block + to_pack, to_unpack);
    size_t size, got;

    if (!c)
        return refused(w, "ZSTD_initStaticCCtx: NULL");
    if (!d)
        return refused(w, "ZSTD_initStaticDCtx: NULL");
    size = ZSTD_compressCCtx(c, packed, ROOM, some_text(SIZE), SIZE, 1);
    if (ZSTD_isError(size))
        return say(w, "ZSTD_compressCCtx", size);
    result(w, packed, size);
    got = ZSTD_decompressDCtx(d, unpacked, SIZE, packed, size);
    return check(w, "ZSTD_decompressDCtx", got) &&
           came_back(w, some_text(SIZE), got);
}

static bool
work_in_block(struct work *w)
{
    const size_t to_pack = (ZSTD_estimateCCtxSize(1) + 7) / 8 * 8;
    const size_t to_unpack = ZSTD_estimateDCtxSize();
    const struct alcove_layout layout = {to_pack + to_unpack, 8};
    char *block = take(w, layout);
    bool good;

    if (!block)
        return refused(w, "no block for ZSTD_initStaticCCtx");
    good = work_within(w, block, to_pack, to_unpack);
    give_back(w, block, layout);
    return good;
}

static bool
work(struct work *w)
{
    ZSTD_CCtx *c = ZSTD_createCCtx_advanced(memory(w));
    ZSTD_DCtx *d = ZSTD_createDCtx_advanced(memory(w));
    bool good;

    if (!c)
        good = refused(w, "ZSTD_createCCtx_advanced: NULL");
    else if (!d)
        good = refused(w, "ZSTD_createDCtx_advanced: NULL");
    else
        good = stream(w, c, d) && pass_messages(w, c, d) && work_in_block(w);
    ZSTD_freeDCtx(d);
    ZSTD_freeCCtx(c);
    return good;
}

const struct library library = {
    .name = "zstd",
    .version = ZSTD_versionString,
    .shape = "a size, context first; one block",
    .work = work,
    .defects = CRASHES,
    .defects_text = "ZSTD_createCDict_advanced2 writes to the dictionary that "
                    "it made without a look at NULL",
};
