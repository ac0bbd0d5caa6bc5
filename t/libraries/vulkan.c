/* SPDX-License-Identifier: MIT */
/* Vulkan on a processor (Mesa's lavapipe): buffers are filled, updated and
 * copied by commands, images cleared, and all that is read back. */
#include <config.h>

#include "library.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vulkan.h>

#include <alcove/bridge/vulkan.h>

enum { SIZE = 4096, SIDE = 16 };

/* What there is of it is destroyed in the end; 0: it is not there. */
static struct job {
    struct work *work;
    VkAllocationCallbacks callbacks;
    const VkAllocationCallbacks *mem; /* &callbacks, or NULL */
    VkInstance instance;
    VkPhysicalDevice physical;
    VkDevice device;
    VkQueue queue;
    VkBuffer from, to;
    VkImage image;
    VkDeviceMemory from_memory, to_memory, image_memory;
    VkDescriptorSetLayout set_layout;
    VkDescriptorPool descriptors;
    VkPipelineLayout layout;
    VkCommandPool pool;
    VkCommandBuffer commands;
    VkFence fence;
    VkEvent event;
} job;

static const char *
name_of(VkResult code)
{
    switch (code) {
    case VK_ERROR_OUT_OF_HOST_MEMORY:
        return "VK_ERROR_OUT_OF_HOST_MEMORY";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
        return "VK_ERROR_OUT_OF_DEVICE_MEMORY";
    case VK_ERROR_INITIALIZATION_FAILED:
        return "VK_ERROR_INITIALIZATION_FAILED";
    case VK_ERROR_INCOMPATIBLE_DRIVER:
        return "VK_ERROR_INCOMPATIBLE_DRIVER";
    case VK_ERROR_DEVICE_LOST:
        return "VK_ERROR_DEVICE_LOST";
    default:
        return NULL;
    }
}

static bool
good(const char *call, VkResult code)
{
    const char *name = name_of(code);

    if (code == VK_SUCCESS)
        return true;
    return name ? refused(job.work, "%s: %s", call, name)
                : refused(job.work, "%s: VkResult %d", call, (int)code);
}

/* ---- instance and device ---- */

static bool
make_instance(void)
{
    const VkApplicationInfo app = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pApplicationName = "alcove",
        .apiVersion = VK_API_VERSION_1_0,
    };
    const VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pApplicationInfo = &app,
    };

    VkResult code = vkCreateInstance(&info, job.mem, &job.instance);

    if (code == VK_ERROR_INCOMPATIBLE_DRIVER)
        return lacking(job.work, "vkCreateInstance: no driver");
    return good("vkCreateInstance", code);
}

/* No other than the one in software: what others have is not known. */
static bool
find_device(void)
{
    VkPhysicalDevice found[8];
    uint32_t i, count = 8;
    VkResult code = vkEnumeratePhysicalDevices(job.instance, &count, found);

    if (code != VK_INCOMPLETE && !good("vkEnumeratePhysicalDevices", code))
        return false;
    for (i = 0; i < count; i++) {
        VkPhysicalDeviceProperties p;

        vkGetPhysicalDeviceProperties(found[i], &p);
        if (p.deviceType != VK_PHYSICAL_DEVICE_TYPE_CPU)
            continue;
        job.physical = found[i];
        return true;
    }
    return lacking(job.work, "vkEnumeratePhysicalDevices: none on a CPU");
}

static bool
make_device(void)
{
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
    };

    if (!good("vkCreateDevice",
              vkCreateDevice(job.physical, &info, job.mem, &job.device)))
        return false;
    vkGetDeviceQueue(job.device, 0, 0, &job.queue);
    return true;
}

/* ---- buffers ---- */

static uint32_t
visible_memory(uint32_t allowed)
{
    const VkMemoryPropertyFlags wanted = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                         VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    VkPhysicalDeviceMemoryProperties p;
    uint32_t i;

    vkGetPhysicalDeviceMemoryProperties(job.physical, &p);
    for (i = 0; i < p.memoryTypeCount; i++)
        if ((allowed >> i & 1) != 0 &&
            (p.memoryTypes[i].propertyFlags & wanted) == wanted)
            break;
    return i;
}

static bool
make_buffer(VkBuffer *buffer, VkDeviceMemory *memory)
{
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = SIZE,
        .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                 VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                 VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
    };
    VkMemoryAllocateInfo allocate = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
    };
    VkMemoryRequirements needs;

    if (!good("vkCreateBuffer",
              vkCreateBuffer(job.device, &info, job.mem, buffer)))
        return false;
    vkGetBufferMemoryRequirements(job.device, *buffer, &needs);
    allocate.allocationSize = needs.size;
    allocate.memoryTypeIndex = visible_memory(needs.memoryTypeBits);
    return good("vkAllocateMemory",
                vkAllocateMemory(job.device, &allocate, job.mem, memory)) &&
           good("vkBindBufferMemory",
                vkBindBufferMemory(job.device, *buffer, *memory, 0));
}

/* ---- an image ---- */

static bool
make_image(void)
{
    const VkImageCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
        .imageType = VK_IMAGE_TYPE_2D,
        .format = VK_FORMAT_R8G8B8A8_UNORM,
        .extent = {SIDE, SIDE, 1},
        .mipLevels = 1,
        .arrayLayers = 1,
        .samples = VK_SAMPLE_COUNT_1_BIT,
        .usage =
            VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
    };
    VkMemoryAllocateInfo allocate = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
    };
    VkMemoryRequirements needs;

    if (!good("vkCreateImage",
              vkCreateImage(job.device, &info, job.mem, &job.image)))
        return false;
    vkGetImageMemoryRequirements(job.device, job.image, &needs);
    allocate.allocationSize = needs.size;
    allocate.memoryTypeIndex = visible_memory(needs.memoryTypeBits);
    return good("vkAllocateMemory",
                vkAllocateMemory(job.device, &allocate, job.mem,
                                 &job.image_memory)) &&
           good("vkBindImageMemory",
                vkBindImageMemory(job.device, job.image, job.image_memory, 0));
}

/* ---- what a program that computes sets up ---- */

static bool
make_sets(void)
{
    const VkDescriptorSetLayoutBinding binding = {
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .descriptorCount = 2,
        .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
    };
    const VkDescriptorSetLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = 1,
        .pBindings = &binding,
    };
    const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 8};
    const VkDescriptorPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
        .maxSets = 4,
        .poolSizeCount = 1,
        .pPoolSizes = &size,
    };

    return good("vkCreateDescriptorSetLayout",
                vkCreateDescriptorSetLayout(job.device, &layout, job.mem,
                                            &job.set_layout)) &&
           good("vkCreateDescriptorPool",
                vkCreateDescriptorPool(job.device, &pool, job.mem,
                                       &job.descriptors));
}

/* The sets go with the pool. */
static bool
use_sets(void)
{
    const VkDescriptorSetAllocateInfo allocate = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
        .descriptorPool = job.descriptors,
        .descriptorSetCount = 1,
        .pSetLayouts = &job.set_layout,
    };
    const VkDescriptorBufferInfo buffers[] = {
        {job.from, 0, VK_WHOLE_SIZE},
        {job.to, 0, VK_WHOLE_SIZE},
    };
    VkWriteDescriptorSet write = {
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .descriptorCount = 2,
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .pBufferInfo = buffers,
    };

    if (!good("vkAllocateDescriptorSets",
              vkAllocateDescriptorSets(job.device, &allocate, &write.dstSet)))
        return false;
    vkUpdateDescriptorSets(job.device, 1, &write, 0, NULL);
    return true;
}

static bool
make_layout(void)
{
    const VkPushConstantRange range = {VK_SHADER_STAGE_COMPUTE_BIT, 0, 16};
    const VkPipelineLayoutCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 1,
        .pSetLayouts = &job.set_layout,
        .pushConstantRangeCount = 1,
        .pPushConstantRanges = &range,
    };

    return good(
        "vkCreatePipelineLayout",
        vkCreatePipelineLayout(job.device, &info, job.mem, &job.layout));
}

/* ---- commands ---- */

static bool
make_commands(void)
{
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
    };
    const VkFenceCreateInfo fence = {
        .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
    };
    const VkEventCreateInfo event = {
        .sType = VK_STRUCTURE_TYPE_EVENT_CREATE_INFO,
    };
    VkCommandBufferAllocateInfo allocate = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandBufferCount = 1,
    };

    if (!good("vkCreateFence",
              vkCreateFence(job.device, &fence, job.mem, &job.fence)) ||
        !good("vkCreateEvent",
              vkCreateEvent(job.device, &event, job.mem, &job.event)) ||
        !good("vkCreateCommandPool",
              vkCreateCommandPool(job.device, &pool, job.mem, &job.pool)))
        return false;
    allocate.commandPool = job.pool;
    return good("vkAllocateCommandBuffers",
                vkAllocateCommandBuffers(job.device, &allocate, &job.commands));
}

/* What was written before is seen after. */
static void
put_barrier(VkCommandBuffer c)
{
    const VkMemoryBarrier all = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT |
                         VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_HOST_READ_BIT,
    };

    vkCmdPipelineBarrier(c, VK_PIPELINE_STAGE_TRANSFER_BIT,
                         VK_PIPELINE_STAGE_TRANSFER_BIT |
                             VK_PIPELINE_STAGE_HOST_BIT,
                         0, 1, &all, 0, NULL, 0, NULL);
}

static const VkImageSubresourceRange whole = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1,
                                              0, 1};

static void
put_image_barrier(VkCommandBuffer c, VkImageLayout from, VkImageLayout to)
{
    const VkImageMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask =
            VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
        .oldLayout = from,
        .newLayout = to,
        .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .image = job.image,
        .subresourceRange = whole,
    };

    vkCmdPipelineBarrier(c, VK_PIPELINE_STAGE_TRANSFER_BIT,
                         VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0, NULL, 1,
                         &barrier);
}

/* A number all over, a text in it, and two parts of that elsewhere. */
static void
put_buffers(VkCommandBuffer c)
{
    const VkBufferCopy parts[] = {{0, 1000, 600}, {2000, 0, 40}};

    vkCmdFillBuffer(c, job.from, 0, VK_WHOLE_SIZE, 0x01020304);
    vkCmdFillBuffer(c, job.to, 0, VK_WHOLE_SIZE, 0);
    put_barrier(c);
    vkCmdUpdateBuffer(c, job.from, 64, 512, some_text(512));
    vkCmdSetEvent(c, job.event, VK_PIPELINE_STAGE_TRANSFER_BIT);
    put_barrier(c);
    vkCmdCopyBuffer(c, job.from, job.to, 2, parts);
}

/* A colour all over, behind that. */
static void
put_image(VkCommandBuffer c)
{
    const VkClearColorValue color = {.float32 = {1, 0, 0.2f, 0.4f}};
    const VkBufferImageCopy copy = {
        .bufferOffset = 2048,
        .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
        .imageExtent = {SIDE, SIDE, 1},
    };

    put_image_barrier(c, VK_IMAGE_LAYOUT_UNDEFINED,
                      VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
    vkCmdClearColorImage(c, job.image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                         &color, 1, &whole);
    put_image_barrier(c, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                      VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
    vkCmdCopyImageToBuffer(c, job.image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
                           job.to, 1, &copy);
    put_barrier(c);
}

/* What a command cannot get while it is put down, the end tells. */
static bool
record(void)
{
    const VkCommandBufferBeginInfo begin = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
    };

    if (!good("vkBeginCommandBuffer",
              vkBeginCommandBuffer(job.commands, &begin)))
        return false;
    put_buffers(job.commands);
    put_image(job.commands);
    return good("vkEndCommandBuffer", vkEndCommandBuffer(job.commands));
}

static bool
submit(void)
{
    const VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .commandBufferCount = 1,
        .pCommandBuffers = &job.commands,
    };

    return good("vkQueueSubmit",
                vkQueueSubmit(job.queue, 1, &info, job.fence)) &&
           good("vkWaitForFences", vkWaitForFences(job.device, 1, &job.fence,
                                                   VK_TRUE, UINT64_MAX));
}

static bool
read_back(void)
{
    void *bytes;

    if (!good("vkMapMemory",
              vkMapMemory(job.device, job.to_memory, 0, SIZE, 0, &bytes)))
        return false;
    result(job.work, bytes, SIZE);
    result_text(job.work, "event %d",
                (int)(vkGetEventStatus(job.device, job.event) == VK_EVENT_SET));
    if (memcmp((char *)bytes + 1064, some_text(512), 512) != 0 ||
        memcmp((char *)bytes + 2048, "\377\0\63\146", 4) != 0)
        return refused(job.work, "other bytes came back");
    vkUnmapMemory(job.device, job.to_memory);
    return true;
}

/* ---- all of it ---- */

static void
destroy_device(void)
{
    vkDestroyFence(job.device, job.fence, job.mem);
    vkDestroyEvent(job.device, job.event, job.mem);
    vkDestroyCommandPool(job.device, job.pool, job.mem);
    vkDestroyPipelineLayout(job.device, job.layout, job.mem);
    vkDestroyDescriptorPool(job.device, job.descriptors, job.mem);
    vkDestroyDescriptorSetLayout(job.device, job.set_layout, job.mem);
    vkDestroyImage(job.device, job.image, job.mem);
    vkDestroyBuffer(job.device, job.from, job.mem);
    vkDestroyBuffer(job.device, job.to, job.mem);
    vkFreeMemory(job.device, job.image_memory, job.mem);
    vkFreeMemory(job.device, job.from_memory, job.mem);
    vkFreeMemory(job.device, job.to_memory, job.mem);
    vkDestroyDevice(job.device, job.mem);
}

static bool
run_commands(void)
{
    return make_commands() && record() && submit() && read_back();
}

static bool
use_device(void)
{
    return make_buffer(&job.from, &job.from_memory) &&
           make_buffer(&job.to, &job.to_memory) && make_image() &&
           make_sets() && make_layout() && use_sets() && run_commands();
}

/* Of all drivers only the one in software, unless the user has chosen, and no
 * layer of the system's: others are another test on each machine. */
static void
choose_driver(void)
{
    static const char *const folders[] = {"/usr/share/vulkan/icd.d",
                                          "/usr/local/share/vulkan/icd.d",
                                          "/etc/vulkan/icd.d"};
    size_t i;

    setenv("NODEVICE_SELECT", "1", 1);
    setenv("VK_LOADER_LAYERS_DISABLE", "~implicit~", 0);
    if (getenv("VK_DRIVER_FILES") || getenv("VK_ICD_FILENAMES"))
        return;
    for (i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char pattern[100];
        glob_t found;

        snprintf(pattern, sizeof pattern, "%s/lvp_icd*.json", folders[i]);
        if (glob(pattern, 0, NULL, &found) != 0)
            continue;
        setenv("VK_DRIVER_FILES", found.gl_pathv[0], 1);
        setenv("VK_ICD_FILENAMES", found.gl_pathv[0], 1);
        globfree(&found);
        return;
    }
}

static bool
work(struct work *w)
{
    bool done;

    choose_driver();
    memset(&job, 0, sizeof job);
    job.work = w;
    if (w->bridge) {
        job.callbacks = alcove_bridge_vulkan(w->bridge);
        job.mem = &job.callbacks;
    }
    done = make_instance() && find_device() && make_device() && use_device();
    if (job.device) {
        done = good("vkDeviceWaitIdle", vkDeviceWaitIdle(job.device)) && done;
        destroy_device();
    }
    if (job.instance)
        vkDestroyInstance(job.instance, job.mem);
    return done;
}

/* The loader's, which is what the program is linked with. */
static const char *
version(void)
{
    static char text[40];
    uint32_t v = VK_API_VERSION_1_0;

    choose_driver();
    if (vkEnumerateInstanceVersion(&v) != VK_SUCCESS)
        return "?";
    snprintf(text, sizeof text, "%u.%u.%u", VK_VERSION_MAJOR(v),
             VK_VERSION_MINOR(v), VK_VERSION_PATCH(v));
    return text;
}

const struct library library = {
    .name = "Vulkan",
    .version = version,
    .shape = "size and alignment, context first",
    .work = work,
    .threads = true,
    .defects = CRASHES | LEAKS | MISUSES,
    .defects_text =
        "lvp_CreatePipelineLayout does not look at NULL; "
        "vk_free_cmd_pipeline_barrier2 releases the caller's "
        "arrays where these could not be copied, and does not "
        "look at NULL; vk_common_QueueWaitIdle leaves what it was to "
        "wait for where it cannot be submitted",
};
