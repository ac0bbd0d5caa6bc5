/* SPDX-License-Identifier: MIT */
/* What AddressSanitizer, LeakSanitizer and Valgrind are told about memory that is
 * carved: which bytes are blocks, and which must not be touched.
 *
 * A store is a piece of memory that blocks are carved from, known by an anchor,
 * any address of its own. All of it is out of bounds but for the blocks that
 * were given. In a build without AddressSanitizer that does not run under
 * Valgrind, alcove_tools_watch is false, and nothing else here does anything:
 * the caller leaves it out.
 *
 * AddressSanitizer's shadow has a granularity of 8 bytes: blocks must begin at
 * multiples of that, and have ALCOVE_TOOLS_GAP bytes of the store between them,
 * for an overflow to be seen.
 */
#ifndef ALCOVE_LIB_OS_TOOLS_H
#define ALCOVE_LIB_OS_TOOLS_H

#include <alcove/base.h>

#if defined __SANITIZE_ADDRESS__
#    define ALCOVE_ASAN 1
#elif defined __has_feature
#    if __has_feature(address_sanitizer)
#        define ALCOVE_ASAN 1
#    endif
#endif
#ifndef ALCOVE_ASAN
#    define ALCOVE_ASAN 0
#endif

#if ALCOVE_VALGRIND
#    include <valgrind/memcheck.h>
#endif

#if ALCOVE_ASAN
/* As <sanitizer/asan_interface.h> and lsan_interface.h declare them; not every
 * compiler installs these. */
void __asan_poison_memory_region(const volatile void *p, size_t size);
void __asan_unpoison_memory_region(const volatile void *p, size_t size);
void __lsan_register_root_region(const void *p, size_t size);
void __lsan_unregister_root_region(const void *p, size_t size);
#endif

/* Bytes between blocks, while a tool watches. */
enum { ALCOVE_TOOLS_GAP = 16 };

/* Does a tool watch? If so, no block may be given or taken but with the calls
 * below: inline paths that do not know of them must lead nowhere. */
static inline bool
alcove_tools_watch(void)
{
#if ALCOVE_ASAN
    return true;
#elif ALCOVE_VALGRIND
    return RUNNING_ON_VALGRIND != 0;
#else
    return false;
#endif
}

/* [start, start + size) is a store from now on; no byte of it may be touched. */
static inline void
alcove_tools_open(const void *anchor, const void *start, size_t size)
{
    (void)anchor, (void)start, (void)size;
#if ALCOVE_ASAN
    __asan_poison_memory_region(start, size);
#endif
#if ALCOVE_VALGRIND
    (void)VALGRIND_MAKE_MEM_NOACCESS(start, size);
#endif
}

/* It is plain memory again, its blocks gone. */
static inline void
alcove_tools_close(const void *anchor, const void *start, size_t size)
{
    (void)anchor, (void)start, (void)size;
#if ALCOVE_ASAN
    __asan_unpoison_memory_region(start, size);
#endif
#if ALCOVE_VALGRIND
    (void)VALGRIND_MAKE_MEM_UNDEFINED(start, size);
#endif
}

/* The store has grown by [start, start + size). */
static inline void
alcove_tools_extend(const void *start, size_t size)
{
    (void)start, (void)size;
#if ALCOVE_ASAN
    __asan_poison_memory_region(start, size);
#endif
#if ALCOVE_VALGRIND
    (void)VALGRIND_MAKE_MEM_NOACCESS(start, size);
#endif
}

/* [p, p + size) is a block, its contents undefined. */
static inline void
alcove_tools_give(const void *anchor, const void *p, size_t size)
{
    (void)anchor, (void)p, (void)size;
#if ALCOVE_ASAN
    __asan_unpoison_memory_region(p, size);
#endif
#if ALCOVE_VALGRIND
    (void)VALGRIND_MAKE_MEM_UNDEFINED(p, size);
#endif
}

/* It is no block any more. */
static inline void
alcove_tools_take(const void *anchor, const void *p, size_t size)
{
    (void)anchor, (void)p, (void)size;
#if ALCOVE_ASAN
    __asan_poison_memory_region(p, size);
#endif
#if ALCOVE_VALGRIND
    (void)VALGRIND_MAKE_MEM_NOACCESS(p, size);
#endif
}

/* The block [p, p + old_size) has changed its size in place; its contents, as
 * far as it had them, are kept. */
static inline void
alcove_tools_resize(const void *anchor, const void *p, size_t old_size,
                    size_t new_size)
{
    (void)anchor, (void)p, (void)old_size, (void)new_size;
#if ALCOVE_ASAN
    if (new_size > old_size)
        __asan_unpoison_memory_region(p, new_size);
    else
        __asan_poison_memory_region((const char *)p + new_size,
                                    old_size - new_size);
#endif
#if ALCOVE_VALGRIND
    if (new_size > old_size)
        (void)VALGRIND_MAKE_MEM_UNDEFINED((const char *)p + old_size,
                                          new_size - old_size);
    else
        (void)VALGRIND_MAKE_MEM_NOACCESS((const char *)p + new_size,
                                         old_size - new_size);
#endif
}

/* No block that begins `keep` bytes from `start` or later is left in the store
 * of `size` bytes. */
static inline void
alcove_tools_trim(const void *anchor, const void *start, size_t keep,
                  size_t size)
{
    (void)anchor, (void)start, (void)keep, (void)size;
#if ALCOVE_ASAN
    __asan_poison_memory_region((const char *)start + keep, size - keep);
#endif
#if ALCOVE_VALGRIND
    (void)VALGRIND_MAKE_MEM_NOACCESS((const char *)start + keep, size - keep);
#endif
}

/* The allocator itself may read and write [p, p + size) of its store, until it
 * hides that again: a link in a free block. */
static inline void
alcove_tools_reveal(const void *p, size_t size)
{
    (void)p, (void)size;
#if ALCOVE_ASAN
    __asan_unpoison_memory_region(p, size);
#endif
#if ALCOVE_VALGRIND
    (void)VALGRIND_MAKE_MEM_DEFINED(p, size);
#endif
}

static inline void
alcove_tools_hide(const void *p, size_t size)
{
    alcove_tools_extend(p, size);
}

/* Mapped pages are no heap to LeakSanitizer: pointers in them count from here
 * on, or no longer. */
static inline void
alcove_tools_root(const void *p, size_t size)
{
    (void)p, (void)size;
#if ALCOVE_ASAN
    __lsan_register_root_region(p, size);
#endif
}

static inline void
alcove_tools_unroot(const void *p, size_t size)
{
    (void)p, (void)size;
#if ALCOVE_ASAN
    __lsan_unregister_root_region(p, size);
#endif
}

#endif /* ALCOVE_LIB_OS_TOOLS_H */
