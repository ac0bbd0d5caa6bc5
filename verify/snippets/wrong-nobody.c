/* SPDX-License-Identifier: MIT */
/* level 0
 * plain: Wnonnull
 * plain-clang: Wnonnull
 * clang: nonnull */
#include <alcove.h>

void *nobody(void)
{
    return alcove_alloc(NULL, ALCOVE_LAYOUT(int), NULL);
}
