/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>

bool greet(struct alcove_allocator *a, const char *who, char *first)
{
    char *s = alcove_asprintf(a, NULL, "hello %s %d", who, 3);

    if (!s)
        return false;
    *first = s[0];
    return alcove_strfree(a, s, NULL);
}
