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
#include "memrig/random.h"

#include "devices/bulk.h"

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
	CU_ASSERT((m->table_load != NULL) == (m->table_check != NULL));
	CU_ASSERT(!m->target_run || m->target);
	CU_ASSERT(!m->flicker_run || m->flicker);
	CU_ASSERT(!m->flicker_is_memory || m->flicker);
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
	refuse("emu:pcm?i_set_A=120e-6", MR_ERR_RANGE, "i_melt_A");
	refuse("emu:pcm?i_on_A=95e-6", MR_ERR_RANGE, "i_on_A");
	refuse("emu:pcm?width_max_s=40e-9", MR_ERR_RANGE, "width_max_s");
	refuse("emu:pcm-target?nu_min=0.2", MR_ERR_RANGE, "nu_max");
	refuse("emu:pcm-target?v_read_V=0.4", MR_ERR_RANGE, "v_read_max_V");
	refuse("emu:pcm-hermes1?nu_sd_max=0.001", MR_ERR_RANGE, "nu_sd_min");
	refuse("emu:pcm-hermes2?q_min=0.1", MR_ERR_RANGE, "q_max");
	refuse("emu:pcm-step?i_set_A=440e-6", MR_ERR_RANGE, "i_reset_A");
	refuse("emu:pcm-step?g_max_S=1e-7", MR_ERR_RANGE, "g_reset_S");
	refuse("emu:ideal?g_min_S=1&g_max_S=0.5", MR_ERR_RANGE, "below");
	refuse("emu:ideal?v_set_V=0.5", MR_ERR_RANGE, "v_threshold_V");
}

static int submit_pulse(struct mr_array *array, double amplitude,
                        double width_s)
{
	struct mr_op op = {.kind = MR_OP_PULSE,
	                   .pulse = {.unit = MR_UNIT_AMPERE,
	                             .amplitude = amplitude,
	                             .width_s = width_s}};

	return mr_array_submit(array, &op, 1, NULL, NULL);
}

/* Between SET and RESET, and outside the widths, the model knows nothing. */
static void pcm_other_pulses_are_refused(void)
{
	static const double wrong[][2] = {
		{111e-6, 50e-9},  {430e-6, 1e-6}, {440e-6, 900e-9},
		{90e-6, 101e-9},  {90e-6, 24e-9}, {90e-6, 1e-6},
		{-90e-6, 50e-9},
	};
	struct mr_array *array = open_array("emu:pcm?rows=2&cols=2");
	float g_S[4];

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		MR_CODE(submit_pulse(array, wrong[i][0], wrong[i][1]),
		        MR_ERR_UNSUPPORTED);
		MR_HAS(mr_array_errmsg(array),
		       "covers SET (0 to 0.00011 A, 2.5e-08 to 1e-07 s) and "
		       "RESET (0.00044 A");
	}
	MR_CODE(submit_pulse(array, 90.9e-6, 50.5e-9), MR_OK);
	MR_CODE(submit_pulse(array, (double)110e-6f, (double)25e-9f), MR_OK);
	MR_CODE(submit_pulse(array, 439e-6, 1.01e-6), MR_OK);
	MR_CODE(mr_array_read(array, NULL, g_S), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* ---- efficacy of a SET ----------------------------------------------------- */

struct cell {
	float g_S;
	float memory;
	float nu;
	int64_t t_p_ns;
};

static struct cell after(const struct mr_model *m, const double *p,
                         struct cell cell, struct mr_stimulus s, float z)
{
	struct mr_columns c = {.g_S = &cell.g_S,
	                       .memory = &cell.memory,
	                       .nu = &cell.nu,
	                       .t_p_ns = &cell.t_p_ns};

	(void)m->pulse(p, &s, &c, 0, &z, 2385);
	return cell;
}

/* The measured pulse, anywhere within its tolerance, gives the bits of the
 * published equations, in which there is no efficacy. */
static void pcm_measured_pulse_is_unchanged(void)
{
	const struct mr_model *m = mr_model_find("pcm", NULL);
	static const double amplitudes[] = {90e-6, 89.1e-6, 90.9e-6};
	double p[MR_PARAMS_MAX];

	mr_model_defaults(m, p);
	for (int i = 0; i < 60; i++) {
		struct cell cell = {.g_S = (float)i * 0.19e-6f,
		                    .memory = 1 / (1 + (float)i)};
		float z = (float)(i % 7) * 0.611f - 1.83f;
		struct mr_stimulus s = {MR_UNIT_AMPERE, amplitudes[i % 3],
		                        50e-9};
		double g = (double)cell.g_S;
		double left = (double)cell.memory * exp(-1 / 2.6);
		double mean = -0.084 * g + 0.880e-6 + 1.40e-6 * left;
		double sd = 0.091 * g + 0.260e-6 + 2.15e-6 * left;
		double next = fmin(fmax(g + mean + sd * (double)z, 0.1e-6),
		                   12e-6);
		struct cell got = after(m, p, cell, s, z);

		CU_ASSERT_EQUAL(got.g_S, (float)next);
		CU_ASSERT_EQUAL(got.memory, (float)left);
	}
}

/* The stated law, with exponents other than 1; float columns: 1e-6. */
static void pcm_efficacy_follows_its_law(void)
{
	const struct mr_model *m = mr_model_find("pcm", NULL);
	struct cell cell = {.g_S = 2.385e-6f, .memory = 0.61f};
	double p[MR_PARAMS_MAX];

	mr_model_defaults(m, p);
	MR_CODE(mr_model_set(m, "gamma_i", 1.7, p, NULL), MR_OK);
	MR_CODE(mr_model_set(m, "gamma_w", 0.6, p, NULL), MR_OK);
	for (int i = 0; i < 12; i++) {
		double i_A = 26e-6 + i * 7e-6;
		double e = pow((i_A - 25e-6) / 65e-6, 1.7) * pow(0.7, 0.6);
		struct mr_stimulus s = {MR_UNIT_AMPERE, i_A, 35e-9};
		double left = 0.61 * exp(-e / 2.6);
		double mean = -0.084 * 2.385e-6 + 0.880e-6 + 1.40e-6 * left;
		double sd = 0.091 * 2.385e-6 + 0.260e-6 + 2.15e-6 * left;
		struct cell got = after(m, p, cell, s, 1.5f);

		MR_NEAR((double)got.g_S, 2.385e-6 + e * (mean + 1.5 * sd),
		        1e-6 * 12e-6);
		MR_NEAR((double)got.memory, left, 1e-6);
		CU_ASSERT_EQUAL(got.t_p_ns, 2385);
	}
}

/* More current or a longer pulse never does less, to the memory as well, and
 * also across the tolerance of the measured pulse. */
static void pcm_efficacy_is_monotone(void)
{
	const struct mr_model *m = mr_model_find("pcm", NULL);
	struct cell cell = {.g_S = 1e-6f, .memory = 1};
	double p[MR_PARAMS_MAX];
	struct cell before[2] = {cell, cell};

	mr_model_defaults(m, p);
	for (int k = 0; k <= 1000; k++) {
		double part = k / 1000.0;
		struct mr_stimulus by_i = {MR_UNIT_AMPERE, part * 110e-6,
		                           50e-9};
		struct mr_stimulus by_w = {MR_UNIT_AMPERE, 70e-6,
		                           25e-9 + part * 75e-9};
		struct cell i = after(m, p, cell, by_i, 0.3f);
		struct cell w = after(m, p, cell, by_w, 0.3f);

		MR_CODE(m->accepts(p, &by_i, NULL), MR_OK);
		MR_CODE(m->accepts(p, &by_w, NULL), MR_OK);
		CU_ASSERT(i.g_S >= before[0].g_S && w.g_S >= before[1].g_S);
		CU_ASSERT(i.memory <= before[0].memory &&
		          w.memory <= before[1].memory);
		before[0] = i;
		before[1] = w;
	}
	CU_ASSERT(before[0].g_S > 3.5e-6f && before[1].g_S > 3.5e-6f);
}

/* Pulses up to i_on are taken and do nothing: not to the conductance, not to
 * the clock of drift, not to noise. What a reader sees is what it would have
 * seen without them, later by their time. */
static void pcm_weak_pulse_restarts_nothing(void)
{
	static const char uri[] =
		"emu:pcm?rows=3&cols=5&seed=9&noise=flicker";
	struct mr_array *weak = open_array(uri);
	struct mr_array *none = open_array(uri);
	float a[15], b[15];

	MR_CODE(mr_array_pulse(weak, NULL, "set", 4), MR_OK);
	MR_CODE(mr_array_pulse(none, NULL, "set", 4), MR_OK);
	MR_CODE(mr_array_wait(weak, 1e4), MR_OK);
	MR_CODE(mr_array_wait(none, 1e4), MR_OK);
	MR_CODE(submit_pulse(weak, 25e-6, 50e-9), MR_OK);
	MR_CODE(submit_pulse(weak, 0, 50e-9), MR_OK);
	MR_CODE(mr_array_wait(none, 100e-9), MR_OK);
	MR_CODE(mr_array_read(weak, NULL, a), MR_OK);
	MR_CODE(mr_array_read(none, NULL, b), MR_OK);
	CU_ASSERT_EQUAL(memcmp(a, b, sizeof a), 0);
	MR_CODE(mr_array_close(weak, NULL), MR_OK);
	MR_CODE(mr_array_close(none, NULL), MR_OK);
}

/* What an application needs to code amplitudes is described. */
static void pcm_describes_its_amplitudes(void)
{
	struct mr_array *array =
		open_array("emu:pcm?rows=2&cols=2&i_on_A=30e-6&i_melt_A=1e-4");
	const struct mr_description *d = mr_array_describe(array);
	const struct mr_waveform *set = mr_description_waveform(d, "set");
	const struct mr_waveform *reset = mr_description_waveform(d, "reset");

	MR_NEAR(set->amplitude_min, 30e-6, 0);
	MR_NEAR(set->amplitude_max, 1e-4, 0);
	MR_NEAR(reset->amplitude_min + reset->amplitude_max, 0, 0);
	MR_CODE(submit_pulse(array, set->amplitude_max, set->width_s), MR_OK);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* ---- bulk forms ------------------------------------------------------------ */

#define MANY 300 /* more than a block of 256, and odd */

struct columns {
	float g_S[MANY], memory[MANY], nu[MANY];
	int64_t t_p_ns[MANY];
};

static struct mr_columns of(struct columns *c)
{
	return (struct mr_columns){.g_S = c->g_S,
	                           .memory = c->memory,
	                           .nu = c->nu,
	                           .t_p_ns = c->t_p_ns};
}

/* Awkward cells: empty, full, fresh and worn. */
static void fill(struct columns *c, float *z, float *target_S, double g_max_S)
{
	memset(c, 0, sizeof *c); /* padding is compared, too */
	for (uint32_t i = 0; i < MANY; i++) {
		c->g_S[i] = (float)(g_max_S * (i % 37) / 36);
		c->memory[i] = 1 / (1 + (float)(i % 11));
		target_S[i] = (float)(g_max_S * (i % 101) / 100);
		for (uint32_t k = 0; k < MR_NORMALS_MAX; k++)
			z[k * MANY + i] = mr_random_normal(
				5, MR_PURPOSE_PULSE, i, k);
	}
}

static void one_normal_set(const float *z, uint32_t i, float *own)
{
	for (uint32_t k = 0; k < MR_NORMALS_MAX; k++)
		own[k] = z[k * MANY + i];
}

static void bulk_of_pulses(const struct mr_model *m, const double *p,
                           const struct mr_waveform *w)
{
	static struct columns one, run;
	static float z[MR_NORMALS_MAX * MANY], target_S[MANY];
	struct mr_columns c = of(&one), d = of(&run);
	struct mr_stimulus s = {w->unit, w->amplitude, w->width_s};
	uint8_t status[MANY];

	fill(&one, z, target_S, 12e-6);
	fill(&run, z, target_S, 12e-6);
	m->pulse_run(p, &s, &d, 3, MANY - 5, z + 3, 77, status + 3);
	for (uint32_t i = 3; i < MANY - 2; i++) {
		float own[MR_NORMALS_MAX];

		one_normal_set(z, i, own);
		CU_ASSERT_EQUAL(m->pulse(p, &s, &c, i, own, 77), status[i]);
	}
	CU_ASSERT(memcmp(&one, &run, sizeof one) == 0);
}

static void bulk_of_targets(const struct mr_model *m, const double *p,
                            double g_max_S)
{
	static struct columns one, run;
	static float z[MR_NORMALS_MAX * MANY], target_S[MANY];
	struct mr_columns c = of(&one), d = of(&run);

	fill(&one, z, target_S, g_max_S);
	fill(&run, z, target_S, g_max_S);
	m->target_run(p, &d, 3, MANY - 5, target_S + 3, z + 3, MANY, 77);
	for (uint32_t i = 3; i < MANY - 2; i++) {
		float own[MR_NORMALS_MAX];

		one_normal_set(z, i, own);
		m->target(p, &c, i, target_S[i], own, 77);
	}
	CU_ASSERT(memcmp(&one, &run, sizeof one) == 0);
}

static void bulk_of_flicker(const struct mr_model *m, const double *p,
                            double g_max_S)
{
	static struct columns cells;
	static float z[MR_NORMALS_MAX * MANY], target_S[MANY], q_s[MANY];
	struct mr_columns c = of(&cells);

	fill(&cells, z, target_S, g_max_S);
	m->flicker_run(p, &c, 3, MANY - 5, q_s + 3);
	for (uint32_t i = 3; i < MANY - 2; i++)
		CU_ASSERT_EQUAL(q_s[i], m->flicker(p, &c, i));
	for (uint32_t i = 0; m->flicker_is_memory && i < MANY; i++)
		CU_ASSERT_EQUAL(m->flicker(p, &c, i), c.memory[i]);
}

static void bulk_forms_equal_single_ones(void)
{
	size_t n;
	const struct mr_model *const *table = mr_models(&n);
	int checked = 0;

	for (size_t k = 0; k < n; k++) {
		struct mr_description d = {.driver = ""};
		double p[MR_PARAMS_MAX];

		mr_model_defaults(table[k], p);
		table[k]->describe(p, &d);
		for (uint32_t i = 0; i < d.n_waveforms; i++)
			if (table[k]->pulse_run &&
			    d.waveforms[i].effect != MR_EFFECT_NONE) {
				bulk_of_pulses(table[k], p, &d.waveforms[i]);
				checked++;
			}
		if (table[k]->target_run)
			bulk_of_targets(table[k], p, d.g_max_S);
		if (table[k]->flicker_run)
			bulk_of_flicker(table[k], p, d.g_max_S);
		checked += (table[k]->target_run != NULL) +
		           (table[k]->flicker_run != NULL);
	}
	CU_ASSERT(checked >= 9); /* pcm 3, the three of targets 2 each */
}

/* 1/f amplitude of pcm: .0088 / g^.65, at most .2, g at most 1. */
static void pcm_flicker_follows_its_law(void)
{
	const struct mr_model *m = mr_model_find("pcm", NULL);
	double p[MR_PARAMS_MAX];

	mr_model_defaults(m, p);
	for (int i = 0; i < 70; i++) {
		double g = i * 0.0173;
		struct cell cell = {.g_S = (float)(g * 10e-6)};
		struct mr_columns c = {.g_S = &cell.g_S};
		double q = fmin(0.0088 / pow(fmin(g, 1), 0.65), 0.2);

		MR_NEAR((double)m->flicker(p, &c, 0) / q, 1, 2e-6);
	}
}

/* Good to 2e-6: the logarithm to 2.4e-7 of itself, which is 16 at most, times
 * the exponent. Also where g is 1, its bound, or beyond either. */
static void bulk_power_is_the_law(void)
{
	static const struct bulk_power law = {0.0088f, 0.65f, 1e3f};
	static float g_S[MANY], q[MANY];
	size_t n;
	const struct bulk *const *all = mr__bulk_all(&n);

	for (uint32_t i = 0; i < MANY; i++)
		g_S[i] = (float)(25e-6 * pow(10, 0.3 - 6.9 * i / MANY));
	g_S[MANY / 2] = 25e-6f;
	for (size_t k = 0; k < n; k++) {
		all[k]->power(&law, 25e-6f, g_S, MANY, q);
		for (uint32_t i = 0; i < MANY; i++) {
			double g = fmin((double)g_S[i] / (double)25e-6f, 1);
			double inverse = fmin(pow(g, -(double)0.65f), 1e3);

			MR_NEAR((double)q[i] / ((double)0.0088f * inverse), 1,
			        2e-6);
		}
		CU_ASSERT(q[0] == 0.0088f && q[MANY / 2] == 0.0088f);
	}
}

/* Every instruction set gives the bits of the first. */
static void bulk_loops_agree_in_every_set(void)
{
	static const struct bulk_target by_power = {
		.g_max_S = 25e-6f,
		.sd_S = {0.26e-6f, 1.97e-6f, -1.17e-6f, 0},
		.nu = {2, -0.0155f, 0.0244f, 0.049f, 0.1f, {0}},
		.nu_sd = {0.4f, -0.0125f, -0.0059f, 0.008f, 0.045f,
		          {0.01f, 0.0116f, -0.0165f, 0}},
		.nu_scale = 1,
		.q_by_power = true,
		.q_power = {0.0088f, 0.65f, 0.2f},
		.q_scale = 1};
	static struct columns want, got;
	static float z[MR_NORMALS_MAX * MANY], target_S[MANY];
	size_t n;
	const struct bulk *const *all = mr__bulk_all(&n);

	fill(&want, z, target_S, 25e-6);
	all[0]->target(&by_power, target_S, z, z + MANY, MANY, want.g_S,
	               want.nu, want.memory);
	for (size_t k = 1; k < n; k++) {
		fill(&got, z, target_S, 25e-6);
		all[k]->target(&by_power, target_S, z, z + MANY, MANY, got.g_S,
		               got.nu, got.memory);
		CU_ASSERT(memcmp(&want, &got, sizeof want) == 0);
	}
	CU_ASSERT(want.nu[50] > 0 && n > 0);
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
	{"pcm_measured_pulse_is_unchanged", pcm_measured_pulse_is_unchanged},
	{"pcm_efficacy_follows_its_law", pcm_efficacy_follows_its_law},
	{"pcm_efficacy_is_monotone", pcm_efficacy_is_monotone},
	{"pcm_weak_pulse_restarts_nothing", pcm_weak_pulse_restarts_nothing},
	{"pcm_describes_its_amplitudes", pcm_describes_its_amplitudes},
	{"bulk_forms_equal_single_ones", bulk_forms_equal_single_ones},
	{"bulk_power_is_the_law", bulk_power_is_the_law},
	{"bulk_loops_agree_in_every_set", bulk_loops_agree_in_every_set},
	{"pcm_flicker_follows_its_law", pcm_flicker_follows_its_law},
	{0},
};
