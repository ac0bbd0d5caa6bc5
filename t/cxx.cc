// SPDX-License-Identifier: MIT
// <alcove.hpp>: containers, smart pointers, scoped blocks and memory resources
// over the counting allocator, whose books show every block and every layout.
#include <alcove.hpp>

#include "cxx.h"

extern "C" {
#include "count.h"
#include "tap.h"
#include "told.h"
}

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory_resource>
#include <set>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#endif

template <class T> using of = alcove::allocator<T>;
template <class T> using vector = std::vector<T, of<T>>;
using string = std::basic_string<char, std::char_traits<char>, of<char>>;

static bool
is_aligned(const void *p, std::size_t align)
{
    return reinterpret_cast<std::uintptr_t>(p) % align == 0;
}

// The books of a test, in order and empty at its end.
struct books : count {
    books()
    {
        count_init(this, COUNT_PLAIN | ALCOVE_CAN_OWNS);
    }
    ~books()
    {
        count_done(this);
    }
    books(const books &) = delete;
    alcove_allocator *
    get()
    {
        return &allocator;
    }
    bool
    balance()
    {
        return count_ok(this, 0, 0);
    }
};

// Does f() throw a refusal with this code and cause?
template <class F>
static bool
refuses(F f, alcove_code code, alcove_cause cause)
{
    try {
        f();
    } catch (const alcove::refusal &r) {
        if (r.error().code == code && r.error().cause == cause)
            return true;
        diag("%s", r.what());
    } catch (const std::exception &e) {
        diag("another exception: %s", e.what());
    }
    return false;
}

// ---- alcove::allocator ----

// The same work with both kinds of container: the same contents?
template <class Mine, class Theirs, class Work>
static bool
same(Mine mine, Theirs theirs, Work work)
{
    work(mine);
    work(theirs);
    return mine.size() == theirs.size() &&
           std::equal(mine.begin(), mine.end(), theirs.begin());
}

static void
test_containers()
{
    books b;
    alcove_allocator *a = b.get();
    auto push = [](auto &c) {
        for (int i = 0; i < 100; i++)
            c.push_back(i * i);
    };
    auto insert = [](auto &c) {
        for (int i = 0; i < 100; i++)
            c.insert(i * 7919 % 101);
    };
    auto map = [](auto &c) {
        for (int i = 0; i < 100; i++)
            c[i * 7919 % 101] += i;
        c.erase(5);
    };
    using pair = std::pair<const int, int>;

    ok(same(vector<int>(a), std::vector<int>(), push), "std::vector works");
    ok(same(std::list<int, of<int>>(a), std::list<int>(), push), "std::list");
    ok(same(std::deque<int, of<int>>(a), std::deque<int>(), push),
       "std::deque");
    ok(same(std::set<int, std::less<int>, of<int>>(a), std::set<int>(), insert),
       "std::set");
    ok(same(std::map<int, int, std::less<int>, of<pair>>(a),
            std::map<int, int>(), map),
       "std::map");
    ok(same(std::unordered_map<int, int, std::hash<int>, std::equal_to<int>,
                               of<pair>>(a),
            std::unordered_map<int, int>(), map),
       "std::unordered_map");
    ok(same(string(a), std::string(),
            [](auto &s) {
                for (int i = 0; i < 100; i++)
                    s += "alcove";
            }),
       "std::basic_string");
    {
        auto p = std::allocate_shared<std::pair<int, int>>(of<int>(a), 1, 2);
        std::weak_ptr<std::pair<int, int>> weak = p;
        auto q = p;

        ok(p->second == 2 && b.live_blocks == 1, "std::allocate_shared: one "
                                                 "block");
        p.reset();
        q.reset();
        ok(b.live_blocks == 1 && weak.expired(),
           "... which stays for the weak pointer");
    }
    ok(b.allocs > 100 && b.allocs == b.deallocs && b.balance(),
       "all their blocks came from the allocator, and are back");
}

struct alignas(4096) page {
    char byte;
};

static void
test_allocator()
{
    books b, other;
    of<int> x(b.get()), y(other.get());
    of<double> z(x);
    using traits = std::allocator_traits<of<int>>;

    static_assert(std::is_same_v<traits::rebind_alloc<page>, of<page>>);
    static_assert(!std::is_default_constructible_v<of<int>>);
    static_assert(std::is_nothrow_move_assignable_v<vector<int>>);
    static_assert(std::is_convertible_v<alcove_allocator *, of<int>>);
    ok(x == z && !(x != z) && x != y && !(x == y) && x.get() == b.get(),
       "equal: over the same allocator, whatever the type");

    {
        vector<int> from({1, 2, 3}, x), to({4}, y);
        const int *data = from.data();

        to = from;
        ok(to == from && to.get_allocator() == y,
           "a container that is assigned a copy keeps its allocator");
        to = std::move(from);
        ok(to.data() == data && to.get_allocator() == x,
           "one that is moved to takes the allocator, and no item moves");
        vector<int> back({5}, y);
        back.swap(to);
        ok(back.data() == data && back.get_allocator() == x &&
               to.get_allocator() == y,
           "a swap swaps the allocators");
        vector<int> copy(back);
        ok(copy.get_allocator() == x, "a copy has that of the original");
    }
    {
        vector<page> pages(3, b.get());

        ok(is_aligned(pages.data(), 4096), "items may be aligned to a page");
        ok(b.live_bytes == 3 * 4096 && b.live_blocks == 1,
           "... and nothing is added to the block");
    }
    std::size_t before = b.asked;
    int *nothing = x.allocate(0);
    x.deallocate(nothing, 0);
    ok(nothing && b.asked == before, "no items cost nothing");

    int *p = x.allocate(10);
    ok(alcove_owns(b.get(), p, {10 * sizeof(int), ALCOVE_ALIGNOF(int)}),
       "the layout is that of ALCOVE_NEW_ARRAY");
    x.deallocate(p, 10);
    ok(b.balance() && other.balance(), "the books of both balance");
}

static void
test_refusals()
{
    books b;
    of<long> x(b.get());
    vector<long> v({1, 2, 3}, x);
    const vector<long> was(v);
    const long *data = v.data();
    std::size_t live = b.live_blocks;

    b.fail_after = 0;
    ok(refuses([&] { v.resize(1000); }, ALCOVE_ERR_ALLOC_FAILED,
               ALCOVE_CAUSE_INJECTED),
       "a refusal is thrown, with the allocator's own error");
    ok(v == was && v.data() == data && b.live_blocks == live,
       "... and the container is as it was");
    try {
        (void)x.allocate(1000);
        ok(false, "the text of a refusal");
    } catch (const std::bad_alloc &e) {
        alcove_error expected = {};
        char text[256];

        expected.code = ALCOVE_ERR_ALLOC_FAILED;
        expected.cause = ALCOVE_CAUSE_INJECTED;
        expected.layout = {1000 * sizeof(long), ALCOVE_ALIGNOF(long)};
        expected.allocator = "count";
        alcove_error_format(&expected, text, sizeof text);
        is_str(e.what(), text, "it is a bad_alloc, and what() the whole text");
    }
    b.fail_after = SIZE_MAX;

    std::size_t asked = b.asked;
    ok(refuses([&] { (void)x.allocate(SIZE_MAX / 2); }, ALCOVE_ERR_ARITH,
               ALCOVE_CAUSE_UNKNOWN),
       "a product that is no size_t is refused");
    ok(refuses([&] { (void)x.allocate(SIZE_MAX / 2 / sizeof(long) + 1); },
               ALCOVE_ERR_EXCEEDS_MAX, ALCOVE_CAUSE_UNKNOWN),
       "... and so is one that is no size");
    ok(refuses([&] { (void)x.allocate(SIZE_MAX); }, ALCOVE_ERR_ARITH,
               ALCOVE_CAUSE_UNKNOWN) &&
           b.asked == asked,
       "... without the allocator being asked");
}

// ---- alcove::unique_ptr ----

// Counts itself, and throws in the constructor when there are `most`.
struct counted {
    static int live, most, last;
    int number;

    explicit counted(int n = 0) : number(n ? n : live + 1)
    {
        if (live == most)
            throw std::runtime_error("enough");
        live++;
    }
    counted(const counted &) = delete;
    ~counted()
    {
        live--;
        last = number;
    }
};
int counted::live, counted::most, counted::last;

struct base {
    virtual ~base() = default;
};
struct derived : base {
    char more[100];
};

static void
test_unique()
{
    books b;

    static_assert(!std::is_convertible_v<alcove::unique_ptr<derived>,
                                         alcove::unique_ptr<base>>,
                  "the block would be released with the base's size");
    counted::most = 5;
    {
        auto p = alcove::make_unique<counted>(b.get(), 7);
        alcove::unique_ptr<counted> q;

        ok(p->number == 7 && b.live_bytes == sizeof(counted),
           "make_unique: one block, and the arguments");
        q = std::move(p);
        ok(!p && q->number == 7 && counted::live == 1,
           "... which can be moved, to one that was made empty");
    }
    ok(counted::live == 0 && b.balance(), "... and its end is the block's");
    {
        auto items = alcove::make_unique<counted[]>(b.get(), 5);

        ok(counted::live == 5 && items.get_deleter().count == 5 &&
               items[4].number == 5,
           "an array of items");
    }
    ok(counted::live == 0 && counted::last == 1 && b.balance(),
       "... of which the last one goes first");

    bool thrown = false;
    try {
        auto items = alcove::make_unique<counted[]>(b.get(), 6);
    } catch (const std::runtime_error &) {
        thrown = true;
    }
    ok(thrown && counted::live == 0 && b.balance(),
       "a constructor that throws undoes an array, and the block is back");
    counted::most = 0;
    thrown = false;
    try {
        auto p = alcove::make_unique<counted>(b.get(), 1);
    } catch (const std::runtime_error &) {
        thrown = true;
    }
    ok(thrown && b.balance() && b.allocs == b.deallocs, "... and one object");

    ok(alcove::make_unique<int[]>(b.get(), 0) != nullptr &&
           alcove::make_unique<int[]>(b.get(), 3)[2] == 0,
       "arrays of 0 items, and items that are cleared");
    ok(is_aligned(alcove::make_unique<page>(b.get()).get(), 4096) &&
           *alcove::make_unique<const int>(b.get(), 4) == 4,
       "aligned to a page, and constant");

    b.fail_after = 0;
    ok(refuses([&] { (void)alcove::make_unique<int>(b.get()); },
               ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_INJECTED) &&
           refuses([&] { (void)alcove::make_unique<int[]>(b.get(), 9); },
                   ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_INJECTED),
       "make_unique throws refusals");
    ok(!alcove::try_make_unique<int>(b.get(), &err, 4) &&
           err.cause == ALCOVE_CAUSE_INJECTED &&
           !alcove::try_make_unique<int[]>(b.get(), &err, SIZE_MAX) &&
           err.code == ALCOVE_ERR_ARITH,
       "try_make_unique returns null and the error");
    b.fail_after = SIZE_MAX;
    ok(b.balance(), "the books balance");
}

// ---- alcove::temp ----

struct twice {
    int
    operator()(void *) const
    {
        return 2;
    }
};

static bool
passes(alcove_allocator *a, int times)
{
    int caught = 0;

    for (int i = 0; i < times; i++) {
        try {
            alcove::temp(a, {1000, 64}, [&](void *mem) {
                std::memset(mem, i, 1000);
                throw std::runtime_error("out");
            });
        } catch (const std::runtime_error &) {
            caught++;
        }
    }
    return caught == times;
}

static void
test_temp()
{
    books b;
    int outside = 1;
    const twice constant;

    int sum = alcove::temp(b.get(), alcove::count<int>(100), [&](int *items) {
        int total = 0;

        for (int i = 0; i < 100; i++)
            items[i] = i;
        for (int i = 0; i < 100; i++)
            total += items[i];
        outside = b.live_bytes == 100 * sizeof(int) ? 5 : 0;
        return total;
    });
    ok(sum == 4950 && outside == 5 && b.balance(),
       "a lambda gets items, and its result is returned");
    int &same = alcove::temp(b.get(), {10, 1},
                             [&](void *) -> int & { return outside; });
    ok(&same == &outside, "... a reference, too");
    auto owned = alcove::temp(b.get(), {10, 1},
                              [](void *) { return std::make_unique<int>(3); });
    ok(*owned == 3, "... and what can only be moved");
    ok(alcove::temp(b.get(), {10, 1}, constant) == 2 &&
           alcove::temp(b.get(), {10, 1}, twice()) == 2,
       "a function object does");
    void *at = nullptr;
    alcove::temp(b.get(), {64, 4096}, [&](void *p) { at = p; });
    ok(at && is_aligned(at, 4096), "a block aligned to a page");

    ok(passes(b.get(), 100) && b.allocs == b.deallocs && b.balance(),
       "an exception passes on the heap, and the block is gone");
    if (alcove_stack_remaining() > 0)
        ok(passes(alcove_stack(), 10000), "... and on the stack, again and "
                                          "again");
    else
        skip(1, "there is no stack allocator here");

    auto number = alcove::try_temp(b.get(), {8, 8}, [](void *) { return 4; });
    auto pointer = alcove::try_temp(b.get(), {8, 8},
                                    [&](void *) -> int & { return outside; });
    static_assert(std::is_same_v<decltype(number), std::optional<int>>);
    ok(number && *number == 4 && pointer == &outside &&
           alcove::try_temp(b.get(), {8, 8}, [](void *) {}),
       "try_temp returns an optional, a pointer or true");

    b.fail_after = 0;
    int ran = 0;
    auto run = [&](void *) { return ++ran; };
    auto nothing = [&](void *) { ++ran; };
    auto reference = [&](void *) -> int & { return ++ran; };
    ok(refuses(
           [&] {
               alcove::temp(b.get(), {8, 8}, run);
           },
           ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_INJECTED) &&
           refuses(
               [&] {
                   alcove::temp(b.get(), {8, 8}, nothing);
               },
               ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_INJECTED) &&
           refuses(
               [&] {
                   alcove::temp(b.get(), {8, 8}, reference);
               },
               ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_INJECTED),
       "temp throws refusals");
    before();
    ok(!alcove::try_temp(b.get(), {8, 8}, run, &err) &&
           err.cause == ALCOVE_CAUSE_INJECTED &&
           !alcove::try_temp(b.get(), {8, 8}, nothing) &&
           !alcove::try_temp(b.get(), {8, 8}, reference) && ran == 0,
       "try_temp returns none, false and null, and the lambda never ran");
    ok(!alcove::try_temp(
           b.get(), alcove::count<long>(SIZE_MAX), [](long *) {}, &err) &&
           err.code == ALCOVE_ERR_ARITH,
       "too many items are refused");
    b.fail_after = SIZE_MAX;
}

// ---- alcove::resource ----

static void
test_resource()
{
    books b, other;
    alcove::resource r(b.get()), equal(b.get()), different(other.get());
    alcove_limit limit;
    bool good = true;

    for (std::size_t align = 1; align <= 4096; align *= 2) {
        void *p = r.allocate(33, align);

        good = good && is_aligned(p, align) && b.live_bytes == 33;
        r.deallocate(p, 33, align);
    }
    ok(good && b.balance(), "a resource aligns to 1 to 4096 bytes");
    void *p = r.allocate(0, 8), *q = r.allocate(0, 8);
    ok(p && q && p != q, "blocks of size 0 have addresses of their own");
    r.deallocate(p, 0, 8);
    r.deallocate(q, 0, 8);
    ok(b.balance(), "... and are released as such");
    ok(r == equal && r != different && r == r &&
           r != *std::pmr::new_delete_resource() && r.get() == b.get(),
       "equal: over the same allocator");
    const volatile std::size_t most = SIZE_MAX, three = 3;
    ok(refuses([&] { (void)r.allocate(8, three); },
               ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO, ALCOVE_CAUSE_UNKNOWN) &&
           refuses([&] { (void)r.allocate(most, 8); }, ALCOVE_ERR_EXCEEDS_MAX,
                   ALCOVE_CAUSE_UNKNOWN),
       "what is no layout is refused");

    if (!alcove_limit_init(&limit, b.get(), 1000, SIZE_MAX, &err))
        bail_out("alcove_limit_init");
    {
        alcove::resource memory(&limit.allocator);
        std::pmr::vector<std::pmr::string> v(&memory);

        v.reserve(2);
        v.emplace_back("a text that is too long to stand in the string");
        const std::pmr::vector<std::pmr::string> was(v);
        const auto *data = v.data();
        std::size_t live = b.live_bytes;
        ok(refuses([&] { v.resize(100); }, ALCOVE_ERR_ALLOC_FAILED,
                   ALCOVE_CAUSE_LIMIT),
           "a container over the limit: the refusal is a bad_alloc");
        ok(v == was && v.data() == data && b.live_bytes == live,
           "... and the container is as it was");
        v.emplace_back("another one that is too long for it, which fits still");
        is_size(v.size(), 2, "... and goes on");
    }
    ok(b.balance() && other.balance(), "the books balance");
}

// ---- alcove::from_resource ----

// Does what it is told to.
struct strange : std::pmr::memory_resource {
    enum deed { gives, exhausted, throws, skews, exits } deed = gives;
    alignas(64) char memory[256];
    std::size_t size = 0, align = 0;
    int releases = 0;

    void *
    do_allocate(std::size_t bytes, std::size_t alignment) override
    {
        size = bytes;
        align = alignment;
        errno = 1;
        if (deed == exhausted)
            throw std::bad_alloc();
        if (deed == throws)
            throw std::runtime_error("strange");
#if ALCOVE_HAVE_THREADS
        if (deed == exits)
            pthread_exit(memory);
#endif
        return deed == skews ? memory + 1 : memory;
    }
    void
    do_deallocate(void *, std::size_t bytes, std::size_t align_) override
    {
        releases++;
        errno = 1;
        if (deed == throws || bytes != size || align != align_)
            throw 4711;
    }
    bool
    do_is_equal(const memory_resource &other) const noexcept override
    {
        return this == &other;
    }
};

static bool
fails_as(alcove_allocator *a, alcove_code code, alcove_cause cause, int number)
{
    before();
    return !alcove_alloc(a, {40, 32}, &err) && err.code == code &&
           err.cause == cause && err.layout.size == 40 &&
           err.layout.align == 32 && errno == number;
}

#if ALCOVE_HAVE_THREADS
static void *
ends_inside(void *a)
{
    (void)!alcove_alloc(static_cast<alcove_allocator *>(a), {8, 8}, nullptr);
    return nullptr;
}
#endif

static void
test_from_resource()
{
    strange s;
    alcove::from_resource over(&s), able(&s, ~0u);
    const unsigned always =
        ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_TEMP;
    alcove_allocator *a = over.get();

    before();
    void *p = alcove_alloc(a, {40, 32}, &err);
    ok(p == s.memory && untouched() && s.size == 64 && s.align == 32,
       "a block: 40 bytes aligned to 32 are asked for as 64");
    ok(alcove_dealloc(a, p, {40, 32}, &err) && untouched() && s.releases == 1,
       "... and released as that; errno stays");
    s.deed = strange::exhausted;
    ok(fails_as(a, ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_OUT_OF_MEMORY,
                ENOMEM) &&
           !std::strcmp(err.allocator, "from_resource"),
       "bad_alloc is an error");
    s.deed = strange::throws;
    ok(fails_as(a, ALCOVE_ERR_OTHER, ALCOVE_CAUSE_OTHER, EIO) && err.detail,
       "another exception is another error");
    before();
    ok(!alcove_dealloc(a, s.memory, {40, 32}, &err) &&
           err.code == ALCOVE_ERR_OTHER && errno == EIO,
       "... of a release, too");
    s.deed = strange::skews;
    s.releases = 0;
    ok(fails_as(a, ALCOVE_ERR_OTHER, ALCOVE_CAUSE_OTHER, EIO) &&
           s.releases == 1,
       "a block that is less aligned is given back and refused");
#if ALCOVE_HAVE_THREADS
    pthread_t thread;
    void *left = nullptr;

    s.deed = strange::exits;
    ok(pthread_create(&thread, nullptr, ends_inside, a) == 0 &&
           pthread_join(thread, &left) == 0 && left == s.memory,
       "a thread may end in a resource");
#else
    skip(1, "no threads");
#endif
    ok(alcove_features(a) == always &&
           alcove_features(able.get()) ==
               (always | ALCOVE_CAN_RECLAIM | ALCOVE_CAN_THREADS),
       "it can what any resource can, and what it is said to");
}

static void
test_round_trips()
{
    books b;
    alcove::resource there(b.get());
    alcove::from_resource over(&there, b.allocator.features);
    alcove::resource back(over.get());
    alcove::from_resource nothing(std::pmr::null_memory_resource());

    {
        std::pmr::vector<int> v(100, 7, &back);

        ok(v[99] == 7 && b.live_bytes == 100 * sizeof(int),
           "an allocator as a resource as an allocator as a resource");
        b.fail_after = 0;
        ok(refuses([&] { v.resize(1000); }, ALCOVE_ERR_ALLOC_FAILED,
                   ALCOVE_CAUSE_INJECTED) &&
               v.size() == 100,
           "... hands a refusal through with its cause");
        ok(fails_as(over.get(), ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_INJECTED,
                    ENOMEM) &&
               !std::strcmp(err.allocator, "count"),
           "... who refused, and the layout that was asked for");
        b.fail_after = SIZE_MAX;
    }
    ok(b.balance(), "... and its books balance");
    before();
    ok(!alcove_alloc(nothing.get(), {8, 8}, &err) &&
           err.cause == ALCOVE_CAUSE_OUT_OF_MEMORY,
       "null_memory_resource refuses everything");

    alcove::from_resource heap(std::pmr::new_delete_resource());
    alcove::resource again(heap.get());
    std::pmr::monotonic_buffer_resource buffer(&again);
    std::pmr::map<int, std::pmr::string> m(&buffer);
    for (int i = 0; i < 1000; i++)
        m.emplace(i, "a text that is too long to stand in the string");
    ok(m.size() == 1000 && m[999].size() == 46,
       "their resources work over ours over theirs");
}

int
main()
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the tests' own allocators stand on malloc");
    tap_plan(72 + PLAIN_CHECKS);
    test_containers();
    test_allocator();
    test_refusals();
    test_unique();
    test_temp();
    test_resource();
    test_from_resource();
    test_round_trips();
    test_plain();
    return tap_done();
}
