/* SPDX-License-Identifier: MIT */
/* Four threads at once.
 *
 * Each has a kit of its own over the same allocator, so that nothing of the
 * kit's stands between the threads but what they hand over.
 */
#include <config.h>

#include "kit.h"

#if ALCOVE_HAVE_THREADS

#    include <pthread.h>
#    include <stdlib.h>
#    include <string.h>

enum { THREADS = 4, SLOTS = 8 };

/* Where blocks change hands. */
struct exchange {
    pthread_mutex_t lock;
    struct block slots[SLOTS]; /* p is NULL: empty */
};

struct worker {
    struct kit *k;
    struct exchange *exchange; /* NULL: nothing is handed over */
    size_t steps, taken;
    pthread_t id;
};

/* ---- each for itself ---- */

static void
nothing_lost(void *mem, void *arg)
{
    struct kit *k = arg;
    const size_t size = 100;

    if (!mem) {
        alcove_kit_fail(k, "a callback gets NULL");
        return;
    }
    alcove_pattern_write(mem, size, k->tags);
    alcove_kit_that(k, alcove_pattern_find(mem, size, size, k->tags) == size,
                    "a temporary changed under its thread");
}

static bool
step(struct kit *k)
{
    size_t what = alcove_kit_below(k, 8);
    struct block *b;

    if (what == 0) {
        k->served +=
            alcove_alloc_temp(k->a, kit_lay(100, 8), nothing_lost, k, NULL);
    } else if (k->count < 8 || (what < 4 && k->count < 32)) {
        struct alcove_layout l = alcove_kit_layout(k, what == 1 ? 20000 : 500);

        (void)(what == 2 ? alcove_kit_ztake(k, l, false)
                         : alcove_kit_take(k, l));
    } else {
        b = &k->blocks[alcove_kit_below(k, k->count)];
        if (what < 6)
            (void)alcove_kit_give(k, b);
        else
            (void)alcove_kit_change(
                k, b, kit_lay(1 + alcove_kit_below(k, 800), b->l.align),
                alcove_realloc, false);
    }
    return !alcove_kit_failed(k);
}

/* ---- handing over ---- */

/* The block stays in the table of the kit that has it: what is handed over
 * goes out of one and into the other. */
static bool
swap(struct worker *w)
{
    struct kit *k = w->k;
    struct block *b = alcove_kit_take(k, alcove_kit_layout(k, 600));
    struct block *slot = &w->exchange->slots[alcove_kit_below(k, SLOTS)];
    struct block mine = {.p = NULL}, got;
    bool grows = alcove_kit_below(k, 4) == 0; /* drawn whatever is got */

    if (b) {
        w->taken++;
        mine = *b;
        alcove_kit_forget(k, b);
    }
    pthread_mutex_lock(&w->exchange->lock);
    got = *slot;
    *slot = mine;
    pthread_mutex_unlock(&w->exchange->lock);
    if (!got.p)
        return !alcove_kit_failed(k);
    b = &k->blocks[k->count++];
    *b = got;
    k->live += got.l.size;
    if (grows)
        (void)alcove_kit_change(k, b, kit_lay(got.l.size + 100, got.l.align),
                                alcove_realloc, false);
    return alcove_kit_give(k, b);
}

static void *
work(void *arg)
{
    struct worker *w = arg;
    size_t i;

    for (i = 0; i < w->steps; i++)
        if (!(w->exchange ? swap(w) : step(w->k)))
            return NULL;
    (void)alcove_kit_give_all(w->k);
    return NULL;
}

/* ---- all ---- */

/* The blocks that a failed thread has left, 33 at most, are the whole kit's
 * now, to be released with the others. */
static void
merge(struct kit *k, struct kit *part)
{
    k->served += part->served;
    k->refused += part->refused;
    if (alcove_kit_failed(part))
        alcove_kit_fail(k, "%s", part->text);
    while (part->count > 0)
        k->blocks[k->count++] = part->blocks[--part->count];
}

ALCOVE_WRAPS static struct kit *
part_of(const struct kit *k, unsigned i)
{
    struct kit *part = malloc(sizeof *part);

    if (part) {
        *part = *k;
        part->count = 0;
        part->most_live /= THREADS;
        part->most_spent /= THREADS;
        part->random += i * UINT64_C(0x1234567890123457);
        part->tags = i * 50;
    }
    return part;
}

static void
empty(struct kit *k, struct exchange *x)
{
    size_t i;

    for (i = 0; i < SLOTS; i++)
        if (x->slots[i].p) {
            k->blocks[k->count++] = x->slots[i];
            k->live += x->slots[i].l.size;
        }
    (void)alcove_kit_give_all(k);
}

static void
run_threads(struct kit *k, struct exchange *exchange)
{
    struct worker workers[THREADS];
    unsigned i, started = 0;
    int number = 0;

    for (i = 0; i < THREADS && number == 0; i++) {
        struct worker *w = &workers[i];

        w->exchange = exchange;
        w->steps = k->rounds / 4 + 10;
        w->taken = 0;
        w->k = part_of(k, i + 1);
        if (!w->k)
            break;
        number = pthread_create(&w->id, NULL, work, w);
        if (number != 0)
            free(w->k);
        else
            started++;
    }
    for (i = 0; i < started; i++) {
        pthread_join(workers[i].id, NULL);
        if (exchange) /* not what depends on who came first */
            workers[i].k->served = workers[i].taken;
        merge(k, workers[i].k);
        free(workers[i].k);
    }
    if (started < THREADS)
        alcove_kit_skip(k, "only %u of %d threads could be had", started,
                        THREADS);
}

void
alcove_check_threads_share(struct kit *k)
{
    run_threads(k, NULL);
    (void)alcove_kit_did(k, k->served, "was served");
    alcove_kit_say(k, "%zu blocks and changes on %d threads, all whole",
                   k->served, THREADS);
}

void
alcove_check_threads_hand_over(struct kit *k)
{
    struct exchange exchange;

    memset(&exchange, 0, sizeof exchange);
    pthread_mutex_init(&exchange.lock, NULL);
    run_threads(k, &exchange);
    empty(k, &exchange);
    pthread_mutex_destroy(&exchange.lock);
    (void)alcove_kit_did(k, k->served, "was served");
    alcove_kit_say(k, "%zu blocks, handed over between %d threads, all whole",
                   k->served, THREADS);
}

#else

void
alcove_check_threads_share(struct kit *k)
{
    alcove_kit_skip(k, "the library was built without threads");
}

void
alcove_check_threads_hand_over(struct kit *k)
{
    alcove_kit_skip(k, "the library was built without threads");
}

#endif
