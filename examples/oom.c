/* SPDX-License-Identifier: MIT */
/* oom: code of one's own, and its test without memory, to be copied.
 *
 * The code is a table of contents: titles, copied, in an array that grows. Put
 * yours in its place: what the test takes is a body. */
#include <alcove.h>
#include <alcove/check.h>

#include <string.h>

/* ---- the code ---- */

struct contents {
    struct alcove_allocator *a;
    char **titles;
    size_t count, room;
};

static struct alcove_layout
title_layout(const char *title)
{
    struct alcove_layout l = {strlen(title) + 1, 1};

    return l;
}

/* The array grows first: what fails afterwards needs no way back. */
static bool
contents_add(struct contents *c, const char *title, struct alcove_error *err)
{
    struct alcove_layout l = title_layout(title);
    char **larger, *copy;

    if (c->count == c->room) {
        size_t room = c->room == 0 ? 4 : 2 * c->room;

        larger =
            ALCOVE_REALLOC_ARRAY(c->a, c->titles, char *, c->room, room, err);
        if (!larger)
            return false;
        c->titles = larger;
        c->room = room;
    }
    copy = alcove_alloc(c->a, l, err);
    if (!copy)
        return false;
    memcpy(copy, title, l.size);
    c->titles[c->count++] = copy;
    return true;
}

static void
contents_done(struct contents *c)
{
    while (c->count > 0) {
        char *title = c->titles[--c->count];

        alcove_dealloc(c->a, title, title_layout(title), NULL);
    }
    ALCOVE_DELETE_ARRAY(c->a, c->titles, char *, c->room, NULL);
}

/* ---- its test ---- */

/* Some work with allocator `a`, all of it released. It returns whether that
 * succeeded, and hands over what came out, which must then be right. */
static bool
body(struct alcove_allocator *a, struct alcove_check_run *run, void *arg)
{
    static const char *const titles[] = {
        "Loomings",        "The Carpet-Bag", "The Spouter-Inn",
        "The Counterpane", "Breakfast",      "The Street",
    };
    struct contents c = {.a = a};
    size_t i, before;
    bool good = true;

    (void)arg;
    for (i = 0; i < 6 && good; i++) {
        before = c.count;
        good = contents_add(&c, titles[i], NULL);
        alcove_check_that(run, c.count == before + good,
                          "a title that was refused is not there");
    }
    for (i = 0; i < c.count; i++)
        alcove_check_outcome(run, c.titles[i], strlen(c.titles[i]));
    contents_done(&c);
    return good;
}

int
main(void)
{
    struct alcove_check_tap tap = {.prefix = "contents"};

    (void)alcove_check_oom(body, NULL, NULL, NULL, alcove_check_tap_write,
                           &tap);
    return alcove_check_tap_done(&tap) ? 0 : 1;
}
