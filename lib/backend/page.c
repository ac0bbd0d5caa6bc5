/* SPDX-License-Identifier: MIT */
/* Whole pages. A block's length in pages follows from its layout, so nothing
 * has to be remembered. */
#include <config.h>

#include <alcove/page.h>

#include "absent.h"

#if ALCOVE_HAVE_PAGE

#    include "../os/page.h"

#    include <errno.h>

static void *
refuse(enum alcove_code code, struct alcove_layout l, struct alcove_layout old,
       struct alcove_error *err)
{
    struct alcove_error what = {
        .code = code,
        .layout = l,
        .old = old,
        .allocator = "page",
    };

    if (code == ALCOVE_ERR_ALLOC_FAILED) {
        what.cause = ALCOVE_CAUSE_OS;
        what.os_error = errno;
    }
    alcove_error_set(err, &what);
    return NULL;
}

static const struct alcove_layout none = {0, 0};

/* `size` in whole pages, at most PTRDIFF_MAX + 1: sizes are below that. */
static size_t
length(size_t size, size_t page)
{
    size_t sum = size + (page - 1);

    return sum - (sum & (page - 1));
}

/* A mapping that is larger by the alignment has an aligned block in it; the
 * pages around that go back. */
static void *
map_aligned(size_t size, size_t align, size_t page)
{
    size_t whole = size + (align - page);
    char *start = alcove_ospage_map(whole);
    uintptr_t past;
    size_t before;

    if (!start)
        return NULL;
    past = (uintptr_t)start & (align - 1);
    before = past == 0 ? 0 : align - past;
    if (before != 0)
        (void)alcove_ospage_unmap(start, before);
    if (whole - before != size)
        (void)alcove_ospage_unmap(start + before + size, whole - before - size);
    return start + before;
}

static void *
page_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    size_t page = alcove_ospage_size(), size;
    int saved = errno;
    void *p;

    (void)a;
    if (page == 0 || l.size > ALCOVE_SIZE_MAX - (page - 1))
        return refuse(ALCOVE_ERR_EXCEEDS_MAX, l, none, err);
    size = length(l.size, page);
    if (l.align <= page)
        p = alcove_ospage_map(size);
    else if (size > ALCOVE_SIZE_MAX - (l.align - 1))
        return refuse(ALCOVE_ERR_EXCEEDS_MAX, l, none, err);
    else
        p = map_aligned(size, l.align, page);
    if (!p)
        return refuse(ALCOVE_ERR_ALLOC_FAILED, l, none, err);
    errno = saved;
    return p;
}

static bool
page_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
             struct alcove_error *err)
{
    int saved = errno;

    (void)a;
    if (!alcove_ospage_unmap(p, length(l.size, alcove_ospage_size()))) {
        struct alcove_error what = {
            .code = ALCOVE_ERR_OTHER,
            .cause = ALCOVE_CAUSE_OS,
            .os_error = errno,
            .layout = l,
            .allocator = "page",
            .detail = "the pages could not be unmapped",
        };

        return alcove_error_set(err, &what);
    }
    errno = saved;
    return true;
}

static bool
page_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
            struct alcove_layout new_)
{
    size_t page = alcove_ospage_size(), from, to;
    int saved = errno;
    bool done;

    (void)a;
    if (new_.size > ALCOVE_SIZE_MAX - (page - 1))
        return false;
    from = length(old.size, page);
    to = length(new_.size, page);
    if (to > from)
        done = alcove_ospage_extend(p, from, to);
    else
        done = to == from || alcove_ospage_unmap((char *)p + to, from - to);
    errno = saved;
    return done;
}

#    if ALCOVE_MREMAP

/* Moved pages are aligned to a page, no more. */
static void *
page_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_, struct alcove_error *err)
{
    size_t page = alcove_ospage_size();
    int saved = errno;
    void *moved;

    if (new_.align > page)
        return alcove_resize(a, p, old, new_)
                   ? p
                   : alcove_realloc_by_copy(a, p, old, new_, err);
    if (new_.size > ALCOVE_SIZE_MAX - (page - 1))
        return refuse(ALCOVE_ERR_EXCEEDS_MAX, new_, old, err);
    if (length(old.size, page) == length(new_.size, page))
        return p;
    moved =
        alcove_ospage_move(p, length(old.size, page), length(new_.size, page));
    if (!moved)
        return refuse(ALCOVE_ERR_ALLOC_FAILED, new_, old, err);
    errno = saved;
    return moved;
}

#    endif

static size_t
page_usable_size(struct alcove_allocator *a, const void *p,
                 struct alcove_layout l)
{
    (void)a;
    (void)p;
    return length(l.size, alcove_ospage_size());
}

struct alcove_allocator *
alcove_page(void)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "page",
        .alloc = page_alloc,
        .dealloc = page_dealloc,
        .zalloc = page_alloc, /* fresh pages are 0 */
        .resize = page_resize,
#    if ALCOVE_MREMAP
        .realloc = page_realloc,
#    endif
        .usable_size = page_usable_size,
    };
    static struct alcove_allocator allocator = {
        &ops, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |
                  ALCOVE_CAN_RESIZE | ALCOVE_CAN_USABLE_SIZE | ALCOVE_CAN_TEMP |
                  ALCOVE_CAN_THREADS | ALCOVE_CAN_ZERO |
                  (ALCOVE_MREMAP ? ALCOVE_CAN_REALLOC : 0)};

    return &allocator;
}

size_t
alcove_page_size(void)
{
    return alcove_ospage_size();
}

#else

ALCOVE_ABSENT(alcove_page, "page")

size_t
alcove_page_size(void)
{
    return 0;
}

#endif
