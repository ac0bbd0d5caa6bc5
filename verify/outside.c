/* SPDX-License-Identifier: MIT */
/* The conformance kit over allocators from outside, one of them at a time: with
 * -DOUTSIDE_MIMALLOC, _JEMALLOC or _OBSTACK. What they are known to do
 * otherwise is excused by name, with the reason. check-outside builds it.
 */
#include <alcove.h>
#include <alcove/check.h>

#include <stdlib.h>
#include <string.h>

#if defined OUTSIDE_OBSTACK

#    include <errno.h>
#    include <obstack.h>
#    include <setjmp.h>

/* ---- an obstack, over the parent ---- */

/* It takes its chunks from the parent, and ends a failure by a jump. */
struct stack {
    struct alcove_allocator allocator;
    struct alcove_allocator *parent;
    struct obstack obstack;
    jmp_buf failed;
    void *last; /* the only block that can be given back */
};

static struct stack *current; /* obstacks tell their chunk functions nothing */

static void *
chunk_alloc(size_t size)
{
    void *p = alcove_thin_alloc(current->parent, size, NULL);

    if (!p)
        longjmp(current->failed, 1);
    return p;
}

static void
chunk_free(void *p)
{
    alcove_thin_free(current->parent, p, NULL);
}

#    define obstack_chunk_alloc chunk_alloc
#    define obstack_chunk_free chunk_free

static struct stack *
self(struct alcove_allocator *a)
{
    return current = (struct stack *)(void *)a;
}

static void *
stack_alloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    struct stack *s = self(a);
    struct alcove_error what = {
        .code = ALCOVE_ERR_ALLOC_FAILED,
        .cause = ALCOVE_CAUSE_OUT_OF_MEMORY,
        .layout = l,
        .allocator = a->ops->name,
    };
    int saved = errno;
    char *p;

    /* Its sizes are int in glibc's interface, and nobody looks. */
    if (l.size > ((size_t)1 << 30) || l.align > ((size_t)1 << 26) ||
        setjmp(s->failed) != 0) {
        alcove_error_set(err, &what);
        return NULL;
    }
    p = obstack_alloc(&s->obstack, (int)(l.size + l.align - 1));
    errno = saved;
    s->last = p;
    return p + (-(uintptr_t)p & (l.align - 1));
}

/* Only what is on top can go: obstack_free frees all above its argument. */
static bool
stack_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
              struct alcove_error *err)
{
    struct stack *s = self(a);
    char *last = s->last;

    (void)err;
    if (last && (char *)p >= last && (size_t)((char *)p - last) < l.align) {
        obstack_free(&s->obstack, last);
        s->last = NULL;
    }
    return true;
}

static struct alcove_allocator *
make(struct alcove_allocator *parent, void *space)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "obstack",
        .alloc = stack_alloc,
        .dealloc = stack_dealloc,
    };
    struct stack *s = space;

    memset(s, 0, sizeof *s);
    s->allocator.ops = &ops;
    s->allocator.features =
        ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_TEMP;
    s->parent = parent;
    current = s;
    if (setjmp(s->failed) != 0)
        return NULL;
    obstack_begin(&s->obstack, 256);
    return &s->allocator;
}

static void
done(struct alcove_allocator *made, void *space)
{
    (void)space;
    obstack_free(&self(made)->obstack, NULL);
}

static struct stack space;

/* Of two temporaries only the inner one can be given back: what is below the
 * top is not known. */
static const char *const excuses[] = {"temp-thread-exit", "temp-thread-cancel",
                                      NULL};

#else

/* ---- a malloc of its own ---- */

#    if defined OUTSIDE_MIMALLOC
#        include <mimalloc.h>
#        define NAME "mimalloc"
#        define ALLOC(size) mi_malloc(size)
#        define ZALLOC(size) mi_zalloc(size)
#        define REALLOC(p, size) mi_realloc(p, size)
#        define FREE(p) mi_free(p)
#    elif defined OUTSIDE_JEMALLOC
#        include <jemalloc/jemalloc.h>
#        define NAME "jemalloc"
#        define ALLOC(size) mallocx(size, 0)
#        define ZALLOC(size) mallocx(size, MALLOCX_ZERO)
#        define REALLOC(p, size) rallocx(p, size, 0)
#        define FREE(p) dallocx(p, 0)
#    endif

static void *
outside_alloc(void *ctx, size_t size)
{
    (void)ctx;
    return ALLOC(size);
}

static void *
outside_zalloc(void *ctx, size_t size)
{
    (void)ctx;
    return ZALLOC(size);
}

static void *
outside_realloc(void *ctx, void *p, size_t size)
{
    (void)ctx;
    return REALLOC(p, size);
}

static void
outside_free(void *ctx, void *p)
{
    (void)ctx;
    FREE(p);
}

static struct alcove_allocator *
make(struct alcove_allocator *parent, void *space)
{
    static const struct alcove_foreign_functions functions = {
        .struct_size = sizeof functions,
        .name = NAME,
        .features = ALCOVE_CAN_THREADS,
        .alloc = outside_alloc,
        .zalloc = outside_zalloc,
        .realloc = outside_realloc,
        .free = outside_free,
    };
    struct alcove_foreign *foreign = space;

    (void)parent;
    return alcove_foreign_init(foreign, &functions, NULL, 16, NULL)
               ? &foreign->allocator
               : NULL;
}

static void (*const done)(struct alcove_allocator *, void *) = NULL;

static struct alcove_foreign space;
static const char *const excuses[] = {NULL};

#endif

int
main(void)
{
    struct alcove_check_options options = {
        .struct_size = sizeof options,
        .excuse = excuses,
        .make = make,
        .done = done,
        .arg = &space,
    };
    struct alcove_check_tap tap = {.out = NULL};

    alcove_check_allocator(NULL, &options, alcove_check_tap_write, &tap);
    return alcove_check_tap_done(&tap) ? 0 : 1;
}
