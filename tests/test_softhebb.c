/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * The rule of shallow SoftHebb. Golden numbers: the project's fact sheet
 * "algorithms-softhebb", 6.1, computed there in double precision with numpy.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apps/softhebb/layer.h"
#include "apps/softhebb/samples.h"

#include "test.h"

#define K 3
#define N 4
#define B 2

/* The sheet prints six decimals: half of the last, and 1e-5 relative. */
#define NEAR(actual, expected) \
	MR_NEAR(actual, expected, 0.6e-6 + 1e-5 * fabs((double)(expected)))

static const struct mr_hebb_params golden = {.t = 8, .eta0 = 0.3, .radius = 1};

static void fill_golden(float *x, float *w)
{
	for (int b = 0; b < B; b++) {
		for (int j = 0; j < N; j++)
			x[b * N + j] = (float)((7 * b + 3 * j + 1) % 11) / 10;
		(void)mr_samples_norm(&x[b * N], N, &x[b * N]);
	}
	for (int k = 0; k < K; k++)
		for (int j = 0; j < N; j++)
			w[k * N + j] = (float)((5 * k + 2 * j + 3) % 7) / 5;
}

static void layer_step_gives_golden_numbers(void)
{
	static const double u[] = {.667489, .745105, 1.257364,
	                           .689635, .440600, 1.666618};
	static const double y[] = {.008702, .016191, .975107,
	                           .000403, .000055, .999542};
	static const double after[] = {
		.599200, .998985, .001453, .401365, .199664, .599332,
		.999017, .003780, .411387, .117304, .324554, .531803};
	float x[B * N], w[K * N], got_u[B * K], got_y[B * K];
	struct mr_hebb_batch batch = {.n = B, .x = x, .u = got_u,
	                              .y = got_y, .eta = .3};
	struct mr_hebb_carrier layer = {0};
	struct mr_errtext err = {""};

	fill_golden(x, w);
	MR_CODE_ERR(mr_hebb_float(&golden, N, K, 1, &layer, &err), MR_OK, err);
	MR_CODE(layer.type->start(layer.self, w), MR_OK);
	MR_CODE(mr_hebb_step(&golden, &layer, &batch), MR_OK);
	MR_CODE(layer.type->read(layer.self, w), MR_OK);
	for (int i = 0; i < B * K; i++) {
		NEAR(got_u[i], u[i]);
		NEAR(got_y[i], y[i]);
	}
	for (int i = 0; i < K * N; i++)
		NEAR(w[i], after[i]);
	mr_hebb_free(&layer);
}

const struct mr_test mr_tests[] = {
	{"layer_step_gives_golden_numbers", layer_step_gives_golden_numbers},
	{0},
};
