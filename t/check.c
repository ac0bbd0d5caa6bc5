/* SPDX-License-Identifier: MIT */
/* The conformance kit: it catches what is broken by the right check, says
 * nothing against what is sound, and does what its options say. */
#include <config.h>

#include <alcove.h>
#include <alcove/check.h>

#include "mutant.h"
#include "tap.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#endif
#ifndef _WIN32
#    include <unistd.h>
#endif

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- mutants ---- */

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

/* Blocks begin a byte after those of the parent. */
static void *
late_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    char *p = alcove_alloc(parent_of(a), lay(l.size + 1, l.align), err);

    return p ? p + 1 : NULL;
}

static bool
late_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
             struct alcove_error *err)
{
    return alcove_dealloc(parent_of(a), (char *)p - 1, lay(l.size + 1, l.align),
                          err);
}

/* All blocks are the same one. */
static void *
one_alloc(struct alcove_allocator *a, struct alcove_layout l,
          struct alcove_error *err)
{
    static union {
        long double d;
        char bytes[1 << 16];
    } one;

    (void)a;
    if (l.size <= sizeof one && l.align <= 8)
        return &one;
    return alcove_alloc(alcove_null(), l, err);
}

static bool
one_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
            struct alcove_error *err)
{
    (void)a;
    (void)p;
    (void)l;
    (void)err;
    return true;
}

static void *
dirty_zalloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    return alcove_alloc(parent_of(a), l, err);
}

static bool
clobber_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                struct alcove_error *err)
{
    errno = 0;
    return alcove_dealloc(parent_of(a), p, l, err);
}

static bool
all_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    (void)a;
    (void)l;
    return p != NULL;
}

static bool
moving_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_)
{
    return alcove_realloc(parent_of(a), p, old, new_, NULL) != NULL;
}

static void *
empty_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    void *q = alcove_alloc(parent_of(a), new_, err);

    if (q)
        (void)alcove_dealloc(parent_of(a), p, old, NULL);
    return q;
}

/* A failed grow takes the old block with it, if there could have been room. */
static void *
hasty_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    void *q = alcove_realloc(parent_of(a), p, old, new_, err);

    if (!q && new_.size > old.size && new_.size < 10000)
        (void)alcove_dealloc(parent_of(a), p, old, NULL);
    return q;
}

/* A shrink leaves the old block behind. */
static void *
leaky_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_, struct alcove_error *err)
{
    void *q;

    if (new_.size >= old.size)
        return alcove_realloc(parent_of(a), p, old, new_, err);
    q = alcove_alloc(parent_of(a), new_, err);
    if (q)
        memcpy(q, p, new_.size);
    return q;
}

static void *
wrong_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_NOT_OWNED, .layout = l, .allocator = "mutant"};
    void *p = alcove_alloc(parent_of(a), l, NULL);

    if (!p)
        alcove_error_set(err, &what);
    return p;
}

static void *
silent_alloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    (void)err;
    return alcove_alloc(parent_of(a), l, NULL);
}

static void *
mute_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    int saved = errno;
    void *p = alcove_alloc(parent_of(a), l, err);

    errno = saved;
    return p;
}

static void *
other_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    void *p = alcove_alloc(parent_of(a), l, err);

    if (!p)
        errno = EIO;
    return p;
}

/* What every malloc aligns so need not be asked for. */
static struct alcove_layout
careless(struct alcove_layout l)
{
    return lay(l.size, l.align <= 8 ? 1 : l.align);
}

static void *
careless_alloc(struct alcove_allocator *a, struct alcove_layout l,
               struct alcove_error *err)
{
    return alcove_alloc(parent_of(a), careless(l), err);
}

static bool
careless_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                 struct alcove_error *err)
{
    return alcove_dealloc(parent_of(a), p, careless(l), err);
}

/* A block and a record of it; the block is forgotten where there is no room for
 * the record. */
static void *
record_alloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    void *p = alcove_alloc(parent_of(a), l, err), *record;

    record = p ? alcove_alloc(parent_of(a), lay(16, 8), err) : NULL;
    if (!record)
        return NULL;
    (void)alcove_dealloc(parent_of(a), record, lay(16, 8), NULL);
    return p;
}

static bool
twice_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                 alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    return alcove_alloc_temp(parent_of(a), l, fn, arg, err) &&
           alcove_alloc_temp(parent_of(a), l, fn, arg, err);
}

static bool
lost_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    void *p = alcove_alloc(parent_of(a), l, err);

    if (p)
        fn(p, arg);
    return p != NULL;
}

#if ALCOVE_HAVE_THREADS
/* Gives the block back, but only on return. */
static bool
frail_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                 alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    void *p = alcove_alloc(parent_of(a), l, err);
    int saved;

    if (!p)
        return false;
    fn(p, arg);
    saved = errno;
    (void)alcove_dealloc(parent_of(a), p, l, NULL);
    errno = saved;
    return true;
}

struct errand {
    struct alcove_allocator *a;
    struct alcove_layout l;
    alcove_temp_fn *fn;
    void *arg;
    struct alcove_error *err;
    bool done;
};

static void *
run_errand(void *arg)
{
    struct errand *e = arg;

    e->done = true;
    e->done = alcove_alloc_temp(parent_of(e->a), e->l, e->fn, e->arg, e->err);
    return NULL;
}

/* The callback runs on another thread, and may end that. */
static bool
distant_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                   alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    struct errand e = {a, l, fn, arg, err, false};
    pthread_t id;

    if (pthread_create(&id, NULL, run_errand, &e) != 0)
        return false;
    pthread_join(id, NULL);
    return e.done;
}
#endif

/* Every second release is forgotten. */
static bool
forgetful_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                  struct alcove_error *err)
{
    return mutant_of(a)->calls++ % 2 == 0 ||
           alcove_dealloc(parent_of(a), p, l, err);
}

static size_t
generous_usable_size(struct alcove_allocator *a, const void *p,
                     struct alcove_layout l)
{
    (void)a;
    (void)p;
    return l.size + 4;
}

static const struct mutation mutations[] = {
#define PLAIN                                                                  \
    (ALCOVE_CAN_ZERO | ALCOVE_CAN_RESIZE | ALCOVE_CAN_REALLOC |                \
     ALCOVE_CAN_OWNS | ALCOVE_CAN_CHECKED | ALCOVE_CAN_USABLE_SIZE |           \
     ALCOVE_CAN_THREADS)
    {"misaligned by one",
     "alloc-aligned",
     {.alloc = late_alloc, .dealloc = late_dealloc},
     PLAIN,
     "is aligned to 1"},
    {"all blocks at one place",
     "blocks-disjoint",
     {.alloc = one_alloc, .dealloc = one_dealloc},
     PLAIN,
     "overlap"},
    {"dirty zalloc", "zalloc-zero", {.zalloc = dirty_zalloc}, 0, "is not 0"},
    {"a release that sets errno to 0",
     "errno-on-success",
     {.dealloc = clobber_dealloc},
     0,
     "dealloc succeeds, and errno is 0"},
    {"owns everything",
     "owns-nothing-foreign",
     {.owns = all_owns},
     0,
     "a constant"},
    {"a resize that moves",
     "resize-in-place",
     {.resize = moving_resize},
     0,
     "was lost"},
    {"no copy on grow",
     "grow-keeps-contents",
     {.realloc = empty_realloc},
     0,
     "was lost"},
    {"a failed grow releases the block",
     "failed-grow-keeps-block",
     {.realloc = hasty_realloc},
     0,
     "of a live block"},
    {"a shrink leaks",
     "books-balanced",
     {.realloc = leaky_realloc},
     0,
     "not given back"},
    {"a wrong code", "error-code", {.alloc = wrong_alloc}, PLAIN, "NOT_OWNED"},
    {"no error filled",
     "error-fields",
     {.alloc = silent_alloc},
     PLAIN,
     "not filled"},
    {"errno is not set",
     "errno-on-failure",
     {.alloc = mute_alloc},
     PLAIN,
     "errno is not set"},
    {"errno is another",
     "errno-on-failure",
     {.alloc = other_alloc},
     PLAIN,
     "not"},
    {"trust in a parent that aligns to 8",
     "alloc-aligned",
     {.alloc = careless_alloc, .dealloc = careless_dealloc},
     PLAIN,
     "is aligned to"},
    {"a leak when the second answer is no",
     "books-balanced",
     {.alloc = record_alloc},
     PLAIN,
     "not given back"},
    {"a callback called twice",
     "temp-called-once",
     {.alloc_temp = twice_alloc_temp},
     0,
     "2 times"},
    {"a temporary that stays",
     "temp-gives-back",
     {.alloc_temp = lost_alloc_temp},
     0,
     "more are the parent's"},
#if ALCOVE_HAVE_THREADS
    {"a temporary that stays when its thread ends",
     "temp-thread-exit",
     {.alloc_temp = frail_alloc_temp},
     0,
     "more are the parent's"},
    {"a callback on another thread",
     "temp-thread-exit",
     {.alloc_temp = distant_alloc_temp},
     0,
     "the caller went on"},
#endif
    {"every second release forgotten",
     "reclaim-honest",
     {.dealloc = forgetful_dealloc},
     ALCOVE_CAN_REALLOC | ALCOVE_CAN_CHECKED | ALCOVE_CAN_OWNS |
         ALCOVE_CAN_THREADS,
     "more are the parent's"},
    {"more bytes usable than there are",
     "parent-respected",
     {.usable_size = generous_usable_size},
     ALCOVE_CAN_RESIZE | ALCOVE_CAN_REALLOC,
     "overwritten"},
    /* end */
};

static size_t differing; /* checks, of what was written down */

static void
check_sound(unsigned parent_features, unsigned least, const char *what)
{
    struct mutant_report r;
    bool good = mutant_is_caught(NULL, parent_features, &r);

    if (!ok(good && r.passed >= least, "%s: %u passed, %u skipped", what,
            r.passed, r.skipped))
        diag("  failed:%s: %s", r.names, r.text);
    differing += r.differing;
}

static void
check_mutants(void)
{
    struct mutant_report r;
    size_t i;

    for (i = 0; i < COUNT(mutations); i++) {
        ok(mutant_is_caught(&mutations[i], 0, &r), "%s: %s catches it",
           mutations[i].name, mutations[i].caught_by);
        diag("  %s", r.text);
        diag("  failed:%s", r.names);
        differing += r.differing;
    }
    check_sound(0, 48, "the sound one");
    check_sound(ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |
                    ALCOVE_CAN_TEMP,
                40, "...over a parent with plain features");
    check_sound(ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |
                    ALCOVE_CAN_TEMP | ALCOVE_CAN_RESIZE,
                40, "...over one that resizes");
    check_sound(ALCOVE_CAN_OWNS, 10, "...and over one that gives nothing");
    witness_sums_up(differing);
}

/* ---- tables that would crash ---- */

static void
count_verdict(const struct alcove_check_result *result, void *arg)
{
    ((unsigned *)arg)[result->verdict]++;
}

static void
check_table(const struct alcove_ops *ops, const char *what)
{
    struct alcove_allocator a = {ops, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC};
    unsigned of[ALCOVE_VERDICT_COUNT] = {0};

    ok(!alcove_check_allocator(&a, NULL, count_verdict, of) &&
           of[ALCOVE_VERDICT_FAIL] == 1 && of[ALCOVE_VERDICT_PASS] == 0,
       "%s: one failure, and nothing is called", what);
}

static void
check_tables(void)
{
    struct alcove_ops good = *alcove_null()->ops, ops = good;

    check_table(NULL, "no table");
    ops.name = NULL;
    check_table(&ops, "no name");
    ops.name = "";
    check_table(&ops, "an empty name");
    ops = good;
    ops.struct_size = 16;
    check_table(&ops, "a table that is too short");
    ops = good;
    ops.alloc = NULL;
    check_table(&ops, "no alloc");
    ops = good;
    ops.dealloc = NULL;
    check_table(&ops, "no dealloc");
}

/* ---- the list ---- */

static bool
is_kebab(const char *name)
{
    size_t i;

    for (i = 0; name[i]; i++)
        if (!islower((unsigned char)name[i]) &&
            !(name[i] == '-' && i > 0 && name[i - 1] != '-'))
            return false;
    return i > 0 && name[i - 1] != '-';
}

static void
check_list(void)
{
    size_t count, i, j, odd = 0, twice = 0;
    const struct alcove_check *checks = alcove_checks(&count);

    for (i = 0; i < count; i++) {
        odd += !is_kebab(checks[i].name) || strlen(checks[i].promise) < 20;
        for (j = 0; j < i; j++)
            twice += strcmp(checks[i].name, checks[j].name) == 0;
    }
    ok(count > 50 && odd == 0 && twice == 0,
       "%u checks, each with a name of its own and a promise", (unsigned)count);
    is_str(alcove_verdict_name(ALCOVE_VERDICT_EXCUSED), "EXCUSED",
           "a verdict has a name");
    is_str(alcove_verdict_name(ALCOVE_VERDICT_COUNT), "?",
           "...and what is none has not");
}

/* ---- options ---- */

struct log {
    unsigned count, of[ALCOVE_VERDICT_COUNT];
    bool in_order;
    char text[20000];
};

static void
write_log(const struct alcove_check_result *r, void *arg)
{
    struct log *log = arg;
    size_t used = strlen(log->text);

    log->in_order = log->in_order && r->number == ++log->count &&
                    r->number <= r->count && r->seed != 0;
    log->of[r->verdict]++;
    snprintf(log->text + used, sizeof log->text - used, "%s: %s: %s\n",
             r->check, alcove_verdict_name(r->verdict), r->text);
}

static struct log
run(struct alcove_allocator *a, struct alcove_check_options *o, bool *good)
{
    struct log log = {.in_order = true};

    o->struct_size = sizeof *o;
    o->max_size = (size_t)1 << 16;
    o->rounds = 40;
    *good = alcove_check_allocator(a, o, write_log, &log);
    return log;
}

static void
check_names(void)
{
    static const char *const some[] = {"zero-size-dangling", "alloc-aligned",
                                       NULL};
    static const char *const unknown[] = {"alloc-aligned", "no-such", NULL};
    static const char *const owns[] = {"owns-nothing-foreign", NULL};
    static const struct mutation owner = {
        "owner", "", {.owns = all_owns}, 0, NULL};
    struct alcove_check_options o = {.only = some};
    struct alcove_allocator *a;
    struct mutant m;
    struct log log;
    bool good;

    log = run(alcove_null(), &o, &good);
    ok(good && log.in_order && log.count == 2 &&
           strncmp(log.text, "zero-size-dangling: PASS", 24) == 0 &&
           strstr(log.text, "\nalloc-aligned: SKIP: it does not claim"),
       "only these checks are made");

    o.skip = some;
    log = run(alcove_null(), &o, &good);
    ok(good && log.of[ALCOVE_VERDICT_SKIP] == 2 &&
           strstr(log.text, "left out by name"),
       "what is to be left out shows as such");

    o = (struct alcove_check_options){.excuse = some, .only = some};
    log = run(alcove_null(), &o, &good);
    ok(good && strstr(log.text, "all served (excused for nothing)"),
       "an excuse that is not needed shows as such");

    a = mutant_init(&m, &owner, alcove_null());
    o = (struct alcove_check_options){.excuse = owns, .only = owns};
    log = run(a, &o, &good);
    ok(good && log.of[ALCOVE_VERDICT_EXCUSED] == 1 &&
           strstr(log.text, "it owns"),
       "what is excused fails, is told, and spoils nothing");
    o.excuse = NULL;
    log = run(a, &o, &good);
    ok(!good && log.of[ALCOVE_VERDICT_FAIL] == 1, "...and without it does");

    o = (struct alcove_check_options){.only = unknown};
    log = run(alcove_null(), &o, &good);
    ok(!good && log.count == 1 &&
           strcmp(log.text,
                  "kit: FAIL: there is no check of the name no-such\n") == 0,
       "a name that no check has is an error, in only");
    o = (struct alcove_check_options){.skip = unknown};
    log = run(alcove_null(), &o, &good);
    ok(!good && log.count == 1, "...in skip");
    o = (struct alcove_check_options){.excuse = unknown};
    log = run(alcove_null(), &o, &good);
    ok(!good && log.count == 1, "...and in excuse");
}

static struct alcove_allocator *
make_none(struct alcove_allocator *parent, void *arg)
{
    (void)parent;
    ++*(unsigned *)arg;
    return NULL;
}

static void
check_options(void)
{
    struct alcove_check_options o = {.struct_size = 0};
    unsigned made = 0;
    struct log log, again;
    bool good;

    log = run(NULL, &o, &good);
    ok(!good && log.count == 1 && strstr(log.text, "there is no allocator"),
       "no allocator is an error");
    o.struct_size = 0;
    log = (struct log){.in_order = true};
    ok(!alcove_check_allocator(alcove_null(), &o, write_log, &log) &&
           log.count == 1 && strstr(log.text, "struct_size"),
       "options without their size are an error");
    ok(alcove_check_allocator(alcove_null(), NULL, NULL, NULL),
       "without options and a report the answer is all there is");

    o = (struct alcove_check_options){.make = make_none, .arg = &made};
    log = run(NULL, &o, &good);
    ok(!good && made > 1 && log.of[ALCOVE_VERDICT_FAIL] == log.count,
       "when none is made every check fails, and says so");

    if (!ALCOVE_HAVE_MALLOC) {
        skip(1, "the library was built without malloc");
        return;
    }
    o = (struct alcove_check_options){.seed = 7};
    log = run(alcove_malloc(), &o, &good);
    again = run(alcove_malloc(), &o, &good);
    ok(good && log.in_order && log.count > 50 &&
           strcmp(log.text, again.text) == 0,
       "the same seed gives the same report");
}

/* ---- how large ---- */

static size_t largest, live, most_live;

/* What no machine has, some machines have. */
static bool
counts(struct alcove_layout l)
{
    return l.size < ALCOVE_SIZE_MAX / 4;
}

static void *
measuring_alloc(struct alcove_allocator *a, struct alcove_layout l,
                struct alcove_error *err)
{
    void *p = alcove_alloc(parent_of(a), l, err);

    if (!p || !counts(l))
        return p;
    if (l.size > largest)
        largest = l.size;
    live += l.size;
    if (live > most_live)
        most_live = live;
    return p;
}

static bool
measuring_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                  struct alcove_error *err)
{
    live -= counts(l) ? l.size : 0;
    return alcove_dealloc(parent_of(a), p, l, err);
}

static void
check_size(void)
{
    static const struct mutation measuring = {
        "measuring",
        "",
        {.alloc = measuring_alloc, .dealloc = measuring_dealloc},
        ALCOVE_CAN_ZERO | ALCOVE_CAN_REALLOC | ALCOVE_CAN_THREADS,
        NULL};
    struct alcove_check_options o = {.seed = 3};
    struct alcove_allocator *a;
    struct mutant m;
    bool good;

    if (!ALCOVE_HAVE_MALLOC) {
        skip(2, "the library was built without malloc");
        return;
    }
    a = mutant_init(&m, &measuring, alcove_malloc());
    m.above.ops.alloc_temp = NULL;
    (void)run(a, &o, &good);
    ok(good && largest > 60000 && largest <= (size_t)1 << 16,
       "no block is larger than max_size: %u bytes", (unsigned)largest);
    ok(live == 0 && most_live > (size_t)1 << 16 && most_live <= (size_t)3 << 16,
       "...and twice that is live at most, and a block that moves: %u bytes",
       (unsigned)most_live);
}

/* ---- TAP ---- */

static const struct {
    enum alcove_verdict verdict;
    const char *text;
} told[] = {
    {ALCOVE_VERDICT_PASS, "3 served"},
    {ALCOVE_VERDICT_SKIP, "does not apply"},
    {ALCOVE_VERDICT_EXCUSED, "known"},
    {ALCOVE_VERDICT_FAIL, "a # sign\nand a line"},
};

/* To a file that can only be read. */
static void
check_failed_tap(void)
{
    struct alcove_check_tap tap = {.out = fopen("/dev/null", "r")};

    if (!tap.out) {
        skip(1, "there is no /dev/null");
        return;
    }
    ok(!alcove_check_tap_done(&tap), "a report that cannot be written is none");
    fclose(tap.out);
}

/* To standard output, without a prefix. */
static void
check_stdout(void)
{
#ifdef _WIN32
    skip(1, "standard output cannot be caught");
#else
    static const char *const notes[] = {"all of them", NULL};
    const struct alcove_check_result r = {
        .check = "a-check",
        .promise = "it holds",
        .verdict = ALCOVE_VERDICT_FAIL,
        .text = "it did not",
        .number = 1,
        .count = 1,
        .notes = notes,
    };
    struct alcove_check_tap tap = {.prefix = NULL};
    char got[1000] = "";
    FILE *f = tmpfile();
    int saved;

    fflush(stdout);
    saved = dup(1);
    if (!f || saved < 0 || dup2(fileno(f), 1) < 0)
        bail_out("standard output cannot be caught");
    alcove_check_tap_write(&r, &tap);
    (void)alcove_check_tap_done(&tap);
    dup2(saved, 1);
    close(saved);
    rewind(f);
    got[fread(got, 1, sizeof got - 1, f)] = '\0';
    fclose(f);
    is_str(got,
           "# checks 1 to 1\nnot ok 1 - a-check: it did not\n"
           "# promised: it holds\n# all of them\n1..1\n",
           "without a file it goes to standard output");
#endif
}

static void
check_tap(void)
{
    static const char expected[] =
        "# mine: checks 1 to 4, seed 9\n"
        "ok 1 - mine: a-check: 3 served\n"
        "ok 2 - mine: a-check # SKIP does not apply\n"
        "not ok 3 - mine: a-check # TODO a known deviation: known\n"
        "not ok 4 - mine: a-check: a \\# sign and a line\n"
        "# promised: it holds\n"
        "1..4\n";
    struct alcove_check_tap tap = {.prefix = "mine"}, empty = {.lines = 0};
    char got[1000] = "";
    size_t i, length;
    FILE *f = tmpfile();

    if (!f) {
        skip(3, "there is no place for a temporary file");
        return;
    }
    tap.out = empty.out = f;
    for (i = 0; i < COUNT(told); i++) {
        struct alcove_check_result r = {
            .check = "a-check",
            .promise = "it holds",
            .verdict = told[i].verdict,
            .text = told[i].text,
            .number = (unsigned)i + 1,
            .count = COUNT(told),
            .seed = 9,
        };

        alcove_check_tap_write(&r, &tap);
    }
    ok(!alcove_check_tap_done(&tap), "a report with a failure is no success");
    rewind(f);
    length = fread(got, 1, sizeof got - 1, f);
    got[length] = '\0';
    is_str(got, expected, "...and has a line for each verdict, and the plan");
    ok(alcove_check_tap_done(&empty), "a report without one is a success");
    fclose(f);
}

int
main(void)
{
    tap_plan((unsigned)COUNT(mutations) + 5 + 6 + 3 + 8 + 5 + 2 + 5);
    check_mutants();
    check_tables();
    check_list();
    check_names();
    check_options();
    check_size();
    check_tap();
    check_failed_tap();
    check_stdout();
    return tap_done();
}
