/* SPDX-License-Identifier: MIT */
/* Temporaries whose callback ends the thread it runs on.
 *
 * Each ends a thread of its own, three scopes deep; the thread that looks waits
 * for it, so an allocator for one thread at a time is served as well. Whether
 * the blocks went back is seen by what the parent still lends, or by an
 * allocator that runs out.
 */
#include <config.h>

#include "cancel.h"
#include "kit.h"

#if ALCOVE_HAVE_THREADS

#    include <pthread.h>
#    include <string.h>

enum { DEPTH = 3 };

struct ending {
    struct kit *k;
    struct alcove_layout l;
    bool cancel; /* not pthread_exit */
    unsigned depth, entered;
    bool ran_on, nowhere;
};

static void
end_inside(void *mem, void *arg)
{
    struct ending *e = arg;

    if (!mem) {
        e->nowhere = true;
        return;
    }
    alcove_pattern_write(mem, e->l.size, 1);
    e->entered++;
    if (--e->depth > 0) {
        if (alcove_alloc_temp(e->k->a, e->l, end_inside, e, NULL)) {
            e->ran_on = true;
            return;
        }
        /* refused: it ends here */
    }
    if (!e->cancel)
        pthread_exit(NULL);
    alcove_cancel_self();
}

static void *
thread(void *arg)
{
    struct ending *e = arg;

    if (alcove_alloc_temp(e->k->a, e->l, end_inside, e, NULL))
        e->ran_on = true;
    return NULL;
}

/* 0, or what the system says to one more thread. */
static int
end_thread(struct ending *e)
{
    pthread_t id;
    int number = pthread_create(&id, NULL, thread, e);

    return number != 0 ? number : pthread_join(id, NULL);
}

static bool
end_often(struct kit *k, struct alcove_layout l, bool cancel, size_t rounds)
{
    size_t i, half = 0;

    for (i = 0; i < rounds && l.size <= k->max_size; i++) {
        struct ending e = {k, l, cancel, DEPTH, 0, false, false};
        int number = end_thread(&e);

        if (number != 0) {
            alcove_kit_skip(k, "there is no thread to be had: %s",
                            strerror(number));
            return false;
        }
        if (e.nowhere)
            return alcove_kit_fail(k, "a callback gets NULL");
        if (e.ran_on)
            return alcove_kit_fail(k, "the caller went on after its callback "
                                      "had ended the thread");
        if (e.entered == 0 && i == 0)
            return true;
        if (e.entered == 0)
            return alcove_kit_fail(k,
                                   "a temporary of %zu bytes is served %zu "
                                   "times, then refused",
                                   l.size, i);
        k->served += e.entered;
        alcove_kit_half_time(k, i, rounds, &half);
    }
    return alcove_kit_lends_no_more(k, DEPTH * l.size, i, half);
}

static void
check_ending(struct kit *k, bool cancel)
{
    static const struct alcove_layout layouts[] = {
        {40, 8}, {3000, 64}, {60000, 16}};
    size_t i, rounds = k->rounds / 250 + 16;

    for (i = 0; i < KIT_COUNT(layouts); i++)
        if (!end_often(k, layouts[i], cancel, rounds))
            return;
    (void)alcove_kit_did(k, k->served, "was served");
    alcove_kit_say(k, "%zu temporaries of threads that ended", k->served);
}

#else

static void
check_ending(struct kit *k, bool cancel)
{
    (void)cancel;
    alcove_kit_skip(k, "the library was built without threads");
}

#endif

void
alcove_check_temp_thread_exit(struct kit *k)
{
    check_ending(k, false);
}

void
alcove_check_temp_thread_cancel(struct kit *k)
{
    check_ending(k, true);
}
