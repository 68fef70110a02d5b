#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# The project's own scripts: the closing line of make check, the size table,
# and what quickstart says to a wrong word.

top=${MR_SRCDIR:-$PWD}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0
skipped=0

report() { # NAME STATUS
	if [ "$2" -eq 0 ]; then
		echo "PASS: scripts_$1"
		passed=$((passed + 1))
	else
		echo "FAIL: scripts_$1"
		sed 's/^/    /' "$scratch/out"
		failed=$((failed + 1))
	fi
}

put() { # NAME RESULT LINE...
	name=$scratch/$1
	echo ":test-result: $2" > "$name.trs"
	shift 2
	printf '%s\n' "$@" > "$name.log"
}

summary() { # NAME STATUS LAST-LINE LOG...
	name=$1
	status=$2
	line=$3
	shift 3
	(cd "$scratch" && sh "$top/tests/summary.sh" "$@") \
		> "$scratch/out" 2>&1
	[ $? -eq "$status" ] && [ "$(tail -n 1 "$scratch/out")" = "$line" ]
	report "summary_$name" $?
}

put good PASS 'PASS: a' '3 passed, 0 failed, 1 skipped'
put other PASS '20 passed, 0 failed, 0 skipped'
put bad FAIL 'FAIL: b' '5 passed, 2 failed, 0 skipped'
put crash FAIL 'PASS: a' 'Segmentation fault'
put leak FAIL '4 passed, 0 failed, 0 skipped' 'LeakSanitizer'
put none SKIP '0 passed, 0 failed, 2 skipped'

summary adds_up 0 '23 passed, 0 failed, 1 skipped' good.log other.log
summary counts_failures 1 '8 passed, 2 failed, 1 skipped' good.log bad.log
summary counts_a_crash 1 '3 passed, 1 failed, 1 skipped' good.log crash.log
summary counts_a_failure_after_the_tests 1 \
	'4 passed, 1 failed, 0 skipped' leak.log
summary counts_skips 0 '3 passed, 0 failed, 3 skipped' good.log none.log
summary counts_a_missing_log 1 '3 passed, 1 failed, 1 skipped' good.log no.log

cat > "$scratch/a.h" <<'C'
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/** Documented. */
MR_API int mr_a(void);

MR_API int mr_b(void);
/* a comment
 * of three
 * lines */
int x; /* code */
C
[ "$(awk -f "$top/tests/stats.awk" "$scratch/a.h" | cut -d' ' -f 2-)" \
	= '11 3 4 2 1' ]
report stats_counts_lines_and_prototypes $?

if ctags --version 2> /dev/null | grep -q Universal; then
	sh "$top/tests/stats.sh" "$top" > "$scratch/out" 2>&1
	grep -q '^median function *[0-9]' "$scratch/out"
	report stats_prints_its_table $?
else
	echo 'SKIP: scripts_stats_prints_its_table: no Universal Ctags'
	skipped=$((skipped + 1))
fi

bash "$top/quickstart" nonsense > "$scratch/out" 2>&1
[ $? -eq 2 ] && grep -q "'nonsense' is none of its words" "$scratch/out"
report quickstart_refuses_a_wrong_word $?
bash "$top/quickstart" check please > "$scratch/out" 2>&1
[ $? -eq 2 ] && grep -q '^usage' "$scratch/out"
report quickstart_refuses_a_second_word $?
bash "$top/quickstart" --help > "$scratch/out" 2>&1
report quickstart_explains_itself $?

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
