/* SPDX-License-Identifier: MIT */
/* No public struct is larger than t/sizes.h lets it be. */
#include <config.h>

#include <alcove.h>

#include <alcove/check.h>

#include "tap.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* In bytes. */
static const struct {
    const char *name;
    size_t size, most64, most32;
} structs[] = {
#define SIZE(name, most64, most32) {#name, sizeof(struct name), most64, most32},
#include "sizes.h"
#undef SIZE
};

int
main(void)
{
    size_t i, most;

    if (sizeof(void *) != 8 && sizeof(void *) != 4)
        return tap_skip_all("t/sizes.h knows pointers of 64 and of 32 bits");
    tap_plan(COUNT(structs));
    for (i = 0; i < COUNT(structs); i++) {
        most = sizeof(void *) == 8 ? structs[i].most64 : structs[i].most32;
        if (!ok(structs[i].size <= most, "struct %s: at most %zu bytes",
                structs[i].name, most))
            diag("it has %zu", structs[i].size);
    }
    return tap_done();
}
