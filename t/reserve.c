/* SPDX-License-Identifier: MIT */
/* A reservation: one block that grows and shrinks in place, with memory as it
 * needs it. */
#include <config.h>

#include <alcove/page.h>

#include "gone.h"
#include "holds.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <string.h>

#if ALCOVE_VIRTUALALLOC
#    include <windows.h>
#elif ALCOVE_HAVE_PAGE
#    include <signal.h>
#    include <sys/resource.h>
#    include <sys/wait.h>
#    include <unistd.h>
#endif

typedef bool init_fn(struct alcove_page_reserve *r, size_t size,
                     struct alcove_error *err);

static struct alcove_page_reserve r;
static struct alcove_allocator *const a = &r.allocator;
static size_t unit, page;

static const struct alcove_layout small = {100, 8}, empty = {0, 8};

static bool
told(enum alcove_code code, enum alcove_cause cause, size_t limit)
{
    return errno != MARK && err.code == code && err.cause == cause &&
           err.limit == limit && strcmp(err.allocator, "page reserve") == 0;
}

static struct alcove_layout
bytes(size_t size)
{
    struct alcove_layout l = {size, 8};

    return l;
}

static size_t
round_up(size_t size, size_t to)
{
    return (size + (to - 1)) / to * to;
}

/* The invariants, and no more memory than is promised. */
static bool
is_sound(void)
{
    size_t need = round_up(r.block.size, page);

    if (r.size % unit != 0 || r.committed % page != 0 || r.committed > r.size)
        return false;
    if (r.block.size == 0)
        return r.committed == 0;
    return need <= r.committed &&
           r.committed - need <= (size_t)1024 * 1024 + unit;
}

/* What alcove/page.h says of the memory that is taken ahead, and kept: an
 * eighth of the block's, 64 KiB to 512 KiB; and when twice that is left over,
 * it goes. To be compared after each step. */
static size_t
committed_after(size_t committed, size_t size)
{
    const size_t kib = 1024, step = r.step, need = round_up(size, page);
    size_t ahead = need / 8, want;

    if (size == 0)
        return 0;
    ahead = ahead < 64 * kib ? 64 * kib : ahead > 512 * kib ? 512 * kib : ahead;
    want = round_up(need + ahead, step);
    want = want < r.size ? want : r.size;
    if (need > committed)
        committed = want;
    if (committed - need > 2 * ahead && want < committed)
        committed = want;
    return committed;
}

static char *
block(struct alcove_layout l)
{
    char *p = alcove_alloc(a, l, NULL);

    if (!p)
        bail_out("no block");
    return p;
}

static void
test_init(init_fn *init)
{
    enum { MANY = 8 };
    static struct alcove_page_reserve old, all[MANY];
    const size_t huge =
        page > ALCOVE_HUGEPAGE_SIZE ? page : ALCOVE_HUGEPAGE_SIZE;
    const size_t most = ALCOVE_SIZE_MAX - 2 * huge;
    size_t i, n;

    old = r;
    before();
    ok(!init(&r, 0, &err) && told(ALCOVE_ERR_OTHER, ALCOVE_CAUSE_UNKNOWN, 0) &&
           errno == EINVAL && err.detail,
       "a range of no bytes is refused");
    before();
    ok(!init(&r, ALCOVE_SIZE_MAX, &err) &&
           told(ALCOVE_ERR_EXCEEDS_MAX, ALCOVE_CAUSE_UNKNOWN, 0) &&
           err.layout.size == ALCOVE_SIZE_MAX && err.old.size == 0 &&
           !init(&r, SIZE_MAX, &err) &&
           told(ALCOVE_ERR_EXCEEDS_MAX, ALCOVE_CAUSE_UNKNOWN, 0) &&
           !init(&r, SIZE_MAX, NULL) && !init(&r, most + 1, &err) &&
           told(ALCOVE_ERR_EXCEEDS_MAX, ALCOVE_CAUSE_UNKNOWN, 0) &&
           (init(&all[0], most, &err)
                ? (alcove_page_reserve_done(&all[0]), true)
                : told(ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_OS, 0)),
       "...one that has no whole pages, too");
    before();
    for (n = 0; n < MANY; n++)
        if (!init(&all[n], ALCOVE_SIZE_MAX / 4 * 3, &err))
            break;
    ok(n < MANY && told(ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_OS, 0) &&
           err.os_error == (ALCOVE_HAVE_OS_ERRORS ? errno : 0) &&
           err.layout.size == ALCOVE_SIZE_MAX / 4 * 3 && err.old.size == 0,
       "...and one that the system does not have");
    for (i = 0; i < n; i++)
        alcove_page_reserve_done(&all[i]);
    ok(memcmp(&r, &old, sizeof r) == 0, "...with nothing changed");
    before();
    ok(init(&r, 50 * page + 1, &err) && untouched() && is_sound() &&
           r.size == round_up(51 * page, unit) &&
           (uintptr_t)r.start % ALCOVE_HUGEPAGE_SIZE == 0,
       "a range is whole pages, and aligned for huge ones");
    ok(strcmp(alcove_name(a), "page reserve") == 0 &&
           alcove_require(
               a,
               ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |
                   ALCOVE_CAN_RESIZE | ALCOVE_CAN_OWNS | ALCOVE_CAN_CHECKED |
                   ALCOVE_CAN_USABLE_SIZE | ALCOVE_CAN_TEMP | ALCOVE_CAN_ZERO,
               NULL) &&
           !(alcove_features(a) & (ALCOVE_CAN_THREADS | ALCOVE_CAN_REALLOC)),
       "...and tells what it can do");
    alcove_page_reserve_done(&r);
}

static void
look(void *mem, void *arg)
{
    memset(mem, 1, 100);
    ++*(int *)arg;
}

static void
test_block(init_fn *init)
{
    struct alcove_layout over, tight = small;
    int calls = 0;
    char *p;

    if (!init(&r, 50 * page, NULL))
        bail_out("no range");
    over = bytes(r.size + 1);
    before();
    p = alcove_alloc(a, small, &err);
    ok(p && p == r.start && untouched() && is_sound() &&
           alcove_usable_size(a, p, small) == page && holds(p, 0, page),
       "the block is at the start, zeroed, usable to the end of its page");
    memset(p, 0x33, page);
    ok(!alcove_alloc(a, small, &err) &&
           told(ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_LIMIT, 0) &&
           err.layout.size == small.size && err.old.size == 0 &&
           !alcove_zalloc(a, small, &err) && err.detail &&
           !alcove_alloc_temp(a, small, look, &calls, &err) && calls == 0,
       "there is no second one");
    ok(alcove_owns(a, p, small) && !alcove_owns(a, p, bytes(101)) &&
           !alcove_owns(a, p + 8, small) && !alcove_owns(a, &err, small),
       "it knows its block");
    before();
    ok(alcove_dealloc(a, p, small, &err) && untouched() && is_sound() &&
           !alcove_owns(a, p, small),
       "a release gives all memory back");
    p = alcove_zalloc(a, small, &err);
    ok(p == r.start && holds(p, 0, page) && untouched() &&
           alcove_dealloc(a, p, small, NULL),
       "...and the next block is fresh");
    ok(!alcove_alloc(a, over, &err) &&
           told(ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_LIMIT, r.size) &&
           err.layout.size == over.size && err.old.size == 0 &&
           err.old.align == 0 && err.detail,
       "what is larger than the range is refused");
    while ((uintptr_t)r.start % tight.align == 0)
        tight.align *= 2;
    before();
    ok(!alcove_alloc(a, tight, &err) &&
           told(ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_OTHER, 0) && is_sound() &&
           err.layout.align == tight.align && err.detail,
       "...and what is aligned to more");
    tight.align /= 2;
    p = alcove_alloc(a, tight, NULL);
    ok(p && alcove_resize(a, p, tight, small) &&
           alcove_dealloc(a, p, small, NULL),
       "...but not what is just aligned so");
    ok(alcove_alloc_temp(a, small, look, &calls, NULL) && calls == 1 &&
           is_sound(),
       "a scope takes the block, and gives it back");
    p = block(bytes(1));
    ok(alcove_owns(a, p, bytes(1)) && alcove_dealloc(a, p, bytes(1), NULL),
       "a byte is a block");
    ok(alcove_alloc(a, empty, NULL) == (void *)8 && is_sound() &&
           alcove_dealloc(a, (void *)8, empty, NULL),
       "a block of size 0 is none");
    alcove_page_reserve_done(&r);
}

static void
test_wrong(init_fn *init)
{
    char *p, other[8];

    if (!init(&r, 50 * page, NULL))
        bail_out("no range");
    before();
    ok(!alcove_dealloc(a, r.start, small, &err) &&
           told(ALCOVE_ERR_NOT_OWNED, ALCOVE_CAUSE_UNKNOWN, 0) &&
           err.block == r.start && err.layout.size == small.size &&
           err.old.size == 0,
       "a release without a block is refused");
    p = block(small);
    *p = 7;
    before();
    ok(!alcove_dealloc(a, other, small, &err) &&
           told(ALCOVE_ERR_NOT_OWNED, ALCOVE_CAUSE_UNKNOWN, 0) &&
           !alcove_realloc(a, other, small, bytes(200), &err) &&
           told(ALCOVE_ERR_NOT_OWNED, ALCOVE_CAUSE_UNKNOWN, 0) &&
           !alcove_resize(a, p + 8, small, bytes(200)),
       "...of another one, too");
    before();
    ok(!alcove_dealloc(a, p, bytes(101), &err) &&
           told(ALCOVE_ERR_LAYOUT_MISMATCH, ALCOVE_CAUSE_UNKNOWN, 0) &&
           err.old.size == 100 && err.layout.size == 101 && err.block == p &&
           !alcove_grow(a, p, bytes(101), bytes(200), &err) &&
           told(ALCOVE_ERR_LAYOUT_MISMATCH, ALCOVE_CAUSE_UNKNOWN, 0) &&
           !alcove_resize(a, p, bytes(101), bytes(200)),
       "...and one with another layout");
    ok(*p == 7 && alcove_owns(a, p, small) && alcove_dealloc(a, p, small, NULL),
       "the block is as it was");
    alcove_page_reserve_done(&r);
}

/* Bytes that say where they are. */
static void
stamp(char *p, size_t from, size_t to)
{
    size_t i;

    for (i = from; i < to; i += 512)
        p[i] = (char)(i / 512 % 127 + 1);
}

static bool
is_stamped(const char *p, size_t to)
{
    size_t i;

    for (i = 0; i < to; i += 512)
        if (p[i] != (char)(i / 512 % 127 + 1))
            return false;
    return true;
}

static void
test_growth(init_fn *init)
{
    const size_t most = (size_t)12 * 1024 * 1024;
    size_t size, next, old, wrong = 0, slack;
    char *p, *q;

    if (!init(&r, most, NULL))
        bail_out("no range");
    size = 4096;
    p = block(bytes(size));
    stamp(p, 0, size);
    before();
    for (; size < most; size = next) {
        next = size + 4096 < most ? size + 4096 : most;
        q = alcove_zgrow(a, p, bytes(size), bytes(next), &err);
        wrong += q != p || !is_sound() || p[size] != 0 || p[next - 1] != 0;
        stamp(p, size, next);
    }
    ok(wrong == 0 && untouched() && is_stamped(p, most),
       "a block grows in place, with its contents, to the end of the range");
    ok(!alcove_resize(a, p, bytes(most), bytes(most + 1)) && untouched() &&
           !alcove_grow(a, p, bytes(most), bytes(most + 1), &err) &&
           told(ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_LIMIT, most) &&
           err.old.size == most && err.layout.size == most + 1 && is_sound() &&
           is_stamped(p, most),
       "...and no further");

    before();
    for (; size > 100000; size = next) {
        next = size - 70000;
        wrong += !alcove_resize(a, p, bytes(size), bytes(next)) || !is_sound();
    }
    ok(wrong == 0 && untouched() && is_stamped(p, size) &&
           r.committed < most / 2,
       "it shrinks in place, and gives memory back");
    old = size;
    slack = r.committed;
    ok(alcove_resize(a, p, bytes(old), bytes(most)) && is_stamped(p, old) &&
           holds(p + slack, 0, most - slack),
       "...which is fresh when it comes again");
    p = alcove_realloc(a, p, bytes(most), (struct alcove_layout){50, 16}, &err);
    ok(p == r.start && is_sound() && untouched(),
       "a large step back is one step");
    ok(alcove_dealloc(a, p, (struct alcove_layout){50, 16}, &err) &&
           is_sound() && untouched(),
       "...and the block is released with its last layout");
    alcove_page_reserve_done(&r);
}

static void
test_random(init_fn *init)
{
    const size_t most = (size_t)5 * 1024 * 1024 + 77;
    /* in 4 KiB, however large a page is: 64 KiB and 512 KiB are edges */
    const size_t steps[] = {1, 17, 33, 17, 16, 500, 150, 1024, 1025, 1281, 1};
    size_t i, size = 0, wrong = 0, committed = 0;

    if (!init(&r, most, NULL))
        bail_out("no range");
    (void)block(bytes(1));
    for (i = 0; i < sizeof steps / sizeof *steps && wrong == 0; i++) {
        size_t to = steps[i] * 4096;

        committed = committed_after(r.committed, to);
        wrong += !alcove_resize(a, r.start, r.block, bytes(to)) ||
                 r.committed != committed;
    }
    ok(wrong == 0, "an eighth is taken ahead, and kept");
    alcove_dealloc(a, r.start, r.block, NULL);
    committed = 0;
    before();
    for (i = 0; i < 3000 && wrong == 0; i++) {
        size_t n = tap_random(), to = n % most + 1;

        n = tap_random();
        if (size != 0 && n % 4 != 0) /* mostly small steps */
            to = (size + to % 20000 - 10000) % most + 1;
        if (size == 0) {
            wrong += alcove_zalloc(a, bytes(to), &err) != r.start;
            wrong += r.start[0] != 0 || r.start[to - 1] != 0;
        } else if (n % 16 == 0) {
            wrong += !alcove_dealloc(a, r.start, bytes(size), &err);
            to = 0;
        } else {
            wrong += !alcove_resize(a, r.start, bytes(size), bytes(to));
        }
        committed = committed_after(committed, to);
        wrong += !is_sound() || (size != 0 && to != 0 && r.start[0] != 5) ||
                 r.committed != committed;
        size = to;
        if (size != 0)
            r.start[0] = r.start[size - 1] = 5;
    }
    ok(wrong == 0 && untouched(), "random sizes, all in place and sound");
    alcove_page_reserve_done(&r);
}

static void
test_done(init_fn *init)
{
    size_t size;
    char *p;

    if (!init(&r, 50 * page, NULL))
        bail_out("no range");
    p = block(small);
    size = r.size;
    before();
    alcove_page_reserve_done(&r);
    ok(!alcove_owns(a, p, small) && untouched() && is_sound() && gone(p, size),
       "done takes the block with it, and the range");
    alcove_page_reserve_done(&r);
    ok(!alcove_alloc(a, small, &err) &&
           told(ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_LIMIT, 0) && is_sound(),
       "...once more is a no-op, and every block is refused");
    before();
    ok(!alcove_dealloc(a, p, small, &err) &&
           told(ALCOVE_ERR_NOT_OWNED, ALCOVE_CAUSE_UNKNOWN, 0),
       "...and every release");
}

#if ALCOVE_HAVE_PAGE

#    if ALCOVE_VIRTUALALLOC

static bool
survives_touch(const char *p)
{
    return !IsBadReadPtr(p, 1);
}

#    else

static void
die(int number)
{
    (void)number;
#        if ALCOVE_VALGRIND
    VALGRIND_ENABLE_ERROR_REPORTING; /* or it wonders */
#        endif
    _exit(1);
}

/* In a process of its own: it must not survive. It ends by itself, and Valgrind
 * is told not to tell: what is on purpose is no report. */
static bool
survives_touch(const volatile char *p)
{
    int status = 0;
    pid_t child = fork();

    if (child < 0)
        return false;
    if (child == 0) {
        volatile char seen;

        (void)close(1); /* what a tool says about it is no news */
        (void)close(2);
        (void)signal(SIGSEGV, die);
        (void)signal(SIGBUS, die);
#        if ALCOVE_VALGRIND
        VALGRIND_DISABLE_ERROR_REPORTING;
#        endif
        seen = *p; /* somewhere, or tcc leaves the reading out */
        (void)seen;
#        if ALCOVE_VALGRIND
        VALGRIND_ENABLE_ERROR_REPORTING;
#        endif
        _exit(0);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#    endif

static void
test_hidden(init_fn *init)
{
    char *p;

    if (!init(&r, 50 * unit, NULL))
        bail_out("no range");
    p = block(small);
    ok(survives_touch(p) && !survives_touch(p + r.committed) &&
           !survives_touch(p + r.size - 1),
       "what lies beyond cannot be touched");
    alcove_dealloc(a, p, small, NULL);
    ok(!survives_touch(p), "...nor a block that was released");
    alcove_page_reserve_done(&r);
}

/* Where private memory has a limit (Linux), growth meets it. */
static void
test_no_memory(init_fn *init)
{
#    ifdef RLIMIT_DATA
    const size_t most = (size_t)64 * 1024 * 1024;
    struct rlimit old, now;
    char *p, *q;
    bool good;

    if (!init(&r, most, NULL))
        bail_out("no range");
    p = block(small);
    *p = 9;
    if (getrlimit(RLIMIT_DATA, &old) != 0)
        bail_out("no limits");
    now = old;
    now.rlim_cur = 4096;
    before();
    (void)setrlimit(RLIMIT_DATA, &now);
    good = alcove_resize(a, p, small, bytes(most)) || untouched();
    q = alcove_grow(a, p, r.block, bytes(most), &err);
    (void)setrlimit(RLIMIT_DATA, &old);
    if (q) {
        skip(2, "memory has no limit here");
    } else {
        ok(told(ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_OS, 0) &&
               errno == ENOMEM && is_sound() && good,
           "what the system does not have is refused");
        ok(*p == 9 && alcove_owns(a, p, small) &&
               alcove_dealloc(a, p, small, NULL),
           "...and the block is as it was");
    }
    alcove_page_reserve_done(&r);
#    else
    (void)init;
    skip(2, "memory has no limits here");
#    endif
}

#    ifdef RLIMIT_DATA

/* How much memory a new block gets under this limit: 0, if it is refused. */
static size_t
committed_under(rlim_t limit, struct alcove_layout l)
{
    struct rlimit old, now;
    size_t committed;
    char *p;

    if (getrlimit(RLIMIT_DATA, &old) != 0)
        bail_out("no limits");
    now = old;
    now.rlim_cur = limit;
    (void)setrlimit(RLIMIT_DATA, &now);
    p = alcove_alloc(a, l, NULL);
    (void)setrlimit(RLIMIT_DATA, &old);
    committed = r.committed;
    if (p && !alcove_dealloc(a, p, l, NULL))
        bail_out("no release");
    return committed;
}

#    endif

/* The lowest limit under which there is a block is too low for more. */
static void
test_little_memory(init_fn *init)
{
#    ifdef RLIMIT_DATA
    rlim_t low = 4096, high = (rlim_t)1 << (sizeof(void *) == 4 ? 30 : 46);
    struct alcove_layout l;

    if (!init(&r, 64 * unit, NULL))
        bail_out("no range");
    l = bytes(4 * r.step);
    if (committed_under(low, l) != 0 || committed_under(high, l) == 0) {
        skip(1, "memory has no limit here");
    } else {
        while (high - low > 4096) {
            rlim_t middle = low + (high - low) / 2;

            if (committed_under(middle, l) != 0)
                high = middle;
            else
                low = middle;
        }
        is_size(committed_under(high, l), l.size,
                "where there is none to take ahead, what is needed will do");
    }
    alcove_page_reserve_done(&r);
#    else
    (void)init;
    skip(1, "memory has no limits here");
#    endif
}

#else

static void
test_hidden(init_fn *init)
{
    (void)init;
}

static void
test_little_memory(init_fn *init)
{
    (void)init;
}

static void
test_no_memory(init_fn *init)
{
    (void)init;
}

#endif

static void
test_kind(init_fn *init, size_t granule)
{
    unit = granule;
    test_init(init);
    test_block(init);
    test_wrong(init);
    test_growth(init);
    test_random(init);
    test_done(init);
    test_hidden(init);
    test_no_memory(init);
    test_little_memory(init);
}

static int
test_absent(void)
{
    static struct alcove_page_reserve old;

    tap_plan(2);
    before();
    ok(!alcove_page_reserve_init(&r, 100, &err) &&
           told(ALCOVE_ERR_UNSUPPORTED, ALCOVE_CAUSE_UNKNOWN, 0) &&
           !alcove_hugepage_reserve_init(&r, 100, &err) &&
           told(ALCOVE_ERR_UNSUPPORTED, ALCOVE_CAUSE_UNKNOWN, 0),
       "without pages there is no range");
    alcove_page_reserve_done(&r);
    ok(memcmp(&r, &old, sizeof r) == 0, "...and nothing has changed");
    return tap_done();
}

int
main(void)
{
    page = alcove_page_size();
    if (!ALCOVE_HAVE_PAGE)
        return test_absent();
    tap_plan(2 * 37);
    diag("pages");
    test_kind(alcove_page_reserve_init, page);
    diag("huge pages");
    test_kind(alcove_hugepage_reserve_init,
              page < ALCOVE_HUGEPAGE_SIZE ? ALCOVE_HUGEPAGE_SIZE : page);
    return tap_done();
}
