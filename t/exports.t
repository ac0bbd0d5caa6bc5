#!/bin/sh
# SPDX-License-Identifier: MIT
# The exported symbols are exactly those of lib/alcove.sym, and those of the
# conformance kit of lib/alcove-check.sym.
echo 1..4
n=0

# Of the library: those of a DLL are in what programs are linked with. Sanitizers
# and coverage add symbols of their own: those begin with _.
exported() {
    if test -f "$dll"; then
        ${NM:-nm} "$dll" | sed -n 's/.* I __imp_//p'
    else
        ${NM:-nm} -D "$lib" |
            awk 'NF == 3 && $2 ~ /^[A-TV-Z]$/ && $3 !~ /^_/ {print $3}'
    fi
}

# check LIBRARY LIST
check() {
    lib=$builddir/.libs/$1.so
    dll=$builddir/.libs/$1.dll.a
    list=$srcdir/lib/$2

    n=$((n + 1))
    if LC_ALL=C sort -c "$list"; then echo "ok $n - lib/$2 is sorted"
    else echo "not ok $n - lib/$2 is sorted"; fi

    n=$((n + 1))
    if test ! -f "$lib" && test ! -f "$dll"; then
        echo "ok $n # SKIP there is no shared library in ELF format, and no DLL"
        return
    fi
    if test ! -f "$dll" &&
        grep '^#define ALCOVE_HIDDEN_VISIBILITY 0' "$builddir/config.h" >/dev/null
    then
        echo "ok $n # SKIP the compiler cannot hide symbols"
        return
    fi
    differences=$(exported | LC_ALL=C sort | diff "$list" -)
    if test -z "$differences"; then
        echo "ok $n - $1 exports lib/$2, no more, no less"
    else
        echo "not ok $n - $1 exports lib/$2, no more, no less"
        echo "$differences" | sed 's/^/# /'
    fi
}

check libalcove alcove.sym
check libalcove-check alcove-check.sym
