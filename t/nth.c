/* SPDX-License-Identifier: MIT */
/* The conformance kit sees a fault wherever it happens: an allocator is sound
 * but for one call, the n-th of a kind in each check, and those checks
 * fail that must see it, if that call was made in them, and none where it was
 * not.
 *
 * ALCOVE_TEST_DEEP=1 has it happen at many more places. */
#include <config.h>

#include <alcove/check.h>
#include <alcove/malloc.h>

#include "../lib/os/tools.h"
#include "mutant.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the fault ---- */

enum fault {
    REFUSES_SILENTLY,
    REFUSES_ODDLY,
    OVERLAPS,
    MISALIGNS,
    TELLS_ON_SUCCESS,
    SETS_ERRNO,
    OVERWRITES,
    KEEPS,
    KEEPS_SILENTLY,
    DIRTY,
    CHANGES_CONTENTS,
    RESIZES_OVER_IT,
    DISOWNS,
    TEMP_OF_NULL,
    TEMP_MISALIGNS,
    TEMP_REFUSES,
    FAULTS
};

/* Each with the checks that must see it whenever it happens in them. */
static const struct {
    const char *name, *seen_by;
} faults[] = {
    [REFUSES_SILENTLY] = {"a refusal without an error", " huge-refused "},
    [REFUSES_ODDLY] = {"a refusal for a reason that it cannot have",
                       " huge-refused "},
    [OVERLAPS] = {"a block over another one",
                  " alloc-aligned blocks-disjoint failed-alloc-changes-nothing"
                  " failed-grow-keeps-block failed-realloc-keeps-block"
                  " failed-shrink-keeps-block fill-and-recover"
                  " grow-keeps-contents owns-nothing-foreign owns-own-blocks"
                  " realloc-aligned realloc-keeps-contents release-any-order"
                  " resize-in-place rezalloc-zero shrink-keeps-contents"
                  " zalloc-zero "},
    [MISALIGNS] =
        {"a block that is not aligned",
         " alloc-aligned blocks-disjoint checked-operations"
         " checked-release errno-on-success"
         " failed-alloc-changes-nothing failed-grow-keeps-block"
         " failed-realloc-keeps-block failed-shrink-keeps-block"
         " grow-keeps-contents invalid-refused owns-nothing-foreign"
         " owns-own-blocks realloc-aligned realloc-keeps-contents"
         " realloc-zero-size reclaim-honest refused-release-keeps-block"
         " release-any-order resize-honest resize-in-place"
         " rezalloc-zero shrink-keeps-contents usable-size"
         " wrong-way-refused zalloc-zero "},
    [TELLS_ON_SUCCESS] = {"an error on success", " error-on-success "},
    [SETS_ERRNO] = {"errno set on success", " errno-on-success "},
    [OVERWRITES] =
        {"a byte of a live block overwritten",
         " alloc-aligned blocks-disjoint checked-operations"
         " checked-release failed-alloc-changes-nothing"
         " owns-nothing-foreign owns-own-blocks realloc-keeps-contents"
         " refused-release-keeps-block release-any-order rezalloc-zero "},
    [KEEPS] = {"a release that is refused",
               " alloc-aligned alloc-serves-something blocks-disjoint"
               " checked-operations checked-release"
               " failed-alloc-changes-nothing failed-grow-keeps-block"
               " failed-realloc-keeps-block failed-shrink-keeps-block"
               " fill-and-recover grow-keeps-contents invalid-refused"
               " owns-nothing-foreign owns-own-blocks realloc-aligned"
               " realloc-keeps-contents realloc-zero-size reclaim-honest"
               " release-any-order resize-honest resize-in-place"
               " rezalloc-zero shrink-keeps-contents usable-size"
               " wrong-way-refused zalloc-zero "},
    [KEEPS_SILENTLY] =
        {"a release that is refused without an error",
         " alloc-aligned alloc-serves-something blocks-disjoint"
         " checked-operations failed-alloc-changes-nothing"
         " failed-grow-keeps-block failed-realloc-keeps-block"
         " failed-shrink-keeps-block fill-and-recover"
         " grow-keeps-contents invalid-refused owns-nothing-foreign"
         " owns-own-blocks realloc-aligned realloc-keeps-contents"
         " realloc-zero-size reclaim-honest refused-release-keeps-block"
         " release-any-order resize-honest resize-in-place"
         " rezalloc-zero shrink-keeps-contents usable-size"
         " wrong-way-refused zalloc-zero "},
    [DIRTY] = {"a byte that is not cleared", " zalloc-zero "},
    [CHANGES_CONTENTS] =
        {"a byte that changes when a block does",
         " checked-operations failed-grow-keeps-block"
         " failed-realloc-keeps-block failed-shrink-keeps-block"
         " grow-keeps-contents owns-own-blocks realloc-aligned"
         " realloc-keeps-contents rezalloc-zero shrink-keeps-contents "},
    [RESIZES_OVER_IT] = {"a resize that overwrites", " resize-in-place "},
    [DISOWNS] = {"a live block that is not owned",
                 " failed-grow-keeps-block failed-realloc-keeps-block"
                 " failed-shrink-keeps-block owns-own-blocks "},
    [TEMP_OF_NULL] =
        {"a callback with NULL",
         " temp-aligned temp-called-once temp-gives-back temp-nested"
         " temp-refusal-never-calls temp-thread-cancel temp-thread-exit"
         " zalloc-temp-zero "},
    [TEMP_MISALIGNS] = {"a temporary that is not aligned", " temp-aligned "},
    [TEMP_REFUSES] =
        {"a temporary refused without an error",
         " errno-on-failure error-code error-fields error-may-be-null "},
};

static enum fault fault;
static size_t nth, calls;
static bool fired;

/* The newest block that is live and has not been changed. */
static struct {
    char *p;
    struct alcove_layout l;
} live;

/* Is this the call? Each that `can` be counts. */
static bool
strikes(enum fault which, bool can)
{
    if (fault != which || !can || fired || ++calls < nth)
        return false;
    fired = true;
    return true;
}

static void
overwrite(void)
{
    if (strikes(OVERWRITES, live.p != NULL))
        live.p[live.l.size / 2] ^= 0x40;
}

static void
forget(const void *p)
{
    if (p == live.p)
        live.p = NULL;
}

static void
refuse_oddly(struct alcove_layout l, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_SHRINK_LARGER, .layout = l, .allocator = "mutant"};

    alcove_error_set(err, &what);
}

/* ---- the operations ---- */

static void *
serve(struct alcove_allocator *a, struct alcove_layout l, bool zero,
      struct alcove_error *err)
{
    char *p;

    overwrite();
    if (strikes(REFUSES_SILENTLY, true))
        return NULL;
    if (strikes(REFUSES_ODDLY, true)) {
        refuse_oddly(l, err);
        return NULL;
    }
    if (strikes(OVERLAPS, live.p && l.size <= live.l.size &&
                              ((uintptr_t)live.p & (l.align - 1)) == 0))
        return live.p;
    p = zero ? alcove_zalloc(parent_of(a), l, err)
             : alcove_alloc(parent_of(a), l, err);
    if (!p)
        return NULL;
    if (strikes(MISALIGNS, l.align > 1 && l.size > 1)) {
        if (zero)
            p[l.size] = 0; /* the parent's, who has room there */
        return p + 1;
    }
    if (strikes(TELLS_ON_SUCCESS, err != NULL)) {
        int saved = errno;

        refuse_oddly(l, err);
        errno = saved;
    }
    if (strikes(SETS_ERRNO, true))
        errno = EDOM;
    if (strikes(DIRTY, zero))
        p[l.size - 1] = 1;
    live.p = p;
    live.l = l;
    return p;
}

static void *
nth_alloc(struct alcove_allocator *a, struct alcove_layout l,
          struct alcove_error *err)
{
    return serve(a, l, false, err);
}

static void *
nth_zalloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    return serve(a, l, true, err);
}

static bool
nth_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
            struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_LOCK, .layout = l, .allocator = "mutant"};

    overwrite();
    if (strikes(KEEPS, true))
        return alcove_error_set(err, &what);
    if (strikes(KEEPS_SILENTLY, true))
        return false;
    forget(p);
    return alcove_dealloc(parent_of(a), p, l, err);
}

static bool
nth_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
           struct alcove_layout new_)
{
    overwrite();
    if (!alcove_resize(parent_of(a), p, old, new_))
        return false;
    forget(p);
    if (strikes(RESIZES_OVER_IT, true))
        *(char *)p ^= 0x40;
    return true;
}

static void *
nth_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
            struct alcove_layout new_, struct alcove_error *err)
{
    char *q;

    overwrite();
    q = alcove_realloc(parent_of(a), p, old, new_, err);
    if (!q)
        return NULL;
    forget(p);
    if (strikes(CHANGES_CONTENTS, true))
        *q ^= 0x40;
    return q;
}

static bool
nth_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    bool owned = alcove_owns(parent_of(a), p, l);

    overwrite();
    return owned && !strikes(DISOWNS, true);
}

/* What alcove_zalloc_temp calls: it clears first, and NULL would be fatal. */
static alcove_temp_fn *clearing;

static bool
learn(struct alcove_allocator *a, struct alcove_layout l, alcove_temp_fn *fn,
      void *arg, struct alcove_error *err)
{
    (void)a;
    (void)l;
    (void)arg;
    (void)err;
    clearing = fn;
    return false;
}

static bool
nth_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
               alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    char bytes[2];

    overwrite();
    if (strikes(TEMP_OF_NULL, fn != clearing)) {
        fn(NULL, arg);
        return true;
    }
    if (strikes(TEMP_REFUSES, true))
        return false;
    if (strikes(TEMP_MISALIGNS, l.size == 1 && l.align > 1)) {
        fn(bytes + !((uintptr_t)bytes & 1), arg);
        return true;
    }
    return alcove_alloc_temp(parent_of(a), l, fn, arg, err);
}

static const struct mutation mutation = {
    .name = "nth",
    .ops = {.alloc = nth_alloc,
            .zalloc = nth_zalloc,
            .dealloc = nth_dealloc,
            .resize = nth_resize,
            .realloc = nth_realloc,
            .owns = nth_owns,
            .alloc_temp = nth_alloc_temp},
};

/* ---- the kit over it ---- */

static struct mutant mutant;
static size_t seen, unseen, alarms;

static struct alcove_allocator *
make(struct alcove_allocator *parent, void *arg)
{
    (void)arg;
    calls = 0;
    fired = false;
    live.p = NULL;
    return mutant_init(&mutant, &mutation, parent);
}

/* What is left behind is told of the kit's parent, at the end. */
static void
note(const struct alcove_check_result *result, void *arg)
{
    bool failed = result->verdict == ALCOVE_VERDICT_FAIL, must, may;
    char name[80];

    (void)arg;
    snprintf(name, sizeof name, " %s ", result->check);
    must = fired && strstr(faults[fault].seen_by, name) != NULL;
    may = fired || strstr(" parent-respected books-balanced ", name) != NULL;
    seen += fired && failed;
    unseen += must && !failed;
    alarms += failed && !may;
    if ((must && !failed) || (failed && !may))
        diag("%s, call %lu: %s: %s", faults[fault].name, (unsigned long)nth,
             result->check, result->text);
    fired = false;
}

static void
do_nothing(void *mem, void *arg)
{
    (void)mem;
    (void)arg;
}

static void
learn_clearing(void)
{
    static const struct mutation learner = {.ops = {.alloc_temp = learn}};
    const struct alcove_layout l = {8, 8};

    (void)!alcove_zalloc_temp(mutant_init(&mutant, &learner, alcove_malloc()),
                              l, do_nothing, NULL, NULL);
}

int
main(void)
{
    const char *deep = getenv("ALCOVE_TEST_DEEP");
    size_t last = deep && *deep == '1' ? 3000 : 3, step;
    const char *const skip_threads[] = {"threads-share", "threads-hand-over",
                                        NULL};
    struct alcove_check_options options = {
        .struct_size = sizeof options,
        .max_size = 1 << 16,
        .rounds = 50,
        .skip = skip_threads, /* it counts calls for one thread */
        .make = make,
    };

    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the kit's parent stands on malloc");
    if (alcove_tools_watch() && !ALCOVE_ASAN)
        return tap_skip_all("Valgrind would report what the faults are");
    tap_plan(FAULTS);
    learn_clearing();
    for (fault = 0; fault < FAULTS; fault++) {
        seen = unseen = alarms = 0;
        for (nth = 1; nth <= last; nth += step) {
            step = 1 + nth / 4;
            (void)alcove_check_allocator(NULL, &options, note, NULL);
        }
        ok(seen > 0 && unseen == 0 && alarms == 0, "%s is seen: %lu times",
           faults[fault].name, (unsigned long)seen);
    }
    return tap_done();
}
