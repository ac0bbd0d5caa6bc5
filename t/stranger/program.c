/* SPDX-License-Identifier: MIT */
/* A program of a stranger's, built against the installed library. */
#include <alcove.h>

#include <stdio.h>
#include <string.h>

#ifdef CHECK

#    include <alcove/check.h>

int
main(void)
{
    struct alcove_check_tap tap = {.prefix = "null"};

    alcove_check_allocator(alcove_null(), NULL, alcove_check_tap_write, &tap);
    return alcove_check_tap_done(&tap) ? 0 : 1;
}

#else

static void
greet(void *mem, void *arg)
{
    strcpy(mem, arg);
    puts(mem);
}

int
main(void)
{
    static char text[] = "hello from a scoped block";
    struct alcove_layout layout;
    struct alcove_error err;
    char message[200];

    if (!alcove_layout_make(sizeof text, 64, &layout, &err) ||
        !alcove_alloc_temp(alcove_scratch(), layout, greet, text, &err)) {
        alcove_error_format(&err, message, sizeof message);
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    return 0;
}

#endif
