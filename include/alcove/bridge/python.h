/* SPDX-License-Identifier: MIT */
/* CPython's memory, from an allocator. To be included after <Python.h>.
 *
 *     PyMemAllocatorEx mem = alcove_bridge_python(&bridge);
 *
 *     PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &mem);
 *
 * before Py_Initialize. Its `zero` stays ALCOVE_BRIDGE_ZERO_UNIQUE. For
 * the domain RAW, which is called without the lock of the interpreter, it is
 * made with ALCOVE_BRIDGE_THREADS_SEVERAL. Python leaves blocks behind when it
 * ends: bridge and allocator must live on.
 */
#ifndef ALCOVE_BRIDGE_PYTHON_H
#define ALCOVE_BRIDGE_PYTHON_H

#include <alcove/bridge.h>

/* For PyMem_SetAllocator, any domain. */
ALCOVE_BRIDGE_STATIC PyMemAllocatorEx
alcove_bridge_python(struct alcove_bridge *bridge)
{
    PyMemAllocatorEx mem;

    mem.ctx = bridge;
    mem.malloc = alcove_bridge_alloc;
    mem.calloc = alcove_bridge_calloc;
    mem.realloc = alcove_bridge_realloc;
    mem.free = alcove_bridge_free;
    return mem;
}

/* For PyObject_SetArenaAllocator: what Python's own small-block allocator is
 * carved from. */
ALCOVE_BRIDGE_STATIC PyObjectArenaAllocator
alcove_bridge_python_arena(struct alcove_bridge *bridge)
{
    PyObjectArenaAllocator arena;

    arena.ctx = bridge;
    arena.alloc = alcove_bridge_sized_alloc;
    arena.free = alcove_bridge_sized_free;
    return arena;
}

#endif /* ALCOVE_BRIDGE_PYTHON_H */
