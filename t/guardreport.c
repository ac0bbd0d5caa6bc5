/* SPDX-License-Identifier: MIT */
/* What the guard tells: the callback, and the report. */
#include <config.h>

#include "guard.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- what is told ---- */

static struct alcove_error last;

static void
note(const struct alcove_error *what, void *arg)
{
    last = *what;
    ++*(size_t *)arg;
    errno = EDOM;
}

static void
test_callback(void)
{
    struct alcove_guard_options o = options(1);
    size_t calls = 0;
    char *p, *q;

    o.report = note;
    o.arg = &calls;
    begin(&o);
    p = block(8, 8);
    (void)alcove_dealloc(a, p, lay(9, 8), NULL);
    ok(calls == 1 && last.code == ALCOVE_ERR_LAYOUT_MISMATCH && errno == EINVAL,
       "the callback hears of a refusal that nobody looks at");
    poke(p, 8, 1);
    ok(!release(p, 8, 8) && calls == 2 && last.offset == 8 && errno == EFAULT,
       "...of each");
    (void)alcove_guard_repair(&guard, p, NULL);
    parent.refuse_dealloc = true;
    (void)release(p, 8, 8);
    parent.refuse_dealloc = false;
    poke(p, 5, 1);
    q = block(8, 8);
    ok(release(q, 8, 8) && untouched() && calls == 3 && last.block == p &&
           last.offset == 5,
       "...and of a finding, which leaves errno alone");
    ok(!alcove_guard_check(&guard, NULL) && !alcove_guard_done(&guard, NULL) &&
           calls == 3 && ends(),
       "...but not again");
}

struct seen {
    size_t count, bad;
    const void *blocks[4];
    uintptr_t site[4], outer[4];
    size_t sizes[4];
};

static void
see(const struct alcove_guard_block *b, void *arg)
{
    struct seen *s = arg;
    size_t i = s->count++;

    if (i >= 4)
        return;
    s->blocks[i] = b->block;
    s->sizes[i] = b->layout.size;
    s->bad += i > 0 && b->sequence <= s->sizes[i - 1] - 100;
    s->bad += b->frame_count > 8;
    s->site[i] = b->frame_count > 0 ? (uintptr_t)b->frames[0] : 0;
    s->outer[i] = b->frame_count > 1 ? (uintptr_t)b->frames[1] : 0;
}

#if ALCOVE_RETURN_ADDRESS
#    define RETURN_ADDRESS()                                                   \
        ((uintptr_t)__builtin_extract_return_addr(__builtin_return_address(0)))
#else
#    define RETURN_ADDRESS() ((uintptr_t)0)
#endif

/* Else what calls the guard is alcove_alloc, and not who calls that. */
#ifdef __OPTIMIZE__
enum { IS_INLINED = 1 };
#else
enum { IS_INLINED = 0 };
#endif

static uintptr_t called_from, in_make;

/* An address in the caller's code. A pointer to the caller would not do: it may
 * be one to a descriptor (hppa, ppc64). */
static ALCOVE_NOINLINE uintptr_t
here(void)
{
    return RETURN_ADDRESS();
}

static bool
is_in_make(uintptr_t site)
{
    return site > in_make ? site - in_make < 4096 : in_make - site < 4096;
}

/* Not inlined, and something is left to do after the call. */
static ALCOVE_NOINLINE void
make(char **p, size_t size)
{
    called_from = RETURN_ADDRESS();
    in_make = here();
    *p = alcove_alloc(a, lay(size, 4), NULL);
    if (!*p)
        bail_out("no block");
}

static char report[8192];

static size_t
read_report(void)
{
    FILE *f = tmpfile();
    size_t n;

    if (!f || !alcove_guard_report(&guard, fileno(f), &err))
        bail_out("no report");
    rewind(f);
    n = fread(report, 1, sizeof report - 1, f);
    report[n] = '\0';
    fclose(f);
    return n;
}

/* Does the report have this line, with this address and site? */
static bool
has_line(size_t sequence, size_t size, const char *p, uintptr_t site)
{
    char line[200];
    int n = snprintf(line, sizeof line,
                     "guard: block %" PRIuMAX ": %" PRIuMAX
                     " bytes aligned to 4 at 0x%" PRIxPTR,
                     (uintmax_t)sequence, (uintmax_t)size, (uintptr_t)p);

    if (site != 0)
        snprintf(line + n, sizeof line - (size_t)n, ", from 0x%" PRIxPTR "\n",
                 site);
    else
        snprintf(line + n, sizeof line - (size_t)n, "\n");
    return strstr(report, line) != NULL;
}

static size_t
lines_of_frames(void)
{
    const char *at = report;
    size_t n = 0;

    while ((at = strstr(at, "\n    ")) != NULL)
        at++, n++;
    return n;
}

static void
test_report(void)
{
    struct seen s = {0};
    char *p[4];
    size_t asked, i;

    begin(NULL);
    for (i = 0; i < 2; i++)
        make(&p[i], 101 + i);
    make(&p[2], 103);
    p[3] = block(50, 4);
    (void)release(p[1], 102, 4);
    (void)release(p[1], 102, 4);
    asked = parent.asked;
    ok(alcove_guard_each(&guard, see, &s) == 3 && s.count == 3 && s.bad == 0 &&
           s.blocks[0] == p[0] && s.blocks[1] == p[2] && s.blocks[2] == p[3] &&
           s.sizes[0] == 101 && s.sizes[1] == 103 && s.sizes[2] == 50,
       "the live blocks are told, the oldest first");
    if (!ALCOVE_RETURN_ADDRESS || !IS_INLINED)
        skip(1, "the compiler does not tell return addresses, or inlines none");
    else
        ok(s.site[0] == s.site[1] && s.site[0] != s.site[2] &&
               is_in_make(s.site[0]),
           "...and the place that each comes from");
    if (!ALCOVE_BACKTRACE || !ALCOVE_RETURN_ADDRESS || !IS_INLINED)
        skip(1, "this system has no backtrace(), or nothing is inlined");
    else
        ok(s.outer[1] == called_from && s.outer[0] != called_from,
           "...and who called that");
    (void)read_report();
    ok(has_line(1, 101, p[0], s.site[0]) && has_line(3, 103, p[2], s.site[1]) &&
           has_line(4, 50, p[3], s.site[2]) && !strstr(report, "block 2:"),
       "the report has a line for each, and for no other");
    ok(strstr(report, "guard: 3 live blocks, 254 bytes; 0 findings, "
                      "1 refusal\n"),
       "...and the sums");
    ok(!ALCOVE_BACKTRACE ? lines_of_frames() == (ALCOVE_RETURN_ADDRESS ? 3 : 0)
                         : lines_of_frames() >= 6 && strstr(report, "guard") &&
                               strstr(report, "[0x"),
       "...and the frames");
    ok(parent.asked == asked, "...and takes no memory from the parent");
    before();
    ok(!alcove_guard_report(&guard, -1, &err) && errno == EBADF &&
           err.code == ALCOVE_ERR_OTHER &&
           err.os_error == (ALCOVE_HAVE_OS_ERRORS ? EBADF : 0),
       "...where it cannot be written, it says so");
    before();
    poke(p[2], -(ptrdiff_t)guard.head, peek(p[2], -(ptrdiff_t)guard.head) ^ 1);
    (void)read_report();
    ok(strstr(report, "not all are here") && untouched(),
       "...and where it cannot be complete");
    (void)alcove_guard_repair(&guard, p[2], NULL);
    (void)read_report();
    ok(strstr(report, ", 1 block given up\n"), "...or has lost some");
    drop();
}

static void
test_no_frames(void)
{
    struct alcove_guard_options o = options(0);
    struct seen s = {0};
    char *p;

    o.frames = ALCOVE_GUARD_NONE;
    begin(&o);
    make(&p, 70);
    ok(alcove_guard_each(&guard, see, &s) == 1 && s.outer[0] == 0 &&
           (!ALCOVE_RETURN_ADDRESS || is_in_make(s.site[0])),
       "without frames there is the place still");
    ok(release(p, 70, 4) && ends() && read_report() > 0 &&
           strcmp(report, "guard: 0 live blocks, 0 bytes; 0 findings, "
                          "0 refusals\n") == 0,
       "a report of nothing is one line");
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(16);
    test_callback();
    test_report();
    test_no_frames();
    return tap_done();
}
