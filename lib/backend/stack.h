/* SPDX-License-Identifier: MIT */
/* What scratch knows of the stack allocator: how to try without a refusal. */
#ifndef ALCOVE_LIB_BACKEND_STACK_H
#define ALCOVE_LIB_BACKEND_STACK_H

#include <alcove/stack.h>

/* As alcove_stack_temp for a valid layout of non-zero size; false means that
 * the block does not fit, and leaves errno alone. */
bool alcove_stack_try(struct alcove_layout l, alcove_temp_fn *fn, void *arg);

#endif /* ALCOVE_LIB_BACKEND_STACK_H */
