/* SPDX-License-Identifier: MIT */
/* Checked arithmetic on sizes, alignments and layouts.
 *
 * The arithmetic is in integer functions that know nothing of errors; each
 * public function is one of them and the report of its failure. Rounding masks
 * as x - (x & m), and sums are compared before they are formed: that is what a
 * prover can follow, and it costs the same.
 */
#include <config.h>

#include <alcove/layout.h>

/* alcove_layout_ok counts on it: the largest alignment then has no room for a
 * single byte, and all sizes below it round up without overflow. */
typedef char size_max_is_half[ALCOVE_SIZE_MAX == SIZE_MAX / 2 ? 1 : -1];

/*@ requires \valid(out);
    assigns *out;
    ensures \result <==> x + y <= SIZE_MAX;
    ensures *out == (\result ? x + y : \old(*out));
*/
static bool
add(size_t x, size_t y, size_t *out)
{
    if (x > SIZE_MAX - y)
        return false;
    *out = x + y;
    return true;
}

/*@ requires \valid(out);
    assigns *out;
    ensures \result ==> x * y <= SIZE_MAX;
    ensures !\result ==> x * y > SIZE_MAX;
    ensures *out == (\result ? x * y : \old(*out));
*/
static bool
mul(size_t x, size_t y, size_t *out)
{
    if (y != 0 && x > SIZE_MAX / y)
        return false;
    *out = x * y;
    return true;
}

/* By squaring: the base is squared only while it is still needed, so that a
 * square which overflows means a result that does. */
/*@ requires \valid(out);
    assigns *out;
    ensures \result ==> to_the(x, y) <= SIZE_MAX;
    ensures !\result ==> to_the(x, y) > SIZE_MAX;
    ensures *out == (\result ? to_the(x, y) : \old(*out));
*/
static bool
power(size_t x, size_t y, size_t *out)
{
    size_t result = 1;

    /*@ loop invariant
            times(result, x, y) == to_the(\at(x, Pre), \at(y, Pre));
        loop invariant x >= 1 ==> result >= 1;
        loop assigns result, x, y;
        loop variant y;
    */
    while (y != 0) {
        //@ ghost power_of_square(x, y);
        if (y % 2 == 1 && !mul(result, x, &result))
            return false;
        /*@ assert times(result, x * x, y / 2) ==
                to_the(\at(x, Pre), \at(y, Pre)); */
        y /= 2;
        if (y != 0 && !mul(x, x, &x))
            return false;
    }
    *out = result;
    return true;
}

/*@ requires \valid(out);
    assigns *out;
    ensures \result ==> computable(x, op, y);
    ensures !\result ==> !computable(x, op, y);
    ensures *out == (\result ? arith(x, op, y) : \old(*out));
*/
static bool
compute(size_t x, enum alcove_arith_op op, size_t y, size_t *out)
{
    switch (op) {
    case ALCOVE_ARITH_ADD:
        return add(x, y, out);
    case ALCOVE_ARITH_SUB:
        if (x < y)
            return false;
        *out = x - y;
        return true;
    case ALCOVE_ARITH_MUL:
        return mul(x, y, out);
    case ALCOVE_ARITH_DIV:
        if (y == 0)
            return false;
        *out = x / y;
        return true;
    case ALCOVE_ARITH_REM:
        if (y == 0)
            return false;
        *out = x % y;
        return true;
    case ALCOVE_ARITH_DIV_CEIL:
        if (y == 0)
            return false;
        *out = x / y + (x % y != 0);
        return true;
    case ALCOVE_ARITH_POW:
        return power(x, y, out);
    default:
        return false;
    }
}

/*@ requires align != 0;
    assigns \nothing;
    ensures \result <==> pow2(align);
 */
static bool
is_power_of_two(size_t align)
{
    return (align & (align - 1)) == 0;
}

/* The least multiple of `align` that is at least `size`. The caller knows that
 * size + align - 1 does not overflow. */
/*@ requires pow2(align) && size + align - 1 <= SIZE_MAX;
    assigns \nothing;
    ensures \result == up(size, align);
*/
static size_t
round_up(size_t size, size_t align)
{
    size_t sum = size + (align - 1), over = sum & (align - 1);

    return sum - over;
}

/*@ assigns \nothing;
    ensures why(\result, size, align);
*/
static enum alcove_code
layout_check(size_t size, size_t align)
{
    if (align == 0)
        return ALCOVE_ERR_ZERO_ALIGN;
    if (!is_power_of_two(align))
        return ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO;
    if (size > ALCOVE_SIZE_MAX - (align - 1))
        return ALCOVE_ERR_EXCEEDS_MAX;
    return ALCOVE_OK;
}

/* ---- the reports ---- */

/*@ requires optional(err);
    assigns *err, errno;
    ensures !\result;
    ensures err != \null ==>
        err->code == code && is(err->layout, size, align);
*/
static bool
layout_refuse(enum alcove_code code, size_t size, size_t align,
              struct alcove_error *err)
{
    struct alcove_error what = {
        .code = code,
        .layout = {size, align},
        .allocator = "layout",
    };

    return alcove_error_set(err, &what);
}

/*@ requires optional(err);
    assigns *err, errno;
    ensures !\result;
    ensures err != \null ==> err->code == (
        ALCOVE_ARITH_NONE < op < ALCOVE_ARITH_OP_COUNT ? ALCOVE_ERR_ARITH
                                                       : ALCOVE_ERR_OTHER);
    ensures err != \null ==> err->lhs == lhs && err->rhs == rhs &&
        err->op == (ALCOVE_ARITH_NONE < op < ALCOVE_ARITH_OP_COUNT
            ? op : ALCOVE_ARITH_NONE);
    ensures err != \null ==>
        (err->detail == \null <==> err->code == ALCOVE_ERR_ARITH);
*/
static bool
refuse_arith(size_t lhs, enum alcove_arith_op op, size_t rhs,
             struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_ARITH,
        .lhs = lhs,
        .op = op,
        .rhs = rhs,
        .allocator = "layout",
    };

    if (op <= ALCOVE_ARITH_NONE || op >= ALCOVE_ARITH_OP_COUNT) {
        what.code = ALCOVE_ERR_OTHER;
        what.op = ALCOVE_ARITH_NONE;
        what.detail = "no such operation";
    }
    return alcove_error_set(err, &what);
}

/*@ requires optional(err);
    assigns *err, errno;
    ensures \result <==> ok(l);
    ensures \result ==> silent{Pre, Post}(err);
    ensures !\result && err != \null ==> why(err->code, l.size, l.align);
*/
static bool
layout_valid(struct alcove_layout l, struct alcove_error *err)
{
    enum alcove_code code = layout_check(l.size, l.align);

    if (code == ALCOVE_OK)
        return true;
    return layout_refuse(code, l.size, l.align, err);
}

/* ---- the public functions ---- */

/*@ requires \valid(out) && optional(err) && \separated(out, err);
    assigns *out, *err, errno;
    ensures \result <==> valid(size, align);
    ensures \result ==> is(*out, size, align);
    ensures !\result ==> *out == \old(*out);
    ensures \result ==> silent{Pre, Post}(err);
    ensures !\result && err != \null ==> why(err->code, size, align);
*/
bool
alcove_layout_make(size_t size, size_t align, struct alcove_layout *out,
                   struct alcove_error *err)
{
    struct alcove_layout l = {size, align};

    if (!layout_valid(l, err))
        return false;
    *out = l;
    return true;
}

/*@ requires \valid(out) && optional(err) && \separated(out, err);
    assigns *out, *err, errno;
    ensures \result ==> ok(item) && valid(item.size * count, item.align);
    ensures !\result ==> !ok(item) || !valid(item.size * count, item.align);
    ensures \result ==> is(*out, item.size * count, item.align);
    ensures !\result ==> *out == \old(*out);
    ensures \result ==> silent{Pre, Post}(err);
*/
bool
alcove_layout_array(struct alcove_layout item, size_t count,
                    struct alcove_layout *out, struct alcove_error *err)
{
    size_t size;

    if (!layout_valid(item, err))
        return false;
    if (!mul(item.size, count, &size))
        return refuse_arith(item.size, ALCOVE_ARITH_MUL, count, err);
    return alcove_layout_make(size, item.align, out, err);
}

/*@ requires \valid(out) && optional(err) && \separated(out, err) &&
        (offset == \null || \valid(offset) && \separated(offset, out, err));
    assigns *out, *offset, *err, errno;
    ensures \result <==> ok(l) && ok(next) &&
        valid(up(l.size, next.align) + next.size, \max(l.align, next.align));
    ensures \result ==> is(*out, up(l.size, next.align) + next.size,
                       \max(l.align, next.align));
    ensures \result && offset != \null ==> *offset == up(l.size, next.align) &&
        *offset >= l.size && *offset % next.align == 0;
    ensures !\result && offset != \null ==> *offset == \old(*offset);
    ensures !\result ==> *out == \old(*out);
    ensures \result ==> silent{Pre, Post}(err);
*/
bool
alcove_layout_extend(struct alcove_layout l, struct alcove_layout next,
                     struct alcove_layout *out, size_t *offset,
                     struct alcove_error *err)
{
    size_t start, align = l.align > next.align ? l.align : next.align;

    if (!layout_valid(l, err) || !layout_valid(next, err))
        return false;
    /* Both sizes are at most SIZE_MAX / 2 + 1 - align: nothing overflows. */
    start = round_up(l.size, next.align);
    //@ assert start >= l.size && start % next.align == 0;
    if (!alcove_layout_make(start + next.size, align, out, err))
        return false;
    if (offset)
        *offset = start;
    return true;
}

/*@ requires \valid(out) && optional(err) && \separated(out, err) &&
        (stride == \null || \valid(stride) && \separated(stride, out, err));
    assigns *out, *stride, *err, errno;
    ensures \result ==> ok(l) && valid(up(l.size, l.align) * count, l.align);
    ensures !\result ==> !ok(l) || !valid(up(l.size, l.align) * count, l.align);
    ensures \result ==> is(*out, up(l.size, l.align) * count, l.align);
    ensures \result && stride != \null ==> *stride == up(l.size, l.align);
    ensures !\result && stride != \null ==> *stride == \old(*stride);
    ensures !\result ==> *out == \old(*out);
    ensures \result ==> silent{Pre, Post}(err);
*/
bool
alcove_layout_repeat(struct alcove_layout l, size_t count,
                     struct alcove_layout *out, size_t *stride,
                     struct alcove_error *err)
{
    struct alcove_layout padded;

    if (!layout_valid(l, err))
        return false;
    padded = alcove_layout_pad_to_align(l);
    if (!alcove_layout_array(padded, count, out, err))
        return false;
    if (stride)
        *stride = padded.size;
    return true;
}

/*@ requires \valid(out) && optional(err) && \separated(out, err);
    assigns *out, *err, errno;
    ensures \result ==> ok(l) && valid(l.size * count, l.align);
    ensures !\result ==> !ok(l) || !valid(l.size * count, l.align);
    ensures \result ==> is(*out, l.size * count, l.align);
    ensures !\result ==> *out == \old(*out);
    ensures \result ==> silent{Pre, Post}(err);
*/
bool
alcove_layout_repeat_packed(struct alcove_layout l, size_t count,
                            struct alcove_layout *out, struct alcove_error *err)
{
    return alcove_layout_array(l, count, out, err);
}

/*@ assigns \nothing;
    ensures ok(l) ==> is(\result, up(l.size, l.align), l.align) && ok(\result);
    ensures !ok(l) ==> \result == l;
*/
struct alcove_layout
alcove_layout_pad_to_align(struct alcove_layout l)
{
    if (alcove_layout_ok(l))
        l.size = round_up(l.size, l.align);
    return l;
}

/*@ requires \valid(out) && optional(err) && \separated(out, err);
    assigns *out, *err, errno;
    ensures \result <==> ok(l) && valid(l.size, align);
    ensures \result ==> l.size + *out == up(l.size, align);
    ensures !\result ==> *out == \old(*out);
    ensures \result ==> silent{Pre, Post}(err);
*/
bool
alcove_layout_padding_needed_for(struct alcove_layout l, size_t align,
                                 size_t *out, struct alcove_error *err)
{
    struct alcove_layout wanted = {l.size, align};

    if (!layout_valid(l, err) || !layout_valid(wanted, err))
        return false;
    *out = round_up(l.size, align) - l.size;
    return true;
}

/*@ requires \valid(out) && optional(err) && \separated(out, err);
    assigns *out, *err, errno;
    ensures \result <==> ok(l) && valid(l.size, align);
    ensures \result ==> is(*out, l.size, \max(l.align, align)) && ok(*out);
    ensures !\result ==> *out == \old(*out);
    ensures \result ==> silent{Pre, Post}(err);
*/
bool
alcove_layout_align_to(struct alcove_layout l, size_t align,
                       struct alcove_layout *out, struct alcove_error *err)
{
    struct alcove_layout wanted = {l.size, align};

    if (!layout_valid(l, err) || !layout_valid(wanted, err))
        return false;
    *out = l.align > align ? l : wanted;
    return true;
}

/*@ requires \valid(out) && optional(err) && \separated(out, err);
    assigns *out, *err, errno;
    ensures \result <==> ok(l) && valid(l.size, align) &&
        valid(up(l.size, align), l.align);
    ensures \result ==> ok(*out) &&
        is(*out, up(l.size, align), \max(l.align, align));
    ensures !\result ==> *out == \old(*out);
    ensures \result ==> silent{Pre, Post}(err);
*/
bool
alcove_layout_align_to_multiple_of(struct alcove_layout l, size_t align,
                                   struct alcove_layout *out,
                                   struct alcove_error *err)
{
    struct alcove_layout wanted = {l.size, align};

    if (!layout_valid(l, err) || !layout_valid(wanted, err))
        return false;
    wanted.size = round_up(l.size, align);
    return alcove_layout_align_to(wanted, l.align, out, err);
}

/*@ requires \valid(out) && optional(err) && \separated(out, err);
    assigns *out, *err, errno;
    ensures \result <==> ok(l) && valid(l.size, sizeof(void *));
    ensures \result ==> ok(*out) &&
        is(*out, l.size, \max(l.align, sizeof(void *)));
    ensures !\result ==> *out == \old(*out);
    ensures \result ==> silent{Pre, Post}(err);
*/
bool
alcove_layout_to_posix_memalign(struct alcove_layout l,
                                struct alcove_layout *out,
                                struct alcove_error *err)
{
    return alcove_layout_align_to(l, sizeof(void *), out, err);
}

/*@ requires \valid(out) && optional(err) && \separated(out, err);
    assigns *out, *err, errno;
    ensures \result <==> ok(l) && valid(l.size, sizeof(void *));
    ensures \result ==> ok(*out) && is(*out, up(l.size, out->align),
        \max(l.align, sizeof(void *)));
    ensures !\result ==> *out == \old(*out);
    ensures \result ==> silent{Pre, Post}(err);
*/
bool
alcove_layout_to_aligned_alloc(struct alcove_layout l,
                               struct alcove_layout *out,
                               struct alcove_error *err)
{
    struct alcove_layout aligned;

    if (!alcove_layout_align_to(l, sizeof(void *), &aligned, err))
        return false;
    *out = alcove_layout_pad_to_align(aligned);
    return true;
}

/*@ requires \valid(out) && optional(err) && \separated(out, err);
    assigns *out, *err, errno;
    ensures \result ==> ok(head) &&
        valid(\max(head.size, offset + count * item_size), head.align);
    ensures !\result ==> !ok(head) ||
        !valid(\max(head.size, offset + count * item_size), head.align);
    ensures \result ==> ok(*out) && is(*out,
        up(\max(head.size, offset + count * item_size), head.align),
        head.align);
    ensures !\result ==> *out == \old(*out);
    ensures \result ==> silent{Pre, Post}(err);
    ensures !ok(head) && err != \null ==>
        why(err->code, head.size, head.align);
*/
bool
alcove_layout_flex(struct alcove_layout head, size_t offset, size_t item_size,
                   size_t count, struct alcove_layout *out,
                   struct alcove_error *err)
{
    size_t items, size;

    if (!layout_valid(head, err))
        return false;
    if (!mul(count, item_size, &items))
        return refuse_arith(count, ALCOVE_ARITH_MUL, item_size, err);
    if (!add(offset, items, &size))
        return refuse_arith(offset, ALCOVE_ARITH_ADD, items, err);
    head.size = size > head.size ? size : head.size;
    if (!layout_valid(head, err))
        return false;
    *out = alcove_layout_pad_to_align(head);
    return true;
}

/*@ requires \valid(out) && optional(err) && \separated(out, err);
    assigns *out, *err, errno;
    ensures \result ==> computable(lhs, op, rhs) && *out == arith(lhs, op, rhs);
    ensures !\result ==> !computable(lhs, op, rhs);
    ensures !\result ==> *out == \old(*out);
    ensures \result ==> silent{Pre, Post}(err);
*/
bool
alcove_arith(size_t lhs, enum alcove_arith_op op, size_t rhs, size_t *out,
             struct alcove_error *err)
{
    size_t result;

    if (!compute(lhs, op, rhs, &result))
        return refuse_arith(lhs, op, rhs, err);
    *out = result;
    return true;
}
