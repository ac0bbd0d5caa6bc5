/* SPDX-License-Identifier: MIT */
/* The allocator that has nothing. */
#include <config.h>

#include <alcove/null.h>

static bool
null_refuse(enum alcove_code code, enum alcove_cause cause,
            struct alcove_layout l, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = code,
        .cause = cause,
        .layout = l,
        .allocator = "null",
    };

    return alcove_error_set(err, &what);
}

static void *
null_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    (void)a;
    null_refuse(ALCOVE_ERR_ALLOC_FAILED, ALCOVE_CAUSE_OUT_OF_MEMORY, l, err);
    return NULL;
}

static bool
null_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
             struct alcove_error *err)
{
    (void)a;
    (void)p;
    return null_refuse(ALCOVE_ERR_NOT_OWNED, ALCOVE_CAUSE_UNKNOWN, l, err);
}

static bool
null_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    (void)a;
    (void)p;
    (void)l;
    return false;
}

static const struct alcove_ops null_ops = {
    .struct_size = sizeof null_ops,
    .name = "null",
    .alloc = null_alloc,
    .dealloc = null_dealloc,
    .owns = null_owns,
};

struct alcove_allocator *
alcove_null(void)
{
    static struct alcove_allocator null = {
        &null_ops, ALCOVE_CAN_OWNS | ALCOVE_CAN_CHECKED | ALCOVE_CAN_THREADS};

    return &null;
}
