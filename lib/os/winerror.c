/* SPDX-License-Identifier: MIT */
/* Windows has numbers of its own for what went wrong. An error holds no memory,
 * so that these are told by texts that are made here. */
#include <config.h>

#include "winerror.h"

#if ALCOVE_VIRTUALALLOC || ALCOVE_HEAPALLOC

#    include <errno.h>
#    include <windows.h>

/* X(number, name, errno) for what the functions for memory are known to tell.
 */
#    define ERRORS(X)                                                          \
        X(5, ERROR_ACCESS_DENIED, EACCES)                                      \
        X(6, ERROR_INVALID_HANDLE, EINVAL)                                     \
        X(8, ERROR_NOT_ENOUGH_MEMORY, ENOMEM)                                  \
        X(14, ERROR_OUTOFMEMORY, ENOMEM)                                       \
        X(50, ERROR_NOT_SUPPORTED, ENOTSUP)                                    \
        X(87, ERROR_INVALID_PARAMETER, EINVAL)                                 \
        X(487, ERROR_INVALID_ADDRESS, EINVAL)                                  \
        X(998, ERROR_NOACCESS, EFAULT)                                         \
        X(1450, ERROR_NO_SYSTEM_RESOURCES, ENOMEM)                             \
        X(1453, ERROR_WORKING_SET_QUOTA, ENOMEM)                               \
        X(1454, ERROR_PAGEFILE_QUOTA, ENOMEM)                                  \
        X(1455, ERROR_COMMITMENT_LIMIT, ENOMEM)                                \
        /* end */

/* The numbers in the texts are the system's. */
#    define X(number, name, code)                                              \
        typedef char name##_is[name == number ? 1 : -1];
ERRORS(X)
#    undef X

int
alcove_winerror_errno(void)
{
    switch (GetLastError()) {
#    define X(number, name, code)                                              \
    case number:                                                               \
        return code;
        ERRORS(X)
#    undef X
    default:
        return EIO;
    }
}

const char *
alcove_winerror_detail(const char *otherwise)
{
    switch (GetLastError()) {
#    define X(number, name, code)                                              \
    case number:                                                               \
        return "Windows error " #number ", " #name;
        ERRORS(X)
#    undef X
    default:
        return otherwise;
    }
}

#endif /* ALCOVE_VIRTUALALLOC || ALCOVE_HEAPALLOC */
