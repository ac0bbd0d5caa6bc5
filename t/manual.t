#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual names all that there is and nothing else. (t/programs.t is about its
# examples.)
echo 1..10
LC_ALL=C
export LC_ALL

dir=$(mktemp -d 2>/dev/null || (d=${TMPDIR:-.}/manual.$$ && mkdir "$d" && echo "$d"))
test -d "$dir" || { echo 'Bail out! no place for temporary files'; exit 1; }
trap 'rm -rf "$dir"' EXIT
include=$srcdir/include

. "$srcdir/t/verdict.sh"

# lacks A B TEXT: each line of A that is no line of B, and TEXT.
lacks() {
    sort -u "$1" >"$dir/a"
    sort -u "$2" >"$dir/b"
    comm -23 "$dir/a" "$dir/b" | sed "s|\$| $3|"
}

# after MACROS PAGES: the words that follow one of these mdoc macros.
after() {
    awk -v macros=" $1 " '/^\./ {
        $1 = substr($1, 2)
        for (i = 1; i < NF; i++)
            if (index(macros, " " $i " ")) {
                word = $(i + 1)
                gsub(/"/, "", word)
                print word
            }
    }' $2
}

# section NAME PAGE
section() {
    awk -v name="$1" '/^\.Sh/ { here = $2 == name } here' "$2"
}

# Exported, but "Not for direct use".
cat "$srcdir"/lib/*.sym | grep '^alcove_' | grep -v \
    -e '_edge$' \
    -e '^alcove_bridge_\(enter\|slot_.*\)$' \
    -e '^alcove_layout_is_block$' \
    -e '^alcove_stack_temp_16$' \
    -e '^alcove_scratch_\(aligned\|begin\|on_heap\)$' \
    -e '^alcove_stack_temp_any$' >"$dir/public"
pages=$(ls "$srcdir"/doc/*.[1-9])

# ---- 1, 2: every function is on a page ----

for page in $pages; do
    section NAME "$page" >"$dir/section"
    after Nm "$dir/section" >"$dir/names"
    sort "$dir/names" "$dir/public" | uniq -d >"$dir/functions"
    cat "$dir/functions" >>"$dir/named"
    section SYNOPSIS "$page" >"$dir/section"
    after 'Fn Fo' "$dir/section" >"$dir/declared"
    lacks "$dir/functions" "$dir/declared" "lacks in SYNOPSIS of $page" \
        >>"$dir/undeclared"
    name=$(basename "$page")
    echo "${name%.*}" >"$dir/own"
    lacks "$dir/own" "$dir/names" 'is not in the NAME of its own page' \
        >>"$dir/undeclared"
done
verdict "$(test -s "$dir/public" || echo 'lib/*.sym have none'
    lacks "$dir/public" "$dir/named" 'is in no NAME')" \
    'every public function is in the NAME section of a page'
verdict "$(cat "$dir/undeclared")" '...and in the SYNOPSIS of that page, which has its own name, too'

# ---- 3: nothing else is ----

after 'Fn Fo' "$pages" | grep '^alcove_' >"$dir/functions"
after Xr "$pages" | grep '^alcove' >"$dir/references"
echo "$pages" | sed 's|.*/\(.*\)\..|\1|' >"$dir/pages"
verdict "$(lacks "$dir/functions" "$dir/public" 'is no public function'
    lacks "$dir/references" "$dir/pages" 'is no page')" \
    'every function and page that a page names exists'

# ---- 4: the prototypes and constants are those of the headers ----

# compiles FILE, with the reason in the log if not.
compiles() {
    case $1 in
    *.cc) compile="${CXX:-c++} -std=c++17" ;;
    *) compile="${CC:-cc} $std" ;;
    esac
    $compile -I"$include" -I"$builddir/include" -c -o "$dir/out.o" "$1" \
        >"$dir/log" 2>&1
}
echo 'int nothing;' >"$dir/nothing.c"
std=-std=c99
compiler=yes
compiles "$dir/nothing.c" || { std=; compiles "$dir/nothing.c"; } || compiler=no

after Dv "$pages" | grep '^ALCOVE_' | sort -u >"$dir/constants"
{
    echo '#include <alcove.h>'
    echo '#include <alcove/check.h>'
    for page in $pages; do
        section SYNOPSIS "$page" | awk '
            $1 == ".Ft" { type = substr($0, 5) }
            $1 == ".Fo" { name = $2; arguments = "" }
            $1 == ".Fa" { gsub(/"/, ""); sub(/^\.Fa /, arguments ? ", " : "")
                          arguments = arguments $0 }
            $1 == ".Fc" { print type " " name "(" arguments ");" }
            $1 == ".Fn" && /^\.Fn alcove_/ { print type " " $2 "(" $3 ");" }'
    done
    sed 's/.*/typedef char has_&[sizeof(&)];/' "$dir/constants"
} >"$dir/synopsis.c"
if test $compiler = no; then
    skip 'no C compiler runs'
else
    verdict "$(compiles "$dir/synopsis.c" || cat "$dir/log")" \
        'the prototypes and constants of all pages are those of the headers'
fi

# ---- 5: the lists of constants are complete ----

# Each X(NAME, ERRNO, ...) of the headers as its constant and its errno.
awk '/^#define ALCOVE_CODES/ { prefix = "ALCOVE_" }
     /^#define ALCOVE_CAUSES/ { prefix = "ALCOVE_CAUSE_" }
     /^#define ALCOVE_ARITH_OPS/ { prefix = "ALCOVE_ARITH_" }
     /^#define ALCOVE_FEATURES/ { prefix = "ALCOVE_CAN_" }
     /^ *X\(/ { gsub(/[(),]/, " "); print prefix $2, $3 }
' "$include/alcove/error.h" "$include/alcove/alloc.h" >"$dir/list"
sed 's/ .*//' "$dir/list" >"$dir/expected"
grep '^ALCOVE_ERR_' "$dir/list" >"$dir/errnos"
told='s/^\.It Dv \(ALCOVE_ERR_[^ ]*\) Pq Er \(E[^ ]*\)$/\1 \2/p'
sed -n "$told" $pages >"$dir/told"
sed -n "$told" "$srcdir/doc/alcove_error.3" >"$dir/table"
verdict "$(test -s "$dir/errnos" || echo 'the headers have no codes'
    lacks "$dir/expected" "$dir/constants" 'is on no page'
    lacks "$dir/errnos" "$dir/table" 'is not in alcove_error.3'
    lacks "$dir/told" "$dir/errnos" 'is not what the header says')" \
    'codes, causes and capabilities are complete, and each errno is right'

# ---- 6: the pages are sound ----

if command -v mandoc >/dev/null 2>&1; then
    # Which pages are installed here is no matter.
    verdict "$(mandoc -T lint -W style $pages 2>/dev/null |
        grep -v 'referenced manual not found')" \
        'mandoc has nothing to say about a page'
else
    skip 'mandoc is not installed'
fi

# ---- 7, 8: no page is missing ----

sed -n '/dist_man_MANS =/,/# end/s|.*\(doc/[^ ]*\).*|\1|p' \
    "$srcdir/Makefile.am" >"$dir/listed"
echo "$pages" | sed 's|.*/\(doc/[^/]*\)$|\1|' >"$dir/there"
verdict "$(lacks "$dir/there" "$dir/listed" 'is not listed'
    lacks "$dir/listed" "$dir/there" 'is listed, but not there')" \
    'the Makefile lists every page'
verdict "$(for header in "$include"/alcove/*.h; do
        module=$(basename "$header" .h)
        case $module in base|config*) continue ;; esac
        test -f "$srcdir/doc/alcove_$module.3" || echo "$module has none"
    done)" 'every public header has a page'

# ---- 9: every function has its return value, errors and example ----

# What the functions of a page lack: in RETURN VALUES those that return something
# must be named, in ERRORS those that take an error, in EXAMPLES all.
told='
NR == FNR { public[$1] = 1; next }
/^\.Sh / { section = substr($0, 5); there[section] = 1; next }
section == "SYNOPSIS" {
    if ($1 == ".Ft") type = substr($0, 5)
    if ($1 == ".Fo" || $1 == ".Fn") {
        name = $2
        if (!(name in public)) next
        must[name, "EXAMPLES"] = 1
        if (type != "void") must[name, "RETURN VALUES"] = 1
    }
    if (/struct alcove_error \*err/ && name in public)
        must[name, "ERRORS"] = 1
}
section ~ /^(RETURN VALUES|ERRORS|EXAMPLES)$/ {
    gsub(/[^a-z_0-9]+/, " ")
    n = split($0, words, " ")
    for (i = 1; i <= n; i++) named[words[i], section] = 1
}
END {
    n = split("SYNOPSIS,DESCRIPTION,RETURN VALUES,EXAMPLES,ERRORS,SEE ALSO",
        sections, ",")
    for (i = 1; i <= n; i++)
        if (!(sections[i] in there)) print page " has no " sections[i]
    for (key in must)
        if (!(key in named)) {
            split(key, pair, SUBSEP)
            print page ": " pair[1] " is not in " pair[2]
        }
}'
verdict "$(for page in "$srcdir"/doc/*.3; do
        awk -v page="$page" "$told" "$dir/public" "$page"
    done)" 'every function is in RETURN VALUES, ERRORS and EXAMPLES of its page'

# ---- 10: the checks of the conformance kit ----

sed -n 's/^ *X("\([a-z-]*\)".*/\1/p' "$srcdir/lib/check/checks.h" >"$dir/checks"
section DESCRIPTION "$srcdir/doc/alcove_check.3" |
    sed -n 's/^\.It Li \([a-z-]*\)$/\1/p' >"$dir/described"
verdict "$(test -s "$dir/checks" || echo 'lib/check/checks.h has none'
    lacks "$dir/checks" "$dir/described" 'is not in alcove_check.3'
    lacks "$dir/described" "$dir/checks" 'is no check')" \
    'alcove_check.3 names every check'
