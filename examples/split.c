/* SPDX-License-Identifier: MIT */
/* split: a library function that takes an allocator, and its callers.
 *
 * The library does not know where memory comes from: its caller says so, gets
 * an error that can be printed, and has nothing to clean up after it. Put your
 * own function in its place. */
#include <alcove.h>

#include <stdio.h>
#include <string.h>

/* ---- what the library's header says ---- */

/* The pieces of a text, each closed by a '\0', all in one block. */
struct pieces {
    char **piece;
    size_t count;
    struct alcove_allocator *allocator; /* whose the block is */
    struct alcove_layout layout;
};

/* Split `text` at each `mark`. The pieces are a copy, the caller's until
 * pieces_done. Fails, with `*out` as it was, if and only if there is no room.
 */
static bool split(struct pieces *out, const char *text, char mark,
                  struct alcove_allocator *a, struct alcove_error *err);

/* Release the pieces. Not needed where the allocator itself is done. */
static void pieces_done(struct pieces *pieces);

/* ---- the library ---- */

static bool
split(struct pieces *out, const char *text, char mark,
      struct alcove_allocator *a, struct alcove_error *err)
{
    struct pieces made = {.allocator = a, .count = 1};
    struct alcove_layout copy = {strlen(text) + 1, 1};
    const char *at;
    char *to, **piece;
    size_t offset;

    for (at = text; *at; at++)
        made.count += *at == mark;
    /* The pointers, and the text behind them: no sum or product that is too
     * large goes unnoticed. */
    if (!alcove_layout_array(ALCOVE_LAYOUT(char *), made.count, &made.layout,
                             err) ||
        !alcove_layout_extend(made.layout, copy, &made.layout, &offset, err))
        return false;
    made.piece = alcove_alloc(a, made.layout, err);
    if (!made.piece)
        return false;
    to = memcpy((char *)made.piece + offset, text, copy.size);
    for (*(piece = made.piece) = to; *to; to++)
        if (*to == mark) {
            *to = '\0';
            *++piece = to + 1;
        }
    *out = made;
    return true;
}

static void
pieces_done(struct pieces *pieces)
{
    alcove_dealloc(pieces->allocator, pieces->piece, pieces->layout, NULL);
}

/* ---- its callers ---- */

static void
use(const char *where, struct alcove_allocator *a, const char *text)
{
    struct alcove_error err;
    struct pieces pieces;
    char message[256];
    size_t i;

    if (!split(&pieces, text, ':', a, &err)) {
        alcove_error_format(&err, message, sizeof message);
        printf("%s: %s\n", where, message);
        return;
    }
    printf("%s:", where);
    for (i = 0; i < pieces.count; i++)
        printf(" [%s]", pieces.piece[i]);
    printf("\n");
    pieces_done(&pieces);
}

int
main(int argc, char **argv)
{
    const char *text = argc > 1 ? argv[1] : "usr:local::bin";
    struct alcove_arena arena;
    struct alcove_limit limit;
    char buffer[256];

    use("from the heap", alcove_malloc(), text);

    alcove_arena_init(&arena, NULL, buffer, sizeof buffer);
    use("from a buffer", &arena.allocator, text);
    alcove_arena_done(&arena);

    if (!alcove_limit_init(&limit, alcove_malloc(), 16, SIZE_MAX, NULL))
        return 1;
    use("with a quota", &limit.allocator, text);

    /* Did it give everything back? */
    return !alcove_limit_done(&limit, NULL);
}
