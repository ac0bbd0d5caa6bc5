/* SPDX-License-Identifier: MIT */
/* A scope gives back: a temporary block is there for its callback, once, and
 * gone when the callback is, however that ends; and a refusal never runs it.
 */
#include <config.h>

#include <alcove/temp.h>

#include "../lib/check/cancel.h"
#include "count.h"
#include "tap.h"

#include <errno.h>
#include <string.h>
#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#endif

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MARK (-4711) /* an errno that nobody sets */

typedef bool temp_fn(struct alcove_allocator *, struct alcove_layout,
                     alcove_temp_fn *, void *, struct alcove_error *);

static struct count count;
static struct alcove_allocator *const a = &count.allocator;
static struct alcove_error err, pristine;

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

/* What a callback saw, and what it is to do. */
struct visit {
    struct alcove_layout layout;
    size_t calls;
    size_t live; /* blocks in the books */
    bool aligned, zero;
    int leave_errno;
};

static struct visit visit;

static void
look(void *mem, void *arg)
{
    struct visit *v = arg;
    size_t i;

    v->calls++;
    v->live = count.live_blocks;
    v->aligned = mem && (uintptr_t)mem % v->layout.align == 0;
    v->zero = true;
    for (i = 0; i < v->layout.size; i++)
        v->zero = v->zero && ((unsigned char *)mem)[i] == 0;
    if (v->layout.size > 0)
        memset(mem, 0xff, v->layout.size);
    errno = v->leave_errno;
}

/* Open a scope for `look`. */
static bool
open_scope(temp_fn *temp, struct alcove_layout l, struct alcove_error *pass)
{
    visit = (struct visit){l, 0, 0, false, false, MARK};
    err = pristine;
    errno = MARK;
    return temp(a, l, look, &visit, pass);
}

static bool
untouched(void)
{
    return errno == MARK && memcmp(&err, &pristine, sizeof err) == 0;
}

/* ---- what holds with and without operations of the allocator's own ---- */

static size_t
wrong_scopes(temp_fn *temp, bool clear, bool own)
{
    static const size_t sizes[] = {1, 2, 7, 8, 63, 64, 100, 1000, 1024};
    size_t i, align, wrong = 0;

    for (i = 0; i < COUNT(sizes); i++) {
        for (align = 1; align <= 1024; align *= 2) {
            wrong += !open_scope(temp, lay(sizes[i], align), &err);
            wrong += visit.calls != 1 || !visit.aligned || !untouched();
            wrong += visit.live != (own ? 0 : 1) || count.live_blocks != 0;
            wrong += clear && !visit.zero;
            wrong += !open_scope(temp, lay(sizes[i], align), NULL);
        }
    }
    return wrong;
}

static size_t
wrong_nothings(temp_fn *temp)
{
    size_t align, wrong = 0, asked = count.asked;

    for (align = 1; align != 0; align *= 2) {
        wrong += !open_scope(temp, lay(0, align), &err);
        wrong += visit.calls != 1 || !visit.aligned || !untouched();
    }
    return wrong + (count.asked != asked);
}

static size_t
wrong_layouts(temp_fn *temp)
{
    static const struct {
        struct alcove_layout layout;
        enum alcove_code code;
        int number;
    } bad[] = {
        {{8, 0}, ALCOVE_ERR_ZERO_ALIGN, EINVAL},
        {{0, 0}, ALCOVE_ERR_ZERO_ALIGN, EINVAL},
        {{8, 3}, ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO, EINVAL},
        {{0, 24}, ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO, EINVAL},
        {{ALCOVE_SIZE_MAX + 1, 1}, ALCOVE_ERR_EXCEEDS_MAX, EOVERFLOW},
        {{ALCOVE_SIZE_MAX - 6, 8}, ALCOVE_ERR_EXCEEDS_MAX, EOVERFLOW},
        {{SIZE_MAX, 8}, ALCOVE_ERR_EXCEEDS_MAX, EOVERFLOW},
    };
    size_t i, wrong = 0, asked = count.asked;

    for (i = 0; i < COUNT(bad); i++) {
        wrong += open_scope(temp, bad[i].layout, &err);
        wrong += !errno_is(bad[i].number) || err.code != bad[i].code;
        wrong += err.layout.size != bad[i].layout.size ||
                 err.layout.align != bad[i].layout.align || !err.allocator;
        wrong += visit.calls != 0;
        wrong += open_scope(temp, bad[i].layout, NULL);
        wrong += !errno_is(bad[i].number) || visit.calls != 0;
    }
    return wrong + (count.asked != asked);
}

static size_t
wrong_refusals(temp_fn *temp)
{
    size_t wrong = 0;

    count.fail_after = 0;
    wrong += open_scope(temp, lay(100, 8), &err) || !errno_is(ENOMEM);
    wrong += err.code != ALCOVE_ERR_ALLOC_FAILED || err.layout.size != 100;
    wrong += err.cause != ALCOVE_CAUSE_INJECTED || visit.calls != 0;
    wrong += open_scope(temp, lay(100, 8), NULL) || !errno_is(ENOMEM);
    wrong += visit.calls != 0;
    count.fail_after = SIZE_MAX;
    return wrong;
}

static size_t
wrong_errnos(temp_fn *temp)
{
    visit = (struct visit){lay(100, 8), 0, 0, false, false, EDOM};
    errno = MARK;
    return !temp(a, lay(100, 8), look, &visit, NULL) || errno != EDOM;
}

static void
check_each(const char *text, unsigned features, bool own)
{
    count_init(&count, features);
    if (own)
        count_own_temp(&count);
    diag("over %s", text);
    is_size(wrong_scopes(alcove_alloc_temp, false, own), 0,
            "the callback runs once, with an aligned block of its own");
    is_size(wrong_scopes(alcove_zalloc_temp, true, own), 0,
            "...and with one that is 0 from zalloc_temp");
    ok(count_ok(&count, 0, 0), "...which is gone afterwards");
    is_size(wrong_nothings(alcove_alloc_temp) +
                wrong_nothings(alcove_zalloc_temp),
            0, "size 0 is served without a call of the allocator");
    is_size(wrong_layouts(alcove_alloc_temp), 0,
            "a layout that is not valid is refused, and the callback not run");
    is_size(wrong_layouts(alcove_zalloc_temp), 0, "...by zalloc_temp, too");
    is_size(wrong_refusals(alcove_alloc_temp) +
                wrong_refusals(alcove_zalloc_temp),
            0, "without a block the callback is not run");
    is_size(wrong_errnos(alcove_alloc_temp) + wrong_errnos(alcove_zalloc_temp),
            0, "errno is what the callback left");
    ok(count_ok(&count, 0, 0) && (count.temps > 0) == own,
       "the books are in order after all that");
    count_done(&count);
}

enum { CHECKS_OF_EACH = 9 };

/* ---- what the generic scope does ---- */

static void
check_release_refused(void)
{
    count_init(&count, COUNT_PLAIN);
    count.refuse_dealloc = true;
    ok(open_scope(alcove_alloc_temp, lay(100, 8), &err) && visit.calls == 1,
       "a scope whose block is not taken back has succeeded");
    ok(untouched(), "...and errno and the error are untouched");
    ok(open_scope(alcove_zalloc_temp, lay(100, 8), &err) && untouched(),
       "...with zalloc_temp, too");
    is_size(count.refused, 2, "...although the release was tried");
    count_done(&count);
}

static void
check_unsupported(void)
{
    count_init(&count, COUNT_PLAIN & ~(unsigned)ALCOVE_CAN_TEMP);
    ok(!open_scope(alcove_alloc_temp, lay(100, 8), &err) && errno_is(ENOTSUP) &&
           err.code == ALCOVE_ERR_UNSUPPORTED && visit.calls == 0,
       "an allocator without ALCOVE_CAN_TEMP refuses");
    ok(!open_scope(alcove_zalloc_temp, lay(100, 8), &err) &&
           errno_is(ENOTSUP) && err.code == ALCOVE_ERR_UNSUPPORTED &&
           visit.calls == 0,
       "...zalloc_temp, too");
    is_size(count.asked, 0, "...before a block is allocated");
    ok(open_scope(alcove_alloc_temp, lay(0, 8), &err) && visit.calls == 1,
       "...but not size 0");
    count_done(&count);
}

enum { DEPTH = 64 };

struct nest {
    size_t depth;
    size_t deepest, most, wrong;
};

static void
nest(void *mem, void *arg)
{
    struct nest *n = arg;
    size_t depth = ++n->depth;
    size_t i, size = 10 * depth;

    memset(mem, (int)depth, size);
    n->deepest = depth > n->deepest ? depth : n->deepest;
    n->most = count.live_blocks > n->most ? count.live_blocks : n->most;
    if (depth < DEPTH)
        n->wrong += !alcove_alloc_temp(a, lay(size + 10, 16), nest, n, NULL);
    for (i = 0; i < size; i++)
        n->wrong += ((unsigned char *)mem)[i] != depth;
    n->wrong += count.live_blocks != depth;
    n->depth--;
}

static void
check_nesting(void)
{
    struct nest n = {0, 0, 0, 0};

    count_init(&count, COUNT_PLAIN);
    ok(alcove_alloc_temp(a, lay(10, 16), nest, &n, NULL) &&
           n.deepest == DEPTH && n.most == DEPTH,
       "scopes nest");
    is_size(n.wrong, 0, "...each with a block of its own, until it ends");
    ok(count_ok(&count, 0, 0), "...and all are gone afterwards");
    count_done(&count);
}

/* ---- what is left for those who hand scopes on ---- */

struct left {
    size_t calls, left;
    bool early; /* left before the callback had run */
};

static void
call_once(void *mem, void *arg)
{
    struct left *l = arg;

    l->calls++;
    l->early = l->left != 0 || mem != arg;
    errno = EDOM;
}

static void
leave(void *arg)
{
    struct left *l = arg;

    l->early = l->early || l->calls != 1;
    l->left++;
    errno = ERANGE;
}

static void
check_call(void)
{
    struct left l = {0, 0, false};

    alcove_temp_call(call_once, &l, &l, leave, &l);
    ok(l.calls == 1 && l.left == 1 && !l.early,
       "a call for a scope runs the callback, and then what leaves it");
    ok(errno_is(EDOM), "...and errno is what the callback left");
}

/* ---- a thread that ends inside ---- */

#if ALCOVE_HAVE_THREADS

struct ending {
    temp_fn *temp;
    bool cancel;  /* instead of pthread_exit */
    size_t depth; /* how many scopes deep */
    size_t live;  /* blocks in the books when it ends, and then when a handler
                     of the callback's own runs */
    size_t live_in_handler;
    bool ran_on;
};

static void
handler(void *arg)
{
    struct ending *e = arg;

    e->live_in_handler = count.live_blocks;
}

static void
end_inside(void *mem, void *arg)
{
    struct ending *e = arg;

    memset(mem, 1, 100);
    if (e->depth-- > 1) {
        e->ran_on = e->temp(a, lay(100, 8), end_inside, e, NULL);
        return;
    }
    e->live = count.live_blocks;
    pthread_cleanup_push(handler, e);
    if (!e->cancel)
        pthread_exit(NULL);
    alcove_cancel_self();
    pthread_cleanup_pop(0);
}

static void *
thread(void *arg)
{
    struct ending *e = arg;

    e->ran_on = e->temp(a, lay(100, 8), end_inside, e, NULL);
    return NULL;
}

static void
check_ending(temp_fn *temp, bool cancel, size_t depth, const char *text)
{
    struct ending e = {temp, cancel, depth, 0, 0, false};
    pthread_t id;

    count_init(&count, COUNT_PLAIN);
    if (pthread_create(&id, NULL, thread, &e) != 0 ||
        pthread_join(id, NULL) != 0)
        bail_out("no threads for the test");
    /* winpthreads have no handlers run by pthread_exit. */
    if (!cancel && ALCOVE_PTHREAD_GETCLEAN && e.live_in_handler == 0)
        e.live_in_handler = depth;
    ok(e.live == depth && e.live_in_handler == depth && !e.ran_on,
       "%s ends %u scopes", text, (unsigned)depth);
    ok(count_ok(&count, 0, 0) && count.deallocs == depth,
       "...and each block is given back once");
    count_done(&count);
}

static void
check_threads(void)
{
    check_ending(alcove_alloc_temp, false, 1, "pthread_exit");
    check_ending(alcove_alloc_temp, false, 5, "pthread_exit");
    check_ending(alcove_zalloc_temp, false, 1, "pthread_exit, zeroed,");
    check_ending(alcove_alloc_temp, true, 1, "pthread_cancel");
    check_ending(alcove_alloc_temp, true, 5, "pthread_cancel");
    check_ending(alcove_zalloc_temp, true, 1, "pthread_cancel, zeroed,");
}

#else

static void
check_threads(void)
{
    skip(12, "the library is built without threads");
}

#endif

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the tests' own allocators stand on malloc");
    tap_plan(3 * CHECKS_OF_EACH + 4 + 4 + 3 + 2 + 12);
    memset(&pristine, 0xa5, sizeof pristine);

    check_each("an allocator with the least", COUNT_PLAIN, false);
    check_each("one with zalloc", COUNT_PLAIN | ALCOVE_CAN_ZERO, false);
    check_each("one with temporaries of its own", COUNT_PLAIN, true);
    check_release_refused();
    check_unsupported();
    check_nesting();
    check_call();
    check_threads();
    return tap_done();
}
