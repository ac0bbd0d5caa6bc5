/* SPDX-License-Identifier: MIT */
/* requests: a loop that answers requests, and resets an arena after each.
 *
 *     $ printf 'to be or not\nthat is\n' | requests
 *     not or be to
 *     is that
 *     requests: 2 answered, 0 refused, at most 4096 bytes
 *
 * A request is a line of words; its answer has them in reverse. Whatever that
 * takes comes from the arena: nothing is released one by one, and what a
 * request left half-way through had is not lost. The arena takes its chunks
 * from a limit, so that a long line is refused, and costs the others nothing.
 */
#include <alcove.h>

#include <stdio.h>
#include <string.h>

enum { QUOTA = 65536, KEPT = 8192 }; /* in bytes */

ALCOVE_VEC(line, char);
ALCOVE_VEC(words, char *);

/* Reads a line to its end, which is left out. False if there was no room. */
static bool
read_line(struct line *line, FILE *in, struct alcove_error *err)
{
    bool fits = true;
    int c;

    while ((c = getc(in)) != EOF && c != '\n')
        fits = fits && line_push(line, (char)c, err);
    return fits && line_push(line, '\0', err);
}

/* Answers one request, with memory from `a`, and releases none. */
static bool
answer(struct alcove_allocator *a, FILE *in, FILE *out,
       struct alcove_error *err)
{
    struct line line;
    struct words words;
    char *word;
    size_t i;

    if (!line_init(&line, a, err) || !words_init(&words, a, err) ||
        !read_line(&line, in, err))
        return false;
    for (word = strtok(line_data(&line), " "); word; word = strtok(NULL, " "))
        if (!words_push(&words, word, err))
            return false;
    for (i = words_count(&words); i > 0; i--)
        fprintf(out, "%s%s", words_data(&words)[i - 1], i > 1 ? " " : "");
    putc('\n', out);
    return true;
}

int
main(void)
{
    struct alcove_limit limit;
    struct alcove_arena arena;
    struct alcove_error err;
    unsigned long answered = 0, refused = 0;
    size_t most = 0, now;
    char text[256];
    int c;

    if (!alcove_limit_init(&limit, alcove_malloc(), QUOTA, SIZE_MAX, &err))
        return 1;
    alcove_arena_init(&arena, &limit.allocator, NULL, 0);
    while ((c = getc(stdin)) != EOF) {
        ungetc(c, stdin);
        if (answer(&arena.allocator, stdin, stdout, &err)) {
            answered++;
        } else {
            refused++;
            alcove_error_format(&err, text, sizeof text);
            fprintf(stderr, "requests: %s\n", text);
        }
        now = alcove_limit_used(&limit);
        most = now > most ? now : most;
        alcove_arena_reset(&arena);
        alcove_arena_trim(&arena, KEPT);
    }
    alcove_arena_done(&arena);
    fprintf(stderr, "requests: %lu answered, %lu refused, at most %zu bytes\n",
            answered, refused, most);
    return !alcove_limit_done(&limit, NULL) || ferror(stdin) ||
           fclose(stdout) != 0;
}
