/* SPDX-License-Identifier: MIT */
/* libgit2's memory, from an allocator. To be included after <git2.h> and
 * <git2/sys/alloc.h>.
 *
 *     ALCOVE_BRIDGE_LIBGIT2(git);
 *
 * in one source file makes all that ALCOVE_BRIDGE_GLOBAL(git) makes, and
 *
 *     int git_install(void);   git_libgit2_opts with them: 0, or an error
 *
 * Bind first (git_bind), then install, both before git_libgit2_init.
 *
 * A git_allocator has nine functions up to libgit2 1.5, and three of these in
 * later ones: its size tells which, so that no version has to be known here.
 */
#ifndef ALCOVE_BRIDGE_LIBGIT2_H
#define ALCOVE_BRIDGE_LIBGIT2_H

#include <alcove/bridge.h>

#include <string.h>

/* All nine, in the order of the old git_allocator. */
struct alcove_bridge_libgit2_all {
    void *(*gmalloc)(size_t n, const char *file, int line);
    void *(*gcalloc)(size_t items, size_t size, const char *file, int line);
    char *(*gstrdup)(const char *s, const char *file, int line);
    char *(*gstrndup)(const char *s, size_t max, const char *file, int line);
    char *(*gsubstrdup)(const char *s, size_t n, const char *file, int line);
    void *(*grealloc)(void *p, size_t size, const char *file, int line);
    void *(*greallocarray)(void *p, size_t items, size_t size,
                           const char *file, int line);
    void *(*gmallocarray)(size_t items, size_t size, const char *file,
                          int line);
    void (*gfree)(void *p);
};

/* No array has a size below 1: not compiled where git_allocator is neither. */
typedef char alcove_bridge_libgit2_known
    [sizeof(git_allocator) == sizeof(struct alcove_bridge_libgit2_all) ||
             sizeof(git_allocator) == 3 * sizeof(void (*)(void))
         ? 1
         : -1];

ALCOVE_BRIDGE_STATIC git_allocator
alcove_bridge_libgit2(const struct alcove_bridge_libgit2_all *all)
{
    git_allocator out;

    if (sizeof out == sizeof *all) {
        memcpy((void *)&out, (const void *)all,
               sizeof out < sizeof *all ? sizeof out : sizeof *all);
    } else {
        out.gmalloc = all->gmalloc;
        out.grealloc = all->grealloc;
        out.gfree = all->gfree;
    }
    return out;
}

/* Where there are nine functions, it is these that tell libgit2 that there is
 * no memory, or git_error_last() has no message. Later versions see to it
 * themselves, and do not declare this function for all. */
#if defined LIBGIT2_VER_MAJOR && defined LIBGIT2_VER_MINOR
#    if LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR < 6
#        define ALCOVE_BRIDGE_LIBGIT2_OOM() git_error_set_oom()
#    endif
#endif
#ifndef ALCOVE_BRIDGE_LIBGIT2_OOM
#    define ALCOVE_BRIDGE_LIBGIT2_OOM() (void)0
#endif

ALCOVE_BRIDGE_STATIC void *
alcove_bridge_libgit2_told(void *p)
{
    if (!p)
        ALCOVE_BRIDGE_LIBGIT2_OOM();
    return p;
}

#define ALCOVE_BRIDGE_LIBGIT2(name)                                            \
    ALCOVE_BRIDGE_GLOBAL(name);                                                \
                                                                               \
    ALCOVE_BRIDGE_STATIC void *name##_git_malloc(size_t size_,                 \
                                                 const char *file_, int line_) \
    {                                                                          \
        return alcove_bridge_libgit2_told(                                     \
            name##_malloc_at(size_, file_, line_));                            \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC void *name##_git_realloc(                             \
        void *p_, size_t size_, const char *file_, int line_)                  \
    {                                                                          \
        return alcove_bridge_libgit2_told(                                     \
            name##_realloc_at(p_, size_, file_, line_));                       \
    }                                                                          \
                                                                               \
    ALCOVE_BRIDGE_STATIC void *name##_calloc_at(                               \
        size_t items_, size_t size_, const char *file_, int line_)             \
    {                                                                          \
        (void)file_;                                                           \
        (void)line_;                                                           \
        return alcove_bridge_libgit2_told(name##_calloc(items_, size_));       \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC char *name##_strdup_at(const char *s_,                \
                                                const char *file_, int line_)  \
    {                                                                          \
        (void)file_;                                                           \
        (void)line_;                                                           \
        return (char *)alcove_bridge_libgit2_told(name##_strdup(s_));          \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC char *name##_strndup_at(                              \
        const char *s_, size_t max_, const char *file_, int line_)             \
    {                                                                          \
        (void)file_;                                                           \
        (void)line_;                                                           \
        return (char *)alcove_bridge_libgit2_told(                             \
            name##_strndup(s_, max_));                                         \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC char *name##_substrdup_at(                            \
        const char *s_, size_t n_, const char *file_, int line_)               \
    {                                                                          \
        char *p_ = (char *)name##_git_malloc(n_ == SIZE_MAX ? n_ : n_ + 1,     \
                                             file_, line_);                    \
                                                                               \
        if (p_) {                                                              \
            memcpy(p_, s_, n_);                                                \
            p_[n_] = '\0';                                                     \
        }                                                                      \
        return p_;                                                             \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC void *name##_reallocarray_at(                         \
        void *p_, size_t items_, size_t size_, const char *file_, int line_)   \
    {                                                                          \
        (void)file_;                                                           \
        (void)line_;                                                           \
        return alcove_bridge_libgit2_told(                                     \
            name##_reallocarray(p_, items_, size_));                           \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC void *name##_mallocarray_at(                          \
        size_t items_, size_t size_, const char *file_, int line_)             \
    {                                                                          \
        (void)file_;                                                           \
        (void)line_;                                                           \
        return alcove_bridge_libgit2_told(                                     \
            name##_reallocarray(NULL, items_, size_));                         \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC int name##_install(void)                              \
    {                                                                          \
        static const struct alcove_bridge_libgit2_all all_ = {                 \
            name##_git_malloc,      name##_calloc_at,                          \
            name##_strdup_at,       name##_strndup_at,                         \
            name##_substrdup_at,    name##_git_realloc,                        \
            name##_reallocarray_at, name##_mallocarray_at,                     \
            name##_free};                                                      \
        git_allocator chosen_ = alcove_bridge_libgit2(&all_);                  \
                                                                               \
        return git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, &chosen_);              \
    }                                                                          \
    struct alcove_bridge_slot

#endif /* ALCOVE_BRIDGE_LIBGIT2_H */
