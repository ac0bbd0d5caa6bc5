/* SPDX-License-Identifier: MIT */
/* A mutex around an allocator: every operation holds it and lets go of it,
 * however it ends; who comes back while holding it is refused; threads share
 * arenas, pools and caches; and a fork at any time leaves a child that can
 * allocate.
 */
#include <config.h>

#include <alcove/locked.h>

#include <alcove/arena.h>
#include <alcove/malloc.h>
#include <alcove/pool.h>
#include <alcove/sizeclass.h>

#include "../lib/check/cancel.h"
#include "../lib/os/tools.h"
#include "count.h"
#include "holds.h"
#include "posix.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct count count;
static struct alcove_locked locked;
static struct alcove_allocator *const a = &locked.allocator;

static bool
told(enum alcove_code code, int number)
{
    return errno == number && err.code == code &&
           strcmp(err.allocator, "locked") == 0;
}

/* With the struct as it was. */
static bool
no_init(struct alcove_allocator *parent, enum alcove_code code, int number)
{
    static struct alcove_locked old;

    old = locked;
    before();
    return !alcove_locked_init(&locked, parent, &err) && told(code, number) &&
           err.detail && memcmp(&old, &locked, sizeof old) == 0 &&
           !alcove_locked_init(&locked, parent, NULL) && errno == number;
}

#if !ALCOVE_HAVE_THREADS

int
main(void)
{
    tap_plan(3);
    count_init(&count, COUNT_PLAIN);
    ok(no_init(NULL, ALCOVE_ERR_OTHER, EINVAL) &&
           no_init(a, ALCOVE_ERR_OTHER, EINVAL),
       "there must be a parent");
    ok(no_init(&count.allocator, ALCOVE_ERR_UNSUPPORTED, ENOTSUP),
       "without threads nothing can be locked");
    before();
    ok(!alcove_locked_done(&locked, &err) &&
           told(ALCOVE_ERR_UNSUPPORTED, ENOTSUP),
       "...and nothing is to be ended");
    return tap_done();
}

#else

#    include <pthread.h>
#    include <signal.h>
#    include <sys/types.h>
#    if ALCOVE_PTHREAD_ATFORK
#        include <sys/wait.h>
#    endif

#    define ALL                                                                \
        (COUNT_PLAIN | ALCOVE_CAN_RESIZE | ALCOVE_CAN_REALLOC |                \
         ALCOVE_CAN_OWNS | ALCOVE_CAN_USABLE_SIZE | ALCOVE_CAN_ZERO)

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

/* ---- a parent that does something in each operation ---- */

static struct alcove_ops real;
static void (*inside)(void);

static void
visit(void)
{
    if (inside)
        inside();
}

static void *
spy_alloc(struct alcove_allocator *c, struct alcove_layout l,
          struct alcove_error *e)
{
    visit();
    return real.alloc(c, l, e);
}

static bool
spy_dealloc(struct alcove_allocator *c, void *p, struct alcove_layout l,
            struct alcove_error *e)
{
    visit();
    return real.dealloc(c, p, l, e);
}

static void *
spy_zalloc(struct alcove_allocator *c, struct alcove_layout l,
           struct alcove_error *e)
{
    visit();
    return real.zalloc(c, l, e);
}

static bool
spy_resize(struct alcove_allocator *c, void *p, struct alcove_layout old,
           struct alcove_layout new_)
{
    visit();
    return real.resize(c, p, old, new_);
}

static void *
spy_realloc(struct alcove_allocator *c, void *p, struct alcove_layout old,
            struct alcove_layout new_, struct alcove_error *e)
{
    visit();
    return real.realloc(c, p, old, new_, e);
}

static bool
spy_owns(struct alcove_allocator *c, const void *p, struct alcove_layout l)
{
    visit();
    return real.owns(c, p, l);
}

static size_t
spy_usable_size(struct alcove_allocator *c, const void *p,
                struct alcove_layout l)
{
    visit();
    return real.usable_size(c, p, l);
}

static void
begin(unsigned features)
{
    (void)alcove_locked_done(&locked, NULL);
    inside = NULL;
    count_init(&count, features);
    real = count.ops;
    count.ops.alloc = spy_alloc;
    count.ops.dealloc = spy_dealloc;
    count.ops.zalloc = real.zalloc ? spy_zalloc : NULL;
    count.ops.resize = real.resize ? spy_resize : NULL;
    count.ops.realloc = real.realloc ? spy_realloc : NULL;
    count.ops.owns = real.owns ? spy_owns : NULL;
    count.ops.usable_size = real.usable_size ? spy_usable_size : NULL;
    if (!alcove_locked_init(&locked, &count.allocator, NULL))
        bail_out("no lock");
    before();
}

/* Asked by a thread that does not hold the mutex. */
static bool
is_free(void)
{
    if (pthread_mutex_trylock(&locked.mutex) != 0)
        return false;
    return pthread_mutex_unlock(&locked.mutex) == 0;
}

static char *
block(struct alcove_layout l)
{
    char *p = alcove_alloc(a, l, NULL);

    if (!p)
        bail_out("no block");
    memset(p, 0x21, l.size);
    return p;
}

/* ---- init ---- */

static void
test_init(void)
{
    const unsigned both = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC;
    struct alcove_locked second;
    struct alcove_layout l = lay(8, 8);
    unsigned i, want;
    size_t wrong = 0;
    void *p;

    count_init(&count, ALL);
    ok(no_init(NULL, ALCOVE_ERR_OTHER, EINVAL) &&
           no_init(a, ALCOVE_ERR_OTHER, EINVAL),
       "there must be a parent, not the adapter itself");
    before();
    ok(!alcove_locked_done(&locked, &err) && told(ALCOVE_ERR_OTHER, EINVAL),
       "what is not in use cannot be ended");
    before();
    ok(alcove_locked_init(&locked, &count.allocator, &err) && untouched() &&
           strcmp(alcove_name(a), "locked") == 0 && count.asked == 0,
       "a parent is taken, and nothing asked of it");
    ok(no_init(&count.allocator, ALCOVE_ERR_OTHER, EBUSY),
       "what is in use cannot begin again");
    p = block(l);
    before();
    ok(alcove_locked_init(&second, &count.allocator, &err) &&
           alcove_locked_done(&locked, &err) && untouched(),
       "it ends, and its blocks stay as they are");
    ok(!alcove_dealloc(a, p, l, &err) &&
           told(ALCOVE_ERR_UNSUPPORTED, ENOTSUP) && !alcove_alloc(a, l, &err) &&
           told(ALCOVE_ERR_UNSUPPORTED, ENOTSUP) &&
           alcove_features(a) == ALCOVE_CAN_NOTHING,
       "...its operations are refused then");
    before();
    ok(alcove_dealloc(&second.allocator, p, l, &err) &&
           alcove_locked_done(&second, &err) && untouched() &&
           !alcove_locked_done(&second, &err) &&
           told(ALCOVE_ERR_OTHER, EINVAL) && count_ok(&count, 0, 0),
       "...others go on, and none ends twice");
    for (i = 0; i < 0x800; i++) {
        count.allocator.features = i;
        want = i | ALCOVE_CAN_THREADS;
        if (!(i & ALCOVE_CAN_THREADS) && (i & both) != both)
            want &= ~(unsigned)ALCOVE_CAN_TEMP;
        wrong += !alcove_locked_init(&locked, &count.allocator, NULL);
        wrong += alcove_features(a) != want;
        wrong += !alcove_locked_done(&locked, NULL);
    }
    is_size(wrong, 0,
            "it can what the parent can, and be shared; scopes only if they "
            "need no mutex, or can be taken apart");
}

/* ---- each operation ---- */

static size_t visits, held;

static void
look(void)
{
    visits++;
    held += pthread_mutex_trylock(&locked.mutex) == EBUSY;
}

/* Was the mutex held in `n` operations of the parent, and is it free? */
static bool
was_held(size_t n)
{
    bool good = visits == n && held == n && is_free();

    visits = held = 0;
    return good;
}

static void
test_operations(void)
{
    const struct alcove_layout l = lay(100, 8), l200 = lay(200, 8);
    char *p, *q;

    begin(ALL);
    inside = look;
    p = alcove_alloc(a, l, &err);
    ok(p && was_held(1) && count.allocs == 1, "alloc holds the mutex");
    q = alcove_zalloc(a, l, &err);
    ok(q && holds(q, 0, 100) && was_held(1) && count.zallocs == 1,
       "...zalloc, too");
    memset(p, 0x21, 100);
    ok(alcove_resize(a, p, l, l200) && was_held(1) && count.resizes == 1,
       "...resize");
    p = alcove_realloc(a, p, l200, lay(900, 64), &err);
    ok(p && holds(p, 0x21, 100) && was_held(1) && count.reallocs == 1,
       "...realloc");
    ok(alcove_owns(a, q, l) && !alcove_owns(a, q, l200) && was_held(2),
       "...owns");
    ok(alcove_usable_size(a, q, l) == 100 + 256 && was_held(1),
       "...usable_size");
    ok(alcove_dealloc(a, q, l, &err) && was_held(1) && count.deallocs == 1,
       "...dealloc");
    ok(alcove_checked_dealloc(a, p, lay(900, 64), &err) && was_held(2) &&
           untouched() && count_ok(&count, 0, 0),
       "...and each lets go of it");
    begin(COUNT_PLAIN);
    inside = look;
    p = alcove_zalloc(a, l, &err);
    ok(p && holds(p, 0, 100) && was_held(1), "blocks can be cleared without");
    p = alcove_realloc(a, p, l, l200, &err);
    ok(p && was_held(2) && alcove_dealloc(a, p, l200, &err) && was_held(1) &&
           untouched() && count_ok(&count, 0, 0),
       "...and copied");
}

static void
test_refused(void)
{
    const struct alcove_layout l = lay(100, 8);
    char *p;

    begin(ALL);
    count.fail_after = 0;
    ok(!alcove_alloc(a, l, &err) && err.allocator == count.ops.name &&
           err.code == ALCOVE_ERR_ALLOC_FAILED && errno == ENOMEM &&
           !alcove_zalloc(a, l, NULL) && is_free(),
       "what the parent refuses is refused");
    count.fail_after = SIZE_MAX;
    p = block(l);
    count.fail_after = 0;
    before();
    ok(!alcove_realloc(a, p, l, lay(900, 8), &err) && errno == ENOMEM &&
           holds(p, 0x21, 100) && is_free() && count_ok(&count, 1, 100),
       "...a block that cannot grow is as it was");
    count.refuse_dealloc = true;
    before();
    ok(!alcove_dealloc(a, p, l, &err) && err.allocator == count.ops.name &&
           is_free() && count_ok(&count, 1, 100),
       "...so is one that is not taken back");
    count.refuse_dealloc = false;
    count.asked = 0;
    ok(!alcove_alloc(a, lay(8, 3), NULL) && !alcove_alloc(a, lay(8, 0), NULL) &&
           !alcove_alloc(a, lay(SIZE_MAX, 1), NULL) &&
           alcove_alloc(a, lay(0, 8), NULL) == (char *)8 && count.asked == 0 &&
           alcove_dealloc(a, p, l, NULL) && count_ok(&count, 0, 0),
       "no layout that is not valid, or of size 0, comes to the parent");
}

/* ---- one critical section ---- */

static pthread_t waiter;
static int waiter_got; /* between two operations of one realloc */
static bool waiter_was_in;
static size_t operations;

static void *
wait_for_block(void *arg)
{
    void *p = alcove_alloc(a, lay(8, 8), NULL);

    (void)arg;
    ALCOVE_STORE(waiter_got, 1);
    return p;
}

static void
let_wait(void)
{
    size_t i;

    if (operations++ == 0 &&
        pthread_create(&waiter, NULL, wait_for_block, NULL) != 0)
        bail_out("no threads for the test");
    for (i = 0; i < 20 && !ALCOVE_LOAD(waiter_got); i++)
        usleep(1000);
    waiter_was_in = waiter_was_in || ALCOVE_LOAD(waiter_got);
    if (operations == 2)
        inside = NULL;
}

static void
test_section(void)
{
    const struct alcove_layout l = lay(100, 8);
    void *q = NULL;
    char *p;

    begin(COUNT_PLAIN);
    p = block(l);
    inside = let_wait;
    p = alcove_realloc(a, p, l, lay(200, 8), &err);
    pthread_join(waiter, &q);
    ok(p && q && operations == 2 && !waiter_was_in,
       "a realloc that copies is one critical section");
    ok(alcove_dealloc(a, p, lay(200, 8), NULL) &&
           alcove_dealloc(a, q, lay(8, 8), NULL) && count_ok(&count, 0, 0),
       "...and who waited got its block");
}

/* ---- scopes ---- */

struct scope {
    size_t calls, live;
    bool was_free, served, exit;
};

static void
in_scope(void *mem, void *arg)
{
    struct scope *s = arg;
    char *p;

    memset(mem, 1, 100);
    s->calls++;
    s->live = count.live_blocks;
    s->was_free = is_free();
    p = alcove_alloc(a, lay(10, 1), NULL);
    s->served = p && alcove_dealloc(a, p, lay(10, 1), NULL);
    if (s->exit)
        pthread_exit(NULL);
}

static void *
scope_in_thread(void *arg)
{
    return alcove_alloc_temp(a, lay(100, 8), in_scope, arg, NULL) ? arg : a;
}

static void
test_scopes(void)
{
    struct scope s = {0, 0, false, false, false};
    pthread_t id;
    void *result = NULL;

    begin(ALL);
    inside = look;
    ok(alcove_alloc_temp(a, lay(100, 8), in_scope, &s, &err) && s.calls == 1 &&
           s.live == 1 && was_held(4) && untouched() && count_ok(&count, 0, 0),
       "a scope is allocated and released under the mutex");
    ok(s.was_free && s.served, "...which its callback finds free");
    inside = NULL;
    s.exit = true;
    if (pthread_create(&id, NULL, scope_in_thread, &s) != 0)
        bail_out("no threads for the test");
    pthread_join(id, &result);
    ok(!result && s.calls == 2 && is_free() && count_ok(&count, 0, 0),
       "...and gives back when its thread ends");
    s.exit = false;
    count_own_temp(&count);
    ok(alcove_alloc_temp(a, lay(100, 8), in_scope, &s, &err) && s.live == 1 &&
           count.temps == 0 && count_ok(&count, 0, 0),
       "a parent's own means are not used, if threads cannot share them");
    begin(ALL | ALCOVE_CAN_THREADS);
    count_own_temp(&count);
    ok(alcove_alloc_temp(a, lay(100, 8), in_scope, &s, &err) && s.live == 0 &&
           s.was_free && s.served && count.temps == 1 && untouched(),
       "...but if they can, without the mutex");
    begin(ALL & ~(unsigned)ALCOVE_CAN_DEALLOC);
    s.calls = 0;
    ok(!alcove_alloc_temp(a, lay(100, 8), in_scope, &s, &err) &&
           told(ALCOVE_ERR_UNSUPPORTED, ENOTSUP) && s.calls == 0 &&
           count.asked == 0,
       "without a release there are no scopes");
}

/* ---- under Helgrind ---- */

/* Valgrind has it loaded before all else. */
static bool
helgrind(void)
{
    const char *loaded = getenv("LD_PRELOAD");

    return alcove_tools_watch() && loaded && strstr(loaded, "helgrind");
}

/* Two tests take the list's mutex while they hold an adapter's, which only one
 * thread may do at a time, without a fork of another. Helgrind sees what may
 * not be done at once, though it is not: alcove_locked_done takes both the
 * other way round, and only tries the second. */
#    define ORDER "Helgrind does not know that a mutex is only tried"

/* ---- coming back ---- */

static struct {
    char *p;
    struct alcove_layout l;
    size_t good, calls;
} back;

static bool
deadlock(void)
{
    bool good = told(ALCOVE_ERR_LOCK, EDEADLK) && err.detail &&
                err.cause == ALCOVE_CAUSE_OS &&
                err.os_error == (ALCOVE_HAVE_OS_ERRORS ? EDEADLK : 0);

    before();
    return good;
}

static void
come_back(void)
{
    const struct alcove_layout l = lay(30, 8);
    size_t calls = 0;

    inside = NULL;
    back.calls++;
    before();
    back.good += !alcove_alloc(a, l, &err) && err.layout.size == 30 &&
                 !err.block && deadlock();
    back.good += !alcove_zalloc(a, l, &err) && deadlock();
    back.good += !alcove_dealloc(a, back.p, back.l, &err) &&
                 err.block == back.p && deadlock();
    back.good += !alcove_realloc(a, back.p, back.l, l, &err) &&
                 err.old.size == back.l.size && err.layout.size == 30 &&
                 err.block == back.p && deadlock();
    back.good += !alcove_alloc_temp(a, l, in_scope, &calls, &err) &&
                 calls == 0 && deadlock();
    back.good += !alcove_resize(a, back.p, back.l, l) &&
                 !alcove_owns(a, back.p, back.l) &&
                 alcove_usable_size(a, back.p, back.l) == back.l.size &&
                 untouched();
    back.good += !alcove_checked_dealloc(a, back.p, back.l, &err) &&
                 told(ALCOVE_ERR_NOT_OWNED, EPERM);
    before();
    inside = come_back;
    errno = MARK;
    before();
}

static size_t ended; /* from inside: this was refused as it should be */

static void
end_here(void)
{
    inside = NULL;
    before();
    ended += !alcove_locked_done(&locked, &err) && told(ALCOVE_ERR_LOCK, EBUSY);
}

static void
test_back(void)
{
    const struct alcove_layout l = lay(100, 8);
    char *p, *q;

    begin(ALL);
    back.p = p = block(l);
    back.l = l;
    inside = come_back;
    q = alcove_alloc(a, l, NULL);
    (void)alcove_resize(a, q, l, l);
    (void)alcove_owns(a, q, l);
    (void)alcove_usable_size(a, q, l);
    (void)alcove_resize(a, q, l, lay(101, 8));
    q = alcove_realloc(a, q, lay(101, 8), lay(900, 8), NULL);
    ok(q && alcove_dealloc(a, q, lay(900, 8), NULL) && back.calls == 6 &&
           back.good == 7 * back.calls && holds(p, 0x21, 100) &&
           count_ok(&count, 1, 100),
       "who comes back is refused as LOCK, EDEADLK, and nothing changes");
    inside = NULL;
    before();
    ok(alcove_dealloc(a, p, l, &err) && untouched() && is_free() &&
           count_ok(&count, 0, 0),
       "...and the operation that it came from is done");

    if (helgrind()) {
        skip(1, ORDER);
        return;
    }
    inside = end_here;
    p = block(l);
    ok(ended == 1 && alcove_dealloc(a, p, l, NULL) && count_ok(&count, 0, 0),
       "...but it does not end the mutex that it holds");
}

/* ---- a thread that ends in an operation ---- */

static bool ends_by_cancel;

static void
end_thread(void)
{
    inside = NULL;
    if (!ends_by_cancel)
        pthread_exit(NULL);
    alcove_cancel_self();
}

enum { OPERATIONS = 7 };

static char *target; /* of the operations: 100 bytes aligned to 8 */

static void *
one_operation(void *arg)
{
    const struct alcove_layout l = lay(100, 8), more = lay(200, 8);
    bool done = true;

    switch (*(int *)arg) {
    case 0:
        done = alcove_alloc(a, l, NULL) != NULL;
        break;
    case 1:
        done = alcove_zalloc(a, l, NULL) != NULL;
        break;
    case 2:
        done = alcove_dealloc(a, target, l, NULL);
        break;
    case 3:
        done = alcove_resize(a, target, l, more);
        break;
    case 4:
        done = alcove_realloc(a, target, l, more, NULL) != NULL;
        break;
    case 5:
        done = alcove_owns(a, target, l);
        break;
    default:
        done = alcove_usable_size(a, target, l) != 0;
    }
    return done ? a : NULL;
}

/* Does each let go of the mutex when a thread ends in it? */
static size_t
keep_hold(void)
{
    size_t wrong = 0;
    pthread_t id;
    void *result;
    int i;

    for (i = 0; i < OPERATIONS && wrong == 0; i++) {
        inside = end_thread;
        result = NULL;
        if (pthread_create(&id, NULL, one_operation, &i) != 0)
            bail_out("no threads for the test");
        pthread_join(id, &result);
        wrong += result == a || !is_free() || locked.owner;
    }
    return wrong;
}

static void
test_ends(void)
{
    begin(ALL);
    target = block(lay(100, 8));
    is_size(keep_hold(), 0,
            "pthread_exit in any operation lets go of the mutex");
    ends_by_cancel = true;
    is_size(keep_hold(), 0, "...pthread_cancel, too");
    ok(alcove_dealloc(a, target, lay(100, 8), NULL) && count_ok(&count, 0, 0),
       "...and others go on");
}

/* ---- threads ---- */

enum { THREADS = 4, PLACES = 64, MOST = 200 };

static size_t rounds = 20000;

/* Where threads hand blocks over. */
static struct {
    pthread_mutex_t mutex;
    struct thing {
        unsigned char *p;
        struct alcove_layout l;
        unsigned char fill;
    } things[PLACES];
} table = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static struct alcove_allocator *shared;
static size_t most; /* bytes of a block */

struct worker {
    pthread_t id;
    uint32_t random;
    size_t wrong, served;
};

static size_t
draw(struct worker *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 17;
    w->random ^= w->random << 5;
    return w->random;
}

/* Exchange a thing with one of the table's. */
static struct thing
exchange(struct worker *w, struct thing mine)
{
    size_t i = draw(w) % PLACES;
    struct thing its;

    pthread_mutex_lock(&table.mutex);
    its = table.things[i];
    table.things[i] = mine;
    pthread_mutex_unlock(&table.mutex);
    return its;
}

static struct thing
make(struct worker *w)
{
    struct thing t;

    t.l = lay(1 + draw(w) % most, (size_t)1 << draw(w) % 4);
    t.fill = (unsigned char)draw(w);
    t.p = draw(w) % 4 == 0 ? alcove_zalloc(shared, t.l, NULL)
                           : alcove_alloc(shared, t.l, NULL);
    if (t.p)
        memset(t.p, t.fill, t.l.size);
    return t;
}

/* Release it, or change its size and keep it. */
static struct thing
use(struct worker *w, struct thing t)
{
    struct alcove_layout l = lay(1 + draw(w) % most, t.l.align);
    size_t kept = l.size < t.l.size ? l.size : t.l.size;
    unsigned char *p;

    w->wrong += !holds(t.p, t.fill, t.l.size);
    w->served++;
    if (draw(w) % 2 == 0) {
        w->wrong += !alcove_dealloc(shared, t.p, t.l, NULL);
        t.p = NULL;
        return t;
    }
    p = alcove_realloc(shared, t.p, t.l, l, NULL);
    if (!p)
        return t;
    w->wrong += !holds(p, t.fill, kept);
    t.p = p;
    t.l = l;
    memset(p, t.fill, l.size);
    return t;
}

static void
use_temp(void *mem, void *arg)
{
    memset(mem, 4, 16);
    ++*(size_t *)arg;
}

static void *
work(void *arg)
{
    struct worker *w = arg;
    size_t i, scopes = 0;

    for (i = 0; i < rounds; i++) {
        struct thing t = exchange(w, (struct thing){.p = NULL});

        if (!t.p)
            t = make(w);
        else
            t = use(w, t);
        if (t.p)
            t = exchange(w, t);
        if (t.p)
            w->wrong += !alcove_dealloc(shared, t.p, t.l, NULL);
        if (i % 16 == 0)
            w->wrong +=
                !alcove_alloc_temp(shared, lay(16, 8), use_temp, &scopes, NULL);
    }
    w->wrong += scopes != rounds / 16;
    return NULL;
}

/* Does all go well, and is nothing left in the table? */
static bool
hammer(struct alcove_allocator *allocator, size_t size)
{
    struct worker workers[THREADS];
    size_t i, wrong = 0, served = 0;

    shared = allocator;
    most = size;
    for (i = 0; i < THREADS; i++) {
        memset(&workers[i], 0, sizeof workers[i]);
        workers[i].random = (uint32_t)tap_random() | 1;
        if (pthread_create(&workers[i].id, NULL, work, &workers[i]) != 0)
            bail_out("no threads for the test");
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(workers[i].id, NULL);
        wrong += workers[i].wrong;
        served += workers[i].served;
    }
    for (i = 0; i < PLACES; i++) {
        struct thing *t = &table.things[i];

        wrong += t->p && !alcove_dealloc(shared, t->p, t->l, NULL);
        t->p = NULL;
    }
    return wrong == 0 && served > rounds;
}

static struct alcove_arena arena;
static struct alcove_pool pool;
static struct alcove_sizeclass sc;

static void
lock(struct alcove_locked *which, struct alcove_allocator *parent)
{
    if (!alcove_locked_init(which, parent, NULL))
        bail_out("no lock");
}

static void
unlock(struct alcove_locked *which)
{
    if (!alcove_locked_done(which, NULL))
        bail_out("a lock that is in use");
}

static void
test_threads(void)
{
    struct alcove_locked outer;

    unlock(&locked);
    count_init(&count, ALL);
    lock(&locked, &count.allocator);
    ok(hammer(a, MOST) && count_ok(&count, 0, 0),
       "4 threads share books, and these balance");
    lock(&outer, a);
    ok(hammer(&outer.allocator, MOST) && count_ok(&count, 0, 0),
       "...through two mutexes, too");
    unlock(&outer);
    unlock(&locked);

    alcove_arena_init(&arena, &count.allocator, NULL, 0);
    alcove_arena_set_chunks(&arena, 1 << 20, 1 << 20);
    lock(&locked, &arena.allocator);
    ok(hammer(a, MOST) && alcove_arena_ok(&arena), "...they share an arena");
    unlock(&locked);
    alcove_arena_done(&arena);
    ok(count_ok(&count, 0, 0), "...which gives all back");

    if (!alcove_pool_init(&pool, lay(64, 16), &count.allocator, NULL, 0, NULL))
        bail_out("no pool");
    lock(&locked, &pool.allocator);
    ok(hammer(a, 64) && alcove_pool_ok(&pool) && alcove_pool_live(&pool) == 0,
       "...a pool");
    unlock(&locked);
    alcove_pool_done(&pool);

    alcove_sizeclass_init(&sc, &count.allocator);
    lock(&locked, &sc.allocator);
    ok(hammer(a, MOST) && alcove_sizeclass_ok(&sc), "...and a cache");
    unlock(&locked);
    alcove_sizeclass_done(&sc);
    ok(count_ok(&count, 0, 0), "...and the books balance");
}

/* ---- fork ---- */

#    if ALCOVE_PTHREAD_ATFORK

enum { FORKS = 100, LONG = 30 /* seconds that no child takes */ };

static struct alcove_locked inner, outer;
static int stop;
static char buffer[65536];

/* The child's part: everything is there, and nobody waits for long. */
static bool
child_allocates(void)
{
    struct alcove_allocator *const all[] = {&inner.allocator, &outer.allocator};
    struct alcove_locked own;
    size_t i;

    for (i = 0; i < 2; i++) {
        char *p = alcove_alloc(all[i], lay(50, 8), NULL);

        if (!p)
            return false;
        memset(p, 1, 50);
        if (!alcove_dealloc(all[i], p, lay(50, 8), NULL))
            return false;
    }
    return alcove_pool_ok(&pool) &&
           alcove_locked_init(&own, &outer.allocator, NULL) &&
           alcove_locked_done(&own, NULL) && alcove_locked_done(&outer, NULL) &&
           alcove_locked_done(&inner, NULL);
}

/* Fork, and tell whether all is well in the child. */
static bool
child_is_well(void)
{
    pid_t id = fork();
    int status = -1;

    if (id == 0) {
        alarm(LONG);
        _exit(child_allocates() ? 0 : 1);
    }
    if (id < 0)
        bail_out("no child for the test");
    waitpid(id, &status, 0);
    if (WIFSIGNALED(status))
        diag("the child ended by signal %d", WTERMSIG(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* A thread allocates and releases, all the time. */
static void *
bustle(void *arg)
{
    struct alcove_allocator *allocator = arg;
    size_t wrong = 0;

    while (!ALCOVE_LOAD(stop)) {
        void *p = alcove_alloc(allocator, lay(40, 8), NULL);

        wrong += p && !alcove_dealloc(allocator, p, lay(40, 8), NULL);
    }
    return wrong == 0 ? NULL : &stop;
}

/* One makes and ends adapters. */
static void *
come_and_go(void *arg)
{
    static struct alcove_locked comes;
    size_t wrong = 0;

    while (!ALCOVE_LOAD(stop))
        wrong += !alcove_locked_init(&comes, arg, NULL) ||
                 !alcove_locked_done(&comes, NULL);
    return wrong == 0 ? NULL : &stop;
}

static struct {
    bool is_child, is_well; /* is this the child; was it well? */
    bool was_held;          /* the mutex, by the operation, after the fork */
} inner_fork;

/* From inside of an operation: the child goes on with it. */
static void
fork_here(void)
{
    int status = -1;
    pid_t id;

    inside = NULL;
    id = fork();
    inner_fork.was_held = pthread_mutex_trylock(&locked.mutex) == EBUSY;
    inner_fork.is_child = id == 0;
    if (id == 0) {
        alarm(LONG);
        return;
    }
    waitpid(id, &status, 0);
    inner_fork.is_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
test_fork_inside(void)
{
    struct alcove_layout l = lay(10, 1);
    bool good;
    void *p;

    if (helgrind()) {
        skip(2, ORDER);
        return;
    }
    begin(ALL);
    p = block(l);
    inside = fork_here;
    good = alcove_dealloc(a, p, l, NULL) && inner_fork.was_held && is_free();
    p = alcove_alloc(a, l, NULL);
    good = good && p && alcove_dealloc(a, p, l, NULL) && is_free() &&
           count_ok(&count, 0, 0);
    if (inner_fork.is_child)
        _exit(good ? 0 : 1);
    ok(good, "a fork inside of an operation does not hang, nor take the mutex "
             "from it");
    ok(inner_fork.is_well, "...and the child can end and repeat it, too");
    unlock(&locked);
}

static void
fork_among_threads(void)
{
    pthread_t ids[4];
    size_t i, wrong = 0;
    void *result;

    if (pthread_create(&ids[0], NULL, bustle, &inner.allocator) != 0 ||
        pthread_create(&ids[1], NULL, bustle, &outer.allocator) != 0 ||
        pthread_create(&ids[2], NULL, bustle, &outer.allocator) != 0 ||
        pthread_create(&ids[3], NULL, come_and_go, &inner.allocator) != 0)
        bail_out("no threads for the test");
    for (i = 0; i < FORKS && wrong == 0; i++)
        wrong += !child_is_well();
    is_size(wrong, 0,
            "...%d of them at once, while 3 threads allocate through one mutex "
            "and two, and one makes mutexes",
            FORKS);
    ALCOVE_STORE(stop, 1);
    for (i = 0; i < 4; i++) {
        result = &stop;
        pthread_join(ids[i], &result);
        wrong += result != NULL;
    }
    ok(wrong == 0 && alcove_pool_ok(&pool) && alcove_pool_live(&pool) == 0,
       "...and the threads do not notice");
}

static void
test_fork(void)
{
    if (!alcove_pool_init(&pool, lay(64, 16), NULL, buffer, sizeof buffer,
                          NULL))
        bail_out("no pool");
    lock(&inner, &pool.allocator);
    lock(&outer, &inner.allocator);
    ok(child_is_well(), "a child can allocate");
    if (helgrind())
        skip(2, "to Helgrind its parent's threads are in a child, too");
    else
        fork_among_threads();
    unlock(&outer);
    unlock(&inner);
    alcove_pool_done(&pool);
}

#    else

static void
test_fork_inside(void)
{
    skip(2, "there is no pthread_atfork");
}

static void
test_fork(void)
{
    skip(3, "there is no pthread_atfork");
}

#    endif

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(48);
    if (tap_hurries())
        rounds = 2000;
    test_init();
    test_operations();
    test_refused();
    test_section();
    test_scopes();
    test_back();
    test_ends();
    test_threads();
    test_fork();
    test_fork_inside();
    return tap_done();
}

#endif
