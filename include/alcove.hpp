// SPDX-License-Identifier: MIT
// alcove for C++17: allocators in containers and smart pointers, C++ memory as
// allocators, scoped blocks for lambdas. Header only; it talks only to the
// functions of <alcove.h>.
//
//     alcove::resource memory(&limit.allocator);
//     std::pmr::vector<int> v(&memory);
//
//     std::vector<int, alcove::allocator<int>> w(&limit.allocator);
//
// - An allocator is a `struct alcove_allocator *` here too, must not be null,
//   and must live until the last block from it is back.
// - Where C++ expects an exception, a refusal is one: alcove::refusal, a
//   std::bad_alloc with the whole alcove_error in it. It is in the exception
//   and nowhere else, so threads do not meet in it. Functions whose names begin
//   with try_ return it the C way instead, and never throw by themselves.
// - A release that an allocator refuses cannot be told to anybody, and is
//   dropped: as a destructor would have to. (A guard reports it.)
// - Each block is released with the layout it was allocated with, and nothing
//   is added to it: alcove::allocator<T> asks for what ALCOVE_NEW_ARRAY does.
// - Threads: as the allocator. Nothing here has state of its own.
//
// Without exceptions (-fno-exceptions) a refusal in `allocator` and `resource`
// is std::abort(), as in the standard library's own. Left out are: refusal,
// from_resource, temp, make_unique, and the backends over the forms of operator
// new that throw. Without RTTI (-fno-rtti) a `resource` equals itself only.
// Where the standard library has no <memory_resource>, resource and
// from_resource are left out.
//
// Files compiled with and without exceptions, or RTTI, may be in one program.
// The types here are not the same in them, though (an inline namespace sees to
// that): what such files hand to each other is a `struct alcove_allocator *`.
#ifndef ALCOVE_HPP
#define ALCOVE_HPP

#include <alcove.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#if __has_include(<memory_resource>)
#    include <memory_resource>
#    define ALCOVE_CXX_PMR 1
#else
#    define ALCOVE_CXX_PMR 0
#endif

#if defined __cpp_exceptions && defined __cpp_rtti
#    define ALCOVE_CXX_MODE whole
#elif defined __cpp_exceptions
#    define ALCOVE_CXX_MODE without_rtti
#elif defined __cpp_rtti
#    define ALCOVE_CXX_MODE without_exceptions
#else
#    define ALCOVE_CXX_MODE without_both
#endif

// abi::__forced_unwind: pthread_exit and pthread_cancel, with libstdc++.
#if defined __cpp_exceptions && defined __GLIBCXX__
#    include <cxxabi.h>
#endif

namespace alcove
{
inline namespace ALCOVE_CXX_MODE
{

// ---- refusals ----

#ifdef __cpp_exceptions

// What is thrown. what() is alcove_error_format's text, and stays valid when
// the allocator is gone; in error() the allocator's name does not.
class ALCOVE_API refusal : public std::bad_alloc
{
    alcove_error error_;
    char text_[256];

public:
    explicit refusal(const alcove_error &error) noexcept : error_(error)
    {
        alcove_error_format(&error_, text_, sizeof text_);
    }
    const char *what() const noexcept override
    {
        return text_;
    }
    const alcove_error &error() const noexcept
    {
        return error_;
    }
};

#endif

namespace detail
{

[[noreturn]] ALCOVE_COLD inline void
refuse([[maybe_unused]] const alcove_error &error)
{
#ifdef __cpp_exceptions
    throw refusal(error);
#else
    std::abort();
#endif
}

template <class T>
inline alcove_layout
layout_of(std::size_t count) noexcept // which is known to fit
{
    return alcove_layout{sizeof(T) * count, ALCOVE_ALIGNOF(T)};
}

template <class T>
inline void *
alloc_items(alcove_allocator *a, std::size_t count, alcove_error *err)
{
    if (ALCOVE_LIKELY(count <= ALCOVE_SIZE_MAX / sizeof(T)))
        return alcove_alloc(a, layout_of<T>(count), err);
    return alcove_alloc_array(a, ALCOVE_LAYOUT(T), count, err);
}

} // namespace detail

// ---- a standard allocator ----

// For every container, and std::allocate_shared. There is none without an
// allocator: a container that was given none does not compile.
//
// - Equal if and only if the allocator is the same one.
// - A container that is moved or swapped takes its allocator along, because its
//   blocks cannot change theirs. One that is assigned a copy keeps its own; a
//   copy that is constructed has that of the original.
// - allocate throws refusal if and only if the array's layout is not valid
//   (ARITH, EXCEEDS_MAX) or the allocator refuses. 0 items cost nothing.
template <class T> class allocator
{
    alcove_allocator *a_;

public:
    using value_type = T;
    using propagate_on_container_copy_assignment = std::false_type;
    using propagate_on_container_move_assignment = std::true_type;
    using propagate_on_container_swap = std::true_type;
    using is_always_equal = std::false_type;

    allocator(alcove_allocator *a) noexcept : a_(a) {}
    template <class U>
    allocator(const allocator<U> &other) noexcept : a_(other.get())
    {
    }

    [[nodiscard]] T *allocate(std::size_t count)
    {
        alcove_error err;
        void *p = detail::alloc_items<T>(a_, count, &err);

        if (ALCOVE_UNLIKELY(!p))
            detail::refuse(err);
        return static_cast<T *>(p);
    }
    void deallocate(T *p, std::size_t count) noexcept
    {
        alcove_dealloc(a_, p, detail::layout_of<T>(count), nullptr);
    }

    // The allocator that it stands for.
    alcove_allocator *get() const noexcept
    {
        return a_;
    }
};

template <class T, class U>
inline bool
operator==(const allocator<T> &x, const allocator<U> &y) noexcept
{
    return x.get() == y.get();
}

template <class T, class U>
inline bool
operator!=(const allocator<T> &x, const allocator<U> &y) noexcept
{
    return x.get() != y.get();
}

// ---- unique pointers ----

// The end of an object that make_unique made. It knows the layout from T alone,
// so it does not convert: a unique_ptr to a base class would release a block of
// another size. One without an allocator is for pointers that are null.
template <class T> struct deleter {
    alcove_allocator *a = nullptr;

    void operator()(T *p) const noexcept
    {
        p->~T();
        alcove_dealloc(a, const_cast<std::remove_cv_t<T> *>(p),
                       detail::layout_of<T>(1), nullptr);
    }
};

// The last item goes first.
template <class T> struct deleter<T[]> {
    alcove_allocator *a = nullptr;
    std::size_t count = 0; // items

    void operator()(T *p) const noexcept
    {
        for (std::size_t n = count; n > 0; n--)
            p[n - 1].~T();
        alcove_dealloc(a, const_cast<std::remove_cv_t<T> *>(p),
                       detail::layout_of<T>(count), nullptr);
    }
};

template <class T> using unique_ptr = std::unique_ptr<T, deleter<T>>;

namespace detail
{

// A block that goes back, unless it is kept.
struct block {
    alcove_allocator *a;
    void *p;
    alcove_layout layout;

    ~block()
    {
        alcove_dealloc(a, p, layout, nullptr);
    }
    void keep() noexcept
    {
        p = nullptr;
    }
};

template <class T, class... Args>
inline unique_ptr<T>
make_object(alcove_allocator *a, alcove_error *err, Args &&...args)
{
    void *p = alcove_alloc(a, ALCOVE_LAYOUT(T), err);

    if (!p)
        return {};
    block b = {a, p, ALCOVE_LAYOUT(T)};
    unique_ptr<T> made(::new (p) T(std::forward<Args>(args)...), deleter<T>{a});

    b.keep();
    return made;
}

template <class Array>
inline unique_ptr<Array>
make_array(alcove_allocator *a, alcove_error *err, std::size_t count)
{
    using T = std::remove_extent_t<Array>;
    auto *p = static_cast<std::remove_cv_t<T> *>(alloc_items<T>(a, count, err));

    if (!p)
        return {};
    block b = {a, p, layout_of<T>(count)};

    std::uninitialized_value_construct_n(p, count);
    b.keep();
    return unique_ptr<Array>(p, deleter<Array>{a, count});
}

template <class T, class... Args>
inline unique_ptr<T>
make(alcove_allocator *a, alcove_error *err, Args &&...args)
{
    static_assert(std::extent_v<T> == 0, "T[] has a count, T[N] does not");
    if constexpr (std::is_array_v<T>)
        return make_array<T>(a, err, std::forward<Args>(args)...);
    else
        return make_object<T>(a, err, std::forward<Args>(args)...);
}

} // namespace detail

// try_make_unique<T>(a, err, arguments...): an object in memory of `a`, made
// with these arguments. try_make_unique<T[]>(a, err, count): that many items,
// each T(). Null if and only if the allocator refuses, or the array has no
// valid layout. If a constructor throws, what was made is undone, the block
// goes back, and the exception passes.
template <class T, class... Args>
[[nodiscard]] inline unique_ptr<T>
try_make_unique(alcove_allocator *a, alcove_error *err, Args &&...args)
{
    return detail::make<T>(a, err, std::forward<Args>(args)...);
}

#ifdef __cpp_exceptions

// The same, never null: throws refusal.
template <class T, class... Args>
[[nodiscard]] inline unique_ptr<T>
make_unique(alcove_allocator *a, Args &&...args)
{
    alcove_error err;
    unique_ptr<T> made = detail::make<T>(a, &err, std::forward<Args>(args)...);

    if (!made)
        detail::refuse(err);
    return made;
}

#endif

// ---- scoped blocks ----

// In place of a layout: that many items of T, neither made nor undone.
template <class T> struct count {
    static_assert(std::is_trivially_default_constructible_v<T> &&
                      std::is_trivially_destructible_v<T>,
                  "the items of a scoped block are neither made nor undone");
    std::size_t items;

    explicit constexpr count(std::size_t n) noexcept : items(n) {}
};

namespace detail
{

// How try_temp returns what the lambda does.
template <class R> struct answer {
    using type = std::optional<R>;
};
template <> struct answer<void> {
    using type = bool;
};
template <class R> struct answer<R &> {
    using type = R *;
};
template <class F, class P>
using answer_t = typename answer<std::invoke_result_t<F &, P>>::type;

// The lambda as the callback of a scope: `run` with a pointer to this. It runs
// inside a function of the library, which lets exceptions pass.
template <class F, class P> struct call {
    F &f;
    answer_t<F, P> got;

    static void run(void *mem, void *arg)
    {
        call *c = static_cast<call *>(arg);
        P p = static_cast<P>(mem);
        using R = std::invoke_result_t<F &, P>;

        if constexpr (std::is_void_v<R>) {
            c->f(p);
            c->got = true;
        } else if constexpr (std::is_lvalue_reference_v<R>) {
            c->got = std::addressof(c->f(p));
        } else {
            c->got.emplace(c->f(p));
        }
    }
};

template <class P, class F>
inline answer_t<F, P>
scope(alcove_allocator *a, alcove_layout l, F &f, alcove_error *err)
{
    call<F, P> c{f, {}};

    if (!alcove_alloc_temp(a, l, c.run, &c, err))
        return {};
    return std::move(c.got);
}

template <class T, class F>
inline answer_t<F, T *>
scope_of_items(alcove_allocator *a, std::size_t items, F &f, alcove_error *err)
{
    alcove_layout l;

    if (!alcove_layout_array(ALCOVE_LAYOUT(T), items, &l, err))
        return {};
    return scope<T *>(a, l, f, err);
}

} // namespace detail

// Call f(block) once, where `block` is a void * to a block with layout `l`, or
// a T * to count<T> items; its contents are undefined, and it is gone when `f`
// has ended, however that was: by return, exception, pthread_exit or
// pthread_cancel. Over alcove_stack() or alcove_scratch() the block is on the
// stack.
// If `f` returns nothing, true is returned if it ran; if it returns an R, that
// as a std::optional<R>; if an R &, an R *. False, empty or null: it never ran,
// because of what alcove_alloc_temp fails for.
template <class F>
[[nodiscard]] inline detail::answer_t<F, void *>
try_temp(alcove_allocator *a, alcove_layout l, F &&f,
         alcove_error *err = nullptr)
{
    return detail::scope<void *>(a, l, f, err);
}

template <class T, class F>
[[nodiscard]] inline detail::answer_t<F, T *>
try_temp(alcove_allocator *a, count<T> n, F &&f, alcove_error *err = nullptr)
{
    return detail::scope_of_items<T>(a, n.items, f, err);
}

#ifdef __cpp_exceptions

namespace detail
{

template <class R, class Answer>
inline R
take(Answer &&answer, const alcove_error &err)
{
    if (!answer)
        refuse(err);
    if constexpr (std::is_lvalue_reference_v<R>)
        return *answer;
    else if constexpr (!std::is_void_v<R>)
        return std::move(*answer);
}

} // namespace detail

// The same, but it returns just what `f` returns, and throws refusal where `f`
// never ran.
template <class F>
inline std::invoke_result_t<F &, void *>
temp(alcove_allocator *a, alcove_layout l, F &&f)
{
    alcove_error err;

    return detail::take<std::invoke_result_t<F &, void *>>(
        detail::scope<void *>(a, l, f, &err), err);
}

template <class T, class F>
inline std::invoke_result_t<F &, T *>
temp(alcove_allocator *a, count<T> n, F &&f)
{
    alcove_error err;

    return detail::take<std::invoke_result_t<F &, T *>>(
        detail::scope_of_items<T>(a, n.items, f, &err), err);
}

#endif

// ---- memory of C++ as an allocator ----

namespace detail
{

constexpr alcove_ops
table(const char *name,
      void *(*alloc)(alcove_allocator *, alcove_layout, alcove_error *),
      bool (*dealloc)(alcove_allocator *, void *, alcove_layout,
                      alcove_error *))
{
    alcove_ops ops = {};

    ops.struct_size = sizeof ops;
    ops.name = name;
    ops.alloc = alloc;
    ops.dealloc = dealloc;
    return ops;
}

ALCOVE_COLD inline bool
fail(const alcove_allocator *a, alcove_code code, alcove_cause cause,
     alcove_layout l, const char *why, alcove_error *err)
{
    alcove_error what = {};

    what.code = code;
    what.cause = cause;
    what.layout = l;
    what.allocator = a->ops->name;
    what.detail = why;
    return alcove_error_set(err, &what);
}

// An error instead of the exception that is being handled. The end of a thread
// is none, and must not be held up; there is no object to it, which UBSan would
// remark on.
#ifdef __cpp_exceptions
#    ifdef __GNUC__
__attribute__((no_sanitize("null")))
#    endif
ALCOVE_COLD inline bool
fail_as_caught(const alcove_allocator *a, alcove_layout l, alcove_error *err)
{
    try {
        throw;
    } catch (const refusal &r) {
        alcove_error what = r.error();

        what.layout = l;
        return alcove_error_set(err, &what);
    } catch (const std::bad_alloc &) {
        return fail(a, ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_OUT_OF_MEMORY, l,
                    nullptr, err);
#    ifdef __GLIBCXX__
    } catch (const abi::__forced_unwind &) {
        throw;
#    endif
    } catch (...) {
        return fail(a, ALCOVE_ERR_OTHER, ALCOVE_CAUSE_OTHER, l,
                    "an exception was thrown that is no bad_alloc", err);
    }
}
#endif

// Objects have sizes that are a multiple of their alignment, and not everybody
// aligns other blocks as he was asked: libstdc++ 12's pool resources give 33
// bytes aligned to 32 with an alignment of 16, and operator new may align for
// objects of just that size (C++17 6.7.4.1).
inline alcove_layout
padded(alcove_layout l) noexcept
{
    return alcove_layout{(l.size + l.align - 1) & ~(l.align - 1), l.align};
}

// The operations of an allocator whose blocks Self obtains and gives back.
template <class Self>
void *
foreign_alloc(alcove_allocator *a, alcove_layout l, alcove_error *err)
{
    int saved = errno;
    void *p;

#ifdef __cpp_exceptions
    try {
        p = Self::obtain(a, padded(l));
    } catch (...) {
        fail_as_caught(a, l, err);
        return nullptr;
    }
#else
    p = Self::obtain(a, padded(l));
#endif
    if (ALCOVE_UNLIKELY(!p)) {
        fail(a, ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_OUT_OF_MEMORY, l, nullptr,
             err);
        return nullptr;
    }
    if (ALCOVE_UNLIKELY(reinterpret_cast<std::uintptr_t>(p) & (l.align - 1))) {
        a->ops->dealloc(a, p, l, nullptr);
        fail(a, ALCOVE_ERR_OTHER, ALCOVE_CAUSE_OTHER, l,
             "a block came less aligned than was asked for", err);
        return nullptr;
    }
    errno = saved;
    return p;
}

template <class Self>
bool
foreign_dealloc(alcove_allocator *a, void *p, alcove_layout l,
                [[maybe_unused]] alcove_error *err)
{
    int saved = errno;

#ifdef __cpp_exceptions
    try {
        Self::give_back(a, p, padded(l));
    } catch (...) {
        return fail_as_caught(a, l, err);
    }
#else
    Self::give_back(a, p, padded(l));
#endif
    errno = saved;
    return true;
}

} // namespace detail

// ---- operator new ----

namespace detail
{

enum class form { throwing, sized, nothrow };

// The operators of one object or of an array, in one of their forms.
template <bool Array, form Form> struct operators {
    template <class... Rest> static void *new_(std::size_t size, Rest... rest)
    {
        if constexpr (Array)
            return ::operator new[](size, rest...);
        else
            return ::operator new(size, rest...);
    }
    template <class... Rest> static void delete_(void *p, Rest... rest)
    {
        if constexpr (Array)
            ::operator delete[](p, rest...);
        else
            ::operator delete(p, rest...);
    }
    static bool is_aligned_by_default(alcove_layout l)
    {
        return l.align <= __STDCPP_DEFAULT_NEW_ALIGNMENT__;
    }

    static void *obtain(alcove_allocator *, alcove_layout l)
    {
        std::align_val_t align{l.align};

        if constexpr (Form == form::nothrow)
            return is_aligned_by_default(l)
                       ? new_(l.size, std::nothrow)
                       : new_(l.size, align, std::nothrow);
        else
            return is_aligned_by_default(l) ? new_(l.size)
                                            : new_(l.size, align);
    }
    static void give_back(alcove_allocator *, void *p, alcove_layout l)
    {
        std::align_val_t align{l.align};

        if constexpr (Form == form::sized)
            is_aligned_by_default(l) ? delete_(p, l.size)
                                     : delete_(p, l.size, align);
        else
            is_aligned_by_default(l) ? delete_(p) : delete_(p, align);
    }

    static constexpr const char *name =
        Form == form::throwing ? (Array ? "operator_new_array" : "operator_new")
        : Form == form::sized
            ? (Array ? "operator_new_array_sized" : "operator_new_sized")
            : (Array ? "operator_new_array_nothrow" : "operator_new_nothrow");
    static constexpr alcove_ops ops = table(
        name, foreign_alloc<operators>, foreign_dealloc<operators>);
    static inline alcove_allocator allocator = {
        &ops, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM |
                  ALCOVE_CAN_TEMP | ALCOVE_CAN_THREADS};
};

} // namespace detail

// Allocators over operator new and operator delete, whoever has replaced them;
// aligned to more than __STDCPP_DEFAULT_NEW_ALIGNMENT__, over their aligned
// forms. A block's size is rounded up to its alignment, so that it is the size
// of some object.
// They can allocate, release, reclaim, serve temporaries, and be shared between
// threads. An allocation fails if and only if the operator throws bad_alloc or
// returns null (ALLOC_FAILED, cause OUT_OF_MEMORY), throws something else or
// gives a block that is less aligned (OTHER). A new_handler is called as ever.
//
// nothrow: new (std::nothrow), and the plain delete, as of a delete expression.
inline alcove_allocator *
operator_new_nothrow() noexcept
{
    return &detail::operators<false, detail::form::nothrow>::allocator;
}

inline alcove_allocator *
operator_new_array_nothrow() noexcept
{
    return &detail::operators<true, detail::form::nothrow>::allocator;
}

#ifdef __cpp_exceptions

inline alcove_allocator *
operator_new() noexcept
{
    return &detail::operators<false, detail::form::throwing>::allocator;
}

inline alcove_allocator *
operator_new_array() noexcept
{
    return &detail::operators<true, detail::form::throwing>::allocator;
}

// The delete gets the size too: for those who have replaced that form. Here if
// the compiler has sized deallocation (clang: -fsized-deallocation).
#    ifdef __cpp_sized_deallocation

inline alcove_allocator *
operator_new_sized() noexcept
{
    return &detail::operators<false, detail::form::sized>::allocator;
}

inline alcove_allocator *
operator_new_array_sized() noexcept
{
    return &detail::operators<true, detail::form::sized>::allocator;
}

#    endif
#endif

// ---- memory resources ----

#if ALCOVE_CXX_PMR

// An allocator as a memory resource, for every alignment: a power of two.
//
// - allocate throws refusal if and only if the allocator refuses, or the layout
//   is not valid. 0 bytes are 1 byte: each such block has an address of its own
//   (C++17 6.7.4.1).
// - Equal to every other resource over the same allocator.
class ALCOVE_API resource : public std::pmr::memory_resource
{
    alcove_allocator *a_;

    static alcove_layout layout(std::size_t size, std::size_t align) noexcept
    {
        return alcove_layout{size == 0 ? 1 : size, align};
    }

    void *do_allocate(std::size_t size, std::size_t align) override
    {
        alcove_error err;
        void *p = alcove_alloc(a_, layout(size, align), &err);

        if (ALCOVE_UNLIKELY(!p))
            detail::refuse(err);
        return p;
    }
    void do_deallocate(void *p, std::size_t size, std::size_t align) override
    {
        alcove_dealloc(a_, p, layout(size, align), nullptr);
    }
    bool do_is_equal(const memory_resource &other) const noexcept override
    {
#    ifdef __cpp_rtti
        auto *r = dynamic_cast<const resource *>(&other);

        return r && r->a_ == a_;
#    else
        return this == &other;
#    endif
    }

public:
    explicit resource(alcove_allocator *a) noexcept : a_(a) {}

    // The allocator that it stands for.
    alcove_allocator *get() const noexcept
    {
        return a_;
    }
};

#    ifdef __cpp_exceptions

// A memory resource as an allocator, which must live as long as this is used;
// it belongs to the caller.
//
// - It can allocate, release and serve temporaries. A resource does not tell
//   what else it can: say it with `can`, of which ALCOVE_CAN_RECLAIM (not a
//   monotonic_buffer_resource) and ALCOVE_CAN_THREADS (new_delete_resource, a
//   synchronized_pool_resource) count.
// - No exception passes, in C code there may be no way for it: bad_alloc is
//   ALLOC_FAILED with the cause OUT_OF_MEMORY, refusal the error that it
//   carries, any other OTHER. A block that is less aligned than was asked for
//   is given back, and the request refused as OTHER. Only the end of a thread
//   (pthread_exit, pthread_cancel) passes.
// - A release fails if and only if the resource throws.
// - Sizes are rounded up to their alignment.
class from_resource
{
    alcove_allocator allocator_; // the first: what the operations get
    std::pmr::memory_resource *resource_;

    static from_resource *self(alcove_allocator *a) noexcept
    {
        return reinterpret_cast<from_resource *>(a);
    }
    static void *obtain(alcove_allocator *a, alcove_layout l)
    {
        return self(a)->resource_->allocate(l.size, l.align);
    }
    static void give_back(alcove_allocator *a, void *p, alcove_layout l)
    {
        self(a)->resource_->deallocate(p, l.size, l.align);
    }
    template <class Self>
    friend void *detail::foreign_alloc(alcove_allocator *, alcove_layout,
                                       alcove_error *);
    template <class Self>
    friend bool detail::foreign_dealloc(alcove_allocator *, void *,
                                        alcove_layout, alcove_error *);

    static const alcove_ops *ops() noexcept
    {
        static constexpr alcove_ops table =
            detail::table("from_resource", detail::foreign_alloc<from_resource>,
                          detail::foreign_dealloc<from_resource>);
        return &table;
    }

public:
    explicit from_resource(std::pmr::memory_resource *r,
                           unsigned can = ALCOVE_CAN_NOTHING) noexcept
        : allocator_{ops(),
                     ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_TEMP |
                         (can & (ALCOVE_CAN_RECLAIM | ALCOVE_CAN_THREADS))},
          resource_(r)
    {
    }
    from_resource(const from_resource &) = delete;
    from_resource &operator=(const from_resource &) = delete;

    // The allocator that it is.
    alcove_allocator *get() noexcept
    {
        return &allocator_;
    }
};

static_assert(std::is_standard_layout_v<from_resource>,
              "its address is that of its first member");

#    endif
#endif

} // namespace ALCOVE_CXX_MODE
} // namespace alcove

#undef ALCOVE_CXX_MODE
#undef ALCOVE_CXX_PMR

#endif // ALCOVE_HPP
