#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the memrig authors
#
# "memrig run softhebb" as a person would use it: read-outs, robustness, figures,
# wrong options. What learns needs MNIST in $MEMRIG_DATA, or in shared/data beside
# the source tree.

kind=softhebb_cli
given=${MEMRIG_DATA:-/nonexistent}
# shellcheck source=tests/cli.sh
. "${MR_SRCDIR:-.}/tests/cli.sh"

find_data() {
	for data in "$given" "$MR_SRCDIR/../shared/data" \
		"$MR_SRCDIR/../../shared/data" "$MR_SRCDIR/../../../shared/data" \
		"$MR_SRCDIR/../../../../shared/data"; do
		[ ! -d "$data/mnist" ] || return 0
	done
	return 1
}

# The first 3000 samples, in floating point.
small() { # NAME EXPRESSION OPTION...
	name=$1
	expression=$2
	shift 2
	json "$name" "$expression" run softhebb --preset mnist-100 \
		--weights float --neurons 50 --samples 3000 --data "$data" "$@"
}

readouts() {
	small linear_readout_is_beside_the_labels \
		'[r["readout"] for r in d["results"]] == ["neuron labels"] and
d["results"][0]["linear"] > 0.7 and "baseline" not in d and
d["summary"][0]["linear"] == d["results"][0]["linear"]' --readout linear
	small labels_alone_by_default \
		'd["results"][0]["linear"] is None' --readout labels
	small posthoc_falls 'd["posthoc"]["softhebb"][0]["loss"] >
1.5 * d["posthoc"]["softhebb"][-1]["loss"] and
all(0 < len(d["posthoc"][k]) <= 300 for k in ("softhebb", "mlp")) and
d["posthoc"]["mlp"][-1]["samples"] == 3000 and
d["baseline"]["mlp"] > d["baseline"]["mlp_one_pass"] > 0.7' --posthoc
	small robustness_has_both_networks '[r["network"] for r in
d["robustness"]] == ["softhebb", "softhebb", "mlp"] and
[r["readout_t"] for r in d["robustness"]] == [20, 5, None] and
all([n["sigma"] for n in r["noise"]][::5] == [0, 0.5, 1] and
len(r["noise"]) == 11 for r in d["robustness"]) and
[len(r["pgd"]) for r in d["robustness"]] == [15, 15, 5] and
d["robustness"][0]["noise"][0]["accuracy"] ==
d["baseline"]["softhebb_linear"]' --robustness --attacked 20
}

figures() {
	if ! command -v gnuplot > gnuplot-path; then
		skip figures "gnuplot is not installed"
		return
	fi
	right study_draws 'figure: b-between.png' run softhebb --weights float \
		--preset mnist-100 --neurons 50 --samples 3000 --data "$data" \
		--posthoc --interpolate 3,8 --plot b.png
	[ -s b.png ] && [ -s b-study.png ] && [ -s b-between.png ]
	report study_draws_three_figures $?
}

wrong_input() {
	wrong readout_name 2 "readout: 'votes' is not labels or linear" \
		run softhebb --readout votes
	wrong readout_t 2 '--readout-t: 0 is outside' run softhebb --readout-t 0
	wrong attacked 2 '--attacked: .* 1 to' run softhebb --attacked 0
	wrong interpolate_one_class 2 'two classes or more' run softhebb \
		--weights float --interpolate 3 --json
	wrong interpolate_class 2 "'10' is not a class from 0 to 9" \
		run softhebb --interpolate 3,10 --json
	wrong interpolate_same_class 2 'other than the one before' \
		run softhebb --interpolate 3,3 --json
	wrong interpolate_many 2 'at most 8 classes' run softhebb \
		--interpolate 0,1,2,3,4,5,6,7,8 --json
	wrong interpolate_unseen 2 'say --plot FILE' run softhebb \
		--interpolate 3,8
	wrong robustness_on_the_array 2 'say --weights float or both' \
		run softhebb --weights array --robustness
	wrong posthoc_on_the_array 2 'posthoc: looks at floating' \
		run softhebb --weights array --posthoc
}

if find_data; then
	readouts
	figures
else
	skip readouts "MNIST is not there"
fi
wrong_input
closing
