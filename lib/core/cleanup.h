/* SPDX-License-Identifier: MIT */
/* What is to be done when the thread ends by pthread_exit or pthread_cancel
 * between the two: pthread_cleanup_push and pthread_cleanup_pop, or, without
 * threads, a block.
 *
 * The winpthreads of Windows run what was pushed for pthread_cancel only. There
 * the list is the library's own, and the destructor of a key goes through it.
 */
#ifndef ALCOVE_LIB_CORE_CLEANUP_H
#define ALCOVE_LIB_CORE_CLEANUP_H

#include <alcove/base.h>

#if !ALCOVE_HAVE_THREADS

#    define ALCOVE_CLEANUP_PUSH(fn, arg) {
#    define ALCOVE_CLEANUP_POP(run) }

#elif !ALCOVE_PTHREAD_GETCLEAN

#    include <pthread.h>

#    define ALCOVE_CLEANUP_PUSH(fn, arg) pthread_cleanup_push(fn, arg)
#    define ALCOVE_CLEANUP_POP(run) pthread_cleanup_pop(run)

#else

struct alcove_cleanup {
    void (*fn)(void *); /* NULL: nothing is to be done any more */
    void *arg;
    struct alcove_cleanup *outer;
};

void alcove_cleanup_enter(struct alcove_cleanup *cleanup);
void alcove_cleanup_leave(struct alcove_cleanup *cleanup);

/* An exception leaves through the attribute, too. */
#    define ALCOVE_CLEANUP_LEAVES __attribute__((cleanup(alcove_cleanup_leave)))
#    define ALCOVE_CLEANUP_PUSH(fn, arg)                                       \
        {                                                                      \
            ALCOVE_CLEANUP_LEAVES struct alcove_cleanup cleanup_;              \
                                                                               \
            cleanup_ = (struct alcove_cleanup){fn, arg, NULL};                 \
            alcove_cleanup_enter(&cleanup_);
#    define ALCOVE_CLEANUP_POP(run)                                            \
        if (!(run))                                                            \
            cleanup_.fn = NULL;                                                \
        }

#endif

#endif /* ALCOVE_LIB_CORE_CLEANUP_H */
