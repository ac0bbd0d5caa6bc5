#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/oom is a test, and passes: the driver finds nothing in it.
: "${srcdir:=.}" "${builddir:=.}"
if grep '^#define ALCOVE_HAVE_MALLOC 0' "$builddir/include/alcove/config.h" \
    >/dev/null; then
    echo "1..0 # SKIP the example works over the malloc backend"
    exit 0
fi
echo 1..4
n=0
check() { # STATUS DESCRIPTION
    n=$((n + 1))
    if test "$1" = 0; then echo "ok $n - $2"; return; fi
    echo "not ok $n - $2"
    echo "$out" | sed 's/^/# /'
}

out=$($RUNNER "$builddir/examples/oom" 2>/dev/null)
check $? "examples/oom has status 0"
expected='# contents: checks 1 to 13
ok 1 - contents: reference: 8 requests, 7 releases, and an outcome of 71 bytes
ok 2 - contents: alloc-once: 7 refusals: 7 clean
ok 3 - contents: alloc-persist: 7 refusals: 7 clean
ok 4 - contents: resize-once # SKIP it requests nothing of the kind
ok 5 - contents: resize-persist # SKIP it requests nothing of the kind
ok 6 - contents: grow-once: 1 refusal: 1 clean
ok 7 - contents: grow-persist: 1 refusal: 1 clean
ok 8 - contents: shrink-once # SKIP it requests nothing of the kind
ok 9 - contents: shrink-persist # SKIP it requests nothing of the kind
ok 10 - contents: temp-once # SKIP it requests nothing of the kind
ok 11 - contents: temp-persist # SKIP it requests nothing of the kind
ok 12 - contents: any-persist: 8 refusals: 8 clean'
test "$(echo "$out" | sed -n 1,13p)" = "$expected"
check $? "... and writes a line for each check"
echo "$out" | sed -n 14p |
    grep '^ok 13 - contents: total: 24 refusals.*: 24 clean$' >/dev/null
check $? "... their sum"
test "$(echo "$out" | sed '1,14d')" = 1..13
check $? "... and the plan"
