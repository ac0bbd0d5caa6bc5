/* SPDX-License-Identifier: MIT */
/* TAP for the test programs.
 *
 * errno is the caller's: every check leaves it as it was, so that a test may
 * look at it afterwards.
 */
#include <config.h>

#include "tap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#    include <fcntl.h>
#    include <io.h>
#endif

static unsigned planned, run, failed;

static void
start(void)
{
#ifdef _WIN32
    /* Line buffering does not exist there, and "\r\n" is not TAP. */
    _setmode(_fileno(stdout), _O_BINARY);
    setvbuf(stdout, NULL, _IONBF, 0);
#else
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
#endif
}

void
tap_plan(unsigned count)
{
    start();
    planned = count;
    printf("1..%u\n", count);
}

int
tap_done(void)
{
    if (run != planned)
        printf("# planned %u checks, but made %u\n", planned, run);
    if (failed > 0)
        printf("# %u of %u checks failed\n", failed, run);
    return run == planned && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
tap_skip_all(const char *fmt, ...)
{
    va_list args;

    start();
    printf("1..0 # SKIP ");
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
    return EXIT_SUCCESS;
}

void
skip(unsigned count, const char *fmt, ...)
{
    va_list args;

    while (count-- > 0) {
        printf("ok %u # SKIP ", ++run);
        va_start(args, fmt);
        vprintf(fmt, args);
        va_end(args);
        putchar('\n');
    }
}

void
diag(const char *fmt, ...)
{
    int saved = errno;
    va_list args;

    printf("# ");
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
    errno = saved;
}

void
bail_out(const char *fmt, ...)
{
    va_list args;

    printf("Bail out! ");
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
    exit(255);
}

/* The line of one check, and where it is if it failed. */
static bool
report(const char *file, int line, const char *expr, bool good, const char *fmt,
       va_list args)
{
    printf("%s %u - ", good ? "ok" : "not ok", ++run);
    vprintf(fmt, args);
    putchar('\n');
    if (!good) {
        failed++;
        printf("# %s:%d: %s\n", file, line, expr);
    }
    return good;
}

/* The body that the checks share: report, and on failure say what was found
 * and what was expected, by a printf with these arguments. */
#define TAP_CHECK(good, ...)                                                   \
    int saved = errno;                                                         \
    bool good_ = (good);                                                       \
    va_list args;                                                              \
                                                                               \
    va_start(args, fmt);                                                       \
    report(file, line, expr, good_, fmt, args);                                \
    va_end(args);                                                              \
    if (!good_)                                                                \
        printf(__VA_ARGS__);                                                   \
    errno = saved;                                                             \
    return good_

bool
tap_ok(const char *file, int line, const char *expr, bool good, const char *fmt,
       ...)
{
    TAP_CHECK(good, "# errno: %d\n", saved);
}

bool
tap_is_size(const char *file, int line, const char *expr, size_t got,
            size_t want, const char *fmt, ...)
{
    TAP_CHECK(got == want, "# got: %" PRIuMAX "\n# expected: %" PRIuMAX "\n",
              (uintmax_t)got, (uintmax_t)want);
}

bool
tap_is_int(const char *file, int line, const char *expr, intmax_t got,
           intmax_t want, const char *fmt, ...)
{
    TAP_CHECK(got == want, "# got: %" PRIdMAX "\n# expected: %" PRIdMAX "\n",
              got, want);
}

bool
tap_is_str(const char *file, int line, const char *expr, const char *got,
           const char *want, const char *fmt, ...)
{
    TAP_CHECK(got == want || (got && want && strcmp(got, want) == 0),
              "# got: %s\n# expected: %s\n", got ? got : "(NULL)",
              want ? want : "(NULL)");
}

bool
tap_is_ptr(const char *file, int line, const char *expr, const void *got,
           const void *want, const char *fmt, ...)
{
    TAP_CHECK(got == want, "# got: %p\n# expected: %p\n", got, want);
}

/* Marsaglia's xorshift with 32 bits of state, and a multiplication to scatter
 * its low bits: good enough for cases, the same everywhere. */
static uint32_t
random_32(void)
{
    static uint32_t state;
    static bool seeded;

    if (!seeded) {
        const char *set = getenv("ALCOVE_TEST_SEED");
        unsigned long seed = set ? strtoul(set, NULL, 0) : 20240229;

        printf("# seed %lu\n", seed);
        state = (uint32_t)seed * 2654435769U + 1U;
        state = state ? state : 1;
        seeded = true;
    }
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return (state ^ state >> 15) * 2246822519U;
}

bool
tap_hurries(void)
{
    const char *value = getenv("ALCOVE_TEST_QUICK");

    return value && strcmp(value, "1") == 0;
}

size_t
tap_random(void)
{
    size_t n = 0;
    size_t i;

    for (i = 0; i < sizeof n; i += sizeof(uint32_t))
        n = n << 16 << 16 | random_32();
    return n;
}
