/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* Time constants one per decade from 7.12 t_read 10^(1/2) on give the variance
 * log((t + t_read) / (2 t_read)) within .3 %. */
#include "ladder.h"

#include <math.h>

#define STATES 16
#define TAU_0 7.12
#define LN_10 2.302585092994046

/* Share of a relaxation's variance that the mean of some readings keeps. */
static double kept(double spacing, uint32_t averages)
{
	double a = averages;
	double rho = exp(-spacing);

	if (averages <= 1)
		return 1;
	if (spacing * a < 1e-4)
		return 1 - (a * a - 1) / (3 * a) * spacing;
	return (a * (1 - rho * rho) - 2 * rho * (1 - pow(rho, a)))
	       / (a * a * (1 - rho) * (1 - rho));
}

/* Mean over the readings of a window of how far a relaxation has decayed since
 * the first of them. */
static double faded(double spacing, uint32_t averages)
{
	return averages <= 1
	       ? 1 : expm1(-spacing * averages) / (averages * expm1(-spacing));
}

/* When the first of the readings that were averaged was taken. */
static double begin_s(const struct mr__ladder *l, uint32_t i)
{
	return fmax(l->age_s[i] - (double)(l->averages[i] - 1) * l->t_int_s[i],
	            0) + l->lead_s;
}

/* A state that was at rest at 0 has the covariance exp(-(t-s)/tau) less
 * exp(-(t+s)/tau), here averaged over both windows; i is before j. */
static double covariance(const struct mr__ladder *l, double tau, uint32_t i,
                         uint32_t j)
{
	double end = l->age_s[i] + l->lead_s;
	double apart = fmax(begin_s(l, j) - end, 0) / tau;
	double fades = faded(l->t_int_s[i] / tau, l->averages[i]);

	if (i == j) {
		fades *= exp(-begin_s(l, i) / tau);
		return kept(l->t_int_s[i] / tau, l->averages[i]) - fades * fades;
	}
	fades *= faded(l->t_int_s[j] / tau, l->averages[j]);
	return apart > 40 ? 0 : fades * exp(-apart)
	                        * -expm1(-(begin_s(l, i) + end) / tau);
}

static double over_states(const struct mr__ladder *l, uint32_t i, uint32_t j)
{
	double tau = TAU_0 * l->t_read_s * sqrt(10);
	double sum = 0;

	for (int k = 0; k < STATES; k++) {
		sum += covariance(l, tau, i, j);
		tau *= 10;
	}
	return LN_10 * sum;
}

void mr__ladder_covariance(const struct mr__ladder *l, double *cov)
{
	for (uint32_t i = 0; i < l->n; i++)
		for (uint32_t j = 0; j <= i; j++)
			cov[i * l->n + j] = cov[j * l->n + i] =
				over_states(l, j, i);
}

double mr__ladder_of_reading(const struct mr__ladder *l, uint32_t i)
{
	return over_states(l, i, i);
}

double mr__ladder_variance(const struct mr__ladder *l, double age)
{
	double t = age + l->lead_s + l->t_read_s;

	return fmax(log(t / (2 * l->t_read_s)), 0);
}

double mr__ladder_factor(double *a, uint32_t n)
{
	double log_det = 0;

	for (uint32_t j = 0; j < n; j++) {
		for (uint32_t i = j; i < n; i++) {
			double sum = a[i * n + j];

			for (uint32_t k = 0; k < j; k++)
				sum -= a[i * n + k] * a[j * n + k];
			if (i == j && !(sum > 0))
				return NAN;
			a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
		}
		log_det += 2 * log(a[j * n + j]);
	}
	return log_det;
}

void mr__ladder_whiten(const double *factor, uint32_t n, double *b)
{
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < i; k++)
			b[i] -= factor[i * n + k] * b[k];
		b[i] /= factor[i * n + i];
	}
}
