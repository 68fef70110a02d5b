#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# "memrig run fstdp" as a person would use it: results, JSON, files of one's
# own, standard input, the figure, logs, wrong input, an interrupted run.

kind=fstdp_cli
# shellcheck source=tests/cli.sh
. "${MR_SRCDIR:-.}/tests/cli.sh"

data=${MR_SRCDIR:-.}/data/weather
case $data in
/*) ;;
*) echo "MR_SRCDIR must be absolute" >&2; exit 1 ;;
esac
export MEMRIG_DATA="$data"

# Twelve inputs, 600 steps: 0-3 fire together every 5th step, the others alone.
events() {
	awk 'BEGIN {
		for (t = 0; t < 600; t++) {
			if (t % 5 == 0)
				for (i = 0; i < 4; i++)
					print i "," t ",3"
			for (i = 4; i < 12; i++)
				if ((t * 7 + i * 13) % 31 < 6)
					print i "," t ",2"
		}
	}'
}

labels() {
	echo s,label
	for i in 0 1 2 3; do echo "$i,1"; done
	for i in 4 5 6 7 8 9 10 11; do echo "$i,0"; done
}

results() {
	right table_has_a_mean '^fstdp  array    mean ' run fstdp --seeds 2 \
		--passes 1 --rule fstdp
	grep -q '^fstdp  float ' out && ! grep -q '^stdp ' out
	report table_shows_ideal_weights_beside_it $?
	json result_has_all_members 'd["schema"] == "memrig.run/1" and
d["app"] == "fstdp" and d["array"] == "emu:pcm" and d["seeds"] == [1, 2] and
d["preset"] == "tx-2015h1" and d["log"] == "tx.db" and d["plot"] is None and
d["timing"]["wall_s"] > 0 and d["timing"]["array_s"] > 4344 * 3600 and
len(d["summary"]) == 4 and len(d["results"]) == 6 and
all({"rule", "weights", "seed", "groups", "auc", "precision", "recall"} <=
set(r) for r in d["results"])' run fstdp --preset tx-2015h1 --passes 1 \
		--seeds 2 --log tx.db
	json seed_repeats_a_result '[r["w"] for r in d["results"]] ==
[r["w"] for r in json.load(open("first"))["results"]]' run fstdp --seed 5 \
		--passes 1 --threads 2
}

own_files() {
	events > events.csv
	labels > labels.csv
	gzip -k events.csv
	json events_of_ones_own 'd["inputs"] == 12 and d["steps"] == 58 * 600 and
d["data"] == "events.csv.gz" and len(d["results"]) == 4' \
		run fstdp --events events.csv.gz --labels labels.csv --seeds 1
	cp out own
	"$memrig" run fstdp --events - --labels labels.csv --seeds 1 --json \
		< events.csv > out 2> err
	python3 -c '
import json
a, b = json.load(open("own")), json.load(open("out"))
assert b["data"] == "-"
assert [r["w"] for r in a["results"]] == [r["w"] for r in b["results"]]' \
		2> err
	report standard_input_is_read $?
	printf 'a,b,c\n1,1,0\n0,0,1\n1,1,0\n' > dense.csv
	json dense_matrix_is_read 'd["inputs"] == 3 and d["steps"] == 9 and
d["results"][0]["auc"] is None' run fstdp --events dense.csv --format dense \
		--passes 3 --seeds 1 --rule fstdp
	json ideal_cells_are_an_array 'd["array"] == "emu:ideal"' run fstdp \
		--events events.csv --seeds 1 --array emu:ideal
}

# NAME TEXT PATTERN: a file with this text is refused, status 2.
refused() {
	printf '%b' "$2" > bad.csv
	wrong "$1" 2 "$3" run fstdp --events bad.csv
}

wrong_files() {
	refused events_short_row_is_named 's,h,v\n1,2\n' 'bad.csv:2: 2 columns'
	refused events_nan_is_named '1,2,nan\n' 'bad.csv:1: amount'
	refused events_repeated_is_named '0,1,3\n0,1,4\n' 'bad.csv:2.*line 1'
	refused events_binary_is_named '0,1\00003\n' 'bad.csv:1: a zero byte'
	refused events_empty_is_refused '' 'no event that counts'
	head -c 60 events.csv.gz > cut.csv.gz
	wrong events_truncated_gzip_is_named 2 'cut.csv.gz:.*damaged or cut' \
		run fstdp --events cut.csv.gz
	wrong events_missing_is_named 2 'cannot open nowhere.csv' run fstdp \
		--events nowhere.csv
	echo 's,label' > bad.csv
	wrong labels_empty_are_named 2 'bad.csv' run fstdp --events events.csv \
		--labels bad.csv
	wrong labels_unknown_station_is_named 2 'dense.csv has 3 columns; input 3' \
		run fstdp --events dense.csv --format dense --labels labels.csv
	wrong data_missing_says_how_to_name_it 2 'MEMRIG_DATA' run fstdp \
		--data /nowhere
	wrong panel_unknown_lists_panels 2 'NCAL' run fstdp --events \
		"$data/us_hpd_hourly_2015.csv.gz" --panels \
		"$data/us_hpd_panels.csv" --panel NOPE
}

wrong_use() {
	wrong app_unknown_is_named 2 "'nope' is no app" run nope
	wrong preset_unknown_lists_presets 2 'ncal-2015h1' run fstdp \
		--preset ncal
	wrong rule_unknown_is_named 2 'fstdp, stdp or both' run fstdp --rule x
	wrong seeds_wrong_shows_forms 2 "'3-' is no seed" run fstdp --seeds 3-
	wrong seeds_none_is_refused 2 'seeds' run fstdp --seeds 0
	wrong constant_nan_is_refused 2 '--eta' run fstdp --eta nan
	wrong constant_outside_is_refused 2 '--f: 1 is outside' run fstdp --f 1
	wrong constant_with_wrong_unit_is_refused 2 '--tau-f' run fstdp \
		--tau-f 3V
	wrong array_too_small_says_the_shape 2 '128' run fstdp \
		--array 'emu:pcm?rows=100&cols=4'
	wrong array_unknown_key_is_named 2 'rowz' run fstdp \
		--array 'emu:pcm?rowz=1'
	wrong plot_of_another_kind_is_refused 2 '\.png' run fstdp --plot a.jpg
	wrong panel_without_events_is_refused 2 'needs --events' run fstdp \
		--labels labels.csv
	wrong steps_and_passes_exclude_each_other 2 '--passes' run fstdp \
		--steps 3 --passes 1
}

# What cannot be written is a failure at run time, and nothing is left of it.
unwritable() {
	wrong plot_in_no_folder_is_a_failure 1 'nowhere/a.png' run fstdp \
		--events events.csv --seeds 1 --plot nowhere/a.png
	wrong log_in_no_folder_is_a_failure 1 'nowhere/a.db' run fstdp \
		--events events.csv --seeds 1 --log nowhere/a.db
	echo 'no log' > text.db
	wrong log_that_is_none_is_refused 2 'text.db' run fstdp \
		--events events.csv --seeds 1 --log text.db
	[ "$(cat text.db)" = 'no log' ]
	report file_that_is_no_log_is_left_alone $?
	"$memrig" run fstdp --events events.csv --seeds 1 > /dev/full 2> err
	[ $? -eq 1 ]
	report results_on_a_full_disk_are_a_failure $?
}

figures() {
	if ! command -v gnuplot > /dev/null; then
		skip figure_is_drawn 'gnuplot is missing'
		return
	fi
	tool run fstdp --passes 1 --seeds 1 --plot rain.png
	[ "$got" -eq 0 ] && [ "$(head -c 4 rain.png | od -An -tx1 | tr -d ' ')" \
		= 89504e47 ]
	report figure_is_a_png $?
	tool run fstdp --events events.csv --seeds 1 --plot own.svg
	[ "$got" -eq 0 ] && grep -q '</svg>' own.svg
	report figure_is_an_svg $?
	PATH="" "$memrig" run fstdp --events events.csv --seeds 1 --plot no.png \
		> out 2> err
	[ $? -eq 0 ] && grep -q 'no figure' err && [ -s out ] && [ ! -e no.png ]
	report figure_without_gnuplot_is_left_out $?
}

# Ctrl-C keeps the log and prints what there is. The signal is sent as soon as
# the log holds something, so that nothing here waits for a time to pass.
interrupted() {
	"$memrig" run fstdp --preset b1 --seeds 1 --rule fstdp --log stop.db \
		> out 2> err &
	run=$!
	while kill -0 $run 2> /dev/null && [ ! -s stop.db-wal ]; do :; done
	kill -INT $run
	wait $run
	[ $? -eq 1 ] && grep -q 'stopped after' err && grep -q partial out
	report interrupted_run_prints_what_there_is $?
	json interrupted_run_is_in_the_log 'd["schema"]' log stop.db stats
}

# A run played back gives the same weights, and an altered one is named.
played_back() {
	tool run fstdp --events events.csv --labels labels.csv --seed 3 \
		--rule fstdp --log back.db --json
	cp out recorded
	json played_back_run_gives_the_same 'd["results"][0]["w"] ==
json.load(open("recorded"))["results"][0]["w"]' run fstdp --events events.csv \
		--labels labels.csv --seed 3 --rule fstdp \
		--array playback:back.db
	wrong altered_run_is_named 2 'operation [0-9]*:' run fstdp \
		--events events.csv --labels labels.csv --seed 3 --rule fstdp \
		--eta 0.01 --array playback:back.db
}

if ! command -v python3 > /dev/null; then
	skip fstdp_cli 'python3 is missing'
	closing
	exit
fi
"$memrig" run fstdp --seed 5 --passes 1 --json > first
results
own_files
wrong_files
wrong_use
unwritable
figures
interrupted
played_back
closing
