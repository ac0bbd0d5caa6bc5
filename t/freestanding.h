/* SPDX-License-Identifier: MIT */
/* Tests of a freestanding library are programs of a system all the same, where
 * t/freestanding.c gives them alcove_malloc(). */
#ifndef FREESTANDING_H
#define FREESTANDING_H

#include <alcove/config.h>

#if ALCOVE_FREESTANDING
#    undef ALCOVE_HAVE_MALLOC
#    define ALCOVE_HAVE_MALLOC 1
#endif

/* Is errno this number, or anything else? Always true of a library that knows
 * no errno. */
#define errno_is(number) (ALCOVE_FREESTANDING || errno == (number))
#define errno_is_not(number) (ALCOVE_FREESTANDING || errno != (number))

#endif /* FREESTANDING_H */
