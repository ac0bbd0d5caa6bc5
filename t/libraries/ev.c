/* SPDX-License-Identifier: MIT */
/* libev: a loop with timers, pipes, a signal and the rest of the watchers. */
#include <config.h>

#include "library.h"

#include <ev.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

ALCOVE_BRIDGE_GLOBAL(memory);

enum { TIMERS = 300, PIPES = 24, CHUNK = 1000 };

struct pair {
    ev_io reader, writer;
    int ends[2];
    size_t sent;
};

static struct {
    struct work *w;
    struct pair pairs[PIPES];
    ev_timer timers[TIMERS], guard;
    ev_periodic periodic;
    ev_prepare prepare;
    ev_check check;
    ev_idle idle;
    ev_async async;
    ev_signal signal;
    int fired, closed, once;
    bool prepared, checked, idled, woken, raised, late;
} test;

/* ---- what happens ---- */

static void
on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    test.fired++;
    result_text(test.w, "timer %d\n", (int)(timer - test.timers));
}

static void
on_guard(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)timer;
    (void)events;
    test.late = true;
    ev_break(loop, EVBREAK_ALL);
}

static void
on_periodic(struct ev_loop *loop, ev_periodic *periodic, int events)
{
    (void)events;
    result_text(test.w, "periodic\n");
    ev_periodic_stop(loop, periodic);
}

static void
on_prepare(struct ev_loop *loop, ev_prepare *prepare, int events)
{
    (void)events;
    test.prepared = true;
    ev_prepare_stop(loop, prepare);
}

static void
on_check(struct ev_loop *loop, ev_check *check, int events)
{
    (void)events;
    test.checked = true;
    ev_check_stop(loop, check);
}

static void
on_idle(struct ev_loop *loop, ev_idle *idle, int events)
{
    (void)events;
    test.idled = true;
    ev_idle_stop(loop, idle);
    ev_async_send(loop, &test.async);
}

static void
on_async(struct ev_loop *loop, ev_async *async, int events)
{
    (void)events;
    test.woken = true;
    ev_async_stop(loop, async);
    raise(SIGUSR1);
}

static void
on_signal(struct ev_loop *loop, ev_signal *signal, int events)
{
    (void)events;
    test.raised = true;
    ev_signal_stop(loop, signal);
}

static void
on_once(int events, void *arg)
{
    (void)arg;
    test.once = events;
}

static void
on_writable(struct ev_loop *loop, ev_io *io, int events)
{
    struct pair *p = io->data;
    ssize_t n = write(io->fd, some_text(2 * CHUNK) + p->sent, CHUNK);

    (void)events;
    if (n > 0)
        p->sent += (size_t)n;
    if (n > 0 && p->sent < 2 * CHUNK)
        return;
    ev_io_stop(loop, io);
    close(p->ends[1]);
    p->ends[1] = -1;
}

static void
on_readable(struct ev_loop *loop, ev_io *io, int events)
{
    struct pair *p = io->data;
    char text[CHUNK];
    ssize_t n = read(io->fd, text, sizeof text);

    (void)events;
    if (n > 0) {
        if (p == test.pairs)
            result(test.w, text, (size_t)n);
        return;
    }
    test.closed++;
    ev_io_stop(loop, io);
}

/* ---- the work ---- */

/* They are over before they begin, so that all are pending at once, whatever
 * the time is. */
static void
start_timers(struct ev_loop *loop)
{
    int i;

    for (i = 0; i < TIMERS; i++) {
        ev_timer_init(&test.timers[i], on_timer, -1000. + i * 7 % TIMERS, 0.);
        ev_timer_start(loop, &test.timers[i]);
    }
    for (i = 0; i < TIMERS; i += 3)
        ev_timer_stop(loop, &test.timers[i]);
    ev_timer_init(&test.guard, on_guard, 10., 0.);
    ev_timer_start(loop, &test.guard);
    ev_unref(loop);
}

static bool
start_pipes(struct ev_loop *loop)
{
    int i;

    for (i = 0; i < PIPES; i++) {
        struct pair *p = &test.pairs[i];

        if (pipe(p->ends) != 0)
            return refused(test.w, "no pipe");
        ev_io_init(&p->reader, on_readable, p->ends[0], EV_READ);
        ev_io_init(&p->writer, on_writable, p->ends[1], EV_WRITE);
        p->reader.data = p->writer.data = p;
        ev_io_start(loop, &p->reader);
        ev_io_start(loop, &p->writer);
    }
    return true;
}

static void
start_others(struct ev_loop *loop)
{
    ev_periodic_init(&test.periodic, on_periodic, 1., 0., 0);
    ev_periodic_start(loop, &test.periodic);
    ev_prepare_init(&test.prepare, on_prepare);
    ev_prepare_start(loop, &test.prepare);
    ev_check_init(&test.check, on_check);
    ev_check_start(loop, &test.check);
    ev_idle_init(&test.idle, on_idle);
    ev_idle_start(loop, &test.idle);
    ev_async_init(&test.async, on_async);
    ev_async_start(loop, &test.async);
    ev_signal_init(&test.signal, on_signal, SIGUSR1);
    ev_signal_start(loop, &test.signal);
    ev_once(loop, -1, 0, 0., on_once, NULL);
}

static void
close_pipes(struct ev_loop *loop)
{
    int i;

    for (i = 0; i < PIPES; i++) {
        struct pair *p = &test.pairs[i];

        ev_io_stop(loop, &p->reader);
        ev_io_stop(loop, &p->writer);
        if (p->ends[0] >= 0)
            close(p->ends[0]);
        if (p->ends[1] >= 0)
            close(p->ends[1]);
    }
}

static bool
is_all_done(struct work *w)
{
    result_text(w, "%d timers, %d pipes, once %d, watchers %d%d%d%d%d\n",
                test.fired, test.closed, test.once, test.prepared, test.checked,
                test.idled, test.woken, test.raised);
    if (test.late)
        return refused(w, "ev_run: events are missing");
    return (test.fired == TIMERS - TIMERS / 3 && test.closed == PIPES &&
            test.raised) ||
           refused(w, "ev_run: %d timers, %d pipes", test.fired, test.closed);
}

static bool
work(struct work *w)
{
    struct ev_loop *loop;
    bool good;
    int i;

    if (w->bridge)
        ev_set_allocator(memory_long);
    test.w = w;
    for (i = 0; i < PIPES; i++)
        test.pairs[i].ends[0] = test.pairs[i].ends[1] = -1;
    loop = ev_loop_new(EVFLAG_NOENV);
    if (!loop)
        return refused(w, "ev_loop_new: no backend");
    start_timers(loop);
    start_others(loop);
    good = start_pipes(loop);
    if (good)
        ev_run(loop, 0);
    close_pipes(loop);
    ev_loop_destroy(loop);
    return good && is_all_done(w);
}

static const char *
version(void)
{
    static char text[24];

    snprintf(text, sizeof text, "%d.%d", ev_version_major(),
             ev_version_minor());
    return text;
}

const struct library library = {
    .name = "libev",
    .version = version,
    .shape = "resize of a long, no context",
    .work = work,
    .bind = memory_bind,
    .unbind = memory_unbind,
    .bound = memory_bridge,
    .never_null = true,
};
