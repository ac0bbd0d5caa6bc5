/* SPDX-License-Identifier: MIT */
/* The layout operations and alcove_arith against arithmetic with twice as many
 * bits: each succeeds if and only if it must, writes its results then only, and
 * they are right. */
#include <config.h>

#include "fuzz.h"

#include <alcove/layout.h>

#include <errno.h>

/* ---- twice the bits ---- */

struct wide {
    uint64_t high, low;
};

static struct wide
widen(uint64_t x)
{
    struct wide w = {0, x};

    return w;
}

static struct wide
plus(struct wide w, uint64_t x)
{
    w.low += x;
    w.high += w.low < x;
    return w;
}

static struct wide
times(uint64_t x, uint64_t y)
{
    const uint64_t half = UINT64_C(0xffffffff);
    uint64_t x0 = x & half, x1 = x >> 32, y0 = y & half, y1 = y >> 32;
    uint64_t middle = x1 * y0 + (x0 * y0 >> 32);
    uint64_t other = x0 * y1 + (middle & half);
    struct wide w = {x1 * y1 + (middle >> 32) + (other >> 32), x * y};

    return w;
}

static bool
is_at_most(struct wide w, uint64_t most)
{
    return w.high == 0 && w.low <= most;
}

/* Rounded up to a multiple, without a mask. */
static struct wide
up(struct wide w, uint64_t align)
{
    /* Two to the power of 64 leaves nothing over a power of two below it. */
    uint64_t rest = w.low % align;

    return rest == 0 ? w : plus(w, align - rest);
}

/* ---- what must come out ---- */

static bool
is_power(uint64_t align)
{
    unsigned i, bits = 0;

    for (i = 0; i < 64; i++)
        bits += (unsigned)(align >> i & 1);
    return bits == 1;
}

/* Of a layout of this size; ALCOVE_OK: it is valid. */
static enum alcove_code
code_of(struct wide size, uint64_t align)
{
    if (align == 0)
        return ALCOVE_ERR_ZERO_ALIGN;
    if ((align & (align - 1)) != 0) /* as is_power says, and faster */
        return ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO;
    return is_at_most(up(size, align), ALCOVE_SIZE_MAX)
               ? ALCOVE_OK
               : ALCOVE_ERR_EXCEEDS_MAX;
}

static bool
is_valid(struct alcove_layout l)
{
    return code_of(widen(l.size), l.align) == ALCOVE_OK;
}

/* ---- one operation ---- */

enum { MARK = 4242 };
static const struct alcove_layout untouched = {77, 78};

struct result {
    struct alcove_layout out;
    size_t number;
    struct alcove_error err;
};

static struct result r;

static void
before(void)
{
    r.out = untouched;
    r.number = 79;
    r.err.code = ALCOVE_OK;
    errno = MARK;
}

/* Whether `done`, and whether that is right. */
static bool
after(bool done, bool must_be, const char *what)
{
    must(done == must_be, "%s is %s", what, done ? "done" : "refused");
    if (done) {
        must(errno == MARK && r.err.code == ALCOVE_OK,
             "%s succeeds, with errno %d, code %d", what, errno, r.err.code);
        return true;
    }
    must(r.out.size == untouched.size && r.out.align == untouched.align &&
             r.number == 79,
         "%s is refused, and writes a result", what);
    must(errno != MARK && r.err.code != ALCOVE_OK,
         "%s is refused, and does not say so", what);
    return false;
}

static void
gives(struct wide size, size_t align, const char *what)
{
    must(is_at_most(size, r.out.size) && size.low == r.out.size &&
             r.out.align == align,
         "%s gives %zu aligned to %zu, not %ju to %zu", what, r.out.size,
         r.out.align, (uintmax_t)size.low, align);
}

static void
make(size_t size, size_t align)
{
    enum alcove_code code = code_of(widen(size), align);

    before();
    if (after(alcove_layout_make(size, align, &r.out, &r.err),
              code == ALCOVE_OK, "make"))
        gives(widen(size), align, "make");
    else
        must(r.err.code == code, "make says %d, not %d", r.err.code, code);
    must(alcove_layout_ok((struct alcove_layout){size, align}) ==
             (code == ALCOVE_OK),
         "layout_ok is wrong");
}

static void
repeat(unsigned which, struct alcove_layout l, size_t count)
{
    bool valid = is_valid(l), done;
    uint64_t stride =
        !valid || which != 1 ? l.size : up(widen(l.size), l.align).low;
    struct wide size = times(stride, count);
    bool good = valid && is_at_most(size, SIZE_MAX) &&
                code_of(size, l.align) == ALCOVE_OK;

    before();
    if (which == 0)
        done = alcove_layout_array(l, count, &r.out, &r.err);
    else if (which == 1)
        done = alcove_layout_repeat(l, count, &r.out, &r.number, &r.err);
    else
        done = alcove_layout_repeat_packed(l, count, &r.out, &r.err);
    if (after(done, good, "repeat")) {
        gives(size, l.align, "repeat");
        must(which != 1 || r.number == stride, "repeat: a wrong stride");
    } else if (valid) {
        must(r.err.code == (is_at_most(size, SIZE_MAX) ? ALCOVE_ERR_EXCEEDS_MAX
                                                       : ALCOVE_ERR_ARITH),
             "repeat says %d", r.err.code);
    }
}

static void
extend(struct alcove_layout l, struct alcove_layout next)
{
    size_t align = l.align > next.align ? l.align : next.align;
    bool good = is_valid(l) && is_valid(next);
    struct wide offset = good ? up(widen(l.size), next.align) : widen(0);
    struct wide size = plus(offset, next.size);

    before();
    if (after(alcove_layout_extend(l, next, &r.out, &r.number, &r.err),
              good && code_of(size, align) == ALCOVE_OK, "extend")) {
        gives(size, align, "extend");
        must(r.number == offset.low, "extend: a wrong offset");
    }
}

static void
pad(struct alcove_layout l)
{
    struct wide size = is_valid(l) ? up(widen(l.size), l.align) : widen(l.size);

    r.out = alcove_layout_pad_to_align(l);
    gives(size, l.align, "pad_to_align");
}

static void
padding(struct alcove_layout l, size_t align)
{
    bool good = is_valid(l) && is_power(align);
    struct wide size = good ? up(widen(l.size), align) : widen(0);

    before();
    if (after(alcove_layout_padding_needed_for(l, align, &r.number, &r.err),
              good && is_at_most(size, ALCOVE_SIZE_MAX), "padding_needed_for"))
        must(r.number == size.low - l.size, "padding_needed_for is wrong");
}

static void
align_to(struct alcove_layout l, size_t align, bool multiple)
{
    bool good = is_valid(l) && is_power(align);
    size_t larger = align > l.align ? align : l.align;
    struct wide size =
        good && multiple ? up(widen(l.size), align) : widen(l.size);

    before();
    if (after(multiple
                  ? alcove_layout_align_to_multiple_of(l, align, &r.out, &r.err)
                  : alcove_layout_align_to(l, align, &r.out, &r.err),
              good && code_of(size, larger) == ALCOVE_OK, "align_to"))
        gives(size, larger, "align_to");
}

static void
to_backend(struct alcove_layout l, bool whole)
{
    size_t align = l.align < sizeof(void *) ? sizeof(void *) : l.align;
    bool good = is_valid(l);
    struct wide size = good && whole ? up(widen(l.size), align) : widen(l.size);

    before();
    if (after(whole ? alcove_layout_to_aligned_alloc(l, &r.out, &r.err)
                    : alcove_layout_to_posix_memalign(l, &r.out, &r.err),
              good && code_of(size, align) == ALCOVE_OK, "to_backend"))
        gives(size, align, "to_backend");
}

static void
flex(struct alcove_layout head, size_t offset, size_t item, size_t count)
{
    struct wide size = plus(times(item, count), offset);
    bool good = is_valid(head) && is_at_most(size, SIZE_MAX);

    if (is_at_most(size, head.size))
        size = widen(head.size);
    before();
    if (after(alcove_layout_flex(head, offset, item, count, &r.out, &r.err),
              good && code_of(size, head.align) == ALCOVE_OK, "flex"))
        gives(up(size, head.align), head.align, "flex");
}

/* lhs ** rhs by one multiplication after the other. */
static struct wide
power(size_t lhs, size_t rhs)
{
    struct wide w = widen(1);

    if (lhs <= 1)
        return rhs == 0 ? w : widen(lhs);
    for (; rhs > 0 && is_at_most(w, SIZE_MAX); rhs--)
        w = times(w.low, lhs);
    return w;
}

static void
arith(size_t lhs, enum alcove_arith_op op, size_t rhs)
{
    struct wide w = widen(0);
    bool good = true;

    switch (op) {
    case ALCOVE_ARITH_ADD:
        w = plus(widen(lhs), rhs);
        break;
    case ALCOVE_ARITH_SUB:
        good = lhs >= rhs;
        break;
    case ALCOVE_ARITH_MUL:
        w = times(lhs, rhs);
        break;
    case ALCOVE_ARITH_DIV:
    case ALCOVE_ARITH_REM:
    case ALCOVE_ARITH_DIV_CEIL:
        good = rhs != 0;
        break;
    case ALCOVE_ARITH_POW:
        w = power(lhs, rhs);
        break;
    default:
        good = false;
    }
    before();
    if (!after(alcove_arith(lhs, op, rhs, &r.number, &r.err),
               good && is_at_most(w, SIZE_MAX), "arith")) {
        must((r.err.code == ALCOVE_ERR_OTHER) ==
                 (op == ALCOVE_ARITH_NONE || op >= ALCOVE_ARITH_OP_COUNT),
             "arith %d says %d", op, r.err.code);
        return;
    }
    /* The inverse operation says whether a difference or a quotient is right.
     */
    switch (op) {
    case ALCOVE_ARITH_SUB:
        good = plus(widen(r.number), rhs).low == lhs && r.number <= lhs;
        break;
    case ALCOVE_ARITH_DIV:
        w = times(r.number, rhs);
        good = is_at_most(w, lhs) && lhs - w.low < rhs;
        break;
    case ALCOVE_ARITH_REM:
        good = r.number < rhs && (lhs - r.number) / rhs * rhs == lhs - r.number;
        break;
    case ALCOVE_ARITH_DIV_CEIL:
        w = times(r.number, rhs);
        good = lhs == 0 ? r.number == 0
                        : w.high != 0 || (w.low >= lhs && w.low - lhs < rhs &&
                                          r.number != 0);
        break;
    default:
        good = w.low == r.number;
    }
    must(good, "%zu, operation %d, %zu is not %zu", lhs, op, rhs, r.number);
}

/* ---- from bytes ---- */

/* Small ones, and those around the places where something changes. */
static size_t
size_of(struct bytes *in)
{
    unsigned how = byte(in);
    size_t near = how & 15;

    switch (how >> 4) {
    case 0:
    case 1:
        return how;
    case 2:
    case 3:
        return byte(in);
    case 4:
    case 5:
        return (size_t)number(in, 2);
    case 6:
        return (size_t)number(in, 4);
    case 7:
    case 8:
        return (size_t)number(in, 8);
    case 9:
        return ALCOVE_SIZE_MAX - near;
    case 10:
        return ALCOVE_SIZE_MAX + near;
    case 11:
        return SIZE_MAX - near;
    case 12:
        return ALCOVE_SIZE_MAX - byte(in) * 16u - near;
    case 13:
        return ((size_t)1 << byte(in) % (8 * sizeof(size_t))) - near;
    case 14:
        return ((size_t)1 << byte(in) % (8 * sizeof(size_t))) + near;
    default:
        return (SIZE_MAX >> byte(in) % (8 * sizeof(size_t))) - near;
    }
}

static size_t
align_of(struct bytes *in)
{
    unsigned how = byte(in);

    if (how < 224)
        return (size_t)1 << (how < 160 ? how % 16 : how) % (8 * sizeof(size_t));
    return how < 240 ? how - 224 : size_of(in);
}

static struct alcove_layout
layout_of(struct bytes *in)
{
    struct alcove_layout l = {size_of(in), 0};

    l.align = align_of(in);
    return l;
}

static void
one(struct bytes *in)
{
    unsigned op = byte(in) % 16;
    struct alcove_layout l, next;
    size_t x, y;

    switch (op) {
    case 0:
        l = layout_of(in);
        make(l.size, l.align);
        break;
    case 1:
    case 2:
    case 3:
        l = layout_of(in);
        repeat(op - 1, l, size_of(in));
        break;
    case 4:
    case 5:
        l = layout_of(in);
        next = layout_of(in);
        extend(l, next);
        break;
    case 6:
        pad(layout_of(in));
        break;
    case 7:
        l = layout_of(in);
        padding(l, align_of(in));
        break;
    case 8:
    case 9:
        l = layout_of(in);
        align_to(l, align_of(in), op == 9);
        break;
    case 10:
    case 11:
        to_backend(layout_of(in), op == 11);
        break;
    case 12:
        l = layout_of(in);
        x = size_of(in);
        y = size_of(in);
        flex(l, x, y, size_of(in));
        break;
    default:
        op = byte(in) % 10;
        x = size_of(in);
        arith(x, (enum alcove_arith_op)op, size_of(in));
    }
}

static size_t
run(const uint8_t *data, size_t size)
{
    struct bytes in = {data, data + size};
    size_t ops = 0;

    fuzz_about("arith");
    for (; bytes_left(&in); ops++)
        one(&in);
    return ops;
}

const struct fuzz_target fuzz_arith = {"arith", run, 4096, 20};
