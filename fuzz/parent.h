/* SPDX-License-Identifier: MIT */
/* The parent of what is fuzzed: malloc's memory, and strict books. A wrong
 * pointer or layout at a release ends the run, and so do bytes written beside a
 * block.
 *
 * - A block is aligned as asked for, and no better; what is behind it, up to
 *   its usable size, depends on nothing that the caller knows.
 * - It can be told to refuse a request that is to come.
 * - It can be told to keep what is released, readable and untouched.
 */
#ifndef FUZZ_PARENT_H
#define FUZZ_PARENT_H

#include <alcove/alloc.h>

enum { PARENT_LIVE = 2048, PARENT_KEPT = 64, PARENT_MOST = 1 << 18 };

struct parent_block {
    unsigned char *p;
    struct alcove_layout l;
    size_t room; /* bytes from `p` on */
    void *memory;
};

struct parent {
    struct alcove_allocator allocator; /* pass &parent.allocator */
    unsigned refuse; /* so many requests from now, one is refused; 0: none */
    bool refused;    /* has one been? */
    bool keep;
    unsigned count, variety, kept_count;
    struct parent_block live[PARENT_LIVE];
    void *kept[PARENT_KEPT];
};

/* How it looks from above: with all that a parent can, with the least, and
 * between that. */
enum { PARENT_KINDS = 5 };

void parent_init(struct parent *p, unsigned kind, bool keep);

/* Nothing must be live. */
void parent_done(struct parent *p);

#endif /* FUZZ_PARENT_H */
