/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Speed of deep SoftHebb: each layer of preset cifar10-3 learning alone, on
 * made-up images, beside the rate of the same matrix products without anything
 * around them, and of one large product, measured in the same run. */
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#include "apps/softhebb/deep.h"
#include "apps/softhebb/network.h"

#include "bench.h"

#define N_IMAGES 10
#define SIDE 32
#define REPEATS 5
#define GEMM 1536 /* side of the large product */
#define RUN_S 50000.0 /* images of a pass */

/* Which layer, on what. */
struct layer_case {
	struct mr_deep_network *network;
	const struct mr_images *images;
	const uint32_t *order;
	uint32_t layer;
	uint32_t batches; /* in a measurement */
	bool bare;        /* the products alone */
};

static uint8_t pixels[N_IMAGES * 3 * SIDE * SIDE];

static void learn_batch(const struct layer_case *c)
{
	const struct mr_deep_block *below =
		c->layer ? &c->network->block[c->layer - 1] : NULL;
	struct mr_deep_step step = {below ? below->out : c->network->in,
	                            N_IMAGES, true, true, false, 0};
	struct mr_errtext err = {""};

	if (mr__deep_block_run(&c->network->block[c->layer],
	                       &c->network->tools, &step, &err))
		mr_bench_die("layer", err.text);
}

/* The two products that a batch takes, with BLAS's own threads. */
static void multiply_batch(const struct layer_case *c)
{
	const struct mr_deep_block *block = &c->network->block[c->layer];
	struct mr_deep_room *room = &c->network->room;
	int k = (int)block->spec->n_kernels, n = (int)block->shape.fan_in;
	int p = (int)(N_IMAGES * block->shape.positions);

	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, p, k, n, 1, room->x,
	            n, room->d, n, 0, room->u, k);
	cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, k, n, p, 1, room->y,
	            k, room->x, n, 0, room->d, n);
}

/* Images in a second. */
static double measure_layer(void *state)
{
	const struct layer_case *c = state;
	double began_s = mr_bench_now_s();

	openblas_set_num_threads(c->bare ? openblas_get_num_procs() : 1);
	for (uint32_t i = 0; i < c->batches; i++)
		if (c->bare)
			multiply_batch(c);
		else
			learn_batch(c);
	double spent_s = mr_bench_now_s() - began_s;

	openblas_set_num_threads(1);
	return c->batches * N_IMAGES / spent_s;
}

/* Gflop/s of a product whose shape is no burden. */
static double measure_large(void *state)
{
	float *m = state;
	double began_s = mr_bench_now_s();

	openblas_set_num_threads(openblas_get_num_procs());
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, GEMM, GEMM, GEMM, 1,
	            m, GEMM, m + GEMM * GEMM, GEMM, 0, m + 2 * GEMM * GEMM,
	            GEMM);
	openblas_set_num_threads(1);
	return 2.0 * GEMM * GEMM * GEMM / (mr_bench_now_s() - began_s) * 1e-9;
}

static double flop_per_image(const struct mr_deep_block *block)
{
	return 4.0 * (double)block->spec->n_kernels *
	       (double)block->shape.fan_in * (double)block->shape.positions;
}

static void bench_layer(struct layer_case *c, float *large)
{
	static const char *const names[] = {
		"deep layer 1 (75 x 96) learning",
		"deep layer 2 (864 x 384) learning",
		"deep layer 3 (3456 x 1536) learning"};
	static const char *const shares[] = {
		"deep layer 1, share of sgemm", "deep layer 2, share of sgemm",
		"deep layer 3, share of sgemm"};
	static const uint32_t batches[] = {40, 8, 2};
	struct layer_case bare = *c;

	c->batches = bare.batches = batches[c->layer];
	bare.bare = true;
	struct mr_bench_case cases[3] = {
		{.measure = measure_layer, .state = c},
		{.measure = measure_layer, .state = &bare},
		{.measure = measure_large, .state = large}};

	mr_bench_measure(cases, 3, REPEATS);
	double flop = flop_per_image(&c->network->block[c->layer]);

	mr_bench_report(&(struct mr_bench_figure){
		.name = names[c->layer], .unit = "images/s", .higher = true,
		.value = cases[0].median,
		.baseline = "its two products by BLAS alone",
		.baseline_value = cases[1].median,
		.target = c->layer == 0 ? RUN_S / 25 : 0, /* issue 5: 25 s */
		.limit = cases[2].median * 1e9 / flop});
	mr_bench_report(&(struct mr_bench_figure){
		.name = shares[c->layer], .unit = "of Gflop/s", .higher = true,
		.value = cases[0].median * flop * 1e-9 / cases[2].median});
}

static void bench_deep(void)
{
	const struct mr_deep_preset *preset = mr_deep_preset_find("cifar10-3");
	const struct mr_deep_route all = {0, 3, 3, true, true, 0};
	struct mr_images images = {.n = N_IMAGES, .channels = 3,
	                           .height = SIDE, .width = SIDE,
	                           .n_classes = 10, .pixels = pixels};
	uint32_t order[N_IMAGES];
	struct mr_deep_network *network = NULL;
	struct mr_errtext err = {""};
	float *large = calloc(3 * GEMM * GEMM, sizeof *large);

	for (size_t i = 0; i < sizeof pixels; i++)
		pixels[i] = (uint8_t)(i * 2654435761u >> 13);
	for (uint32_t i = 0; i < N_IMAGES; i++)
		order[i] = i;
	if (!large || mr_deep_network_alloc(preset, &images, 1, NULL, 0,
	                                    &network, &err) ||
	    mr_deep_network_run(network, &images, order, N_IMAGES, NULL, &all,
	                        NULL, NULL, &err))
		mr_bench_die("deep", err.text);
	for (uint32_t l = 0; l < 3; l++)
		bench_layer(&(struct layer_case){.network = network,
		                                 .images = &images,
		                                 .order = order, .layer = l},
		            large);
	mr_deep_network_free(network);
	free(large);
}

const struct mr_bench mr_benches[] = {
	{"deep", bench_deep},
	{0},
};
