# SPDX-License-Identifier: MIT
# For scripts that are tests, and have printed their plan.

# verdict PROBLEMS DESCRIPTION: no problems, no failure.
number=0
verdict() {
    number=$((number + 1))
    if test -z "$1"; then echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        printf '%s\n' "$1" | sed 's/^/# /'
    fi
}

# skip REASON: one check cannot be made.
skip() {
    number=$((number + 1))
    echo "ok $number # SKIP $1"
}
