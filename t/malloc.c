/* SPDX-License-Identifier: MIT */
/* alcove_malloc(): every alignment, contents kept through changes of size and
 * alignment, and blocks that free() may take. */
#include <config.h>

#include <alcove/malloc.h>

#include "hog.h"
#include "holds.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const size_t aligns[] = {1,   2,   4,    8,    16,   32,    64,
                                128, 512, 2048, 4096, 8192, 65536, 1048576};
static const size_t sizes[] = {1,  2,  3,   7,   8,    9,    15,    16,    17,
                               24, 63, 100, 511, 1024, 4097, 20000, 200000};

enum {
    ALIGNS = sizeof aligns / sizeof *aligns,
    SIZES = sizeof sizes / sizeof *sizes
};

static bool
is_aligned(const void *p, size_t align)
{
    return p && ((uintptr_t)p & (align - 1)) == 0;
}

static void
fill(void *p, size_t size, unsigned seed)
{
    unsigned char *c = p;
    size_t i;

    for (i = 0; i < size; i++)
        c[i] = (unsigned char)(seed + i * 7);
}

static bool
is_filled(const void *p, size_t size, unsigned seed)
{
    const unsigned char *c = p;
    size_t i;

    for (i = 0; i < size; i++)
        if (c[i] != (unsigned char)(seed + i * 7))
            return false;
    return true;
}

/* Several live at a time, so that they would overlap if they could. */
static bool
serves(struct alcove_layout l)
{
    struct alcove_allocator *a = alcove_malloc();
    void *p[3] = {NULL, NULL, NULL};
    bool good = true;
    unsigned i;

    errno = 77;
    for (i = 0; i < 3; i++) {
        p[i] = i == 1 ? alcove_zalloc(a, l, NULL) : alcove_alloc(a, l, NULL);
        good = good && is_aligned(p[i], l.align);
        if (i == 1)
            good = good && holds(p[i], 0, l.size);
        if (p[i])
            fill(p[i], l.size, i);
    }
    for (i = 0; i < 3; i++) {
        good = good && is_filled(p[i], l.size, i);
        good = alcove_dealloc(a, p[i], l, NULL) && good;
    }
    return good && errno == 77;
}

static bool
changes(struct alcove_layout from, struct alcove_layout to)
{
    struct alcove_allocator *a = alcove_malloc();
    size_t kept = from.size < to.size ? from.size : to.size;
    void *p = alcove_alloc(a, from, NULL), *q;
    bool good;

    if (!p)
        return false;
    fill(p, from.size, 3);
    q = alcove_rezalloc(a, p, from, to, NULL);
    good = is_aligned(q, to.align) && is_filled(q, kept, 3) &&
           holds((char *)q + kept, 0, to.size - kept);
    return alcove_dealloc(a, q ? q : p, q ? to : from, NULL) && good;
}

static void
test_serves(void)
{
    bool good = true, changed = true;
    size_t i, j, k, m;

    for (i = 0; i < ALIGNS; i++)
        for (j = 0; j < SIZES; j++)
            good = serves((struct alcove_layout){sizes[j], aligns[i]}) && good;
    ok(good, "every size and alignment: aligned, distinct, zeroed, errno kept");
    for (i = 0; i < ALIGNS; i++)
        for (k = i; k < ALIGNS; k += 3)
            for (j = 0; j < SIZES; j += 2)
                for (m = 0; m < SIZES; m += 2)
                    changed =
                        changes((struct alcove_layout){sizes[j], aligns[i]},
                                (struct alcove_layout){sizes[m], aligns[k]}) &&
                        changed;
    ok(changed,
       "every change of layout keeps the contents and clears the rest");
}

static void
test_plain(void)
{
    struct alcove_layout l = {100, sizeof(void *)}, over = {100, 64};
    void *p = alcove_alloc(alcove_malloc(), l, NULL);

    ok(alcove_malloc_is_plain((struct alcove_layout){1, 1}),
       "a byte is a plain block");
    ok(!alcove_malloc_is_plain(over), "an over-aligned one is not");
    ok(!alcove_malloc_is_plain((struct alcove_layout){0, 1}) &&
           !alcove_malloc_is_plain((struct alcove_layout){8, 3}),
       "nor is one of size 0, nor one that is not valid");
    if (alcove_malloc_is_plain(l)) {
        free(p);
        p = malloc(l.size);
        ok(alcove_dealloc(alcove_malloc(), p, l, NULL),
           "free takes plain blocks, and those of malloc can be released");
    } else {
        alcove_dealloc(alcove_malloc(), p, l, NULL);
        skip(1, "malloc here does not align to a pointer by contract");
    }
}

/* Is NULL all that came, and told? */
static bool
is_refused(const void *p, struct alcove_layout l, struct alcove_error *err)
{
    bool good = !p && err->code == ALCOVE_ERR_ALLOC_FAILED &&
                err->cause == ALCOVE_CAUSE_OS && err->layout.size == l.size &&
                err->layout.align == l.align &&
                strcmp(err->allocator, "malloc") == 0;

    memset(err, 0, sizeof *err);
    return good;
}

static void
test_refusals(void)
{
    struct alcove_allocator *a = alcove_malloc();
    struct alcove_layout huge = {ALCOVE_SIZE_MAX - 63, 1}, small = {50, 1};
    struct alcove_layout over = {ALCOVE_SIZE_MAX - 63, 64};
    struct alcove_layout most = {ALCOVE_SIZE_MAX / 64 * 64, 64};
    struct alcove_layout padded = {ALCOVE_SIZE_MAX - 255, 64};
    struct alcove_layout paged = {ALCOVE_SIZE_MAX - 8191, 8192};
    struct alcove_error err = {.code = ALCOVE_OK};
    char *p = alcove_alloc(a, small, NULL);
    struct hog hog;

    hog_take(&hog, a, (struct alcove_layout){ALCOVE_SIZE_MAX / 2, 1});
    errno = 0;
    ok(!alcove_alloc(a, huge, &err) && err.code == ALCOVE_ERR_ALLOC_FAILED &&
           err.cause == ALCOVE_CAUSE_OS && errno == ENOMEM,
       "what malloc does not have is refused, with its errno");
    is_int(err.os_error, ALCOVE_HAVE_OS_ERRORS ? ENOMEM : 0,
           "... and its error");
    ok(is_refused(alcove_zalloc(a, huge, &err), huge, &err) &&
           is_refused(alcove_alloc(a, over, &err), over, &err) &&
           is_refused(alcove_zalloc(a, over, &err), over, &err) &&
           is_refused(alcove_alloc(a, padded, &err), padded, &err) &&
           is_refused(alcove_zalloc(a, padded, &err), padded, &err) &&
           is_refused(alcove_alloc(a, most, &err), most, &err) &&
           is_refused(alcove_zalloc(a, most, &err), most, &err) &&
           is_refused(alcove_alloc(a, paged, &err), paged, &err) &&
           is_refused(alcove_zalloc(a, paged, &err), paged, &err),
       "so are zeroed, padded and paged blocks");
    if (!p)
        bail_out("no 50 bytes");
    fill(p, 50, 9);
    ok(is_refused(alcove_realloc(a, p, small, huge, &err), huge, &err) &&
           is_filled(p, 50, 9),
       "a block that cannot grow is as it was");
    ok(!alcove_realloc(a, p, small, over, &err) && is_filled(p, 50, 9),
       "also when it was to be aligned");
    hog_done(&hog);
    alcove_dealloc(a, p, small, NULL);
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("no malloc: %s", ALCOVE_NO_MALLOC);
    tap_plan(12);
    is_int(alcove_features(alcove_malloc()),
           ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |
               ALCOVE_CAN_REALLOC | ALCOVE_CAN_TEMP | ALCOVE_CAN_THREADS |
               ALCOVE_CAN_ZERO,
           "it tells what it can do");
    test_serves();
    test_plain();
    test_refusals();
    return tap_done();
}
