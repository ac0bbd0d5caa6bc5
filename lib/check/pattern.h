/* SPDX-License-Identifier: MIT */
/* What is written into blocks, and looked for there.
 *
 * Small blocks are written and read whole. Of large ones it is both ends and
 * some 4096 bytes in between, the same ones for the same size: as good for
 * finding what is lost, and fast at 64 MiB.
 */
#ifndef ALCOVE_LIB_CHECK_PATTERN_H
#define ALCOVE_LIB_CHECK_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* The pattern of `tag` in `size` bytes. Two tags differ in most bytes. */
void alcove_pattern_write(void *p, size_t size, unsigned tag);

/* Of a block that was written as one of `size` bytes: is the pattern in its
 * first `upto` bytes? Returns the first byte that differs, or `upto`. */
size_t alcove_pattern_find(const void *p, size_t size, size_t upto,
                           unsigned tag);

/* The same for one value throughout. `from` <= `size`. */
void alcove_pattern_fill(void *p, size_t size, int byte);
size_t alcove_pattern_find_other(const void *p, size_t from, size_t size,
                                 int byte);

#endif /* ALCOVE_LIB_CHECK_PATTERN_H */
