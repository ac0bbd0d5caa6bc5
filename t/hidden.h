/* SPDX-License-Identifier: MIT */
/* What AddressSanitizer was told about a byte, where it is there to be asked.
 */
#ifndef HIDDEN_H
#define HIDDEN_H

#include <stdbool.h>

#if defined __SANITIZE_ADDRESS__
#    define CAN_SEE_HIDDEN 1
#elif defined __has_feature
#    if __has_feature(address_sanitizer)
#        define CAN_SEE_HIDDEN 1
#    endif
#endif
#ifndef CAN_SEE_HIDDEN
#    define CAN_SEE_HIDDEN 0
#endif

#if CAN_SEE_HIDDEN
/* As <sanitizer/asan_interface.h> declares it. */
int __asan_address_is_poisoned(const volatile void *p);
#endif

/* Must this byte not be touched? Always false where nobody knows. */
static inline bool
is_hidden(const void *p)
{
#if CAN_SEE_HIDDEN
    return __asan_address_is_poisoned(p) != 0;
#else
    (void)p;
    return false;
#endif
}

#endif /* HIDDEN_H */
