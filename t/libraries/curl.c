/* SPDX-License-Identifier: MIT */
/* curl: a file, and requests to a server of our own on the loopback, two at a
 * time; URLs, cookies, forms. */
#include <config.h>

#include "library.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ALCOVE_BRIDGE_GLOBAL(memory);

enum { TRANSFERS = 2, SIZE = 30000, STEPS = 200 };

struct transfer {
    CURL *easy;
    curl_mime *form;
    struct curl_slist *headers;
    char body[8000];
    size_t size;
    int server; /* whichever connection came; -1: none */
    char request[4000];
    size_t got;
    bool answered;
};

static struct {
    struct work *w;
    CURLM *multi;
    struct transfer transfers[TRANSFERS];
    int listener, done;
    char url[60];
} test;

static bool
check(const char *call, CURLcode code)
{
    return code == CURLE_OK ||
           refused(test.w, "%s: %s", call, curl_easy_strerror(code));
}

static bool
check_url(const char *call, CURLUcode code)
{
    return code == CURLUE_OK || refused(test.w, "%s: %d", call, (int)code);
}

static size_t
on_data(char *data, size_t size, size_t items, void *arg)
{
    (void)arg;
    result(test.w, data, size * items);
    return size * items;
}

/* ---- URLs ---- */

static bool
tell_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;

    if (!check_url("curl_url_get",
                   curl_url_get(url, part, &text, CURLU_URLDECODE)))
        return false;
    result_text(test.w, "%d %s\n", (int)part, text);
    curl_free(text);
    return true;
}

static bool
use_url(CURLU *url)
{
    int part;

    if (!check_url("curl_url_set",
                   curl_url_set(url, CURLUPART_URL,
                                "http://u:p@host.example:81/a/./b/../c%20d"
                                "?x=1#part",
                                0)) ||
        !check_url("curl_url_set",
                   curl_url_set(url, CURLUPART_QUERY, "y=a b",
                                CURLU_APPENDQUERY | CURLU_URLENCODE)) ||
        !check_url("curl_url_set",
                   curl_url_set(url, CURLUPART_URL, "../e", 0)) ||
        !check_url("curl_url_set",
                   curl_url_set(url, CURLUPART_QUERY, "q=1", 0)) ||
        !check_url("curl_url_set",
                   curl_url_set(url, CURLUPART_FRAGMENT, "end", 0)))
        return false;
    for (part = CURLUPART_URL; part <= CURLUPART_FRAGMENT; part++)
        if (part != CURLUPART_OPTIONS && !tell_part(url, (CURLUPart)part))
            return false;
    return true;
}

static bool
run_url(void)
{
    CURLU *url = curl_url(), *copy;
    bool good;

    if (!url)
        return refused(test.w, "curl_url: NULL");
    good = use_url(url);
    copy = good ? curl_url_dup(url) : NULL;
    curl_url_cleanup(url);
    if (!copy)
        return refused(test.w, "curl_url_dup: NULL");
    good = tell_part(copy, CURLUPART_URL);
    curl_url_cleanup(copy);
    return good;
}

/* ---- a file ---- */

static bool
read_file(CURL *easy, const char *path)
{
    char url[100], *escaped = curl_easy_escape(easy, "a b/&\377", 0);

    if (!escaped)
        return refused(test.w, "curl_easy_escape: NULL");
    result_text(test.w, "%s\n", escaped);
    curl_free(escaped);
    snprintf(url, sizeof url, "file://%s", path);
    return check("CURLOPT_URL", curl_easy_setopt(easy, CURLOPT_URL, url)) &&
           check("CURLOPT_RANGE",
                 curl_easy_setopt(easy, CURLOPT_RANGE, "100-25000")) &&
           check("CURLOPT_WRITEFUNCTION",
                 curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data)) &&
           check("curl_easy_perform", curl_easy_perform(easy));
}

static bool
run_file(void)
{
    char path[] = "/tmp/alcove-curl-XXXXXX";
    int fd = mkstemp(path);
    CURL *easy;
    bool good;

    if (fd < 0)
        return refused(test.w, "no file");
    good = write(fd, some_text(SIZE), SIZE) == SIZE;
    close(fd);
    easy = good ? curl_easy_init() : NULL;
    good =
        easy ? read_file(easy, path) : refused(test.w, "curl_easy_init: NULL");
    curl_easy_cleanup(easy);
    unlink(path);
    return good;
}

/* ---- the server ---- */

static void
send_text(struct transfer *t, const char *text, size_t size)
{
    (void)send(t->server, text, size, MSG_NOSIGNAL);
}

/* In chunks, with a trailer. */
static void
answer(struct transfer *t)
{
    static const char head[] = "HTTP/1.1 200 OK\r\n"
                               "Set-Cookie: taste=sweet; path=/\r\n"
                               "Content-Type: text/plain\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
    static const char tail[] = "\r\n0\r\nX-Trailer: last\r\n\r\n";

    send_text(t, head, sizeof head - 1);
    send_text(t, "1000\r\n", 6);
    send_text(t, some_text(4096), 4096);
    send_text(t, "\r\n800\r\n", 7);
    send_text(t, some_text(2048), 2048);
    send_text(t, tail, sizeof tail - 1);
    t->answered = true;
}

/* The whole request is there when the form's last line is. */
static void
serve(struct transfer *t)
{
    ssize_t n;

    if (t->server < 0)
        t->server = accept(test.listener, NULL, NULL);
    if (t->server < 0 || t->answered)
        return;
    n = recv(t->server, t->request + t->got, sizeof t->request - 1 - t->got,
             MSG_DONTWAIT);
    if (n <= 0)
        return;
    t->got += (size_t)n;
    t->request[t->got] = '\0';
    if (strstr(t->request,
               strncmp(t->request, "POST", 4) == 0 ? "--\r\n" : "\r\n\r\n"))
        answer(t);
}

static bool
open_server(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t length = sizeof at;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    test.listener = socket(AF_INET, SOCK_STREAM, 0);
    if (test.listener < 0 ||
        bind(test.listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        getsockname(test.listener, (struct sockaddr *)&at, &length) != 0 ||
        listen(test.listener, TRANSFERS) != 0 ||
        fcntl(test.listener, F_SETFL, O_NONBLOCK) != 0)
        return refused(test.w, "no socket on the loopback");
    snprintf(test.url, sizeof test.url, "http://127.0.0.1:%d/a?b",
             ntohs(at.sin_port));
    return true;
}

static size_t
on_body(char *data, size_t size, size_t items, void *arg)
{
    struct transfer *t = arg;

    size *= items;
    if (size > sizeof t->body - t->size)
        return 0;
    memcpy(t->body + t->size, data, size);
    t->size += size;
    return size;
}

/* ---- two transfers ---- */

static bool
set_form(struct transfer *t)
{
    curl_mimepart *part;

    t->form = curl_mime_init(t->easy);
    part = t->form ? curl_mime_addpart(t->form) : NULL;
    if (!part)
        return refused(test.w, "curl_mime_addpart: NULL");
    return check("curl_mime_name", curl_mime_name(part, "field")) &&
           check("curl_mime_data", curl_mime_data(part, some_text(500), 500)) &&
           check("curl_mime_type", curl_mime_type(part, "text/plain")) &&
           check("CURLOPT_MIMEPOST",
                 curl_easy_setopt(t->easy, CURLOPT_MIMEPOST, t->form));
}

static bool
set_headers(struct transfer *t)
{
    struct curl_slist *more;

    t->headers = curl_slist_append(NULL, "X-One: 1");
    more = t->headers ? curl_slist_append(t->headers, "Expect:") : NULL;
    if (!more)
        return refused(test.w, "curl_slist_append: NULL");
    return check("CURLOPT_HTTPHEADER",
                 curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers)) &&
           check("CURLOPT_COOKIEFILE",
                 curl_easy_setopt(t->easy, CURLOPT_COOKIEFILE, "")) &&
           check("CURLOPT_COOKIE",
                 curl_easy_setopt(t->easy, CURLOPT_COOKIE, "own=1")) &&
           check("CURLOPT_USERPWD",
                 curl_easy_setopt(t->easy, CURLOPT_USERPWD, "user:word"));
}

static bool
set_transfer(struct transfer *t)
{
    t->easy = curl_easy_init();
    if (!t->easy)
        return refused(test.w, "curl_easy_init: NULL");
    return check("CURLOPT_URL",
                 curl_easy_setopt(t->easy, CURLOPT_URL, test.url)) &&
           check("setopt", curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L)) &&
           check("setopt", curl_easy_setopt(t->easy, CURLOPT_NOPROXY, "*")) &&
           check("setopt",
                 curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body)) &&
           check("setopt", curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t)) &&
           set_headers(t);
}

static bool
tell_end(struct transfer *t)
{
    struct curl_slist *cookies = NULL, *cookie;
    long status = 0;

    result(test.w, t->body, t->size);
    if (!check("CURLINFO_RESPONSE_CODE",
               curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status)) ||
        !check("CURLINFO_COOKIELIST",
               curl_easy_getinfo(t->easy, CURLINFO_COOKIELIST, &cookies)))
        return false;
    result_text(test.w, "status %ld\n", status);
    for (cookie = cookies; cookie; cookie = cookie->next)
        result_text(test.w, "%s\n", cookie->data);
    curl_slist_free_all(cookies);
    return true;
}

static bool
run_steps(void)
{
    int step, running = 1, left, i;
    CURLMsg *message;
    CURLMcode code;

    for (step = 0; step < STEPS && running > 0; step++) {
        code = curl_multi_perform(test.multi, &running);
        if (code != CURLM_OK)
            return refused(test.w, "curl_multi_perform: %s",
                           curl_multi_strerror(code));
        for (i = 0; i < TRANSFERS; i++)
            serve(&test.transfers[i]);
        while ((message = curl_multi_info_read(test.multi, &left)))
            test.done += check("curl_multi_perform", message->data.result);
        if (step > 20)
            (void)curl_multi_poll(test.multi, NULL, 0, 1, NULL);
    }
    return test.done == TRANSFERS ||
           refused(test.w, "curl_multi_perform: %d are done", test.done);
}

static bool
run_transfers(void)
{
    CURLMcode code;
    int i;

    if (!open_server())
        return false;
    test.multi = curl_multi_init();
    if (!test.multi)
        return refused(test.w, "curl_multi_init: NULL");
    for (i = 0; i < TRANSFERS; i++) {
        if (!set_transfer(&test.transfers[i]) ||
            (i == 1 && !set_form(&test.transfers[i])))
            return false;
        code = curl_multi_add_handle(test.multi, test.transfers[i].easy);
        if (code != CURLM_OK)
            return refused(test.w, "curl_multi_add_handle: %s",
                           curl_multi_strerror(code));
    }
    if (!run_steps())
        return false;
    for (i = 0; i < TRANSFERS; i++)
        if (!tell_end(&test.transfers[i]))
            return false;
    return true;
}

static void
end_transfers(void)
{
    int i;

    for (i = 0; i < TRANSFERS; i++) {
        struct transfer *t = &test.transfers[i];

        if (t->easy)
            curl_multi_remove_handle(test.multi, t->easy);
        curl_easy_cleanup(t->easy);
        curl_mime_free(t->form);
        curl_slist_free_all(t->headers);
        if (t->server >= 0)
            close(t->server);
    }
    curl_multi_cleanup(test.multi);
    if (test.listener >= 0)
        close(test.listener);
}

/* TLS has no memory from curl, and is not begun. */
static bool
work(struct work *w)
{
    bool good;
    int i;
    CURLcode code =
        w->bridge ? curl_global_init_mem(CURL_GLOBAL_NOTHING, memory_malloc,
                                         memory_free, memory_realloc,
                                         memory_strdup, memory_calloc)
                  : curl_global_init(CURL_GLOBAL_NOTHING);

    test.w = w;
    if (!check("curl_global_init_mem", code))
        return false;
    test.listener = -1;
    for (i = 0; i < TRANSFERS; i++)
        test.transfers[i].server = -1;
    good = run_url() && run_file() && run_transfers();
    end_transfers();
    curl_global_cleanup();
    return good;
}

static const char *
version(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}

const struct library library = {
    .name = "curl",
    .version = version,
    .shape = "no context, with strdup",
    .work = work,
    .bind = memory_bind,
    .unbind = memory_unbind,
    .bound = memory_bridge,
    .defects = SWALLOWS,
    .defects_text = "a cookie for which Curl_cookie_add has no memory is lost, "
                    "and the transfer succeeds",
};
