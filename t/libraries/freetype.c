/* SPDX-License-Identifier: MIT */
/* FreeType: a font in the source, and the system's DejaVu Sans where it is:
 * glyphs are loaded, drawn at several sizes, turned, and stroked. */
#include <config.h>

#include "library.h"

#include <ft2build.h>
#include <stdio.h>
#include <unistd.h>
#include FT_FREETYPE_H
#include FT_GLYPH_H
#include FT_MODULE_H
#include FT_OUTLINE_H
#include FT_STROKER_H

/* Read by the BDF driver, whose parser grows its lists. */
static const char bitmap_font[] = "STARTFONT 2.1\n"
                                  "FONT -alcove-tiny-medium-r-normal--8-80-75-"
                                  "75-c-80-iso10646-1\n"
                                  "SIZE 8 75 75\n"
                                  "FONTBOUNDINGBOX 8 8 0 -1\n"
                                  "STARTPROPERTIES 4\n"
                                  "FONT_ASCENT 7\n"
                                  "FONT_DESCENT 1\n"
                                  "DEFAULT_CHAR 65\n"
                                  "COPYRIGHT \"none\"\n"
                                  "ENDPROPERTIES\n"
                                  "CHARS 3\n"
                                  "STARTCHAR A\n"
                                  "ENCODING 65\n"
                                  "SWIDTH 500 0\n"
                                  "DWIDTH 8 0\n"
                                  "BBX 8 8 0 -1\n"
                                  "BITMAP\n18\n24\n42\n7E\n42\n42\n42\n00\n"
                                  "ENDCHAR\n"
                                  "STARTCHAR B\n"
                                  "ENCODING 66\n"
                                  "SWIDTH 500 0\n"
                                  "DWIDTH 8 0\n"
                                  "BBX 8 8 0 -1\n"
                                  "BITMAP\n7C\n42\n42\n7C\n42\n42\n7C\n00\n"
                                  "ENDCHAR\n"
                                  "STARTCHAR C\n"
                                  "ENCODING 67\n"
                                  "SWIDTH 500 0\n"
                                  "DWIDTH 8 0\n"
                                  "BBX 8 8 0 -1\n"
                                  "BITMAP\n3C\n42\n40\n40\n40\n42\n3C\n00\n"
                                  "ENDCHAR\n"
                                  "ENDFONT\n";

static const char *const outline_fonts[] = {
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/local/share/fonts/dejavu/DejaVuSans.ttf",
};

static bool
say(struct work *w, const char *call, FT_Error code)
{
    const char *text = FT_Error_String(code);

    /* A library without texts for them, as most are built, has numbers. */
    return text ? refused(w, "%s: %s", call, text)
                : refused(w, "%s: error 0x%02x", call, (unsigned)code);
}

static void *
allocate(FT_Memory memory, long size)
{
    return alcove_bridge_alloc_long(memory->user, size);
}

static void *
reallocate(FT_Memory memory, long old, long size, void *p)
{
    return alcove_bridge_realloc_long(memory->user, old, size, p);
}

static void
release(FT_Memory memory, void *p)
{
    alcove_bridge_free(memory->user, p);
}

/* ---- the fonts ---- */

static void
tell_bitmap(struct work *w, const FT_Bitmap *b)
{
    unsigned i, bytes;

    bytes = b->pixel_mode == FT_PIXEL_MODE_MONO ? (b->width + 7) / 8 : b->width;
    result_text(w, "%u x %u: ", b->width, b->rows);
    for (i = 0; i < b->rows; i++)
        result(w, b->buffer + (int)i * b->pitch, bytes);
}

static bool
draw_bitmaps(struct work *w, FT_Face face)
{
    FT_ULong c;
    FT_UInt glyph;
    FT_Error code = FT_Select_Size(face, 0);

    if (code)
        return say(w, "FT_Select_Size", code);
    for (c = FT_Get_First_Char(face, &glyph); glyph != 0;
         c = FT_Get_Next_Char(face, c, &glyph)) {
        code = FT_Load_Glyph(face, glyph, FT_LOAD_RENDER);
        if (code)
            return say(w, "FT_Load_Glyph", code);
        result_text(w, "%lu ", c);
        tell_bitmap(w, &face->glyph->bitmap);
    }
    return true;
}

/* Takes `glyph`, whatever happens. */
static bool
draw_glyph(struct work *w, FT_Glyph glyph)
{
    FT_Error code = FT_Glyph_To_Bitmap(&glyph, FT_RENDER_MODE_NORMAL, NULL, 1);

    if (code == 0)
        tell_bitmap(w, &((FT_BitmapGlyph)glyph)->bitmap);
    FT_Done_Glyph(glyph);
    return code == 0 || say(w, "FT_Glyph_To_Bitmap", code);
}

/* An outline, turned a little, and what a pen leaves that follows it. */
static bool
draw_turned(struct work *w, FT_Face face, FT_Stroker stroker)
{
    FT_Matrix matrix = {0xf000, -0x5000, 0x5000, 0xf000};
    FT_Glyph glyph, copy;
    FT_Error code = FT_Get_Glyph(face->glyph, &glyph);

    if (code)
        return say(w, "FT_Get_Glyph", code);
    code = FT_Glyph_Transform(glyph, &matrix, NULL);
    if (code == 0)
        code = FT_Glyph_Copy(glyph, &copy);
    if (code) {
        FT_Done_Glyph(glyph);
        return say(w, "FT_Glyph_Copy", code);
    }
    if (!draw_glyph(w, copy)) {
        FT_Done_Glyph(glyph);
        return false;
    }
    code = FT_Glyph_Stroke(&glyph, stroker, 1);
    if (code) {
        FT_Done_Glyph(glyph);
        return say(w, "FT_Glyph_Stroke", code);
    }
    return draw_glyph(w, glyph);
}

static bool
draw_outlines(struct work *w, FT_Face face, FT_Stroker stroker)
{
    static const unsigned long chars[] = {'g', '&', 0xc5, 0x3a9};
    size_t i;

    for (i = 0; i < sizeof chars / sizeof chars[0]; i++) {
        FT_Error code =
            FT_Set_Char_Size(face, 0, 64 * (11 + 9 * (long)i), 72, 72);

        if (code)
            return say(w, "FT_Set_Char_Size", code);
        code = FT_Load_Char(face, chars[i], FT_LOAD_DEFAULT);
        if (code)
            return say(w, "FT_Load_Char", code);
        if (!draw_turned(w, face, stroker))
            return false;
        code = FT_Render_Glyph(face->glyph, FT_RENDER_MODE_NORMAL);
        if (code)
            return say(w, "FT_Render_Glyph", code);
        tell_bitmap(w, &face->glyph->bitmap);
    }
    return true;
}

static bool
use_bitmaps(struct work *w, FT_Library ft)
{
    FT_Face face;
    FT_Error code = FT_New_Memory_Face(ft, (const FT_Byte *)bitmap_font,
                                       sizeof bitmap_font - 1, 0, &face);
    bool good;

    if (code)
        return say(w, "FT_New_Memory_Face", code);
    good = draw_bitmaps(w, face);
    FT_Done_Face(face);
    return good;
}

static const char *
outline_font(void)
{
    size_t i;

    for (i = 0; i < sizeof outline_fonts / sizeof outline_fonts[0]; i++)
        if (access(outline_fonts[i], R_OK) == 0)
            return outline_fonts[i];
    return NULL;
}

static bool
use_outlines(struct work *w, FT_Library ft)
{
    const char *path = outline_font();
    FT_Stroker stroker;
    FT_Face face;
    FT_Error code;
    bool good;

    if (!path)
        return true;
    code = FT_New_Face(ft, path, 0, &face);
    if (code)
        return say(w, "FT_New_Face", code);
    code = FT_Stroker_New(ft, &stroker);
    if (code) {
        FT_Done_Face(face);
        return say(w, "FT_Stroker_New", code);
    }
    FT_Stroker_Set(stroker, 64, FT_STROKER_LINECAP_ROUND,
                   FT_STROKER_LINEJOIN_ROUND, 0);
    good = draw_outlines(w, face, stroker);
    FT_Stroker_Done(stroker);
    FT_Done_Face(face);
    return good;
}

/* ---- the library ---- */

static bool
use(struct work *w, FT_Library ft)
{
    FT_Int major, minor, patch;

    FT_Library_Version(ft, &major, &minor, &patch);
    result_text(w, "FreeType %d.%d.%d\n", major, minor, patch);
    return use_bitmaps(w, ft) && use_outlines(w, ft);
}

static bool
use_own(struct work *w)
{
    FT_Library ft;
    FT_Error code = FT_Init_FreeType(&ft);
    bool good;

    if (code)
        return say(w, "FT_Init_FreeType", code);
    good = use(w, ft);
    FT_Done_FreeType(ft);
    return good;
}

/* FT_Add_Default_Modules returns nothing: whether all came is to be asked. */
static bool
use_bridged(struct work *w)
{
    struct FT_MemoryRec_ memory;
    FT_Library ft;
    FT_Error code;
    bool good;

    memory.user = w->bridge;
    memory.alloc = allocate;
    memory.free = release;
    memory.realloc = reallocate;
    code = FT_New_Library(&memory, &ft);
    if (code)
        return say(w, "FT_New_Library", code);
    FT_Add_Default_Modules(ft);
    good = use(w, ft);
    FT_Done_Library(ft);
    return good;
}

static bool
work(struct work *w)
{
    return w->bridge ? use_bridged(w) : use_own(w);
}

/* It is asked of a library that is running. */
static const char *
version(void)
{
    static char text[40];
    FT_Int major, minor, patch;
    FT_Library ft;

    if (FT_Init_FreeType(&ft) != 0)
        return "?";
    FT_Library_Version(ft, &major, &minor, &patch);
    FT_Done_FreeType(ft);
    snprintf(text, sizeof text, "%d.%d.%d", major, minor, patch);
    return text;
}

const struct library library = {
    .name = "FreeType",
    .version = version,
    .shape = "long, old size at realloc, context in the object",
    .work = work,
    .defects = CRASHES,
    .defects_text = "ft_hash_str_free walks a table that bdf_load_font or "
                    "hash_rehash could not get; tt_size_init_bytecode does "
                    "not look at the NULL of TT_New_Context",
};
