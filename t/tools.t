#!/bin/sh
# SPDX-License-Identifier: MIT
# AddressSanitizer, LeakSanitizer and Valgrind find misuse of arenas and pools,
# and have nothing to say about good use. ALCOVE_TEST_TOOLS=no leaves it out,
# where many builds are tested that differ in nothing that tools see.
if test "$ALCOVE_TEST_TOOLS" = no; then
    echo '1..0 # SKIP ALCOVE_TEST_TOOLS=no'
    exit 0
fi
echo 1..85
LC_ALL=C
export LC_ALL

dir=$(mktemp -d 2>/dev/null || (d=${TMPDIR:-.}/tools.$$ && mkdir "$d" && echo "$d"))
test -d "$dir" || { echo 'Bail out! no place for temporary files'; exit 1; }
trap 'rm -rf "$dir"' EXIT

# TOOL | ALCOVE_PASSTHROUGH | what the tool says | scenario and memory | what is
# wrong. A tool that says nothing must find nothing wrong.
cat >"$dir/table" <<'END'
asan|0|use-after-poison|after-release malloc|the last block, released
asan|0|use-after-poison|after-inner-release malloc|another block, released
asan|0|use-after-poison|after-rewind malloc|a block before a rewind
asan|0|use-after-poison|after-rewind buffer|... in a buffer
asan|0|use-after-poison|after-reset malloc|a block before a reset
asan|0|heap-use-after-free|after-done malloc|a block of an arena that is done
asan|0|use-after-poison|after-shrink malloc|the end of a block that was cut off
asan|0|use-after-poison|after-move malloc|a block that moved
asan|0|use-after-poison|overflow-24 malloc|a byte past a block of 24
asan|0|use-after-poison|overflow-24 buffer|... in a buffer
asan|0|use-after-poison|overflow-24 page|... in pages
asan|0|use-after-poison|overflow-24 nested|... in an arena over an arena
asan|0|use-after-poison|overflow-16 malloc|a byte past a block of 16
asan|0|use-after-poison|overflow-aligned malloc|a byte past an over-aligned block
asan|0|use-after-poison|underflow malloc|a byte before a block
asan|0|use-after-poison|never-allocated malloc|memory that is no block yet
asan|0|use-after-poison|never-allocated buffer|... in a buffer
asan|1|heap-use-after-free|after-release malloc|passed through: the last block, released
asan|1|heap-use-after-free|after-inner-release malloc|passed through: another block, released
asan|1|heap-use-after-free|after-rewind malloc|passed through: a block before a rewind
asan|1|heap-use-after-free|after-reset malloc|passed through: a block before a reset
asan|1|heap-use-after-free|after-done malloc|passed through: a block of an arena that is done
asan|1|heap-use-after-free|after-move malloc|passed through: a block that moved
asan|1|heap-buffer-overflow|overflow-24 malloc|passed through: a byte past a block of 24
asan|1|heap-buffer-overflow|overflow-16 malloc|passed through: a byte past a block of 16
asan|0||good malloc|good use
asan|0||good buffer|... of a buffer
asan|0||good page|... of pages
asan|0||good nested|... of an arena over an arena
asan|0||good-spill malloc|a buffer that spills to a hundred chunks
asan|1||good malloc|good use, passed through
asan|1||good-spill malloc|... with a buffer
asan|0|use-after-poison|pool-after-release malloc|a pool's block, released
asan|0|use-after-poison|pool-after-release buffer|... in a buffer
asan|0|heap-use-after-free|pool-after-done malloc|a block of a pool that is done
asan|0|use-after-poison|pool-overflow-24 malloc|a byte past a pool's block of 24
asan|0|use-after-poison|pool-overflow-16 buffer|a byte past a pool's block of 16
asan|0|use-after-poison|pool-never-allocated buffer|memory that is no block of the pool yet
asan|1|heap-use-after-free|pool-after-release malloc|passed through: a pool's block, released
asan|1|heap-buffer-overflow|pool-overflow-24 malloc|passed through: a byte past a pool's block
asan|0||pool-good malloc|good use of a pool
asan|0||pool-good buffer|... in a buffer
asan|0||pool-good nested|... over an arena
asan|1||pool-good malloc|... passed through
lsan|0||leak-kept malloc|what an arena points to is kept
lsan|0||leak-kept page|... in pages
lsan|0||leak-kept buffer|... in a buffer
lsan|1||leak-kept malloc|... passed through
lsan|0|detected memory leaks|leak-overwritten malloc|pointers in an arena, overwritten
lsan|0|detected memory leaks|leak-overwritten page|... in pages
lsan|0|detected memory leaks|leak-reset page|pointers in blocks before a reset
lsan|0|detected memory leaks|leak-done malloc|pointers in an arena that is done
lsan|0|detected memory leaks|leak-done page|... in pages
lsan|0||good-left malloc|an arena that is never done can be reached
lsan|0||good-left nested|... with its parent
lsan|0||pool-good-left malloc|... and a pool
valgrind|0|Invalid read|after-release malloc|the last block, released
valgrind|0|Invalid write|after-inner-release malloc|another block, released
valgrind|0|Invalid read|after-rewind buffer|a block before a rewind
valgrind|0|Invalid write|after-reset page|a block before a reset
valgrind|0|free'd|after-done malloc|a block of an arena that is done
valgrind|0|depends on uninit|after-done buffer|... in a buffer
valgrind|0|Invalid read|after-shrink malloc|the end of a block that was cut off
valgrind|0|Invalid write|overflow-24 malloc|a byte past a block of 24
valgrind|0|Invalid write|overflow-16 buffer|a byte past a block of 16
valgrind|0|Invalid read|never-allocated buffer|memory that is no block yet
valgrind|0|depends on uninit|uninitialised malloc|a block that was not written to since a reset
valgrind|0|depends on uninit|uninitialised-growth buffer|the new end of a block, not written to
valgrind|1|free'd|after-rewind malloc|passed through: a block before a rewind
valgrind|1|free'd|after-inner-release malloc|passed through: another block, released
valgrind|1|after a block of size 24 alloc'd|overflow-24 malloc|passed through: a byte past a block of 24
valgrind|0||good malloc|good use
valgrind|0||good buffer|... of a buffer
valgrind|0||good-spill nested|... of an arena over an arena
valgrind|1||good malloc|... passed through
valgrind|0||leak-kept page|what an arena points to is kept
valgrind|0|definitely lost|leak-done page|pointers in an arena that is done
valgrind|0|definitely lost|leak-reset malloc|pointers in blocks before a reset
valgrind|0||good-left malloc|an arena that is never done can be reached
valgrind|0||good-left nested|... with its parent
valgrind|0|Invalid read|pool-after-release malloc|a pool's block, released
valgrind|0|Invalid write|pool-overflow-24 buffer|a byte past a pool's block
valgrind|0|depends on uninit|pool-uninitialised malloc|a pool's block that was not written to
valgrind|0||pool-good malloc|good use of a pool
valgrind|0||pool-good-left nested|a pool that is never done can be reached
END

# ---- what is there ----

has() { # MACRO: is it 1 in this build?
    grep "^#define $1 1" "$builddir/config.h" "$builddir/include/alcove/config.h" \
        >/dev/null
}

no_asan= no_lsan= no_valgrind=
if test -n "$RUNNER"; then
    no_asan='a runner is in between' no_lsan=$no_asan no_valgrind=$no_asan
elif ! has ALCOVE_HAVE_MALLOC; then
    no_asan='there is no malloc' no_lsan=$no_asan no_valgrind=$no_asan
fi

why_not() { # TOOL MEMORY
    case $1 in
    asan) why=$no_asan ;;
    lsan) why=$no_lsan ;;
    valgrind) why=$no_valgrind ;;
    esac
    case $2 in
    *' page') test -n "$why" || has ALCOVE_HAVE_PAGE || why='there are no pages' ;;
    esac
}

under() { # TOOL ARGUMENTS
    tool=$1
    shift
    case $tool in
    asan) ASAN_OPTIONS=detect_leaks=0 "$dir/asan" "$@" ;;
    lsan) ASAN_OPTIONS=detect_leaks=1 "$dir/asan" "$@" ;;
    valgrind)
        "$builddir/libtool" --mode=execute valgrind -q --error-exitcode=99 \
            --leak-check=full "$builddir/t/tools" "$@"
        ;;
    esac
}

run_each() { # TOOL [REMAINDER]: its lines in the table; of even or odd number
    i=0
    while IFS='|' read -r tool passed words what text; do
        i=$((i + 1))
        test "$tool $((i % 2))" = "$1 ${2:-$((i % 2))}" || continue
        why_not "$tool" "$what"
        test -z "$why" || continue
        (
            ALCOVE_PASSTHROUGH=$passed
            export ALCOVE_PASSTHROUGH
            under "$tool" $what
        ) >"$dir/out$i" 2>&1 </dev/null
        echo $? >"$dir/status$i"
    done <"$dir/table"
}

# ---- Valgrind, meanwhile ----

if test -n "$no_valgrind"; then :
elif ! command -v valgrind >/dev/null 2>&1; then
    no_valgrind='valgrind is not installed'
elif ! has ALCOVE_VALGRIND; then
    no_valgrind="the library was built without Valgrind's header"
elif test "$("$builddir/t/tools" sanitized)" = yes; then
    no_valgrind='this is a build for a sanitizer'
elif test -n "$(under valgrind sanitized 2>&1 | grep -v '^no$')"; then
    no_valgrind='valgrind does not run a program of this compiler in silence'
fi
run_each valgrind 0 &
run_each valgrind 1 &

# ---- AddressSanitizer and LeakSanitizer ----

build() { # ARGUMENTS: a program with AddressSanitizer
    ${CC:-cc} -g -O1 -fsanitize=address $options "$@" -o "$dir/asan" \
        >"$dir/log" 2>&1
}

if test -z "$no_asan"; then
    echo 'int main(void) { return 0; }' >"$dir/none.c"
    for options in '-pthread -fexceptions' -pthread none; do
        test "$options" != none || options=
        ! build "$dir/none.c" || break
    done
    test -f "$dir/asan" || no_asan='the compiler has no AddressSanitizer'
    test -n "$no_asan" || "$dir/asan" >/dev/null 2>&1 ||
        no_asan='no program with AddressSanitizer runs'
    no_lsan=$no_asan
fi
if test -z "$no_asan"; then # the library is compiled anew, into the program
    rm "$dir/asan"
    build -DHAVE_CONFIG_H -I"$builddir" -I"$builddir/include" \
        -I"$srcdir/include" "$srcdir/t/tools.c" \
        $(find "$srcdir/lib" -name '*.c') || {
        sed 's/^/# /' "$dir/log"
        echo 'Bail out! the library does not compile with AddressSanitizer'
        wait
        exit 1
    }
    test "$("$dir/asan" sanitized)" = yes ||
        no_asan='the compiler takes -fsanitize=address, and does nothing'
    no_lsan=$no_asan
fi
if test -z "$no_asan"; then
    under lsan leak-plain 2>&1 | grep 'detected memory leaks' >/dev/null ||
        no_lsan='LeakSanitizer does not work here'
fi
run_each asan
run_each lsan
wait

# ---- the verdicts ----

n=0
while IFS='|' read -r tool passed words what text; do
    n=$((n + 1))
    why_not "$tool" "$what"
    case $tool in
    asan) name=AddressSanitizer ;;
    lsan) name=LeakSanitizer ;;
    *) name=Valgrind ;;
    esac
    if test -n "$why"; then
        echo "ok $n # SKIP $why"
        continue
    fi
    status=$(cat "$dir/status$n")
    first=$(sed 1q "$dir/out$n")
    said=
    test -z "$words" || said=$(grep "$words" "$dir/out$n" | sed 's/^==[^=]*== *//; 1q')
    if test -z "$words"; then
        test "$status" = 0 && ! test -s "$dir/out$n"
    else
        test "$status" != 0 && test "$first" = misuse && test -n "$said"
    fi
    case $?:$words in
    0:) echo "ok $n - $name is silent: $text" ;;
    0:*)
        echo "ok $n - $name reports: $text"
        echo "# $said"
        ;;
    *)
        echo "not ok $n - $name${words:+ reports '$words'}: $text"
        echo "# status $status, from: tools $what"
        sed -n 's/^/# /; 1,20p' "$dir/out$n"
        ;;
    esac
done <"$dir/table"
