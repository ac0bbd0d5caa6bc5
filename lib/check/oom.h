/* SPDX-License-Identifier: MIT */
/* The out-of-memory driver: one run of a body, and what came of it.
 *
 * From the body downwards: the probe (struct alcove_check_run), which sees what
 * is asked for; a fail; a guard over the user's allocator, or the kit's books.
 */
#ifndef ALCOVE_LIB_CHECK_OOM_H
#define ALCOVE_LIB_CHECK_OOM_H

#include <alcove/check.h>
#include <alcove/fail.h>
#include <alcove/guard.h>

#include "books.h"
#include "oomlive.h"
#include "oomsite.h"

enum {
    OOM_TEXT = 256,      /* bytes of a part of a sentence */
    OOM_SENTENCE = 1200, /* bytes of a whole one */
    OOM_KINDS = ALCOVE_FAIL_ALLOC | ALCOVE_FAIL_RESIZE | ALCOVE_FAIL_GROW |
                ALCOVE_FAIL_SHRINK | ALCOVE_FAIL_TEMP
};

/* What came of a run. Plain data: it may come from another process. */
struct oom_run {
    bool ended;  /* the body did */
    bool claims; /* success */
    enum alcove_oom_verdict verdict;
    char text[OOM_TEXT]; /* why; "": nothing to say */

    /* What it did, and what it achieved. */
    uint64_t path, outcome; /* hashes */
    size_t requests, releases;
    size_t pieces, bytes; /* of the outcome */

    /* What was refused. */
    size_t refused, benign; /* requests; of them in benign regions */
    bool matters; /* one that is not benign leaves the body without a block */
    enum alcove_fail_op kind; /* of the first */
    struct alcove_layout layout;
    struct oom_site site;

    /* What was left. */
    size_t leaked_blocks, leaked_bytes;
    size_t leak_serial; /* of the oldest block; 0: it is not known */
    struct oom_site leak;
};

/* What a run is to do. */
struct oom_order {
    struct alcove_fail_rule rule;
    bool in_place;      /* over the books */
    size_t leak_serial; /* of the block whose site is to be told, or 0 */
};

/* All runs. */
struct oom {
    alcove_check_body *body;
    void *body_arg;
    struct alcove_allocator *parent;
    struct alcove_check_oom_options options;
    struct alcove_check_run *run;
    struct oom_run references[2]; /* over the guard; in place */
    const char *trouble;          /* of the driver's own; NULL: none */
    int trouble_errno;            /* 0: there is none */
};

/* The probe. */
struct alcove_check_run {
    struct alcove_allocator allocator; /* comes first */
    struct alcove_fail fail;
    struct alcove_guard guard;
    struct books books;
    struct alcove_allocator *base; /* the guard's or the books' */
    struct oom_order order;
    struct oom_run *out;
    struct oom_live live;
    size_t serial; /* of the youngest block */
    unsigned benign;
    size_t patience;
    bool gave_in;
    bool broken, corrupt;
    char broken_text[OOM_TEXT], corrupt_text[OOM_TEXT];
    void (*on_refusal)(const struct oom_run *so_far, void *arg); /* the first */
    void *arg;
};

/* ---- oomprobe.c ---- */

/* Put the probe over r->fail. */
void alcove_oom_probe_init(struct alcove_check_run *r);

/* ---- oomrun.c ---- */

/* Run the body as ordered, and judge, against `reference` if that is not NULL.
 * False: the driver is in trouble. `on_refusal` may be NULL. */
bool alcove_oom_run(struct oom *d, const struct oom_order *order,
                    const struct oom_run *reference, struct oom_run *out,
                    void (*on_refusal)(const struct oom_run *so_far, void *arg),
                    void *arg);

/* The same once more, unless that was not wished; `*out` is of the first run,
 * with the verdict on both. */
bool alcove_oom_run_twice(struct oom *d, const struct oom_order *order,
                          const struct oom_run *reference, struct oom_run *out,
                          void (*on_refusal)(const struct oom_run *so_far,
                                             void *arg),
                          void *arg);

/* Something is wrong with the driver itself. Returns false. */
bool alcove_oom_trouble(struct oom *d, const char *what, int number);

/* ---- oomchild.c ---- */

/* Why a process of its own, if it is wished, cannot be had; NULL: it can. */
const char *alcove_oom_no_fork(bool wished);

/* alcove_oom_run_twice in a process of its own. */
bool alcove_oom_run_apart(struct oom *d, const struct oom_order *order,
                          const struct oom_run *reference, struct oom_run *out);

/* Is it a terminal? */
bool alcove_oom_is_terminal(FILE *out);

/* ---- oomtext.c ---- */

/* "grow"; of one kind. */
const char *alcove_oom_kind_name(enum alcove_fail_op kind);

/* The sentence about a run, in a buffer of OOM_SENTENCE bytes: `number` is that
 * of the rule, 0: none. */
void alcove_oom_tell(const struct oom_run *run, size_t number, char *buf);

/* What is to be summed up. */
struct oom_sums {
    size_t runs; /* with a refusal: the sum of the next ones */
    size_t verdicts[ALCOVE_OOM_VERDICT_COUNT];
    size_t coped, benign; /* of those that are clean */
};

void alcove_oom_count(struct oom_sums *sums, const struct oom_run *run);
void alcove_oom_add(struct oom_sums *sums, const struct oom_sums *more);

/* "312 refusals at 52 places: 310 clean, 2 leaked", in a buffer of OOM_SENTENCE
 * bytes. `places` may be 0: not known. */
void alcove_oom_sum_up(const struct oom_sums *sums, size_t places, char *buf);

#endif /* ALCOVE_LIB_CHECK_OOM_H */
