/* SPDX-License-Identifier: MIT */
/* Refusals by a rule. Each operation asks the rule first, and then its parent
 * or nobody. */
#include <config.h>

#include <alcove/fail.h>

#include "../os/env.h"
#include "adapt.h"
#include "failrule.h"

static struct alcove_fail *
fail_self(struct alcove_allocator *a)
{
    return (struct alcove_fail *)(void *)a;
}

/* ---- the rule ---- */

/* The kinds of requests by number. */
enum fail_kind {
#define ALCOVE_X(name, bit, text) name = bit,
    ALCOVE_FAIL_OPS(ALCOVE_X)
#undef ALCOVE_X
};

/* The n-th number of splitmix64, which needs no state but n. */
ALCOVE_WRAPS static uint64_t
draw(uint64_t seed, uint64_t n)
{
    uint64_t z = seed + n * UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 32 bits of it, as a number below a million. */
static bool
is_drawn(const struct alcove_fail_rule *rule, uint64_t n)
{
    uint64_t bits = draw(rule->seed, n) >> 32;

    return (bits * ALCOVE_FAIL_SHARE_ALL) >> 32 < rule->share;
}

/* Why the rule refuses the n-th request that counts; NULL: it does not. */
static const char *
condition(const struct alcove_fail_rule *rule, uint64_t n)
{
    if (rule->nth != 0 && n == rule->nth)
        return "the nth request of the rule";
    if (rule->every != 0 && n % rule->every == 0)
        return "a multiple of the rule's every";
    if (rule->share != 0 && is_drawn(rule, n))
        return "drawn for the rule's share";
    if (rule->nth == 0 && rule->every == 0 && rule->share == 0)
        return "the rule refuses all of this kind and size";
    return NULL;
}

/* A number of refusals that does not fit stays the largest: it must not look
 * like none. */
static const char *
fire(struct alcove_fail *f, const char *why)
{
    f->fired += f->fired != SIZE_MAX;
    return why;
}

/* A request comes by: count it. Returns why it is refused, or NULL. */
static const char *
fail_judge(struct alcove_fail *f, enum fail_kind kind, size_t size)
{
    const char *why;

    f->counts[kind]++;
    if (!(f->kinds >> kind & 1) || size <= f->rule.above)
        return NULL;
    f->matched++;
    if (f->fired != 0 && f->rule.then == ALCOVE_FAIL_THEN_PERSIST)
        return fire(f, "all are, since the first one");
    if (f->fired != 0 && f->rule.then == ALCOVE_FAIL_THEN_ONCE)
        return NULL;
    why = condition(&f->rule, f->matched);
    return why ? fire(f, why) : NULL;
}

static const struct alcove_layout fail_none = {0, 0};

static ALCOVE_COLD void *
fail_refuse(const char *why, struct alcove_layout l, struct alcove_layout old,
            struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_ALLOC_FAILED,
        .cause = ALCOVE_CAUSE_INJECTED,
        .layout = l,
        .old = old,
        .allocator = "fail",
        .detail = why,
    };

    alcove_error_set(err, &what);
    return NULL;
}

static ALCOVE_COLD bool
refuse_release(const void *p, struct alcove_layout l, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_OTHER,
        .cause = ALCOVE_CAUSE_INJECTED,
        .layout = l,
        .block = p,
        .allocator = "fail",
        .detail = "the release is refused on purpose, to test",
    };

    return alcove_error_set(err, &what);
}

/* ---- the operations ---- */

static void *
fail_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    struct alcove_allocator *parent = fail_self(a)->parent;
    const char *why = fail_judge(fail_self(a), ALLOC, l.size);

    if (why)
        return fail_refuse(why, l, fail_none, err);
    return parent->ops->alloc(parent, l, err);
}

static void *
fail_zalloc(struct alcove_allocator *a, struct alcove_layout l,
            struct alcove_error *err)
{
    const char *why = fail_judge(fail_self(a), ALLOC, l.size);

    if (why)
        return fail_refuse(why, l, fail_none, err);
    return alcove_zalloc(fail_self(a)->parent, l, err);
}

static bool
fail_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
             struct alcove_error *err)
{
    struct alcove_allocator *parent = fail_self(a)->parent;

    if (fail_judge(fail_self(a), DEALLOC, l.size))
        return refuse_release(p, l, err);
    return parent->ops->dealloc(parent, p, l, err);
}

static bool
fail_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
            struct alcove_layout new_)
{
    return !fail_judge(fail_self(a), RESIZE, new_.size) &&
           alcove_resize(fail_self(a)->parent, p, old, new_);
}

static void *
fail_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_, struct alcove_error *err)
{
    enum fail_kind kind = new_.size < old.size ? SHRINK : GROW;
    const char *why = fail_judge(fail_self(a), kind, new_.size);

    if (why)
        return fail_refuse(why, new_, old, err);
    return alcove_realloc(fail_self(a)->parent, p, old, new_, err);
}

static bool
fail_alloc_temp(struct alcove_allocator *a, struct alcove_layout l,
                alcove_temp_fn *fn, void *arg, struct alcove_error *err)
{
    const char *why = fail_judge(fail_self(a), TEMP, l.size);

    if (why)
        return fail_refuse(why, l, fail_none, err) != NULL;
    return alcove_alloc_temp(fail_self(a)->parent, l, fn, arg, err);
}

/* ---- init ---- */

/* The caller's rule, or the environment's, if it is one. */
static bool
find_rule(const struct alcove_fail_rule *given, struct alcove_fail_rule *out,
          struct alcove_error *err)
{
    static const struct alcove_fail_rule never;
    const char *text, *mistake;

    if (!given) {
        text = alcove_env("ALCOVE_FAIL");
        *out = never;
        return !text || alcove_fail_parse(text, out, err);
    }
    mistake = alcove_fail_rule_mistake(given);
    if (mistake)
        return alcove_adapt_refuse("fail", mistake, err);
    *out = *given;
    return true;
}

static void
arm(struct alcove_fail *fail, const struct alcove_fail_rule *rule)
{
    unsigned kinds = rule->ops != 0 ? rule->ops : ALCOVE_FAIL_USUAL_KINDS;

    fail->rule = *rule;
    fail->kinds = alcove_fail_rule_refuses(rule) ? kinds : 0;
    alcove_fail_reset(fail);
}

bool
alcove_fail_init(struct alcove_fail *fail, struct alcove_allocator *parent,
                 const struct alcove_fail_rule *rule, struct alcove_error *err)
{
    static const struct alcove_ops ops = {
        .struct_size = sizeof ops,
        .name = "fail",
        .alloc = fail_alloc,
        .dealloc = fail_dealloc,
        .zalloc = fail_zalloc,
        .resize = fail_resize,
        .realloc = fail_realloc,
        .owns = alcove_adapt_owns,
        .usable_size = alcove_adapt_usable_size,
        .alloc_temp = fail_alloc_temp,
    };
    struct alcove_fail_rule found;

    if (!alcove_adapt_may_wrap(&fail->allocator, parent, "fail", err) ||
        !find_rule(rule, &found, err))
        return false;
    fail->allocator.ops = &ops;
    fail->allocator.features = parent->features & ~(unsigned)ALCOVE_CAN_THREADS;
    fail->parent = parent;
    arm(fail, &found);
    return true;
}

bool
alcove_fail_set(struct alcove_fail *fail, const struct alcove_fail_rule *rule,
                struct alcove_error *err)
{
    struct alcove_fail_rule found;

    if (!find_rule(rule, &found, err))
        return false;
    arm(fail, &found);
    return true;
}

void
alcove_fail_reset(struct alcove_fail *fail)
{
    size_t i;

    for (i = 0; i < sizeof fail->counts / sizeof *fail->counts; i++)
        fail->counts[i] = 0;
    fail->matched = 0;
    fail->fired = 0;
}

/* ---- the counts ---- */

size_t
alcove_fail_count(const struct alcove_fail *fail, unsigned ops)
{
    unsigned kinds = ops != 0 ? ops : ALCOVE_FAIL_USUAL_KINDS;
    size_t sum = 0;

#define ALCOVE_X(name, bit, text)                                              \
    if (kinds & ALCOVE_FAIL_##name)                                            \
        sum += fail->counts[bit];
    ALCOVE_FAIL_OPS(ALCOVE_X)
#undef ALCOVE_X
    return sum;
}

size_t
alcove_fail_fired(const struct alcove_fail *fail)
{
    return fail->fired;
}
