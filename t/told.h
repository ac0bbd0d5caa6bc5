/* SPDX-License-Identifier: MIT */
/* Was anything told? An error and an errno that nobody sets, to see whether a
 * call has left them alone. */
#ifndef TOLD_H
#define TOLD_H

#include <alcove/error.h>

#include "freestanding.h"

#include <errno.h>
#include <string.h>

#define MARK (-4711) /* an errno that nobody sets */

static struct alcove_error err, pristine;

/* Before the call. Always true, to stand in a condition. */
static inline bool
before(void)
{
    memset(&err, 0xa5, sizeof err);
    pristine = err;
    errno = MARK;
    return true;
}

/* After it. */
static inline bool
untouched(void)
{
    return errno_is(MARK) && memcmp(&err, &pristine, sizeof err) == 0;
}

#endif /* TOLD_H */
