#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header compiles alone, in each language it promises.
headers=$(cd "$srcdir/include" && ls alcove.h alcove/*.h; echo alcove/config.h)
headers=$(echo "$headers" | sort -u)
languages='c99 c11 c17 c2x c++11 c++17 c++20'
total=0
for header in $headers; do for language in $languages; do
    total=$((total + 1))
done; done
echo "1..$total"

dir=$(mktemp -d 2>/dev/null || (d=${TMPDIR:-.}/headers.$$ && mkdir "$d" && echo "$d"))
trap 'rm -rf "$dir"' EXIT
flags="-Wall -Wextra -Wpedantic -Wshadow -Werror -I$srcdir/include -I$builddir/include"

# Does this compiler speak the language at all, and know the flags?
speaks() {
    echo 'int main(void) { return 0; }' >"$dir/try.$2"
    $1 $flags -c -o "$dir/try.o" "$dir/try.$2" >/dev/null 2>&1
}

n=0
for language in $languages; do
    case $language in
    c++*) compiler="${CXX:-c++} -std=$language" suffix=cc ;;
    *) compiler="${CC:-cc} -std=$language" suffix=c ;;
    esac
    if speaks "$compiler" $suffix; then there=yes; else there=no; fi
    for header in $headers; do
        n=$((n + 1))
        if test $there = no; then
            echo "ok $n # SKIP no compiler for $language"
            continue
        fi
        # Every macro that makes an expression is used once, too.
        {
            echo "#include <$header>"
            echo 'extern int nothing;'
            case $header in *alcove.h)
                echo 'ALCOVE_VEC(ints, int);'
                echo 'struct flexible { int n; double d[1]; };'
                echo 'bool use(struct alcove_allocator *a, struct alcove_layout *l);'
                echo 'bool use(struct alcove_allocator *a, struct alcove_layout *l)'
                echo '{ int *p = ALCOVE_NEW(a, int, NULL);'
                echo '  int *q = ALCOVE_ZNEW_ARRAY(a, int, 3, NULL);'
                echo '  q = ALCOVE_REALLOC_ARRAY(a, q, int, 3, 4, NULL);'
                echo '  return ALCOVE_LAYOUT_FLEX(struct flexible, d, 3, l, NULL) &&'
                echo '    ALCOVE_DELETE_ARRAY(a, q, int, 4, NULL) && ALCOVE_DELETE(a, p, int, NULL); }'
            esac
        } >"$dir/one.$suffix"
        if $compiler $flags -c -o "$dir/one.o" "$dir/one.$suffix" >"$dir/log" 2>&1
        then
            echo "ok $n - $header compiles alone as $language"
        else
            echo "not ok $n - $header compiles alone as $language"
            sed 's/^/# /' "$dir/log"
        fi
    done
done
