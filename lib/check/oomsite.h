/* SPDX-License-Identifier: MIT */
/* Who asked? Return addresses, a name for them, and how many there are.
 */
#ifndef ALCOVE_LIB_CHECK_OOMSITE_H
#define ALCOVE_LIB_CHECK_OOMSITE_H

#include <alcove/base.h>

/* In an operation: where it returns to; NULL if the compiler does not tell. */
#if ALCOVE_RETURN_ADDRESS
#    define OOM_CALLER()                                                       \
        __builtin_extract_return_addr(__builtin_return_address(0))
#else
#    define OOM_CALLER() NULL
#endif

enum { OOM_FRAMES = 8 };

/* Innermost first. */
struct oom_site {
    void *frames[OOM_FRAMES];
    size_t count;
};

/* Have the system load what it needs: it allocates to do so. */
void alcove_oom_site_prepare(void);

/* The frames from `caller` outwards, which OOM_CALLER has told. errno stays. */
void alcove_oom_site_find(struct oom_site *site, void *caller);

/* "program(function+0x12)", or an address: of the first frame that is not known
 * to be alcove's. */
void alcove_oom_site_name(const struct oom_site *site, char *buf, size_t size);

/* A number for it: where the four innermost frames are the same, it is, too. 0:
 * not known. */
size_t alcove_oom_site_number(const struct oom_site *site);

#endif /* ALCOVE_LIB_CHECK_OOMSITE_H */
