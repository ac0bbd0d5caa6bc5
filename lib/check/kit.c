/* SPDX-License-Identifier: MIT */
/* What all checks have in common: the verdict, numbers, errors. */
#include <config.h>

#include "kit.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* ---- the verdict ---- */

/* The first failure stands. */
static void ALCOVE_PRINTF(3, 0)
    kit_judge(struct kit *k, enum alcove_verdict verdict, const char *fmt,
              va_list args)
{
    if (k->verdict == ALCOVE_VERDICT_FAIL)
        return;
    k->verdict = verdict;
    vsnprintf(k->text, sizeof k->text, fmt, args);
}

bool
alcove_kit_fail(struct kit *k, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    kit_judge(k, ALCOVE_VERDICT_FAIL, fmt, args);
    va_end(args);
    return false;
}

bool
alcove_kit_that(struct kit *k, bool good, const char *fmt, ...)
{
    va_list args;

    if (good)
        return true;
    va_start(args, fmt);
    kit_judge(k, ALCOVE_VERDICT_FAIL, fmt, args);
    va_end(args);
    return false;
}

void
alcove_kit_skip(struct kit *k, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    kit_judge(k, ALCOVE_VERDICT_SKIP, fmt, args);
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
    size = (size_t)1 << alcove_kit_below(k, bits + 1);
    size += alcove_kit_below(k, (size_t)1 << alcove_kit_below(k, bits + 1));
    align = (size_t)1 << alcove_kit_below(k, 6);
    if (alcove_kit_below(k, 16) == 0)
        align = (size_t)1 << alcove_kit_below(k, 13);
    return kit_lay(size < most ? size : most, align);
}

/* ---- the parent ---- */

size_t
alcove_kit_asked(const struct kit *k)
{
    return k->books ? k->books->asked : 0;
}

size_t
alcove_kit_parent_refused(const struct kit *k)
{
    return k->books ? k->books->refused : 0;
}

void
alcove_kit_refuse_after(struct kit *k, size_t count)
{
    if (k->books)
        alcove_books_refuse_after(k->books, count);
}

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

    if (rounds == 0 || now <= half + slack || now - half <= rounds / 16 * size)
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

bool
alcove_kit_refused(struct kit *k, const char *what, bool done,
                   enum alcove_code code, enum alcove_code or_code)
{
    enum alcove_code is = k->err.code;
    bool good = is == code || is == or_code;

    k->refused += !done;
    alcove_kit_unset(&k->err);
    return alcove_kit_that(k, !done, "%s is not refused", what) &&
           alcove_kit_that(k, good, "%s is refused as %s", what,
                           alcove_code_name(is));
}

void
alcove_kit_count_call(void *mem, void *count)
{
    (void)mem;
    ++*(size_t *)count;
}

int
alcove_kit_code_errno(enum alcove_code code)
{
    static const int numbers[] = {
#define ALCOVE_X(name, number, text) number,
        ALCOVE_CODES(ALCOVE_X)
#undef ALCOVE_X
    };

    return (size_t)code < KIT_COUNT(numbers) ? numbers[code] : EIO;
}
