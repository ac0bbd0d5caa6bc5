/* SPDX-License-Identifier: MIT */
/* alcove_heapalloc(): every alignment, contents kept through changes, in place
 * where that is claimed, and blocks that Windows knows for its own. */
#include <config.h>

#include <alcove/heapalloc.h>

#include "holds.h"
#include "tap.h"

#include <errno.h>
#include <string.h>

#if !ALCOVE_HAVE_HEAPALLOC

int
main(void)
{
    return tap_skip_all("no HeapAlloc: %s", ALCOVE_NO_HEAPALLOC);
}

#else

#    include <windows.h>

static const size_t aligns[] = {1, 8, 16, 32, 64, 4096, 65536, 1048576};
static const size_t sizes[] = {1, 7, 16, 17, 100, 4097, 20000, 600000};

enum { COUNT = sizeof sizes / sizeof *sizes };

static bool
is_block(const char *p, struct alcove_layout l)
{
    return p && ((uintptr_t)p & (l.align - 1)) == 0;
}

static bool
serves(struct alcove_allocator *a, struct alcove_layout l)
{
    char *p, *q;
    bool good;

    errno = 77;
    p = alcove_alloc(a, l, NULL);
    if (!is_block(p, l))
        return false;
    memset(p, 0x33, l.size);
    q = alcove_zalloc(a, l, NULL);
    good = is_block(q, l) && holds(q, 0, l.size) && holds(p, 0x33, l.size);
    return alcove_dealloc(a, p, l, NULL) && alcove_dealloc(a, q, l, NULL) &&
           good && errno == 77;
}

static bool
changes(struct alcove_allocator *a, struct alcove_layout from,
        struct alcove_layout to)
{
    size_t kept = from.size < to.size ? from.size : to.size;
    char *p, *q;
    bool good;

    errno = 77;
    p = alcove_alloc(a, from, NULL);
    if (!p)
        return false;
    memset(p, 0x55, from.size);
    if (alcove_resize(a, p, from, to))
        q = p;
    else
        q = alcove_realloc(a, p, from, to, NULL);
    good = is_block(q, to) && holds(q, 0x55, kept);
    return alcove_dealloc(a, q, to, NULL) && good && errno == 77;
}

static void
test_layouts(struct alcove_allocator *a)
{
    size_t i, j, k, m;
    bool good = true;

    for (i = 0; i < COUNT; i++)
        for (j = 0; j < COUNT; j++)
            good =
                serves(a, (struct alcove_layout){sizes[i], aligns[j]}) && good;
    ok(good, "every size and alignment is served, and errno stays");
    good = true;
    for (i = 0; i < COUNT; i++)
        for (j = 0; j < COUNT; j++)
            for (k = 0; k < COUNT; k++)
                for (m = k; m < COUNT; m++)
                    good =
                        changes(a, (struct alcove_layout){sizes[i], aligns[k]},
                                (struct alcove_layout){sizes[j], aligns[m]}) &&
                        good;
    ok(good, "every change of layout keeps the contents");
}

static void
test_own(struct alcove_allocator *a)
{
    struct alcove_layout l = {100, 8}, less = {50, 8};
    char *p = alcove_alloc(a, l, NULL);

    ok(p && HeapSize(GetProcessHeap(), 0, p) == 100,
       "a block is HeapAlloc's own");
    ok(alcove_resize(a, p, l, less) &&
           HeapSize(GetProcessHeap(), 0, p) == less.size,
       "...becomes smaller in place");
    ok(HeapFree(GetProcessHeap(), 0, p), "...and HeapFree takes it");
    p = HeapAlloc(GetProcessHeap(), 0, 100);
    ok(alcove_dealloc(a, p, l, NULL), "one of HeapAlloc can be released");
}

static void
test_refusals(struct alcove_allocator *a)
{
    struct alcove_layout small = {10, 1}, huge = {ALCOVE_SIZE_MAX - 63, 8};
    struct alcove_layout padded = {ALCOVE_SIZE_MAX - 63, 64};
    struct alcove_error err = {.code = ALCOVE_OK};
    char text[200];
    char *p = alcove_alloc(a, small, NULL);

    if (!p)
        bail_out("no block");
    *p = 9;
    errno = 0;
    ok(!alcove_alloc(a, huge, &err) && err.code == ALCOVE_ERR_ALLOC_FAILED &&
           err.cause == ALCOVE_CAUSE_OS && errno == ENOMEM,
       "what it does not have is refused");
    alcove_error_format(&err, text, sizeof text);
    ok(strstr(text, "heapalloc: cannot allocate") && strstr(text, "ENOMEM"),
       "...and the text says so: %s", text);
    ok(!alcove_zalloc(a, padded, &err) && errno == ENOMEM,
       "...and so is what becomes too large by its alignment");
    ok(!alcove_realloc(a, p, small, huge, &err) && errno == ENOMEM && *p == 9 &&
           err.old.size == 10 && !alcove_resize(a, p, small, huge) && *p == 9,
       "a block that cannot grow is as it was");
    ok(alcove_dealloc(a, p, small, NULL), "...and can be released");
}

int
main(void)
{
    struct alcove_allocator *a = alcove_heapalloc();

    tap_plan(12);
    is_str(alcove_name(a), "heapalloc", "it has a name");
    test_layouts(a);
    test_own(a);
    test_refusals(a);
    return tap_done();
}

#endif
