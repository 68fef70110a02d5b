#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# The C example in README.md is the text of tests/example.c, which was
# compiled, and it does what it says. What README.md points at exists.

top=${MR_SRCDIR:-$PWD}
build=${MR_BUILDDIR:-$PWD/build}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0

report() { # NAME STATUS
	if [ "$2" -eq 0 ]; then
		echo "PASS: readme_$1"
		passed=$((passed + 1))
	else
		echo "FAIL: readme_$1"
		failed=$((failed + 1))
	fi
}

awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' "$top/README.md" \
	> "$scratch/shown.c"
# the licence head is not shown
awk 'n > 0 || /^#include/ { n++; print }' "$top/tests/example.c" \
	> "$scratch/kept.c"
diff "$scratch/shown.c" "$scratch/kept.c"
report example_is_the_one_that_is_compiled $?

"$build/tests/example" > "$scratch/out"
report example_runs $?
grep -Eq '^[0-9.]+ uS, [0-9.]+ uA$' "$scratch/out"
report example_prints_its_result $?

status=0
# shellcheck disable=SC2013
for path in $(sed -n 's/.*](\([^):#]*\)).*/\1/p' "$top/README.md" \
	"$top/ARCHITECTURE.md" "$top/CONTRIBUTING.md"); do
	if [ ! -e "$top/$path" ]; then
		echo "    $path is pointed at but missing"
		status=1
	fi
done
report links_lead_somewhere $status

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
