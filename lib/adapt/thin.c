/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <alcove/thin.h>

#include "adapt.h"
