/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* The rule on arrays: which neurons are touched, what is read, what is fired. */
#include "crossbar.h"

#include "passage.h"
#include "tiles.h"

#include "memrig/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define Y_LEAST 1e-2
#define SLOTS 10

struct crossbar {
	struct mr_hebb_params params;
	struct mr_hebb_mapping how;
	struct mr_tiles tiles;
	uint32_t n_in;
	uint32_t n_out;
	float *bias;    /* [n_out] */
	float *radius;  /* [n_out] in digital */
	double r;       /* radius that the change at hand was reckoned with; 1
	                 * if plain */
	float *norm;    /* [n_out] |W_k| as last seen */
	float *w;       /* [n_in] of the neuron at work */
	float *dw;      /* [n_in] */
	float *chance;  /* [n_in] */
	int8_t *pulses; /* [n_in] */
	uint64_t n_learned; /* samples */
	uint64_t n_draws;   /* address of the next chance */
	struct mr_hebb_wear wear;
};

/* ---- forward ------------------------------------------------------------------- */

static int multiply(void *self, const float *x, uint32_t n, float *u)
{
	struct crossbar *c = self;

	for (uint32_t i = 0; i < n; i++, x += c->n_in, u += c->n_out) {
		int code = mr_tiles_forward(&c->tiles, x, c->how.sample_s, u);

		if (code != MR_OK)
			return code;
		for (uint32_t k = 0; k < c->n_out && c->how.digital; k++)
			u[k] *= c->radius[k] / c->norm[k];
	}
	c->wear.drives += n;
	return MR_OK;
}

static int measure_norms(struct crossbar *c)
{
	float *w = calloc((size_t)c->n_out * c->n_in + 1, sizeof *w);
	int code = w ? mr_tiles_read(&c->tiles, w) : MR_ERR_NOMEM;

	for (uint32_t k = 0; k < c->n_out && code == MR_OK; k++)
		c->norm[k] = (float)fmax(
			mr_hebb_norm(&w[(size_t)k * c->n_in], c->n_in), 1e-6);
	free(w);
	return code;
}

/* ---- begin --------------------------------------------------------------------- */

static int start(void *self, const float *w)
{
	struct crossbar *c = self;
	float *to = calloc((size_t)c->n_out * c->n_in + 1, sizeof *to);
	int code;

	if (!to)
		return mr_tiles_fail(&c->tiles, MR_ERR_NOMEM, "out of memory");
	for (uint32_t k = 0; k < c->n_out; k++) {
		const float *from = &w[(size_t)k * c->n_in];
		double norm = mr_hebb_norm(from, c->n_in);
		double a = c->how.digital && norm > 0 ? 1 / norm : 1;

		c->radius[k] = (float)norm;
		for (uint32_t j = 0; j < c->n_in; j++)
			to[(size_t)k * c->n_in + j] = (float)(a * (double)from[j]);
	}
	code = mr_tiles_set(&c->tiles, to, &c->wear.missed);
	free(to);
	if (code == MR_OK && c->how.digital)
		code = measure_norms(c);
	return code;
}

/* ---- changes -------------------------------------------------------------------- */

static void add_row(float *dw, const float *x, uint32_t n, float a)
{
	for (uint32_t j = 0; j < n; j++)
		dw[j] += a * x[j];
}

/* An answer that is loud enough to be learned from. */
static double heard(const struct crossbar *c, float y)
{
	return (double)y < c->how.y_least ? 0 : (double)y;
}

/* dw = eta sum_i y (x - u w) */
static void plain_change(struct crossbar *c, const struct mr_hebb_batch *b,
                         uint32_t k)
{
	double pull = 0;

	memset(c->dw, 0, c->n_in * sizeof *c->dw);
	for (uint32_t i = 0; i < b->n; i++) {
		size_t at = (size_t)i * c->n_out + k;

		double y = heard(c, b->y[at]);

		pull += y * (double)b->u[at];
		if (y > 0)
			add_row(c->dw, &b->x[(size_t)i * c->n_in], c->n_in,
			        (float)(b->eta * y));
	}
	add_row(c->dw, c->w, c->n_in, (float)(-b->eta * pull));
}

/* dW = eta / r sum_i y (x - c W); r follows. */
static void direction_change(struct crossbar *c, const struct mr_hebb_batch *b,
                             uint32_t k)
{
	double norm = fmax(mr_hebb_norm(c->w, c->n_in), 1e-6);
	double r = (double)c->radius[k];

	c->r = r;
	double pull = 0, moved = r;

	memset(c->dw, 0, c->n_in * sizeof *c->dw);
	for (uint32_t i = 0; i < b->n; i++) {
		size_t at = (size_t)i * c->n_out + k;
		double y = heard(c, b->y[at]);
		double cosine = (double)b->u[at] / r;

		pull += y * cosine;
		moved += b->eta * y * cosine * (1 - r * r);
		if (y > 0)
			add_row(c->dw, &b->x[(size_t)i * c->n_in], c->n_in,
			        (float)(b->eta / r * y));
	}
	add_row(c->dw, c->w, c->n_in, (float)(-b->eta * pull / r));
	c->norm[k] = (float)norm;
	c->radius[k] = (float)fmax(moved, 0.05);
}

/* ---- pulses --------------------------------------------------------------------- */

/* One draw for each line of an event. */
static double chance(const struct crossbar *c, uint32_t line)
{
	struct mr_address at = {.purpose = MR_PURPOSE_UPDATE,
	                        .subject = line,
	                        .event = c->n_draws};

	return mr_random_uniform(c->how.seed, at);
}

static int round_changes(struct crossbar *c, uint32_t k)
{
	for (uint32_t j = 0; j < c->n_in; j++)
		c->chance[j] = (float)chance(c, j);
	c->n_draws++;
	return mr_tiles_round(&c->tiles, k, c->dw, c->chance, &c->wear.dropped);
}

static void coincidence(struct crossbar *c, uint32_t j)
{
	if (c->pulses[j] < MR_TILES_PULSES)
		c->pulses[j]++;
	else
		c->wear.dropped++;
}

/* A slot: the neuron's column fires or not, and every row. */
static void one_slot(struct crossbar *c, const float *x, double y, double often)
{
	if (chance(c, c->n_in) <= often * y)
		for (uint32_t j = 0; j < c->n_in; j++)
			if (x[j] > 0 && chance(c, j) <= often * (double)x[j])
				coincidence(c, j);
	c->n_draws++;
}

/* The first term of the rule by coincidences: in n slots a pulse is given n often^2
 * x y times on average, which is to be eta x y / step. Chances stay under 1 by
 * more slots. */
static int coincide(struct crossbar *c, const struct mr_hebb_batch *b,
                    uint32_t k)
{
	double wanted = b->eta / c->r / mr_tiles_step(&c->tiles);
	uint32_t least = c->how.n_slots ? c->how.n_slots : SLOTS;
	uint32_t slots = wanted > least ? (uint32_t)ceil(fmin(wanted, 1e6))
	                                : least;

	memset(c->pulses, 0, c->n_in);
	for (uint32_t i = 0; i < b->n; i++) {
		double y = heard(c, b->y[(size_t)i * c->n_out + k]);

		for (uint32_t s = 0; y > 0 && s < slots; s++)
			one_slot(c, &b->x[(size_t)i * c->n_in], y,
			         sqrt(wanted / slots));
	}
	return mr_tiles_pulse(&c->tiles, k, c->pulses);
}

/* What coincidences are to give is taken out of the change; the rest, the decay,
 * is rounded, and before them, since they make the reading untrue. */
static int outer_changes(struct crossbar *c, const struct mr_hebb_batch *b,
                         uint32_t k)
{
	int code;

	for (uint32_t i = 0; i < b->n; i++)
		add_row(c->dw, &b->x[(size_t)i * c->n_in], c->n_in,
		        (float)(-b->eta / c->r *
		                heard(c, b->y[(size_t)i * c->n_out + k])));
	code = round_changes(c, k);
	return code == MR_OK ? coincide(c, b, k) : code;
}

static int fire(struct crossbar *c, const struct mr_hebb_batch *b, uint32_t k)
{
	if (c->how.pulsing == MR_PULSING_ACCUMULATE)
		return mr_tiles_fire(&c->tiles, k, c->dw);
	if (b->eta < c->how.eta_stop * c->params.eta0)
		return MR_OK;
	if (c->how.pulsing == MR_PULSING_OUTER)
		return outer_changes(c, b, k);
	return round_changes(c, k);
}

static int learn_neuron(struct crossbar *c, const struct mr_hebb_batch *b,
                        uint32_t k)
{
	int code = mr_tiles_look(&c->tiles, k, c->w);

	if (code != MR_OK)
		return code;
	if (c->how.digital)
		direction_change(c, b, k);
	else
		plain_change(c, b, k);
	return fire(c, b, k);
}

static bool touched(const struct crossbar *c, const struct mr_hebb_batch *b,
                    uint32_t k)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (heard(c, b->y[(size_t)i * c->n_out + k]) > 0)
			return true;
	return false;
}

/* Whether a multiple of `every` samples is reached by n more. */
static bool is_due(const struct crossbar *c, uint32_t every, uint32_t n)
{
	return every && c->n_learned / every != (c->n_learned + n) / every;
}

/* Neurons that do not win are not looked at, and drift away from the norm that
 * their sums are divided by. */
static int tend(struct crossbar *c, uint32_t n)
{
	bool refresh = c->how.coding == MR_CODING_PAIR &&
	               is_due(c, c->how.refresh_every, n);
	bool measure = c->how.digital && is_due(c, c->how.measure_every, n);
	int code = MR_OK;

	c->n_learned += n;
	if (refresh)
		code = mr_tiles_refresh(&c->tiles, &c->wear.refreshed);
	if (code == MR_OK && measure)
		code = measure_norms(c);
	return code;
}

static int learn(void *self, const struct mr_hebb_batch *batch)
{
	struct crossbar *c = self;
	int code = MR_OK;

	for (uint32_t k = 0; k < c->n_out && code == MR_OK; k++)
		if (touched(c, batch, k))
			code = learn_neuron(c, batch, k);
	return code == MR_OK ? tend(c, batch->n) : code;
}

/* ---- the carrier ------------------------------------------------------------------ */

static int read_all(void *self, float *w)
{
	struct crossbar *c = self;
	int code = mr_tiles_read(&c->tiles, w);

	for (uint32_t k = 0; k < c->n_out && code == MR_OK && c->how.digital; k++)
		for (uint32_t j = 0; j < c->n_in; j++)
			w[(size_t)k * c->n_in + j] *=
				c->radius[k] / c->norm[k];
	return code;
}

static void keep_counts(struct crossbar *c, struct mr_passage *p)
{
	mr_passage_wide(p, &c->n_learned);
	mr_passage_wide(p, &c->n_draws);
	mr_passage_wide(p, &c->wear.refreshed);
	mr_passage_wide(p, &c->wear.missed);
	mr_passage_wide(p, &c->wear.drives);
	mr_passage_wide(p, &c->wear.dropped);
}

/* A radius or a norm is divided by. */
static bool are_lengths(const struct crossbar *c)
{
	for (uint32_t k = 0; k < c->n_out && c->how.digital; k++)
		if (!(c->radius[k] > 0 && c->norm[k] > 0))
			return false;
	return true;
}

static void keep(void *self, struct mr_passage *p)
{
	struct crossbar *c = self;

	keep_counts(c, p);
	mr_passage_floats(p, c->bias, c->n_out);
	mr_passage_floats(p, c->radius, c->n_out);
	mr_passage_floats(p, c->norm, c->n_out);
	if (!p->code && !are_lengths(c))
		p->code = mr_errtext_set(p->err, MR_ERR_FORMAT,
		                         "%s: a radius or a norm is not positive",
		                         p->path);
	if (!p->code)
		mr_tiles_keep(&c->tiles, p);
}

static const char *errmsg(const void *self)
{
	const struct crossbar *c = self;

	return mr_tiles_errmsg(&c->tiles);
}

static void free_crossbar(void *self)
{
	struct crossbar *c = self;

	mr_tiles_free(&c->tiles);
	free(c->bias);
	free(c->radius);
	free(c->norm);
	free(c->w);
	free(c->dw);
	free(c->chance);
	free(c->pulses);
	free(c);
}

static const struct mr_hebb_carrier_type type = {
	.name = "array",
	.start = start,
	.multiply = multiply,
	.learn = learn,
	.read = read_all,
	.keep = keep,
	.errmsg = errmsg,
	.free = free_crossbar,
};

static int make_buffers(struct crossbar *c)
{
	c->bias = calloc(c->n_out, sizeof *c->bias);
	c->radius = calloc(c->n_out, sizeof *c->radius);
	c->norm = calloc(c->n_out, sizeof *c->norm);
	c->w = calloc(c->n_in, sizeof *c->w);
	c->dw = calloc(c->n_in, sizeof *c->dw);
	c->chance = calloc(c->n_in, sizeof *c->chance);
	c->pulses = calloc(c->n_in, sizeof *c->pulses);
	if (!c->bias || !c->radius || !c->norm || !c->w || !c->dw ||
	    !c->chance || !c->pulses)
		return MR_ERR_NOMEM;
	for (uint32_t k = 0; k < c->n_out; k++)
		c->bias[k] = (float)(-log(c->n_out) / c->params.t);
	return MR_OK;
}

int mr_hebb_array(const struct mr_hebb_params *params,
                  const struct mr_hebb_mapping *mapping,
                  struct mr_array *const *arrays, uint32_t tile_rows,
                  uint32_t tile_cols, uint32_t n_in, uint32_t n_out,
                  struct mr_hebb_carrier *carrier, struct mr_errtext *err)
{
	struct crossbar *c = calloc(1, sizeof *c);
	int code;

	if (!c)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	c->params = *params;
	c->how = *mapping;
	if (c->how.y_least == 0)
		c->how.y_least = Y_LEAST;
	c->n_in = n_in;
	c->n_out = n_out;
	c->r = 1;
	code = make_buffers(c);
	if (code != MR_OK)
		mr_errtext_set(err, code, "out of memory");
	else
		code = mr_tiles_lay(&c->tiles, &c->how, arrays, tile_rows,
		                    tile_cols, n_in, n_out, err);
	if (code != MR_OK) {
		free_crossbar(c);
		return code;
	}
	*carrier = (struct mr_hebb_carrier){.type = &type, .self = c,
	                                    .n_in = n_in, .n_out = n_out,
	                                    .bias = c->bias};
	return MR_OK;
}

struct mr_hebb_wear mr_hebb_worn(const struct mr_hebb_carrier *carrier)
{
	const struct crossbar *c = carrier->self;
	struct mr_hebb_wear wear = c->wear;

	mr_tiles_count(&c->tiles, &wear);
	return wear;
}

int mr_hebb_calibrate(struct mr_hebb_carrier *carrier)
{
	struct crossbar *c = carrier->self;

	return mr_tiles_calibrate(&c->tiles);
}

int mr_hebb_compensate(struct mr_hebb_carrier *carrier, bool per_output)
{
	struct crossbar *c = carrier->self;

	return mr_tiles_compensate(&c->tiles, per_output);
}
