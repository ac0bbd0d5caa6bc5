/* SPDX-License-Identifier: MIT */
/* The plain model of an allocator: the blocks that are live, what is written
 * into them, and that no two of them overlap. */
#ifndef FUZZ_MODEL_H
#define FUZZ_MODEL_H

#include <alcove/layout.h>

enum { MODEL_LIVE = 40, MODEL_BYTES = 1 << 17 };

struct model_block {
    unsigned char *p;
    struct alcove_layout l;
    size_t written;    /* bytes from `p` on; more than l.size if usable */
    unsigned tag;      /* what was written */
    unsigned changed;  /* when it was given, or changed */
    const void *owner; /* for whoever uses this; NULL at first */
};

struct model {
    struct model_block live[MODEL_LIVE];
    unsigned count, tags, now;
    size_t bytes, blocks; /* live ones that are not of size 0 */
    bool unique;          /* a block of size 0 has a place of its own */
};

void model_init(struct model *m);

/* A block was given: is it where it may be? It is full of something then. */
struct model_block *model_add(struct model *m, void *p, struct alcove_layout l,
                              bool zero);

/* Is what was written there still? */
void model_look(const struct model_block *b);
void model_look_all(const struct model *m);

/* It is gone; another one takes its place in the list. */
void model_remove(struct model *m, struct model_block *b);

/* It has changed to be at `p`, with layout `l`; what fits must be there. */
void model_change(struct model *m, struct model_block *b, void *p,
                  struct alcove_layout l, bool zero);

/* So many bytes of it may be used: they are. */
void model_use(struct model *m, struct model_block *b, size_t usable);

#endif /* FUZZ_MODEL_H */
