/* SPDX-License-Identifier: MIT */
/* The arithmetic of the arena: addresses and sizes as numbers, no pointers. The
 * contracts are for verify/prove. */
#ifndef ALCOVE_LIB_COMPOSE_ARENASPAN_H
#define ALCOVE_LIB_COMPOSE_ARENASPAN_H

#include <alcove/arena.h>

/*@ assigns \nothing;
    ensures \result == \min(n, limit);
*/
static inline size_t
alcove_at_most(size_t n, size_t limit)
{
    return n < limit ? n : limit;
}

/* What a block of a size that is not 0 takes. */
/*@ requires 0 < size <= ALCOVE_SIZE_MAX;
    assigns \nothing;
    ensures \result == up(size, ALCOVE_ARENA_ALIGN);
*/
static inline size_t
alcove_arena_taken(size_t size)
{
    return ((size - 1) | (ALCOVE_ARENA_ALIGN - 1)) + 1;
}

/* How many bytes from an address to the next multiple of ALCOVE_ARENA_ALIGN. */
/*@ assigns \nothing;
    ensures \result < ALCOVE_ARENA_ALIGN;
    ensures (address + \result) % ALCOVE_ARENA_ALIGN == 0;
*/
static inline size_t
alcove_arena_before(uintptr_t address)
{
    size_t over = address & (ALCOVE_ARENA_ALIGN - 1);

    return over == 0 ? 0 : ALCOVE_ARENA_ALIGN - over;
}

/* Where a block begins and ends that is carved from [cursor, end); both of them
 * and `*past` are multiples of ALCOVE_ARENA_ALIGN. Fails if and only if it does
 * not fit. */
/*@ requires \valid(start) && \valid(past) && \separated(start, past);
    requires pow2(l.align) && l.size <= ALCOVE_SIZE_MAX && cursor <= end;
    assigns *start, *past;
    ensures \result <==>
        up(cursor, \max(l.align, ALCOVE_ARENA_ALIGN)) +
            up(l.size, ALCOVE_ARENA_ALIGN) <= end;
    ensures \result ==>
        *start == up(cursor, \max(l.align, ALCOVE_ARENA_ALIGN)) &&
        *past == *start + up(l.size, ALCOVE_ARENA_ALIGN);
    ensures \result ==> cursor <= *start && *start + l.size <= *past <= end;
    ensures !\result ==> *start == \old(*start) && *past == \old(*past);
*/
static inline bool
alcove_arena_fit(uintptr_t cursor, uintptr_t end, struct alcove_layout l,
                 uintptr_t *start, uintptr_t *past)
{
    size_t align = l.align > ALCOVE_ARENA_ALIGN ? l.align : ALCOVE_ARENA_ALIGN;
    size_t size = l.size + (ALCOVE_ARENA_ALIGN - 1);
    size_t over = size & (ALCOVE_ARENA_ALIGN - 1);
    uintptr_t first, beyond;

    //@ assert pow2(align) && align == \max(l.align, ALCOVE_ARENA_ALIGN);
    //@ assert cursor + align - 1 > UINTPTR_MAX ==> up(cursor, align) > end;
    if (align - 1 > UINTPTR_MAX - cursor)
        return false;
    first = cursor + (align - 1);
    beyond = first & (align - 1);
    first -= beyond;
    size -= over;
    //@ assert first == up(cursor, align);
    //@ assert size == up(l.size, ALCOVE_ARENA_ALIGN);
    if (first > end || size > end - first)
        return false;
    *start = first;
    *past = first + size;
    return true;
}

/* How many of the `size` bytes from address `p` on a chunk may have: not the
 * last ones of the address space, and up to a multiple of ALCOVE_ARENA_ALIGN.
 */
/*@ assigns \nothing;
    ensures \result <= size;
    ensures \result == 0 || p + \result <= UINTPTR_MAX - ALCOVE_ARENA_NEAR;
    ensures \result == 0 || (p + \result) % ALCOVE_ARENA_ALIGN == 0;
    ensures p + \result + ALCOVE_ARENA_ALIGN >
        \min(p + size, UINTPTR_MAX - ALCOVE_ARENA_NEAR);
*/
static inline size_t
alcove_arena_usable(uintptr_t p, size_t size)
{
    uintptr_t last = UINTPTR_MAX - ALCOVE_ARENA_NEAR;
    size_t over;

    size = p < last ? alcove_at_most(size, last - p) : 0;
    over = p < last ? (p + size) & (ALCOVE_ARENA_ALIGN - 1) : 0;
    return size - alcove_at_most(over, size);
}

/* The memory that `l` takes at most in an empty chunk, its header included.
 * Fails if and only if that is no valid size. */
/*@ requires \valid(size) && ok(l);
    assigns *size;
    ensures \result <==> sizeof(struct alcove_arena_chunk) +
        3 * ALCOVE_ARENA_ALIGN + l.align + l.size <= ALCOVE_SIZE_MAX;
    ensures \result ==> *size == up(sizeof(struct alcove_arena_chunk) +
        2 * ALCOVE_ARENA_ALIGN + l.align + l.size, ALCOVE_ARENA_ALIGN);
    ensures \result ==> *size <= ALCOVE_SIZE_MAX &&
        *size >= sizeof(struct alcove_arena_chunk) + l.align - 1 +
            up(l.size, ALCOVE_ARENA_ALIGN) + ALCOVE_ARENA_ALIGN - 1;
    ensures !\result ==> *size == \old(*size);
*/
static inline bool
alcove_arena_chunk_size(struct alcove_layout l, size_t *size)
{
    size_t most = ALCOVE_SIZE_MAX - sizeof(struct alcove_arena_chunk) -
                  3 * ALCOVE_ARENA_ALIGN;
    size_t sum, over;

    if (l.align > most || l.size > most - l.align)
        return false;
    sum = sizeof(struct alcove_arena_chunk) + 2 * ALCOVE_ARENA_ALIGN + l.align +
          l.size + (ALCOVE_ARENA_ALIGN - 1);
    over = sum & (ALCOVE_ARENA_ALIGN - 1);
    *size = sum - over;
    return true;
}

/* A chunk's size as the caller wants it, within what is possible. */
/*@ requires least <= ALCOVE_SIZE_MAX / 2;
    assigns \nothing;
    ensures \result % ALCOVE_ARENA_ALIGN == 0;
    ensures \result <= ALCOVE_SIZE_MAX / 2;
    ensures \result + ALCOVE_ARENA_ALIGN >
        \min(\max(size, least), ALCOVE_SIZE_MAX / 2) >= \result;
*/
static inline size_t
alcove_arena_chunk_limit(size_t size, size_t least)
{
    size_t over;

    size = alcove_at_most(size < least ? least : size, ALCOVE_SIZE_MAX / 2);
    over = size & (ALCOVE_ARENA_ALIGN - 1);
    return size - over;
}

/* The size of the chunk after one of this size. */
/*@ requires size <= ALCOVE_SIZE_MAX / 2;
    assigns \nothing;
    ensures \result == \min(2 * size, most);
*/
static inline size_t
alcove_arena_chunk_after(size_t size, size_t most)
{
    return alcove_at_most(2 * size, most);
}

#endif /* ALCOVE_LIB_COMPOSE_ARENASPAN_H */
