/* SPDX-License-Identifier: MIT */
/* ALCOVE_FAIL's rules, as text: what alcove_fail_parse takes and what it makes
 * of that, against another reader; what it takes makes a round trip, what it
 * does not changes nothing and says so, and nothing past the end is read. */
#include <config.h>

#include "fuzz.h"

#include <alcove/fail.h>

#include <errno.h>
#include <string.h>

enum { TEXT = 400, MARK = 4242 };

/* ---- another reader ---- */

/* It cuts the text into parts first, and compares numbers as digits. */

static bool
is_digits(const char *s, size_t length)
{
    return length > 0 && strspn(s, "0123456789") >= length;
}

/* `s` begins with that many digits: is it at most `max`? */
static bool
read_number(const char *s, size_t length, uint64_t max, uint64_t *out)
{
    char most[32];
    size_t i;

    if (!is_digits(s, length))
        return false;
    for (; length > 1 && *s == '0'; length--)
        s++;
    snprintf(most, sizeof most, "%ju", (uintmax_t)max);
    if (length > strlen(most) ||
        (length == strlen(most) && strncmp(s, most, length) > 0))
        return false;
    for (*out = 0, i = 0; i < length; i++)
        *out = *out * 10 + (uint64_t)(s[i] - '0');
    return true;
}

static bool
read_size(const char *s, size_t length, size_t *out)
{
    uint64_t n;

    if (!read_number(s, length, SIZE_MAX, &n) || n == 0)
        return false;
    *out = (size_t)n;
    return true;
}

/* All digits, those behind the point too, as one number of 10 ** -places. */
static bool
read_share(const char *s, size_t length, unsigned *out)
{
    bool percent = length > 0 && s[length - 1] == '%';
    size_t whole, places = 0, i;
    uint64_t n;

    length -= percent;
    whole = strcspn(s, ".");
    whole = whole < length ? whole : length;
    if (!read_number(s, whole, UINT32_MAX, &n))
        return false;
    if (whole < length) {
        if (!is_digits(s + whole + 1, length - whole - 1))
            return false;
        for (i = whole + 1; i < length; i++, places++) {
            if (places >= 6 && s[i] != '0')
                return false;
            if (places < 6)
                n = n * 10 + (uint64_t)(s[i] - '0');
        }
    }
    for (; places < 6; places++)
        n *= 10;
    if (percent && n % 100 != 0)
        return false;
    n /= percent ? 100 : 1;
    *out = (unsigned)n;
    return n > 0 && n <= 1000000;
}

static bool
read_ops(const char *s, size_t length, unsigned *out)
{
    static const char *const names[] = {"alloc",  "resize", "grow",
                                        "shrink", "temp",   "dealloc"};
    const char *end = s + length;

    for (;; s++) {
        size_t n = strcspn(s, "+,"), i;

        for (i = 0; i < 6; i++)
            if (n == strlen(names[i]) && memcmp(s, names[i], n) == 0)
                break;
        if (i == 6 || (*out >> i & 1))
            return false;
        *out |= 1u << i;
        s += n;
        if (s == end)
            return true;
    }
}

/* `k` is the key's letter: the first but for "share" and "seed". */
static bool
read_value(char k, const char *s, size_t n, struct alcove_fail_rule *rule)
{
    switch (k) {
    case 'n':
        return read_size(s, n, &rule->nth);
    case 'e':
        return read_size(s, n, &rule->every);
    case 'a':
        return read_size(s, n, &rule->above);
    case 'h':
        return read_share(s, n, &rule->share);
    case 's':
        return read_number(s, n, UINT64_MAX, &rule->seed);
    case 'o':
        return read_ops(s, n, &rule->ops);
    default:
        rule->then = n == 4 ? ALCOVE_FAIL_THEN_ONCE : ALCOVE_FAIL_THEN_PERSIST;
        return (n == 4 && memcmp(s, "once", n) == 0) ||
               (n == 7 && memcmp(s, "persist", n) == 0);
    }
}

static bool
read_rule(const char *text, struct alcove_fail_rule *rule)
{
    static const struct {
        const char *name;
        char letter;
    } keys[] = {{"nth=", 'n'},   {"every=", 'e'}, {"above=", 'a'},
                {"share=", 'h'}, {"seed=", 's'},  {"op=", 'o'},
                {"then=", 't'}};
    unsigned seen = 0;
    size_t i;

    memset(rule, 0, sizeof *rule);
    if (strcmp(text, "never") == 0)
        return true;
    for (;;) {
        size_t length = strcspn(text, ","), key = 0;

        for (i = 0; i < 7; i++) {
            key = strlen(keys[i].name);
            if (key <= length && memcmp(text, keys[i].name, key) == 0)
                break;
        }
        if (i == 7 || (seen >> i & 1))
            return false;
        seen |= 1u << i;
        if (!read_value(keys[i].letter, text + key, length - key, rule))
            return false;
        text += length;
        if (*text++ == '\0')
            break;
    }
    if ((seen >> 4 & 1) && !(seen >> 3 & 1))
        return false;       /* a seed without a share */
    return seen != 1u << 6; /* a then, and nothing to refuse */
}

/* ---- the properties ---- */

static bool
is_same(const struct alcove_fail_rule *x, const struct alcove_fail_rule *y)
{
    return x->nth == y->nth && x->every == y->every && x->share == y->share &&
           x->ops == y->ops && x->seed == y->seed && x->above == y->above &&
           x->then == y->then &&
           memcmp(x->reserved, y->reserved, sizeof x->reserved) == 0;
}

/* snprintf's contract, at `size`. */
static void
formats(const struct alcove_fail_rule *rule, const char *whole, size_t size)
{
    char buf[ALCOVE_FAIL_TEXT_MAX + 8];
    size_t length = strlen(whole), most = size ? size - 1 : 0;

    memset(buf, '#', sizeof buf);
    errno = MARK;
    must(alcove_fail_format(rule, size ? buf : NULL, size) == length,
         "format returns another length with room for %zu", size);
    must(errno == MARK, "format sets errno");
    most = most < length ? most : length;
    must(memcmp(buf, whole, most) == 0, "format writes another text");
    must(size == 0 || buf[most] == '\0', "format does not close the text");
    for (most = size; most < sizeof buf; most++)
        must(buf[most] == '#' || most <= length,
             "format writes behind %zu bytes", size);
    must(size >= sizeof buf || buf[size] == '#', "format writes one too many");
}

static void
round_trip(const struct alcove_fail_rule *rule, size_t room)
{
    char text[ALCOVE_FAIL_TEXT_MAX];
    struct alcove_fail_rule again;

    must(alcove_fail_format(rule, text, sizeof text) < sizeof text,
         "a text is longer than ALCOVE_FAIL_TEXT_MAX");
    must(alcove_fail_parse(text, &again, NULL) && is_same(rule, &again),
         "%s makes no round trip", text);
    formats(rule, text, room % sizeof text);
}

/* The text stands at the end of its memory, for AddressSanitizer to see who
 * reads on. What stands behind it must not matter. */
static void
parses(const char *text, size_t length, size_t room)
{
    static const struct alcove_fail_rule untouched = {.nth = 4711, .every = 3};
    struct alcove_fail_rule rule = untouched, other;
    struct alcove_error err = {.code = ALCOVE_OK};
    char *copy = malloc(length + 1);
    bool good;

    must(copy, "there is no memory");
    memcpy(copy, text, length);
    copy[length] = '\0';
    fuzz_about(copy);
    errno = MARK;
    good = alcove_fail_parse(copy, &rule, &err);
    must(read_rule(copy, &other) == good, "it is %s",
         good ? "taken" : "refused");
    if (good) {
        must(is_same(&rule, &other), "it is another rule");
        must(errno == MARK && err.code == ALCOVE_OK,
             "success writes errno or the error");
        round_trip(&rule, room);
    } else {
        must(is_same(&rule, &untouched), "a refusal writes the rule");
        must(errno == EINVAL && err.code == ALCOVE_ERR_OTHER && err.detail &&
                 *err.detail,
             "a refusal does not say why");
    }
    fuzz_about("rule");
    free(copy);
}

/* Any rule at all, valid or not. */
static void
any_rule(struct bytes *in)
{
    struct alcove_fail_rule rule = {.nth = (size_t)number(in, byte(in) % 9)};
    unsigned bits = byte(in);
    char text[ALCOVE_FAIL_TEXT_MAX];

    rule.every = (size_t)number(in, bits & 7);
    rule.above = (size_t)number(in, bits >> 3 & 7);
    rule.share = (unsigned)number(in, bits >> 6);
    rule.seed = rule.share ? number(in, byte(in) % 9) : 0;
    bits = byte(in);
    rule.ops = bits & 63;
    rule.then = (enum alcove_fail_then)(bits >> 6);
    rule.reserved[0] = byte(in) == 255;
    alcove_fail_format(&rule, text, sizeof text);
    if (strcmp(text, "?") != 0)
        round_trip(&rule, byte(in));
    else
        must(rule.share > ALCOVE_FAIL_SHARE_ALL || rule.then > 2 ||
                 rule.reserved[0] ||
                 (rule.then && !rule.nth && !rule.every && !rule.share &&
                  !rule.above && !rule.ops),
             "a valid rule has no text");
}

/* ---- from bytes ---- */

/* Put together of pieces that belong in a rule, so that most of it is one. */
static size_t
from_pieces(struct bytes *in, char *text, unsigned count)
{
    static const char *const pieces[] = {
        "nth=",
        "every=",
        "share=",
        "seed=",
        "above=",
        "op=",
        "then=",
        "once",
        "persist",
        "alloc",
        "resize",
        "grow",
        "shrink",
        "temp",
        "dealloc",
        "never",
        "+",
        ",",
        "=",
        "%",
        ".",
        "0",
        "1",
        "5",
        "9999999",
        "000000",
        " ",
        "4294967296",
        "\xff",
        "-",
        "18446744073709551615",
        "18446744073709551616",
    };
    size_t used = 0;

    for (; count > 0 && bytes_left(in); count--) {
        const char *piece = pieces[byte(in) % 32];

        if (used + strlen(piece) >= TEXT)
            break;
        memcpy(text + used, piece, strlen(piece));
        used += strlen(piece);
    }
    return used;
}

/* A key and what may stand behind it, from one byte each. */
static size_t
from_pairs(struct bytes *in, char *text, unsigned count)
{
    static const char *const keys[] = {"nth",   "every", "share", "seed",
                                       "above", "op",    "then",  "nth"};
    static const char *const values[] = {
        "1",  "17",     "0",          "0.05",       "5%",
        "1.", "100%",   "0.000001",   "0.0001%",    "alloc",
        "1",  "grow",   "alloc+temp", "once",       "persist",
        "3",  "shrink", "007",        "1.00000000", "dealloc+resize"};
    size_t used = 0;

    while (count-- > 0 && used < TEXT - 40) {
        const char *key = keys[byte(in) % 8];

        used += (size_t)snprintf(text + used, TEXT - used, "%s%s=%s",
                                 used ? "," : "", key, values[byte(in) % 20]);
    }
    return used;
}

static void
one(struct bytes *in)
{
    char text[TEXT];
    unsigned how = byte(in), count = how >> 3, i;
    size_t length = 0;

    switch (how & 7) {
    case 0:
        for (i = 0; i < count * 2 && bytes_left(in); i++)
            text[length++] = (char)byte(in);
        break;
    case 1:
        any_rule(in);
        return;
    case 2:
    case 3:
    case 4:
        length = from_pieces(in, text, count % 16);
        break;
    default:
        length = from_pairs(in, text, 1 + count % 4);
    }
    parses(text, length, byte(in));
}

static size_t
run(const uint8_t *data, size_t size)
{
    struct bytes in = {data, data + size};
    size_t ops = 0;

    fuzz_about("rule");
    for (; bytes_left(&in); ops++)
        one(&in);
    return ops;
}

const struct fuzz_target fuzz_rule = {"rule", run, 1024, 2};
