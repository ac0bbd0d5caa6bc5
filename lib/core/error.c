/* SPDX-License-Identifier: MIT */
/* The structured error: names, errno, and its text.
 *
 * The text is put together by hand and not by snprintf: it must not allocate,
 * and errors are made where stdio is not at home. Each message names who
 * refused, what was asked, and why.
 */
#include <config.h>

#include <alcove/error.h>

#include <errno.h>
#include <string.h>

/* Text that is cut off at `size` and counted to its end. */
struct text {
    char *buf;
    size_t size;
    size_t length;
};

static void
put(struct text *t, const char *s)
{
    for (; *s; s++, t->length++)
        if (t->length < t->size)
            t->buf[t->length] = *s;
}

static void
put_number(struct text *t, size_t n)
{
    char digits[3 * sizeof n + 1];
    char *first = digits + sizeof digits - 1;

    *first = '\0';
    do {
        *--first = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    put(t, first);
}

static void
put_layout(struct text *t, struct alcove_layout l)
{
    put_number(t, l.size);
    put(t, l.size == 1 ? " byte" : " bytes");
    put(t, " aligned to ");
    put_number(t, l.align);
}

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

static const char *
code_text(enum alcove_code code)
{
    switch (code) {
#define ALCOVE_X(name, number, text)                                           \
    case ALCOVE_##name:                                                        \
        return text;
        ALCOVE_CODES(ALCOVE_X)
#undef ALCOVE_X
    default:
        return "an error that this version does not know";
    }
}

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
    switch (cause) {
#define ALCOVE_X(name, text)                                                   \
    case ALCOVE_CAUSE_##name:                                                  \
        return text;
        ALCOVE_CAUSES(ALCOVE_X)
#undef ALCOVE_X
    default:
        return "a cause that this version does not know";
    }
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
    return NULL;
}

static void
put_os_error(struct text *t, int number)
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
#endif
    errno = saved;

    put(t, *message ? message : "error");
    put(t, " (");
    if (name) {
        put(t, name);
    } else {
        put(t, number < 0 ? "errno -" : "errno ");
        put_number(t, number < 0 ? 0 - (size_t)number : (size_t)number);
    }
    put(t, ")");
}

/* Why a request that was in order could not be served. */
static void
put_cause(struct text *t, const struct alcove_error *err)
{
    switch (err->cause) {
    case ALCOVE_CAUSE_OS:
        if (err->os_error != 0)
            put_os_error(t, err->os_error);
        else
            put(t, cause_text(err->cause));
        break;
    case ALCOVE_CAUSE_STACK:
        if (err->limit == 0 && err->detail)
            return;
        put_number(t, err->limit);
        put(t, err->limit == 1 ? " byte" : " bytes");
        put(t, " of stack left");
        break;
    case ALCOVE_CAUSE_LIMIT:
        put_number(t, err->limit);
        put(t, err->limit == 1 ? " byte" : " bytes");
        put(t, " left under the limit");
        break;
    case ALCOVE_CAUSE_OUT_OF_MEMORY:
        put(t, cause_text(err->cause));
        if (err->limit == 0)
            break;
        put(t, ", ");
        put_number(t, err->limit);
        put(t, err->limit == 1 ? " byte" : " bytes");
        put(t, " left");
        break;
    case ALCOVE_CAUSE_UNKNOWN:
        if (err->os_error != 0)
            put_os_error(t, err->os_error);
        else if (!err->detail)
            put(t, cause_text(err->cause));
        else
            return;
        break;
    default:
        put(t, cause_text(err->cause));
    }
    if (err->detail)
        put(t, "; ");
}

static bool
has_layout(struct alcove_layout l)
{
    return l.size != 0 || l.align != 0;
}

/* What was asked, as far as it is known: "100 bytes aligned to 8". */
static void
put_request(struct text *t, const struct alcove_error *err)
{
    if (has_layout(err->old)) {
        put_layout(t, err->old);
        put(t, " to ");
    }
    put_layout(t, err->layout);
}

size_t
alcove_error_format(const struct alcove_error *err, char *buf, size_t size)
{
    struct text t = {buf, size > 0 ? size - 1 : 0, 0};
    bool asked = has_layout(err->layout) || has_layout(err->old);

    put(&t, err->allocator ? err->allocator : "alcove");
    put(&t, ": ");
    if (err->code == ALCOVE_ERR_ALLOC_FAILED) {
        put(&t, has_layout(err->old) ? "cannot change " : "cannot allocate ");
        put_request(&t, err);
        put(&t, ": ");
        put_cause(&t, err);
    } else if (err->code == ALCOVE_ERR_ARITH) {
        put_number(&t, err->lhs);
        put(&t, " ");
        put(&t, op_sign(err->op));
        put(&t, " ");
        put_number(&t, err->rhs);
        put(&t, ": ");
        put(&t, code_text(err->code));
        if (err->detail)
            put(&t, "; ");
    } else {
        put(&t, code_text(err->code));
        if (asked) {
            put(&t, ": ");
            put_request(&t, err);
        }
        if (err->os_error != 0) {
            put(&t, ": ");
            put_os_error(&t, err->os_error);
        }
        if (err->detail)
            put(&t, "; ");
    }
    if (err->detail)
        put(&t, err->detail);
    if (size > 0)
        buf[t.length < t.size ? t.length : t.size] = '\0';
    return t.length;
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
