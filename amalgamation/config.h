/* What is there, by what the compiler says of itself and of the system; ask
 * with #if, never with #ifdef. What is 1 can be turned off for all files, as by
 * -DALCOVE_HAVE_PAGE=0: a backend that is 0 still has its accessor, and refuses
 * every operation as unsupported.
 */
#ifndef ALCOVE_CONFIG_H
#define ALCOVE_CONFIG_H

#define ALCOVE_VERSION "@VERSION@"
#define ALCOVE_VERSION_MAJOR @MAJOR@
#define ALCOVE_VERSION_MINOR @MINOR@
#define ALCOVE_VERSION_PATCH @PATCH@

/* Say -DALCOVE_FREESTANDING for programs without an operating system: nothing
 * that needs one is there, and errno is not set. */
#ifndef ALCOVE_FREESTANDING
#    define ALCOVE_FREESTANDING 0
#endif

#if !ALCOVE_FREESTANDING && (defined __unix__ || defined __APPLE__)
#    define ALCOVE_UNIX 1
#else
#    define ALCOVE_UNIX 0
#endif

/* Compilers that speak GNU C, thread-local storage with it. */
#if defined __GNUC__ && !defined __TINYC__ && !defined __PCC__
#    define ALCOVE_GNU_C 1
#else
#    define ALCOVE_GNU_C 0
#endif

/* The backends that are built. */
#ifndef ALCOVE_HAVE_MALLOC
#    define ALCOVE_HAVE_MALLOC (!ALCOVE_FREESTANDING)
#endif
#ifndef ALCOVE_HAVE_POSIX_MEMALIGN
#    define ALCOVE_HAVE_POSIX_MEMALIGN ALCOVE_UNIX
#endif
#ifndef ALCOVE_HAVE_ALIGNED_ALLOC /* newer systems of others have it, too */
#    if ALCOVE_UNIX && !defined __APPLE__ && !defined __ANDROID__
#        define ALCOVE_HAVE_ALIGNED_ALLOC 1
#    else
#        define ALCOVE_HAVE_ALIGNED_ALLOC 0
#    endif
#endif
#ifndef ALCOVE_HAVE_ALIGNED_MALLOC /* of Windows, for which there is configure */
#    define ALCOVE_HAVE_ALIGNED_MALLOC 0
#endif
#ifndef ALCOVE_HAVE_HEAPALLOC
#    define ALCOVE_HAVE_HEAPALLOC 0
#endif
#ifndef ALCOVE_HAVE_PAGE
#    define ALCOVE_HAVE_PAGE ALCOVE_UNIX
#endif
#ifndef ALCOVE_HAVE_STACK
#    if ALCOVE_UNIX && ALCOVE_GNU_C && !defined __hppa__
#        define ALCOVE_HAVE_STACK 1
#    else
#        define ALCOVE_HAVE_STACK 0
#    endif
#endif

/* POSIX threads: scopes give their block back on pthread_exit and _cancel. */
#ifndef ALCOVE_HAVE_THREADS
#    define ALCOVE_HAVE_THREADS ALCOVE_UNIX
#endif

/* struct alcove_error carries the operating system's own error. */
#ifndef ALCOVE_HAVE_OS_ERRORS
#    define ALCOVE_HAVE_OS_ERRORS (!ALCOVE_FREESTANDING)
#endif

#endif /* ALCOVE_CONFIG_H */
