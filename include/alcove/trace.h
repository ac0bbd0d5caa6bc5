/* SPDX-License-Identifier: MIT */
/* To be written. */
#ifndef ALCOVE_TRACE_H
#define ALCOVE_TRACE_H

#include <alcove/temp.h>

#endif /* ALCOVE_TRACE_H */
