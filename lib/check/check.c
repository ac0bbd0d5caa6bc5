/* SPDX-License-Identifier: MIT */
/* The runner: options, one check after the other, and what is said of each.
 */
#include <config.h>

#include <alcove/check.h>

#include "kit.h"

#include <stdlib.h>
#include <string.h>

static void (*const functions[])(struct kit *k) = {
#define ALCOVE_X(name, function, needs, promise) alcove_check_##function,
    ALCOVE_CHECKS(ALCOVE_X)
#undef ALCOVE_X
};

const struct alcove_check *
alcove_checks(size_t *count)
{
    static const struct alcove_check checks[] = {
#define ALCOVE_X(name, function, needs, promise) {name, promise, needs},
        ALCOVE_CHECKS(ALCOVE_X)
#undef ALCOVE_X
    };

    *count = KIT_COUNT(checks);
    return checks;
}

const char *
alcove_verdict_name(enum alcove_verdict verdict)
{
    switch (verdict) {
#define ALCOVE_X(name, text)                                                   \
    case ALCOVE_VERDICT_##name:                                                \
        return #name;
        ALCOVE_VERDICTS(ALCOVE_X)
#undef ALCOVE_X
    default:
        return "?";
    }
}

struct run {
    struct alcove_allocator *a; /* if none is made */
    struct alcove_check_options options;
    alcove_check_fn *report;
    void *arg;
    const struct alcove_check *checks;
    size_t all;
    unsigned number, count;
    struct kit *kit;
    struct books books;
    struct tally tally;
    bool unsound; /* the table is: nothing can be called */
    bool good;
};

static bool
listed(const char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static void
check_tell(struct run *r, const char *check, const char *promise,
           enum alcove_verdict verdict, const char *text)
{
    struct alcove_check_result result = {
        .check = check,
        .promise = promise,
        .verdict = verdict,
        .text = text,
        .number = r->number,
        .count = r->count,
        .seed = r->options.seed,
    };

    if (verdict == ALCOVE_VERDICT_FAIL)
        r->good = false;
    if (r->report)
        r->report(&result, r->arg);
}

/* ---- the options ---- */

static bool
check_refuse(struct run *r, const char *what, const char *which)
{
    char text[KIT_TEXT];

    snprintf(text, sizeof text, "%s%s", what, which);
    r->number = r->count = 1;
    check_tell(r, "kit", "the kit can do what it is asked for",
               ALCOVE_VERDICT_FAIL, text);
    return false;
}

static bool
names_exist(struct run *r, const char *const *names)
{
    size_t i;

    for (; names && *names; names++) {
        for (i = 0; i < r->all; i++)
            if (strcmp(r->checks[i].name, *names) == 0)
                break;
        if (i == r->all)
            return check_refuse(r, "there is no check of the name ", *names);
    }
    return true;
}

static bool
check_chosen(const struct run *r, size_t i)
{
    return !r->options.only || listed(r->options.only, r->checks[i].name);
}

/* A caller that was compiled for an earlier version has less to say. */
static bool
check_choose(struct run *r, const struct alcove_check_options *options)
{
    struct alcove_check_options *o = &r->options;
    size_t i;

    if (options) {
        if (options->struct_size < offsetof(struct alcove_check_options, only))
            return check_refuse(r, "the options lack their struct_size", "");
        memcpy(o, options, kit_least(options->struct_size, sizeof *o));
    }
    if (o->seed == 0)
        o->seed = 1;
    if (o->max_size == 0)
        o->max_size = (size_t)64 << 20;
    if (o->max_size < 4096)
        o->max_size = 4096;
    if (o->max_size > ALCOVE_SIZE_MAX / 64)
        o->max_size = ALCOVE_SIZE_MAX / 64;
    if (o->rounds == 0)
        o->rounds = 10000;
    if (!r->a && !o->make)
        return check_refuse(r, "there is no allocator", "");
    if (!names_exist(r, o->only) || !names_exist(r, o->skip) ||
        !names_exist(r, o->excuse))
        return false;
    for (i = 0; i < r->all; i++)
        r->count += check_chosen(r, i);
    return true;
}

/* ---- one check ---- */

/* So that a check does the same alone and among others. */
ALCOVE_WRAPS static uint64_t
seed_of(const struct run *r, const char *name)
{
    uint64_t seed = r->options.seed;

    for (; *name; name++)
        seed = (seed ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return seed;
}

static void
set_limits(const struct run *r, struct kit *k)
{
    k->max_size = r->options.max_size;
    k->rounds = r->options.rounds;
    k->most_live = k->most_spent = 2 * k->max_size;
    if (k->features & ALCOVE_CAN_RECLAIM)
        k->most_spent = SIZE_MAX;
    else if (!r->options.make)
        k->most_spent = k->max_size / 8;
}

static bool
check_begin(struct run *r, size_t i)
{
    struct kit *k = r->kit;
    const struct alcove_check_options *o = &r->options;

    memset(k, 0, sizeof *k);
    k->a = r->a;
    k->tally = &r->tally;
    k->random = seed_of(r, r->checks[i].name);
    if (o->make) {
        alcove_books_init(&r->books, o->parent_features,
                          6 * o->max_size + ((size_t)1 << 24));
        k->books = &r->books;
        k->a = o->make(&r->books.allocator, o->arg);
        if (!k->a)
            return alcove_kit_fail(k, "no allocator was made");
    }
    k->features = k->a->features;
    set_limits(r, k);
    return true;
}

static void
keep_text(char *to, const char *check, const char *text)
{
    if (to[0] == '\0')
        snprintf(to, KIT_TEXT, "%s: %.200s", check, text);
}

static void
close_books(struct run *r, const char *check)
{
    struct books *b = &r->books;
    char text[KIT_TEXT];

    alcove_books_audit(b);
    r->tally.asked += b->asked > 0;
    if (b->wrong > 0) {
        r->tally.wrong++;
        keep_text(r->tally.wrong_text, check, b->text);
    }
    if (b->live_blocks > 0 && !r->kit->loses) {
        r->tally.kept++;
        snprintf(text, sizeof text,
                 "%zu bytes in %zu blocks were not given "
                 "back",
                 b->live_bytes, b->live_blocks);
        keep_text(r->tally.kept_text, check, text);
    }
    alcove_books_done(b);
}

/* What a failed check has left is released too, as far as that goes: the books
 * are to show what the allocator lost, not the kit. */
static void
finish(struct run *r, const char *check)
{
    struct kit *k = r->kit;
    const struct alcove_check_options *o = &r->options;
    bool failed = alcove_kit_failed(k);

    if (k->books) {
        alcove_books_refuse_after(k->books, SIZE_MAX);
        k->books->refuse_release = k->books->forgive = false;
    }
    while (k->count > 0) {
        struct block b = k->blocks[--k->count];

        if (kit_can(k, ALCOVE_CAN_DEALLOC))
            (void)alcove_dealloc(k->a, b.p, b.l, NULL);
    }
    if (o->make && o->done)
        o->done(k->a, o->arg);
    if (k->books) {
        k->loses |= failed;
        close_books(r, check);
    }
}

static void
conclude(struct run *r, const struct alcove_check *c)
{
    struct kit *k = r->kit;
    bool excused = listed(r->options.excuse, c->name);
    char text[2 * KIT_TEXT];

    if (k->verdict == ALCOVE_VERDICT_FAIL && excused)
        k->verdict = ALCOVE_VERDICT_EXCUSED;
    snprintf(text, sizeof text, "%s%s", k->text,
             k->verdict == ALCOVE_VERDICT_PASS && excused
                 ? " (excused for nothing)"
                 : "");
    check_tell(r, c->name, c->promise, k->verdict, text);
}

/* What is first missing, as words; something is. */
static const char *
lacking(unsigned missing)
{
    static const struct {
        unsigned feature;
        const char *text;
    } all[] = {
#define ALCOVE_X(name, bit, text) {ALCOVE_CAN_##name, text},
        ALCOVE_FEATURES(ALCOVE_X)
#undef ALCOVE_X
    };
    size_t i = 0;

    while (!(missing & all[i].feature))
        i++;
    return all[i].text;
}

static void
run_check(struct run *r, size_t i)
{
    const struct alcove_check *c = &r->checks[i];
    struct kit *k = r->kit;
    unsigned missing;

    r->number++;
    if (listed(r->options.skip, c->name)) {
        memset(k, 0, sizeof *k);
        alcove_kit_skip(k, "left out by name");
    } else if (check_begin(r, i)) {
        missing = c->needs & ~k->features;
        if (r->unsound && i != 0)
            alcove_kit_skip(k, "its table of operations is not sound");
        else if (missing)
            alcove_kit_skip(k, "it does not claim to %s", lacking(missing));
        else
            functions[i](k);
    }
    if (k->a)
        finish(r, c->name);
    else if (k->books)
        close_books(r, c->name);
    conclude(r, c);
}

/* A table that is not sound would crash the first check that uses it, so it is
 * looked at in any case. */
static void
look_at_table(struct run *r)
{
    if (!check_begin(r, 0))
        close_books(r, "kit");
    else {
        alcove_check_table_sound(r->kit);
        r->unsound = alcove_kit_failed(r->kit);
        finish(r, "kit");
    }
    memset(&r->tally, 0, sizeof r->tally);
}

bool
alcove_check_allocator(struct alcove_allocator *a,
                       const struct alcove_check_options *options,
                       alcove_check_fn *report, void *arg)
{
    struct run r = {.a = a, .report = report, .arg = arg, .good = true};
    size_t i;

    r.checks = alcove_checks(&r.all);
    if (!check_choose(&r, options))
        return false;
    r.kit = malloc(sizeof *r.kit);
    if (!r.kit)
        return check_refuse(&r, "malloc has no memory for the kit", "");
    look_at_table(&r);
    for (i = 0; i < r.all; i++)
        if (check_chosen(&r, i))
            run_check(&r, i);
    free(r.kit);
    return r.good && !r.unsound;
}
