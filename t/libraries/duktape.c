/* SPDX-License-Identifier: MIT */
/* Duktape: a program with closures, prototypes, accessors, exceptions, regular
 * expressions, JSON, typed arrays and coroutines; also from its bytecode. */
#include <config.h>

#include "library.h"

#include <duktape.h>
#include <setjmp.h>
#include <stdio.h>

/* A catch that does not throw what it does not know: there may be no memory. */
static const char program[] =
    "(function (text) {\n"
    "    var out = [];\n"
    "    function put() {\n"
    "        out.push(Array.prototype.join.call(arguments, ' '));\n"
    "    }\n"
    "    function Stack() { this.items = []; }\n"
    "    Stack.prototype = {\n"
    "        push: function (x) { this.items.push(x); return this; },\n"
    "        get size() { return this.items.length; },\n"
    "        toString: function () { return 'stack of ' + this.size; }\n"
    "    };\n"
    "    var s = new Stack();\n"
    "    for (var i = 0; i < 100; i++) { s.push(i * i); }\n"
    "    put(s, s.items[99]);\n"
    "    for (i = 0; i < 90; i++) { s.items.pop(); }\n"
    "    put(s.items.map(function (x) { return x * 2; })\n"
    "        .filter(function (x) { return x % 3; })\n"
    "        .reduce(function (x, y) { return x + y; }, 0));\n"
    "    var words = text.match(/[a-z]+/g);\n"
    "    words.sort(function (a, b) { return a < b ? 1 : a > b ? -1 : 0; });\n"
    "    put(words.length, words[0], text.replace(/(m)(e)/g, '$2$1'));\n"
    "    try {\n"
    "        null.x = 1;\n"
    "    } catch (e) {\n"
    "        if (!(e instanceof TypeError)) { throw e; }\n"
    "        put('caught', e.name);\n"
    "    } finally {\n"
    "        put('at last');\n"
    "    }\n"
    "    var o = {b: [1, 2.5, null, true, '\\u20ac'], a: {deep: {er: -0}}};\n"
    "    var json = JSON.stringify(o, null, 1);\n"
    "    put(json, JSON.stringify(JSON.parse(json)) === JSON.stringify(o));\n"
    "    var bytes = new Uint8Array(300), view = new DataView(bytes.buffer);\n"
    "    view.setFloat64(8, Math.PI);\n"
    "    put(bytes[8], bytes[9], bytes.subarray(8, 12).length);\n"
    "    var t = new Duktape.Thread(function (n) {\n"
    "        for (var i = 0; i < n; i++) { Duktape.Thread.yield(i * 3); }\n"
    "        return 'done';\n"
    "    });\n"
    "    for (i = 0; i < 6; i++) { put(Duktape.Thread.resume(t, 5)); }\n"
    "    var keys = {};\n"
    "    for (i = 0; i < 200; i++) { keys['key' + i] = i; }\n"
    "    for (i = 0; i < 190; i++) { delete keys['key' + i]; }\n"
    "    put(Object.keys(keys));\n"
    "    var p = new Proxy({}, {get: function (o, k) { return k + k; }});\n"
    "    put(p.twice, eval('(1 + 2) * 3'), encodeURIComponent('\\u00e9 &'));\n"
    "    put((255).toString(16), (1e21).toFixed(2), parseFloat('1.5e3x'));\n"
    "    return out.join('\\n');\n"
    "})\n";

static jmp_buf jump;
static char last_words[100];

/* Must not return. */
static void
die(void *bridge, const char *text)
{
    (void)bridge;
    snprintf(last_words, sizeof last_words, "%s", text);
    longjmp(jump, 1);
}

/* Protected: compile, to bytecode and back, run, collect. */
static duk_ret_t
run(duk_context *ctx, void *arg)
{
    (void)arg;
    duk_push_string(ctx, "program.js");
    duk_compile_lstring_filename(ctx, DUK_COMPILE_EVAL, program,
                                 sizeof program - 1);
    duk_call(ctx, 0);
    duk_dump_function(ctx);
    duk_load_function(ctx);
    duk_push_lstring(ctx, some_text(1000), 1000);
    duk_call(ctx, 1);
    duk_gc(ctx, DUK_GC_COMPACT);
    (void)duk_require_string(ctx, -1);
    return 1;
}

/* To make a string of an error may take memory, too; protected. */
static duk_ret_t
put_error(duk_context *ctx, void *arg)
{
    (void)refused(arg, "duk_safe_call: %s", duk_safe_to_string(ctx, -1));
    return 0;
}

static bool
tell(struct work *w, duk_context *ctx, duk_int_t code)
{
    duk_size_t size;
    const char *text;

    if (code != DUK_EXEC_SUCCESS) {
        (void)duk_safe_call(ctx, put_error, w, 1, 1);
        return refused(w, "duk_safe_call: %d", (int)code);
    }
    text = duk_get_lstring(ctx, -1, &size);
    result(w, text, size);
    return true;
}

/* After a fatal error there is no heap that could be released. */
static bool
work(struct work *w)
{
    duk_context *ctx;
    bool good;

    if (setjmp(jump) != 0)
        return refused(w, "fatal error: %s", last_words);
    ctx = w->bridge
              ? duk_create_heap(alcove_bridge_alloc, alcove_bridge_realloc,
                                alcove_bridge_free, w->bridge, die)
              : duk_create_heap_default();
    if (!ctx)
        return refused(w, "duk_create_heap: NULL");
    good = tell(w, ctx, duk_safe_call(ctx, run, NULL, 0, 1));
    duk_destroy_heap(ctx);
    return good;
}

static const char *
version(void)
{
    static char text[32];

    snprintf(text, sizeof text, "%ld.%ld.%ld", DUK_VERSION / 10000,
             DUK_VERSION / 100 % 100, DUK_VERSION % 100);
    return text;
}

const struct library library = {
    .name = "Duktape",
    .version = version,
    .shape = "context first",
    .work = work,
    .zero = ALCOVE_BRIDGE_ZERO_FREE,
    .defects = CRASHES | HANGS | LEAKS,
    .defects_text =
        "duk_create_heap makes the built-in objects where nothing catches an "
        "error; duk__uncaught_error_aware makes a string of it, which is "
        "refused in turn, until the stack ends; or else the fatal handler is "
        "called, and the heap is lost",
};
