/* SPDX-License-Identifier: MIT */
/* What is heard before an allocator, as a number. */
#include <config.h>

#include "witness.h"

#include "tap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a number for a call ---- */

/* One of splitmix64's steps: a bit of x changes half of them. */
ALCOVE_WRAPS uint64_t
witness_mix(uint64_t sum, uint64_t x)
{
    x = (x ^ sum) + UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t
mix_layout(uint64_t sum, struct alcove_layout l)
{
    return witness_mix(witness_mix(sum, l.size), l.align);
}

static ALCOVE_WRAPS void
add(struct witness *w, uint64_t what, uint64_t taken)
{
#if ALCOVE_HAVE_THREADS
    pthread_mutex_lock(&w->lock);
    if (pthread_equal(pthread_self(), w->owner))
        what = witness_mix(what, ++w->calls);
#else
    what = witness_mix(what, ++w->calls);
#endif
    w->sum += what;
    w->taken += taken;
#if ALCOVE_HAVE_THREADS
    pthread_mutex_unlock(&w->lock);
#endif
}

static void
note(struct witness *w, uint64_t what)
{
    add(w, what, 0);
}

static struct witness *
self(struct alcove_allocator *a)
{
    return (struct witness *)(void *)a;
}

/* The first bytes of what is a block for sure. Of a large one the kit's parent
 * fills only the ends. */
static uint64_t
mix_contents(uint64_t sum, const struct witness *w, const void *p,
             struct alcove_layout l)
{
    const unsigned char *bytes = p;
    size_t i;

    if (!w->looks || !w->behind->ops->owns || !p || l.size == 0 ||
        !w->behind->ops->owns(w->behind, p, l))
        return witness_mix(sum, 1);
    for (i = 0; i < 8 && i < l.size; i++)
        sum = witness_mix(sum, bytes[i]);
    return sum;
}

/* What came of it. */
static uint64_t
mix_answer(uint64_t sum, const struct witness *w, const void *p,
           struct alcove_layout l)
{
    sum = witness_mix(sum, !p);
    if (w->looks && p && l.align != 0)
        sum = witness_mix(sum, (uintptr_t)p % (2 * l.align) == l.align);
    return mix_contents(sum, w, p, l);
}

/* ---- the operations ---- */

enum heard { ALLOC = 1, ZALLOC, DEALLOC, RESIZE, REALLOC, OWNS, USABLE, TEMP };

static void *
witness_alloc(struct alcove_allocator *a, struct alcove_layout l,
              struct alcove_error *err)
{
    struct witness *w = self(a);
    void *p = w->behind->ops->alloc(w->behind, l, err);

    add(w, mix_answer(mix_layout(ALLOC, l), w, p, l), mix_layout(0, l));
    return p;
}

static void *
witness_zalloc(struct alcove_allocator *a, struct alcove_layout l,
               struct alcove_error *err)
{
    struct witness *w = self(a);
    void *p = w->behind->ops->zalloc(w->behind, l, err);

    note(w, mix_answer(mix_layout(ZALLOC, l), w, p, l));
    return p;
}

static bool
witness_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
                struct alcove_error *err)
{
    struct witness *w = self(a);
    uint64_t what = mix_contents(mix_layout(DEALLOC, l), w, p, l);
    bool done = w->behind->ops->dealloc(w->behind, p, l, err);

    note(w, witness_mix(what, done));
    return done;
}

static bool
witness_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
               struct alcove_layout new_)
{
    struct witness *w = self(a);
    uint64_t what =
        mix_contents(mix_layout(mix_layout(RESIZE, old), new_), w, p, old);
    bool done = w->behind->ops->resize(w->behind, p, old, new_);

    note(w, witness_mix(what, done));
    return done;
}

static void *
witness_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
                struct alcove_layout new_, struct alcove_error *err)
{
    struct witness *w = self(a);
    uint64_t what =
        mix_contents(mix_layout(mix_layout(REALLOC, old), new_), w, p, old);
    void *q = w->behind->ops->realloc(w->behind, p, old, new_, err);

    note(w, mix_answer(what, w, q, new_));
    return q;
}

static bool
witness_owns(struct alcove_allocator *a, const void *p, struct alcove_layout l)
{
    struct witness *w = self(a);
    bool yes = w->behind->ops->owns(w->behind, p, l);

    note(w, witness_mix(mix_layout(OWNS, l), yes));
    return yes;
}

static size_t
witness_usable_size(struct alcove_allocator *a, const void *p,
                    struct alcove_layout l)
{
    struct witness *w = self(a);
    size_t size = w->behind->ops->usable_size(w->behind, p, l);

    note(w, witness_mix(mix_layout(USABLE, l), size));
    return size;
}

static bool
witness_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                   alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    struct witness *w = self(a);

    note(w, mix_layout(TEMP, l));
    return w->behind->ops->alloc_temp(w->behind, l, fn, arg, err);
}

void
witness_init(struct witness *w, struct alcove_allocator *behind, bool looks)
{
    const struct alcove_ops *ops = behind->ops;

    memset(w, 0, sizeof *w);
    w->allocator.ops = &w->ops;
    w->allocator.features = behind->features;
    w->behind = behind;
    w->looks = looks;
    w->ops.struct_size = ops->struct_size;
    w->ops.name = ops->name;
    /* What refuses for others is to be known by its address, which is another
     * in each DLL. */
    w->ops.alloc = behind->features & ALCOVE_CAN_ALLOC &&
                           ops->alloc != alcove_unsupported_alloc
                       ? witness_alloc
                       : ops->alloc;
    w->ops.dealloc = behind->features & ALCOVE_CAN_DEALLOC &&
                             ops->dealloc != alcove_unsupported_dealloc
                         ? witness_dealloc
                         : ops->dealloc;
#define HAS(op)                                                                \
    if (ops->op)                                                               \
    w->ops.op = witness_##op
    HAS(zalloc);
    HAS(resize);
    HAS(realloc);
    HAS(owns);
    HAS(usable_size);
    HAS(alloc_temp);
#undef HAS
#if ALCOVE_HAVE_THREADS
    pthread_mutex_init(&w->lock, NULL);
    w->owner = pthread_self();
#endif
}

/* ---- what the kit says ---- */

/* Where the text goes on, if what is left out is here. */
static const char *
pass_over(const char *text)
{
    static const char *const places[] = {", at ", ", the first from ",
                                         "errno is "};
    const char *system = strerror(ENOMEM);
    size_t i, digits;

    if (strncmp(text, system, strlen(system)) == 0)
        return text + strlen(system);
    if (strncmp(text, "0x", 2) == 0) /* an address */
        return text + 2 + strspn(text + 2, "0123456789abcdef");
    for (i = 0; i < 3; i++)
        if (strncmp(text, places[i], strlen(places[i])) == 0)
            return text + strcspn(text, "\n");
    if (strncmp(text, " at ", 4) == 0) {
        digits = strspn(text + 4, "0123456789");
        if (digits > 0 && strncmp(text + 4 + digits, " place", 6) == 0)
            return text + 4 + digits + 6 + (text[4 + digits + 6] == 's');
    }
    return NULL;
}

uint64_t
witness_read(uint64_t sum, const char *text)
{
    const char *next;

    while (*text)
        if ((next = pass_over(text)) != NULL)
            text = next;
        else
            sum = witness_mix(sum, (unsigned char)*text++);
    return witness_mix(sum, 0);
}

void
witness_hear(struct witness *w, const struct alcove_check_result *result)
{
    note(w, witness_read(witness_mix(100, (uint64_t)result->verdict),
                         result->text));
}

uint64_t
witness_sum(const struct witness *x, const struct witness *y)
{
    return witness_mix(witness_mix(0, x->sum), y->sum);
}

/* ---- what was written down ---- */

/* Why nothing can be compared; NULL: it can. */
static const char *
blindness(void)
{
    if (!ALCOVE_HAVE_THREADS)
        return "without threads, other things are asked";
    return sizeof(size_t) == sizeof(uint64_t)
               ? NULL
               : "where size_t has not 64 bits, other sizes are asked for";
}

/* The number that stands before the name; 0: there is none. */
static uint64_t
recall(const char *name)
{
    const char *folder = getenv("srcdir");
    char path[1000], line[200];
    uint64_t sum = 0;
    FILE *in;

    snprintf(path, sizeof path, "%s/t/witnessed", folder ? folder : ".");
    in = fopen(path, "r");
    if (!in) {
        diag("%s cannot be read", path);
        return 0;
    }
    while (sum == 0 && fgets(line, sizeof line, in)) {
        line[strcspn(line, "\r\n")] = '\0';
        if (strlen(line) > 17 && strcmp(line + 17, name) == 0)
            sum = strtoull(line, NULL, 16);
    }
    fclose(in);
    return sum;
}

bool
witness_agrees(uint64_t sum, const char *name)
{
    const char *renew = getenv("ALCOVE_TEST_RENEW");
    uint64_t wanted;
    FILE *out;

    if (blindness())
        return true;
    if (renew) {
        out = fopen(renew, "a");
        if (!out)
            return false;
        fprintf(out, "%016" PRIx64 " %s\n", sum, name);
        return fclose(out) == 0;
    }
    wanted = recall(name);
    if (wanted != sum)
        diag("%s: other calls than were written down: %016" PRIx64
             " in place of %016" PRIx64,
             name, sum, wanted);
    return wanted == sum;
}

void
witness_sums_up(size_t differing)
{
    if (blindness())
        skip(1, "%s", blindness());
    else
        is_size(differing, 0, "the same seed gives the same calls");
}
