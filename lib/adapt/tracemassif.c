/* SPDX-License-Identifier: MIT */
/* Snapshots of what is live, as massif writes them and ms_print reads them.
 *
 * When the array is full, those snapshots stay that are at least an interval
 * apart, and later ones keep to it. It is chosen so that half of them goes:
 * however long the trace, the times are spread evenly. One less than full are
 * two free places, for the peak and for the end. */
#include <config.h>

#include <alcove/trace.h>

#include "../core/text.h"
#include "tracewriter.h"

#include <string.h>

enum {
    FULL = ALCOVE_TRACE_SNAPSHOTS - 1,
    KEPT = FULL / 2,
    TEXT = 512 /* bytes, of one snapshot */
};

static size_t
total(const struct alcove_trace_snapshot *s)
{
    return s->heap + s->stacks;
}

void
alcove_tracemassif_init(struct alcove_trace_writer *w)
{
    static const struct alcove_trace_snapshot nothing = {0, 0, 0, 0};

    w->interval = 1;
    w->now = w->peak = w->snapshots[0] = nothing;
    w->count = 1;
}

/* ---- counting ---- */

/* What was allocated before the trace began may be released in it: there is
 * never less than nothing. The time does not stand still where something
 * changes, so there is one state at each. */
static void
live_changes(struct alcove_trace_writer *w, size_t *live, size_t from,
             size_t to)
{
    if (from > *live)
        from = *live;
    *live = *live - from + to;
    w->now.time += from < to ? to - from : from - to;
}

static void
apply(struct alcove_trace_writer *w, const struct alcove_trace_event *e)
{
    struct alcove_trace_snapshot *now = &w->now;

    switch (e->op) {
    case ALCOVE_TRACE_ALLOC:
    case ALCOVE_TRACE_ZALLOC:
        now->blocks++;
        live_changes(w, &now->heap, 0, e->layout.size);
        break;
    case ALCOVE_TRACE_DEALLOC:
        now->blocks -= now->blocks > 0;
        live_changes(w, &now->heap, e->layout.size, 0);
        break;
    case ALCOVE_TRACE_RESIZE:
    case ALCOVE_TRACE_REALLOC:
        live_changes(w, &now->heap, e->old.size, e->layout.size);
        break;
    case ALCOVE_TRACE_TEMP_BEGIN:
        live_changes(w, &now->stacks, 0, e->layout.size);
        break;
    case ALCOVE_TRACE_TEMP_END:
        live_changes(w, &now->stacks, e->layout.size, 0);
        break;
    default:
        break;
    }
}

/* At most KEPT stay: their times are less than KEPT intervals. */
static void
thin(struct alcove_trace_writer *w)
{
    size_t i, kept = 1;

    w->interval = w->snapshots[w->count - 1].time / KEPT + 1;
    for (i = 1; i < w->count; i++)
        if (w->snapshots[i].time - w->snapshots[kept - 1].time >= w->interval)
            w->snapshots[kept++] = w->snapshots[i];
    w->count = kept;
}

void
alcove_tracemassif_count(struct alcove_trace_writer *w,
                         const struct alcove_trace_event *e)
{
    if (!e->done)
        return;
    apply(w, e);
    if (total(&w->now) > total(&w->peak))
        w->peak = w->now;
    if (w->now.time - w->snapshots[w->count - 1].time < w->interval)
        return;
    w->snapshots[w->count++] = w->now;
    if (w->count == FULL)
        thin(w);
}

/* ---- writing ---- */

/* Two snapshots of one time are the same. The first one is of time 0. */
static void
tracemassif_insert(struct alcove_trace_writer *w,
                   const struct alcove_trace_snapshot *s)
{
    size_t i = w->count;

    while (w->snapshots[i - 1].time > s->time)
        i--;
    if (w->snapshots[i - 1].time == s->time)
        return;
    memmove(&w->snapshots[i + 1], &w->snapshots[i],
            (w->count - i) * sizeof *w->snapshots);
    w->snapshots[i] = *s;
    w->count++;
}

static void
tracemassif_put_number(struct alcove_text *t, const char *key, uintmax_t n)
{
    alcove_text_put(t, key);
    alcove_text_number(t, n);
}

static void
put_snapshot(struct alcove_trace_writer *w, size_t number)
{
    const struct alcove_trace_snapshot *s = &w->snapshots[number];
    char text[TEXT];
    struct alcove_text t = alcove_text_begin(text, sizeof text);

    tracemassif_put_number(&t, "#-----------\nsnapshot=", number);
    tracemassif_put_number(&t, "\n#-----------\ntime=", s->time);
    tracemassif_put_number(&t, "\nmem_heap_B=", s->heap);
    alcove_text_put(&t, "\nmem_heap_extra_B=0");
    tracemassif_put_number(&t, "\nmem_stacks_B=", s->stacks);
    if (s->time == w->peak.time && total(s) > 0) {
        tracemassif_put_number(&t, "\nheap_tree=peak\nn0: ", s->heap);
        tracemassif_put_number(&t, " in ", s->blocks);
        alcove_text_put(&t, s->blocks == 1 ? " block\n" : " blocks\n");
    } else {
        alcove_text_put(&t, "\nheap_tree=empty\n");
    }
    alcove_tracewriter_put(w, text, t.length);
}

void
alcove_tracemassif_write(struct alcove_trace_writer *w)
{
    static const char head[] =
        "desc: alcove_trace\ncmd: traced by alcove\ntime_unit: B\n";
    size_t i;

    tracemassif_insert(w, &w->peak);
    tracemassif_insert(w, &w->now);
    alcove_tracewriter_put(w, head, sizeof head - 1);
    for (i = 0; i < w->count; i++)
        put_snapshot(w, i);
}
