/* SPDX-License-Identifier: MIT */
/* What a refusal says, and what success leaves alone. */
#include <config.h>

#include "kit.h"

#include <errno.h>
#include <string.h>

/* ---- refusals of every kind ---- */

enum kind { ALLOC, CHANGE, TEMP, RELEASE, INVALID };

struct refusal {
    const char *op;
    enum kind kind;
    struct alcove_layout asked, old;
    struct alcove_error err;
    int number; /* errno */
};

typedef bool judge_fn(struct kit *k, const struct refusal *r);

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
static bool
after(struct court *c, struct refusal *r, bool done)
{
    r->number = errno;
    if (done) {
        c->k->served++;
        return true;
    }
    c->k->refused++;
    return c->judge(c->k, r);
}

static const struct alcove_layout none = {0, 0};

static bool
ask_alloc(struct court *c, struct alcove_layout l, enum kind kind, bool zero)
{
    struct kit *k = c->k;
    struct refusal r;
    struct alcove_error *e =
        before(c, &r, zero ? "zalloc" : "alloc", kind, l, none);
    void *p = zero ? alcove_zalloc(k->a, l, e) : alcove_alloc(k->a, l, e);
    bool good = after(c, &r, p != NULL);

    if (p && kit_can(k, ALCOVE_CAN_DEALLOC))
        (void)alcove_dealloc(k->a, p, l, NULL);
    return good;
}

static void
nothing(void *mem, void *arg)
{
    (void)mem;
    (void)arg;
}

static bool
ask_temp(struct court *c, struct alcove_layout l, enum kind kind)
{
    struct refusal r;
    struct alcove_error *e = before(c, &r, "alloc_temp", kind, l, none);

    return after(c, &r, alcove_alloc_temp(c->k->a, l, nothing, NULL, e));
}

/* Of a block that is there; what succeeds all the same is put back. */
static bool
ask_change(struct court *c, struct block *b, struct alcove_layout l,
           enum kind kind, kit_change *change, const char *op)
{
    struct kit *k = c->k;
    struct refusal r;
    struct alcove_error *e = before(c, &r, op, kind, l, b->l);
    void *p = change(k->a, b->p, b->l, l, e);

    if (!after(c, &r, p != NULL))
        return false;
    if (!p)
        return true;
    alcove_kit_forget(k, b);
    if (kit_can(k, ALCOVE_CAN_DEALLOC))
        (void)alcove_dealloc(k->a, p, l, NULL);
    return alcove_kit_take(k, kit_lay(100, 8)) != NULL || !alcove_kit_failed(k);
}

static bool
ask_release(struct court *c, struct alcove_layout l, enum kind kind)
{
    static unsigned char foreign[128];
    struct refusal r;
    struct alcove_error *e = before(c, &r, "dealloc", kind, l, none);
    bool done;

    alcove_kit_go_wrong(c->k, true);
    done = alcove_dealloc(c->k->a, foreign, l, e);
    alcove_kit_go_wrong(c->k, false);
    return after(c, &r, done);
}

/* Where addresses have 32 bits, what is huge may be had once: it should not be
 * cleared, nor copied. */
static bool
ask_all(struct court *c, struct alcove_layout l, enum kind alloc,
        enum kind change, enum kind temp)
{
    struct kit *k = c->k;
    bool real =
        sizeof(size_t) <= 4 && l.size > k->max_size && alcove_layout_ok(l);

    if (!ask_alloc(c, l, alloc, false) || !ask_temp(c, l, temp))
        return false;
    if (!real && !ask_alloc(c, l, alloc, true))
        return false;
    if (real || k->count == 0 || l.size < 100)
        return true;
    return ask_change(c, &k->blocks[0], l, change, alcove_grow, "grow") &&
           (k->count == 0 || ask_change(c, &k->blocks[0], l, change,
                                        alcove_rezalloc, "rezalloc"));
}

/* Where the parent is the kit's, what it refuses is told as well. */
static bool
ask_by_parent(struct court *c)
{
    static const size_t sizes[] = {8, 200, 4000, 60000};
    struct kit *k = c->k;
    size_t i, n;
    bool good = true;

    for (i = 0; good && k->books && i < KIT_COUNT(sizes); i++)
        for (n = 0; good && n < 3 && sizes[i] <= k->max_size; n++) {
            alcove_books_refuse_after(k->books, n);
            good = ask_all(c, kit_lay(sizes[i], 16), ALLOC, CHANGE, TEMP);
            alcove_books_refuse_after(k->books, SIZE_MAX);
        }
    return good;
}

static bool
provoke(struct kit *k, judge_fn *judge, bool with_error)
{
    const struct alcove_layout huge = {ALCOVE_SIZE_MAX - 4096, 8};
    const struct alcove_layout half = {ALCOVE_SIZE_MAX / 2 + 1, 64};
    struct court court = {k, judge, with_error}, *c = &court;
    bool good;

    (void)alcove_kit_take(k, kit_lay(100, 8));
    k->served = 0;
    good = ask_all(c, huge, ALLOC, CHANGE, TEMP) &&
           (sizeof(size_t) <= 4 || /* it is had there, and filled by a guard */
            ask_all(c, half, ALLOC, CHANGE, TEMP)) &&
           ask_all(c, kit_lay(100, 12), INVALID, INVALID, INVALID) &&
           ask_all(c, kit_lay(SIZE_MAX, 1), INVALID, INVALID, INVALID) &&
           ask_release(c, kit_lay(100, 0), INVALID) && ask_by_parent(c) &&
           (!kit_can(k, ALCOVE_CAN_CHECKED) ||
            ask_release(c, kit_lay(100, 1), RELEASE));
    return good && !alcove_kit_failed(k) && alcove_kit_give_all(k);
}

/* ---- how they are judged ---- */

static bool
filled(struct kit *k, const struct refusal *r)
{
    if (!alcove_kit_is_unset(&r->err))
        return true;
    return alcove_kit_fail(k, "%s is refused, and the error not filled", r->op);
}

static bool
misfit(struct kit *k, const struct refusal *r, const char *why)
{
    return alcove_kit_fail(k,
                           "%s of %zu bytes aligned to %zu is refused as "
                           "%s%s",
                           r->op, r->asked.size, r->asked.align,
                           alcove_code_name(r->err.code), why);
}

/* That something is too large may only be said of what is. */
static bool
is_large(struct alcove_layout l)
{
    return l.size >= ALCOVE_SIZE_MAX / 4 || l.align >= ALCOVE_SIZE_MAX / 4;
}

/* Unsupported is what it does not claim, or, for a change, what takes the
 * release of the old block. */
static bool
is_claimed(const struct kit *k, enum kind kind)
{
    switch (kind) {
    case TEMP:
        return kit_can(k, ALCOVE_CAN_TEMP);
    case CHANGE:
        return kit_can(k, ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC);
    default:
        return kit_can(k, ALCOVE_CAN_ALLOC);
    }
}

static bool
code_fits(struct kit *k, const struct refusal *r)
{
    const char *why = "";
    bool good = false;

    if (!filled(k, r))
        return false;
    switch (r->err.code) {
    case ALCOVE_ERR_ALLOC_FAILED:
        if ((unsigned)r->err.cause >= ALCOVE_CAUSE_COUNT ||
            r->err.cause == ALCOVE_CAUSE_UNKNOWN)
            return misfit(k, r, ", without a cause");
        good = r->kind != RELEASE && r->kind != INVALID;
        break;
    case ALCOVE_ERR_EXCEEDS_MAX:
    case ALCOVE_ERR_ARITH:
        good = is_large(r->asked);
        why = ", and it is not large";
        break;
    case ALCOVE_ERR_UNSUPPORTED:
        good = !is_claimed(k, r->kind);
        why = ", though claimed";
        break;
    case ALCOVE_ERR_ZERO_ALIGN:
    case ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO:
        good = r->kind == INVALID;
        break;
    case ALCOVE_ERR_NOT_OWNED:
    case ALCOVE_ERR_LAYOUT_MISMATCH:
        good = r->kind == RELEASE;
        break;
    case ALCOVE_ERR_LOCK:
    case ALCOVE_ERR_CORRUPT:
    case ALCOVE_ERR_OTHER:
        good = r->kind != INVALID;
        break;
    default:
        break;
    }
    if (good)
        return true;
    return misfit(k, r, why);
}

void
alcove_check_error_code(struct kit *k)
{
    if (provoke(k, code_fits, true))
        alcove_kit_say(k, "%zu refusals, each with a code that fits",
                       k->refused);
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
same(struct alcove_layout x, struct alcove_layout y)
{
    return x.size == y.size && x.align == y.align;
}

static bool
text_is_sound(struct kit *k, const struct refusal *r)
{
    char text[400], tiny[8];
    size_t length;

    memset(text, 'x', sizeof text);
    length = alcove_error_format(&r->err, text, sizeof text);
    if (length == 0 || !memchr(text, '\0', sizeof text))
        return alcove_kit_fail(k,
                               "the text of a refused %s is empty, or not "
                               "closed",
                               r->op);
    memset(tiny, 'x', sizeof tiny);
    if (alcove_error_format(&r->err, tiny, sizeof tiny) != length ||
        !memchr(tiny, '\0', sizeof tiny))
        return alcove_kit_fail(k,
                               "the text of a refused %s does not fit its "
                               "buffer",
                               r->op);
    return true;
}

/* What the allocator says in its own name is of what it was asked for. What it
 * hands on from a parent is of what that was asked for: a chunk, a class. */
static bool
fields_fit(struct kit *k, const struct refusal *r)
{
    const struct alcove_error *e = &r->err;

    if (!filled(k, r))
        return false;
    if (!is_set(&e->allocator, sizeof e->allocator) ||
        !is_set(&e->detail, sizeof e->detail) ||
        !is_set(&e->block, sizeof e->block) ||
        !is_set(&e->os_error, sizeof e->os_error))
        return alcove_kit_fail(k, "%s: some fields of the error are not set",
                               r->op);
    if (!e->allocator || !e->allocator[0])
        return alcove_kit_fail(k, "%s: it is not said who refused", r->op);
    if (r->kind != INVALID && e->code != ALCOVE_ERR_UNSUPPORTED &&
        !alcove_layout_ok(e->layout))
        return alcove_kit_fail(k, "%s: the layout in the error is not valid",
                               r->op);
    if (strcmp(e->allocator, alcove_name(k->a)) == 0 &&
        e->code == ALCOVE_ERR_ALLOC_FAILED && !same(e->layout, r->asked))
        return alcove_kit_fail(k,
                               "%s of %zu bytes aligned to %zu: it says it "
                               "was asked for %zu aligned to %zu",
                               r->op, r->asked.size, r->asked.align,
                               e->layout.size, e->layout.align);
    if (!same(e->old, none) && !same(e->old, r->old))
        return alcove_kit_fail(k, "%s: the old layout in the error is another",
                               r->op);
    return text_is_sound(k, r);
}

void
alcove_check_error_fields(struct kit *k)
{
    if (provoke(k, fields_fit, true))
        alcove_kit_say(k, "%zu refusals, each with a name, a layout, a text",
                       k->refused);
}

/* errno is the only thing that is told then. */
static bool
errno_is_set(struct kit *k, const struct refusal *r)
{
    if (r->number != KIT_MARK && r->number != 0)
        return true;
    return alcove_kit_fail(k, "%s is refused, and errno is not set", r->op);
}

void
alcove_check_error_may_be_null(struct kit *k)
{
    if (provoke(k, errno_is_set, false))
        alcove_kit_say(k, "%zu refusals without an error", k->refused);
}

static bool
errno_fits(struct kit *k, const struct refusal *r)
{
    int expected = alcove_kit_code_errno(r->err.code);

    if (!filled(k, r) || !errno_is_set(k, r))
        return false;
    if (!ALCOVE_HAVE_OS_ERRORS && r->err.cause == ALCOVE_CAUSE_OS)
        return true;
    if (r->err.os_error != 0)
        expected = r->err.os_error;
    if (r->number == expected)
        return true;
    return alcove_kit_fail(k, "%s is refused as %s: errno is %d, not %d", r->op,
                           alcove_code_name(r->err.code), r->number, expected);
}

void
alcove_check_errno_on_failure(struct kit *k)
{
    if (provoke(k, errno_fits, true))
        alcove_kit_say(k, "%zu refusals, and errno as the error says",
                       k->refused);
}
