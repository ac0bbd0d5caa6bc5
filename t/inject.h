/* SPDX-License-Identifier: MIT */
/* Calls of the C library that a test answers in its place: a program's own
 * functions come before those of shared libraries, so alcove calls them.
 *
 * Each has a pointer in `inject`; NULL, as at first, is the real call. A
 * sanitizer that has put itself in the same place is left alone: INJECT is 0
 * then, and on systems that have not all of these calls. */
#ifndef INJECT_H
#define INJECT_H

#include <alcove/config.h>

#include <stdbool.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#    define INJECT_SANITIZED 1
#elif defined __has_feature
#    if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
        __has_feature(thread_sanitizer)
#        define INJECT_SANITIZED 1
#    endif
#endif
#ifndef INJECT_SANITIZED
#    define INJECT_SANITIZED 0
#endif

#define INJECT                                                                 \
    (ALCOVE_INTERPOSE && !INJECT_SANITIZED && ALCOVE_HAVE_PAGE &&              \
     ALCOVE_HAVE_STACK && ALCOVE_HAVE_THREADS && ALCOVE_INITIAL_STACK &&       \
     ALCOVE_MREMAP && ALCOVE_SIGALTSTACK && ALCOVE_PTHREAD_GETATTR_NP &&       \
     ALCOVE_FORK)

/* Do alcove's calls come here? */
bool inject_works(void);

#if INJECT

#    include <poll.h>
#    include <pthread.h>
#    include <signal.h>
#    include <stdarg.h>
#    include <stddef.h>
#    include <sys/resource.h>
#    include <sys/types.h>

/* How <sys/resource.h> has it. */
#    ifdef __GLIBC__
typedef __rlimit_resource_t inject_resource;
#    else
typedef int inject_resource;
#    endif

struct inject {
#    if ALCOVE_HAVE_ALIGNED_ALLOC
    void *(*aligned_alloc)(size_t, size_t);
#    endif
    int (*backtrace)(void **, int);
    char **(*backtrace_symbols)(void *const *, int);
    void *(*calloc)(size_t, size_t);
    int (*fork)(void);
    unsigned long (*getauxval)(unsigned long);
    int (*getrlimit)(inject_resource, struct rlimit *);
    int (*isatty)(int);
    int (*madvise)(void *, size_t, int);
    void *(*malloc)(size_t);
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    int (*mprotect)(void *, size_t, int);
    int (*munmap)(void *, size_t);
    int (*pipe)(int[2]);
    int (*poll)(struct pollfd *, nfds_t, int);
#    if ALCOVE_HAVE_POSIX_MEMALIGN
    int (*posix_memalign)(void **, size_t, size_t);
#    endif
    int (*pthread_attr_getguardsize)(const pthread_attr_t *, size_t *);
    int (*pthread_attr_getstack)(const pthread_attr_t *, void **, size_t *);
    int (*pthread_create)(pthread_t *, const pthread_attr_t *,
                          void *(*)(void *), void *);
    int (*pthread_getattr_np)(pthread_t, pthread_attr_t *);
    int (*pthread_mutex_init)(pthread_mutex_t *, const pthread_mutexattr_t *);
    int (*pthread_mutex_lock)(pthread_mutex_t *);
    int (*pthread_once)(pthread_once_t *, void (*)(void));
    ssize_t (*read)(int, void *, size_t);
    void *(*realloc)(void *, size_t);
    int (*sigaltstack)(const stack_t *, stack_t *);
    char *(*strerror_r)(int, char *, size_t);
    long (*syscall)(long, long, long, long);
    long (*sysconf)(int);
    int (*vsnprintf)(char *, size_t, const char *, va_list);
    pid_t (*waitpid)(pid_t, int *, int);
    ssize_t (*write)(int, const void *, size_t);
};
extern struct inject inject;

/* The real one, as a void *. */
void *inject_real(const char *name);

#endif /* INJECT */

#endif /* INJECT_H */
