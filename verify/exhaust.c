/* SPDX-License-Identifier: MIT */
/* The shipped lib/core/layout.c with a size type of WIDTH bits, 8 or 16, in all
 * cases, against plain arithmetic in 64 bits. What is asked of each function:
 * that it succeeds if and only if it must, that it writes its results then and
 * only then, that they are right, and that the error has the right code.
 *
 *     exhaust FUNCTION   prints the cases, or the first that is wrong
 *     exhaust            prints the functions
 *
 * Where the compiler has _BitInt, the type has no promotion to int, as size_t
 * has none. */
#include <alcove/config.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t wide;

#if EXHAUST_BITINT
typedef unsigned _BitInt(WIDTH) small;
#elif WIDTH == 8
typedef uint8_t small;
#else
typedef uint16_t small;
#endif

/* From here on, that is what a size is. */
#define size_t small
#undef SIZE_MAX
#undef PTRDIFF_MAX
#define SIZE_MAX ((size_t) ~(size_t)0)
#define PTRDIFF_MAX (SIZE_MAX / 2)

#include "../lib/core/layout.c"

#undef size_t

#define MOST ((wide)1 << (WIDTH - 1)) /* ALCOVE_SIZE_MAX, and 1 */
#define ALL ((wide)1 << WIDTH)

/* ---- what layout.c reports to ---- */

static struct alcove_error reported;
static unsigned reports;

bool
alcove_error_set(struct alcove_error *err, const struct alcove_error *what)
{
    reports++;
    reported = *what;
    if (err)
        *err = *what;
    return false;
}

/* ---- the plain arithmetic ---- */

static bool
is_power(wide a)
{
    wide p;

    for (p = 1; p < ALL; p *= 2)
        if (p == a)
            return true;
    return false;
}

static wide
up(wide size, wide align)
{
    return (size + align - 1) / align * align;
}

/* Of a layout of these; ALCOVE_OK: it is valid. */
static enum alcove_code
code_of(wide size, wide align)
{
    if (align == 0)
        return ALCOVE_ERR_ZERO_ALIGN;
    if (!is_power(align))
        return ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO;
    return up(size, align) < MOST ? ALCOVE_OK : ALCOVE_ERR_EXCEEDS_MAX;
}

static bool
is_valid(wide size, wide align)
{
    return code_of(size, align) == ALCOVE_OK;
}

/* ---- cases ---- */

static wide cases;
static enum alcove_code expected; /* of the case at hand */

enum { NEVER = 0x5a };

static const struct alcove_layout untouched = {NEVER, NEVER + 1};
static struct alcove_layout out;
static small number;

static void
begin(enum alcove_code code)
{
    cases++;
    expected = code;
    out = untouched;
    number = NEVER;
    reports = 0;
}

static void
wrong(const char *what, wide a, wide b, wide c, wide d)
{
    printf("%s is wrong for %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64
           ": expected code %d, reported %d in %u reports, result %u, %u, %u\n",
           what, a, b, c, d, (int)expected, (int)reported.code, reports,
           (unsigned)out.size, (unsigned)out.align, (unsigned)number);
    exit(1);
}

/* Did it fail as it must, with nothing written? */
static bool
failed(bool said)
{
    return !said && reports == 1 && reported.code == expected &&
           out.size == untouched.size && out.align == untouched.align &&
           number == NEVER;
}

static bool
gave(bool said, wide size, wide align, wide n)
{
    return said && reports == 0 && out.size == size && out.align == align &&
           number == n;
}

static bool
judge(bool said, wide size, wide align, wide n)
{
    return expected == ALCOVE_OK ? gave(said, size, align, n) : failed(said);
}

static struct alcove_layout
lay(wide size, wide align)
{
    struct alcove_layout l = {(small)size, (small)align};

    return l;
}

/* All pairs of numbers, valid layouts or not. */
#define EACH_PAIR(s, a)                                                        \
    for ((s) = 0; (s) < ALL; (s)++)                                            \
        for ((a) = 0; (a) < ALL; (a)++)

/* All valid layouts. */
#define EACH_LAYOUT(s, a)                                                      \
    for ((a) = 1; (a) < ALL; (a) *= 2)                                         \
        for ((s) = 0; up(s, a) < MOST; (s)++)

#define EACH(n) for ((n) = 0; (n) < ALL; (n)++)

static void
all_ok(void)
{
    wide s, a;

    EACH_PAIR(s, a)
    {
        begin(ALCOVE_OK);
        if (alcove_layout_ok(lay(s, a)) != is_valid(s, a))
            wrong("ok", s, a, 0, 0);
    }
}

static void
all_make(void)
{
    wide s, a;

    EACH_PAIR(s, a)
    {
        begin(code_of(s, a));
        if (!judge(alcove_layout_make((small)s, (small)a, &out, NULL), s, a,
                   NEVER))
            wrong("make", s, a, 0, 0);
    }
}

static enum alcove_code
product_code(wide size, wide n, wide align)
{
    return size * n < ALL ? code_of(size * n, align) : ALCOVE_ERR_ARITH;
}

static void
all_array(void)
{
    wide s, a, n;

    EACH_LAYOUT(s, a)
    EACH(n)
    {
        begin(product_code(s, n, a));
        if (!judge(alcove_layout_array(lay(s, a), (small)n, &out, NULL), s * n,
                   a, NEVER))
            wrong("array", s, a, n, 0);
    }
    EACH_PAIR(s, a)
    {
        begin(code_of(s, a));
        if (expected != ALCOVE_OK &&
            !failed(alcove_layout_array(lay(s, a), 1, &out, NULL)))
            wrong("array", s, a, 1, 0);
    }
}

static void
all_unary(void)
{
    const wide least = sizeof(void *);
    wide s, a;

    EACH_PAIR(s, a)
    {
        struct alcove_layout padded = alcove_layout_pad_to_align(lay(s, a));
        wide align = a > least ? a : least;
        enum alcove_code code = code_of(s, a);

        begin(code);
        if (padded.align != a ||
            padded.size != (code == ALCOVE_OK ? up(s, a) : s))
            wrong("pad_to_align", s, a, padded.size, padded.align);
        begin(code != ALCOVE_OK ? code : code_of(s, align));
        if (!judge(alcove_layout_to_posix_memalign(lay(s, a), &out, NULL), s,
                   align, NEVER))
            wrong("to_posix_memalign", s, a, 0, 0);
        begin(expected);
        if (!judge(alcove_layout_to_aligned_alloc(lay(s, a), &out, NULL),
                   up(s, align), align, NEVER))
            wrong("to_aligned_alloc", s, a, 0, 0);
    }
}

/* What has too many cases at 16 bits. */
#if WIDTH == 8
static void
all_repeat(void)
{
    wide s, a, n;

    EACH_LAYOUT(s, a)
    EACH(n)
    {
        wide stride = up(s, a);

        begin(product_code(stride, n, a));
        if (!judge(
                alcove_layout_repeat(lay(s, a), (small)n, &out, &number, NULL),
                stride * n, a, stride))
            wrong("repeat", s, a, n, 0);
        begin(product_code(s, n, a));
        if (!judge(alcove_layout_repeat_packed(lay(s, a), (small)n, &out, NULL),
                   s * n, a, NEVER))
            wrong("repeat_packed", s, a, n, 0);
    }
}

static void
extend(wide s, wide a, wide t, wide b)
{
    wide start = 0, end = 0, align = a > b ? a : b;
    enum alcove_code code = code_of(s, a);

    if (code == ALCOVE_OK)
        code = code_of(t, b);
    if (code == ALCOVE_OK) {
        start = up(s, b);
        end = start + t;
        code = code_of(end, align);
    }
    begin(code);
    if (!judge(alcove_layout_extend(lay(s, a), lay(t, b), &out, &number, NULL),
               end, align, start))
        wrong("extend", s, a, t, b);
}

static void
all_extend(void)
{
    wide s, a, t, b;

    EACH_PAIR(s, a)
    EACH_PAIR(t, b)
    extend(s, a, t, b);
}

static void
align(wide s, wide a, wide b)
{
    enum alcove_code code = code_of(s, a);
    wide most = a > b ? a : b;

    if (code == ALCOVE_OK)
        code = code_of(s, b);
    begin(code);
    if (!judge(alcove_layout_padding_needed_for(lay(s, a), (small)b, &number,
                                                NULL),
               untouched.size, untouched.align,
               code == ALCOVE_OK ? up(s, b) - s : 0))
        wrong("padding_needed_for", s, a, b, 0);
    begin(code);
    if (!judge(alcove_layout_align_to(lay(s, a), (small)b, &out, NULL), s, most,
               NEVER))
        wrong("align_to", s, a, b, 0);
    begin(code);
    if (!judge(
            alcove_layout_align_to_multiple_of(lay(s, a), (small)b, &out, NULL),
            code == ALCOVE_OK ? up(s, b) : 0, most, NEVER))
        wrong("align_to_multiple_of", s, a, b, 0);
}

static void
all_align(void)
{
    wide s, a, b;

    EACH_LAYOUT(s, a)
    EACH(b)
    align(s, a, b);
    EACH_PAIR(s, a)
    for (b = 1; b < ALL; b *= 2)
        align(s, a, b);
}

static void
all_flex(void)
{
    wide s, a, offset, item, n;

    EACH_LAYOUT(s, a)
    EACH(offset)
    EACH(item)
    EACH(n)
    {
        wide sum = offset + item * n, size = sum > s ? sum : s;

        begin(item * n >= ALL || sum >= ALL ? ALCOVE_ERR_ARITH
                                            : code_of(size, a));
        if (!judge(alcove_layout_flex(lay(s, a), (small)offset, (small)item,
                                      (small)n, &out, NULL),
                   up(size, a), a, NEVER))
            wrong("flex", s, a, offset, item);
    }
}
#endif

/* The true result; ALL: there is none. */
static wide
true_result(wide x, enum alcove_arith_op op, wide y)
{
    wide power = 1, i;

    switch (op) {
    case ALCOVE_ARITH_ADD:
        return x + y < ALL ? x + y : ALL;
    case ALCOVE_ARITH_SUB:
        return x >= y ? x - y : ALL;
    case ALCOVE_ARITH_MUL:
        return x * y < ALL ? x * y : ALL;
    case ALCOVE_ARITH_DIV:
        return y > 0 ? x / y : ALL;
    case ALCOVE_ARITH_REM:
        return y > 0 ? x % y : ALL;
    case ALCOVE_ARITH_DIV_CEIL:
        return y > 0 ? (x + y - 1) / y : ALL;
    case ALCOVE_ARITH_POW:
        for (i = 0; i < y && power < ALL && x > 1; i++)
            power *= x;
        if (x <= 1)
            power = x == 1 || y == 0;
        return power < ALL ? power : ALL;
    default:
        return ALL;
    }
}

static void
all_arith(void)
{
    int op;
    wide x, y;

    for (op = ALCOVE_ARITH_NONE; op <= ALCOVE_ARITH_OP_COUNT; op++)
        EACH_PAIR(x, y)
        {
            enum alcove_arith_op o = (enum alcove_arith_op)op;
            bool is_one = op > ALCOVE_ARITH_NONE && op < ALCOVE_ARITH_OP_COUNT;
            wide r = true_result(x, o, y);

            begin(!is_one    ? ALCOVE_ERR_OTHER
                  : r == ALL ? ALCOVE_ERR_ARITH
                             : ALCOVE_OK);
            if (!judge(alcove_arith((small)x, o, (small)y, &number, NULL),
                       untouched.size, untouched.align, r))
                wrong("arith", x, (wide)op, y, r);
        }
}

static const struct {
    const char *name;
    void (*all)(void);
} functions[] = {
    {"ok", all_ok},         {"make", all_make},     {"array", all_array},
    {"unary", all_unary},   {"arith", all_arith},
#if WIDTH == 8
    {"repeat", all_repeat}, {"extend", all_extend}, {"align", all_align},
    {"flex", all_flex},
#endif
};

int
main(int argc, char **argv)
{
    unsigned i;

    for (i = 0; i < sizeof functions / sizeof *functions; i++)
        if (argc < 2) {
            puts(functions[i].name);
        } else if (strcmp(argv[1], functions[i].name) == 0) {
            functions[i].all();
            printf("%" PRIu64 " cases\n", cases);
        }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
