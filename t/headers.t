#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header compiles alone, in each language it promises.
headers=$(cd "$srcdir/include" && ls alcove.h alcove/*.h; echo alcove/config.h)
headers=$(echo "$headers" | sort -u)
languages=${ALCOVE_TEST_LANGUAGES:-c99 c11 c17 c2x c++11 c++17 c++20}
# <alcove.hpp>, in the languages and ways that it promises.
ways='c++17 c++20 c++17,-fno-exceptions c++17,-fno-rtti
c++17,-fno-exceptions,-fno-rtti'
# Those of bridges come after the headers of their libraries, if these are there.
bridges='cjson:cjson/cJSON.h libgit2:git2.h,git2/sys/alloc.h
    nghttp2:nghttp2/nghttp2.h python:Python.h sqlite:sqlite3.h
    vulkan:vulkan/vulkan.h'
total=0
for bridge in $bridges; do for language in c99 c++11; do
    total=$((total + 1))
done; done
for header in $headers; do for language in $languages; do
    total=$((total + 1))
done; done
for way in $ways; do total=$((total + 1)); done
total=$((total + 1))
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

# Its templates are used once, too.
cat >"$dir/hpp.cc" <<'END'
#include <alcove.hpp>
#include <vector>
bool use(alcove_allocator *a);
bool use(alcove_allocator *a)
{
    std::vector<int, alcove::allocator<int>> v(3, 4, a);
    auto p = alcove::try_make_unique<int>(a, nullptr, 5);
    auto q = alcove::try_make_unique<int[]>(a, nullptr, 6);
    auto r = alcove::try_temp(a, alcove::count<int>(7), [](int *i) { return *i; });
    void *s = alcove_alloc(alcove::operator_new_nothrow(), {8, 8}, nullptr);
#ifdef __cpp_exceptions
    int t = alcove::temp(a, {9, 8}, [](void *) { return 9; });
    alcove::from_resource u(std::pmr::new_delete_resource());
    alcove::resource w(u.get());
    if (t == 1 || std::pmr::vector<int>(10, &w)[0] == 1) return true;
#endif
    return v[0] == *p && q[0] == *r && s;
}
END
for way in $ways; do
    n=$((n + 1))
    options=$(echo "-std=$way" | tr , ' ')
    # Not every C++17 has memory resources.
    if ! { echo '#include <memory_resource>' >"$dir/try.cc" &&
        ${CXX:-c++} $options $flags -c -o "$dir/try.o" "$dir/try.cc"; } \
        >/dev/null 2>&1
    then
        echo "ok $n # SKIP no compiler for $options with <memory_resource>"
    elif ${CXX:-c++} $options $flags -c -o "$dir/hpp.o" "$dir/hpp.cc" \
        >"$dir/log" 2>&1
    then
        echo "ok $n - alcove.hpp compiles alone with $options"
    else
        echo "not ok $n - alcove.hpp compiles alone with $options"
        sed 's/^/# /' "$dir/log"
    fi
done

python=$(pkg-config --cflags python3 2>/dev/null)
for language in c99 c++11; do
    case $language in
    c++*) compiler="${CXX:-c++} -std=$language" suffix=cc ;;
    *) compiler="${CC:-cc} -std=$language" suffix=c ;;
    esac
    for bridge in $bridges; do
        n=$((n + 1))
        name=${bridge%%:*}
        case $name in
        python) includes=$(echo "$python" | sed 's/-I/-isystem /g') ;;
        *) includes= ;;
        esac
        echo "${bridge#*:}" | tr ',' '\n' | sed 's/.*/#include <&>/' \
            >"$dir/one.$suffix"
        echo 'extern int nothing;' >>"$dir/one.$suffix"
        if $compiler $includes -c -o "$dir/one.o" "$dir/one.$suffix" >/dev/null 2>&1
        then :; else
            echo "ok $n # SKIP $name is not there for $language"
            continue
        fi
        echo "#include <alcove/bridge/$name.h>" >>"$dir/one.$suffix"
        case $name in
        cjson) echo 'ALCOVE_BRIDGE_CJSON(one);' ;;
        libgit2) echo 'ALCOVE_BRIDGE_LIBGIT2(one);' ;;
        sqlite) echo 'ALCOVE_BRIDGE_SQLITE(one);' ;;
        *) echo 'ALCOVE_BRIDGE_GLOBAL(one);' ;;
        esac >>"$dir/one.$suffix"
        if $compiler $includes $flags -c -o "$dir/one.o" "$dir/one.$suffix" \
            >"$dir/log" 2>&1
        then
            echo "ok $n - alcove/bridge/$name.h compiles after its library's as $language"
        else
            echo "not ok $n - alcove/bridge/$name.h compiles after its library's as $language"
            sed 's/^/# /' "$dir/log"
        fi
    done
done

# Built in the source directory, <string.h> and <malloc.h> are not ours: our
# folder of headers is not where the compiler looks for them. Automake adds the
# folder of each header that configure makes.
n=$((n + 1))
if grep '^DEFAULT_INCLUDES = .*include/alcove' "$builddir/Makefile" >"$dir/log"
then
    echo "not ok $n - the system's headers are not looked for among ours"
    sed 's/^/# /' "$dir/log"
else
    echo "ok $n - the system's headers are not looked for among ours"
fi
