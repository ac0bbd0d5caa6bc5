/* SPDX-License-Identifier: MIT */
/* errno around calls of the heap.
 *
 * Compilers hold that malloc and its like leave errno alone (measured: clang 14
 * and 19 of all but realloc and free, or of all; gcc 12 of posix_memalign).
 * They drop it when it is written back, and do not read it again: but a malloc
 * that fails sets it, and one that succeeds may. */
#ifndef ALCOVE_LIB_OS_ERRNO_H
#define ALCOVE_LIB_OS_ERRNO_H

#include <errno.h>

static inline int
alcove_errno(void)
{
    return *(volatile int *)&errno;
}

static inline void
alcove_errno_set(int number)
{
    *(volatile int *)&errno = number;
}

#endif /* ALCOVE_LIB_OS_ERRNO_H */
