/* SPDX-License-Identifier: MIT */
/* Counters, flags and pointers that several threads write at once.
 *
 * A compiler without the builtins has nothing to make them of: there counts may
 * be lost, and two threads must not take a flag or set a pointer at once. */
#ifndef ALCOVE_LIB_OS_ATOMIC_H
#define ALCOVE_LIB_OS_ATOMIC_H

#include <alcove/base.h>

static inline void
alcove_atomic_count(size_t *n)
{
#if ALCOVE_ATOMIC_BUILTINS
    __atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
#else
    ++*(volatile size_t *)n;
#endif
}

static inline size_t
alcove_atomic_read(const size_t *n)
{
#if ALCOVE_ATOMIC_BUILTINS
    return __atomic_load_n(n, __ATOMIC_RELAXED);
#else
    return *(const volatile size_t *)n;
#endif
}

/* What was written before the flag was set is seen by who sees it set. */
static inline bool
alcove_atomic_is_set(const int *flag)
{
#if ALCOVE_ATOMIC_BUILTINS
    return __atomic_load_n(flag, __ATOMIC_ACQUIRE) != 0;
#else
    return *(const volatile int *)flag != 0;
#endif
}

static inline void
alcove_atomic_set(int *flag, int value)
{
#if ALCOVE_ATOMIC_BUILTINS
    __atomic_store_n(flag, value, __ATOMIC_RELEASE);
#else
    *(volatile int *)flag = value;
#endif
}

/* Set it if nobody else has: true. To be set to 0 afterwards. */
static inline bool
alcove_atomic_take(int *flag)
{
#if ALCOVE_ATOMIC_BUILTINS
    return __atomic_exchange_n(flag, 1, __ATOMIC_ACQUIRE) == 0;
#else
    bool taken = *(volatile int *)flag == 0;

    *(volatile int *)flag = 1;
    return taken;
#endif
}

#endif /* ALCOVE_LIB_OS_ATOMIC_H */
