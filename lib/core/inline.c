/* SPDX-License-Identifier: MIT */
/* The inline functions of the public headers, once more as symbols: for
 * callers that are not C, and for who needs their address.
 */
#include <config.h>

#define ALCOVE_INLINE ALCOVE_API

#include <alcove.h>
