/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Layers of deep networks on arrays. */
#include "deep_crossbar.h"

#include "layer.h"
#include "tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How fast the length of a direction goes back to 1, per update. */
#define RESTORE 0.05
#define RADIUS_LEAST 0.05
#define NORM_LEAST 1e-6

#define AT_ONCE 1024 /* vectors whose inputs are scaled at once */

struct crossbar {
	struct mr_hebb_mapping how;
	struct mr_tiles tiles;
	struct mr_array *array;
	uint32_t n_in;
	uint32_t n_out;
	bool laid;      /* the tiles are there: w_clip is known */
	bool to_fit;    /* the next inputs are what the meter's range is for */
	double range_A; /* as fitted; 0 = never */
	double share;   /* most mean |input| of a vector, of the full voltage */
	float *w;       /* [n_out*n_in] as last looked at, directions if digital */
	double *radius; /* [n_out] in digital; 1 if plain, or the factor of the
	                   kernel, which stays */
	double *norm;   /* [n_out] |W| as last seen; 1 if plain */
	float *dw;      /* [n_in] */
	float *x;       /* [AT_ONCE*n_in] */
	float *full;    /* [AT_ONCE] what 1 stands for in them */
	uint64_t n_updates;
	struct mr_hebb_wear wear;
};

static int told(const struct crossbar *c, int code, struct mr_errtext *err)
{
	return code == MR_OK ? MR_OK
	                     : mr_errtext_set(err, code, "%s",
	                                      mr_tiles_errmsg(&c->tiles));
}

/* ---- begin ----------------------------------------------------------------------- */

static double largest(const float *w, size_t n)
{
	double most = 0;

	for (size_t k = 0; k < n; k++)
		most = fmax(most, fabs((double)w[k]));
	return most;
}

static double or_tiny(double w)
{
	return fmax(w, 1e-9);
}

static float *row_of(struct crossbar *c, uint32_t k)
{
	return &c->w[(size_t)k * c->n_in];
}

static double norm_of(const struct crossbar *c, uint32_t k)
{
	return fmax(mr_hebb_norm(&c->w[(size_t)k * c->n_in], c->n_in),
	            NORM_LEAST);
}

/* Weights become radii and directions, or factors and what they are of. */
static void take_apart(struct crossbar *c)
{
	for (uint32_t k = 0; k < c->n_out; k++) {
		float *w = row_of(c, k);

		c->radius[k] = c->how.digital ? norm_of(c, k)
		                              : or_tiny(largest(w, c->n_in));
		for (uint32_t j = 0; j < c->n_in; j++)
			w[j] = (float)((double)w[j] / c->radius[k]);
	}
}

static int look_at_all(struct crossbar *c)
{
	int code = mr_tiles_read(&c->tiles, c->w);

	for (uint32_t k = 0; k < c->n_out && c->how.digital; k++)
		c->norm[k] = norm_of(c, k);
	return code;
}

static int start(void *self, const float *w, struct mr_errtext *err)
{
	struct crossbar *c = self;
	size_t n = (size_t)c->n_out * c->n_in;
	int code = MR_OK;

	if (c->laid)
		mr_tiles_free(&c->tiles);
	c->laid = false;
	memcpy(c->w, w, n * sizeof *w);
	if (c->how.digital || c->how.per_output)
		take_apart(c);
	if (c->how.w_clip == 0)
		c->how.w_clip = or_tiny(largest(c->w, n));
	code = mr_tiles_lay(&c->tiles, &c->how, &c->array, 1, 1, c->n_in,
	                    c->n_out, err);
	c->laid = code == MR_OK;
	if (!c->laid) {
		mr_tiles_free(&c->tiles);
		return code;
	}
	code = mr_tiles_set(&c->tiles, c->w, &c->wear.missed);
	return told(c, code == MR_OK ? look_at_all(c) : code, err);
}

/* ---- forward --------------------------------------------------------------------- */

/* Largest and mean amount of a vector. */
static void weigh_vector(const float *x, uint32_t n, float *most, float *mean)
{
	float sum = 0, top = 0;

	for (uint32_t j = 0; j < n; j++) {
		float a = fabsf(x[j]);

		sum += a;
		top = a > top ? a : top;
	}
	*most = top;
	*mean = sum / (float)n;
}

static void scale_vector(struct crossbar *c, const float *x, size_t i)
{
	float most, mean, full, by;

	weigh_vector(x, c->n_in, &most, &mean);
	full = fmaxf(most, mean / (float)c->share);
	by = full > 0 ? 1 / full : 0;
	for (uint32_t j = 0; j < c->n_in; j++) {
		float v = x[j] * by;

		v = v > 1 ? 1 : v;
		c->x[i * c->n_in + j] = v < -1 ? -1 : v;
	}
	c->full[i] = full;
}

static int multiply_some(struct crossbar *c, const float *x, uint32_t n,
                         float *u)
{
	int code;

	for (size_t i = 0; i < n; i++)
		scale_vector(c, x + i * c->n_in, i);
	code = mr_tiles_forward_batch(&c->tiles, c->x, n, u);
	for (size_t i = 0; i < n && code == MR_OK; i++)
		for (uint32_t k = 0; k < c->n_out; k++)
			u[i * c->n_out + k] *= (float)(
				(double)c->full[i] * c->radius[k] / c->norm[k]);
	c->wear.drives += n;
	return code;
}

static int by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* Median over vectors of the mean input by the largest. */
static double usual_share(struct crossbar *c, const float *x, size_t p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		float most, mean;

		weigh_vector(x + p * i / n * c->n_in, c->n_in, &most, &mean);
		c->full[i] = most > 0 ? mean / most : 1;
	}
	qsort(c->full, n, sizeof *c->full, by_size);
	return (double)c->full[n / 2];
}

/* Vectors from all over the batch. */
static int fit_range(struct crossbar *c, const float *x, size_t p)
{
	size_t n = p < AT_ONCE ? p : AT_ONCE;

	c->share = usual_share(c, x, p, n);
	for (size_t i = 0; i < n; i++)
		scale_vector(c, x + p * i / n * c->n_in, i);
	c->to_fit = false;
	return mr_tiles_fit_range(&c->tiles, c->x, (uint32_t)n, &c->range_A);
}

static int multiply(void *self, const float *x, size_t p, float *u,
                    struct mr_errtext *err)
{
	struct crossbar *c = self;
	int code = c->to_fit && p ? fit_range(c, x, p) : MR_OK;

	for (size_t at = 0; at < p && code == MR_OK; at += AT_ONCE)
		code = multiply_some(c, &x[at * c->n_in],
		                     (uint32_t)(p - at < AT_ONCE ? p - at
		                                                 : AT_ONCE),
		                     &u[at * c->n_out]);
	return told(c, code, err);
}

/* ---- learning -------------------------------------------------------------------- */

static int decay(void *self, const float *yu, float *d, float *d_max,
                 struct mr_errtext *err)
{
	struct crossbar *c = self;
	int code = look_at_all(c);
	float most = 0;

	for (uint32_t k = 0; k < c->n_out && code == MR_OK; k++) {
		double pull = (double)yu[k] * c->radius[k] / c->norm[k];

		for (uint32_t j = 0; j < c->n_in; j++) {
			size_t at = (size_t)k * c->n_in + j;

			d[at] -= (float)(pull * (double)c->w[at]);
			most = fmaxf(most, fabsf(d[at]));
		}
	}
	*d_max = most;
	return told(c, code, err);
}

static void plain_change(struct crossbar *c, const float *d, double a,
                         uint32_t k)
{
	for (uint32_t j = 0; j < c->n_in; j++)
		c->dw[j] = (float)(a / c->radius[k] * (double)d[j]);
}

static void turn(struct crossbar *c, const float *d, double a, uint32_t k)
{
	const float *w = row_of(c, k);
	double norm = norm_of(c, k), along = 0;

	for (uint32_t j = 0; j < c->n_in; j++)
		along += (double)w[j] / norm * (double)d[j];
	for (uint32_t j = 0; j < c->n_in; j++)
		c->dw[j] = (float)(a / c->radius[k] *
		                           ((double)d[j] -
		                            along * (double)w[j] / norm) -
		                   RESTORE * (norm - 1) * (double)w[j]);
	c->norm[k] = norm;
	c->radius[k] = fmax(c->radius[k] + a * along, RADIUS_LEAST);
}

/* The rows were read for the decay; each is read once more to fire on, since a
 * reading serves once. */
static int learn_row(struct crossbar *c, const float *d, double a, uint32_t k)
{
	int code = mr_tiles_look(&c->tiles, k, row_of(c, k));

	if (code != MR_OK)
		return code;
	if (c->how.digital)
		turn(c, d, a, k);
	else
		plain_change(c, d, a, k);
	return mr_tiles_fire(&c->tiles, k, c->dw);
}

static int learn(void *self, const float *d, float d_max, const float *eta,
                 struct mr_errtext *err)
{
	struct crossbar *c = self;
	int code = MR_OK;

	for (uint32_t k = 0; k < c->n_out && code == MR_OK; k++)
		code = learn_row(c, &d[(size_t)k * c->n_in],
		                 (double)eta[k] / ((double)d_max + 1e-30), k);
	c->n_updates++;
	if (code == MR_OK && c->how.refresh_every &&
	    c->n_updates % c->how.refresh_every == 0)
		code = mr_tiles_refresh(&c->tiles, &c->wear.refreshed);
	return told(c, code, err);
}

static int radii(void *self, float *radius, struct mr_errtext *err)
{
	const struct crossbar *c = self;

	(void)err;
	for (uint32_t k = 0; k < c->n_out; k++)
		radius[k] = (float)(c->how.digital
		                            ? c->radius[k]
		                            : c->radius[k] * norm_of(c, k));
	return MR_OK;
}

static int weights(void *self, float *w, struct mr_errtext *err)
{
	struct crossbar *c = self;
	int code = look_at_all(c);

	for (uint32_t k = 0; k < c->n_out; k++)
		for (uint32_t j = 0; j < c->n_in; j++)
			w[(size_t)k * c->n_in + j] = (float)(
				(double)row_of(c, k)[j] * c->radius[k] /
				c->norm[k]);
	return told(c, code, err);
}

/* ---- the carrier ----------------------------------------------------------------- */

int mr_deep_crossbar(struct mr_array *array,
                     const struct mr_hebb_mapping *mapping, uint32_t n_in,
                     uint32_t n_out, struct mr_deep_carrier *out,
                     struct mr_errtext *err)
{
	struct crossbar *c = calloc(1, sizeof *c);

	if (!c)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	c->how = *mapping;
	c->array = array;
	c->n_in = n_in;
	c->n_out = n_out;
	c->w = calloc(n_out, n_in * sizeof *c->w);
	c->dw = calloc(n_in, sizeof *c->dw);
	c->radius = calloc(n_out, sizeof *c->radius);
	c->norm = calloc(n_out, sizeof *c->norm);
	c->x = calloc(AT_ONCE, n_in * sizeof *c->x);
	c->full = calloc(AT_ONCE, sizeof *c->full);
	*out = (struct mr_deep_carrier){.self = c, .start = start,
	                                .multiply = multiply, .decay = decay,
	                                .learn = learn, .radii = radii,
	                                .weights = weights};
	if (!c->w || !c->dw || !c->x || !c->full || !c->radius || !c->norm) {
		mr_deep_crossbar_free(out);
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	}
	for (uint32_t k = 0; k < n_out; k++)
		c->radius[k] = c->norm[k] = 1;
	c->share = 1;
	return MR_OK;
}

void mr_deep_crossbar_free(struct mr_deep_carrier *carrier)
{
	struct crossbar *c = carrier->self;

	if (c) {
		if (c->laid)
			mr_tiles_free(&c->tiles);
		free(c->w);
		free(c->dw);
		free(c->radius);
		free(c->norm);
		free(c->x);
		free(c->full);
		free(c);
	}
	memset(carrier, 0, sizeof *carrier);
}

int mr_deep_crossbar_calibrate(struct mr_deep_carrier *carrier,
                               struct mr_errtext *err)
{
	struct crossbar *c = carrier->self;

	return told(c, mr_tiles_calibrate(&c->tiles), err);
}

int mr_deep_crossbar_compensate(struct mr_deep_carrier *carrier,
                                bool per_output, struct mr_errtext *err)
{
	struct crossbar *c = carrier->self;

	return told(c, mr_tiles_compensate(&c->tiles, per_output), err);
}

void mr_deep_crossbar_fit(struct mr_deep_carrier *carrier)
{
	struct crossbar *c = carrier->self;

	c->to_fit = true;
}

double mr_deep_crossbar_range(const struct mr_deep_carrier *carrier)
{
	const struct crossbar *c = carrier->self;

	return c->range_A;
}

struct mr_hebb_wear mr_deep_crossbar_worn(const struct mr_deep_carrier *carrier)
{
	const struct crossbar *c = carrier->self;
	struct mr_hebb_wear wear = c->wear;

	if (c->laid)
		mr_tiles_count(&c->tiles, &wear);
	return wear;
}

void mr_deep_crossbar_uncompensate(struct mr_deep_carrier *carrier)
{
	struct crossbar *c = carrier->self;

	mr_tiles_uncompensate(&c->tiles);
}
