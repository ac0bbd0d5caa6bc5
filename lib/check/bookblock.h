/* SPDX-License-Identifier: MIT */
/* The blocks of the kit's own parent. Whoever calls holds its lock. */
#ifndef ALCOVE_LIB_CHECK_BOOKBLOCK_H
#define ALCOVE_LIB_CHECK_BOOKBLOCK_H

#include "books.h"

struct books_block {
    struct books_block *next;
    unsigned char *p;
    struct alcove_layout layout;
    size_t room; /* from `p` to the edge behind */
};

/* A new one, full of `fill`; NULL: there is no memory, or it would be too much.
 */
struct books_block *alcove_books_make(struct books *b, struct alcove_layout l,
                                      int fill);

/* The place of a live one in the books, or NULL. */
struct books_block **alcove_books_find(struct books *b, const void *p);

/* How many bytes of it are usable. */
size_t alcove_books_usable(const struct books_block *block);

/* It has this layout from now on, which has room. */
void alcove_books_relayout(struct books *b, struct books_block *block,
                           struct alcove_layout l);

/* Out of the books, and into the queue of those that are kept. */
void alcove_books_retire(struct books *b, struct books_block **link);

/* Something is wrong. */
void alcove_books_note(struct books *b, const char *what,
                       struct alcove_layout l);

/* Give all memory back. */
void alcove_books_drop_all(struct books *b);

#endif /* ALCOVE_LIB_CHECK_BOOKBLOCK_H */
