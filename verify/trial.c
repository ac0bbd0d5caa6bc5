/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "trial.h"

#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KIB ((size_t)1024)
#define NOINLINE __attribute__((noinline))

/* What the library's frames and this file's take at most, in a trial. */
enum { FRAMES = 3072, PAGE = 4096 };

size_t
ground_random(struct ground *g, size_t below)
{
    g->random ^= g->random << 13;
    g->random ^= g->random >> 7;
    g->random ^= g->random << 17;
    return (size_t)(g->random * UINT64_C(0x2545f4914f6cdd1d) >> 33) % below;
}

bool
ground_check(struct ground *g, bool good, const char *what)
{
    if (!good && g->wrong++ == 0)
        snprintf(g->what, sizeof g->what, "%s", what);
    return good;
}

size_t
usual_reserve(size_t size)
{
    if (size / 4 < 16 * KIB)
        return 16 * KIB;
    return size / 4 < 64 * KIB ? size / 4 : 64 * KIB;
}

/* ---- what the kernel says ---- */

static int
digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Where a line of the file is, and what was read of it: "low-high rw". */
struct map {
    enum { LOW, HIGH, READ, WRITE, REST } at;
    uintptr_t low, high;
    uintptr_t start, end; /* of mappings without a gap so far */
    bool readable;
};

/* Mappings that lie side by side count as one: a guard that became stack is
 * still its own. */
static void
read_map(struct map *m, char c)
{
    int d = digit(c);

    if (c == '\n') {
        m->at = LOW;
        m->low = m->high = 0;
    } else if (m->at == LOW) {
        if (d >= 0)
            m->low = m->low << 4 | (unsigned)d;
        else
            m->at = HIGH;
    } else if (m->at == HIGH) {
        if (d >= 0)
            m->high = m->high << 4 | (unsigned)d;
        else
            m->at = READ;
    } else if (m->at == READ) {
        m->readable = c == 'r';
        m->at = WRITE;
    } else if (m->at == WRITE) {
        m->at = REST;
        if (!m->readable || c != 'w')
            m->start = m->end = 0;
        else if (m->low != m->end)
            m->start = m->low;
        if (m->readable && c == 'w')
            m->end = m->high;
    }
}

uintptr_t
mapping_low(uintptr_t address)
{
    struct map m = {.at = LOW};
    uintptr_t found = 0;
    char part[128];
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    ssize_t n, i;

    while (fd >= 0 && !found && (n = read(fd, part, sizeof part)) > 0)
        for (i = 0; i < n && !found; i++) {
            read_map(&m, part[i]);
            if (m.start <= address && address < m.end)
                found = m.start;
        }
    if (fd >= 0)
        close(fd);
    return found;
}

/* Is all from `from` to `to` there to be used? */
static bool
is_there(struct ground *g, uintptr_t from, uintptr_t to)
{
    if (!g->grows)
        return g->low <= from && to <= g->top;
    if (g->mapped == 0 || from < g->mapped)
        g->mapped = mapping_low(to - 1);
    return g->mapped != 0 && g->mapped <= from;
}

/* ---- one trial ---- */

struct trial {
    struct ground *g;
    enum way way;
    struct alcove_layout layout;
    size_t max_block, reserve;
    uintptr_t frame; /* of who asks */
    unsigned runs, left;
    bool on_stack;
};

static void one(struct ground *g, unsigned left);

/* Use `size` bytes below here. */
static NOINLINE void
use(size_t size)
{
    volatile char *p = alloca(size);
    size_t i;

    for (i = size; i > PAGE; i -= PAGE)
        p[i - 1] = 1;
    p[0] = 1;
    __asm__ volatile("" : : "r"(p) : "memory");
}

static void
touch(unsigned char *p, size_t size, unsigned char byte)
{
    size_t i;

    for (i = 0; i < size; i += PAGE)
        p[i] = byte;
    p[size - 1] = byte;
}

static bool
is_touched(const unsigned char *p, size_t size, unsigned char byte)
{
    size_t i;

    for (i = 0; i < size; i += PAGE)
        if (p[i] != byte)
            return false;
    return p[size - 1] == byte;
}

static size_t
reserve_of(const struct trial *t)
{
    return t->way == WAY_OWN && t->reserve != 0 ? t->reserve : t->g->reserve;
}

/* The block is where it must be: below the frame that asks, in the stack, above
 * the reserve; all of that is there. */
static NOINLINE void
look_at_place(struct trial *t, uintptr_t p)
{
    struct ground *g = t->g;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    size_t reserve = reserve_of(t);

    t->on_stack = here < p && p < t->frame;
    if (!t->on_stack) {
        ground_check(g, t->way == WAY_SCRATCH || t->way == WAY_MACRO,
                     "a block of the stack is outside the stack");
        return;
    }
    ground_check(g, g->top != 0, "a block on a stack that nobody knows");
    ground_check(g, p + t->layout.size <= t->frame,
                 "a block reaches above the frame that asked");
    ground_check(g, p - g->low >= reserve && p > g->low,
                 "a block reaches into the reserve");
    ground_check(g, is_there(g, p - reserve, p + t->layout.size),
                 "a block, or its reserve, is not mapped");
    if (g->top - p > g->deepest)
        g->deepest = g->top - p;
}

static void
look(void *mem, void *arg)
{
    struct trial *t = arg;
    struct ground *g = t->g;
    unsigned char *p = mem, byte = (unsigned char)(1 + t->left + t->runs);
    size_t reserve = reserve_of(t);

    t->runs++;
    ground_check(g, ((uintptr_t)p & (t->layout.align - 1)) == 0,
                 "a block is not aligned");
    if (t->layout.size == 0)
        return;
    look_at_place(t, (uintptr_t)p);
    if (t->way == WAY_ZALLOC)
        ground_check(g, is_touched(p, t->layout.size, 0),
                     "a zeroed block is not 0");
    touch(p, t->layout.size, byte);
    if (t->left > 0) {
        g->nested++;
        one(g, t->left - 1);
    } else if (t->on_stack && reserve >= FRAMES + PAGE &&
               ground_random(g, 8) == 0) {
        use(reserve - FRAMES);
    }
    if (g->interrupt && ground_random(g, 64) == 0) {
        void (*interrupt)(struct ground *) = g->interrupt;

        g->interrupt = NULL;
        interrupt(g);
        g->interrupt = interrupt;
    }
    ground_check(g, is_touched(p, t->layout.size, byte),
                 "a block has changed in its scope");
}

/* A refusal says why, and is right. */
static void
look_at_refusal(struct trial *t, const struct alcove_error *err)
{
    struct ground *g = t->g;
    size_t need = t->layout.size + (t->layout.align - 1);
    size_t room = t->frame - g->low;

    ground_check(g, t->runs == 0, "refused, and the callback has run");
    ground_check(g,
                 errno == ENOMEM && err->code == ALCOVE_ERR_ALLOC_FAILED &&
                     err->layout.size == t->layout.size,
                 "a refusal is told as another one");
    if (g->top == 0) {
        g->unknown++;
        ground_check(g,
                     err->cause == ALCOVE_CAUSE_STACK && err->limit == 0 &&
                         err->detail,
                     "it is not said that the stack is unknown");
        return;
    }
    g->refused++;
    if (err->cause == ALCOVE_CAUSE_LIMIT) {
        ground_check(g, t->layout.size > t->max_block,
                     "a block is called too large, and is not");
        return;
    }
    ground_check(g, err->cause == ALCOVE_CAUSE_STACK && need > err->limit,
                 "refused for want of stack, and there is enough");
    if (g->is_exact)
        ground_check(g, room < need + reserve_of(t) + g->guard + FRAMES,
                     "a block that fits is refused");
}

static size_t
some_size(struct ground *g)
{
    size_t near = ground_random(g, 200);

    switch (ground_random(g, 8)) {
    case 0:
    case 1:
        return ground_random(g, 256);
    case 2:
    case 3:
        return ground_random(g, 8 * KIB);
    case 4:
        near += alcove_stack_remaining();
        return near > 150 ? near - 150 : near;
    case 5:
        return ALCOVE_STACK_MAX_BLOCK + 50 - ground_random(g, 100);
    default:
        return ground_random(g, (size_t)1 << (8 + ground_random(g, 13)));
    }
}

static NOINLINE bool
by_macro(struct trial *t, struct alcove_error *err)
{
    struct alcove_scratch_block block;
    void *p;

    t->frame = (uintptr_t)__builtin_frame_address(0);
    p = ALCOVE_SCRATCH(&block, t->layout, err);
    if (p)
        look(p, t);
    alcove_scratch_release(&block);
    return p != NULL;
}

static NOINLINE bool
ask(struct trial *t, struct alcove_error *err)
{
    struct alcove_layout l = t->layout;
    struct alcove_layout l16 = {l.size, 16};
    struct alcove_stack own;

    t->frame = (uintptr_t)__builtin_frame_address(0);
    switch (t->way) {
    case WAY_ANY:
        return alcove_stack_temp(l, look, t, err);
    case WAY_16:
        t->layout = l16;
        return alcove_stack_temp(l16, look, t, err);
    case WAY_ALLOC:
        return alcove_alloc_temp(alcove_stack(), l, look, t, err);
    case WAY_ZALLOC:
        return alcove_zalloc_temp(alcove_stack(), l, look, t, err);
    case WAY_OWN:
        alcove_stack_init(&own, t->max_block, t->reserve);
        return alcove_alloc_temp(&own.allocator, l, look, t, err);
    case WAY_SCRATCH:
        return alcove_alloc_temp(alcove_scratch(), l, look, t, err);
    default:
        return by_macro(t, err);
    }
}

static NOINLINE void
one(struct ground *g, unsigned left)
{
    struct trial t = {
        .g = g,
        .way = (enum way)ground_random(g, WAYS),
        .max_block = ALCOVE_STACK_MAX_BLOCK,
        .left = left,
    };
    struct alcove_error err = {.code = ALCOVE_OK};
    bool done;

    t.layout.size = some_size(g);
    t.layout.align = (size_t)1
                     << ground_random(g, ground_random(g, 4) ? 8 : 20);
    if (t.way == WAY_OWN) {
        t.max_block = 1 + ground_random(g, 1024 * KIB);
        t.reserve =
            ground_random(g, 2) ? 10 * KIB + ground_random(g, 200 * KIB) : 0;
    }
    g->trials++;
    errno = 0;
    done = ask(&t, &err);
    if (done) {
        ground_check(g, t.runs == 1, "served, and the callback has not run");
        ground_check(g, err.code == ALCOVE_OK, "served, and the error is set");
        g->served += t.on_stack;
        g->heap += !t.on_stack && t.layout.size != 0;
    } else {
        bool scratch = t.way == WAY_SCRATCH || t.way == WAY_MACRO;

        ground_check(g, !scratch || g->heap_may_fail, "scratch is refused");
        if (scratch)
            g->refused++;
        else
            look_at_refusal(&t, &err);
    }
}

static NOINLINE void
dive(struct ground *g, size_t depth, unsigned left)
{
    volatile char *p = alloca(depth + 1);

    p[0] = 1;
    one(g, left);
    __asm__ volatile("" : : "r"(p) : "memory");
}

void
trials(struct ground *g, size_t count, size_t depth)
{
    while (count-- > 0 && g->wrong == 0) {
        unsigned left =
            ground_random(g, 4) == 0 ? (unsigned)ground_random(g, 12) : 0;
        size_t here = depth > 0 ? ground_random(g, depth) : 0;

        /* As often near the top as near the end. */
        if (ground_random(g, 2) == 0)
            here = ground_random(g, here + 1);
        dive(g, here, left);
    }
}
