/* SPDX-License-Identifier: MIT */
/* The arithmetic of the pool: sizes, strides and counts, no pointers. The
 * contracts are for verify/prove. */
#ifndef ALCOVE_LIB_COMPOSE_POOLSPAN_H
#define ALCOVE_LIB_COMPOSE_POOLSPAN_H

#include <alcove/layout.h>

/*@ assigns \nothing;
    ensures \result == \max(x, y);
*/
static inline size_t
larger(size_t x, size_t y)
{
    return x > y ? x : y;
}

/* Bytes from `address` to the next multiple of `unit`, a power of two. */
/*@ requires pow2(unit);
    assigns \nothing;
    ensures \result == (address % unit == 0 ? 0 : unit - address % unit);
*/
static inline size_t
bytes_to_unit(uintptr_t address, size_t unit)
{
    size_t over = address & (unit - 1);

    //@ assert over == address % unit;
    return over == 0 ? 0 : unit - over;
}

/* From one block of `size` bytes, and a gap, to the next; `tail` bytes are
 * behind the last. Fails if and only if one block and the tail are no valid
 * layout aligned to `unit`. */
/*@ requires \valid(stride) && pow2(unit);
    requires 0 < size && size + gap <= SIZE_MAX && tail <= ALCOVE_SIZE_MAX;
    assigns *stride;
    ensures \result <==> valid(up(size + gap, unit) + tail, unit);
    ensures *stride == (\result ? up(size + gap, unit) : \old(*stride));
*/
static inline bool
find_stride(size_t size, size_t gap, size_t tail, size_t unit, size_t *stride)
{
    size_t most, sum = size + gap, over;

    if (unit - 1 > ALCOVE_SIZE_MAX - tail)
        return false;
    most = ALCOVE_SIZE_MAX - tail - (unit - 1);
    if (sum > most)
        return false;
    sum += unit - 1;
    over = sum & (unit - 1);
    sum -= over;
    if (sum > most)
        return false;
    *stride = sum;
    return true;
}

/* The blocks that `size` bytes have room for, `skip` of them being taken. */
/*@ requires stride > 0;
    assigns \nothing;
    ensures \result == 0 || skip + \result * stride <= size;
    ensures skip + (\result + 1) * stride > size;
*/
static inline size_t
blocks_in(size_t size, size_t skip, size_t stride)
{
    return size < skip ? 0 : (size - skip) / stride;
}

/* How many blocks a chunk gets: at least one. */
/*@ requires 0 < stride;
    assigns \nothing;
    ensures \result >= 1;
    ensures \result == 1 || \result * stride + tail <= size;
    ensures (\result + 1) * stride + tail > size;
*/
static inline size_t
blocks_of_chunk(size_t size, size_t tail, size_t stride)
{
    return larger(blocks_in(size, tail, stride), 1);
}

/* How many blocks to carve at a time, when `left` are there. */
/*@ requires stride > 0 && left > 0;
    assigns \nothing;
    ensures \result == \min(\max(batch / stride, 1), left);
*/
static inline size_t
blocks_to_carve(size_t batch, size_t stride, size_t left)
{
    size_t n = larger(batch / stride, 1);

    return n < left ? n : left;
}

/* Does a block that was carved begin at this offset? */
/*@ requires stride > 0;
    assigns \nothing;
    ensures \result <==> offset % stride == 0 && offset / stride < carved;
*/
static inline bool
is_start(size_t offset, size_t stride, size_t carved)
{
    size_t index = offset / stride;

    return index < carved && offset == index * stride;
}

#endif /* ALCOVE_LIB_COMPOSE_POOLSPAN_H */
