/* SPDX-License-Identifier: MIT */
/* The structured error: every number has its name, every failure sets errno,
 * and the text says who refused, what was asked and why, in any buffer.
 */
#include <config.h>

#include <alcove/error.h>

#include "tap.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define MARK (-4711) /* an errno that nobody sets */

struct name {
    int number;
    const char *name;
};

#define NAME(constant) constant, #constant

static const struct name codes[] = {
    {NAME(ALCOVE_OK)},
    {NAME(ALCOVE_ERR_ALLOC_FAILED)},
    {NAME(ALCOVE_ERR_ZERO_ALIGN)},
    {NAME(ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO)},
    {NAME(ALCOVE_ERR_EXCEEDS_MAX)},
    {NAME(ALCOVE_ERR_ARITH)},
    {NAME(ALCOVE_ERR_SMALLER_ALIGN)},
    {NAME(ALCOVE_ERR_GROW_SMALLER)},
    {NAME(ALCOVE_ERR_SHRINK_LARGER)},
    {NAME(ALCOVE_ERR_UNSUPPORTED)},
    {NAME(ALCOVE_ERR_NOT_OWNED)},
    {NAME(ALCOVE_ERR_LAYOUT_MISMATCH)},
    {NAME(ALCOVE_ERR_CORRUPT)},
    {NAME(ALCOVE_ERR_LOCK)},
    {NAME(ALCOVE_ERR_OTHER)},
};

static const struct name causes[] = {
    {NAME(ALCOVE_CAUSE_UNKNOWN)}, {NAME(ALCOVE_CAUSE_OUT_OF_MEMORY)},
    {NAME(ALCOVE_CAUSE_OS)},      {NAME(ALCOVE_CAUSE_STACK)},
    {NAME(ALCOVE_CAUSE_LIMIT)},   {NAME(ALCOVE_CAUSE_INJECTED)},
    {NAME(ALCOVE_CAUSE_OTHER)},
};

/* What each code sets errno to. */
static const struct name numbers[] = {
    {ENOMEM, "ALCOVE_ERR_ALLOC_FAILED"},
    {EINVAL, "ALCOVE_ERR_ZERO_ALIGN"},
    {EINVAL, "ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO"},
    {EOVERFLOW, "ALCOVE_ERR_EXCEEDS_MAX"},
    {EOVERFLOW, "ALCOVE_ERR_ARITH"},
    {EINVAL, "ALCOVE_ERR_SMALLER_ALIGN"},
    {EINVAL, "ALCOVE_ERR_GROW_SMALLER"},
    {EINVAL, "ALCOVE_ERR_SHRINK_LARGER"},
    {ENOTSUP, "ALCOVE_ERR_UNSUPPORTED"},
    {EPERM, "ALCOVE_ERR_NOT_OWNED"},
    {EINVAL, "ALCOVE_ERR_LAYOUT_MISMATCH"},
    {EFAULT, "ALCOVE_ERR_CORRUPT"},
    {EBUSY, "ALCOVE_ERR_LOCK"},
    {EIO, "ALCOVE_ERR_OTHER"},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct alcove_error nothing;
static char text[1024];

static const char *
format(const struct alcove_error *err)
{
    alcove_error_format(err, text, sizeof text);
    return text;
}

/* An error in which every field says something. */
static struct alcove_error
full_error(int code)
{
    struct alcove_error err = nothing;

    err.code = (enum alcove_code)code;
    err.layout.size = 1234567;
    err.layout.align = 64;
    err.old.size = 7654321;
    err.old.align = 32;
    err.lhs = 334455;
    err.op = ALCOVE_ARITH_MUL;
    err.rhs = 998877;
    err.limit = 56789;
    err.block = text;
    err.offset = -24680;
    err.allocator = "somebody";
    err.detail = "and there is more to say";
    return err;
}

/* ---- names ---- */

static void
check_names(void)
{
    static const int unknown[] = {-1, INT_MIN, 100, 1000, INT_MAX};
    size_t i, wrong = 0;

    is_size(COUNT(codes), ALCOVE_CODE_COUNT, "this test knows all codes");
    is_size(COUNT(causes), ALCOVE_CAUSE_COUNT, "this test knows all causes");
    for (i = 0; i < COUNT(codes); i++)
        is_str(alcove_code_name((enum alcove_code)codes[i].number),
               codes[i].name, "the name of %s", codes[i].name);
    for (i = 0; i < COUNT(causes); i++)
        is_str(alcove_cause_name((enum alcove_cause)causes[i].number),
               causes[i].name, "the name of %s", causes[i].name);
    is_str(alcove_code_name(ALCOVE_CODE_COUNT), "?",
           "a number that is no code is ?");
    is_str(alcove_cause_name(ALCOVE_CAUSE_COUNT), "?",
           "...and one that is no cause");
    for (i = 0; i < COUNT(unknown); i++)
        wrong +=
            strcmp(alcove_code_name((enum alcove_code)unknown[i]), "?") != 0 ||
            strcmp(alcove_cause_name((enum alcove_cause)unknown[i]), "?") != 0;
    is_size(wrong, 0, "...however far off");
}

/* ---- alcove_error_set ---- */

static void
check_errno(void)
{
    struct alcove_error what, err, before;
    size_t i;

    for (i = 0; i < COUNT(numbers); i++) {
        what = full_error((int)i + 1);
        memset(&err, 0xa5, sizeof err);
        errno = MARK;
        ok(!alcove_error_set(&err, &what) && errno_is(numbers[i].number) &&
               memcmp(&err, &what, sizeof err) == 0,
           "%s sets errno and copies the error", numbers[i].name);
    }
    is_str(alcove_code_name((enum alcove_code)COUNT(numbers)),
           numbers[COUNT(numbers) - 1].name, "...in the order of the codes");

    what = full_error(ALCOVE_ERR_NOT_OWNED);
    errno = MARK;
    ok(!alcove_error_set(NULL, &what), "an error that nobody wants is false");
    ok(errno_is(EPERM), "...and sets errno all the same");

    what = full_error(ALCOVE_CODE_COUNT);
    ok(!alcove_error_set(&err, &what) && errno_is(EIO),
       "a code that is not known is EIO");

    what = full_error(ALCOVE_ERR_ALLOC_FAILED);
    what.cause = ALCOVE_CAUSE_OS;
    what.os_error = EAGAIN;
    before = what;
    errno = MARK;
    ok(!alcove_error_set(NULL, &nothing) && errno_is(0),
       "what is no error sets it to 0");
    ok(!alcove_error_set(&err, &what), "an error of the operating system");
    ok(errno_is(EAGAIN), "...is errno, whatever the code's number is");
    is_int(err.os_error, ALCOVE_HAVE_OS_ERRORS ? EAGAIN : 0,
           "...and in the error, if the library is built to say so");
    ok(memcmp(&before, &what, sizeof what) == 0 && err.layout.size == 1234567 &&
           err.code == ALCOVE_ERR_ALLOC_FAILED && err.cause == ALCOVE_CAUSE_OS,
       "...with everything else, and the original untouched");
}

/* ---- alcove_error_format ---- */

/* The system's own text, or what stands for it where none can be had safely. */
static const char *
system_text(int number)
{
#if ALCOVE_STRERROR_R
    return strerror(number);
#else
    (void)number;
    return "error";
#endif
}

static void
check_examples(void)
{
    struct alcove_error err = nothing, recorded;
    char want[512];
    size_t large = SIZE_MAX / 2 - 807;

    err.code = ALCOVE_ERR_ALLOC_FAILED;
    err.cause = ALCOVE_CAUSE_STACK;
    err.layout.size = 90000;
    err.layout.align = 16;
    err.limit = 61440;
    err.allocator = "stack";
    is_str(format(&err),
           "stack: cannot allocate 90000 bytes aligned to 16: 61440 bytes of "
           "stack left",
           "the stack's example, word for word");

    err = nothing;
    err.code = ALCOVE_ERR_ALLOC_FAILED;
    err.cause = ALCOVE_CAUSE_OS;
    err.os_error = ENOMEM;
    err.layout.size = large;
    err.layout.align = 16;
    err.allocator = "malloc";
    snprintf(want, sizeof want,
             "malloc: cannot allocate %" PRIuMAX " bytes aligned to 16: %s "
             "(ENOMEM)",
             (uintmax_t)large, system_text(ENOMEM));
#if ALCOVE_HAVE_OS_ERRORS
    recorded = err;
    is_str(format(&recorded), want, "malloc's example, word for word");
#else
    alcove_error_set(&recorded, &err);
    format(&recorded);
    ok(strncmp(text, want, strlen("malloc: cannot allocate ")) == 0 &&
           !strstr(text, "ENOMEM"),
       "malloc's example, without what this library does not record");
#endif
}

#define ASKED .allocator = "a", .layout = {100, 8}
#define FAILED(which)                                                          \
    ASKED, .code = ALCOVE_ERR_ALLOC_FAILED, .cause = ALCOVE_CAUSE_##which

/* What people read. */
#define HERE ((void *)0xf1a0)

static const struct {
    struct alcove_error err;
    const char *text;
} messages[] = {
    {{.code = ALCOVE_OK}, "alcove: no error"},
    {{FAILED(UNKNOWN)},
     "a: cannot allocate 100 bytes aligned to 8: no cause was given"},
    {{FAILED(UNKNOWN), .detail = "so"},
     "a: cannot allocate 100 bytes aligned to 8: so"},
    {{FAILED(OUT_OF_MEMORY)},
     "a: cannot allocate 100 bytes aligned to 8: out of memory"},
    {{FAILED(OUT_OF_MEMORY), .limit = 99},
     "a: cannot allocate 100 bytes aligned to 8: out of memory, 99 bytes left"},
    {{FAILED(OUT_OF_MEMORY), .limit = 1, .detail = "so"},
     "a: cannot allocate 100 bytes aligned to 8: out of memory, 1 byte left; "
     "so"},
    {{FAILED(OS)},
     "a: cannot allocate 100 bytes aligned to 8: the operating system refused"},
    {{FAILED(STACK), .limit = 1},
     "a: cannot allocate 100 bytes aligned to 8: 1 byte of stack left"},
    {{FAILED(STACK), .limit = 0, .detail = "where is it?"},
     "a: cannot allocate 100 bytes aligned to 8: where is it?"},
    {{FAILED(STACK), .limit = 2, .detail = "so"},
     "a: cannot allocate 100 bytes aligned to 8: 2 bytes of stack left; so"},
    {{FAILED(LIMIT), .limit = 99},
     "a: cannot allocate 100 bytes aligned to 8: 99 bytes left under the "
     "limit"},
    {{FAILED(LIMIT), .limit = 1},
     "a: cannot allocate 100 bytes aligned to 8: 1 byte left under the limit"},
    {{FAILED(LIMIT), .limit = SIZE_MAX, .detail = "so"},
     "a: cannot allocate 100 bytes aligned to 8: so"},
    {{FAILED(INJECTED)},
     "a: cannot allocate 100 bytes aligned to 8: refused on purpose, to test"},
    {{FAILED(OTHER), .detail = "so"},
     "a: cannot allocate 100 bytes aligned to 8: so"},
    {{FAILED(OTHER), .old = {1, 4}},
     "a: cannot change 1 byte aligned to 4 to 100 bytes aligned to 8: another "
     "cause"},
    {{.code = ALCOVE_ERR_ARITH,
      .allocator = "a",
      .lhs = 3,
      .op = ALCOVE_ARITH_MUL,
      .rhs = 4},
     "a: 3 * 4: the result of a computation does not fit"},
    {{.code = ALCOVE_ERR_ARITH,
      .allocator = "a",
      .lhs = 3,
      .op = ALCOVE_ARITH_OP_COUNT,
      .rhs = 4},
     "a: 3 ? 4: the result of a computation does not fit"},
    {{.allocator = "a", .code = ALCOVE_ERR_NOT_OWNED, .old = {1, 4}},
     "a: the block is not this allocator's: 1 byte aligned to 4 to 0 bytes "
     "aligned to 0"},
    {{.code = ALCOVE_ERR_ARITH,
      .allocator = "a",
      .lhs = 3,
      .op = ALCOVE_ARITH_POW,
      .rhs = 4,
      .detail = "so"},
     "a: 3 ** 4: the result of a computation does not fit; so"},
    {{ASKED, .code = ALCOVE_ERR_EXCEEDS_MAX},
     "a: the size exceeds the largest possible: 100 bytes aligned to 8"},
    {{.allocator = "a", .code = ALCOVE_ERR_ZERO_ALIGN, .layout = {1, 0}},
     "a: the alignment is 0: 1 byte aligned to 0"},
    {{ASKED, .code = ALCOVE_ERR_SHRINK_LARGER, .old = {90, 8}},
     "a: shrink was asked for a larger size: 90 bytes aligned to 8 to 100 "
     "bytes aligned to 8"},
    {{.allocator = "a", .code = ALCOVE_ERR_UNSUPPORTED},
     "a: the allocator cannot do this"},
    {{.allocator = "a", .code = ALCOVE_ERR_UNSUPPORTED, .detail = "so"},
     "a: the allocator cannot do this; so"},
    {{ASKED, .code = ALCOVE_ERR_NOT_OWNED, .block = HERE},
     "a: the block is not this allocator's: 100 bytes aligned to 8 at 0xf1a0"},
    {{.allocator = "a", .code = ALCOVE_ERR_CORRUPT, .block = HERE},
     "a: memory was overwritten at 0xf1a0, first at offset 0"},
    {{ASKED, .code = ALCOVE_ERR_CORRUPT, .block = HERE, .offset = -12},
     "a: memory was overwritten: 100 bytes aligned to 8 at 0xf1a0, first at "
     "offset -12"},
    {{ASKED, .code = ALCOVE_ERR_CORRUPT, .block = HERE, .offset = 100},
     "a: memory was overwritten: 100 bytes aligned to 8 at 0xf1a0, first at "
     "offset 100"},
};

static void
check_wording(void)
{
    size_t i;

    for (i = 0; i < COUNT(messages); i++)
        is_str(format(&messages[i].err), messages[i].text, "\"%s\"",
               messages[i].text);
}

/* Is this number in the text, as a number of its own? */
static bool
tells(size_t number)
{
    char digits[64];
    const char *found = text;
    size_t length;

    snprintf(digits, sizeof digits, "%" PRIuMAX, (uintmax_t)number);
    length = strlen(digits);
    while ((found = strstr(found, digits)) != NULL) {
        if ((found == text || !strchr("0123456789", found[-1])) &&
            (found[length] == '\0' || !strchr("0123456789", found[length])))
            return true;
        found++;
    }
    return false;
}

static void
check_messages(void)
{
    struct alcove_error err;
    size_t i;

    for (i = 1; i < COUNT(codes); i++) {
        bool arith = codes[i].number == ALCOVE_ERR_ARITH;

        err = full_error(codes[i].number);
        format(&err);
        if (!ok(strncmp(text, "somebody: ", 10) == 0 &&
                    strstr(text, err.detail) &&
                    (arith
                         ? tells(err.lhs) && tells(err.rhs)
                         : tells(err.layout.size) && tells(err.layout.align) &&
                               tells(err.old.size) && tells(err.old.align)),
                "the text of %s has the name, the numbers and the detail",
                codes[i].name))
            diag("%s", text);
    }
}

/* The texts for all values of a field differ, so that none is lost. */
static void
check_distinct(void)
{
    static char texts[64][256];
    struct alcove_error err;
    size_t i, j, same = 0;

    for (i = 0; i < COUNT(codes); i++) {
        err = full_error(codes[i].number);
        alcove_error_format(&err, texts[i], sizeof texts[i]);
        for (j = 0; j < i; j++)
            same += strcmp(texts[i], texts[j]) == 0;
    }
    is_size(same, 0, "each code has a text of its own");

    err = full_error(ALCOVE_ERR_ALLOC_FAILED);
    err.detail = NULL;
    for (i = 0, same = 0; i < COUNT(causes); i++) {
        err.cause = (enum alcove_cause)causes[i].number;
        alcove_error_format(&err, texts[i], sizeof texts[i]);
        for (j = 0; j < i; j++)
            same += strcmp(texts[i], texts[j]) == 0;
    }
    is_size(same, 0, "...and so has each cause");

    err = full_error(ALCOVE_ERR_ARITH);
    for (i = 0, same = 0; i < ALCOVE_ARITH_OP_COUNT; i++) {
        err.op = (enum alcove_arith_op)i;
        alcove_error_format(&err, texts[i], sizeof texts[i]);
        for (j = 0; j < i; j++)
            same += strcmp(texts[i], texts[j]) == 0;
    }
    is_size(same, 0, "...and each operation");
}

static void
check_causes(void)
{
    struct alcove_error err = full_error(ALCOVE_ERR_ALLOC_FAILED);

    err.cause = ALCOVE_CAUSE_LIMIT;
    format(&err);
    ok(tells(err.limit) && strstr(text, err.detail),
       "a limit is told, and the detail");
    err.cause = ALCOVE_CAUSE_STACK;
    format(&err);
    ok(tells(err.limit) && strstr(text, err.detail), "...the stack's as well");

    err = full_error(ALCOVE_ERR_ALLOC_FAILED);
    err.layout.size = SIZE_MAX;
    err.layout.align = SIZE_MAX / 2 + 1;
    format(&err);
    ok(tells(SIZE_MAX) && tells(SIZE_MAX / 2 + 1),
       "the largest numbers are told whole");
    err.layout.size = 0;
    err.layout.align = 1;
    format(&err);
    ok(tells(0) && tells(1), "...and the smallest");

    err.cause = ALCOVE_CAUSE_LIMIT;
    err.limit = PTRDIFF_MAX / 2;
    ok(strstr(format(&err), " left under the limit"), "a limit is told");
    err.limit++;
    ok(!strstr(format(&err), " left under the limit"),
       "...but not one that nobody reaches");
}

#if ALCOVE_HAVE_OS_ERRORS
static void
check_os_errors(void)
{
    struct alcove_error err = full_error(ALCOVE_ERR_ALLOC_FAILED);
    char want[256];
    size_t wrong = 0;
    int number;

    err.cause = ALCOVE_CAUSE_OS;
    for (number = 1; number < 200; number++) {
        err.os_error = number;
        errno = MARK;
        format(&err);
        wrong += errno != MARK || !strstr(text, system_text(number)) ||
                 strncmp(text, "somebody: ", 10) != 0;
    }
    is_size(wrong, 0, "the system's text for its error is in the message");

    err.os_error = EINVAL;
    ok(strstr(format(&err), "(EINVAL)"), "...with its name");
    err.os_error = 98765;
    errno = MARK;
    ok(strstr(format(&err), "(errno 98765)"), "...or its number, if unknown");
    is_int(errno, MARK, "...and errno left alone");

    err.os_error = INT_MIN;
    errno = MARK;
    format(&err);
    ok(strncmp(text, "somebody: ", 10) == 0 && errno == MARK,
       "a negative number does no harm");

    err = nothing;
    err.code = ALCOVE_ERR_ALLOC_FAILED;
    err.os_error = EINVAL;
    err.allocator = "a";
    ok(strstr(format(&err), "(EINVAL)"), "an error is told without a cause");

    err = nothing;
    err.code = ALCOVE_ERR_LOCK;
    err.os_error = EBUSY;
    err.allocator = "a";
    snprintf(want, sizeof want, "a: a lock could not be taken: %s (EBUSY)",
             system_text(EBUSY));
    is_str(format(&err), want, "...and with another failure");
}
#else
static void
check_os_errors(void)
{
    skip(7, "the library records no errors of the operating system");
}
#endif

/* In a buffer of `size` bytes: the same number comes back, and what stands
 * there is the beginning of the whole text, and ends, and nothing follows. */
static bool
fits(const struct alcove_error *err, const char *whole, size_t size)
{
    size_t length = strlen(whole), shown, i;
    char buf[1024];

    memset(buf, '#', sizeof buf);
    if (alcove_error_format(err, buf, size) != length)
        return false;
    if (size > 0) {
        shown = length < size - 1 ? length : size - 1;
        if (memcmp(buf, whole, shown) != 0 || buf[shown] != '\0')
            return false;
    }
    for (i = size; i < sizeof buf; i++)
        if (buf[i] != '#')
            return false;
    return true;
}

static void
check_sizes(void)
{
    struct alcove_error err;
    char whole[1024], one[1];
    size_t code, cause, size, length, wrong = 0, lines = 0, errnos = 0;

    for (code = 0; code <= COUNT(codes); code++) {
        for (cause = 0; cause <= COUNT(causes); cause++) {
            err = full_error((int)code);
            err.cause = (enum alcove_cause)cause;
            errno = MARK;
            length = alcove_error_format(&err, whole, sizeof whole);
            errnos += errno != MARK;
            wrong += length != strlen(whole) || length == 0;
            wrong += alcove_error_format(&err, NULL, 0) != length;
            lines += strchr(whole, '\n') != NULL;
            for (size = 0; size <= length + 3; size++)
                wrong += !fits(&err, whole, size);
        }
    }
    is_size(wrong, 0, "a text is cut off anywhere as snprintf would do it");
    is_size(lines, 0, "...is one line");
    is_size(errnos, 0, "...and leaves errno alone");

    one[0] = '#';
    is_size(alcove_error_format(&err, one, 1), length, "one byte is a buffer");
    is_int(one[0], '\0', "...and gets the 0");

    err = nothing;
    ok(alcove_error_format(&err, whole, sizeof whole) == strlen(whole) &&
           whole[0] != '\0',
       "an error that says nothing has a text too");
    err.code = ALCOVE_ERR_ALLOC_FAILED;
    ok(alcove_error_format(&err, whole, sizeof whole) == strlen(whole) &&
           whole[0] != '\0',
       "...and so has a failure of nobody");
    err = full_error(INT_MAX);
    err.cause = (enum alcove_cause)INT_MAX;
    err.op = (enum alcove_arith_op)INT_MAX;
    ok(strncmp(format(&err), "somebody: ", 10) == 0,
       "...and an error from the future");
    err = full_error(ALCOVE_ERR_ALLOC_FAILED);
    err.cause = ALCOVE_CAUSE_LIMIT;
    err.limit = SIZE_MAX;
    err.detail = NULL;
    ok(strstr(format(&err), "left under the limit") != NULL,
       "a limit that nobody has is told where there is no detail");
}

int
main(void)
{
    tap_plan(120);
    check_names();
    check_errno();
    check_examples();
    check_wording();
    check_messages();
    check_distinct();
    check_causes();
    check_os_errors();
    check_sizes();
    return tap_done();
}
