/* SPDX-License-Identifier: MIT */
/* The front that all allocators have in common keeps its contract: it refuses
 * at the door, serves size 0, keeps contents, clears what must be 0, and a
 * failure changes nothing.
 *
 * What holds for every allocator is checked over alcove_malloc() and over
 * counting allocators with each choice of operations; what only books can show
 * over the latter.
 */
#include <config.h>

#include <alcove/alloc.h>
#include <alcove/malloc.h>

#include "count.h"
#include "tap.h"

#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MARK (-4711) /* an errno that nobody sets */
#define MAX ALCOVE_SIZE_MAX

static struct count count;
static struct count *books; /* &count, or NULL over alcove_malloc() */
static struct alcove_allocator *a;

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

static void
use_count(unsigned features)
{
    count_init(&count, features);
    books = &count;
    a = &count.allocator;
}

/* ---- one call, and what it may leave behind ---- */

static struct alcove_error err, pristine;
static struct alcove_error *E; /* the error to pass: &err or NULL */
static struct count was;

static void
before(struct alcove_error *pass)
{
    E = pass;
    err = pristine;
    if (books)
        was = *books;
    errno = MARK;
}

static bool
same_books(void)
{
    return !books ||
           (books->live_blocks == was.live_blocks &&
            books->live_bytes == was.live_bytes && books->wrong == was.wrong &&
            memcmp(books->blocks, was.blocks, sizeof was.blocks) == 0);
}

static int
errno_of(enum alcove_code code)
{
    switch (code) {
    case ALCOVE_ERR_ALLOC_FAILED:
        return ENOMEM;
    case ALCOVE_ERR_EXCEEDS_MAX:
    case ALCOVE_ERR_ARITH:
        return EOVERFLOW;
    case ALCOVE_ERR_UNSUPPORTED:
        return ENOTSUP;
    case ALCOVE_ERR_NOT_OWNED:
        return EPERM;
    case ALCOVE_ERR_LOCK:
        return EBUSY;
    default:
        return EINVAL;
    }
}

/* Has the call been refused as it must, and has nothing changed? */
static bool
refused(enum alcove_code code, bool early, const char *call)
{
    int number = errno;
    const char *why = NULL;

    if (!errno_is(errno_of(code)))
        why = "another errno";
    else if (E && err.code != code)
        why = "another code";
    else if (E && !err.allocator)
        why = "an allocator without a name";
    else if (!same_books())
        why = "other books";
    else if (early && books && books->asked != was.asked)
        why = "a call of the allocator";
    if (why)
        diag("%s: %s; errno %d, code %s", call, why, number,
             E ? alcove_code_name(err.code) : "not asked for");
    return !why;
}

static bool
untouched(const char *call)
{
    int number = errno;

    if (errno_is(MARK) && memcmp(&err, &pristine, sizeof err) == 0)
        return true;
    diag("%s: touches errno or the error; errno %d", call, number);
    return false;
}

/* The call, in which E stands for the error, fails with this code, with and
 * without an error; EARLY: without a call of the allocator. */
#define REFUSES_AS(code, early, call)                                          \
    (before(&err), !(call) && refused(code, early, #call) &&                   \
                       (before(NULL), !(call) && refused(code, early, #call)))
#define REFUSES(code, call) REFUSES_AS(code, false, call)
#define REFUSES_EARLY(code, call) REFUSES_AS(code, true, call)

/* The call is true, and leaves errno and the error alone. */
#define SUCCEEDS(call) (before(&err), (call) && untouched(#call))

/* The call is false, which is no error, and changes nothing. */
#define DECLINES(call)                                                         \
    (before(&err), !(call) && untouched(#call) && same_books())

/* ---- contents ---- */

static unsigned char
mark(size_t i)
{
    return (unsigned char)(i * 7 + i / 256 + 1);
}

static void
fill(void *p, size_t size)
{
    size_t i;

    for (i = 0; p && i < size; i++)
        ((unsigned char *)p)[i] = mark(i);
}

static bool
kept(const void *p, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++)
        if (!p || ((const unsigned char *)p)[i] != mark(i))
            return false;
    return true;
}

static bool
zero(const void *p, size_t from, size_t to)
{
    for (; from < to; from++)
        if (!p || ((const unsigned char *)p)[from] != 0)
            return false;
    return true;
}

/* New bytes that nobody has cleared, nor read past the old block's end. */
static bool
rubbish(const void *p, size_t from, size_t to)
{
    for (; from < to; from++)
        if (!p || ((const unsigned char *)p)[from] != COUNT_RUBBISH)
            return false;
    return true;
}

static bool
aligned(const void *p, size_t align)
{
    return p && (uintptr_t)p % align == 0;
}

/* A block that is full of marks. The tests cannot go on without it. */
static void *
block(struct alcove_layout l)
{
    void *p = alcove_alloc(a, l, NULL);

    if (!p)
        bail_out("no memory for the test");
    fill(p, l.size);
    return p;
}

static void
drop(void *p, struct alcove_layout l)
{
    (void)alcove_dealloc(a, p, l, NULL);
}

/* ---- over every allocator ---- */

static const struct {
    size_t size, align;
    enum alcove_code code;
    const char *text;
} bad[] = {
    {8, 0, ALCOVE_ERR_ZERO_ALIGN, "alignment 0"},
    {0, 0, ALCOVE_ERR_ZERO_ALIGN, "size 0 with alignment 0"},
    {8, 3, ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO, "alignment 3"},
    {0, 6, ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO, "size 0 with alignment 6"},
    {8, SIZE_MAX, ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO, "the largest alignment"},
    {MAX + 1, 1, ALCOVE_ERR_EXCEEDS_MAX, "one byte too many"},
    {MAX, 2, ALCOVE_ERR_EXCEEDS_MAX, "one too many when rounded up"},
    {MAX - 14, 16, ALCOVE_ERR_EXCEEDS_MAX, "one too many, aligned to 16"},
    {1, SIZE_MAX / 2 + 1, ALCOVE_ERR_EXCEEDS_MAX, "half of all addresses"},
    {SIZE_MAX, 8, ALCOVE_ERR_EXCEEDS_MAX, "all addresses"},
};

static void
check_bad_layouts(void)
{
    const struct alcove_layout l = lay(40, 8);
    void *p = block(l);
    size_t i;

    for (i = 0; i < COUNT(bad); i++) {
        enum alcove_code code = bad[i].code;
        struct alcove_layout b = lay(bad[i].size, bad[i].align);
        struct alcove_layout big = lay(MAX - 7, 8);

        ok(REFUSES_EARLY(code, alcove_alloc(a, b, E)) &&
               REFUSES_EARLY(code, alcove_zalloc(a, b, E)) &&
               REFUSES_EARLY(code, alcove_dealloc(a, p, b, E)) &&
               REFUSES_EARLY(code, alcove_dealloc(a, NULL, b, E)),
           "%s is refused by alloc, zalloc and dealloc", bad[i].text);
        ok(REFUSES_EARLY(code, alcove_grow(a, p, b, big, E)) &&
               REFUSES_EARLY(code, alcove_zgrow(a, p, b, big, E)) &&
               REFUSES_EARLY(code, alcove_shrink(a, p, b, lay(0, 8), E)) &&
               REFUSES_EARLY(code, alcove_realloc(a, p, b, l, E)) &&
               REFUSES_EARLY(code, alcove_rezalloc(a, p, b, l, E)),
           "...as the old layout by grow, shrink and realloc");
        ok(REFUSES_EARLY(code, alcove_grow(a, p, lay(0, 1), b, E)) &&
               REFUSES_EARLY(code, alcove_grow(a, p, l, b, E)) &&
               REFUSES_EARLY(code, alcove_zgrow(a, p, l, b, E)) &&
               REFUSES_EARLY(code, alcove_shrink(a, p, l, b, E)) &&
               REFUSES_EARLY(code, alcove_realloc(a, p, l, b, E)) &&
               REFUSES_EARLY(code, alcove_rezalloc(a, p, l, b, E)),
           "...as the new layout");
        ok(DECLINES(alcove_resize(a, p, b, l)) &&
               DECLINES(alcove_resize(a, p, l, b)),
           "...and declined by resize");
    }
    ok(!alcove_alloc(a, lay(8, 3), &err) && err.layout.size == 8 &&
           err.layout.align == 3 && err.os_error == 0 && err.allocator &&
           strcmp(err.allocator, alcove_name(a)) == 0,
       "the error says what was asked of whom");
    ok(err.cause == ALCOVE_CAUSE_UNKNOWN && err.op == ALCOVE_ARITH_NONE &&
           err.old.size == 0 && err.old.align == 0 && err.lhs == 0 &&
           err.rhs == 0 && err.limit == 0 && !err.detail,
       "...and nothing else");
    ok(kept(p, l.size), "a block is whole after all that");
    drop(p, l);
}

typedef void *change_fn(struct alcove_allocator *, void *, struct alcove_layout,
                        struct alcove_layout, struct alcove_error *);

/* Does the error of this change tell what the block was and was to be? */
static bool
tells(change_fn *change, void *p, struct alcove_layout old,
      struct alcove_layout new_)
{
    before(&err);
    return !change(a, p, old, new_, &err) && err.layout.size == new_.size &&
           err.layout.align == new_.align && err.old.size == old.size &&
           err.old.align == old.align;
}

static void
check_bad_changes(void)
{
    const struct alcove_layout l = lay(40, 8), small = lay(39, 8),
                               large = lay(41, 8);
    enum alcove_code code = ALCOVE_ERR_SMALLER_ALIGN;
    void *p = block(l);

    ok(REFUSES_EARLY(code, alcove_grow(a, p, l, lay(41, 4), E)) &&
           REFUSES_EARLY(code, alcove_zgrow(a, p, l, lay(41, 4), E)) &&
           REFUSES_EARLY(code, alcove_shrink(a, p, l, lay(39, 4), E)) &&
           REFUSES_EARLY(code, alcove_realloc(a, p, l, lay(40, 4), E)) &&
           REFUSES_EARLY(code, alcove_rezalloc(a, p, l, lay(40, 1), E)),
       "a smaller alignment is refused");
    ok(REFUSES_EARLY(code, alcove_realloc(a, p, l, lay(0, 4), E)) &&
           REFUSES_EARLY(code, alcove_grow(a, NULL, lay(0, 8), lay(1, 4), E)),
       "...to and from size 0, too");

    code = ALCOVE_ERR_GROW_SMALLER;
    ok(REFUSES_EARLY(code, alcove_grow(a, p, l, small, E)) &&
           REFUSES_EARLY(code, alcove_zgrow(a, p, l, small, E)) &&
           REFUSES_EARLY(code, alcove_grow(a, p, l, lay(0, 8), E)),
       "to grow to a smaller size is refused");
    code = ALCOVE_ERR_SHRINK_LARGER;
    ok(REFUSES_EARLY(code, alcove_shrink(a, p, l, large, E)) &&
           REFUSES_EARLY(code, alcove_shrink(a, NULL, lay(0, 1), lay(1, 1), E)),
       "to shrink to a larger size is refused");

    code = ALCOVE_ERR_LAYOUT_MISMATCH;
    ok(REFUSES_EARLY(code, alcove_grow(a, NULL, l, large, E)) &&
           REFUSES_EARLY(code, alcove_zgrow(a, NULL, l, large, E)) &&
           REFUSES_EARLY(code, alcove_shrink(a, NULL, l, small, E)) &&
           REFUSES_EARLY(code, alcove_shrink(a, NULL, l, lay(0, 8), E)) &&
           REFUSES_EARLY(code, alcove_realloc(a, NULL, l, l, E)) &&
           REFUSES_EARLY(code, alcove_rezalloc(a, NULL, l, large, E)),
       "NULL is refused as a block that has a size");
    ok(DECLINES(alcove_resize(a, NULL, l, large)), "...and declined by resize");
    ok(tells(alcove_grow, p, l, small) && tells(alcove_zgrow, p, l, small) &&
           tells(alcove_shrink, p, l, large) &&
           tells(alcove_realloc, NULL, l, large) &&
           tells(alcove_rezalloc, p, l, lay(41, 4)),
       "errors tell what the block was and was to be");
    ok(kept(p, l.size), "the block is whole after all that");
    drop(p, l);
}

static void
check_nothing(void)
{
    size_t align, wrong = 0, asked = count.asked;

    for (align = 1; align != 0; align *= 2) {
        struct alcove_layout l = lay(0, align);
        void *dangling = alcove_layout_dangling(l);

        wrong += !SUCCEEDS(alcove_alloc(a, l, E) == dangling) ||
                 !SUCCEEDS(alcove_zalloc(a, l, E) == dangling) ||
                 !SUCCEEDS(alcove_dealloc(a, dangling, l, E)) ||
                 !SUCCEEDS(alcove_dealloc(a, NULL, l, E)) || !same_books() ||
                 !aligned(dangling, align);
    }
    is_size(wrong, 0, "a block of size 0 is its alignment, and released");
    ok(SUCCEEDS(alcove_dealloc(a, NULL, lay(100, 8), E)),
       "the release of NULL is a no-op");
    is_size(count.asked, asked, "...which the allocator never sees");
}

static void
check_from_nothing(void)
{
    const struct alcove_layout none = lay(0, 2), l = lay(100, 64);
    void *p = NULL;

    ok(SUCCEEDS(p = alcove_grow(a, NULL, none, l, E)) && aligned(p, 64),
       "NULL grows to a block");
    drop(p, l);
    ok(SUCCEEDS(
           p = alcove_realloc(a, alcove_layout_dangling(none), none, l, E)) &&
           aligned(p, 64),
       "...and a block of size 0 does");
    drop(p, l);
    ok(SUCCEEDS(p = alcove_zgrow(a, NULL, none, l, E)) && aligned(p, 64) &&
           zero(p, 0, l.size),
       "zgrow from size 0 clears it all");
    drop(p, l);
    ok(SUCCEEDS(
           p = alcove_rezalloc(a, alcove_layout_dangling(none), none, l, E)) &&
           zero(p, 0, l.size),
       "...and rezalloc does");
    drop(p, l);
    ok(DECLINES(alcove_resize(a, NULL, none, l)) &&
           DECLINES(alcove_resize(a, alcove_layout_dangling(none), none, l)),
       "resize does not");
}

static void
check_to_nothing(void)
{
    const struct alcove_layout none = lay(0, 16), l = lay(100, 8);
    void *dangling = alcove_layout_dangling(none);
    size_t live = count.live_blocks;
    void *p;

    p = block(l);
    ok(SUCCEEDS(alcove_shrink(a, p, l, none, E) == dangling),
       "a block shrinks to size 0");
    p = block(l);
    ok(SUCCEEDS(alcove_realloc(a, p, l, none, E) == dangling),
       "...by realloc, too");
    p = block(l);
    ok(SUCCEEDS(alcove_rezalloc(a, p, l, none, E) == dangling),
       "...and rezalloc");
    ok(!books || count_ok(&count, live, 0), "...and is gone");
    p = block(l);
    ok(DECLINES(alcove_resize(a, p, l, none)), "resize does not do that");
    drop(p, l);

    ok(SUCCEEDS(alcove_grow(a, NULL, lay(0, 8), none, E) == dangling) &&
           SUCCEEDS(alcove_zgrow(a, NULL, lay(0, 8), none, E) == dangling) &&
           SUCCEEDS(alcove_shrink(a, NULL, lay(0, 8), none, E) == dangling) &&
           SUCCEEDS(alcove_realloc(a, NULL, lay(0, 8), none, E) == dangling) &&
           SUCCEEDS(alcove_rezalloc(a, NULL, lay(0, 8), none, E) == dangling),
       "size 0 becomes size 0 of another alignment");
    ok(DECLINES(alcove_resize(a, NULL, lay(0, 8), none)) &&
           DECLINES(alcove_resize(a, alcove_layout_dangling(lay(0, 8)),
                                  lay(0, 8), lay(0, 8))),
       "...but not by resize");
}

static const size_t some_sizes[] = {1, 2, 7, 8, 16, 63, 100, 257, 1000, 5000};
static const size_t some_aligns[] = {1, 8, 16, 64, 512};

static void
check_alloc(void)
{
    size_t i, j, wrong = 0;

    for (i = 0; i < COUNT(some_sizes); i++) {
        for (j = 0; j < COUNT(some_aligns); j++) {
            struct alcove_layout l = lay(some_sizes[i], some_aligns[j]);
            void *p = NULL, *z = NULL;

            wrong +=
                !SUCCEEDS(p = alcove_alloc(a, l, E)) || !aligned(p, l.align);
            wrong += !SUCCEEDS(z = alcove_zalloc(a, l, E)) ||
                     !aligned(z, l.align) || !zero(z, 0, l.size);
            fill(p, l.size);
            fill(z, l.size);
            wrong += !kept(p, l.size) || !kept(z, l.size) || p == z;
            wrong += !SUCCEEDS(alcove_dealloc(a, p, l, E));
            wrong += !SUCCEEDS(alcove_dealloc(a, z, l, E));
        }
    }
    is_size(wrong, 0, "blocks are aligned, apart, cleared by zalloc, released");
}

static size_t
wrong_change(change_fn *change, struct alcove_layout old,
             struct alcove_layout new_, bool clear)
{
    size_t smaller = old.size < new_.size ? old.size : new_.size;
    size_t wrong = 0;
    void *p = block(old);
    void *q = NULL;

    wrong += !SUCCEEDS(q = change(a, p, old, new_, E));
    if (!q)
        return 1;
    wrong += !aligned(q, new_.align) || !kept(q, smaller);
    wrong += clear && !zero(q, smaller, new_.size);
    wrong += books && !clear && !rubbish(q, smaller, new_.size);
    wrong += books && !count_ok(books, was.live_blocks,
                                was.live_bytes - old.size + new_.size);
    fill(q, new_.size);
    wrong += !SUCCEEDS(alcove_dealloc(a, q, new_, E));
    return wrong;
}

static void
check_changes(void)
{
    size_t grow = 0, zgrow = 0, shrink = 0, either = 0, zeither = 0;
    size_t i, j, k, l;

    for (i = 0; i < COUNT(some_sizes); i++) {
        for (j = 0; j < COUNT(some_sizes); j++) {
            for (k = 0; k < COUNT(some_aligns); k++) {
                for (l = k; l < COUNT(some_aligns); l++) {
                    struct alcove_layout o = lay(some_sizes[i], some_aligns[k]);
                    struct alcove_layout n = lay(some_sizes[j], some_aligns[l]);

                    if (i <= j) {
                        grow += wrong_change(alcove_grow, o, n, false);
                        zgrow += wrong_change(alcove_zgrow, o, n, true);
                    }
                    if (i >= j)
                        shrink += wrong_change(alcove_shrink, o, n, false);
                    either += wrong_change(alcove_realloc, o, n, false);
                    zeither += wrong_change(alcove_rezalloc, o, n, true);
                }
            }
        }
    }
    is_size(grow, 0, "grow keeps the contents, aligns, and releases the old");
    is_size(zgrow, 0, "...zgrow too, and clears the rest");
    is_size(shrink, 0, "...shrink too");
    is_size(either, 0, "...realloc too");
    is_size(zeither, 0, "...rezalloc too, and clears the rest");
}

/* What a shrink leaves over must not come back by a rezalloc. */
static void
check_clear_again(void)
{
    const struct alcove_layout large = lay(200, 8), small = lay(50, 8);
    void *p = block(large);

    p = alcove_rezalloc(a, p, large, small, NULL);
    ok(p && kept(p, 50), "a block is made smaller");
    p = alcove_rezalloc(a, p, small, large, NULL);
    ok(p && kept(p, 50) && zero(p, 50, 200), "...and its new bytes are 0");
    p = alcove_shrink(a, p, large, small, NULL);
    p = alcove_zgrow(a, p, small, large, NULL);
    ok(p && kept(p, 50) && zero(p, 50, 200), "...by zgrow, too");
    drop(p, large);
}

struct point {
    double x, y;
    char name;
};

static void
check_arrays(void)
{
    const struct alcove_layout item = ALCOVE_LAYOUT(struct point);
    const size_t over = SIZE_MAX / sizeof(struct point) + 2;
    enum alcove_code code;
    struct point *p = NULL;

    p = alcove_alloc_array(a, item, 10, NULL);
    ok(aligned(p, item.align), "an array of 10");
    fill(p, 10 * sizeof *p);
    ok(SUCCEEDS(p = alcove_realloc_array(a, p, item, 10, 20, E)) &&
           kept(p, 10 * sizeof *p),
       "...becomes one of 20, and keeps its contents");
    ok(SUCCEEDS(p = alcove_realloc_array(a, p, item, 20, 5, E)) &&
           kept(p, 5 * sizeof *p),
       "...or of 5");

    code = ALCOVE_ERR_ARITH;
    ok(REFUSES_EARLY(code, alcove_alloc_array(a, item, over, E)) &&
           REFUSES_EARLY(code, alcove_zalloc_array(a, item, over, E)) &&
           REFUSES_EARLY(code, alcove_realloc_array(a, p, item, 5, over, E)) &&
           REFUSES_EARLY(code, alcove_realloc_array(a, p, item, over, 5, E)) &&
           REFUSES_EARLY(code, alcove_dealloc_array(a, p, item, over, E)),
       "a product that overflows is refused");
    code = ALCOVE_ERR_EXCEEDS_MAX;
    ok(REFUSES_EARLY(code, alcove_alloc_array(a, item, over / 2, E)) &&
           REFUSES_EARLY(code, alcove_zalloc_array(a, item, over / 2, E)) &&
           REFUSES_EARLY(code,
                         alcove_realloc_array(a, p, item, 5, over / 2, E)),
       "...and one that is too large");
    code = ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO;
    ok(REFUSES_EARLY(code, alcove_alloc_array(a, lay(8, 3), 0, E)) &&
           REFUSES_EARLY(code, alcove_dealloc_array(a, p, lay(8, 3), 5, E)),
       "...and an item that is not valid");
    ok(kept(p, 5 * sizeof *p) &&
           SUCCEEDS(alcove_dealloc_array(a, p, item, 5, E)),
       "the array is whole after all that, and released");

    ok(SUCCEEDS((p = alcove_zalloc_array(a, item, 7, E)) != NULL) &&
           zero(p, 0, 7 * sizeof *p),
       "zalloc_array clears");
    ok(SUCCEEDS((p = alcove_realloc_array(a, p, item, 7, 0, E)) ==
                alcove_layout_dangling(item)),
       "an array becomes one of no items");
    ok(SUCCEEDS(p = alcove_realloc_array(a, p, item, 0, 3, E)),
       "...and one of 3 again");
    ok(SUCCEEDS(alcove_dealloc_array(a, p, item, 3, E)) &&
           SUCCEEDS(alcove_alloc_array(a, item, 0, E) ==
                    alcove_layout_dangling(item)) &&
           SUCCEEDS(alcove_dealloc_array(a, NULL, item, 3, E)),
       "no items and NULL are served");
}

/* Counts how often the arguments of a macro are evaluated. */
static unsigned evaluated;

static struct alcove_allocator *
once(void)
{
    evaluated++;
    return a;
}

static void
check_macros(void)
{
    const size_t size = sizeof(struct point);
    struct point *p = NULL;
    size_t n = 3, old;

    evaluated = 0;
    ok(SUCCEEDS(p = ALCOVE_NEW(once(), struct point, E)), "ALCOVE_NEW");
    fill(p, size);
    ok(SUCCEEDS(ALCOVE_DELETE(once(), p, struct point, E)), "ALCOVE_DELETE");
    ok(SUCCEEDS(p = ALCOVE_ZNEW(once(), struct point, E)) && zero(p, 0, size),
       "ALCOVE_ZNEW");
    ALCOVE_DELETE(once(), p, struct point, NULL);

    ok(SUCCEEDS(p = ALCOVE_NEW_ARRAY(once(), struct point, n++, E)),
       "ALCOVE_NEW_ARRAY");
    fill(p, 3 * size);
    old = 3;
    ok(SUCCEEDS(
           p = ALCOVE_REALLOC_ARRAY(once(), p, struct point, old++, n++, E)) &&
           kept(p, 3 * size),
       "ALCOVE_REALLOC_ARRAY");
    ok(SUCCEEDS(ALCOVE_DELETE_ARRAY(once(), p, struct point, old++, E)),
       "ALCOVE_DELETE_ARRAY");
    ok(SUCCEEDS(p = ALCOVE_ZNEW_ARRAY(once(), struct point, n++, E)) &&
           zero(p, 0, 5 * size),
       "ALCOVE_ZNEW_ARRAY");
    ALCOVE_DELETE_ARRAY(once(), p, struct point, n - 1, NULL);
    ok(evaluated == 9 && n == 6 && old == 5,
       "...and each argument was evaluated once");
    ok(REFUSES_EARLY(ALCOVE_ERR_ARITH,
                     ALCOVE_NEW_ARRAY(a, struct point, SIZE_MAX, E)) &&
           REFUSES_EARLY(ALCOVE_ERR_ARITH,
                         ALCOVE_ZNEW_ARRAY(a, struct point, SIZE_MAX, E)),
       "...and too many items are refused");
}

enum { CHECKS_OF_EACH = 4 * 10 + 3 + 8 + 3 + 5 + 7 + 1 + 5 + 3 + 11 + 9 + 1 };

static void
check_each(const char *text)
{
    diag("over %s", text);
    check_bad_layouts();
    check_bad_changes();
    check_nothing();
    check_from_nothing();
    check_to_nothing();
    check_alloc();
    check_changes();
    check_clear_again();
    check_arrays();
    check_macros();
    ok(!books || count_ok(books, 0, 0), "over %s nothing is left", text);
}

/* ---- refusals by the allocator ---- */

enum { CHECKS_OF_REFUSALS = 10 };

/* The old block is whole after a change that failed, whatever the allocator
 * changes blocks with. */
static void
check_refusals(const char *text, unsigned features)
{
    const struct alcove_layout l = lay(100, 8), large = lay(2000, 8),
                               small = lay(9, 8);
    enum alcove_code code = ALCOVE_ERR_ALLOC_FAILED;
    void *p, *q = NULL;

    use_count(features);
    diag("over %s", text);
    p = block(l);
    count.refuse_resize = true;
    count.fail_after = 0;
    ok(REFUSES(code, alcove_alloc(a, l, E)) &&
           REFUSES(code, alcove_zalloc(a, l, E)),
       "what the allocator refuses is not there");
    ok(REFUSES(code, alcove_grow(a, p, l, large, E)) &&
           REFUSES(code, alcove_zgrow(a, p, l, large, E)) &&
           REFUSES(code, alcove_realloc(a, p, l, large, E)) &&
           REFUSES(code, alcove_rezalloc(a, p, l, large, E)) && kept(p, l.size),
       "...and the old block whole after grow and realloc");
    ok(REFUSES(code, alcove_shrink(a, p, l, small, E)) &&
           REFUSES(code, alcove_realloc(a, p, l, small, E)) && kept(p, l.size),
       "...and shrink");
    ok(REFUSES(code, alcove_realloc(a, p, l, lay(100, 256), E)) &&
           kept(p, l.size),
       "...and a larger alignment");
    ok(REFUSES(code, alcove_grow(a, NULL, lay(0, 1), l, E)) &&
           REFUSES(code, alcove_rezalloc(a, NULL, lay(0, 1), l, E)),
       "nothing grows from nothing");
    before(&err);
    ok(!alcove_grow(a, p, l, large, &err) &&
           err.cause == ALCOVE_CAUSE_INJECTED && err.layout.size == large.size,
       "the error is the allocator's own");
    ok(REFUSES(code, alcove_alloc_array(a, l, 2, E)) &&
           REFUSES(code, alcove_zalloc_array(a, l, 2, E)) &&
           REFUSES(code, alcove_realloc_array(a, p, l, 1, 20, E)) &&
           REFUSES(code, alcove_realloc_array(a, NULL, l, 0, 2, E)),
       "...that of an array, too");
    count.fail_after = SIZE_MAX;

    count.refuse_dealloc = true;
    ok(REFUSES(ALCOVE_ERR_LOCK, alcove_dealloc(a, p, l, E)) &&
           REFUSES(ALCOVE_ERR_LOCK, alcove_dealloc_array(a, p, l, 1, E)) &&
           kept(p, l.size),
       "a release that is refused leaves the block");
    ok(REFUSES(ALCOVE_ERR_LOCK, alcove_shrink(a, p, l, lay(0, 8), E)) &&
           REFUSES(ALCOVE_ERR_LOCK, alcove_realloc(a, p, l, lay(0, 8), E)) &&
           kept(p, l.size),
       "...and so it does at a change to size 0");
    count.refuse_dealloc = false;
    q = alcove_realloc(a, p, l, large, NULL);
    ok(q && kept(q, l.size) && count_ok(&count, 1, large.size),
       "the block is in order after all that");
    drop(q, large);
    count_done(&count);
}

/* A copy was made, and the old block cannot be released. */
static void
check_release_of_old(void)
{
    const struct alcove_layout l = lay(100, 8), large = lay(200, 8),
                               small = lay(9, 8);
    enum alcove_code code = ALCOVE_ERR_LOCK;
    size_t allocs, deallocs;
    void *p;

    use_count(COUNT_PLAIN);
    p = block(l);
    allocs = count.allocs;
    deallocs = count.deallocs;
    ok(REFUSES(code, (count.refuse_this = p, alcove_grow(a, p, l, large, E))),
       "an old block that cannot be released stays, and grow fails");
    is_size(count.allocs - allocs, 2, "...twice, with a new block each");
    is_size(count.deallocs - deallocs, 2, "...that was given back each time");
    ok(REFUSES(code,
               (count.refuse_this = p, alcove_zgrow(a, p, l, large, E))) &&
           REFUSES(code,
                   (count.refuse_this = p, alcove_shrink(a, p, l, small, E))) &&
           REFUSES(code, (count.refuse_this = p,
                          alcove_realloc(a, p, l, large, E))) &&
           REFUSES(code,
                   (count.refuse_this = p, alcove_rezalloc(a, p, l, small, E))),
       "...and so do zgrow, shrink, realloc and rezalloc");
    ok(kept(p, l.size) && count_ok(&count, 1, l.size),
       "...and it is whole, and alone");
    count_done(&count);
}

/* ---- which operation does it ---- */

static void
check_resize(void)
{
    const struct alcove_layout l = lay(100, 8), large = lay(200, 8),
                               small = lay(9, 8);
    size_t resizes, wrong, align;
    void *p, *q = NULL;

    use_count(COUNT_PLAIN | ALCOVE_CAN_RESIZE);
    p = block(l);
    ok(SUCCEEDS(alcove_resize(a, p, l, large)) && kept(p, 100) &&
           count_ok(&count, 1, 200),
       "a block is resized in place");
    ok(SUCCEEDS(alcove_resize(a, p, large, small)) && kept(p, 9) &&
           count_ok(&count, 1, 9),
       "...and back");
    ok(SUCCEEDS(alcove_resize(a, p, small, lay(9, 4))) && kept(p, 9) &&
           SUCCEEDS(alcove_resize(a, p, lay(9, 4), lay(100, 8))),
       "...to a smaller alignment, and to a larger one that it has");
    fill(p, 100);

    ok(SUCCEEDS((q = alcove_grow(a, p, l, large, E)) == p) && kept(p, 100) &&
           SUCCEEDS(alcove_shrink(a, p, large, l, E) == p) && kept(p, 100) &&
           SUCCEEDS(alcove_realloc(a, p, l, small, E) == p) && kept(p, 9) &&
           SUCCEEDS(alcove_rezalloc(a, p, small, l, E) == p) && kept(p, 9) &&
           zero(p, 9, 100),
       "grow, shrink, realloc and rezalloc do it in place");
    ok(count.allocs == 1 && count.deallocs == 0, "...without another block");
    fill(p, 100);

    resizes = count.resizes;
    ok(DECLINES(alcove_resize(a, p, l, lay(5000, 8))) && kept(p, 100),
       "what does not fit is declined");
    ok(SUCCEEDS((q = alcove_grow(a, p, l, lay(5000, 8), E)) != p) &&
           kept(q, 100) && count_ok(&count, 1, 5000),
       "...and moved by grow");
    drop(q, lay(5000, 8));
    is_size(count.resizes, resizes, "...not resized");

    for (align = 16, wrong = 0; align <= 4096; align *= 2) {
        p = block(lay(64, 8));
        if (aligned(p, align))
            wrong +=
                !SUCCEEDS(alcove_resize(a, p, lay(64, 8), lay(64, align))) ||
                !SUCCEEDS(alcove_resize(a, p, lay(64, align), lay(64, 8)));
        else
            wrong += !DECLINES(alcove_resize(a, p, lay(64, 8), lay(64, align)));
        drop(p, lay(64, 8));
    }
    ok(wrong == 0 && count_ok(&count, 0, 0),
       "a larger alignment is asked for in place where the block has it");

    use_count(COUNT_PLAIN);
    a->features |= ALCOVE_CAN_CHECKED;
    p = block(l);
    ok(SUCCEEDS((q = alcove_grow(a, p, l, large, E))) && kept(q, 100),
       "what checks, and does not tell what it owns, moves the contents");
    drop(q, large);

    use_count(COUNT_PLAIN);
    p = block(l);
    ok(DECLINES(alcove_resize(a, p, l, large)) &&
           DECLINES(alcove_resize(a, p, l, small)),
       "an allocator without resize declines");
    ok(SUCCEEDS(alcove_resize(a, p, l, l)) &&
           SUCCEEDS(alcove_grow(a, p, l, l, E) == p) &&
           SUCCEEDS(alcove_shrink(a, p, l, l, E) == p) && count.asked == 1,
       "...but a block has the layout that it has");
    count_done(&count);
}

static void
check_realloc(void)
{
    const struct alcove_layout l = lay(100, 8), large = lay(200, 8),
                               small = lay(9, 8);
    void *p, *q = NULL;

    use_count(COUNT_PLAIN | ALCOVE_CAN_REALLOC | ALCOVE_CAN_RESIZE);
    p = block(l);
    p = alcove_grow(a, p, l, large, NULL);
    p = alcove_shrink(a, p, large, small, NULL);
    p = alcove_rezalloc(a, p, small, large, NULL);
    p = alcove_realloc(a, p, large, lay(300, 64), NULL);
    ok(p && kept(p, 9) && count_ok(&count, 1, 300), "a block is reallocated");
    is_size(count.reallocs, 4, "...by the allocator's own realloc");
    is_size(count.allocs + count.deallocs, 1, "...not by copies");
    is_size(count.resizes, 0, "...nor in place");
    drop(p, lay(300, 64));

    p = block(l);
    ok(SUCCEEDS((q = alcove_realloc_by_copy(a, p, l, large, E)) != p) &&
           kept(q, 100) && count_ok(&count, 1, 200),
       "alcove_realloc_by_copy gives a new block with the contents");
    ok(SUCCEEDS(p = alcove_realloc_by_copy(a, q, large, small, E)) &&
           kept(p, 9) && count_ok(&count, 1, 9),
       "...a smaller one, too");
    is_size(count.reallocs + count.resizes, 4, "...by no other means");
    count.fail_after = 0;
    ok(REFUSES(ALCOVE_ERR_ALLOC_FAILED,
               alcove_realloc_by_copy(a, p, small, large, E)) &&
           kept(p, 9),
       "...or none, and leaves the old block");
    count_done(&count);
}

static void
check_zalloc(void)
{
    void *p;

    use_count(COUNT_PLAIN | ALCOVE_CAN_ZERO);
    p = alcove_zalloc(a, lay(100, 8), NULL);
    ok(p && zero(p, 0, 100) && count.zallocs == 1 && count.allocs == 0,
       "zalloc is the allocator's own");
    drop(p, lay(100, 8));
    p = alcove_rezalloc(a, NULL, lay(0, 8), lay(100, 8), NULL);
    ok(p && zero(p, 0, 100) && count.zallocs == 2 && count.allocs == 0,
       "...and serves a rezalloc from size 0");
    count_done(&count);

    use_count(COUNT_PLAIN);
    p = alcove_zalloc(a, lay(100, 8), NULL);
    ok(p && zero(p, 0, 100) && count.allocs == 1,
       "without one, a block is allocated and cleared");
    ok(count_ok(&count, 1, 100), "...and not a byte more");
    count_done(&count);
}

/* ---- owns, usable_size, and the checked functions ---- */

static void
check_owns(void)
{
    const struct alcove_layout l = lay(100, 8);
    struct count other;
    size_t local = 0;
    void *p, *q = NULL;

    count_init(&other, COUNT_PLAIN);
    q = alcove_alloc(&other.allocator, l, NULL);
    use_count(COUNT_PLAIN | ALCOVE_CAN_OWNS);
    p = block(l);
    ok(SUCCEEDS(alcove_owns(a, p, l)), "an allocator owns its block");
    ok(DECLINES(alcove_owns(a, p, lay(99, 8))) &&
           DECLINES(alcove_owns(a, p, lay(100, 16))) &&
           DECLINES(alcove_owns(a, (char *)p + 8, lay(92, 8))),
       "...with its layout only");
    ok(q && DECLINES(alcove_owns(a, q, l)) &&
           DECLINES(alcove_owns(a, &local, lay(sizeof local, 1))) &&
           DECLINES(alcove_owns(a, NULL, l)),
       "...and no block of others");
    ok(DECLINES(alcove_owns(a, p, lay(100, 0))) &&
           DECLINES(alcove_owns(a, p, lay(100, 3))) &&
           DECLINES(alcove_owns(a, p, lay(SIZE_MAX, 8))) &&
           count_ok(&count, 1, 100),
       "...and none with an invalid layout");
    ok(SUCCEEDS(alcove_owns(a, alcove_layout_dangling(lay(0, 8)), lay(0, 8))) &&
           SUCCEEDS(alcove_owns(&other.allocator,
                                alcove_layout_dangling(lay(0, 8)), lay(0, 8))),
       "the block of size 0 is everybody's");
    ok(SUCCEEDS(alcove_owns(a, NULL, lay(0, 8))) &&
           SUCCEEDS(alcove_owns(&other.allocator, NULL, lay(0, 8))),
       "...and so is NULL in its place");
    ok(DECLINES(alcove_owns(a, p, lay(0, 8))) &&
           DECLINES(
               alcove_owns(a, alcove_layout_dangling(lay(0, 8)), lay(0, 16))),
       "...but nothing else is");
    drop(p, l);
    ok(DECLINES(alcove_owns(a, p, l)), "a block that was released is nobody's");
    ok(q && DECLINES(alcove_owns(&other.allocator, q, l)),
       "an allocator that cannot tell says no");
    count_done(&other);
}

static void
check_usable_size(void)
{
    const struct alcove_layout l = lay(100, 8);
    size_t usable = 0;
    void *p;

    use_count(COUNT_PLAIN | ALCOVE_CAN_USABLE_SIZE | ALCOVE_CAN_RESIZE);
    p = block(l);
    ok(SUCCEEDS((usable = alcove_usable_size(a, p, l)) > 100),
       "the allocator tells how much of a block can be used");
    ok(SUCCEEDS(alcove_resize(a, p, l, lay(usable, 8))) &&
           count_ok(&count, 1, usable),
       "...and a resize to that gives it");
    drop(p, lay(usable, 8));
    ok(alcove_usable_size(a, alcove_layout_dangling(lay(0, 8)), lay(0, 8)) ==
               0 &&
           alcove_usable_size(a, NULL, lay(0, 8)) == 0 &&
           count_ok(&count, 0, 0),
       "of a block of size 0 nothing can be used");
    ok(alcove_usable_size(a, NULL, l) == 100 &&
           alcove_usable_size(a, &count, lay(100, 3)) == 100 &&
           alcove_usable_size(a, &count, lay(SIZE_MAX, 8)) == SIZE_MAX &&
           count_ok(&count, 0, 0),
       "of NULL and with an invalid layout it is the size that was said");
    count_done(&count);

    use_count(COUNT_PLAIN);
    p = block(l);
    is_size(alcove_usable_size(a, p, l), 100,
            "an allocator that cannot tell says the size");
    count_done(&count);
}

static void
check_checked(void)
{
    const struct alcove_layout l = lay(100, 8), large = lay(200, 8);
    enum alcove_code code = ALCOVE_ERR_NOT_OWNED;
    char local[100] = "";
    void *p, *q = NULL;

    use_count(COUNT_PLAIN | ALCOVE_CAN_OWNS);
    p = block(l);
    ok(REFUSES(code, alcove_checked_dealloc(a, local, lay(100, 1), E)) &&
           REFUSES(code, alcove_checked_realloc(a, local, l, large, E)) &&
           REFUSES(code, alcove_checked_rezalloc(a, local, l, large, E)),
       "a foreign block is refused");
    ok(REFUSES(code, alcove_checked_dealloc(a, p, large, E)) &&
           REFUSES(code, alcove_checked_realloc(a, p, lay(100, 4), large, E)) &&
           REFUSES(code, alcove_checked_rezalloc(a, p, lay(99, 8), large, E)),
       "...and a block with another layout");
    ok(REFUSES_EARLY(ALCOVE_ERR_ZERO_ALIGN,
                     alcove_checked_dealloc(a, p, lay(100, 0), E)) &&
           REFUSES_EARLY(
               ALCOVE_ERR_EXCEEDS_MAX,
               alcove_checked_realloc(a, p, lay(SIZE_MAX, 1), l, E)) &&
           REFUSES(ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO,
                   alcove_checked_rezalloc(a, p, l, lay(200, 24), E)),
       "...and a layout that is not valid");
    ok(REFUSES(ALCOVE_ERR_SMALLER_ALIGN,
               alcove_checked_realloc(a, p, l, lay(200, 4), E)),
       "...and what realloc refuses");
    ok(REFUSES(ALCOVE_ERR_LAYOUT_MISMATCH,
               alcove_checked_realloc(a, NULL, l, large, E)) &&
           REFUSES(ALCOVE_ERR_LAYOUT_MISMATCH,
                   alcove_checked_rezalloc(a, NULL, l, large, E)),
       "...and NULL as a block that has a size");
    ok(kept(p, 100) && count_ok(&count, 1, 100),
       "the block is whole after all that");

    ok(SUCCEEDS((q = alcove_checked_realloc(a, p, l, large, E)) != NULL) &&
           kept(q, 100) && count_ok(&count, 1, 200),
       "its own block is reallocated");
    ok(REFUSES(code, alcove_checked_realloc(a, p, l, large, E)),
       "...and the old one no more");
    code = ALCOVE_ERR_LOCK;
    ok(REFUSES(code, (count.refuse_this = q,
                      alcove_checked_dealloc(a, q, large, E))) &&
           REFUSES(code, (count.refuse_this = q,
                          alcove_checked_realloc(a, q, large, l, E))) &&
           REFUSES(code, (count.refuse_this = q,
                          alcove_checked_rezalloc(a, q, large, l, E))),
       "...and kept when the allocator refuses");
    code = ALCOVE_ERR_NOT_OWNED;
    ok(SUCCEEDS((p = alcove_checked_rezalloc(a, q, large, lay(300, 8), E)) !=
                NULL) &&
           kept(p, 100) && zero(p, 200, 300),
       "...and cleared by rezalloc");
    ok(SUCCEEDS(alcove_checked_dealloc(a, p, lay(300, 8), E)) &&
           count_ok(&count, 0, 0),
       "...and released");
    ok(REFUSES(code, alcove_checked_dealloc(a, p, lay(300, 8), E)),
       "...but not twice");
    ok(SUCCEEDS(alcove_checked_dealloc(a, NULL, l, E)) &&
           SUCCEEDS(alcove_checked_dealloc(a, alcove_layout_dangling(lay(0, 8)),
                                           lay(0, 8), E)),
       "NULL and size 0 are released");
    ok(SUCCEEDS((p = alcove_checked_realloc(a, NULL, lay(0, 8), l, E)) !=
                NULL) &&
           SUCCEEDS(alcove_checked_rezalloc(a, p, l, lay(0, 8), E) ==
                    alcove_layout_dangling(lay(0, 8))),
       "...and reallocated");
    count_done(&count);

    use_count(COUNT_PLAIN);
    code = ALCOVE_ERR_UNSUPPORTED;
    p = block(l);
    ok(REFUSES_EARLY(code, alcove_checked_dealloc(a, p, l, E)) &&
           REFUSES_EARLY(code, alcove_checked_realloc(a, p, l, large, E)) &&
           REFUSES_EARLY(code, alcove_checked_rezalloc(a, p, l, large, E)),
       "an allocator that cannot tell refuses all, its own blocks as well");
    count_done(&count);
}

/* ---- features ---- */

static const struct {
    unsigned bit;
    const char *text;
} features[] = {
#define ALCOVE_X(name, bit, text) {ALCOVE_CAN_##name, text},
    ALCOVE_FEATURES(ALCOVE_X)
#undef ALCOVE_X
};

static void
check_require(void)
{
    const unsigned some = COUNT_PLAIN | ALCOVE_CAN_OWNS;
    size_t i, wrong = 0;

    use_count(some);
    ok(SUCCEEDS(alcove_features(a) == some), "the features are those it has");
    is_str(alcove_name(a), "count", "the name is its name");
    ok(SUCCEEDS(alcove_require(a, 0, E)) &&
           SUCCEEDS(alcove_require(a, some, E)) &&
           SUCCEEDS(alcove_require(a, ALCOVE_CAN_OWNS, E)),
       "what there is may be required");
    for (i = 0; i < COUNT(features); i++) {
        if (features[i].bit & some)
            continue;
        wrong += !REFUSES_EARLY(ALCOVE_ERR_UNSUPPORTED,
                                alcove_require(a, features[i].bit, E));
        wrong += !REFUSES_EARLY(ALCOVE_ERR_UNSUPPORTED,
                                alcove_require(a, some | features[i].bit, E));
        before(&err);
        wrong += alcove_require(a, features[i].bit, &err) || !err.detail ||
                 !strstr(err.detail, features[i].text);
    }
    is_size(wrong, 0, "what is missing is refused, and named");
    before(&err);
    ok(!alcove_require(a, some | ALCOVE_CAN_RESIZE | ALCOVE_CAN_ZERO, &err) &&
           strstr(err.detail, "resize a block in place"),
       "...the first of several");
    before(&err);
    ok(!alcove_require(a, some | 1U << 31, &err) &&
           err.code == ALCOVE_ERR_UNSUPPORTED && err.detail,
       "a capability of the future is missing");
}

/* An allocator that gives blocks and takes none back, or the reverse. */
static void
check_unsupported(void)
{
    const struct alcove_layout l = lay(100, 8), large = lay(200, 8);
    enum alcove_code code = ALCOVE_ERR_UNSUPPORTED;
    void *p;

    use_count(ALCOVE_CAN_DEALLOC);
    ok(REFUSES(code, alcove_alloc(a, l, E)) &&
           REFUSES(code, alcove_zalloc(a, l, E)) &&
           REFUSES(code, alcove_grow(a, NULL, lay(0, 8), l, E)) &&
           REFUSES(code, alcove_alloc_array(a, l, 2, E)) &&
           REFUSES(code, alcove_unsupported_alloc(a, l, E)) &&
           (before(&err), !alcove_unsupported_alloc(a, l, E)) &&
           err.layout.size == l.size && err.old.size == 0,
       "without ALCOVE_CAN_ALLOC a block is refused as unsupported");
    ok(SUCCEEDS(alcove_alloc(a, lay(0, 8), E) ==
                alcove_layout_dangling(lay(0, 8))),
       "...but not one of size 0");

    use_count(ALCOVE_CAN_ALLOC);
    p = block(l);
    ok(REFUSES(code, alcove_dealloc(a, p, l, E)) &&
           REFUSES(code, alcove_unsupported_dealloc(a, p, l, E)) &&
           REFUSES(code, alcove_shrink(a, p, l, lay(0, 8), E)) &&
           (before(&err), !alcove_unsupported_dealloc(a, p, l, E)) &&
           err.layout.size == l.size && err.old.size == 0,
       "without ALCOVE_CAN_DEALLOC a release is refused as unsupported");
    ok(SUCCEEDS(alcove_dealloc(a, NULL, l, E)) &&
           SUCCEEDS(alcove_dealloc(a, alcove_layout_dangling(lay(0, 8)),
                                   lay(0, 8), E)),
       "...but not that of NULL or size 0");
    ok(REFUSES(code, alcove_grow(a, p, l, large, E)) &&
           REFUSES(code, alcove_rezalloc(a, p, l, large, E)) &&
           REFUSES(code, alcove_shrink(a, p, l, lay(9, 8), E)) &&
           REFUSES_EARLY(code, alcove_realloc_by_copy(a, p, l, large, E)),
       "...and a copy as well, before a block is lost to it");
    ok(kept(p, 100), "...and the block is whole");
    count_done(&count);
}

/* ---- the heap ---- */

static void
check_heap(void)
{
    const struct alcove_layout l = lay(100, 8), huge = lay(MAX - 15, 16);
    void *p;

    books = NULL;
    a = alcove_malloc();
    p = block(l);
    ok(REFUSES(ALCOVE_ERR_ALLOC_FAILED, alcove_alloc(a, huge, E)) &&
           REFUSES(ALCOVE_ERR_ALLOC_FAILED, alcove_zalloc(a, huge, E)),
       "malloc refuses the largest valid layout");
    ok(REFUSES(ALCOVE_ERR_ALLOC_FAILED, alcove_grow(a, p, l, huge, E)) &&
           REFUSES(ALCOVE_ERR_ALLOC_FAILED,
                   alcove_rezalloc(a, p, l, huge, E)) &&
           kept(p, 100),
       "...and a block that should grow to it is whole");
    drop(p, l);
}

static const struct {
    const char *text;
    unsigned features;
} subjects[] = {
    {"an allocator with the least", COUNT_PLAIN},
    {"one with resize", COUNT_PLAIN | ALCOVE_CAN_RESIZE},
    {"one with realloc", COUNT_PLAIN | ALCOVE_CAN_REALLOC},
    {"one with zalloc", COUNT_PLAIN | ALCOVE_CAN_ZERO},
    {"one with all", COUNT_PLAIN | ALCOVE_CAN_RESIZE | ALCOVE_CAN_REALLOC |
                         ALCOVE_CAN_ZERO | ALCOVE_CAN_OWNS |
                         ALCOVE_CAN_USABLE_SIZE},
};

int
main(void)
{
    size_t i;

    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the tests' own allocators stand on malloc");
    tap_plan((1 + COUNT(subjects)) * CHECKS_OF_EACH +
             COUNT(subjects) * CHECKS_OF_REFUSALS + 72);
    memset(&pristine, 0xa5, sizeof pristine);

    a = alcove_malloc();
    check_each("alcove_malloc()");
    for (i = 0; i < COUNT(subjects); i++) {
        use_count(subjects[i].features);
        check_each(subjects[i].text);
    }
    for (i = 0; i < COUNT(subjects); i++)
        check_refusals(subjects[i].text, subjects[i].features);
    check_release_of_old();
    check_resize();
    check_realloc();
    check_zalloc();
    check_owns();
    check_usable_size();
    check_checked();
    check_require();
    check_unsupported();
    check_heap();
    return tap_done();
}
