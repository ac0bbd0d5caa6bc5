/* SPDX-License-Identifier: MIT */
/* One check over one mutant. */
#include <config.h>

#include "trial.h"

#include <alcove/malloc.h>

#include "tap.h"

#include <string.h>

static size_t differing; /* trials, of what was written down */

struct told {
    struct mutant mutant;
    const struct trial *trial;
    enum alcove_verdict verdict;
    char text[400];
    uint64_t heard;
};

static struct alcove_allocator *
make(struct alcove_allocator *parent, void *arg)
{
    struct told *told = arg;

    return mutant_init(&told->mutant, &told->trial->mutation, parent);
}

/* The last one counts. */
static void
note(const struct alcove_check_result *result, void *arg)
{
    struct told *told = arg;

    told->heard = mutant_heard(&told->mutant, result);
    told->verdict = result->verdict;
    snprintf(told->text, sizeof told->text, "%s", result->text);
}

/* What malloc does is not the same everywhere. */
static void
agree(const struct told *told)
{
    const struct mutation *m = &told->trial->mutation;
    char name[200];

    snprintf(name, sizeof name, "%s: %s", m->name, m->caught_by);
    if (!told->trial->direct)
        differing += !witness_agrees(told->heard, name);
}

void
trial_make(const struct trial *t)
{
    const char *const only[] = {t->mutation.caught_by, t->before, NULL};
    struct told told = {.trial = t};
    struct alcove_allocator *a;
    const struct alcove_check_options options = {
        .struct_size = sizeof options,
        .max_size = t->max_size ? t->max_size : (size_t)1 << 20,
        .rounds = t->rounds ? t->rounds : 40,
        .only = only,
        .make = t->direct ? NULL : make,
        .arg = &told,
    };

    if (t->huge && sizeof(size_t) <= 4) {
        skip(1, "%s: there may be as much, once", t->mutation.name);
        return;
    }
    a = t->direct ? make(alcove_malloc(), &told) : NULL;
    (void)alcove_check_allocator(a, &options, note, &told);
    if (!ok(told.verdict == t->verdict && strstr(told.text, t->mutation.says),
            "%s: %s %s", t->mutation.name, t->mutation.caught_by,
            alcove_verdict_name(t->verdict)))
        diag("%s %s", alcove_verdict_name(told.verdict), told.text);
    agree(&told);
}

void
trial_sum_up(void)
{
    witness_sums_up(differing);
}
