/* SPDX-License-Identifier: MIT */
/* nghttp2's memory, from an allocator. To be included after
 * <nghttp2/nghttp2.h>.
 *
 *     nghttp2_mem mem = alcove_bridge_nghttp2(&bridge);
 *
 * nghttp2_session_client_new3 and the like copy it. A session that gets none
 * takes malloc. */
#ifndef ALCOVE_BRIDGE_NGHTTP2_H
#define ALCOVE_BRIDGE_NGHTTP2_H

#include <alcove/bridge.h>

ALCOVE_BRIDGE_STATIC nghttp2_mem
alcove_bridge_nghttp2(struct alcove_bridge *bridge)
{
    nghttp2_mem mem;

    mem.mem_user_data = bridge;
    mem.malloc = alcove_bridge_alloc_last;
    mem.free = alcove_bridge_free_last;
    mem.calloc = alcove_bridge_calloc_last;
    mem.realloc = alcove_bridge_realloc_last;
    return mem;
}

#endif /* ALCOVE_BRIDGE_NGHTTP2_H */
