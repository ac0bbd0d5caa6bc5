// SPDX-License-Identifier: MIT
// C++ exceptions pass through scopes, on the stack and on the heap, and the
// block is given back; the headers work from C++.
#include <alcove.h>

extern "C" {
#include "count.h"
#include "tap.h"
}

#include <cstring>
#include <stdexcept>

static void
thrower(void *mem, void *arg)
{
    std::memset(mem, 1, 1000);
    *static_cast<int *>(arg) += 1;
    throw std::runtime_error("out");
}

static bool
passes(alcove_allocator *a, int times)
{
    alcove_layout layout = {1000, 64};
    int runs = 0, caught = 0;

    for (int i = 0; i < times; i++) {
        try {
            if (!alcove_alloc_temp(a, layout, thrower, &runs, nullptr))
                return false;
        } catch (const std::runtime_error &) {
            caught++;
        }
    }
    return runs == times && caught == times;
}

struct point {
    double x, y;
};

int
main()
{
    count books;
    alcove_error err;

    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the tests' own allocators stand on malloc");
    tap_plan(5);
    if (alcove_stack_remaining() > 0)
        ok(passes(alcove_stack(), 10000),
           "an exception passes through scopes on the stack");
    else
        skip(1, "there is no stack allocator here");

    count_init(&books, COUNT_PLAIN);
    ok(passes(&books.allocator, 100),
       "an exception passes through scopes on the heap");
    ok(count_ok(&books, 0, 0), "... and every block is given back");
    count_done(&books);

    ok(passes(alcove_scratch(), 1000), "and through scratch");

    point *p = ALCOVE_NEW(alcove_scratch(), point, &err);
    ok(p && ALCOVE_DELETE(alcove_scratch(), p, point, &err),
       "the typed macros work from C++");
    return tap_done();
}
