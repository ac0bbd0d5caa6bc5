/* SPDX-License-Identifier: MIT */
/* PCRE2: patterns are compiled, interpreted and by the JIT, matched in both
 * ways, taken apart, replaced, converted from globs, and put into bytes. */
#include <config.h>

#include "library.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

enum { TEXT = 4000, DEEP = 1000 };

static const char subject[] =
    "On 2023-06-10 M\xc3\xbcller <mueller@example.org> wrote: ((a)(b(c))) "
    "foobarbaz aaaaaaaab \"quoted \\\" text\" key=value; other = 12, 2024-2-9.";

static const char *const patterns[] = {
    "(?<year>\\d{4})-(?<month>\\d\\d?)-(?<day>\\d+)",
    "\\((?:[^()]++|(?R))*\\)",
    "(?i)(?<=m)\\p{L}+(?=\\s)",
    "(?|foo(bar)|(baz))\\K.{2,4}?",
    "\"(?:[^\"\\\\]|\\\\.)*+\"",
    "(?(DEFINE)(?<word>\\w+))(?&word)\\s*=\\s*((?&word)|\\d++)(?C1)",
    "(a+)+b(*PRUNE)\\s|(*SKIP)(*FAIL)",
    "(?<n>[[:upper:]])(?(<n>)[[:lower:]]+|x)\\b\\X\\R?",
};

static const char *const wrong[] = {
    "(unclosed", "[z-a]", "(?<=a+)b", "\\", "(?<n>a)(?<n>b)", "x{2,1}",
};

struct pcre2 {
    struct work *w;
    pcre2_general_context *general;
    pcre2_compile_context *compile;
    pcre2_match_context *match;
};

static bool
say(const struct pcre2 *p, const char *call, int code)
{
    PCRE2_UCHAR text[200];

    pcre2_get_error_message(code, text, sizeof text);
    return refused(p->w, "%s: %s", call, (const char *)text);
}

static bool
say_null(const struct pcre2 *p, const char *call)
{
    return refused(p->w, "%s: NULL", call);
}

static pcre2_code *
compile(const struct pcre2 *p, const char *pattern, int *code)
{
    PCRE2_SIZE at = 0;
    pcre2_code *c = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                                  PCRE2_UTF | PCRE2_UCP, code, &at, p->compile);

    if (c)
        return c;
    result_text(p->w, "%s: %d at %lu;", pattern, *code, (unsigned long)at);
    return NULL;
}

/* ---- with a pattern ---- */

static void
tell_match(const struct pcre2 *p, pcre2_match_data *data, int count)
{
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);
    int i;

    for (i = 0; i < 2 * count; i++)
        result_text(p->w, "%ld ", (long)at[i]);
    result_text(p->w, "of %lu\n", (unsigned long)pcre2_get_ovector_count(data));
}

/* All matches in the text. */
static bool
match_all(const struct pcre2 *p, const pcre2_code *c, pcre2_match_data *data,
          uint32_t options)
{
    PCRE2_SIZE at = 0;

    for (;;) {
        int count = pcre2_match(c, (PCRE2_SPTR)subject, sizeof subject - 1, at,
                                options, data, p->match);

        if (count == PCRE2_ERROR_NOMATCH)
            return true;
        if (count < 0)
            return say(p, "pcre2_match", count);
        tell_match(p, data, count);
        at = pcre2_get_ovector_pointer(data)[1];
    }
}

static bool
take_apart(const struct pcre2 *p, pcre2_match_data *data)
{
    PCRE2_UCHAR **list = NULL, *text = NULL;
    PCRE2_SIZE size = 0;
    int code = pcre2_substring_get_bynumber(data, 0, &text, &size), i;

    if (code != 0)
        return say(p, "pcre2_substring_get_bynumber", code);
    result(p->w, text, size);
    pcre2_substring_free(text);
    code = pcre2_substring_list_get(data, &list, NULL);
    if (code != 0)
        return say(p, "pcre2_substring_list_get", code);
    for (i = 0; list[i]; i++)
        result_text(p->w, "[%s]", (const char *)list[i]);
    pcre2_substring_list_free((void *)list);
    return true;
}

/* It does not know all that the patterns have, and says so. */
static bool
match_dfa(const struct pcre2 *p, const pcre2_code *c, pcre2_match_data *data)
{
    int space[200];
    int count = pcre2_dfa_match(c, (PCRE2_SPTR)subject, sizeof subject - 1, 0,
                                0, data, p->match, space, 200);

    if (count == PCRE2_ERROR_HEAPLIMIT || count == PCRE2_ERROR_NOMEMORY)
        return say(p, "pcre2_dfa_match", count);
    if (count < 0)
        result_text(p->w, "%d;", count);
    else
        tell_match(p, data, count);
    return true;
}

static bool
replace(const struct pcre2 *p, const pcre2_code *c)
{
    PCRE2_UCHAR text[TEXT];
    PCRE2_SIZE size = TEXT;
    int code = pcre2_substitute(
        c, (PCRE2_SPTR)subject, sizeof subject - 1, 0,
        PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_EXTENDED, NULL, p->match,
        (PCRE2_SPTR) "<\\U$0\\E>", PCRE2_ZERO_TERMINATED, text, &size);

    if (code < 0)
        return say(p, "pcre2_substitute", code);
    result(p->w, text, size);
    return true;
}

static bool
use_with(const struct pcre2 *p, pcre2_code *c, pcre2_match_data *data)
{
    if (!match_all(p, c, data, PCRE2_NO_JIT))
        return false;
    /* It need not be there, or may fail: then the interpreter goes on. */
    (void)pcre2_jit_compile(c, PCRE2_JIT_COMPLETE);
    if (!match_all(p, c, data, 0) || !replace(p, c))
        return false;
    return (pcre2_match(c, (PCRE2_SPTR)subject, sizeof subject - 1, 0, 0, data,
                        p->match) < 0 ||
            take_apart(p, data)) &&
           match_dfa(p, c, data);
}

static bool
use(const struct pcre2 *p, pcre2_code *c)
{
    pcre2_match_data *data =
        pcre2_match_data_create_from_pattern(c, p->general);
    bool good;

    if (!data)
        return say_null(p, "pcre2_match_data_create_from_pattern");
    good = use_with(p, c, data);
    pcre2_match_data_free(data);
    return good;
}

static bool
use_pattern(const struct pcre2 *p, const char *pattern)
{
    int code = 0;
    pcre2_code *c = compile(p, pattern, &code), *copy;
    bool good;

    if (!c)
        return say(p, "pcre2_compile", code);
    copy = pcre2_code_copy_with_tables(c);
    good = use(p, c);
    pcre2_code_free(c);
    good = good &&
           (copy ? use(p, copy) : say_null(p, "pcre2_code_copy_with_tables"));
    pcre2_code_free(copy);
    return good;
}

/* ---- other things ---- */

/* It takes more than the frames that a match has at first. */
static bool
match_deep(const struct pcre2 *p)
{
    int code = 0, count;
    pcre2_code *c = compile(p, "^(?:(a|of|[^a])(\\s?))*$", &code);
    pcre2_match_data *data = c ? pcre2_match_data_create(3, p->general) : NULL;

    if (!data) {
        pcre2_code_free(c);
        return c ? say_null(p, "pcre2_match_data_create")
                 : say(p, "pcre2_compile", code);
    }
    count = pcre2_match(c, (PCRE2_SPTR)some_text(DEEP), DEEP, 0, PCRE2_NO_JIT,
                        data, p->match);
    if (count > 0)
        tell_match(p, data, count);
    pcre2_match_data_free(data);
    pcre2_code_free(c);
    return count > 0 || say(p, "pcre2_match", count);
}

static bool
compile_wrong(const struct pcre2 *p, const char *pattern)
{
    int code = 0;
    pcre2_code *c = compile(p, pattern, &code);

    pcre2_code_free(c);
    if (c)
        return refused(p->w, "pcre2_compile: nothing is wrong");
    return code != PCRE2_ERROR_HEAP_FAILED || say(p, "pcre2_compile", code);
}

static bool
convert_glob(const struct pcre2 *p)
{
    pcre2_convert_context *context = pcre2_convert_context_create(p->general);
    PCRE2_UCHAR *pattern = NULL;
    PCRE2_SIZE size = 0;
    int code;

    if (!context)
        return say_null(p, "pcre2_convert_context_create");
    code = pcre2_pattern_convert((PCRE2_SPTR) "**/*.[ch]", 9,
                                 PCRE2_CONVERT_GLOB, &pattern, &size, context);
    pcre2_convert_context_free(context);
    if (code != 0)
        return say(p, "pcre2_pattern_convert", code);
    result(p->w, pattern, size);
    pcre2_converted_pattern_free(pattern);
    return true;
}

/* The bytes are not in the result: they need not be the same. */
static bool
to_bytes_and_back(const struct pcre2 *p)
{
    int code = 0, count;
    pcre2_code *c = compile(p, patterns[0], &code), *again = NULL;
    uint8_t *bytes = NULL;
    PCRE2_SIZE size;
    bool good;

    if (!c)
        return say(p, "pcre2_compile", code);
    count = pcre2_serialize_encode((const pcre2_code **)&c, 1, &bytes, &size,
                                   p->general);
    pcre2_code_free(c);
    if (count != 1)
        return say(p, "pcre2_serialize_encode", count);
    count = pcre2_serialize_decode(&again, 1, bytes, p->general);
    pcre2_serialize_free(bytes);
    if (count != 1)
        return say(p, "pcre2_serialize_decode", count);
    good = use(p, again);
    pcre2_code_free(again);
    return good;
}

static bool
work_in(const struct pcre2 *p)
{
    size_t i;

    for (i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (!use_pattern(p, patterns[i]))
            return false;
    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (!compile_wrong(p, wrong[i]))
            return false;
    return match_deep(p) && convert_glob(p) && to_bytes_and_back(p);
}

static bool
work(struct work *w)
{
    struct pcre2 p = {.w = w};
    const uint8_t *tables = NULL;
    bool good;

    p.general =
        w->bridge
            ? pcre2_general_context_create(alcove_bridge_alloc_last,
                                           alcove_bridge_free_last, w->bridge)
            : pcre2_general_context_create(NULL, NULL, NULL);
    if (!p.general)
        return say_null(&p, "pcre2_general_context_create");
    p.compile = pcre2_compile_context_create(p.general);
    p.match = pcre2_match_context_create(p.general);
    tables = pcre2_maketables(p.general);
    good = (p.compile && p.match && tables) ||
           say_null(&p, "pcre2_maketables, or a context");
    if (good) {
        pcre2_set_character_tables(p.compile, tables);
        good = work_in(&p);
    }
    pcre2_maketables_free(p.general, tables);
    pcre2_match_context_free(p.match);
    pcre2_compile_context_free(p.compile);
    pcre2_general_context_free(p.general);
    return good;
}

static const char *
version(void)
{
    static char text[64];

    pcre2_config(PCRE2_CONFIG_VERSION, text);
    return text;
}

const struct library library = {
    .name = "PCRE2",
    .version = version,
    .shape = "alloc and free, context last",
    .work = work,
};
