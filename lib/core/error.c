/* SPDX-License-Identifier: MIT */
/* The structured error: names, errno, and its text.
 *
 * The text is put together by hand and not by snprintf: it must not allocate,
 * and errors are made where stdio is not at home. Each message names who
 * refused, what was asked, and why.
 */
#include <config.h>

#include <alcove/error.h>

#include "libc.h"
#include "text.h"

const char *
alcove_code_name(enum alcove_code code)
{
    switch (code) {
#define ALCOVE_X(name, number, text)                                           \
    case ALCOVE_##name:                                                        \
        return "ALCOVE_" #name;
        ALCOVE_CODES(ALCOVE_X)
#undef ALCOVE_X
    default:
        return "?";
    }
}

const char *
alcove_cause_name(enum alcove_cause cause)
{
    switch (cause) {
#define ALCOVE_X(name, text)                                                   \
    case ALCOVE_CAUSE_##name:                                                  \
        return "ALCOVE_CAUSE_" #name;
        ALCOVE_CAUSES(ALCOVE_X)
#undef ALCOVE_X
    default:
        return "?";
    }
}

/* Not every code and cause is told in these words. */
static const char *
code_text(enum alcove_code code)
{
#define ALCOVE_X(name, number, text) text,
    static const char *const texts[] = {ALCOVE_CODES(ALCOVE_X)};
#undef ALCOVE_X
    size_t i = (size_t)code;

    return i < sizeof texts / sizeof *texts
               ? texts[i]
               : "an error that this version does not know";
}

/*@ assigns \nothing;
    ensures code != ALCOVE_OK ==> \result > 0;
*/
static int
code_errno(enum alcove_code code)
{
    switch (code) {
#define ALCOVE_X(name, number, text)                                           \
    case ALCOVE_##name:                                                        \
        return number;
        ALCOVE_CODES(ALCOVE_X)
#undef ALCOVE_X
    default:
        return EIO;
    }
}

static const char *
cause_text(enum alcove_cause cause)
{
#define ALCOVE_X(name, text) text,
    static const char *const texts[] = {ALCOVE_CAUSES(ALCOVE_X)};
#undef ALCOVE_X
    size_t i = (size_t)cause;

    return i < sizeof texts / sizeof *texts
               ? texts[i]
               : "a cause that this version does not know";
}

static const char *
op_sign(enum alcove_arith_op op)
{
    switch (op) {
#define ALCOVE_X(name, sign)                                                   \
    case ALCOVE_ARITH_##name:                                                  \
        return sign;
        ALCOVE_ARITH_OPS(ALCOVE_X)
#undef ALCOVE_X
    default:
        return "?";
    }
}

/* The names of those errors that allocators meet. There is no portable way to
 * ask for them. */
static const char *
errno_name(int number)
{
#if ALCOVE_FREESTANDING
    (void)number;
#else
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {ENOMEM, "ENOMEM"},       {EINVAL, "EINVAL"}, {EAGAIN, "EAGAIN"},
        {EOVERFLOW, "EOVERFLOW"}, {EPERM, "EPERM"},   {EACCES, "EACCES"},
        {ENOTSUP, "ENOTSUP"},     {EFAULT, "EFAULT"}, {EBUSY, "EBUSY"},
        {EDEADLK, "EDEADLK"},     {EIO, "EIO"},       {ENOSYS, "ENOSYS"},
        {EMFILE, "EMFILE"},       {ENFILE, "ENFILE"}, {ENODEV, "ENODEV"},
    };
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == number)
            return names[i].name;
#endif
    return NULL;
}

/* Without its sign. The least number has no negative of its type. */
static size_t
magnitude(ptrdiff_t n)
{
    return n < 0 ? ~(size_t)n + 1 : (size_t)n;
}

static void
put_os_error(struct alcove_text *t, int number)
{
    char buf[128] = "";
    const char *name = errno_name(number);
    const char *message = buf;
    int saved = errno;

#if ALCOVE_STRERROR_R == 2 /* GNU's: returns the text */
    message = strerror_r(number, buf, sizeof buf);
#elif ALCOVE_STRERROR_R == 1 /* POSIX's: fills the buffer */
    if (strerror_r(number, buf, sizeof buf) != 0)
        buf[0] = '\0';
#elif ALCOVE_STRERROR_R == 3 /* that of C11's annex K, and of Windows */
    if (strerror_s(buf, sizeof buf, number) != 0)
        buf[0] = '\0';
#endif
    errno = saved;

    alcove_text_put(t, *message ? message : "error");
    alcove_text_put(t, " (");
    if (name) {
        alcove_text_put(t, name);
    } else {
        alcove_text_put(t, number < 0 ? "errno -" : "errno ");
        alcove_text_number(t, magnitude(number));
    }
    alcove_text_put(t, ")");
}

/* Why a request that was in order could not be served. */
static void
put_cause(struct alcove_text *t, const struct alcove_error *err)
{
    switch (err->cause) {
    case ALCOVE_CAUSE_OS:
        if (err->os_error != 0)
            put_os_error(t, err->os_error);
        else
            alcove_text_put(t, cause_text(err->cause));
        break;
    case ALCOVE_CAUSE_STACK:
        if (err->limit == 0 && err->detail)
            return;
        alcove_text_bytes(t, err->limit);
        alcove_text_put(t, " of stack left");
        break;
    case ALCOVE_CAUSE_LIMIT:
        /* What nobody has is no limit: the detail tells of another. */
        if (err->limit > (size_t)PTRDIFF_MAX / 2 && err->detail)
            return;
        alcove_text_bytes(t, err->limit);
        alcove_text_put(t, " left under the limit");
        break;
    case ALCOVE_CAUSE_OUT_OF_MEMORY:
        alcove_text_put(t, cause_text(err->cause));
        if (err->limit == 0)
            break;
        alcove_text_put(t, ", ");
        alcove_text_bytes(t, err->limit);
        alcove_text_put(t, " left");
        break;
    case ALCOVE_CAUSE_UNKNOWN:
    case ALCOVE_CAUSE_OTHER:
        if (err->os_error != 0)
            put_os_error(t, err->os_error);
        else if (!err->detail)
            alcove_text_put(t, cause_text(err->cause));
        else
            return;
        break;
    default:
        alcove_text_put(t, cause_text(err->cause));
    }
    if (err->detail)
        alcove_text_put(t, "; ");
}

static bool
has_layout(struct alcove_layout l)
{
    return l.size != 0 || l.align != 0;
}

/* What was asked, as far as it is known: "100 bytes aligned to 8". */
static void
put_request(struct alcove_text *t, const struct alcove_error *err)
{
    if (has_layout(err->old)) {
        alcove_text_layout(t, err->old);
        alcove_text_put(t, " to ");
    }
    alcove_text_layout(t, err->layout);
}

/* Which block, and where it is bad. */
static void
error_put_block(struct alcove_text *t, const struct alcove_error *err)
{
    if (!err->block)
        return;
    alcove_text_put(t, " at ");
    alcove_text_address(t, err->block);
    if (err->code != ALCOVE_ERR_CORRUPT)
        return;
    alcove_text_put(t, ", first at offset ");
    if (err->offset < 0)
        alcove_text_put(t, "-");
    alcove_text_number(t, magnitude(err->offset));
}

size_t
alcove_error_format(const struct alcove_error *err, char *buf, size_t size)
{
    struct alcove_text t = alcove_text_begin(buf, size);
    bool asked = has_layout(err->layout) || has_layout(err->old);

    alcove_text_put(&t, err->allocator ? err->allocator : "alcove");
    alcove_text_put(&t, ": ");
    if (err->code == ALCOVE_ERR_ALLOC_FAILED) {
        alcove_text_put(&t, has_layout(err->old) ? "cannot change "
                                                 : "cannot allocate ");
        put_request(&t, err);
        alcove_text_put(&t, ": ");
        put_cause(&t, err);
    } else if (err->code == ALCOVE_ERR_ARITH) {
        alcove_text_number(&t, err->lhs);
        alcove_text_put(&t, " ");
        alcove_text_put(&t, op_sign(err->op));
        alcove_text_put(&t, " ");
        alcove_text_number(&t, err->rhs);
        alcove_text_put(&t, ": ");
        alcove_text_put(&t, code_text(err->code));
        if (err->detail)
            alcove_text_put(&t, "; ");
    } else {
        alcove_text_put(&t, code_text(err->code));
        if (asked) {
            alcove_text_put(&t, ": ");
            put_request(&t, err);
        }
        error_put_block(&t, err);
        if (err->os_error != 0) {
            alcove_text_put(&t, ": ");
            put_os_error(&t, err->os_error);
        }
        if (err->detail)
            alcove_text_put(&t, "; ");
    }
    if (err->detail)
        alcove_text_put(&t, err->detail);
    return alcove_text_end(&t, size);
}

bool
alcove_error_set(struct alcove_error *err, const struct alcove_error *what)
{
    errno = what->os_error != 0 ? what->os_error : code_errno(what->code);
    if (err) {
        *err = *what;
#if !ALCOVE_HAVE_OS_ERRORS
        err->os_error = 0;
#endif
    }
    return false;
}
