/* SPDX-License-Identifier: MIT */
/* A text is written to its end, or the system has said why not. */
#include <config.h>

#include "tap.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What the system answers, one call after the other: bytes that it takes, or an
 * errno value below 0. */
static const int *answers;
static char got[100];
static size_t used;

static int
told_write(int fd, const void *text, size_t size)
{
    int answer = *answers++;

    if (fd != 5 || answer < 0) {
        errno = fd != 5 ? EBADF : -answer;
        return -1;
    }
    if ((size_t)answer > size)
        answer = (int)size;
    memcpy(got + used, text, (size_t)answer);
    used += (size_t)answer;
    return answer;
}

#define alcove_oswrite tested_write
#define write told_write
#include "../lib/os/write.c"

static bool
writes(const int *how, const char *text, int error)
{
    bool good;

    answers = how;
    used = 0;
    errno = EINTR;
    good = alcove_oswrite(5, text, strlen(text)) == error;
    got[used] = '\0';
    return good;
}

int
main(void)
{
    static const int whole[] = {100, -EIO}, parts[] = {2, 1, 3, 100, -EIO},
                     signals[] = {-EINTR, 3, -EINTR, 100, -EIO},
                     full[] = {4, -ENOSPC, 100}, closed[] = {4, 0, 100};

    tap_plan(6);
    ok(writes(whole, "a line\n", 0) && strcmp(got, "a line\n") == 0,
       "a text is written at once");
    ok(writes(parts, "a line\n", 0) && strcmp(got, "a line\n") == 0,
       "...or in parts");
    ok(writes(signals, "a line\n", 0) && strcmp(got, "a line\n") == 0,
       "...and is taken up when a signal has interrupted it");
    ok(writes(full, "a line\n", ENOSPC) && strcmp(got, "a li") == 0,
       "what the system says is the error");
    ok(writes(closed, "a line\n", EIO) && strcmp(got, "a li") == 0,
       "...and so it is if nothing is taken, whatever errno was");
    ok(writes(full + 1, "", 0) && used == 0, "no text is not written");
    return tap_done();
}
