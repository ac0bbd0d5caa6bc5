/* SPDX-License-Identifier: MIT */
/* A mutex around an allocator.
 *
 * Whether this thread holds the mutex already is not left to an error-checking
 * one: glibc's takes 32 instructions more for lock and unlock together, and
 * knows threads by numbers that change in the child of a fork. Instead the
 * owner is noted, by an address that is its own. It is written under the mutex
 * only, and back to NULL before that is let go: so who reads its own address
 * there, at any time, holds the mutex.
 *
 * A fork waits until nobody else is in an operation, and holds all mutexes for
 * so long, the newest adapter's first: that is the order in which nested ones
 * are taken. Parent and child both let go of them. For that all adapters are in
 * a list, the one hidden state, for which fork leaves no choice: its handlers
 * get no argument, and cannot be taken back.
 */
#include <config.h>

#include <alcove/locked.h>

#include "../core/cleanup.h"
#include "../os/tools.h"
#include "adapt.h"

#include <errno.h>

#if ALCOVE_HAVE_THREADS

static bool
refuse_init(enum alcove_code code, int os_error, const char *detail,
            struct alcove_error *err)
{
    struct alcove_error what = {
        .code = code,
        .cause = ALCOVE_CAUSE_OS,
        .os_error = os_error,
        .allocator = "locked",
        .detail = detail,
    };

    return alcove_error_set(err, &what);
}

static struct alcove_locked *
locked_self(struct alcove_allocator *a)
{
    return (struct alcove_locked *)(void *)a;
}

/* ---- the mutex ---- */

/* The address of errno, which every thread has one of, and which is needed
 * anyway. Where errno is no macro, it could be one for all. */
static inline const void *
this_thread(void)
{
#    if defined errno || !ALCOVE_THREAD_LOCAL_WORKS
    return &errno;
#    else
    static ALCOVE_THREAD_LOCAL char address;

    return &address;
#    endif
}

static inline bool
is_mine(const struct alcove_locked *s)
{
#    if ALCOVE_ATOMIC_BUILTINS
    return __atomic_load_n(&s->owner, __ATOMIC_RELAXED) == this_thread();
#    else
    return *(const void *const volatile *)&s->owner == this_thread();
#    endif
}

static inline void
set_owner(struct alcove_locked *s, const void *owner)
{
#    if ALCOVE_ATOMIC_BUILTINS
    __atomic_store_n(&s->owner, owner, __ATOMIC_RELAXED);
#    else
    *(const void *volatile *)&s->owner = owner;
#    endif
}

/* Returns 0 or an errno value. POSIX does not keep these functions from
 * touching errno. */
static inline int
locked_take(struct alcove_locked *s)
{
    int saved = errno, code;

    if (ALCOVE_UNLIKELY(is_mine(s)))
        return EDEADLK;
    code = pthread_mutex_lock(&s->mutex);
    errno = saved;
    if (ALCOVE_LIKELY(code == 0))
        set_owner(s, this_thread());
    return code;
}

static inline void
let_go(void *locked)
{
    struct alcove_locked *s = locked;
    int saved = errno;

    set_owner(s, NULL);
    (void)pthread_mutex_unlock(&s->mutex);
    errno = saved;
}

static ALCOVE_COLD ALCOVE_NOINLINE bool
locked_refuse(int code, const void *block, struct alcove_layout l,
              struct alcove_layout old, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_LOCK,
        .cause = ALCOVE_CAUSE_OS,
        .os_error = code,
        .layout = l,
        .old = old,
        .block = block,
        .allocator = "locked",
    };

    if (code == EDEADLK)
        what.detail = "this thread is in one of its operations";
    return alcove_error_set(err, &what);
}

/* ---- the operations ---- */

static const struct alcove_layout locked_none = {0, 0};

static void *
locked_alloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    struct alcove_locked *s = locked_self(a);
    int code = locked_take(s);
    void *p;

    if (ALCOVE_UNLIKELY(code != 0)) {
        locked_refuse(code, NULL, l, locked_none, err);
        return NULL;
    }
    ALCOVE_CLEANUP_PUSH(let_go, s);
    p = s->parent->ops->alloc(s->parent, l, err);
    ALCOVE_CLEANUP_POP(1);
    return p;
}

static bool
locked_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
               struct alcove_error *err)
{
    struct alcove_locked *s = locked_self(a);
    int code = locked_take(s);
    bool done;

    if (ALCOVE_UNLIKELY(code != 0))
        return locked_refuse(code, p, l, locked_none, err);
    ALCOVE_CLEANUP_PUSH(let_go, s);
    done = s->parent->ops->dealloc(s->parent, p, l, err);
    ALCOVE_CLEANUP_POP(1);
    return done;
}

/* What the parent would only allocate and clear is cleared outside the mutex.
 */
static void *
locked_zalloc(struct alcove_allocator *a, struct alcove_layout l,
              struct alcove_error *err)
{
    struct alcove_locked *s = locked_self(a);
    int code;
    void *p;

    if (!s->parent->ops->zalloc)
        return alcove_zalloc_edge(a, l, err);
    code = locked_take(s);
    if (ALCOVE_UNLIKELY(code != 0)) {
        locked_refuse(code, NULL, l, locked_none, err);
        return NULL;
    }
    ALCOVE_CLEANUP_PUSH(let_go, s);
    p = s->parent->ops->zalloc(s->parent, l, err);
    ALCOVE_CLEANUP_POP(1);
    return p;
}

static bool
locked_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
              struct alcove_layout new_)
{
    struct alcove_locked *s = locked_self(a);
    bool done;

    if (locked_take(s) != 0)
        return false;
    ALCOVE_CLEANUP_PUSH(let_go, s);
    done = alcove_resize(s->parent, p, old, new_);
    ALCOVE_CLEANUP_POP(1);
    return done;
}

static void *
locked_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
               struct alcove_layout new_, struct alcove_error *err)
{
    struct alcove_locked *s = locked_self(a);
    int code = locked_take(s);
    void *changed;

    if (ALCOVE_UNLIKELY(code != 0)) {
        locked_refuse(code, p, new_, old, err);
        return NULL;
    }
    ALCOVE_CLEANUP_PUSH(let_go, s);
    changed = alcove_realloc(s->parent, p, old, new_, err);
    ALCOVE_CLEANUP_POP(1);
    return changed;
}

static bool
locked_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    struct alcove_locked *s = locked_self(a);
    bool owns;

    if (locked_take(s) != 0)
        return false;
    ALCOVE_CLEANUP_PUSH(let_go, s);
    owns = alcove_owns(s->parent, p, l);
    ALCOVE_CLEANUP_POP(1);
    return owns;
}

static size_t
locked_usable_size(struct alcove_allocator *a, const void *p,
                   struct alcove_layout l)
{
    struct alcove_locked *s = locked_self(a);
    size_t size;

    if (locked_take(s) != 0)
        return l.size;
    ALCOVE_CLEANUP_PUSH(let_go, s);
    size = alcove_usable_size(s->parent, p, l);
    ALCOVE_CLEANUP_POP(1);
    return size;
}

/* The release at the end of a scope finds the mutex to be had: its thread had
 * it for the allocation, and has left any operation begun in between. */
static bool
locked_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                  alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    struct alcove_allocator *parent = locked_self(a)->parent;

    if (parent->features & ALCOVE_CAN_THREADS)
        return alcove_alloc_temp(parent, l, fn, arg, err);
    return alcove_alloc_temp_edge(a, l, fn, arg, err);
}

/* ---- fork ---- */

static pthread_mutex_t list = PTHREAD_MUTEX_INITIALIZER;
static struct alcove_locked *newest; /* of all in use */

#    if ALCOVE_PTHREAD_ATFORK
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int once_code;

static void
before_fork(void)
{
    struct alcove_locked *s;

    pthread_mutex_lock(&list);
    for (s = newest; s; s = s->older)
        s->by_fork = locked_take(s) == 0;
}

static void
after_fork(void)
{
    struct alcove_locked *s;

    for (s = newest; s; s = s->older)
        if (s->by_fork)
            let_go(s);
    pthread_mutex_unlock(&list);
}

static void
handle_fork(void)
{
    once_code = pthread_atfork(before_fork, after_fork, after_fork);
}
#    endif

/* Not under the list's mutex: a fork at this moment would leave that locked in
 * its child. */
static int
fork_is_handled(void)
{
#    if ALCOVE_PTHREAD_ATFORK
    int code = pthread_once(&once, handle_fork);

    return code != 0 ? code : once_code;
#    else
    return 0;
#    endif
}

/* Keeps what was told. */
static void
let_go_of_list(void)
{
    int saved = errno;

    (void)pthread_mutex_unlock(&list);
    errno = saved;
}

/* Where the list points to it, or to NULL at its end. */
static struct alcove_locked **
locked_place(const struct alcove_locked *locked)
{
    struct alcove_locked **p = &newest;

    while (*p && *p != locked)
        p = &(*p)->older;
    return p;
}

/* ---- init, done ---- */

static unsigned
locked_features_over(unsigned parent)
{
    const unsigned both = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC;
    unsigned features = parent | ALCOVE_CAN_THREADS;

    if (!(parent & ALCOVE_CAN_THREADS) && (parent & both) != both)
        features &= ~(unsigned)ALCOVE_CAN_TEMP;
    return features;
}

static bool
locked_enter(struct alcove_locked *locked, struct alcove_error *err)
{
    int code;

    if (*locked_place(locked))
        return refuse_init(ALCOVE_ERR_OTHER, EBUSY,
                           "it is in use: end that first", err);
    code = pthread_mutex_init(&locked->mutex, NULL);
    if (code != 0)
        return refuse_init(ALCOVE_ERR_LOCK, code, NULL, err);
    alcove_tools_atomic(&locked->owner, sizeof locked->owner);
    locked->owner = NULL;
    locked->older = newest;
    newest = locked;
    return true;
}

static bool
locked_leave(struct alcove_locked *locked, struct alcove_error *err)
{
    struct alcove_locked **p = locked_place(locked);
    int code;

    if (!*p)
        return refuse_init(ALCOVE_ERR_OTHER, EINVAL, "it is not in use", err);
    code = pthread_mutex_trylock(&locked->mutex);
    if (code != 0)
        return refuse_init(ALCOVE_ERR_LOCK, code,
                           "one of its operations is under way", err);
    *p = locked->older;
    (void)pthread_mutex_unlock(&locked->mutex);
    (void)pthread_mutex_destroy(&locked->mutex);
    return true;
}

bool
alcove_locked_init(struct alcove_locked *locked,
                   struct alcove_allocator *parent, struct alcove_error *err)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "locked",
        .alloc = locked_alloc,
        .dealloc = locked_dealloc,
        .zalloc = locked_zalloc,
        .resize = locked_resize,
        .realloc = locked_realloc,
        .owns = locked_owns,
        .usable_size = locked_usable_size,
        .alloc_temp = locked_alloc_temp,
    };
    int saved = errno, code;
    bool done;

    if (!alcove_adapt_may_wrap(&locked->allocator, parent, ops.name, err))
        return false;
    code = fork_is_handled();
    if (code != 0)
        return refuse_init(ALCOVE_ERR_LOCK, code,
                           "the system does not take handlers for fork", err);
    pthread_mutex_lock(&list);
    done = locked_enter(locked, err);
    let_go_of_list();
    if (!done)
        return false;
    locked->allocator.ops = &ops;
    locked->allocator.features = locked_features_over(parent->features);
    locked->parent = parent;
    errno = saved;
    return true;
}

bool
alcove_locked_done(struct alcove_locked *locked, struct alcove_error *err)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "locked",
        .alloc = alcove_unsupported_alloc,
        .dealloc = alcove_unsupported_dealloc,
    };
    int saved = errno;
    bool done;

    pthread_mutex_lock(&list);
    done = locked_leave(locked, err);
    let_go_of_list();
    if (!done)
        return false;
    locked->allocator.ops = &ops;
    locked->allocator.features = ALCOVE_CAN_NOTHING;
    errno = saved;
    return true;
}

#else

static bool
locked_refuse(struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_UNSUPPORTED,
        .allocator = "locked",
        .detail = "it was built without threads",
    };

    return alcove_error_set(err, &what);
}

/* Without a mutex the promise could not be kept. */
bool
alcove_locked_init(struct alcove_locked *locked,
                   struct alcove_allocator *parent, struct alcove_error *err)
{
    if (!alcove_adapt_may_wrap(&locked->allocator, parent, "locked", err))
        return false;
    return locked_refuse(err);
}

bool
alcove_locked_done(struct alcove_locked *locked, struct alcove_error *err)
{
    (void)locked;
    return locked_refuse(err);
}

#endif
