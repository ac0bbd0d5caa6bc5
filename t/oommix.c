/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "oommix.h"

#include <alcove/temp.h>

#include <string.h>

enum { PIECES = 5 };

/* A block, full of its own number. */
struct piece {
    unsigned char *p;
    struct alcove_layout l;
};

struct mixture {
    struct alcove_allocator *a;
    struct alcove_check_run *run;
    struct piece pieces[PIECES];
    size_t refused, done;
};

/* ---- blocks ---- */

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

static bool
holds(const unsigned char *p, int byte, size_t from, size_t to)
{
    for (; from < to; from++)
        if (p[from] != byte)
            return false;
    return true;
}

static bool
is_whole(const struct mixture *m, int i)
{
    const struct piece *b = &m->pieces[i];

    return !b->p || holds(b->p, 'a' + i, 0, b->l.size);
}

static void
see_all(struct mixture *m)
{
    int i;

    for (i = 0; i < PIECES; i++)
        alcove_check_that(m->run, is_whole(m, i), "every block is whole");
}

/* A request was served, or not. */
static bool
count(struct mixture *m, bool served)
{
    if (served)
        m->done++;
    else
        m->refused++;
    return served;
}

static void
set(struct mixture *m, int i, void *p, struct alcove_layout l)
{
    alcove_check_that(m->run, ((uintptr_t)p & (l.align - 1)) == 0,
                      "a block is aligned");
    memset(p, 'a' + i, l.size);
    m->pieces[i].p = p;
    m->pieces[i].l = l;
    see_all(m);
}

static void
get(struct mixture *m, int i, size_t size, size_t align)
{
    void *p = alcove_alloc(m->a, lay(size, align), NULL);

    if (count(m, p != NULL))
        set(m, i, p, lay(size, align));
}

static void
get_zeros(struct mixture *m, int i, size_t count_, size_t size)
{
    unsigned char *p = alcove_zalloc_array(m->a, lay(size, 8), count_, NULL);

    if (!count(m, p != NULL))
        return;
    alcove_check_that(m->run, holds(p, 0, 0, count_ * size),
                      "what zalloc gives is 0");
    set(m, i, p, lay(count_ * size, 8));
}

static void
give(struct mixture *m, int i)
{
    struct piece *b = &m->pieces[i];

    see_all(m);
    if (b->p && alcove_features(m->a) & ALCOVE_CAN_DEALLOC)
        alcove_check_that(m->run, alcove_dealloc(m->a, b->p, b->l, NULL),
                          "a block can be released");
    b->p = NULL;
}

/* ---- changes ---- */

typedef void *change_fn(struct alcove_allocator *a, void *p,
                        struct alcove_layout old, struct alcove_layout new_,
                        struct alcove_error *err);

static void
change(struct mixture *m, int i, size_t size, size_t align, change_fn *fn)
{
    struct piece *b = &m->pieces[i];
    size_t kept = b->l.size < size ? b->l.size : size;
    unsigned char *p;

    if (!b->p)
        return;
    p = fn(m->a, b->p, b->l, lay(size, align), NULL);
    if (!count(m, p != NULL)) {
        see_all(m);
        return;
    }
    alcove_check_that(m->run, holds(p, 'a' + i, 0, kept),
                      "what is changed keeps its contents");
    if (fn == alcove_zgrow || fn == alcove_rezalloc)
        alcove_check_that(m->run, holds(p, 0, kept, size), "the rest is 0");
    set(m, i, p, lay(size, align));
}

/* In place or not: both are fine. */
static void
resize(struct mixture *m, int i, size_t size)
{
    struct piece *b = &m->pieces[i];

    if (b->p && alcove_resize(m->a, b->p, b->l, lay(size, b->l.align)))
        set(m, i, b->p, lay(size, b->l.align));
    see_all(m);
}

/* ---- scopes ---- */

static void
in_inner_scope(void *mem, void *arg)
{
    memset(mem, 0x77, 16);
    (void)arg;
}

static void
in_scope(void *mem, void *arg)
{
    struct mixture *m = arg;

    memset(mem, 0x33, 16);
    count(m, alcove_zalloc_temp(m->a, lay(16, 16), in_inner_scope, NULL, NULL));
    get(m, 4, 16, 8);
    alcove_check_that(m->run, holds(mem, 0x33, 0, 16),
                      "the block of a scope is whole");
    give(m, 4);
}

/* ---- all of it ---- */

bool
mix(struct alcove_allocator *a, struct alcove_check_run *run, size_t most)
{
    struct mixture m = {.a = a, .run = run};
    int i;

    get(&m, 0, most / 2, 8);
    get_zeros(&m, 1, 2, most / 8);
    get(&m, 2, 1, 1);
    change(&m, 0, most, 16, alcove_grow);
    resize(&m, 2, 8);
    change(&m, 1, most / 2, 8, alcove_rezalloc);
    get(&m, 3, most, 16);
    resize(&m, 3, most / 2);
    change(&m, 0, most / 4, 16, alcove_shrink);
    give(&m, 1);
    if (alcove_features(a) & ALCOVE_CAN_TEMP)
        count(&m, alcove_alloc_temp(a, lay(16, 8), in_scope, &m, NULL));
    change(&m, 2, most / 2 + 8, 8, alcove_zgrow);
    get(&m, 1, most, 8);
    change(&m, 3, most, 16, alcove_realloc);
    for (i = 0; i < PIECES; i++)
        give(&m, (i * 2) % PIECES);
    alcove_check_outcome(run, &m.done, sizeof m.done);
    return m.refused == 0;
}
