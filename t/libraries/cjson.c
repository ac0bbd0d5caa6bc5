/* SPDX-License-Identifier: MIT */
/* cJSON: JSON is read, changed, copied, compared and written in all ways that
 * it has; and some that is wrong is read. */
#include <config.h>

#include "library.h"

#include <cJSON.h>
#include <string.h>

#include <alcove/bridge/cjson.h>

ALCOVE_BRIDGE_CJSON(json);

enum { ROWS = 60, SIZE = 2000 };

static const char document[] =
    "\xef\xbb\xbf{ \"null\": null, \"yes\": true, \"no\": false,\n"
    " \"numbers\": [0, -1, 9007199254740991, 3.25, -1e3, 0.5E-1],\n"
    " \"strings\": [\"\", \"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u00e4\\u263a"
    "\\ud834\\udd1e\", \"\xc3\xa4 in the text itself\"],\n"
    " \"empty\": [{}, []], \"a\\u006bey\": {\"of\": {\"an\": \"object\"}}}\n";

static const char *const wrong[] = {
    "{\"a\": [1, 2}", "[\"\\ud800\"]", "[1, 2] 3", "[nul]", "{\"a\" 1}", "",
};

static bool
say(struct work *w, const char *call)
{
    const char *at = cJSON_GetErrorPtr();

    at = at ? at + strspn(at, "\xef\xbb\xbf") : "?";
    return refused(w, "%s: NULL, at %.10s", call, at);
}

static bool
print_text(struct work *w, char *text, const char *call)
{
    if (!text)
        return refused(w, "%s: NULL", call);
    result(w, text, strlen(text));
    cJSON_free(text);
    return true;
}

/* In each way: with a buffer that grows, that is large enough, and is ours. */
static bool
print(struct work *w, cJSON *json)
{
    static char own[100 * SIZE];

    if (!cJSON_PrintPreallocated(json, own, sizeof own, 0))
        return refused(w, "cJSON_PrintPreallocated: false");
    result(w, own, strlen(own));
    return print_text(w, cJSON_Print(json), "cJSON_Print") &&
           print_text(w, cJSON_PrintUnformatted(json),
                      "cJSON_PrintUnformatted") &&
           print_text(w, cJSON_PrintBuffered(json, SIZE, 1),
                      "cJSON_PrintBuffered");
}

/* ---- building ---- */

static bool
fill_row(struct work *w, cJSON *row, int i)
{
    const double reals[] = {i / 8.0, -i, 1e10 * i};
    const char *const strings[] = {"one", "two", "three"};
    cJSON *array = cJSON_CreateDoubleArray(reals, 3);

    if (!cJSON_AddItemToObject(row, "reals", array)) {
        cJSON_Delete(array);
        return refused(w, "cJSON_AddItemToObject: false");
    }
    array = cJSON_CreateStringArray(strings, i % 4);
    if (!cJSON_AddItemToObjectCS(row, "strings", array)) {
        cJSON_Delete(array);
        return refused(w, "cJSON_AddItemToObjectCS: false");
    }
    return (cJSON_AddNumberToObject(row, "id", i) &&
            cJSON_AddBoolToObject(row, "odd", i % 2) &&
            cJSON_AddNullToObject(row, "nothing") &&
            cJSON_AddRawToObject(row, "raw", "{\"as\":[\"it\",\"is\"]}") &&
            cJSON_AddStringToObject(row, "text", "with \"quotes\"\n")) ||
           refused(w, "cJSON_AddStringToObject or so: NULL");
}

static bool
add_rows(struct work *w, cJSON *root)
{
    cJSON *rows = cJSON_AddArrayToObject(root, "rows");
    int i;

    if (!rows)
        return refused(w, "cJSON_AddArrayToObject: NULL");
    for (i = 0; i < ROWS; i++) {
        cJSON *row = cJSON_CreateObject();

        if (!row)
            return refused(w, "cJSON_CreateObject: NULL");
        cJSON_AddItemToArray(rows, row);
        if (!fill_row(w, row, i))
            return false;
    }
    return true;
}

static bool
replace(struct work *w, cJSON *object, const char *key, cJSON *item)
{
    if (item && cJSON_ReplaceItemInObjectCaseSensitive(object, key, item))
        return true;
    cJSON_Delete(item);
    return refused(w, "cJSON_ReplaceItemInObjectCaseSensitive: false");
}

static bool
change(struct work *w, cJSON *root)
{
    cJSON *rows = cJSON_GetObjectItemCaseSensitive(root, "rows");
    cJSON *item = cJSON_CreateStringReference("a constant");

    /* In front, for elsewhere some versions refuse what is new. */
    if (!item || !cJSON_InsertItemInArray(rows, 0, item)) {
        cJSON_Delete(item);
        return refused(w, "cJSON_InsertItemInArray: false");
    }
    cJSON_DeleteItemFromArray(rows, 10);
    cJSON_Delete(cJSON_DetachItemFromObject(root, "NO"));
    if (!cJSON_AddItemReferenceToObject(root, "again",
                                        cJSON_GetArrayItem(rows, 0)))
        return refused(w, "cJSON_AddItemReferenceToObject: false");
    item = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "strings"), 0);
    if (!cJSON_SetValuestring(item, "longer than it was"))
        return refused(w, "cJSON_SetValuestring: NULL");
    return replace(w, root, "yes", cJSON_CreateFalse());
}

/* ---- copies ---- */

static bool
check_same(struct work *w, cJSON *json, cJSON *copy, const char *call)
{
    bool same = copy && cJSON_Compare(json, copy, 1);

    cJSON_Delete(copy);
    return copy ? same || refused(w, "%s: it differs", call) : say(w, call);
}

static bool
copy_minified(struct work *w, cJSON *json)
{
    char *text = cJSON_Print(json);
    const char *end = NULL;
    cJSON *copy;
    bool good;

    if (!text)
        return refused(w, "cJSON_Print: NULL");
    cJSON_Minify(text);
    result(w, text, strlen(text));
    copy = cJSON_ParseWithOpts(text, &end, 1);
    good = copy ? print_text(w, cJSON_PrintUnformatted(copy),
                             "cJSON_PrintUnformatted")
                : say(w, "cJSON_ParseWithOpts");
    cJSON_Delete(copy);
    cJSON_free(text);
    return good;
}

static bool
read_wrong(struct work *w, const char *text)
{
    const char *end = NULL;
    cJSON *json = cJSON_ParseWithOpts(text, &end, 1);

    if (json) {
        cJSON_Delete(json);
        return refused(w, "cJSON_ParseWithOpts: nothing is wrong");
    }
    result_text(w, "wrong at \"%s\";", end ? end : "?");
    return true;
}

static bool
work_on(struct work *w, cJSON *root)
{
    size_t i;

    if (!add_rows(w, root) || !change(w, root) || !print(w, root) ||
        !copy_minified(w, root) ||
        !check_same(w, root, cJSON_Duplicate(root, 1), "cJSON_Duplicate"))
        return false;
    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (!read_wrong(w, wrong[i]))
            return false;
    return true;
}

static bool
work(struct work *w)
{
    cJSON *root;
    bool good;

    if (w->bridge)
        json_install();
    root = cJSON_ParseWithLength(document, sizeof document);
    if (!root)
        return say(w, "cJSON_ParseWithLength");
    good = work_on(w, root);
    cJSON_Delete(root);
    cJSON_InitHooks(NULL);
    return good;
}

const struct library library = {
    .name = "cJSON",
    .version = cJSON_Version,
    .shape = "malloc and free, no context",
    .work = work,
    .bind = json_bind,
    .unbind = json_unbind,
    .bound = json_bridge,
};
