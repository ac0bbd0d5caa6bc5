/* SPDX-License-Identifier: MIT */
/* What adapters have in common: they wrap one parent.
 *
 * Each adapter's own struct begins with the fields of struct alcove_adapter;
 * the operations here pass on what an adapter has nothing to add to. */
#ifndef ALCOVE_LIB_ADAPT_ADAPT_H
#define ALCOVE_LIB_ADAPT_ADAPT_H

#include <alcove/temp.h>

struct alcove_adapter {
    struct alcove_allocator allocator;
    struct alcove_allocator *parent;
};

static inline struct alcove_allocator *
alcove_adapt_parent(struct alcove_allocator *a)
{
    return ((struct alcove_adapter *)(void *)a)->parent;
}

/* For an init: a parent that is NULL or the adapter itself is refused, as
 * OTHER with errno EINVAL, in the name of the adapter. */
bool alcove_adapt_may_wrap(const struct alcove_allocator *adapter,
                           const struct alcove_allocator *parent,
                           const char *name, struct alcove_error *err);

/* For an init: a bad argument, refused in the same way. Returns false. */
bool alcove_adapt_refuse(const char *name, const char *detail,
                         struct alcove_error *err);

/* For a done: true if no block is live; else refused as OTHER with errno EBUSY
 * and the live bytes in err->limit. */
bool alcove_adapt_is_idle(const char *name, size_t live_blocks,
                          size_t live_bytes, struct alcove_error *err);

/* Operations that are the parent's. */
bool alcove_adapt_owns(struct alcove_allocator *a, const void *p,
                       struct alcove_layout l);
size_t alcove_adapt_usable_size(struct alcove_allocator *a, const void *p,
                                struct alcove_layout l);

#endif /* ALCOVE_LIB_ADAPT_ADAPT_H */
