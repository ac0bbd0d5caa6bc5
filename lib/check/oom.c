/* SPDX-License-Identifier: MIT */
/* The out-of-memory driver: options, one check after the other, and what is
 * said of each. */
#include <config.h>

#include "oom.h"

#include <alcove/malloc.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Refuse one of these kinds, or all from one on. */
struct pass {
    const char *name, *promise;
    unsigned kind; /* ALCOVE_FAIL_ bits */
    enum alcove_fail_then then;
};

static const struct pass passes[] = {
#define ALCOVE_X(name, bit, text)                                              \
    {text "-once",                                                             \
     "after a refused " text " it says so or copes, and loses nothing",        \
     ALCOVE_FAIL_##name, ALCOVE_FAIL_THEN_ONCE},                               \
        {text "-persist",                                                      \
         "when every " text                                                    \
         " is refused from one on, it says so or copes, and loses nothing",    \
         ALCOVE_FAIL_##name, ALCOVE_FAIL_THEN_PERSIST},
    ALCOVE_FAIL_OPS(ALCOVE_X)
#undef ALCOVE_X
        {"any-persist",
         "when everything is refused from one request on, it says so or copes, "
         "and "
         "loses nothing",
         OOM_KINDS, ALCOVE_FAIL_THEN_PERSIST},
    /* end */
};

enum {
    PASSES = sizeof passes / sizeof *passes,
    NOTES = 8, /* findings that are told below a check */
    HANGS = 3  /* that end one */
};

struct drive {
    struct oom oom;
    alcove_check_fn *report;
    void *arg;
    unsigned number, count;
    bool good;

    /* Of one check. */
    const char *name;
    struct oom_sums sums;
    size_t findings;
    const char *stop; /* why it ended early; NULL: it did not */
    const char *notes[NOTES + 2];
    char texts[NOTES + 1][OOM_SENTENCE];

    /* Of all. */
    struct oom_sums total;
    size_t all_findings;
    struct oom_live places;
    bool shows; /* progress */
    time_t shown;
    int width; /* of the line that is there, 0: none is */
};

/* ---- what is told ---- */

static void
clear_line(struct drive *d)
{
    if (d->width > 0)
        fprintf(stderr, "\r%*s\r", d->width, "");
    d->width = 0;
}

/* Once a second at most. */
static void
show_progress(struct drive *d)
{
    time_t now;

    if (!d->shows || (now = time(NULL)) == d->shown)
        return;
    d->shown = now;
    clear_line(d);
    d->width = fprintf(stderr, "oom: %s: %zu refusals, %zu findings in all",
                       d->name, d->total.runs + d->sums.runs, d->all_findings);
    fflush(stderr); /* C lets it wait for the end of a line */
}

static void
oom_tell(struct drive *d, const char *check, const char *promise,
         enum alcove_verdict verdict, const char *text)
{
    const struct alcove_check_result result = {
        .check = check,
        .promise = promise,
        .verdict = verdict,
        .text = text,
        .number = ++d->number,
        .count = d->count,
        .notes = d->notes[0] ? d->notes : NULL,
    };

    clear_line(d);
    if (verdict == ALCOVE_VERDICT_FAIL)
        d->good = false;
    if (d->report)
        d->report(&result, d->arg);
}

static void
tell_finding(struct drive *d, const struct oom_run *run, size_t number,
             const char *text)
{
    const struct alcove_check_oom_options *o = &d->oom.options;
    const struct alcove_check_finding finding = {
        .verdict = run->verdict,
        .check = d->name,
        .number = number,
        .text = text,
        .kind = run->refused > 0 ? alcove_oom_kind_name(run->kind) : NULL,
        .layout = run->layout,
        .frames = run->site.frames,
        .frame_count = run->site.count,
        .leaked_blocks = run->leaked_blocks,
        .leaked_bytes = run->leaked_bytes,
        .leak_frames = run->leak.frames,
        .leak_frame_count = run->leak.count,
    };

    clear_line(d);
    o->finding(&finding, o->arg);
}

/* The callback gets all of them, the report the first ones. */
static void
found(struct drive *d, const struct oom_run *run, size_t number)
{
    const struct alcove_check_oom_options *o = &d->oom.options;
    bool clean = run->verdict == ALCOVE_OOM_CLEAN;
    char text[OOM_SENTENCE];

    if (clean && !(o->finding && o->all_runs))
        return;
    alcove_oom_tell(run, number, text);
    if (!clean) {
        size_t i = d->findings++;

        d->all_findings++;
        if (i < NOTES) {
            memcpy(d->texts[i], text, sizeof text);
            d->notes[i] = d->texts[i];
        }
    }
    if (o->finding)
        tell_finding(d, run, number, text);
}

static void
begin_check(struct drive *d, const char *name)
{
    static const struct oom_sums none;

    d->name = name;
    d->sums = none;
    d->findings = 0;
    d->stop = NULL;
    memset(d->notes, 0, sizeof d->notes);
}

static void
add_stop(const struct drive *d, char *buf, size_t size)
{
    size_t used = strlen(buf);
    int number = d->oom.trouble_errno;

    snprintf(buf + used, size - used, "%s%s%s%s", used > 0 ? "; " : "", d->stop,
             number ? ": " : "", number ? strerror(number) : "");
}

static void
end_check(struct drive *d, const char *promise, const char *nothing)
{
    enum alcove_verdict verdict = ALCOVE_VERDICT_PASS;
    char text[2 * OOM_SENTENCE];

    alcove_oom_sum_up(&d->sums, 0, text);
    if (d->findings > NOTES) {
        snprintf(d->texts[NOTES], OOM_SENTENCE, "... and %zu more",
                 d->findings - NOTES);
        d->notes[NOTES] = d->texts[NOTES];
    }
    if (d->stop) {
        verdict = ALCOVE_VERDICT_FAIL;
        add_stop(d, text, sizeof text);
    } else if (d->findings > 0) {
        verdict = ALCOVE_VERDICT_FAIL;
    } else if (nothing) {
        verdict = ALCOVE_VERDICT_SKIP;
        snprintf(text, sizeof text, "%s", nothing);
    }
    oom_tell(d, d->name, promise, verdict, text);
    memset(d->notes, 0, sizeof d->notes);
    alcove_oom_add(&d->total, &d->sums);
}

/* ---- the options ---- */

static bool
oom_refuse(struct drive *d, const char *text)
{
    d->number = 0;
    d->count = 1;
    oom_tell(d, "kit", "the kit can do what it is asked for",
             ALCOVE_VERDICT_FAIL, text);
    return false;
}

static bool
oom_chosen(const struct drive *d, const struct pass *p)
{
    unsigned kinds = d->oom.options.kinds;

    if (p->kind == OOM_KINDS)
        return (kinds & (kinds - 1)) != 0; /* else it was made already */
    return (p->kind & kinds) != 0;
}

/* A caller that was compiled for an earlier version has less to say. */
static bool
oom_choose(struct drive *d, const struct alcove_check_oom_options *options)
{
    struct alcove_check_oom_options *o = &d->oom.options;
    const char *why;
    size_t i;

    if (options) {
        if (options->struct_size <
            offsetof(struct alcove_check_oom_options, limit))
            return oom_refuse(d, "the options lack their struct_size");
        memcpy(o, options,
               options->struct_size < sizeof *o ? options->struct_size
                                                : sizeof *o);
    }
    if (o->kinds == 0)
        o->kinds = OOM_KINDS;
    if (o->limit == 0)
        o->limit = 1000000;
    if (o->patience == 0)
        o->patience = 100000;
    if (o->seconds == 0)
        o->seconds = 10;
    why = (o->kinds & ~(unsigned)OOM_KINDS) != 0
              ? "one of the kinds is none that it refuses"
              : alcove_oom_no_fork(o->fork);
    if (why)
        return oom_refuse(d, why);
    d->shows =
        o->progress > 0 || (o->progress == 0 && alcove_oom_is_terminal(stderr));
    for (i = 0; i < PASSES; i++)
        d->count += oom_chosen(d, &passes[i]);
    d->count += 2; /* "reference" and "total" */
    return true;
}

/* ---- runs ---- */

static bool
run_as_ordered(struct drive *d, const struct oom_order *order,
               const struct oom_run *reference, struct oom_run *out)
{
    bool good =
        d->oom.options.fork
            ? alcove_oom_run_apart(&d->oom, order, reference, out)
            : alcove_oom_run_twice(&d->oom, order, reference, out, NULL, NULL);

    if (!good)
        d->stop = d->oom.trouble;
    return good;
}

/* Where a block that has leaked comes from is seen when it is asked for once
 * more: apart in a process of its own, too, for what can be made once in one.
 */
static bool
run(struct drive *d, const struct oom_order *order,
    const struct oom_run *reference, struct oom_run *out)
{
    struct oom_order again = *order;
    struct oom_run second;

    if (!run_as_ordered(d, order, reference, out))
        return false;
    again.leak_serial = out->leak_serial;
    if (out->verdict != ALCOVE_OOM_LEAK || again.leak_serial == 0)
        return true;
    if (!run_as_ordered(d, &again, reference, &second))
        return false;
    out->leak = second.leak;
    return true;
}

/* Nothing is refused, and the body succeeds. */
static bool
refer(struct drive *d, bool in_place)
{
    struct oom_order order;
    struct oom_run *reference = &d->oom.references[in_place];

    memset(&order, 0, sizeof order);
    order.in_place = in_place;
    if (!run(d, &order, NULL, reference))
        return false;
    found(d, reference, 0);
    return reference->verdict == ALCOVE_OOM_CLEAN;
}

static bool
refer_all(struct drive *d)
{
    const struct alcove_check_oom_options *o = &d->oom.options;
    const struct oom_run *r = &d->oom.references[o->in_place];
    char text[OOM_TEXT] = "";
    bool good;

    begin_check(d, "reference");
    good = (o->in_place || refer(d, false)) &&
           (!(o->in_place || o->kinds & ALCOVE_FAIL_RESIZE) || refer(d, true));
    if (d->stop)
        add_stop(d, text, sizeof text);
    else
        snprintf(text, sizeof text,
                 "%zu requests, %zu releases, and an outcome of %zu bytes",
                 r->requests, r->releases, r->bytes);
    oom_tell(d, d->name,
             "it succeeds when nothing is refused, and leaves nothing",
             good ? ALCOVE_VERDICT_PASS : ALCOVE_VERDICT_FAIL, text);
    memset(d->notes, 0, sizeof d->notes);
    return good;
}

static void
count_place(struct drive *d, const struct oom_run *out)
{
    size_t number = alcove_oom_site_number(&out->site);

    if (number != 0)
        alcove_oom_live_put(&d->places, (void *)(uintptr_t)number, 1);
}

/* Until nothing is refused any more. */
static void
run_pass(struct drive *d, const struct pass *p)
{
    const struct alcove_check_oom_options *o = &d->oom.options;
    struct oom_order order;
    struct oom_run out = {.refused = 1};
    size_t hangs = 0, n = 0;

    memset(&order, 0, sizeof order);
    order.in_place = o->in_place || p->kind == ALCOVE_FAIL_RESIZE;
    order.rule.ops = p->kind & o->kinds;
    order.rule.then = p->then;
    begin_check(d, p->name);
    while (out.refused > 0 && !d->stop) {
        order.rule.nth = ++n;
        if (!run(d, &order, &d->oom.references[order.in_place], &out))
            break;
        alcove_oom_count(&d->sums, &out);
        found(d, &out, n);
        count_place(d, &out);
        hangs += out.verdict == ALCOVE_OOM_HANG;
        if (hangs == HANGS)
            d->stop = "it hangs too often to go on";
        else if (out.refused > 0 && n == o->limit)
            d->stop = "the limit is reached, and there is more to refuse";
        show_progress(d);
    }
    end_check(d, p->promise,
              d->sums.runs == 0 ? "it requests nothing of the kind" : NULL);
}

static void
run_all(struct drive *d)
{
    char text[OOM_SENTENCE];
    const char *why = "the reference failed";
    bool go_on = refer_all(d);
    size_t i;

    for (i = 0; i < PASSES; i++) {
        if (!oom_chosen(d, &passes[i]))
            continue;
        if (go_on)
            run_pass(d, &passes[i]);
        else
            oom_tell(d, passes[i].name, passes[i].promise, ALCOVE_VERDICT_SKIP,
                     why);
        if (d->oom.trouble) {
            go_on = false;
            why = d->oom.trouble;
        }
    }
    alcove_oom_sum_up(&d->total, d->places.count, text);
    oom_tell(d, "total", "nothing was found",
             d->good ? ALCOVE_VERDICT_PASS : ALCOVE_VERDICT_FAIL, text);
}

bool
alcove_check_oom(alcove_check_body *body, void *body_arg,
                 struct alcove_allocator *parent,
                 const struct alcove_check_oom_options *options,
                 alcove_check_fn *report, void *arg)
{
    struct drive d;

    memset(&d, 0, sizeof d);
    d.oom.body = body;
    d.oom.body_arg = body_arg;
    d.oom.parent = parent ? parent : alcove_malloc();
    d.report = report;
    d.arg = arg;
    d.good = true;
    if (!oom_choose(&d, options))
        return false;
    d.oom.run = malloc(sizeof *d.oom.run);
    if (!d.oom.run)
        return oom_refuse(&d, "malloc has no memory for the kit");
    alcove_oom_site_prepare();
    run_all(&d);
    alcove_oom_live_done(&d.places);
    free(d.oom.run);
    return d.good;
}
