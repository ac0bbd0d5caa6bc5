/* SPDX-License-Identifier: MIT */
/* zlib: text is compressed, copied in the middle of it, and comes back. */
#include <config.h>

#include "library.h"

#include <string.h>
#include <zlib.h>

enum { SIZE = 100000 };

static unsigned char packed[SIZE], unpacked[SIZE];

static bool
say(struct work *w, const char *call, int code)
{
    return refused(w, "%s: %s", call, zError(code));
}

static void
begin(struct work *w, z_stream *z)
{
    memset(z, 0, sizeof *z);
    if (w->bridge) {
        z->zalloc = alcove_bridge_alloc_uints;
        z->zfree = alcove_bridge_free;
        z->opaque = w->bridge;
    }
}

/* The second half is compressed by a copy. */
static bool
pack(struct work *w, z_stream *z, size_t *size)
{
    z_stream copy;
    int code;

    z->next_in = (unsigned char *)some_text(SIZE);
    z->avail_in = SIZE / 2;
    z->next_out = packed;
    z->avail_out = SIZE;
    code = deflate(z, Z_NO_FLUSH);
    if (code != Z_OK)
        return say(w, "deflate", code);
    code = deflateCopy(&copy, z);
    if (code != Z_OK)
        return say(w, "deflateCopy", code);
    copy.avail_in += SIZE - SIZE / 2;
    code = deflate(&copy, Z_FINISH);
    *size = copy.total_out;
    deflateEnd(&copy);
    return code == Z_STREAM_END || say(w, "deflate", code);
}

static bool
unpack(struct work *w, z_stream *z, size_t size)
{
    int code;

    z->next_in = packed;
    z->avail_in = (unsigned)size;
    z->next_out = unpacked;
    z->avail_out = SIZE;
    code = inflate(z, Z_FINISH);
    return code == Z_STREAM_END || say(w, "inflate", code);
}

static bool
work(struct work *w)
{
    z_stream z;
    size_t size = 0;
    bool good;
    int code;

    begin(w, &z);
    code = deflateInit(&z, 9);
    if (code != Z_OK)
        return say(w, "deflateInit", code);
    good = pack(w, &z, &size);
    deflateEnd(&z);
    if (!good)
        return false;
    result(w, packed, size);
    begin(w, &z);
    code = inflateInit(&z);
    if (code != Z_OK)
        return say(w, "inflateInit", code);
    good = unpack(w, &z, size);
    inflateEnd(&z);
    if (good)
        result(w, unpacked, SIZE);
    return good && (memcmp(unpacked, some_text(SIZE), SIZE) == 0 ||
                    refused(w, "it came back otherwise"));
}

const struct library library = {
    .name = "zlib",
    .version = zlibVersion,
    .shape = "items and size, context first",
    .work = work,
};
