/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The table of models: each entry is complete, its file says the same, and its
 * curve is the published one. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/emulator.h"
#include "memrig/memrig.h"
#include "memrig/model.h"

#include "test.h"

static struct mr_array *open_array(const char *uri)
{
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;

	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), MR_OK, err);
	CU_ASSERT_FATAL(array != NULL);
	return array;
}

static void check_entry(const struct mr_model *m)
{
	double p[MR_PARAMS_MAX];

	CU_ASSERT(m->name && m->summary && m->source);
	CU_ASSERT(m->n_params > 0 && m->n_params <= MR_PARAMS_MAX);
	CU_ASSERT(m->check && m->describe && m->accepts && m->birth);
	CU_ASSERT(m->pulse || m->target);
	CU_ASSERT(m->n_normals <= MR_NORMALS_MAX);
	CU_ASSERT(!m->pulse_run || (m->pulse && m->n_normals <= 1));
	for (uint32_t i = 0; i < m->n_params; i++) {
		const struct mr_param *q = &m->params[i];

		CU_ASSERT(q->name && q->unit && q->text && q->source);
		CU_ASSERT(q->value >= q->min && q->value <= q->max);
		for (uint32_t k = 0; k < i; k++)
			CU_ASSERT(strcmp(q->name, m->params[k].name) != 0);
	}
	mr_model_defaults(m, p);
	MR_CODE(m->check(p, NULL), MR_OK);
}

static void models_table_is_complete(void)
{
	size_t n;
	const struct mr_model *const *table = mr_models(&n);

	CU_ASSERT(n >= 2);
	for (size_t i = 0; i < n; i++) {
		check_entry(table[i]);
		CU_ASSERT(i == 0 ||
		          strcmp(table[i - 1]->name, table[i]->name) < 0);
	}
}

/* devices/NAME.ini is for people who want to change a copy of it: it must hold
 * what the program holds. */
static void models_file_equals_table(void)
{
	size_t n;
	const struct mr_model *const *table = mr_models(&n);

	for (size_t i = 0; i < n; i++) {
		char path[512];
		double p[MR_PARAMS_MAX];
		struct mr_errtext err = {""};

		for (uint32_t k = 0; k < table[i]->n_params; k++)
			p[k] = -1;
		(void)snprintf(path, sizeof path, "%s/devices/%s.ini",
		               MR_SRCDIR, table[i]->name);
		MR_CODE_ERR(mr_model_load(table[i], path, p, &err), MR_OK, err);
		for (uint32_t k = 0; k < table[i]->n_params; k++)
			MR_NEAR(p[k], table[i]->params[k].value,
			        1e-9 * fabs(table[i]->params[k].value));
	}
}

static void models_lookup_names_what_there_is(void)
{
	struct mr_errtext err = {""};
	double p[MR_PARAMS_MAX];
	const struct mr_model *m = mr_model_find("pcm", NULL);

	CU_ASSERT_PTR_NULL(mr_model_find("pcn", &err));
	MR_HAS(err.text, "ideal, pcm");
	CU_ASSERT_FATAL(m != NULL);
	mr_model_defaults(m, p);
	MR_CODE(mr_model_set(m, "nu", 0.06, p, &err), MR_OK);
	MR_CODE(mr_model_set(m, "mu", 0.06, p, &err), MR_ERR_USAGE);
	MR_HAS(err.text, "nu_spread");
	MR_CODE(mr_model_set(m, "nu", 0.7, p, &err), MR_ERR_RANGE);
	MR_HAS(err.text, "0 to 0.5");
	MR_CODE(mr_model_set(m, "nu", NAN, p, &err), MR_ERR_RANGE);
}

struct moments {
	double mean;
	double sd;
};

/* Of what the chip holds, without read noise. */
static struct moments truth(struct mr_array *array)
{
	struct mr_truth t;
	double sum = 0, square = 0;

	MR_CODE(mr_emulator_truth(array, &t), MR_OK);
	for (uint32_t i = 0; i < t.n_cells; i++) {
		double g = 1e6 * (double)t.g_S[i];

		sum += g;
		square += g * g;
	}
	sum /= t.n_cells;
	return (struct moments){sum, sqrt(square / t.n_cells - sum * sum)};
}

/* A5: means of Nandakumar 2018's model after n SETs, clip 20 uS; computed from
 * the public coefficients by Monte Carlo, 2e5 cells. 1e5 cells here: standard
 * error .008 uS, the stated tolerance is .05. */
static void pcm_accumulation_follows_the_curve(void)
{
	static const struct {
		int n;
		double mean, sd;
	} expected[] = {{1, 2.05, 1.51},
	                {2, 3.43, 1.97},
	                {5, 5.92, 2.38},
	                {10, 7.84, 2.47},
	                {20, 9.42, 2.68}};
	struct mr_array *array =
		open_array("emu:pcm?rows=250&cols=400&seed=5&g_max_S=20e-6");
	int done = 0;

	for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
		uint32_t more = (uint32_t)(expected[i].n - done);

		MR_CODE(mr_array_pulse(array, NULL, "set", more), MR_OK);
		done = expected[i].n;
		struct moments m = truth(array);

		MR_NEAR(m.mean, expected[i].mean, 0.05);
		MR_NEAR(m.sd, expected[i].sd, 0.05);
	}
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* The same source, clip 12 uS: 8.92 and 1.97 after 20 SETs. */
static void pcm_clamp_holds_the_default_range(void)
{
	struct mr_array *array =
		open_array("emu:pcm?rows=250&cols=400&seed=6");

	MR_CODE(mr_array_pulse(array, NULL, "set", 20), MR_OK);
	struct moments m = truth(array);

	MR_NEAR(m.mean, 8.92, 0.05);
	MR_NEAR(m.sd, 1.97, 0.05);
	MR_CODE(mr_array_pulse(array, NULL, "reset", 1), MR_OK);
	m = truth(array);
	MR_NEAR(m.mean, 0.1, 0.001);
	MR_NEAR(m.sd, 0.01, 0.001);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* A6: however long a cell rested before its last SET, what it shows depends on
 * the time since that SET alone; and the SET starts from the conductance as
 * programmed, not from the drifted one. */
static void pcm_set_restarts_the_drift_clock(void)
{
	static const double rests_s[] = {0, 1, 3600, 3.15e7};
	float first[12], g_S[12];

	for (int k = 0; k < 4; k++) {
		struct mr_array *array =
			open_array("emu:pcm?rows=3&cols=4&seed=9&noise=none");

		MR_CODE(mr_array_pulse(array, NULL, "set", 3), MR_OK);
		MR_CODE(mr_array_wait(array, rests_s[k]), MR_OK);
		MR_CODE(mr_array_pulse(array, NULL, "set", 1), MR_OK);
		MR_CODE(mr_array_wait(array, 1000), MR_OK);
		MR_CODE(mr_array_read(array, NULL, k ? g_S : first), MR_OK);
		for (int i = 0; i < 12 && k; i++)
			CU_ASSERT_EQUAL(g_S[i], first[i]);
		MR_CODE(mr_array_close(array, NULL), MR_OK);
	}
}

/* The shifted law: a factor ((t + 38.6) / 38.6)^-nu. */
static void pcm_drift_follows_its_law(void)
{
	struct mr_array *array = open_array("emu:pcm?rows=1&cols=1&seed=2&"
	                                    "nu=0.05&nu_spread=0&noise=none");
	float before, after;

	MR_CODE(mr_array_pulse(array, NULL, "set", 5), MR_OK);
	MR_CODE(mr_array_read(array, NULL, &before), MR_OK);
	MR_CODE(mr_array_wait(array, 86400), MR_OK);
	MR_CODE(mr_array_read(array, NULL, &after), MR_OK);
	MR_NEAR((double)after / (double)before,
	        pow((86400 + 38.6) / 38.6, -0.05), 1e-6);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	/* the pure law, cut at 1 ms: (1000 s / 38.6 s)^-nu over (1 ms / ...) */
	array = open_array("emu:pcm?rows=1&cols=1&seed=2&nu=0.05&nu_spread=0&"
	                   "noise=none&drift_law=0");
	MR_CODE(mr_array_pulse(array, NULL, "set", 5), MR_OK);
	MR_CODE(mr_array_read(array, NULL, &before), MR_OK);
	MR_CODE(mr_array_wait(array, 1000), MR_OK);
	MR_CODE(mr_array_read(array, NULL, &after), MR_OK);
	MR_NEAR((double)after / (double)before, pow(1000 / 1e-3, -0.05), 1e-6);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* Spread of nu over cells: N(.04, .01), 1e5 cells. */
static void pcm_drift_exponent_varies_from_cell_to_cell(void)
{
	struct mr_array *array =
		open_array("emu:pcm?rows=250&cols=400&seed=4");
	struct mr_truth t;
	double sum = 0, square = 0;

	MR_CODE(mr_emulator_truth(array, &t), MR_OK);
	for (uint32_t i = 0; i < t.n_cells; i++) {
		sum += (double)t.nu[i];
		square += (double)t.nu[i] * (double)t.nu[i];
	}
	sum /= t.n_cells;
	MR_NEAR(sum, 0.04, 2e-4);
	MR_NEAR(sqrt(square / t.n_cells - sum * sum), 0.01, 2e-4);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* White read noise, sd = .03 G + .13 uS: 1e5 reads of one cell state. */
static void pcm_read_noise_has_its_size(void)
{
	struct mr_array *array = open_array("emu:pcm?rows=1&cols=1&seed=8");
	enum { N = 100000 };
	uint32_t *same = calloc(N, sizeof *same);
	float *g_S = calloc(N, sizeof *g_S);
	struct mr_selection where = {
		.kind = MR_SELECT_LIST, .cells = same, .n_cells = N};
	double g, sum = 0, square = 0;

	CU_ASSERT_FATAL(same != NULL && g_S != NULL);
	MR_CODE(mr_array_pulse(array, NULL, "set", 6), MR_OK);
	MR_CODE(mr_array_read(array, &where, g_S), MR_OK);
	MR_CODE(mr_emulator_now(array, 0, &g), MR_OK);
	for (int i = 0; i < N; i++) {
		sum += (double)g_S[i];
		square += ((double)g_S[i] - g) * ((double)g_S[i] - g);
	}
	double sd = 0.03 * g + 0.13e-6;

	MR_NEAR(sum / N, g, 5 * sd / sqrt(N)); /* five standard errors */
	MR_NEAR(sqrt(square / N) / sd, 1, 0.012); /* likewise */
	free(same);
	free(g_S);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void ideal_steps_are_linear_and_bounded(void)
{
	struct mr_array *array = open_array("emu:ideal?rows=2&cols=2");
	float g_S[4];

	MR_CODE(mr_array_pulse(array, NULL, "set", 7), MR_OK);
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	MR_NEAR((double)g_S[3], 7 * 0.05e-6, 1e-12);
	MR_CODE(mr_array_pulse(array, NULL, "depress", 3), MR_OK);
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	MR_NEAR((double)g_S[3], 4 * 0.05e-6, 1e-12);
	MR_CODE(mr_array_pulse(array, NULL, "set", 1000), MR_OK);
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	MR_NEAR((double)g_S[0], 10e-6, 1e-12);
	MR_CODE(mr_array_pulse(array, NULL, "reset", 1), MR_OK);
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	CU_ASSERT_EQUAL(g_S[0], 0.0f);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static void refuse(const char *uri, int code, const char *text)
{
	struct mr_errtext err = {""};
	struct mr_array *array = NULL;

	MR_CODE_ERR(mr_array_open(uri, NULL, &array, &err), code, err);
	MR_HAS(err.text, text);
	CU_ASSERT_PTR_NULL(array);
}

static void parameters_that_clash_are_refused(void)
{
	refuse("emu:pcm?g_min_S=5e-6&g_max_S=4e-6", MR_ERR_RANGE, "below");
	refuse("emu:pcm?i_set_A=440e-6", MR_ERR_RANGE, "i_reset_A");
	refuse("emu:pcm?drift_law=0.5", MR_ERR_RANGE, "0 or 1");
	refuse("emu:pcm?v_read_V=0.4", MR_ERR_RANGE, "v_read_max_V");
	refuse("emu:pcm?nu=0.9", MR_ERR_RANGE, "0 to 0.5");
	refuse("emu:pcm?nu=high", MR_ERR_USAGE, "not a number");
	refuse("emu:ideal?g_min_S=1&g_max_S=0.5", MR_ERR_RANGE, "below");
	refuse("emu:ideal?v_set_V=0.5", MR_ERR_RANGE, "v_threshold_V");
}

static void pcm_other_pulses_are_refused(void)
{
	struct mr_array *array = open_array("emu:pcm?rows=2&cols=2");
	struct mr_op op;
	float g_S[4];

	mr_pulse_from(&op, mr_description_waveform(mr_array_describe(array),
	                                           "set"));
	op.where = (struct mr_selection){.kind = MR_SELECT_ALL};
	op.pulse.amplitude *= 1.009;
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	op.pulse.amplitude *= 1.5;
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL),
	        MR_ERR_UNSUPPORTED);
	MR_HAS(mr_array_errmsg(array), "RESET");
	op.pulse.amplitude = 90e-6;
	op.pulse.width_s = 100e-9;
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL),
	        MR_ERR_UNSUPPORTED);
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"models_table_is_complete", models_table_is_complete},
	{"models_file_equals_table", models_file_equals_table},
	{"models_lookup_names_what_there_is",
         models_lookup_names_what_there_is},
	{"A5_pcm_accumulation_follows_the_curve",
         pcm_accumulation_follows_the_curve},
	{"pcm_clamp_holds_the_default_range",
         pcm_clamp_holds_the_default_range},
	{"A6_pcm_set_restarts_the_drift_clock",
         pcm_set_restarts_the_drift_clock},
	{"pcm_drift_follows_its_law", pcm_drift_follows_its_law},
	{"pcm_drift_exponent_varies_from_cell_to_cell",
         pcm_drift_exponent_varies_from_cell_to_cell},
	{"pcm_read_noise_has_its_size", pcm_read_noise_has_its_size},
	{"ideal_steps_are_linear_and_bounded",
         ideal_steps_are_linear_and_bounded},
	{"parameters_that_clash_are_refused",
         parameters_that_clash_are_refused},
	{"pcm_other_pulses_are_refused", pcm_other_pulses_are_refused},
	{0},
};
