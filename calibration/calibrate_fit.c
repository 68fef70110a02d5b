/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* A line through what was measured of references, and what it leaves over. */
#include "memrig/calibrate.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_fit.h>
#include <math.h>
#include <stdlib.h>

#define POINTS_MIN 3
#define LEVEL_OF_TEST 0.01 /* below it the line does not explain the data */
#define FAR 3.0 /* standard errors: what noise does not turn round */

/* What gsl_fit_wlinear() takes and gives. */
struct line {
	size_t n;
	double *x; /* [n] true currents */
	double *y; /* [n] reported */
	double *w; /* [n] 1 / variance */
	bool weighed; /* variances are known */
	double c0, c1, cov00, cov01, cov11, chi2;
};

static double true_current(const struct mr_calibration_point *p)
{
	return p->g_S * p->v_V;
}

static uint32_t count_cells(const struct mr_calibration_point *points, size_t n)
{
	uint32_t cells = 0;

	for (size_t i = 0; i < n; i++) {
		bool known = false;

		for (size_t k = 0; k < i && !known; k++)
			known = points[k].cell == points[i].cell;
		cells += known ? 0 : 1;
	}
	return cells;
}

/* A variance from n readings, put in a denominator, is too great by this. */
static double bias(uint32_t n)
{
	return n > 3 ? (double)(n - 1) / (n - 3) : 1;
}

/* Points without scatter, as of a coarse converter, are not free of error. */
static void weigh(struct line *l, const struct mr_calibration_point *points)
{
	double least = INFINITY;

	for (size_t i = 0; i < l->n; i++)
		if (points[i].se_A > 0)
			least = fmin(least, points[i].se_A);
	l->weighed = isfinite(least);
	for (size_t i = 0; i < l->n; i++) {
		double se_A = fmax(points[i].se_A, least);

		l->x[i] = true_current(&points[i]);
		l->y[i] = points[i].i_A;
		l->w[i] = l->weighed ? 1 / (se_A * se_A * bias(points[i].n))
		                    : 1;
	}
}

static bool spans(const struct line *l)
{
	double least = INFINITY, greatest = -INFINITY;

	for (size_t i = 0; i < l->n; i++) {
		least = fmin(least, l->x[i]);
		greatest = fmax(greatest, l->x[i]);
	}
	return greatest - least > 1e-6 * fmax(fabs(least), fabs(greatest));
}

static int fit_line(struct line *l, struct mr_calibration *out,
                    struct mr_errtext *err)
{
	double scale;

	if (!spans(l))
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "calibration: all points are at the same "
		                      "current, which fixes no line; give another "
		                      "reference or read voltage");
	if (gsl_fit_wlinear(l->x, 1, l->w, 1, l->y, 1, l->n, &l->c0, &l->c1,
	                    &l->cov00, &l->cov01, &l->cov11, &l->chi2) !=
	    GSL_SUCCESS)
		return mr_errtext_set(err, MR_ERR_RANGE,
		                      "calibration: the points fix no line");
	out->dof = (uint32_t)l->n - 2;
	scale = l->chi2 / out->dof;
	if (l->weighed && scale < 1)
		scale = 1;
	out->gain = l->c1;
	out->offset_A = l->c0;
	out->gain_se = sqrt(l->cov11 * scale);
	out->offset_se_A = sqrt(l->cov00 * scale);
	out->covariance_A = l->cov01 * scale;
	out->chi2 = l->weighed ? l->chi2 : NAN;
	out->inl_applies = l->weighed &&
	                   gsl_cdf_chisq_Q(l->chi2, out->dof) < LEVEL_OF_TEST;
	return MR_OK;
}

/* ---- the table ----------------------------------------------------------- */

static int by_raw(const void *a, const void *b)
{
	double x = ((const struct mr_calibration_level *)a)->raw_A;
	double y = ((const struct mr_calibration_level *)b)->raw_A;

	return (x > y) - (x < y);
}

/* Weighed mean of two levels, into the first. */
static void merge(struct mr_calibration_level *a,
                  const struct mr_calibration_level *b)
{
	double wa = 1 / (a->se_A * a->se_A), wb = 1 / (b->se_A * b->se_A);

	a->raw_A = (wa * a->raw_A + wb * b->raw_A) / (wa + wb);
	a->residual_A = (wa * a->residual_A + wb * b->residual_A) / (wa + wb);
	a->se_A = 1 / sqrt(wa + wb);
}

/* Whether true currents would not rise with reported ones, or both are nearer to
 * each other than they are known. */
static bool are_one(const struct mr_calibration *c,
                    const struct mr_calibration_level *a,
                    const struct mr_calibration_level *b)
{
	double step_A = (b->raw_A - a->raw_A) / c->gain;

	return !(step_A > b->residual_A - a->residual_A) ||
	       !(step_A > hypot(a->se_A, b->se_A));
}

static bool far_apart(const struct mr_calibration *c,
                      const struct mr_calibration_level *a,
                      const struct mr_calibration_level *b)
{
	double step_A = (b->raw_A - a->raw_A) / c->gain -
	                (b->residual_A - a->residual_A);

	return -step_A > FAR * hypot(a->se_A, b->se_A);
}

/* Levels that noise has brought together or turned round become one. */
static int smooth(struct mr_calibration *c, struct mr_errtext *err)
{
	uint32_t kept = 0;

	for (uint32_t k = 0; k < c->n_levels; k++) {
		struct mr_calibration_level next = c->levels[k];

		while (kept > 0 && are_one(c, &c->levels[kept - 1], &next)) {
			struct mr_calibration_level *last =
				&c->levels[kept - 1];

			if (far_apart(c, last, &next))
				return mr_errtext_set(
					err, MR_ERR_RANGE,
					"calibration: the table of residuals is "
					"not monotone: what reports %.4g A is "
					"truly less than what reports %.4g A; "
					"are the resistances and cells the "
					"right ones?",
					next.raw_A, last->raw_A);
			merge(last, &next);
			next = *last;
			kept--;
		}
		c->levels[kept++] = next;
	}
	c->n_levels = kept;
	return MR_OK;
}

static int make_table(const struct line *l, struct mr_calibration *c,
                      struct mr_errtext *err)
{
	double scatter_A = sqrt(l->chi2 / c->dof);

	c->n_levels = 0;
	if (c->n_references < MR_CALIBRATION_INL_REFERENCES || l->chi2 == 0 ||
	    l->n > MR_CALIBRATION_LEVELS_MAX) {
		c->inl_applies = false;
		return MR_OK;
	}
	for (size_t i = 0; i < l->n; i++)
		c->levels[c->n_levels++] = (struct mr_calibration_level){
			.raw_A = l->y[i],
			.residual_A = (l->y[i] - c->offset_A) / c->gain -
		                      l->x[i],
			.se_A = (l->weighed ? sqrt(1 / l->w[i]) : scatter_A) /
		                c->gain};
	qsort(c->levels, c->n_levels, sizeof c->levels[0], by_raw);
	return smooth(c, err);
}

/* ---- all of it ----------------------------------------------------------- */

static int fill(struct line *l, const struct mr_calibration_point *points,
                const struct mr_description *desc, struct mr_calibration *out,
                struct mr_errtext *err)
{
	int code;

	weigh(l, points);
	code = fit_line(l, out, err);
	if (!code)
		code = mr_calibration_settle(out, NULL, err); /* the gain, first */
	if (!code)
		code = make_table(l, out, err);
	return code ? code : mr_calibration_settle(out, desc, err);
}

int mr_calibration_fit(const struct mr_calibration_point *points, size_t n,
                       const struct mr_description *desc, int64_t wall_ns,
                       struct mr_calibration *out, struct mr_errtext *err)
{
	struct line l = {.n = n};
	double *room;
	int code;

	*out = (struct mr_calibration){.made_wall_ns = wall_ns,
	                               .n_points = (uint32_t)n,
	                               .least_A = INFINITY,
	                               .greatest_A = -INFINITY};
	if (n < POINTS_MIN)
		return mr_errtext_set(err, MR_ERR_USAGE,
		                      "calibration: %zu points; give at least %d, "
		                      "by more references or read voltages",
		                      n, POINTS_MIN);
	out->n_references = count_cells(points, n);
	for (size_t i = 0; i < n; i++) {
		double i_A = true_current(&points[i]);

		out->least_A = fmin(out->least_A, i_A);
		out->greatest_A = fmax(out->greatest_A, i_A);
	}
	room = malloc(3 * n * sizeof *room);
	if (!room)
		return mr_errtext_set(err, MR_ERR_NOMEM, "out of memory");
	l.x = room;
	l.y = room + n;
	l.w = room + 2 * n;
	code = fill(&l, points, desc, out, err);
	free(room);
	return code;
}
