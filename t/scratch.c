/* SPDX-License-Identifier: MIT */
/* Scratch: temporaries on the stack when they fit, else on the heap; all other
 * blocks from the heap. */
#include <config.h>

#include <alcove/scratch.h>

#include <alcove/malloc.h>
#include <alcove/stack.h>

#include "hog.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#endif
#if ALCOVE_FORK
#    include <sys/wait.h>
#    include <unistd.h>
#endif

static bool heap_only, stack_only; /* ALCOVE_SCRATCH */

struct visit {
    struct alcove_layout layout;
    unsigned runs;
    bool aligned, on_stack;
};

static void
look(void *mem, void *arg)
{
    struct visit *v = arg;
    const void *low;
    const char *source;
    size_t size;

    v->runs++;
    v->aligned = ((uintptr_t)mem & (v->layout.align - 1)) == 0;
    v->on_stack = alcove_stack_bounds(&low, &size, &source) &&
                  (uintptr_t)mem - (uintptr_t)low < size;
    if (v->layout.size != 0)
        memset(mem, 0x11, v->layout.size);
}

/* What has to be on the stack may be refused, by the stack. */
static bool
serves(struct alcove_layout l, struct visit *v)
{
    struct alcove_error err;

    *v = (struct visit){.layout = l};
    errno = 0;
    if (alcove_alloc_temp(alcove_scratch(), l, look, v, &err))
        return v->runs == 1 && v->aligned && errno == 0;
    return stack_only && v->runs == 0 && strcmp(err.allocator, "stack") == 0;
}

static void
test_temporaries(bool want_stack)
{
    struct visit v;
    struct alcove_error err;
    struct alcove_layout half = {ALCOVE_SIZE_MAX / 2, 16};
    struct hog hog;
    bool good = true, small_on_stack = true, large_in_place = true;
    size_t size, align;

    for (size = 1; size <= (size_t)32 << 20; size *= 4)
        for (align = 1; align <= (size_t)1 << 20; align *= 4) {
            good = serves((struct alcove_layout){size, align}, &v) && good;
            if (size + align <= 16384 && v.on_stack != want_stack)
                small_on_stack = false;
            if (size > ALCOVE_STACK_MAX_BLOCK && v.on_stack)
                large_in_place = false;
            if (stack_only && v.runs != 0 && !v.on_stack)
                large_in_place = false;
        }
    ok(good, "all sizes to 32 MiB are served%s, with all alignments to 1 MiB",
       stack_only ? " or refused" : "");
    ok(small_on_stack, "small blocks are %s",
       want_stack ? "on the stack" : "on the heap");
    ok(large_in_place, "large ones are %s",
       stack_only ? "nowhere else" : "on the heap");
    v = (struct visit){.layout = {0, 1}};
    hog_take(&hog, alcove_malloc(), half);
    ok(!alcove_alloc_temp(alcove_scratch(), half, look, &v, &err) &&
           v.runs == 0 && err.code == ALCOVE_ERR_ALLOC_FAILED,
       "what neither has is refused");
    hog_done(&hog);
    ok(!alcove_alloc_temp(alcove_scratch(), (struct alcove_layout){8, 3}, look,
                          &v, &err) &&
           v.runs == 0 && err.code == ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO,
       "... and so is what is not valid");
}

static void
test_blocks(void)
{
    struct alcove_allocator *a = alcove_scratch();
    struct alcove_layout small = {40, 8}, large = {90000, 64};
    char *p;

    if (!alcove_require(a, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC, NULL)) {
        skip(3, "without malloc scratch has temporaries only");
        return;
    }
    p = alcove_zalloc(a, small, NULL);
    ok(p && p[39] == 0, "a block that outlives its scope comes from the heap");
    if (p)
        p[39] = 7;
    p = alcove_realloc(a, p, small, large, NULL);
    ok(p && p[39] == 7, "it can be changed");
    ok(alcove_dealloc(a, p, large, NULL), "and released");
}

/* ---- without a callback ---- */

/* A frame of its own for each block. */
static bool
borrow(struct alcove_layout l, bool want_stack, void **where)
{
    struct alcove_scratch_block block;
    struct visit v = {.layout = l};
    char *p;

    errno = 0;
    p = ALCOVE_SCRATCH(&block, l, NULL);
    if (!p || errno != 0)
        return false;
    look(p, &v);
    *where = p;
    alcove_scratch_release(&block);
    alcove_scratch_release(&block);
    return v.aligned && v.on_stack == want_stack && errno == 0;
}

#if ALCOVE_HAVE_THREADS

/* The first thing that a thread does. */
static void *
borrow_first(void *good)
{
    void *p = NULL;

    *(bool *)good = borrow((struct alcove_layout){1000, 16}, true, &p);
    return NULL;
}

static void
test_thread(bool want_stack)
{
    pthread_t thread;
    bool good = false;

    if (!want_stack) {
        skip(1, "the stack is too small, or not known");
        return;
    }
    if (pthread_create(&thread, NULL, borrow_first, &good) != 0)
        bail_out("no thread");
    (void)pthread_join(thread, NULL);
    ok(good, "... on the stack of a new thread, too");
}

#else

static void
test_thread(bool want_stack)
{
    (void)want_stack;
    skip(1, "there are no threads");
}

#endif

static void *(*volatile touch)(void *, int, size_t) = memset;

static void
test_macro(bool want_stack)
{
    struct alcove_layout large = {ALCOVE_STACK_MAX_BLOCK + 1, 64};
    struct alcove_scratch_block block;
    struct alcove_error err = {.code = ALCOVE_OK};
    void *first = NULL, *p = NULL;
    bool good = true, same = true;
    size_t size, align;
    int i;

    for (size = 1; size < 60000; size = size * 3 + 1)
        for (align = 1; align <= 4096; align *= 2)
            good =
                borrow((struct alcove_layout){size, align}, want_stack, &p) &&
                good;
    ok(good, "without a callback: small blocks of every alignment");
    ok(borrow(large, false, &p) != stack_only, "... and large ones, %s",
       stack_only ? "refused" : "on the heap");
    for (i = 0; i < 10000; i++) {
        good = borrow((struct alcove_layout){3000, 16}, want_stack, &p) && good;
        if (i == 1)
            first = p;
        same = same && (i < 2 || p == first);
    }
    ok(good && (same || !want_stack), "a function that does it 10000 times");
    p = ALCOVE_SCRATCH(&block, ((struct alcove_layout){0, 64}), &err);
    ok(p == alcove_layout_dangling((struct alcove_layout){0, 64}),
       "a block of size 0 is its alignment as an address");
    alcove_scratch_release(&block);
    p = ALCOVE_SCRATCH(&block, ((struct alcove_layout){8, 3}), &err);
    ok(!p && err.code == ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO && !block.block,
       "what is not valid is refused");
    alcove_scratch_release(&block);
    p = ALCOVE_SCRATCH(&block, ((struct alcove_layout){SIZE_MAX, 8}), NULL);
    ok(!p, "... also without an error");
    alcove_scratch_release(&block);
}

#ifdef ALCOVE_SCRATCH_AUTO

/* The block on the heap, and then its release, seen through its struct. */
static struct alcove_scratch_block *watched;

static bool
leave_early(void)
{
    ALCOVE_SCRATCH_AUTO(block);
    struct alcove_layout l = {ALCOVE_STACK_MAX_BLOCK * 2, 16};
    char *p = ALCOVE_SCRATCH(&block, l, NULL);

    watched = &block;
    if (p && block.on_heap) {
        touch(p, 1, l.size);
        return true;
    }
    return false;
}

/* LeakSanitizer and Valgrind see what is lost; 4000 MiB would be felt, too. */
static void
test_cleanup(void)
{
    bool good = true;
    int i;

    if (stack_only) {
        skip(1, "ALCOVE_SCRATCH=stack");
        return;
    }
    for (i = 0; i < 4000; i++)
        good = leave_early() && good;
    ok(good && watched, "the cleanup form gives blocks back when left early");
}

#else
static void
test_cleanup(void)
{
    skip(1, "the compiler has no cleanup attribute");
}
#endif

/* ---- ALCOVE_SCRATCH=stack ---- */

#if ALCOVE_FORK

static bool
refuses_large(void)
{
    struct alcove_layout large = {ALCOVE_STACK_MAX_BLOCK + 1, 1};
    struct alcove_scratch_block block;
    struct alcove_error err = {.code = ALCOVE_OK}, other = err;
    struct visit v = {.layout = large};
    void *p = ALCOVE_SCRATCH(&block, large, &err);

    alcove_scratch_release(&block);
    return !p && err.cause == ALCOVE_CAUSE_LIMIT &&
           strcmp(err.allocator, "stack") == 0 &&
           !alcove_alloc_temp(alcove_scratch(), large, look, &v, &other) &&
           v.runs == 0 && other.cause == ALCOVE_CAUSE_LIMIT;
}

#    if ALCOVE_HAVE_STACK

/* As if the stack ended soon: the error has what there is, reserve and all, as
 * the stack's own. */
static bool
refuses_deep(void)
{
    const struct alcove_layout l = {ALCOVE_STACK_MAX_BLOCK, 1};
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    struct alcove_stack_span saved;
    struct alcove_scratch_block block;
    struct alcove_error err = {.code = ALCOVE_OK}, other = err;
    struct visit v = {.layout = l};
    bool served;
    void *p;

    if (!alcove_stack_enter((void *)(here - 96 * 1024), 128 * 1024, &saved))
        return false;
    p = ALCOVE_SCRATCH(&block, l, &err);
    served = alcove_alloc_temp(alcove_stack(), l, look, &v, &other);
    alcove_stack_leave(&saved);
    return !p && !served && err.cause == ALCOVE_CAUSE_STACK &&
           other.cause == err.cause && err.limit < other.limit + 4096 &&
           other.limit < err.limit + 4096;
}

#    else

static bool
refuses_deep(void)
{
    return false;
}

#    endif

/* The variable is read once: in a process of its own. */
static void
test_heap_only(void)
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        struct alcove_layout small = {3000, 16};
        struct visit v;
        void *p = NULL;

        stack_only = false;
        setenv("ALCOVE_SCRATCH", "heap", 1);
        v.layout = small;
        if (!alcove_alloc_temp(alcove_stack(), small, look, &v, NULL))
            _exit(0); /* the stack is known from here on, or there is none */
        _exit(serves(small, &v) && !v.on_stack && serves(small, &v) &&
                      !v.on_stack && borrow(small, false, &p)
                  ? 0
                  : 1);
    }
    ok(child > 0 && waitpid(child, &status, 0) == child && status == 0,
       "with ALCOVE_SCRATCH=heap nothing is on the stack");
}

static void
test_stack_only(bool want_stack)
{
    pid_t child;
    int status = -1;

    if (!want_stack) {
        skip(1, "the stack is too small, or not known");
        return;
    }
    child = fork();
    if (child == 0) {
        struct alcove_layout small = {3000, 16}, none = {0, 64};
        struct alcove_scratch_block block;
        struct visit v;
        void *p = NULL;

        setenv("ALCOVE_SCRATCH", "stack", 1);
        /* Of the first block's stack nothing may be mapped yet. */
        _exit(borrow(small, true, &p) && serves(small, &v) && v.on_stack &&
                      ALCOVE_SCRATCH(&block, none, NULL) && refuses_large() &&
                      refuses_deep()
                  ? 0
                  : 1);
    }
    ok(child > 0 && waitpid(child, &status, 0) == child && status == 0,
       "with ALCOVE_SCRATCH=stack what does not fit there is refused");
}

#else

static void
test_heap_only(void)
{
    skip(1, "there is no fork");
}

static void
test_stack_only(bool want_stack)
{
    (void)want_stack;
    skip(1, "there is no fork");
}

#endif

int
main(void)
{
    const char *mode = getenv("ALCOVE_SCRATCH");
    bool want_stack = alcove_stack_remaining() > 100000;

    heap_only = mode && strcmp(mode, "heap") == 0;
    stack_only = ALCOVE_HAVE_STACK && mode && strcmp(mode, "stack") == 0;
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("no heap: %s", ALCOVE_NO_MALLOC);
    tap_plan(21);
    test_heap_only();
    test_stack_only(want_stack);
    want_stack = want_stack && !heap_only;
    test_temporaries(want_stack);
    test_blocks();
    test_macro(want_stack);
    test_thread(want_stack);
    test_cleanup();
    is_int(alcove_features(alcove_scratch()),
           ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |
               ALCOVE_CAN_REALLOC | ALCOVE_CAN_ZERO | ALCOVE_CAN_TEMP |
               ALCOVE_CAN_THREADS,
           "scratch tells what it can do");
    is_str(alcove_name(alcove_scratch()), "scratch", "it has its name");
    ok((alcove_features(alcove_scratch()) & ALCOVE_CAN_THREADS) != 0,
       "it can be shared by threads");
    return tap_done();
}
