/* SPDX-License-Identifier: MIT */
/* level 0
 * plain: Wunused-result
 * plain-clang: Wunused-result */
#include <alcove.h>

void ignores(struct alcove_vec *v, int i);

void ignores(struct alcove_vec *v, int i)
{
    alcove_vec_push(v, &i, NULL);
}
