/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Parts of the app fstdp: generated and listed inputs, figures of merit, the
 * order of operations of the rule. What the whole reaches is in
 * test_fstdp_accept.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/fstdp/run.h"
#include "memrig/memrig.h"

#include "fstdp_case.h"
#include "test.h"

/* ---- generator ----------------------------------------------------------- */

#define N_GEN 40
#define STEPS 200000

/* Spikes of each input, and of each pair in the same step. */
struct counts {
	double one[N_GEN];
	double pair[N_GEN][N_GEN];
};

static void count_spikes(const struct mr_process *process, uint32_t n_groups,
                         struct counts *c)
{
	struct mr_generator *g = NULL;
	struct mr_errtext err = {""};

	MR_CODE_ERR(mr_generator_alloc(process, n_groups, 1e-3, 5, &g, &err),
	            MR_OK, err);
	CU_ASSERT_FATAL(g != NULL);
	for (uint32_t t = 0; t < STEPS; t++) {
		uint32_t n;
		const uint32_t *in = mr_generator_next(g, &n);

		for (uint32_t i = 0; i < n; i++) {
			c->one[in[i]]++;
			for (uint32_t k = 0; k < i; k++)
				c->pair[in[k]][in[i]]++;
		}
	}
	mr_generator_free(g);
}

/* Mean Pearson correlation of the pairs (a < b) of two ranges. */
static double mean_r(const struct counts *c, uint32_t a0, uint32_t a1,
                     uint32_t b0, uint32_t b1)
{
	double sum = 0;
	int n = 0;

	for (uint32_t a = a0; a < a1; a++) {
		for (uint32_t b = b0 > a ? b0 : a + 1; b < b1; b++) {
			double pa = c->one[a] / STEPS, pb = c->one[b] / STEPS;
			double cov = c->pair[a][b] / STEPS - pa * pb;

			sum += cov / sqrt(pa * (1 - pa) * pb * (1 - pb));
			n++;
		}
	}
	return sum / n;
}

/* Section 1.6 of the fact sheet: mean p, pairwise correlation c. With 2e5 steps
 * a rate has a relative deviation of at most 1 / sqrt(20 * 2e5 * p), .4 %, and
 * a mean r over 190 pairs, which share their reference (4e3 spikes), 2 %. */
static void generator_has_rates_and_correlations(void)
{
	static const struct mr_process process[] = {
		{"a", 20, 20, 0.1}, {"b", 20, 45, 0}};
	static struct counts c;
	double rate[2] = {0, 0};

	memset(&c, 0, sizeof c);
	count_spikes(process, 2, &c);
	for (uint32_t i = 0; i < N_GEN; i++)
		rate[i / 20] += c.one[i] / STEPS / 20 / 1e-3;
	MR_NEAR(rate[0], 20, 20 * 0.03); /* shares a reference: sqrt(.1/4e3) */
	MR_NEAR(rate[1], 45, 45 * 0.01);
	MR_NEAR(mean_r(&c, 0, 20, 0, 20), 0.1, 0.01);
	MR_NEAR(mean_r(&c, 20, 40, 20, 40), 0, 0.002);
	MR_NEAR(mean_r(&c, 0, 20, 20, 40), 0, 0.002);
}

static uint64_t fingerprint(uint64_t seed)
{
	static const struct mr_process process[] = {
		{"a", 20, 20, 0.3}, {"b", 20, 45, 0}};
	struct mr_generator *g = NULL;
	uint64_t sum = 0;

	MR_CODE(mr_generator_alloc(process, 2, 1e-3, seed, &g, NULL), MR_OK);
	CU_ASSERT_FATAL(g != NULL);
	for (uint32_t t = 0; t < 5000; t++) {
		uint32_t n;
		const uint32_t *in = mr_generator_next(g, &n);

		for (uint32_t i = 0; i < n; i++) {
			CU_ASSERT(i == 0 || in[i - 1] < in[i]);
			sum = sum * 1099511628211u + t * 64u + in[i];
		}
	}
	mr_generator_free(g);
	return sum;
}

static void generator_repeats_with_its_seed(void)
{
	uint64_t first = fingerprint(7);

	CU_ASSERT_EQUAL(fingerprint(7), first);
	CU_ASSERT(fingerprint(8) != first);
}

static void generator_impossible_process_is_refused(void)
{
	static const struct {
		struct mr_process process;
		const char *says;
	} bad[] = {{{"a", 5, 1000, 0}, "1 per step"},
	           {{"a", 5, 0, 0}, "above 0"},
	           {{"a", 5, (double)NAN, 0}, "above 0"},
	           {{"a", 5, 10, 1.5}, "correlation of 1.5"},
	           {{"a", 5, 10, -0.1}, "from 0 to 1"}};

	for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
		struct mr_generator *g = NULL;
		struct mr_errtext err = {""};

		MR_CODE(mr_generator_alloc(&bad[k].process, 1, 1e-3, 1, &g,
		                           &err),
		        MR_ERR_RANGE);
		MR_HAS(err.text, bad[k].says);
		CU_ASSERT_PTR_NULL(g);
	}
}

/* ---- files --------------------------------------------------------------- */

static const char *write_file(char *path, const char *name, const char *text)
{
	FILE *file = fopen(mr_test_path(path, name), "w");

	CU_ASSERT_FATAL(file != NULL);
	CU_ASSERT(fputs(text, file) >= 0);
	CU_ASSERT_EQUAL(fclose(file), 0);
	return path;
}

static void events_sparse_file_is_read(void)
{
	static const struct mr_events_options options = {.threshold = 2};
	char path[MR_TEST_PATH_MAX];
	struct mr_events e = {0};
	struct mr_errtext err = {""};

	write_file(path, "rain.csv",
	           "s,h,v\n2,0,5\n0,0,2\n1,1,1.9\n0,3,\"7\"\r\n");
	MR_CODE_ERR(mr_events_read(path, &options, &e, &err), MR_OK, err);
	CU_ASSERT_EQUAL(e.n, 3);
	CU_ASSERT_EQUAL(e.n_steps, 4);
	CU_ASSERT_EQUAL(e.first[4], 3);
	CU_ASSERT_EQUAL(e.first[1], 2);
	CU_ASSERT_EQUAL(e.first[3], 2);
	CU_ASSERT_EQUAL(e.input[0], 0);
	CU_ASSERT_EQUAL(e.input[1], 2);
	CU_ASSERT_EQUAL(e.input[2], 0);
	mr_events_free(&e);
}

static void events_dense_file_is_read(void)
{
	static const struct mr_events_options options = {.dense = true};
	char path[MR_TEST_PATH_MAX];
	struct mr_events e = {0};
	struct mr_errtext err = {""};

	write_file(path, "dense.csv", "a,b,c\n0,1,1\n0,0,0\n1,0,0\n");
	MR_CODE_ERR(mr_events_read(path, &options, &e, &err), MR_OK, err);
	CU_ASSERT_EQUAL(e.n, 3);
	CU_ASSERT_EQUAL(e.n_steps, 3);
	CU_ASSERT_EQUAL(e.first[3], 3);
	CU_ASSERT_EQUAL(e.first[1], 2);
	CU_ASSERT_EQUAL(e.first[2], 2);
	CU_ASSERT_EQUAL(e.input[2], 0);
	mr_events_free(&e);
}

struct bad_file {
	bool dense;
	const char *text;
	const char *says;
};

static void events_malformed_file_names_the_line(void)
{
	static const struct bad_file bad[] = {
		{false, "s,h,v\n1,2\n", ":2: 2 columns"},
		{false, "s,h,v\n1,2,3\n1,x,3\n", ":3: hour is 'x'"},
		{false, "s,h,v\n1,2,nan\n", ":2: amount is 'nan'"},
		{false, "s,h,v\n1,2,-3\n", ":2: amount is -3"},
		{false, "s,h,v\n-1,2,3\n", ":2: station is -1"},
		{false, "0,1,3\n4,5,6\n0,1,3\n", "given in line 1"},
		{false, "s,h,v\n1,2,\"3\n", "quot"},
		{false, "s,h,v\n1,2,1\n", "no event that counts"},
		{false, "", "no event that counts"},
		{true, "1,0\n1\n", ":2: 1 columns; every row must have 2"},
		{true, "1,0\n1,2\n", ":2: column 2 is '2'"},
		{true, "0,0\n0,0\n", "no event that counts"},
	};

	for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
		struct mr_events_options options = {.dense = bad[k].dense,
		                                    .threshold = 2};
		char path[MR_TEST_PATH_MAX];
		struct mr_events e = {0};
		struct mr_errtext err = {""};

		write_file(path, "bad.csv", bad[k].text);
		MR_CODE_ERR(mr_events_read(path, &options, &e, &err),
		            MR_ERR_FORMAT, err);
		MR_HAS(err.text, "bad.csv");
		MR_HAS(err.text, bad[k].says);
		CU_ASSERT_PTR_NULL(e.first);
	}
}

static void events_missing_file_is_named(void)
{
	static const struct mr_events_options options = {.threshold = 2};
	struct mr_events e = {0};
	struct mr_errtext err = {""};

	MR_CODE(mr_events_read("/nowhere/rain.csv", &options, &e, &err),
	        MR_ERR_MISSING);
	MR_HAS(err.text, "/nowhere/rain.csv");
}

static void stations_malformed_file_names_the_line(void)
{
	static const struct bad_file bad[] = {
		{false, "", "empty"},
		{false, "s,lat\n0,1\n", "'lon'"},
		{false, "s,lat,lon\n", "no station"},
		{false, "s,lat,lon\n0,91,0\n", ":2: latitude is 91"},
		{false, "s,lat,lon\n0,1,181\n", ":2: longitude is 181"},
		{false, "s,lat,lon\n0,1,2\n0,3,4\n", ":3: station 0"},
		{false, "s,lat,lon\n0,1\n", ":2: 2 columns"},
	};

	for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
		char path[MR_TEST_PATH_MAX];
		struct mr_stations s = {0};
		struct mr_errtext err = {""};

		write_file(path, "stations.csv", bad[k].text);
		MR_CODE_ERR(mr_stations_read(path, &s, &err), MR_ERR_FORMAT,
		            err);
		MR_HAS(err.text, bad[k].says);
		CU_ASSERT_PTR_NULL(s.station);
	}
}

static void panels_malformed_file_names_the_line(void)
{
	static const struct bad_file bad[] = {
		{false, "panel,s\nA,1\n", "'label'"},
		{false, "panel,s,label\nB,1,1\nC,2,0\n", "B, C"},
		{false, "panel,s,label\nA,1,2\n", ":2: label is 2"},
		{false, "panel,s,label\nA,7,1\n", ":2:"},
		{false, "panel,s,label\nA,1,1\nA,1,0\n", ":3:"},
	};
	char path[MR_TEST_PATH_MAX];
	struct mr_stations stations = {0};
	struct mr_errtext err = {""};

	write_file(path, "three.csv", "s,lat,lon\n0,1,2\n1,3,4\n2,5,6\n");
	MR_CODE_ERR(mr_stations_read(path, &stations, &err), MR_OK, err);
	for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
		struct mr_panel panel = {0};

		write_file(path, "panels.csv", bad[k].text);
		MR_CODE_ERR(mr_panel_read(path, "A", &stations, &panel, &err),
		            MR_ERR_FORMAT, err);
		MR_HAS(err.text, bad[k].says);
		CU_ASSERT_PTR_NULL(panel.station);
	}
	free(stations.station);
}

/* Counts as data/weather/README.md states them. */
static void presets_load_their_panels(void)
{
	static const struct {
		const char *name;
		uint32_t group, background, n, steps;
	} want[] = {
		{"ncal-2015h1", 33, 95, 128, 4344},
		{"ncal-2015", 33, 95, 128, 8760},
		{"tx-2015h1", 30, 92, 122, 4344},
		{"tx-2015", 30, 92, 122, 8760},
		{"il-2015h1", 51, 88, 139, 4344},
		{"il-2015", 51, 88, 139, 8760},
		{"usa270-2015", 0, 0, 270, 8760},
		{"b1", 100, 900, 1000, 0},
	};

	for (size_t k = 0; k < sizeof want / sizeof want[0]; k++) {
		struct mr_inputs in = {0};
		struct mr_errtext err = {""};
		uint32_t count[2] = {0, 0};

		MR_CODE_ERR(mr_fstdp_preset_inputs(
				    mr_fstdp_preset_find(want[k].name),
				    MR_SRCDIR "/data/weather", 2, 1e-3, &in,
				    &err),
		            MR_OK, err);
		for (uint32_t i = 0; i < in.n; i++)
			if (in.label[i] >= 0)
				count[in.label[i]]++;
		CU_ASSERT_EQUAL(in.n, want[k].n);
		CU_ASSERT_EQUAL(count[1], want[k].group);
		CU_ASSERT_EQUAL(count[0], want[k].background);
		CU_ASSERT_EQUAL(in.events.n_steps, want[k].steps);
		CU_ASSERT_EQUAL(in.labelled, want[k].group > 0);
		mr_inputs_free(&in);
	}
	CU_ASSERT_PTR_NULL(mr_fstdp_preset_find("ncal"));
}

/* ---- figures of merit ---------------------------------------------------- */

/* By hand: positives .9 .4 .4, negatives .1 .4 .8. Of 9 pairs 5 are right, 2
 * tie: .9 beats all 3, each .4 beats .1 and ties with .4. */
static void metrics_auc_counts_ties_half(void)
{
	static const float score[] = {0.9f, 0.1f, 0.4f, 0.4f, 0.8f, 0.4f, 7};
	static const int8_t label[] = {1, 0, 1, 0, 0, 1, -1};
	double auc = 0;

	MR_CODE(mr_metric_auc(score, label, 7, &auc), MR_OK);
	MR_NEAR(auc, 6.0 / 9, 1e-12);
	MR_CODE(mr_metric_auc(score, label, 1, &auc), MR_OK);
	CU_ASSERT(isnan(auc));
}

static void metrics_detection_is_counted(void)
{
	static const float w[] = {0.9f, 0.51f, 0.5f, 0.2f, 0.7f};
	static const int8_t label[] = {1, 0, 1, 1, -1};
	struct mr_detection d;

	mr_metric_detect(w, label, 5, &d);
	CU_ASSERT_EQUAL(d.n_true, 3);
	CU_ASSERT_EQUAL(d.n_detected, 2);
	CU_ASSERT_EQUAL(d.n_hit, 1);
	MR_NEAR(d.precision, 0.5, 1e-12);
	MR_NEAR(d.recall, 1.0 / 3, 1e-12);
	mr_metric_detect(w, (const int8_t[]){0, 0, 0, 0, 0}, 5, &d);
	MR_NEAR(d.recall, 0, 0);
}

/* By hand: a = 1 2 3 5, b = 2 4 5 11: means 2.75 and 5.5, sums of products
 * 19.5, of squares 8.75 and 45. */
static void metrics_pearson_is_the_textbook_one(void)
{
	static const float a[] = {1, 2, 3, 5};
	static const double b[] = {2, 4, 5, 11};
	static const uint8_t group[] = {0, 1, 1, 0};

	MR_NEAR(mr_metric_pearson(a, b, 4), 19.5 / sqrt(8.75 * 45), 1e-12);
	CU_ASSERT(isnan(mr_metric_pearson(a, (const double[]){1, 1, 1, 1}, 4)));
	MR_NEAR(mr_metric_mean(a, group, 4, 1), 2.5, 1e-12);
	CU_ASSERT(isnan(mr_metric_mean(a, group, 4, 2)));
}

/* ---- the rule ------------------------------------------------------------ */

struct bench {
	struct mr_weights weights;
	struct mr_fstdp neuron;
};

static const struct mr_fstdp_params plain = {
	.dt_s = 1, .tau_m_s = 0, .tau_p_s = 2, .tau_f_s = 50, .f = 0.3, .b = 1.5,
	.eta = 0.1, .r0_hz = 0.01, .kappa = 0.2, .theta_factor = 1, .w0 = 0.5,
	.ratio = 4, .p_set = 0.3, .p_reset = 0.02};

static void bench_open(struct bench *b, const struct mr_fstdp_params *p)
{
	static const double rate_hz[] = {0.05, 0.05, 0.2};
	const struct mr_fstdp_config config = {
		.params = *p, .seed = 3, .n = 3, .rate_hz = rate_hz};
	struct mr_errtext err = {""};

	memset(b, 0, sizeof *b);
	MR_CODE(mr_fstdp_case_ideal(&b->weights, 3), MR_OK);
	MR_CODE(b->weights.type->start(b->weights.self, 0.5), MR_OK);
	MR_CODE_ERR(mr_fstdp_init(&b->neuron, &config, &b->weights, &err),
	            MR_OK, err);
}

static void bench_close(struct bench *b)
{
	mr_fstdp_free(&b->neuron);
	mr_weights_free(&b->weights);
}

/* Section 1.7: F(0) = s / (1 + s), s = f r tau_F; threshold = factor x mean
 * drive, x_ref = mean of r tau_p / (1 + s). s = .75, .75, 3. */
static void rule_starts_in_the_stationary_state(void)
{
	struct bench b;

	bench_open(&b, &plain);
	MR_NEAR(b.neuron.input[0].fatigue, 0.75 / 1.75, 1e-12);
	MR_NEAR(b.neuron.input[2].fatigue, 0.75, 1e-12);
	MR_NEAR(b.neuron.theta, 0.5 * (2 * 0.05 / 1.75 + 0.2 / 4), 1e-7);
	MR_NEAR(b.neuron.x_ref, (2 * 0.1 / 1.75 + 0.4 / 4) / 3, 1e-12);
	bench_close(&b);
}

/* Section 1.3, by hand: the efficacy is taken before the jump, the spike that
 * causes the output spike counts, and the threshold moves at every step. */
static void rule_keeps_the_order_of_operations(void)
{
	struct bench b;
	float w[3];

	bench_open(&b, &plain);
	b.neuron.theta = 0.25;
	double before = b.neuron.input[0].fatigue * exp(-1.0 / 50);
	double e = 1 - before;

	MR_CODE(mr_fstdp_step(&b.neuron, (const uint32_t[]){0}, 1), MR_OK);
	MR_NEAR(b.neuron.efficacy[0], e, 1e-6);
	MR_NEAR(b.neuron.input[0].fatigue, before + 0.3 * e, 1e-12);
	MR_NEAR(mr_fstdp_trace(&b.neuron, 0), e, 1e-12);
	CU_ASSERT(b.neuron.spiked); /* .5 e = .29 >= .25 */
	MR_NEAR(b.neuron.v, 0, 0);
	MR_NEAR(b.neuron.theta, 0.25 * (1 + 0.2 * (1 - 0.01)), 1e-12);
	MR_CODE(b.weights.type->read(b.weights.self, w), MR_OK);
	MR_NEAR(w[0], fmin(1, 0.5 + 0.1 * (e / b.neuron.x_ref - 1.5)), 1e-6);
	MR_NEAR(w[1], 0.5 - 0.1 * 1.5, 1e-6);
	MR_CODE(mr_fstdp_step(&b.neuron, NULL, 0), MR_OK);
	CU_ASSERT(!b.neuron.spiked);
	MR_NEAR(b.neuron.theta, 0.25 * 1.198 * (1 - 0.2 * 0.01), 1e-12);
	MR_NEAR(mr_fstdp_trace(&b.neuron, 0), e * exp(-0.5), 1e-12);
	bench_close(&b);
}

static void rule_wrong_constants_are_refused(void)
{
	static const double rate_hz[] = {0.05};
	static const double silent_hz[] = {0};
	struct mr_weights weights = {0};
	struct mr_fstdp neuron;
	struct mr_errtext err = {""};
	struct mr_fstdp_config c = {.params = plain, .n = 1, .rate_hz = rate_hz};

	MR_CODE(mr_fstdp_case_ideal(&weights, 1), MR_OK);
	MR_CODE(weights.type->start(weights.self, 0.5), MR_OK);
	c.params.f = 1;
	MR_CODE(mr_fstdp_init(&neuron, &c, &weights, &err), MR_ERR_RANGE);
	MR_HAS(err.text, "below 1");
	c.params.f = (double)NAN;
	MR_CODE(mr_fstdp_init(&neuron, &c, &weights, &err), MR_ERR_RANGE);
	c.params = plain;
	c.params.tau_f_s = 0;
	MR_CODE(mr_fstdp_init(&neuron, &c, &weights, &err), MR_ERR_RANGE);
	MR_HAS(err.text, "tau_F");
	c.params = plain;
	c.params.r0_hz = 1;
	MR_CODE(mr_fstdp_init(&neuron, &c, &weights, &err), MR_ERR_RANGE);
	MR_HAS(err.text, "r0");
	c.params = plain;
	c.rate_hz = silent_hz;
	MR_CODE(mr_fstdp_init(&neuron, &c, &weights, &err), MR_ERR_RANGE);
	MR_HAS(err.text, "never spike");
	mr_weights_free(&weights);
}

/* Section 1.11: lambda = drift factor at 1 / r0 = 50 h is .71 for nu = .04,
 * T0 = 38.6 s; 5 Hz gives 1; no drift gives 1. */
static void rule_drift_scale_is_that_of_the_interval(void)
{
	struct mr_description desc = {.drift_nu = 0.04, .drift_t0_s = 38.6};
	struct mr_fstdp_params p = {.dt_s = 3600, .r0_hz = 0.02 / 3600};

	MR_NEAR(mr_fstdp_drift_scale(&desc, &p, 3600), 0.71, 0.005);
	p = (struct mr_fstdp_params){.dt_s = 1e-3, .r0_hz = 5};
	MR_NEAR(mr_fstdp_drift_scale(&desc, &p, 1e-3), 1, 0.001);
	desc.drift_nu = 0;
	MR_NEAR(mr_fstdp_drift_scale(&desc, &p, 1e-3), 1, 0);
}

/* The stop flag ends a run with what there is. */
static void run_stopped_gives_a_partial_result(void)
{
	static const struct mr_process process[] = {{"a", 10, 50, 0.3},
	                                            {"b", 10, 50, 0}};
	volatile sig_atomic_t stop = 1;
	struct mr_fstdp_plan plan = {.steps = 1000, .stop = &stop};
	struct mr_inputs inputs = {0};
	struct mr_weights weights = {0};
	struct mr_fstdp_result result = {0};
	struct mr_errtext err = {""};

	mr_fstdp_preset_params(mr_fstdp_preset_find("b1"), &plan.params);
	MR_CODE(mr_inputs_generated(&inputs, process, 2, 1e-3, &err), MR_OK);
	plan.inputs = &inputs;
	MR_CODE(mr_fstdp_case_ideal(&weights, inputs.n), MR_OK);
	MR_CODE(mr_fstdp_run(&plan, &weights, 1, &result, &err),
	        MR_ERR_STOPPED);
	MR_HAS(err.text, "0 of 1000 steps");
	CU_ASSERT(result.partial);
	CU_ASSERT_EQUAL(result.steps, 0);
	MR_NEAR(result.w[3], plan.params.w0, 1e-6);
	mr_fstdp_result_free(&result);
	mr_weights_free(&weights);
	mr_inputs_free(&inputs);
}

const struct mr_test mr_tests[] = {
	{"generator_has_rates_and_correlations",
	 generator_has_rates_and_correlations},
	{"generator_repeats_with_its_seed", generator_repeats_with_its_seed},
	{"generator_impossible_process_is_refused",
	 generator_impossible_process_is_refused},
	{"events_sparse_file_is_read", events_sparse_file_is_read},
	{"events_dense_file_is_read", events_dense_file_is_read},
	{"events_malformed_file_names_the_line",
	 events_malformed_file_names_the_line},
	{"events_missing_file_is_named", events_missing_file_is_named},
	{"stations_malformed_file_names_the_line",
	 stations_malformed_file_names_the_line},
	{"panels_malformed_file_names_the_line",
	 panels_malformed_file_names_the_line},
	{"presets_load_their_panels", presets_load_their_panels},
	{"metrics_auc_counts_ties_half", metrics_auc_counts_ties_half},
	{"metrics_detection_is_counted", metrics_detection_is_counted},
	{"metrics_pearson_is_the_textbook_one",
	 metrics_pearson_is_the_textbook_one},
	{"rule_starts_in_the_stationary_state",
	 rule_starts_in_the_stationary_state},
	{"rule_keeps_the_order_of_operations",
	 rule_keeps_the_order_of_operations},
	{"rule_wrong_constants_are_refused", rule_wrong_constants_are_refused},
	{"rule_drift_scale_is_that_of_the_interval",
	 rule_drift_scale_is_that_of_the_interval},
	{"run_stopped_gives_a_partial_result",
	 run_stopped_gives_a_partial_result},
	{0},
};
