#!/bin/sh
# SPDX-License-Identifier: MIT
# What others make of a trace: ms_print draws massif's format, JSON is JSON, and
# lines of text are lines.
echo 1..12
LC_ALL=C
export LC_ALL

dir=$(mktemp -d 2>/dev/null || (d=${TMPDIR:-.}/traced.$$ && mkdir "$d" && echo "$d"))
test -d "$dir" || { echo 'Bail out! no place for temporary files'; exit 1; }
trap 'rm -rf "$dir"' EXIT

n=0
check() { # STATUS DESCRIPTION
    n=$((n + 1))
    if test "$1" = 0; then echo "ok $n - $2"; return; fi
    echo "not ok $n - $2"
    test ! -s "$dir/log" || sed 's/^/# /;40q' "$dir/log"
}
skip() { # DESCRIPTION REASON
    n=$((n + 1))
    echo "ok $n - $1 # SKIP $2"
}
traced() { $RUNNER "$builddir/t/traced" "$@" 2>"$dir/log"; }

# ---- text ----

traced text little >"$dir/text"
check $? "a little program is traced"
sed -n '/^[0-9]* [-0-9a-fx]* [a-z-]* .*: ./p' "$dir/text" >"$dir/good"
test "$(cut -d' ' -f1 "$dir/text" | tr '\n' ' ')" = "$(awk 'BEGIN {
    for (i = 1; i <= 31; i++) printf "%d ", i }')" && cmp "$dir/text" "$dir/good"
check $? "... each event is a line with its number"
test "$(cut -d' ' -f3 "$dir/text" | uniq | tr '\n' ' ')" = \
    'alloc zalloc realloc temp-begin temp-end alloc resize dealloc '
check $? "... and its operation"
grep '^25 [^ ]* alloc [0-9]* bytes aligned to 8: arena: cannot allocate ' \
    "$dir/text" >"$dir/log"
check $? "... and the reason of a refusal"

# ---- JSON ----

what="lines of JSON are JSON"
python='
import json, sys
lines = [json.loads(line) for line in sys.stdin]
keys = ["number", "op", "done", "size", "align", "old_size", "old_align",
        "block", "result", "caller", "code", "cause", "os_error"]
assert all(list(line) == keys for line in lines)
assert [line["number"] for line in lines] == list(range(1, 32))
print(sum(line["size"] for line in lines if line["op"] == "alloc" and line["done"]))'
if traced json little >"$dir/json" && test "$(wc -l <"$dir/json")" -eq 31; then
    check 0 "each event is a line of JSON"
else
    check 1 "each event is a line of JSON"
fi
if command -v python3 >/dev/null 2>&1 && python3 -c 'import json' 2>"$dir/log"; then
    test "$(python3 -c "$python" <"$dir/json" 2>"$dir/log")" = 20000
    check $? "$what, with the same keys: python3 reads them"
else
    skip "$what" "python3 is not installed"
fi
if command -v jq >/dev/null 2>&1; then
    test "$(jq -r 'select(.op == "alloc" and .done) | .size' <"$dir/json" \
        2>"$dir/log" | awk '{ sum += $1 } END { print sum }')" = 20000
    check $? "$what: jq reads them"
else
    skip "$what" "jq is not installed"
fi

# ---- massif ----

drawn() { # WHAT: traced, and drawn by ms_print
    traced massif "$1" >"$dir/massif.out" &&
        TMPDIR=$dir ms_print "$dir/massif.out" >"$dir/log" 2>&1
}

if command -v ms_print >/dev/null 2>&1 && ms_print --version 2>&1 | grep ms_print >"$dir/log"; then
    drawn little && grep '^41.35^ *#' "$dir/log" >/dev/null &&
        grep '^   0 +--*>KB$' "$dir/log" >/dev/null
    check $? "ms_print draws the graph"
    peak=$(sed -n 's/^ Detailed snapshots: \[\([0-9]*\) (peak)\]$/\1/p' "$dir/log")
    test -n "$peak" && grep "^ *$peak  *[0-9,]*  *42,345  *40,000  *0  *2,345\$" \
        "$dir/log" >/dev/null &&
        grep '^94.46% (40,000B) in 21 blocks$' "$dir/log" >/dev/null
    check $? "... and names the peak, to the byte"
    drawn nothing && grep '^Number of snapshots: 1$' "$dir/log" >/dev/null
    check $? "... also where nothing happened"
    drawn much && grep '^ Detailed snapshots: \[[0-9]* (peak)\]$' "$dir/log" >/dev/null &&
        count=$(sed -n 's/^Number of snapshots: //p' "$dir/log") &&
        test "$count" -gt 25 && test "$count" -le 100 &&
        grep '^  *[0-9]*  *[0-9,]*  *1,000  *1,000  *0  *0$' "$dir/log" >/dev/null
    check $? "... and where much did"
else
    for what in "ms_print draws the graph" "... and names the peak, to the byte" \
        "... also where nothing happened" "... and where much did"; do
        skip "$what" "ms_print is not installed"
    done
fi

# ---- a full disk ----

if test -w /dev/full && test -z "$RUNNER"; then
    for format in text json massif; do
        traced $format little >/dev/full
        echo $?
    done >"$dir/status"
    test "$(tr '\n' ' ' <"$dir/status")" = '1 1 1 '
    check $? "a full disk is told at the end"
else
    skip "a full disk is told at the end" "there is no /dev/full, or a runner is in between"
fi
