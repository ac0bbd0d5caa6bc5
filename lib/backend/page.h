/* SPDX-License-Identifier: MIT */
/* What the backends over pages have in common: the arithmetic. The contracts
 * are for verify/prove. */
#ifndef ALCOVE_LIB_BACKEND_PAGE_H
#define ALCOVE_LIB_BACKEND_PAGE_H

#include <alcove/page.h>

/* `size` in whole units, at most PTRDIFF_MAX + 1: sizes are below that. */
/*@ requires pow2(unit) && size + unit - 1 <= SIZE_MAX;
    assigns \nothing;
    ensures \result == up(size, unit);
*/
static inline size_t
length(size_t size, size_t unit)
{
    size_t sum = size + (unit - 1), over = sum & (unit - 1);

    return sum - over;
}

/* Is `size` in whole units a valid size? */
/*@ requires unit == 0 || pow2(unit);
    assigns \nothing;
    ensures \result <==> unit != 0 && valid(size, unit);
*/
static inline bool
has_length(size_t size, size_t unit)
{
    return unit != 0 && size <= ALCOVE_SIZE_MAX - (unit - 1);
}

/* ---- a reservation ---- */

/* How much memory to take ahead of the need for a block of this size. */
/*@ assigns \nothing;
    ensures \result == \max(64 * 1024, \min(size / 8, 512 * 1024));
*/
static inline size_t
ahead_of(size_t size)
{
    const size_t least = (size_t)64 * 1024, most = (size_t)512 * 1024;

    if (size / 8 < least)
        return least;
    return size / 8 < most ? size / 8 : most;
}

/* `need` bytes and `more`, in whole steps, but not beyond the range. */
/*@ requires pow2(step) && need <= size && size + step - 1 <= SIZE_MAX;
    assigns \nothing;
    ensures \result == \min(up(need + more, step), size);
    ensures need <= \result <= size;
*/
static inline size_t
upto(size_t need, size_t more, size_t size, size_t step)
{
    if (more > size - need)
        return size;
    need = length(need + more, step);
    return need < size ? need : size;
}

/* How much of the committed memory to keep when `need` bytes are needed: all,
 * unless a lot lies beyond. Not so little that the next step would take it
 * again. */
/*@ requires pow2(step) && need <= committed <= size;
    requires size + step - 1 <= SIZE_MAX;
    assigns \nothing;
    ensures need <= \result <= committed;
    ensures committed - need <= 128 * 1024 ==> \result == committed;
    ensures \result == committed ||
        \result >= \min(need + 64 * 1024, size);
    ensures \result - need <= 1024 * 1024 + step;
*/
static inline size_t
worth_keeping(size_t committed, size_t need, size_t size, size_t step)
{
    size_t ahead = ahead_of(need), keep;

    if (committed - need <= 2 * ahead)
        return committed;
    keep = upto(need, ahead, size, step);
    return keep < committed ? keep : committed;
}

#endif /* ALCOVE_LIB_BACKEND_PAGE_H */
