/* SPDX-License-Identifier: MIT */
/* Vulkan's memory on the host, from an allocator. To be included after
 * <vulkan/vulkan.h>.
 *
 *     VkAllocationCallbacks mem = alcove_bridge_vulkan(&bridge);
 *
 *     vkCreateInstance(&info, &mem, &instance);
 *
 * What was created with it is destroyed with it. Threads that call Vulkan at
 * once call the allocator at once: ALCOVE_BRIDGE_THREADS_SEVERAL.
 */
#ifndef ALCOVE_BRIDGE_VULKAN_H
#define ALCOVE_BRIDGE_VULKAN_H

#include <alcove/bridge.h>

ALCOVE_BRIDGE_STATIC VKAPI_ATTR void *VKAPI_CALL
alcove_bridge_vulkan_alloc(void *bridge, size_t size, size_t align,
                           VkSystemAllocationScope scope)
{
    (void)scope;
    return alcove_bridge_alloc_aligned(bridge, size, align);
}

/* Size 0 releases, says the specification. */
ALCOVE_BRIDGE_STATIC VKAPI_ATTR void *VKAPI_CALL
alcove_bridge_vulkan_realloc(void *bridge, void *p, size_t size, size_t align,
                             VkSystemAllocationScope scope)
{
    (void)scope;
    if (size != 0)
        return alcove_bridge_realloc_aligned(bridge, p, size, align);
    alcove_bridge_free(bridge, p);
    return NULL;
}

ALCOVE_BRIDGE_STATIC VKAPI_ATTR void VKAPI_CALL
alcove_bridge_vulkan_free(void *bridge, void *p)
{
    alcove_bridge_free(bridge, p);
}

ALCOVE_BRIDGE_STATIC VkAllocationCallbacks
alcove_bridge_vulkan(struct alcove_bridge *bridge)
{
    VkAllocationCallbacks mem;

    mem.pUserData = bridge;
    mem.pfnAllocation = alcove_bridge_vulkan_alloc;
    mem.pfnReallocation = alcove_bridge_vulkan_realloc;
    mem.pfnFree = alcove_bridge_vulkan_free;
    mem.pfnInternalAllocation = NULL;
    mem.pfnInternalFree = NULL;
    return mem;
}

#endif /* ALCOVE_BRIDGE_VULKAN_H */
