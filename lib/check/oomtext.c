/* SPDX-License-Identifier: MIT */
/* The sentences of the driver. */
#include <config.h>

#include "oom.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *
alcove_oom_verdict_name(enum alcove_oom_verdict verdict)
{
    switch (verdict) {
#define ALCOVE_X(name, text)                                                   \
    case ALCOVE_OOM_##name:                                                    \
        return #name;
        ALCOVE_OOM_VERDICTS(ALCOVE_X)
#undef ALCOVE_X
    default:
        return "?";
    }
}

const char *
alcove_oom_kind_name(enum alcove_fail_op kind)
{
    static const struct {
        enum alcove_fail_op kind;
        const char *text;
    } all[] = {
#define ALCOVE_X(name, bit, text) {ALCOVE_FAIL_##name, text},
        ALCOVE_FAIL_OPS(ALCOVE_X)
#undef ALCOVE_X
    };
    size_t i = 0;

    while (all[i].kind != kind)
        i++;
    return all[i].text;
}

/* Put it behind what is in the sentence. */
static void ALCOVE_PRINTF(2, 3) add(char *buf, const char *fmt, ...)
{
    size_t used = strlen(buf);
    va_list args;

    va_start(args, fmt);
    vsnprintf(buf + used, OOM_SENTENCE - used, fmt, args);
    va_end(args);
}

static void
add_site(char *buf, const char *before, const struct oom_site *site)
{
    char name[OOM_TEXT];

    alcove_oom_site_name(site, name, sizeof name);
    add(buf, "%s%s", before, name);
}

void
alcove_oom_tell(const struct oom_run *run, size_t number, char *buf)
{
    buf[0] = '\0';
    add(buf, "%s", alcove_oom_verdict_name(run->verdict));
    if (run->text[0] != '\0')
        add(buf, ": %s", run->text);
    if (run->verdict == ALCOVE_OOM_LEAK)
        add_site(buf, ", the first from ", &run->leak);
    if (run->refused == 0) {
        add(buf, "; nothing was refused");
        return;
    }
    add(buf, "; refused was request %zu, %s of %zu bytes aligned to %zu",
        number, alcove_oom_kind_name(run->kind), run->layout.size,
        run->layout.align);
    if (run->refused > 1)
        add(buf, ", and %zu more", run->refused - 1);
    add_site(buf, ", at ", &run->site);
}

/* ---- sums ---- */

void
alcove_oom_count(struct oom_sums *sums, const struct oom_run *run)
{
    if (run->refused > 0)
        sums->runs++;
    else if (run->verdict == ALCOVE_OOM_CLEAN)
        return; /* the end of a check */
    sums->verdicts[run->verdict]++;
    if (run->verdict != ALCOVE_OOM_CLEAN)
        return;
    if (run->refused == run->benign)
        sums->benign++;
    else if (run->claims)
        sums->coped++;
}

void
alcove_oom_add(struct oom_sums *sums, const struct oom_sums *more)
{
    size_t i;

    sums->runs += more->runs;
    for (i = 0; i < ALCOVE_OOM_VERDICT_COUNT; i++)
        sums->verdicts[i] += more->verdicts[i];
    sums->coped += more->coped;
    sums->benign += more->benign;
}

void
alcove_oom_sum_up(const struct oom_sums *sums, size_t places, char *buf)
{
    static const char *const texts[] = {
#define ALCOVE_X(name, text) text,
        ALCOVE_OOM_VERDICTS(ALCOVE_X)
#undef ALCOVE_X
    };
    size_t i;

    buf[0] = '\0';
    add(buf, "%zu refusal%s", sums->runs, sums->runs == 1 ? "" : "s");
    if (places > 0)
        add(buf, " at %zu place%s", places, places == 1 ? "" : "s");
    add(buf, ": %zu %s", sums->verdicts[0], texts[0]);
    if (sums->coped > 0 || sums->benign > 0)
        add(buf, " (%zu coped with, %zu benign)", sums->coped, sums->benign);
    for (i = 1; i < ALCOVE_OOM_VERDICT_COUNT; i++)
        if (sums->verdicts[i] > 0)
            add(buf, ", %zu %s", sums->verdicts[i], texts[i]);
}
