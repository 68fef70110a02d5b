/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * What is asked of a SoftHebb layer after it has learned: read-out, baseline,
 * attacks, post-hoc loss. Gradients are checked against differences of the loss
 * (central, in single precision: steps of 1e-2, so that rounding of 1e-7 makes
 * 1e-5, and curvature about 1e-4). Toy pictures are four classes, each a bright
 * quarter of 4 x 4 pixels on dim ones that vary.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apps/softhebb/between.h"
#include "apps/softhebb/posthoc.h"
#include "apps/softhebb/robust.h"

#include "badmemory.h"
#include "imagefiles.h"
#include "test.h"

#define SIDE 4
#define N_IN (SIDE * SIDE)
#define CLASSES 4
#define TOYS 200
#define NEURONS 8
#define ROWS 3
#define STEP 1e-2
#define NEAR_ENOUGH 1e-3

/* Repeatable numbers in 0..1 without a pattern that a sum would cancel. */
static float some(uint32_t i)
{
	return (float)((i * 7919u + 13) % 101) / 101;
}

static void fill(float *x, uint32_t n, float low, float high)
{
	for (uint32_t i = 0; i < n; i++)
		x[i] = low + (high - low) * some(i + n);
}

/* ---- toys ------------------------------------------------------------------------ */

struct toys {
	struct mr_images images;
	uint8_t pixels[TOYS * N_IN];
	uint16_t label[TOYS];
};

static uint32_t quarter(uint32_t pixel)
{
	return pixel / SIDE / 2 * 2 + pixel % SIDE / 2;
}

static void make_toys(struct toys *toys)
{
	for (uint32_t i = 0; i < TOYS; i++) {
		toys->label[i] = (uint16_t)(i % CLASSES);
		for (uint32_t j = 0; j < N_IN; j++)
			toys->pixels[i * N_IN + j] =
				(uint8_t)(60 * some(i * N_IN + j) +
			                  (quarter(j) == i % CLASSES ? 180 : 0));
	}
	toys->images = (struct mr_images){.n = TOYS,
	                                  .channels = 1,
	                                  .height = SIDE,
	                                  .width = SIDE,
	                                  .n_classes = CLASSES,
	                                  .label = toys->label,
	                                  .pixels = toys->pixels};
}

static struct mr_shallow_plan toy_plan(const struct toys *toys)
{
	return (struct mr_shallow_plan){
		.params = {.t = 40, .eta0 = 0.03, .radius = 2.5},
		.train = &toys->images,
		.test = &toys->images,
		.n_out = NEURONS,
		.batch = 10,
		.epochs = 2};
}

static const struct mr_readout_plan toy_readout = {
	.t = 20, .rate = 1e-1, .epochs = 20, .batch = 20, .seed = 5};

static const struct mr_mlp_plan toy_mlp = {.rate = 1e-2, .batch = 20, .seed = 5};

static int learn_toys(const struct toys *toys, struct mr_hebb_carrier *carrier,
                      struct mr_shallow_result *result)
{
	const struct mr_shallow_plan plan = toy_plan(toys);
	struct mr_errtext err = {""};
	int code = mr_hebb_float(&plan.params, N_IN, NEURONS, 1, carrier, &err);

	return code == MR_OK
	               ? mr_shallow_run(&plan, carrier, 3, result, &err)
	               : code;
}

/* ---- gradients ------------------------------------------------------------------- */

static void dense_loss_has_known_values(void)
{
	static const float z[] = {0, 0, 0, 0, 200, 0, -100, 0};
	static const uint16_t label[] = {1, 0};
	float e[8];

	/* ln 4 for four equal logits; exp(-200) is nothing beside 1. */
	MR_NEAR(mr_dense_loss(z, label, 2, 4, e), log(4), 1e-12);
	MR_NEAR((double)e[0], 0.25, 1e-7);
	MR_NEAR((double)e[1], -0.75, 1e-7);
	/* -2 exp(-200) is less than a float holds; -exp(-40) is not 0 though
	 * 1 - exp(-40) is 1. */
	const float near[] = {40, 0};
	const uint16_t first = 0;

	(void)mr_dense_loss(near, &first, 1, 2, e);
	MR_NEAR((double)e[0] / -exp(-40), 1, 1e-6);
	CU_ASSERT_EQUAL(mr_dense_right(z, label, 2, 4, NULL), 1);
}

static double dense_loss_of(struct mr_dense size, const float *p, const float *x,
                            const uint16_t *label)
{
	float z[ROWS * CLASSES], e[ROWS * CLASSES];

	mr_dense_apply(size, p, x, ROWS, z);
	return mr_dense_loss(z, label, ROWS, CLASSES, e) / ROWS;
}

static void dense_gradient_is_the_slope_of_the_loss(void)
{
	const struct mr_dense size = {.n_in = NEURONS, .n_out = CLASSES};
	static const uint16_t label[ROWS] = {2, 0, 3};
	float p[CLASSES * (NEURONS + 1)], g[CLASSES * (NEURONS + 1)];
	float x[ROWS * NEURONS], z[ROWS * CLASSES];

	fill(p, CLASSES * (NEURONS + 1), -1, 1);
	fill(x, ROWS * NEURONS, 0, 1);
	mr_dense_apply(size, p, x, ROWS, z);
	(void)mr_dense_loss(z, label, ROWS, CLASSES, z);
	mr_dense_gradient(size, z, x, ROWS, g);
	for (size_t i = 0; i < mr_dense_count(size); i++) {
		float held = p[i];
		double up, down;

		p[i] = held + (float)STEP;
		up = dense_loss_of(size, p, x, label);
		p[i] = held - (float)STEP;
		down = dense_loss_of(size, p, x, label);
		p[i] = held;
		MR_NEAR((double)g[i], (up - down) / (2 * STEP), NEAR_ENOUGH);
	}
}

static double mlp_loss_of(struct mr_mlp *mlp, const float *x,
                          const uint16_t *label)
{
	float z[ROWS * CLASSES];

	mr_mlp_scores(mlp, x, ROWS, z);
	return mr_dense_loss(z, label, ROWS, CLASSES, z) / ROWS;
}

/* The rectifiers' corners make a difference of the loss wrong where one is
 * crossed: a shorter step, and a tolerance for what rounding makes of it. */
static void mlp_gradient_is_the_slope_of_the_loss(void)
{
	static const uint16_t label[ROWS] = {2, 0, 3};
	const float step = 1e-3f;
	float x[ROWS * N_IN];
	struct mr_mlp mlp;

	fill(x, ROWS * N_IN, 0, 1);
	MR_CODE(mr_mlp_take(&mlp, N_IN, NEURONS, CLASSES, 7), MR_OK);
	(void)mr_mlp_gradient(&mlp, x, label, ROWS);
	for (size_t i = 0; i < mlp.n; i++) {
		float held = mlp.p[i];
		double up, down;

		mlp.p[i] = held + step;
		up = mlp_loss_of(&mlp, x, label);
		mlp.p[i] = held - step;
		down = mlp_loss_of(&mlp, x, label);
		mlp.p[i] = held;
		MR_NEAR((double)mlp.g[i], (up - down) / (2 * (double)step),
		        2 * NEAR_ENOUGH);
	}
	mr_mlp_free(&mlp);
}

static void check_input_slope(const struct mr_judge *judge, float *x,
                              const uint16_t *label, float step)
{
	float gx[ROWS * N_IN], z[ROWS * CLASSES];

	judge->type->gradient(judge->self, x, label, ROWS, gx);
	for (uint32_t i = 0; i < ROWS * N_IN; i++) {
		float held = x[i];
		double up, down;

		x[i] = held + step;
		judge->type->scores(judge->self, x, ROWS, z);
		up = mr_dense_loss(z, label, ROWS, CLASSES, z);
		x[i] = held - step;
		judge->type->scores(judge->self, x, ROWS, z);
		down = mr_dense_loss(z, label, ROWS, CLASSES, z);
		x[i] = held;
		MR_NEAR((double)gx[i], (up - down) / (2 * (double)step),
		        2 * NEAR_ENOUGH);
	}
}

static void mlp_input_gradient_is_the_slope_of_the_loss(void)
{
	static const uint16_t label[ROWS] = {2, 0, 3};
	float x[ROWS * N_IN];
	struct mr_judge judge;
	struct mr_mlp mlp;

	fill(x, ROWS * N_IN, 0, 1);
	MR_CODE(mr_mlp_take(&mlp, N_IN, NEURONS, CLASSES, 7), MR_OK);
	mr_judge_mlp(&judge, &mlp);
	check_input_slope(&judge, x, label, 1e-3f);
	mr_judge_free(&judge);
	mr_mlp_free(&mlp);
}

/* A layer of numbers, with a read-out of numbers. */
struct net {
	float w[NEURONS * N_IN];
	float p[CLASSES * (NEURONS + 1)];
	struct mr_readout readout;
};

static void make_net(struct net *net, double t)
{
	fill(net->w, NEURONS * N_IN, 0, 1);
	fill(net->p, CLASSES * (NEURONS + 1), -2, 2);
	net->readout = (struct mr_readout){
		.size = {.n_in = NEURONS, .n_out = CLASSES},
		.t = t,
		.p = net->p};
}

static void hebb_input_gradient_is_the_slope_of_the_loss(void)
{
	static const uint16_t label[ROWS] = {2, 0, 3};
	float x[ROWS * N_IN];
	struct mr_judge judge;
	struct net net;

	fill(x, ROWS * N_IN, 0, 1);
	make_net(&net, 5);
	MR_CODE(mr_judge_hebb(&judge, net.w, N_IN, &net.readout, false), MR_OK);
	check_input_slope(&judge, x, label, (float)STEP);
	mr_judge_free(&judge);
}

static void hebb_gradient_of_an_empty_picture_is_zero(void)
{
	static const uint16_t label = 1;
	const float x[N_IN] = {0};
	float gx[N_IN];
	struct mr_judge judge;
	struct net net;

	make_net(&net, 5);
	MR_CODE(mr_judge_hebb(&judge, net.w, N_IN, &net.readout, false), MR_OK);
	judge.type->gradient(judge.self, x, &label, 1, gx);
	for (int j = 0; j < N_IN; j++)
		CU_ASSERT(gx[j] == 0);
	mr_judge_free(&judge);
}

static double most(const float *x, uint32_t n)
{
	double top = 0;

	for (uint32_t i = 0; i < n; i++)
		top = fmax(top, fabs((double)x[i]));
	return top;
}

static void hebb_masked_gradient_is_seen_through_ln_h(void)
{
	static const uint16_t label = 2;
	float x[N_IN], gx[N_IN];
	struct mr_judge by_loss, by_log;
	struct net net;

	fill(x, N_IN, 0, 1);
	make_net(&net, 5000); /* the winner takes all there is */
	MR_CODE(mr_judge_hebb(&by_loss, net.w, N_IN, &net.readout, false),
	        MR_OK);
	MR_CODE(mr_judge_hebb(&by_log, net.w, N_IN, &net.readout, true), MR_OK);
	by_loss.type->gradient(by_loss.self, x, &label, 1, gx);
	CU_ASSERT(most(gx, N_IN) == 0);
	by_log.type->gradient(by_log.self, x, &label, 1, gx);
	CU_ASSERT(most(gx, N_IN) > 1);
	mr_judge_free(&by_loss);
	mr_judge_free(&by_log);
}

/* ---- attacks --------------------------------------------------------------------- */

static double loss_of(const struct mr_judge *judge, const float *x,
                      const uint16_t *label)
{
	float z[ROWS * CLASSES];

	judge->type->scores(judge->self, x, ROWS, z);
	return mr_dense_loss(z, label, ROWS, CLASSES, z);
}

static void attack_stays_in_the_ball_and_raises_the_loss(void)
{
	static const uint16_t label[ROWS] = {2, 0, 3};
	const struct mr_attack attack = {.eps = 0.15, .alpha = 0.02,
	                                 .steps = 20, .seed = 4};
	float origin[ROWS * N_IN], x[ROWS * N_IN], gx[ROWS * N_IN];
	struct mr_judge judge;
	struct net net;

	fill(origin, ROWS * N_IN, 0, 1);
	make_net(&net, 5);
	MR_CODE(mr_judge_hebb(&judge, net.w, N_IN, &net.readout, false), MR_OK);
	mr_attack_run(&attack, &judge, origin, label, 0, ROWS, gx, x);
	for (int i = 0; i < ROWS * N_IN; i++) {
		CU_ASSERT(x[i] >= 0 && x[i] <= 1);
		/* two roundings of a number below 1 */
		CU_ASSERT(fabs((double)x[i] - (double)origin[i]) <=
		          0.15 + 1.2e-7);
	}
	CU_ASSERT(loss_of(&judge, x, label) >
	          loss_of(&judge, origin, label) + 0.1);
	mr_judge_free(&judge);
}

static void attack_towards_a_class_lowers_its_loss(void)
{
	static const uint16_t label[ROWS] = {1, 1, 1};
	const struct mr_attack attack = {.eps = 1, .alpha = 0.02, .steps = 20,
	                                 .still = true, .towards = true};
	float origin[ROWS * N_IN], x[ROWS * N_IN], gx[ROWS * N_IN];
	struct mr_judge judge;
	struct net net;

	fill(origin, ROWS * N_IN, 0, 1);
	make_net(&net, 5);
	MR_CODE(mr_judge_hebb(&judge, net.w, N_IN, &net.readout, false), MR_OK);
	mr_attack_run(&attack, &judge, origin, label, 0, ROWS, gx, x);
	CU_ASSERT(loss_of(&judge, x, label) <
	          loss_of(&judge, origin, label) - 0.1);
	mr_judge_free(&judge);
}

/* No steps are made: what is left is the random start. */
static void attack_start_depends_on_seed_and_picture_alone(void)
{
	struct mr_attack attack = {.eps = 0.1, .alpha = 0.02, .seed = 4};
	static const uint16_t label[ROWS] = {0};
	float origin[ROWS * N_IN], x[ROWS * N_IN], y[ROWS * N_IN];
	float gx[ROWS * N_IN];
	struct mr_judge judge;
	struct net net;

	fill(origin, ROWS * N_IN, 0.2f, 0.8f);
	make_net(&net, 5);
	MR_CODE(mr_judge_hebb(&judge, net.w, N_IN, &net.readout, false), MR_OK);
	mr_attack_run(&attack, &judge, origin, label, 7, ROWS, gx, x);
	mr_attack_run(&attack, &judge, &origin[N_IN], label, 8, 1, gx, y);
	CU_ASSERT(memcmp(&x[N_IN], y, N_IN * sizeof *y) == 0);
	attack.seed = 5;
	mr_attack_run(&attack, &judge, &origin[N_IN], label, 8, 1, gx, y);
	CU_ASSERT(memcmp(&x[N_IN], y, N_IN * sizeof *y) != 0);
	mr_judge_free(&judge);
}

/* 300 pixels are more than are drawn at once. */
static void noise_has_its_width_and_repeats(void)
{
	enum { PIXELS = 300, PICTURES = 20 };
	static float x[PICTURES * PIXELS], y[PIXELS];
	double sum = 0, square = 0;

	for (int i = 0; i < PICTURES * PIXELS; i++)
		x[i] = 0.5f;
	for (int i = 0; i < PIXELS; i++)
		y[i] = 0.5f;
	mr_attack_noise(0.1, 9, 30, PICTURES, PIXELS, x);
	mr_attack_noise(0.1, 9, 32, 1, PIXELS, y);
	CU_ASSERT(memcmp(&x[2 * PIXELS], y, sizeof y) == 0);
	for (int i = 0; i < PICTURES * PIXELS; i++) {
		double d = (double)x[i] - 0.5;

		CU_ASSERT(x[i] >= 0 && x[i] <= 1);
		sum += d;
		square += d * d;
	}
	/* 6000 draws: four standard errors, 0.1 / sqrt(n), 0.1 / sqrt(2 n) */
	MR_NEAR(sum / (PICTURES * PIXELS), 0, 0.0052);
	MR_NEAR(sqrt(square / (PICTURES * PIXELS)), 0.1, 0.0037);
}

/* ---- learning -------------------------------------------------------------------- */

static void readout_of_toys_is_learned_and_repeats(void)
{
	struct mr_shallow_result result = {0};
	struct mr_hebb_carrier carrier = {0};
	struct mr_readout one = {0}, two = {0};
	static struct toys toys;
	double accuracy = 0;

	make_toys(&toys);
	MR_CODE(learn_toys(&toys, &carrier, &result), MR_OK);
	MR_CODE(mr_readout_learn(&one, &toy_readout, &carrier, &toys.images),
	        MR_OK);
	MR_CODE(mr_readout_rate(&one, &carrier, &toys.images, &accuracy), MR_OK);
	/* classes that do not overlap */
	MR_NEAR(accuracy, 1, 0);
	MR_CODE(mr_readout_learn(&two, &toy_readout, &carrier, &toys.images),
	        MR_OK);
	CU_ASSERT(memcmp(one.p, two.p,
	                 mr_dense_count(one.size) * sizeof *one.p) == 0);
	mr_readout_free(&one);
	mr_readout_free(&two);
	mr_shallow_free(&result);
	mr_hebb_free(&carrier);
}

static void mlp_learns_toys_and_repeats(void)
{
	static struct toys toys;
	float x[TOYS / 2 * N_IN], z[TOYS / 2 * CLASSES];
	struct mr_mlp one, two;

	make_toys(&toys);
	MR_CODE(mr_mlp_take(&one, N_IN, NEURONS, CLASSES, 7), MR_OK);
	MR_CODE(mr_mlp_take(&two, N_IN, NEURONS, CLASSES, 7), MR_OK);
	for (uint32_t e = 0; e < 20; e++) {
		MR_CODE(mr_mlp_pass(&one, &toy_mlp, &toys.images, e), MR_OK);
		MR_CODE(mr_mlp_pass(&two, &toy_mlp, &toys.images, e), MR_OK);
	}
	CU_ASSERT(memcmp(one.p, two.p, one.n * sizeof *one.p) == 0);
	mr_attack_pixels(&toys.images, 0, TOYS / 2, x);
	mr_mlp_scores(&one, x, TOYS / 2, z);
	/* classes that do not overlap */
	CU_ASSERT_EQUAL(mr_dense_right(z, toys.label, TOYS / 2, CLASSES, NULL),
	                TOYS / 2);
	mr_mlp_free(&one);
	mr_mlp_free(&two);
}

static void curve_keeps_means_of_stretches(void)
{
	static struct mr_curve curve = {.total = 3000};
	uint64_t n_seen = 0;
	double loss = 0;

	mr_curve_add(&curve, 5, 2);
	mr_curve_add(&curve, 10, 4);
	mr_curve_add(&curve, 3000, 1);
	CU_ASSERT(mr_curve_point(&curve, 0, &n_seen, &loss));
	CU_ASSERT_EQUAL(n_seen, 10);
	MR_NEAR(loss, 3, 0);
	CU_ASSERT(!mr_curve_point(&curve, 1, &n_seen, &loss));
	CU_ASSERT(mr_curve_point(&curve, MR_CURVE_POINTS - 1, &n_seen, &loss));
	CU_ASSERT_EQUAL(n_seen, 3000);
}

/* The loss under the held read-out falls though no label enters the update. */
static void posthoc_loss_falls(void)
{
	static struct mr_curve curve;
	const struct mr_watch nobody = {0};
	struct mr_errtext err = {""};
	struct mr_shallow_result result = {0};
	struct mr_hebb_carrier carrier = {0};
	struct mr_readout readout = {0};
	static struct toys toys;
	double first = 0, last = 0;
	uint64_t n_seen = 0;

	make_toys(&toys);
	const struct mr_shallow_plan plan = toy_plan(&toys);

	MR_CODE(learn_toys(&toys, &carrier, &result), MR_OK);
	MR_CODE(mr_readout_learn(&readout, &toy_readout, &carrier,
	                         &toys.images),
	        MR_OK);
	MR_CODE(mr_posthoc_run(&plan, 3, &readout, &nobody, 1, &curve, &err),
	        MR_OK);
	for (unsigned k = 0; !mr_curve_point(&curve, k, &n_seen, &first);)
		k++;
	CU_ASSERT_EQUAL(n_seen, 10);
	CU_ASSERT(mr_curve_point(&curve, MR_CURVE_POINTS - 1, &n_seen, &last));
	CU_ASSERT_EQUAL(n_seen, 2 * TOYS);
	CU_ASSERT(last < first / 2);
	mr_readout_free(&readout);
	mr_shallow_free(&result);
	mr_hebb_free(&carrier);
}

/* ---- failures -------------------------------------------------------------------- */

static void work_ends_when_stopped(void)
{
	static const volatile sig_atomic_t raised = 1;
	struct mr_readout_plan readout_plan = toy_readout;
	struct mr_mlp_plan mlp_plan = toy_mlp;
	struct mr_hebb_carrier carrier = {0};
	struct mr_errtext err = {""};
	struct mr_readout readout = {0};
	struct mr_robust_row row;
	static struct toys toys;
	struct mr_judge judge;
	struct mr_mlp mlp;

	make_toys(&toys);
	const struct mr_shallow_plan plan = toy_plan(&toys);
	const struct mr_robust_plan robust = {.images = &toys.images,
	                                      .n_attacked = 4, .steps = 2,
	                                      .watch = {.stop = &raised}};

	readout_plan.watch.stop = &raised;
	mlp_plan.watch.stop = &raised;
	MR_CODE(mr_hebb_float(&plan.params, N_IN, NEURONS, 1, &carrier, &err), MR_OK);
	MR_CODE(mr_readout_learn(&readout, &readout_plan, &carrier,
	                         &toys.images),
	        MR_ERR_STOPPED);
	CU_ASSERT(readout.p == NULL);
	MR_CODE(mr_mlp_take(&mlp, N_IN, NEURONS, CLASSES, 7), MR_OK);
	MR_CODE(mr_mlp_pass(&mlp, &mlp_plan, &toys.images, 0), MR_ERR_STOPPED);
	mr_judge_mlp(&judge, &mlp);
	MR_CODE(mr_robust_measure(&robust, &judge, NULL, "", &row),
	        MR_ERR_STOPPED);
	mr_mlp_free(&mlp);
	mr_hebb_free(&carrier);
}

static int broken_multiply(void *self, const float *x, uint32_t n, float *u)
{
	(void)self;
	(void)x;
	(void)n;
	(void)u;
	return MR_ERR_IO;
}

static void readout_passes_on_what_the_carrier_says(void)
{
	static const struct mr_hebb_carrier_type broken = {
		.multiply = broken_multiply};
	struct mr_hebb_carrier carrier = {.type = &broken, .n_in = N_IN,
	                                  .n_out = NEURONS};
	struct mr_readout readout = {0};
	static struct toys toys;
	double accuracy;
	struct net net;

	make_toys(&toys);
	make_net(&net, 5);
	MR_CODE(mr_readout_learn(&readout, &toy_readout, &carrier,
	                         &toys.images),
	        MR_ERR_IO);
	MR_CODE(mr_readout_rate(&net.readout, &carrier, &toys.images, &accuracy),
	        MR_ERR_IO);
}

/* A network that never answers 3 has no picture of class 3 to begin with. */
static void between_needs_a_picture_that_is_recognised(void)
{
	struct mr_between between = {.from = 3, .to = 1};
	static struct toys toys;
	struct mr_judge judge;
	struct mr_mlp mlp;

	make_toys(&toys);
	MR_CODE(mr_mlp_take(&mlp, N_IN, NEURONS, CLASSES, 7), MR_OK);
	mlp.p[mlp.n - 1] = -1000;
	mr_judge_mlp(&judge, &mlp);
	MR_CODE(mr_between_walk(&between, &judge, &toys.images),
	        MR_ERR_MISSING);
	CU_ASSERT(between.x == NULL);
	mr_mlp_free(&mlp);
}

/* All that is asked, on toys. */
static int ask_everything(const struct toys *toys)
{
	static struct mr_curve curve;
	const struct mr_shallow_plan plan = toy_plan(toys);
	const struct mr_robust_plan robust = {.images = &toys->images,
	                                      .n_attacked = 4, .steps = 2};
	const struct mr_watch nobody = {0};
	struct mr_errtext err = {""};
	struct mr_shallow_result result = {0};
	struct mr_hebb_carrier carrier = {0};
	struct mr_between between = {.from = 0, .to = 1};
	struct mr_judge hebb = {0}, by_log = {0}, judge;
	struct mr_readout readout = {0};
	struct mr_robust_row row;
	struct mr_mlp mlp = {0};
	int code = learn_toys(toys, &carrier, &result);

	if (code == MR_OK)
		code = mr_readout_learn(&readout, &toy_readout, &carrier,
		                        &toys->images);
	if (code == MR_OK)
		code = mr_posthoc_run(&plan, 3, &readout, &nobody, 1, &curve,
		                      &err);
	if (code == MR_OK)
		code = mr_judge_hebb(&hebb, result.w, N_IN, &readout, false);
	if (code == MR_OK)
		code = mr_judge_hebb(&by_log, result.w, N_IN, &readout, true);
	if (code == MR_OK)
		code = mr_robust_measure(&robust, &hebb, &by_log, "", &row);
	if (code == MR_OK)
		code = mr_mlp_take(&mlp, N_IN, NEURONS, CLASSES, 7);
	for (uint32_t e = 0; e < 20 && code == MR_OK; e++)
		code = mr_mlp_pass(&mlp, &toy_mlp, &toys->images, e);
	if (code == MR_OK) {
		mr_judge_mlp(&judge, &mlp);
		code = mr_between_walk(&between, &judge, &toys->images);
	}
	if (code == MR_OK) {
		MR_NEAR(row.noise[0], 1, 0);
		CU_ASSERT(row.pgd[MR_ROBUST_WORST][4] <=
		          row.pgd[MR_ROBUST_LOSS][4]);
		CU_ASSERT(between.p[0] < 0.5);
		CU_ASSERT(between.p[MR_BETWEEN_SHOWN - 1] > 0.9);
	}
	mr_between_free(&between);
	mr_mlp_free(&mlp);
	mr_judge_free(&by_log);
	mr_judge_free(&hebb);
	mr_readout_free(&readout);
	mr_shallow_free(&result);
	mr_hebb_free(&carrier);
	return code;
}

static void everything_survives_each_failed_allocation(void)
{
	static struct toys toys;
	uint64_t at = 0;
	int code;

	make_toys(&toys);
	do {
		long held = mr_badmemory_blocks();

		mr_badmemory_arm(++at, MR_MEMORY_OWN);
		code = ask_everything(&toys);
		bool failed = mr_badmemory_disarm();

		CU_ASSERT_EQUAL(mr_badmemory_blocks(), held);
		if (failed)
			MR_CODE(code, MR_ERR_NOMEM);
	} while (code != MR_OK && at < 1000);
	MR_CODE(code, MR_OK);
	CU_ASSERT(at > 50);
}

/* ---- on MNIST -------------------------------------------------------------------- */

/* 100 neurons and 10,000 samples are a sixth of what the labels' 89 % need; the
 * read-out gains over them, and stays right where the baseline is fooled. */
static void readout_of_mnist_gains_and_withstands(void)
{
	char dir[MR_TEST_PATH_MAX];
	struct mr_images train = {0}, test = {0};
	struct mr_hebb_carrier carrier = {0};
	struct mr_shallow_result result = {0};
	struct mr_readout readout = {0};
	struct mr_robust_row row = {0};
	struct mr_judge judge = {0};
	struct mr_errtext err = {""};
	double accuracy = 0;

	if (!imagefiles_data(dir, "mnist"))
		MR_SKIP("MNIST is not there");
	const struct mr_dataset *set = mr_dataset_find("mnist");

	MR_CODE_ERR(mr_images_load(set, dir, MR_IMAGES_TRAIN, 0, &train, &err),
	            MR_OK, err);
	MR_CODE_ERR(mr_images_load(set, dir, MR_IMAGES_TEST, 0, &test, &err),
	            MR_OK, err);
	train.n = 10000;
	test.n = 1000;
	const struct mr_shallow_plan plan = {
		.params = {.t = 60, .eta0 = 0.2, .radius = 5},
		.train = &train, .test = &test, .n_out = 100, .batch = 10,
		.epochs = 1};
	const struct mr_readout_plan how = {.t = 20, .rate = 1e-2, .epochs = 5,
	                                    .batch = 100, .seed = 1};
	const struct mr_robust_plan robust = {.images = &test,
	                                      .n_attacked = 50, .steps = 20};

	MR_CODE(mr_hebb_float(&plan.params, 784, 100, 1, &carrier, &err), MR_OK);
	MR_CODE_ERR(mr_shallow_run(&plan, &carrier, 1, &result, &err), MR_OK,
	            err);
	MR_CODE(mr_readout_learn(&readout, &how, &carrier, &train), MR_OK);
	MR_CODE(mr_readout_rate(&readout, &carrier, &test, &accuracy), MR_OK);
	MR_CODE(mr_judge_hebb(&judge, result.w, 784, &readout, false), MR_OK);
	MR_CODE(mr_robust_measure(&robust, &judge, NULL, "", &row), MR_OK);
	CU_ASSERT(accuracy > 0.8);
	MR_NEAR(row.noise[0], accuracy, 1e-9);
	/* A picture falls at 32/255 after one in two did not at 16/255; of the
	 * MLP of 1.7 of the fact sheet, 1.4 % are left at 32. */
	CU_ASSERT(row.pgd[MR_ROBUST_LOSS][2] > 0.5);
	CU_ASSERT(row.pgd[MR_ROBUST_LOSS][4] < 0.3);
	mr_judge_free(&judge);
	mr_readout_free(&readout);
	mr_shallow_free(&result);
	mr_hebb_free(&carrier);
	mr_images_free(&train);
	mr_images_free(&test);
}

const struct mr_test mr_tests[] = {
	{"dense_loss_has_known_values", dense_loss_has_known_values},
	{"dense_gradient_is_the_slope_of_the_loss",
	 dense_gradient_is_the_slope_of_the_loss},
	{"mlp_gradient_is_the_slope_of_the_loss",
	 mlp_gradient_is_the_slope_of_the_loss},
	{"mlp_input_gradient_is_the_slope_of_the_loss",
	 mlp_input_gradient_is_the_slope_of_the_loss},
	{"hebb_input_gradient_is_the_slope_of_the_loss",
	 hebb_input_gradient_is_the_slope_of_the_loss},
	{"hebb_gradient_of_an_empty_picture_is_zero",
	 hebb_gradient_of_an_empty_picture_is_zero},
	{"hebb_masked_gradient_is_seen_through_ln_h",
	 hebb_masked_gradient_is_seen_through_ln_h},
	{"attack_stays_in_the_ball_and_raises_the_loss",
	 attack_stays_in_the_ball_and_raises_the_loss},
	{"attack_towards_a_class_lowers_its_loss",
	 attack_towards_a_class_lowers_its_loss},
	{"attack_start_depends_on_seed_and_picture_alone",
	 attack_start_depends_on_seed_and_picture_alone},
	{"noise_has_its_width_and_repeats", noise_has_its_width_and_repeats},
	{"readout_of_toys_is_learned_and_repeats",
	 readout_of_toys_is_learned_and_repeats},
	{"mlp_learns_toys_and_repeats", mlp_learns_toys_and_repeats},
	{"curve_keeps_means_of_stretches", curve_keeps_means_of_stretches},
	{"posthoc_loss_falls", posthoc_loss_falls},
	{"work_ends_when_stopped", work_ends_when_stopped},
	{"readout_passes_on_what_the_carrier_says",
	 readout_passes_on_what_the_carrier_says},
	{"between_needs_a_picture_that_is_recognised",
	 between_needs_a_picture_that_is_recognised},
	{"everything_survives_each_failed_allocation",
	 everything_survives_each_failed_allocation},
	{"readout_of_mnist_gains_and_withstands",
	 readout_of_mnist_gains_and_withstands},
	{0},
};
