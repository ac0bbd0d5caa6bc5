/* SPDX-License-Identifier: MIT */
/* What all bridges do: the books, and the handlers. */
#ifndef ALCOVE_LIB_BRIDGE_BRIDGE_H
#define ALCOVE_LIB_BRIDGE_BRIDGE_H

#include <alcove/bridge.h>

/* alcove_bridge_init, with what ALCOVE_BRIDGE_THREADS_USUAL stands for. */
bool alcove_bridge_make(struct alcove_bridge *bridge,
                        struct alcove_allocator *a,
                        const struct alcove_bridge_options *options,
                        enum alcove_bridge_threads usual,
                        struct alcove_error *err);

/* A request was refused. True: try again, and errno is as it was; false: answer
 * NULL, and errno is ENOMEM. `saved` is errno before the request. */
bool alcove_bridge_refuse(struct alcove_bridge *b, struct alcove_error *err,
                          int saved);

/* A size of another type that is negative. Returns NULL. */
void *alcove_bridge_refuse_negative(struct alcove_bridge *b, intmax_t size);

/* A release was refused, or a pointer or size is wrong; errno is as it was. */
void alcove_bridge_complain(struct alcove_bridge *b, struct alcove_error *err,
                            int saved);

#endif /* ALCOVE_LIB_BRIDGE_BRIDGE_H */
