/* SPDX-License-Identifier: MIT */
/* posix_memalign, aligned_alloc and _aligned_malloc as allocators. */
#include <config.h>

#include <alcove/aligned.h>

#include "hog.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#if ALCOVE_HAVE_ALIGNED_MALLOC
#    include <malloc.h>
#else
#    define _aligned_free free
#endif

static bool
serves(struct alcove_allocator *a, struct alcove_layout l)
{
    struct alcove_layout more = {l.size * 3 + 1, l.align};
    struct alcove_layout most = {l.size * 3 + 1, l.align * 2};
    char *p, *q;
    bool good;

    errno = 77;
    p = alcove_alloc(a, l, NULL);
    if (!p || ((uintptr_t)p & (l.align - 1)) != 0 || errno != 77)
        return false;
    memset(p, 0x42, l.size);
    q = alcove_grow(a, p, l, more, NULL);
    if (!q)
        return false;
    good = ((uintptr_t)q & (more.align - 1)) == 0;
    q = alcove_grow(a, q, more, most, NULL);
    if (!q)
        return false;
    good = good && ((uintptr_t)q & (most.align - 1)) == 0 && q[0] == 0x42 &&
           q[l.size - 1] == 0x42;
    return alcove_dealloc(a, q, most, NULL) && good && errno == 77;
}

static void
test_allocator(struct alcove_allocator *a, bool built, const char *why_not,
               void (*release)(void *))
{
    struct alcove_layout huge = {ALCOVE_SIZE_MAX - 63, 64};
    struct alcove_error err = {.code = ALCOVE_OK};
    size_t size, align;
    bool good = true;
    struct hog hog;
    void *p;

    if (!built) {
        skip(5, "%s", why_not);
        return;
    }
    for (align = 1; align <= (size_t)1 << 20; align *= 2)
        for (size = 1; size < 300000; size = size * 3 + 1)
            good = serves(a, (struct alcove_layout){size, align}) && good;
    ok(good, "%s serves every size and alignment, and errno stays",
       alcove_name(a));
    p = alcove_alloc(a, (struct alcove_layout){10, 1}, NULL);
    ok(p != NULL, "a block of odd size and alignment 1 is served");
    release(p);
    ok(true, "... and its release in C takes it");
    hog_take(&hog, a, huge);
    errno = 0;
    ok(!alcove_alloc(a, huge, &err) && err.code == ALCOVE_ERR_ALLOC_FAILED &&
           err.cause == ALCOVE_CAUSE_OS && errno == ENOMEM,
       "what it does not have is refused");
    is_str(err.allocator, alcove_name(a), "... in its name");
    hog_done(&hog);
}

int
main(void)
{
    tap_plan(15);
    test_allocator(alcove_posix_memalign(), ALCOVE_HAVE_POSIX_MEMALIGN,
                   ALCOVE_NO_POSIX_MEMALIGN, free);
    test_allocator(alcove_aligned_alloc(), ALCOVE_HAVE_ALIGNED_ALLOC,
                   ALCOVE_NO_ALIGNED_ALLOC, free);
    test_allocator(alcove_aligned_malloc(), ALCOVE_HAVE_ALIGNED_MALLOC,
                   ALCOVE_NO_ALIGNED_MALLOC, _aligned_free);
    return tap_done();
}
