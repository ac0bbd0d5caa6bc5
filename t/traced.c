/* SPDX-License-Identifier: MIT */
/* Does what is known to an arena over a buffer, and writes the trace of it:
 * traced text|json|massif little|nothing|much. For t/traced.t, which knows it.
 */
#include <config.h>

#include <alcove/arena.h>
#include <alcove/trace.h>

#include <stdio.h>
#include <string.h>

static char memory[100000];
static struct alcove_trace trace;
static struct alcove_allocator *const a = &trace.allocator;

static void
fill(void *mem, void *arg)
{
    memset(mem, 1, *(size_t *)arg);
}

/* 31 events. The peak is 42345 bytes: 21 blocks of 40000, and a scope. */
static bool
do_little(void)
{
    struct alcove_layout one = {1000, 8}, large = {5000, 8};
    struct alcove_layout larger = {20000, 8}, scope = {2345, 16};
    struct alcove_layout most = {ALCOVE_SIZE_MAX - 7, 8};
    void *blocks[20], *p;
    size_t i;

    for (i = 0; i < 20; i++) {
        blocks[i] = alcove_alloc(a, one, NULL);
        if (!blocks[i])
            return false;
    }
    p = alcove_zalloc(a, large, NULL);
    if (!p)
        return false;
    p = alcove_grow(a, p, large, larger, NULL);
    if (!p || !alcove_alloc_temp(a, scope, fill, &scope.size, NULL) ||
        alcove_alloc(a, most, NULL) || alcove_resize(a, p, larger, most) ||
        !alcove_resize(a, p, larger, one) || !alcove_dealloc(a, p, one, NULL))
        return false;
    for (i = 0; i < 3; i++)
        if (!alcove_dealloc(a, blocks[i], one, NULL))
            return false;
    return true;
}

/* 100000 events. */
static bool
do_much(void)
{
    struct alcove_layout l = {1, 1};
    size_t i;

    for (i = 0; i < 50000; i++) {
        void *p;

        l.size = i % 1000 + 1;
        p = alcove_alloc(a, l, NULL);
        if (!p || !alcove_dealloc(a, p, l, NULL))
            return false;
    }
    return true;
}

static bool
do_it(const char *what)
{
    if (strcmp(what, "little") == 0)
        return do_little();
    if (strcmp(what, "much") == 0)
        return do_much();
    return strcmp(what, "nothing") == 0;
}

int
main(int argc, char **argv)
{
    static const char *const names[] = {"text", "json", "massif"};
    struct alcove_trace_writer writer;
    struct alcove_arena arena;
    unsigned format = 0;

    if (argc != 3)
        return 2;
    while (format < 3 && strcmp(argv[1], names[format]) != 0)
        format++;
    alcove_arena_init(&arena, NULL, memory, sizeof memory);
    if (!alcove_trace_writer_init(&writer, (enum alcove_trace_format)format, 1,
                                  NULL) ||
        !alcove_trace_init(&trace, &arena.allocator, alcove_trace_write,
                           &writer, NULL) ||
        !do_it(argv[2]))
        return 2;
    alcove_arena_done(&arena);
    if (!alcove_trace_writer_done(&writer, NULL)) {
        perror("traced");
        return 1;
    }
    return 0;
}
