/* SPDX-License-Identifier: MIT */
/* One target, FUZZ_TARGET, as libFuzzer and AFL++ want it. */
#include <config.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)FUZZ_TARGET.run(data, size);
    return 0;
}
