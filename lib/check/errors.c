/* SPDX-License-Identifier: MIT */
/* What a refusal says, and what success leaves alone. */
#include <config.h>

#include "kit.h"

#include <errno.h>
#include <string.h>

/* ---- refusals of every kind ---- */

/* Bits, so that a code may fit several. */
enum kind {
    ERRORS_ALLOC = 1,
    CHANGE = 2,
    ERRORS_TEMP = 4,
    ERRORS_RELEASE = 8,
    INVALID = 16
};

struct refusal {
    const char *op;
    enum kind kind;
    struct alcove_layout asked, old;
    struct alcove_error err;
    int number; /* errno */
};

typedef void judge_fn(struct kit *k, const struct refusal *r);

/* Provokes refusals, and has each of them judged. */
struct court {
    struct kit *k;
    judge_fn *judge;
    bool with_error;
};

static struct alcove_error *
before(struct court *c, struct refusal *r, const char *op, enum kind kind,
       struct alcove_layout asked, struct alcove_layout old)
{
    r->op = op;
    r->kind = kind;
    r->asked = asked;
    r->old = old;
    alcove_kit_unset(&r->err);
    return c->with_error ? &r->err : NULL;
}

/* Only what was refused is judged. */
static void
after(struct court *c, struct refusal *r, bool done)
{
    r->number = errno;
    if (done) {
        c->k->served++;
        return;
    }
    c->k->refused++;
    c->judge(c->k, r);
}

static const struct alcove_layout errors_none = {0, 0};

static void
ask_alloc(struct court *c, struct alcove_layout l, enum kind kind, bool zero)
{
    struct kit *k = c->k;
    struct refusal r;
    struct alcove_error *e =
        before(c, &r, zero ? "zalloc" : "alloc", kind, l, errors_none);
    void *p = zero ? alcove_zalloc(k->a, l, e) : alcove_alloc(k->a, l, e);

    after(c, &r, p != NULL);
    if (p && kit_can(k, ALCOVE_CAN_DEALLOC))
        (void)alcove_dealloc(k->a, p, l, NULL);
}

static void
errors_nothing(void *mem, void *arg)
{
    (void)mem;
    (void)arg;
}

static void
ask_temp(struct court *c, struct alcove_layout l, enum kind kind)
{
    struct refusal r;
    struct alcove_error *e = before(c, &r, "alloc_temp", kind, l, errors_none);

    after(c, &r, alcove_alloc_temp(c->k->a, l, errors_nothing, NULL, e));
}

/* Of a block, if there is one; what succeeds all the same is put back. */
static void
ask_change(struct court *c, struct alcove_layout l, enum kind kind,
           kit_change *change, const char *op)
{
    struct kit *k = c->k;
    struct block *b = &k->blocks[0];
    struct refusal r;
    struct alcove_error *e;
    void *p;

    if (k->count == 0)
        return;
    e = before(c, &r, op, kind, l, b->l);
    p = change(k->a, b->p, b->l, l, e);
    after(c, &r, p != NULL);
    if (!p)
        return;
    alcove_kit_forget(k, b);
    if (kit_can(k, ALCOVE_CAN_DEALLOC))
        (void)alcove_dealloc(k->a, p, l, NULL);
    (void)alcove_kit_take(k, kit_lay(100, 8));
}

static void
ask_release(struct court *c, struct alcove_layout l, enum kind kind)
{
    static unsigned char foreign[128];
    struct refusal r;
    struct alcove_error *e = before(c, &r, "dealloc", kind, l, errors_none);
    bool done;

    alcove_kit_go_wrong(c->k, true);
    done = alcove_dealloc(c->k->a, foreign, l, e);
    alcove_kit_go_wrong(c->k, false);
    after(c, &r, done);
}

struct question {
    struct alcove_layout l;
    bool valid;
};

static void
ask(struct court *c, const struct question *q)
{
    ask_alloc(c, q->l, q->valid ? ERRORS_ALLOC : INVALID, false);
    ask_temp(c, q->l, q->valid ? ERRORS_TEMP : INVALID);
}

/* The same with all bytes cleared, or copied. */
static void
ask_for_bytes(struct court *c, const struct question *q)
{
    enum kind change = q->valid ? CHANGE : INVALID;

    ask_alloc(c, q->l, q->valid ? ERRORS_ALLOC : INVALID, true);
    if (q->l.size < 100)
        return;
    ask_change(c, q->l, change, alcove_grow, "grow");
    ask_change(c, q->l, change, alcove_rezalloc, "rezalloc");
}

/* Half of all memory should not be cleared, nor copied. */
static void
ask_what_none_has(struct court *c)
{
    static const struct question all[] = {
        {{ALCOVE_SIZE_MAX - 4096, 8}, true},
        /* Half of 32 bits may be had, and a guard would fill it. */
        {{KIT_FEW_ADDRESSES ? ALCOVE_SIZE_MAX - 99 : ALCOVE_SIZE_MAX / 2 + 1,
          64},
         true},
        {{100, 12}, false},
        {{SIZE_MAX, 1}, false},
    };
    size_t i;

    for (i = 0; i < KIT_COUNT(all); i++)
        ask(c, &all[i]);
    for (i = 2 * KIT_FEW_ADDRESSES; i < KIT_COUNT(all); i++)
        ask_for_bytes(c, &all[i]);
}

/* Where the parent is the kit's, what it refuses is told as well. */
static void
ask_by_parent(struct court *c)
{
    static const size_t sizes[] = {8, 200, 4000, 60000};
    struct kit *k = c->k;
    size_t i, n;

    for (i = 0; k->books && i < KIT_COUNT(sizes); i++)
        for (n = 0; n < 3 && sizes[i] <= k->max_size && !alcove_kit_failed(k);
             n++) {
            const struct question q = {kit_lay(sizes[i], 16), true};

            alcove_books_refuse_after(k->books, n);
            ask(c, &q);
            ask_for_bytes(c, &q);
            alcove_books_refuse_after(k->books, SIZE_MAX);
        }
}

static void
provoke(struct kit *k, judge_fn *judge, bool with_error)
{
    struct court court = {k, judge, with_error}, *c = &court;

    (void)alcove_kit_take(k, kit_lay(100, 8));
    k->served = 0;
    ask_what_none_has(c);
    ask_release(c, kit_lay(100, 0), INVALID);
    if (alcove_kit_failed(k))
        return;
    ask_by_parent(c);
    if (kit_can(k, ALCOVE_CAN_CHECKED))
        ask_release(c, kit_lay(100, 1), ERRORS_RELEASE);
    (void)alcove_kit_give_all(k);
}

/* ---- how they are judged ---- */

static bool
filled(struct kit *k, const struct refusal *r)
{
    return alcove_kit_that(k, !alcove_kit_is_unset(&r->err),
                           "%s is refused, and the error not filled", r->op);
}

static void
misfit(struct kit *k, const struct refusal *r, const char *why)
{
    alcove_kit_fail(k, "%s of %zu bytes aligned to %zu is refused as %s%s",
                    r->op, r->asked.size, r->asked.align,
                    alcove_code_name(r->err.code), why);
}

/* Unsupported is what it does not claim, or, for a change, what takes the
 * release of the old block. */
static bool
is_claimed(const struct kit *k, enum kind kind)
{
    switch (kind) {
    case ERRORS_TEMP:
        return kit_can(k, ALCOVE_CAN_TEMP);
    case CHANGE:
        return kit_can(k, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC);
    default:
        return kit_can(k, ALCOVE_CAN_ALLOC);
    }
}

static void
code_fits(struct kit *k, const struct refusal *r)
{
    const char *why = "";
    unsigned kinds = 0; /* that it fits */

    if (!filled(k, r))
        return;
    switch (r->err.code) {
    case ALCOVE_ERR_ALLOC_FAILED:
        if ((unsigned)r->err.cause >= ALCOVE_CAUSE_COUNT ||
            r->err.cause == ALCOVE_CAUSE_UNKNOWN)
            why = ", without a cause";
        else
            kinds = ERRORS_ALLOC | CHANGE | ERRORS_TEMP;
        break;
    case ALCOVE_ERR_EXCEEDS_MAX:
    case ALCOVE_ERR_ARITH:
        if (r->asked.size >= ALCOVE_SIZE_MAX / 4)
            return;
        why = ", and it is not large";
        break;
    case ALCOVE_ERR_UNSUPPORTED:
        if (!is_claimed(k, r->kind))
            return;
        why = ", though claimed";
        break;
    case ALCOVE_ERR_ZERO_ALIGN:
    case ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO:
        kinds = INVALID;
        break;
    case ALCOVE_ERR_NOT_OWNED:
    case ALCOVE_ERR_LAYOUT_MISMATCH:
        kinds = ERRORS_RELEASE;
        break;
    case ALCOVE_ERR_LOCK:
    case ALCOVE_ERR_CORRUPT:
    case ALCOVE_ERR_OTHER:
        kinds = ERRORS_ALLOC | CHANGE | ERRORS_TEMP | ERRORS_RELEASE;
        break;
    default:
        break;
    }
    if ((kinds & r->kind) == 0)
        misfit(k, r, why);
}

void
alcove_check_error_code(struct kit *k)
{
    provoke(k, code_fits, true);
    alcove_kit_say(k, "%zu refusals, each with a code that fits", k->refused);
}

static bool
is_set(const void *field, size_t size)
{
    static const unsigned char unset[sizeof(struct alcove_error)] = {
        KIT_UNSET, KIT_UNSET, KIT_UNSET, KIT_UNSET,
        KIT_UNSET, KIT_UNSET, KIT_UNSET, KIT_UNSET};

    return memcmp(field, unset, size < 8 ? size : 8) != 0;
}

static bool
errors_same(struct alcove_layout x, struct alcove_layout y)
{
    return x.size == y.size && x.align == y.align;
}

/* Does it end where it must, if all of it has `length` bytes? */
static bool
is_closed(const char *text, size_t size, size_t length)
{
    return memchr(text, '\0', size) == text + kit_least(length, size - 1);
}

static void
text_is_sound(struct kit *k, const struct refusal *r)
{
    char text[400], tiny[8];
    size_t length, again;

    memset(text, 'x', sizeof text);
    memset(tiny, 'x', sizeof tiny);
    length = alcove_error_format(&r->err, text, sizeof text);
    again = alcove_error_format(&r->err, tiny, sizeof tiny);
    alcove_kit_that(k, length > 0, "the text of a refused %s is empty", r->op);
    alcove_kit_that(k, is_closed(text, sizeof text, length),
                    "the text of a refused %s is not closed", r->op);
    alcove_kit_that(k, again == length, "the text of a refused %s changes",
                    r->op);
    alcove_kit_that(k, is_closed(tiny, sizeof tiny, length),
                    "the text of a refused %s does not fit its buffer", r->op);
}

/* What the allocator says in its own name is of what it was asked for. What it
 * hands on from a parent is of what that was asked for: a chunk, a class. */
static void
fields_fit(struct kit *k, const struct refusal *r)
{
    const struct alcove_error *e = &r->err;

    if (!filled(k, r))
        return;
    if (!is_set(&e->allocator, sizeof e->allocator) ||
        !is_set(&e->detail, sizeof e->detail) ||
        !is_set(&e->block, sizeof e->block) ||
        !is_set(&e->os_error, sizeof e->os_error))
        alcove_kit_fail(k, "%s: some fields of the error are not set", r->op);
    else if (!e->allocator || !e->allocator[0])
        alcove_kit_fail(k, "%s: it is not said who refused", r->op);
    else if (r->kind != INVALID && e->code != ALCOVE_ERR_UNSUPPORTED &&
             !alcove_layout_ok(e->layout))
        alcove_kit_fail(k, "%s: the layout in the error is not valid", r->op);
    else if (strcmp(e->allocator, alcove_name(k->a)) == 0 &&
             e->code == ALCOVE_ERR_ALLOC_FAILED &&
             !errors_same(e->layout, r->asked))
        alcove_kit_fail(k,
                        "%s of %zu bytes aligned to %zu: it says it "
                        "was asked for %zu aligned to %zu",
                        r->op, r->asked.size, r->asked.align, e->layout.size,
                        e->layout.align);
    else if (!errors_same(e->old, errors_none) && !errors_same(e->old, r->old))
        alcove_kit_fail(k, "%s: the old layout in the error is another", r->op);
    else
        text_is_sound(k, r);
}

void
alcove_check_error_fields(struct kit *k)
{
    provoke(k, fields_fit, true);
    alcove_kit_say(k, "%zu refusals, each with a name, a layout, a text",
                   k->refused);
}

/* errno is the only thing that is told then. */
static void
errno_is_set(struct kit *k, const struct refusal *r)
{
    alcove_kit_that(k, r->number != KIT_MARK && r->number != 0,
                    "%s is refused, and errno is not set", r->op);
}

void
alcove_check_error_may_be_null(struct kit *k)
{
    provoke(k, errno_is_set, false);
    alcove_kit_say(k, "%zu refusals without an error", k->refused);
}

static void
errno_fits(struct kit *k, const struct refusal *r)
{
    int expected = alcove_kit_code_errno(r->err.code);
    bool untold =
        (ALCOVE_HAVE_OS_ERRORS == 0) & (r->err.cause == ALCOVE_CAUSE_OS);

    if (!filled(k, r))
        return;
    errno_is_set(k, r);
    if (r->err.os_error != 0)
        expected = r->err.os_error;
    alcove_kit_that(k, untold | (r->number == expected),
                    "%s is refused as %s: errno is %d, not %d", r->op,
                    alcove_code_name(r->err.code), r->number, expected);
}

void
alcove_check_errno_on_failure(struct kit *k)
{
    provoke(k, errno_fits, true);
    alcove_kit_say(k, "%zu refusals, and errno as the error says", k->refused);
}
