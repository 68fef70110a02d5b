/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Gram-Schmidt, twice, on the powers of the logarithm of age. */
#include "trend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FLAT 0.02   /* least range of the logarithm that has a slope */
#define STRAIGHT 1. /* and that has a curvature */

static int make_room(struct mr__trend *t, uint32_t n)
{
	double **parts[] = {&t->log_age, &t->fit_S, &t->left_S, &t->leverage,
	                    &t->weight};

	if (n <= t->room)
		return MR_OK;
	for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
		double *more = realloc(*parts[k], n * sizeof *more);

		if (!more)
			return MR_ERR_NOMEM;
		*parts[k] = more;
	}
	double *basis = realloc(t->basis,
	                        (size_t)n * MR__TREND_MAX * sizeof *basis);

	if (!basis)
		return MR_ERR_NOMEM;
	t->basis = basis;
	t->room = n;
	return MR_OK;
}

void mr__trend_free(struct mr__trend *t)
{
	free(t->log_age);
	free(t->fit_S);
	free(t->left_S);
	free(t->leverage);
	free(t->weight);
	free(t->basis);
	*t = (struct mr__trend){0};
}

static double dot(const double *a, const double *b, uint32_t n)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

static uint32_t degrees(const struct mr__trend *t)
{
	double range = t->log_age[t->n - 1] - t->log_age[0];

	if (t->n < 4 || range < FLAT)
		return 1;
	return t->n < 8 || range < STRAIGHT ? 2 : 3;
}

/* Column k of the basis: the weighted power of the logarithm, less what the
 * columns before it hold. */
static bool make_column(struct mr__trend *t, uint32_t k)
{
	double *q = t->basis + (size_t)k * t->n;
	double middle = 0.5 * (t->log_age[0] + t->log_age[t->n - 1]);
	double half = 0.5 * (t->log_age[t->n - 1] - t->log_age[0]);
	double before;
	double norm;

	for (uint32_t i = 0; i < t->n; i++) {
		double x = half > 0 ? (t->log_age[i] - middle) / half : 0;

		q[i] = t->weight[i] * (k == 0 ? 1 : k == 1 ? x : x * x);
	}
	before = sqrt(dot(q, q, t->n));
	for (int twice = 0; twice < 2; twice++)
		for (uint32_t j = 0; j < k; j++) {
			const double *other = t->basis + (size_t)j * t->n;
			double part = dot(q, other, t->n);

			for (uint32_t i = 0; i < t->n; i++)
				q[i] -= part * other[i];
		}
	norm = sqrt(dot(q, q, t->n));
	if (!(norm > 1e-9 * before))
		return false;
	for (uint32_t i = 0; i < t->n; i++)
		q[i] /= norm;
	return true;
}

/* The fit from weighted readings that stand in left_S. */
static void project(struct mr__trend *t)
{
	memset(t->fit_S, 0, t->n * sizeof *t->fit_S);
	memset(t->leverage, 0, t->n * sizeof *t->leverage);
	for (uint32_t k = 0; k < t->p; k++) {
		const double *q = t->basis + (size_t)k * t->n;
		double part = dot(q, t->left_S, t->n);

		for (uint32_t i = 0; i < t->n; i++) {
			t->fit_S[i] += part * q[i];
			t->leverage[i] += q[i] * q[i];
		}
	}
	for (uint32_t i = 0; i < t->n; i++) {
		t->left_S[i] = (t->left_S[i] - t->fit_S[i]) / t->weight[i];
		t->fit_S[i] /= t->weight[i];
	}
}

static void fit_weighted(struct mr__trend *t, const struct mr__span *s)
{
	uint32_t p = degrees(t);

	for (t->p = 0; t->p < p && make_column(t, t->p);)
		t->p++;
	for (uint32_t i = 0; i < t->n; i++)
		t->left_S[i] = t->weight[i] * (double)s->reads[i].g_S;
	project(t);
}

int mr__trend_fit(struct mr__trend *t, const struct mr__span *s, double t0_s,
                  const struct mr__trend_noise *w)
{
	if (make_room(t, s->n) != MR_OK)
		return MR_ERR_NOMEM;
	t->n = s->n;
	for (uint32_t i = 0; i < s->n; i++) {
		t->log_age[i] = mr__span_log_age(s, i, t0_s);
		t->weight[i] = sqrt((double)s->reads[i].count);
	}
	fit_weighted(t, s);
	if (w->slope == 0 && w->floor_S == 0)
		return MR_OK;
	double least = 0.05 * fabs(w->slope * mr__trend_level_S(t)
	                           + w->floor_S);

	if (!(least > 0))
		return MR_OK;
	for (uint32_t i = 0; i < s->n; i++)
		t->weight[i] /= fmax(w->slope * t->fit_S[i] + w->floor_S, least);
	fit_weighted(t, s);
	return MR_OK;
}

double mr__trend_level_S(const struct mr__trend *t)
{
	double sum = 0;
	double weights = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		double w = t->weight[i] * t->weight[i];

		sum += w * t->fit_S[i];
		weights += w;
	}
	return sum / weights;
}
