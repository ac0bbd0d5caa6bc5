/* SPDX-License-Identifier: MIT */
/* alcove_null() has nothing: it refuses every block but those of size 0. */
#include <config.h>

#include <alcove/null.h>

#include <alcove/temp.h>

#include "tap.h"
#include "told.h"

#include <errno.h>
#include <string.h>

static struct alcove_allocator *a;

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

static bool
has_nothing(void)
{
    return errno_is(ENOMEM) && err.code == ALCOVE_ERR_ALLOC_FAILED &&
           err.cause == ALCOVE_CAUSE_OUT_OF_MEMORY && err.os_error == 0 &&
           err.layout.size == 100 && err.layout.align == 8 &&
           strcmp(err.allocator, "null") == 0;
}

static void
count_call(void *mem, void *arg)
{
    (void)mem;
    ++*(size_t *)arg;
}

static void
check_blocks(void)
{
    const struct alcove_layout l = lay(100, 8);
    char local[100];

    ok(before() && !alcove_alloc(a, l, &err) && has_nothing(),
       "a block is refused, cause OUT_OF_MEMORY");
    ok(before() && !alcove_zalloc(a, l, &err) && has_nothing(),
       "...by zalloc, too");
    ok(before() && !alcove_alloc(a, l, NULL) && errno_is(ENOMEM),
       "...without an error as well");
    ok(before() && !alcove_grow(a, NULL, lay(0, 1), l, &err) && has_nothing(),
       "...and nothing grows");
    ok(before() && !alcove_alloc(a, lay(1, 1), &err) && errno_is(ENOMEM),
       "a byte is refused");
    ok(before() && !alcove_alloc(a, lay(ALCOVE_SIZE_MAX, 1), &err) &&
           errno_is(ENOMEM),
       "...and the largest block");
    ok(before() && !alcove_alloc(a, lay(8, 3), &err) && errno_is(EINVAL) &&
           err.code == ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO,
       "...and what is no layout as such");
    ok(before() && !alcove_dealloc(a, local, lay(100, 1), &err) &&
           errno_is(EPERM) && err.code == ALCOVE_ERR_NOT_OWNED &&
           err.cause == ALCOVE_CAUSE_UNKNOWN,
       "the release of a block is refused");
    ok(before() && !alcove_checked_dealloc(a, local, lay(100, 1), &err) &&
           errno_is(EPERM) && err.code == ALCOVE_ERR_NOT_OWNED,
       "...when checked, too");
    ok(before() && !alcove_shrink(a, local, lay(100, 1), lay(10, 1), &err) &&
           errno_is_not(MARK),
       "...and its change");
    ok(before() && !alcove_resize(a, local, lay(100, 1), lay(10, 1)) &&
           untouched(),
       "...and declined in place");
    ok(before() && !alcove_owns(a, local, lay(100, 1)) && untouched(),
       "it owns no block");
    is_int(alcove_features(a),
           ALCOVE_CAN_OWNS | ALCOVE_CAN_CHECKED | ALCOVE_CAN_THREADS,
           "...and says so");
}

static void
check_nothing(void)
{
    const struct alcove_layout l = lay(0, 32);
    void *dangling = alcove_layout_dangling(l);
    size_t calls = 0;

    ok(before() && alcove_alloc(a, l, &err) == dangling &&
           alcove_zalloc(a, l, &err) == dangling &&
           alcove_realloc(a, NULL, lay(0, 1), l, &err) == dangling &&
           alcove_shrink(a, dangling, l, l, &err) == dangling,
       "size 0 is served");
    ok(alcove_dealloc(a, dangling, l, &err) &&
           alcove_dealloc(a, NULL, lay(100, 8), &err),
       "...and released, and so is NULL");
    ok(alcove_alloc_temp(a, l, count_call, &calls, &err) && calls == 1,
       "...and a scope of that size");
    ok(untouched(), "...without a touch on errno and the error");
    ok(before() &&
           !alcove_alloc_temp(a, lay(100, 8), count_call, &calls, &err) &&
           errno_is(ENOTSUP) && err.code == ALCOVE_ERR_UNSUPPORTED &&
           calls == 1,
       "a scope with a block is refused, and the callback not run");
}

static void
check_features(void)
{
    const unsigned cannot = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC |
                            ALCOVE_CAN_RECLAIM | ALCOVE_CAN_RESIZE |
                            ALCOVE_CAN_REALLOC | ALCOVE_CAN_TEMP;

    is_str(alcove_name(a), "null", "its name");
    is_int(alcove_features(a) & cannot, 0, "it promises no block");
    ok(alcove_require(a, ALCOVE_CAN_OWNS | ALCOVE_CAN_THREADS, NULL),
       "it tells that it owns none, to every thread");
    is_ptr(alcove_null(), a, "it is always the same");
}

int
main(void)
{
    tap_plan(22);
    a = alcove_null();
    check_blocks();
    check_nothing();
    check_features();
    return tap_done();
}
