/* SPDX-License-Identifier: MIT */
/* The structured error: what was asked, of which allocator, why it was not to
 * be had, and which error the operating system gave.
 *
 * - The caller owns it, usually on its stack, and may always pass NULL.
 * - It is written on failure only; the last failure stands.
 * - It holds no memory: copy it, drop it.
 */
#ifndef ALCOVE_ERROR_H
#define ALCOVE_ERROR_H

#include <alcove/base.h>

ALCOVE_BEGIN

/* A size and an alignment, both in bytes: see <alcove/layout.h>. */
struct alcove_layout {
    size_t size;
    size_t align;
};

/* X(name, errno that it sets, text) for each code, in the order of the enum.
 * A failure whose os_error is known sets errno to that instead.
 */
#define ALCOVE_CODES(X)                                                        \
    X(OK, 0, "no error")                                                       \
    X(ERR_ALLOC_FAILED, ENOMEM, "the allocator cannot serve the request")      \
    X(ERR_ZERO_ALIGN, EINVAL, "the alignment is 0")                            \
    X(ERR_ALIGN_NOT_POWER_OF_TWO, EINVAL, "the alignment is no power of two")  \
    X(ERR_EXCEEDS_MAX, EOVERFLOW, "the size exceeds the largest possible")     \
    X(ERR_ARITH, EOVERFLOW, "the result of a computation does not fit")        \
    X(ERR_SMALLER_ALIGN, EINVAL, "the new alignment is smaller than the old")  \
    X(ERR_GROW_SMALLER, EINVAL, "grow was asked for a smaller size")           \
    X(ERR_SHRINK_LARGER, EINVAL, "shrink was asked for a larger size")         \
    X(ERR_UNSUPPORTED, ENOTSUP, "the allocator cannot do this")                \
    X(ERR_NOT_OWNED, EPERM, "the block is not this allocator's")               \
    X(ERR_LAYOUT_MISMATCH, EINVAL, "the block has another layout")             \
    X(ERR_CORRUPT, EFAULT, "memory was overwritten")                           \
    X(ERR_LOCK, EBUSY, "a lock could not be taken")                            \
    X(ERR_OTHER, EIO, "another error")                                         \
    /* end */

/* X(name, text) for each cause, in the order of the enum. */
#define ALCOVE_CAUSES(X)                                                       \
    X(UNKNOWN, "no cause was given")                                           \
    X(OUT_OF_MEMORY, "out of memory") /* the allocator itself is full */       \
    X(OS, "the operating system refused") /* see os_error */                   \
    X(STACK, "the stack would be overrun") /* see limit */                     \
    X(LIMIT, "a limit is reached") /* see limit */                             \
    X(INJECTED, "refused on purpose, to test")                                 \
    X(OTHER, "another cause")                                                  \
    /* end */

/* X(name, sign) for each operation of alcove_arith. */
#define ALCOVE_ARITH_OPS(X)                                                    \
    X(NONE, "")                                                                \
    X(ADD, "+")                                                                \
    X(SUB, "-")                                                                \
    X(MUL, "*")                                                                \
    X(DIV, "/")                                                                \
    X(REM, "%")                                                                \
    X(DIV_CEIL, "/^")                                                          \
    X(POW, "**")                                                               \
    /* end */

enum alcove_code {
#define ALCOVE_X(name, number, text) ALCOVE_##name,
    ALCOVE_CODES(ALCOVE_X)
#undef ALCOVE_X
    ALCOVE_CODE_COUNT
};

enum alcove_cause {
#define ALCOVE_X(name, text) ALCOVE_CAUSE_##name,
    ALCOVE_CAUSES(ALCOVE_X)
#undef ALCOVE_X
    ALCOVE_CAUSE_COUNT
};

enum alcove_arith_op {
#define ALCOVE_X(name, sign) ALCOVE_ARITH_##name,
    ALCOVE_ARITH_OPS(ALCOVE_X)
#undef ALCOVE_X
    ALCOVE_ARITH_OP_COUNT
};

/* A field that says nothing about this failure is 0 or NULL. */
struct alcove_error {
    enum alcove_code code;
    enum alcove_cause cause;
    int os_error;                /* an errno value, 0 if there was none; of a
                                  * Windows error, the nearest */
    enum alcove_arith_op op;     /* of a failed computation: lhs op rhs */
    struct alcove_layout layout; /* what was asked for */
    struct alcove_layout old;    /* what the block was */
    size_t lhs, rhs;
    size_t limit; /* bytes left: of the stack, the quota, the buffer; or the
                   * most that one block may have */
    const void *block; /* of a release that was refused: what it was of */
    ptrdiff_t offset;  /* of CORRUPT: the first bad byte, counted from `block` */
    const char *allocator; /* name of what refused; lives as long as that */
    const char *detail;    /* static text: more about why, or what to do; or
                            * the name of a Windows error */
};

/* Write the failure as one line of text, without a newline:
 *
 *     stack: cannot allocate 90000 bytes aligned to 16: 61440 bytes of stack
 *     left
 *
 * snprintf's contract: at most `size` bytes are written, the last one 0; the
 * length of the whole text (bytes, without the 0) is returned; `buf` may be
 * NULL if `size` is 0. Cannot fail, does not allocate, leaves errno alone. As
 * safe to call from several threads as strerror_r is.
 */
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_error_format(const struct alcove_error *err, char *buf,
                           size_t size);

/* "ALCOVE_ERR_ALLOC_FAILED", "ALCOVE_CAUSE_STACK": the constant's own name as
 * static text, or "?" for a number that is none of them.
 */
ALCOVE_API ALCOVE_CONST
const char *alcove_code_name(enum alcove_code code);
ALCOVE_API ALCOVE_CONST
const char *alcove_cause_name(enum alcove_cause cause);

/* For those who write an allocator: report a failure. Copies `what` to `err`
 * if that is not NULL, and sets errno: to what->os_error if that is not 0,
 * else to the code's own number. Always returns false, so that the last line
 * of a refusal can be
 *
 *     return alcove_error_set(err, &what);
 *
 * In a library built with --disable-os-errors, err->os_error is always 0.
 */
ALCOVE_API ALCOVE_COLD ALCOVE_NONNULL(2)
bool alcove_error_set(struct alcove_error *err,
                      const struct alcove_error *what);

ALCOVE_END

#endif /* ALCOVE_ERROR_H */
