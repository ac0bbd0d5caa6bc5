/* SPDX-License-Identifier: MIT */
/* What the sources of the guard share: guard.c has its operations, guardblock.c
 * the shape of a block and its bytes, guardindex.c finds blocks, guardkeep.c is
 * the quarantine, guardcheck.c looks at all blocks, guardreport.c tells,
 * guardscope.c has the scopes, guardpage.c the guard pages.
 *
 *     [padding] header [red zone] block [red zone]
 *
 * The header is at a fixed distance before the block, in whatever page mode
 * makes of that; so a pointer tells where its header would be, and a header
 * that cannot be believed which block it is of.
 *
 * Nothing of a header is believed before its seal: whoever follows a link looks
 * at the seal of what it leads to, and whoever changes a header seals it anew.
 * All that an operation will have to pass is looked at before it changes
 * anything.
 */
#ifndef ALCOVE_LIB_ADAPT_GUARD_H
#define ALCOVE_LIB_ADAPT_GUARD_H

#include <alcove/guard.h>

#define ALCOVE_GUARD_NAME "guard"

/* Of a block: live; released and filled; released with contents that may be
 * any; released and out of reach but for its header. */
enum {
    ALCOVE_GUARD_LIVE,
    ALCOVE_GUARD_FILLED,
    ALCOVE_GUARD_LEFT,
    ALCOVE_GUARD_AWAY
};

/* Words only: there is no padding in it. */
struct alcove_guard_node {
    size_t seal; /* of the bytes that follow */
    struct alcove_guard_node *child[2];
    struct alcove_guard_node *older, *newer; /* in its list */
    char *block;
    struct alcove_layout layout;
    size_t sequence;
    size_t state;
    size_t frame_count;
    void *frames[]; /* guard->frames of them, but at least one */
};

/* Headers begin at multiples of this. It is AddressSanitizer's granularity. */
enum {
    ALCOVE_GUARD_UNIT = ALCOVE_ALIGNOF(struct alcove_guard_node) > 8
                            ? ALCOVE_ALIGNOF(struct alcove_guard_node)
                            : 8
};

/* The next multiple of `unit`, a power of two. */
static inline size_t
alcove_guard_up(size_t n, size_t unit)
{
    size_t last = n + (unit - 1);

    return last - (last & (unit - 1));
}

/* ---- guardblock.c ---- */

/* Refuse a layout that has no room for a header and red zones around it. */
bool alcove_guard_too_large(struct alcove_layout l, struct alcove_error *err);

/* Memory for a block, with a header in which the block and its layout stand,
 * all else 0. NULL: refused. */
struct alcove_guard_node *alcove_guard_obtain(const struct alcove_guard *guard,
                                              struct alcove_layout l, bool zero,
                                              struct alcove_error *err);

/* The memory of a block goes back. False, and the block is as it was, if nobody
 * takes it. */
bool alcove_guard_give_back(const struct alcove_guard *guard,
                            struct alcove_guard_node *b,
                            struct alcove_error *err);

/* Bytes of memory that the block takes. */
size_t alcove_guard_extent(const struct alcove_guard *guard,
                           const struct alcove_guard_node *b);

void alcove_guard_seal(const struct alcove_guard *guard,
                       struct alcove_guard_node *b);
bool alcove_guard_is_sealed(const struct alcove_guard *guard,
                            const struct alcove_guard_node *b);

/* Make the red zones, and fresh contents, unless these are to stay 0. */
void alcove_guard_fill(const struct alcove_guard *guard,
                       struct alcove_guard_node *b, bool zero);

/* Make the contents of a released block, or put them out of reach; and that,
 * and the red zones too, of any block. */
void alcove_guard_wipe(const struct alcove_guard *guard,
                       struct alcove_guard_node *b);
void alcove_guard_refill(const struct alcove_guard *guard,
                         struct alcove_guard_node *b);

/* For bytes that nobody may touch but these two, while a tool watches: let all
 * of [p, end) be `byte`; are they? If not, `*bad` is the first that is not. */
void alcove_guard_put(const struct alcove_guard *guard, char *p,
                      const char *end, int byte);
bool alcove_guard_looks(const struct alcove_guard *guard, const char *p,
                        const char *end, int byte, const char **bad);

/* Are the zones whole, and is what was released unchanged? If not, `*what` says
 * so. */
bool alcove_guard_is_whole(const struct alcove_guard *guard,
                           const struct alcove_guard_node *b,
                           struct alcove_error *what);

/* What to say of a header whose seal is broken. */
struct alcove_error alcove_guard_broken(const struct alcove_guard *guard,
                                        const struct alcove_guard_node *b);

/* ---- guardindex.c ---- */

/* In the following, false means that the header of `*bad` was in the way, and
 * that nothing has changed. */

/* Where the header of a block at `p` would be: a number, not to be looked at.
 */
uintptr_t alcove_guard_header_of(const struct alcove_guard *guard,
                                 const void *p);

/* The block that begins at `p`, or NULL; `p` may be any pointer. */
bool alcove_guard_find(const struct alcove_guard *guard, const void *p,
                       struct alcove_guard_node **found,
                       struct alcove_guard_node **bad);

/* Take a block up as the newest live one, and seal it. */
bool alcove_guard_enter(struct alcove_guard *guard, struct alcove_guard_node *b,
                        struct alcove_guard_node **bad);

/* From the live blocks to the quarantine: can it be done, and do it. */
bool alcove_guard_may_retire(const struct alcove_guard *guard,
                             const struct alcove_guard_node *b,
                             struct alcove_guard_node **bad);
void alcove_guard_retire(struct alcove_guard *guard,
                         struct alcove_guard_node *b);

/* Take a block of the quarantine out of the index; and, if nobody takes its
 * memory, put it back where it was. */
bool alcove_guard_leave(struct alcove_guard *guard, struct alcove_guard_node *b,
                        struct alcove_guard_node **bad);
void alcove_guard_reenter(struct alcove_guard *guard,
                          struct alcove_guard_node *b);

/* The first block of a list, and the next one. Where a header is broken, they
 * go on with the first block behind it that can be reached. */
struct alcove_guard_node *alcove_guard_first(const struct alcove_guard *guard,
                                             const struct alcove_guard_list *l);
struct alcove_guard_node *alcove_guard_next(const struct alcove_guard *guard,
                                            const struct alcove_guard_list *l,
                                            const struct alcove_guard_node *b);

/* Make the index anew of all blocks that can be reached. */
void alcove_guard_rebuild(struct alcove_guard *guard);

/* ---- guardkeep.c ---- */

/* A live block, of which all has been looked at, goes into the quarantine, and
 * what has no room there leaves it. errno stays. */
void alcove_guard_keep(struct alcove_guard *guard, struct alcove_guard_node *b);

/* Give all of the quarantine back. */
bool alcove_guard_drain(struct alcove_guard *guard, struct alcove_error *err);

/* ---- guardreport.c ---- */

/* A refusal of misuse; returns false. And what has nobody to be returned to:
 * who finds that sees to errno. */
bool alcove_guard_refuse(struct alcove_guard *guard,
                         const struct alcove_error *what,
                         struct alcove_error *err);
void alcove_guard_tell(struct alcove_guard *guard,
                       const struct alcove_error *what);

/* ---- guardscope.c ---- */

bool alcove_guard_scope(struct alcove_guard *guard, struct alcove_layout l,
                        alcove_temp_fn *fn, void *arg, void *site,
                        struct alcove_error *err);

/* ---- guard.c ---- */

/* A block for the caller at `site`. */
struct alcove_guard_node *alcove_guard_alloc(struct alcove_guard *guard,
                                             struct alcove_layout l, bool zero,
                                             void *site,
                                             struct alcove_error *err);

/* May the block at `p` be released with layout `l`? If not, `*what` says why;
 * and
 * `*found` is the block if nothing is against it but its bytes. */
bool alcove_guard_may_release(const struct alcove_guard *guard, const void *p,
                              struct alcove_layout l,
                              struct alcove_guard_node **found,
                              struct alcove_error *what);

/* ---- guardpage.c ---- */

/* As obtain and give_back, above. */
struct alcove_guard_node *alcove_guard_map(const struct alcove_guard *guard,
                                           struct alcove_layout l,
                                           struct alcove_error *err);
bool alcove_guard_unmap(const struct alcove_guard *guard,
                        struct alcove_guard_node *b, struct alcove_error *err);

/* In bytes; 0 if there are no guard pages. */
size_t alcove_guard_page_size(void);

/* The first byte behind the block's own pages. */
char *alcove_guard_page_end(const struct alcove_guard *guard,
                            const struct alcove_guard_node *b);

/* Put the pages of a released block out of reach, their contents lost. False if
 * that cannot be: they are as they were. */
bool alcove_guard_page_hide(const struct alcove_guard *guard,
                            struct alcove_guard_node *b);

#endif /* ALCOVE_LIB_ADAPT_GUARD_H */
