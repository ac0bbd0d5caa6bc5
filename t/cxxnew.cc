// SPDX-License-Identifier: MIT
// The backends of <alcove.hpp> over operator new, all of whose forms this
// program replaces: it shows which one is called, with what, and what becomes
// of a refusal.
#include <config.h>

#include <alcove.hpp>
#include <alcove/check.h>

extern "C" {
#include "tap.h"
#include "told.h"
}

#include <cerrno>
#include <cstring>

// clang's ThreadSanitizer has operators of its own, and none may replace them.
#if defined __has_feature
#    if __has_feature(thread_sanitizer)
#        define FIXED 1
#    endif
#endif
#ifdef FIXED

int
main()
{
    return tap_skip_all("clang's ThreadSanitizer replaces operator new itself");
}

#else

#if ALCOVE_VALGRIND
#    include <valgrind/valgrind.h>
#else
#    define RUNNING_ON_VALGRIND 0
#endif

// ---- the operators ----

enum { ARRAY = 1, ALIGNED = 2, SIZED = 4, NOTHROW = 8 };
enum deed { serve, run_out, fail_oddly, skew };

// The last call of each kind, and how many there were, while `watched`.
static struct {
    bool watched;
    enum deed deed;
    int news, deletes;
    unsigned new_form, delete_form;
    std::size_t size, align, delete_size, delete_align;
} seen;

static void
begin(enum deed deed)
{
    seen = {};
    seen.watched = true;
    seen.deed = deed;
    before();
}

static void *
get(unsigned form, std::size_t size, std::size_t align)
{
    if (seen.watched) {
        seen.news++;
        seen.new_form = form;
        seen.size = size;
        seen.align = align;
        errno = ENOENT;
        if (seen.deed == fail_oddly)
            throw 4711;
    }
    char *p = nullptr;
    if (!seen.watched || seen.deed != run_out)
        p = static_cast<char *>(
            alcove_thin_aligned(alcove_malloc(), size, align, nullptr));
    if (!p && form & NOTHROW)
        return nullptr;
    if (!p)
        throw std::bad_alloc();
    if (seen.watched && seen.deed == skew)
        return p + 1;
    return p;
}

static void
put(unsigned form, void *p, std::size_t size, std::size_t align)
{
    if (seen.watched) {
        seen.deletes++;
        seen.delete_form = form;
        seen.delete_size = size;
        seen.delete_align = align;
        errno = ENOENT;
        if (seen.deed == skew)
            p = static_cast<char *>(p) - 1;
    }
    alcove_thin_free(alcove_malloc(), p, nullptr);
}

using std::align_val_t;
using std::nothrow_t;
using std::size_t;

#define DEFAULT __STDCPP_DEFAULT_NEW_ALIGNMENT__
#define OPERATORS(SIGN, FORM)                                                  \
    void *operator new SIGN(size_t n)                                          \
    {                                                                          \
        return get(FORM, n, DEFAULT);                                          \
    }                                                                          \
    void *operator new SIGN(size_t n, align_val_t a)                           \
    {                                                                          \
        return get(FORM | ALIGNED, n, size_t(a));                              \
    }                                                                          \
    void *operator new SIGN(size_t n, const nothrow_t &) noexcept              \
    {                                                                          \
        return get(FORM | NOTHROW, n, DEFAULT);                                \
    }                                                                          \
    void *operator new SIGN(size_t n, align_val_t a, const nothrow_t &)        \
        noexcept                                                               \
    {                                                                          \
        return get(FORM | ALIGNED | NOTHROW, n, size_t(a));                    \
    }                                                                          \
    void operator delete SIGN(void *p) noexcept                                \
    {                                                                          \
        put(FORM, p, 0, 0);                                                    \
    }                                                                          \
    void operator delete SIGN(void *p, align_val_t a) noexcept                 \
    {                                                                          \
        put(FORM | ALIGNED, p, 0, size_t(a));                                  \
    }                                                                          \
    void operator delete SIGN(void *p, size_t n) noexcept                      \
    {                                                                          \
        put(FORM | SIZED, p, n, 0);                                            \
    }                                                                          \
    void operator delete SIGN(void *p, size_t n, align_val_t a) noexcept       \
    {                                                                          \
        put(FORM | SIZED | ALIGNED, p, n, size_t(a));                          \
    }                                                                          \
    void operator delete SIGN(void *p, const nothrow_t &) noexcept             \
    {                                                                          \
        put(FORM | NOTHROW, p, 0, 0);                                          \
    }                                                                          \
    void operator delete SIGN(void *p, align_val_t a, const nothrow_t &)       \
        noexcept                                                               \
    {                                                                          \
        put(FORM | ALIGNED | NOTHROW, p, 0, size_t(a));                        \
    }

// clang-format off
OPERATORS(, 0)
OPERATORS([], ARRAY)
// clang-format on

// ---- the tests ----

enum { CHECKS = 8 };

static void
tell_failures(const alcove_check_result *result, void *)
{
    if (result->verdict == ALCOVE_VERDICT_FAIL)
        diag("%s: %s", result->check, result->text);
}


static bool
fails_as(alcove_allocator *a, enum deed deed, alcove_code code,
         alcove_cause cause, int number)
{
    begin(deed);
    void *p = alcove_alloc(a, {40, 32}, &err);
    int told = errno;
    seen.watched = false;
    return !p && err.code == code && err.cause == cause && told == number &&
           err.layout.size == 40 && err.layout.align == 32 &&
           std::strcmp(err.allocator, alcove_name(a)) == 0 && seen.news == 1;
}

static void
test(alcove_allocator *a, unsigned new_form, unsigned delete_form)
{
    const char *name = alcove_name(a);
    const size_t sized = delete_form & SIZED ? 1 : 0;
    void *p;

    begin(serve);
    p = alcove_alloc(a, {33, 16}, &err);
    ok(p && untouched() && seen.new_form == new_form && seen.size == 48,
       "%s: 33 bytes aligned to 16 are 48, errno stays", name);
    ok(alcove_dealloc(a, p, {33, 16}, &err) && untouched() &&
           seen.delete_form == delete_form && seen.delete_size == 48 * sized,
       "%s: and released by its delete", name);

    begin(serve);
    p = alcove_alloc(a, {33, 4096}, &err);
    ok(p && untouched() && seen.new_form == (new_form | ALIGNED) &&
           seen.size == 4096 && seen.align == 4096,
       "%s: more than the default alignment is asked of the aligned form",
       name);
    ok(alcove_dealloc(a, p, {33, 4096}, &err) && untouched() &&
           seen.delete_form == (delete_form | ALIGNED) &&
           seen.delete_size == 4096 * sized && seen.delete_align == 4096,
       "%s: and released by that", name);

    ok(fails_as(a, run_out, ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_OUT_OF_MEMORY,
                ENOMEM),
       "%s: no memory is an error", name);
    if (new_form & NOTHROW)
        skip(1, "this form must not throw");
    else
        ok(fails_as(a, fail_oddly, ALCOVE_ERR_OTHER, ALCOVE_CAUSE_OTHER, EIO),
           "%s: another exception is another error", name);
    ok(fails_as(a, skew, ALCOVE_ERR_OTHER, ALCOVE_CAUSE_OTHER, EIO) &&
           seen.deletes == 1 && seen.delete_form == (delete_form | ALIGNED),
       "%s: a block that is less aligned is given back and refused", name);
    ok(alcove_check_allocator(a, nullptr, tell_failures, nullptr),
       "%s: the conformance kit has nothing to say", name);
}

int
main()
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the operators of this test stand on malloc");
    if (DEFAULT != 16)
        return tap_skip_all("operator new aligns to another number than 16");
    if (RUNNING_ON_VALGRIND)
        return tap_skip_all("Valgrind replaces what replaces operator new");
    tap_plan(6 * CHECKS);
    test(alcove::operator_new(), 0, 0);
    test(alcove::operator_new_array(), ARRAY, ARRAY);
    test(alcove::operator_new_nothrow(), NOTHROW, 0);
    test(alcove::operator_new_array_nothrow(), ARRAY | NOTHROW, ARRAY);
#ifdef __cpp_sized_deallocation
    test(alcove::operator_new_sized(), 0, SIZED);
    test(alcove::operator_new_array_sized(), ARRAY, ARRAY | SIZED);
#else
    skip(2 * CHECKS, "the compiler has no sized deallocation");
#endif
    return tap_done();
}

#endif // FIXED
