/* SPDX-License-Identifier: MIT */
/* A cache of free blocks, by size, in front of a parent: small blocks for a
 * few instructions, whatever the parent costs.
 *
 *     struct alcove_sizeclass sc;
 *     struct node *n;
 *
 *     alcove_sizeclass_init(&sc, alcove_malloc());
 *     n = alcove_sizeclass_alloc(&sc, ALCOVE_LAYOUT(struct node), &err);
 *     alcove_sizeclass_dealloc(&sc, n, ALCOVE_LAYOUT(struct node), &err);
 *     alcove_sizeclass_done(&sc);
 *
 * - A small block is one of at most ALCOVE_SIZECLASS_MAX bytes, aligned to at
 *   most 16. It belongs to a class: 16, 32, ... 128 bytes, from there on four
 *   classes to each doubling. The class follows from the layout, so blocks have
 *   no headers. All other blocks are the parent's, and go to it straight.
 * - A small block comes from the parent one at a time, with the size of its
 *   class, aligned to 16; when it is released, it stays in the cache, for the
 *   next block of its class, until alcove_sizeclass_trim or _done. So the cache
 *   holds at most what was live at once, in each class. What a block costs the
 *   parent, it costs once: an arena as the parent makes that little, too, and
 *   takes all blocks back at once at its end.
 * - If the parent refuses a block, the cache is trimmed, and the parent asked
 *   once more.
 * - &sc.allocator is the same as an allocator: see "Through the interface".
 * - Threads: one at a time.
 * - While a tool watches (the library is built with AddressSanitizer, or runs
 *   under Valgrind) there is no cache: every block is the parent's, with the
 *   layout that was asked for.
 */
#ifndef ALCOVE_SIZECLASS_H
#define ALCOVE_SIZECLASS_H

#include <alcove/temp.h>

ALCOVE_BEGIN

/* The largest size of a small block, and its largest alignment, in bytes. */
#define ALCOVE_SIZECLASS_MAX   4096
#define ALCOVE_SIZECLASS_ALIGN 16

enum { ALCOVE_SIZECLASS_COUNT = 28 };

struct alcove_sizeclass {
    struct alcove_allocator allocator; /* pass &sc.allocator */

    /* By class: the first free block's address, 1 if there is none, or 0 if
     * blocks must be given and taken out of line. */
    uintptr_t heads[ALCOVE_SIZECLASS_COUNT];

    struct alcove_allocator *parent;
    size_t blocks; /* small ones that are the cache's or its callers' */
    int mode;
};

/* Make `*sc` an empty cache in front of `parent`, which must outlive it. Cannot
 * fail; allocates nothing.
 */
ALCOVE_API ALCOVE_NONNULL(1, 2)
void alcove_sizeclass_init(struct alcove_sizeclass *sc,
                           struct alcove_allocator *parent);

/* Give all cached blocks back to the parent, and cache no more: from now on
 * blocks go straight to the parent. Live blocks stay the caller's, to be
 * released as before. A second call does nothing. A block that the parent
 * refuses to take back is lost. Leaves errno alone. Cost: a release for each
 * block.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_sizeclass_done(struct alcove_sizeclass *sc);

/* Give all cached blocks back to the parent, if that gets memory back from a
 * release (ALCOVE_CAN_RECLAIM); else keep them. Returns how many bytes went. A
 * block that the parent refuses to take back is lost. Leaves errno alone. Cost:
 * a release for each block.
 */
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_sizeclass_trim(struct alcove_sizeclass *sc);

/* Bytes of the cached blocks, as the parent counts them. Cost: linear in the
 * cached blocks.
 */
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_sizeclass_cached(const struct alcove_sizeclass *sc);

/* A block with layout `l`, its contents undefined.
 * Fails if and only if the layout is not valid, or the parent refuses: the
 * error is the parent's then (its layout that of the class, if the block is a
 * small one), and nothing has changed but that the cache is empty.
 * Cost: five instructions if the layout is a constant and a block is cached.
 */
ALCOVE_INLINE ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_sizeclass_alloc(struct alcove_sizeclass *sc,
                             struct alcove_layout l, struct alcove_error *err);

/* Release block `p` of layout `l`, which must be a live one of this cache.
 * NULL, and a block of size 0, are a no-op.
 * Fails if and only if the layout is not valid, or the block goes to the parent
 * and the parent refuses it.
 * Cost: seven instructions if the layout is a constant.
 */
ALCOVE_INLINE ALCOVE_NONNULL(1)
bool alcove_sizeclass_dealloc(struct alcove_sizeclass *sc, void *p,
                              struct alcove_layout l,
                              struct alcove_error *err);

/* Are the invariants whole? Every cached block is aligned, and none is there
 * twice. False means that memory was overwritten, or a block released twice.
 * Cost: linear in the cached blocks.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_sizeclass_ok(const struct alcove_sizeclass *sc);

/* For debugging: cache nothing, and take each block from the parent with the
 * layout that was asked for. The environment variable ALCOVE_PASSTHROUGH=1 does
 * this to all. Blocks can then be resized in place, and tell what of them can
 * be used, as far as the parent's can. Call it right after
 * alcove_sizeclass_init: once a small block is live or cached, it does nothing.
 */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_sizeclass_pass_through(struct alcove_sizeclass *sc);

/* Through the interface (alcove_alloc(&sc.allocator, ...), and so on)
 *
 * - A small block changes its size and alignment in place within its class, any
 *   other as the parent can, and where one of the layouts is small and the
 *   other is not, by a copy.
 * - alcove_usable_size of a small block is the size of its class; without the
 *   cache, and for all other blocks, what the parent says.
 * - alcove_owns asks the parent, with the class's layout, and looks whether the
 *   block is cached: it is true of blocks that the parent gave to others, too.
 *   Cost: linear in the cached blocks of the class.
 * - Features: RESIZE and USABLE_SIZE; ALLOC, DEALLOC, RECLAIM, REALLOC and OWNS
 *   if the parent has them, and TEMP if it has both ALLOC and DEALLOC.
 */

/* ---- the inline bodies ---- */

/* What is done out of line. Not for direct use. */
ALCOVE_API ALCOVE_COLD
void *alcove_sizeclass_alloc_edge(struct alcove_sizeclass *sc,
                                  struct alcove_layout l,
                                  struct alcove_error *err);
ALCOVE_API ALCOVE_COLD
bool alcove_sizeclass_dealloc_edge(struct alcove_sizeclass *sc, void *p,
                                   struct alcove_layout l,
                                   struct alcove_error *err);

/* A cached block. Whatever the block was used as before, its link may be
 * written and read now. */
#if defined __GNUC__
struct __attribute__((may_alias)) alcove_sizeclass_link {
#else
struct alcove_sizeclass_link {
#endif
    uintptr_t next; /* as one of alcove_sizeclass.heads */
};

/* The class of sizes from 129 to ALCOVE_SIZECLASS_MAX. */
static inline unsigned
alcove_sizeclass_of_middle(size_t size)
{
    size_t last = size - 1; /* 2 ** (7 + doubling) <= last */
    unsigned doubling = (unsigned)(last >= 256) + (last >= 512) +
                        (last >= 1024) + (last >= 2048);

    return 8 + 4 * doubling + (unsigned)(last >> (5 + doubling)) - 4;
}

/* The class of sizes from 1 to ALCOVE_SIZECLASS_MAX. */
static inline unsigned
alcove_sizeclass_of(size_t size)
{
    if (size <= 128)
        return (unsigned)((size - 1) / 16);
    return alcove_sizeclass_of_middle(size);
}

/* Of a valid layout, not of size 0. */
static inline bool
alcove_sizeclass_is_small(struct alcove_layout l)
{
    return l.size <= ALCOVE_SIZECLASS_MAX && l.align <= ALCOVE_SIZECLASS_ALIGN;
}

ALCOVE_INLINE void *
alcove_sizeclass_alloc(struct alcove_sizeclass *sc, struct alcove_layout l,
                       struct alcove_error *err)
{
    if (ALCOVE_LIKELY(alcove_layout_is_block(l) &&
                      alcove_sizeclass_is_small(l))) {
        uintptr_t *head = &sc->heads[alcove_sizeclass_of(l.size)];
        uintptr_t first = *head;

        if (ALCOVE_LIKELY(first > 1)) {
            *head = ((struct alcove_sizeclass_link *)first)->next;
            return (void *)first;
        }
    }
    return alcove_sizeclass_alloc_edge(sc, l, err);
}

ALCOVE_INLINE bool
alcove_sizeclass_dealloc(struct alcove_sizeclass *sc, void *p,
                         struct alcove_layout l, struct alcove_error *err)
{
    if (ALCOVE_LIKELY(p && alcove_layout_is_block(l) &&
                      alcove_sizeclass_is_small(l))) {
        uintptr_t *head = &sc->heads[alcove_sizeclass_of(l.size)];
        uintptr_t first = *head;

        if (ALCOVE_LIKELY(first != 0)) {
            ((struct alcove_sizeclass_link *)p)->next = first;
            *head = (uintptr_t)p;
            return true;
        }
    }
    return alcove_sizeclass_dealloc_edge(sc, p, l, err);
}

ALCOVE_END

#endif /* ALCOVE_SIZECLASS_H */
