/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <alcove/fail.h>

#include "adapt.h"
