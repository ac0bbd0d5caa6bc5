/* SPDX-License-Identifier: MIT */
/* The kit's own parent: an allocator that keeps books, and refuses by order.
 *
 * - Every live block is in its books with its layout: a release with another
 *   layout, a second release, a layout that is not valid or of size 0, and
 *   bytes written outside a block are wrong calls, and change nothing.
 * - A block is aligned as asked and no better, its bytes are rubbish, and bytes
 *   of known contents stand on both sides.
 * - A block that is released is kept for a while, full of another rubbish: who
 *   goes on using it is seen, and does not crash.
 * - All threads may share it. Its memory is malloc's.
 */
#ifndef ALCOVE_LIB_CHECK_BOOKS_H
#define ALCOVE_LIB_CHECK_BOOKS_H

#include <alcove/alloc.h>

#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#endif

enum { BOOKS_BUCKETS = 1024, BOOKS_RUBBISH = 0xa5, BOOKS_GONE = 0x5a };

struct books_block;

struct books {
    struct alcove_allocator allocator; /* pass &books.allocator */
    struct alcove_ops ops;

    /* Orders. */
    size_t refuse_after; /* allocations still served; SIZE_MAX: all */
    bool refuse_release; /* every one */
    bool forgive;        /* wrong calls are the kit's own, handed on */
    size_t most;         /* live bytes */

    /* Books. */
    size_t live_blocks, live_bytes;
    size_t asked;   /* calls of operations that give or take blocks */
    size_t refused; /* of them, by order */
    size_t wrong;   /* of them, or bytes written where they must not be */
    char text[200]; /* the first thing that was wrong */

    /* How it does it. */
    struct books_block *live[BOOKS_BUCKETS];
    struct books_block *oldest, *newest; /* of those released, and kept */
    size_t kept_bytes;
#if ALCOVE_HAVE_THREADS
    pthread_mutex_t lock;
#endif
};

/* Empty books, no orders; `features` as ALCOVE_CAN_ bits, 0: every one. */
void alcove_books_init(struct books *b, unsigned features, size_t most);

/* Serve `count` more allocations, and refuse what comes after; SIZE_MAX ends
 * the order. A change in place counts as an allocation. */
void alcove_books_refuse_after(struct books *b, size_t count);

/* Look at every block. What is wrong is in the books then. */
void alcove_books_audit(struct books *b);

/* Give everything back to malloc. */
void alcove_books_done(struct books *b);

#endif /* ALCOVE_LIB_CHECK_BOOKS_H */
