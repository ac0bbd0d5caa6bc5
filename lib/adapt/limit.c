/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <alcove/limit.h>

#include "adapt.h"
