/* SPDX-License-Identifier: MIT */
/* malloc's shape over any allocator, by a header right before each block.
 *
 * The block stands as far into the allocator's own block as its alignment says,
 * and at least as far as the header is long. A header is two seals on what it
 * tells: `magic` says where the block is and whose, `check` that and its size
 * and alignment. If one is broken and the other holds, the header has been
 * overwritten; if both are, there is none. It is unsealed before its memory is
 * given away, and sealed again if the allocator does not take that.
 */
#include <config.h>

#include <alcove/thin.h>

#include "../core/libc.h"
#include "../core/pad.h"

struct header {
    uint64_t size;
    uint32_t check; /* and the logarithm of the alignment, in its lowest bits */
    uint32_t magic; /* last: what is written just before a block hits this */
};

enum {
    LOG_MASK = 63,
    PLAIN_LOG = ALCOVE_PLAIN_ALIGN == 16  ? 4
                : ALCOVE_PLAIN_ALIGN == 8 ? 3
                : ALCOVE_PLAIN_ALIGN == 4 ? 2
                                          : 1,
    NOWHERE = 4096 /* no block is in the first page: not even its header */
};

typedef char log_is_right[1 << PLAIN_LOG == ALCOVE_PLAIN_ALIGN ? 1 : -1];
typedef char size_is_told[sizeof(struct header) == ALCOVE_THIN_HEADER ? 1 : -1];

/* What is known of a block whose header holds. */
struct known {
    size_t size;
    unsigned log;
};

static size_t
thin_align_of(unsigned log)
{
    return (size_t)1 << log;
}

/* From the allocator's block to the caller's. */
static size_t
offset_of(unsigned log)
{
    return thin_align_of(log) < sizeof(struct header) ? sizeof(struct header)
                                                      : thin_align_of(log);
}

static struct alcove_layout
whole_of(struct known k)
{
    struct alcove_layout l = {offset_of(k.log) + k.size, thin_align_of(k.log)};

    return l;
}

static void *
base_of(const void *p, unsigned log)
{
    return (char *)p - offset_of(log);
}

static unsigned
log_of(size_t align)
{
    unsigned log = PLAIN_LOG;

    while (thin_align_of(log) < align)
        log++;
    return log;
}

/* ---- refusals ---- */

static bool
thin_refuse(struct alcove_error what, struct alcove_error *err)
{
    what.allocator = "thin";
    return alcove_error_set(err, &what);
}

static ALCOVE_COLD ALCOVE_NOINLINE bool
thin_refuse_size(struct known k, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_EXCEEDS_MAX,
        .layout = {k.size, thin_align_of(k.log)},
    };

    return thin_refuse(what, err);
}

static ALCOVE_COLD ALCOVE_NOINLINE bool
thin_refuse_product(size_t count, size_t size, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_ARITH,
        .op = ALCOVE_ARITH_MUL,
        .lhs = count,
        .rhs = size,
    };

    return thin_refuse(what, err);
}

static ALCOVE_COLD ALCOVE_NOINLINE void
refuse_pointer(const void *p, struct alcove_error *err)
{
    struct alcove_error what = {
        .code = ALCOVE_ERR_NOT_OWNED,
        .block = p,
        .detail = "no block can begin there",
    };

    (void)thin_refuse(what, err);
}

static bool
thin_fits(struct known k, struct alcove_error *err)
{
    size_t below = thin_align_of(k.log) - 1;

    if (ALCOVE_LIKELY(offset_of(k.log) <= ALCOVE_SIZE_MAX - below &&
                      k.size <= ALCOVE_SIZE_MAX - below - offset_of(k.log)))
        return true;
    return thin_refuse_size(k, err);
}

static bool
multiply(size_t count, size_t size, size_t *product, struct alcove_error *err)
{
    if (size != 0 && count > SIZE_MAX / size)
        return thin_refuse_product(count, size, err);
    *product = count * size;
    return true;
}

/* ---- headers ---- */

/* Both seals, the logarithm included. Multiples of 2^64 over the golden ratio
 * stay far from each other: no single bit of size or logarithm can change
 * without its seal, nor a header be good at another place within 2^30 bytes. */
ALCOVE_WRAPS static struct header
sealed(const struct alcove_allocator *a, const void *p, uint64_t size,
       unsigned log)
{
    const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
    const uint64_t other = UINT64_C(0xd1b54a32d192ed03);
    uint64_t who = (uintptr_t)p + (uintptr_t)a * other;
    uint64_t where = who * golden;
    uint64_t what = (where + size + ((uint64_t)log << 58)) * golden;
    struct header h;

    h.size = size;
    h.check = ((uint32_t)(what >> 32) & ~(uint32_t)LOG_MASK) | log;
    h.magic = (uint32_t)(where >> 32);
    return h;
}

static struct header *
header_of(const void *p)
{
    return (struct header *)(void *)((char *)p - sizeof(struct header));
}

/* The memory may have been anything before: copied, not accessed in place. */
static struct header
read_header(const void *p)
{
    struct header h;

    memcpy(&h, header_of(p), sizeof h);
    return h;
}

static void *
put_header(const struct alcove_allocator *a, void *base, struct known k)
{
    char *p = (char *)base + offset_of(k.log);
    struct header h = sealed(a, p, k.size, k.log);

    memcpy(header_of(p), &h, sizeof h);
    return p;
}

/* The opposite of `check`: it tells a released block from a damaged one. */
static uint32_t
unsealed(uint32_t check)
{
    return check ^ ~(uint32_t)LOG_MASK;
}

/* Done twice, it seals again. */
static void
unseal(void *p)
{
    struct header h = read_header(p);

    h.check = unsealed(h.check);
    memcpy(header_of(p), &h, sizeof h);
}

/* The first byte of `magic` that is wrong, counted from the block. */
static ptrdiff_t
damage(uint32_t is, uint32_t should_be)
{
    unsigned char x[sizeof is], y[sizeof is];
    size_t i = 0;

    memcpy(x, &is, sizeof is);
    memcpy(y, &should_be, sizeof is);
    while (x[i] == y[i])
        i++;
    return (ptrdiff_t)i - (ptrdiff_t)sizeof is;
}

static ALCOVE_COLD ALCOVE_NOINLINE void
refuse_header(const void *p, struct header is, struct header should_be,
              struct alcove_error *err)
{
    struct alcove_error what = {.code = ALCOVE_ERR_NOT_OWNED, .block = p};

    if (is.magic == should_be.magic && is.check == unsealed(should_be.check)) {
        what.detail = "it has been released, or has moved";
    } else if (is.magic == should_be.magic) {
        what.code = ALCOVE_ERR_CORRUPT;
        what.offset = -(ptrdiff_t)sizeof is;
        what.detail = "the header before the block is damaged";
    } else if (is.check == should_be.check) {
        what.code = ALCOVE_ERR_CORRUPT;
        what.offset = damage(is.magic, should_be.magic);
        what.detail = "something was written just before the block";
    } else {
        what.detail = "no block from this allocator begins there";
    }
    (void)thin_refuse(what, err);
}

static inline bool
thin_find(const struct alcove_allocator *a, const void *p, struct known *k,
          struct alcove_error *err)
{
    uintptr_t address = (uintptr_t)p;
    struct header is, should_be;

    if (ALCOVE_UNLIKELY(address % ALCOVE_PLAIN_ALIGN != 0 ||
                        address < NOWHERE + sizeof is)) {
        refuse_pointer(p, err);
        return false;
    }
    is = read_header(p);
    should_be = sealed(a, p, is.size, is.check & LOG_MASK);
    if (ALCOVE_UNLIKELY(is.check != should_be.check ||
                        is.magic != should_be.magic)) {
        refuse_header(p, is, should_be, err);
        return false;
    }
    k->size = (size_t)is.size;
    k->log = is.check & LOG_MASK;
    return true;
}

/* ---- the functions ---- */

/* What fits, and what a header tells, is a valid layout and not of size 0: the
 * two operations that are called most need no front to check that. */

void *
alcove_thin_alloc(struct alcove_allocator *a, size_t size,
                  struct alcove_error *err)
{
    struct known k = {size, PLAIN_LOG};
    void *base;

    if (!thin_fits(k, err))
        return NULL;
    base = a->ops->alloc(a, whole_of(k), err);
    return base ? put_header(a, base, k) : NULL;
}

void *
alcove_thin_zalloc(struct alcove_allocator *a, size_t size,
                   struct alcove_error *err)
{
    struct known k = {size, PLAIN_LOG};
    void *base;

    if (!thin_fits(k, err))
        return NULL;
    base = alcove_zalloc(a, whole_of(k), err);
    return base ? put_header(a, base, k) : NULL;
}

void *
alcove_thin_zalloc_array(struct alcove_allocator *a, size_t count, size_t size,
                         struct alcove_error *err)
{
    if (!multiply(count, size, &size, err))
        return NULL;
    return alcove_thin_zalloc(a, size, err);
}

void *
alcove_thin_aligned(struct alcove_allocator *a, size_t size, size_t align,
                    struct alcove_error *err)
{
    struct alcove_layout nothing = {0, align};
    struct alcove_error what;
    struct known k;
    void *base;

    if (!alcove_layout_make(0, align, &nothing, &what)) {
        what.layout.size = size;
        thin_refuse(what, err);
        return NULL;
    }
    k.size = size;
    k.log = log_of(align);
    if (!thin_fits(k, err))
        return NULL;
    base = a->ops->alloc(a, whole_of(k), err);
    return base ? put_header(a, base, k) : NULL;
}

void *
alcove_thin_realloc(struct alcove_allocator *a, void *p, size_t size,
                    struct alcove_error *err)
{
    struct known old, new_;
    void *base;

    if (!p)
        return alcove_thin_alloc(a, size, err);
    if (!thin_find(a, p, &old, err))
        return NULL;
    new_.size = size;
    new_.log = old.log;
    if (!thin_fits(new_, err))
        return NULL;
    unseal(p);
    base = alcove_realloc(a, base_of(p, old.log), whole_of(old), whole_of(new_),
                          err);
    if (base)
        return put_header(a, base, new_);
    unseal(p);
    return NULL;
}

void *
alcove_thin_realloc_array(struct alcove_allocator *a, void *p, size_t count,
                          size_t size, struct alcove_error *err)
{
    if (!multiply(count, size, &size, err))
        return NULL;
    return alcove_thin_realloc(a, p, size, err);
}

bool
alcove_thin_free(struct alcove_allocator *a, void *p, struct alcove_error *err)
{
    struct known k;

    if (!p)
        return true;
    if (!thin_find(a, p, &k, err))
        return false;
    unseal(p);
    if (a->ops->dealloc(a, base_of(p, k.log), whole_of(k), err))
        return true;
    unseal(p);
    return false;
}

size_t
alcove_thin_size(struct alcove_allocator *a, const void *p,
                 struct alcove_error *err)
{
    struct known k;

    return p && thin_find(a, p, &k, err) ? k.size : 0;
}

bool
alcove_thin_find(struct alcove_allocator *a, const void *p,
                 struct alcove_thin_block *out, struct alcove_error *err)
{
    struct known k;

    if (!thin_find(a, p, &k, err))
        return false;
    out->layout.size = k.size;
    out->layout.align = thin_align_of(k.log);
    out->base = base_of(p, k.log);
    out->whole = whole_of(k);
    return true;
}
