/* SPDX-License-Identifier: MIT */
/* alcove conform: the conformance kit over all that this library has, as TAP.
 *
 * Backends are checked as they are. What is made from a parent is made afresh
 * for each check: over the kit's own parent, which keeps books, and as people
 * put them together. */
#include <config.h>

#include "conform.h"

#include "makers.h"

#include <alcove.h>
#include <alcove/check.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What people put together. */
static const char *const standard[] = {
    "arena/malloc",
    "arena/page",
    "arena/reserve",
    "pool/malloc",
    "pool/arena/malloc",
    "fallback/malloc",
    "segregate/malloc",
    "sizeclass/malloc",
    "sizeclass/page",
    "sizeclass/arena/page",
    "stackfirst/arena/malloc",
    /* end */
};

enum { SUBJECTS = 64, NAME = 64 };

struct subject {
    char name[NAME];
    struct alcove_allocator *backend; /* NULL: the stack is made */
    struct stack stack;
    bool chosen;
};

static struct subject subjects[SUBJECTS];
static size_t count;

static const struct maker *
find_maker(const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < makers_count; i++)
        if (strlen(makers[i].name) == length &&
            memcmp(makers[i].name, name, length) == 0)
            return &makers[i];
    return NULL;
}

static const struct alcove_backend *
find_backend(const char *name)
{
    size_t n, i;
    const struct alcove_backend *backends = alcove_backends(&n);

    for (i = 0; i < n; i++)
        if (strcmp(backends[i].name, name) == 0)
            return &backends[i];
    return NULL;
}

/* "pool/arena/malloc", the innermost last. False if this library lacks one. */
static bool
parse(const char *name, struct stack *s)
{
    size_t length = strcspn(name, "/");
    const struct maker *m = find_maker(name, length);
    const struct alcove_backend *b;

    if (!m) {
        b = find_backend(name);
        if (!b || !b->built)
            return false;
        s->base = b->get();
        s->base_name = b->name;
        return true;
    }
    if (name[length] && !parse(name + length + 1, s))
        return false;
    if (s->count == STACK_MOST)
        return false;
    s->makers[s->count++] = m;
    return true;
}

static struct subject *
add(const char *name)
{
    struct subject *s = &subjects[count];

    if (count == SUBJECTS)
        return NULL;
    memset(s, 0, sizeof *s);
    snprintf(s->name, sizeof s->name, "%s", name);
    count++;
    return s;
}

static void
collect(void)
{
    size_t n, i;
    const struct alcove_backend *backends = alcove_backends(&n);
    struct subject *s;

    for (i = 0; i < n; i++)
        if (backends[i].built && (s = add(backends[i].name)))
            s->backend = backends[i].get();
    if (ALCOVE_HAVE_PAGE && (s = add("hugepage")))
        s->backend = alcove_hugepage();
    for (i = 0; i < makers_count; i++) {
        struct stack stack = {.count = 0};

        if (parse(makers[i].name, &stack) && (s = add(makers[i].name)))
            s->stack = stack;
    }
    for (i = 0; i < COUNT(standard); i++) {
        struct stack stack = {.count = 0};

        if (parse(standard[i], &stack) && (s = add(standard[i])))
            s->stack = stack;
    }
}

static bool
check(struct subject *s, uint64_t seed, struct alcove_check_tap *tap)
{
    const char *excuses[STACK_EXCUSES];
    struct alcove_check_options options = {
        .struct_size = sizeof options,
        .seed = seed,
        .excuse = excuses,
        .make = s->backend ? NULL : stack_make,
        .done = s->backend ? NULL : stack_done,
        .arg = &s->stack,
    };

    stack_excuses(&s->stack, excuses);
    tap->prefix = s->name;
    return alcove_check_allocator(s->backend, &options, alcove_check_tap_write,
                                  tap);
}

static int
bad_usage(const char *what, const char *which)
{
    size_t i;

    fprintf(stderr, "alcove: conform: %s%s; try alcove --help, or one of\n",
            what, which);
    for (i = 0; i < count; i++)
        fprintf(stderr, "    %s\n", subjects[i].name);
    return 2;
}

static bool
choose(const char *name)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (strcmp(subjects[i].name, name) == 0)
            return subjects[i].chosen = true;
    return false;
}

static bool
read_seed(const char *text, uint64_t *seed)
{
    unsigned long long n;
    char *end;

    errno = 0;
    n = strtoull(text, &end, 10);
    *seed = n;
    return *text >= '0' && *text <= '9' && !*end && errno == 0 && n != 0;
}

static int
list(void)
{
    size_t i;

    for (i = 0; i < count; i++)
        puts(subjects[i].name);
    return EXIT_SUCCESS;
}

int
conform(int number, char **arguments)
{
    struct alcove_check_tap tap = {.out = stdout};
    bool all = true, good = true;
    uint64_t seed = 0;
    size_t i;
    int n;

    count = 0;
    collect();
    for (n = 0; n < number; n++) {
        if (strcmp(arguments[n], "--list") == 0)
            return number == 1 ? list() : bad_usage("--list stands alone", "");
        if (strcmp(arguments[n], "--seed") == 0) {
            if (++n == number || !read_seed(arguments[n], &seed))
                return bad_usage("--seed takes a number from 1 on", "");
            continue;
        }
        if (!choose(arguments[n]))
            return bad_usage("there is no allocator ", arguments[n]);
        all = false;
    }
    for (i = 0; i < count; i++)
        if (all || subjects[i].chosen)
            good &= check(&subjects[i], seed, &tap);
    return alcove_check_tap_done(&tap) && good ? EXIT_SUCCESS : EXIT_FAILURE;
}
