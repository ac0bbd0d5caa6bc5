/* SPDX-License-Identifier: MIT */
/* A library's work over alcove, and without memory. */
#include <config.h>

#include "library.h"

#include <alcove/arena.h>
#include <alcove/check.h>
#include <alcove/fail.h>
#include <alcove/limit.h>
#include <alcove/locked.h>
#include <alcove/malloc.h>
#include <alcove/stats.h>

#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TEXT = 240,
    POINTS = 10,  /* refusals of each kind, once and from then on */
    SECONDS = 30, /* that a run may take */
    TRIES = 5,    /* with threads: what it needs depends on how they fall */
};

/* ---- what a run tells, also from another process ---- */

struct told {
    bool ended, done;
    bool lacks;    /* what it needs: `error` tells */
    uint64_t hash; /* of the result */
    size_t size;   /* of the result, in bytes */
    size_t wrong;  /* pointers */
    size_t left;   /* blocks, in the end, unless it was jumped out of */
    struct alcove_stats_snapshot stats;
    char error[TEXT]; /* why it was not done */
    char why[TEXT];   /* what was wrong with a pointer */
};

static struct told *told;   /* shared with the children: of the last run */
static char (*words)[TEXT]; /* shared, too: of the first refusal */

struct work_books {
    struct told told;
    struct alcove_check_run *run;
    struct alcove_bridge bridge;
    struct alcove_locked locked;
    struct alcove_stats stats;
    struct alcove_limit limit;
    struct alcove_arena arena;
    bool jumped;
    jmp_buf jump;
};

/* ---- for the library's side ---- */

void
result(struct work *w, const void *bytes, size_t size)
{
    struct told *t = &w->books->told;
    const unsigned char *p = bytes;
    size_t i;

    for (i = 0; i < size; i++)
        t->hash = (t->hash ^ p[i]) * 1099511628211u;
    t->size += size;
    if (w->books->run)
        alcove_check_outcome(w->books->run, bytes, size);
}

void
result_text(struct work *w, const char *fmt, ...)
{
    char text[1000];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    result(w, text, strlen(text));
}

bool
refused(struct work *w, const char *fmt, ...)
{
    struct told *t = &w->books->told;
    va_list args;

    if (t->error[0] != '\0')
        return false;
    va_start(args, fmt);
    vsnprintf(t->error, TEXT, fmt, args);
    va_end(args);
    return false;
}

bool
lacking(struct work *w, const char *fmt, ...)
{
    struct told *t = &w->books->told;
    va_list args;

    if (t->error[0] != '\0')
        return false;
    t->lacks = true;
    va_start(args, fmt);
    vsnprintf(t->error, TEXT, fmt, args);
    va_end(args);
    return false;
}

const char *
some_text(size_t size)
{
    static const char *const parts[] = {
        "a block ", "of memory ", "that was asked for ", "is given back ",
        "once, ",   "and then ",  "it is gone\n",        "no more ",
    };
    static char text[(size_t)1 << 20];
    static size_t filled;
    uint32_t x = 2463534242u;
    size_t used = 0;

    while (filled < sizeof text && used < sizeof text) {
        const char *part;
        size_t length;

        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        part = parts[x % 8];
        length = strlen(part);
        if (length > sizeof text - used)
            length = sizeof text - used;
        memcpy(text + used, part, length);
        used += length;
    }
    filled = sizeof text;
    return size <= sizeof text ? text : NULL;
}

/* ---- a run ---- */

static struct work_books books;

static bool
leave(const struct alcove_error *err, void *arg)
{
    (void)err;
    (void)arg;
    longjmp(books.jump, 1);
}

static void
note_wrong(const struct alcove_error *err, void *arg)
{
    (void)arg;
    if (books.told.why[0] == '\0')
        alcove_error_format(err, books.told.why, TEXT);
}

/* What the library leaves behind on purpose, or because it is jumped out of, is
 * to come back all the same: an arena knows. */
static bool
is_swept(void)
{
    return library.never_null || library.keeps > 0;
}

/* What the bridge is over. Books and limit are above the arena, which takes
 * blocks for itself. */
static struct alcove_allocator *
put_under(struct alcove_allocator *a, size_t max_bytes)
{
    if (is_swept()) {
        alcove_arena_init(&books.arena, a, NULL, 0);
        alcove_arena_pass_through(&books.arena);
        a = &books.arena.allocator;
    }
    if (!alcove_limit_init(&books.limit, a, max_bytes, SIZE_MAX, NULL) ||
        !alcove_stats_init(&books.stats, &books.limit.allocator, NULL))
        return NULL;
    if (!library.threads)
        return &books.stats.allocator;
    if (!alcove_locked_init(&books.locked, &books.stats.allocator, NULL))
        return NULL;
    return &books.locked.allocator;
}

static bool
put_bridge(struct work *w, struct alcove_allocator *a, size_t max_bytes)
{
    const struct alcove_bridge_options options = {
        .struct_size = sizeof options,
        .name = library.name,
        .zero = library.zero,
        .threads = library.threads ? ALCOVE_BRIDGE_THREADS_SEVERAL
                                   : ALCOVE_BRIDGE_THREADS_ONE,
        .align = library.align,
        .on_oom = library.never_null ? leave : NULL,
        .on_wrong = note_wrong,
    };

    a = put_under(a, max_bytes);
    w->bridge = &books.bridge;
    if (!a)
        return false;
    if (!library.bind)
        return alcove_bridge_init(w->bridge, a, &options, NULL);
    if (!library.bind(a, &options, NULL))
        return false;
    w->bridge = library.bound();
    return true;
}

/* Blocks that are live, unless they are to be. A release of a wrong size leaves
 * bytes, and no block. */
static size_t
left(void)
{
    size_t blocks = alcove_limit_blocks(&books.limit);

    if (books.jumped)
        return 0;
    return blocks == 0 && alcove_limit_used(&books.limit) != 0 ? 1 : blocks;
}

static void
take_off(struct work *w)
{
    struct alcove_bridge_account account;
    struct told *t = &books.told;

    alcove_bridge_report(w->bridge, &account);
    t->wrong = account.wrong;
    t->left = left();
    t->stats.struct_size = sizeof t->stats;
    alcove_stats_take(&books.stats, &t->stats, NULL);
    if (library.bind)
        library.unbind();
    if (library.threads)
        alcove_locked_done(&books.locked, NULL);
    if (is_swept() && t->left <= library.keeps)
        alcove_arena_done(&books.arena); /* else it is a leak */
}

/* What a library writes to standard error when it runs out of memory is not for
 * the reader of a test. */
static void
be_quiet(void)
{
    int null;

    if (getenv("ALCOVE_TEST_VERBOSE"))
        return;
    null = open("/dev/null", O_WRONLY);
    if (null >= 0)
        dup2(null, 2);
}

/* Over `a`, or, if that is NULL, as the library is. */
static bool
work_over(struct alcove_allocator *a, size_t max_bytes,
          struct alcove_check_run *run)
{
    static struct work w;

    memset(&books, 0, sizeof books);
    memset(&w, 0, sizeof w);
    books.told.hash = 14695981039346656037u;
    books.run = run;
    w.books = &books;
    be_quiet();
    if (a && !put_bridge(&w, a, max_bytes))
        return refused(&w, "the bridge does not take the allocator");
    if (setjmp(books.jump) == 0)
        books.told.done = library.work(&w);
    else
        books.jumped = !refused(&w, "on_oom was called");
    if (a)
        take_off(&w);
    return books.told.done;
}

/* Run it in a process of its own, over `a`, or as it is. */
static int
run_apart(struct alcove_allocator *a, size_t max_bytes)
{
    const struct rlimit no_core = {0, 0};
    int status = 0;
    pid_t child;

    memset(told, 0, sizeof *told);
    fflush(stdout);
    child = fork();
    if (child < 0)
        bail_out("no process: %s", strerror(errno));
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        alarm(SECONDS);
        (void)work_over(a, max_bytes, NULL);
        books.told.ended = true;
        *told = books.told;
        _exit(0);
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            bail_out("a child is lost: %s", strerror(errno));
    return status;
}

static int
run_over(size_t max_bytes)
{
    return run_apart(alcove_malloc(), max_bytes);
}

/* ---- the checks ---- */

static bool
is_known(unsigned defect)
{
    return (library.defects & defect) != 0;
}

static const char *
text_of(const char *text)
{
    return text[0] != '\0' ? text : "nothing";
}

static bool
same(const struct told *x, const struct told *y)
{
    return x->done && y->done && x->hash == y->hash && x->size == y->size;
}

/* `status` and `own` are of the library by itself. Returns the bytes that it
 * needs at most, 0: it does not work. */
static size_t
check_plain(int status, const struct told *own, struct told *over)
{
    ok(status == 0 && own->done && own->size > 0,
       "%s %s does its work as it is, %lu bytes of result (status %d, %s)",
       library.name, library.version(), (unsigned long)own->size, status,
       text_of(own->error));
    status = run_over(SIZE_MAX);
    *over = *told;
    ok(status == 0 && same(own, over) && over->stats.total_blocks > 0,
       "...and the same over alcove: %lu blocks, %lu bytes in all, %lu at most "
       "(status %d, %s)",
       (unsigned long)over->stats.total_blocks,
       (unsigned long)over->stats.total_bytes,
       (unsigned long)over->stats.peak_bytes, status, text_of(over->error));
    ok(over->ended && over->left <= library.keeps &&
           (over->wrong == 0 || is_known(MISUSES)),
       "...with every block back but %lu of %lu that it may keep, %lu wrong "
       "pointers%s%s",
       (unsigned long)over->left, (unsigned long)library.keeps,
       (unsigned long)over->wrong, over->wrong > 0 ? ": " : "", over->why);
    return over->done ? over->stats.peak_bytes : 0;
}

/* The most that it needs, as it is with threads, which is not always as much.
 */
static size_t
most_of(size_t peak)
{
    int tries;

    for (tries = 0; library.threads && tries < TRIES; tries++)
        if (run_over(SIZE_MAX) == 0 && told->stats.peak_bytes > peak)
            peak = told->stats.peak_bytes;
    return peak;
}

static void
check_limited(const struct told *own, size_t peak)
{
    int tries = library.threads ? TRIES : 1;
    int status;

    peak = most_of(peak);
    if (library.varies)
        peak += peak / 4;
    do
        status = run_over(peak);
    while (!(status == 0 && same(own, told)) && --tries > 0);
    ok(status == 0 && same(own, told) && told->left <= library.keeps,
       "under a limit of just as much%s%s: it does the same (%s)",
       library.varies ? ", and a quarter, for " : "",
       library.varies ? library.varies : "", text_of(told->error));
    status = run_over(peak / 2);
    if (status != 0 && is_known(CRASHES)) {
        skip(1, "under half of that it crashes: %s", library.defects_text);
        return;
    }
    ok(status == 0 && (!told->done || same(own, told) || is_known(SWALLOWS)) &&
           (told->left <= library.keeps || is_known(LEAKS)),
       "...and under half of that it says so, or copes: %s",
       told->done ? "it copes" : text_of(told->error));
}

/* ---- without memory ---- */

struct tally {
    size_t runs; /* with a refusal */
    size_t verdicts[ALCOVE_OOM_VERDICT_COUNT];
    size_t unknown; /* defects that are not known */
};

static unsigned
defect_of(enum alcove_oom_verdict verdict)
{
    switch (verdict) {
    case ALCOVE_OOM_CRASH:
        return CRASHES;
    case ALCOVE_OOM_HANG:
        return HANGS;
    case ALCOVE_OOM_LEAK:
        return LEAKS;
    case ALCOVE_OOM_SWALLOWED:
        return SWALLOWS;
    case ALCOVE_OOM_CORRUPT:
        return OVERRUNS;
    case ALCOVE_OOM_BROKEN:
        return MISUSES;
    default:
        return 0;
    }
}

static void
count_finding(const struct alcove_check_finding *f, void *arg)
{
    struct tally *t = arg;

    if (!f->kind && f->verdict == ALCOVE_OOM_CLEAN)
        return;
    t->runs += f->kind != NULL;
    t->verdicts[f->verdict]++;
    if (f->verdict == ALCOVE_OOM_CLEAN)
        return;
    if (is_known(defect_of(f->verdict))) {
        if (getenv("ALCOVE_TEST_VERBOSE"))
            diag("known: %s %lu: %s", f->check, (unsigned long)f->number,
                 f->text);
    } else if (t->unknown++ < 5)
        diag("%s %lu: %s", f->check, (unsigned long)f->number, f->text);
}

/* Wrong pointers in a run without a refusal: a known defect, or it has failed
 * already. More of them are found like other defects. */
static size_t usually_wrong;

static bool
body(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    bool done = work_over(a, SIZE_MAX, run);

    (void)arg;
    alcove_check_that(run, books.told.wrong <= usually_wrong, books.told.why);
    if (!done && books.told.wrong <= usually_wrong && (*words)[0] == '\0')
        memcpy(*words, books.told.error, TEXT);
    return done;
}

static size_t
points(void)
{
    const char *text = getenv("ALCOVE_TEST_POINTS");
    long n = text ? strtol(text, NULL, 10) : 0;

    return n > 0 ? (size_t)n : POINTS;
}

static void
tell_tally(const struct tally *t, char *buf, size_t size)
{
    static const char *const texts[] = {
#define ALCOVE_X(name, text) text,
        ALCOVE_OOM_VERDICTS(ALCOVE_X)
#undef ALCOVE_X
    };
    size_t i;

    buf[0] = '\0';
    for (i = 0; i < ALCOVE_OOM_VERDICT_COUNT; i++)
        if (t->verdicts[i] > 0)
            snprintf(buf + strlen(buf), size - strlen(buf), "%s%lu %s",
                     buf[0] ? ", " : "", (unsigned long)t->verdicts[i],
                     texts[i]);
}

static void
check_refusals(struct tally *t, char *verdicts, size_t size)
{
    struct alcove_check_oom_options options = {
        .struct_size = sizeof options,
        .kinds = ALCOVE_FAIL_ALLOC | ALCOVE_FAIL_GROW | ALCOVE_FAIL_SHRINK,
        .limit = points(),
        .no_repeat = true,
        .fork = true,
        .seconds = SECONDS,
        .progress = -1,
        .finding = count_finding,
        .arg = t,
        .all_runs = true,
    };

    memset(t, 0, sizeof *t);
    (void)alcove_check_oom(body, NULL, NULL, &options, NULL, NULL);
    tell_tally(t, verdicts, size);
    ok(t->runs > 0 && t->unknown == 0,
       "the n-th request is refused, once, and from then on, for n up to %lu: "
       "%lu runs, %s",
       (unsigned long)options.limit, (unsigned long)t->runs, verdicts);
    diag("it says: %s", text_of(*words));
}

/* ---- the line for the table ---- */

static void
tell_row(const struct told *over, const struct tally *t, const char *verdicts)
{
    size_t clean = t->verdicts[ALCOVE_OOM_CLEAN];

    diag("row: %s | %s | %s | %lu | %lu | %lu | %s%s%s", library.name,
         library.version(), library.shape,
         (unsigned long)over->stats.total_blocks,
         (unsigned long)over->stats.total_bytes, (unsigned long)t->runs,
         verdicts, library.never_null ? "; jumps, for it cannot bear NULL" : "",
         library.keeps > 0 ? "; keeps blocks" : "");
    if (library.defects != 0 && clean < t->runs + (over->wrong > 0))
        diag("defect of %s %s: %s", library.name, library.version(),
             library.defects_text);
}

int
main(void)
{
    char verdicts[1000];
    struct told own, over;
    struct tally tally;
    size_t peak;
    int status;

    if (getenv("ALCOVE_TEST_QUICK"))
        return tap_skip_all("ALCOVE_TEST_QUICK is set");
    if (!(alcove_features(alcove_malloc()) & ALCOVE_CAN_ALLOC))
        return tap_skip_all("the malloc backend is not built");
    if (library.threads && !ALCOVE_HAVE_THREADS)
        return tap_skip_all("built without threads, which %s needs",
                            library.name);
    told = mmap(NULL, sizeof *told + TEXT, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED)
        return tap_skip_all("no memory can be shared");
    words = (void *)(told + 1);
    status = run_apart(NULL, SIZE_MAX);
    own = *told;
    if (own.lacks)
        return tap_skip_all("%s is there, but cannot work: %s", library.name,
                            own.error);
    tap_plan(6);
    peak = check_plain(status, &own, &over);
    if (peak == 0) {
        skip(3, "it does not work");
        return tap_done();
    }
    usually_wrong = over.wrong;
    check_limited(&own, peak);
    check_refusals(&tally, verdicts, sizeof verdicts);
    tell_row(&over, &tally, verdicts);
    return tap_done();
}
