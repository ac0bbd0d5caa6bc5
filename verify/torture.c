/* SPDX-License-Identifier: MIT */
/* Trials of the stack allocator (verify/trial.h) on every kind of stack:
 *
 *     torture [--seed N] [--trials N] [KIND...]
 *
 * KIND is one of those of the table below; none: all. The stacks of one's own
 * making lie between pages that must not be touched. For verify/torture, which
 * sets the limits of the process. Prints a line for each kind, and at the end
 *
 *     sum TRIALS SERVED REFUSED FAILED
 */
#include <config.h>

#include "trial.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

/* What the frames of the trials take, and what is kept free for them. */
enum { SPARE = 24 * 1024 };

static uint64_t seed = 1;
static uint64_t grounds; /* that were made: each has a seed of its own */

static struct ground total;

static void
begin(struct ground *g, const char *name, uintptr_t low, uintptr_t top)
{
    memset(g, 0, sizeof *g);
    g->name = name;
    g->low = low;
    g->top = top;
    g->reserve = usual_reserve(top - low);
    g->random = (seed << 32 | ++grounds) * UINT64_C(0x9e3779b97f4a7c15);
    if (g->random == 0)
        g->random = 1;
}

static void
add_up(const struct ground *g)
{
    total.trials += g->trials;
    total.served += g->served;
    total.heap += g->heap;
    total.refused += g->refused;
    total.unknown += g->unknown;
    total.nested += g->nested;
    if (g->deepest > total.deepest)
        total.deepest = g->deepest;
    if (g->wrong > 0 && total.wrong++ == 0)
        snprintf(total.what, sizeof total.what, "%.20s: %.150s", g->name,
                 g->what);
}

static void *
map(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

/* Memory between two pages that must not be touched. */
static char *
fenced(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *p = map(size + 2 * page);

    if (!p)
        return NULL;
    mprotect(p, page, PROT_NONE);
    mprotect(p + page + size, page, PROT_NONE);
    return p + page;
}

static void
unfence(char *p, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (p)
        munmap(p - page, size + 2 * page);
}

/* Between `least` and `most`, and small ones as often as large ones. */
static size_t
some_stack(struct ground *g, size_t least, size_t most)
{
    size_t size = least;

    while (size < most && ground_random(g, 5) != 0)
        size *= 2;
    size += ground_random(g, size) & ~(size_t)4095;
    return size < most ? size : most;
}

/* How deep to go, where that much of a stack is left. */
static size_t
depth_in(size_t left)
{
    return left > SPARE ? left - SPARE : 0;
}

/* ---- the first thread ---- */

static uintptr_t first_top;
static rlim_t first_limit;

static void
on_first(size_t count)
{
    struct ground g;
    size_t limit = first_limit > 64 * MIB ? 64 * MIB : (size_t)first_limit;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    size_t left = limit - (first_top - here);

    begin(&g, "first", first_top - limit, first_top);
    g.grows = true;
    g.is_exact = true;
    if (left > limit) /* it is in use up */
        left = 0;
    /* Deeper than 12 MiB are but a few, and none where memory is limited. */
    trials(&g, count - count / 16, depth_in(left < MIB ? left : MIB));
    trials(&g, count / 16, depth_in(left < 12 * MIB ? left : 12 * MIB));
    add_up(&g);
}

/* Only what is mapped already can be used for a dive. */
static size_t
mapped_left(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    uintptr_t low = mapping_low(here);

    if (low == 0)
        return 0;
    return here - low < 2 * MIB ? here - low : 2 * MIB;
}

/* The limit moves up and down while it runs: what is served must be there. */
static void
on_moving_limit(size_t count)
{
    struct ground g;
    struct rlimit limit, moved;
    size_t most;

    begin(&g, "limit", first_top - 64 * MIB, first_top);
    g.grows = true;
    g.reserve = 16 * KIB;
    if (getrlimit(RLIMIT_STACK, &limit) != 0)
        return;
    most = limit.rlim_max > 12 * MIB ? 12 * MIB : (size_t)limit.rlim_max;
    for (; count > 0 && g.wrong == 0; count -= count < 50 ? count : 50) {
        moved = limit;
        moved.rlim_cur = 16 * KIB + ground_random(&g, most);
        if (moved.rlim_cur > limit.rlim_max)
            moved.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_STACK, &moved);
        trials(&g, count < 50 ? count : 50, depth_in(mapped_left()));
    }
    setrlimit(RLIMIT_STACK, &limit);
    add_up(&g);
}

/* Bytes of addresses that the process has. */
static size_t
addresses(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (f) {
        if (fscanf(f, "%lu", &pages) != 1)
            pages = 0;
        fclose(f);
    }
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* There are no more addresses for the stack to grow into, or only a few. */
static void
on_few_addresses(size_t count)
{
    struct ground g;
    struct rlimit limit, few;
    char *heap;

    begin(&g, "addresses", first_top - 64 * MIB, first_top);
    g.grows = true;
    g.reserve = 16 * KIB;
    if (getrlimit(RLIMIT_AS, &limit) != 0)
        return;
    heap = malloc(4 * MIB); /* what scratch puts there finds room */
    free(heap);
    for (; count > 0 && g.wrong == 0; count -= count < 50 ? count : 50) {
        few = limit;
        few.rlim_cur = addresses() + ground_random(&g, 300 * KIB);
        if (few.rlim_cur > limit.rlim_max)
            few.rlim_cur = limit.rlim_max;
        g.heap_may_fail = true;
        setrlimit(RLIMIT_AS, &few);
        trials(&g, count < 50 ? count : 50, depth_in(mapped_left()));
        setrlimit(RLIMIT_AS, &limit);
    }
    add_up(&g);
}

/* ---- threads ---- */

struct job {
    struct ground g;
    size_t count, size;
};

static void on_signal_stack(struct ground *of, size_t count);

static void
interrupt(struct ground *g)
{
    on_signal_stack(g, 20);
}

static void *
work(void *arg)
{
    struct job *job = arg;
    struct ground *g = &job->g;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    pthread_attr_t attr;
    void *low = NULL;
    size_t size = 0;

    if (pthread_getattr_np(pthread_self(), &attr) != 0)
        return NULL;
    (void)pthread_attr_getstack(&attr, &low, &size);
    (void)pthread_attr_getguardsize(&attr, &g->guard);
    pthread_attr_destroy(&attr);
    g->low = (uintptr_t)low;
    g->top = g->low + size;
    ground_check(g, mapping_low(here) <= g->low + 4096,
                 "the kernel knows a smaller stack");
    g->reserve = usual_reserve(size);
    if (size >= 256 * KIB)
        g->interrupt = interrupt;
    trials(g, job->count, depth_in(here - g->low));
    return NULL;
}

/* On memory of one's own, or as the system makes it, with guards and without.
 */
static bool
start(struct job *job, pthread_t *thread, char **memory)
{
    static const size_t guards[] = {0, 4096, 65536};
    pthread_attr_t attr;
    bool good = pthread_attr_init(&attr) == 0;

    *memory = NULL;
    if (ground_random(&job->g, 2) == 0) {
        *memory = fenced(job->size);
        good = good && *memory &&
               pthread_attr_setstack(&attr, *memory, job->size) == 0;
    } else {
        size_t guard = guards[ground_random(&job->g, 3)];

        good = good &&
               pthread_attr_setstacksize(&attr, job->size + guard) == 0 &&
               pthread_attr_setguardsize(&attr, guard) == 0;
    }
    good = good && pthread_create(thread, &attr, work, job) == 0;
    pthread_attr_destroy(&attr);
    if (!good)
        unfence(*memory, job->size);
    return good;
}

/* Two at a time. */
static void
on_threads(size_t count)
{
    long least = sysconf(_SC_THREAD_STACK_MIN);
    struct job jobs[2];
    pthread_t threads[2];
    char *memory[2];
    bool started[2];
    size_t part = 400, i;

    for (; count > 0 && total.wrong == 0; count -= count < part ? count : part)
        for (i = 0; i < 2; i++) {
            begin(&jobs[i].g, "threads", 0, 0);
            jobs[i].g.is_exact = true;
            jobs[i].count = (count < part ? count : part) / 2 + 1;
            jobs[i].size = some_stack(
                &jobs[i].g, least > 0 ? (size_t)least : 16 * KIB, 8 * MIB);
            started[i] = start(&jobs[i], &threads[i], &memory[i]);
            if (i == 0)
                continue;
            for (i = 0; i < 2; i++)
                if (started[i]) {
                    pthread_join(threads[i], NULL);
                    unfence(memory[i], jobs[i].size);
                    add_up(&jobs[i].g);
                }
        }
}

/* ---- signal stacks ---- */

/* A handler gets no argument of ours; one thread at a time is in one. */
static struct ground *in_handler;
static size_t handler_count;
static pthread_mutex_t handling = PTHREAD_MUTEX_INITIALIZER;

static void
handler(int number)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    (void)number;
    trials(in_handler, handler_count, depth_in(here - in_handler->low));
}

/* Also in the middle of a scope on another stack, `of`. */
static void
on_signal_stack(struct ground *of, size_t count)
{
    struct ground g;
    struct sigaction act, old_act;
    stack_t stack, old;
    unsigned long least = getauxval(51 /* AT_MINSIGSTKSZ */);
    size_t size = some_stack(of, least + 12 * KIB, MIB);
    char *memory = fenced(size);

    if (!memory)
        return;
    pthread_mutex_lock(&handling);
    begin(&g, "signals", (uintptr_t)memory, (uintptr_t)memory + size);
    g.is_exact = true;
    memset(&stack, 0, sizeof stack);
    stack.ss_sp = memory;
    stack.ss_size = size;
    memset(&act, 0, sizeof act);
    act.sa_handler = handler;
    act.sa_flags = SA_ONSTACK;
    sigemptyset(&act.sa_mask);
    in_handler = &g;
    handler_count = count;
    (void)alcove_stack_remaining(); /* asked before: safe in a handler */
    if (sigaltstack(&stack, &old) == 0 &&
        sigaction(SIGUSR1, &act, &old_act) == 0)
        raise(SIGUSR1);
    sigaltstack(&old, NULL);
    add_up(&g);
    pthread_mutex_unlock(&handling);
    unfence(memory, size);
}

static void
on_signal_stacks(size_t count)
{
    struct ground sizes;

    begin(&sizes, "signals", 0, 0);
    for (; count > 0 && total.wrong == 0; count -= count < 100 ? count : 100)
        on_signal_stack(&sizes, count < 100 ? count : 100);
}

/* ---- coroutines ---- */

enum { COROUTINES = 3 };

struct coroutine {
    struct ground g;
    ucontext_t context;
    char *memory;
    size_t size, count;
    bool done;
};

static ucontext_t scheduler;
static struct coroutine *running;

/* Back to the scheduler, in the middle of a scope: others go on meanwhile. */
static void
yield(struct ground *g)
{
    (void)g;
    swapcontext(&running->context, &scheduler);
}

static void
coroutine(void)
{
    struct coroutine *co = running;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    trials(&co->g, co->count, depth_in(here - (uintptr_t)co->memory));
    co->done = true;
}

/* With the stack named, or not: then it must be seen that it is unknown. */
static bool
make_coroutine(struct coroutine *co, size_t count)
{
    struct ground sizes;

    begin(&sizes, "coroutines", 0, 0);
    co->size = some_stack(&sizes, 32 * KIB, MIB);
    co->memory = fenced(co->size);
    co->count = count;
    co->done = false;
    if (!co->memory || getcontext(&co->context) != 0)
        return false;
    begin(&co->g, "coroutines", (uintptr_t)co->memory,
          (uintptr_t)co->memory + co->size);
    co->g.is_exact = true;
    co->g.interrupt = yield;
    if (ground_random(&sizes, 3) == 0)
        co->g.low = co->g.top = 0;
    co->context.uc_stack.ss_sp = co->memory;
    co->context.uc_stack.ss_size = co->size;
    co->context.uc_link = &scheduler;
    makecontext(&co->context, coroutine, 0);
    return true;
}

static void
resume(struct coroutine *co)
{
    struct alcove_stack_span saved;
    bool named =
        co->g.top != 0 && alcove_stack_enter(co->memory, co->size, &saved);

    running = co;
    swapcontext(&scheduler, &co->context);
    if (named)
        alcove_stack_leave(&saved);
}

static void
on_coroutines(size_t count)
{
    static struct coroutine all[COROUTINES];
    struct ground order;
    size_t i, live, part = 200;

    begin(&order, "coroutines", 0, 0);
    for (; count > 0 && total.wrong == 0;
         count -= count < 3 * part ? count : 3 * part) {
        for (i = 0; i < COROUTINES; i++)
            if (!make_coroutine(&all[i], part))
                return;
        for (live = COROUTINES; live > 0;) {
            i = ground_random(&order, COROUTINES);
            if (!all[i].done) {
                resume(&all[i]);
                live -= all[i].done;
            }
        }
        for (i = 0; i < COROUTINES; i++) {
            add_up(&all[i].g);
            unfence(all[i].memory, all[i].size);
        }
    }
}

/* ---- all of them ---- */

static const struct kind {
    const char *name;
    void (*run)(size_t count);
} kinds[] = {
    {"first", on_first},           {"threads", on_threads},
    {"signals", on_signal_stacks}, {"coroutines", on_coroutines},
    {"limit", on_moving_limit},    {"addresses", on_few_addresses},
    /* end */
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static void
run(const struct kind *k, size_t count)
{
    struct ground before = total;

    total.deepest = 0;
    k->run(count);
    printf("%s: %s: %zu trials: %zu on the stack, %zu on the heap, %zu "
           "refused, %zu unknown; %zu nested, the deepest %zu KiB down\n",
           total.wrong > 0 ? "not ok" : "ok", k->name,
           total.trials - before.trials, total.served - before.served,
           total.heap - before.heap, total.refused - before.refused,
           total.unknown - before.unknown, total.nested - before.nested,
           total.deepest / 1024);
    if (total.wrong > 0)
        printf("# %s\n", total.what);
}

int
main(int argc, char **argv)
{
    size_t count = 10000, i;
    struct rlimit limit;
    const char *name = (const char *)getauxval(AT_EXECFN);

    for (argv++; argc > 2 && argv[0] && argv[1]; argv += 2) {
        if (strcmp(argv[0], "--seed") == 0)
            seed = strtoull(argv[1], NULL, 0);
        else if (strcmp(argv[0], "--trials") == 0)
            count = strtoul(argv[1], NULL, 0);
        else
            break;
    }
    if (!ALCOVE_HAVE_STACK || !name || mapping_low((uintptr_t)&limit) == 0) {
        printf("skipped: no stack allocator, or no /proc/self/maps\n");
        return 77;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    getrlimit(RLIMIT_STACK, &limit);
    first_limit = limit.rlim_cur;
    first_top = ((uintptr_t)name + strlen(name)) / 4096 * 4096 + 4096;
    for (i = 0; i < KINDS && total.wrong == 0; i++) {
        char **wanted = argv;

        while (*wanted && strcmp(*wanted, kinds[i].name) != 0)
            wanted++;
        if (*wanted || !*argv)
            run(&kinds[i], count);
    }
    printf("sum %zu %zu %zu %zu\n", total.trials, total.served,
           total.refused + total.unknown, total.wrong);
    return total.wrong != 0;
}
