/* SPDX-License-Identifier: MIT */
/* c-ares: queries of all types to a server of our own on the loopback, and
 * their answers parsed. */
#include <config.h>

#define CARES_NO_DEPRECATED

#include "library.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ares.h>

ALCOVE_BRIDGE_GLOBAL(memory);

enum { IN = 1, LONGEST = 512, TIMEOUT = 20 /* ms */ };

static struct {
    struct work *w;
    ares_channel channel;
    int server;
    int asked, answered;
    bool failed;
} test;

static void
say(const char *call, int code)
{
    test.failed = true;
    (void)refused(test.w, "%s: %s", call, ares_strerror(code));
}

/* ---- the server ---- */

#define RECORD(type, bytes)                                                    \
    {                                                                          \
        type, sizeof(bytes) - 1, bytes                                         \
    }

static const struct record {
    int type;
    size_t size;
    const char *bytes;
} records[] = {
    RECORD(1, "\12\0\0\1"),
    RECORD(1, "\12\0\0\2"),
    RECORD(2, "\2ns\7example\0"),
    RECORD(2, "\3ns2\7example\0"),
    RECORD(6, "\2ns\7example\0\4root\7example\0"
              "\0\0\0\1\0\0\16\20\0\0\2\130\0\1\121\200\0\0\0\74"),
    RECORD(12, "\4host\7example\0"),
    RECORD(15, "\0\12\4mail\7example\0"),
    RECORD(15, "\0\24\5mail2\7example\0"),
    RECORD(16, "\5first\6second"),
    RECORD(16, "\5third"),
    RECORD(28, "\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1"),
    RECORD(33, "\0\1\0\2\0\120\3web\7example\0"),
    RECORD(35, "\0\1\0\2\1s\7SIP+D2U\0\4_sip\4_udp\7example\0"),
    RECORD(257, "\0\5issueca.example"),
};

static void
put_number(unsigned char *at, unsigned number)
{
    at[0] = (unsigned char)(number >> 8);
    at[1] = (unsigned char)number;
}

/* After the header and the question, which are there. Returns the end. */
static size_t
put_records(unsigned char *message, size_t size, int type)
{
    static const unsigned char begin[] = {0xc0, 12, 0, 0,    0, IN,
                                          0,    0,  1, 0x2c, 0, 0};
    unsigned count = 0;
    size_t i;

    for (i = 0; i < sizeof records / sizeof *records; i++) {
        const struct record *r = &records[i];

        if (r->type != type)
            continue;
        memcpy(message + size, begin, sizeof begin);
        put_number(message + size + 2, (unsigned)type);
        put_number(message + size + 10, (unsigned)r->size);
        memcpy(message + size + sizeof begin, r->bytes, r->size);
        size += sizeof begin + r->size;
        count++;
    }
    put_number(message + 2, 0x8180);
    put_number(message + 6, count);
    put_number(message + 8, 0);
    put_number(message + 10, 0);
    return size;
}

static void
serve(void)
{
    unsigned char message[2 * LONGEST] = {0};
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t n = recvfrom(test.server, message, LONGEST, 0,
                         (struct sockaddr *)&from, &length);
    size_t size = 12;

    if (n < 17)
        return;
    while (size < LONGEST && message[size] != 0)
        size += 1u + message[size];
    if (size + 5 > (size_t)n)
        return;
    size = put_records(message, size + 5,
                       message[size + 1] << 8 | message[size + 2]);
    (void)sendto(test.server, message, size, 0, (struct sockaddr *)&from,
                 length);
}

static bool
open_server(char *address, size_t size)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t length = sizeof at;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    test.server = socket(AF_INET, SOCK_DGRAM, 0);
    if (test.server < 0 ||
        bind(test.server, (struct sockaddr *)&at, sizeof at) != 0 ||
        getsockname(test.server, (struct sockaddr *)&at, &length) != 0)
        return refused(test.w, "no socket on the loopback");
    snprintf(address, size, "127.0.0.1:%d", ntohs(at.sin_port));
    return true;
}

/* ---- the answers ---- */

static void
tell_host(const struct hostent *host)
{
    char text[INET6_ADDRSTRLEN] = "";
    char **p;

    result_text(test.w, "host %s", host->h_name);
    for (p = host->h_aliases; p && *p; p++)
        result_text(test.w, " alias %s", *p);
    for (p = host->h_addr_list; p && *p; p++)
        result_text(test.w, " %s",
                    ares_inet_ntop(host->h_addrtype, *p, text, sizeof text));
    result_text(test.w, "\n");
}

static int
parse_host(int type, const unsigned char *answer, int size)
{
    static const unsigned char address[4] = {10, 0, 0, 1};
    struct hostent *host = NULL;
    int code = ARES_SUCCESS;

    switch (type) {
    case 1:
        code = ares_parse_a_reply(answer, size, &host, NULL, NULL);
        break;
    case 2:
        code = ares_parse_ns_reply(answer, size, &host);
        break;
    case 12:
        code = ares_parse_ptr_reply(answer, size, address, sizeof address,
                                    AF_INET, &host);
        break;
    case 28:
        code = ares_parse_aaaa_reply(answer, size, &host, NULL, NULL);
        break;
    }
    if (code == ARES_SUCCESS) {
        tell_host(host);
        ares_free_hostent(host);
    }
    return code;
}

static int
parse_mx(const unsigned char *answer, int size)
{
    struct ares_mx_reply *mx = NULL, *r;
    int code = ares_parse_mx_reply(answer, size, &mx);

    for (r = mx; code == ARES_SUCCESS && r; r = r->next)
        result_text(test.w, "mx %d %s\n", r->priority, r->host);
    ares_free_data(mx);
    return code;
}

static int
parse_txt(const unsigned char *answer, int size)
{
    struct ares_txt_ext *txt = NULL, *r;
    int code = ares_parse_txt_reply_ext(answer, size, &txt);

    for (r = txt; code == ARES_SUCCESS && r; r = r->next) {
        result(test.w, r->txt, r->length);
        result_text(test.w, " txt %d\n", r->record_start);
    }
    ares_free_data(txt);
    return code;
}

static int
parse_srv(const unsigned char *answer, int size)
{
    struct ares_srv_reply *srv = NULL;
    int code = ares_parse_srv_reply(answer, size, &srv);

    if (code == ARES_SUCCESS)
        result_text(test.w, "srv %s %d %d %d\n", srv->host, srv->priority,
                    srv->weight, srv->port);
    ares_free_data(srv);
    return code;
}

static int
parse_naptr(const unsigned char *answer, int size)
{
    struct ares_naptr_reply *naptr = NULL;
    int code = ares_parse_naptr_reply(answer, size, &naptr);

    if (code == ARES_SUCCESS)
        result_text(test.w, "naptr %s %s %s %s\n", naptr->flags, naptr->service,
                    naptr->regexp, naptr->replacement);
    ares_free_data(naptr);
    return code;
}

static int
parse_soa(const unsigned char *answer, int size)
{
    struct ares_soa_reply *soa = NULL;
    int code = ares_parse_soa_reply(answer, size, &soa);

    if (code == ARES_SUCCESS)
        result_text(test.w, "soa %s %s %u\n", soa->nsname, soa->hostmaster,
                    soa->expire);
    ares_free_data(soa);
    return code;
}

static int
parse_caa(const unsigned char *answer, int size)
{
    struct ares_caa_reply *caa = NULL;
    int code = ares_parse_caa_reply(answer, size, &caa);

    if (code == ARES_SUCCESS)
        result_text(test.w, "caa %s %s\n", (const char *)caa->property,
                    (const char *)caa->value);
    ares_free_data(caa);
    return code;
}

static int
parse(int type, const unsigned char *answer, int size)
{
    switch (type) {
    case 6:
        return parse_soa(answer, size);
    case 15:
        return parse_mx(answer, size);
    case 16:
        return parse_txt(answer, size);
    case 33:
        return parse_srv(answer, size);
    case 35:
        return parse_naptr(answer, size);
    case 257:
        return parse_caa(answer, size);
    }
    return parse_host(type, answer, size);
}

/* ---- the callbacks ---- */

static void
on_answer(void *arg, int code, int timeouts, unsigned char *answer, int size)
{
    const int *type = arg;

    (void)timeouts;
    test.answered++;
    if (code == ARES_SUCCESS)
        code = parse(*type, answer, size);
    if (code != ARES_SUCCESS)
        say("ares_query", code);
}

static void
on_host(void *arg, int code, int timeouts, struct hostent *host)
{
    (void)timeouts;
    test.answered++;
    if (code == ARES_SUCCESS)
        tell_host(host);
    else
        say(arg, code);
}

static void
on_addresses(void *arg, int code, int timeouts, struct ares_addrinfo *all)
{
    struct ares_addrinfo_node *node;
    int four = 0, six = 0;

    (void)timeouts;
    test.answered++;
    if (code != ARES_SUCCESS) {
        say(arg, code);
        return;
    }
    for (node = all->nodes; node; node = node->ai_next) {
        four += node->ai_family == AF_INET;
        six += node->ai_family == AF_INET6;
    }
    result_text(test.w, "%d and %d addresses\n", four, six);
    ares_freeaddrinfo(all);
}

static void
on_name(void *arg, int code, int timeouts, char *node, char *service)
{
    (void)timeouts;
    (void)service;
    test.answered++;
    if (code == ARES_SUCCESS)
        result_text(test.w, "name %s\n", node);
    else
        say(arg, code);
}

/* ---- the work ---- */

/* All that the machine's files could say is said here. */
static bool
open_channel(const char *address)
{
    struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
    char domain[] = "alcove.example", lookups[] = "b", *domains[] = {domain};
    struct ares_options options = {
        .flags = ARES_FLAG_EDNS,
        .timeout = TIMEOUT,
        .tries = 1,
        .ndots = 1,
        .servers = &loopback,
        .nservers = 1,
        .domains = domains,
        .ndomains = 1,
        .lookups = lookups,
        .ednspsz = LONGEST,
    };
    int code = ares_init_options(
        &test.channel, &options,
        ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
            ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS |
            ARES_OPT_SORTLIST | ARES_OPT_EDNSPSZ);

    if (code != ARES_SUCCESS) {
        test.channel = NULL;
        say("ares_init_options", code);
        return false;
    }
    code = ares_set_servers_ports_csv(test.channel, address);
    if (code != ARES_SUCCESS)
        say("ares_set_servers_ports_csv", code);
    return code == ARES_SUCCESS;
}

static void
ask(void)
{
    static int types[] = {1, 2, 6, 12, 15, 16, 28, 33, 35, 257};
    static const unsigned char address[4] = {10, 0, 0, 1};
    const struct ares_addrinfo_hints hints = {
        .ai_flags = ARES_AI_NOSORT,
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
    };
    struct sockaddr_in at = {.sin_family = AF_INET};
    size_t i;

    for (i = 0; i < sizeof types / sizeof *types; i++)
        ares_query(test.channel, "name.alcove.example", IN, types[i], on_answer,
                   &types[i]);
    ares_search(test.channel, "short", IN, types[0], on_answer, &types[0]);
    ares_gethostbyname(test.channel, "host", AF_INET, on_host,
                       (void *)"ares_gethostbyname");
    ares_gethostbyaddr(test.channel, address, sizeof address, AF_INET, on_host,
                       (void *)"ares_gethostbyaddr");
    ares_getaddrinfo(test.channel, "both", NULL, &hints, on_addresses,
                     (void *)"ares_getaddrinfo");
    memcpy(&at.sin_addr, address, sizeof address);
    ares_getnameinfo(test.channel, (struct sockaddr *)&at, sizeof at,
                     ARES_NI_LOOKUPHOST | ARES_NI_NAMEREQD, on_name,
                     (void *)"ares_getnameinfo");
    test.asked = (int)i + 5;
}

/* c-ares takes an answer for which it has no memory for none, and waits on. It
 * is not to look at the time while an answer is under way, however slow this
 * machine is. */
static void
process(void)
{
    while (test.answered < test.asked) {
        struct timeval wait = {0, 1000 * TIMEOUT};
        fd_set readers, writers;
        int fds;

        FD_ZERO(&readers);
        FD_ZERO(&writers);
        fds = ares_fds(test.channel, &readers, &writers);
        FD_SET(test.server, &readers);
        if (fds <= test.server)
            fds = test.server + 1;
        if (select(fds, &readers, &writers, NULL, &wait) > 0 &&
            FD_ISSET(test.server, &readers))
            serve();
        else
            ares_process(test.channel, &readers, &writers);
    }
}

static bool
work(struct work *w)
{
    char address[40];
    int code = w->bridge
                   ? ares_library_init_mem(ARES_LIB_INIT_ALL, memory_malloc,
                                           memory_free, memory_realloc)
                   : ares_library_init(ARES_LIB_INIT_ALL);

    test.w = w;
    test.server = -1;
    if (code != ARES_SUCCESS) {
        say("ares_library_init_mem", code);
        return false;
    }
    if (open_server(address, sizeof address) && open_channel(address)) {
        ask();
        process();
    }
    if (test.channel)
        ares_destroy(test.channel);
    ares_library_cleanup();
    if (test.server >= 0)
        close(test.server);
    return test.asked > 0 && test.answered == test.asked && !test.failed;
}

static const char *
version(void)
{
    return ares_version(NULL);
}

const struct library library = {
    .name = "c-ares",
    .version = version,
    .shape = "no context",
    .work = work,
    .bind = memory_bind,
    .unbind = memory_unbind,
    .bound = memory_bridge,
    .defects = SWALLOWS,
    .defects_text = "ares_getaddrinfo succeeds with the addresses of one "
                    "family if there was no memory for those of the other",
};
