/* SPDX-License-Identifier: MIT */
/* An allocator for tests: over alcove_malloc(), with books, and with orders to
 * refuse.
 *
 * - Every live block is in a table with its layout. What an allocator must
 *   never see counts as wrong: a release with another layout, a second release,
 *   a layout that is not valid or of size 0, NULL, bytes written past a block.
 * - New bytes are rubbish, so that it shows what is not cleared, and what is
 *   cleared for nothing.
 * - The features decide which of the optional operations are there.
 * - It is for one thread at a time.
 */
#ifndef COUNT_H
#define COUNT_H

#include <alcove/alloc.h>

/* Allocate, release, and serve temporaries, in the simplest way. */
#define COUNT_PLAIN                                                            \
    (ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |              \
     ALCOVE_CAN_TEMP)

enum {
    COUNT_BLOCKS = 256,
    COUNT_RUBBISH = 0xa5 /* what new bytes are full of */
};

struct count_block {
    void *p; /* NULL: a free place in the table */
    struct alcove_layout layout;
    struct alcove_layout base; /* as the parent knows the block */
};

struct count {
    struct alcove_allocator allocator; /* pass &count.allocator */
    struct alcove_ops ops;

    /* Orders. */
    size_t fail_after;   /* allocations that still succeed; SIZE_MAX: all */
    bool fail_once;      /* after one refusal fail_after is SIZE_MAX again */
    bool refuse_dealloc; /* every one */
    const void *refuse_this; /* its release, until it is asked for once */
    bool refuse_resize;

    /* Books. */
    size_t live_blocks, live_bytes;
    size_t allocs, zallocs, reallocs, deallocs; /* that succeeded */
    size_t resizes, temps;                      /* that succeeded */
    size_t refused;                             /* of all, by order */
    size_t asked;                               /* calls of any operation */
    size_t wrong;
    struct count_block blocks[COUNT_BLOCKS];
};

/* Empty books, no orders, and these ALCOVE_CAN_ features: RESIZE, REALLOC,
 * OWNS, USABLE_SIZE and ZERO are operations of their own, the absence of ALLOC
 * and of DEALLOC are operations that refuse as UNSUPPORTED. */
void count_init(struct count *c, unsigned features);

/* Let it have an alloc_temp of its own: COUNT_TEMP_SIZE bytes at most. */
enum { COUNT_TEMP_SIZE = 1024 };
void count_own_temp(struct count *c);

/* Are the books in order, every block's end intact, and these blocks live?
 * Says in a diagnostic what is not. */
bool count_ok(const struct count *c, size_t live_blocks, size_t live_bytes);

/* Give back what is left over. */
void count_done(struct count *c);

#endif /* COUNT_H */
