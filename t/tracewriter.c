/* SPDX-License-Identifier: MIT */
/* The writers of events: what they write, how they write it, and that they stop
 * at the first failure, tell of it, and never allocate.
 *
 * This program has a write of its own, which the library finds before that of
 * the C library, and which interrupts, cuts short, and fails by order.
 */
#include <config.h>

#include <alcove/trace.h>

#include <alcove/null.h>

#include "posix.h"
#include "tap.h"
#include "told.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef _WIN32
#    include <sys/uio.h>
#endif
#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#endif

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#    define SANITIZED 1
#elif defined __has_feature
#    if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
        __has_feature(thread_sanitizer)
#        define SANITIZED 1
#    endif
#endif
#ifndef SANITIZED
#    define SANITIZED 0
#endif

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- a write that is watched ---- */

static int out;                  /* the file that is written to */
static volatile size_t writes;   /* calls for it */
static volatile size_t most;     /* bytes that one call writes */
static volatile int interrupts;  /* calls that fail with EINTR */
static volatile size_t good;     /* calls before the one that fails... */
static volatile int fail_number; /* ...with this errno; 0: returns 0 */

#ifndef _WIN32

ALCOVE_API ssize_t
write(int fd, const void *text, size_t size)
{
    struct iovec v;

    memcpy(&v.iov_base, &text, sizeof text); /* it is no pointer to const */
    v.iov_len = size;
    if (fd == out) {
        writes++;
        if (interrupts > 0) {
            interrupts--;
            errno = EINTR;
            return -1;
        }
        if (writes > good) {
            errno = fail_number;
            return fail_number != 0 ? -1 : 0;
        }
        if (v.iov_len > most)
            v.iov_len = most;
    }
    return writev(fd, &v, 1);
}

#endif

/* ---- a malloc that is watched ---- */

static volatile size_t mallocs;

#if defined __GLIBC__ && !SANITIZED
#    define MALLOC_WATCHED 1

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);

ALCOVE_API void *
malloc(size_t size)
{
    mallocs++;
    return __libc_malloc(size);
}

ALCOVE_API void *
calloc(size_t count, size_t size)
{
    mallocs++;
    return __libc_calloc(count, size);
}

ALCOVE_API void *
realloc(void *p, size_t size)
{
    mallocs++;
    return __libc_realloc(p, size);
}
#else
#    define MALLOC_WATCHED 0
#endif

/* ---- a writer, and what it has written ---- */

static struct alcove_trace_writer writer;
static char text[65536];

static void
begin(enum alcove_trace_format format)
{
    if (ftruncate(out, 0) != 0 || lseek(out, 0, SEEK_SET) != 0)
        bail_out("no file for the test");
    writes = 0;
    good = most = SIZE_MAX;
    interrupts = 0;
    memset(&writer, 0xa5, sizeof writer);
    if (!alcove_trace_writer_init(&writer, format, out, NULL))
        bail_out("no writer");
    before();
}

/* All that is in the file. */
static const char *
written(void)
{
    ssize_t n;

    lseek(out, 0, SEEK_SET);
    n = read(out, text, sizeof text - 1);
    if (n < 0)
        bail_out("the file cannot be read");
    text[n] = '\0';
    return text;
}

static bool
ends(void)
{
    return alcove_trace_writer_done(&writer, &err) && untouched();
}

static bool
ends_with(int number)
{
    return !alcove_trace_writer_done(&writer, &err) && errno == number &&
           err.code == ALCOVE_ERR_OTHER && err.cause == ALCOVE_CAUSE_OS &&
           err.os_error == (ALCOVE_HAVE_OS_ERRORS ? number : 0) &&
           strcmp(err.allocator, "trace") == 0 && err.detail;
}

/* ---- init ---- */

static bool
no_init(enum alcove_trace_format format, int fd)
{
    struct alcove_trace_writer old;

    memset(&writer, 0xa5, sizeof writer);
    old = writer;
    before();
    return !alcove_trace_writer_init(&writer, format, fd, &err) &&
           errno == EINVAL && err.code == ALCOVE_ERR_OTHER &&
           strcmp(err.allocator, "trace") == 0 && err.detail &&
           memcmp(&old, &writer, sizeof old) == 0 &&
           !alcove_trace_writer_init(&writer, format, fd, NULL);
}

static void
test_init(void)
{
    ok(no_init(ALCOVE_TRACE_FORMAT_COUNT, out) &&
           no_init((enum alcove_trace_format)77, out),
       "a format that is none is refused");
    ok(no_init(ALCOVE_TRACE_TEXT, -1), "...and no file");
    begin(ALCOVE_TRACE_TEXT);
    ok(ends() && writes == 0 && ends() && lseek(out, 0, SEEK_CUR) != -1,
       "without events there is no text, and the file stays open");
    begin(ALCOVE_TRACE_JSON);
    ok(ends() && writes == 0, "...and no JSON");
}

/* ---- lines ---- */

static const void *
at(uintptr_t address)
{
    return (const void *)address;
}

static const struct alcove_layout l1 = {1, 1}, l100 = {100, 8}, l200 = {200, 8};

static const struct alcove_error full = {
    .code = ALCOVE_ERR_ALLOC_FAILED,
    .cause = ALCOVE_CAUSE_LIMIT,
    .layout = {100, 8},
    .limit = 40,
    .allocator = "limit",
};
static const struct alcove_error system_is_full = {
    .code = ALCOVE_ERR_ALLOC_FAILED,
    .cause = ALCOVE_CAUSE_OS,
    .os_error = 1,
    .layout = {100, 8},
    .allocator = "malloc",
};
static const struct alcove_error names_with_ends = {
    .code = ALCOVE_ERR_NOT_OWNED,
    .layout = {100, 8},
    .allocator = "my\nown",
    .detail = "a\ttab",
};

enum { LINES = 9 };

/* An event of each kind, and as text and JSON. */
static const struct {
    struct alcove_trace_event event;
    const struct alcove_error *error;
    uintptr_t block, result, caller;
    const char *text, *json;
} lines[LINES] = {
    {{.number = 1, .op = ALCOVE_TRACE_ALLOC, .done = true, .layout = {100, 8}},
     NULL,
     0,
     0x5581a0,
     0x4011c2,
     "1 0x4011c2 alloc 100 bytes aligned to 8: 0x5581a0\n",
     "{\"number\":1,\"op\":\"alloc\",\"done\":true,\"size\":100,\"align\":8,"
     "\"old_size\":0,\"old_align\":0,\"block\":null,\"result\":\"0x5581a0\","
     "\"caller\":\"0x4011c2\",\"code\":\"ALCOVE_OK\","
     "\"cause\":\"ALCOVE_CAUSE_UNKNOWN\",\"os_error\":0}\n"},
    {{.number = 2, .op = ALCOVE_TRACE_ZALLOC, .done = true, .layout = {1, 1}},
     NULL,
     0,
     0x558210,
     0,
     "2 - zalloc 1 byte aligned to 1: 0x558210\n",
     "{\"number\":2,\"op\":\"zalloc\",\"done\":true,\"size\":1,\"align\":1,"
     "\"old_size\":0,\"old_align\":0,\"block\":null,\"result\":\"0x558210\","
     "\"caller\":null,\"code\":\"ALCOVE_OK\","
     "\"cause\":\"ALCOVE_CAUSE_UNKNOWN\",\"os_error\":0}\n"},
    {{.number = 3,
      .op = ALCOVE_TRACE_REALLOC,
      .done = true,
      .layout = {200, 16},
      .old = {100, 8}},
     NULL,
     0x5581a0,
     0x558220,
     0x4011f0,
     "3 0x4011f0 realloc 0x5581a0 100 bytes aligned to 8 to 200 bytes aligned "
     "to 16: 0x558220\n",
     "{\"number\":3,\"op\":\"realloc\",\"done\":true,\"size\":200,"
     "\"align\":16,\"old_size\":100,\"old_align\":8,\"block\":\"0x5581a0\","
     "\"result\":\"0x558220\",\"caller\":\"0x4011f0\",\"code\":\"ALCOVE_OK\","
     "\"cause\":\"ALCOVE_CAUSE_UNKNOWN\",\"os_error\":0}\n"},
    {{.number = 4,
      .op = ALCOVE_TRACE_RESIZE,
      .layout = {300, 16},
      .old = {200, 16}},
     NULL,
     0x558220,
     0,
     0x401200,
     "4 0x401200 resize 0x558220 200 bytes aligned to 16 to 300 bytes aligned "
     "to 16: not in place\n",
     "{\"number\":4,\"op\":\"resize\",\"done\":false,\"size\":300,"
     "\"align\":16,\"old_size\":200,\"old_align\":16,\"block\":\"0x558220\","
     "\"result\":null,\"caller\":\"0x401200\",\"code\":\"ALCOVE_OK\","
     "\"cause\":\"ALCOVE_CAUSE_UNKNOWN\",\"os_error\":0}\n"},
    {{.number = 5,
      .op = ALCOVE_TRACE_DEALLOC,
      .done = true,
      .layout = {200, 16}},
     NULL,
     0x558220,
     0,
     0x401210,
     "5 0x401210 dealloc 0x558220 200 bytes aligned to 16: done\n",
     "{\"number\":5,\"op\":\"dealloc\",\"done\":true,\"size\":200,"
     "\"align\":16,\"old_size\":0,\"old_align\":0,\"block\":\"0x558220\","
     "\"result\":null,\"caller\":\"0x401210\",\"code\":\"ALCOVE_OK\","
     "\"cause\":\"ALCOVE_CAUSE_UNKNOWN\",\"os_error\":0}\n"},
    {{.number = 6,
      .op = ALCOVE_TRACE_ALLOC,
      .layout = {100, 8},
      .code = ALCOVE_ERR_ALLOC_FAILED,
      .cause = ALCOVE_CAUSE_LIMIT},
     &full,
     0,
     0,
     0x401220,
     "6 0x401220 alloc 100 bytes aligned to 8: limit: cannot allocate 100 "
     "bytes "
     "aligned to 8: 40 bytes left under the limit\n",
     "{\"number\":6,\"op\":\"alloc\",\"done\":false,\"size\":100,\"align\":8,"
     "\"old_size\":0,\"old_align\":0,\"block\":null,\"result\":null,"
     "\"caller\":\"0x401220\",\"code\":\"ALCOVE_ERR_ALLOC_FAILED\","
     "\"cause\":\"ALCOVE_CAUSE_LIMIT\",\"os_error\":0}\n"},
    {{.number = 7,
      .op = ALCOVE_TRACE_TEMP_BEGIN,
      .layout = {100, 8},
      .code = ALCOVE_ERR_ALLOC_FAILED,
      .cause = ALCOVE_CAUSE_OS},
     &system_is_full,
     0,
     0,
     0x401230,
     "7 0x401230 temp-begin 100 bytes aligned to 8: malloc: cannot allocate "
     "100 bytes aligned to 8: the operating system refused (errno 1)\n",
     "{\"number\":7,\"op\":\"temp-begin\",\"done\":false,\"size\":100,"
     "\"align\":8,\"old_size\":0,\"old_align\":0,\"block\":null,"
     "\"result\":null,\"caller\":\"0x401230\","
     "\"code\":\"ALCOVE_ERR_ALLOC_FAILED\",\"cause\":\"ALCOVE_CAUSE_OS\","
     "\"os_error\":1}\n"},
    {{.number = 8,
      .op = ALCOVE_TRACE_DEALLOC,
      .layout = {100, 8},
      .code = ALCOVE_ERR_NOT_OWNED},
     &names_with_ends,
     0x5582f0,
     0,
     0x401240,
     "8 0x401240 dealloc 0x5582f0 100 bytes aligned to 8: my own: the block is "
     "not this allocator's: 100 bytes aligned to 8; a tab\n",
     "{\"number\":8,\"op\":\"dealloc\",\"done\":false,\"size\":100,"
     "\"align\":8,\"old_size\":0,\"old_align\":0,\"block\":\"0x5582f0\","
     "\"result\":null,\"caller\":\"0x401240\","
     "\"code\":\"ALCOVE_ERR_NOT_OWNED\",\"cause\":\"ALCOVE_CAUSE_UNKNOWN\","
     "\"os_error\":0}\n"},
    {{.number = UINT64_MAX,
      .op = ALCOVE_TRACE_TEMP_END,
      .done = true,
      .layout = {100, 8}},
     NULL,
     0x5582f0,
     0,
     0x401250,
     "18446744073709551615 0x401250 temp-end 0x5582f0 100 bytes aligned to 8: "
     "done\n",
     "{\"number\":18446744073709551615,\"op\":\"temp-end\",\"done\":true,"
     "\"size\":100,\"align\":8,\"old_size\":0,\"old_align\":0,"
     "\"block\":\"0x5582f0\",\"result\":null,\"caller\":\"0x401250\","
     "\"code\":\"ALCOVE_OK\",\"cause\":\"ALCOVE_CAUSE_UNKNOWN\","
     "\"os_error\":0}\n"},
};

static struct alcove_trace_event
event_of_line(size_t i)
{
    struct alcove_trace_event e = lines[i].event;

    e.struct_size = sizeof e;
    e.error = lines[i].error;
    e.block = at(lines[i].block);
    e.result = at(lines[i].result);
    e.caller = at(lines[i].caller);
    return e;
}

static void
write_line(size_t i)
{
    struct alcove_trace_event e = event_of_line(i);

    alcove_trace_write(&e, &writer);
}

static const char *
expected(enum alcove_trace_format format, size_t i)
{
    return format == ALCOVE_TRACE_TEXT ? lines[i].text : lines[i].json;
}

/* The first that are not as they should be; LINES if none. */
static size_t
first_wrong(enum alcove_trace_format format)
{
    const char *s = written();
    size_t i;

    for (i = 0; i < LINES; i++) {
        const char *line = expected(format, i);

        if (strncmp(s, line, strlen(line)) != 0) {
            diag("got: %.*s", (int)strcspn(s, "\n"), s);
            diag("expected: %.*s", (int)strlen(line) - 1, line);
            return i;
        }
        s += strlen(line);
    }
    if (*s)
        diag("and more: %s", s);
    return *s ? LINES + 1 : LINES;
}

static size_t
write_lines(enum alcove_trace_format format)
{
    size_t i;

    for (i = 0; i < LINES; i++)
        write_line(i);
    return first_wrong(format);
}

static void
test_lines(enum alcove_trace_format format, const char *name)
{
    size_t i;

    begin(format);
    is_size(write_lines(format), LINES, "each event is a line of %s", name);
    ok(untouched(), "...and errno left alone");
    if (writes == 0) {
        skip(4, "the library does not find this program's own write");
    } else {
        is_size(writes, LINES, "...written by one call");
        begin(format);
        most = 7;
        is_size(write_lines(format), LINES, "short writes are continued");
        begin(format);
        for (i = 0; i < LINES; i++) {
            interrupts = 3;
            write_line(i);
        }
        is_size(first_wrong(format), LINES, "interrupted writes are repeated");
        ok(interrupts == 0 && writes == 4 * LINES && untouched(),
           "...as often as it takes, and errno left alone");
    }
    ok(ends(), "that is success");
    write_line(0);
    is_size(first_wrong(format), LINES, "what comes after the end is ignored");
}

static void
test_long_lines(void)
{
    static char detail[3000];
    struct alcove_error error = {
        .code = ALCOVE_ERR_OTHER,
        .cause = ALCOVE_CAUSE_OTHER,
        .os_error = 2147483647,
        .layout = {SIZE_MAX, SIZE_MAX},
        .old = {SIZE_MAX, SIZE_MAX},
        .allocator = detail,
        .detail = detail,
    };
    struct alcove_trace_event e = {
        .struct_size = sizeof e,
        .number = UINT64_MAX,
        .op = ALCOVE_TRACE_TEMP_BEGIN,
        .layout = {SIZE_MAX, SIZE_MAX},
        .old = {SIZE_MAX, SIZE_MAX},
        .block = at(UINTPTR_MAX),
        .result = at(UINTPTR_MAX),
        .caller = at(UINTPTR_MAX),
        .code = ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO,
        .cause = ALCOVE_CAUSE_OUT_OF_MEMORY,
        .error = &error,
    };
    size_t length;

    memset(detail, 'x', sizeof detail - 1);
    begin(ALCOVE_TRACE_TEXT);
    alcove_trace_write(&e, &writer);
    length = strlen(written());
    ok(length == 512 && strchr(text, '\n') == text + 511,
       "a line of text that is too long is cut off, but ends");
    begin(ALCOVE_TRACE_JSON);
    alcove_trace_write(&e, &writer);
    length = strlen(written());
    ok(length < 512 && strcmp(text + length - 2, "}\n") == 0 &&
           strstr(text, "\"os_error\":2147483647}"),
       "...one of JSON never is: the longest has %lu bytes",
       (unsigned long)length);
    e.error = NULL;
    begin(ALCOVE_TRACE_TEXT);
    alcove_trace_write(&e, &writer);
    ok(strstr(written(), ": ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO\n"),
       "an event may come without its error");
}

/* ---- failures ---- */

static void
test_failure(enum alcove_trace_format format, const char *name)
{
    size_t i;

    begin(format);
    write_line(0);
    if (writes == 0) {
        skip(4, "the library does not find this program's own write");
        return;
    }
    good = 3;
    fail_number = ENOSPC;
    for (i = 1; i < 5; i++)
        write_line(i);
    fail_number = EIO;
    write_line(5);
    ok(untouched() && writes == 4,
       "a write of %s that fails is the last, and errno left alone", name);
    ok(ends_with(ENOSPC) && ends_with(ENOSPC) &&
           !alcove_trace_writer_done(&writer, NULL),
       "...and told at the end, however often that is asked");
    good = SIZE_MAX;
    write_line(6);
    ok(writes == 4 && strncmp(written(), expected(format, 0),
                              strlen(expected(format, 0))) == 0,
       "...nothing is written after it, and what was before is there");
    begin(format);
    good = 0;
    fail_number = 0;
    write_line(0);
    ok(ends_with(EIO), "a write of nothing fails, too");
}

static bool
fails_on(int fd, int number)
{
    static const enum alcove_trace_format formats[] = {
        ALCOVE_TRACE_TEXT, ALCOVE_TRACE_JSON, ALCOVE_TRACE_MASSIF};
    size_t i, j, wrong = 0;

    for (i = 0; i < COUNT(formats); i++) {
        begin(formats[i]);
        if (!alcove_trace_writer_init(&writer, formats[i], fd, NULL))
            return false;
        for (j = 0; j < LINES; j++)
            write_line(j);
        wrong += !untouched() || !ends_with(number) || !ends_with(number);
    }
    return wrong == 0;
}

static void
test_files(void)
{
    int fd = open("/dev/full", O_WRONLY), ends_of[2];

    before();
    ok(alcove_trace_writer_init(&writer, ALCOVE_TRACE_TEXT, 0, &err) &&
           untouched(),
       "a file may have the number 0");
    if (fd < 0)
        skip(1, "there is no /dev/full");
    else
        ok(fails_on(fd, ENOSPC), "a full disk is told at the end");
    close(fd);
    fd = dup(out);
    close(fd);
    ok(fails_on(fd, EBADF), "...and a file that is not open");
    if (pipe(ends_of) != 0)
        bail_out("no pipe");
    close(ends_of[0]);
    (void)!write(ends_of[1], "", 1); /* EPIPE, or what the system has for it */
    ok(fails_on(ends_of[1], errno), "...and a pipe that nobody reads");
    close(ends_of[1]);
    fd = open("/dev/null", O_RDONLY);
    if (fd < 0)
        skip(1, "there is no /dev/null");
    else
        ok(fails_on(fd, EBADF), "...and a file that is only read");
    close(fd);
}

/* ---- massif ---- */

struct state {
    uint64_t time;
    size_t heap, stacks;
    bool is_peak;
};

enum { STATES = ALCOVE_TRACE_SNAPSHOTS + 1 };

static struct state states[STATES];

/* The number after `key` at *s, and *s behind the line; or false. */
static bool
take(const char **s, const char *key, uint64_t *n)
{
    char *end;

    if (strncmp(*s, key, strlen(key)) != 0)
        return false;
    *n = strtoull(*s + strlen(key), &end, 10);
    if (end == *s + strlen(key) || *end != '\n')
        return false;
    *s = end + 1;
    return true;
}

static bool
take_line(const char **s, const char *line)
{
    if (strncmp(*s, line, strlen(line)) != 0)
        return false;
    *s += strlen(line);
    return true;
}

static bool
take_state(const char **s, size_t number, struct state *state)
{
    uint64_t n, heap, extra, stacks;
    char tree[80];

    if (!take_line(s, "#-----------\n") || !take(s, "snapshot=", &n) ||
        n != number || !take_line(s, "#-----------\n") ||
        !take(s, "time=", &state->time) || !take(s, "mem_heap_B=", &heap) ||
        !take(s, "mem_heap_extra_B=", &extra) || extra != 0 ||
        !take(s, "mem_stacks_B=", &stacks))
        return false;
    state->heap = (size_t)heap;
    state->stacks = (size_t)stacks;
    state->is_peak = take_line(s, "heap_tree=peak\n");
    if (!state->is_peak)
        return take_line(s, "heap_tree=empty\n");
    snprintf(tree, sizeof tree, "n0: %lu in ", (unsigned long)heap);
    if (!take_line(s, tree))
        return false;
    *s += strspn(*s, "0123456789");
    return take_line(s, " blocks\n") || take_line(s, " block\n");
}

/* How many there are in the file; 0 if it is no massif.out. */
static size_t
take_states(void)
{
    const char *s = written();
    size_t i = 0;

    if (!take_line(&s, "desc: alcove_trace\ncmd: traced by alcove\n"
                       "time_unit: B\n"))
        return 0;
    while (*s && i < STATES) {
        if (!take_state(&s, i, &states[i])) {
            diag("snapshot %lu: %.100s", (unsigned long)i, s);
            return 0;
        }
        i++;
    }
    return i;
}

static bool
is_state(size_t i, uint64_t time, size_t heap, size_t stacks, bool is_peak)
{
    return states[i].time == time && states[i].heap == heap &&
           states[i].stacks == stacks && states[i].is_peak == is_peak;
}

static void
happen(enum alcove_trace_op op, bool done, struct alcove_layout l,
       struct alcove_layout old)
{
    struct alcove_trace_event e = {
        .struct_size = sizeof e,
        .op = op,
        .done = done,
        .layout = l,
        .old = old,
    };

    alcove_trace_write(&e, &writer);
}

static const struct alcove_layout none = {0, 0};

static void
test_massif(void)
{
    begin(ALCOVE_TRACE_MASSIF);
    ok(ends() && take_states() == 1 && is_state(0, 0, 0, 0, false),
       "without events massif has one snapshot, and no peak");
    begin(ALCOVE_TRACE_MASSIF);
    happen(ALCOVE_TRACE_ALLOC, true, l100, none);
    happen(ALCOVE_TRACE_ZALLOC, true, l200, none);
    happen(ALCOVE_TRACE_ALLOC, false, l200, none);
    happen(ALCOVE_TRACE_RESIZE, true, l100, l200);
    happen(ALCOVE_TRACE_RESIZE, false, l200, l100);
    happen(ALCOVE_TRACE_REALLOC, true, l200, l100);
    happen(ALCOVE_TRACE_TEMP_BEGIN, true, l100, none);
    happen(ALCOVE_TRACE_TEMP_END, true, l100, none);
    happen(ALCOVE_TRACE_DEALLOC, true, l200, none);
    happen(ALCOVE_TRACE_DEALLOC, false, l100, none);
    ok(untouched() && written()[0] == '\0',
       "massif writes nothing before the end");
    ok(ends() && take_states() == 8 && is_state(0, 0, 0, 0, false) &&
           is_state(1, 100, 100, 0, false) && is_state(2, 300, 300, 0, false) &&
           is_state(3, 400, 200, 0, false) && is_state(4, 500, 300, 0, false) &&
           is_state(5, 600, 300, 100, true) &&
           is_state(6, 700, 300, 0, false) && is_state(7, 900, 100, 0, false),
       "each event that was done is a snapshot, and the highest the peak");
    ok(strstr(text, "n0: 300 in 2 blocks\n"), "...which tells its blocks");
    ok(ends() && take_states() == 8, "a second end writes nothing");
    if (writes == 0) {
        skip(1, "the library does not find this program's own write");
    } else {
        begin(ALCOVE_TRACE_MASSIF);
        happen(ALCOVE_TRACE_ALLOC, true, l100, none);
        most = 10;
        interrupts = 10;
        ok(ends() && take_states() == 2 && is_state(1, 100, 100, 0, true),
           "interrupted and short writes are continued");
    }
    begin(ALCOVE_TRACE_MASSIF);
    happen(ALCOVE_TRACE_ALLOC, true, l1, none);
    happen(ALCOVE_TRACE_DEALLOC, true, l1, none);
    happen(ALCOVE_TRACE_ALLOC, true, l1, none);
    ok(ends() && take_states() == 4 && is_state(1, 1, 1, 0, true) &&
           is_state(3, 3, 1, 0, false) && strstr(text, "n0: 1 in 1 block\n"),
       "of two peaks that are equal the first is the peak");
    begin(ALCOVE_TRACE_MASSIF);
    happen(ALCOVE_TRACE_ALLOC, true, l100, none);
    happen(ALCOVE_TRACE_DEALLOC, true, l100, none);
    happen(ALCOVE_TRACE_ALLOC, true, l200, none);
    ok(ends() && take_states() == 4 && strstr(text, "n0: 200 in 1 block\n"),
       "what is released is no block of the peak");
    begin(ALCOVE_TRACE_MASSIF);
    happen(ALCOVE_TRACE_DEALLOC, true, l200, none);
    happen(ALCOVE_TRACE_ALLOC, true, l100, none);
    happen(ALCOVE_TRACE_REALLOC, true, l100, l200);
    happen(ALCOVE_TRACE_TEMP_END, true, l100, none);
    happen(ALCOVE_TRACE_DEALLOC, true, l200, none);
    happen(ALCOVE_TRACE_DEALLOC, true, l200, none);
    ok(ends() && take_states() == 3 && is_state(1, 100, 100, 0, true) &&
           is_state(2, 200, 0, 0, false),
       "a release of what was there before leaves 0");
    begin(ALCOVE_TRACE_MASSIF);
    happen(ALCOVE_TRACE_ALLOC, true, l100, none);
    happen((enum alcove_trace_op)99, true, l100, l200);
    ok(ends() && take_states() == 2 && is_state(1, 100, 100, 0, true),
       "an event of a later version changes nothing");
}

/* The whole curve, to compare the snapshots with. */
enum { EVENTS = 60000 };

static struct state curve[EVENTS + 1];

static void
happen_at_random(size_t i, size_t largest)
{
    struct state now = curve[i];
    size_t n = tap_random();
    struct alcove_layout l = {n / 16 % largest + 1, 1};

    switch (n % 16) {
    case 0: /* a scope */
        happen(ALCOVE_TRACE_TEMP_BEGIN, true, l, none);
        now.stacks += l.size;
        now.time += l.size;
        break;
    case 1: /* the end of one, as large as it may be */
        if (l.size > now.stacks)
            l.size = now.stacks;
        happen(ALCOVE_TRACE_TEMP_END, true, l, none);
        now.stacks -= l.size;
        now.time += l.size;
        break;
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
        if (l.size > now.heap)
            l.size = now.heap;
        happen(ALCOVE_TRACE_DEALLOC, true, l, none);
        now.heap -= l.size;
        now.time += l.size;
        break;
    default:
        happen(ALCOVE_TRACE_ALLOC, true, l, none);
        now.heap += l.size;
        now.time += l.size;
    }
    curve[i + 1] = now;
}

static bool
on_curve(const struct state *s, size_t events)
{
    size_t i;

    for (i = 0; i <= events; i++)
        if (curve[i].time == s->time)
            return curve[i].heap == s->heap && curve[i].stacks == s->stacks;
    return false;
}

static size_t
height(const struct state *s)
{
    return s->heap + s->stacks;
}

/* How many of the snapshots are not as they should be, after this many events
 * of at most `largest` bytes? */
static size_t
wrong_states(size_t events, size_t largest)
{
    const struct state *end = &curve[events];
    size_t i, count, peaks = 0, wrong = 0, highest = 0;

    if (!ends())
        return 1;
    count = take_states();
    if (count == 0 || count > ALCOVE_TRACE_SNAPSHOTS)
        return 1;
    for (i = 0; i <= events; i++)
        if (height(&curve[i]) > highest)
            highest = height(&curve[i]);
    for (i = 0; i < count; i++) {
        wrong += !on_curve(&states[i], events);
        wrong += i > 0 && (states[i].time <= states[i - 1].time ||
                           states[i].time - states[i - 1].time >
                               end->time / 24 + largest);
        peaks += states[i].is_peak;
        wrong += states[i].is_peak && height(&states[i]) != highest;
    }
    wrong += peaks != (highest > 0) || states[0].time != 0;
    wrong += states[count - 1].time != end->time;
    /* Of many small events, many are kept. */
    wrong += end->time > 100 * (uint64_t)largest &&
             count < ALCOVE_TRACE_SNAPSHOTS / 4;
    return wrong;
}

static size_t
wrong_after(size_t events, size_t largest)
{
    size_t i, wrong;

    begin(ALCOVE_TRACE_MASSIF);
    memset(&curve[0], 0, sizeof curve[0]);
    for (i = 0; i < events; i++)
        happen_at_random(i, largest);
    wrong = wrong_states(events, largest);
    if (wrong != 0)
        diag("%lu events of up to %lu bytes: %lu wrong", (unsigned long)events,
             (unsigned long)largest, (unsigned long)wrong);
    return wrong;
}

/* From the second event on, which are of one byte each. */
static bool
are_spread(size_t first, size_t events, uint64_t start, uint64_t step)
{
    size_t i, count;

    begin(ALCOVE_TRACE_MASSIF);
    for (i = 0; i < events; i++) {
        struct alcove_layout l = {i == 0 ? first : 1, 1};

        happen(ALCOVE_TRACE_ALLOC, true, l, none);
    }
    count = ends() ? take_states() : 0;
    if (count < 4 || states[0].time != 0 ||
        states[count - 1].time != first + events - 1)
        return false;
    for (i = 1; i < count - 1; i++)
        if (states[i].time != start + (i - 1) * step)
            return false;
    return states[count - 1].time - states[count - 2].time <= step;
}

static void
test_thinning(void)
{
    const size_t thinned = ALCOVE_TRACE_SNAPSHOTS - 2;

    ok(are_spread(1, thinned - 1, 1, 1), "each event of few is a snapshot");
    ok(are_spread(1, thinned, 3, 3), "...of more those that are a step apart");
    ok(are_spread(1000, thinned, 1000, 23), "...which the first one may be");
}

static void
test_snapshots(void)
{
    static const size_t sizes[] = {1, 2, 100, 100000};
    size_t i, j, wrong = 0;

    for (j = 0; j < COUNT(sizes); j++) {
        for (i = 1; i <= 2 * ALCOVE_TRACE_SNAPSHOTS; i++)
            wrong += wrong_after(i, sizes[j]);
        for (i = 0; i < 40; i++)
            wrong += wrong_after(tap_random() % 1000, sizes[j]);
        wrong += wrong_after(EVENTS, sizes[j]);
    }
    is_size(wrong, 0,
            "however long it takes, snapshots are spread evenly, true, and "
            "have the peak and the end");
}

/* ---- none allocates, no operation notices ---- */

static void
test_mallocs(void)
{
    size_t before_it, i, n;

    if (!MALLOC_WATCHED) {
        skip(1, "malloc is not to be replaced here");
        return;
    }
    free(malloc(1));
    before_it = mallocs;
    if (before_it == 0) {
        skip(1, "nobody finds this program's own malloc");
        return;
    }
    for (n = 0; n < ALCOVE_TRACE_FORMAT_COUNT; n++) {
        begin((enum alcove_trace_format)n);
        for (i = 0; i < 500; i++)
            write_line(i % LINES);
        (void)alcove_trace_writer_done(&writer, &err);
    }
    is_size(mallocs, before_it, "no writer allocates");
}

static void
test_unnoticed(void)
{
    struct alcove_trace trace;

    begin(ALCOVE_TRACE_TEXT);
    if (!alcove_trace_writer_init(&writer, ALCOVE_TRACE_TEXT, 9999, NULL) ||
        !alcove_trace_init(&trace, alcove_null(), alcove_trace_write, &writer,
                           NULL))
        bail_out("no trace");
    before();
    ok(!alcove_alloc(&trace.allocator, l100, &err) && errno == ENOMEM &&
           err.code == ALCOVE_ERR_ALLOC_FAILED && ends_with(EBADF),
       "an operation does not notice that its event is lost");
}

#if ALCOVE_HAVE_THREADS

static void *
write_cancelled(void *arg)
{
    pthread_cancel(pthread_self());
    write_line(0);
    *(bool *)arg = true;
    for (;;)
        pthread_testcancel();
    return NULL;
}

static void
test_cancel(void)
{
    bool ran_on = false;
    void *result;
    pthread_t id;

    begin(ALCOVE_TRACE_TEXT);
    if (pthread_create(&id, NULL, write_cancelled, &ran_on) != 0 ||
        pthread_join(id, &result) != 0)
        bail_out("no threads for the test");
    ok(ran_on && result == PTHREAD_CANCELED &&
           strcmp(written(), lines[0].text) == 0,
       "a thread is not cancelled in a writer, but afterwards");
}

#else

static void
test_cancel(void)
{
    skip(1, "the library is built without threads");
}

#endif

int
main(void)
{
    FILE *file = tmpfile();

    if (!file)
        return tap_skip_all("there is no place for temporary files");
    out = fileno(file);
#ifdef SIGPIPE
    signal(SIGPIPE, SIG_IGN);
#endif
    tap_plan(4 + 2 * 8 + 3 + 2 * 4 + 4 + 11 + 3 + 1 + 2 + 1);
    test_init();
    test_lines(ALCOVE_TRACE_TEXT, "text");
    test_lines(ALCOVE_TRACE_JSON, "JSON");
    test_long_lines();
    test_failure(ALCOVE_TRACE_TEXT, "text");
    test_failure(ALCOVE_TRACE_JSON, "JSON");
    test_files();
    test_massif();
    test_thinning();
    test_snapshots();
    test_mallocs();
    test_unnoticed();
    test_cancel();
    fclose(file);
    return tap_done();
}
