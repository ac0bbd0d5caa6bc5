/* SPDX-License-Identifier: MIT */
/* level 1
 * gcc: Wmismatched-dealloc
 * analyzer: mismatch */
#include <alcove.h>
#include <stdlib.h>

int wrong(void)
{
    int *p = malloc(sizeof *p);

    return ALCOVE_DELETE(alcove_malloc(), p, int, NULL);
}
