// SPDX-License-Identifier: MIT
// The conformance kit for C++ tests: over one allocator, or over resources that
// stand on the kit's parent.
#ifndef CXXCHECK_H
#define CXXCHECK_H

#include <alcove.hpp>
#include <alcove/check.h>

#include <cstdlib>
#include <cstring>
#include <optional>

// The checks that ask for what is to be refused, for those whom a refusal
// kills.
static const char *const deadly[] = {"huge-refused",
                                     "failed-alloc-changes-nothing",
                                     "failed-grow-keeps-block",
                                     "failed-shrink-keeps-block",
                                     "failed-realloc-keeps-block",
                                     "error-code",
                                     "error-fields",
                                     "error-may-be-null",
                                     "errno-on-failure",
                                     "temp-refusal-never-calls",
                                     nullptr};

// As tap_hurries() has it.
inline alcove_check_options
check_options()
{
    const char *quick = std::getenv("ALCOVE_TEST_QUICK");
    alcove_check_options options = {};

    options.struct_size = sizeof options;
    if (quick && std::strcmp(quick, "1") == 0) {
        options.max_size = std::size_t{1} << 18;
        options.rounds = 100;
    }
    return options;
}

// The checks named in `excuse` may fail, those in `skip` are left out; lists
// that end in nullptr, or nullptr.
inline void
check_one(alcove_allocator *a, const char *name, const char *const *skip,
          alcove_check_tap *tap)
{
    alcove_check_options options = check_options();

    options.skip = skip;
    tap->prefix = name;
    alcove_check_allocator(a, &options, alcove_check_tap_write, tap);
}

#if __has_include(<memory_resource>)

// A Resource that takes its memory from the kit's parent.
template <class Resource> struct subject {
    unsigned can = 0;
    std::optional<alcove::resource> upstream;
    std::optional<Resource> resource;
    std::optional<alcove::from_resource> over;

    static alcove_allocator *
    make(alcove_allocator *parent, void *arg)
    {
        auto *s = static_cast<subject *>(arg);

        s->upstream.emplace(parent);
        try {
            s->resource.emplace(&*s->upstream);
        } catch (const std::bad_alloc &) {
            return nullptr;
        }
        s->over.emplace(&*s->resource, s->can);
        return s->over->get();
    }
    static void
    done(alcove_allocator *, void *arg)
    {
        auto *s = static_cast<subject *>(arg);

        s->over.reset();
        s->resource.reset();
        s->upstream.reset();
    }
};

template <class Resource>
inline void
check_resource(const char *name, unsigned can, const char *const *excuse,
               const char *const *skip, alcove_check_tap *tap)
{
    subject<Resource> s;
    alcove_check_options options = check_options();

    s.can = can;
    options.excuse = excuse;
    options.skip = skip;
    options.make = subject<Resource>::make;
    options.done = subject<Resource>::done;
    options.arg = &s;
    tap->prefix = name;
    alcove_check_allocator(nullptr, &options, alcove_check_tap_write, tap);
}

#endif
#endif // CXXCHECK_H
