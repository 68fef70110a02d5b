#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# What the tests of the tool share: read by them with ".", it moves to a
# scratch folder that is removed at the end. $kind, if set before, is what the
# names of tests begin with.

kind=${kind:-cli}
memrig=${MR_BUILDDIR:-build}/memrig
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
unset MEMRIG_ARRAY MEMRIG_DATA
passed=0
failed=0
skipped=0

case $memrig in
/*) ;;
*) memrig=$PWD/$memrig ;;
esac
cd "$scratch" || exit 1

report() { # NAME STATUS
	if [ "$2" -eq 0 ]; then
		echo "PASS: ${kind}_$1"
		passed=$((passed + 1))
	else
		echo "FAIL: ${kind}_$1"
		sed 's/^/    stdout: /' out | head -n 5 | cut -c 1-400
		sed 's/^/    stderr: /' err | head -n 5 | cut -c 1-400
		failed=$((failed + 1))
	fi
}

skip() { # NAME REASON
	echo "SKIP: ${kind}_$1: $2"
	skipped=$((skipped + 1))
}

# Runs the tool; its output is in out and err, its exit status in $got.
tool() {
	"$memrig" "$@" > out 2> err < /dev/null
	got=$?
}

# NAME PATTERN ARGUMENT...: succeeds, and standard output matches.
right() {
	name=$1
	pattern=$2
	shift 2
	tool "$@"
	[ "$got" -eq 0 ] && [ ! -s err ] && grep -q -e "$pattern" out
	report "$name" $?
}

# NAME STATUS PATTERN ARGUMENT...: fails with the status, says why on standard
# error, prints no result.
wrong() {
	name=$1
	want=$2
	pattern=$3
	shift 3
	tool "$@"
	[ "$got" -eq "$want" ] && [ ! -s out ] && grep -q -e "$pattern" err
	report "$name" $?
}

# NAME EXPRESSION ARGUMENT...: prints one JSON object `d` of which the Python
# expression is true.
json() {
	name=$1
	expression=$2
	shift 2
	tool "$@" --json
	[ "$got" -eq 0 ] && python3 -c '
import json, sys
d = json.load(open("out"))
assert eval("(" + sys.argv[1] + ")"), "it is not so"
' "$expression" 2> err
	report "$name" $?
}

# Closes a test; call it last.
closing() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
}
