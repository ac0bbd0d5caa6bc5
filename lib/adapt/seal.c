/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <alcove/seal.h>

#include "adapt.h"
