#!/bin/sh
# SPDX-License-Identifier: MIT
# All that packages alcove says the same as alcove: the version, the names of
# the libraries, the exported symbols; and pkg-config names all there is to link.
echo 1..6
LC_ALL=C
export LC_ALL
config() { sed -n "s/^#define $1 \"\(.*\)\"/\1/p" "$builddir/config.h"; }
version=$(config PACKAGE_VERSION)
address=$(config PACKAGE_BUGREPORT)

# In libtool's words current:revision:age, and the soname is the first less the
# last.
soname=$(sed -n '/ALCOVE_LT_VERSION/s/.*\[\(.*\):.*:\(.*\)\])$/\1 - \2/p' \
    "$srcdir/configure.ac")
soname=$(($soname))

. "$srcdir/t/verdict.sh"
# says FILE PATTERN WHAT: prints what is wrong if no line is so.
says() { grep -q -e "$2" "$1" || echo "$1 does not have $3"; }

builddir=$(cd "$builddir" && pwd)
cd "$srcdir" || exit 1
verdict "$(says NEWS "^alcove $version (" "$version"
    says packaging/alcove.spec "^Version: *$version\$" "$version"
    says packaging/alcove.spec "^\* .*<$address> - $version-" "$version"
    says packaging/APKBUILD "^pkgver=$version\$" "$version")" \
    "NEWS and packaging/ are of version $version"
verdict "$(says packaging/alcove.spec "<$address>" "$address"
    says packaging/APKBUILD "^# Maintainer: .*<$address>" "$address")" \
    "...and say where to write to"
verdict "$(sh -n packaging/APKBUILD 2>&1)" "APKBUILD is a shell script"

# Not in a release: distributions have their own.
if test -d debian; then
    verdict "$(says debian/changelog "^alcove ($version-" "$version"
        for file in changelog control copyright; do
            says debian/$file "<$address>" "$address"
        done)" "debian/ is of version $version, too"
    verdict "$(for name in alcove alcove-check; do
        echo "lib$name.so.$soname libalcove$soname #MINVER#"
        echo "* Build-Depends-Package: libalcove-dev"
        sed 's/.*/ &@Base/' "lib/$name.sym"
    done | awk 'NR == FNR { wanted[$0] = 1; next }
        { line = $0; if (line ~ /@/) sub(/ [^ ]*$/, "", line) }
        { seen[line] = 1 }
        !(line in wanted) { print "too much: " $0 }
        END { for (line in wanted) if (!(line in seen)) print "missing: " line }
    ' - debian/libalcove$soname.symbols 2>&1)" \
        "...and its symbols, without versions, are those of lib/*.sym"
else
    skip "there is no debian/ here"
    skip "there is no debian/ here"
fi

if (pkg-config --version) >/dev/null 2>&1; then
    PKG_CONFIG_PATH=$builddir
    export PKG_CONFIG_PATH
    verdict "$(test "$(pkg-config --modversion alcove)" = "$version" ||
        echo "not version $version"
        libs=$(pkg-config --static --libs alcove-check)
        case $libs in
        *-lalcove-check\ *-lalcove\ * | *-lalcove-check\ *-lalcove) ;;
        *) echo "pkg-config --static --libs alcove-check: $libs" ;;
        esac)" "pkg-config knows the version, and links the kit before alcove"
else
    skip "there is no pkg-config"
fi
