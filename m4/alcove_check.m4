# SPDX-License-Identifier: MIT
# For the configure.ac of who uses alcove; installed. alcove's own probes are in
# alcove.m4.

# ALCOVE_CHECK([MINIMUM-VERSION], [IF-FOUND], [IF-NOT-FOUND])
# Is there an alcove, at least this version of it, whose header compiles and
# which links? Substitutes ALCOVE_CFLAGS and ALCOVE_LIBS: each as the user has
# set it, else as pkg-config says, else nothing and -lalcove, with the user's
# CPPFLAGS and LDFLAGS. MINIMUM-VERSION is up to three numbers. Without
# IF-NOT-FOUND configure ends with an error.
AC_DEFUN([ALCOVE_CHECK], [
  AC_ARG_VAR([PKG_CONFIG], [path to pkg-config utility])
  AC_ARG_VAR([PKG_CONFIG_PATH], [directories to add to pkg-config's search path])
  AC_ARG_VAR([ALCOVE_CFLAGS], [C compiler flags for alcove, not pkg-config's])
  AC_ARG_VAR([ALCOVE_LIBS], [linker flags for alcove, not pkg-config's])
  AC_CHECK_TOOL([PKG_CONFIG], [pkg-config])
  AC_MSG_CHECKING([for alcove]m4_ifval([$1], [[ >= $1]]))
  alcove_user_CFLAGS=$ALCOVE_CFLAGS
  alcove_user_LIBS=$ALCOVE_LIBS
  AS_IF([test -n "$PKG_CONFIG" && $PKG_CONFIG --exists alcove 2>/dev/null],
    [test -n "$ALCOVE_CFLAGS" || ALCOVE_CFLAGS=`$PKG_CONFIG --cflags alcove`
    test -n "$ALCOVE_LIBS" || ALCOVE_LIBS=`$PKG_CONFIG --libs alcove`])
  test -n "$ALCOVE_LIBS" || ALCOVE_LIBS=-lalcove
  AC_LANG_PUSH([C])
  alcove_save_CFLAGS=$CFLAGS
  alcove_save_LIBS=$LIBS
  CFLAGS="$CFLAGS $ALCOVE_CFLAGS"
  LIBS="$ALCOVE_LIBS $LIBS"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <alcove.h>
#if ALCOVE_VERSION_MAJOR * 1000000L + ALCOVE_VERSION_MINOR * 1000L \
    + ALCOVE_VERSION_PATCH < ]_ALCOVE_NUMBER(m4_unquote(m4_split([$1], [\.])))[
#    error this alcove is too old
#endif]],
    [[return alcove_malloc() == 0;]])], [alcove_found=yes], [alcove_found=no])
  CFLAGS=$alcove_save_CFLAGS
  LIBS=$alcove_save_LIBS
  AC_LANG_POP([C])
  AC_MSG_RESULT([$alcove_found])
  AS_VAR_IF([alcove_found], [yes], [m4_default([$2], [:])],
    [ALCOVE_CFLAGS=$alcove_user_CFLAGS
    ALCOVE_LIBS=$alcove_user_LIBS
    m4_default([$3],
      [AC_MSG_ERROR([alcove]m4_ifval([$1], [[ >= $1]])[ is needed:
install it, with what it has for developers (libalcove-dev, alcove-devel); if it
is in a place of its own, set PKG_CONFIG_PATH, or ALCOVE_CFLAGS and
ALCOVE_LIBS])])])
])

# _ALCOVE_NUMBER(MAJOR, MINOR, PATCH): a version as one number.
m4_define([_ALCOVE_NUMBER],
  [m4_eval(m4_default([$1], 0) * 1000000 + m4_default([$2], 0) * 1000
    + m4_default([$3], 0))])
