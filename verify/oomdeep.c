/* SPDX-License-Identifier: MIT */
/* The out-of-memory driver, deeper than in `make check`: long series of
 * requests over stacks of up to three allocators of tools/makers.c, and what
 * the data types do over them. For verify/oom.
 *
 *     oomdeep [--seed N] [--part I/N] [--steps N] DEPTH
 *     oomdeep broken
 *
 * runs the I-th of N parts of all stacks that are DEPTH deep; or, with one of
 * verify/oombroken.c on top, must find something in each. After each
 * refusal: the blocks are whole, the invariants hold in each layer, the top
 * one's books are as they were, and the error says who refused what, why. It
 * prints a line for each body that went wrong, and at the end
 *
 *     sum REFUSALS REFUSALS-LOOKED-AT PLACES BODIES FAILED
 */
#include <config.h>

#include <alcove.h>
#include <alcove/check.h>

#include "../tools/makers.h"
#include "holds.h"
#include "oombroken.h"
#include "states.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECES = 8, UNTOUCHED = 0xa5 };

struct piece {
    unsigned char *p; /* full of its own number */
    struct alcove_layout l;
};

/* One run of a body. */
struct deep {
    struct alcove_allocator *a;
    struct alcove_check_run *run;
    const struct stack *stack;
    size_t most;
    uint64_t random;
    struct piece pieces[PIECES];
    struct alcove_error err;
    struct state before;
    size_t served, refused;
    bool injected; /* a refusal of the driver's has come up here */
};

static size_t looked_at;

static const struct alcove_layout unknown = {0, 0};

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

static bool
that(struct deep *d, bool good, const char *what)
{
    return alcove_check_that(d->run, good, what);
}

static size_t
draw(struct deep *d, size_t below)
{
    d->random = d->random * UINT64_C(6364136223846793005) + 1;
    return (size_t)(d->random >> 33) % below;
}

/* ---- what is looked at after each request ---- */

static void
see_pieces(struct deep *d)
{
    int i;

    for (i = 0; i < PIECES; i++)
        if (d->pieces[i].p)
            that(d, holds(d->pieces[i].p, 'a' + i, d->pieces[i].l.size),
                 "every block is whole");
}

static struct alcove_error *
ask(struct deep *d)
{
    memset(&d->err, UNTOUCHED, sizeof d->err);
    if (d->stack->open > 0)
        d->before = state_of(d->stack, d->stack->open - 1);
    errno = 0;
    return &d->err;
}

static bool
same_layout(struct alcove_layout x, struct alcove_layout y)
{
    return x.size == y.size && x.align == y.align;
}

/* The top layer's books, where it has them, are as before. */
static void
see_state(struct deep *d)
{
    struct state now = d->before;

    if (d->stack->open > 0)
        now = state_of(d->stack, d->stack->open - 1);
    that(d, now.bytes == d->before.bytes && now.count == d->before.count,
         "a refusal changes nothing in the books");
}

/* Can only the top layer have refused? The spaces begin with allocators. */
static bool
is_by_top(const struct deep *d)
{
    const char *name = alcove_name(d->a);
    unsigned i;

    for (i = 0; i + 1 < d->stack->open; i++)
        if (strcmp(alcove_name(d->stack->spaces[i]), name) == 0)
            return false;
    return strcmp(d->err.allocator, name) == 0;
}

/* The error of a refusal: by the driver, or by the nature of the stack. `l` is
 * `unknown` where a data type has made the request. */
static void
see_error(struct deep *d, struct alcove_layout l, struct alcove_layout old)
{
    const struct alcove_error *e = &d->err;
    char text[400];

    that(d, errno != 0, "a refusal sets errno");
    if (!that(d,
              !holds(e, UNTOUCHED, sizeof *e) && e->allocator &&
                  e->allocator[0] != '\0',
              "the error says who refused"))
        return;
    alcove_error_format(e, text, sizeof text);
    that(d, strstr(text, e->allocator) != NULL, "...and so does its text");
    that(d, alcove_layout_ok(e->layout), "...of a valid layout");
    if (l.align != 0 && is_by_top(d) && e->code == ALCOVE_ERR_ALLOC_FAILED &&
        e->cause != ALCOVE_CAUSE_INJECTED)
        that(d,
             same_layout(e->layout, l) &&
                 (e->old.align == 0 || same_layout(e->old, old)),
             "...which is that of the request, and of the old block");
    if (e->cause == ALCOVE_CAUSE_INJECTED) {
        that(d,
             e->code == ALCOVE_ERR_ALLOC_FAILED && errno == ENOMEM &&
                 strcmp(e->allocator, "fail") == 0 && e->layout.size > 0 &&
                 e->detail,
             "an injected refusal says so, and by what condition");
        d->injected = true;
    }
    looked_at++;
}

/* Returns `served`. */
static bool
heard(struct deep *d, bool served, struct alcove_layout l,
      struct alcove_layout old)
{
    see_pieces(d);
    if (d->stack->open > 0)
        that(d, states_ok(d->stack), "the invariants of each layer hold");
    if (served) {
        d->served++;
        that(d, errno == 0 && holds(&d->err, UNTOUCHED, sizeof d->err),
             "success leaves errno and the error alone");
        return true;
    }
    d->refused++;
    see_error(d, l, old);
    see_state(d);
    return false;
}

/* ---- the requests ---- */

static void
keep(struct deep *d, int i, void *p, struct alcove_layout l)
{
    that(d, ((uintptr_t)p & (l.align - 1)) == 0, "a block is aligned");
    memset(p, 'a' + i, l.size);
    d->pieces[i].p = p;
    d->pieces[i].l = l;
}

static void
get(struct deep *d, int i)
{
    struct alcove_layout l = lay(1 + draw(d, d->most), (size_t)1 << draw(d, 5));
    bool zero = draw(d, 3) == 0;
    void *p =
        zero ? alcove_zalloc(d->a, l, ask(d)) : alcove_alloc(d->a, l, ask(d));

    if (!heard(d, p != NULL, l, unknown))
        return;
    that(d, !zero || holds(p, 0, l.size), "what zalloc gives is 0");
    keep(d, i, p, l);
}

static void
give(struct deep *d, int i)
{
    struct piece b = d->pieces[i];
    bool checked = alcove_features(d->a) & ALCOVE_CAN_CHECKED && draw(d, 2);

    if (!b.p || !(alcove_features(d->a) & ALCOVE_CAN_DEALLOC)) {
        d->pieces[i].p = NULL;
        return;
    }
    see_pieces(d);
    d->pieces[i].p = NULL;
    that(d,
         checked ? alcove_checked_dealloc(d->a, b.p, b.l, ask(d))
                 : alcove_dealloc(d->a, b.p, b.l, ask(d)),
         "a block can be released, whatever was refused");
}

typedef void *change_fn(struct alcove_allocator *a, void *p,
                        struct alcove_layout old, struct alcove_layout new_,
                        struct alcove_error *err);

static void
change(struct deep *d, int i)
{
    static change_fn *const either[] = {alcove_realloc, alcove_rezalloc};
    static change_fn *const larger[] = {alcove_grow, alcove_zgrow};
    struct piece b = d->pieces[i];
    size_t size = 1 + draw(d, d->most), way = draw(d, 6);
    size_t kept = size < b.l.size ? size : b.l.size;
    struct alcove_layout l = lay(size, b.l.align << draw(d, 2));
    change_fn *fn = either[way & 1];
    unsigned char *p;

    if (way > 1)
        fn = size < b.l.size ? alcove_shrink : larger[way & 1];
    if (alcove_features(d->a) & ALCOVE_CAN_CHECKED && way == 5)
        fn = alcove_checked_realloc;
    p = fn(d->a, b.p, b.l, l, ask(d));
    if (!p) {
        heard(d, false, l, b.l);
        return;
    }
    that(d, holds(p, 'a' + i, kept), "a change keeps the contents");
    that(d,
         (fn != alcove_zgrow && fn != alcove_rezalloc) || size == kept ||
             holds(p + kept, 0, size - kept),
         "...and the rest is 0");
    keep(d, i, p, l);
    heard(d, true, l, b.l);
}

/* In place or not at all: the books then must not move either. */
static void
resize(struct deep *d, int i)
{
    struct piece *b = &d->pieces[i];
    struct alcove_layout l = lay(1 + draw(d, d->most), b->l.align);

    ask(d);
    if (alcove_resize(d->a, b->p, b->l, l))
        keep(d, i, b->p, l);
    else
        see_state(d);
    that(d, errno == 0, "a resize leaves errno alone");
    see_pieces(d);
}

struct scope {
    struct deep *d;
    unsigned left, ran;
    bool zero;
};

static void open_scope(struct scope *s);

static void
in_scope(void *mem, void *arg)
{
    struct scope *s = arg;
    struct deep *d = s->d;

    s->ran++;
    that(d, !s->zero || holds(mem, 0, 16), "a zeroed scope's block is 0");
    memset(mem, 0x33, 16);
    if (s->left > 0) {
        struct scope inner = {d, s->left - 1, 0, false};

        open_scope(&inner);
    }
    that(d, holds(mem, 0x33, 16), "the block of a scope is whole");
}

static void
open_scope(struct scope *s)
{
    struct deep *d = s->d;
    struct alcove_layout l = lay(16, 8);
    struct alcove_error *err, mine;
    bool done;

    s->zero = draw(d, 2) == 0;
    ask(d);
    err = s->left == 0 ? &d->err : &mine; /* the inner one uses d->err */
    done = s->zero ? alcove_zalloc_temp(d->a, l, in_scope, s, err)
                   : alcove_alloc_temp(d->a, l, in_scope, s, err);
    that(d, s->ran == (done ? 1u : 0u),
         "a scope's callback runs once, or never");
    if (err == &mine && !done)
        d->err = mine;
    if (done)
        see_pieces(d);
    else
        heard(d, false, l, unknown);
    d->served += done;
}

static void
step(struct deep *d)
{
    int i = (int)draw(d, PIECES);
    size_t what = draw(d, 10);

    if (what == 0 && alcove_features(d->a) & ALCOVE_CAN_TEMP) {
        struct scope s = {d, (unsigned)draw(d, 4), 0, false};

        open_scope(&s);
    } else if (!d->pieces[i].p) {
        get(d, i);
    } else if (what < 5) {
        change(d, i);
    } else if (what < 7) {
        resize(d, i);
    } else {
        give(d, i);
    }
}

static unsigned steps = 40;

static bool
blocks(struct deep *d)
{
    unsigned n;
    int i;

    for (n = 0; n < steps; n++)
        step(d);
    for (i = 0; i < PIECES; i++)
        give(d, i);
    return true;
}

/* ---- what stands on allocators ---- */

static bool
vectors(struct deep *d)
{
    struct alcove_vec v;
    uint32_t i, item;
    size_t count = 0, had;
    bool good;

    if (!alcove_vec_init(&v, d->a, ALCOVE_LAYOUT(uint32_t), ask(d)))
        return false;
    for (i = 0; i < d->most / 8; i++) {
        had = v.count;
        if (i % 7 == 3)
            good = alcove_vec_insert(&v, 0, &i, ask(d));
        else if (i % 11 == 5)
            good = alcove_vec_reserve(&v, 3, ask(d)) &&
                   alcove_vec_push(&v, &i, ask(d));
        else
            good = alcove_vec_push(&v, &i, ask(d));
        heard(d, good, unknown, unknown);
        that(d, alcove_vec_ok(&v) && v.count == had + good,
             "a vector is as it was, or has one item more");
        count += good;
        if (i % 13 == 7)
            (void)alcove_vec_shrink_to_fit(&v);
    }
    that(d, v.count == count, "all items are there");
    while (alcove_vec_pop(&v, &item))
        that(d, item < d->most / 8, "...and are what was put in");
    that(d, alcove_vec_done(&v, ask(d)), "a vector can be released");
    return true;
}

static bool
strings(struct deep *d)
{
    char *a = alcove_strdup(d->a, "a recess carved out", ask(d)), *b;

    heard(d, a != NULL, unknown, unknown);
    b = alcove_asprintf(d->a, ask(d), "%s of a room: %d", a ? a : "?", 42);
    heard(d, b != NULL, unknown, unknown);
    that(d, !a || strcmp(a, "a recess carved out") == 0, "a string is whole");
    that(d, !a || !b || strcmp(b, "a recess carved out of a room: 42") == 0,
         "...and the formatted one is right");
    that(d, alcove_strfree(d->a, a, ask(d)) && alcove_strfree(d->a, b, ask(d)),
         "strings can be released");
    return true;
}

static bool
boxes(struct deep *d)
{
    struct alcove_box box = ALCOVE_BOX_EMPTY, twin = ALCOVE_BOX_EMPTY;
    struct alcove_layout l = lay(24, 8), more = lay(d->most, 8);
    bool made, grown, cloned;

    made = alcove_box_make(&box, d->a, l, ask(d));
    if (!heard(d, made, unknown, unknown))
        return true;
    memset(box.data, 'b', l.size);
    grown = alcove_box_zresize(&box, more, ask(d));
    heard(d, grown, unknown, unknown);
    that(d, holds(box.data, 'b', 24), "a box keeps its contents");
    cloned = alcove_box_clone(&box, NULL, &twin, ask(d));
    heard(d, cloned, unknown, unknown);
    that(d, !cloned || holds(twin.data, 'b', 24), "...and so does a clone");
    that(d, !cloned || alcove_box_drop(&twin, ask(d)), "both can be dropped");
    that(d, alcove_box_drop(&box, ask(d)), "...the first, too");
    return true;
}

static bool
thin(struct deep *d)
{
    unsigned char *p = alcove_thin_zalloc(d->a, d->most / 2, ask(d)), *q;

    if (!heard(d, p != NULL, unknown, unknown))
        return true;
    that(d, holds(p, 0, d->most / 2), "zeros are zeros");
    memset(p, 't', d->most / 2);
    q = alcove_thin_realloc(d->a, p, d->most, ask(d));
    heard(d, q != NULL, unknown, unknown);
    that(d, holds(q ? q : p, 't', d->most / 2), "contents are kept");
    that(d, alcove_thin_free(d->a, q ? q : p, ask(d)), "it can be released");
    return true;
}

static const struct scenario {
    const char *name;
    bool (*run)(struct deep *d);
    unsigned needs;
} scenarios[] = {
    {"blocks", blocks, ALCOVE_CAN_ALLOC},
    {"vectors", vectors, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC},
    {"strings", strings, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC},
    {"boxes", boxes, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC},
    {"thin", thin, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC},
    /* end */
};

/* ---- a body, and what the driver says of it ---- */

struct subject {
    const struct scenario *scenario;
    struct stack *stack;
    size_t most;
    uint64_t seed;
};

/* A malloc-shaped layer hands on NULL, and no cause. */
static bool
tells_causes(const struct stack *s)
{
    unsigned i;

    for (i = 0; i < s->count; i++)
        if (strcmp(s->makers[i]->name, "foreign") == 0)
            return false;
    return true;
}

/* What the stack refuses by its nature is no failure, but part of the outcome.
 */
static bool
body(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    const struct subject *s = arg;
    struct deep d = {
        .run = run,
        .stack = s->stack,
        .most = s->most,
        .random = s->seed,
    };

    d.a = s->stack->count > 0 ? stack_make(a, s->stack) : a;
    if (!d.a)
        return tells_causes(s->stack) &&
               s->stack->err.cause != ALCOVE_CAUSE_INJECTED;
    if ((alcove_features(d.a) & s->scenario->needs) == s->scenario->needs)
        s->scenario->run(&d);
    if (s->stack->count > 0)
        stack_done(d.a, s->stack);
    alcove_check_outcome(run, &d.served, sizeof d.served);
    return !d.injected && (d.refused == 0 || tells_causes(s->stack));
}

struct sum {
    size_t refusals, places, bodies, failed;
    const char *name; /* of the body */
    bool mute;        /* its own refusals cannot be told from the driver's */
    bool refuses;     /* ...and it has some */
    bool quiet;       /* it is to be found wrong */
};

static size_t seen[1 << 16], seen_count;

/* Have frames like these been seen? */
static void
note_place(const struct alcove_check_finding *f)
{
    uint64_t h = 1;
    size_t i, mask = sizeof seen / sizeof *seen - 1;

    for (i = 0; i < f->frame_count && i < 6; i++)
        h = (h ^ (uintptr_t)f->frames[i]) * UINT64_C(0x9e3779b97f4a7c15);
    for (i = (size_t)(h >> 40); seen[i & mask]; i++)
        if (seen[i & mask] == (size_t)h)
            return;
    if (seen_count < mask / 2) {
        seen[i & mask] = (size_t)h;
        seen_count++;
    }
}

static void
see_finding(const struct alcove_check_finding *f, void *arg)
{
    struct sum *sum = arg;

    if (f->kind)
        note_place(f);
    if (f->verdict == ALCOVE_OOM_FAILED && f->number == 0 && sum->mute)
        sum->refuses = true;
    else if (f->verdict != ALCOVE_OOM_CLEAN && sum->failed < 20 && !sum->quiet)
        printf("not ok: %s: %s: %s\n", sum->name, f->check, f->text);
}

static void
see_result(const struct alcove_check_result *result, void *arg)
{
    struct sum *sum = arg;
    size_t refusals = 0;

    if (strcmp(result->check, "total") != 0)
        return;
    if (sscanf(result->text, "%zu", &refusals) == 1)
        sum->refusals += refusals;
}

static void
drive(struct subject *s, bool in_place, struct sum *sum)
{
    char name[200], stack[100];
    bool good;
    const struct alcove_check_oom_options options = {
        .struct_size = sizeof options,
        .in_place = in_place,
        /* What one asks of another may depend on addresses. */
        .no_repeat = s->stack->count > 1,
        .progress = -1,
        .finding = see_finding,
        .arg = sum,
        .all_runs = true,
    };

    stack_name(s->stack, stack, sizeof stack);
    snprintf(name, sizeof name, "%s over %s, %zu bytes%s", s->scenario->name,
             stack[0] ? stack : "the driver's own", s->most,
             in_place ? ", in place" : "");
    sum->name = name;
    sum->mute = !tells_causes(s->stack);
    sum->refuses = false;
    good = alcove_check_oom(body, s, NULL, &options, see_result, sum);
    if (sum->refuses)
        return;
    sum->failed += !good;
    sum->bodies++;
}

static void
drive_all(struct stack *stack, uint64_t seed, struct sum *sum)
{
    static const size_t sizes[] = {48, 2000};
    struct subject s = {.stack = stack, .seed = seed};
    size_t i, j;

    for (i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        for (j = 0; j < 2; j++) {
            /* Three deep, each scenario with one of the sizes. */
            if (stack->count > 2 && (i + seed) % 2 != j)
                continue;
            s.scenario = &scenarios[i];
            s.most = sizes[j];
            drive(&s, false, sum);
            if (stack->count < 3)
                drive(&s, true, sum);
        }
}

/* ---- the stacks ---- */

/* The `number`-th of those that are `depth` deep; false: it is none. */
static bool
make_stack(struct stack *s, unsigned depth, size_t number)
{
    memset(s, 0, sizeof *s);
    for (; s->count < depth; number /= makers_count) {
        s->makers[s->count] = &makers[number % makers_count];
        if (s->makers[s->count++]->alone)
            return false;
    }
    return true;
}

/* Is something found in each of them, on the driver's own? */
static int
find_broken(void)
{
    size_t i, missed = 0;

    for (i = 0; i < broken_count; i++) {
        struct stack stack = {{&broken_makers[i]}, .count = 1};
        struct sum sum = {.name = "", .quiet = true};

        drive_all(&stack, 1, &sum);
        missed += sum.failed == 0;
        printf("%s: %s: %zu of %zu bodies\n", sum.failed == 0 ? "not ok" : "ok",
               broken_makers[i].name, sum.failed, sum.bodies);
    }
    return missed != 0;
}

static int
usage(void)
{
    fprintf(stderr, "usage: oomdeep [--seed N] [--part I/N] [--steps N] "
                    "DEPTH | broken\n");
    return 2;
}

int
main(int argc, char **argv)
{
    unsigned long long seed = 1;
    unsigned long part = 0, parts = 1;
    size_t number, all = 1, kept = 0;
    unsigned depth, i;
    struct stack stack;
    struct sum sum = {.name = ""};

    (void)argc;
    for (argv++; argv[0] && argv[0][0] == '-' && argv[1]; argv += 2) {
        if (strcmp(argv[0], "--seed") == 0)
            seed = strtoull(argv[1], NULL, 0);
        else if (strcmp(argv[0], "--steps") == 0)
            steps = (unsigned)strtoul(argv[1], NULL, 0);
        else if (strcmp(argv[0], "--part") != 0 ||
                 sscanf(argv[1], "%lu/%lu", &part, &parts) != 2 || parts == 0)
            return usage();
    }
    if (argv[0] && strcmp(argv[0], "broken") == 0)
        return find_broken();
    if (!argv[0] || argv[0][0] < '0' || argv[0][0] > '0' + STACK_MOST)
        return usage();
    if (!(alcove_features(alcove_malloc()) & ALCOVE_CAN_ALLOC)) {
        printf("skipped: the malloc backend is not built\n");
        return 77;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    depth = (unsigned)(argv[0][0] - '0');
    for (i = 0; i < depth; i++)
        all *= makers_count;
    for (number = 0; number < all; number++)
        if (make_stack(&stack, depth, number) && kept++ % parts == part)
            drive_all(&stack, seed + number, &sum);
    printf("sum %zu %zu %zu %zu %zu\n", sum.refusals, looked_at, seen_count,
           sum.bodies, sum.failed);
    return sum.failed != 0;
}
