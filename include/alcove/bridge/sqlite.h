/* SPDX-License-Identifier: MIT */
/* SQLite's memory, from an allocator. To be included after <sqlite3.h>.
 *
 *     ALCOVE_BRIDGE_SQLITE(sql);
 *
 * in one source file makes all that ALCOVE_BRIDGE_GLOBAL(sql) makes, and
 *
 *     const sqlite3_mem_methods sql_methods;
 *     int sql_install(void);   sqlite3_config with them: SQLITE_OK, or not
 *
 * Bind first (sql_bind), then install, both before anything else of SQLite; to
 * end, sqlite3_shutdown. SQLite's sizes are int: a larger block is refused.
 */
#ifndef ALCOVE_BRIDGE_SQLITE_H
#define ALCOVE_BRIDGE_SQLITE_H

#include <alcove/bridge.h>

/* To a multiple of 8, as SQLite wants it; 0, which it takes for a refusal, if
 * that is no int. */
ALCOVE_BRIDGE_STATIC int
alcove_bridge_sqlite_roundup(int size)
{
    const int most = (int)(~0u >> 1) / 8 * 8;

    return size <= 0 || size > most ? 0 : (size - 1) / 8 * 8 + 8;
}

ALCOVE_BRIDGE_STATIC void
alcove_bridge_sqlite_shutdown(void *data)
{
    (void)data;
}

#define ALCOVE_BRIDGE_SQLITE(name)                                             \
    ALCOVE_BRIDGE_GLOBAL(name);                                                \
                                                                               \
    ALCOVE_BRIDGE_STATIC void *name##_sqlite_malloc(int size_)                 \
    {                                                                          \
        return name##_long(NULL, size_);                                       \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC void *name##_sqlite_realloc(void *p_, int size_)      \
    {                                                                          \
        return name##_long(p_, size_);                                         \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC int name##_sqlite_size(void *p_)                      \
    {                                                                          \
        return (int)name##_size(p_);                                           \
    }                                                                          \
    ALCOVE_BRIDGE_STATIC int name##_sqlite_init(void *data_)                   \
    {                                                                          \
        (void)data_;                                                           \
        return name##_bridge() ? SQLITE_OK : SQLITE_MISUSE;                    \
    }                                                                          \
    static const sqlite3_mem_methods name##_methods = {                        \
        name##_sqlite_malloc,          name##_free,                            \
        name##_sqlite_realloc,         name##_sqlite_size,                     \
        alcove_bridge_sqlite_roundup,  name##_sqlite_init,                     \
        alcove_bridge_sqlite_shutdown, NULL};                                  \
    ALCOVE_BRIDGE_STATIC int name##_install(void)                              \
    {                                                                          \
        return sqlite3_config(SQLITE_CONFIG_MALLOC, &name##_methods);          \
    }                                                                          \
    struct alcove_bridge_slot

#endif /* ALCOVE_BRIDGE_SQLITE_H */
