#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# Uses "memrig measure" as a person would: lists, plans, measures, is
# interrupted by ^C and by kill -9, and goes on.

kind=measure_cli
# shellcheck source=tests/cli.sh
. "${MR_SRCDIR:-.}/tests/cli.sh"

small='emu:pcm?rows=4&cols=4&seed=11'
large='emu:pcm?rows=32&cols=32&seed=11&noise=flicker'

# ---- what there is -----------------------------------------------------------

lists() {
	right list_names_suites_and_settings '^  per_decade ' measure --list
	json list_is_json \
		'len(d["suites"]) == 3 and len(d["protocols"]) == 12' \
		measure --list
	right plan_does_nothing 'nothing was done' \
		measure standard "$small" --plan
	right plan_is_a_verb_too 'nothing was done' plan measure quick "$small"
	json plan_is_json 'd["protocols"][0]["state"] == "planned"' \
		measure map "$small" --plan
}

wrong_use() {
	wrong what_is_asked_for 2 'Name a suite or protocols' measure
	wrong log_is_asked_for 2 'Say --log FILE' measure quick "$small"
	wrong array_is_asked_for 2 'which array' measure quick --log no.db
	wrong array_twice_is_refused 2 'given twice' measure quick "$small" \
		--array "$small" --log no.db
	wrong unknown_suite_lists_them 2 'quick, standard, overnight, map' \
		measure slow "$small" --log no.db
	wrong unknown_setting_is_named 2 'no protocol of this' \
		measure map "$small" --log no.db --set cycle=2
	wrong wrong_unit_is_named 2 'no number in s' \
		measure drift "$small" --log no.db --set last=5V
	wrong level_1_is_refused 2 'level 2 or 3' measure map "$small" \
		--log no.db --log-level 1
	wrong nothing_to_resume_is_said 2 'there is no such log' \
		measure map "$small" --log none.db --resume
	wrong board_for_no_plan_is_refused 2 'nothing that --log' \
		measure map "$small" --log no.db --plan
}

# ---- measuring -----------------------------------------------------------------

measures() {
	right measures_and_says_what 'skipped' \
		measure quick "$small" --log quick.db --meta operator=Ada
	json measures_in_json \
		'[p["state"] for p in d["protocols"]] == ["done", "done"]
		 and d["protocols"][1]["array_s"] > 99' \
		measure map,drift "$small" --log two.db --set drift.last=100s
	json cells_are_chosen 'd["cells"] == 3' \
		measure map "$small" --cells 1,5,7 --log cells.db
	json finished_is_not_done_again 'd["protocols"][0]["state"] == "taken"' \
		measure map "$small" --cells 1,5,7 --log cells.db --resume
	json unasked_protocols_are_skipped \
		'd["protocols"][0]["state"] == "skipped"
		 and "no pulses" in d["protocols"][0]["reason"]' \
		measure pulses 'emu:pcm-target?rows=4&cols=4' --log target.db
}

# ---- interrupted -----------------------------------------------------------------

# All operations of a log as they would be without an interruption.
data='
import sqlite3, sys
def data(path):
    log = sqlite3.connect(path)
    meta = lambda run, key: next((v for v, in log.execute(
        "SELECT value FROM metadata WHERE run = ? AND key = ?", (run, key))), 0)
    runs = [r for r, in log.execute("SELECT run FROM run ORDER BY run")]
    out = []
    for run in runs:
        later = [r for r in runs if int(meta(r, "continues") or 0) == run]
        end = int((meta(later[0], "redone_from") if later else 0) or 2**39)
        out += log.execute("SELECT kind, t_begin_ns, t_end_ns, result FROM op "
            "WHERE run = ? AND id < ? AND error = \"ok\" ORDER BY id",
            (run, end)).fetchall()
    return out
whole, cut = data(sys.argv[1]), data(sys.argv[2])
assert len(whole) > 1000, len(whole)
assert whole == cut, (len(whole), len(cut))
'

# NAME SIGNAL PAUSE: interrupted, it goes on, and the data are the same.
interrupted() {
	rm -f cut.db*
	"$memrig" measure pulses,program,noise,drift "$large" --log cut.db \
		> out 2> err &
	pid=$!
	for _ in 1 2 3 4 5 6 7 8 9; do # until it is at work
		[ -s cut.db ] && break
		sleep 0.5
	done
	sleep "$3"
	kill "-$2" $pid 2> /dev/null
	wait $pid
	got=$?
	if [ "$2" = INT ] && [ $got -ne 0 ]; then
		[ $got -eq 1 ] && grep -q -e '--resume' err
		report "$1_says_how_to_go_on" $?
	fi
	tool measure pulses,program,noise,drift "$large" --log cut.db --resume
	report "$1_goes_on" $got
	python3 -c "$data" whole.db cut.db > out 2> err
	report "$1_gives_the_same_data" $?
}

interruptions() {
	"$memrig" measure pulses,program,noise,drift "$large" --log whole.db \
		> out 2> err
	interrupted stopped INT 0.7
	interrupted stopped_late INT 2
	interrupted killed KILL 0.9
	interrupted killed_late KILL 2.5
}

lists
wrong_use
measures
if python3 -c 'import sqlite3' 2> /dev/null; then
	interruptions
else
	skip interruptions 'python3 with sqlite3 is missing'
fi
closing
