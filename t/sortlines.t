#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/sortlines sorts as LC_ALL=C sort does, whatever the lines are and
# however little memory there is, or says why it cannot.
: "${srcdir:=.}" "${builddir:=.}"
program=$builddir/examples/sortlines
# With a shared library that is a script around the program. Where memory is
# short the script would fail first: let libtool say where the program is.
if test $# = 0 && test -f "$builddir/libtool"; then
    exec "$builddir/libtool" --mode=execute sh "$0" "$program"
fi
program=${1:-$program}
config=$builddir/include/alcove/config.h
if grep '^#define ALCOVE_HAVE_MALLOC 0' "$config" >/dev/null; then
    echo "1..0 # SKIP sortlines keeps its text in the malloc backend"
    exit 0
fi
echo 1..31
unset ALCOVE_SCRATCH
case $RUNNER in
*/t/wine*) wine=yes ;; # it opens what is closed, and ends lines in its own way
*) wine=no ;;
esac

dir=$(mktemp -d "${TMPDIR:-.}/sortlines.XXXXXX" 2>/dev/null) || {
    dir=${TMPDIR:-.}/sortlines.$$
    mkdir "$dir" || exit 1
}
trap 'rm -rf "$dir"' 0
trap 'exit 1' 1 2 15

n=0
check() { # STATUS DESCRIPTION
    n=$((n + 1))
    if test "$1" = 0; then echo "ok $n - $2"; return; fi
    echo "not ok $n - $2"
    sed 's/^/# /;9q' "$dir/err"
}
skip() { # DESCRIPTION REASON
    n=$((n + 1))
    echo "ok $n - $1 # SKIP $2"
}
sortlines() { $RUNNER "$program" "$@" 2>"$dir/err"; }
same() { # DESCRIPTION FILE...
    what=$1
    shift
    LC_ALL=C sort "$@" >"$dir/want" && sortlines "$@" >"$dir/got" &&
        cmp "$dir/want" "$dir/got" >>"$dir/err" 2>&1
    check $? "$what"
}
said() { grep -e "$1" "$dir/$2" >"$dir/message"; } # PATTERN FILE
number() { # TEXT: the number behind it in the report, -1 if there is none
    sed -n "s/^sortlines: .*$1: \([0-9][0-9]*\).*/\1/p" "$dir/err" |
        grep . || echo -1
}

# ---- the same as sort ----

: >"$dir/empty"
printf 'one' >"$dir/one"
printf 'b\na' >"$dir/lacking"
printf 'bb\n\nc\n' >"$dir/more"
printf '\n\n\n' >"$dir/blank"
printf 'a\nab\na b\na\tb\nA\n~\n\n ab\nab ' >"$dir/prefixes"
awk 'BEGIN {
    srand(1)
    for (i = 0; i < 20000; i++) {
        line = ""
        for (k = int(rand() * 30); k > 0; k--)
            line = line substr("ABCDEFGHIJKLMNOP", int(rand() * 16) + 1, 1)
        print line
    }
}' >"$dir/random"
awk 'BEGIN { for (i = 0; i < 30000; i++) print i % 7 }' >"$dir/duplicates"
LC_ALL=C sort "$dir/random" >"$dir/sorted"
LC_ALL=C sort -r "$dir/random" >"$dir/reversed"
awk 'BEGIN {
    line = "0123456789abcdef"
    while (length(line) < 1048576) line = line line
    print line "b"; print line "a"; print line
}' >"$dir/long"
# Bytes that are not text, and a program for the rest of them.
{
    LC_ALL=C tr 'ABCDEFG' '\000\001\011\015\177\200\377' <"$dir/random"
    cat /bin/sh
} >"$dir/binary"

same "nothing is sorted as sort does it" "$dir/empty"
same "... and one line without a newline" "$dir/one"
same "... and empty lines" "$dir/blank"
same "... and lines that begin like others" "$dir/prefixes"
same "... and lines of one MiB" "$dir/long"
same "... and 20000 random lines" "$dir/random"
same "... and the same, sorted already" "$dir/sorted"
same "... and the same in reverse" "$dir/reversed"
same "... and many equal lines" "$dir/duplicates"
same "... and real source text" "$srcdir"/lib/*/*.c "$srcdir"/include/alcove/*.h
same "... and several files, the first one without a final newline" \
    "$dir/lacking" "$dir/more" "$dir/empty" "$dir/one" "$dir/lacking"
printf 'b\0\na\0c\na\0b\na\n\377\n' >"$dir/err"
if test $wine = yes; then
    skip "... and all bytes, zeros too" "wine is in between"
elif test "$(LC_ALL=C sort "$dir/err" | od -c)" = "$(
    printf 'a\na\0b\na\0c\nb\0\n\377\n' | od -c)"; then
    same "... and all bytes, zeros too" "$dir/binary"
else
    skip "... and all bytes, zeros too" "this sort cannot"
fi
sortlines <"$dir/random" >"$dir/got" && cmp "$dir/sorted" "$dir/got"
check $? "standard input is read where there is no operand"
LC_ALL=C sort "$dir/lacking" "$dir/more" >"$dir/want"
sortlines "$dir/more" - <"$dir/lacking" >"$dir/got" &&
    cmp "$dir/want" "$dir/got"
check $? "... and where an operand is -"

# ---- the command line ----

version=$(sed -n 's/^#define ALCOVE_VERSION "\(.*\)"/\1/p' "$config")
sortlines --help >"$dir/got" && said '^Usage: sortlines' got
check $? "--help prints the usage"
test "$(sortlines --version)" = "sortlines (alcove) $version"
check $? "--version prints $version"
sortlines --bogus "$dir/one" >"$dir/got"
test $? = 2 && test ! -s "$dir/got" && said '--bogus.*--help' err
check $? "an unknown option has status 2 and a message that helps"
sortlines "$dir/one" "$dir/none" >"$dir/got"
test $? = 1 && test ! -s "$dir/got" && said "^sortlines: $dir/none: ." err
check $? "a missing file has status 1 and a message with its name"
if test $wine = yes; then
    skip "input that cannot be read" "wine is in between"
    skip "output that is closed" "wine is in between"
else
    sortlines <&- >"$dir/got"
    test $? = 1 && test ! -s "$dir/got" && said '^sortlines: -: .' err
    check $? "input that cannot be read has status 1 and a message"
    sortlines "$dir/one" >&-
    test $? = 1 && said '^sortlines: standard output: .' err
    check $? "output that is closed has status 1 and a message"
fi
if test -w /dev/full && test -z "$RUNNER"; then
    sortlines "$dir/random" >/dev/full
    test $? = 1 && said '^sortlines: standard output: .' err
    check $? "... and so has a disk that is full"
else
    skip "... and so has a disk that is full" "no /dev/full, or a runner"
fi

# ---- the report ----

sortlines --report "$dir/random" >"$dir/got" && cmp "$dir/sorted" "$dir/got"
check $? "--report leaves the output as it is"
stack=$(number 'on the stack') heap=$(number 'on the heap')
test "$((stack + heap))" = 19999
check $? "... and counts each merge: $stack on the stack, $heap on the heap"
test "$(number nesting)" = 15 &&
    test "$(($(number 'largest block') % 10000))" = 0
check $? "... with the deepest nesting and the largest block"
explained() { # is there a refusal for each block on the heap?
    test "$(number 'refused by the stack')" = "$(number 'on the heap')" && {
        test "$(number 'on the heap')" = 0 || said '^sortlines: stack: .' err
    }
}
explained
check $? "... and as many refusals as blocks on the heap, with a reason"

ALCOVE_SCRATCH=heap
export ALCOVE_SCRATCH
sortlines --report "$dir/random" >"$dir/got" && cmp "$dir/sorted" "$dir/got" &&
    test "$(number 'on the stack'):$(number 'on the heap')" = 0:19999
check $? "all is the same with ALCOVE_SCRATCH=heap, but the place of the blocks"
unset ALCOVE_SCRATCH

# ---- little memory ----

# Run with a limit of KIB kibibytes on -v (the address space) or -s (the stack).
limited() { # OPTION KIB ARGUMENT...
    (ulimit "$1" "$2" 2>/dev/null || exit 99; shift 2; exec "$program" "$@") \
        2>"$dir/err"
}
starts() { # the same; what the shell says of a crash is of no interest
    (limited "$@" --version; exit $?) >"$dir/got" 2>"$dir/message" &&
        test -s "$dir/got"
}

what="a stack of 256 KiB is enough"
also="... and each block that is not there is accounted for"
why=
if test -n "$RUNNER"; then why="the stack would be the runner's"
elif ! starts -s 256; then why="programs do not start with that"
fi
if test -n "$why"; then
    skip "$what" "$why"
    skip "$also" "$why"
else
    limited -s 256 --report "$dir/random" >"$dir/got" &&
        cmp "$dir/sorted" "$dir/got"
    check $? "$what: $(number 'on the stack') of 19999 blocks fit there"
    explained
    check $? "$also"
fi

why=
if test -n "$RUNNER"; then why="the memory would be the runner's"
elif ! (ulimit -v 65536) 2>/dev/null; then why="ulimit has no -v"
elif starts -v 64; then why="ulimit -v limits nothing"
elif ! starts -v 65536; then why="programs do not start in 64 MiB: a sanitizer?"
fi
if test -n "$why"; then
    skip "too little memory has status 1" "$why"
    skip "... and a message that says what was refused" "$why"
    skip "... wherever the memory ends" "$why"
else
    dd if=/dev/zero bs=1048576 count=80 2>/dev/null |
        limited -v 65536 >"$dir/got"
    test $? = 1 && test ! -s "$dir/got"
    check $? "too little memory has status 1"
    said '^sortlines: malloc: cannot allocate [0-9]* bytes' err
    check $? "... and a message that says what was refused"

    # From where the program just starts up to where it has enough.
    LC_ALL=C sort "$dir/duplicates" >"$dir/want"
    limit=512
    until starts -v $limit; do limit=$((limit + 64)); done
    refused=0
    while limited -v $limit <"$dir/duplicates" >"$dir/got"; status=$?
        test $status = 1 && said 'annot allocate' err; do
        refused=$((refused + 1))
        limit=$((limit + 64))
    done
    test $status = 0 && cmp "$dir/want" "$dir/got" && test $refused -gt 0
    check $? "... wherever the memory ends: $refused refusals up to $limit KiB"
fi
