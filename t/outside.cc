// SPDX-License-Identifier: MIT
// The conformance kit over C++ memory resources, which take their memory from
// the kit's parent. t/check-outside builds it.
#include <alcove.h>
#include <alcove/check.h>

#include <cerrno>
#include <cstring>
#include <memory_resource>
#include <new>
#include <optional>

// ---- the parent as a resource, for theirs to stand on ----

class upstream : public std::pmr::memory_resource {
    alcove_allocator *parent;

    void *do_allocate(std::size_t size, std::size_t align) override
    {
        void *p = alcove_alloc(parent, {size, align}, nullptr);

        if (!p)
            throw std::bad_alloc();
        return p;
    }
    void do_deallocate(void *p, std::size_t size, std::size_t align) override
    {
        alcove_dealloc(parent, p, {size, align}, nullptr);
    }
    bool do_is_equal(const memory_resource &other) const noexcept override
    {
        return this == &other;
    }

public:
    explicit upstream(alcove_allocator *a) : parent(a) {}
};

// ---- a resource as an allocator ----

template <class Resource> struct subject {
    alcove_allocator allocator;
    std::optional<upstream> up;
    std::optional<Resource> resource;
};

template <class Resource>
static void *
resource_alloc(alcove_allocator *a, alcove_layout l, alcove_error *err)
{
    auto *s = reinterpret_cast<subject<Resource> *>(a);
    int saved = errno;

    try {
        void *p = s->resource->allocate(l.size, l.align);

        errno = saved;
        return p;
    } catch (const std::bad_alloc &) {
        alcove_error what = {};

        what.code = ALCOVE_ERR_ALLOC_FAILED;
        what.cause = ALCOVE_CAUSE_OUT_OF_MEMORY;
        what.layout = l;
        what.allocator = a->ops->name;
        alcove_error_set(err, &what);
        return nullptr;
    }
}

template <class Resource>
static bool
resource_dealloc(alcove_allocator *a, void *p, alcove_layout l, alcove_error *)
{
    reinterpret_cast<subject<Resource> *>(a)->resource->deallocate(p, l.size,
                                                                   l.align);
    return true;
}

template <class Resource>
static alcove_allocator *
make(alcove_allocator *parent, void *arg)
{
    static const alcove_ops ops = {sizeof ops,
                                   "resource",
                                   resource_alloc<Resource>,
                                   resource_dealloc<Resource>,
                                   nullptr,
                                   nullptr,
                                   nullptr,
                                   nullptr,
                                   nullptr,
                                   nullptr};
    auto *s = static_cast<subject<Resource> *>(arg);

    s->allocator.ops = &ops;
    s->allocator.features =
        ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_TEMP;
    if (!std::is_same_v<Resource, std::pmr::monotonic_buffer_resource>)
        s->allocator.features |= ALCOVE_CAN_RECLAIM;
    s->up.emplace(parent);
    try {
        s->resource.emplace(&*s->up);
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
    return &s->allocator;
}

template <class Resource>
static void
done(alcove_allocator *, void *arg)
{
    auto *s = static_cast<subject<Resource> *>(arg);

    s->resource.reset();
    s->up.reset();
}

template <class Resource>
static void
check(const char *name, const char *const *excuse, const char *const *skip,
      alcove_check_tap *tap)
{
    static subject<Resource> s;
    alcove_check_options options = {};

    options.struct_size = sizeof options;
    options.excuse = excuse;
    options.skip = skip;
    options.make = make<Resource>;
    options.done = done<Resource>;
    options.arg = &s;
    tap->prefix = name;
    alcove_check_allocator(nullptr, &options, alcove_check_tap_write, tap);
}

// It gives nothing back before its end, so a scope does not either.
static const char *const of_monotonic[] = {
    "temp-gives-back", "temp-thread-exit", "temp-thread-cancel", nullptr};

// libstdc++ 12: a block of 33 bytes aligned to 32 comes aligned to 16, because
// the blocks of a pool are aligned as their size only is.
static const char *const of_pools[] = {"alloc-aligned", "realloc-aligned",
                                       nullptr};

// libstdc++ 12: it dies when what it stands on throws.
static const char *const deadly[] = {"failed-alloc-changes-nothing",
                                     "failed-grow-keeps-block",
                                     "failed-shrink-keeps-block",
                                     "failed-realloc-keeps-block",
                                     "error-code",
                                     "error-fields",
                                     "error-may-be-null",
                                     "errno-on-failure",
                                     "temp-refusal-never-calls",
                                     nullptr};

int
main()
{
    alcove_check_tap tap = {};

    check<std::pmr::monotonic_buffer_resource>("monotonic", of_monotonic,
                                               nullptr, &tap);
    check<std::pmr::unsynchronized_pool_resource>("pool", of_pools, deadly,
                                                  &tap);
    check<std::pmr::synchronized_pool_resource>("synchronized", of_pools,
                                                deadly, &tap);
    return alcove_check_tap_done(&tap) ? 0 : 1;
}
