#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# Prints how long files and functions are and how much is documented, beside
# the budget that the project has set itself.
#
#     tests/stats.sh [TOP] [--strict]     --strict: exit 1 over budget

top=.
strict=no
for argument; do
	case $argument in
	--strict) strict=yes ;;
	-*) echo "usage: $0 [TOP] [--strict]" >&2; exit 2 ;;
	*) top=$argument ;;
	esac
done
here=$(cd "$(dirname "$0")" && pwd)
cd "$top" || exit 2
if ! ctags --version 2>/dev/null | grep -q 'Universal Ctags'; then
	echo "$0: Universal Ctags is missing (Debian: universal-ctags)" >&2
	exit 1
fi

list() {
	find "$@" 2>/dev/null | LC_ALL=C sort
}

library=$(list devices emulator driver calibration apps -name '*.c')
tests=$(list tests -name '*.c')
public=$(list include/memrig -name '*.h')

count() {
	for file in $1; do
		awk -f "$here/stats.awk" "$file"
	done
}

# Length in lines of every function of the library, sorted.
functions() {
	# shellcheck disable=SC2086
	ctags -f - --c-kinds=f --fields=+ne --sort=no $library \
		| sed -n 's/.*\tline:\([0-9]*\).*\tend:\([0-9]*\).*/\1 \2/p' \
		| awk '{ print $2 - $1 + 1 }' | sort -n
}

longest() {
	# shellcheck disable=SC2086
	ctags -f - --c-kinds=f --fields=+ne --sort=no $library \
		| sed -n 's/^\([^\t]*\)\t\([^\t]*\)\t.*\tline:\([0-9]*\).*\tend:\([0-9]*\).*/\3 \4 \1 \2/p' \
		| awk '{ n = $2 - $1 + 1; if (n > max) { max = n; who = $3 " in " $4 } }
			END { print who }'
}

{
	functions | sed 's/^/function /'
	count "$library" | sed 's/^/library /'
	count "$tests" | sed 's/^/test /'
	count "$public" | sed 's/^/public /'
	echo "longest $(longest)"
} | awk -v strict="$strict" '
function row(what, value, budget, ok) {
	printf "%-34s %10s   %-12s %s\n", what, value, budget, \
		ok == "" ? "" : ok ? "ok" : "OVER BUDGET"
	if (ok == "0")
		over++
}
# The q-quantile of x[1..n], which is sorted.
function quantile(x, n, q,    i) {
	i = int(q * (n - 1)) + 1
	return n > 0 ? x[i] : 0
}
function sort_up(x, n,    i, j, t) {
	for (i = 2; i <= n; i++) {
		t = x[i]
		for (j = i - 1; j > 0 && x[j] > t; j--)
			x[j + 1] = x[j]
		x[j + 1] = t
	}
}
$1 == "function" { fn[++n_fn] = $2; if ($2 <= 40) short++ }
$1 == "library" {
	len[++n_file] = $3 + 0
	code += $4
	comment += $5
	if ($3 > longest_file) { longest_file = $3 + 0; long_name = $2 }
}
$1 == "test" { test_code += $4 }
$1 == "public" { pub_code += $4; pub_comment += $5; protos += $6; docs += $7 }
$1 == "longest" { $1 = ""; long_fn = $0 }
END {
	if (n_file == 0 || n_fn == 0) {
		print "no source files here"
		exit 1
	}
	sort_up(len, n_file)
	printf "%-34s %10s   %s\n", "", "here", "budget"
	row("C files (library and tool)", n_file, "", "")
	row("code lines", code, "", "")
	row("functions", n_fn, "", "")
	row("median file", quantile(len, n_file, 0.5), "<= 220", \
	    quantile(len, n_file, 0.5) <= 220)
	row("longest file", longest_file, "<= 800", longest_file <= 800)
	row("median function", quantile(fn, n_fn, 0.5), "<= 14", \
	    quantile(fn, n_fn, 0.5) <= 14)
	row("p90 function", quantile(fn, n_fn, 0.9), "<= 45", \
	    quantile(fn, n_fn, 0.9) <= 45)
	row("longest function", fn[n_fn], "<= 80", fn[n_fn] <= 80)
	share = 100 * short / n_fn
	row("functions of at most 40 lines", sprintf("%.1f %%", share), \
	    ">= 88 %", share >= 88)
	share = 100 * comment / (comment + code)
	row("comments in .c", sprintf("%.1f %%", share), "5 to 20 %", \
	    share >= 5 && share <= 20)
	share = 100 * pub_comment / (pub_comment + pub_code)
	row("comments in public headers", sprintf("%.1f %%", share), \
	    ">= 65 %", share >= 65)
	row("prototypes documented", docs "/" protos, "all", docs == protos)
	row("test : code", sprintf("%.2f", test_code / code), ">= 1.0", \
	    test_code / code >= 1.0)
	print "longest file:    " long_name
	print "longest function:" long_fn
	exit strict == "yes" && over > 0
}'
