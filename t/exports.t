#!/bin/sh
# SPDX-License-Identifier: MIT
# The exported symbols are exactly those of lib/alcove.sym.
echo 1..2

lib=$builddir/.libs/libalcove.so
list=$srcdir/lib/alcove.sym

if LC_ALL=C sort -c "$list"; then echo "ok 1 - lib/alcove.sym is sorted"
else echo "not ok 1 - lib/alcove.sym is sorted"; fi

if test ! -f "$lib"; then
    echo "ok 2 # SKIP there is no shared library in ELF format"
    exit 0
fi
if grep '^#define ALCOVE_HIDDEN_VISIBILITY 0' "$builddir/config.h" >/dev/null; then
    echo "ok 2 # SKIP the compiler cannot hide symbols"
    exit 0
fi
# Sanitizers and coverage add symbols of their own: those begin with _.
differences=$(${NM:-nm} -D "$lib" | awk 'NF == 3 && $2 ~ /^[A-TV-Z]$/ && $3 !~ /^_/ {print $3}' |
    LC_ALL=C sort | diff "$list" -)
if test -z "$differences"; then
    echo "ok 2 - the shared library exports lib/alcove.sym, no more, no less"
else
    echo "not ok 2 - the shared library exports lib/alcove.sym, no more, no less"
    echo "$differences" | sed 's/^/# /'
fi
