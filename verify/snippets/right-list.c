/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

struct node {
    struct node *next;
    int value;
};

bool push(struct alcove_allocator *a, struct node **list, int value)
{
    struct node *n = ALCOVE_NEW(a, struct node, NULL);

    if (!n)
        return false;
    n->next = *list;
    n->value = value;
    *list = n;
    return true;
}

void clear(struct alcove_allocator *a, struct node **list)
{
    while (*list) {
        struct node *n = *list;

        *list = n->next;
        ALCOVE_DELETE(a, n, struct node, NULL);
    }
}
