// SPDX-License-Identifier: MIT
// make bench: the vector of the C++ standard library, and one by hand.
#include "bench.h"

#include <vector>

struct by_hand {
    int *items;
    size_t count, capacity;
};

static inline void
grow(by_hand *v)
{
    size_t capacity = v->capacity ? 2 * v->capacity : 4;
    void *p = std::realloc(v->items, capacity * sizeof *v->items);

    if (!p)
        abort();
    v->items = static_cast<int *>(p);
    v->capacity = capacity;
}

APART static void
grow_apart(by_hand *v)
{
    grow(v);
}

// All inline, the fields are never in memory.
template <void Grow(by_hand *)>
static inline void
push(by_hand *v, int item)
{
    if (__builtin_expect(v->count == v->capacity, 0))
        Grow(v);
    v->items[v->count++] = item;
}

VEC(vector, std::vector<int> v, v.push_back(n), KEEP(v.data()))
VEC(by_hand, by_hand v = {}, push<grow>(&v, n), KEEP(v.items);
    std::free(v.items))
VEC(by_hand_apart, by_hand v = {}, push<grow_apart>(&v, n), KEEP(v.items);
    std::free(v.items))

const struct contender contenders[] = {
    {"vec", "std::vector", NULL, vec_vector, 4, 0},
    {"vec", "realloc by hand", NULL, vec_by_hand, 4, 0},
    {"vec", "realloc by hand, a function", NULL, vec_by_hand_apart, 4, 0},
    {NULL, NULL, NULL, NULL, 0, 0},
};
