/* SPDX-License-Identifier: MIT */
/* An array that grows.
 *
 * The layout of a larger block is computed first, then the block changes, and
 * only then the vector: what fails before that has changed nothing. A vector
 * without memory has a block of size 0, which the front of the interface knows
 * how to grow and to release, so that it is no case of its own. */
#include <config.h>

#include <alcove/vec.h>

#include "../core/libc.h"

static ALCOVE_COLD ALCOVE_NOINLINE bool
vec_refuse(enum alcove_code code, struct alcove_layout l, const void *block,
           size_t limit, const char *detail, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = code,
        .os_error = code == ALCOVE_ERR_OTHER ? EINVAL : 0,
        .layout = l,
        .limit = limit,
        .block = block,
        .allocator = "vec",
        .detail = detail,
    };

    return alcove_error_set(err, &what);
}

static bool
refuse_index(const struct alcove_vec *vec, struct alcove_error *err)
{
    return vec_refuse(ALCOVE_ERR_OTHER, vec->item, NULL, vec->count,
                      "the index is beyond the end", err);
}

static bool
refuse_empty(const struct alcove_vec *vec, struct alcove_error *err)
{
    return vec_refuse(ALCOVE_ERR_OTHER, vec->item, NULL, 0,
                      "there is no allocator: the vector is all 0", err);
}

/* As it was when its block was made; so it cannot fail. */
static struct alcove_layout
block_layout(const struct alcove_vec *vec)
{
    struct alcove_layout l = vec->item;

    l.size = vec->capacity * vec->stride;
    return l;
}

static char *
vec_place(const struct alcove_vec *vec, size_t index)
{
    return (char *)vec->data + index * vec->stride;
}

static void
clear(struct alcove_vec *vec)
{
    vec->data = alcove_layout_dangling(vec->item);
    vec->count = 0;
    vec->capacity = vec->stride == 0 ? SIZE_MAX : 0;
}

/* ---- whose the block is ---- */

bool
alcove_vec_from_raw(struct alcove_vec *vec, struct alcove_allocator *a, void *p,
                    struct alcove_layout item, size_t count, size_t capacity,
                    struct alcove_error *err)
{
    struct alcove_layout l;
    size_t stride;

    if (!a)
        return vec_refuse(ALCOVE_ERR_OTHER, item, p, 0, "there is no allocator",
                          err);
    if (!alcove_layout_repeat(item, capacity, &l, &stride, err))
        return false;
    if (stride == 0)
        capacity = SIZE_MAX;
    if (count > capacity)
        return vec_refuse(ALCOVE_ERR_OTHER, l, p, capacity,
                          "there are more items than there is room for", err);
    if (!p && l.size != 0)
        return vec_refuse(ALCOVE_ERR_LAYOUT_MISMATCH, l, p, 0,
                          "a null pointer is a block of size 0", err);
    if ((uintptr_t)p % l.align != 0 && l.size != 0)
        return vec_refuse(ALCOVE_ERR_LAYOUT_MISMATCH, l, p, 0,
                          "it is not aligned", err);
    vec->data = l.size != 0 ? p : alcove_layout_dangling(l);
    vec->count = count;
    vec->capacity = capacity;
    vec->item = item;
    vec->stride = stride;
    vec->allocator = a;
    return true;
}

bool
alcove_vec_init(struct alcove_vec *vec, struct alcove_allocator *a,
                struct alcove_layout item, struct alcove_error *err)
{
    return alcove_vec_from_raw(vec, a, NULL, item, 0, 0, err);
}

void *
alcove_vec_release(struct alcove_vec *vec, struct alcove_layout *block,
                   size_t *count, size_t *capacity)
{
    void *p = vec->data;

    if (block)
        *block = block_layout(vec);
    if (count)
        *count = vec->count;
    if (capacity)
        *capacity = vec->capacity;
    if (vec->allocator)
        clear(vec);
    return p;
}

bool
alcove_vec_done(struct alcove_vec *vec, struct alcove_error *err)
{
    if (!vec->allocator)
        return true;
    if (!alcove_dealloc(vec->allocator, vec->data, block_layout(vec), err))
        return false;
    clear(vec);
    return true;
}

void
alcove_vec_cleanup(struct alcove_vec *vec)
{
    int saved = errno;

    (void)alcove_vec_done(vec, NULL);
    errno = saved;
}

bool
alcove_vec_ok(const struct alcove_vec *vec)
{
    if (!vec->allocator)
        return !vec->data && vec->count == 0 && vec->capacity == 0;
    if (vec->count > vec->capacity || !alcove_layout_ok(vec->item) ||
        vec->stride != alcove_layout_pad_to_align(vec->item).size)
        return false;
    if (vec->stride == 0)
        return vec->capacity == SIZE_MAX &&
               vec->data == alcove_layout_dangling(vec->item);
    if (vec->capacity > ALCOVE_SIZE_MAX / vec->stride)
        return false;
    return vec->data && (uintptr_t)vec->data % vec->item.align == 0;
}

/* ---- room ---- */

/* Have room for so many items; in place if that can be. */
static bool
set_capacity(struct alcove_vec *vec, size_t capacity, struct alcove_error *err)
{
    struct alcove_layout old = block_layout(vec), new_;
    struct alcove_allocator *a = vec->allocator;
    void *p;

    if (!alcove_layout_repeat(vec->item, capacity, &new_, NULL, err))
        return false;
    if (!alcove_resize(a, vec->data, old, new_)) {
        p = alcove_realloc(a, vec->data, old, new_, err);
        if (!p)
            return false;
        vec->data = p;
    }
    vec->capacity = capacity;
    return true;
}

/* At least `need`, which are more than there is room for: twice as many as now,
 * if a block may be that large. */
static size_t
vec_larger(const struct alcove_vec *vec, size_t need)
{
    size_t most = (ALCOVE_SIZE_MAX - (vec->item.align - 1)) / vec->stride;
    size_t first = vec->stride == 1 ? 8 : vec->stride <= 1024 ? 4 : 1;
    size_t twice = vec->capacity <= most / 2 ? 2 * vec->capacity : need;

    if (twice < first)
        twice = first;
    return twice < need ? need : twice;
}

static ALCOVE_NOINLINE bool
vec_make_room(struct alcove_vec *vec, size_t more, bool exact,
              struct alcove_error *err)
{
    size_t need = 0;

    if (!vec->allocator)
        return refuse_empty(vec, err);
    if (!alcove_arith(vec->count, ALCOVE_ARITH_ADD, more, &need, err))
        return false;
    return set_capacity(vec, exact ? need : vec_larger(vec, need), err);
}

bool
alcove_vec_reserve(struct alcove_vec *vec, size_t more,
                   struct alcove_error *err)
{
    if (more <= vec->capacity - vec->count)
        return true;
    return vec_make_room(vec, more, false, err);
}

bool
alcove_vec_reserve_exact(struct alcove_vec *vec, size_t more,
                         struct alcove_error *err)
{
    if (more <= vec->capacity - vec->count)
        return true;
    return vec_make_room(vec, more, true, err);
}

bool
alcove_vec_shrink_to_fit(struct alcove_vec *vec)
{
    struct alcove_layout old = block_layout(vec), new_ = old;
    struct alcove_allocator *a = vec->allocator;
    int saved = errno;
    void *p;

    if (vec->capacity == vec->count || vec->stride == 0)
        return true;
    new_.size = vec->count * vec->stride;
    if (!alcove_resize(a, vec->data, old, new_)) {
        /* A smaller block somewhere else is a loss where the old one stays. */
        if (new_.size != 0 && !(alcove_features(a) & ALCOVE_CAN_RECLAIM))
            return false;
        p = alcove_shrink(a, vec->data, old, new_, NULL);
        errno = saved;
        if (!p)
            return false;
        vec->data = p;
    }
    vec->capacity = vec->count;
    return true;
}

/* ---- items ---- */

/* There is room, and `index` is right. */
static char *
open_gap(struct alcove_vec *vec, size_t index, size_t n)
{
    char *gap = vec_place(vec, index);

    if (vec->stride != 0 && index < vec->count && n != 0)
        memmove(gap + n * vec->stride, gap, (vec->count - index) * vec->stride);
    vec->count += n;
    return gap;
}

void *
alcove_vec_open(struct alcove_vec *vec, size_t index, size_t n,
                struct alcove_error *err)
{
    if (!vec->allocator) {
        refuse_empty(vec, err);
        return NULL;
    }
    if (index > vec->count) {
        refuse_index(vec, err);
        return NULL;
    }
    if (!alcove_vec_reserve(vec, n, err))
        return NULL;
    return open_gap(vec, index, n);
}

/* How far from the vector's first byte: beyond its last one, if they are not
 * its own. */
ALCOVE_WRAPS static size_t
vec_offset(const struct alcove_vec *vec, const void *items)
{
    return (size_t)((uintptr_t)items - (uintptr_t)vec->data);
}

/* The items may be the vector's own. Then all are before the gap, or all behind
 * it, for several are added at the end only. */
static bool
vec_insert(struct alcove_vec *vec, size_t index, const void *items, size_t n,
           struct alcove_error *err)
{
    size_t at = vec_offset(vec, items);
    bool own = at < vec->count * vec->stride;
    char *gap;

    if (!items && n != 0 && vec->item.size != 0)
        return vec_refuse(ALCOVE_ERR_OTHER, vec->item, NULL, 0,
                          "there are no items to copy", err);
    gap = alcove_vec_open(vec, index, n, err);
    if (!gap)
        return false;
    if (vec->item.size == 0 || n == 0)
        return true;
    if (own)
        items = (const char *)vec->data + at +
                (at < index * vec->stride ? 0 : n * vec->stride);
    /* What follows the last one need not be there. */
    memcpy(gap, items, (n - 1) * vec->stride + vec->item.size);
    return true;
}

/* Mostly there is room, and then nothing moves. */
bool
alcove_vec_push(struct alcove_vec *vec, const void *item,
                struct alcove_error *err)
{
    if (ALCOVE_UNLIKELY(vec->count == vec->capacity || !item))
        return vec_insert(vec, vec->count, item, 1, err);
    if (vec->item.size != 0)
        memcpy(vec_place(vec, vec->count), item, vec->item.size);
    vec->count++;
    return true;
}

bool
alcove_vec_extend(struct alcove_vec *vec, const void *items, size_t n,
                  struct alcove_error *err)
{
    return vec_insert(vec, vec->count, items, n, err);
}

bool
alcove_vec_insert(struct alcove_vec *vec, size_t index, const void *item,
                  struct alcove_error *err)
{
    return vec_insert(vec, index, item, 1, err);
}

/* Into `out`, unless that is NULL. */
static void
hand_out(const struct alcove_vec *vec, size_t index, void *out)
{
    if (out && vec->item.size != 0)
        memcpy(out, vec_place(vec, index), vec->item.size);
}

bool
alcove_vec_pop(struct alcove_vec *vec, void *out)
{
    if (vec->count == 0)
        return false;
    vec->count--;
    hand_out(vec, vec->count, out);
    return true;
}

bool
alcove_vec_remove(struct alcove_vec *vec, size_t index, void *out,
                  struct alcove_error *err)
{
    if (index >= vec->count)
        return refuse_index(vec, err);
    hand_out(vec, index, out);
    vec->count--;
    memmove(vec_place(vec, index), vec_place(vec, index + 1),
            (vec->count - index) * vec->stride);
    return true;
}

void
alcove_vec_truncate(struct alcove_vec *vec, size_t count)
{
    if (count < vec->count)
        vec->count = count;
}

size_t
alcove_vec_retain(struct alcove_vec *vec, alcove_vec_keep_fn *keep, void *arg)
{
    size_t i, n = vec->count;

    vec->count = 0;
    for (i = 0; i < n; i++) {
        char *item = vec_place(vec, i);

        if (!keep(item, arg))
            continue;
        if (vec->count != i && vec->item.size != 0)
            memcpy(vec_place(vec, vec->count), item, vec->item.size);
        vec->count++;
    }
    return n - vec->count;
}
