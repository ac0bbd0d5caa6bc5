/* SPDX-License-Identifier: MIT */
/* The text of a rule: each key is understood, each mistake is named, and what
 * is written is read as the same. */
#include <config.h>

#include <alcove/fail.h>

#include "tap.h"
#include "told.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANDOM = 50000 };

static const struct alcove_fail_rule never;

static bool
same(const struct alcove_fail_rule *x, const struct alcove_fail_rule *y)
{
    return x->nth == y->nth && x->every == y->every && x->share == y->share &&
           x->ops == y->ops && x->seed == y->seed && x->above == y->above &&
           x->then == y->then && x->reserved[0] == 0 && y->reserved[0] == 0;
}

/* From memory of its own size, so that tools see a byte too many. */
static bool
parse(const char *text, struct alcove_fail_rule *out)
{
    size_t size = strlen(text) + 1;
    char *exact = malloc(size);
    bool parsed;

    if (!exact)
        bail_out("no memory");
    memcpy(exact, text, size);
    parsed = alcove_fail_parse(exact, out, &err);
    free(exact);
    return parsed;
}

/* ---- what is understood ---- */

static void
test_understood(void)
{
    static const struct {
        const char *text, *canonical; /* NULL: as the text */
        struct alcove_fail_rule rule;
    } table[] = {
        {"never", NULL, {0}},
        {"nth=17,op=grow,then=persist",
         NULL,
         {.nth = 17,
          .ops = ALCOVE_FAIL_GROW,
          .then = ALCOVE_FAIL_THEN_PERSIST}},
        {"nth=1", NULL, {.nth = 1}},
        {"nth=0042", "nth=42", {.nth = 42}},
        {"every=3", NULL, {.every = 3}},
        {"above=4096", NULL, {.above = 4096}},
        {"share=0.05", NULL, {.share = 50000}},
        {"share=5%", "share=0.05", {.share = 50000}},
        {"share=1", NULL, {.share = 1000000}},
        {"share=1.0", "share=1", {.share = 1000000}},
        {"share=100%", "share=1", {.share = 1000000}},
        {"share=100.00%", "share=1", {.share = 1000000}},
        {"share=0.000001", NULL, {.share = 1}},
        {"share=0.0001%", "share=0.000001", {.share = 1}},
        {"share=12.3456%", "share=0.123456", {.share = 123456}},
        {"share=0.1234560000", "share=0.123456", {.share = 123456}},
        {"share=0.5,seed=0", "share=0.5", {.share = 500000}},
        {"share=0.5,seed=18446744073709551615",
         NULL,
         {.share = 500000, .seed = UINT64_MAX}},
        {"op=alloc", NULL, {.ops = ALCOVE_FAIL_ALLOC}},
        {"op=resize", NULL, {.ops = ALCOVE_FAIL_RESIZE}},
        {"op=grow", NULL, {.ops = ALCOVE_FAIL_GROW}},
        {"op=shrink", NULL, {.ops = ALCOVE_FAIL_SHRINK}},
        {"op=temp", NULL, {.ops = ALCOVE_FAIL_TEMP}},
        {"op=dealloc", NULL, {.ops = ALCOVE_FAIL_DEALLOC}},
        {"op=grow+alloc",
         "op=alloc+grow",
         {.ops = ALCOVE_FAIL_ALLOC | ALCOVE_FAIL_GROW}},
        {"then=once,op=temp",
         "op=temp,then=once",
         {.ops = ALCOVE_FAIL_TEMP, .then = ALCOVE_FAIL_THEN_ONCE}},
        {"then=persist,op=shrink+resize,above=9,seed=8,share=0.7,every=6,nth=5",
         "nth=5,every=6,share=0.7,seed=8,above=9,op=resize+shrink,then=persist",
         {.nth = 5,
          .every = 6,
          .share = 700000,
          .seed = 8,
          .above = 9,
          .ops = ALCOVE_FAIL_RESIZE | ALCOVE_FAIL_SHRINK,
          .then = ALCOVE_FAIL_THEN_PERSIST}},
    };
    size_t i, misread = 0, miswritten = 0;
    char buf[ALCOVE_FAIL_TEXT_MAX];

    for (i = 0; i < sizeof table / sizeof *table; i++) {
        const char *text = table[i].text;
        const char *canonical = table[i].canonical ? table[i].canonical : text;
        struct alcove_fail_rule rule = {.nth = 99, .every = 99, .share = 99};

        before();
        if (!parse(text, &rule) || !same(&rule, &table[i].rule) ||
            !untouched()) {
            diag("misread: %s", text);
            misread++;
        }
        before();
        if (alcove_fail_format(&table[i].rule, buf, sizeof buf) !=
                strlen(canonical) ||
            strcmp(buf, canonical) != 0 || !untouched()) {
            diag("miswritten: %s as %s", canonical, buf);
            miswritten++;
        }
    }
    is_size(misread, 0, "each key and each value is understood");
    is_size(miswritten, 0, "...and written in one way");
}

/* ---- mistakes ---- */

/* Is it refused as this mistake, and nothing changed? */
static bool
is_mistake(const char *text, const char *detail)
{
    struct alcove_fail_rule rule = {.nth = 99, .seed = 98};
    const struct alcove_fail_rule old = rule;
    bool refused;

    before();
    refused =
        !(text ? parse(text, &rule) : alcove_fail_parse(NULL, &rule, &err));
    if (refused && err.code == ALCOVE_ERR_OTHER && errno_is(EINVAL) &&
        strcmp(err.allocator, "fail") == 0 && strcmp(err.detail, detail) == 0 &&
        same(&rule, &old) && !alcove_fail_parse(text, &rule, NULL))
        return true;
    diag("\"%s\": %s: %s", text ? text : "(null)",
         refused ? "refused" : "accepted", refused ? err.detail : "");
    return false;
}

static void
test_mistakes(void)
{
    static const char empty[] =
        "the rule is empty: the one that refuses nothing is never";
    static const char spaces[] = "a rule has no spaces";
    static const char unknown[] =
        "a key is none of nth, every, share, seed, above, op, then";
    static const char no_value[] = "a key has no value";
    static const char comma[] = "a comma has nothing before or behind it";
    static const char no_op[] =
        "op is none of alloc, resize, grow, shrink, temp, dealloc";
    static const char no_then[] = "then is neither once nor persist";
    static const char no_share[] = "share is no number";
    static const char fine[] = "share is finer than 0.000001";
    static const char no_nth[] = "nth is no number";
    static const struct {
        const char *text, *detail;
    } table[] = {
        {NULL, empty},
        {"", empty},
        {" nth=1", spaces},
        {"nth=1 ", spaces},
        {"nth= 1", spaces},
        {"nth=1,\tevery=2", spaces},
        {"nth=1\n", spaces},
        {"n=1", unknown},
        {"nthx=1", unknown},
        {"NTH=1", unknown},
        {"Never", unknown},
        {"=1", unknown},
        {"=", unknown},
        {"1", unknown},
        {"nth=1,bogus=2", unknown},
        {"never,nth=1", unknown},
        {"nth=1,never", unknown},
        {"nth", no_value},
        {"nth,every=1", no_value},
        {"every=1,then", no_value},
        {",", comma},
        {",nth=1", comma},
        {"nth=1,", comma},
        {"nth=1,,every=2", comma},
        {"nth=", no_nth},
        {"nth=,every=1", no_nth},
        {"nth=x", no_nth},
        {"nth=1x", no_nth},
        {"nth=+1", no_nth},
        {"nth=-1", no_nth},
        {"nth=0x1", no_nth},
        {"nth=1.5", no_nth},
        {"nth=1e3", no_nth},
        {"nth=1;every=2", no_nth},
        {"nth==1", no_nth},
        {"every=x", "every is no number"},
        {"seed=x,share=1", "seed is no number"},
        {"seed=-1,share=1", "seed is no number"},
        {"above=4k", "above is no number"},
        {"nth=0", "nth is 0"},
        {"nth=000", "nth is 0"},
        {"every=0", "every is 0"},
        {"above=0", "above is 0"},
        {"nth=18446744073709551616", "nth is too large"},
        {"nth=99999999999999999999999999", "nth is too large"},
        {"every=18446744073709551616", "every is too large"},
        {"above=18446744073709551616", "above is too large"},
        {"seed=18446744073709551616,share=1", "seed is too large"},
        {"seed=18446744073709551620,share=1", "seed is too large"},
        {"share=", no_share},
        {"share=.5", no_share},
        {"share=5.", no_share},
        {"share=0.%", no_share},
        {"share=%", no_share},
        {"share=5%%", no_share},
        {"share=5%x", no_share},
        {"share=-0.5", no_share},
        {"share=0.5.5", no_share},
        {"share=5e-2", no_share},
        {"share=0,5", "share is 0"},
        {"share=0", "share is 0"},
        {"share=0%", "share is 0"},
        {"share=0.000000", "share is 0"},
        {"share=1.000001", "share is too large"},
        {"share=2", "share is too large"},
        {"share=100.0001%", "share is too large"},
        {"share=101%", "share is too large"},
        {"share=4294967295", "share is too large"},
        {"share=4294967296", "share is too large"},
        {"share=99999999999999999999999999", "share is too large"},
        {"share=0.0000001", fine},
        {"share=0.1234567", fine},
        {"share=0.00001%", fine},
        {"share=12.34567%", fine},
        {"op=", no_op},
        {"op=bogus", no_op},
        {"op=allocs", no_op},
        {"op=all", no_op},
        {"op=ALLOC", no_op},
        {"op=alloc+", no_op},
        {"op=+alloc", no_op},
        {"op=alloc++grow", no_op},
        {"op=alloc|grow", no_op},
        {"op=alloc+bogus", no_op},
        {"op=alloc+alloc", "op has a kind twice"},
        {"op=grow+alloc+grow", "op has a kind twice"},
        {"nth=1,then=", no_then},
        {"nth=1,then=oncex", no_then},
        {"nth=1,then=on", no_then},
        {"nth=1,then=again", no_then},
        {"nth=1,nth=1", "nth is given twice"},
        {"every=1,nth=1,every=2", "every is given twice"},
        {"share=1,share=1", "share is given twice"},
        {"share=1,seed=0,seed=0", "seed is given twice"},
        {"above=1,above=2", "above is given twice"},
        {"op=alloc,op=grow", "op is given twice"},
        {"op=alloc,then=once,then=once", "then is given twice"},
        {"seed=0", "there is a seed without a share"},
        {"seed=7", "there is a seed without a share"},
        {"nth=1,seed=7", "there is a seed without a share"},
        {"then=once", "there is a then, and nothing to refuse"},
        {"then=persist", "there is a then, and nothing to refuse"},
    };
    size_t i, wrong = 0;

    for (i = 0; i < sizeof table / sizeof *table; i++)
        wrong += !is_mistake(table[i].text, table[i].detail);
    is_size(wrong, 0, "each mistake is refused, and named");
}

/* The largest numbers, where a size_t is what it is here. */
static void
test_edges(void)
{
    struct alcove_fail_rule rule;
    char text[64];

    sprintf(text, "nth=%ju", (uintmax_t)SIZE_MAX);
    ok(parse(text, &rule) && rule.nth == SIZE_MAX, "the largest nth is read");
    if (SIZE_MAX == UINTMAX_MAX) {
        skip(1, "no number is larger");
        return;
    }
    sprintf(text, "above=%ju", (uintmax_t)SIZE_MAX + 1);
    ok(is_mistake(text, "above is too large"), "...and no larger size");
}

static void
test_invalid(void)
{
    static const struct alcove_fail_rule table[] = {
        {.share = 1000001},
        {.share = UINT_MAX},
        {.nth = 1, .ops = 1u << 6},
        {.ops = UINT_MAX},
        {.nth = 1, .then = (enum alcove_fail_then)3},
        {.nth = 1, .reserved = {1}},
        {.nth = 1, .reserved = {0, 0, 0, 1}},
        {.nth = 1, .seed = 1},
        {.then = ALCOVE_FAIL_THEN_ONCE},
        {.then = ALCOVE_FAIL_THEN_PERSIST},
    };
    struct alcove_fail_rule rule;
    size_t i, wrong = 0;
    char buf[ALCOVE_FAIL_TEXT_MAX];

    for (i = 0; i < sizeof table / sizeof *table; i++)
        wrong += alcove_fail_format(&table[i], buf, sizeof buf) != 1 ||
                 strcmp(buf, "?") != 0;
    is_size(wrong, 0, "what is no rule is written as ?");
    ok(!parse("?", &rule), "...which is none either");
}

static void
test_format_contract(void)
{
    const struct alcove_fail_rule rule = {.nth = 17, .ops = ALCOVE_FAIL_GROW};
    const char *whole = "nth=17,op=grow";
    const struct alcove_fail_rule longest = {SIZE_MAX,
                                             SIZE_MAX,
                                             123456,
                                             63,
                                             UINT64_MAX,
                                             SIZE_MAX,
                                             ALCOVE_FAIL_THEN_PERSIST,
                                             {0}};
    size_t size, wrong = 0;
    char buf[64];

    for (size = 0; size < sizeof buf; size++) {
        memset(buf, 0x55, sizeof buf);
        wrong += alcove_fail_format(&rule, buf, size) != strlen(whole);
        if (size == 0)
            wrong += buf[0] != 0x55;
        else
            wrong += strncmp(buf, whole, size - 1) != 0 ||
                     strlen(buf) != (size - 1 < 14 ? size - 1 : 14);
        wrong += buf[size] != 0x55;
    }
    is_size(wrong, 0, "the text is cut off where the buffer ends");
    is_size(alcove_fail_format(&rule, NULL, 0), 14, "...which may be nowhere");
    ok(alcove_fail_format(&longest, NULL, 0) < ALCOVE_FAIL_TEXT_MAX,
       "ALCOVE_FAIL_TEXT_MAX bytes are enough");
}

/* ---- random ---- */

/* Of all magnitudes. */
static uint64_t
any_number(void)
{
    uint64_t n = (uint64_t)tap_random() << 31 ^ tap_random();

    return n >> tap_random() % 64;
}

static struct alcove_fail_rule
any_rule(void)
{
    struct alcove_fail_rule rule = never;
    size_t with = tap_random();

    if (with & 1)
        rule.nth = (size_t)any_number();
    if (with & 2)
        rule.every = (size_t)any_number();
    if (with & 4)
        rule.share = (unsigned)(tap_random() % 1000001);
    if (with & 8 && rule.share != 0)
        rule.seed = any_number();
    if (with & 16)
        rule.above = (size_t)any_number();
    if (with & 32)
        rule.ops = (unsigned)(tap_random() % 64);
    if (rule.nth || rule.every || rule.share || rule.above || rule.ops)
        rule.then = (enum alcove_fail_then)(tap_random() % 3);
    return rule;
}

static bool
comes_back(const struct alcove_fail_rule *rule)
{
    struct alcove_fail_rule again;
    char text[ALCOVE_FAIL_TEXT_MAX];

    if (alcove_fail_format(rule, text, sizeof text) < sizeof text &&
        parse(text, &again) && same(&again, rule))
        return true;
    diag("%s does not come back", text);
    return false;
}

static void
test_round_trip(void)
{
    size_t i, wrong = 0;

    for (i = 0; i < RANDOM; i++) {
        struct alcove_fail_rule rule = any_rule();

        wrong += !comes_back(&rule);
    }
    is_size(wrong, 0, "%d random rules come back from their texts", RANDOM);
}

/* Random pieces of rules. */
static void
any_text(char *text, size_t size)
{
    static const char *const pieces[] = {
        "nth=",    "every=",
        "share=",  "seed=",
        "above=",  "op=",
        "then=",   "once",
        "persist", "alloc",
        "grow",    "+",
        ",",       ",",
        "=",       "0",
        "1",       "5",
        "42",      "0.",
        "%",       "never",
        ".",       " ",
        "-",       "999999999999",
        "x",       "dealloc",
    };
    size_t n = tap_random() % 9, length = 0;

    text[0] = '\0';
    while (n-- > 0) {
        const char *piece =
            pieces[tap_random() % (sizeof pieces / sizeof *pieces)];
        if (length + strlen(piece) + 2 > size)
            return;
        length += (size_t)sprintf(text + length, "%s", piece);
        if (tap_random() % 32 == 0)
            length += (size_t)sprintf(text + length, "%c",
                                      (int)(1 + tap_random() % 255));
    }
}

/* A rule's text with one byte changed, gone, or doubled. */
static void
spoilt_text(char *text, size_t size)
{
    struct alcove_fail_rule rule = any_rule();
    size_t length = alcove_fail_format(&rule, text, size);
    size_t at = tap_random() % length;

    switch (tap_random() % 3) {
    case 0:
        text[at] = (char)(1 + tap_random() % 255);
        break;
    case 1:
        memmove(text + at, text + at + 1, length - at);
        break;
    default:
        memmove(text + at + 1, text + at, length - at + 1);
    }
}

static void
test_random_texts(void)
{
    size_t i, wrong = 0, accepted = 0;

    for (i = 0; i < 2 * RANDOM; i++) {
        struct alcove_fail_rule rule = {.nth = 99};
        char text[ALCOVE_FAIL_TEXT_MAX + 2];

        i % 2 ? any_text(text, sizeof text) : spoilt_text(text, sizeof text);
        before();
        if (parse(text, &rule)) {
            accepted++;
            wrong += !comes_back(&rule) || !untouched();
        } else {
            wrong += err.code != ALCOVE_ERR_OTHER || !errno_is(EINVAL) ||
                     !err.detail || rule.nth != 99;
        }
    }
    is_size(wrong, 0, "%d random texts are rules or refused", 2 * RANDOM);
    ok(accepted > RANDOM / 20 && accepted < RANDOM, "...%lu are rules",
       (unsigned long)accepted);
}

int
main(void)
{
    tap_plan(13);
    test_understood();
    test_mistakes();
    test_edges();
    test_invalid();
    test_format_contract();
    test_round_trip();
    test_random_texts();
    return tap_done();
}
