/* SPDX-License-Identifier: MIT */
/* What every adapter refuses in the same way, and hands to its parent. */
#include <config.h>

#include "adapt.h"

#include "../core/libc.h"

bool
alcove_adapt_refuse(const char *name, const char *detail,
                    struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_OTHER,
        .os_error = EINVAL,
        .allocator = name,
        .detail = detail,
    };

    return alcove_error_set(err, &what);
}

bool
alcove_adapt_may_wrap(const struct alcove_allocator *adapter,
                      const struct alcove_allocator *parent, const char *name,
                      struct alcove_error *err)
{
    if (!parent)
        return alcove_adapt_refuse(name, "there is no parent", err);
    if (parent == adapter)
        return alcove_adapt_refuse(name, "an adapter cannot wrap itself", err);
    return true;
}

bool
alcove_adapt_is_idle(const char *name, size_t live_blocks, size_t live_bytes,
                     struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_OTHER,
        .os_error = EBUSY,
        .limit = live_bytes,
        .allocator = name,
        .detail = "blocks are live: release them first",
    };

    if (live_blocks == 0)
        return true;
    return alcove_error_set(err, &what);
}

bool
alcove_adapt_owns(struct alcove_allocator *a, const void *p,
                  struct alcove_layout l)
{
    return alcove_owns(alcove_adapt_parent(a), p, l);
}

size_t
alcove_adapt_usable_size(struct alcove_allocator *a, const void *p,
                         struct alcove_layout l)
{
    return alcove_usable_size(alcove_adapt_parent(a), p, l);
}
