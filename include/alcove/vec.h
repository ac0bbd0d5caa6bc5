/* SPDX-License-Identifier: MIT */
/* A vector: an array that grows, of items of any layout, in a block of any
 * allocator. By layout,
 *
 *     struct alcove_vec v;
 *     alcove_vec_init(&v, a, ALCOVE_LAYOUT(struct point), &err)
 *     alcove_vec_push(&v, &point, &err)
 *
 * or by type, checked by the compiler and with the push inline:
 *
 *     ALCOVE_VEC(points, struct point);    at file scope
 *     struct points v;
 *     points_init(&v, a, &err)
 *     points_push(&v, point, &err)
 *     points_data(&v)[0].x
 *
 * - Items are plain memory, moved by memcpy, one every `stride` bytes: the
 *   item's size rounded up to its alignment.
 * - Items of size 0 are counted and take no memory.
 * - A vector that is full grows to twice its capacity, or to what is needed if
 *   that is more, or if the double would be too large for any block; from
 *   nothing to 8 items of one byte, 4 of up to 1 KiB, or one. Growth is in
 *   place where the allocator can; so pushing n items copies fewer than 2 n.
 * - Pointers to items are good until an operation that may grow or shrink the
 *   block, or moves them.
 * - It works over an arena: there a block that had to move is lost until the
 *   arena is reset, all in all less than the block that is used.
 * - Every failure leaves the vector as it was, block, items and all. Success
 *   leaves errno and the error alone.
 * - One that is all 0 has no allocator: what would need it is refused as OTHER,
 *   errno EINVAL; it can be asked, truncated and done.
 */
#ifndef ALCOVE_VEC_H
#define ALCOVE_VEC_H

#include <alcove/alloc.h>

ALCOVE_BEGIN

/* Invariants: count <= capacity; `data` is a block of capacity * stride bytes,
 * aligned to item.align (so not NULL, and not to be dereferenced if that is 0);
 * the capacity for items of size 0 is SIZE_MAX.
 */
struct alcove_vec {
    void *data;                         /* the first item */
    size_t count, capacity;             /* items: that are there, that fit */
    struct alcove_layout item;          /* as init was told */
    size_t stride;                      /* bytes from one item to the next */
    struct alcove_allocator *allocator; /* whose the block is */
};

/* To initialize one that is all 0. */
#define ALCOVE_VEC_EMPTY {NULL, 0, 0, {0, 0}, 0, NULL}

/* An empty vector; nothing is allocated.
 * Fails if and only if `a` is NULL (OTHER, errno EINVAL), or `item` is not
 * valid.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
bool alcove_vec_init(struct alcove_vec *vec, struct alcove_allocator *a,
                     struct alcove_layout item, struct alcove_error *err);

/* Release the block. The vector is empty, and may be used again, or forgotten.
 * Fails if and only if alcove_dealloc does.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_vec_done(struct alcove_vec *vec, struct alcove_error *err);

/* A vector whose block is `p`, which `a` gave with layout `item` repeated
 * `capacity` times (alcove_layout_repeat) and whose first `count` items are
 * there. The block is the vector's now. NULL stands for a block of size 0.
 * Fails if and only if `a` is NULL or count > capacity (OTHER, errno EINVAL,
 * err->limit the capacity), `p` is NULL or not aligned although the block is
 * not of size 0 (LAYOUT_MISMATCH), or as alcove_layout_repeat.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
bool alcove_vec_from_raw(struct alcove_vec *vec, struct alcove_allocator *a,
                         void *p, struct alcove_layout item, size_t count,
                         size_t capacity, struct alcove_error *err);

/* Take the block out: it is the caller's now, to be released to the vector's
 * allocator with layout `*block`; the vector is empty, as after init. `block`,
 * `count` and `capacity` get what was, and may be NULL. NULL if the vector is
 * all 0.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_vec_release(struct alcove_vec *vec, struct alcove_layout *block,
                         size_t *count, size_t *capacity);

/* Have room for `more` items behind those that are there. The first grows as a
 * push does, the second to no more than is needed.
 * Fails if and only if the sum is no size (ARITH), as alcove_layout_repeat, or
 * as alcove_grow.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
bool alcove_vec_reserve(struct alcove_vec *vec, size_t more,
                        struct alcove_error *err);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
bool alcove_vec_reserve_exact(struct alcove_vec *vec, size_t more,
                              struct alcove_error *err);

/* Give back the room behind the items. Returns true if the capacity is now the
 * count (or items have size 0); false, which is no error and leaves errno
 * alone, if the allocator could not, or, getting nothing back from a release,
 * could only by taking more.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_vec_shrink_to_fit(struct alcove_vec *vec);

/* Put a copy of an item, or of `n` items one `stride` after the other, behind
 * the last one. They may be items of this vector.
 * Fails if and only if `item` or `items` is NULL and n * item.size is not 0
 * (OTHER, errno EINVAL), or alcove_vec_reserve(vec, n) does.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
bool alcove_vec_push(struct alcove_vec *vec, const void *item,
                     struct alcove_error *err);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
bool alcove_vec_extend(struct alcove_vec *vec, const void *items, size_t n,
                       struct alcove_error *err);

/* Put a copy of an item in front of the one at `index`, or behind the last if
 * that is the count. It may be an item of this vector.
 * Fails if and only if index > count (OTHER, errno EINVAL, err->limit the
 * count), or as alcove_vec_push.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
bool alcove_vec_insert(struct alcove_vec *vec, size_t index, const void *item,
                       struct alcove_error *err);

/* Put `n` items at `index`, their contents undefined, for the caller to fill.
 * Returns the first of them. Fails if and only if index > count (as above), or
 * alcove_vec_reserve(vec, n) does.
 */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_vec_open(struct alcove_vec *vec, size_t index, size_t n,
                      struct alcove_error *err);

/* Take the last item off, into `out` if that is not NULL. Returns false, which
 * is no error and leaves errno alone, if there is none.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_vec_pop(struct alcove_vec *vec, void *out);

/* Take out the item at `index`, into `out` if that is not NULL; those behind it
 * move up.
 * Fails if and only if index >= count (OTHER, errno EINVAL, err->limit the
 * count).
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_vec_remove(struct alcove_vec *vec, size_t index, void *out,
                       struct alcove_error *err);

/* Forget all items from `count` on; none, if there are no more. The capacity
 * stays. */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_vec_truncate(struct alcove_vec *vec, size_t count);

/* Keep the items for which keep(item, arg) is true, in their order. It is
 * called once for each, in their order, may change the item, and must not use
 * the vector; if it leaves by longjmp or an exception, the vector has what was
 * kept before. Returns how many are gone.
 */
typedef bool alcove_vec_keep_fn(void *item, void *arg);
ALCOVE_API ALCOVE_NONNULL(1, 2)
size_t alcove_vec_retain(struct alcove_vec *vec, alcove_vec_keep_fn *keep,
                         void *arg);

/* The item at `index`, or NULL if that is not below the count. */
ALCOVE_INLINE ALCOVE_NONNULL(1)
void *alcove_vec_at(const struct alcove_vec *vec, size_t index);

/* Do the invariants hold? */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_vec_ok(const struct alcove_vec *vec);

/* The same as alcove_vec_done, for ALCOVE_VEC_AUTO: a refusal is nobody's to
 * hear. Leaves errno alone.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_vec_cleanup(struct alcove_vec *vec);

/* A local vector that is done when its scope is left, by the flow of control:
 * see ALCOVE_BOX_AUTO (<alcove/box.h>). It is all 0 at first. The second is for
 * a vector by type. There if ALCOVE_HAVE_CLEANUP is 1 (<alcove/base.h>).
 *
 *     ALCOVE_VEC_AUTO(v);    ALCOVE_VEC_AUTO_OF(points, v);
 */
#if ALCOVE_HAVE_CLEANUP
#    define ALCOVE_VEC_AUTO(name)                                              \
        __attribute__((cleanup(alcove_vec_cleanup)))                           \
        struct alcove_vec name = ALCOVE_VEC_EMPTY
#    define ALCOVE_VEC_AUTO_OF(vec, name)                                      \
        __attribute__((cleanup(vec##_cleanup)))                                \
        struct vec name = {ALCOVE_VEC_EMPTY}
#endif

/* ---- by type ---- */

/* At file scope, and with a semicolon: struct NAME, a vector of `type`, and the
 * functions above for it. `type` is as in `type x;`, not an array, and in C++
 * one that memcpy may move; NAME_item is another name for it. NAME_data is the
 * array; the struct has nothing but `vec`, for the functions by layout.
 *
 *     bool NAME_init(struct NAME *v, struct alcove_allocator *a, err)
 *     bool NAME_done(v, err)              void NAME_cleanup(v)
 *     bool NAME_from_raw(v, a, type *p, size_t count, size_t capacity, err)
 *     type *NAME_release(v, size_t *count, size_t *capacity)
 *     bool NAME_reserve(v, size_t more, err)    bool NAME_reserve_exact(...)
 *     bool NAME_shrink_to_fit(v)
 *     bool NAME_push(v, type item, err)
 *     bool NAME_extend(v, const type *items, size_t n, err)
 *     bool NAME_insert(v, size_t index, type item, err)
 *     type *NAME_open(v, size_t index, size_t n, err)
 *     bool NAME_pop(v, type *out)
 *     bool NAME_remove(v, size_t index, type *out, err)
 *     void NAME_truncate(v, size_t count)
 *     size_t NAME_retain(v, bool (*keep)(type *item, void *arg), void *arg)
 *     size_t NAME_count(v)    type *NAME_data(v)    type *NAME_at(v, index)
 */
#define ALCOVE_VEC(name, type)                                                 \
    struct name {                                                              \
        struct alcove_vec vec;                                                 \
    };                                                                         \
    typedef type name##_item;                                                  \
    ALCOVE_VEC_MOVABLE_(name, type)                                            \
    ALCOVE_VEC_FN_ ALCOVE_NODISCARD bool                                       \
    name##_init(struct name *v_, struct alcove_allocator *a_,                  \
                struct alcove_error *err_)                                     \
    {                                                                          \
        return alcove_vec_init(&v_->vec, a_, ALCOVE_LAYOUT(type), err_);       \
    }                                                                          \
    ALCOVE_VEC_FN_ bool                                                        \
    name##_done(struct name *v_, struct alcove_error *err_)                    \
    {                                                                          \
        return alcove_vec_done(&v_->vec, err_);                                \
    }                                                                          \
    ALCOVE_VEC_FN_ void                                                        \
    name##_cleanup(struct name *v_)                                            \
    {                                                                          \
        alcove_vec_cleanup(&v_->vec);                                          \
    }                                                                          \
    ALCOVE_VEC_FN_ ALCOVE_NODISCARD bool                                       \
    name##_from_raw(struct name *v_, struct alcove_allocator *a_,              \
                    name##_item *p_,                                           \
                    size_t count_, size_t capacity_, struct alcove_error *err_)\
    {                                                                          \
        return alcove_vec_from_raw(&v_->vec, a_, (void *)p_,                   \
                                   ALCOVE_LAYOUT(type), count_, capacity_,     \
                                   err_);                                      \
    }                                                                          \
    ALCOVE_VEC_FN_ ALCOVE_NODISCARD name##_item *                              \
    name##_release(struct name *v_, size_t *count_, size_t *capacity_)         \
    {                                                                          \
        return (name##_item *)alcove_vec_release(&v_->vec, NULL, count_,       \
                                                 capacity_);                   \
    }                                                                          \
    ALCOVE_VEC_FN_ ALCOVE_NODISCARD bool                                       \
    name##_reserve(struct name *v_, size_t more_, struct alcove_error *err_)   \
    {                                                                          \
        return alcove_vec_reserve(&v_->vec, more_, err_);                      \
    }                                                                          \
    ALCOVE_VEC_FN_ ALCOVE_NODISCARD bool                                       \
    name##_reserve_exact(struct name *v_, size_t more_,                        \
                         struct alcove_error *err_)                            \
    {                                                                          \
        return alcove_vec_reserve_exact(&v_->vec, more_, err_);                \
    }                                                                          \
    ALCOVE_VEC_FN_ bool                                                        \
    name##_shrink_to_fit(struct name *v_)                                      \
    {                                                                          \
        return alcove_vec_shrink_to_fit(&v_->vec);                             \
    }                                                                          \
    ALCOVE_VEC_FN_ size_t                                                      \
    name##_count(const struct name *v_)                                        \
    {                                                                          \
        return v_->vec.count;                                                  \
    }                                                                          \
    ALCOVE_VEC_FN_ name##_item *                                               \
    name##_data(const struct name *v_)                                         \
    {                                                                          \
        return (name##_item *)v_->vec.data;                                    \
    }                                                                          \
    ALCOVE_VEC_FN_ name##_item *                                               \
    name##_at(const struct name *v_, size_t index_)                            \
    {                                                                          \
        return (name##_item *)alcove_vec_at(&v_->vec, index_);                 \
    }                                                                          \
    ALCOVE_VEC_FN_ ALCOVE_NODISCARD bool                                       \
    name##_push(struct name *v_, name##_item item_, struct alcove_error *err_) \
    {                                                                          \
        size_t count_ = v_->vec.count;                                         \
                                                                               \
        if (ALCOVE_UNLIKELY(count_ == v_->vec.capacity) &&                     \
            !alcove_vec_reserve(&v_->vec, 1, err_))                            \
            return false;                                                      \
        ((name##_item *)v_->vec.data)[count_] = item_;                         \
        v_->vec.count = count_ + 1;                                            \
        return true;                                                           \
    }                                                                          \
    ALCOVE_VEC_FN_ ALCOVE_NODISCARD bool                                       \
    name##_extend(struct name *v_, const name##_item *items_, size_t n_,       \
                  struct alcove_error *err_)                                   \
    {                                                                          \
        return alcove_vec_extend(&v_->vec, (const void *)items_, n_, err_);    \
    }                                                                          \
    ALCOVE_VEC_FN_ ALCOVE_NODISCARD name##_item *                              \
    name##_open(struct name *v_, size_t index_, size_t n_,                     \
                struct alcove_error *err_)                                     \
    {                                                                          \
        return (name##_item *)alcove_vec_open(&v_->vec, index_, n_, err_);     \
    }                                                                          \
    ALCOVE_VEC_FN_ ALCOVE_NODISCARD bool                                       \
    name##_insert(struct name *v_, size_t index_, name##_item item_,           \
                  struct alcove_error *err_)                                   \
    {                                                                          \
        name##_item *place_ = name##_open(v_, index_, 1, err_);                \
                                                                               \
        if (!place_)                                                           \
            return false;                                                      \
        *place_ = item_;                                                       \
        return true;                                                           \
    }                                                                          \
    ALCOVE_VEC_FN_ bool                                                        \
    name##_pop(struct name *v_, name##_item *out_)                             \
    {                                                                          \
        if (v_->vec.count == 0)                                                \
            return false;                                                      \
        v_->vec.count--;                                                       \
        if (out_)                                                              \
            *out_ = ((name##_item *)v_->vec.data)[v_->vec.count];              \
        return true;                                                           \
    }                                                                          \
    ALCOVE_VEC_FN_ bool                                                        \
    name##_remove(struct name *v_, size_t index_, name##_item *out_,           \
                  struct alcove_error *err_)                                   \
    {                                                                          \
        return alcove_vec_remove(&v_->vec, index_, (void *)out_, err_);        \
    }                                                                          \
    ALCOVE_VEC_FN_ void                                                        \
    name##_truncate(struct name *v_, size_t count_)                            \
    {                                                                          \
        alcove_vec_truncate(&v_->vec, count_);                                 \
    }                                                                          \
    ALCOVE_VEC_FN_ size_t                                                      \
    name##_retain(struct name *v_,                                             \
                  bool (*keep_)(name##_item *item_, void *arg_),               \
                  void *arg_)                                                  \
    {                                                                          \
        name##_item *items_ = name##_data(v_);                                 \
        size_t i_, n_ = v_->vec.count;                                         \
                                                                               \
        v_->vec.count = 0;                                                     \
        for (i_ = 0; i_ < n_; i_++) {                                          \
            if (keep_(items_ + i_, arg_))                                      \
                items_[v_->vec.count++] = items_[i_];                          \
        }                                                                      \
        return n_ - v_->vec.count;                                             \
    }                                                                          \
    struct name

/* Not for direct use. */
#if defined __GNUC__
#    define ALCOVE_VEC_FN_ static inline __attribute__((unused))
#else
#    define ALCOVE_VEC_FN_ static inline
#endif
#if defined __cplusplus && defined __GNUC__
#    define ALCOVE_VEC_MOVABLE_(name, type)                                    \
        static_assert(__is_trivially_copyable(type),                           \
                      #name ": memcpy may not move these items");
#else
#    define ALCOVE_VEC_MOVABLE_(name, type)
#endif

/* ---- the inline bodies ---- */

ALCOVE_INLINE void *
alcove_vec_at(const struct alcove_vec *vec, size_t index)
{
    return index < vec->count ? (char *)vec->data + index * vec->stride : NULL;
}

ALCOVE_END

#endif /* ALCOVE_VEC_H */
