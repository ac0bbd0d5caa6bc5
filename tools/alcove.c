/* SPDX-License-Identifier: MIT */
/* alcove: says what this build of the library has, and what this machine does.
 */
#include <config.h>

#include <alcove.h>

#include "conform.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if ALCOVE_VALGRIND
#    include <valgrind/valgrind.h>
#endif

static const char usage[] =
    "Usage: alcove COMMAND\n"
    "       alcove --help | --version\n"
    "\n"
    "Says what the allocator library alcove has and does here.\n"
    "\n"
    "Commands:\n"
    "  info    the backends of this build and why one is missing, the\n"
    "          alignment that malloc really gives, the bounds of the stack\n"
    "          and who told them, the size of a page, which tools watch, and\n"
    "          what the environment says\n"
    "          and who told them, the size of a page, and which tools watch\n"
    "  conform [--list | --seed N] [NAME...]\n"
    "          runs the conformance kit over these allocators, or all that\n"
    "          --list names: a line for each promise, as TAP\n"
    "\n"
    "Exit status: 0 if all went well, 1 if something failed, 2 for bad "
    "usage.\n";

#define LABEL "%-18s"

static void
print_features(unsigned features)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {
#define ALCOVE_X(name, bit, text) {ALCOVE_CAN_##name, #name},
        ALCOVE_FEATURES(ALCOVE_X)
#undef ALCOVE_X
    };
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++)
        if (features & names[i].bit)
            printf(" %s", names[i].name);
}

static void
print_backends(void)
{
    size_t count, i;
    const struct alcove_backend *backends = alcove_backends(&count);

    printf("backends\n");
    for (i = 0; i < count; i++) {
        printf("  %-16s", backends[i].name);
        if (backends[i].built) {
            printf("yes:");
            print_features(alcove_features(backends[i].get()));
        } else {
            printf("no: %s", backends[i].why_not);
        }
        printf("\n");
    }
}

/* The alignment that all of many blocks of this size have. */
static size_t
proven_alignment(size_t size)
{
    enum { BLOCKS = 200 };
    void *blocks[BLOCKS];
    uintptr_t any = 0;
    size_t i;

    for (i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(size);
        any |= (uintptr_t)blocks[i];
    }
    for (i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return (size_t)(any & (~any + 1));
}

static void
print_malloc_alignment(void)
{
    static const size_t sizes[] = {1, 8, 16, 24, 64, 1000};
    size_t i;

    printf(LABEL, "malloc aligns");
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++)
        printf("%s%zu to %zu", i == 0 ? "" : ", ", sizes[i],
               proven_alignment(sizes[i]));
    printf(" (bytes)\n");
}

static void
print_stack(void)
{
    const void *low;
    const char *source;
    size_t size;

    if (!alcove_stack_bounds(&low, &size, &source)) {
        printf(LABEL "not known: %s\n", "stack", source);
        return;
    }
    printf(LABEL "%zu bytes from %p on (told as: %s)\n", "stack", size, low,
           source);
    printf(LABEL "%zu bytes, the reserve taken off\n", "stack left",
           alcove_stack_remaining());
    printf(LABEL "%zu bytes\n", "largest block", ALCOVE_STACK_MAX_BLOCK);
}

/* What the compiler built in, and what runs around. */
static void
print_tools(void)
{
    printf(LABEL, "tools");
#if defined __SANITIZE_ADDRESS__
    printf("AddressSanitizer ");
#endif
#if defined __SANITIZE_THREAD__
    printf("ThreadSanitizer ");
#endif
#if defined __has_feature
#    if __has_feature(address_sanitizer)
    printf("AddressSanitizer ");
#    endif
#    if __has_feature(thread_sanitizer)
    printf("ThreadSanitizer ");
#    endif
#    if __has_feature(memory_sanitizer)
    printf("MemorySanitizer ");
#    endif
#endif
#if ALCOVE_VALGRIND
    printf(RUNNING_ON_VALGRIND ? "Valgrind\n" : "no Valgrind\n");
#else
    printf("(built without Valgrind's header)\n");
#endif
}

/* The rule as the library understands it, or why it does not. */
static void
print_fail_rule(void)
{
    const char *text = getenv("ALCOVE_FAIL");
    struct alcove_fail_rule rule;
    struct alcove_error err;
    char canonical[ALCOVE_FAIL_TEXT_MAX];

    if (!text) {
        printf(LABEL "not set\n", "ALCOVE_FAIL");
    } else if (alcove_fail_parse(text, &rule, &err)) {
        alcove_fail_format(&rule, canonical, sizeof canonical);
        printf(LABEL "%s\n", "ALCOVE_FAIL", canonical);
    } else {
        printf(LABEL "%s (malformed: %s)\n", "ALCOVE_FAIL", text, err.detail);
    }
}

static void
print_environment(void)
{
    const char *scratch = getenv("ALCOVE_SCRATCH");

    printf(LABEL "%s%s\n", "ALCOVE_SCRATCH", scratch ? scratch : "not set",
           scratch && strcmp(scratch, "heap") != 0 &&
                   strcmp(scratch, "stack") != 0
               ? " (no effect: the values are heap and stack)"
               : "");
    print_fail_rule();
}

static int
info(void)
{
    printf(LABEL ALCOVE_VERSION "\n", "alcove");
    printf(LABEL "%zu bits\n", "pointers", 8 * sizeof(void *));
    print_backends();
    print_malloc_alignment();
    print_stack();
    printf(LABEL "%zu bytes\n", "page", alcove_page_size());
    printf(LABEL "%s\n", "POSIX threads", ALCOVE_HAVE_THREADS ? "yes" : "no");
    printf(LABEL "%s\n", "OS errors", ALCOVE_HAVE_OS_ERRORS ? "yes" : "no");
    print_tools();
    print_environment();
    return EXIT_SUCCESS;
}

static int
bad_usage(const char *what, const char *which)
{
    fprintf(stderr, "alcove: %s%s; try alcove --help\n", what, which);
    return 2;
}

static int
run(int argc, char **argv)
{
    if (argc < 2)
        return bad_usage("a command is missing", "");
    if (strcmp(argv[1], "--help") == 0) {
        printf("%s", usage);
        return EXIT_SUCCESS;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("alcove " ALCOVE_VERSION "\n");
        return EXIT_SUCCESS;
    }
    if (strcmp(argv[1], "conform") == 0)
        return conform(argc - 2, argv + 2);
    if (strcmp(argv[1], "info") != 0)
        return bad_usage("there is no command ", argv[1]);
    if (argc > 2)
        return bad_usage("info takes no argument: ", argv[2]);
    return info();
}

int
main(int argc, char **argv)
{
    int status = run(argc, argv);

    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "alcove: standard output: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    return status;
}
