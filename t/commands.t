#!/bin/sh
# SPDX-License-Identifier: MIT
# The commands that the README and the manual name exist, and behave.
echo 1..21
alcove="$RUNNER $builddir/alcove"
n=0
check() { # STATUS DESCRIPTION: the last command's status is the first argument
    n=$((n + 1))
    if test "$1" = 0; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

out=$($alcove --help); status=$?
case $status:$out in 0:*info*conform*) check 0 "alcove --help names the commands" ;;
*) check 1 "alcove --help names the commands" ;; esac

version=$(sed -n 's/^#define PACKAGE_VERSION "\(.*\)"/\1/p' "$builddir/config.h")
test "$($alcove --version)" = "alcove $version"
check $? "alcove --version says $version"

out=$($alcove info); status=$?
test $status = 0
check $? "alcove info succeeds"
missing=
for word in backends malloc posix_memalign aligned_alloc aligned_malloc heapalloc page stack scratch null \
    'malloc aligns' 'tools' ALCOVE_SCRATCH ALCOVE_FAIL "$version"; do
    case $out in *"$word"*) ;; *) missing="$missing '$word'" ;; esac
done
test -z "$missing"
check $? "... and its report has all parts${missing:+, but not$missing}"
echo "$out" | sed 's/^/# /'

# says VALUE TEXT: what alcove info makes of this value of ALCOVE_FAIL.
says() {
    out=$(ALCOVE_FAIL=$1 $alcove info); status=$?
    case $status:$out in 0:*"ALCOVE_FAIL       $2"*) return 0 ;; esac
    echo "$out" | sed 's/^/# /'
    return 1
}
says op=grow,nth=17,share=5% nth=17,share=0.05,op=grow
check $? "alcove info tells the rule in ALCOVE_FAIL as it is understood"
says nth=0,op=grow 'nth=0,op=grow (malformed: nth is 0)'
check $? "... and of one that is none, what is wrong with it"
(unset ALCOVE_FAIL; $alcove info | grep '^ALCOVE_FAIL *not set$' >/dev/null)
check $? "... or that there is none"

list=$($alcove conform --list); status=$?
test $status = 0 && echo "$list" | grep '^malloc$' >/dev/null &&
    echo "$list" | grep '^arena/malloc$' >/dev/null ||
    ! $alcove info | grep '^  malloc  *yes' >/dev/null
check $? "alcove conform --list names a backend and what is made over it"

out=$($alcove conform fixed null); status=$?
checks=$(grep -c '^ *X("' "$srcdir/lib/check/checks.h")
plan=$(echo "$out" | sed -n 's/^1\.\.//p')
lines=$(echo "$out" | grep -c '^ok ')
test "$status:$plan:$lines" = "0:$((2 * checks)):$((2 * checks))"
check $? "alcove conform fixed null: a line for each of 2 * $checks checks, and the plan"
case $out in *'seed 1'*' - null: table-sound: '*' - fixed: table-sound: '*)
    check 0 "...in the order of the list, with names and numbers" ;;
*) check 1 "...in the order of the list, with names and numbers" ;; esac
first=$($alcove conform --seed 5 pool)
test "$first" = "$($alcove conform pool --seed 5)"
check $? "...the same for the same seed"

for arguments in '' bogus 'info more' --bogus 'conform bogus' 'conform --seed x' \
    'conform --list null'; do
    message=$($alcove $arguments 2>&1 >/dev/null); status=$?
    case $status:$message in
    2:alcove:*--help*) check 0 "alcove $arguments: status 2, and a message that helps" ;;
    *) check 1 "alcove $arguments: status 2, and a message that helps" ;;
    esac
done

if test -w /dev/full && test -z "$RUNNER"; then
    $alcove info >/dev/full 2>/dev/null
    test $? = 1
    check $? "a full disk is an error: status 1"
else
    n=$((n + 1)); echo "ok $n # SKIP there is no /dev/full, or a runner is in between"
fi

missing=
for word in $(sed -n 's/^ *\.\/bootstrap \([a-z]*\).*/\1/p' "$srcdir/README"); do
    "$srcdir/bootstrap" --help 2>/dev/null | grep "$word" >/dev/null ||
        missing="$missing $word"
done
test -z "$missing"
check $? "the README's commands are in ./bootstrap --help${missing:+, but not$missing}"

missing=
for target in $(sed -n 's/.*`make \([a-z][a-z-]*\)`.*/\1/p' "$srcdir/README" "$srcdir/HACKING"); do
    grep "^$target *:" "$builddir/Makefile" >/dev/null || missing="$missing $target"
done
test -z "$missing"
check $? "the make targets that README and HACKING name exist${missing:+, but not$missing}"
