/* SPDX-License-Identifier: MIT */
/* Makers of allocators that are wrong when their parent refuses. */
#ifndef OOMBROKEN_H
#define OOMBROKEN_H

#include "../tools/makers.h"

extern const struct maker broken_makers[];
extern const size_t broken_count;

#endif /* OOMBROKEN_H */
