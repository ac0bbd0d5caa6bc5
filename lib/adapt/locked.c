/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <alcove/locked.h>

#include "adapt.h"
