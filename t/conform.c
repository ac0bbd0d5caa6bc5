/* SPDX-License-Identifier: MIT */
/* The conformance kit over all that this library has: each backend, each maker
 * of tools/makers.c over the kit's parent and over backends, and each maker
 * over each other one. One line for a stack of them; what fails is below it.
 */
#include <config.h>

#include <alcove.h>
#include <alcove/check.h>

#include "../tools/makers.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

/* How much is asked for. */
struct effort {
    size_t max_size;
    unsigned rounds;
};

static const struct effort whole = {(size_t)1 << 22, 1000};
static const struct effort some = {(size_t)1 << 18, 100};
static const struct effort quick = {(size_t)1 << 14, 20};

/* ---- one allocator ---- */

struct verdicts {
    unsigned of[ALCOVE_VERDICT_COUNT];
    char failed[1000];
};

static void
collect(const struct alcove_check_result *result, void *arg)
{
    struct verdicts *v = arg;
    size_t used = strlen(v->failed);

    v->of[result->verdict]++;
    if (result->verdict == ALCOVE_VERDICT_FAIL)
        snprintf(v->failed + used, sizeof v->failed - used, "%s%s: %s",
                 used ? "\n#     " : "", result->check, result->text);
}

/* Runs the kit, over `a` or the stack. */
static bool
run(struct alcove_allocator *a, struct stack *s, const struct effort *effort,
    unsigned parent_features, const char *const *only,
    const char *const *excuses, struct verdicts *v)
{
    struct alcove_check_options options = {
        .struct_size = sizeof options,
        .max_size = effort->max_size,
        .rounds = effort->rounds,
        .only = only,
        .excuse = excuses,
        .arg = s,
        .parent_features = parent_features,
    };

    if (s) {
        options.make = stack_make;
        options.done = stack_done;
    }
    if (tap_hurries()) {
        options.max_size = quick.max_size;
        options.rounds = quick.rounds;
    }
    memset(v, 0, sizeof *v);
    return alcove_check_allocator(a, &options, collect, v);
}

static void
conforms(struct alcove_allocator *a, struct stack *s, const char *name,
         const struct effort *effort, unsigned parent_features,
         const char *const *excuses)
{
    struct verdicts v;
    bool good = run(a, s, effort, parent_features, NULL, excuses, &v);

    ok(good, "%s: %u passed, %u skipped, %u excused", name,
       v.of[ALCOVE_VERDICT_PASS], v.of[ALCOVE_VERDICT_SKIP],
       v.of[ALCOVE_VERDICT_EXCUSED]);
    if (!good)
        diag("    %s", v.failed);
}

/* ---- one stack ---- */

/* Makers may refuse each other; and not every one fits every other: the chunk
 * of an arena is no block of a small pool. Neither is a failure. */
static bool
is_sensible(struct stack *s, const char *name, unsigned parent_features)
{
    static const char *const only[] = {"alloc-serves-something", NULL};
    struct verdicts v;
    char text[200];

    memset(&s->err, 0, sizeof s->err);
    if (run(NULL, s, &quick, parent_features, only, NULL, &v))
        return true;
    if (s->err.code != ALCOVE_OK) {
        alcove_error_format(&s->err, text, sizeof text);
        skip(1, "%s: %s", name, text);
        return false;
    }
    if (s->count < 2 && !s->base)
        return true; /* this one must serve */
    skip(1, "%s serves nothing: %s", name, v.failed);
    return false;
}

/* What an arena or a pool says of its own cannot be told from what the one
 * below it says, and that was asked for a chunk. */
static bool
has_twins(const struct stack *s)
{
    return s->count == 2 && s->makers[0]->close == s->makers[1]->close;
}

/* ALCOVE_PASSTHROUGH=1: an arena takes two blocks for one then, and what is
 * between these for alignment another arena does not get back. */
static bool
passes_through(void)
{
    const char *value = getenv("ALCOVE_PASSTHROUGH");

    return value && strcmp(value, "1") == 0;
}

static void
stack_conforms(struct stack *s, const struct effort *effort,
               unsigned parent_features)
{
    const char *excuses[STACK_EXCUSES + 3] = {NULL};
    char name[100];
    size_t count = 0;

    stack_name(s, name, sizeof name - 10);
    if (parent_features)
        strcat(name, ", plain");
    stack_excuses(s, excuses);
    while (excuses[count])
        count++;
    if (has_twins(s))
        excuses[count++] = "error-fields";
    if (has_twins(s) && passes_through())
        excuses[count++] = "temp-gives-back";
    excuses[count] = NULL;
    if (is_sensible(s, name, parent_features))
        conforms(NULL, s, name, effort, parent_features, excuses);
}

/* ---- all of them ---- */

static unsigned
count_alone(void)
{
    unsigned count = 0;
    size_t i;

    for (i = 0; i < makers_count; i++)
        count += makers[i].alone;
    return count;
}

/* The kit's parent as it is, and one that can do what all can. */
static void
check_makers(void)
{
    const unsigned plain = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC |
                           ALCOVE_CAN_RECLAIM | ALCOVE_CAN_TEMP;
    size_t i;

    for (i = 0; i < makers_count; i++) {
        struct stack s = {{&makers[i]}, .count = 1};

        stack_conforms(&s, &some, 0);
        stack_conforms(&s, &some, plain);
    }
}

static void
check_over(struct alcove_allocator *base, const char *name)
{
    size_t i;

    for (i = 0; i < makers_count; i++) {
        struct stack s = {
            {&makers[i]}, .count = 1, .base = base, .base_name = name};

        if (!makers[i].alone)
            stack_conforms(&s, &quick, 0);
    }
}

static void
check_pairs(void)
{
    size_t i, j;

    if (tap_hurries()) {
        skip((unsigned)makers_count * ((unsigned)makers_count - count_alone()),
             "ALCOVE_TEST_QUICK=1: no pairs");
        return;
    }
    for (i = 0; i < makers_count; i++)
        for (j = 0; j < makers_count; j++) {
            struct stack s = {{&makers[i], &makers[j]}, .count = 2};

            if (!makers[j].alone)
                stack_conforms(&s, &quick, 0);
        }
}

int
main(void)
{
    const struct alcove_backend *backends;
    unsigned all = (unsigned)makers_count, parents = all - count_alone();
    size_t count, i;

    backends = alcove_backends(&count);
    tap_plan((unsigned)count + 1 + 2 * all + (unsigned)count * parents +
             all * parents);
    for (i = 0; i < count; i++)
        conforms(backends[i].get(), NULL, backends[i].name, &whole, 0, NULL);
    conforms(alcove_hugepage(), NULL, "hugepage", &quick, 0, NULL);
    check_makers();
    for (i = 0; i < count; i++)
        check_over(backends[i].get(), backends[i].name);
    check_pairs();
    return tap_done();
}
