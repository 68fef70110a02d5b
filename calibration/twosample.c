/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* In one dimension the energy distance is twice the integral of (F - G)^2: one
 * pass over the pooled order, for the samples and for each permutation. */
#include "twosample.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "memrig/random.h"

#define PERMUTATIONS 200
#define THIN 2048 /* values of a sample that the energy distance takes */

/* Both samples in one order. */
struct pool {
	double *x;
	uint8_t *of_b;
	size_t n_a;
	size_t n_b;
};

static void merge(struct pool *p, const double *a, const double *b)
{
	size_t i = 0;
	size_t j = 0;

	for (size_t k = 0; k < p->n_a + p->n_b; k++) {
		p->of_b[k] = i == p->n_a || (j < p->n_b && b[j] < a[i]);
		p->x[k] = p->of_b[k] ? b[j++] : a[i++];
	}
}

/* Every n/THIN-th value: the order stays. */
static void merge_thinned(struct pool *p, const double *a, size_t n_a,
                          const double *b, size_t n_b)
{
	size_t i = 0;
	size_t j = 0;

	for (size_t k = 0; k < p->n_a + p->n_b; k++) {
		double x = i < p->n_a ? a[i * n_a / p->n_a] : INFINITY;
		double y = j < p->n_b ? b[j * n_b / p->n_b] : INFINITY;

		p->of_b[k] = y < x || i == p->n_a;
		p->x[k] = p->of_b[k] ? y : x;
		i += !p->of_b[k];
		j += p->of_b[k];
	}
}

static bool pool_init(struct pool *p, size_t n_a, size_t n_b)
{
	p->n_a = n_a;
	p->n_b = n_b;
	p->x = malloc((n_a + n_b) * sizeof *p->x);
	p->of_b = malloc(n_a + n_b);
	return p->x && p->of_b;
}

static void pool_free(struct pool *p)
{
	free(p->x);
	free(p->of_b);
}

static double largest_gap(const struct pool *p)
{
	size_t n = p->n_a + p->n_b;
	double f = 0;
	double g = 0;
	double largest = 0;

	for (size_t k = 0; k < n; k++) {
		if (p->of_b[k])
			g += 1 / (double)p->n_b;
		else
			f += 1 / (double)p->n_a;
		if (k + 1 == n || p->x[k + 1] > p->x[k])
			largest = fmax(largest, fabs(f - g));
	}
	return largest;
}

static double kolmogorov(double d, size_t n_a, size_t n_b)
{
	double n = (double)n_a * (double)n_b / (double)(n_a + n_b);
	double x = d * (sqrt(n) + 0.12 + 0.11 / sqrt(n));
	double sum = 0;

	if (x < 0.2)
		return 1;
	for (int k = 1; k <= 100; k++) {
		double term = exp(-2.0 * k * k * x * x);

		sum += k % 2 ? term : -term;
		if (term < 1e-300 || term < 1e-12 * sum)
			break;
	}
	return fmin(fmax(2 * sum, 0), 1);
}

/* Integral of (F - G)^2; the mean distance between the samples if asked. */
static double gap_area(const struct pool *p, double *mean_distance)
{
	size_t n = p->n_a + p->n_b;
	double per_a = 1 / (double)p->n_a;
	double per_b = 1 / (double)p->n_b;
	double f = 0;
	double g = 0;
	double area = 0;
	double distance = 0;

	for (size_t k = 0; k + 1 < n; k++) {
		double width = p->x[k + 1] - p->x[k];

		f += p->of_b[k] ? 0 : per_a;
		g += p->of_b[k] ? per_b : 0;
		area += (f - g) * (f - g) * width;
		distance += (f * (1 - g) + g * (1 - f)) * width;
	}
	if (mean_distance)
		*mean_distance = distance;
	return area;
}

static void shuffle(struct pool *p, uint64_t seed, uint32_t turn)
{
	size_t n = p->n_a + p->n_b;

	for (size_t k = n - 1; k > 0; k--) {
		struct mr_address at = {.purpose = MR_PURPOSE_PERMUTE,
		                        .subject = turn,
		                        .event = k};
		size_t other = (size_t)(mr_random_uniform(seed, at)
		                        * (double)(k + 1));
		uint8_t keep = p->of_b[k];

		other = other > k ? k : other;
		p->of_b[k] = p->of_b[other];
		p->of_b[other] = keep;
	}
}

static void test_energy(struct pool *p, uint64_t seed,
                        struct mr__twosample *out)
{
	double distance;
	double area = gap_area(p, &distance);
	double sum = 0;
	double squares = 0;
	double mean;
	double var;

	out->energy = distance > 0 ? area / distance : 0;
	for (uint32_t turn = 0; turn < PERMUTATIONS; turn++) {
		double other;

		shuffle(p, seed, turn);
		other = gap_area(p, NULL);
		sum += other;
		squares += other * other;
	}
	mean = sum / PERMUTATIONS;
	var = squares / PERMUTATIONS - mean * mean;
	out->energy_p = var > 0 ? gsl_cdf_gamma_Q(area, mean * mean / var,
	                                          var / mean)
	                        : area > mean ? 0 : 1;
}

int mr__twosample_test(const double *a, size_t n_a, const double *b,
                       size_t n_b, uint64_t seed, struct mr__twosample *out)
{
	struct pool all = {0};
	struct pool thin = {0};
	int code = MR_ERR_NOMEM;

	if (pool_init(&all, n_a, n_b)
	    && pool_init(&thin, n_a < THIN ? n_a : THIN,
	                 n_b < THIN ? n_b : THIN)) {
		merge(&all, a, b);
		out->ks = largest_gap(&all);
		out->ks_p = kolmogorov(out->ks, n_a, n_b);
		merge_thinned(&thin, a, n_a, b, n_b);
		test_energy(&thin, seed, out);
		code = MR_OK;
	}
	pool_free(&all);
	pool_free(&thin);
	return code;
}
