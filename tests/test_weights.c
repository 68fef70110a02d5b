/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Weights on cells: what is set is read, by reads and by drives alike. On cells
 * with exact steps of 1 uS, of which ten make a weight of 1. */
#include <stdio.h>
#include <string.h>

#include "memrig/emulator.h"
#include "memrig/memrig.h"

#include "session.h"
#include "test.h"

#define N_IN 5
#define N_OUT 3
#define EXACT "emu:ideal?dg_S=1e-6&"

static struct mr_synapse *lay(struct mr_array *array,
                              struct mr_synapse_options options)
{
	struct mr_synapse *syn = NULL;
	struct mr_errtext err = {""};
	int rc = mr_synapse_alloc(array, &options, &syn);

	(void)snprintf(err.text, sizeof err.text, "%s", mr_array_errmsg(array));
	MR_CODE_ERR(rc, MR_OK, err);
	CU_ASSERT_FATAL(syn != NULL);
	return syn;
}

static void drop(struct mr_array *array, struct mr_synapse *syn)
{
	mr_synapse_free(syn);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static double cell_S(const struct mr_array *array, uint32_t cell)
{
	double g_S = -1;

	MR_CODE(mr_emulator_now(array, cell, &g_S), MR_OK);
	return g_S;
}

static double wanted(uint32_t i, uint32_t j, enum mr_coding coding)
{
	double w = 0.1 * ((3 * i + 2 * j) % 10);

	return coding == MR_CODING_PAIR && (i + j) % 2 ? -w : w;
}

static void check_forward(struct mr_synapse *syn, enum mr_coding coding)
{
	uint32_t in[] = {4, 0, 3};
	float x[] = {1, -0.5f, 0.2385f}, y[N_OUT];

	MR_CODE(mr_synapse_forward(syn, in, x, 3, 0, y), MR_OK);
	for (uint32_t j = 0; j < N_OUT; j++) {
		double sum = 0;

		for (uint32_t k = 0; k < 3; k++)
			sum += (double)x[k] * wanted(in[k], j, coding);
		MR_NEAR((double)y[j], sum, 1e-5);
	}
	MR_CODE(mr_synapse_forward(syn, NULL, x, 3, 0, y), MR_OK);
	for (uint32_t j = 0; j < N_OUT; j++) {
		double sum = 0;

		for (uint32_t k = 0; k < 3; k++)
			sum += (double)x[k] * wanted(k, j, coding);
		MR_NEAR((double)y[j], sum, 1e-5);
	}
}

static void check_layer(const char *offer, uint32_t n_cells,
                        enum mr_coding coding)
{
	char uri[128];
	float w[N_IN * N_OUT];
	uint64_t missed = 9;

	(void)snprintf(uri, sizeof uri, EXACT "rows=6&cols=43%s", offer);
	struct mr_array *array = mr_session_open(uri);
	struct mr_synapse *syn = lay(
		array, (struct mr_synapse_options){.n_in = N_IN,
	                                           .n_out = N_OUT,
	                                           .n_cells = n_cells,
	                                           .coding = coding});
	for (uint32_t i = 0; i < N_IN; i++)
		for (uint32_t j = 0; j < N_OUT; j++)
			w[i * N_OUT + j] = (float)wanted(i, j, coding);
	MR_CODE(mr_synapse_set(syn, w, 0.02, 60, &missed), MR_OK);
	CU_ASSERT_EQUAL(missed, 0);
	memset(w, 0, sizeof w);
	MR_CODE(mr_synapse_read(syn, w), MR_OK);
	for (uint32_t i = 0; i < N_IN; i++)
		for (uint32_t j = 0; j < N_OUT; j++)
			MR_NEAR((double)w[i * N_OUT + j], wanted(i, j, coding),
			        1e-5);
	check_forward(syn, coding);
	CU_ASSERT_EQUAL(cell_S(array, 42), 0); /* unused: left alone */
	drop(array, syn);
}

static void weights_set_are_read_and_summed(void)
{
	static const uint32_t n_cells[] = {1, 4, 7};

	for (int k = 0; k < 3; k++) {
		for (int c = 0; c < 2; c++) {
			enum mr_coding coding = (enum mr_coding)c;

			check_layer("", n_cells[k], coding); /* by drive */
			check_layer("&offer=read+pulse+wait", n_cells[k],
			            coding); /* by reads */
		}
	}
}

static void forward_of_no_input_is_zero_and_takes_its_time(void)
{
	struct mr_array *array = mr_session_open(EXACT "rows=1&cols=2");
	struct mr_synapse *syn = lay(
		array, (struct mr_synapse_options){.n_in = 1, .n_out = 2});
	float x = 1, y[2] = {7, 7};

	MR_CODE(mr_synapse_forward(syn, NULL, NULL, 0, 0, y), MR_OK);
	CU_ASSERT(y[0] == 0.0f && y[1] == 0.0f);
	CU_ASSERT_EQUAL(mr_array_time_ns(array), 0);
	MR_CODE(mr_synapse_forward(syn, NULL, NULL, 0, 2.385, y), MR_OK);
	CU_ASSERT_EQUAL(mr_array_time_ns(array), 2385000000);
	MR_CODE(mr_synapse_forward(syn, NULL, &x, 1, 2.385, y), MR_OK);
	CU_ASSERT_EQUAL(mr_array_time_ns(array), 4770000000);
	drop(array, syn);
}

static void read_divides_by_unit_and_drift(void)
{
	struct mr_array *array = mr_session_open(EXACT "rows=1&cols=2");
	struct mr_synapse *syn =
		lay(array, (struct mr_synapse_options){.n_in = 1,
	                                               .n_out = 1,
	                                               .n_cells = 2,
	                                               .g_unit_S = 4e-6,
	                                               .drift_scale = 0.625,
	                                               .v_read_V = 0.1385});
	float x = 1, w, y;

	MR_CODE(mr_synapse_reset(syn, 3), MR_OK); /* 6 uS over 2 * 4 uS */
	MR_CODE(mr_synapse_read(syn, &w), MR_OK);
	MR_NEAR((double)w, 0.75 / 0.625, 1e-6);
	MR_CODE(mr_synapse_forward(syn, NULL, &x, 1, 0, &y), MR_OK);
	MR_NEAR((double)y, 0.75 / 0.625, 1e-6);
	drop(array, syn);
}

static void set_counts_the_cells_that_missed(void)
{
	struct mr_array *array = mr_session_open(EXACT "rows=1&cols=4");
	struct mr_synapse *syn = lay(
		array, (struct mr_synapse_options){
			       .n_in = 1, .n_out = 2, .n_cells = 2});
	float w[2] = {0.8f, 0.2f};
	uint64_t missed = 0;

	MR_CODE(mr_synapse_set(syn, w, 0.01, 4, &missed), MR_OK);
	CU_ASSERT_EQUAL(missed, 2); /* 8 steps with 4 pulses: both cells */
	MR_CODE(mr_synapse_set(syn, w, 0.01, 9, NULL), MR_OK);
	MR_CODE(mr_synapse_set(syn, w, 0.01, 9, &missed), MR_OK);
	CU_ASSERT_EQUAL(missed, 0);
	drop(array, syn);
}

const struct mr_test mr_tests[] = {
	{"weights_set_are_read_and_summed", weights_set_are_read_and_summed},
	{"forward_of_no_input_is_zero_and_takes_its_time",
         forward_of_no_input_is_zero_and_takes_its_time},
	{"read_divides_by_unit_and_drift", read_divides_by_unit_and_drift},
	{"set_counts_the_cells_that_missed", set_counts_the_cells_that_missed},
	{0},
};
