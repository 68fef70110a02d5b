#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# "memrig run correlation" and "memrig run synapses" as a person would use them.

kind=apps_cli
# shellcheck source=tests/cli.sh
. "${MR_SRCDIR:-.}/tests/cli.sh"

data=${MR_SRCDIR:-.}/data
case $data in
/*) ;;
*) echo "MR_SRCDIR must be absolute" >&2; exit 1 ;;
esac

# A bar over a quarter of 8 x 8 pixels.
bar() {
	printf 'P1\n# a bar\n8 8\n'
	for _ in 1 2 3 4 5 6 7 8; do echo 11000000; done
}

is_png() {
	[ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ]
}

correlation() {
	bar > bar.pbm
	right correlation_prints_a_table '^ *1 .* uS ' run correlation \
		--pattern bar.pbm --scale 8 --steps 3000
	json correlation_finds_a_picture 'd["schema"] == "memrig.run/1" and
d["app"] == "correlation" and d["data"] == "bar.pbm" and
d["processes"] == 4096 and d["constants"]["gain_A"] == 2e-3 / 4096 and
d["summary"]["auc"] > 0.95 and len(d["results"]) == 2 and
all(r["pulses"] > 0 and r["steps"] == 3000 for r in d["results"])' \
		run correlation --pattern bar.pbm --scale 8 --steps 3000 --seeds 2
	json correlation_threshold_coding 'd["coding"] == "threshold" and
d["summary"]["auc"] > 0.95 and d["results"][0]["steps_with_pulses"] < 200' \
		run correlation --pattern bar.pbm --scale 8 --steps 3000 \
		--coding threshold --sigma 4 --cells-per-process 2
	json correlation_without_correlation_finds_none \
		'abs(d["summary"]["auc"] - 0.5) < 0.05' run correlation \
		--pattern bar.pbm --scale 8 --steps 1000 --c 0
	json correlation_of_numbers 'd["processes"] == 2000 and
d["cells_per_process"] == 3' run correlation --processes 2000 --share 0.2 \
		--steps 200 --cells-per-process 3
	json correlation_of_rain 'd["preset"] == "usa270-2015" and
d["processes"] == 270 and d["results"][0]["steps"] > 4000' run correlation --preset usa270-2015 \
		--data "$data/weather"
	right correlation_keeps_a_log 'log kept.db' run correlation \
		--pattern bar.pbm --steps 300 --log kept.db
	json correlation_log_reads_again 'd["schema"]' log kept.db stats
}

synapses() {
	right synapses_prints_a_table '^ *3 array ' run synapses --steps 500 \
		--inputs 200
	json synapses_part_the_groups 'd["app"] == "synapses" and
[r["cells_per_synapse"] for r in d["results"]] == [2, 2, 5, 5] and
all(r["d_prime"] > 1 for r in d["results"]) and
{r["weights"] for r in d["results"]} == {"array", "float"}' \
		run synapses --seeds 1 --cells-per-synapse 2,5 --steps 2000
	right synapses_keep_a_log 'log syn.db' run synapses --steps 100 \
		--inputs 50 --cells-per-synapse 2 --seeds 1 --log syn.db
	json synapses_log_reads_again 'd["schema"]' log syn.db stats
}

figures() {
	if ! command -v gnuplot > gnuplot-path; then
		skip figures "gnuplot is not installed"
		return
	fi
	right correlation_draws 'figure c.png' run correlation \
		--pattern bar.pbm --scale 8 --steps 500 --plot c.png
	is_png c.png
	report correlation_figure_is_png $?
	right synapses_draw 'figure s.png' run synapses --steps 200 \
		--inputs 50 --plot s.png
	is_png s.png
	report synapses_figure_is_png $?
}

wrong_input() {
	printf 'P1\n2 2\n1 0 1' > cut.pbm
	wrong pattern_missing 2 'none.pbm' run correlation --pattern none.pbm
	wrong pattern_cut_off 2 'cut.pbm.*cut off' run correlation \
		--pattern cut.pbm
	wrong pattern_and_processes 2 'processes' run correlation \
		--pattern bar.pbm --processes 5
	wrong correlation_c 2 '--c: 2 is outside 0 to 1' run correlation --c 2
	wrong correlation_coding 2 'coding.*amplitude' run correlation \
		--coding phase
	wrong correlation_unit 2 'i-max' run correlation --i-max 80V
	wrong correlation_array 2 'need.*cells' run correlation \
		--pattern bar.pbm --array 'emu:pcm?rows=3&cols=3'
	wrong synapses_sizes 2 "'x'.*1,3,7" run synapses --cells-per-synapse 1,x
	wrong synapses_group 2 'correlated' run synapses --inputs 10 \
		--correlated 10
	wrong synapses_figure 2 'plot.*\.png' run synapses --plot figure.doc
	wrong synapses_fault 1 'operation' run synapses --steps 100 \
		--inputs 20 --array 'emu:pcm?fault.at=30'
}

correlation
synapses
figures
wrong_input
closing
