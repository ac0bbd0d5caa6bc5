/* SPDX-License-Identifier: MIT */
/* The sound allocator, and the kit over what is made of it. */
#include <config.h>

#include "mutant.h"

#include <alcove/null.h>

#include "tap.h"

#include <string.h>

/* ---- the sound one ---- */

static void *
sound_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    return alcove_alloc(parent_of(a), l, err);
}

static void *
sound_zalloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    return alcove_zalloc(parent_of(a), l, err);
}

static bool
sound_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
              struct alcove_error *err)
{
    return alcove_dealloc(parent_of(a), p, l, err);
}

static bool
sound_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_)
{
    return alcove_resize(parent_of(a), p, old, new_);
}

static void *
sound_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    return alcove_realloc(parent_of(a), p, old, new_, err);
}

static bool
sound_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    return alcove_owns(parent_of(a), p, l);
}

static size_t
sound_usable_size(struct alcove_allocator *a, const void *p,
                  struct alcove_layout l)
{
    return alcove_usable_size(parent_of(a), p, l);
}

static bool
sound_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                 alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    return alcove_alloc_temp(parent_of(a), l, fn, arg, err);
}

static const struct alcove_ops sound = {
    .struct_size = sizeof sound,
    .name = "mutant",
    .alloc = sound_alloc,
    .dealloc = sound_dealloc,
    .zalloc = sound_zalloc,
    .resize = sound_resize,
    .realloc = sound_realloc,
    .owns = sound_owns,
    .usable_size = sound_usable_size,
    .alloc_temp = sound_alloc_temp,
};

static void
make_mutant(struct mutant *m, const struct mutation *mutation,
            struct alcove_allocator *parent)
{
    memset(m, 0, sizeof *m);
    m->allocator.ops = &m->ops;
    m->allocator.features = alcove_features(parent);
    /* What else may be below fills its blocks with nothing known. */
    witness_init(&m->below, parent, strcmp(parent->ops->name, "parent") == 0);
    m->parent = &m->below.allocator;
    m->ops = sound;
    m->mutation = mutation;
    if (!mutation)
        return;
    m->allocator.features &= ~mutation->without;
#define WITHOUT(feature, op)                                                   \
    if (mutation->without & ALCOVE_CAN_##feature)                              \
    m->ops.op = NULL
    WITHOUT(ZERO, zalloc);
    WITHOUT(RESIZE, resize);
    WITHOUT(REALLOC, realloc);
    WITHOUT(OWNS, owns);
    WITHOUT(USABLE_SIZE, usable_size);
    WITHOUT(TEMP, alloc_temp);
#undef WITHOUT
#define OWN(op)                                                                \
    if (mutation->ops.op)                                                      \
    m->ops.op = mutation->ops.op
    OWN(struct_size);
    OWN(alloc);
    OWN(dealloc);
    OWN(zalloc);
    OWN(resize);
    OWN(realloc);
    OWN(owns);
    OWN(usable_size);
    OWN(alloc_temp);
#undef OWN
}

struct alcove_allocator *
mutant_init(struct mutant *m, const struct mutation *mutation,
            struct alcove_allocator *parent)
{
    make_mutant(m, mutation, parent);
    witness_init(&m->above, &m->allocator, false);
    return &m->above.allocator;
}

uint64_t
mutant_heard(struct mutant *m, const struct alcove_check_result *result)
{
    /* Who gets whose block from another thread is not the same each time. */
    if (strcmp(result->check, "threads-hand-over") == 0)
        return m->above.taken;
    witness_hear(&m->above, result);
    return witness_sum(&m->above, &m->below);
}

/* ---- refusals ---- */

void *
mutant_no_alloc(struct alcove_allocator *a, struct alcove_layout l,
                struct alcove_error *err)
{
    (void)a;
    return alcove_alloc(alcove_null(), l, err);
}

void *
mutant_small_alloc(struct alcove_allocator *a, struct alcove_layout l,
                   struct alcove_error *err)
{
    return alcove_alloc(l.size > 1000 ? alcove_null() : parent_of(a), l, err);
}

struct alcove_allocator *
mutant_two_of_three(struct alcove_allocator *a)
{
    return mutant_of(a)->calls++ % 3 == 2 ? alcove_null() : parent_of(a);
}

void *
mutant_third_alloc(struct alcove_allocator *a, struct alcove_layout l,
                   struct alcove_error *err)
{
    return alcove_alloc(mutant_two_of_three(a), l, err);
}

bool
mutant_third_temp(struct alcove_allocator *a, struct alcove_layout l,
                  alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    return alcove_alloc_temp(mutant_two_of_three(a), l, fn, arg, err);
}

/* ---- the kit ---- */

struct trial {
    const struct mutation *mutation;
    unsigned parent_features;
    struct mutant mutant;
    struct mutant_report *report;
};

static struct alcove_allocator *
make(struct alcove_allocator *parent, void *arg)
{
    struct trial *t = arg;

    return mutant_init(&t->mutant, t->mutation, parent);
}

/* Of a mutant, only the check that is to catch it is always run. */
static bool
is_witnessed(struct trial *t, const struct alcove_check_result *result)
{
    const char *hurry = tap_hurries() ? "in a hurry, " : "";
    char name[200];

    if (t->mutation && strcmp(result->check, t->mutation->caught_by) != 0)
        return true;
    if (t->mutation)
        snprintf(name, sizeof name, "%s%s: %s", hurry, t->mutation->name,
                 result->check);
    else
        snprintf(name, sizeof name, "%ssound over %#x: %s", hurry,
                 t->parent_features, result->check);
    return witness_agrees(mutant_heard(&t->mutant, result), name);
}

static void
note(const struct alcove_check_result *result, void *arg)
{
    struct trial *t = arg;
    struct mutant_report *r = t->report;
    size_t used = strlen(r->names);

    r->passed += result->verdict == ALCOVE_VERDICT_PASS;
    r->skipped += result->verdict == ALCOVE_VERDICT_SKIP;
    r->differing += !is_witnessed(t, result);
    if (result->verdict != ALCOVE_VERDICT_FAIL)
        return;
    r->failed++;
    snprintf(r->names + used, sizeof r->names - used, "%s ", result->check);
    if (!t->mutation || strcmp(result->check, t->mutation->caught_by) == 0)
        snprintf(r->text, sizeof r->text, "%s", result->text);
}

bool
mutant_is_caught(const struct mutation *mutation, unsigned parent_features,
                 struct mutant_report *report)
{
    struct trial t = {.mutation = mutation,
                      .parent_features = parent_features,
                      .report = report};
    struct alcove_check_options options = {
        .struct_size = sizeof options,
        .max_size = (size_t)1 << 20,
        .rounds = 200,
        .make = make,
        .arg = &t,
        .parent_features = parent_features,
    };
    const char *const only[] = {mutation ? mutation->caught_by : NULL, NULL};
    char wanted[100];
    bool good;

    if (tap_hurries()) {
        options.max_size = (size_t)1 << 16;
        options.rounds = 40;
        /* What these two see, all the others do. */
        if (mutation && strcmp(only[0], "books-balanced") != 0 &&
            strcmp(only[0], "parent-respected") != 0)
            options.only = only;
    }
    memset(report, 0, sizeof *report);
    strcpy(report->names, " ");
    good = alcove_check_allocator(NULL, &options, note, &t);
    if (!mutation)
        return good && report->failed == 0;
    snprintf(wanted, sizeof wanted, " %s ", mutation->caught_by);
    return !good && strstr(report->names, wanted) != NULL &&
           (!mutation->says || strstr(report->text, mutation->says));
}
