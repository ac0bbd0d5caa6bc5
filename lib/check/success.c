/* SPDX-License-Identifier: MIT */
/* What success leaves alone: errno, and the caller's error. */
#include <config.h>

#include "kit.h"

#include <errno.h>
#include <string.h>

/* Looks after each call that succeeded. */
struct watch {
    struct kit *k;
    bool at_error; /* not at errno */
    size_t calls;
};

static bool
is_left_alone(struct watch *w, const char *op)
{
    w->calls++;
    if (w->at_error ? alcove_kit_is_unset(&w->k->err) : errno == KIT_MARK)
        return true;
    if (w->at_error)
        return alcove_kit_fail(w->k, "%s succeeds, and writes the error", op);
    return alcove_kit_fail(w->k, "%s succeeds, and errno is %d", op, errno);
}

static bool
watch_change(struct watch *w, struct block *b, struct alcove_layout l,
             kit_change *change, const char *op)
{
    struct kit *k = w->k;
    void *p;

    if (!alcove_kit_may_ask(k, l))
        return true;
    alcove_kit_unset(&k->err);
    p = change(k->a, b->p, b->l, l, &k->err);
    if (!p) {
        k->refused++;
        return true;
    }
    if (!is_left_alone(w, op))
        return false;
    k->live = k->live - b->l.size + l.size;
    k->spent += l.size;
    b->p = p;
    b->l = l;
    return true;
}

/* resize is no failure even where it does nothing. */
static bool
watch_questions(struct watch *w, struct block *b)
{
    struct alcove_allocator *a = w->k->a;
    struct alcove_layout more = kit_lay(b->l.size + 1, b->l.align);
    static const char foreign[16];

    alcove_kit_unset(&w->k->err);
    if (alcove_resize(a, b->p, b->l, more)) {
        b->l = more;
        w->k->live++;
    }
    if (!is_left_alone(w, "resize"))
        return false;
    (void)alcove_owns(a, b->p, b->l);
    (void)alcove_owns(a, foreign, kit_lay(16, 1));
    if (!is_left_alone(w, "owns"))
        return false;
    (void)alcove_usable_size(a, b->p, b->l);
    return is_left_alone(w, "usable_size");
}

static bool
watch_block(struct watch *w, struct alcove_layout l, bool zero)
{
    static const struct {
        kit_change *change;
        const char *op;
        bool grows;
    } all[] = {
        {alcove_grow, "grow", true},         {alcove_shrink, "shrink", false},
        {alcove_zgrow, "zgrow", true},       {alcove_realloc, "realloc", false},
        {alcove_rezalloc, "rezalloc", true},
    };
    struct kit *k = w->k;
    struct block *b;
    size_t i;
    bool gone;

    b = zero ? alcove_kit_ztake(k, l, false) : alcove_kit_take(k, l);
    if (!b)
        return !alcove_kit_failed(k);
    if (!is_left_alone(w, zero ? "zalloc" : "alloc"))
        return false;
    for (i = 0; i < KIT_COUNT(all); i++) {
        struct alcove_layout to = b->l;

        to.size = all[i].grows ? to.size * 2 + 1 : to.size / 3 + 1;
        if (!watch_change(w, b, to, all[i].change, all[i].op))
            return false;
    }
    if (!watch_questions(w, b) || !kit_can(k, ALCOVE_CAN_DEALLOC))
        return !alcove_kit_failed(k);
    alcove_kit_unset(&k->err);
    gone = alcove_dealloc(k->a, b->p, b->l, &k->err);
    if (!gone)
        return true;
    alcove_kit_forget(k, b);
    return is_left_alone(w, "dealloc");
}

static void
success_nothing(void *mem, void *arg)
{
    (void)mem;
    (void)arg;
}

static bool
watch_temp(struct watch *w, struct alcove_layout l)
{
    static const struct {
        kit_temp *temp;
        const char *op;
    } all[] = {
        {alcove_alloc_temp, "alloc_temp"},
        {alcove_zalloc_temp, "zalloc_temp"},
    };
    struct kit *k = w->k;
    size_t i;

    for (i = 0; i < KIT_COUNT(all); i++) {
        alcove_kit_unset(&k->err);
        if (all[i].temp(k->a, l, success_nothing, NULL, &k->err) &&
            !is_left_alone(w, all[i].op))
            return false;
    }
    return true;
}

static void
watch_all(struct kit *k, bool at_error)
{
    struct watch w = {k, at_error, 0};
    size_t i, most = kit_least(k->max_size, (size_t)1 << 20);

    for (i = 0; i < 200; i++) {
        struct alcove_layout l = alcove_kit_layout(k, i % 16 ? 1000 : most);

        if (!watch_block(&w, l, i % 2 == 1) || !watch_temp(&w, l))
            return;
    }
    (void)alcove_kit_did(k, w.calls, "succeeded");
    alcove_kit_say(k, "%zu calls that succeeded, %s the same after each",
                   w.calls, at_error ? "the error" : "errno");
}

void
alcove_check_errno_on_success(struct kit *k)
{
    watch_all(k, false);
}

void
alcove_check_error_on_success(struct kit *k)
{
    watch_all(k, true);
}
