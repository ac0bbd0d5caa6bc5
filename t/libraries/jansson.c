/* SPDX-License-Identifier: MIT */
/* jansson: JSON is built, changed, copied, compared, written, and read in all
 * ways that it has; and some that is wrong. */
#include <config.h>

#include "library.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

ALCOVE_BRIDGE_GLOBAL(jansson);

enum { ROWS = 60, PIECE = 50 };

static const char document[] =
    "{\"null\": null, \"yes\": true, \"no\": false,\n"
    " \"numbers\": [0, -1, 9007199254740993, 3.25, -1e3, 0.5E-1],\n"
    " \"strings\": [\"\", \"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u00e4\\u263a"
    "\\ud834\\udd1e\", \"\xc3\xa4 in the text itself\"],\n"
    " \"empty\": [{}, []], \"a\\u006bey\": {\"of\": {\"an\": \"object\"}}}\n";

static const char *const wrong[] = {
    "{\"a\": [1, 2}", "[\"\xff\"]", "{\"a\": 1, \"a\": 2}", "[1, 2] [3]",
    "[1e]",           "[nul]",      "[\"\\ud800\"]",
};

static bool
say(struct work *w, const char *call, const json_error_t *error)
{
    return refused(w, "%s: %s", call,
                   error->text[0] ? error->text : "no words");
}

/* What it returns is not free's if it has functions of ours. */
static void
release(void *p)
{
    json_free_t function;

    json_get_alloc_funcs(NULL, &function);
    function(p);
}

static bool
print(struct work *w, const json_t *json, size_t flags)
{
    char *text = json_dumps(json, flags);

    if (!text)
        return refused(w, "json_dumps: NULL");
    result(w, text, strlen(text));
    release(text);
    return true;
}

/* ---- building ---- */

static json_t *
make_row(struct work *w, int i)
{
    json_error_t error;
    json_t *row =
        json_pack_ex(&error, 0, "{s:i, s:[f, b, n], s:s#, s:{s:s+, s:o*}}",
                     "id", i, "values", i / 4.0, i % 2, "text", some_text(100),
                     i, "more", "key", "one", "two", "nothing", NULL);

    if (!row)
        (void)say(w, "json_pack_ex", &error);
    return row;
}

static bool
add_rows(struct work *w, json_t *root)
{
    json_t *rows = json_array();
    int i;

    if (json_object_set_new(root, "rows", rows) != 0)
        return refused(w, "json_object_set_new fails");
    for (i = 0; i < ROWS; i++) {
        json_t *row = make_row(w, i);

        if (!row)
            return false;
        if (json_array_append_new(rows, row) != 0)
            return refused(w, "json_array_append_new fails");
    }
    return true;
}

static bool
set_and_delete(struct work *w, json_t *root)
{
    json_t *rows = json_object_get(root, "rows");

    if (json_array_insert_new(rows, 3, json_string("put in between")) != 0 ||
        json_array_remove(rows, 10) != 0 ||
        json_array_set_new(rows, 7, json_sprintf("%d times", 7)) != 0)
        return refused(w, "the array cannot be changed");
    if (json_object_set_new(root, "yes", json_stringn("a\0b", 3)) != 0 ||
        json_object_del(root, "no") != 0 ||
        json_string_set(json_array_get(rows, 3), "and changed") != 0)
        return refused(w, "the object cannot be changed");
    return true;
}

/* ---- asking ---- */

static bool
take_apart(struct work *w, json_t *root)
{
    json_error_t error;
    json_int_t big;
    double real;
    int first;
    const char *text, *key;
    json_t *value;
    size_t size;

    if (json_unpack_ex(root, &error, 0, "{s:[i*], s:{s:{s:s%}}}", "numbers",
                       &first, "akey", "of", "an", &text, &size) != 0)
        return say(w, "json_unpack_ex", &error);
    big =
        json_integer_value(json_array_get(json_object_get(root, "numbers"), 2));
    real = json_real_value(json_array_get(json_object_get(root, "numbers"), 5));
    result_text(w, "%d %s %lu %" JSON_INTEGER_FORMAT " %g", first, text,
                (unsigned long)size, big, real);
    json_object_foreach(root, key, value)
        result_text(w, "%s %d;", key, (int)json_typeof(value));
    return true;
}

static bool
copy(struct work *w, json_t *root)
{
    json_t *deep = json_deep_copy(root);
    json_t *flat = json_copy(root);
    bool good = deep && flat;

    if (!good)
        (void)refused(w, "json_deep_copy or json_copy: NULL");
    good = good && (json_equal(deep, root) || refused(w, "a copy differs"));
    if (good &&
        (json_object_update_missing(flat, deep) != 0 ||
         json_object_update(flat, deep) != 0 || json_object_clear(flat) != 0))
        good = refused(w, "json_object_update fails");
    json_decref(flat);
    good = good && print(w, deep, JSON_INDENT(2) | JSON_SORT_KEYS);
    json_decref(deep);
    return good;
}

/* ---- reading and writing ---- */

struct pieces {
    struct work *w;
    const char *text;
    size_t left;
};

static int
give(const char *bytes, size_t size, void *arg)
{
    struct pieces *p = arg;

    result(p->w, bytes, size);
    return 0;
}

static size_t
take(void *buffer, size_t size, void *arg)
{
    struct pieces *p = arg;
    size_t some = size < PIECE ? size : PIECE;

    if (some > p->left)
        some = p->left;
    memcpy(buffer, p->text, some);
    p->text += some;
    p->left -= some;
    return some;
}

/* There and back, in pieces. */
static bool
reread(struct work *w, json_t *root)
{
    char *text =
        json_dumps(root, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ESCAPE_SLASH);
    struct pieces p = {w, text, text ? strlen(text) : 0};
    json_error_t error;
    json_t *again;
    bool good;

    if (!text)
        return refused(w, "json_dumps: NULL");
    again = json_load_callback(take, &p, JSON_ALLOW_NUL, &error);
    release(text);
    if (!again)
        return say(w, "json_load_callback", &error);
    good = json_equal(again, root) || refused(w, "it came back otherwise");
    if (good && json_dump_callback(again, give, &p, JSON_REAL_PRECISION(5)))
        good = refused(w, "json_dump_callback fails");
    json_decref(again);
    return good;
}

static bool
read_wrong(struct work *w, const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

    if (json) {
        json_decref(json);
        return refused(w, "json_loads: nothing is wrong");
    }
    if (error.text[0] == '\0' ||
        json_error_code(&error) == json_error_out_of_memory)
        return say(w, "json_loads", &error);
    result_text(w, "%d:%d: %s, %d;", error.line, error.column, error.text,
                (int)json_error_code(&error));
    return true;
}

static bool
read_all_wrong(struct work *w)
{
    size_t i;

    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (!read_wrong(w, wrong[i]))
            return false;
    return true;
}

static bool
work(struct work *w)
{
    json_error_t error;
    json_t *root;
    bool good;

    if (w->bridge)
        json_set_alloc_funcs(jansson_malloc, jansson_free);
    json_object_seed(1);
    root = json_loadb(document, sizeof document - 1, JSON_DECODE_ANY, &error);
    if (!root)
        return say(w, "json_loadb", &error);
    good = add_rows(w, root) && set_and_delete(w, root) &&
           take_apart(w, root) && copy(w, root) && reread(w, root) &&
           read_all_wrong(w);
    json_decref(root);
    return good;
}

static const char *
version(void)
{
    return JANSSON_VERSION;
}

const struct library library = {
    .name = "jansson",
    .version = version,
    .shape = "malloc and free, no context",
    .work = work,
    .bind = jansson_bind,
    .unbind = jansson_unbind,
    .bound = jansson_bridge,
    .defects = CRASHES | SWALLOWS,
    .defects_text = "lex_save does not look whether strbuffer_append_byte has "
                    "taken the byte: a number loses a digit, or an assertion "
                    "in lex_unget_unsave fails",
};
