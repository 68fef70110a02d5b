#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# Adds up the closing lines "N passed, N failed, N skipped" of test logs into
# one. A log without such a line, or whose program failed all the same (a
# crash, a sanitizer), counts as one failed test and is named.
#
#     tests/summary.sh LOG...     exit status 1 if anything failed

if [ $# -eq 0 ]; then
	echo "usage: $0 LOG..." >&2
	exit 2
fi

# What failed, in its own words: CI keeps no logs.
grep -h -E '^FAIL: |ERROR: AddressSanitizer|runtime error:' "$@" /dev/null \
	| head -n 20

for log in "$@"; do
	trs=${log%.log}.trs
	result=none
	[ -f "$trs" ] && result=$(sed -n 's/^:test-result: *//p' "$trs")
	line=none
	[ -f "$log" ] && line=$(grep -E \
		'^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" \
		| tail -n 1)
	echo "$log|$result|$line"
done | awk -F'|' '
{
	n = split($3, part, /[^0-9]+/)
	if ($3 !~ /passed/) {
		print $1 ": it never came to its end"
		failed++
		next
	}
	passed += part[1]
	failed += part[2]
	skipped += part[3]
	if (part[2] == 0 && $2 !~ /^(PASS|SKIP|none)/) {
		print $1 ": no test failed, but the program did"
		failed++
	} else if (part[2] > 0) {
		print $1 ": " part[2] " failed"
	}
}
END {
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0
}'
