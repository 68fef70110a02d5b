#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# Runs fuzz targets one after another, each for so many seconds, and ends with
# a line for each. After a finding a target goes on until its time is over.
#
#     tests/fuzz/run.sh PROGRAMS-FOLDER SECONDS TARGET...
#
# In fuzz-TARGET/ of the present folder: found (the inputs that reached
# something new; used again next time), log, and the findings: crash-*,
# leak-*, timeout-*, oom-*. Exit status 1 if there is a finding.

if [ $# -lt 3 ]; then
	echo "usage: $0 PROGRAMS-FOLDER SECONDS TARGET..." >&2
	exit 2
fi
programs=$1
seconds=$2
shift 2
here=$(dirname "$0")
findings_max=20

ASAN_OPTIONS=${ASAN_OPTIONS:-allocator_may_return_null=1}
UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export ASAN_OPTIONS UBSAN_OPTIONS

# Scratch files, which a crash leaves behind; in memory if that can be.
TMPDIR=$(mktemp -d /dev/shm/memrig-fuzz-XXXXXX 2> /dev/null || mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 1' INT TERM

count_findings() {
	find "$1" -maxdepth 1 \( -name 'crash-*' -o -name 'leak-*' \
		-o -name 'timeout-*' -o -name 'oom-*' \) | wc -l
}

# One run of libFuzzer: until a finding or for $2 seconds.
run_once() {
	options="-max_total_time=$2 -timeout=20 -rss_limit_mb=2048"
	options="$options -malloc_limit_mb=1024 -max_len=16384"
	options="$options -print_final_stats=1 -artifact_prefix=fuzz-$1/"
	# asking for names forks, and the child holds the locks of the parent
	options="$options -print_funcs=0"
	[ -f "$here/dict/$1.dict" ] &&
		options="$options -dict=$here/dict/$1.dict"
	# the tool's own messages would drown the log
	[ "$1" = quantity ] && options="$options -close_fd_mask=3"
	# shellcheck disable=SC2086
	"$programs/fuzz_$1" $options "fuzz-$1/found" "$here/corpus/$1" \
		>> "fuzz-$1/log" 2>&1
}

# Findings of an earlier run that are mended go to the inputs.
retry_findings() {
	for finding in "fuzz-$1"/crash-* "fuzz-$1"/leak-* \
		"fuzz-$1"/timeout-* "fuzz-$1"/oom-*; do
		[ -f "$finding" ] || continue
		"$programs/fuzz_$1" -timeout=20 -rss_limit_mb=2048 \
			-malloc_limit_mb=1024 "$finding" > /dev/null 2>&1 &&
			mv "$finding" "fuzz-$1/found/"
	done
}

fuzz() {
	mkdir -p "fuzz-$1/found"
	rm -f "fuzz-$1/log"
	retry_findings "$1"
	begin=$(date +%s)
	left=$seconds
	before=$(count_findings "fuzz-$1")
	while [ "$left" -gt 0 ]; do
		run_once "$1" "$left" && break
		left=$((seconds - $(date +%s) + begin))
		[ $(($(count_findings "fuzz-$1") - before)) -ge $findings_max ] &&
			break
		# it did not even begin
		grep -q INITED "fuzz-$1/log" || break
	done
	took=$(($(date +%s) - begin))
}

summarize() {
	awk -v name="$1" -v took="$took" \
		-v findings="$(count_findings "fuzz-$1")" '
	/^stat::number_of_executed_units/ { runs += $2 }
	match($0, /cov: [0-9]+/) { n = substr($0, RSTART + 5, RLENGTH - 5)
		if (n + 0 > edges) edges = n + 0 }
	END { printf "fuzz %s: %d runs, %d s, %d edges covered, " \
		"%d findings\n", name, runs, took, edges, findings
		exit findings > 0 || runs == 0 }' "fuzz-$1/log"
}

status=0
lines=
for name in "$@"; do
	echo "fuzz $name for $seconds s; see fuzz-$name/log"
	fuzz "$name"
	line=$(summarize "$name") || status=1
	lines="$lines$line
"
done
printf '%s' "$lines"
exit $status
