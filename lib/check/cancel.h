/* SPDX-License-Identifier: MIT */
/* How a thread ends itself by pthread_cancel. */
#ifndef ALCOVE_LIB_CHECK_CANCEL_H
#define ALCOVE_LIB_CHECK_CANCEL_H

#if ALCOVE_HAVE_THREADS

#    include <pthread.h>

/* Declared as what does not return for AddressSanitizer, which then forgets
 * what it keeps of the frames on this stack. pthread_cancel unwinds it without
 * a word: what it knew of the frames that are gone is still there for those
 * that come after them, and gcc 12 finds a fault in its own sigaltstack. */
static ALCOVE_NOINLINE ALCOVE_NORETURN void
alcove_cancel_self(void)
{
    pthread_cancel(pthread_self());
    for (;;)
        pthread_testcancel();
}

#endif

#endif /* ALCOVE_LIB_CHECK_CANCEL_H */
