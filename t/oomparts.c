/* SPDX-License-Identifier: MIT */
/* What the out-of-memory driver is made of, each by itself: the table of live
 * blocks beside a model, places in a program, and all sentences. */
#include <config.h>

#include <alcove.h>

#include "tap.h"

#ifndef TEST_INSIDE

int
main(void)
{
    return tap_skip_all("no static library, so nothing hidden can be called");
}

#else

#    include "../lib/check/oom.h"

#    include "told.h"

#    if ALCOVE_BACKTRACE
#        include <execinfo.h>
#        include <stdlib.h>
#    endif

#    define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- live blocks: where they stand ---- */

static struct oom_live table;

static const void *
block(size_t i)
{
    return (const void *)(uintptr_t)(16 * i);
}

/* The place at which the block stands; SIZE_MAX: at none. */
static size_t
place(size_t i)
{
    size_t at;

    for (at = 0; at < table.places; at++)
        if (table.blocks[at].p == block(i))
            return at;
    return SIZE_MAX;
}

static void
put(size_t i)
{
    alcove_oom_live_put(&table, block(i), 1000 + i);
}

static void
take(size_t i)
{
    alcove_oom_live_take(&table, block(i));
}

/* The next block after `*i` that stands at this place of an empty table. */
static size_t
next_at(size_t at, size_t *i)
{
    bool found;

    do {
        put(++*i);
        found = place(*i) == at;
        alcove_oom_live_done(&table);
    } while (!found);
    return *i;
}

static bool
is_empty(void)
{
    return !table.blocks && table.places == 0 && table.count == 0 &&
           !table.lost;
}

static void
test_empty(void)
{
    ok(is_empty() && alcove_oom_live_oldest(&table) == 0,
       "a table that is all 0 has no block");
    take(1);
    alcove_oom_live_done(&table);
    ok(is_empty(), "...to be taken out of it");
    errno = MARK;
    put(7);
    ok(table.places == 64 && table.count == 1 && errno == MARK &&
           alcove_oom_live_oldest(&table) == 1007,
       "one is put in");
    alcove_oom_live_put(&table, block(7), 3);
    ok(table.count == 1 && alcove_oom_live_oldest(&table) == 3,
       "...and once more, with another number");
    take(8);
    ok(table.count == 1 && place(7) < 64, "another one is not taken out");
    take(7);
    ok(table.count == 0 && place(7) == SIZE_MAX &&
           alcove_oom_live_oldest(&table) == 0,
       "...but this one");
    take(7);
    ok(table.count == 0, "...once");
    alcove_oom_live_done(&table);
    ok(is_empty(), "in the end there is no table");
}

/* Three whose place is the last but one, and one whose is the first. */
static void
test_probing(void)
{
    size_t i = 0, x = next_at(62, &i), y = next_at(62, &i), z = next_at(62, &i),
           first;

    i = 0;
    first = next_at(0, &i);
    put(x);
    put(y);
    put(first);
    put(z);
    ok(place(x) == 62 && place(y) == 63 && place(first) == 0 && place(z) == 1 &&
           table.count == 4,
       "whose place is taken stands at the next that is free, and after the "
       "last place is the first");
    take(x);
    ok(place(x) == SIZE_MAX && place(y) == 62 && place(z) == 63 &&
           place(first) == 0 && table.count == 3 && !table.blocks[1].p,
       "a gap is closed by those who stand behind it for it");
    take(y);
    ok(place(z) == 62 && place(first) == 0 && !table.blocks[63].p &&
           table.count == 2,
       "...but by nobody who stands where he should");
    put(y);
    put(x);
    take(first);
    ok(place(z) == 62 && place(y) == 63 && place(x) == 0 && table.count == 3,
       "who comes nearer to his place moves, too");
    alcove_oom_live_done(&table);
}

static void
test_growth(void)
{
    size_t i;

    for (i = 1; i <= 32; i++)
        put(i);
    ok(table.places == 64 && table.count == 32, "half of the table is filled");
    table.lost = true;
    put(33);
    ok(table.places == 128 && table.count == 33 && table.lost,
       "...and then it is made twice as large");
    for (i = 1; i <= 33; i++)
        put(i);
    ok(table.count == 33 && alcove_oom_live_oldest(&table) == 1001,
       "...and all are there");
    alcove_oom_live_done(&table);
}

/* So many places that no system has memory for twice as many. */
static void
test_no_memory(void)
{
    const size_t places = SIZE_MAX / 8 + 1;

    table.places = places;
    table.count = places / 2;
    errno = MARK;
    put(1);
    ok(table.lost && table.places == places && table.count == places / 2 &&
           !table.blocks && errno == MARK,
       "where there is no memory it is told that a block is lost");
    table.places = table.count = 0;
    alcove_oom_live_done(&table);
}

/* ---- beside a model ---- */

/* The numbers of blocks that are live, else 0. */
static size_t model[700];

static bool
agrees(void)
{
    size_t i, at, count = 0, oldest = 0;

    for (i = 0; i < COUNT(model); i++) {
        if (model[i] == 0)
            continue;
        count++;
        if (oldest == 0 || model[i] < oldest)
            oldest = model[i];
        at = place(i + 1);
        if (at == SIZE_MAX || table.blocks[at].serial != model[i])
            return false;
        alcove_oom_live_put(&table, block(i + 1), model[i]);
    }
    return table.count == count && !table.lost &&
           alcove_oom_live_oldest(&table) == oldest;
}

static void
test_model(void)
{
    size_t i, step, steps = tap_hurries() ? 1000 : 10000;
    bool good = true;

    for (step = 1; step <= steps && good; step++) {
        i = tap_random() % COUNT(model);
        if (model[i] && tap_random() % 2) {
            take(i + 1);
            model[i] = 0;
        } else {
            alcove_oom_live_put(&table, block(i + 1), step);
            model[i] = step;
        }
        if (step % 500 == 0)
            good = agrees();
    }
    ok(good, "after many calls the table is what a model is");
    for (i = 0; i < COUNT(model); i++)
        take(i + 1);
    ok(table.count == 0 && alcove_oom_live_oldest(&table) == 0,
       "...until all are taken out");
    for (i = 0; good && i < table.places; i++)
        good = !table.blocks[i].p;
    ok(good, "...and all places are empty");
    alcove_oom_live_done(&table);
}

/* ---- places in a program ---- */

static void
test_no_site(void)
{
    struct oom_site site = {.count = 5};
    char name[100];

    errno = MARK;
    alcove_oom_site_prepare();
    alcove_oom_site_find(&site, NULL);
    ok(site.count == 0 && errno == MARK, "of nobody nothing is known");
    is_size(alcove_oom_site_number(&site), 0, "...not even a number");
    alcove_oom_site_name(&site, name, sizeof name);
    is_str(name, "a place that is not known", "...and that is told");
    alcove_oom_site_find(&site, &site);
    ok(site.count == 1 && site.frames[0] == (void *)&site && errno == MARK,
       "of who is not on the stack only the address is known");
    ok(alcove_oom_site_number(&site) != 0, "...which has a number");
}

static void
test_number(void)
{
    static char code[9];
    struct oom_site site = {.count = 8}, other;
    size_t i, number;
    bool good = true;

    for (i = 0; i < 8; i++)
        site.frames[i] = &code[i];
    number = alcove_oom_site_number(&site);
    for (i = 0; i < 8; i++) {
        other = site;
        other.frames[i] = &code[8];
        good = good && (alcove_oom_site_number(&other) == number) == (i >= 4);
    }
    ok(good, "a place's number is that of its four innermost frames");
    other = site;
    other.count = 4;
    ok(alcove_oom_site_number(&other) == number, "...or of as many as it has");
    other.count = 2;
    number = alcove_oom_site_number(&other);
    other.frames[2] = &code[8];
    ok(alcove_oom_site_number(&other) == number, "...and no more");
    other.count = 3;
    ok(alcove_oom_site_number(&other) != number, "...so it is another place's");
}

#    if ALCOVE_BACKTRACE && ALCOVE_RETURN_ADDRESS

static void look(struct oom_site *site, size_t depth);
static void (*volatile look_on)(struct oom_site *site, size_t depth) = look;
static volatile size_t returned;
static bool seen;

static void
look(struct oom_site *site, size_t depth)
{
    void *all[64], *caller = OOM_CALLER();
    int i, found;

    if (depth > 0) {
        look_on(site, depth - 1);
        returned++; /* that was not the last thing to do */
        return;
    }
    found = backtrace(all, 64);
    for (i = 0; i < found && all[i] != caller; i++)
        ;
    seen = i < found && found - i > 10;
    alcove_oom_site_find(site, caller);
}

static void
test_frames(void)
{
    struct oom_site site;

    look_on(&site, 12);
    if (seen)
        is_size(site.count, 8, "a place is 8 frames");
    else
        skip(1, "the stack cannot be looked at");
}

#    else

static void
test_frames(void)
{
    skip(1, "there is no backtrace()");
}

#    endif

#    if ALCOVE_BACKTRACE && defined __GLIBC__

/* In place of the system's: a frame is the address of what is told of it; of ""
 * nothing can be told. */
char **
backtrace_symbols(void *const *array, int size)
{
    const char *told = size == 1 ? (const char *)array[0] : "";
    char **names = *told ? malloc(sizeof *names + strlen(told) + 1) : NULL;

    if (names) {
        names[0] = (char *)(names + 1);
        memcpy(names[0], told, strlen(told) + 1);
    }
    return names;
}

static bool
is_named(const struct oom_site *site, const char *wanted)
{
    char name[100];

    alcove_oom_site_name(site, name, sizeof name);
    return strcmp(name, wanted) == 0;
}

static void
test_site_name(void)
{
    static char ours[] = "lib.so(alcove_push+0x5) [0x7fff]", none[] = "",
                theirs[] = "program(main+0x12) [0x5581a0]",
                bare[] = "[0x5581a0]", blank[] = " [0x5581a0]";
    struct oom_site site = {{theirs, bare}, 2};
    char address[40];

    ok(is_named(&site, "program(main+0x12)"),
       "a place has the name of its function, without an address");
    site.frames[0] = ours;
    site.frames[1] = theirs;
    ok(is_named(&site, "program(main+0x12)"),
       "...of the first that is not alcove's");
    site.count = 1;
    snprintf(address, sizeof address, "%p", site.frames[0]);
    ok(is_named(&site, address), "...or else an address");
    site.frames[0] = none;
    snprintf(address, sizeof address, "%p", site.frames[0]);
    ok(is_named(&site, address), "...as if nothing can be told");
    site.frames[0] = bare;
    ok(is_named(&site, "[0x5581a0]"), "...or what is told instead of a name");
    site.frames[0] = blank;
    ok(is_named(&site, " [0x5581a0]"), "...but never nothing");
}

#    else

static void
test_site_name(void)
{
    skip(6, "the system's backtrace_symbols() cannot be answered here");
}

#    endif

/* ---- sentences ---- */

static void
test_names(void)
{
    is_str(alcove_oom_verdict_name(ALCOVE_OOM_LEAK), "LEAK",
           "a verdict has a name");
    is_str(alcove_oom_verdict_name(ALCOVE_OOM_VERDICT_COUNT), "?",
           "...and what is none has none");
    ok(strcmp(alcove_oom_kind_name(ALCOVE_FAIL_ALLOC), "alloc") == 0 &&
           strcmp(alcove_oom_kind_name(ALCOVE_FAIL_GROW), "grow") == 0 &&
           strcmp(alcove_oom_kind_name(ALCOVE_FAIL_DEALLOC), "dealloc") == 0,
       "a kind of request has a word");
}

static bool
tells(const struct oom_run *run, size_t number, const char *wanted)
{
    static char text[OOM_SENTENCE];

    alcove_oom_tell(run, number, text);
    if (strcmp(text, wanted) == 0)
        return true;
    diag("%s", text);
    return false;
}

static void
test_tell(void)
{
    struct oom_run run = {.verdict = ALCOVE_OOM_CLEAN};

    ok(tells(&run, 0, "CLEAN; nothing was refused"), "a run is told");
    run.verdict = ALCOVE_OOM_FAILED;
    snprintf(run.text, sizeof run.text, "100%% of it");
    ok(tells(&run, 0, "FAILED: 100% of it; nothing was refused"),
       "...and why it failed");
    run.refused = 1;
    run.kind = ALCOVE_FAIL_GROW;
    run.layout.size = 40;
    run.layout.align = 8;
    ok(tells(&run, 3,
             "FAILED: 100% of it; refused was request 3, grow of 40 bytes "
             "aligned to 8, at a place that is not known"),
       "...and what was refused");
    run.refused = 3;
    run.verdict = ALCOVE_OOM_LEAK;
    ok(tells(&run, 3,
             "LEAK: 100% of it, the first from a place that is not known; "
             "refused was request 3, grow of 40 bytes aligned to 8, and 2 "
             "more, at a place that is not known"),
       "...and what was leaked");
}

/* A part of a sentence is cut to its place. */
static void
test_long(void)
{
    static struct alcove_check_run r;
    static char what[400];

    memset(what, 'x', sizeof what - 1);
    ok(!alcove_check_that(&r, false, what) && r.broken &&
           strlen(r.broken_text) == 255,
       "what is broken is told in 255 bytes");
}

/* ---- sums ---- */

static struct oom_sums sums;

static void
count(enum alcove_oom_verdict verdict, size_t refused, size_t benign,
      bool claims)
{
    struct oom_run run = {.verdict = verdict,
                          .refused = refused,
                          .benign = benign,
                          .claims = claims};

    alcove_oom_count(&sums, &run);
}

static bool
sums_up(size_t places, const char *wanted)
{
    static char text[OOM_SENTENCE];

    alcove_oom_sum_up(&sums, places, text);
    if (strcmp(text, wanted) == 0)
        return true;
    diag("%s", text);
    return false;
}

static void
test_sums(void)
{
    struct oom_sums more = {.runs = 10, .coped = 2, .benign = 3};

    ok(sums_up(0, "0 refusals: 0 clean"), "nothing is summed up");
    count(ALCOVE_OOM_CLEAN, 0, 0, true);
    ok(sums_up(0, "0 refusals: 0 clean"),
       "...and a run in which nothing is refused is nothing");
    count(ALCOVE_OOM_CLEAN, 1, 0, false);
    ok(sums_up(0, "1 refusal: 1 clean") &&
           sums_up(1, "1 refusal at 1 place: 1 clean") &&
           sums_up(2, "1 refusal at 2 places: 1 clean"),
       "one is told as one");
    count(ALCOVE_OOM_CLEAN, 2, 1, true);
    ok(sums_up(2, "2 refusals at 2 places: 2 clean (1 coped with, 0 benign)"),
       "...and two as two, and who coped");
    count(ALCOVE_OOM_CLEAN, 2, 2, true);
    count(ALCOVE_OOM_CLEAN, 1, 1, false);
    ok(sums_up(0, "4 refusals: 4 clean (1 coped with, 2 benign)"),
       "...and what was benign");
    count(ALCOVE_OOM_LEAK, 1, 0, true);
    count(ALCOVE_OOM_LEAK, 1, 1, true);
    count(ALCOVE_OOM_FAILED, 0, 0, false);
    ok(sums_up(9, "6 refusals at 9 places: 4 clean (1 coped with, 2 benign), 2 "
                  "leaked, 1 failed for no reason"),
       "...and what was found");
    more.verdicts[ALCOVE_OOM_CRASH] = 4;
    more.verdicts[ALCOVE_OOM_INCONSISTENT] = 6;
    alcove_oom_add(&sums, &more);
    ok(sums_up(0, "16 refusals: 4 clean (3 coped with, 5 benign), 4 crashed, 2 "
                  "leaked, 1 failed for no reason, 6 did not do the same "
                  "again"),
       "sums are added to each other");
    memset(&sums, 0, sizeof sums);
    sums.benign = 1;
    ok(sums_up(0, "0 refusals: 0 clean (0 coped with, 1 benign)"),
       "...whichever of them there are");
}

/* ---- trouble ---- */

/* Of the driver's own books, which are not complete in the last of these runs.
 */
static size_t runs;

static bool
lose_track(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    (void)a;
    (void)arg;
    run->live.lost = --runs == 0;
    return true;
}

static bool
is_trouble(const struct oom *d)
{
    return runs == 0 && d->trouble && d->trouble_errno == 0 &&
           strcmp(d->trouble, "malloc has no memory for its books") == 0;
}

static void
test_trouble(void)
{
    static struct alcove_check_run run;
    static struct oom d;
    struct oom_order order;
    struct oom_run out;

    memset(&order, 0, sizeof order);
    order.in_place = true;
    d.body = lose_track;
    d.run = &run;
    runs = 1;
    ok(!alcove_oom_run(&d, &order, NULL, &out, NULL, NULL) && is_trouble(&d),
       "a run without complete books is none");
    d.trouble = NULL;
    runs = 2;
    ok(!alcove_oom_run_twice(&d, &order, NULL, &out, NULL, NULL) &&
           is_trouble(&d),
       "...nor is the second one");
}

static void
is_one_of_one(const struct alcove_check_result *result, void *arg)
{
    *(bool *)arg = strcmp(result->check, "kit") == 0 && result->number == 1 &&
                   result->count == 1 && result->verdict == ALCOVE_VERDICT_FAIL;
}

static void
test_options(void)
{
    const struct alcove_check_oom_options o = {.struct_size = 1};
    bool told_so = false;

    ok(!alcove_check_oom(lose_track, NULL, NULL, &o, is_one_of_one, &told_so) &&
           told_so,
       "options that are wrong are told as one check of one");
}

int
main(void)
{
    if (!ALCOVE_HAVE_MALLOC)
        return tap_skip_all("no malloc: %s", ALCOVE_NO_MALLOC);
    tap_plan(54);
    test_empty();
    test_probing();
    test_growth();
    test_no_memory();
    test_model();
    test_no_site();
    test_number();
    test_frames();
    test_site_name();
    test_names();
    test_tell();
    test_long();
    test_sums();
    test_trouble();
    test_options();
    return tap_done();
}

#endif
