/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The tables of protocols and of suites. */
#include "measuring.h"

/* In the order in which a suite would do them. */
static const struct mr__protocol *const protocols[] = {
	&mr__measure_map,         &mr__measure_converter,
	&mr__measure_iv,          &mr__measure_pulses,
	&mr__measure_amplitude,   &mr__measure_program,
	&mr__measure_noise,       &mr__measure_drift,
	&mr__measure_disturb,     &mr__measure_temperature,
	&mr__measure_retention,   &mr__measure_endurance,
};

#define N_PROTOCOLS (sizeof protocols / sizeof protocols[0])

static const struct mr_measure_step quick[] = {
	{"map", "reads=4"},
	{"converter", "reads=2"},
	{"iv", "points=10"},
	{"pulses", "cycles=2"},
	{"program", "repetitions=2"},
	{"noise", ""},
	{"drift", "rounds=1 last=100"},
};

static const struct mr_measure_step standard[] = {
	{"map", ""},
	{"converter", ""},
	{"iv", ""},
	{"pulses", "cycles=8"},
	{"amplitude", ""},
	{"program", "repetitions=16"},
	{"noise", "rounds=4 reads=1024"},
	{"drift", "rounds=2 levels=12 last=1e5"},
	{"disturb", ""},
	{"temperature", ""},
};

/* A night is about 14 hours. */
static const struct mr_measure_step overnight[] = {
	{"map", ""},
	{"converter", ""},
	{"iv", ""},
	{"pulses", "cycles=16"},
	{"amplitude", ""},
	{"program", "repetitions=16"},
	{"noise", "rounds=8 reads=1024"},
	{"disturb", ""},
	{"temperature", ""},
	{"drift", "rounds=1 levels=12 last=1e4"},
	{"retention", "times=1,600,3600,14400,28800"},
	{"endurance", "cycles=5000"},
};

static const struct mr_measure_suite suites[] = {
	{"quick", "a first look; minutes on a board", quick,
	 sizeof quick / sizeof *quick},
	{"standard", "what the fits need; drift alone takes two days on a board",
	 standard, sizeof standard / sizeof *standard},
	{"overnight", "most of it and retention, in one night on a board",
	 overnight, sizeof overnight / sizeof *overnight},
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
