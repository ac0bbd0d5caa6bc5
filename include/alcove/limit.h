/* SPDX-License-Identifier: MIT */
/* To be written. */
#ifndef ALCOVE_LIMIT_H
#define ALCOVE_LIMIT_H

#include <alcove/temp.h>

#endif /* ALCOVE_LIMIT_H */
