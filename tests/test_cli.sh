#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# Uses the built tool as a person would: right and wrong commands, exit
# statuses, JSON, and a chip that lives in a state file.

# shellcheck source=tests/cli.sh
. "${MR_SRCDIR:-.}/tests/cli.sh"

small='emu:pcm?rows=3&cols=4&seed=11'
chip='emu:pcm?rows=3&cols=4&seed=11&state=chip.state'

# ---- help and wrong use ------------------------------------------------------

helps() {
	right help_is_printed '^usage: memrig VERB' --help
	right version_is_printed '^memrig [0-9]' --version
	for verb in $(verbs); do
		"$memrig" "$verb" --help > out 2> err \
			&& grep -q "^  memrig $verb" out
		report "${verb}_help_has_an_example" $?
		grep -q "^\.SS $verb\$" "${MR_SRCDIR:-.}/docs/memrig.1"
		report "${verb}_is_in_the_man_page" $?
	done
}

# The verbs that the tool itself names.
verbs() {
	"$memrig" --help | sed -n '/^verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# Every example of a verb's help is run, in a folder with the files that they
# name. The app's are too long for here; test_fstdp_cli.sh runs the app.
examples() {
	mkdir examples && cd examples || exit 1
	echo '0.1,0.2' > v.csv
	printf '1uS,2uS\n3uS,4uS\n' > w.csv
	"$memrig" trace --array 'emu:pcm?rows=4&cols=4' --cells 5 \
		--sweep 0,0.2,0 --hold 1ms --log run.db > out
	"$memrig" read --array 'emu:pcm?rows=4&cols=4' --log run.db > out
	printf 'word,bit,t,R\n0,1,0.5,12.5\n' > iv.csv
	{
		echo 'Wordline,Bitline,Resistance,Amplitude (V),Pulse width (s),Tag,ReadTag,ReadVoltage'
		echo '1,1,10000.0,0.5,0,S R2 V=0.5,2,0.5'
	} | gzip > session.csv.gz
	"$memrig" import iv.csv -o iv.db --map \
		'row=word,col=bit,resistance=R[kOhm]' > out
	"$memrig" log iv.db export --format npy --partial --output g.npy > out
	for verb in $(verbs); do
		case $verb in
		run|plot|serve) continue ;; # test_boards_cli.sh serves
		esac
		"$memrig" "$verb" --help \
			| sed -n '/^examples:/,$s/^  \(.*\)/\1/p' \
			| sed "s|^memrig|'$memrig'|" > "$verb.sh"
		sh -e "$verb.sh" > out 2> err
		report "${verb}_examples_work" $?
	done
	cd .. || exit 1
}

wrong_use() {
	wrong no_verb_is_refused 2 '^usage' 
	wrong unknown_verb_names_the_verbs 2 "'reed' is no verb.*read, pulse" \
		reed
	wrong unknown_option_is_named 2 "unknown option '--bogus'" read --bogus
	wrong missing_array_shows_an_example 2 "--array 'emu:pcm" read
	wrong unknown_key_is_named 2 'rowz.*rows' read \
		--array 'emu:pcm?rowz=3'
	wrong unknown_driver_is_named 2 'emo' read --array 'emo:pcm'
	wrong unknown_model_is_named 2 'pcx' read --array 'emu:pcx'
	wrong row_outside_is_named 2 '--rows: 3 is outside 0 to 2' read \
		--array "$small" --rows 1-3
	wrong cell_outside_is_named 2 '--cells: 12 is outside 0 to 11' read \
		--array "$small" --cells 0,12
	wrong repeated_row_is_refused 2 '1' read --array "$small" --rows 1,1
	wrong list_malformed_is_refused 2 "--rows: '2-1'" read \
		--array "$small" --rows 2-1
	wrong two_selections_are_refused 2 'one of them' read \
		--array "$small" --rows 1 --cells 2
	wrong rect_malformed_is_refused 2 '--rect' read --array "$small" \
		--rect 0-3
	wrong nan_is_refused 2 "--v-read: 'nan'" read --array "$small" \
		--v-read nan
	wrong trailing_junk_is_refused 2 "--v-read: '0.1Vx'" read \
		--array "$small" --v-read 0.1Vx
	wrong read_voltage_too_high_is_refused 2 'V' read --array "$small" \
		--v-read 90V
	wrong csv_with_json_is_refused 2 'one of them' read --array "$small" \
		--csv --json
	wrong superfluous_argument_is_refused 2 "'x' is one argument too many" \
		read --array "$small" x
}

wrong_operations() {
	wrong pulse_without_shape_is_refused 2 'which pulse' pulse \
		--array "$small"
	wrong pulse_unknown_name_lists_the_names 2 "'zap'.*set" pulse \
		--array "$small" --name zap
	wrong pulse_named_read_is_refused 2 "'read' is no programming" pulse \
		--array "$small" --name read
	wrong pulse_without_unit_is_refused 2 'volts or amperes' pulse \
		--array "$small" --amplitude 90e-6 --width 50ns
	wrong pulse_without_width_is_refused 2 'needs --width' pulse \
		--array "$small" --amplitude 90uA
	wrong pulse_count_0_is_refused 2 '--count: 0' pulse --array "$small" \
		--name set --count 0
	wrong pulse_of_volts_is_refused_by_pcm 2 '.' pulse --array "$small" \
		--amplitude 1.2V --width 50ns
	wrong program_without_target_is_refused 2 'which targets' program \
		--array "$small"
	wrong program_negative_target_is_refused 2 '--target: -1uS' program \
		--array "$small" --target=-1uS
	wrong drive_with_wrong_length_is_refused 2 '2 voltages, but 3 rows' \
		drive --array "$small" --v 0.1,0.2
	wrong drive_with_ragged_lists_is_refused 2 '--v: 2 numbers' drive \
		--array "$small" --v 0.1,0.2,0.1 --v 0.1,0.2
	wrong drive_without_voltages_is_refused 2 'which voltages' drive \
		--array "$small"
	wrong drive_missing_file_is_named 2 'nowhere.csv: No such file' drive \
		--array "$small" --input nowhere.csv
	printf '0.1,0.2,0.1\n0.1,bad,0.1\n' > bad.csv
	wrong drive_wrong_line_is_named 2 "bad.csv:2: 'bad'" drive \
		--array "$small" --input bad.csv
	wrong trace_without_hold_is_refused 2 '--hold is missing' trace \
		--array "$small" --sweep 0,0.1
	wrong trace_with_one_corner_is_refused 2 'two corners' trace \
		--array "$small" --sweep 0.1 --hold 1ms
	wrong wait_without_time_is_refused 2 'missing' wait --array "$small"
	wrong wait_negative_is_refused 2 'is no time' wait --array "$small" \
		-- -3s
	wrong wait_without_number_is_refused 2 'is no time' wait \
		--array "$small" soon
	wrong configure_without_value_is_refused 2 'NAME=VALUE' configure \
		--array "$small" scheme
	wrong configure_unknown_name_is_refused 2 'colour' configure \
		--array "$small" colour=red
	wrong models_unknown_name_lists_models 2 'ideal' models nosuch
	wrong info_with_two_arrays_is_refused 2 'twice' info \
		--array "$small" "$small"
}

# ---- results ---------------------------------------------------------------

results() {
	right info_shows_the_shape '^shape  *3 rows x 4 columns' info "$small"
	right models_lists_pcm '^pcm ' models
	right models_shows_units ' S ' models pcm
	right read_prints_a_table 'S' read --array "$small" --rows 0
	right csv_has_a_header '^row,col,g_S,status$' read --array "$small" \
		--csv
	[ "$(wc -l < out)" -eq 13 ]
	report csv_has_a_line_per_cell $?
	"$memrig" read --array "$small" > /dev/full 2> err
	[ $? -eq 1 ] && grep -q 'cannot be written' err
	report full_disk_is_a_failure $?
	MEMRIG_ARRAY=$small "$memrig" read --csv > out2 2> err
	tool read --array "$small" --csv
	cmp -s out out2
	report environment_names_the_array $?
	tool read --array "$small" --seed 12 --csv
	! cmp -s out out2
	report seed_changes_the_result $?
}

json_results() {
	json info_json 'd["schema"] == "memrig.info/1" and d["rows"] == 3 and
d["seed"] == 11 and "read" in d["offers"]' info "$small"
	json models_json 'd["schema"] == "memrig.models/1" and
any(m["name"] == "pcm" and m["parameters"] for m in d["models"])' models
	json model_json 'len(d["models"]) == 1' models pcm
	json read_json 'd["schema"] == "memrig.read/1" and
d["row"] == [1, 1, 2, 2] and d["col"] == [0, 3, 0, 3] and
all(0 <= g < 1e-4 for g in d["g_S"]) and d["outcome"]["n_effect"] == 4' \
		read --array "$small" --rows 1-2 --cols 0,3
	json read_list_json 'd["row"] == [2, 0, 2] and d["col"] == [3, 0, 3]' \
		read --array "$small" --cells 11,0,11
	json read_rect_json 'd["row"] == [1, 1] and d["col"] == [2, 3]' \
		read --array "$small" --rect 1,2,1,2
	json read_raw_json 'len(d["v_V"]) == 12 and len(d["i_A"]) == 12' \
		read --array "$small" --raw --averages 3
	json pulse_json 'd["schema"] == "memrig.pulse/1" and
d["outcome"]["n_effect"] == 12' pulse --array "$small" --name set --count 3
	json pulse_by_hand_json 'd["outcome"]["n_effect"] == 2' pulse \
		--array "$small" --cells 0,5 --amplitude 90uA --width 50ns
	json program_json 'd["schema"] == "memrig.program/1" and
len(d["pulses"]) == 2 and d["budget"] == 9' program --array "$small" \
		--cells 3,4 --target 5uS --tolerance 1uS --budget 9
	json drive_json 'd["schema"] == "memrig.drive/1" and
d["vector"] == [0] * 4 + [1] * 4 and d["col"] == [0, 1, 2, 3] * 2 and
len(d["i_A"]) == 8' drive --array "$small" --v 0.1,0,0.1 --v 0.1,200mV,0.05
	json drive_columns_json 'd["row"] == [0, 2] and len(d["i_A"]) == 2' \
		drive --array "$small" --axis cols --rows 0,2 --cols 1-2 \
		--v 0.1,0.05
	json trace_json 'd["schema"] == "memrig.trace/1" and
len(d["t_s"]) == 5 and abs(d["v_V"][2] - 0.1) < 1e-2' trace \
		--array "$small" --cells 5 --sweep 0,0.1,0 --points 2 --hold 1ms
	json wait_json 'd["schema"] == "memrig.wait/1" and
d["outcome"]["t_end_ns"] - d["outcome"]["t_begin_ns"] == 5400 * 10**9' \
		wait --array "$small" 1.5h
}

standard_input() {
	printf '0.1,0.1,0.1\n' | "$memrig" drive --array "$small" --input - \
		--csv > out 2> err && [ "$(wc -l < out)" -eq 5 ]
	report drive_reads_standard_input $?
	printf '1uS,2uS\n3uS,4uS\n' > targets.csv
	json program_from_a_file 'len(d["g_S"]) == 4' program --array "$small" \
		--rows 0,1 --cols 2,3 --input targets.csv --budget 5
	wrong targets_must_fit_the_cells 2 '4 targets, but 12 cells' program \
		--array "$small" --input targets.csv
}

# ---- a chip in a file ------------------------------------------------------

state() {
	tool read --array "$chip" --json
	cp out before.json
	right state_file_is_written . pulse --array "$chip" --name set --count 9
	json state_keeps_pulses 'sum(d["g_S"]) >
2 * sum(json.load(open("before.json"))["g_S"])' read --array "$chip"
	tool wait --array "$chip" 1d
	json state_keeps_array_time 'd["time_ns"] > 86400 * 10**9' info "$chip"
	cp chip.state copy.state
	wrong failed_command_prints_nothing 2 zap pulse --array "$chip" \
		--name zap
	cmp -s chip.state copy.state
	report failed_command_leaves_the_state $?
	wrong state_of_another_shape_is_refused 2 'chip.state' read --array \
		'emu:pcm?rows=5&cols=4&state=chip.state'
	printf 'no state at all' > junk.state
	wrong junk_state_is_refused 2 'junk.state' read --array \
		'emu:pcm?rows=3&cols=4&state=junk.state'
	[ "$(cat junk.state)" = 'no state at all' ]
	report junk_state_is_left_alone $?
	! find . -name '*.tmp*' | grep -q .
	report nothing_is_left_half_written $?
}

logs() {
	json log_is_kept 'd["outcome"]["error"] == "ok"' read \
		--array "$small" --log run.db --meta operator=me --meta die=4
	right log_is_added_to . read --array "$small" --log run.db
	right playback_describes_the_array '3 rows x 4 columns' \
		info playback:run.db
	wrong log_in_no_folder_is_a_failure 1 '--log nowhere/x.db' read \
		--array "$small" --log nowhere/x.db
	echo 'no database' > junk.db
	wrong log_in_another_file_is_refused 2 'junk.db' read \
		--array "$small" --log junk.db
	[ "$(cat junk.db)" = 'no database' ]
	report file_that_is_no_log_is_left_alone $?
	wrong log_options_without_log_are_refused 2 'need --log' read \
		--array "$small" --meta a=b
}

helps
examples
wrong_use
wrong_operations
results
if command -v python3 > /dev/null; then
	json_results
	standard_input
	state
	logs
else
	skip json_is_parsed 'python3 is missing'
fi
closing
