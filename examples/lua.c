/* SPDX-License-Identifier: MIT */
/* lua: scripts that get 256 KiB each, by alcove_limit. One that wants more ends
 * with Lua's own "not enough memory", and its host goes on. */
#include <alcove.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>

static const char *const scripts[] = {
    "local sum = 0 for i = 1, 100 do sum = sum + i end return sum",
    "local t = {} for i = 1, 1000000000 do t[i] = i end return #t",
    "return ('alcove '):rep(3)",
};

/* Called by lua_pcall, so that whatever is refused in here ends there. */
static int
run(lua_State *lua)
{
    luaL_openlibs(lua);
    if (luaL_loadstring(lua, lua_touserdata(lua, 1)) != LUA_OK)
        return lua_error(lua);
    lua_call(lua, 0, 1);
    luaL_tolstring(lua, -1, NULL);
    return 1;
}

/* In a state of its own. True: whatever came of it, all memory came back. */
static bool
run_limited(const char *script)
{
    struct alcove_limit limit;
    struct alcove_bridge bridge;
    lua_State *lua = NULL;
    char why[200];

    if (alcove_limit_init(&limit, alcove_malloc(), 262144, SIZE_MAX, NULL) &&
        alcove_bridge_init(&bridge, &limit.allocator, NULL, NULL))
        lua = lua_newstate(alcove_bridge_resized, &bridge);
    if (!lua)
        return fputs("lua: no state\n", stderr), false;
    lua_pushcfunction(lua, run);
    lua_pushlightuserdata(lua, (void *)script);
    fputs(lua_pcall(lua, 1, 1, 0) == LUA_OK ? "result: " : "error: ", stdout);
    puts(lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : "no text");
    lua_close(lua);
    alcove_error_format(&bridge.last, why, sizeof why);
    if (bridge.refused > 0)
        printf("  %s\n", why);
    return alcove_limit_done(&limit, NULL);
}

int
main(void)
{
    bool ok = true;

    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        ok = run_limited(scripts[i]) && ok;
    return !ok;
}
