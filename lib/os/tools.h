/* SPDX-License-Identifier: MIT */
/* What AddressSanitizer, LeakSanitizer and Valgrind are told about memory that is
 * carved: which bytes are blocks, and which must not be touched.
 *
 * In a build without AddressSanitizer that does not run under Valgrind,
 * alcove_tools_watch is false, and the caller leaves all else out.
 *
 * AddressSanitizer's shadow has a granularity of 8 bytes: blocks must begin at
 * multiples of that, and have ALCOVE_TOOLS_GAP hidden bytes between them, for an
 * overflow to be seen.
 *
 * Valgrind's requests for pools of blocks (MEMPOOL) would have it name the block
 * in a report. They are not used: Valgrind 3.19 takes blocks of a carved block
 * for overlapping ones and dies of it in its search for leaks, calls each block
 * of an arena that is still alive at the end lost, and panics at the second pool
 * at one address.
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
#    include <valgrind/helgrind.h>
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

/* [p, p + size) is out of bounds from now on: memory to carve from, and blocks
 * that are none any more. */
static inline void
alcove_tools_hide(const void *p, size_t size)
{
    (void)p, (void)size;
#if ALCOVE_ASAN
    __asan_poison_memory_region(p, size);
#endif
#if ALCOVE_VALGRIND
    (void)VALGRIND_MAKE_MEM_NOACCESS(p, size);
#endif
}

/* It is a block, or plain memory again, its contents undefined. */
static inline void
alcove_tools_give(const void *p, size_t size)
{
    (void)p, (void)size;
#if ALCOVE_ASAN
    __asan_unpoison_memory_region(p, size);
#endif
#if ALCOVE_VALGRIND
    (void)VALGRIND_MAKE_MEM_UNDEFINED(p, size);
#endif
}

/* The allocator itself may read and write it, until it hides it again: a link
 * in a free block. */
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

/* A block has changed its size in place; what it had of its contents is kept. */
static inline void
alcove_tools_resize(const char *p, size_t old_size, size_t new_size)
{
    if (new_size > old_size)
        alcove_tools_give(p + old_size, new_size - old_size);
    else
        alcove_tools_hide(p + new_size, old_size - new_size);
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

/* Threads read and write it at once, on purpose and atomically, or under a flag
 * that they take atomically, which Helgrind cannot know. */
static inline void
alcove_tools_atomic(const void *p, size_t size)
{
    (void)p, (void)size;
#if ALCOVE_VALGRIND
    VALGRIND_HG_DISABLE_CHECKING(p, size);
#endif
}

#endif /* ALCOVE_LIB_OS_TOOLS_H */
