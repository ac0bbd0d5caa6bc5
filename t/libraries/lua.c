/* SPDX-License-Identifier: MIT */
#include <config.h>
#include "library.h"
static const char *
version(void)
{
    return "?";
}
static bool
work(struct work *w)
{
    return refused(w, "stub");
}
const struct library library = {
    .name = "lua", .version = version, .shape = "?", .work = work};
