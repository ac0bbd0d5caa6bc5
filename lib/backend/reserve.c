/* SPDX-License-Identifier: MIT */
/* One block at the start of a range of addresses, with memory as it grows.
 *
 * Each step is a call of the system, and touching a page costs about as much:
 * growth by single pages takes memory ahead of its need. */
#include <config.h>

#include "page.h"

#include <errno.h>

#if ALCOVE_HAVE_PAGE

#    include "../os/page.h"
#    include "../os/tools.h"

static struct alcove_page_reserve *
reserve_self(struct alcove_allocator *a)
{
    return (struct alcove_page_reserve *)(void *)a;
}

static bool
reserve_refuse(const struct alcove_error *why, struct alcove_layout l,
               struct alcove_layout old, struct alcove_error *err)
{
    struct alcove_error what = *why;

    what.layout = l;
    what.old = old;
    what.allocator = "page reserve";
    return alcove_error_set(err, &what);
}

static const struct alcove_layout reserve_none = {0, 0};

/* Of a block in the range: its pages. */
static size_t
pages(const struct alcove_page_reserve *r, struct alcove_layout l)
{
    return length(l.size, r->page);
}

/* ---- memory ---- */

static bool
commit_to(struct alcove_page_reserve *r, size_t to)
{
    char *from = r->start + r->committed;

    if (!alcove_ospage_commit(from, to - r->committed))
        return false;
    if (r->huge)
        alcove_ospage_advise_huge(from, to - r->committed);
    r->committed = to;
    return true;
}

/* Memory for `need` bytes. What is ahead of the need may be more than there
 * is. */
static bool
commit(struct alcove_page_reserve *r, size_t need)
{
    return need <= r->committed ||
           commit_to(r, upto(need, ahead_of(need), r->size, r->step)) ||
           commit_to(r, upto(need, 0, r->size, r->step));
}

/* Give back what lies far beyond `need`. */
static void
trim(struct alcove_page_reserve *r, size_t need)
{
    size_t keep = worth_keeping(r->committed, need, r->size, r->step);

    if (keep < r->committed &&
        alcove_ospage_decommit(r->start + keep, r->committed - keep))
        r->committed = keep;
}

static void
set_block(struct alcove_page_reserve *r, struct alcove_layout l)
{
    if (r->block.size != 0)
        alcove_tools_unroot(r->start, pages(r, r->block));
    if (l.size != 0)
        alcove_tools_root(r->start, pages(r, l));
    r->block = l;
}

/* ---- the operations ---- */

/* Can the block have this layout? If not, `*why` says what is in the way. */
static bool
reserve_fits(const struct alcove_page_reserve *r, struct alcove_layout l,
             struct alcove_error *why)
{
    *why = (struct alcove_error){.code = ALCOVE_ERR_ALLOC_FAILED};
    if (l.size > r->size) {
        why->cause = ALCOVE_CAUSE_LIMIT;
        why->limit = r->size;
        why->detail = "that is the size of the reservation";
        return false;
    }
    if (((uintptr_t)r->start & (l.align - 1)) != 0) {
        why->cause = ALCOVE_CAUSE_OTHER;
        why->detail = "the start of the reservation is aligned to less";
        return false;
    }
    return true;
}

/* The one block gets this layout, with memory for it. The system is asked only
 * where there is not enough, or too much. */
static bool
become(struct alcove_page_reserve *r, struct alcove_layout l,
       struct alcove_error *why)
{
    int saved = errno;

    if (!reserve_fits(r, l, why))
        return false;
    if (!commit(r, pages(r, l))) {
        why->cause = ALCOVE_CAUSE_OS;
        why->os_error = errno;
        why->detail = alcove_ospage_detail(NULL);
        errno = saved;
        return false;
    }
    trim(r, pages(r, l));
    set_block(r, l);
    errno = saved;
    return true;
}

static void *
reserve_alloc(struct alcove_allocator *a, struct alcove_layout l,
              struct alcove_error *err)
{
    struct alcove_page_reserve *r = reserve_self(a);
    struct alcove_error why = {
        .code = ALCOVE_ERR_ALLOC_FAILED,
        .cause = ALCOVE_CAUSE_LIMIT,
        .detail = "its one block is live",
    };

    if (r->block.size == 0 && become(r, l, &why))
        return r->start;
    reserve_refuse(&why, l, reserve_none, err);
    return NULL;
}

static bool
reserve_is_block(const struct alcove_page_reserve *r, const void *p,
                 struct alcove_layout l)
{
    return r->block.size != 0 && p == r->start && l.size == r->block.size &&
           l.align == r->block.align;
}

static bool
reserve_check(const struct alcove_page_reserve *r, const void *p,
              struct alcove_layout l, struct alcove_error *err)
{
    struct alcove_error why = {.code = ALCOVE_ERR_NOT_OWNED, .block = p};

    if (reserve_is_block(r, p, l))
        return true;
    if (r->block.size == 0 || p != r->start)
        return reserve_refuse(&why, l, reserve_none, err);
    why.code = ALCOVE_ERR_LAYOUT_MISMATCH;
    return reserve_refuse(&why, l, r->block, err);
}

static bool
reserve_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                struct alcove_error *err)
{
    struct alcove_page_reserve *r = reserve_self(a);
    int saved = errno;

    if (!reserve_check(r, p, l, err))
        return false;
    if (!alcove_ospage_decommit(r->start, r->committed)) {
        struct alcove_error why = {
            .code = ALCOVE_ERR_OTHER,
            .cause = ALCOVE_CAUSE_OS,
            .os_error = errno,
            .block = p,
            .detail = alcove_ospage_detail("the pages could not be given back"),
        };

        return reserve_refuse(&why, l, reserve_none, err);
    }
    r->committed = 0;
    set_block(r, reserve_none);
    errno = saved;
    return true;
}

static bool
reserve_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
               struct alcove_layout new_)
{
    struct alcove_error why;

    return reserve_is_block(reserve_self(a), p, old) &&
           become(reserve_self(a), new_, &why);
}

/* Nothing can move here: this is for the reason of a refusal. */
static void *
reserve_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
                struct alcove_layout new_, struct alcove_error *err)
{
    struct alcove_error why;

    if (!reserve_check(reserve_self(a), p, old, err))
        return NULL;
    if (become(reserve_self(a), new_, &why))
        return p;
    reserve_refuse(&why, new_, old, err);
    return NULL;
}

static bool
reserve_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    return reserve_is_block(reserve_self(a), p, l);
}

static size_t
reserve_usable_size(struct alcove_allocator *a, const void *p,
                    struct alcove_layout l)
{
    (void)p;
    return pages(reserve_self(a), l);
}

/* ---- init, done ---- */

static const struct alcove_ops reserve_ops = {
    .struct_size = sizeof reserve_ops,
    .name = "page reserve",
    .alloc = reserve_alloc,
    .dealloc = reserve_dealloc,
    .zalloc = reserve_alloc, /* fresh pages are 0 */
    .resize = reserve_resize,
    .realloc = reserve_realloc,
    .owns = reserve_owns,
    .usable_size = reserve_usable_size,
};

static bool
init(struct alcove_page_reserve *reserve, size_t size, bool huge,
     struct alcove_error *err)
{
    struct alcove_page_reserve r = {
        .allocator = {&reserve_ops, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC |
                                        ALCOVE_CAN_RECLAIM | ALCOVE_CAN_RESIZE |
                                        ALCOVE_CAN_OWNS | ALCOVE_CAN_CHECKED |
                                        ALCOVE_CAN_USABLE_SIZE |
                                        ALCOVE_CAN_TEMP | ALCOVE_CAN_ZERO},
        .huge = huge,
    };
    struct alcove_layout asked = {size, ALCOVE_HUGEPAGE_SIZE};
    struct alcove_error why = {.code = ALCOVE_ERR_EXCEEDS_MAX};
    size_t page = alcove_ospage_size();
    size_t align = page > ALCOVE_HUGEPAGE_SIZE ? page : ALCOVE_HUGEPAGE_SIZE;
    int saved = errno;

    if (size == 0) {
        why.code = ALCOVE_ERR_OTHER;
        why.os_error = EINVAL;
        why.detail = "a reservation has at least one byte";
        return reserve_refuse(&why, reserve_none, reserve_none, err);
    }
    if (page == 0 || size > ALCOVE_SIZE_MAX - 2 * align)
        return reserve_refuse(&why, asked, reserve_none, err);
    r.page = page;
    r.step = huge ? align : page;
    r.size = length(size, r.step);
    r.start = alcove_ospage_reserve(r.size + (align - page));
    if (r.start)
        r.start = alcove_ospage_cut(r.start, r.size, align);
    if (!r.start) {
        why.code = ALCOVE_ERR_ALLOC_FAILED;
        why.cause = ALCOVE_CAUSE_OS;
        why.os_error = errno;
        why.detail = alcove_ospage_detail(NULL);
        return reserve_refuse(&why, asked, reserve_none, err);
    }
    *reserve = r;
    errno = saved;
    return true;
}

bool
alcove_page_reserve_init(struct alcove_page_reserve *reserve, size_t size,
                         struct alcove_error *err)
{
    return init(reserve, size, false, err);
}

bool
alcove_hugepage_reserve_init(struct alcove_page_reserve *reserve, size_t size,
                             struct alcove_error *err)
{
    return init(reserve, size, true, err);
}

/* A range of size 0 refuses every block. */
void
alcove_page_reserve_done(struct alcove_page_reserve *reserve)
{
    int saved = errno;

    if (!reserve->start)
        return;
    set_block(reserve, reserve_none);
    (void)alcove_ospage_unmap(reserve->start, reserve->size);
    reserve->start = NULL;
    reserve->size = 0;
    reserve->committed = 0;
    errno = saved;
}

#else

static bool
reserve_refuse(struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_UNSUPPORTED,
        .allocator = "page reserve",
        .detail = "this library has no pages",
    };

    return alcove_error_set(err, &what);
}

bool
alcove_page_reserve_init(struct alcove_page_reserve *reserve, size_t size,
                         struct alcove_error *err)
{
    (void)reserve;
    (void)size;
    return reserve_refuse(err);
}

bool
alcove_hugepage_reserve_init(struct alcove_page_reserve *reserve, size_t size,
                             struct alcove_error *err)
{
    (void)reserve;
    (void)size;
    return reserve_refuse(err);
}

void
alcove_page_reserve_done(struct alcove_page_reserve *reserve)
{
    (void)reserve;
}

#endif
