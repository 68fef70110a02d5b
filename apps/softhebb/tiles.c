/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Matrices across arrays. */
#include "tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REFRESH_ABOVE 1.0
#define REFRESH_BELOW 0.75
#define BUDGET 40

int mr_tiles_fail(struct mr_tiles *t, int code, const char *why)
{
	return mr_errtext_set(&t->err, code, "%s", why);
}

const char *mr_tiles_errmsg(const struct mr_tiles *t)
{
	return t->err.text;
}

/* An array's own sentence. */
static int failed(struct mr_tiles *t, const struct mr_tile *at, int code)
{
	return mr_errtext_set(&t->err, code, "%s", mr_array_errmsg(at->array));
}

/* ---- layout -------------------------------------------------------------------- */

/* Part i of n things in `parts` even parts. */
static void share(uint32_t n, uint32_t parts, uint32_t i, uint32_t *first,
                  uint32_t *count)
{
	*first = (uint32_t)((uint64_t)n * i / parts);
	*count = (uint32_t)((uint64_t)n * (i + 1) / parts) - *first;
}

static double full_S(const struct mr_hebb_mapping *how,
                     const struct mr_array *array)
{
	return how->g_unit_S > 0 ? how->g_unit_S
	                         : mr_array_describe(array)->g_unit_S;
}

static int lay_tile(struct mr_tiles *t, uint32_t i, struct mr_array *array)
{
	const struct mr_hebb_mapping *how = t->how;
	struct mr_tile *at = &t->tile[i];
	const struct mr_waveform *raise = mr_description_effect(
		mr_array_describe(array), MR_EFFECT_RAISE);
	struct mr_synapse_options o = {
		.n_cells = how->n_cells, .coding = how->coding,
		.pulses_max = MR_TILES_PULSES,
		.arbitration = MR_ARBITRATE_SYNAPSE,
		.g_unit_S = full_S(how, array),
		.level_reads = how->level_reads,
		.refresh_below = how->refresh_below > 0 ? how->refresh_below
	                                                : REFRESH_BELOW};
	int code;

	at->array = array;
	share(t->n_in, t->rows, i / t->cols, &at->in0, &at->n_in);
	share(t->n_out, t->cols, i % t->cols, &at->out0, &at->n_out);
	if (!at->n_in || !at->n_out)
		return mr_errtext_set(&t->err, MR_ERR_USAGE,
		                      "%u x %u tiles are more than %u inputs and "
		                      "%u outputs can fill",
		                      t->rows, t->cols, t->n_in, t->n_out);
	o.n_in = at->n_in;
	o.n_out = at->n_out;
	if (raise)
		t->step = raise->step;
	t->per_weight_S = o.g_unit_S * (how->n_cells ? how->n_cells : 1) /
	                  how->w_clip;
	code = mr_synapse_alloc(array, &o, &at->synapse);
	if (code == MR_OK || t->n == 1)
		return code == MR_OK ? MR_OK : failed(t, at, code);
	return mr_errtext_set(&t->err, code, "tile %u of %u x %u: %s", i + 1,
	                      t->rows, t->cols, mr_array_errmsg(array));
}

static int make_buffers(struct mr_tiles *t)
{
	size_t most = 1;

	for (uint32_t i = 0; i < t->n; i++) {
		size_t n = (size_t)t->tile[i].n_in * t->tile[i].n_out;

		most = n > most ? n : most;
	}
	t->active = calloc(t->n_in, sizeof *t->active);
	t->x = calloc(t->n_in, sizeof *t->x);
	t->w = calloc(most, sizeof *t->w);
	t->part = calloc(t->n_out, sizeof *t->part);
	return t->active && t->x && t->w && t->part
	               ? MR_OK
	               : mr_tiles_fail(t, MR_ERR_NOMEM, "out of memory");
}

int mr_tiles_lay(struct mr_tiles *t, const struct mr_hebb_mapping *how,
                 struct mr_array *const *arrays, uint32_t rows, uint32_t cols,
                 uint32_t n_in, uint32_t n_out, struct mr_errtext *err)
{
	int code = MR_OK;

	*t = (struct mr_tiles){.how = how, .n = rows * cols, .rows = rows,
	                       .cols = cols, .n_in = n_in, .n_out = n_out,
	                       .tile = calloc((size_t)rows * cols,
	                                      sizeof *t->tile)};
	if (!t->tile)
		code = mr_tiles_fail(t, MR_ERR_NOMEM, "out of memory");
	for (uint32_t i = 0; code == MR_OK && i < t->n; i++)
		code = lay_tile(t, i, arrays[i]);
	if (code == MR_OK)
		code = make_buffers(t);
	if (code != MR_OK)
		mr_errtext_set(err, code, "%s", t->err.text);
	return code;
}

void mr_tiles_free(struct mr_tiles *t)
{
	for (uint32_t i = 0; t->tile && i < t->n; i++)
		mr_synapse_free(t->tile[i].synapse);
	free(t->tile);
	free(t->active);
	free(t->x);
	free(t->w);
	free(t->part);
	memset(t, 0, sizeof *t);
}

/* ---- all weights ---------------------------------------------------------------- */

/* Between the layer's order, a row per output, and a tile's, a row per input. */
static void cut(const struct mr_tiles *t, const struct mr_tile *at,
                const float *w, float *part)
{
	for (uint32_t k = 0; k < at->n_out; k++)
		for (uint32_t j = 0; j < at->n_in; j++)
			part[(size_t)j * at->n_out + k] = (float)(
				(double)w[(size_t)(at->out0 + k) * t->n_in +
			                  at->in0 + j] /
				t->how->w_clip);
}

static void paste(const struct mr_tiles *t, const struct mr_tile *at,
                  const float *part, float *w)
{
	for (uint32_t k = 0; k < at->n_out; k++)
		for (uint32_t j = 0; j < at->n_in; j++)
			w[(size_t)(at->out0 + k) * t->n_in + at->in0 + j] =
				(float)(t->how->w_clip *
			                (double)part[(size_t)j * at->n_out + k]);
}

static double tolerance(const struct mr_tiles *t)
{
	double full_weight_S = t->per_weight_S * t->how->w_clip /
	                       (t->how->n_cells ? t->how->n_cells : 1);

	return t->how->tolerance > 0 ? t->how->tolerance
	       : t->step.offset_S > 0 ? t->step.offset_S / 2 / full_weight_S
	                              : 0.02;
}

/* Enough to climb twice from the bottom to a full cell. */
static uint32_t budget(const struct mr_tiles *t)
{
	double climb = t->step.offset_S > 0
	                       ? 2 * t->per_weight_S * t->how->w_clip /
	                                 t->step.offset_S
	                       : 0;

	return t->how->budget ? t->how->budget
	                      : (uint32_t)fmin(fmax(BUDGET, climb), 1e6);
}

int mr_tiles_set(struct mr_tiles *t, const float *w, uint64_t *missed)
{
	int code = MR_OK;

	for (uint32_t i = 0; i < t->n && code == MR_OK; i++) {
		uint64_t n = 0;

		cut(t, &t->tile[i], w, t->w);
		code = mr_synapse_set(t->tile[i].synapse, t->w, tolerance(t),
		                      budget(t), &n);
		*missed += n;
		if (code != MR_OK)
			failed(t, &t->tile[i], code);
	}
	return code;
}

int mr_tiles_read(struct mr_tiles *t, float *w)
{
	int code = MR_OK;

	for (uint32_t i = 0; i < t->n && code == MR_OK; i++) {
		code = mr_synapse_read(t->tile[i].synapse, t->w);
		if (code == MR_OK)
			paste(t, &t->tile[i], t->w, w);
		else
			failed(t, &t->tile[i], code);
	}
	return code;
}

int mr_tiles_refresh(struct mr_tiles *t, uint64_t *refreshed)
{
	double above = t->how->refresh_above > 0 ? t->how->refresh_above
	                                         : REFRESH_ABOVE;
	int code = MR_OK;

	for (uint32_t i = 0; i < t->n && code == MR_OK; i++) {
		uint64_t n = 0;

		code = mr_synapse_refresh(t->tile[i].synapse, above,
		                          tolerance(t), budget(t), &n);
		*refreshed += n;
		if (code != MR_OK)
			failed(t, &t->tile[i], code);
	}
	return code;
}

/* ---- sums ----------------------------------------------------------------------- */

static uint32_t gather(struct mr_tiles *t, const struct mr_tile *at,
                       const float *x)
{
	uint32_t n = 0;

	for (uint32_t j = 0; j < at->n_in; j++)
		if (x[at->in0 + j] != 0) {
			t->active[n] = j;
			t->x[n++] = x[at->in0 + j];
		}
	return n;
}

int mr_tiles_forward(struct mr_tiles *t, const float *x, double period_s,
                     float *y)
{
	memset(y, 0, t->n_out * sizeof *y);
	for (uint32_t i = 0; i < t->n; i++) {
		const struct mr_tile *at = &t->tile[i];
		uint32_t n = gather(t, at, x);
		int code = mr_synapse_forward(at->synapse, t->active, t->x, n,
		                              period_s, t->part);

		if (code != MR_OK)
			return failed(t, at, code);
		for (uint32_t k = 0; k < at->n_out; k++)
			y[at->out0 + k] +=
				(float)t->how->w_clip * t->part[k];
	}
	return MR_OK;
}

/* The part of n vectors that a tile takes, and what it adds to their sums. */
static int add_part(struct mr_tiles *t, const struct mr_tile *at,
                    const float *x, uint32_t n, float *in, float *out, float *y)
{
	int code;

	for (uint32_t b = 0; b < n; b++)
		memcpy(&in[(size_t)b * at->n_in],
		       &x[(size_t)b * t->n_in + at->in0],
		       at->n_in * sizeof *in);
	code = mr_synapse_forward_batch(at->synapse, in, n, out);
	if (code != MR_OK)
		return failed(t, at, code);
	for (uint32_t b = 0; b < n; b++)
		for (uint32_t k = 0; k < at->n_out; k++)
			y[(size_t)b * t->n_out + at->out0 + k] +=
				(float)t->how->w_clip *
				out[(size_t)b * at->n_out + k];
	return MR_OK;
}

static int forward_part(struct mr_tiles *t, const struct mr_tile *at,
                        const float *x, uint32_t n, float *y)
{
	float *in = malloc(((size_t)n * at->n_in + 1) * sizeof *in);
	float *out = malloc(((size_t)n * at->n_out + 1) * sizeof *out);
	int code = MR_ERR_NOMEM;

	if (in && out)
		code = add_part(t, at, x, n, in, out, y);
	else
		mr_tiles_fail(t, code, "out of memory");
	free(in);
	free(out);
	return code;
}

/* One tile takes the vectors as they are. */
static int forward_whole(struct mr_tiles *t, const float *x, uint32_t n,
                         float *y)
{
	int code = mr_synapse_forward_batch(t->tile[0].synapse, x, n, y);

	if (code != MR_OK)
		return failed(t, &t->tile[0], code);
	for (size_t k = 0; k < (size_t)n * t->n_out; k++)
		y[k] *= (float)t->how->w_clip;
	return MR_OK;
}

int mr_tiles_forward_batch(struct mr_tiles *t, const float *x, uint32_t n,
                           float *y)
{
	int code = MR_OK;

	if (t->n == 1)
		return forward_whole(t, x, n, y);
	memset(y, 0, (size_t)n * t->n_out * sizeof *y);
	for (uint32_t i = 0; i < t->n && code == MR_OK; i++)
		code = forward_part(t, &t->tile[i], x, n, y);
	return code;
}

/* ---- one output ------------------------------------------------------------------ */

/* Tile in row r of the grid that carries an output. */
static struct mr_tile *tile_of(struct mr_tiles *t, uint32_t r, uint32_t out)
{
	struct mr_tile *row = &t->tile[(size_t)r * t->cols];
	uint32_t i = 0;

	while (out >= row[i].out0 + row[i].n_out)
		i++;
	return &row[i];
}

int mr_tiles_look(struct mr_tiles *t, uint32_t out, float *w)
{
	for (uint32_t r = 0; r < t->rows; r++) {
		struct mr_tile *at = tile_of(t, r, out);
		int code = mr_synapse_read_output(at->synapse, out - at->out0,
		                                  w + at->in0);

		if (code != MR_OK)
			return failed(t, at, code);
	}
	for (uint32_t j = 0; j < t->n_in; j++)
		w[j] *= (float)t->how->w_clip;
	return MR_OK;
}

int mr_tiles_fire(struct mr_tiles *t, uint32_t out, const float *dw)
{
	for (uint32_t j = 0; j < t->n_in; j++)
		t->x[j] = (float)((double)dw[j] / t->how->w_clip);
	for (uint32_t r = 0; r < t->rows; r++) {
		struct mr_tile *at = tile_of(t, r, out);
		int code = mr_synapse_fire(at->synapse, out - at->out0,
		                           t->x + at->in0);

		if (code != MR_OK)
			return failed(t, at, code);
	}
	return MR_OK;
}

int mr_tiles_round(struct mr_tiles *t, uint32_t out, const float *dw,
                   const float *chance, uint64_t *dropped)
{
	for (uint32_t j = 0; j < t->n_in; j++)
		t->x[j] = (float)((double)dw[j] / t->how->w_clip);
	for (uint32_t r = 0; r < t->rows; r++) {
		struct mr_tile *at = tile_of(t, r, out);
		uint64_t n = 0;
		int code = mr_synapse_round(at->synapse, out - at->out0,
		                            t->x + at->in0, chance + at->in0,
		                            &n);

		if (code != MR_OK)
			return failed(t, at, code);
		*dropped += n;
	}
	return MR_OK;
}

double mr_tiles_step(const struct mr_tiles *t)
{
	return fmax(t->step.offset_S, t->step.floor_S) / t->per_weight_S;
}

int mr_tiles_pulse(struct mr_tiles *t, uint32_t out, const int8_t *pulses)
{
	int code = MR_OK;

	for (uint32_t r = 0; r < t->rows && code == MR_OK; r++) {
		struct mr_tile *at = tile_of(t, r, out);

		code = mr_synapse_pulse(at->synapse, out - at->out0,
		                        pulses + at->in0);
		if (code != MR_OK)
			failed(t, at, code);
	}
	return code;
}

/* ---- care ------------------------------------------------------------------------ */

void mr_tiles_count(const struct mr_tiles *t, struct mr_hebb_wear *wear)
{
	for (uint32_t i = 0; i < t->n; i++) {
		const struct mr_synapse_counts *c =
			mr_synapse_counts(t->tile[i].synapse);

		wear->pulses += c->raised + c->lowered;
		wear->reads += c->reads;
		wear->sums += c->sums;
		wear->clipped += c->clipped;
	}
}

/* Each tile sees its own part of the vectors. */
static int fit_tile(struct mr_tiles *t, const struct mr_tile *at,
                    const float *x, uint32_t n, double *range_A)
{
	float *in = malloc(((size_t)n * at->n_in + 1) * sizeof *in);
	int code;

	if (!in)
		return mr_tiles_fail(t, MR_ERR_NOMEM, "out of memory");
	for (uint32_t b = 0; b < n; b++)
		memcpy(&in[(size_t)b * at->n_in],
		       &x[(size_t)b * t->n_in + at->in0],
		       at->n_in * sizeof *in);
	code = mr_synapse_fit_range(at->synapse, in, n, range_A);
	free(in);
	return code == MR_OK ? MR_OK : failed(t, at, code);
}

int mr_tiles_fit_range(struct mr_tiles *t, const float *x, uint32_t n,
                       double *range_A)
{
	int code = MR_OK;

	*range_A = 0;
	for (uint32_t i = 0; i < t->n && code == MR_OK; i++) {
		double own_A = 0;

		code = fit_tile(t, &t->tile[i], x, n, &own_A);
		*range_A = fmax(*range_A, own_A);
	}
	return code;
}

int mr_tiles_calibrate(struct mr_tiles *t)
{
	int code = MR_OK;

	for (uint32_t i = 0; i < t->n && code == MR_OK; i++) {
		code = mr_synapse_calibrate(t->tile[i].synapse);
		if (code != MR_OK)
			failed(t, &t->tile[i], code);
	}
	return code;
}

int mr_tiles_compensate(struct mr_tiles *t, bool per_output)
{
	int code = MR_OK;

	for (uint32_t i = 0; i < t->n && code == MR_OK; i++) {
		code = mr_synapse_compensate(t->tile[i].synapse, per_output);
		if (code != MR_OK)
			failed(t, &t->tile[i], code);
	}
	return code;
}

void mr_tiles_uncompensate(struct mr_tiles *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		mr_synapse_uncompensate(t->tile[i].synapse);
}
