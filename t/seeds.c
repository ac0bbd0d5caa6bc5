/* SPDX-License-Identifier: MIT */
/* The targets of fuzz/, with what the fuzzers have found to be interesting
 * (t/seeds), and for a moment with the generator's bytes. `make fuzz` goes on
 * from there. A target that finds something says so, and aborts. */
#define _FILE_OFFSET_BITS 64 /* readdir, of 32 bits under qemu on 64 */
#include <config.h>

#include "../fuzz/fuzz.h"
#include "tap.h"

#include <dirent.h>
#include <string.h>

enum { PATH = 1000, MOST = 4096, RUNS = 30 };

static uint8_t data[MOST];

static size_t
replay(const struct fuzz_target *t, const char *folder, const char *name)
{
    char path[PATH];
    size_t size;
    FILE *in;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    in = fopen(path, "rb");
    if (!in)
        bail_out("cannot open %s", path);
    size = fread(data, 1, sizeof data, in);
    fclose(in);
    return t->run(data, size);
}

static void
replay_all(const struct fuzz_target *t)
{
    const char *srcdir = getenv("srcdir");
    size_t seeds = 0, ops = 0;
    char folder[PATH / 2];
    struct dirent *entry;
    DIR *all;

    snprintf(folder, sizeof folder, "%s/t/seeds/%s", srcdir ? srcdir : ".",
             t->name);
    all = opendir(folder);
    while (all && (entry = readdir(all)) != NULL)
        if (entry->d_name[0] != '.') {
            ops += replay(t, folder, entry->d_name);
            seeds++;
        }
    if (all)
        closedir(all);
    ok(seeds > 0, "%s: %zu seeds, %zu operations", t->name, seeds, ops);
}

static void
generate(const struct fuzz_target *t)
{
    size_t ops = 0, i, j;

    for (i = 0; i < RUNS; i++) {
        for (j = 0; j < sizeof data; j++)
            data[j] = (uint8_t)(tap_random() & 255);
        ops += t->run(data, 1 + tap_random() % sizeof data);
    }
    ok(ops > RUNS, "%s: %zu operations from random bytes", t->name, ops);
}

int
main(void)
{
    size_t i;

    tap_plan(2 * (unsigned)fuzz_targets_count);
    for (i = 0; i < fuzz_targets_count; i++) {
        replay_all(fuzz_targets[i]);
        generate(fuzz_targets[i]);
    }
    return tap_done();
}
