/* SPDX-License-Identifier: MIT */
/* The calls that a test can answer. */
#include <config.h>

#include "inject.h"

#if INJECT

#    include <alcove/page.h>

#    include <dlfcn.h>
#    if ALCOVE_BACKTRACE
#        include <execinfo.h>
#    endif
#    include <stdio.h>
#    include <stdlib.h>
#    include <string.h>
#    include <sys/auxv.h>
#    include <sys/mman.h>
#    include <sys/syscall.h>
#    include <sys/wait.h>
#    include <unistd.h>

struct inject inject;

void *
inject_real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

#    define REAL(name)                                                         \
        do {                                                                   \
            void *found_ = inject_real(#name);                                 \
                                                                               \
            memcpy(&real, &found_, sizeof real);                               \
        } while (0)

/* TYPE NAME PARAMETERS, called with ARGUMENTS. */
#    define CALL(type, name, parameters, arguments)                            \
        ALCOVE_API type name parameters                                        \
        {                                                                      \
            static type(*real) parameters;                                     \
                                                                               \
            if (inject.name)                                                   \
                return inject.name arguments;                                  \
            if (!real)                                                         \
                REAL(name);                                                    \
            return real arguments;                                             \
        }

#    if ALCOVE_HAVE_ALIGNED_ALLOC
CALL(void *, aligned_alloc, (size_t align, size_t size), (align, size))
#    endif
#    if ALCOVE_BACKTRACE
CALL(int, backtrace, (void **frames, int count), (frames, count))
CALL(char **, backtrace_symbols, (void *const *frames, int count),
     (frames, count))
#    endif
CALL(void *, calloc, (size_t count, size_t size), (count, size))
CALL(int, fork, (void), ())
CALL(unsigned long, getauxval, (unsigned long type), (type))
CALL(int, getrlimit, (inject_resource resource, struct rlimit *limit),
     (resource, limit))
CALL(int, isatty, (int fd), (fd))
CALL(int, madvise, (void *p, size_t size, int advice), (p, size, advice))
CALL(void *, malloc, (size_t size), (size))
CALL(void *, mmap,
     (void *p, size_t size, int protection, int flags, int fd, off_t offset),
     (p, size, protection, flags, fd, offset))
CALL(int, mprotect, (void *p, size_t size, int protection),
     (p, size, protection))
CALL(int, munmap, (void *p, size_t size), (p, size))
CALL(int, pipe, (int ends[2]), (ends))
CALL(int, poll, (struct pollfd * fds, nfds_t count, int timeout),
     (fds, count, timeout))
#    if ALCOVE_HAVE_POSIX_MEMALIGN
CALL(int, posix_memalign, (void **p, size_t align, size_t size),
     (p, align, size))
#    endif
CALL(int, pthread_attr_getguardsize, (const pthread_attr_t *attr, size_t *size),
     (attr, size))
CALL(int, pthread_attr_getstack,
     (const pthread_attr_t *attr, void **low, size_t *size), (attr, low, size))
CALL(int, pthread_create,
     (pthread_t * thread, const pthread_attr_t *attr, void *(*start)(void *),
      void *arg),
     (thread, attr, start, arg))
CALL(int, pthread_getattr_np, (pthread_t thread, pthread_attr_t *attr),
     (thread, attr))
CALL(int, pthread_mutex_init,
     (pthread_mutex_t * mutex, const pthread_mutexattr_t *attr), (mutex, attr))
CALL(int, pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex))
CALL(int, pthread_once, (pthread_once_t * once, void (*fn)(void)), (once, fn))
CALL(ssize_t, read, (int fd, void *text, size_t size), (fd, text, size))
CALL(void *, realloc, (void *p, size_t size), (p, size))
CALL(int, sigaltstack, (const stack_t *new_, stack_t *old), (new_, old))
#    if ALCOVE_STRERROR_R == 2
CALL(char *, strerror_r, (int number, char *buf, size_t size),
     (number, buf, size))
#    endif
CALL(long, sysconf, (int name), (name))
CALL(int, vsnprintf, (char *buf, size_t size, const char *format, va_list args),
     (buf, size, format, args))

CALL(pid_t, waitpid, (pid_t child, int *status, int options),
     (child, status, options))
CALL(ssize_t, write, (int fd, const void *text, size_t size), (fd, text, size))

/* As many arguments as alcove's one question has. */
ALCOVE_API long
syscall(long number, ...)
{
    static long (*real)(long, ...);
    long a, b, c, d;
    va_list args;

    va_start(args, number);
    a = va_arg(args, long);
    b = va_arg(args, long);
    c = va_arg(args, long);
    d = va_arg(args, long);
    va_end(args);
    if (inject.syscall && number == SYS_rt_sigprocmask)
        return inject.syscall(a, b, c, d);
    if (!real)
        REAL(syscall);
    return real(number, a, b, c, d);
}

static long
no_page(int name)
{
    (void)name;
    return 4711;
}

bool
inject_works(void)
{
    size_t size;

    inject.sysconf = no_page;
    size = alcove_page_size();
    inject.sysconf = NULL;
    return size == 4711 && alcove_page_size() != 4711;
}

#else

bool
inject_works(void)
{
    return false;
}

#endif /* INJECT */
