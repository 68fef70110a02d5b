/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A layer of deep SoftHebb against golden numbers of the project's fact sheet on
 * SoftHebb (section 6.1, worked out in double precision), and its parts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apps/softhebb/block.h"
#include "apps/softhebb/numbers.h"
#include "test.h"

#define GOLDEN 1e-5 /* relative: float32 against double */
#define ROUNDED 1e-6 /* the sheet states six digits after the point */

#define B 2
#define C 2
#define S 5
#define K 3
#define SIDE 3
#define FAN (SIDE * SIDE * C)
#define P (B * S * S)

static const struct mr_deep_layer layer = {
	.n_kernels = K, .kernel = SIDE, .pad = 1, .t = 0.65f, .eta0 = 0.005f,
	.p = 0.5f, .pool = MR_DEEP_POOL_MAX, .pool_size = 4, .pool_stride = 2,
	.pool_pad = 1, .q = 1.4f};

/* The golden case and its room. */
struct golden {
	struct mr_deep_layer spec;
	struct mr_deep_block block;
	struct mr_deep_room room;
	struct mr_deep_tools tools;
	struct mr_deep_step step;
	float in[B * S * S * C];
	float w[K * FAN];
	float run_mean[C], run_var[C], out[B * 4 * K];
	float padded[B * 7 * 7 * C], x[P * FAN], u[P * K], y[P * K];
	float d[4 * K * FAN], yu[(B + 1) * K], eta[K], radius[K], p_winner[B];
	uint32_t winner[P];
	double moments[2 * B * C];
	float mean[S * C], inv[S * C];
};

/* Place of the sheet's W[o][c][i][j] here. */
static size_t place(size_t o, size_t c, size_t i, size_t j)
{
	return ((o * SIDE + i) * SIDE + j) * C + c;
}

static size_t pixel(size_t b, size_t c, size_t i, size_t j)
{
	return ((b * S + i) * S + j) * C + c;
}

static void fill(struct golden *g)
{
	for (size_t b = 0; b < B; b++)
		for (size_t c = 0; c < C; c++)
			for (size_t i = 0; i < S; i++)
				for (size_t j = 0; j < S; j++)
					g->in[pixel(b, c, i, j)] = (float)
						((3 * b + 5 * c + 7 * i + 11 * j)
						 % 13) / 12.0f;
	for (size_t o = 0; o < K; o++)
		for (size_t c = 0; c < C; c++)
			for (size_t i = 0; i < SIDE; i++)
				for (size_t j = 0; j < SIDE; j++)
					g->w[place(o, c, i, j)] = ((float)
						((2 * o + 3 * c + 5 * i + 7 * j)
						 % 9) - 4) / 2;
}

static struct golden *golden_alloc(const struct mr_deep_layer *spec)
{
	struct golden *g = calloc(1, sizeof *g);
	struct mr_errtext err = {""};

	if (!g)
		abort();
	fill(g);
	g->spec = *spec;
	g->block.spec = &g->spec;
	g->block.shape = (struct mr_deep_shape){.channels = C, .height = S,
	                                        .width = S};
	g->room = (struct mr_deep_room){
		B, g->padded, g->x, g->u, g->y, g->d, g->yu, g->eta, g->radius,
		g->p_winner, g->winner, g->moments, g->mean, g->inv};
	g->block.run_mean = g->run_mean;
	g->block.run_var = g->run_var;
	g->block.out = g->out;
	g->run_var[0] = g->run_var[1] = 1;
	g->tools = (struct mr_deep_tools){mr__deep_kernels_pick(), NULL,
	                                  &g->room};
	g->step = (struct mr_deep_step){g->in, B, true, true, false, 0};
	if (mr_team_start(2, &g->tools.team, &err) ||
	    mr__deep_shape(spec, 0, &g->block.shape, &err) ||
	    mr__deep_numbers_alloc(K, FAN, g->tools.kernels, g->tools.team,
	                           &g->block.carrier) ||
	    g->block.carrier.start(g->block.carrier.self, g->w, &err))
		abort();
	return g;
}

static void golden_free(struct golden *g)
{
	mr__deep_numbers_free(&g->block.carrier);
	mr_team_free(g->tools.team);
	free(g);
}

static void respond(struct golden *g)
{
	struct mr_errtext err = {""};

	mr__deep_block_prepare(&g->block, &g->tools, &g->step);
	MR_CODE_ERR(mr__deep_block_multiply(&g->block, &g->tools, B, &err), MR_OK,
	            err);
	mr__deep_block_respond(&g->block, &g->tools, &g->step);
}

static void near(double actual, double expected)
{
	MR_NEAR(actual, expected, GOLDEN * fabs(expected) + ROUNDED);
}

static double sum_of(const float *x, size_t n, bool squares)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += squares ? (double)x[i] * (double)x[i] : (double)x[i];
	return sum;
}

static void block_batch_norm_is_golden(void)
{
	static const double z[] = {-1.587286, 1.303466, .777875, .252284,
	                           -.273307};
	struct golden *g = golden_alloc(&layer);

	mr__deep_block_prepare(&g->block, &g->tools, &g->step);
	near((double)g->mean[0], .503333);
	near((double)g->mean[1], .486667);
	near((double)g->inv[0], 1 / sqrt(.100544 + 1e-5));
	near((double)g->inv[1], 1 / sqrt(.096211 + 1e-5));
	/* the middle of the first five patches of image 0 */
	for (size_t j = 0; j < S; j++)
		near((double)g->x[j * FAN + place(0, 0, 1, 1)], z[j]);
	golden_free(g);
}

/* 0.9 of the old values 0 and 1, 0.1 of the new; variance by n - 1. */
static void block_running_values_follow_the_batch(void)
{
	struct golden *g = golden_alloc(&layer);

	mr__deep_block_prepare(&g->block, &g->tools, &g->step);
	near((double)g->run_mean[0], .0503333);
	near((double)g->run_var[0], .9 + .1 * .100544 * 50 / 49);
	g->step.learn = false;
	mr__deep_block_prepare(&g->block, &g->tools, &g->step);
	near((double)g->run_mean[0], .0503333);
	near((double)g->x[place(0, 0, 1, 1)],
	     ((double)g->in[0] - .0503333) /
	             sqrt(.9 + .1 * .100544 * 50 / 49 + 1e-5));
	golden_free(g);
}

/* Index -1 is 1 and 5 is 3: the edge itself is not repeated. */
static void block_border_is_reflected(void)
{
	struct golden *g = golden_alloc(&layer);

	mr__deep_block_prepare(&g->block, &g->tools, &g->step);
	for (size_t c = 0; c < C; c++) {
		const float *first = g->x; /* position 0,0 */
		const float *last = g->x + (S * S - 1) * FAN;

		CU_ASSERT(first[place(0, c, 0, 0)] == first[place(0, c, 2, 2)]);
		CU_ASSERT(first[place(0, c, 0, 1)] == first[place(0, c, 2, 1)]);
		CU_ASSERT(first[place(0, c, 1, 0)] == first[place(0, c, 1, 2)]);
		CU_ASSERT(last[place(0, c, 2, 2)] == last[place(0, c, 0, 0)]);
		CU_ASSERT(last[place(0, c, 1, 2)] == last[place(0, c, 1, 0)]);
	}
	golden_free(g);
}

static void block_competition_is_golden(void)
{
	static const double u0[] = {-5.527767, -2.934644, 1.134459};
	static const double u1[] = {-8.365847, 1.112352, 6.258974};
	static const double y0[] = {-.012140, -.065498, .922362};
	uint32_t wins[K] = {0};
	struct golden *g = golden_alloc(&layer);

	respond(g);
	for (size_t k = 0; k < K; k++) {
		near((double)g->u[k], u0[k]);
		near((double)g->u[(P - 1) * K + k], u1[k]);
		near((double)g->y[k], y0[k]);
	}
	for (size_t p = 0; p < P; p++)
		wins[g->winner[p]]++;
	CU_ASSERT(wins[0] == 17 && wins[1] == 8 && wins[2] == 25);
	near(sum_of(g->u, P * K, true), 10308.559771);
	near(sum_of(g->y, P * K, false), 43.784683);
	golden_free(g);
}

static void block_plasticity_is_golden(void)
{
	static const double d[] = {322.420492, -220.687375, -72.353822,
	                           -86.214453, 66.832020, 222.400305,
	                           239.856631, -295.524355, -148.091994};
	static const double w00[] = {-1.990227, 1.493311, .497807, .497387,
	                             -.497974, -1.493259, -1.492730, 1.991042,
	                             .995511};
	static const double w21[] = {1.492805, .498008, -.497160, -.497710,
	                             -1.492974, 1.989585, 1.990167, .995545,
	                             .000303};
	static const double radius[] = {5.744563, 5.338539, 5.338539};
	struct mr_errtext err = {""};
	struct golden *g = golden_alloc(&layer);
	double most = 0;

	respond(g);
	MR_CODE_ERR(mr__deep_block_learn(&g->block, &g->tools, B, &err), MR_OK,
	            err);
	for (size_t k = 0; k < K; k++)
		near((double)g->radius[k], radius[k]);
	for (size_t i = 0; i < K * FAN; i++)
		most = fmax(most, fabs((double)g->d[i]));
	near(most, 359.300454);
	MR_CODE(g->block.carrier.weights(g->block.carrier.self, g->w, &err),
	        MR_OK);
	for (size_t i = 0; i < SIDE * SIDE; i++) {
		near((double)g->d[place(0, 0, i / SIDE, i % SIDE)], d[i]);
		near((double)g->w[place(0, 0, i / SIDE, i % SIDE)], w00[i]);
		near((double)g->w[place(2, 1, i / SIDE, i % SIDE)], w21[i]);
	}
	near(sum_of(g->w, K * FAN, true), 89.281128);
	golden_free(g);
}

static void pooling_is_golden(enum mr_deep_pool pool, const double *golden,
                              double sum)
{
	struct mr_deep_layer spec = layer;
	struct golden *g;

	spec.pool = pool;
	g = golden_alloc(&spec);
	g->step.give = true;
	respond(g);
	for (size_t k = 0; k < K; k++)
		for (size_t i = 0; i < 4; i++)
			near((double)g->out[i * K + k], golden[4 * k + i]);
	near(sum_of(g->out, B * 4 * K, false), sum);
	golden_free(g);
}

static void block_pooling_is_golden(void)
{
	static const double max[] = {
		40.586679, 40.586679, 40.586679, 40.586679,
		25.869946, 44.367372, 26.181800, 26.181800,
		45.987943, 45.987943, 44.239812, 44.239812};
	static const double avg[] = {
		5.030686, 7.204974, 7.447637, 8.861524,
		1.616872, 3.495195, 3.253234, 3.369936,
		8.548583, 9.269562, 7.199109, 9.593469};

	pooling_is_golden(MR_DEEP_POOL_MAX, max, 877.218394);
	pooling_is_golden(MR_DEEP_POOL_AVG, avg, 145.876609);
}

static void block_hard_winner_takes_all(void)
{
	struct mr_deep_layer spec = layer;
	struct golden *g;

	spec.hard = true;
	g = golden_alloc(&spec);
	respond(g);
	near(sum_of(g->y, P * K, false), P);
	CU_ASSERT(g->y[2] == 1); /* position 0: see the golden u above */
	golden_free(g);
}

/* With the triangle first, plasticity sees max(0, u - mean). */
static void block_triangle_may_come_first(void)
{
	struct mr_deep_layer spec = layer;
	double mean = (-5.527767 - 2.934644 + 1.134459) / 3;
	struct golden *g;

	spec.pre_triangle = true;
	g = golden_alloc(&spec);
	respond(g);
	CU_ASSERT(g->u[0] == 0 && g->u[1] == 0);
	near((double)g->u[2], 1.134459 - mean);
	near((double)g->y[2], 1 / (1 + 2 * exp(-.65 * (1.134459 - mean))));
	golden_free(g);
}

static void block_image_too_small_is_refused(void)
{
	struct mr_deep_shape shape = {.channels = 1, .height = 1, .width = 4};
	struct mr_deep_layer spec = layer;
	struct mr_errtext err;

	MR_CODE(mr__deep_shape(&spec, 1, &shape, &err), MR_ERR_USAGE);
	MR_HAS(err.text, "layer 2: 1 x 4 values are too few for its reflected");
	spec.pad = 0;
	MR_CODE(mr__deep_shape(&spec, 1, &shape, &err), MR_ERR_USAGE);
	MR_HAS(err.text, "kernels");
	shape.height = 4;
	spec.pool_pad = 0;
	MR_CODE(mr__deep_shape(&spec, 1, &shape, &err), MR_ERR_USAGE);
	MR_HAS(err.text, "pooling");
}

static void block_weights_that_are_no_numbers_end_the_run(void)
{
	struct mr_errtext err = {""};
	struct golden *g = golden_alloc(&layer);

	g->w[5] = NAN;
	MR_CODE(g->block.carrier.start(g->block.carrier.self, g->w, &err),
	        MR_OK);
	respond(g);
	MR_CODE(mr__deep_block_learn(&g->block, &g->tools, B, &err),
	        MR_ERR_RANGE);
	MR_HAS(err.text, "kernel 0");
	golden_free(g);
}

const struct mr_test mr_tests[] = {
	{"block_batch_norm_is_golden", block_batch_norm_is_golden},
	{"block_running_values_follow_the_batch",
	 block_running_values_follow_the_batch},
	{"block_border_is_reflected", block_border_is_reflected},
	{"block_competition_is_golden", block_competition_is_golden},
	{"block_plasticity_is_golden", block_plasticity_is_golden},
	{"block_pooling_is_golden", block_pooling_is_golden},
	{"block_hard_winner_takes_all", block_hard_winner_takes_all},
	{"block_triangle_may_come_first", block_triangle_may_come_first},
	{"block_image_too_small_is_refused", block_image_too_small_is_refused},
	{"block_weights_that_are_no_numbers_end_the_run",
	 block_weights_that_are_no_numbers_end_the_run},
	{0},
};
