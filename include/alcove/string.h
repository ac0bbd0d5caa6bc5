/* SPDX-License-Identifier: MIT */
/* Copies of strings, and strings put together as by printf, from an allocator.
 *
 * They are meant for arenas, where nobody has to remember how long a string
 * was, and work with every allocator: a string's layout is its length and one,
 * in bytes, aligned to 1, and alcove_strfree releases by that.
 *
 * - The result is closed by a 0 and the caller's.
 * - A failure returns NULL and changes nothing. Success leaves errno and the
 *   error alone.
 */
#ifndef ALCOVE_STRING_H
#define ALCOVE_STRING_H

#include <alcove/alloc.h>

#include <stdarg.h>

ALCOVE_BEGIN

/* A copy of `s`.
 * Fails if and only if `s` is NULL (OTHER, errno EINVAL), or as alcove_alloc.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
char *alcove_strdup(struct alcove_allocator *a, const char *s,
                    struct alcove_error *err);

/* A copy of the first `most` bytes of `s`, or of all if it is shorter. No byte
 * of `s` beyond these is read, so it need not be closed by a 0. Fails as
 * alcove_strdup does, or if `most` and one is no size (ARITH).
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
char *alcove_strndup(struct alcove_allocator *a, const char *s, size_t most,
                     struct alcove_error *err);

/* What printf would write. The error comes in front of the format, because what
 * follows that is for the format.
 * Fails if and only if `fmt` is NULL (OTHER, errno EINVAL), vsnprintf fails
 * (OTHER, errno as it left it) or does not write the same twice, because
 * something changed meanwhile (OTHER, errno EAGAIN), or as alcove_alloc.
 * Cost: of a text of up to 255 bytes one vsnprintf, of a longer one two. That
 * may take memory of its own from malloc, for wide characters and numbers.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1) ALCOVE_PRINTF(3, 4)
char *alcove_asprintf(struct alcove_allocator *a, struct alcove_error *err,
                      const char *fmt, ...);

/* The same with the arguments in a list, which is undefined afterwards, as
 * after vprintf. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1) ALCOVE_PRINTF(3, 0)
char *alcove_vasprintf(struct alcove_allocator *a, struct alcove_error *err,
                       const char *fmt, va_list args);

/* Release a string that one of these made, and that is as long as it was; NULL
 * is a no-op. Over an arena there is no need to. Fails as alcove_dealloc does.
 */
ALCOVE_API ALCOVE_NONNULL(1) ALCOVE_TAKES(2)
bool alcove_strfree(struct alcove_allocator *a, char *s,
                    struct alcove_error *err);

/* For analyzers. */
ALCOVE_RELEASES(alcove_strfree, 2)

ALCOVE_END

#endif /* ALCOVE_STRING_H */
