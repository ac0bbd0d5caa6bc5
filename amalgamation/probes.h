/* What configure would have found, by what the compiler says of itself and of
 * the system. */
#ifndef _GNU_SOURCE
#    define _GNU_SOURCE 1
#endif
#ifndef _DARWIN_C_SOURCE
#    define _DARWIN_C_SOURCE 1
#endif
#ifndef _NETBSD_SOURCE
#    define _NETBSD_SOURCE 1
#endif
#ifndef __EXTENSIONS__
#    define __EXTENSIONS__ 1
#endif

#include "alcove.h"

#if ALCOVE_UNIX
#    include <limits.h> /* which says whose C library this is */
#endif

/* ---- the system ---- */

#if ALCOVE_UNIX && defined __linux__
#    define ALCOVE_LINUX 1
#else
#    define ALCOVE_LINUX 0
#endif
#if ALCOVE_LINUX && defined __GLIBC__ && !defined __UCLIBC__
#    define ALCOVE_GLIBC 1
#else
#    define ALCOVE_GLIBC 0
#endif
#if ALCOVE_LINUX && !defined __ANDROID__ /* glibc, musl */
#    define ALCOVE_GNU_LINUX 1
#else
#    define ALCOVE_GNU_LINUX 0
#endif
#if ALCOVE_UNIX && (defined __FreeBSD__ || defined __DragonFly__)
#    define ALCOVE_FREEBSD 1
#else
#    define ALCOVE_FREEBSD 0
#endif
#if ALCOVE_UNIX && defined __OpenBSD__
#    define ALCOVE_OPENBSD 1
#else
#    define ALCOVE_OPENBSD 0
#endif
#if ALCOVE_UNIX && defined __APPLE__
#    define ALCOVE_APPLE 1
#else
#    define ALCOVE_APPLE 0
#endif
#if ALCOVE_UNIX && defined __sun
#    define ALCOVE_THR_STKSEGMENT 1
#else
#    define ALCOVE_THR_STKSEGMENT 0
#endif

/* Without __has_include what is usual is there, what is not is not. */
#define ALCOVE_BACKTRACE 0
#define ALCOVE_VALGRIND 0
#if ALCOVE_UNIX && defined __has_include
#    if (ALCOVE_GLIBC || ALCOVE_APPLE) && __has_include(<execinfo.h>)
#        undef ALCOVE_BACKTRACE
#        define ALCOVE_BACKTRACE 1
#    endif
#    if ALCOVE_GNU_C && __has_include(<valgrind/helgrind.h>) &&                \
        __has_include(<valgrind/memcheck.h>)
#        undef ALCOVE_VALGRIND
#        define ALCOVE_VALGRIND 1
#    endif
#endif

/* Not <alloca.h> where <stdlib.h> has it, too: musl's alloca is a macro then.
 */
#if ALCOVE_THR_STKSEGMENT
#    define ALCOVE_ALLOCA_HEADER <alloca.h>
#else
#    define ALCOVE_ALLOCA_HEADER <stdlib.h>
#endif

#define ALCOVE_ALIGNED_ALLOC ALCOVE_HAVE_ALIGNED_ALLOC
#define ALCOVE_ALIGNED_MALLOC ALCOVE_HAVE_ALIGNED_MALLOC
#define ALCOVE_FORK ALCOVE_UNIX
#define ALCOVE_GETUID ALCOVE_UNIX
#define ALCOVE_HEAPALLOC ALCOVE_HAVE_HEAPALLOC
#define ALCOVE_INITIAL_STACK ALCOVE_GNU_LINUX
#define ALCOVE_INTERPOSE 0 /* for tests */
#define ALCOVE_ISSETUGID (ALCOVE_FREEBSD || ALCOVE_OPENBSD || ALCOVE_APPLE)
#define ALCOVE_MADVISE_HUGEPAGE ALCOVE_GNU_LINUX
#define ALCOVE_MAKECONTEXT ALCOVE_GLIBC /* for tests */
#define ALCOVE_MEMALIGN ALCOVE_LINUX
#define ALCOVE_MMAP ALCOVE_HAVE_PAGE
#define ALCOVE_MREMAP ALCOVE_LINUX
#define ALCOVE_POSIX_MEMALIGN ALCOVE_UNIX
#define ALCOVE_PTHREAD_ATFORK ALCOVE_HAVE_THREADS
#define ALCOVE_PTHREAD_ATTR_GET_NP ALCOVE_FREEBSD
#define ALCOVE_PTHREAD_GETATTR_NP ALCOVE_LINUX
#define ALCOVE_PTHREAD_GETCLEAN 0 /* of winpthreads */
#define ALCOVE_PTHREAD_GET_STACKADDR_NP ALCOVE_APPLE
#define ALCOVE_PTHREAD_STACKSEG_NP ALCOVE_OPENBSD
#define ALCOVE_SECURE_GETENV ALCOVE_GNU_LINUX
#define ALCOVE_SIGALTSTACK ALCOVE_UNIX
#define ALCOVE_STACK_LIMITS 0 /* of Windows */
#define ALCOVE_STRERROR_R (ALCOVE_GLIBC ? 2 : ALCOVE_UNIX)
#define ALCOVE_VIRTUALALLOC 0 /* of Windows */

#define ALCOVE_NO_ALIGNED_ALLOC "it was compiled without"
#define ALCOVE_NO_ALIGNED_MALLOC "this is for Windows, and made by configure"
#define ALCOVE_NO_HEAPALLOC "this is for Windows, and made by configure"
#define ALCOVE_NO_MALLOC "it was compiled without"
#define ALCOVE_NO_PAGE "it was compiled without"
#define ALCOVE_NO_POSIX_MEMALIGN "it was compiled without"
#define ALCOVE_NO_STACK "it was compiled without"

/* ---- the compiler ---- */

/* To clang a function of a header that has been put in here is this file's. */
#if defined __clang__
#    pragma clang diagnostic ignored "-Wunused-function"
#endif

#if ALCOVE_GNU_C && !ALCOVE_FREESTANDING
#    define ALCOVE_THREAD_LOCAL_WORKS 1
#    define ALCOVE_THREAD_LOCAL __thread
#else
#    define ALCOVE_THREAD_LOCAL_WORKS 0
#    define ALCOVE_THREAD_LOCAL
#endif
#if ALCOVE_GNU_C && !defined __clang__
#    define ALCOVE_NO_CLASH (__GNUC__ >= 8)
#    define ALCOVE_NO_CLONE 1
#    define ALCOVE_NO_PROTECTOR (__GNUC__ >= 11)
#else
#    define ALCOVE_NO_CLASH 0
#    define ALCOVE_NO_CLONE 0
#    define ALCOVE_NO_PROTECTOR ALCOVE_GNU_C
#endif
#if ALCOVE_GNU_C && defined __ELF__
#    define ALCOVE_HIDDEN_VISIBILITY 1
#else
#    define ALCOVE_HIDDEN_VISIBILITY 0
#endif
#define ALCOVE_ALLOCA_WITH_ALIGN ALCOVE_GNU_C
#define ALCOVE_ATOMIC_BUILTINS ALCOVE_GNU_C
#define ALCOVE_CLEANUP_ATTRIBUTE ALCOVE_GNU_C
#define ALCOVE_FRAME_ADDRESS ALCOVE_GNU_C
#define ALCOVE_LEADING_ZEROS ALCOVE_GNU_C
#define ALCOVE_NO_INLINE ALCOVE_GNU_C
#define ALCOVE_NO_RETURN ALCOVE_GNU_C
#define ALCOVE_RETURN_ADDRESS ALCOVE_GNU_C
