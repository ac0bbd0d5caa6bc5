/* SPDX-License-Identifier: MIT */
/* What happens when the system refuses, or says what cannot be. */
#include <config.h>

#include "../lib/os/tools.h"
#include "inject.h"
#include "tap.h"

#if !INJECT

int
main(void)
{
    return tap_skip_all("the system's calls cannot be answered here");
}

#else

#    include <alcove/aligned.h>
#    include <alcove/arena.h>
#    include <alcove/guard.h>
#    include <alcove/locked.h>
#    include <alcove/malloc.h>
#    include <alcove/page.h>
#    include <alcove/scratch.h>
#    include <alcove/stack.h>
#    include <alcove/string.h>

#    include "told.h"

#    include <signal.h>
#    include <stdint.h>
#    include <stdio.h>
#    include <stdlib.h>
#    include <string.h>
#    include <sys/auxv.h>
#    include <sys/mman.h>
#    include <sys/wait.h>
#    include <unistd.h>

#    define KIB ((size_t)1024)
#    define MIB (1024 * KIB)

/* ---- the answers ---- */

/* Calls that are still served; then one is refused, or all that follow. */
static unsigned served;
static bool once;
static unsigned refusals;

static bool
refuses(int number)
{
    if (served > 0) {
        served--;
        return false;
    }
    if (once && refusals > 0)
        return false;
    refusals++;
    errno = number;
    return true;
}

#    define CALL(type, name, parameters, arguments)                            \
        do {                                                                   \
            void *found_ = inject_real(#name);                                 \
            type(*real_) parameters;                                           \
                                                                               \
            memcpy(&real_, &found_, sizeof real_);                             \
            return real_ arguments;                                            \
        } while (0)

static size_t mapped; /* the size that was asked for last */
static size_t unmapped, advised;
static bool names_file; /* where there is none */

static void *
bad_mmap(void *p, size_t size, int protection, int flags, int fd, off_t offset)
{
    mapped = size;
    if ((flags & MAP_ANONYMOUS) != 0 && fd != -1)
        names_file = true;
    if (refuses(ENOMEM))
        return MAP_FAILED;
    CALL(void *, mmap, (void *, size_t, int, int, int, off_t),
         (p, size, protection, flags, fd, offset));
}

static int
bad_munmap(void *p, size_t size)
{
    if (refuses(EINVAL))
        return -1;
    unmapped += size;
    CALL(int, munmap, (void *, size_t), (p, size));
}

static int
bad_mprotect(void *p, size_t size, int protection)
{
    if (refuses(ENOMEM))
        return -1;
    CALL(int, mprotect, (void *, size_t, int), (p, size, protection));
}

#    if ALCOVE_MADVISE_HUGEPAGE
static int
seen_madvise(void *p, size_t size, int advice)
{
    if (advice == MADV_HUGEPAGE)
        advised += size;
    CALL(int, madvise, (void *, size_t, int), (p, size, advice));
}
#    endif

static long
no_page_size(int name)
{
    (void)name;
    errno = EINVAL;
    return -1;
}

static long
large_page(int name)
{
    (void)name;
    return (long)(4 * MIB);
}

static void
real_again(void)
{
    memset(&inject, 0, sizeof inject);
    served = 0;
    once = false;
    refusals = 0;
}

/* ---- where the stack is ---- */

/* What one who asks for the first time learns of the running stack. */
struct view {
    bool known;
    const char *low;
    size_t size, left;
    char source[30];
    bool served, refused_well;
    size_t limit; /* as the refusal says */
};

static void
count_up(void *mem, void *arg)
{
    *(char *)mem = 1;
    ++*(int *)arg;
}

static void
look(struct view *v)
{
    const struct alcove_layout l = {64, 16};
    struct alcove_error e;
    const void *low;
    const char *source;
    int runs = 0;

    memset(v, 0, sizeof *v);
    errno = 0;
    v->known = alcove_stack_bounds(&low, &v->size, &source);
    v->low = low;
    snprintf(v->source, sizeof v->source, "%s", source);
    v->left = alcove_stack_remaining();
    v->served = alcove_stack_temp(l, count_up, &runs, &e) && runs == 1;
    v->refused_well = !v->served && runs == 0 && errno == ENOMEM &&
                      e.code == ALCOVE_ERR_ALLOC_FAILED &&
                      e.cause == ALCOVE_CAUSE_STACK;
    v->limit = v->served ? 0 : e.limit;
}

/* In a child of this thread, which has not asked yet; it ends well if it has
 * told all. */
static bool
look_apart(void (*see)(struct view *), struct view *v)
{
    int ends[2], status = 1;
    pid_t child;
    bool whole;

    if (pipe(ends) != 0)
        return false;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        see(v);
        _exit(write(ends[1], v, sizeof *v) != (ssize_t)sizeof *v);
    }
    close(ends[1]);
    whole = child > 0 && read(ends[0], v, sizeof *v) == (ssize_t)sizeof *v;
    close(ends[0]);
    return child > 0 && waitpid(child, &status, 0) == child && whole &&
           status == 0;
}

static void *
look_in_thread(void *v)
{
    look(v);
    return NULL;
}

static bool
look_there(struct view *v)
{
    pthread_t thread;

    memset(v, 0, sizeof *v);
    return pthread_create(&thread, NULL, look_in_thread, v) == 0 &&
           pthread_join(thread, NULL) == 0;
}

static bool
says(const struct view *v, const char *source)
{
    return v->known && strcmp(v->source, source) == 0 && v->left > 0 &&
           v->left < v->size && v->served;
}

static bool
says_nothing(const struct view *v)
{
    return !v->known && v->size == 0 && v->left == 0 && v->refused_well &&
           v->limit == 0;
}

static unsigned long
no_name(unsigned long type)
{
    if (type == AT_EXECFN)
        return 0;
    CALL(unsigned long, getauxval, (unsigned long), (type));
}

/* A stack so low that its limit would reach below address 0. */
static const char *low_name;

static unsigned long
a_low_name(unsigned long type)
{
    if (type == AT_EXECFN)
        return (unsigned long)(uintptr_t)low_name;
    CALL(unsigned long, getauxval, (unsigned long), (type));
}

static int
no_limit(inject_resource resource, struct rlimit *limit)
{
    (void)resource;
    (void)limit;
    errno = EINVAL;
    return -1;
}

/* Does the kernel read signal sets, as when the memory is there? */
static long
reads_all(long how, long set, long old, long size)
{
    (void)how;
    (void)set;
    (void)old;
    (void)size;
    errno = EINVAL;
    return -1;
}

static long
succeeds(long how, long set, long old, long size)
{
    (void)how;
    (void)set;
    (void)old;
    (void)size;
    errno = EINVAL;
    return 0;
}

static int
no_attributes(pthread_t thread, pthread_attr_t *attr)
{
    (void)thread;
    (void)attr;
    return ENOENT;
}

static int
no_stack(const pthread_attr_t *attr, void **low, size_t *size)
{
    (void)attr;
    (void)low;
    (void)size;
    return EINVAL;
}

static int
no_guard_size(const pthread_attr_t *attr, size_t *size)
{
    (void)attr;
    (void)size;
    return EINVAL;
}

static size_t guard_size;

static int
a_guard_size(const pthread_attr_t *attr, size_t *size)
{
    (void)attr;
    *size = guard_size;
    return 0;
}

static struct {
    char *low;
    size_t size;
} answer;

static int
a_stack(const pthread_attr_t *attr, void **low, size_t *size)
{
    (void)attr;
    *low = answer.low;
    *size = answer.size;
    return 0;
}

static void
test_initial_stack(void)
{
    struct view plain, v;

    if (!look_apart(look, &plain) || strcmp(plain.source, "initial") != 0) {
        skip(5, "the initial stack is not asked for (%s)", plain.source);
        return;
    }
    inject.getauxval = no_name;
    ok(look_apart(look, &v) && says(&v, "thread"),
       "without its top the initial stack is a thread's: %s", v.source);
    real_again();
    inject.getrlimit = no_limit;
    ok(look_apart(look, &v) && says(&v, "thread"), "...and without its limit");
    real_again();
    low_name = mmap((void *)(64 * KIB), 4 * KIB, PROT_READ,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (low_name == MAP_FAILED) {
        skip(1, "nothing can be mapped that low");
    } else {
        inject.getauxval = a_low_name;
        ok(look_apart(look, &v) && says(&v, "thread"),
           "...and if it is lower than it may be deep");
        munmap((void *)(uintptr_t)low_name, 4 * KIB);
    }
    real_again();
    inject.syscall = reads_all;
    ok(look_apart(look, &v) && says(&v, "thread"),
       "...and if the kernel's answers are worth nothing");
    real_again();
    inject.syscall = succeeds;
    ok(look_apart(look, &v) && v.known && strcmp(v.source, "initial") == 0 &&
           v.refused_well && v.limit == 0,
       "what cannot be shown to be there is not used");
    real_again();
}

static void
test_threads(void)
{
    struct view plain, v;

    ok(look_there(&plain) && says(&plain, "thread"),
       "a thread's stack is known");
    inject.pthread_getattr_np = no_attributes;
    ok(look_there(&v) && says_nothing(&v),
       "...unless the thread has no attributes");
    real_again();
    inject.pthread_attr_getstack = no_stack;
    ok(look_there(&v) && says_nothing(&v), "...or these no stack");
    real_again();
    inject.pthread_attr_getguardsize = no_guard_size;
    ok(look_there(&v) && says(&v, "thread") && v.size >= plain.size,
       "a guard of unknown size counts as none");
    real_again();
    answer.low = (char *)(uintptr_t)plain.low;
    answer.size = guard_size = plain.size;
    inject.pthread_attr_getstack = a_stack;
    inject.pthread_attr_getguardsize = a_guard_size;
    ok(look_there(&v) && says_nothing(&v), "a stack that is all guard is none");
    guard_size = 0;
    answer.low = (char *)UINTPTR_MAX - 4095;
    answer.size = 64 * KIB;
    ok(look_there(&v) && says_nothing(&v),
       "...nor is one beyond the last address");
    answer.low = (char *)(uintptr_t)&v;
    ok(look_there(&v) && says_nothing(&v), "...nor one that is not here");
    answer.low = (char *)(uintptr_t)(plain.low + plain.size) - 128 * MIB;
    answer.size = 128 * MIB;
    ok(look_there(&v) && v.known && v.size == 64 * MIB,
       "of a huge one the topmost 64 MiB count");
    real_again();
}

/* As the first thread, on a stack that the kernel does not grow. */
static void
test_no_bounds(void)
{
    struct view v;

    inject.getrlimit = no_limit;
    inject.pthread_getattr_np = no_attributes;
    ok(look_apart(look, &v) && says_nothing(&v),
       "where nobody tells anything, nothing is placed");
    real_again();
}

static char *signal_low;
static int signal_flags;

static int
a_signal_stack(const stack_t *new_, stack_t *old)
{
    (void)new_;
    memset(old, 0, sizeof *old);
    old->ss_sp = signal_low;
    old->ss_size = 64 * KIB;
    old->ss_flags = signal_flags;
    return 0;
}

static int
no_signal_stack(const stack_t *new_, stack_t *old)
{
    (void)new_;
    (void)old;
    errno = EFAULT;
    return -1;
}

/* It is an array of a function that has called. */
static void
look_below(struct view *v)
{
    char array[64 * KIB];

    array[0] = 0;
    signal_low = array;
    look(v);
    if (v->known && v->low + v->size != signal_low)
        snprintf(v->source, sizeof v->source, "not below");
    signal_low = NULL;
}

static void
test_signal_stacks(void)
{
    static char elsewhere[64 * KIB];
    struct view v;

    inject.sigaltstack = no_signal_stack;
    ok(look_apart(look, &v) && v.served,
       "who cannot ask for a signal stack has none");
    inject.sigaltstack = a_signal_stack;
    signal_low = elsewhere;
    ok(look_apart(look, &v) && v.served && v.size > 64 * KIB,
       "a signal stack elsewhere does not matter");
    signal_flags = SS_ONSTACK;
    ok(look_apart(look, &v) && v.served && v.size > 64 * KIB,
       "...even if it is in use, and left for another");
    signal_flags = 0;
    ok(look_apart(look_below, &v) && v.known &&
           strcmp(v.source, "not below") != 0,
       "the stack ends where one begins that lies on it");
    real_again();
}

/* ---- scratch ---- */

static void
scratch(struct view *v)
{
    struct alcove_scratch_block block;
    const struct alcove_layout l = {64, 16}, large = {200 * KIB, 16};
    struct alcove_error e;

    memset(v, 0, sizeof *v);
    if (ALCOVE_SCRATCH(&block, l, &e))
        v->served = !block.on_heap;
    alcove_scratch_release(&block);
    if (ALCOVE_SCRATCH(&block, large, &e))
        v->known = !block.on_heap;
    alcove_scratch_release(&block);
}

static void
scratch_named(struct view *v)
{
    char array[48 * KIB];
    struct alcove_stack_span saved;

    array[0] = 0;
    (void)alcove_stack_enter(array, sizeof array, &saved);
    scratch(v);
    alcove_stack_leave(&saved);
}

/* As if the stack here ended soon. */
static void
scratch_near_end(struct view *v)
{
    struct alcove_stack_span saved;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    (void)alcove_stack_enter((void *)(here - 48 * KIB), 64 * KIB, &saved);
    scratch(v);
    alcove_stack_leave(&saved);
}

static void
test_scratch(void)
{
    struct view v;

    unsetenv("ALCOVE_SCRATCH");
    ok(look_apart(scratch, &v) && v.served && v.known,
       "scratch blocks are on the stack");
    setenv("ALCOVE_SCRATCH", "heap", 1);
    ok(look_apart(scratch, &v) && !v.served && !v.known,
       "...but with ALCOVE_SCRATCH=heap");
    setenv("ALCOVE_SCRATCH", "stack", 1);
    ok(look_apart(scratch, &v) && v.served && v.known,
       "...and with no other value");
    setenv("ALCOVE_SCRATCH", "yes", 1);
    ok(look_apart(scratch, &v) && v.served && v.known,
       "...nor with one that is none");
    unsetenv("ALCOVE_SCRATCH");
    ok(look_apart(scratch_named, &v) && !v.served && !v.known,
       "...nor if the frame is on no stack that is known");
    ok(look_apart(scratch_near_end, &v) && v.served && !v.known,
       "...and near the end of the stack those that are small");
}

/* ---- passing through ---- */

static void
pass(struct view *v)
{
    struct alcove_arena arena;

    memset(v, 0, sizeof *v);
    alcove_arena_init(&arena, alcove_malloc(), NULL, 0);
    v->known = arena.through;
}

static void
test_passing(void)
{
    struct view v;

    setenv("ALCOVE_PASSTHROUGH", "1", 1);
    ok(look_apart(pass, &v) && v.known,
       "with ALCOVE_PASSTHROUGH=1 an arena passes through");
    setenv("ALCOVE_PASSTHROUGH", "0", 1);
    ok(look_apart(pass, &v) && !v.known, "...and with no other value");
    unsetenv("ALCOVE_PASSTHROUGH");
}

/* ---- pages ---- */

static bool
told_of_os(int number)
{
    return errno == number && err.cause == ALCOVE_CAUSE_OS &&
           err.os_error == number;
}

/* Where the system puts a mapping it may have one end to cut off, or two. */
static bool
ends_stay(unsigned cut)
{
    size_t align;
    bool good = true;

    for (align = 64 * KIB; align <= 16 * MIB; align *= 2) {
        const struct alcove_layout l = {5000, align};
        bool told;
        void *p;

        inject.mmap = bad_mmap;
        inject.munmap = bad_munmap;
        once = true;
        served = 1 + cut;
        unmapped = 0;
        before();
        p = alcove_alloc(alcove_page(), l, &err);
        told = refusals == 0 ? p != NULL
                             : !p && told_of_os(EINVAL) && unmapped == mapped;
        real_again();
        good = good && told && alcove_dealloc(alcove_page(), p, l, NULL);
    }
    return good;
}

static void
test_pages(void)
{
    const struct alcove_layout l = {5000, 16};
    struct alcove_allocator *page = alcove_page(), *huge = alcove_hugepage();
    void *p;

    inject.sysconf = no_page_size;
    before();
    ok(alcove_page_size() == 0 && !alcove_alloc(page, l, &err) &&
           err.code == ALCOVE_ERR_EXCEEDS_MAX && !alcove_alloc(huge, l, NULL),
       "pages of unknown size are not used");
    inject.sysconf = large_page;
    inject.mmap = bad_mmap;
    before();
    ok(!alcove_alloc(huge, l, &err) && told_of_os(ENOMEM) && mapped == 4 * MIB,
       "a page that is larger than a huge one is the unit");
    real_again();
    ok(ends_stay(0) && ends_stay(1),
       "an aligned mapping whose ends cannot be cut off is given back");
    p = alcove_alloc(page, l, NULL);
    inject.munmap = bad_munmap;
    before();
    ok(p && !alcove_dealloc(page, p, l, &err) && told_of_os(EINVAL) &&
           err.code == ALCOVE_ERR_OTHER,
       "pages that cannot be unmapped are an error");
    real_again();
    ok(alcove_dealloc(page, p, l, NULL), "...and are released later");
#    if ALCOVE_MADVISE_HUGEPAGE
    advised = 0;
    inject.madvise = seen_madvise;
    p = alcove_alloc(huge, l, NULL);
    real_again();
    ok(p && advised == alcove_usable_size(huge, p, l) &&
           alcove_dealloc(huge, p, l, NULL),
       "huge pages are asked for");
#    else
    skip(1, "this system cannot be asked for huge pages");
#    endif
}

static void
test_reserve(void)
{
    struct alcove_page_reserve r;
    struct alcove_allocator *const a = &r.allocator;
    const struct alcove_layout small = {100, 16}, middle = {3 * MIB, 16},
                               large = {12 * MIB, 16};
    size_t committed;
    char *p;

    inject.sysconf = no_page_size;
    before();
    ok(!alcove_page_reserve_init(&r, 16 * MIB, &err) &&
           err.code == ALCOVE_ERR_EXCEEDS_MAX,
       "nothing is reserved in pages of unknown size");
    inject.sysconf = large_page;
    inject.mmap = bad_mmap;
    before();
    ok(!alcove_page_reserve_init(&r, 5 * MIB, &err) && told_of_os(ENOMEM) &&
           mapped == 8 * MIB,
       "...and no more than whole ones in large pages");
    real_again();
    if (!alcove_page_reserve_init(&r, 16 * MIB, NULL))
        bail_out("no reservation");
    inject.mprotect = bad_mprotect;
    before();
    ok(!alcove_alloc(a, small, &err) && told_of_os(ENOMEM) && refusals == 2,
       "without memory there is no block");
    real_again();
    inject.mprotect = bad_mprotect;
    once = true;
    before();
    p = alcove_alloc(a, small, &err);
    ok(p && untouched() && refusals == 1 && r.committed < 64 * KIB,
       "...and if none is to be had ahead of the need, less is taken");
    real_again();
    memset(p, 0x5a, small.size);
    ok(alcove_resize(a, p, small, large), "it grows");
    committed = r.committed;
    inject.mmap = bad_mmap;
    before();
    ok(alcove_resize(a, p, large, middle) && untouched() && refusals == 1 &&
           r.committed == committed && p[99] == 0x5a,
       "it shrinks, though the pages cannot be given back");
    before();
    ok(!alcove_dealloc(a, p, middle, &err) && told_of_os(ENOMEM) &&
           err.code == ALCOVE_ERR_OTHER && err.detail &&
           err.layout.size == middle.size && err.old.size == 0 && p[99] == 0x5a,
       "its release is an error then, and it is whole");
    real_again();
    ok(alcove_dealloc(a, p, middle, NULL) && r.committed == 0,
       "...and can be released later");
    alcove_page_reserve_done(&r);
    ok(!names_file, "what is mapped is no file's");
}

/* ---- guard pages ---- */

static void
ignore_block(const struct alcove_guard_block *block, void *arg)
{
    (void)block;
    (void)arg;
}

static void
test_guard(void)
{
    struct alcove_guard guard;
    struct alcove_allocator *const a = &guard.allocator;
    struct alcove_guard_options o;
    const struct alcove_layout l = {100, 4}, over = {100, 4 * MIB};
    char *p;

    memset(&o, 0, sizeof o);
    o.struct_size = sizeof o;
    o.pages = true;
    o.quarantine = 1;
    inject.sysconf = no_page_size;
    before();
    ok(!alcove_guard_init(&guard, NULL, &o, &err) &&
           err.code == ALCOVE_ERR_UNSUPPORTED && errno == ENOTSUP,
       "there are no guard pages where pages have no size");
    real_again();
    o.quarantine = MIB;
    if (!alcove_guard_init(&guard, NULL, &o, NULL))
        bail_out("no guard");
    inject.mmap = bad_mmap;
    inject.munmap = bad_munmap;
    inject.mprotect = bad_mprotect;
    served = 1;
    once = true;
    unmapped = 0;
    before();
    ok(!alcove_alloc(a, l, &err) && told_of_os(ENOMEM) && unmapped == mapped &&
           alcove_guard_each(&guard, ignore_block, NULL) == 0,
       "a block whose pages get no memory is refused");
    once = false;
    served = 1;
    before();
    ok(!alcove_alloc(a, l, &err) && told_of_os(ENOMEM) && refusals == 3,
       "...for that reason, though its pages stay");
    served = 0;
    before();
    ok(!alcove_alloc(a, over, &err) && told_of_os(ENOMEM) && refusals == 4,
       "...as is one that gets no pages");
    real_again();
    inject.mmap = bad_mmap;
    served = 1;
    p = alcove_alloc(a, l, NULL);
    if (!p)
        bail_out("no block");
    ok(mapped == 3 * alcove_page_size(),
       "a block has its pages, one before and one behind, and no more");
    before();
    ok(alcove_dealloc(a, p, l, &err) && untouched() && refusals == 1 &&
           guard.kept.bytes == 3 * alcove_page_size(),
       "a block whose pages cannot be hidden is released");
    p[4] = 1;
    ok(!alcove_guard_check(&guard, &err) && err.code == ALCOVE_ERR_CORRUPT &&
           err.block == p && err.offset == 4,
       "...and a write to it is found all the same");
    real_again();
    (void)alcove_guard_repair(&guard, p, NULL);
    inject.munmap = bad_munmap;
    before();
    ok(!alcove_guard_done(&guard, &err) && told_of_os(EINVAL) &&
           err.code == ALCOVE_ERR_OTHER,
       "a guard that cannot unmap does not end");
    real_again();
    ok(alcove_guard_done(&guard, NULL), "...but later");
}

static struct alcove_guard *traced;
static char *inner;

/* It may allocate, perhaps by the guard. */
static int
no_backtrace(void **frames, int count)
{
    const struct alcove_layout l = {8, 8};

    (void)frames;
    (void)count;
    if (!inner)
        inner = alcove_alloc(&traced->allocator, l, NULL);
    return 0;
}

static void
count_frames(const struct alcove_guard_block *block, void *arg)
{
    *(size_t *)arg += block->frame_count;
}

/* A full disk, when the frames of a block are to be written. */
static ssize_t
write_no_frame(int fd, const void *text, size_t size)
{
    if (size == 4 && memcmp(text, "    ", 4) == 0) {
        errno = ENOSPC;
        return -1;
    }
    CALL(ssize_t, write, (int, const void *, size_t), (fd, text, size));
}

static void
test_frames(void)
{
    const struct alcove_layout l = {8, 8};
    struct alcove_guard guard;
    size_t frames = 0;
    char *outer;
    int ends[2];

    if (!alcove_guard_init(&guard, alcove_malloc(), NULL, NULL) ||
        pipe(ends) != 0)
        bail_out("no guard");
    traced = &guard;
    inject.backtrace = no_backtrace;
    outer = alcove_alloc(&guard.allocator, l, NULL);
    real_again();
    ok(outer &&
           alcove_guard_each(&guard, count_frames, &frames) ==
               (inner ? 2u : 1u) &&
           (!ALCOVE_RETURN_ADDRESS || frames == (inner ? 2u : 1u)),
       "where nothing is on the stack, a block has its place");
    inject.write = write_no_frame;
    before();
    ok((frames == 0 && ALCOVE_BACKTRACE) ||
           (!alcove_guard_report(&guard, ends[1], &err) && told_of_os(ENOSPC)),
       "a report that cannot be written is an error");
    real_again();
    close(ends[0]);
    close(ends[1]);
    alcove_dealloc(&guard.allocator, outer, l, NULL);
    alcove_dealloc(&guard.allocator, inner, l, NULL);
    ok(alcove_guard_done(&guard, NULL), "...and the guard ends well");
}

/* ---- locks ---- */

static int
no_mutex(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr)
{
    (void)mutex;
    (void)attr;
    return EAGAIN;
}

static int
no_lock(pthread_mutex_t *mutex)
{
    (void)mutex;
    return EINVAL;
}

static int
never(pthread_once_t *control, void (*fn)(void))
{
    (void)control;
    (void)fn;
    return EINVAL;
}

static void
test_locked(void)
{
    struct alcove_locked locked;
    struct alcove_allocator *const a = &locked.allocator;
    const struct alcove_layout l = {100, 8};

    inject.pthread_once = never;
    before();
    ok(!alcove_locked_init(&locked, alcove_malloc(), &err) &&
           err.code == ALCOVE_ERR_LOCK && told_of_os(EINVAL) && err.detail,
       "what forks cannot be told of is not locked");
    real_again();
    inject.pthread_mutex_init = no_mutex;
    before();
    ok(!alcove_locked_init(&locked, alcove_malloc(), &err) &&
           err.code == ALCOVE_ERR_LOCK && told_of_os(EAGAIN),
       "...nor what gets no mutex");
    real_again();
    if (!alcove_locked_init(&locked, alcove_malloc(), NULL))
        bail_out("no lock");
    inject.pthread_mutex_lock = no_lock;
    before();
    ok(!alcove_alloc(a, l, &err) && err.code == ALCOVE_ERR_LOCK &&
           told_of_os(EINVAL) && !err.detail && before() &&
           !alcove_zalloc(a, l, &err) && told_of_os(EINVAL) &&
           err.layout.size == l.size && err.old.size == 0,
       "a lock that fails is an error");
    before();
    ok(!alcove_dealloc(a, &locked, l, &err) && err.code == ALCOVE_ERR_LOCK &&
           told_of_os(EINVAL) && err.layout.size == l.size &&
           err.old.size == 0 && err.old.align == 0,
       "...also at a release");
    real_again();
    ok(alcove_locked_done(&locked, NULL), "...and that is all");
}

/* ---- the C library ---- */

static int refused_with;

static void *
no_realloc(void *p, size_t size)
{
    (void)p;
    (void)size;
    if (refused_with != 0)
        errno = refused_with;
    return NULL;
}

static void
test_library(void)
{
    struct alcove_allocator *a = alcove_malloc();
    const struct alcove_layout l = {100, 1}, less = {50, 1}, more = {200, 1};
    const struct alcove_layout three = {3, 8}, five = {5, 8};
    char *p = alcove_alloc(a, l, NULL), *q;

    if (!p)
        bail_out("no block");
    memset(p, 0x33, l.size);
    inject.realloc = no_realloc;
    refused_with = EAGAIN;
    before();
    ok(!alcove_realloc(a, p, l, more, &err) && told_of_os(EAGAIN) &&
           p[99] == 0x33,
       "what realloc says is passed on");
    refused_with = 0;
    before();
    ok(!alcove_realloc(a, p, l, more, &err) && told_of_os(ENOMEM),
       "...and where it says nothing, there is no memory");
    before();
    q = alcove_realloc(a, p, l, less, &err);
    ok(q == p && untouched() && p[49] == 0x33,
       "a block that realloc does not make smaller stays as it is");
    real_again();
    alcove_dealloc(a, p, less, NULL);
    p = alcove_alloc(a, three, NULL);
    if (!p)
        bail_out("no block");
    inject.realloc = no_realloc;
    before();
    q = alcove_realloc(a, p, three, five, &err);
    ok(q == p && untouched(),
       "...as does one that has the room for what it grows by");
    real_again();
    alcove_dealloc(a, p, five, NULL);
}

/* The heap may set errno though it succeeds: glibc's malloc does when it finds
 * memory elsewhere. Compilers hold that it never does. */

static char heap[4096];
static bool has_memory;
static int heap_says; /* in errno; 0: nothing */

static void *
serve(void)
{
    if (heap_says != 0)
        errno = heap_says;
    return has_memory ? heap + (64 - (uintptr_t)heap % 64) : NULL;
}

static void *
set_malloc(size_t size)
{
    (void)size;
    return serve();
}

static void *
set_calloc(size_t count, size_t size)
{
    (void)count;
    (void)size;
    return serve();
}

static void *
set_realloc(void *p, size_t size)
{
    (void)p;
    (void)size;
    return serve();
}

#    if ALCOVE_HAVE_ALIGNED_ALLOC
static void *
set_aligned_alloc(size_t align, size_t size)
{
    (void)align;
    (void)size;
    return serve();
}
#    endif

#    if ALCOVE_HAVE_POSIX_MEMALIGN
static int
set_posix_memalign(void **p, size_t align, size_t size)
{
    (void)align;
    (void)size;
    *p = serve();
    return *p ? 0 : ENOMEM;
}
#    endif

static void
heap_sets_errno(void)
{
    inject.malloc = set_malloc;
    inject.calloc = set_calloc;
    inject.realloc = set_realloc;
#    if ALCOVE_HAVE_ALIGNED_ALLOC
    inject.aligned_alloc = set_aligned_alloc;
#    endif
#    if ALCOVE_HAVE_POSIX_MEMALIGN
    inject.posix_memalign = set_posix_memalign;
#    endif
    before();
}

/* Called while the heap is not. */
static bool
kept(const void *p)
{
    bool good = p && untouched();

    before();
    return good;
}

static void
test_errno(void)
{
    struct alcove_allocator *a = alcove_malloc();
    const struct alcove_layout l = {100, 1}, wide = {100, 64},
                               wider = {64, 1024}, more = {200, 1};
    bool plain, cleared, padded, changed, paged, aligned, posix, told, untold;

    has_memory = true;
    heap_says = EAGAIN;
    heap_sets_errno();
    plain = kept(alcove_alloc(a, l, &err));
    cleared = kept(alcove_zalloc(a, l, &err));
    padded = kept(alcove_alloc(a, wide, &err));
    changed = kept(alcove_realloc(a, heap, l, more, &err));
    paged = kept(alcove_alloc(a, wider, &err));
    aligned = !ALCOVE_HAVE_ALIGNED_ALLOC ||
              kept(alcove_alloc(alcove_aligned_alloc(), wide, &err));
    posix = !ALCOVE_HAVE_POSIX_MEMALIGN ||
            kept(alcove_alloc(alcove_posix_memalign(), wide, &err));
    has_memory = false;
    told = !ALCOVE_HAVE_ALIGNED_ALLOC ||
           (!alcove_alloc(alcove_aligned_alloc(), wide, &err) &&
            told_of_os(EAGAIN));
    before();
    heap_says = 0;
    untold = !ALCOVE_HAVE_ALIGNED_ALLOC ||
             (!alcove_alloc(alcove_aligned_alloc(), wide, &err) &&
              told_of_os(ENOMEM));
    real_again();
    ok(plain, "malloc may set errno, and alcove_malloc leaves it alone");
    ok(cleared, "...and so may calloc");
    ok(padded, "...and malloc for a larger alignment");
    ok(changed, "...and realloc");
    ok(paged, "...and what serves whole pages");
    ok(aligned, "...and aligned_alloc");
    ok(posix, "...and posix_memalign");
    ok(told, "what aligned_alloc says is passed on");
    ok(untold, "...and where it says nothing, there is no memory");
}

/* Fortified, it is __vsnprintf_chk that is called. */
#    if defined __USE_FORTIFY_LEVEL && __USE_FORTIFY_LEVEL > 0
static void
test_text(void)
{
    skip(4, "vsnprintf is fortified");
}
#    else
static int
vsnprintf_once(char *buf, size_t size, const char *format, va_list args)
{
    served++;
    if (served > 1) {
        if (refused_with < 0)
            return -1;
        return 0;
    }
    CALL(int, vsnprintf, (char *, size_t, const char *, va_list),
         (buf, size, format, args));
}

static int
no_vsnprintf(char *buf, size_t size, const char *format, va_list args)
{
    (void)buf;
    (void)size;
    (void)format;
    (void)args;
    if (refused_with != 0)
        errno = refused_with;
    return -1;
}

static void
test_text(void)
{
    struct alcove_allocator *a = alcove_malloc();
    char *q;

    refused_with = 0;
    inject.vsnprintf = no_vsnprintf;
    before();
    q = alcove_asprintf(a, &err, "%d", 4711);
    ok(!q && errno == EIO && err.os_error == EIO,
       "a text that cannot be written, for no reason, is an I/O error");
    refused_with = EILSEQ;
    before();
    q = alcove_asprintf(a, &err, "%d", 4711);
    ok(!q && errno == EILSEQ && err.os_error == EILSEQ, "...or what it was");
    inject.vsnprintf = vsnprintf_once;
    served = 0;
    refused_with = -1;
    q = alcove_asprintf(a, &err, "%0100d%0100d%0100d", 1, 2, 3);
    ok(!q, "...and so is one that fails the second time");
    served = 0;
    refused_with = 0;
    q = alcove_asprintf(a, &err, "%0100d%0100d%0100d", 1, 2, 3);
    ok(!q, "...or is shorter then");
    real_again();
}
#    endif

#    if ALCOVE_STRERROR_R == 2
static char *
no_text(int number, char *buf, size_t size)
{
    (void)number;
    if (size > 0)
        *buf = '\0';
    return buf;
}
#    endif

static void
test_error_text(void)
{
#    if ALCOVE_STRERROR_R == 2
    struct alcove_error e;
    char buf[200];

    memset(&e, 0, sizeof e);
    e.code = ALCOVE_ERR_ALLOC_FAILED;
    e.cause = ALCOVE_CAUSE_OS;
    e.os_error = ENOMEM;
    e.layout.size = 64;
    e.layout.align = 16;
    e.allocator = "page";
    inject.strerror_r = no_text;
    alcove_error_format(&e, buf, sizeof buf);
    real_again();
    is_str(buf, "page: cannot allocate 64 bytes aligned to 16: error (ENOMEM)",
           "an error that the system has no text for has its name");
#    else
    skip(1, "strerror_r is another one");
#    endif
}

int
main(void)
{
    if (!inject_works() || alcove_tools_watch())
        return tap_skip_all("calls by alcove do not come here, or to a tool");
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the malloc backend is not built");
    tap_plan(76);
    test_initial_stack();
    test_no_bounds();
    test_signal_stacks();
    test_threads();
    test_scratch();
    test_passing();
    test_pages();
    test_reserve();
    test_guard();
    test_frames();
    test_locked();
    test_library();
    test_errno();
    test_text();
    test_error_text();
    return tap_done();
}

#endif
