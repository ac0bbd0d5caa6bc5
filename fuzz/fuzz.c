/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "fuzz.h"

#include <stdarg.h>

const struct fuzz_target *const fuzz_targets[] = {
    &fuzz_arith, &fuzz_rule, &fuzz_shapes, &fuzz_stacks, &fuzz_vec,
    /* end */
};
const size_t fuzz_targets_count = sizeof fuzz_targets / sizeof *fuzz_targets;

static const char *about = "";

void
fuzz_about(const char *what)
{
    about = what;
}

void
fuzz_wrong(const char *file, int line, const char *cond, const char *fmt, ...)
{
    va_list args;

    fflush(stdout);
    fprintf(stderr, "fuzz: %s:%d: %s: ", file, line, about);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fprintf(stderr, " (%s)\n", cond);
    fflush(stderr);
    abort();
}
