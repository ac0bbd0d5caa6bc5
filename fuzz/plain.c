/* SPDX-License-Identifier: MIT */
/* A generator of random bytes, without a fuzzer: fast, and the same for the
 * same seed on every machine. A run that fails is written to a file, which
 * --replay takes, and the fuzzers. */
#include <config.h>

#include "fuzz.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 16384, NAME = 100 };

static const char usage[] =
    "usage: fuzz-plain [--seed N] [--ops N | --seconds N] [TARGET...]\n"
    "       fuzz-plain --run N --seed N TARGET\n"
    "       fuzz-plain --replay TARGET FILE...\n"
    "       fuzz-plain --list\n"
    "Runs the targets with random bytes until there were that many "
    "operations,\n"
    "or that one run; or with what is in the files.\n";

/* The run that is under way, for when it ends badly. */
static uint8_t data[MOST];
static size_t data_size;
static char crash_name[NAME];

/* Of the rest of the program nothing may be whole any more. */
static void
on_crash(int number)
{
    static const char told[] = "fuzz: these bytes are in ";
    int out;

    signal(number, SIG_DFL);
    out = crash_name[0] ? open(crash_name, O_WRONLY | O_CREAT | O_TRUNC, 0666)
                        : -1;
    if (out >= 0 && write(out, data, data_size) == (ssize_t)data_size &&
        write(2, told, sizeof told - 1) > 0 &&
        write(2, crash_name, strlen(crash_name)) > 0 && write(2, "\n", 1) > 0)
        close(out);
    raise(number);
}

/* ---- random bytes ---- */

struct random {
    uint64_t x, y;
};

/* xorshift128+ */
static uint64_t
next(struct random *r)
{
    uint64_t x = r->x, y = r->y;

    r->x = y;
    x ^= x << 23;
    r->y = x ^ y ^ (x >> 17) ^ (y >> 26);
    return r->y + y;
}

/* Its own for each run, so that one can be repeated by itself. */
static struct random
random_of(uint64_t seed, uint64_t run)
{
    struct random r = {seed * UINT64_C(0x9e3779b97f4a7c15) + 1,
                       run * UINT64_C(0xd1b54a32d192ed03) + 1};
    unsigned i;

    for (i = 0; i < 8; i++)
        (void)next(&r);
    return r;
}

static size_t
one_run(const struct fuzz_target *t, uint64_t seed, uint64_t run)
{
    struct random r = random_of(seed, run);
    size_t most = t->most < MOST ? t->most : MOST, i;

    data_size = most / 8 + (size_t)(next(&r) % (most - most / 8));
    snprintf(crash_name, sizeof crash_name, "fuzz-%s-%ju-%ju", t->name,
             (uintmax_t)seed, (uintmax_t)run);
    for (i = 0; i < data_size; i += 8) {
        uint64_t n = next(&r);
        unsigned j;

        /* The same bytes on every machine. */
        for (j = 0; j < 8; j++)
            data[i + j] = (uint8_t)(n >> 8 * j);
    }
    return t->run(data, data_size);
}

/* ---- the command ---- */

static double
seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* How long; what is 0 is not asked for. */
struct until {
    double ops, seconds;
};

static void
drive(const struct fuzz_target *t, uint64_t seed, struct until until,
      double part)
{
    double done = 0, start = seconds(), took = 0;
    uint64_t run;

    for (run = 0; done < until.ops * part || took < until.seconds * part;
         run++) {
        done += (double)one_run(t, seed, run);
        if (run % 64 == 0)
            took = seconds() - start;
    }
    took = seconds() - start;
    printf("%s: %.0f operations in %ju runs, %.2f s: %.2f million a second\n",
           t->name, done, (uintmax_t)run, took,
           done / (took > 0 ? took : 1e-9) / 1e6);
    fflush(stdout);
}

static const struct fuzz_target *
find(const char *name)
{
    size_t i;

    for (i = 0; i < fuzz_targets_count; i++)
        if (strcmp(fuzz_targets[i]->name, name) == 0)
            return fuzz_targets[i];
    fprintf(stderr, "fuzz-plain: there is no target %s\n", name);
    exit(2);
}

static int
replay(const struct fuzz_target *t, char **files)
{
    size_t ops = 0, count = 0;

    for (; *files; files++, count++) {
        FILE *in = fopen(*files, "rb");

        if (!in) {
            perror(*files);
            return 2;
        }
        data_size = fread(data, 1, sizeof data, in);
        fclose(in);
        ops += t->run(data, data_size);
    }
    printf("%s: %zu operations in %zu files\n", t->name, ops, count);
    return 0;
}

int
main(int argc, char **argv)
{
    uint64_t seed = 1, run = 0;
    struct until until = {1e6, 0};
    double shares = 0;
    bool single = false;
    size_t i;
    int n;

    for (n = 1; n < argc && argv[n][0] == '-'; n++) {
        if (strcmp(argv[n], "--list") == 0) {
            for (i = 0; i < fuzz_targets_count; i++)
                puts(fuzz_targets[i]->name);
            return 0;
        }
        if (n + 1 == argc)
            break;
        if (strcmp(argv[n], "--replay") == 0)
            return replay(find(argv[n + 1]), argv + n + 2);
        if (strcmp(argv[n], "--seed") == 0)
            seed = strtoull(argv[++n], NULL, 10);
        else if (strcmp(argv[n], "--ops") == 0)
            until = (struct until){strtod(argv[++n], NULL), 0};
        else if (strcmp(argv[n], "--seconds") == 0)
            until = (struct until){0, strtod(argv[++n], NULL)};
        else if (strcmp(argv[n], "--run") == 0) {
            run = strtoull(argv[++n], NULL, 10);
            single = true;
        } else
            break;
    }
    if (n < argc && argv[n][0] == '-') {
        fputs(usage, stderr);
        return 2;
    }
    signal(SIGABRT, on_crash);
    signal(SIGBUS, on_crash);
    signal(SIGFPE, on_crash);
    signal(SIGSEGV, on_crash);
    if (single) {
        printf("%zu operations\n",
               n < argc ? one_run(find(argv[n]), seed, run) : 0);
        return 0;
    }
    for (i = 0; i < fuzz_targets_count; i++)
        shares += fuzz_targets[i]->share;
    printf("seed %ju\n", (uintmax_t)seed);
    for (i = 0; n == argc && i < fuzz_targets_count; i++)
        drive(fuzz_targets[i], seed, until, fuzz_targets[i]->share / shares);
    for (; n < argc; n++)
        drive(find(argv[n]), seed, until, 1);
    return 0;
}
