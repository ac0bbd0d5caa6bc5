/* SPDX-License-Identifier: MIT */
/* HeapAlloc, for every alignment. The alignment alone decides whether a block
 * is plain or padded (pad.h), so that the layout at its release tells. */
#include <config.h>

#include <alcove/heapalloc.h>

#include "../core/pad.h"
#include "absent.h"

#if ALCOVE_HAVE_HEAPALLOC

#    include "../os/winerror.h"

#    include <errno.h>
#    include <windows.h>

static bool
is_plain(struct alcove_layout l)
{
    return l.align <= ALCOVE_PLAIN_ALIGN;
}

/* Windows promises no last error here: without one it was memory. */
static void *
refuse(struct alcove_layout l, struct alcove_layout old,
       struct alcove_error *err)
{
    bool is_told = GetLastError() != ERROR_SUCCESS;
    struct alcove_error what = {
        .code = ALCOVE_ERR_ALLOC_FAILED,
        .cause = ALCOVE_CAUSE_OS,
        .os_error = is_told ? alcove_winerror_errno() : ENOMEM,
        .layout = l,
        .old = old,
        .allocator = "heapalloc",
        .detail = alcove_winerror_detail(NULL),
    };

    alcove_error_set(err, &what);
    return NULL;
}

static void *
allocate(struct alcove_layout l, DWORD flags, struct alcove_error *err)
{
    static const struct alcove_layout none = {0, 0};
    size_t size = is_plain(l) ? alcove_pad_raised_size(l) : alcove_pad_size(l);
    void *p;

    SetLastError(ERROR_SUCCESS);
    p = size > ALCOVE_SIZE_MAX ? NULL
                               : HeapAlloc(GetProcessHeap(), flags, size);
    if (!p)
        return refuse(l, none, err);
    return is_plain(l) ? p : alcove_pad_place(p, l);
}

static void *
heapalloc_alloc(struct alcove_allocator *a, struct alcove_layout l,
                struct alcove_error *err)
{
    (void)a;
    return allocate(l, 0, err);
}

static void *
heapalloc_zalloc(struct alcove_allocator *a, struct alcove_layout l,
                 struct alcove_error *err)
{
    (void)a;
    return allocate(l, HEAP_ZERO_MEMORY, err);
}

static bool
heapalloc_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                  struct alcove_error *err)
{
    void *own = is_plain(l) ? p : *alcove_pad_base(p);

    if (!HeapFree(GetProcessHeap(), 0, own)) {
        struct alcove_error what = {
            .code = ALCOVE_ERR_OTHER,
            .cause = ALCOVE_CAUSE_OS,
            .os_error = alcove_winerror_errno(),
            .layout = l,
            .block = p,
            .allocator = a->ops->name,
            .detail = alcove_winerror_detail("HeapFree does not take it"),
        };

        return alcove_error_set(err, &what);
    }
    return true;
}

static bool
heapalloc_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
                 struct alcove_layout new_)
{
    (void)a;
    return is_plain(old) && is_plain(new_) &&
           HeapReAlloc(GetProcessHeap(), HEAP_REALLOC_IN_PLACE_ONLY, p,
                       alcove_pad_raised_size(new_)) != NULL;
}

static void *
heapalloc_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
                  struct alcove_layout new_, struct alcove_error *err)
{
    void *q;

    if (!is_plain(old) || !is_plain(new_))
        return alcove_realloc_by_copy(a, p, old, new_, err);
    SetLastError(ERROR_SUCCESS);
    q = HeapReAlloc(GetProcessHeap(), 0, p, alcove_pad_raised_size(new_));
    return q ? q : refuse(new_, old, err);
}

struct alcove_allocator *
alcove_heapalloc(void)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "heapalloc",
        .alloc = heapalloc_alloc,
        .dealloc = heapalloc_dealloc,
        .zalloc = heapalloc_zalloc,
        .resize = heapalloc_resize,
        .realloc = heapalloc_realloc,
    };
    static struct alcove_allocator allocator = {
        &ops, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |
                  ALCOVE_CAN_RESIZE | ALCOVE_CAN_REALLOC | ALCOVE_CAN_TEMP |
                  ALCOVE_CAN_THREADS | ALCOVE_CAN_ZERO};

    return &allocator;
}

#else
ALCOVE_ABSENT(alcove_heapalloc, "heapalloc")
#endif
