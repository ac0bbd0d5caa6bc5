# SPDX-License-Identifier: MIT
# Reads coverage-exclusions, then what `llvm-cov show` says with branches,
# MC/DC and expansions, and prints tables, what was missed, and the tally.
#
# A place is a line of a file and its number among those in the line. A private
# header is shown once for each file that includes it, and a function there once
# for each that it is compiled for: what has run in one of them has run.

FNR == 1 { input++ }

# An exclusion: FILE: TEXT IN THE LINE: REASON, or TEXT +N for N lines more.
input == 1 {
    if (/^#/ || /^[ \t]*$/)
        next
    n = split($0, part, ": ")
    if (n < 3) {
        print "NOT OK: an exclusion without a reason: " $0
        failed++
        next
    }
    excluded_file[++exclusions] = part[1]
    excluded_text[exclusions] = part[2]
    if (part[2] ~ / \+[0-9]+$/) {
        sub(/ \+[0-9]+$/, "", excluded_text[exclusions])
        sub(/.* \+/, "", part[2])
        more[exclusions] = part[2] + 0
    }
    next
}

# A file begins, or another instance of a function in a header.
/^[^ ].*:$/ && substr($0, 1, 1) == "/" {
    file = substr($0, 1, length($0) - 1)
    ours = index(file, srcdir "lib/") == 1
    file = substr(file, length(srcdir) + 1)
    if (ours)
        files[++file_count] = file
    header = file ~ /\.h$/
    line = 0
    next
}

!ours { next }

# A line of the file itself, not of a macro that it expands.
/^ *[0-9]+\|/ {
    split($0, part, "|")
    line = part[1] + 0
    source = substr($0, index($0, "|") + 1)
    source = substr(source, index(source, "|") + 1)
    text[file, line] = source
    delete ordinal
    macro = continued || source ~ /^ *#/
    continued = macro && source ~ /\\$/
    if (part[2] ~ /[0-9]/ && !macro)
        see("lines", line, 1, part[2] !~ /^ *0$/, "never runs")
    next
}

/ Branch \(/ {
    at = $0
    sub(/.* Branch \(/, "", at)
    where = at
    sub(/\).*/, "", where)
    if (at ~ /Folded/)
        next
    number = header ? where : ++ordinal["branch"]
    at_line = header ? where + 0 : line
    true = at
    sub(/.*True: /, "", true)
    see("branches", at_line, number "T", true !~ /^(0|Folded)[],]/,
        "is never true (" where ")")
    false = at
    sub(/.*False: /, "", false)
    see("branches", at_line, number "F", false !~ /^(0|Folded)[],]/,
        "is never false (" where ")")
    next
}

/MC\/DC Decision Region \(/ {
    where = $0
    sub(/.*Region /, "", where)
    decision = header ? where : ++ordinal["decision"]
    decision_line = header ? substr(where, 2) + 0 : line
    next
}

/C[0-9]+-Pair: / {
    if (/constant folded/)
        next
    condition = $0
    sub(/.* C/, "", condition)
    sub(/-Pair.*/, "", condition)
    see("MC/DC", decision_line, decision "." condition, !/not covered/,
        "condition " condition " never decides, in " where)
}

function see(kind, at, which, good, what,    key)
{
    key = kind SUBSEP file SUBSEP at SUBSEP which
    if (!(key in known)) {
        known[key] = 0
        order[++count] = key
        message[key] = what
    }
    if (good)
        known[key] = 1
}

function is_excluded(name, at,    i, back)
{
    for (i = 1; i <= exclusions; i++)
        for (back = 0; back <= more[i]; back++)
            if (excluded_file[i] == name &&
                index(text[name, at - back], excluded_text[i]) > 0) {
                used[i] = 1
                return 1
            }
    return 0
}

function cell(kind, row,    n, all)
{
    all = total[kind, row] + 0
    n = all - missed[kind, row]
    return sprintf("%6d/%-6d %6.2f %%", n, all, all ? 100 * n / all : 100)
}

function print_row(row)
{
    printf "%-28s %s %s %s\n", row, cell("lines", row), cell("branches", row),
        cell("MC/DC", row)
}

function add(kind, row, is_missed)
{
    if (!(row in rows)) {
        rows[row] = 1
        row_order[++row_count] = row
    }
    total[kind, row]++
    missed[kind, row] += is_missed
}

END {
    for (i = 1; i <= count; i++) {
        split(order[i], part, SUBSEP)
        folder = part[2]
        sub(/\/[^\/]*$/, "", folder)
        if (!(folder in folders)) {
            folders[folder] = 1
            folder_order[++folder_count] = folder
        }
        bad = !known[order[i]]
        if (bad && is_excluded(part[2], part[3])) {
            print "excluded: " part[2] ":" part[3] ": " message[order[i]]
            left_out++
            continue
        }
        if (bad)
            print "missed: " part[2] ":" part[3] ": " message[order[i]]
        add(part[1], folder, bad)
        if (by == "file")
            add(part[1], part[2], bad)
        add(part[1], "lib", bad)
    }
    printf "%-28s %-22s %-22s %s\n", "", "lines", "branches", "MC/DC"
    for (i = 1; i <= row_count; i++)
        if (row_order[i] != "lib" && (by != "file" || row_order[i] ~ /\./))
            print_row(row_order[i])
    print_row("lib")
    print left_out + 0 " excluded, for " exclusions + 0 \
        " reasons in verify/coverage-exclusions"
    for (i = 1; i <= folder_count; i++)
        for (j = split("lines branches MC/DC", kinds, " "); j > 0; j--)
            judge(kinds[j], folder_order[i])
    for (i = 1; i <= exclusions; i++)
        check(used[i], "an exclusion is of something missed: " \
            excluded_file[i] ": " excluded_text[i])
    check(exclusions <= 5, "there are at most five exclusions")
    print passed + 0 " passed, " failed + 0 " failed"
    exit failed > 0
}

function check(good, what)
{
    if (good) {
        passed++
    } else {
        failed++
        print "NOT OK: " what
    }
}

function judge(kind, folder)
{
    check(!missed[kind, folder], kind " of " folder ": " \
        missed[kind, folder] " missed")
}
