/* SPDX-License-Identifier: MIT */
/* A block moves from one allocator to another, or stays whole where it is. */
#ifndef ALCOVE_LIB_CORE_MOVE_H
#define ALCOVE_LIB_CORE_MOVE_H

#include <alcove/alloc.h>

/* Copy what fits of block `p` of `from` to `moved`, a new block of `to`, and
 * release `p`. Returns `moved`; or NULL, with the error of `from`, if that
 * refuses the release: then `moved` has gone back, and `p` is as it was. Where
 * `from` refuses wrong blocks and layouts, they are not even read. */
void *alcove_move_to(struct alcove_allocator *from, void *p,
                     struct alcove_layout old, struct alcove_allocator *to,
                     void *moved, struct alcove_layout new_,
                     struct alcove_error *err);

#endif /* ALCOVE_LIB_CORE_MOVE_H */
