#!/bin/sh
# SPDX-License-Identifier: MIT
# A freestanding library asks for four functions and nothing else, and serves a
# program that has nothing below it.
: "${srcdir:=.}" "${builddir:=.}" "${CC:=cc}"
archive=$builddir/.libs/libalcove.a
if grep '^#define ALCOVE_FREESTANDING 0' "$builddir/include/alcove/config.h" \
    >/dev/null; then
    echo "1..0 # SKIP this library is not freestanding"
    exit 0
fi
echo 1..3
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# What every object asks for, and none of them has. _GLOBAL_OFFSET_TABLE_ is the
# linker's, and __udivdi3 and the like, which divide, are the compiler's own.
${NM:-nm} -g "$archive" 2>/dev/null | awk '
    NF == 2 && $1 == "U" { wanted[$2] }
    NF == 3 && $2 ~ /^[A-TV-Z]$/ { has[$3] }
    END { for (name in wanted) if (!(name in has)) print name }' |
    grep -v -e '^_GLOBAL_OFFSET_TABLE_$' -e '^__u*\(div\|mod\|divmod\)di[34]$' |
    LC_ALL=C sort >"$dir/wanted"
if test "$(tr '\n' ' ' <"$dir/wanted")" = 'memcmp memcpy memmove memset '; then
    echo 'ok 1 - the library asks for memcmp, memcpy, memmove and memset'
else
    echo 'not ok 1 - the library asks for memcmp, memcpy, memmove and memset'
    sed 's/^/# /' "$dir/wanted"
fi

if $CC -ffreestanding -fno-stack-protector -nostdlib -static \
    -I"$builddir/include" -I"$srcdir/include" -o "$dir/bare" \
    "$srcdir/t/bare.c" "$archive" -lgcc >"$dir/log" 2>&1; then
    echo 'ok 2 - a program without a C library is linked with it'
    $RUNNER "$dir/bare"
    status=$?
    test "$status" = 0 || printf 'not '
    echo 'ok 3 - ...and runs'
    test "$status" = 0 || echo "# exit status $status"
elif grep 'no way to end' "$dir/log" >/dev/null; then
    echo 'ok 2 # SKIP t/bare.c does not know this machine'
    echo 'ok 3 # SKIP t/bare.c does not know this machine'
else
    echo 'not ok 2 - a program without a C library is linked with it'
    sed 's/^/# /' "$dir/log"
    echo 'not ok 3 - ...and runs'
fi
