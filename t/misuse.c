/* SPDX-License-Identifier: MIT */
/* What can be done wrong with a block, as tables, and what the guard says of
 * it, in every mode: the code, the place, whose word it is. Nothing crashes,
 * and everything is as it was before. */
#include <config.h>

#include <alcove/arena.h>
#include <alcove/fail.h>
#include <alcove/fallback.h>
#include <alcove/limit.h>
#include <alcove/locked.h>
#include <alcove/pool.h>
#include <alcove/seal.h>
#include <alcove/segregate.h>
#include <alcove/stats.h>
#include <alcove/trace.h>

#include "fault.h"
#include "guard.h"
#include "misuse.h"

/* ---- the modes ---- */

/* What the guard has its memory from, and what the program sees of it. */
enum below { HEAP, HEAP_SCOPES, ARENA, POOL, GUARD, SYSTEM };
enum above { NONE, LIMIT, STATS, TRACE, FAIL, LOCKED, SEAL, FALLBACK, SIZES };

static const struct mode {
    const char *name;
    struct alcove_guard_options options;
    enum below below;
    enum above above;
} modes[] = {
    {"default", {0}, HEAP, NONE},
    {"small red zones", {.red_zone = 8}, HEAP, NONE},
    {"large red zones", {.red_zone = 4096}, HEAP, NONE},
    {"no quarantine", {.quarantine = ALCOVE_GUARD_NONE}, HEAP, NONE},
    {"a large quarantine", {.quarantine = 1 << 24}, HEAP, NONE},
    {"no call stacks", {.frames = ALCOVE_GUARD_NONE}, HEAP, NONE},
    {"no filling", {.no_fill = true}, HEAP, NONE},
    {"guard pages", {.pages = true}, SYSTEM, NONE},
    {"a parent with scopes", {0}, HEAP_SCOPES, NONE},
    {"over an arena", {0}, ARENA, NONE},
    {"over a pool", {0}, POOL, NONE},
    {"over a guard", {0}, GUARD, NONE},
    {"under a limit", {0}, HEAP, LIMIT},
    {"under stats", {0}, HEAP, STATS},
    {"under a trace", {0}, HEAP, TRACE},
    {"under fail", {0}, HEAP, FAIL},
    {"under a lock", {0}, HEAP, LOCKED},
    {"under a seal", {0}, HEAP, SEAL},
    {"under a fallback", {0}, HEAP, FALLBACK},
    {"under a segregation", {0}, HEAP, SIZES},
};

static const struct mode *mode;
static struct alcove_allocator *user; /* what the program sees */

static struct {
    char buffer[1 << 18];
    struct alcove_arena arena;
    struct alcove_pool pool;
    struct alcove_guard guard;
} below;

static union {
    struct alcove_limit limit;
    struct alcove_stats stats;
    struct alcove_trace trace;
    struct alcove_fail fail;
    struct alcove_seal seal;
    struct alcove_fallback fallback;
    struct alcove_segregate sizes;
} above;

/* Not to be written over before it is done, also if a row has failed. */
static struct alcove_locked locked;

/* Another guard: of a wrong mind, or for a second allocator. */
static struct count others_parent;
static struct alcove_guard other;

static void
overhear(const struct alcove_trace_event *event, void *arg)
{
    (void)event;
    ++*(size_t *)arg;
}

static struct alcove_allocator *
parent_of_mode(void)
{
    const struct alcove_layout large = {16384, 4096};

    count_init(&parent, ALL);
    switch (mode->below) {
    case HEAP:
        return &parent.allocator;
    case HEAP_SCOPES:
        count_own_temp(&parent);
        return &parent.allocator;
    case ARENA:
        alcove_arena_init(&below.arena, NULL, below.buffer,
                          sizeof below.buffer);
        return &below.arena.allocator;
    case POOL:
        (void)alcove_pool_init(&below.pool, large, &parent.allocator, NULL, 0,
                               NULL);
        return &below.pool.allocator;
    case GUARD:
        (void)alcove_guard_init(&below.guard, &parent.allocator, NULL, NULL);
        return &below.guard.allocator;
    case SYSTEM:
        break;
    }
    return NULL;
}

static struct alcove_allocator *
wrap(void)
{
    static const struct alcove_fail_rule nothing;
    static size_t heard;

    switch (mode->above) {
    case NONE:
        break;
    case LIMIT:
        return alcove_limit_init(&above.limit, a, 1 << 20, 100, NULL)
                   ? &above.limit.allocator
                   : NULL;
    case STATS:
        return alcove_stats_init(&above.stats, a, NULL) ? &above.stats.allocator
                                                        : NULL;
    case TRACE:
        return alcove_trace_init(&above.trace, a, overhear, &heard, NULL)
                   ? &above.trace.allocator
                   : NULL;
    case FAIL:
        return alcove_fail_init(&above.fail, a, &nothing, NULL)
                   ? &above.fail.allocator
                   : NULL;
    case LOCKED:
        (void)alcove_locked_done(&locked, NULL);
        return alcove_locked_init(&locked, a, NULL) ? &locked.allocator : NULL;
    case SEAL:
        return alcove_seal_init(&above.seal, a, NULL) ? &above.seal.allocator
                                                      : NULL;
    case FALLBACK: /* the first one is full */
        others_parent.fail_after = 0;
        return alcove_fallback_init(&above.fallback, &other.allocator, a, NULL)
                   ? &above.fallback.allocator
                   : NULL;
    case SIZES:
        return alcove_segregate_init(&above.sizes, a, &other.allocator,
                                     ALCOVE_SIZE_MAX, NULL)
                   ? &above.sizes.allocator
                   : NULL;
    }
    return a;
}

/* False: this build cannot have the mode. */
static bool
open_mode(void)
{
    struct alcove_guard_options o = mode->options;

    o.struct_size = sizeof o;
    count_init(&others_parent, ALL);
    user = NULL;
    if (alcove_guard_init(&other, &others_parent.allocator, NULL, NULL) &&
        alcove_guard_init(&guard, parent_of_mode(), &o, NULL))
        user = wrap();
    return user != NULL;
}

static bool
close_mode(void)
{
    bool good = alcove_guard_done(&guard, NULL);

    switch (mode->above) {
    case LIMIT:
        good = good && alcove_limit_done(&above.limit, NULL);
        break;
    case STATS:
        good = good && alcove_stats_done(&above.stats, NULL);
        break;
    case LOCKED:
        good = good && alcove_locked_done(&locked, NULL);
        break;
    default:
        break;
    }
    if (mode->below == ARENA) {
        good = good && alcove_arena_ok(&below.arena);
        alcove_arena_done(&below.arena);
    } else if (mode->below == POOL) {
        good = good && alcove_pool_ok(&below.pool) &&
               alcove_pool_live(&below.pool) == 0;
        alcove_pool_done(&below.pool);
    } else if (mode->below == GUARD) {
        good = good && alcove_guard_check(&below.guard, NULL) &&
               alcove_guard_done(&below.guard, NULL);
    }
    return good && count_ok(&parent, 0, 0) && alcove_guard_done(&other, NULL) &&
           count_ok(&others_parent, 0, 0);
}

/* Has the parent scopes of its own? Then they are no blocks of the guard. */
static bool
has_own_scopes(void)
{
    return mode->below == HEAP_SCOPES || mode->below == GUARD;
}

/* ---- a block, its neighbours, and how all of it was ---- */

static struct scene {
    struct alcove_layout l;
    char *before, *p, *after;
    struct alcove_guard_list live, kept;
    size_t asked;
} scene;

static void
remember(void)
{
    scene.live = guard.live;
    scene.kept = guard.kept;
    scene.asked = parent.asked;
}

static char *
full_block(struct alcove_layout l, int byte)
{
    char *p = alcove_alloc(user, l, NULL);

    if (!p)
        bail_out("no block, %s", mode->name);
    memset(p, byte, l.size);
    return p;
}

static bool
set_scene(struct alcove_layout l)
{
    if (!open_mode())
        return false;
    scene.l = l;
    scene.before = full_block(l, 1);
    scene.p = full_block(l, 2);
    scene.after = full_block(l, 3);
    remember();
    return true;
}

static bool
neighbours_are_whole(void)
{
    return alcove_owns(user, scene.before, scene.l) &&
           alcove_owns(user, scene.after, scene.l) &&
           holds(scene.before, 1, scene.l.size) &&
           holds(scene.after, 3, scene.l.size);
}

static bool
nothing_changed(void)
{
    return memcmp(&scene.live, &guard.live, sizeof scene.live) == 0 &&
           memcmp(&scene.kept, &guard.kept, sizeof scene.kept) == 0 &&
           scene.asked == parent.asked && neighbours_are_whole();
}

static bool
block_is_whole(void)
{
    return alcove_owns(user, scene.p, scene.l) &&
           holds(scene.p, 2, scene.l.size);
}

/* All is released, and everybody's books balance. `p` may be gone. */
static bool
strike_scene(void)
{
    return alcove_dealloc(user, scene.before, scene.l, NULL) &&
           alcove_dealloc(user, scene.p, scene.l, NULL) &&
           alcove_dealloc(user, scene.after, scene.l, NULL) && close_mode();
}

/* A row of a table in all modes that `suits` says, or every one: a check. */
static void
in_all_modes(bool (*suits)(const void *row), bool (*holds_of)(const void *row),
             const void *row, const char *what, const char *told)
{
    size_t i, tried = 0, bad = 0;

    for (i = 0; i < COUNT(modes); i++) {
        mode = &modes[i];
        if ((suits && !suits(row)) || !open_mode())
            continue;
        (void)close_mode();
        tried++;
        if (!holds_of(row)) {
            bad++;
            diag("%s, %s: %s", what, mode->name,
                 untouched() ? "nothing" : alcove_code_name(err.code));
        }
    }
    ok(bad == 0 && tried >= 3, "%s: %s (%u modes)", what, told,
       (unsigned)tried);
}

/* Whoever may release or move the block is told the same. */
static bool
all_say(void *p, struct alcove_layout given, struct alcove_layout then,
        bool (*said)(void *p, struct alcove_layout given))
{
    bool good = true;

    good = before() && !alcove_dealloc(user, p, given, &err) && said(p, given);
    good = good && before() && !alcove_realloc(user, p, given, then, &err) &&
           said(p, given);
    good = good && before() && !alcove_rezalloc(user, p, given, then, &err) &&
           said(p, given);
    if (then.size >= given.size)
        good = good && before() && !alcove_grow(user, p, given, then, &err) &&
               said(p, given) && before() &&
               !alcove_zgrow(user, p, given, then, &err) && said(p, given);
    else
        good = good && before() && !alcove_shrink(user, p, given, then, &err) &&
               said(p, given);
    return good && !alcove_resize(user, p, given, then) &&
           !alcove_dealloc(user, p, given, NULL) && nothing_changed();
}

/* ---- writes beside a block ---- */

/* From that byte on, counted from the block's first one if it is negative, else
 * from the first behind it. The first bad byte is told: that is the one at
 * `tells`. */
static const struct beside {
    const char *what;
    int from, bytes, tells;
} beside[] = {
    /* past the end */
    {"one byte past the end", 0, 1, 0},
    {"a string's closing 0, forgotten in the size", 0, 1, 0},
    {"the second byte past the end", 1, 1, 1},
    {"an int past the end", 0, 4, 0},
    {"the last byte of a word past the end", 7, 1, 7},
    {"a word past the end", 0, 8, 0},
    {"two bytes past the end, apart", 2, 5, 2},
    /* before the front */
    {"one byte before the front", -1, 1, -1},
    {"the second byte before the front", -2, 1, -2},
    {"an int before the front", -4, 4, -4},
    {"the first byte of a word before the front", -8, 1, -8},
    {"a word before the front", -8, 8, -8},
    {"half a word before the front", -8, 4, -8},
};

static const struct alcove_layout shapes[] = {
    {1, 1},   {3, 2},   {7, 1},    {8, 8},     {24, 8},   {40, 512},
    {64, 64}, {100, 4}, {333, 32}, {4096, 16}, {4095, 1}, {5000, 4096},
};

static size_t cases; /* planted, in all modes and shapes */

/* With guard pages: how many bytes from the block's end can be written. */
static size_t
room_behind(void)
{
    uintptr_t end = (uintptr_t)scene.p + scene.l.size;

    return mode->below == SYSTEM ? (size_t)(-end & (guard.page - 1)) : SIZE_MAX;
}

static ptrdiff_t corrupt_at;

static bool
says_corrupt(void *p, struct alcove_layout given)
{
    return corrupt(p, corrupt_at) && err.layout.size == given.size &&
           err.layout.align == given.align &&
           detail_has(corrupt_at < 0 ? "before it" : "past its end");
}

static bool
is_told_beside(const struct beside *w)
{
    ptrdiff_t end = w->from < 0 ? 0 : (ptrdiff_t)scene.l.size, i;
    size_t room = room_behind();
    bool good;

    cases++;
    if (w->from >= 0 && (size_t)(w->from + w->bytes) > room) {
        size_t first = (size_t)w->from > room ? (size_t)w->from : room;
        int what = write_to(scene.p + end + first);

        return (what == KILLED || what == UNKNOWN) && strike_scene();
    }
    for (i = w->from; i < w->from + w->bytes; i++)
        poke(scene.p, end + i, 0);
    corrupt_at = end + w->tells;
    good = all_say(scene.p, scene.l, lay(scene.l.size + 9, scene.l.align),
                   says_corrupt) &&
           all_say(scene.p, scene.l, lay(0, scene.l.align), says_corrupt);
    good = good && before() &&
           !alcove_checked_dealloc(user, scene.p, scene.l, &err) &&
           says_corrupt(scene.p, scene.l);
    good = good && before() && !alcove_guard_check(&guard, &err) &&
           says_corrupt(scene.p, scene.l);
    return good && block_is_whole() && nothing_changed() &&
           alcove_guard_repair(&guard, scene.p, &err) &&
           alcove_guard_check(&guard, &err) && strike_scene();
}

static bool
all_shapes_beside(const void *row)
{
    size_t i;

    for (i = 0; i < COUNT(shapes); i += less(1, 3))
        if (!set_scene(shapes[i]) || !is_told_beside(row))
            return false;
    return true;
}

static void
test_beside(void)
{
    size_t i;

    for (i = 0; i < COUNT(beside); i++)
        in_all_modes(NULL, all_shapes_beside, &beside[i], beside[i].what,
                     "CORRUPT at that byte");
}

/* ---- wrong pointers, wrong layouts ---- */

/* The block that they are about has this layout. */
static const struct alcove_layout mine = {24, 8};

enum pointer {
    BLOCK,    /* where the block begins, and so many bytes from there */
    RELEASED, /* the block, after its release */
    FLUSHED,  /* ...and after the quarantine has been given back */
    MOVED,    /* where the block was before a realloc */
    SCOPED,   /* a block of a scope that has ended */
    OTHERS,   /* another guard's block of the same layout */
    PARENTS,  /* one that the heap gave */
    STACK,    /* a local variable */
    DATA,     /* a static one */
    LITERAL,  /* a string in the program */
    CODE,     /* a function */
    ITSELF,   /* the allocator */
    NUMBER    /* that number as an address */
};

static const struct wrong {
    const char *what;
    enum pointer pointer;
    ptrdiff_t at;
    struct alcove_layout given;
    enum alcove_code code;
    const char *detail; /* where there is a quarantine */
} wrongs[] = {
#define FULL_OF(byte) ((ptrdiff_t)(UINTPTR_MAX / 255 * (byte)))
#define OWN                                                                    \
    {                                                                          \
        24, 8                                                                  \
    }
#define NOT_OWNED ALCOVE_ERR_NOT_OWNED
#define MISMATCH ALCOVE_ERR_LAYOUT_MISMATCH
    /* released, and again */
    {"a double free", RELEASED, 0, OWN, NOT_OWNED, "released before"},
    {"a double free, with another size", RELEASED, 0, {8, 8}, NOT_OWNED, "re"},
    {"a double free, a byte off", RELEASED, 1, OWN, NOT_OWNED, NULL},
    {"a double free, much later", FLUSHED, 0, OWN, NOT_OWNED, NULL},
    {"the old pointer after a realloc", MOVED, 0, OWN, NOT_OWNED, "released"},
    {"a block that was kept from its scope", SCOPED, 0, OWN, NOT_OWNED, "r"},
    /* not where it begins */
    {"a pointer one byte into the block", BLOCK, 1, OWN, NOT_OWNED, NULL},
    {"one to the second item", BLOCK, 8, OWN, NOT_OWNED, NULL},
    {"one to the last byte", BLOCK, 23, OWN, NOT_OWNED, NULL},
    {"one to the end, of a loop that has run", BLOCK, 24, OWN, NOT_OWNED, NULL},
    {"one byte before the block", BLOCK, -1, OWN, NOT_OWNED, NULL},
    {"a header before the block", BLOCK, -16, OWN, NOT_OWNED, NULL},
    {"the red zone's first byte", BLOCK, -32, OWN, NOT_OWNED, NULL},
    {"the guard's own header", BLOCK, -184, OWN, NOT_OWNED, NULL},
    {"a page further", BLOCK, 4096, OWN, NOT_OWNED, NULL},
    /* somebody else's */
    {"another guard's block", OTHERS, 0, OWN, NOT_OWNED, NULL},
    {"the heap's block", PARENTS, 0, OWN, NOT_OWNED, NULL},
    {"a local variable", STACK, 0, OWN, NOT_OWNED, NULL},
    {"the middle of a local variable", STACK, 13, OWN, NOT_OWNED, NULL},
    {"a static variable", DATA, 0, OWN, NOT_OWNED, NULL},
    {"a string literal", LITERAL, 0, OWN, NOT_OWNED, NULL},
    {"a function", CODE, 0, OWN, NOT_OWNED, NULL},
    {"the allocator itself", ITSELF, 0, OWN, NOT_OWNED, NULL},
    /* nobody's */
    {"an error code for a pointer", NUMBER, 12, OWN, NOT_OWNED, NULL},
    {"-1, as mmap's failure", NUMBER, -1, OWN, NOT_OWNED, NULL},
    {"a block of size 0, as one of 24", NUMBER, 8, OWN, NOT_OWNED, NULL},
    {"a pointer from a fresh block", NUMBER, FULL_OF(0xcb), OWN, NOT_OWNED,
     NULL},
    {"a pointer from a released block", NUMBER, FULL_OF(0xdb), OWN, NOT_OWNED,
     NULL},
    {"a pointer from a red zone", NUMBER, FULL_OF(0xfb), OWN, NOT_OWNED, NULL},
    {"half the addresses away", NUMBER, PTRDIFF_MIN, OWN, NOT_OWNED, NULL},
    /* another size */
    {"a byte too few", BLOCK, 0, {23, 8}, MISMATCH, "its size is another"},
    {"a byte too many", BLOCK, 0, {25, 8}, MISMATCH, "its size is another"},
    {"sizeof p for sizeof *p", BLOCK, 0, {8, 8}, MISMATCH, "its size"},
    {"the size of one item for three", BLOCK, 0, {8, 8}, MISMATCH, "its size"},
    {"strlen without the closing 0", BLOCK, 0, {1, 8}, MISMATCH, "its size"},
    {"the size after padding", BLOCK, 0, {32, 8}, MISMATCH, "its size"},
    {"a count for a size", BLOCK, 0, {3, 8}, MISMATCH, "its size is another"},
    {"the size of another struct", BLOCK, 0, {4096, 8}, MISMATCH, "its size"},
    {"more than there is memory",
     BLOCK,
     0,
     {ALCOVE_SIZE_MAX - 4096, 8},
     MISMATCH,
     "its size"},
    /* another alignment */
    {"char's alignment", BLOCK, 0, {24, 1}, MISMATCH, "its alignment"},
    {"half the alignment", BLOCK, 0, {24, 4}, MISMATCH, "its alignment"},
    {"twice the alignment", BLOCK, 0, {24, 16}, MISMATCH, "its alignment"},
    {"a page's alignment", BLOCK, 0, {24, 4096}, MISMATCH, "its alignment"},
    /* both */
    {"another type", BLOCK, 0, {12, 4}, MISMATCH, "size and its alignment"},
    {"size and alignment swapped", BLOCK, 0, {8, 16}, MISMATCH, "and its"},
};

static char in_data[64];
static const struct wrong *wrong;

static void
keep(void *mem, void *arg)
{
    *(char **)arg = mem;
}

/* The scene as it is then, and the pointer. */
static char *
wrong_pointer(char *local)
{
    static const char literal[] = "not a block, and long enough for one";
    char *p = scene.p;

    switch (wrong->pointer) {
    case BLOCK:
        break;
    case RELEASED:
    case FLUSHED:
        (void)alcove_dealloc(user, p, mine, NULL);
        if (wrong->pointer == FLUSHED) {
            (void)alcove_guard_done(&guard, NULL); /* refused: blocks live */
            guard.quarantine = 0;
            (void)alcove_dealloc(user, full_block(mine, 4), mine, NULL);
        }
        scene.p = NULL;
        break;
    case MOVED:
        scene.p = alcove_realloc(user, p, mine, lay(24, 64), NULL);
        scene.l = mine;
        break;
    case SCOPED:
        (void)!alcove_alloc_temp(user, mine, keep, &p, NULL);
        break;
    case OTHERS:
        others_parent.fail_after = SIZE_MAX;
        p = alcove_alloc(&other.allocator, mine, NULL);
        break;
    case PARENTS:
        p = malloc(mine.size);
        break;
    case STACK:
        p = local;
        break;
    case DATA:
        p = in_data;
        break;
    case LITERAL:
        p = (char *)(uintptr_t)literal;
        break;
    case CODE:
        p = (char *)(uintptr_t)keep;
        break;
    case ITSELF:
        p = (char *)&guard;
        break;
    case NUMBER:
        p = (char *)0;
        break;
    }
    remember();
    return (char *)((uintptr_t)p + (uintptr_t)wrong->at);
}

static bool
says_wrong(void *p, struct alcove_layout given)
{
    bool kept = guard.kept.blocks > 0;

    if (wrong->code == MISMATCH)
        return mismatch(p, given, mine) && detail_has(wrong->detail);
    return not_owned(p) && err.layout.size == given.size &&
           err.layout.align == given.align &&
           (kept && wrong->detail ? detail_has(wrong->detail) : !err.detail);
}

/* The front's own words, in the name of what the program sees. */
static bool
says_not_owned(const void *p)
{
    return err.code == NOT_OWNED && errno == EPERM && err.block == p &&
           strcmp(err.allocator, alcove_name(user)) == 0;
}

static bool
is_told_wrong(const void *row)
{
    const struct alcove_layout then = {50, 8192};
    struct alcove_layout given;
    char local[64], *p;
    bool good;

    wrong = row;
    given = wrong->given;
    if (!set_scene(mine))
        return false;
    memset(local, 9, sizeof local);
    p = wrong_pointer(local);
    cases++;
    good = alcove_require(user, ALCOVE_CAN_CHECKED | ALCOVE_CAN_OWNS, NULL) &&
           !alcove_owns(user, p, given) && all_say(p, given, then, says_wrong);
    good = good && before() && !alcove_checked_dealloc(user, p, given, &err) &&
           says_not_owned(p);
    good = good && before() &&
           !alcove_checked_realloc(user, p, given, then, &err) &&
           says_not_owned(p);
    good = good && before() &&
           !alcove_checked_rezalloc(user, p, given, then, &err) &&
           says_not_owned(p);
    good = good && before() && alcove_guard_check(&guard, &err) &&
           untouched() && nothing_changed() && holds(local, 9, sizeof local);
    if (wrong->pointer == PARENTS)
        free(p);
    if (wrong->pointer == OTHERS)
        (void)alcove_dealloc(&other.allocator, p, mine, NULL);
    if (wrong->pointer == MOVED) {
        (void)alcove_dealloc(user, scene.p, lay(24, 64), NULL);
        scene.p = NULL;
    }
    return good && strike_scene();
}

/* In a fallback the other guard is the first. */
static bool
suits_wrong(const void *row)
{
    const struct wrong *w = row;

    return (w->pointer != SCOPED || !has_own_scopes()) &&
           (w->pointer != OTHERS || mode->above != FALLBACK);
}

static void
test_wrong(void)
{
    size_t i;

    for (i = 0; i < COUNT(wrongs); i++)
        in_all_modes(suits_wrong, is_told_wrong, &wrongs[i], wrongs[i].what,
                     wrongs[i].code == MISMATCH ? "LAYOUT_MISMATCH"
                                                : "NOT_OWNED");
}

/* ---- after the release ---- */

enum end { BY_RELEASE, BY_REALLOC, BY_SCOPE };
enum found { BY_CHECK, BY_EVICTION, BY_DONE };

static const struct late {
    const char *what;
    enum end end;
    int at, bytes;
    enum found found;
} tardy[] = {
    {"a write to the first byte after the release", BY_RELEASE, 0, 1, BY_CHECK},
    {"...to the last byte", BY_RELEASE, 23, 1, BY_CHECK},
    {"...to a link inside, when the block goes", BY_RELEASE, 8, 8, BY_EVICTION},
    {"...to all of it, at the end", BY_RELEASE, 0, 24, BY_DONE},
    {"a write through the pointer from before a realloc", BY_REALLOC, 0, 8,
     BY_CHECK},
    {"...to its last byte, at the end", BY_REALLOC, 23, 1, BY_DONE},
    {"a write to a block that was kept from a scope", BY_SCOPE, 3, 1, BY_CHECK},
    {"...when the block goes", BY_SCOPE, 3, 1, BY_EVICTION},
    {"...at the end", BY_SCOPE, 20, 4, BY_DONE},
};

/* Where the memory is somebody else's by then, or its contents may be any,
 * there is nothing to be found. */
static bool
suits_late(const void *row)
{
    const struct late *w = row;

    return mode->options.quarantine != ALCOVE_GUARD_NONE &&
           !mode->options.no_fill && (w->end != BY_SCOPE || !has_own_scopes());
}

static bool
is_told_late(const void *row)
{
    const struct late *w = row;
    struct alcove_error first;
    char *p, *q = NULL;
    bool good = true;
    int i;

    if (!set_scene(mine))
        return false;
    p = scene.p;
    if (w->end == BY_REALLOC)
        q = alcove_realloc(user, p, mine, lay(200, 8), NULL);
    else if (w->end == BY_SCOPE)
        good = alcove_alloc_temp(user, mine, keep, &p, NULL);
    else
        good = alcove_dealloc(user, p, mine, NULL);
    scene.p = w->end == BY_SCOPE ? scene.p : NULL;
    cases++;
    if (mode->below == SYSTEM) {
        int what = write_to(p + w->at);

        good = good && (what == KILLED || what == UNKNOWN);
    } else {
        for (i = 0; i < w->bytes; i++)
            poke(p, w->at + i, 0x11);
        good = good && before() && !alcove_guard_check(&guard, &err) &&
               used_after_release(p, w->at);
        if (w->found == BY_CHECK)
            good = good && alcove_guard_repair(&guard, p, NULL);
    }
    if (w->found == BY_EVICTION && mode->below != SYSTEM) {
        guard.quarantine = 0;
        (void)alcove_dealloc(user, full_block(mine, 4), mine, NULL);
        good = good && alcove_guard_findings(&guard, &first) == 1 &&
               first.code == ALCOVE_ERR_CORRUPT && first.block == p &&
               first.offset == w->at;
    }
    good = good && neighbours_are_whole() &&
           alcove_dealloc(user, q, lay(200, 8), NULL) &&
           alcove_dealloc(user, scene.p, mine, NULL) &&
           alcove_dealloc(user, scene.before, mine, NULL) &&
           alcove_dealloc(user, scene.after, mine, NULL);
    if (w->found != BY_CHECK && mode->below != SYSTEM)
        good = good && before() && !alcove_guard_done(&guard, &err) &&
               used_after_release(p, w->at);
    return good && close_mode();
}

static void
test_late(void)
{
    size_t i;

    for (i = 0; i < COUNT(tardy); i++)
        in_all_modes(suits_late, is_told_late, &tardy[i], tardy[i].what,
                     "CORRUPT at that byte");
}

/* ---- in a scope ---- */

static const struct scoped {
    const char *what;
    ptrdiff_t at; /* where to write; 0: release the block, too */
} scopeds[] = {
    {"in a scope, one byte past the end", 24},
    {"in a scope, eight bytes past the end", 31},
    {"in a scope, one byte before the front", -1},
    {"in a scope, eight bytes before the front", -8},
    {"in a scope, its block is released", 0},
};

static void
misbehave(void *mem, void *arg)
{
    const struct scoped *w = *(const struct scoped **)arg;
    const ptrdiff_t end = (ptrdiff_t)mine.size;

    *(char **)arg = mem;
    memset(mem, 5, mine.size);
    if (w->at == 0)
        (void)alcove_dealloc(user, mem, mine, &err);
    else if (w->at < end || (size_t)(w->at - end) < room_behind())
        poke(mem, w->at, 0);
}

/* Guard pages catch at once what they can: elsewhere. And books that count a
 * scope, or a lock that makes one of a block, end it once more. */
static bool
suits_scoped(const void *row)
{
    const struct scoped *w = row;

    if (w->at == 0)
        return mode->above != LIMIT && mode->above != STATS &&
               mode->above != LOCKED;
    return mode->below != SYSTEM || w->at < 0;
}

/* A lock makes a block of a scope, and the guard, which is not asked for more,
 * keeps that. */
static bool
scope_is_told(const struct scoped *w, char *mem)
{
    if (w->at == 0 && has_own_scopes())
        return not_owned(mem) && alcove_guard_findings(&guard, NULL) == 0;
    if (mode->above == LOCKED)
        return before() && !alcove_guard_check(&guard, &err) &&
               corrupt(mem, w->at) && alcove_guard_repair(&guard, mem, NULL) &&
               alcove_dealloc(user, mem, mine, NULL);
    before();
    if (alcove_guard_check(&guard, &err) ||
        alcove_guard_findings(&guard, &err) != 1)
        return false;
    return w->at == 0 ? not_owned(mem) : corrupt(mem, w->at);
}

static bool
is_told_scoped(const void *row)
{
    const struct scoped *w = row;
    const void *arg = w;
    bool good;

    if (!set_scene(mine))
        return false;
    cases++;
    before();
    good = alcove_alloc_temp(user, mine, misbehave, &arg, NULL) &&
           scope_is_told(w, (char *)(uintptr_t)arg);
    good = good && neighbours_are_whole() && block_is_whole() &&
           alcove_dealloc(user, scene.before, mine, NULL) &&
           alcove_dealloc(user, scene.p, mine, NULL) &&
           alcove_dealloc(user, scene.after, mine, NULL);
    if (alcove_guard_findings(&guard, NULL) > 0)
        good = good && !alcove_guard_done(&guard, NULL);
    return good && close_mode();
}

static void
test_scoped(void)
{
    size_t i;

    for (i = 0; i < COUNT(scopeds); i++)
        in_all_modes(suits_scoped, is_told_scoped, &scopeds[i], scopeds[i].what,
                     scopeds[i].at ? "a finding, CORRUPT at that byte"
                                   : "NOT_OWNED");
}

/* ---- what no allocator is asked for ---- */

enum asked { ALLOC, ZALLOC, TEMP, DEALLOC, REALLOC, GROW, SHRINK, ARRAY };

static const struct request {
    const char *what;
    enum asked asked;
    struct alcove_layout l, then; /* ARRAY: then.size items of layout l */
    enum alcove_code code;
    int number; /* errno */
} requests[] = {
#define NO_POWER ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO
#define EXCEEDS ALCOVE_ERR_EXCEEDS_MAX
    {"a block aligned to 0",
     ALLOC,
     {24, 0},
     {0, 0},
     ALCOVE_ERR_ZERO_ALIGN,
     EINVAL},
    {"a block aligned to 3", ALLOC, {24, 3}, {0, 0}, NO_POWER, EINVAL},
    {"a block aligned to 24", ZALLOC, {24, 24}, {0, 0}, NO_POWER, EINVAL},
    {"alignment and size swapped", ALLOC, {8, 24}, {0, 0}, NO_POWER, EINVAL},
    {"a block of -1 bytes", ALLOC, {(size_t)-1, 8}, {0, 0}, EXCEEDS, EOVERFLOW},
    {"a size that overflows when it is rounded up",
     ALLOC,
     {ALCOVE_SIZE_MAX, 16},
     {0, 0},
     EXCEEDS,
     EOVERFLOW},
    {"a negative length", ZALLOC, {(size_t)-24, 1}, {0, 0}, EXCEEDS, EOVERFLOW},
    {"an array whose size overflows",
     ARRAY,
     {24, 8},
     {SIZE_MAX / 8, 0},
     ALCOVE_ERR_ARITH,
     EOVERFLOW},
    {"an array that overflows to 0 bytes",
     ARRAY,
     {SIZE_MAX / 2 + 1, 1},
     {2, 0},
     EXCEEDS,
     EOVERFLOW},
    {"a scope aligned to 0",
     TEMP,
     {24, 0},
     {0, 0},
     ALCOVE_ERR_ZERO_ALIGN,
     EINVAL},
    {"a scope of -1 bytes", TEMP, {(size_t)-1, 8}, {0, 0}, EXCEEDS, EOVERFLOW},
    {"a release, aligned to 0",
     DEALLOC,
     {24, 0},
     {0, 0},
     ALCOVE_ERR_ZERO_ALIGN,
     EINVAL},
    {"a release, aligned to 12", DEALLOC, {24, 12}, {0, 0}, NO_POWER, EINVAL},
    {"a release of -1 bytes",
     DEALLOC,
     {(size_t)-1, 8},
     {0, 0},
     EXCEEDS,
     EOVERFLOW},
    {"a realloc to -1 bytes",
     REALLOC,
     {24, 8},
     {(size_t)-1, 8},
     EXCEEDS,
     EOVERFLOW},
    {"a realloc to an alignment of 0",
     REALLOC,
     {24, 8},
     {48, 0},
     ALCOVE_ERR_ZERO_ALIGN,
     EINVAL},
    {"a realloc from an alignment of 6",
     REALLOC,
     {24, 6},
     {48, 8},
     NO_POWER,
     EINVAL},
    {"a realloc that forgets the alignment",
     REALLOC,
     {24, 8},
     {48, 1},
     ALCOVE_ERR_SMALLER_ALIGN,
     EINVAL},
    {"a grow to less", GROW, {24, 8}, {23, 8}, ALCOVE_ERR_GROW_SMALLER, EINVAL},
    {"a shrink to more",
     SHRINK,
     {24, 8},
     {25, 8},
     ALCOVE_ERR_SHRINK_LARGER,
     EINVAL},
};

static bool
refuses(const struct request *r)
{
    char *p = scene.p;
    bool ran = false;

    switch (r->asked) {
    case ALLOC:
        return !alcove_alloc(user, r->l, &err);
    case ZALLOC:
        return !alcove_zalloc(user, r->l, &err);
    case TEMP:
        return !alcove_alloc_temp(user, r->l, keep, &p, &err) && p == scene.p;
    case DEALLOC:
        return !alcove_dealloc(user, p, r->l, &err);
    case REALLOC:
        return !alcove_realloc(user, p, r->l, r->then, &err);
    case GROW:
        return !alcove_grow(user, p, r->l, r->then, &err);
    case SHRINK:
        return !alcove_shrink(user, p, r->l, r->then, &err);
    case ARRAY:
        return !alcove_alloc_array(user, r->l, r->then.size, &err);
    }
    return ran;
}

/* A product is computed before any allocator is asked, and in no allocator's
 * name. */
static bool
is_told_request(const void *row)
{
    const struct request *r = row;
    bool good;

    if (!set_scene(mine))
        return false;
    cases++;
    before();
    good = refuses(r) && err.code == r->code && errno == r->number &&
           (r->asked == ARRAY ? strcmp(err.allocator, "layout") == 0
                              : strcmp(err.allocator, alcove_name(user)) == 0);
    return good && nothing_changed() && block_is_whole() && before() &&
           alcove_guard_check(&guard, &err) && untouched() && strike_scene();
}

static void
test_requests(void)
{
    size_t i;

    for (i = 0; i < COUNT(requests); i++)
        in_all_modes(NULL, is_told_request, &requests[i], requests[i].what,
                     alcove_code_name(requests[i].code));
}

/* ---- at the end ---- */

static bool
leak_is_told(const void *row)
{
    bool good;

    (void)row;
    if (!set_scene(mine))
        return false;
    cases++;
    good = alcove_dealloc(user, scene.p, lay(0, 8), NULL) && nothing_changed();
    good = good && before() && !alcove_guard_done(&guard, &err) &&
           err.code == ALCOVE_ERR_OTHER && errno == EBUSY &&
           err.limit == 3 * mine.size && strcmp(err.allocator, "guard") == 0;
    return good && nothing_changed() && block_is_whole() && strike_scene();
}

/* What is given up then is lost to the parent, too. */
static bool
suits_header(const void *row)
{
    (void)row;
    return mode->below == HEAP || mode->below == HEAP_SCOPES;
}

static bool
header_is_told(const void *row)
{
    ptrdiff_t at;
    bool good;

    (void)row;
    if (!set_scene(mine))
        return false;
    cases++;
    at = -(ptrdiff_t)guard.head;
    poke(scene.p, at, ~peek(scene.p, at));
    good = before() && !alcove_dealloc(user, scene.p, mine, &err) &&
           corrupt(scene.p, at) && detail_has("guard's own data");
    good = good && before() &&
           !alcove_realloc(user, scene.p, mine, lay(48, 8), &err) &&
           corrupt(scene.p, at);
    good = good && before() && !alcove_guard_check(&guard, &err) &&
           corrupt(scene.p, at);
    good = good && holds(scene.p, 2, mine.size) &&
           alcove_guard_repair(&guard, scene.p, NULL) && guard.lost == 1 &&
           neighbours_are_whole() &&
           alcove_dealloc(user, scene.before, mine, NULL) &&
           alcove_dealloc(user, scene.after, mine, NULL) &&
           alcove_guard_done(&guard, NULL) && parent.live_blocks == 1;
    if (mode->above == LOCKED)
        good = alcove_locked_done(&locked, NULL) && good;
    drop();
    return good && alcove_guard_done(&other, NULL);
}

static void
test_ends(void)
{
    in_all_modes(NULL, leak_is_told, NULL,
                 "a release as of size 0, which is none", "EBUSY at the end");
    in_all_modes(suits_header, header_is_told, NULL,
                 "a write far before the front, into the guard's header",
                 "CORRUPT before the block");
}

int
main(void)
{
    const unsigned planned =
        (unsigned)(COUNT(beside) + COUNT(wrongs) + COUNT(tardy) +
                   COUNT(scopeds) + COUNT(requests) + 2) +
        misuse_of_count();

    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(planned);
    test_beside();
    test_wrong();
    test_late();
    test_scoped();
    test_requests();
    test_ends();
    misuse_of();
    diag("%lu misuses under the guard, in all modes", (unsigned long)cases);
    return tap_done();
}
