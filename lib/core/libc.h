/* SPDX-License-Identifier: MIT */
/* All of the C library that core, compose, data and most adapters ask for:
 * errno, and four functions for memory.
 *
 * Freestanding there are these four, which every compiler asks for, too, and no
 * errno: what is stored there is lost, what is read is 0, and so is each number
 * that an error may have. */
#ifndef ALCOVE_LIB_CORE_LIBC_H
#define ALCOVE_LIB_CORE_LIBC_H

#include <alcove/base.h>

#if ALCOVE_FREESTANDING

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *p, int byte, size_t size);
int memcmp(const void *p, const void *q, size_t size);

#    undef errno /* some <stddef.h> has it */
#    define errno (*(int[1]){0})
enum {
    EBUSY = 0,
    EFAULT = 0,
    EINVAL = 0,
    EIO = 0,
    ENOMEM = 0,
    ENOTSUP = 0,
    EOVERFLOW = 0,
    EPERM = 0
};

#else

#    include <errno.h>
#    include <string.h>

#endif

#endif /* ALCOVE_LIB_CORE_LIBC_H */
