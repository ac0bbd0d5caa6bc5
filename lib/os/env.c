/* SPDX-License-Identifier: MIT */
/* Reading the environment, but not with somebody else's rights. */
#include <config.h>

#include "env.h"

#include <stdlib.h>
#include <unistd.h>

const char *
alcove_env(const char *name)
{
#if ALCOVE_SECURE_GETENV
    return secure_getenv(name);
#elif ALCOVE_ISSETUGID
    return issetugid() ? NULL : getenv(name);
#else
    if (getuid() != geteuid() || getgid() != getegid())
        return NULL;
    return getenv(name);
#endif
}
