/* SPDX-License-Identifier: MIT */
/* What AddressSanitizer, LeakSanitizer and Valgrind are told of memory: which
 * bytes, and what of them. Their calls are replaced by ones that write it down;
 * t/tools.t asks the tools themselves. */
#include <config.h>

#if ALCOVE_VALGRIND
#    include <valgrind/helgrind.h>
#    include <valgrind/memcheck.h>
#    undef VALGRIND_MAKE_MEM_NOACCESS
#    undef VALGRIND_MAKE_MEM_UNDEFINED
#    undef VALGRIND_MAKE_MEM_DEFINED
#    undef VALGRIND_HG_DISABLE_CHECKING
#    define VALGRIND_MAKE_MEM_NOACCESS(p, size) told("noaccess", p, size)
#    define VALGRIND_MAKE_MEM_UNDEFINED(p, size) told("undefined", p, size)
#    define VALGRIND_MAKE_MEM_DEFINED(p, size) told("defined", p, size)
#    define VALGRIND_HG_DISABLE_CHECKING(p, size) told("unchecked", p, size)
#    define VALGRIND(text) text
#else
#    define VALGRIND(text) ""
#endif

#define ALCOVE_ASAN 1
#define __asan_poison_memory_region told_poison
#define __asan_unpoison_memory_region told_unpoison
#define __lsan_register_root_region told_root
#define __lsan_unregister_root_region told_unroot

#include <stddef.h>

void told(const char *what, const volatile void *p, size_t size);

#include "../lib/os/tools.h"

#include "tap.h"

#include <stdio.h>
#include <string.h>

static char memory[100], said[200];

void
told(const char *what, const volatile void *p, size_t size)
{
    size_t used = strlen(said);

    snprintf(said + used, sizeof said - used, "%s %d+%d ", what,
             (int)((const volatile char *)p - memory), (int)size);
}

void
told_poison(const volatile void *p, size_t size)
{
    told("poison", p, size);
}

void
told_unpoison(const volatile void *p, size_t size)
{
    told("unpoison", p, size);
}

void
told_root(const void *p, size_t size)
{
    told("root", p, size);
}

void
told_unroot(const void *p, size_t size)
{
    told("unroot", p, size);
}

static void
is_said(const char *what, const char *text)
{
    is_str(said, what, "%s", text);
    said[0] = '\0';
}

static void
test_blocks(void)
{
    alcove_tools_hide(memory + 8, 40);
    is_said("poison 8+40 " VALGRIND("noaccess 8+40 "),
            "what is hidden is out of bounds");
    alcove_tools_give(memory + 16, 24);
    is_said("unpoison 16+24 " VALGRIND("undefined 16+24 "),
            "...what is given can be used, and has no contents");
    alcove_tools_reveal(memory + 24, 8);
    is_said("unpoison 24+8 " VALGRIND("defined 24+8 "),
            "...what is revealed has some");
    alcove_tools_resize(memory + 16, 24, 40);
    is_said("unpoison 40+16 " VALGRIND("undefined 40+16 "),
            "a block that grows gets the bytes behind its old end");
    alcove_tools_resize(memory + 16, 40, 10);
    is_said("poison 26+30 " VALGRIND("noaccess 26+30 "),
            "...and one that shrinks loses those behind its new end");
    alcove_tools_resize(memory + 16, 10, 10);
    is_said("poison 26+0 " VALGRIND("noaccess 26+0 "),
            "...and one that stays loses none");
}

static void
test_others(void)
{
    alcove_tools_root(memory + 8, 64);
    is_said("root 8+64 ", "LeakSanitizer looks for pointers in mapped pages");
    alcove_tools_unroot(memory + 8, 64);
    is_said("unroot 8+64 ", "...and no longer");
    alcove_tools_atomic(memory + 4, sizeof(int));
    is_said(VALGRIND("unchecked 4+4 ") "",
            "Helgrind leaves alone what threads share");
}

int
main(void)
{
    tap_plan(11);
    ok(alcove_tools_watch(), "a tool watches");
    ok(ALCOVE_TOOLS_GAP >= 16 && ALCOVE_TOOLS_GAP % 16 == 0,
       "between blocks there is a gap that leaves the next one aligned");
    test_blocks();
    test_others();
    return tap_done();
}
