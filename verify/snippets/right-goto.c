/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

bool both(struct alcove_allocator *a, int *out)
{
    int *p = NULL, *q = NULL;
    bool done = false;

    p = ALCOVE_NEW(a, int, NULL);
    if (!p)
        goto out;
    q = ALCOVE_NEW(a, int, NULL);
    if (!q)
        goto out;
    *p = 1;
    *q = 2;
    *out = *p + *q;
    done = true;
out:
    ALCOVE_DELETE(a, q, int, NULL);
    ALCOVE_DELETE(a, p, int, NULL);
    return done;
}
