#!/bin/sh
# SPDX-License-Identifier: MIT
# Whatever the limits of the process, the stack is never overrun: blocks are
# refused first.
echo 1..14
depth=$builddir/t/depth
n=0

if grep '^#define ALCOVE_HAVE_STACK 0' "$builddir/include/alcove/config.h" >/dev/null
then why='there is no stack allocator'
elif test -n "$RUNNER"; then why='limits would be those of the runner'
elif ! (ulimit -s 1024 && ulimit -v 4000000) 2>/dev/null; then
    why='the shell cannot set limits'
else why=
fi

# try DESCRIPTION LIMITS ARGUMENTS: ends well, with a refusal for want of stack
try() {
    n=$((n + 1))
    if test -n "$why"; then
        echo "ok $n # SKIP $why"
        return
    fi
    if ! (eval "$2" && "$depth" 600000) >/dev/null 2>&1; then
        echo "ok $n # SKIP no program can start under: $2"
        return
    fi
    out=$(eval "$2" && "$depth" $3 2>&1); status=$?
    case $status:$out in
    0:*'then stack: cannot allocate '*) echo "ok $n - $1: $out" ;;
    *) echo "not ok $n - $1"; echo "# status $status: $out" ;;
    esac
}

try "8 MiB, small blocks" 'ulimit -s 8192' 1000
try "8 MiB, large blocks" 'ulimit -s 8192' 500000
try "unlimited, small blocks" 'ulimit -s unlimited' 4000
try "unlimited, large blocks" 'ulimit -s unlimited' 500000
try "64 KiB, small blocks" 'ulimit -s 64' 100
try "64 KiB, blocks that never fit" 'ulimit -s 64' 100000
try "256 KiB" 'ulimit -s 256' 1000
try "no address space for the stack to grow into" \
    'ulimit -s 8192; ulimit -v 6000' 10000
try "the same, and an unlimited stack" 'ulimit -s unlimited; ulimit -v 12000' 100000
try "the same, first asked about on a coroutine's stack" \
    'ulimit -s 8192; ulimit -v 6000' '10000 coroutine'
try "the same with all the address space" 'ulimit -s 8192' '10000 coroutine'
try "RLIMIT_STACK lowered while it runs" 'ulimit -s 8192' '10000 1048576'
try "... below what is in use" 'ulimit -s 8192' '10000 65536'
try "RLIMIT_STACK raised while it runs" 'ulimit -S -s 2048' '10000 8388608'
