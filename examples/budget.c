/* SPDX-License-Identifier: MIT */
/* budget: so much memory for each user, and so much for all of them.
 *
 * Each user's limit is over the one that is everybody's: a tree of budgets. A
 * request counts in both, and one that has no room refuses it. What a user
 * keeps only to be faster is dropped before that user, or another one, is
 * refused. */
#include <alcove.h>

#include <stdio.h>

enum { USERS = 3, EACH = 60000, ALL = 100000, MOST = 8 };

struct user {
    const char *name;
    struct alcove_limit limit;
    struct block {
        void *p; /* NULL: none */
        struct alcove_layout layout;
        bool cache; /* can be dropped */
    } block[MOST];
};

static void
drop(struct user *user, struct block *block)
{
    alcove_dealloc(&user->limit.allocator, block->p, block->layout, NULL);
    block->p = NULL;
}

/* Under pressure: drops one cached block of `user`. */
static bool
drop_cached(struct alcove_limit *limit, size_t needed, void *arg)
{
    struct user *user = arg;
    int i;

    (void)limit, (void)needed;
    for (i = 0; i < MOST; i++)
        if (user->block[i].p && user->block[i].cache) {
            printf("  %s drops %zu cached bytes\n", user->name,
                   user->block[i].layout.size);
            drop(user, &user->block[i]);
            return true;
        }
    return false;
}

/* The same for what is everybody's: drops one of any user. */
static bool
drop_of_any(struct alcove_limit *limit, size_t needed, void *arg)
{
    struct user *users = arg;
    int i;

    for (i = 0; i < USERS; i++)
        if (drop_cached(limit, needed, &users[i]))
            return true;
    return false;
}

static void
want(struct user *user, size_t bytes, bool cache)
{
    struct alcove_layout layout = {bytes, 16};
    struct alcove_error err;
    char text[256];
    int i = 0;

    printf("%s wants %zu%s\n", user->name, bytes, cache ? " as a cache" : "");
    while (user->block[i].p)
        if (++i == MOST) {
            printf("  but has %d blocks\n", MOST);
            return;
        }
    user->block[i].layout = layout;
    user->block[i].cache = cache;
    user->block[i].p = alcove_alloc(&user->limit.allocator, layout, &err);
    if (!user->block[i].p) {
        alcove_error_format(&err, text, sizeof text);
        printf("  %s\n", text);
    }
}

int
main(void)
{
    struct user users[USERS] = {
        {.name = "ann"}, {.name = "bob"}, {.name = "eve"}};
    struct user *ann = users, *bob = users + 1, *eve = users + 2;
    struct alcove_limit all;
    bool good = alcove_limit_init(&all, alcove_malloc(), ALL, SIZE_MAX, NULL);
    int i, k;

    alcove_limit_on_pressure(&all, drop_of_any, users);
    for (i = 0; i < USERS && good; i++) {
        good = alcove_limit_init(&users[i].limit, &all.allocator, EACH,
                                 SIZE_MAX, NULL);
        alcove_limit_on_pressure(&users[i].limit, drop_cached, &users[i]);
    }
    if (!good)
        return 1;
    want(ann, 20000, false);
    want(ann, 30000, true);
    want(bob, 70000, false); /* more than bob may ever have */
    want(bob, 50000, false); /* all have 100000 now */
    want(ann, 30000, false); /* instead of ann's cache */
    want(eve, 10000, false); /* nobody has anything to drop */
    for (i = 0; i < USERS; i++) {
        printf("%s has %zu\n", users[i].name,
               alcove_limit_used(&users[i].limit));
        for (k = 0; k < MOST; k++)
            drop(&users[i], &users[i].block[k]);
        good = alcove_limit_done(&users[i].limit, NULL) && good;
    }
    return !alcove_limit_done(&all, NULL) || !good;
}
