/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Means and variances of batch norms, put aside and taken anew. */
#include "norms.h"

#include <stdlib.h>
#include <string.h>

#define BATCH_MAX 1024

static size_t n_values(const struct mr_deep_network *network)
{
	size_t n = 0;

	for (uint32_t l = 0; l < network->n_layers; l++)
		n += 2 * (size_t)network->block[l].shape.channels;
	return n;
}

int mr_norms_keep(const struct mr_deep_network *network, struct mr_norms *norms,
                  struct mr_errtext *err)
{
	/* one more: no checker sees that there is a layer */
	float *at = calloc(n_values(network) + 1, sizeof *at);

	norms->value = at;
	if (!at)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	for (uint32_t l = 0; l < network->n_layers; l++) {
		const struct mr_deep_block *b = &network->block[l];
		size_t n = b->shape.channels;

		memcpy(at, b->run_mean, n * sizeof *at);
		memcpy(at + n, b->run_var, n * sizeof *at);
		at += 2 * n;
	}
	return MR_OK;
}

void mr_norms_restore(const struct mr_norms *norms,
                      struct mr_deep_network *network)
{
	const float *at = norms->value;

	for (uint32_t l = 0; l < network->n_layers; l++) {
		struct mr_deep_block *b = &network->block[l];
		size_t n = b->shape.channels;

		memcpy(b->run_mean, at, n * sizeof *at);
		memcpy(b->run_var, at + n, n * sizeof *at);
		at += 2 * n;
	}
}

void mr_norms_free(struct mr_norms *norms)
{
	free(norms->value);
	norms->value = NULL;
}

/* Of n_batches batches the one with this number. */
static int learn_batch(struct mr_deep_network *network,
                       const struct mr_images *images, uint32_t number,
                       uint32_t n_batches, struct mr_errtext *err)
{
	uint32_t index[BATCH_MAX];
	uint32_t n = network->preset.batch;
	const struct mr_deep_route route = {0, network->n_layers,
	                                    network->n_layers, false, false,
	                                    1.0 / (number + 1)};

	n = n < images->n ? n : images->n;
	n = n < BATCH_MAX ? n : BATCH_MAX;
	for (uint32_t i = 0; i < n; i++)
		index[i] = mr_evenly(number * n + i, n_batches * n, images->n);
	return mr_deep_network_run(network, images, index, n, NULL, &route,
	                           NULL, NULL, err);
}

int mr_norms_learn(struct mr_deep_network *network,
                   const struct mr_images *images, uint32_t n,
                   const volatile sig_atomic_t *stop, struct mr_errtext *err)
{
	uint32_t batch = network->preset.batch;
	uint32_t wanted = n < images->n ? n : images->n;
	uint32_t n_batches = wanted / batch + (wanted % batch != 0);
	int code = MR_OK;

	for (uint32_t k = 0; k < n_batches && code == MR_OK; k++)
		code = stop && *stop
		               ? mr_errtext_set(err, MR_ERR_STOPPED, "stopped")
		               : learn_batch(network, images, k, n_batches, err);
	return code;
}
