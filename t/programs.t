#!/bin/sh
# SPDX-License-Identifier: MIT
# The programs in the manual and in README compile without a warning, run, and
# print what the page says they print.
#
# In EXAMPLES of sections 3 and 7 a display `.Bd -literal` is a whole program, in
# C++ if it includes <alcove.hpp>. A display `.Bd -literal -offset indent` behind
# it is its output, however that is broken into lines; `...` in it stands for
# anything. A comment `.\" exits N` in front tells a status other than 0.
: "${srcdir:=.}" "${builddir:=.}"
echo 1..8
LC_ALL=C
export LC_ALL
unset ALCOVE_FAIL ALCOVE_PASSTHROUGH ALCOVE_SCRATCH

dir=$(mktemp -d 2>/dev/null || (d=${TMPDIR:-.}/programs.$$ && mkdir "$d" && echo "$d"))
test -d "$dir" || { echo 'Bail out! no place for temporary files'; exit 1; }
trap 'rm -rf "$dir"' EXIT
top=$(cd "$builddir" && pwd) || exit 1
include="-I$(cd "$srcdir" && pwd)/include -I$top/include"

. "$srcdir/t/verdict.sh"
# extract TO PAGE...: for the second program of alcove.3 alcove_3_2.c, or .cc, its
# main by that name in C; alcove_3_2.says for its output, if that is told;
# alcove_3_2.exits for its status.
extract() {
    mkdir "$1" || exit 1
    to=$1
    shift
    awk -v to="$to" -v quote="'" '
        FNR == 1 {
            page = FILENAME
            sub(/.*\//, "", page)
            name = page
            gsub(/[^a-zA-Z0-9]/, "_", name)
            n = 0
            program = ""
        }
        /^\.Sh/ { examples = $2 == "EXAMPLES" }
        !examples { next }
        /^\.\\" exits [0-9]+$/ { status = $3 }
        /^\.Bd -literal$/ {
            program = to "/" name "_" ++n
            file = program ".text"
            print status + 0 >(program ".exits")
            close(program ".exits")
            status = 0
            printf "#line %d \"%s\"\n", FNR + 1, page >file
            next
        }
        /^\.Bd -literal -offset indent$/ && program {
            file = program ".says"
            next
        }
        /^\.Ed/ { if (file) close(file); file = "" }
        file {
            gsub(/\\-/, "-")
            gsub(/\\\(aq/, quote)
            gsub(/\\\(ha/, "^")
            gsub(/\\\(ti/, "~")
            gsub(/\\\(ga/, "`")
            gsub(/\\\(dq/, "\"")
            gsub(/\\&/, "")
            gsub(/\\e/, "\\")
            print >file
        }' "$@"
    for text in "$to"/*.text; do
        name=${text%.text}
        if grep 'include <alcove\.hpp>' "$text" >/dev/null; then
            mv "$text" "$name.cc"
        else
            renamed "$text" >"$name.c"
            rm "$text"
        fi
    done
}

# renamed FILE: all mains go into one executable, by other names.
renamed() {
    to=${1##*/}
    sed "s/^\(int \)*main(/\1${to%.text}(/" "$1"
}

# What the compilers are told: to warn, and what changes the kind of code.
kind=
for word in $CFLAGS; do
    case $word in -fsanitize* | -m*) kind="$kind $word" ;; esac
done
echo 'int main(void) { return 0; }' >"$dir/try.c"
cp "$dir/try.c" "$dir/try.cc"
std=-std=c99
warnings='-Wall -Wextra -Werror'
cat >"$dir/gnu.c" <<'END'
#if !defined __GNUC__ || defined __TINYC__
#error "no compiler that warns as gcc does"
#endif
int nothing;
END
(cd "$dir" && ${CC:-cc} $std $warnings -c gnu.c) >/dev/null 2>&1 || warnings=
(cd "$dir" && ${CC:-cc} $std -c try.c) >/dev/null 2>&1 || std=
echo '#include <memory_resource>' >>"$dir/try.cc"
compiler=yes cxx=yes
(cd "$dir" && ${CC:-cc} $std -c try.c) >/dev/null 2>&1 || compiler=no
(cd "$dir" && ${CXX:-c++} -std=c++17 -c try.cc) >/dev/null 2>&1 || cxx=no

# compiles DIRECTORY: all its programs in C, by one run of the compiler; with
# unwind tables, as alcove_temp.3 asks for.
compiles() {
    (cd "$1" &&
        ${CC:-cc} $std $warnings $kind $UNWIND_CFLAGS $include -c ./*.c) \
        >"$dir/log" 2>&1
}

# link MODE COMPILER FILE...: with both libraries, into $dir/MODE.
link() {
    result=$dir/$1
    shift
    compiled_by=$1
    shift
    (cd "$dir" && "$top/libtool" --silent --tag=CC --mode=link $compiled_by \
        $CFLAGS $PTHREAD_CFLAGS $LDFLAGS -no-install -o "$result" "$@" \
        "$top/libalcove-check.la" "$top/libalcove.la") >"$dir/log" 2>&1
}

# squeezed FILE: as one line.
squeezed() {
    (set -f; set -- $(cat "$1"); echo "$*")
}

# run EXECUTABLE NAME: leaves its output in $dir/out, its status in $status.
run() {
    $RUNNER "$dir/$1" "${2##*/}" >"$dir/out" 2>&1 </dev/null
    status=$?
}

# judged NAME: says how what has run is not as the page of NAME tells.
judged() {
    test "$status" = "$(cat "$1.exits")" || {
        echo "${1##*/}: exit status $status"
        cat "$dir/out"
        return
    }
    test -f "$1.says" && test $sanitized = no || return
    got=$(squeezed "$dir/out")
    want=$(squeezed "$1.says" | sed 's/[][\\*?]/\\&/g; s/\.\.\./*/g')
    case $got in
    $want) ;;
    *) echo "${1##*/} prints: $got" ;;
    esac
}

# ---- 1: there are programs ----

extract "$dir/all" "$srcdir"/doc/*.[37]
verdict "$(for page in "$srcdir"/doc/*.3; do
        name=$(basename "$page" .3)
        test -f "$dir/all/${name}_3_1.exits" || echo "$name has none"
    done
    for program in "$dir"/all/*.c "$dir"/all/*.cc; do
        name=${program##*/}
        grep -e '^main(' -e "^\(int \)*${name%.c}(" "$program" >/dev/null ||
            echo "$name: a display that is no whole program"
    done
    # 80 columns, less the indentation of the text, and that of a display.
    awk 'length > (FILENAME ~ /says$/ ? 69 : 75) && !/^#line/ {
            print FILENAME ": wider than a page: " $0
        }' "$dir"/all/*.c "$dir"/all/*.cc "$dir"/all/*.says)" 'every page of section 3 has programs; all are whole, and fit a page'

# ---- 2: they compile ----

sed -n '/^    \.\//d; s/^    //p' "$srcdir/README" >"$dir/README_1.text"
renamed "$dir/README_1.text" >"$dir/all/README_1.c"
echo 0 >"$dir/all/README_1.exits"
echo 999 >"$dir/all/README_1.says"
count=$(ls "$dir"/all/*.c | wc -l | tr -d ' ')
if test $compiler = no; then
    skip 'no C compiler runs'
else
    verdict "$(compiles "$dir/all" || cat "$dir/log")" \
        "the $count programs in C, README's too, compile without a warning"
fi

# ---- 3, 4: they do what the page says ----

why=
for feature in ALIGNED_ALLOC MALLOC OS_ERRORS PAGE POSIX_MEMALIGN STACK THREADS
do
    grep "^#define ALCOVE_HAVE_$feature 1" "$builddir/include/alcove/config.h" \
        >/dev/null || why="this library was built without $feature"
done
case $RUNNER in *valgrind*) why='Valgrind takes long to start so often' ;; esac
test $compiler = yes || why='no C compiler runs'

# Under a sanitizer, allocators do other things, so only the status is looked at;
# and programs that are wrong on purpose are left out.
sanitized=no
case $CFLAGS in *-fsanitize*) sanitized=yes ;; esac

if test -n "$why"; then
    skip "$why"
else
    (cd "$dir/all" && ls *.c) | sed 's/\.c$//' >"$dir/names"
    {
        echo '#include <string.h>'
        sed 's/.*/int &(void);/' "$dir/names"
        echo 'int main(int argc, char **argv) { (void)argc;'
        sed 's/.*/if (strcmp(argv[1], "&") == 0) return &();/' "$dir/names"
        echo 'return 99; }'
    } >"$dir/one.c"
    (cd "$dir" && ${CC:-cc} $kind -c one.c) >"$dir/log" 2>&1
    verdict "$(link all.run "${CC:-cc}" one.o "$dir"/all/*.o || {
            cat "$dir/log"
            exit
        }
        for program in "$dir"/all/*.c; do
            program=${program%.c}
            test "$sanitized$(cat "$program.exits")" != yes1 || continue
            run all.run "$program"
            judged "$program"
        done)" '...and do what their pages say'
fi
if test $cxx = no; then
    skip 'there is no C++17 compiler with <memory_resource>'
elif test -n "$why"; then
    skip "$why"
else
    verdict "$(for program in "$dir"/all/*.cc; do
            (cd "$dir" && ${CXX:-c++} -std=c++17 $warnings $kind $include \
                -c -o cxx.o "$program") >"$dir/log" 2>&1 &&
                link cxx.run "${CXX:-c++}" cxx.o || {
                cat "$dir/log"
                continue
            }
            run cxx.run "$program"
            judged "${program%.cc}"
        done)" '...and so do those in C++'
fi

# ---- 5 to 8: what is wrong is found ----

# spoilt SCRIPT DESCRIPTION: a page changed by sed does not compile.
spoilt() {
    rm -rf "$dir/spoilt"
    sed "$1" "$srcdir/doc/alcove_limit.3" >"$dir/spoilt.3"
    extract "$dir/spoilt" "$dir/spoilt.3"
    verdict "$(compiles "$dir/spoilt" && echo 'not found')" "$2"
}

if test $compiler = no || test -z "$warnings"; then
    skip 'no C compiler runs, or not as gcc does'
    skip 'no C compiler runs, or not as gcc does'
else
    spoilt 's/= alcove_alloc(/= alcove_aloc(/' \
        'a function that there is not is found'
    spoilt 's/void \*p, \*q;/void *p, *q, *unused;/' '...and a warning'
fi
if test -n "$why" || test $sanitized = yes; then
    skip "${why:-a sanitizer looks at the status only}"
    skip "${why:-a sanitizer looks at the status only}"
else
    run all.run alcove_limit_3_1
    cp "$dir/all/alcove_limit_3_1.says" "$dir/other.says"
    echo 1 >"$dir/other.exits"
    verdict "$(test -n "$(judged "$dir/other")" || echo 'not found')" \
        '...and another status'
    echo 0 >"$dir/other.exits"
    echo more >>"$dir/other.says"
    verdict "$(test -n "$(judged "$dir/other")" || echo 'not found')" \
        '...and other output'
fi
