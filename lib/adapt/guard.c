/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <alcove/guard.h>

#include "adapt.h"
