/* SPDX-License-Identifier: MIT */
/* Reading the environment, but not with somebody else's rights. */
#include <config.h>

#include "env.h"

#if ALCOVE_FREESTANDING

const char *
alcove_env(const char *name)
{
    (void)name;
    return NULL;
}

bool
alcove_env_passthrough(void)
{
    return false;
}

#else

#    include <stdlib.h>
#    include <string.h>
#    if ALCOVE_ISSETUGID || ALCOVE_GETUID
#        include <unistd.h>
#    endif

const char *
alcove_env(const char *name)
{
#    if ALCOVE_SECURE_GETENV
    return secure_getenv(name);
#    elif ALCOVE_ISSETUGID
    return issetugid() ? NULL : getenv(name);
#    elif ALCOVE_GETUID
    if (getuid() != geteuid() || getgid() != getegid())
        return NULL;
    return getenv(name);
#    else
    return getenv(name); /* nobody has another's rights */
#    endif
}

bool
alcove_env_passthrough(void)
{
    enum { UNREAD, NO, YES };
    static int cached = UNREAD;
    int now = ALCOVE_LOAD(cached);

    if (now == UNREAD) {
        const char *value = alcove_env("ALCOVE_PASSTHROUGH");

        now = value && strcmp(value, "1") == 0 ? YES : NO;
        ALCOVE_STORE(cached, now);
    }
    return now == YES;
}

#endif
