/* SPDX-License-Identifier: MIT */
/* A run in a process of its own. It sends what is known at the first refusal,
 * and then all, over a pipe: what was sent last before a crash is what there is
 * to tell. */
#include <config.h>

#include "oom.h"

#include <string.h>

#if ALCOVE_FORK

#    include <errno.h>
#    include <poll.h>
#    include <signal.h>
#    include <sys/resource.h>
#    include <sys/types.h>
#    include <sys/wait.h>
#    include <time.h>
#    include <unistd.h>

/* The text of a trouble is static: it is at the same place in both. */
struct message {
    struct oom_run run;
    const char *trouble;
    int number;
};

/* ---- the child ---- */

struct sender {
    int fd;
    struct message message;
};

static void
send_all(struct sender *s)
{
    const char *p = (const char *)&s->message;
    size_t left = sizeof s->message;

    while (left > 0) {
        ssize_t sent = write(s->fd, p, left);

        if (sent >= 0) {
            p += sent;
            left -= (size_t)sent;
        } else if (errno != EINTR) {
            return;
        }
    }
}

static void
send_refusal(const struct oom_run *so_far, void *arg)
{
    struct sender *s = arg;
    int saved = errno;

    s->message.run = *so_far;
    send_all(s);
    errno = saved;
}

/* Only what the body has written is in the buffers: they were flushed before.
 * Others than these two are the parent's. */
static void
be_child(struct oom *d, const struct oom_order *order,
         const struct oom_run *reference, int fd)
{
    const struct rlimit no_core = {0, 0};
    struct sender s;
    struct oom_run run;

    setrlimit(RLIMIT_CORE, &no_core);
    memset(&s, 0, sizeof s);
    s.fd = fd;
    if (!alcove_oom_run_twice(d, order, reference, &run, send_refusal, &s)) {
        s.message.trouble = d->trouble;
        s.message.number = d->trouble_errno;
    }
    s.message.run = run;
    fflush(stdout);
    fflush(stderr);
    send_all(&s);
    _exit(0);
}

/* ---- the parent ---- */

/* Milliseconds, for as long as the machine is on. */
static int64_t
now(void)
{
    struct timespec t = {0, 0};

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Is there something to read, or the end? False: not in time. */
static bool
await(int fd, int64_t deadline)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    for (;;) {
        int64_t left = deadline - now();
        int found;

        if (left <= 0)
            return false;
        found = poll(&p, 1, left < 60000 ? (int)left : 60000);
        if (found > 0 || (found < 0 && errno != EINTR))
            return true;
    }
}

/* The last whole message, unless there is none. False: not in time. */
static bool
receive(int fd, int64_t deadline, struct message *last)
{
    struct message m;
    size_t have = 0;

    while (await(fd, deadline)) {
        ssize_t got = read(fd, (char *)&m + have, sizeof m - have);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return true;
        have += (size_t)got;
        if (have < sizeof m)
            continue;
        have = 0;
        *last = m;
        if (m.run.ended || m.trouble)
            return true;
    }
    return false;
}

/* 0, too, where nobody knows: the program does not want to hear of children. */
static int
reap(pid_t child)
{
    int status = 0;

    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return 0;
    return status;
}

static void
name_signal(int number, char *buf)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {SIGABRT, "SIGABRT"}, {SIGALRM, "SIGALRM"}, {SIGBUS, "SIGBUS"},
        {SIGFPE, "SIGFPE"},   {SIGHUP, "SIGHUP"},   {SIGILL, "SIGILL"},
        {SIGINT, "SIGINT"},   {SIGKILL, "SIGKILL"}, {SIGPIPE, "SIGPIPE"},
        {SIGQUIT, "SIGQUIT"}, {SIGSEGV, "SIGSEGV"}, {SIGSYS, "SIGSYS"},
        {SIGTERM, "SIGTERM"}, {SIGTRAP, "SIGTRAP"}, {SIGUSR1, "SIGUSR1"},
        {SIGUSR2, "SIGUSR2"}, {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"},
    };
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == number) {
            snprintf(buf, OOM_TEXT, "it was ended by %s", names[i].name);
            return;
        }
    snprintf(buf, OOM_TEXT, "it was ended by signal %d", number);
}

/* How it ended, if not as it should. */
static void
judge_end(struct oom_run *run, int status)
{
    if (run->ended && status == 0)
        return;
    run->verdict = ALCOVE_OOM_CRASH;
    if (WIFSIGNALED(status))
        name_signal(WTERMSIG(status), run->text);
    else if (run->ended) /* a tool that saw something has the last word */
        snprintf(run->text, OOM_TEXT, "its process ended with status %d",
                 WEXITSTATUS(status));
    else
        snprintf(run->text, OOM_TEXT, "it called exit(%d)",
                 WEXITSTATUS(status));
}

const char *
alcove_oom_no_fork(bool wished)
{
    (void)wished;
    return NULL;
}

bool
alcove_oom_run_apart(struct oom *d, const struct oom_order *order,
                     const struct oom_run *reference, struct oom_run *out)
{
    struct message last;
    int ends[2], status;
    pid_t child;
    bool in_time;

    memset(&last, 0, sizeof last);
    if (pipe(ends) != 0)
        return alcove_oom_trouble(d, "no pipe to a child", errno);
    fflush(stdout);
    fflush(stderr);
    child = fork();
    if (child < 0) {
        int number = errno;

        close(ends[0]);
        close(ends[1]);
        return alcove_oom_trouble(d, "no child process", number);
    }
    if (child == 0) {
        close(ends[0]);
        be_child(d, order, reference, ends[1]);
    }
    close(ends[1]);
    in_time =
        receive(ends[0], now() + (int64_t)d->options.seconds * 1000, &last);
    if (!in_time)
        kill(child, SIGKILL);
    close(ends[0]);
    status = reap(child);
    *out = last.run;
    if (last.trouble)
        return alcove_oom_trouble(d, last.trouble, last.number);
    if (in_time) {
        judge_end(out, status);
    } else {
        out->verdict = ALCOVE_OOM_HANG;
        snprintf(out->text, OOM_TEXT, "it had not ended after %u seconds",
                 d->options.seconds);
    }
    return true;
}

bool
alcove_oom_is_terminal(FILE *out)
{
    return isatty(fileno(out)) == 1;
}

#else

const char *
alcove_oom_no_fork(bool wished)
{
    return wished ? "fork is unsupported: this library was built without"
                  : NULL;
}

bool
alcove_oom_run_apart(struct oom *d, const struct oom_order *order,
                     const struct oom_run *reference, struct oom_run *out)
{
    (void)order;
    (void)reference;
    memset(out, 0, sizeof *out);
    return alcove_oom_trouble(d, "there is no fork", 0);
}

bool
alcove_oom_is_terminal(FILE *out)
{
    (void)out;
    return false;
}

#endif
