/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The tables of protocols and of suites. */
#include "measuring.h"

/* In the order in which a suite would do them. */
static const struct mr__protocol *const protocols[] = {
	&mr__measure_map,
	&mr__measure_pulses,
	&mr__measure_drift,
	&mr__measure_noise,
	&mr__measure_program,
};

#define N_PROTOCOLS (sizeof protocols / sizeof *protocols)

static const struct mr_measure_step quick[] = {
	{"map", ""},
	{"pulses", "cycles=2"},
	{"program", "repetitions=2"},
	{"noise", ""},
	{"drift", "last=100"},
};

static const struct mr_measure_step standard[] = {
	{"map", ""},
	{"pulses", "cycles=8"},
	{"program", "repetitions=16"},
	{"noise", "rounds=4 reads=1024"},
	{"drift", "rounds=2 levels=12 last=1e5"},
};

static const struct mr_measure_suite suites[] = {
	{"quick", "a first look; minutes on a board", quick,
	 sizeof quick / sizeof *quick},
	{"standard", "what the fits need; two days on a board, for drift",
	 standard, sizeof standard / sizeof *standard},
};

const struct mr__protocol *mr__measure_protocol(size_t i)
{
	return i < N_PROTOCOLS ? protocols[i] : NULL;
}

const struct mr_measure_protocol *mr_measure_protocol(size_t i)
{
	return i < N_PROTOCOLS ? &protocols[i]->about : NULL;
}

const struct mr_measure_suite *mr_measure_suites(size_t *n)
{
	*n = sizeof suites / sizeof *suites;
	return suites;
}
