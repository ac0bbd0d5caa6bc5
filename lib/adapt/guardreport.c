/* SPDX-License-Identifier: MIT */
/* What the guard tells: refusals, findings, and what is live. */
#include <config.h>

#include "guard.h"

#include "../core/text.h"
#include "../os/backtrace.h"
#include "../os/write.h"

#include <errno.h>

static void
call_back(const struct alcove_guard *g, const struct alcove_error *what)
{
    if (g->report)
        g->report(what, g->arg);
}

bool
alcove_guard_refuse(struct alcove_guard *g, const struct alcove_error *what,
                    struct alcove_error *err)
{
    g->refused++;
    call_back(g, what);
    return alcove_error_set(err, what);
}

void
alcove_guard_tell(struct alcove_guard *g, const struct alcove_error *what)
{
    if (g->findings++ == 0)
        g->first = *what;
    call_back(g, what);
}

size_t
alcove_guard_findings(const struct alcove_guard *g, struct alcove_error *first)
{
    if (first && g->findings > 0)
        *first = g->first;
    return g->findings;
}

size_t
alcove_guard_each(const struct alcove_guard *g,
                  void (*fn)(const struct alcove_guard_block *block, void *arg),
                  void *arg)
{
    const struct alcove_guard_node *b = alcove_guard_first(g, &g->live);
    size_t count = 0;

    for (; b; b = alcove_guard_next(g, &g->live, b), count++) {
        const struct alcove_guard_block block = {
            .block = b->block,
            .layout = b->layout,
            .sequence = b->sequence,
            .frame_count = b->frame_count,
            .frames = b->frames,
        };

        fn(&block, arg);
    }
    return count;
}

/* ---- the report ---- */

/* Where it goes, and the first error there. */
struct sink {
    int fd, number;
};

static void
put_out(struct sink *out, const char *text, size_t size)
{
    if (out->number == 0)
        out->number = alcove_oswrite(out->fd, text, size);
}

enum { GUARDREPORT_LINE = 256 }; /* bytes: enough for a few words and numbers */

static void
guardreport_put_line(struct sink *out, struct alcove_text *line)
{
    alcove_text_put(line, "\n");
    put_out(out, line->buf, alcove_text_end(line, GUARDREPORT_LINE));
}

static void
put_frames(struct sink *out, const struct alcove_guard_block *b)
{
    size_t i;

    for (i = 0; i < b->frame_count && out->number == 0; i++) {
        char buf[GUARDREPORT_LINE];
        struct alcove_text line = alcove_text_begin(buf, sizeof buf);

        alcove_text_put(&line, "    ");
        put_out(out, buf, alcove_text_end(&line, sizeof buf));
        if (out->number != 0 || alcove_osbacktrace_name(b->frames[i], out->fd))
            continue;
        line = alcove_text_begin(buf, sizeof buf);
        alcove_text_address(&line, b->frames[i]);
        guardreport_put_line(out, &line);
    }
}

static void
guardreport_put_block(const struct alcove_guard_block *b, void *arg)
{
    struct sink *out = arg;
    char buf[GUARDREPORT_LINE];
    struct alcove_text line = alcove_text_begin(buf, sizeof buf);

    alcove_text_put(&line, ALCOVE_GUARD_NAME ": block ");
    alcove_text_number(&line, b->sequence);
    alcove_text_put(&line, ": ");
    alcove_text_layout(&line, b->layout);
    alcove_text_put(&line, " at ");
    alcove_text_address(&line, b->block);
    if (ALCOVE_RETURN_ADDRESS) {
        alcove_text_put(&line, ", from ");
        alcove_text_address(&line, b->frames[0]);
    }
    guardreport_put_line(out, &line);
    put_frames(out, b);
}

static void
guardreport_put_count(struct alcove_text *line, size_t n, const char *what)
{
    alcove_text_number(line, n);
    alcove_text_put(line, what);
    if (n != 1)
        alcove_text_put(line, "s");
}

static void
put_sums(struct sink *out, const struct alcove_guard *g, size_t seen)
{
    char buf[GUARDREPORT_LINE];
    struct alcove_text line = alcove_text_begin(buf, sizeof buf);

    alcove_text_put(&line, ALCOVE_GUARD_NAME ": ");
    guardreport_put_count(&line, g->live.blocks, " live block");
    alcove_text_put(&line, ", ");
    alcove_text_bytes(&line, g->live.bytes);
    alcove_text_put(&line, "; ");
    guardreport_put_count(&line, g->findings, " finding");
    alcove_text_put(&line, ", ");
    guardreport_put_count(&line, g->refused, " refusal");
    if (g->lost > 0) {
        alcove_text_put(&line, ", ");
        guardreport_put_count(&line, g->lost, " block");
        alcove_text_put(&line, " given up");
    }
    if (seen < g->live.blocks)
        alcove_text_put(&line, "; a header was overwritten: not all are here");
    guardreport_put_line(out, &line);
}

bool
alcove_guard_report(const struct alcove_guard *g, int fd,
                    struct alcove_error *err)
{
    struct sink out = {fd, 0};
    int saved = errno;
    struct alcove_error what = {
        .code = ALCOVE_ERR_OTHER,
        .cause = ALCOVE_CAUSE_OS,
        .allocator = ALCOVE_GUARD_NAME,
        .detail = "the report could not be written",
    };

    put_sums(&out, g, alcove_guard_each(g, guardreport_put_block, &out));
    errno = saved;
    what.os_error = out.number;
    if (out.number == 0)
        return true;
    return alcove_error_set(err, &what);
}
