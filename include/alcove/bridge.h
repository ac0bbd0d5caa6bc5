/* SPDX-License-Identifier: MIT */
/* An allocator in the hands of other libraries: functions in the shapes that
 * their callbacks have, in plain C types, and none for any one library.
 *
 *     struct alcove_bridge b;
 *     z_stream z = {.zalloc = alcove_bridge_alloc_uints,
 *                   .zfree = alcove_bridge_free, .opaque = &b};
 *
 *     alcove_bridge_init(&b, allocator, NULL, &err);
 *
 * It talks only to the allocator, by <alcove/thin.h> where a callback does not
 * tell sizes. What the shapes are, and which library has which, is in
 * alcove-bridges(7). Structs that libraries want to have filled are filled by
 * <alcove/bridge/NAME.h>: sqlite, vulkan, libgit2, python, nghttp2, cjson.
 *
 * What holds for every function that a library calls:
 * - `bridge` is a struct alcove_bridge that was initialised, and lives, as its
 *   allocator does, for as long as the library has a block.
 * - A block is released and resized by the functions of its own kind: `sized`
 *   ones have no header, all others have one, and serve each other.
 * - Blocks are aligned as malloc's, or to options->align if that is more.
 * - NULL is released by doing nothing; to resize NULL is to allocate.
 * - Products and sums are computed in size_t; one that does not fit, a negative
 *   size, or a size that is none is a request that is refused.
 * - A refused request is counted in bridge->refused, told to options->on_oom,
 *   and answered with NULL and errno ENOMEM, as malloc's; the old block of a
 *   resize is as it was.
 * - A pointer that is no live block (NOT_OWNED, CORRUPT), and any release that
 *   the allocator refuses, is counted in bridge->wrong and told to
 *   options->on_wrong; the block is as it was. What the header before a block
 *   tells of is told by the bridge's name, the rest by the allocator's. Blocks
 *   without a header are known by the allocator only, if by anybody.
 * - Success leaves errno alone, and any release does.
 * - Threads: as the allocator; the counters may be written by several at once.
 * - Cost: that of <alcove/thin.h> or of the allocator, and a few instructions.
 */
#ifndef ALCOVE_BRIDGE_H
#define ALCOVE_BRIDGE_H

#include <alcove/alloc.h>

ALCOVE_BEGIN

/* What size 0 means to the library. `sized` and `resized` functions do not ask:
 * what they do is told there. */
enum alcove_bridge_zero {
    /* A block of size 0: not NULL, no other's, to be released. To resize to 0
     * releases nothing. Python must have this. */
    ALCOVE_BRIDGE_ZERO_UNIQUE,

    /* To allocate gives NULL, which is no refusal; to resize to 0 releases the
     * block and gives NULL. Never for a library that takes every NULL for a
     * refusal. */
    ALCOVE_BRIDGE_ZERO_NULL,

    /* To allocate gives a block as with UNIQUE; to resize to 0 releases the
     * block and gives NULL, as glibc's realloc. OpenSSL, Duktape. */
    ALCOVE_BRIDGE_ZERO_FREE
};

/* Does the library call from several threads at once? */
enum alcove_bridge_threads {
    ALCOVE_BRIDGE_THREADS_USUAL,   /* a slot: SEVERAL; a bridge: ONE */
    ALCOVE_BRIDGE_THREADS_ONE,     /* no, or the caller sees to it */
    ALCOVE_BRIDGE_THREADS_SEVERAL, /* yes: the allocator must bear that */
};

/* All that can be chosen; what is 0 or NULL stands for the usual. Begin with
 *
 *     struct alcove_bridge_options options = {.struct_size = sizeof options};
 */
struct alcove_bridge_options {
    size_t struct_size; /* sizeof(struct alcove_bridge_options) */

    const char *name; /* for messages; lives as long as the bridge; NULL:
                       * "bridge" */
    enum alcove_bridge_zero zero;
    enum alcove_bridge_threads threads;
    size_t align; /* of all blocks, in bytes; 0: as malloc's. wolfSSL: 16 */

    /* Called when a request is refused, for libraries that cannot bear NULL
     * (GMP, cmark, libev), or to release memory. True: try again, and call this
     * again if that is refused, too. False: answer NULL. It need not return at
     * all: abort, exit, longjmp, an exception and the end of the thread leave
     * bridge and allocator in order. Where another try is of no use (a size
     * that is none, a pointer that is no block) the answer does not count. */
    bool (*on_oom)(const struct alcove_error *err, void *arg);

    /* Called for each wrong pointer or size, and each refused release. The same
     * holds for it. */
    void (*on_wrong)(const struct alcove_error *err, void *arg);

    void *arg; /* for both */
};

/* What a library gets as its context, user pointer, or opaque. Invariant: zero
 * and align are valid. Read its counters by alcove_bridge_report if several
 * threads are about. */
struct alcove_bridge {
    struct alcove_allocator *allocator;
    const char *name;
    enum alcove_bridge_zero zero;
    size_t align; /* at least malloc's */
    bool (*on_oom)(const struct alcove_error *err, void *arg);
    void (*on_wrong)(const struct alcove_error *err, void *arg);
    void *arg;

    size_t refused;           /* requests, each try counted */
    size_t wrong;             /* wrong pointers and sizes, refused releases */
    struct alcove_error last; /* of either; ALCOVE_OK: none */
    int telling;              /* is `last` being written or read? */
};

/* Let libraries allocate from `a`. `options` may be NULL, and need not live on.
 * Nothing is allocated, and there is nothing to release.
 * Fails, with nothing changed, if and only if
 * - `a` is NULL, options->struct_size is too small, or an option is none of
 *   those above: OTHER, with errno EINVAL;
 * - options->align is no alignment: ALIGN_NOT_POWER_OF_TWO, EXCEEDS_MAX;
 * - the allocator cannot allocate, or takes no release; or the library calls
 *   from several threads, and the allocator must not be called so: UNSUPPORTED.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_bridge_init(struct alcove_bridge *bridge,
                        struct alcove_allocator *a,
                        const struct alcove_bridge_options *options,
                        struct alcove_error *err);

/* What went wrong since the beginning. */
struct alcove_bridge_account {
    size_t refused;           /* requests, each try counted */
    size_t wrong;             /* wrong pointers and sizes, refused releases */
    struct alcove_error last; /* of either; ALCOVE_OK: none. Where two threads
                               * fail at the same time, one of their errors */
};

/* May be called while other threads use the bridge. Cannot fail. It waits for a
 * thread that is writing `last`, but not for ever: then that is ALCOVE_OK. */
ALCOVE_API ALCOVE_NONNULL(1, 2)
void alcove_bridge_report(struct alcove_bridge *bridge,
                          struct alcove_bridge_account *out);

/* ---- the context first; the library tells no size at a release ---- */

/* malloc, cleared, calloc, realloc, free, and the size that was asked for (of
 * NULL, and of what is no block: 0). Zstandard, LZ4 frame, Brotli, yajl,
 * Duktape, protobuf-c, Python. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_alloc(void *bridge, size_t size);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_zalloc(void *bridge, size_t size);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_calloc(void *bridge, size_t items, size_t size);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_realloc(void *bridge, void *p, size_t size);
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_bridge_free(void *bridge, void *p);
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_bridge_size(void *bridge, const void *p);

/* Items of a size, not cleared: liblzma, miniz; zlib; bzip2. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_alloc_items(void *bridge, size_t items, size_t size);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_realloc_items(void *bridge, void *p, size_t items,
                                  size_t size);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_alloc_uints(void *bridge, unsigned items, unsigned size);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_alloc_ints(void *bridge, int items, int size);

/* A copy of a string, and of at most `max` bytes of one. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1, 2)
char *alcove_bridge_strdup(void *bridge, const char *s);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1, 2)
char *alcove_bridge_strndup(void *bridge, const char *s, size_t max);

/* The same with a context that is const: ICU. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_alloc_const(const void *bridge, size_t size);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_realloc_const(const void *bridge, void *p, size_t size);
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_bridge_free_const(const void *bridge, void *p);

/* ---- the context last ---- */

/* PCRE2, nghttp2. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(2)
void *alcove_bridge_alloc_last(size_t size, void *bridge);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(3)
void *alcove_bridge_calloc_last(size_t items, size_t size, void *bridge);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(3)
void *alcove_bridge_realloc_last(void *p, size_t size, void *bridge);
ALCOVE_API ALCOVE_NONNULL(2)
void alcove_bridge_free_last(void *p, void *bridge);

/* Where the context stands: libssh2, whose "abstract" it is. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(2)
void *alcove_bridge_alloc_at(size_t size, void **bridge);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(3)
void *alcove_bridge_realloc_at(void *p, size_t size, void **bridge);
ALCOVE_API ALCOVE_NONNULL(2)
void alcove_bridge_free_at(void *p, void **bridge);

/* ---- the library tells all sizes: no header, nothing is lost ---- */

/* lua_Alloc of Lua 5.4 and later: size 0 releases and gives NULL, whatever
 * options->zero says; where `p` is NULL, `old` is not a size and not looked at.
 * A block that the allocator cannot make smaller is as it was, and the result
 * NULL: that is for libraries that bear it. */
ALCOVE_API ALCOVE_NONNULL(1)
void *alcove_bridge_resized(void *bridge, void *p, size_t old, size_t size);

/* The same for libraries that rely on a block being made smaller, as Lua up to
 * 5.3 and LuaJIT do: with a header, so that a block may stay larger than the
 * library knows. To make a block smaller never fails then, and is no refusal.
 * `old` is not looked at. */
ALCOVE_API ALCOVE_NONNULL(1)
void *alcove_bridge_resized_safe(void *bridge, void *p, size_t old,
                                 size_t size);

/* Allocate, resize and release with the size: GMP's shape with a context,
 * Python's arenas. Size 0 gives a pointer that is not NULL, costs nothing, and
 * must not be dereferenced. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_sized_alloc(void *bridge, size_t size);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_sized_realloc(void *bridge, void *p, size_t old,
                                  size_t size);
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_bridge_sized_free(void *bridge, void *p, size_t size);

/* ---- the library tells some sizes: with a header, as unsized ones ---- */

/* What it tells is not relied on; where it is not the block's size, that is
 * counted as wrong (LAYOUT_MISMATCH), and the work done all the same. */

/* The old size at a resize, but not at a release: yyjson; and FreeType, in long
 * and in another order, where its memory->user is to be passed on. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_realloc_told(void *bridge, void *p, size_t old,
                                 size_t size);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_alloc_long(void *bridge, long size);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_realloc_long(void *bridge, long old, long size, void *p);

/* The size at a release, but not at a resize: NumPy. */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_bridge_free_told(void *bridge, void *p, size_t size);

/* ---- the library tells an alignment, but not at a release: Vulkan ---- */

/* Aligned to `align` or to what all blocks are, whichever is more. A resize to
 * a larger alignment than the block has copies it; a smaller one keeps the
 * block's. Released by alcove_bridge_free. Refused, too, if `align` is no
 * alignment. */
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_alloc_aligned(void *bridge, size_t size, size_t align);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_realloc_aligned(void *bridge, void *p, size_t size,
                                    size_t align);

/* ---- no context at all ---- */

/* One bridge for a library that has one set of functions in a process, as most
 * have: a slot, and functions that know it. ALCOVE_BRIDGE_GLOBAL makes both.
 * All 0 at first. */
struct alcove_bridge_slot {
    struct alcove_bridge bridge;
    struct alcove_allocator *allocator; /* NULL: not bound */
    int bound;                          /* may `bridge` be read? */
    size_t early; /* calls before it was bound, or after it was unbound; of
                   * releases those that are not of NULL */
};

/* As alcove_bridge_init, once. Bound again to the same allocator nothing
 * happens, and the first options stay. Threads may try this at once.
 * Fails as alcove_bridge_init does, and if the slot is bound to another
 * allocator: OTHER, with errno EBUSY.
 */
ALCOVE_API ALCOVE_NONNULL(1)
bool alcove_bridge_bind(struct alcove_bridge_slot *slot,
                        struct alcove_allocator *a,
                        const struct alcove_bridge_options *options,
                        struct alcove_error *err);

/* Make the slot as it was at first, but for `early`. Only when the library has
 * no block any more, and no thread is in one of the functions: what comes later
 * is counted, and nothing else done. */
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_bridge_unbind(struct alcove_bridge_slot *slot);

/* The bridge of the slot, or NULL if it is not bound. */
ALCOVE_API ALCOVE_NONNULL(1)
struct alcove_bridge *alcove_bridge_bound(struct alcove_bridge_slot *slot);

/* How often a library has called while the slot was not bound. */
ALCOVE_API ALCOVE_NONNULL(1)
size_t alcove_bridge_early(struct alcove_bridge_slot *slot);

#if defined __GNUC__
#    define ALCOVE_BRIDGE_STATIC static __attribute__((unused))
#else
#    define ALCOVE_BRIDGE_STATIC static inline
#endif

#define ALCOVE_BRIDGE_CALL(slot, call)                                         \
    {                                                                          \
        struct alcove_bridge *bridge_ = alcove_bridge_enter(&slot);            \
                                                                               \
        return bridge_ ? call : 0;                                             \
    }

/* In one source file, outside functions, ALCOVE_BRIDGE_GLOBAL(curl); makes
 * static functions curl_..., in place of `name` below. Any of them may stay
 * unused.
 *
 *     bool name_bind(a, options, err);  as alcove_bridge_bind; before the
 *                                       library is used for the first time
 *     void name_unbind(void);           as alcove_bridge_unbind
 *     struct alcove_bridge *name_bridge(void);   NULL: not bound
 *     size_t name_early(void);          calls while it was not bound
 *
 *     name_malloc, name_calloc, name_realloc, name_reallocarray, name_free,
 *     name_strdup, name_strndup         as the C library's
 *     size_t name_size(const void *p);  as alcove_bridge_size
 *     name_malloc_at, name_realloc_at, name_free_at
 *                                       with a file and a line: OpenSSL
 *     void *name_long(void *p, long size);   realloc whose size 0 releases and
 *                                       gives NULL: libev
 *     name_sized_alloc(size), name_sized_realloc(p, old, size),
 *     name_sized_free(p, size)          with all sizes, no header: GMP
 *
 * Not bound, they return NULL or 0, and release nothing. An allocator for one
 * thread at a time is refused by name_bind, unless options->threads says that
 * the library keeps to that.
 */
#define ALCOVE_BRIDGE_GLOBAL(name)                                             \
    static struct alcove_bridge_slot name##_slot;                              \
                                                                               \
    ALCOVE_BRIDGE_STATIC bool name##_bind(                                     \
        struct alcove_allocator *a_,                                           \
        const struct alcove_bridge_options *options_,                          \
        struct alcove_error *err_)                                             \
    {                                                                          \
        return alcove_bridge_bind(&name##_slot, a_, options_, err_);           \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC void name##_unbind(void)                              \
    {                                                                          \
        alcove_bridge_unbind(&name##_slot);                                    \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC struct alcove_bridge *name##_bridge(void)             \
    {                                                                          \
        return alcove_bridge_bound(&name##_slot);                              \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC size_t name##_early(void)                             \
    {                                                                          \
        return alcove_bridge_early(&name##_slot);                              \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC void *name##_malloc(size_t size_)                     \
    ALCOVE_BRIDGE_CALL(name##_slot, alcove_bridge_alloc(bridge_, size_))       \
    ALCOVE_BRIDGE_STATIC void *name##_calloc(size_t items_, size_t size_)      \
    ALCOVE_BRIDGE_CALL(name##_slot,                                            \
                       alcove_bridge_calloc(bridge_, items_, size_))           \
    ALCOVE_BRIDGE_STATIC void *name##_realloc(void *p_, size_t size_)          \
    ALCOVE_BRIDGE_CALL(name##_slot, alcove_bridge_realloc(bridge_, p_, size_)) \
    ALCOVE_BRIDGE_STATIC void *name##_reallocarray(void *p_, size_t items_,    \
                                                   size_t size_)               \
    ALCOVE_BRIDGE_CALL(name##_slot,                                            \
                       alcove_bridge_realloc_items(bridge_, p_, items_, size_))\
    ALCOVE_BRIDGE_STATIC void name##_free(void *p_)                            \
    {                                                                          \
        alcove_bridge_slot_free(&name##_slot, p_);                             \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC char *name##_strdup(const char *s_)                   \
    ALCOVE_BRIDGE_CALL(name##_slot, alcove_bridge_strdup(bridge_, s_))         \
    ALCOVE_BRIDGE_STATIC char *name##_strndup(const char *s_, size_t max_)     \
    ALCOVE_BRIDGE_CALL(name##_slot, alcove_bridge_strndup(bridge_, s_, max_))  \
    ALCOVE_BRIDGE_STATIC size_t name##_size(const void *p_)                    \
    ALCOVE_BRIDGE_CALL(name##_slot, alcove_bridge_size(bridge_, p_))           \
    ALCOVE_BRIDGE_STATIC void *name##_malloc_at(                               \
        size_t size_, const char *file_, int line_)                            \
    {                                                                          \
        (void)file_;                                                           \
        (void)line_;                                                           \
        return name##_malloc(size_);                                           \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC void *name##_realloc_at(void *p_, size_t size_,       \
                                                 const char *file_, int line_) \
    {                                                                          \
        (void)file_;                                                           \
        (void)line_;                                                           \
        return name##_realloc(p_, size_);                                      \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC void name##_free_at(void *p_, const char *file_,      \
                                             int line_)                        \
    {                                                                          \
        (void)file_;                                                           \
        (void)line_;                                                           \
        name##_free(p_);                                                       \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC void *name##_long(void *p_, long size_)               \
    {                                                                          \
        if (size_ != 0)                                                        \
            return alcove_bridge_slot_long(&name##_slot, p_, size_);           \
        name##_free(p_);                                                       \
        return NULL;                                                           \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC void *name##_sized_alloc(size_t size_)                \
    ALCOVE_BRIDGE_CALL(name##_slot, alcove_bridge_sized_alloc(bridge_, size_)) \
    ALCOVE_BRIDGE_STATIC void *name##_sized_realloc(void *p_, size_t old_,     \
                                                    size_t size_)              \
    ALCOVE_BRIDGE_CALL(name##_slot,                                            \
                       alcove_bridge_sized_realloc(bridge_, p_, old_, size_))  \
    ALCOVE_BRIDGE_STATIC void name##_sized_free(void *p_, size_t size_)        \
    {                                                                          \
        alcove_bridge_slot_sized_free(&name##_slot, p_, size_);                \
    }                                                                          \
    struct alcove_bridge_slot

/* Not for direct use: what the functions above do with a slot that may not be
 * bound. */
ALCOVE_API ALCOVE_NONNULL(1)
struct alcove_bridge *alcove_bridge_enter(struct alcove_bridge_slot *slot);
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_bridge_slot_free(struct alcove_bridge_slot *slot, void *p);
ALCOVE_API ALCOVE_NONNULL(1)
void alcove_bridge_slot_sized_free(struct alcove_bridge_slot *slot, void *p,
                                   size_t size);
ALCOVE_API ALCOVE_NODISCARD ALCOVE_NONNULL(1)
void *alcove_bridge_slot_long(struct alcove_bridge_slot *slot, void *p,
                              long size);

ALCOVE_END

#endif /* ALCOVE_BRIDGE_H */
