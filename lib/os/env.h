/* SPDX-License-Identifier: MIT */
/* The switches for debugging in the environment. */
#ifndef ALCOVE_LIB_OS_ENV_H
#define ALCOVE_LIB_OS_ENV_H

#include <alcove/base.h>

/* The value of `name`, or NULL if it is not set, or this program runs with
 * somebody else's rights and must not listen to its environment. */
const char *alcove_env(const char *name);

/* ALCOVE_PASSTHROUGH=1: arenas and pools take each block from their parent by
 * itself. Read once; any thread may ask. */
bool alcove_env_passthrough(void);

#endif /* ALCOVE_LIB_OS_ENV_H */
