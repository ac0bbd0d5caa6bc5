# SPDX-License-Identifier: MIT
# The libraries that the bridges are tested with, t/libraries, and that some of
# the examples are about. None is needed.

# ALCOVE_LIBRARY(NAME, PKG-CONFIG-MODULES, LIBS, HEADER, BODY): does a program
# with this header and this body link, with the flags of all these modules, or,
# where pkg-config does not know them, with LIBS? Sets alcove_cv_library_NAME,
# LIBRARY_NAME_CFLAGS and LIBRARY_NAME_LIBS, and adds to LIBRARY_TESTS or
# LIBRARIES_ABSENT.
AC_DEFUN([ALCOVE_LIBRARY], [
  LIBRARY_$1_CFLAGS=
  LIBRARY_$1_LIBS="$3"
  AS_IF([test "$with_libraries" = yes], [
    AS_IF([test -n "$PKG_CONFIG" && $PKG_CONFIG --exists "$2" 2>/dev/null],
      [LIBRARY_$1_CFLAGS=`$PKG_CONFIG --cflags $2`
      LIBRARY_$1_LIBS=`$PKG_CONFIG --libs $2`])
    AC_CACHE_CHECK([for $1], [alcove_cv_library_$1],
      [alcove_save_CPPFLAGS=$CPPFLAGS
      alcove_save_LIBS=$LIBS
      CPPFLAGS="$CPPFLAGS $LIBRARY_$1_CFLAGS"
      LIBS="$LIBRARY_$1_LIBS $LIBS"
      AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <$4>]], [[$5]])],
        [alcove_cv_library_$1=yes], [alcove_cv_library_$1=no])
      CPPFLAGS=$alcove_save_CPPFLAGS
      LIBS=$alcove_save_LIBS])
    AS_VAR_IF([alcove_cv_library_$1], [yes],
      [AS_VAR_APPEND([LIBRARY_TESTS], [" t/libraries/$1.t"])],
      [AS_VAR_APPEND([LIBRARIES_ABSENT], [" $1"])])],
    [AS_VAR_APPEND([LIBRARIES_ABSENT], [" $1"])])
  AC_SUBST([LIBRARY_$1_CFLAGS])
  AC_SUBST([LIBRARY_$1_LIBS])
])

AC_DEFUN([ALCOVE_CHECK_LIBRARIES], [
  AC_ARG_WITH([libraries],
    [AS_HELP_STRING([--without-libraries],
      [do not look for the libraries that bridges are tested with])],
    [AS_CASE([$withval], [yes|no], [],
      [AC_MSG_ERROR([--with-libraries takes yes or no, not '$withval'])])],
    [with_libraries=yes])
  # A run in a process of its own is what these tests are made of.
  AS_VAR_IF([alcove_cv_call_fork], [no], [with_libraries=no])
  AC_PATH_TOOL([PKG_CONFIG], [pkg-config])
  LIBRARY_TESTS=
  LIBRARIES_ABSENT=
  ALCOVE_LIBRARY([brotli], [libbrotlienc libbrotlidec], [-lbrotlienc -lbrotlidec],
    [brotli/encode.h],
    [return (int)BrotliEncoderVersion();])
  ALCOVE_LIBRARY([brotlidec], [libbrotlienc libbrotlidec], [-lbrotlienc -lbrotlidec],
    [brotli/decode.h],
    [return (int)BrotliDecoderVersion();])
  ALCOVE_LIBRARY([bzip2], [bzip2], [-lbz2],
    [bzlib.h],
    [return *BZ2_bzlibVersion();])
  ALCOVE_LIBRARY([capstone], [capstone], [-lcapstone],
    [capstone.h],
    [return (int)cs_version(0, 0) + cs_support(CS_ARCH_ARM64);])
  ALCOVE_LIBRARY([cares], [libcares], [-lcares],
    [ares.h],
    [struct ares_caa_reply *caa; struct ares_addrinfo_hints hints;
    ares_getaddrinfo(0, 0, 0, &hints, 0, 0);
    return ares_library_init_mem(0, 0, 0, 0) + ares_parse_caa_reply(0, 0, &caa);])
  ALCOVE_LIBRARY([cjson], [libcjson], [-lcjson],
    [cJSON.h],
    [cJSON_InitHooks(0); cJSON_SetValuestring(0, "");
    return cJSON_ParseWithLength("", 0) == 0;])
  ALCOVE_LIBRARY([cmark], [libcmark], [-lcmark],
    [cmark.h],
    [return cmark_parser_new_with_mem(0, 0) == 0;])
  ALCOVE_LIBRARY([curl], [libcurl], [-lcurl],
    [curl/curl.h],
    [curl_multi_poll(0, 0, 0, 0, 0); curl_mime_init(0); curl_url_dup(0);
    return curl_global_init_mem(0, 0, 0, 0, 0, 0) != CURLE_OK;])
  ALCOVE_LIBRARY([duktape], [duktape], [-lduktape -lm],
    [duktape.h],
    [duk_safe_call(0, 0, 0, 0, 0);
    return duk_create_heap(0, 0, 0, 0, 0) == 0;])
  ALCOVE_LIBRARY([ev], [libev], [-lev],
    [ev.h],
    [ev_set_allocator(0); return ev_version_major();])
  ALCOVE_LIBRARY([event], [libevent], [-levent],
    [event2/event.h],
    [event_set_mem_functions(0, 0, 0); return *event_get_version();])
  ALCOVE_LIBRARY([expat], [expat], [-lexpat],
    [expat.h],
    [return XML_ParserCreate_MM(0, 0, 0) == 0;])
  ALCOVE_LIBRARY([freetype], [freetype2], [-lfreetype],
    [ft2build.h>
#include FT_FREETYPE_H
#include FT_MODULE_H
#include <stddef.h],
    [FT_Library l; return FT_Error_String(FT_New_Library(0, &l)) == 0;])
  ALCOVE_LIBRARY([git2], [libgit2], [-lgit2],
    [git2.h>
#include <git2/sys/alloc.h],
    [return git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, (git_allocator *)0)
      && git_error_last();])
  ALCOVE_LIBRARY([gmp], [gmp], [-lgmp],
    [gmp.h],
    [mp_set_memory_functions(0, 0, 0); return *gmp_version;])
  ALCOVE_LIBRARY([jansson], [jansson], [-ljansson],
    [jansson.h],
    [json_set_alloc_funcs(0, 0); json_get_alloc_funcs(0, 0);
    return json_sprintf("%d", json_error_code(0)) == 0;])
  for alcove_lua in lua5.4 lua-5.4 lua; do
    AS_IF([test -n "$PKG_CONFIG" &&
      $PKG_CONFIG --exists $alcove_lua 2>/dev/null], [break])
  done
  ALCOVE_LIBRARY([lua], [$alcove_lua], [-llua -lm],
    [lua.h],
    [lua_setwarnf(0, 0, 0); return lua_newstate(0, 0) == 0;])
  ALCOVE_LIBRARY([lz4], [liblz4], [-llz4],
    [stddef.h>
#define LZ4F_STATIC_LINKING_ONLY
#include <lz4.h>
#include <lz4frame.h],
    [LZ4F_CustomMem m = {0, 0, 0, 0};
    return LZ4F_createCompressionContext_advanced(m, 0) == 0;])
  ALCOVE_LIBRARY([lzma], [liblzma], [-llzma],
    [lzma.h],
    [return *lzma_version_string();])
  ALCOVE_LIBRARY([lzmamt], [liblzma], [-llzma],
    [lzma.h],
    [lzma_mt m; lzma_stream s = LZMA_STREAM_INIT;
    return lzma_stream_encoder_mt(&s, &m);])
  ALCOVE_LIBRARY([nghttp2], [libnghttp2], [-lnghttp2],
    [stddef.h>
#include <nghttp2/nghttp2.h],
    [return nghttp2_session_client_new3(0, 0, 0, 0, 0);])
  ALCOVE_LIBRARY([openssl], [libcrypto], [-lcrypto],
    [openssl/crypto.h],
    [return CRYPTO_set_mem_functions(0, 0, 0) +
      *OpenSSL_version(OPENSSL_VERSION_STRING);])
  ALCOVE_LIBRARY([pcre2], [libpcre2-8], [-lpcre2-8],
    [stddef.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h],
    [pcre2_maketables_free(0, 0); pcre2_pattern_convert(0, 0, 0, 0, 0, 0);
    return pcre2_code_copy_with_tables(0) == 0;])
  ALCOVE_LIBRARY([png], [libpng], [-lpng],
    [stddef.h>
#include <png.h],
    [return png_create_read_struct_2(PNG_LIBPNG_VER_STRING, 0, 0, 0, 0, 0, 0)
      == 0;])
  ALCOVE_LIBRARY([python], [python3-embed], [],
    [Python.h],
    [PyConfig c; PyConfig_InitIsolatedConfig(&c); PyConfig_Clear(&c);
    PyMem_SetAllocator(PYMEM_DOMAIN_RAW, 0); return *Py_GetVersion();])
  ALCOVE_LIBRARY([sdl2], [sdl2], [-lSDL2],
    [SDL.h],
    [return SDL_SetMemoryFunctions(0, 0, 0, 0) || SDL_RenderFlush(0);])
  ALCOVE_LIBRARY([sqlite], [sqlite3], [-lsqlite3],
    [sqlite3.h],
    [char has_json@<:@SQLITE_VERSION_NUMBER < 3038000 ? -1 : 1@:>@;
    has_json@<:@0@:>@ = 0; return sqlite3_config(SQLITE_CONFIG_MALLOC, has_json);])
  ALCOVE_LIBRARY([treesitter], [tree-sitter], [-ltree-sitter],
    [tree_sitter/api.h>
#include <tree_sitter/parser.h],
    [TSLanguage l; l.version = 14; l.primary_state_ids = 0;
    ts_set_allocator(0, 0, 0, 0); return ts_parser_new() == 0;])
  ALCOVE_LIBRARY([uv], [libuv], [-luv],
    [uv.h],
    [uv_file ends@<:@2@:>@; uv_library_shutdown();
    return uv_replace_allocator(0, 0, 0, 0) + uv_pipe(ends, 0, 0);])
  ALCOVE_LIBRARY([vulkan], [vulkan], [-lvulkan],
    [vulkan/vulkan.h],
    [uint32_t v; VkInstance i;
    return vkCreateInstance(0, 0, &i) || vkEnumerateInstanceVersion(&v);])
  ALCOVE_LIBRARY([xml2], [libxml-2.0], [-lxml2],
    [libxml/xmlreader.h>
#include <libxml/xmlschemas.h>
#include <libxml/xmlwriter.h],
    [xmlReaderForMemory(0, 0, 0, 0, 0); xmlSchemaParse(0);
    xmlNewTextWriterMemory(0, 0); return xmlMemSetup(0, 0, 0, 0);])
  ALCOVE_LIBRARY([yajl], [yajl], [-lyajl],
    [yajl/yajl_parse.h>
#include <yajl/yajl_version.h],
    [return yajl_version();])
  ALCOVE_LIBRARY([zlib], [zlib], [-lz],
    [zlib.h],
    [return *zlibVersion();])
  ALCOVE_LIBRARY([zstd], [libzstd], [-lzstd],
    [stddef.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h],
    [ZSTD_customMem m = {0, 0, 0};
    return ZSTD_createCCtx_advanced(m) == 0
      || ZSTD_initStaticCCtx(0, ZSTD_estimateCCtxSize(1)) == 0;])
  ALCOVE_LIBRARY([zstdmt], [libzstd], [-lzstd],
    [stddef.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h],
    [ZSTD_customMem m = {0, 0, 0};
    return ZSTD_CCtx_setParameter(ZSTD_createCCtx_advanced(m), ZSTD_c_nbWorkers,
      ZSTD_cParam_getBounds(ZSTD_c_nbWorkers).upperBound) != 0;])
  LIBRARY_EXAMPLES=
  for alcove_name in expat lua sqlite uv zlib; do
    AS_CASE([" $LIBRARIES_ABSENT "], [*" $alcove_name "*], [],
      [AS_VAR_APPEND([LIBRARY_EXAMPLES], [" examples/$alcove_name\$(EXEEXT)"])])
  done
  AC_SUBST([LIBRARY_EXAMPLES])
  AC_SUBST([LIBRARY_TESTS])
  AC_SUBST([LIBRARIES_ABSENT])
])
