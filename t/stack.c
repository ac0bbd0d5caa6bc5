/* SPDX-License-Identifier: MIT */
/* The stack allocator serves what fits, and refuses the rest: on every kind of
 * stack, at any depth, for any size and alignment. */
#include <config.h>

#include <alcove/scratch.h>
#include <alcove/stack.h>

#include "posix.h"
#include "tap.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#endif
#if ALCOVE_SIGALTSTACK
#    include <signal.h>
#endif
#if ALCOVE_MAKECONTEXT
#    include <ucontext.h>
#endif

#define KIB ((size_t)1024)

/* What a callback is to find, and what it finds. */
struct visit {
    struct alcove_layout layout;
    unsigned runs;
    bool good;       /* aligned, and where it says it is */
    bool want_stack; /* inside the bounds of the running stack */
    void *block;
};

static bool
is_on_stack(const void *p, size_t size)
{
    const void *low;
    const char *source;
    size_t room;

    return alcove_stack_bounds(&low, &room, &source) &&
           (uintptr_t)p - (uintptr_t)low < room &&
           size <= room - ((uintptr_t)p - (uintptr_t)low);
}

static void
look(void *mem, void *arg)
{
    struct visit *v = arg;

    v->runs++;
    v->block = mem;
    v->good = ((uintptr_t)mem & (v->layout.align - 1)) == 0;
    if (v->layout.size != 0) {
        memset(mem, 0xA5, v->layout.size);
        v->good = v->good && is_on_stack(mem, v->layout.size) == v->want_stack;
    } else {
        v->good = mem == alcove_layout_dangling(v->layout);
    }
}

/* One scope of this layout in one of four ways: served well, or refused well?
 */
enum way { DIRECT, DIRECT_16, INTERFACE, ZEROED, WAYS };

static bool
try(enum way way, struct alcove_layout l, bool *served)
{
    struct visit v = {.layout = l, .want_stack = true};
    struct alcove_error err = {.code = ALCOVE_OK};
    struct alcove_layout l16 = {l.size, 16};
    bool done = false;

    errno = 0;
    switch (way) {
    case DIRECT:
        done = alcove_stack_temp(l, look, &v, &err);
        break;
    case DIRECT_16:
        if (l.align > 16)
            return true;
        v.layout = l16;
        done = alcove_stack_temp_16(16, &v, look, l.size, &err);
        break;
    case INTERFACE:
        done = alcove_alloc_temp(alcove_stack(), l, look, &v, &err);
        break;
    default:
        done = alcove_zalloc_temp(alcove_stack(), l, look, &v, &err);
        break;
    }
    if (served)
        *served = done;
    if (done)
        return v.runs == 1 && v.good && errno == 0 && err.code == ALCOVE_OK &&
               l.size <= ALCOVE_STACK_MAX_BLOCK;
    return v.runs == 0 && errno == ENOMEM &&
           err.code == ALCOVE_ERR_ALLOC_FAILED && err.layout.size == l.size &&
           (err.cause == ALCOVE_CAUSE_STACK
                ? l.size + (l.align - 1) > err.limit
                : err.cause == ALCOVE_CAUSE_LIMIT && l.size > err.limit);
}

/* All sizes to 4 KiB in odd steps, then around powers of two, with all
 * alignments to 1 MiB, in all ways. */
static bool
sweep(size_t *served)
{
    size_t size, align, power;
    bool good = true, done = false;
    int way;

    *served = 0;
    for (align = 1; align <= 1024 * KIB; align *= 2)
        for (way = DIRECT; way < WAYS; way++) {
            for (size = 0; size < 4 * KIB; size = size * 5 / 4 + 1) {
                good = try((enum way)way, (struct alcove_layout){size, align},
                           &done) &&
                       good;
                *served += done;
            }
            for (power = 4 * KIB; power <= 16 * 1024 * KIB; power *= 2)
                for (size = power - 1; size <= power + 1; size++)
                    good = try((enum way)way,
                               (struct alcove_layout){size, align}, NULL) &&
                           good;
        }
    return good;
}

static bool
refused_as(struct alcove_layout l, enum alcove_code code, int number)
{
    struct visit v = {.layout = {0, 1}};
    struct alcove_error err = {.code = ALCOVE_OK};
    bool good;

    errno = 0;
    good = !alcove_stack_temp(l, look, &v, &err) && err.code == code &&
           errno == number && strcmp(err.allocator, "stack") == 0;
    errno = 0;
    good = good && !alcove_stack_temp(l, look, &v, NULL) && errno == number;
    errno = 0;
    return good && !alcove_alloc_temp(alcove_stack(), l, look, &v, NULL) &&
           errno == number && v.runs == 0;
}

static void
test_bad_layouts(void)
{
    size_t high = SIZE_MAX / 2 + 1, below;
    bool good = true;

    ok(refused_as((struct alcove_layout){8, 0}, ALCOVE_ERR_ZERO_ALIGN, EINVAL),
       "alignment 0 is refused");
    ok(refused_as((struct alcove_layout){8, 3},
                  ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO, EINVAL),
       "alignment 3 is refused");
    for (below = 0; below < 70; below++)
        good = refused_as((struct alcove_layout){SIZE_MAX - below, 64},
                          ALCOVE_ERR_EXCEEDS_MAX, EOVERFLOW) &&
               refused_as((struct alcove_layout){high + below, 1},
                          ALCOVE_ERR_EXCEEDS_MAX, EOVERFLOW) &&
               good;
    ok(good, "sizes above the maximum are refused, up to SIZE_MAX");
    ok(refused_as((struct alcove_layout){1, high}, ALCOVE_ERR_EXCEEDS_MAX,
                  EOVERFLOW),
       "the largest alignment has no room for a byte");
    ok(refused_as((struct alcove_layout){ALCOVE_SIZE_MAX, 1},
                  ALCOVE_ERR_ALLOC_FAILED, ENOMEM),
       "a valid size that no stack has is refused");
}

static void
test_here(void)
{
    const void *low;
    const char *source;
    size_t size, served, left = alcove_stack_remaining();
    struct alcove_layout nothing = {0, 4096};
    struct visit v = {.layout = nothing};
    bool known = alcove_stack_bounds(&low, &size, &source);

    ok(known, "the bounds of the first thread's stack are known (%s)", source);
    diag("%lu bytes from %p, %lu left", (unsigned long)size, low,
         (unsigned long)left);
    ok(left > 0 && left < size, "some of it is left, and not all");
    ok(sweep(&served), "every size and alignment is served or refused well");
    ok(served > 1000, "most of the small ones are served");
    ok(alcove_stack_temp(nothing, look, &v, NULL) &&
           v.block == alcove_layout_dangling(nothing),
       "a block of size 0 is its alignment as an address");
    ok(!alcove_alloc(alcove_stack(), ALCOVE_LAYOUT(int), NULL),
       "blocks that outlive their scope are refused");
}

/* ---- nesting ---- */

struct nest {
    struct alcove_layout layout;
    struct alcove_error err;
    size_t depth;
    unsigned refusals;
    bool good;
};

static void
nest(void *mem, void *arg)
{
    struct nest *n = arg;

    if (mem) {
        memset(mem, 0x5A, n->layout.size);
        n->good = n->good && is_on_stack(mem, n->layout.size);
        n->depth++;
    }
    if (!alcove_stack_temp(n->layout, nest, n, &n->err))
        n->refusals++;
}

/* To the end of the stack: refused there, and with the reserve left. */
static bool
nest_well(size_t size, size_t *depth)
{
    struct nest n = {.layout = {size, 16}, .good = true};

    nest(NULL, &n);
    *depth = n.depth;
    return n.good && n.refusals == 1 && n.err.code == ALCOVE_ERR_ALLOC_FAILED &&
           n.err.cause == ALCOVE_CAUSE_STACK && n.err.limit < size + 15;
}

static void
remember(void *mem, void *arg)
{
    *(void **)arg = mem;
}

static void
test_nesting(void)
{
    struct alcove_layout l = {4000, 16};
    void *first = NULL, *block = NULL;
    size_t depth;
    bool same = true;
    unsigned i;

    ok(nest_well(4 * KIB, &depth), "scopes of 4 KiB nest until none fits");
    ok(depth > 2, "... which is %lu deep", (unsigned long)depth);
    ok(nest_well(100 * KIB, &depth), "scopes of 100 KiB do, too");
    for (i = 0; i < 100000; i++) {
        if (!alcove_stack_temp(l, remember, &block, NULL))
            same = false;
        if (i == 1)
            first = block;
        else if (i > 1 && block != first)
            same = false;
    }
    ok(same, "a loop of 100000 scopes does not grow the stack");
}

/* ---- ways out ---- */

static jmp_buf out;

static void
leap(void *mem, void *arg)
{
    *(void **)arg = mem;
    longjmp(out, 1);
}

static void
test_longjmp(void)
{
    static void *volatile first;
    static volatile bool same = true;
    static volatile unsigned i;
    struct alcove_layout l = {50 * KIB, 16};
    static void *block;

    for (i = 0; i < 1000; i++) {
        if (setjmp(out) == 0) {
            if (!alcove_stack_temp(l, leap, &block, NULL))
                same = false;
        } else if (i == 0) {
            first = block;
        } else if (block != first) {
            same = false;
        }
    }
    ok(same, "longjmp out of a scope gives its block back, 1000 times");
}

/* ---- limits of one's own ---- */

static void
test_limits(void)
{
    struct alcove_stack s;
    struct visit v = {.layout = {1000, 8}, .want_stack = true};
    struct alcove_error err;
    size_t left = alcove_stack_remaining();

    alcove_stack_init(&s, 1000, 0);
    ok(alcove_alloc_temp(&s.allocator, v.layout, look, &v, NULL) && v.good,
       "a block of max_block is served");
    v.layout.size = 1001;
    ok(!alcove_alloc_temp(&s.allocator, v.layout, look, &v, &err) &&
           err.cause == ALCOVE_CAUSE_LIMIT && err.limit == 1000 && err.detail,
       "one byte more is refused, with the limit");
    alcove_stack_init(&s, 0, left - 4 * KIB);
    v.layout.size = 1000;
    ok(alcove_alloc_temp(&s.allocator, v.layout, look, &v, NULL) && v.good,
       "a block above a large reserve is served");
    v.layout.size = 200 * KIB;
    ok(!alcove_alloc_temp(&s.allocator, v.layout, look, &v, &err) &&
           err.cause == ALCOVE_CAUSE_STACK && err.limit < 200 * KIB,
       "one that would reach into it is refused, with the bytes left");
    alcove_stack_init(&s, SIZE_MAX, SIZE_MAX);
    v.layout.size = 1;
    ok(!alcove_alloc_temp(&s.allocator, v.layout, look, &v, &err) &&
           err.cause == ALCOVE_CAUSE_STACK && err.limit == 0,
       "a reserve of SIZE_MAX leaves nothing");
}

/* What is known of the running stack. */
struct knowledge {
    bool known, served;
    const void *low;
    size_t size, left;
    const char *source;
};

static struct knowledge
learn(void)
{
    struct visit v = {.layout = {1000, 32}, .want_stack = true};
    struct knowledge k;

    k.known = alcove_stack_bounds(&k.low, &k.size, &k.source);
    k.left = alcove_stack_remaining();
    k.served = alcove_stack_temp(v.layout, look, &v, NULL);
    return k;
}

static bool
same_knowledge(struct knowledge one, struct knowledge two)
{
    return one.known == two.known && one.served == two.served &&
           one.low == two.low && one.size == two.size && one.left == two.left &&
           strcmp(one.source, two.source) == 0;
}

/* ---- other stacks ---- */

static bool
mode_is(const char *word)
{
    const char *mode = getenv("ALCOVE_SCRATCH");

    return mode && strcmp(mode, word) == 0;
}

/* What to find on a stack whose bounds are not known. */
static bool
is_unknown(void)
{
    struct visit v = {.layout = {100, 8}, .want_stack = false};
    bool heap = ALCOVE_HAVE_MALLOC && !mode_is("stack");
    struct alcove_error err;

    return alcove_stack_remaining() == 0 &&
           !alcove_stack_temp(v.layout, look, &v, &err) &&
           err.cause == ALCOVE_CAUSE_STACK && err.limit == 0 && err.detail &&
           v.runs == 0 &&
           alcove_alloc_temp(alcove_scratch(), v.layout, look, &v, NULL) ==
               heap &&
           v.runs == heap;
}

#if ALCOVE_SIGALTSTACK

static struct {
    bool known, served, refused, scratch;
    size_t size;
    const char *source;
} in_handler;

static void
handler(int number)
{
    struct visit small = {.layout = {1000, 32}, .want_stack = true};
    struct visit large = {.layout = {400 * KIB, 16}, .want_stack = false};
    struct alcove_error err;
    const void *low;

    (void)number;
    in_handler.known =
        alcove_stack_bounds(&low, &in_handler.size, &in_handler.source);
    in_handler.served =
        alcove_stack_temp(small.layout, look, &small, NULL) && small.good;
    in_handler.refused = !alcove_stack_temp(large.layout, look, &large, &err) &&
                         err.cause == ALCOVE_CAUSE_STACK &&
                         err.limit < 400 * KIB;
    in_handler.scratch =
        !mode_is("heap") &&
        alcove_alloc_temp(alcove_scratch(), small.layout, look, &small, NULL) &&
        small.good;
}

/* NULL: no signal stack from now on. */
static void
use_signal_stack(void *memory, size_t size)
{
    stack_t stack;

    memset(&stack, 0, sizeof stack);
    stack.ss_sp = memory;
    stack.ss_size = size;
    stack.ss_flags = memory ? 0 : SS_DISABLE;
    if (sigaltstack(&stack, NULL) != 0)
        bail_out("no signal stack of %lu bytes", (unsigned long)size);
}

static void
raise_on_signal_stack(void)
{
    struct sigaction act;

    memset(&act, 0, sizeof act);
    memset(&in_handler, 0, sizeof in_handler);
    act.sa_handler = handler;
    act.sa_flags = SA_ONSTACK;
    sigemptyset(&act.sa_mask);
    if (sigaction(SIGUSR1, &act, NULL) != 0 || raise(SIGUSR1) != 0)
        bail_out("no signal");
}

static void
run_handler(size_t size)
{
    void *memory = malloc(size);

    if (!memory)
        bail_out("no %lu bytes", (unsigned long)size);
    use_signal_stack(memory, size);
    raise_on_signal_stack();
    use_signal_stack(NULL, 0);
    free(memory);
}

static void
test_signal(void)
{
    struct visit v = {.layout = {1000, 32}, .want_stack = true};

    run_handler(256 * KIB);
    ok(in_handler.known && in_handler.size == 256 * KIB,
       "in a handler the signal stack's bounds are known (%s)",
       in_handler.source);
    ok(in_handler.served, "a block that fits is placed on it");
    ok(in_handler.refused, "one that does not is refused");
    if (mode_is("heap"))
        skip(1, "ALCOVE_SCRATCH=heap");
    else
        ok(in_handler.scratch, "scratch uses the signal stack, too");
    run_handler(32 * KIB);
    ok(in_handler.known && in_handler.size == 32 * KIB && in_handler.refused,
       "a small signal stack is seen as it is");
    ok(alcove_stack_temp(v.layout, look, &v, NULL) && v.good,
       "after the handler all is as before");
}

#else
static void
test_signal(void)
{
    skip(6, "there is no sigaltstack");
}
#endif

#if ALCOVE_MAKECONTEXT

static ucontext_t here, there;
static struct {
    bool unknown, served, unknown_again, inside, nested;
    struct knowledge named;
} in_context;
static char *context_stack;
static const size_t context_size = 256 * KIB;

static void
visit_context(void)
{
    struct alcove_stack_span saved, inner;
    struct visit v = {.layout = {10 * KIB, 64}, .want_stack = true};
    char *block;

    in_context.unknown = is_unknown();
    if (!alcove_stack_enter(context_stack, context_size, &saved))
        return;
    in_context.named = learn();
    in_context.served = alcove_stack_temp(v.layout, look, &v, NULL) && v.good;
    block = v.block;
    in_context.inside = block >= context_stack &&
                        block + v.layout.size <= context_stack + context_size;
    in_context.nested =
        alcove_stack_enter(context_stack, context_size, &inner) &&
        alcove_stack_temp(v.layout, look, &v, NULL);
    alcove_stack_leave(&inner);
    alcove_stack_leave(&saved);
    in_context.unknown_again = is_unknown();
}

/* It does not return: under qemu-sparc64 that ends the program. */
static void
coroutine(void)
{
    visit_context();
    (void)swapcontext(&there, &here);
}

static void
test_context(void)
{
    struct visit v = {.layout = {1000, 32}, .want_stack = true};
    struct alcove_stack_span saved;

    context_stack = malloc(context_size);
    memset(&in_context, 0, sizeof in_context);
    if (!context_stack || getcontext(&there) != 0)
        bail_out("no context");
    there.uc_stack.ss_sp = context_stack;
    there.uc_stack.ss_size = context_size;
    makecontext(&there, coroutine, 0);
    if (swapcontext(&here, &there) != 0)
        bail_out("no other context");
    ok(in_context.unknown, "a coroutine's stack is unknown: refused, or heap");
    ok(in_context.served && in_context.inside && in_context.named.known &&
           in_context.named.low == context_stack &&
           in_context.named.size == context_size &&
           strcmp(in_context.named.source, "named") == 0,
       "... until it is named: then a block is placed on it");
    ok(in_context.nested, "names nest");
    ok(in_context.unknown_again, "and when it is left, it is unknown again");
    ok(alcove_stack_temp(v.layout, look, &v, NULL) && v.good,
       "back on the thread's own stack all is as before");
    ok(!alcove_stack_enter(context_stack, SIZE_MAX, &saved),
       "a stack that goes beyond the last address is refused");
    free(context_stack);
}

#else
static void
test_context(void)
{
    skip(6, "there is no makecontext");
}
#endif

/* ---- names ---- */

static void
test_names(void)
{
    static char memory[128 * 1024];
    static struct alcove_stack_span first, second, other, again;
    struct knowledge before = learn(), named, inner;
    bool good;

    memset(&again, 0xFF, sizeof again);
    good = alcove_stack_enter(memory, sizeof memory, &first);
    named = learn();
    ok(good && !named.known && !named.served && named.left == 0 &&
           named.low == NULL && named.size == 0 &&
           strcmp(named.source, "not known here") == 0,
       "where another stack is named, the own one is not known (%s)",
       named.source);
    good = alcove_stack_enter(memory + 64 * KIB, 64 * KIB, &second);
    inner = learn();
    alcove_stack_leave(&second);
    ok(good && same_knowledge(inner, named) && same_knowledge(learn(), named),
       "...nor when an inner name was left");
    memset(&other, 0xFF, sizeof other);
    good = alcove_stack_enter(memory + 64 * KIB, 64 * KIB, &other);
    alcove_stack_leave(&other);
    ok(good && memcmp(&other, &second, sizeof other) == 0,
       "...and all of the outer name is back");
    alcove_stack_leave(&first);
    ok(same_knowledge(learn(), before), "all is known that was known before");
    good = alcove_stack_enter(memory, sizeof memory, &again);
    alcove_stack_leave(&again);
    ok(good && memcmp(&again, &first, sizeof again) == 0, "...to the last bit");
    good = alcove_stack_enter(memory, UINTPTR_MAX - (uintptr_t)memory, &first);
    if (good)
        alcove_stack_leave(&first);
    ok(good, "a stack may go up to the last address");
}

static void
test_features(void)
{
    const unsigned features = ALCOVE_CAN_TEMP | ALCOVE_CAN_THREADS;
    struct alcove_stack s;

    alcove_stack_init(&s, 0, 0);
    ok(alcove_features(alcove_stack()) == features &&
           alcove_features(&s.allocator) == features,
       "it has temporaries, and may be shared");
}

/* ---- threads ---- */

#if ALCOVE_HAVE_THREADS

struct job {
    size_t size; /* of the thread's stack */
    size_t depth;
    bool good;
};

static void *
work(void *arg)
{
    struct job *job = arg;
    size_t served;

    job->good = nest_well(job->size / 16, &job->depth);
    if (job->size >= 1024 * KIB)
        job->good = sweep(&served) && served > 100 && job->good;
    return NULL;
}

static bool
start(pthread_t *thread, void *(*fn)(void *), void *arg, size_t size)
{
    pthread_attr_t attr;
    bool started = pthread_attr_init(&attr) == 0 &&
                   pthread_attr_setstacksize(&attr, size) == 0 &&
                   pthread_create(thread, &attr, fn, arg) == 0;

    pthread_attr_destroy(&attr);
    return started;
}

static void
test_thread_of(size_t size)
{
    struct job job = {.size = size};
    pthread_t thread;

    if (!start(&thread, work, &job, size)) {
        skip(1, "no thread with a stack of %lu bytes here",
             (unsigned long)size);
        return;
    }
    pthread_join(thread, NULL);
    ok(job.good, "on a thread with %lu KiB scopes nest until none fits: %lu",
       (unsigned long)(size / KIB), (unsigned long)job.depth);
}

/* A signal stack that is an array on the thread's own stack. */
static void *
signal_on_array(void *arg)
{
    struct visit v = {.layout = {1000, 32}, .want_stack = true};
#    if ALCOVE_SIGALTSTACK
    char array[96 * 1024];

    array[0] = 0;
    use_signal_stack(array, sizeof array);
    (void)alcove_stack_remaining();
    raise_on_signal_stack();
    *(bool *)arg = in_handler.known && in_handler.size == sizeof array &&
                   in_handler.served && in_handler.refused &&
                   alcove_stack_temp(v.layout, look, &v, NULL) && v.good;
    use_signal_stack(NULL, 0);
#    else
    *(bool *)arg = alcove_stack_temp(v.layout, look, &v, NULL) && v.good;
#    endif
    return NULL;
}

static void
leave_thread(void *mem, void *arg)
{
    memset(mem, 1, 1000);
    *(bool *)arg = true;
    pthread_exit(NULL);
}

/* Said not to return for the reason in lib/check/cancel.h. */
static ALCOVE_NOINLINE ALCOVE_NORETURN void
wait_for_ever(void)
{
    for (;;)
        pause();
}

static void
wait_for_cancel(void *mem, void *arg)
{
    memset(mem, 1, 1000);
    *(bool *)arg = true;
    wait_for_ever();
}

static void *
exit_in_scope(void *arg)
{
    if (alcove_stack_temp((struct alcove_layout){1000, 8}, leave_thread, arg,
                          NULL))
        *(bool *)arg = false;
    return NULL;
}

static void *
cancel_in_scope(void *arg)
{
    if (alcove_stack_temp((struct alcove_layout){1000, 8}, wait_for_cancel, arg,
                          NULL))
        *(bool *)arg = false;
    return NULL;
}

/* On a stack of 256 KiB, or more where that is the least: where blocks end. */
struct edge {
    bool source, remaining, last, past, direct, direct_16, scratch;
};

static void *
find_edge(void *arg)
{
    struct edge *edge = arg;
    struct visit v = {.layout = {64 * 1024 * KIB, 1}, .want_stack = true};
    enum alcove_cause cause = ALCOVE_CAUSE_STACK;
    struct alcove_error err;
    struct alcove_stack s;
    const void *low;
    const char *source;
    size_t size, left = alcove_stack_remaining();

    edge->source = alcove_stack_bounds(&low, &size, &source) &&
                   strcmp(source, "thread") == 0;
    edge->remaining =
        left < size && (size - left > size / 5 || size - left > 64 * KIB);

    alcove_stack_init(&s, SIZE_MAX, 0);
    if (alcove_alloc_temp(&s.allocator, v.layout, look, &v, &err))
        return NULL;
    v.layout = (struct alcove_layout){err.limit - 63, 64};
    edge->last = alcove_alloc_temp(&s.allocator, v.layout, look, &v, NULL) &&
                 v.good && v.runs == 1;
    v.layout.size++;
    edge->past = !alcove_alloc_temp(&s.allocator, v.layout, look, &v, NULL);

    v.layout = (struct alcove_layout){left + 4 * KIB, 1};
    if (v.layout.size > ALCOVE_STACK_MAX_BLOCK) /* Windows: 256 KiB at least */
        cause = ALCOVE_CAUSE_LIMIT;
    edge->direct =
        !alcove_stack_temp(v.layout, look, &v, &err) && err.cause == cause;
    edge->direct_16 =
        !alcove_stack_temp_16(1, &v, look, left + 4 * KIB, &err) &&
        err.cause == cause && v.runs == 1;
    v.want_stack = false;
    edge->scratch =
        !alcove_alloc_temp(alcove_scratch(), v.layout, look, &v, NULL) ||
        v.good;
    return NULL;
}

static void
test_edge(void)
{
    struct edge edge;
    pthread_t thread;

    memset(&edge, 0, sizeof edge);
    if (!start(&thread, find_edge, &edge, 256 * KIB)) {
        skip(5, "no thread with a stack of 256 KiB here");
        return;
    }
    pthread_join(thread, NULL);
    ok(edge.source && edge.remaining, "a thread's stack has its reserve");
    ok(edge.last, "the largest block that there is room for is served");
    ok(edge.past, "...and one byte more is not");
    ok(edge.direct && edge.direct_16,
       "what would reach into the reserve is refused");
    ok(edge.scratch, "...and scratch does not place it there, either");
}

static void
test_threads(void)
{
#    ifdef _SC_THREAD_STACK_MIN
    long smallest = sysconf(_SC_THREAD_STACK_MIN);
#    else
    long smallest = 0;
#    endif
    struct job jobs[4];
    pthread_t threads[4];
    bool good = true, ended = false;
    void *result = NULL;
    int i;

    test_thread_of(smallest > 0 ? (size_t)smallest : 16 * KIB);
    test_thread_of(32 * KIB);
    test_thread_of(64 * KIB);
    test_thread_of(128 * KIB);
    test_thread_of(1024 * KIB);
    for (i = 0; i < 4; i++) {
        jobs[i] = (struct job){.size = 2048 * KIB};
        if (!start(&threads[i], work, &jobs[i], jobs[i].size))
            bail_out("no thread");
    }
    for (i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        good = good && jobs[i].good;
    }
    ok(good, "four threads at once have each their own bounds");

    good = false;
    if (pthread_create(&threads[0], NULL, signal_on_array, &good) != 0)
        bail_out("no thread");
    pthread_join(threads[0], NULL);
    ok(good, "a signal stack that is an array on the stack is not overrun");

    if (pthread_create(&threads[0], NULL, exit_in_scope, &ended) != 0)
        bail_out("no thread");
    pthread_join(threads[0], &result);
    ok(ended && result == NULL, "pthread_exit passes through a scope");

    ended = false;
    if (pthread_create(&threads[0], NULL, cancel_in_scope, &ended) != 0)
        bail_out("no thread");
    pthread_cancel(threads[0]);
    pthread_join(threads[0], &result);
    ok(result == PTHREAD_CANCELED, "pthread_cancel passes through a scope");
}

#else
static void
test_edge(void)
{
    skip(5, "this library was built without threads");
}

static void
test_threads(void)
{
    skip(9, "this library was built without threads");
}
#endif

/* Are bounds to be had here at all? Not on a stack that grows upwards, nor on
 * a system that does not tell. */
static int
test_unknown(void)
{
    tap_plan(6);
    ok(is_unknown(), "no bounds are known here: refused, or the heap");
    test_bad_layouts();
    return tap_done();
}

int
main(void)
{
    const void *low;
    const char *source;
    size_t size;

    if (!ALCOVE_HAVE_STACK)
        return tap_skip_all("no stack allocator: %s", ALCOVE_NO_STACK);
    if (!alcove_stack_bounds(&low, &size, &source))
        return test_unknown();
    tap_plan(54);
    test_names(); /* while most of the stack is not mapped yet */
    test_here();
    test_bad_layouts();
    test_nesting();
    test_longjmp();
    test_limits();
    test_signal();
    test_context();
    test_edge(); /* before threads leave larger stacks to be used again */
    test_threads();
    test_features();
    return tap_done();
}
