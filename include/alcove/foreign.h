/* SPDX-License-Identifier: MIT */
/* To be written. */
#ifndef ALCOVE_FOREIGN_H
#define ALCOVE_FOREIGN_H

#include <alcove/temp.h>

#endif /* ALCOVE_FOREIGN_H */
