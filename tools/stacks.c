/* SPDX-License-Identifier: MIT */
/* Allocators made of makers, one over the other. */
#include <config.h>

#include "makers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
close_all(struct stack *s)
{
    while (s->open > 0) {
        const struct maker *m = s->makers[--s->open];

        if (m->close)
            m->close(s->spaces[s->open]);
        free(s->spaces[s->open]);
    }
}

struct alcove_allocator *
stack_make(struct alcove_allocator *parent, void *arg)
{
    struct stack *s = arg;
    struct alcove_allocator *a = s->base ? s->base : parent;

    for (s->open = 0; a && s->open < s->count;) {
        const struct maker *m = s->makers[s->open];
        void *space = malloc(m->size);

        a = space ? m->open(space, a, &s->err) : NULL;
        if (a)
            s->spaces[s->open++] = space;
        else
            free(space);
    }
    if (!a)
        close_all(s);
    return a;
}

void
stack_done(struct alcove_allocator *made, void *arg)
{
    (void)made;
    close_all(arg);
}

const char *
stack_name(const struct stack *s, char *buf, size_t size)
{
    unsigned i;
    size_t used = 0;

    buf[0] = '\0';
    for (i = s->count; i > 0 && used < size; i--)
        used += (size_t)snprintf(buf + used, size - used, "%s%s",
                                 s->makers[i - 1]->name,
                                 i > 1 || s->base ? "/" : "");
    if (s->base && used < size)
        snprintf(buf + used, size - used, "%s", s->base_name);
    return buf;
}

void
stack_excuses(const struct stack *s, const char *list[STACK_EXCUSES])
{
    const char *const *e;
    unsigned i, count = 0;

    for (i = 0; i < s->count; i++)
        for (e = s->makers[i]->excuses; e && *e; e++)
            if (count < STACK_EXCUSES - 1)
                list[count++] = *e;
    list[count] = NULL;
}
