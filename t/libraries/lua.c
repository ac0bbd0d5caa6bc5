/* SPDX-License-Identifier: MIT */
/* Lua: a program with closures, metatables, coroutines, finalizers, patterns,
 * and a chunk that is compiled at run time and comes back from its bytecode. */
#include <config.h>

#include "library.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <string.h>

/* Nothing in it depends on the order in which pairs() goes through keys: it is
 * another each time. What pcall and resume catch is looked at, for it may be
 * that there is no memory. */
static const char program[] =
    "local out = {}\n"
    "local function put(...) out[#out + 1] = table.concat({...}, ' ') end\n"
    "local Stack = {}\n"
    "Stack.__index = Stack\n"
    "Stack.__len = function(s) return s.n end\n"
    "Stack.__tostring = function(s) return 'stack of ' .. s.n end\n"
    "function Stack.new() return setmetatable({n = 0}, Stack) end\n"
    "function Stack:push(x) self.n = self.n + 1; self[self.n] = x end\n"
    "local s = Stack.new()\n"
    "for i = 1, 100 do s:push(i * i) end\n"
    "put(tostring(s), #s, s[100])\n"
    "local words = {}\n"
    "for word in text:gmatch('%a+') do words[#words + 1] = word end\n"
    "table.sort(words, function(a, b) return a > b end)\n"
    "put(#words, words[1], words[#words], (text:gsub('memory', '%0%0')))\n"
    "local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end\n"
    "local co = coroutine.create(function(a)\n"
    "    for i = 1, a do coroutine.yield(fib(i)) end\n"
    "    return 'done'\n"
    "end)\n"
    "repeat\n"
    "    local good, value = coroutine.resume(co, 12)\n"
    "    if not good then error(value, 0) end\n"
    "    put(value)\n"
    "until coroutine.status(co) == 'dead'\n"
    "local good, e = pcall(error, {code = 7})\n"
    "if type(e) ~= 'table' then error(e, 0) end\n"
    "put(tostring(good), e.code)\n"
    "do\n"
    "    local mark <close> = setmetatable({}, {__close = function()\n"
    "        put('closed')\n"
    "    end})\n"
    "    local weak, dead = setmetatable({}, {__mode = 'v'}), 0\n"
    "    local function fill()\n"
    "        for i = 1, 50 do\n"
    "            weak[i] = setmetatable({}, {__gc = function()\n"
    "                dead = dead + 1\n"
    "            end})\n"
    "        end\n"
    "    end\n"
    "    fill()\n"
    "    collectgarbage()\n"
    "    put(dead, next(weak) == nil and 1 or 0)\n"
    "end\n"
    "collectgarbage('generational')\n"
    "local chunk = assert(load('local a, b = ...; return a // b, a % b'))\n"
    "chunk = assert(load(string.dump(chunk, true), 'dumped', 'b'))\n"
    "put(chunk(17, 5))\n"
    "put(string.format('%q %5.2f %x', 'a\\n', 1 / 3, 255), 1 << 40, 7 // 2.)\n"
    "put(string.unpack('<i4z', string.pack('<i4z', -5, 'packed')))\n"
    "put(utf8.char(0x20AC, 0x1F600), utf8.len('\\u{20AC}uro'))\n"
    "local big = {}\n"
    "for i = 1, 2000 do big[i] = i % 7 .. '' end\n"
    "put(#table.concat(big, ','), select('#', table.unpack(big, 1, 150)))\n"
    "return table.concat(out, '\\n')\n";

/* An error in a finalizer is no error of the program, but a warning. */
struct warnings {
    char text[200];
};

static void
note_warning(void *arg, const char *part, int more)
{
    struct warnings *warnings = arg;
    size_t used = strlen(warnings->text);

    (void)more;
    strncat(warnings->text, part, sizeof warnings->text - used - 1);
}

static int
run(lua_State *L)
{
    static const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},        {LUA_TABLIBNAME, luaopen_table},
        {LUA_STRLIBNAME, luaopen_string}, {LUA_COLIBNAME, luaopen_coroutine},
        {LUA_UTF8LIBNAME, luaopen_utf8},
    };
    size_t i;

    for (i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
        lua_pop(L, 1);
    }
    lua_pushlstring(L, some_text(2000), 2000);
    lua_setglobal(L, "text");
    if (luaL_loadbuffer(L, program, sizeof program - 1, "=program") != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 1);
    return 1;
}

static bool
tell(struct work *w, lua_State *L, int code, const struct warnings *warnings)
{
    const char *text = lua_tostring(L, -1);
    size_t size;

    if (code != LUA_OK)
        return refused(w, "lua_pcall: %s", text ? text : "no text");
    if (warnings->text[0] != '\0')
        return refused(w, "a warning: %s", warnings->text);
    text = lua_tolstring(L, -1, &size);
    result(w, text, size);
    return true;
}

static bool
work(struct work *w)
{
    struct warnings warnings = {""};
    lua_State *L = w->bridge ? lua_newstate(alcove_bridge_resized, w->bridge)
                             : luaL_newstate();
    bool good;

    if (!L)
        return refused(w, "lua_newstate: NULL");
    lua_setwarnf(L, note_warning, &warnings);
    lua_pushcfunction(L, run);
    good = tell(w, L, lua_pcall(L, 0, 1, 0), &warnings);
    lua_close(L);
    return good;
}

static const char *
version(void)
{
    return LUA_VERSION_MAJOR "." LUA_VERSION_MINOR "." LUA_VERSION_RELEASE;
}

const struct library library = {
    .name = "Lua",
    .version = version,
    .shape = "all sizes, context first",
    .work = work,
};
