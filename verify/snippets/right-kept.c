/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

struct keeper {
    struct alcove_allocator *a;
    int *kept;
};
bool keep(struct keeper *k);
void drop(struct keeper *k);

bool keep(struct keeper *k)
{
    int *p = ALCOVE_ZNEW(k->a, int, NULL);

    if (!p)
        return false;
    k->kept = p;
    return true;
}

void drop(struct keeper *k)
{
    ALCOVE_DELETE(k->a, k->kept, int, NULL);
    k->kept = NULL;
}
