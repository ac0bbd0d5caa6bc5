/* SPDX-License-Identifier: MIT */
/* The blocks of the kit's own parent, and their memory.
 *
 * A piece of malloc's memory is: a struct books_block, EDGE bytes, padding, the
 * block, its slack, EDGE bytes. Slack is what a block may grow by in place.
 */
#include <config.h>

#include "bookblock.h"

#include "../os/errno.h"
#include "pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EDGE = 32, SLACK = 128, UNIT = 16, EDGE_BYTE = 0xee };

/* Bytes that are kept after their release. */
static const size_t most_kept = 1 << 20;

void
alcove_books_note(struct books *b, const char *what, struct alcove_layout l)
{
    if (b->wrong++ == 0)
        snprintf(b->text, sizeof b->text, "%s (%zu bytes aligned to %zu)", what,
                 l.size, l.align);
}

static struct books_block **
bucket(struct books *b, const void *p)
{
    return &b->live[((uintptr_t)p >> 4) % BOOKS_BUCKETS];
}

struct books_block **
alcove_books_find(struct books *b, const void *p)
{
    struct books_block **link = bucket(b, p);

    while (*link && (*link)->p != p)
        link = &(*link)->next;
    return *link ? link : NULL;
}

size_t
alcove_books_usable(const struct books_block *block)
{
    size_t up = block->layout.size + (UNIT - 1);

    up -= up % UNIT;
    return up < block->room ? up : block->room;
}

/* Where nobody is told how much is usable, the edge is where the size ends. */
static unsigned char *
end(const struct books *b, const struct books_block *block)
{
    if (b->allocator.features & ALCOVE_CAN_USABLE_SIZE)
        return block->p + alcove_books_usable(block);
    return block->p + block->layout.size;
}

static void
mark_end(const struct books *b, const struct books_block *block)
{
    unsigned char *from = end(b, block);

    memset(from, EDGE_BYTE, (size_t)(block->p + block->room + EDGE - from));
}

static bool
holds(const unsigned char *p, const unsigned char *past, int byte)
{
    for (; p < past; p++)
        if (*p != byte)
            return false;
    return true;
}

static void
audit(struct books *b, const struct books_block *block)
{
    if (!holds(block->p - EDGE, block->p, EDGE_BYTE))
        alcove_books_note(b, "bytes in front of a block were overwritten",
                          block->layout);
    if (!holds(end(b, block), block->p + block->room + EDGE, EDGE_BYTE))
        alcove_books_note(b, "bytes behind a block were overwritten",
                          block->layout);
}

static void
audit_kept(struct books *b, const struct books_block *block)
{
    if (alcove_pattern_find_other(block->p, 0, block->layout.size, BOOKS_GONE) <
        block->layout.size)
        alcove_books_note(b, "a block was written after its release",
                          block->layout);
}

struct books_block *
alcove_books_make(struct books *b, struct alcove_layout l, int fill)
{
    size_t extra = sizeof(struct books_block) + 2 * EDGE + SLACK + UNIT;
    struct books_block *block;
    uintptr_t start, at;
    int saved = alcove_errno(); /* glibc's malloc may succeed, and set it */

    if (l.size > b->most - b->live_bytes || l.align > b->most)
        return NULL;
    block = malloc(extra + l.size + 2 * l.align);
    alcove_errno_set(saved);
    if (!block)
        return NULL;
    start = (uintptr_t)block;
    at = start + sizeof *block + EDGE + (l.align - 1);
    at -= at & (l.align - 1);
    if ((at & l.align) == 0) /* aligned as asked, and no better */
        at += l.align;
    block->p = (unsigned char *)block + (at - start);
    block->layout = l;
    block->room = l.size + SLACK;
    memset(block->p - EDGE, EDGE_BYTE, EDGE);
    alcove_pattern_fill(block->p, l.size, fill);
    if (fill == 0)
        memset(block->p, 0, l.size);
    mark_end(b, block);
    block->next = *bucket(b, block->p);
    *bucket(b, block->p) = block;
    b->live_blocks++;
    b->live_bytes += l.size;
    return block;
}

static void
drop_oldest(struct books *b)
{
    struct books_block *block = b->oldest;
    int saved = alcove_errno();

    b->oldest = block->next;
    if (!b->oldest)
        b->newest = NULL;
    b->kept_bytes -= block->layout.size;
    audit_kept(b, block);
    free(block);
    alcove_errno_set(saved);
}

/* Out of the books, and into the queue of those that are kept. */
void
alcove_books_retire(struct books *b, struct books_block **link)
{
    struct books_block *block = *link;

    audit(b, block);
    *link = block->next;
    block->next = NULL;
    b->live_blocks--;
    b->live_bytes -= block->layout.size;
    alcove_pattern_fill(block->p, block->layout.size, BOOKS_GONE);
    if (b->newest)
        b->newest->next = block;
    else
        b->oldest = block;
    b->newest = block;
    b->kept_bytes += block->layout.size;
    while (b->kept_bytes > most_kept)
        drop_oldest(b);
}

void
alcove_books_relayout(struct books *b, struct books_block *block,
                      struct alcove_layout l)
{
    size_t old = block->layout.size;

    audit(b, block);
    b->live_bytes = b->live_bytes - old + l.size;
    block->layout = l;
    if (l.size > old)
        memset(block->p + old, BOOKS_RUBBISH, l.size - old);
    mark_end(b, block);
}

void
alcove_books_audit(struct books *b)
{
    const struct books_block *block;
    size_t i;

    for (i = 0; i < BOOKS_BUCKETS; i++)
        for (block = b->live[i]; block; block = block->next)
            audit(b, block);
    for (block = b->oldest; block; block = block->next)
        audit_kept(b, block);
}

void
alcove_books_drop_all(struct books *b)
{
    size_t i;

    for (i = 0; i < BOOKS_BUCKETS; i++)
        while (b->live[i])
            alcove_books_retire(b, &b->live[i]);
    while (b->oldest)
        drop_oldest(b);
}
