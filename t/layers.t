#!/bin/sh
# SPDX-License-Identifier: MIT
# Each #include of the library is an edge that the layers allow (HACKING).
echo 1..11
cd "$srcdir" || exit 1
dir=$(mktemp -d 2>/dev/null || (d=${TMPDIR:-.}/layers.$$ && mkdir "$d" && echo "$d"))
trap 'rm -rf "$dir"' EXIT

# file<TAB>included, our own headers only; the path as the source writes it.
edges() {
    grep -n '^# *include  *["<]' "$@" /dev/null |
        sed 's/^\([^:]*\):[0-9]*:# *include  *["<]\([^">]*\)[">].*/\1	\2/'
}

# The layer of a public header: see HACKING.
judge='
function layer(h) {
    if (h ~ /^alcove\/(base|config)\.h$/) return 0
    if (h ~ /^alcove\/(layout|error)\.h$/) return 1
    if (h ~ /^alcove\/(alloc|temp)\.h$/) return 2
    if (h ~ /^alcove\/(box|bridge|string|vec)\.h$/) return 4
    if (h ~ /^alcove\//) return 3
    return -1
}
function composed(h) {
    return h ~ /^alcove\/(arena|pool|fallback|segregate|sizeclass)\.h$/
}
function adapter(h) {
    return h ~ /^alcove\/(fail|foreign|guard|limit|locked|seal|stats|thin|trace)\.h$/
}
function foreign(h) { return h ~ /^\.\.\// && h !~ /^\.\.\/(core|os)\// }
function bad(why) { print "# " $1 " includes " $2 ": " why }
'
verdict() {
    if test -z "$2"; then echo "ok $1 - $3"
    else echo "not ok $1 - $3"; echo "$2"; fi
}

verdict 1 "$(edges include/alcove/*.h | awk -F'\t' "$judge"'
    layer($2) < 0 { next }
    { mine = layer(substr($1, 9)); theirs = layer($2) }
    theirs > mine { bad("a lower layer includes a higher one") }
    theirs == mine && mine == 3 { bad("siblings do not know each other") }
    mine == 4 && theirs > 2 { bad("data and bridges include layers 0 to 2") }
')" "public headers include their own layer and those below"

verdict 2 "$(edges lib/core/*.c lib/core/*.h lib/os/*.c lib/os/*.h 2>/dev/null |
    awk -F'\t' "$judge"'
    $1 == "lib/core/inline.c" { next } # includes all, to export the inlines
    $1 ~ /^lib\/core/ && layer($2) > 2 { bad("core includes layers 0 to 2") }
    $1 ~ /^lib\/os/ && layer($2) > 1 { bad("os includes layers 0 and 1") }
    $2 ~ /\// && layer($2) < 0 && $2 !~ /^(sys|valgrind)\// {
        bad("core and os include no other folder") }
')" "core and os include only what is below them"

verdict 3 "$(edges lib/backend/*.c lib/backend/*.h | awk -F'\t' "$judge"'
    layer($2) > 3 { bad("a backend knows no container") }
    foreign($2) { bad("a backend includes core, os, and no other folder") }
')" "backends include core, os and their own folder"

verdict 4 "$(edges lib/compose/*.c lib/compose/*.h | awk -F'\t' "$judge"'
    foreign($2) { bad("a composed allocator includes core, os, and no other folder") }
    layer($2) > 2 && !composed($2) { bad("a composed allocator knows no backend") }
')" "composed allocators include core, os and their own folder"

verdict 5 "$(edges lib/adapt/*.c lib/adapt/*.h | awk -F'\t' "$judge"'
    foreign($2) { bad("an adapter includes core, os, and no other folder") }
    layer($2) > 2 && !adapter($2) { bad("an adapter knows no backend and no composed allocator") }
')" "adapters include core, os and their own folder"

verdict 6 "$(edges lib/check/*.c lib/check/*.h | awk -F'\t' "$judge"'
    $2 == "../os/errno.h" { next }
    $2 ~ /\.\./ || ($2 ~ /\// && layer($2) < 0 && $2 !~ /^sys\//) {
        bad("the kit includes public headers, os/errno.h and its own folder")
    }
    $1 ~ /^lib\/check\/oom/ && $2 ~ /^alcove\/(fail|guard|malloc)\.h$/ { next }
    layer($2) > 2 && $2 != "alcove/check.h" { bad("the kit knows no allocator") }
')" "the conformance kit includes public headers, os/errno.h and its own folder"

verdict 7 "$(edges lib/data/*.c | awk -F'\t' "$judge"'
    foreign($2) { bad("data includes core, and no other folder") }
    layer($2) == 3 { bad("data knows no allocator") }
    layer($2) == 4 && substr($2, 8, length($2) - 9) != substr($1, 10, length($1) - 11) {
        bad("siblings do not know each other")
    }
')" "data includes the interface, and nothing above"

verdict 8 "$(edges lib/bridge/*.c lib/bridge/*.h | awk -F'\t' "$judge"'
    foreign($2) { bad("a bridge includes core, os, and no other folder") }
    layer($2) > 2 && $2 !~ /^alcove\/(bridge|thin)\.h$/ { bad("a bridge knows thin only") }
')" "bridges include core, os, thin and their own folder"

verdict 9 "$(for file in lib/*/*.c; do
    first=$(grep '^# *include' "$file" | sed -n 1p)
    test "$first" = '#include <config.h>' ||
        echo "# $file: the first include is $first"
done)" "every source includes <config.h> first"

verdict 10 "$(sh doc/layers --edges | sort >"$dir/edges"
    sed -n 's/^<title>\([a-z].*\)&#45;&gt;\(.*\)<\/title>/\1->\2/p' doc/layers.svg |
        sort | comm -3 - "$dir/edges" | sed 's/^/# not so in both: /'
    for header in include/alcove/*.h; do
        name=$(basename "$header" .h)
        case $name in check) continue ;; esac
        grep "[ >;]$name[ <&]" doc/layers.svg >/dev/null ||
            echo "# it lacks $name"
    done
)" "doc/layers.svg shows them, and each module: else make pictures"

# Where there is an #if around it, an #include is indented.
free=$(sed -n '/^FREE_SOURCES = /,/# end$/s|^  \(lib/.*\) \\$|\1|p' Makefile.am)
public=$(sed -n '/!ALCOVE_FREESTANDING/q; s|^#include <\(.*\)>|include/\1|p' \
    include/alcove.h)
verdict 11 "$(test -n "$free" && test -n "$public" ||
    echo '# no list of sources is found'
    grep -n '^#include <' $free $public | grep -v -e ':#include <alcove/' \
        -e ':#include <config\.h>' -e ':#include <alcove\.h>' \
        -e ':#include <std\(arg\|bool\|def\|int\)\.h>' \
        -e ':#include <limits\.h>' | sed 's/^/# /'
)" "what is freestanding includes what every C compiler brings"
