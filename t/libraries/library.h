/* SPDX-License-Identifier: MIT */
/* A real library at a real piece of work, with memory from an allocator. Each
 * source file beside this one has one `library`, and becomes a test program
 * together with library.c, which runs the work
 * - as the library is by itself;
 * - over a limit and over books: the same must come out, and all come back;
 * - with the n-th request refused, once, and from then on, for n up to
 *   $ALCOVE_TEST_POINTS: the library must say so in its own way or cope, and
 *   give all back, but for known defects.
 * Every run is a process of its own, in which the library was not used before.
 */
#ifndef LIBRARY_H
#define LIBRARY_H

#include <alcove/bridge.h>

#include <stdbool.h>
#include <stddef.h>

/* One run. */
struct work {
    /* What the library is to have memory from; NULL: from where it wants. It is
     * the context, or, if the library has a slot, what is bound to it. */
    struct alcove_bridge *bridge;
    struct work_books *books; /* library.c's */
};

/* A defect of the library that refusals show. What is found is a bit set of
 * these. */
enum {
    CRASHES = 1,  /* a signal, an exit */
    HANGS = 2,    /* or asks for ever */
    LEAKS = 4,    /* blocks are live after its cleanup */
    SWALLOWS = 8, /* claims success, and the result is wrong */
    MISUSES = 16, /* releases or resizes what is no block */
    OVERRUNS = 32 /* writes where no block is */
};

struct library {
    const char *name;
    const char *(*version)(void);
    const char
        *shape; /* of its callbacks: "S3: items and size, context first" */

    /* Install w->bridge, unless that is NULL; do some work, of which all that
     * comes out is handed to result(); and clean up, whatever happens. True: it
     * was done. False: by refused(). Called once in a process. */
    bool (*work)(struct work *w);

    /* For the bridge. */
    enum alcove_bridge_zero zero;
    size_t align;
    bool threads; /* it calls from several threads at once */

    /* Of ALCOVE_BRIDGE_GLOBAL, for a library whose callbacks have no context;
     * NULL: they have one. */
    bool (*bind)(struct alcove_allocator *a,
                 const struct alcove_bridge_options *options,
                 struct alcove_error *err);
    void (*unbind)(void);
    struct alcove_bridge *(*bound)(void);

    /* It cannot bear NULL: on_oom jumps out of work(), and what the library had
     * is released without it. */
    bool never_null;

    /* Blocks that it keeps until the process ends, at most, and why. */
    size_t keeps;
    const char *keeps_why;

    /* Why its requests are not the same in each run; NULL: they are. What it
     * needs at most is then known but roughly. */
    const char *varies;

    /* Known defects: the bits, and what is wrong where, in which version. */
    unsigned defects;
    const char *defects_text;
};

extern const struct library library;

/* For work(): a part of the result. The parts together are compared. */
void result(struct work *w, const void *bytes, size_t size);

/* The same, as text. */
void result_text(struct work *w, const char *fmt, ...) ALCOVE_PRINTF(2, 3);

/* For work(): the library says no, in these words of its own. Returns false. */
bool refused(struct work *w, const char *fmt, ...) ALCOVE_PRINTF(2, 3);

/* For work(): something that the library needs, a driver for example, is not on
 * this machine. Said when it works by itself, it is why the test is skipped;
 * else as refused(). Returns false. */
bool lacking(struct work *w, const char *fmt, ...) ALCOVE_PRINTF(2, 3);

/* Some text to work on, the same each time: `size` bytes (at most 1 MiB), which
 * compress to about a third, in lines. Static; not closed by a 0. */
const char *some_text(size_t size);

#endif /* LIBRARY_H */
