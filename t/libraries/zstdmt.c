/* SPDX-License-Identifier: MIT */
/* Zstandard's compression with threads: two of them have memory from one
 * context. */
#include <config.h>

#include "library.h"

#include <stddef.h>
#include <string.h>

#define ZSTD_STATIC_LINKING_ONLY /* the functions that take memory */
#include <zstd.h>

/* Two jobs for two threads; jobs are not smaller. */
enum { JOB = 1 << 19, SIZE = 2 * JOB };

static char packed[SIZE], unpacked[SIZE];

static bool
say(struct work *w, const char *call, size_t code)
{
    return refused(w, "%s: %s", call, ZSTD_getErrorName(code));
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

/* A library that was built without threads does its work in this one. */
static bool
set(struct work *w, ZSTD_CCtx *c, int level, int finds_far)
{
    const int most = ZSTD_cParam_getBounds(ZSTD_c_nbWorkers).upperBound;
    const struct {
        ZSTD_cParameter which;
        int value;
    } settings[] = {
        {ZSTD_c_compressionLevel, level},
        {ZSTD_c_windowLog, 17},
        {ZSTD_c_hashLog, 14},
        {ZSTD_c_checksumFlag, 1},
        {ZSTD_c_enableLongDistanceMatching, finds_far},
        {ZSTD_c_ldmHashLog, 12},
        {ZSTD_c_nbWorkers, most < 2 ? most : 2},
        {ZSTD_c_jobSize, most < 1 ? 0 : JOB},
    };
    size_t i;

    for (i = 0; i < sizeof settings / sizeof *settings; i++) {
        size_t code =
            ZSTD_CCtx_setParameter(c, settings[i].which, settings[i].value);

        if (ZSTD_isError(code))
            return say(w, "ZSTD_CCtx_setParameter", code);
    }
    return true;
}

static bool
pack(struct work *w, ZSTD_CCtx *c, size_t *size)
{
    ZSTD_inBuffer in = {some_text(SIZE), SIZE, 0};
    ZSTD_outBuffer out = {packed, SIZE, 0};
    size_t code;

    do
        code = ZSTD_compressStream2(c, &out, &in, ZSTD_e_end);
    while (!ZSTD_isError(code) && code > 0);
    *size = out.pos;
    if (ZSTD_isError(code))
        return say(w, "ZSTD_compressStream2", code);
    result(w, packed, out.pos);
    return true;
}

static bool
unpack(struct work *w, size_t size)
{
    ZSTD_DCtx *d = ZSTD_createDCtx_advanced(memory(w));
    size_t got;

    if (!d)
        return refused(w, "ZSTD_createDCtx_advanced: NULL");
    got = ZSTD_decompressDCtx(d, unpacked, SIZE, packed, size);
    ZSTD_freeDCtx(d);
    if (ZSTD_isError(got))
        return say(w, "ZSTD_decompressDCtx", got);
    return (got == SIZE && memcmp(unpacked, some_text(SIZE), SIZE) == 0) ||
           refused(w, "it came back otherwise");
}

static bool
work(struct work *w)
{
    ZSTD_CCtx *c = ZSTD_createCCtx_advanced(memory(w));
    size_t size = 0;
    bool good;

    if (!c)
        return refused(w, "ZSTD_createCCtx_advanced: NULL");
    good = set(w, c, 1, 0) && pack(w, c, &size) && unpack(w, size) &&
           set(w, c, 3, 1) && pack(w, c, &size) && unpack(w, size);
    ZSTD_freeCCtx(c);
    return good;
}

const struct library library = {
    .name = "zstd, threads",
    .version = ZSTD_versionString,
    .shape = "a size, context first",
    .work = work,
    .threads = true,
    .defects = CRASHES,
    .defects_text = "ZSTD_customCalloc clears what it has got, and "
                    "ZSTDMT_freeCCtxPool goes through a pool, without a look "
                    "at NULL",
};
