/* SPDX-License-Identifier: MIT */
/* To be written. */
#ifndef ALCOVE_STATS_H
#define ALCOVE_STATS_H

#include <alcove/temp.h>

#endif /* ALCOVE_STATS_H */
