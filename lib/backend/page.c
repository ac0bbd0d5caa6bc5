/* SPDX-License-Identifier: MIT */
/* Whole pages, and huge ones. A block's length in granules, which are pages or
 * huge pages, follows from its layout, so nothing has to be remembered.
 *
 * Huge pages are those that the system makes by itself where a mapping has room
 * for them and the advice to do so: pages in every other respect. */
#include <config.h>

#include "page.h"

#include "absent.h"

#if ALCOVE_HAVE_PAGE

#    include "../os/page.h"
#    include "../os/tools.h"

#    include <errno.h>

struct page_kind {
    struct alcove_allocator allocator;
    bool huge;
};

static bool
is_huge(const struct alcove_allocator *a)
{
    return ((const struct page_kind *)(const void *)a)->huge;
}

/* A power of two, and at least a page; 0 if the system does not tell. */
static size_t
granule(const struct alcove_allocator *a)
{
    size_t page = alcove_ospage_size();

    if (page == 0 || !is_huge(a))
        return page;
    return page < ALCOVE_HUGEPAGE_SIZE ? ALCOVE_HUGEPAGE_SIZE : page;
}

static void *
page_refuse(const struct alcove_allocator *a, enum alcove_code code,
            struct alcove_layout l, struct alcove_layout old,
            struct alcove_error *err)
{
    struct alcove_error what = {
        .code = code,
        .layout = l,
        .old = old,
        .allocator = a->ops->name,
    };

    if (code == ALCOVE_ERR_ALLOC_FAILED) {
        what.cause = ALCOVE_CAUSE_OS;
        what.os_error = errno;
        what.detail = alcove_ospage_detail(NULL);
    }
    alcove_error_set(err, &what);
    return NULL;
}

static const struct alcove_layout page_none = {0, 0};

/* A mapping that is larger by the alignment has an aligned block in it. */
static void *
map(size_t size, size_t align)
{
    size_t page = alcove_ospage_size();
    void *p;

    if (align <= page)
        return alcove_ospage_map(size);
    p = alcove_ospage_map(size + (align - page));
    return p ? alcove_ospage_cut(p, size, align) : NULL;
}

static void *
page_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    size_t unit = granule(a), size;
    size_t align = l.align < unit ? unit : l.align;
    int saved = errno;
    void *p;

    if (!has_length(l.size, unit))
        return page_refuse(a, ALCOVE_ERR_EXCEEDS_MAX, l, page_none, err);
    /* To this the alignment can be added without overflow: where that is more
     * than the unit, it is a multiple of it, and the layout is valid. */
    size = length(l.size, unit);
    p = map(size, align);
    if (!p)
        return page_refuse(a, ALCOVE_ERR_ALLOC_FAILED, l, page_none, err);
    if (is_huge(a))
        alcove_ospage_advise_huge(p, size);
    alcove_tools_root(p, size);
    errno = saved;
    return p;
}

static bool
page_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
             struct alcove_error *err)
{
    size_t size = length(l.size, granule(a));
    int saved = errno;

    if (!alcove_ospage_unmap(p, size)) {
        struct alcove_error what = {
            .code = ALCOVE_ERR_OTHER,
            .cause = ALCOVE_CAUSE_OS,
            .os_error = errno,
            .layout = l,
            .allocator = a->ops->name,
            .detail = alcove_ospage_detail("the pages could not be unmapped"),
        };

        return alcove_error_set(err, &what);
    }
    alcove_tools_unroot(p, size);
    errno = saved;
    return true;
}

static bool
page_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
            struct alcove_layout new_)
{
    size_t unit = granule(a), from, to;
    int saved = errno;
    bool done;

    if (!has_length(new_.size, unit))
        return false;
    from = length(old.size, unit);
    to = length(new_.size, unit);
    if (to == from)
        return true;
    if (to > from)
        done = alcove_ospage_extend(p, from, to);
    else
        done = alcove_ospage_unmap((char *)p + to, from - to);
    if (done) {
        alcove_tools_unroot(p, from);
        alcove_tools_root(p, to);
    }
    errno = saved;
    return done;
}

#    if ALCOVE_MREMAP

/* Moved pages are aligned to a page, no more. */
static void *
page_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_, struct alcove_error *err)
{
    size_t unit = granule(a), from, to;
    int saved = errno;
    void *moved;

    if (new_.align > unit)
        return alcove_resize(a, p, old, new_)
                   ? p
                   : alcove_realloc_by_copy(a, p, old, new_, err);
    if (!has_length(new_.size, unit))
        return page_refuse(a, ALCOVE_ERR_EXCEEDS_MAX, new_, old, err);
    from = length(old.size, unit);
    to = length(new_.size, unit);
    if (from == to)
        return p;
    moved = alcove_ospage_move(p, from, to);
    if (!moved)
        return page_refuse(a, ALCOVE_ERR_ALLOC_FAILED, new_, old, err);
    alcove_tools_unroot(p, from);
    alcove_tools_root(moved, to);
    errno = saved;
    return moved;
}

#    endif

static size_t
page_usable_size(struct alcove_allocator *a, const void *p,
                 struct alcove_layout l)
{
    (void)p;
    return length(l.size, granule(a));
}

#    define OPERATIONS(text)                                                   \
        .struct_size = sizeof(struct alcove_ops), .name = text,                \
        .alloc = page_alloc, .dealloc = page_dealloc,                          \
        .zalloc = page_alloc, /* fresh pages are 0 */                          \
            .resize = page_resize, .usable_size = page_usable_size

#    define PAGE_FEATURES                                                      \
        (ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |          \
         ALCOVE_CAN_RESIZE | ALCOVE_CAN_USABLE_SIZE | ALCOVE_CAN_TEMP |        \
         ALCOVE_CAN_THREADS | ALCOVE_CAN_ZERO)

struct alcove_allocator *
alcove_page(void)
{
    static const struct alcove_ops ops = {
        OPERATIONS("page"),
#    if ALCOVE_MREMAP
        .realloc = page_realloc,
#    endif
    };
    static struct page_kind kind = {
        {&ops, PAGE_FEATURES | (ALCOVE_MREMAP ? ALCOVE_CAN_REALLOC : 0)},
        false};

    return &kind.allocator;
}

struct alcove_allocator *
alcove_hugepage(void)
{
    static const struct alcove_ops ops = {OPERATIONS("hugepage")};
    static struct page_kind kind = {{&ops, PAGE_FEATURES}, true};

    return &kind.allocator;
}

size_t
alcove_page_size(void)
{
    return alcove_ospage_size();
}

#else

ALCOVE_ABSENT(alcove_page, "page")
ALCOVE_ABSENT(alcove_hugepage, "hugepage")

size_t
alcove_page_size(void)
{
    return 0;
}

#endif
