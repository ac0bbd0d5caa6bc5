/* SPDX-License-Identifier: MIT */
/* The report in the form of the Test Anything Protocol. */
#include <config.h>

#include <alcove/check.h>

#include <inttypes.h>

static FILE *
out_of(const struct alcove_check_tap *tap)
{
    return tap->out ? tap->out : stdout;
}

/* A "#" would begin a directive, a newline another line. */
static void
put(FILE *out, const char *text)
{
    for (; *text; text++)
        if (*text == '#')
            fputs("\\#", out);
        else
            putc(*text == '\n' ? ' ' : *text, out);
}

static void
put_name(const struct alcove_check_tap *tap,
         const struct alcove_check_result *result)
{
    if (tap->prefix) {
        put(out_of(tap), tap->prefix);
        fputs(": ", out_of(tap));
    }
    put(out_of(tap), result->check);
}

static void
put_notes(FILE *out, const char *const *notes)
{
    for (; notes && *notes; notes++) {
        fputs("# ", out);
        put(out, *notes);
        putc('\n', out);
    }
}

void
alcove_check_tap_write(const struct alcove_check_result *result, void *arg)
{
    struct alcove_check_tap *tap = arg;
    FILE *out = out_of(tap);
    bool good = result->verdict == ALCOVE_VERDICT_PASS ||
                result->verdict == ALCOVE_VERDICT_SKIP;

    if (result->number == 1) {
        fprintf(out, "# %s%schecks 1 to %u", tap->prefix ? tap->prefix : "",
                tap->prefix ? ": " : "", result->count);
        if (result->seed != 0)
            fprintf(out, ", seed %" PRIu64, result->seed);
        putc('\n', out);
    }
    fprintf(out, "%s %u - ", good ? "ok" : "not ok", ++tap->lines);
    put_name(tap, result);
    switch (result->verdict) {
    case ALCOVE_VERDICT_SKIP:
        fputs(" # SKIP ", out);
        put(out, result->text);
        break;
    case ALCOVE_VERDICT_EXCUSED:
        fputs(" # TODO a known deviation: ", out);
        put(out, result->text);
        break;
    default:
        fputs(": ", out);
        put(out, result->text);
    }
    putc('\n', out);
    if (result->verdict == ALCOVE_VERDICT_FAIL) {
        tap->failed++;
        fprintf(out, "# promised: %s\n", result->promise);
        put_notes(out, result->notes);
    }
    fflush(out);
}

bool
alcove_check_tap_done(struct alcove_check_tap *tap)
{
    FILE *out = out_of(tap);

    fprintf(out, "1..%u\n", tap->lines);
    fflush(out); /* which marks `out`, should it fail */
    return !ferror(out) && tap->failed == 0;
}
