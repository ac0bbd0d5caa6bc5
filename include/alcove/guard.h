/* SPDX-License-Identifier: MIT */
/* The guard: an adapter that finds the misuse of blocks.
 *
 *     struct alcove_guard guard;
 *
 *     alcove_guard_init(&guard, alcove_malloc(), NULL, &err);
 *     use(&guard.allocator);
 *     alcove_guard_report(&guard, STDERR_FILENO, &err); // what is still live
 *     alcove_guard_done(&guard, &err);
 *
 * It talks only to its parent, or, with guard pages, to the system.
 *
 * - Each block stands between two red zones, bytes of a known value that are
 *   looked at when it is released or reallocated, and by alcove_guard_check. A
 *   byte that was overwritten with the same value is not noticed.
 * - Fresh blocks are full of ALCOVE_GUARD_FRESH (but for those of zalloc), and
 *   released ones of ALCOVE_GUARD_GONE. These are kept back in a quarantine,
 *   first in, first out; if one has changed when it leaves that, or when
 *   alcove_guard_check looks, somebody has used it after its release.
 * - A realloc always moves, so that the old pointer is one to a released block.
 * - alcove_owns and the checked functions work over any parent. The release of
 *   any pointer whatsoever is defined:
 *
 *       NOT_OWNED        no block of this guard, or not one any more
 *                        (err->detail, if it is still in the quarantine)
 *       LAYOUT_MISMATCH  err->old is the block's layout, err->layout the other
 *       CORRUPT          at err->offset from err->block a byte was overwritten:
 *                        before the block if that is negative, past it if it is
 *                        at least the size, else after the block's release
 *
 * - Such a refusal changes nothing: the block stays live. One that is CORRUPT
 *   is so at every release, until alcove_guard_repair makes its zones anew.
 * - What has no caller to be returned to is a finding: an overflow that shows
 *   at the end of a scope, a use after release that shows when a block leaves
 *   the quarantine.
 * - The guard's own data of a block (its header) stand before the first red
 *   zone. They have a checksum, which is looked at before they are believed. If
 *   they were overwritten, every operation that has to pass them is refused as
 *   CORRUPT, an allocation too, until alcove_guard_repair gives the block up.
 * - While AddressSanitizer or Valgrind watches, red zones and released blocks
 *   must not be touched, and the tool reports the access itself.
 * - A scope gets red zones as well. Where the parent has scopes of its own,
 *   they are looked at when it ends, and not before; the block is no live
 *   block, and not in the report. Elsewhere it is a block as any other.
 *
 * Memory: a block takes 11 words, a word for each frame (one at least), and two
 * red zones more than its size (with the defaults on a 64-bit machine 216
 * bytes), and less than its alignment for padding. This is what the parent
 * sees, in its errors too; a layout that has no room for it is refused
 * (ALLOC_FAILED, OUT_OF_MEMORY).
 * Time: the search for a block takes O(log n) steps for n blocks live or in
 * quarantine, on the average; filling and looking O(size).
 * Threads: one at a time. The struct must stay where it is.
 */
#ifndef ALCOVE_GUARD_H
#define ALCOVE_GUARD_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* What the bytes of red zones, fresh blocks and released ones are. */
#define ALCOVE_GUARD_ZONE  0xfb
#define ALCOVE_GUARD_FRESH 0xcb
#define ALCOVE_GUARD_GONE  0xdb

/* In an option: none at all, where 0 means the default. */
#define ALCOVE_GUARD_NONE ((size_t)-1)

/* The largest red zone in bytes, and the largest number of frames. */
#define ALCOVE_GUARD_ZONE_MAX   ((size_t)65536)
#define ALCOVE_GUARD_FRAMES_MAX ((size_t)32)

/* What a guard is to do: each field may be 0, which means the default. */
struct alcove_guard_options {
    size_t struct_size; /* sizeof(struct alcove_guard_options) */
    size_t red_zone;    /* bytes on each side of a block: 32 */
    size_t quarantine;  /* bytes of memory kept back: 65536 */
    size_t frames;      /* of the call stack that are kept for a block: 8 */
    bool no_fill;       /* leave the contents of blocks alone */
    bool pages;         /* guard pages: see alcove_guard_init */

    /* Called for each finding and for each refusal of a wrong pointer, layout
     * or contents, as it is found: for programs that do not look at what a
     * release returns. It must not use the guard. It need not return, but at
     * the end of a scope; then a finding may be told once more. NULL: nothing.
     */
    void (*report)(const struct alcove_error *what, void *arg);
    void *arg;
};

struct alcove_guard_node; /* a block's header */

struct alcove_guard_list {
    struct alcove_guard_node *oldest, *newest;
    size_t blocks, bytes;
};

/* Invariants: root is the tree of all blocks in the two lists; `live` counts
 * the bytes of the layouts, `kept` those of the memory.
 */
struct alcove_guard {
    struct alcove_allocator allocator; /* pass &guard.allocator */
    struct alcove_allocator *parent;   /* NULL: pages of the system */
    size_t red_zone, quarantine, frames;
    size_t header, head; /* bytes of a header; from its start to the block */
    size_t page;         /* 0: no guard pages */
    bool fill, watched, tracing;
    void (*report)(const struct alcove_error *what, void *arg);
    void *arg;
    struct alcove_guard_node *root;
    struct alcove_guard_list live, kept;
    size_t sequence; /* of the block that was allocated last */
    size_t refused, findings, lost;
    struct alcove_error first; /* of the findings */
};

/* Make a guard over `parent`, which must live until alcove_guard_done, and not
 * drop its blocks before. `options` may be NULL: all defaults.
 *
 * With options->pages the memory is the system's, the parent is not used and
 * may be NULL, and instead of the second red zone the end of a block is the end
 * of a page, and the next one must not be touched: a write past the end is a
 * SIGSEGV (SIGBUS on some systems) where it happens. A block ends as near to it
 * as its alignment allows, and the gap is filled and looked at. Nor may a block
 * in quarantine be touched. A block takes three pages at least, and two of the
 * mappings that a system may limit (Linux: 65530 for a process).
 *
 * Fails, with nothing changed, if and only if the parent is NULL (without
 * options->pages) or the guard itself, an option is out of range, or the
 * options' size is none, or more than this version knows, and not 0 there
 * (OTHER, errno EINVAL); or there are to be guard pages, and this library has
 * none (UNSUPPORTED).
 *
 * The guard can what the parent can (with guard pages: allocate, release and
 * reclaim, scopes, zeroed memory), but for resize, realloc, usable sizes and
 * threads; and it adds OWNS and CHECKED.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_guard_init(struct alcove_guard *guard,
                       struct alcove_allocator *parent,
                       const struct alcove_guard_options *options,
                       struct alcove_error *err);

/* Give the quarantine back.
 * Fails if and only if
 * - blocks are live: OTHER, errno EBUSY, with the bytes in err->limit, and
 *   nothing has changed;
 * - a header was overwritten: CORRUPT; or the parent refuses to take a block
 *   back: its error. The rest of the quarantine is still there;
 * - there are findings, if only now: the first of them. All else is done, the
 *   findings are forgotten, and done once more succeeds.
 * The guard goes on working in any case, and after success holds no memory.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_guard_done(struct alcove_guard *guard, struct alcove_error *err);

/* Look at all live blocks, the oldest first, and then at the quarantine.
 * Fails, with nothing changed, if and only if a block is CORRUPT, or there are
 * findings (the first of them). Leaves findings and the callback alone.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_guard_check(struct alcove_guard *guard, struct alcove_error *err);

/* Go on after a block was found CORRUPT: `block` is err->block. Its red zones
 * are made anew, and so are its contents in the quarantine. If its header was
 * overwritten, this and all blocks like it are given up: they are not the
 * guard's any longer, and their memory goes back to nobody.
 * Fails if and only if `block` is no block of this guard (NOT_OWNED), or the
 * header of another one is in the way (CORRUPT: that one is to be repaired
 * first). Cost: that of a release; O(n log n) if blocks are given up.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_guard_repair(struct alcove_guard *guard, const void *block,
                         struct alcove_error *err);

/* The number of findings. If there are any, `*first` is the first; `first` may
 * be NULL.
 */
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_guard_findings(const struct alcove_guard *guard,
                             struct alcove_error *first);

/* A live block. The frames are return addresses, innermost first: frames[0] is
 * in the function that asked the guard for the block. frame_count is 0 where
 * the compiler does not tell, and 1 where the system has no backtrace().
 */
struct alcove_guard_block {
    void *block;
    struct alcove_layout layout;
    size_t sequence; /* 1 for the first block of this guard, then 2, ... */
    size_t frame_count;
    void *const *frames;
};

/* Call fn(block, arg) for each live block, the oldest first. It must not use
 * the guard, and need not return. Returns how many there were: less than are
 * live if headers were overwritten.
 */
ALCOVE_API ALCOVE_NONNULL(1, 2)
size_t alcove_guard_each(const struct alcove_guard *guard,
                         void (*fn)(const struct alcove_guard_block *block,
                                    void *arg),
                         void *arg);

/* Write a text to file descriptor `fd`: a line for each live block, the oldest
 * first, the frames below it, by name where the system knows one; and a line
 * with the sums. Allocates nothing.
 * Fails if and only if `fd` cannot be written to (OTHER, with the system's
 * error); some of the text may have been written.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_guard_report(const struct alcove_guard *guard, int fd,
                         struct alcove_error *err);

ALCOVE_END

#endif /* ALCOVE_GUARD_H */
