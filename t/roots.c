/* SPDX-License-Identifier: MIT */
/* LeakSanitizer follows the pointers that are kept in mapped pages: as long as
 * the block is live, and no longer.
 */
#include <config.h>

#include <alcove/page.h>

#include "tap.h"

#include <stdlib.h>

#if defined __SANITIZE_ADDRESS__
#    define WATCHED ALCOVE_HAVE_PAGE
#elif defined __has_feature
#    if __has_feature(address_sanitizer)
#        define WATCHED ALCOVE_HAVE_PAGE
#    endif
#endif
#ifndef WATCHED
#    define WATCHED 0
#endif

#if !WATCHED

int
main(void)
{
    return tap_skip_all("built without AddressSanitizer");
}

#else

#    include <errno.h>
#    include <sys/wait.h>
#    include <unistd.h>

/* As <sanitizer/lsan_interface.h> has it. */
int __lsan_do_recoverable_leak_check(void);

/* What a child says at its end. */
enum { CLEAN = 40, LEAKS = 41 };

static const struct alcove_layout one = {5000, 8}, two = {9000000, 8};
static struct alcove_page_reserve reserve;
static struct alcove_allocator *a;

/* Leave a block of malloc, its only pointer at the end of block `p`. Another
 * function on the way wipes what the registers and the stack have of it. */
static __attribute__((noinline)) void
keep(char *p, struct alcove_layout l)
{
    void **place = (void **)(void *)(p + l.size - sizeof(void *));

    *place = malloc(100);
}

static __attribute__((noinline)) void
wipe(void)
{
    volatile char rubbish[4096];
    size_t i;

    for (i = 0; i < sizeof rubbish; i++)
        rubbish[i] = 0x5a;
}

static char *
block(struct alcove_layout l)
{
    char *p = alcove_alloc(a, l, NULL);

    if (!p)
        _exit(1);
    return p;
}

static void
nothing(void)
{
}

static void
lost(void)
{
    void *p[1];

    keep((char *)p, (struct alcove_layout){sizeof p, 8});
    p[0] = NULL;
}

static void
kept(void)
{
    keep(block(one), one);
}

static void
released(void)
{
    char *p = block(one);

    keep(p, one);
    alcove_dealloc(a, p, one, NULL);
}

static void
kept_grown(void)
{
    keep(alcove_grow(a, block(one), one, two, NULL), two);
}

/* Pages that a shrink gives back keep nothing, the others do. */
static void
kept_shrunk(void)
{
    char *p = block(two);

    keep(p, one);
    if (!alcove_resize(a, p, two, one))
        _exit(1);
}

static void
cut_off(void)
{
    char *p = block(two);

    keep(p, two);
    if (!alcove_resize(a, p, two, one))
        _exit(1);
}

static void
released_grown(void)
{
    char *p = alcove_grow(a, block(one), one, two, NULL);

    keep(p, two);
    alcove_dealloc(a, p, two, NULL);
}

static void
given_back(void)
{
    kept();
    alcove_page_reserve_done(&reserve);
}

/* What LeakSanitizer finds after `fn`, in a process of its own. */
static int
after(void (*fn)(void))
{
    int status = 0;
    pid_t child = fork();

    if (child < 0)
        bail_out("no process");
    if (child == 0) {
        (void)close(1);
        (void)close(2);
        fn();
        wipe();
        _exit(__lsan_do_recoverable_leak_check() ? LEAKS : CLEAN);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_roots(void)
{
    is_int(after(kept), CLEAN, "%s: a pointer in a block is followed",
           alcove_name(a));
    is_int(after(released), LEAKS, "...not in one that was released");
    is_int(after(kept_grown), CLEAN, "...in all of a block that has grown");
    is_int(after(released_grown), LEAKS, "...which is released whole");
    is_int(after(kept_shrunk), CLEAN, "...in what a shrink leaves");
    is_int(after(cut_off), LEAKS, "...not in what it cuts off");
}

int
main(void)
{
    if (after(nothing) != CLEAN || after(lost) != LEAKS)
        return tap_skip_all("LeakSanitizer does not work here");
    tap_plan(3 * 6 + 1);
    a = alcove_page();
    test_roots();
    a = alcove_hugepage();
    test_roots();
    if (!alcove_page_reserve_init(&reserve, (size_t)10000000, NULL))
        bail_out("no range");
    a = &reserve.allocator;
    test_roots();
    is_int(after(given_back), LEAKS, "...nor in a range that was given back");
    alcove_page_reserve_done(&reserve);
    return tap_done();
}

#endif
