/* SPDX-License-Identifier: MIT */
/* To be written. */
#ifndef ALCOVE_SEAL_H
#define ALCOVE_SEAL_H

#include <alcove/temp.h>

#endif /* ALCOVE_SEAL_H */
