/* SPDX-License-Identifier: MIT */
/* The calls of the system that the library makes, refused one after the other,
 * once and for ever. For verify/oom, which links it with --wrap.
 *
 * Before each call a token is asked for of the out-of-memory driver's
 * allocator, and if that is refused, so is the call. What a call takes (a
 * mapping, a block of malloc's, a mutex) keeps its token until it is given
 * back, and so the driver finds leaks and places as in any other body. The
 * token's size is the number of the call.
 */
#include <config.h>

#include <alcove.h>
#include <alcove/check.h>

#include "holds.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* X(name) for each call that can be refused. */
#define CALLS(X)                                                               \
    X(mmap)                                                                    \
    X(munmap)                                                                  \
    X(mprotect)                                                                \
    X(mremap)                                                                  \
    X(madvise)                                                                 \
    X(malloc)                                                                  \
    X(calloc)                                                                  \
    X(realloc)                                                                 \
    X(posix_memalign)                                                          \
    X(aligned_alloc)                                                           \
    X(sysconf)                                                                 \
    X(getrlimit)                                                               \
    X(sigaltstack)                                                             \
    X(getauxval)                                                               \
    X(syscall)                                                                 \
    X(write)                                                                   \
    X(pthread_getattr_np)                                                      \
    X(pthread_attr_getstack)                                                   \
    X(pthread_attr_getguardsize)                                               \
    X(pthread_mutex_init)                                                      \
    X(pthread_mutex_lock)                                                      \
    X(pthread_mutex_trylock)                                                   \
    X(pthread_atfork)                                                          \
    X(backtrace)

enum call {
    NONE, /* a token has at least one byte */
#define X(name) CALL_##name,
    CALLS(X)
#undef X
        CALL_COUNT
};

static const char *const names[] = {"?",
#define X(name) #name,
                                    CALLS(X)
#undef X
};

/* ---- tokens ---- */

/* What has been taken and not given back, with its token. */
struct taken {
    char *start;
    size_t size; /* of a mapping; 0: something else */
    void *token;
    struct alcove_layout layout;
    bool kept; /* all of it was to go, and the call refused: nobody's fault */
};

enum { MOST = 512 };
static struct taken all[MOST];
static struct alcove_allocator *gate;
static unsigned only; /* the call to refuse; NONE: any */
static __thread bool armed;

/* May the call be made? Its token is in `*token` then. */
static bool
ask(enum call call, void **token)
{
    struct alcove_layout l = {call, 1};
    int saved = errno;

    *token = NULL;
    if (!armed || !gate || (only != NONE && only != call))
        return true;
    armed = false;
    *token = alcove_alloc(gate, l, NULL);
    armed = true;
    errno = saved;
    return *token != NULL;
}

static void
give(void *token, struct alcove_layout l)
{
    bool was = armed;

    armed = false;
    if (token)
        (void)alcove_dealloc(gate, token, l, NULL);
    armed = was;
}

static struct taken *
find(const void *p)
{
    const char *at = p;
    size_t i;

    for (i = 0; i < MOST; i++)
        if (all[i].token && at >= all[i].start &&
            at < all[i].start + (all[i].size ? all[i].size : 1))
            return &all[i];
    return NULL;
}

static void
enter(void *start, size_t size, void *token, enum call call)
{
    size_t i;

    for (i = 0; token && i < MOST; i++)
        if (!all[i].token) {
            all[i] = (struct taken){start, size, token, {call, 1}, false};
            return;
        }
}

static void
forget(struct taken *t)
{
    if (t) {
        give(t->token, t->layout);
        t->token = NULL;
    }
}

/* For a call that takes nothing. */
static bool
refused(enum call call)
{
    struct alcove_layout l = {call, 1};
    void *token;
    bool may = ask(call, &token);

    give(token, l);
    return !may;
}

/* ---- the calls ---- */

#define REAL(type, name, ...)                                                  \
    type __real_##name(__VA_ARGS__);                                           \
    type __wrap_##name(__VA_ARGS__);                                           \
    type __wrap_##name(__VA_ARGS__)

static int
fails(int number)
{
    errno = number;
    return -1;
}

static void *
no_block(void)
{
    errno = ENOMEM;
    return NULL;
}

static void *
no_mapping(void)
{
    errno = ENOMEM;
    return MAP_FAILED;
}

REAL(void *, mmap, void *at, size_t size, int prot, int flags, int fd,
     off_t offset)
{
    void *token, *p;

    if (flags & MAP_FIXED) /* over a mapping that is there */
        return refused(CALL_mmap)
                   ? no_mapping()
                   : __real_mmap(at, size, prot, flags, fd, offset);
    if (!ask(CALL_mmap, &token))
        return no_mapping();
    p = __real_mmap(at, size, prot, flags, fd, offset);
    if (p != MAP_FAILED)
        enter(p, size, token, CALL_mmap);
    else
        give(token, (struct alcove_layout){CALL_mmap, 1});
    return p;
}

/* A mapping shrinks at either end, or goes. */
REAL(int, munmap, void *p, size_t size)
{
    struct taken *t = find(p);
    char *end = (char *)p + size;

    if (refused(CALL_munmap)) {
        if (t && t->start == p && size == t->size)
            t->kept = true;
        errno = ENOMEM;
        return -1;
    }
    if (__real_munmap(p, size) != 0)
        return -1;
    if (!t || t->size == 0)
        return 0;
    if (t->start == p) {
        t->size -= size;
        t->start = end;
    } else {
        t->size -= size; /* at its end */
    }
    if (t->size == 0)
        forget(t);
    return 0;
}

REAL(int, mprotect, void *p, size_t size, int prot)
{
    return refused(CALL_mprotect) ? fails(ENOMEM)
                                  : __real_mprotect(p, size, prot);
}

void *__real_mremap(void *p, size_t old_size, size_t new_size, int flags, ...);
void *__wrap_mremap(void *p, size_t old_size, size_t new_size, int flags, ...);
void *
__wrap_mremap(void *p, size_t old_size, size_t new_size, int flags, ...)
{
    struct taken *t = find(p);
    void *q;

    if (refused(CALL_mremap))
        return no_mapping();
    q = __real_mremap(p, old_size, new_size, flags);
    if (q != MAP_FAILED && t) {
        t->start = q;
        t->size = new_size;
    }
    return q;
}

REAL(int, madvise, void *p, size_t size, int advice)
{
    return refused(CALL_madvise) ? fails(EAGAIN)
                                 : __real_madvise(p, size, advice);
}

REAL(void *, malloc, size_t size)
{
    void *token, *p;

    if (!ask(CALL_malloc, &token))
        return no_block();
    p = __real_malloc(size);
    enter(p, 0, token, CALL_malloc);
    return p;
}

REAL(void *, calloc, size_t count, size_t size)
{
    void *token, *p;

    if (!ask(CALL_calloc, &token))
        return no_block();
    p = __real_calloc(count, size);
    enter(p, 0, token, CALL_calloc);
    return p;
}

REAL(void *, realloc, void *p, size_t size)
{
    struct taken *t = find(p);
    void *q;

    if (refused(CALL_realloc))
        return no_block();
    q = __real_realloc(p, size);
    if (q && t)
        t->start = q;
    return q;
}

REAL(int, posix_memalign, void **p, size_t align, size_t size)
{
    void *token;
    int code;

    if (!ask(CALL_posix_memalign, &token))
        return ENOMEM;
    code = __real_posix_memalign(p, align, size);
    if (code == 0)
        enter(*p, 0, token, CALL_posix_memalign);
    else
        give(token, (struct alcove_layout){CALL_posix_memalign, 1});
    return code;
}

REAL(void *, aligned_alloc, size_t align, size_t size)
{
    void *token, *p;

    if (!ask(CALL_aligned_alloc, &token))
        return no_block();
    p = __real_aligned_alloc(align, size);
    enter(p, 0, token, CALL_aligned_alloc);
    return p;
}

REAL(void, free, void *p)
{
    if (p)
        forget(find(p));
    __real_free(p);
}

/* The size of a page is told always or never. */
static enum { UNASKED, TELLS, MUTE } page_size;

REAL(long, sysconf, int name)
{
    if (armed && page_size == UNASKED)
        page_size = refused(CALL_sysconf) ? MUTE : TELLS;
    return armed && page_size == MUTE ? fails(EINVAL) : __real_sysconf(name);
}

REAL(int, getrlimit, int which, struct rlimit *limit)
{
    return refused(CALL_getrlimit) ? fails(EPERM)
                                   : __real_getrlimit(which, limit);
}

REAL(int, sigaltstack, const stack_t *new_, stack_t *old)
{
    return refused(CALL_sigaltstack) ? fails(EPERM)
                                     : __real_sigaltstack(new_, old);
}

REAL(unsigned long, getauxval, unsigned long type)
{
    if (!refused(CALL_getauxval))
        return __real_getauxval(type);
    errno = ENOENT;
    return 0;
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long
__wrap_syscall(long number, ...)
{
    va_list args;
    long a, b, c, d;

    if (refused(CALL_syscall))
        return fails(ENOSYS);
    va_start(args, number);
    a = va_arg(args, long);
    b = va_arg(args, long);
    c = va_arg(args, long);
    d = va_arg(args, long);
    va_end(args);
    return __real_syscall(number, a, b, c, d);
}

REAL(ssize_t, write, int fd, const void *p, size_t size)
{
    return refused(CALL_write) ? fails(ENOSPC) : __real_write(fd, p, size);
}

REAL(int, pthread_getattr_np, pthread_t thread, pthread_attr_t *attr)
{
    return refused(CALL_pthread_getattr_np)
               ? ENOMEM
               : __real_pthread_getattr_np(thread, attr);
}

REAL(int, pthread_attr_getstack, const pthread_attr_t *attr, void **p,
     size_t *size)
{
    return refused(CALL_pthread_attr_getstack)
               ? EINVAL
               : __real_pthread_attr_getstack(attr, p, size);
}

REAL(int, pthread_attr_getguardsize, const pthread_attr_t *attr, size_t *size)
{
    return refused(CALL_pthread_attr_getguardsize)
               ? EINVAL
               : __real_pthread_attr_getguardsize(attr, size);
}

REAL(int, pthread_mutex_init, pthread_mutex_t *m, const pthread_mutexattr_t *a)
{
    void *token;

    if (!ask(CALL_pthread_mutex_init, &token))
        return EAGAIN;
    enter(m, 0, token, CALL_pthread_mutex_init);
    return __real_pthread_mutex_init(m, a);
}

REAL(int, pthread_mutex_destroy, pthread_mutex_t *m)
{
    forget(find(m));
    return __real_pthread_mutex_destroy(m);
}

REAL(int, pthread_mutex_lock, pthread_mutex_t *m)
{
    return refused(CALL_pthread_mutex_lock) ? EAGAIN
                                            : __real_pthread_mutex_lock(m);
}

REAL(int, pthread_mutex_trylock, pthread_mutex_t *m)
{
    return refused(CALL_pthread_mutex_trylock)
               ? EBUSY
               : __real_pthread_mutex_trylock(m);
}

REAL(int, pthread_atfork, void (*before)(void), void (*parent)(void),
     void (*child)(void))
{
    return refused(CALL_pthread_atfork)
               ? ENOMEM
               : __real_pthread_atfork(before, parent, child);
}

REAL(int, backtrace, void **frames, int size)
{
    return refused(CALL_backtrace) ? 0 : __real_backtrace(frames, size);
}

/* ---- what the bodies have in common ---- */

static struct alcove_check_run *run;
static size_t refusals_told;

static bool
that(bool good, const char *what)
{
    return alcove_check_that(run, good, what);
}

enum { PIECES = 4, UNTOUCHED = 0xa5 };

struct piece {
    unsigned char *p;
    struct alcove_layout l;
};

static struct piece pieces[PIECES];
static struct alcove_error err;

static struct alcove_error *
fresh(void)
{
    memset(&err, UNTOUCHED, sizeof err);
    errno = 0;
    return &err;
}

/* Served, with nothing touched; or refused, with a name, a layout and the
 * system's own error. */
static bool
told(bool served, const char *who, struct alcove_layout l)
{
    int i;

    for (i = 0; i < PIECES; i++)
        that(!pieces[i].p || holds(pieces[i].p, 'a' + i, pieces[i].l.size),
             "every block is whole");
    if (served)
        return that(errno == 0 && holds(&err, UNTOUCHED, sizeof err),
                    "success leaves errno and the error alone");
    that(errno != 0, "a refusal sets errno");
    if (!that(!holds(&err, UNTOUCHED, sizeof err) && err.allocator,
              "the error says who refused"))
        return false;
    that(!who || strcmp(err.allocator, who) == 0, "...by its name");
    that(!who || l.align == 0 || err.code != ALCOVE_ERR_ALLOC_FAILED ||
             (err.layout.size == l.size && err.layout.align == l.align),
         "...what was asked for");
    that(err.cause != ALCOVE_CAUSE_OS ||
             (err.os_error != 0 && errno == err.os_error),
         "...and what the system said, in errno, too");
    refusals_told++;
    return false;
}

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

static bool
keep(int i, void *p, struct alcove_layout l, const char *who)
{
    if (p) {
        memset(p, 'a' + i, l.size);
        pieces[i].p = p;
        pieces[i].l = l;
    }
    return told(p != NULL, who, l);
}

/* A release may be refused: then the block is whole, and can be released when
 * the system has come round. */
static bool
drop(struct alcove_allocator *a, int i)
{
    struct piece b = pieces[i];
    bool was = armed, done;

    if (!b.p)
        return true;
    done = alcove_dealloc(a, b.p, b.l, fresh());
    if (done)
        pieces[i].p = NULL;
    told(done, NULL, b.l);
    pieces[i].p = NULL;
    armed = false;
    if (!done)
        that(alcove_dealloc(a, b.p, b.l, fresh()),
             "what was not released can be released later");
    armed = was;
    return done;
}

/* All there is to ask of blocks, with sizes for pages or for heaps. Refused by
 * `who`, or, if that is NULL, by one of several. */
static bool
blocks(struct alcove_allocator *a, const char *who, size_t most, size_t align)
{
    struct alcove_layout l = lay(most, 16), more = lay(4 * most, 16), less;
    bool good = true, changed;
    void *p;
    int i;

    good &= keep(0, alcove_alloc(a, l, fresh()), l, who);
    good &= keep(1, alcove_zalloc(a, l, fresh()), l, who);
    good &= keep(2, alcove_alloc(a, lay(most / 2, align), fresh()),
                 lay(most / 2, align), who);
    for (i = 0; i < 3; i++) {
        if (!pieces[i].p)
            continue;
        more = lay(4 * most, pieces[i].l.align);
        less = lay(most / 8 + 1, more.align);
        fresh();
        if (alcove_resize(a, pieces[i].p, pieces[i].l, more))
            (void)keep(i, pieces[i].p, more, who);
        that(errno == 0, "a resize leaves errno alone");
        p = alcove_realloc(a, pieces[i].p, pieces[i].l, more, fresh());
        that(!p || holds(p, 'a' + i, pieces[i].l.size),
             "a change keeps the contents");
        if (p)
            pieces[i].p = NULL; /* moved, perhaps */
        changed = p ? keep(i, p, more, who) : told(false, who, more);
        good &= changed;
        p = alcove_shrink(a, pieces[i].p, pieces[i].l, less, fresh());
        if (p)
            pieces[i].p = NULL;
        good &= p ? keep(i, p, less, who) : told(false, NULL, less);
    }
    for (i = 0; i < PIECES; i++)
        good &= drop(a, i);
    return good;
}

/* ---- the bodies ---- */

static bool
over_page(void)
{
    return blocks(alcove_page(), "page", 5000, 1 << 16);
}

static bool
over_hugepage(void)
{
    return blocks(alcove_hugepage(), "hugepage", 100000, ALCOVE_HUGEPAGE_SIZE);
}

static bool
over_malloc(void)
{
    return blocks(alcove_malloc(), "malloc", 3000, 256);
}

static bool
over_posix_memalign(void)
{
    return blocks(alcove_posix_memalign(), "posix_memalign", 3000, 256);
}

static bool
over_aligned_alloc(void)
{
    return blocks(alcove_aligned_alloc(), "aligned_alloc", 3000, 256);
}

static bool
over_reserve(void)
{
    struct alcove_page_reserve r;
    struct alcove_layout l = lay(5000, 16);
    bool good = alcove_page_reserve_init(&r, 1 << 22, fresh());
    size_t size;
    void *p;

    if (!told(good, "page reserve", lay(0, 0)))
        return false;
    good &= keep(0, alcove_alloc(&r.allocator, l, fresh()), l, "page reserve");
    for (size = 100000; pieces[0].p && size > 3; size /= 3) {
        l = lay(size % 90000 * 7 + 1, 16);
        p = alcove_realloc(&r.allocator, pieces[0].p, pieces[0].l, l, fresh());
        good &=
            p ? keep(0, p, l, "page reserve") : told(false, "page reserve", l);
        that(r.block.size == pieces[0].l.size && r.block.size <= r.committed,
             "its books are right");
    }
    good &= drop(&r.allocator, 0);
    alcove_page_reserve_done(&r);
    return good;
}

static bool
over_guard(bool with_pages)
{
    const struct alcove_guard_options options = {
        .struct_size = sizeof options,
        .pages = with_pages,
        .quarantine = 20000,
    };
    const char *who = with_pages ? "guard" : NULL;
    struct alcove_guard g;
    bool good = alcove_guard_init(&g, with_pages ? NULL : alcove_page(),
                                  &options, fresh()),
         done;

    if (!told(good, "guard", lay(0, 0)))
        return false;
    good = blocks(&g.allocator, who, 3000, with_pages ? 1 << 14 : 64);
    good &= blocks(&g.allocator, who, 9000, 64);
    that(g.findings == 0, "there is nothing to find");
    done = alcove_guard_done(&g, fresh());
    told(done, who, lay(0, 0));
    armed = false;
    that(done || alcove_guard_done(&g, NULL), "it can be done later");
    return good && done;
}

static bool
over_guardpages(void)
{
    return over_guard(true);
}

static bool
over_guard_of_pages(void)
{
    return over_guard(false);
}

static bool
report(void)
{
    struct alcove_guard g;
    int fd = open("/dev/null", O_WRONLY);
    bool good;
    void *p;

    if (fd < 0 || !alcove_guard_init(&g, alcove_malloc(), NULL, fresh()))
        return false;
    p = alcove_alloc(&g.allocator, lay(100, 8), fresh());
    good = p != NULL;
    if (!told(good, NULL, lay(100, 8)))
        goto end;
    good = alcove_guard_report(&g, fd, fresh());
    if (!told(good, "guard", lay(0, 0)))
        that(err.code == ALCOVE_ERR_OTHER, "a report says that it failed");
    that(alcove_dealloc(&g.allocator, p, lay(100, 8), NULL),
         "the block can be released");
end:
    that(alcove_guard_done(&g, NULL), "the guard can be done");
    close(fd);
    return good;
}

static bool
over_locked(void)
{
    struct alcove_locked locked;
    bool good = alcove_locked_init(&locked, alcove_malloc(), fresh()), done;

    if (!told(good, "locked", lay(0, 0)))
        return false;
    good = blocks(&locked.allocator, NULL, 500, 64);
    done = alcove_locked_done(&locked, fresh());
    told(done, "locked", lay(0, 0));
    armed = false;
    that(done || alcove_locked_done(&locked, NULL), "it can be done later");
    return good && done;
}

static bool
over_arena(void)
{
    struct alcove_arena arena;
    bool good = true;
    int i;

    alcove_arena_init(&arena, alcove_page(), NULL, 0);
    for (i = 0; i < 40; i++) {
        void *p = alcove_arena_alloc(&arena, lay(700, 16), fresh());

        good &= told(p != NULL, "page", lay(0, 0));
        that(alcove_arena_ok(&arena), "the arena is whole");
    }
    alcove_arena_done(&arena);
    return good;
}

static bool
over_pool(void)
{
    struct alcove_pool pool;
    void *had[100];
    int i, count = 0;
    bool good = true;

    if (!alcove_pool_init(&pool, lay(64, 16), alcove_page(), NULL, 0, fresh()))
        return false;
    for (i = 0; i < 100; i++) {
        had[count] = alcove_pool_alloc(&pool, fresh());
        good &= told(had[count] != NULL, "page", lay(0, 0));
        count += had[count] != NULL;
    }
    that(alcove_pool_ok(&pool) && alcove_pool_live(&pool) == (size_t)count,
         "the pool is whole");
    while (count > 0)
        alcove_pool_dealloc(&pool, had[--count]);
    alcove_pool_done(&pool);
    return good;
}

/* ---- stacks ---- */

static bool stack_good;

static void
in_scope(void *mem, void *arg)
{
    const void *low;
    const char *source;
    size_t size;

    memset(mem, 1, 1000);
    *(bool *)arg = true;
    if (alcove_stack_bounds(&low, &size, &source))
        that((char *)mem >= (const char *)low &&
                 (char *)mem + 1000 <= (const char *)low + size,
             "a block is inside the bounds");
}

/* The first use of this thread's stack, and another one. */
static void *
ask_for_stack(void *arg)
{
    bool ran = false, done, heap, remaining;

    (void)arg;
    armed = true;
    errno = 0;
    remaining = alcove_stack_remaining() > 0;
    that(errno == 0, "a question leaves errno alone");
    done = alcove_stack_temp(lay(1000, 16), in_scope, &ran, fresh());
    that(ran == done, "a scope's callback runs once, or never");
    if (!told(done, "stack", lay(1000, 16)))
        that(err.code == ALCOVE_ERR_ALLOC_FAILED &&
                 err.cause == ALCOVE_CAUSE_STACK,
             "what the stack refuses it says to be the stack's");
    ran = false;
    heap = alcove_alloc_temp(alcove_scratch(), lay(1000, 16), in_scope, &ran,
                             fresh());
    that(ran == heap, "...with scratch, too");
    told(heap, NULL, lay(0, 0));
    armed = false;
    stack_good = remaining && done && heap;
    return NULL;
}

static bool
on_thread(void)
{
    pthread_t thread;

    armed = false;
    if (pthread_create(&thread, NULL, ask_for_stack, NULL) != 0 ||
        pthread_join(thread, NULL) != 0)
        return false;
    return stack_good;
}

/* Needs a process of its own: this is asked once in each. */
static bool
on_first_thread(void)
{
    ask_for_stack(NULL);
    return stack_good;
}

/* ---- all of them ---- */

static const struct body {
    const char *name;
    bool (*run)(void);
    bool apart; /* each run in a process of its own */
} bodies[] = {
    /* The first of a process, before others are made here. */
    {"the first mutex", over_locked, true},
    {"pages", over_page, false},
    {"huge pages", over_hugepage, false},
    {"a reservation", over_reserve, false},
    {"malloc", over_malloc, false},
    {"posix_memalign", over_posix_memalign, false},
    {"aligned_alloc", over_aligned_alloc, false},
    {"guard pages", over_guardpages, false},
    {"a guard over pages", over_guard_of_pages, false},
    {"a guard's report", report, false},
    {"a mutex", over_locked, false},
    {"an arena over pages", over_arena, false},
    {"a pool over pages", over_pool, false},
    {"a thread's stack", on_thread, false},
    {"the first thread's stack", on_first_thread, true},
    /* end */
};

static size_t counts[CALL_COUNT], found[CALL_COUNT], refusals, shown;
static const char *current;

static void
see_finding(const struct alcove_check_finding *f, void *arg)
{
    size_t call = f->layout.size < CALL_COUNT ? f->layout.size : NONE;

    (void)arg;
    if (f->kind) {
        refusals++;
        counts[call]++;
    }
    if (f->verdict == ALCOVE_OOM_CLEAN)
        return;
    found[call]++;
    if (shown++ < 40)
        printf("not ok: %s: %s: %s: %s\n", current, names[call], f->check,
               f->text);
}

/* Mappings of which all was to go stay until here: they are given back now. */
static void
sweep(void)
{
    size_t i;

    armed = false;
    for (i = 0; i < MOST; i++)
        if (all[i].token && all[i].kept) {
            __real_munmap(all[i].start, all[i].size);
            forget(&all[i]);
        }
    for (i = 0; i < MOST; i++)
        all[i].token = NULL; /* the driver tells of these */
}

static bool
drive_body(struct alcove_allocator *a, struct alcove_check_run *r, void *arg)
{
    const struct body *b = arg;
    bool good;

    gate = a;
    run = r;
    page_size = UNASKED;
    memset(pieces, 0, sizeof pieces);
    armed = true;
    good = b->run();
    sweep();
    gate = NULL;
    alcove_check_outcome(r, &good, sizeof good);
    return good;
}

int
main(void)
{
    struct alcove_check_oom_options options = {
        .struct_size = sizeof options,
        .kinds = ALCOVE_FAIL_ALLOC,
        .no_repeat = true,
        .progress = -1,
        .finding = see_finding,
        .all_runs = true,
    };
    struct body copy;
    size_t i, failed = 0, before, places = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        copy = bodies[i];
        current = copy.name;
        options.fork = copy.apart;
        before = refusals;
        if (alcove_check_oom(drive_body, &copy, NULL, &options, NULL, NULL)) {
            printf("ok: %s: %zu refusals\n", current, refusals - before);
        } else {
            failed++;
            printf("not ok: %s\n", current);
        }
    }
    for (i = 1; i < CALL_COUNT; i++) {
        printf("call: %-26s %4zu refused, %zu findings\n", names[i], counts[i],
               found[i]);
        places += counts[i] > 0;
    }
    printf("sum %zu %zu %zu %zu %zu\n", refusals, refusals_told, places,
           sizeof bodies / sizeof *bodies, failed);
    return failed != 0;
}
