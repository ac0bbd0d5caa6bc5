/* SPDX-License-Identifier: MIT */
/* Text without stdio: messages are made where allocating has just failed. */
#include <config.h>

#include "text.h"

struct alcove_text
alcove_text_begin(char *buf, size_t size)
{
    struct alcove_text t = {buf, size > 0 ? size - 1 : 0, 0};

    return t;
}

void
alcove_text_put(struct alcove_text *t, const char *s)
{
    for (; *s; s++, t->length++)
        if (t->length < t->size)
            t->buf[t->length] = *s;
}

static void
put_digits(struct alcove_text *t, uintmax_t n, unsigned base)
{
    char digits[3 * sizeof n + 1];
    char *first = digits + sizeof digits - 1;

    *first = '\0';
    do {
        *--first = "0123456789abcdef"[n % base];
        n /= base;
    } while (n != 0);
    alcove_text_put(t, first);
}

void
alcove_text_number(struct alcove_text *t, uintmax_t n)
{
    put_digits(t, n, 10);
}

void
alcove_text_address(struct alcove_text *t, const void *p)
{
    alcove_text_put(t, "0x");
    put_digits(t, (uintptr_t)p, 16);
}

void
alcove_text_bytes(struct alcove_text *t, size_t n)
{
    alcove_text_number(t, n);
    alcove_text_put(t, n == 1 ? " byte" : " bytes");
}

void
alcove_text_layout(struct alcove_text *t, struct alcove_layout l)
{
    alcove_text_bytes(t, l.size);
    alcove_text_put(t, " aligned to ");
    alcove_text_number(t, l.align);
}

static bool
is_among(char c, const char *chars)
{
    while (*chars && *chars != c)
        chars++;
    return *chars != '\0';
}

size_t
alcove_text_span(const char *s, const char *stops)
{
    size_t n = 0;

    while (s[n] && !is_among(s[n], stops))
        n++;
    return n;
}

size_t
alcove_text_end(struct alcove_text *t, size_t size)
{
    if (size > 0)
        t->buf[t->length < t->size ? t->length : t->size] = '\0';
    return t->length;
}
