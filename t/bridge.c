/* SPDX-License-Identifier: MIT */
/* Callbacks of every shape over an allocator with books: sizes and alignments
 * to the byte, policies, handlers, wrong pointers, slots, threads; and a small
 * client of each shape that runs out of memory.
 */
#include <config.h>

#include <alcove/bridge.h>

#include <alcove/check.h>
#include <alcove/guard.h>
#include <alcove/limit.h>
#include <alcove/malloc.h>
#include <alcove/thin.h>

#include "../lib/os/atomic.h"
#include "../lib/os/tools.h"
#include "count.h"
#include "holds.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <string.h>
#include <time.h>
#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#endif

#define ALL                                                                    \
    (COUNT_PLAIN | ALCOVE_CAN_RESIZE | ALCOVE_CAN_REALLOC | ALCOVE_CAN_ZERO)
#define HEADER ALCOVE_THIN_HEADER

static struct count count;
static struct alcove_allocator *const a = &count.allocator;
static struct alcove_bridge b;
static size_t plain; /* malloc's alignment */

/* What the handlers have heard. */
static size_t ooms, wrongs, tries;
static struct alcove_error heard;

static bool
hear_oom(const struct alcove_error *e, void *arg)
{
    (void)arg;
    ooms++;
    heard = *e;
    if (tries == 0)
        return false;
    if (--tries == 0)
        count.fail_after = SIZE_MAX;
    return true;
}

static void
hear_wrong(const struct alcove_error *e, void *arg)
{
    (void)arg;
    wrongs++;
    heard = *e;
    errno = EDOM;
}

static void
begin_as(unsigned features, enum alcove_bridge_zero zero, size_t align)
{
    struct alcove_bridge_options options = {
        .struct_size = sizeof options,
        .name = "mine",
        .zero = zero,
        .align = align,
        .on_oom = hear_oom,
        .on_wrong = hear_wrong,
    };

    count_init(&count, features);
    ooms = wrongs = tries = 0;
    if (!alcove_bridge_init(&b, a, &options, NULL))
        bail_out("no bridge");
    before();
}

static void
begin(void)
{
    begin_as(ALL, ALCOVE_BRIDGE_ZERO_UNIQUE, 0);
}

static bool
is_aligned(const void *p, size_t align)
{
    return p && (uintptr_t)p % align == 0;
}

static bool
books(size_t blocks, size_t bytes)
{
    return errno == MARK && count_ok(&count, blocks, bytes);
}

/* Nothing was refused, nothing was wrong. */
static bool
quiet(void)
{
    return b.refused == 0 && b.wrong == 0 && b.last.code == ALCOVE_OK &&
           ooms == 0 && wrongs == 0;
}

/* Was this request, and it only, refused as it must? */
static bool
denied(const void *p, enum alcove_code code)
{
    struct alcove_bridge_account now;
    bool good;

    alcove_bridge_report(&b, &now);
    good = !p && errno == ENOMEM && ooms == 1 && now.refused == 1 &&
           now.last.code == code && heard.code == code && b.refused == 1;
    if (!good)
        diag("errno %d, heard %lu, refused %lu, code %d", errno,
             (unsigned long)ooms, (unsigned long)now.refused,
             (int)now.last.code);
    ooms = b.refused = 0;
    b.last.code = ALCOVE_OK;
    errno = MARK;
    return good;
}

/* Was this call, and it only, complained of? errno is left alone. */
static bool
blamed(enum alcove_code code, const void *p, const char *who)
{
    bool good = errno == MARK && wrongs == 1 && b.wrong == 1 &&
                b.last.code == code && b.last.block == p &&
                heard.code == code && strcmp(b.last.allocator, who) == 0;

    if (!good)
        diag("errno %d, heard %lu, wrong %lu, code %d of %s", errno,
             (unsigned long)wrongs, (unsigned long)b.wrong, (int)b.last.code,
             b.last.allocator ? b.last.allocator : "nobody");
    wrongs = b.wrong = 0;
    errno = MARK;
    return good;
}

/* ---- init ---- */

/* Who refused what, and why? A layout speaks for itself. */
static bool
is_reasoned(const char *who)
{
    return err.code == ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO ||
           err.code == ALCOVE_ERR_EXCEEDS_MAX ||
           (strcmp(err.allocator, who) == 0 && err.detail &&
            (err.code != ALCOVE_ERR_OTHER || err.cause == ALCOVE_CAUSE_OTHER));
}

static bool
no_init(struct alcove_allocator *on,
        const struct alcove_bridge_options *options, enum alcove_code code,
        int number)
{
    struct alcove_bridge is, was;
    const char *who = options && options->name ? options->name : "bridge";

    memset(&is, 0x5a, sizeof is);
    was = is;
    before();
    return !alcove_bridge_init(&is, on, options, &err) && err.code == code &&
           errno == number && memcmp(&is, &was, sizeof is) == 0 &&
           is_reasoned(who) && !alcove_bridge_init(&is, on, options, NULL);
}

static void
test_init(void)
{
    const struct alcove_bridge_options usual = {.struct_size = sizeof usual};
    struct alcove_bridge_options o = usual;
    struct alcove_bridge fresh;

    count_init(&count, COUNT_PLAIN);
    before();
    ok(alcove_bridge_init(&fresh, a, NULL, &err) && untouched() &&
           count.asked == 0 && fresh.refused == 0 && fresh.wrong == 0 &&
           strcmp(fresh.name, "bridge") == 0,
       "a bridge without options asks the allocator for nothing");
    plain = fresh.align;
    o.struct_size--;
    ok(no_init(NULL, NULL, ALCOVE_ERR_OTHER, EINVAL) &&
           no_init(a, &o, ALCOVE_ERR_OTHER, EINVAL),
       "no allocator and options that are too short are refused");
    o = usual;
    o.zero = (enum alcove_bridge_zero)3;
    ok(no_init(a, &o, ALCOVE_ERR_OTHER, EINVAL), "so is an unknown zero");
    o = usual;
    o.threads = (enum alcove_bridge_threads)3;
    ok(no_init(a, &o, ALCOVE_ERR_OTHER, EINVAL), "...unknown threads");
    o = usual;
    o.align = 24;
    ok(no_init(a, &o, ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO, EINVAL),
       "...what is no alignment");
    o.align = SIZE_MAX / 2 + 1;
    ok(no_init(a, &o, ALCOVE_ERR_EXCEEDS_MAX, EOVERFLOW), "...or too large");
    o = usual;
    o.name = "lzma";
    o.threads = ALCOVE_BRIDGE_THREADS_SEVERAL;
    ok(no_init(a, &o, ALCOVE_ERR_UNSUPPORTED, ENOTSUP) &&
           !alcove_bridge_init(&fresh, a, &o, &err) &&
           strcmp(err.allocator, "lzma") == 0 && err.detail &&
           alcove_bridge_init(&fresh, alcove_malloc(), &o, NULL),
       "an allocator that threads must not share is refused for a library "
       "that has threads");
    o.threads = ALCOVE_BRIDGE_THREADS_ONE;
    ok(alcove_bridge_init(&fresh, a, &o, NULL), "...unless told otherwise");
    count_init(&count, COUNT_PLAIN & ~(unsigned)ALCOVE_CAN_DEALLOC);
    ok(no_init(a, NULL, ALCOVE_ERR_UNSUPPORTED, ENOTSUP),
       "so is one that takes nothing back");
    count_init(&count, COUNT_PLAIN & ~(unsigned)ALCOVE_CAN_ALLOC);
    ok(no_init(a, NULL, ALCOVE_ERR_UNSUPPORTED, ENOTSUP),
       "...or gives nothing");
}

/* ---- every function: what it asks for, and that it gives back ---- */

enum { SIZE = 30, COUNT_OF = 10, EACH = 3 };

static bool
is_block(void *p, size_t size)
{
    return is_aligned(p, b.align) && alcove_bridge_size(&b, p) == size &&
           books(1, size + (b.align < HEADER ? HEADER : b.align)) && quiet();
}

static bool
is_good(void *p, size_t size)
{
    bool good = is_block(p, size);

    if (p)
        memset(p, 0x44, size);
    return good;
}

static bool
gone(void)
{
    return books(0, 0) && quiet();
}

static bool
grown(void *p, size_t size)
{
    bool good = is_block(p, size) && holds(p, 0x44, SIZE);

    alcove_bridge_free(&b, p);
    return good && gone();
}

static void
test_context_first(void)
{
    void *p = alcove_bridge_alloc(&b, SIZE);

    ok(is_good(p, SIZE), "alloc: a block with its header");
    p = alcove_bridge_realloc(&b, p, 500);
    ok(is_block(p, 500) && holds(p, 0x44, SIZE), "realloc: larger");
    p = alcove_bridge_realloc(&b, p, SIZE);
    ok(is_block(p, SIZE) && holds(p, 0x44, SIZE), "...and smaller");
    ok(grown(alcove_bridge_realloc_items(&b, p, 100, EACH), 300),
       "realloc_items; free");
    p = alcove_bridge_zalloc(&b, SIZE);
    ok(is_block(p, SIZE) && holds(p, 0, SIZE) && is_good(p, SIZE) &&
           grown(alcove_bridge_realloc(&b, p, 40), 40),
       "zalloc: cleared");
    p = alcove_bridge_calloc(&b, COUNT_OF, EACH);
    ok(is_block(p, SIZE) && holds(p, 0, SIZE) && is_good(p, SIZE) &&
           grown(alcove_bridge_realloc(&b, p, 40), 40),
       "calloc: cleared");
    p = alcove_bridge_realloc(&b, NULL, SIZE);
    ok(is_good(p, SIZE) && grown(alcove_bridge_realloc(&b, p, 40), 40),
       "realloc of NULL allocates");
    p = alcove_bridge_realloc_items(&b, NULL, COUNT_OF, EACH);
    ok(is_good(p, SIZE) && grown(alcove_bridge_realloc(&b, p, 40), 40),
       "...of items, too");
    p = alcove_bridge_alloc_items(&b, COUNT_OF, EACH);
    ok(is_good(p, SIZE) && grown(alcove_bridge_realloc(&b, p, 40), 40),
       "alloc_items");
    p = alcove_bridge_alloc_uints(&b, COUNT_OF, EACH);
    ok(is_good(p, SIZE) && grown(alcove_bridge_realloc(&b, p, 40), 40),
       "alloc_uints");
    p = alcove_bridge_alloc_ints(&b, COUNT_OF, EACH);
    ok(is_good(p, SIZE) && grown(alcove_bridge_realloc(&b, p, 40), 40),
       "alloc_ints");
    p = alcove_bridge_alloc_const(&b, SIZE);
    if (!is_good(p, SIZE))
        bail_out("alloc_const");
    p = alcove_bridge_realloc_const(&b, p, 40);
    ok(is_block(p, 40) && holds(p, 0x44, SIZE), "alloc_const, realloc_const");
    alcove_bridge_free_const(&b, p);
    ok(gone(), "...and free_const");
}

static void
test_strings(void)
{
    char *p = alcove_bridge_strdup(&b, "alcove");

    ok(is_block(p, 7) && strcmp(p, "alcove") == 0, "strdup");
    alcove_bridge_free(&b, p);
    p = alcove_bridge_strndup(&b, "alcove", 3);
    ok(is_block(p, 4) && strcmp(p, "alc") == 0, "strndup: cut off");
    alcove_bridge_free(&b, p);
    p = alcove_bridge_strndup(&b, "alcove", 6);
    ok(is_block(p, 7) && strcmp(p, "alcove") == 0, "...of the whole length");
    alcove_bridge_free(&b, p);
    p = alcove_bridge_strndup(&b, "alcove", SIZE_MAX);
    ok(is_block(p, 7) && strcmp(p, "alcove") == 0, "...or not");
    alcove_bridge_free(&b, p);
    ok(gone(), "...and they are released as any block");
}

static void
test_context_last(void)
{
    void *ctx = &b, *p = alcove_bridge_alloc_last(SIZE, ctx);

    ok(is_good(p, SIZE), "alloc_last");
    p = alcove_bridge_realloc_last(p, 40, ctx);
    ok(is_block(p, 40) && holds(p, 0x44, SIZE), "realloc_last");
    alcove_bridge_free_last(p, ctx);
    ok(gone(), "free_last");
    p = alcove_bridge_calloc_last(COUNT_OF, EACH, ctx);
    ok(is_block(p, SIZE) && holds(p, 0, SIZE), "calloc_last: cleared");
    alcove_bridge_free_last(p, ctx);
    p = alcove_bridge_alloc_at(SIZE, &ctx);
    ok(is_good(p, SIZE), "alloc_at: the context stands there");
    p = alcove_bridge_realloc_at(p, 40, &ctx);
    ok(is_block(p, 40) && holds(p, 0x44, SIZE), "realloc_at");
    alcove_bridge_free_at(p, &ctx);
    ok(gone(), "free_at");
}

static void
test_half_sized(void)
{
    void *p = alcove_bridge_alloc_long(&b, SIZE);

    ok(is_good(p, SIZE), "alloc_long");
    p = alcove_bridge_realloc_long(&b, SIZE, 40, p);
    ok(is_block(p, 40) && holds(p, 0x44, SIZE), "realloc_long");
    p = alcove_bridge_realloc_told(&b, p, 40, 50);
    ok(is_block(p, 50) && holds(p, 0x44, SIZE), "realloc_told");
    alcove_bridge_free_told(&b, p, 50);
    ok(gone(), "free_told");
    p = alcove_bridge_realloc_told(&b, NULL, 4711, SIZE);
    ok(is_good(p, SIZE) &&
           grown(alcove_bridge_realloc_long(&b, SIZE, 40, p), 40),
       "NULL has no old size");
    p = alcove_bridge_alloc(&b, SIZE);
    memset(p, 0x44, SIZE);
    errno = MARK;
    p = alcove_bridge_realloc_told(&b, p, 31, 40);
    ok(blamed(ALCOVE_ERR_LAYOUT_MISMATCH, heard.block, "mine") &&
           heard.old.size == SIZE && heard.layout.size == 31 &&
           alcove_bridge_size(&b, p) == 40 && holds(p, 0x44, SIZE),
       "an old size that is not the block's is told, and the work done");
    p = alcove_bridge_realloc_long(&b, -1, 50, p);
    ok(p && blamed(ALCOVE_ERR_LAYOUT_MISMATCH, heard.block, "mine"),
       "...in long, too");
    alcove_bridge_free_told(&b, p, 51);
    ok(blamed(ALCOVE_ERR_LAYOUT_MISMATCH, p, "mine") && books(0, 0),
       "...and at a release");
    alcove_bridge_free_told(&b, NULL, 51);
    ok(books(0, 0) && b.wrong == 0, "NULL is released whatever its size");
}

static void
test_aligned(void)
{
    size_t align, wrong = 0, most;
    char *p;

    for (align = 1; align <= 4096; align *= 2) {
        size_t real = align < plain ? plain : align;

        p = alcove_bridge_alloc_aligned(&b, SIZE, align);
        wrong += !is_aligned(p, real) ||
                 !books(1, SIZE + (real < HEADER ? HEADER : real));
        memset(p, 0x44, SIZE);
        p = alcove_bridge_realloc_aligned(&b, p, 600, align);
        wrong += !is_aligned(p, real) || !holds(p, 0x44, SIZE);
        p = alcove_bridge_realloc_aligned(&b, p, 40, 1);
        wrong += !is_aligned(p, real) || !holds(p, 0x44, SIZE);
        p = alcove_bridge_realloc_aligned(&b, p, 50, 2 * align);
        most = 2 * align < plain ? plain : 2 * align;
        wrong += !is_aligned(p, most) || !holds(p, 0x44, SIZE) ||
                 !books(1, 50 + (most < HEADER ? HEADER : most));
        alcove_bridge_free(&b, p);
        wrong += !gone();
    }
    is_size(wrong, 0,
            "alignments of 1 to 4096: kept, or made larger with a copy");
    p = alcove_bridge_realloc_aligned(&b, NULL, SIZE, 64);
    ok(is_aligned(p, 64), "NULL is allocated as aligned");
    errno = MARK;
    ok(denied(alcove_bridge_alloc_aligned(&b, 8, 0), ALCOVE_ERR_ZERO_ALIGN) &&
           denied(alcove_bridge_realloc_aligned(&b, p, 8, 24),
                  ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO) &&
           strcmp(heard.allocator, "mine") == 0 && heard.layout.size == 8 &&
           alcove_bridge_size(&b, p) == SIZE,
       "what is no alignment is refused");
    count.fail_after = 0;
    ok(denied(alcove_bridge_realloc_aligned(&b, p, 8, 128),
              ALCOVE_ERR_ALLOC_FAILED) &&
           alcove_bridge_size(&b, p) == SIZE,
       "a copy that is refused leaves the block");
    count.fail_after = SIZE_MAX;
    tries = 1;
    count.refuse_this = p - 64;
    ok(!alcove_bridge_realloc_aligned(&b, p, 8, 128) && errno == ENOMEM &&
           b.wrong == 1 && b.refused == 1 && ooms == 1 && wrongs == 1 &&
           alcove_bridge_size(&b, p) == SIZE && count_ok(&count, 1, SIZE + 64),
       "...so does one whose old block is not taken back");
    most = count.allocs;
    p = alcove_bridge_realloc_aligned(&b, p, SIZE - 1, 64);
    ok(is_aligned(p, 64) && count.allocs == most,
       "one that is aligned already is left to the allocator's own means");
    alcove_bridge_free(&b, p);
    count_ok(&count, 0, 0);
    begin_as(ALL, ALCOVE_BRIDGE_ZERO_FREE, 0);
    p = alcove_bridge_alloc_aligned(&b, SIZE, 64);
    ok(!alcove_bridge_realloc_aligned(&b, p, 0, 128) && gone(),
       "size 0 releases where the policy says so");
}

static void
test_shapes(void)
{
    begin();
    test_context_first();
    test_strings();
    test_context_last();
    test_half_sized();
    begin();
    test_aligned();
}

/* With what alignment was the allocator asked for this block? */
static size_t
asked_align(const void *p)
{
    size_t i;

    for (i = 0; i < COUNT_BLOCKS; i++)
        if (count.blocks[i].p == p)
            return count.blocks[i].layout.align;
    return 0;
}

static void
test_option_align(void)
{
    void *p;

    begin_as(ALL, ALCOVE_BRIDGE_ZERO_UNIQUE, 1);
    ok(b.align == plain, "an alignment below malloc's is malloc's");
    begin_as(ALL, ALCOVE_BRIDGE_ZERO_UNIQUE, 64);
    p = alcove_bridge_alloc(&b, SIZE);
    ok(b.align == 64 && is_good(p, SIZE),
       "options->align: every block is aligned to that");
    p = alcove_bridge_realloc(&b, p, 40);
    ok(is_block(p, 40) && grown(alcove_bridge_realloc(&b, p, 900), 900),
       "...and stays so");
    p = alcove_bridge_zalloc(&b, SIZE);
    ok(is_block(p, SIZE) && holds(p, 0, SIZE), "...and is cleared");
    alcove_bridge_free(&b, p);
    p = alcove_bridge_alloc_aligned(&b, SIZE, 8);
    ok(is_block(p, SIZE), "...whatever the library says");
    alcove_bridge_free(&b, p);
    p = alcove_bridge_sized_alloc(&b, SIZE);
    ok(is_aligned(p, 64) && books(1, SIZE) && asked_align(p) == 64,
       "...sized ones, too");
    alcove_bridge_sized_free(&b, p, SIZE);
    ok(gone(), "...and nothing is left");
}

/* ---- sized ---- */

static void
test_sized(void)
{
    char foreign[64] = {0};
    char *p, *q;

    begin();
    p = alcove_bridge_sized_alloc(&b, SIZE);
    ok(p && books(1, SIZE) && asked_align(p) == plain,
       "sized_alloc: no header, aligned as malloc's");
    memset(p, 0x44, SIZE);
    p = alcove_bridge_sized_realloc(&b, p, SIZE, 300);
    ok(p && holds(p, 0x44, SIZE) && books(1, 300), "sized_realloc: larger");
    p = alcove_bridge_sized_realloc(&b, p, 300, SIZE);
    ok(p && holds(p, 0x44, SIZE) && books(1, SIZE), "...and smaller");
    alcove_bridge_sized_free(&b, p, SIZE);
    ok(gone(), "sized_free");
    p = alcove_bridge_sized_realloc(&b, NULL, 4711, SIZE);
    ok(p && books(1, SIZE), "...NULL has no size");
    alcove_bridge_sized_free(&b, p, SIZE);
    alcove_bridge_sized_free(&b, NULL, SIZE);
    p = alcove_bridge_sized_alloc(&b, 0);
    q = alcove_bridge_sized_realloc(&b, p, 0, 0);
    alcove_bridge_sized_free(&b, q, 0);
    ok(p && q && gone() && count.wrong == 0, "...size 0 costs nothing");

    p = alcove_bridge_resized(&b, NULL, 5 /* a type */, SIZE);
    ok(p && books(1, SIZE), "resized: of NULL, whatever its old size says");
    memset(p, 0x44, SIZE);
    p = alcove_bridge_resized(&b, p, SIZE, 300);
    ok(p && holds(p, 0x44, SIZE) && books(1, 300), "...larger");
    count.refuse_resize = true;
    count.fail_after = 0;
    ok(denied(alcove_bridge_resized(&b, p, 300, SIZE),
              ALCOVE_ERR_ALLOC_FAILED) &&
           books(1, 300),
       "...smaller, which may be refused");
    count_ok(&count, 1, 300);
    count.refuse_resize = false;
    count.fail_after = SIZE_MAX;
    ok(!alcove_bridge_resized(&b, p, 300, 0) && gone(), "...0 releases");
    ok(!alcove_bridge_resized(&b, NULL, 7, 0) && gone(), "...or does nothing");

    p = alcove_bridge_resized_safe(&b, NULL, 5, 300);
    ok(p && alcove_bridge_size(&b, p) == 300, "resized_safe: with a header");
    memset(p, 0x44, 300);
    count.refuse_resize = true;
    count.fail_after = 0;
    q = alcove_bridge_resized_safe(&b, p, 300, SIZE);
    ok(q == p && quiet() && books(1, 300 + HEADER),
       "...smaller, which is never refused");
    q = alcove_bridge_resized_safe(&b, p, SIZE, 200);
    ok(q == p && quiet() && books(1, 300 + HEADER), "...nor larger again");
    ok(denied(alcove_bridge_resized_safe(&b, p, 200, 301),
              ALCOVE_ERR_ALLOC_FAILED) &&
           holds(p, 0x44, 300),
       "...larger than ever may be");
    count.refuse_resize = false;
    count.fail_after = SIZE_MAX;
    p = alcove_bridge_resized_safe(&b, p, 200, 301);
    ok(p && holds(p, 0x44, 300) && books(1, 301 + HEADER), "...or served");
    p = alcove_bridge_resized_safe(&b, p, 301, SIZE);
    ok(p && books(1, SIZE + HEADER), "...and smaller is smaller if it can be");
    ok(!alcove_bridge_resized_safe(&b, p, SIZE, 0) && gone() &&
           !alcove_bridge_resized_safe(&b, NULL, 3, 0),
       "...0 releases");
    ok(!alcove_bridge_resized_safe(&b, foreign + 32, 8, 4) && b.wrong == 1 &&
           heard.code == ALCOVE_ERR_NOT_OWNED,
       "...and a pointer that is no block is wrong");
    begin();
    p = alcove_bridge_sized_alloc(&b, SIZE);
    count.refuse_dealloc = true;
    alcove_bridge_sized_free(&b, p, SIZE);
    ok(b.last.code == ALCOVE_ERR_LOCK &&
           blamed(ALCOVE_ERR_LOCK, b.last.block, a->ops->name),
       "a release that the allocator refuses is told");
    count.refuse_dealloc = false;
    alcove_bridge_sized_free(&b, p, SIZE);
    ok(books(0, 0) && b.wrong == 0, "...and the block is as it was");
}

static void
test_guarded(void)
{
    struct alcove_guard guard;
    struct alcove_bridge over;
    char *p;

    begin();
    if (!alcove_guard_init(&guard, a, NULL, NULL) ||
        !alcove_bridge_init(&over, &guard.allocator, NULL, NULL))
        bail_out("no guard");
    p = alcove_bridge_sized_alloc(&over, SIZE);
    alcove_bridge_sized_free(&over, p, SIZE + 1);
    ok(over.wrong == 1 && over.last.code == ALCOVE_ERR_LAYOUT_MISMATCH &&
           strcmp(over.last.allocator, "guard") == 0,
       "over a guard a size that is wrong at a release is told");
    alcove_bridge_sized_free(&over, p, SIZE);
    ok(over.wrong == 1 && alcove_guard_done(&guard, NULL),
       "...and the right one is accepted");
    count_done(&count);
}

/* ---- size 0 ---- */

static void
test_zero(void)
{
    void *p, *q;

    begin_as(ALL, ALCOVE_BRIDGE_ZERO_UNIQUE, 0);
    p = alcove_bridge_alloc(&b, 0);
    q = alcove_bridge_calloc(&b, 0, 5);
    ok(p && q && p != q && books(2, 2 * HEADER),
       "UNIQUE: size 0 is a block of its own");
    p = alcove_bridge_realloc(&b, p, 8);
    p = alcove_bridge_realloc(&b, p, 0);
    ok(p && books(2, 2 * HEADER), "...a resize to 0 releases nothing");
    alcove_bridge_free(&b, p);
    alcove_bridge_free(&b, q);
    ok(gone(), "...and it is released");

    begin_as(ALL, ALCOVE_BRIDGE_ZERO_NULL, 0);
    ok(!alcove_bridge_alloc(&b, 0) && !alcove_bridge_zalloc(&b, 0) &&
           !alcove_bridge_calloc(&b, 5, 0) &&
           !alcove_bridge_alloc_items(&b, 0, 5) &&
           !alcove_bridge_alloc_ints(&b, 0, 5) &&
           !alcove_bridge_alloc_ints(&b, 5, 0) &&
           !alcove_bridge_alloc_long(&b, 0) &&
           !alcove_bridge_realloc_long(&b, 0, 0, NULL) &&
           !alcove_bridge_alloc_aligned(&b, 0, 64) &&
           !alcove_bridge_alloc_aligned(&b, 0, SIZE_MAX / 2 + 1) &&
           !alcove_bridge_realloc(&b, NULL, 0) && count.asked == 0 && gone(),
       "NULL: size 0 is NULL, and no refusal");
    p = alcove_bridge_alloc(&b, 8);
    ok(p && !alcove_bridge_realloc(&b, p, 0) && gone(),
       "...and a resize to 0 releases");

    begin_as(ALL, ALCOVE_BRIDGE_ZERO_FREE, 0);
    p = alcove_bridge_alloc(&b, 0);
    q = alcove_bridge_realloc(&b, NULL, 0);
    ok(p && q && p != q && books(2, 2 * HEADER), "FREE: size 0 is a block");
    ok(!alcove_bridge_realloc(&b, p, 0) &&
           !alcove_bridge_realloc_items(&b, q, 0, 4) && gone(),
       "...and a resize to 0 releases");
}

/* ---- refusals ---- */

static void
test_sizes(void)
{
    const bool narrow = sizeof(size_t) == sizeof(unsigned);
    void *p;

    begin();
    p = alcove_bridge_alloc(&b, SIZE);
    count.asked = 0;
    ok(denied(alcove_bridge_alloc(&b, SIZE_MAX), ALCOVE_ERR_EXCEEDS_MAX) &&
           denied(alcove_bridge_zalloc(&b, SIZE_MAX), ALCOVE_ERR_EXCEEDS_MAX) &&
           denied(alcove_bridge_realloc(&b, p, SIZE_MAX),
                  ALCOVE_ERR_EXCEEDS_MAX) &&
           denied(alcove_bridge_sized_alloc(&b, SIZE_MAX),
                  ALCOVE_ERR_EXCEEDS_MAX) &&
           denied(alcove_bridge_resized(&b, p, SIZE, SIZE_MAX),
                  ALCOVE_ERR_EXCEEDS_MAX),
       "what is too large is refused");
    ok(denied(alcove_bridge_calloc(&b, SIZE_MAX / 2 + 1, 2),
              ALCOVE_ERR_ARITH) &&
           denied(alcove_bridge_alloc_items(&b, SIZE_MAX / 2 + 1, 2),
                  ALCOVE_ERR_ARITH) &&
           heard.lhs == SIZE_MAX / 2 + 1 && heard.rhs == 2 &&
           denied(alcove_bridge_realloc_items(&b, p, SIZE_MAX / 2 + 1, 2),
                  ALCOVE_ERR_ARITH) &&
           heard.lhs == SIZE_MAX / 2 + 1 && heard.rhs == 2 &&
           heard.op == ALCOVE_ARITH_MUL &&
           denied(alcove_bridge_alloc_items(&b, SIZE_MAX / 2, 2),
                  ALCOVE_ERR_EXCEEDS_MAX) &&
           denied(alcove_bridge_calloc_last(SIZE_MAX / 2 + 1, 2, &b),
                  ALCOVE_ERR_ARITH) &&
           heard.lhs == SIZE_MAX / 2 + 1 && heard.rhs == 2 &&
           strcmp(heard.allocator, "mine") == 0,
       "so is a product that does not fit");
    ok(denied(alcove_bridge_alloc_ints(&b, -7, 5), ALCOVE_ERR_EXCEEDS_MAX) &&
           heard.layout.size == (size_t)-7 &&
           denied(alcove_bridge_alloc_ints(&b, 5, INT_MIN),
                  ALCOVE_ERR_EXCEEDS_MAX) &&
           heard.layout.size == (size_t)INT_MIN &&
           denied(alcove_bridge_alloc_ints(&b, 0, -3),
                  ALCOVE_ERR_EXCEEDS_MAX) &&
           heard.layout.size == (size_t)-3 &&
           denied(alcove_bridge_alloc_ints(&b, -1, -1),
                  ALCOVE_ERR_EXCEEDS_MAX) &&
           denied(alcove_bridge_alloc_long(&b, -1), ALCOVE_ERR_EXCEEDS_MAX) &&
           denied(alcove_bridge_realloc_long(&b, SIZE, LONG_MIN, p),
                  ALCOVE_ERR_EXCEEDS_MAX),
       "so is a negative size");
    tries = 1;
    ok(denied(alcove_bridge_alloc(&b, SIZE_MAX), ALCOVE_ERR_EXCEEDS_MAX),
       "...and it is not tried again, whatever the handler says");
    ok(count.asked == 0, "...nothing of that is asked for");
    tries = 0;
    count.fail_after = 0;
    ok(denied(alcove_bridge_alloc_uints(&b, 65537, 65537),
              narrow ? ALCOVE_ERR_ARITH : ALCOVE_ERR_ALLOC_FAILED) &&
           (narrow || heard.layout.size / 65537 == 65537),
       "a product of 32 bits does not lose bits");
    count.fail_after = SIZE_MAX;
    alcove_bridge_free(&b, p);
    ok(gone(), "...and the block is as it was");
}

static jmp_buf out;

static bool
jump(const struct alcove_error *e, void *arg)
{
    (void)e;
    ++*(size_t *)arg;
    longjmp(out, 1);
}

static void
test_handler(void)
{
    struct alcove_bridge_options o = {.struct_size = sizeof o, .on_oom = jump};
    struct alcove_bridge never;
    static size_t jumps;
    void *volatile p;
    void *volatile q = NULL;

    begin();
    count.fail_after = 0;
    ok(denied(alcove_bridge_alloc(&b, 8), ALCOVE_ERR_ALLOC_FAILED) &&
           denied(alcove_bridge_zalloc(&b, 8), ALCOVE_ERR_ALLOC_FAILED) &&
           denied(alcove_bridge_sized_alloc(&b, 8), ALCOVE_ERR_ALLOC_FAILED) &&
           denied(alcove_bridge_strdup(&b, "s"), ALCOVE_ERR_ALLOC_FAILED) &&
           strcmp(heard.allocator, a->ops->name) == 0,
       "what the allocator refuses is told by its name");
    tries = 3;
    p = alcove_bridge_alloc(&b, 8);
    ok(p && ooms == 3 && b.refused == 3 && books(1, 8 + HEADER),
       "a handler that has made room lets it be tried again");
    count.fail_after = 0;
    tries = 1;
    p = alcove_bridge_realloc(&b, p, 5000);
    ok(p && ooms == 4 && books(1, 5000 + HEADER), "...a resize");
    alcove_bridge_free(&b, p);
    count.fail_after = 0;
    tries = 1;
    p = alcove_bridge_zalloc(&b, 8);
    ok(p && holds(p, 0, 8) && ooms == 5 && books(1, 8 + HEADER),
       "...a cleared block");
    alcove_bridge_free(&b, p);
    count.fail_after = 0;
    tries = 1;
    p = alcove_bridge_sized_alloc(&b, 8);
    count.fail_after = 0;
    tries = 1;
    p = alcove_bridge_sized_realloc(&b, p, 8, 5000);
    ok(p && ooms == 7 && books(1, 5000), "...and sized ones");
    alcove_bridge_sized_free(&b, p, 5000);

    o.arg = &jumps;
    if (!alcove_bridge_init(&never, a, &o, NULL))
        bail_out("no bridge");
    count.fail_after = 1;
    p = alcove_bridge_alloc(&never, 8);
    if (setjmp(out) == 0)
        q = alcove_bridge_realloc(&never, p, 5000);
    count.fail_after = SIZE_MAX;
    ok(!q && jumps == 1 && never.refused == 1 &&
           alcove_bridge_size(&never, p) == 8 &&
           count_ok(&count, 1, 8 + HEADER),
       "a handler that jumps away leaves the block, and it is counted");
    alcove_bridge_free(&never, p);
    ok(count_ok(&count, 0, 0), "...and nothing is left");
}

static void
test_limited(void)
{
    struct alcove_limit limit;
    struct alcove_bridge over;
    void *p, *q;

    begin();
    if (!alcove_limit_init(&limit, a, 100, SIZE_MAX, NULL) ||
        !alcove_bridge_init(&over, &limit.allocator, NULL, NULL))
        bail_out("no limit");
    p = alcove_bridge_alloc(&over, 84);
    q = alcove_bridge_alloc(&over, 1);
    ok(p && !q && over.refused == 1 && over.last.cause == ALCOVE_CAUSE_LIMIT &&
           strcmp(over.last.allocator, "limit") == 0,
       "over a limit what goes beyond it is refused");
    alcove_bridge_free(&over, p);
    ok(count_ok(&count, 0, 0), "...and all is given back");
}

/* ---- wrong pointers ---- */

static void
test_wrong(void)
{
    union {
        long double align;
        char bytes[64];
    } local = {.bytes = {0}};
    char *p, *foreign = local.bytes + 32;
    struct alcove_error text;
    char line[200];

    begin();
    p = alcove_bridge_alloc(&b, SIZE);
    memset(p, 0x44, SIZE);
    count.asked = 0;
    errno = MARK;
    alcove_bridge_free(&b, foreign);
    ok(blamed(ALCOVE_ERR_NOT_OWNED, foreign, "mine"),
       "a foreign pointer is told by the bridge's name");
    text = b.last;
    alcove_error_format(&text, line, sizeof line);
    ok(strncmp(line, "mine: ", 6) == 0, "...and text: %s", line);
    alcove_bridge_free(&b, p + 1);
    ok(blamed(ALCOVE_ERR_NOT_OWNED, p + 1, "mine"),
       "...so is one into a block");
    alcove_bridge_free_told(&b, foreign, 8);
    ok(blamed(ALCOVE_ERR_NOT_OWNED, foreign, "mine"),
       "...also if its size is told");
    ok(alcove_bridge_size(&b, foreign) == 0 &&
           blamed(ALCOVE_ERR_NOT_OWNED, foreign, "mine"),
       "...for its size");
    ok(!alcove_bridge_realloc(&b, foreign, 8) && errno == ENOMEM &&
           b.refused == 1 && ooms == 1 && wrongs == 1 && b.wrong == 1,
       "...to be resized, which is a refusal, too");
    b.refused = b.wrong = ooms = wrongs = 0;
    ok(!alcove_bridge_realloc_told(&b, foreign, 8, 9) && b.wrong == 1 &&
           !alcove_bridge_realloc_aligned(&b, foreign, 8, 64) && b.wrong == 2,
       "...by any function, once");
    errno = MARK;
    b.refused = b.wrong = ooms = wrongs = 0;
    ok(count.asked == 0, "...and the allocator does not hear of it");
    alcove_bridge_free(&b, NULL);
    alcove_bridge_free_last(NULL, &b);
    ok(b.wrong == 0 && b.refused == 0, "NULL is not wrong");
    p[-1] = (char)(p[-1] ^ 1);
    alcove_bridge_free(&b, p);
    ok(blamed(ALCOVE_ERR_CORRUPT, p, "mine") && b.last.offset == -1,
       "a byte before the block is told");
    p[-1] = (char)(p[-1] ^ 1);
    count.refuse_dealloc = true;
    alcove_bridge_free(&b, p);
    ok(blamed(ALCOVE_ERR_LOCK, b.last.block, a->ops->name) &&
           holds(p, 0x44, SIZE),
       "a release that the allocator refuses is told, and the block there");
    count.refuse_dealloc = false;
    alcove_bridge_free(&b, p);
    ok(count_ok(&count, 0, 0) && b.wrong == 0, "...and it can be released");
}

/* Its memory stays readable for ever, and no tool is told anything else. */
struct keep {
    struct alcove_allocator allocator;
    size_t used, released;
    union {
        long double align;
        char bytes[1024];
    } memory;
};

static void *
keep_alloc(struct alcove_allocator *allocator, struct alcove_layout l,
           struct alcove_error *e)
{
    struct keep *k = (struct keep *)(void *)allocator;
    void *p = k->memory.bytes + k->used;

    (void)e;
    k->used += (l.size + 63) / 64 * 64;
    return p;
}

static bool
keep_dealloc(struct alcove_allocator *allocator, void *p,
             struct alcove_layout l, struct alcove_error *e)
{
    (void)p;
    (void)l;
    (void)e;
    ((struct keep *)(void *)allocator)->released++;
    return true;
}

static void
test_double_free(void)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "keep",
        .alloc = keep_alloc,
        .dealloc = keep_dealloc,
    };
    static struct keep keep = {
        .allocator = {&ops, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC}};
    void *p;

    begin();
    if (!alcove_bridge_init(&b, &keep.allocator, NULL, NULL))
        bail_out("no bridge");
    b.on_wrong = hear_wrong;
    p = alcove_bridge_alloc(&b, 100);
    alcove_bridge_free(&b, p);
    ok(keep.released == 1 && quiet(), "a block is released");
    errno = MARK;
    alcove_bridge_free(&b, p);
    ok(blamed(ALCOVE_ERR_NOT_OWNED, p, "bridge") && keep.released == 1,
       "...once: the second time it is no block");
    p = alcove_bridge_alloc(&b, 100);
    alcove_bridge_free(&b, alcove_bridge_realloc(&b, p, 300));
    errno = MARK;
    alcove_bridge_free_last(p, &b);
    ok(blamed(ALCOVE_ERR_NOT_OWNED, p, "bridge") && keep.released == 3,
       "...nor where it was before it moved");
}

/* ---- every code ---- */

static enum alcove_code code_to_say;

static void *
say_code(struct alcove_allocator *parent, struct alcove_layout l,
         struct alcove_error *e)
{
    struct alcove_error what = {.code = code_to_say, .layout = l};

    (void)parent;
    alcove_error_set(e, &what);
    return NULL;
}

static void
test_codes(void)
{
    static const struct {
        enum alcove_code code;
        bool is_wrong, may_pass;
    } codes[] = {
        {ALCOVE_ERR_ALLOC_FAILED, false, true},
        {ALCOVE_ERR_LOCK, false, true},
        {ALCOVE_ERR_OTHER, false, true},
        {ALCOVE_ERR_NOT_OWNED, true, false},
        {ALCOVE_ERR_CORRUPT, true, false},
        {ALCOVE_ERR_LAYOUT_MISMATCH, true, false},
        {ALCOVE_ERR_UNSUPPORTED, false, false},
    };
    size_t i, wrong = 0;

    begin();
    count.ops.alloc = say_code;
    for (i = 0; i < sizeof codes / sizeof *codes; i++) {
        code_to_say = codes[i].code;
        ooms = wrongs = 0;
        tries = 3;
        errno = MARK;
        wrong += alcove_bridge_alloc(&b, 8) || errno != ENOMEM;
        wrong += ooms != (codes[i].may_pass ? 4u : 1u);
        wrong += (wrongs > 0) != codes[i].is_wrong;
        wrong += b.last.code != codes[i].code ||
                 strcmp(b.last.allocator, "mine") != 0;
    }
    is_size(wrong, 0, "what may pass is tried again, what is wrong is told");
}

/* Another thread is writing, and never ends: it is not there after a fork. */
static void
test_telling(void)
{
    struct alcove_bridge_account now;
    clock_t start, waited;
    size_t told;
    int flag = 1, i;

    begin();
    count.fail_after = 0;
    (void)!alcove_bridge_alloc(&b, 8);
    told = b.last.layout.size;
    b.telling = 1;
    (void)!alcove_bridge_alloc(&b, 16);
    ok(b.refused == 2 && told != 0 && b.last.layout.size == told,
       "what another thread writes is left standing");
    start = clock();
    alcove_bridge_report(&b, &now);
    waited = clock() - start;
    ok(now.refused == 2 && now.last.code == ALCOVE_OK && b.telling == 1,
       "...and not waited for without end");
    start = clock();
    for (i = 0; i < 20000; i++)
        (void)alcove_atomic_take(&flag);
    ok(waited > clock() - start, "...but for a while");
    b.telling = 0;
    alcove_bridge_report(&b, &now);
    ok(now.refused == 2 && now.last.layout.size == told && b.telling == 0,
       "...until it is there");
}

static void
test_aligned_always(void)
{
    char foreign[64] = {0}, *p, *q;

    begin_as(ALL, ALCOVE_BRIDGE_ZERO_UNIQUE, 64);
    p = alcove_bridge_calloc(&b, 3, 5);
    ok(is_aligned(p, 64) && holds(p, 0, 15) && quiet(),
       "what is cleared is aligned as was chosen");
    count.fail_after = 0;
    errno = MARK;
    ok(denied(alcove_bridge_calloc(&b, 3, 5), ALCOVE_ERR_ALLOC_FAILED),
       "...or refused");
    count.fail_after = SIZE_MAX;
    ok(alcove_bridge_size(&b, NULL) == 0 && quiet(), "NULL has no size");
    q = alcove_bridge_realloc_aligned(&b, p, 0, 256);
    ok(is_aligned(q, 256) && alcove_bridge_size(&b, q) == 0 && quiet(),
       "a block of no size is one, and aligned");
    errno = MARK;
    ok(!alcove_bridge_realloc_aligned(&b, foreign + 32, 8, 256) &&
           b.wrong == 1 && ooms == 1,
       "what is no block is not aligned anew");
    alcove_bridge_free(&b, q);
}

/* ---- slots ---- */

ALCOVE_BRIDGE_GLOBAL(lib);
ALCOVE_BRIDGE_GLOBAL(other);

static void
test_unbound(void)
{
    char bytes[64] = {0};

    before();
    ok(!lib_malloc(8) && errno == ENOMEM && !lib_calloc(1, 8) &&
           !lib_realloc(NULL, 8) && !lib_reallocarray(NULL, 1, 8) &&
           !lib_strdup("s") && !lib_strndup("s", 1) && lib_size(bytes) == 0 &&
           !lib_malloc_at(8, "f", 1) && !lib_realloc_at(NULL, 8, "f", 1) &&
           !lib_long(NULL, 8) && !lib_sized_alloc(8) &&
           !lib_sized_realloc(NULL, 0, 8),
       "a slot that is not bound gives nothing");
    is_size(lib_early(), 12, "...which is counted");
    errno = MARK;
    lib_free(bytes);
    lib_free_at(bytes, "f", 1);
    lib_sized_free(bytes, 8);
    ok(errno == MARK && lib_early() == 15, "...and takes nothing");
    lib_free(NULL);
    lib_sized_free(NULL, 8);
    ok(lib_early() == 15 && !lib_bridge(), "...but NULL");
}

static void
test_bind(void)
{
    struct alcove_bridge_options o = {
        .struct_size = sizeof o,
        .name = "lib",
        .zero = ALCOVE_BRIDGE_ZERO_FREE,
        .threads = ALCOVE_BRIDGE_THREADS_ONE,
        .on_wrong = hear_wrong,
    };
    struct alcove_bridge_options usual = {.struct_size = sizeof usual};

    begin();
    ok(!lib_bind(a, NULL, &err) && err.code == ALCOVE_ERR_UNSUPPORTED &&
           !lib_bind(a, &usual, &err) && err.code == ALCOVE_ERR_UNSUPPORTED &&
           !lib_bridge(),
       "a slot has threads unless told otherwise");
    before();
    ok(!lib_bind(NULL, &o, &err) && err.code == ALCOVE_ERR_OTHER &&
           errno == EINVAL && before() && lib_bind(a, &o, &err) &&
           untouched() && lib_bridge() && lib_bridge()->allocator == a,
       "it is bound");
    before();
    usual.threads = ALCOVE_BRIDGE_THREADS_ONE;
    ok(lib_bind(a, &usual, &err) && untouched() &&
           lib_bridge()->zero == ALCOVE_BRIDGE_ZERO_FREE,
       "...to the same allocator again, and the first options stay");
    ok(!lib_bind(alcove_malloc(), &usual, &err) &&
           err.code == ALCOVE_ERR_OTHER && errno == EBUSY &&
           is_reasoned("bridge") && lib_bridge()->allocator == a,
       "...to another one it is refused");
    ok(other_bind(alcove_malloc(), NULL, NULL) &&
           other_bridge()->allocator == alcove_malloc() && lib_early() == 15 &&
           other_early() == 0,
       "...which another slot may be bound to");
    other_unbind();
}

static bool
lib_is(void *p, size_t size)
{
    bool good =
        is_aligned(p, plain) && lib_size(p) == size && books(1, size + HEADER);

    lib_free(p);
    return good && books(0, 0) && lib_bridge()->wrong == 0;
}

static void
test_global(void)
{
    char foreign[64] = {0};
    char *p;

    errno = MARK;
    ok(lib_is(lib_malloc(SIZE), SIZE), "malloc and free");
    p = lib_calloc(COUNT_OF, EACH);
    ok(p && holds(p, 0, SIZE) && lib_is(p, SIZE), "calloc");
    p = lib_realloc(NULL, 5);
    p = lib_realloc(p, SIZE);
    ok(lib_is(p, SIZE), "realloc");
    p = lib_reallocarray(NULL, COUNT_OF, EACH);
    ok(lib_is(p, SIZE), "reallocarray");
    p = lib_strdup("alcove");
    ok(p && strcmp(p, "alcove") == 0 && lib_is(p, 7), "strdup");
    p = lib_strndup("alcove", 3);
    ok(p && strcmp(p, "alc") == 0 && lib_is(p, 4), "strndup");
    p = lib_malloc_at(5, __FILE__, __LINE__);
    p = lib_realloc_at(p, SIZE, __FILE__, __LINE__);
    ok(p && lib_size(p) == SIZE, "malloc_at and realloc_at");
    lib_free_at(p, __FILE__, __LINE__);
    ok(books(0, 0), "...and free_at");
    p = lib_long(NULL, 5);
    p = lib_long(p, SIZE);
    ok(p && lib_size(p) == SIZE && books(1, SIZE + HEADER) && !lib_long(p, 0) &&
           books(0, 0) && !lib_long(NULL, 0) && books(0, 0),
       "long: allocates, resizes, releases");
    ok(!lib_long(NULL, -1) && errno == ENOMEM && lib_bridge()->refused == 1 &&
           lib_bridge()->last.code == ALCOVE_ERR_EXCEEDS_MAX &&
           strstr(lib_bridge()->last.detail, "negative"),
       "...and refuses what is negative");
    errno = MARK;
    p = lib_sized_alloc(5);
    p = lib_sized_realloc(p, 5, SIZE);
    ok(p && books(1, SIZE), "sized_alloc and sized_realloc: no header");
    lib_sized_free(p, SIZE);
    ok(books(0, 0), "...and sized_free");
    p = lib_malloc(8);
    ok(p && !lib_realloc(p, 0) && books(0, 0), "options are heard");
    lib_free(foreign + 32);
    ok(errno == MARK && lib_bridge()->wrong == 1 &&
           strcmp(lib_bridge()->last.allocator, "lib") == 0,
       "a wrong pointer is told");
    lib_unbind();
    ok(!lib_bridge() && lib_early() == 15 && !lib_malloc(8) &&
           lib_early() == 16,
       "after unbind it is not bound");
    lib_unbind();
    ok(lib_bind(alcove_malloc(), NULL, NULL) &&
           lib_bridge()->allocator == alcove_malloc() &&
           lib_bridge()->wrong == 0,
       "...and may be bound to another allocator");
    lib_unbind();
}

/* ---- threads ---- */

#if ALCOVE_HAVE_THREADS

enum { THREADS = 4, TURNS = 20000 };

static struct alcove_bridge shared;
static int done[THREADS];

static void *
work(void *arg)
{
    int *mine = arg, i;
    struct alcove_bridge_account now;

    for (i = 0; i < TURNS; i++) {
        void *p = lib_malloc(16);

        *mine += !p;
        lib_free(p);
        *mine += alcove_bridge_alloc(&shared, SIZE_MAX) != NULL;
        alcove_bridge_free(&shared, (char *)UINTPTR_MAX - 6);
        if (i % 64 == 0) {
            alcove_bridge_report(&shared, &now);
            /* Valgrind may let the other thread wait for too long. */
            *mine += now.last.code != ALCOVE_OK &&
                     now.last.code != ALCOVE_ERR_EXCEEDS_MAX &&
                     now.last.code != ALCOVE_ERR_NOT_OWNED;
        }
    }
    return NULL;
}

static void *
race_to_bind(void *arg)
{
    int *mine = arg;
    int me = (int)(mine - done);
    struct alcove_allocator *wanted =
        me % 2 == 0 ? alcove_malloc() : &count.allocator;
    struct alcove_bridge_options o = {.struct_size = sizeof o,
                                      .threads = ALCOVE_BRIDGE_THREADS_ONE};

    if (!other_bind(wanted, &o, NULL))
        return NULL;
    *mine = other_bridge() && other_bridge()->allocator == wanted ? 1 : -100;
    return NULL;
}

#    if ALCOVE_ATOMIC_BUILTINS

static struct alcove_bridge_slot waited_for;
static int begun;

static void *
bind_again(void *result)
{
    struct alcove_bridge_options o = {.struct_size = sizeof o,
                                      .threads = ALCOVE_BRIDGE_THREADS_ONE};

    alcove_atomic_set(&begun, 1);
    alcove_atomic_set(result,
                      alcove_bridge_bind(&waited_for, a, &o, NULL) ? 1 : -1);
    return NULL;
}

/* Another thread has claimed the slot for this allocator, and is not done. */
static void
test_waiting(void)
{
    const struct timespec moment = {0, 20000000};
    int ended = 0, i;
    bool waits;
    pthread_t thread;

    alcove_tools_atomic(&begun, sizeof begun);
    alcove_tools_atomic(&ended, sizeof ended);
    for (i = 0; i < 2; i++) {
        memset(&waited_for, 0, sizeof waited_for);
        waited_for.allocator = a;
        begun = 0;
        if (pthread_create(&thread, NULL, bind_again, &ended) != 0)
            bail_out("no thread");
        do
            nanosleep(&moment, NULL);
        while (!alcove_atomic_is_set(&begun));
        nanosleep(&moment, NULL);
        waits = !alcove_atomic_is_set(&ended);
        if (i == 0)
            alcove_atomic_set(&waited_for.bound, 1);
        else
            __atomic_store_n(&waited_for.allocator, NULL, __ATOMIC_RELEASE);
        pthread_join(thread, NULL);
        ok(waits && ended == 1 && waited_for.bridge.allocator == NULL,
           i == 0 ? "who binds a slot to the same waits until it is bound"
                  : "...or given up");
        ended = 0;
    }
}

#    endif

static void
run_all(void *(*start)(void *))
{
    pthread_t threads[THREADS];
    int i;

    memset(done, 0, sizeof done);
    for (i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, start, &done[i]) != 0)
            bail_out("no thread");
    for (i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void
test_threads(void)
{
    struct alcove_bridge_options o = {.struct_size = sizeof o,
                                      .threads = ALCOVE_BRIDGE_THREADS_SEVERAL};
    struct alcove_bridge_account now;
    int i, wrong = 0, turn;

    if (!alcove_bridge_init(&shared, alcove_malloc(), &o, NULL) ||
        !lib_bind(alcove_malloc(), &o, NULL))
        bail_out("no bridge");
    run_all(work);
    alcove_bridge_report(&shared, &now);
    ok(done[0] + done[1] + done[2] + done[3] == 0 && lib_early() == 16,
       "threads share a bridge and a slot");
#    if ALCOVE_ATOMIC_BUILTINS
    ok(now.refused == THREADS * TURNS && now.wrong == THREADS * TURNS,
       "...and every failure is counted");
    count_init(&count, COUNT_PLAIN);
    for (turn = 0; turn < 200; turn++) {
        int sum;

        run_all(race_to_bind);
        sum = done[0] + done[1] + done[2] + done[3];
        wrong += sum != 2 || done[0] != done[2];
        other_unbind();
    }
    is_int(wrong, 0,
           "of threads that bind a slot at once those of one "
           "allocator succeed");
    test_waiting();
#    else
    (void)turn;
    skip(4, "the compiler has no atomic operations");
#    endif
    (void)i;
    lib_unbind();
}

#else

static void
test_threads(void)
{
    skip(5, "built without threads");
}

#endif

/* ---- out of memory ---- */

/* A string that grows by one byte, in the ways of a library. Each returns
 * false, with nothing left, when it is told that there is no memory. */

static bool
grow_unsized(struct alcove_bridge *on, struct alcove_check_run *run)
{
    size_t n;
    char *p = alcove_bridge_strdup(on, ""), *q;

    if (!p)
        return false;
    for (n = 0; n < 20; n++) {
        q = n % 2 == 0 ? alcove_bridge_realloc_last(p, n + 2, on)
                       : alcove_bridge_realloc_told(on, p, n + 1, n + 2);
        alcove_check_that(run, q || strlen(p) == n, "the block is as it was");
        if (!q) {
            alcove_bridge_free(on, p);
            return false;
        }
        p = q;
        p[n] = 'x';
        p[n + 1] = '\0';
    }
    alcove_check_outcome(run, p, strlen(p));
    alcove_bridge_free(on, p);
    return true;
}

static bool
grow_sized(struct alcove_bridge *on, struct alcove_check_run *run)
{
    size_t n, room = 4;
    char *p = alcove_bridge_resized(on, NULL, 6, room), *q;

    if (!p)
        return false;
    for (n = 0; n < 20; n++) {
        if (n == room) {
            q = alcove_bridge_resized(on, p, room, 2 * room);
            if (!q) {
                alcove_bridge_resized(on, p, room, 0);
                return false;
            }
            p = q;
            room *= 2;
        }
        p[n] = (char)n;
    }
    q = alcove_bridge_resized(on, p, room, n);
    if (q)
        room = n;
    p = q ? q : p;
    alcove_check_outcome(run, p, n);
    alcove_bridge_sized_free(on, p, room);
    return q != NULL;
}

/* It takes for granted that a block can be made smaller. */
static bool
shrink_safely(struct alcove_bridge *on, struct alcove_check_run *run)
{
    char *p = alcove_bridge_resized_safe(on, NULL, 6, 300), *q;

    if (!p)
        return false;
    memset(p, 0x55, 300);
    q = alcove_bridge_resized_safe(on, p, 300, 30);
    alcove_check_that(run, q && holds(q, 0x55, 30), "smaller is possible");
    p = q;
    q = alcove_bridge_resized_safe(on, p, 30, 4000);
    if (q) {
        alcove_check_outcome(run, q, 30);
        alcove_bridge_resized_safe(on, q, 4000, 0);
        return true;
    }
    alcove_bridge_resized_safe(on, p, 30, 0);
    return false;
}

static bool
use_items(struct alcove_bridge *on, struct alcove_check_run *run)
{
    unsigned char *p = alcove_bridge_alloc_uints(on, 5, 6);
    unsigned char *q = alcove_bridge_alloc_ints(on, 5, 6);
    unsigned char *r = alcove_bridge_calloc_last(5, 6, on);
    unsigned char *s = alcove_bridge_alloc_aligned(on, 30, 256), *t = NULL;

    if (s)
        t = alcove_bridge_realloc_aligned(on, s, 40, 512);
    if (r)
        alcove_check_outcome(run, r, 30);
    alcove_bridge_free(on, p);
    alcove_bridge_free(on, q);
    alcove_bridge_free(on, r);
    alcove_bridge_free(on, t ? t : s);
    return p && q && r && s && t;
}

static bool
body(struct alcove_allocator *on, struct alcove_check_run *run, void *arg)
{
    bool (*const *client)(struct alcove_bridge *, struct alcove_check_run *) =
        arg;
    struct alcove_bridge bridge;
    bool good;

    if (!alcove_bridge_init(&bridge, on, NULL, NULL))
        return false;
    good = (*client)(&bridge, run);
    alcove_check_that(run, bridge.wrong == 0, "nothing is wrong");
    alcove_check_that(run, good || bridge.refused > 0,
                      "what is refused is counted");
    return good;
}

static void
say(const struct alcove_check_result *result, void *arg)
{
    (void)arg;
    if (result->verdict != ALCOVE_VERDICT_PASS &&
        result->verdict != ALCOVE_VERDICT_SKIP)
        diag("%s: %s", result->check, result->text ? result->text : "");
}

static void
test_out_of_memory(void)
{
    static bool (*const clients[])(struct alcove_bridge *,
                                   struct alcove_check_run *) = {
        grow_unsized, grow_sized, shrink_safely, use_items};
    static const char *const names[] = {"unsized", "sized", "resized_safe",
                                        "items and aligned"};
    size_t i;

    for (i = 0; i < sizeof clients / sizeof *clients; i++)
        ok(alcove_check_oom(body, (void *)(uintptr_t)&clients[i], NULL, NULL,
                            say, NULL),
           "a client without memory: %s", names[i]);
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(163);
    test_init();
    test_shapes();
    test_option_align();
    test_sized();
    test_guarded();
    test_zero();
    test_sizes();
    test_handler();
    test_limited();
    test_wrong();
    test_double_free();
    test_codes();
    test_telling();
    test_aligned_always();
    test_unbound();
    test_bind();
    test_global();
    test_threads();
    test_out_of_memory();
    return tap_done();
}
