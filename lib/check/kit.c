/* SPDX-License-Identifier: MIT */
/* What all checks have in common: the verdict, numbers, errors. */
#include <config.h>

#include "kit.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* ---- the verdict ---- */

bool
alcove_kit_fail(struct kit *k, const char *fmt, ...)
{
    va_list args;

    if (k->verdict == ALCOVE_VERDICT_FAIL)
        return false;
    k->verdict = ALCOVE_VERDICT_FAIL;
    va_start(args, fmt);
    vsnprintf(k->text, sizeof k->text, fmt, args);
    va_end(args);
    return false;
}

void
alcove_kit_skip(struct kit *k, const char *fmt, ...)
{
    va_list args;

    if (k->verdict == ALCOVE_VERDICT_FAIL)
        return;
    k->verdict = ALCOVE_VERDICT_SKIP;
    va_start(args, fmt);
    vsnprintf(k->text, sizeof k->text, fmt, args);
    va_end(args);
}

void
alcove_kit_say(struct kit *k, const char *fmt, ...)
{
    va_list args;

    if (k->verdict != ALCOVE_VERDICT_PASS)
        return;
    va_start(args, fmt);
    vsnprintf(k->text, sizeof k->text, fmt, args);
    va_end(args);
}

bool
alcove_kit_failed(const struct kit *k)
{
    return k->verdict == ALCOVE_VERDICT_FAIL;
}

bool
alcove_kit_did(struct kit *k, size_t count, const char *what)
{
    if (count == 0)
        alcove_kit_skip(k, "nothing %s: %zu requests refused", what,
                        k->refused);
    return count > 0;
}

const char *
alcove_kit_why(const struct alcove_error *err, char *buf)
{
    if (alcove_kit_is_unset(err))
        return "without an error";
    alcove_error_format(err, buf, KIT_TEXT);
    return buf;
}

/* ---- numbers ---- */

/* splitmix64: every bit of the sum's mixture is random. */
ALCOVE_WRAPS size_t
alcove_kit_random(struct kit *k)
{
    uint64_t x = k->random += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (size_t)((x ^ (x >> 31)) >> 16);
}

size_t
alcove_kit_below(struct kit *k, size_t limit)
{
    return (alcove_kit_random(k) & 0x7fffffff) % limit;
}

struct alcove_layout
alcove_kit_layout(struct kit *k, size_t most)
{
    unsigned bits = 0;
    size_t size, align;

    while (bits < 30 && ((size_t)1 << bits) < most)
        bits++;
    size = ((size_t)1 << alcove_kit_below(k, bits + 1)) +
           alcove_kit_below(k, (size_t)1 << alcove_kit_below(k, bits + 1));
    align = (size_t)1 << alcove_kit_below(k, 6);
    if (alcove_kit_below(k, 16) == 0)
        align = (size_t)1 << alcove_kit_below(k, 13);
    return kit_lay(size < most ? size : most, align);
}

/* ---- what the parent lends ---- */

void
alcove_kit_half_time(struct kit *k, size_t round, size_t rounds, size_t *half)
{
    if (k->books && round == rounds / 2)
        *half = k->books->live_bytes;
}

bool
alcove_kit_lends_no_more(struct kit *k, size_t size, size_t rounds, size_t half)
{
    const size_t slack = (size_t)1 << 20;
    size_t now = k->books ? k->books->live_bytes : 0;

    if (now <= half || now - half <= slack || now - half <= rounds / 16 * size)
        return true;
    return alcove_kit_fail(
        k, "%zu rounds with %zu bytes: %zu bytes more are the parent's",
        rounds / 2, size, now - half);
}

/* ---- errors ---- */

void
alcove_kit_unset(struct alcove_error *err)
{
    memset(err, KIT_UNSET, sizeof *err);
    errno = KIT_MARK;
}

bool
alcove_kit_is_unset(const struct alcove_error *err)
{
    const unsigned char *bytes = (const unsigned char *)err;
    size_t i;

    for (i = 0; i < sizeof *err; i++)
        if (bytes[i] != KIT_UNSET)
            return false;
    return true;
}

int
alcove_kit_code_errno(enum alcove_code code)
{
    switch (code) {
#define ALCOVE_X(name, number, text)                                           \
    case ALCOVE_##name:                                                        \
        return number;
        ALCOVE_CODES(ALCOVE_X)
#undef ALCOVE_X
    default:
        return EIO;
    }
}
