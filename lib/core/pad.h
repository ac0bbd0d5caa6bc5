/* SPDX-License-Identifier: MIT */
/* Any alignment from a malloc that gives one.
 *
 * - A block that malloc aligns by itself is malloc's own; its size is raised to
 *   its alignment, because malloc owes that only to objects that fit the block:
 *   jemalloc and tcmalloc align 8 bytes to 8.
 * - Any other is padded: cut out of a larger block, whose address stands right
 *   before the one that the caller gets. */
#ifndef ALCOVE_LIB_CORE_PAD_H
#define ALCOVE_LIB_CORE_PAD_H

#include <alcove/layout.h>

/* What max_align_t has, which not every compiler knows. Each by itself: in a
 * union or struct i386 aligns a long long to less. */
#define ALCOVE_PAD_LARGER(x, y) ((x) > (y) ? (x) : (y))
#define ALCOVE_PAD_C_ALIGN                                                     \
    ALCOVE_PAD_LARGER(ALCOVE_ALIGNOF(long long),                               \
                      ALCOVE_PAD_LARGER(ALCOVE_ALIGNOF(long double),           \
                                        ALCOVE_ALIGNOF(void *)))

enum {
    /* What the C library's malloc aligns to. C11 7.22.3 promises that of
     * max_align_t, which glibc on i386 and others claim to be larger than what
     * their malloc gives: two pointers. */
    ALCOVE_PLAIN_ALIGN = ALCOVE_PAD_C_ALIGN < 2 * sizeof(void *)
                             ? ALCOVE_PAD_C_ALIGN
                             : 2 * sizeof(void *)
};

/* The size to ask for where nothing is padded. */
static inline size_t
alcove_pad_raised_size(struct alcove_layout l)
{
    return l.size < l.align ? l.align : l.size;
}

/* The size of the larger block. No overflow, because size + align - 1 is at
 * most PTRDIFF_MAX; but it may be no valid size. */
static inline size_t
alcove_pad_size(struct alcove_layout l)
{
    return l.size + (l.align - 1) + sizeof(void *);
}

/* Where the larger block's address stands: right before the caller's. */
static inline void **
alcove_pad_base(void *p)
{
    return (void **)p - 1;
}

/* The caller's block in the larger one. The alignment is at least that of a
 * pointer. */
static inline void *
alcove_pad_place(void *base, struct alcove_layout l)
{
    size_t below = l.align - 1;
    uintptr_t start = (uintptr_t)base + sizeof(void *) + below;
    char *p = (char *)base + (start - (start & below) - (uintptr_t)base);

    *alcove_pad_base(p) = base;
    return p;
}

#endif /* ALCOVE_LIB_CORE_PAD_H */
