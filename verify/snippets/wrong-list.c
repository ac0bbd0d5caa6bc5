/* SPDX-License-Identifier: MIT */
/* level 1
 * analyzer: use after .alcove_dealloc.
 * clang: after it is freed */
#include <alcove.h>

struct node {
    struct node *next;
};
void clear(struct alcove_allocator *a, struct node *n);

void clear(struct alcove_allocator *a, struct node *n)
{
    for (; n; n = n->next)
        ALCOVE_DELETE(a, n, struct node, NULL);
}
