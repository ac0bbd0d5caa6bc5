/* SPDX-License-Identifier: MIT */
/* Nests scopes of BLOCK bytes on the stack until one is refused, and writes to
 * every byte of them: depth BLOCK [LIMIT | coroutine], where LIMIT becomes the
 * stack's RLIMIT_STACK (bytes) when half of a megabyte is in use, and coroutine
 * means that the stack is asked about on another one first. For t/limits.t. */
#include <config.h>

#include <alcove.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if ALCOVE_FORK
#    include <sys/resource.h>
#endif
#if ALCOVE_MAKECONTEXT
#    include <ucontext.h>
#endif

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
#if ALCOVE_FORK
    if (limit != 0 && used > 512 * 1024) {
        struct rlimit r;

        if (getrlimit(RLIMIT_STACK, &r) == 0) {
            r.rlim_cur = limit;
            setrlimit(RLIMIT_STACK, &r);
        }
        limit = 0;
    }
#endif
    if (!alcove_stack_temp(layout, dive, arg, &err))
        refused = true;
}

#if ALCOVE_MAKECONTEXT
static ucontext_t here, there;

/* It does not return: under qemu-sparc64 that ends the program. */
static void
ask(void)
{
    (void)alcove_stack_remaining();
    swapcontext(&there, &here);
}
#endif

static void
ask_elsewhere(void)
{
#if ALCOVE_MAKECONTEXT
    static char stack[64 * 1024];

    getcontext(&there);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = sizeof stack;
    makecontext(&there, ask, 0);
    swapcontext(&here, &there);
#else
    (void)alcove_stack_remaining();
#endif
}

int
main(int argc, char **argv)
{
    char text[200];

    if (argc > 1)
        layout.size = strtoul(argv[1], NULL, 10);
    if (argc > 2 && strcmp(argv[2], "coroutine") == 0)
        ask_elsewhere();
    else if (argc > 2)
        limit = strtoul(argv[2], NULL, 10);
    dive(NULL, NULL);
    if (!refused)
        return 1;
    alcove_error_format(&err, text, sizeof text);
    printf("%lu bytes, then %s\n", (unsigned long)used, text);
    return 0;
}
