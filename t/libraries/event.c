/* SPDX-License-Identifier: MIT */
/* libevent: lines go through a filter over a socket pair and come back; the
 * base has timers, priorities and a signal; and buffers, URIs and headers. */
#include <config.h>

#include "library.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/util.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ALCOVE_BRIDGE_GLOBAL(memory);

enum { TIMERS = 50, SENT = 20000 };

static struct {
    struct work *w;
    struct event_base *base;
    struct event *timers[TIMERS], *raised, *guard;
    struct bufferevent *client, *server;
    int order[TIMERS];
    int fired, answers;
    int steps, seen; /* callbacks, and at the last look at it */
    bool signalled, late, failed;
} test;

/* libevent has no function for what it hands out. */
static void
give_back(void *p)
{
    if (test.w->bridge)
        memory_free(p);
    else
        free(p);
}

static bool
say(const char *call)
{
    return refused(test.w, "%s: failed", call);
}

/* ---- timers and a signal ---- */

static int
count_lines(const char *text, size_t size)
{
    int n = 0;

    while (size-- > 0)
        n += *text++ == '\n';
    return n;
}

static void
take_step(void)
{
    test.steps++;
    if (test.fired == TIMERS && test.signalled &&
        test.answers == count_lines(some_text(SENT), SENT))
        event_base_loopbreak(test.base);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct event **timer = arg;

    (void)fd;
    (void)what;
    if (test.fired < TIMERS)
        test.order[test.fired++] = (int)(timer - test.timers);
    take_step();
}

static void
on_signal(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    (void)arg;
    test.signalled = (int)fd == SIGUSR1;
    event_del(test.raised);
    take_step();
}

/* What lost an event for want of memory waits for ever. */
static void
on_guard(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    if (test.steps == test.seen) {
        test.late = true;
        event_base_loopbreak(test.base);
    }
    test.seen = test.steps;
}

static bool
add_timers(void)
{
    int i;

    for (i = 0; i < TIMERS; i++) {
        struct timeval at = {0, i};

        test.timers[i] = evtimer_new(test.base, on_timer, &test.timers[i]);
        if (!test.timers[i])
            return say("evtimer_new");
        if (event_priority_set(test.timers[i], i % 2) != 0 ||
            event_add(test.timers[i], i % 2 ? &at : NULL) != 0)
            return say("event_add");
        if (i % 2 == 0)
            event_active(test.timers[i], EV_TIMEOUT, 1);
    }
    return true;
}

static bool
add_signal(void)
{
    static const struct timeval often = {0, 100000};

    test.raised = evsignal_new(test.base, SIGUSR1, on_signal, NULL);
    if (!test.raised || event_add(test.raised, NULL) != 0)
        return say("evsignal_new");
    test.guard = event_new(test.base, -1, EV_PERSIST, on_guard, NULL);
    if (!test.guard || event_add(test.guard, &often) != 0)
        return say("evtimer_new");
    raise(SIGUSR1);
    return true;
}

/* ---- a server that answers each line, behind a filter ---- */

static enum bufferevent_filter_result
rot13(struct evbuffer *from, struct evbuffer *to, ev_ssize_t limit,
      enum bufferevent_flush_mode mode, void *arg)
{
    char text[512];
    int i, n;

    (void)limit;
    (void)mode;
    (void)arg;
    while ((n = evbuffer_remove(from, text, sizeof text)) > 0) {
        for (i = 0; i < n; i++)
            if (text[i] >= 'a' && text[i] <= 'z')
                text[i] = (char)('a' + (text[i] - 'a' + 13) % 26);
        if (evbuffer_add(to, text, (size_t)n) != 0)
            return BEV_ERROR;
    }
    return BEV_OK;
}

static void
stop(const char *call)
{
    test.failed = true;
    say(call);
    event_base_loopbreak(test.base);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    if (what & (BEV_EVENT_ERROR | BEV_EVENT_EOF))
        stop(arg);
}

static void
on_request(struct bufferevent *bev, void *arg)
{
    struct evbuffer *in = bufferevent_get_input(bev);
    struct evbuffer *out = bufferevent_get_output(bev);
    size_t length;
    char *line;
    int n = 0;

    (void)arg;
    take_step();
    while (n >= 0 && (line = evbuffer_readln(in, &length, EVBUFFER_EOL_LF))) {
        n = evbuffer_add_printf(out, "%lu: %s\n", (unsigned long)length, line);
        give_back(line);
    }
    /* A line without memory for it is NULL, as is no line. */
    if (n < 0 || evbuffer_search_eol(in, NULL, NULL, EVBUFFER_EOL_LF).pos >= 0)
        stop("server");
}

static void
on_answer(struct bufferevent *bev, void *arg)
{
    char text[1000];
    size_t n;

    (void)arg;
    while ((n = bufferevent_read(bev, text, sizeof text)) > 0) {
        result(test.w, text, n);
        test.answers += count_lines(text, n);
    }
    take_step();
}

/* On the socket, with the filter on top of it. */
static struct bufferevent *
open_side(int fd, bufferevent_data_cb on_data, const char *name)
{
    struct bufferevent *bev, *top;

    bev = bufferevent_socket_new(test.base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (!bev) {
        close(fd);
        return NULL;
    }
    top = bufferevent_filter_new(bev, rot13, rot13, BEV_OPT_CLOSE_ON_FREE, NULL,
                                 NULL);
    if (!top) {
        bufferevent_free(bev);
        return NULL;
    }
    bufferevent_setcb(top, on_data, NULL, on_event, (void *)name);
    if (bufferevent_enable(top, EV_READ | EV_WRITE) == 0)
        return top;
    bufferevent_free(top);
    return NULL;
}

static bool
open_sides(void)
{
    int ends[2];

    if (evutil_socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return say("evutil_socketpair");
    evutil_make_socket_nonblocking(ends[0]);
    evutil_make_socket_nonblocking(ends[1]);
    test.server = open_side(ends[0], on_request, "server");
    test.client = open_side(ends[1], on_answer, "client");
    if (!test.server || !test.client)
        return say("bufferevent_filter_new");
    return bufferevent_write(test.client, some_text(SENT), SENT) == 0 ||
           say("bufferevent_write");
}

/* ---- a base with all of these ---- */

static bool
open_base(void)
{
    struct event_config *config = event_config_new();

    if (!config)
        return say("event_config_new");
    if (event_config_avoid_method(config, "select") == 0 &&
        event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV) == 0)
        test.base = event_base_new_with_config(config);
    event_config_free(config);
    if (!test.base)
        return say("event_base_new_with_config");
    return event_base_priority_init(test.base, 2) == 0 ||
           say("event_base_priority_init");
}

static void
close_base(void)
{
    int i;

    for (i = 0; i < TIMERS; i++)
        if (test.timers[i])
            event_free(test.timers[i]);
    if (test.raised)
        event_free(test.raised);
    if (test.guard)
        event_free(test.guard);
    if (test.client)
        bufferevent_free(test.client);
    if (test.server)
        bufferevent_free(test.server);
    if (test.base)
        event_base_free(test.base);
}

static bool
run_base(void)
{
    if (!open_base() || !add_timers() || !add_signal() || !open_sides())
        return false;
    if (event_base_dispatch(test.base) < 0)
        return say("event_base_dispatch");
    if (test.failed)
        return false;
    if (test.late || !test.signalled || test.fired != TIMERS)
        return refused(test.w, "event_base_dispatch: events are missing");
    result(test.w, test.order, sizeof test.order);
    return true;
}

/* ---- buffers ---- */

static bool
fill_buffers(struct evbuffer *a, struct evbuffer *b)
{
    size_t i;

    for (i = 0; i < 20; i++)
        if (evbuffer_add(a, some_text(3000) + 100 * i, 100 * i) != 0)
            return say("evbuffer_add");
    if (evbuffer_prepend(a, "first ", 6) != 0)
        return say("evbuffer_prepend");
    if (evbuffer_add_reference(b, some_text(5000), 5000, NULL, NULL) != 0)
        return say("evbuffer_add_reference");
    if (evbuffer_expand(b, 3000) != 0)
        return say("evbuffer_expand");
    if (evbuffer_add_buffer_reference(a, b) != 0)
        return say("evbuffer_add_buffer_reference");
    return evbuffer_add_buffer(b, a) == 0 || say("evbuffer_add_buffer");
}

static bool
use_buffers(struct evbuffer *a, struct evbuffer *b)
{
    struct evbuffer_ptr at;
    unsigned char *flat;
    size_t size;

    if (!fill_buffers(a, b))
        return false;
    at = evbuffer_search(b, "is gone\nfirst", 7, NULL);
    result_text(test.w, "found at %ld\n", (long)at.pos);
    if (evbuffer_remove_buffer(b, a, 7777) != 7777)
        return say("evbuffer_remove_buffer");
    evbuffer_drain(b, 1234);
    flat = evbuffer_pullup(a, -1);
    if (!flat)
        return say("evbuffer_pullup");
    result(test.w, flat, evbuffer_get_length(a));
    size = evbuffer_get_length(b);
    flat = evbuffer_pullup(b, (ev_ssize_t)size);
    if (!flat)
        return say("evbuffer_pullup");
    result(test.w, flat, size);
    return true;
}

static bool
run_buffers(void)
{
    struct evbuffer *a = evbuffer_new(), *b = evbuffer_new();
    bool good = a && b ? use_buffers(a, b) : say("evbuffer_new");

    if (a)
        evbuffer_free(a);
    if (b)
        evbuffer_free(b);
    return good;
}

/* ---- of HTTP ---- */

static bool
run_query(const char *query)
{
    struct evkeyvalq headers;
    struct evkeyval *header;

    if (evhttp_parse_query_str(query, &headers) != 0)
        return say("evhttp_parse_query_str");
    for (header = headers.tqh_first; header; header = header->next.tqe_next)
        result_text(test.w, "%s=%s\n", header->key, header->value);
    evhttp_clear_headers(&headers);
    return true;
}

static bool
run_uri(void)
{
    struct evhttp_uri *uri = evhttp_uri_parse(
        "http://user@host.example:8080/a/path?one=1&two=a%20b&three=%26#part");
    char text[200], *escaped;
    bool good;

    if (!uri)
        return say("evhttp_uri_parse");
    good = evhttp_uri_set_host(uri, "other.example") == 0 &&
           evhttp_uri_join(uri, text, sizeof text);
    if (good)
        result_text(test.w, "%s\n", text);
    else
        (void)say("evhttp_uri_join");
    good = good && run_query(evhttp_uri_get_query(uri));
    evhttp_uri_free(uri);
    escaped = good ? evhttp_htmlescape("<a href='x'>&\"</a>") : NULL;
    if (!escaped)
        return say("evhttp_htmlescape");
    result_text(test.w, "%s\n", escaped);
    give_back(escaped);
    return true;
}

static bool
work(struct work *w)
{
    bool good;

    if (w->bridge)
        event_set_mem_functions(memory_malloc, memory_realloc, memory_free);
    test.w = w;
    good = run_base() && run_buffers() && run_uri();
    close_base();
    libevent_global_shutdown();
    return good;
}

const struct library library = {
    .name = "libevent",
    .version = event_get_version,
    .shape = "no context",
    .work = work,
    .bind = memory_bind,
    .unbind = memory_unbind,
    .bound = memory_bridge,
    .defects = CRASHES,
    .defects_text = "bufferevent_filter_new does not look whether "
                    "evbuffer_add_cb gives NULL",
};
