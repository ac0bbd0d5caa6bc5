/* SPDX-License-Identifier: MIT */
/* write, until all is written. */
#include <config.h>

#include "write.h"

#include <errno.h>
#include <unistd.h>

/* What write counts in. That of Windows takes an unsigned: texts are short. */
#ifdef _WIN32
typedef unsigned count;
#else
typedef size_t count;
#endif

int
alcove_oswrite(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, (count)size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        text += n;
        size -= (size_t)n;
    }
    return 0;
}
