/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The layers of deep SoftHebb in a row. */
#include "network.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/random.h"

#include "numbers.h"

#define START_RADIUS 25.0 /* of all presets with convolutions */
#define CHUNK 4096 /* weights that are drawn at a time */
#define GRAY 255.0f

static int no_memory(struct mr_errtext *err)
{
	return mr_errtext_set(err, MR_ERR_NOMEM,
	                      "out of memory for the network");
}

/* ---- shapes and room ----------------------------------------------------- */

static int find_shapes(struct mr_deep_network *network,
                       const struct mr_images *images, struct mr_errtext *err)
{
	struct mr_deep_shape at = {.channels = images->channels,
	                           .height = images->height,
	                           .width = images->width};

	for (uint32_t l = 0; l < network->n_layers; l++) {
		struct mr_deep_block *block = &network->block[l];

		block->spec = &network->preset.layer[l];
		int code = mr__deep_shape(block->spec, l, &at, err);

		if (code)
			return code;
		block->shape = at;
		at = (struct mr_deep_shape){.channels = block->spec->n_kernels,
		                            .height = at.out_height,
		                            .width = at.out_width};
	}
	return MR_OK;
}

/* How much room the largest layer needs. */
struct sizes {
	size_t padded, x, u, weights, positions, kernels, channels, row;
};

static size_t most(size_t a, size_t b)
{
	return a > b ? a : b;
}

static struct sizes find_sizes(const struct mr_deep_network *network)
{
	struct sizes z = {0};

	for (uint32_t l = 0; l < network->n_layers; l++) {
		const struct mr_deep_shape *s = &network->block[l].shape;
		size_t k = network->block[l].spec->n_kernels;
		size_t weights = k * s->fan_in;

		z.padded = most(z.padded, s->n_pad);
		z.x = most(z.x, s->positions * s->fan_in);
		z.u = most(z.u, s->positions * k);
		z.weights = most(z.weights, weights < MR__DEEP_NARROW
		                                    ? weights * MR__DEEP_SUM_PARTS
		                                    : weights);
		z.positions = most(z.positions, s->positions);
		z.kernels = most(z.kernels, k);
		z.channels = most(z.channels, s->channels);
		z.row = most(z.row, (size_t)s->width * s->channels);
	}
	return z;
}

static bool floats(float **out, size_t n)
{
	*out = calloc(n ? n : 1, sizeof **out);
	return *out != NULL;
}

static bool make_room(struct mr_deep_room *room, const struct sizes *z,
                      uint32_t batch)
{
	size_t b = batch;

	room->batch = batch;
	room->winner = calloc(b * z->positions + 1, sizeof *room->winner);
	room->moments = calloc(2 * b * z->channels + 1, sizeof *room->moments);
	return room->winner && room->moments &&
	       floats(&room->padded, b * z->padded) &&
	       floats(&room->x, b * z->x) && floats(&room->u, b * z->u) &&
	       floats(&room->y, b * z->u) && floats(&room->d, z->weights) &&
	       floats(&room->yu, (b + 1) * z->kernels) &&
	       floats(&room->eta, z->kernels) &&
	       floats(&room->radius, z->kernels) &&
	       floats(&room->p_winner, b) && floats(&room->mean, z->row) &&
	       floats(&room->inv, z->row);
}

static bool make_block(struct mr_deep_block *block, uint32_t batch)
{
	if (!floats(&block->run_mean, block->shape.channels) ||
	    !floats(&block->run_var, block->shape.channels) ||
	    !floats(&block->out, batch * block->shape.n_out))
		return false;
	for (uint32_t c = 0; c < block->shape.channels; c++)
		block->run_var[c] = 1;
	return true;
}

/* ---- weights ------------------------------------------------------------- */

static void draw(float *w, size_t n, uint64_t seed, uint64_t layer,
                 float scale)
{
	static_assert(CHUNK % 4 == 0, "four normals share a counter");
	uint64_t event[CHUNK];

	for (size_t i = 0; i < CHUNK; i++)
		event[i] = layer;
	for (size_t i = 0; i < n; i += CHUNK)
		mr_random_normals(seed, MR_PURPOSE_WEIGHT, (uint32_t)i, event,
		                  (uint32_t)(n - i < CHUNK ? n - i : CHUNK),
		                  w + i);
	for (size_t i = 0; i < n; i++)
		w[i] *= scale;
}

static int start_block(struct mr_deep_network *network, uint32_t l,
                       uint64_t seed, const struct mr_deep_carrier *carriers,
                       struct mr_errtext *err)
{
	struct mr_deep_block *block = &network->block[l];
	size_t k = block->spec->n_kernels, n = block->shape.fan_in;
	float *w;
	int code = MR_OK;

	if (carriers && carriers[l].multiply)
		block->carrier = carriers[l];
	else
		code = mr__deep_numbers_alloc(k, n, network->tools.kernels,
		                              network->tools.team,
		                              &block->carrier);
	if (code || !floats(&w, k * n))
		return no_memory(err);
	draw(w, k * n, seed, l, (float)(START_RADIUS / sqrt((double)n)));
	code = block->carrier.start(block->carrier.self, w, err);
	free(w);
	return code;
}

static int build(struct mr_deep_network *network,
                 const struct mr_images *images, uint64_t seed,
                 const struct mr_deep_carrier *carriers, uint32_t threads,
                 struct mr_errtext *err)
{
	uint32_t batch = network->preset.batch;
	int code = find_shapes(network, images, err);

	if (!code)
		code = mr_team_start(threads, &network->tools.team, err);
	if (code)
		return code;
	struct sizes z = find_sizes(network);
	size_t n_in = network->block[0].shape.n_in;

	network->bytes = malloc(batch * n_in);
	if (!network->bytes || !floats(&network->in, batch * n_in) ||
	    !make_room(&network->room, &z, batch))
		return no_memory(err);
	for (uint32_t l = 0; l < network->n_layers && !code; l++)
		code = make_block(&network->block[l], batch)
		               ? start_block(network, l, seed, carriers, err)
		               : no_memory(err);
	return code;
}

int mr_deep_network_alloc(const struct mr_deep_preset *preset,
                          const struct mr_images *images, uint64_t seed,
                          const struct mr_deep_carrier *carriers,
                          uint32_t threads, struct mr_deep_network **out,
                          struct mr_errtext *err)
{
	struct mr_deep_network *network = calloc(1, sizeof *network);

	if (!network)
		return no_memory(err);
	mr__deep_blas_alone();
	network->preset = *preset;
	network->n_layers = preset->n_layers;
	network->tools.kernels = mr__deep_kernels_pick();
	network->tools.room = &network->room;
	int code = build(network, images, seed, carriers, threads, err);

	if (code)
		mr_deep_network_free(network);
	else
		*out = network;
	return code;
}

static void free_room(struct mr_deep_room *room)
{
	free(room->padded);
	free(room->x);
	free(room->u);
	free(room->y);
	free(room->d);
	free(room->yu);
	free(room->eta);
	free(room->radius);
	free(room->p_winner);
	free(room->winner);
	free(room->moments);
	free(room->mean);
	free(room->inv);
}

void mr_deep_network_free(struct mr_deep_network *network)
{
	if (!network)
		return;
	for (uint32_t l = 0; l < network->n_layers; l++) {
		mr__deep_numbers_free(&network->block[l].carrier);
		free(network->block[l].run_mean);
		free(network->block[l].run_var);
		free(network->block[l].out);
	}
	free_room(&network->room);
	mr_team_free(network->tools.team);
	free(network->in);
	free(network->bytes);
	free(network);
}

/* ---- images through layers ----------------------------------------------- */

struct spread {
	const struct mr_deep_network *network;
	size_t area;
	uint32_t channels;
};

/* From planes of bytes to rows of positions, 0..1. */
static void spread_image(void *arg, uint32_t i)
{
	const struct spread *s = arg;
	const uint8_t *bytes = s->network->bytes + i * s->area * s->channels;
	float *in = s->network->in + i * s->area * s->channels;

	for (uint32_t c = 0; c < s->channels; c++, bytes += s->area)
		for (size_t p = 0; p < s->area; p++)
			in[p * s->channels + c] = (float)bytes[p] / GRAY;
}

static int fetch(struct mr_deep_network *network,
                 const struct mr_images *images, const uint32_t *index,
                 uint32_t n, const struct mr_images_cut *cut,
                 struct mr_errtext *err)
{
	const struct mr_deep_shape *s = &network->block[0].shape;
	struct spread spread = {network, (size_t)s->height * s->width,
	                        s->channels};
	int code = mr_images_fetch(images, index, n, cut, network->bytes, err);

	if (!code)
		mr_team_run(network->tools.team, spread_image, &spread, n);
	return code;
}

int mr_deep_network_run(struct mr_deep_network *network,
                        const struct mr_images *images, const uint32_t *index,
                        uint32_t n, const struct mr_images_cut *cut,
                        const struct mr_deep_route *route,
                        void (*learned)(void *user, uint32_t layer),
                        void *user, struct mr_errtext *err)
{
	struct mr_deep_step step = {.in = network->in, .n = n,
	                            .update = route->update,
	                            .news = route->news};
	int code = fetch(network, images, index, n, cut, err);

	for (uint32_t l = 0; l < route->end && !code; l++) {
		step.learn = l >= route->first_learning &&
		             l < route->end_learning;
		step.give = l + 1 < route->end || route->give;
		code = mr__deep_block_run(&network->block[l], &network->tools,
		                          &step, err);
		if (step.learn && learned && !code)
			learned(user, l);
		step.in = network->block[l].out;
	}
	return code;
}

size_t mr_deep_network_features(const struct mr_deep_network *network)
{
	return network->block[network->n_layers - 1].shape.n_out;
}
