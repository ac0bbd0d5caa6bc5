/* SPDX-License-Identifier: MIT */
/* Text put together in a buffer, cut off at its end and counted to its own:
 * snprintf's contract without stdio, which may allocate. */
#ifndef ALCOVE_LIB_CORE_TEXT_H
#define ALCOVE_LIB_CORE_TEXT_H

#include <alcove/error.h>

struct alcove_text {
    char *buf;
    size_t size;   /* bytes of `buf`, less one for the 0 */
    size_t length; /* of the whole text, cut off or not */
};

/* A text that is to fit `size` bytes, with the 0 at its end. `buf` may be NULL
 * if `size` is 0. */
struct alcove_text alcove_text_begin(char *buf, size_t size);

void alcove_text_put(struct alcove_text *t, const char *s);
void alcove_text_number(struct alcove_text *t, uintmax_t n);
void alcove_text_address(struct alcove_text *t, const void *p); /* 0x1f00 */
void alcove_text_bytes(struct alcove_text *t, size_t n); /* "1 byte" */
void alcove_text_layout(struct alcove_text *t, struct alcove_layout l);

/* The bytes of `s` before its end, or the first that is one of `stops`. */
size_t alcove_text_span(const char *s, const char *stops);

/* The 0 at the end. Returns the length of the whole text. */
size_t alcove_text_end(struct alcove_text *t, size_t size);

#endif /* ALCOVE_LIB_CORE_TEXT_H */
