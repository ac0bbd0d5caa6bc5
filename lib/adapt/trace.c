/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <alcove/trace.h>

#include "adapt.h"
