/* SPDX-License-Identifier: MIT */
/* The out-of-memory driver over what this library has: each maker of
 * tools/makers.c, and each over each other one, with small blocks and large
 * ones, over the guard and in place. */
#include <config.h>

#include <alcove/check.h>
#include <alcove/malloc.h>

#include "../lib/os/tools.h"
#include "../tools/makers.h"
#include "oommix.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>

/* What is run: the stack, or the driver's allocator as it is. */
struct subject {
    struct stack *stack; /* NULL: none */
    size_t most;         /* bytes of a block */
};

static bool
body(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    const struct subject *s = arg;
    struct alcove_allocator *x = s->stack ? stack_make(a, s->stack) : a;
    bool good;

    if (!x)
        return false;
    good = mix(x, run, s->most);
    if (s->stack)
        stack_done(x, s->stack);
    return good;
}

/* ---- the verdict ---- */

struct sum {
    bool refuses; /* the stack cannot serve this at all */
    size_t refusals;
    char total[400], first[1000];
};

static size_t all_refusals, all_bodies;

static void
see_finding(const struct alcove_check_finding *f, void *arg)
{
    struct sum *sum = arg;

    if (f->verdict == ALCOVE_OOM_FAILED && f->number == 0)
        sum->refuses = true;
    if (sum->first[0] == '\0')
        snprintf(sum->first, sizeof sum->first, "%s: %s", f->check, f->text);
}

static void
see_result(const struct alcove_check_result *result, void *arg)
{
    struct sum *sum = arg;

    if (result->verdict == ALCOVE_VERDICT_FAIL && sum->first[0] == '\0')
        snprintf(sum->first, sizeof sum->first, "%s: %s", result->check,
                 result->text);
    if (strcmp(result->check, "total") != 0)
        return;
    snprintf(sum->total, sizeof sum->total, "%s", result->text);
    sscanf(result->text, "%zu", &sum->refusals);
}

static void
drive(struct stack *stack, const char *name, size_t most, bool in_place)
{
    struct subject s = {stack, most};
    struct sum sum = {.refuses = false};
    const struct alcove_check_oom_options options = {
        .struct_size = sizeof options,
        .in_place = in_place,
        /* What one asks of another may depend on addresses. */
        .no_repeat = stack && stack->count > 1,
        .progress = -1,
        .finding = see_finding,
        .arg = &sum,
    };
    bool good = alcove_check_oom(body, &s, NULL, &options, see_result, &sum);

    if (sum.refuses) {
        skip(1, "%s serves no mixture of %zu bytes", name, most);
        return;
    }
    if (good && sum.refusals == 0) {
        skip(1, "%s asks for nothing to serve %zu bytes", name, most);
        return;
    }
    if (!ok(good, "%s, %zu bytes%s: %s", name, most,
            in_place ? ", in place" : "", sum.total))
        diag("%s", sum.first);
    all_refusals += sum.refusals;
    all_bodies++;
}

static void
drive_all(struct stack *stack)
{
    char name[100];

    stack_name(stack, name, sizeof name);
    drive(stack, name, 48, false);
    drive(stack, name, 48, true);
    drive(stack, name, 2000, false);
    drive(stack, name, 2000, true);
}

int
main(void)
{
    unsigned count = 0, pairs = 0;
    size_t i, j;

    if (!(alcove_features(alcove_malloc()) & ALCOVE_CAN_ALLOC))
        return tap_skip_all("the malloc backend is not built");
    for (i = 0; i < makers_count; i++)
        count += !makers[i].alone;
    pairs = alcove_tools_watch() ? 0 : count * count;
    tap_plan(2 + 4 * (count + pairs) + 1);
    drive(NULL, "the driver's own", 2000, false);
    drive(NULL, "the driver's own", 2000, true);
    for (i = 0; i < makers_count; i++) {
        struct stack one = {{&makers[i]}, .count = 1};

        if (makers[i].alone)
            continue;
        drive_all(&one);
        for (j = 0; j < makers_count && pairs > 0; j++) {
            struct stack two = {{&makers[i], &makers[j]}, .count = 2};

            if (!makers[j].alone)
                drive_all(&two);
        }
    }
    diag("%zu refusals in %zu bodies", all_refusals, all_bodies);
    ok(all_bodies > 2 * count, "most of them have served");
    return tap_done();
}
