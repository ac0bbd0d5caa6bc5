/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <alcove/foreign.h>

#include "adapt.h"
