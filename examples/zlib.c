/* SPDX-License-Identifier: MIT */
/* zlib: compress, as gzip does, with zlib's memory in an arena. That is dropped
 * at once, on every path: no deflateEnd is needed.
 *
 *     zlib <text >text.gz */
#include <alcove.h>
#include <stdio.h>
#include <zlib.h>

static int
compress_input(z_stream *z)
{
    static unsigned char in[16384], out[16384];
    int status = deflateInit2(z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
    size_t size;

    while (status == Z_OK) {
        if (z->avail_in == 0) {
            z->next_in = in;
            z->avail_in = (uInt)fread(in, 1, sizeof in, stdin);
        }
        z->next_out = out;
        z->avail_out = sizeof out;
        status = deflate(z, feof(stdin) ? Z_FINISH : Z_NO_FLUSH);
        size = sizeof out - z->avail_out;
        if (ferror(stdin) || fwrite(out, 1, size, stdout) != size)
            return Z_ERRNO;
    }
    return status == Z_STREAM_END && fclose(stdout) != 0 ? Z_ERRNO : status;
}

int
main(void)
{
    struct alcove_arena arena;
    struct alcove_bridge bridge;
    struct alcove_error err;
    z_stream z = {.zalloc = alcove_bridge_alloc_uints,
                  .zfree = alcove_bridge_free,
                  .opaque = &bridge};
    int status = Z_MEM_ERROR;
    char why[200];

    alcove_arena_init(&arena, alcove_malloc(), NULL, 0);
    alcove_arena_set_chunks(&arena, 1 << 20, 1 << 20); /* zlib needs 400 KB */
    if (alcove_bridge_init(&bridge, &arena.allocator, NULL, &err)) {
        status = compress_input(&z);
        err = bridge.last; /* why the arena refused, if it did */
    }
    alcove_error_format(&err, why, sizeof why);
    if (status == Z_STREAM_END)
        fprintf(stderr, "zlib: %lu bytes are now %lu; chunks: %zu, used: %zu\n",
                z.total_in, z.total_out, alcove_arena_chunks(&arena),
                alcove_arena_used(&arena));
    else
        fprintf(stderr, "zlib: %s\n",
                status == Z_MEM_ERROR ? why : zError(status));
    alcove_arena_done(&arena);
    return status != Z_STREAM_END;
}
