/* SPDX-License-Identifier: MIT */
/* Nests scopes of BLOCK bytes on the stack until one is refused, and writes to
 * every byte of them: depth BLOCK [LIMIT], where LIMIT becomes the stack's
 * RLIMIT_STACK (bytes) when half of a megabyte is in use. For t/limits.t. */
#include <config.h>

#include <alcove.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static struct alcove_layout layout = {1, 16};
static struct alcove_error err;
static size_t used;
static bool refused;
static unsigned long limit;

static void
dive(void *mem, void *arg)
{
    if (mem) {
        memset(mem, 1, layout.size);
        used += layout.size;
    }
    if (limit != 0 && used > 512 * 1024) {
        struct rlimit r;

        if (getrlimit(RLIMIT_STACK, &r) == 0) {
            r.rlim_cur = limit;
            setrlimit(RLIMIT_STACK, &r);
        }
        limit = 0;
    }
    if (!alcove_stack_temp(layout, dive, arg, &err))
        refused = true;
}

int
main(int argc, char **argv)
{
    char text[200];

    if (argc > 1)
        layout.size = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        limit = strtoul(argv[2], NULL, 10);
    dive(NULL, NULL);
    if (!refused)
        return 1;
    alcove_error_format(&err, text, sizeof text);
    printf("%lu bytes, then %s\n", (unsigned long)used, text);
    return 0;
}
