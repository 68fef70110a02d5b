/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A run of a deep network: layers learn, features are worked out, the
 * classifier learns. */
#include "deep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memrig/random.h"

#include "checkpoint.h"

#define EPOCH_EVENT 1024u /* of the order of samples: after those of layers */
#define SHIFT_EVENT 1024u /* of images that are moved: after those of layers */
#define ONE_AWAY 0.01f    /* a radius so far from 1 counts as 1 */

struct run {
	const struct mr_deep_plan *plan;
	const struct mr_images *unlabelled;
	struct mr_clock clock;
	struct mr_deep_state state;
	struct mr_classifier classifier;
	struct mr_features train, test;
	uint32_t *order;  /* images in the order of the pass or epoch */
	bool window;      /* the batch at hand counts for p_winner */
	struct mr_deep_result *result;
	struct mr_errtext *err;
};

static uint32_t n_layers(const struct run *run)
{
	return run->plan->preset->n_layers;
}

static double now_s(const struct run *run)
{
	return (double)run->clock.monotonic_ns(run->clock.self) * 1e-9;
}

/* ---- order, progress, stop ----------------------------------------------- */

static void draw_order(struct run *run, uint32_t n, uint64_t event)
{
	uint32_t word[4];

	for (uint32_t i = 0; i < n; i++)
		run->order[i] = i;
	for (uint32_t i = n; i-- > 1;) {
		mr_random_bits(run->plan->seed,
		               (struct mr_address){MR_PURPOSE_ORDER, i, event, 0},
		               word);
		uint64_t wide = word[0] | (uint64_t)word[1] << 32;
		uint32_t with = (uint32_t)(wide % (i + 1)); /* bias < 2^-32 */
		uint32_t kept = run->order[i];

		run->order[i] = run->order[with];
		run->order[with] = kept;
	}
}

static void tell(const struct run *run, const char *phase, uint32_t part,
                 uint32_t n_parts, uint64_t done, uint64_t total)
{
	struct mr_deep_progress at = {phase, part, n_parts,
	                              done < total ? done : total, total};

	if (run->plan->progress)
		run->plan->progress(run->plan->user, &at);
}

static int save(struct run *run)
{
	if (!run->plan->checkpoint)
		return MR_OK;
	return mr_checkpoint_write(run->plan->checkpoint, &run->state,
	                           run->err);
}

/* After each batch: the stop flag, and a checkpoint now and then. */
static int after_batch(struct run *run, bool resumable)
{
	uint32_t every = run->plan->checkpoint_every;
	bool stop = run->plan->stop && *run->plan->stop;
	int code = MR_OK;

	if (resumable && (stop || (every && run->state.step % every == 0)))
		code = save(run);
	if (!code && stop) {
		run->result->partial = true;
		code = mr_errtext_set(run->err, MR_ERR_STOPPED,
		                      "stopped before the end");
	}
	return code;
}

/* ---- layers -------------------------------------------------------------- */

static uint32_t bin_of(double x, double top)
{
	double at = x / top * MR_DEEP_BINS;

	return (uint32_t)fmin(fmax(at, 0), MR_DEEP_BINS - 1);
}

static void count_winners(void *user, uint32_t layer)
{
	struct run *run = user;
	const struct mr_deep_network *network = run->state.network;
	const struct mr_deep_room *room = &network->room;
	const struct mr_deep_preset *preset = run->plan->preset;
	size_t positions = network->block[layer].shape.positions;
	uint64_t first = run->state.step * preset->batch;
	uint32_t n = run->state.identity.n_pass - (uint32_t)first;
	double sum = 0;

	if (!run->window)
		return;
	n = n < preset->batch ? n : preset->batch;
	for (uint32_t i = 0; i < n; i++) {
		double p = (double)room->p_winner[i];

		sum += p;
		run->state.p_bins[layer][bin_of(p, (double)positions)]++;
	}
	run->state.p_winner[layer] += sum / ((double)n * (double)positions);
	for (size_t i = 0; i < n * positions; i++)
		run->state.wins[layer][room->winner[i]]++;
}

static struct mr_deep_route route_of(const struct run *run)
{
	uint32_t phase = run->state.phase;

	if (run->plan->simultaneous || run->plan->random)
		return (struct mr_deep_route){0, n_layers(run), n_layers(run),
		                              !run->plan->random, false, 0};
	return (struct mr_deep_route){phase, phase + 1, phase + 1, true, false,
	                              0};
}

static int pass_batch(struct run *run, uint64_t n_steps)
{
	const struct mr_deep_route route = route_of(run);
	struct mr_deep_state *state = &run->state;
	uint32_t batch = run->plan->preset->batch;
	uint32_t first = (uint32_t)(state->step * batch);
	uint32_t n = state->identity.n_pass - first;
	struct mr_images_cut cut = {.random = true, .seed = run->plan->seed,
	                            .epoch = state->phase};

	run->window = state->step + MR_DEEP_WINDOW >= n_steps;
	int code = mr_deep_network_run(
		state->network, run->unlabelled, run->order + first,
		n < batch ? n : batch, run->unlabelled->folder ? &cut : NULL,
		&route, count_winners, run, run->err);

	state->n_window += run->window;
	state->step++;
	return code;
}

static void count_radii(struct mr_deep_layer_result *r, const float *radius,
                        uint32_t k)
{
	r->radius_top = 2;
	for (uint32_t i = 0; i < k; i++)
		r->radius_top = fmaxf(r->radius_top, radius[i]);
	for (uint32_t i = 0; i < k; i++)
		r->radius_bins[bin_of((double)radius[i],
		                      (double)r->radius_top)]++;
}

static int judge_layer(struct run *run, uint32_t l, double spent_s)
{
	struct mr_deep_block *block = &run->state.network->block[l];
	struct mr_deep_layer_result *r = &run->result->layer[l];
	float *radius = run->state.network->room.radius;
	uint32_t k = block->spec->n_kernels;
	double sum = 0, square = 0;
	int code = block->carrier.radii(block->carrier.self, radius, run->err);

	*r = (struct mr_deep_layer_result){.spent_s = spent_s};
	for (uint32_t i = 0; i < k && !code; i++) {
		sum += (double)radius[i];
		square += (double)radius[i] * (double)radius[i];
		r->n_radius_one += fabsf(radius[i] - 1) <= ONE_AWAY;
		r->n_used += run->state.wins[l][i] > 0;
	}
	r->radius_mean = (float)(sum / k);
	r->radius_sd = (float)sqrt(fmax(square / k - sum / k * (sum / k), 0));
	r->p_winner = (float)(run->state.p_winner[l] / run->state.n_window);
	memcpy(r->p_bins, run->state.p_bins[l], sizeof r->p_bins);
	if (!code)
		count_radii(r, radius, k);
	return code;
}

/* Whoever learned is looked at; then the next phase begins. */
static int end_pass(struct run *run, double spent_s)
{
	struct mr_deep_state *state = &run->state;
	const struct mr_deep_route route = route_of(run);
	int code = MR_OK;

	for (uint32_t l = route.first_learning; l < route.end_learning && !code;
	     l++) {
		code = judge_layer(run, l, l + 1 == route.end ? spent_s : 0);
		state->p_winner[l] = 0;
		memset(state->p_bins[l], 0, sizeof state->p_bins[l]);
		memset(state->wins[l], 0,
		       state->network->block[l].spec->n_kernels *
		               sizeof *state->wins[l]);
	}
	run->result->pass_s += spent_s;
	state->n_window = 0;
	state->step = 0;
	state->phase = route.end;
	return code ? code : save(run);
}

static int run_pass(struct run *run)
{
	uint32_t batch = run->plan->preset->batch;
	uint32_t n = run->state.identity.n_pass;
	uint64_t n_steps = ((uint64_t)n + batch - 1) / batch;
	double began_s = now_s(run);
	int code = MR_OK;

	draw_order(run, run->unlabelled->n, run->state.phase);
	while (run->state.step < n_steps && !code) {
		code = pass_batch(run, n_steps);
		tell(run, "layers", run->state.phase, n_layers(run),
		     run->state.step * batch, n);
		if (!code)
			code = after_batch(run, true);
	}
	return code ? code : end_pass(run, now_s(run) - began_s);
}

/* ---- features ------------------------------------------------------------ */

uint32_t mr_deep_shift(const struct mr_deep_plan *plan)
{
	return plan->shift ? plan->shift : plan->preset->shift;
}

static int work_out(struct run *run, const struct mr_images *images,
                    uint32_t part, const struct mr_images_cut *cut,
                    struct mr_features *features)
{
	const struct mr_deep_route route = {0, 0, n_layers(run), false, true, 0};
	struct mr_deep_network *network = run->state.network;
	uint32_t batch = run->plan->preset->batch;
	const float *out = network->block[n_layers(run) - 1].out;
	int code = MR_OK;

	for (uint32_t i = 0; i < images->n; i++)
		run->order[i] = i;
	features->sum = 0;
	features->largest = 0;
	for (uint32_t i = 0; i < features->n && !code; i += batch) {
		uint32_t n = features->n - i < batch ? features->n - i : batch;

		code = mr_deep_network_run(network, images, run->order + i, n,
		                           cut, &route, NULL, NULL, run->err);
		if (!code)
			code = mr_features_put(features, network->tools.kernels,
			                       i, n, out, run->err);
		tell(run, "features", part, 2, i + n, features->n);
		if (!code)
			code = after_batch(run, false);
	}
	features->label = images->label;
	return code;
}

static void note_features(struct run *run)
{
	run->result->feature_mean = (float)(run->train.sum /
	                                    ((double)run->train.n *
	                                     (double)run->train.width));
	run->result->feature_max = run->train.largest;
}

static int find_features(struct run *run)
{
	const struct mr_deep_plan *plan = run->plan;
	const struct mr_deep_identity *id = &run->state.identity;
	size_t width = mr_deep_network_features(run->state.network);
	double began_s = now_s(run);
	int code = mr_features_alloc(id->n_train, width, plan->folder,
	                             &run->train, run->err);

	if (!code)
		code = mr_features_alloc(id->n_test, width, plan->folder,
		                         &run->test, run->err);
	if (!code && !mr_deep_shift(plan))
		code = work_out(run, plan->train, 0, NULL, &run->train);
	if (!code)
		code = work_out(run, plan->test, 1, NULL, &run->test);
	run->result->features_s += now_s(run) - began_s;
	note_features(run);
	return code;
}

/* Of images that are moved anew in each epoch; those of an epoch that is resumed
 * are the same again. */
static int renew_features(struct run *run)
{
	const struct mr_images_cut cut = {.shift = mr_deep_shift(run->plan),
	                                  .seed = run->plan->seed,
	                                  .epoch = SHIFT_EVENT +
	                                           run->state.epoch};
	double began_s = now_s(run);
	int code;

	if (cut.shift == 0)
		return MR_OK;
	code = work_out(run, run->plan->train, 0, &cut, &run->train);
	run->result->features_s += now_s(run) - began_s;
	note_features(run);
	return code;
}

/* ---- classifier ---------------------------------------------------------- */

static int learn_epoch(struct run *run)
{
	struct mr_deep_state *state = &run->state;
	const struct mr_deep_identity *id = &state->identity;
	uint32_t batch = run->plan->preset->epoch_batch, n = id->n_train;
	float rate = mr_classifier_rate(state->epoch, id->epochs);
	int code = MR_OK;

	draw_order(run, n, EPOCH_EVENT + state->epoch);
	while (state->step * batch < n && !code) {
		uint32_t first = (uint32_t)state->step * batch;

		mr_classifier_learn(state->classifier, &run->train,
		                    run->order + first,
		                    n - first < batch ? n - first : batch,
		                    (uint64_t)state->epoch * n + first, rate,
		                    &state->tally);
		state->step++;
		tell(run, "classifier", state->epoch, id->epochs,
		     state->step * batch, n);
		code = after_batch(run, true);
	}
	return code;
}

static void end_epoch(struct run *run)
{
	struct mr_deep_state *state = &run->state;
	struct mr_deep_epoch *epoch = &run->result->epoch[state->epoch];
	struct mr_classifier_tally test = {0};
	const struct mr_classifier_tally *t = &state->tally;

	mr_classifier_judge(state->classifier, &run->test, &test);
	epoch->loss = (float)(t->loss / t->seen);
	epoch->train_accuracy = (float)t->right / (float)t->seen;
	epoch->test_accuracy = (float)test.right / (float)test.seen;
	state->tally = (struct mr_classifier_tally){0};
	state->step = 0;
	run->result->n_epochs = ++state->epoch;
}

static int run_classifier(struct run *run)
{
	int code = MR_OK;

	while (run->state.epoch < run->state.identity.epochs && !code) {
		double began_s;

		code = renew_features(run);
		began_s = now_s(run);
		if (!code)
			code = learn_epoch(run);
		if (!code)
			end_epoch(run);
		run->result->classifier_s += now_s(run) - began_s;
	}
	if (run->result->n_epochs)
		run->result->test_accuracy =
			run->result->epoch[run->result->n_epochs - 1]
				.test_accuracy;
	return code ? code : save(run);
}

/* ---- a run --------------------------------------------------------------- */

static uint32_t at_most(uint32_t wanted, uint32_t there)
{
	return wanted == 0 || wanted > there ? there : wanted;
}

static bool same_shape(const struct mr_images *a, const struct mr_images *b)
{
	return a->channels == b->channels && a->height == b->height &&
	       a->width == b->width && a->n > 0 && b->n > 0;
}

static int check_plan(const struct run *run)
{
	const struct mr_deep_plan *plan = run->plan;
	const struct mr_images *test = plan->test;

	if (!same_shape(plan->train, run->unlabelled) ||
	    (test && !same_shape(plan->train, test)))
		return mr_errtext_set(run->err, MR_ERR_USAGE,
		                      "the sets of images are empty or of "
		                      "different shapes");
	if (test && (!test->label || !plan->train->label ||
	             test->n_classes > plan->train->n_classes))
		return mr_errtext_set(run->err, MR_ERR_USAGE,
		                      "the classifier needs labels of the same "
		                      "classes for training and test images");
	if (test && plan->shift && plan->train->folder)
		return mr_errtext_set(run->err, MR_ERR_USAGE,
		                      "pictures of a folder are cut, not moved: "
		                      "no shift");
	if (test && (mr_deep_shift(plan) >= plan->train->height ||
	             mr_deep_shift(plan) >= plan->train->width))
		return mr_errtext_set(run->err, MR_ERR_USAGE,
		                      "images of %u x %u cannot be moved by %u "
		                      "pixels",
		                      plan->train->height, plan->train->width,
		                      mr_deep_shift(plan));
	if (run->state.identity.epochs > MR_DEEP_EPOCHS_MAX)
		return mr_errtext_set(run->err, MR_ERR_USAGE,
		                      "%u epochs of the classifier: at most %d",
		                      run->state.identity.epochs,
		                      MR_DEEP_EPOCHS_MAX);
	return MR_OK;
}

static void find_sizes(struct run *run)
{
	const struct mr_deep_plan *plan = run->plan;
	struct mr_deep_identity *id = &run->state.identity;

	id->n_pass = at_most(plan->n_pass ? plan->n_pass
	                                  : plan->preset->n_pass,
	                     run->unlabelled->n);
	id->n_train = at_most(plan->n_train, plan->train->n);
	id->n_test = plan->test ? at_most(plan->n_test, plan->test->n) : 0;
	id->epochs = plan->epochs ? plan->epochs : plan->preset->epochs;
	if (plan->checkpoint)
		mr_deep_identify(plan, id);
}

static int make_room(struct run *run)
{
	const struct mr_deep_plan *plan = run->plan;
	uint32_t n = run->unlabelled->n;
	bool enough;

	n = plan->train->n > n ? plan->train->n : n;
	n = plan->test && plan->test->n > n ? plan->test->n : n;
	run->order = calloc(n, sizeof *run->order);
	enough = run->order != NULL;
	for (uint32_t l = 0; l < n_layers(run); l++) {
		run->state.wins[l] = calloc(plan->preset->layer[l].n_kernels,
		                            sizeof **run->state.wins);
		enough = enough && run->state.wins[l];
	}
	return enough ? MR_OK
	              : mr_errtext_set(run->err, MR_ERR_NOMEM,
	                               "out of memory for the order of images");
}

static int begin(struct run *run)
{
	const struct mr_deep_plan *plan = run->plan;
	struct mr_deep_state *state = &run->state;
	int code = check_plan(run);

	if (!code)
		code = mr_deep_network_alloc(plan->preset, plan->train,
		                             plan->seed, plan->carriers,
		                             plan->threads, &state->network,
		                             run->err);
	run->result->network = state->network;
	if (!code)
		code = make_room(run);
	if (code)
		return code;
	run->result->n_features =
		(uint32_t)mr_deep_network_features(state->network);
	if (!plan->test)
		return MR_OK;
	state->classifier = &run->classifier;
	return mr_classifier_alloc(run->result->n_features,
	                           plan->train->n_classes,
	                           plan->preset->epoch_batch,
	                           plan->preset->dropout, plan->seed,
	                           state->network->tools.kernels,
	                           state->network->tools.team,
	                           &run->classifier, run->err);
}

/* A checkpoint of a run that had come to its end. */
static bool is_judged(const struct run *run)
{
	return run->state.epoch >= run->state.identity.epochs;
}

static int go(struct run *run)
{
	int code = begin(run);

	if (!code && run->plan->resume && run->plan->checkpoint)
		code = mr_checkpoint_read(run->plan->checkpoint, &run->state,
		                          run->err);
	while (!code && run->state.phase < n_layers(run))
		code = run_pass(run);
	if (!code && run->plan->test && !is_judged(run))
		code = find_features(run);
	if (!code && run->plan->test)
		code = run_classifier(run);
	if (!code && run->plan->finished)
		code = run->plan->finished(run->plan->user, run->state.network,
		                           run->state.classifier, run->err);
	return code;
}

static void clean(struct run *run)
{
	mr_features_free(&run->train);
	mr_features_free(&run->test);
	mr_classifier_free(&run->classifier);
	for (uint32_t l = 0; l < n_layers(run); l++)
		free(run->state.wins[l]);
	free(run->order);
}

int mr_deep_run(const struct mr_deep_plan *plan,
                struct mr_deep_result *result, struct mr_errtext *err)
{
	struct run run = {.plan = plan, .result = result, .err = err};

	*result = (struct mr_deep_result){.n_layers = plan->preset->n_layers};
	run.unlabelled = plan->unlabelled ? plan->unlabelled : plan->train;
	run.state.result = result;
	if (plan->clock)
		run.clock = *plan->clock;
	else
		mr_clock_system(&run.clock);
	find_sizes(&run);
	int code = go(&run);

	clean(&run);
	if (code && code != MR_ERR_STOPPED)
		mr_deep_result_free(result);
	return code;
}

void mr_deep_result_free(struct mr_deep_result *result)
{
	mr_deep_network_free(result->network);
	result->network = NULL;
}
