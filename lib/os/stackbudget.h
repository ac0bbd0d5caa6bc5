/* SPDX-License-Identifier: MIT */
/* The arithmetic of the stack: how much of it blocks may have. Addresses are
 * numbers here. The contracts are for verify/prove. */
#ifndef ALCOVE_LIB_OS_STACKBUDGET_H
#define ALCOVE_LIB_OS_STACKBUDGET_H

#include <alcove/base.h>

#define ALCOVE_STACK_KIB ((size_t)1024)

/* What the frames between the one that was asked about and the block take,
 * AddressSanitizer's red zones included. */
#define ALCOVE_STACK_SLOP ((size_t)512)

/* A quarter of the stack, within limits. */
/*@ assigns \nothing;
    ensures \result ==
        \max(16 * ALCOVE_STACK_KIB, \min(size / 4, 64 * ALCOVE_STACK_KIB));
*/
static inline size_t
alcove_stack_usual_reserve(size_t size)
{
    size_t reserve = size / 4;

    if (reserve < 16 * ALCOVE_STACK_KIB)
        reserve = 16 * ALCOVE_STACK_KIB;
    if (reserve > 64 * ALCOVE_STACK_KIB)
        reserve = 64 * ALCOVE_STACK_KIB;
    return reserve;
}

/* The lowest address for a block in [end, top), if `reserve` bytes are to be
 * left below it; `top` if there is none. */
/*@ requires end <= top;
    assigns \nothing;
    ensures \result == \min(end + reserve + ALCOVE_STACK_SLOP, top);
*/
static inline uintptr_t
alcove_stack_lowest(uintptr_t end, uintptr_t top, size_t reserve)
{
    size_t size = top - end;

    return size > ALCOVE_STACK_SLOP && size - ALCOVE_STACK_SLOP > reserve
               ? end + reserve + ALCOVE_STACK_SLOP
               : top;
}

/* The bytes between; 0 if `high` is not above. */
/*@ assigns \nothing;
    ensures \result == \max(high - low, 0);
*/
static inline size_t
alcove_stack_distance(uintptr_t low, uintptr_t high)
{
    return high > low ? high - low : 0;
}

/*@ assigns \nothing;
    ensures \result <==> floor <= frame < top;
*/
static inline bool
alcove_stack_is_inside(uintptr_t frame, uintptr_t floor, uintptr_t top)
{
    return floor <= frame && frame < top;
}

/* How far down to have the stack mapped, if `end` is needed: a little more, but
 * not below `floor`. */
/*@ requires floor <= end;
    assigns \nothing;
    ensures \result == \max(end - 32 * ALCOVE_STACK_KIB, floor);
*/
static inline uintptr_t
alcove_stack_target(uintptr_t end, uintptr_t floor)
{
    return end - floor > 32 * ALCOVE_STACK_KIB ? end - 32 * ALCOVE_STACK_KIB
                                               : floor;
}

/* Cut a stack that is deeper than `cap` to the part near its top. */
/*@ requires low + size <= UINTPTR_MAX;
    assigns \nothing;
    ensures low <= \result <= low + size;
    ensures low + size - \result == \min(size, cap);
*/
static inline uintptr_t
alcove_stack_capped(uintptr_t low, size_t size, size_t cap)
{
    return size > cap ? low + (size - cap) : low;
}

#endif /* ALCOVE_LIB_OS_STACKBUDGET_H */
