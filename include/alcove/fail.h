/* SPDX-License-Identifier: MIT */
/* To be written. */
#ifndef ALCOVE_FAIL_H
#define ALCOVE_FAIL_H

#include <alcove/temp.h>

#endif /* ALCOVE_FAIL_H */
