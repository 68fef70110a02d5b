/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* One description of the file serves for writing and for reading. */
#include "checkpoint.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "passage.h"

/* ---- what the file holds ------------------------------------------------- */

static void weights(struct mr_passage *p, struct mr_deep_block *block)
{
	const struct mr_deep_carrier *carrier = &block->carrier;
	size_t n = block->spec->n_kernels * block->shape.fan_in;
	float *w = calloc(n ? n : 1, sizeof *w);

	if (!w) {
		p->code = mr_errtext_set(p->err, MR_ERR_NOMEM, "out of memory");
		return;
	}
	if (p->write)
		p->code = carrier->weights(carrier->self, w, p->err);
	if (!p->code)
		mr_passage_floats(p, w, n);
	if (!p->write && !p->code)
		p->code = carrier->start(carrier->self, w, p->err);
	free(w);
}

static void layers(struct mr_passage *p, struct mr_deep_state *state)
{
	for (uint32_t l = 0; l < state->network->n_layers && !p->code; l++) {
		struct mr_deep_block *block = &state->network->block[l];

		mr_passage_number(p, &state->p_winner[l]);
		mr_passage_words(p, state->p_bins[l], MR_DEEP_BINS);
		mr_passage_words(p, state->wins[l], block->spec->n_kernels);
		mr_passage_floats(p, block->run_mean, block->shape.channels);
		mr_passage_floats(p, block->run_var, block->shape.channels);
		if (!p->code)
			weights(p, block);
	}
}

static void results(struct mr_passage *p, struct mr_deep_result *result)
{
	for (uint32_t l = 0; l < MR_DEEP_LAYERS_MAX; l++) {
		struct mr_deep_layer_result *r = &result->layer[l];

		mr_passage_floats(p, &r->p_winner, 1);
		mr_passage_floats(p, &r->radius_mean, 1);
		mr_passage_floats(p, &r->radius_sd, 1);
		mr_passage_words(p, &r->n_radius_one, 1);
		mr_passage_words(p, &r->n_used, 1);
		mr_passage_number(p, &r->spent_s);
		mr_passage_words(p, r->p_bins, MR_DEEP_BINS);
		mr_passage_floats(p, &r->radius_top, 1);
		mr_passage_words(p, r->radius_bins, MR_DEEP_BINS);
	}
	mr_passage_number(p, &result->pass_s);
	mr_passage_number(p, &result->features_s);
	mr_passage_number(p, &result->classifier_s);
	mr_passage_floats(p, &result->feature_mean, 1);
	mr_passage_floats(p, &result->feature_max, 1);
	mr_passage_words(p, &result->n_epochs, 1);
	for (uint32_t e = 0; e < MR_DEEP_EPOCHS_MAX; e++) {
		mr_passage_floats(p, &result->epoch[e].loss, 1);
		mr_passage_floats(p, &result->epoch[e].train_accuracy, 1);
		mr_passage_floats(p, &result->epoch[e].test_accuracy, 1);
	}
}

static void classifier(struct mr_passage *p, struct mr_classifier *c)
{
	mr_passage_wide(p, &c->steps);
	mr_passage_floats(p, c->w, c->n_param);
	mr_passage_floats(p, c->m, c->n_param);
	mr_passage_floats(p, c->v, c->n_param);
}

static void content(struct mr_passage *p, struct mr_deep_state *state)
{
	mr_passage_words(p, &state->phase, 1);
	mr_passage_words(p, &state->epoch, 1);
	mr_passage_wide(p, &state->step);
	mr_passage_words(p, &state->n_window, 1);
	mr_passage_number(p, &state->tally.loss);
	mr_passage_words(p, &state->tally.right, 1);
	mr_passage_words(p, &state->tally.seen, 1);
	results(p, state->result);
	layers(p, state);
	if (state->classifier && state->phase == state->network->n_layers)
		classifier(p, state->classifier);
}

static int check_places(const struct mr_passage *p,
                        const struct mr_deep_state *state)
{
	uint32_t end = state->network->n_layers;

	if (state->phase > end || state->epoch > state->identity.epochs ||
	    state->result->n_epochs > MR_DEEP_EPOCHS_MAX ||
	    state->step > UINT32_MAX)
		return mr_errtext_set(p->err, MR_ERR_FORMAT,
		                      "%s: layer %u, epoch %u, batch %" PRIu64
		                      " is no place in the run", p->path,
		                      state->phase, state->epoch, state->step);
	return MR_OK;
}

static void body(struct mr_passage *p, void *user)
{
	struct mr_deep_state *state = user;

	content(p, state);
	if (!p->write && !p->code)
		p->code = check_places(p, state);
}

/* ---- the file ------------------------------------------------------------ */

#define N_ID 9

static const char *const names[N_ID] = {
	"network", "set of images", "seed", "seed", "way of training",
	"number of images", "number of training images", "number of test images",
	"number of epochs"};

static const struct mr_passage_kind kind = {
	.what = "a deep network", .magic = "MRDEEPCK",
	.version = MR_CHECKPOINT_VERSION, .n_id = N_ID, .name = names};

static void fill_id(const struct mr_deep_identity *id, uint32_t *out)
{
	const uint32_t all[N_ID] = {
		id->network, id->data, (uint32_t)id->seed,
		(uint32_t)(id->seed >> 32),
		id->simultaneous | id->random << 1, id->n_pass, id->n_train,
		id->n_test, id->epochs};

	memcpy(out, all, sizeof all);
}

int mr_checkpoint_write(const char *path, struct mr_deep_state *state,
                        struct mr_errtext *err)
{
	uint32_t id[N_ID];

	fill_id(&state->identity, id);
	return mr_passage_write(path, &kind, id, body, state, err);
}

int mr_checkpoint_read(const char *path, struct mr_deep_state *state,
                       struct mr_errtext *err)
{
	uint32_t id[N_ID];

	fill_id(&state->identity, id);
	return mr_passage_read(path, &kind, id, body, state, err);
}

/* ---- identity ------------------------------------------------------------ */

static uint32_t check_layer(uint32_t crc, const struct mr_deep_layer *l)
{
	const float number[] = {l->t, l->eta0, l->p, l->q};
	uint32_t word[] = {l->n_kernels, l->kernel, l->pad, l->pool,
	                   l->pool_size, l->pool_stride, l->pool_pad,
	                   (uint32_t)l->pre_triangle | (uint32_t)l->hard << 1};
	uint32_t bits[4];

	memcpy(bits, number, sizeof bits);
	crc = mr_passage_check(crc, word, sizeof word / sizeof *word);
	return mr_passage_check(crc, bits, 4);
}

void mr_deep_identify(const struct mr_deep_plan *plan,
                      struct mr_deep_identity *identity)
{
	const struct mr_deep_preset *preset = plan->preset;
	const uint32_t word[] = {preset->n_layers, preset->batch,
	                         preset->epoch_batch};
	uint32_t dropout;

	memcpy(&dropout, &preset->dropout, sizeof dropout);
	identity->network = mr_passage_check(0, word, 3);
	identity->network = mr_passage_check(identity->network, &dropout, 1);
	if (mr_deep_shift(plan)) /* checkpoints of others keep their check */
		identity->network = mr_passage_check(
			identity->network, &(uint32_t){mr_deep_shift(plan)}, 1);
	for (uint32_t l = 0; l < preset->n_layers; l++)
		identity->network = check_layer(identity->network,
		                                &preset->layer[l]);
	identity->data = mr_passage_check_images(0, plan->train);
	identity->data = mr_passage_check_images(identity->data, plan->test);
	if (plan->unlabelled != plan->train)
		identity->data = mr_passage_check_images(identity->data,
		                                         plan->unlabelled);
	identity->seed = plan->seed;
	identity->simultaneous = plan->simultaneous;
	identity->random = plan->random;
}
