#!/bin/sh
# SPDX-License-Identifier: MIT
# Those of the libraries in t/libraries that configure has not found.
set -u
count=0
for name in $LIBRARIES_ABSENT; do
    count=$((count + 1))
    echo "ok $count # SKIP $name: configure did not find it, or was not to look"
done
if test "$count" = 0; then
    echo "1..0 # SKIP nothing is absent"
else
    echo "1..$count"
fi
