/* SPDX-License-Identifier: MIT */
/* To be written. */
#ifndef ALCOVE_LOCKED_H
#define ALCOVE_LOCKED_H

#include <alcove/temp.h>

#endif /* ALCOVE_LOCKED_H */
