// SPDX-License-Identifier: MIT
// <alcove.hpp> without exceptions and RTTI, in a program with files that have
// both. What throws is not here; what has to is std::abort().
#include <alcove.hpp>

#include "cxx.h"

extern "C" {
#include "count.h"
#include "tap.h"
}

#include <map>
#include <memory_resource>
#include <string>
#include <vector>

#if defined __cpp_exceptions || defined __cpp_rtti
#    error "this file is to be compiled with -fno-exceptions -fno-rtti"
#endif

#if defined __unix__ && ALCOVE_HAVE_THREADS
#    include <csignal>
#    include <sys/wait.h>
#    include <unistd.h>
#    define CAN_FORK 1
#else
#    define CAN_FORK 0
#endif

template <class T> using of = alcove::allocator<T>;

static void
test_containers(count *b)
{
    alcove_allocator *a = &b->allocator;
    alcove::resource r(a), same(a);

    {
        std::vector<int, of<int>> v(100, 5, a);
        std::map<int, int, std::less<int>, of<std::pair<const int, int>>> m(a);
        std::pmr::string text(100, 'x', &r);

        for (int i = 0; i < 100; i++)
            m[i] = v[i];
        ok(m.size() == 100 && m[99] == 5 && b->live_blocks == 102,
           "plain: containers take their memory from the allocator");
        ok(text.size() == 100 && text[99] == 'x', "plain: and from a resource");
    }
    ok(count_ok(b, 0, 0), "plain: and give it back");
    ok(r == r && r != same, "plain: without RTTI a resource equals itself");
}

static void
test_scopes(count *b)
{
    alcove_allocator *a = &b->allocator;
    alcove_error err;
    int outside = 0;

    auto sum = alcove::try_temp(a, alcove::count<int>(10), [](int *items) {
        items[9] = 9;
        return items[9];
    });
    ok(sum && *sum == 9, "plain: try_temp returns what the lambda does");
    ok(alcove::try_temp(a, {10, 64}, [&](void *) { outside = 1; }) &&
           outside == 1 && count_ok(b, 0, 0),
       "plain: or true, and the block is gone");
    b->fail_after = 0;
    ok(!alcove::try_temp(
           a, {10, 64}, [&](void *) { outside = 2; }, &err) &&
           outside == 1 && err.cause == ALCOVE_CAUSE_INJECTED,
       "plain: or false with the error, and it never ran");
    b->fail_after = SIZE_MAX;
}

static void
test_pointers(count *b)
{
    alcove_allocator *a = &b->allocator;
    alcove_error err;

    {
        auto p = alcove::try_make_unique<std::pair<int, int>>(a, &err, 1, 2);
        auto items = alcove::try_make_unique<int[]>(a, &err, 10);

        ok(p && p->second == 2 && items && items[9] == 0 && b->live_blocks == 2,
           "plain: try_make_unique makes objects and arrays");
    }
    b->fail_after = 0;
    ok(!alcove::try_make_unique<int>(a, &err, 1) &&
           err.cause == ALCOVE_CAUSE_INJECTED && count_ok(b, 0, 0),
       "plain: or returns null with the error");
    b->fail_after = SIZE_MAX;
}

static void
test_operators()
{
    alcove_allocator *both[] = {alcove::operator_new_nothrow(),
                                alcove::operator_new_array_nothrow()};
    bool good = true;

    for (alcove_allocator *a : both)
        for (std::size_t align = 1; align <= 4096; align *= 2) {
            void *p = alcove_alloc(a, {33, align}, nullptr);

            good = good && p &&
                   reinterpret_cast<std::uintptr_t>(p) % align == 0 &&
                   alcove_dealloc(a, p, {33, align}, nullptr);
        }
    ok(good, "plain: operator new that does not throw, aligned to 1 to 4096");
}

// How does a child end in which f() runs?
#if CAN_FORK
template <class F>
static bool
aborts(F f)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL);
        f();
        _exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child &&
           WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}
#endif

static void
test_abort(count *b)
{
#if CAN_FORK
    b->fail_after = 0;
    ok(aborts([&] { (void)!of<int>(&b->allocator).allocate(5); }),
       "plain: a refusal that must be an exception is std::abort()");
    ok(aborts([&] {
           alcove::resource r(&b->allocator);
           (void)r.allocate(5);
       }),
       "plain: that of a resource, too");
    b->fail_after = SIZE_MAX;
#else
    (void)b;
    skip(2, "no fork here");
#endif
}

void
test_plain()
{
    count b;

    count_init(&b, COUNT_PLAIN);
    test_containers(&b);
    test_scopes(&b);
    test_pointers(&b);
    test_operators();
    test_abort(&b);
    count_done(&b);
}
