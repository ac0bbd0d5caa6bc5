/* SPDX-License-Identifier: MIT */
/* Strings from an allocator: a layout is the length and one. */
#include <config.h>

#include <alcove/string.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static ALCOVE_COLD ALCOVE_NOINLINE void *
string_refuse(int os_error, const char *detail, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_OTHER,
        .os_error = os_error,
        .allocator = "string",
        .detail = detail,
    };

    alcove_error_set(err, &what);
    return NULL;
}

/* Room for a string of this length, closed already. One more is no overflow:
 * there is a string of that length, or an int has told it. */
static char *
room(struct alcove_allocator *a, size_t length, struct alcove_error *err)
{
    struct alcove_layout l = {length + 1, 1};
    char *p = alcove_alloc(a, l, err);

    if (p)
        p[length] = '\0';
    return p;
}

static char *
string_copy(struct alcove_allocator *a, const char *s, size_t length,
            struct alcove_error *err)
{
    char *p = room(a, length, err);

    if (p)
        memcpy(p, s, length);
    return p;
}

char *
alcove_strdup(struct alcove_allocator *a, const char *s,
              struct alcove_error *err)
{
    if (!s)
        return string_refuse(EINVAL, "there is no string", err);
    return string_copy(a, s, strlen(s), err);
}

char *
alcove_strndup(struct alcove_allocator *a, const char *s, size_t most,
               struct alcove_error *err)
{
    const char *end;

    if (!s)
        return string_refuse(EINVAL, "there is no string", err);
    end = memchr(s, '\0', most);
    return string_copy(a, s, end ? (size_t)(end - s) : most, err);
}

char *
alcove_asprintf(struct alcove_allocator *a, struct alcove_error *err,
                const char *fmt, ...)
{
    va_list args;
    char *p;

    va_start(args, fmt);
    p = alcove_vasprintf(a, err, fmt, args);
    va_end(args);
    return p;
}

/* Into a block, since it did not fit the buffer. */
static char *
format(struct alcove_allocator *a, size_t length, const char *fmt, va_list args,
       struct alcove_error *err)
{
    struct alcove_layout l = {length + 1, 1};
    char *p = room(a, length, err);
    int saved = errno, again;

    if (!p)
        return NULL;
    again = vsnprintf(p, l.size, fmt, args);
    if ((size_t)again == length) {
        errno = saved;
        return p;
    }
    (void)alcove_dealloc(a, p, l, NULL);
    return string_refuse(EAGAIN,
                         "what is to be formatted has changed meanwhile", err);
}

char *
alcove_vasprintf(struct alcove_allocator *a, struct alcove_error *err,
                 const char *fmt, va_list args)
{
    char buf[256], *p;
    int saved = errno, length;
    va_list again;

    if (!fmt)
        return string_refuse(EINVAL, "there is no format", err);
    va_copy(again, args);
    errno = 0;
    length = vsnprintf(buf, sizeof buf, fmt, args);
    if (length < 0) {
        p = string_refuse(errno != 0 ? errno : EIO, "vsnprintf failed", err);
    } else {
        errno = saved;
        if ((size_t)length < sizeof buf)
            p = string_copy(a, buf, (size_t)length, err);
        else
            p = format(a, (size_t)length, fmt, again, err);
    }
    va_end(again);
    return p;
}

bool
alcove_strfree(struct alcove_allocator *a, char *s, struct alcove_error *err)
{
    struct alcove_layout l = {0, 1};

    if (!s)
        return true;
    l.size = strlen(s) + 1;
    return alcove_dealloc(a, s, l, err);
}
