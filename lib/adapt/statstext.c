/* SPDX-License-Identifier: MIT */
/* The figures as text: a column of labels, one of counts, one of bytes. The
 * second and third are as wide as their largest number. */
#include <config.h>

#include <alcove/stats.h>

#include "../core/libc.h"
#include "../core/text.h"

enum { LABEL = 9, BAR = 40 /* characters */ };

struct report {
    struct alcove_text text;
    struct alcove_stats_snapshot of;
    size_t counts, bytes; /* the widths of the columns */
};

/* ---- columns ---- */

static size_t
digits(uint64_t n)
{
    size_t count = 1;

    for (; n >= 10; n /= 10)
        count++;
    return count;
}

static void
widen(size_t *width, uint64_t n)
{
    size_t count = digits(n);

    if (*width < count)
        *width = count;
}

static void
put_spaces(struct report *r, size_t taken, size_t width)
{
    for (; taken < width; taken++)
        alcove_text_put(&r->text, " ");
}

static void
put_left(struct report *r, const char *s, size_t width)
{
    alcove_text_put(&r->text, s);
    put_spaces(r, alcove_text_span(s, ""), width);
}

static void
put_right(struct report *r, const char *s, size_t width)
{
    put_spaces(r, alcove_text_span(s, ""), width);
    alcove_text_put(&r->text, s);
}

static void
statstext_put_number(struct report *r, uint64_t n, size_t width)
{
    put_spaces(r, digits(n), width);
    alcove_text_number(&r->text, n);
}

static void
put_bytes(struct report *r, uint64_t bytes)
{
    alcove_text_put(&r->text, "  ");
    statstext_put_number(r, bytes, r->bytes);
    alcove_text_put(&r->text, "\n");
}

/* ---- lines ---- */

static void
put_use(struct report *r, const char *label, uint64_t blocks, uint64_t bytes)
{
    put_left(r, label, LABEL);
    statstext_put_number(r, blocks, r->counts);
    put_bytes(r, bytes);
}

/* A count and what it is of. The label stands before the first of its lines
 * only. */
static void
statstext_put_count(struct report *r, const char **label, uint64_t count,
                    const char *what)
{
    if (count == 0)
        return;
    put_left(r, *label, LABEL);
    *label = "";
    statstext_put_number(r, count, r->counts);
    alcove_text_put(&r->text, "  ");
    alcove_text_put(&r->text, what);
    alcove_text_put(&r->text, "\n");
}

static void
put_uses(struct report *r)
{
    const struct alcove_stats_snapshot *s = &r->of;

    put_spaces(r, 0, LABEL);
    put_right(r, "blocks", r->counts);
    alcove_text_put(&r->text, "  ");
    put_right(r, "bytes", r->bytes);
    alcove_text_put(&r->text, "\n");
    put_use(r, "live", s->live_blocks, s->live_bytes);
    put_use(r, "peak", s->peak_blocks, s->peak_bytes);
    put_use(r, "total", s->total_blocks, s->total_bytes);
    if (s->largest == 0)
        return;
    put_left(r, "largest", LABEL);
    put_spaces(r, 0, r->counts);
    put_bytes(r, s->largest);
}

static void
put_counts(struct report *r)
{
    const struct alcove_stats_snapshot *s = &r->of;
    const char *scoped = "scoped", *changed = "changed", *refused = "refused";
    size_t i;

    statstext_put_count(r, &scoped, s->scoped, "of the total");
    statstext_put_count(r, &changed, s->changed_in_place, "in place");
    statstext_put_count(r, &changed, s->changed_moved, "moved");
    for (i = 0; i < ALCOVE_STATS_CODES; i++)
        statstext_put_count(r, &refused, s->refused[i],
                            alcove_code_name((enum alcove_code)i));
    statstext_put_count(r, &refused, s->releases_refused, "of these, releases");
    statstext_put_count(r, &refused, s->resizes_refused, "resizes in place");
}

/* "  64 B", "   1 KiB" */
static void
put_power(struct report *r, unsigned power)
{
    static const char *const units[] = {"B",   "KiB", "MiB", "GiB",
                                        "TiB", "PiB", "EiB"};

    statstext_put_number(r, (uint64_t)1 << power % 10, 3);
    alcove_text_put(&r->text, " ");
    put_left(r, units[power / 10], LABEL - 4);
}

static void
put_bar(struct report *r, uint64_t length)
{
    for (; length > 0; length--)
        alcove_text_put(&r->text, "#");
}

/* The longest bar is of the largest count, and no count is without. */
static void
put_sizes(struct report *r)
{
    const uint64_t *sizes = r->of.sizes;
    uint64_t most = 0, each;
    unsigned power;

    for (power = 0; power < ALCOVE_STATS_SIZES; power++)
        most = sizes[power] > most ? sizes[power] : most;
    if (most == 0)
        return;
    each = most / BAR + (most % BAR != 0);
    put_left(r, "from", LABEL);
    put_right(r, "times", r->counts);
    alcove_text_put(&r->text, "\n");
    for (power = 0; power < ALCOVE_STATS_SIZES; power++) {
        if (sizes[power] == 0)
            continue;
        put_power(r, power);
        statstext_put_number(r, sizes[power], r->counts);
        alcove_text_put(&r->text, "  ");
        put_bar(r, sizes[power] / each + (sizes[power] % each != 0));
        alcove_text_put(&r->text, "\n");
    }
}

/* ---- the report ---- */

static void
statstext_measure(struct report *r)
{
    const struct alcove_stats_snapshot *s = &r->of;
    size_t i;

    r->counts = sizeof "blocks" - 1;
    widen(&r->counts, s->live_blocks);
    widen(&r->counts, s->peak_blocks);
    widen(&r->counts, s->total_blocks);
    widen(&r->counts, s->scoped);
    widen(&r->counts, s->changed_in_place);
    widen(&r->counts, s->changed_moved);
    widen(&r->counts, s->resizes_refused);
    widen(&r->counts, s->releases_refused);
    for (i = 0; i < ALCOVE_STATS_CODES; i++)
        widen(&r->counts, s->refused[i]);
    for (i = 0; i < ALCOVE_STATS_SIZES; i++)
        widen(&r->counts, s->sizes[i]);
    r->bytes = sizeof "bytes" - 1;
    widen(&r->bytes, s->live_bytes);
    widen(&r->bytes, s->peak_bytes);
    widen(&r->bytes, s->total_bytes);
    widen(&r->bytes, s->largest);
}

/* What an older program's struct does not have counts as 0. */
size_t
alcove_stats_format(const struct alcove_stats_snapshot *snapshot, char *buf,
                    size_t size)
{
    struct report r = {.text = alcove_text_begin(buf, size)};
    size_t room = snapshot->struct_size;

    memcpy(&r.of, snapshot, room < sizeof r.of ? room : sizeof r.of);
    statstext_measure(&r);
    put_uses(&r);
    put_counts(&r);
    put_sizes(&r);
    return alcove_text_end(&r.text, size);
}
