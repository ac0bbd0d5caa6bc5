/* SPDX-License-Identifier: MIT */
/* Layout arithmetic is what exact arithmetic says, in every corner of size_t.
 *
 * The model computes with numbers of twice the width, and with division where
 * the library uses masks. Every case checks the whole contract: success if and
 * only if the model succeeds, the value, what must stay untouched, the error,
 * and errno; every few cases go without an error or a second result.
 */
#include <config.h>

#include <alcove/alloc.h>

#include "tap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BITS ((unsigned)(sizeof(size_t) * 8))

/* ---- whole numbers of twice the width ---- */

#if SIZE_MAX <= UINT32_MAX && !defined WIDE_BY_HAND
#    define WIDE_INT uint64_t
#elif defined __SIZEOF_INT128__ && !defined WIDE_BY_HAND
__extension__ typedef unsigned __int128 uint128;
#    define WIDE_INT uint128
#endif

#ifdef WIDE_INT

struct wide {
    WIDE_INT n;
};

static struct wide
wide(size_t n)
{
    return (struct wide){n};
}

static struct wide
wide_add(struct wide a, struct wide b)
{
    return (struct wide){a.n + b.n};
}

static struct wide
wide_mul(size_t a, size_t b)
{
    return (struct wide){(WIDE_INT)a * b};
}

static bool
wide_fits(struct wide a)
{
    return a.n <= SIZE_MAX;
}

static size_t
wide_low(struct wide a)
{
    return (size_t)a.n;
}

#else

struct wide {
    size_t high, low;
};

static struct wide
wide(size_t n)
{
    return (struct wide){0, n};
}

static struct wide
wide_add(struct wide a, struct wide b)
{
    size_t low = a.low + b.low;

    return (struct wide){a.high + b.high + (low < a.low), low};
}

static struct wide
wide_mul(size_t a, size_t b)
{
    struct wide sum = {0, 0};
    struct wide term = {0, a > b ? a : b};

    for (b = a > b ? b : a; b > 0; b /= 2) {
        if (b % 2)
            sum = wide_add(sum, term);
        term = wide_add(term, term);
    }
    return sum;
}

static bool
wide_fits(struct wide a)
{
    return a.high == 0;
}

static size_t
wide_low(struct wide a)
{
    return a.low;
}

#endif

/* ---- the model ---- */

struct expect {
    enum alcove_code code;    /* ALCOVE_OK: it succeeds, with these: */
    struct alcove_layout out; /* the result; a number is in its size */
    size_t extra;             /* the offset or stride */
    size_t lhs, rhs;          /* it fails with ARITH, and says these, */
    enum alcove_arith_op op;
    bool either_way; /* in whatever order */
};

#define UNTOUCHED ((size_t)0x5a5a5a5a)
#define MARK (-4711) /* an errno that nobody sets */

static bool
is_power_of_two(size_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

static struct wide
round_up(size_t n, size_t align)
{
    return wide_mul(n / align + (n % align != 0), align);
}

/* What is wrong with this layout. */
static enum alcove_code
fault(struct wide size, size_t align)
{
    struct wide rounded;

    if (align == 0)
        return ALCOVE_ERR_ZERO_ALIGN;
    if (!is_power_of_two(align))
        return ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO;
    if (!wide_fits(size))
        return ALCOVE_ERR_EXCEEDS_MAX;
    rounded = round_up(wide_low(size), align);
    if (!wide_fits(rounded) || wide_low(rounded) > ALCOVE_SIZE_MAX)
        return ALCOVE_ERR_EXCEEDS_MAX;
    return ALCOVE_OK;
}

static enum alcove_code
layout_fault(struct alcove_layout l)
{
    return fault(wide(l.size), l.align);
}

static struct expect
expect_layout(struct wide size, size_t align, size_t extra)
{
    struct expect e = {ALCOVE_OK, {0, 0}, 0, 0, 0, ALCOVE_ARITH_NONE, true};

    e.code = fault(size, align);
    e.out.size = wide_low(size);
    e.out.align = align;
    e.extra = extra;
    return e;
}

static struct expect
expect_number(size_t n)
{
    struct expect e = {ALCOVE_OK, {0, 0}, 0, 0, 0, ALCOVE_ARITH_NONE, true};

    e.out.size = n;
    e.out.align = UNTOUCHED;
    return e;
}

static struct expect
expect_code(enum alcove_code code)
{
    struct expect e = {ALCOVE_OK, {0, 0}, 0, 0, 0, ALCOVE_ARITH_NONE, true};

    e.code = code;
    return e;
}

static struct expect
expect_arith(size_t lhs, enum alcove_arith_op op, size_t rhs)
{
    struct expect e = expect_code(ALCOVE_ERR_ARITH);

    e.lhs = lhs;
    e.op = op;
    e.rhs = rhs;
    return e;
}

static int
errno_of(enum alcove_code code)
{
    switch (code) {
    case ALCOVE_ERR_ZERO_ALIGN:
    case ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO:
        return EINVAL;
    case ALCOVE_ERR_EXCEEDS_MAX:
    case ALCOVE_ERR_ARITH:
        return EOVERFLOW;
    case ALCOVE_ERR_OTHER:
        return EIO;
    default:
        return 0;
    }
}

/* ---- one case ---- */

enum property {
    MAKE,
    ARRAY,
    EXTEND,
    REPEAT,
    REPEAT_PACKED,
    PADDING_NEEDED_FOR,
    ALIGN_TO,
    ALIGN_TO_MULTIPLE_OF,
    TO_POSIX_MEMALIGN,
    TO_ALIGNED_ALLOC,
    FLEX,
    ARITH,
    PROPERTY_COUNT
};

static struct {
    const char *name;
    unsigned long done, refused, wrong;
} properties[PROPERTY_COUNT] = {
    {"alcove_layout_make", 0, 0, 0},
    {"alcove_layout_array", 0, 0, 0},
    {"alcove_layout_extend", 0, 0, 0},
    {"alcove_layout_repeat", 0, 0, 0},
    {"alcove_layout_repeat_packed", 0, 0, 0},
    {"alcove_layout_padding_needed_for", 0, 0, 0},
    {"alcove_layout_align_to", 0, 0, 0},
    {"alcove_layout_align_to_multiple_of", 0, 0, 0},
    {"alcove_layout_to_posix_memalign", 0, 0, 0},
    {"alcove_layout_to_aligned_alloc", 0, 0, 0},
    {"alcove_layout_flex", 0, 0, 0},
    {"alcove_arith", 0, 0, 0},
};

static unsigned long cases;
static struct alcove_layout out;
static size_t extra;
static bool extra_wanted; /* has the address of `extra` been passed? */
static struct alcove_error err, pristine;

/* The error and the second result to pass: sometimes none. */
static struct alcove_error *
begin(void)
{
    cases++;
    out.size = out.align = extra = UNTOUCHED;
    extra_wanted = false;
    errno = MARK;
    return cases % 5 ? &err : NULL;
}

static size_t *
second(void)
{
    extra_wanted = cases % 7 != 0;
    return extra_wanted ? &extra : NULL;
}

static const char *
wrong_success(const struct expect *e, bool done)
{
    if (!done)
        return "is refused";
    if (out.size != e->out.size || out.align != e->out.align)
        return "gives another result";
    if (extra != (extra_wanted ? e->extra : UNTOUCHED))
        return "gives another offset or stride";
    if (errno != MARK)
        return "succeeds, but touches errno";
    if (memcmp(&err, &pristine, sizeof err) != 0)
        return "succeeds, but touches the error";
    return NULL;
}

static bool
same_operands(const struct expect *e)
{
    return err.op == e->op &&
           ((err.lhs == e->lhs && err.rhs == e->rhs) ||
            (e->either_way && err.lhs == e->rhs && err.rhs == e->lhs));
}

static const char *
wrong_failure(enum property p, const struct expect *e, bool done)
{
    if (done)
        return "is not refused";
    if (out.size != UNTOUCHED || out.align != UNTOUCHED || extra != UNTOUCHED)
        return "fails, but writes a result";
    if (!errno_is(errno_of(e->code)))
        return "fails with another errno";
    if (cases % 5 == 0)
        return NULL;
    if (err.code != e->code)
        return "fails with another code";
    if (err.os_error != 0 || err.cause != ALCOVE_CAUSE_UNKNOWN)
        return "fails, but for the operating system";
    if (err.old.size != 0 || err.old.align != 0 || err.limit != 0 ||
        (e->code < ALCOVE_ERR_ARITH && err.op != ALCOVE_ARITH_NONE))
        return "fails, but for a block";
    if (e->code == ALCOVE_ERR_ARITH)
        return same_operands(e) ? NULL : "fails with other operands";
    if (p == MAKE &&
        (err.layout.size != e->out.size || err.layout.align != e->out.align))
        return "fails, but does not say what was asked for";
    if (e->code == ALCOVE_ERR_OTHER &&
        (err.op != ALCOVE_ARITH_NONE || !err.detail))
        return "does not say that there is no such operation";
    if (e->code != ALCOVE_ERR_OTHER && (err.lhs != 0 || err.rhs != 0))
        return "fails, but with operands";
    if (e->code != ALCOVE_ERR_OTHER && layout_fault(err.layout) != e->code)
        return "shows a layout that has not this fault";
    return NULL;
}

static void
end(enum property p, const struct expect *e, bool done, const size_t *in,
    unsigned in_count)
{
    const char *why = e->code == ALCOVE_OK ? wrong_success(e, done)
                                           : wrong_failure(p, e, done);
    unsigned i;

    if (e->code == ALCOVE_OK)
        properties[p].done++;
    else
        properties[p].refused++;
    if (why && properties[p].wrong++ == 0) {
        diag("%s of the following %s", properties[p].name, why);
        for (i = 0; i < in_count; i++)
            diag("    0x%" PRIxMAX, (uintmax_t)in[i]);
        diag("  result %s, errno %d, 0x%" PRIxMAX ", 0x%" PRIxMAX
             ", 0x%" PRIxMAX,
             done ? "true" : "false", errno, (uintmax_t)out.size,
             (uintmax_t)out.align, (uintmax_t)extra);
        diag("  expected %s, 0x%" PRIxMAX ", 0x%" PRIxMAX ", 0x%" PRIxMAX,
             alcove_code_name(e->code), (uintmax_t)e->out.size,
             (uintmax_t)e->out.align, (uintmax_t)e->extra);
        if (!done && cases % 5)
            diag("  error %s, 0x%" PRIxMAX " aligned to 0x%" PRIxMAX
                 ", op %d of 0x%" PRIxMAX " and 0x%" PRIxMAX,
                 alcove_code_name(err.code), (uintmax_t)err.layout.size,
                 (uintmax_t)err.layout.align, (int)err.op, (uintmax_t)err.lhs,
                 (uintmax_t)err.rhs);
    }
    if (!done || why)
        err = pristine;
}

#define END(p, e, done, ...)                                                   \
    end(p, e, done, (size_t[]){__VA_ARGS__},                                   \
        sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t))

/* ---- the functions, one by one ---- */

static void
try_make(size_t size, size_t align)
{
    bool done = alcove_layout_make(size, align, &out, begin());
    struct expect e = expect_layout(wide(size), align, 0);

    END(MAKE, &e, done, size, align);
}

static void
try_array(struct alcove_layout item, size_t count)
{
    struct wide total = wide_mul(item.size, count);
    bool done = alcove_layout_array(item, count, &out, begin());
    struct expect e = layout_fault(item) ? expect_code(layout_fault(item))
                      : wide_fits(total)
                          ? expect_layout(total, item.align, 0)
                          : expect_arith(item.size, ALCOVE_ARITH_MUL, count);

    END(ARRAY, &e, done, item.size, item.align, count);
}

static void
try_extend(struct alcove_layout l, struct alcove_layout next)
{
    struct alcove_error *to = begin();
    bool done = alcove_layout_extend(l, next, &out, second(), to);
    struct expect e;

    if (layout_fault(l)) {
        e = expect_code(layout_fault(l));
    } else if (layout_fault(next)) {
        e = expect_code(layout_fault(next));
    } else {
        struct wide offset = round_up(l.size, next.align);

        e = expect_layout(wide_add(offset, wide(next.size)),
                          l.align > next.align ? l.align : next.align,
                          wide_low(offset));
    }
    END(EXTEND, &e, done, l.size, l.align, next.size, next.align);
}

static void
try_repeat(struct alcove_layout l, size_t count)
{
    struct alcove_error *to = begin();
    bool done = alcove_layout_repeat(l, count, &out, second(), to);
    struct expect e;

    if (layout_fault(l)) {
        e = expect_code(layout_fault(l));
    } else {
        size_t stride = wide_low(round_up(l.size, l.align));
        struct wide total = wide_mul(stride, count);

        e = wide_fits(total) ? expect_layout(total, l.align, stride)
                             : expect_arith(stride, ALCOVE_ARITH_MUL, count);
    }
    END(REPEAT, &e, done, l.size, l.align, count);
}

static void
try_repeat_packed(struct alcove_layout l, size_t count)
{
    struct wide total = wide_mul(l.size, count);
    bool done = alcove_layout_repeat_packed(l, count, &out, begin());
    struct expect e = layout_fault(l) ? expect_code(layout_fault(l))
                      : wide_fits(total)
                          ? expect_layout(total, l.align, 0)
                          : expect_arith(l.size, ALCOVE_ARITH_MUL, count);

    END(REPEAT_PACKED, &e, done, l.size, l.align, count);
}

static void
try_padding_needed_for(struct alcove_layout l, size_t align)
{
    struct alcove_error *to = begin();
    bool done = alcove_layout_padding_needed_for(l, align, &out.size, to);
    struct expect e;

    if (layout_fault(l)) {
        e = expect_code(layout_fault(l));
    } else {
        e = expect_code(fault(wide(l.size), align));
        if (!e.code)
            e = expect_number(wide_low(round_up(l.size, align)) - l.size);
    }
    END(PADDING_NEEDED_FOR, &e, done, l.size, l.align, align);
}

static void
try_align_to(struct alcove_layout l, size_t align)
{
    bool done = alcove_layout_align_to(l, align, &out, begin());
    struct expect e = layout_fault(l) ? expect_code(layout_fault(l))
                                      : expect_code(fault(wide(0), align));

    if (!e.code)
        e = expect_layout(wide(l.size), l.align > align ? l.align : align, 0);
    END(ALIGN_TO, &e, done, l.size, l.align, align);
}

static void
try_align_to_multiple_of(struct alcove_layout l, size_t align)
{
    bool done = alcove_layout_align_to_multiple_of(l, align, &out, begin());
    struct expect e = layout_fault(l) ? expect_code(layout_fault(l))
                                      : expect_code(fault(wide(0), align));

    if (!e.code)
        e = expect_layout(round_up(l.size, align),
                          l.align > align ? l.align : align, 0);
    END(ALIGN_TO_MULTIPLE_OF, &e, done, l.size, l.align, align);
}

static void
try_to_posix_memalign(struct alcove_layout l)
{
    bool done = alcove_layout_to_posix_memalign(l, &out, begin());
    size_t align = l.align < sizeof(void *) ? sizeof(void *) : l.align;
    struct expect e = layout_fault(l) ? expect_code(layout_fault(l))
                                      : expect_layout(wide(l.size), align, 0);

    END(TO_POSIX_MEMALIGN, &e, done, l.size, l.align);
}

static void
try_to_aligned_alloc(struct alcove_layout l)
{
    bool done = alcove_layout_to_aligned_alloc(l, &out, begin());
    size_t align = l.align < sizeof(void *) ? sizeof(void *) : l.align;
    struct expect e = layout_fault(l)
                          ? expect_code(layout_fault(l))
                          : expect_layout(round_up(l.size, align), align, 0);

    END(TO_ALIGNED_ALLOC, &e, done, l.size, l.align);
}

static struct expect
model_flex(struct alcove_layout head, size_t offset, size_t item, size_t count)
{
    struct wide tail = wide_mul(count, item);
    struct wide total = wide_add(wide(offset), tail);
    size_t size;

    if (layout_fault(head))
        return expect_code(layout_fault(head));
    if (!wide_fits(tail))
        return expect_arith(item, ALCOVE_ARITH_MUL, count);
    if (!wide_fits(total))
        return expect_arith(offset, ALCOVE_ARITH_ADD, wide_low(tail));
    size = wide_low(total) > head.size ? wide_low(total) : head.size;
    return expect_layout(round_up(size, head.align), head.align, 0);
}

static void
try_flex(struct alcove_layout head, size_t offset, size_t item, size_t count)
{
    bool done = alcove_layout_flex(head, offset, item, count, &out, begin());
    struct expect e = model_flex(head, offset, item, count);

    END(FLEX, &e, done, head.size, head.align, offset, item, count);
}

static struct wide
power(size_t base, size_t exponent)
{
    struct wide n = wide(1);

    if (base <= 1)
        return wide(exponent == 0 ? 1 : base);
    while (exponent-- > 0 && wide_fits(n))
        n = wide_mul(wide_low(n), base);
    return n;
}

static struct expect
model_arith(size_t lhs, enum alcove_arith_op op, size_t rhs)
{
    struct expect no = expect_arith(lhs, op, rhs);
    struct wide n;

    no.either_way = false;
    switch (op) {
    case ALCOVE_ARITH_ADD:
        n = wide_add(wide(lhs), wide(rhs));
        break;
    case ALCOVE_ARITH_SUB:
        if (lhs < rhs)
            return no;
        n = wide(lhs - rhs);
        break;
    case ALCOVE_ARITH_MUL:
        n = wide_mul(lhs, rhs);
        break;
    case ALCOVE_ARITH_DIV:
        if (rhs == 0)
            return no;
        n = wide(lhs / rhs);
        break;
    case ALCOVE_ARITH_REM:
        if (rhs == 0)
            return no;
        n = wide(lhs - lhs / rhs * rhs);
        break;
    case ALCOVE_ARITH_DIV_CEIL:
        if (rhs == 0)
            return no;
        n = wide(lhs / rhs + (lhs % rhs != 0));
        break;
    case ALCOVE_ARITH_POW:
        n = power(lhs, rhs);
        break;
    default:
        return expect_code(ALCOVE_ERR_OTHER);
    }
    return wide_fits(n) ? expect_number(wide_low(n)) : no;
}

static void
try_arith(size_t lhs, unsigned op, size_t rhs)
{
    struct alcove_error *to = begin();
    bool done = alcove_arith(lhs, (enum alcove_arith_op)op, rhs, &out.size, to);
    struct expect e = model_arith(lhs, (enum alcove_arith_op)op, rhs);

    END(ARITH, &e, done, lhs, op, rhs);
}

/* ---- the corners of size_t ---- */

static size_t sizes[256], aligns[128];
static size_t size_count, align_count;

static void
fill_corners(void)
{
    static const size_t small[] = {0, 1, 2, 3, 5, 6, 7, 8, 9, 15, 16, 17, 24};
    static const size_t odd[] = {0, 3, 5, 6, 7, 12, 24, 48, 4097};
    unsigned bit;
    size_t i;

    for (i = 0; i < sizeof small / sizeof *small; i++)
        sizes[size_count++] = small[i];
    for (bit = 5; bit < BITS; bit++) {
        sizes[size_count++] = ((size_t)1 << bit) - 1;
        sizes[size_count++] = (size_t)1 << bit;
        sizes[size_count++] = ((size_t)1 << bit) + 1;
    }
    for (i = 2; i <= 17; i += 3) {
        sizes[size_count++] = ALCOVE_SIZE_MAX - i;
        sizes[size_count++] = ALCOVE_SIZE_MAX + i;
        sizes[size_count++] = SIZE_MAX - i;
    }
    sizes[size_count++] = SIZE_MAX / 3;
    sizes[size_count++] = SIZE_MAX - 1;
    sizes[size_count++] = SIZE_MAX;

    for (bit = 0; bit < BITS; bit++)
        aligns[align_count++] = (size_t)1 << bit;
    for (i = 0; i < sizeof odd / sizeof *odd; i++)
        aligns[align_count++] = odd[i];
    aligns[align_count++] = SIZE_MAX / 2;
    aligns[align_count++] = SIZE_MAX / 2 + 2;
    aligns[align_count++] = SIZE_MAX - 1;
    aligns[align_count++] = SIZE_MAX;
}

/* A choice of the corners, for the products of four and five. */
static const size_t few_sizes[] = {
    0,
    1,
    2,
    3,
    7,
    8,
    9,
    15,
    16,
    17,
    4095,
    4096,
    4097,
    SIZE_MAX / 4 + 1,
    SIZE_MAX / 3,
    ALCOVE_SIZE_MAX - 16,
    ALCOVE_SIZE_MAX - 15,
    ALCOVE_SIZE_MAX - 8,
    ALCOVE_SIZE_MAX - 7,
    ALCOVE_SIZE_MAX - 1,
    ALCOVE_SIZE_MAX,
    ALCOVE_SIZE_MAX + 1,
    ALCOVE_SIZE_MAX + 2,
    SIZE_MAX - 15,
    SIZE_MAX - 1,
    SIZE_MAX,
};

static const size_t few_aligns[] = {
    1,
    2,
    4,
    8,
    16,
    64,
    4096,
    (SIZE_MAX >> (sizeof(size_t) * 4)) + 1,
    SIZE_MAX / 4 + 1,
    SIZE_MAX / 2 + 1,
    0,
    3,
    24,
    SIZE_MAX,
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void
try_layout(struct alcove_layout l)
{
    size_t i;

    try_make(l.size, l.align);
    try_to_posix_memalign(l);
    try_to_aligned_alloc(l);
    for (i = 0; i < COUNT(few_sizes); i++) {
        try_array(l, few_sizes[i]);
        try_repeat(l, few_sizes[i]);
        try_repeat_packed(l, few_sizes[i]);
    }
    for (i = 0; i < COUNT(few_aligns); i++) {
        try_padding_needed_for(l, few_aligns[i]);
        try_align_to(l, few_aligns[i]);
        try_align_to_multiple_of(l, few_aligns[i]);
    }
}

static void
try_few_layout(struct alcove_layout l)
{
    size_t i, j;

    for (i = 0; i < COUNT(few_sizes); i++)
        for (j = 0; j < COUNT(few_aligns); j++)
            try_extend(l, (struct alcove_layout){few_sizes[i], few_aligns[j]});
    for (i = 0; i < size_count; i++) {
        try_array(l, sizes[i]);
        try_repeat(l, sizes[i]);
        try_repeat_packed(l, sizes[i]);
    }
    for (i = 0; i < align_count; i++) {
        try_padding_needed_for(l, aligns[i]);
        try_align_to(l, aligns[i]);
        try_align_to_multiple_of(l, aligns[i]);
    }
}

/* Every third of the few is enough for a product of five. */
static void
try_few_flex(struct alcove_layout head)
{
    size_t i, j, k;

    for (i = 0; i < COUNT(few_sizes); i += 3)
        for (j = 0; j < COUNT(few_sizes); j += 2)
            for (k = 0; k < COUNT(few_sizes); k += 3)
                try_flex(head, few_sizes[i], few_sizes[j], few_sizes[k]);
}

static void
cross_products(void)
{
    size_t i, j;
    unsigned op;

    for (i = 0; i < size_count; i++)
        for (j = 0; j < align_count; j++)
            try_layout((struct alcove_layout){sizes[i], aligns[j]});
    for (i = 0; i < COUNT(few_sizes); i++)
        for (j = 0; j < COUNT(few_aligns); j++)
            try_few_layout((struct alcove_layout){few_sizes[i], few_aligns[j]});
    for (i = 0; i < COUNT(few_sizes); i += 3)
        for (j = 0; j < COUNT(few_aligns); j++)
            try_few_flex((struct alcove_layout){few_sizes[i], few_aligns[j]});
    for (i = 0; i < size_count; i++)
        for (j = 0; j < size_count; j++)
            for (op = 0; op <= ALCOVE_ARITH_OP_COUNT; op++)
                try_arith(sizes[i], op, sizes[j]);
}

/* ---- at random ---- */

#define RANDOM_CASES 1200000

static size_t
random_size(void)
{
    size_t r = tap_random();
    unsigned shape = r & 7;
    unsigned bit = (unsigned)(r >> 3) % BITS;

    r = tap_random();
    switch (shape) {
    case 0:
        return r;
    case 1:
        return sizes[r % size_count];
    case 2:
        return ((size_t)1 << bit) + r % 9 - 4;
    case 3:
        return ALCOVE_SIZE_MAX - r % 64;
    default:
        return r >> bit;
    }
}

static size_t
random_align(void)
{
    size_t r = tap_random();

    if ((r & 31) == 0)
        return aligns[(r >> 5) % align_count];
    if ((r & 31) == 1)
        return random_size();
    if ((r & 31) < 8)
        return (size_t)1 << (r >> 5) % BITS;
    return (size_t)1 << (r >> 5) % 13;
}

/* A number that makes n * number come out beside one of the two limits, or any
 * number. */
static size_t
random_factor(size_t n)
{
    size_t r = tap_random();

    if (n == 0 || (r & 3) == 0)
        return random_size();
    return (r & 4 ? SIZE_MAX : ALCOVE_SIZE_MAX) / n + (r >> 3) % 4 - 2;
}

/* The same for n + number. */
static size_t
random_term(size_t n)
{
    size_t r = tap_random();

    if ((r & 3) == 0)
        return random_size();
    return (r & 4 ? SIZE_MAX : ALCOVE_SIZE_MAX) - n + (r >> 3) % 64 - 48;
}

static void
try_at_random(enum property p)
{
    struct alcove_layout l, next;
    size_t number, offset;

    l.size = random_size();
    l.align = random_align();
    switch (p) {
    case MAKE:
        try_make(l.size, l.align);
        break;
    case ARRAY:
        try_array(l, random_factor(l.size));
        break;
    case EXTEND:
        next.size = random_term(l.size);
        next.align = random_align();
        try_extend(l, next);
        break;
    case REPEAT:
        l.align = l.align > 4096 ? 64 : l.align;
        number = l.align ? wide_low(round_up(l.size, l.align)) : 0;
        try_repeat(l, random_factor(number));
        break;
    case REPEAT_PACKED:
        try_repeat_packed(l, random_factor(l.size));
        break;
    case PADDING_NEEDED_FOR:
        try_padding_needed_for(l, random_align());
        break;
    case ALIGN_TO:
        try_align_to(l, random_align());
        break;
    case ALIGN_TO_MULTIPLE_OF:
        try_align_to_multiple_of(l, random_align());
        break;
    case TO_POSIX_MEMALIGN:
        try_to_posix_memalign(l);
        break;
    case TO_ALIGNED_ALLOC:
        try_to_aligned_alloc(l);
        break;
    case FLEX:
        number = random_size();
        offset = random_size();
        if (offset & 1)
            try_flex(l, offset, number, random_factor(number));
        else
            try_flex(l, random_term(number), number, 1);
        break;
    default:
        number = tap_random() % 7 + 1;
        if (number == ALCOVE_ARITH_POW)
            try_arith(l.size, ALCOVE_ARITH_POW, tap_random() % 16);
        else if (number == ALCOVE_ARITH_ADD)
            try_arith(l.size, ALCOVE_ARITH_ADD, random_term(l.size));
        else
            try_arith(l.size, (unsigned)number, random_factor(l.size));
        break;
    }
}

/* ---- what cannot fail ---- */

static void
check_layout_ok(void)
{
    unsigned long ok_wrong = 0, block_wrong = 0, pad_wrong = 0, null = 0;
    size_t i, j;

    for (i = 0; i < size_count; i++) {
        for (j = 0; j < align_count; j++) {
            struct alcove_layout l = {sizes[i], aligns[j]};
            struct alcove_layout padded = alcove_layout_pad_to_align(l);
            bool good = layout_fault(l) == ALCOVE_OK;
            struct wide size = good ? round_up(l.size, l.align) : wide(l.size);

            ok_wrong += alcove_layout_ok(l) != good;
            block_wrong += alcove_layout_is_block(l) != (good && l.size > 0);
            pad_wrong += padded.size != wide_low(size);
            pad_wrong += padded.align != l.align;
            if (good)
                null += (uintptr_t)alcove_layout_dangling(l) == 0 ||
                        (uintptr_t)alcove_layout_dangling(l) % l.align != 0;
        }
    }
    is_size(ok_wrong, 0, "alcove_layout_ok agrees with the model");
    is_size(block_wrong, 0, "alcove_layout_is_block: valid, and not of size 0");
    is_size(pad_wrong, 0,
            "alcove_layout_pad_to_align rounds up, invalid layouts excepted");
    is_size(null, 0, "alcove_layout_dangling is not NULL, and aligned");
}

struct tailed {
    size_t number;
    char flag;
    char tail[];
};

struct listed {
    char flag;
    double items[];
};

static void
check_flex_macro(void)
{
    struct alcove_layout tailed = ALCOVE_LAYOUT(struct tailed);
    struct alcove_layout listed = ALCOVE_LAYOUT(struct listed);
    unsigned long wrong = 0;
    size_t n;

    for (n = 0; n < 100; n++) {
        struct expect t =
            model_flex(tailed, offsetof(struct tailed, tail), 1, n);
        struct expect l = model_flex(listed, offsetof(struct listed, items),
                                     sizeof(double), n);

        wrong += !ALCOVE_LAYOUT_FLEX(struct tailed, tail, n, &out, NULL) ||
                 out.size != t.out.size || out.align != t.out.align ||
                 out.size < sizeof(struct tailed) ||
                 out.size < offsetof(struct tailed, tail) + n;
        wrong += !ALCOVE_LAYOUT_FLEX(struct listed, items, n, &out, NULL) ||
                 out.size != l.out.size || out.align != l.out.align;
    }
    is_size(wrong, 0, "ALCOVE_LAYOUT_FLEX has room for the array and sizeof");
    ok(!ALCOVE_LAYOUT_FLEX(struct listed, items, SIZE_MAX, &out, NULL),
       "...and refuses a count that is too large");
}

static void
check_types(void)
{
    struct alcove_layout l = ALCOVE_LAYOUT(struct tailed);

    is_size(l.size, sizeof(struct tailed), "ALCOVE_LAYOUT has the type's size");
    ok(l.align % sizeof(char) == 0 && is_power_of_two(l.align) &&
           l.size % l.align == 0,
       "...and an alignment of which the size is a multiple");
    ok(alcove_layout_ok(ALCOVE_LAYOUT(char)) &&
           alcove_layout_ok(ALCOVE_LAYOUT(long double)) &&
           alcove_layout_ok(ALCOVE_LAYOUT(char[3])),
       "...and is valid for every type");
    is_size(ALCOVE_SIZE_MAX, SIZE_MAX / 2, "ALCOVE_SIZE_MAX is PTRDIFF_MAX");
}

int
main(void)
{
    unsigned long i, most = tap_hurries() ? RANDOM_CASES / 4 : RANDOM_CASES;
    unsigned p;

    tap_plan(PROPERTY_COUNT + 10);
    memset(&pristine, 0xa5, sizeof pristine);
    err = pristine;
    fill_corners();

    check_types();
    check_layout_ok();
    check_flex_macro();

    cross_products();
    for (i = 0; i < most; i++)
        try_at_random((enum property)(i % PROPERTY_COUNT));

    for (p = 0; p < PROPERTY_COUNT; p++)
        ok(properties[p].wrong == 0 && properties[p].done > 1000 &&
               properties[p].refused > 1000,
           "%s is exact (%lu cases that succeed, %lu that fail)",
           properties[p].name, properties[p].done, properties[p].refused);
    return tap_done();
}
