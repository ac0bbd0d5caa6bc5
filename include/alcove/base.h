/* SPDX-License-Identifier: MIT */
/* The ground the other headers stand on: compiler attributes and linkage.
 * It includes freestanding headers only, and declares nothing that runs.
 */
#ifndef ALCOVE_BASE_H
#define ALCOVE_BASE_H

#include <alcove/config.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#    define ALCOVE_BEGIN extern "C" {
#    define ALCOVE_END   }
#else
#    define ALCOVE_BEGIN
#    define ALCOVE_END
#endif

/* ALCOVE_API marks what the library exports. Everything else is hidden. Define
 * it to nothing, for all files, where alcove is part of another library that
 * hides what is not marked.
 */
#ifndef ALCOVE_API
#    if defined __GNUC__ && !defined _WIN32 && !defined __CYGWIN__
#        define ALCOVE_API __attribute__((visibility("default")))
#    else
#        define ALCOVE_API
#    endif
#endif

/* For analyzers: gcc's warnings and -fanalyzer, clang's --analyze. Define
 * ALCOVE_ANALYZE for a compile that they look at, and that is not linked.
 *
 * 1: they know what releases a block, and find a second release, a use after
 *    it, the release of what is no block, or is malloc's; and, knowing sizes,
 *    an access out of bounds.
 * 2: they know what gives one, too, and find what is never released, what is
 *    released by free(), and a NULL that is not looked for. Not for code that
 *    leaves the release to an arena.
 *
 * A release that is refused counts as a release.
 */
#ifndef ALCOVE_ANALYZE
#    define ALCOVE_ANALYZE 0
#endif
#if ALCOVE_ANALYZE && defined __GNUC__ && !defined ALCOVE_INLINE
#    define ALCOVE_INLINE static inline __attribute__((always_inline))
#endif
#if ALCOVE_ANALYZE
#    define ALCOVE_INLINE_RELEASE ALCOVE_API
#else
#    define ALCOVE_INLINE_RELEASE ALCOVE_INLINE
#endif

/* ALCOVE_INLINE marks functions whose body is in a header. lib/core/inline.c
 * turns each of them into an exported symbol too, for callers that are not C.
 * ALCOVE_INLINE_RELEASE marks those that release a block: for an analyzer they
 * have no body.
 */
#ifndef ALCOVE_INLINE
#    define ALCOVE_INLINE static inline
#endif

#if defined __GNUC__
#    define ALCOVE_LIKELY(x)   __builtin_expect(!!(x), 1)
#    define ALCOVE_UNLIKELY(x) __builtin_expect(!!(x), 0)
#    define ALCOVE_NODISCARD   __attribute__((warn_unused_result))
#    define ALCOVE_NONNULL(...) __attribute__((nonnull(__VA_ARGS__)))
#    define ALCOVE_PURE        __attribute__((pure))
#    define ALCOVE_CONST       __attribute__((const))
#    define ALCOVE_COLD        __attribute__((cold))
#    if defined __MINGW32__ && !defined __clang__
/* Else it would be Microsoft's, which is not what the library calls. */
#        define ALCOVE_PRINTF(fmt, args)                                       \
            __attribute__((format(gnu_printf, fmt, args)))
#    else
#        define ALCOVE_PRINTF(fmt, args)                                       \
            __attribute__((format(printf, fmt, args)))
#    endif
#else
#    define ALCOVE_LIKELY(x)   (x)
#    define ALCOVE_UNLIKELY(x) (x)
#    define ALCOVE_NODISCARD
#    define ALCOVE_NONNULL(...)
#    define ALCOVE_PURE
#    define ALCOVE_CONST
#    define ALCOVE_COLD
#    define ALCOVE_PRINTF(fmt, args)
#endif

/* ALCOVE_WRAPS marks functions in which unsigned numbers pass zero on purpose: a
 * hash, or one comparison that answers two questions. -fsanitize=integer of
 * clang takes that for a mistake.
 */
#if defined __clang__
#    define ALCOVE_WRAPS                                                       \
        __attribute__((no_sanitize("unsigned-integer-overflow")))
#else
#    define ALCOVE_WRAPS
#endif

/* The size of the result is a parameter, or the product of two. While an
 * analyzer looks, its alignment is one. (Else compilers would build on that.)
 */
#if defined __GNUC__
#    define ALCOVE_SIZED(...) __attribute__((alloc_size(__VA_ARGS__)))
#else
#    define ALCOVE_SIZED(...)
#endif
#if ALCOVE_ANALYZE && defined __GNUC__
#    define ALCOVE_ALIGNED(n) __attribute__((alloc_align(n)))
#else
#    define ALCOVE_ALIGNED(n)
#endif

/* For analyzers. ALCOVE_TAKES: the n-th parameter is a block, and released. Of
 * functions that are declared already, ALCOVE_GIVES: the result is a block that
 * `release` takes as its n-th parameter; and ALCOVE_RELEASES: it takes blocks.
 * (What releases is known to gcc from what gives only: from a function that
 * nobody has.)
 */
#if ALCOVE_ANALYZE && defined __clang__
#    define ALCOVE_TAKES(n) __attribute__((ownership_takes(malloc, n)))
#    define ALCOVE_GIVES_(gives, release, n)                                   \
        extern __typeof__(gives) gives                                         \
            __attribute__((ownership_returns(malloc)));
#    define ALCOVE_RELEASES(release, n)
#elif ALCOVE_ANALYZE && defined __GNUC__ && __GNUC__ >= 11 &&                  \
    !defined __cplusplus
#    define ALCOVE_TAKES(n)
#    define ALCOVE_GIVES_(gives, release, n)                                   \
        extern __typeof__(gives) gives __attribute__((malloc(release, n)));
#    define ALCOVE_RELEASES(release, n)                                        \
        void *release##_what(void) __attribute__((malloc(release, n)));
#else
#    define ALCOVE_TAKES(n)
#    define ALCOVE_GIVES_(gives, release, n)
#    define ALCOVE_RELEASES(release, n)
#endif
#if ALCOVE_ANALYZE > 1
#    define ALCOVE_GIVES(gives, release, n) ALCOVE_GIVES_(gives, release, n)
#else
#    define ALCOVE_GIVES(gives, release, n)
#endif

/* ALCOVE_HAVE_CLEANUP: 1 where the compiler is known to run the function of the
 * cleanup attribute (a test has seen it run), 0 elsewhere: several accept the
 * attribute and ignore it, as tcc and pcc do, so what needs it is not there for
 * them. Define it beforehand to know better.
 */
#ifndef ALCOVE_HAVE_CLEANUP
#    if defined __GNUC__ && !defined __TINYC__ && !defined __PCC__ &&          \
        !defined __SUNPRO_C && !defined __SUNPRO_CC
#        define ALCOVE_HAVE_CLEANUP 1
#    else
#        define ALCOVE_HAVE_CLEANUP 0
#    endif
#endif

/* The alignment of a type, in bytes. GNU C's __alignof__ comes first, in C
 * and in C++ alike: on i386 it says 8 for a double where C11 says 4, and a
 * block must be released with the layout it was allocated with, whichever
 * language mode the two places were compiled in.
 */
#if defined __GNUC__ || defined __TINYC__
#    define ALCOVE_ALIGNOF(type) __alignof__(type)
#elif defined __cplusplus
#    define ALCOVE_ALIGNOF(type) alignof(type)
#elif defined __STDC_VERSION__ && __STDC_VERSION__ >= 201112L
#    define ALCOVE_ALIGNOF(type) _Alignof(type)
#else
#    define ALCOVE_ALIGNOF(type) offsetof(struct { char c; type t; }, t)
#endif

#endif /* ALCOVE_BASE_H */
