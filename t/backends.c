/* SPDX-License-Identifier: MIT */
/* The table of backends tells the truth about what was built, and a backend
 * that was not is there all the same, and refuses.
 */
#include <config.h>

#include <alcove.h>

#include "tap.h"

#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MARK (-4711) /* an errno that nobody sets */

/* What <alcove/config.h> says. */
static const struct {
    const char *name;
    bool built;
    struct alcove_allocator *(*get)(void);
} expected[] = {
    {"malloc", ALCOVE_HAVE_MALLOC, alcove_malloc},
    {"posix_memalign", ALCOVE_HAVE_POSIX_MEMALIGN, alcove_posix_memalign},
    {"aligned_alloc", ALCOVE_HAVE_ALIGNED_ALLOC, alcove_aligned_alloc},
    {"aligned_malloc", ALCOVE_HAVE_ALIGNED_MALLOC, alcove_aligned_malloc},
    {"heapalloc", ALCOVE_HAVE_HEAPALLOC, alcove_heapalloc},
    {"page", ALCOVE_HAVE_PAGE, alcove_page},
    {"stack", ALCOVE_HAVE_STACK, alcove_stack},
    {"scratch", true, alcove_scratch},
    {"null", true, alcove_null},
};

static struct alcove_error err, pristine;

static struct alcove_layout
lay(size_t size, size_t align)
{
    struct alcove_layout l = {size, align};

    return l;
}

static bool
before(void)
{
    err = pristine;
    errno = MARK;
    return true;
}

static bool
unsupported(const char *name)
{
    return errno == ENOTSUP && err.code == ALCOVE_ERR_UNSUPPORTED &&
           err.allocator && strcmp(err.allocator, name) == 0;
}

static void
count_call(void *mem, void *arg)
{
    (void)mem;
    ++*(size_t *)arg;
}

/* What no allocator may refuse. */
static bool
serves_nothing(struct alcove_allocator *a)
{
    const struct alcove_layout l = lay(0, 64);
    void *dangling = alcove_layout_dangling(l);
    size_t calls = 0;

    return before() && alcove_alloc(a, l, &err) == dangling &&
           alcove_zalloc(a, l, &err) == dangling &&
           alcove_realloc(a, NULL, lay(0, 1), l, &err) == dangling &&
           alcove_dealloc(a, dangling, l, &err) &&
           alcove_dealloc(a, NULL, lay(100, 8), &err) &&
           alcove_alloc_temp(a, l, count_call, &calls, &err) && calls == 1 &&
           alcove_owns(a, dangling, l) && errno == MARK &&
           memcmp(&err, &pristine, sizeof err) == 0;
}

static bool
refuses_all(struct alcove_allocator *a, const char *name)
{
    const struct alcove_layout l = lay(100, 8);
    size_t calls = 0;
    char local[100];

    return before() && !alcove_alloc(a, l, &err) && unsupported(name) &&
           before() && !alcove_zalloc(a, l, &err) && unsupported(name) &&
           before() && !alcove_grow(a, NULL, lay(0, 1), l, &err) &&
           unsupported(name) && before() &&
           !alcove_dealloc(a, local, lay(100, 1), &err) && unsupported(name) &&
           before() &&
           !alcove_shrink(a, local, lay(100, 1), lay(50, 1), &err) &&
           unsupported(name) && before() &&
           !alcove_checked_dealloc(a, local, lay(100, 1), &err) &&
           unsupported(name) && before() &&
           !alcove_alloc_temp(a, l, count_call, &calls, &err) &&
           unsupported(name) && before() &&
           !alcove_zalloc_temp(a, l, count_call, &calls, &err) &&
           unsupported(name) && calls == 0 && before() &&
           !alcove_resize(a, local, lay(100, 1), lay(50, 1)) && errno == MARK &&
           alcove_features(a) == 0;
}

/* The allocator holds what its features say, as far as one block can show. */
static bool
does_what_it_says(struct alcove_allocator *a)
{
    const struct alcove_layout l = lay(100, 8);
    const unsigned both = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC;
    void *p;

    before();
    p = alcove_alloc(a, l, &err);
    if ((alcove_features(a) & both) != both)
        return !p && errno != MARK;
    if (!p || errno != MARK)
        return false;
    memset(p, 1, l.size);
    return alcove_dealloc(a, p, l, &err) && errno == MARK;
}

static const struct alcove_backend *
find(const struct alcove_backend *backends, size_t count, const char *name)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (strcmp(backends[i].name, name) == 0)
            return &backends[i];
    return NULL;
}

static void
check_backend(const struct alcove_backend *b, size_t i)
{
    const char *name = expected[i].name;
    struct alcove_allocator *a;

    if (!ok(b != NULL, "%s is in the table", name)) {
        skip(8, "%s is not in the table", name);
        return;
    }
    a = b->get();
    is_ptr(a, expected[i].get(), "...with the accessor of that name");
    is_ptr(b->get(), a, "...which always gives the same");
    is_str(alcove_name(a), name, "...and its name");
    is_int(b->built, expected[i].built, "...built as ALCOVE_HAVE_ tells");
    ok(b->built ? !b->why_not : b->why_not && b->why_not[0] != '\0',
       "...with the reason if it is not");
    ok(a->ops->struct_size == sizeof(struct alcove_ops) && a->ops->alloc &&
           a->ops->dealloc,
       "...and a whole table of operations");
    ok(serves_nothing(a), "...serves size 0");
    if (b->built) {
        ok(does_what_it_says(a), "...and does what its features say");
    } else {
        diag("%s is not built: %s", name, b->why_not ? b->why_not : "?");
        ok(refuses_all(a, name), "...and refuses all else as unsupported");
    }
}

int
main(void)
{
    const struct alcove_backend *backends;
    size_t i, j, count = 0, twice = 0;

    tap_plan(9 * 9 + 2);
    memset(&pristine, 0xa5, sizeof pristine);
    backends = alcove_backends(&count);
    is_size(count, COUNT(expected), "this test knows all backends");
    for (i = 0; i < count; i++)
        for (j = 0; j < i; j++)
            twice += strcmp(backends[i].name, backends[j].name) == 0;
    is_size(twice, 0, "no name is there twice");
    for (i = 0; i < COUNT(expected); i++)
        check_backend(find(backends, count, expected[i].name), i);
    return tap_done();
}
