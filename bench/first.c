/* SPDX-License-Identifier: MIT */
/* How long the first use of the stack allocator takes, when the bounds of the
 * stack are looked up: on the initial thread of 200 new processes, and on 200
 * new threads.
 *
 *     first           measures, and prints a table
 *     first USE       the child: prints the nanoseconds of its first and of
 *                     its second use
 *
 * All is cold: a new process also pays here for the library's pages, which are
 * mapped at their first use, and a first scope for a page of the stack. The
 * time that the clock itself takes is subtracted.
 */
#include <alcove.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIMES = 200 };

struct times {
    long first, second; /* ns */
};

typedef void use_fn(void);

static volatile size_t sink;

static long
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
use_nothing(void)
{
    sink = 1;
}

static void
use_remaining(void)
{
    sink = alcove_stack_remaining();
}

static void
touch(void *block, void *arg)
{
    (void)arg;
    *(volatile char *)block = 1;
}

static void
use_scope(void)
{
    struct alcove_layout l = {64, 16};

    sink = alcove_stack_temp(l, touch, NULL, NULL);
}

static const struct use {
    const char *name, *text;
    use_fn *fn;
    long goal; /* ns; 0: none */
} uses[] = {
    {"nothing", "nothing: the clock", use_nothing, 0},
    {"remaining", "alcove_stack_remaining", use_remaining, 2000},
    {"scope", "a scope of 64 bytes", use_scope, 0},
};

/* Not inline, and the clock warm: what is left is the use. */
static struct times
measure(use_fn *use)
{
    use_fn *volatile call = use;
    struct times t;
    long start, between;

    now();
    start = now();
    call();
    between = now();
    call();
    t.first = between - start;
    t.second = now() - between;
    return t;
}

/* ---- the two places ---- */

static void
in_process(const struct use *use, const char *self, struct times *t)
{
    int ends[2];
    pid_t pid;

    if (pipe(ends) != 0 || (pid = fork()) < 0)
        exit(1);
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl(self, self, use->name, (char *)NULL);
        _exit(1);
    }
    close(ends[1]);
    if (read(ends[0], t, sizeof *t) != (ssize_t)sizeof *t)
        exit(1);
    close(ends[0]);
    waitpid(pid, NULL, 0);
}

static int
child(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof uses / sizeof *uses; i++) {
        if (strcmp(uses[i].name, name) == 0) {
            struct times t = measure(uses[i].fn);

            return write(STDOUT_FILENO, &t, sizeof t) != (ssize_t)sizeof t;
        }
    }
    return 1;
}

struct job {
    const struct use *use;
    struct times times;
};

static void *
run(void *arg)
{
    struct job *job = arg;

    job->times = measure(job->use->fn);
    return NULL;
}

static void
in_thread(const struct use *use, const char *self, struct times *t)
{
    struct job job = {use, {0, 0}};
    pthread_t thread;

    (void)self;
    if (pthread_create(&thread, NULL, run, &job) != 0)
        exit(1);
    pthread_join(thread, NULL);
    *t = job.times;
}

/* ---- the table ---- */

typedef void place_fn(const struct use *use, const char *self, struct times *t);

static int
compare(const void *a, const void *b)
{
    long x = *(const long *)a, y = *(const long *)b;

    return (x > y) - (x < y);
}

static long
median(long *values, long clock)
{
    qsort(values, TIMES, sizeof *values, compare);
    return values[TIMES / 2] - clock;
}

/* Returns the time for a second use. */
static long
print_row(const char *where, const struct use *use, place_fn *in,
          const char *self, long clock)
{
    static long first[TIMES], second[TIMES];
    struct times t;
    long usual, again;
    int i;

    for (i = 0; i < TIMES; i++) {
        in(use, self, &t);
        first[i] = t.first;
        second[i] = t.second;
    }
    usual = median(first, clock);
    again = median(second, clock);
    printf("%-15s %-23s %7ld %7ld %7ld", where, use->text, first[0] - clock,
           usual, again);
    if (use->goal != 0)
        printf(" %7ld  %s", use->goal,
               usual <= use->goal ? "reached" : "not reached");
    putchar('\n');
    return again;
}

static void
print_rows(const char *where, place_fn *in, const char *self)
{
    long clock = 0;
    size_t i;

    for (i = 0; i < sizeof uses / sizeof *uses; i++) {
        long again;

        fprintf(stderr, "first: %s, %s\n", where, uses[i].text);
        again = print_row(where, &uses[i], in, self, clock);
        if (i == 0)
            clock = again;
    }
}

int
main(int argc, char **argv)
{
    if (argc == 2)
        return child(argv[1]);
    printf("%-15s %-23s %7s %7s %7s %7s\n", "ns, of 200", "first use of", "min",
           "median", "again", "goal");
    print_rows("initial thread", in_process, argv[0]);
    print_rows("other threads", in_thread, argv[0]);
    return 0;
}
