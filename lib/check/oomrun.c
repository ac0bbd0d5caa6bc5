/* SPDX-License-Identifier: MIT */
/* One run of the body: what is put under it, what it leaves, and the verdict.
 */
#include <config.h>

#include "oom.h"

#include <stdio.h>
#include <string.h>

bool
alcove_oom_trouble(struct oom *d, const char *what, int number)
{
    d->trouble = what;
    d->trouble_errno = number;
    return false;
}

/* ---- what is under it ---- */

static void
note_corruption(const struct alcove_error *what, void *arg)
{
    struct alcove_check_run *r = arg;

    if (r->corrupt)
        return;
    r->corrupt = true;
    alcove_error_format(what, r->corrupt_text, sizeof r->corrupt_text);
}

/* Not USABLE_SIZE: a block must end where it was asked to. */
static const unsigned in_place_features =
    ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |
    ALCOVE_CAN_RESIZE | ALCOVE_CAN_REALLOC | ALCOVE_CAN_OWNS |
    ALCOVE_CAN_CHECKED | ALCOVE_CAN_TEMP | ALCOVE_CAN_ZERO;

/* Neither the guard nor the fail can refuse to be made: its parent is there,
 * and so are its options. */
static void
oomrun_begin(struct oom *d, const struct oom_order *order, struct oom_run *out)
{
    struct alcove_check_run *r = d->run;
    const struct alcove_guard_options options = {
        .struct_size = sizeof options,
        .frames = ALCOVE_GUARD_NONE,
        .report = note_corruption,
        .arg = r,
    };

    memset(r, 0, sizeof *r);
    memset(out, 0, sizeof *out);
    r->order = *order;
    r->out = out;
    r->patience = d->options.patience;
    if (order->in_place) {
        alcove_books_init(&r->books, in_place_features, SIZE_MAX / 8);
        r->base = &r->books.allocator;
    } else {
        (void)alcove_guard_init(&r->guard, d->parent, &options, NULL);
        r->base = &r->guard.allocator;
    }
    (void)alcove_fail_init(&r->fail, r->base, &order->rule, NULL);
    alcove_oom_probe_init(r);
}

/* ---- what it leaves ---- */

enum { BATCH = 64 };

struct batch {
    struct alcove_guard_block blocks[BATCH];
    size_t count, all, bytes;
};

static void
collect(const struct alcove_guard_block *block, void *arg)
{
    struct batch *batch = arg;

    batch->all++;
    batch->bytes += block->layout.size;
    if (batch->count < BATCH)
        batch->blocks[batch->count++] = *block;
}

/* What is corrupt has been told; its memory is to come back. */
static bool
release(struct alcove_guard *g, const struct alcove_guard_block *b)
{
    return alcove_dealloc(&g->allocator, b->block, b->layout, NULL) ||
           (alcove_guard_repair(g, b->block, NULL) &&
            alcove_dealloc(&g->allocator, b->block, b->layout, NULL));
}

static void
release_all(struct alcove_guard *g)
{
    struct batch batch;
    size_t i;

    do {
        memset(&batch, 0, sizeof batch);
        alcove_guard_each(g, collect, &batch);
        for (i = 0; i < batch.count && release(g, &batch.blocks[i]); i++)
            ;
    } while (batch.all > BATCH && i == BATCH);
}

/* What was overwritten shows when it is released, here or from the quarantine.
 */
static void
end_guard(struct alcove_check_run *r)
{
    struct alcove_error err;
    struct batch batch = {.count = 0};

    alcove_guard_each(&r->guard, collect, &batch);
    r->out->leaked_blocks = batch.all;
    r->out->leaked_bytes = batch.bytes;
    release_all(&r->guard);
    if (!alcove_guard_done(&r->guard, &err))
        note_corruption(&err, r);
}

static void
end_books(struct alcove_check_run *r)
{
    struct books *b = &r->books;

    alcove_books_audit(b);
    r->out->leaked_blocks = b->live_blocks;
    r->out->leaked_bytes = b->live_bytes;
    if (b->wrong > 0) {
        r->corrupt = true;
        snprintf(r->corrupt_text, sizeof r->corrupt_text, "%s", b->text);
    }
    alcove_books_done(b);
}

/* ---- the verdict ---- */

static void
judge_as(struct alcove_check_run *r, enum alcove_oom_verdict verdict,
         const char *text)
{
    r->out->verdict = verdict;
    if (text != r->out->text)
        snprintf(r->out->text, sizeof r->out->text, "%s", text);
}

static bool
same_outcome(const struct oom_run *x, const struct oom_run *y)
{
    return x->outcome == y->outcome && x->pieces == y->pieces;
}

static void
tell_outcomes(char *buf, const char *what, const struct oom_run *is,
              const struct oom_run *was)
{
    snprintf(buf, OOM_TEXT, "%s: %zu bytes in %zu pieces, but %zu in %zu%s",
             what, is->bytes, is->pieces, was->bytes, was->pieces,
             is->bytes == was->bytes && is->pieces == was->pieces
                 ? ", of other contents"
                 : "");
}

static void
judge_success(struct alcove_check_run *r, const struct oom_run *reference)
{
    struct oom_run *out = r->out;

    if (reference->pieces == 0 && out->pieces == 0) {
        if (out->matters)
            judge_as(r, ALCOVE_OOM_SWALLOWED,
                     "it succeeded, and handed over no outcome");
    } else if (!same_outcome(out, reference)) {
        tell_outcomes(out->text,
                      "it succeeded with another outcome than the reference",
                      out, reference);
        judge_as(r, ALCOVE_OOM_SWALLOWED, out->text);
    }
}

/* Nothing was refused, which is so in the reference itself. */
static void
judge_free(struct alcove_check_run *r, const struct oom_run *reference)
{
    struct oom_run *out = r->out;

    if (!out->claims) {
        judge_as(r, ALCOVE_OOM_FAILED, "it failed");
    } else if (reference && !same_outcome(out, reference)) {
        tell_outcomes(out->text, "its outcome was not the reference's", out,
                      reference);
        judge_as(r, ALCOVE_OOM_INCONSISTENT, out->text);
    }
}

static void
oomrun_judge(struct alcove_check_run *r, const struct oom_run *reference)
{
    struct oom_run *out = r->out;

    if (r->corrupt) {
        judge_as(r, ALCOVE_OOM_CORRUPT, r->corrupt_text);
    } else if (r->gave_in) {
        snprintf(out->text, OOM_TEXT,
                 "%zu requests were refused, and still it asked on",
                 out->refused);
        judge_as(r, ALCOVE_OOM_HANG, out->text);
    } else if (r->broken) {
        judge_as(r, ALCOVE_OOM_BROKEN, r->broken_text);
    } else if (out->leaked_blocks > 0) {
        snprintf(out->text, OOM_TEXT, "%zu bytes in %zu block%s left",
                 out->leaked_bytes, out->leaked_blocks,
                 out->leaked_blocks == 1 ? " was" : "s were");
        judge_as(r, ALCOVE_OOM_LEAK, out->text);
    } else if (out->refused == 0) {
        judge_free(r, reference);
    } else if (out->claims && out->refused > out->benign) {
        judge_success(r, reference);
    }
}

/* ---- a run, and another one ---- */

bool
alcove_oom_run(struct oom *d, const struct oom_order *order,
               const struct oom_run *reference, struct oom_run *out,
               void (*on_refusal)(const struct oom_run *so_far, void *arg),
               void *arg)
{
    struct alcove_check_run *r = d->run;
    bool lost;

    oomrun_begin(d, order, out);
    r->on_refusal = on_refusal;
    r->arg = arg;
    out->claims = d->body(&r->allocator, r, d->body_arg);
    if (order->in_place)
        end_books(r);
    else
        end_guard(r);
    out->leak_serial = alcove_oom_live_oldest(&r->live);
    lost = r->live.lost;
    alcove_oom_live_done(&r->live);
    if (lost)
        return alcove_oom_trouble(d, "malloc has no memory for its books", 0);
    oomrun_judge(r, reference);
    out->ended = true;
    return true;
}

static void
compare(struct oom_run *first, const struct oom_run *second)
{
    char text[OOM_TEXT] = "";

    if (second->verdict != ALCOVE_OOM_CLEAN)
        snprintf(text, sizeof text, "clean at first, it was then %s: %.150s",
                 alcove_oom_verdict_name(second->verdict), second->text);
    else if (first->claims != second->claims)
        snprintf(text, sizeof text, "it %s at first, and then %s",
                 first->claims ? "succeeded" : "failed",
                 second->claims ? "succeeded" : "failed");
    else if (!same_outcome(first, second))
        tell_outcomes(text, "it had another outcome the second time", second,
                      first);
    else if (first->requests != second->requests ||
             first->releases != second->releases)
        snprintf(text, sizeof text,
                 "it made %zu requests and %zu releases at first, and then %zu "
                 "and %zu",
                 first->requests, first->releases, second->requests,
                 second->releases);
    else if (first->path != second->path)
        snprintf(text, sizeof text,
                 "its %zu requests were other ones the second time",
                 first->requests);
    else
        return;
    first->verdict = ALCOVE_OOM_INCONSISTENT;
    memcpy(first->text, text, sizeof text);
}

bool
alcove_oom_run_twice(struct oom *d, const struct oom_order *order,
                     const struct oom_run *reference, struct oom_run *out,
                     void (*on_refusal)(const struct oom_run *so_far,
                                        void *arg),
                     void *arg)
{
    struct oom_run second;

    if (!alcove_oom_run(d, order, reference, out, on_refusal, arg))
        return false;
    if (out->verdict == ALCOVE_OOM_CLEAN && !d->options.no_repeat) {
        if (!alcove_oom_run(d, order, reference, &second, on_refusal, arg))
            return false;
        compare(out, &second);
    }
    return true;
}
