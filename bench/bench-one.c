/* SPDX-License-Identifier: MIT */
/* One contender of make bench, in a process of its own.
 *
 *     PROGRAM count GROUP CONTENDER SIZE      under Callgrind: the loop runs to
 *                                             warm up, then below measure();
 *                                             prints how many operations
 *     PROGRAM time GROUP CONTENDER SIZE MS    prints the nanoseconds of an
 *                                             operation: the median of some
 *                                             milliseconds, and of the first
 *
 * A process that grows a block does so only once.
 */
#include "bench.h"

#include <alloca.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

size_t fixed_size, fixed_align, objects, growth_end;
size_t object_sizes[1024], scope_sizes[1024];
void *slots[SLOTS];

volatile size_t size, align;
char buffer[BUFFER];
struct job job;

static const struct group {
    const char *name;
    size_t to_count, to_time; /* how often */
    size_t operations;        /* each time; 0: its objects or pages */
} groups[] = {
    {"scope", 1000, 2000, 1},     {"mixed", 8192, 1024, 1},
    {"arena", 1, 1, 0},           {"pool", 100000, 50000, 1},
    {"dispatch", 1000, 10000, 1}, {"growth", 1, 1, 0},
    {"adapt", 1000, 10000, 1},    {"vec", 1, 1, 0},
};

enum { MEGABYTE = 1024 * 1024, WORKING_SET = 16 * 1024, SAMPLES = 1000 };

static char working_set[WORKING_SET] __attribute__((aligned(4096)));

APART void
fill_and_read(void *block, void *arg)
{
    const struct job *j = (const struct job *)arg;
    size_t i;

    for (i = 0; i < j->size; i += LINE)
        ((volatile char *)block)[i] = 1;
    for (i = 0; i < WORKING_SET; i += LINE)
        (void)((volatile char *)working_set)[i];
    job.calls++;
}

static size_t
random_between(size_t low, size_t high)
{
    static uint64_t x = 2;

    x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
    return low + (size_t)((x >> 32) * (high - low + 1) >> 32);
}

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* `below` bytes further down the stack. */
APART static void
loop_below(const struct contender *c, size_t times, size_t below)
{
    KEEP(alloca(below));
    c->loop(times);
    CLOBBER();
}

/* Not static, for Callgrind to know it by this name. Of MIXED scopes each part
 * is elsewhere in the stack, or it would be luck which of its lines share a set
 * of the cache with the frames of the functions. */
void measure(const struct contender *c, size_t times);

APART void
measure(const struct contender *c, size_t times)
{
    size_t part;

    if (c->depths == 0)
        c->loop(times);
    for (part = 0; part < c->depths; part++)
        loop_below(c, times / c->depths, 16 + part * 4096 / c->depths);
    CLOBBER(); /* or the loop would be jumped to */
}

static double
time_of(const struct contender *c, const struct group *g, size_t operations)
{
    double start = now();

    measure(c, g->to_time);
    return (now() - start) / (double)operations;
}

static bool
is_growth(const struct group *g)
{
    return strcmp(g->name, "growth") == 0;
}

static size_t
operations_of(const struct group *g, size_t times)
{
    if (g->operations)
        return times * g->operations;
    return is_growth(g) ? growth_end / PAGE : times * objects;
}

static void
print_time(const struct contender *c, const struct group *g, double ms)
{
    static double samples[SAMPLES];
    size_t operations = operations_of(g, g->to_time);
    double first = time_of(c, g, operations), end = now() + ms * 1e6;
    int n = 0;

    if (is_growth(g)) {
        printf("%.4f %.4f\n", first, first);
        return;
    }
    do {
        samples[n] = time_of(c, g, operations);
    } while (++n < SAMPLES && (n < 3 || now() < end));
    qsort(samples, (size_t)n, sizeof *samples, compare);
    printf("%.4f %.4f\n", samples[n / 2], first);
}

static void
print_count(const struct contender *c, const struct group *g)
{
    if (!is_growth(g))
        c->loop(g->to_count);
    measure(c, g->to_count);
    printf("%lu\n", (unsigned long)operations_of(g, g->to_count));
}

static const struct contender *
find(const char *group, const char *name)
{
    const struct contender *c;

    for (c = contenders; c->group; c++) {
        if (strcmp(c->group, group) == 0 && strcmp(c->name, name) == 0 &&
            (c->size == ANY_SIZE || c->size == size))
            return c;
    }
    return NULL;
}

static const struct group *
find_group(const char *name)
{
    const struct group *g = groups;
    const struct group *end = g + sizeof groups / sizeof *groups;

    while (g < end && strcmp(g->name, name) != 0)
        g++;
    return g < end ? g : NULL;
}

static void
set_up(bool counting)
{
    size_t i;

    align = 16;
    fixed_size = size;
    fixed_align = align;
    job.size = size;
    objects = counting ? 100000 : 1000000;
    growth_end = (counting ? 8 : 64) * MEGABYTE;
    for (i = 0; i < 1024; i++) {
        object_sizes[i] = random_between(8, 256);
        scope_sizes[i] = random_between(16, 8192);
    }
}

int
main(int argc, char **argv)
{
    const struct contender *c = NULL;
    const struct group *g = NULL;

    if (argc >= 5) {
        size = strtoul(argv[4], NULL, 10);
        g = find_group(argv[2]);
        c = find(argv[2], argv[3]);
    }
    if (!c || !g) {
        fprintf(stderr, "Usage: %s count|time GROUP CONTENDER SIZE [MS]\n",
                argv[0]);
        return 2;
    }
    set_up(argc == 5);
    if (c->prepare)
        c->prepare();
    if (argc == 5)
        print_count(c, g);
    else
        print_time(c, g, strtod(argv[5], NULL));
    if ((strcmp(g->name, "scope") == 0 || strcmp(g->name, "mixed") == 0) &&
        job.calls == 0) {
        fprintf(stderr, "%s: a scope was refused\n", argv[3]);
        return 1;
    }
    return 0;
}
