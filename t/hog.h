/* SPDX-License-Identifier: MIT */
/* Takes blocks until none is left: where addresses have 32 bits, the largest
 * valid block can be had once. */
#ifndef HOG_H
#define HOG_H

#include <alcove/alloc.h>

enum { HOG_BLOCKS = 8 };

/* The blocks taken; one more of them is refused now. */
struct hog {
    struct alcove_allocator *a;
    struct alcove_layout layout;
    void *blocks[HOG_BLOCKS];
    unsigned count;
};

static inline void
hog_take(struct hog *h, struct alcove_allocator *a, struct alcove_layout l)
{
    h->a = a;
    h->layout = l;
    for (h->count = 0; h->count < HOG_BLOCKS; h->count++) {
        h->blocks[h->count] = alcove_alloc(a, l, NULL);
        if (!h->blocks[h->count])
            return;
    }
}

static inline void
hog_done(struct hog *h)
{
    while (h->count > 0)
        alcove_dealloc(h->a, h->blocks[--h->count], h->layout, NULL);
}

#endif /* HOG_H */
