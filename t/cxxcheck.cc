// SPDX-License-Identifier: MIT
// The conformance kit over the allocators of <alcove.hpp>.
#include <config.h>

#include "cxxcheck.h"

#include <memory_resource>

#if ALCOVE_VALGRIND
#    include <valgrind/valgrind.h>
#else
#    define RUNNING_ON_VALGRIND 0
#endif

#if defined __has_feature
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
        __has_feature(memory_sanitizer)
#        define SANITIZED true
#    endif
#endif
#if !defined SANITIZED
#    if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#        define SANITIZED true
#    else
#        define SANITIZED false
#    endif
#endif

// A resource that hands all on, over ours.
class through : public std::pmr::memory_resource
{
    std::pmr::memory_resource *up;

    void *
    do_allocate(std::size_t size, std::size_t align) override
    {
        return up->allocate(size, align);
    }
    void
    do_deallocate(void *p, std::size_t size, std::size_t align) override
    {
        up->deallocate(p, size, align);
    }
    bool
    do_is_equal(const memory_resource &other) const noexcept override
    {
        return this == &other;
    }

  public:
    explicit through(std::pmr::memory_resource *r) : up(r)
    {
    }
};

// It gives nothing back before its end, so a scope does not either.
static const char *const of_monotonic[] = {
    "temp-gives-back", "temp-thread-exit", "temp-thread-cancel", nullptr};

int
main()
{
    const unsigned both = ALCOVE_CAN_RECLAIM | ALCOVE_CAN_THREADS;
    alcove::from_resource heap(std::pmr::new_delete_resource(), both);
    alcove_check_tap tap = {};

    // The operator new of these tools ends the program where it should throw.
    const char *const *skip =
        SANITIZED || RUNNING_ON_VALGRIND ? deadly : nullptr;

    check_resource<through>("through", both, nullptr, nullptr, &tap);
    check_resource<std::pmr::monotonic_buffer_resource>(
        "monotonic", 0, of_monotonic, nullptr, &tap);
    check_one(heap.get(), "new_delete", skip, &tap);
    check_one(alcove::operator_new(), "new", skip, &tap);
    check_one(alcove::operator_new_array(), "new-array", skip, &tap);
    check_one(alcove::operator_new_nothrow(), "nothrow", skip, &tap);
    check_one(alcove::operator_new_array_nothrow(), "array-nothrow", skip,
              &tap);
#ifdef __cpp_sized_deallocation
    check_one(alcove::operator_new_sized(), "sized", skip, &tap);
    check_one(alcove::operator_new_array_sized(), "array-sized", skip, &tap);
#endif
    return alcove_check_tap_done(&tap) ? 0 : 1;
}
