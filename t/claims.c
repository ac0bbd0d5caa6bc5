/* SPDX-License-Identifier: MIT */
/* The conformance kit and what an allocator says of itself: what it claims and
 * does not have, what it lacks and says so wrongly, and refusals of every code.
 */
#include <config.h>

#include <alcove/check.h>
#include <alcove/malloc.h>
#include <alcove/stack.h>

#include "mutant.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- the kit over one allocator ---- */

static struct mutant mutant;
static struct mutation mutation;
static unsigned more_features;
static char failed[2000], texts[4000];
static uint64_t heard;   /* of all since the last test */
static size_t differing; /* tests, of what was written down */

static struct alcove_allocator *
make(struct alcove_allocator *parent, void *arg)
{
    struct alcove_allocator *a = mutant_init(&mutant, &mutation, parent);

    (void)arg;
    a->features |= more_features;
    return a;
}

static ALCOVE_WRAPS void
note(const struct alcove_check_result *result, void *arg)
{
    (void)arg;
    heard += mutant_heard(&mutant, result);
    if (result->verdict != ALCOVE_VERDICT_FAIL)
        return;
    snprintf(failed + strlen(failed), sizeof failed - strlen(failed), "%s ",
             result->check);
    snprintf(texts + strlen(texts), sizeof texts - strlen(texts), "%s\n",
             result->text);
}

/* What a test has asked for is behind it. */
static void
agree(const char *test)
{
    differing += !witness_agrees(heard, test);
    heard = 0;
}

/* Does this check, alone, fail and say so? NULL: it passes. */
static bool
fails(const char *check, const char *text)
{
    const char *only[] = {check, NULL};
    struct alcove_check_options options = {
        .struct_size = sizeof options,
        .max_size = 1 << 16,
        .rounds = 100,
        .only = only,
        .make = make,
    };

    failed[0] = texts[0] = '\0';
    (void)alcove_check_allocator(NULL, &options, note, NULL);
    if (!text)
        return failed[0] == '\0';
    return strstr(failed, check) && strstr(texts, text);
}

static void
begin(void)
{
    memset(&mutation, 0, sizeof mutation);
    more_features = 0;
}

/* ---- claims ---- */

static void
test_claims(void)
{
    static const struct {
        unsigned feature, without;
        const char *text;
    } claims[] = {
        {ALCOVE_CAN_RESIZE, ALCOVE_CAN_RESIZE, "has no resize"},
        {ALCOVE_CAN_REALLOC, ALCOVE_CAN_REALLOC, "has no realloc"},
        {ALCOVE_CAN_OWNS, ALCOVE_CAN_OWNS, "has no owns"},
        {ALCOVE_CAN_USABLE_SIZE, ALCOVE_CAN_USABLE_SIZE, "has no usable_size"},
        {ALCOVE_CAN_ZERO, ALCOVE_CAN_ZERO, "has no zalloc"},
        {ALCOVE_CAN_RECLAIM, ALCOVE_CAN_DEALLOC, "but not DEALLOC"},
        {ALCOVE_CAN_TEMP,
         ALCOVE_CAN_TEMP | ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM,
         "neither alloc_temp nor"},
        {1u << 30, 0, "stand for nothing"},
    };
    size_t i;

    for (i = 0; i < COUNT(claims); i++) {
        begin();
        mutation.without = claims[i].without;
        more_features = claims[i].feature;
        ok(fails("features-backed", claims[i].text),
           "a claim without what it takes: %s", claims[i].text);
    }
    agree("claims: what is claimed");
    if (alcove_stack()->ops->alloc != alcove_unsupported_alloc) {
        skip(2, "functions have another address in each DLL");
        return;
    }
    begin();
    mutation.ops.alloc = alcove_unsupported_alloc;
    ok(fails("features-backed", "has alcove_unsupported_alloc"),
       "...or with a function that refuses");
    begin();
    mutation.ops.dealloc = alcove_unsupported_dealloc;
    ok(fails("features-backed", "has alcove_unsupported_dealloc"), "...each");
    heard = 0;
}

/* ---- what is not claimed ---- */

static struct alcove_error refusal;

static void *
refuse_alloc(struct alcove_allocator *a, struct alcove_layout l,
             struct alcove_error *err)
{
    struct alcove_error what = refusal;

    (void)a;
    what.layout = l;
    alcove_error_set(err, &what);
    return NULL;
}

static bool
refuse_dealloc(struct alcove_allocator *a, void *p, struct alcove_layout l,
               struct alcove_error *err)
{
    struct alcove_error what = refusal;

    (void)a;
    (void)p;
    what.layout = l;
    return alcove_error_set(err, &what);
}

static unsigned temp_calls;

static bool
odd_temp(struct alcove_allocator *a, struct alcove_layout l, alcove_temp_fn *fn,
         void *arg, struct alcove_error *err)
{
    struct alcove_error what = refusal;
    static char bytes[8192];
    unsigned i;

    (void)a;
    for (i = 0; i < temp_calls; i++)
        fn(bytes + (-(uintptr_t)bytes & (l.align - 1)), arg);
    what.layout = l;
    return what.code == ALCOVE_OK || alcove_error_set(err, &what);
}

static bool
break_and_refuse(struct alcove_allocator *a, void *p, struct alcove_layout l,
                 struct alcove_error *err)
{
    *(char *)p ^= 1;
    return refuse_dealloc(a, p, l, err);
}

static bool
take_all(struct alcove_allocator *a, void *p, struct alcove_layout l,
         struct alcove_error *err)
{
    return alcove_dealloc(parent_of(a), p, l, err);
}

static void
say(enum alcove_code code)
{
    memset(&refusal, 0, sizeof refusal);
    refusal.code = code;
    refusal.allocator = "mutant";
    if (code == ALCOVE_ERR_ALLOC_FAILED)
        refusal.cause = ALCOVE_CAUSE_OUT_OF_MEMORY;
}

static void
test_unclaimed(void)
{
    static const char check[] = "unclaimed-refused";
    size_t code, wrong = 0;

    for (code = 1; code < ALCOVE_CODE_COUNT; code++) {
        bool fits =
            code == ALCOVE_ERR_UNSUPPORTED || code == ALCOVE_ERR_ALLOC_FAILED;

        say((enum alcove_code)code);
        begin();
        mutation.without = ALCOVE_CAN_ALLOC | ALCOVE_CAN_TEMP;
        mutation.ops.alloc = refuse_alloc;
        wrong += !fails(check, fits ? NULL : "claim ALLOC, and refuses");
        mutation.without = ALCOVE_CAN_TEMP;
        mutation.ops.alloc = NULL;
        mutation.ops.alloc_temp = odd_temp;
        temp_calls = 0;
        wrong += !fails(check, fits ? NULL : "claim TEMP, and refuses");
        mutation.without = ALCOVE_CAN_DEALLOC | ALCOVE_CAN_RECLAIM;
        mutation.ops.alloc_temp = NULL;
        mutation.ops.dealloc = refuse_dealloc;
        fits = code == ALCOVE_ERR_UNSUPPORTED || code == ALCOVE_ERR_NOT_OWNED;
        wrong += !fails(check, fits ? NULL : "claim DEALLOC, and refuses");
        mutation.without |= ALCOVE_CAN_CHECKED;
        mutation.without |= ALCOVE_CAN_OWNS;
        fits = code == ALCOVE_ERR_UNSUPPORTED;
        wrong += !fails(check, fits ? NULL : "claim DEALLOC, and refuses");
    }
    is_size(wrong, 0, "what is not claimed is refused as unsupported");

    say(ALCOVE_ERR_UNSUPPORTED);
    begin();
    mutation.without = ALCOVE_CAN_TEMP;
    mutation.ops.alloc_temp = odd_temp;
    temp_calls = 1;
    ok(fails(check, "refused temporary was called"),
       "...without a call of the callback");
    say(ALCOVE_OK);
    ok(fails(check, NULL), "...or served");
    temp_calls = 2;
    ok(fails(check, "called 2 times"), "...but well");
    begin();
    mutation.without = ALCOVE_CAN_ALLOC | ALCOVE_CAN_DEALLOC;
    mutation.ops.dealloc = take_all;
    ok(fails(check, NULL), "blocks as well");
    say(ALCOVE_ERR_UNSUPPORTED);
    begin();
    mutation.without = ALCOVE_CAN_DEALLOC;
    mutation.ops.dealloc = break_and_refuse;
    ok(fails(check, "of a live block"), "...and what is refused stays whole");
    begin();
    mutation.without = ALCOVE_CAN_OWNS | ALCOVE_CAN_CHECKED;
    ok(fails(check, NULL), "what does not own refuses a checked release");
    agree("claims: what is not claimed");
}

/* ---- every code, from every operation ---- */

static void *
refuse_realloc(struct alcove_allocator *a, void *p, struct alcove_layout old,
               struct alcove_layout new_, struct alcove_error *err)
{
    struct alcove_error what = refusal;

    (void)a;
    (void)p;
    what.layout = new_;
    if (what.old.size == 0)
        what.old = old;
    alcove_error_set(err, &what);
    return NULL;
}

static bool
never_resize(struct alcove_allocator *a, void *p, struct alcove_layout old,
             struct alcove_layout new_)
{
    (void)a;
    (void)p;
    (void)old;
    (void)new_;
    return false;
}

enum which { OF_ALLOC, OF_CHANGE, OF_RELEASE, OF_TEMP, WHICHES };

static void
refuse_all(enum which which)
{
    begin();
    temp_calls = 0;
    if (which == OF_ALLOC)
        mutation.ops.alloc = mutation.ops.zalloc = refuse_alloc;
    if (which == OF_CHANGE) {
        mutation.ops.resize = never_resize;
        mutation.ops.realloc = refuse_realloc;
    }
    if (which == OF_RELEASE)
        mutation.ops.dealloc = refuse_dealloc;
    if (which == OF_TEMP)
        mutation.ops.alloc_temp = odd_temp;
}

static void
test_codes(void)
{
    size_t code, which, wrong = 0;

    for (which = 0; which < WHICHES; which++)
        for (code = 1; code <= ALCOVE_CODE_COUNT; code++) {
            bool fits = code == ALCOVE_ERR_LOCK || code == ALCOVE_ERR_CORRUPT ||
                        code == ALCOVE_ERR_OTHER;

            if (which == OF_RELEASE)
                continue;
            fits = fits || code == ALCOVE_ERR_ALLOC_FAILED;
            say((enum alcove_code)code);
            refuse_all((enum which)which);
            if (fails("error-code", fits ? NULL : "is refused as"))
                continue;
            wrong++;
            diag("code %lu of %lu: %s%s", (unsigned long)code,
                 (unsigned long)which, failed, texts);
        }
    is_size(wrong, 0, "each operation refuses with codes that fit");

    say(ALCOVE_ERR_ALLOC_FAILED);
    refusal.cause = ALCOVE_CAUSE_UNKNOWN;
    refuse_all(OF_ALLOC);
    ok(fails("error-code", "without a cause"), "...and with a cause");
    refusal.cause = ALCOVE_CAUSE_COUNT;
    ok(fails("error-code", "without a cause"), "...that there is");
    agree("claims: codes");
}

/* ---- fields ---- */

static void *
half_alloc(struct alcove_allocator *a, struct alcove_layout l,
           struct alcove_error *err)
{
    (void)a;
    errno = ENOMEM;
    if (!err)
        return NULL;
    err->code = ALCOVE_ERR_ALLOC_FAILED;
    err->cause = ALCOVE_CAUSE_OUT_OF_MEMORY;
    err->layout = l;
#define SET(field, value)                                                      \
    if (strcmp(mutation.name, #field) != 0)                                    \
    err->field = value
    SET(allocator, "mutant");
    SET(detail, NULL);
    SET(block, NULL);
    SET(os_error, 0);
#undef SET
    err->old.size = err->old.align = 0;
    err->limit = 0;
    return NULL;
}

static void
test_fields(void)
{
    static const char *const fields[] = {"allocator", "detail", "block",
                                         "os_error"};
    static const char check[] = "error-fields";
    size_t i;

    for (i = 0; i < COUNT(fields); i++) {
        begin();
        mutation.name = fields[i];
        mutation.ops.alloc = mutation.ops.zalloc = half_alloc;
        ok(fails(check, "are not set"), "a field is not set: %s", fields[i]);
    }
    say(ALCOVE_ERR_ALLOC_FAILED);
    refusal.allocator = NULL;
    refuse_all(OF_ALLOC);
    ok(fails(check, "not said who refused"), "nobody has refused");
    refusal.allocator = "";
    ok(fails(check, "not said who refused"), "...or one without a name");
    say(ALCOVE_ERR_ALLOC_FAILED);
    refusal.old.size = 4711;
    refusal.old.align = 8;
    refuse_all(OF_CHANGE);
    ok(fails(check, "old layout in the error"), "the old layout is another");
    refusal.old.size = 100;
    refusal.old.align = 32;
    ok(fails(check, "old layout in the error"), "...in its alignment");
    agree("claims: fields");
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the kit's parent stands on malloc");
    tap_plan(29);
    test_claims();
    test_unclaimed();
    test_codes();
    test_fields();
    witness_sums_up(differing);
    return tap_done();
}
