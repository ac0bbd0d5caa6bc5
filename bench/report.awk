# SPDX-License-Identifier: MIT
# From what bench has measured, the table and the CSV; exit status 1 if a goal
# of instructions or misses is not reached.
#
#     awk -v goals=yes|no -v csv=FILE -f report.awk GOALS LABELS COUNTED TIMED
#
# LABELS    L|GROUP|PROGRAM|SIZE|CONTENDER          in the order of the table
# COUNTED   GROUP|CONTENDER|SIZE|INSTRUCTIONS MISSES
# TIMED     ROUND|GROUP|CONTENDER|SIZE|NS COLD-NS

function sort(values, n,    i, k, v) {
    for (i = 2; i <= n; i++) {
        v = values[i]
        for (k = i - 1; k >= 1 && values[k] > v; k--)
            values[k + 1] = values[k]
        values[k + 1] = v
    }
}

# The quantile `q` of `what`, which has a value each round; of its ratio to that
# of `other` in the same round, if there is an other. "" if there is none.
function quantile(what, other, q,    values, n, r, at, low) {
    n = 0
    for (r = 1; r <= rounds; r++) {
        if (!((what, r) in ns) || (other != "" && !((other, r) in ns)))
            continue
        values[++n] = ns[what, r] / (other == "" ? 1 : ns[other, r])
    }
    if (n == 0)
        return ""
    sort(values, n)
    at = 1 + q * (n - 1)
    low = int(at)
    if (low == n)
        return values[n]
    return values[low] + (at - low) * (values[low + 1] - values[low])
}

function key(group, name, size) {
    return group "|" name "|" size
}

# What is subtracted from the instructions of a contender.
function base(group, name, size,    k) {
    k = key(group, "base, constant", size)
    if (name ~ /, constant$/ && k in instructions)
        return k
    return key(group, "base", size)
}

function is_base(name) {
    return name ~ /^base/
}

function net(group, name, size,    k, b) {
    k = key(group, name, size)
    b = base(group, name, size)
    if (!(k in instructions) || !(b in instructions))
        return ""
    return instructions[k] - (is_base(name) ? 0 : instructions[b])
}

# What the times of a group are compared with.
function reference(group) {
    if (group == "scope" || group == "mixed")
        return "alloca"
    if (group == "pool")
        return "ideal"
    return group == "dispatch" ? "direct" : "base"
}

function value(what, group, name, size,    k, other) {
    k = key(group, name, size)
    other = key(group, reference(group), size)
    if (what == "instructions")
        return net(group, name, size)
    if (what == "misses")
        return k in misses ? misses[k] : ""
    if (what == "ratio")
        return quantile(k, other, 0.5)
    if (what == "cold")
        return quantile(k "|cold", other "|cold", 0.5)
    return ""
}

function figure(width, digits, number) {
    if (number == "")
        return sprintf(" %" width "s", "-")
    return sprintf(" %" width "." digits "f", number)
}

function limit_of(goal, what, group, name, size,    part) {
    if (split(goal, part, / [+] /) < 2)
        return goal
    if (part[1] == "constant")
        part[1] = name ", constant"
    goal = value(what, group, part[1], size)
    return goal == "" ? "" : goal + part[2]
}

# What the goals say of a contender.
function judge(group, name, size,    i, v, limit, gated, text) {
    if (key(group, name, size) in broken) {
        failed++
        return "FAILED"
    }
    for (i = 1; i <= n_goals; i++) {
        if (goal_group[i] != group || goal_name[i] != name ||
            (goal_size[i] != "*" && goal_size[i] != size))
            continue
        v = value(goal_what[i], group, name, size)
        limit = limit_of(goal_limit[i], goal_what[i], group, name, size)
        gated = goal_what[i] == "instructions" || goal_what[i] == "misses"
        if (v == "" || limit == "" || (gated && goals != "yes"))
            continue
        if (text != "")
            text = text "; "
        text = text sprintf("%s <= %.4g ", short[goal_what[i]], limit)
        if (!gated) {
            text = text (v <= limit + 0.005 ? "reached" : "not reached")
        } else if (v <= limit + 0.055) {
            text = text "ok"
            passed++
        } else {
            text = text "OVER"
            failed++
        }
    }
    return text
}

function sizes_of(group, size) {
    if (group == "growth")
        return size == 0 ? "doubling" : "steps of " size " bytes"
    return size == 0 ? "mixed sizes" : size " bytes"
}

function heading(group, size) {
    if (headings++)
        print ""
    print group ", " sizes_of(group, size) ": " unit[group]
    printf "  %-36s %8s", "", "instr"
    if (group == "mixed")
        printf " %7s", "misses"
    printf " %9s %19s %6s", "ns", "quartiles", "ratio"
    if (group == "arena")
        printf " %8s %6s", "cold ns", "ratio"
    print ""
}

function line(group, name, size,    k, other) {
    k = key(group, name, size)
    other = key(group, reference(group), size)
    printf "  %-36s%s", name, figure(8, 1, net(group, name, size))
    if (group == "mixed")
        printf "%s", figure(7, 1, value("misses", group, name, size))
    printf "%s%s%s%s", figure(9, 2, quantile(k, "", 0.5)),
        figure(9, 2, quantile(k, "", 0.25)),
        figure(9, 2, quantile(k, "", 0.75)),
        figure(6, 2, quantile(k, other, 0.5))
    if (group == "arena")
        printf "%s%s", figure(8, 2, quantile(k "|cold", "", 0.5)),
            figure(6, 2, quantile(k "|cold", other "|cold", 0.5))
    other = judge(group, name, size)
    print other == "" ? "" : "  " other
}

function record(group, name, size,    k, row) {
    k = key(group, name, size)
    row = group ",\"" name "\"," size "," net(group, name, size) "," \
        value("misses", group, name, size)
    row = row "," quantile(k, "", 0.5) "," quantile(k, "", 0.25) "," \
        quantile(k, "", 0.75) "," value("ratio", group, name, size)
    if (group == "arena")
        row = row "," quantile(k "|cold", "", 0.5) "," \
            value("cold", group, name, size)
    else
        row = row ",,"
    print row >csv
}

BEGIN {
    FS = "|"
    short["instructions"] = "instr"
    short["misses"] = "misses"
    short["ratio"] = "ratio"
    short["cold"] = "cold ratio"
    unit["scope"] = "a scope whose ends are touched"
    unit["mixed"] = "a scope, each line written, 16 KiB read in between"
    unit["arena"] = "an object of 1,000,000 (instr: 100,000), and its release"
    unit["pool"] = "an allocation or a release, at random, of 10,000 blocks"
    unit["dispatch"] = "an allocation and a release with nothing behind them"
    unit["adapt"] = "an allocation and a release through alcove_malloc()"
    unit["vec"] = "a push of 1,000,000 (instr: 100,000), growth and release"
    unit["growth"] = "a page of a block that grows to 64 MiB (instr: 8)"
    print "group,contender,size,instructions,d1_misses,ns_median,ns_q1," \
        "ns_q3,ratio,cold_ns_median,cold_ratio" >csv
}

FILENAME == ARGV[1] {
    if (split($0, side, / +<= +/) == 2 && side[1] !~ /^#/) {
        n_goals++
        split(side[1], word, / +/)
        goal_group[n_goals] = word[1]
        goal_size[n_goals] = word[2]
        goal_what[n_goals] = word[3]
        sub(/^[^ ]+ +[^ ]+ +[^ ]+ +/, "", side[1])
        goal_name[n_goals] = side[1]
        goal_limit[n_goals] = side[2]
    }
    next
}
$1 == "L" {
    label[++n_labels] = $2 "|" $5 "|" $4
    next
}
NF == 4 { # counted
    split($4, v, " ")
    if (v[1] == "-") {
        broken[$1 "|" $2 "|" $3] = 1
        next
    }
    instructions[$1 "|" $2 "|" $3] = v[1]
    if (v[2] != "-")
        misses[$1 "|" $2 "|" $3] = v[2]
    next
}
{ # timed
    split($5, v, " ")
    if (v[1] == "-") {
        broken[$2 "|" $3 "|" $4] = 1
        next
    }
    ns[$2 "|" $3 "|" $4, $1] = v[1]
    ns[$2 "|" $3 "|" $4 "|cold", $1] = v[2]
    if ($1 + 0 > rounds)
        rounds = $1 + 0
}

# Group by group, size by size.
END {
    for (i = 1; i <= n_labels; i++) {
        split(label[i], v, "|")
        if (done[v[1], v[3]]++)
            continue
        heading(v[1], v[3])
        for (k = i; k <= n_labels; k++) {
            split(label[k], w, "|")
            if (w[1] == v[1] && w[3] == v[3]) {
                line(w[1], w[2], w[3])
                record(w[1], w[2], w[3])
            }
        }
    }
    print ""
    print "instr: for one operation, less the base; the base's own are whole."
    print "ns: median of the rounds; base and its touches included."
    print "ratio: median over the rounds of the ratio of times to: scope and"
    print "  mixed alloca, pool ideal, dispatch direct; arena, adapt, vec\n  and growth base."
    print "cold: the first round of a process."
    print passed + 0 " passed, " failed + 0 " failed"
    exit failed > 0
}
