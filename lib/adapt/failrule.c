/* SPDX-License-Identifier: MIT */
/* A rule for refusals as text: read strictly, written in one way only.
 *
 * What reads a part moves the cursor behind it, and returns what is wrong as
 * static text, or NULL. */
#include <config.h>

#include <alcove/fail.h>

#include "../core/libc.h"
#include "../core/text.h"
#include "adapt.h"
#include "failrule.h"

bool
alcove_fail_rule_refuses(const struct alcove_fail_rule *rule)
{
    return rule->nth != 0 || rule->every != 0 || rule->share != 0 ||
           rule->above != 0 || rule->ops != 0;
}

static bool
is_reserved_for_later(const struct alcove_fail_rule *rule)
{
    size_t i, any = 0;

    for (i = 0; i < sizeof rule->reserved / sizeof *rule->reserved; i++)
        any |= rule->reserved[i];
    return any != 0;
}

const char *
alcove_fail_rule_mistake(const struct alcove_fail_rule *rule)
{
    if (rule->share > ALCOVE_FAIL_SHARE_ALL)
        return "share is more than all";
    if ((rule->ops & ~(unsigned)ALCOVE_FAIL_EVERY_KIND) != 0)
        return "ops has a kind that this version does not know";
    if ((unsigned)rule->then > ALCOVE_FAIL_THEN_PERSIST)
        return "then has a value that this version does not know";
    if (is_reserved_for_later(rule))
        return "a reserved field is not 0";
    if (rule->seed != 0 && rule->share == 0)
        return "there is a seed without a share";
    if (rule->then != ALCOVE_FAIL_THEN_GO_ON && !alcove_fail_rule_refuses(rule))
        return "there is a then, and nothing to refuse";
    return NULL;
}

/* ---- reading ---- */

enum { NTH, EVERY, SHARE, SEED, ABOVE, OP, THEN, KEYS };

struct key {
    const char *name, *twice, *no_number, *too_large, *zero;
};

#define KEY(name)                                                              \
    {                                                                          \
        name, name " is given twice", name " is no number",                    \
            name " is too large", name " is 0"                                 \
    }
static const struct key keys[KEYS] = {
    KEY("nth"),   KEY("every"), KEY("share"), KEY("seed"),
    KEY("above"), KEY("op"),    KEY("then"),
};

static const struct op {
    unsigned bit;
    const char *name;
} failrule_ops[] = {
#define ALCOVE_X(name, bit, text) {ALCOVE_FAIL_##name, text},
    ALCOVE_FAIL_OPS(ALCOVE_X)
#undef ALCOVE_X
};
enum { OPS = sizeof failrule_ops / sizeof *failrule_ops };

static bool
is_word(const char *s, size_t length, const char *word)
{
    return alcove_text_span(word, "") == length && memcmp(s, word, length) == 0;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits only, at least one. */
static const char *
read_digits(const char **at, uint64_t max, uint64_t *out, const struct key *key)
{
    const char *s = *at;
    uint64_t n = 0;

    if (!is_digit(*s))
        return key->no_number;
    for (; is_digit(*s); s++) {
        unsigned digit = (unsigned)(*s - '0');

        if (n > (max - digit) / 10)
            return key->too_large;
        n = 10 * n + digit;
    }
    *at = s;
    *out = n;
    return NULL;
}

static bool
is_end(const char *s)
{
    return *s == '\0' || *s == ',';
}

static const char *
read_number(const char **at, uint64_t max, uint64_t *out, const struct key *key)
{
    const char *mistake = read_digits(at, max, out, key);

    return mistake || is_end(*at) ? mistake : key->no_number;
}

static const char *
read_size(const char **at, size_t *out, const struct key *key)
{
    uint64_t n = 0;
    const char *mistake = read_number(at, SIZE_MAX, &n, key);

    *out = (size_t)n;
    return mistake || n != 0 ? mistake : key->zero;
}

static const char too_fine[] = "share is finer than 0.000001";

/* The six digits behind the point, what is missing as 0; `*out` is 0 before. */
static const char *
read_fraction(const char **at, uint64_t *out)
{
    const char *s = *at;
    unsigned digits;

    for (digits = 0; is_digit(*s); digits++, s++)
        if (digits < 6)
            *out = 10 * *out + (unsigned)(*s - '0');
        else if (*s != '0')
            return too_fine;
    if (digits == 0)
        return keys[SHARE].no_number;
    for (; digits < 6; digits++)
        *out *= 10;
    *at = s;
    return NULL;
}

static const char *
read_share(const char **at, unsigned *out)
{
    const struct key *key = &keys[SHARE];
    uint64_t whole = 0, millionths = 0;
    const char *mistake = read_digits(at, UINT32_MAX, &whole, key);

    if (!mistake && **at == '.') {
        ++*at;
        mistake = read_fraction(at, &millionths);
    }
    if (mistake)
        return mistake;
    millionths += whole * ALCOVE_FAIL_SHARE_ALL;
    if (**at == '%') {
        ++*at;
        if (millionths % 100 != 0)
            return too_fine;
        millionths /= 100;
    }
    if (!is_end(*at))
        return key->no_number;
    if (millionths > ALCOVE_FAIL_SHARE_ALL)
        return key->too_large;
    *out = (unsigned)millionths;
    return millionths != 0 ? NULL : key->zero;
}

static const char *
read_ops(const char **at, unsigned *out)
{
    for (;; ++*at) {
        size_t length = alcove_text_span(*at, "+,"), i = 0;

        while (i < OPS && !is_word(*at, length, failrule_ops[i].name))
            i++;
        if (i == OPS)
            return "op is none of alloc, resize, grow, shrink, temp, dealloc";
        if (*out & failrule_ops[i].bit)
            return "op has a kind twice";
        *out |= failrule_ops[i].bit;
        *at += length;
        if (is_end(*at))
            return NULL;
    }
}

static const char *
read_then(const char **at, enum alcove_fail_then *out)
{
    size_t length = alcove_text_span(*at, ",");

    if (is_word(*at, length, "once"))
        *out = ALCOVE_FAIL_THEN_ONCE;
    else if (is_word(*at, length, "persist"))
        *out = ALCOVE_FAIL_THEN_PERSIST;
    else
        return "then is neither once nor persist";
    *at += length;
    return NULL;
}

static const char *
read_value(const char **at, size_t key, struct alcove_fail_rule *rule)
{
    switch (key) {
    case NTH:
        return read_size(at, &rule->nth, &keys[key]);
    case EVERY:
        return read_size(at, &rule->every, &keys[key]);
    case SHARE:
        return read_share(at, &rule->share);
    case SEED:
        return read_number(at, UINT64_MAX, &rule->seed, &keys[key]);
    case ABOVE:
        return read_size(at, &rule->above, &keys[key]);
    case OP:
        return read_ops(at, &rule->ops);
    default:
        return read_then(at, &rule->then);
    }
}

/* A key, "=", and its value. */
static const char *
read_pair(const char **at, bool *seen, struct alcove_fail_rule *rule)
{
    size_t length = alcove_text_span(*at, "=,"), key = 0;

    if (length == 0 && is_end(*at))
        return "a comma has nothing before or behind it";
    while (key < KEYS && !is_word(*at, length, keys[key].name))
        key++;
    if (key == KEYS)
        return "a key is none of nth, every, share, seed, above, op, then";
    *at += length;
    if (**at != '=')
        return "a key has no value";
    ++*at;
    if (seen[key])
        return keys[key].twice;
    seen[key] = true;
    return read_value(at, key, rule);
}

static const char *
read_rule(const char *text, struct alcove_fail_rule *rule)
{
    bool seen[KEYS] = {false};
    const char *mistake;
    size_t length;

    if (!text || *text == '\0')
        return "the rule is empty: the one that refuses nothing is never";
    length = alcove_text_span(text, "");
    if (is_word(text, length, "never"))
        return NULL;
    if (alcove_text_span(text, " \t\r\n\v\f") != length)
        return "a rule has no spaces";
    for (;; text++) {
        mistake = read_pair(&text, seen, rule);
        if (mistake)
            return mistake;
        if (*text == '\0')
            break;
    }
    /* Of the rule itself a seed of 0 cannot be seen. */
    if (seen[SEED] && !seen[SHARE])
        return "there is a seed without a share";
    return alcove_fail_rule_mistake(rule);
}

bool
alcove_fail_parse(const char *text, struct alcove_fail_rule *out,
                  struct alcove_error *err)
{
    static const struct alcove_fail_rule never;
    struct alcove_fail_rule rule = never;
    const char *mistake = read_rule(text, &rule);

    if (mistake)
        return alcove_adapt_refuse("fail", mistake, err);
    *out = rule;
    return true;
}

/* ---- writing ---- */

/* "nth=" or ",nth=" */
static void
put_key(struct alcove_text *t, size_t key)
{
    if (t->length != 0)
        alcove_text_put(t, ",");
    alcove_text_put(t, keys[key].name);
    alcove_text_put(t, "=");
}

static void
failrule_put_number(struct alcove_text *t, size_t key, uint64_t n)
{
    if (n == 0)
        return;
    put_key(t, key);
    alcove_text_number(t, n);
}

static void
put_share(struct alcove_text *t, unsigned share)
{
    unsigned rest = share % ALCOVE_FAIL_SHARE_ALL, unit;

    if (share == 0)
        return;
    put_key(t, SHARE);
    alcove_text_number(t, share / ALCOVE_FAIL_SHARE_ALL);
    if (rest == 0)
        return;
    alcove_text_put(t, ".");
    for (unit = ALCOVE_FAIL_SHARE_ALL / 10; rest != 0; unit /= 10) {
        alcove_text_number(t, rest / unit);
        rest %= unit;
    }
}

static void
put_ops(struct alcove_text *t, unsigned bits)
{
    const char *between = "";
    size_t i;

    if (bits == 0)
        return;
    put_key(t, OP);
    for (i = 0; i < OPS; i++) {
        if (!(bits & failrule_ops[i].bit))
            continue;
        alcove_text_put(t, between);
        alcove_text_put(t, failrule_ops[i].name);
        between = "+";
    }
}

static void
put_then(struct alcove_text *t, enum alcove_fail_then then)
{
    if (then == ALCOVE_FAIL_THEN_GO_ON)
        return;
    put_key(t, THEN);
    alcove_text_put(t, then == ALCOVE_FAIL_THEN_ONCE ? "once" : "persist");
}

size_t
alcove_fail_format(const struct alcove_fail_rule *rule, char *buf, size_t size)
{
    struct alcove_text t = alcove_text_begin(buf, size);

    if (alcove_fail_rule_mistake(rule)) {
        alcove_text_put(&t, "?");
        return alcove_text_end(&t, size);
    }
    failrule_put_number(&t, NTH, rule->nth);
    failrule_put_number(&t, EVERY, rule->every);
    put_share(&t, rule->share);
    failrule_put_number(&t, SEED, rule->seed);
    failrule_put_number(&t, ABOVE, rule->above);
    put_ops(&t, rule->ops);
    put_then(&t, rule->then);
    if (t.length == 0)
        alcove_text_put(&t, "never");
    return alcove_text_end(&t, size);
}
