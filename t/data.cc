// SPDX-License-Identifier: MIT
// Boxes, vectors by type and strings from C++.
#include <alcove.h>

extern "C" {
#include "count.h"
#include "tap.h"
}

#include <cstring>

namespace
{

struct point {
    double x, y;
};

struct alignas(64) line {
    point from, to;
};

struct nothing {
};

ALCOVE_VEC(ints, int);
ALCOVE_VEC(points, point);
ALCOVE_VEC(lines, line);
ALCOVE_VEC(nothings, nothing);
ALCOVE_VEC(names, const char *);

count books;

bool
left_behind(const point *p, double x)
{
    return p && p->x == x;
}

bool
of_ints(alcove_allocator *a)
{
    ints v;
    int last = 0, taken = 0;
    const int more[] = {7, 8, 9};
    bool good = ints_init(&v, a, nullptr);

    for (int i = 0; good && i < 1000; i++)
        good = ints_push(&v, i, nullptr);
    good = good && ints_extend(&v, more, 3, nullptr) &&
           ints_insert(&v, 1, -1, nullptr) && ints_count(&v) == 1004 &&
           *ints_at(&v, 1) == -1 && ints_data(&v)[2] == 1 &&
           ints_pop(&v, &last) && last == 9 &&
           ints_remove(&v, 1, &taken, nullptr) && taken == -1 &&
           !ints_at(&v, 1002);
    const size_t gone = ints_retain(
        &v, [](int *i, void *) { return *i % 2 == 0; }, nullptr);
    good = good && gone == 501 && ints_data(&v)[1] == 2;
    ints_truncate(&v, 10);
    good = good && ints_shrink_to_fit(&v) && v.vec.capacity == 10;
    return ints_done(&v, nullptr) && good;
}

bool
of_lines(alcove_allocator *a)
{
    lines v;
    bool good = lines_init(&v, a, nullptr);

    for (int i = 0; good && i < 100; i++)
        good = lines_push(&v, line{{1.0 * i, 2}, {3, 4}}, nullptr) &&
               reinterpret_cast<uintptr_t>(lines_at(&v, 0)) % 64 == 0;
    good = good && left_behind(&lines_at(&v, 99)->from, 99);
    return lines_done(&v, nullptr) && good;
}

#if ALCOVE_HAVE_CLEANUP
bool
leaves_by_exception(alcove_allocator *a)
{
    try {
        ALCOVE_BOX_AUTO(box);
        ALCOVE_VEC_AUTO_OF(points, v);

        if (!alcove_box_make(&box, a, ALCOVE_LAYOUT(point), nullptr) ||
            !points_init(&v, a, nullptr) ||
            !points_push(&v, point{1, 2}, nullptr) || books.live_blocks != 2)
            return false;
        throw 1;
    } catch (int) {
        return true;
    }
}
#endif

} // namespace

int
main()
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the tests' own allocators stand on malloc");
    tap_plan(5);
    count_init(&books, COUNT_PLAIN | ALCOVE_CAN_RESIZE);
    ok(of_ints(&books.allocator) && count_ok(&books, 0, 0),
       "a vector of int, all its functions");
    ok(of_lines(&books.allocator) && count_ok(&books, 0, 0),
       "...of a struct that is aligned to 64");

    nothings none;
    names words;
    bool good = nothings_init(&none, &books.allocator, nullptr) &&
                names_init(&words, &books.allocator, nullptr);

    for (int i = 0; good && i < 20; i++)
        good = nothings_push(&none, nothing(), nullptr) &&
               names_push(&words, "word", nullptr);
    ok(good && nothings_count(&none) == 20 &&
           std::strcmp(*names_at(&words, 19), "word") == 0,
       "...of an empty class, and of pointers");
    nothings_done(&none, nullptr);
    names_done(&words, nullptr);

#if ALCOVE_HAVE_CLEANUP
    ok(leaves_by_exception(&books.allocator) && count_ok(&books, 0, 0),
       "an exception drops boxes and vectors");
#else
    skip(1, "this compiler is not known to honour the cleanup attribute");
#endif

    char *s = alcove_asprintf(&books.allocator, nullptr, "%s %d", "text", 5);

    ok(s && std::strcmp(s, "text 5") == 0 &&
           alcove_strfree(&books.allocator, s, nullptr) &&
           count_ok(&books, 0, 0),
       "a text is put together");
    return tap_done();
}
