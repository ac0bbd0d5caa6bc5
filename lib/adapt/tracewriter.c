/* SPDX-License-Identifier: MIT */
/* Events as lines of text or JSON, and the one place that calls write.
 *
 * Nothing here allocates, so lines are put together without stdio, and errors
 * are told without strerror_r, which may load a catalogue of messages. */
#include <config.h>

#include <alcove/trace.h>

#include "../core/text.h"
#include "../os/write.h"
#include "adapt.h"
#include "tracewriter.h"

#include <errno.h>
#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#endif

enum { TRACEWRITER_LINE = 512 }; /* bytes, of which the last is the newline */

/* write is where a thread may be cancelled, an operation of an allocator is
 * not: its block would be lost. */
void
alcove_tracewriter_put(struct alcove_trace_writer *w, const char *text,
                       size_t size)
{
#if ALCOVE_HAVE_THREADS
    int state;
#endif

    if (w->os_error != 0)
        return;
#if ALCOVE_HAVE_THREADS
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
#endif
    w->os_error = alcove_oswrite(w->fd, text, size);
#if ALCOVE_HAVE_THREADS
    pthread_setcancelstate(state, &state);
#endif
}

/* A name or a detail may have a newline in it. */
static void
tracewriter_put_line(struct alcove_trace_writer *w, struct alcove_text *t)
{
    size_t i, length = t->length < t->size ? t->length : t->size;

    for (i = 0; i < length; i++)
        if ((unsigned char)t->buf[i] < ' ')
            t->buf[i] = ' ';
    t->buf[length] = '\n';
    alcove_tracewriter_put(w, t->buf, length + 1);
}

/* ---- text ---- */

static void
put_why(struct alcove_text *t, const struct alcove_trace_event *e)
{
    struct alcove_error error;
    char why[TRACEWRITER_LINE];

    if (!e->error) {
        alcove_text_put(t, alcove_code_name(e->code));
        return;
    }
    error = *e->error;
    error.os_error = 0;
    alcove_error_format(&error, why, sizeof why);
    alcove_text_put(t, why);
    if (e->error->os_error <= 0)
        return;
    alcove_text_put(t, " (errno ");
    alcove_text_number(t, (uintmax_t)e->error->os_error);
    alcove_text_put(t, ")");
}

static void
put_how(struct alcove_text *t, const struct alcove_trace_event *e)
{
    if (e->done && e->result)
        alcove_text_address(t, e->result);
    else if (e->done)
        alcove_text_put(t, "done");
    else if (e->op == ALCOVE_TRACE_RESIZE)
        alcove_text_put(t, "not in place");
    else
        put_why(t, e);
}

static void
write_text(struct alcove_trace_writer *w, const struct alcove_trace_event *e)
{
    char line[TRACEWRITER_LINE];
    struct alcove_text t = alcove_text_begin(line, sizeof line);

    alcove_text_number(&t, e->number);
    alcove_text_put(&t, " ");
    if (e->caller)
        alcove_text_address(&t, e->caller);
    else
        alcove_text_put(&t, "-");
    alcove_text_put(&t, " ");
    alcove_text_put(&t, alcove_trace_op_name(e->op));
    alcove_text_put(&t, " ");
    if (e->block) {
        alcove_text_address(&t, e->block);
        alcove_text_put(&t, " ");
    }
    if (e->old.align != 0) {
        alcove_text_layout(&t, e->old);
        alcove_text_put(&t, " to ");
    }
    alcove_text_layout(&t, e->layout);
    alcove_text_put(&t, ": ");
    put_how(&t, e);
    tracewriter_put_line(w, &t);
}

/* ---- JSON ---- */

/* The names that are put between quotes need no escapes, and the line is never
 * cut off: 13 keys, 6 numbers, 3 addresses, 3 names. */

static void
tracewriter_put_number(struct alcove_text *t, const char *key, uintmax_t n)
{
    alcove_text_put(t, key);
    alcove_text_number(t, n);
}

static void
put_address(struct alcove_text *t, const char *key, const void *p)
{
    alcove_text_put(t, key);
    if (!p) {
        alcove_text_put(t, "null");
        return;
    }
    alcove_text_put(t, "\"");
    alcove_text_address(t, p);
    alcove_text_put(t, "\"");
}

static void
put_name(struct alcove_text *t, const char *key, const char *name)
{
    alcove_text_put(t, key);
    alcove_text_put(t, "\"");
    alcove_text_put(t, name);
    alcove_text_put(t, "\"");
}

static void
write_json(struct alcove_trace_writer *w, const struct alcove_trace_event *e)
{
    char line[TRACEWRITER_LINE];
    struct alcove_text t = alcove_text_begin(line, sizeof line);
    int os_error = e->error ? e->error->os_error : 0;

    tracewriter_put_number(&t, "{\"number\":", e->number);
    put_name(&t, ",\"op\":", alcove_trace_op_name(e->op));
    alcove_text_put(&t, e->done ? ",\"done\":true" : ",\"done\":false");
    tracewriter_put_number(&t, ",\"size\":", e->layout.size);
    tracewriter_put_number(&t, ",\"align\":", e->layout.align);
    tracewriter_put_number(&t, ",\"old_size\":", e->old.size);
    tracewriter_put_number(&t, ",\"old_align\":", e->old.align);
    put_address(&t, ",\"block\":", e->block);
    put_address(&t, ",\"result\":", e->result);
    put_address(&t, ",\"caller\":", e->caller);
    put_name(&t, ",\"code\":", alcove_code_name(e->code));
    put_name(&t, ",\"cause\":", alcove_cause_name(e->cause));
    tracewriter_put_number(
        &t, ",\"os_error\":", os_error > 0 ? (uintmax_t)os_error : 0);
    alcove_text_put(&t, "}");
    tracewriter_put_line(w, &t);
}

/* ---- the writer ---- */

bool
alcove_trace_writer_init(struct alcove_trace_writer *writer,
                         enum alcove_trace_format format, int fd,
                         struct alcove_error *err)
{
    if ((unsigned)format >= ALCOVE_TRACE_FORMAT_COUNT)
        return alcove_adapt_refuse("trace", "there is no such format", err);
    if (fd < 0)
        return alcove_adapt_refuse("trace", "there is no file", err);

    writer->format = format;
    writer->fd = fd;
    writer->os_error = 0;
    writer->is_done = false;
    alcove_tracemassif_init(writer);
    return true;
}

void
alcove_trace_write(const struct alcove_trace_event *event, void *writer)
{
    struct alcove_trace_writer *w = writer;
    int saved = errno;

    if (w->is_done)
        return;
    switch (w->format) {
    case ALCOVE_TRACE_TEXT:
        write_text(w, event);
        break;
    case ALCOVE_TRACE_JSON:
        write_json(w, event);
        break;
    default:
        alcove_tracemassif_count(w, event);
    }
    errno = saved;
}

static bool
tracewriter_refuse(int os_error, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_OTHER,
        .cause = ALCOVE_CAUSE_OS,
        .os_error = os_error,
        .allocator = "trace",
        .detail = "not all could be written",
    };

    return alcove_error_set(err, &what);
}

bool
alcove_trace_writer_done(struct alcove_trace_writer *writer,
                         struct alcove_error *err)
{
    int saved = errno;

    if (!writer->is_done && writer->format == ALCOVE_TRACE_MASSIF)
        alcove_tracemassif_write(writer);
    writer->is_done = true;
    if (writer->os_error != 0)
        return tracewriter_refuse(writer->os_error, err);
    errno = saved;
    return true;
}
