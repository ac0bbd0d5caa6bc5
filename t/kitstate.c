/* SPDX-License-Identifier: MIT */
/* What a check of the conformance kit asks of the public functions, and what it
 * leaves in the kit and in the books of its parent, is the same each time: the
 * sentence, requests that were served, refused, left out, blocks with their
 * layouts and patterns, the numbers drawn.
 *
 * The kit is compiled here over functions that listen. They can lie, too: one
 * call in a check has another answer than it should, and the check says so, or
 * goes on, but always in the same way. So it is seen what a check makes of
 * answers that no allocator gives, for the public functions stand in front of
 * all of them. */
#include <config.h>

#include <alcove.h>
#include <alcove/check.h>

#include "mutant.h"
#include "tap.h"

#include <errno.h>
#include <string.h>

#if !ALCOVE_HAVE_MALLOC

int
main(void)
{
    return tap_skip_all("no malloc: %s", ALCOVE_NO_MALLOC);
}

#else

#    include "../lib/check/kit.h"

/* ---- what is heard ---- */

static struct kit kit;

enum lie {
    LIE_ANSWER = 1, /* the opposite */
    LIE_ERRNO,
    LIE_ERROR, /* written, or not, as it should not be */
    LIE_PLACE, /* one byte before it; a callback is called twice */
    LIE_FIRST, /* byte of a block is another; a callback gets NULL */
    LIE_LAST,  /* as LIE_FIRST */
    LIE_CODE,  /* and the others, of an error */
    LIE_CODE_SIZE,
    LIE_CODE_CLAIM,
    LIE_CODE_LAYOUT,
    LIE_CODE_OWNER,
    LIE_CAUSE,
    LIE_LAYOUT,
    LIE_OLD,
    LIE_NAME,
    LIE_DETAIL,
    LIE_OS,  /* ...the system's is another than errno */
    LIE_OWN, /* ...in its own name, of another layout */
    LIES
};

enum { MOST = 4096 }; /* calls that are lied about */

/* What is heard, and what may be a lie. */
static struct {
    uint64_t sum;
    size_t calls;
    size_t lie_at; /* the call; 0: none */
    enum lie lie;
    uint32_t may[MOST]; /* a bit for each lie that fits the call */
} front;

static void
hear(uint64_t x)
{
    front.sum = witness_mix(front.sum, x);
}

static void
hear_layout(struct alcove_layout l)
{
    hear(l.size);
    hear(l.align);
}

/* Where it is in a block of the kit's; else what is no address, or that it is
 * one: those are not the same each time. */
static void
hear_place(const void *p)
{
    uintptr_t x = (uintptr_t)p, from;
    size_t i;

    for (i = 0; i < kit.count; i++) {
        from = (uintptr_t)kit.blocks[i].p;
        if (x >= from && x - from < kit.blocks[i].l.size) {
            hear(x - from);
            return;
        }
    }
    hear((x & (x - 1)) == 0 || x < 4096 || x > UINTPTR_MAX - 8192 ? x : 3);
}

/* Before a call: its number. */
static size_t
front_ask(const char *op, const void *p, struct alcove_layout old,
          struct alcove_layout l)
{
    front.sum = witness_read(front.sum, op);
    hear_place(p);
    hear_layout(old);
    hear_layout(l);
    hear(errno == KIT_MARK);
    return ++front.calls;
}

/* Is this call to be lied about, and in this way? It might. */
static bool
lies(size_t call, enum lie lie)
{
    if (front.lie_at == 0 && call < MOST)
        front.may[call] |= 1U << lie;
    return call == front.lie_at && lie == front.lie;
}

static void
spoil_error(size_t call, struct alcove_error *err)
{
    static const enum alcove_code codes[] = {
        ALCOVE_ERR_CORRUPT, ALCOVE_ERR_EXCEEDS_MAX, ALCOVE_ERR_UNSUPPORTED,
        ALCOVE_ERR_LAYOUT_MISMATCH, ALCOVE_ERR_NOT_OWNED};
    unsigned i;

    for (i = 0; i < KIT_COUNT(codes); i++)
        if (lies(call, (enum lie)(LIE_CODE + i)))
            err->code = codes[i];
    if (lies(call, LIE_CAUSE))
        err->cause = ALCOVE_CAUSE_UNKNOWN;
    if (lies(call, LIE_LAYOUT))
        err->layout = kit_lay(err->layout.align, err->layout.size);
    if (lies(call, LIE_OLD))
        err->old = kit_lay(1, 2);
    if (lies(call, LIE_NAME))
        err->allocator = err->layout.size % 2 ? NULL : "";
    if (lies(call, LIE_OS)) {
        err->cause = ALCOVE_CAUSE_OS;
        err->os_error = EDOM;
    }
    if (lies(call, LIE_OWN)) {
        err->code = ALCOVE_ERR_ALLOC_FAILED;
        err->cause = ALCOVE_CAUSE_OTHER;
        err->allocator = alcove_name(kit.a);
        err->layout.size ^= 1;
    }
    if (lies(call, LIE_DETAIL))
        memset(&err->detail, KIT_UNSET, sizeof err->detail);
}

/* After a call: whether something is there, and whether it was refused. */
static void
front_told(size_t call, bool done, struct alcove_error *err)
{
    hear(done);
    hear(err != NULL);
    if (err && !done)
        spoil_error(call, err);
    if (err && lies(call, LIE_ERROR))
        memset(err, done ? 0 : KIT_UNSET, sizeof *err);
    if (err && !alcove_kit_is_unset(err)) {
        hear(err->code);
        hear_layout(err->layout);
    }
    if (lies(call, LIE_ERRNO))
        errno = errno == KIT_MARK ? 0 : KIT_MARK;
    hear(errno == KIT_MARK);
}

static unsigned char limbo[3 * 4096];

/* What is served is lost; what is refused, if it is little, is in limbo. */
static void *
lie_of_block(size_t call, void *p, struct alcove_layout l)
{
    unsigned char *bytes = p;
    bool is_block = p && l.size > 0 && l.size < SIZE_MAX / 2;

    if ((p || (l.size <= 4096 && l.align <= 4096)) && lies(call, LIE_ANSWER))
        return p ? NULL : limbo + (4096 - (uintptr_t)limbo % 4096);
    if (is_block && lies(call, LIE_FIRST))
        bytes[0] ^= 1;
    if (is_block && lies(call, LIE_LAST))
        bytes[l.size - 1] ^= 1;
    return is_block && lies(call, LIE_PLACE) ? bytes - 1 : p;
}

static const struct alcove_layout no_layout;

static bool
is_in_limbo(const void *p)
{
    return (uintptr_t)p - (uintptr_t)limbo < sizeof limbo;
}

#    define HEARD_ALLOC(op)                                                    \
        static void *heard_##op(struct alcove_allocator *a,                    \
                                struct alcove_layout l,                        \
                                struct alcove_error *err)                      \
        {                                                                      \
            size_t call = front_ask(#op, NULL, no_layout, l);                  \
            void *p = alcove_##op(a, l, err);                                  \
                                                                               \
            front_told(call, p != NULL, err);                                  \
            return lie_of_block(call, p, l);                                   \
        }
HEARD_ALLOC(alloc)

HEARD_ALLOC(zalloc)

#    define HEARD_CHANGE(op)                                                   \
        static void *heard_##op(                                               \
            struct alcove_allocator *a, void *p, struct alcove_layout old,     \
            struct alcove_layout l, struct alcove_error *err)                  \
        {                                                                      \
            size_t call = front_ask(#op, p, old, l);                           \
            void *q = is_in_limbo(p) ? p : alcove_##op(a, p, old, l, err);     \
                                                                               \
            front_told(call, q != NULL, err);                                  \
            return lie_of_block(call, q, l);                                   \
        }
HEARD_CHANGE(grow)

HEARD_CHANGE(zgrow)

HEARD_CHANGE(shrink)

HEARD_CHANGE(realloc)

HEARD_CHANGE(rezalloc)

HEARD_CHANGE(checked_realloc)

HEARD_CHANGE(checked_rezalloc)

#    define HEARD_RELEASE(op)                                                  \
        static bool heard_##op(struct alcove_allocator *a, void *p,            \
                               struct alcove_layout l,                         \
                               struct alcove_error *err)                       \
        {                                                                      \
            size_t call = front_ask(#op, p, l, no_layout);                     \
            bool done = is_in_limbo(p) || alcove_##op(a, p, l, err);           \
                                                                               \
            front_told(call, done, err);                                       \
            return lies(call, LIE_ANSWER) ? !done : done;                      \
        }
HEARD_RELEASE(dealloc)

HEARD_RELEASE(checked_dealloc)

static bool
heard_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout l)
{
    size_t call = front_ask("resize", p, old, l);
    bool done = !is_in_limbo(p) && alcove_resize(a, p, old, l);

    front_told(call, done, NULL);
    if (done && lies(call, LIE_FIRST))
        *(unsigned char *)p ^= 1;
    if ((done || l.size <= old.size) && lies(call, LIE_ANSWER))
        return !done;
    return done;
}

static bool
heard_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    size_t call = front_ask("owns", p, l, no_layout);
    bool yes = alcove_owns(a, p, l);

    front_told(call, yes, NULL);
    return lies(call, LIE_ANSWER) ? !yes : yes;
}

static size_t
heard_usable_size(struct alcove_allocator *a, const void *p,
                  struct alcove_layout l)
{
    size_t call = front_ask("usable_size", p, l, no_layout);
    size_t size = alcove_usable_size(a, p, l);

    front_told(call, size != l.size, NULL);
    if (lies(call, LIE_ANSWER))
        return 0;
    return lies(call, LIE_PLACE) ? size + 1 : size;
}

/* What a callback is called with, and by. */
struct passed_on {
    alcove_temp_fn *fn;
    void *arg;
    size_t call;
    size_t align;
};

static void
pass_on(void *mem, void *arg)
{
    const struct passed_on *to = arg;

    if (mem)
        hear((uintptr_t)mem % to->align == 0);
    if (lies(to->call, LIE_FIRST))
        to->fn(NULL, to->arg);
    else if (!lies(to->call, LIE_LAST))
        to->fn(mem, to->arg);
    if (lies(to->call, LIE_PLACE))
        to->fn(mem, to->arg);
    hear(errno == KIT_MARK);
}

#    define HEARD_TEMP(op)                                                     \
        static bool heard_##op(struct alcove_allocator *a,                     \
                               struct alcove_layout l, alcove_temp_fn *fn,     \
                               void *arg, struct alcove_error *err)            \
        {                                                                      \
            size_t call = front_ask(#op, NULL, no_layout, l);                  \
            struct passed_on to = {fn, arg, call, l.align + !l.align};         \
            bool done = alcove_##op(a, l, pass_on, &to, err);                  \
                                                                               \
            front_told(call, done, err);                                       \
            if (!done && lies(call, LIE_LAST))                                 \
                fn(limbo, arg);                                                \
            return lies(call, LIE_ANSWER) ? !done : done;                      \
        }
HEARD_TEMP(alloc_temp)

HEARD_TEMP(zalloc_temp)

static bool
heard_require(struct alcove_allocator *a, unsigned features,
              struct alcove_error *err)
{
    size_t call = front_ask("require", NULL, kit_lay(features, 0), no_layout);
    bool done = alcove_require(a, features, err);

    front_told(call, done, err);
    return lies(call, LIE_ANSWER) ? !done : done;
}

static size_t
heard_error_format(const struct alcove_error *err, char *buf, size_t size)
{
    size_t call = front_ask("error_format", NULL, kit_lay(size, 0), no_layout);
    size_t length = alcove_error_format(err, buf, size);

    if (lies(call, LIE_ANSWER))
        return 0;
    if (lies(call, LIE_LAST))
        buf[kit_least(length, size - 1)] = 'x';
    return lies(call, LIE_PLACE) ? length + 1 : length;
}

static const char *
heard_name(const struct alcove_allocator *a)
{
    size_t call = front_ask("name", NULL, no_layout, no_layout);

    return lies(call, LIE_NAME) ? "another" : alcove_name(a);
}

/* ---- the kit ---- */

#    define alcove_alloc heard_alloc
#    define alcove_zalloc heard_zalloc
#    define alcove_grow heard_grow
#    define alcove_zgrow heard_zgrow
#    define alcove_shrink heard_shrink
#    define alcove_realloc heard_realloc
#    define alcove_rezalloc heard_rezalloc
#    define alcove_checked_realloc heard_checked_realloc
#    define alcove_checked_rezalloc heard_checked_rezalloc
#    define alcove_dealloc heard_dealloc
#    define alcove_checked_dealloc heard_checked_dealloc
#    define alcove_resize heard_resize
#    define alcove_owns heard_owns
#    define alcove_usable_size heard_usable_size
#    define alcove_alloc_temp heard_alloc_temp
#    define alcove_zalloc_temp heard_zalloc_temp
#    define alcove_require heard_require
#    define alcove_error_format heard_error_format
#    define alcove_name heard_name
#    include "../lib/check/kit.c"
#    include "../lib/check/block.c"
#    include "../lib/check/pattern.c"
#    include "../lib/check/features.c"
#    include "../lib/check/layouts.c"
#    include "../lib/check/blocks.c"
#    include "../lib/check/contents.c"
#    include "../lib/check/failures.c"
#    include "../lib/check/errors.c"
#    include "../lib/check/success.c"
#    include "../lib/check/owners.c"
#    include "../lib/check/temps.c"
#    include "../lib/check/endings.c"
#    include "../lib/check/resize.c"
#    include "../lib/check/threads.c"
#    include "../lib/check/parent.c"
#    include "../lib/check/bookblock.c"
#    include "../lib/check/books.c"
#    undef alcove_alloc
#    undef alcove_zalloc
#    undef alcove_grow
#    undef alcove_zgrow
#    undef alcove_shrink
#    undef alcove_realloc
#    undef alcove_rezalloc
#    undef alcove_checked_realloc
#    undef alcove_checked_rezalloc
#    undef alcove_dealloc
#    undef alcove_checked_dealloc
#    undef alcove_resize
#    undef alcove_owns
#    undef alcove_usable_size
#    undef alcove_alloc_temp
#    undef alcove_zalloc_temp
#    undef alcove_require
#    undef alcove_error_format
#    undef alcove_name

/* ---- the scenes ---- */

static const struct scene {
    struct mutation mutation;
    size_t max_size, most_live, most_spent;
    unsigned rounds;
    bool orphan; /* the kit does not know its parent */
} scenes[] = {
#    define SOUND(name, without)                                               \
        {                                                                      \
            name, NULL, {.struct_size = 0}, without, NULL                      \
        }
    {SOUND("sound", 0), 65536, 131072, SIZE_MAX, 40, false},
    {SOUND("few rounds", 0), 65536, 131072, SIZE_MAX, 3, false},
    {SOUND("little at once", 0), 4096, 9000, SIZE_MAX, 40, false},
    {SOUND("little in all", 0), 4096, 8192, 8192, 40, false},
    {SOUND("large", 0), 1 << 20, 2 << 20, SIZE_MAX, 20, false},
    {SOUND("a parent of its own", 0), 65536, 131072, SIZE_MAX, 40, true},
    {SOUND("nothing is taken back", ALCOVE_CAN_DEALLOC), 65536, 131072,
     SIZE_MAX, 40, false},
    {SOUND("nothing is reclaimed", ALCOVE_CAN_RECLAIM), 65536, 131072, SIZE_MAX,
     40, false},
    {SOUND("nothing is checked", ALCOVE_CAN_CHECKED), 65536, 131072, SIZE_MAX,
     40, false},
    {SOUND("nothing is owned", ALCOVE_CAN_OWNS | ALCOVE_CAN_CHECKED), 65536,
     131072, SIZE_MAX, 40, false},
    {SOUND("no temporaries", ALCOVE_CAN_TEMP), 65536, 131072, SIZE_MAX, 40,
     false},
    {{"refuses a third",
      NULL,
      {.alloc = mutant_third_alloc, .alloc_temp = mutant_third_temp},
      ALCOVE_CAN_ZERO | ALCOVE_CAN_REALLOC,
      NULL},
     65536,
     131072,
     SIZE_MAX,
     40,
     false},
};

/* Small enough for many lies. */
static const struct scene lied_about[] = {
    {SOUND("lied about", 0), 4096, 32768, SIZE_MAX, 2, false},
    {SOUND("lied about, and takes nothing back",
           ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM | ALCOVE_CAN_CHECKED),
     4096, 16384, 16384, 2, false},
};

static const struct check {
    const char *name;
    void (*function)(struct kit *k);
    unsigned needs;
} checks[] = {
#    define ALCOVE_X(name, function, needs, promise)                           \
        {name, alcove_check_##function, needs},
    ALCOVE_CHECKS(ALCOVE_X)
#    undef ALCOVE_X
};

/* ---- what is left ---- */

static void
hear_text(const char *text)
{
    front.sum = witness_read(front.sum, text);
}

static void
hear_kit(void)
{
    const size_t numbers[] = {
        kit.live,     kit.spent,    kit.tags,      kit.count,     kit.served,
        kit.refused,  kit.left_out, kit.loses,     kit.features,  kit.verdict,
        kit.max_size, kit.rounds,   kit.most_live, kit.most_spent};
    size_t i;

    for (i = 0; i < KIT_COUNT(numbers); i++)
        hear(numbers[i]);
    for (i = 0; i < kit.count; i++) {
        hear_layout(kit.blocks[i].l);
        hear(kit.blocks[i].tag);
    }
    hear(alcove_kit_is_unset(&kit.err));
    hear(kit.random);
    hear_text(kit.text);
}

static void
hear_books(const struct books *b)
{
    const size_t numbers[] = {
        b->live_blocks, b->live_bytes,     b->asked,
        b->refused,     b->wrong,          b->kept_bytes,
        b->forgive,     b->refuse_release, b->refuse_after};
    const struct books_block *block;
    size_t i;

    for (i = 0; i < KIT_COUNT(numbers); i++)
        hear(numbers[i]);
    for (block = b->oldest; block; block = block->next) {
        hear_layout(block->layout);
        hear(block->room);
    }
}

/* ---- one check ---- */

static void
release_all(void)
{
    while (kit.count > 0) {
        struct block b = kit.blocks[--kit.count];

        if (kit_can(&kit, ALCOVE_CAN_DEALLOC) && !is_in_limbo(b.p))
            (void)alcove_dealloc(kit.a, b.p, b.l, NULL);
    }
}

static void
prepare(const struct scene *scene, struct books *books, struct mutant *m)
{
    static const struct tally none;

    alcove_books_init(books, 0, 6 * scene->max_size + ((size_t)1 << 24));
    memset(&kit, 0, sizeof kit);
    kit.a = mutant_init(m, &scene->mutation, &books->allocator);
    kit.features = alcove_features(kit.a);
    kit.max_size = scene->max_size;
    kit.rounds = scene->rounds;
    kit.most_live = scene->most_live;
    kit.most_spent = scene->most_spent;
    kit.books = scene->orphan ? NULL : books;
    kit.tally = &none;
    front.calls = 0;
}

/* Threads take turns as they like. */
static bool
is_alone(const struct check *c)
{
    return strncmp(c->name, "threads-", 8) != 0;
}

/* What is to be said of this one comes on top of what is known. */
static void
listen(const struct scene *scene, const struct check *c)
{
    static struct books books;
    static struct mutant m;

    prepare(scene, &books, &m);
    if (is_alone(c) && (c->needs & ~kit.features) == 0) {
        c->function(&kit);
        hear_kit();
        hear_text(books.text); /* an audit looks at blocks in any order */
        release_all();
        alcove_books_audit(&books);
        hear_books(&books);
    }
    alcove_books_done(&books);
}

/* ---- all ---- */

static size_t differing;

static void
agree(const char *what, const char *name)
{
    char line[100];

    snprintf(line, sizeof line, "%s: %s", what, name);
    differing += !witness_agrees(front.sum, line);
    front.sum = 0;
}

/* Every lie that fits, at the first calls and at some of the later ones. */
static void
lie(const struct scene *scene, const struct check *c)
{
    size_t calls, at, step = 1;
    unsigned i;

    memset(front.may, 0, sizeof front.may);
    front.lie_at = 0;
    listen(scene, c);
    calls = front.calls < MOST ? front.calls : MOST - 1;
    for (at = 1; at <= calls; at += step) {
        front.lie_at = at;
        for (i = 1; i < LIES; i++)
            if (front.may[at] >> i & 1) {
                front.lie = (enum lie)i;
                listen(scene, c);
            }
        if (at >= 12)
            step = 1 + at / 2;
    }
    front.lie_at = 0;
}

int
main(void)
{
    size_t i, j;

    tap_plan(1);
    for (i = 0; i < KIT_COUNT(scenes); i++) {
        for (j = 0; j < KIT_COUNT(checks); j++)
            listen(&scenes[i], &checks[j]);
        agree("left behind", scenes[i].mutation.name);
    }
    for (j = 0; j < KIT_COUNT(checks) && !tap_hurries(); j++) {
        for (i = 0; i < KIT_COUNT(lied_about); i++)
            lie(&lied_about[i], &checks[j]);
        agree("lied about", checks[j].name);
    }
    witness_sums_up(differing);
    return tap_done();
}

#endif
