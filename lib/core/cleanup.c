/* SPDX-License-Identifier: MIT */
/* The cleanups that a thread has before it, for winpthreads: the innermost is
 * the value of a key. */
#include <config.h>

#include "cleanup.h"

#if ALCOVE_HAVE_THREADS && ALCOVE_PTHREAD_GETCLEAN

#    include <errno.h>
#    include <pthread.h>

static pthread_once_t cleanup_once = PTHREAD_ONCE_INIT;
static pthread_key_t cleanup_key;
static bool cleanup_has_key;

static void
cleanup_run(struct alcove_cleanup *cleanup)
{
    void (*fn)(void *) = cleanup->fn;

    cleanup->fn = NULL;
    if (fn)
        fn(cleanup->arg);
}

/* The thread has ended inside of these. Their frames are still there. */
static void
cleanup_run_all(void *innermost)
{
    struct alcove_cleanup *cleanup = innermost, *outer;

    for (; cleanup; cleanup = outer) {
        outer = cleanup->outer;
        cleanup_run(cleanup);
    }
}

static void
cleanup_make_key(void)
{
    cleanup_has_key = pthread_key_create(&cleanup_key, cleanup_run_all) == 0;
}

/* Without a key, or room for its value, a thread that ends leaves all as it
 * is. */
void
alcove_cleanup_enter(struct alcove_cleanup *cleanup)
{
    int saved = errno;

    (void)pthread_once(&cleanup_once, cleanup_make_key);
    if (cleanup_has_key) {
        cleanup->outer = pthread_getspecific(cleanup_key);
        (void)pthread_setspecific(cleanup_key, cleanup);
    }
    errno = saved;
}

void
alcove_cleanup_leave(struct alcove_cleanup *cleanup)
{
    int saved = errno;

    if (cleanup_has_key)
        (void)pthread_setspecific(cleanup_key, cleanup->outer);
    errno = saved;
    cleanup_run(cleanup);
}

#endif /* ALCOVE_HAVE_THREADS && ALCOVE_PTHREAD_GETCLEAN */
