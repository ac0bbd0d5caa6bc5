/* SPDX-License-Identifier: MIT */
/* To be written. */
#ifndef ALCOVE_THIN_H
#define ALCOVE_THIN_H

#include <alcove/temp.h>

#endif /* ALCOVE_THIN_H */
