/* SPDX-License-Identifier: MIT */
/* To be written. */
#ifndef ALCOVE_GUARD_H
#define ALCOVE_GUARD_H

#include <alcove/temp.h>

#endif /* ALCOVE_GUARD_H */
