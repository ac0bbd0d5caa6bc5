/* SPDX-License-Identifier: MIT */
/* Whole pages, and huge ones: aligned, zeroed, resized in place, moved with
 * their contents, and given back. */
#include <config.h>

#include <alcove/page.h>

#include "gone.h"
#include "hog.h"
#include "holds.h"
#include "tap.h"

#include <errno.h>
#include <string.h>

/* What blocks are made of, in bytes. */
static size_t unit;

static size_t
round_up(size_t size)
{
    return (size + unit - 1) / unit * unit;
}

static bool
serves(struct alcove_allocator *a, struct alcove_layout l)
{
    size_t usable;
    char *p;
    bool good;

    errno = 77;
    p = alcove_zalloc(a, l, NULL);
    if (!p || ((uintptr_t)p & (l.align - 1)) != 0)
        return false;
    usable = alcove_usable_size(a, p, l);
    good = usable == round_up(l.size) &&
           (unit == alcove_page_size() || (uintptr_t)p % unit == 0) &&
           holds(p, 0, usable);
    memset(p, 0x33, usable);
    good = alcove_dealloc(a, p, l, NULL) && good && errno == 77;
    return good && gone(p, usable);
}

/* `step`: from one alignment to the next; huge blocks take their time. */
static void
test_serves(struct alcove_allocator *a, size_t step)
{
    size_t size, align;
    bool good = true;

    for (align = 1; align <= (size_t)16 << 20; align *= step)
        for (size = 1; size < 2000000; size = size * 5 + 3)
            good = serves(a, (struct alcove_layout){size, align}) && good;
    ok(good, "every size and alignment: aligned, zeroed, usable to its end, "
             "and gone when it was released");
}

/* Does the system extend a mapping to where one was given back? qemu-user does
 * not, where its guest has 32 bits. */
static bool
system_extends(void)
{
#if ALCOVE_HAVE_PAGE && ALCOVE_MREMAP
    const size_t page = alcove_page_size();
    char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool extends;

    if (p == MAP_FAILED || munmap(p + page, page) != 0)
        bail_out("no pages");
    extends = mremap(p, page, 2 * page, 0) != MAP_FAILED;
    munmap(p, extends ? 2 * page : page);
    return extends;
#else
    return false;
#endif
}

static void
test_resize(struct alcove_allocator *a)
{
    struct alcove_layout three = {3 * unit - 100, 8}, two = {2 * unit, 8},
                         one = {unit, 8};
    struct alcove_layout less = {unit - 100, 8};
    char *p = alcove_alloc(a, three, NULL);

    if (!p)
        bail_out("no three pages");
    memset(p, 0x44, 2 * unit);
    ok(alcove_resize(a, p, three, one) && p[unit - 1] == 0x44 &&
           gone(p + unit, 2 * unit),
       "a block shrinks in place");
    ok(alcove_resize(a, p, one, less) && alcove_resize(a, p, less, one),
       "and within its last page both ways");
    if (system_extends())
        ok(alcove_resize(a, p, one, two) && (p[2 * unit - 1] = 1) &&
               alcove_resize(a, p, two, one),
           "and grows into what it gave back");
    else
        skip(1, "the system extends no mapping");
    ok(alcove_dealloc(a, p, one, NULL), "and is released with its new layout");
}

static bool
moves(struct alcove_allocator *a, struct alcove_layout from,
      struct alcove_layout to)
{
    size_t kept = from.size < to.size ? from.size : to.size;
    char *p = alcove_alloc(a, from, NULL), *q;
    bool good;

    if (!p)
        return false;
    memset(p, 0x55, from.size);
    q = alcove_rezalloc(a, p, from, to, NULL);
    if (!q)
        return false;
    good = ((uintptr_t)q & (to.align - 1)) == 0 && q[0] == 0x55 &&
           (q == p || gone(p, round_up(from.size))) && q[kept - 1] == 0x55 &&
           holds(q + kept, 0, to.size - kept);
    return alcove_dealloc(a, q, to, NULL) && good;
}

static void
test_moves(struct alcove_allocator *a)
{
    static const size_t sizes[] = {1, 4096, 5000, 65536, 3000000};
    static const size_t aligns[] = {1, 4096, 65536, 2097152};
    size_t i, j, k, m;
    bool good = true;

    for (i = 0; i < 5; i++)
        for (j = 0; j < 5; j++)
            for (k = 0; k < 4; k++)
                for (m = k; m < 4; m++)
                    good = moves(a, (struct alcove_layout){sizes[i], aligns[k]},
                                 (struct alcove_layout){sizes[j], aligns[m]}) &&
                           good;
    ok(good, "every change of layout keeps the contents and clears the rest");
}

/* Does the detail name the error of Windows? Elsewhere errno says it all. */
static bool
is_told(const char *detail)
{
    return ALCOVE_MMAP ? !detail
                       : detail && strstr(detail, "Windows error ") == detail &&
                             strstr(detail, ", ERROR_");
}

static void
test_refusals(struct alcove_allocator *a)
{
    struct alcove_layout huge = {ALCOVE_SIZE_MAX - 0x3FFFFF, 8};
    struct alcove_layout small = {10, 1};
    struct alcove_layout most = {ALCOVE_SIZE_MAX, 1};
    struct alcove_layout aligned = {ALCOVE_SIZE_MAX / 4 + 2,
                                    ALCOVE_SIZE_MAX / 2 + 1};
    struct alcove_layout whole = {ALCOVE_SIZE_MAX - (unit - 1), 1};
    struct alcove_error err = {.code = ALCOVE_OK};
    char *p = alcove_alloc(a, small, NULL);
    size_t old = alcove_features(a) & ALCOVE_CAN_REALLOC ? small.size : 0;
    struct hog hog;

    if (!p)
        bail_out("no page");
    hog_take(&hog, a, (struct alcove_layout){ALCOVE_SIZE_MAX / 2, 1});
    errno = 0;
    ok(!alcove_alloc(a, huge, &err) && err.code == ALCOVE_ERR_ALLOC_FAILED &&
           err.cause == ALCOVE_CAUSE_OS && errno != 0 &&
           err.os_error == (ALCOVE_HAVE_OS_ERRORS ? errno : 0) &&
           is_told(err.detail) && strcmp(err.allocator, alcove_name(a)) == 0 &&
           err.layout.size == huge.size && err.old.size == 0 &&
           err.old.align == 0 && !alcove_alloc(a, whole, &err) &&
           err.code == ALCOVE_ERR_ALLOC_FAILED &&
           (whole.size++, !alcove_alloc(a, whole, &err)) &&
           err.code == ALCOVE_ERR_EXCEEDS_MAX,
       "what the system does not have is refused");
    ok(!alcove_alloc(a, most, &err) && err.code == ALCOVE_ERR_EXCEEDS_MAX &&
           err.layout.size == most.size && err.old.size == 0,
       "a size that has no whole pages is refused");
    ok(!alcove_alloc(a, aligned, &err) && (err.code == ALCOVE_ERR_EXCEEDS_MAX ||
                                           err.code == ALCOVE_ERR_ALLOC_FAILED),
       "a huge alignment is refused");
    p[9] = 9;
    ok(!alcove_realloc(a, p, small, huge, &err) && p[9] == 9 &&
           err.code == ALCOVE_ERR_ALLOC_FAILED &&
           err.layout.size == huge.size && err.old.size == old &&
           !alcove_realloc(a, p, small, most, &err) && p[9] == 9 &&
           err.code == ALCOVE_ERR_EXCEEDS_MAX && err.layout.size == most.size &&
           err.old.size == old && !alcove_resize(a, p, small, most) &&
           p[9] == 9,
       "a block that cannot grow is as it was");
    hog_done(&hog);
    ok(alcove_dealloc(a, p, small, NULL), "... and can be released");
    err.code = ALCOVE_OK;
    errno = 0;
    ok(!alcove_dealloc(a, (void *)(alcove_page_size() + 1), small, &err) &&
           err.code == ALCOVE_ERR_OTHER && errno == EINVAL,
       "a release that the system refuses is told");
}

int
main(void)
{
    size_t page = alcove_page_size();

    if (!ALCOVE_HAVE_PAGE)
        return tap_skip_all("no pages: %s", ALCOVE_NO_PAGE);
    tap_plan(29);
    ok(page != 0 && (page & (page - 1)) == 0, "a page is a power of two: %lu",
       (unsigned long)page);
    unit = page;
    is_str(alcove_name(alcove_page()), "page", "pages have a name");
    ok(alcove_require(alcove_page(),
                      ALCOVE_CAN_RESIZE | ALCOVE_CAN_ZERO |
                          (ALCOVE_MREMAP ? ALCOVE_CAN_REALLOC : 0),
                      NULL),
       "pages move where the system moves them");
    test_serves(alcove_page(), 4);
    test_resize(alcove_page());
    test_moves(alcove_page());
    test_refusals(alcove_page());

    unit = page < ALCOVE_HUGEPAGE_SIZE ? ALCOVE_HUGEPAGE_SIZE : page;
    is_str(alcove_name(alcove_hugepage()), "hugepage", "huge pages have one");
    is_int(alcove_features(alcove_hugepage()),
           alcove_features(alcove_page()) & ~(unsigned)ALCOVE_CAN_REALLOC,
           "...and the same features, but that they are copied to move");
    test_serves(alcove_hugepage(), 64);
    test_resize(alcove_hugepage());
    test_moves(alcove_hugepage());
    test_refusals(alcove_hugepage());
    return tap_done();
}
