/* SPDX-License-Identifier: MIT */
/* SDL2: surfaces are filled, copied and scaled, a renderer in software draws,
 * a picture goes through a file in memory, sound is converted. Nothing is seen
 * or heard. */
#include <config.h>

#include "library.h"

#include <SDL.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 48, HEIGHT = 40, BMP_MAX = 20000, SAMPLES = 600 };

ALCOVE_BRIDGE_GLOBAL(sdl);

static bool
say(struct work *w, const char *call)
{
    return refused(w, "%s: %s", call, SDL_GetError());
}

/* Row by row, without what may lie between rows. */
static void
tell_surface(struct work *w, const char *what, const SDL_Surface *s)
{
    int y;

    result_text(w, "%s: %d x %d\n", what, s->w, s->h);
    for (y = 0; y < s->h; y++)
        result(w, (const char *)s->pixels + y * s->pitch,
               (size_t)s->w * s->format->BytesPerPixel);
}

static bool
fill(struct work *w, SDL_Surface *s)
{
    const SDL_Rect middle = {8, 8, 16, 16};
    Uint32 red = SDL_MapRGBA(s->format, 200, 10, 20, 255);
    Uint32 glass = SDL_MapRGBA(s->format, 10, 200, 100, 100);

    if (SDL_FillRect(s, NULL, red) != 0 || SDL_FillRect(s, &middle, glass) != 0)
        return say(w, "SDL_FillRect");
    return true;
}

/* ---- surfaces ---- */

static bool
copy_surfaces(struct work *w, SDL_Surface *from, SDL_Surface *to)
{
    SDL_Rect part = {0, 0, 30, 30}, at = {9, 5, 0, 0};
    SDL_Rect small = {2, 2, 13, 17};

    if (!fill(w, from))
        return false;
    if (SDL_SetSurfaceBlendMode(from, SDL_BLENDMODE_BLEND) != 0 ||
        SDL_SetSurfaceColorMod(from, 255, 128, 200) != 0 ||
        SDL_SetColorKey(to, SDL_TRUE, 0) != 0)
        return say(w, "SDL_SetSurfaceBlendMode");
    if (SDL_BlitSurface(from, &part, to, &at) != 0)
        return say(w, "SDL_BlitSurface");
    if (SDL_BlitScaled(from, NULL, to, &small) != 0)
        return say(w, "SDL_BlitScaled");
    tell_surface(w, "copied", to);
    return true;
}

/* From 32 bits with alpha to 16 without. */
static bool
use_surfaces(struct work *w, SDL_Surface *from)
{
    SDL_Surface *to = SDL_CreateRGBSurfaceWithFormat(0, WIDTH, HEIGHT, 16,
                                                     SDL_PIXELFORMAT_RGB565);
    SDL_Surface *paletted;
    bool good;

    if (!to)
        return say(w, "SDL_CreateRGBSurfaceWithFormat");
    good = copy_surfaces(w, from, to);
    if (good) {
        paletted = SDL_ConvertSurfaceFormat(to, SDL_PIXELFORMAT_INDEX8, 0);
        good = paletted != NULL || say(w, "SDL_ConvertSurfaceFormat");
        if (paletted)
            tell_surface(w, "paletted", paletted);
        SDL_FreeSurface(paletted);
    }
    SDL_FreeSurface(to);
    return good;
}

/* ---- the renderer in software ---- */

static bool
draw(struct work *w, SDL_Renderer *r, SDL_Texture *texture)
{
    const SDL_Rect box = {3, 4, 20, 9}, to = {10, 12, 24, 21};
    const SDL_Point points[] = {{1, 1}, {30, 7}, {12, 33}, {1, 1}};

    if (SDL_SetRenderDrawColor(r, 0, 0, 40, 255) != 0 ||
        SDL_RenderClear(r) != 0 ||
        SDL_SetRenderDrawColor(r, 250, 250, 0, 128) != 0 ||
        SDL_SetRenderDrawBlendMode(r, SDL_BLENDMODE_BLEND) != 0 ||
        SDL_RenderFillRect(r, &box) != 0 ||
        SDL_RenderDrawLines(r, points, 4) != 0)
        return say(w, "SDL_RenderFillRect");
    if (SDL_SetTextureAlphaMod(texture, 180) != 0 ||
        SDL_RenderCopyEx(r, texture, NULL, &to, 33.0, NULL,
                         SDL_FLIP_HORIZONTAL) != 0 ||
        SDL_RenderCopy(r, texture, &box, NULL) != 0)
        return say(w, "SDL_RenderCopy");
    if (SDL_RenderFlush(r) != 0)
        return say(w, "SDL_RenderFlush");
    return true;
}

static bool
use_renderer(struct work *w, SDL_Surface *target, SDL_Surface *image)
{
    SDL_Renderer *r = SDL_CreateSoftwareRenderer(target);
    SDL_Texture *texture;
    bool good;

    if (!r)
        return say(w, "SDL_CreateSoftwareRenderer");
    texture = SDL_CreateTextureFromSurface(r, image);
    good =
        texture ? draw(w, r, texture) : say(w, "SDL_CreateTextureFromSurface");
    SDL_DestroyTexture(texture);
    SDL_DestroyRenderer(r);
    if (good)
        tell_surface(w, "rendered", target);
    return good;
}

/* ---- a file in memory ---- */

static bool
load(struct work *w, void *file, int size)
{
    SDL_RWops *rw = SDL_RWFromConstMem(file, size);
    SDL_Surface *s;

    if (!rw)
        return say(w, "SDL_RWFromConstMem");
    s = SDL_LoadBMP_RW(rw, 1);
    if (!s)
        return say(w, "SDL_LoadBMP_RW");
    tell_surface(w, "loaded", s);
    SDL_FreeSurface(s);
    return true;
}

static bool
save_and_load(struct work *w, SDL_Surface *s)
{
    static char file[BMP_MAX];
    SDL_RWops *rw = SDL_RWFromMem(file, sizeof file);
    Sint64 size;

    if (!rw)
        return say(w, "SDL_RWFromMem");
    if (SDL_SaveBMP_RW(s, rw, 0) != 0) {
        SDL_RWclose(rw);
        return say(w, "SDL_SaveBMP_RW");
    }
    size = SDL_RWtell(rw);
    SDL_RWclose(rw);
    result(w, file, (size_t)size);
    return load(w, file, (int)size);
}

/* ---- a window that nobody sees ---- */

/* To set it returns nothing. */
static bool
entitle(struct work *w, SDL_Window *window)
{
    static const char title[] = "a title that is longer than the first one";

    SDL_SetWindowTitle(window, title);
    return SDL_strcmp(SDL_GetWindowTitle(window), title) == 0 ||
           refused(w, "SDL_GetWindowTitle: another title");
}

static bool
use_window(struct work *w, SDL_Surface *image)
{
    SDL_Window *window =
        SDL_CreateWindow("alcove", 0, 0, WIDTH, HEIGHT, SDL_WINDOW_HIDDEN);
    SDL_Surface *surface;
    bool good;

    if (!window)
        return say(w, "SDL_CreateWindow");
    good = entitle(w, window);
    surface = good ? SDL_GetWindowSurface(window) : NULL;
    good = surface && SDL_BlitSurface(image, NULL, surface, NULL) == 0 &&
           SDL_UpdateWindowSurface(window) == 0;
    if (good)
        tell_surface(w, "window", surface);
    else
        say(w, "SDL_GetWindowSurface");
    SDL_DestroyWindow(window);
    return good;
}

/* ---- sound ---- */

static bool
convert(struct work *w, SDL_AudioStream *stream)
{
    char out[8 * SAMPLES];
    int size;

    if (SDL_AudioStreamPut(stream, some_text(2 * SAMPLES), 2 * SAMPLES) != 0)
        return say(w, "SDL_AudioStreamPut");
    if (SDL_AudioStreamFlush(stream) != 0)
        return say(w, "SDL_AudioStreamFlush");
    size = SDL_AudioStreamGet(stream, out, sizeof out);
    if (size < 0)
        return say(w, "SDL_AudioStreamGet");
    result(w, out, (size_t)size);
    return true;
}

/* From 16 bits, mono, to 8 bits, two channels, at half the rate. */
static bool
use_sound(struct work *w)
{
    SDL_AudioStream *stream =
        SDL_NewAudioStream(AUDIO_S16LSB, 1, 22050, AUDIO_U8, 2, 11025);
    bool good;

    if (!stream)
        return say(w, "SDL_NewAudioStream");
    good = convert(w, stream);
    SDL_FreeAudioStream(stream);
    return good;
}

/* ---- the library ---- */

static bool
use_all(struct work *w)
{
    SDL_Surface *image = SDL_CreateRGBSurfaceWithFormat(
        0, WIDTH, HEIGHT, 32, SDL_PIXELFORMAT_ARGB8888);
    SDL_Surface *target = SDL_CreateRGBSurfaceWithFormat(
        0, WIDTH, HEIGHT, 32, SDL_PIXELFORMAT_XRGB8888);
    bool good;

    if (image && target)
        good = use_surfaces(w, image) && use_renderer(w, target, image) &&
               save_and_load(w, target) && use_window(w, image) && use_sound(w);
    else
        good = say(w, "SDL_CreateRGBSurfaceWithFormat");
    SDL_FreeSurface(image);
    SDL_FreeSurface(target);
    return good;
}

static bool
install(struct work *w)
{
    if (!w->bridge)
        return true;
    return SDL_SetMemoryFunctions(sdl_malloc, sdl_calloc, sdl_realloc,
                                  sdl_free) == 0 ||
           say(w, "SDL_SetMemoryFunctions");
}

static bool
work(struct work *w)
{
    bool good;

    SDL_SetMainReady();
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    setenv("SDL_AUDIODRIVER", "dummy", 1);
    if (!install(w))
        return false;
    good =
        SDL_Init(SDL_INIT_VIDEO | SDL_INIT_EVENTS) == 0 || say(w, "SDL_Init");
    good = good && use_all(w);
    SDL_Quit();
    return good;
}

static const char *
version(void)
{
    static char text[40];
    SDL_version v;

    SDL_GetVersion(&v);
    snprintf(text, sizeof text, "%d.%d.%d", v.major, v.minor, v.patch);
    return text;
}

const struct library library = {
    .name = "SDL2",
    .version = version,
    .shape = "as malloc, no context",
    .work = work,
    .threads = true,
    .bind = sdl_bind,
    .unbind = sdl_unbind,
    .bound = sdl_bridge,
    .defects = CRASHES | LEAKS | SWALLOWS,
    .defects_text =
        "SDL_SetError allocates, and calls itself where that is refused; "
        "SDL_ConvertSurface and SDL_SetWindowData do not look at NULL; "
        "SDL_MapSurface keeps a surface that does not know of it, after "
        "SDL_ListAdd was refused; SDL_StartEventLoop leaves a mutex; "
        "SW_RunCommandQueue forgets that SW_RenderCopyEx failed",
};
