/* SPDX-License-Identifier: MIT */
/* The conformance kit and the out-of-memory driver, when the system refuses
 * them what they need themselves. */
#include <config.h>

#include "../lib/os/tools.h"
#include "inject.h"
#include "oom.h"

#if !INJECT

int
main(void)
{
    return tap_skip_all("the system's calls cannot be answered here");
}

#else

#    include <sys/wait.h>

#    define CALL(type, name, parameters, arguments)                            \
        do {                                                                   \
            void *found_ = inject_real(#name);                                 \
            type(*real_) parameters;                                           \
                                                                               \
            memcpy(&real_, &found_, sizeof real_);                             \
            return real_ arguments;                                            \
        } while (0)

/* How many calls are served before the others, or the next, are not. */
static size_t calls, served;

static void
real_again(void)
{
    memset(&inject, 0, sizeof inject);
    calls = served = 0;
}

/* ---- the kit ---- */

static char verdicts[400];

static void
note(const struct alcove_check_result *result, void *arg)
{
    (void)arg;
    snprintf(verdicts + strlen(verdicts), sizeof verdicts - strlen(verdicts),
             "%s %s: %s\n", result->check, alcove_verdict_name(result->verdict),
             result->text);
}

/* Over the kit's parent? */
static bool made;

static struct alcove_allocator *
hand_on(struct alcove_allocator *p, void *arg)
{
    (void)arg;
    return p;
}

static bool
check(const char *name)
{
    const char *only[] = {name, NULL};
    struct alcove_check_options o = {
        .struct_size = sizeof o,
        .max_size = 65536,
        .rounds = 40,
        .only = only,
        .make = made ? hand_on : NULL,
    };
    bool good;

    verdicts[0] = '\0';
    good = alcove_check_allocator(alcove_malloc(), &o, note, NULL);
    real_again();
    return good;
}

static int
no_thread(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
          void *arg)
{
    if (calls++ >= served)
        return EAGAIN;
    CALL(int, pthread_create,
         (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *),
         (thread, attr, start, arg));
}

/* A kit is large, and so is a parent's block of 2048 bytes. */
static void *
no_malloc(size_t size)
{
    if (size > 2000 && calls++ >= served)
        return NULL;
    CALL(void *, malloc, (size_t), (size));
}

static void
test_kit(void)
{
    inject.pthread_create = no_thread;
    ok(check("temp-thread-exit") &&
           strstr(verdicts, "SKIP: there is no thread"),
       "without threads a check that needs one is skipped");
    inject.pthread_create = no_thread;
    served = 2;
    ok(check("threads-share") && strstr(verdicts, "SKIP: only 2 of 4 threads"),
       "...or if there are too few");
    inject.malloc = no_malloc;
    served = 3;
    ok(check("threads-share") && strstr(verdicts, "SKIP: only "),
       "...or no memory for them");
    inject.malloc = no_malloc;
    served = 1;
    made = true;
    ok(check("alloc-serves-something") && strstr(verdicts, "from 1 to 1024 "),
       "...or its parent none for large blocks");
    made = false;
    inject.malloc = no_malloc;
    ok(!check("alloc-aligned") && strstr(verdicts, "malloc has no memory"),
       "without memory there is no kit");
}

/* ---- the driver ---- */

static bool
good_body(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    void *p = get(a);

    (void)run;
    (void)arg;
    give(a, p);
    return p != NULL;
}

static bool
takes_many(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    void *blocks[100];
    size_t i, n = 0;

    (void)run;
    (void)arg;
    while (n < 100 && (blocks[n] = get(a)) != NULL)
        n++;
    for (i = 0; i < n; i++)
        give(a, blocks[i]);
    return n == 100;
}

static bool
ends_oddly(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    (void)run;
    (void)arg;
    give(a, get(a));
    raise(SIGRTMIN);
    return true;
}

static bool
runs(alcove_check_body *body, bool apart)
{
    bool good;

    choose(ALCOVE_FAIL_ALLOC, apart);
    good = drive(body, NULL);
    real_again();
    return good;
}

static bool
has_trouble(const char *text)
{
    return strstr(seen.checks, text) || strstr(seen.texts, text) ||
           strstr(seen.total, text);
}

static int
no_pipe(int ends[2])
{
    (void)ends;
    errno = EMFILE;
    return -1;
}

static int
no_fork(void)
{
    errno = EAGAIN;
    return -1;
}

static void *
no_calloc(size_t count, size_t size)
{
    if (calls++ >= served)
        return NULL;
    CALL(void *, calloc, (size_t, size_t), (count, size));
}

/* Every other call is interrupted, and the others do a part of their work. */
static bool
interrupted(void)
{
    errno = EINTR;
    return calls++ % 2 == 0;
}

static int
slow_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    if (interrupted())
        return -1;
    CALL(int, poll, (struct pollfd *, nfds_t, int), (fds, count, timeout));
}

static ssize_t
slow_read(int fd, void *text, size_t size)
{
    if (interrupted())
        return -1;
    CALL(ssize_t, read, (int, void *, size_t),
         (fd, text, size > 100 ? 100 : size));
}

static ssize_t
bad_read(int fd, void *text, size_t size)
{
    (void)fd;
    (void)text;
    (void)size;
    errno = EIO;
    return -1;
}

static ssize_t
slow_write(int fd, const void *text, size_t size)
{
    if (size < 200)
        CALL(ssize_t, write, (int, const void *, size_t), (fd, text, size));
    if (interrupted())
        return -1;
    CALL(ssize_t, write, (int, const void *, size_t), (fd, text, 150));
}

static ssize_t
no_write(int fd, const void *text, size_t size)
{
    if (size < 200)
        CALL(ssize_t, write, (int, const void *, size_t), (fd, text, size));
    errno = EPIPE;
    return -1;
}

static int
bad_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    (void)fds;
    (void)count;
    (void)timeout;
    errno = EINVAL;
    return -1;
}

static pid_t
slow_waitpid(pid_t child, int *status, int how)
{
    if (interrupted())
        return -1;
    CALL(pid_t, waitpid, (pid_t, int *, int), (child, status, how));
}

static pid_t
real_waitpid(pid_t child, int *status, int how)
{
    CALL(pid_t, waitpid, (pid_t, int *, int), (child, status, how));
}

/* Somebody else has waited for it. */
static pid_t
no_waitpid(pid_t child, int *status, int how)
{
    int its;

    (void)real_waitpid(child, &its, how);
    (void)status;
    errno = ECHILD;
    return -1;
}

/* As a tool that has seen a leak would end it. */
static pid_t
bad_end(pid_t child, int *status, int how)
{
    pid_t found = real_waitpid(child, status, how);

    *status = 23 << 8;
    return found;
}

#    if ALCOVE_BACKTRACE
static int
no_backtrace(void **frames, int count)
{
    (void)frames;
    (void)count;
    return 0;
}

/* As other libraries might write it. */
static const char *symbol;

static char **
odd_symbols(void *const *frames, int count)
{
    char **names = malloc(sizeof *names + strlen(symbol) + 1);

    (void)frames;
    (void)count;
    if (names)
        names[0] = strcpy((char *)(names + 1), symbol);
    return names;
}

static char **
no_symbols(void *const *frames, int count)
{
    (void)frames;
    (void)count;
    return NULL;
}
#    endif

/* Every run of it asks for memory for its books. */
static bool
leaks_on_refusal(struct alcove_allocator *a, struct alcove_check_run *run,
                 void *arg)
{
    void *p = get(a), *q = p ? get(a) : NULL;

    (void)run;
    (void)arg;
    if (q)
        give(a, p);
    give(a, q);
    return q != NULL;
}

static int
always(int fd)
{
    (void)fd;
    return 1;
}

static void
test_driver(void)
{
    size_t n, troubled = 0;

    inject.pipe = no_pipe;
    ok(!runs(good_body, true) && has_trouble("no pipe to a child"),
       "without a pipe there is no run apart");
    inject.fork = no_fork;
    ok(!runs(good_body, true) && has_trouble("no child process"),
       "...nor without a child");
    inject.malloc = no_malloc;
    ok(!runs(good_body, false) && has_trouble("malloc has no memory"),
       "without memory there is no driver");
    inject.calloc = no_calloc;
    ok(!runs(takes_many, false) && has_trouble("no memory for its books"),
       "...nor books");
    inject.calloc = no_calloc;
    served = 2;
    ok(!runs(takes_many, false) && has_trouble("no memory for its books"),
       "...or larger ones");
    inject.calloc = no_calloc;
    ok(!runs(takes_many, true) && has_trouble("no memory for its books"),
       "...which a child tells");

    for (n = 0; n < 40; n++) {
        inject.calloc = no_calloc;
        served = n;
        troubled += !runs(leaks_on_refusal, false) &&
                    has_trouble("no memory for its books");
    }
    ok(troubled > 8 && troubled < n,
       "wherever that is, the second time a run is made, too");

    inject.poll = slow_poll;
    ok(runs(good_body, true), "who waits can be interrupted");
    inject.read = slow_read;
    ok(runs(good_body, true), "...and who reads, and gets less");
    inject.write = slow_write;
    ok(runs(good_body, true), "...and who writes");
    inject.waitpid = slow_waitpid;
    ok(runs(good_body, true), "...and who buries");
    inject.waitpid = no_waitpid;
    ok(runs(good_body, true), "a child that another has buried ended well");
    inject.waitpid = bad_end;
    ok(!runs(good_body, true) && has_trouble("ended with status 23"),
       "...one that a tool has ended did not");
    inject.write = no_write;
    ok(!runs(good_body, true) && has_trouble("CRASH"),
       "one that cannot tell anything did not come to its end");
    inject.read = bad_read;
    ok(!runs(good_body, true) && has_trouble("CRASH"),
       "...nor one that cannot be heard");
    inject.poll = bad_poll;
    ok(runs(good_body, true), "who cannot wait reads at once");
    inject.isatty = always;
    choose(ALCOVE_FAIL_ALLOC, false);
    options.progress = 0;
    ok(drive(good_body, NULL), "progress is for a terminal");
    real_again();
    ok(!runs(ends_oddly, true) && has_trouble("ended by signal "),
       "a signal without a name has a number");
}

static void
test_places(void)
{
#    if ALCOVE_BACKTRACE
    symbol = "somewhere+0x17";
    inject.backtrace_symbols = odd_symbols;
    ok(!runs(leaks_on_refusal, false) && has_trouble("at somewhere+0x17\n"),
       "a place is told as it is named");
    symbol = " [0x1700]";
    inject.backtrace_symbols = odd_symbols;
    ok(!runs(leaks_on_refusal, false) && has_trouble("at  [0x1700]\n"),
       "...even if that is an address and no more");
    inject.backtrace_symbols = no_symbols;
    ok(!runs(leaks_on_refusal, false) && has_trouble("0x"),
       "a place without a name is an address");
    inject.backtrace = no_backtrace;
    ok(!runs(leaks_on_refusal, false) && has_trouble("24 bytes"),
       "...and without a backtrace that of the caller");
#    else
    skip(4, "there is no backtrace");
#    endif
}

int
main(void)
{
    if (!inject_works() || alcove_tools_watch())
        return tap_skip_all("calls by alcove do not come here, or to a tool");
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the malloc backend is not built");
    tap_plan(27);
    count_init(&parent, COUNT_PLAIN);
    test_kit();
    test_driver();
    test_places();
    return tap_done();
}

#endif
