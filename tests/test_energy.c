/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The energy of operations, against the formulas of apps/energy.h on cells that
 * have a known conductance. */
#include <math.h>

#include "apps/energy.h"
#include "memrig/memrig.h"

#include "session.h"
#include "test.h"

#define ARRAY "emu:ideal?rows=2&cols=3"

/* Six cells of a few steps; a read at a volt for a second, as it were. */
static void read_is_v2_g_t(void)
{
	struct mr_array *array = mr_session_open(ARRAY);
	struct mr_energy e = {0};
	float g_S[6] = {0};
	struct mr_op op = {.kind = MR_OP_READ,
	                   .read = {.v_read_V = 0.1, .t_int_s = 1e-3,
	                            .averages = 3, .g_S = g_S}};
	double sum_S = 0;

	MR_CODE(mr_array_pulse(array, NULL, "set", 5), MR_OK);
	MR_CODE(mr_energy_watch(&e, array), MR_OK);
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	for (int k = 0; k < 6; k++)
		sum_S += (double)g_S[k];
	CU_ASSERT(sum_S > 0);
	MR_NEAR(e.reads_J, 0.1 * 0.1 * sum_S * 3e-3, 1e-6 * e.reads_J);
	CU_ASSERT(e.pulses_J == 0);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

/* All lines at one voltage: the bound is the energy. */
static void drive_is_v_i_t(void)
{
	struct mr_array *array = mr_session_open(ARRAY);
	struct mr_energy e = {0};
	float v_V[4] = {0.2f, 0.2f, 0.1f, 0.1f}, i_A[6] = {0};
	struct mr_op op = {.kind = MR_OP_DRIVE,
	                   .drive = {.batch = 2, .v_V = v_V, .i_A = i_A,
	                             .duration_s = 2e-6}};
	double wanted = 0;

	MR_CODE(mr_array_pulse(array, NULL, "set", 5), MR_OK);
	MR_CODE(mr_energy_watch(&e, array), MR_OK);
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	for (int k = 0; k < 6; k++)
		wanted += (k < 3 ? 0.2 : 0.1) * (double)i_A[k] * 2e-6;
	CU_ASSERT(wanted > 0);
	MR_NEAR(e.reads_J, wanted, 1e-6 * wanted);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

static double pulsed_J(struct mr_pulse_op pulse, double *g_max_S)
{
	struct mr_array *array = mr_session_open("emu:pcm?rows=2&cols=3");
	const struct mr_description *d = mr_array_describe(array);
	struct mr_energy e = {0};
	struct mr_op op = {.kind = MR_OP_PULSE, .pulse = pulse};

	*g_max_S = d->g_max_S;
	CU_ASSERT(d->limits.v_pulse_max_V == 0); /* of currents */
	MR_CODE(mr_energy_watch(&e, array), MR_OK);
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	CU_ASSERT(e.reads_J == 0);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
	return e.pulses_J;
}

static void pulse_is_reckoned(void)
{
	struct mr_pulse_op p = {.unit = MR_UNIT_AMPERE, .amplitude = 9e-5,
	                        .width_s = 5e-8, .count = 4};
	const uint32_t counts[6] = {0, 1, 2, 0, 0, 3};
	double g_S, e_J = pulsed_J(p, &g_S);
	double one_J = 9e-5 * 9e-5 / g_S * 5e-8;

	MR_NEAR(e_J, 24 * one_J, 1e-9 * e_J);
	p.counts = counts;
	e_J = pulsed_J(p, &g_S);
	MR_NEAR(e_J, 6 * one_J, 1e-9 * e_J);
}

/* A program that is composed of pulses and reads is their sum, counted once. */
static void composed_counts_its_parts(void)
{
	struct mr_array *array = mr_session_open("emu:pcm?rows=2&cols=3");
	struct mr_energy e = {0};
	const float target_S[6] = {2e-6f, 3e-6f, 4e-6f, 5e-6f, 6e-6f, 1e-6f};
	struct mr_op op = {.kind = MR_OP_PROGRAM,
	                   .program = {.target_S = target_S,
	                               .tolerance_S = 5e-7,
	                               .budget = 40}};

	MR_CODE(mr_energy_watch(&e, array), MR_OK);
	MR_CODE(mr_array_submit(array, &op, 1, NULL, NULL), MR_OK);
	CU_ASSERT(e.reads_J > 0);
	CU_ASSERT(e.pulses_J > 0);
	CU_ASSERT_EQUAL(e.n_uncounted, 0);
	MR_CODE(mr_array_close(array, NULL), MR_OK);
}

const struct mr_test mr_tests[] = {
	{"read_is_v2_g_t", read_is_v2_g_t},
	{"drive_is_v_i_t", drive_is_v_i_t},
	{"pulse_is_reckoned", pulse_is_reckoned},
	{"composed_counts_its_parts", composed_counts_its_parts},
	{0},
};
