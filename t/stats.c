/* SPDX-License-Identifier: MIT */
/* The books agree with what was done, whatever is refused; a snapshot fits
 * older and newer programs; and the report says what the snapshot does. And a
 * model: a million random operations against an independent count.
 */
#include <config.h>

#include <alcove/stats.h>

#include <alcove/malloc.h>
#include <alcove/stack.h>

#include "../lib/check/cancel.h"
#include "count.h"
#include "holds.h"
#include "tap.h"
#include "told.h"

#include <errno.h>
#include <string.h>
#if ALCOVE_HAVE_THREADS
#    include <pthread.h>
#endif

#define ALL                                                                    \
    (COUNT_PLAIN | ALCOVE_CAN_RESIZE | ALCOVE_CAN_OWNS |                       \
     ALCOVE_CAN_USABLE_SIZE | ALCOVE_CAN_ZERO)

static struct count parent;
static struct alcove_stats stats;
static struct alcove_allocator *const a = &stats.allocator;

static const struct alcove_layout l1 = {1, 1}, l100 = {100, 8}, l300 = {300, 8},
                                  l900 = {900, 8}, empty = {0, 8};

static void
begin(unsigned features)
{
    count_init(&parent, features);
    if (!alcove_stats_init(&stats, &parent.allocator, NULL))
        bail_out("no stats");
    before();
}

static struct alcove_stats_snapshot
now(void)
{
    struct alcove_stats_snapshot s = {.struct_size = sizeof s};

    if (!alcove_stats_take(&stats, &s, NULL))
        bail_out("no snapshot");
    return s;
}

static bool
live(size_t blocks, size_t bytes)
{
    struct alcove_stats_snapshot s = now();

    return s.live_blocks == blocks && s.live_bytes == bytes &&
           count_ok(&parent, blocks, bytes);
}

static bool
peak(size_t blocks, size_t bytes)
{
    struct alcove_stats_snapshot s = now();

    return s.peak_blocks == blocks && s.peak_bytes == bytes;
}

static bool
total(uint64_t blocks, uint64_t bytes)
{
    struct alcove_stats_snapshot s = now();

    return s.total_blocks == blocks && s.total_bytes == bytes;
}

static uint64_t
refusals(enum alcove_code code)
{
    return now().refused[code];
}

static bool
parent_told(enum alcove_code code)
{
    return errno_is_not(MARK) && err.code == code &&
           err.allocator == parent.ops.name;
}

static void
refuse_next(void)
{
    parent.fail_after = 0;
    parent.fail_once = true;
}

static char *
block(struct alcove_layout l)
{
    char *p = alcove_alloc(a, l, NULL);

    if (!p)
        bail_out("no block");
    memset(p, 0x21, l.size);
    return p;
}

/* ---- init and done ---- */

static bool
no_init(struct alcove_allocator *from)
{
    static struct alcove_stats old;
    bool refused_twice;

    old = stats;
    before();
    refused_twice = !alcove_stats_init(&stats, from, &err) &&
                    !alcove_stats_init(&stats, from, NULL);
    return refused_twice && err.code == ALCOVE_ERR_OTHER && errno_is(EINVAL) &&
           strcmp(err.allocator, "stats") == 0 && err.detail &&
           memcmp(&old, &stats, sizeof stats) == 0;
}

static void
test_init(void)
{
    static const struct alcove_stats_snapshot none;
    struct alcove_stats_snapshot s;
    size_t i, wrong = 0;

    begin(ALL);
    ok(no_init(NULL) && no_init(a), "there must be a parent, not itself");
    before();
    ok(alcove_stats_init(&stats, &parent.allocator, &err) && untouched() &&
           strcmp(alcove_name(a), "stats") == 0 && parent.asked == 0,
       "one is taken, and nothing is asked of it");
    s = now();
    s.struct_size = 0;
    ok(memcmp(&s, &none, sizeof s) == 0, "all figures begin with 0");
    for (i = 0; i < 1000; i++) {
        parent.allocator.features = (unsigned)tap_random() & 0x7ff;
        if (!alcove_stats_init(&stats, &parent.allocator, NULL))
            bail_out("no stats");
        wrong += alcove_features(a) !=
                 (parent.allocator.features & ~(unsigned)ALCOVE_CAN_THREADS);
    }
    is_size(wrong, 0, "it can what its parent can, but for threads");
}

static void
test_done(void)
{
    char *p;

    begin(ALL);
    ok(alcove_stats_done(&stats, &err) && untouched(), "idle, it is done");
    p = block(l300);
    before();
    ok(!alcove_stats_done(&stats, &err) && err.code == ALCOVE_ERR_OTHER &&
           errno_is(EBUSY) && err.limit == 300 && err.detail &&
           strcmp(err.allocator, "stats") == 0 &&
           !alcove_stats_done(&stats, NULL) && live(1, 300),
       "with a live block it is not, and stays as it is");
    before();
    ok(alcove_dealloc(a, p, l300, &err) && alcove_stats_done(&stats, &err) &&
           alcove_stats_done(&stats, &err) && untouched(),
       "...until that is released");
}

/* ---- the figures, one by one ---- */

static void
test_blocks(void)
{
    char *p, *q, *z;

    begin(ALL);
    p = alcove_alloc(a, l100, &err);
    q = alcove_zalloc(a, l300, &err);
    ok(p && q && holds(q, 0, 300) && parent.zallocs == 1 && live(2, 400) &&
           untouched(),
       "blocks count, cleared or not");
    ok(alcove_owns(a, p, l100) && !alcove_owns(a, p, l300) &&
           alcove_usable_size(a, p, l100) == 100 + 256,
       "questions are the parent's to answer");
    ok(alcove_dealloc(a, p, l100, &err) && live(1, 300) && untouched(),
       "a release takes off");
    p = block(l1);
    ok(live(2, 301) && peak(2, 400), "the peaks stay");
    z = block(l1);
    ok(live(3, 302) && peak(3, 400), "...each by itself");
    ok(total(4, 402) && now().largest == 300, "all is in the totals");
    ok(now().sizes[0] == 2 && now().sizes[6] == 1 && now().sizes[8] == 1,
       "...and in the sizes, by powers of two");
    before();
    ok(alcove_alloc(a, empty, &err) && alcove_realloc(a, p, l1, l1, &err) &&
           alcove_resize(a, p, l1, l1) && total(4, 402) &&
           now().changed_in_place == 0 && untouched(),
       "what asks nothing of the parent does not count");
    alcove_dealloc(a, p, l1, NULL);
    alcove_dealloc(a, q, l300, NULL);
    ok(alcove_checked_dealloc(a, z, l1, NULL) && live(0, 0) && peak(3, 400),
       "in the end nothing is live");

    begin(ALL);
    alcove_dealloc(a, block(l300), l300, NULL);
    p = block(l100);
    q = block(l100);
    z = block(l100);
    ok(peak(3, 300), "a peak that is just reached is not passed");
    alcove_dealloc(a, p, l100, NULL);
    alcove_dealloc(a, q, l100, NULL);
    alcove_dealloc(a, z, l100, NULL);
}

static void
test_powers(void)
{
    size_t i, wrong = 0;

    begin(ALL);
    for (i = 0; i < 20; i++) {
        size_t power = (size_t)1 << i;
        struct alcove_layout least = {power, 1}, most = {2 * power - 1, 1};
        char *p = block(least), *q = block(most);

        wrong += now().sizes[i] != 2 || now().largest != 2 * power - 1;
        alcove_dealloc(a, p, least, NULL);
        alcove_dealloc(a, q, most, NULL);
    }
    is_size(wrong, 0, "a power of two begins a new size");
}

static void
test_changes(void)
{
    char *p, *q;

    begin(ALL);
    p = block(l100);
    q = alcove_realloc(a, p, l100, l300, &err);
    ok(q == p && holds(q, 0x21, 100) && live(1, 300) && peak(1, 300) &&
           total(1, 300) && now().changed_in_place == 1 && untouched(),
       "a block that grows adds the difference, and is no other");
    parent.refuse_resize = true;
    q = alcove_realloc(a, p, l300, l900, &err);
    ok(q && q != p && holds(q, 0x21, 100) && live(1, 900) && total(1, 900) &&
           now().changed_in_place == 1 && now().changed_moved == 1 &&
           now().largest == 900 && untouched(),
       "...one that moves likewise");
    parent.refuse_resize = false;
    ok(alcove_resize(a, q, l900, l100) && live(1, 100) && peak(1, 900) &&
           total(1, 900) && now().changed_in_place == 2 && untouched(),
       "one that shrinks adds nothing");
    ok(now().sizes[6] == 2 && now().sizes[8] == 1 && now().sizes[9] == 1,
       "the sizes have what it was changed to");
    parent.refuse_resize = true;
    ok(!alcove_resize(a, q, l100, l300) && now().resizes_refused == 1 &&
           now().changed_in_place == 2 && live(1, 100) && untouched() &&
           refusals(ALCOVE_OK) + refusals(ALCOVE_ERR_ALLOC_FAILED) == 0,
       "a resize that is refused is one that is refused, and nothing else");
    refuse_next();
    ok(!alcove_realloc(a, q, l100, l300, &err) && live(1, 100) &&
           parent_told(ALCOVE_ERR_ALLOC_FAILED) && holds(q, 0x21, 100) &&
           refusals(ALCOVE_ERR_ALLOC_FAILED) == 1 && total(1, 900) &&
           now().resizes_refused == 1 && now().changed_moved == 1,
       "...so is any other change");
    alcove_dealloc(a, q, l100, NULL);
    ok(live(0, 0), "nothing is left");
}

static void
nothing(void *mem, void *arg)
{
    (void)mem;
    ++*(size_t *)arg;
}

static void
test_refusals(void)
{
    size_t calls = 0;
    char *p;

    begin(ALL);
    refuse_next();
    ok(!alcove_alloc(a, l900, &err) && parent_told(ALCOVE_ERR_ALLOC_FAILED) &&
           err.cause == ALCOVE_CAUSE_INJECTED && err.layout.size == 900 &&
           errno_is(ENOMEM) && refusals(ALCOVE_ERR_ALLOC_FAILED) == 1,
       "a refusal counts by its code, and comes through");
    refuse_next();
    ok(!alcove_zalloc(a, l900, NULL) && errno_is(ENOMEM) &&
           refusals(ALCOVE_ERR_ALLOC_FAILED) == 2,
       "...without a place for the error, too");
    refuse_next();
    ok(!alcove_alloc_temp(a, l900, nothing, &calls, NULL) && calls == 0 &&
           refusals(ALCOVE_ERR_ALLOC_FAILED) == 3,
       "...for a scope");
    ok(total(0, 0) && peak(0, 0) && now().largest == 0 && now().scoped == 0,
       "...and nothing else counts");
    p = block(l100);
    before();
    parent.refuse_this = p;
    ok(!alcove_dealloc(a, p, l100, &err) && parent_told(ALCOVE_ERR_LOCK) &&
           live(1, 100) && refusals(ALCOVE_ERR_LOCK) == 1 &&
           now().releases_refused == 1,
       "a release that is refused counts, and the block is live");
    parent.refuse_this = p;
    ok(!alcove_dealloc(a, p, l100, NULL) && live(1, 100) &&
           refusals(ALCOVE_ERR_LOCK) == 2 && now().releases_refused == 2 &&
           alcove_dealloc(a, p, l100, NULL) && live(0, 0),
       "...again, until it is not");
    ok(!alcove_alloc(a, (struct alcove_layout){8, 3}, &err) &&
           !alcove_alloc(a, (struct alcove_layout){8, 0}, NULL) &&
           refusals(ALCOVE_ERR_ZERO_ALIGN) +
                   refusals(ALCOVE_ERR_ALIGN_NOT_POWER_OF_TWO) ==
               0,
       "what is not valid is refused before");

    begin(ALCOVE_CAN_NOTHING);
    ok(!alcove_alloc(a, l100, NULL) && errno_is(ENOTSUP) &&
           !alcove_alloc_temp(a, l100, nothing, &calls, &err) && calls == 0 &&
           refusals(ALCOVE_ERR_UNSUPPORTED) == 2,
       "each code has its own count");
}

/* A parent whose code nobody knows. */
static int strange_code;

static void *
strange_alloc(struct alcove_allocator *s, struct alcove_layout l,
              struct alcove_error *e)
{
    struct alcove_error what = {.layout = l};

    (void)s;
    what.code = (enum alcove_code)strange_code;
    alcove_error_set(e, &what);
    return NULL;
}

static void
test_strange(void)
{
    begin(ALL);
    parent.ops.alloc = strange_alloc;
    strange_code = ALCOVE_STATS_CODES + 4711;
    ok(!alcove_alloc(a, l100, &err) && (int)err.code == strange_code &&
           refusals(ALCOVE_ERR_OTHER) == 1,
       "a code that nobody knows counts as OTHER");
    strange_code = ALCOVE_CODE_COUNT;
    ok(!alcove_alloc(a, l100, &err) && (int)err.code == strange_code &&
           refusals(ALCOVE_ERR_OTHER) == 2,
       "...the first of them, too");
    ok((int)ALCOVE_CODE_COUNT <= (int)ALCOVE_STATS_CODES,
       "there is room for all codes");
}

/* ---- scopes ---- */

static void
look(void *mem, void *arg)
{
    struct alcove_stats_snapshot *seen = arg;
    int number = errno;

    *(char *)mem = 1;
    *seen = now();
    seen->struct_size = number == MARK;
    errno = EDOM;
}

static void
look_deeper(void *mem, void *arg)
{
    (void)mem;
    if (!alcove_alloc_temp(a, l300, look, arg, NULL))
        bail_out("no scope");
}

static void
test_scopes(void)
{
    struct alcove_stats_snapshot seen = now();
    size_t calls = 0;

    begin(ALL);
    ok(alcove_alloc_temp(a, l300, look, &seen, &err) && live(0, 0) &&
           seen.live_blocks == 1 && seen.live_bytes == 300 &&
           seen.total_blocks == 1 && seen.scoped == 1 && seen.sizes[8] == 1,
       "a scoped block counts, and is live while its scope is open");
    ok(seen.struct_size == 1 && errno == EDOM &&
           memcmp(&err, &pristine, sizeof err) == 0,
       "...errno goes in and out, and the error is untouched");
    ok(alcove_zalloc_temp(a, l900, look_deeper, &seen, NULL) && live(0, 0) &&
           seen.live_blocks == 2 && seen.live_bytes == 1200 && peak(2, 1200) &&
           total(3, 1500) && now().scoped == 3,
       "scopes nest");
    begin(ALL & ~(unsigned)ALCOVE_CAN_TEMP);
    ok(!alcove_alloc_temp(a, l1, look, &seen, &err) &&
           parent_told(ALCOVE_ERR_UNSUPPORTED) && live(0, 0),
       "over a parent without scopes there are none");
    begin(ALL);
    count_own_temp(&parent);
    ok(alcove_alloc_temp(a, l300, look, &seen, NULL) &&
           seen.live_bytes == 300 && parent.temps == 1 && live(0, 0),
       "a scope is the parent's own");
    begin(ALL);
    parent.refuse_dealloc = true;
    ok(alcove_alloc_temp(a, l300, nothing, &calls, &err) && untouched() &&
           now().live_blocks == 0 && now().releases_refused == 0,
       "...and ends here even if the parent does not take the block back");
    count_done(&parent);
}

static void
test_stack(void)
{
    struct alcove_stats_snapshot seen = now();

    if (!ALCOVE_HAVE_STACK) {
        skip(1, "the stack allocator is not built");
        return;
    }
    if (!alcove_stats_init(&stats, alcove_stack(), NULL))
        bail_out("no stats");
    ok(alcove_alloc_temp(a, l300, look, &seen, NULL) &&
           seen.live_bytes == 300 && now().live_bytes == 0 &&
           !alcove_alloc(a, l1, NULL),
       "over the stack, which gives nothing else, scopes are on the stack");
}

#if ALCOVE_HAVE_THREADS

static struct alcove_stats_snapshot at_end;

static void
end_here(void *mem, void *cancel)
{
    (void)mem;
    at_end = now();
    if (!cancel)
        pthread_exit(NULL);
    alcove_cancel_self();
}

static void
end_deeper(void *mem, void *cancel)
{
    (void)mem;
    if (alcove_alloc_temp(a, l100, end_here, cancel, NULL))
        at_end.live_blocks = 0; /* nobody comes here */
}

static void *
ending(void *cancel)
{
    if (alcove_alloc_temp(a, l300, end_deeper, cancel, NULL))
        at_end.live_blocks = 0;
    return NULL;
}

static void
test_ending(const char *how, void *cancel, bool own)
{
    pthread_t id;

    begin(ALL);
    if (own)
        count_own_temp(&parent);
    if (pthread_create(&id, NULL, ending, cancel) != 0 ||
        pthread_join(id, NULL) != 0)
        bail_out("no threads");
    ok(at_end.live_blocks == 2 && at_end.live_bytes == 400 && live(0, 0),
       "%s out of two scopes%s puts the books right", how,
       own ? " of the parent's own" : "");
}

static void
test_endings(void)
{
    static char yes;

    test_ending("pthread_exit", NULL, false);
    test_ending("pthread_cancel", &yes, false);
    test_ending("pthread_exit", NULL, true);
    test_ending("pthread_cancel", &yes, true);
}

#else

static void
test_endings(void)
{
    skip(4, "the library is built without threads");
}

#endif

/* ---- reset ---- */

static void
test_reset(void)
{
    struct alcove_stats_snapshot s, fresh = {.struct_size = sizeof fresh};
    char *p, *q;

    begin(ALL);
    p = block(l100);
    q = block(l900);
    alcove_dealloc(a, q, l900, NULL);
    refuse_next();
    q = alcove_alloc(a, l900, NULL);
    parent.refuse_resize = true;
    before();
    ok(!q && !alcove_resize(a, p, l100, l300) && peak(2, 1000),
       "what has been done");
    alcove_stats_reset(&stats);
    s = now();
    fresh.live_blocks = fresh.peak_blocks = 1;
    fresh.live_bytes = fresh.peak_bytes = 100;
    ok(memcmp(&s, &fresh, sizeof s) == 0 && untouched(),
       "...is gone after a reset, but what is live, which is the peak");
    q = block(l300);
    ok(live(2, 400) && peak(2, 400) && total(1, 300) && now().largest == 300,
       "...and counting begins anew");
    alcove_dealloc(a, p, l100, NULL);
    alcove_dealloc(a, q, l300, NULL);
    ok(live(0, 0) && peak(2, 400), "what was live before can be released");
}

/* ---- snapshots of other sizes ---- */

static void
test_sizes(void)
{
    static struct {
        struct alcove_stats_snapshot known;
        unsigned char unknown[64];
    } future;
    const size_t least = offsetof(struct alcove_stats_snapshot, live_blocks);
    struct alcove_stats_snapshot s, whole, rubbish;
    size_t size, wrong = 0;
    char *p, *q;

    begin(ALL);
    p = block(l100);
    q = block(l900);
    alcove_dealloc(a, p, l100, NULL);
    whole = now();
    memset(&rubbish, 0x5a, sizeof rubbish);
    ok(whole.struct_size == sizeof whole, "a snapshot says how much it has");

    for (size = 0; size < least; size++) {
        s = rubbish;
        s.struct_size = size;
        before();
        wrong += alcove_stats_take(&stats, &s, &err) || !errno_is(EINVAL);
        wrong += err.code != ALCOVE_ERR_OTHER || !err.detail;
        wrong += strcmp(err.allocator, "stats") != 0 || s.struct_size != size;
        wrong += alcove_stats_take(&stats, &s, NULL);
        s.struct_size = rubbish.struct_size;
        wrong += memcmp(&s, &rubbish, sizeof s) != 0;
    }
    is_size(wrong, 0, "one without room for a figure is refused, and kept");
    for (size = least; size <= sizeof s; size++) {
        s = rubbish;
        s.struct_size = size;
        before();
        wrong += !alcove_stats_take(&stats, &s, &err) || !untouched();
        wrong += s.struct_size != size;
        wrong += memcmp((char *)&s + sizeof s.struct_size,
                        (char *)&whole + sizeof s.struct_size,
                        size - sizeof s.struct_size) != 0;
        wrong += !holds((char *)&s + size, 0x5a, sizeof s - size);
    }
    is_size(wrong, 0, "an older program's is filled as far as it goes");
    memset(&future, 0x5a, sizeof future);
    future.known.struct_size = sizeof future - 8;
    ok(alcove_stats_take(&stats, &future.known, NULL) &&
           memcmp(&future.known, &whole, sizeof whole) == 0 &&
           holds(future.unknown, 0, sizeof future.unknown - 8) &&
           holds(future.unknown + sizeof future.unknown - 8, 0x5a, 8),
       "a newer one's is told what was filled, and the rest is 0");
    alcove_dealloc(a, q, l900, NULL);
}

/* ---- the report ---- */

static bool
formats(const struct alcove_stats_snapshot *s, const char *text)
{
    char buf[8192], part[8192];
    size_t length, size, wrong = 0;

    before();
    length = alcove_stats_format(s, buf, sizeof buf);
    if (length >= sizeof buf || strcmp(buf, text) != 0)
        diag("got:\n%s", buf);
    if (errno != MARK || length != strlen(text) || strcmp(buf, text) != 0)
        return false;
    if (alcove_stats_format(s, NULL, 0) != length)
        return false;
    for (size = 1; size < length + 9; size += size < 300 ? 1 : 97) {
        size_t kept = size <= length ? size - 1 : length;

        memset(part, 0x5a, size + 1);
        wrong += alcove_stats_format(s, part, size) != length;
        wrong += memcmp(part, buf, kept) != 0 || part[kept] != '\0';
        wrong += part[size] != 0x5a;
    }
    return wrong == 0;
}

static size_t
count_of(const char *s, char c)
{
    size_t count = 0;

    for (; *s; s++)
        count += *s == c;
    return count;
}

/* How far from the start of its line the first `word` ends. */
static size_t
end_of(const char *text, const char *word)
{
    const char *at = strstr(text, word), *start = at;

    while (at && start > text && start[-1] != '\n')
        start--;
    return at ? (size_t)(at - start) + strlen(word) : 0;
}

/* Is a figure in its column, however long it is? */
static size_t
wrong_columns(void)
{
#define FIELD(name) offsetof(struct alcove_stats_snapshot, name)
    static const struct {
        size_t offset;
        bool wide;
        const char *column;
    } fields[] = {
        {FIELD(live_blocks), false, "blocks"},
        {FIELD(peak_blocks), false, "blocks"},
        {FIELD(total_blocks), true, "blocks"},
        {FIELD(scoped), true, "blocks"},
        {FIELD(changed_in_place), true, "blocks"},
        {FIELD(changed_moved), true, "blocks"},
        {FIELD(resizes_refused), true, "blocks"},
        {FIELD(releases_refused), true, "blocks"},
        {FIELD(refused[ALCOVE_ERR_ALLOC_FAILED]), true, "blocks"},
        {FIELD(sizes[5]), true, "blocks"},
        {FIELD(sizes[5]), true, "times"},
        {FIELD(live_bytes), false, "bytes"},
        {FIELD(peak_bytes), false, "bytes"},
        {FIELD(total_bytes), true, "bytes"},
        {FIELD(largest), false, "bytes"},
    };
    const size_t number = 4123456789;
    const uint64_t wide = number;
    size_t i, wrong = 0;
    char buf[8192];

    for (i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct alcove_stats_snapshot s = {.struct_size = sizeof s};
        char *field = (char *)&s + fields[i].offset;

        memcpy(field, fields[i].wide ? (const void *)&wide : &number,
               fields[i].wide ? sizeof wide : sizeof number);
        (void)alcove_stats_format(&s, buf, sizeof buf);
        if (end_of(buf, "4123456789") == end_of(buf, fields[i].column))
            continue;
        diag("field %u of\n%s", (unsigned)i, buf);
        wrong++;
    }
    return wrong;
}

static void
test_report(void)
{
    struct alcove_stats_snapshot s = {.struct_size = sizeof s};
    char buf[8192];

    ok(formats(&s, "         blocks  bytes\n"
                   "live          0      0\n"
                   "peak          0      0\n"
                   "total         0      0\n"),
       "a report of nothing is short");

    s.live_blocks = 12;
    s.live_bytes = 960;
    s.peak_blocks = 310;
    s.peak_bytes = 40320;
    s.total_blocks = 1234567;
    s.total_bytes = 10123456789;
    s.largest = 8192;
    s.scoped = 500;
    s.changed_in_place = 40;
    s.changed_moved = 7;
    s.refused[ALCOVE_ERR_ALLOC_FAILED] = 3;
    s.refused[ALCOVE_ERR_LOCK] = 1;
    s.releases_refused = 1;
    s.resizes_refused = 9;
    s.sizes[0] = 1;
    s.sizes[9] = 30;
    s.sizes[10] = 1200000;
    s.sizes[13] = 34536;
    s.sizes[63] = 600001;
    ok(formats(&s,
               "          blocks        bytes\n"
               "live          12          960\n"
               "peak         310        40320\n"
               "total    1234567  10123456789\n"
               "largest                  8192\n"
               "scoped       500  of the total\n"
               "changed       40  in place\n"
               "               7  moved\n"
               "refused        3  ALCOVE_ERR_ALLOC_FAILED\n"
               "               1  ALCOVE_ERR_LOCK\n"
               "               1  of these, releases\n"
               "               9  resizes in place\n"
               "from       times\n"
               "  1 B          1  #\n"
               "512 B         30  #\n"
               "  1 KiB  1200000  ########################################\n"
               "  8 KiB    34536  ##\n"
               "  8 EiB   600001  #####################\n"),
       "a report has a line for all that is not 0");

    s.struct_size = offsetof(struct alcove_stats_snapshot, changed_moved);
    ok(formats(&s, "          blocks        bytes\n"
                   "live          12          960\n"
                   "peak         310        40320\n"
                   "total    1234567  10123456789\n"
                   "largest                  8192\n"
                   "scoped       500  of the total\n"
                   "changed       40  in place\n"),
       "...and leaves out what an older program's snapshot does not have");

    memset(&s, 0, sizeof s);
    s.struct_size = sizeof s;
    s.sizes[0] = 12345678;
    s.sizes[1] = 1;
    ok(formats(&s, "           blocks  bytes\n"
                   "live            0      0\n"
                   "peak            0      0\n"
                   "total           0      0\n"
                   "from        times\n"
                   "  1 B    12345678  "
                   "########################################\n"
                   "  2 B           1  #\n"),
       "the smallest size may be the most frequent");
    s.sizes[0] = 1;
    s.sizes[63] = 12345678;
    ok(formats(&s, "           blocks  bytes\n"
                   "live            0      0\n"
                   "peak            0      0\n"
                   "total           0      0\n"
                   "from        times\n"
                   "  1 B           1  #\n"
                   "  2 B           1  #\n"
                   "  8 EiB  12345678  "
                   "########################################\n"),
       "...and so may the largest");
    is_size(wrong_columns(), 0, "long figures stay in their columns");
    memset(&s, 0xff, sizeof s);
    ok(alcove_stats_format(&s, buf, sizeof buf) < sizeof buf &&
           count_of(buf, '\n') == 5 + 3 + ALCOVE_STATS_CODES + 2 + 1 + 64 &&
           count_of(buf, '#') == 64 * 40 &&
           strstr(buf, "\n512 PiB  18446744073709551615  ##"),
       "the largest numbers have room");
}

/* ---- the model ---- */

enum { SLOTS = 40, STEPS = 1000000 };

static struct slot {
    void *p; /* NULL: none */
    struct alcove_layout l;
} slots[SLOTS];

/* The count. live, peak and largest may lag behind by what an operation that
 * runs has in hand; it ends with `passed`. */
static struct alcove_stats_snapshot model;
static size_t served, refused;

static size_t
power_below(size_t size)
{
    size_t power = 0;

    while (size > 1) {
        size /= 2;
        power++;
    }
    return power;
}

static void
passed(size_t blocks, size_t bytes)
{
    model.live_blocks = blocks;
    model.live_bytes = bytes;
    if (model.peak_blocks < blocks)
        model.peak_blocks = blocks;
    if (model.peak_bytes < bytes)
        model.peak_bytes = bytes;
}

static void
gave(size_t size)
{
    if (size == 0)
        return;
    if (model.largest < size)
        model.largest = size;
    model.sizes[power_below(size)]++;
    model.total_blocks++;
    model.total_bytes += size;
    passed(model.live_blocks + 1, model.live_bytes + size);
}

static void
took(size_t size)
{
    if (size != 0)
        passed(model.live_blocks - 1, model.live_bytes - size);
}

static void
changed(size_t old, size_t size)
{
    if (model.largest < size)
        model.largest = size;
    model.sizes[power_below(size)]++;
    model.total_bytes += size > old ? size - old : 0;
    passed(model.live_blocks, model.live_bytes + size - old);
}

static struct alcove_layout
any_layout(size_t align)
{
    struct alcove_layout l;

    l.size = tap_random() % ((size_t)1 << tap_random() % 11);
    l.align = align << tap_random() % 2;
    return l;
}

/* Half of the callers have no place for the error. */
static struct alcove_error *place;

/* After an operation that failed: only for this can it be. */
static bool
refused_as(enum alcove_code code)
{
    refused++;
    model.refused[code]++;
    if (place && !parent_told(code))
        return false;
    return errno_is_not(MARK) &&
           (place || memcmp(&err, &pristine, sizeof err) == 0);
}

static bool
was_served(void)
{
    served++;
    return untouched();
}

static bool
step_alloc(struct slot *s, bool zero)
{
    struct alcove_layout l = any_layout(1);

    s->p = zero ? alcove_zalloc(a, l, place) : alcove_alloc(a, l, place);
    s->l = l;
    if (!s->p)
        return refused_as(ALCOVE_ERR_ALLOC_FAILED);
    gave(l.size);
    return was_served();
}

static bool
step_dealloc(struct slot *s)
{
    if (!alcove_dealloc(a, s->p, s->l, place)) {
        model.releases_refused++;
        return refused_as(ALCOVE_ERR_LOCK);
    }
    took(s->l.size);
    s->p = NULL;
    return was_served();
}

static bool
is_aligned(const void *p, size_t align)
{
    return (uintptr_t)p % align == 0;
}

static bool
same(const struct slot *s, struct alcove_layout l)
{
    return s->l.size == l.size && s->l.align == l.align;
}

static bool
step_resize(struct slot *s)
{
    struct alcove_layout l = any_layout(1);
    bool done = alcove_resize(a, s->p, s->l, l);

    if (s->l.size == 0 || l.size == 0 || !is_aligned(s->p, l.align))
        return !done && untouched(); /* nobody was asked */
    if (same(s, l))
        return done && untouched();
    if (!done) {
        refused++;
        model.resizes_refused++;
        return untouched();
    }
    model.changed_in_place++;
    changed(s->l.size, l.size);
    s->l = l;
    return was_served();
}

static bool
step_realloc(struct slot *s)
{
    struct alcove_layout l = any_layout(s->l.align);
    uintptr_t address = (uintptr_t)s->p;
    bool is_release = s->l.size != 0 && l.size == 0;
    void *q = alcove_realloc(a, s->p, s->l, l, place);

    model.releases_refused += !q && is_release;
    if (!q)
        return refused_as(!is_release && parent.fail_after == 0
                              ? ALCOVE_ERR_ALLOC_FAILED
                              : ALCOVE_ERR_LOCK);
    s->p = q;
    if (s->l.size == 0)
        gave(l.size);
    else if (l.size == 0)
        took(s->l.size);
    else if (!same(s, l)) {
        (uintptr_t) q == address ? model.changed_in_place++
                                 : model.changed_moved++;
        changed(s->l.size, l.size);
    }
    s->l = l;
    return was_served();
}

static void
visit(void *mem, void *arg)
{
    struct alcove_stats_snapshot s = now();

    *(char *)mem = 1;
    *(bool *)arg = memcmp(&s, &model, sizeof s) == 0;
}

static bool
step_temp(void)
{
    struct alcove_layout l = any_layout(1);
    struct alcove_stats_snapshot then = model;
    bool agreed = false;

    l.size++;
    gave(l.size);
    model.scoped++;
    if (!alcove_alloc_temp(a, l, visit, &agreed, place)) {
        model = then;
        return refused_as(ALCOVE_ERR_ALLOC_FAILED);
    }
    took(l.size);
    return agreed && was_served();
}

static bool
reset(void)
{
    struct alcove_stats_snapshot fresh = {.struct_size = sizeof fresh};

    alcove_stats_reset(&stats);
    fresh.live_blocks = fresh.peak_blocks = model.live_blocks;
    fresh.live_bytes = fresh.peak_bytes = model.live_bytes;
    model = fresh;
    return untouched();
}

static bool
step(struct slot *s)
{
    size_t what = tap_random() % 16, orders = tap_random();

    before();
    place = orders % 2 == 0 ? &err : NULL;
    parent.fail_after = orders / 2 % 8 == 0 ? 0 : SIZE_MAX;
    parent.refuse_this = orders / 16 % 8 == 0 ? s->p : NULL;
    parent.refuse_resize = orders / 128 % 2 == 0;
    if (what == 0)
        return orders / 256 % 4096 == 0 ? reset() : step_temp();
    if (!s->p)
        return step_alloc(s, what < 8);
    if (what < 7)
        return step_dealloc(s);
    return what < 11 ? step_resize(s) : step_realloc(s);
}

static bool
agrees(void)
{
    struct alcove_stats_snapshot s = now();

    return memcmp(&s, &model, sizeof s) == 0 &&
           s.live_blocks == parent.live_blocks &&
           s.live_bytes == parent.live_bytes;
}

static void
test_model(void)
{
    size_t i, wrong = 0;

    begin(ALL);
    memset(&model, 0, sizeof model);
    model.struct_size = sizeof model;
    for (i = 0; i < STEPS && wrong == 0; i++) {
        wrong += !step(&slots[tap_random() % SLOTS]);
        if (i % 8 == 0)
            wrong += !agrees();
        if (wrong != 0)
            diag("step %lu", (unsigned long)i);
    }
    ok(wrong == 0 && agrees(),
       "%lu random operations agree with an independent count",
       (unsigned long)STEPS);
    ok(served > STEPS / 4 && refused > STEPS / 20,
       "...%lu served, and %lu refused", (unsigned long)served,
       (unsigned long)refused);
    parent.fail_after = SIZE_MAX;
    parent.refuse_this = NULL;
    before();
    for (i = 0; i < SLOTS; i++)
        if (slots[i].p && !step_dealloc(&slots[i]))
            wrong++;
    ok(wrong == 0 && agrees() && live(0, 0) && alcove_stats_done(&stats, NULL),
       "...and nothing is left or lost");
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("the counting allocator needs malloc");
    tap_plan(65);
    test_init();
    test_done();
    test_blocks();
    test_powers();
    test_changes();
    test_refusals();
    test_strange();
    test_scopes();
    test_stack();
    test_endings();
    test_reset();
    test_sizes();
    test_report();
    test_model();
    return tap_done();
}
