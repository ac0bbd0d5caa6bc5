// SPDX-License-Identifier: MIT
// The conformance kit over C++ memory resources, which take their memory from
// the kit's parent. verify/check-outside builds it.
#include "cxxcheck.h"

#include <memory_resource>

// It gives nothing back before its end, so a scope does not either.
static const char *const of_monotonic[] = {
    "temp-gives-back", "temp-thread-exit", "temp-thread-cancel", nullptr};

int
main()
{
    const unsigned both = ALCOVE_CAN_RECLAIM | ALCOVE_CAN_THREADS;
    alcove_check_tap tap = {};

    check_resource<std::pmr::monotonic_buffer_resource>(
        "monotonic", 0, of_monotonic, nullptr, &tap);
    // libstdc++ 12: these die when what they stand on throws.
    check_resource<std::pmr::unsynchronized_pool_resource>(
        "pool", ALCOVE_CAN_RECLAIM, nullptr, deadly, &tap);
    check_resource<std::pmr::synchronized_pool_resource>("synchronized", both,
                                                         nullptr, deadly, &tap);
    return alcove_check_tap_done(&tap) ? 0 : 1;
}
