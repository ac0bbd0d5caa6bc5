/* SPDX-License-Identifier: MIT */
/* A block, its layout and its allocator as one value. The front of the
 * interface does the work; what is here is whose the block is when. */
#include <config.h>

#include <alcove/box.h>

#include "../core/libc.h"

static ALCOVE_COLD ALCOVE_NOINLINE bool
box_refuse(enum alcove_code code, struct alcove_layout l, const void *block,
           const char *detail, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = code,
        .os_error = code == ALCOVE_ERR_OTHER ? EINVAL : 0,
        .layout = l,
        .block = block,
        .allocator = "box",
        .detail = detail,
    };

    return alcove_error_set(err, &what);
}

static const struct alcove_box box_empty = ALCOVE_BOX_EMPTY;

static bool
fill(struct alcove_box *box, struct alcove_allocator *a, void *p,
     struct alcove_layout l)
{
    if (!p)
        return false;
    box->data = p;
    box->layout = l;
    box->allocator = a;
    return true;
}

bool
alcove_box_make(struct alcove_box *box, struct alcove_allocator *a,
                struct alcove_layout l, struct alcove_error *err)
{
    if (!a)
        return box_refuse(ALCOVE_ERR_OTHER, l, NULL, "there is no allocator",
                          err);
    return fill(box, a, alcove_alloc(a, l, err), l);
}

bool
alcove_box_zmake(struct alcove_box *box, struct alcove_allocator *a,
                 struct alcove_layout l, struct alcove_error *err)
{
    if (!a)
        return box_refuse(ALCOVE_ERR_OTHER, l, NULL, "there is no allocator",
                          err);
    return fill(box, a, alcove_zalloc(a, l, err), l);
}

bool
alcove_box_from_raw(struct alcove_box *box, struct alcove_allocator *a, void *p,
                    struct alcove_layout l, struct alcove_error *err)
{
    if (!a)
        return box_refuse(ALCOVE_ERR_OTHER, l, p, "there is no allocator", err);
    if (!alcove_layout_make(l.size, l.align, &l, err))
        return false;
    if (l.size == 0)
        return fill(box, a, alcove_layout_dangling(l), l);
    if (!p)
        return box_refuse(ALCOVE_ERR_LAYOUT_MISMATCH, l, p,
                          "a null pointer is a block of size 0", err);
    if ((uintptr_t)p % l.align != 0)
        return box_refuse(ALCOVE_ERR_LAYOUT_MISMATCH, l, p, "it is not aligned",
                          err);
    return fill(box, a, p, l);
}

void *
alcove_box_release(struct alcove_box *box, struct alcove_layout *l)
{
    void *p = box->data;

    if (!p)
        return NULL;
    if (l)
        *l = box->layout;
    *box = box_empty;
    return p;
}

bool
alcove_box_resize(struct alcove_box *box, struct alcove_layout l,
                  struct alcove_error *err)
{
    if (!box->data)
        return box_refuse(ALCOVE_ERR_OTHER, l, NULL, "the box is empty", err);
    return fill(box, box->allocator,
                alcove_realloc(box->allocator, box->data, box->layout, l, err),
                l);
}

bool
alcove_box_zresize(struct alcove_box *box, struct alcove_layout l,
                   struct alcove_error *err)
{
    if (!box->data)
        return box_refuse(ALCOVE_ERR_OTHER, l, NULL, "the box is empty", err);
    return fill(box, box->allocator,
                alcove_rezalloc(box->allocator, box->data, box->layout, l, err),
                l);
}

bool
alcove_box_clone(const struct alcove_box *box, struct alcove_allocator *a,
                 struct alcove_box *clone, struct alcove_error *err)
{
    struct alcove_layout l = box->layout;

    if (!box->data)
        return box_refuse(ALCOVE_ERR_OTHER, l, NULL, "the box is empty", err);
    if (clone == box)
        return box_refuse(ALCOVE_ERR_OTHER, l, NULL,
                          "a box cannot be its own clone", err);
    if (!alcove_box_make(clone, a ? a : box->allocator, l, err))
        return false;
    if (l.size != 0)
        memcpy(clone->data, box->data, l.size);
    return true;
}

bool
alcove_box_drop(struct alcove_box *box, struct alcove_error *err)
{
    if (!box->data)
        return true;
    if (!alcove_dealloc(box->allocator, box->data, box->layout, err))
        return false;
    *box = box_empty;
    return true;
}

void
alcove_box_cleanup(struct alcove_box *box)
{
    int saved = errno;

    (void)alcove_box_drop(box, NULL);
    errno = saved;
}
