/* SPDX-License-Identifier: MIT */
/* nghttp2: a client and a server, wired back to back in memory. */
#include <config.h>

#include "library.h"

#include <nghttp2/nghttp2.h>
#include <string.h>

#include <alcove/bridge/nghttp2.h>

enum { REQUESTS = 8, BODY = 40000 };

struct side {
    struct work *w;
    nghttp2_session *session;
    const char *name;
    size_t sent[2 * REQUESTS + 2]; /* of the body, by stream */
    size_t received, closed;
    int error;
};

#define FIELD(name, value)                                                     \
    {                                                                          \
        (uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1,               \
            sizeof(value) - 1, NGHTTP2_NV_FLAG_NONE                            \
    }

static bool
say(struct work *w, const char *call, int code)
{
    return refused(w, "%s: %s", call, nghttp2_strerror(code));
}

/* ---- the callbacks ---- */

static ssize_t
read_body(nghttp2_session *session, int32_t stream, uint8_t *buf, size_t length,
          uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    struct side *side = arg;
    size_t *sent = &side->sent[stream];
    size_t left = BODY - *sent;

    (void)session;
    (void)source;
    if (length > left)
        length = left;
    memcpy(buf, some_text(BODY) + *sent, length);
    *sent += length;
    if (*sent == BODY)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)length;
}

static int
on_header(nghttp2_session *session, const nghttp2_frame *frame,
          const uint8_t *name, size_t name_size, const uint8_t *value,
          size_t value_size, uint8_t flags, void *arg)
{
    struct side *side = arg;

    (void)session;
    (void)flags;
    result_text(side->w, "%s %d %.*s: %.*s\n", side->name,
                (int)frame->hd.stream_id, (int)name_size, (const char *)name,
                (int)value_size, (const char *)value);
    return 0;
}

static int
on_data(nghttp2_session *session, uint8_t flags, int32_t stream,
        const uint8_t *data, size_t size, void *arg)
{
    struct side *side = arg;

    (void)session;
    (void)flags;
    (void)stream;
    side->received += size;
    result(side->w, data, size);
    return 0;
}

static int
on_close(nghttp2_session *session, int32_t stream, uint32_t code, void *arg)
{
    struct side *side = arg;

    (void)session;
    side->closed++;
    result_text(side->w, "%s %d closed: %s\n", side->name, (int)stream,
                nghttp2_http2_strerror(code));
    return 0;
}

/* The server's: what it pushes, and its answer. */
static int
answer(nghttp2_session *session, int32_t stream)
{
    static const nghttp2_nv response[] = {
        FIELD(":status", "200"),
        FIELD("server", "alcove"),
        FIELD("content-type", "text/plain"),
        FIELD("x-long", "a value that does not fit into the table of those "
                        "that everybody knows, and is new in each response"),
    };
    static const nghttp2_nv push[] = {
        FIELD(":method", "GET"),
        FIELD(":scheme", "http"),
        FIELD(":authority", "host.example"),
        FIELD(":path", "/pushed"),
    };
    const nghttp2_data_provider body = {.read_callback = read_body};

    if (stream == 1) {
        int32_t id =
            nghttp2_submit_push_promise(session, 0, stream, push, 4, NULL);
        int code =
            id < 0 ? (int)id
                   : nghttp2_submit_response(session, id, response, 3, NULL);

        if (code != 0)
            return code;
    }
    return nghttp2_submit_response(session, stream, response, 4, &body);
}

static int
on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    struct side *side = arg;
    bool closes = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;

    if (frame->hd.type == NGHTTP2_GOAWAY || frame->hd.type == NGHTTP2_PING)
        result_text(side->w, "%s frame %d\n", side->name, frame->hd.type);
    if (side->name[0] != 's' || !closes)
        return 0;
    if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS)
        return 0;
    side->error = answer(session, frame->hd.stream_id);
    return side->error == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* ---- the work ---- */

static bool
open_side(struct side *side, nghttp2_session_callbacks *callbacks,
          nghttp2_option *option)
{
    struct work *w = side->w;
    nghttp2_mem mem, *given = NULL;
    int code;

    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    if (w->bridge) {
        mem = alcove_bridge_nghttp2(w->bridge);
        given = &mem;
    }
    code = side->name[0] == 's'
               ? nghttp2_session_server_new3(&side->session, callbacks, side,
                                             option, given)
               : nghttp2_session_client_new3(&side->session, callbacks, side,
                                             option, given);
    return code == 0 || say(w, "nghttp2_session_new3", code);
}

/* These two are malloc's in any case. */
static bool
open_sides(struct side *client, struct side *server)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    bool good = nghttp2_session_callbacks_new(&callbacks) == 0 &&
                nghttp2_option_new(&option) == 0;

    if (good)
        nghttp2_option_set_peer_max_concurrent_streams(option, REQUESTS / 2);
    good = good && open_side(client, callbacks, option) &&
           open_side(server, callbacks, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return good;
}

static bool
request(struct side *client)
{
    static const nghttp2_nv headers[] = {
        FIELD(":method", "POST"),
        FIELD(":scheme", "http"),
        FIELD(":authority", "host.example"),
        FIELD(":path", "/a/path?of=the&request"),
        FIELD("user-agent", "alcove"),
        FIELD("cookie", "one=1; two=2"),
    };
    const nghttp2_data_provider body = {.read_callback = read_body};
    nghttp2_priority_spec priority;
    int i;

    for (i = 0; i < REQUESTS; i++) {
        int32_t id;

        nghttp2_priority_spec_init(&priority, i > 0 ? 1 : 0, 16 + i, i == 3);
        id = nghttp2_submit_request(client->session, &priority, headers, 6,
                                    i % 2 ? NULL : &body, NULL);
        if (id < 0)
            return say(client->w, "nghttp2_submit_request", (int)id);
    }
    return true;
}

static bool
greet(struct side *side)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 100000},
        {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 1000},
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100},
    };
    static const uint8_t mark[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    int code =
        nghttp2_submit_settings(side->session, NGHTTP2_FLAG_NONE, settings, 3);

    if (code != 0)
        return say(side->w, "nghttp2_submit_settings", code);
    code = nghttp2_submit_ping(side->session, NGHTTP2_FLAG_NONE, mark);
    if (code != 0)
        return say(side->w, "nghttp2_submit_ping", code);
    code = nghttp2_session_set_local_window_size(side->session,
                                                 NGHTTP2_FLAG_NONE, 0, 200000);
    return code == 0 ||
           say(side->w, "nghttp2_session_set_local_window_size", code);
}

/* Returns the bytes that went, or what went wrong. */
static ssize_t
carry(struct side *from, struct side *to)
{
    const uint8_t *data;
    ssize_t n, taken, all = 0;

    while ((n = nghttp2_session_mem_send(from->session, &data)) > 0) {
        taken = nghttp2_session_mem_recv(to->session, data, (size_t)n);
        if (taken != n) {
            say(to->w, "nghttp2_session_mem_recv",
                taken < 0 && to->error == 0 ? (int)taken : to->error);
            return -1;
        }
        all += n;
    }
    if (n < 0)
        say(from->w, "nghttp2_session_mem_send", (int)n);
    return n < 0 ? n : all;
}

static bool
talk(struct side *client, struct side *server)
{
    ssize_t there, back;

    do {
        there = carry(client, server);
        back = there < 0 ? -1 : carry(server, client);
    } while (there >= 0 && back >= 0 && there + back > 0);
    return there == 0 && back == 0;
}

static bool
hang_up(struct side *client)
{
    int code =
        nghttp2_session_terminate_session(client->session, NGHTTP2_NO_ERROR);

    return code == 0 ||
           say(client->w, "nghttp2_session_terminate_session", code);
}

static bool
is_all_done(struct side *client, struct side *server)
{
    result_text(client->w, "%lu and %lu bytes, %lu and %lu streams\n",
                (unsigned long)server->received,
                (unsigned long)client->received, (unsigned long)client->closed,
                (unsigned long)server->closed);
    return client->received == (size_t)REQUESTS * BODY ||
           refused(client->w, "%lu streams were closed, %lu bytes came",
                   (unsigned long)client->closed,
                   (unsigned long)client->received);
}

static bool
work(struct work *w)
{
    struct side client = {.w = w, .name = "client"};
    struct side server = {.w = w, .name = "server"};
    bool good = open_sides(&client, &server) && greet(&client) &&
                greet(&server) && request(&client) && talk(&client, &server) &&
                hang_up(&client) && talk(&client, &server) &&
                is_all_done(&client, &server);

    nghttp2_session_del(client.session);
    nghttp2_session_del(server.session);
    return good;
}

static const char *
version(void)
{
    return nghttp2_version(0)->version_str;
}

const struct library library = {
    .name = "nghttp2",
    .version = version,
    .shape = "context last",
    .work = work,
};
