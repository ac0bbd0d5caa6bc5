/* SPDX-License-Identifier: MIT */
/* level 1
 * gcc: Wuse-after-free
 * analyzer: use after .alcove_strfree.
 * clang: after it is freed|used after */
#include <alcove.h>

int late(struct alcove_allocator *a)
{
    char *s = alcove_strdup(a, "late", NULL);

    if (!s)
        return 0;
    alcove_strfree(a, s, NULL);
    return *s;
}
