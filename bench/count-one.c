/* SPDX-License-Identifier: MIT */
/* One contender does one thing over and over, for Callgrind to count the
 * instructions of.
 *
 *     count CONTENDER SIZE ALIGN TIMES
 *
 * It is done TIMES times to warm up, and as often again below measure(), where
 * Callgrind is to collect. All contenders of a family do the same with their
 * block, which is to touch both its ends: what the base of the family takes,
 * which allocates nothing, can be subtracted.
 */
#include "pairs.h"

#include <stdio.h>
#include <string.h>

volatile size_t size, align;
char buffer[BUFFER];
struct job job;

/* ---- all of them ---- */

static const struct contender {
    const char *name;
    loop *loop;
    struct alcove_allocator *(*allocator)(void);
    size_t size, align; /* what this loop is for; 0: all */
} contenders[] = {
    {"scope-base", scope_base, alcove_stack, 0, 0},
    {"scope-alloca", scope_alloca, alcove_stack, 0, 0},
    {"scope-malloc", scope_malloc, alcove_stack, 0, 0},
    {"scope-16", scope_16, alcove_stack, 0, 16},
    {"scope-any", scope_any, alcove_stack, 0, 0},
    {"scope-stack", scope_front, alcove_stack, 0, 0},
    {"scope-scratch", scope_front, alcove_scratch, 0, 0},
    {"pair-base", pair_base, alcove_malloc, 0, 0},
    {"pair-malloc", pair_malloc, alcove_malloc, 0, 0},
    {"pair-posix_memalign", pair_posix_memalign, alcove_malloc, 0, 0},
    {"pair-any", pair_any, alcove_malloc, 0, 0},
    {"pair-constant", pair_64_16, alcove_malloc, 64, 16},
    {"pair-constant", pair_64_64, alcove_malloc, 64, 64},
    {"pair-constant", pair_4096_16, alcove_malloc, 4096, 16},
    {"pair-constant", pair_4096_64, alcove_malloc, 4096, 64},
    {"slot-direct-constant", direct_constant, slot, 64, 16},
    {"slot-table-constant", table_constant, slot, 64, 16},
    {"slot-front-constant", front_constant, slot, 64, 16},
    {"slot-direct-size", direct_size, slot, 0, 16},
    {"slot-table-size", table_size, slot, 0, 16},
    {"slot-front-size", front_size, slot, 0, 16},
    {"slot-direct-any", direct_any, slot, 0, 0},
    {"slot-table-any", table_any, slot, 0, 0},
    {"slot-front-any", front_any, slot, 0, 0},
};

static const struct contender *
find(const char *name)
{
    const struct contender *c = contenders;
    const struct contender *end = c + sizeof contenders / sizeof *contenders;

    for (; c < end; c++) {
        if (strcmp(c->name, name) == 0 && (!c->size || c->size == size) &&
            (!c->align || c->align == align))
            return c;
    }
    return NULL;
}

/* Not static, for Callgrind to know it by this name. */
void measure(const struct contender *c, size_t times);

APART void
measure(const struct contender *c, size_t times)
{
    c->loop(c->allocator(), times);
    __asm__ volatile(""); /* or the loop would be jumped to */
}

int
main(int argc, char **argv)
{
    const struct contender *c = NULL;
    size_t times = 0;

    if (argc == 5) {
        size = strtoul(argv[2], NULL, 10);
        align = strtoul(argv[3], NULL, 10);
        times = strtoul(argv[4], NULL, 10);
        c = find(argv[1]);
    }
    if (!c || size == 0 || size > sizeof buffer || times == 0) {
        fprintf(stderr, "Usage: count CONTENDER SIZE ALIGN TIMES\n");
        return 2;
    }
    job.size = size;
    c->loop(c->allocator(), times);
    measure(c, times);
    if (strncmp(c->name, "scope", 5) == 0 && job.calls != 2 * times) {
        fprintf(stderr, "count: %s: a scope was refused\n", c->name);
        return 1;
    }
    return 0;
}
