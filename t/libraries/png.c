/* SPDX-License-Identifier: MIT */
/* libpng: images of three kinds, with texts, are written and read in memory.
 * Its zlib goes through the same functions. */
#include <config.h>

#include "library.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

enum { WIDTH = 61, HEIGHT = 43, FILE_MAX = 65536, ROW_MAX = 8 * WIDTH };

struct image {
    int depth, color, interlace;
};

/* What a jump back must find as it was left is in here, not on the stack. */
static struct job {
    struct work *work;
    png_structp png;
    png_infop info, end;
    unsigned char file[FILE_MAX];
    size_t size, at;
    bool warned;
    unsigned char rows[HEIGHT][ROW_MAX];
    png_bytep lines[HEIGHT];
} job;

static png_voidp
allocate(png_structp png, png_alloc_size_t size)
{
    return alcove_bridge_alloc(png_get_mem_ptr(png), size);
}

static void
release(png_structp png, png_voidp p)
{
    alcove_bridge_free(png_get_mem_ptr(png), p);
}

static void
fails(png_structp png, png_const_charp words)
{
    (void)refused(job.work, "libpng: %s", words);
    png_longjmp(png, 1);
}

/* It leaves out texts and the like for which it has no memory. */
static void
warns(png_structp png, png_const_charp words)
{
    (void)png;
    job.warned = true;
    (void)refused(job.work, "libpng warns: %s", words);
}

static void
put(png_structp png, png_bytep bytes, size_t size)
{
    if (size > FILE_MAX - job.size)
        png_error(png, "the file is too large");
    memcpy(job.file + job.size, bytes, size);
    job.size += size;
}

static void
flush(png_structp png)
{
    (void)png;
}

static void
get(png_structp png, png_bytep bytes, size_t size)
{
    if (size > job.size - job.at)
        png_error(png, "the file is too short");
    memcpy(bytes, job.file + job.at, size);
    job.at += size;
}

static void
draw(void)
{
    size_t i;

    for (i = 0; i < HEIGHT; i++) {
        memcpy(job.rows[i], some_text(ROW_MAX * HEIGHT) + i * ROW_MAX, ROW_MAX);
        job.lines[i] = job.rows[i];
    }
}

static void
write_palette(png_structp png, png_infop info)
{
    png_byte alpha[16];
    png_color colors[16];
    int i;

    for (i = 0; i < 16; i++) {
        alpha[i] = (png_byte)(255 - 16 * i);
        colors[i].red = (png_byte)(16 * i);
        colors[i].green = (png_byte)(255 - 8 * i);
        colors[i].blue = (png_byte)(i * i);
    }
    png_set_PLTE(png, info, colors, 16);
    png_set_tRNS(png, info, alpha, 16, NULL);
}

static void
write_texts(png_structp png, png_infop info)
{
    char long_text[3000];
    char title[] = "Title", author[] = "Author", note[] = "Note";
    char language[] = "en", none[] = "", short_text[] = "A picture";
    png_text texts[3];

    memcpy(long_text, some_text(sizeof long_text), sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    memset(texts, 0, sizeof texts);
    texts[0].compression = PNG_TEXT_COMPRESSION_NONE;
    texts[0].key = title;
    texts[0].text = short_text;
    texts[1].compression = PNG_TEXT_COMPRESSION_zTXt;
    texts[1].key = author;
    texts[1].text = long_text;
    texts[2].compression = PNG_ITXT_COMPRESSION_zTXt;
    texts[2].key = note;
    texts[2].text = long_text;
    texts[2].lang = language;
    texts[2].lang_key = none;
    png_set_text(png, info, texts, 3);
}

static void
write_all(const struct image *image)
{
    const png_time time = {2001, 2, 3, 4, 5, 6};

    png_set_write_fn(job.png, NULL, put, flush);
    png_set_IHDR(job.png, job.info, WIDTH, HEIGHT, image->depth, image->color,
                 image->interlace, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_filter(job.png, 0, PNG_ALL_FILTERS);
    png_set_gAMA_fixed(job.png, job.info, 45455);
    png_set_pHYs(job.png, job.info, 3000, 3000, PNG_RESOLUTION_METER);
    png_set_tIME(job.png, job.info, &time);
    if (image->color == PNG_COLOR_TYPE_PALETTE)
        write_palette(job.png, job.info);
    write_texts(job.png, job.info);
    draw();
    png_write_info(job.png, job.info);
    png_write_image(job.png, job.lines);
    png_write_end(job.png, job.info);
}

/* All kinds become 8 bits of red, green, blue and alpha. */
static void
read_all(void)
{
    png_set_read_fn(job.png, NULL, get);
    png_read_info(job.png, job.info);
    png_set_expand(job.png);
    png_set_strip_16(job.png);
    png_set_gray_to_rgb(job.png);
    png_set_add_alpha(job.png, 0xff, PNG_FILLER_AFTER);
    png_set_interlace_handling(job.png);
    png_read_update_info(job.png, job.info);
    memset(job.rows, 0, sizeof job.rows);
    png_read_image(job.png, job.lines);
    png_read_end(job.png, job.end);
}

static void
tell_image(struct work *w)
{
    png_textp texts = NULL;
    png_timep time = NULL;
    int i, count = 0;

    result(w, job.rows, sizeof job.rows);
    png_get_text(job.png, job.info, &texts, &count);
    for (i = 0; i < count; i++)
        result_text(
            w, "%s: %lu bytes, %s\n", texts[i].key,
            (unsigned long)(texts[i].text_length + texts[i].itxt_length),
            texts[i].text);
    if (png_get_tIME(job.png, job.info, &time))
        result_text(w, "%d texts, of %d\n", count, time->year);
}

static bool
begin(struct work *w, bool writes)
{
    const png_malloc_ptr alloc = w->bridge ? allocate : NULL;
    const png_free_ptr free = w->bridge ? release : NULL;

    job.info = job.end = NULL;
    job.at = 0;
    if (writes) {
        job.size = 0;
        job.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, NULL, fails,
                                            warns, w->bridge, alloc, free);
    } else {
        job.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, NULL, fails,
                                           warns, w->bridge, alloc, free);
    }
    if (!job.png)
        return refused(w, "png_create_..._struct_2: NULL");
    job.info = png_create_info_struct(job.png);
    if (!job.info || (!writes && !(job.end = png_create_info_struct(job.png))))
        return refused(w, "png_create_info_struct: NULL");
    return true;
}

static bool
write_image(struct work *w, const struct image *image)
{
    volatile bool good = false;

    if (begin(w, true) && setjmp(png_jmpbuf(job.png)) == 0) {
        write_all(image);
        good = true;
    }
    png_destroy_write_struct(&job.png, &job.info);
    return good;
}

static bool
read_image(struct work *w)
{
    volatile bool good = false;

    if (begin(w, false) && setjmp(png_jmpbuf(job.png)) == 0) {
        read_all();
        tell_image(w);
        good = true;
    }
    png_destroy_read_struct(&job.png, &job.info, &job.end);
    return good;
}

static bool
work(struct work *w)
{
    static const struct image images[] = {
        {8, PNG_COLOR_TYPE_RGB_ALPHA, PNG_INTERLACE_ADAM7},
        {16, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE},
        {4, PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_ADAM7},
    };
    size_t i;

    job.work = w;
    for (i = 0; i < sizeof images / sizeof images[0]; i++) {
        if (!write_image(w, &images[i]))
            return false;
        result(w, job.file, job.size);
        if (!read_image(w))
            return false;
    }
    return !job.warned;
}

static const char *
version(void)
{
    return png_get_libpng_ver(NULL);
}

const struct library library = {
    .name = "libpng",
    .version = version,
    .shape = "malloc and free, context in the object",
    .work = work,
};
