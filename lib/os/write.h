/* SPDX-License-Identifier: MIT */
/* Writing to a file descriptor, all of a text or an error. */
#ifndef ALCOVE_LIB_OS_WRITE_H
#define ALCOVE_LIB_OS_WRITE_H

#include <alcove/base.h>

/* A write that was interrupted or short is continued. Returns 0, or an errno
 * value; errno itself may change. */
int alcove_oswrite(int fd, const char *text, size_t size);

#endif /* ALCOVE_LIB_OS_WRITE_H */
