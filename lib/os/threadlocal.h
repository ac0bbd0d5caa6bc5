/* SPDX-License-Identifier: MIT */
/* Thread-local storage, where ALCOVE_THREAD_LOCAL_WORKS: how to reach it.
 *
 * ALCOVE_TLS_MODEL is the cheapest model that works. Objects for programs need
 * none of the tables that gcc would go through. For shared libraries glibc and
 * the FreeBSD libc keep room even in dlopen'ed ones; musl does not. */
#ifndef ALCOVE_LIB_OS_THREADLOCAL_H
#define ALCOVE_LIB_OS_THREADLOCAL_H

#include <alcove/base.h>

#if defined __GNUC__ && defined __ELF__ && (!defined __PIC__ || defined __PIE__)
#    define ALCOVE_TLS_MODEL __attribute__((tls_model("local-exec")))
#elif defined __GNUC__ && defined __ELF__ &&                                   \
    (defined __GLIBC__ || defined __FreeBSD__)
#    define ALCOVE_TLS_MODEL __attribute__((tls_model("initial-exec")))
#else
#    define ALCOVE_TLS_MODEL
#endif

#endif /* ALCOVE_LIB_OS_THREADLOCAL_H */
