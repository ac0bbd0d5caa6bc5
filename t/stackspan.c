/* SPDX-License-Identifier: MIT */
/* Where blocks may be placed on which stack, by a system that is pretended: it
 * has an initial stack, one of a thread and one for signals, and frames are
 * wherever a check wants them. */
#include <config.h>

#include "tap.h"

#if !ALCOVE_THREAD_LOCAL_WORKS

int
main(void)
{
    return tap_skip_all("nothing is known of a stack here");
}

#else

#    include "../lib/os/initialstack.h"
#    include "../lib/os/stackbudget.h"

#    include <errno.h>
#    include <string.h>
#    if ALCOVE_SIGALTSTACK || ALCOVE_PTHREAD_STACKSEG_NP ||                    \
        ALCOVE_THR_STKSEGMENT
#        include <signal.h>
#    endif
#    if ALCOVE_HAVE_THREADS && !ALCOVE_STACK_LIMITS
#        include <pthread.h>
#    endif

#    if ALCOVE_HAVE_THREADS && !ALCOVE_STACK_LIMITS && ALCOVE_PTHREAD_GETATTR_NP
#        define PRETENDS_THREAD 1
#    else
#        define PRETENDS_THREAD 0
#    endif

#    define KIB ((size_t)1024)
#    define MIB (1024 * KIB)

/* The usual reserve of a large stack, with what frames take. */
#    define LEFT (64 * KIB + 512)

struct area {
    bool there;
    uintptr_t low;
    size_t size;
};

static struct {
    struct area initial, thread, signal;
    bool mine, in_use;
    uintptr_t deepest; /* where the initial stack may grow to */
    size_t cap, guard;
    bool no_attributes, no_guard;
    int attributes; /* that were not destroyed */
    unsigned asked, extended;
    uintptr_t start, end; /* the last extension */
} sys;

static bool
told_bounds(size_t cap, uintptr_t *floor, uintptr_t *top)
{
    sys.asked++;
    sys.cap = cap;
    *floor = sys.initial.low;
    *top = sys.initial.low + sys.initial.size;
    errno = EINVAL;
    return sys.initial.there;
}

static bool
told_is_mine(void)
{
    return sys.mine;
}

static uintptr_t
told_extend(uintptr_t start, uintptr_t end)
{
    sys.extended++;
    sys.start = start;
    sys.end = end;
    errno = EINVAL;
    return end < sys.deepest ? sys.deepest : end;
}

#    define alcove_initialstack_bounds told_bounds
#    define alcove_initialstack_is_mine told_is_mine
#    define alcove_initialstack_extend told_extend

#    if ALCOVE_SIGALTSTACK

static int
told_signal(const stack_t *set, stack_t *old)
{
    memset(old, 0, sizeof *old);
    old->ss_sp = (void *)sys.signal.low;
    old->ss_size = sys.signal.size;
    old->ss_flags = !sys.signal.low ? SS_DISABLE : sys.in_use ? SS_ONSTACK : 0;
    errno = EINVAL;
    return set || !sys.signal.there ? -1 : 0;
}

#        define sigaltstack told_signal
#    endif

#    if PRETENDS_THREAD

static int
told_attributes(pthread_t thread, pthread_attr_t *attr)
{
    (void)thread;
    sys.asked++;
    if (sys.no_attributes)
        return ENOENT;
    sys.attributes++;
    return pthread_attr_init(attr);
}

static int
told_destroy(pthread_attr_t *attr)
{
    sys.attributes--;
    return pthread_attr_destroy(attr);
}

static int
told_stack(const pthread_attr_t *attr, void **low, size_t *size)
{
    (void)attr;
    *low = (void *)sys.thread.low;
    *size = sys.thread.size;
    return sys.thread.there ? 0 : EINVAL;
}

static int
told_guard(const pthread_attr_t *attr, size_t *size)
{
    (void)attr;
    *size = sys.guard;
    return sys.no_guard ? EINVAL : 0;
}

#        define pthread_getattr_np told_attributes
#        define pthread_attr_destroy told_destroy
#        define pthread_attr_getstack told_stack
#        define pthread_attr_getguardsize told_guard
#    endif

#    define alcove_stackspan_here tested_here
#    define alcove_stackspan_find tested_find
#    define alcove_stackspan_room tested_room
#    define alcove_stackspan_set tested_set
#    define alcove_stackspan_named tested_named
#    include "../lib/os/stackspan.c"

static const uintptr_t initial_floor = 56 * MIB, initial_top = 64 * MIB;
static const uintptr_t thread_low = 20 * MIB, thread_top = 22 * MIB;
static struct alcove_stackspan found;

/* A thread that has not asked yet. */
static void
begin(bool initial, bool thread)
{
    memset(&alcove_stackspan_here, 0, sizeof alcove_stackspan_here);
    memset(&sys, 0, sizeof sys);
    sys.initial = (struct area){initial, 56 * MIB, 8 * MIB};
    sys.thread = (struct area){thread, 20 * MIB, 2 * MIB};
    errno = 0;
}

/* Is it this found, with its invariants? */
static bool
is(const struct alcove_stackspan *s, enum alcove_stackspan_source source,
   uintptr_t floor, uintptr_t bottom, uintptr_t top, uintptr_t low)
{
    return s->source == source && s->floor == floor && s->bottom == bottom &&
           s->top == top && s->low == low && s->room == top - low;
}

static bool
is_unknown(const struct alcove_stackspan *s)
{
    return is(s, ALCOVE_STACKSPAN_UNKNOWN, 0, 0, 0, 0);
}

/* ---- the arithmetic ---- */

static void
test_budget(void)
{
    ok(alcove_stack_usual_reserve(0) == 16 * KIB &&
           alcove_stack_usual_reserve(64 * KIB - 4) == 16 * KIB &&
           alcove_stack_usual_reserve(66 * KIB) == 66 * KIB / 4 &&
           alcove_stack_usual_reserve(128 * KIB) == 32 * KIB &&
           alcove_stack_usual_reserve(254 * KIB) == 254 * KIB / 4 &&
           alcove_stack_usual_reserve(256 * KIB + 4) == 64 * KIB &&
           alcove_stack_usual_reserve(SIZE_MAX) == 64 * KIB,
       "a quarter of a stack is left, but 16 to 64 KiB");
    ok(alcove_stack_lowest(1000, 9000, 3000) == 4512 &&
           alcove_stack_lowest(1000, 9000, 7487) == 8999 &&
           alcove_stack_lowest(1000, 9000, 7488) == 9000 &&
           alcove_stack_lowest(1000, 9000, 7489) == 9000 &&
           alcove_stack_lowest(1000, 9000, SIZE_MAX) == 9000,
       "a block is above that, and what frames take, if the stack has as much");
    ok(alcove_stack_lowest(1000, 1512, 0) == 1512 &&
           alcove_stack_lowest(1000, 1513, 0) == 1512 &&
           alcove_stack_lowest(1000, 1100, 0) == 1100 &&
           alcove_stack_lowest(1000, 1000, 0) == 1000,
       "...which a small one has not");
    ok(alcove_stack_distance(100, 300) == 200 &&
           alcove_stack_distance(300, 300) == 0 &&
           alcove_stack_distance(300, 100) == 0,
       "above the frame there is no room");
    ok(!alcove_stack_is_inside(99, 100, 200) &&
           alcove_stack_is_inside(100, 100, 200) &&
           alcove_stack_is_inside(199, 100, 200) &&
           !alcove_stack_is_inside(200, 100, 200),
       "the first byte is inside, the top is not");
    ok(alcove_stack_target(60 * KIB, 20 * KIB) == 28 * KIB &&
           alcove_stack_target(52 * KIB + 1, 20 * KIB) == 20 * KIB + 1 &&
           alcove_stack_target(52 * KIB, 20 * KIB) == 20 * KIB &&
           alcove_stack_target(52 * KIB - 1, 20 * KIB) == 20 * KIB &&
           alcove_stack_target(30 * KIB, 20 * KIB) == 20 * KIB &&
           alcove_stack_target(20 * KIB, 20 * KIB) == 20 * KIB,
       "32 KiB more are mapped, but none below the floor");
    ok(alcove_stack_capped(1000, 500, 400) == 1100 &&
           alcove_stack_capped(1000, 400, 400) == 1000 &&
           alcove_stack_capped(1000, 300, 400) == 1000,
       "of a deep stack the part near its top counts");
}

static void
test_named(void)
{
    found = alcove_stackspan_named(MIB, 512 * KIB);
    ok(is(&found, ALCOVE_STACKSPAN_NAMED, MIB, MIB, MIB + 512 * KIB,
          MIB + LEFT),
       "a named stack is all there");
    found = alcove_stackspan_named(MIB, 16 * KIB);
    ok(is(&found, ALCOVE_STACKSPAN_NAMED, MIB, MIB, MIB + 16 * KIB,
          MIB + 16 * KIB),
       "...and without room for blocks, if it is small");
    memset(&alcove_stackspan_here, 0xFF, sizeof alcove_stackspan_here);
    alcove_stackspan_set(&found);
    ok(memcmp(&alcove_stackspan_here, &found, sizeof found) == 0,
       "what is set is there to the last word");
}

/* ---- the initial stack ---- */

static void
test_initial(void)
{
    begin(true, true);
    ok(alcove_stackspan_find(60 * MIB, &found) &&
           is(&found, ALCOVE_STACKSPAN_INITIAL, initial_floor, initial_top,
              initial_top, initial_top) &&
           sys.cap == 64 * MIB && sys.extended == 0 && errno == 0,
       "of the initial stack nothing is known to be mapped");
    ok(alcove_stackspan_find(61 * MIB, &found) && sys.asked == 1 &&
           memcmp(&found, &alcove_stackspan_here, sizeof found) == 0,
       "it is asked for once");
    ok(alcove_stackspan_find(initial_floor, &found) &&
           alcove_stackspan_find(initial_top - 1, &found) &&
           !alcove_stackspan_find(initial_top, &found) && is_unknown(&found) &&
           !alcove_stackspan_find(initial_floor - 1, &found) &&
           is_unknown(&found) && sys.asked == 1 && errno == 0,
       "...and a frame beyond its ends is on none that is known");
}

static bool
has_room(struct alcove_stackroom room, size_t usable, size_t expected)
{
    return room.known && room.usable == usable && room.expected == expected &&
           errno == 0;
}

static void
test_growth(void)
{
    const uintptr_t frame = 63 * MIB;
    const size_t expected = 7 * MIB - LEFT, need = 100 * KIB;
    uintptr_t bottom = frame - LEFT - need - 32 * KIB;

    begin(true, true);
    ok(has_room(alcove_stackspan_room(frame, 0, 0), 0, expected) &&
           has_room(alcove_stackspan_room(frame, expected + 1, 0), 0,
                    expected) &&
           sys.extended == 0,
       "it does not grow for nothing, nor for what does not fit");
    ok(has_room(alcove_stackspan_room(frame, need, 0), need + 32 * KIB,
                expected) &&
           sys.extended == 1 && sys.start == frame && sys.end == bottom,
       "it grows for a block, and 32 KiB more");
    ok(is(&alcove_stackspan_here, ALCOVE_STACKSPAN_INITIAL, initial_floor,
          bottom, initial_top, bottom + LEFT),
       "...which is remembered");
    ok(has_room(alcove_stackspan_room(frame, 0, 0), need + 32 * KIB, expected),
       "...and can be used");
    (void)alcove_stackspan_room(frame, 300 * KIB, 0);
    ok(sys.extended == 2 && sys.start == bottom &&
           sys.end == frame - LEFT - 332 * KIB,
       "it grows on from where it ended");
    (void)alcove_stackspan_room(60 * MIB, 1, 0);
    ok(sys.extended == 3 && sys.start == 60 * MIB &&
           sys.end == 60 * MIB - LEFT - 1 - 32 * KIB,
       "...or from a frame below, for a single byte");

    begin(true, true);
    ok(has_room(alcove_stackspan_room(frame, expected, 0), expected,
                expected) &&
           sys.end == initial_floor &&
           is(&alcove_stackspan_here, ALCOVE_STACKSPAN_INITIAL, initial_floor,
              initial_floor, initial_top, initial_floor + LEFT),
       "it grows down to its floor");
    begin(true, true);
    sys.deepest = frame - 200 * KIB;
    ok(has_room(alcove_stackspan_room(frame, 500 * KIB, 0), 200 * KIB - LEFT,
                expected) &&
           alcove_stackspan_here.bottom == sys.deepest,
       "...or as far as the kernel lets it");
    begin(true, true);
    ok(has_room(alcove_stackspan_room(frame, need, 300 * KIB), need + 32 * KIB,
                7 * MIB - 300 * KIB - 512) &&
           sys.end == frame - 300 * KIB - 512 - need - 32 * KIB,
       "another reserve is left below a block, too");
    ok(!alcove_stackspan_room(5 * MIB, need, 0).known &&
           alcove_stackspan_room(5 * MIB, need, 0).usable == 0 &&
           alcove_stackspan_room(5 * MIB, need, 0).expected == 0 &&
           sys.extended == 1 && errno == 0,
       "no stack grows for a frame that is on none");
}

/* ---- the stacks of threads ---- */

#    if PRETENDS_THREAD

/* With this guard, and this size: where is the floor? */
static bool
has_floor(size_t guard, size_t size, uintptr_t floor)
{
    uintptr_t low = sys.thread.low, top = low + size;

    memset(&alcove_stackspan_here, 0, sizeof alcove_stackspan_here);
    sys.guard = guard;
    sys.thread.size = size;
    return alcove_stackspan_find(top - 1, &found) &&
           found.source == ALCOVE_STACKSPAN_THREAD && found.floor == floor &&
           found.bottom == floor && found.top == top && sys.attributes == 0 &&
           errno == 0;
}

static void
test_thread(void)
{
    const uintptr_t low = thread_low;

    begin(false, true);
    sys.guard = 4 * KIB;
    ok(alcove_stackspan_find(21 * MIB, &found) &&
           is(&found, ALCOVE_STACKSPAN_THREAD, low + 4 * KIB, low + 4 * KIB,
              thread_top, low + 4 * KIB + LEFT) &&
           sys.attributes == 0,
       "a thread's stack is all there, but for its guard");
    ok(has_room(alcove_stackspan_room(21 * MIB, 100, 0), MIB - 4 * KIB - LEFT,
                MIB - 4 * KIB - LEFT) &&
           sys.extended == 0,
       "...and is not extended");
    ok(has_floor(0, 2 * MIB, low) &&
           has_floor(2 * MIB - 1, 2 * MIB, thread_top - 1) &&
           !has_floor(2 * MIB, 2 * MIB, thread_top) &&
           is_unknown(&alcove_stackspan_here) && is_unknown(&found) &&
           sys.attributes == 0,
       "a guard that leaves nothing is none");
    sys.no_guard = true;
    ok(has_floor(4 * KIB, 2 * MIB, low), "without one all counts");
    sys.no_guard = false;
    ok(has_floor(0, 64 * MIB, low) && has_floor(0, 64 * MIB + 1, low + 1) &&
           has_floor(0, 100 * MIB, low + 36 * MIB),
       "no more than 64 MiB are believed in");
    sys.thread.low = UINTPTR_MAX - 2 * MIB;
    ok(has_floor(0, 2 * MIB, sys.thread.low), "it may end at the last address");
    sys.thread.size++;
    memset(&alcove_stackspan_here, 0, sizeof alcove_stackspan_here);
    ok(!alcove_stackspan_find(sys.thread.low + MIB, &found) &&
           is_unknown(&found),
       "...and not beyond");
    begin(false, false);
    ok(!alcove_stackspan_find(21 * MIB, &found) && is_unknown(&found) &&
           sys.attributes == 0,
       "it is not known if the system does not tell");
    begin(false, true);
    sys.no_attributes = true;
    ok(!alcove_stackspan_find(21 * MIB, &found) && is_unknown(&found) &&
           sys.attributes == 0 && errno == 0,
       "...or has no attributes");
}

static bool
caches(uintptr_t frame, enum alcove_stackspan_source source)
{
    bool known = alcove_stackspan_find(frame, &found);

    return alcove_stackspan_here.source == source &&
           (known ? found.source == source : is_unknown(&found));
}

static void
test_choice(void)
{
    begin(true, true);
    ok(caches(60 * MIB, ALCOVE_STACKSPAN_INITIAL) && sys.asked == 1,
       "who runs on the initial stack is not asked for a thread's");
    begin(true, true);
    sys.mine = true;
    ok(caches(21 * MIB, ALCOVE_STACKSPAN_THREAD) && sys.asked == 2,
       "a frame on the thread's stack tells that it is this one");
    begin(true, true);
    sys.mine = true;
    ok(caches(5 * MIB, ALCOVE_STACKSPAN_INITIAL) &&
           is(&alcove_stackspan_here, ALCOVE_STACKSPAN_INITIAL, initial_floor,
              initial_top, initial_top, initial_top),
       "elsewhere the initial thread was born with the initial stack");
    begin(true, true);
    ok(caches(5 * MIB, ALCOVE_STACKSPAN_THREAD) &&
           alcove_stackspan_here.floor == thread_low,
       "...and another with its own");
    begin(false, true);
    sys.mine = true;
    ok(caches(5 * MIB, ALCOVE_STACKSPAN_THREAD),
       "...as has the initial one, if its stack is not known");
    begin(false, false);
    ok(caches(5 * MIB, ALCOVE_STACKSPAN_UNKNOWN) &&
           is_unknown(&alcove_stackspan_here) && sys.asked == 2 &&
           caches(60 * MIB, ALCOVE_STACKSPAN_UNKNOWN) && sys.asked == 2,
       "where nothing is told, nobody asks again");
}

#    else

static void
test_thread(void)
{
    (void)thread_low;
    (void)thread_top;
    skip(9, "this system tells of threads in another way");
}

static void
test_choice(void)
{
    skip(6, "this system tells of threads in another way");
}

#    endif

/* ---- the alternate signal stack ---- */

#    if ALCOVE_SIGALTSTACK

static void
test_signal(void)
{
    const uintptr_t low = 10 * MIB, array = 60 * MIB;
    const uintptr_t bottom = 57 * MIB - LEFT - 32 * KIB;

    begin(true, true);
    sys.signal = (struct area){true, low, 512 * KIB};
    sys.in_use = true;
    ok(alcove_stackspan_find(low, &found) &&
           is(&found, ALCOVE_STACKSPAN_SIGNAL, low, low, low + 512 * KIB,
              low + LEFT) &&
           sys.asked == 0 && errno == 0 &&
           alcove_stackspan_here.source == ALCOVE_STACKSPAN_UNASKED,
       "in a handler the signal stack is the one, and not remembered");
    ok(alcove_stackspan_find(61 * MIB, &found) &&
           found.source == ALCOVE_STACKSPAN_INITIAL && found.top == initial_top,
       "...unless the frame is elsewhere");
    sys.in_use = false;
    ok(!alcove_stackspan_find(low + 100, &found) && is_unknown(&found),
       "out of a handler it is memory as any other");

    begin(true, true);
    sys.signal = (struct area){true, array, 512 * KIB};
    ok(alcove_stackspan_find(array, &found) && found.top == initial_top &&
           alcove_stackspan_find(array + MIB, &found) &&
           found.top == initial_top,
       "an array on the stack ends nothing for who runs above");
    ok(alcove_stackspan_find(array - 1, &found) &&
           is(&found, ALCOVE_STACKSPAN_INITIAL, initial_floor, array, array,
              array) &&
           memcmp(&found, &alcove_stackspan_here, sizeof found) == 0,
       "...and is the end for who runs below, from then on");
    begin(true, true);
    sys.signal = (struct area){true, array, 512 * KIB};
    (void)alcove_stackspan_room(61 * MIB, 4 * MIB, 0);
    ok(alcove_stackspan_find(array - 1, &found) &&
           is(&found, ALCOVE_STACKSPAN_INITIAL, initial_floor, bottom, array,
              bottom + LEFT),
       "...of what is mapped below it all is left");
    begin(true, true);
    sys.signal = (struct area){true, initial_top, 512 * KIB};
    ok(alcove_stackspan_find(array, &found) && found.top == initial_top,
       "one beyond the stack is none of it");
    begin(true, true);
    sys.signal = (struct area){true, 0, initial_top};
    sys.in_use = true;
    ok(alcove_stackspan_find(array, &found) &&
           found.source == ALCOVE_STACKSPAN_INITIAL,
       "one that is disabled is none");
    begin(true, true);
    sys.signal = (struct area){false, array, 512 * KIB};
    sys.in_use = true;
    ok(alcove_stackspan_find(array + 1, &found) &&
           found.source == ALCOVE_STACKSPAN_INITIAL && errno == 0,
       "...nor is one that the system does not tell of");
}

#    else

static void
test_signal(void)
{
    skip(9, "there is no sigaltstack");
}

#    endif

int
main(void)
{
    if (!grows_down())
        return tap_skip_all("the stack grows upwards here");
    tap_plan(47);
    test_budget();
    test_named();
    test_initial();
    test_growth();
    test_thread();
    test_choice();
    test_signal();
    return tap_done();
}

#endif
