#!/bin/sh
# SPDX-License-Identifier: MIT
# The examples do what they say, those with libraries if configure has found these,
# and are short enough to be copied. oom and sortlines have tests of their own.
: "${srcdir:=.}" "${builddir:=.}" "${LIBRARIES_ABSENT=}"
config=$builddir/include/alcove/config.h
if grep '^#define ALCOVE_HAVE_MALLOC 0' "$config" >/dev/null; then
    echo "1..0 # SKIP the examples work over the malloc backend"
    exit 0
fi
echo 1..37
unset ALCOVE_PASSTHROUGH

dir=$(mktemp -d "${TMPDIR:-.}/examples.XXXXXX" 2>/dev/null) || {
    dir=${TMPDIR:-.}/examples.$$
    mkdir "$dir" || exit 1
}
trap 'rm -rf "$dir"' 0
trap 'exit 1' 1 2 15
: >"$dir/out" >"$dir/err"

n=0
check() { # STATUS DESCRIPTION
    n=$((n + 1))
    if test "$1" = 0; then echo "ok $n - $2"; return; fi
    echo "not ok $n - $2"
    sed 's/^/# /' "$dir/out" "$dir/err" | LC_ALL=C tr -cd '\n -~'
}
skip() { # COUNT REASON
    last=$((n + $1))
    while test $n -lt $last; do
        n=$((n + 1))
        echo "ok $n # SKIP $2"
    done
}
# there NAME COUNT: is it built? If not, COUNT checks are skipped.
there() {
    case " $LIBRARIES_ABSENT " in
    *" $1 "*) skip "$2" "$1: configure did not find it, or was not to look" ;;
    *) return 0 ;;
    esac
    return 1
}
example() { # NAME ARGUMENT...
    program=$builddir/examples/$1
    shift
    $RUNNER "$program" "$@" >"$dir/out" 2>"$dir/err"
}
masked() { # FILE: figures, which versions and machines change, become an N
    sed 's/[0-9][0-9]*/N/g' "$dir/$1"
}

# ---- all of them ----

for name in expat lua sqlite uv zlib; do
    test "$(sed -n '$=' "$srcdir/examples/$name.c")" -le 60
    check $? "examples/$name.c has at most 60 lines"
done
for name in budget conform oom parse requests split; do
    test "$(sed -n '$=' "$srcdir/examples/$name.c")" -le 120
    check $? "examples/$name.c has at most 120 lines"
done

# ---- parse, with arena ----

example parse '(8 - 2) * 3 + 1' '8/2/2 - -1' && test "$(cat "$dir/out")" = \
    '(8 - 2) * 3 + 1: 8 2 - 3 * 1 +
8/2/2 - -1: 8 2 / 2 / -1 -'
check $? "parse: formulas in postfix"
terms=$(awk 'BEGIN { while (n++ < 999) printf "1+" }')
example parse "${terms}1" && test "$(wc -w <"$dir/out" | tr -d ' ')" = 2000
check $? "... of a formula that does not fit the buffer, too"
open=$(awk 'BEGIN { while (n++ < 9999) printf "(" }')
example parse '1 2' '(1' '1+' '' "$open" "($open" '2'
test $? = 1 && test "$(cat "$dir/out")" = '2: 2' && test "$(cat "$dir/err")" = \
    'parse: something comes after it
parse: a ) is missing
parse: a number is missing
parse: a number is missing
parse: a number is missing
parse: it is too long'
check $? "... and what is wrong is said, with status 1"

# ---- requests, with arena, limit and vec ----

awk 'BEGIN { print "to be or not"; while (n++ < 70000) printf "a"
    print " b\n\nthat is" }' >"$dir/in"
example requests <"$dir/in"
check $? "requests: the loop ends well"
test "$(cat "$dir/out")" = 'not or be to

is that'
check $? "... and answers what it has memory for"
test "$(masked err)" = "requests: limit: cannot change N bytes aligned to N to \
N bytes aligned to N: N bytes left under the limit
requests: N answered, N refused, at most N bytes" &&
    grep ' 3 answered, 1 refused,' "$dir/err" >/dev/null
check $? "... and says what was refused, and why"

# ---- split, whoever calls it ----

example split
check $? "split: all is given back"
test "$(masked out)" = "from the heap: [usr] [local] [] [bin]
from a buffer: [usr] [local] [] [bin]
with a quota: limit: cannot allocate N bytes aligned to N: \
N bytes left under the limit"
check $? "... and each caller gets the pieces, or the reason"
example split ''
test $? = 0 && test "$(cat "$dir/out")" = 'from the heap: []
from a buffer: []
with a quota: []'
check $? "... of an empty text one, which is empty"

# ---- budget, with limits on limits ----

example budget
test $? = 0 && test "$(cat "$dir/out")" = "ann wants 20000
ann wants 30000 as a cache
bob wants 70000
  limit: cannot allocate 70000 bytes aligned to 16: \
60000 bytes left under the limit
bob wants 50000
ann wants 30000
  ann drops 30000 cached bytes
eve wants 10000
  limit: cannot allocate 10000 bytes aligned to 16: 0 bytes left under the limit
ann has 50000
bob has 50000
eve has 0"
check $? "budget: caches are dropped before anybody is refused"

# ---- conform: an allocator of one's own, and the kit ----

example conform
check $? "conform: the allocator keeps the promises"
grep -c '^ok' "$dir/out" >"$dir/count"
test "$(cat "$dir/count")" -gt 40 && ! grep '^not ok' "$dir/out" >/dev/null
check $? "... by $(cat "$dir/count") checks"

# ---- expat, with fail and guard ----

if there expat 3; then
    example expat
    check $? "expat: refused each request once, it ends well"
    set -- $(sed -n 's/^4 elements, \(.*\) refused, \(.*\) told$/\1 \2/p' \
        "$dir/out")
    test $# = 2 && test "$2" -gt 0 && test "$2" -le "$1"
    check $? "... and tells so: $2 of $1 times"
    test "$(cat "$dir/err")" = \
        'guard: 0 live blocks, 0 bytes; 0 findings, 0 refusals'
    check $? "... and leaves nothing behind"
fi

# ---- lua, with limit ----

if there lua 2; then
    example lua
    check $? "lua: the host ends well"
    masked out >"$dir/masked"
    test "$(cat "$dir/masked")" = "result: N
error: not enough memory
  limit: cannot change N bytes aligned to N to N bytes aligned to N: N bytes \
left under the limit
result: alcove alcove alcove "
    check $? "... and runs scripts after one that wants too much"
fi

# ---- sqlite, with stats ----

if there sqlite 4; then
    example sqlite
    test $? = 0 && test "$(cat "$dir/out")" = 'primes: 168
largest: 997'
    check $? "sqlite: the result is right"
    test "$(sed -n 's/^live  *//p' "$dir/err" | tr -s ' ')" = '0 0' &&
        test "$(masked err | sed -n '1,4s/ .*//p' | tr '\n' ' ')" = \
            ' live peak total '
    check $? "... and the books say that nothing is live"
    example sqlite 'SELECT 6 * 7 AS answer, NULL AS question'
    test $? = 0 && test "$(cat "$dir/out")" = 'answer: 42
question: NULL'
    check $? "... SQL in an argument is run"
    example sqlite 'SELEC 1'
    test $? = 1 && grep '^sqlite: .*"SELEC": syntax error' "$dir/err" >/dev/null
    check $? "... and if it is wrong, that is said, with status 1"
fi

# ---- uv, with locked and stats ----

if grep '^#define ALCOVE_HAVE_THREADS 0' "$config" >/dev/null; then
    skip 1 "uv: this library was built without threads"
elif there uv 1; then
    example uv
    test $? = 0 && test "$(cat "$dir/out")" = 'primes: 168, 1229, 9592'
    check $? "uv: threads share the allocator, and all comes back"
fi

# ---- zlib, with arena ----

if there zlib 4; then
    example zlib <"$srcdir/README"
    check $? "zlib: it compresses"
    size=$(wc -c <"$srcdir/README" | tr -d ' ')
    grep "^zlib: $size bytes are now" "$dir/err" >/dev/null &&
        test "$(masked err)" = \
            'zlib: N bytes are now N; chunks: N, used: N'
    check $? "... and says how much, and in how much of the arena"
    if gzip --version >/dev/null 2>&1; then
        gzip -dc <"$dir/out" 2>>"$dir/err" | cmp - "$srcdir/README" >>"$dir/err"
        check $? "... and gzip gets back what it was"
    else
        skip 1 "there is no gzip"
    fi
    example zlib <&-
    test $? = 1 && test "$(cat "$dir/err")" = 'zlib: file error'
    check $? "... and input that cannot be read has status 1 and a message"
fi
