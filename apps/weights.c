/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The two carriers of weights.h: floating-point numbers and array cells. */
#include "weights.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- ideal numbers ------------------------------------------------------- */

struct floats {
	uint32_t n;
	uint32_t every[2];  /* of lowering and raising candidates */
	uint64_t asked[2];  /* candidates so far */
	struct mr_synapse_counts counts;
	double cell; /* share of a weight that one cell carries */
	float *w;    /* [n] */
};

/* An ideal cell takes ten raising pulses from empty to full: the mean step
 * of the published device, 1 of 10 uS. */
#define IDEAL_STEP 0.1

static float clip(double w)
{
	if (w < 0)
		return 0;
	return w > 1 ? 1.0f : (float)w;
}

static int floats_start(void *self, double w0)
{
	struct floats *floats = self;

	for (uint32_t i = 0; i < floats->n; i++)
		floats->w[i] = (float)w0;
	return MR_OK;
}

static int floats_forward(void *self, const uint32_t *in, const float *x,
                          uint32_t n, float *y)
{
	const struct floats *floats = self;
	double sum = 0;

	for (uint32_t k = 0; k < n; k++)
		sum += (double)x[k] * (double)floats->w[in[k]];
	*y = (float)sum;
	return MR_OK;
}

static int floats_update(void *self, const float *dw)
{
	struct floats *floats = self;

	for (uint32_t i = 0; i < floats->n; i++)
		floats->w[i] = clip((double)floats->w[i] + (double)dw[i]);
	return MR_OK;
}

/* Erasing one of D equally filled cells takes the D-th part of the weight. */
static void floats_step(struct floats *floats, uint32_t i, bool up)
{
	double w = (double)floats->w[i];

	if (floats->asked[up]++ % floats->every[up] != floats->every[up] - 1)
		return;
	if (up) {
		w += IDEAL_STEP * floats->cell;
		floats->counts.raised++;
	} else {
		w -= w * floats->cell;
		floats->counts.lowered++;
	}
	floats->w[i] = clip(w);
}

static int floats_pulse(void *self, const int8_t *change)
{
	struct floats *floats = self;

	for (uint32_t i = 0; i < floats->n; i++)
		if (change[i])
			floats_step(floats, i, change[i] > 0);
	return MR_OK;
}

static int floats_read(void *self, float *w)
{
	const struct floats *floats = self;

	memcpy(w, floats->w, floats->n * sizeof *w);
	return MR_OK;
}

static const float *floats_seen(const void *self)
{
	const struct floats *floats = self;

	return floats->w;
}

static const char *floats_errmsg(const void *self)
{
	(void)self;
	return "";
}

static void floats_free(void *self)
{
	struct floats *floats = self;

	free(floats->w);
	free(floats);
}

static const struct mr_weights_type floats_type = {
	.name = "float",
	.start = floats_start,
	.forward = floats_forward,
	.update = floats_update,
	.pulse = floats_pulse,
	.read = floats_read,
	.seen = floats_seen,
	.errmsg = floats_errmsg,
	.free = floats_free,
};

static uint32_t at_least_1(uint32_t x)
{
	return x ? x : 1;
}

int mr_weights_float(struct mr_weights *weights,
                     const struct mr_weights_options *options)
{
	struct floats *floats = calloc(1, sizeof *floats);

	if (!floats)
		return MR_ERR_NOMEM;
	floats->n = options->n;
	floats->cell = 1.0 / at_least_1(options->n_cells);
	floats->every[0] = at_least_1(options->lower_every);
	floats->every[1] = at_least_1(options->raise_every);
	floats->w = calloc(options->n, sizeof *floats->w);
	if (!floats->w) {
		free(floats);
		return MR_ERR_NOMEM;
	}
	*weights = (struct mr_weights){.type = &floats_type, .self = floats};
	return MR_OK;
}

/* ---- cells of an array --------------------------------------------------- */

struct cells {
	struct mr_array *array;
	struct mr_synapse *synapse;
	uint32_t n;
	double period_s;
	float *w; /* [n] as last read */
};

/* Fresh cells are brought to half weight by four blind pulses where that
 * lands close enough; else they are programmed with verification. */
#define BLIND_PULSES 4
#define BLIND_ERROR_MAX 0.15
#define START_TOLERANCE 0.02
#define START_BUDGET 200

static double blind_weight(const struct mr_description *desc)
{
	const struct mr_waveform *up =
	        mr_description_effect(desc, MR_EFFECT_RAISE);
	double g_S = 0;

	if (!up || desc->g_unit_S <= 0)
		return NAN;
	for (int n = 0; n < BLIND_PULSES; n++) {
		const struct mr_step *s = &up->step;
		double step_S = s->offset_S + s->slope * g_S;

		if (s->history_S > 0)
			step_S += s->history_S * exp(-(n + 1) / s->memory_pulses);
		g_S += fmax(step_S, s->floor_S);
	}
	return g_S / desc->g_unit_S;
}

static int cells_start(void *self, double w0)
{
	struct cells *cells = self;
	const struct mr_description *desc = mr_array_describe(cells->array);
	int code;

	if (w0 == 0) {
		code = mr_synapse_reset(cells->synapse, 0);
	} else if (fabs(blind_weight(desc) - w0) <= BLIND_ERROR_MAX) {
		code = mr_synapse_reset(cells->synapse, BLIND_PULSES);
	} else {
		for (uint32_t i = 0; i < cells->n; i++)
			cells->w[i] = (float)w0;
		code = mr_synapse_set(cells->synapse, cells->w, START_TOLERANCE,
		                      START_BUDGET, NULL);
	}
	if (code != MR_OK)
		return code;
	return mr_synapse_read(cells->synapse, cells->w);
}

static int cells_forward(void *self, const uint32_t *in, const float *x,
                         uint32_t n, float *y)
{
	struct cells *cells = self;

	return mr_synapse_forward(cells->synapse, in, x, n, cells->period_s, y);
}

static int cells_update(void *self, const float *dw)
{
	struct cells *cells = self;

	return mr_synapse_update(cells->synapse, 0, dw, cells->w);
}

static int cells_pulse(void *self, const int8_t *change)
{
	struct cells *cells = self;

	return mr_synapse_pulse(cells->synapse, 0, change);
}

static int cells_read(void *self, float *w)
{
	struct cells *cells = self;
	int code = mr_synapse_read(cells->synapse, cells->w);

	if (code == MR_OK)
		memcpy(w, cells->w, cells->n * sizeof *w);
	return code;
}

static const float *cells_seen(const void *self)
{
	const struct cells *cells = self;

	return cells->w;
}

static const char *cells_errmsg(const void *self)
{
	const struct cells *cells = self;

	return mr_array_errmsg(cells->array);
}

static void cells_free(void *self)
{
	struct cells *cells = self;

	mr_synapse_free(cells->synapse);
	free(cells->w);
	free(cells);
}

static const struct mr_weights_type cells_type = {
	.name = "array",
	.start = cells_start,
	.forward = cells_forward,
	.update = cells_update,
	.pulse = cells_pulse,
	.read = cells_read,
	.seen = cells_seen,
	.errmsg = cells_errmsg,
	.free = cells_free,
};

int mr_weights_array(struct mr_weights *weights, struct mr_array *array,
                     const struct mr_weights_options *options,
                     struct mr_errtext *err)
{
	const struct mr_synapse_options mapping = {
		.n_in = options->n,
		.n_out = 1,
		.n_cells = options->n_cells,
		.coding = MR_CODING_SINGLE,
		.drift_scale = options->drift_scale,
		.raise_every = options->raise_every,
		.lower_every = options->lower_every,
	};
	struct cells *cells = calloc(1, sizeof *cells);
	int code = MR_ERR_NOMEM;

	if (!cells)
		return mr_errtext_set(err, code, "no memory for the weights");
	cells->array = array;
	cells->n = options->n;
	cells->period_s = options->period_s;
	cells->w = calloc(options->n, sizeof *cells->w);
	if (cells->w)
		code = mr_synapse_alloc(array, &mapping, &cells->synapse);
	if (code != MR_OK) {
		mr_errtext_set(err, code, "%s",
		               cells->w ? mr_array_errmsg(array)
		                        : "no memory for the weights");
		cells_free(cells);
		return code;
	}
	*weights = (struct mr_weights){.type = &cells_type, .self = cells};
	return MR_OK;
}

struct mr_synapse_counts mr_weights_counts(const struct mr_weights *weights)
{
	const struct floats *floats = weights->self;
	const struct cells *cells = weights->self;

	if (weights->type == &floats_type)
		return floats->counts;
	return *mr_synapse_counts(cells->synapse);
}

void mr_weights_free(struct mr_weights *weights)
{
	if (weights->type)
		weights->type->free(weights->self);
	*weights = (struct mr_weights){0};
}
