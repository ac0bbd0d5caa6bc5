/* SPDX-License-Identifier: MIT */
/* What GetLastError tells, as an errno value and as a text. */
#ifndef ALCOVE_LIB_OS_WINERROR_H
#define ALCOVE_LIB_OS_WINERROR_H

#include <alcove/base.h>

/* The errno value that is nearest to the thread's last error; EIO if none is
 * near. */
int alcove_winerror_errno(void);

/* "Windows error 8, ERROR_NOT_ENOUGH_MEMORY": static text for the thread's last
 * error; or `otherwise`, if it is none of those that memory is refused with. */
const char *alcove_winerror_detail(const char *otherwise);

#endif /* ALCOVE_LIB_OS_WINERROR_H */
