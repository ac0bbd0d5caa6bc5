/* SPDX-License-Identifier: MIT */
/* sortlines: sort lines byte by byte, as LC_ALL=C sort does, with every merge
 * buffer a scoped temporary: on the stack where it fits, else on the heap.
 *
 * Text and lines outlive the functions that make them, so alcove_malloc() has
 * them. A merge buffer does not, and so nothing has to release it, on any path.
 */
#include <alcove.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A line of the text. Its newline comes right after it and is not counted. */
struct line {
    const unsigned char *start;
    size_t length;
};

struct job {
    unsigned char *text;
    size_t used, room; /* bytes of it */
    struct line *lines;
    size_t count;
    struct alcove_error err;
    bool report; /* and what it tells: */
    size_t blocks, on_stack, depth, deepest, largest, refused;
    struct alcove_error refusal; /* the last one */
};

struct step {
    struct job *job;
    struct line *lines;
    size_t count;
    struct alcove_layout layout;
    bool done; /* came to its end with both halves sorted */
};

static bool sort_lines(struct job *job, struct line *lines, size_t count);

static bool
io_failed(const char *name)
{
    fprintf(stderr, "sortlines: %s: %s\n", name, strerror(errno));
    return false;
}

static void
print_error(const struct alcove_error *err)
{
    char text[256];

    alcove_error_format(err, text, sizeof text);
    if (err->code)
        fprintf(stderr, "sortlines: %s\n", text);
}

static void
do_nothing(void *mem, void *arg)
{
    (void)mem, (void)arg;
}

static void
note_block(struct job *job, const void *mem, struct alcove_layout layout)
{
    const void *low;
    size_t size; /* 0 if the bounds are not known: then no block is there */
    const char *source;

    job->blocks++;
    job->deepest = job->deepest > job->depth ? job->deepest : job->depth;
    job->largest = job->largest > layout.size ? job->largest : layout.size;
    alcove_stack_bounds(&low, &size, &source);
    /* The scratch allocator succeeded, so it does not say why not the stack:
     * ask the stack. (Under ALCOVE_SCRATCH=heap it may well have room.) */
    if ((uintptr_t)mem >= (uintptr_t)low &&
        (uintptr_t)mem - (uintptr_t)low < size)
        job->on_stack++;
    else if (!alcove_stack_temp(layout, do_nothing, NULL, &job->refusal))
        job->refused++;
}

static int
compare(const struct line *a, const struct line *b)
{
    size_t common = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->start, b->start, common);

    return order ? order : (a->length > b->length) - (a->length < b->length);
}

/* The scope of a merge buffer. The left half moves into it, both halves are
 * sorted where they are now, in scopes inside this one, and merged back.
 */
static void
merge_step(void *mem, void *arg)
{
    struct step *step = arg;
    size_t half = step->count / 2;
    struct line *out = step->lines, *end = out + step->count;
    struct line *left = mem, *left_end = left + half, *right = out + half;

    memcpy(left, out, step->layout.size);
    step->job->depth++;
    if (step->job->report)
        note_block(step->job, mem, step->layout);
    step->done = sort_lines(step->job, left, half) &&
                 sort_lines(step->job, right, step->count - half);
    step->job->depth--;
    /* What is left over on the right is in its place already. */
    while (step->done && left < left_end)
        *out++ = right < end && compare(right, left) < 0 ? *right++ : *left++;
}

static bool
sort_lines(struct job *job, struct line *lines, size_t count)
{
    struct step step = {job, lines, count, {0, 1}, false};

    /* True from alcove_alloc_temp says that the step ran to its end, not what
     * came of it: that is the step's own to tell. */
    return count < 2 ||
           (alcove_layout_array(ALCOVE_LAYOUT(struct line), count / 2,
                                &step.layout, &job->err) &&
            alcove_alloc_temp(alcove_scratch(), step.layout, merge_step, &step,
                              &job->err) &&
            step.done);
}

static bool
grow_text(struct job *job)
{
    unsigned char *text = NULL;
    size_t room = job->room;

    if (alcove_arith(room, ALCOVE_ARITH_ADD, room / 2 + 4096, &room, &job->err))
        text = ALCOVE_REALLOC_ARRAY(alcove_malloc(), job->text, unsigned char,
                                    job->room, room, &job->err);
    if (!text)
        return false;
    job->text = text;
    job->room = room;
    return true;
}

/* One byte always remains, for the newline that the last line may lack. */
static bool
read_file(struct job *job, const char *name)
{
    FILE *in = strcmp(name, "-") ? fopen(name, "rb") : stdin;
    bool ok;

    if (!in)
        return io_failed(name);
    while (!feof(in) && !ferror(in) &&
           (job->room - job->used > 1 || grow_text(job)))
        job->used +=
            fread(job->text + job->used, 1, job->room - job->used - 1, in);
    ok = ferror(in) ? io_failed(name) : feof(in);
    if (job->used && job->text[job->used - 1] != '\n')
        job->text[job->used++] = '\n';
    if (in != stdin)
        fclose(in);
    return ok;
}

/* Once the text is complete and will not move any more. */
static bool
find_lines(struct job *job)
{
    const unsigned char *at, *newline, *end = job->text + job->used;
    struct line *line;

    for (at = job->text; at < end; at = newline + 1, job->count++)
        newline = memchr(at, '\n', (size_t)(end - at));
    job->lines = line =
        ALCOVE_NEW_ARRAY(alcove_malloc(), struct line, job->count, &job->err);
    for (at = job->text; line && at < end; at = newline + 1) {
        newline = memchr(at, '\n', (size_t)(end - at));
        *line++ = (struct line){at, (size_t)(newline - at)};
    }
    return line;
}

/* A full disk may show as late as here. */
static bool
finish(bool written)
{
    return (written && fclose(stdout) == 0) || io_failed("standard output");
}

static bool
write_lines(const struct job *job)
{
    const struct line *line = job->lines, *end = line + job->count;

    while (line < end && fwrite(line->start, line->length + 1, 1, stdout))
        line++;
    return finish(line == end);
}

int
main(int argc, char **argv)
{
    struct alcove_allocator *heap = alcove_malloc();
    struct job job = {0};
    bool ok;
    int i;

    for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        if (!strcmp(argv[i], "--help"))
            return !finish(puts("Usage: sortlines [--report] [FILE]...\n"
                                "Sort lines by bytes. - means standard input.\n"
                                "--report tells where buffers were.") >= 0);
        if (!strcmp(argv[i], "--version"))
            return !finish(puts("sortlines (alcove) " ALCOVE_VERSION) >= 0);
        job.report = !strcmp(argv[i], "--report");
        if (!job.report) {
            fprintf(stderr, "sortlines: bad option %s: see --help\n", argv[i]);
            return 2;
        }
    }
    ok = i < argc || read_file(&job, "-");
    while (ok && i < argc)
        ok = read_file(&job, argv[i++]);
    ok = ok && find_lines(&job) && sort_lines(&job, job.lines, job.count) &&
         write_lines(&job);
    print_error(&job.err);
    if (job.report)
        fprintf(stderr,
                "sortlines: scoped blocks on the stack: %zu, on the heap: %zu\n"
                "sortlines: deepest nesting: %zu, largest block: %zu bytes\n"
                "sortlines: refused by the stack: %zu\n",
                job.on_stack, job.blocks - job.on_stack, job.deepest,
                job.largest, job.refused);
    print_error(&job.refusal);
    ALCOVE_DELETE_ARRAY(heap, job.lines, struct line, job.count, NULL);
    ALCOVE_DELETE_ARRAY(heap, job.text, unsigned char, job.room, NULL);
    return !ok;
}
