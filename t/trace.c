/* SPDX-License-Identifier: MIT */
/* A trace tells each operation that reaches the allocator, once, afterwards, as
 * it was; and whoever uses the allocator does not notice.
 */
#include <config.h>

#include <alcove/trace.h>

#include <alcove/stack.h>

#include "../lib/check/cancel.h"
#include "count.h"
#include "holds.h"
#include "tap.h"
#include "told.h"

#include <string.h>
#include <time.h>
#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#endif

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ALL                                                                    \
    (COUNT_PLAIN | ALCOVE_CAN_RESIZE | ALCOVE_CAN_REALLOC | ALCOVE_CAN_OWNS |  \
     ALCOVE_CAN_USABLE_SIZE | ALCOVE_CAN_ZERO)

static const struct alcove_layout l100 = {100, 8}, l200 = {200, 16};
static const struct alcove_layout empty = {0, 8}, none = {0, 0};

static struct count parent;
static struct alcove_trace trace;
static struct alcove_allocator *const a = &trace.allocator;

/* ---- what the callback sees ---- */

enum { SEEN = 32 };

static struct alcove_trace_event seen[SEEN];
static struct alcove_error told; /* the last that came with an event */
static size_t events;
static size_t live; /* blocks of the parent, at the last event */

static void
see(const struct alcove_trace_event *event, void *arg)
{
    if (arg != seen)
        bail_out("the argument is lost");
    if (events < SEEN)
        seen[events] = *event;
    if (event->error)
        told = *event->error;
    events++;
    live = parent.live_blocks;
    errno = ERANGE;
}

static void
forget(void)
{
    memset(seen, 0, sizeof seen);
    memset(&told, 0, sizeof told);
    events = 0;
}

static void
begin(unsigned features)
{
    count_init(&parent, features);
    if (!alcove_trace_init(&trace, &parent.allocator, see, seen, &err))
        bail_out("no trace");
    forget();
    before();
}

static bool
same(struct alcove_layout x, struct alcove_layout y)
{
    return x.size == y.size && x.align == y.align;
}

static bool
is_event(size_t i, enum alcove_trace_op op, struct alcove_layout l,
         struct alcove_layout old, const void *block, const void *result)
{
    const struct alcove_trace_event *e = &seen[i];

    if (e->struct_size == sizeof *e && e->op == op && same(e->layout, l) &&
        same(e->old, old) && e->block == block && e->result == result)
        return true;
    diag("event %lu: %s, %lu bytes, was %lu, %p -> %p", (unsigned long)i,
         alcove_trace_op_name(e->op), (unsigned long)e->layout.size,
         (unsigned long)e->old.size, e->block, e->result);
    return false;
}

/* The last event, the n-th of all. */
static bool
was_done(size_t n, enum alcove_trace_op op, struct alcove_layout l,
         struct alcove_layout old, const void *block, const void *result)
{
    const struct alcove_trace_event *e = &seen[n - 1];

    return events == n && e->number == n && e->done && !e->error &&
           e->code == ALCOVE_OK && e->cause == ALCOVE_CAUSE_UNKNOWN &&
           is_event(n - 1, op, l, old, block, result);
}

/* The same, and the caller's error is that of the event. */
static bool
was_refused(size_t n, enum alcove_trace_op op, struct alcove_layout l,
            struct alcove_layout old, const void *block, enum alcove_code code)
{
    const struct alcove_trace_event *e = &seen[n - 1];

    return events == n && e->number == n && !e->done && e->code == code &&
           e->cause == ALCOVE_CAUSE_INJECTED && told.code == code &&
           told.cause == ALCOVE_CAUSE_INJECTED &&
           strcmp(told.allocator, "count") == 0 &&
           is_event(n - 1, op, l, old, block, NULL);
}

static bool
refuses(enum alcove_code code, int number)
{
    return errno == number && err.code == code &&
           err.cause == ALCOVE_CAUSE_INJECTED &&
           strcmp(err.allocator, "count") == 0;
}

/* ---- init ---- */

static bool
no_init(struct alcove_allocator *over, alcove_trace_fn *fn)
{
    struct alcove_trace old = trace;

    before();
    return !alcove_trace_init(&trace, over, fn, seen, &err) &&
           errno == EINVAL && err.code == ALCOVE_ERR_OTHER &&
           strcmp(err.allocator, "trace") == 0 && err.detail &&
           memcmp(&old, &trace, sizeof old) == 0 &&
           !alcove_trace_init(&trace, over, fn, seen, NULL);
}

static void
test_init(void)
{
    size_t i, wrong = 0;

    begin(ALL);
    ok(no_init(NULL, see), "there must be a parent");
    ok(no_init(a, see), "...not the trace itself");
    ok(no_init(&parent.allocator, NULL), "...and a callback");
    before();
    ok(alcove_trace_init(&trace, &parent.allocator, see, seen, &err) &&
           untouched() && parent.asked == 0 && events == 0 &&
           strcmp(alcove_name(a), "trace") == 0,
       "a trace begins with nothing asked and nothing told");
    for (i = 0; i < 1000; i++) {
        unsigned can = (unsigned)tap_random() & 0x7ff;

        begin(can);
        wrong += alcove_features(a) != (can & ~(unsigned)ALCOVE_CAN_THREADS);
    }
    is_size(wrong, 0, "it can what its parent can, but for threads");
}

static void
test_names(void)
{
    static const char *const names[] = {"alloc",   "zalloc",  "dealloc",
                                        "resize",  "realloc", "temp-begin",
                                        "temp-end"};
    size_t i, wrong = COUNT(names) != ALCOVE_TRACE_OP_COUNT;

    for (i = 0; i < COUNT(names); i++)
        wrong += strcmp(alcove_trace_op_name((enum alcove_trace_op)i),
                        names[i]) != 0;
    is_size(wrong, 0, "each operation has a name");
    is_str(alcove_trace_op_name(ALCOVE_TRACE_OP_COUNT), "?",
           "...and no other number");
}

/* ---- what is done ---- */

static void
test_done(unsigned features, const char *over)
{
    char *p, *q;

    begin(features);
    diag("over one that can %s", over);
    p = alcove_alloc(a, l100, &err);
    ok(p && was_done(1, ALCOVE_TRACE_ALLOC, l100, none, NULL, p) && untouched(),
       "a block is told");
    ok(live == 1, "...when it is there");
    memset(p, 1, 100);
    q = alcove_realloc(a, p, l100, l200, &err);
    ok(q && holds(q, 1, 100) &&
           was_done(2, ALCOVE_TRACE_REALLOC, l200, l100, p, q) && live == 1 &&
           untouched(),
       "a realloc is told, once");
    ok(alcove_dealloc(a, q, l200, &err) &&
           was_done(3, ALCOVE_TRACE_DEALLOC, l200, none, q, NULL) &&
           untouched(),
       "a release is told");
    ok(live == 0, "...when the block is gone");
    p = alcove_zalloc(a, l200, &err);
    ok(p && holds(p, 0, 200) &&
           was_done(4, ALCOVE_TRACE_ZALLOC, l200, none, NULL, p) && untouched(),
       "a cleared block is told");
    q = alcove_shrink(a, p, l200, (struct alcove_layout){90, 16}, NULL);
    p = alcove_zgrow(a, q, (struct alcove_layout){90, 16}, l200, NULL);
    ok(p && holds(p, 0, 200) && events == 6 &&
           seen[4].op == ALCOVE_TRACE_REALLOC &&
           was_done(6, ALCOVE_TRACE_REALLOC, l200,
                    (struct alcove_layout){90, 16}, q, p),
       "...it shrinks and grows");
    (void)alcove_dealloc(a, p, l200, NULL);
    ok(count_ok(&parent, 0, 0), "...and nothing is left");
}

static void
test_resize(void)
{
    const struct alcove_layout l150 = {150, 8}, l9000 = {9000, 8};
    char *p;

    begin(ALL);
    p = alcove_alloc(a, l100, NULL);
    ok(alcove_resize(a, p, l100, l150) &&
           was_done(2, ALCOVE_TRACE_RESIZE, l150, l100, p, p) && untouched() &&
           parent.resizes == 1,
       "what is resized in place is told");
    ok(!alcove_resize(a, p, l150, l9000) && events == 3 && !seen[2].done &&
           is_event(2, ALCOVE_TRACE_RESIZE, l9000, l150, p, NULL) &&
           seen[2].code == ALCOVE_OK && !seen[2].error && untouched(),
       "...what is not, too, and it is no error");
    (void)alcove_dealloc(a, p, l150, NULL);
}

static void
test_refused(void)
{
    char *p;

    begin(ALL);
    parent.fail_after = 0;
    ok(!alcove_alloc(a, l100, &err) && refuses(ALCOVE_ERR_ALLOC_FAILED, ENOMEM),
       "a refusal is the parent's");
    ok(was_refused(1, ALCOVE_TRACE_ALLOC, l100, none, NULL,
                   ALCOVE_ERR_ALLOC_FAILED),
       "...and told");
    ok(!alcove_zalloc(a, l100, &err) &&
           was_refused(2, ALCOVE_TRACE_ZALLOC, l100, none, NULL,
                       ALCOVE_ERR_ALLOC_FAILED) &&
           !alcove_alloc(a, l100, NULL) && errno == ENOMEM &&
           was_refused(3, ALCOVE_TRACE_ALLOC, l100, none, NULL,
                       ALCOVE_ERR_ALLOC_FAILED),
       "...of a cleared block, and one without a place for the error, too");
    parent.fail_after = SIZE_MAX;
    p = alcove_alloc(a, l100, NULL);
    memset(p, 7, 100);
    forget();
    trace.number = 0;
    parent.fail_after = 0;
    ok(!alcove_grow(a, p, l100, l200, &err) &&
           refuses(ALCOVE_ERR_ALLOC_FAILED, ENOMEM) && holds(p, 7, 100) &&
           was_refused(1, ALCOVE_TRACE_REALLOC, l200, l100, p,
                       ALCOVE_ERR_ALLOC_FAILED) &&
           !alcove_grow(a, p, l100, l200, NULL) && errno == ENOMEM &&
           was_refused(2, ALCOVE_TRACE_REALLOC, l200, l100, p,
                       ALCOVE_ERR_ALLOC_FAILED) &&
           count_ok(&parent, 1, 100),
       "...of a larger block, and the old one is as it was");
    parent.refuse_dealloc = true;
    ok(!alcove_dealloc(a, p, l100, &err) && refuses(ALCOVE_ERR_LOCK, EBUSY) &&
           was_refused(3, ALCOVE_TRACE_DEALLOC, l100, none, p,
                       ALCOVE_ERR_LOCK) &&
           !alcove_dealloc(a, p, l100, NULL) && errno == EBUSY &&
           was_refused(4, ALCOVE_TRACE_DEALLOC, l100, none, p,
                       ALCOVE_ERR_LOCK) &&
           live == 1,
       "...of a release");
    count_done(&parent);
}

/* By copy: the trace sees one operation, however many the parent's are. */
static void
test_refused_copy(void)
{
    char *p;

    begin(COUNT_PLAIN);
    p = alcove_alloc(a, l100, NULL);
    memset(p, 7, 100);
    parent.refuse_this = p;
    before();
    ok(!alcove_realloc(a, p, l100, l200, &err) &&
           refuses(ALCOVE_ERR_LOCK, EBUSY) &&
           was_refused(2, ALCOVE_TRACE_REALLOC, l200, l100, p,
                       ALCOVE_ERR_LOCK) &&
           holds(p, 7, 100) && count_ok(&parent, 1, 100),
       "a block that cannot move is one refusal, and as it was");
    count_done(&parent);
}

/* ---- what is not told ---- */

static void
use_nothing(void *mem, void *arg)
{
    (void)mem;
    ++*(size_t *)arg;
}

static void
test_untold(void)
{
    const struct alcove_layout bad = {8, 3}, large = {SIZE_MAX, 8};
    size_t calls = 0;
    char *p, *q;

    begin(ALL);
    p = alcove_alloc(a, empty, &err);
    ok(p && alcove_zalloc(a, empty, &err) == p &&
           alcove_realloc(a, p, empty, empty, &err) == p &&
           alcove_dealloc(a, p, empty, &err) &&
           alcove_dealloc(a, NULL, l100, &err) &&
           alcove_alloc_temp(a, empty, use_nothing, &calls, &err) &&
           calls == 1 && untouched() && events == 0,
       "size 0 is not told");
    ok(!alcove_alloc(a, bad, NULL) && !alcove_alloc(a, large, NULL) &&
           !alcove_dealloc(a, &err, bad, NULL) &&
           !alcove_realloc(a, &err, l100, bad, NULL) &&
           !alcove_realloc(a, NULL, l100, l200, NULL) &&
           !alcove_alloc_temp(a, bad, use_nothing, &calls, NULL) &&
           calls == 1 && events == 0,
       "what the front refuses is not told");
    p = alcove_alloc(a, l100, NULL);
    before();
    ok(alcove_resize(a, p, l100, l100) &&
           alcove_realloc(a, p, l100, l100, &err) == p && events == 1 &&
           untouched(),
       "a change to the same layout is not told");
    ok(alcove_owns(a, p, l100) && !alcove_owns(a, p, l200) &&
           !alcove_owns(a, &err, l100) &&
           alcove_usable_size(a, p, l100) == 356 && events == 1 && untouched(),
       "questions are the parent's to answer, and not told");
    ok(!alcove_checked_dealloc(a, &err, l100, NULL) && errno == EPERM &&
           events == 1,
       "...so a foreign block is refused before");
    before();
    q = alcove_realloc(a, p, l100, empty, &err);
    ok(q && was_done(2, ALCOVE_TRACE_DEALLOC, l100, none, p, NULL) &&
           untouched(),
       "a change to nothing is a release");
    p = alcove_rezalloc(a, q, empty, l100, &err);
    ok(p && was_done(3, ALCOVE_TRACE_ZALLOC, l100, none, NULL, p) &&
           untouched(),
       "...and from nothing a block");
    ok(alcove_checked_dealloc(a, p, l100, NULL) && count_ok(&parent, 0, 0),
       "...which goes back");
}

/* ---- a callback that allocates ---- */

static size_t served;

static void
use_it(void *mem, void *arg)
{
    memset(mem, 1, 100);
    served += alcove_dealloc(arg, alcove_alloc(arg, l100, NULL), l100, NULL);
}

static void
see_and_use(const struct alcove_trace_event *event, void *arg)
{
    char *p = alcove_alloc(a, l100, NULL), *q;

    if (!p)
        bail_out("no block in the callback");
    memset(p, 1, 100);
    q = alcove_realloc(a, p, l100, l200, NULL);
    served += q && holds(q, 1, 100) &&
              alcove_resize(a, q, l200, (struct alcove_layout){210, 16}) &&
              alcove_dealloc(a, q, (struct alcove_layout){210, 16}, NULL) &&
              alcove_alloc_temp(a, l100, use_it, a, NULL);
    see(event, arg);
}

static void
test_reentry(void)
{
    char *p;

    begin(ALL);
    served = 0;
    if (!alcove_trace_init(&trace, &parent.allocator, see_and_use, seen, NULL))
        bail_out("no trace");
    p = alcove_alloc(a, l100, &err);
    ok(p && untouched() && served == 2 && events == 1 &&
           was_done(1, ALCOVE_TRACE_ALLOC, l100, none, NULL, p),
       "a callback that allocates is served, and not told of itself");
    ok(alcove_alloc_temp(a, l100, use_it, &parent.allocator, &err) &&
           untouched() && served == 2 + 1 + 2 * 2 && events == 3 &&
           was_done(3, ALCOVE_TRACE_TEMP_END, l100, none, seen[1].result, NULL),
       "...at the beginning and the end of a scope, too");
    parent.fail_after = 0;
    parent.refuse_this = p;
    (void)alcove_trace_init(&trace, &parent.allocator, see, seen, NULL);
    forget();
    ok(!alcove_dealloc(a, p, l100, NULL) && events == 1 && seen[0].number == 1,
       "a new trace in the same place begins with 1");
    parent.fail_after = SIZE_MAX;
    (void)alcove_dealloc(a, p, l100, NULL);
    ok(count_ok(&parent, 0, 0), "...and nothing is left");
}

/* ---- scoped blocks ---- */

struct visit {
    size_t calls, events; /* at the first */
    void *mem;
    size_t nest;
};

static void
visit(void *mem, void *arg)
{
    struct visit *v = arg;

    v->calls++;
    if (v->calls == 1) {
        v->events = events;
        v->mem = mem;
    }
    memset(mem, 1, 100);
    if (v->nest-- > 0 && !alcove_alloc_temp(a, l100, visit, v, NULL))
        bail_out("no scope");
    errno = EDOM;
}

static void
test_scopes(bool own)
{
    struct visit v = {0, 0, NULL, 0};

    begin(ALL);
    if (own)
        count_own_temp(&parent);
    diag("scopes of the parent's %s", own ? "own" : "blocks");
    ok(alcove_alloc_temp(a, l200, visit, &v, &err) && v.calls == 1 &&
           v.events == 1 && errno == EDOM &&
           memcmp(&err, &pristine, sizeof err) == 0,
       "a scope is told before it is entered");
    ok(seen[0].number == 1 && seen[0].done && !seen[0].error &&
           is_event(0, ALCOVE_TRACE_TEMP_BEGIN, l200, none, NULL, v.mem),
       "...with its block");
    ok(was_done(2, ALCOVE_TRACE_TEMP_END, l200, none, v.mem, NULL) &&
           live == (own ? 0 : 1) && parent.allocs == (own ? 0 : 1),
       "...and at its end, when the block is still there");
    v = (struct visit){0, 0, NULL, 0};
    ok(alcove_zalloc_temp(a, l200, visit, &v, NULL) &&
           was_done(4, ALCOVE_TRACE_TEMP_END, l200, none, v.mem, NULL) &&
           seen[2].op == ALCOVE_TRACE_TEMP_BEGIN,
       "...a cleared one likewise");
    v = (struct visit){0, 0, NULL, 2};
    forget();
    ok(alcove_alloc_temp(a, l100, visit, &v, NULL) && events == 6 &&
           seen[2].op == ALCOVE_TRACE_TEMP_BEGIN &&
           seen[3].op == ALCOVE_TRACE_TEMP_END &&
           seen[5].block == seen[0].result && seen[4].block == seen[1].result &&
           seen[3].block == seen[2].result,
       "scopes nest");
    v.calls = 0;
    forget();
    parent.fail_after = 0;
    trace.number = 0;
    before();
    ok(!alcove_alloc_temp(a, l100, visit, &v, &err) && v.calls == 0 &&
           refuses(ALCOVE_ERR_ALLOC_FAILED, ENOMEM) &&
           was_refused(1, ALCOVE_TRACE_TEMP_BEGIN, l100, none, NULL,
                       ALCOVE_ERR_ALLOC_FAILED) &&
           !alcove_alloc_temp(a, l100, visit, &v, NULL) && errno == ENOMEM &&
           events == 2,
       "a refused scope does not begin, and is told");
    ok(count_ok(&parent, 0, 0), "...and nothing is left");
}

static void
test_no_scopes(void)
{
    struct visit v = {0, 0, NULL, 0};

    begin(ALL & ~(unsigned)ALCOVE_CAN_TEMP);
    ok(!alcove_alloc_temp(a, l100, visit, &v, &err) && errno == ENOTSUP &&
           err.code == ALCOVE_ERR_UNSUPPORTED &&
           strcmp(err.allocator, "count") == 0 && v.calls == 0 && events == 1 &&
           seen[0].code == ALCOVE_ERR_UNSUPPORTED && parent.asked == 0,
       "a parent without scopes refuses them");
}

static void
look_in_stack(void *mem, void *arg)
{
    const char *source;
    const void *low;
    size_t size;

    *(bool *)arg = alcove_stack_bounds(&low, &size, &source) &&
                   (uintptr_t)mem - (uintptr_t)low < size;
}

static void
test_stack(void)
{
    bool in_stack = false;

    if (alcove_stack_remaining() == 0) {
        skip(1, "the stack backend is not built, or its bounds not known");
        return;
    }
    begin(ALL);
    (void)alcove_trace_init(&trace, alcove_stack(), see, seen, NULL);
    ok(alcove_alloc_temp(a, l100, look_in_stack, &in_stack, NULL) && in_stack &&
           events == 2,
       "over the stack allocator a scope is in the stack");
}

#if ALCOVE_HAVE_THREADS

struct ending {
    bool cancel;
    size_t depth;
    bool ran_on;
};

static void
end_inside(void *mem, void *arg)
{
    struct ending *e = arg;

    memset(mem, 1, 100);
    if (e->depth-- > 1) {
        e->ran_on = alcove_alloc_temp(a, l100, end_inside, e, NULL);
        return;
    }
    if (!e->cancel)
        pthread_exit(NULL);
    alcove_cancel_self();
}

static void *
thread(void *arg)
{
    struct ending *e = arg;

    e->ran_on = alcove_alloc_temp(a, l100, end_inside, e, NULL);
    return NULL;
}

static void
test_ending(bool cancel, const char *text)
{
    struct ending e = {cancel, 3, false};
    pthread_t id;

    begin(ALL);
    if (pthread_create(&id, NULL, thread, &e) != 0 ||
        pthread_join(id, NULL) != 0)
        bail_out("no threads for the test");
    ok(events == 6 && !e.ran_on && seen[2].op == ALCOVE_TRACE_TEMP_BEGIN &&
           seen[3].op == ALCOVE_TRACE_TEMP_END &&
           seen[3].block == seen[2].result && seen[5].block == seen[0].result &&
           was_done(6, ALCOVE_TRACE_TEMP_END, l100, none, seen[0].result, NULL),
       "%s ends three scopes, and each end is told", text);
    ok(count_ok(&parent, 0, 0), "...and nothing is left");
}

static void
test_endings(void)
{
    test_ending(false, "pthread_exit");
    test_ending(true, "pthread_cancel");
}

#else

static void
test_endings(void)
{
    skip(4, "the library is built without threads");
}

#endif

/* ---- who called ---- */

/* An allocator that only notes to where its operations return. */
static const void *here;

#if ALCOVE_RETURN_ADDRESS
#    define NOTE()                                                             \
        (here = __builtin_extract_return_addr(__builtin_return_address(0)))
#else
#    define NOTE() ((void)(here = NULL))
#endif

static void *
note_alloc(struct alcove_allocator *x, struct alcove_layout l,
           struct alcove_error *e)
{
    (void)x;
    NOTE();
    return alcove_alloc(&parent.allocator, l, e);
}

static void *
note_zalloc(struct alcove_allocator *x, struct alcove_layout l,
            struct alcove_error *e)
{
    (void)x;
    NOTE();
    return alcove_zalloc(&parent.allocator, l, e);
}

static bool
note_dealloc(struct alcove_allocator *x, void *p, struct alcove_layout l,
             struct alcove_error *e)
{
    (void)x;
    NOTE();
    return alcove_dealloc(&parent.allocator, p, l, e);
}

static bool
note_resize(struct alcove_allocator *x, void *p, struct alcove_layout old,
            struct alcove_layout new_)
{
    (void)x;
    NOTE();
    return alcove_resize(&parent.allocator, p, old, new_);
}

static void *
note_realloc(struct alcove_allocator *x, void *p, struct alcove_layout old,
             struct alcove_layout new_, struct alcove_error *e)
{
    (void)x;
    NOTE();
    return alcove_realloc(&parent.allocator, p, old, new_, e);
}

static bool
note_owns(struct alcove_allocator *x, const void *p, struct alcove_layout l)
{
    (void)x;
    return alcove_owns(&parent.allocator, p, l);
}

static bool
note_alloc_temp(struct alcove_allocator *x, struct alcove_layout l,
                alcove_temp_fn *fn, void *arg, struct alcove_error *e)
{
    (void)x;
    NOTE();
    return alcove_alloc_temp(&parent.allocator, l, fn, arg, e);
}

static struct alcove_allocator *
noting(void)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "noting",
        .alloc = note_alloc,
        .dealloc = note_dealloc,
        .zalloc = note_zalloc,
        .resize = note_resize,
        .realloc = note_realloc,
        .owns = note_owns,
        .alloc_temp = note_alloc_temp,
    };
    static struct alcove_allocator n = {&ops, ALL};

    return &n;
}

/* Does this build jump where the last thing that a function does is such a
 * call? */
static ALCOVE_NOINLINE void *
jump(struct alcove_allocator *x, void *p, struct alcove_layout old,
     struct alcove_layout new_, struct alcove_error *e)
{
    return x->ops->realloc(x, p, old, new_, e);
}

/* Called in a way that no compiler sees through. */
static void *(*volatile jump_it)(struct alcove_allocator *, void *,
                                 struct alcove_layout, struct alcove_layout,
                                 struct alcove_error *) = jump;

/* Each site is a function that makes one call, and something after it. */
static struct alcove_allocator *volatile any;
static void *volatile sink;
static void *block;

#define SITE(name, call)                                                       \
    static ALCOVE_NOINLINE void site_##name(void)                              \
    {                                                                          \
        struct alcove_allocator *x = any;                                      \
                                                                               \
        sink = (call);                                                         \
    }

static const struct alcove_layout b50 = {50, 1}, b60 = {60, 1}, b70 = {70, 1};
static const struct alcove_layout b1 = {1, 1};

SITE(alloc, block = alcove_alloc(x, b50, NULL))
SITE(resize, alcove_resize(x, block, b50, b60) ? x : NULL)
SITE(jump, block = jump_it(x, block, b60, b50, NULL))
SITE(grow, block = alcove_grow(x, block, b50, b70, NULL))
SITE(shrink, block = alcove_shrink(x, block, b70, b60, NULL))
SITE(realloc, block = alcove_realloc(x, block, b60, b50, NULL))
SITE(checked, block = alcove_checked_realloc(x, block, b50, b70, NULL))
SITE(dealloc, alcove_dealloc(x, block, b70, NULL) ? x : NULL)
SITE(zalloc, block = alcove_zalloc(x, b50, NULL))
SITE(checked_dealloc, alcove_checked_dealloc(x, block, b50, NULL) ? x : NULL)
SITE(array, block = alcove_alloc_array(x, b1, 60, NULL))
SITE(rezalloc, block = alcove_rezalloc(x, block, b60, b70, NULL))
SITE(nothing, alcove_shrink(x, block, b70, empty, NULL))
SITE(temp, alcove_alloc_temp(x, b50, use_nothing, &served, NULL) ? x : NULL)
SITE(ztemp, alcove_zalloc_temp(x, b50, use_nothing, &served, NULL) ? x : NULL)

enum reaches {
    INLINE, /* the operation from the header */
    JUMPS,  /* to it from the library */
    CALLS   /* it from there */
};

/* In an order in which they can be called. */
static const struct site {
    void (*call)(void);
    enum reaches how;
    const char *name;
} sites[] = {
    {site_alloc, INLINE, "alloc"},
    {site_resize, JUMPS, "resize"},
    {site_jump, JUMPS, "jump"},
    {site_grow, JUMPS, "grow"},
    {site_shrink, JUMPS, "shrink"},
    {site_realloc, JUMPS, "realloc"},
    {site_checked, JUMPS, "checked_realloc"},
    {site_dealloc, INLINE, "dealloc"},
    {site_zalloc, INLINE, "zalloc"},
    {site_checked_dealloc, JUMPS, "checked_dealloc"},
    {site_array, CALLS, "alloc_array"},
    {site_rezalloc, CALLS, "rezalloc"},
    {site_nothing, CALLS, "shrink to nothing"},
    {site_temp, INLINE, "alloc_temp"},
    {site_ztemp, CALLS, "zalloc_temp"},
};

enum { SITES = sizeof sites / sizeof *sites };

static const void *noted[SITES], *traced[SITES];

static void
visit_sites(void)
{
    size_t i;

    begin(ALL);
    any = noting();
    for (i = 0; i < SITES; i++) {
        sites[i].call();
        noted[i] = here;
    }
    any = a;
    for (i = 0; i < SITES; i++) {
        forget();
        sites[i].call();
        if (events == 0)
            bail_out("%s is not told", sites[i].name);
        traced[i] = seen[0].caller;
        if (events == 2 && seen[1].caller != seen[0].caller)
            traced[i] = NULL;
    }
}

static size_t
strange_callers(void)
{
    size_t i, wrong = 0;

    for (i = 0; i < SITES; i++) {
        if (traced[i] == noted[i])
            continue;
        diag("%s: %p is not %p", sites[i].name, traced[i], noted[i]);
        wrong++;
    }
    return wrong + !count_ok(&parent, 0, 0);
}

/* Is the address in this site's function? It is not far behind its beginning,
 * and nearer to it than to that of any other. */
static bool
within(const void *address, size_t site)
{
    uintptr_t far = (uintptr_t)address - (uintptr_t)sites[site].call;
    size_t i;

    for (i = 0; i < SITES; i++)
        if ((uintptr_t)address - (uintptr_t)sites[i].call < far)
            return false;
    return address && far < 2048;
}

static size_t
callers_elsewhere(enum reaches how)
{
    size_t i, wrong = 0;

    for (i = 0; i < SITES; i++) {
        if (sites[i].how != how || within(traced[i], i))
            continue;
        if (!within(noted[i], i)) { /* a compiler need not inline it */
            diag("%s is a call in this build", sites[i].name);
            continue;
        }
        diag("%s: %p is not in its caller", sites[i].name, traced[i]);
        wrong++;
    }
    return wrong;
}

static void
test_callers(void)
{
    enum { ALLOC = 0, JUMP = 2 };

    visit_sites();
    is_size(strange_callers(), 0, "the caller is where the operation returns");
    ok((noted[ALLOC] != NULL) == ALCOVE_RETURN_ADDRESS,
       "...if the compiler tells that");
    if (within(noted[ALLOC], ALLOC))
        is_size(callers_elsewhere(INLINE), 0,
                "...in the function that calls what is inline");
    else
        skip(1, "nothing is inline in this build, or no address known");
#if !defined __x86_64__ || defined __OPTIMIZE_SIZE__
    skip(1, "which functions of alcove jump differs between machines");
#else
    if (within(noted[JUMP], JUMP))
        is_size(callers_elsewhere(JUMPS), 0,
                "...in the one that calls what jumps to the operation");
    else
        skip(1, "no function of this build jumps to another at its end");
#endif
}

/* ---- the model ---- */

enum { SLOTS = 40 };

struct sums {
    size_t done[ALCOVE_TRACE_OP_COUNT], refused[ALCOVE_TRACE_OP_COUNT];
    size_t codes[ALCOVE_CODE_COUNT];
    size_t blocks, bytes; /* live */
    size_t scopes;        /* open */
    size_t served;        /* bytes, of blocks and of scopes */
};

static struct sums by_events, by_calls;
static uint64_t last; /* number of an event */
static size_t skips;  /* in the numbers */

static void
sum(const struct alcove_trace_event *e, void *arg)
{
    struct sums *s = arg;

    skips += e->number != last + 1;
    last = e->number;
    errno = EDOM;
    s->codes[e->code]++;
    if (!e->done) {
        s->refused[e->op]++;
        return;
    }
    s->done[e->op]++;
    if (e->op == ALCOVE_TRACE_TEMP_BEGIN || e->op == ALCOVE_TRACE_TEMP_END) {
        s->scopes += e->op == ALCOVE_TRACE_TEMP_BEGIN ? 1 : SIZE_MAX;
        s->served += e->op == ALCOVE_TRACE_TEMP_BEGIN ? e->layout.size : 0;
        return;
    }
    s->blocks += (e->result != NULL) - (size_t)(e->block != NULL);
    s->bytes += e->result ? e->layout.size : 0;
    s->served += e->result ? e->layout.size : 0;
    if (e->block)
        s->bytes -= e->old.align != 0 ? e->old.size : e->layout.size;
}

static struct slot {
    char *p; /* NULL: none */
    struct alcove_layout l;
} slots[SLOTS];

static struct alcove_layout
any_layout(size_t least_align)
{
    struct alcove_layout l;

    l.size = tap_random() % 600;
    if (l.size < 20)
        l.size = 0;
    l.align = (size_t)1 << tap_random() % 7;
    if (l.align < least_align)
        l.align = least_align;
    return l;
}

/* What the call has come to, by what it returned. `op` is what the allocator is
 * asked to do for it: by the rules of the front, see <alcove/alloc.h>. */
static void
note(enum alcove_trace_op op, bool done)
{
    if (done)
        by_calls.done[op]++;
    else
        by_calls.refused[op]++;
    by_calls.codes[done || op == ALCOVE_TRACE_RESIZE ? ALCOVE_OK : err.code]++;
}

static void
note_block(struct slot *slot, char *p, struct alcove_layout l)
{
    by_calls.blocks += (p && l.size != 0) - (size_t)(slot->l.size != 0);
    by_calls.bytes += (p ? l.size : 0) - slot->l.size;
    by_calls.served += p ? l.size : 0;
    slot->p = p;
    slot->l = p ? l : none;
}

static void
step_alloc(struct slot *slot, bool zero)
{
    struct alcove_layout l = any_layout(1);
    char *p = zero ? alcove_zalloc(a, l, &err) : alcove_alloc(a, l, &err);

    if (l.size != 0)
        note(zero ? ALCOVE_TRACE_ZALLOC : ALCOVE_TRACE_ALLOC, p != NULL);
    if (p)
        note_block(slot, p, l);
}

static void
step_dealloc(struct slot *slot)
{
    bool done = alcove_dealloc(a, slot->p, slot->l, &err);

    if (slot->l.size != 0)
        note(ALCOVE_TRACE_DEALLOC, done);
    if (done)
        note_block(slot, NULL, none);
}

static void
step_realloc(struct slot *slot, size_t how)
{
    struct alcove_layout l = any_layout(slot->l.align), old = slot->l;
    char *p, *was = slot->p;

    if (how == 0)
        p = alcove_rezalloc(a, was, old, l, &err);
    else if (how == 1)
        p = alcove_realloc(a, was, old, l, &err);
    else if (l.size < old.size)
        p = alcove_shrink(a, was, old, l, &err);
    else
        p = alcove_grow(a, was, old, l, &err);
    if (old.size == 0 && l.size != 0)
        note(how == 0 ? ALCOVE_TRACE_ZALLOC : ALCOVE_TRACE_ALLOC, p != NULL);
    else if (old.size != 0 && l.size == 0)
        note(ALCOVE_TRACE_DEALLOC, p != NULL);
    else if (old.size != 0 && !(same(old, l) && p == was))
        note(ALCOVE_TRACE_REALLOC, p != NULL);
    /* Where nothing changed nothing was served. */
    if (p && same(old, l) && p == was)
        by_calls.served -= l.size;
    if (p)
        note_block(slot, p, l);
}

static void
step_resize(struct slot *slot)
{
    struct alcove_layout l = any_layout(1);
    bool done = alcove_resize(a, slot->p, slot->l, l);

    if (slot->l.size == 0 || l.size == 0 || same(slot->l, l) ||
        (uintptr_t)slot->p % l.align != 0)
        return;
    note(ALCOVE_TRACE_RESIZE, done);
    if (done)
        note_block(slot, slot->p, l);
}

static void
step_temp(bool zero)
{
    struct alcove_layout l = any_layout(1);
    size_t calls = 0;
    bool done = zero ? alcove_zalloc_temp(a, l, use_nothing, &calls, &err)
                     : alcove_alloc_temp(a, l, use_nothing, &calls, &err);

    if (l.size == 0)
        return;
    note(ALCOVE_TRACE_TEMP_BEGIN, done);
    if (done)
        note(ALCOVE_TRACE_TEMP_END, done);
    by_calls.served += done ? l.size : 0;
}

static void
step(struct slot *slot)
{
    size_t n = tap_random(), what = n % 8;

    parent.fail_after = n / 8 % 4 == 0 ? 0 : SIZE_MAX;
    parent.refuse_this = n / 32 % 8 == 0 ? slot->p : NULL;
    parent.refuse_resize = n / 256 % 2 == 0;
    if (what == 0)
        step_temp(n / 512 % 2 == 0);
    else if (!slot->p)
        step_alloc(slot, what < 4);
    else if (what < 3)
        step_dealloc(slot);
    else if (what < 6)
        step_realloc(slot, what - 3);
    else
        step_resize(slot);
}

static bool
sums_agree(void)
{
    return memcmp(&by_events, &by_calls, sizeof by_calls) == 0 &&
           by_events.blocks == parent.live_blocks &&
           by_events.bytes == parent.live_bytes;
}

/* Fewer steps where a tool makes them slow. */
static void
test_model(unsigned features, size_t steps)
{
    clock_t start = clock();
    size_t i, all = 0, told_of = 0, wrong = 0;

    count_init(&parent, features);
    memset(&by_events, 0, sizeof by_events);
    memset(&by_calls, 0, sizeof by_calls);
    memset(slots, 0, sizeof slots);
    last = skips = 0;
    if (!alcove_trace_init(&trace, &parent.allocator, sum, &by_events, NULL))
        bail_out("no trace");
    for (i = 0; i < steps && wrong == 0; i++) {
        before();
        step(&slots[tap_random() % SLOTS]);
        wrong += !sums_agree() || (errno != MARK && err.code == ALCOVE_OK);
        if (i == 10000 && clock() - start > CLOCKS_PER_SEC / 8)
            steps /= 10;
    }
    ok(wrong == 0 && sums_agree(),
       "the sums of events and calls agree after "
       "each of %lu random operations",
       (unsigned long)i);
    for (i = 0; i < ALCOVE_TRACE_OP_COUNT; i++) {
        bool may_fail = i != ALCOVE_TRACE_TEMP_END;

        wrong += by_calls.done[i] == 0 || (may_fail && !by_calls.refused[i]);
        told_of += by_events.done[i] + by_events.refused[i];
    }
    for (i = 0; i < ALCOVE_CODE_COUNT; i++)
        all += by_events.codes[i];
    ok(wrong == 0 && all == told_of && last == told_of && skips == 0 &&
           by_calls.codes[ALCOVE_ERR_ALLOC_FAILED] > 0 &&
           by_calls.codes[ALCOVE_ERR_LOCK] > 0,
       "...all sorts of them, done and refused, in %lu events that are "
       "numbered in a row",
       (unsigned long)last);
    parent.fail_after = SIZE_MAX;
    parent.refuse_this = NULL;
    for (i = 0; i < SLOTS; i++)
        if (slots[i].p)
            step_dealloc(&slots[i]);
    ok(sums_agree() && by_events.blocks == 0 && by_events.bytes == 0 &&
           count_ok(&parent, 0, 0),
       "...and by both nothing is left");
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(5 + 2 + 3 * 8 + 2 + 5 + 1 + 8 + 4 + 2 * 7 + 1 + 1 + 4 + 4 + 6);
    test_init();
    test_names();
    test_done(ALL, "all");
    test_done(COUNT_PLAIN, "the least");
    test_done(COUNT_PLAIN | ALCOVE_CAN_RESIZE, "resize");
    test_resize();
    test_refused();
    test_refused_copy();
    test_untold();
    test_reentry();
    test_scopes(false);
    test_scopes(true);
    test_no_scopes();
    test_stack();
    test_endings();
    test_callers();
    test_model(ALL, 1000000);
    test_model(COUNT_PLAIN | ALCOVE_CAN_RESIZE, 100000);
    return tap_done();
}
