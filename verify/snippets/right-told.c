/* SPDX-License-Identifier: MIT */
/* level 2
 * nothing */
#include <alcove.h>
#include <stdio.h>

double *load(struct alcove_allocator *a, size_t n, FILE *f)
{
    struct alcove_error err;
    char text[200];
    double *d = ALCOVE_ZNEW_ARRAY(a, double, n, &err);

    if (!d) {
        alcove_error_format(&err, text, sizeof text);
        fprintf(stderr, "%s\n", text);
        return NULL;
    }
    if (fread(d, sizeof *d, n, f) == n)
        return d;
    ALCOVE_DELETE_ARRAY(a, d, double, n, NULL);
    return NULL;
}
