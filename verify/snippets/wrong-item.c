/* SPDX-License-Identifier: MIT */
/* level 0
 * plain: incompatible
 * plain-clang: incompatible */
#include <alcove.h>

ALCOVE_VEC(ints, int);

int *first(struct ints *v, const char *s)
{
    return ints_extend(v, s, 1, NULL) ? ints_at(v, 0) : NULL;
}
