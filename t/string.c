/* SPDX-License-Identifier: MIT */
/* Strings: their layouts, what is read of their sources, and refusals. */
#include <config.h>

#include <alcove/arena.h>
#include <alcove/check.h>
#include <alcove/malloc.h>
#include <alcove/string.h>

#include "count.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static struct count books;
static struct alcove_allocator *const a = &books.allocator;

static void
begin(void)
{
    count_init(&books, COUNT_PLAIN);
    before();
}

/* The only live block is this string, and it is released. */
static bool
is_string(char *p, const char *want)
{
    size_t size = strlen(want) + 1;

    return p && strcmp(p, want) == 0 && count_ok(&books, 1, size) &&
           alcove_strfree(a, p, &err) && count_ok(&books, 0, 0) && untouched();
}

static bool
told(int number)
{
    return errno == number && err.code == ALCOVE_ERR_OTHER && err.detail &&
           err.os_error == (ALCOVE_HAVE_OS_ERRORS ? number : 0) &&
           strcmp(err.allocator, "string") == 0 && count_ok(&books, 0, 0);
}

static bool
told_of_memory(void)
{
    return errno == ENOMEM && err.code == ALCOVE_ERR_ALLOC_FAILED &&
           count_ok(&books, 0, 0);
}

static void
test_copies(void)
{
    const char open[4] = {'o', 'p', 'e', 'n'};
    const char *s = "a string";

    begin();
    ok(is_string(alcove_strdup(a, s, &err), "a string"), "a string is copied");
    ok(is_string(alcove_strdup(a, "", &err), ""), "...an empty one, too");
    ok(is_string(alcove_strndup(a, s, 3, &err), "a s"),
       "of a string the first bytes are copied");
    ok(is_string(alcove_strndup(a, s, 8, &err), s) &&
           is_string(alcove_strndup(a, s, 9, &err), s) &&
           is_string(alcove_strndup(a, s, SIZE_MAX, &err), s),
       "...no more than it has");
    ok(is_string(alcove_strndup(a, s, 0, &err), ""), "...or none");
    ok(is_string(alcove_strndup(a, open, 4, &err), "open"),
       "what is not closed need not be");
    ok(!alcove_strdup(a, NULL, &err) && told(EINVAL) && before() &&
           !alcove_strndup(a, NULL, 0, &err) && told(EINVAL) &&
           !alcove_strdup(a, NULL, NULL),
       "no string, no copy");
    books.fail_after = 0;
    before();
    ok(!alcove_strdup(a, s, &err) && told_of_memory() && before() &&
           !alcove_strndup(a, s, 2, &err) && told_of_memory(),
       "what the allocator refuses is refused");
    before();
    ok(alcove_strfree(a, NULL, &err) && untouched(), "NULL is released");
}

static char *through(struct alcove_error *e, const char *fmt, ...)
    ALCOVE_PRINTF(2, 3);

static char *
through(struct alcove_error *e, const char *fmt, ...)
{
    va_list args;
    char *p;

    va_start(args, fmt);
    p = alcove_vasprintf(a, e, fmt, args);
    va_end(args);
    return p;
}

/* Around the length where the buffer ends. */
static size_t
wrong_lengths(void)
{
    char want[600];
    size_t n, wrong = 0;

    for (n = 0; n < sizeof want - 1; n++) {
        snprintf(want, sizeof want, "%*s", (int)n, n ? "x" : "");
        wrong += !is_string(
            alcove_asprintf(a, &err, "%*s", (int)n, n ? "x" : ""), want);
    }
    return wrong;
}

static void
test_formats(void)
{
    char *(*formatted)(struct alcove_allocator *, struct alcove_error *,
                       const char *, ...) = alcove_asprintf;

    begin();
    ok(is_string(alcove_asprintf(a, &err, "%d %s %c", 42, "and", 'x'),
                 "42 and x") &&
           is_string(through(&err, "%zu", (size_t)7), "7"),
       "a text is put together");
    is_size(wrong_lengths(), 0, "...of any length");
    ok(!formatted(a, &err, NULL) && told(EINVAL), "no format, no text");
    before();
    books.fail_after = 0;
    ok(!alcove_asprintf(a, &err, "%d", 1) && told_of_memory() && before() &&
           !alcove_asprintf(a, &err, "%400d", 1) && told_of_memory(),
       "what the allocator refuses is refused, short or long");
}

/* vsnprintf fails where the whole length is no int (POSIX: EOVERFLOW), or a
 * wide character is none. */
static void
test_failed_formats(void)
{
    static const wchar_t bad[2] = {(wchar_t)0x7ffffff0, 0};
    char buf[8];

    begin();
    errno = 0;
    if (snprintf(buf, sizeof buf, "%ls", bad) >= 0) {
        skip(1, "this vsnprintf takes everything");
        return;
    }
    before();
    ok(!alcove_asprintf(a, &err, "%ls", bad) && told(EILSEQ) &&
           books.asked == 0,
       "what vsnprintf refuses is refused");
}

/* An allocator in whose middle the text changes. */
static char text[400];
static size_t text_length;
static void *(*plain_alloc)(struct alcove_allocator *, struct alcove_layout,
                            struct alcove_error *);

static void *
meddling_alloc(struct alcove_allocator *from, struct alcove_layout l,
               struct alcove_error *e)
{
    memset(text, 'y', text_length);
    text[text_length] = '\0';
    return plain_alloc(from, l, e);
}

static bool
changes_to(size_t length)
{
    memset(text, 'x', 300);
    text[300] = '\0';
    text_length = length;
    before();
    return !alcove_asprintf(a, &err, "%s", text) && told(EAGAIN);
}

static void
test_changes(void)
{
    begin();
    plain_alloc = books.ops.alloc;
    books.ops.alloc = meddling_alloc;
    ok(changes_to(399) && changes_to(299) && changes_to(0),
       "a text that changes is no text");
}

static void
test_arena(void)
{
    static char buffer[64];
    struct alcove_arena arena;
    size_t used = 0;
    char *p, *q;

    alcove_arena_init(&arena, NULL, buffer, sizeof buffer);
    before();
    p = alcove_strdup(&arena.allocator, "first", &err);
    q = alcove_asprintf(&arena.allocator, &err, "%s, second", p);
    ok(p && q && strcmp(q, "first, second") == 0 && q > p &&
           (used = alcove_arena_used(&arena)) >= 20 && untouched(),
       "in an arena strings stand one after the other");
    ok(!alcove_asprintf(&arena.allocator, &err, "%99d", 1) &&
           err.code == ALCOVE_ERR_ALLOC_FAILED &&
           alcove_arena_used(&arena) == used && strcmp(p, "first") == 0,
       "...and one that is refused leaves no trace");
    alcove_arena_done(&arena);
}

static bool
body(struct alcove_allocator *from, struct alcove_check_run *run, void *arg)
{
    char *all[4];
    bool good = true;
    size_t i;

    (void)arg;
    all[0] = alcove_strdup(from, "one", NULL);
    all[1] = alcove_strndup(from, "twofold", 3, NULL);
    all[2] = alcove_asprintf(from, NULL, "%d", 3);
    all[3] = alcove_asprintf(from, NULL, "%300d", 4);
    for (i = 0; i < 4; i++)
        good &= all[i] != NULL;
    for (i = 0; i < 4; i++) {
        if (good)
            alcove_check_outcome(run, all[i], strlen(all[i]));
        alcove_strfree(from, all[i], NULL);
    }
    return good;
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the tests' own allocators stand on malloc");
    tap_plan(18);
    test_copies();
    test_formats();
    test_failed_formats();
    test_changes();
    test_arena();
    ok(alcove_check_oom(body, NULL, NULL, NULL, NULL, NULL),
       "every refusal is survived");
    return tap_done();
}
