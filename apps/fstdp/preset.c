/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Tables: the rule's constants and the named experiments. The numbers are our
 * own (the rule is a reimplementation of the published idea); `source` is the
 * section of the project's fact sheet that measured them.
 */
#include "preset.h"

#include <stdio.h>
#include <string.h>

#define HOUR_S 3600.0
#define HOURS_2015 8760
#define HOURS_2015H1 4344 /* January to June */
#define LISTED_STEPS 35000 /* the fact sheet's 1.9: learning takes so many */

#define AT(member) offsetof(struct mr_fstdp_params, member)

static const struct mr_fstdp_constant constants[] = {
	{"dt", "s", AT(dt_s), 1e-3, HOUR_S, 1e-9, 1e9, "one step", "1.7, 1.9"},
	{"tau-m", "s", AT(tau_m_s), 10e-3, 0, 0, 1e12,
	 "membrane; 0 = coincidence within a step", "1.7, 1.9"},
	{"tau-p", "s", AT(tau_p_s), 10e-3, HOUR_S, 1e-9, 1e12, "learning trace",
	 "1.7, 1.9"},
	{"tau-f", "s", AT(tau_f_s), 20, 1000 * HOUR_S, 1e-9, 1e12,
	 "recovery from fatigue", "1.7, 1.9"},
	{"f", "1", AT(f), 0.1, 0.2, 0, 0.999, "fatigue per spike", "1.7, 1.9"},
	{"B", "1", AT(b), 1.7, 3.5, 0, 1e6,
	 "depression, in traces of an uncorrelated input", "1.11"},
	{"eta", "1", AT(eta), 0.002, 0.003, 0, 1, "learning rate", "1.7, 1.11"},
	{"r0", "Hz", AT(r0_hz), 5, 0.02 / HOUR_S, 1e-12, 1e9,
	 "wanted rate of output spikes", "1.7, 1.9"},
	{"kappa", "1", AT(kappa), 0.002, 0.02, 0, 0.5,
	 "gain of the threshold homeostasis", "1.7, 1.9"},
	{"threshold-factor", "1", AT(theta_factor), 1.5, 1.0, 1e-6, 1e6,
	 "first threshold, in mean drives", "1.7, 1.11"},
	{"w0", "1", AT(w0), 0.5, 0.5, 1e-6, 1, "first weight", "1.7, 1.9"},
	{"x-ref-rate", "1", AT(x_ref_rate), 0, 0.001, 0, 1,
	 "running mean of the traces, per step; 0 = from the rates", "1.7, 1.9"},
	{"ratio", "1", AT(ratio), 4, 4, 0, 1e6,
	 "threshold mode: SET above this x / x_ref", "1.11 B1b"},
	{"p-set", "1", AT(p_set), 0.3, 0.3, 0, 1,
	 "threshold mode: chance of a SET", "1.11 B1b"},
	{"p-reset", "1", AT(p_reset), 0.02, 0.02, 0, 1,
	 "threshold mode: chance of a RESET", "1.11 B1b"},
};

/* Benchmark B1 (1.7): the correlated inputs are among the slowest. */
static const struct mr_process b1_processes[] = {
	{"correlated, 4/s", 100, 4, 0.1},
	{"4/s", 300, 4, 0},
	{"11/s", 300, 11, 0},
	{"30/s", 300, 30, 0},
};

static const struct mr_fstdp_preset presets[] = {
	{.name = "ncal-2015h1",
	 .text = "rain in N. California, a dry correlated group; Jan-Jun 2015",
	 .panel = "NCAL", .end_hour = HOURS_2015H1, .n_seeds = 10},
	{.name = "ncal-2015", .text = "the same, whole year",
	 .panel = "NCAL", .end_hour = HOURS_2015, .n_seeds = 10},
	{.name = "tx-2015h1",
	 .text = "rain in Texas, group and background equally wet; Jan-Jun 2015",
	 .panel = "TX", .end_hour = HOURS_2015H1, .n_seeds = 10},
	{.name = "tx-2015", .text = "the same, whole year",
	 .panel = "TX", .end_hour = HOURS_2015, .n_seeds = 10},
	{.name = "il-2015h1",
	 .text = "rain in Illinois, a wet correlated group; Jan-Jun 2015",
	 .panel = "IL", .end_hour = HOURS_2015H1, .n_seeds = 10},
	{.name = "il-2015", .text = "the same, whole year",
	 .panel = "IL", .end_hour = HOURS_2015, .n_seeds = 10},
	{.name = "usa270-2015",
	 .text = "270 gauges across the US, no labels; whole year 2015",
	 .panel = "USA270", .end_hour = HOURS_2015, .n_seeds = 10},
	{.name = "b1",
	 .text = "1000 synthetic inputs, a slow correlated group of 100",
	 .steps = 1000000, .steps_chance = 400000, .n_seeds = 1},
};

const struct mr_fstdp_constant *mr_fstdp_constants(size_t *n)
{
	*n = sizeof constants / sizeof *constants;
	return constants;
}

double *mr_fstdp_constant_in(struct mr_fstdp_params *params,
                             const struct mr_fstdp_constant *constant)
{
	return (double *)(void *)((char *)params + constant->offset);
}

const struct mr_fstdp_preset *mr_fstdp_presets(size_t *n)
{
	*n = sizeof presets / sizeof *presets;
	return presets;
}

const struct mr_fstdp_preset *mr_fstdp_preset_find(const char *name)
{
	for (size_t k = 0; k < sizeof presets / sizeof *presets; k++)
		if (strcmp(presets[k].name, name) == 0)
			return &presets[k];
	return NULL;
}

uint64_t mr_fstdp_passes(uint32_t n_steps)
{
	uint64_t passes = (LISTED_STEPS + n_steps / 2) / n_steps;

	return passes ? passes : 1;
}

void mr_fstdp_preset_params(const struct mr_fstdp_preset *preset,
                            struct mr_fstdp_params *params)
{
	for (size_t k = 0; k < sizeof constants / sizeof *constants; k++)
		*mr_fstdp_constant_in(params, &constants[k]) =
		        preset->panel ? constants[k].weather
		                      : constants[k].synthetic;
}

#define PATH_MAX_TEXT 1024

static int join(char *out, const char *directory, const char *name,
                struct mr_errtext *err)
{
	int size = snprintf(out, PATH_MAX_TEXT, "%s/%s", directory, name);

	if (size > 0 && size < PATH_MAX_TEXT)
		return MR_OK;
	return mr_errtext_set(err, MR_ERR_USAGE,
	                      "the data directory's name is longer than %d bytes",
	                      PATH_MAX_TEXT);
}

int mr_fstdp_preset_inputs(const struct mr_fstdp_preset *preset,
                           const char *directory, double threshold,
                           double dt_s, struct mr_inputs *inputs,
                           struct mr_errtext *err)
{
	char events[PATH_MAX_TEXT], stations[PATH_MAX_TEXT];
	char panels[PATH_MAX_TEXT];
	struct mr_inputs_files files = {.events = events,
	                                .stations = stations,
	                                .panels = panels,
	                                .panel = preset->panel,
	                                .threshold = threshold,
	                                .n_hours = HOURS_2015,
	                                .end_hour = preset->end_hour};
	int code;

	if (!preset->panel)
		return mr_inputs_generated(inputs, b1_processes,
		                           sizeof b1_processes /
		                                   sizeof *b1_processes,
		                           dt_s, err);
	code = join(events, directory, "us_hpd_hourly_2015.csv.gz", err);
	if (code == MR_OK)
		code = join(stations, directory, "us_hpd_stations.csv", err);
	if (code == MR_OK)
		code = join(panels, directory, "us_hpd_panels.csv", err);
	return code == MR_OK ? mr_inputs_listed(inputs, &files, dt_s, err)
	                     : code;
}
