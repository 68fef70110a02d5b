/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The app synapses: one neuron on synapses of several cells, and what it must
 * reach (B5 of the project's fact sheet on spiking algorithms, 4.3 and 6).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/synapses/neuron.h"
#include "memrig/memrig.h"

#include "session.h"
#include "test.h"

#define N 1000

static int8_t labels[N];

static struct mr_synapses_plan plan_of(uint64_t steps)
{
	memset(labels, 0, sizeof labels);
	memset(labels, 1, N / 10);
	return (struct mr_synapses_plan){
		.params = {.p = 0.05, .c = 0.75, .r0 = 0.05, .kappa = 0.02,
	                   .theta_factor = 2, .window = 2},
		.n = N, .label = labels, .steps = steps};
}

static struct mr_synapses_gap learn(const struct mr_synapses_plan *plan,
                                    uint32_t n_cells, uint64_t seed,
                                    struct mr_synapses_result *result)
{
	struct mr_weights_options mapping = {.n = N, .n_cells = n_cells,
	                                     .raise_every = 2,
	                                     .lower_every = 10,
	                                     .period_s = 1e-3};
	struct mr_synapses_gap gap = {{0}, {0}, 0, 0};
	struct mr_errtext err = {""};
	struct mr_weights weights = {0};
	struct mr_array *array;
	char uri[96];

	(void)snprintf(uri, sizeof uri, "emu:pcm?rows=%d&cols=%u&seed=%llu", N,
	               (unsigned)n_cells, (unsigned long long)seed);
	array = mr_session_open(uri);
	MR_CODE_ERR(mr_weights_array(&weights, array, &mapping, &err), MR_OK,
	            err);
	MR_CODE_ERR(mr_synapses_run(plan, &weights, seed, result, &err), MR_OK,
	            err);
	MR_CODE(mr_synapses_measure(result->w, labels, N, &gap), MR_OK);
	mr_weights_free(&weights);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	return gap;
}

/* B5: d' with 1, 3, 7 cells must increase and reach 3; the sheet's own emulation
 * of the same model measured 2.20, 4.22, 7.66 on ten seeds, of which the means
 * spread by up to 4 % there and the generator differs: 10 %. */
static void synapses_b5_more_cells_part_the_groups(void)
{
	static const struct {
		uint32_t n_cells;
		double d_prime;
	} want[] = {{1, 2.20}, {3, 4.22}, {7, 7.66}};
	struct mr_synapses_plan plan = plan_of(5000);
	double before = 0, mean = 0;

	for (int k = 0; k < 3; k++) {
		mean = 0;
		for (uint64_t seed = 1; seed <= 10; seed++) {
			struct mr_synapses_result result;
			struct mr_synapses_gap gap = learn(
				&plan, want[k].n_cells, seed, &result);

			printf("# B5 N=%u seed %llu: d' %.2f, AUC %.3f, w "
			       "%.2f +- %.2f / %.2f +- %.2f\n",
			       (unsigned)want[k].n_cells,
			       (unsigned long long)seed, gap.d_prime, gap.auc,
			       gap.mean[1], gap.sd[1], gap.mean[0], gap.sd[0]);
			mean += gap.d_prime / 10;
			free(result.w);
		}
		MR_NEAR(mean, want[k].d_prime, 0.1 * want[k].d_prime);
		CU_ASSERT(mean > before);
		before = mean;
	}
	CU_ASSERT(mean >= 3);
}

static void synapses_keep_a_history(void)
{
	struct mr_synapses_plan plan = plan_of(300);
	struct mr_synapses_result result;
	struct mr_synapses_gap gap = learn(&plan, 1, 1, &result);
	uint32_t last = result.n_points - 1;

	CU_ASSERT_EQUAL(result.steps, 300);
	CU_ASSERT(result.n_points > 100 && result.n_points <= MR_SYNAPSES_POINTS);
	CU_ASSERT_EQUAL(result.at[0], 0);
	CU_ASSERT_EQUAL(result.at[last], 300);
	/* the last point is the final look */
	MR_NEAR(result.mean[1][last], gap.mean[1], 1e-9);
	MR_NEAR(result.sd[0][last], gap.sd[0], 1e-9);
	free(result.w);
}

static void synapses_of_ideal_weights_start_by_themselves(void)
{
	struct mr_weights_options mapping = {.n = N, .n_cells = 3,
	                                     .raise_every = 2,
	                                     .lower_every = 10};
	struct mr_synapses_plan plan = plan_of(2000);
	struct mr_synapses_result result;
	struct mr_synapses_gap gap;
	struct mr_errtext err = {""};
	struct mr_weights weights = {0};

	MR_CODE(mr_weights_float(&weights, &mapping), MR_OK);
	MR_CODE_ERR(mr_synapses_run(&plan, &weights, 1, &result, &err), MR_OK,
	            err);
	MR_CODE(mr_synapses_measure(result.w, labels, N, &gap), MR_OK);
	CU_ASSERT(gap.d_prime > 3);
	CU_ASSERT(gap.auc > 0.99);
	free(result.w);
	mr_weights_free(&weights);
}

static void synapses_stopped_are_partial(void)
{
	volatile sig_atomic_t stop = 1;
	struct mr_weights_options mapping = {.n = N};
	struct mr_synapses_plan plan = plan_of(100);
	struct mr_synapses_result result;
	struct mr_errtext err = {""};
	struct mr_weights weights = {0};

	plan.stop = &stop;
	MR_CODE(mr_weights_float(&weights, &mapping), MR_OK);
	MR_CODE(mr_synapses_run(&plan, &weights, 1, &result, &err),
	        MR_ERR_STOPPED);
	MR_HAS(err.text, "stopped after 0 of 100 steps");
	CU_ASSERT(result.partial && result.w != NULL);
	free(result.w);
	mr_weights_free(&weights);
}

/* The k-th operation fails: a clean error, nothing left behind. */
static void synapses_on_a_failing_array_say_so(void)
{
	for (unsigned k = 1; k < 200; k += 11) {
		struct mr_weights_options mapping = {.n = 50};
		struct mr_synapses_plan plan = plan_of(200);
		struct mr_synapses_result result;
		struct mr_errtext err = {""};
		struct mr_weights weights = {0};
		struct mr_array *array;
		char uri[96];
		int code;

		plan.n = 50;
		(void)snprintf(uri, sizeof uri,
		               "emu:pcm?rows=50&cols=1&fault.at=%u", k);
		array = mr_session_open(uri);
		MR_CODE(mr_weights_array(&weights, array, &mapping, &err),
		        MR_OK);
		memset(labels, 1, 10);
		code = mr_synapses_run(&plan, &weights, 1, &result, &err);
		CU_ASSERT_NOT_EQUAL(code, MR_OK);
		CU_ASSERT(err.text[0] != '\0');
		CU_ASSERT(result.w == NULL);
		mr_weights_free(&weights);
		MR_CODE(mr_array_close(array, NULL), MR_OK);
	}
}

const struct mr_test mr_tests[] = {
	{"synapses_b5_more_cells_part_the_groups",
	 synapses_b5_more_cells_part_the_groups},
	{"synapses_keep_a_history", synapses_keep_a_history},
	{"synapses_of_ideal_weights_start_by_themselves",
	 synapses_of_ideal_weights_start_by_themselves},
	{"synapses_stopped_are_partial", synapses_stopped_are_partial},
	{"synapses_on_a_failing_array_say_so",
	 synapses_on_a_failing_array_say_so},
	{0},
};
