#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# "memrig run softhebb" on a small made set in MNIST's format, bars of ten
# kinds: results, JSON, logs, checkpoints, wrong options, damaged files, an
# interrupted run. It needs no data set.

kind=softhebb_toy_cli
# shellcheck source=tests/cli.sh
. "${MR_SRCDIR:-.}/tests/cli.sh"

# BYTES OF A WORD: four of them, highest first, as escapes.
word() {
	printf '\\0%03o\\0%03o\\0%03o\\0%03o' $(($1 >> 24 & 255)) \
		$(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255))
}

# N SEED: pictures as escapes, one a line. Kinds 0 to 4 are horizontal bars,
# 5 to 9 upright ones; one pixel in 25 is turned over.
pictures() {
	awk -v n="$1" -v x="$2" 'BEGIN {
		for (i = 0; i < n; i++) {
			for (p = 0; p < 784; p++) {
				x = (x * 1103 + 12345) % 1048576
				at = i % 10 < 5 ? int(p / 28) : p % 28
				lit = int((at - 1) / 5) == i % 5 && at % 5 != 0
				if (x % 1009 < 40)
					lit = !lit
				printf "%s", lit ? "\\0377" : "\\0000"
			}
			print ""
		}
	}'
}

labels() { # N
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "\\0%03o", i % 10
		print ""
	}'
}

# Escapes to bytes.
bytes() {
	while read -r line; do
		printf '%b' "$line"
	done
}

part() { # FOLDER NAME N SEED
	{
		printf '%s\n' "$(word 2051)$(word "$3")$(word 28)$(word 28)"
		pictures "$3" "$4"
	} | bytes > "$1/$2-images-idx3-ubyte"
	{
		printf '%s\n' "$(word 2049)$(word "$3")"
		labels "$3"
	} | bytes > "$1/$2-labels-idx1-ubyte"
}

make_set() {
	mkdir -p set/mnist
	part set/mnist train 200 1
	part set/mnist t10k 50 77
}

# The layer that all runs here are of.
bars="--preset mnist-100 --data set --neurons 20 --batch 1"
layer="$bars --epochs 2"

# ---- what is learned ---------------------------------------------------------

# NAME: d without what a clock or a name of a file decides.
bare() {
	python3 -c '
import json, sys
def strip(x):
    if isinstance(x, dict):
        return {k: strip(v) for k, v in x.items() if k not in (
            "wall_s", "spent_s", "pass_s", "classifier_s", "peak_GiB", "log",
            "array", "features_s")}
    return [strip(v) for v in x] if isinstance(x, list) else x
json.dump(strip(json.load(open("out"))), open(sys.argv[1], "w"),
          sort_keys=True, indent=1)' "$1"
}

results() {
	# shellcheck disable=SC2086
	json both_carriers_learn_bars '
[r["weights"] for r in d["results"]] == ["float", "array"] and
d["app"] == "softhebb" and d["neurons"] == 20 and not d["partial"] and
all(r["seed"] == 5 and r["readout"] == "neuron labels" and
    r["accuracy"] > 0.8 and 10 <= r["neurons_used"] <= 20 and
    {"mean", "sd", "min", "max", "histogram"} == set(r["radius"]) and
    r["radius"]["min"] > 0 and r["samples"] == 400 for r in d["results"]) and
[a["t_s"] for a in d["results"][1]["ages"]] == [60, 86400] and
d["results"][1]["wear"]["pulses"] > 0' run softhebb $layer --seed 5 \
		--ages 1min,1d
	bare first
	# shellcheck disable=SC2086
	tool run softhebb $layer --seed 5 --ages 1min,1d --json --threads 2
	bare again
	cmp -s first again
	report same_seed_gives_the_same $?
	# shellcheck disable=SC2086
	tool run softhebb $layer --seed 6 --ages 1min,1d --json
	bare other
	[ -s other ] && ! cmp -s first other
	report another_seed_gives_another $?
	# shellcheck disable=SC2086
	right table_has_both_rows '^array      5 ' run softhebb $layer --seed 5
}

tiled() {
	# shellcheck disable=SC2086
	json tiles_learn_and_age 'd["tiles"] == [2, 2] and
d["results"][0]["accuracy"] > 0.8 and
sum(d["results"][0]["winner_p_histogram"]["counts"]) == 50 and
sum(d["results"][0]["radius"]["histogram"]["counts"]) == 20 and
d["results"][0]["energy"]["reads_J"] > 0 and
d["results"][0]["energy"]["pulses_J"] > 0 and
d["results"][0]["energy"]["uncounted"] == 0 and
d["results"][0]["wear"]["pulses_dropped"] == 0 and
d["results"][0]["ages"][0]["t_s"] == 3600' run softhebb $layer --seed 5 \
		--weights array --tiles 2x2 --ages 1h
	# shellcheck disable=SC2086
	refused tile_too_small 'tile 1 of 2 x 2: .*392 x 20 cells are needed' \
		$layer --weights array --tiles 2x2 \
		--array 'emu:pcm?rows=392&cols=19'
	# shellcheck disable=SC2086
	refused tiles_of_a_board 'is one device' $layer --weights array \
		--tiles 2x2 --array arc1+loop:pcm
	# shellcheck disable=SC2086
	refused tiles_of_one_seed 'fixes a seed' $layer --weights array \
		--tiles 1x2 --array 'emu:pcm?seed=3'
	# shellcheck disable=SC2086
	refused tiles_more_than_neurons 'more than 784 inputs and 3 outputs' \
		--preset mnist-100 --data set --neurons 3 --weights array \
		--tiles 1x4
}

# What does not depend on how the layer lies on its arrays: d is in "out".
outcome() {
	python3 -c '
import json, sys
r = json.load(open("out"))["results"][0]
keys = "accuracy", "soft_vote", "neurons_used", "radius", "winner_p", "wear"
json.dump({k: r[k] for k in keys}, open(sys.argv[1], "w"), sort_keys=True)' \
		"$1"
}

# One array, then two of half its width: exact cells are pulsed alike.
several_arrays() {
	# shellcheck disable=SC2086
	tool run softhebb $layer --seed 5 --weights array --json \
		--array 'emu:ideal?rows=784&cols=40'
	outcome one
	half='emu:ideal?rows=784&cols=20'
	# shellcheck disable=SC2086
	tool run softhebb $layer --seed 5 --weights array --json \
		--array "$half" --array "$half" --log two.db
	outcome two
	[ -s one ] && cmp -s one two
	report two_arrays_equal_one_of_both_sizes $?
	for log in two.db two-2.db; do
		right "log_of_tile_$log" "tile=[12] of 1x2" log $log show
	done
	# shellcheck disable=SC2086
	refused second_array_too_small \
		'tile 2 of 1 x 2: .*784 x 20 cells are needed' $layer \
		--weights array --array "$half" \
		--array 'emu:ideal?rows=784&cols=19'
	# shellcheck disable=SC2086
	refused second_array_unknown 'emux:pcm: array 2: ' $layer \
		--weights array --array "$half" --array emux:pcm
	mkdir full-2.db
	# shellcheck disable=SC2086
	wrong second_log_cannot_be_written 2 'log full-2.db' run softhebb $layer \
		--weights array --array "$half" --array "$half" --log full.db
}

# The same on boards, each behind its own driver, over two runs.
several_boards() {
	board='arc1+loop:ideal?device=ideal'
	digits="--preset digits-8x8 --data set --samples 30 --seeds 2
--weights array --json"
	# shellcheck disable=SC2086
	tool run softhebb $digits \
		--array "$board&rows=32&cols=32&emu.rows=32&emu.cols=32"
	outcome one
	python3 -c 'import json
r = json.load(open("out"))["results"][0]
assert r["board_hours"] == float("%.9g" % (r["busy_s"] / 3600)) > 0'
	report hours_on_the_board_are_projected $?
	half="$board&rows=32&cols=16&emu.rows=32&emu.cols=16"
	# shellcheck disable=SC2086
	tool run softhebb $digits --array "$half" --array "$half"
	outcome two
	[ -s one ] && cmp -s one two
	report two_boards_equal_one_of_both_sizes $?
	# shellcheck disable=SC2086
	refused second_board_too_small 'tile 2 of 1 x 2: .*are needed' $digits \
		--array "$half" \
		--array "$board&rows=16&cols=16&emu.rows=16&emu.cols=16"
	# shellcheck disable=SC2086
	refused keep_of_a_second_board 'gives no snapshot of its cells' $bars \
		--checkpoint a --weights array --array emu:pcm \
		--array "$board"
}

# The ten digits of 8 x 8 on phase-change cells of a virtual board.
on_a_board() { # OUTCOME URI
	tool run softhebb --preset digits-8x8 --data set --samples 20 \
		--weights array --json --array "$2&rows=32&cols=32&device=pcm\
&device.r_load_ohm=2385&device.width_set_s=1e-7"
	outcome "$1"
}

behind_a_socket() { # OUTCOME
	: > served
	"$memrig" serve arc1 \
		'emu:pcm?rows=32&cols=32&r_load_ohm=2385&width_set_s=1e-7&seed=1' \
		--listen unix:arc.sock --control unix:arc.ctl --time-scale 0 \
		> served 2> served-err &
	server=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ ! -s served ] || break
		sleep 0.1
	done
	on_a_board "$1" 'arc1+unix:arc.sock?control=arc.ctl'
	kill $server
	wait $server
}

boards_again() {
	for time in first second; do
		on_a_board $time "arc1+loop:pcm?emu.rows=32&emu.cols=32\
&emu.r_load_ohm=2385&emu.width_set_s=1e-7&emu.seed=1"
	done
	[ -s first ] && cmp -s first second
	report board_with_one_seed_gives_the_same $?
	for time in first second; do
		behind_a_socket $time
	done
	[ -s first ] && cmp -s first second
	report board_behind_a_socket_gives_the_same $?
}

curved() {
	# shellcheck disable=SC2086
	json cells_make_a_curve '[(r["weights"], r.get("cells_per_weight"))
for r in d["results"]] == [("float", None), ("array", 1), ("array", 3)] * 2 and
[(s["cells_per_weight"], s["runs"]) for s in d["summary"]] ==
[(None, 2), (1, 2), (3, 2)] and
d["mapping"]["cells_per_weight"] == [1, 3] and
d["summary"][2]["pulses_per_weight"] > d["summary"][1]["pulses_per_weight"] > 0
and all(s["accuracy"] > 0.8 for s in d["summary"])' \
		run softhebb $layer --seeds 2 --cells-per-weight 1,3
	# shellcheck disable=SC2086
	right curve_is_a_table '^ *3 *1 .* [0-9.]*$' run softhebb $layer \
		--cells-per-weight 1,3
	if command -v gnuplot > gnuplot-path; then
		# shellcheck disable=SC2086
		right curve_is_drawn 'figure: curve.svg' run softhebb $layer \
			--cells-per-weight 1,3 --ages 1h --plot curve.svg
		grep -q 'cells per weight' curve.svg &&
			grep -q 'time since training' curve.svg
		report curve_is_beside_the_ages $?
	else
		skip curve_is_drawn 'gnuplot is not installed'
	fi
}

logged() {
	# shellcheck disable=SC2086
	json log_keeps_the_run 'd["log"] == "bars.db" and
d["results"][0]["board_hours"] is None and
d["results"][0]["operations"] > 400' run softhebb $layer --weights array \
		--samples 100 --log bars.db
	right log_names_the_app 'app *softhebb\|app=softhebb' log bars.db show
	json log_counts_operations 'd["schema"]' log bars.db stats
}

# ---- shallow checkpoints -----------------------------------------------------

# WEIGHTS: killed with a checkpoint and taken up again, twice.
resumed_layer() {
	long="$bars --epochs 15 --weights $1 --seed 3"
	[ "$1" = array ] && long="$long --ages 1h"
	# shellcheck disable=SC2086
	tool run softhebb $long --json
	bare "whole_$1"
	# shellcheck disable=SC2086
	"$memrig" run softhebb $long --checkpoint "$1.state" \
		--checkpoint-every 1 > out 2> err &
	run=$!
	while kill -0 $run 2> /dev/null && [ ! -s "$1.state" ]; do :; done
	kill -KILL $run
	wait $run 2> /dev/null
	[ $? -eq 137 ] && [ -s "$1.state" ]
	report "$1_was_killed_with_a_checkpoint" $?
	cp "$1.state" kept.state
	for time in first second; do
		# shellcheck disable=SC2086
		tool run softhebb $long --checkpoint "$1.state" --resume --json
		bare resumed
		[ -s "whole_$1" ] && cmp -s "whole_$1" resumed
		report "$1_resumed_a_${time}_time_equals_the_whole" $?
	done
	wrong_layer "$1" --epochs 15 --weights "$1"
}

# NAME OPTION...: the file in bad.state is refused with PATTERN and kept.
refused_layer() { # NAME PATTERN OPTION...
	name=$1
	pattern=$2
	shift 2
	cp bad.state bad.before
	# shellcheck disable=SC2086
	wrong "$name" 2 "$pattern" run softhebb $bars "$@" \
		--checkpoint bad.state --resume
	cmp -s bad.state bad.before
	report "${name}_and_left_alone" $?
}

wrong_layer() { # WEIGHTS OPTION...
	of=$1
	shift
	cp kept.state bad.state
	refused_layer "${of}_of_another_seed" 'another seed (3, here 4)' "$@" \
		--seed 4
	refused_layer "${of}_of_another_rule" 'another rule' "$@" --seed 3 --t 9
	refused_layer "${of}_of_fewer_samples" 'another number of samples' "$@" \
		--seed 3 --samples 100
	printf '%4096s' no > bad.state
	refused_layer "${of}_that_is_none" 'no checkpoint of a shallow network' \
		"$@" --seed 3
	head -c 900 kept.state > bad.state
	refused_layer "${of}_cut_off" 'bad.state is damaged or cut off' "$@" \
		--seed 3
}

wrong_keeping() {
	refused keep_resume_alone 'need --checkpoint FILE' --resume
	refused keep_every_alone 'need --checkpoint FILE' --checkpoint-every 3
	refused keep_every_zero '--checkpoint-every: 0 is outside' \
		--checkpoint a --checkpoint-every 0
	refused keep_of_seeds 'holds one run: say one seed' --checkpoint a \
		--seeds 3 --weights float
	refused keep_of_both 'holds one run: say --weights float or' \
		--checkpoint a
	# shellcheck disable=SC2086
	refused keep_of_a_board 'gives no snapshot of its cells' $bars \
		--checkpoint a --weights array --array arc1+loop:pcm
	# shellcheck disable=SC2086
	refused keep_that_is_missing 'gone.state cannot be read' $bars \
		--weights float --checkpoint gone.state --resume
	# shellcheck disable=SC2086
	wrong keep_in_no_folder 1 'nowhere/c.state' run softhebb $bars \
		--weights float --checkpoint nowhere/c.state
}

# ---- deep --------------------------------------------------------------------

deep="--preset mnist-cnn --data set --train-samples 20 --test-samples 10
--epochs 1"
twenty="$deep --samples 20"

resumed() {
	# shellcheck disable=SC2086
	json deep_has_what_it_learned 'd["preset"] == "mnist-cnn" and
d["weights"] == "float" and d["results"][0]["seed"] == 1 and
0 <= d["results"][0]["accuracy"] <= 1' run softhebb $twenty
	bare whole
	# shellcheck disable=SC2086
	"$memrig" run softhebb $twenty --checkpoint c.state \
		--checkpoint-every 1 > out 2> err &
	run=$!
	while kill -0 $run 2> /dev/null && [ ! -s c.state ]; do :; done
	kill -KILL $run
	wait $run 2> /dev/null
	[ $? -eq 137 ] && [ -s c.state ]
	report deep_was_killed_with_a_checkpoint $?
	cp c.state kept.state
	# shellcheck disable=SC2086
	tool run softhebb $twenty --checkpoint c.state --resume --json
	bare resumed
	[ -s whole ] && cmp -s whole resumed
	report resumed_run_equals_the_whole_one $?
	# shellcheck disable=SC2086
	tool run softhebb $twenty --checkpoint c.state --resume --json
	bare resumed
	[ -s whole ] && cmp -s whole resumed
	report resumed_after_its_end_it_is_the_same $?
}

# The file in bad.state is refused with PATTERN and stays as it is.
refused_state() { # NAME PATTERN OPTION...
	name=$1
	pattern=$2
	shift 2
	[ $# -gt 0 ] || set -- --samples 20
	cp bad.state bad.before
	# shellcheck disable=SC2086
	wrong "$name" 2 "$pattern" run softhebb $deep --checkpoint bad.state \
		--resume "$@"
	cmp -s bad.state bad.before
	report "${name}_and_left_alone" $?
}

# A value in the middle of the weights that is no number, the check made anew.
put_nan() {
	python3 -c '
import zlib
b = bytearray(open("kept.state", "rb").read())
at = len(b) // 8 * 4
b[at:at + 4] = b"\x00\x00\xc0\x7f"
b[-4:] = zlib.crc32(b[:-4]).to_bytes(4, "little")
open("bad.state", "wb").write(b)'
}

wrong_checkpoints() {
	cp kept.state bad.state
	refused_state checkpoint_of_another_seed 'another seed (1, here 2)' \
		--samples 20 --seed 2
	refused_state checkpoint_of_another_way 'another way of training' \
		--samples 20 --simultaneous
	refused_state checkpoint_of_other_images 'another number of images' \
		--samples 30
	head -c 5000 kept.state > bad.state
	refused_state checkpoint_cut_off 'bad.state is damaged or cut off'
	{ cat kept.state; printf x; } > bad.state
	refused_state checkpoint_with_more 'bad.state is damaged or cut off'
	printf 'MRDEEP' > bad.state
	refused_state checkpoint_of_six_bytes 'bad.state'
	printf '%4096s' no > bad.state
	refused_state checkpoint_that_is_none 'is no checkpoint of a deep network'
	put_nan
	refused_state checkpoint_with_nan 'bad.state: the value at byte [0-9]* is no'
	# shellcheck disable=SC2086
	wrong checkpoint_that_is_missing 2 'gone.state cannot be read' \
		run softhebb $twenty --checkpoint gone.state --resume
	# shellcheck disable=SC2086
	wrong checkpoint_in_no_folder 1 'nowhere/c.state' run softhebb $twenty \
		--checkpoint nowhere/c.state
}

# ---- wrong options -----------------------------------------------------------

# NAME PATTERN OPTION...: a usage error.
refused() {
	name=$1
	pattern=$2
	shift 2
	wrong "$name" 2 "$pattern" run softhebb "$@"
}

wrong_options() {
	refused preset_unknown "'mnist'; there are mnist-100, .*digits-8x8, \
mnist-cnn, .*cifar10-3-hard, .*, imagenet$" --preset mnist
	refused ages_out_of_order "ages: '1h' is not a time after the one before" \
		--ages 1d,1h
	refused ages_without_a_number "ages: '' is not a time" --ages 1h,,1d
	refused ages_too_many 'ages: at most 12' \
		--ages 1,2,3,4,5,6,7,8,9,10,11,12,13
	refused log_of_float 'log: .*say --weights array' --weights float \
		--log a.db
	refused weights_unknown "weights: 'both?' is not float, array or both" \
		--weights both?
	refused mapping_unknown "mapping: 'x' is not digital or plain" --mapping x
	refused pulses_unknown "pulses: 'x' is not accumulate, round or outer" \
		--pulses x
	refused neurons_none '--neurons: 0 is outside' --neurons 0
	refused batch_none '--batch: 0 is outside' --batch 0
	refused epochs_none '--epochs: 0 is outside' --epochs 0
	refused cells_too_many '--cells-per-weight: 65 is outside' \
		--cells-per-weight 65
	refused samples_negative '--samples: ' --samples=-1
	refused samples_beyond_32_bits '--samples: 4294967296 is outside' \
		--samples 4294967296
	refused temperature_nan '--t: ' --t nan
	refused rate_with_a_unit '--eta: ' --eta 3V
	refused radius_zero '--radius: 0 is outside' --radius 0
	refused norm_rate_zero '--norm-rate: 0 is outside' --norm-rate 0
	refused bias_rate_negative '--bias-rate: -1 is outside' --bias-rate=-1
	refused clip_zero '--w-clip: 0 is outside' --w-clip 0
	refused refresh_negative '--refresh-every: ' --refresh-every=-1
	refused sample_time_negative '--sample-time: ' --sample-time=-1s
	for grid in 0x1 2 x 2x 17x1 2x2x2 -1x1; do
		refused "tiles_$grid" 'is no grid of 1x1 to 16x16' "--tiles=$grid"
	done
	refused tiles_of_too_few_arrays 'tiles 2x2 are 4 arrays, and 2 are given' \
		--tiles 2x2 --array emu:pcm --array emu:ideal
	refused cells_word "per-weight: 'x' is no number of cells; say 4, or" \
		--cells-per-weight 1,x
	refused cells_none '--cells-per-weight: 0 is outside' \
		--cells-per-weight 0,1
	refused cells_falling "per-weight: '2' is not more than the number before" \
		--cells-per-weight 4,2
	refused cells_empty "per-weight: '' is no number" --cells-per-weight 1,,2
	refused cells_too_long 'per-weight: at most 12 numbers' \
		--cells-per-weight 1,2,3,4,5,6,7,8,9,10,11,12,13
	refused keep_of_cells 'holds one run: say one number of --cells' \
		--checkpoint a --weights array --cells-per-weight 1,2
	refused deep_on_several_arrays 'of a deep network lies on one array' \
		--preset mnist-cnn --weights array --array emu:pcm --array emu:pcm
	refused deep_cells_list "per-weight: '1,2' is no whole number" \
		--preset mnist-cnn --weights array --cells-per-weight 1,2
	refused seeds_none 'seeds' --seeds 0 --data nowhere
	refused option_unknown 'neuronz' --neuronz 3
	refused plot_of_another_kind '\.png' --plot a.jpg
	refused plot_of_another_kind_deep '\.png' --preset mnist-cnn --plot a.jpg
}

# The options of one kind of network, asked of the other.
wrong_kinds() {
	for option in train-samples=3 simultaneous shift=1 random transfer=emu:pcm \
		transfer-seeds=1 transfer-samples=1 transfer-scale=layer \
		transfer-care=none; do
		refused "shallow_${option%%=*}" "--${option%%=*} is for deep \
networks; 'mnist-100' is a shallow" "--$option"
	done
	for option in neurons=3 batch=1 t=1 eta=1 radius=1 norm-rate=1 by-max \
		bias-rate=1 hard mapping=plain pulses=round w-clip=1 \
		refresh-every=1 sample-time=1s readout=labels readout-t=1 \
		robustness attacked=1 posthoc interpolate=1,2 tiles=1x1; do
		refused "deep_${option%%=*}" "--${option%%=*} is for the shallow \
networks; 'mnist-cnn' is a deep" --preset mnist-cnn "--$option"
	done
	refused deep_weights_both "'both' is not float or array" \
		--preset mnist-cnn --weights both
	refused deep_log_of_float 'log: floating' --preset mnist-cnn --log a.db
	refused deep_checkpoint_on_array 'checkpoint keeps no device state' \
		--preset mnist-cnn --weights array --checkpoint a
	refused deep_resume_alone 'need --checkpoint FILE' \
		--preset mnist-cnn --resume
	refused deep_every_alone 'need --checkpoint FILE' \
		--preset mnist-cnn --checkpoint-every 3
	refused deep_checkpoint_of_seeds 'holds one run: say one seed' \
		--preset mnist-cnn --checkpoint a --seeds 3
	refused deep_ages_alone '--ages of a deep network needs --transfer' \
		--preset mnist-cnn --data set --ages 1h
	refused deep_care_alone '--transfer-care of a deep network needs' \
		--preset mnist-cnn --data set --transfer-care none
	refused deep_care_unknown "'columns' is not none, global, column or norm" \
		--preset mnist-cnn --data set --transfer emu:pcm-target \
		--transfer-care global,columns
	refused deep_transfer_seeds "transfer-seeds: 'x' is no seed" \
		--preset mnist-cnn --data set --transfer emu:pcm-target \
		--transfer-seeds x
	refused deep_scale_unknown "'row' is not output" --preset mnist-cnn \
		--data set --transfer emu:pcm-target --transfer-scale row
	refused deep_epochs_too_many '--epochs: ' --preset mnist-cnn \
		--epochs 1000000
}

wrong_arrays() {
	# shellcheck disable=SC2086
	refused array_too_small '784.*40' $layer --weights array \
		--array 'emu:pcm?rows=784&cols=39'
	# shellcheck disable=SC2086
	refused array_unknown_key 'rowz' $layer --weights array \
		--array 'emu:pcm?rowz=1'
	refused array_too_small_for_deep '25.*192' --preset mnist-cnn --data set \
		--weights array --samples 20 --array 'emu:pcm?rows=24&cols=192'
}

# ---- wrong data --------------------------------------------------------------

# A copy of the set in bad/, to be damaged.
fresh() {
	rm -rf bad
	mkdir bad
	cp -r set/mnist bad
}

# NAME PATTERN: bad/ is refused by both kinds of network.
refused_set() {
	refused "$1" "$2" --data bad --weights float
	refused "deep_$1" "$2" --data bad --preset mnist-cnn
}

# FILE OFFSET ESCAPES: other bytes there.
patch() {
	printf '%b' "$3" | dd of="bad/mnist/$1" bs=1 seek="$2" conv=notrunc \
		2> /dev/null
}

wrong_data() {
	images=train-images-idx3-ubyte
	refused_nothing='MNIST.*docs/datasets.md'
	mkdir -p empty
	refused data_missing "$refused_nothing" --data empty
	refused data_folder_missing "$refused_nothing" --data nowhere
	fresh
	patch $images 3 '\0004'
	refused_set magic "$images: byte 0: 0x00000804"
	fresh
	patch $images 11 '\0035'
	refused_set size "$images: byte 8: pictures of 29 x 28"
	fresh
	patch $images 7 '\0311'
	refused_set count "$images: byte"
	fresh
	patch train-labels-idx1-ubyte 7 '\0307'
	refused_set labels_fewer 'train-labels-idx1-ubyte: .*199.*200'
	fresh
	patch t10k-labels-idx1-ubyte 20 '\0012'
	refused_set label_outside 't10k-labels-idx1-ubyte: byte 20: label 10'
	fresh
	gzip bad/mnist/$images
	head -c 2000 bad/mnist/$images.gz > cut.gz
	mv cut.gz bad/mnist/$images.gz
	refused_set truncated_gzip "$images.gz: "
	fresh
	rm bad/mnist/t10k-images-idx3-ubyte
	refused_set test_missing 't10k-images-idx3-ubyte'
}

# ---- what cannot be written, and Ctrl-C --------------------------------------

unwritable() {
	# shellcheck disable=SC2086
	wrong plot_in_no_folder 1 'nowhere/a.png' run softhebb $layer \
		--weights float --plot nowhere/a.png
	# shellcheck disable=SC2086
	wrong log_in_no_folder 1 'nowhere/a.db' run softhebb $layer \
		--weights array --log nowhere/a.db
	echo 'no log' > text.db
	# shellcheck disable=SC2086
	wrong log_that_is_none 2 'text.db' run softhebb $layer \
		--weights array --log text.db
	[ "$(cat text.db)" = 'no log' ]
	report log_that_is_none_is_left_alone $?
	# shellcheck disable=SC2086
	"$memrig" run softhebb $layer --weights float > /dev/full 2> err
	[ $? -eq 1 ]
	report results_on_a_full_disk_are_a_failure $?
}

# The signal is sent as soon as the log holds something.
interrupted() {
	# shellcheck disable=SC2086
	"$memrig" run softhebb $bars --epochs 100000 --weights array \
		--log stop.db > out 2> err &
	run=$!
	while kill -0 $run 2> /dev/null && [ ! -s stop.db-wal ]; do :; done
	kill -INT $run
	wait $run
	[ $? -eq 1 ] && grep -q 'seed 1: stopped after [0-9]* samples' err &&
		grep -q '(stopped)' out
	report interrupted_run_prints_what_there_is $?
	json interrupted_run_is_in_the_log 'd["schema"]' log stop.db stats
}

make_set
wrong_options
wrong_kinds
wrong_data
if command -v python3 > /dev/null; then
	results
	logged
	tiled
	several_arrays
	several_boards
	boards_again
	curved
	wrong_arrays
	resumed_layer float
	resumed_layer array
	wrong_keeping
	resumed
	wrong_checkpoints
	unwritable
	interrupted
else
	skip runs 'python3 is missing'
fi
closing
