/* SPDX-License-Identifier: MIT */
/* yajl: JSON is parsed in pieces and written again by what the parser calls;
 * then something deep, and something wrong. */
#include <config.h>

#include "library.h"

#include <stdio.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>
#include <yajl/yajl_version.h>

enum { PIECE = 64, ROWS = 100, DEPTH = 600 };

static const char head[] =
    "/* all kinds of values */\n"
    "{\"null\": null, \"yes\": true, \"no\": false,\n"
    " \"numbers\": [0, -1, 9223372036854775807, 3.25, -1e3, 0.5E-1],\n"
    " \"strings\": [\"\", \"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u00e4\\u263a"
    "\\ud834\\udd1e\", \"\xc3\xa4 in the text itself\"], // a comment\n"
    " \"empty\": [{}, []], \"an escaped \\u006bey\": {\"of\": {\"an\": "
    "\"object\"}},\n \"rows\": [";

static const char *const wrong[] = {
    "{\"a\": [1, 2}",
    "[\"\xff\"]",
    "[1e]",
    "[nul]",
};

/* ---- each value goes from the parser to the generator ---- */

static int
on_null(void *g)
{
    return yajl_gen_null(g) == yajl_gen_status_ok;
}

static int
on_boolean(void *g, int value)
{
    return yajl_gen_bool(g, value) == yajl_gen_status_ok;
}

static int
on_integer(void *g, long long value)
{
    return yajl_gen_integer(g, value) == yajl_gen_status_ok;
}

static int
on_double(void *g, double value)
{
    return yajl_gen_double(g, value) == yajl_gen_status_ok;
}

static int
on_string(void *g, const unsigned char *s, size_t size)
{
    return yajl_gen_string(g, s, size) == yajl_gen_status_ok;
}

static int
on_map(void *g)
{
    return yajl_gen_map_open(g) == yajl_gen_status_ok;
}

static int
on_map_end(void *g)
{
    return yajl_gen_map_close(g) == yajl_gen_status_ok;
}

static int
on_array(void *g)
{
    return yajl_gen_array_open(g) == yajl_gen_status_ok;
}

static int
on_array_end(void *g)
{
    return yajl_gen_array_close(g) == yajl_gen_status_ok;
}

static const yajl_callbacks callbacks = {
    on_null, on_boolean, on_integer, on_double, NULL,         on_string,
    on_map,  on_string,  on_map_end, on_array,  on_array_end,
};

/* ---- the work ---- */

static bool
say(struct work *w, yajl_handle h, const char *call)
{
    unsigned char *text = yajl_get_error(h, 0, NULL, 0);

    if (!text)
        return refused(w, "%s fails, and yajl_get_error, too", call);
    (void)refused(w, "%s: %s", call, (const char *)text);
    yajl_free_error(h, text);
    return false;
}

static bool
feed(struct work *w, yajl_handle h, const char *text)
{
    size_t size = strlen(text), at;

    for (at = 0; at < size; at += PIECE)
        if (yajl_parse(h, (const unsigned char *)text + at,
                       size - at < PIECE ? size - at : PIECE) != yajl_status_ok)
            return say(w, h, "yajl_parse");
    return true;
}

static bool
parse(struct work *w, yajl_handle h)
{
    char row[200];
    int i;

    if (!feed(w, h, head))
        return false;
    for (i = 0; i < ROWS; i++) {
        snprintf(row, sizeof row, "%s{\"id\": %d, \"text\": \"%.*s\\n\"}",
                 i > 0 ? "," : "", i, i,
                 "a text that gets longer and longer, "
                 "until it takes more than what the decoder has at first, as "
                 "it happens, for each");
        if (!feed(w, h, row))
            return false;
    }
    return feed(w, h, "]}\n") && (yajl_complete_parse(h) == yajl_status_ok ||
                                  say(w, h, "yajl_complete_parse"));
}

/* From the parser to the generator. */
static bool
copy(struct work *w, yajl_alloc_funcs *funcs, yajl_gen g)
{
    yajl_handle h = yajl_alloc(&callbacks, funcs, g);
    const unsigned char *text;
    size_t size;
    bool good;

    if (!h)
        return refused(w, "yajl_alloc: NULL");
    yajl_config(h, yajl_allow_comments, 1);
    good = parse(w, h);
    yajl_free(h);
    if (!good)
        return false;
    if (yajl_gen_get_buf(g, &text, &size) != yajl_gen_status_ok)
        return refused(w, "yajl_gen_get_buf fails");
    result(w, text, size);
    return true;
}

static bool
do_copy(struct work *w, yajl_alloc_funcs *funcs, bool beautiful)
{
    yajl_gen g = yajl_gen_alloc(funcs);
    bool good;

    if (!g)
        return refused(w, "yajl_gen_alloc: NULL");
    yajl_gen_config(g, yajl_gen_beautify, beautiful);
    yajl_gen_config(g, yajl_gen_indent_string, "\t");
    yajl_gen_config(g, yajl_gen_escape_solidus, 1);
    yajl_gen_config(g, yajl_gen_validate_utf8, 1);
    good = copy(w, funcs, g);
    yajl_gen_free(g);
    return good;
}

/* More than the parser's stack takes at first. */
static bool
do_deep(struct work *w, yajl_alloc_funcs *funcs)
{
    yajl_handle h = yajl_alloc(NULL, funcs, NULL);
    bool good = h != NULL;
    int i;

    if (!h)
        return refused(w, "yajl_alloc: NULL");
    for (i = 0; good && i < DEPTH; i++)
        good = feed(w, h, "[");
    for (i = 0; good && i < DEPTH; i++)
        good = feed(w, h, "]");
    good = good && (yajl_complete_parse(h) == yajl_status_ok ||
                    say(w, h, "yajl_complete_parse"));
    yajl_free(h);
    return good;
}

static bool
do_wrong(struct work *w, yajl_alloc_funcs *funcs, const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    yajl_handle h = yajl_alloc(NULL, funcs, NULL);
    yajl_status status;
    unsigned char *error;

    if (!h)
        return refused(w, "yajl_alloc: NULL");
    yajl_config(h, yajl_allow_multiple_values, 1);
    status = yajl_parse(h, bytes, strlen(text));
    error = yajl_get_error(h, 1, bytes, strlen(text));
    if (error) {
        result_text(w, "%s, after %lu bytes", (const char *)error,
                    (unsigned long)yajl_get_bytes_consumed(h));
        yajl_free_error(h, error);
    }
    yajl_free(h);
    return (status == yajl_status_error && error) ||
           refused(w, "yajl_parse: %s", yajl_status_to_string(status));
}

static bool
work(struct work *w)
{
    yajl_alloc_funcs funcs = {alcove_bridge_alloc, alcove_bridge_realloc,
                              alcove_bridge_free, w->bridge};
    yajl_alloc_funcs *f = w->bridge ? &funcs : NULL;
    size_t i;

    if (!do_copy(w, f, false) || !do_copy(w, f, true) || !do_deep(w, f))
        return false;
    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (!do_wrong(w, f, wrong[i]))
            return false;
    return true;
}

static const char *
version(void)
{
    static char text[64];
    int number = yajl_version();

    snprintf(text, sizeof text, "%d.%d.%d", number / 10000, number / 100 % 100,
             number % 100);
    return text;
}

const struct library library = {
    .name = "yajl",
    .version = version,
    .shape = "alloc, realloc and free, context first",
    .work = work,
    .defects = CRASHES,
    .defects_text = "yajl_alloc, yajl_lex_alloc, and what grows its buffers "
                    "(yajl_buf_append) do not look at NULL",
};
