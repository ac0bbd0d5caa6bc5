/* SPDX-License-Identifier: MIT */
/* The allocator that has nothing: it refuses every block but those of size 0.
 * For the end of a chain, and for tests. It owns no block, and says so.
 */
#ifndef ALCOVE_NULL_H
#define ALCOVE_NULL_H

#include <alcove/alloc.h>

ALCOVE_BEGIN

/* Shared by all threads. Never fails. Allocation is refused as ALLOC_FAILED,
 * cause OUT_OF_MEMORY; the release of a block as NOT_OWNED; temporaries as
 * UNSUPPORTED.
 */
ALCOVE_API ALCOVE_CONST
struct alcove_allocator *alcove_null(void);

ALCOVE_END

#endif /* ALCOVE_NULL_H */
