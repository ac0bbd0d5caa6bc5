/* SPDX-License-Identifier: MIT */
/* The time of a scope in the stack, against alloca and against heaps.
 *
 * Times on a shared machine mean nothing by themselves. So all contenders take
 * turns within short rounds, the ratio of two is taken within each round, and
 * the median of all rounds is what counts. Callback and loop are included.
 */
#include "scopes.h"

#include <stdio.h>
#include <time.h>

volatile size_t size, align;
char buffer[BUFFER];
struct job job;

#ifdef BENCH_MIMALLOC
void *mi_malloc(size_t size);
void mi_free(void *p);

APART static void
with_mimalloc(size_t length, void *arg, alcove_temp_fn *fn)
{
    void *block = mi_malloc(length);

    fn(block, arg);
    mi_free(block);
}

LOOP(scope_mimalloc, with_mimalloc(size, &job, callback))

/* With a lone block mimalloc would retire its page at each release. */
static struct alcove_allocator *
mimalloc(void)
{
    static size_t settled; /* the size that has neighbours */
    int i;

    for (i = 0; settled != size && i < 64; i++)
        (void)mi_malloc(size);
    settled = size;
    return NULL;
}
#endif

enum { ROUNDS = 501, TIMES = 2000 };

enum { BASE, ALLOCA, FIXED, ANY, FRONT, SCRATCH, MALLOC, MIMALLOC, CONTENDERS };

static const struct contender {
    const char *name;
    loop *loop;
    struct alcove_allocator *(*allocator)(void);
} contenders[CONTENDERS] = {
    [BASE] = {"no block", scope_base, alcove_stack},
    [ALLOCA] = {"alloca", scope_alloca, alcove_stack},
    [FIXED] = {"stack, align 16", scope_16, alcove_stack},
    [ANY] = {"stack, any layout", scope_any, alcove_stack},
    [FRONT] = {"stack, interface", scope_front, alcove_stack},
    [SCRATCH] = {"scratch, interface", scope_front, alcove_scratch},
    [MALLOC] = {"malloc", scope_malloc, alcove_stack},
#ifdef BENCH_MIMALLOC
    [MIMALLOC] = {"mimalloc", scope_mimalloc, mimalloc},
#endif
};

static double ns[CONTENDERS][ROUNDS]; /* per scope */

static const struct comparison {
    int one, other;
    size_t from, to; /* sizes in bytes */
    double goal;
} comparisons[] = {
    {FIXED, ALLOCA, 1, 65536, 1.08},  {ANY, ALLOCA, 1, 65536, 1.20},
    {FIXED, MALLOC, 1, 1024, 0.31},   {FIXED, MALLOC, 4096, 65536, 0.13},
    {ANY, MALLOC, 1, 1024, 0.31},     {ANY, MALLOC, 4096, 65536, 0.13},
    {FIXED, MIMALLOC, 1, 1024, 0.60}, {FIXED, MIMALLOC, 4096, 65536, 0.40},
    {ANY, MIMALLOC, 1, 1024, 0.65},   {ANY, MIMALLOC, 4096, 65536, 0.40},
};

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double
time_of(const struct contender *c)
{
    struct alcove_allocator *a = c->allocator();
    double start = now();

    c->loop(a, TIMES);
    return (now() - start) / TIMES;
}

/* Every round begins with another contender. */
static void
run_rounds(void)
{
    int round, i;

    for (round = 0; round < ROUNDS; round++) {
        for (i = 0; i < CONTENDERS; i++) {
            int k = (round + i) % CONTENDERS;

            if (contenders[k].loop)
                ns[k][round] = time_of(&contenders[k]);
        }
    }
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median of one's time, or of its ratio to that of `other`. */
static double
median(int one, int other)
{
    static double values[ROUNDS];
    int i;

    for (i = 0; i < ROUNDS; i++)
        values[i] = ns[one][i] / (other < 0 ? 1 : ns[other][i]);
    qsort(values, ROUNDS, sizeof *values, compare);
    return values[ROUNDS / 2];
}

static void
print_times(void)
{
    int k;

    for (k = 0; k < CONTENDERS; k++) {
        if (contenders[k].loop)
            printf("%6lu  %-18s %8.2f ns\n", (unsigned long)size,
                   contenders[k].name, median(k, -1));
    }
}

static void
print_ratios(void)
{
    const struct comparison *c = comparisons;
    const struct comparison *end = c + sizeof comparisons / sizeof *comparisons;

    for (; c < end; c++) {
        double ratio;

        if (size < c->from || size > c->to || !contenders[c->other].loop)
            continue;
        ratio = median(c->one, c->other);
        printf("%6lu  %-18s / %-10s %6.2f  goal %.2f  %s\n",
               (unsigned long)size, contenders[c->one].name,
               contenders[c->other].name, ratio, c->goal,
               ratio <= c->goal ? "reached" : "not reached");
    }
}

int
main(void)
{
    static const size_t sizes[] = {64, 1024, 4096, 65536};
    size_t i;

    align = 16;
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size = job.size = sizes[i];
        fprintf(stderr, "ratio: %lu/%lu %lu bytes\n", (unsigned long)i + 1,
                (unsigned long)(sizeof sizes / sizeof *sizes),
                (unsigned long)size);
        run_rounds();
        print_times();
        print_ratios();
    }
    return 0;
}
