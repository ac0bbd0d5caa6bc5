/* SPDX-License-Identifier: MIT */
/* Guard pages. */
#include <config.h>

#include <alcove/page.h>

#include "fault.h"
#include "guard.h"

#include <stdio.h>

/* ---- guard pages ---- */

static void
test_traps(void)
{
    struct alcove_guard_options o = options(0);
    char *p, *q, *r, *header;

    o.pages = true;
    (void)alcove_guard_init(&guard, NULL, &o, NULL);
    p = block(100, 4);
    q = block(64, 64);
    r = block(5000, 16384);
    if (!spares(p + 99)) {
        skip(4, "a child cannot be asked");
    } else {
        ok(kills(p + 100), "with guard pages a byte too far is fatal");
        ok(spares(q + 63) && kills(q + 64) && spares(r + 4999) &&
               kills(r + up(5000, alcove_page_size())),
           "...for every alignment");
        (void)release(p, 100, 4);
        ok(kills(p) && kills(p + 99) && spares(q),
           "...and so is a byte that is released");
        guard.quarantine = 0;
        p = block(100, 4);
        header = p - (uintptr_t)p % guard.page - guard.page;
        ok(spares(header + guard.header) && release(p, 100, 4) &&
               kills(header + guard.header),
           "...and, when it leaves the quarantine, all of it");
        p = block(100, 4);
    }
    ok(release(p, 100, 4) && release(q, 64, 64) && release(r, 5000, 16384) &&
           alcove_guard_done(&guard, &err),
       "...and all goes back");
}

static size_t
wrong_pages(struct alcove_layout l)
{
    size_t page = alcove_page_size(), wrong = 0, gap;
    char *p;

    before();
    p = alcove_zalloc(a, l, &err);
    if (!p || (uintptr_t)p % l.align != 0 || !holds(p, 0, l.size))
        return 1;
    memset(p, 1, l.size);
    gap = (size_t)(-((uintptr_t)p + l.size) & (page - 1));
    wrong += gap >= l.align && gap >= page;
    wrong += gap >= l.align && l.align <= page;
    wrong += !untouched() || !alcove_owns(a, p, l);
    if (gap != 0) {
        wrong += !finds(p, l, (ptrdiff_t)l.size);
        wrong += !finds(p, l, (ptrdiff_t)(l.size + gap) - 1);
    }
    wrong += !finds(p, l, -1);
    wrong += !alcove_dealloc(a, p, l, &err);
    wrong += alcove_dealloc(a, p, l, &err) || !not_owned(p);
    p = alcove_alloc(a, l, NULL);
    if (p && alcove_tools_watch()) /* to be looked at, though never written */
        alcove_tools_reveal(p, l.size);
    wrong += !p || !holds(p, ALCOVE_GUARD_FRESH, l.size);
    return wrong + !alcove_dealloc(a, p, l, NULL);
}

/* Where addresses have 32 bits, the largest alignment can be had. */
static bool
large_align(struct alcove_layout l)
{
    char *p;

    before();
    p = alcove_alloc(a, l, &err);
    if (p)
        return (uintptr_t)p % l.align == 0 && release(p, l.size, l.align);
    return err.code == ALCOVE_ERR_ALLOC_FAILED &&
           strcmp(err.allocator, "guard") == 0;
}

static bool
too_large(struct alcove_layout l)
{
    before();
    return !alcove_alloc(a, l, &err) && err.code == ALCOVE_ERR_ALLOC_FAILED &&
           err.cause == ALCOVE_CAUSE_OUT_OF_MEMORY &&
           strcmp(err.allocator, "guard") == 0 && errno == ENOMEM;
}

/* Is the system asked for it? Where addresses have 32 bits, it may have it. */
static bool
is_asked_for(struct alcove_layout l)
{
    before();
    return sizeof(void *) < 8 ||
           (!alcove_alloc(a, l, &err) && err.cause == ALCOVE_CAUSE_OS &&
            err.layout.size == l.size);
}

static void
test_pages(void)
{
    static const size_t sizes[] = {1,    2,    7,    8,     100,   4094,
                                   4095, 4096, 4097, 65535, 65536, 100001};
    const size_t page = alcove_page_size();
    struct alcove_guard_options o = options(50 * page);
    size_t align, i, wrong = 0;
    char *p, *q;

    struct visit v = {.size = 24, .align = 32, .poke = -1};

    o.pages = true;
    before();
    ok(alcove_guard_init(&guard, NULL, &o, &err) && untouched() &&
           !(alcove_features(a) & ALCOVE_CAN_THREADS) &&
           alcove_require(a,
                          ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC |
                              ALCOVE_CAN_TEMP | ALCOVE_CAN_ZERO |
                              ALCOVE_CAN_CHECKED,
                          &err),
       "a guard with guard pages needs no parent");
    ok(refused_init(NULL, &o), "...but it cannot be itself");
    for (align = 1; align <= 65536; align *= 2)
        for (i = 0; i < COUNT(sizes); i += less(1, 4))
            wrong += wrong_pages(lay(sizes[i], align));
    is_size(wrong, 0, "its blocks end as near to a guard page as can be");
    ok(guard.kept.bytes <= 50 * page && guard.kept.blocks > 0 &&
           alcove_guard_check(&guard, &err),
       "...and are kept back up to a limit");
    p = block(100, 4);
    memset(p, 4, 100);
    q = alcove_realloc(a, p, lay(100, 4), lay(9000, 4), &err);
    ok(q && holds(q, 4, 100) && !release(p, 100, 4) && not_owned(p) &&
           detail_has("released before") && !release(q, 9000, 8) &&
           mismatch(q, lay(9000, 8), lay(9000, 4)),
       "...and can be moved, and not be released twice");
    before();
    ok(too_large(lay(ALCOVE_SIZE_MAX, 1)) &&
           large_align(lay(1, ALCOVE_SIZE_MAX / 2 + 1)) &&
           too_large(lay(ALCOVE_SIZE_MAX / 2 + 1, ALCOVE_SIZE_MAX / 2 + 1)) &&
           too_large(lay(ALCOVE_SIZE_MAX - 2 * page, 1)) &&
           too_large(lay(ALCOVE_SIZE_MAX - 3 * page + 2, 1)) &&
           is_asked_for(lay(ALCOVE_SIZE_MAX - 3 * page + 1, 1)) &&
           guard.live.blocks == 1,
       "...what is too large is refused");
    ok(!release(q + 1, 9000, 4) && not_owned(q + 1) &&
           !release(q - 1, 9000, 4) && not_owned(q - 1) &&
           !alcove_owns(a, q + 4, lay(9000, 4)) &&
           !release(q + page, 9000, 4) && not_owned(q + page) &&
           !release((void *)(uintptr_t)page, 1, 1),
       "...and a pointer into one is foreign");
    poke(q - (uintptr_t)q % page - page, 9, 1);
    ok(!release(q, 9000, 4) && err.code == ALCOVE_ERR_CORRUPT &&
           err.block != NULL && alcove_guard_repair(&guard, err.block, &err) &&
           guard.live.blocks == 0 && alcove_guard_done(&guard, &err),
       "...and a broken header is found");
    ok(alcove_alloc_temp(a, lay(24, 32), visit, &v, NULL) && v.calls == 1 &&
           alcove_guard_findings(&guard, &err) == 1 && err.offset == -1 &&
           err.block == v.mem && !alcove_guard_done(&guard, NULL) &&
           alcove_guard_done(&guard, NULL),
       "...and scopes are looked at");
}

/* In pages; 0 where that is not told. */
static unsigned long
address_space(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;

    if (f && fscanf(f, "%lu", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return pages;
}

static void
test_leaks(void)
{
    struct alcove_guard_options o = options(ALCOVE_GUARD_NONE);
    const size_t align = 256 * alcove_page_size();
    unsigned long at_first;
    size_t i, bad = 0;
    char *p[50];

    o.pages = true;
    (void)alcove_guard_init(&guard, NULL, &o, NULL);
    bad += !release(block(1, align), 1, align);
    at_first = address_space();
    for (i = 0; i < COUNT(p); i++)
        p[i] = block(1, align);
    for (i = 0; i < COUNT(p); i++)
        bad += !release(p[i], 1, align);
    if (at_first == 0)
        skip(1, "the system does not tell how large the program is");
    else
        ok(bad == 0 && address_space() - at_first + 2000 < 4000,
           "large alignments leave nothing behind");
}

#if ALCOVE_ASAN
/* Does LeakSanitizer look for pointers in these pages? It dies when it is to
 * forget others. */
static bool
is_root(const char *pages, size_t size)
{
    int status;
    pid_t child = fork();

    if (child < 0)
        bail_out("no child");
    if (child == 0) {
        close(STDERR_FILENO);
        __lsan_unregister_root_region(pages, size);
        _exit(0);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

static void
test_roots(void)
{
    struct alcove_guard_options o = options(0);
    const size_t page = alcove_page_size();
    char *p, *pages;

    o.pages = true;
    (void)alcove_guard_init(&guard, NULL, &o, NULL);
    p = block(page + 1, 1);
    pages = p + page + 1 - 2 * page;
    ok(is_root(pages, 2 * page) && !is_root(pages, page) &&
           release(p, page + 1, 1) && !is_root(pages, 2 * page) &&
           alcove_guard_done(&guard, &err) && !is_root(pages, 2 * page),
       "LeakSanitizer follows the pointers in live blocks, and no others");
}
#else
static void
test_roots(void)
{
    skip(1, "built without AddressSanitizer");
}
#endif

static void
test_page_mode(void)
{
    struct alcove_guard_options o = options(0);

    if (ALCOVE_HAVE_PAGE) {
        test_pages();
        test_traps();
        test_leaks();
        test_roots();
        return;
    }
    o.pages = true;
    memset(&guard, 0x5a, sizeof guard);
    ok(!alcove_guard_init(&guard, NULL, &o, &err) && errno == ENOTSUP &&
           err.code == ALCOVE_ERR_UNSUPPORTED &&
           holds(&guard, 0x5a, sizeof guard),
       "without pages there are no guard pages, and init says so");
    skip(15, "there are no pages");
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(16);
    test_page_mode();
    return tap_done();
}
