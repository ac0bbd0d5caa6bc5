/* SPDX-License-Identifier: MIT */
/* What the tests of the out-of-memory driver share: what is seen of it, and
 * bodies without a fault.
 */
#ifndef OOM_H
#define OOM_H

#include <alcove/check.h>
#include <alcove/fail.h>
#include <alcove/malloc.h>

#include "../lib/os/tools.h"
#include "count.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if ALCOVE_FORK
#    include <signal.h>
#    include <sys/resource.h>
#    include <unistd.h>
#endif

static const struct alcove_layout small = {24, 8}, large = {100, 8};

/* ---- what is seen ---- */

enum { SEEN = 4000 };

struct seen {
    char findings[SEEN]; /* "LEAK alloc-once 2; ..." */
    char texts[SEEN];    /* of the findings, in lines */
    char checks[SEEN];   /* "alloc-once PASS 2 refusals: 2 clean", in lines */
    char total[SEEN];
    unsigned results;
    bool numbered;                    /* 1 to count, each once */
    struct alcove_check_finding last; /* its pointers are gone, but for */
    void *frames[8], *leak_frames[8]; /* these */
};

static inline void
append(char *buf, const char *text, const char *end)
{
    size_t used = strlen(buf);

    snprintf(buf + used, SEEN - used, "%s%s", text, end);
}

static inline void
see_result(const struct alcove_check_result *result, void *arg)
{
    struct seen *seen = arg;
    char line[2000];

    seen->numbered &= result->number == ++seen->results &&
                      (strcmp(result->check, "total") != 0 ||
                       result->number == result->count);
    snprintf(line, sizeof line, "%s %s %s", result->check,
             alcove_verdict_name(result->verdict), result->text);
    append(seen->checks, line, "\n");
    if (strcmp(result->check, "total") == 0)
        snprintf(seen->total, SEEN, "%s", result->text);
}

static inline void
see_finding(const struct alcove_check_finding *f, void *arg)
{
    struct seen *seen = arg;
    char line[100];

    snprintf(line, sizeof line, "%s%s %s %zu", seen->findings[0] ? "; " : "",
             alcove_oom_verdict_name(f->verdict), f->check, f->number);
    append(seen->findings, line, "");
    append(seen->texts, f->text, "\n");
    seen->last = *f;
    memcpy(seen->frames, f->frames, f->frame_count * sizeof *f->frames);
    memcpy(seen->leak_frames, f->leak_frames,
           f->leak_frame_count * sizeof *f->leak_frames);
}

static struct seen seen;
static struct alcove_check_oom_options options;
static struct count parent;

static inline void
choose(unsigned kinds, bool apart)
{
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.kinds = kinds;
    options.fork = apart;
    options.patience = 500;
    options.seconds = 60;
    options.progress = -1;
    options.finding = see_finding;
    options.arg = &seen;
}

static inline bool
drive(alcove_check_body *body, void *arg)
{
    memset(&seen, 0, sizeof seen);
    seen.numbered = true;
    return alcove_check_oom(body, arg, &parent.allocator, &options, see_result,
                            &seen);
}

/* ---- the tools of the bodies ---- */

static inline void *
get(struct alcove_allocator *a)
{
    return alcove_alloc(a, small, NULL);
}

static inline void
give(struct alcove_allocator *a, void *p)
{
    alcove_dealloc(a, p, small, NULL);
}

static inline void
achieve(struct alcove_check_run *run, const char *text)
{
    alcove_check_outcome(run, text, strlen(text));
}

static inline void
nothing(void *mem, void *arg)
{
    (void)mem;
    (void)arg;
}

/* ---- bodies without a fault ---- */

/* Two alloc, one grow, one shrink, one temp. */
static inline bool
is_good(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    char *p = get(a), *q, *grown, *shrunk;
    bool good = false;

    (void)arg;
    if (!p)
        return false;
    memcpy(p, "contents", 9);
    grown = alcove_grow(a, p, small, large, NULL);
    if (!grown) {
        alcove_check_that(run, strcmp(p, "contents") == 0, "it is whole");
        give(a, p);
        return false;
    }
    q = alcove_zalloc(a, small, NULL);
    if (q && alcove_alloc_temp(a, large, nothing, NULL, NULL)) {
        achieve(run, grown);
        good = true;
    }
    give(a, q);
    shrunk = alcove_shrink(a, grown, large, small, NULL);
    alcove_dealloc(a, shrunk ? shrunk : grown, shrunk ? small : large, NULL);
    return good;
}

#endif /* OOM_H */
