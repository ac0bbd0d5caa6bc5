/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <alcove/stats.h>

#include "adapt.h"
