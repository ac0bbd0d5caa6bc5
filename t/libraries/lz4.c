/* SPDX-License-Identifier: MIT */
/* LZ4 frames: text is compressed fast and hard, in blocks that depend on each
 * other or do not, with a dictionary and without, and comes back in portions.
 */
#include <config.h>

#include "library.h"

#define LZ4F_STATIC_LINKING_ONLY /* the functions that take memory */
#include <lz4.h>
#include <lz4frame.h>
#include <string.h>

enum { SIZE = 100000, ROOM = 2 * SIZE, PORTION = 7000, DICT = 20000 };

static char packed[ROOM], unpacked[SIZE];

static const struct way {
    LZ4F_preferences_t preferences;
    bool dict;
} ways[] = {
    {{.frameInfo = {.blockSizeID = LZ4F_max64KB,
                    .blockMode = LZ4F_blockLinked,
                    .contentChecksumFlag = LZ4F_contentChecksumEnabled}},
     false},
    {{.frameInfo = {.blockSizeID = LZ4F_max64KB,
                    .blockMode = LZ4F_blockIndependent,
                    .blockChecksumFlag = LZ4F_blockChecksumEnabled}},
     true},
    {{.frameInfo = {.blockMode = LZ4F_blockLinked}, .compressionLevel = 9},
     false},
    {{.frameInfo = {.blockSizeID = LZ4F_max256KB},
      .compressionLevel = 4,
      .autoFlush = 1},
     true},
};

static LZ4F_CustomMem
memory(struct work *w, bool can_clear)
{
    LZ4F_CustomMem mem = {NULL, NULL, NULL, NULL};

    if (w->bridge) {
        mem.customAlloc = alcove_bridge_alloc;
        mem.customCalloc = can_clear ? alcove_bridge_zalloc : NULL;
        mem.customFree = alcove_bridge_free;
        mem.opaqueState = w->bridge;
    }
    return mem;
}

/* Adds what a call has put out to *size. */
static bool
add(struct work *w, const char *call, size_t code, size_t *size)
{
    if (LZ4F_isError(code))
        return refused(w, "%s: %s", call, LZ4F_getErrorName(code));
    *size += code;
    return true;
}

static bool
update(struct work *w, LZ4F_cctx *c, size_t from, size_t to, size_t *size)
{
    for (; from < to; from += PORTION) {
        size_t portion = to - from < PORTION ? to - from : PORTION;

        if (!add(w, "LZ4F_compressUpdate",
                 LZ4F_compressUpdate(c, packed + *size, ROOM - *size,
                                     some_text(SIZE) + from, portion, NULL),
                 size))
            return false;
    }
    return true;
}

static bool
pack(struct work *w, LZ4F_cctx *c, const LZ4F_CDict *dict,
     const struct way *way, size_t *size)
{
    *size = 0;
    return add(w, "LZ4F_compressBegin",
               LZ4F_compressBegin_usingCDict(
                   c, packed, ROOM, way->dict ? dict : NULL, &way->preferences),
               size) &&
           update(w, c, 0, SIZE / 3, size) &&
           add(w, "LZ4F_flush",
               LZ4F_flush(c, packed + *size, ROOM - *size, NULL), size) &&
           update(w, c, SIZE / 3, SIZE, size) &&
           add(w, "LZ4F_compressEnd",
               LZ4F_compressEnd(c, packed + *size, ROOM - *size, NULL), size);
}

static bool
unpack(struct work *w, LZ4F_dctx *d, bool dict, size_t size)
{
    size_t used = 0, got = 0, code = 1;

    while (code != 0 && used < size) {
        size_t in = size - used < PORTION ? size - used : PORTION;
        size_t out = SIZE - got;

        code = LZ4F_decompress_usingDict(d, unpacked + got, &out, packed + used,
                                         &in, some_text(DICT), dict ? DICT : 0,
                                         NULL);
        if (LZ4F_isError(code))
            return refused(w, "LZ4F_decompress: %s", LZ4F_getErrorName(code));
        used += in;
        got += out;
    }
    result(w, unpacked, got);
    return (code == 0 && got == SIZE &&
            memcmp(unpacked, some_text(SIZE), SIZE) == 0) ||
           refused(w, "it came back otherwise");
}

/* Each context for all ways, as it can be used again. */
static bool
pack_and_unpack(struct work *w, LZ4F_cctx *c, LZ4F_dctx *d,
                const LZ4F_CDict *dict)
{
    size_t i;

    if (!c)
        return refused(w, "LZ4F_createCompressionContext_advanced: NULL");
    if (!d)
        return refused(w, "LZ4F_createDecompressionContext_advanced: NULL");
    if (!dict)
        return refused(w, "LZ4F_createCDict_advanced: NULL");
    for (i = 0; i < sizeof ways / sizeof *ways; i++) {
        size_t size;

        if (!pack(w, c, dict, &ways[i], &size))
            return false;
        result(w, packed, size);
        if (!unpack(w, d, ways[i].dict, size))
            return false;
    }
    return true;
}

static bool
work(struct work *w)
{
    LZ4F_cctx *c =
        LZ4F_createCompressionContext_advanced(memory(w, true), LZ4F_VERSION);
    LZ4F_dctx *d = LZ4F_createDecompressionContext_advanced(memory(w, false),
                                                            LZ4F_VERSION);
    LZ4F_CDict *dict =
        LZ4F_createCDict_advanced(memory(w, true), some_text(DICT), DICT);
    bool good = pack_and_unpack(w, c, d, dict);

    LZ4F_freeCDict(dict);
    LZ4F_freeDecompressionContext(d);
    LZ4F_freeCompressionContext(c);
    return good;
}

const struct library library = {
    .name = "LZ4 frame",
    .version = LZ4_versionString,
    .shape = "a size, context first; cleared, too",
    .work = work,
};
