/* SPDX-License-Identifier: MIT */
/* A mixture of operations on an allocator, for a body of the out-of-memory
 * driver. It goes on after each refusal: what was refused must not have changed
 * anything, and what comes after it must work.
 */
#ifndef OOMMIX_H
#define OOMMIX_H

#include <alcove/check.h>

/* With blocks of up to `most` bytes (16 at least), aligned to 16 at most. All
 * is released in the end, where that can be. Returns whether nothing was
 * refused, and has handed over an outcome. */
bool mix(struct alcove_allocator *a, struct alcove_check_run *run, size_t most);

#endif /* OOMMIX_H */
