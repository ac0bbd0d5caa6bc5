/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "model.h"

#include "fuzz.h"

#include <string.h>

/* What is written into a block: a part of this, from its tag on. So every byte
 * depends on its place in the block. */
static unsigned char pattern[MODEL_BYTES + 256];

void
model_init(struct model *m)
{
    uint32_t x = 2463534242u;
    size_t i;

    m->count = m->tags = m->now = 0;
    m->bytes = m->blocks = 0;
    m->unique = false;
    if (pattern[1])
        return;
    for (i = 0; i < sizeof pattern; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        pattern[i] = (unsigned char)(x >> 11 | 1); /* never 0 */
    }
}

static size_t
held(size_t bytes)
{
    return bytes < MODEL_BYTES ? bytes : MODEL_BYTES;
}

static void
fill(struct model_block *b, size_t from, size_t to)
{
    to = held(to);
    if (from < to)
        memcpy(b->p + from, pattern + b->tag + from, to - from);
    b->written = to;
}

static void
is_zero(const unsigned char *p, size_t from, size_t to)
{
    static const unsigned char zeros[256];

    for (; from < to && to - from > sizeof zeros; from += sizeof zeros)
        must(memcmp(p + from, zeros, sizeof zeros) == 0,
             "something from byte %zu on is not 0", from);
    must(from >= to || memcmp(p + from, zeros, to - from) == 0,
         "something from byte %zu on is not 0", from);
}

/* Where no other block is, and aligned. */
static void
has_its_place(const struct model *m, const struct model_block *b, size_t size)
{
    uintptr_t at = (uintptr_t)b->p;
    const struct model_block *o, *end = m->live + m->count;

    must((at & (b->l.align - 1)) == 0, "%p is not aligned to %zu", (void *)b->p,
         b->l.align);
    if (size == 0 && !m->unique) {
        must(at == b->l.align, "a block of size 0 is %p", (void *)b->p);
        return;
    }
    size += size == 0;
    must(at + size > at, "a block of %zu bytes at %p", size, (void *)b->p);
    for (o = m->live; o < end; o++) {
        uintptr_t other = (uintptr_t)o->p;

        if (FUZZ_UNLIKELY(other < at + size && at < other + o->written &&
                          o != b))
            must(false, "%zu bytes at %p overlap %zu at %p", size, (void *)b->p,
                 o->written, (void *)o->p);
    }
}

struct model_block *
model_add(struct model *m, void *p, struct alcove_layout l, bool zero)
{
    struct model_block *b = &m->live[m->count];

    must(p && m->count < MODEL_LIVE, "a block without a place");
    b->p = p;
    b->l = l;
    b->tag = m->tags++ & 255;
    b->changed = ++m->now;
    b->owner = NULL;
    has_its_place(m, b, l.size);
    if (zero)
        is_zero(b->p, 0, l.size);
    fill(b, 0, l.size);
    m->count++;
    m->bytes += l.size;
    m->blocks += l.size != 0;
    return b;
}

static void
holds(const struct model_block *b, size_t size)
{
    size = held(size);
    must(size == 0 || memcmp(b->p, pattern + b->tag, size) == 0,
         "a block of %zu bytes at %p has changed", b->l.size, (void *)b->p);
}

void
model_look(const struct model_block *b)
{
    holds(b, b->written);
}

void
model_look_all(const struct model *m)
{
    unsigned i;

    for (i = 0; i < m->count; i++)
        model_look(&m->live[i]);
}

void
model_remove(struct model *m, struct model_block *b)
{
    m->bytes -= b->l.size;
    m->blocks -= b->l.size != 0;
    *b = m->live[--m->count];
}

void
model_change(struct model *m, struct model_block *b, void *p,
             struct alcove_layout l, bool zero)
{
    size_t kept = b->l.size < l.size ? b->l.size : l.size;

    m->bytes += l.size - b->l.size;
    m->blocks += (size_t)(l.size != 0) - (b->l.size != 0);
    b->changed = ++m->now;
    b->p = p;
    b->l = l;
    b->written = 0;
    has_its_place(m, b, l.size);
    holds(b, kept);
    if (zero)
        is_zero(b->p, kept, l.size);
    fill(b, held(kept), l.size);
}

void
model_use(struct model *m, struct model_block *b, size_t usable)
{
    size_t from = b->written;

    has_its_place(m, b, usable);
    fill(b, from, usable > from ? usable : from);
}
