#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# Uses "memrig import" and "memrig calibrate" as a person would.

kind=import_cli
# shellcheck source=tests/cli.sh
. "${MR_SRCDIR:-.}/tests/cli.sh"

cat > arc1.csv <<'END'
session
Thu Nov 26 10:00:00 2026
Wordline,Bitline,Resistance,Amplitude (V),Pulse width (s),Tag,ReadTag,ReadVoltage
1,1,10000.0,0.5,0,S R2 V=0.5,2,0.5
1,1,8000.0,1.2,0.0001,P,2,0.5
2,3,-5.0,0.5,0,S R2 V=0.5,2,0.5
END
printf 't;cell;R\n0,5;1;12,5\n1,5;2;25\n' > comma.csv
printf 'n,R\n0,1e-6\n' > unit.csv

# NAME FILE: the file is not there.
absent() {
	test ! -e "$2"
	report "$1" $?
}

right arc1_is_imported 'run 1 of a.db: 3 readings and 1 pulses of 2 x 3' \
	import arc1.csv -o a.db --format arc1-csv
right arc1_useless_readings_are_told '1 readings are no conductances' \
	import arc1.csv -o a.db --format arc1-csv --meta operator=Ada
gzip -k arc1.csv
json arc1_gzip_is_imported "d['run'] == 3 and d['readings'] == 3 and \
not d['timed'] and d['useless'] == 1" \
	import arc1.csv.gz -o a.db --format arc1-csv
right log_shows_the_import 'imported=arc1.csv.gz' log a.db show
right log_shows_the_assumed_time 'time=assumed, one row every 1 s' \
	log a.db show
right log_exports_values 'conductance,0.00012[45]' log a.db export --run 1
right csv_is_imported '2 readings and 0 pulses of 1 x 3' \
	import comma.csv -o c.db --decimal , \
	--map 'time=t[ms],cell=cell,resistance=R[kOhm]'
right npy_of_an_export_is_imported '2 readings and 0 pulses' \
	import comma.csv -o c2.db --decimal , \
	--map 'time=t[ms],cell=cell,resistance=R[kOhm]'
"$memrig" log c.db export --format npy --partial --output c.npy
right npy_is_imported '2 readings and 0 pulses of 1 x 3' \
	import c.npy -o n.db

wrong comma_is_not_guessed 2 \
	"comma.csv:2:1: column 't' is '0,5': a comma is not the decimal" \
	import comma.csv -o no.db --map 'time=t,cell=cell,resistance=R'
absent comma_writes_nothing no.db
wrong unit_is_refused 2 "unit.csv:2:2: column 'R' is '1e-6': a resistance" \
	import unit.csv -o no.db --map 'cell=n,resistance=R'
absent unit_writes_nothing no.db
wrong log_is_needed 2 'by -o LOG' import unit.csv --map 'cell=n,resistance=R'
wrong format_is_needed 2 'arc1-csv, csv' import unit.csv -o no.db
wrong map_is_needed 2 'needs --map' import unit.csv -o no.db --format csv
wrong map_goes_with_csv 2 '--map does not go' import c.npy -o no.db --map x=y \
	--format npy
wrong map_word_is_known 2 "map 'colour=R'" import unit.csv -o no.db \
	--map colour=R
wrong event_kind_is_known 2 "event 'up=jump'" import unit.csv -o no.db \
	--map 'cell=n,resistance=R' --event up=jump
wrong decimal_is_a_sign 2 "say . or ," import unit.csv -o no.db \
	--map 'cell=n,resistance=R' --decimal x
wrong separator_is_a_sign 2 "say , or ;" import unit.csv -o no.db \
	--map 'cell=n,resistance=R' --separator ab
wrong separator_is_not_decimal 2 'cannot both be' import unit.csv -o no.db \
	--map 'cell=n,resistance=R' --separator , --decimal ,
wrong npy_unit_is_known 2 'uS, Ohm or kOhm' import c.npy -o no.db --unit V
wrong model_is_short 2 'give 1 to 23 letters' import c.npy -o no.db \
	--model a-model-that-has-no-end-at-all
wrong identity_is_not_empty 2 'give 1 to 127' import c.npy -o no.db \
	--identity ''
wrong file_is_there 2 'cannot read' import none.csv -o no.db --format arc1-csv
wrong key_is_given_once 2 'the key was given' import c.npy -o no.db \
	--meta imported=x
cp unit.csv other.db
wrong other_files_are_left_alone 2 'no memrig log' import c.npy -o other.db
cmp -s unit.csv other.db
report other_files_are_as_they_were $?
absent nothing_was_written no.db
wrong o_is_not_for_all_verbs 2 "unknown option '-o'" list -o x

# ---- calibrate ------------------------------------------------------------

chip='emu:ideal?rows=1&cols=4&state=chip.bin&adc_gain_error=0.05&adc_bits=12'
for n in 1 2 3; do
	"$memrig" pulse --array "$chip" --cells $n --name set --count $((n * 40)) \
		> /dev/null
done
# 40 pulses of 0.05 uS are 2 uS
set -- --reference 1:500kOhm --reference 0,2:250kOhm --reference 3:166666.667
XDG_CONFIG_HOME=$scratch/config
export XDG_CONFIG_HOME
right show_of_nothing 'no calibrations in' calibrate --show
json gain_is_found "abs(d['gain'] - 1.05) < 4 * d['gain_se'] < 0.02 and \
d['references'] == 3 and d['file'].endswith('.ini')" calibrate "$chip" "$@"
file=$(ls config/memrig/calibration/emu-*.ini)
right show_lists_it 'gain  *1.0[45]' calibrate --show
right show_of_a_board 'emulated ideal 1x4' calibrate --show "$chip"
right read_through_it '0    1  *\(2\|2.00.\|1.99.\) uS' read --cells 1 \
	--array "$chip&calibration=$file" --log cal.db
right info_says_so '^calibration   [0-9a-f]* 20' info \
	"$chip&calibration=$file"
right log_says_so 'calibration=[0-9a-f]* 20' log cal.db show
wrong board_is_checked 2 'ideal 1x4.*ideal 1x5' read \
	--array "emu:ideal?rows=1&cols=5&calibration=$file"
wrong calibrated_is_not_calibrated_again 2 'open it without calibration=' \
	calibrate "$chip&calibration=$file" "$@"
wrong two_are_needed 2 'two references' calibrate "$chip" --reference 1:1k
wrong reference_has_a_form 2 'give CELL:OHM' calibrate "$chip" --reference 1
wrong reference_is_positive 2 'give CELL:OHM' calibrate "$chip" \
	--reference 1:-5
wrong reference_is_a_cell 2 'is no cell' calibrate "$chip" --reference x:5
wrong reference_is_inside 2 'outside the array' calibrate "$chip" \
	--reference 1,0:5
wrong reference_is_given_once 2 'given twice' calibrate "$chip" "$@" \
	--reference 1:5k
wrong swapped_references_are_refused 2 'gain must be above 0' calibrate \
	"$chip" --reference 1:166666 --reference 3:500000
wrong store_or_dir 2 'give one of them' calibrate "$chip" "$@" --store x \
	--dir y
wrong show_or_remove 2 'give one kind' calibrate "$chip" --show --remove
wrong one_array 2 'given twice' calibrate "$chip" --array "$chip" "$@"
wrong plan_is_refused 2 'does not go with' calibrate "$chip" "$@" --plan
wrong voltages_are_limited 2 'read voltage 5' calibrate "$chip" "$@" \
	--voltages 5V
printf 'nothing\n' > not.ini
wrong only_calibrations_are_removed 2 'not.ini' calibrate --remove \
	--store not.ini
right remove_takes_it_away 'removed' calibrate --remove "$chip"
absent removed_is_gone "$file"
wrong remove_of_nothing 2 'No such file' calibrate --remove "$chip"

closing
