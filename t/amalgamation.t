#!/bin/sh
# SPDX-License-Identifier: MIT
# Two files into an empty directory, and alcove is in one's project; without an
# operating system, too. make check-amalgamation looks closer.
: "${srcdir:=.}" "${builddir:=.}" "${CC:=cc}"
echo 1..8
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
n=0
check() { # STATUS DESCRIPTION; what went wrong is in the log
    n=$((n + 1))
    if test "$1" = 0; then echo "ok $n - $2"; return; fi
    echo "not ok $n - $2"
    head -20 "$dir/log" | sed 's/^/# /'
}
warn='-Wall -Wextra -Wconversion -pedantic -Werror'
$CC $warn -E -x c /dev/null >/dev/null 2>&1 || warn=

sh "$srcdir/amalgamation/amalgamate" "$srcdir" "$dir/alcove" >"$dir/log" 2>&1
check $? 'the sources are put together'
sh "$srcdir/amalgamation/amalgamate" "$srcdir" "$dir/again" >/dev/null 2>&1 &&
    diff -r "$dir/alcove" "$dir/again" >"$dir/log" 2>&1
check $? '...in the same way twice'

# Every probe is answered, by 1 or 0.
sed -n 's/^#undef \(ALCOVE_[A-Z_]*\)$/\1/p' "$srcdir/config.h.in" |
    while read -r name; do
        grep "^# *define $name " "$srcdir/amalgamation/config.h" \
            "$srcdir/amalgamation/probes.h" >/dev/null || echo "$name"
    done >"$dir/log"
test ! -s "$dir/log"
check $? "what configure looks for is known without it"

cd "$dir/alcove" || exit 1
case $srcdir in /*) ;; *) srcdir=$OLDPWD/$srcdir ;; esac
$CC $warn -c alcove.c >"$dir/log" 2>&1
check $? 'one file is the library, without a warning'
$CC $warn -c alcove-check.c >"$dir/log" 2>&1
check $? '...and one its kit'
sed 's|<alcove.h>|"alcove.h"|' "$srcdir/t/stranger/program.c" >program.c
$CC $warn -o program program.c alcove.o -pthread >"$dir/log" 2>&1 &&
    $RUNNER ./program >"$dir/log" 2>/dev/null &&
    test "$(tr -d '\r' <"$dir/log")" = 'hello from a scoped block'
check $? '...and a program works with it'

free='-ffreestanding -fno-stack-protector -DALCOVE_FREESTANDING'
sed 's|<alcove.h>|"alcove.h"|' "$srcdir/t/bare.c" >bare.c
$CC $warn $free -c alcove.c -o bare.o >"$dir/log" 2>&1
check $? 'so it is freestanding'
# What gcc and clang call for a 64-bit division on 32 bits is there; tcc has it
# elsewhere.
helpers=-lgcc
$CC -o program program.c alcove.o -pthread $helpers >/dev/null 2>&1 || helpers=
if $CC $free -nostdlib -static -o bare bare.c bare.o $helpers \
    >"$dir/log" 2>&1; then
    $RUNNER ./bare
    status=$?
    echo "exit status $status" >"$dir/log"
    check $status '...and a program with nothing below it works with it'
elif grep 'no way to end' "$dir/log" >/dev/null; then
    echo 'ok 8 # SKIP t/bare.c does not know this machine'
else
    check 1 '...and a program with nothing below it works with it'
fi
