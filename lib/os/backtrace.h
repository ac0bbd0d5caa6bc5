/* SPDX-License-Identifier: MIT */
/* Who called? Return addresses, and names for them. */
#ifndef ALCOVE_LIB_OS_BACKTRACE_H
#define ALCOVE_LIB_OS_BACKTRACE_H

#include <alcove/base.h>

/* In a function: where it returns to; NULL if the compiler does not tell. */
#if ALCOVE_RETURN_ADDRESS
#    define ALCOVE_CALLER()                                                    \
        __builtin_extract_return_addr(__builtin_return_address(0))
#else
#    define ALCOVE_CALLER() NULL
#endif

enum { ALCOVE_OSBACKTRACE_MAX = 32 };

/* Have the system load what it needs for that: it allocates to do so. */
void alcove_osbacktrace_prepare(void);

/* Up to `count` return addresses, ALCOVE_OSBACKTRACE_MAX at most, from `site`
 * outwards, which ALCOVE_CALLER has told. Returns how many; 0 if `site` is not
 * among the nearest, or there is no backtrace(). Allocates nothing, after
 * prepare. errno stays. */
size_t alcove_osbacktrace(const void *site, void **frames, size_t count);

/* Write one of them to `fd` as a line, by name. False if it cannot be. */
bool alcove_osbacktrace_name(void *frame, int fd);

#endif /* ALCOVE_LIB_OS_BACKTRACE_H */
