/* SPDX-License-Identifier: MIT */
/* cJSON's memory, from an allocator. To be included after <cjson/cJSON.h>.
 *
 *     ALCOVE_BRIDGE_CJSON(json);
 *
 * in one source file makes all that ALCOVE_BRIDGE_GLOBAL(json) makes, and
 *
 *     void json_install(void);   cJSON_InitHooks with them
 *
 * Bind first (json_bind), then install, when there is no cJSON object. What
 * cJSON_Print returns is released by cJSON_free, not by free.
 */
#ifndef ALCOVE_BRIDGE_CJSON_H
#define ALCOVE_BRIDGE_CJSON_H

#include <alcove/bridge.h>

/* With the calling convention that cJSON fixes on Windows. */
#define ALCOVE_BRIDGE_CJSON(name)                                              \
    ALCOVE_BRIDGE_GLOBAL(name);                                                \
                                                                               \
    ALCOVE_BRIDGE_STATIC void *CJSON_CDECL name##_cjson_malloc(size_t size_)   \
    {                                                                          \
        return name##_malloc(size_);                                           \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC void CJSON_CDECL name##_cjson_free(void *p_)          \
    {                                                                          \
        name##_free(p_);                                                       \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC void name##_install(void)                             \
    {                                                                          \
        cJSON_Hooks hooks_;                                                    \
                                                                               \
        hooks_.malloc_fn = name##_cjson_malloc;                                \
        hooks_.free_fn = name##_cjson_free;                                    \
        cJSON_InitHooks(&hooks_);                                              \
    }                                                                          \
    struct alcove_bridge_slot

#endif /* ALCOVE_BRIDGE_CJSON_H */
