/* SPDX-License-Identifier: MIT */
/* What tests call of POSIX; on Windows, what comes near it there. */
#ifndef POSIX_H
#define POSIX_H

#ifndef _WIN32

#    include <fcntl.h>
#    include <unistd.h>

/* May a variable in the environment be empty? */
#    define POSIX_EMPTY_VARIABLES 1

#else

#    include <errno.h>
#    include <fcntl.h>
#    include <io.h>
#    include <stdlib.h>
#    include <unistd.h>

#    define POSIX_EMPTY_VARIABLES 0

static inline int
setenv(const char *name, const char *value, int replace)
{
    (void)replace;
    return _putenv_s(name, value);
}

static inline int
unsetenv(const char *name)
{
    return _putenv_s(name, "");
}

static inline int
pipe(int ends[2])
{
    return _pipe(ends, 4096, _O_BINARY);
}

#    if ALCOVE_HAVE_THREADS
#        include <pthread.h>

/* Until the thread is cancelled. */
static inline int
pause(void)
{
    usleep(10000);
    pthread_testcancel();
    return -1;
}
#    endif

#endif

#endif /* POSIX_H */
